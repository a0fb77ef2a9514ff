package resource

import (
	"bytes"
	"fmt"
	"strings"
)

// code returns an OSType by its text.
func code(s string) OSType {
	t, err := ParseOSType(s)
	if err != nil {
		panic(err)
	}
	return t
}

// fixture is a fork to write and read.
type fixture struct {
	name string
	fork *Fork
}

// fixtures are forks with everything a fork can have.
func fixtures() []fixture {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	roman := func(from, to int) string { // of every character, in the order of Mac OS Roman
		var b strings.Builder
		for c := from; c < to; c++ {
			b.WriteRune([]rune(mustName(every))[c])
		}
		return b.String()
	}
	system := &Fork{Attributes: MapReadOnly | MapCompact}
	copy(system.System[:], every)
	copy(system.User[:], every[100:])
	system.Resources = []*Resource{{Type: code("TEXT"), ID: 128, Data: []byte("system and user data")}}

	attributes := &Fork{Attributes: MapChanged | 0x4000}
	for i := range 8 {
		attributes.Resources = append(attributes.Resources, &Resource{Type: code("ATTR"), ID: int16(i), Attributes: 1 << i, Data: every[:i]})
	}
	attributes.Resources = append(attributes.Resources, &Resource{Type: code("ATTR"), ID: 8, Attributes: 0xff})

	ids := &Fork{}
	for _, id := range []int16{0, 1, -1, 127, 128, 32767, -32768, -16455} {
		ids.Resources = append(ids.Resources, &Resource{Type: code("STR "), ID: id, Data: fmt.Appendf(nil, "number %d", id)})
	}

	types := &Fork{}
	for i, t := range []string{"CODE", "snd ", `\x00\x00\x00\x00`, `\xff\xfe\x0d\x0a`, `''""`, `\x5cx4 `, "Å©ƒ\uf8ff", "code"} {
		types.Resources = append(types.Resources,
			&Resource{Type: code(t), ID: int16(i), Name: t, Data: []byte(t)},
			&Resource{Type: code(t), ID: int16(i) + 100})
	}

	names := &Fork{Resources: []*Resource{
		{Type: code("NAME"), ID: 1, Name: "Café ƒolder…"},
		{Type: code("NAME"), ID: 2},
		{Type: code("NAME"), ID: 3, Name: roman(0, 255)},
		{Type: code("NAME"), ID: 4, Name: roman(1, 256)},
		{Type: code("NAME"), ID: 5, Name: "Café ƒolder…"},
	}}

	v8 := CompressedHeader{Version: 8, Attributes: 1, Length: 1000, Decompressor: 1, Extra: 7, WorkBuffer: 0x80, Expansion: 4}
	v9 := CompressedHeader{Version: 9, Attributes: 1, Length: 1 << 31, Decompressor: -16385, Extra: 8, Parameters: [2]uint8{6, 3}}
	compressed := &Fork{Resources: []*Resource{
		{Type: code("CODE"), ID: 1, Attributes: Compressed, Data: append(v8.Encode(), "packed"...)},
		{Type: code("CODE"), ID: 2, Attributes: Compressed | Purgeable, Data: append(v9.Encode(), "packed more"...)},
		{Type: code("CODE"), ID: 3, Attributes: Compressed, Data: []byte("only called compressed")},
		{Type: code("CODE"), ID: 4, Data: append(v8.Encode(), "not called compressed"...)},
		{Type: code("CODE"), ID: 5, Attributes: Compressed, Data: v8.Encode()[:17]},
		{Type: code("CODE"), ID: 6, Attributes: Compressed, Data: bytes.Replace(v8.Encode(), []byte{8, 1}, []byte{10, 1}, 1)},
		{Type: code("CODE"), ID: 7, Attributes: Compressed, Data: bytes.Replace(v8.Encode(), []byte{0, 18, 8, 1}, []byte{0, 20, 8, 1}, 1)},
		{Type: code("CODE"), ID: 8, Attributes: Compressed, Data: bytes.Replace(v8.Encode(), []byte{8, 1}, []byte{8, 4}, 1)},
	}}

	many := &Fork{}
	for i := range 2700 {
		many.Resources = append(many.Resources, &Resource{Type: OSType(0x41414141 + i/100), ID: int16(i), Name: fmt.Sprint("number ", i), Data: every[:i%256]})
	}
	return []fixture{
		{"empty", &Fork{}}, {"system", system}, {"attributes", attributes}, {"ids", ids}, {"types", types},
		{"names", names}, {"compressed", compressed}, {"many", many},
	}
}

// mustName decodes a name as reading does.
func mustName(text []byte) string {
	f, err := Parse(oneName(text[:128]))
	if err != nil {
		panic(err)
	}
	g, err := Parse(oneName(text[128:]))
	if err != nil {
		panic(err)
	}
	return f.Resources[0].Name + g.Resources[0].Name
}

// oneName is a fork with one resource of the name.
func oneName(text []byte) []byte {
	f := &Fork{Resources: []*Resource{{Type: code("NAME"), Name: strings.Repeat("x", len(text))}}}
	b, err := f.Encode()
	if err != nil {
		panic(err)
	}
	copy(b[len(b)-len(text):], text)
	return b
}

// listing shows all there is to a fork.
func listing(f *Fork) string {
	var b strings.Builder
	fmt.Fprintf(&b, "attributes %v\n", f.Attributes)
	if f.System != [systemSize]byte{} || f.User != [userSize]byte{} {
		fmt.Fprintf(&b, "system %x\nuser %x\n", f.System, f.User)
	}
	for _, r := range f.Resources {
		fmt.Fprintf(&b, "%v %q %v at %#x: %d bytes %.24q\n", r, r.Name, r.Attributes, r.Offset, len(r.Data), r.Data)
		h, rest, err := r.Compression()
		switch {
		case err != nil:
			fmt.Fprintf(&b, "\t%v\n", err)
		case h != nil:
			fmt.Fprintf(&b, "\tcompressed: %+v of %d bytes\n", *h, len(rest))
		}
	}
	for _, p := range f.Problems {
		fmt.Fprintf(&b, "problem: %v\n", p)
	}
	return b.String()
}
