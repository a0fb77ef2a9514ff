package link

import (
	"debug/elf"
	"encoding/binary"
)

// What gcc makes of -msep-data is linked like this for CFM-68K: each word that code
// loads by its distance from A5 becomes a word at the start of the data, which holds
// the address of what was meant. A function's is that of a transition vector, which
// the linker makes. See mend68k.go for what calls look like.
//
// Sources: "Mac OS Runtime Architectures", chapter 5, "CFM-68K Runtime Conventions",
// and chapter 9, "CFM-68K Application and Shared Library Structure"; System V ABI,
// M68000 supplement, for the relocations.

// Further relocations of 68K objects, which code that has its data at A5 can have.
const (
	r68kGOT32O = 10
	r68kGOT16O = 11
)

// The code of a fragment begins with a segment header, as an application's segments
// do: the version, and what means nothing in a library.
const (
	segmentHeader  = 0x30 // bytes
	segmentVersion = 0xfffd
)

// entrySuffix names where a function is entered through its vector.
const entrySuffix = ".entry"

// cfm68K links 68K objects to a fragment.
type cfm68K struct{ *fragmentLinker }

func (l *cfm68K) address(kind uint32) bool { return kind == r68k32 }

func (l *cfm68K) distance(kind uint32) bool { return kind == r68kPC32 }

// glue calls an import. Its caller has kept A5.
func (l *cfm68K) glue(displacement uint16) []byte {
	var code []byte
	for _, w := range []uint16{
		0x226d, displacement, // movea.l word(a5),a1
		0x2059, // movea.l (a1)+,a0
		opJmpA0,
	} {
		code = binary.BigEndian.AppendUint16(code, w)
	}
	return code
}

// function returns the symbol of a function that begins at a place.
func function(p place) *symbol {
	if p.section == nil || !p.section.has(elf.SHF_EXECINSTR) {
		return nil
	}
	o := p.section.object
	for i := range o.symbols {
		if s := &o.symbols[i]; s.kind == elf.STT_FUNC && s.section == p.section && s.value == p.offset {
			return s
		}
	}
	return nil
}

// want makes a vector for what a place is, if that is a function.
func (l *cfm68K) want(p place) {
	s := function(p)
	if s == nil || l.vectors[p] != nil {
		return
	}
	code := p
	o := p.section.object
	for i := range o.symbols {
		if e := &o.symbols[i]; e.section == p.section && e.name == s.name+entrySuffix {
			code.offset = e.value
		}
	}
	v := &section{object: o, name: "vector " + s.name, flags: elf.SHF_ALLOC | elf.SHF_WRITE, align: 4, data: make([]byte, 8), size: 8, area: dataArea, placed: true}
	l.vectors[p] = v
	l.made = append(l.made, madeVector{v, code})
}

// collect implements processor.
func (l *cfm68K) collect() {
	names := append(l.exportNames(), l.in.Main, l.in.Init, l.in.Term)
	for _, name := range names {
		if d, ok := l.globals[name]; ok && d.common == nil {
			l.want(place{section: d.symbol.section, offset: d.symbol.value})
		}
	}
	for _, list := range [][]*section{l.code, l.data} {
		for _, s := range list {
			for _, r := range s.relocs {
				l.collectOne(s, r)
			}
		}
	}
	var vectors []*section
	for _, v := range l.made {
		vectors = append(vectors, v.section)
	}
	l.data = append(vectors, l.data...)
}

func (l *cfm68K) collectOne(s *section, r reloc) {
	switch r.kind {
	case r68kPLT32, r68kPLT16, r68kPC32, r68kPC16:
		if t, ok := l.resolve(s.object, r.symbol); ok && t.symbol != nil && s.area == codeArea {
			l.call(t.symbol)
		}
	case r68k32, r68kGOT32O, r68kGOT16O:
		t, ok := l.resolve(s.object, r.symbol)
		if !ok {
			return
		}
		p := place{t.section, t.symbol, t.offset + uint32(r.addend)}
		l.want(p)
		if r.kind != r68k32 {
			l.slot(l.meant(p))
		}
	}
}

// meant returns what stands for a place in data: a vector for a function.
func (l *cfm68K) meant(p place) place {
	if v, ok := l.vector(p); ok {
		return v
	}
	return p
}

// relocate implements processor.
func (l *cfm68K) relocate(s *section, r reloc) {
	symbol := &s.object.symbols[r.symbol]
	width, ok := widths68K[r.kind]
	switch {
	case r.kind == r68kNone:
		return
	case r.kind == r68kGOT32O:
		width = 4
	case r.kind == r68kGOT16O:
		width = 2
	case !ok:
		l.problem("%v+%#x: relocation %d against %s: compile with -msep-data", s, r.offset, r.kind, symbol)
		return
	}
	if s.size-r.offset < width {
		l.problem("%v+%#x: relocation %d crosses the section's end", s, r.offset, r.kind)
		return
	}
	t, ok := l.resolve(s.object, r.symbol)
	if !ok {
		return // reported
	}
	at := s.offset + r.offset
	p := place{t.section, t.symbol, t.offset + uint32(r.addend)}
	b := l.image[s.area][at:]
	switch r.kind {
	case r68k32:
		if s.area == codeArea {
			l.problem("%v+%#x: the address of %s in code, which cannot be relocated: compile with -msep-data", s, r.offset, symbol)
			return
		}
		l.point(at, l.meant(p))
	case r68kGOT32O, r68kGOT16O:
		displacement := l.displacement(l.slots[l.meant(p)])
		if width == 2 {
			binary.BigEndian.PutUint16(b, displacement)
		} else {
			binary.BigEndian.PutUint32(b, uint32(int32(int16(displacement))))
		}
	default:
		l.branch(s, r, t, symbol)
	}
}

// branch applies a distance from one place in the code to another.
func (l *cfm68K) branch(s *section, r reloc, t target, symbol *symbol) {
	at := s.offset + r.offset
	b := l.image[s.area][at:]
	to := t.offset + uint32(r.addend)
	switch {
	case t.symbol != nil && s.area == codeArea:
		to = l.glueAt[t.symbol]
	case t.section == nil:
		// A weak function that nobody has: its caller compares it with null first.
		if s.area == codeArea && r.offset >= 2 {
			binary.BigEndian.PutUint16(l.image[codeArea][at-2:], 0x4afc) // illegal
		}
		return
	case t.section.area != s.area || !t.section.placed:
		l.problem("%v+%#x: a distance to %s, which moves independently", s, r.offset, symbol)
		return
	default:
		to += t.section.offset
	}
	distance := int64(to) - int64(at)
	fits := true
	switch widths68K[r.kind] {
	case 4:
		binary.BigEndian.PutUint32(b, uint32(distance))
	case 2:
		binary.BigEndian.PutUint16(b, uint16(distance))
		fits = distance == int64(int16(distance))
	case 1:
		b[0] = byte(distance)
		fits = distance == int64(int8(distance))
	}
	if !fits {
		l.problem("%v+%#x: %s is %d bytes away, beyond what %d bytes reach", s, r.offset, symbol, distance, widths68K[r.kind])
	}
}
