package ppc

import (
	"math"

	"github.com/crossplug/crossplug/guest/cpu"
	isa "github.com/crossplug/crossplug/guest/isa/ppc"
)

// Floating-point instructions. Their results and what FPSCR says of them are
// exact. Most of the time the host's arithmetic does: it rounds to nearest, and
// what its rounding lost can be had as a double again (the error of a sum, a
// product, a quotient, a fused multiply-add), which says whether the result is
// inexact and in what direction. Where that does not hold, near the ends of the
// range, in other rounding modes, for zeros, infinities and NaNs, the slow ways
// are taken. Errors: Muller et al., Handbook of Floating-Point Arithmetic, on
// error-free transformations.

// isFast says whether the fast ways may be taken.
func (c *CPU) isFast() bool { return c.FPSCR&(cpu.FPRN|cpu.FPXE) == 0 }

// inRange says whether a number's exponent is far from both ends, so that errors
// of operations that give it, and all they are computed by, are numbers too.
func inRange(v float64) bool {
	const low, high = 200, 1900
	return math.Float64bits(v)>>52&0x7ff-low < high-low
}

// finish stores a result that was rounded to nearest and differs from the exact
// one, which is result + something of the sign of e, by less than half of its
// last bit. It is false, with nothing done, if the result as a single is not
// normal.
func (c *CPU) finish(u *uop, isSingle bool, result, e float64, negate bool) bool {
	s := c.FPSCR &^ (cpu.FPFR | cpu.FPFI | cpu.FPRF)
	v := math.Float64bits(result)
	if isSingle {
		// Rounding twice is as good as once if the first rounds to odd.
		if e != 0 && v&1 == 0 {
			if math.Signbit(e) == math.Signbit(result) {
				v++
			} else {
				v--
			}
		}
		odd := math.Float64frombits(v)
		result = float64(float32(odd))
		if a := math.Abs(result); a < 0x1p-125 || a > math.MaxFloat32 {
			return false
		}
		e = odd - result
		v = math.Float64bits(result)
	}
	if e != 0 {
		s |= cpu.FPFI
		if math.Signbit(e) != math.Signbit(result) {
			s |= cpu.FPFR
		}
		if s&cpu.FPXX == 0 {
			s |= cpu.FPXX | cpu.FPFX
		}
	}
	if negate {
		v ^= signBit
	}
	s |= 0x4000 << (v >> 63)
	c.FPSCR = s
	c.F[u.d&31] = v
	if u.rc {
		c.cr1()
	}
	return true
}

// floatAdd executes fadd, fsub and their singles.
func (c *CPU) floatAdd(u *uop) {
	a, b := math.Float64frombits(c.F[u.a&31]), math.Float64frombits(c.F[u.b&31])
	subtract := u.op == isa.FSUB || u.op == isa.FSUBS
	if subtract {
		b = -b
	}
	isSingle := u.op == isa.FADDS || u.op == isa.FSUBS
	if r := a + b; c.isFast() && inRange(r) {
		_, e := twoSum(a, b)
		if c.finish(u, isSingle, r, e, false) {
			return
		}
	}
	c.slowAdd(u, isSingle, subtract)
}

// twoSum returns the sum of two numbers, and by how much it is too small.
func twoSum(a, b float64) (sum, e float64) {
	sum = a + b
	rest := sum - a
	return sum, (a - (sum - rest)) + (b - rest)
}

func (c *CPU) floatMultiply(u *uop) {
	a, b := math.Float64frombits(c.F[u.a&31]), math.Float64frombits(c.F[u.c&31])
	isSingle := u.op == isa.FMULS
	if r := float64(a * b); c.isFast() && inRange(r) && c.finish(u, isSingle, r, math.FMA(a, b, -r), false) {
		return
	}
	c.slowFused(u, isSingle, false)
}

func (c *CPU) floatDivide(u *uop) {
	a, b := math.Float64frombits(c.F[u.a&31]), math.Float64frombits(c.F[u.b&31])
	isSingle := u.op == isa.FDIVS
	if r := a / b; c.isFast() && inRange(r) && inRange(a) {
		// What is left of a has, divided by b, the sign of the quotient's error.
		e := math.FMA(-r, b, a)
		if math.Signbit(b) {
			e = -e
		}
		if c.finish(u, isSingle, r, e, false) {
			return
		}
	}
	c.slowDivide(u, isSingle)
}

