package toolbox_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/guest"
	"github.com/crossplug/crossplug/guest/toolbox"
	"github.com/crossplug/crossplug/link"
)

// The tests are plug-ins: each file of testdata is C for both processors, whose
// routine long test(long argument) returns 0 or the number of the line that found
// something wrong.

const testPrototype = "long test(long)"

func proc(t testing.TB, prototype string) coderes.ProcInfo {
	t.Helper()
	info, err := coderes.ParsePrototype(prototype)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// compiled is one source for both processors: two fragments and a code resource.
type compiled struct {
	fragment    []byte
	fragment68K []byte
	code        []byte
}

// compile compiles a file of testdata. What is for PowerPC only has nothing for the
// 68K, what is for fragments only no code resource, what is for the 68K only nothing
// else.
func compile(t testing.TB, name string) *compiled {
	t.Helper()
	for _, gcc := range []string{"powerpc-linux-gnu-gcc", "m68k-linux-gnu-gcc"} {
		if _, err := exec.LookPath(gcc); err != nil {
			t.Skipf("%s is not installed; scripts/need cross installs it", gcc)
		}
	}
	source := filepath.Join("testdata", name)
	text, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	only68K := strings.Contains(string(text), "/* 68K only")
	flags := []string{"-Iinclude", "-Wall", "-Werror", "-Wno-multichar"}
	c := &compiled{}
	onlyPPC, onlyFragments := strings.Contains(string(text), "/* PowerPC only"), strings.Contains(string(text), "/* Fragments only")
	if !only68K {
		c.fragment = fragment(t, link.PowerPC(), source, string(text), flags)
	}
	if !only68K && !onlyPPC {
		c.fragment68K = fragment(t, link.CFM68K(), source, string(text), flags)
	}
	if onlyPPC || onlyFragments {
		return c
	}
	o, _, err := link.M68K().Compile(t.Context(), source, flags, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	in := &link.Input{Objects: []*link.Object{o}, Main: "test", ProcInfo: proc(t, testPrototype)}
	if in.Archives, err = link.M68K().Runtime(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if c.code, _, err = link.CodeResource(in); err != nil {
		t.Fatal(err)
	}
	return c
}

// fragment compiles a file for the compiler's processor.
func fragment(t testing.TB, c *link.Compiler, source, text string, flags []string) []byte {
	t.Helper()
	o, _, err := c.Compile(t.Context(), source, flags, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	in := &link.Input{Objects: []*link.Object{o}}
	if strings.Contains(text, "\nlong test(") {
		in.Main = "test"
	}
	if strings.Contains(text, "\nOSErr initialise(") {
		in.Init = "initialise"
	}
	in.Archives, err = c.Runtime(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, library := range []string{"InterfaceLib", "StdCLib", "MathLib"} {
		in.Libraries = append(in.Libraries, link.Library{Name: library, Symbols: toolbox.Exports(library)})
	}
	linked, _, err := link.Fragment(in)
	if err != nil {
		t.Fatal(err)
	}
	data, err := pef.Encode(linked)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func newMachine(t testing.TB, o guest.Options) *guest.Machine {
	t.Helper()
	m, err := guest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// call calls the routine of a compiled file on a processor.
func (c *compiled) call(t testing.TB, m *guest.Machine, ppc bool, argument uint32) (uint32, error) {
	t.Helper()
	info := proc(t, testPrototype)
	if !ppc {
		at, err := m.Code("test", c.code)
		if err != nil {
			t.Fatal(err)
		}
		return m.Call(t.Context(), at, info, argument)
	}
	return callFragment(t, m, c.fragment, argument)
}

// callFragment calls the main routine of a fragment for either processor.
func callFragment(t testing.TB, m *guest.Machine, image []byte, argument uint32) (uint32, error) {
	t.Helper()
	container, err := pef.Read(bytes.NewReader(image), 0, int64(len(image)), pef.Options{})
	if err != nil {
		t.Fatal(err)
	}
	conn, main, err := m.Fragment(t.Context(), "test", container)
	if err != nil {
		return 0, err
	}
	return m.CallSymbol(t.Context(), conn, main, proc(t, testPrototype), argument)
}

// run runs a file of testdata on both processors of a machine with some options,
// and on a machine with one processor only.
func run(t *testing.T, name string, o func() guest.Options) { runWith(t, name, 0, o, nil) }

// runWith passes an argument, and looks at the machine afterwards.
func runWith(t *testing.T, name string, argument uint32, o func() guest.Options, after func(*testing.T, *guest.Machine)) {
	t.Helper()
	c := compile(t, name)
	for _, world := range []struct {
		name  string
		has   bool
		alone guest.Processor // what a machine can do without
		call  func(t *testing.T, m *guest.Machine) (uint32, error)
	}{
		{"68K", c.code != nil, guest.PowerPC, func(t *testing.T, m *guest.Machine) (uint32, error) { return c.call(t, m, false, argument) }},
		{"PowerPC", c.fragment != nil, guest.M68K, func(t *testing.T, m *guest.Machine) (uint32, error) { return c.call(t, m, true, argument) }},
		{"CFM-68K", c.fragment68K != nil, guest.PowerPC, func(t *testing.T, m *guest.Machine) (uint32, error) {
			return callFragment(t, m, c.fragment68K, argument)
		}},
	} {
		for _, without := range []guest.Processor{guest.Neither, world.alone} {
			if !world.has {
				continue
			}
			t.Run(world.name+map[guest.Processor]string{world.alone: " alone"}[without], func(t *testing.T) {
				options := guest.Options{Fuel: 50_000_000}
				if o != nil {
					options = o()
				}
				options.Without = without
				m := newMachine(t, options)
				line, err := world.call(t, m)
				if err != nil {
					t.Fatal(err)
				}
				if line != 0 {
					t.Fatalf("%s:%d found something wrong", name, line)
				}
				if after != nil {
					after(t, m)
				}
			})
		}
	}
}

func TestMemory(t *testing.T) { run(t, "memory.c", nil) }

// TestStress moves every block that can move.
func TestStress(t *testing.T) {
	run(t, "memory.c", func() guest.Options {
		return guest.Options{Fuel: 50_000_000, System: toolbox.Options{Stress: true}}
	})
}

func TestUtilities(t *testing.T) { run(t, "utilities.c", nil) }

func TestSANE(t *testing.T) { run(t, "sane.c", nil) }

func TestCLibrary(t *testing.T) { run(t, "clibrary.c", nil) }

func TestScanAndJump(t *testing.T) { run(t, "scan.c", nil) }

func TestJumpOutOfCalls(t *testing.T) { run(t, "jumps.c", nil) }

// TestJumpNowhere jumps without a call of setjmp.
func TestJumpNowhere(t *testing.T) {
	c := compile(t, "jumps.c")
	for _, image := range [][]byte{c.fragment, c.fragment68K} {
		_, err := callFragment(t, newMachine(t, guest.Options{Fuel: 1_000_000}), image, 1)
		if err == nil || !strings.Contains(err.Error(), "test: test+") || !strings.Contains(err.Error(), "setjmp has not filled the jmp_buf at 0x") {
			t.Errorf("got %v", err)
		}
	}
}

// TestModeState saves what Mixed Mode needs to go on, and goes on in another call.
func TestModeState(t *testing.T) {
	c := compile(t, "modestate.c")
	if line, err := c.call(t, newMachine(t, guest.Options{Fuel: 1_000_000}), false, 0); err != nil || line != 0 {
		t.Errorf("modestate.c:%d found something wrong (%v)", line, err)
	}
	_, err := c.call(t, newMachine(t, guest.Options{Fuel: 1_000_000}), false, 1)
	if err == nil || !strings.Contains(err.Error(), "RestoreMixedModeState: the state is that of a thread 1 calls deep between host and guest, and 2 are under way") {
		t.Errorf("got %v", err)
	}
}

// TestOutput reads what plug-ins print.
func TestOutput(t *testing.T) {
	c := compile(t, "output.c")
	for _, ppc := range []bool{false, true} {
		var out strings.Builder
		m := newMachine(t, guest.Options{System: toolbox.Options{Output: &out}})
		if _, err := c.call(t, m, ppc, 0); err == nil || !strings.Contains(err.Error(), "ExitToShell: the program ended itself") {
			t.Errorf("%v", err)
		}
		if out.String() != "Grüße\n" {
			t.Errorf("%q", out.String())
		}
	}
}
