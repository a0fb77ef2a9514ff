package toolbox

import (
	"math"
	"math/big"

	"github.com/crossplug/crossplug/guest/cpu"
	"github.com/crossplug/crossplug/guest/interp/m68k/extended"
)

// The mathematical library of PowerPC code ("Inside Macintosh: PowerPC Numerics",
// Part 2). Its results may differ from the original's in the last bit. Calls raise
// no exceptions but by feraiseexcept.

func fromBits(v uint64) float64 { return math.Float64frombits(v) }

func toBits(v float64) uint64 { return math.Float64bits(v) }

// Sin returns a sine.
func (t *Toolbox) Sin(x float64) float64 { return math.Sin(x) }

// Cos returns a cosine.
func (t *Toolbox) Cos(x float64) float64 { return math.Cos(x) }

// Tan returns a tangent.
func (t *Toolbox) Tan(x float64) float64 { return math.Tan(x) }

// Asin returns an arc sine.
func (t *Toolbox) Asin(x float64) float64 { return math.Asin(x) }

// Acos returns an arc cosine.
func (t *Toolbox) Acos(x float64) float64 { return math.Acos(x) }

// Atan returns an arc tangent.
func (t *Toolbox) Atan(x float64) float64 { return math.Atan(x) }

// Atan2 returns the angle of a vector.
func (t *Toolbox) Atan2(y, x float64) float64 { return math.Atan2(y, x) }

// Sinh returns a hyperbolic sine.
func (t *Toolbox) Sinh(x float64) float64 { return math.Sinh(x) }

// Cosh returns a hyperbolic cosine.
func (t *Toolbox) Cosh(x float64) float64 { return math.Cosh(x) }

// Tanh returns a hyperbolic tangent.
func (t *Toolbox) Tanh(x float64) float64 { return math.Tanh(x) }

// Asinh returns an inverse hyperbolic sine.
func (t *Toolbox) Asinh(x float64) float64 { return math.Asinh(x) }

// Acosh returns an inverse hyperbolic cosine.
func (t *Toolbox) Acosh(x float64) float64 { return math.Acosh(x) }

// Atanh returns an inverse hyperbolic tangent.
func (t *Toolbox) Atanh(x float64) float64 { return math.Atanh(x) }

// Exp returns e to the x.
func (t *Toolbox) Exp(x float64) float64 { return math.Exp(x) }

// Exp2 returns 2 to the x.
func (t *Toolbox) Exp2(x float64) float64 { return math.Exp2(x) }

// Expm1 returns e to the x, less 1.
func (t *Toolbox) Expm1(x float64) float64 { return math.Expm1(x) }

// Log returns a natural logarithm.
func (t *Toolbox) Log(x float64) float64 { return math.Log(x) }

// Log2 returns a binary logarithm.
func (t *Toolbox) Log2(x float64) float64 { return math.Log2(x) }

// Log10 returns a decimal logarithm.
func (t *Toolbox) Log10(x float64) float64 { return math.Log10(x) }

// Log1p returns the natural logarithm of 1+x.
func (t *Toolbox) Log1p(x float64) float64 { return math.Log1p(x) }

// Logb returns the exponent.
func (t *Toolbox) Logb(x float64) float64 { return math.Logb(x) }

// Pow returns x to the y.
func (t *Toolbox) Pow(x, y float64) float64 { return math.Pow(x, y) }

// Sqrt returns a square root.
func (t *Toolbox) Sqrt(x float64) float64 { return math.Sqrt(x) }

// Hypot returns the length of a vector.
func (t *Toolbox) Hypot(x, y float64) float64 { return math.Hypot(x, y) }

// Erf returns the error function.
func (t *Toolbox) Erf(x float64) float64 { return math.Erf(x) }

// Erfc returns 1 less the error function.
func (t *Toolbox) Erfc(x float64) float64 { return math.Erfc(x) }

// Gamma returns the gamma function.
func (t *Toolbox) Gamma(x float64) float64 { return math.Gamma(x) }

// Fabs returns an absolute value.
func (t *Toolbox) Fabs(x float64) float64 { return math.Abs(x) }

// Floor returns the next whole number below.
func (t *Toolbox) Floor(x float64) float64 { return math.Floor(x) }

