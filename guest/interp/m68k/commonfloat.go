package m68k

import (
	"github.com/crossplug/crossplug/guest/cpu"
	"github.com/crossplug/crossplug/guest/interp/m68k/extended"
	isa "github.com/crossplug/crossplug/guest/isa/m68k"
)

// What common.go is for integers, for the coprocessor: normal numbers, extended
// precision or an operation's own double, rounding to the nearest, no exception enabled.

// floats executes the common instructions of the coprocessor one after the other,
// as common does. It returns one that is none of them, and true; or one that it
// cannot do, and false.
func (c *CPU) floats(o *op, n int64) (*op, int64, bool) {
	if c.FPCR&0xfff0 != 0 {
		return o, n, false
	}
	var r, s cpu.Extended
	var inexact, ok bool
	for ; n > 1; n-- {
		switch o.code {
		default:
			return o, n, true
		case codeFBcc:
			if o.Cond&16 != 0 && c.FPSR&floatNaN != 0 {
				return o, n, false
			}
			if c.floatTest(o.Cond) {
				o = o.taken
			} else {
				o = o.then
			}
			continue
		case codeFStoreD:
			addr := c.A[o.b&7] + o.imm2
			var v uint64
			if v, inexact, ok = extended.QuickToDouble(c.FP[o.a&7]); !ok || !quickStore64(c, addr, v) {
				return o, n, false
			}
			c.A[o.b&7] += o.step
			c.floatDone(o, c.FPSR&(floatN|floatZ|floatI|floatNaN), inexact)
			o = o.then
			continue

		// What has a source to fetch.
		case codeFloatR:
			s = c.FP[o.a&7]
		case codeFloatI:
			s = o.float
		case codeFloatD:
			v, ok := quickLoad64(c, *o.s+o.imm)
			if !ok {
				return o, n, false
			}
			if s, ok = extended.QuickFromDouble(v); !ok {
				return o, n, false
			}
		}
		d := &c.FP[o.b&7]
		ok = true
		switch o.does {
		case floatMove:
			r, inexact, ok = extended.QuickRound(s, o.double)
		case floatAdd:
			r, inexact, ok = extended.QuickAdd(*d, s, o.double)
		case floatSub:
			r, inexact, ok = extended.QuickSub(*d, s, o.double)
		case floatMul:
			r, inexact, ok = extended.QuickMul(*d, s, o.double)
		case floatDiv:
			r, inexact, ok = extended.QuickDiv(*d, s, o.double)
		case floatNeg:
			r, inexact, ok = extended.QuickRound(s, o.double)
			r.High ^= 0x8000
		case floatAbs:
			r, inexact, ok = extended.QuickRound(s, o.double)
			r.High &= 0x7fff
		case floatTst:
			if !extended.IsNormal(s) {
				return o, n, false
			}
			c.floatDone(o, uint32(s.High&0x8000)<<12, false)
			c.A[o.x&7] += o.step
			o = o.then
			continue
		case floatCmp:
			if !extended.IsNormal(s) || !extended.IsNormal(*d) {
				return o, n, false
			}
			c.floatDone(o, compareNormal(*d, s), false)
			c.A[o.x&7] += o.step
			o = o.then
			continue
		}
		if !ok {
			return o, n, false
		}
		*d = r
		c.A[o.x&7] += o.step
		c.floatDone(o, uint32(r.High&0x8000)<<12, inexact)
		o = o.then
	}
	return o, n, true
}

// floatDone records condition codes, and whether the result is exact.
func (c *CPU) floatDone(o *op, codes uint32, inexact bool) {
	c.FPIAR = o.addr
	c.FPSR = c.FPSR&0x00ff00ff | codes
	if inexact {
		c.FPSR |= uint32(extended.INEX2)<<8 | accruedINEX
	}
}

// compareNormal returns the condition codes of d compared with s.
func compareNormal(d, s cpu.Extended) uint32 {
	if d == s {
		return floatZ | uint32(d.High&0x8000)<<12
	}
	less := d.High&0x7fff < s.High&0x7fff || d.High&0x7fff == s.High&0x7fff && d.Mantissa < s.Mantissa
	if (d.High^s.High)&0x8000 != 0 {
		less = d.High&0x8000 != 0
	} else if d.High&0x8000 != 0 {
		less = !less
	}
	return floatN * carry(less)
}

func quickLoad64(c *CPU, addr uint32) (uint64, bool) {
	if addr &= c.mask; !c.direct.CanReadUnaligned(addr, 8) {
		return 0, false
	}
	return c.direct.Load64(addr), true
}

func quickStore64(c *CPU, addr uint32, v uint64) bool {
	if addr &= c.mask; !c.direct.CanWriteUnaligned(addr, 8) {
		return false
	}
	c.direct.Store64(addr, v)
	return true
}

// floatOp is what floats does with its operands.
type floatOp uint8

const (
	floatMove floatOp = iota + 1
	floatAdd
	floatSub
	floatMul
	floatDiv
	floatNeg
	floatAbs
	floatTst
	floatCmp
)

var floatOps = map[isa.Op]floatOp{
	isa.FMOVE: floatMove, isa.FADD: floatAdd, isa.FSUB: floatSub, isa.FMUL: floatMul, isa.FDIV: floatDiv, isa.FNEG: floatNeg, isa.FABS: floatAbs,
	isa.FTST: floatTst, isa.FCMP: floatCmp,
	isa.FDMOVE: floatMove, isa.FDADD: floatAdd, isa.FDSUB: floatSub, isa.FDMUL: floatMul, isa.FDDIV: floatDiv, isa.FDNEG: floatNeg, isa.FDABS: floatAbs,
}

// prepareFloat is prepare for the coprocessor's instructions.
func (k *numbers) prepareFloat(i *isa.Inst) bool {
	from, to := &i.Args[0], &i.Args[1]
	if i.Op == isa.FBcc {
		return k.is(codeFBcc)
	}
	if k.does = floatOps[i.Op]; k.does == 0 {
		return false
	}
	precision, own := ownPrecision(i.Op)
	k.double = own && precision == extended.Double
	if i.Op == isa.FMOVE && from.Kind == isa.FloatReg && to.Kind != isa.FloatReg {
		var store numbers
		if i.Size != isa.Double || !store.memory(to, 8) || store.a == absolute {
			return false
		}
		k.a, k.b, k.imm2, k.step = from.Reg, store.a, store.imm, store.step
		return k.is(codeFStoreD)
	}
	if to.Kind != isa.FloatReg && to.Kind != isa.NoOperand {
		return false
	}
	k.b = to.Reg
	switch {
	case from.Kind == isa.FloatReg:
		k.a = from.Reg
		k.code = codeFloatR
	case i.Size == isa.Double && from.Kind == isa.WideImmediate:
		k.float = extended.FromDouble(uint64(i.Wide[0])<<32 | uint64(i.Wide[1]))
		k.code = codeFloatI
	case i.Size == isa.Double && k.memory(from, 8):
		k.x = from.Reg
		k.code = codeFloatD
	}
	return k.code != codeNone
}
