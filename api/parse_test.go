package api

import (
	"slices"
	"testing"
	"testing/fstest"
)

// parseText parses a definition whose <api> has the given contents.
func parseText(inside string) (*API, error) {
	return ParseFS(fstest.MapFS{"test.xml": {Data: []byte(wrap(inside))}}, "test.xml")
}

// wrap makes a definition of what is in its <api>.
func wrap(inside string) string {
	return "<api name=\"test\" version=\"1.2\" min-compatible=\"1.0\" prefix=\"t_\">\n" + inside + "\n</api>"
}

func function(inside string) string { return `<function name="t_f">` + inside + `</function>` }

// TestInclude merges files, each once, wherever below the first they are.
func TestInclude(t *testing.T) {
	files := fstest.MapFS{}
	for name, text := range map[string]string{
		"main.xml": `<api name="main" version="1.0"><doc>Main.</doc>
<include file="types/shapes.xml"/><include file="types/points.xml"/>
<function name="f"><param name="s" type="shape"/></function></api>`,
		"types/shapes.xml": `<api name="shapes" version="9.0"><doc>Shapes.</doc>
<include file="points.xml"/><struct name="shape"><field name="at" type="point" count="CORNERS"/></struct></api>`,
		"types/points.xml": `<api name="points" version="0.1"><const name="CORNERS" value="4"/>
<struct name="point"><field name="x" type="i16"/></struct></api>`,
		"wrong.xml": `<api name="wrong" version="1.0"><function name="f"><param name="p" type="void *"/></function>
<include file="types/wrong.xml"/><function name="g" colour="red"/></api>`,
		"types/wrong.xml": `<api name="wrong" version="1.0"><function name="h"><param name="p" type="void *"/></function><nothing/></api>`,
	} {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	a, err := ParseFS(files, "main.xml")
	if err != nil {
		t.Fatal(err)
	}
	var structs []string
	for _, s := range a.Structs {
		structs = append(structs, s.Position.String()+" "+s.Name)
	}
	if want := []string{"types/points.xml:2:1 point", "types/shapes.xml:2:29 shape"}; !slices.Equal(structs, want) {
		t.Errorf("structs %q, want %q", structs, want)
	}
	if a.Doc != "Main." || a.Version != (Version{1, 0}) || a.Structs[1].Fields[0].Count != 4 || a.Structs[1].Fields[0].CountOf != "CORNERS" {
		t.Errorf("got %+v", a)
	}
	const want = `wrong.xml:1:52: <function name="f"><param name="p">: type="void *": nothing says what it points to; declare a <handle> if it is an object, write type="u8" and length= if it is data, type="userdata" if it belongs to a callback
wrong.xml:2:34: <function name="g">: there is no attribute colour here; write one of name, go, thread, blocking, timeout-ms, idempotent, reentrant, batchable, error-return, side, required, since, until
types/wrong.xml:1:52: <function name="h"><param name="p">: type="void *": nothing says what it points to; declare a <handle> if it is an object, write type="u8" and length= if it is data, type="userdata" if it belongs to a callback
types/wrong.xml:1:94: <nothing>: it does not belong into <api>; write one of doc, include, const, enum, bitmask, typedef, struct, union, table, handle, callback, function, import, state`
	if _, err := ParseFS(files, "wrong.xml"); err == nil || err.Error() != want {
		t.Errorf("got:\n%v\nwant:\n%s", err, want)
	}
}

func TestGoName(t *testing.T) {
	a := &API{Prefix: "ex_"}
	for name, want := range map[string]string{
		"ex_note_on": "NoteOn", "EX_LOUD": "Loud", "EX_VERY_LOUD": "VeryLoud", "other": "Other", "exit": "Exit", "ex_": "Ex", "ex_3d": "X3d", "ex__a": "A",
		"LADSPA_Descriptor": "LADSPADescriptor", "getURL": "GetURL", "_": "X",
	} {
		if got := a.GoName(name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

func TestVersions(t *testing.T) {
	v := func(major, minor int) Version { return Version{major, minor} }
	for _, tt := range []struct {
		r    Range
		v    Version
		want bool
	}{
		{Range{}, v(0, 0), true},
		{Range{Since: v(1, 2)}, v(1, 1), false},
		{Range{Since: v(1, 2)}, v(1, 2), true},
		{Range{Since: v(1, 2)}, v(2, 0), true},
		{Range{Until: v(1, 2)}, v(1, 2), true},
		{Range{Until: v(1, 2)}, v(1, 10), false},
		{Range{v(1, 0), v(2, 0)}, v(1, 9), true},
	} {
		if got := tt.r.Has(tt.v); got != tt.want {
			t.Errorf("%v has %v: %v, want %v", tt.r, tt.v, got, tt.want)
		}
	}
	for text, want := range map[string]Version{"1.0": v(1, 0), "65535.65535": v(65535, 65535), "01.2": v(1, 2)} {
		if got, ok := parseVersion(text); !ok || got != want {
			t.Errorf("%s is %v, %v", text, got, ok)
		}
	}
	for _, text := range []string{"1", "1.", ".1", "1.2.3", "1.-2", "1.65536", "v1.0"} {
		if got, ok := parseVersion(text); ok {
			t.Errorf("%s is %v", text, got)
		}
	}
}