// Ceil returns the next whole number above.
func (t *Toolbox) Ceil(x float64) float64 { return math.Ceil(x) }

// Trunc returns a number without its fraction.
func (t *Toolbox) Trunc(x float64) float64 { return math.Trunc(x) }

// Round returns the nearest whole number, of two the larger.
func (t *Toolbox) Round(x float64) float64 { return math.Round(x) }

// Rint returns the nearest whole number, of two the even one, or rounds as the
// processor does.
func (t *Toolbox) Rint(x float64) float64 {
	switch t.Fegetround() {
	case 1:
		return math.Trunc(x)
	case 2:
		return math.Ceil(x)
	case 3:
		return math.Floor(x)
	}
	return math.RoundToEven(x)
}

// fpscr is the processor's status of floating point; nobody's, if there is none.
func (t *Toolbox) fpscr() *uint32 {
	if r := t.processors.PPCRegisters; r != nil {
		return &r.FPSCR
	}
	return new(uint32)
}

// Fegetround returns the direction of rounding: 0 nearest, 1 to zero, 2 up, 3 down.
func (t *Toolbox) Fegetround() int32 { return int32(*t.fpscr() & cpu.FPRN) }

// Fesetround sets the direction of rounding, and says whether there is such a one.
func (t *Toolbox) Fesetround(direction int32) int32 {
	if direction&^cpu.FPRN != 0 {
		return 0
	}
	f := t.fpscr()
	*f = *f&^cpu.FPRN | uint32(direction)
	return 1
}

// The exceptions have the FPSCR's bits.
const (
	fpExceptions = cpu.FPVX | cpu.FPOX | cpu.FPUX | cpu.FPZX | cpu.FPXX
	fpInvalid    = cpu.FPVXSNAN | cpu.FPVXISI | cpu.FPVXIDI | cpu.FPVXZDZ | cpu.FPVXIMZ | cpu.FPVXVC | cpu.FPVXSOFT | cpu.FPVXSQRT | cpu.FPVXCVI
)

// Fetestexcept returns which of some exceptions have been raised.
func (t *Toolbox) Fetestexcept(exceptions int32) int32 {
	return int32(*t.fpscr() & uint32(exceptions) & fpExceptions)
}

// Feclearexcept forgets exceptions.
func (t *Toolbox) Feclearexcept(exceptions int32) {
	f := t.fpscr()
	*f &^= uint32(exceptions) & fpExceptions
	if exceptions&cpu.FPVX != 0 {
		*f &^= fpInvalid
	}
}

// Feraiseexcept raises exceptions.
func (t *Toolbox) Feraiseexcept(exceptions int32) {
	e := uint32(exceptions) & fpExceptions
	if e == 0 {
		return
	}
	f := t.fpscr()
	*f |= e | cpu.FPFX
	if e&cpu.FPVX != 0 {
		*f |= cpu.FPVXSOFT
	}
}

// long makes 32 bits of a whole number; what does not fit is the largest or the
// smallest.
func long(x float64) int32 {
	switch {
	case x >= math.MaxInt32:
		return math.MaxInt32
	case x > math.MinInt32:
		return int32(x)
	}
	return math.MinInt32
}

// Roundtol is Round.
func (t *Toolbox) Roundtol(x float64) int32 { return long(math.Round(x)) }

// Rinttol is Rint.
func (t *Toolbox) Rinttol(x float64) int32 { return long(t.Rint(x)) }

// Fmod returns what is left of x when it is divided by y, with x's sign.
func (t *Toolbox) Fmod(x, y float64) float64 { return math.Mod(x, y) }

// Remainder is the IEEE's.
func (t *Toolbox) Remainder(x, y float64) float64 { return math.Remainder(x, y) }

// Modf returns the fraction, and writes the whole number.
func (t *Toolbox) Modf(x float64, whole uint32) float64 {
	w, f := math.Modf(x)
	if math.IsInf(x, 0) {
		f = math.Copysign(0, x)
	}
	t.put64(whole, toBits(w))
	return math.Copysign(f, x)
}

// Frexp returns the mantissa, from 0.5 to 1, and writes the exponent.
func (t *Toolbox) Frexp(x float64, exponent uint32) float64 {
	m, e := math.Frexp(x)
	t.put32(exponent, uint32(e))
	return m
}

