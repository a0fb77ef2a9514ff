package extended

import (
	"math/big"

	"github.com/crossplug/crossplug/guest/cpu"
)

// Packed decimal: three longs. The first has the mantissa's sign, the
// exponent's, two bits that are set for what is no number, three digits of
// exponent, a fourth that is only written when three do not do, and the digit
// before the point; the others have sixteen digits after it.

// FromPacked returns the number that a packed decimal is, rounded to extended
// precision; if it is not exact, INEX1 is set.
func (c *Context) FromPacked(w [3]uint32) cpu.Extended {
	neg := w[0]>>31 != 0
	fraction := uint64(w[1])<<32 | uint64(w[2])
	if w[0]&0x7fff0000 == 0x7fff0000 {
		return cpu.Extended{High: signBit(neg) | 0x7fff, Mantissa: fraction}
	}
	digits := uint64(w[0] & 15)
	for shift := 60; shift >= 0; shift -= 4 {
		digits = digits*10 + fraction>>shift&15
	}
	if digits == 0 {
		return makeZero(neg)
	}
	exp := int64(w[0]>>24&15)*100 + int64(w[0]>>20&15)*10 + int64(w[0]>>16&15)
	if w[0]>>30&1 != 0 {
		exp = -exp
	}
	exp -= 16
	v := new(big.Int).SetUint64(digits)
	ten := new(big.Int).Exp(big.NewInt(10), big.NewInt(max(exp, -exp)), nil)
	// A quotient of whole numbers, with more bits than the result has.
	rest := new(big.Int)
	shift := 0
	if exp >= 0 {
		v.Mul(v, ten)
	} else {
		shift = ten.BitLen() + 130
		v.DivMod(v.Lsh(v, uint(shift)), ten, rest)
	}
	f := new(big.Float).SetPrec(uint(v.BitLen())).SetInt(v)
	f.SetMantExp(f, -shift)
	if neg {
		f.Neg(f)
	}
	inner := Context{Mode: c.Mode}
	r := inner.bigResult(f, rest.Sign() != 0)
	if inner.Flags&INEX2 != 0 {
		c.Flags |= INEX1
	}
	return r
}

// ToPacked returns a packed decimal of as many digits as k says: if positive,
// that many in all; otherwise -k after the point of a number written without
// an exponent. There are never more than 17.
func (c *Context) ToPacked(x cpu.Extended, k int) [3]uint32 {
	if r, ok := c.nanOf(x, x); ok {
		return [3]uint32{uint32(r.High&0x8000)<<16 | 0x7fff0000, uint32(r.Mantissa >> 32), uint32(r.Mantissa)}
	}
	n := unpack(x)
	sign := uint32(signBit(n.neg)) << 16
	switch n.kind {
	case infinite:
		return [3]uint32{sign | 0x7fff0000}
	case zero:
		return [3]uint32{sign}
	}
	if k > 17 {
		c.Flags |= OPERR
		k = 17
	}
	exp := decimalExponent(n)
	count := k
	if k <= 0 {
		if count = exp + 1 - k; count > 17 {
			count = 17
		}
		count = max(count, 1)
	}
	digits, inexact := c.decimals(n, exp, count)
	if digits.Cmp(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(count)), nil)) >= 0 {
		exp++ // rounded up to the next power of ten
		digits, inexact = c.decimals(n, exp, count)
	}
	if inexact {
		c.Flags |= INEX2
	}
	text := digits.String()
	for len(text) < count {
		text = "0" + text
	}
	for len(text) < 17 {
		text += "0"
	}
	w := [3]uint32{sign | uint32(text[0]-'0')}
	for i := range 16 {
		w[1+i/8] = w[1+i/8]<<4 | uint32(text[1+i]-'0')
	}
	e := uint32(max(exp, -exp))
	if exp < 0 {
		w[0] |= 1 << 30
	}
	if e > 999 {
		c.Flags |= OPERR
		w[0] |= e / 1000 % 10 << 12
		e %= 1000
	}
	w[0] |= e/100<<24 | e/10%10<<20 | e%10<<16
	return w
}

// decimalExponent returns the exponent of the number's first decimal digit.
func decimalExponent(n number) int {
	// The logarithm is at most one off.
	exp := int(float64(n.exp)*0.30102999566398120) - 1
	for {
		up := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(exp+1, -exp-1))), nil)
		num, den := ratio(n)
		if exp+1 >= 0 {
			den.Mul(den, up)
		} else {
			num.Mul(num, up)
		}
		if num.Cmp(den) < 0 {
			return exp
		}
		exp++
	}
}

// ratio returns the number's magnitude as a fraction.
func ratio(n number) (num, den *big.Int) {
	num, den = new(big.Int).SetUint64(n.man), big.NewInt(1)
	if shift := n.exp - 63; shift >= 0 {
		num.Lsh(num, uint(shift))
	} else {
		den.Lsh(den, uint(-shift))
	}
	return num, den
}

// decimals returns the first so many digits, rounded, of a number whose first
// has an exponent, and whether that is not exact.
func (c *Context) decimals(n number, exp, count int) (*big.Int, bool) {
	num, den := ratio(n)
	by := count - 1 - exp
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(by, -by))), nil)
	if by >= 0 {
		num.Mul(num, power)
	} else {
		den.Mul(den, power)
	}
	q, rest := new(big.Int).DivMod(num, den, new(big.Int))
	if rest.Sign() == 0 {
		return q, false
	}
	// How the rest compares with a half, as round has it.
	bitsBelow := uint64(1)
	switch rest.Lsh(rest, 1).Cmp(den) {
	case 0:
		bitsBelow = 1 << 63
	case 1:
		bitsBelow = 1<<63 | 1
	}
	if c.up(n.neg, q.Bit(0) != 0, bitsBelow) {
		q.Add(q, big.NewInt(1))
	}
	return q, true
}
