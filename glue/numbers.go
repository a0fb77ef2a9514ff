package glue

// Number is an element type that crosses in as many bytes as it has here.
type Number interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~float32 | ~float64
}

// PutNumbers writes an array with its length. nil is null if that is allowed,
// else an empty array.
func PutNumbers[T Number](m *Message, item string, v []T, most int, nullable bool) {
	if v == nil && nullable {
		m.PutNull()
		return
	}
	m.PutCount(item, len(v), most)
	PutFixed(m, item, v)
}

// PutFixed writes the elements of an array whose length is known to both sides.
func PutFixed[T Number](m *Message, item string, v []T) {
	raw := memory(v)
	if b := m.bytes(item, len(raw)); len(b) > 0 {
		copyLittleEndian(b, raw, size[T]())
	}
}

// Numbers reads an array with its length into a new slice; null is nil.
func Numbers[T Number](m *Message, item string, most int, nullable bool) []T {
	n := m.Count(item, most, size[T](), nullable)
	if n < 0 || m.err != nil {
		return nil
	}
	v := make([]T, n)
	GetFixed(m, item, v)
	return v
}

// NumbersInto reads an array with its length into v, which must be large enough,
// and returns the length. Null is 0.
func NumbersInto[T Number](m *Message, item string, v []T) int {
	n := max(m.Count(item, len(v), size[T](), true), 0)
	GetFixed(m, item, v[:n])
	return n
}

// GetFixed reads as many elements as v has.
func GetFixed[T Number](m *Message, item string, v []T) {
	raw := memory(v)
	if b := m.take(item, len(raw)); len(b) > 0 {
		copyLittleEndian(raw, b, size[T]())
	}
}

// PutRaw and GetRaw cross bytes as they lie in memory.
func PutRaw(m *Message, item string, v []byte) { PutFixed(m, item, v) }
func GetRaw(m *Message, item string, v []byte) { GetFixed(m, item, v) }

// PutBools writes an array of truth values with its length.
func PutBools(m *Message, item string, v []bool, most int, nullable bool) {
	if v == nil && nullable {
		m.PutNull()
		return
	}
	m.PutCount(item, len(v), most)
	PutFixedBools(m, item, v)
}

// PutFixedBools writes truth values whose number is known to both sides.
func PutFixedBools(m *Message, item string, v []bool) {
	b := m.bytes(item, len(v))
	for i := range b {
		b[i] = 0
		if v[i] {
			b[i] = 1
		}
	}
}

// Bools reads an array of truth values into a new slice; null is nil.
func Bools(m *Message, item string, most int, nullable bool) []bool {
	n := m.Count(item, most, 1, nullable)
	if n < 0 || m.err != nil {
		return nil
	}
	v := make([]bool, n)
	GetFixedBools(m, item, v)
	return v
}

// BoolsInto reads truth values with their number into v and returns the number.
func BoolsInto(m *Message, item string, v []bool) int {
	n := max(m.Count(item, len(v), 1, true), 0)
	GetFixedBools(m, item, v[:n])
	return n
}

// GetFixedBools reads as many truth values as v has.
func GetFixedBools(m *Message, item string, v []bool) {
	for i, c := range m.take(item, len(v)) {
		if c > 1 {
			m.fail(item, NoRoom, "a truth value is %d", c)
			return
		}
		v[i] = c == 1
	}
}

// Fit makes what a host's function returned fit the room of its caller: nil if
// the caller gave null. What is longer is cut off if the caller is told how much
// there is, else it is a failure.
func Fit[T any](m *Message, item string, v []T, room int, cut bool) []T {
	switch {
	case room < 0:
		return nil
	case v == nil:
		return []T{}
	case len(v) > room && !cut:
		m.fail(item, HandlerFailed, "the host's function returned %d elements, there is room for %d", len(v), room)
		return []T{}
	}
	return v[:min(len(v), room)]
}
