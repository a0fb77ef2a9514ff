package toolbox

import (
	"bytes"
	"fmt"
	"math"
	"strings"
)

// mostFormatted is how long a formatted text may be, mostWidth how wide a field,
// mostFormat how long a format of printf or scanf.
const (
	mostFormatted = 1 << 20
	mostWidth     = 4096
	mostFormat    = 1 << 16
)

// format writes what printf's format says of some arguments. Go's package fmt
// does most of it: what differs are characters and texts, whose bytes are taken as
// they are, and how infinities are written.
func (t *Toolbox) format(format []byte, rest *variadic) []byte {
	var out []byte
	for len(format) > 0 && t.err == nil && len(out) < mostFormatted {
		i := bytes.IndexByte(format, '%')
		if i < 0 {
			return append(out, format...)
		}
		out = append(out, format[:i]...)
		if !t.work(directiveWork) {
			break
		}
		var d directive
		if format = d.parse(format[i+1:], rest); d.verb == 0 {
			return out // it ends with what is no directive
		}
		out = append(out, d.format(t, rest)...)
	}
	return out
}

// directiveWork is how long it takes to format or to convert something.
const directiveWork = 32

// directive is one of printf's.
type directive struct {
	flags            string
	width, precision int // -1 is none
	short            bool
	verb             byte
}

// parse reads what follows a %, and returns what follows that.
func (d *directive) parse(s []byte, rest *variadic) []byte {
	*d = directive{width: -1, precision: -1}
	for len(s) > 0 && bytes.IndexByte([]byte("-+ #0"), s[0]) >= 0 {
		if !strings.Contains(d.flags, string(s[0])) {
			d.flags += string(s[0])
		}
		s = s[1:]
	}
	number := func() int {
		if len(s) > 0 && s[0] == '*' {
			s = s[1:]
			return int(int32(rest.u32()))
		}
		n := 0
		for ; len(s) > 0 && isDigit(int32(s[0])); s = s[1:] {
			n = min(10*n+int(s[0]-'0'), mostWidth)
		}
		return n
	}
	d.width = number()
	if d.width < 0 {
		d.flags, d.width = d.flags+"-", -d.width
	}
	d.width = min(d.width, mostWidth)
	if len(s) > 0 && s[0] == '.' {
		s = s[1:]
		d.precision = min(number(), mostWidth)
	}
	for ; len(s) > 0 && bytes.IndexByte([]byte("hlL"), s[0]) >= 0; s = s[1:] {
		d.short = d.short || s[0] == 'h'
	}
	if len(s) == 0 {
		return nil
	}
	d.verb = s[0]
	return s[1:]
}

// with is Go's directive, without some flags.
func (d *directive) with(verb byte, without string) string {
	var b strings.Builder
	b.WriteByte('%')
	for _, c := range d.flags {
		if !strings.ContainsRune(without, c) {
			b.WriteRune(c)
		}
	}
	if d.width > 0 {
		fmt.Fprint(&b, d.width)
	}
	if d.precision >= 0 {
		fmt.Fprintf(&b, ".%d", d.precision)
	}
	b.WriteByte(verb)
	return b.String()
}

// pad fills a text up to the width.
func (d *directive) pad(s []byte) []byte {
	if n := d.width - len(s); n > 0 {
		blanks := bytes.Repeat([]byte{' '}, n)
		if strings.Contains(d.flags, "-") {
			return append(s, blanks...)
		}
		return append(blanks, s...)
	}
	return s
}

func (d *directive) format(t *Toolbox, rest *variadic) []byte {
	switch d.verb {
	case '%':
		return []byte{'%'}
	case 'd', 'i':
		v := int32(rest.u32())
		if d.short {
			v = int32(int16(v))
		}
		return fmt.Appendf(nil, d.with('d', "#"), v)
	case 'u', 'o', 'x', 'X':
		v := rest.u32()
		if d.short {
			v &= 0xffff
		}
		verb, without := d.verb, "+ "
		if verb == 'u' {
			verb, without = 'd', "+ #"
		}
		if v == 0 {
			without += "#" // zero has no prefix
		}
		return fmt.Appendf(nil, d.with(verb, without), v)
	case 'p':
		return d.pad(fmt.Appendf(nil, "%x", rest.u32()))
	case 'c':
		return d.pad([]byte{byte(rest.u32())})
	case 's':
		at := rest.u32()
		if d.precision >= 0 {
			return d.pad(t.bounded(at, uint32(d.precision)))
		}
		return d.pad(t.cstring(at))
	case 'e', 'E', 'f', 'g', 'G':
		v := rest.double()
		switch {
		case math.IsNaN(v):
			return d.pad([]byte("NAN"))
		case math.IsInf(v, 0):
			return d.pad([]byte(map[bool]string{false: "INF", true: "-INF"}[v < 0]))
		}
		if d.precision < 0 {
			d.precision = 6
		}
		if d.precision == 0 && (d.verb == 'g' || d.verb == 'G') {
			d.precision = 1
		}
		return fmt.Appendf(nil, d.with(d.verb, ""), v)
	}
	t.fail(fmt.Errorf("directive %%%c of printf: %w", d.verb, ErrNotImplemented))
	return nil
}
