package extended

import (
	"math/bits"

	"github.com/crossplug/crossplug/guest/cpu"
)

// FromInt returns a whole number, which is exact.
func FromInt(v int32) cpu.Extended {
	if v == 0 {
		return cpu.Extended{}
	}
	neg := v < 0
	m := uint64(v)
	if neg {
		m = -m
	}
	shift := bits.LeadingZeros64(m)
	return pack(neg, 63-shift, m<<shift)
}

// FromSingle returns the number that an IEEE single is.
func FromSingle(v uint32) cpu.Extended {
	return fromIEEE(v>>31 != 0, int(v>>23&0xff), 0xff, 127, uint64(v)<<41>>1)
}

// FromDouble returns the number that an IEEE double is.
func FromDouble(v uint64) cpu.Extended {
	return fromIEEE(v>>63 != 0, int(v>>52&0x7ff), 0x7ff, 1023, v<<12>>1)
}

// fromIEEE makes a number of a sign, an exponent that is all ones for what is no
// number, and a fraction below the highest bit.
func fromIEEE(neg bool, exp, most, ieeeBias int, fraction uint64) cpu.Extended {
	switch {
	case exp == most:
		return cpu.Extended{High: signBit(neg) | 0x7fff, Mantissa: fraction}
	case exp != 0:
		return pack(neg, exp-ieeeBias, fraction|1<<63)
	case fraction == 0:
		return makeZero(neg)
	}
	shift := bits.LeadingZeros64(fraction)
	return pack(neg, 1-ieeeBias-shift, fraction<<shift)
}

// ToSingle and ToDouble round to a format in memory.
func (c *Context) ToSingle(x cpu.Extended) uint32 {
	return uint32(c.toIEEE(x, Single, 23, 127, 0xff))
}

// ToDouble rounds to an IEEE double.
func (c *Context) ToDouble(x cpu.Extended) uint64 {
	return c.toIEEE(x, Double, 52, 1023, 0x7ff)
}

func (c *Context) toIEEE(x cpu.Extended, p Precision, width uint, ieeeBias int, most uint64) uint64 {
	sign := uint64(x.High>>15) << uint(bits.Len64(most)+int(width))
	if r, ok := c.nanOf(x, x); ok {
		return sign | most<<width | r.Mantissa<<1>>(64-width)
	}
	n := unpack(x)
	switch n.kind {
	case zero:
		return sign
	case infinite:
		return sign | most<<width
	}
	r := unpack(c.roundTo(p, n.neg, n.exp, n.man, 0))
	switch {
	case r.kind == zero:
		return sign
	case r.kind == infinite:
		return sign | most<<width
	case r.exp < limits[p].min:
		return sign | r.man>>(63-width)>>uint(limits[p].min-r.exp)
	}
	return sign | uint64(r.exp+ieeeBias)<<width | r.man<<1>>(64-width)
}

// ToInt rounds to a whole number of 8, 16 or 32 bits. What does not fit becomes
// the greatest or the smallest, a NaN its mantissa's highest bits.
func (c *Context) ToInt(x cpu.Extended, width uint) uint32 {
	if r, ok := c.nanOf(x, x); ok {
		c.Flags |= OPERR
		return uint32(r.Mantissa >> (64 - width))
	}
	limit := uint64(1) << (width - 1)
	n := unpack(x)
	if n.kind == zero {
		return 0
	}
	v, tooLarge := uint64(0), n.kind == infinite || n.exp > 40
	inexact := false
	if !tooLarge {
		hi, rest := shiftRight(n.man, 0, uint(min(63-n.exp, 200)))
		if inexact = rest != 0; inexact && c.up(n.neg, hi&1 != 0, rest) {
			hi++
		}
		v = hi
		tooLarge = v > limit || v == limit && !n.neg
	}
	if tooLarge {
		c.Flags |= OPERR
		if n.neg {
			return uint32(limit)
		}
		return uint32(limit - 1)
	}
	if inexact {
		c.Flags |= INEX2
	}
	if n.neg {
		v = -v
	}
	return uint32(v) & uint32(1<<width-1)
}
