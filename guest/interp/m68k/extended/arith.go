package extended

import (
	"math"
	"math/bits"

	"github.com/crossplug/crossplug/guest/cpu"
)

// Add returns d+s.
func (c *Context) Add(d, s cpu.Extended) cpu.Extended { return c.sum(d, s, false) }

// Sub returns d-s.
func (c *Context) Sub(d, s cpu.Extended) cpu.Extended { return c.sum(d, s, true) }

func (c *Context) sum(d, s cpu.Extended, subtract bool) cpu.Extended {
	if r, ok := c.nanOf(d, s); ok {
		return r
	}
	a, b := unpack(d), unpack(s)
	b.neg = b.neg != subtract
	switch {
	case a.kind == infinite && b.kind == infinite:
		if a.neg != b.neg {
			return c.invalid()
		}
		return makeInf(a.neg)
	case a.kind == infinite:
		return makeInf(a.neg)
	case b.kind == infinite:
		return makeInf(b.neg)
	case a.kind == zero && b.kind == zero:
		if a.neg == b.neg {
			return makeZero(a.neg)
		}
		return makeZero(c.Mode == Minus)
	case a.kind == zero:
		return c.round(b.neg, b.exp, b.man, 0)
	case b.kind == zero:
		return c.round(a.neg, a.exp, a.man, 0)
	}
	if a.exp < b.exp || a.exp == b.exp && a.man < b.man {
		a, b = b, a
	}
	hi, lo := shiftRight(b.man, 0, uint(a.exp-b.exp))
	if a.neg == b.neg {
		sum, carried := bits.Add64(a.man, hi, 0)
		if carried == 0 {
			return c.round(a.neg, a.exp, sum, lo)
		}
		sum, lo = shiftRight(sum, lo, 1)
		return c.round(a.neg, a.exp+1, sum|1<<63, lo)
	}
	lo, borrow := bits.Sub64(0, lo, 0)
	hi, _ = bits.Sub64(a.man, hi, borrow)
	if hi|lo == 0 {
		return makeZero(c.Mode == Minus)
	}
	hi, lo, shift := normalize(hi, lo)
	return c.round(a.neg, a.exp-shift, hi, lo)
}

// normalize shifts the highest bit to where it belongs.
func normalize(hi, lo uint64) (uint64, uint64, int) {
	shift := bits.LeadingZeros64(hi)
	if hi == 0 {
		hi, lo = lo, 0
		shift = 64 + bits.LeadingZeros64(hi)
		return hi << (shift - 64), 0, shift
	}
	if shift == 0 {
		return hi, lo, 0
	}
	return hi<<shift | lo>>(64-shift), lo << shift, shift
}

// Mul returns d*s.
func (c *Context) Mul(d, s cpu.Extended) cpu.Extended {
	return c.product(d, s, c.Precision, ^uint64(0))
}

// SingleMul returns d*s of the operands cut to single precision, which the
// result has as well, but for its exponent: FSGLMUL.
func (c *Context) SingleMul(d, s cpu.Extended) cpu.Extended {
	return c.product(d, s, singleMantissa, math.MaxUint64&^(1<<40-1))
}

func (c *Context) product(d, s cpu.Extended, p Precision, mask uint64) cpu.Extended {
	if r, ok := c.nanOf(d, s); ok {
		return r
	}
	a, b := unpack(d), unpack(s)
	neg := a.neg != b.neg
	switch {
	case a.kind == infinite && b.kind == zero, a.kind == zero && b.kind == infinite:
		return c.invalid()
	case a.kind == infinite || b.kind == infinite:
		return makeInf(neg)
	case a.kind == zero || b.kind == zero:
		return makeZero(neg)
	}
	hi, lo := bits.Mul64(a.man&mask, b.man&mask)
	exp := a.exp + b.exp + 1
	if hi>>63 == 0 {
		hi, lo = hi<<1|lo>>63, lo<<1
		exp--
	}
	return c.roundTo(p, neg, exp, hi, lo)
}

// Div returns d/s.
func (c *Context) Div(d, s cpu.Extended) cpu.Extended { return c.quotient(d, s, c.Precision) }

// SingleDiv returns d/s with a mantissa of single precision: FSGLDIV.
func (c *Context) SingleDiv(d, s cpu.Extended) cpu.Extended {
	return c.quotient(d, s, singleMantissa)
}

