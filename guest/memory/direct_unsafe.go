package memory

import (
	"encoding/binary"
	"unsafe"
)

// Direct is a space for the inner loop of an engine, where what checks an access and
// what does it must be small enough to be inlined, and apart: if CanRead or CanWrite
// says so, and only then, a number may be loaded or stored, at once; else the space
// itself has to be asked. It is good until other code than the engine's own may
// have run.
type Direct struct {
	base  unsafe.Pointer
	flags []uint8
}

// Direct returns the space for direct use.
func (s *Space) Direct() Direct {
	return Direct{unsafe.Pointer(unsafe.SliceData(s.data)), s.flags}
}

// CanRead says whether all of a number of size bytes, 1, 2, 4 or 8, is in one page
// that may be read; and that it is aligned, unless it is of 8 bytes.
func (d Direct) CanRead(addr, size uint32) bool {
	p := addr >> PageBits
	return inPage(addr, size) && int(p) < len(d.flags) && d.flags[p]&uint8(Read) != 0
}

// CanWrite says so of a page that may be written without telling anyone.
func (d Direct) CanWrite(addr, size uint32) bool {
	p := addr >> PageBits
	return inPage(addr, size) && int(p) < len(d.flags) && d.flags[p]&plainMask == plainWrite
}

// CanReadUnaligned is CanRead for a processor that aligns its numbers to less than
// their size.
func (d Direct) CanReadUnaligned(addr, size uint32) bool {
	p := addr >> PageBits
	return addr%PageSize <= PageSize-size && int(p) < len(d.flags) && d.flags[p]&uint8(Read) != 0
}

// CanWriteUnaligned is CanWrite for such a processor.
func (d Direct) CanWriteUnaligned(addr, size uint32) bool {
	p := addr >> PageBits
	return addr%PageSize <= PageSize-size && int(p) < len(d.flags) && d.flags[p]&plainMask == plainWrite
}

// inPage takes fewer instructions for what is aligned than for what merely is in
// one page.
func inPage(addr, size uint32) bool {
	if size == 8 {
		return addr%PageSize <= PageSize-8
	}
	return addr%size == 0
}

// at returns the bytes at an address. There are flags for the pages that the data
// has, so that an address that CanRead or CanWrite accepts is within it.
func (d Direct) at(addr uint32) unsafe.Pointer { return unsafe.Add(d.base, uintptr(addr)) }

// Load8 reads a byte.
func (d Direct) Load8(addr uint32) uint8 { return *(*uint8)(d.at(addr)) }

// Load16 reads a number of 16 bits.
func (d Direct) Load16(addr uint32) uint16 {
	return binary.BigEndian.Uint16((*[2]byte)(d.at(addr))[:])
}

// Load32 reads a number of 32 bits.
func (d Direct) Load32(addr uint32) uint32 {
	return binary.BigEndian.Uint32((*[4]byte)(d.at(addr))[:])
}

// Load64 reads a number of 64 bits.
func (d Direct) Load64(addr uint32) uint64 {
	return binary.BigEndian.Uint64((*[8]byte)(d.at(addr))[:])
}

// Store8 writes a byte.
func (d Direct) Store8(addr uint32, v uint8) { *(*uint8)(d.at(addr)) = v }

// Store16 writes a number of 16 bits.
func (d Direct) Store16(addr uint32, v uint16) {
	binary.BigEndian.PutUint16((*[2]byte)(d.at(addr))[:], v)
}

// Store32 writes a number of 32 bits.
func (d Direct) Store32(addr uint32, v uint32) {
	binary.BigEndian.PutUint32((*[4]byte)(d.at(addr))[:], v)
}

// Store64 writes a number of 64 bits.
func (d Direct) Store64(addr uint32, v uint64) {
	binary.BigEndian.PutUint64((*[8]byte)(d.at(addr))[:], v)
}
