package macfile

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// tree writes files into a new folder and returns its path.
func tree(t *testing.T, files map[string][]byte) string {
	t.Helper()
	root := t.TempDir()
	for name, b := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// double is a file as AppleDouble.
func double(t *testing.T, f *File) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := f.WriteAppleDouble(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestOpenWithCompanions lays a file out in every way, and opens it by every
// name it then has.
func TestOpenWithCompanions(t *testing.T) {
	want := files()[0].file
	data, resource, ad, finder := content(t, want.Data), content(t, want.Resource), double(t, want), want.Finder.Encode()
	nameless := *want
	nameless.Name = ""
	for _, tt := range []struct {
		name      string
		files     map[string][]byte
		wrappings []Wrapping
		also      []string // other paths that give the same
		loses     func(*File)
	}{
		{"macOS elsewhere", map[string][]byte{"x": data, "._x": ad}, []Wrapping{AppleDouble}, []string{"._x"}, nil},
		{"in a folder", map[string][]byte{"a/b/x": data, "a/b/._x": ad}, []Wrapping{AppleDouble}, []string{"a/b/._x"}, nil},
		{"zip", map[string][]byte{"a/b/x": data, "__MACOSX/a/b/._x": ad}, []Wrapping{AppleDouble}, []string{"__MACOSX/a/b/._x"}, nil},
		{"zip in a folder", map[string][]byte{"a/b/x": data, "a/__MACOSX/b/._x": ad}, []Wrapping{AppleDouble}, []string{"a/__MACOSX/b/._x"}, nil},
		{"zip, flat", map[string][]byte{"x": data, "__MACOSX/._x": ad}, []Wrapping{AppleDouble}, []string{"__MACOSX/._x"}, nil},
		{"Executor", map[string][]byte{"x": data, "%x": ad}, []Wrapping{AppleDouble}, []string{"%x"}, nil},
		{"netatalk", map[string][]byte{"a/x": data, "a/.AppleDouble/x": ad}, []Wrapping{AppleDouble}, []string{"a/.AppleDouble/x"}, nil},
		{"Basilisk", map[string][]byte{"x": data, ".rsrc/x": resource, ".finf/x": finder}, []Wrapping{RawFork, FinderFile}, []string{".rsrc/x", ".finf/x"}, losesAllButFinder},
		{"Basilisk without information", map[string][]byte{"a/x": data, "a/.rsrc/x": resource}, []Wrapping{RawFork}, []string{"a/.rsrc/x"}, losesAll},
		{"PC Exchange", map[string][]byte{"x": data, "RESOURCE.FRK/x": resource}, []Wrapping{RawFork}, []string{"RESOURCE.FRK/x"}, losesAll},
		{"beside", map[string][]byte{"x": data, "x.rsrc": resource}, []Wrapping{RawFork}, []string{"x.rsrc"}, losesAll},
		{"unar", map[string][]byte{"x": data, "x.rsrc": ad}, []Wrapping{AppleDouble}, []string{"x.rsrc"}, nil},
		{"two", map[string][]byte{"x": data, "._x": ad, "%x": []byte("another"), ".rsrc/x": []byte("another"), "x.rsrc": []byte("another")}, []Wrapping{AppleDouble}, []string{"._x"}, nil},
		{"information apart", map[string][]byte{"x": data, "._x": double(t, &File{Finder: want.Finder}), "x.rsrc": resource}, []Wrapping{AppleDouble, RawFork}, []string{"._x", "x.rsrc"}, losesAllButFinder},
		{"no AppleDouble", map[string][]byte{"x": data, "._x": []byte("no"), "%x": nil, "x.rsrc": resource, ".finf/x": finder[:31]}, []Wrapping{RawFork}, []string{"x.rsrc"}, losesAll},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root := tree(t, tt.files)
			main := ""
			for name := range tt.files {
				if name == "x" || strings.HasSuffix(name, "/x") && !strings.Contains(name, ".") {
					main = name
				}
			}
			want := *want
			if tt.loses != nil {
				tt.loses(&want)
				want.Name = "x"
			}
			for _, name := range append([]string{main}, tt.also...) {
				f, err := Open(filepath.Join(root, name))
				if err != nil {
					t.Errorf("%s: %v", name, err)
					continue
				}
				if !slices.Equal(f.Wrappings, tt.wrappings) || len(f.Problems) > 0 {
					t.Errorf("%s: wrappings %v, want %v; problems %v", name, f.Wrappings, tt.wrappings, f.Problems)
				}
				if len(f.Paths) != 1+len(tt.wrappings) || f.Paths[0] != filepath.Join(root, main) {
					t.Errorf("%s: paths %v", name, f.Paths)
				}
				same(t, f, &want)
				if err := f.Close(); err != nil {
					t.Error(err)
				}
				if _, err := f.Data.ReadAt(make([]byte, 1), 0); !errors.Is(err, os.ErrClosed) {
					t.Errorf("%s: after closing: %v", name, err)
				}
			}
		})
	}
}

