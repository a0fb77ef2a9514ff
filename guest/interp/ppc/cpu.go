// Package ppc executes code of the 32-bit PowerPC instruction by instruction: the
// plain reference that other engines are measured against. It has the user-level
// instructions of the 603, 604 and 750 and those of POWER that the 601 kept.
//
// Instructions are decoded once and kept by page of memory until somebody writes
// to what they were decoded from.
//
// The processor is in user mode. Alignment matters only to lwarx and stwcx., as
// the Mac OS handled other misaligned accesses. Floating-point exceptions that
// FPSCR enables do not trap (MSR's FE0 and FE1 are 0, as in the Mac OS), but do
// have their effect on results. FPSCR's NI changes nothing. Results that the
// manual leaves undefined are those of a 750 where that is known.
//
// Not here: AltiVec, and all that is for an operating system; Host.Handle gets
// them as exceptions before the run ends with a fault that names them.
//
// Source: PowerPC Microprocessor Family: The Programming Environments
// (MPCFPE32B); PowerPC 601 User's Manual (MPC601UM), for POWER.
package ppc

import (
	"errors"
	"fmt"
	"strings"

	"github.com/crossplug/crossplug/guest/cpu"
	isa "github.com/crossplug/crossplug/guest/isa/ppc"
	"github.com/crossplug/crossplug/guest/memory"
)

// Vectors of exceptions, as in Event.Code.
const (
	VectorAlignment = 0x600
	VectorProgram   = 0x700
	VectorAltiVec   = 0xf20
)

// TimebaseHz is how often the time base counts in a second of its own: it counts
// the instructions executed, so that runs can be repeated.
const TimebaseHz = 25_000_000

// CPU is a processor. Its registers may be read and set between runs and in
// Host.Handle.
type CPU struct {
	cpu.PPC
	mem     *memory.Space
	control *cpu.Control
	time    uint64 // the time base, before the slice being executed
	slice   int64  // its length
	left    int64  // what is left of it, in places that need the time
	pages   []*page
	unwatch func()

	// Of the loop: where it is.
	page   *page
	base   uint32 // the page's address
	direct memory.Direct

	_ registerSpace

	reserved   bool // by lwarx
	reservedAt uint32
}

const pageOps = memory.PageSize / 4

// page is the code of a page of memory.
type page struct {
	ops  [pageOps + 1]uop // and one that goes to the next page
	live int              // how many are decoded
}

// New makes a processor that runs what is in mem. Close it.
func New(mem *memory.Space, control *cpu.Control) *CPU {
	c := &CPU{mem: mem, control: control, pages: make([]*page, mem.Size()>>memory.PageBits)}
	c.unwatch = mem.Watch(c.written)
	return c
}

// Close lets the address space forget the processor.
func (c *CPU) Close() { c.unwatch() }

// PC returns the address of the next instruction.
func (c *CPU) PC() uint32 { return c.PPC.PC }

// SetPC sets the address of the next instruction.
func (c *CPU) SetPC(addr uint32) { c.PPC.PC = addr &^ 3 }

// Control returns what the processor shares with others.
func (c *CPU) Control() *cpu.Control { return c.control }

// Memory returns the address space.
func (c *CPU) Memory() *memory.Space { return c.mem }

// Run executes from the program counter on, see cpu.Engine.
func (c *CPU) Run(until uint32) cpu.Exit {
	stepwise := !c.control.Gates.Has(until) // it may be in the midst of code
	for first := true; ; first = false {
		pc := c.PPC.PC
		if pc == until {
			return cpu.Exit{Reason: cpu.Returned, PC: pc}
		}
		n, reason := c.control.Slice()
		if n == 0 {
			return cpu.Exit{Reason: reason, PC: pc}
		}
		if c.control.Observed() {
			if _, stop := c.control.Breakpoints[pc]; stop && !first {
				return cpu.Exit{Reason: cpu.AtBreakpoint, PC: pc}
			}
			if c.control.Trace != nil {
				c.control.Trace(c, pc)
			}
			n = 1
		} else if stepwise {
			n = 1
		}
		event := c.execute(n)
		if event.kind == goOn || event.kind == away && c.PPC.PC == until {
			continue
		}
		c.control.Fuel-- // or a host that does not move on would never end
		if err := c.deal(event); err != nil {
			return cpu.Exit{Reason: cpu.Faulted, PC: c.PPC.PC, Err: err}
		}
	}
}

