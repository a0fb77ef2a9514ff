package toolbox_test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/crossplug/crossplug/format/resource"
	"github.com/crossplug/crossplug/guest"
	"github.com/crossplug/crossplug/link"
)

// TestOwnDefinition has a window whose definition procedure is the program's.
func TestOwnDefinition(t *testing.T) {
	compiler := link.M68K()
	if _, err := exec.LookPath(compiler.Program); err != nil {
		t.Skipf("%s is not installed; scripts/need cross installs it", compiler.Program)
	}
	o, _, err := compiler.Compile(t.Context(), filepath.Join("testdata", "definition.c"), []string{"-Iinclude", "-Wall", "-Werror"}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	info := proc(t, "pascal long proc(short, long, short, long)")
	code, _, err := link.CodeResource(&link.Input{Objects: []*link.Object{o}, Main: "definition", ProcInfo: info})
	if err != nil {
		t.Fatal(err)
	}
	const id, variation = 9, 3
	m := newMachine(t, guest.Options{Fuel: 50_000_000, System: screenFiles(t,
		&resource.Resource{Type: osType(t, "WDEF"), ID: id, Data: code},
		&resource.Resource{Type: osType(t, "WIND"), ID: 128, Data: append(append(rectangle(40, 60, 140, 260), rectangle(id<<4|variation, 0x100, 0, 0, 0)...), 3, 'O', 'w', 'n')})})
	s := m.System()
	s.OpenResources("File")
	var window uint32
	if err := m.Do(t.Context(), func() error {
		window = s.GetNewWindow(128, 0, 0xffffffff)
		return s.Err()
	}); err != nil || window == 0 {
		t.Fatal(window, err)
	}
	at, err := m.Allocate(4)
	if err != nil {
		t.Fatal(err)
	}
	for place, want := range map[uint32]int16{50<<16 | 70: 3, 36<<16 | 57: 4, 30<<16 | 57: 0} {
		if err := m.Do(t.Context(), func() error {
			if part := s.FindWindow(place, at); part != want {
				t.Errorf("part %d at %#x, not %d", part, place, want)
			}
			return s.Err()
		}); err != nil {
			t.Fatal(err)
		}
	}
	picture := s.Screen()
	for _, p := range []struct {
		x, y  int
		black bool
	}{{57, 37, true}, {70, 50, false}, {262, 142, true}} {
		if r, _, _, _ := picture.At(p.x, p.y).RGBA(); (r == 0) != p.black {
			t.Errorf("at %d, %d: %#x", p.x, p.y, r)
		}
	}
	h := s.GetResource(uint32(osType(t, "WDEF")), id)
	proc, err := m.Memory().Load32(h)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := m.Call(t.Context(), proc, info, variation, window, 99, 0); err != nil || v != variation<<16|0xf&^(1<<4) {
		t.Errorf("it was told %#x, %v", v, err)
	}
	if err := m.Do(t.Context(), func() error {
		s.DisposeWindow(window)
		return s.Err()
	}); err != nil {
		t.Fatal(err)
	}
}
