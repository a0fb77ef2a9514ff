package pef

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/crossplug/crossplug/internal/bin"
)

// Loader is what a loader section says.
type Loader struct {
	Main, Init, Term *Entry // nil if the fragment has none
	Libraries        []Library
	Imports          []Import // numbered as relocations and re-exports do
	Relocations      []Relocations
	Exports          []Export // in the order of the hash table when read
	Hash             HashTable
}

// Entry is where a fragment begins, is initialised or terminated. What is there
// is a transition vector if it is a routine. Main may be any data.
type Entry struct {
	Section int    // an instantiated one
	Offset  uint32 // in it; not compared with its length
}

func (e *Entry) String() string {
	if e == nil {
		return "none"
	}
	return fmt.Sprintf("section %d + %#x", e.Section, e.Offset)
}

// Library is a library that a fragment imports from. A fragment may name the
// same library more than once.
type Library struct {
	Name           string
	OldImpVersion  Version // the oldest that will do
	CurrentVersion Version // the one that the fragment was linked with
	Options        LibraryOptions
}

// Import is a symbol that a fragment imports. The imports of a library follow
// one another.
type Import struct {
	Name    string
	Class   SymbolClass
	Weak    bool // may be missing; its address is then 0
	Library int  // -1 if no library claims it, which only Tolerate lets through
}

// Export is a symbol that a fragment exports.
type Export struct {
	Name    string
	Class   SymbolClass
	Section int    // an instantiated one, AbsoluteExport or ReexportedImport; -1 if it is none of them, which only Tolerate lets through
	Value   uint32 // offset in the section, not compared with its length; address; number of an import
}

// Relocations say what to add to the words of one section. A section may have
// several, each with a new state of the relocation machine.
type Relocations struct {
	Section int
	Program Program

	offset int64 // of the program in the file, for errors; 0 if it is not from one
}

// Offset returns where in the file the program is, if it was read from one.
func (r Relocations) Offset() int64 { return r.offset }

// loaderReader reads a loader section.
type loaderReader struct {
	*Container
	data   []byte // the section
	base   int64  // where in the file it begins
	loader Loader
	names  *names
}

// readLoader reads the loader section if there is one.
func (c *Container) readLoader(v bin.View) error {
	var section *Section
	for _, s := range c.Sections {
		if s.Kind != LoaderSection {
			continue
		}
		if section != nil {
			if err := s.tolerate("is a second loader section; the first is %s", section.item()); err != nil {
				return err
			}
			continue
		}
		section = s
	}
	if section == nil {
		return nil
	}
	data, err := section.Raw()
	if err != nil {
		return err
	}
	r := &loaderReader{Container: c, data: data, base: v.Base() + int64(section.ContainerOffset)}
	if len(data) < loaderHeaderSize {
		return r.problem(0, "header", "needs %d bytes, but the section has %d", loaderHeaderSize, len(data))
	}
	if err := r.read(); err != nil {
		return err
	}
	c.Loader = &r.loader
	return nil
}

// problem reports what is wrong at off in the section.
func (r *loaderReader) problem(off uint64, item, format string, args ...any) error {
	return r.options.tolerate(&FormatError{Offset: r.base + int64(off), Item: "loader section: " + item, Msg: fmt.Sprintf(format, args...)})
}

func (r *loaderReader) u8(off uint64) uint8   { return r.data[off] }
func (r *loaderReader) u16(off uint64) uint16 { return binary.BigEndian.Uint16(r.data[off:]) }
func (r *loaderReader) u32(off uint64) uint32 { return binary.BigEndian.Uint32(r.data[off:]) }

// records returns how many of n records of the given size there are from off
// on. Only those may be read.
func (r *loaderReader) records(what string, off uint64, n uint32, size uint64) (uint64, error) {
	left := uint64(len(r.data)) - min(off, uint64(len(r.data)))
	if uint64(n) <= left/size {
		return uint64(n), nil
	}
	return left / size, r.problem(off, what, "%d of %d bytes each need %d bytes, but %d are left in the section", n, size, uint64(n)*size, left)
}

// loaderOffsets are the offsets and counts in a loader header.
type loaderOffsets struct {
	libraries, imports, relocations      uint32 // counts
	relocInstr, strings, hash, hashPower uint32
	exports                              uint32
}

