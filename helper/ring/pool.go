package ring

import (
	"errors"
	"fmt"
	"sort"
	"sync"
)

// ErrExhausted is found in the error of Pool.Alloc when no free span is large
// enough.
var ErrExhausted = errors.New("pool is exhausted")

// Block is a piece of shared memory. It is a handle: offset and size can be
// told to the other process, and a block that was freed is recognised even when
// its place is in use again.
type Block struct {
	Offset uint32 // from the start of the Memory
	Size   uint32 // in bytes, as asked for
	pool   *Pool
	serial uint64
}

// Pool hands out blocks of a region of shared memory. Only one side allocates,
// and what it knows about the blocks is in its own memory, so nothing that the
// other process does can confuse it. Blocks begin on a cache line and share no
// line. The methods may be called concurrently; a mutex guards them all.
type Pool struct {
	m     *Memory
	start uint32
	size  uint32

	mu     sync.Mutex
	free   []span // by offset; never empty spans, never two that touch
	blocks map[uint32]Block
	serial uint64
	used   uint32
	peak   uint32
}

type span struct{ offset, size uint32 }

// Stats describes a Pool; sizes are in bytes, rounded up to cache lines.
type Stats struct {
	Size    uint32 // of the region
	Used    uint32
	Peak    uint32 // the most that was used at once
	Free    uint32
	Largest uint32 // the largest block that Alloc can make now
	Blocks  int
}

// NewPool returns a pool of the size bytes at offset, both multiples of Line.
func NewPool(m *Memory, offset, size uint32) (*Pool, error) {
	if offset%Line != 0 || size%Line != 0 || size == 0 || uint64(offset)+uint64(size) > uint64(len(m.bytes)) {
		return nil, fmt.Errorf("ring: pool of %d bytes at %d in memory of %d bytes (multiples of %d)", size, offset, len(m.bytes), Line)
	}
	return &Pool{m: m, start: offset, size: size, free: []span{{offset, size}}, blocks: make(map[uint32]Block)}, nil
}

// Alloc returns a block of n bytes from the lowest free span that is large
// enough. Its contents are what the last user left.
func (p *Pool) Alloc(n int) (Block, error) {
	if n <= 0 {
		return Block{}, fmt.Errorf("ring: block of %d bytes (at least 1)", n)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if uint64(n) > uint64(p.size) {
		return Block{}, fmt.Errorf("ring: block of %d bytes in a pool of %d: %w", n, p.size, ErrExhausted)
	}
	need := lines(uint32(n))
	for i := range p.free {
		f := &p.free[i]
		if f.size < need {
			continue
		}
		p.serial++
		b := Block{Offset: f.offset, Size: uint32(n), pool: p, serial: p.serial}
		f.offset += need
		f.size -= need
		if f.size == 0 {
			p.free = append(p.free[:i], p.free[i+1:]...)
		}
		p.blocks[b.Offset] = b
		p.used += need
		p.peak = max(p.peak, p.used)
		return b, nil
	}
	return Block{}, fmt.Errorf("ring: block of %d bytes: %d of %d bytes are free, the largest piece has %d: %w",
		n, p.size-p.used, p.size, p.largest(), ErrExhausted)
}

// Free gives a block back. A block that was freed before, or never came from
// this pool, is an error and changes nothing.
func (p *Pool) Free(b Block) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.check(b); err != nil {
		return fmt.Errorf("ring: free: %w", err)
	}
	delete(p.blocks, b.Offset)
	s := span{b.Offset, lines(b.Size)}
	p.used -= s.size

	i := sort.Search(len(p.free), func(i int) bool { return p.free[i].offset > s.offset })
	joinsLeft := i > 0 && p.free[i-1].offset+p.free[i-1].size == s.offset
	joinsRight := i < len(p.free) && s.offset+s.size == p.free[i].offset
	switch {
	case joinsLeft && joinsRight:
		p.free[i-1].size += s.size + p.free[i].size
		p.free = append(p.free[:i], p.free[i+1:]...)
	case joinsLeft:
		p.free[i-1].size += s.size
	case joinsRight:
		p.free[i] = span{s.offset, s.size + p.free[i].size}
	default:
		p.free = append(p.free, span{})
		copy(p.free[i+1:], p.free[i:])
		p.free[i] = s
	}
	return nil
}

// Bytes returns the memory of a block, nil if it is not allocated.
func (p *Pool) Bytes(b Block) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.check(b) != nil {
		return nil
	}
	end := int(b.Offset) + int(b.Size)
	return p.m.bytes[int(b.Offset):end:end]
}

// Stats returns the state of the pool.
func (p *Pool) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return Stats{Size: p.size, Used: p.used, Peak: p.peak, Free: p.size - p.used, Largest: p.largest(), Blocks: len(p.blocks)}
}

func (p *Pool) largest() uint32 {
	var n uint32
	for _, f := range p.free {
		n = max(n, f.size)
	}
	return n
}

func (p *Pool) check(b Block) error {
	switch live, ok := p.blocks[b.Offset]; {
	case b.pool != p:
		return fmt.Errorf("block at %d did not come from this pool", b.Offset)
	case !ok || live.serial != b.serial:
		return fmt.Errorf("block at %d was freed before", b.Offset)
	case live != b:
		return fmt.Errorf("block at %d has %d bytes, not %d", b.Offset, live.Size, b.Size)
	}
	return nil
}

// lines rounds up to whole cache lines.
func lines(n uint32) uint32 { return (n + Line - 1) &^ (Line - 1) }
