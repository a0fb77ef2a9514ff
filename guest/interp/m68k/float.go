package m68k

import (
	"github.com/crossplug/crossplug/guest/cpu"
	"github.com/crossplug/crossplug/guest/interp/m68k/extended"
	isa "github.com/crossplug/crossplug/guest/isa/m68k"
)

// The 68882, which is there from the 68020 on. An exception that the
// FPCR enables is taken when its instruction is done, with the address of the
// next one; the coprocessors wait until the next of theirs.

// Bits of the FPSR: condition codes, and the accrued exceptions.
const (
	floatN   = 1 << 27
	floatZ   = 1 << 26
	floatI   = 1 << 25
	floatNaN = 1 << 24

	accruedIOP  = 1 << 7
	accruedOVFL = 1 << 6
	accruedUNFL = 1 << 5
	accruedDZ   = 1 << 4
	accruedINEX = 1 << 3
)

// resetFloat makes the coprocessor what it is after a reset.
func (c *CPU) resetFloat() {
	for i := range c.FP {
		c.FP[i] = cpu.Extended{High: 0x7fff, Mantissa: 1<<64 - 1}
	}
	c.FPCR, c.FPSR, c.FPIAR = 0, 0, 0
}

func toDoubleBits(v cpu.Extended) uint64 {
	var c extended.Context
	return c.ToDouble(v)
}

func fromDoubleBits(v uint64) cpu.Extended { return extended.FromDouble(v) }

// beginFloat begins an operation that may raise exceptions.
func (c *CPU) beginFloat() *extended.Context {
	c.FPIAR = c.at
	c.FPSR &= 0xffff00ff
	precision := extended.Precision(c.FPCR >> 6 & 3)
	if precision > extended.Double {
		precision = extended.Extended
	}
	c.float = extended.Context{Mode: extended.Mode(c.FPCR >> 4 & 3), Precision: precision}
	return &c.float
}

// endFloat records exceptions, and takes the first that is enabled.
func (c *CPU) endFloat(f extended.Flags) {
	if f == 0 {
		return
	}
	c.FPSR |= uint32(f) << 8
	if f&(extended.BSUN|extended.SNAN|extended.OPERR) != 0 {
		c.FPSR |= accruedIOP
	}
	if f&extended.OVFL != 0 {
		c.FPSR |= accruedOVFL
	}
	if f&extended.UNFL != 0 && f&extended.INEX2 != 0 {
		c.FPSR |= accruedUNFL
	}
	if f&extended.DZ != 0 {
		c.FPSR |= accruedDZ
	}
	if f&(extended.INEX1|extended.INEX2|extended.OVFL) != 0 {
		c.FPSR |= accruedINEX
	}
	if enabled := f & extended.Flags(c.FPCR>>8); enabled != 0 {
		for _, e := range floatVectors {
			if enabled&e.flag != 0 {
				c.exception(e.vector, c.M68K.PC)
				return
			}
		}
	}
}

// floatVectors are the exceptions by priority.
var floatVectors = [...]struct {
	flag   extended.Flags
	vector uint32
}{
	{extended.BSUN, 48}, {extended.SNAN, 54}, {extended.OPERR, 52}, {extended.OVFL, 53}, {extended.UNFL, 51}, {extended.DZ, 50},
	{extended.INEX1 | extended.INEX2, vectorFloatInexact},
}

// setFloatCodes sets the condition codes for a result.
func (c *CPU) setFloatCodes(x cpu.Extended) {
	c.FPSR &^= floatN | floatZ | floatI | floatNaN
	if x.High&0x8000 != 0 {
		c.FPSR |= floatN
	}
	switch {
	case extended.IsNaN(x):
		c.FPSR |= floatNaN
	case x.High&0x7fff == 0x7fff:
		c.FPSR |= floatI
	case x.Mantissa == 0:
		c.FPSR |= floatZ
	}
}

// loadExtended and storeExtended move twelve bytes, two of which mean nothing.
func (c *CPU) loadExtended(a uint32) (cpu.Extended, bool) {
	w, ok := c.loadLongs(a, 3)
	return cpu.Extended{High: uint16(w[0] >> 16), Mantissa: uint64(w[1])<<32 | uint64(w[2])}, ok
}

func (c *CPU) storeExtended(a uint32, x cpu.Extended) bool {
	return c.storeLongs(a, uint32(x.High)<<16, uint32(x.Mantissa>>32), uint32(x.Mantissa))
}

func (c *CPU) loadLongs(a uint32, n uint32) (w [3]uint32, ok bool) {
	for i := range n {
		if w[i], ok = load[uint32](c, a+4*i); !ok {
			return w, false
		}
	}
	return w, true
}

func (c *CPU) storeLongs(a uint32, w ...uint32) bool {
	for i, v := range w {
		if !store(c, a+4*uint32(i), v) {
			return false
		}
	}
	return true
}

