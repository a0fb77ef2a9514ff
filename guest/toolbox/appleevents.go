package toolbox

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/crossplug/crossplug/format/coderes"
)

// Apple events ("Inside Macintosh: Interapplication Communication", chapter 4). They
// come from the host, or from the program itself; there is no other program.

// AppleEvent is an event that a host sends.
type AppleEvent struct {
	Class, ID  coderes.OSType
	Parameters map[coderes.OSType]Descriptor // by keyword; '----' is the direct parameter
}

// appleEvent is one that has been sent.
type appleEvent struct{ list *aeList }

type aeHandlerKey struct {
	class, id uint32
	system    bool
}

type aeHandler struct{ proc, refCon uint32 }

type appleEvents struct {
	handlers map[aeHandlerKey]aeHandler
	arrived  []*appleEvent // taken from the queue of events, not yet processed
	returns  int16         // the return ID given out last
	current  []uint32      // events being handled, where their descriptors are
}

// aeHandlerProc is the type of a handler: pascal OSErr proc(AppleEvent *event,
// AppleEvent *reply, long refCon).
const aeHandlerProc = coderes.ProcInfo(2<<4 | 3<<6 | 3<<8 | 3<<10)

// mostHandling is how many events may be handled within each other.
const mostHandling = 64

// Attributes.
var (
	keyEventClass = code4("evcl")
	keyEventID    = code4("evid")
	keyReturnID   = code4("rtid")
	keyTransactn  = code4("tran")
	keyAddress    = code4("addr")
	keySource     = code4("esrc")
	keyErrors     = code4("errn")
)

// self is the address of this program: kCurrentProcess.
func self() []byte { return binary.BigEndian.AppendUint64(nil, 2) }

func newEvent(class, id uint32, address aeItem, returnID int16, transaction int32) *aeList {
	return &aeList{kind: typeEvent, attributes: []aeItem{
		{keyEventClass, typeType, binary.BigEndian.AppendUint32(nil, class)},
		{keyEventID, typeType, binary.BigEndian.AppendUint32(nil, id)},
		{keyReturnID, code4("shor"), binary.BigEndian.AppendUint16(nil, uint16(returnID))},
		{keyTransactn, code4("long"), binary.BigEndian.AppendUint32(nil, uint32(transaction))},
		{keyAddress, address.kind, address.data},
		{keySource, code4("shor"), binary.BigEndian.AppendUint16(nil, 2)},
	}}
}

func (t *Toolbox) returnID(wanted int16) int16 {
	const auto = -1
	if wanted != auto {
		return wanted
	}
	t.desk.apple.returns++
	return t.desk.apple.returns
}

// event makes a list of a host's event.
func (t *Toolbox) event(e AppleEvent) *aeList {
	l := newEvent(uint32(e.Class), uint32(e.ID), aeItem{kind: typePSN, data: self()}, t.returnID(-1), 0)
	var keywords []coderes.OSType
	for k := range e.Parameters {
		keywords = append(keywords, k)
	}
	slices.Sort(keywords)
	for _, k := range keywords {
		l.items = append(l.items, aeItem{uint32(k), uint32(e.Parameters[k].Type), slices.Clone(e.Parameters[k].Data)})
	}
	return l
}

// PostAppleEvent adds an Apple event to what will happen: the program sees a
// high-level event, and calls AEProcessAppleEvent. It is false if there is no room.
func (t *Toolbox) PostAppleEvent(e AppleEvent) bool {
	return t.post(pending{
		Event: Event{What: HighLevelEvent, Message: uint32(e.Class), Where: placeOf(uint32(e.ID))},
		apple: &appleEvent{t.event(e)},
	})
}

// SendAppleEvent gives an event to the program's handler, and returns what the handler
// made of the reply and its result. Without a handler that is errAEEventNotHandled,
// -1708. It runs the guest's code: see guest.Machine.Do.
func (t *Toolbox) SendAppleEvent(e AppleEvent) (AppleEvent, int16, error) {
	reply, result := t.dispatch(t.event(e))
	out := AppleEvent{Class: coderes.OSType(typeEvent), ID: coderes.OSType(code4("ansr")), Parameters: map[coderes.OSType]Descriptor{}}
	if reply != nil {
		for _, it := range reply.items {
			out.Parameters[coderes.OSType(it.keyword)] = Descriptor{coderes.OSType(it.kind), it.data}
		}
	}
	return out, result, t.Err()
}

