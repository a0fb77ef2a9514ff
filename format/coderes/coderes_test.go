package coderes

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/fault"
)

func TestRecognise(t *testing.T) {
	var b strings.Builder
	all := resources()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&b, "%s: %d bytes\n%s", name, len(all[name]), describe(all[name]))
	}
	golden(t, "recognise.txt", b.String())
}

// TestDamagedDescriptors gives every field of a fat resource wrong values, and
// cuts it short.
func TestDamagedDescriptors(t *testing.T) {
	fat := NewFat(wdef, rts, wdef, pef("pwpc"))
	var b strings.Builder
	for _, f := range []struct {
		name   string
		at     int
		values []string
	}{
		{"trap", 0, []string{"\xaa\xff"}},
		{"version", 2, []string{"\x06", "\x08"}},
		{"flags", 3, []string{"\x01", "\xff"}},
		{"selector information", 9, []string{"\xff"}},
		{"count", 10, []string{"\x00\x00", "\x00\x02", "\x7f\xff", "\xff\xfd", "\xff\xff"}},
		{"68K procedure information", 12, []string{"\xff\xff\xff\xff"}},
		{"68K instruction set", 17, []string{"\x01", "\x10", "\x2f"}},
		{"68K flags", 18, []string{"\x00\x04", "\xff\xff"}},
		{"68K offset", 20, []string{"\x00\x00\x00\x33", "\x00\x00\x00\x35", "\x00\x00\x00\x60", "\x7f\xff\xff\xff", "\xff\xff\xff\xfd", "\x00\x00\x00\x00"}},
		{"PowerPC offset", 40, []string{"\x00\x00\x00\x37", "\x00\x00\x00\x39", "\x00\x00\x00\x60", "\x7f\xff\xff\xff", "\xff\xff\xff\xfd", "\x00\x00\x00\x34"}},
	} {
		for _, v := range f.values {
			bad := bytes.Clone(fat)
			copy(bad[f.at:], v)
			fmt.Fprintf(&b, "%s %x\n%s", f.name, v, describe(bad))
		}
	}
	for _, n := range []int{0, 1, 2, 11, 12, 31, 32, 51, 52, 53, 56, 63, 64} {
		fmt.Fprintf(&b, "%d bytes\n%s", n, describe(fat[:n]))
	}
	for _, bad := range [][]byte{words(0x6000), words(0x60ff, 0), words(0x607e, 0), words(0x60fe), words(0x60f0, 0), words(0x6000, 0x8000), words(0x60ff, 0x7fff, 0xffff), words(0x4efa, 4, 0)} {
		fmt.Fprintf(&b, "%x\n%s", bad, describe(bad))
	}
	golden(t, "damaged.txt", b.String())
}

func TestDescriptorRoundTrip(t *testing.T) {
	d := &RoutineDescriptor{Indexable: true, SelectorInfo: 0x81, Routines: []RoutineRecord{
		{ProcInfo: 0x12345678, ISA: M68K, RTA: CFM68K, Flags: 0x3f, Proc: 0xfedcba98, Selector: 1 << 31},
		{ProcInfo: wdef, ISA: PowerPC, Proc: 1},
	}}
	b, err := d.Encode()
	if err != nil || len(b) != d.Size() || d.Size() != 52 {
		t.Fatalf("%d bytes, %v", len(b), err)
	}
	got, err := DecodeRoutineDescriptor(append(b, "more"...))
	if err != nil || !reflect.DeepEqual(got, d) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, n := range []int{0, 65537} {
		d.Routines = make([]RoutineRecord, n)
		if _, err := d.Encode(); err == nil || err.Error() != fmt.Sprintf("routine descriptor: has %d routines; 1 to 65536 are possible", n) {
			t.Errorf("%d routines: %v", n, err)
		}
	}
	_, err = DecodeRoutineDescriptor(nil)
	var e *FormatError
	if !errors.Is(err, fault.ErrBadImage) || !errors.As(err, &e) {
		t.Errorf("%v", err)
	}
	const want = "routine descriptor at 0x0: begins with 0x4e75, not 0xaafe"
	if _, err = DecodeRoutineDescriptor(append(rts, make([]byte, 50)...)); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	bad := bytes.Clone(b)
	bad[2] = 9
	if _, err := DecodeRoutineDescriptor(bad); err == nil || err.Error() != "routine descriptor at 0x2: has version 9; 7 is known" {
		t.Errorf("%v", err)
	}
}

func TestNames(t *testing.T) {
	for v, want := range map[fmt.Stringer]string{
		Plain: "plain 68K", Fragment + 2: "fragment+2", Kind(0): "0", PowerPC: "PowerPC", ISA(3): "PowerPC+2", Classic: "classic", CFM68K: "CFM-68K",
		Relative | NeedsPreparing: "relative+needs preparing", RoutineFlags(0x44): "native ISA+0x40",
		ThinkCStack: "THINK C", Convention(6): "THINK C+1", TwoBytes: "short", Size(7): "long+4", Register(5): "A1", Register(15): "register 15", Register(18): "CCR.Z",
		Application: "application", FragmentUsage(9): "weak stub library+5", InDataFork: "data fork", FragmentPlace(7): "named fragment+3",
		Near: "near", FarCFM: "CFM-68K", Model(9): "CFM-68K+6",
	} {
		if got := v.String(); got != want {
			t.Errorf("%#v is %q, want %q", v, got, want)
		}
	}
	if what, ok := Describe(code("WDEF")); !ok || what != "window definition" {
		t.Errorf("WDEF is %q", what)
	}
	if what, ok := Describe(code("PICT")); ok {
		t.Errorf("PICT is %q", what)
	}
	for name := range codeTypes {
		if got := code(name).String(); got != name {
			t.Errorf("%q is no type", name)
		}
	}
}

// FuzzRecognise looks for code in anything.
func FuzzRecognise(f *testing.F) {
	for _, b := range resources() {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, _ := Recognise(data)
		if c == nil {
			t.Fatal("nothing")
		}
		for _, p := range c.Parts {
			if p.Offset < 0 || p.Size < 0 || p.Offset+p.Size > len(data) || p.Entry >= len(data) && len(data) > 0 || p.PEF != isPEF(data, p.Offset) {
				t.Errorf("%+v of %d bytes", p, len(data))
			}
		}
		if d := c.Descriptor; d != nil && len(d.Routines) > 0 {
			b, err := d.Encode()
			if err != nil {
				t.Fatal(err)
			}
			if again, err := DecodeRoutineDescriptor(b); err != nil || !reflect.DeepEqual(again, d) {
				t.Errorf("%+v, %v", again, err)
			}
		}
		DecodeJumpTable(data)
		DecodeSegment(data)
		DecodeSegmentFragment(data)
		DecodeDecompressor(data)
		if v, err := DecodeVersion(data); err == nil {
			if b, err := v.Encode(); err != nil || !bytes.HasPrefix(data, b) {
				t.Errorf("%+v, %v", v, err)
			}
		}
	})
}
