package link

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/pef"
)

// need skips a test that needs a program which is not here.
func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("%s is not installed; scripts/need run cross installs it", p)
		}
	}
}

func compile(t *testing.T, c *Compiler, source string, flags ...string) *Object {
	t.Helper()
	o, warnings, err := c.Compile(t.Context(), filepath.Join("testdata", source), append([]string{"-Wall", "-Wextra", "-fcommon"}, flags...), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if warnings != "" {
		t.Error(warnings)
	}
	return o
}

func runtimeOf(t *testing.T, c *Compiler) []*Object {
	t.Helper()
	o, err := c.Runtime(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func output(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := exec.Command(program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// runner builds one of the programs that run what has been linked.
func runner(t *testing.T, gcc, source string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "run")
	output(t, gcc, "-static", "-O1", "-o", program, filepath.Join("testdata", source))
	return program
}

func write(t *testing.T, data []byte) string {
	t.Helper()
	f := filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(f, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return f
}

var tvector = pef.TVectorSymbol

// testLibraries are what testdata/run_ppc.c provides.
func testLibraries() []Library {
	return []Library{
		{Name: "TestLib", Symbols: map[string]pef.SymbolClass{"required": tvector, "pointed": tvector, "shared_value": pef.DataSymbol}, CurrentVersion: 0x01008000},
		{Name: "OtherLib", Symbols: map[string]pef.SymbolClass{"imported": tvector}, Weak: true},
	}
}

// What entry of testdata/plugin.c returns with imports, and without.
const (
	wantPlain = `0: 11
1: 15
2: 119
3: 111
4: 42
5: 20
6: 1
6: 2
7: 6
100: 50
101: 5963808
`
	wantImports = `102: 205077
103: 12
104: 5000
105: -4
106: 154
107: -9176856
108: 9232
109: 10840
`
)

var plainArguments = []string{"0", "1", "2", "3", "4", "5", "6", "6", "7", "100", "101"}

// TestFragmentRuns links a fragment, loads it as its own relocations say, and
// lets qemu run it.
func TestFragmentRuns(t *testing.T) {
	for _, test := range []struct {
		c                *Compiler
		runner, emulator string
		vector           uint32 // how long one is
		architecture     pef.Architecture
	}{
		{PowerPC(), "run_ppc.c", "qemu-ppc-static", 12, pef.PowerPC},
		{CFM68K(), "run_cfm68k.c", "qemu-m68k-static", 8, pef.M68K},
	} {
		t.Run(test.architecture.String(), func(t *testing.T) {
			need(t, test.c.Program, test.emulator)
			runFragment(t, test.c, test.runner, test.emulator, test.vector, test.architecture)
		})
	}
}

func runFragment(t *testing.T, c *Compiler, source, emulator string, vector uint32, a pef.Architecture) {
	program := runner(t, c.Program, source)
	archives := runtimeOf(t, c)
	for _, optimise := range []string{"-O0", "-O1", "-O2", "-O3", "-Os"} {
		t.Run(optimise, func(t *testing.T) {
			in := &Input{
				Objects:   []*Object{compile(t, c, "plugin.c", optimise, "-DIMPORTS"), compile(t, c, "second.c", optimise)},
				Archives:  archives,
				Libraries: testLibraries(), Main: "entry", Version: 0x01018000,
			}
			fragment, _, err := Fragment(in)
			if err != nil {
				t.Fatal(err)
			}
			file, err := pef.Encode(fragment)
			if err != nil {
				t.Fatal(err)
			}
			container, err := pef.Read(bytes.NewReader(file), 0, int64(len(file)), pef.Options{})
			if err != nil {
				t.Fatal(err)
			}
			at := pef.Addresses{Sections: []uint32{0x30000000, 0x40010000}}
			imports := map[string]uint32{"required": 0x50000000, "imported": 0x50000000 + vector, "pointed": 0x50000000 + 3*vector, "shared_value": 0x50000000 + 4*vector}
			for _, imp := range container.Loader.Imports {
				if imports[imp.Name] == 0 {
					t.Errorf("import %q", imp.Name)
				}
				if imp.Weak != (imp.Name == "imported") {
					t.Errorf("import %s: weak is %v", imp.Name, imp.Weak)
				}
				at.Imports = append(at.Imports, imports[imp.Name])
			}
			args := []string{program}
			for i, address := range at.Sections {
				image := make([]byte, container.Sections[i].TotalLength)
				if err := container.Sections[i].Load(image); err != nil {
					t.Fatal(err)
				}
				if err := container.Relocate(i, image, at); err != nil {
					t.Fatal(err)
				}
				args = append(args, write(t, image), fmt.Sprint(address))
			}
			main := container.Loader.Main
			args = append(args, fmt.Sprint(at.Sections[main.Section]+main.Offset))
			args = append(append(args, plainArguments...), "102", "103", "104", "105", "106", "107", "108", "109")
			if got, want := output(t, emulator, args...), wantPlain+wantImports; got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
			for name, class := range map[string]pef.SymbolClass{"entry": tvector, "helper": tvector, "from_second": tvector, "big": pef.DataSymbol, "common_value": pef.DataSymbol} {
				if e, ok := container.Loader.Lookup(name); !ok || e.Class != class {
					t.Errorf("export %s: %+v, %v", name, e, ok)
				}
			}
			if container.Architecture != a {
				t.Errorf("for %v", container.Architecture)
			}
			if n := len(container.Loader.Libraries); n != 2 || container.Loader.Libraries[1].Options != pef.WeakLibrary {
				t.Errorf("libraries: %+v", container.Loader.Libraries)
			}
		})
	}
}

// TestMerged: whatever several objects have the address of is one word of the table
// of contents, and one relocation; calls of one import go to one piece of glue.
func TestMerged(t *testing.T) {
	source := filepath.Join(t.TempDir(), "user.c")
	if err := os.WriteFile(source, []byte("extern int shared_value, common_value, required(int);\nint USER(int n) { return required(n) + required(shared_value) + ++common_value; }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*Compiler{PowerPC(), CFM68K()} {
		need(t, c.Program)
		in := &Input{Libraries: testLibraries()}
		for _, name := range []string{"one", "two", "three", "four"} {
			o, warnings, err := c.Compile(t.Context(), source, []string{"-DUSER=" + name}, t.TempDir())
			if err != nil || warnings != "" {
				t.Fatal(err, warnings)
			}
			in.Objects = append(in.Objects, o)
		}
		in.Objects = append(in.Objects, compile(t, c, "second.c"), compile(t, c, "plugin.c"))
		in.Archives = runtimeOf(t, c)
		f, _, err := Fragment(in)
		if err != nil {
			t.Fatal(err)
		}
		image, err := pef.Encode(f)
		if err != nil {
			t.Fatal(err)
		}
		container, err := pef.Read(bytes.NewReader(image), 0, int64(len(image)), pef.Options{})
		if err != nil {
			t.Fatal(err)
		}
		words := map[pef.Target]int{}
		for fix, err := range container.Fixups(0) {
			if err != nil {
				t.Fatal(err)
			}
			words[fix.Target]++
		}
		for i, imp := range container.Loader.Imports {
			if n := words[pef.Target{Import: true, Index: uint32(i)}]; n != 1 {
				t.Errorf("%s: %s is in %d words", container.Architecture, imp.Name, n)
			}
		}
		if len(container.Loader.Imports) != 2 {
			t.Errorf("%s: imports %v", container.Architecture, container.Loader.Imports)
		}
		l := glueOf(container.Architecture)
		code, err := container.Sections[0].Data()
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(code, l); n != 1 {
			t.Errorf("%s: %d pieces of glue", container.Architecture, n)
		}
	}
}

// glueOf returns what all glue has in common.
func glueOf(a pef.Architecture) []byte {
	if a == pef.M68K {
		return (&cfm68K{}).glue(0)[4:]
	}
	return (&powerPC{}).glue(0)[4:]
}

// TestCodeResourceRuns links a code resource and lets qemu run it at two
// addresses, one after the other.
func TestCodeResourceRuns(t *testing.T) {
	need(t, "m68k-linux-gnu-gcc", "qemu-m68k-static")
	c := M68K()
	program := runner(t, c.Program, "run_m68k.c")
	archives := runtimeOf(t, c)
	// At its second address the resource has counted on.
	again := strings.NewReplacer("6: 1\n6: 2\n7: 6\n", "6: 3\n6: 4\n7: 7\n", "1: 15", "1: 18", "5: 20", "5: 24").Replace(wantPlain)
	for _, optimise := range []string{"-O0", "-O1", "-O2", "-O3", "-Os"} {
		t.Run(optimise, func(t *testing.T) {
			in := &Input{
				Objects:  []*Object{compile(t, c, "plugin.c", optimise), compile(t, c, "second.c", optimise)},
				Archives: archives, Main: "entry",
			}
			code, listing, err := CodeResource(in)
			if err != nil {
				t.Fatal(err)
			}
			args := append([]string{program, write(t, code)}, plainArguments...)
			if got, want := output(t, "qemu-m68k-static", args...), wantPlain+again; got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
			recognised, err := coderes.Recognise(code)
			if err != nil || recognised.Kind != coderes.Plain {
				t.Errorf("recognised as %+v, %v", recognised, err)
			}
			if len(listing) == 0 || listing[0].Area != "code" {
				t.Errorf("map: %+v", listing)
			}
		})
	}
}

// TestProblems expects each mistake to be named, with the place.
func TestProblems(t *testing.T) {
	need(t, "powerpc-linux-gnu-gcc", "m68k-linux-gnu-gcc")
	ppc, m68k := PowerPC(), M68K()
	plugin := compile(t, ppc, "plugin.c", "-DIMPORTS")
	tests := []struct {
		name string
		link func() error
		want []string
	}{
		{"undefined symbols", func() error {
			_, _, err := Fragment(&Input{Objects: []*Object{plugin}, Archives: runtimeOf(t, ppc)})
			return err
		}, []string{
			"testdata/plugin.c: undefined symbol required: no object defines it and no import library has it",
			"testdata/plugin.c: undefined symbol shared_value: no object defines it and no import library has it",
		}},
		{"defined twice", func() error {
			_, _, err := Fragment(&Input{Objects: []*Object{compile(t, ppc, "second.c"), compile(t, ppc, "second.c"), plugin}, Libraries: testLibraries(), Archives: runtimeOf(t, ppc)})
			return err
		}, []string{"from_second is defined in testdata/second.c already"}},
		{"no main", func() error {
			_, _, err := Fragment(&Input{Objects: []*Object{plugin}, Libraries: testLibraries(), Archives: runtimeOf(t, ppc), Main: "Main"})
			return err
		}, []string{"main: no object defines Main with a transition vector or as data"}},
		{"no such export", func() error {
			_, _, err := Fragment(&Input{Objects: []*Object{plugin}, Libraries: testLibraries(), Archives: runtimeOf(t, ppc), Exports: []string{"entry", "nothing"}})
			return err
		}, []string{"export nothing: no object defines it with a transition vector or as data"}},
		{"System V code", func() error {
			_, _, err := Fragment(&Input{Objects: []*Object{compile(t, ppc, "plugin.c", "-mcall-sysv")}, Archives: runtimeOf(t, ppc)})
			return err
		}, []string{"absolute addresses in code cannot be relocated: compile with -mcall-aixdesc"}},
		{"wrong processor", func() error {
			_, _, err := CodeResource(&Input{Objects: []*Object{plugin}, Main: "entry"})
			return err
		}, []string{"testdata/plugin.c: it is for EM_PPC; wanted is EM_68K"}},
		{"imports of a resource", func() error {
			_, _, err := CodeResource(&Input{Objects: []*Object{compile(t, m68k, "second.c")}, Main: "from_second"})
			return err
		}, []string{"testdata/second.c: undefined symbol helper: no object defines it and no import library has it"}},
		{"absolute code", func() error {
			_, _, err := CodeResource(&Input{Objects: []*Object{compile(t, m68k, "plugin.c", "-mno-pcrel")}, Archives: runtimeOf(t, m68k), Main: "entry"})
			return err
		}, nil},
		{"nothing", func() error { _, _, err := Fragment(&Input{}); return err }, []string{"nothing to link: no object files"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := test.link()
			if len(test.want) == 0 {
				t.Skip("no such mistake with this compiler")
			}
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v\nlacks: %s", err, want)
				}
			}
		})
	}
}

// TestNoCompiler expects to be told what to install.
func TestNoCompiler(t *testing.T) {
	c := PowerPC()
	c.Program = "no-such-gcc"
	_, _, err := c.Compile(t.Context(), "x.c", nil, t.TempDir())
	if err == nil || err.Error() != "no-such-gcc is not installed: install the Debian package gcc-powerpc-linux-gnu" {
		t.Error(err)
	}
	if errors.Is(err, exec.ErrNotFound) {
		t.Error("the hint is enough")
	}
}

// TestInt64 compares what PowerPC code has for conversions of 64 bits with the
// conversions of the computer that runs the test.
func TestInt64(t *testing.T) {
	need(t, "gcc")
	program := filepath.Join(t.TempDir(), "check")
	output(t, "gcc", "-O1", "-w", "-fno-builtin", "-o", program, filepath.Join("testdata", "int64_check.c"))
	if got := output(t, program); got != "0\n" {
		t.Errorf("%s of the conversions differ", strings.TrimSpace(got))
	}
}