// read reads everything. The tables that have no offset of their own follow the
// header.
func (r *loaderReader) read() (err error) {
	l := &r.loader
	for i, e := range []struct {
		to   **Entry
		item string
	}{{&l.Main, "main"}, {&l.Init, "init"}, {&l.Term, "term"}} {
		if *e.to, err = r.entry(uint64(8*i), e.item); err != nil {
			return err
		}
	}
	h := loaderOffsets{r.u32(24), r.u32(28), r.u32(32), r.u32(36), r.u32(40), r.u32(44), r.u32(48), r.u32(52)}

	libraryTable := uint64(loaderHeaderSize)
	libraries, err := r.records("imported libraries", libraryTable, h.libraries, librarySize)
	if err != nil {
		return err
	}
	importTable := libraryTable + libraries*librarySize
	imports, err := r.records("imported symbols", importTable, h.imports, importSize)
	if err != nil {
		return err
	}
	relocationTable := importTable + imports*importSize
	relocations, err := r.records("relocation headers", relocationTable, h.relocations, relocationHeaderSize)
	if err != nil {
		return err
	}
	headersEnd := relocationTable + relocations*relocationHeaderSize
	slots, exports, err := r.exportTables(h)
	if err != nil {
		return err
	}
	programs, err := r.relocationHeaders(relocationTable, relocations, h)
	if err != nil {
		return err
	}
	if err := r.findNames(h, headersEnd, programs, slots, exports); err != nil {
		return err
	}
	if err := r.readLibraries(libraryTable, libraries, imports); err != nil {
		return err
	}
	if err := r.readImports(importTable, imports); err != nil {
		return err
	}
	if err := r.readPrograms(programs); err != nil {
		return err
	}
	return r.readExports(h, slots, exports)
}

// entry reads one of the three entries.
func (r *loaderReader) entry(off uint64, item string) (*Entry, error) {
	section, offset := int32(r.u32(off)), r.u32(off+4)
	if section == -1 {
		return nil, nil
	}
	if section < 0 || int(section) >= r.Instantiated {
		return nil, r.problem(off, item, "is in section %d, but %d are instantiated", section, r.Instantiated)
	}
	return &Entry{int(section), offset}, nil
}

// exportTables returns how many hash slots and exports there are.
func (r *loaderReader) exportTables(h loaderOffsets) (slots, exports uint64, err error) {
	if h.exports == 0 {
		return 0, 0, nil // there is a slot, but nothing to find
	}
	if h.hashPower > maxHashPower {
		return 0, 0, r.problem(48, "header", "export hash table has 2 to the power of %d slots; at most %d is possible", h.hashPower, maxHashPower)
	}
	slots, err = r.records("export hash slots", uint64(h.hash), 1<<h.hashPower, slotSize)
	if err != nil || slots < 1<<h.hashPower {
		return 0, 0, err
	}
	keys := uint64(h.hash) + slots*slotSize
	exports, err = r.records("exports", keys, h.exports, keySize+exportSize)
	if exports < uint64(h.exports) { // all keys come before the exports
		left := uint64(len(r.data)) - keys
		exports = (max(left, uint64(h.exports)*keySize) - uint64(h.exports)*keySize) / exportSize
	}
	return slots, exports, err
}

// program is where a relocation program lies in the section.
type program struct {
	section     int
	off, chunks uint64
}

// relocationHeaders reads the relocation headers. Programs may lie anywhere,
// but all together they cannot be longer than the section.
func (r *loaderReader) relocationHeaders(off, n uint64, h loaderOffsets) ([]program, error) {
	var programs []program
	budget := uint64(len(r.data)) / chunkSize
	for i := range n {
		at := off + i*relocationHeaderSize
		p := program{int(r.u16(at)), uint64(h.relocInstr) + uint64(r.u32(at+8)), uint64(r.u32(at + 4))}
		item, end := fmt.Sprintf("relocation header %d", i), uint64(len(r.data))
		switch {
		case p.section >= r.Instantiated:
			if err := r.problem(at, item, "is for section %d, but %d are instantiated", p.section, r.Instantiated); err != nil {
				return nil, err
			}
			continue
		case p.off > end || p.chunks > (end-p.off)/chunkSize:
			if err := r.problem(at, item, "has %d chunks at %#x of the section, which ends at %#x", p.chunks, p.off, end); err != nil {
				return nil, err
			}
			p.off = min(p.off, end)
			p.chunks = min(p.chunks, (end-p.off)/chunkSize)
		}
		if p.chunks > budget {
			if err := r.problem(at, item, "has %d chunks, more than the headers before it leave in the section (%d)", p.chunks, budget); err != nil {
				return nil, err
			}
			p.chunks = budget
		}
		budget -= p.chunks
		programs = append(programs, p)
	}
	return programs, nil
}