// ListDescriptor makes a list of descriptors, such as the documents of an 'odoc' event.
func ListDescriptor(items ...Descriptor) Descriptor {
	l := aeList{}
	for _, d := range items {
		l.items = append(l.items, aeItem{kind: uint32(d.Type), data: d.Data})
	}
	return Descriptor{coderes.OSType(typeList), l.encode()}
}

// attribute returns the four characters of an attribute, 0 if there is none.
func (l *aeList) attribute(keyword uint32) uint32 {
	if i := find(l.attributes, keyword); i >= 0 && len(l.attributes[i].data) == 4 {
		return binary.BigEndian.Uint32(l.attributes[i].data)
	}
	return 0
}

// handler finds who handles an event: the program's handlers come before the system's,
// and an exact one before one for any.
func (t *Toolbox) handler(class, id uint32) (aeHandler, bool) {
	for _, system := range []bool{false, true} {
		for _, k := range []aeHandlerKey{{class, id, system}, {class, typeWildCard, system}, {typeWildCard, id, system}, {typeWildCard, typeWildCard, system}} {
			if h, ok := t.desk.apple.handlers[k]; ok {
				return h, true
			}
		}
	}
	return aeHandler{}, false
}

// dispatch calls the handler of an event, and returns the reply.
func (t *Toolbox) dispatch(event *aeList) (reply *aeList, result int16) {
	h, ok := t.handler(event.attribute(keyEventClass), event.attribute(keyEventID))
	if !ok {
		return nil, errAEEventNotHandled
	}
	if len(t.desk.apple.current) == mostHandling {
		t.fail(fmt.Errorf("more than %d Apple events within each other", mostHandling))
		return nil, errAEEventNotHandled
	}
	at, err := t.Allocate(16)
	if err != nil {
		return nil, memFullErr
	}
	defer func() { _ = t.Free(at) }() // it is there
	answer := newEvent(typeEvent, code4("ansr"), aeItem{kind: typePSN, data: self()}, 0, 0)
	result = cmp.Or(t.putDesc(at, typeEvent, event.encode()), t.putDesc(at+8, typeEvent, answer.encode()))
	if result == 0 {
		t.desk.apple.current = append(t.desk.apple.current, at)
		result = int16(t.call(h.proc, aeHandlerProc, at, at+8, h.refCon))
		t.desk.apple.current = t.desk.apple.current[:len(t.desk.apple.current)-1]
	}
	if reply, _ = t.list(at + 8); reply != nil && result != 0 && find(reply.items, keyErrors) < 0 {
		reply.items = append(reply.items, aeItem{keyErrors, code4("long"), binary.BigEndian.AppendUint32(nil, uint32(int32(result)))})
	}
	t.AEDisposeDesc(at)
	t.AEDisposeDesc(at + 8)
	return reply, result
}

// AEInstallEventHandler makes a routine the handler of a kind of events.
func (t *Toolbox) AEInstallEventHandler(class, id, proc, refCon uint32, system bool) int16 {
	if proc == 0 {
		return paramErr
	}
	if t.desk.apple.handlers == nil {
		t.desk.apple.handlers = map[aeHandlerKey]aeHandler{}
	}
	const most = 1 << 16
	if len(t.desk.apple.handlers) >= most {
		return memFullErr
	}
	t.desk.apple.handlers[aeHandlerKey{class, id, system}] = aeHandler{proc, refCon}
	return 0
}

// AERemoveEventHandler takes a handler away, if it is proc or proc is 0.
func (t *Toolbox) AERemoveEventHandler(class, id, proc uint32, system bool) int16 {
	k := aeHandlerKey{class, id, system}
	h, ok := t.desk.apple.handlers[k]
	if !ok || proc != 0 && proc != h.proc {
		return errAEHandlerNotFound
	}
	delete(t.desk.apple.handlers, k)
	return 0
}

// AEGetEventHandler writes a handler and its reference constant.
func (t *Toolbox) AEGetEventHandler(class, id, proc, refCon uint32, system bool) int16 {
	h, ok := t.desk.apple.handlers[aeHandlerKey{class, id, system}]
	if !ok {
		return errAEHandlerNotFound
	}
	t.put32(proc, h.proc)
	t.put32(refCon, h.refCon)
	return 0
}

