package link

import (
	"debug/elf"
	"encoding/binary"
	"math"
	"slices"
)

// The start of a code resource that holds initialised pointers. Whenever it is
// entered at another address than the last time, it adds the difference to each
// of them. It keeps all registers, since a routine may have parameters in any.
//
// Its words at the marked places are the linker's: the address of the last time,
// 0 at first, which is what the pointers were linked for; and the offsets of the
// pointers, with -1 at their end.
var relocator = []uint16{
	0x48e7, 0xc0e0, // 00 movem.l d0-d1/a0-a2,-(sp)
	0x41fa, 0xfffa, // 04 lea     start(pc),a0
	0x43fa, 0x0026, // 08 lea     last(pc),a1
	0x2008,         // 0c move.l  a0,d0
	0x9091,         // 0e sub.l   (a1),d0
	0x6712,         // 10 beq.s   done
	0x2288,         // 12 move.l  a0,(a1)
	0x5889,         // 14 addq.l  #4,a1
	0x2219,         // 16 next: move.l (a1)+,d1
	0x6b0a,         // 18 bmi.s   done
	0x45f0, 0x1800, // 1a lea     (a0,d1.l),a2
	0xd192,         // 1e add.l   d0,(a2)
	0x60f4,         // 20 bra.s   next
	0x4e71,         // 22 nop
	0x4cdf, 0x0703, // 24 done: movem.l (sp)+,d0-d1/a0-a2
	0x6000, 0x0000, // 28 bra.w   main, or
	0x0000, 0x0000, // 2c bra.l   main
	// 30 last: the address, then the offsets
}

const (
	longBranch      = 6 // bytes
	relocatorBranch = 0x28
	relocatorLast   = 0x30
)

// The relocations of 68K objects that code which works wherever it lies can have
// (System V ABI, M68000 supplement).
const (
	r68kNone  = 0
	r68k32    = 1
	r68kPC32  = 4
	r68kPC16  = 5
	r68kPC8   = 6
	r68kPLT32 = 13
	r68kPLT16 = 14
)

var widths68K = map[uint32]uint32{r68k32: 4, r68kPC32: 4, r68kPLT32: 4, r68kPC16: 2, r68kPLT16: 2, r68kPC8: 1}

// resourceLinker makes a code resource.
type resourceLinker struct {
	*linker
	sections []*section
	image    []byte
	pointers []uint32 // offsets of the words that hold addresses
	entry    *entry   // nil if the main function is called as gcc has it
	entryAt  uint32
}

// CodeResource links 68K objects to a code resource, entered at its first byte,
// and returns it with a map of where everything went. Memory that is zero at
// first is part of it. An error is Problems if the objects do not go together.
//
// Long branches, of the 68020, are used only if the resource is so large that it
// needs them. If the main symbol begins a section and nothing has to come before it,
// that section is the beginning, for resources whose first bytes mean something.
func CodeResource(in *Input) ([]byte, []MapEntry, error) {
	base, err := newLinker(in, elf.EM_68K)
	if err != nil {
		return nil, nil, err
	}
	l := &resourceLinker{linker: base}
	if in.Main == "" {
		l.problem("a code resource needs a main symbol, where it is entered")
	}
	if len(in.Libraries) > 0 {
		l.problem("a code resource cannot import from libraries such as %s", in.Libraries[0].Name)
	}
	if in.Init != "" || in.Term != "" {
		l.problem("a code resource has no initialisation or termination routine")
	}
	if in.ProcInfo != 0 {
		if l.entry, err = newEntry(in.ProcInfo); err != nil {
			l.problem("main: %w", err)
		}
	}
	l.arrange()
	l.countPointers()
	l.layOut()
	for _, s := range l.sections {
		if s.data != nil {
			copy(l.image[s.offset:], s.data)
		}
	}
	for _, s := range l.sections {
		for _, r := range s.relocs {
			l.relocate(s, r)
		}
	}
	l.start()
	if len(l.problems) > 0 {
		return nil, nil, l.problems
	}
	return l.image, listing("code", l.sections), nil
}

// arrange puts code first, so that branches are short, then constants, data and
// zeros.
func (l *resourceLinker) arrange() {
	rank := func(s *section) int {
		switch {
		case s.has(elf.SHF_EXECINSTR):
			return 0
		case s.data == nil:
			return 3
		case s.has(elf.SHF_WRITE):
			return 2
		}
		return 1
	}
	l.sections = l.linker.sections(func(*section) bool { return true })
	l.sections = append(l.sections, l.commons()...)
	slices.SortStableFunc(l.sections, func(a, b *section) int { return rank(a) - rank(b) })
	for _, s := range l.sections {
		s.placed = true
	}
}

// countPointers finds how many words hold addresses, which decides how long the
// start is.
func (l *resourceLinker) countPointers() {
	for _, s := range l.sections {
		for _, r := range s.relocs {
			if r.kind == r68k32 {
				l.pointers = append(l.pointers, 0)
			}
		}
	}
}

