package link

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Object is one relocatable ELF file. It does not change once read.
type Object struct {
	Name     string // for messages: "sort.o", "libgcc.a(_divdi3.o)"
	Machine  elf.Machine
	sections []*section // as in the file, nil where nothing is loaded
	symbols  []symbol
	weak     map[string]bool // undefined symbols that may stay so; the code of a weak function is not marked itself
}

// section is what of an object is loaded into memory.
type section struct {
	object *Object
	name   string
	flags  elf.SectionFlag
	align  uint32
	data   []byte // nil in .bss
	size   uint32
	relocs []reloc

	// Where it has been put, when it has.
	placed bool
	area   int    // a fragment's section
	offset uint32 // in the area
}

// reloc is one relocation of a section.
type reloc struct {
	offset uint32
	kind   uint32
	symbol int // index in the object's symbols
	addend int32
}

// symbol is one symbol of an object.
type symbol struct {
	name    string
	section *section // nil if undefined, absolute or common
	value   uint32
	size    uint32
	kind    elf.SymType
	bind    elf.SymBind
	hidden  bool // from other fragments
	index   elf.SectionIndex
}

// String names the symbol for messages; the compiler names what is local to a file by
// its section alone.
func (s *symbol) String() string {
	if s.name == "" && s.section != nil {
		return s.section.name
	}
	return s.name
}

func (s *symbol) defined() bool { return s.index != elf.SHN_UNDEF }

func (s *section) has(f elf.SectionFlag) bool { return s.flags&f != 0 }

func (s *section) String() string { return s.object.Name + "(" + s.name + ")" }

// ReadObjects reads an ELF object, or all members of an ar archive. name is for
// messages. What is neither is an error.
func ReadObjects(name string, data []byte) ([]*Object, error) {
	if !bytes.HasPrefix(data, []byte("!<arch>\n")) {
		o, err := readObject(name, data)
		if err != nil {
			return nil, err
		}
		return []*Object{o}, nil
	}
	var objects []*Object
	for member, err := range members(data) {
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		o, err := readObject(name+"("+member.name+")", member.data)
		if err != nil {
			return nil, err
		}
		objects = append(objects, o)
	}
	return objects, nil
}

type member struct {
	name string
	data []byte
}

// members returns the files of an ar archive, in GNU's variant, but not its
// index.
func members(data []byte) func(yield func(member, error) bool) {
	return func(yield func(member, error) bool) {
		var names []byte
		at := 8
		for at < len(data) {
			if len(data)-at < 60 || string(data[at+58:at+60]) != "`\n" {
				yield(member{}, fmt.Errorf("archive: no member's header at %#x", at))
				return
			}
			name := strings.TrimRight(string(data[at:at+16]), " ")
			size, err := strconv.ParseUint(strings.TrimRight(string(data[at+48:at+58]), " "), 10, 31)
			at += 60
			if err != nil || size > uint64(len(data)-at) {
				yield(member{}, fmt.Errorf("archive: member %q at %#x is cut short", name, at))
				return
			}
			body := data[at : at+int(size)]
			at += int(size+1) &^ 1
			switch {
			case name == "/" || name == "/SYM64/":
				continue
			case name == "//":
				names = body
				continue
			case strings.HasPrefix(name, "/"):
				if n, err := strconv.Atoi(name[1:]); err == nil && n >= 0 && n < len(names) {
					name, _, _ = strings.Cut(string(names[n:]), "\n")
				}
			}
			if !yield(member{strings.TrimSuffix(name, "/"), body}, nil) {
				return
			}
		}
	}
}

