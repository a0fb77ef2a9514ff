// Package programs holds C programs to try engines with, and what it takes to
// build them for guest processors, load them and serve their two system calls.
// It is for tests and measurements.
//
// The programs in source/ need no operating system and print the same lines on
// every processor, so what they print natively is what an engine must make them
// print. support/ has their beginning, their printing and the arithmetic that
// the smaller processors lack. They are built by GCC as Debian has it, at fixed
// addresses, for Linux's system calls, so that an emulator of Linux can run the
// same files.
package programs

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

//go:embed source/*.c support/*.c support/*.h
var files embed.FS

// Target is a processor as the compiler knows it.
type Target struct {
	Name     string   // for people and for files
	Compiler string   // Debian's name of it
	Flags    []string // that choose the processor
	Support  []string // of support/, besides what all need
	Emulator []string // a command that runs the programs, to which the file is added
}

// Optimizations are the compiler's levels.
var Optimizations = []string{"-O0", "-O1", "-O2", "-O3", "-Os"}

const (
	ppcCompiler  = "powerpc-linux-gnu-gcc"
	m68kCompiler = "m68k-linux-gnu-gcc"
)

// PowerPC and M68K are the processors that programs print the same on as
// natively. Of the family of 68000, those without floating point do it in
// integers.
var (
	PowerPC = []Target{
		{Name: "601", Compiler: ppcCompiler, Flags: []string{"-mcpu=601", separate}, Emulator: []string{"qemu-ppc-static"}},
		{Name: "603", Compiler: ppcCompiler, Flags: []string{"-mcpu=603", separate}, Emulator: []string{"qemu-ppc-static", "-cpu", "603"}},
		{Name: "750", Compiler: ppcCompiler, Flags: []string{"-mcpu=750", separate}, Emulator: []string{"qemu-ppc-static", "-cpu", "750"}},
	}
	M68K = []Target{
		{Name: "68000", Compiler: m68kCompiler, Flags: []string{"-m68000", separate}, Support: []string{"soft.c"}, Emulator: []string{"qemu-m68k-static", "-cpu", "m68000"}},
		{Name: "68020", Compiler: m68kCompiler, Flags: []string{"-m68020", "-msoft-float", separate}, Support: []string{"soft.c"}, Emulator: []string{"qemu-m68k-static", "-cpu", "m68020"}},
		{Name: "68040", Compiler: m68kCompiler, Flags: []string{"-m68040", separate}, Emulator: []string{"qemu-m68k-static", "-cpu", "m68040"}},
	}
)

// separate keeps multiplications and additions apart, each with its rounding.
const separate = "-ffp-contract=off"

// Fused and M68881 compute more precisely than C asks for: with fused
// multiplication and addition, and with 80 bits. Only an emulator does the same.
var (
	Fused  = Target{Name: "fused", Compiler: ppcCompiler, Flags: []string{"-mcpu=750", "-ffp-contract=fast"}, Emulator: []string{"qemu-ppc-static", "-cpu", "750"}}
	M68881 = Target{Name: "68881", Compiler: m68kCompiler, Flags: []string{"-m68020", "-m68881", separate}, Emulator: []string{"qemu-m68k-static", "-cpu", "m68020"}}
)

// Numeric are the programs to build for Fused and M68881.
var Numeric = []string{"conversions", "dct", "fft", "filters", "fused", "mandelbrot", "matrix", "nbody", "printf", "specials", "spline", "strtod"}

// Names returns the programs.
func Names() []string {
	entries, err := fs.ReadDir(files, "source")
	if err != nil {
		return nil // they are in the package
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".c"))
	}
	return names
}

// Builder compiles programs into a directory. It may be used concurrently.
type Builder struct {
	dir string

	mu      sync.Mutex
	objects map[string]func() error // of support/, by path
}

// NewBuilder puts the sources into a directory, which should be a new one.
func NewBuilder(dir string) (*Builder, error) {
	return &Builder{dir: dir, objects: map[string]func() error{}}, os.CopyFS(dir, files)
}

// common are the flags for everybody. Programs count on numbers that wrap and on
// looking at a value through a pointer of another kind.
var common = []string{"-std=gnu11", "-ffreestanding", "-fno-builtin", "-fwrapv", "-fno-strict-aliasing", "-fno-tree-loop-distribute-patterns",
	"-fno-asynchronous-unwind-tables", "-fno-stack-protector"}

// Build compiles a program at a level of optimization and returns the path of
// the file. Without a compiler here the error is an exec.ErrNotFound.
func (b *Builder) Build(ctx context.Context, program string, t Target, level string) (string, error) {
	return b.link(ctx, filepath.Join(b.dir, "source", program+".c"), program, t, level)
}

// BuildFile does the same for a program that is not of this package. It may
// include the headers of support/.
func (b *Builder) BuildFile(ctx context.Context, source string, t Target, level string) (string, error) {
	return b.link(ctx, source, strings.TrimSuffix(filepath.Base(source), ".c"), t, level)
}

func (b *Builder) link(ctx context.Context, source, program string, t Target, level string) (string, error) {
	flags := append(append([]string{level, "-I", filepath.Join(b.dir, "support"), "-fno-pic"}, common...), t.Flags...)
	args := append([]string{"-nostdlib", "-static", "-no-pie", "-Wl,-Ttext-segment=0x100000", "-Wl,--build-id=none"}, flags...)
	out := filepath.Join(b.dir, program+"-"+t.Name+level)
	args = append(args, "-o", out, source)
	for _, s := range append([]string{"start.c", "print.c", "memory.c"}, t.Support...) {
		object := filepath.Join(b.dir, strings.TrimSuffix(s, ".c")+"-"+t.Name+level+".o")
		flags := flags
		if s == "soft.c" {
			flags = append(slices.Clone(flags), "-O2") // as libraries are; without, programs take minutes
		}
		if err := b.once(object, func() error {
			return compile(ctx, t.Compiler, append([]string{"-c", "-o", object, filepath.Join(b.dir, "support", s)}, flags...)...)
		}); err != nil {
			return "", err
		}
		args = append(args, object)
	}
	if len(t.Support) == 0 {
		args = append(args, "-lgcc") // which wants a 68020 and a 68881
	}
	return out, compile(ctx, t.Compiler, args...)
}

// once does what is to be done for a file, the first time.
func (b *Builder) once(path string, do func() error) error {
	b.mu.Lock()
	f, ok := b.objects[path]
	if !ok {
		f = sync.OnceValue(do)
		b.objects[path] = f
	}
	b.mu.Unlock()
	return f()
}

// Native builds a program for this machine.
func (b *Builder) Native(ctx context.Context, program string) (string, error) {
	out := filepath.Join(b.dir, program+"-native")
	args := append([]string{"-O1", "-I", filepath.Join(b.dir, "support"), separate}, common...)
	args = append(args, "-o", out, filepath.Join(b.dir, "source", program+".c"))
	for _, s := range []string{"native.c", "print.c", "memory.c"} {
		args = append(args, filepath.Join(b.dir, "support", s))
	}
	return out, compile(ctx, "gcc", args...)
}

func compile(ctx context.Context, compiler string, args ...string) error {
	said, err := exec.CommandContext(ctx, compiler, args...).CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		return fmt.Errorf("%w (scripts/need cross installs it)", err)
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w\n%s", compiler, strings.Join(args, " "), err, said)
	}
	return nil
}
