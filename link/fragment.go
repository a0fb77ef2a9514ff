package link

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/crossplug/crossplug/format/pef"
)

// The sections of a fragment.
const (
	codeArea = 0
	dataArea = 1
)

// Instructions that the linker writes or looks for.
const (
	nop        = 0x60000000
	oldNop     = 0x4ffffb82 // cror 31,31,31
	restoreTOC = 0x80410014 // lwz r2,20(r1)
)

// glue calls the vector whose address is in a word of the TOC, and saves r2
// where its caller expects it. The first instruction gets the word's
// displacement.
var glue = []uint32{
	0x81820000, // lwz r12,word(r2)
	0x90410014, // stw r2,20(r1)
	0x800c0000, // lwz r0,0(r12)
	0x804c0004, // lwz r2,4(r12)
	0x7c0903a6, // mtctr r0
	0x4e800420, // bctr
}

// place is where an address points: a byte of a section, or an import and a
// number of bytes beyond.
type place struct {
	section *section
	symbol  *importSymbol
	offset  uint32
}

// word is a word of the table of contents of one object.
type word struct {
	got    *section
	offset uint32
}

// fragmentLinker makes a fragment of PowerPC objects.
type fragmentLinker struct {
	*linker
	code, data []*section // in the order of their places
	toc        []place
	slots      map[place]int
	words      map[word]int // the slot that a word of an object's TOC became
	glue       []*importSymbol
	glueAt     map[*importSymbol]uint32 // offset in the code
	image      [2][]byte
	zeros      uint32
	fixups     []pef.Fixup
	at         map[uint32]place // of the words of data that hold addresses
}

// Fragment links PowerPC objects to a fragment, and returns it with a map of
// where everything went. An error is Problems if the objects do not go
// together.
func Fragment(in *Input) (*pef.Fragment, []MapEntry, error) {
	base, err := newLinker(in, elf.EM_PPC)
	if err != nil {
		return nil, nil, err
	}
	l := &fragmentLinker{linker: base, slots: map[place]int{}, words: map[word]int{}, glueAt: map[*importSymbol]uint32{}, at: map[uint32]place{}}
	l.arrange()
	l.collect()
	l.layOut()
	l.apply()
	f := l.fragment()
	if len(l.problems) > 0 {
		return nil, nil, l.problems
	}
	return f, slices.Concat(listing("code", l.code), listing("data", l.data)), nil
}

func isTOC(s *section) bool { return s.name == ".got" }

// arrange decides which sections go where.
func (l *fragmentLinker) arrange() {
	constant := func(s *section) bool { return !s.has(elf.SHF_WRITE) && !s.has(elf.SHF_EXECINSTR) }
	// What holds addresses is changed when it is loaded. What holds distances
	// to code moves with it.
	var addressed = map[*section]bool{}
	for _, s := range l.sections(constant) {
		distance := false
		for _, r := range s.relocs {
			addressed[s] = addressed[s] || r.kind == uint32(elf.R_PPC_ADDR32) || r.kind == uint32(elf.R_PPC_UADDR32)
			distance = distance || r.kind == uint32(elf.R_PPC_REL32)
		}
		if addressed[s] && distance {
			l.problem("%v: it holds both addresses, which belong into data, and distances to code (a switch's table); compile with -fdata-sections, which keeps them apart", s)
		}
	}
	l.code = l.sections(func(s *section) bool { return s.has(elf.SHF_EXECINSTR) })
	l.code = append(l.code, l.sections(func(s *section) bool { return constant(s) && !addressed[s] })...)
	vectors := func(s *section) bool { return s.name == ".got1" }
	bss := func(s *section) bool { return s.data == nil }
	l.data = l.sections(vectors)
	l.data = append(l.data, l.sections(func(s *section) bool {
		return !s.has(elf.SHF_EXECINSTR) && (!constant(s) || addressed[s]) && !vectors(s) && !isTOC(s) && !bss(s)
	})...)
	l.data = append(l.data, l.sections(func(s *section) bool { return !constant(s) && bss(s) })...)
	l.data = append(l.data, l.commons()...)
	for area, list := range [][]*section{l.code, l.data} {
		for _, s := range list {
			s.area, s.placed = area, true
		}
	}
}

// collect finds the words of the TOC and the imports that are called.
func (l *fragmentLinker) collect() {
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
			if _, ok := l.glueAt[t.symbol]; !ok {
				l.glueAt[t.symbol] = 0
				l.glue = append(l.glue, t.symbol)
				l.slot(place{symbol: t.symbol})
			}
		}
	}
}

