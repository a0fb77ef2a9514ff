package pef

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/crossplug/crossplug/internal/bin"
)

// MaxSection is the most bytes that the stored or the expanded contents of one
// section may have.
const MaxSection = bin.MaxRead

// Options say how strictly to read. The zero value refuses all that breaks the
// rules of the format.
type Options struct {
	// Tolerate, if not nil, is told of each broken rule that reading can get
	// past, and how: what is too long is cut off, what is missing is zero,
	// what points nowhere is left out. Errors are as without it, one for each
	// problem. It is called by whichever goroutine reads.
	Tolerate func(problem error)
}

// tolerate returns nil if a problem is to be got past.
func (o Options) tolerate(problem error) error {
	if o.Tolerate == nil {
		return problem
	}
	o.Tolerate(problem)
	return nil
}

// File is a file of one or more containers.
type File struct {
	Containers []*Container // in the order in which they lie
	closer     io.Closer
}

// Open opens the file and reads the headers of all its containers. Errors begin
// with the file's name.
func Open(path string, o Options) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if tolerate := o.Tolerate; tolerate != nil {
		o.Tolerate = func(problem error) { tolerate(fmt.Errorf("%s: %w", path, problem)) }
	}
	info, err := f.Stat()
	if err == nil {
		var file *File
		if file, err = NewFile(f, info.Size(), o); err == nil {
			file.closer = f
			return file, nil
		}
		err = fmt.Errorf("%s: %w", path, err)
	}
	return nil, errors.Join(err, f.Close())
}

// NewFile reads the headers of all containers in the size bytes of r. They are
// looked for at multiples of 16 bytes, where linkers put them; there must be
// one at least. If r may be used by several goroutines, so may the File and all
// that is in it.
func NewFile(r io.ReaderAt, size int64, o Options) (*File, error) {
	v := bin.NewView(r, 0, size)
	f := &File{}
	for off := uint64(0); ; {
		at, err := findContainer(v, off)
		if err != nil {
			return nil, err
		}
		if at >= uint64(v.Size()) {
			break
		}
		c, err := read(v.Part(at, uint64(v.Size())), o)
		if err == nil {
			f.Containers = append(f.Containers, c)
			off = at + uint64(c.Size)
			continue
		}
		if err = o.tolerate(err); err != nil {
			return nil, err
		}
		off = at + containerAlignment
	}
	if len(f.Containers) == 0 {
		return nil, v.Errorf("file", 0, "holds no PEF container: %q is nowhere in its %d bytes", tag, v.Size())
	}
	return f, nil
}

// Close closes the file if Open opened it.
func (f *File) Close() error {
	if f.closer == nil {
		return nil
	}
	return f.closer.Close()
}

// findContainer returns where the first container at or after off begins, or
// the size of v if none does.
func findContainer(v bin.View, off uint64) (uint64, error) {
	size := uint64(v.Size())
	off = (off + containerAlignment - 1) / containerAlignment * containerAlignment
	for step := uint64(256); off < size; off += step {
		step = min(2*step, 1<<20) // most begin close by
		b, err := v.Bytes("file", off, min(step, size-off))
		if err != nil {
			return 0, err
		}
		for i := 0; i < len(b); i += containerAlignment {
			if bytes.HasPrefix(b[i:], []byte(tag)) {
				return off + uint64(i), nil
			}
		}
	}
	return size, nil
}

// Header is what the header of a container says, except for counts.
type Header struct {
	Architecture   Architecture
	Date           Date    // when it was made
	OldDefVersion  Version // oldest version that clients may have been built with
	OldImpVersion  Version // oldest version that clients built with this one can do with
	CurrentVersion Version
}

// Container is one PEF container. It does not change, and may be used by
// several goroutines if its reader may.
type Container struct {
	Header
	Offset       int64 // in the file
	Size         int64 // to the end of the last of its headers and sections
	Sections     []*Section
	Instantiated int     // how many of Sections, from the first, have an instance in memory
	Loader       *Loader // what the loader section says, nil if there is none

	options Options
}

