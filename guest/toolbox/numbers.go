package toolbox

import (
	"math"
	"math/big"
)

// Numbers of fixed point ("Inside Macintosh: Operating System Utilities", chapter
// 3) and bits: a Fixed has 16 bits of fraction, a Fract 30.

// saturate makes 32 bits of a number.
func saturate(v int64) int32 { return int32(min(max(v, math.MinInt32), math.MaxInt32)) }

// divide rounds a quotient to the nearest; by 0 it is the largest number.
func divide(a, b int64) int32 {
	if b == 0 {
		if a < 0 {
			return math.MinInt32
		}
		return math.MaxInt32
	}
	negative := (a < 0) != (b < 0)
	ua, ub := uint64(max(a, -a)), uint64(max(b, -b))
	q := int64((ua + ub/2) / ub)
	if negative {
		q = -q
	}
	return saturate(q)
}

// FixMul returns a product.
func (t *Toolbox) FixMul(a, b int32) int32 { return saturate((int64(a)*int64(b) + 1<<15) >> 16) }

// FixDiv returns a quotient.
func (t *Toolbox) FixDiv(a, b int32) int32 { return divide(int64(a)<<16, int64(b)) }

// FixRatio returns the quotient of whole numbers.
func (t *Toolbox) FixRatio(a, b int16) int32 { return divide(int64(a)<<16, int64(b)) }

// FixRound rounds to a whole number.
func (t *Toolbox) FixRound(a int32) int16 {
	return int16(min((int64(a)+1<<15)>>16, math.MaxInt16))
}

// Fix2Long rounds to a whole number.
func (t *Toolbox) Fix2Long(a int32) int32 { return int32((int64(a) + 1<<15) >> 16) }

// Long2Fix returns a whole number.
func (t *Toolbox) Long2Fix(a int32) int32 { return saturate(int64(a) << 16) }

// Fix2Frac converts.
func (t *Toolbox) Fix2Frac(a int32) int32 { return saturate(int64(a) << 14) }

// Frac2Fix converts.
func (t *Toolbox) Frac2Fix(a int32) int32 { return int32((int64(a) + 1<<13) >> 14) }

// FracMul returns a product.
func (t *Toolbox) FracMul(a, b int32) int32 { return saturate((int64(a)*int64(b) + 1<<29) >> 30) }

// FracDiv returns a quotient.
func (t *Toolbox) FracDiv(a, b int32) int32 { return divide(int64(a)<<30, int64(b)) }

// FracSqrt returns the square root of a number from 0 to 4.
func (t *Toolbox) FracSqrt(a int32) int32 {
	square := new(big.Int).Lsh(big.NewInt(int64(uint32(a))), 32) // one bit more, to round
	return int32((new(big.Int).Sqrt(square).Uint64() + 1) / 2)
}

// fract returns the nearest Fract.
func fract(v float64) int32 { return int32(math.RoundToEven(v * (1 << 30))) }

// FracSin returns the sine of an angle in radians.
func (t *Toolbox) FracSin(a int32) int32 { return fract(math.Sin(float64(a) / (1 << 16))) }

// FracCos returns the cosine of an angle in radians.
func (t *Toolbox) FracCos(a int32) int32 { return fract(math.Cos(float64(a) / (1 << 16))) }

// FixATan2 returns the angle of a vector in radians.
func (t *Toolbox) FixATan2(x, y int32) int32 {
	return int32(math.RoundToEven(math.Atan2(float64(y), float64(x)) * (1 << 16)))
}

// BitAnd returns the bits of both.
func (t *Toolbox) BitAnd(a, b int32) int32 { return a & b }

// BitXor returns the bits of one of them.
func (t *Toolbox) BitXor(a, b int32) int32 { return a ^ b }

// BitNot returns the other bits.
func (t *Toolbox) BitNot(a int32) int32 { return ^a }

// BitOr returns the bits of either.
func (t *Toolbox) BitOr(a, b int32) int32 { return a | b }

// BitShift shifts to the left, or if count is negative to the right.
func (t *Toolbox) BitShift(a int32, count int16) int32 {
	if count < 0 {
		return int32(uint32(a) >> (uint16(-count) % 32))
	}
	return int32(uint32(a) << (uint16(count) % 32))
}

// bit finds a bit, counted from the highest of the first byte.
func bit(bytes uint32, n int32) (at uint32, mask uint8) {
	return bytes + uint32(n>>3), 0x80 >> (n & 7)
}

// BitTst says whether a bit is set.
func (t *Toolbox) BitTst(bytes uint32, n int32) bool {
	at, mask := bit(bytes, n)
	return t.u8(at)&mask != 0
}

// BitSet sets a bit.
func (t *Toolbox) BitSet(bytes uint32, n int32) {
	at, mask := bit(bytes, n)
	t.put8(at, t.u8(at)|mask)
}

// BitClr clears a bit.
func (t *Toolbox) BitClr(bytes uint32, n int32) {
	at, mask := bit(bytes, n)
	t.put8(at, t.u8(at)&^mask)
}

// HiWord returns the high half.
func (t *Toolbox) HiWord(a int32) int16 { return int16(a >> 16) }

// LoWord returns the low half.
func (t *Toolbox) LoWord(a int32) int16 { return int16(a) }

// LongMul writes a product of 64 bits.
func (t *Toolbox) LongMul(a, b int32, to uint32) { t.put64(to, uint64(int64(a)*int64(b))) }

// Random returns QuickDraw's next random number, from -32767 to 32767. Its seed is one
// of QuickDraw's globals where there are any.
func (t *Toolbox) Random() int16 {
	globals := t.u32(t.u32(lowCurrentA5))
	seed := globals - (-globalRandSeed)
	if globals != 0 {
		t.random = int32(t.u32(seed))
	}
	t.random = int32(int64(t.random) * 16807 % math.MaxInt32)
	if globals != 0 {
		t.put32(seed, uint32(t.random))
	}
	if v := int16(t.random); v != math.MinInt16 {
		return v
	}
	return 0
}
