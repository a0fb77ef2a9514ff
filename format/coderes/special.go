package coderes

import (
	"bytes"

	"github.com/crossplug/crossplug/internal/bin"
)

// SegmentFragment is an 'rseg' resource, in which a CFM-68K application keeps
// the fragment that its 'cfrg' names. ("Mac OS Runtime Architectures", chapter
// 9, sections "The 'rseg' 0 Resource" and "The 'rseg' 1 Resource".) Number 1 is
// a PEF container: jump table, transition vectors and globals as data, the
// loader section, and code that loads the segments. Number 0 is what stays in
// memory, a copy of the container's header and a few words on where the rest
// is.
type SegmentFragment struct {
	Container int    // offset of the PEF container, or the copy of its header
	Whole     bool   // the container is here, sections and all
	Before    []byte // what precedes it
}

// pefHeaderSize is the size of a PEF container's header; sectionHeader that of
// each section's.
const (
	pefHeaderSize = 40
	sectionHeader = 28
)

// DecodeSegmentFragment decodes an 'rseg' resource.
func DecodeSegmentFragment(data []byte) (*SegmentFragment, error) {
	at := bytes.Index(data, []byte(pefMagic))
	if at < 0 {
		return nil, damage(0, "rseg", "of %d bytes has no header of a PEF container", len(data))
	}
	c := bin.NewCursor("rseg: PEF header", data, bigEndian)
	c.Seek(uint64(at + 32))
	sections := int(c.U16())
	f := &SegmentFragment{Container: at, Before: data[:at]}
	f.Whole = len(data)-at >= pefHeaderSize+sections*sectionHeader && sections > 0
	if c.Err() == nil && len(data)-at < pefHeaderSize {
		return f, damage(at, "rseg: PEF header", "has %d bytes, not %d", len(data)-at, pefHeaderSize)
	}
	return f, c.Err()
}

// Decompressor is a 'dcmp' resource: 68K code that expands compressed
// resources, of the kind whose header has the same Version.
//
//	version 8:  68K code with a header of type dcmp, entered at its start
//	version 9:  offsets, 2 bytes each, of routines to begin, to expand, to end
//
// Both are called with four parameters on the stack. From the return address
// up, version 8 finds the length of the compressed data, a work buffer, the
// destination and the source; version 9 the resource's header, the destination,
// the source and the length.
type Decompressor struct {
	Version    int // 8 or 9
	Entry      int // of the routine that expands
	Begin, End int // version 9 only, else 0
}

// DecodeDecompressor decodes a 'dcmp' resource.
func DecodeDecompressor(data []byte) (*Decompressor, error) {
	if len(data) >= 8 && string(data[4:8]) == "dcmp" {
		_, _, err := decodeHeader(data)
		return &Decompressor{Version: 8}, err
	}
	c := bin.NewCursor("dcmp", data, bigEndian)
	d := &Decompressor{Version: 9, Begin: int(c.U16()), Entry: int(c.U16()), End: int(c.U16())}
	if c.Err() != nil {
		return d, c.Err()
	}
	for i, off := range []int{d.Begin, d.Entry, d.End} {
		if off < c.Pos() || off >= len(data) || off%2 != 0 {
			return d, damage(2*i, "dcmp", "puts a routine at %#x of %#x bytes", off, len(data))
		}
	}
	return d, nil
}
