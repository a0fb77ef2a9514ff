package arch

import (
	"debug/elf"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// systemFiles finds ELF files that others made: those of this machine, of the
// cross compilers and sysroots that are installed, and this test itself.
func systemFiles(t *testing.T) []string {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	files := []string{self}
	for _, pattern := range []string{
		"/bin/*", "/lib*/*.so*", "/usr/lib/*-linux-gnu*/*.so*", "/usr/lib/*-linux-gnu*/*.o", "/usr/*-linux-gnu*/lib*/*.so*", "/usr/lib/ladspa/*.so",
	} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		const each = 60 // of a directory's hundreds
		for i := 0; i < len(found); i += 1 + len(found)/each {
			files = append(files, found[i])
		}
	}
	return files
}

// TestELFAgreesWithSections compares what the program headers and the hash
// tables say with what debug/elf finds by the sections.
func TestELFAgreesWithSections(t *testing.T) {
	compared := 0
	archs := map[string]int{}
	for _, path := range systemFiles(t) {
		want, err := elf.Open(path)
		if err != nil {
			continue // a script, a directory
		}
		file, err := Open(path)
		if err != nil {
			t.Error(err)
			want.Close()
			continue
		}
		img := file.Images[0]
		got, err := file.Details(img)
		if err != nil {
			t.Error(err)
		} else {
			compareELF(t, path, img, got, want)
			compared++
			archs[img.Arch.String()]++
		}
		want.Close()
		file.Close()
	}
	if compared == 0 {
		t.Error("not even this test's own executable was compared")
	}
	t.Log(compared, "files:", archs)
}

func compareELF(t *testing.T, path string, img Image, got *Details, want *elf.File) {
	t.Helper()
	bits := map[elf.Class]int{elf.ELFCLASS32: 32, elf.ELFCLASS64: 64}[want.Class]
	order := map[elf.Data]ByteOrder{elf.ELFDATA2LSB: LittleEndian, elf.ELFDATA2MSB: BigEndian}[want.Data]
	if img.Arch.Bits != bits || img.Arch.Order != order {
		t.Errorf("%s: %d bits, %v; want %d bits, %v", path, img.Arch.Bits, img.Arch.Order, bits, order)
	}
	needed, err := want.ImportedLibraries()
	if err == nil && !slices.Equal(got.Needed, needed) {
		t.Errorf("%s: needs %q, want %q", path, got.Needed, needed)
	}
	if names, err := want.DynString(elf.DT_SONAME); err == nil && strings.Join(names, " ") != got.Name {
		t.Errorf("%s: is called %q, want %q", path, got.Name, names)
	}
	symbols, _ := want.DynamicSymbols()
	var exports []string
	for _, s := range symbols {
		v := elf.ST_VISIBILITY(s.Other)
		if s.Section != elf.SHN_UNDEF && elf.ST_BIND(s.Info) != elf.STB_LOCAL && v != elf.STV_HIDDEN && v != elf.STV_INTERNAL {
			exports = append(exports, s.Name)
		}
	}
	slices.Sort(exports)
	if exports = slices.Compact(exports); !slices.Equal(got.Exports, exports) {
		t.Errorf("%s: exports %d symbols, want %d", path, len(got.Exports), len(exports))
	}
}

func TestLADSPA(t *testing.T) {
	files, _ := filepath.Glob("/usr/lib/ladspa/*.so")
	if len(files) == 0 {
		t.Skip("no LADSPA plug-ins here")
	}
	for _, path := range files {
		f, err := Open(path)
		if err != nil {
			t.Error(err)
			continue
		}
		d, err := f.Details(f.Images[0])
		f.Close()
		if err != nil {
			t.Error(err)
		} else if f.Images[0].Kind != KindShared || !slices.Contains(d.Families, "LADSPA") {
			t.Errorf("%s: %v of %q", path, f.Images[0], d.Families)
		}
	}
}
