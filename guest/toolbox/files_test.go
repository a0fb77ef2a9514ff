package toolbox_test

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/macfile"
	"github.com/crossplug/crossplug/format/resource"
	"github.com/crossplug/crossplug/guest"
	"github.com/crossplug/crossplug/guest/toolbox"
)

func osType(t testing.TB, s string) coderes.OSType {
	t.Helper()
	v, err := coderes.ParseOSType(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func encode(t testing.TB, resources ...*resource.Resource) []byte {
	t.Helper()
	data, err := (&resource.Fork{Resources: resources}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func section(data []byte) *io.SectionReader {
	return io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data)))
}

// volume is what the plug-ins of the tests find: a MacBinary file, a plain one with
// its other half beside it, and one without.
func volume(t testing.TB) fstest.MapFS {
	t.Helper()
	text := osType(t, "TEXT")
	first := &macfile.File{Name: "Other", Data: section([]byte("data")), Finder: macfile.FinderInfo{Type: osType(t, "TEST"), Creator: osType(t, "CPLG")}}
	first.Resource = section(encode(t,
		&resource.Resource{Type: text, ID: 128, Name: "néme!", Data: []byte("first")},
		&resource.Resource{Type: text, ID: 129, Data: []byte("only first")},
		&resource.Resource{Type: osType(t, "STR#"), ID: 128, Data: []byte("\x00\x02\x03one\x03two")}))
	second := &macfile.File{Name: "Second", Resource: section(encode(t,
		&resource.Resource{Type: text, ID: 128, Attributes: resource.Purgeable, Data: []byte("second")},
		&resource.Resource{Type: osType(t, "code"), ID: 1, Data: []byte("code")}))}
	var binary, double bytes.Buffer
	if err := first.WriteMacBinary(&binary); err != nil {
		t.Fatal(err)
	}
	if err := second.WriteAppleDouble(&double); err != nil {
		t.Fatal(err)
	}
	return fstest.MapFS{
		"First":           {Data: binary.Bytes()},
		"Folder/Second":   {Data: []byte("second's data")},
		"Folder/._Second": {Data: double.Bytes()},
		"Folder/in.c":     {Data: []byte("int x;\n")},
		"Plain":           {Data: []byte("plain")},
	}
}

func TestFiles(t *testing.T) {
	for _, writable := range []bool{false, true} {
		o := func() guest.Options {
			return guest.Options{Fuel: 50_000_000, System: toolbox.Options{Files: volume(t), Writable: writable}}
		}
		argument := uint32(0)
		if writable {
			argument = 1
		}
		t.Run("resources", func(t *testing.T) { runWith(t, "resources.c", argument, o, changedResources(writable)) })
		t.Run("files", func(t *testing.T) { runWith(t, "files.c", argument, o, changedFiles(writable)) })
		t.Run("high level", func(t *testing.T) { run(t, "highlevel.c", o) })
		t.Run("stress", func(t *testing.T) {
			runWith(t, "resources.c", argument, func() guest.Options {
				options := o()
				options.System.Stress = true
				return options
			}, nil)
		})
	}
}

// written returns the paths of what a plug-in has written.
func written(m *guest.Machine) string {
	var names []string
	for name := range m.System().Written() {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func changedResources(writable bool) func(*testing.T, *guest.Machine) {
	return func(t *testing.T, m *guest.Machine) {
		if !writable {
			if w := written(m); w != "" {
				t.Errorf("written: %s", w)
			}
			return
		}
		f := m.System().Written()["First"]
		if f == nil {
			t.Fatalf("First was not written, but %s", written(m))
		}
		fork, err := resource.Read(f.Resource, f.Resource.Size())
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for r := range fork.OfType(osType(t, "TEXT")) {
			all = append(all, r.Name+"="+string(r.Data))
		}
		if s := strings.Join(all, " "); s != "néme!=f A name=new" {
			t.Errorf("resources are %q", s)
		}
	}
}

func changedFiles(writable bool) func(*testing.T, *guest.Machine) {
	return func(t *testing.T, m *guest.Machine) {
		want := ""
		if writable {
			want = "Folder/Other"
		}
		if w := written(m); w != want {
			t.Errorf("written: %q, not %q", w, want)
		}
		if f := m.System().Written()["Folder/Other"]; writable {
			if data, err := io.ReadAll(f.Data); err != nil || string(data) != "Writ" || f.Finder.Type != osType(t, "TEXT") {
				t.Errorf("%q, %v, %v", data, f.Finder, err)
			}
		}
	}
}

// TestFragments loads fragments from within, and calls them from both processors.
func TestFragments(t *testing.T) {
	library := compile(t, "library.c")
	c := compile(t, "fragments.c")
	for _, ppc := range []bool{false, true} {
		files := volume(t)
		files["Library"] = &fstest.MapFile{Data: library.fragment}
		m := newMachine(t, guest.Options{Fuel: 50_000_000, System: toolbox.Options{Files: files}})
		line, err := c.call(t, m, ppc, 0)
		if err != nil {
			t.Fatal(err)
		}
		if line != 0 {
			t.Errorf("fragments.c:%d found something wrong", line)
		}
	}
}
