package m68k

import (
	"errors"
	"fmt"

	"github.com/crossplug/crossplug/guest/cpu"
	isa "github.com/crossplug/crossplug/guest/isa/m68k"
	"github.com/crossplug/crossplug/guest/memory"
)

// An exception switches to the supervisor's stack, leaves there what is needed
// to go on, and continues at the address in the vector table. Where the guest
// has set no vector, which is the rule for a plug-in, the host is asked, and
// then the run ends with a fault. Calls of the system (line A, line F) go to the
// host first: that is how classic Mac OS is called.

// The vectors.
const (
	vectorAccess       = 2
	vectorAddress      = 3
	vectorIllegal      = 4
	vectorZeroDivide   = 5
	vectorCHK          = 6
	vectorTRAP         = 7 // TRAPV, TRAPcc
	vectorPrivilege    = 8
	vectorTrace        = 9
	vectorLineA        = 10
	vectorLineF        = 11
	vectorFormat       = 14
	vectorTrap0        = 32
	vectorFloat        = 48 // branch or set on unordered, and the six that follow
	vectorFloatInexact = 49
)

var vectorNames = map[uint32]string{
	vectorAccess: "access error", vectorAddress: "address error", vectorIllegal: "illegal instruction", vectorZeroDivide: "division by zero",
	vectorCHK: "CHK out of bounds", vectorTRAP: "TRAPV or TRAPcc", vectorPrivilege: "privilege violation", vectorTrace: "trace",
	vectorLineA: "line A", vectorLineF: "line F", vectorFormat: "bad stack frame",
	vectorFloat: "floating point: unordered", 49: "floating point: inexact", 50: "floating point: division by zero", 51: "floating point: underflow",
	52: "floating point: operand error", 53: "floating point: overflow", 54: "floating point: signalling NaN",
}

// Exception is an exception that nobody took.
type Exception struct {
	Vector uint32
}

func (e *Exception) Error() string {
	name := vectorNames[e.Vector]
	if e.Vector >= vectorTrap0 && e.Vector < vectorTrap0+16 {
		name = fmt.Sprintf("TRAP #%d", e.Vector-vectorTrap0)
	}
	if name == "" {
		name = "exception"
	}
	return fmt.Sprintf("%s (vector %d) has no handler", name, e.Vector)
}

// event asks the host. What it does not handle is otherwise done, or is a fault.
func (c *CPU) event(ev cpu.Event, otherwise func()) {
	next := c.M68K.PC
	c.M68K.PC = ev.PC
	handled, err := false, error(nil)
	if c.control.Host != nil {
		c.pack()
		left := c.left
		c.control.Fuel += left // other runs may be within this one
		handled, err = c.control.Host.Handle(c, ev)
		c.at, c.ending, c.unspent = ev.PC, false, -left
		c.unpack()
		c.attend = true
	}
	switch {
	case err != nil:
		c.stop(cpu.Exit{Reason: cpu.Faulted, PC: ev.PC, Err: err})
	case handled:
	case otherwise != nil:
		c.M68K.PC = next
		otherwise()
	default:
		c.fail(fmt.Errorf("%v %#x: nobody answers", ev.Kind, ev.Code))
	}
}

// fail ends the run at the instruction being executed.
func (c *CPU) fail(err error) {
	c.M68K.PC = c.at
	c.pack()
	f := &cpu.Fault{PC: c.at, Err: err, Registers: c.Registers()}
	if code, err := c.mem.Fetch(c.at&c.mask, isa.MaxLen); err == nil {
		if inst, err := isa.Decode(code, c.at, c.model); err == nil {
			f.Instruction = inst.Text(isa.Motorola, isa.Names{})
		}
	}
	c.stop(cpu.Exit{Reason: cpu.Faulted, PC: c.at, Err: f})
}

// handler returns where the guest handles an exception, if it does.
func (c *CPU) handler(vector uint32) (uint32, bool) {
	v, err := c.mem.Load32((c.VBR + 4*vector) & c.mask)
	return v, err == nil && v != 0
}

// exception is taken at the instruction being executed; the frame says to go
// on at pc.
func (c *CPU) exception(vector, pc uint32) { c.exceptionAt(vector, pc, c.at) }

// exceptionAt is exception for an instruction at an address.
func (c *CPU) exceptionAt(vector, pc, at uint32) {
	handler, ok := c.handler(vector)
	if !ok {
		c.at = at
		if vector == vectorTrace {
			at = pc // the instruction is done
		}
		c.event(cpu.Event{Kind: cpu.Exception, PC: at, Code: vector}, func() { c.fail(&Exception{vector}) })
		return
	}
	old := c.beginException()
	switch {
	case c.model == isa.M68000:
		ok = c.pushFrame(old, pc)
	case c.model >= isa.M68020 && (vector == vectorZeroDivide || vector == vectorCHK || vector == vectorTRAP || vector == vectorTrace):
		ok = push(c, at) && push(c, uint16(2<<12|vector*4)) && c.pushFrame(old, pc)
	default:
		ok = push(c, uint16(vector*4)) && c.pushFrame(old, pc)
	}
	if ok {
		c.M68K.PC = handler
	}
}

