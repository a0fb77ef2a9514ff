package pef

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Fragment is all that is in a container, as plain data to be built or changed.
type Fragment struct {
	Header
	Sections []FragmentSection // those with an instance first
	Loader   *Loader           // its Hash is not used: Encode makes it
}

// FragmentSection is one section of a Fragment.
type FragmentSection struct {
	Name           string
	Kind           SectionKind
	Share          ShareKind
	Alignment      uint8 // log 2 of bytes, at most 31
	DefaultAddress uint32
	Data           []byte // expanded; nothing for the loader section, which is Loader's
	Zeros          uint32 // bytes of the instance after Data
}

// Fragment reads and expands all sections. Changes to the result do not show in
// the container. All sections together may have no more than MaxSection bytes.
func (c *Container) Fragment() (*Fragment, error) {
	f := &Fragment{Header: c.Header}
	budget := MaxSection
	for _, s := range c.Sections {
		fs := FragmentSection{Name: s.Name, Kind: s.Kind, Share: s.Share, Alignment: s.Alignment, DefaultAddress: s.DefaultAddress}
		if s.Kind != LoaderSection {
			var err error
			if fs.Data, err = s.Data(); err != nil {
				return nil, err
			}
			if budget -= len(fs.Data); budget < 0 {
				return nil, s.view.Errorf(s.item(), uint64(headerSize+sectionHeaderSize*s.Index), "contents and those of sections before it are more than %d bytes", MaxSection)
			}
		}
		if s.Kind.Instantiated() {
			fs.Zeros = s.TotalLength - s.UnpackedLength
		}
		f.Sections = append(f.Sections, fs)
	}
	if l := c.Loader; l != nil {
		f.Loader = &Loader{clone(l.Main), clone(l.Init), clone(l.Term), slices.Clone(l.Libraries), slices.Clone(l.Imports),
			nil, slices.Clone(l.Exports), HashTable{}}
		for _, r := range l.Relocations {
			f.Loader.Relocations = append(f.Loader.Relocations, Relocations{Section: r.Section, Program: slices.Clone(r.Program)})
		}
	}
	return f, nil
}

func clone(e *Entry) *Entry {
	if e == nil {
		return nil
	}
	copied := *e
	return &copied
}

// Encode returns a file of one container for each fragment. What a container
// cannot hold is an error.
//
// Exports come back in another order, that of their hash table, if they were
// not in it.
func Encode(fragments ...*Fragment) ([]byte, error) {
	var file []byte
	for i, f := range fragments {
		b, err := f.encode()
		if err != nil {
			return nil, fmt.Errorf("fragment %d: %w", i, err)
		}
		file = append(pad(file, containerAlignment), b...)
	}
	return file, nil
}

// pad appends zeros up to a multiple of n bytes.
func pad(b []byte, n int) []byte {
	return append(b, make([]byte, (n-len(b)%n)%n)...)
}

func (f *Fragment) encode() ([]byte, error) {
	be := binary.BigEndian
	instantiated, err := f.check()
	if err != nil {
		return nil, err
	}
	b := []byte(tag)
	for _, word := range []uint32{uint32(f.Architecture), formatVersion, uint32(f.Date), uint32(f.OldDefVersion), uint32(f.OldImpVersion), uint32(f.CurrentVersion)} {
		b = be.AppendUint32(b, word)
	}
	b = be.AppendUint16(b, uint16(len(f.Sections)))
	b = be.AppendUint16(b, uint16(instantiated))
	b = be.AppendUint32(b, 0)

	headers := len(b)
	b = append(b, make([]byte, sectionHeaderSize*len(f.Sections))...)
	nameTable := len(b)
	for i, s := range f.Sections {
		off := uint32(math.MaxUint32)
		if s.Name != "" {
			off = uint32(len(b) - nameTable)
			b = append(append(b, s.Name...), 0)
		}
		be.PutUint32(b[headers+sectionHeaderSize*i:], off)
	}
	for i, s := range f.Sections {
		stored := s.Data
		switch s.Kind {
		case PackedDataSection:
			stored = Pack(s.Data)
		case LoaderSection:
			if stored, err = f.Loader.encode(instantiated); err != nil {
				return nil, fmt.Errorf("loader section: %w", err)
			}
			s.Data = stored
		}
		b = pad(b, containerAlignment)
		h := b[headers+sectionHeaderSize*i:]
		for j, word := range []int{int(s.DefaultAddress), len(s.Data) + int(s.Zeros), len(s.Data), len(stored), len(b)} {
			if word > math.MaxUint32 {
				return nil, fmt.Errorf("section %d ends beyond 4 GiB", i)
			}
			be.PutUint32(h[4+4*j:], uint32(word))
		}
		h[24], h[25], h[26] = byte(s.Kind), byte(s.Share), s.Alignment
		b = append(b, stored...)
	}
	return b, nil
}

