package pef

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// sorted puts exports into the order in which they come back.
func sorted(f *Fragment) *Fragment {
	if f.Loader == nil {
		return f
	}
	names := make([]string, len(f.Loader.Exports))
	for i, e := range f.Loader.Exports {
		names[i] = e.Name
	}
	_, order := newHashTable(names)
	var exports []Export
	for _, i := range order {
		exports = append(exports, f.Loader.Exports[i])
	}
	f.Loader.Exports = exports
	return f
}

// same says how two fragments differ, taking nothing for an empty list.
func same(a, b *Fragment) string {
	return differ(reflect.ValueOf(a), reflect.ValueOf(b), "fragment")
}

func differ(a, b reflect.Value, where string) string {
	switch a.Kind() {
	case reflect.Pointer:
		if a.IsNil() || b.IsNil() {
			if a.IsNil() != b.IsNil() {
				return where + ": one is nil"
			}
			return ""
		}
		return differ(a.Elem(), b.Elem(), where)
	case reflect.Struct:
		for i := range a.NumField() {
			if d := differ(a.Field(i), b.Field(i), where+"."+a.Type().Field(i).Name); d != "" {
				return d
			}
		}
		return ""
	case reflect.Slice:
		if a.Len() != b.Len() {
			return fmt.Sprintf("%s: %d and %d", where, a.Len(), b.Len())
		}
		for i := range a.Len() {
			if d := differ(a.Index(i), b.Index(i), fmt.Sprintf("%s[%d]", where, i)); d != "" {
				return d
			}
		}
		return ""
	}
	if !a.Equal(b) {
		return fmt.Sprintf("%s: %v and %v", where, a, b)
	}
	return ""
}

func TestRoundTrip(t *testing.T) {
	for name, f := range families() {
		t.Run(name, func(t *testing.T) {
			file := encode(t, f)
			c := open(t, file)[0]
			back, err := c.Fragment()
			if err != nil {
				t.Fatal(err)
			}
			if d := same(sorted(f), back); d != "" {
				t.Error(d)
			}
			if again := encode(t, back); !bytes.Equal(again, file) {
				t.Error("written again it is another file")
			}
			if c.Offset != 0 || c.Size != int64(len(file)) {
				t.Errorf("lies at %d, %d bytes of %d", c.Offset, c.Size, len(file))
			}
			if want := name == "stub"; c.Stub() != want {
				t.Errorf("Stub() is %v", !want)
			}
			if c.Loader == nil {
				return
			}
			for _, e := range c.Loader.Exports {
				if got, ok := c.Loader.Lookup(e.Name); !ok || got != e {
					t.Errorf("Lookup(%q) is %v, %v, want %v", e.Name, got, ok, e)
				}
			}
			if e, ok := c.Loader.Lookup("nowhere"); ok {
				t.Errorf("found %v", e)
			}
			for i := range c.Loader.Relocations {
				for range c.Fixups(i) { // some are beyond the section on purpose
				}
			}
		})
	}
}

func TestSeveralContainers(t *testing.T) {
	odd := fixture(M68K)
	odd.Sections = append(odd.Sections, FragmentSection{Kind: DebugSection, Data: []byte("odd")})
	fragments := []*Fragment{fixture(PowerPC), odd, stubLibrary(), {Header: Header{Architecture: M68K}}}
	file := encode(t, fragments...)
	file = append(append([]byte("a ROM of\x00\x00\x00\x00\x00\x00\x00\x00"), make([]byte, 1<<20)...), file...)
	file = append(file, "and more"...)
	containers := open(t, file)
	if len(containers) != len(fragments) {
		t.Fatalf("%d containers", len(containers))
	}
	for i, c := range containers {
		f, err := c.Fragment()
		if err != nil {
			t.Fatal(err)
		}
		if d := same(sorted(fragments[i]), f); d != "" {
			t.Errorf("container %d: %s", i, d)
		}
		one, err := Read(bytes.NewReader(file), c.Offset, c.Size, Options{})
		if err != nil || one.Size != c.Size || one.Offset != c.Offset {
			t.Errorf("container %d by itself: %v", i, err)
		}
	}
	if got := []bool{containers[0].Stub(), containers[1].Stub(), containers[2].Stub(), containers[3].Stub()}; !slices.Equal(got, []bool{false, false, true, false}) {
		t.Errorf("stubs: %v", got)
	}
}