// findNames finds the loader string table, which has an offset but no length,
// and sees that no two tables lie over one another.
func (r *loaderReader) findNames(h loaderOffsets, headersEnd uint64, programs []program, slots, exports uint64) error {
	type table struct {
		name       string
		start, end uint64
	}
	tables := []table{{"header and the tables after it", 0, headersEnd}}
	instr := table{"relocation programs", math.MaxUint64, 0}
	for _, p := range programs {
		instr.start, instr.end = min(instr.start, p.off), max(instr.end, p.off+p.chunks*chunkSize)
	}
	if instr.start < instr.end {
		tables = append(tables, instr)
	}
	if exports > 0 {
		tables = append(tables, table{"export tables", uint64(h.hash), uint64(h.hash) + slots*slotSize + exports*(keySize+exportSize)})
	}
	start, end := uint64(h.strings), uint64(len(r.data))
	if start > end {
		if err := r.problem(40, "header", "string table begins at %#x of the section, which ends at %#x", start, end); err != nil {
			return err
		}
		start = end
	}
	for _, t := range tables {
		if t.start >= start {
			end = min(end, t.start)
		}
	}
	r.names = newNames(r.data[start:end])
	if start < end {
		tables = append(tables, table{"string table", start, end})
	}
	slices.SortStableFunc(tables, func(a, b table) int { return cmp.Compare(a.start, b.start) })
	for i, t := range tables[1:] {
		if before := tables[i]; t.start < before.end {
			if err := r.problem(t.start, t.name, "start at %#x of the section lies within the %s, up to %#x", t.start, before.name, before.end); err != nil {
				return err
			}
		}
	}
	return nil
}

// readLibraries reads the imported libraries and gives each the symbols that it
// claims.
func (r *loaderReader) readLibraries(off, n, imports uint64) error {
	l := &r.loader
	l.Imports = make([]Import, imports)
	for i := range l.Imports {
		l.Imports[i].Library = -1
	}
	for i := range n {
		at := off + i*librarySize
		item := func() string { return fmt.Sprintf("imported library %d", i) }
		lib := Library{OldImpVersion: Version(r.u32(at + 4)), CurrentVersion: Version(r.u32(at + 8)), Options: LibraryOptions(r.u8(at + 20))}
		name, fault := r.names.cstring(uint64(r.u32(at)))
		if fault != "" {
			if err := r.problem(at, item(), "name %s", fault); err != nil {
				return err
			}
		}
		lib.Name = name
		l.Libraries = append(l.Libraries, lib)
		count, first := uint64(r.u32(at+12)), uint64(r.u32(at+16))
		if count > 0 && first+count > imports {
			if err := r.problem(at+12, item(), "has the imports %d–%d, but there are %d", first, first+count-1, imports); err != nil {
				return err
			}
			count = imports - min(first, imports)
		}
		for j := first; j < first+count; j++ {
			if owner := l.Imports[j].Library; owner >= 0 {
				if err := r.problem(at+12, item(), "has import %d, which library %d has already", j, owner); err != nil {
					return err
				}
				break
			}
			l.Imports[j].Library = int(i)
		}
	}
	return nil
}

// readImports reads the imported symbols.
func (r *loaderReader) readImports(off, n uint64) error {
	for i := range n {
		at := off + i*importSize
		word, imp := r.u32(at), &r.loader.Imports[i]
		class := uint8(word >> 24)
		imp.Class, imp.Weak = SymbolClass(class&^weakSymbol), class&weakSymbol != 0
		name, fault := r.names.cstring(uint64(word & maxNameOffset))
		imp.Name = name
		if fault != "" {
			fault = "name " + fault
		} else if imp.Library < 0 {
			fault = "belongs to no library"
		}
		if fault != "" {
			if err := r.problem(at, fmt.Sprintf("import %d", i), "%s", fault); err != nil {
				return err
			}
		}
	}
	return nil
}

// readPrograms decodes the relocation programs.
func (r *loaderReader) readPrograms(programs []program) error {
	for i, p := range programs {
		decoded, err := DecodeProgram(r.data[p.off : p.off+p.chunks*chunkSize])
		if err != nil {
			fe := err.(*FormatError)
			if err := r.problem(p.off+uint64(fe.Offset), fmt.Sprintf("relocations %d: %s", i, fe.Item), "%s", fe.Msg); err != nil {
				return err
			}
		}
		r.loader.Relocations = append(r.loader.Relocations, Relocations{p.section, decoded, r.base + int64(p.off)})
	}
	return nil
}