func losesAll(f *File) {
	f.Finder = FinderInfo{}
	losesAllButFinder(f)
}

func losesAllButFinder(f *File) {
	f.Created, f.Modified, f.Comment = time.Time{}, time.Time{}, ""
}

func TestOpenRelative(t *testing.T) {
	want := files()[0].file
	root := tree(t, map[string][]byte{"top/a/x": content(t, want.Data), "top/__MACOSX/a/._x": double(t, want)})
	t.Chdir(filepath.Join(root, "top", "a"))
	for _, path := range []string{"x", "./x", "../a/x", "../__MACOSX/a/._x"} {
		f, err := Open(path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		same(t, f, want)
		f.Close()
	}
}

func TestOpenAlone(t *testing.T) {
	want := files()[0].file
	ad, resource := double(t, want), content(t, want.Resource)
	bin := formats[1].wrap(t, want)
	root := tree(t, map[string][]byte{
		"._x": ad, "y.rsrc": resource, ".rsrc/z": resource, "damaged.rsrc": resource[:100], "plain": []byte("plain"), "%plain": []byte("%plain"),
		"w.bin": bin, "._w.bin": double(t, &File{Resource: fork([]byte("of the wrapping"))}), "w.bin.rsrc": resource, "font": resource,
	})
	for _, tt := range []struct {
		path           string
		data, resource int64
		wrappings      []Wrapping
		name           string
	}{
		{"._x", 0, 286, []Wrapping{AppleDouble}, "Plug-in"},
		{"y.rsrc", 0, 286, []Wrapping{RawFork}, "y.rsrc"},
		{".rsrc/z", 0, 286, []Wrapping{RawFork}, "z"},
		{"damaged.rsrc", 0, 100, []Wrapping{RawFork}, "damaged.rsrc"},
		{"plain", 5, 0, nil, "plain"},
		{"%plain", 6, 0, nil, "%plain"},
		{"w.bin", 13, 286, []Wrapping{MacBinaryIII}, "Plug-in"},
		{"w.bin.rsrc", 0, 286, []Wrapping{RawFork}, "w.bin.rsrc"},
		{"font", 0, 286, []Wrapping{RawFork}, "font"},
	} {
		f, err := Open(filepath.Join(root, tt.path))
		if err != nil {
			t.Errorf("%s: %v", tt.path, err)
			continue
		}
		if f.Data.Size() != tt.data || f.Resource.Size() != tt.resource || !slices.Equal(f.Wrappings, tt.wrappings) || f.Name != tt.name || len(f.Paths) != 1 {
			t.Errorf("%s: %d and %d bytes, %v, %q, %v", tt.path, f.Data.Size(), f.Resource.Size(), f.Wrappings, f.Name, f.Paths)
		}
		f.Close()
	}
}

func TestOpenErrors(t *testing.T) {
	cut := formats[4].wrap(t, files()[0].file)[:60]
	root := tree(t, map[string][]byte{"folder/x": nil, "cut.hqx": cut, "y": []byte("y"), "._y": []byte("\x00\x05\x16\x07\x00\x02\x00\x00")})
	for path, want := range map[string]string{
		"missing": "stat ROOT/missing: no such file or directory",
		"folder":  "open ROOT/folder: is not a regular file",
		"cut.hqx": "ROOT/cut.hqx: BinHex header at 0x3c: ends with the file, without a colon, after 8 of 26 bytes",
	} {
		f, err := Open(filepath.Join(root, path))
		if err == nil {
			f.Close()
			t.Errorf("%s: no error", path)
			continue
		}
		if got := strings.ReplaceAll(err.Error(), root, "ROOT"); got != want {
			t.Errorf("%s: %s\nwant %s", path, got, want)
		}
	}
	if _, err := Open(filepath.Join(root, "missing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is no ErrNotExist", err)
	}
	f, err := Open(filepath.Join(root, "y"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, want := fmt.Sprint(f.Problems), "[._y: AppleDouble header at 0x0: needs 26 bytes, but the image ends at 0x8]"; got != want {
		t.Errorf("problems %s, want %s", got, want)
	}
}