// floatOperand returns the source of an operation.
func (c *CPU) floatOperand(f *extended.Context, o *op) (cpu.Extended, bool) {
	from := &o.Args[0]
	if from.Kind == isa.FloatReg {
		return c.FP[from.Reg&7], true
	}
	switch o.Size {
	case isa.Byte:
		v, ok := read[uint8](c, from)
		return extended.FromInt(int32(int8(v))), ok
	case isa.Word:
		v, ok := read[uint16](c, from)
		return extended.FromInt(int32(int16(v))), ok
	case isa.Long:
		v, ok := read[uint32](c, from)
		return extended.FromInt(int32(v)), ok
	case isa.Single:
		if from.Kind == isa.WideImmediate {
			return extended.FromSingle(o.Wide[0]), true
		}
		v, ok := read[uint32](c, from)
		return extended.FromSingle(v), ok
	}
	w, ok := o.Wide, true
	if from.Kind != isa.WideImmediate {
		var a uint32
		if a, ok = c.address(from, uint32(o.Size.Bytes())); ok {
			w, ok = c.loadLongs(a, uint32(o.Size.Bytes())/4)
		}
		if !ok {
			return cpu.Extended{}, false
		}
	}
	switch o.Size {
	case isa.Double:
		return extended.FromDouble(uint64(w[0])<<32 | uint64(w[1])), true
	case isa.Packed:
		return f.FromPacked(w), true
	}
	return cpu.Extended{High: uint16(w[0] >> 16), Mantissa: uint64(w[1])<<32 | uint64(w[2])}, true
}

// monadic are operations of one operand, dyadic of two: destination and source.
type (
	monadic func(f *extended.Context, x cpu.Extended) cpu.Extended
	dyadic  func(f *extended.Context, d, s cpu.Extended) cpu.Extended
)

// call is one of the elementary functions.
func call(fn extended.Function) monadic {
	return func(f *extended.Context, x cpu.Extended) cpu.Extended { return f.Call(fn, x) }
}

var monadics = map[isa.Op]monadic{
	isa.FMOVE: (*extended.Context).Round, isa.FINT: (*extended.Context).Int, isa.FINTRZ: (*extended.Context).Trunc,
	isa.FSQRT: (*extended.Context).Sqrt, isa.FABS: (*extended.Context).Abs, isa.FNEG: (*extended.Context).Neg,
	isa.FGETEXP: (*extended.Context).Exponent, isa.FGETMAN: (*extended.Context).Mantissa,
	isa.FSIN: call(extended.Sin), isa.FCOS: call(extended.Cos), isa.FTAN: call(extended.Tan),
	isa.FASIN: call(extended.Asin), isa.FACOS: call(extended.Acos), isa.FATAN: call(extended.Atan),
	isa.FSINH: call(extended.Sinh), isa.FCOSH: call(extended.Cosh), isa.FTANH: call(extended.Tanh), isa.FATANH: call(extended.Atanh),
	isa.FETOX: call(extended.Exp), isa.FETOXM1: call(extended.Expm1), isa.FTWOTOX: call(extended.Exp2), isa.FTENTOX: call(extended.Exp10),
	isa.FLOGN: call(extended.Log), isa.FLOGNP1: call(extended.Log1p), isa.FLOG2: call(extended.Log2), isa.FLOG10: call(extended.Log10),
	// Those of the 68040 that round to a precision of their own.
	isa.FSMOVE: (*extended.Context).Round, isa.FDMOVE: (*extended.Context).Round, isa.FSSQRT: (*extended.Context).Sqrt, isa.FDSQRT: (*extended.Context).Sqrt,
	isa.FSABS: (*extended.Context).Abs, isa.FDABS: (*extended.Context).Abs, isa.FSNEG: (*extended.Context).Neg, isa.FDNEG: (*extended.Context).Neg,
}

var dyadics = map[isa.Op]dyadic{
	isa.FADD: (*extended.Context).Add, isa.FSUB: (*extended.Context).Sub, isa.FMUL: (*extended.Context).Mul, isa.FDIV: (*extended.Context).Div,
	isa.FSGLMUL: (*extended.Context).SingleMul, isa.FSGLDIV: (*extended.Context).SingleDiv, isa.FSCALE: (*extended.Context).Scale,
	isa.FSADD: (*extended.Context).Add, isa.FSSUB: (*extended.Context).Sub, isa.FSMUL: (*extended.Context).Mul, isa.FSDIV: (*extended.Context).Div,
	isa.FDADD: (*extended.Context).Add, isa.FDSUB: (*extended.Context).Sub, isa.FDMUL: (*extended.Context).Mul, isa.FDDIV: (*extended.Context).Div,
}

// ownPrecision returns the precision that an operation of the 68040 has of its
// own.
func ownPrecision(o isa.Op) (extended.Precision, bool) {
	switch o {
	case isa.FSMOVE, isa.FSSQRT, isa.FSABS, isa.FSNEG, isa.FSADD, isa.FSSUB, isa.FSMUL, isa.FSDIV:
		return extended.Single, true
	case isa.FDMOVE, isa.FDSQRT, isa.FDABS, isa.FDNEG, isa.FDADD, isa.FDSUB, isa.FDMUL, isa.FDDIV:
		return extended.Double, true
	}
	return 0, false
}

