// Package memory is a guest's address space: 32 bits, big-endian, in one value.
//
// Memory is linear: the byte at guest address a is at index a of one slice,
// which is what a translator to WebAssembly needs. The slice is reserved at
// once and takes memory only where it is used. A byte per page says what may be
// done there; what lies between regions may be nothing, so that a stray pointer
// is a Fault and not somebody else's data.
//
// A Space is used by one goroutine at a time. Several share nothing.
package memory

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
)

// Pages are the grain of permissions.
const (
	PageBits = 12
	PageSize = 1 << PageBits

	// MaxSize is the size of the largest address space.
	MaxSize = 1 << 32
)

// Perm is what may be done with a page.
type Perm uint8

// The permissions.
const (
	Read Perm = 1 << iota
	Write
	Execute

	RW  = Read | Write
	RX  = Read | Execute
	RWX = Read | Write | Execute
)

func (p Perm) String() string {
	s := []byte("---")
	for i, c := range "rwx" {
		if p>>i&1 != 0 {
			s[i] = byte(c)
		}
	}
	return string(s)
}

// Flags of a page beyond its permissions.
const (
	permMask = uint8(RWX)
	hasCode  = 1 << 3 // somebody keeps what was made of its code
	isKept   = 1 << 4 // is as the snapshot has it
	wasUsed  = 1 << 5 // may hold something

	// plainWrite is what a page's flags have, of plainMask, if nobody needs to
	// be told of a write.
	plainMask  = uint8(Write) | hasCode | isKept
	plainWrite = uint8(Write)
)

// Region is a run of pages with a name and one set of permissions.
type Region struct {
	Name string
	Base uint32
	Size uint32 // in bytes; whole pages
	Perm Perm
}

func (r Region) end() uint64 { return uint64(r.Base) + uint64(r.Size) }

// Space is an address space.
type Space struct {
	data     []byte
	flags    []uint8 // by page
	regions  []Region
	watchers []*watcher
	snapshot *Snapshot
	release  func() error
}

// New makes an address space of so many bytes, rounded up to pages, with
// nothing mapped in it. Close it.
func New(size uint64) (*Space, error) {
	if size == 0 || size > MaxSize {
		return nil, fmt.Errorf("memory: an address space of %d bytes; from 1 to %d are possible", size, uint64(MaxSize))
	}
	size = (size + PageSize - 1) &^ (PageSize - 1)
	data, release, err := reserve(size)
	if err != nil {
		return nil, fmt.Errorf("memory: reserving %d bytes of address space: %w", size, err)
	}
	return &Space{data: data, flags: make([]uint8, size>>PageBits), release: release}, nil
}

// Close gives the memory back. Every access after that is a Fault; views must
// not be used any more.
func (s *Space) Close() error {
	if s.release == nil {
		return nil
	}
	release := s.release
	s.data, s.flags, s.regions, s.watchers, s.snapshot, s.release = nil, nil, nil, nil, nil, nil
	return release()
}

// Size returns how many bytes the space has, mapped or not.
func (s *Space) Size() uint64 { return uint64(len(s.data)) }

// Linear returns the whole space, mapped or not, for an engine that checks
// nothing itself: the byte at address a is at index a. Who writes through it
// says so with Touch.
func (s *Space) Linear() []byte { return s.data }

// Regions returns what is mapped, by address.
func (s *Space) Regions() []Region { return slices.Clone(s.regions) }

// RegionAt returns the region that an address is in.
func (s *Space) RegionAt(addr uint32) (Region, bool) {
	i, found := slices.BinarySearchFunc(s.regions, addr, func(r Region, a uint32) int { return cmp.Compare(r.Base, a) })
	if !found {
		i--
	}
	if i < 0 || uint64(addr) >= s.regions[i].end() {
		return Region{}, false
	}
	return s.regions[i], true
}