// check sees that sections can be written and returns how many have an
// instance.
func (f *Fragment) check() (instantiated int, err error) {
	if len(f.Sections) > math.MaxUint16 {
		return 0, fmt.Errorf("%d sections are more than %d", len(f.Sections), math.MaxUint16)
	}
	loaders, names := 0, 0
	for i, s := range f.Sections {
		fault := ""
		names += len(s.Name) + 1
		switch {
		case s.Kind.Instantiated() && i > instantiated:
			fault = fmt.Sprintf("%v section has an instance, but follows one that has none", s.Kind)
		case s.Kind.Instantiated():
			instantiated++
		case s.Zeros > 0:
			fault = fmt.Sprintf("%v section has no instance to fill with %d zeros", s.Kind, s.Zeros)
		case s.Kind == LoaderSection && len(s.Data) > 0:
			fault = "data of the loader section is made from Loader, but there is some already"
		case s.Kind == LoaderSection && f.Loader == nil:
			fault = "there is no Loader for the loader section"
		case s.Kind == LoaderSection:
			loaders++
		}
		switch {
		case fault != "":
		case strings.IndexByte(s.Name, 0) >= 0:
			fault = fmt.Sprintf("name %q has a NUL", s.Name)
		case s.Alignment > 31:
			fault = fmt.Sprintf("alignment 2 to the power of %d is more than 31", s.Alignment)
		case len(s.Data) > MaxSection:
			fault = fmt.Sprintf("%d bytes are more than %d", len(s.Data), MaxSection)
		case names > maxSectionNames:
			fault = fmt.Sprintf("name and those before it are more than %d bytes", maxSectionNames)
		}
		if fault != "" {
			return 0, fmt.Errorf("section %d: %s", i, fault)
		}
	}
	if f.Loader != nil && loaders != 1 {
		return 0, fmt.Errorf("there is a Loader and %d loader sections, not 1", loaders)
	}
	return instantiated, nil
}

// loaderWriter collects the strings of a loader section.
type loaderWriter struct {
	strings []byte
	at      map[string]uint32
}

// name returns where a name is in the string table. It ends with a NUL, though
// exports do not need it.
func (w *loaderWriter) name(s string) (uint32, error) {
	if strings.IndexByte(s, 0) >= 0 {
		return 0, fmt.Errorf("name %q has a NUL", s)
	}
	if len(s) > maxNameHash {
		return 0, fmt.Errorf("name of %d bytes is longer than %d", len(s), maxNameHash)
	}
	if at, ok := w.at[s]; ok {
		return at, nil
	}
	at := uint32(len(w.strings))
	if at > maxNameOffset {
		return 0, fmt.Errorf("name begins at %d of the string table, beyond %d", at, maxNameOffset)
	}
	w.strings = append(append(w.strings, s...), 0)
	w.at[s] = at
	return at, nil
}

// encode returns the contents of a loader section.
func (l *Loader) encode(instantiated int) ([]byte, error) {
	be := binary.BigEndian
	w := &loaderWriter{at: map[string]uint32{}}
	var header []byte
	for i, e := range []*Entry{l.Main, l.Init, l.Term} {
		switch {
		case e == nil:
			e = &Entry{Section: -1}
		case e.Section < 0 || e.Section >= instantiated:
			return nil, fmt.Errorf("%s is in section %d, but %d have an instance", [...]string{"main", "init", "term"}[i], e.Section, instantiated)
		}
		header = be.AppendUint32(be.AppendUint32(header, uint32(int32(e.Section))), e.Offset)
	}
	libraries, imports, err := l.encodeImports(w)
	if err != nil {
		return nil, err
	}
	relocations, programs, err := l.encodeRelocations(instantiated)
	if err != nil {
		return nil, err
	}
	slots, keys, exports, err := l.encodeExports(w, instantiated)
	if err != nil {
		return nil, err
	}
	tables := [][]byte{libraries, imports, relocations, programs, w.strings, slots, keys, exports}
	offsets := make([]uint32, len(tables))
	size := loaderHeaderSize
	for i, t := range tables {
		if i == 5 { // the first table of words after the strings
			size = (size + 3) &^ 3
		}
		offsets[i] = uint32(size)
		size += len(t)
	}
	if size > MaxSection {
		return nil, fmt.Errorf("%d bytes are more than %d", size, MaxSection)
	}
	for _, word := range []uint32{uint32(len(l.Libraries)), uint32(len(l.Imports)), uint32(len(l.Relocations)),
		offsets[3], offsets[4], offsets[5], uint32(hashPower(len(l.Exports))), uint32(len(l.Exports))} {
		header = be.AppendUint32(header, word)
	}
	b := header
	for i, t := range tables {
		b = append(append(b, make([]byte, int(offsets[i])-len(b))...), t...)
	}
	return b, nil
}

