package toolbox

import (
	"encoding/binary"
	"math"
	"slices"
	"strconv"

	"github.com/crossplug/crossplug/format/coderes"
)

// Descriptors of the Apple Event Manager ("Inside Macintosh: Interapplication
// Communication", chapters 3 to 5). An AEDesc is a type and a handle, four bytes each.
// What the handle of a list, a record or an event has in it is the system's own
// business; here it is:
//
//	attributes 4, items 4: how many there are
//	for each, attributes first: keyword 4, type 4, size 4, and the data, with a byte
//	more if its size is odd
//
// Data of an item that is itself a list is what that list's handle has. Guests can
// damage all this, so it is checked each time.

// Errors.
const (
	errAECoercionFail    = -1700
	errAEDescNotFound    = -1701
	errAECorruptData     = -1702
	errAEWrongDataType   = -1703
	errAENotAppleEvent   = -1707
	errAEEventNotHandled = -1708
	errAEUnknownSendMode = -1710
	errAEHandlerNotFound = -1717
	errAEIllegalIndex    = -1719
	connectionInvalid    = -609
	noOutstandingHLE     = -607
)

// code4 is a type of four characters.
func code4(s string) uint32 { return binary.BigEndian.Uint32([]byte(s)) }

// The types that mean something here.
var (
	typeNull     = code4("null")
	typeWildCard = code4("****")
	typeList     = code4("list")
	typeRecord   = code4("reco")
	typeEvent    = code4("aevt")
	typeText     = code4("TEXT")
	typeType     = code4("type")
	typePSN      = code4("psn ")
)

// aeItem is one of a list.
type aeItem struct {
	keyword, kind uint32
	data          []byte
}

// aeList is a list, a record or an event.
type aeList struct {
	kind       uint32
	attributes []aeItem
	items      []aeItem
}

func (l *aeList) encode() []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(l.attributes)))
	b = binary.BigEndian.AppendUint32(b, uint32(len(l.items)))
	for _, items := range [][]aeItem{l.attributes, l.items} {
		for _, it := range items {
			for _, v := range []uint32{it.keyword, it.kind, uint32(len(it.data))} {
				b = binary.BigEndian.AppendUint32(b, v)
			}
			b = append(b, it.data...)
			if len(it.data)%2 != 0 {
				b = append(b, 0)
			}
		}
	}
	return b
}

func decodeList(kind uint32, b []byte) (*aeList, bool) {
	if len(b) < 8 {
		return nil, false
	}
	attributes, items := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	b = b[8:]
	const header = 12
	if uint64(attributes)+uint64(items) > uint64(len(b)/header) {
		return nil, false
	}
	l := &aeList{kind: kind}
	for i := range attributes + items {
		if len(b) < header {
			return nil, false
		}
		it := aeItem{keyword: binary.BigEndian.Uint32(b), kind: binary.BigEndian.Uint32(b[4:])}
		size := binary.BigEndian.Uint32(b[8:])
		b = b[header:]
		padded := uint64(size) + uint64(size&1)
		if padded > uint64(len(b)) {
			return nil, false
		}
		it.data, b = b[:size:size], b[padded:]
		if i < attributes {
			l.attributes = append(l.attributes, it)
		} else {
			l.items = append(l.items, it)
		}
	}
	return l, true
}

// find returns the place of a keyword, or -1.
func find(items []aeItem, keyword uint32) int {
	return slices.IndexFunc(items, func(it aeItem) bool { return it.keyword == keyword })
}

// desc reads a descriptor.
func (t *Toolbox) desc(at uint32) (kind uint32, data []byte) {
	kind = t.u32(at)
	if h := t.u32(at + 4); h != 0 {
		data = t.contents(h)
	}
	return kind, data
}

// contents returns a copy of what is in a handle's block.
func (t *Toolbox) contents(h uint32) []byte {
	size := t.GetHandleSize(h)
	if t.MemError() != 0 {
		return nil
	}
	return t.copyOf(t.u32(h), size)
}

