package helper

import (
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/internal/crosstest"
)

func TestBinariesAreWhatTheSourceGives(t *testing.T) {
	for _, gcc := range crossCompilers {
		crosstest.NeedSame(t, gcc)
	}
	dir := t.TempDir()
	if out, err := exec.Command("native/build.sh", dir).CombinedOutput(); err != nil {
		t.Fatalf("build.sh: %v\n%s", err, out)
	}
	for _, a := range allArchs() {
		want, err := os.ReadFile(filepath.Join(dir, a.String()))
		if err != nil {
			t.Fatal(err)
		}
		got, err := helperBinary(a)
		if err != nil {
			t.Fatal(err)
		}
		if sha256.Sum256(got) != sha256.Sum256(want) {
			t.Errorf("bin/%v is not what helper.c and build.sh give: run make helpers", a)
		}
	}
}

func TestBinariesNeedNoSymbolVersions(t *testing.T) {
	for _, a := range allArchs() {
		b, err := helperBinary(a)
		if err != nil {
			t.Fatal(err)
		}
		f, err := elf.NewFile(bytes.NewReader(b))
		if err != nil {
			t.Fatalf("%v: %v", a, err)
		}
		if libs, _ := f.ImportedLibraries(); len(libs) != 1 || libs[0] != "libc.so.6" {
			t.Errorf("%v needs %v, want libc.so.6 alone", a, libs)
		}
		if f.Section(".gnu.version_r") != nil {
			t.Errorf("%v asks for symbol versions", a)
		}
		if image := (f.Data == elf.ELFDATA2MSB); image != (a.Order == arch.BigEndian) {
			t.Errorf("%v: wrong byte order %v", a, f.Data)
		}
	}
}

func TestBinaryOfUnknownArchitecture(t *testing.T) {
	if _, err := helperBinary(arch.Arch{Processor: arch.M68K, Bits: 32, OS: arch.Classic}); err == nil {
		t.Error("a helper for 68K appeared")
	}
}
