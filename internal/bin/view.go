package bin

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// MaxRead is the most that one read of a View returns. The largest tables met
// in practice, the symbol names of browsers and compilers, are a fifth of it.
const MaxRead = 64 << 20

// chunk is how much is read at a time, and so the most memory that a lying
// size costs beyond what the file really holds.
const chunk = 1 << 20

// View is a bounded part of a file: one image, one fork, one section. Offsets
// into it count from its own start; errors give offsets in the file. A View may
// be used by several goroutines if its reader may.
type View struct {
	r    io.ReaderAt
	base int64
	size int64
}

// NewView returns the size bytes of r that begin at off. They need not exist:
// reads find out.
func NewView(r io.ReaderAt, off, size int64) View { return View{r, off, max(size, 0)} }

// Size is the number of bytes in the view.
func (v View) Size() int64 { return v.size }

// Base is where in the file the view begins.
func (v View) Base() int64 { return v.base }

// Has says whether the n bytes at off lie within the view.
func (v View) Has(off, n uint64) bool {
	size := uint64(v.size)
	return off <= size && n <= size-off
}

// Part returns the n bytes at off as a view of their own. The view's end bounds
// it.
func (v View) Part(off, n uint64) View {
	off = min(off, uint64(v.size))
	return View{v.r, v.base + int64(off), int64(min(n, uint64(v.size)-off))}
}

// Bytes returns the n bytes at off; item names them in the error.
func (v View) Bytes(item string, off, n uint64) ([]byte, error) {
	if !v.Has(off, n) {
		return nil, v.Errorf(item, off, "needs %d bytes, but the image ends at %#x", n, v.base+v.size)
	}
	if n > MaxRead {
		return nil, v.Errorf(item, off, "is %d bytes long; at most %d are read", n, MaxRead)
	}
	var buf []byte
	for uint64(len(buf)) < n {
		have := len(buf)
		buf = append(buf, make([]byte, min(n-uint64(have), chunk))...)
		if got, err := v.r.ReadAt(buf[have:], v.base+int64(off)+int64(have)); got < len(buf)-have {
			if err == nil || errors.Is(err, io.EOF) {
				return nil, v.Errorf(item, off, "needs %d bytes, but the file ends after %d of them", n, have+got)
			}
			return nil, fmt.Errorf("%s: %w", item, err)
		}
	}
	return buf, nil
}

// Cursor returns a cursor over the n bytes at off. If they cannot be read, the
// cursor has failed already.
func (v View) Cursor(item string, off, n uint64, order binary.ByteOrder) *Cursor {
	data, err := v.Bytes(item, off, n)
	return &Cursor{data: data, base: v.base + int64(off), order: order, item: item, err: err}
}

// maxString bounds a text that ends with a NUL. C++ symbols are the longest
// honest ones.
const maxString = 64 << 10

// CString returns the text at off, which a NUL ends.
func (v View) CString(item string, off uint64) (string, error) {
	var text []byte
	for step := uint64(64); ; step *= 4 {
		if !v.Has(off, uint64(len(text))+1) {
			return "", v.Errorf(item, off, "has no end before that of the image")
		}
		at := off + uint64(len(text))
		b, err := v.Bytes(item, at, min(step, uint64(v.size)-at))
		if err != nil {
			return "", err
		}
		if i := bytes.IndexByte(b, 0); i >= 0 {
			return string(append(text, b[:i]...)), nil
		}
		if text = append(text, b...); len(text) > maxString {
			return "", v.Errorf(item, off, "is longer than %d bytes", maxString)
		}
	}
}

// Errorf makes a FormatError about what is at off in the view.
func (v View) Errorf(item string, off uint64, format string, args ...any) error {
	return &FormatError{Offset: v.base + int64(off), Item: item, Msg: fmt.Sprintf(format, args...)}
}
