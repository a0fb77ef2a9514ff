package glue

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/fault"
)

// writing returns a message that is written to b, and what turns it around.
func writing(n int) (m *Message, reading func() *Message) {
	b := make([]byte, n)
	m = &Message{frame: b, end: n, function: "f"}
	return m, func() *Message { return NewMessage(b[:m.at]) }
}

func TestMessage(t *testing.T) {
	m, reading := writing(4096)
	m.PutInt(-5)
	m.Put(250)
	m.PutInt(math.MinInt16)
	m.Put(math.MaxUint64)
	m.PutBool(true)
	m.PutF32(1.5)
	m.PutF64(-2.25)
	m.PutString("text", "grüße", Text{})
	m.PutString("roman", "Größe†", Text{MacRoman: true})
	m.PutStringOrNull("none", nil, Text{})
	PutNumbers(m, "i16", []int16{1, -2, 3}, 10, false)
	PutNumbers[float64](m, "none", nil, 10, true)
	PutNumbers[float64](m, "empty", nil, 10, false)
	PutBools(m, "bools", []bool{true, false, true}, 10, false)
	PutFixed(m, "fixed", []uint32{7, 8, 9})
	m.PutGiven("given", true, false)
	m.PutGiven("not", false, true)
	if m.Err() != nil {
		t.Fatal(m.Err())
	}
	r := reading()
	check := func(ok bool, what string) {
		t.Helper()
		if !ok {
			t.Errorf("%s was read wrongly (%v)", what, r.Err())
		}
	}
	check(r.I8("a") == -5, "i8")
	check(r.U8("a") == 250, "u8")
	check(r.I16("a") == math.MinInt16, "i16")
	check(r.U64("a") == math.MaxUint64, "u64")
	check(r.Bool("a"), "bool")
	check(r.F32("a") == 1.5, "f32")
	check(r.F64("a") == -2.25, "f64")
	check(r.GetString("a", Text{}) == "grüße", "text")
	check(r.GetString("a", Text{MacRoman: true}) == "Größe†", "Mac Roman")
	check(r.StringOrNull("a", Text{}) == nil, "null text")
	check(slices.Equal(Numbers[int16](r, "a", 10, false), []int16{1, -2, 3}), "array")
	check(Numbers[float64](r, "a", 10, true) == nil, "null array")
	empty := Numbers[float64](r, "a", 10, false)
	check(empty != nil && len(empty) == 0, "empty array")
	bools := make([]bool, 5)
	check(BoolsInto(r, "a", bools) == 3 && bools[0] && !bools[1] && bools[2], "truth values")
	fixed := make([]uint32, 3)
	GetFixed(r, "a", fixed)
	check(slices.Equal(fixed, []uint32{7, 8, 9}), "fixed array")
	check(r.Given("a", false), "given")
	check(!r.Given("a", true), "not given")
	if r.Err() != nil || r.at != r.end {
		t.Errorf("%d bytes are left, %v", r.end-r.at, r.Err())
	}
}

func TestRefusedWrites(t *testing.T) {
	for _, tt := range []struct {
		name  string
		write func(*Message)
		want  error
	}{
		{"too many", func(m *Message) { PutNumbers(m, "v", make([]byte, 11), 10, false) }, ErrTooLong},
		{"no room", func(m *Message) { PutNumbers(m, "v", make([]byte, 1000), 1000, false) }, ErrTooLong},
		{"words", func(m *Message) {
			for range 100 {
				m.Put(0)
			}
		}, ErrTooLong},
		{"long text", func(m *Message) { m.PutString("s", strings.Repeat("x", 6), Text{Max: 5}) }, ErrTooLong},
		{"long pascal", func(m *Message) { m.PutString("s", strings.Repeat("x", 256), Text{Pascal: true, Max: 500}) }, ErrTooLong},
		{"NUL", func(m *Message) { m.PutString("s", "a\x00b", Text{}) }, ErrMalformed},
		{"not Roman", func(m *Message) { m.PutString("s", "日本", Text{MacRoman: true}) }, ErrNoRoom},
		{"nil", func(m *Message) { m.PutGiven("p", false, false) }, ErrMalformed},
		{"count", func(m *Message) { m.PutCount("v", 3, 2) }, ErrTooLong},
	} {
		m, _ := writing(512)
		tt.write(m)
		m.Put(1) // nothing, now
		if !errors.Is(m.Err(), tt.want) || !errors.Is(m.Err(), fault.ErrMismatch) {
			t.Errorf("%s: %v; want %v", tt.name, m.Err(), tt.want)
		}
		if m.at != 0 {
			t.Errorf("%s: writing went on", tt.name)
		}
	}
}