// setContents changes the block of a handle.
func (t *Toolbox) setContents(h uint32, data []byte) int16 {
	t.SetHandleSize(h, uint32(len(data)))
	if err := t.MemError(); err != 0 {
		return err
	}
	t.write(t.u32(h), data)
	return 0
}

// newContents makes a handle of data, 0 if there is no room.
func (t *Toolbox) newContents(data []byte) uint32 {
	h := t.NewHandle(uint32(len(data)))
	if h != 0 {
		t.write(t.u32(h), data)
	}
	return h
}

// putDesc writes a new descriptor; one without data is null.
func (t *Toolbox) putDesc(at, kind uint32, data []byte) int16 {
	h := uint32(0)
	if kind != typeNull {
		if h = t.newContents(data); h == 0 {
			t.put32(at, typeNull)
			t.put32(at+4, 0)
			return memFullErr
		}
	}
	t.put32(at, kind)
	t.put32(at+4, h)
	return 0
}

// list reads a descriptor that is a list or a record.
func (t *Toolbox) list(at uint32) (*aeList, int16) {
	kind, data := t.desc(at)
	if kind != typeList && kind != typeRecord && kind != typeEvent {
		return nil, errAEWrongDataType
	}
	l, ok := decodeList(kind, data)
	if !ok {
		return nil, errAECorruptData
	}
	return l, 0
}

// record reads one whose items have keywords.
func (t *Toolbox) record(at uint32) (*aeList, int16) {
	l, err := t.list(at)
	if err == 0 && l.kind == typeList {
		return nil, errAEWrongDataType
	}
	return l, err
}

func (t *Toolbox) putList(at uint32, l *aeList) int16 { return t.setContents(t.u32(at+4), l.encode()) }

// AECreateDesc makes a descriptor of data.
func (t *Toolbox) AECreateDesc(kind, data, size, result uint32) int16 {
	return t.putDesc(result, kind, t.copyOf(data, size))
}

// AEDisposeDesc frees a descriptor's data and makes it null.
func (t *Toolbox) AEDisposeDesc(at uint32) int16 {
	if h := t.u32(at + 4); h != 0 {
		t.DisposeHandle(h)
	}
	t.put32(at, typeNull)
	t.put32(at+4, 0)
	return 0
}

// AEDuplicateDesc copies a descriptor.
func (t *Toolbox) AEDuplicateDesc(at, result uint32) int16 {
	kind, data := t.desc(at)
	return t.putDesc(result, kind, data)
}

// wholeNumber reads a whole number.
func wholeNumber(kind uint32, data []byte) (int64, bool) {
	switch {
	case kind == code4("shor") && len(data) == 2:
		return int64(int16(binary.BigEndian.Uint16(data))), true
	case kind == code4("long") && len(data) == 4:
		return int64(int32(binary.BigEndian.Uint32(data))), true
	case kind == code4("magn") && len(data) == 4:
		return int64(binary.BigEndian.Uint32(data)), true
	case kind == code4("bool") && len(data) == 1:
		return int64(data[0] & 1), true
	case kind == code4("true"):
		return 1, true
	case kind == code4("fals"):
		return 0, true
	case kind == typeText:
		n, err := strconv.ParseInt(string(data), 10, 64)
		return n, err == nil
	}
	return 0, false
}

