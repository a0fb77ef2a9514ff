package coderes

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func cfrag() *CFrag {
	return &CFrag{Members: []CFragMember{
		{Name: "MyApp", Architecture: code("pwpc"), StackSize: 0x8000, Usage2: 128, Usage: Application, Where: InDataFork, Offset: 16, Length: 0x1000},
		{Name: "MyApp", Architecture: code("m68k"), Usage: Application, Where: InResource, Offset: uint32(code("rseg"))},
		{Name: "Café", Architecture: code("pwpc"), UpdateLevel: 1, CurrentVersion: 0x02106005, OldDefVersion: 0x01008000, Usage2: PrivateData, Where: InDataFork,
			Extensions: []CFragExtension{
				{Kind: searchExtension, LibraryKind: code("clas"), Qualifiers: [4]string{"ClassXYZ", "", "é", "My Name"}},
				{Kind: 0x1234, Data: []byte("unknown ")},
			}},
		{Name: "", Architecture: code("????"), Usage: 9, Where: 7, Offset: 1 << 31, Length: 1<<32 - 1, Where1: 3, Where2: 4},
		{Name: "Drop", Architecture: code("pwpc"), Usage: DropIn, Where: InResource, Offset: uint32(code("PLUG")), Length: 0xffffff80},
	}}
}

// member shows all of a member.
func member(m CFragMember) string {
	s := fmt.Sprintf("\t%q '%v' update %d, version %v from %v, %v (%#x, %#x) in %v", m.Name, m.Architecture, m.UpdateLevel, m.CurrentVersion, m.OldDefVersion,
		m.Usage, m.StackSize, m.Usage2, m.Where)
	if t, id, ok := m.Resource(); ok {
		s += fmt.Sprintf(" '%v' %d", t, id)
	} else {
		s += fmt.Sprintf(" from %#x, %#x bytes", m.Offset, m.Length)
	}
	for _, e := range m.Extensions {
		s += fmt.Sprintf("\n\t\textension %#x '%v' %q %q", e.Kind, e.LibraryKind, e.Qualifiers, e.Data)
	}
	return s + "\n"
}

func TestCFrag(t *testing.T) {
	b, err := cfrag().Encode()
	if err != nil {
		t.Fatal(err)
	}
	f, err := DecodeCFrag(b)
	if err != nil {
		t.Fatal(err)
	}
	var s strings.Builder
	for _, m := range f.Members {
		s.WriteString(member(m))
	}
	if again, err := f.Encode(); err != nil || !bytes.Equal(again, b) {
		t.Errorf("%v:\n%x\n%x", err, again, b)
	}
	for i, m := range cfrag().Members {
		m.Extensions, f.Members[i].Extensions = nil, nil
		if !reflect.DeepEqual(m, f.Members[i]) {
			t.Errorf("got %+v, want %+v", f.Members[i], m)
		}
	}

	first := 32
	size := int(bigEndian.Uint16(b[first+40:]))
	for _, f := range []struct {
		name   string
		at     int
		values []string
	}{
		{"version", 10, []string{"\x00\x00", "\x00\x02"}},
		{"count", 30, []string{"\x00\x00", "\x00\x04", "\x00\x06", "\x7f\xff", "\xff\xfd"}},
		{"member size", first + 40, []string{"\x00\x00", "\x00\x2a", "\x00\x2c", string([]byte{0, byte(size - 1)}), string([]byte{0, byte(size + 1)}), "\x7f\xff", "\xff\xfd"}},
		{"name length", first + 42, []string{"\x00", "\x04", "\x06", "\x7f", "\xff"}},
		{"extensions", first + 38, []string{"\x00\x01", "\xff\xff"}},
		{"size of the last", len(b) - 48 + 40, []string{"\x00\x2f", "\x00\x31", "\xff\xff"}},
		{"extension size", first + 2*size + 46 + 4, []string{"\x00\x00", "\x00\x03", "\x00\x04", "\x00\x05", "\x00\x08", "\x00\x1b", "\x00\x1d", "\xff\xff"}},
		{"qualifier length", first + 2*size + 48 + 8, []string{"\x00", "\x07", "\x09", "\xff"}},
	} {
		for _, v := range f.values {
			bad := bytes.Clone(b)
			copy(bad[f.at:], v)
			got, err := DecodeCFrag(bad)
			fmt.Fprintf(&s, "%s %x -> %x: %v\n", f.name, b[f.at:f.at+len(v)], v, err)
			for _, m := range got.Members {
				fmt.Fprintf(&s, "\t%q with %d extensions;", m.Name, len(m.Extensions))
			}
			s.WriteString("\n")
		}
	}
	last := ""
	for n := range b {
		got, err := DecodeCFrag(b[:n])
		if said := fmt.Sprintf("%d members: %v", len(got.Members), err); said != last && n%7 == 0 {
			fmt.Fprintf(&s, "%d bytes: %s\n", n, said)
			last = said
		}
	}
	golden(t, "cfrg.txt", s.String())
}

