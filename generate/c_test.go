package generate

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/crossplug/crossplug/api"
)

var update = flag.Bool("update", false, "write the generated files")

func parse(t *testing.T, file string) *api.API {
	t.Helper()
	a, err := api.Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func exercise(t *testing.T) *api.API {
	t.Helper()
	return parse(t, "../hosts/exercise/exercise.xml")
}

// TestGeneratedC makes sure that the committed files are what the generator
// gives, and that it gives the same twice.
func TestGeneratedC(t *testing.T) {
	for _, tt := range []struct{ backend, dir, file string }{
		{"dispatcher", "../hosts/exercise", "exercise.xml"}, {"shim", "../hosts/exercise", "exercise.xml"},
		{"dispatcher", "../hosts/ladspa/raw", "ladspa.xml"}, {"shim", "../hosts/ladspa/raw", "ladspa.xml"},
	} {
		files, err := Run(tt.backend, parse(t, filepath.Join(tt.dir, tt.file)))
		if err != nil {
			t.Fatal(err)
		}
		again, err := Run(tt.backend, parse(t, filepath.Join(tt.dir, tt.file)))
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range files {
			if !bytes.Equal(f.Data, again[i].Data) {
				t.Errorf("%s: differs from one time to the next", f.Name)
			}
			path := filepath.Join(tt.dir, "c", f.Name)
			if *update {
				if err := os.WriteFile(path, f.Data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if old, err := os.ReadFile(path); err != nil || !bytes.Equal(old, f.Data) {
				t.Errorf("%s is not what the generator gives: make generate (%v)", path, err)
			}
		}
	}
}
