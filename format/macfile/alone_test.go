package macfile

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// TestAlone sees that where Alone is true, Open finds no companion; it may be
// false for nothing.
func TestAlone(t *testing.T) {
	if runtime.GOOS == "darwin" {
		t.Skip("any file may have a named fork")
	}
	for companion, want := range map[string]bool{
		"other": true, "x.rsrc.txt": true, "a._x": true, "folder/._x": true,
		"._x": false, "%x": false, "x.rsrc": false, ".rsrc/x": false, ".finf/x": false, ".AppleDouble/x": false, "RESOURCE.FRK/x": false, "__MACOSX/._x": false,
		"../__MACOSX/dir/._x": false,
	} {
		dir := filepath.Join(t.TempDir(), "dir")
		path := filepath.Join(dir, filepath.FromSlash(companion))
		for _, p := range []string{path, filepath.Join(dir, "x")} {
			if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(p, resources(), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if got := Alone(dir); got != want {
			t.Errorf("%s: %v, want %v", companion, got, want)
		}
		// A directory of companions is never alone.
		if got := Alone(filepath.Dir(path)); filepath.Dir(path) != dir && companion != "folder/._x" && got {
			t.Errorf("%s: its own directory is alone", companion)
		}
		for _, open := range []func(string) (*File, error){OpenAlone, Open} {
			f, err := open(filepath.Join(dir, "other"))
			if err != nil {
				continue
			}
			if len(f.Paths) != 1 {
				t.Errorf("%s: %q", companion, f.Paths)
			}
			f.Close()
		}
	}
	if Alone(filepath.Join(t.TempDir(), "missing")) {
		t.Error("a directory that is not there is alone")
	}
}

// TestBinHexInPrograms sees that a program with the marker in it is no BinHex.
func TestBinHexInPrograms(t *testing.T) {
	program := []byte("\x00\x01(This file must be converted with BinHex 4.0)\n\n:\x00")
	f, err := New(fork(program), int64(len(program)))
	if err != nil || len(f.Wrappings) != 0 {
		t.Errorf("%v, %v", f, err)
	}
}
