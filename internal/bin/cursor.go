package bin

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Cursor takes numbers and texts off a slice of bytes, in either byte order.
// Its first failure sticks: from then on every method returns zero or nothing,
// so a reader checks Err once per record rather than once per field.
//
//	c := bin.NewCursor("section header 3", data, binary.BigEndian)
//	h.Name, h.Address, h.Size = c.U32(), c.U32(), c.U32()
//	return h, c.Err()
type Cursor struct {
	data  []byte
	pos   int
	base  int64
	order binary.ByteOrder
	item  string
	err   error
}

// NewCursor returns a cursor at the start of data, which item names in errors.
// Errors give offsets into data; a cursor that View.Cursor makes gives offsets
// in the file.
func NewCursor(item string, data []byte, order binary.ByteOrder) *Cursor {
	return &Cursor{data: data, order: order, item: item}
}

// Failed returns a cursor that has failed: for bytes that are nowhere in the
// file.
func Failed(item, format string, args ...any) *Cursor {
	return &Cursor{err: &FormatError{Offset: -1, Item: item, Msg: fmt.Sprintf(format, args...)}}
}

// Err returns the first failure, a *FormatError unless reading itself failed.
func (c *Cursor) Err() error { return c.err }

// Item changes the name that errors give to what is read next.
func (c *Cursor) Item(format string, args ...any) { c.item = fmt.Sprintf(format, args...) }

// Pos is the number of bytes before the cursor.
func (c *Cursor) Pos() int { return c.pos }

// Len is the number of bytes that are left; 0 once the cursor has failed.
func (c *Cursor) Len() int {
	if c.err != nil {
		return 0
	}
	return len(c.data) - c.pos
}

// Fail makes the cursor fail at its present place, unless it already has.
func (c *Cursor) Fail(format string, args ...any) { c.failAt(c.pos, format, args...) }

func (c *Cursor) failAt(pos int, format string, args ...any) {
	if c.err == nil {
		c.err = &FormatError{Offset: c.base + int64(pos), Item: c.item, Msg: fmt.Sprintf(format, args...)}
	}
}

// Bytes takes n bytes. They are the cursor's own, not a copy.
func (c *Cursor) Bytes(n uint64) []byte {
	if c.err == nil && n > uint64(c.Len()) {
		c.Fail("needs %d bytes, but %d are left", n, c.Len())
	}
	if c.err != nil {
		return nil
	}
	b := c.data[c.pos : c.pos+int(n)]
	c.pos += int(n)
	return b
}

// Skip passes over n bytes.
func (c *Cursor) Skip(n uint64) { c.Bytes(n) }

// Sub takes n bytes as a cursor of their own, in which positions count from
// its start. If they are not there, both cursors have failed.
func (c *Cursor) Sub(n uint64) *Cursor {
	base := c.base + int64(c.pos)
	return &Cursor{data: c.Bytes(n), base: base, order: c.order, item: c.item, err: c.err}
}

// Seek moves to the byte at pos, counted from the start of the data.
func (c *Cursor) Seek(pos uint64) {
	if c.err == nil && pos > uint64(len(c.data)) {
		c.Fail("points to byte %d of %d", pos, len(c.data))
	}
	if c.err == nil {
		c.pos = int(pos)
	}
}

// U8 takes one byte.
func (c *Cursor) U8() uint8 {
	if b := c.Bytes(1); b != nil {
		return b[0]
	}
	return 0
}

// U16 takes a number of two bytes.
func (c *Cursor) U16() uint16 {
	if b := c.Bytes(2); b != nil {
		return c.order.Uint16(b)
	}
	return 0
}

// U32 takes a number of four bytes.
func (c *Cursor) U32() uint32 {
	if b := c.Bytes(4); b != nil {
		return c.order.Uint32(b)
	}
	return 0
}

// U64 takes a number of eight bytes.
func (c *Cursor) U64() uint64 {
	if b := c.Bytes(8); b != nil {
		return c.order.Uint64(b)
	}
	return 0
}

// Word takes a number of size bytes, 4 or 8: a field that is as wide as an
// address.
func (c *Cursor) Word(size int) uint64 {
	if size == 8 {
		return c.U64()
	}
	return uint64(c.U32())
}

// Uleb128 takes an unsigned number of groups of seven bits, least significant
// first, of at most the given number of bits (DWARF 5, section 7.6).
func (c *Cursor) Uleb128(bits int) uint64 {
	start := c.pos
	var n uint64
	for shift := 0; c.err == nil; shift += 7 {
		b := c.U8()
		group := uint64(b & 0x7f)
		if shift >= bits || bits-shift < 7 && group>>(bits-shift) != 0 {
			c.failAt(start, "is a LEB128 number of more than %d bits", bits)
			break
		}
		n |= group << shift
		if b&0x80 == 0 && c.err == nil {
			return n
		}
	}
	return 0
}

// CString takes the text up to a NUL, and the NUL.
func (c *Cursor) CString() string {
	i := -1
	if c.err == nil {
		if i = bytes.IndexByte(c.data[c.pos:], 0); i < 0 {
			c.Fail("is a text without an end")
		}
	}
	if c.err != nil {
		return ""
	}
	s := string(c.data[c.pos : c.pos+i])
	c.pos += i + 1
	return s
}

// Count returns n if n records of at least size bytes each can follow, and
// fails otherwise. Make a slice of length n only after asking.
func (c *Cursor) Count(n uint64, size int) int {
	if c.err == nil && n > uint64(c.Len()/size) {
		c.Fail("claims %d records of %d bytes, but %d bytes are left", n, size, c.Len())
	}
	if c.err != nil {
		return 0
	}
	return int(n)
}
