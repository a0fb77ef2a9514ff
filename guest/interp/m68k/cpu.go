// Package m68k executes code of the 68000 family instruction by instruction:
// the plain reference that other engines are measured against.
//
// Instructions are decoded once, into a function and its operands, and kept by
// page of memory until somebody writes to what they were decoded from.
//
// Not here: timing, caches, memory management (its registers are kept, without
// effect), CALLM and RTM, and the internal words of stack frames, which are 0.
// After a fault the increments of address registers that the instruction had
// made before it stay.
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
	model   isa.Model
	mem     *memory.Space
	control *cpu.Control

	// During a run the condition codes are here: N and V are the highest bit
	// of n and v, Z is set if z is 0, C and X are 0 or 1.
	n, z, v, c, x uint32

	at       uint32 // of the instruction being executed
	mask     uint32 // of addresses: the 68000 has 24 bits of them
	aligned  bool   // words must be
	attend   bool   // the loop is to look at what follows
	tracing  bool   // the trace exception is on
	stale    bool   // nothing was executed
	exit     cpu.Exit
	ending   bool // with exit
	page     *page
	pageBase uint32
	pages    map[uint32]*page
	unwatch  func()
	float    extended.Context // of the operation being executed
}

// op is an instruction made ready.
type op struct {
	run  func(c *CPU, o *op)
	addr uint32
	next uint32 // address of what follows in memory
	// What was executed after this, if it followed, and if it did not; its
	// address is to be compared. This saves looking it up.
	follow, taken *op
	isa.Inst
}

// page is the code of a page of memory, as far as it is decoded.
type page struct {
	at   [memory.PageSize / 2]*op
	free []op // to be used next
}

