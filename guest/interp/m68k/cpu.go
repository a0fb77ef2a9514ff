// Package m68k executes code of the 68000 family instruction by instruction:
// the plain reference that other engines are measured against.
//
// There are three ways to execute an instruction. The general one, a function for each
// operation, knows all operands and everything that may go wrong: alu.go, shift.go,
// move.go, flow.go, float.go. The common one knows the simplest cases, fast:
// common.go and commonfloat.go, and some of them together with what follows: join.go.
// Between them is a function for the simple case of each of some more: quick.go.
// All work on ops, of which there is one for each address that was executed; it is
// decoded again when somebody has written to what it was decoded from: code.go.
//
// Not here: timing, caches, memory management (its registers are kept, without
// effect), CALLM and RTM, and the internal words of stack frames, which are 0.
// After a fault the increments of address registers that the instruction had
// made before it stay. Tracing of changes of flow is of branches that are taken,
// not of writes to the SR. An instruction that traps is not traced as well.
//
// Source: M68000 Family Programmer's Reference Manual; the user's manuals of
// the MC68000, MC68020 and MC68040 for exceptions; the MC68881/MC68882 User's
// Manual for floating point.
package m68k

import (
	"fmt"
	"strings"

	"github.com/crossplug/crossplug/guest/cpu"
	"github.com/crossplug/crossplug/guest/interp/m68k/extended"
	isa "github.com/crossplug/crossplug/guest/isa/m68k"
	"github.com/crossplug/crossplug/guest/memory"
)

// CPU is a processor. Its registers may be read and set between runs and in
// Host.Handle.
type CPU struct {
	cpu.M68K

	// During a run the condition codes are here: N and V are the highest bit
	// of n and v, Z is set if z is 0, C and X are 0 or 1.
	n, z, v, c, x uint32

	attend  bool   // the loop is to look at what follows
	ending  bool   // with exit
	trapped bool   // an exception was taken
	odd     uint32 // bits of a word's address that must be 0
	at      uint32 // of the instruction being executed
	mask    uint32 // of addresses: the 68000 has 24 bits of them
	until   uint32 // where the run ends
	left    int64  // instructions that the loop may still execute
	unspent int64  // what it counted, and is to be corrected by

	zero    uint32 // for what adds nothing
	direct  memory.Direct
	mem     *memory.Space
	control *cpu.Control
	model   isa.Model
	code    code
	exit    cpu.Exit
	unwatch func()
	float   extended.Context // of the operation being executed
}

// New makes a processor of a model that runs what is in mem. It begins in
// supervisor mode, in which classic Mac OS ran everything. Close it.
func New(mem *memory.Space, control *cpu.Control, model isa.Model) *CPU {
	c := &CPU{model: model, mem: mem, control: control, mask: 0xffffffff}
	c.SR = cpu.FlagSuper
	if model < isa.M68020 {
		c.odd = 1
		c.mask = 0xffffff
	}
	c.resetFloat()
	c.unwatch = mem.Watch(c.written)
	return c
}

// Close lets the address space forget the processor.
func (c *CPU) Close() { c.unwatch() }

// PC returns the address of the next instruction.
func (c *CPU) PC() uint32 { return c.M68K.PC }

// SetPC sets the address of the next instruction.
func (c *CPU) SetPC(addr uint32) { c.M68K.PC = addr }

// Control returns what the processor shares with others.
func (c *CPU) Control() *cpu.Control { return c.control }

// Memory returns the address space.
func (c *CPU) Memory() *memory.Space { return c.mem }

// Run executes from the program counter on, see cpu.Engine.
func (c *CPU) Run(until uint32) cpu.Exit {
	defer c.endAt(c.until)
	c.endAt(until)
	c.unpack()
	c.ending = false
	for first := true; ; first = false {
		n, reason := c.control.Slice()
		if n == 0 {
			c.pack()
			return cpu.Exit{Reason: reason, PC: c.M68K.PC}
		}
		if c.code.count > mostOps {
			c.forgetAll()
		}
		observed := c.control.Observed()
		if observed && c.M68K.PC != until && !c.observe(first) {
			c.pack()
			return cpu.Exit{Reason: cpu.AtBreakpoint, PC: c.M68K.PC}
		}
		if tracing := c.M68K.SR & (cpu.FlagTrace1 | cpu.FlagTrace0); tracing != 0 {
			c.traced(tracing)
		} else {
			if observed {
				n = 1
			}
			c.control.Fuel -= n
			left := c.loop(n)
			c.control.Fuel += left
		}
		if c.ending {
			c.ending = false
			c.pack()
			return c.exit
		}
	}
}

// endAt makes an address the one where the run ends. What was decoded there by a
// run within this one, or around it, would not look.
func (c *CPU) endAt(until uint32) {
	c.until = until
	if !c.control.Gates.Has(until) {
		c.written(until, 2)
	}
}

// observe does what Control asks for before an instruction.
func (c *CPU) observe(first bool) bool {
	if _, ok := c.control.Breakpoints[c.M68K.PC]; ok && !first {
		return false
	}
	if c.control.Trace != nil {
		c.pack()
		c.control.Trace(c, c.M68K.PC)
		c.unpack()
	}
	return true
}