// TestHashWords compares with words worked out by hand from the definition: the
// hash of "ab" is 'a' doubled and 'b' mixed in, 0xc2 ^ 0x62.
func TestHashWords(t *testing.T) {
	for name, want := range map[string]uint32{
		"": 0, "a": 0x1_0061, "ab": 0x2_00a0, "a\x00b": 0x1_0061, "\xff\xff\xff": 0x3_02fd, // no byte is negative
	} {
		if got := HashWord(name); got != want {
			t.Errorf("HashWord(%q) = %#x, want %#x", name, got, want)
		}
	}
	// Beyond sixteen bytes the upper half of the sum counts; here done with
	// wider numbers.
	for _, name := range []string{"GetSharedLibrary", "a name of a good many bytes, \xff\xfe and more", strings.Repeat("\xff", 300)} {
		var h int64
		for _, c := range []byte(name) {
			h = int64(int32((h<<1 - h>>16) ^ int64(c)))
		}
		want := uint32(len(name))<<16 | uint32(uint16(h)^uint16(h>>16))
		if got := HashWord(name); got != want {
			t.Errorf("HashWord(%q) = %#x, want %#x", name, got, want)
		}
	}
	for n, want := range map[int]int{0: 0, 9: 0, 10: 1, 19: 1, 20: 2, 39: 2, 40: 3, 10_000_000: 16} {
		if got := hashPower(n); got != want {
			t.Errorf("hashPower(%d) = %d, want %d", n, got, want)
		}
	}
	if got := HashIndex(0x00050123, 4); got != 0x3^0x2 {
		t.Errorf("HashIndex = %d", got)
	}
}

func TestLookupOfTwins(t *testing.T) {
	// "x" five times over, so that the slot has others than the one looked for.
	f := stubLibrary()
	f.Loader.Exports = nil
	for i := range 9 {
		f.Loader.Exports = append(f.Loader.Exports, Export{string(rune('a' + i)), DataSymbol, AbsoluteExport, uint32(i)})
	}
	l := open(t, encode(t, f))[0].Loader
	if len(l.Hash.Slots) != 1 || l.Hash.Slots[0].Count != 9 {
		t.Fatalf("%+v", l.Hash)
	}
	if e, ok := l.Lookup("d"); !ok || e.Value != 3 {
		t.Errorf("%v %v", e, ok)
	}
	if _, ok := f.Loader.Lookup("d"); ok {
		t.Error("a Loader without a hash table finds something")
	}
}