func (c *Context) quotient(d, s cpu.Extended, p Precision) cpu.Extended {
	if r, ok := c.nanOf(d, s); ok {
		return r
	}
	a, b := unpack(d), unpack(s)
	neg := a.neg != b.neg
	switch {
	case a.kind == infinite && b.kind == infinite, a.kind == zero && b.kind == zero:
		return c.invalid()
	case a.kind == infinite:
		return makeInf(neg)
	case a.kind == zero || b.kind == infinite:
		return makeZero(neg)
	case b.kind == zero:
		c.Flags |= DZ
		return makeInf(neg)
	}
	exp := a.exp - b.exp
	var hi, lo uint64 = a.man, 0
	if a.man >= b.man {
		hi, lo = a.man>>1, a.man<<63
	} else {
		exp--
	}
	q, rest := bits.Div64(hi, lo, b.man)
	more, rest := bits.Div64(rest, 0, b.man)
	return c.roundTo(p, neg, exp, q, more|b2u(rest != 0))
}

// Sqrt returns the square root of x.
func (c *Context) Sqrt(x cpu.Extended) cpu.Extended {
	if r, ok := c.nanOf(x, x); ok {
		return r
	}
	n := unpack(x)
	switch {
	case n.kind == zero:
		return x
	case n.neg:
		return c.invalid()
	case n.kind == infinite:
		return x
	}
	// The root of a number of 128 bits, whose exponent is even.
	hi, lo := n.man, uint64(0)
	exp := n.exp
	if exp&1 == 0 {
		hi, lo = hi>>1, hi<<63
	} else {
		exp--
	}
	r := root(hi, lo)
	sh, sl := bits.Mul64(r, r)
	restLow, borrow := bits.Sub64(lo, sl, 0)
	restHigh, _ := bits.Sub64(hi, sh, borrow)
	// The next bit is 1 if the rest is above r: (r+1/2)^2 = r^2+r+1/4.
	half := restHigh != 0 || restLow > r
	return c.round(false, exp/2, r, b2u(half)<<63|b2u(restHigh|restLow != 0))
}

// root returns the square root, rounded down, of 128 bits, of which one of the
// two highest is set.
func root(hi, lo uint64) uint64 {
	r := uint64(math.MaxUint64)
	if f := math.Sqrt(float64(hi)) * (1 << 32); f < 1<<64 {
		r = uint64(f)
	}
	// Newton's method: one step is enough for 53 bits to become 64, but for the last.
	for range 2 {
		if hi >= r {
			break
		}
		q, _ := bits.Div64(hi, lo, r)
		sum, carried := bits.Add64(r, q, 0)
		r = sum>>1 | carried<<63
	}
	for {
		sh, sl := bits.Mul64(r, r)
		if sh > hi || sh == hi && sl > lo {
			r--
			continue
		}
		if r != math.MaxUint64 {
			sh, sl = bits.Mul64(r+1, r+1)
			if sh < hi || sh == hi && sl <= lo {
				r++
				continue
			}
		}
		return r
	}
}

// Int returns x as a whole number, rounded in the context's direction, Trunc
// towards zero. Both round to the precision as well.
func (c *Context) Int(x cpu.Extended) cpu.Extended { return c.whole(x, c.Mode) }

// Trunc returns x without its fraction.
func (c *Context) Trunc(x cpu.Extended) cpu.Extended { return c.whole(x, Zero) }

func (c *Context) whole(x cpu.Extended, mode Mode) cpu.Extended {
	if r, ok := c.nanOf(x, x); ok {
		return r
	}
	n := unpack(x)
	if n.kind != finite {
		return x
	}
	if n.exp < 63 {
		hi, rest := shiftRight(n.man, 0, uint(min(63-n.exp, 200)))
		if rest != 0 {
			c.Flags |= INEX2
			m := Context{Mode: mode}
			if m.up(n.neg, hi&1 != 0, rest) {
				hi++
			}
		}
		if hi == 0 {
			return makeZero(n.neg)
		}
		shift := bits.LeadingZeros64(hi)
		n.man, n.exp = hi<<shift, 63-shift
	}
	// The precision's rounding goes the same way.
	inner := Context{Mode: mode, Precision: c.Precision}
	r := inner.round(n.neg, n.exp, n.man, 0)
	c.Flags |= inner.Flags
	return r
}

// Mod returns what is left of d when it is divided by s, with a quotient rounded
// towards zero; Rem with one rounded to the nearest.
func (c *Context) Mod(d, s cpu.Extended) cpu.Extended { return c.remainder(d, s, false) }

// Rem is the IEEE's remainder.
func (c *Context) Rem(d, s cpu.Extended) cpu.Extended { return c.remainder(d, s, true) }

