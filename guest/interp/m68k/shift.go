package m68k

import isa "github.com/crossplug/crossplug/guest/isa/m68k"

// Shifts, rotations, single bits and bit fields.

// shifted is a way to shift a number by a count from 0 to 63, which sets the
// condition codes.
type shifted[T number] func(c *CPU, v T, count uint32) T

// shiftResult sets the codes that all shifts set alike.
func shiftResult[T number](c *CPU, r T) T {
	c.n, c.z, c.v = sign(r), uint32(r), 0
	return r
}

func asl[T number](c *CPU, v T, count uint32) T {
	bits := 8 * bytesOf[T]()
	if count == 0 {
		c.c = 0
		return shiftResult(c, v)
	}
	wide := uint64(v) << count
	c.c = uint32(wide>>bits) & 1
	if count > bits {
		c.c = 0
	}
	c.x = c.c
	r := shiftResult(c, T(wide))
	// V: the sign changed at some time, so that the bits that have been the
	// sign are not all the same.
	if count >= bits {
		c.v = carry(v != 0) << 31
	} else {
		been := int64(int32(sign(v))) >> (31 - count)
		c.v = carry(been != 0 && been != -1) << 31
	}
	return r
}

func asr[T number](c *CPU, v T, count uint32) T {
	if count == 0 {
		c.c = 0
		return shiftResult(c, v)
	}
	wide := int64(int32(extend(v)))
	c.c = uint32(wide>>(count-1)) & 1
	c.x = c.c
	return shiftResult(c, T(wide>>count))
}

func lsl[T number](c *CPU, v T, count uint32) T {
	if count == 0 {
		c.c = 0
		return shiftResult(c, v)
	}
	bits := 8 * bytesOf[T]()
	wide := uint64(v) << count
	c.c = uint32(wide>>bits) & 1
	if count > bits {
		c.c = 0
	}
	c.x = c.c
	return shiftResult(c, T(wide))
}

func lsr[T number](c *CPU, v T, count uint32) T {
	if count == 0 {
		c.c = 0
		return shiftResult(c, v)
	}
	c.c = uint32(uint64(v)>>(count-1)) & 1
	c.x = c.c
	return shiftResult(c, T(uint64(v)>>count))
}

func rol[T number](c *CPU, v T, count uint32) T {
	bits := 8 * bytesOf[T]()
	n := count % bits
	r := v<<n | v>>(bits-n)
	c.c = 0
	if count != 0 {
		c.c = uint32(r) & 1
	}
	return shiftResult(c, r)
}

func ror[T number](c *CPU, v T, count uint32) T {
	bits := 8 * bytesOf[T]()
	n := count % bits
	r := v>>n | v<<(bits-n)
	c.c = 0
	if count != 0 {
		c.c = sign(r) >> 31
	}
	return shiftResult(c, r)
}

// The rotations through X have one bit more than the number.

func roxl[T number](c *CPU, v T, count uint32) T {
	bits := 8 * bytesOf[T]()
	n := count % (bits + 1)
	wide := uint64(c.x)<<bits | uint64(v)
	wide = wide<<n | wide>>(bits+1-n)
	c.x = uint32(wide>>bits) & 1
	c.c = c.x
	return shiftResult(c, T(wide))
}

func roxr[T number](c *CPU, v T, count uint32) T {
	bits := 8 * bytesOf[T]()
	n := count % (bits + 1)
	wide := uint64(c.x)<<bits | uint64(v)
	wide = wide>>n | wide<<(bits+1-n)
	c.x = uint32(wide>>bits) & 1
	c.c = c.x
	return shiftResult(c, T(wide))
}

// runShift makes an instruction of a way to shift: by an operand modulo 64, or
// memory by 1.
func runShift[T number](f shifted[T]) func(*CPU, *op) {
	return func(c *CPU, o *op) {
		count, to := uint32(1), &o.Args[0]
		if o.Args[1].Kind != isa.NoOperand {
			to = &o.Args[1]
			if count = uint32(o.Args[0].Disp); o.Args[0].Kind == isa.DataReg {
				count = c.D[o.Args[0].Reg&7] & 63
			}
		}
		if v, p, ok := open[T](c, to); ok {
			write(c, p, f(c, v, count))
		}
	}
}

// bitNumber returns the first operand of a bit instruction modulo the size.
func bitNumber(c *CPU, o *op, size uint32) uint32 {
	n := uint32(o.Args[0].Disp)
	if o.Args[0].Kind == isa.DataReg {
		n = c.D[o.Args[0].Reg&7]
	}
	return n & (size - 1)
}

// runBit makes BTST and its kind: bits of a data register are those of a long,
// others of a byte.
func runBit(change func(v, bit uint32) uint32) func(*CPU, *op) {
	return func(c *CPU, o *op) {
		if to := &o.Args[1]; to.Kind == isa.DataReg {
			d := &c.D[to.Reg&7]
			bit := uint32(1) << bitNumber(c, o, 32)
			c.z = *d & bit
			*d = change(*d, bit)
			return
		}
		v, p, ok := open[uint8](c, &o.Args[1])
		if !ok {
			return
		}
		bit := uint32(1) << bitNumber(c, o, 8)
		if write(c, p, uint8(change(uint32(v), bit))) {
			c.z = uint32(v) & bit
		}
	}
}