func (c *CPU) floatFused(u *uop) {
	isSingle, subtract, negate := false, false, false
	switch u.op {
	case isa.FMADDS, isa.FMSUBS, isa.FNMADDS, isa.FNMSUBS:
		isSingle = true
	}
	switch u.op {
	case isa.FMSUB, isa.FMSUBS, isa.FNMSUB, isa.FNMSUBS:
		subtract = true
	}
	switch u.op {
	case isa.FNMADD, isa.FNMADDS, isa.FNMSUB, isa.FNMSUBS:
		negate = true
	}
	if c.isFast() {
		a, f, b := math.Float64frombits(c.F[u.a&31]), math.Float64frombits(c.F[u.c&31]), math.Float64frombits(c.F[u.b&31])
		if subtract {
			b = -b
		}
		product := float64(a * f) // converted, or a compiler might fuse it with the sums
		r := math.FMA(a, f, b)
		if inRange(r) && inRange(product) && (b == 0 || inRange(b)) {
			low := math.FMA(a, f, -product)
			a1, a2 := twoSum(b, low)
			b1, b2 := twoSum(product, a1)
			e := ((b1 - r) + b2) + a2
			if c.finish(u, isSingle, r, e, negate) {
				return
			}
		}
	}
	c.slowFused(u, isSingle, subtract)
}

// raise sets exceptions, and FX if one of them is new; then the summaries.
func (c *CPU) raise(exceptions uint32) {
	if exceptions&^c.FPSCR != 0 {
		c.FPSCR |= cpu.FPFX
	}
	c.FPSCR |= exceptions
	c.summarize()
}

const invalid = cpu.FPVXSNAN | cpu.FPVXISI | cpu.FPVXIDI | cpu.FPVXZDZ | cpu.FPVXIMZ | cpu.FPVXVC | cpu.FPVXSOFT | cpu.FPVXSQRT | cpu.FPVXCVI

// summarize makes VX and FEX what they are defined to be.
func (c *CPU) summarize() {
	s := c.FPSCR &^ (cpu.FPVX | cpu.FPFEX)
	if s&invalid != 0 {
		s |= cpu.FPVX
	}
	// The enables are in the order of VX, OX, UX, ZX, XX.
	if s>>25&31&(s>>3) != 0 {
		s |= cpu.FPFEX
	}
	c.FPSCR = s
}

// cr1 copies the summaries to condition field 1.
func (c *CPU) cr1() { c.CR = c.CR&^(15<<24) | c.FPSCR>>28<<24 }

// class returns FPRF for a result.
func class(v uint64, p *precision) uint32 {
	f := uint32(0)
	exp := int(v >> 52 & 0x7ff)
	switch {
	case isNaN(v):
		return 0x11000
	case isInf(v):
		f = 0x1000
	case isZero(v):
		return 0x2000 | uint32(v>>63)<<16
	case exp < p.least+1023 || exp == 0:
		f = 0x10000
	}
	return f | 0x4000<<(v>>63)
}

func precisionOf(isSingle bool) *precision {
	if isSingle {
		return &single
	}
	return &double
}

// store ends an instruction with a result of which FPSCR has FR and FI.
func (c *CPU) store(u *uop, v uint64, p *precision) {
	c.F[u.d&31] = v
	c.FPSCR = c.FPSCR&^cpu.FPRF | class(v, p)
	if u.rc {
		c.cr1()
	}
}

// special ends an instruction that has NaNs, or infinities it can do nothing
// with, among its operands: the result is the first NaN, made quiet, or a new
// one. It is false, with nothing done, if there are none.
func (c *CPU) special(u *uop, p *precision, exceptions uint32, operands ...uint64) bool {
	nan, found := uint64(defaultNaN), false
	for _, v := range operands {
		if isSignalingNaN(v) {
			exceptions |= cpu.FPVXSNAN
		}
		if isNaN(v) && !found {
			nan, found = v|quietBit, true
		}
	}
	if !found && exceptions == 0 {
		return false
	}
	c.FPSCR &^= cpu.FPFR | cpu.FPFI
	c.raise(exceptions)
	if exceptions == 0 || c.FPSCR&cpu.FPVE == 0 {
		c.store(u, nan, p)
	} else if u.rc {
		c.cr1()
	}
	return true
}

// exact ends an instruction with a result that was not rounded.
func (c *CPU) exact(u *uop, v uint64, p *precision) {
	c.FPSCR &^= cpu.FPFR | cpu.FPFI
	c.store(u, v, p)
}

