package arch

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// lookalikes are the files that turn up next to plug-ins, or instead of them
// when a download went wrong. They are recognised only to make an error say
// something useful.
var lookalikes = []struct {
	offset int
	magic  string
	what   string
}{
	{0, "!<arch>\n", "a static library (ar archive), whose members a linker must first link"},
	{0, "!<thin>\n", "a thin static library (ar archive), whose members a linker must first link"},
	{0, "#!", "a script"},
	{0, "PK\x03\x04", "a zip archive"},
	{0, "\x1f\x8b", "a gzip archive"},
	{0, "BZh", "a bzip2 archive"},
	{0, "\xfd7zXZ\x00", "an xz archive"},
	{0, "\x28\xb5\x2f\xfd", "a zstd archive"},
	{0, "7z\xbc\xaf\x27\x1c", "a 7-Zip archive"},
	{257, "ustar", "a tar archive"},
	{0, "SIT!", "a StuffIt archive"},
	{0, "StuffIt (c)1997-", "a StuffIt archive"},
	{0, "\x00\x05\x16\x00", "an AppleSingle file"},
	{0, "\x00\x05\x16\x07", "an AppleDouble file"},
	{0, "(This file must be converted with BinHex", "a BinHex file"},
	{0, "BC\xc0\xde", "LLVM bitcode, which a compiler must first translate"},
	{0, "\xde\xc0\x17\x0b", "LLVM bitcode, which a compiler must first translate"},
	{0, "dyld_v1", "a dyld shared cache"},
	{0, "\x01\xdf", "an XCOFF image, which is not supported"},
	{0, "\x01\xf7", "an XCOFF image, which is not supported"},
	{0, "<!DOCTYPE", "a web page"},
	{0, "<html", "a web page"},
	{0, "<?xml", "an XML document"},
	{0, "RIFF", "a RIFF file, such as a recording"},
	{0, "FORM", "an IFF file, such as a recording"},
	{0, "\x89PNG", "a PNG picture"},
	{0, "\xff\xd8\xff", "a JPEG picture"},
	{0, "%PDF", "a PDF document"},
}

// describe says what a file that begins with head is, as a noun.
func describe(head []byte) string {
	if len(head) == 0 {
		return "an empty file"
	}
	for _, l := range lookalikes {
		if l.offset <= len(head) && bytes.HasPrefix(head[l.offset:], []byte(l.magic)) {
			return l.what
		}
	}
	if isJavaClass(head) {
		return "a Java class"
	}
	if isText(head) {
		return "a text file"
	}
	return fmt.Sprintf("a file of unknown kind that begins with % x", head[:min(8, len(head))])
}

// isText says whether head, whose last character may be cut, is text.
func isText(head []byte) bool {
	for len(head) > 0 {
		r, n := utf8.DecodeRune(head)
		switch {
		case r == utf8.RuneError && n == 1:
			return !utf8.FullRune(head)
		case r < ' ' && r != '\t' && r != '\n' && r != '\r' && r != '\f', r == 0x7f:
			return false
		}
		head = head[n:]
	}
	return true
}