// coerce makes data of another type of it: the same, what is of four characters, whole
// numbers, Boolean values, texts of numbers, a list of what is none, and what is in a
// list of one.
func coerce(kind uint32, data []byte, to uint32) ([]byte, bool) {
	record := func(k uint32) bool { return k == typeRecord || k == typeEvent }
	switch {
	case to == typeWildCard, to == kind, record(kind) && record(to):
		return data, true
	case to == typeNull:
		return nil, false
	case to == typeList:
		l := aeList{items: []aeItem{{kind: kind, data: data}}}
		return l.encode(), true
	case kind == typeList:
		l, ok := decodeList(kind, data)
		if !ok || len(l.items) != 1 || l.items[0].kind == typeList {
			return nil, false
		}
		return coerce(l.items[0].kind, l.items[0].data, to)
	case isCode(kind) && (isCode(to) || to == typeText) && len(data) == 4, kind == typeText && isCode(to) && len(data) == 4:
		return data, true
	case kind == code4("doub") && len(data) == 8:
		v := math.Float64frombits(binary.BigEndian.Uint64(data))
		if to == typeText {
			return strconv.AppendFloat(nil, v, 'g', -1, 64), true
		}
		if v = math.RoundToEven(v); math.Abs(v) > math.MaxUint32 || v != v {
			return nil, false
		}
		return fromInteger(int64(v), to)
	}
	if to == code4("doub") {
		if v, err := strconv.ParseFloat(string(data), 64); kind == typeText && err == nil {
			return binary.BigEndian.AppendUint64(nil, math.Float64bits(v)), true
		}
	}
	n, ok := wholeNumber(kind, data)
	if !ok {
		return nil, false
	}
	return fromInteger(n, to)
}

func isCode(kind uint32) bool {
	return kind == typeType || kind == code4("enum") || kind == code4("keyw") || kind == code4("prop") || kind == code4("sign")
}

func fromInteger(n int64, to uint32) ([]byte, bool) {
	switch to {
	case code4("shor"):
		return binary.BigEndian.AppendUint16(nil, uint16(n)), n == int64(int16(n))
	case code4("long"):
		return binary.BigEndian.AppendUint32(nil, uint32(n)), n == int64(int32(n))
	case code4("magn"):
		return binary.BigEndian.AppendUint32(nil, uint32(n)), n == int64(uint32(n))
	case code4("bool"):
		return []byte{byte(n)}, n&^1 == 0
	case code4("true"):
		return nil, n == 1
	case code4("fals"):
		return nil, n == 0
	case code4("doub"):
		return binary.BigEndian.AppendUint64(nil, math.Float64bits(float64(n))), true
	case typeText:
		return strconv.AppendInt(nil, n, 10), true
	}
	return nil, false
}

// AECoerceDesc makes a descriptor of another type.
func (t *Toolbox) AECoerceDesc(at, to, result uint32) int16 {
	kind, data := t.desc(at)
	return t.putCoerced(aeItem{kind: kind, data: data}, to, result)
}

// AECoercePtr makes a descriptor of data and a type.
func (t *Toolbox) AECoercePtr(kind, data, size, to, result uint32) int16 {
	return t.putCoerced(aeItem{kind: kind, data: t.copyOf(data, size)}, to, result)
}

// putCoerced writes an item as a descriptor.
func (t *Toolbox) putCoerced(it aeItem, to, result uint32) int16 {
	data, ok := coerce(it.kind, it.data, to)
	if !ok {
		t.put32(result, typeNull)
		t.put32(result+4, 0)
		return errAECoercionFail
	}
	if to == typeWildCard {
		to = it.kind
	}
	return t.putDesc(result, to, data)
}

// putItem writes an item's type, data and size, as far as there is room.
func (t *Toolbox) putItem(it aeItem, to, kindAt, at, most, sizeAt uint32) int16 {
	data, ok := coerce(it.kind, it.data, to)
	if !ok {
		return errAECoercionFail
	}
	if to == typeWildCard {
		to = it.kind
	}
	if kindAt != 0 {
		t.put32(kindAt, to)
	}
	if at != 0 {
		t.write(at, data[:min(uint32(len(data)), most)])
	}
	if sizeAt != 0 {
		t.put32(sizeAt, uint32(len(data)))
	}
	return 0
}

