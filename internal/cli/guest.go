package cli

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crossplug/crossplug/guest/cpu"
	im68k "github.com/crossplug/crossplug/guest/interp/m68k"
	ippc "github.com/crossplug/crossplug/guest/interp/ppc"
	"github.com/crossplug/crossplug/guest/isa/m68k"
	"github.com/crossplug/crossplug/guest/memory"
)

func newGuestCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "guest",
		Short: "Debug code of the classic processors",
		Long: `guest has what helps to debug 68K and PowerPC code in crossplug's own processors. To run
plug-ins, there are sort, run and process.`,
	}
	cmd.AddCommand(newGuestRunCommand())
	return cmd
}

// guestModels are the 68Ks to choose from.
var guestModels = []m68k.Model{m68k.M68000, m68k.M68010, m68k.M68020, m68k.M68030, m68k.M68040}

// guestGates is where the code returns to: the end of the address space.
var guestGates = cpu.Range{Base: 0xffff0000, Size: 0x10000}

// guestStack is the size in bytes of the stack that the code gets.
const guestStack = 64 << 10

// guestRun is what the command line of guest run asks for.
type guestRun struct {
	arch, model  string
	at           string
	registers    []string
	files, rooms []string
	dumps        []string
	breakpoints  []string
	trace        string
	fuel, steps  int64
	asJSON       bool
}

func newGuestRunCommand() *cobra.Command {
	var g guestRun
	cmd := &cobra.Command{
		Use:   "run --arch (ppc|m68k) --at ADDR --mem ADDR=FILE",
		Short: "Run machine code and show what it does to registers and memory",
		Long: `run puts files into an empty address space, sets registers and executes PowerPC or 68K
code at an address until it returns, gets to a --break, has done --step instructions,
runs out of --fuel or cannot go on. Then it shows the registers, and the instructions
around the one that would be next.

The code is called like a function: LR, or the long at A7, has an address at the end
of the space, where the run ends. r1 or A7 points into a stack of 64 KiB, unless
--reg sets it. There is no operating system: traps, system calls and exceptions end
the run.

Addresses and values are decimal, or hexadecimal after 0x. A register's value may be
negative; for f0 to f31 and FP0 to FP7 it is the bits of a double, or a number with a
point. All memory may be read, written and executed.

--trace writes a line for each instruction: its address and bytes, the instruction,
the registers that it changed. The file - is standard output.

With --json the result is one object: "reason" (returned, at a breakpoint, stepped,
out of fuel, interrupted, stopped or faulted), "pc", "instructions" (how many were
executed), "error" if there is one, "registers" (an object: names and hexadecimal
values) and "around" (lines of code, unless it returned).

Exit status: 0 if the code returned, got to a breakpoint or did its steps, else 1.`,
		Example: `  crossplug guest run --arch ppc --at 0x10000 --mem 0x10000=code.bin --reg r3=20
  crossplug guest run --arch m68k --model 68000 --at 0x2000 --mem 0x2000=code.bin --trace -
  crossplug guest run --arch ppc --at 0x10000 --mem 0x10000=code.bin --break 0x10040 --json
  crossplug guest run --arch m68k --at 0x2000 --mem 0x2000=code.bin --mem 0x8000=packed.bin \
    --room 0x20000=0x4000 --reg A0=0x8000 --reg A1=0x20000 --dump 0x20000,0x4000=plain.bin`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return g.run(cmd) },
	}
	f := cmd.Flags()
	f.StringVar(&g.arch, "arch", "", "the code's processor: `ppc or m68k`")
	f.StringVar(&g.model, "model", "", "`which` 68K: 68000, 68010, 68020 (the default), 68030 or 68040")
	f.StringVar(&g.at, "at", "", "begin at this `address`")
	f.StringArrayVar(&g.registers, "reg", nil, "set a register: `NAME=VALUE`; repeatable")
	f.StringArrayVar(&g.files, "mem", nil, "put a file into memory: `ADDR=FILE`; repeatable")
	f.StringArrayVar(&g.rooms, "room", nil, "have zeros in memory: `ADDR=BYTES`; repeatable")
	f.StringArrayVar(&g.dumps, "dump", nil, "write memory to a file in the end: `ADDR,BYTES=FILE`; repeatable")
	f.StringArrayVar(&g.breakpoints, "break", nil, "stop before the instruction at this `address`; repeatable")
	f.Int64Var(&g.steps, "step", 0, "stop after `N` instructions")
	f.Int64Var(&g.fuel, "fuel", 100e6, "give up after `N` instructions")
	f.StringVar(&g.trace, "trace", "", "write each instruction to this `file`")
	f.BoolVar(&g.asJSON, "json", false, "print the result as JSON")
	for _, name := range []string{"arch", "at", "mem"} {
		_ = cmd.MarkFlagRequired(name)
	}
	for name, values := range map[string][]string{"arch": {"ppc", "m68k"}, "model": modelNames()} {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
	for _, name := range []string{"at", "reg", "room", "break", "step", "fuel"} {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions)
	}
	return cmd
}

