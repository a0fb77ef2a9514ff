package ladspa

import (
	"os"
	"path/filepath"
	"testing"
)

func TestLocate(t *testing.T) {
	here, first, second := t.TempDir(), t.TempDir(), t.TempDir()
	t.Chdir(here)
	for _, f := range []string{filepath.Join(here, "a.so"), filepath.Join(first, "a.so"), filepath.Join(first, "b.so"), filepath.Join(second, "b.so"), filepath.Join(second, "c.so")} {
		if err := os.WriteFile(f, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("LADSPA_PATH", first+"::"+second)
	for _, tt := range []struct {
		file, path string
		ok         bool
	}{
		{"a.so", "a.so", true},
		{"b.so", filepath.Join(first, "b.so"), true},
		{"c.so", filepath.Join(second, "c.so"), true},
		{"./b.so", "./b.so", false},
		{"d.so", "d.so", false},
		{"", "", false},
	} {
		if path, ok := Locate(tt.file); path != tt.path || ok != tt.ok {
			t.Errorf("Locate(%q) = %q, %v; want %q, %v", tt.file, path, ok, tt.path, tt.ok)
		}
	}
}
