package toolbox

import (
	"fmt"
	"math/big"

	"github.com/crossplug/crossplug/guest/cpu"
	"github.com/crossplug/crossplug/guest/interp/m68k/extended"
)

// SANE, the arithmetic of the 68K's system, in numbers of 80 bits ("Apple Numerics
// Manual", second edition, part II). The traps FP68K and Elems68K find on the
// stack a word that says what to do, above that the addresses of the operands, the
// destination's first. The word's bits 11 to 13 are the format of the operand that
// is not extended, bit 5 that extended numbers have 96 bits.
//
// The environment, a word, holds the direction of rounding, the precision, and
// which exceptions have been raised. Halts, which programs could ask for, never
// happen.

// Operations of FP68K.
const (
	foADD       = 0x00
	foSETENV    = 0x01
	foSUB       = 0x02
	foGETENV    = 0x03
	foMUL       = 0x04
	foSETHV     = 0x05
	foDIV       = 0x06
	foGETHV     = 0x07
	foCMP       = 0x08
	foD2B       = 0x09
	foCPX       = 0x0a
	foB2D       = 0x0b
	foREM       = 0x0c
	foNEG       = 0x0d
	foZ2X       = 0x0e
	foABS       = 0x0f
	foX2Z       = 0x10
	foSQRT      = 0x12
	foRTI       = 0x14
	foSETXCP    = 0x15
	foTTI       = 0x16
	foPROCENTRY = 0x17
	foSCALB     = 0x18
	foPROCEXIT  = 0x19
	foLOGB      = 0x1a
	foTESTXCP   = 0x1b
	foCLASS     = 0x1c
)

// Formats.
const (
	ffExtended = iota
	ffDouble
	ffSingle
	_
	ffInteger
	ffLong
	ffComp
)

// Exceptions in the environment.
const (
	envInvalid    = 0x0100
	envUnderflow  = 0x0200
	envOverflow   = 0x0400
	envDivByZero  = 0x0800
	envInexact    = 0x1000
	envExceptions = 0x1f00
)

// sane is one operation.
type sane struct {
	t       *Toolbox
	r       *cpu.M68K
	word    uint16
	context extended.Context
}

// FP68K has no other caller than 68K code.
func (t *Toolbox) FP68K() { t.fail(fmt.Errorf("FP68K by other than 68K code: %w", ErrNotImplemented)) }

// Elems68K has no other caller than 68K code.
func (t *Toolbox) Elems68K() {
	t.fail(fmt.Errorf("Elems68K by other than 68K code: %w", ErrNotImplemented))
}

func (t *Toolbox) newSane(r *cpu.M68K) *sane {
	s := &sane{t: t, r: r, word: t.u16(r.A[7])}
	r.A[7] += 2
	s.context.Mode = [4]extended.Mode{extended.Nearest, extended.Plus, extended.Minus, extended.Zero}[t.environment>>13&3]
	s.context.Precision = [4]extended.Precision{extended.Extended, extended.Double, extended.Single, extended.Extended}[t.environment>>5&3]
	return s
}

// operand takes an address off the stack.
func (s *sane) operand() uint32 {
	v := s.t.u32(s.r.A[7])
	s.r.A[7] += 4
	return v
}

// finish notes the exceptions.
func (s *sane) finish() {
	for _, e := range []struct {
		flags extended.Flags
		bit   uint16
	}{{extended.OPERR | extended.SNAN, envInvalid}, {extended.UNFL, envUnderflow}, {extended.OVFL, envOverflow}, {extended.DZ, envDivByZero}, {extended.INEX1 | extended.INEX2, envInexact}} {
		if s.context.Flags&e.flags != 0 {
			s.t.environment |= e.bit
		}
	}
}

// extended reads a number of 80 bits.
func (t *Toolbox) extended(at uint32) cpu.Extended {
	return cpu.Extended{High: t.u16(at), Mantissa: t.u64(at + 2)}
}

func (t *Toolbox) putExtended(at uint32, x cpu.Extended) {
	t.put16(at, x.High)
	t.put64(at+2, x.Mantissa)
}

const wide = 0x20 // bit of the word: extended numbers have 96 bits

func (s *sane) loadExtended(at uint32) cpu.Extended {
	if s.word&wide != 0 {
		return cpu.Extended{High: s.t.u16(at), Mantissa: s.t.u64(at + 4)}
	}
	return s.t.extended(at)
}

