package arch

import (
	"debug/elf"
	"encoding/binary"
	"fmt"

	"github.com/crossplug/crossplug/internal/bin"
)

// Reading ELF the way a dynamic loader does: by the program headers, which
// decide what happens at run time, never by the sections, which a file may
// lack. debug/elf reads by sections, does not give e_flags and trusts more of
// what it reads; the tests hold the two against each other.

func isELF(head []byte) bool { return len(head) >= 4 && string(head[:4]) == elf.ELFMAG }

// elfFile is what the header, the program headers and the dynamic section say.
type elfFile struct {
	view    bin.View
	order   binary.ByteOrder
	word    int // bytes of an address: 4 or 8
	typ     elf.Type
	machine elf.Machine
	arch    Arch
	loads   []elfSegment
	interp  bool
	dynamic []elfDyn // without the DT_NULL that ends it; nil if there is none
}

// elfSegment is the part of a PT_LOAD segment that the file holds.
type elfSegment struct{ off, addr, size uint64 }

type elfDyn struct {
	tag elf.DynTag
	val uint64
}

const (
	df1PIE = 0x08000000 // DF_1_PIE, in DT_FLAGS_1: a program after all
	pnXNUM = 0xffff     // e_phnum when the number does not fit
)

func elfImages(v bin.View) ([]Image, error) {
	f, err := readELF(v)
	if err != nil {
		return nil, err
	}
	return []Image{{Arch: f.arch, Format: FormatELF, Kind: f.kind(), Offset: v.Base(), Size: v.Size()}}, nil
}

func readELF(v bin.View) (*elfFile, error) {
	ident, err := v.Bytes("ELF identification", 0, elf.EI_NIDENT)
	if err != nil {
		return nil, err
	}
	f := &elfFile{view: v}
	var order ByteOrder
	headerSize, phSize := 52, 32
	switch class := elf.Class(ident[elf.EI_CLASS]); class {
	case elf.ELFCLASS32:
		f.word = 4
	case elf.ELFCLASS64:
		f.word = 8
		headerSize, phSize = 64, 56
	default:
		return nil, v.Errorf("ELF identification", elf.EI_CLASS, "class %d is neither 1 (32 bits) nor 2 (64 bits)", class)
	}
	switch data := elf.Data(ident[elf.EI_DATA]); data {
	case elf.ELFDATA2LSB:
		f.order, order = binary.LittleEndian, LittleEndian
	case elf.ELFDATA2MSB:
		f.order, order = binary.BigEndian, BigEndian
	default:
		return nil, v.Errorf("ELF identification", elf.EI_DATA, "byte order %d is neither 1 (little-endian) nor 2 (big-endian)", data)
	}

	c := v.Cursor("ELF header", 0, uint64(headerSize), f.order)
	c.Skip(elf.EI_NIDENT)
	f.typ = elf.Type(c.U16())
	f.machine = elf.Machine(c.U16())
	version := c.U32()
	c.Word(f.word) // entry point
	phOff, shOff := c.Word(f.word), c.Word(f.word)
	flags := c.U32()
	c.U16() // size of this header
	phEntry, phNum := c.U16(), c.U16()
	shEntry, shNum := c.U16(), c.U16()
	if c.Err() != nil {
		return nil, c.Err()
	}
	if version != uint32(elf.EV_CURRENT) {
		return nil, v.Errorf("ELF header", 20, "version %d is not 1", version)
	}
	processor, bits := elfProcessor(f.machine), f.word*8
	f.arch = Arch{processor, bits, order, elfSystem(elf.OSABI(ident[elf.EI_OSABI])), elfABI(processor, bits, order, flags)}

	// The sections matter to nobody here, but they come last in most files:
	// where they are missing, so may be much else.
	if shNum > 0 && !v.Has(shOff, uint64(shNum)*uint64(shEntry)) {
		return nil, v.Errorf("ELF section headers", shOff, "%d of %d bytes each do not fit before the end at %#x; the file is truncated",
			shNum, shEntry, v.Base()+v.Size())
	}
	if phNum == 0 || phNum == pnXNUM || f.typ == elf.ET_CORE {
		return f, nil
	}
	if int(phEntry) != phSize {
		return nil, v.Errorf("ELF header", 0, "program headers of %d bytes are not %d bytes long", phEntry, phSize)
	}
	return f, f.readSegments(phOff, int(phNum), phSize)
}

