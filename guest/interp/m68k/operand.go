package m68k

import (
	isa "github.com/crossplug/crossplug/guest/isa/m68k"
	"github.com/crossplug/crossplug/guest/memory"
)

// number is an operand of one of the sizes.
type number interface{ uint8 | uint16 | uint32 }

// bytesOf returns a size; the compiler knows it.
func bytesOf[T number]() uint32 {
	switch uint32(^T(0)) {
	case 0xff:
		return 1
	case 0xffff:
		return 2
	}
	return 4
}

// sign moves the highest bit to the highest of 32.
func sign[T number](v T) uint32 { return uint32(v) << (32 - 8*bytesOf[T]()) }

// extend returns a number with its sign extended.
func extend[T number](v T) uint32 {
	shift := 32 - 8*bytesOf[T]()
	return uint32(int32(uint32(v)<<shift) >> shift)
}

// quickLoad reads memory where that is simple.
func quickLoad[T number](c *CPU, addr uint32) (T, bool) {
	addr &= c.mask
	if bytesOf[T]() > 1 && addr&c.odd != 0 || !c.direct.CanReadUnaligned(addr, bytesOf[T]()) {
		return 0, false
	}
	switch bytesOf[T]() {
	case 1:
		return T(c.direct.Load8(addr)), true
	case 2:
		return T(c.direct.Load16(addr)), true
	}
	return T(c.direct.Load32(addr)), true
}

// quickStore writes memory where that is simple, and otherwise nothing.
func quickStore[T number](c *CPU, addr uint32, v T) bool {
	addr &= c.mask
	if bytesOf[T]() > 1 && addr&c.odd != 0 || !c.direct.CanWriteUnaligned(addr, bytesOf[T]()) {
		return false
	}
	switch bytesOf[T]() {
	case 1:
		c.direct.Store8(addr, uint8(v))
	case 2:
		c.direct.Store16(addr, uint16(v))
	default:
		c.direct.Store32(addr, uint32(v))
	}
	return true
}

// load reads memory. If that fails, what must be done about it is done.
func load[T number](c *CPU, addr uint32) (T, bool) {
	if v, ok := quickLoad[T](c, addr); ok {
		return v, true
	}
	v, ok := c.load(addr&c.mask, bytesOf[T]())
	return T(v), ok
}

func (c *CPU) load(addr, size uint32) (v uint32, ok bool) {
	if size > 1 && addr&c.odd != 0 {
		c.addressError(addr, size, memory.Read)
		return 0, false
	}
	var err error
	switch size {
	case 1:
		var b uint8
		b, err = c.mem.Load8(addr)
		v = uint32(b)
	case 2:
		var w uint16
		w, err = c.mem.Load16(addr)
		v = uint32(w)
	default:
		v, err = c.mem.Load32(addr)
	}
	if err != nil {
		c.memoryFault(err)
		return 0, false
	}
	return v, true
}

// store writes memory. If that fails, what must be done about it is done.
func store[T number](c *CPU, addr uint32, v T) bool {
	return quickStore(c, addr, v) || c.store(addr&c.mask, bytesOf[T](), uint32(v))
}

func (c *CPU) store(addr, size, v uint32) bool {
	if size > 1 && addr&c.odd != 0 {
		c.addressError(addr, size, memory.Write)
		return false
	}
	var err error
	switch size {
	case 1:
		err = c.mem.Store8(addr, uint8(v))
	case 2:
		err = c.mem.Store16(addr, uint16(v))
	default:
		err = c.mem.Store32(addr, v)
	}
	if err != nil {
		c.memoryFault(err)
		return false
	}
	return true
}

// step is how far (An)+ and -(An) move: the stack stays even.
func step(reg uint8, size uint32) uint32 {
	if size == 1 && reg == 7 {
		return 2
	}
	return size
}

