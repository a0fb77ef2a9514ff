package programs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/crossplug/crossplug/guest/cpu"
	im68k "github.com/crossplug/crossplug/guest/interp/m68k"
	ippc "github.com/crossplug/crossplug/guest/interp/ppc"
	"github.com/crossplug/crossplug/guest/isa/m68k"
	"github.com/crossplug/crossplug/guest/memory"
	"github.com/crossplug/crossplug/guest/programs"
)

// everything builds every program for every processor at every level, and runs all
// in QEMU, too, which takes some minutes.
var everything = os.Getenv("CROSSPLUG_TEST_ALL") != ""

// enough instructions for any of the programs.
const enough = 400e6

type closer interface {
	cpu.Engine
	Close()
}

// models are the 68Ks of the targets.
var models = map[string]m68k.Model{"68000": m68k.M68000, "68020": m68k.M68020, "68040": m68k.M68040, "68881": m68k.M68020}

// onlyBigger says whether a program that was built for a 68000 ended because it
// has data where a 68000 cannot: GCC as Debian has it copies structs of bytes, and
// what lies side by side in them, by words at any address, whatever is asked of it.
// The instructions are a 68000's; a 68020 executes them.
func onlyBigger(t programs.Target, err error) bool {
	var f *memory.Fault
	return t.Name == "68000" && errors.As(err, &f) && f.Kind == memory.Misaligned
}

// on68000 counts the programs for a 68000: on one itself, and on a 68020.
var on68000 struct{ itself, bigger atomic.Int32 }

// run runs a program in an interpreter and returns what it printed.
func run(path string, t programs.Target) ([]byte, error) {
	out, err := runOn(path, t, models[t.Name])
	if onlyBigger(t, err) {
		on68000.bigger.Add(1)
		return runOn(path, t, m68k.M68020)
	}
	if t.Name == "68000" && err == nil {
		on68000.itself.Add(1)
	}
	return out, err
}

func runOn(path string, t programs.Target, model m68k.Model) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	space, err := memory.New(16 << 20)
	if err != nil {
		return nil, err
	}
	defer space.Close()
	image, err := programs.Load(space, f)
	if err != nil {
		return nil, err
	}
	linux := &programs.Linux{Memory: space}
	control := cpu.NewControl(linux, cpu.Range{Base: 0xfff000, Size: 0x1000})
	control.Fuel = enough
	var e closer
	stack := "r1"
	if _, ok := models[t.Name]; ok {
		e, stack = im68k.New(space, control, model), "A7"
	} else {
		e = ippc.New(space, control)
	}
	defer e.Close()
	if err := e.SetRegister(stack, uint64(image.Stack)); err != nil {
		return nil, err
	}
	e.SetPC(image.Entry)
	exit := e.Run(control.Gates.Base)
	if exit.Reason != cpu.Faulted || !errors.Is(exit.Err, programs.ErrExit) {
		return linux.Output.Bytes(), fmt.Errorf("%v at %#x: %w", exit.Reason, exit.PC, exit.Failure())
	}
	if linux.Status != 0 {
		return linux.Output.Bytes(), fmt.Errorf("exit status %d", linux.Status)
	}
	return linux.Output.Bytes(), nil
}

// builder is everybody's, so that support is compiled once. Tests skip where
// there are no compilers.
var builder = sync.OnceValues(func() (*programs.Builder, error) { return programs.NewBuilder(scratch) })

var scratch string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "crossplug-programs-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		scratch = dir
		return m.Run()
	}())
}

