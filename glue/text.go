package glue

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/crossplug/crossplug/internal/bin"
)

// Text says how a string crosses. The zero Text is UTF-8 of at most 64 KiB. Other
// bytes than UTF-8 cross unchanged, too.
type Text struct {
	Max      int // bytes; 0: 64 KiB
	MacRoman bool
	Pascal   bool // a length byte and at most 255, which may be NUL
}

func (t Text) most() int {
	switch {
	case t.Pascal && (t.Max == 0 || t.Max > 255):
		return 255
	case t.Max > 0:
		return t.Max
	}
	return 65536
}

// PutString writes a string.
func (m *Message) PutString(item, s string, t Text) {
	if t.MacRoman {
		b, err := bin.EncodeMacRoman(s)
		if err != nil {
			m.fail(item, NoRoom, "%v", err)
			return
		}
		s = string(b)
	}
	if len(s) > t.most() {
		m.fail(item, TooLong, "%d bytes (at most %d)", len(s), t.most())
		return
	}
	if !t.Pascal && strings.IndexByte(s, 0) >= 0 {
		m.fail(item, Malformed, "the text has a NUL in it")
		return
	}
	m.Put(uint64(len(s)))
	copy(m.bytes(item, len(s)), s)
}

// PutStringOrNull writes a string, or null for nil.
func (m *Message) PutStringOrNull(item string, s *string, t Text) {
	if s == nil {
		m.PutNull()
		return
	}
	m.PutString(item, *s, t)
}

// GetString reads a string. In a response, null is "".
func (m *Message) GetString(item string, t Text) string {
	s, _ := m.text(item, t, false)
	return s
}

// StringOrNull reads a string; null is nil.
func (m *Message) StringOrNull(item string, t Text) *string {
	s, ok := m.text(item, t, true)
	if !ok {
		return nil
	}
	return &s
}

func (m *Message) text(item string, t Text, nullable bool) (string, bool) {
	n := m.Count(item, t.most(), 1, nullable)
	if n < 0 || m.err != nil {
		return "", false
	}
	b := bytes.Clone(m.take(item, n))
	if !t.Pascal && bytes.IndexByte(b, 0) >= 0 {
		m.fail(item, Malformed, "the text has a NUL in it")
		return "", false
	}
	if t.MacRoman {
		return bin.MacRoman(b), true
	}
	return string(b), true
}

// Strlen returns the length of a string in bytes, as it crosses.
func Strlen(s string, t Text) int64 {
	if t.MacRoman {
		return int64(utf8.RuneCountInString(s))
	}
	return int64(len(s))
}

// StrlenOrNull is Strlen, and 0 of nil.
func StrlenOrNull(s *string, t Text) int64 {
	if s == nil {
		return 0
	}
	return Strlen(*s, t)
}

// PutBuffer writes a string into a buffer of the caller's, of room bytes with
// the NUL.
func (m *Message) PutBuffer(item, s string, room int, t Text) {
	if room <= 0 {
		m.PutNull()
		return
	}
	if n := Strlen(s, t); n >= int64(room) {
		m.fail(item, TooLong, "%d bytes in a buffer of %d", n, room)
		return
	}
	m.PutString(item, s, t)
}
