package link

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"strings"
)

// Instructions that the linker writes or looks for.
const (
	nop        = 0x60000000
	oldNop     = 0x4ffffb82 // cror 31,31,31
	restoreTOC = 0x80410014 // lwz r2,20(r1)
)

// powerPCGlue calls the vector whose address is in a word of the TOC, and saves r2
// where its caller expects it. The first instruction gets the word's
// displacement.
var powerPCGlue = []uint32{
	0x81820000, // lwz r12,word(r2)
	0x90410014, // stw r2,20(r1)
	0x800c0000, // lwz r0,0(r12)
	0x804c0004, // lwz r2,4(r12)
	0x7c0903a6, // mtctr r0
	0x4e800420, // bctr
}

// word is a word of the table of contents of one object.
type word struct {
	got    *section
	offset uint32
}

// powerPC links PowerPC objects.
type powerPC struct {
	*fragmentLinker
	words map[word]int // the slot that a word of an object's TOC became
}

func (l *powerPC) address(kind uint32) bool {
	return kind == uint32(elf.R_PPC_ADDR32) || kind == uint32(elf.R_PPC_UADDR32)
}

func (l *powerPC) distance(kind uint32) bool { return kind == uint32(elf.R_PPC_REL32) }

func (l *powerPC) glue(displacement uint16) []byte {
	var code []byte
	for _, instruction := range powerPCGlue {
		code = binary.BigEndian.AppendUint32(code, instruction)
	}
	binary.BigEndian.PutUint16(code[2:], displacement)
	return code
}

func isTOC(s *section) bool { return s.name == ".got" }

// collect finds the words of the TOC and the imports that are called.
func (l *powerPC) collect() {
	for _, s := range l.sections(isTOC) {
		for _, r := range s.relocs {
			if r.kind != uint32(elf.R_PPC_ADDR32) || r.offset%4 != 0 {
				l.problem("%v+%#x: relocation %v in a table of contents", s, r.offset, elf.R_PPC(r.kind))
				continue
			}
			if t, ok := l.resolve(s.object, r.symbol); ok {
				l.words[word{s, r.offset}] = l.slot(l.placeOf(s, r, t))
			}
		}
	}
	for _, s := range l.code {
		for _, r := range s.relocs {
			if r.kind != uint32(elf.R_PPC_REL24) {
				continue
			}
			t, ok := l.resolve(s.object, r.symbol)
			if !ok || t.symbol == nil {
				continue
			}
			l.call(t.symbol)
		}
	}
}

// placeOf returns what an address in s points to.
func (l *powerPC) placeOf(s *section, r reloc, t target) place {
	p := place{t.section, t.symbol, t.offset + uint32(r.addend)}
	if t.section != nil && t.section.has(elf.SHF_EXECINSTR) {
		sym := &s.object.symbols[r.symbol]
		if sym.kind != elf.STT_SECTION && !strings.HasPrefix(sym.name, ".") {
			l.problem("%v+%#x: %s is code without a transition vector: compile %s with -mcall-aixdesc", s, r.offset, sym.name, t.section.object.Name)
		}
	}
	return p
}

// relocate applies one relocation of a section that has been copied.
func (l *powerPC) relocate(s *section, r reloc) {
	kind := elf.R_PPC(r.kind)
	at := s.offset + r.offset
	problem := func(format string, args ...any) {
		l.problem("%v+%#x: %s", s, r.offset, fmt.Sprintf(format, args...))
	}
	width := uint32(4)
	if kind == elf.R_PPC_SDAREL16 {
		width = 2
	}
	if s.size-r.offset < width {
		problem("relocation %v crosses the section's end", kind)
		return
	}
	if kind == elf.R_PPC_NONE {
		return
	}
	symbol := &s.object.symbols[r.symbol]
	if kind == elf.R_PPC_ADDR32 && symbol.name == "_GLOBAL_OFFSET_TABLE_" {
		l.point(at, place{section: l.tocSection(), offset: l.tocBias()})
		return
	}
	if kind == elf.R_PPC_SDAREL16 {
		n, ok := l.words[word{symbol.section, symbol.value + uint32(r.addend)}]
		if !ok {
			problem("%s is no word of the table of contents", symbol.name)
			return
		}
		binary.BigEndian.PutUint16(l.image[s.area][at:], l.displacement(n))
		return
	}
	t, ok := l.resolve(s.object, r.symbol)
	if !ok {
		return // reported
	}
	switch kind {
	case elf.R_PPC_ADDR32, elf.R_PPC_UADDR32:
		if s.area == codeArea {
			problem("the address of %s in code, which cannot be relocated: compile with -mcall-aixdesc -fno-pic -mno-relocatable", symbol.name)
			return
		}
		l.point(at, l.placeOf(s, r, t))
	case elf.R_PPC_REL32:
		if t.section == nil || t.section.area != s.area || !t.section.placed {
			problem("a distance to %s, which moves independently", symbol.name)
			return
		}
		binary.BigEndian.PutUint32(l.image[s.area][at:], t.section.offset+t.offset+uint32(r.addend)-at)
	case elf.R_PPC_REL24, elf.R_PPC_LOCAL24PC, elf.R_PPC_PLTREL24:
		l.branch(s, r, t, symbol.name)
	default:
		problem("relocation %v against %s: absolute addresses in code cannot be relocated: compile with -mcall-aixdesc -fno-pic -mno-relocatable", kind, symbol.name)
	}
}

// branch applies a relocation to a branch.
func (l *powerPC) branch(s *section, r reloc, t target, name string) {
	at := s.offset + r.offset
	code := l.image[codeArea]
	to := t.offset + uint32(r.addend)
	switch {
	case t.symbol != nil:
		to = l.glueAt[t.symbol]
		const linkBit = 1
		next := uint32(0)
		if s.size-r.offset >= 8 {
			next = binary.BigEndian.Uint32(code[at+4:])
		}
		if binary.BigEndian.Uint32(code[at:])&linkBit == 0 || next != nop && next != oldNop {
			l.problem("%v+%#x: no room to restore r2 after the call of %s: compile with -mcall-aixdesc -fno-optimize-sibling-calls", s, r.offset, name)
			return
		}
		binary.BigEndian.PutUint32(code[at+4:], restoreTOC)
	case t.section == nil:
		// A weak function that nobody has: its caller compares it with null first.
		binary.BigEndian.PutUint32(code[at:], 0x7c000008) // trap
		return
	case t.section.area != codeArea || !t.section.placed:
		l.problem("%v+%#x: a branch to %s, which is no code", s, r.offset, name)
		return
	default:
		to += t.section.offset
	}
	distance := int64(to) - int64(at)
	if distance < -1<<25 || distance >= 1<<25 || distance%4 != 0 {
		l.problem("%v+%#x: %s is %d bytes away, beyond the 32 MB that a branch reaches", s, r.offset, name, distance)
		return
	}
	const field = 0x03fffffc
	instruction := binary.BigEndian.Uint32(code[at:])
	binary.BigEndian.PutUint32(code[at:], instruction&^field|uint32(distance)&field)
}
