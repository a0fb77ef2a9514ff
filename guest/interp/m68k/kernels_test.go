//go:build unix

package m68k

import (
	"bytes"
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/guest/cpu"
	isa "github.com/crossplug/crossplug/guest/isa/m68k"
	"github.com/crossplug/crossplug/guest/memory"
)

// program is compiled code in a processor's memory.
type program struct {
	*CPU
	symbols map[string]uint32
}

// compile compiles C for a model, and loads it.
func compile(t testing.TB, m isa.Model, source string, flags ...string) *program {
	t.Helper()
	if _, err := exec.LookPath("m68k-linux-gnu-gcc"); err != nil {
		t.Skip("no m68k-linux-gnu-gcc (scripts/need oracles installs it)")
	}
	name := filepath.Join(t.TempDir(), "program")
	args := append([]string{"-m" + m.String(), "-ffreestanding", "-nostdlib", "-static", "-Wl,-Ttext-segment=0x10000,--build-id=none,-e0", "-o", name, source}, flags...)
	if out, err := exec.Command("m68k-linux-gnu-gcc", append(args, "-lgcc")...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	f, err := elf.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := memory.New(4 << 20)
	if err != nil {
		t.Fatal(err)
	}
	// Code and data share pages here; what may be written is not the point.
	if err := s.Map(memory.Region{Name: "program", Base: 0x1000, Size: 4<<20 - 0x10000, Perm: memory.RWX}); err != nil {
		t.Fatal(err)
	}
	for _, p := range f.Progs {
		data := make([]byte, p.Filesz)
		if _, err := p.ReadAt(data, 0); err != nil && p.Filesz > 0 {
			t.Fatal(err)
		}
		if p.Type == elf.PT_LOAD {
			if err := s.Poke(uint32(p.Vaddr), data); err != nil {
				t.Fatal(err)
			}
		}
	}
	p := &program{New(s, cpu.NewControl(nil, cpu.Range{Base: 4<<20 - 0x8000, Size: 0x4000}), m), map[string]uint32{}}
	p.A[7] = 4<<20 - 0x20000
	symbols, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	for _, sym := range symbols {
		p.symbols[sym.Name] = uint32(sym.Value)
	}
	t.Cleanup(func() {
		p.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// call calls a C function with longs and returns its result.
func (p *program) call(t testing.TB, name string, args ...uint32) uint32 {
	t.Helper()
	addr, ok := p.symbols[name]
	if !ok {
		t.Fatalf("no function %s", name)
	}
	sp := p.A[7]
	for i := len(args) - 1; i >= 0; i-- {
		p.A[7] -= 4
		if err := p.mem.Store32(p.A[7], args[i]); err != nil {
			t.Fatal(err)
		}
	}
	if exit := callGuest(p.CPU, addr); exit.Reason != cpu.Returned {
		t.Fatalf("%s: %+v", name, exit)
	}
	p.A[7] = sp
	return p.D[0]
}

var kernels = []string{"sort", "crc", "biquad", "fib"}

// inQEMUProgram runs C for Linux in QEMU and returns what it prints.
func inQEMUProgram(t testing.TB, m isa.Model, flags []string, args ...string) string {
	t.Helper()
	for _, name := range []string{"m68k-linux-gnu-gcc", "qemu-m68k-static"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("no %s (scripts/need oracles run installs it)", name)
		}
	}
	name := filepath.Join(t.TempDir(), "linux")
	if out, err := exec.Command("m68k-linux-gnu-gcc", append([]string{"-m" + m.String(), "-static", "-o", name}, flags...)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var stderr bytes.Buffer
	q := exec.Command("qemu-m68k-static", append([]string{"-cpu", "m" + m.String(), name}, args...)...)
	q.Stderr = &stderr
	out, err := q.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	return string(out)
}

// TestKernels compiles the loops that are measured, for each model, with and
// without optimisation, and sees that their results are QEMU's.
func TestKernels(t *testing.T) {
	want := results(strings.Fields(inQEMUProgram(t, isa.M68020, []string{"-O2", "-m68881", "testdata/kernels.c", "testdata/driver.c"}, "0", "7")))
	if len(want) != len(kernels) {
		t.Fatalf("QEMU says %q", want)
	}
	optimisations := []string{"-O2", "-O0"}
	if testing.Short() {
		optimisations = optimisations[:1]
	}
	for _, m := range []isa.Model{isa.M68000, isa.M68020, isa.M68040} {
		for _, o := range optimisations {
			t.Run(m.String()+o, func(t *testing.T) {
				p := compile(t, m, "testdata/kernels.c", o)
				for i, k := range kernels {
					if k == "biquad" && m == isa.M68000 {
						continue // the compiler's library of floating point is for a 68020
					}
					if got := strconv.FormatUint(uint64(p.call(t, k, 7)), 10); got != want[i] {
						t.Errorf("%s is %s, want %s", k, got, want[i])
					}
				}
			})
		}
	}
}

// results are the second of every three words that the driver prints.
func results(words []string) []string {
	var r []string
	for i := 1; i < len(words); i += 3 {
		r = append(r, words[i])
	}
	return r
}

// TestKernelsBesideQEMU measures them, if CROSSPLUG_BENCH is set: nanoseconds of
// the processor's time, interleaved.
func TestKernelsBesideQEMU(t *testing.T) {
	if os.Getenv("CROSSPLUG_BENCH") == "" {
		t.Skip("CROSSPLUG_BENCH is not set")
	}
	p := compile(t, isa.M68020, "testdata/kernels.c", "-O2")
	for range 3 {
		q := strings.Fields(inQEMUProgram(t, isa.M68020, []string{"-O2", "-m68881", "testdata/kernels.c", "testdata/driver.c"}, "20", "7"))
		for i, k := range kernels {
			p.call(t, k, 7)
			before, fuel := processTime(), p.control.Fuel
			const times = 5
			for range times {
				p.call(t, k, 7)
			}
			ours := (processTime() - before) / times
			count := (fuel - p.control.Fuel) / times
			theirs, err := strconv.ParseFloat(q[3*i+2], 64)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Printf("%-8s %8.2f ms, %5.2f ns an instruction; QEMU %8.2f ms; %.2f times\n", k, ours.Seconds()*1e3, float64(ours.Nanoseconds())/float64(count), theirs, ours.Seconds()*1e3/theirs)
		}
	}
}

func BenchmarkKernels(b *testing.B) {
	p := compile(b, isa.M68020, "testdata/kernels.c", "-O2")
	for _, k := range kernels {
		b.Run(k, func(b *testing.B) {
			fuel, before := p.control.Fuel, processTime()
			for b.Loop() {
				p.call(b, k, 7)
			}
			b.ReportMetric(float64(processTime()-before)/float64(fuel-p.control.Fuel), "ns/instr")
		})
	}
}