func (c *Context) remainder(d, s cpu.Extended, nearest bool) cpu.Extended {
	c.Quotient = 0
	if r, ok := c.nanOf(d, s); ok {
		return r
	}
	a, b := unpack(d), unpack(s)
	sign := uint8(0)
	if a.neg != b.neg {
		sign = 0x80
	}
	switch {
	case a.kind == infinite || b.kind == zero:
		return c.invalid()
	case a.kind == zero || b.kind == infinite:
		c.Quotient = sign
		return c.Round(d)
	}
	// rest is what is left, times 2^exp of b's unit; it stays below b.man.
	q := uint64(0)
	rest := a.man
	exp := a.exp - b.exp
	switch {
	case exp < -1:
		c.Quotient = sign
		return c.round(a.neg, a.exp, a.man, 0)
	case exp == -1:
		// Only the nearest quotient may be 1.
		if !nearest || a.man <= b.man {
			c.Quotient = sign
			return c.round(a.neg, a.exp, a.man, 0)
		}
		// b - a, in units of half of b's.
		hi, lo := b.man>>1, b.man<<63
		ah, al := shiftRight(a.man, 0, 2)
		lo, borrow := bits.Sub64(lo, al, 0)
		hi, _ = bits.Sub64(hi, ah, borrow)
		hi, lo, shift := normalize(hi, lo)
		c.Quotient = sign | 1
		return c.round(!a.neg, b.exp+1-shift, hi, lo)
	}
	if rest >= b.man {
		rest -= b.man
		q = 1
	}
	for exp > 0 {
		n := min(exp, 63)
		hi, lo := rest>>(64-n), rest<<n
		var part uint64
		part, rest = bits.Div64(hi, lo, b.man)
		q = q<<n | part
		exp -= n
	}
	neg := a.neg
	if nearest {
		twice := rest << 1
		if rest>>63 != 0 || twice > b.man || twice == b.man && q&1 != 0 {
			rest = b.man - rest
			neg = !neg
			q++
		}
	}
	c.Quotient = sign | uint8(q&0x7f)
	if rest == 0 {
		return makeZero(a.neg)
	}
	shift := bits.LeadingZeros64(rest)
	return c.round(neg, b.exp-shift, rest<<shift, 0)
}

// Scale returns d*2^s, with s cut to a whole number.
func (c *Context) Scale(d, s cpu.Extended) cpu.Extended {
	if r, ok := c.nanOf(d, s); ok {
		return r
	}
	a, b := unpack(d), unpack(s)
	switch {
	case b.kind == infinite:
		return c.invalid()
	case a.kind != finite:
		return d
	}
	by := 0
	if b.kind == finite && b.exp >= 0 {
		if b.exp > 15 {
			b.exp, b.man = 15, 1<<63|1<<62 // enough for anything to be out of range
		}
		by = int(b.man >> (63 - b.exp))
		if b.neg {
			by = -by
		}
	}
	return c.round(a.neg, a.exp+by, a.man, 0)
}

// Exponent returns x's exponent as a number, Mantissa its mantissa, of at least
// 1 and less than 2.
func (c *Context) Exponent(x cpu.Extended) cpu.Extended {
	if r, ok := c.nanOf(x, x); ok {
		return r
	}
	n := unpack(x)
	switch n.kind {
	case infinite:
		return c.invalid()
	case zero:
		return x
	}
	return c.Round(FromInt(int32(n.exp)))
}

// Mantissa returns x's mantissa.
func (c *Context) Mantissa(x cpu.Extended) cpu.Extended {
	if r, ok := c.nanOf(x, x); ok {
		return r
	}
	n := unpack(x)
	switch n.kind {
	case infinite:
		return c.invalid()
	case zero:
		return x
	}
	return c.round(n.neg, 0, n.man, 0)
}

// Compare returns something with the sign of d-s and zero if they are equal, a
// NaN if there is one. Infinities compare as numbers.
func (c *Context) Compare(d, s cpu.Extended) cpu.Extended {
	if r, ok := c.nanOf(d, s); ok {
		return r
	}
	a, b := unpack(d), unpack(s)
	order := 0
	switch {
	case a.kind == zero && b.kind == zero:
		return makeZero(a.neg)
	case a.kind == zero:
		order = -1
	case b.kind == zero:
		order = 1
	case a.neg != b.neg:
		order = 1
	case a.kind != b.kind: // one is infinite
		if order = -1; a.kind == infinite {
			order = 1
		}
	case a.kind == infinite:
	case a.exp != b.exp:
		order = a.exp - b.exp
	case a.man != b.man:
		if order = -1; a.man > b.man {
			order = 1
		}
	}
	neg := a.neg
	if a.kind == zero {
		neg = b.neg
	}
	switch {
	case order == 0:
		return makeZero(a.neg)
	case order > 0:
		return cpu.Extended{High: signBit(neg) | bias, Mantissa: 1 << 63}
	}
	return cpu.Extended{High: signBit(!neg) | bias, Mantissa: 1 << 63}
}
