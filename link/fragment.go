package link

import (
	"debug/elf"
	"encoding/binary"
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

// place is where an address points: a byte of a section, or an import and a
// number of bytes beyond.
type place struct {
	section *section
	symbol  *importSymbol
	offset  uint32
}

// madeVector is a transition vector that the linker makes, for the 68K. On PowerPC the
// compiler does.
type madeVector struct {
	section *section
	code    place
}

// processor is what differs between fragments for PowerPC and for the 68K.
type processor interface {
	// address and distance say what a relocation makes.
	address(kind uint32) bool
	distance(kind uint32) bool
	// collect finds the words of the TOC, the imports that are called, and the
	// vectors that are wanted.
	collect()
	// glue returns code that calls the vector whose address is in a word of the
	// TOC, given its displacement.
	glue(displacement uint16) []byte
	// relocate applies one relocation of a section that has been copied.
	relocate(s *section, r reloc)
}

// fragmentLinker makes a fragment. What the 68K has at A5 is called a TOC here, too.
type fragmentLinker struct {
	*linker
	processor
	header     uint32     // bytes before the code
	code, data []*section // in the order of their places
	toc        []place
	slots      map[place]int
	called     []*importSymbol    // through glue
	vectors    map[place]*section // that the linker has made, by where the functions are
	made       []madeVector
	glueAt     map[*importSymbol]uint32 // offset in the code
	image      [2][]byte
	zeros      uint32
	fixups     []pef.Fixup
	at         map[uint32]place // of the words of data that hold addresses
}

// Fragment links objects of one processor, as [PowerPC] or [CFM68K] compiles them,
// to a fragment for it, and returns it with a map of where everything went. An error
// is Problems if the objects do not go together.
func Fragment(in *Input) (*pef.Fragment, []MapEntry, error) {
	machine := elf.EM_PPC
	if len(in.Objects) > 0 {
		machine = in.Objects[0].Machine
	}
	base, err := newLinker(in, machine)
	if err != nil {
		return nil, nil, err
	}
	l := &fragmentLinker{linker: base, slots: map[place]int{}, vectors: map[place]*section{}, glueAt: map[*importSymbol]uint32{}, at: map[uint32]place{}}
	architecture := pef.PowerPC
	if machine == elf.EM_68K {
		architecture, l.header = pef.M68K, segmentHeader
		l.processor = &cfm68K{l}
	} else {
		l.processor = &powerPC{l, map[word]int{}}
	}
	l.arrange()
	l.collect()
	l.layOut()
	l.apply()
	f := l.fragment(architecture)
	if len(l.problems) > 0 {
		return nil, nil, l.problems
	}
	return f, slices.Concat(listing("code", l.code), listing("data", l.data)), nil
}

// arrange decides which sections go where.
func (l *fragmentLinker) arrange() {
	constant := func(s *section) bool { return !s.has(elf.SHF_WRITE) && !s.has(elf.SHF_EXECINSTR) }
	// What holds addresses is changed when it is loaded. What holds distances
	// to code moves with it.
	var addressed = map[*section]bool{}
	for _, s := range l.sections(constant) {
		distance := false
		for _, r := range s.relocs {
			addressed[s] = addressed[s] || l.processor.address(r.kind)
			distance = distance || l.distance(r.kind)
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

// call notes that an import is called, by way of glue.
func (l *fragmentLinker) call(imp *importSymbol) {
	if _, ok := l.glueAt[imp]; !ok {
		l.glueAt[imp] = 0
		l.called = append(l.called, imp)
		l.slot(place{symbol: imp})
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

// displacement returns how far a slot is from r2, or A5.
func (l *fragmentLinker) displacement(slot int) uint16 { return uint16(uint32(4*slot) - l.tocBias()) }

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
	at := l.header
	for _, s := range l.code {
		s.offset = alignUp(at, s.align)
		at = s.offset + s.size
	}
	at = alignUp(at, 4)
	for _, imp := range l.called {
		l.glueAt[imp] = at
		at += uint32(len(l.glue(0)))
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
	if l.header > 0 {
		binary.BigEndian.PutUint16(l.image[codeArea], segmentVersion)
	}
	for _, v := range l.made {
		l.point(v.section.offset, v.code)
		l.point(v.section.offset+4, place{section: l.tocSection(), offset: l.tocBias()})
	}
	for n, p := range l.toc {
		l.point(uint32(4*n), p)
	}
	for _, imp := range l.called {
		copy(l.image[codeArea][l.glueAt[imp]:], l.glue(l.displacement(l.slots[place{symbol: imp}])))
	}
	for _, list := range [][]*section{l.code, l.data} {
		for _, s := range list {
			for _, r := range s.relocs {
				l.relocate(s, r)
			}
		}
	}
}

// point makes the word at an offset of the data the address of a place.
func (l *fragmentLinker) point(at uint32, p place) {
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

// tocSection stands for the start of the data, where the TOC is.
func (l *fragmentLinker) tocSection() *section {
	return &section{area: dataArea, placed: true, size: uint32(4 * len(l.toc))}
}

// fragment puts everything together.
func (l *fragmentLinker) fragment(architecture pef.Architecture) *pef.Fragment {
	in := l.in
	f := &pef.Fragment{
		Header: pef.Header{Architecture: architecture, OldDefVersion: in.OldDefVersion, OldImpVersion: in.OldImpVersion, CurrentVersion: in.Version},
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
	e, ok := l.exported(name)
	if !ok {
		l.problem("%s: no object defines %s with a transition vector or as data", what, name)
		return nil
	}
	return &pef.Entry{Section: e.Section, Offset: e.Value}
}

// vector returns the transition vector that a place has, if it is a function, or is.
func (l *fragmentLinker) vector(p place) (place, bool) {
	if v := l.vectors[p]; v != nil {
		return place{section: v}, true
	}
	return p, p.section != nil && p.section.name == ".got1"
}

// exported says where others find a symbol: a vector or data, which may be constants
// beside the code.
func (l *fragmentLinker) exported(name string) (pef.Export, bool) {
	d, ok := l.globals[name]
	if !ok {
		return pef.Export{}, false
	}
	e := pef.Export{Name: name, Class: pef.DataSymbol}
	p := place{section: d.common}
	if d.common == nil {
		p = place{section: d.symbol.section, offset: d.symbol.value}
	}
	if v, ok := l.vector(p); ok {
		p, e.Class = v, pef.TVectorSymbol
	}
	if p.section == nil || !p.section.placed || p.section.has(elf.SHF_EXECINSTR) {
		return e, false
	}
	e.Section, e.Value = p.section.area, p.section.offset+p.offset
	return e, true
}

// exportNames returns the names of what is to be exported.
func (l *fragmentLinker) exportNames() []string {
	if l.in.Exports != nil {
		return l.in.Exports
	}
	var names []string
	for _, o := range l.in.Objects {
		for i := range o.symbols {
			s := &o.symbols[i]
			if d, ok := l.globals[s.name]; ok && d.symbol == s && !s.hidden && !strings.HasPrefix(s.name, ".") {
				names = append(names, s.name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// exports fills in what the fragment exports.
func (l *fragmentLinker) exports(loader *pef.Loader) {
	for _, name := range l.exportNames() {
		e, ok := l.exported(name)
		switch {
		case ok:
			loader.Exports = append(loader.Exports, e)
		case l.in.Exports != nil:
			l.problem("export %s: no object defines it with a transition vector or as data", name)
		}
	}
	if uint64(l.zeros)+uint64(len(l.image[dataArea])) > math.MaxInt32 {
		l.problem("the data take %d bytes", uint64(l.zeros)+uint64(len(l.image[dataArea])))
	}
}
