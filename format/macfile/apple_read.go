package macfile

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/crossplug/crossplug/internal/bin"
)

// maxText is the most that is read of a name or comment; the Finder's comments
// have at most 199 bytes.
const maxText = 4096

// entry is a part of an AppleSingle or AppleDouble file.
type entry struct {
	id       entryID
	off, len uint64
	item     string // for errors
}

// readApple reads the data fork as an AppleSingle or AppleDouble file.
func (f *File) readApple(head []byte) (bool, error) {
	if len(head) < 4 {
		return false, nil
	}
	from := f.Data
	wrapping := AppleSingle
	switch bigEndian.Uint32(head) {
	case singleMagic:
	case doubleMagic:
		wrapping = AppleDouble
	default:
		return false, nil
	}
	entries, err := f.appleEntries(from, wrapping)
	if err != nil {
		return false, err
	}
	f.Wrappings = append(f.Wrappings, wrapping)
	f.Data = empty()
	for _, e := range entries {
		switch e.id {
		case dataEntry:
			f.Data = f.part(from, e.item, e.off, e.len)
		case resourceEntry:
			f.Resource = f.part(from, e.item, e.off, e.len)
		case nameEntry:
			f.Name = bin.MacRoman(f.appleBytes(from, e, maxText))
		case commentEntry:
			f.Comment = bin.MacRoman(f.appleBytes(from, e, maxText))
		case datesEntry:
			if b := f.appleBytes(from, e, 16); len(b) >= 8 {
				f.Created, f.Modified = from2000(int32(bigEndian.Uint32(b))), from2000(int32(bigEndian.Uint32(b[4:])))
			}
		case finderEntry:
			f.Finder = DecodeFinderInfo(f.appleBytes(from, e, FinderInfoSize))
		}
	}
	return true, nil
}

// appleEntries reads the header. The first entry of each kind counts.
func (f *File) appleEntries(from *io.SectionReader, wrapping Wrapping) ([]entry, error) {
	c := view(from).Cursor(wrapping.String()+" header", 0, appleHeader, bigEndian)
	c.Skip(4)
	version := c.U32()
	c.Skip(16)
	count := uint64(c.U16())
	if c.Err() != nil {
		return nil, c.Err()
	}
	if version != appleVersion1 && version != appleVersion2 {
		f.problem(4, wrapping.String()+" header", "has version %#x; 0x10000 and 0x20000 are known", version)
	}
	if fit := uint64(from.Size()-appleHeader) / appleEntry; count > fit {
		f.problem(24, wrapping.String()+" header", "claims %d entries, but the file ends after %d", count, fit)
		count = fit
	}
	if count > maxEntries {
		f.problem(24, wrapping.String()+" header", "claims %d entries; the first %d are read", count, maxEntries)
		count = maxEntries
	}
	c = view(from).Cursor(wrapping.String()+" header", appleHeader, count*appleEntry, bigEndian)
	var entries []entry
	for i := range count {
		e := entry{id: entryID(c.U32()), off: uint64(c.U32()), len: uint64(c.U32())}
		e.item = fmt.Sprintf("%v entry %d, %v", wrapping, i, e.id)
		if slices.ContainsFunc(entries, func(o entry) bool { return o.id == e.id }) {
			f.problem(appleHeader+i*appleEntry, e.item, "is the second of its kind, and left alone")
			continue
		}
		entries = append(entries, e)
	}
	f.overlapping(entries, appleHeader+count*appleEntry)
	return entries, c.Err()
}

// overlapping notes which entries share bytes with others or the header.
func (f *File) overlapping(entries []entry, header uint64) {
	sorted := slices.Clone(entries)
	slices.SortStableFunc(sorted, func(a, b entry) int { return cmp.Compare(a.off, b.off) })
	before, end := "the header", header
	for _, e := range sorted {
		if e.len > 0 && e.off < end {
			f.problem(e.off, e.item, "overlaps %s, which ends at %#x", before, end)
		}
		if e.off+e.len > end {
			before, end = e.item, e.off+e.len
		}
	}
}

// appleBytes returns at most n bytes of a small entry.
func (f *File) appleBytes(from *io.SectionReader, e entry, n uint64) []byte {
	if e.len > n && e.id != finderEntry { // of which macOS makes more
		f.problem(e.off, e.item, "has %d bytes; the first %d are read", e.len, n)
	}
	part := f.part(from, e.item, e.off, e.len)
	b, err := view(part).Bytes(e.item, 0, min(n, uint64(part.Size())))
	if err != nil {
		f.problem(e.off, e.item, "cannot be read: %v", err)
	}
	return b
}