// putSize writes an item's type and size.
func (t *Toolbox) putSize(it aeItem, kindAt, sizeAt uint32) int16 {
	if kindAt != 0 {
		t.put32(kindAt, it.kind)
	}
	if sizeAt != 0 {
		t.put32(sizeAt, uint32(len(it.data)))
	}
	return 0
}

// AECreateList makes an empty list, or a record. Common beginnings are not factored
// out.
func (t *Toolbox) AECreateList(_, _ uint32, record bool, result uint32) int16 {
	kind := typeList
	if record {
		kind = typeRecord
	}
	return t.putDesc(result, kind, (&aeList{}).encode())
}

// AECountItems writes how many items there are.
func (t *Toolbox) AECountItems(at, count uint32) int16 {
	l, err := t.list(at)
	if err == 0 {
		t.put32(count, uint32(len(l.items)))
	}
	return err
}

// put sets item index, from 1, or appends one if that is 0 or one too many.
func (t *Toolbox) put(at uint32, index int32, it aeItem) int16 {
	l, err := t.list(at)
	switch {
	case err != 0:
		return err
	case l.kind != typeList:
		return errAEWrongDataType
	case index < 0 || int(index) > len(l.items)+1:
		return errAEIllegalIndex
	case index == 0 || int(index) == len(l.items)+1:
		l.items = append(l.items, it)
	default:
		l.items[index-1] = it
	}
	return t.putList(at, l)
}

// AEPutPtr puts data into a list.
func (t *Toolbox) AEPutPtr(at uint32, index int32, kind, data, size uint32) int16 {
	return t.put(at, index, aeItem{kind: kind, data: t.copyOf(data, size)})
}

// AEPutDesc puts a descriptor into a list.
func (t *Toolbox) AEPutDesc(at uint32, index int32, desc uint32) int16 {
	kind, data := t.desc(desc)
	return t.put(at, index, aeItem{kind: kind, data: data})
}

// nth finds item index, from 1.
func (t *Toolbox) nth(at uint32, index int32) (aeItem, int16) {
	l, err := t.list(at)
	if err != 0 {
		return aeItem{}, err
	}
	if index < 1 || int(index) > len(l.items) {
		return aeItem{}, errAEDescNotFound
	}
	return l.items[index-1], 0
}

// AEGetNthPtr writes an item's data, as another type.
func (t *Toolbox) AEGetNthPtr(at uint32, index int32, to, keyword, kind, data, most, size uint32) int16 {
	it, err := t.nth(at, index)
	if err != 0 {
		return err
	}
	t.putKeyword(keyword, it)
	return t.putItem(it, to, kind, data, most, size)
}

func (t *Toolbox) putKeyword(at uint32, it aeItem) {
	if at == 0 {
		return
	}
	if it.keyword == 0 { // of a list
		it.keyword = typeWildCard
	}
	t.put32(at, it.keyword)
}

// AEGetNthDesc makes a descriptor of an item, of another type.
func (t *Toolbox) AEGetNthDesc(at uint32, index int32, to, keyword, result uint32) int16 {
	it, err := t.nth(at, index)
	if err != 0 {
		return err
	}
	t.putKeyword(keyword, it)
	return t.putCoerced(it, to, result)
}

// AESizeOfNthItem writes an item's type and size.
func (t *Toolbox) AESizeOfNthItem(at uint32, index int32, kind, size uint32) int16 {
	it, err := t.nth(at, index)
	if err != 0 {
		return err
	}
	return t.putSize(it, kind, size)
}

// AEDeleteItem takes an item out of a list.
func (t *Toolbox) AEDeleteItem(at uint32, index int32) int16 {
	l, err := t.list(at)
	if err != 0 {
		return err
	}
	if index < 1 || int(index) > len(l.items) {
		return errAEDescNotFound
	}
	l.items = slices.Delete(l.items, int(index)-1, int(index))
	return t.putList(at, l)
}

// Descriptor is data with a type, as hosts see it.
type Descriptor struct {
	Type coderes.OSType
	Data []byte
}
