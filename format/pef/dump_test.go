package pef

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
)

// dump writes down all there is in a container.
func dump(t *testing.T, c *Container) string {
	var b strings.Builder
	line := func(format string, args ...any) {
		fmt.Fprintln(&b, strings.TrimRight(fmt.Sprintf(format, args...), " "))
	}
	line("container %v at %#x, %d bytes, made %s, versions %v %v %v, stub %v", c.Architecture, c.Offset, c.Size,
		c.Date.Time().Format("2006-01-02 15:04:05"), c.OldDefVersion, c.OldImpVersion, c.CurrentVersion, c.Stub())
	for _, s := range c.Sections {
		line("section %d %q: %v, %v, align 2^%d, at %#x, total %d, unpacked %d, stored %d at %#x", s.Index, s.Name, s.Kind, s.Share, s.Alignment,
			s.DefaultAddress, s.TotalLength, s.UnpackedLength, s.ContainerLength, s.ContainerOffset)
		if s.Kind == LoaderSection {
			continue
		}
		if s.Kind == PackedDataSection {
			raw, err := s.Raw()
			if err != nil {
				t.Fatal(err)
			}
			for p, err := range Patterns(raw) {
				if err != nil {
					t.Fatal(err)
				}
				line("  %#04x %v", p.Offset, p)
			}
		}
		data, err := s.Data()
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range strings.Split(strings.TrimSuffix(hex.Dump(data), "\n"), "\n") {
			line("  %s", l)
		}
	}
	l := c.Loader
	if l == nil {
		return b.String()
	}
	line("main %v, init %v, term %v", l.Main, l.Init, l.Term)
	for i, lib := range l.Libraries {
		line("library %d %q: %v, %v, %v", i, lib.Name, lib.OldImpVersion, lib.CurrentVersion, lib.Options)
	}
	for i, imp := range l.Imports {
		line("import %d %q: %v, weak %v, of library %d", i, imp.Name, imp.Class, imp.Weak, imp.Library)
	}
	for i, r := range l.Relocations {
		line("relocations %d of section %d", i, r.Section)
		steps := make([][]string, len(r.Program))
		for f, err := range c.Fixups(i) {
			if err != nil {
				t.Fatal(err)
			}
			steps[f.Instruction] = append(steps[f.Instruction], fmt.Sprintf("%#x+=%v", f.Offset, f.Target))
		}
		for i, in := range r.Program {
			line("  %-5s %-22s %s", in.Op.Mnemonic(), in, strings.Join(steps[i], ", "))
		}
	}
	line("hash table of 2^%d slots", l.Hash.Power)
	for i, s := range l.Hash.Slots {
		line("  slot %d: %d from %d", i, s.Count, s.First)
	}
	for i, e := range l.Exports {
		line("export %d %q (%#08x): %v, section %d, %#x", i, e.Name, l.Hash.Keys[i], e.Class, e.Section, e.Value)
	}
	return b.String()
}

// TestDump compares all that is read with what is wanted, for both
// architectures and a stub library.
func TestDump(t *testing.T) {
	m68k := fixture(M68K)
	m68k.Loader.Relocations = append(m68k.Loader.Relocations, Relocations{Section: 0, Program: Program{
		{IncrPosition, 0, 2}, {SmByImport, 0, 5}, {SmRepeat, 2, 2},
	}})
	for i := range 12 {
		m68k.Loader.Exports = append(m68k.Loader.Exports, Export{fmt.Sprintf("routine %d", i), TVectorSymbol, 1, uint32(8 * i)})
	}
	var got strings.Builder
	for _, c := range open(t, encode(t, fixture(PowerPC), m68k, stubLibrary())) {
		got.WriteString(dump(t, c))
	}
	golden(t, "dump.txt", got.String())
}
