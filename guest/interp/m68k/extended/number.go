// Package extended does the arithmetic of the 68881: numbers of 80 bits, exact
// but for one rounding, in four directions and to three precisions.
//
// Everything works on an unpacked number and ends in one function, round, which
// is where precision, underflow, overflow and inexactness are dealt with.
// Elementary functions are computed with far more bits than the result has and
// then rounded, so they are better than the 68881's, whose last bits nobody
// should count on.
//
// A Context is used by one goroutine at a time; nothing else has a state.
//
// Source: MC68881/MC68882 Floating-Point Coprocessor User's Manual.
package extended

import (
	"math/bits"

	"github.com/crossplug/crossplug/guest/cpu"
)

// Flags are the exception byte of the FPSR.
type Flags uint8

// The exceptions.
const (
	INEX1 Flags = 1 << iota // a packed decimal is not exact in binary
	INEX2                   // the result is not exact
	DZ                      // division by zero
	UNFL                    // underflow
	OVFL                    // overflow
	OPERR                   // the operation has no result for its operands
	SNAN                    // a signalling NaN
	BSUN                    // a condition on unordered numbers
)

// Mode is a direction of rounding, with the FPCR's numbers.
type Mode uint8

// The directions.
const (
	Nearest Mode = iota
	Zero
	Minus
	Plus
)

// Precision is to how many bits results are rounded, with the FPCR's numbers.
type Precision uint8

// The precisions. Single and Double have these formats' exponents as well.
const (
	Extended Precision = iota
	Single
	Double
	singleMantissa // of FSGLMUL: single's bits with extended's exponents
)

// limits of a precision: bits, and exponents of the greatest and the smallest
// normal number.
var limits = [...]struct {
	bits     uint
	max, min int
}{{64, 16383, -16383}, {24, 127, -126}, {53, 1023, -1022}, {24, 16383, -16383}}

// Context is how to round, and what happened.
type Context struct {
	Mode      Mode
	Precision Precision
	Flags     Flags
	Quotient  uint8 // of Mod and Rem: sign and low seven bits
}

const bias = 16383

// kind is what a number is.
type kind uint8

const (
	zero kind = iota
	finite
	infinite
	nan
)

// number is an Extended taken apart. A finite one is man/2^63 * 2^exp, with the
// highest bit of man set.
type number struct {
	kind kind
	neg  bool
	exp  int
	man  uint64
}

// The default NaN, which comes out of an operation that has no result.
var defaultNaN = cpu.Extended{High: 0x7fff, Mantissa: 1<<64 - 1}

const quiet = 1 << 62

// unpack takes a number apart. The 68881's denormal numbers have the exponent
// of the smallest normal ones, and it takes unnormal ones as well.
func unpack(x cpu.Extended) number {
	n := number{neg: x.High>>15 != 0, exp: int(x.High&0x7fff) - bias, man: x.Mantissa}
	switch {
	case x.High&0x7fff == 0x7fff:
		// The integer bit does not matter.
		if n.kind = infinite; x.Mantissa<<1 != 0 {
			n.kind = nan
		}
	case x.Mantissa == 0:
		n.kind = zero
	default:
		n.kind = finite
		shift := bits.LeadingZeros64(n.man)
		n.man <<= shift
		n.exp -= shift
	}
	return n
}

func signBit(neg bool) uint16 {
	if neg {
		return 0x8000
	}
	return 0
}

func makeZero(neg bool) cpu.Extended { return cpu.Extended{High: signBit(neg)} }

func makeInf(neg bool) cpu.Extended { return cpu.Extended{High: signBit(neg) | 0x7fff} }

// pack makes a number of a finite one whose exponent is in range, or below it
// by as many bits as its mantissa has to spare.
func pack(neg bool, exp int, man uint64) cpu.Extended {
	if man == 0 {
		return makeZero(neg)
	}
	if exp < -bias {
		man >>= uint(-bias - exp)
		exp = -bias
	}
	return cpu.Extended{High: signBit(neg) | uint16(exp+bias), Mantissa: man}
}

// shiftRight shifts 128 bits; what falls off stays as the lowest bit.
func shiftRight(hi, lo uint64, n uint) (uint64, uint64) {
	switch {
	case n == 0:
		return hi, lo
	case n < 64:
		sticky := b2u(lo<<(64-n) != 0)
		return hi >> n, hi<<(64-n) | lo>>n | sticky
	case n < 128:
		n -= 64
		sticky := b2u(lo != 0 || n > 0 && hi<<(64-n) != 0)
		return 0, hi>>n | sticky
	}
	return 0, b2u(hi|lo != 0)
}