// slot returns the number of the TOC's word for a place.
func (l *fragmentLinker) slot(p place) int {
	n, ok := l.slots[p]
	if !ok {
		n = len(l.toc)
		l.slots[p] = n
		l.toc = append(l.toc, p)
	}
	return n
}

// placeOf returns what an address in s points to.
func (l *fragmentLinker) placeOf(s *section, r reloc, t target) place {
	p := place{t.section, t.symbol, t.offset + uint32(r.addend)}
	if t.section != nil && t.section.has(elf.SHF_EXECINSTR) {
		sym := &s.object.symbols[r.symbol]
		if sym.kind != elf.STT_SECTION && !strings.HasPrefix(sym.name, ".") {
			l.problem("%v+%#x: %s is code without a transition vector: compile %s with -mcall-aixdesc", s, r.offset, sym.name, t.section.object.Name)
		}
	}
	return p
}

// tocBias is how far r2 points into the TOC: a displacement is signed.
func (l *fragmentLinker) tocBias() uint32 {
	if 4*len(l.toc) > 0x8000 {
		return 0x8000
	}
	return 0
}

// layOut gives everything its place.
func (l *fragmentLinker) layOut() {
	const mostTOC = 1 << 14
	if len(l.toc) > mostTOC {
		l.problem("the table of contents has %d words, of which 16-bit displacements reach %d", len(l.toc), mostTOC)
	}
	at := uint32(0)
	for _, s := range l.code {
		s.offset = alignUp(at, s.align)
		at = s.offset + s.size
	}
	at = alignUp(at, 4)
	for _, imp := range l.glue {
		l.glueAt[imp] = at
		at += uint32(4 * len(glue))
	}
	l.image[codeArea] = make([]byte, at)
	at = uint32(4 * len(l.toc))
	end := at
	for _, s := range l.data {
		s.offset = alignUp(at, s.align)
		at = s.offset + s.size
		if s.data != nil {
			end = at
		}
	}
	l.image[dataArea] = make([]byte, end)
	l.zeros = at - end
}

// apply fills in the sections.
func (l *fragmentLinker) apply() {
	for _, list := range [][]*section{l.code, l.data} {
		for _, s := range list {
			if s.data != nil {
				copy(l.image[s.area][s.offset:], s.data)
			}
		}
	}
	for n, p := range l.toc {
		l.address(uint32(4*n), p)
	}
	for _, imp := range l.glue {
		code := l.image[codeArea][l.glueAt[imp]:]
		for i, instruction := range glue {
			binary.BigEndian.PutUint32(code[4*i:], instruction)
		}
		binary.BigEndian.PutUint16(code[2:], uint16(uint32(4*l.slots[place{symbol: imp}])-l.tocBias()))
	}
	for _, list := range [][]*section{l.code, l.data} {
		for _, s := range list {
			for _, r := range s.relocs {
				l.relocate(s, r)
			}
		}
	}
}

// address makes the word at an offset of the data the address of a place.
func (l *fragmentLinker) address(at uint32, p place) {
	b := l.image[dataArea][at:]
	switch {
	case p.symbol != nil:
		binary.BigEndian.PutUint32(b, p.offset)
	case p.section == nil:
		binary.BigEndian.PutUint32(b, p.offset) // a number, or null
		return
	case !p.section.placed:
		l.problem("data+%#x: it points into %v, which is not linked", at, p.section)
		return
	default:
		binary.BigEndian.PutUint32(b, p.section.offset+p.offset)
	}
	l.at[at] = p
}