func readObject(name string, data []byte) (*Object, error) {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%s: %s", name, fmt.Sprintf(format, args...))
	}
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return nil, bad("no ELF object file: %v", err)
	}
	if f.Type != elf.ET_REL || f.Class != elf.ELFCLASS32 || f.ByteOrder != binary.BigEndian || f.Machine != elf.EM_PPC && f.Machine != elf.EM_68K {
		return nil, bad("%v %v for %v %v; wanted is an object file (gcc -c) of 32-bit big-endian PowerPC or 68K", f.Class, f.Type, f.Machine, f.ByteOrder)
	}
	o := &Object{Name: name, Machine: f.Machine, weak: map[string]bool{}}
	for _, s := range f.Sections {
		o.sections = append(o.sections, nil)
		if s.Flags&elf.SHF_ALLOC == 0 || s.Type != elf.SHT_PROGBITS && s.Type != elf.SHT_NOBITS || strings.HasPrefix(s.Name, ".eh_frame") {
			continue
		}
		if s.Size > 1<<28 || s.Addralign > 1<<16 {
			return nil, bad("section %s: %d bytes aligned to %d", s.Name, s.Size, s.Addralign)
		}
		sec := &section{object: o, name: s.Name, flags: s.Flags, align: max(uint32(s.Addralign), 1), size: uint32(s.Size)}
		if sec.align&(sec.align-1) != 0 {
			return nil, bad("section %s: aligned to %d, which is no power of 2", s.Name, sec.align)
		}
		if s.Type == elf.SHT_PROGBITS {
			if sec.data, err = s.Data(); err != nil {
				return nil, bad("section %s: %v", s.Name, err)
			}
		}
		o.sections[len(o.sections)-1] = sec
	}
	syms, err := f.Symbols()
	if err != nil && err != elf.ErrNoSymbols {
		return nil, bad("symbols: %v", err)
	}
	o.symbols = []symbol{{}} // number 0 is none
	for _, s := range syms {
		sym := symbol{name: s.Name, value: uint32(s.Value), size: uint32(s.Size), kind: elf.ST_TYPE(s.Info), bind: elf.ST_BIND(s.Info), hidden: elf.ST_VISIBILITY(s.Other) != elf.STV_DEFAULT, index: s.Section}
		if int(s.Section) < len(o.sections) {
			sym.section = o.sections[s.Section]
		}
		if sym.section != nil && sym.value > sym.section.size {
			return nil, bad("symbol %s: at %#x of the %#x bytes of %s", s.Name, sym.value, sym.section.size, sym.section.name)
		}
		if sym.bind == elf.STB_WEAK && !sym.defined() {
			o.weak[sym.name] = true
		}
		o.symbols = append(o.symbols, sym)
	}
	for _, s := range f.Sections {
		if s.Type != elf.SHT_RELA && s.Type != elf.SHT_REL || int(s.Info) >= len(o.sections) || o.sections[s.Info] == nil {
			continue
		}
		if s.Type == elf.SHT_REL {
			return nil, bad("section %s: relocations without addends", s.Name)
		}
		if err := o.readRelocs(o.sections[s.Info], s); err != nil {
			return nil, bad("section %s: %v", s.Name, err)
		}
	}
	return o, nil
}

// readRelocs reads Elf32_Rela entries: offset, symbol<<8 | type, addend.
func (o *Object) readRelocs(to *section, s *elf.Section) error {
	r := s.Open()
	var entry [12]byte
	for {
		if _, err := io.ReadFull(r, entry[:]); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		be := binary.BigEndian
		rel := reloc{be.Uint32(entry[:]), be.Uint32(entry[4:]) & 0xff, int(be.Uint32(entry[4:]) >> 8), int32(be.Uint32(entry[8:]))}
		if rel.symbol >= len(o.symbols) {
			return fmt.Errorf("relocation at %#x: symbol %d of %d", rel.offset, rel.symbol, len(o.symbols))
		}
		if rel.offset > to.size || to.size-rel.offset < 1 || to.data == nil {
			return fmt.Errorf("relocation at %#x, beyond the %#x bytes of %s", rel.offset, to.size, to.name)
		}
		to.relocs = append(to.relocs, rel)
	}
}
