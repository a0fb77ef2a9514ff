package glue

import (
	"encoding/binary"
	"fmt"
	"math"
)

const (
	word        = 8
	requestHead = 2 * word
	null        = math.MaxUint64 // in the place of a count
	reportID    = 0xffffffff     // the function by which a dispatcher tells what it refused
)

// Message reads and writes a message in a frame. The first failure is kept:
// whatever follows does nothing and reads zeros, so that generated code asks
// once. It does not allocate except to fail, and for what it returns.
//
// A Message must not be used concurrently.
type Message struct {
	frame    []byte // may be changed by the other side at any moment
	at, end  int    // the next word, and where words end
	function string // for errors
	response bool   // what is read answers this side
	err      error
}

// NewMessage returns a message that reads the words in b, without a head.
func NewMessage(b []byte) *Message {
	return &Message{frame: b, end: len(b) &^ (word - 1), function: "message"}
}

// Err returns the first failure.
func (m *Message) Err() error { return m.err }

// fail keeps the first failure.
func (m *Message) fail(item string, s Status, format string, args ...any) {
	if m.err == nil {
		m.err = &Error{Function: m.function, Item: item, Status: s, Text: fmt.Sprintf(format, args...)}
	}
	m.at, m.end = 0, 0
}

// NoCase says that a union has no case for its switch.
func (m *Message) NoCase(item string, value int64) {
	m.fail(item, BadUnion, "its switch is %d", value)
}

// Refuse makes the call fail because an argument breaks the definition's rules.
func (m *Message) Refuse(item, fact string) { m.fail(item, Malformed, "%s", fact) }

// --- words ---

// Put writes a word: an unsigned integer, a character, a handle, an address's bits.
func (m *Message) Put(v uint64) {
	if m.end-m.at < word {
		if m.err == nil {
			m.fail("", TooLong, "the arguments do not fit in a message of %d bytes", len(m.frame))
		}
		return
	}
	binary.LittleEndian.PutUint64(m.frame[m.at:], v)
	m.at += word
}

// PutInt writes a signed integer.
func (m *Message) PutInt(v int64) { m.Put(uint64(v)) }

// PutBool writes a truth value.
func (m *Message) PutBool(v bool) {
	if v {
		m.Put(1)
	} else {
		m.Put(0)
	}
}

// PutF32 writes a float.
func (m *Message) PutF32(v float32) { m.Put(uint64(math.Float32bits(v))) }

// PutF64 writes a double.
func (m *Message) PutF64(v float64) { m.Put(math.Float64bits(v)) }

// Get reads a word.
func (m *Message) Get(item string) uint64 {
	if m.end-m.at < word {
		if m.err == nil {
			m.fail(item, Malformed, "the message ends too soon")
		}
		return 0
	}
	v := binary.LittleEndian.Uint64(m.frame[m.at:])
	m.at += word
	return v
}

func (m *Message) signed(item string, bits int) int64 {
	v := int64(m.Get(item))
	if s := 64 - bits; v<<s>>s != v {
		m.fail(item, NoRoom, "%d does not fit in %d bits", v, bits)
		return 0
	}
	return v
}

func (m *Message) unsigned(item string, bits int) uint64 {
	v := m.Get(item)
	if v>>bits != 0 {
		m.fail(item, NoRoom, "%d does not fit in %d bits", v, bits)
		return 0
	}
	return v
}

// I8 reads a signed integer of 8 bits; its neighbours read what they are called.
func (m *Message) I8(item string) int8    { return int8(m.signed(item, 8)) }
func (m *Message) I16(item string) int16  { return int16(m.signed(item, 16)) }
func (m *Message) I32(item string) int32  { return int32(m.signed(item, 32)) }
func (m *Message) I64(item string) int64  { return int64(m.Get(item)) }
func (m *Message) U8(item string) uint8   { return uint8(m.unsigned(item, 8)) }
func (m *Message) U16(item string) uint16 { return uint16(m.unsigned(item, 16)) }
func (m *Message) U32(item string) uint32 { return uint32(m.unsigned(item, 32)) }
func (m *Message) U64(item string) uint64 { return m.Get(item) }
func (m *Message) Bool(item string) bool  { return m.unsigned(item, 1) != 0 }
func (m *Message) F32(item string) float32 {
	return math.Float32frombits(uint32(m.unsigned(item, 32)))
}
func (m *Message) F64(item string) float64 { return math.Float64frombits(m.Get(item)) }

// --- what may be null ---

// isNull notes a null. A request must not have one where the definition allows
// none; what a response has is the plug-in's affair.
func (m *Message) isNull(item string, nullable bool) {
	if !nullable && !m.response {
		m.fail(item, Malformed, "null, where the definition allows none")
	}
}

