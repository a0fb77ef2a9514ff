package ppc

import (
	"math/bits"

	"github.com/crossplug/crossplug/guest/cpu"
)

// Exact floating-point arithmetic, in three steps: operands are taken apart into
// wide numbers; an operation makes of them a wide result, exact but for the
// last bit, which is also 1 if anything nonzero would follow it; round makes a
// double of that and says in FPSCR what was lost. A result needs at most 53 bits
// and two to round by, so of 128 enough are left whatever cancels out.
//
// The fast ways in float.go take most operations; this is for what they do not
// take, and they are tested against it.

// wide is ±(hi:lo)/2^127 * 2^exp; the highest bit of hi is 1 unless it is 0.
type wide struct {
	negative bool
	exp      int
	hi, lo   uint64
}

func (w wide) isZero() bool { return w.hi|w.lo == 0 }

const (
	signBit  = 1 << 63
	expMask  = 0x7ff << 52
	fracMask = 1<<52 - 1
	quietBit = 1 << 51

	defaultNaN = expMask | quietBit
)

func isNaN(v uint64) bool          { return v&^signBit > expMask }
func isSignalingNaN(v uint64) bool { return isNaN(v) && v&quietBit == 0 }
func isInf(v uint64) bool          { return v&^signBit == expMask }
func isZero(v uint64) bool         { return v&^signBit == 0 }

// unpack takes a finite double apart.
func unpack(v uint64) wide {
	w := wide{negative: v&signBit != 0, exp: int(v>>52&0x7ff) - 1023, hi: v & fracMask << 11}
	if w.exp > -1023 {
		w.hi |= signBit
		return w
	}
	if w.hi == 0 {
		return w
	}
	n := bits.LeadingZeros64(w.hi)
	w.hi <<= n
	w.exp = -1022 - n
	return w
}

// shiftRight divides by 2^n and keeps in mind what is lost.
func (w *wide) shiftRight(n int) {
	lost := uint64(0)
	switch {
	case n >= 128:
		lost, w.hi, w.lo = w.hi|w.lo, 0, 0
	case n >= 64:
		lost = w.lo | w.hi<<(128-n)
		w.hi, w.lo = 0, w.hi>>(n-64)
	case n > 0:
		lost = w.lo << (64 - n)
		w.lo = w.lo>>n | w.hi<<(64-n)
		w.hi >>= n
	}
	if lost != 0 {
		w.lo |= 1
	}
}

// normalize moves the highest bit up.
func (w wide) normalize() wide {
	if w.isZero() {
		return w
	}
	if w.hi == 0 {
		w.hi, w.lo = w.lo, 0
		w.exp -= 64
	}
	n := bits.LeadingZeros64(w.hi)
	w.hi = w.hi<<n | w.lo>>1>>(63-n)
	w.lo <<= n
	w.exp -= n
	return w
}

func multiply(a, b wide) wide {
	w := wide{negative: a.negative != b.negative, exp: a.exp + b.exp + 1}
	w.hi, w.lo = bits.Mul64(a.hi, b.hi)
	return w.normalize()
}

// divide divides numbers that are not 0.
func divide(a, b wide) wide {
	w := wide{negative: a.negative != b.negative, exp: a.exp - b.exp}
	q, rem := bits.Div64(a.hi>>1, a.hi<<63, b.hi)
	w.hi = q
	if rem != 0 {
		w.lo = 1
	}
	return w.normalize()
}