// Map makes a region of zeros usable. Its base must be a page's, its size is
// rounded up to pages; it must not touch another.
func (s *Space) Map(r Region) error {
	size := (uint64(r.Size) + PageSize - 1) &^ (PageSize - 1)
	switch {
	case r.Base%PageSize != 0:
		return fmt.Errorf("memory: region %s: base %#08x is not a multiple of %#x", r.Name, r.Base, PageSize)
	case size == 0 || uint64(r.Base)+size > s.Size():
		return fmt.Errorf("memory: region %s: %#x bytes at %#08x do not fit a space of %#x", r.Name, r.Size, r.Base, s.Size())
	case size > MaxSize-1:
		return fmt.Errorf("memory: region %s: its size does not fit 32 bits", r.Name)
	}
	r.Size = uint32(size)
	i, _ := slices.BinarySearchFunc(s.regions, r.Base, func(r Region, a uint32) int { return cmp.Compare(r.Base, a) })
	for _, n := range []int{i - 1, i} {
		if n >= 0 && n < len(s.regions) && s.regions[n].end() > uint64(r.Base) && r.end() > uint64(s.regions[n].Base) {
			o := s.regions[n]
			return fmt.Errorf("memory: region %s at %#08x overlaps region %s at %#08x", r.Name, r.Base, o.Name, o.Base)
		}
	}
	s.regions = slices.Insert(s.regions, i, r)
	for p := r.Base >> PageBits; uint64(p)<<PageBits < r.end(); p++ {
		if s.flags[p]&wasUsed != 0 {
			s.keep(p)
			clear(s.page(p))
		}
		s.flags[p] = s.flags[p]&^permMask | uint8(r.Perm) | wasUsed
	}
	return nil
}

// Allocate maps a region at an address of its choice, a multiple of align (a
// power of two; less than a page counts as one), with an unmapped page on both
// sides. It never uses the first page.
func (s *Space) Allocate(name string, size, align uint32, perm Perm) (uint32, error) {
	if align&(align-1) != 0 {
		return 0, fmt.Errorf("memory: region %s: alignment %#x is no power of two", name, align)
	}
	grain := max(uint64(align), PageSize)
	need := (uint64(size) + PageSize - 1) &^ (PageSize - 1)
	at := grain
	for _, r := range s.regions {
		if at+need+PageSize <= uint64(r.Base) {
			break
		}
		at = max(at, (r.end()+PageSize+grain-1)&^(grain-1))
	}
	if need == 0 || at+need > s.Size() {
		return 0, fmt.Errorf("memory: region %s: no room for %#x bytes in a space of %#x", name, size, s.Size())
	}
	return uint32(at), s.Map(Region{name, uint32(at), uint32(need), perm})
}

// Unmap takes away the region that begins at base.
func (s *Space) Unmap(base uint32) error {
	i, r, err := s.regionFrom(base)
	if err != nil {
		return err
	}
	s.tell(base, r.Size)
	s.setPerm(r, 0)
	s.regions = slices.Delete(s.regions, i, i+1)
	return nil
}

// Protect gives the region that begins at base other permissions.
func (s *Space) Protect(base uint32, perm Perm) error {
	i, r, err := s.regionFrom(base)
	if err != nil {
		return err
	}
	s.tell(base, r.Size)
	s.setPerm(r, perm)
	s.regions[i].Perm = perm
	return nil
}

func (s *Space) regionFrom(base uint32) (int, Region, error) {
	i, ok := slices.BinarySearchFunc(s.regions, base, func(r Region, a uint32) int { return cmp.Compare(r.Base, a) })
	if !ok {
		return 0, Region{}, fmt.Errorf("memory: no region begins at %#08x", base)
	}
	return i, s.regions[i], nil
}

func (s *Space) setPerm(r Region, perm Perm) {
	for p := r.Base >> PageBits; uint64(p)<<PageBits < r.end(); p++ {
		s.flags[p] = s.flags[p]&^permMask | uint8(perm)
	}
}

func (s *Space) page(p uint32) []byte { return s.data[uint64(p)<<PageBits:][:PageSize:PageSize] }

// fits says whether all of a number is in one page that allows an access.
func (s *Space) fits(addr, size uint32, perm Perm) bool {
	p := addr >> PageBits
	return addr%PageSize <= PageSize-size && int(p) < len(s.flags) && s.flags[p]&uint8(perm) != 0
}

// plain says whether all of a number is in one page that may be written
// without telling anyone.
func (s *Space) plain(addr, size uint32) bool {
	p := addr >> PageBits
	return addr%PageSize <= PageSize-size && int(p) < len(s.flags) && s.flags[p]&plainMask == plainWrite
}

// Load8 reads a byte. The error of this and of all that follow is a *Fault.
func (s *Space) Load8(addr uint32) (uint8, error) {
	if s.fits(addr, 1, Read) {
		return s.data[addr], nil
	}
	return 0, s.fault(uint64(addr), 1, Read)
}

// Load16 reads a number of 16 bits from any address, aligned or not.
func (s *Space) Load16(addr uint32) (uint16, error) {
	if s.fits(addr, 2, Read) {
		return binary.BigEndian.Uint16(s.data[addr:]), nil
	}
	v, err := s.loadSlow(addr, 2)
	return uint16(v), err
}

// Load32 reads a number of 32 bits from any address, aligned or not.
func (s *Space) Load32(addr uint32) (uint32, error) {
	if s.fits(addr, 4, Read) {
		return binary.BigEndian.Uint32(s.data[addr:]), nil
	}
	v, err := s.loadSlow(addr, 4)
	return uint32(v), err
}