// Section is one section of a container.
type Section struct {
	Index           int // among the container's sections
	Name            string
	Kind            SectionKind
	Share           ShareKind
	Alignment       uint8  // of the instance: log 2 of bytes, at most 31
	DefaultAddress  uint32 // the address that the contents have been relocated to, mostly 0
	TotalLength     uint32 // of the instance, in bytes; what follows the first UnpackedLength is zero
	UnpackedLength  uint32 // of the contents when expanded
	ContainerLength uint32 // of the contents as stored
	ContainerOffset uint32 // of the contents, from the start of the container

	view    bin.View // of the container
	options Options
}

// Read reads the headers of the container that begins at off in r. The
// container may be any part of the size bytes there.
func Read(r io.ReaderAt, off, size int64, o Options) (*Container, error) {
	return read(bin.NewView(r, off, size), o)
}

func read(v bin.View, o Options) (*Container, error) {
	h := v.Cursor("PEF header", 0, headerSize, binary.BigEndian)
	if got := h.Bytes(uint64(len(tag))); got != nil && string(got) != tag {
		return nil, v.Errorf("PEF header", 0, "begins with %q, not %q", got, tag)
	}
	c := &Container{Offset: v.Base(), options: o}
	c.Architecture = Architecture(h.U32())
	version := h.U32()
	c.Date = Date(h.U32())
	c.OldDefVersion, c.OldImpVersion, c.CurrentVersion = Version(h.U32()), Version(h.U32()), Version(h.U32())
	n := uint64(h.U16())
	instantiated := uint64(h.U16())
	if h.Err() != nil {
		return nil, h.Err()
	}
	if version != formatVersion {
		return nil, v.Errorf("PEF header", 12, "format version is %d, not %d", version, formatVersion)
	}
	if c.Architecture != PowerPC && c.Architecture != M68K {
		if err := o.tolerate(v.Errorf("PEF header", 8, "architecture %v is neither pwpc nor m68k", c.Architecture)); err != nil {
			return nil, err
		}
	}
	if !v.Has(headerSize, n*sectionHeaderSize) {
		fit := (uint64(v.Size()) - headerSize) / sectionHeaderSize
		if err := o.tolerate(v.Errorf("PEF header", 32, "claims %d sections, but their headers end after %d; the file is truncated", n, fit)); err != nil {
			return nil, err
		}
		n = fit
	}
	if instantiated > n {
		if err := o.tolerate(v.Errorf("PEF header", 34, "%d sections are instantiated, but there are %d", instantiated, n)); err != nil {
			return nil, err
		}
		instantiated = n
	}
	c.Instantiated = int(instantiated)
	if err := c.readSections(v, n); err != nil {
		return nil, err
	}
	if err := c.readLoader(v); err != nil {
		return nil, err
	}
	return c, nil
}

// readSections reads the headers of n sections, which are there.
func (c *Container) readSections(v bin.View, n uint64) error {
	h := v.Cursor("PEF section headers", headerSize, n*sectionHeaderSize, binary.BigEndian)
	nameOffsets := make([]uint32, 0, n)
	end := headerSize + n*sectionHeaderSize
	for i := range int(n) {
		s := &Section{Index: i, view: v, options: c.options}
		nameOffsets = append(nameOffsets, h.U32())
		s.DefaultAddress = h.U32()
		s.TotalLength, s.UnpackedLength = h.U32(), h.U32()
		s.ContainerLength, s.ContainerOffset = h.U32(), h.U32()
		s.Kind, s.Share, s.Alignment = SectionKind(h.U8()), ShareKind(h.U8()), h.U8()
		h.Skip(1)
		if h.Err() != nil {
			return h.Err()
		}
		if err := c.checkSection(s); err != nil {
			return err
		}
		if s.ContainerLength > 0 {
			end = max(end, uint64(s.ContainerOffset)+uint64(s.ContainerLength))
		}
		c.Sections = append(c.Sections, s)
	}
	c.Size = int64(end)
	if err := c.checkOverlaps(v); err != nil {
		return err
	}
	return c.readNames(v, nameOffsets)
}

