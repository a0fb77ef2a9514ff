package api

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/abi"
	"github.com/crossplug/crossplug/arch"
)

func model(t *testing.T, a arch.Arch) abi.Model {
	t.Helper()
	m, err := abi.ModelOf(a)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestLayout has offsets from the processors' ABIs and, for the Mac's packings,
// from Mac OS Runtime Architectures, "Data Alignment".
func TestLayout(t *testing.T) {
	const fields = `<field name="a" type="char"/><field name="b" type="i64"/><field name="c" type="f64"/><field name="d" type="long"/><field name="e" type="i16"/>`
	for _, tt := range []struct {
		name, attrs, fields string
		arch                arch.Arch
		offsets             []int
		size, align         int
	}{
		{"64 bits", "", fields, arch.LinuxAMD64, []int{0, 8, 16, 24, 32}, 40, 8},
		{"64 bits, big-endian", "", fields, arch.LinuxS390X, []int{0, 8, 16, 24, 32}, 40, 8},
		{"i386 aligns 64-bit values to 4", "", fields, arch.LinuxI386, []int{0, 4, 12, 20, 24}, 28, 4},
		{"ARM does not", "", fields, arch.LinuxARMHF, []int{0, 8, 16, 24, 28}, 32, 8},
		{"m68k aligns nothing to more than 2", "", fields, arch.LinuxM68K, []int{0, 2, 10, 18, 22}, 24, 2},
		{"mac68k, on any processor", `packing="mac68k"`, fields, arch.LinuxI386, []int{0, 2, 10, 18, 22}, 24, 2},
		{"mac68k bytes", `packing="mac68k"`, `<field name="a" type="i8"/><field name="b" type="i8"/><field name="c" type="i8"/>`, arch.LinuxAMD64, []int{0, 1, 2}, 4, 2},
		{"power", `packing="power"`, fields, arch.LinuxPPC, []int{0, 4, 12, 20, 24}, 28, 4},
		{"power, double first", `packing="power"`, `<field name="a" type="f64"/><field name="b" type="char"/><field name="c" type="f64"/>`, arch.LinuxPPC, []int{0, 8, 12}, 24, 8},
		{"power, doubles first where 64 bits lie on 4", `packing="power"`, `<field name="a" type="f64" count="2"/><field name="b" type="i8"/>`, arch.LinuxI386, []int{0, 16}, 24, 8},
		{"power, pointer first", `packing="power"`, `<field name="n" type="f64" length="1"/><field name="b" type="i8"/>`, arch.LinuxPPC, []int{0, 4}, 8, 4},
		{"fixed arrays and pointers", "", `<field name="a" type="i8" count="3"/><field name="b" type="cstring"/><field name="n" type="i16"/><field name="c" type="f64" length="n"/>`, arch.LinuxARM64, []int{0, 8, 16, 24}, 32, 8},
		{"extended", "", `<field name="a" type="i8"/><field name="x" type="f80" endian="raw"/>`, arch.LinuxI386, []int{0, 4}, 16, 4},
		{"extended of 68881", "", `<field name="a" type="i8"/><field name="x" type="f80" endian="raw"/>`, arch.LinuxM68K, []int{0, 2}, 14, 2},
		{"extended in 64 bits", "", `<field name="a" type="i8"/><field name="x" type="f80" endian="raw"/>`, arch.LinuxAMD64, []int{0, 16}, 32, 16},
	} {
		a, err := parseText(fmt.Sprintf(`<struct name="s" %s>%s</struct>`, tt.attrs, tt.fields))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		offsets, size, align := Layout(a.Structs[0], model(t, tt.arch))
		if !slices.Equal(offsets, tt.offsets) || size != tt.size || align != tt.align {
			t.Errorf("%s: offsets %v, size %d, alignment %d; want %v, %d, %d", tt.name, offsets, size, align, tt.offsets, tt.size, tt.align)
		}
	}
}

// TestLayoutWithin puts structs of one packing into those of another.
func TestLayoutWithin(t *testing.T) {
	a, err := parseText(`
		<struct name="p" packing="power"><field name="d" type="f64"/><field name="c" type="char"/></struct>
		<struct name="o" packing="mac68k"><field name="c" type="char"/><field name="p" type="p"/><field name="l" type="i32"/></struct>
		<struct name="q" packing="power"><field name="c" type="char"/><field name="p" type="p"/></struct>
		<union name="u"><case name="c" type="char" count="3" value="0"/><case name="p" type="p" value="1"/></union>`)
	if err != nil {
		t.Fatal(err)
	}
	m := model(t, arch.LinuxPPC)
	for i, want := range []string{"[0 8] 16 8", "[0 2 18] 22 2", "[0 4] 20 4", "[0 0] 16 8"} {
		offsets, size, align := Layout(a.Structs[i], m)
		if got := fmt.Sprint(offsets, size, align); got != want {
			t.Errorf("%s: %s, want %s", a.Structs[i].Name, got, want)
		}
	}
}

// compilers are independent judges of layouts.
var compilers = []struct {
	name string
	arch arch.Arch
}{
	{"x86_64-linux-gnu-gcc", arch.LinuxAMD64},
	{"i686-linux-gnu-gcc", arch.LinuxI386},
	{"arm-linux-gnueabihf-gcc", arch.LinuxARMHF},
	{"aarch64-linux-gnu-gcc", arch.LinuxARM64},
	{"powerpc64le-linux-gnu-gcc", arch.LinuxPPC64EL},
	{"s390x-linux-gnu-gcc", arch.LinuxS390X},
	{"powerpc-linux-gnu-gcc", arch.LinuxPPC},
	{"m68k-linux-gnu-gcc", arch.LinuxM68K},
}

// TestLayoutAsCompilers lets the compilers of all architectures lay out random
// structs. GCC knows mac68k as #pragma pack(2), except for structs of bytes alone.
func TestLayoutAsCompilers(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	definition, header := randomStructs(random, 150)
	a, err := parseText(definition)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range compilers {
		t.Run(c.arch.String(), func(t *testing.T) {
			compiler, err := exec.LookPath(c.name)
			if err != nil {
				t.Skipf("%v; scripts/need cross", err)
			}
			m := model(t, c.arch)
			var b strings.Builder
			b.WriteString("#include <stddef.h>\n#include <stdint.h>\n#include <stdbool.h>\n" + header)
			for _, s := range a.Structs {
				offsets, size, align := Layout(s, m)
				fmt.Fprintf(&b, "_Static_assert(sizeof(%s) == %d, \"%s\");\n_Static_assert(_Alignof(%[1]s) == %[4]d, \"%[3]s\");\n", s.CType, size, s.Name, align)
				for i, f := range s.Fields {
					fmt.Fprintf(&b, "_Static_assert(offsetof(%s, %s) == %d, \"%s\");\n", s.CType, f.Name, offsets[i], s.Name)
				}
			}
			file := filepath.Join(t.TempDir(), "layout.c")
			if err := os.WriteFile(file, []byte(b.String()), 0o666); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command(compiler, "-std=c11", "-fsyntax-only", file).CombinedOutput(); err != nil {
				t.Errorf("%v\n%.3000s", err, out)
			}
		})
	}
}

// randomStructs makes structs and unions, as a definition and in C.
func randomStructs(random *rand.Rand, n int) (definition, header string) {
	basics := []struct{ name, c string }{
		{"i8", "int8_t"}, {"u16", "uint16_t"}, {"i32", "int32_t"}, {"u64", "uint64_t"}, {"bool", "bool"}, {"char", "char"}, {"long", "long"},
		{"size", "size_t"}, {"f32", "float"}, {"f64", "double"}, {"ostype", "uint32_t"}, {"cstring", "char *"}, {"h", "struct h *"},
	}
	const numbers = 11 // of them may be in unions
	var d, c strings.Builder
	d.WriteString(`<handle name="h" owner="plugin"/>`)
	plain := []string{} // structs that others may embed
	for i := range n {
		union, mac := random.IntN(5) == 0, random.IntN(3) == 0
		kind, child, attrs, end := "struct", "field", "", "};\n"
		name := fmt.Sprintf("s%d", i)
		if union {
			kind, child, mac = "union", "case", false
		}
		if mac {
			attrs, end = ` packing="mac68k"`, "} __attribute__((aligned(2)));\n#pragma pack(pop)\n"
			c.WriteString("#pragma pack(push, 2)\n")
		}
		fmt.Fprintf(&d, "<%s name=%q%s>\n", kind, name, attrs)
		fmt.Fprintf(&c, "%s %s {\n", kind, name)
		for j := range 1 + random.IntN(7) {
			basic := basics[random.IntN(len(basics))]
			if union {
				basic = basics[random.IntN(numbers)]
			}
			extra, array := "", ""
			switch random.IntN(4) {
			case 0:
				if basic.name != "cstring" {
					extra, array = ` count="3"`, "[3]"
				}
			case 1:
				if len(plain) > 0 {
					basic.name = plain[random.IntN(len(plain))]
					basic.c = "struct " + basic.name
				}
			case 2:
				if !union {
					extra, basic.c = ` length="2"`, basic.c+" *"
				}
			}
			if union {
				extra += fmt.Sprintf(` value="%d"`, j)
			}
			fmt.Fprintf(&d, "\t<%s name=\"f%d\" type=%q%s/>\n", child, j, basic.name, extra)
			fmt.Fprintf(&c, "\t%s f%d%s;\n", basic.c, j, array)
		}
		fmt.Fprintf(&d, "</%s>\n", kind)
		c.WriteString(end)
		if !union && i < n/2 {
			plain = append(plain, name)
		}
	}
	return d.String(), c.String()
}
