package inspect

import (
	"fmt"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/internal/macfixture"
)

// TestText looks for C and Pascal strings.
func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"":                     "",
		"abc\x00":              "",
		"abcd\x00more":         `"abcd" 5`,
		"abcd":                 `"abcd" 4`,
		"abcd\x01":             "",
		"\x04abcdefg":          `"abcd" 5`,
		"\x03abc":              "",
		"\x05abcd":             "",
		"\x04ab\x01d":          "",
		"a line\r\n\tmore\x00": `"a line\r\n\tmore" 14`,
		strings.Repeat("x", longText+100) + "\x00": fmt.Sprintf("%q %d", strings.Repeat("x", longText), longText),
	} {
		got := ""
		if s, n := text([]byte(in)); n > 0 {
			got = fmt.Sprintf("%q %d", s, n)
		}
		if got != want {
			t.Errorf("%.20q: %s, want %s", in, got, want)
		}
	}
}

// lines is a listing in short.
func lines(t *testing.T, f *File, what string) string {
	t.Helper()
	var b strings.Builder
	for l := range f.Disassemble(what) {
		at := l.start
		for line := range l.Lines() {
			if int(line.Offset) != at && line.Code != "" {
				t.Errorf("a line is at %#x, not %#x", line.Offset, at)
			}
			at += len(line.Code) / 2
			if line.Label != "" {
				b.WriteString(line.Label + ": ")
			}
			b.WriteString(line.Text)
			if line.Comment != "" {
				b.WriteString(" ; " + line.Comment)
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

// TestData lists data with pointers of all kinds, texts of both, zeros, numbers
// of any size, and what has no bytes in the file; and code with texts in it.
func TestData(t *testing.T) {
	f := macfixture.Fragment()
	code := "\x4e\x80\x00\x20" + "odd" + "\x00" + "a text\x00" + "\x06Pascal" + "\x00\x00" + "\x4e\x80\x00\x20" + "\x00\x00\x00\x00\x00\x09\x00\x01\x80\x02\x00\x00" + "\x38"
	data := "\x00\x00\x00\x08" + "\x00\x00\x00\x0f" + "\x00\x00\x00\x30" + "\x00\x00\x00\x00" + // pointers to texts, to the name below, to an import
		"\x00\x00\x00\x18" + "\x12\x34\x56\x78" + "\x01\x02\x03\x04\x05\x06\x07\x08" + // a pointer to a word in code; numbers
		"C string\x00" + "\x06Pascal" + // at 0x20 and 0x29
		"\x00\x00\x01\x02" + strings.Repeat("\x00", 13) + "\xff"
	f.Sections[0].Data, f.Sections[1].Data, f.Sections[1].Zeros = []byte(code), []byte(data), 32
	program, err := pef.Compress([]pef.Fixup{{Offset: 0}, {Offset: 4}, {Offset: 8, Target: pef.Target{Index: 1}}, {Offset: 12, Target: pef.Target{Import: true, Index: 3}}, {Offset: 16}})
	macfixture.Must(err)
	f.Loader.Main, f.Loader.Init, f.Loader.Relocations = nil, nil, []pef.Relocations{{Section: 1, Program: program}}
	export := func(name string, at int) pef.Export {
		return pef.Export{Name: name, Class: pef.DataSymbol, Section: 1, Value: uint32(at)}
	}
	f.Loader.Exports = []pef.Export{export("number", 0x30), export("zeros__3Foo", len(data)+8), export("last", len(data)+28)}
	file := look(t, macfixture.Encode(f))
	const wantData = `dc.l 0x8 ; → section 0 + 0x8 "a text"
dc.l 0xf ; → section 0 + 0xf "Pascal"
dc.l number
dc.l compare__6SorterCFPCvT1 ; import compare__6SorterCFPCvT1 Sorter::compare(const void*, const void*) const
dc.l 0x18 ; → section 0 + 0x18
dc.l 0x12345678,0x1020304,0x5060708
dc.b "C string",0
dc.b 6,"Pascal"
number: dc.l 0x102
ds.b 12
dc.b 0x0,0xff
zeros__3Foo: ds.b 20
last: ds.b 4
`
	if got := lines(t, file, "1"); got != wantData {
		t.Errorf("data:\n%s\nwant\n%s", got, wantData)
	}
	const wantCode = `blr
xoris r4,r27,0x6400
dc.b "a text",0
dc.b 6,"Pascal"
dc.b 0x0,0x0
blr
traceback table ; C++, up to 0x1c
dc.b 0x38
`
	if got := lines(t, file, "0"); got != wantCode {
		t.Errorf("code:\n%s\nwant\n%s", got, wantCode)
	}
	f.Architecture = pef.M68K
	if got := lines(t, look(t, macfixture.Encode(f)), "0"); !strings.Contains(got, "dc.b \"a text\",0\ndc.b 6,\"Pascal\"\n") {
		t.Errorf("68K code:\n%s", got)
	}
}

// TestGuess sees that 68K code is known by how it begins, and other bytes are
// not taken for it.
func TestGuess(t *testing.T) {
	link := "\x4e\x56\xff\xfc\x20\x2e\x00\x08\x4e\x5e"
	for in, want := range map[string]bool{
		link + "\x4e\x75":                                          true,
		link + "\x20\x5f\x4e\xd0":                                  true,
		"\x60\x02\x00\x00" + link + "\x4e\x74\x00\x04":             true,
		"\x48\xe7\x1f\x38\x70\x01\x4c\xdf\x1c\xf8\x4e\x75":         true,
		"\x48\xe7\x1f\x38\x60\x00\x00\x06\xff\xff\xff\xff\x4e\x75": true, // past data
		link:                           false,
		link + "\x4a\xfb\x4e\x75":      false,
		"\x70\x01\x4e\x75":             false,
		"NVIDIA made this text":        false,
		"\x4e":                         false,
		"":                             false,
		strings.Repeat(link, maxGuess): false,
		"\x4e\x56\xff\xfc\x60\xfe":     false, // for ever
	} {
		f := look(t, macfixture.Fork(macfixture.Resource("tool", 1, "", []byte(in))))
		if got := len(f.Images) == 1; got != want || len(f.Problems) > 0 {
			t.Errorf("%.40q: %v, %q", in, got, f.Problems)
		}
		if l := f.Resources[0].Disassemble(); (l != nil) != (in != "") {
			t.Errorf("%.40q: %v", in, l)
		} else if l != nil {
			n := 0
			for line := range l.Lines() {
				n += len(line.Code) / 2
			}
			if n != len(in) {
				t.Errorf("%.40q: %d bytes are listed", in, n)
			}
		}
	}
	compressed := macfixture.Resources()[7]
	if r := look(t, macfixture.Fork(compressed)).Resources[0]; r.Compressed == nil || r.Disassemble() != nil {
		t.Errorf("%+v", r)
	}
}

// TestStringsInCode sees that instructions are not listed as texts.
func TestStringsInCode(t *testing.T) {
	f := macfixture.Fragment()
	f.Sections[0].Data = []byte("|cSx|d[x\x7c" + "\x00\x00\x00real text\x00\x08Pascal!!|")
	var got []string
	for _, s := range look(t, macfixture.Encode(f)).Images[0].PEF.Strings {
		if s.Section == 0 {
			got = append(got, s.Text)
		}
	}
	if strings.Join(got, ";") != "|cSx|d[x|;real text" {
		t.Errorf("%q", got)
	}
}

// TestManyOfOneName sees that names are made unique in little time.
func TestManyOfOneName(t *testing.T) {
	p := &pieces{yield: func(Piece) bool { return true }, taken: map[string]int{}}
	seen := map[string]bool{}
	for range 50_000 {
		seen[p.add("same", "", nil)] = true
		seen[p.add("SAME~7", "", nil)] = true
	}
	if len(seen) != 100_000 || !seen["same~2"] || !seen["SAME~7~2"] || seen["same~7"] {
		t.Errorf("%d names", len(seen))
	}
}
