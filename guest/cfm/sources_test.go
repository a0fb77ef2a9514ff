package cfm

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/macfile"
	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/format/resource"
)

// image returns the container of a recipe as bytes.
func (r recipe) image(t testing.TB) []byte {
	t.Helper()
	c := r.container(t)
	f, err := c.Fragment()
	if err != nil {
		t.Fatal(err)
	}
	image, err := pef.Encode(f)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

// writeMac writes a MacBinary file with a data fork and resources.
func writeMac(t testing.TB, path string, data []byte, resources ...*resource.Resource) {
	t.Helper()
	fork, err := (&resource.Fork{Resources: resources}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	section := func(b []byte) *io.SectionReader { return io.NewSectionReader(bytes.NewReader(b), 0, int64(len(b))) }
	var file bytes.Buffer
	f := &macfile.File{Name: strings.TrimSuffix(filepath.Base(path), ".bin"), Data: section(data), Resource: section(fork)}
	if err := f.WriteMacBinary(&file); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

func cfrg(t testing.TB, members ...coderes.CFragMember) *resource.Resource {
	t.Helper()
	for i := range members {
		members[i].Architecture = coderes.OSType(pef.PowerPC)
	}
	data, err := (&coderes.CFrag{Members: members}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	return &resource.Resource{Type: cfrgType, Data: data}
}

// TestFolder finds libraries in the files of a folder: in a data fork, two of one,
// in a resource, and without a 'cfrg'.
func TestFolder(t *testing.T) {
	dir := t.TempDir()
	one, two := recipe{name: "One", exports: []string{"a"}}.image(t), recipe{name: "Two", exports: []string{"b"}}.image(t)
	both := append(append(bytes.Clone(one), make([]byte, -len(one)&15)...), two...)
	writeMac(t, filepath.Join(dir, "Both.bin"), both, cfrg(t,
		coderes.CFragMember{Name: "One", Where: coderes.InDataFork, Length: uint32(len(one))},
		coderes.CFragMember{Name: "Two", Where: coderes.InDataFork, Offset: uint32(len(one) + -len(one)&15)},
		coderes.CFragMember{Name: "Stub", Where: coderes.InDataFork, Length: uint32(len(one)), Usage: coderes.StubLibrary}))
	writeMac(t, filepath.Join(dir, "Kept.bin"), nil,
		cfrg(t, coderes.CFragMember{Name: "Three", Where: coderes.InResource, Offset: 0x6c696272, Length: 7}),
		&resource.Resource{Type: 0x6c696272, ID: 7, Data: recipe{name: "Three", exports: []string{"c"}}.image(t)})
	if err := os.WriteFile(filepath.Join(dir, "Four"), recipe{name: "Four", exports: []string{"d"}}.image(t), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("no code"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "Folder"), 0o700); err != nil {
		t.Fatal(err)
	}

	_, c, _ := world(t)
	c.Sources = []Source{NewFolderSource(dir)}
	client := recipe{name: "Client",
		libraries: []pef.Library{{Name: "One"}, {Name: "Two"}, {Name: "Three"}, {Name: "Four"}},
		imports:   []pef.Import{{Library: 0, Name: "a", Class: pef.TVectorSymbol}, {Library: 1, Name: "b", Class: pef.TVectorSymbol}, {Library: 2, Name: "c", Class: pef.TVectorSymbol}, {Library: 3, Name: "d", Class: pef.TVectorSymbol}},
	}
	if _, _, err := c.Prepare("Client", Candidate{Container: client.container(t)}, Load); err != nil {
		t.Fatal(err)
	}
	where := map[string]coderes.FragmentPlace{"One": coderes.InDataFork, "Two": coderes.InDataFork, "Three": coderes.InResource, "Four": coderes.InDataFork}
	for _, conn := range c.Connections() {
		if want, ok := where[conn.Name]; ok && (conn.Locator.Where != want || !strings.HasPrefix(conn.Locator.File, dir)) {
			t.Errorf("%s is at %+v", conn.Name, conn.Locator)
		}
	}
	if _, _, err := c.Library("Stub", pef.PowerPC, Load); err == nil || !strings.Contains(err.Error(), "folder "+dir+" (a stub library, which is for linkers)") {
		t.Error(err)
	}
	if _, _, err := c.Library("One", pef.M68K, Fresh); err == nil {
		t.Error("a PowerPC library for a 68K")
	}
}

// TestDamagedFiles sees that a folder with damaged files has the others, and says
// what is wrong where nothing better is found.
func TestDamagedFiles(t *testing.T) {
	dir := t.TempDir()
	good := recipe{name: "Good", exports: []string{"a"}}.image(t)
	files := map[string]struct {
		member coderes.CFragMember
		want   string
	}{
		"Cut.bin":     {coderes.CFragMember{Name: "X", Where: coderes.InDataFork, Length: 1 << 20}, `1048576 bytes at 0 are not in the data fork, which has`},
		"Far.bin":     {coderes.CFragMember{Name: "X", Where: coderes.InDataFork, Offset: 1 << 31, Length: 8}, "are not in the data fork"},
		"Wrong.bin":   {coderes.CFragMember{Name: "X", Where: coderes.InDataFork, Offset: 8}, `fragment "X"`},
		"Missing.bin": {coderes.CFragMember{Name: "X", Where: coderes.InResource, Offset: 0x6c696272, Length: 7}, "resource libr 7 is missing"},
	}
	for name, f := range files {
		writeMac(t, filepath.Join(dir, name), good, cfrg(t, f.member))
	}
	writeMac(t, filepath.Join(dir, "Good.bin"), good, cfrg(t, coderes.CFragMember{Name: "Good", Where: coderes.InDataFork}, coderes.CFragMember{Name: "Mac's own", Where: coderes.InMemory}))
	bad := binary.BigEndian.AppendUint32([]byte("Joy!peffpwpc"), 1)
	if err := os.WriteFile(filepath.Join(dir, "raw"), bad, 0o600); err != nil {
		t.Fatal(err)
	}
	_, c, _ := world(t)
	c.Sources = []Source{NewFolderSource(filepath.Join(dir, "nowhere")), NewFolderSource(dir)}
	if _, _, err := c.Library("Good", pef.PowerPC, Load); err != nil {
		t.Error(err)
	}
	_, _, err := c.Library("Better", pef.PowerPC, Load)
	if err == nil {
		t.Fatal("found what there is not")
	}
	for name, f := range files {
		if !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), f.want) {
			t.Errorf("%s: %q is not in %v", name, f.want, err)
		}
	}
	if !strings.Contains(err.Error(), "nowhere") || Number(err) != ErrNoLibrary {
		t.Error(err)
	}
}

// TestFirstThatWillDo sees that the first source with a version that will do counts, and that
// others are passed by.
func TestFirstThatWillDo(t *testing.T) {
	dir := t.TempDir()
	for i, version := range []pef.Version{0x0100, 0x0300, 0x0310} {
		image := recipe{name: "Lib", exports: []string{"a"}, current: version, oldImp: version, defs: version &^ 0xff}.image(t)
		folder := filepath.Join(dir, string(rune('a'+i)))
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		writeMac(t, filepath.Join(folder, "Lib.bin"), image, cfrg(t, coderes.CFragMember{Name: "Lib", Where: coderes.InDataFork}))
	}
	for _, order := range []struct{ folders, want string }{{"abc", "b"}, {"cba", "c"}, {"acb", "c"}, {"a", ""}} {
		_, c, _ := world(t)
		for _, f := range order.folders {
			c.Sources = append(c.Sources, NewFolderSource(filepath.Join(dir, string(f))))
		}
		client := recipe{libraries: []pef.Library{{Name: "Lib", OldImpVersion: 0x0300, CurrentVersion: 0x0300}}, imports: []pef.Import{{Name: "a", Class: pef.TVectorSymbol}}}
		_, _, err := c.Prepare("Client", Candidate{Container: client.container(t)}, Load)
		if order.want == "" {
			if Number(err) != ErrTooOld {
				t.Errorf("%s: %v", order.folders, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", order.folders, err)
		}
		if got := c.Connections()[0].Locator.File; got != filepath.Join(dir, order.want, "Lib.bin") {
			t.Errorf("%s: %s", order.folders, got)
		}
		if _, _, err := c.Library("Lib", pef.PowerPC, Fresh); err != nil { // of any version
			t.Errorf("%s: %v", order.folders, err)
		}
	}
}
