package toolbox

import (
	"math/bits"

	"github.com/crossplug/crossplug/guest/memory"
)

// A heap is a run of blocks without gaps, in the order of their addresses. What
// is known of them is outside the guest's reach. Free blocks are also in a list
// of those of about the same size, a power of two. Blocks that belong to a handle
// may move while it is not locked.

// grain is what addresses and sizes of blocks are multiples of.
const grain = 16

type blockKind uint8

const (
	free blockKind = iota
	fixed
	movable
)

type block struct {
	at, size   uint32 // size is a multiple of the grain
	used       uint32 // bytes that were asked for
	kind       blockKind
	system     bool    // was asked for in the system's zone
	owner      *handle // of a movable one
	what       string  // for messages
	from       uint32  // where code begins in it, 0 if at its start
	prev, next *block
	list       [2]*block // neighbours in the list of free blocks
}

type heap struct {
	space      *memory.Space
	base, size uint32
	first      *block
	lists      [33]*block // free blocks, by the number of bits of their size
	at         map[uint32]*block
	free       uint32 // bytes
	// work is told how long what the heap does takes, and says whether to go on.
	work func(n int) bool
}

func newHeap(space *memory.Space, base, size uint32) *heap {
	h := &heap{space: space, base: base, size: size, at: map[uint32]*block{}, work: func(int) bool { return true }}
	h.first = &block{at: base, size: size}
	h.list(h.first)
	return h
}

// list makes a block free; its neighbours are not.
func (h *heap) list(b *block) {
	b.kind, b.used, b.owner, b.what, b.from, b.system = free, 0, nil, "", 0, false
	n := bits.Len32(b.size)
	b.list = [2]*block{nil, h.lists[n]}
	if b.list[1] != nil {
		b.list[1].list[0] = b
	}
	h.lists[n] = b
	h.free += b.size
}

// unlist takes a block out of the lists.
func (h *heap) unlist(b *block) {
	if b.list[0] != nil {
		b.list[0].list[1] = b.list[1]
	} else {
		h.lists[bits.Len32(b.size)] = b.list[1]
	}
	if b.list[1] != nil {
		b.list[1].list[0] = b.list[0]
	}
	b.list = [2]*block{}
	h.free -= b.size
}

// room is the size of a block for some bytes; false if no block is that large.
func (h *heap) room(size uint32) (uint32, bool) {
	if size > h.size {
		return 0, false
	}
	return (max(size, 1) + grain - 1) &^ (grain - 1), true
}

// mostLooks is how many blocks of the right list are looked at: the next list's
// are all large enough.
const mostLooks = 64

// allocate returns a block of zeros, or nil if there is no room.
func (h *heap) allocate(size uint32, kind blockKind) *block {
	need, ok := h.room(size)
	if !ok {
		return nil
	}
	for n := bits.Len32(need); n < len(h.lists); n++ {
		looks := 0
		for b := h.lists[n]; b != nil && looks < mostLooks; b = b.list[1] {
			if b.size >= need {
				h.unlist(b)
				b.kind, b.used = kind, size
				h.split(b, need)
				h.at[b.at] = b
				h.clear(b.at, b.size)
				return b
			}
			looks++
		}
	}
	return nil
}

func (h *heap) clear(at, size uint32) {
	if size == 0 {
		return
	}
	h.work(int(size / bytesOfWork))
	// The heap's region belongs to the toolbox and is never unmapped.
	if b, err := h.space.View(at, size, memory.Write); err == nil {
		clear(b)
	}
}

// split frees what a block has beyond a size. The block itself is in no list.
func (h *heap) split(b *block, size uint32) {
	if b.size == size {
		return
	}
	rest := &block{at: b.at + size, size: b.size - size, prev: b, next: b.next}
	if rest.next != nil {
		rest.next.prev = rest
	}
	b.next, b.size = rest, size
	h.join(rest)
}

// join lists a block as free, as one with its free neighbours.
func (h *heap) join(b *block) {
	if n := b.next; n != nil && n.kind == free {
		h.unlist(n)
		h.merge(b, n)
	}
	if p := b.prev; p != nil && p.kind == free {
		h.unlist(p)
		h.merge(p, b)
		b = p
	}
	h.list(b)
}

// merge adds a block's right neighbour to it.
func (h *heap) merge(b, n *block) {
	b.size += n.size
	b.next = n.next
	if b.next != nil {
		b.next.prev = b
	}
}

func (h *heap) release(b *block) {
	delete(h.at, b.at)
	h.join(b)
}

// resize changes a block's size where it is, and says whether it could.
func (h *heap) resize(b *block, size uint32) bool {
	need, ok := h.room(size)
	if !ok {
		return false
	}
	old := b.used
	if need > b.size {
		n := b.next
		if n == nil || n.kind != free || b.size+n.size < need {
			return false
		}
		h.unlist(n)
		h.merge(b, n)
	}
	h.split(b, need)
	b.used = size
	if size > old {
		h.clear(b.at+old, size-old)
	}
	return true
}

// move makes a block of zeros, of the same kind, take another's place. The old
// one is released.
func (h *heap) move(from, to *block) {
	n := min(from.used, to.used)
	h.work(int(n / bytesOfWork))
	data := make([]byte, n)
	// Both are in the heap's region.
	_ = h.space.Load(data, from.at)
	_ = h.space.Store(to.at, data)
	to.system, to.owner, to.what = from.system, from.owner, from.what
	if to.owner != nil {
		to.owner.block = to
		_ = h.space.Store32(to.owner.master, to.at)
	}
	h.release(from)
}

// blockWork is how long it takes to move a block besides its bytes.
const blockWork = 64

// compact moves blocks to lower addresses where there is room below them. It may be
// ended between any two of them.
func (h *heap) compact() {
	for b := h.first; b != nil && h.work(1); b = b.next {
		n := b.next
		if b.kind != free || n == nil || n.kind != movable || n.owner.locked {
			continue
		}
		// The two change places.
		h.work(blockWork + int(n.used/bytesOfWork))
		h.unlist(b)
		delete(h.at, n.at)
		data := make([]byte, n.used)
		_ = h.space.Load(data, n.at)
		_ = h.space.Store(b.at, data)
		gap := b.size
		b.size, b.used, b.kind = n.size, n.used, n.kind
		b.system, b.owner, b.what = n.system, n.owner, n.what
		n.at, n.size = b.at+b.size, gap
		n.owner = nil
		b.owner.block = b
		h.at[b.at] = b
		_ = h.space.Store32(b.owner.master, b.at)
		h.join(n)
	}
}

// largest is the size of the largest free block.
func (h *heap) largest() uint32 {
	for n := len(h.lists) - 1; n >= 0; n-- {
		most := uint32(0)
		for b := h.lists[n]; b != nil && h.work(1); b = b.list[1] {
			most = max(most, b.size)
		}
		if most > 0 {
			return most
		}
	}
	return 0
}

// around returns the block that an address is in, nil if it is in none that is in
// use.
func (h *heap) around(address uint32) *block {
	if address-h.base >= h.size {
		return nil
	}
	for b := h.first; b != nil; b = b.next {
		if address-b.at < b.size && b.kind != free {
			return b
		}
	}
	return nil
}
