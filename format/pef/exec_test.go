package pef

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// trace runs a program and writes down what it does: "4c" is an addition of
// section 0 at 4, d of section 1, s3 of section 3, i2 of import 2. An error is
// the last.
func trace(p Program, s Scope) string {
	var b strings.Builder
	for f, err := range p.Fixups(s) {
		if err != nil {
			fmt.Fprintf(&b, " (%v)", err)
			continue
		}
		switch t := f.Target; {
		case t.Import:
			fmt.Fprintf(&b, " %di%d", f.Offset, t.Index)
		case t.Index < 2:
			fmt.Fprintf(&b, " %d%c", f.Offset, "cd"[t.Index])
		default:
			fmt.Fprintf(&b, " %ds%d", f.Offset, t.Index)
		}
	}
	return strings.TrimSpace(b.String())
}

func TestFixups(t *testing.T) {
	small := Scope{100, 4, 5}
	for _, tt := range []struct {
		name    string
		program Program
		want    string
	}{
		{"nothing", nil, ""},
		{"BySectDWithSkip", Program{{BySectDWithSkip, 2, 2}, {BySectDWithSkip, 1, 1}, {BySectDWithSkip, 3, 0}, {BySectDWithSkip, 0, 1}}, "8d 12d 20d 36d"},
		{"runs", Program{{BySectC, 0, 2}, {BySectD, 0, 1}}, "0c 4c 8d"},
		{"TVector12", Program{{TVector12, 0, 2}, {BySectC, 0, 1}}, "0c 4d 12c 16d 24c"},
		{"TVector8", Program{{TVector8, 0, 2}, {BySectC, 0, 1}}, "0c 4d 8c 12d 16c"},
		{"VTable8", Program{{VTable8, 0, 2}, {BySectC, 0, 1}}, "0d 8d 16c"},
		{"imports", Program{{ImportRun, 0, 2}, {SmByImport, 0, 0}, {ImportRun, 0, 1}, {LgByImport, 0, 3}, {ImportRun, 0, 1}}, "0i0 4i1 8i0 12i1 16i3 20i4"},
		{"sections", Program{{SmSetSectC, 0, 2}, {SmSetSectD, 0, 3}, {TVector8, 0, 1}, {SmBySection, 0, 1}, {LgBySection, 0, 0},
			{LgSetSectC, 0, 1}, {LgSetSectD, 0, 0}, {TVector8, 0, 1}}, "0s2 4s3 8d 12c 16d 20c"},
		{"misaligned", Program{{IncrPosition, 0, 3}, {BySectC, 0, 1}, {IncrPosition, 0, 2}, {VTable8, 0, 1}, {SetPosition, 0, 1}, {BySectD, 0, 1}}, "3c 9d 1d"},
		{"the last word", Program{{SetPosition, 0, 96}, {BySectC, 0, 1}}, "96c"},
		{"position at the end", Program{{SetPosition, 0, 100}}, ""},

		// A stored 1 is two more times for SmRepeat, but one for LgRepeat.
		{"SmRepeat", decode(t, "4000 9001"), "0c 4c 8c"},
		{"LgRepeat", decode(t, "4000 b000 0001"), "0c 4c"},
		{"LgRepeat of nothing", decode(t, "4000 b000 0000"), "0c"},
		{"state goes on through repeats", Program{{ImportRun, 0, 1}, {IncrPosition, 0, 4}, {SmRepeat, 2, 3}, {BySectC, 0, 1}}, "0i0 8i1 16i2 24i3 32c"},
		{"chunks are counted", Program{{BySectC, 0, 1}, {LgByImport, 0, 3}, {SmRepeat, 3, 1}, {LgByImport, 0, 1}, {LgRepeat, 2, 1}}, "0c 4i3 8c 12i3 16i1 20i1"},
		{"set in a repeat", Program{{BySectD, 0, 1}, {SmSetSectD, 0, 2}, {SmRepeat, 2, 1}, {SetPosition, 0, 0}, {BySectC, 0, 1}, {SmRepeat, 3, 1}}, "0d 4s2 0c 0c"},
		{"repeats after repeats", Program{{BySectC, 0, 1}, {SmRepeat, 1, 1}, {BySectD, 0, 1}, {SmRepeat, 1, 1}}, "0c 4c 8d 12d"},

		{"nested", Program{{BySectC, 0, 1}, {BySectD, 0, 1}, {SmRepeat, 1, 1}, {SmRepeat, 3, 1}, {SmByImport, 0, 4}}, "0c 4d 8d 12c 16d 20d 24i4"},
		{"nested twice", Program{{BySectC, 0, 1}, {SmRepeat, 1, 1}, {LgRepeat, 2, 1}, {SmRepeat, 4, 1}}, "0c 4c 8c 12c 16c 20c 24c 28c"},

		{"outside", Program{{SetPosition, 0, 97}, {BySectC, 0, 2}, {SetPosition, 0, 0}, {BySectC, 0, 1}},
			"(relocation 1 at 0x4: relocates the word at 0x61 of a section of 0x64 bytes) (relocation 1 at 0x4: relocates the word at 0x65 of a section of 0x64 bytes) 0c"},
		{"no such import", Program{{SmByImport, 0, 4}, {ImportRun, 0, 1}, {BySectC, 0, 1}}, "0i4 (relocation 1 at 0x2: import index 5 out of range (5 imports)) 8c"},
		{"no such section", Program{{SmSetSectD, 0, 4}, {BySectD, 0, 1}, {BySectC, 0, 1}}, "(relocation 1 at 0x2: section index 4 out of range (4 instantiated sections)) 4c"},
		{"repeat of too much", Program{{SetPosition, 0, 0}, {SmRepeat, 3, 1}, {BySectC, 0, 1}}, "(relocation 1 at 0x4: repeats 3 chunks, but there are 2 before it)"},
		{"repeat at the start", Program{{LgRepeat, 1, 0}}, "(relocation 0 at 0x0: repeats 1 chunks, but there are 0 before it)"},
		{"repeat of half an instruction", Program{{LgBySection, 0, 1}, {SmRepeat, 1, 1}}, "0d (relocation 1 at 0x4: repeats from the middle of the instruction LgBySection 1)"},
		{"nested across", Program{{BySectC, 0, 1}, {SmRepeat, 1, 1}, {SmRepeat, 1, 1}}, "0c 4c (relocation 1 at 0x2: repeats more than the repeat around it, which begins with relocation 1)"},
		{"no instruction", Program{{99, 0, 1}}, "(relocation 0 at 0x0: LgSetSectD+81 is no relocation instruction)"},
		{"no end", Program{{SmSetSectC, 0, 0}, {LgRepeat, 1, 1 << 22}, {LgRepeat, 3, 1 << 22}}, "(relocation 0 at 0x0: the program does not end in 1129 steps)"},
	} {
		if got := trace(tt.program, small); got != tt.want {
			t.Errorf("%s: %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

// decode returns the program of chunks in hexadecimal.
func decode(t *testing.T, hex string) Program {
	var b []byte
	for _, chunk := range strings.Fields(hex) {
		var v uint16
		if _, err := fmt.Sscanf(chunk, "%x", &v); err != nil {
			t.Fatal(err)
		}
		b = binary.BigEndian.AppendUint16(b, v)
	}
	p, err := DecodeProgram(b)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestNestingIsBounded runs as many repeats within one another as a block can
// hold, each of them many times.
func TestNestingIsBounded(t *testing.T) {
	p := Program{{BySectC, 0, 1}}
	for i := range uint8(15) {
		p = append(p, Instruction{SmRepeat, 1 + i, 256})
	}
	n, last := 0, error(nil)
	for _, err := range p.Fixups(Scope{4096, 2, 0}) {
		n++
		if last = err; err != nil {
			break
		}
	}
	if n != 1025 || last == nil || !strings.Contains(last.Error(), "relocates the word at 0x1000") {
		t.Errorf("%d fixups, then %v", n, last)
	}
}

func TestErrorsAreBounded(t *testing.T) {
	n := 0
	for _, err := range (Program{{SmSetSectD, 0, 9}, {BySectD, 0, 512}, {SmRepeat, 1, 256}}).Fixups(Scope{1 << 20, 2, 0}) {
		if n++; err == nil {
			t.Fatal("no error")
		}
	}
	if n != 1000 {
		t.Errorf("%d errors", n)
	}
}

func TestRelocate(t *testing.T) {
	f := fixture(PowerPC)
	f.Sections[1].DefaultAddress = 0x1000
	f.Sections[1].Zeros = 0
	f.Loader.Relocations = []Relocations{
		{Section: 1, Program: Program{{TVector8, 0, 1}, {BySectDWithSkip, 0, 1}}},
		{Section: 0, Program: Program{{SmByImport, 0, 2}}},
		{Section: 1, Program: Program{{SetPosition, 0, 13}, {ImportRun, 0, 1}, {IncrPosition, 0, 1}, {SmByImport, 0, 7}}},
	}
	c := open(t, encode(t, f))[0]
	at := Addresses{Sections: []uint32{0x10000, 0x20000}, Imports: []uint32{0xfffffff0, 1, 0, 3, 4, 5, 6, 0x11223344}}
	mem := make([]byte, 64)
	if err := c.Sections[1].Load(mem); err != nil {
		t.Fatal(err)
	}
	mem[16] = 0x10 // the word at 13 is 0x10, and the sum runs over
	if err := c.Relocate(1, mem, at); err != nil {
		t.Fatal(err)
	}
	want := "00010010" + "0001f000" + "0001f020" + "00" + "00000000" + "00" + "11223344" + "0000"
	if got := fmt.Sprintf("%x", mem[:24]); got != want {
		t.Errorf("%s, want\n%s", got, want)
	}
	for _, tt := range []struct {
		section, size int
		at            Addresses
		want          string
	}{
		{1, 63, at, "section 1 of 2 instantiated ones cannot have an instance of 63 bytes"},
		{2, 63, at, "section 2 of 2 instantiated ones cannot have an instance of 63 bytes"},
		{-1, 0, at, "section -1 of 2 instantiated ones cannot have an instance of 0 bytes"},
		{1, 64, Addresses{}, "addresses of 0 sections and 0 imports are not those of 2 and 8"},
	} {
		if err := c.Relocate(tt.section, make([]byte, tt.size), tt.at); err == nil || err.Error() != tt.want {
			t.Errorf("%v, want %s", err, tt.want)
		}
	}
	if err := open(t, encode(t, families()["no loader"]))[0].Relocate(0, []byte{1, 2}, Addresses{}); err != nil {
		t.Errorf("a container that relocates nothing: %v", err)
	}
}

func TestRelocateWhatCannotBe(t *testing.T) {
	f := fixture(PowerPC)
	f.Loader.Relocations = append(f.Loader.Relocations, Relocations{Section: 1, Program: Program{{SmByImport, 0, 9}, {BySectC, 0, 1}}})
	file := encode(t, f)
	want := "loader section: relocations 1: relocation 0 at %#x: import index 9 out of range (8 imports)"
	chunk := strings.Index(string(file), "\x60\x09\x40\x00")
	want = fmt.Sprintf(want, chunk)

	at := Addresses{make([]uint32, 2), make([]uint32, 8)}
	at.Sections[0] = 0x100
	err := open(t, file)[0].Relocate(1, make([]byte, 164), at)
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	var fe *FormatError
	if !errors.As(err, &fe) || fe.Offset != int64(chunk) {
		t.Errorf("offset %v", fe)
	}

	var problems []string
	c, err := Read(strings.NewReader(string(file)), 0, int64(len(file)), Options{Tolerate: func(p error) { problems = append(problems, p.Error()) }})
	if err != nil {
		t.Fatal(err)
	}
	mem := make([]byte, 164)
	if err := c.Relocate(1, mem, at); err != nil || len(problems) != 1 || problems[0] != want {
		t.Errorf("%v, %q", err, problems)
	}
	if binary.BigEndian.Uint32(mem[4:]) != 0x100 {
		t.Errorf("what can be relocated was not: %x", mem[:8])
	}
}
