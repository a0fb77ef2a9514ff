package resource

import (
	"encoding/binary"

	"github.com/crossplug/crossplug/internal/bin"
)

// Since System 7, a resource may be stored compressed. Its Compressed attribute
// says so, and so does a header in front of its data, which names the code that
// expands it: a resource of type 'dcmp', of the file or of the system. The code
// is called when the resource is read, so programs never notice. What the
// header says after its first twelve bytes depends on its version; so does how
// the code is called.
//
//	 0  4  0xa89f6572
//	 4  2  length of the header, 18
//	 6  1  version, 8 or 9
//	 7  1  attributes; bit 0: the resource is compressed
//	 8  4  length of the expanded resource
//	       version 8                                      version 9
//	12     1  size of the work buffer, in 256ths of the   2  id of the 'dcmp'
//	          compressed length
//	13     1  bytes that expanding in place needs more
//	14     2  id of the 'dcmp'                            2  bytes needed beyond the expanded
//	16     2  bytes needed beyond the expanded            2  parameters of the 'dcmp'
const (
	compressedMagic  = 0xa89f6572
	compressedHeader = 18
)

// CompressedHeader is what a compressed resource begins with.
type CompressedHeader struct {
	Version      uint8 // 8 or 9; the 'dcmp' is called accordingly
	Attributes   uint8
	Length       uint32   // bytes of the expanded resource
	Decompressor int16    // id of the 'dcmp' resource that expands it
	Extra        uint16   // bytes that the buffer of the expanded resource must have beyond Length
	WorkBuffer   uint8    // version 8: size of the work buffer in 256ths of the compressed length
	Expansion    uint8    // version 8: bytes by which the resource may overtake itself when expanded in place
	Parameters   [2]uint8 // version 9: for the 'dcmp'; of number 2, tables in the data and bits for flags
}

// Compression returns the header of a compressed resource and the data after
// it, which the 'dcmp' expands. It returns nil and all the data of a resource
// that is not compressed: one without the attribute, or without the header's
// signature, which the Resource Manager takes for uncompressed too. The error
// is a *FormatError with an offset in the resource's data.
func (r *Resource) Compression() (*CompressedHeader, []byte, error) {
	if r.Attributes&Compressed == 0 || len(r.Data) < 4 || binary.BigEndian.Uint32(r.Data) != compressedMagic {
		return nil, r.Data, nil
	}
	c := bin.NewCursor("compressed resource", r.Data, binary.BigEndian)
	c.Skip(4)
	size := c.U16()
	h := &CompressedHeader{Version: c.U8(), Attributes: c.U8(), Length: c.U32()}
	switch h.Version {
	case 8:
		h.WorkBuffer, h.Expansion = c.U8(), c.U8()
		h.Decompressor, h.Extra = int16(c.U16()), c.U16()
	case 9:
		h.Decompressor, h.Extra = int16(c.U16()), c.U16()
		h.Parameters = [2]uint8{c.U8(), c.U8()}
	}
	const what = "compressed resource"
	switch {
	case c.Err() != nil:
		return nil, nil, c.Err()
	case size != compressedHeader:
		return nil, nil, damage(4, what, "has a header of %d bytes, not %d", size, compressedHeader)
	case h.Version != 8 && h.Version != 9:
		return nil, nil, damage(6, what, "has a header of version %d; 8 and 9 are known", h.Version)
	case h.Attributes&1 == 0:
		return nil, nil, damage(7, what, "has attributes %#x, which do not say that it is compressed", h.Attributes)
	}
	return h, r.Data[compressedHeader:], nil
}

// Encode returns the 18 bytes of the header.
func (h *CompressedHeader) Encode() []byte {
	b := binary.BigEndian.AppendUint32(nil, compressedMagic)
	b = binary.BigEndian.AppendUint16(b, compressedHeader)
	b = append(b, h.Version, h.Attributes)
	b = binary.BigEndian.AppendUint32(b, h.Length)
	if h.Version == 8 {
		b = append(b, h.WorkBuffer, h.Expansion)
		b = binary.BigEndian.AppendUint16(b, uint16(h.Decompressor))
		return binary.BigEndian.AppendUint16(b, h.Extra)
	}
	b = binary.BigEndian.AppendUint16(b, uint16(h.Decompressor))
	b = binary.BigEndian.AppendUint16(b, h.Extra)
	return append(b, h.Parameters[:]...)
}