// Ldexp returns x times 2 to the n.
func (t *Toolbox) Ldexp(x float64, n int32) float64 { return math.Ldexp(x, int(n)) }

// Scalb is Ldexp.
func (t *Toolbox) Scalb(x float64, n int32) float64 { return math.Ldexp(x, int(n)) }

// Copysign returns the value of x with the sign of y.
func (t *Toolbox) Copysign(x, y float64) float64 { return math.Copysign(x, y) }

// Fdim returns x-y, or 0 if that is negative.
func (t *Toolbox) Fdim(x, y float64) float64 { return math.Dim(x, y) }

// Fmax returns the larger; a NaN counts as missing.
func (t *Toolbox) Fmax(x, y float64) float64 {
	switch {
	case math.IsNaN(x):
		return y
	case math.IsNaN(y):
		return x
	}
	return max(x, y)
}

// Fmin returns the smaller; a NaN counts as missing.
func (t *Toolbox) Fmin(x, y float64) float64 {
	switch {
	case math.IsNaN(x):
		return y
	case math.IsNaN(y):
		return x
	}
	return min(x, y)
}

// Classes of numbers, from <fp.h>.
const (
	fpSNaN = iota
	fpQNaN
	fpInfinite
	fpZero
	fpNormal
	fpSubnormal
)

// Fpclassifyd returns the class of a number.
func (t *Toolbox) Fpclassifyd(x float64) int32 {
	switch v := math.Abs(x); {
	case math.IsNaN(x) && toBits(x)>>51&1 == 0:
		return fpSNaN
	case math.IsNaN(x):
		return fpQNaN
	case math.IsInf(x, 0):
		return fpInfinite
	case v == 0:
		return fpZero
	case v < 0x1p-1022:
		return fpSubnormal
	}
	return fpNormal
}

// Isfinited says whether a number is finite.
func (t *Toolbox) Isfinited(x float64) int32 { return truth(t.Fpclassifyd(x) >= fpZero) }

// Isnormald says whether a number is normal.
func (t *Toolbox) Isnormald(x float64) int32 { return truth(t.Fpclassifyd(x) == fpNormal) }

// Isnand says whether something is not a number.
func (t *Toolbox) Isnand(x float64) int32 { return truth(math.IsNaN(x)) }

// Signbitd says whether the sign is negative.
func (t *Toolbox) Signbitd(x float64) int32 { return truth(math.Signbit(x)) }

// Inf returns infinity.
func (t *Toolbox) Inf() float64 { return math.Inf(1) }

// Nan returns a NaN; the tag is not looked at.
func (t *Toolbox) Nan(uint32) float64 { return fromBits(0x7ff8000000000000) }

// X80tod returns a number of 80 bits: sign and exponent, 2 bytes, mantissa, 8.
func (t *Toolbox) X80tod(x uint32) float64 {
	var c extended.Context
	return fromBits(c.ToDouble(t.extended(x)))
}

// Dtox80 writes a double as 80 bits.
func (t *Toolbox) Dtox80(x, to uint32) { t.putExtended(to, extended.FromDouble(t.u64(x))) }

// Dec2num returns the number that a decimal record is.
func (t *Toolbox) Dec2num(at uint32) float64 {
	d := t.decimal(at)
	if d.special() {
		return d.double()
	}
	f, _ := d.big(53).Float64()
	return f
}

// Num2dec writes a number as a decimal record, as a form says.
func (t *Toolbox) Num2dec(form uint32, x float64, to uint32) {
	d := specialDecimal(x)
	if d == nil {
		d = toDecimal(new(big.Float).SetFloat64(x), t.form(form))
	}
	t.putDecimal(to, d)
}

// Dec2str writes a decimal record as a text, as a form says.
func (t *Toolbox) Dec2str(form, decimal, s uint32) {
	t.write(s, append(t.decimal(decimal).text(t.form(form)), 0))
}

// Str2dec reads a decimal record from a text at an index, which it moves behind
// the number; valid says whether what was read may be the start of a number.
func (t *Toolbox) Str2dec(s, index, to, valid uint32) {
	text := t.cstring(s)
	d, n, more := parseDecimal(text[min(int(t.u16(index)), len(text)):])
	t.put16(index, t.u16(index)+uint16(n))
	t.putDecimal(to, d)
	t.put16(valid, uint16(boolean(more)))
}