func TestEncodeErrors(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Fragment)
		want   string
	}{
		{"too many sections", func(f *Fragment) { f.Sections = make([]FragmentSection, 1<<16) }, "65536 sections are more than 65535"},
		{"order", func(f *Fragment) { f.Sections[0], f.Sections[2] = f.Sections[2], f.Sections[0] }, "section 1: packed data section has an instance, but follows one that has none"},
		{"zeros", func(f *Fragment) { f.Sections[2].Zeros = 1 }, "section 2: loader section has no instance to fill with 1 zeros"},
		{"loader data", func(f *Fragment) { f.Sections[2].Data = []byte{1} }, "section 2: data of the loader section is made from Loader, but there is some already"},
		{"no loader", func(f *Fragment) { f.Loader = nil }, "section 2: there is no Loader for the loader section"},
		{"no loader section", func(f *Fragment) { f.Sections = f.Sections[:2] }, "there is a Loader and 0 loader sections, not 1"},
		{"two loader sections", func(f *Fragment) { f.Sections = append(f.Sections, f.Sections[2]) }, "there is a Loader and 2 loader sections, not 1"},
		{"section name", func(f *Fragment) { f.Sections[0].Name = "a\x00b" }, `section 0: name "a\x00b" has a NUL`},
		{"section names", func(f *Fragment) { f.Sections[0].Name = strings.Repeat("a", maxSectionNames) }, "section 0: name and those before it are more than 1048576 bytes"},
		{"alignment", func(f *Fragment) { f.Sections[0].Alignment = 32 }, "section 0: alignment 2 to the power of 32 is more than 31"},
		{"too much data", func(f *Fragment) { f.Sections[0].Data = make([]byte, MaxSection+1) }, "section 0: 67108865 bytes are more than 67108864"},
		{"too long an instance", func(f *Fragment) { f.Sections[0].Zeros = math.MaxUint32 }, "section 0 ends beyond 4 GiB"},
		{"main", func(f *Fragment) { f.Loader.Main.Section = 2 }, "loader section: main is in section 2, but 2 have an instance"},
		{"term", func(f *Fragment) { f.Loader.Term.Section = -2 }, "loader section: term is in section -2, but 2 have an instance"},
		{"library", func(f *Fragment) { f.Loader.Imports[3].Library = 4 }, "loader section: import 3: library 4 is not one of 4"},
		{"scattered imports", func(f *Fragment) { f.Loader.Imports[3].Library = 0 }, "loader section: import 3: does not follow the other imports of library 0"},
		{"import class", func(f *Fragment) { f.Loader.Imports[3].Class = 0x81 }, "loader section: import 3: class 0x81 is more than 0x7f"},
		{"import name", func(f *Fragment) { f.Loader.Imports[3].Name = "\x00" }, `loader section: import 3: name "\x00" has a NUL`},
		{"library name", func(f *Fragment) { f.Loader.Libraries[3].Name = strings.Repeat("a", 70000) }, "loader section: imported library 3: name of 70000 bytes is longer than 65535"},
		{"names", func(f *Fragment) {
			for i := range 300 {
				f.Loader.Exports = append(f.Loader.Exports, Export{fmt.Sprint(i, strings.Repeat("a", 60000)), 0, AbsoluteExport, 0})
			}
		}, "beyond 16777215"},
		{"relocations", func(f *Fragment) { f.Loader.Relocations[0].Section = 2 }, "loader section: relocations 0: are for section 2, but 2 have an instance"},
		{"relocation", func(f *Fragment) { f.Loader.Relocations[0].Program[1].Value = 64 }, "loader section: relocations 0: relocation 1: BySectDWithSkip 0,64: 64 is not within 0–63"},
		{"export section", func(f *Fragment) { f.Loader.Exports[1].Section = 2 }, "loader section: export 1: is in section 2, but 2 have an instance"},
		{"export nowhere", func(f *Fragment) { f.Loader.Exports[1].Section = -1 }, "loader section: export 1: is in section -1, but 2 have an instance"},
		{"re-export", func(f *Fragment) { f.Loader.Exports[3].Value = 8 }, "loader section: export 3: re-exports import 8 of 8"},
		{"too many exports", func(f *Fragment) { f.Loader.Exports = make([]Export, maxSlotFirst+2) }, "loader section: 262145 exports are more than 262144"},
		{"too many in a slot", func(f *Fragment) {
			f.Loader.Exports = slices.Repeat(f.Loader.Exports[:1], maxSlotCount+1)
		}, "16384 exports are more than 16383"},
	} {
		f := fixture(PowerPC)
		tt.change(f)
		_, err := Encode(fixture(PowerPC), f)
		if err == nil || !strings.HasPrefix(err.Error(), "fragment 1: ") || !strings.HasSuffix(err.Error(), tt.want) {
			t.Errorf("%s: %.200v, want %s", tt.name, err, tt.want)
		}
	}
}
