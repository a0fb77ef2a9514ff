package generate

import (
	"bytes"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// madeWith is the version of gcc that made the committed dispatchers. Another
// one makes other code, so the comparison below means nothing with it.
const madeWith = "12.2.0"

// shipped are the APIs whose dispatchers are committed.
var shipped = []struct {
	dir      string // with dispatch/ARCH.so
	source   string
	includes []string
	archs    int // how many of targets
}{
	{"../hosts/exercise", "c/exercise_dispatcher.c", []string{"."}, 8},
	{"../hosts/ladspa/raw", "c/ladspa_dispatcher.c", []string{"."}, 6},
}

func TestDispatchersAreWhatTheSourceGives(t *testing.T) {
	for _, target := range targets {
		out, err := exec.Command(target.compiler, "-dumpfullversion").Output()
		if err != nil {
			t.Skipf("%s is not installed; scripts/need cross installs it", target.compiler)
		}
		if v := string(bytes.TrimSpace(out)); v != madeWith {
			t.Skipf("%s is version %s; the binaries were made with %s", target.compiler, v, madeWith)
		}
	}
	for _, s := range shipped {
		dir := t.TempDir()
		var archs []string
		for _, target := range targets[:s.archs] {
			archs = append(archs, target.name)
		}
		args := []string{dir, filepath.Join(s.dir, s.source), strings.Join(archs, " ")}
		for _, include := range s.includes {
			args = append(args, filepath.Join(s.dir, include))
		}
		if out, err := exec.Command("native/build.sh", args...).CombinedOutput(); err != nil {
			t.Fatalf("build.sh: %v\n%s", err, out)
		}
		for _, arch := range archs {
			path := filepath.Join(s.dir, "dispatch", arch+".so")
			want, err := os.ReadFile(filepath.Join(dir, arch+".so"))
			if err != nil {
				t.Fatal(err)
			}
			if *update {
				if err := os.WriteFile(path, want, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			got, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s is not what the source gives: go test ./generate -update", path)
			}
			f, err := elf.NewFile(bytes.NewReader(got))
			if err != nil {
				t.Fatal(err)
			}
			if libs, _ := f.ImportedLibraries(); len(libs) != 1 || libs[0] != "libc.so.6" || f.Section(".gnu.version_r") != nil {
				t.Errorf("%s needs %v, or symbol versions", path, libs)
			}
		}
	}
}