func b2u(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// round makes a result of (hi,lo)/2^127 * 2^exp, the lowest bit of lo standing
// for everything below it. The highest bit of hi must be set.
func (c *Context) round(neg bool, exp int, hi, lo uint64) cpu.Extended {
	return c.roundTo(c.Precision, neg, exp, hi, lo)
}

func (c *Context) roundTo(p Precision, neg bool, exp int, hi, lo uint64) cpu.Extended {
	l := limits[p]
	tiny := exp < l.min
	if tiny {
		c.Flags |= UNFL
		n := uint(min(l.min-exp, 200))
		hi, lo = shiftRight(hi, lo, n)
		exp = l.min
	}
	// Bits of hi below the precision go to the front of lo.
	drop := 64 - l.bits
	rest := lo
	if drop > 0 {
		rest = hi<<(64-drop) | b2u(lo != 0)
		hi = hi >> drop << drop
	}
	if rest != 0 {
		c.Flags |= INEX2
		if c.up(neg, hi>>drop&1 != 0, rest) {
			sum, carried := bits.Add64(hi, 1<<drop, 0)
			hi = sum
			if carried != 0 {
				hi = 1 << 63
				exp++
			}
		}
	}
	if exp > l.max {
		c.Flags |= OVFL
		return c.overflowed(p, neg)
	}
	if hi == 0 {
		return makeZero(neg)
	}
	// A tiny result may have lost its highest bit. In extended precision it
	// stays denormal, in the others it is normal in 80 bits.
	if tiny && hi>>63 == 0 && l.min != -bias {
		shift := bits.LeadingZeros64(hi)
		hi <<= shift
		exp -= shift
	}
	return cpu.Extended{High: signBit(neg) | uint16(exp+bias), Mantissa: hi}
}

// up says whether to round away from zero, given the bits below the last one
// that is kept.
func (c *Context) up(neg, odd bool, rest uint64) bool {
	switch c.Mode {
	case Nearest:
		return rest > 1<<63 || rest == 1<<63 && odd
	case Minus:
		return neg
	case Plus:
		return !neg
	}
	return false
}

// overflowed is the result of an overflow: infinity, or the greatest number in
// a direction that does not lead there.
func (c *Context) overflowed(p Precision, neg bool) cpu.Extended {
	if c.Mode == Nearest || c.Mode == Plus && !neg || c.Mode == Minus && neg {
		return makeInf(neg)
	}
	l := limits[p]
	return cpu.Extended{High: signBit(neg) | uint16(l.max+bias), Mantissa: ^uint64(0) << (64 - l.bits)}
}

// IsNaN says whether a number is one.
func IsNaN(x cpu.Extended) bool { return x.High&0x7fff == 0x7fff && x.Mantissa<<1 != 0 }

// nanOf returns the NaN that comes out of an operation with one: the
// destination's if there are two. It is no longer signalling.
func (c *Context) nanOf(d, s cpu.Extended) (cpu.Extended, bool) {
	isD, isS := IsNaN(d), IsNaN(s)
	if !isD && !isS {
		return d, false
	}
	if isD && d.Mantissa&quiet == 0 || isS && s.Mantissa&quiet == 0 {
		c.Flags |= SNAN
	}
	if !isD {
		d = s
	}
	d.Mantissa |= quiet
	return d, true
}

// invalid is the result of an operation that has none.
func (c *Context) invalid() cpu.Extended {
	c.Flags |= OPERR
	return defaultNaN
}

// Round returns x rounded: what FMOVE does.
func (c *Context) Round(x cpu.Extended) cpu.Extended {
	if r, ok := c.nanOf(x, x); ok {
		return r
	}
	n := unpack(x)
	if n.kind != finite {
		return x
	}
	return c.round(n.neg, n.exp, n.man, 0)
}

// Abs and Neg change the sign and round.
func (c *Context) Abs(x cpu.Extended) cpu.Extended {
	if !IsNaN(x) {
		x.High &^= 0x8000
	}
	return c.Round(x)
}

// Neg returns -x, rounded.
func (c *Context) Neg(x cpu.Extended) cpu.Extended {
	if !IsNaN(x) {
		x.High ^= 0x8000
	}
	return c.Round(x)
}