// Load64 reads a number of 64 bits from any address, aligned or not.
func (s *Space) Load64(addr uint32) (uint64, error) {
	if s.fits(addr, 8, Read) {
		return binary.BigEndian.Uint64(s.data[addr:]), nil
	}
	return s.loadSlow(addr, 8)
}

// Store8 writes a byte.
func (s *Space) Store8(addr uint32, v uint8) error {
	if s.plain(addr, 1) {
		s.data[addr] = v
		return nil
	}
	return s.storeSlow(addr, 1, uint64(v))
}

// Store16 writes a number of 16 bits to any address, aligned or not. If it
// cannot write all of it, this and the others write nothing.
func (s *Space) Store16(addr uint32, v uint16) error {
	if s.plain(addr, 2) {
		binary.BigEndian.PutUint16(s.data[addr:], v)
		return nil
	}
	return s.storeSlow(addr, 2, uint64(v))
}

// Store32 writes a number of 32 bits to any address, aligned or not.
func (s *Space) Store32(addr uint32, v uint32) error {
	if s.plain(addr, 4) {
		binary.BigEndian.PutUint32(s.data[addr:], v)
		return nil
	}
	return s.storeSlow(addr, 4, uint64(v))
}

// Store64 writes a number of 64 bits to any address, aligned or not.
func (s *Space) Store64(addr uint32, v uint64) error {
	if s.plain(addr, 8) {
		binary.BigEndian.PutUint64(s.data[addr:], v)
		return nil
	}
	return s.storeSlow(addr, 8, v)
}

// loadSlow reads across the end of a page.
func (s *Space) loadSlow(addr, size uint32) (uint64, error) {
	b, err := s.span(addr, size, Read)
	v := uint64(0)
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return v, err
}

// storeSlow writes across the end of a page, or where somebody is to be told.
func (s *Space) storeSlow(addr, size uint32, v uint64) error {
	b, err := s.span(addr, size, Write)
	if err != nil {
		return err
	}
	s.changed(addr, size)
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = byte(v)
		v >>= 8
	}
	return nil
}

// span returns the bytes themselves, once it has checked all of their pages. No
// bytes are allowed anywhere, as nothing is read or written.
func (s *Space) span(addr, size uint32, perm Perm) ([]byte, error) {
	if size == 0 {
		return nil, nil
	}
	end := uint64(addr) + uint64(size)
	for p := uint64(addr) >> PageBits; p<<PageBits < end; p++ {
		if p >= uint64(len(s.flags)) || Perm(s.flags[p])&perm != perm {
			return nil, s.fault(max(uint64(addr), p<<PageBits), size, perm)
		}
	}
	return s.data[addr:end:end], nil
}

// View returns the bytes from addr on themselves, not a copy, all of which must
// have the permissions. It is good until the region is unmapped, the snapshot
// restored or the space closed. With Write, the bytes count as written now;
// who writes later, after guest code ran, says so with Touch.
func (s *Space) View(addr, size uint32, perm Perm) ([]byte, error) {
	b, err := s.span(addr, size, perm)
	if err == nil && perm&Write != 0 {
		s.changed(addr, size)
	}
	return b, err
}

// Load copies bytes out of the space.
func (s *Space) Load(p []byte, addr uint32) error {
	if uint64(len(p)) >= MaxSize {
		return s.fault(uint64(addr), MaxSize-1, Read)
	}
	b, err := s.span(addr, uint32(len(p)), Read)
	copy(p, b)
	return err
}

// Store copies bytes into the space.
func (s *Space) Store(addr uint32, p []byte) error {
	if uint64(len(p)) >= MaxSize {
		return s.fault(uint64(addr), MaxSize-1, Write)
	}
	b, err := s.span(addr, uint32(len(p)), Write)
	if err != nil {
		return err
	}
	s.changed(addr, uint32(len(p)))
	copy(b, p)
	return nil
}

// Poke copies bytes into mapped memory whatever its permissions: for a loader,
// which writes code where the guest must not.
func (s *Space) Poke(addr uint32, p []byte) error {
	if len(p) == 0 {
		return nil
	}
	end := uint64(addr) + uint64(len(p))
	for at := uint64(addr); at < end; at = (at | (PageSize - 1)) + 1 {
		if r, ok := s.RegionAt(uint32(at)); !ok || at >= s.Size() {
			return s.fault(at, uint32(min(uint64(len(p)), MaxSize-1)), Write)
		} else if r.end() >= end {
			break
		}
	}
	s.changed(addr, uint32(len(p)))
	copy(s.data[addr:], p)
	return nil
}