// execute runs n instructions, or fewer if there is an event, and accounts for
// them.
func (c *CPU) execute(n int64) event {
	c.slice = n
	left, e := c.loop(n)
	c.control.Fuel -= n - left
	c.time += uint64(n - left)
	c.slice = 0
	return e
}

// event is why the loop was left, at the instruction concerned.
type event struct {
	kind eventKind
	err  error // of access
}

type eventKind uint8

const (
	goOn       eventKind = iota
	away                 // the program counter is at no code
	badAccess            // a memory access failed
	systemCall           // sc
	trap                 // tw, twi
	misaligned           // lwarx, stwcx.
	privileged           // for the operating system
	vector               // AltiVec
	illegal              // no instruction
)

// deal asks the host, and then knows what is wrong.
func (c *CPU) deal(e event) error {
	pc := c.PPC.PC
	ev := cpu.Event{PC: pc, Kind: cpu.Exception, Code: VectorProgram}
	switch e.kind {
	case away:
		if !c.control.Gates.Has(pc) {
			_, err := c.mem.Fetch(pc, 4)
			return c.fault(err)
		}
		ev.Kind, ev.Code = cpu.Gate, pc
	case badAccess:
		return c.fault(e.err)
	case systemCall:
		ev.Kind, ev.Code = cpu.SystemCall, 0
	case trap:
		ev.Kind, ev.Code = cpu.Trap, c.inst(pc).Word
	case misaligned:
		ev.Code = VectorAlignment
	case vector:
		ev.Code = VectorAltiVec
	}
	if c.control.Host != nil {
		handled, err := c.control.Host.Handle(c, ev)
		if handled || err != nil {
			return err
		}
	}
	return c.fault(c.unhandled(e))
}

// unhandled says what is wrong with an event that the host did not handle.
func (c *CPU) unhandled(e event) error {
	switch e.kind {
	case away:
		return fmt.Errorf("nothing answers at gate %#08x", c.PPC.PC)
	case systemCall:
		return fmt.Errorf("system call %d is not handled", int32(c.R[0]))
	case trap:
		return errors.New("the trap's condition is true")
	case privileged:
		return errors.New("the instruction is for an operating system")
	case vector:
		return errors.New("AltiVec instructions are not implemented")
	case illegal:
		return errors.New("no instruction of a 601, 603, 604 or 750")
	}
	return e.err
}

// inst reads the instruction at an address; it has no Op if there is none.
func (c *CPU) inst(pc uint32) isa.Inst {
	word, err := c.mem.Fetch(pc, 4)
	if err != nil || len(word) < 4 {
		return isa.Inst{}
	}
	i, _ := isa.Decode(be32(word))
	return i
}

// locate says where an access was refused.
func (c *CPU) locate(err error) {
	if f, ok := err.(*memory.Fault); ok {
		f.PC, f.AtPC = c.PPC.PC, true
	}
}

func (c *CPU) fault(err error) error {
	c.locate(err)
	pc := c.PPC.PC
	f := &cpu.Fault{PC: pc, Err: err, Registers: c.Registers()}
	if code, fetch := c.mem.Fetch(pc, 4); fetch == nil && len(code) == 4 {
		f.Instruction = c.inst(pc).Text(pc, isa.Motorola, isa.Names{})
	}
	return f
}