func built(t *testing.T, path string, err error) string {
	t.Helper()
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func emulate(t *testing.T, target programs.Target, path string) []byte {
	t.Helper()
	if _, err := exec.LookPath(target.Emulator[0]); err != nil {
		t.Skipf("%v (scripts/need run installs it)", err)
	}
	out, err := exec.Command(target.Emulator[0], append(slices.Clone(target.Emulator[1:]), path)...).Output()
	if err != nil {
		t.Errorf("%v: %v", target.Emulator, err)
	}
	return out
}

// differ reports the first line that differs.
func differ(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if bytes.Equal(got, want) {
		return
	}
	g, w := bytes.Split(got, []byte("\n")), bytes.Split(want, []byte("\n"))
	for i := range w {
		if i >= len(g) || !bytes.Equal(g[i], w[i]) {
			line := []byte("nothing")
			if i < len(g) {
				line = g[i]
			}
			t.Errorf("%s: line %d\n got %s\nwant %s", what, i+1, line, w[i])
			return
		}
	}
	t.Errorf("%s: %d lines too many", what, len(g)-len(w))
}

type build struct {
	target programs.Target
	level  string
}

// builds are those of a program to try: each processor at each level, or at -O0
// and -O2 one PowerPC and one 68K, another one for each program; one at -O2 in a
// hurry.
func builds(program string) []build {
	var all []build
	if everything {
		for _, t := range slices.Concat(programs.PowerPC, programs.M68K) {
			for _, l := range programs.Optimizations {
				all = append(all, build{t, l})
			}
		}
		return all
	}
	h := fnv.New32a()
	h.Write([]byte(program))
	pick := int(h.Sum32() % 6)
	all = []build{{programs.PowerPC[pick%3], "-O2"}, {programs.M68K[pick%3], "-O2"}}
	if testing.Short() {
		return all[pick/3:][:1]
	}
	return append(all, build{programs.PowerPC[(pick+1)%3], "-O0"}, build{programs.M68K[(pick+1)%3], "-O0"})
}

// unlikeQEMU are programs whose output natively a 68040 of QEMU does not have: it
// rounds results of FSADD, FDADD and their kin to 24 and 53 bits, but leaves those
// that are too small for a single or a double as they are, and rounds them again
// when they are stored.
var unlikeQEMU = []string{"fused", "specials"}

// TestPrograms wants programs to print in the interpreters what they print
// natively.
func TestPrograms(t *testing.T) {
	ctx := context.Background()
	b, err := builder()
	if err != nil {
		t.Fatal(err)
	}
	names := programs.Names()
	if len(names) < 30 {
		t.Fatalf("only %d programs", len(names))
	}
	t.Cleanup(func() { // when all are done
		itself, bigger := on68000.itself.Load(), on68000.bigger.Load()
		t.Logf("of the programs for a 68000, %d ran on one, %d needed a 68020", itself, bigger)
		if itself < 3*bigger {
			t.Error("that is too few")
		}
	})
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			native, err := b.Native(ctx, name)
			want, err := exec.Command(built(t, native, err)).Output()
			if err != nil || len(want) < 40 {
				t.Fatalf("natively: %v, prints %q", err, want)
			}
			for _, one := range builds(name) {
				what := one.target.Name + one.level
				path, err := b.Build(ctx, name, one.target, one.level)
				path = built(t, path, err)
				got, err := run(path, one.target)
				if err != nil {
					t.Errorf("%s: %v", what, err)
				}
				differ(t, what, got, want)
				if one.target.Name == "68040" && slices.Contains(unlikeQEMU, name) {
					continue
				}
				if everything || t.Failed() {
					differ(t, what+" in "+one.target.Emulator[0], emulate(t, one.target, path), want)
				}
			}
		})
	}
}

// beyond is a line of specials that depends on the smallest number of 80 bits,
// which QEMU has from another processor: a denormal number's exponent is -16383
// on a 68881 (M68000PM/AD, table 1-6), not -16382.
var beyond = regexp.MustCompile(`(?m)^halved .*\n`)

// TestPrecise compares what is computed with more precision than C asks for with
// an emulator.
func TestPrecise(t *testing.T) {
	ctx := context.Background()
	b, err := builder()
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range []programs.Target{programs.Fused, programs.M68881} {
		for i, name := range programs.Numeric {
			if testing.Short() && i%3 != 0 {
				continue
			}
			t.Run(target.Name+"/"+name, func(t *testing.T) {
				t.Parallel()
				levels := []string{"-O2"}
				if everything {
					levels = programs.Optimizations
				}
				for _, level := range levels {
					path, err := b.Build(ctx, name, target, level)
					path = built(t, path, err)
					got, err := run(path, target)
					if err != nil {
						t.Errorf("%s: %v", level, err)
					}
					want := emulate(t, target, path)
					if target.Name == programs.M68881.Name {
						got, want = beyond.ReplaceAll(got, nil), beyond.ReplaceAll(want, nil)
					}
					differ(t, level, got, want)
				}
			})
		}
	}
}

// TestLoadRefuses loads what is no such program.
func TestLoadRefuses(t *testing.T) {
	space, err := memory.New(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	defer space.Close()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, r := range []interface {
		ReadAt([]byte, int64) (int, error)
	}{f, bytes.NewReader([]byte("text")), bytes.NewReader(nil)} {
		if _, err := programs.Load(space, r); err == nil {
			t.Error("was loaded")
		}
	}
}
