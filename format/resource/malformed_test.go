package resource

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// victim is a fork that is damaged below, and where its fields are.
func victim(t testing.TB) (data []byte, fields []field) {
	f := &Fork{Resources: []*Resource{
		{Type: code("CODE"), ID: 0, Name: "zero", Data: []byte("jump table")},
		{Type: code("CODE"), ID: 1, Name: "one", Data: []byte("segment")},
		{Type: code("vers"), ID: 1, Data: []byte("version")},
	}}
	data, err := f.Encode()
	if err != nil {
		t.Fatal(err)
	}
	at := int(binary.BigEndian.Uint32(data[4:])) // the map
	return data, []field{
		{"data offset", 0, 4}, {"map offset", 4, 4}, {"data length", 8, 4}, {"map length", 12, 4},
		{"type list offset", at + 24, 2}, {"name list offset", at + 26, 2}, {"type count", at + 28, 2},
		{"CODE: reference count", at + 34, 2}, {"CODE: reference list offset", at + 36, 2},
		{"vers: reference count", at + 42, 2}, {"vers: reference list offset", at + 44, 2},
		{"CODE 0: name offset", at + 48, 2}, {"CODE 0: data offset", at + 51, 3},
		{"CODE 1: name offset", at + 60, 2}, {"CODE 1: data offset", at + 63, 3},
		{"vers 1: name offset", at + 72, 2}, {"vers 1: data offset", at + 75, 3},
		{"CODE 0: data length", 256, 4}, {"CODE 1: data length", 270, 4}, {"vers 1: data length", 281, 4},
		{"zero: name length", at + 82, 1}, {"one: name length", at + 87, 1},
	}
}

// field is a number in a fork.
type field struct {
	name     string
	at, size int
}

func (f field) get(data []byte) uint64 {
	var wide [8]byte
	copy(wide[8-f.size:], data[f.at:])
	return binary.BigEndian.Uint64(wide[:])
}

// with returns a copy of the data with another value of the field.
func (f field) with(data []byte, v uint64) []byte {
	wide := binary.BigEndian.AppendUint64(nil, v)
	data = bytes.Clone(data)
	copy(data[f.at:], wide[8-f.size:])
	return data
}

// TestMalformed gives every length, count and offset wrong values. What is said
// of each, and how much is read all the same, is in the golden file.
func TestMalformed(t *testing.T) {
	data, fields := victim(t)
	var b strings.Builder
	for _, f := range fields {
		right := f.get(data)
		limit := uint64(1)<<(8*f.size) - 1
		for _, v := range []struct {
			name  string
			value uint64
		}{
			{"one less", right - 1}, {"one more", right + 1}, {"zero", 0}, {"huge", limit >> 1}, {"negative", limit - 2}, {"the greatest", limit}, {"of the header", 16},
		} {
			fmt.Fprintf(&b, "%s %s: %#x -> %#x\n", f.name, v.name, right, v.value&limit)
			fork, err := Parse(f.with(data, v.value))
			if err != nil {
				fmt.Fprintf(&b, "\terror: %v\n", err)
				continue
			}
			fmt.Fprintf(&b, "\tread:")
			for _, r := range fork.Resources {
				fmt.Fprintf(&b, " %v %q %q;", r, r.Name, r.Data)
			}
			fmt.Fprintln(&b)
			for _, p := range fork.Problems {
				fmt.Fprintf(&b, "\t%v\n", p)
			}
		}
	}
	golden(t, "malformed.txt", b.String())
}

var numbers = regexp.MustCompile(`0x[0-9a-f]+|[0-9]+`)

// TestCutShort reads the fork with every number of bytes missing.
func TestCutShort(t *testing.T) {
	data, _ := victim(t)
	var b strings.Builder
	last := ""
	for n := 1; n < len(data); n++ {
		said := ""
		fork, err := Parse(data[:n])
		if err != nil {
			said = fmt.Sprintf("error: %v", err)
		} else {
			if len(fork.Problems) == 0 {
				t.Errorf("with %d bytes of %d: no problem", n, len(data))
			}
			said = fmt.Sprintf("%d resources, then: %v", len(fork.Resources), fork.Problems[len(fork.Problems)-1])
		}
		if kind := numbers.ReplaceAllString(said, "#"); kind != last { // one line for what differs in numbers alone
			fmt.Fprintf(&b, "%d bytes: %s\n", n, said)
			last = kind
		}
	}
	golden(t, "cut.txt", b.String())
}

