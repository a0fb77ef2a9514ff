//go:build unix

package macfile

import (
	"path/filepath"
	"syscall"
	"testing"
)

// TestPipesAreNotOpened: that would wait for somebody to write.
func TestPipesAreNotOpened(t *testing.T) {
	root := tree(t, map[string][]byte{"z": []byte("z")})
	for _, name := range []string{"pipe", "._z"} {
		if err := syscall.Mkfifo(filepath.Join(root, name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if f, err := Open(filepath.Join(root, "pipe")); err == nil {
		f.Close()
		t.Error("a pipe is a file")
	}
	f, err := Open(filepath.Join(root, "z"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Data.Size() != 1 || len(f.Wrappings) != 0 {
		t.Errorf("with a pipe for a companion: %v", f)
	}
}
