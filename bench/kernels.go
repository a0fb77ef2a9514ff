package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/crossplug/crossplug/guest/cpu"
	im68k "github.com/crossplug/crossplug/guest/interp/m68k"
	ippc "github.com/crossplug/crossplug/guest/interp/ppc"
	"github.com/crossplug/crossplug/guest/isa/m68k"
	"github.com/crossplug/crossplug/guest/memory"
	"github.com/crossplug/crossplug/guest/programs"
)

// kernels are the loops of kernels.c.
var kernels = []string{"sort", "gaps", "crc", "filter", "calls"}

// guestSize is the size in bytes of an address space here.
const guestSize = 16 << 20

// kernelGroup measures the interpreters: loops beside QEMU's emulation of a user's
// program, in which the compiler's same instructions run; what a call costs; what it
// costs to begin; how often a run of a loop allocates.
func kernelGroup(l *lab) []contestant {
	var all []contestant
	for _, p := range processors {
		for _, kernel := range kernels {
			name := "guest/" + p.name + "/" + kernel
			peer := name + "/qemu"
			all = append(all,
				contestant{name: name, unit: milliseconds, peers: []string{peer}, start: func(ctx context.Context) (running, error) {
					return startKernel(ctx, l, p, kernel, timed)
				}},
				contestant{name: peer, unit: milliseconds, start: func(ctx context.Context) (running, error) {
					return startQEMU(ctx, l, p, kernel)
				}},
				contestant{name: name + "/allocations", unit: allocations, count: 1, start: func(ctx context.Context) (running, error) {
					return startKernel(ctx, l, p, kernel, allocated)
				}},
			)
		}
		all = append(all,
			contestant{name: "guest/" + p.name + "/call", unit: nanoseconds, start: func(ctx context.Context) (running, error) {
				return startKernel(ctx, l, p, "nothing", timed)
			}},
			contestant{name: "guest/" + p.name + "/start-16MiB", unit: microseconds, start: func(context.Context) (running, error) {
				return running{run: func(_ context.Context, n int) (time.Duration, error) {
					return timed(func() error {
						for range n {
							if err := p.begin(); err != nil {
								return err
							}
						}
						return nil
					})
				}}, nil
			}},
		)
	}
	return all
}

// allocations makes the number of them out of what allocated measures: one is a
// nanosecond.
var allocations = unit{name: "allocations", of: func(s float64) float64 { return s * 1e9 }}

// timed is the processor's time that work takes: nothing here waits, so what else
// the machine does need not matter.
func timed(work func() error) (time.Duration, error) {
	begin := processorTime()
	err := work()
	return processorTime() - begin, err
}

func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0 // it only fails for a bad argument
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func allocated(work func() error) (time.Duration, error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := work()
	runtime.ReadMemStats(&after)
	return time.Duration(after.Mallocs - before.Mallocs), err
}

// processor is one to run loops on. The 68020 has a 68881; a 68040 computes with
// other instructions.
type processor struct {
	name   string
	target programs.Target
	engine func(*memory.Space, *cpu.Control) guestCPU
	noop   []byte // a function that returns at once
}

var processors = []processor{
	{
		name: "ppc", target: programs.PowerPC[2],
		engine: func(s *memory.Space, c *cpu.Control) guestCPU { return &powerPC{ippc.New(s, c)} },
		noop:   []byte{0x4e, 0x80, 0x00, 0x20}, // blr
	},
	{
		name: "68020", target: programs.M68881, noop: rts,
		engine: func(s *memory.Space, c *cpu.Control) guestCPU { return &motorola{im68k.New(s, c, m68k.M68020), s} },
	},
	{
		name: "68040", target: programs.M68K[2], noop: rts,
		engine: func(s *memory.Space, c *cpu.Control) guestCPU { return &motorola{im68k.New(s, c, m68k.M68040), s} },
	},
}

var rts = []byte{0x4e, 0x75}

// guestCPU is an engine, and how a function without parameters is called.
type guestCPU interface {
	cpu.Engine
	Close()
	setStack(addr uint32)
	returnTo(addr uint32) error // makes that the return address
	result() uint32
}

type powerPC struct{ *ippc.CPU }

func (p *powerPC) setStack(addr uint32)       { p.R[1] = addr }
func (p *powerPC) returnTo(addr uint32) error { p.LR = addr; return nil }
func (p *powerPC) result() uint32             { return p.R[3] }

type motorola struct {
	*im68k.CPU
	memory *memory.Space
}

func (m *motorola) setStack(addr uint32) { m.A[7] = addr }
func (m *motorola) returnTo(addr uint32) error {
	m.A[7] -= 4
	return m.memory.Store32(m.A[7], addr)
}
func (m *motorola) result() uint32 { return m.D[0] }

// gates are where nothing is mapped.
var gates = cpu.Range{Base: guestSize - 1<<16, Size: 1 << 16}

// call calls a guest's function.
func call(e guestCPU, c *cpu.Control, addr uint32) (uint32, error) {
	until, err := c.Enter()
	if err != nil {
		return 0, err
	}
	defer c.Leave()
	if err := e.returnTo(until); err != nil {
		return 0, err
	}
	e.SetPC(addr)
	exit := e.Run(until)
	return e.result(), exit.Failure()
}