// beginException goes to the supervisor's stack and returns the SR from before.
func (c *CPU) beginException() uint16 {
	old := c.sr()
	c.trapped = true
	c.setStatus(old&^(cpu.FlagTrace0|cpu.FlagTrace1) | cpu.FlagSuper)
	return old
}

func (c *CPU) pushFrame(sr uint16, pc uint32) bool { return push(c, pc) && push(c, sr) }

// memoryFault is an access that the address space refused.
func (c *CPU) memoryFault(err error) {
	var f *memory.Fault
	if !errors.As(err, &f) {
		c.fail(err)
		return
	}
	f.PC, f.AtPC = c.at, true
	c.accessError(vectorAccess, f)
}

// addressError is a word or an instruction at an odd address.
func (c *CPU) addressError(addr, size uint32, access memory.Perm) {
	c.accessError(vectorAddress, &memory.Fault{Kind: memory.Misaligned, Access: access, Addr: addr, Size: size, PC: c.at, AtPC: true})
}

// accessError takes an exception with the frame that describes an access. An
// access error while that is done is the end: the processor would halt.
func (c *CPU) accessError(vector uint32, f *memory.Fault) {
	if c.ending {
		return
	}
	handler, ok := c.handler(vector)
	if !ok {
		c.event(cpu.Event{Kind: cpu.Exception, PC: c.at, Code: vector}, func() { c.fail(f) })
		return
	}
	word, err := c.mem.Load16(c.at & c.mask)
	if err != nil {
		word = 0
	}
	old := c.beginException()
	space := uint16(1) // user data
	if f.Access == memory.Execute {
		space = 2
	}
	if old&cpu.FlagSuper != 0 {
		space |= 4
	}
	isRead := uint16(1)
	if f.Access == memory.Write {
		isRead = 0
	}
	// The frame is written by hand, so that a bad stack is not another error.
	var frame []uint16
	low, high := uint16(f.Addr), uint16(f.Addr>>16)
	pcLow, pcHigh := uint16(c.at), uint16(c.at>>16)
	format := uint16(vector * 4)
	switch c.model {
	case isa.M68000:
		frame = []uint16{word&^0x1f | isRead<<4 | space, high, low, word, old, pcHigh, pcLow}
	case isa.M68010:
		frame = make([]uint16, 29)
		copy(frame, []uint16{old, pcHigh, pcLow, 8<<12 | format, isRead<<8 | space, high, low})
	case isa.M68040:
		if vector == vectorAddress {
			frame = []uint16{old, pcHigh, pcLow, 2<<12 | format, high, low &^ 1}
			break
		}
		frame = make([]uint16, 30)
		copy(frame, []uint16{old, pcHigh, pcLow, 7<<12 | format, high, low, isRead<<8 | space})
		frame[10], frame[11] = high, low
	default:
		frame = make([]uint16, 16)
		copy(frame, []uint16{old, pcHigh, pcLow, 10<<12 | format, 0, isRead<<6 | space, 0, 0, high, low})
	}
	sp := c.A[7] - uint32(2*len(frame))
	for i, w := range frame {
		if err := c.mem.Store16((sp+uint32(2*i))&c.mask, w); err != nil {
			c.fail(fmt.Errorf("%w; and the stack for the exception is not usable: %w", f, err))
			return
		}
	}
	c.A[7] = sp
	c.M68K.PC = handler
}

// setStatus sets the status register and the stack pointer that goes with it.
func (c *CPU) setStatus(v uint16) {
	*c.stackPointer() = c.A[7]
	c.setSR(v)
	c.A[7] = *c.stackPointer()
}

// stackPointer returns where the stack pointer in use is kept while another is.
func (c *CPU) stackPointer() *uint32 {
	switch c.M68K.SR & (cpu.FlagSuper | cpu.FlagMaster) {
	case cpu.FlagSuper:
		return &c.ISP
	case cpu.FlagSuper | cpu.FlagMaster:
		return &c.MSP
	}
	return &c.USP
}

// privileged says whether a privileged instruction may go on; if not, the
// exception was taken.
func (c *CPU) privileged() bool {
	if c.M68K.SR&cpu.FlagSuper != 0 {
		return true
	}
	c.exception(vectorPrivilege, c.at)
	return false
}

const frameThrowaway = 1

// frameSizes are the bytes of stack frames by format, beyond the first eight.
var frameSizes = map[uint16]uint32{0: 0, frameThrowaway: 0, 2: 4, 3: 4, 7: 52, 8: 50, 9: 12, 10: 24, 11: 84}

func runRTE(c *CPU, o *op) {
	if !c.privileged() {
		return
	}
	// A throwaway frame is followed by another one, on the master's stack.
	for range 2 {
		sr, ok1 := load[uint16](c, c.A[7])
		pc, ok2 := load[uint32](c, c.A[7]+2)
		if !ok1 || !ok2 {
			return
		}
		if c.model == isa.M68000 {
			c.A[7] += 6
			c.setStatus(sr)
			c.M68K.PC = pc
			return
		}
		w, ok := load[uint16](c, c.A[7]+6)
		if !ok {
			return
		}
		format := w >> 12
		more, known := frameSizes[format]
		if !known {
			break
		}
		c.A[7] += 8 + more
		c.setStatus(sr)
		if format != frameThrowaway {
			c.M68K.PC = pc
			return
		}
	}
	c.exception(vectorFormat, c.at)
}
