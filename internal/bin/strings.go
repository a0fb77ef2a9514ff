package bin

import (
	"fmt"
	"strings"
)

// Strings is a table of NUL-terminated texts that other records refer to by
// their place in it. Like a cursor it remembers its first failure.
type Strings struct {
	data  string
	base  int64
	total int // bytes of all texts returned
	err   error
}

// Strings takes all that is left as a string table. If the cursor has failed,
// so has the table.
func (c *Cursor) Strings() *Strings {
	base := c.base + int64(c.pos)
	data := c.Bytes(uint64(c.Len()))
	return &Strings{data: string(data), base: base, err: c.err}
}

// At returns the text that begins at off; item names what refers to it. Texts
// share the table's memory. No text may be longer than 64 KiB, nor all of them
// together than MaxRead: a small table whose every byte begins a text would
// otherwise grow without bound when its texts are written out.
func (s *Strings) At(item string, off uint64) string {
	if s.err != nil {
		return ""
	}
	if off >= uint64(len(s.data)) {
		return s.fail(item, 0, "names text %d of a string table of %d bytes", off, len(s.data))
	}
	text := s.data[off:]
	text = text[:min(len(text), maxString+1)]
	n := strings.IndexByte(text, 0)
	switch {
	case n >= 0 && s.total+n > MaxRead:
		return s.fail(item, off, "and those before it name texts of more than %d bytes", MaxRead)
	case n >= 0:
		s.total += n
		return text[:n]
	case len(text) > maxString:
		return s.fail(item, off, "names a text of more than %d bytes", maxString)
	}
	return s.fail(item, off, "names a text that does not end before its table does")
}

func (s *Strings) fail(item string, off uint64, format string, args ...any) string {
	s.err = &FormatError{Offset: s.base + int64(off), Item: item, Msg: fmt.Sprintf(format, args...)}
	return ""
}

// Err returns the first failure.
func (s *Strings) Err() error { return s.err }
