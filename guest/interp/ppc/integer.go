package ppc

import (
	"math/bits"

	"github.com/crossplug/crossplug/guest/cpu"
	isa "github.com/crossplug/crossplug/guest/isa/ppc"
)

// overflowing executes the forms of arithmetic that report overflow, OE=1. The
// operation is in imm.
func (c *CPU) overflowing(u *uop) {
	a, b := c.R[u.a&31], c.R[u.b&31]
	var r uint32
	var over bool
	// sum adds, and sees whether the result has the sign that it should have.
	sum := func(x, y, carry uint32) uint32 {
		s, out := bits.Add32(x, y, carry)
		over = int32((x^s)&(y^s)) < 0
		switch isa.Op(u.imm) {
		case isa.ADD, isa.SUBF, isa.NEG, isa.DOZ:
		default:
			c.setCarry(out)
		}
		return s
	}
	result := &r // what Rc looks at
	switch op := isa.Op(u.imm); op {
	case isa.ADD, isa.ADDC:
		r = sum(a, b, 0)
	case isa.ADDE:
		r = sum(a, b, c.carry())
	case isa.ADDME:
		r = sum(a, ^uint32(0), c.carry())
	case isa.ADDZE:
		r = sum(a, 0, c.carry())
	case isa.SUBF, isa.SUBFC:
		r = sum(^a, b, 1)
	case isa.SUBFE:
		r = sum(^a, b, c.carry())
	case isa.SUBFME:
		r = sum(^a, ^uint32(0), c.carry())
	case isa.SUBFZE:
		r = sum(^a, 0, c.carry())
	case isa.NEG:
		r = sum(^a, 0, 1)
	case isa.MULLW:
		product := int64(int32(a)) * int64(int32(b))
		r, over = uint32(product), product != int64(int32(product))
	case isa.DIVW:
		r, over = divw(a, b)
	case isa.DIVWU:
		r, over = divwu(a, b)
	case isa.ABS, isa.NABS:
		r, over = absolute(a), a == 1<<31
		if op == isa.NABS {
			r, over = -r, false
		}
	case isa.DOZ:
		r = sum(^a, b, 1)
		if int32(a) > int32(b) {
			r, over = 0, false
		}
	default:
		r, over = c.multiplyDivide(op, a, b)
		result = &c.MQ
	}
	c.R[u.d&31] = r
	c.XER &^= cpu.XEROV
	if over {
		c.XER |= cpu.XEROV | cpu.XERSO
	}
	if u.rc {
		c.cr0(*result)
	}
}

func absolute(v uint32) uint32 {
	if int32(v) < 0 {
		return -v
	}
	return v
}

// multiplyDivide executes POWER's mul, div and divs, which use MQ for the other
// half: the product's low one, the dividend's low one, the remainder. Rc looks at
// MQ. Where the quotient does not fit it is undefined, and here as divw's.
func (c *CPU) multiplyDivide(op isa.Op, a, b uint32) (r uint32, over bool) {
	switch op {
	case isa.MUL:
		product := int64(int32(a)) * int64(int32(b))
		c.MQ = uint32(product)
		return uint32(product >> 32), product != int64(int32(product))
	case isa.DIVS:
		r, over = divw(a, b)
		c.MQ = a - r*b
		if over {
			c.MQ = 0
		}
		return r, over
	}
	dividend, divisor := int64(uint64(a)<<32|uint64(c.MQ)), int64(int32(b))
	if divisor == 0 || divisor == -1 && dividend == -1<<63 {
		c.MQ = 0
		return uint32(int32(a) >> 31), true
	}
	q := dividend / divisor
	c.MQ = uint32(dividend % divisor)
	return uint32(q), q != int64(int32(q))
}

// power executes the rest of what the 601 has of POWER. The shifts that set MQ
// leave the rotated word there; those with a q before the end take what the
// shift makes room for from MQ.
func (c *CPU) power(u *uop) {
	s, rb := c.R[u.a&31], c.R[u.b&31]
	n := rb & 31
	var r uint32
	switch u.op {
	case isa.ABS:
		r = absolute(s)
	case isa.NABS:
		r = -absolute(s)
	case isa.DOZ:
		if int32(s) < int32(rb) {
			r = rb - s
		}
	case isa.DOZI:
		if int32(s) < int32(u.imm) {
			r = u.imm - s
		}
	case isa.MUL, isa.DIV, isa.DIVS:
		r, _ = c.multiplyDivide(u.op, s, rb)
		c.R[u.d&31] = r
		if u.rc {
			c.cr0(c.MQ)
		}
		return
	case isa.RLMI:
		r = bits.RotateLeft32(s, int(n))&u.mask | c.R[u.d&31]&^u.mask
	case isa.RRIB:
		bit := uint32(1<<31) >> n
		r = c.R[u.d&31]&^bit | s&(1<<31)>>n
	case isa.MASKG:
		r = mask(s&31, n)
	case isa.MASKIR:
		r = c.R[u.d&31]&^rb | s&rb
	case isa.CLCS:
		r = 64 // a 601's sector pair, whatever is asked for
	default:
		r = c.powerShift(u, s, rb)
	}
	c.R[u.d&31] = r
	if u.rc {
		c.cr0(r)
	}
}

