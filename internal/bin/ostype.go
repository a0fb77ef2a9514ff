package bin

import (
	"fmt"
	"strings"
	"unicode"
)

// OSType is a code of four characters, as the Mac OS names the types of files
// and resources: CODE, or vers. Each byte is a character of Mac OS Roman; the
// first is the most significant.
type OSType uint32

// String returns the four characters, readable whatever they are: a backslash
// and every byte that does not print are written \xNN. ParseOSType returns the
// same OSType for the same text.
func (t OSType) String() string {
	var b strings.Builder
	for shift := 24; shift >= 0; shift -= 8 {
		c := byte(t >> shift)
		if r := macRoman[c]; c != '\\' && (unicode.IsPrint(r) || r == appleLogo) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\x%02x`, c)
		}
	}
	return b.String()
}

// ParseOSType returns the OSType that is written as String writes it.
func ParseOSType(s string) (OSType, error) {
	var t OSType
	n, rest := 0, s
	for ; rest != ""; n++ {
		var c byte
		if hex, ok := strings.CutPrefix(rest, `\x`); ok {
			if len(hex) < 2 {
				return 0, fmt.Errorf("type %q ends within \\x and two hexadecimal digits", s)
			}
			if _, err := fmt.Sscanf(hex[:2], "%02x", &c); err != nil {
				return 0, fmt.Errorf("type %q has \\x%s, but \\x and two hexadecimal digits stand for a byte", s, hex[:2])
			}
			rest = hex[2:]
		} else {
			r := []rune(rest)[0]
			one, err := EncodeMacRoman(string(r))
			if err != nil {
				return 0, fmt.Errorf("type %q: %w", s, err)
			}
			c, rest = one[0], rest[len(string(r)):]
		}
		t = t<<8 | OSType(c)
	}
	if n != 4 {
		return 0, fmt.Errorf("type %q has %d characters, but a type has four", s, n)
	}
	return t, nil
}

// MarshalText writes the type as String does.
func (t OSType) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads the type as ParseOSType does.
func (t *OSType) UnmarshalText(text []byte) error {
	v, err := ParseOSType(string(text))
	if err == nil {
		*t = v
	}
	return err
}

// OSType takes a code of four characters.
func (c *Cursor) OSType() OSType { return OSType(c.U32()) }