// written forgets what was decoded from memory that is about to change.
func (c *CPU) written(addr, size uint32) (keeps bool) {
	end := min(uint64(addr)+uint64(size), uint64(len(c.pages))<<memory.PageBits)
	for at := uint64(addr); at < end; {
		number := at >> memory.PageBits
		next := min(end, (number+1)<<memory.PageBits)
		if p := c.pages[number]; p != nil {
			p.forget(uint32(at)&(memory.PageSize-1), uint32(next-at))
			keeps = keeps || p.live > 0
		}
		at = next
	}
	return keeps
}

// forget drops what was decoded from some bytes of the page.
func (p *page) forget(at, size uint32) {
	for i := at / 4; i < (at+size+3)/4; i++ {
		if p.ops[i].code != codeDecode {
			p.ops[i] = uop{}
			p.live--
		}
	}
	if at >= 4 {
		p.pair(at/4 - 1)
	}
}

// enter returns the page that an address is in, nil if there is no code.
func (c *CPU) enter(pc uint32) *page {
	number := pc >> memory.PageBits
	if int(number) >= len(c.pages) {
		return nil
	}
	if p := c.pages[number]; p != nil {
		return p
	}
	if c.control.Gates.Has(pc) { // often; a fault would have to be made
		return nil
	}
	if _, err := c.mem.Fetch(pc, 4); err != nil {
		return nil
	}
	p := &page{}
	p.ops[pageOps].code = codePageEnd
	c.pages[number] = p
	return p
}

// decode makes an instruction of a page ready; false if it cannot be fetched.
func (c *CPU) decode(p *page, pc uint32) bool {
	code, err := c.mem.Fetch(pc, 4)
	if err != nil || len(code) < 4 {
		return false
	}
	i := pc & (memory.PageSize - 1) / 4
	p.ops[i] = ready(be32(code), pc)
	p.live++
	p.pair(i)
	if i > 0 {
		p.pair(i - 1)
	}
	return true
}

// now returns the time base.
func (c *CPU) now() uint64 { return c.time + uint64(c.slice-c.left) }

// Registers returns the register file.
func (c *CPU) Registers() []cpu.Register {
	list := make([]cpu.Register, 0, 72)
	for i, v := range c.R {
		list = append(list, cpu.Register{Name: fmt.Sprintf("r%d", i), Value: uint64(v), Bits: 32})
	}
	for _, r := range c.specials() {
		list = append(list, cpu.Register{Name: r.name, Value: uint64(*r.value), Bits: 32})
	}
	for i, v := range c.F {
		list = append(list, cpu.Register{Name: fmt.Sprintf("f%d", i), Value: v, Bits: 64})
	}
	return list
}

type named struct {
	name  string
	value *uint32
}

func (c *CPU) specials() []named {
	return []named{
		{"pc", &c.PPC.PC}, {"cr", &c.CR}, {"xer", &c.XER}, {"lr", &c.LR}, {"ctr", &c.CTR}, {"mq", &c.MQ}, {"fpscr", &c.FPSCR}, {"vrsave", &c.VRSAVE},
	}
}

// SetRegister sets a register by its name.
func (c *CPU) SetRegister(name string, value uint64) error {
	lower := strings.ToLower(name)
	for i, r := range c.Registers() {
		switch {
		case r.Name != lower:
			continue
		case r.Bits == 32 && value>>32 != 0:
			return fmt.Errorf("register %s: %#x does not fit %d bits", r.Name, value, r.Bits)
		case lower == "pc":
			c.SetPC(uint32(value))
		case r.Bits == 64:
			c.F[i-len(c.R)-len(c.specials())] = value
		case i < len(c.R):
			c.R[i] = uint32(value)
		default:
			*c.specials()[i-len(c.R)].value = uint32(value)
		}
		return nil
	}
	return fmt.Errorf("a PowerPC has no register %s; there are r0 to r31, f0 to f31, pc, cr, xer, lr, ctr, mq, fpscr and vrsave", name)
}