func (s *sane) storeExtended(at uint32, x cpu.Extended) {
	if s.word&wide != 0 {
		s.t.put16(at, x.High)
		s.t.put16(at+2, 0)
		s.t.put64(at+4, x.Mantissa)
		return
	}
	s.t.putExtended(at, x)
}

func (s *sane) format() uint16 { return s.word >> 11 & 7 }

// load reads an operand of the word's format.
func (s *sane) load(at uint32) cpu.Extended {
	switch s.format() {
	case ffExtended:
		return s.loadExtended(at)
	case ffDouble:
		return extended.FromDouble(s.t.u64(at))
	case ffSingle:
		return extended.FromSingle(s.t.u32(at))
	case ffInteger:
		return extended.FromInt(int32(int16(s.t.u16(at))))
	case ffLong:
		return extended.FromInt(int32(s.t.u32(at)))
	case ffComp:
		v := int64(s.t.u64(at))
		if v == -1<<63 {
			return saneNaN
		}
		return fromBig(new(big.Float).SetInt64(v))
	}
	s.unknown()
	return saneNaN
}

// saneNaN is a quiet NaN.
var saneNaN = cpu.Extended{High: 0x7fff, Mantissa: 0xc000000000000000}

// store writes an operand of the word's format.
func (s *sane) store(at uint32, x cpu.Extended) {
	c := &s.context
	switch s.format() {
	case ffExtended:
		s.storeExtended(at, c.Round(x))
	case ffDouble:
		s.t.put64(at, c.ToDouble(x))
	case ffSingle:
		s.t.put32(at, c.ToSingle(x))
	case ffInteger:
		v := c.ToInt(x, 16)
		if c.Flags&extended.OPERR != 0 {
			v = 0x8000
		}
		s.t.put16(at, uint16(v))
	case ffLong:
		v := c.ToInt(x, 32)
		if c.Flags&extended.OPERR != 0 {
			v = 0x80000000
		}
		s.t.put32(at, v)
	case ffComp:
		v := int64(-1 << 63)
		if f := toBig(c.Int(x)); f != nil && f.MantExp(nil) < 64 {
			v, _ = f.Int64()
		} else {
			c.Flags |= extended.OPERR
		}
		s.t.put64(at, uint64(v))
	default:
		s.unknown()
	}
}

func (s *sane) unknown() {
	s.t.fail(fmt.Errorf("operation 0x%04x of SANE: %w", s.word, ErrNotImplemented))
}

// toBig returns a finite number, nil for others.
func toBig(x cpu.Extended) *big.Float {
	if x.High&0x7fff == 0x7fff {
		return nil
	}
	f := new(big.Float).SetUint64(x.Mantissa)
	f.SetMantExp(f, int(max(x.High&0x7fff, 1))-16383-63)
	if x.High&0x8000 != 0 {
		f.Neg(f)
	}
	return f
}

// fromBig rounds a number to 80 bits, to the nearest.
func fromBig(f *big.Float) cpu.Extended {
	sign := uint16(0)
	if f.Signbit() {
		sign = 0x8000
	}
	if f.IsInf() {
		return cpu.Extended{High: sign | 0x7fff}
	}
	rounded := new(big.Float).SetPrec(64).SetMode(big.ToNearestEven).Set(f)
	if rounded.Sign() == 0 {
		return cpu.Extended{High: sign}
	}
	mantissa := new(big.Float)
	exponent := rounded.MantExp(mantissa) - 1 + 16383
	m, _ := mantissa.SetMantExp(mantissa, 64).Abs(mantissa).Uint64()
	switch {
	case exponent >= 0x7fff:
		return cpu.Extended{High: sign | 0x7fff}
	case exponent < -64:
		return cpu.Extended{High: sign}
	case exponent <= 0:
		return cpu.Extended{High: sign, Mantissa: m >> (1 - exponent)}
	}
	return cpu.Extended{High: sign | uint16(exponent), Mantissa: m}
}