func (c *CPU) powerShift(u *uop, s, rb uint32) uint32 {
	n, far := rb&31, rb&32 != 0
	switch u.op {
	case isa.SLIQ, isa.SLLIQ, isa.SRAIQ, isa.SRIQ, isa.SRLIQ:
		n, far = uint32(u.b), false
	}
	left, right := bits.RotateLeft32(s, int(n)), bits.RotateLeft32(s, -int(n))
	high, low := ^uint32(0)<<n, ^uint32(0)>>n // where what was shifted is
	switch u.op {
	case isa.SLE, isa.SLIQ, isa.SLQ:
		c.MQ = left
		if far && u.op == isa.SLQ {
			return 0
		}
		return left & high
	case isa.SLEQ, isa.SLLIQ:
		r := left&high | c.MQ&^high
		c.MQ = left
		return r
	case isa.SLLQ:
		if far {
			return c.MQ & high
		}
		return left&high | c.MQ&^high
	case isa.SRE, isa.SRIQ, isa.SRQ:
		c.MQ = right
		if far && u.op == isa.SRQ {
			return 0
		}
		return right & low
	case isa.SREQ, isa.SRLIQ:
		r := right&low | c.MQ&^low
		c.MQ = right
		return r
	case isa.SRLQ:
		if far {
			return c.MQ & low
		}
		return right&low | c.MQ&^low
	case isa.SRAQ:
		c.MQ = right
		if far {
			n = 32 + n // all of it goes
		}
		return c.shiftAlgebraic(s, n)
	default: // SRAIQ, SREA
		c.MQ = right
		return c.shiftAlgebraic(s, n)
	}
}

func (c *CPU) carry() uint32 { return c.XER >> 29 & 1 }

func (c *CPU) setCarry(carry uint32) { c.XER = c.XER&^cpu.XERCA | carry<<29 }

// addCarrying adds and sets CA.
func (c *CPU) addCarrying(a, b, carry uint32) uint32 {
	sum, out := bits.Add32(a, b, carry)
	c.setCarry(out)
	return sum
}

// setCR0 sets condition field 0, but for SO, which is XER's.
func (c *CPU) setCR0(v uint32) { c.CR = c.CR&^(15<<28) | v<<28 | c.XER>>31<<28 }

// compare returns CR with the result of a comparison in the field that mask chooses: LT
// 8, GT 4, EQ 2 and XER's SO. It has no branches, as the results of comparisons are
// hard to predict, and begins with the result in each of the fields.
func (c *CPU) compare(cr, mask uint32, a, b int64) uint32 {
	all := uint32(0x22222222)
	if a < b {
		all = 0x88888888
	}
	if a > b {
		all = 0x44444444
	}
	all |= uint32(int32(c.XER)>>31) & 0x11111111
	return cr ^ (cr^all)&mask
}

// cr0 sets condition field 0 as a result demands.
func (c *CPU) cr0(v uint32) { c.CR = c.compare(c.CR, 15<<28, int64(int32(v)), 0) }

// shiftAlgebraic shifts right, n being up to 63, and sets CA if v is negative and
// a bit that is 1 is lost.
func (c *CPU) shiftAlgebraic(v, n uint32) uint32 {
	lost := v & (uint32(1)<<n - 1)
	carry := uint32(0)
	if int32(v) < 0 && lost != 0 {
		carry = 1
	}
	c.setCarry(carry)
	return uint32(int32(v) >> n)
}

// divw divides. The manual leaves the quotient undefined if it does not fit: it
// is -1 then if the dividend is negative, else 0.
func divw(a, b uint32) (q uint32, overflow bool) {
	if b == 0 || a == 1<<31 && b == ^uint32(0) {
		return uint32(int32(a) >> 31), true
	}
	return uint32(int32(a) / int32(b)), false
}

// divwu divides; by 0, the quotient, which the manual leaves undefined, is 0.
func divwu(a, b uint32) (q uint32, overflow bool) {
	if b == 0 {
		return 0, true
	}
	return a / b, false
}