func (l *resourceLinker) layOut() {
	at := uint32(longBranch)
	if len(l.pointers) > 0 {
		at = relocatorLast + 4 + 4*uint32(len(l.pointers)) + 4
	}
	if first := l.mainSection(); first != nil && l.entry == nil && len(l.pointers) == 0 {
		at = 0
		l.sections = append([]*section{first}, slices.DeleteFunc(l.sections, func(s *section) bool { return s == first })...)
	}
	l.pointers = l.pointers[:0]
	if l.entry != nil {
		if at == longBranch {
			at = 0
		}
		l.entryAt = at
		at += uint32(2 * len(l.entry.words))
	}
	for _, s := range l.sections {
		s.offset = alignUp(at, max(s.align, 2))
		at = s.offset + s.size
	}
	if at > math.MaxInt32 {
		l.problem("the resource takes %d bytes", at)
		at = 0
	}
	l.image = make([]byte, at)
}

// mainSection returns the section that begins with the main symbol, nil if none does.
func (l *resourceLinker) mainSection() *section {
	d, ok := l.find(l.in.Main)
	if !ok || d.common != nil || d.symbol.value != 0 {
		return nil
	}
	return d.symbol.section
}

func (l *resourceLinker) relocate(s *section, r reloc) {
	symbol := &s.object.symbols[r.symbol]
	width, ok := widths68K[r.kind]
	switch {
	case r.kind == r68kNone:
		return
	case !ok:
		l.problem("%v+%#x: relocation %d against %s: addresses in code do not work wherever it lies: compile with -mpcrel -fno-pic", s, r.offset, r.kind, symbol)
		return
	case s.size-r.offset < width:
		l.problem("%v+%#x: relocation %d crosses the section's end", s, r.offset, r.kind)
		return
	}
	t, ok := l.resolve(s.object, r.symbol)
	if !ok {
		return
	}
	at := s.offset + r.offset
	b := l.image[min(at, uint32(len(l.image))):]
	if uint32(len(b)) < width {
		return // the resource is too large, which has been reported
	}
	value := t.offset + uint32(r.addend)
	if t.section == nil && r.kind != r68k32 {
		l.problem("%v+%#x: a distance to %s, which is no part of the resource", s, r.offset, symbol)
		return
	}
	if t.section != nil {
		value += t.section.offset
	}
	distance := int64(value) - int64(at)
	switch width {
	case 4:
		if r.kind != r68k32 {
			value -= at
		} else if t.section != nil {
			l.pointers = append(l.pointers, at)
		}
		binary.BigEndian.PutUint32(b, value)
	case 2:
		if distance != int64(int16(distance)) {
			l.problem("%v+%#x: %s is %d bytes away, beyond the 32 KB that 16 bits reach: put large data behind a pointer, or make the code smaller", s, r.offset, symbol, distance)
		}
		binary.BigEndian.PutUint16(b, uint16(distance))
	case 1:
		if distance != int64(int8(distance)) {
			l.problem("%v+%#x: %s is %d bytes away, beyond the 127 that a short branch reaches", s, r.offset, symbol, distance)
		}
		b[0] = byte(distance)
	}
}

// start writes what is entered first.
func (l *resourceLinker) start() {
	if l.in.Main == "" || len(l.image) == 0 {
		return
	}
	t, ok := l.resolveName(l.in.Main, l.objects[0], false)
	if !ok {
		return
	}
	if t.section == nil {
		l.problem("main: %s is no part of the resource", l.in.Main)
		return
	}
	to := t.section.offset + t.offset
	if l.entry != nil {
		l.entry.place(l.image, l.entryAt, to)
		to = l.entryAt
	}
	branch := uint32(0)
	if slices.ContainsFunc(l.sections, func(s *section) bool {
		return slices.ContainsFunc(s.relocs, func(r reloc) bool { return r.kind == r68k32 })
	}) {
		for i, w := range relocator {
			binary.BigEndian.PutUint16(l.image[2*i:], w)
		}
		slices.Sort(l.pointers)
		table := l.image[relocatorLast+4:]
		for i, p := range l.pointers {
			binary.BigEndian.PutUint32(table[4*i:], p)
		}
		binary.BigEndian.PutUint32(table[4*len(l.pointers):], math.MaxUint32)
		branch = relocatorBranch
	}
	if to == 0 {
		return // the entry is where the resource is entered
	}
	distance := to - (branch + 2)
	if distance <= math.MaxInt16 {
		binary.BigEndian.PutUint16(l.image[branch:], 0x6000)
		binary.BigEndian.PutUint16(l.image[branch+2:], uint16(distance))
		return
	}
	binary.BigEndian.PutUint16(l.image[branch:], 0x60ff)
	binary.BigEndian.PutUint32(l.image[branch+2:], distance)
}
