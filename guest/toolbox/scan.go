package toolbox

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
)

// scanner reads a text as scanf's format says (ISO/IEC 9899:1990, 7.9.6.2).
type scanner struct {
	t    *Toolbox
	text []byte
	at   int
	rest *variadic
	done int32 // values that were stored
}

// Sscanf reads values from a text. It returns how many, -1 if the text ends before
// the first.
func (t *Toolbox) Sscanf(text, format uint32, rest *variadic) int32 {
	s := &scanner{t: t, text: t.cstring(text), rest: rest}
	f := t.cstringWithin(format, mostFormat)
	for len(f) > 0 && t.work(directiveWork) {
		c := f[0]
		f = f[1:]
		switch {
		case isSpace(int32(c)):
			s.blanks()
		case c != '%':
			if s.at == len(s.text) || s.text[s.at] != c {
				return s.result()
			}
			s.at++
		default:
			var d conversion
			if f = d.parse(f); !s.convert(&d) {
				return s.result()
			}
		}
	}
	return s.done
}

// result is that of a scan which ended early.
func (s *scanner) result() int32 {
	if s.done == 0 && s.at == len(s.text) {
		return -1
	}
	return s.done
}

func (s *scanner) blanks() {
	for s.at < len(s.text) && isSpace(int32(s.text[s.at])) {
		s.at++
	}
}

// conversion is one of scanf's directives.
type conversion struct {
	suppress bool
	width    int // 0 is none
	size     byte
	verb     byte
	set      [256]bool // of %[
}

// parse reads what follows a %, and returns what follows that.
func (d *conversion) parse(f []byte) []byte {
	if len(f) > 0 && f[0] == '*' {
		d.suppress, f = true, f[1:]
	}
	for ; len(f) > 0 && isDigit(int32(f[0])); f = f[1:] {
		d.width = min(10*d.width+int(f[0]-'0'), mostText)
	}
	if len(f) > 0 && bytes.IndexByte([]byte("hlL"), f[0]) >= 0 {
		d.size, f = f[0], f[1:]
	}
	if len(f) == 0 {
		return nil
	}
	d.verb, f = f[0], f[1:]
	if d.verb == '[' {
		return d.parseSet(f)
	}
	return f
}

// parseSet reads the characters of %[...], of which the first may be a bracket.
func (d *conversion) parseSet(f []byte) []byte {
	in := true
	if len(f) > 0 && f[0] == '^' {
		in, f = false, f[1:]
		for i := range d.set {
			d.set[i] = true
		}
	}
	for i := 0; i < len(f); i++ {
		switch {
		case f[i] == ']' && i > 0:
			return f[i+1:]
		case f[i] == '-' && i > 0 && i+1 < len(f) && f[i+1] != ']':
			for c := int(f[i-1]); c <= int(f[i+1]); c++ {
				d.set[c] = in
			}
		default:
			d.set[f[i]] = in
		}
	}
	return nil
}

// field returns what there is for a conversion, at most its width.
func (s *scanner) field(d *conversion) []byte {
	f := s.text[s.at:]
	if d.width > 0 && d.width < len(f) {
		f = f[:d.width]
	}
	return f
}

// run returns the bytes at the start of a field that belong to it.
func run(field []byte, belongs func(byte) bool) []byte {
	for i, c := range field {
		if !belongs(c) {
			return field[:i]
		}
	}
	return field
}

// convert reads one value, and says whether the text had it.
func (s *scanner) convert(d *conversion) bool {
	if bytes.IndexByte([]byte("c[n"), d.verb) < 0 {
		s.blanks()
	}
	field := s.field(d)
	switch d.verb {
	case 'n':
		s.store(d, uint32(s.at))
		return true
	case '%':
		if len(field) == 0 || field[0] != '%' {
			return false
		}
		s.at++
		return true
	case 'c':
		n := max(d.width, 1)
		if len(field) < n {
			s.at = len(s.text)
			return false
		}
		return s.bytes(d, field[:n], false)
	case 's':
		return s.bytes(d, run(field, func(c byte) bool { return !isSpace(int32(c)) }), true)
	case '[':
		return s.bytes(d, run(field, func(c byte) bool { return d.set[c] }), true)
	case 'd', 'i', 'u', 'o', 'x', 'X', 'p':
		base := map[byte]int32{'i': 0, 'o': 8, 'x': 16, 'X': 16, 'p': 16, 'd': 10, 'u': 10}[d.verb]
		v, used := integer(field, base)
		if used == 0 {
			return false
		}
		s.at += used
		if !d.suppress {
			s.store(d, uint32(v))
			s.done++
		}
		return true
	case 'e', 'E', 'f', 'g', 'G':
		n := decimalLength(field)
		if n == 0 {
			return false
		}
		s.at += n
		v, _ := strconv.ParseFloat(string(field[:n]), 64) // out of range is an infinity
		if d.suppress {
			return true
		}
		s.done++
		if at := s.rest.u32(); d.size == 0 {
			s.t.put32(at, math.Float32bits(float32(v)))
		} else {
			s.t.put64(at, toBits(v))
		}
		return true
	}
	s.t.fail(fmt.Errorf("directive %%%c of sscanf: %w", d.verb, ErrNotImplemented))
	return false
}

// bytes stores characters, as a text or as they are.
func (s *scanner) bytes(d *conversion, b []byte, text bool) bool {
	if len(b) == 0 {
		return false
	}
	s.at += len(b)
	if d.suppress {
		return true
	}
	s.done++
	if text {
		b = append(bytes.Clone(b), 0)
	}
	s.t.write(s.rest.u32(), b)
	return true
}

// store stores a whole number of a conversion's size.
func (s *scanner) store(d *conversion, v uint32) {
	if at := s.rest.u32(); d.size == 'h' {
		s.t.put16(at, uint16(v))
	} else {
		s.t.put32(at, v)
	}
}