// checkSection compares what one header says, and mends it.
func (c *Container) checkSection(s *Section) error {
	if !s.view.Has(uint64(s.ContainerOffset), uint64(s.ContainerLength)) {
		if err := s.tolerate("contents lie at %#x–%#x of the container, but the file ends %#x bytes after its start; it is truncated",
			s.ContainerOffset, uint64(s.ContainerOffset)+uint64(s.ContainerLength), s.view.Size()); err != nil {
			return err
		}
		size := uint64(s.view.Size())
		s.ContainerOffset = uint32(min(uint64(s.ContainerOffset), size))
		s.ContainerLength = uint32(min(uint64(s.ContainerLength), size-uint64(s.ContainerOffset)))
	}
	if s.Index < c.Instantiated && s.UnpackedLength > s.TotalLength {
		if err := s.tolerate("contents are %d bytes long when expanded, but the instance has %d", s.UnpackedLength, s.TotalLength); err != nil {
			return err
		}
		s.UnpackedLength = s.TotalLength
	}
	if s.Index < c.Instantiated && s.Kind >= LoaderSection && s.Kind <= TracebackSection && !s.Kind.Instantiated() {
		if err := s.tolerate("is among the %d instantiated sections, but a %v section has no instance", c.Instantiated, s.Kind); err != nil {
			return err
		}
	}
	if s.Alignment > 31 {
		if err := s.tolerate("alignment is 2 to the power of %d; at most 31 is possible", s.Alignment); err != nil {
			return err
		}
		s.Alignment = 4
	}
	return nil
}

// checkOverlaps sees that no byte has two uses: the same few could otherwise
// stand for any number of large sections.
func (c *Container) checkOverlaps(v bin.View) error {
	order := slices.DeleteFunc(slices.Clone(c.Sections), func(s *Section) bool { return s.ContainerLength == 0 })
	slices.SortStableFunc(order, func(a, b *Section) int { return cmp.Compare(a.ContainerOffset, b.ContainerOffset) })
	end, before := uint64(headerSize+sectionHeaderSize*len(c.Sections)), "the headers"
	for _, s := range order {
		if uint64(s.ContainerOffset) < end {
			if err := s.tolerate("contents at %#x of the container lie within %s, up to %#x", s.ContainerOffset, before, end); err != nil {
				return err
			}
		}
		if e := uint64(s.ContainerOffset) + uint64(s.ContainerLength); e > end {
			end, before = e, s.item()
		}
	}
	return nil
}

// maxSectionNames bounds the section name table.
const maxSectionNames = 1 << 20

// readNames reads the names of sections, if they have any. Their table ends
// where the contents of a section begin.
func (c *Container) readNames(v bin.View, offsets []uint32) error {
	const none = 0xffffffff
	if !slices.ContainsFunc(offsets, func(o uint32) bool { return o != none }) {
		return nil
	}
	start := uint64(headerSize + sectionHeaderSize*len(c.Sections))
	end := min(uint64(v.Size()), start+maxSectionNames)
	for _, s := range c.Sections {
		if s.ContainerLength > 0 && uint64(s.ContainerOffset) >= start {
			end = min(end, uint64(s.ContainerOffset))
		}
	}
	b, err := v.Bytes("section name table", start, end-start)
	if err != nil {
		return err
	}
	names := newNames(b)
	for i, off := range offsets {
		if off == none {
			continue
		}
		s, fault := c.Sections[i], ""
		if s.Name, fault = names.cstring(uint64(off)); fault != "" {
			if err := s.tolerate("name %s", fault); err != nil {
				return err
			}
		}
	}
	return nil
}

// item is what errors call the section.
func (s *Section) item() string { return fmt.Sprintf("section %d", s.Index) }

// tolerate reports a problem with the section's header.
func (s *Section) tolerate(format string, args ...any) error {
	return s.options.tolerate(s.view.Errorf(s.item(), uint64(headerSize+sectionHeaderSize*s.Index), format, args...))
}