func (c *CPU) slowAdd(u *uop, isSingle, subtract bool) {
	p := precisionOf(isSingle)
	a, b := c.F[u.a&31], c.F[u.b&31]
	flip := uint64(0)
	if subtract {
		flip = signBit
	}
	exceptions := uint32(0)
	if isInf(a) && isInf(b) && a != b^flip {
		exceptions = cpu.FPVXISI
	}
	if c.special(u, p, exceptions, a, b) {
		return
	}
	b ^= flip
	switch {
	case isInf(a):
		c.exact(u, a, p)
	case isInf(b):
		c.exact(u, b, p)
	default:
		c.store(u, c.round(add(unpack(a), unpack(b), c.FPSCR&cpu.FPRN == 3), p), p)
	}
}

func (c *CPU) slowDivide(u *uop, isSingle bool) {
	p := precisionOf(isSingle)
	a, b := c.F[u.a&31], c.F[u.b&31]
	exceptions := uint32(0)
	switch {
	case isInf(a) && isInf(b):
		exceptions = cpu.FPVXIDI
	case isZero(a) && isZero(b):
		exceptions = cpu.FPVXZDZ
	}
	if c.special(u, p, exceptions, a, b) {
		return
	}
	sign := (a ^ b) & signBit
	switch {
	case isInf(a):
		c.exact(u, sign|expMask, p)
	case isInf(b), isZero(a):
		c.exact(u, sign, p)
	case isZero(b):
		c.divideByZero(u, sign, p)
	default:
		c.store(u, c.round(divide(unpack(a), unpack(b)), p), p)
	}
}

func (c *CPU) divideByZero(u *uop, sign uint64, p *precision) {
	c.FPSCR &^= cpu.FPFR | cpu.FPFI
	c.raise(cpu.FPZX)
	if c.FPSCR&cpu.FPZE == 0 {
		c.store(u, sign|expMask, p)
	} else if u.rc {
		c.cr1()
	}
}

// slowFused executes products: a*c, a*c+b, a*c-b, and those negated.
func (c *CPU) slowFused(u *uop, isSingle, subtract bool) {
	p := precisionOf(isSingle)
	a, f, b := c.F[u.a&31], c.F[u.c&31], c.F[u.b&31]
	plain, flip, negate := false, uint64(0), uint64(0)
	switch u.op {
	case isa.FMUL, isa.FMULS:
		plain, b = true, 0
	case isa.FNMADD, isa.FNMADDS, isa.FNMSUB, isa.FNMSUBS:
		negate = signBit
	}
	if subtract {
		flip = signBit
	}
	sign := (a ^ f) & signBit
	exceptions := uint32(0)
	infinite := isInf(a) || isInf(f)
	if isInf(a) && isZero(f) || isZero(a) && isInf(f) {
		exceptions = cpu.FPVXIMZ
	} else if infinite && !isNaN(a) && !isNaN(f) && isInf(b) && sign != (b^flip)&signBit {
		exceptions = cpu.FPVXISI
	}
	if c.special(u, p, exceptions, a, b, f) {
		return
	}
	b ^= flip
	switch {
	case infinite:
		c.exact(u, sign|expMask^negate, p)
	case isInf(b):
		c.exact(u, b^negate, p)
	default:
		w := multiply(unpack(a), unpack(f))
		if !plain {
			w = add(w, unpack(b), c.FPSCR&cpu.FPRN == 3)
		}
		c.store(u, c.round(w, p)^negate, p)
	}
}

// floatCompare executes fcmpu and fcmpo.
func (c *CPU) floatCompare(u *uop) {
	va, vb := c.F[u.a&31], c.F[u.b&31]
	a, b := math.Float64frombits(va), math.Float64frombits(vb)
	r := uint32(1)
	switch {
	case a < b:
		r = 8
	case a > b:
		r = 4
	case a == b:
		r = 2
	}
	c.FPSCR = c.FPSCR&^cpu.FPCC | r<<12
	c.CR = c.CR&^(15<<(u.d&31)) | r<<(u.d&31)
	if r != 1 {
		return
	}
	signaling := isSignalingNaN(va) || isSignalingNaN(vb)
	switch {
	case signaling && u.op == isa.FCMPO && c.FPSCR&cpu.FPVE == 0:
		c.raise(cpu.FPVXSNAN | cpu.FPVXVC)
	case signaling:
		c.raise(cpu.FPVXSNAN)
	case u.op == isa.FCMPO:
		c.raise(cpu.FPVXVC)
	}
}