func modelNames() []string {
	var names []string
	for _, m := range guestModels {
		names = append(names, m.String())
	}
	return names
}

// guestMachine is a processor with its memory.
type guestMachine struct {
	space   *memory.Space
	control *cpu.Control
	engine  interface {
		cpu.Engine
		Close()
	}
	list      lister
	stack     string         // the stack pointer's name
	untouched []cpu.Register // as they were at first
}

// close gives everything back.
func (m *guestMachine) close() {
	if m.engine != nil {
		m.engine.Close()
	}
	_ = m.space.Close()
}

// machine makes the machine that was asked for, ready to run.
func (g *guestRun) machine() (*guestMachine, error) {
	space, err := memory.New(memory.MaxSize)
	if err != nil {
		return nil, err
	}
	m := &guestMachine{space: space, control: cpu.NewControl(nil, guestGates)}
	if err := g.prepare(m); err != nil {
		m.close()
		return nil, err
	}
	return m, nil
}

func (g *guestRun) prepare(m *guestMachine) error {
	switch g.arch {
	case "ppc":
		if g.model != "" {
			return usagef("--model chooses a 68K; --arch is ppc")
		}
		m.engine, m.list, m.stack = ippc.New(m.space, m.control), listPPC, "r1"
	case "m68k":
		model := m68k.M68020
		if g.model != "" {
			i := slices.Index(modelNames(), g.model)
			if i < 0 {
				return usagef("--model %s: it must be one of %s", g.model, strings.Join(modelNames(), ", "))
			}
			model = guestModels[i]
		}
		m.engine, m.list, m.stack = im68k.New(m.space, m.control, model), list68K(model), "A7"
	default:
		return usagef("--arch %s: it must be ppc or m68k", g.arch)
	}
	m.untouched = m.engine.Registers()
	at, err := address("--at", g.at)
	if err != nil {
		return err
	}
	if err := g.fill(m.space); err != nil {
		return err
	}
	stack, err := m.space.Allocate("stack", guestStack, memory.PageSize, memory.RW)
	if err != nil {
		return err
	}
	if err := m.engine.SetRegister(m.stack, uint64(stack+guestStack-64)); err != nil {
		return err
	}
	for _, r := range g.registers {
		if err := setRegister(m.engine, r); err != nil {
			return err
		}
	}
	for _, b := range g.breakpoints {
		addr, err := address("--break", b)
		if err != nil {
			return err
		}
		if m.control.Breakpoints == nil {
			m.control.Breakpoints = map[uint32]struct{}{}
		}
		m.control.Breakpoints[addr] = struct{}{}
	}
	m.engine.SetPC(at)
	return nil
}

// returnTo makes addr what the code returns to.
func (m *guestMachine) returnTo(addr uint32) error {
	if m.stack == "r1" {
		return m.engine.SetRegister("lr", uint64(addr))
	}
	sp := uint32(value(m.engine, m.stack)) - 4
	if err := m.space.Store32(sp, addr); err != nil {
		return fmt.Errorf("the return address does not fit the stack: %w", err)
	}
	return m.engine.SetRegister(m.stack, uint64(sp))
}

// value returns what a register holds.
func value(e cpu.Engine, name string) uint64 {
	for _, r := range e.Registers() {
		if r.Name == name {
			return r.Value
		}
	}
	return 0
}

// fill maps what --mem and --room ask for, by whole pages, and puts the files in.
func (g *guestRun) fill(space *memory.Space) error {
	type piece struct {
		first, last uint64 // the pages' first bytes
		at          uint32
		data        []byte
	}
	var pieces []piece
	add := func(option, what string, at uint32, size uint64, data []byte) error {
		if size == 0 || uint64(at)+size > uint64(guestGates.Base) {
			return fmt.Errorf("%s %s: %d bytes at %#x; from 1 byte on, memory ends at %#x", option, what, size, at, guestGates.Base)
		}
		page := uint64(memory.PageSize - 1)
		pieces = append(pieces, piece{uint64(at) &^ page, (uint64(at) + size - 1) &^ page, at, data})
		return nil
	}
	for _, f := range g.files {
		at, path, err := addressed("--mem", "ADDR=FILE", f)
		if err != nil {
			return err
		}
		data, err := readFile(path, maxFile)
		if err != nil {
			return err
		}
		if err := add("--mem", f, at, uint64(len(data)), data); err != nil {
			return err
		}
	}
	for _, r := range g.rooms {
		at, text, err := addressed("--room", "ADDR=BYTES", r)
		if err != nil {
			return err
		}
		size, err := address("--room", text)
		if err != nil {
			return err
		}
		if err := add("--room", r, at, uint64(size), nil); err != nil {
			return err
		}
	}
	slices.SortStableFunc(pieces, func(a, b piece) int { return int(int64(a.first) - int64(b.first)) })
	for i := 0; i < len(pieces); {
		first, last := pieces[i].first, pieces[i].last
		for ; i < len(pieces) && pieces[i].first <= last; i++ { // pieces may share a page
			last = max(last, pieces[i].last)
		}
		if err := space.Map(memory.Region{Name: "memory", Base: uint32(first), Size: uint32(last - first + memory.PageSize), Perm: memory.RWX}); err != nil {
			return err
		}
	}
	for _, p := range pieces {
		if err := space.Poke(p.at, p.data); err != nil {
			return err
		}
	}
	return nil
}

