package link

import (
	"bytes"
	"context"
	_ "embed" // savres.asm, routines
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
)

// Compiler is an installed cross compiler for one of the two processors.
type Compiler struct {
	// Program is gcc's command, "powerpc-linux-gnu-gcc"; the assembler's is
	// beside it with as for gcc.
	Program string
	// Package is the Debian package that has it.
	Package string
	// Flags select the calling convention and keep the compiler from relying on
	// a C library and an operating system.
	Flags []string
	// AssemblerFlags are the assembler's, where it is run by itself.
	AssemblerFlags []string
	// mend changes the compiler's assembly language; described is nil, or has what
	// describe found, if annotate is set.
	mend     func(assembly []byte, described map[string]routine68K) []byte
	annotate bool
	routines []routine // that code needs besides the compiler's library
}

var freestanding = []string{"-O2", "-ffreestanding", "-fno-builtin", "-fno-asynchronous-unwind-tables", "-fno-stack-protector", "-fdata-sections", "-fno-pic"}

// PowerPC returns the compiler for the PowerOpen convention. char is unsigned and
// long double is a double, as with the Macintosh's compilers.
func PowerPC() *Compiler {
	return &Compiler{
		Program: "powerpc-linux-gnu-gcc", Package: "gcc-powerpc-linux-gnu",
		Flags:          append([]string{"-mcpu=603", "-mcall-aixdesc", "-mno-relocatable", "-mmultiple", "-mno-fp-in-toc", "-mlong-double-64", "-fno-optimize-sibling-calls"}, freestanding...),
		AssemblerFlags: []string{"-many"},
		mend:           mend,
		routines:       []routine{{"savres.s", savres}, {"int64.c", int64Conversions}},
	}
}

// M68K returns the compiler for the 68020. int has 32 bits and each parameter
// takes four bytes of the stack, as with MPW C.
func M68K() *Compiler {
	return &Compiler{
		Program: "m68k-linux-gnu-gcc", Package: "gcc-m68k-linux-gnu",
		Flags: append([]string{"-m68020", "-mpcrel"}, freestanding...),
	}
}

// CFM68K returns the compiler for fragments for the 68020. char is unsigned, int has
// 32 bits.
func CFM68K() *Compiler {
	return &Compiler{
		Program: "m68k-linux-gnu-gcc", Package: "gcc-m68k-linux-gnu",
		// Calls may change D2 and FP2 and FP3, too, see mend68k.go for the rest.
		Flags: append(append([]string{"-m68020", "-D__CFM68K__", "-fcall-used-d2", "-fcall-used-fp2", "-fcall-used-fp3", "-fno-omit-frame-pointer",
			"-fno-optimize-sibling-calls", "-fno-shrink-wrap", "-fno-reorder-blocks-and-partition", "-gdwarf-4"}, freestanding...), "-msep-data"),
		AssemblerFlags: []string{"-m68020", "-m68881"},
		mend:           mend68K,
		annotate:       true,
	}
}

// routine is a source of a compiler's library.
type routine struct {
	name string
	text []byte
}

//go:embed savres.asm
var savres []byte

//go:embed routines/int64.c
var int64Conversions []byte

// What gcc writes for this convention, and its assembler or this linker takes in
// another form only.
var (
	// The displacement of a word of the TOC; another convention's name for the
	// same thing is understood.
	tocReference = regexp.MustCompile(`([.$\w]+)-\.LCTOC1\(`)
	// A function that may be missing: marked is its vector, asked for its code.
	weakName = regexp.MustCompile(`^\t\.weak\t([$\w]+)$`)
	// The address of code where that of a vector is meant, in initialised data:
	// everywhere but in vectors.
	codeAddress = regexp.MustCompile(`^(\t\.long[ \t])\.([$\w]+)$`)
	ownLabel    = regexp.MustCompile(`^L[A-Z]*\d+$`)
	sectionName = regexp.MustCompile(`^\t(?:\.section\t"?([.$\w]+)"?.*|\.(?:text|data|bss|previous)$)`)
)

func mend(assembly []byte, _ map[string]routine68K) []byte {
	lines := strings.Split(string(assembly), "\n")
	vectors := false // in their section
	for i, line := range lines {
		if m := sectionName.FindStringSubmatch(line); m != nil {
			vectors = m[1] == ".got1"
		} else if m := weakName.FindStringSubmatch(line); m != nil {
			line += "\n\t.weak\t." + m[1]
		} else if m := codeAddress.FindStringSubmatch(line); m != nil && !vectors && !ownLabel.MatchString(m[2]) {
			line = m[1] + m[2]
		}
		lines[i] = tocReference.ReplaceAllString(line, "$1@sdarel(")
	}
	return []byte(strings.Join(lines, "\n"))
}

