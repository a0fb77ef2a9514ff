package m68k

import isa "github.com/crossplug/crossplug/guest/isa/m68k"

// Arithmetic and logic. The functions on numbers set the condition codes; those
// named run… are instructions.

func carry(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

// add returns d+s.
func (c *CPU) add(s, d uint32) uint32 {
	r := d + s
	c.n, c.z = r, r
	c.v = (s ^ r) & (d ^ r)
	c.c = carry(r < s)
	c.x = c.c
	return r
}

// sub returns d-s.
func (c *CPU) sub(s, d uint32) uint32 {
	c.compare(s, d)
	c.x = c.c
	return d - s
}

// compare is sub without a result, and leaves X alone.
func (c *CPU) compare(s, d uint32) {
	r := d - s
	c.n, c.z = r, r
	c.v = (s ^ d) & (d ^ r)
	c.c = carry(s > d)
}

// The same for all sizes: what is smaller is dealt with at the high end of a long, where
// its sign and carry are the long's.

func add[T number](c *CPU, s, d T) T {
	c.add(sign(s), sign(d))
	return d + s
}

func sub[T number](c *CPU, s, d T) T {
	c.sub(sign(s), sign(d))
	return d - s
}

func compare[T number](c *CPU, s, d T) { c.compare(sign(s), sign(d)) }

// addx returns d+s+X; Z can only be cleared.
func addx[T number](c *CPU, s, d T) T {
	r := d + s + T(c.x)
	c.n, c.z = sign(r), c.z|uint32(r)
	c.v = sign((s ^ r) & (d ^ r))
	c.c = sign(s&d|^r&(s|d)) >> 31
	c.x = c.c
	return r
}

// subx returns d-s-X; Z can only be cleared.
func subx[T number](c *CPU, s, d T) T {
	r := d - s - T(c.x)
	c.n, c.z = sign(r), c.z|uint32(r)
	c.v = sign((s ^ d) & (d ^ r))
	c.c = sign(s&^d|r&(s|^d)) >> 31
	c.x = c.c
	return r
}

// logic sets the condition codes for a result that has neither carry nor
// overflow.
func logic[T number](c *CPU, r T) T {
	c.n, c.z, c.v, c.c = sign(r), uint32(r), 0, 0
	return r
}

// The second operand is the destination.

func runAdd[T number](c *CPU, o *op) {
	if s, ok := read[T](c, &o.Args[0]); ok {
		if d, p, ok := open[T](c, &o.Args[1]); ok {
			write(c, p, add(c, s, d))
		}
	}
}

func runSub[T number](c *CPU, o *op) {
	if s, ok := read[T](c, &o.Args[0]); ok {
		if d, p, ok := open[T](c, &o.Args[1]); ok {
			write(c, p, sub(c, s, d))
		}
	}
}

func runAnd[T number](c *CPU, o *op) {
	if s, ok := read[T](c, &o.Args[0]); ok {
		if d, p, ok := open[T](c, &o.Args[1]); ok {
			write(c, p, logic(c, s&d))
		}
	}
}

func runOr[T number](c *CPU, o *op) {
	if s, ok := read[T](c, &o.Args[0]); ok {
		if d, p, ok := open[T](c, &o.Args[1]); ok {
			write(c, p, logic(c, s|d))
		}
	}
}

func runEor[T number](c *CPU, o *op) {
	if s, ok := read[T](c, &o.Args[0]); ok {
		if d, p, ok := open[T](c, &o.Args[1]); ok {
			write(c, p, logic(c, s^d))
		}
	}
}

func runCmp[T number](c *CPU, o *op) {
	if s, ok := read[T](c, &o.Args[0]); ok {
		if d, ok := read[T](c, &o.Args[1]); ok {
			compare(c, s, d)
		}
	}
}

// The forms with an address register use all of it, and set no condition
// codes but for CMPA.

func runAdda[T number](c *CPU, o *op) {
	if s, ok := read[T](c, &o.Args[0]); ok {
		c.A[o.Args[1].Reg&7] += extend(s)
	}
}

func runSuba[T number](c *CPU, o *op) {
	if s, ok := read[T](c, &o.Args[0]); ok {
		c.A[o.Args[1].Reg&7] -= extend(s)
	}
}

func runCmpa[T number](c *CPU, o *op) {
	if s, ok := read[T](c, &o.Args[0]); ok {
		compare(c, extend(s), c.A[o.Args[1].Reg&7])
	}
}

func runAddq(c *CPU, o *op) { c.A[o.Args[1].Reg&7] += uint32(o.Args[0].Disp) }

func runSubq(c *CPU, o *op) { c.A[o.Args[1].Reg&7] -= uint32(o.Args[0].Disp) }

func runAddx[T number](c *CPU, o *op) {
	if s, ok := read[T](c, &o.Args[0]); ok {
		if d, p, ok := open[T](c, &o.Args[1]); ok {
			write(c, p, addx(c, s, d))
		}
	}
}

func runSubx[T number](c *CPU, o *op) {
	if s, ok := read[T](c, &o.Args[0]); ok {
		if d, p, ok := open[T](c, &o.Args[1]); ok {
			write(c, p, subx(c, s, d))
		}
	}
}

func runNeg[T number](c *CPU, o *op) {
	if d, p, ok := open[T](c, &o.Args[0]); ok {
		write(c, p, sub(c, d, 0))
	}
}

func runNegx[T number](c *CPU, o *op) {
	if d, p, ok := open[T](c, &o.Args[0]); ok {
		write(c, p, subx(c, d, 0))
	}
}

func runNot[T number](c *CPU, o *op) {
	if d, p, ok := open[T](c, &o.Args[0]); ok {
		write(c, p, logic(c, ^d))
	}
}

func runClr[T number](c *CPU, o *op) {
	if put(c, &o.Args[0], T(0)) {
		logic(c, T(0))
	}
}

func runTst[T number](c *CPU, o *op) {
	if v, ok := read[T](c, &o.Args[0]); ok {
		logic(c, v)
	}
}

// Binary coded decimal. What happens with digits above 9, and to N and V, is
// not in the manual; it is what the 68000 does.

func (c *CPU) decimal(carried, r, v uint8) uint8 {
	c.c = uint32(carried >> 7)
	c.x = c.c
	c.n, c.v = sign(r), sign(v)
	c.z |= uint32(r)
	return r
}

func (c *CPU) addDecimal(s, d uint8) uint8 {
	sum := uint16(s) + uint16(d) + uint16(c.x)
	low := uint8(sum)
	binary := (s&d | ^low&s | ^low&d) & 0x88
	decimal := uint8(((sum + 0x66) ^ sum) & 0x110 >> 1)
	carries := binary | decimal
	r := low + carries - carries>>2
	return c.decimal(binary|low&^r, r, ^low&r)
}

func (c *CPU) subDecimal(s, d uint8) uint8 {
	low := d - s - uint8(c.x)
	borrows := (^d&s | low&^d | low&s) & 0x88
	r := low - (borrows - borrows>>2)
	return c.decimal(borrows|^low&r, r, low&^r)
}

func runAbcd(c *CPU, o *op) {
	if s, ok := read[uint8](c, &o.Args[0]); ok {
		if d, p, ok := open[uint8](c, &o.Args[1]); ok {
			write(c, p, c.addDecimal(s, d))
		}
	}
}

func runSbcd(c *CPU, o *op) {
	if s, ok := read[uint8](c, &o.Args[0]); ok {
		if d, p, ok := open[uint8](c, &o.Args[1]); ok {
			write(c, p, c.subDecimal(s, d))
		}
	}
}

func runNbcd(c *CPU, o *op) {
	if d, p, ok := open[uint8](c, &o.Args[0]); ok {
		write(c, p, c.subDecimal(d, 0))
	}
}

// PACK makes two digits out of two characters, UNPK the reverse.

func runPack(c *CPU, o *op) {
	var s uint16
	if o.Args[0].Kind == isa.DataReg {
		s = uint16(c.D[o.Args[0].Reg&7])
	} else {
		low, ok1 := read[uint8](c, &o.Args[0])
		high, ok2 := read[uint8](c, &o.Args[0])
		if !ok1 || !ok2 {
			return
		}
		s = uint16(high)<<8 | uint16(low)
	}
	s += uint16(o.Args[2].Disp)
	put(c, &o.Args[1], uint8(s>>4&0xf0|s&0xf))
}

func runUnpk(c *CPU, o *op) {
	s, ok := read[uint8](c, &o.Args[0])
	if !ok {
		return
	}
	r := (uint16(s)<<4&0xf00 | uint16(s)&0xf) + uint16(o.Args[2].Disp)
	if o.Args[1].Kind == isa.DataReg {
		setD(c, o.Args[1].Reg, r)
	} else if put(c, &o.Args[1], uint8(r)) {
		put(c, &o.Args[1], uint8(r>>8))
	}
}

// Multiplication and division.

func runMuluW(c *CPU, o *op) {
	if s, ok := read[uint16](c, &o.Args[0]); ok {
		d := &c.D[o.Args[1].Reg&7]
		*d = logic(c, uint32(s)*(*d&0xffff))
	}
}

func runMulsW(c *CPU, o *op) {
	if s, ok := read[uint16](c, &o.Args[0]); ok {
		d := &c.D[o.Args[1].Reg&7]
		*d = logic(c, extend(s)*extend(uint16(*d)))
	}
}

// runMulL multiplies longs; a pair of registers takes all of the product.
func runMulL(c *CPU, o *op) {
	s, ok := read[uint32](c, &o.Args[0])
	if !ok {
		return
	}
	signed := o.Op == isa.MULS
	to := &o.Args[1]
	low := to.Reg & 7
	if to.Kind == isa.RegPair {
		low = to.Index & 7
	}
	var r uint64
	if signed {
		r = uint64(int64(int32(s)) * int64(int32(c.D[low])))
	} else {
		r = uint64(s) * uint64(c.D[low])
	}
	if to.Kind == isa.RegPair {
		c.D[to.Reg&7] = uint32(r >> 32)
		c.D[low] = uint32(r)
		c.n, c.z, c.v, c.c = uint32(r>>32), uint32(r>>32)|uint32(r), 0, 0
		return
	}
	c.D[low] = logic(c, uint32(r))
	if signed && r != uint64(int64(int32(r))) || !signed && r>>32 != 0 {
		c.v = 1 << 31
	}
}

// overflow sets the condition codes of a quotient that does not fit. The
// manual leaves N and Z open; this is what the processors do.
func (c *CPU) overflow() {
	c.v, c.c = 1<<31, 0
	if c.model < isa.M68020 {
		c.n, c.z = 1<<31, 1
	}
}

func (c *CPU) divideByZero() {
	c.c = 0
	if c.model < isa.M68020 {
		c.n, c.z, c.v = 0, 1, 0
	}
	c.exception(vectorZeroDivide, c.M68K.PC)
}

func runDivuW(c *CPU, o *op) {
	s, ok := read[uint16](c, &o.Args[0])
	if !ok {
		return
	}
	if s == 0 {
		c.divideByZero()
		return
	}
	d := &c.D[o.Args[1].Reg&7]
	q, r := *d/uint32(s), *d%uint32(s)
	if q > 0xffff {
		c.overflow()
		return
	}
	logic(c, uint16(q))
	*d = r<<16 | q
}

func runDivsW(c *CPU, o *op) {
	s, ok := read[uint16](c, &o.Args[0])
	if !ok {
		return
	}
	if s == 0 {
		c.divideByZero()
		return
	}
	d := &c.D[o.Args[1].Reg&7]
	n, by := int64(int32(*d)), int64(int16(s))
	q, r := n/by, n%by
	if q != int64(int16(q)) {
		c.overflow()
		return
	}
	logic(c, uint16(q))
	*d = uint32(r)<<16 | uint32(uint16(q))
}

// runDivL divides 64 bits or 32 by 32, and keeps the remainder if there is a
// register for it.
func runDivL(c *CPU, o *op) {
	s, ok := read[uint32](c, &o.Args[0])
	if !ok {
		return
	}
	if s == 0 {
		c.divideByZero()
		return
	}
	to := &o.Args[1]
	quotient, remainder := to.Reg&7, to.Reg&7
	if to.Kind == isa.RegPair {
		quotient = to.Index & 7
	}
	wide := to.Kind == isa.RegPair && (o.Op == isa.DIVU || o.Op == isa.DIVS)
	var q, r uint64
	fits := true
	if o.Op == isa.DIVS || o.Op == isa.DIVSL {
		n, by := int64(int32(c.D[quotient])), int64(int32(s))
		if wide {
			n = int64(uint64(c.D[remainder])<<32 | uint64(c.D[quotient]))
		}
		q, r = uint64(n/by), uint64(n%by)
		fits = int64(q) == int64(int32(q)) && !(by == -1 && n == -1<<63)
	} else {
		n := uint64(c.D[quotient])
		if wide {
			n |= uint64(c.D[remainder]) << 32
		}
		q, r = n/uint64(s), n%uint64(s)
		fits = q>>32 == 0
	}
	if !fits {
		c.overflow()
		return
	}
	if to.Kind == isa.RegPair {
		c.D[remainder] = uint32(r)
	}
	c.D[quotient] = logic(c, uint32(q))
}
