package crossplug_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/crossplug/crossplug"
	"github.com/crossplug/crossplug/arch"
)

// TestPreload gives plug-ins a function that they want and no library has.
func TestPreload(t *testing.T) {
	build := func(t *testing.T, a arch.Arch, source string) string {
		if _, err := exec.LookPath(compilers[a]); err != nil {
			t.Skipf("%v (scripts/need cross installs it)", err)
		}
		dir := t.TempDir()
		c, so := filepath.Join(dir, "a.c"), filepath.Join(dir, "a.so")
		if err := os.WriteFile(c, []byte(source), 0o644); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(compilers[a], "-shared", "-fPIC", "-o", so, c).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return so
	}
	eachArch(t, func(t *testing.T, a arch.Arch) {
		ctx := t.Context()
		plugin := build(t, a, "int offered(int); int twice(int v) { return 2 * offered(v); }")
		offer := build(t, a, "int offered(int v) { return v + 1; }")
		preload := crossplug.Preload("offer", func(asked arch.Arch) ([]byte, error) {
			if asked != a {
				t.Errorf("asked for %v", asked)
			}
			return os.ReadFile(offer)
		})
		var group crossplug.Group
		for range 2 { // in one runtime, too
			p, err := crossplug.Open(ctx, plugin, preload, crossplug.InGroup(&group))
			if errors.Is(err, crossplug.ErrNoRuntime) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			if v, err := lookup(t, p, "twice", "i32 (i32)").Call(ctx, 20); err != nil || v.Int() != 42 {
				t.Errorf("twice(20) = %v, %v", v, err)
			}
			f, err := p.LookupPreloaded(ctx, "offered", "i32 (i32)")
			if err != nil {
				t.Fatal(err)
			}
			if v, err := f.Call(ctx, 1); err != nil || v.Int() != 2 {
				t.Errorf("offered(1) = %v, %v", v, err)
			}
			if _, err := p.LookupPreloaded(ctx, "twice", "i32 (i32)"); !errors.Is(err, crossplug.ErrNotFound) {
				t.Errorf("looking up what was loaded later: %v", err)
			}
			if base, size := p.SharedMemory(); base == 0 || size == 0 {
				t.Errorf("shared memory: %d bytes at %#x", size, base)
			}
		}
		if _, err := crossplug.Open(ctx, plugin, preload, crossplug.Alone(), crossplug.InGroup(&group)); !errors.Is(err, crossplug.ErrMismatch) {
			t.Errorf("alone in a group: %v", err)
		}
		no := errors.New("no such image")
		if _, err := crossplug.Open(ctx, plugin, crossplug.Preload("nothing", func(arch.Arch) ([]byte, error) { return nil, no })); !errors.Is(err, no) {
			t.Errorf("without what is to be loaded: %v", err)
		}
		if _, err := crossplug.Open(ctx, plugin, crossplug.Preload("nonsense", func(arch.Arch) ([]byte, error) { return []byte("x"), nil })); !errors.Is(err, crossplug.ErrBadImage) {
			t.Errorf("with nonsense: %v", err)
		}
	})
}