// Raw returns the contents as they are stored: ContainerLength bytes.
func (s *Section) Raw() ([]byte, error) {
	return s.view.Bytes(s.item(), uint64(s.ContainerOffset), uint64(s.ContainerLength))
}

// Data returns the contents, expanded if they are packed: UnpackedLength bytes
// if the section has an instance, otherwise all that is stored.
//
// Contents that expand to more or less than UnpackedLength are an error, or are
// cut off or filled up with zeros if that is tolerated. More than MaxSection
// bytes are always an error.
func (s *Section) Data() ([]byte, error) {
	if !s.Kind.Instantiated() {
		return s.Raw()
	}
	if s.UnpackedLength > MaxSection {
		return nil, s.view.Errorf(s.item(), uint64(headerSize+sectionHeaderSize*s.Index), "contents are %d bytes long when expanded; at most %d are read", s.UnpackedLength, MaxSection)
	}
	return s.appendData(nil)
}

// Load makes mem the initial instance of the section: its contents, then zeros.
// It must be TotalLength bytes long; make sure that this is a number you can
// afford before you make it so. The instance is not relocated.
func (s *Section) Load(mem []byte) error {
	if uint64(len(mem)) != uint64(s.TotalLength) {
		return fmt.Errorf("%s: an instance has %d bytes, not %d", s.item(), s.TotalLength, len(mem))
	}
	data, err := s.appendData(mem[:0:min(uint64(len(mem)), uint64(s.UnpackedLength))])
	if err != nil {
		return err
	}
	clear(mem[len(data):])
	return nil
}

// appendData appends UnpackedLength bytes of contents to dst, in place if there
// is room for them.
func (s *Section) appendData(dst []byte) ([]byte, error) {
	raw, err := s.Raw()
	if err != nil {
		return nil, err
	}
	limit := uint64(s.UnpackedLength)
	switch {
	case s.Kind == PackedDataSection:
		if dst, err = s.unpack(dst, raw, limit); err != nil {
			return nil, err
		}
	case uint64(len(raw)) > limit:
		if err := s.tolerate("contents are %d bytes long, but stored as %d", limit, len(raw)); err != nil {
			return nil, err
		}
		dst = append(dst, raw[:limit]...)
	default:
		dst = append(dst, raw...)
	}
	if missing := limit - uint64(len(dst)); missing > 0 {
		if err := s.tolerate("contents are %d bytes long, but only %d are stored", limit, len(dst)); err != nil {
			return nil, err
		}
		dst = append(dst, make([]byte, missing)...)
	}
	return dst, nil
}

// unpack appends what packed expands to, but no more than makes dst limit bytes
// long.
func (s *Section) unpack(dst, packed []byte, limit uint64) ([]byte, error) {
	i := 0
	for p, err := range Patterns(packed) {
		tooLong := err == nil && p.Size() > limit-uint64(len(dst))
		if tooLong {
			err = &FormatError{Offset: int64(p.Offset), Msg: fmt.Sprintf("expands to %d bytes after %d, but the contents are %d bytes long", p.Size(), len(dst), limit)}
		}
		if err != nil {
			fe := err.(*FormatError)
			fe.Offset += s.view.Base() + int64(s.ContainerOffset)
			fe.Item = fmt.Sprintf("%s: pattern %d", s.item(), i)
			if err := s.options.tolerate(fe); err != nil {
				return nil, err
			}
		}
		dst = p.appendTo(dst, limit)
		if tooLong {
			break
		}
		i++
	}
	return dst, nil
}

// Stub says whether the container is only a definition of a library, for
// linkers: all that it exports is at the absolute address 0. To resolve imports
// against it would make null pointers of them.
func (c *Container) Stub() bool {
	if c.Loader == nil || len(c.Loader.Exports) == 0 {
		return false
	}
	for _, e := range c.Loader.Exports {
		if e.Section != AbsoluteExport || e.Value != 0 {
			return false
		}
	}
	return true
}