func (f *elfFile) readSegments(off uint64, n, size int) error {
	c := f.view.Cursor("ELF program headers", off, uint64(n*size), f.order)
	var dynamic *elfSegment
	for i := range n {
		c.Item("ELF program header %d", i)
		var s elfSegment
		var memory uint64
		typ := elf.ProgType(c.U32())
		if f.word == 8 {
			c.U32() // flags
		}
		s.off, s.addr = c.Word(f.word), c.Word(f.word)
		c.Word(f.word) // physical address
		s.size, memory = c.Word(f.word), c.Word(f.word)
		c.Skip(uint64(size) - uint64(c.Pos())%uint64(size)) // flags, alignment
		if c.Err() != nil {
			return c.Err()
		}
		item := fmt.Sprintf("ELF program header %d (%v)", i, typ)
		switch typ {
		case elf.PT_LOAD:
			if !f.view.Has(s.off, s.size) {
				return f.view.Errorf(item, s.off, "its %d bytes do not fit before the end at %#x; the file is truncated",
					s.size, f.view.Base()+f.view.Size())
			}
			if s.size > memory {
				return f.view.Errorf(item, s.off, "has %d bytes in the file for %d bytes of memory", s.size, memory)
			}
			f.loads = append(f.loads, s)
		case elf.PT_INTERP:
			f.interp = true
		case elf.PT_DYNAMIC:
			dynamic = &s
		}
	}
	if dynamic != nil && dynamic.size > 0 { // a file of debugging information has it without contents
		return f.readDynamic(*dynamic)
	}
	return nil
}

func (f *elfFile) readDynamic(s elfSegment) error {
	c := f.cursorAt("ELF dynamic section", s.addr, s.size)
	if c.Err() != nil {
		return c.Err()
	}
	f.dynamic = []elfDyn{}
	for c.Len() >= 2*f.word {
		d := elfDyn{elf.DynTag(c.Word(f.word)), c.Word(f.word)}
		if d.tag == elf.DT_NULL {
			break
		}
		f.dynamic = append(f.dynamic, d)
	}
	return c.Err()
}

// dyn returns the value of a tag's first entry.
func (f *elfFile) dyn(tag elf.DynTag) (uint64, bool) {
	for _, d := range f.dynamic {
		if d.tag == tag {
			return d.val, true
		}
	}
	return 0, false
}

// kind tells programs from libraries. Both are ET_DYN where programs are
// position-independent: linkers then set DF_1_PIE; before they did, a program
// was what asked for an interpreter and had no name of its own.
func (f *elfFile) kind() Kind {
	switch f.typ {
	case elf.ET_REL:
		return KindRelocatable
	case elf.ET_EXEC:
		return KindExecutable
	case elf.ET_CORE:
		return KindCore
	case elf.ET_DYN:
		flags, _ := f.dyn(elf.DT_FLAGS_1)
		_, named := f.dyn(elf.DT_SONAME)
		if flags&df1PIE != 0 || f.interp && !named {
			return KindExecutable
		}
		return KindShared
	}
	return KindOther
}

// at finds the file offset of an address, and how many bytes of its segment
// the file holds from there on.
func (f *elfFile) at(addr uint64) (off, n uint64, ok bool) {
	for _, s := range f.loads {
		if addr >= s.addr && addr-s.addr < s.size {
			return s.off + (addr - s.addr), s.size - (addr - s.addr), true
		}
	}
	return 0, 0, false
}

// cursorAt returns a cursor over n bytes at an address, all in one segment.
func (f *elfFile) cursorAt(item string, addr, n uint64) *bin.Cursor {
	off, have, ok := f.at(addr)
	if !ok || n > have {
		return bin.Failed(item, "needs %d bytes at address %#x, which no segment holds", n, addr)
	}
	return f.view.Cursor(item, off, n, f.order)
}

func elfDetails(v bin.View) (*Details, error) {
	f, err := readELF(v)
	if err != nil {
		return nil, err
	}
	d := &Details{}
	if f.dynamic == nil {
		return d, nil // static, or an object file
	}
	addr, _ := f.dyn(elf.DT_STRTAB)
	size, _ := f.dyn(elf.DT_STRSZ)
	if size == 0 {
		return d, nil
	}
	names := f.cursorAt("ELF dynamic string table", addr, size).Strings()
	for _, e := range f.dynamic {
		switch e.tag {
		case elf.DT_NEEDED:
			d.Needed = append(d.Needed, names.At("DT_NEEDED", e.val))
		case elf.DT_SONAME:
			d.Name = names.At("DT_SONAME", e.val)
		}
	}
	if names.Err() != nil {
		return nil, names.Err()
	}
	n, err := f.symbolCount()
	if err == nil {
		d.Exports, err = f.exports(n, names)
	}
	return d, err
}