// AEProcessAppleEvent gives the event that a high-level event announced to its handler.
func (t *Toolbox) AEProcessAppleEvent(event uint32) int16 {
	class, id := t.u32(event+2), t.u32(event+10)
	all := t.desk.apple.arrived
	for i, e := range all {
		if e.list.attribute(keyEventClass) == class && e.list.attribute(keyEventID) == id {
			t.desk.apple.arrived = slices.Delete(all, i, i+1)
			_, result := t.dispatch(e.list)
			return result
		}
	}
	return noOutstandingHLE
}

// AECreateAppleEvent makes an event without parameters.
func (t *Toolbox) AECreateAppleEvent(class, id, target uint32, returnID int16, transaction int32, result uint32) int16 {
	address := aeItem{kind: typeNull}
	if target != 0 {
		address.kind, address.data = t.desc(target)
	}
	return t.putDesc(result, typeEvent, newEvent(class, id, address, t.returnID(returnID), transaction).encode())
}

// AESend sends an event to its target, which can be this program only. The reply is
// there when it returns, unless the mode (1 none, 2 in the queue, 3 wait) says that
// none is wanted.
func (t *Toolbox) AESend(event, reply uint32, mode int32, _ int16, _ int32, _, _ uint32) int16 {
	l, err := t.list(event)
	if err != 0 || l.kind != typeEvent {
		return errAENotAppleEvent
	}
	if reply != 0 {
		t.put32(reply, typeNull)
		t.put32(reply+4, 0)
	}
	i := find(l.attributes, keyAddress)
	if i < 0 || !t.isSelf(l.attributes[i]) {
		if i >= 0 && l.attributes[i].kind == code4("targ") {
			return connectionInvalid
		}
		return procNotFound
	}
	const noReply, queueReply, waitReply = 1, 2, 3
	how := mode & 3
	if how == 0 {
		return errAEUnknownSendMode
	}
	answer, result := t.dispatch(l)
	switch {
	case result == errAEEventNotHandled:
		return result
	case answer == nil:
		return result
	case how == waitReply && reply != 0:
		return t.putDesc(reply, typeEvent, answer.encode())
	case how == queueReply:
		t.post(pending{
			Event: Event{What: HighLevelEvent, Message: typeEvent, Where: placeOf(code4("ansr"))},
			apple: &appleEvent{answer},
		})
	}
	return 0
}

// mostHeld is how many bytes the events that wait may have: as many as a heap.
const mostHeld = 16 << 20

func (l *aeList) size() int {
	n := 0
	for _, it := range slices.Concat(l.attributes, l.items) {
		n += len(it.data) + 64
	}
	return n
}

// holds says whether there is room for an event that waits.
func (t *Toolbox) holds(l *aeList) bool {
	n := l.size()
	for _, e := range t.desk.queue {
		if e.apple != nil {
			n += e.apple.list.size()
		}
	}
	for _, e := range t.desk.apple.arrived {
		n += e.list.size()
	}
	t.work(len(t.desk.queue) + n/bytesOfWork)
	return n <= mostHeld && len(t.desk.apple.arrived) < mostEvents
}

// isSelf says whether an address is this program's.
func (t *Toolbox) isSelf(address aeItem) bool {
	if address.kind != typePSN || len(address.data) != 8 {
		return false
	}
	n := binary.BigEndian.Uint64(address.data)
	return n == thisProcess || n == 2
}

// Parameters and attributes. An event has both; a record has parameters, which are
// its items.

func (t *Toolbox) keyed(at, keyword uint32, attribute bool) (aeItem, int16) {
	l, err := t.record(at)
	if err != 0 {
		return aeItem{}, err
	}
	items := l.items
	if attribute {
		items = l.attributes
	}
	i := find(items, keyword)
	if i < 0 {
		return aeItem{}, errAEDescNotFound
	}
	return items[i], 0
}

func (t *Toolbox) putKeyed(at uint32, it aeItem, attribute bool) int16 {
	l, err := t.record(at)
	if err != 0 {
		return err
	}
	items := &l.items
	if attribute {
		items = &l.attributes
	}
	if i := find(*items, it.keyword); i >= 0 {
		(*items)[i] = it
	} else {
		*items = append(*items, it)
	}
	return t.putList(at, l)
}