// add adds; a sum of 0 is negative if both are, or down says so.
func add(a, b wide, down bool) wide {
	switch {
	case a.isZero() && b.isZero():
		a.negative = a.negative && b.negative || a.negative != b.negative && down
		return a
	case a.isZero():
		return b
	case b.isZero():
		return a
	}
	if a.exp < b.exp || a.exp == b.exp && (a.hi < b.hi || a.hi == b.hi && a.lo < b.lo) {
		a, b = b, a
	}
	b.shiftRight(a.exp - b.exp)
	if a.negative == b.negative {
		lo, carry := bits.Add64(a.lo, b.lo, 0)
		hi, carry := bits.Add64(a.hi, b.hi, carry)
		a.hi, a.lo = hi, lo
		if carry != 0 {
			a.shiftRight(1)
			a.hi |= signBit
			a.exp++
		}
		return a
	}
	lo, borrow := bits.Sub64(a.lo, b.lo, 0)
	a.hi, _ = bits.Sub64(a.hi, b.hi, borrow)
	a.lo = lo
	if a.isZero() {
		a.negative = down
	}
	return a.normalize()
}

// precision is a format that results are rounded to.
type precision struct {
	bits, least, most int // of the mantissa; exponents of normal numbers
	adjust            int // of the exponent, for enabled overflow and underflow
}

var (
	single = precision{24, -126, 127, 192}
	double = precision{53, -1022, 1023, 1536}
)

// round rounds to a precision as FPSCR says, and says there what happened, but
// for the result's class. Underflow is found before rounding.
func (c *CPU) round(w wide, p *precision) uint64 {
	sign := uint64(0)
	if w.negative {
		sign = signBit
	}
	c.FPSCR &^= cpu.FPFR | cpu.FPFI
	if w.isZero() {
		return sign
	}
	exceptions := uint32(0)
	tiny := w.exp < p.least
	if tiny && c.FPSCR&cpu.FPUE != 0 {
		exceptions |= cpu.FPUX
		w.exp += p.adjust
		tiny = false
	} else if tiny {
		w.shiftRight(p.least - w.exp)
		w.exp = p.least
	}
	mantissa := w.hi >> (64 - p.bits)
	rest := w.hi << p.bits
	if w.lo != 0 {
		rest |= 1
	}
	up := false
	switch c.FPSCR & cpu.FPRN {
	case 0:
		up = rest > 1<<63 || rest == 1<<63 && mantissa&1 != 0
	case 2:
		up = rest != 0 && !w.negative
	case 3:
		up = rest != 0 && w.negative
	}
	if rest != 0 {
		exceptions |= cpu.FPXX
		c.FPSCR |= cpu.FPFI
		if tiny {
			exceptions |= cpu.FPUX
		}
	}
	if up {
		c.FPSCR |= cpu.FPFR
		if mantissa++; mantissa>>p.bits != 0 {
			mantissa >>= 1
			w.exp++
		}
	}
	if w.exp > p.most {
		exceptions |= cpu.FPOX
		if c.FPSCR&cpu.FPOE == 0 {
			c.raise(exceptions | cpu.FPXX)
			c.FPSCR |= cpu.FPFI
			return sign | c.overflowed(p, w.negative)
		}
		w.exp -= p.adjust
	}
	c.raise(exceptions)
	return sign | pack(mantissa, w.exp-p.bits+1)
}

// overflowed returns what stands for a number that is too large.
func (c *CPU) overflowed(p *precision, negative bool) uint64 {
	rn := c.FPSCR & cpu.FPRN
	if rn == 0 || rn == 2 && !negative || rn == 3 && negative {
		return expMask
	}
	return uint64(p.most+1023)<<52 | fracMask>>(53-p.bits)<<(53-p.bits)
}

// pack makes a double of mantissa * 2^exp, which it has room for.
func pack(mantissa uint64, exp int) uint64 {
	if mantissa == 0 {
		return 0
	}
	n := bits.LeadingZeros64(mantissa) - 11
	mantissa <<= n
	exp += 1075 - n // biased, if the number is normal
	switch {
	case exp >= 2047: // only after an adjusted overflow of what was no single
		return expMask
	case exp > 0:
		return uint64(exp)<<52 | mantissa&fracMask
	case exp > -63:
		return mantissa >> (1 - exp)
	}
	return 0
}
