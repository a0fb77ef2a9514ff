package coderes

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares text with a file of testdata.
func golden(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("%s differs; with -update it is rewritten. Got\n%s", file, text)
	}
}

func code(s string) OSType {
	t, err := ParseOSType(s)
	if err != nil {
		panic(err)
	}
	return t
}

// words are 68K instructions.
func words(w ...uint16) []byte {
	var b []byte
	for _, v := range w {
		b = bigEndian.AppendUint16(b, v)
	}
	return b
}

// pef is a PEF container as far as is looked at here: a header without
// sections.
func pef(architecture string) []byte {
	b := make([]byte, pefHeaderSize)
	copy(b, pefMagic+architecture)
	b[15] = 1
	return b
}

// rts is 68K code.
var rts = words(0x4e75) // RTS

// header is 68K code with the header of a compiler.
func header(branch []uint16, kind string, id, version uint16, more ...uint16) []byte {
	b := words(branch...)
	b = append(b, kind...)
	return append(append(b, words(append([]uint16{id, version}, more...)...)...), rts...)
}

const (
	wdef = ProcInfo(0x3bb0)
	plug = ProcInfo(0x00b5)
)

// resources are the ways to hold code.
func resources() map[string][]byte {
	return map[string][]byte{
		"plain":                rts,
		"plain, short header":  header([]uint16{0x600a, 0x8000}, "WDEF", 0xffff, 10),
		"plain, longer header": header([]uint16{0x600e, 0}, "PLUG", 128, 1, 0, 0),
		"plain, word header":   header([]uint16{0x6000, 0x000a}, "XCMD", 7, 0),
		"plain, long header":   append(append(words(0x60ff, 0, 0x000c), "CDEF"...), append(words(1, 2), rts...)...),
		"plain, jump":          header([]uint16{0x4efa, 0x000a}, "cdev", 0x8000, 3),
		"plain, short branch":  append(words(0x6002, 0x4e71), rts...),
		"plain, no header":     header([]uint16{0x600a, 0}, "\x00\x01\x02\x03", 7, 0),
		"accelerated":          NewAccelerated(plug, pef("pwpc")),
		"fat":                  NewFat(plug, words(0x4e71, 0x4e71, 0x4e75), wdef, pef("pwpc")),
		"fat, with header":     NewFat(wdef, header([]uint16{0x600a, 0}, "WDEF", 128, 0), wdef, pef("pwpc")),
		"safe fat":             NewSafeFat(wdef, rts, wdef, pef("pwpc")),
		"fragment":             pef("pwpc"),
		"fragment, 68K":        pef("m68k"),
	}
}

// describe shows all that is known of a resource with code.
func describe(data []byte) string {
	var b strings.Builder
	c, err := Recognise(data)
	fmt.Fprintf(&b, "\t%v", c.Kind)
	if d := c.Descriptor; d != nil {
		fmt.Fprintf(&b, ", descriptor at %#x: indexable %t, selectors %#x", c.DescriptorOffset, d.Indexable, d.SelectorInfo)
		for _, r := range d.Routines {
			fmt.Fprintf(&b, "\n\t%v %v %v at %#x selector %#x: %v", r.ISA, r.RTA, r.Flags, r.Proc, r.Selector, r.ProcInfo)
		}
	}
	for _, p := range c.Parts {
		fmt.Fprintf(&b, "\n\t%v from %#x, %d bytes, entry %d, PEF %t: %v", p.ISA, p.Offset, p.Size, p.Entry, p.PEF, p.ProcInfo)
		if h := p.Header; h != nil {
			fmt.Fprintf(&b, ", header of '%v' %d version %d flags %#x", h.Type, h.ID, h.Version, h.Flags)
		}
	}
	if err != nil {
		fmt.Fprintf(&b, "\n\terror: %v", err)
	}
	return b.String() + "\n"
}
