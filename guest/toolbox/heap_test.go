package toolbox

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/crossplug/crossplug/guest/memory"
)

// check verifies what a heap knows of itself.
func (h *heap) check(t *testing.T) {
	t.Helper()
	at, freeBytes := h.base, uint32(0)
	var before *block
	for b := h.first; b != nil; before, b = b, b.next {
		if b.at != at || b.prev != before || b.size == 0 || b.size%grain != 0 || b.used > b.size {
			t.Fatalf("block %#x of %#x bytes (%d used) after %#x", b.at, b.size, b.used, at)
		}
		if b.kind == free {
			freeBytes += b.size
			if before != nil && before.kind == free {
				t.Fatalf("two free blocks at %#x", b.at)
			}
		} else if h.at[b.at] != b {
			t.Fatalf("block %#x is not found by its address", b.at)
		}
		at += b.size
	}
	listed := uint32(0)
	for _, b := range h.lists {
		for ; b != nil; b = b.list[1] {
			listed += b.size
		}
	}
	if at != h.base+h.size || freeBytes != h.free || listed != h.free {
		t.Fatalf("the heap ends at %#x; %d bytes are free, %d counted, %d listed", at, freeBytes, h.free, listed)
	}
}

// TestHeap does what comes to mind, and compares the bytes of all blocks with what
// they were.
func TestHeap(t *testing.T) {
	const size = 1 << 20
	space, err := memory.New(2 << 20)
	if err != nil {
		t.Fatal(err)
	}
	defer space.Close()
	base, err := space.Allocate("heap", size, memory.PageSize, memory.RW)
	if err != nil {
		t.Fatal(err)
	}
	masters, err := space.Allocate("master pointers", 64<<10, memory.PageSize, memory.RW)
	if err != nil {
		t.Fatal(err)
	}
	h := newHeap(space, base, size)
	random := rand.New(rand.NewPCG(1, 2))
	type known struct {
		b    *block // of a fixed one
		h    *handle
		data []byte
	}
	var all []*known
	where := func(k *known) *block {
		if k.h != nil {
			return k.h.block
		}
		return k.b
	}
	fill := func(k *known) {
		for i := range k.data {
			k.data[i] = byte(random.Uint32())
		}
		if err := space.Store(where(k).at, k.data); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 20000 {
		switch choice := random.IntN(100); {
		case choice < 45 && len(all) < 2000:
			k := &known{data: make([]byte, random.IntN(1<<random.IntN(14)))}
			kind := fixed
			if random.IntN(2) == 0 {
				kind = movable
			}
			b := h.allocate(uint32(len(k.data)), kind)
			if b == nil {
				h.compact()
				break
			}
			if kind == movable {
				k.h = &handle{master: masters + uint32(4*(n%16000)), block: b, locked: random.IntN(4) == 0}
				b.owner = k.h
			} else {
				k.b = b
			}
			got := make([]byte, len(k.data))
			if err := space.Load(got, b.at); err != nil || !bytes.Equal(got, k.data) {
				t.Fatal("a new block is not zero")
			}
			fill(k)
			all = append(all, k)
		case choice < 75 && len(all) > 0:
			i := random.IntN(len(all))
			h.release(where(all[i]))
			all[i] = all[len(all)-1]
			all = all[:len(all)-1]
		case choice < 98 && len(all) > 0:
			k := all[random.IntN(len(all))]
			n := random.IntN(2*len(k.data) + 100)
			if h.resize(where(k), uint32(n)) {
				k.data = append(k.data, make([]byte, max(n-len(k.data), 0))...)[:n]
			}
		case choice == 98:
			h.compact()
		}
		if n%100 == 0 {
			h.check(t)
			for _, k := range all {
				got := make([]byte, len(k.data))
				if err := space.Load(got, where(k).at); err != nil || !bytes.Equal(got, k.data) {
					t.Fatalf("round %d: a block of %d bytes has changed", n, len(k.data))
				}
			}
		}
	}
	for _, k := range all {
		h.release(where(k))
	}
	h.check(t)
	if h.free != size || h.largest() != size {
		t.Errorf("%d bytes are free of %d, the largest block has %d", h.free, size, h.largest())
	}
}