// Compile compiles one source file, with further flags after the compiler's own.
// What the compiler says about mistakes is in a CompileError; its warnings are
// returned. dir is where temporary files go; "" is the system's place for them.
func (c *Compiler) Compile(ctx context.Context, source string, flags []string, dir string) (o *Object, warnings string, err error) {
	work, err := os.MkdirTemp(dir, "crossplug-cc-")
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	object := filepath.Join(work, "out.o")
	args := append(append([]string{}, c.Flags...), flags...)
	if c.mend == nil || strings.EqualFold(filepath.Ext(source), ".s") {
		if warnings, err = run(ctx, c.Program, c.Package, append(args, "-c", source, "-o", object)...); err != nil {
			return nil, warnings, err
		}
	} else {
		assembly, dump := filepath.Join(work, "out.s"), filepath.Join(work, "out.expand")
		if c.annotate {
			args = append(args, "-dP", "-fdump-rtl-expand="+dump)
		}
		if warnings, err = run(ctx, c.Program, c.Package, append(args, "-S", source, "-o", assembly)...); err != nil {
			return nil, warnings, err
		}
		text, err := os.ReadFile(assembly)
		if err != nil {
			return nil, warnings, err
		}
		var described map[string]routine68K
		if c.annotate {
			if described, err = c.describe(ctx, assembly, object, dump); err != nil {
				return nil, warnings, fmt.Errorf("%s: %w", source, err)
			}
		}
		if err := os.WriteFile(assembly, c.mend(text, described), 0o666); err != nil {
			return nil, warnings, err
		}
		if err := c.assemble(ctx, assembly, object); err != nil {
			return nil, warnings, err
		}
	}
	data, err := os.ReadFile(object)
	if err != nil {
		return nil, warnings, err
	}
	o, err = readObject(source, data)
	return o, warnings, err
}

func (c *Compiler) assemble(ctx context.Context, assembly, object string) error {
	assembler := strings.TrimSuffix(c.Program, "gcc") + "as"
	_, err := run(ctx, assembler, c.Package, append(append([]string{}, c.AssemblerFlags...), assembly, "-o", object)...)
	return err
}

// describe assembles what the compiler has made, and finds out what there is to know of
// its functions.
func (c *Compiler) describe(ctx context.Context, assembly, object, dump string) (map[string]routine68K, error) {
	if err := c.assemble(ctx, assembly, object); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(object)
	if err != nil {
		return nil, err
	}
	notes, err := os.ReadFile(dump)
	if err != nil && !errors.Is(err, os.ErrNotExist) { // there is none without functions
		return nil, err
	}
	return describe(data, notes)
}

// Runtime returns the members of the compiler's own library, which has what the
// processor cannot do in an instruction, such as dividing 64 bits: Archives for
// an Input. flags are those of Compile.
func (c *Compiler) Runtime(ctx context.Context, flags []string) (all []*Object, err error) {
	args := append(append([]string{}, c.Flags...), flags...)
	name, err := run(ctx, c.Program, c.Package, append(args, "-print-libgcc-file-name")...)
	if err != nil {
		return nil, err
	}
	name = strings.TrimSpace(name)
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	objects, err := ReadObjects(filepath.Base(name), data)
	if err != nil || c.routines == nil {
		return objects, err
	}
	work, err := os.MkdirTemp("", "crossplug-cc-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	var own []*Object
	for _, r := range c.routines {
		source := filepath.Join(work, r.name)
		if err := os.WriteFile(source, r.text, 0o666); err != nil {
			return nil, err
		}
		o, _, err := c.Compile(ctx, source, nil, work)
		if err != nil {
			return nil, err
		}
		o.Name = "routines " + r.name
		own = append(own, o)
	}
	return append(own, objects...), nil // the first that has a symbol defines it
}

// CompileError is that of a compiler or assembler.
type CompileError struct {
	Program string
	Err     error  // how it ended
	Said    string // lines about the mistakes
}

// Error has all of it.
func (e *CompileError) Error() string {
	return fmt.Sprintf("%s: %v\n%s", e.Program, e.Err, strings.TrimRight(e.Said, "\n"))
}

// Unwrap returns how the program ended.
func (e *CompileError) Unwrap() error { return e.Err }

// run runs a program and returns what it says.
func run(ctx context.Context, program, pkg string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	// gcc is many programs, and all of them are to end with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	err := cmd.Run()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return "", fmt.Errorf("%s is not installed: install the Debian package %s", program, pkg)
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		return "", &CompileError{program, err, said.String()}
	}
	return said.String(), nil
}
