package bridge

import (
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/internal/crosstest"
)

func TestShimsAreWhatTheSourceGives(t *testing.T) {
	aboutC(t)
	for _, a := range Hosts() {
		crosstest.NeedSame(t, compilers[a])
	}
	dir := t.TempDir()
	if out, err := exec.Command("native/build.sh", dir).CombinedOutput(); err != nil {
		t.Fatalf("build.sh: %v\n%s", err, out)
	}
	for _, a := range Hosts() {
		want, err := os.ReadFile(filepath.Join(dir, a.String()+".so"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := shim(a)
		if err != nil {
			t.Fatal(err)
		}
		if sha256.Sum256(got) != sha256.Sum256(want) {
			t.Errorf("bin/%v.so is not what build.sh gives: run make helpers", a)
		}
	}
}

// TestShimsAreModest looks at what shims need and show: any libc, and the one
// function that hosts ask for.
func TestShimsAreModest(t *testing.T) {
	for _, a := range Hosts() {
		b, err := shim(a)
		if err != nil {
			t.Fatal(err)
		}
		f, err := elf.NewFile(bytes.NewReader(b))
		if err != nil {
			t.Fatalf("%v: %v", a, err)
		}
		if libs, _ := f.ImportedLibraries(); !slices.Equal(libs, []string{"libc.so.6"}) {
			t.Errorf("%v needs %v, want libc.so.6 alone", a, libs)
		}
		if f.Section(".gnu.version_r") != nil {
			t.Errorf("%v asks for symbol versions", a)
		}
		symbols, err := f.DynamicSymbols()
		if err != nil {
			t.Fatal(err)
		}
		const unique = 10 // STB_GNU_UNIQUE
		for _, s := range symbols {
			switch {
			case s.Section == elf.SHN_UNDEF && (strings.HasPrefix(s.Name, "pthread_") || s.Name == "signal" || s.Name == "atexit"):
				t.Errorf("%v uses %s, which is not for guests", a, s.Name)
			case s.Section == elf.SHN_UNDEF || s.Name == "ladspa_descriptor" || elf.ST_TYPE(s.Info) == elf.STT_SECTION:
			case strings.HasPrefix(s.Name, marker) && elf.ST_BIND(s.Info) == unique:
			default:
				t.Errorf("%v shows %s", a, s.Name)
			}
		}
	}
	if _, err := shim(arch.LinuxS390X); err == nil {
		t.Error("a shim for s390x appeared")
	}
}
