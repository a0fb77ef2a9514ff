package memory

import (
	"cmp"
	"fmt"
	"slices"
)

// Heap gives out blocks of a region. What it knows of them is outside the
// guest's reach, which therefore cannot damage it.
type Heap struct {
	space      *Space
	base, size uint32
	blocks     []block // by address
}

type block struct{ addr, size uint32 }

// NewHeap makes a heap of the region that begins at base.
func NewHeap(s *Space, base uint32) (*Heap, error) {
	_, r, err := s.regionFrom(base)
	if err != nil {
		return nil, err
	}
	return &Heap{space: s, base: base, size: r.Size}, nil
}

// Allocate returns the lowest free address that is a multiple of align, a power
// of two, and has room for size bytes. They are zero. A block of no bytes has
// an address of its own.
func (h *Heap) Allocate(size, align uint32) (uint32, error) {
	if align == 0 || align&(align-1) != 0 {
		return 0, fmt.Errorf("memory: alignment %#x is no power of two", align)
	}
	a := uint64(align)
	at := (uint64(h.base) + a - 1) &^ (a - 1)
	i := 0
	for ; i < len(h.blocks); i++ {
		b := h.blocks[i]
		if at+uint64(max(size, 1)) <= uint64(b.addr) {
			break
		}
		at = (uint64(b.addr) + uint64(b.size) + a - 1) &^ (a - 1)
	}
	if at+uint64(max(size, 1)) > uint64(h.base)+uint64(h.size) {
		return 0, fmt.Errorf("memory: heap at %#08x: no room for %d bytes", h.base, size)
	}
	b, err := h.space.View(uint32(at), max(size, 1), RW)
	if err != nil {
		return 0, err
	}
	clear(b)
	h.blocks = slices.Insert(h.blocks, i, block{uint32(at), max(size, 1)})
	return uint32(at), nil
}

// Free gives back the block at an address.
func (h *Heap) Free(addr uint32) error {
	i, ok := h.find(addr)
	if !ok {
		return fmt.Errorf("memory: heap at %#08x: no block at %#08x", h.base, addr)
	}
	h.blocks = slices.Delete(h.blocks, i, i+1)
	return nil
}

// BlockSize returns the size of the block at an address.
func (h *Heap) BlockSize(addr uint32) (uint32, bool) {
	i, ok := h.find(addr)
	if !ok {
		return 0, false
	}
	return h.blocks[i].size, true
}

func (h *Heap) find(addr uint32) (int, bool) {
	return slices.BinarySearchFunc(h.blocks, addr, func(b block, a uint32) int { return cmp.Compare(b.addr, a) })
}