// PutGiven says whether a pointer is not null. It reports whether the value is
// to follow.
func (m *Message) PutGiven(item string, given, nullable bool) bool {
	if !given && !nullable {
		m.fail(item, Malformed, "nil, where the definition allows none")
	}
	m.PutBool(given)
	return given && m.err == nil
}

// Given reads whether a pointer is not null.
func (m *Message) Given(item string, nullable bool) bool {
	if m.Bool(item) {
		return true
	}
	if m.err == nil {
		m.isNull(item, nullable)
	}
	return false
}

// --- counts and rooms ---

// PutCount writes the number of elements that follow.
func (m *Message) PutCount(item string, n, most int) {
	if n > most {
		m.fail(item, TooLong, "%d elements (at most %d)", n, most)
		return
	}
	m.Put(uint64(n))
}

// PutNull writes null in the place of a count or a room.
func (m *Message) PutNull() { m.Put(null) }

// Count reads the number of elements, of size bytes at least each, that follow;
// -1 is null.
func (m *Message) Count(item string, most, size int, nullable bool) int {
	n := m.Get(item)
	switch {
	case m.err != nil:
		return 0
	case n == null:
		m.isNull(item, nullable)
		return -1
	case n > uint64(most):
		m.fail(item, TooLong, "%d elements (at most %d)", n, most)
		return 0
	case n > uint64((m.end-m.at)/size):
		m.fail(item, Malformed, "%d elements are longer than the message", n)
		return 0
	}
	return int(n)
}

// PutRoom writes for how many elements the caller has room; negative is null.
func (m *Message) PutRoom(item string, n int64, most int) {
	switch {
	case n < 0:
		m.PutNull()
	case n > int64(most):
		m.fail(item, TooLong, "room for %d elements (at most %d)", n, most)
	default:
		m.Put(uint64(n))
	}
}

// Room reads for how many elements the caller has room; -1 is null.
func (m *Message) Room(item string, most int, nullable bool) int {
	n := m.Get(item)
	switch {
	case m.err != nil:
		return 0
	case n == null:
		m.isNull(item, nullable)
		return -1
	case n > uint64(most):
		m.fail(item, TooLong, "room for %d elements (at most %d)", n, most)
		return 0
	}
	return int(n)
}

// Same checks a length against what other arguments say of it.
func (m *Message) Same(item string, n int, want int64) {
	if m.err == nil && n >= 0 && int64(n) != want {
		m.fail(item, Malformed, "its length is %d, the other arguments say %d", n, want)
	}
}

// Length makes a length that an expression gave fit for use.
func (m *Message) Length(item string, n int64) int64 {
	if n < 0 {
		m.fail(item, TooLong, "its length is %d", n)
		return 0
	}
	return n
}

// Add adds lengths; Sub, Mul and Div do what they are called.
func (m *Message) Add(a, b int64) int64 {
	s := a + b
	return m.fits(s, (s > a) == (b > 0))
}

func (m *Message) Sub(a, b int64) int64 {
	d := a - b
	return m.fits(d, (d < a) == (b > 0))
}

func (m *Message) Mul(a, b int64) int64 {
	p := a * b
	return m.fits(p, a == 0 || p/a == b && (a != -1 || b != math.MinInt64))
}

func (m *Message) Div(a, b int64) int64 {
	if !(b != 0 && (a != math.MinInt64 || b != -1)) {
		return m.fits(0, false)
	}
	return a / b
}

func (m *Message) fits(v int64, ok bool) int64 {
	if !ok {
		m.fail("", TooLong, "a length overflows")
		return 0
	}
	return v
}

// bytes reserves n bytes, padded to whole words, for writing.
func (m *Message) bytes(item string, n int) []byte {
	if m.err != nil {
		return nil
	}
	size := (n + word - 1) &^ (word - 1)
	if size < n || size > m.end-m.at {
		m.fail(item, TooLong, "%d bytes do not fit in a message of %d", n, len(m.frame))
		return nil
	}
	b := m.frame[m.at : m.at+size]
	if size > n {
		clear(b[size-word:]) // the padding
	}
	m.at += size
	return b[:n]
}

// take returns the next n bytes, padding skipped. They are still the other side's.
func (m *Message) take(item string, n int) []byte {
	if m.err != nil {
		return nil
	}
	size := (n + word - 1) &^ (word - 1)
	if size < n || size > m.end-m.at {
		m.fail(item, Malformed, "%d bytes are longer than the message", n)
		return nil
	}
	b := m.frame[m.at : m.at+n]
	m.at += size
	return b
}
