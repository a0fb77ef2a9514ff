package extended

import (
	"math/bits"

	"github.com/crossplug/crossplug/guest/cpu"
)

// The commonest arithmetic: normal numbers in, a normal number out, rounded to the
// nearest in extended or double precision, where nothing can happen but that the
// result is not exact. ok is false for all else, which a Context is for.

// IsNormal says whether x is a normal number.
func IsNormal(x cpu.Extended) bool { return x.High&0x7fff-1 < 0x7ffe && x.Mantissa>>63 != 0 }

// QuickAdd returns d+s.
func QuickAdd(d, s cpu.Extended, double bool) (r cpu.Extended, inexact, ok bool) {
	if !IsNormal(d) || !IsNormal(s) {
		return r, false, false
	}
	if d.High&0x7fff < s.High&0x7fff || d.High&0x7fff == s.High&0x7fff && d.Mantissa < s.Mantissa {
		d, s = s, d
	}
	exp := int(d.High & 0x7fff)
	n := uint(exp - int(s.High&0x7fff))
	if n > 63 {
		return r, false, false
	}
	hi, lo := s.Mantissa>>n, s.Mantissa<<1<<(63-n)
	if (d.High^s.High)&0x8000 == 0 {
		sum, carried := bits.Add64(d.Mantissa, hi, 0)
		if carried != 0 {
			lo = sum<<63 | lo>>1 | lo&1
			sum = sum>>1 | 1<<63
			exp++
		}
		hi = sum
	} else {
		var borrow uint64
		lo, borrow = bits.Sub64(0, lo, 0)
		hi, _ = bits.Sub64(d.Mantissa, hi, borrow)
		if hi == 0 {
			return r, false, false
		}
		if shift := uint(bits.LeadingZeros64(hi)); shift > 0 {
			hi = hi<<shift | lo>>(64-shift)
			lo <<= shift
			exp -= int(shift)
		}
	}
	return nearest(d.High&0x8000, exp, hi, lo, double)
}

// QuickSub returns d-s.
func QuickSub(d, s cpu.Extended, double bool) (r cpu.Extended, inexact, ok bool) {
	s.High ^= 0x8000
	return QuickAdd(d, s, double)
}

// QuickMul returns d*s.
func QuickMul(d, s cpu.Extended, double bool) (r cpu.Extended, inexact, ok bool) {
	if !IsNormal(d) || !IsNormal(s) {
		return r, false, false
	}
	hi, lo := bits.Mul64(d.Mantissa, s.Mantissa)
	exp := int(d.High&0x7fff) + int(s.High&0x7fff) - bias + 1
	if hi>>63 == 0 {
		hi, lo = hi<<1|lo>>63, lo<<1
		exp--
	}
	return nearest((d.High^s.High)&0x8000, exp, hi, lo, double)
}

// QuickDiv returns d/s.
func QuickDiv(d, s cpu.Extended, double bool) (r cpu.Extended, inexact, ok bool) {
	if !IsNormal(d) || !IsNormal(s) {
		return r, false, false
	}
	exp := int(d.High&0x7fff) - int(s.High&0x7fff) + bias
	hi, lo := d.Mantissa, uint64(0)
	if hi >= s.Mantissa {
		hi, lo = hi>>1, hi<<63
	} else {
		exp--
	}
	q, rest := bits.Div64(hi, lo, s.Mantissa)
	more, rest := bits.Div64(rest, 0, s.Mantissa)
	return nearest((d.High^s.High)&0x8000, exp, q, more|b2u(rest != 0), double)
}

// QuickRound returns x.
func QuickRound(x cpu.Extended, double bool) (r cpu.Extended, inexact, ok bool) {
	if !double || !IsNormal(x) {
		return x, false, IsNormal(x)
	}
	return nearest(x.High&0x8000, int(x.High&0x7fff), x.Mantissa, 0, true)
}

// nearest rounds (hi,lo)/2^127 * 2^(exp-bias), the highest bit of hi being set.
func nearest(sign uint16, exp int, hi, lo uint64, double bool) (r cpu.Extended, inexact, ok bool) {
	least, most, unit := 1, 0x7ffe, uint64(1)
	if double {
		least, most, unit = bias-1022, bias+1023, 1<<11
		lo = hi<<53 | b2u(lo != 0)
		hi &^= 1<<11 - 1
	}
	if exp < least {
		return r, false, false
	}
	if lo > 1<<63 || lo == 1<<63 && hi&unit != 0 {
		if hi += unit; hi < unit {
			hi = 1 << 63
			exp++
		}
	}
	return cpu.Extended{High: sign | uint16(exp), Mantissa: hi}, lo != 0, exp <= most
}

// QuickFromDouble returns the number that a normal double is.
func QuickFromDouble(v uint64) (r cpu.Extended, ok bool) {
	exp := uint16(v >> 52 & 0x7ff)
	return cpu.Extended{High: uint16(v>>48)&0x8000 | exp + (bias - 1023), Mantissa: v<<11 | 1<<63}, exp-1 < 0x7fe
}

// QuickToDouble rounds to a normal double.
func QuickToDouble(x cpu.Extended) (v uint64, inexact, ok bool) {
	exp := uint64(x.High&0x7fff) - (bias - 1023)
	if exp-1 >= 0x7fd || x.Mantissa>>63 == 0 {
		return 0, false, false
	}
	rest := x.Mantissa & 0x7ff
	v = exp<<52 + x.Mantissa<<1>>12
	if rest > 0x400 || rest == 0x400 && v&1 != 0 {
		v++ // into the exponent, if need be, which is then the next number all the same
	}
	return v | uint64(x.High&0x8000)<<48, rest != 0, true
}
