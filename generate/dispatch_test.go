package generate

import (
	"bytes"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/crossplug/crossplug/internal/crosstest"
)

// shipped are the APIs whose dispatchers are committed, beside their packages.
var shipped = []struct {
	xml     string
	dir     string // of the Go package, with dispatch/ARCH.so
	include string // where the API's header is
	archs   []string
}{
	{"../hosts/exercise/exercise.xml", "../hosts/exercise", "../hosts/exercise", []string{"amd64", "i386", "armhf", "arm64", "ppc64el", "s390x", "powerpc", "m68k"}},
	{"../hosts/ladspa/raw/ladspa.xml", "../hosts/ladspa/raw", "../hosts/ladspa/raw", []string{"amd64", "i386", "armhf", "arm64", "ppc64el", "s390x"}},
	{"../examples/tone/tone.xml", "../examples/tone/tone", "../examples/tone", []string{"amd64", "s390x"}},
}

// TestDispatchers builds every dispatcher that is committed from its
// definition, and compares. With -update it writes them; go generate, in the
// directories where they are, does that.
func TestDispatchers(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles for a minute")
	}
	for _, s := range shipped {
		a := parse(t, s.xml)
		t.Run(a.Name, func(t *testing.T) {
			files, err := Run("dispatcher", a)
			if err != nil {
				t.Fatal(err)
			}
			for _, arch := range s.archs {
				t.Run(arch, func(t *testing.T) {
					t.Parallel()
					path := filepath.Join(s.dir, "dispatch", arch+".so")
					want := build(t, files[0], s.include, arch)
					if *update {
						if err := os.WriteFile(path, want, 0o755); err != nil {
							t.Fatal(err)
						}
					}
					got, err := os.ReadFile(path)
					if err != nil || !bytes.Equal(got, want) {
						t.Fatalf("%s is not what its definition gives: make generate (%v)", path, err)
					}
					f, err := elf.NewFile(bytes.NewReader(got))
					if err != nil {
						t.Fatal(err)
					}
					if libs, _ := f.ImportedLibraries(); len(libs) != 1 || libs[0] != "libc.so.6" || f.Section(".gnu.version_r") != nil {
						t.Errorf("%s needs %v, or symbol versions", path, libs)
					}
				})
			}
		})
	}
}

// build compiles a dispatcher as its users do.
func build(t *testing.T, source File, include, arch string) []byte {
	t.Helper()
	for _, target := range targets {
		if target.name != arch {
			continue
		}
		crosstest.NeedSame(t, target.compiler)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, source.Name)
	if err := os.WriteFile(path, source.Data, 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("native/build.sh", dir, path, arch, include).CombinedOutput(); err != nil {
		t.Fatalf("build.sh: %v\n%s", err, out)
	}
	so, err := os.ReadFile(filepath.Join(dir, arch+".so"))
	if err != nil {
		t.Fatal(err)
	}
	return so
}
