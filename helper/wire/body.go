package wire

import (
	"encoding/binary"
	"fmt"
)

// Writer builds the body of a frame: little-endian numbers, and bytes and
// strings that follow their u32 length. The zero Writer is ready to use.
type Writer struct {
	buf []byte
}

// Body returns what was written so far. Writing on may change it.
func (w *Writer) Body() []byte { return w.buf }

// Reset empties the Writer and keeps its memory.
func (w *Writer) Reset() { w.buf = w.buf[:0] }

func (w *Writer) U16(v uint16)    { w.buf = binary.LittleEndian.AppendUint16(w.buf, v) }
func (w *Writer) U32(v uint32)    { w.buf = binary.LittleEndian.AppendUint32(w.buf, v) }
func (w *Writer) U64(v uint64)    { w.buf = binary.LittleEndian.AppendUint64(w.buf, v) }
func (w *Writer) Bytes(b []byte)  { w.U32(uint32(len(b))); w.buf = append(w.buf, b...) }
func (w *Writer) String(s string) { w.U32(uint32(len(s))); w.buf = append(w.buf, s...) }

// Reader takes a body apart. After the first read past the end every read
// returns zero, and Err says where it was; check it once, at the end.
type Reader struct {
	body []byte
	off  int
	err  error
}

// NewReader returns a Reader of body.
func NewReader(body []byte) *Reader { return &Reader{body: body} }

// Err returns the first error.
func (r *Reader) Err() error { return r.err }

// Len returns how many bytes are left: the bound for every count that is read.
func (r *Reader) Len() int { return len(r.body) - r.off }

// End returns Err, or an error if bytes are left over.
func (r *Reader) End() error {
	if r.err == nil && r.Len() > 0 {
		r.fail("%d bytes left over", r.Len())
	}
	return r.err
}

func (r *Reader) U16() uint16 {
	if b := r.take("u16", 2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (r *Reader) U32() uint32 {
	if b := r.take("u32", 4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (r *Reader) U64() uint64 {
	if b := r.take("u64", 8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// Bytes returns a part of the body, not a copy.
func (r *Reader) Bytes() []byte {
	n := r.U32()
	if r.err != nil {
		return nil
	}
	return r.take("bytes", n)
}

// String returns bytes as they are; they need not be UTF-8.
func (r *Reader) String() string { return string(r.Bytes()) }

func (r *Reader) take(what string, n uint32) []byte {
	if r.err != nil {
		return nil
	}
	if uint64(n) > uint64(r.Len()) {
		r.fail("%s of %d bytes, but %d are left", what, n, r.Len())
		return nil
	}
	b := r.body[r.off : r.off+int(n) : r.off+int(n)]
	r.off += int(n)
	return b
}

func (r *Reader) fail(format string, args ...any) {
	r.err = fmt.Errorf("wire: body of %d bytes: at %d: %s", len(r.body), r.off, fmt.Sprintf(format, args...))
	r.off = len(r.body)
}
