package cfm

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/format/resource"
)

// alias is an alias record of a name.
func alias(name string) *resource.Resource {
	data := make([]byte, 150)
	binary.BigEndian.PutUint16(data[6:], 2)
	binary.BigEndian.PutUint16(data[8:], 1)
	data[50] = byte(len(name))
	copy(data[51:], name)
	return &resource.Resource{Type: alisType, ID: 5, Data: data}
}

// disk has a library in every place where one is looked for, but for some. Each tells by
// its version where it was: places begin with 1.
type disk struct {
	t      *testing.T
	root   string
	places Places
	host   *Registry
}

var placeNames = []string{"load folder", "application", "library folder", "its folder", "Extensions", "Application Support", "registered", "file", "folder"}

// write makes the disk, with the library in the places that are wanted.
func newDisk(t *testing.T, has func(place int) *recipe) *disk {
	d := &disk{t: t, root: t.TempDir(), host: &Registry{Name: "the system's libraries"}}
	path := func(names ...string) string {
		p := filepath.Join(append([]string{d.root}, names...)...)
		if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
			t.Fatal(err)
		}
		return p
	}
	for _, folder := range []string{"Load", "Programs/Parts", "Extensions", "Support", "Registered"} {
		if err := os.MkdirAll(path(folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write := func(place int, file string) {
		if r := has(place); r != nil {
			writeMac(t, path(file), r.image(t), cfrg(t, coderes.CFragMember{Name: "Lib", Where: coderes.InDataFork, Usage: r.usage()}))
		}
	}
	d.places = Places{Load: path("Load"), Application: path("Programs/Program.bin"), Extensions: []string{path("Extensions"), path("Support")},
		Registered: []Source{d.host}, Files: []string{path("Init.bin"), path("Registered")}}

	members := []coderes.CFragMember{{Name: "Program", Where: coderes.InDataFork, Usage: coderes.Application, Usage2: 5, Length: 8}}
	program := recipe{name: "Program"}.image(t)
	members[0].Length = uint32(len(program))
	if r := has(1); r != nil {
		members = append(members, coderes.CFragMember{Name: "Lib", Where: coderes.InDataFork, Offset: uint32(len(program)), Usage: r.usage()})
		program = append(program, r.image(t)...)
	}
	writeMac(t, path("Programs/Program.bin"), program, cfrg(t, members...), alias("Parts"))
	write(0, "Load/Lib.bin")
	write(2, "Programs/Parts/Lib.bin")
	write(3, "Programs/Lib.bin")
	write(4, "Extensions/Lib.bin")
	write(5, "Support/Lib.bin")
	if r := has(6); r != nil && !r.stub {
		d.host.Add("Lib", Candidate{Container: r.container(t)})
	}
	write(7, "Init.bin")
	if has(7) == nil {
		writeMac(t, path("Init.bin"), nil)
	}
	write(8, "Registered/Lib.bin")
	return d
}

// usage is what a 'cfrg' says that it is for.
func (r *recipe) usage() coderes.FragmentUsage {
	if r.stub {
		return coderes.StubLibrary
	}
	return coderes.ImportLibrary
}

// versionOf returns the version of the library in a context.
func versionOf(ctx *Context) pef.Version {
	for _, conn := range ctx.Connections() {
		if conn.Name == "Lib" {
			return conn.Container.CurrentVersion
		}
	}
	return 0
}

// found returns the version of the library that a client gets.
func (d *disk) found() (pef.Version, error) {
	sources, err := d.places.Sources()
	if err != nil {
		d.t.Fatal(err)
	}
	_, ctx, _ := world(d.t)
	ctx.Sources = sources
	client := imports("Lib")
	client.libraries[0].CurrentVersion, client.libraries[0].OldImpVersion = 100, 1
	if _, err := prepare(d.t, ctx, client); err != nil {
		return 0, err
	}
	return versionOf(ctx), nil
}

// at is a library that says where it is.
func at(place int) *recipe {
	return &recipe{name: "Lib", exports: []string{"f"}, current: pef.Version(place + 1)}
}

// TestPlaces looks in every place for a library that is in each of them, or in one and all
// that come later, or in one alone; the first has it.
func TestPlaces(t *testing.T) {
	for first := range placeNames {
		t.Run(placeNames[first], func(t *testing.T) {
			for what, has := range map[string]func(int) *recipe{
				"alone": func(place int) *recipe {
					if place != first {
						return nil
					}
					return at(place)
				},
				"the first": func(place int) *recipe {
					if place < first {
						return nil
					}
					return at(place)
				},
				"after stubs": func(place int) *recipe {
					r := at(place)
					r.stub = place < first
					return r
				},
				"after others that are too old": func(place int) *recipe {
					r := at(place)
					if place < first {
						r.current = 0
					}
					return r
				},
				"after others that are too new": func(place int) *recipe {
					r := at(place)
					if place < first {
						r.current, r.defs = 200, 150
					}
					return r
				},
			} {
				if version, err := newDisk(t, has).found(); err != nil || int(version) != first+1 {
					t.Errorf("%s: version %d, %v", what, version, err)
				}
			}
		})
	}
	_, err := newDisk(t, func(int) *recipe { return nil }).found()
	if Number(err) != ErrNoLibrary {
		t.Fatal(err)
	}
	// All are named, in their order.
	rest := err.Error()
	for _, place := range []string{"folder ", "Load; file ", "Program.bin; folder ", "Parts; folder ", "Programs; folder ", "Extensions; folder ", "Support; the system's libraries; file ", "Init.bin; folder ", "Registered"} {
		_, after, ok := strings.Cut(rest, place)
		if !ok {
			t.Fatalf("%q is not in %q", place, rest)
		}
		rest = after
	}
}

// TestNear looks first where a fragment was loaded from, for that fragment only.
func TestNear(t *testing.T) {
	d := newDisk(t, func(place int) *recipe {
		if place != 0 && place != 4 {
			return nil
		}
		return at(place)
	})
	load := d.places.Load
	d.places.Load = ""
	sources, err := d.places.Sources()
	if err != nil {
		t.Fatal(err)
	}
	for _, near := range [][]Source{nil, {NewFolderSource(load)}} {
		_, ctx, _ := world(t)
		ctx.Sources = sources
		if _, _, err := ctx.Prepare("client", Candidate{Container: imports("Lib").container(t), Near: near}, Load); err != nil {
			t.Fatal(err)
		}
		if got, want := versionOf(ctx), pef.Version(5-4*len(near)); got != want {
			t.Errorf("version %d, not %d", got, want)
		}
	}
}

// TestLibraryFolder reads aliases as programs have them, and damaged ones.
func TestLibraryFolder(t *testing.T) {
	cut := func(n int) *resource.Resource { r := alias("Parts"); r.Data = r.Data[:n]; return r }
	with := func(at int, v byte) *resource.Resource { r := alias("Parts"); r.Data[at] = v; return r }
	for _, test := range []struct {
		alias *resource.Resource
		want  string
	}{
		{nil, "the 'cfrg' names alis 5 as that of the library folder, which is missing"},
		{cut(40), "alis: 40 bytes (at least 51)"},
		{cut(53), "alis: a name of 5 bytes (at most 2)"},
		{with(7, 3), "alis: version 3 (2 is known)"},
		{with(50, 64), "alis: a name of 64 bytes (at most 63)"},
		{alias("../secret"), `alis: "../secret" is no name of a folder`},
		{alias(".."), `alis: ".." is no name of a folder`},
		{alias(""), `alis: "" is no name of a folder`},
	} {
		path := filepath.Join(t.TempDir(), "Program.bin")
		resources := []*resource.Resource{cfrg(t, coderes.CFragMember{Name: "Program", Where: coderes.InDataFork, Usage: coderes.Application, Usage2: 5})}
		if test.alias != nil {
			resources = append(resources, test.alias)
		}
		writeMac(t, path, recipe{name: "Program"}.image(t), resources...)
		if _, err := (Places{Application: path}).Sources(); err == nil || err.Error() != path+": "+test.want {
			t.Errorf("got %v, want %s", err, test.want)
		}
	}
	if _, err := (Places{Files: []string{filepath.Join(t.TempDir(), "nowhere")}}).Sources(); err == nil {
		t.Error("a file that is not there is registered")
	}
	if s, err := (Places{}).Sources(); err != nil || !slices.Equal(s, nil) {
		t.Error(s, err)
	}
}