func runBtst(c *CPU, o *op) {
	if to := &o.Args[1]; to.Kind == isa.DataReg {
		c.z = c.D[to.Reg&7] & (1 << bitNumber(c, o, 32))
	} else if v, ok := read[uint8](c, to); ok {
		c.z = uint32(v) & (1 << bitNumber(c, o, 8))
	}
}

// bitField is a field of 1 to 32 bits in a register or in memory.
type bitField struct {
	width  uint32
	offset uint32 // from the highest bit of the register, or of the byte at addr
	start  uint32 // the offset as the instruction has it
	addr   uint32
	reg    uint8
	mem    bool
	bytes  uint32
	all    uint64 // what is there, the field among it, in the lowest bytes
}

// openField reads the field that two operands describe, and sets N and Z.
func (c *CPU) openField(ea, bits *isa.Operand) (bitField, bool) {
	spec := uint32(bits.Disp)
	f := bitField{width: spec & 31, start: spec >> 6 & 31}
	if spec&0x20 != 0 {
		f.width = c.D[spec&7] & 31
	}
	if f.width == 0 {
		f.width = 32
	}
	if spec&0x800 != 0 {
		f.start = c.D[spec>>6&7]
	}
	if ea.Kind == isa.DataReg {
		f.start &= 31
		f.reg, f.offset = ea.Reg&7, f.start
		f.bytes = 4
		// The register is a ring.
		v := uint64(c.D[f.reg])
		f.all = v<<32 | v
	} else {
		a, ok := c.address(ea, 1)
		if !ok {
			return f, false
		}
		f.mem = true
		f.addr = a + uint32(int32(f.start)>>3)
		f.offset = f.start & 7
		f.bytes = (f.offset + f.width + 7) / 8
		for i := range f.bytes {
			b, ok := load[uint8](c, f.addr+i)
			if !ok {
				return f, false
			}
			f.all = f.all<<8 | uint64(b)
		}
	}
	v := f.value()
	c.n, c.z, c.v, c.c = v<<(32-f.width), v, 0, 0
	return f, true
}

// shift is how far the field is from the lowest bit of all.
func (f *bitField) shift() uint32 {
	if !f.mem {
		return 64 - f.offset - f.width
	}
	return 8*f.bytes - f.offset - f.width
}

func (f *bitField) value() uint32 { return uint32(f.all>>f.shift()) & f.mask() }

func (f *bitField) mask() uint32 { return uint32(1<<f.width - 1) }

// set writes the field.
func (c *CPU) setField(f *bitField, v uint32) {
	shift := f.shift()
	if !f.mem {
		mask := uint64(f.mask()) << shift
		changed := f.all&^mask | uint64(v&f.mask())<<shift
		// What of the field is beyond the register's end is at its beginning.
		low := uint32(mask)
		c.D[f.reg] = uint32(changed>>32)&^low | uint32(changed)&low
		return
	}
	f.all = f.all&^(uint64(f.mask())<<shift) | uint64(v&f.mask())<<shift
	for i := range f.bytes {
		if !store(c, f.addr+i, uint8(f.all>>(8*(f.bytes-1-i)))) {
			return
		}
	}
}

func runBfTst(c *CPU, o *op) { c.openField(&o.Args[0], &o.Args[1]) }

func runBfExtu(c *CPU, o *op) {
	if f, ok := c.openField(&o.Args[0], &o.Args[1]); ok {
		c.D[o.Args[2].Reg&7] = f.value()
	}
}

func runBfExts(c *CPU, o *op) {
	if f, ok := c.openField(&o.Args[0], &o.Args[1]); ok {
		c.D[o.Args[2].Reg&7] = uint32(int32(f.value()<<(32-f.width)) >> (32 - f.width))
	}
}

func runBfFfo(c *CPU, o *op) {
	f, ok := c.openField(&o.Args[0], &o.Args[1])
	if !ok {
		return
	}
	n := uint32(0)
	for n < f.width && f.value()>>(f.width-1-n)&1 == 0 {
		n++
	}
	c.D[o.Args[2].Reg&7] = f.start + n
}

func runBfChg(c *CPU, o *op) {
	if f, ok := c.openField(&o.Args[0], &o.Args[1]); ok {
		c.setField(&f, ^f.value())
	}
}

func runBfClr(c *CPU, o *op) {
	if f, ok := c.openField(&o.Args[0], &o.Args[1]); ok {
		c.setField(&f, 0)
	}
}

func runBfSet(c *CPU, o *op) {
	if f, ok := c.openField(&o.Args[0], &o.Args[1]); ok {
		c.setField(&f, ^uint32(0))
	}
}

func runBfIns(c *CPU, o *op) {
	v := c.D[o.Args[0].Reg&7]
	if f, ok := c.openField(&o.Args[1], &o.Args[2]); ok {
		c.setField(&f, v)
		v &= f.mask()
		c.n, c.z = v<<(32-f.width), v
	}
}