// traced executes one instruction with the trace bits that were set before it. An
// instruction that took an exception is not traced.
func (c *CPU) traced(bits uint16) {
	pc := c.M68K.PC
	c.trapped = false
	c.control.Fuel--
	left := c.loop(1)
	c.control.Fuel += left
	if c.ending || c.trapped || left > 0 {
		return
	}
	if bits&cpu.FlagTrace1 != 0 || c.M68K.PC != c.opAt(pc&^1).next {
		c.left = 0
		c.exceptionAt(vectorTrace, c.M68K.PC, pc)
	}
}

// loop executes at most n instructions and returns how many are left.
func (c *CPU) loop(n int64) int64 {
	for n > 0 {
		pc := c.M68K.PC
		switch {
		case pc&1 != 0 && pc == c.until:
			c.stop(cpu.Exit{Reason: cpu.Returned, PC: pc})
		case pc&1 != 0:
			n--
			c.left, c.at = n, pc
			c.addressError(pc, 2, memory.Execute)
			n += c.unspent
			c.unspent = 0
		default:
			o := c.opAt(pc)
			for n > 0 && o != nil {
				c.left = n
				o, n = c.common(o)
				n += o.count
				if o.code >= codeFloatR {
					var ok bool
					if o, n, ok = c.floats(o, n); ok && n > 1 {
						continue
					}
				}
				if n > 0 {
					n--
					c.left = n
					o = o.run(c, o)
				}
			}
			if o != nil {
				c.M68K.PC = o.addr
				return 0
			}
			n += c.unspent
			c.unspent = 0
		}
		if c.attend {
			// The host may want other limits or hooks from now on.
			c.attend = false
			return n
		}
	}
	return 0
}

// stop ends the run.
func (c *CPU) stop(e cpu.Exit) {
	c.exit, c.ending, c.attend = e, true, true
}

// sr returns the status register with the condition codes of the moment.
func (c *CPU) sr() uint16 {
	return c.M68K.SR&0xff00 | c.ccr()
}

func (c *CPU) ccr() uint16 {
	return uint16(c.x<<4 | c.codes())
}

func (c *CPU) setCCR(v uint16) {
	c.x = uint32(v) >> 4 & 1
	c.n = uint32(v) << 28
	c.z = ^uint32(v) & cpu.FlagZ
	c.v = uint32(v) << 30
	c.c = uint32(v) & 1
}

// pack takes what is kept elsewhere during a run into the register file, unpack
// takes it out again.
func (c *CPU) pack() { c.M68K.SR = c.sr() }

func (c *CPU) unpack() {
	c.setSR(c.M68K.SR)
	c.direct = c.mem.Direct()
}

// setSR sets the status register, without a change of stacks.
func (c *CPU) setSR(v uint16) {
	if c.model < isa.M68020 {
		v &= 0xa71f
	} else {
		v &= 0xf71f
	}
	c.M68K.SR = v
	c.setCCR(v)
	if v&(cpu.FlagTrace1|cpu.FlagTrace0) != 0 {
		c.attend = true
	}
}

// Registers returns the register file.
func (c *CPU) Registers() []cpu.Register {
	var r []cpu.Register
	for i, v := range c.D {
		r = append(r, cpu.Register{Name: fmt.Sprintf("D%d", i), Value: uint64(v), Bits: 32})
	}
	for i, v := range c.A {
		r = append(r, cpu.Register{Name: fmt.Sprintf("A%d", i), Value: uint64(v), Bits: 32})
	}
	for _, x := range c.special() {
		r = append(r, cpu.Register{Name: x.name, Value: x.get(), Bits: x.bits})
	}
	for i, v := range c.FP {
		r = append(r, cpu.Register{Name: fmt.Sprintf("FP%d", i), Value: toDoubleBits(v), Bits: 64})
	}
	return r
}

// special is a register that is no D, A or FP.
type special struct {
	name string
	bits int
	get  func() uint64
	set  func(v uint64)
}

func (c *CPU) special() []special {
	word := func(name string, p *uint32) special {
		return special{name, 32, func() uint64 { return uint64(*p) }, func(v uint64) { *p = uint32(v) }}
	}
	return []special{
		word("PC", &c.M68K.PC),
		{"SR", 16, func() uint64 { return uint64(c.M68K.SR) }, func(v uint64) { c.M68K.SR = uint16(v) }},
		word("USP", &c.USP), word("ISP", &c.ISP), word("MSP", &c.MSP), word("VBR", &c.VBR),
		word("FPCR", &c.FPCR), word("FPSR", &c.FPSR), word("FPIAR", &c.FPIAR),
	}
}

// SetRegister sets a register. Those of floating point are set as the bits of
// a double.
func (c *CPU) SetRegister(name string, value uint64) error {
	name = strings.ToUpper(name)
	if n := len(name) - 1; n > 0 && name[n] >= '0' && name[n] <= '7' {
		i := name[n] - '0'
		switch name[:n] {
		case "D":
			c.D[i] = uint32(value)
			return nil
		case "A":
			c.A[i] = uint32(value)
			return nil
		case "FP":
			c.FP[i] = fromDoubleBits(value)
			return nil
		}
	}
	if name == "SP" {
		c.A[7] = uint32(value)
		return nil
	}
	for _, x := range c.special() {
		if x.name == name {
			x.set(value)
			return nil
		}
	}
	return fmt.Errorf("m68k: no register %s", name)
}
