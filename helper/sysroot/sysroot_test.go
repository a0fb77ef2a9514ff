package sysroot

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/fault"
)

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestTargetsAreThoseOfArch(t *testing.T) {
	for _, target := range Targets() {
		a, err := arch.Parse(target.Debian)
		if err != nil {
			t.Error(err)
		}
		if a != target.Arch {
			t.Errorf("%s: row has %+v, package arch says %+v", target.Debian, target.Arch, a)
		}
		if !filepath.IsAbs(target.Loader) {
			t.Errorf("%s: loader %s is not absolute", target.Debian, target.Loader)
		}
	}
}

func TestLookup(t *testing.T) {
	s := Store{t.TempDir()}
	_, err := s.Lookup(arch.LinuxS390X)
	var none *fault.NoRuntime
	if !errors.As(err, &none) {
		t.Skipf("the system has s390x libraries of its own: %v", err)
	}
	if none.Hint != "crossplug sysroot add s390x" {
		t.Errorf("hint %q", none.Hint)
	}

	root := filepath.Join(s.Dir, "s390x")
	write(t, root+"/lib/ld64.so.1", "")
	write(t, root+"/usr/lib/s390x-linux-gnu/libc.so.6", "")
	if tree, err := s.Lookup(arch.LinuxS390X); err == nil {
		t.Fatalf("a tree without a manifest was used: %+v", tree)
	}
	m := Manifest{Arch: "s390x", Requested: []string{"swh-plugins"}, Packages: []Package{{Name: "swh-plugins", Version: "1", Files: []string{"/usr/lib/ladspa/a.so"}}}}
	if err := writeManifest(root, m); err != nil {
		t.Fatal(err)
	}
	tree, err := s.Lookup(arch.LinuxS390X)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{root + "/usr/lib/s390x-linux-gnu"}
	if tree.Root != root || tree.Loader != "/lib/ld64.so.1" || tree.Source != Own || !slices.Equal(tree.LibraryDirs, want) {
		t.Errorf("got %+v", tree)
	}
	files, err := tree.Files("swh-plugins")
	if err != nil || !slices.Equal(files, []string{root + "/usr/lib/ladspa/a.so"}) {
		t.Errorf("files %v, error %v", files, err)
	}
	if _, err := tree.Files("cmt"); !errors.Is(err, fault.ErrNotFound) || !strings.Contains(err.Error(), "crossplug sysroot add s390x cmt") {
		t.Errorf("files of an absent package: %v", err)
	}
}

func TestMergedDirectoriesAreListedOnce(t *testing.T) {
	root := t.TempDir()
	write(t, root+"/usr/lib/ld-linux.so.2", "")
	write(t, root+"/usr/lib/i386-linux-gnu/libc.so.6", "")
	if err := os.Symlink("usr/lib", root+"/lib"); err != nil {
		t.Fatal(err)
	}
	target, err := TargetOf(arch.LinuxI386)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := treeAt(root, target, Own)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(tree.LibraryDirs, []string{root + "/lib/i386-linux-gnu"}) {
		t.Errorf("library directories %v", tree.LibraryDirs)
	}
}

func TestDefault(t *testing.T) {
	for _, tt := range []struct{ env, xdg, home, want string }{
		{"/trees", "/data", "/home/u", "/trees"},
		{"", "/data", "/home/u", "/data/crossplug/sysroots"},
		{"", "relative", "/home/u", "/home/u/.local/share/crossplug/sysroots"},
		{"", "", "/home/u", "/home/u/.local/share/crossplug/sysroots"},
		{"", "", "", ""},
	} {
		t.Setenv(DirEnv, tt.env)
		t.Setenv("XDG_DATA_HOME", tt.xdg)
		t.Setenv("HOME", tt.home)
		s, err := Default()
		if s.Dir != tt.want || (err != nil) != (tt.want == "") {
			t.Errorf("%+v: got %q, error %v", tt, s.Dir, err)
		}
	}
}
