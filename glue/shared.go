package glue

import (
	"encoding/binary"
	"fmt"

	"github.com/crossplug/crossplug"
	"github.com/crossplug/crossplug/fault"
)

// Shared is an array in memory that this program and the plug-in both see, in
// the plug-in's byte order. It is for bulk data that is passed again and again.
// The plug-in may change it at any time.
type Shared[T Number] struct {
	link  *Link
	block *crossplug.Block
	n     int
	swap  bool
}

// NewShared allocates a zeroed array of n elements.
func NewShared[T Number](l *Link, n int) (*Shared[T], error) {
	if n < 0 || n > 1<<30/size[T]() {
		return nil, fmt.Errorf("shared array: %w: %d elements", fault.ErrMismatch, n)
	}
	block, err := l.plugin.Share(max(n, 1) * size[T]())
	if err != nil {
		return nil, err
	}
	big := l.plugin.Model().Order == binary.ByteOrder(binary.BigEndian)
	return &Shared[T]{l, block, n, big == littleEndian}, nil
}

// Len returns the number of elements; 0 of nil.
func (s *Shared[T]) Len() int {
	if s == nil {
		return 0
	}
	return s.n
}

// Free gives the memory back. The plug-in must not use it any more.
func (s *Shared[T]) Free() error { return s.block.Free() }

// Write copies v to the elements from at on, as many as there are, and returns
// their number.
func (s *Shared[T]) Write(at int, v []T) int {
	b, raw := s.window(at, v)
	copyOrdered(b, raw, size[T](), s.swap)
	return len(raw) / size[T]()
}

// Read copies elements from at on to v and returns their number.
func (s *Shared[T]) Read(at int, v []T) int {
	b, raw := s.window(at, v)
	copyOrdered(raw, b, size[T](), s.swap)
	return len(raw) / size[T]()
}

// window returns the bytes of elements and of as much of v.
func (s *Shared[T]) window(at int, v []T) (shared, own []byte) {
	at = min(max(at, 0), s.n)
	raw := memory(v[:min(len(v), s.n-at)])
	return s.block.Bytes[at*size[T]():][:len(raw)], raw
}

// PutShared writes where the first n elements of an array lie.
func PutShared[T Number](c *Call, item string, s *Shared[T], n int64, most int, nullable bool) {
	switch {
	case s == nil && nullable:
		c.PutNull()
		c.Put(0)
		return
	case s == nil:
		c.fail(item, Malformed, "nil, where the definition allows none")
		return
	case s.link != c.link:
		c.fail(item, Stale, "shared memory of another plug-in")
		return
	case n < 0 || n > int64(s.n):
		c.fail(item, TooLong, "%d elements of an array of %d", n, s.n)
		return
	case n > int64(most):
		c.fail(item, TooLong, "%d elements (at most %d)", n, most)
		return
	}
	c.Put(uint64(s.block.Address - c.link.base))
	c.Put(uint64(n) * uint64(size[T]()))
}