// TestTypesThatShareAList: that would be a loop, and many of them a bomb.
func TestTypesThatShareAList(t *testing.T) {
	const types, refs = 4000, 2000
	be := binary.BigEndian
	list := be.AppendUint16(nil, types-1)
	for i := range types {
		list = be.AppendUint32(list, uint32(i))
		list = be.AppendUint16(list, refs-1)
		list = be.AppendUint16(list, 2+8*types)
	}
	list = append(list, make([]byte, refs*12)...)
	data := make([]byte, 16+4)
	be.PutUint32(data, 16)
	be.PutUint32(data[4:], 20)
	be.PutUint32(data[8:], 4)
	be.PutUint32(data[12:], uint32(28+len(list)))
	data = append(data, make([]byte, 24)...)
	data = be.AppendUint16(data, 28)
	data = be.AppendUint16(data, uint16(28+len(list)))
	data = append(data, list...)
	fork, cost := measure(t, data)
	if len(fork.Resources) != refs || len(fork.Problems) < types-1 {
		t.Errorf("%d resources and %d problems", len(fork.Resources), len(fork.Problems))
	}
	if want := `type '\x00\x00\x00\x01': reference list at 0x7d32: overlaps what is from 0x7d32 to 0xdaf2`; !has(fork.Problems, want) {
		t.Errorf("no %q in %v", want, fork.Problems[:2])
	}
	if cost > 16<<20 {
		t.Errorf("%d bytes cost %d bytes of memory", len(data), cost)
	}
}

// TestResourcesThatShareData: two thousand of them claim the same 100 KB.
func TestResourcesThatShareData(t *testing.T) {
	f := &Fork{Resources: []*Resource{{Type: code("BIG "), Data: make([]byte, 100_000)}}}
	for i := range 2000 {
		f.Resources = append(f.Resources, &Resource{Type: code("BIG "), ID: int16(i + 1)})
	}
	data, err := f.Encode()
	if err != nil {
		t.Fatal(err)
	}
	refs := int(binary.BigEndian.Uint32(data[4:])) + 28 + 2 + 8
	for i := range 2001 {
		copy(data[refs+12*i+5:], []byte{0, 0, 0})
	}
	fork, cost := measure(t, data)
	total := 0
	for _, r := range fork.Resources {
		total += len(r.Data)
	}
	if len(fork.Resources) != 2001 || total > 2*len(data) || total < 200_000 {
		t.Errorf("%d resources with %d bytes of %d", len(fork.Resources), total, len(data))
	}
	for _, want := range []string{
		"resource 'BIG ' 1: data at 0x100: overlaps that of resource 'BIG ' 0, which is from 0x100 to 0x187a4",
		"resource 'BIG ' 2000: data at 0x100: of 100000 bytes is dropped: with it, resources that overlap would be twice as large as the fork",
	} {
		if !has(fork.Problems, want) {
			t.Errorf("no %q", want)
		}
	}
	if cost > 16<<20 {
		t.Errorf("%d bytes cost %d bytes of memory", len(data), cost)
	}
}

func has(problems []*FormatError, want string) bool {
	for _, p := range problems {
		if p.Error() == want {
			return true
		}
	}
	return false
}

// measure parses, and says how much memory that took.
func measure(t *testing.T, data []byte) (*Fork, uint64) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f, err := Parse(data)
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	return f, after.TotalAlloc - before.TotalAlloc
}

func TestLyingSizeIsRefused(t *testing.T) {
	_, err := Read(strings.NewReader("tiny"), 1<<40)
	if want := "resource fork at 0x0: is 1099511627776 bytes long; at most 67108864 are read"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	_, err = Read(strings.NewReader("tiny"), 1000)
	if want := "resource fork at 0x0: needs 1000 bytes, but the file ends after 4 of them"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// FuzzParse reads anything. What is read can be written, unless it is too much
// for the format, and is then the same when read again.
func FuzzParse(f *testing.F) {
	data, fields := victim(f)
	f.Add(data)
	for _, fl := range fields {
		f.Add(fl.with(data, fl.get(data)+1))
	}
	for _, tt := range fixtures() {
		if b, err := tt.fork.Encode(); err == nil && len(b) < 4096 {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		first, err := Parse(data)
		if (first == nil) == (err == nil) {
			t.Fatalf("%v and %v", first, err)
		}
		if err != nil {
			return
		}
		total := 0
		for _, r := range first.Resources {
			total += len(r.Data)
			r.Compression()
			if got, err := ParseOSType(r.Type.String()); err != nil || got != r.Type {
				t.Errorf("%v is read as %v, %v", r.Type, got, err)
			}
		}
		if total > 2*len(data) {
			t.Errorf("%d bytes hold resources of %d", len(data), total)
		}
		b, err := first.Encode()
		if err != nil {
			return
		}
		second, err := Parse(b)
		if err != nil || len(second.Problems) > 0 || len(second.Resources) != len(first.Resources) {
			t.Fatalf("read again: %v, %+v", err, second)
		}
		again, err := second.Encode()
		if err != nil || !bytes.Equal(b, again) {
			t.Errorf("written again: %v", err)
		}
	})
}