// encodeImports returns the tables of imported libraries and symbols.
func (l *Loader) encodeImports(w *loaderWriter) (libraries, imports []byte, err error) {
	be := binary.BigEndian
	first, count := make([]uint32, len(l.Libraries)), make([]uint32, len(l.Libraries))
	for i, imp := range l.Imports {
		fail := func(format string, args ...any) ([]byte, []byte, error) {
			return nil, nil, fmt.Errorf("import %d: "+format, append([]any{i}, args...)...)
		}
		if imp.Library < 0 || imp.Library >= len(l.Libraries) {
			return fail("library %d is not one of %d", imp.Library, len(l.Libraries))
		}
		if imp.Class&weakSymbol != 0 {
			return fail("class %#x is more than %#x", uint8(imp.Class), weakSymbol-1)
		}
		switch n := &count[imp.Library]; {
		case *n == 0:
			first[imp.Library] = uint32(i)
		case first[imp.Library]+*n != uint32(i):
			return fail("does not follow the other imports of library %d", imp.Library)
		}
		count[imp.Library]++
		at, err := w.name(imp.Name)
		if err != nil {
			return fail("%w", err)
		}
		class := uint32(imp.Class)
		if imp.Weak {
			class |= weakSymbol
		}
		imports = be.AppendUint32(imports, class<<24|at)
	}
	for i, lib := range l.Libraries {
		at, err := w.name(lib.Name)
		if err != nil {
			return nil, nil, fmt.Errorf("imported library %d: %w", i, err)
		}
		for _, word := range []uint32{at, uint32(lib.OldImpVersion), uint32(lib.CurrentVersion), count[i], first[i], uint32(lib.Options) << 24} {
			libraries = be.AppendUint32(libraries, word)
		}
	}
	return libraries, imports, nil
}

// encodeRelocations returns the table of relocation headers and the programs.
func (l *Loader) encodeRelocations(instantiated int) (headers, programs []byte, err error) {
	be := binary.BigEndian
	for i, r := range l.Relocations {
		if r.Section < 0 || r.Section >= instantiated {
			return nil, nil, fmt.Errorf("relocations %d: are for section %d, but %d have an instance", i, r.Section, instantiated)
		}
		b, err := r.Program.Encode()
		if err != nil {
			return nil, nil, fmt.Errorf("relocations %d: %w", i, err)
		}
		headers = be.AppendUint32(headers, uint32(r.Section)<<16)
		headers = be.AppendUint32(headers, uint32(len(b)/chunkSize))
		headers = be.AppendUint32(headers, uint32(len(programs)))
		programs = append(programs, b...)
	}
	return headers, programs, nil
}

// encodeExports returns the export hash table, the keys and the exports.
func (l *Loader) encodeExports(w *loaderWriter, instantiated int) (slots, keys, exports []byte, err error) {
	be := binary.BigEndian
	if len(l.Exports) > maxSlotFirst+1 {
		return nil, nil, nil, fmt.Errorf("%d exports are more than %d", len(l.Exports), maxSlotFirst+1)
	}
	names := make([]string, len(l.Exports))
	for i, e := range l.Exports {
		names[i] = e.Name
	}
	table, order := newHashTable(names)
	for i, s := range table.Slots {
		if s.Count > maxSlotCount {
			return nil, nil, nil, fmt.Errorf("export hash slot %d: %d exports are more than %d", i, s.Count, maxSlotCount)
		}
		if s.Count == 0 {
			s.First = 0 // may be one more than fits
		}
		slots = be.AppendUint32(slots, uint32(s.Count)<<18|uint32(s.First))
	}
	for at, i := range order {
		e := l.Exports[i]
		fail := func(format string, args ...any) ([]byte, []byte, []byte, error) {
			return nil, nil, nil, fmt.Errorf("export %d: "+format, append([]any{i}, args...)...)
		}
		switch {
		case e.Section == ReexportedImport && int64(e.Value) >= int64(len(l.Imports)):
			return fail("re-exports import %d of %d", e.Value, len(l.Imports))
		case e.Section != AbsoluteExport && e.Section != ReexportedImport && (e.Section < 0 || e.Section >= instantiated || e.Section > math.MaxInt16):
			return fail("is in section %d, but %d have an instance", e.Section, instantiated)
		}
		name, err := w.name(e.Name)
		if err != nil {
			return fail("%w", err)
		}
		keys = be.AppendUint32(keys, table.Keys[at])
		exports = be.AppendUint32(exports, uint32(e.Class)<<24|name)
		exports = be.AppendUint32(exports, e.Value)
		exports = be.AppendUint16(exports, uint16(int16(e.Section)))
	}
	return slots, keys, exports, nil
}
