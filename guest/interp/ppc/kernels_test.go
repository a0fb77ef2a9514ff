package ppc

import (
	"debug/elf"
	"io"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/crossplug/crossplug/guest/cpu"
	"github.com/crossplug/crossplug/guest/memory"
)

var kernelNames = []string{"sort", "crc", "filter", "fib"}

// compile makes a program for PowerPC, which needs no library.
func compile(t testing.TB, source string, options ...string) string {
	t.Helper()
	const gcc = "powerpc-linux-gnu-gcc"
	if _, err := exec.LookPath(gcc); err != nil {
		t.Skip("no " + gcc + " (scripts/need cross installs it)")
	}
	program := filepath.Join(t.TempDir(), "program")
	args := append(options, "-ffreestanding", "-fno-builtin", "-nostdlib", "-static", "-fno-pic", "-no-pie", "-msdata=none", "-Wl,-Ttext=0x10000,--build-id=none", "-o", program, source, "-lgcc")
	if out, err := exec.Command(gcc, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// load puts a program into a machine of its own, with a stack, and returns where
// its functions are.
func load(t testing.TB, program string) (*machine, map[string]uint32) {
	t.Helper()
	const size, stack = 16 << 20, 15 << 20
	mem, err := memory.New(size)
	if err != nil {
		t.Fatal(err)
	}
	m := &machine{mem: mem}
	m.control = cpu.NewControl(m, cpu.Range{Base: gatesBase, Size: 0x10000})
	m.cpu = New(mem, m.control)
	t.Cleanup(func() {
		m.cpu.Close()
		if err := mem.Close(); err != nil {
			t.Error(err)
		}
	})
	f, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := mem.Map(memory.Region{Name: "program", Base: 0, Size: stack - 0x10000, Perm: memory.RWX}); err != nil {
		t.Fatal(err)
	}
	if err := mem.Map(memory.Region{Name: "stack", Base: stack, Size: 0x10000, Perm: memory.RW}); err != nil {
		t.Fatal(err)
	}
	for _, p := range f.Progs {
		if p.Type != elf.PT_LOAD {
			continue
		}
		b := make([]byte, p.Filesz)
		if _, err := io.ReadFull(p.Open(), b); err != nil {
			t.Fatal(err)
		}
		if err := mem.Poke(uint32(p.Vaddr), b); err != nil {
			t.Fatal(err)
		}
	}
	symbols, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	functions := map[string]uint32{}
	for _, s := range symbols {
		functions[s.Name] = uint32(s.Value)
	}
	m.cpu.R[1] = stack + 0x10000 - 64
	return m, functions
}

// TestKernels runs compiled code here and as a program of this computer.
func TestKernels(t *testing.T) {
	native := filepath.Join(t.TempDir(), "native")
	if out, err := exec.Command("gcc", "-O1", "-ffp-contract=off", "-o", native, "testdata/kernels.c").CombinedOutput(); err != nil {
		t.Skipf("no gcc: %v\n%s", err, out)
	}
	out, err := exec.Command(native).Output()
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Fields(string(out))
	all := []string{"-O2 -mcpu=750", "-O0 -mcpu=601", "-O1 -mcpu=603", "-O3 -mcpu=604", "-Os -mmultiple -mcpu=750"}
	if testing.Short() {
		all = all[:1]
	}
	for _, options := range all {
		t.Run(options, func(t *testing.T) {
			m, at := load(t, compile(t, "testdata/kernels.c", append(strings.Fields(options), "-ffp-contract=off")...))
			for i, name := range kernelNames {
				got, err := m.call(at["kernel_"+name])
				if err != nil || strconv.FormatUint(uint64(got), 10) != want[i] {
					t.Errorf("%s returns %d, %v; want %s", name, got, err, want[i])
				}
			}
		})
	}
}

// BenchmarkKernels also measures qemu, where it is installed, by running a
// kernel a few times and then often. These times are the processor's, and the best
// of several, as others may be using it, too.
func BenchmarkKernels(b *testing.B) {
	program := compile(b, "testdata/kernels.c", "-O2", "-mcpu=750")
	for i, name := range kernelNames {
		b.Run(name, func(b *testing.B) {
			m, at := load(b, program)
			if _, err := m.call(at["kernel_"+name]); err != nil {
				b.Fatal(err)
			}
			best, executed := time.Duration(0), int64(0)
			b.ReportAllocs()
			for b.Loop() {
				before, start := m.control.Fuel, processorTime()
				if _, err := m.call(at["kernel_"+name]); err != nil {
					b.Fatal(err)
				}
				if took := processorTime() - start; best == 0 || took < best {
					best, executed = took, before-m.control.Fuel
				}
			}
			b.ReportMetric(float64(best)/float64(executed), "ns/instruction")
			if q := qemuTime(program, i); q > 0 {
				b.ReportMetric(float64(best)/float64(q), "times-qemu")
			}
		})
	}
}

// qemuTime returns how long qemu takes for a kernel, 0 if there is no qemu.
func qemuTime(program string, kernel int) time.Duration {
	run := func(count int) time.Duration {
		best := time.Duration(0)
		for range 3 {
			c := exec.Command("qemu-ppc-static", program, strconv.Itoa(kernel), strconv.Itoa(count))
			_ = c.Run() // its status is a part of the result
			if took := c.ProcessState.UserTime() + c.ProcessState.SystemTime(); best == 0 || took < best {
				best = took
			}
		}
		return best
	}
	if exec.Command("qemu-ppc-static", "--version").Run() != nil {
		return 0
	}
	const few, many = 2, 42
	return (run(many) - run(few)) / (many - few)
}

// processorTime returns how long this process has used a processor. How much of it
// was the system's is not known well enough to be left out.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