func (t *Toolbox) fP68K68K(r *cpu.M68K) {
	s := t.newSane(r)
	c := &s.context
	switch op := s.word & 0x1f; op {
	case foSETENV:
		t.environment = t.u16(s.operand()) & 0x7f7f
	case foGETENV:
		t.put16(s.operand(), t.environment)
	case foSETHV:
		t.haltVector = t.u32(s.operand())
	case foGETHV:
		t.put32(s.operand(), t.haltVector)
	case foSETXCP:
		t.environment |= exceptions(t.u16(s.operand()))
	case foTESTXCP:
		at := s.operand()
		v := t.u16(at)
		t.put16(at, uint16(boolean(t.environment&exceptions(v) != 0)<<8)|v&0xff)
	case foPROCENTRY:
		t.put16(s.operand(), t.environment)
		t.environment = 0
	case foPROCEXIT:
		t.environment = t.u16(s.operand())&0x7f7f | t.environment&envExceptions
	case foADD, foSUB, foMUL, foDIV, foREM, foSCALB:
		at, source := s.operand(), s.operand()
		x, y := s.loadExtended(at), s.load(source)
		if op == foREM {
			x = c.Rem(x, y)
			q := int16(c.Quotient & 0x7f)
			if c.Quotient&0x80 != 0 {
				q = -q
			}
			s.r.D[0] = s.r.D[0]&^0xffff | uint32(uint16(q))
		} else {
			x = map[uint16]func(d, s cpu.Extended) cpu.Extended{foADD: c.Add, foSUB: c.Sub, foMUL: c.Mul, foDIV: c.Div, foSCALB: c.Scale}[op](x, y)
		}
		s.storeExtended(at, x)
	case foCMP, foCPX:
		at, source := s.operand(), s.operand()
		s.compare(s.loadExtended(at), s.load(source), op == foCPX)
	case foZ2X:
		at, source := s.operand(), s.operand()
		s.storeExtended(at, c.Round(s.load(source)))
	case foX2Z:
		at, source := s.operand(), s.operand()
		s.store(at, s.loadExtended(source))
	case foSQRT, foRTI, foTTI, foLOGB:
		at := s.operand()
		x := s.loadExtended(at)
		s.storeExtended(at, map[uint16]func(cpu.Extended) cpu.Extended{foSQRT: c.Sqrt, foRTI: c.Int, foTTI: c.Trunc, foLOGB: c.Exponent}[op](x))
	case foNEG, foABS: // which change nothing but the sign
		at := s.operand()
		x := s.loadExtended(at)
		x.High &= 0x7fff | (x.High^0x8000)&map[uint16]uint16{foNEG: 0x8000}[op]
		s.storeExtended(at, x)
	case foCLASS:
		at, source := s.operand(), s.operand()
		t.put16(at, uint16(class(s.load(source))))
	case foB2D:
		at, source, form := s.operand(), s.operand(), s.operand()
		s.toDecimal(at, s.load(source), t.form(form))
	case foD2B:
		at, source := s.operand(), s.operand()
		d := t.decimal(source)
		x := fromBig(d.big(64))
		if d.special() {
			x = extended.FromDouble(toBits(d.double()))
		}
		s.store(at, x)
	default:
		s.unknown()
	}
	s.finish()
}

// exceptions are the bits of the environment for a mask, which may be in either
// byte of a word.
func exceptions(mask uint16) uint16 { return (mask | mask<<8) & envExceptions }

// compare sets the condition codes: less is X, N and C; equal Z; unordered V.
func (s *sane) compare(x, y cpu.Extended, signals bool) {
	s.r.SR &^= cpu.FlagX | cpu.FlagN | cpu.FlagZ | cpu.FlagV | cpu.FlagC
	d := s.context.Compare(x, y)
	switch {
	case extended.IsNaN(d):
		s.r.SR |= cpu.FlagV
		if signals {
			s.context.Flags |= extended.OPERR
		}
	case d.Mantissa == 0 && d.High&0x7fff != 0x7fff:
		s.r.SR |= cpu.FlagZ
	case d.High&0x8000 != 0:
		s.r.SR |= cpu.FlagX | cpu.FlagN | cpu.FlagC
	}
}

// class is 1 for a signalling NaN, 2 a quiet one, 3 infinity, 4 zero, 5 a normal
// and 6 a denormalised number; negative if the number is.
func class(x cpu.Extended) int16 {
	v := int16(5)
	switch e := x.High & 0x7fff; {
	case extended.IsNaN(x) && x.Mantissa>>62&1 == 0:
		v = 1
	case extended.IsNaN(x):
		v = 2
	case e == 0x7fff:
		v = 3
	case x.Mantissa == 0:
		v = 4
	case x.Mantissa>>63 == 0:
		v = 6
	}
	if x.High&0x8000 != 0 {
		return -v
	}
	return v
}

func (s *sane) toDecimal(at uint32, x cpu.Extended, f decimalForm) {
	d := specialDecimal(fromBits(s.context.ToDouble(x)))
	if b := toBig(x); b != nil {
		s.context.Flags = 0 // only the double did not fit
		d = toDecimal(b, f)
	}
	s.t.putDecimal(at, d)
}