// getKeyed writes the data of a parameter or attribute, as another type.
func (t *Toolbox) getKeyed(at, keyword uint32, attribute bool, to, kind, data, most, size uint32) int16 {
	it, err := t.keyed(at, keyword, attribute)
	if err != 0 {
		return err
	}
	return t.putItem(it, to, kind, data, most, size)
}

// getKeyedDesc makes a descriptor of one, of another type; a null one if there is none.
func (t *Toolbox) getKeyedDesc(at, keyword uint32, attribute bool, to, result uint32) int16 {
	it, err := t.keyed(at, keyword, attribute)
	if err != 0 {
		t.put32(result, typeNull)
		t.put32(result+4, 0)
		return err
	}
	return t.putCoerced(it, to, result)
}

// sizeOfKeyed writes the type and size of one.
func (t *Toolbox) sizeOfKeyed(at, keyword uint32, attribute bool, kind, size uint32) int16 {
	it, err := t.keyed(at, keyword, attribute)
	if err != 0 {
		return err
	}
	return t.putSize(it, kind, size)
}

// AEPutParamPtr sets a parameter.
func (t *Toolbox) AEPutParamPtr(at, keyword, kind, data, size uint32) int16 {
	return t.putKeyed(at, aeItem{keyword, kind, t.copyOf(data, size)}, false)
}

// AEPutParamDesc sets a parameter.
func (t *Toolbox) AEPutParamDesc(at, keyword, desc uint32) int16 {
	kind, data := t.desc(desc)
	return t.putKeyed(at, aeItem{keyword, kind, data}, false)
}

// AEGetParamPtr writes a parameter's data, as another type.
func (t *Toolbox) AEGetParamPtr(at, keyword, to, kind, data, most, size uint32) int16 {
	return t.getKeyed(at, keyword, false, to, kind, data, most, size)
}

// AEGetParamDesc makes a descriptor of a parameter, of another type.
func (t *Toolbox) AEGetParamDesc(at, keyword, to, result uint32) int16 {
	return t.getKeyedDesc(at, keyword, false, to, result)
}

// AESizeOfParam writes a parameter's type and size.
func (t *Toolbox) AESizeOfParam(at, keyword, kind, size uint32) int16 {
	return t.sizeOfKeyed(at, keyword, false, kind, size)
}

// AEDeleteParam takes a parameter away.
func (t *Toolbox) AEDeleteParam(at, keyword uint32) int16 {
	l, err := t.record(at)
	if err != 0 {
		return err
	}
	i := find(l.items, keyword)
	if i < 0 {
		return errAEDescNotFound
	}
	l.items = slices.Delete(l.items, i, i+1)
	return t.putList(at, l)
}

// AEPutAttributePtr sets an attribute.
func (t *Toolbox) AEPutAttributePtr(at, keyword, kind, data, size uint32) int16 {
	return t.putKeyed(at, aeItem{keyword, kind, t.copyOf(data, size)}, true)
}

// AEPutAttributeDesc sets an attribute.
func (t *Toolbox) AEPutAttributeDesc(at, keyword, desc uint32) int16 {
	kind, data := t.desc(desc)
	return t.putKeyed(at, aeItem{keyword, kind, data}, true)
}

// AEGetAttributePtr writes an attribute's data, as another type.
func (t *Toolbox) AEGetAttributePtr(at, keyword, to, kind, data, most, size uint32) int16 {
	return t.getKeyed(at, keyword, true, to, kind, data, most, size)
}

// AEGetAttributeDesc makes a descriptor of an attribute, of another type.
func (t *Toolbox) AEGetAttributeDesc(at, keyword, to, result uint32) int16 {
	return t.getKeyedDesc(at, keyword, true, to, result)
}

// AESizeOfAttribute writes an attribute's type and size.
func (t *Toolbox) AESizeOfAttribute(at, keyword, kind, size uint32) int16 {
	return t.sizeOfKeyed(at, keyword, true, kind, size)
}

// AEInteractWithUser allows it: the application is in front, as there is no other.
func (t *Toolbox) AEInteractWithUser(int32, uint32, uint32) int16 { return 0 }

// AESetInteractionAllowed does nothing.
func (t *Toolbox) AESetInteractionAllowed(uint8) int16 { return 0 }