// readExports reads the hash table, keys and exports.
func (r *loaderReader) readExports(h loaderOffsets, slots, n uint64) error {
	if n == 0 {
		return nil
	}
	l := &r.loader
	slotTable := uint64(h.hash)
	keyTable := slotTable + slots*slotSize
	exportTable := keyTable + uint64(h.exports)*keySize
	l.Hash.Power = int(h.hashPower)
	l.Hash.Slots = make([]Slot, 0, slots)
	for i := range slots {
		at := slotTable + i*slotSize
		word := r.u32(at)
		s := Slot{int(word & maxSlotFirst), int(word >> 18)}
		if s.Count > 0 && uint64(s.First+s.Count) > n {
			if err := r.problem(at, fmt.Sprintf("export hash slot %d", i), "has the exports %d–%d, but there are %d", s.First, s.First+s.Count-1, n); err != nil {
				return err
			}
			s.First = min(s.First, int(n))
			s.Count = min(s.Count, int(n)-s.First)
		}
		l.Hash.Slots = append(l.Hash.Slots, s)
	}
	l.Exports = make([]Export, 0, n)
	l.Hash.Keys = make([]uint32, 0, n)
	for i := range n {
		at := exportTable + i*exportSize
		key, word := r.u32(keyTable+i*keySize), r.u32(at)
		e := Export{Class: SymbolClass(word >> 24), Value: r.u32(at + 4), Section: int(int16(r.u16(at + 8)))}
		var fault string
		if e.Name, fault = r.names.counted(uint64(word&maxNameOffset), uint64(key>>16)); fault != "" {
			fault = "name " + fault
		} else {
			fault = r.keyFault(int(i), e, key)
		}
		if f := r.placeFault(e); f != "" {
			fault, e.Section = f, -1
		}
		if fault != "" {
			if err := r.problem(at, fmt.Sprintf("export %d", i), "%s", fault); err != nil {
				return err
			}
		}
		l.Exports = append(l.Exports, e)
		l.Hash.Keys = append(l.Hash.Keys, key)
	}
	return nil
}

// placeFault says what is wrong with where an export is, if anything is.
func (r *loaderReader) placeFault(e Export) string {
	switch n := len(r.loader.Imports); {
	case e.Section == ReexportedImport && int64(e.Value) >= int64(n):
		return fmt.Sprintf("re-exports import %d of %d", e.Value, n)
	case e.Section < 0 && e.Section != ReexportedImport && e.Section != AbsoluteExport:
		return fmt.Sprintf("section %d has no meaning", e.Section)
	case e.Section >= r.Instantiated:
		return fmt.Sprintf("is in section %d, but %d are instantiated", e.Section, r.Instantiated)
	}
	return ""
}

// keyFault says what is wrong with the key of export i, if anything is.
func (r *loaderReader) keyFault(i int, e Export, key uint32) string {
	index := HashIndex(key, r.loader.Hash.Power)
	slot := r.loader.Hash.Slots[index]
	switch {
	case key != HashWord(e.Name):
		return fmt.Sprintf("key is %#08x, but the hash word of %q is %#08x", key, e.Name, HashWord(e.Name))
	case i < slot.First || i >= slot.First+slot.Count:
		return fmt.Sprintf("is not among those of slot %d, which its key selects", index)
	}
	return ""
}

// names is a string table. Texts share its memory, and all together are no
// longer than bin.MaxRead: a small table of which many records take large parts
// would otherwise grow without bound when these are written out.
type names struct {
	text   string
	last   int // where its last NUL is, -1 if it has none
	budget int
}

func newNames(b []byte) *names {
	text := string(b)
	return &names{text, strings.LastIndexByte(text, 0), bin.MaxRead}
}

// cstring returns the text at off, which a NUL ends, or says what is wrong.
func (n *names) cstring(off uint64) (text, fault string) {
	if off >= uint64(len(n.text)) {
		return "", fmt.Sprintf("is at %d of a string table of %d bytes", off, len(n.text))
	}
	if int64(off) > int64(n.last) {
		return "", "does not end before its string table does"
	}
	end := strings.IndexByte(n.text[off:min(off+uint64(n.budget)+1, uint64(len(n.text)))], 0)
	if end < 0 {
		end = n.budget + 1
	}
	return n.take(off, uint64(end))
}

// counted returns the text of n bytes at off, or says what is wrong.
func (n *names) counted(off, length uint64) (text, fault string) {
	if size := uint64(len(n.text)); off > size || length > size-off {
		return "", fmt.Sprintf("is %d bytes at %d of a string table of %d bytes", length, off, len(n.text))
	}
	return n.take(off, length)
}

func (n *names) take(off, length uint64) (text, fault string) {
	if length > uint64(n.budget) {
		return "", fmt.Sprintf("and those before it are more than %d bytes", bin.MaxRead)
	}
	n.budget -= int(length)
	return n.text[off : off+length], ""
}