// begin is a machine from nothing to its first function's return, and its end.
func (p processor) begin() error {
	space, err := memory.New(guestSize)
	if err != nil {
		return err
	}
	defer space.Close()
	const code, stack = 0x1000, 0x80000
	if err := space.Map(memory.Region{Name: "all", Base: code, Size: gates.Base - code, Perm: memory.RWX}); err != nil {
		return err
	}
	if err := space.Poke(code, p.noop); err != nil {
		return err
	}
	control := cpu.NewControl(nil, gates)
	e := p.engine(space, control)
	defer e.Close()
	e.setStack(stack)
	_, err = call(e, control, code)
	return err
}

// kernelMeter builds kernels.c as a program for Linux.
func kernelMeter(ctx context.Context, l *lab, compiler, out string, flags ...string) (string, error) {
	source, err := kernelSource(l)
	if err != nil {
		return "", err
	}
	out = filepath.Join(l.dir, out)
	said, err := exec.CommandContext(ctx, compiler, append([]string{"-O2", "-DMETER", "-o", out, source}, flags...)...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w %s", compiler, err, said)
	}
	return out, nil
}

func kernelSource(l *lab) (string, error) {
	text, err := sources.ReadFile("native/kernels.c")
	if err != nil {
		return "", err
	}
	path := filepath.Join(l.dir, "kernels.c")
	return path, os.WriteFile(path, text, 0o600)
}

// expected is what a loop returns on this machine.
func expected(ctx context.Context, l *lab, kernel string) (string, error) {
	native, err := kernelMeter(ctx, l, "gcc", "kernels-native", "-ffp-contract=off")
	if err != nil {
		return "", err
	}
	out, err := exec.CommandContext(ctx, native, kernel).Output()
	return string(bytes.TrimSpace(out)), err
}

// startKernel prepares a loop in an interpreter.
func startKernel(ctx context.Context, l *lab, p processor, kernel string, measured func(func() error) (time.Duration, error)) (running, error) {
	dir, err := os.MkdirTemp(l.dir, "kernel-")
	if err != nil {
		return running{}, err
	}
	source, err := kernelSource(l)
	if err != nil {
		return running{}, err
	}
	want, err := expected(ctx, l, kernel)
	if err != nil {
		return running{}, err
	}
	b, err := programs.NewBuilder(dir)
	if err != nil {
		return running{}, err
	}
	path, err := b.BuildFile(ctx, source, p.target, "-O2")
	if err != nil {
		return running{}, err
	}
	f, err := os.Open(path)
	if err != nil {
		return running{}, err
	}
	defer f.Close()
	space, err := memory.New(guestSize)
	if err != nil {
		return running{}, err
	}
	image, err := programs.Load(space, f)
	if err != nil {
		return running{}, errors.Join(err, space.Close())
	}
	control := cpu.NewControl(nil, gates)
	e := p.engine(space, control)
	e.setStack(image.Stack)
	at := image.Symbols["kernel_"+kernel]
	stop := func() {
		e.Close()
		_ = space.Close()
	}
	first, err := call(e, control, at) // which also makes what the next runs need
	if err == nil && fmt.Sprint(first) != want {
		err = fmt.Errorf("%s returns %d, and %s on this machine", kernel, first, want)
	}
	if err != nil {
		stop()
		return running{}, err
	}
	return running{stop: stop, run: func(_ context.Context, n int) (time.Duration, error) {
		return measured(func() error {
			for range n {
				got, err := call(e, control, at)
				if err != nil {
					return err
				}
				if got != first {
					return fmt.Errorf("%s returns %d, then %d", kernel, first, got)
				}
			}
			return nil
		})
	}}, nil
}

// startQEMU prepares a loop in QEMU, and sees that it computes what it computes on
// this machine.
func startQEMU(ctx context.Context, l *lab, p processor, kernel string) (running, error) {
	want, err := expected(ctx, l, kernel)
	if err != nil {
		return running{}, err
	}
	program, err := kernelMeter(ctx, l, p.target.Compiler, "kernels-"+p.name, append(slices.Clone(p.target.Flags), "-static")...)
	if err != nil {
		return running{}, err
	}
	command := append(slices.Clone(p.target.Emulator), program, kernel)
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	var said bytes.Buffer
	cmd.Stderr = &said
	in, err := cmd.StdinPipe()
	if err != nil {
		return running{}, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return running{}, err
	}
	if err := cmd.Start(); err != nil {
		return running{}, err
	}
	lines := bufio.NewScanner(out)
	stop := func() {
		in.Close()
		_ = cmd.Wait()
	}
	if !lines.Scan() || lines.Text() != want {
		stop()
		return running{}, fmt.Errorf("%s of %s prints %q, and %q on this machine: %s", kernel, p.target.Emulator[0], lines.Text(), want, said.Bytes())
	}
	return running{stop: stop, run: func(_ context.Context, n int) (time.Duration, error) {
		if _, err := fmt.Fprintln(in, n); err != nil || !lines.Scan() {
			return 0, fmt.Errorf("%s has ended: %s", p.target.Emulator[0], said.Bytes())
		}
		ns, err := strconv.ParseInt(lines.Text(), 10, 64)
		return time.Duration(ns), err
	}}, nil
}