// relocate applies one relocation of a section that has been copied.
func (l *fragmentLinker) relocate(s *section, r reloc) {
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
		l.address(at, place{section: l.tocSection(), offset: l.tocBias()})
		return
	}
	if kind == elf.R_PPC_SDAREL16 {
		n, ok := l.words[word{symbol.section, symbol.value + uint32(r.addend)}]
		if !ok {
			problem("%s is no word of the table of contents", symbol.name)
			return
		}
		binary.BigEndian.PutUint16(l.image[s.area][at:], uint16(uint32(4*n)-l.tocBias()))
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
		l.address(at, l.placeOf(s, r, t))
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
func (l *fragmentLinker) branch(s *section, r reloc, t target, name string) {
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

// tocSection stands for the start of the data, where the TOC is.
func (l *fragmentLinker) tocSection() *section {
	return &section{area: dataArea, placed: true, size: uint32(4 * len(l.toc))}
}

// fragment puts everything together.
func (l *fragmentLinker) fragment() *pef.Fragment {
	in := l.in
	f := &pef.Fragment{
		Header: pef.Header{Architecture: pef.PowerPC, OldDefVersion: in.OldDefVersion, OldImpVersion: in.OldImpVersion, CurrentVersion: in.Version},
		Loader: &pef.Loader{},
	}
	l.numberImports(f.Loader)
	f.Loader.Main, f.Loader.Init, f.Loader.Term = l.entry("main", in.Main), l.entry("init", in.Init), l.entry("term", in.Term)
	l.exports(f.Loader)

	offsets := make([]uint32, 0, len(l.at))
	for at := range l.at {
		offsets = append(offsets, at)
	}
	slices.Sort(offsets)
	for _, at := range offsets {
		p := l.at[at]
		fix := pef.Fixup{Offset: at}
		if p.symbol != nil {
			fix.Target = pef.Target{Import: true, Index: uint32(p.symbol.number)}
		} else {
			fix.Target = pef.Target{Index: uint32(p.section.area)}
		}
		l.fixups = append(l.fixups, fix)
	}
	if len(l.fixups) > 0 {
		program, err := pef.Compress(l.fixups)
		if err != nil {
			l.problem("relocations: %w", err)
		}
		f.Loader.Relocations = []pef.Relocations{{Section: dataArea, Program: program}}
	}
	const aligned16 = 4
	f.Sections = []pef.FragmentSection{
		{Kind: pef.CodeSection, Share: pef.GlobalShare, Alignment: aligned16, Data: l.image[codeArea]},
		{Kind: pef.PackedDataSection, Share: pef.ProcessShare, Alignment: aligned16, Data: l.image[dataArea], Zeros: l.zeros},
		{Kind: pef.LoaderSection, Share: pef.GlobalShare, Alignment: aligned16},
	}
	return f
}

// numberImports gives the imports their numbers, library by library.
func (l *fragmentLinker) numberImports(loader *pef.Loader) {
	for n, lib := range l.in.Libraries {
		used := false
		for _, imp := range l.order {
			if imp.library != n {
				continue
			}
			if !used {
				used = true
				entry := pef.Library{Name: lib.Name, OldImpVersion: lib.OldImpVersion, CurrentVersion: lib.CurrentVersion}
				if lib.Weak {
					entry.Options |= pef.WeakLibrary
				}
				if lib.InitBefore {
					entry.Options |= pef.InitBefore
				}
				loader.Libraries = append(loader.Libraries, entry)
			}
			imp.number = len(loader.Imports)
			loader.Imports = append(loader.Imports, pef.Import{Name: imp.name, Class: imp.class, Weak: imp.weak, Library: len(loader.Libraries) - 1})
		}
	}
}

// entry finds the place of a main symbol, an initialisation or a termination
// routine.
func (l *fragmentLinker) entry(what, name string) *pef.Entry {
	if name == "" {
		return nil
	}
	p, _, ok := l.exported(name)
	if !ok {
		l.problem("%s: no object defines %s with a transition vector or as data", what, name)
		return nil
	}
	return &pef.Entry{Section: dataArea, Offset: p}
}

// exported returns the offset in the data of what a symbol means to others.
func (l *fragmentLinker) exported(name string) (uint32, pef.SymbolClass, bool) {
	d, ok := l.globals[name]
	if !ok {
		return 0, 0, false
	}
	s, at := d.common, uint32(0)
	if s == nil {
		s, at = d.symbol.section, d.symbol.value
	}
	if s == nil || !s.placed || s.area != dataArea {
		return 0, 0, false
	}
	class := pef.DataSymbol
	if s.name == ".got1" {
		class = pef.TVectorSymbol
	}
	return s.offset + at, class, true
}

// exports fills in what the fragment exports.
func (l *fragmentLinker) exports(loader *pef.Loader) {
	names := l.in.Exports
	all := names == nil
	if all {
		for _, o := range l.in.Objects {
			for i := range o.symbols {
				s := &o.symbols[i]
				if d, ok := l.globals[s.name]; ok && d.symbol == s && !s.hidden && !strings.HasPrefix(s.name, ".") {
					names = append(names, s.name)
				}
			}
		}
		slices.Sort(names)
	}
	for _, name := range names {
		at, class, ok := l.exported(name)
		switch {
		case ok:
			loader.Exports = append(loader.Exports, pef.Export{Name: name, Class: class, Section: dataArea, Value: at})
		case !all:
			l.problem("export %s: no object defines it with a transition vector or as data", name)
		}
	}
	if uint64(l.zeros)+uint64(len(l.image[dataArea])) > math.MaxInt32 {
		l.problem("the data take %d bytes", uint64(l.zeros)+uint64(len(l.image[dataArea])))
	}
}