// bindFloat is bind for the coprocessor's instructions.
func bindFloat(i *isa.Inst) handler {
	switch i.Op {
	case isa.FMOVE:
		if i.Args[1].Kind != isa.FloatReg {
			return bindFloatMove(i)
		}
		if i.Args[0].Kind == isa.FloatControls {
			return runFloatControls
		}
	case isa.FMOVEM:
		if i.Size == isa.Long {
			return runFloatControls
		}
		return runFloatMovem
	case isa.FMOVECR:
		return runFloatROM
	case isa.FSINCOS:
		return thenLook(runFloatSinCos)
	case isa.FMOD:
		return thenLook(runFloatRemainder((*extended.Context).Mod))
	case isa.FREM:
		return thenLook(runFloatRemainder((*extended.Context).Rem))
	case isa.FCMP:
		return runFloatCmp
	case isa.FTST:
		return runFloatTst
	case isa.FNOP:
		return runNop
	case isa.FBcc:
		return runFBcc
	case isa.FScc:
		return runFScc
	case isa.FDBcc:
		return runFDBcc
	case isa.FTRAPcc:
		return runFTRAPcc
	case isa.FSAVE:
		return runFsave
	case isa.FRESTORE:
		return runFrestore
	}
	precision, own := ownPrecision(i.Op)
	if m := monadics[i.Op]; m != nil {
		if slow := i.Size == isa.Packed || isElementary(i.Op); slow {
			return thenLook(runMonadic(m, precision, own))
		}
		return runMonadic(m, precision, own)
	}
	if d := dyadics[i.Op]; d != nil {
		return runDyadic(d, precision, own)
	}
	return runLineF
}

// isElementary says whether an operation takes so long that two thousand of them
// are too many between two looks at whether to go on.
func isElementary(o isa.Op) bool {
	switch o {
	case isa.FSIN, isa.FCOS, isa.FTAN, isa.FASIN, isa.FACOS, isa.FATAN, isa.FSINH, isa.FCOSH, isa.FTANH, isa.FATANH,
		isa.FETOX, isa.FETOXM1, isa.FTWOTOX, isa.FTENTOX, isa.FLOGN, isa.FLOGNP1, isa.FLOG2, isa.FLOG10:
		return true
	}
	return false
}

// thenLook makes the loop look whether it was interrupted.
func thenLook(h handler) handler {
	return func(c *CPU, o *op) {
		h(c, o)
		c.attend = true
	}
}

func runMonadic(m monadic, precision extended.Precision, own bool) handler {
	return func(c *CPU, o *op) {
		f := c.beginFloat()
		x, ok := c.floatOperand(f, o)
		if !ok {
			return
		}
		if own {
			f.Precision = precision
		}
		r := m(f, x)
		c.FP[o.Args[1].Reg&7] = r
		c.setFloatCodes(r)
		c.endFloat(f.Flags)
	}
}

func runDyadic(d dyadic, precision extended.Precision, own bool) handler {
	return func(c *CPU, o *op) {
		f := c.beginFloat()
		x, ok := c.floatOperand(f, o)
		if !ok {
			return
		}
		if own {
			f.Precision = precision
		}
		to := &c.FP[o.Args[1].Reg&7]
		*to = d(f, *to, x)
		c.setFloatCodes(*to)
		c.endFloat(f.Flags)
	}
}

func runFloatRemainder(d dyadic) handler {
	return func(c *CPU, o *op) {
		f := c.beginFloat()
		x, ok := c.floatOperand(f, o)
		if !ok {
			return
		}
		to := &c.FP[o.Args[1].Reg&7]
		*to = d(f, *to, x)
		c.FPSR = c.FPSR&^0xff0000 | uint32(f.Quotient)<<16
		c.setFloatCodes(*to)
		c.endFloat(f.Flags)
	}
}

func runFloatCmp(c *CPU, o *op) {
	f := c.beginFloat()
	if x, ok := c.floatOperand(f, o); ok {
		c.setFloatCodes(f.Compare(c.FP[o.Args[1].Reg&7], x))
		c.endFloat(f.Flags)
	}
}

func runFloatTst(c *CPU, o *op) {
	f := c.beginFloat()
	if x, ok := c.floatOperand(f, o); ok {
		if extended.IsNaN(x) {
			x = f.Round(x)
		}
		c.setFloatCodes(x)
		c.endFloat(f.Flags)
	}
}

func runFloatSinCos(c *CPU, o *op) {
	f := c.beginFloat()
	if x, ok := c.floatOperand(f, o); ok {
		pair := &o.Args[1]
		c.FP[pair.Reg&7] = f.Call(extended.Cos, x)
		sin := f.Call(extended.Sin, x)
		c.FP[pair.Index&7] = sin
		c.setFloatCodes(sin)
		c.endFloat(f.Flags)
	}
}

func runFloatROM(c *CPU, o *op) {
	f := c.beginFloat()
	x := f.ROM(uint8(o.Args[0].Disp))
	c.FP[o.Args[1].Reg&7] = x
	c.setFloatCodes(x)
	c.endFloat(f.Flags)
}
