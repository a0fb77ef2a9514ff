package sysroot

import (
	"archive/tar"
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// newRoot returns an empty merged tree inside a directory that no test may
// touch otherwise.
func newRoot(t testing.TB) (*os.Root, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "around", "tree")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	if err := mergeUsr(root); err != nil {
		t.Fatal(err)
	}
	return root, dir
}

// checkInside fails if something was made around the tree, or if a link in it
// leads outside.
func checkInside(t testing.TB, dir string) {
	t.Helper()
	if around, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(around) != 1 {
		t.Errorf("around the tree: %v, %v", around, err)
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.Type()&fs.ModeSymlink == 0 {
			return err
		}
		target, err := os.Readlink(name)
		if err != nil {
			return err
		}
		if filepath.IsAbs(target) {
			t.Errorf("%s: absolute link to %s", name, target)
		}
		if at, err := filepath.EvalSymlinks(name); err == nil && at != real && !strings.HasPrefix(at, real+"/") {
			t.Errorf("%s -> %s leads to %s", name, target, at)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestUnpack(t *testing.T) {
	root, dir := newRoot(t)
	files, err := unpack(root, bytes.NewReader(tarball(t, []entry{
		{name: "./"},
		{name: "./lib/"},
		{name: "./lib/x86/"},
		{name: "./lib/x86/libc.so.6", text: "first"},
		{name: "./lib/x86/libc.so.6", text: "C library"}, // replaced
		{name: "./lib64/ld.so", link: "/lib/x86/libc.so.6"},
		{name: "./usr/share/hard", hard: "./lib/x86/libc.so.6"},
		{name: "./lib", link: "usr/lib"}, // as base-files has it
		{name: "./usr/root", link: "/"},
		{name: "./top", link: "/usr/share/hard"},
		{name: "./usr/bin/suid", text: "x"},
	})), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"/lib", "/lib/x86/libc.so.6", "/lib64/ld.so", "/top", "/usr/bin/suid", "/usr/root", "/usr/share/hard"}
	if !slices.Equal(files, want) {
		t.Errorf("files %q", files)
	}
	for name, want := range map[string]string{
		"usr/lib64/ld.so": "../../lib/x86/libc.so.6", // relative to where the link really is
		"usr/root":        "..",
		"top":             "usr/share/hard",
		"lib":             "usr/lib",
	} {
		if got, err := root.Readlink(name); err != nil || got != want {
			t.Errorf("%s: link to %q, want %q (%v)", name, got, want, err)
		}
	}
	for _, name := range []string{"lib64/ld.so", "usr/share/hard", "top", "usr/root/lib/x86/libc.so.6"} {
		if data, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(data) != "C library" {
			t.Errorf("%s: %q, %v", name, data, err)
		}
	}
	if dropped, err := dropEscapes(root); err != nil || len(dropped) != 0 {
		t.Errorf("dropped %q, %v", dropped, err)
	}
	checkInside(t, dir)
}

// hostile are archives that must be refused, and the reasons.
var hostile = []struct {
	what    string
	entries []entry
	want    string
}{
	{"parent", []entry{{name: "../evil", text: "x"}}, `member "../evil": its name leads out of the tree`},
	{"parent within", []entry{{name: "./usr/../../../evil", text: "x"}}, "leads out of the tree"},
	{"absolute", []entry{{name: "/tmp/evil", text: "x"}}, "leads out of the tree"},
	{"parent directory", []entry{{name: "../evil/"}}, "leads out of the tree"},
	{"hard link out", []entry{{name: "./passwd", hard: "/etc/passwd"}}, "leads out of the tree"},
	{"hard link up", []entry{{name: "./passwd", hard: "../../../etc/passwd"}}, "leads out of the tree"},
	{"file through a link", []entry{{name: "./out", link: "../"}, {name: "./out/evil", text: "x"}}, `member "./out/evil"`},
	{"file through two links", []entry{{name: "./usr/share/up", link: "../.."}, {name: "./out", link: "usr/share/up/.."}, {name: "./out/evil", text: "x"}}, `member "./out/evil"`},
	{"link through a link", []entry{{name: "./out", link: ".."}, {name: "./out/evil", link: "/etc"}}, `member "./out/evil"`},
	{"device", []entry{{name: "./null", kind: tar.TypeChar}}, "neither a file, a directory nor a link"},
	{"fifo", []entry{{name: "./pipe", kind: tar.TypeFifo}}, "neither a file, a directory nor a link"},
	{"manifest", []entry{{name: "./usr/../" + manifestName, text: "{}"}}, "leads out"},
	{"manifest", []entry{{name: "././" + manifestName, text: "{}"}}, "reserved"},
	{"too many bytes", []entry{{name: "./a", text: noise(1 << 20)}, {name: "./b", text: "x"}}, `member "./b": 1 bytes after 1048576, more than 1048576 in all`},
	{"file for a directory", []entry{{name: "./usr", text: "x"}}, `member "./usr"`},
}

func TestUnpackRefuses(t *testing.T) {
	for _, tt := range hostile {
		root, dir := newRoot(t)
		_, err := unpack(root, bytes.NewReader(tarball(t, tt.entries)), 1<<20)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q", tt.what, err, tt.want)
		}
		if around, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(around) != 1 {
			t.Errorf("%s: around the tree: %v, %v", tt.what, around, err)
		}
	}
}

func TestDropEscapes(t *testing.T) {
	root, dir := newRoot(t)
	_, err := unpack(root, bytes.NewReader(tarball(t, []entry{
		{name: "./usr/share/good", link: "../../usr/lib"},
		{name: "./usr/share/nowhere", link: "../lib/nothing"},
		{name: "./usr/share/through-file", link: "file/x"},
		{name: "./usr/share/file", text: "x"},
		{name: "./usr/share/direct", link: "../../../etc/passwd"},
		{name: "./usr/share/up", link: "../.."},
		{name: "./usr/share/indirect", link: "up/../etc/passwd"}, // lexically inside
		{name: "./usr/share/dangling", link: "nothing/../../../../nothing"},
		{name: "./lib/merged", link: "../../../etc"},
		{name: "./usr/share/loop1", link: "loop2"},
		{name: "./usr/share/loop2", link: "loop1"},
	})), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	dropped, err := dropEscapes(root)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(dropped)
	want := []string{"/usr/lib/merged", "/usr/share/dangling", "/usr/share/direct", "/usr/share/indirect", "/usr/share/loop1"}
	if !slices.Equal(dropped, want) {
		t.Errorf("dropped %q, want %q", dropped, want)
	}
	checkInside(t, dir)
}

// FuzzUnpack checks that no archive reaches what is around the tree.
func FuzzUnpack(f *testing.F) {
	f.Add(tarball(f, []entry{{name: "./a/"}, {name: "./a/b", text: "x"}, {name: "./c", link: "/a/b"}, {name: "./d", hard: "./a/b"}}))
	f.Add(tarball(f, []entry{{name: "./up", link: "../.."}, {name: "./a", link: "up/../b"}, {name: "./b", link: "nothing/../.."}}))
	for _, h := range hostile {
		if archive := tarball(f, h.entries); len(archive) < 1<<16 {
			f.Add(archive)
		}
	}
	f.Fuzz(func(t *testing.T, archive []byte) {
		root, dir := newRoot(t)
		if _, err := unpack(root, bytes.NewReader(archive), 1<<20); err == nil {
			if _, err := dropEscapes(root); err != nil {
				t.Error(err)
			}
			checkInside(t, dir)
		} else if around, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(around) != 1 {
			t.Errorf("around the tree: %v, %v", around, err)
		}
	})
}