func TestCFragWhatDoesNotFit(t *testing.T) {
	name := strings.Repeat("x", 256)
	for want, f := range map[string]*CFrag{
		`cfrg: has 65536 members; at most 65535 are possible`:                                  {Members: make([]CFragMember, 65536)},
		`cfrg member 0: "` + name + `" has 256 characters; at most 255 are possible`:           {Members: []CFragMember{{Name: name}}},
		`cfrg member 0: "я" has 'я' at byte 0, which is not in Mac OS Roman`:                   {Members: []CFragMember{{Extensions: []CFragExtension{{Qualifiers: [4]string{"я"}}}}}},
		`cfrg member 1: "big" has 70048 bytes with its extensions; at most 65535 are possible`: {Members: []CFragMember{{}, {Name: "big", Extensions: make70000()}}},
	} {
		if _, err := f.Encode(); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func make70000() (all []CFragExtension) {
	for range 7 {
		all = append(all, CFragExtension{Kind: 1, Data: make([]byte, 9996)})
	}
	return all
}

func TestVersions(t *testing.T) {
	for v, want := range map[NumVersion]string{
		0x01008000: "1.0", 0x07550000: "0x7550000", 0x07518000: "7.5.1", 0x01026003: "1.0.2b3", 0x10412001: "10.4.1d1", 0x01004000: "1.0a0", 0x01008003: "1.0f3",
		0: "0", 0x1a008000: "0x1a008000", 0x01a08000: "0x1a08000", 0x010a8000: "0x10a8000", 0xffffffff: "0xffffffff", 0x99998000: "99.9.9",
	} {
		if got := v.String(); got != want {
			t.Errorf("%#x is %q, want %q", uint32(v), got, want)
		}
	}
	v := &Version{Number: 0x01026003, Region: 3, Short: "1.0.2b3", Long: "1.0.2b3, © 1994 Café"}
	b, err := v.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := DecodeVersion(b); err != nil || !reflect.DeepEqual(got, v) {
		t.Errorf("%+v, %v", got, err)
	}
	for n, want := range map[int]string{3: "vers at 0x0: needs 4 bytes, but 3 are left", 6: "vers at 0x6: needs 1 bytes, but 0 are left",
		10: "vers at 0x7: needs 7 bytes, but 3 are left", 14: "vers at 0xe: needs 1 bytes, but 0 are left", len(b) - 1: "vers at 0xf: needs 20 bytes, but 19 are left"} {
		if _, err := DecodeVersion(b[:n]); err == nil || err.Error() != want {
			t.Errorf("%d bytes: %v, want %s", n, err, want)
		}
	}
	for _, v := range []*Version{{Short: "я"}, {Long: "я"}} {
		if _, err := v.Encode(); err == nil || err.Error() != `vers: "я" has 'я' at byte 0, which is not in Mac OS Roman` {
			t.Errorf("%v", err)
		}
	}
}

// jumps is a jump table with the given entries.
func jumps(length uint32, entries ...[4]uint16) []byte {
	var b []byte
	for _, v := range []uint32{0x1000, 0x2000, length, 32} {
		b = bigEndian.AppendUint32(b, v)
	}
	for _, e := range entries {
		b = append(b, words(e[:]...)...)
	}
	return b
}

func TestJumpTable(t *testing.T) {
	near := func(id, off uint16) [4]uint16 { return [4]uint16{off, 0x3f3c, id, 0xa9f0} }
	far := func(id, hi, lo uint16) [4]uint16 { return [4]uint16{id, 0xa9f0, hi, lo} }
	flag, cfm := [4]uint16{0, 0xffff}, [4]uint16{0, 0xfffd}
	strange := [4]uint16{0x4e71, 0x4e71, 0x4e71, 0x4e71}
	for _, tt := range []struct {
		data []byte
		want string
	}{
		{jumps(16, near(1, 0), near(2, 0x7ffe)), "4096 8192 32 [{0 1 0 false} {1 2 32766 false}] [] <nil>"},
		{jumps(0), "4096 8192 32 [] [] <nil>"},
		{jumps(32, near(1, 4), flag, far(2, 1, 0x8000), far(0xffff, 0, 40)), "4096 8192 32 [{0 1 4 false} {2 2 98304 true} {3 -1 40 true}] [] <nil>"},
		{jumps(16, cfm, far(6, 0, 40)), "4096 8192 32 [{1 6 40 true}] [] <nil>"},
		{jumps(24, near(1, 4), strange, near(1, 8)), "4096 8192 32 [{0 1 4 false} {2 1 8 false}] [CODE 0: entry 1 at 0x18: 4e71 4e71 4e71 4e71 is no jump] <nil>"},
		{jumps(16, flag, near(1, 4)), "4096 8192 32 [] [CODE 0: entry 1 at 0x18: 0004 3f3c 0001 a9f0 is no jump] <nil>"},
		{jumps(24, near(1, 4), near(1, 8)), "4096 8192 32 [{0 1 4 false} {1 1 8 false}] [] CODE 0 at 0x8: claims a jump table of 24 bytes, but 16 are left; each entry has 8"},
		{jumps(15, near(1, 4), near(1, 8)), "4096 8192 32 [{0 1 4 false}] [] CODE 0 at 0x8: claims a jump table of 15 bytes, but 16 are left; each entry has 8"},
		{jumps(0xfffffff8, near(1, 4)), "4096 8192 32 [{0 1 4 false}] [] CODE 0 at 0x8: claims a jump table of 4294967288 bytes, but 8 are left; each entry has 8"},
		{jumps(8, near(1, 4))[:15], "4096 8192 0 [] [] CODE 0 at 0xc: needs 4 bytes, but 3 are left"},
		{nil, "0 0 0 [] [] CODE 0 at 0x0: needs 4 bytes, but 0 are left"},
	} {
		j, err := DecodeJumpTable(tt.data)
		if got := fmt.Sprint(j.AboveA5, j.BelowA5, j.Offset, j.Entries, j.Problems, err); got != tt.want {
			t.Errorf("%x\ngot  %s\nwant %s", tt.data, got, tt.want)
		}
	}
}

func TestSegment(t *testing.T) {
	far := words(0xffff, 0, 0, 0x20, 0, 5, 0, 0x50, 0, 6, 0, 40, 0, 0x1234, 0, 41, 0, 0x5678, 0, 0, 0x4e75)
	for _, tt := range []struct {
		data []byte
		want string
	}{
		{words(8, 3, 0x4e75), "near 8 3 0 0 0x0 0x0 0x0 0x0 4 <nil>"},
		{far, "far 32 5 80 6 0x28 0x1234 0x29 0x5678 40 <nil>"},
		{far[:40], "far 32 5 80 6 0x28 0x1234 0x29 0x5678 40 CODE header at 0x14: puts relocations at 0x29 of 0x28 bytes"},
		{far[:38], "far 32 5 80 6 0x28 0x1234 0x29 0x5678 40 CODE header at 0x24: needs 4 bytes, but 2 are left"},
		{append(words(0xfffd), make([]byte, 38)...), "CFM-68K 0 0 0 0 0x0 0x0 0x0 0x0 40 <nil>"},
		{words(0xfffd, 0), "CFM-68K 0 0 0 0 0x0 0x0 0x0 0x0 40 CODE header at 0x4: needs 36 bytes, but 0 are left"},
		{words(1), "near 1 0 0 0 0x0 0x0 0x0 0x0 4 CODE header at 0x2: needs 2 bytes, but 0 are left"},
	} {
		s, err := DecodeSegment(tt.data)
		got := fmt.Sprintf("%v %d %d %d %d %#x %#x %#x %#x %d %v", s.Model, s.NearOffset, s.NearEntries, s.FarOffset, s.FarEntries, s.A5Relocations, s.A5, s.SegmentRelocations, s.Address, s.CodeOffset, err)
		if got != tt.want {
			t.Errorf("%x\ngot  %s\nwant %s", tt.data, got, tt.want)
		}
	}
}

func TestSegmentFragment(t *testing.T) {
	whole := append(pef("m68k"), make([]byte, sectionHeader)...)
	whole[33] = 1
	for _, tt := range []struct {
		data []byte
		want string
	}{
		{whole, "&{0 true } <nil>"},
		{append([]byte("word"), whole[:40]...), "&{4 false word} <nil>"},
		{append([]byte("word"), whole[:39]...), "&{4 false word} rseg: PEF header at 0x4: has 39 bytes, not 40"},
		{whole[:20], "&{0 false } rseg: PEF header at 0x0: points to byte 32 of 20"},
		{[]byte("nothing"), "<nil> rseg at 0x0: of 7 bytes has no header of a PEF container"},
	} {
		f, err := DecodeSegmentFragment(tt.data)
		got := fmt.Sprintf("%v %v", f, err)
		if f != nil {
			got = fmt.Sprintf("&{%d %t %s} %v", f.Container, f.Whole, f.Before, err)
		}
		if got != tt.want {
			t.Errorf("%x\ngot  %s\nwant %s", tt.data, got, tt.want)
		}
	}
}

func TestDecompressor(t *testing.T) {
	for _, tt := range []struct {
		data []byte
		want string
	}{
		{header([]uint16{0x600a, 0}, "dcmp", 1, 0), "{8 0 0 0} <nil>"},
		{words(6, 8, 10, 0x4e75, 0x4e75, 0x4e75), "{9 8 6 10} <nil>"},
		{words(6, 8, 12, 0x4e75, 0x4e75, 0x4e75), "{9 8 6 12} dcmp at 0x4: puts a routine at 0xc of 0xc bytes"},
		{words(4, 8, 10, 0x4e75, 0x4e75, 0x4e75), "{9 8 4 10} dcmp at 0x0: puts a routine at 0x4 of 0xc bytes"},
		{words(6, 9, 10, 0x4e75, 0x4e75, 0x4e75), "{9 9 6 10} dcmp at 0x2: puts a routine at 0x9 of 0xc bytes"},
		{words(6, 0xffff, 10, 0x4e75, 0x4e75, 0x4e75), "{9 65535 6 10} dcmp at 0x2: puts a routine at 0xffff of 0xc bytes"},
		{words(6, 8), "{9 8 6 0} dcmp at 0x4: needs 2 bytes, but 0 are left"},
		{append(words(0x607e, 0), "dcmp"...), "{8 0 0 0} 68K code at 0x0: branches to 0x80 of 0x8 bytes"},
	} {
		d, err := DecodeDecompressor(tt.data)
		if got := fmt.Sprint(*d, err); got != tt.want {
			t.Errorf("%x\ngot  %s\nwant %s", tt.data, got, tt.want)
		}
	}
}

// FuzzCFrag decodes anything. What is decoded without an error is the same when
// encoded and decoded again.
func FuzzCFrag(f *testing.F) {
	b, err := cfrag().Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, data []byte) {
		first, err := DecodeCFrag(data)
		if len(first.Members) > len(data)/cfragMember {
			t.Errorf("%d bytes have %d members", len(data), len(first.Members))
		}
		if err != nil {
			return
		}
		b, err := first.Encode()
		if err != nil {
			return
		}
		second, err := DecodeCFrag(b)
		if err != nil || !reflect.DeepEqual(first, second) {
			t.Errorf("%v\n%+v\n%+v", err, first, second)
		}
	})
}