func TestRefusedReads(t *testing.T) {
	words := func(v ...uint64) func(*Message) {
		return func(m *Message) {
			for _, w := range v {
				m.Put(w)
			}
		}
	}
	for _, tt := range []struct {
		name     string
		write    func(*Message)
		read     func(*Message)
		want     error
		response bool
	}{
		{"empty", words(), func(m *Message) { m.U64("v") }, ErrMalformed, false},
		{"wide", words(256), func(m *Message) { m.U8("v") }, ErrNoRoom, false},
		{"negative", words(math.MaxUint64 - 200), func(m *Message) { m.I8("v") }, ErrNoRoom, false},
		{"truth", words(2), func(m *Message) { m.Bool("v") }, ErrNoRoom, false},
		{"truths", words(1, 2), func(m *Message) { Bools(m, "v", 10, false) }, ErrNoRoom, false},
		{"long", words(11, 0, 0), func(m *Message) { Numbers[byte](m, "v", 10, false) }, ErrTooLong, false},
		{"beyond the end", words(3, 0, 0), func(m *Message) { Numbers[uint64](m, "v", 10, false) }, ErrMalformed, false},
		{"overflow", words(1<<61, 0), func(m *Message) { Numbers[uint64](m, "v", math.MaxInt, false) }, ErrMalformed, false},
		{"null", words(null), func(m *Message) { Numbers[uint64](m, "v", 10, false) }, ErrMalformed, false},
		{"null text", words(null), func(m *Message) { m.GetString("v", Text{}) }, ErrMalformed, false},
		{"null text of a response", words(null), func(m *Message) { m.GetString("v", Text{}) }, nil, true},
		{"null struct", words(0), func(m *Message) { m.Given("v", false) }, ErrMalformed, false},
		{"NUL", words(2, 'a'), func(m *Message) { m.GetString("v", Text{}) }, ErrMalformed, false},
		{"too many for the caller", words(3, 1), func(m *Message) { NumbersInto(m, "v", make([]byte, 2)) }, ErrTooLong, true},
		{"room", words(11), func(m *Message) { m.Room("v", 10, false) }, ErrTooLong, false},
		{"another length", words(), func(m *Message) { m.Same("v", 3, 4) }, ErrMalformed, false},
		{"union", words(), func(m *Message) { m.NoCase("v", 9) }, ErrBadUnion, false},
	} {
		w, reading := writing(512)
		tt.write(w)
		m := reading()
		m.response = tt.response
		tt.read(m)
		if !errors.Is(m.Err(), tt.want) {
			t.Errorf("%s: %v; want %v", tt.name, m.Err(), tt.want)
		}
	}
}

// TestSwap turns numbers around, for programs and plug-ins of the other order.
func TestSwap(t *testing.T) {
	for _, size := range []int{1, 2, 4, 8} {
		from := []byte{1, 2, 3, 4, 5, 6, 7, 8}
		to := make([]byte, 8)
		copyOrdered(to, from, size, true)
		for i := range to {
			if want := from[i/size*size+size-1-i%size]; to[i] != want {
				t.Errorf("size %d: byte %d is %d, want %d", size, i, to[i], want)
			}
		}
	}
}

func TestNoAllocation(t *testing.T) {
	b := make([]byte, 1024)
	v, out := make([]float32, 64), make([]float32, 64)
	var sum float64
	if n := testing.AllocsPerRun(100, func() {
		m := Message{frame: b, end: len(b)}
		m.Put(7)
		m.PutF64(1)
		PutNumbers(&m, "v", v, 64, false)
		m.at = 0
		sum += float64(m.U32("a")) + m.F64("b")
		NumbersInto(&m, "v", out)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	_ = sum
}

// FuzzMessage reads anything: no panic, nothing beyond the message, and memory
// only as large as the message.
func FuzzMessage(f *testing.F) {
	f.Add([]byte{3, 0, 0, 0, 0, 0, 0, 0, 'a', 'b', 'c', 0, 0, 0, 0, 0}, []byte{0})
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 255}, []byte{1, 2})
	f.Fuzz(func(t *testing.T, data, ops []byte) {
		m := NewMessage(data)
		var out [16]uint16
		for _, op := range ops[:min(len(ops), 100)] {
			before := m.at
			got := 0
			switch op % 13 {
			case 0:
				got = len(m.GetString("s", Text{}))
			case 1:
				got = 8 * len(Numbers[float64](m, "v", 1<<30, true))
			case 2:
				got = len(Numbers[int8](m, "v", 1<<30, true))
			case 3:
				m.I16("i")
			case 4:
				m.U64("u")
			case 5:
				m.Bool("b")
			case 6:
				got = 2 * NumbersInto(m, "v", out[:])
			case 7:
				got = len(Bools(m, "v", 1<<30, false))
			case 8:
				got = 8 * max(m.Count("n", 1<<30, 8, true), 0)
			case 9:
				m.Given("g", true)
			case 10:
				GetFixed(m, "f", out[:])
			case 11:
				got = len(m.GetString("s", Text{MacRoman: true, Pascal: true})) / 3
			case 12:
				m.Room("r", 100, true)
			}
			if got > len(data) {
				t.Fatalf("op %d at %d read %d bytes of %d", op, before, got, len(data))
			}
			if m.at > m.end || m.end > len(data) {
				t.Fatalf("op %d went to %d of %d", op, m.at, len(data))
			}
		}
	})
}
