package bin

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Mac OS Roman is the encoding of the names in files of the classic Mac OS. Its
// lower half is ASCII, control characters included. Every byte has a character
// and no character two bytes, so decoding and encoding again gives the same
// bytes, whatever they were. (Apple, "Map from Mac OS Roman character set to
// Unicode 2.1 and later"; 0xdb was the currency sign before Mac OS 8.5.)
const (
	upperRoman = "ÄÅÇÉÑÖÜáàâäãåçéè" + // 0x80
		"êëíìîïñóòôöõúùûü" + // 0x90
		"†°¢£§•¶ß®©™´¨≠ÆØ" + // 0xa0
		"∞±≤≥¥µ∂∑∏π∫ªºΩæø" + // 0xb0
		"¿¡¬√ƒ≈∆«»…\u00a0ÀÃÕŒœ" + // 0xc0
		"–—“”‘’÷◊ÿŸ⁄€‹›ﬁﬂ" + // 0xd0
		"‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ" + // 0xe0
		"\uf8ffÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ" // 0xf0
	appleLogo = '\uf8ff' // in the private use area, as Apple maps it
)

// macRoman gives the character of each byte, romanByte the byte of each
// character that is not ASCII.
var macRoman, romanByte = romanTables()

func romanTables() (decode [256]rune, encode map[rune]byte) {
	encode = make(map[rune]byte)
	for i := range 0x80 {
		decode[i] = rune(i)
	}
	i := 0x80
	for _, r := range upperRoman {
		decode[i], encode[r] = r, byte(i)
		i++
	}
	return decode, encode
}

// MacRoman decodes text in Mac OS Roman.
func MacRoman(text []byte) string {
	var b strings.Builder
	for _, c := range text {
		b.WriteRune(macRoman[c])
	}
	return b.String()
}

// EncodeMacRoman encodes s, or says which of its characters Mac OS Roman does
// not have.
func EncodeMacRoman(s string) ([]byte, error) {
	var text []byte
	for i, r := range s {
		c, ok := romanByte[r]
		switch {
		case r < utf8.RuneSelf:
			c = byte(r)
		case r == utf8.RuneError:
			return nil, fmt.Errorf("%q is not valid UTF-8 at byte %d", s, i)
		case !ok:
			return nil, fmt.Errorf("%q has %q at byte %d, which is not in Mac OS Roman", s, r, i)
		}
		text = append(text, c)
	}
	return text, nil
}