// New makes a processor of a model that runs what is in mem. It begins in
// supervisor mode, in which classic Mac OS ran everything. Close it.
func New(mem *memory.Space, control *cpu.Control, model isa.Model) *CPU {
	c := &CPU{model: model, mem: mem, control: control, mask: 0xffffffff, pages: map[uint32]*page{}}
	c.SR = cpu.FlagSuper
	if model < isa.M68020 {
		c.aligned = true
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
	c.unpack()
	c.ending = false
	first := true
	for {
		n, reason := c.control.Slice()
		if n == 0 {
			return c.end(cpu.Exit{Reason: reason, PC: c.M68K.PC})
		}
		observed := c.control.Observed()
		if observed {
			n = 1
			if c.M68K.PC != until && !c.observe(first) {
				return c.end(cpu.Exit{Reason: cpu.AtBreakpoint, PC: c.M68K.PC})
			}
		}
		first = false
		c.control.Fuel -= n
		left := c.loop(n, until)
		c.control.Fuel += left
		if c.ending {
			c.ending = false
			return c.end(c.exit)
		}
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

func (c *CPU) end(e cpu.Exit) cpu.Exit {
	c.pack()
	return e
}

// loop executes at most n instructions and returns how many are left.
func (c *CPU) loop(n int64, until uint32) int64 {
	var last *op // whose successor is being looked up
	for n > 0 {
		pc := c.M68K.PC
		if pc == until {
			c.stop(cpu.Exit{Reason: cpu.Returned, PC: pc})
			return n
		}
		o := c.lookup(pc)
		if o == nil {
			n--
			last = nil
			if c.attend && c.attention() {
				return n
			}
			continue
		}
		if last != nil {
			if last.next == pc {
				last.follow = o
			} else {
				last.taken = o
			}
		}
		for {
			c.at = o.addr
			c.M68K.PC = o.next
			o.run(c, o)
			n--
			if c.attend {
				if c.stale {
					c.stale = false
					n++
				}
				if c.attention() {
					return n
				}
				last = nil
				break
			}
			pc, last = c.M68K.PC, o
			if pc == o.next {
				o = o.follow
			} else if o = o.taken; o != nil && o.addr != pc {
				o = nil
			}
			if o == nil || n <= 0 || pc == until {
				break
			}
		}
	}
	return 0
}

// attention looks why it was asked for, and says whether the loop is to end.
func (c *CPU) attention() bool {
	c.attend = c.tracing
	if c.ending {
		return true
	}
	if c.tracing {
		c.M68K.SR, c.tracing, c.attend = c.sr(), false, false
		c.exceptionAt(vectorTrace, c.M68K.PC, c.at)
		return c.ending
	}
	// The host may want other limits or hooks from now on.
	return true
}

// stop ends the run.
func (c *CPU) stop(e cpu.Exit) {
	c.exit, c.ending, c.attend = e, true, true
}

// lookup returns what is to be executed at an address. If there is nothing,
// something has been done about that.
func (c *CPU) lookup(pc uint32) *op {
	if pc&1 != 0 {
		c.at = pc
		c.addressError(pc, 2, memory.Execute)
		return nil
	}
	base := pc &^ (memory.PageSize - 1)
	if base != c.pageBase || c.page == nil {
		if c.control.Gates.Has(pc) {
			c.at = pc
			c.event(cpu.Event{Kind: cpu.Gate, PC: pc, Code: pc}, nil)
			return nil
		}
		if c.page = c.pages[base]; c.page == nil {
			c.page = &page{}
			c.pages[base] = c.page
		}
		c.pageBase = base
	}
	if o := c.page.at[pc%memory.PageSize/2]; o != nil {
		return o
	}
	return c.decode(c.page, pc)
}

// decode makes the instruction at pc ready. If there is none, an exception was
// taken.
func (c *CPU) decode(p *page, pc uint32) *op {
	c.at = pc
	code, err := c.mem.Fetch(pc&c.mask, isa.MaxLen)
	if err != nil {
		c.memoryFault(err)
		return nil
	}
	inst, err := isa.Decode(code, pc, c.model)
	if err == isa.ErrShort {
		c.memoryFault(&memory.Fault{Kind: memory.Unmapped, Access: memory.Execute, Addr: pc + uint32(len(code)), Size: 2})
		return nil
	}
	if len(p.free) == 0 {
		p.free = make([]op, 32)
	}
	o := &p.free[0]
	p.free = p.free[1:]
	*o = op{Inst: inst, addr: pc, next: pc + uint32(inst.Len)}
	o.run = bind(c.model, &o.Inst)
	p.at[pc%memory.PageSize/2] = o
	return o
}

// runStale is what has become of an instruction that was changed since others
// were linked to it: it is looked up again.
func runStale(c *CPU, o *op) {
	c.M68K.PC = o.addr
	c.stale, c.attend = true, true
}

// written forgets what was decoded from bytes that change.
func (c *CPU) written(addr, size uint32) bool {
	if len(c.pages) == 0 {
		return false
	}
	first := uint64(max(addr, isa.MaxLen) - isa.MaxLen)
	last := uint64(addr) + uint64(size)
	for base := first &^ (memory.PageSize - 1); base < last; base += memory.PageSize {
		for high := uint64(0); high <= uint64(^c.mask); high += uint64(c.mask) + 1 {
			p := c.pages[uint32(base|high)]
			if p == nil {
				continue
			}
			from := max(first, base) - base
			to := min(last-base, memory.PageSize)
			for i := from / 2; i < (to+1)/2; i++ {
				if p.at[i] != nil {
					p.at[i].run = runStale
					p.at[i] = nil
				}
			}
		}
	}
	return true
}

// flush forgets all that was decoded.
func (c *CPU) flush() {
	for base := range c.pages {
		c.written(base, memory.PageSize)
	}
}

// sr returns the status register with the condition codes of the moment.
func (c *CPU) sr() uint16 {
	return c.M68K.SR&0xff00 | c.ccr()
}

func (c *CPU) ccr() uint16 {
	r := uint16(c.x<<4 | c.n>>31<<3 | c.v>>31<<1 | c.c)
	if c.z == 0 {
		r |= cpu.FlagZ
	}
	return r
}

func (c *CPU) setCCR(v uint16) {
	c.x = uint32(v) >> 4 & 1
	c.n = uint32(v) << 28
	c.z = ^uint32(v) & cpu.FlagZ
	c.v = uint32(v) << 30
	c.c = uint32(v) & 1
}

// pack and unpack take the condition codes into the register file and out.
func (c *CPU) pack()   { c.M68K.SR = c.sr() }
func (c *CPU) unpack() { c.setSR(c.M68K.SR) }

// setSR sets the status register, without a change of stacks.
func (c *CPU) setSR(v uint16) {
	if c.model < isa.M68020 {
		v &= 0xa71f
	} else {
		v &= 0xf71f
	}
	c.M68K.SR = v
	c.setCCR(v)
	c.tracing = v&cpu.FlagTrace1 != 0
	c.attend = c.attend || c.tracing
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