// address returns the effective address of an operand in memory, and moves the
// register where the mode does that. It fails only with memory indirection.
func (c *CPU) address(o *isa.Operand, size uint32) (uint32, bool) {
	switch o.Kind {
	case isa.Indirect:
		return c.A[o.Reg&7], true
	case isa.PostIncrement:
		a := c.A[o.Reg&7]
		c.A[o.Reg&7] = a + step(o.Reg, size)
		return a, true
	case isa.PreDecrement:
		a := c.A[o.Reg&7] - step(o.Reg, size)
		c.A[o.Reg&7] = a
		return a, true
	case isa.Displaced:
		return c.A[o.Reg&7] + uint32(o.Disp), true
	case isa.AbsoluteWord, isa.AbsoluteLong, isa.PCDisplaced:
		return uint32(o.Disp), true
	}
	return c.indexed(o)
}

// indexed returns an effective address that has an index.
func (c *CPU) indexed(o *isa.Operand) (uint32, bool) {
	a := uint32(o.Disp)
	if o.Kind == isa.Indexed && o.Flags&isa.NoBase == 0 {
		a += c.A[o.Reg&7]
	}
	var index uint32
	if o.Flags&isa.NoIndex == 0 {
		if o.Index < 8 {
			index = c.D[o.Index&7]
		} else {
			index = c.A[o.Index&7]
		}
		if o.Flags&isa.LongIndex == 0 {
			index = extend(uint16(index))
		}
		index <<= o.Flags & isa.ScaleMask
	}
	switch {
	case o.Flags&isa.PreIndexed != 0:
		v, ok := load[uint32](c, a+index)
		return v + uint32(o.Outer), ok
	case o.Flags&isa.PostIndexed != 0:
		v, ok := load[uint32](c, a)
		return v + index + uint32(o.Outer), ok
	}
	return a + index, true
}

// read returns an operand's value.
func read[T number](c *CPU, o *isa.Operand) (T, bool) {
	switch o.Kind {
	case isa.DataReg:
		return T(c.D[o.Reg&7]), true
	case isa.AddrReg:
		return T(c.A[o.Reg&7]), true
	case isa.Immediate:
		return T(o.Disp), true
	}
	a, ok := c.address(o, bytesOf[T]())
	if !ok {
		return 0, false
	}
	return load[T](c, a)
}

// setD sets the low part of a data register.
func setD[T number](c *CPU, reg uint8, v T) {
	mask := uint32(^T(0))
	c.D[reg&7] = c.D[reg&7]&^mask | uint32(v)
}

// place is an operand that is read and then written.
type place struct {
	reg  uint8
	mem  bool
	addr uint32
}

// open reads an operand that may be written afterwards.
func open[T number](c *CPU, o *isa.Operand) (T, place, bool) {
	if o.Kind == isa.DataReg {
		return T(c.D[o.Reg&7]), place{reg: o.Reg}, true
	}
	a, ok := c.address(o, bytesOf[T]())
	if !ok {
		return 0, place{}, false
	}
	v, ok := load[T](c, a)
	return v, place{mem: true, addr: a}, ok
}

// write stores what has become of an opened operand.
func write[T number](c *CPU, p place, v T) bool {
	if p.mem {
		return store(c, p.addr, v)
	}
	setD(c, p.reg, v)
	return true
}

// put writes an operand that was not read.
func put[T number](c *CPU, o *isa.Operand, v T) bool {
	if o.Kind == isa.DataReg {
		setD(c, o.Reg, v)
		return true
	}
	a, ok := c.address(o, bytesOf[T]())
	return ok && store(c, a, v)
}

// push and pull move longs and words over the stack.
func push[T number](c *CPU, v T) bool {
	if !store(c, c.A[7]-bytesOf[T](), v) {
		return false
	}
	c.A[7] -= bytesOf[T]()
	return true
}

func pull[T number](c *CPU) (T, bool) {
	v, ok := load[T](c, c.A[7])
	if ok {
		c.A[7] += bytesOf[T]()
	}
	return v, ok
}

// reg16 returns one of D0 to D7 and A0 to A7.
func (c *CPU) reg16(n uint8) uint32 {
	if n < 8 {
		return c.D[n&7]
	}
	return c.A[n&7]
}