// Operations of Elems68K.
const (
	foLNX      = 0x00
	foLOG2X    = 0x02
	foLN1X     = 0x04
	foLOG21X   = 0x06
	foEXPX     = 0x08
	foEXP2X    = 0x0a
	foEXP1X    = 0x0c
	foEXP21X   = 0x0e
	foXPWRI    = 0x10
	foXPWRY    = 0x12
	foCOMPOUND = 0x14
	foANNUITY  = 0x16
	foSINX     = 0x18
	foCOSX     = 0x1a
	foTANX     = 0x1c
	foATANX    = 0x1e
	foRANDX    = 0x20
)

var elementary = map[uint16]extended.Function{
	foLNX: extended.Log, foLOG2X: extended.Log2, foLN1X: extended.Log1p, foEXPX: extended.Exp, foEXP2X: extended.Exp2, foEXP1X: extended.Expm1,
	foSINX: extended.Sin, foCOSX: extended.Cos, foTANX: extended.Tan, foATANX: extended.Atan,
}

func (t *Toolbox) elems68K68K(r *cpu.M68K) {
	s := t.newSane(r)
	c := &s.context
	op := s.word & 0x7f
	s.word = s.word&0x80>>2 | s.word&^0x38ff // here bit 7 says that numbers have 96 bits
	at := s.operand()
	x := s.loadExtended(at)
	f, simple := elementary[op]
	switch {
	case simple:
		x = c.Call(f, x)
	case op == foLOG21X:
		x = c.Div(c.Call(extended.Log1p, x), c.Call(extended.Log, extended.FromInt(2)))
	case op == foEXP21X:
		x = c.Call(extended.Expm1, c.Mul(x, c.Call(extended.Log, extended.FromInt(2))))
	case op == foXPWRI:
		x = s.power(x, extended.FromInt(int32(int16(t.u16(s.operand())))))
	case op == foXPWRY:
		x = s.power(x, s.loadExtended(s.operand()))
	case op == foCOMPOUND: // (1+r)^n: n, then r
		n := s.loadExtended(s.operand())
		rate := s.loadExtended(s.operand())
		x = c.Call(extended.Exp, c.Mul(n, c.Call(extended.Log1p, rate)))
	case op == foANNUITY: // (1-(1+r)^-n)/r
		n := s.loadExtended(s.operand())
		rate := s.loadExtended(s.operand())
		if rate.Mantissa == 0 && rate.High&0x7fff == 0 {
			x = n
			break
		}
		x = c.Call(extended.Expm1, c.Neg(c.Mul(n, c.Call(extended.Log1p, rate))))
		x = c.Neg(c.Div(x, rate))
	case op == foRANDX:
		x = c.Mod(c.Mul(x, extended.FromInt(16807)), extended.FromInt(1<<31-1))
	default:
		s.unknown()
	}
	s.storeExtended(at, x)
	s.finish()
}

// mostPower is up to which whole exponent powers are exact but for one rounding.
const mostPower = 1 << 15

// power returns x^y.
func (s *sane) power(x, y cpu.Extended) cpu.Extended {
	c := &s.context
	base, exponent := toBig(x), toBig(y)
	if exponent != nil && exponent.Sign() == 0 {
		return extended.FromInt(1)
	}
	if base != nil && base.Sign() != 0 && exponent != nil && exponent.IsInt() {
		if n, _ := exponent.Int64(); n >= -mostPower && n <= mostPower {
			return c.Round(fromBig(wholePower(base, n)))
		}
	}
	negative := x.High&0x8000 != 0
	if negative {
		x.High &= 0x7fff
	}
	z := c.Call(extended.Exp2, c.Mul(y, c.Call(extended.Log2, x)))
	if negative {
		if exponent == nil || !exponent.IsInt() {
			c.Flags |= extended.OPERR
			return saneNaN
		}
		if whole, _ := exponent.Int(nil); whole.Bit(0) != 0 {
			z.High |= 0x8000
		}
	}
	return z
}

// wholePower multiplies with four times the bits that the result has.
func wholePower(base *big.Float, n int64) *big.Float {
	z := new(big.Float).SetPrec(256).SetInt64(1)
	b := new(big.Float).SetPrec(256).Set(base)
	for m := max(n, -n); m > 0; m >>= 1 {
		if m&1 != 0 {
			z.Mul(z, b)
		}
		b.Mul(b, b)
	}
	if n < 0 {
		if z.Sign() == 0 {
			return z.SetInf(z.Signbit())
		}
		z.Quo(new(big.Float).SetInt64(1), z)
	}
	return z
}