// dump writes what --dump asks for.
func (g *guestRun) dump(space *memory.Space) error {
	for _, d := range g.dumps {
		where, path, _ := strings.Cut(d, "=")
		from, count, ok := strings.Cut(where, ",")
		if !ok || path == "" {
			return usagef("--dump %s: it must be ADDR,BYTES=FILE", d)
		}
		at, err := address("--dump", from)
		if err != nil {
			return err
		}
		size, err := address("--dump", count)
		if err != nil {
			return err
		}
		data, err := space.View(at, size, memory.Read)
		if err != nil {
			return fmt.Errorf("--dump %s: %w", d, err)
		}
		if err := replace(path, func(w io.Writer) error { _, err := w.Write(data); return err }); err != nil {
			return err
		}
	}
	return nil
}

func (g *guestRun) run(cmd *cobra.Command) error {
	if g.fuel < 1 || g.steps < 0 {
		return usagef("--fuel is at least 1, --step not negative")
	}
	if g.asJSON && g.trace == "-" {
		return usagef("--json and --trace - are both for standard output; name a file for one")
	}
	m, err := g.machine()
	if err != nil {
		return err
	}
	defer m.close()
	until, err := m.control.Enter()
	if err != nil {
		return err
	}
	defer m.control.Leave()
	if err := m.returnTo(until); err != nil {
		return err
	}
	m.control.Fuel = g.fuel
	if g.steps > 0 {
		m.control.Fuel = min(g.fuel, g.steps)
	}
	begin := m.control.Fuel
	end := func() error { return nil }
	if g.trace != "" {
		if end, err = m.traceTo(g.trace, cmd.OutOrStdout()); err != nil {
			return err
		}
	}
	stop := m.control.Bind(cmd.Context())
	exit := m.engine.Run(until)
	stop()
	r := m.report(exit, begin-m.control.Fuel)
	if exit.Reason == cpu.OutOfFuel && g.steps > 0 && r.Instructions == g.steps {
		r.Reason, r.failure = "stepped", nil
	}
	if err := end(); err != nil {
		return err
	}
	if g.asJSON {
		if r.failure != nil {
			r.Error = r.failure.Error()
		}
		err = printJSON(cmd.OutOrStdout(), r)
	} else {
		r.print(cmd.OutOrStdout())
	}
	return errors.Join(err, g.dump(m.space), r.failure)
}

// address parses an address, or a number of bytes.
func address(option, s string) (uint32, error) {
	v, err := strconv.ParseUint(s, 0, 32)
	if err != nil {
		return 0, usagef("%s %s: it must be a number of 32 bits, decimal or after 0x", option, s)
	}
	return uint32(v), nil
}

// addressed splits ADDR=something.
func addressed(option, form, s string) (uint32, string, error) {
	text, rest, ok := strings.Cut(s, "=")
	if !ok || rest == "" {
		return 0, "", usagef("%s %s: it must be %s", option, s, form)
	}
	at, err := address(option, text)
	return at, rest, err
}

// setRegister sets a register to what NAME=VALUE says.
func setRegister(e cpu.Engine, assignment string) error {
	name, text, ok := strings.Cut(assignment, "=")
	if !ok {
		return usagef("--reg %s: it must be NAME=VALUE", assignment)
	}
	bits := 32
	for _, r := range e.Registers() {
		if strings.EqualFold(r.Name, name) {
			bits = r.Bits
		}
	}
	v, err := strconv.ParseUint(text, 0, bits)
	if err != nil {
		var signed int64
		signed, err = strconv.ParseInt(text, 0, bits)
		v = uint64(signed) << (64 - bits) >> (64 - bits)
	}
	if err != nil && bits == 64 {
		var float float64
		float, err = strconv.ParseFloat(text, 64)
		v = math.Float64bits(float)
	}
	if err != nil {
		return usagef("--reg %s: %s is no number of %d bits", assignment, text, bits)
	}
	if err := e.SetRegister(name, v); err != nil {
		return usageError{fmt.Errorf("--reg %s: %w", assignment, err)}
	}
	return nil
}
