package ppc

import (
	"math"

	"github.com/crossplug/crossplug/guest/cpu"
	isa "github.com/crossplug/crossplug/guest/isa/ppc"
)

// float executes the floating-point instructions that the loop leaves to it:
// conversions, estimates, moves, FPSCR.
func (c *CPU) float(u *uop) event {
	d := &c.F[u.d&31]
	b := c.F[u.b&31]
	switch u.op {
	case isa.FRSP:
		c.roundToSingle(u)
		return event{}
	case isa.FCTIW:
		c.toInteger(u, c.FPSCR&cpu.FPRN)
		return event{}
	case isa.FCTIWZ:
		c.toInteger(u, 1)
		return event{}
	case isa.FRES:
		c.reciprocal(u)
		return event{}
	case isa.FRSQRTE:
		c.reciprocalRoot(u)
		return event{}
	case isa.FSEL:
		if math.Float64frombits(c.F[u.a&31]) >= 0 {
			b = c.F[u.c&31]
		}
		*d = b
	case isa.FMR:
		*d = b
	case isa.FNEG:
		*d = b ^ signBit
	case isa.FABS:
		*d = b &^ signBit
	case isa.FNABS:
		*d = b | signBit
	case isa.MFFS:
		*d = undefinedHigh | uint64(c.FPSCR)
	case isa.MCRFS:
		c.moveFromStatus(u)
	case isa.MTFSF:
		c.setStatus(u.mask, uint32(b))
	case isa.MTFSFI:
		c.setStatus(u.mask, u.imm)
	case isa.MTFSB0:
		c.FPSCR &^= 0x80000000 >> u.d &^ (cpu.FPFEX | cpu.FPVX)
		c.summarize()
	case isa.MTFSB1:
		c.setBit(0x80000000 >> u.d)
	default:
		return event{kind: illegal}
	}
	if u.rc {
		c.cr1()
	}
	return event{}
}

// undefinedHigh is what a 750 has in the upper half of a register where the
// manual leaves it undefined.
const undefinedHigh = 0xfff80000 << 32

// sticky are the bits of FPSCR that mcrfs clears when it has copied them.
const sticky = cpu.FPFX | cpu.FPOX | cpu.FPUX | cpu.FPZX | cpu.FPXX | invalid

func (c *CPU) moveFromStatus(u *uop) {
	c.CR = c.CR&^(15<<u.d) | c.FPSCR>>u.a&15<<u.d
	c.FPSCR &^= 15 << u.a & sticky
	c.summarize()
}

// setStatus sets the bits of FPSCR that a mask chooses, but for the summaries.
func (c *CPU) setStatus(mask, v uint32) {
	mask &^= cpu.FPFEX | cpu.FPVX | 1<<11
	c.FPSCR = c.FPSCR&^mask | v&mask
	c.summarize()
}

// setBit sets a bit of FPSCR as mtfsb1 does: an exception that is new sets FX.
func (c *CPU) setBit(bit uint32) {
	bit &^= cpu.FPFEX | cpu.FPVX | 1<<11
	if bit&sticky != 0 {
		c.raise(bit)
		return
	}
	c.FPSCR |= bit
	c.summarize()
}

func (c *CPU) roundToSingle(u *uop) {
	b := c.F[u.b&31]
	if c.special(u, &single, 0, b) {
		if d := &c.F[u.d&31]; c.FPSCR&cpu.FPVE == 0 || !isSignalingNaN(b) {
			*d = *d >> 29 << 29
		}
		return
	}
	if f := math.Float64frombits(b); c.isFast() && inRange(f) && c.finish(u, true, f, 0, false) {
		return
	}
	if isInf(b) {
		c.exact(u, b, &single)
		return
	}
	c.store(u, c.round(unpack(b), &single), &single)
}

// toInteger converts to an integer of 32 bits, rounding as mode says.
func (c *CPU) toInteger(u *uop, mode uint32) {
	b := c.F[u.b&31]
	v := math.Float64frombits(b)
	c.FPSCR &^= cpu.FPFR | cpu.FPFI
	rounded := [...]func(float64) float64{math.RoundToEven, math.Trunc, math.Ceil, math.Floor}[mode&3](v)
	exceptions, r := uint32(0), uint32(0)
	switch {
	case isSignalingNaN(b):
		exceptions, r = cpu.FPVXSNAN|cpu.FPVXCVI, 0x80000000
	case isNaN(b), rounded < math.MinInt32:
		exceptions, r = cpu.FPVXCVI, 0x80000000
	case rounded > math.MaxInt32:
		exceptions, r = cpu.FPVXCVI, math.MaxInt32
	default:
		r = uint32(int32(rounded))
		if rounded != v {
			exceptions = cpu.FPXX
			c.FPSCR |= cpu.FPFI
			if math.Abs(rounded) > math.Abs(v) {
				c.FPSCR |= cpu.FPFR
			}
		}
	}
	c.raise(exceptions)
	if exceptions&invalid == 0 || c.FPSCR&cpu.FPVE == 0 {
		c.F[u.d&31] = undefinedHigh | uint64(r)
	}
	if u.rc {
		c.cr1()
	}
}

// reciprocal executes fres. The manual allows an error of one part in 256; this
// has none but rounding. It never reports a result as inexact.
func (c *CPU) reciprocal(u *uop) {
	b := c.F[u.b&31]
	if c.special(u, &single, 0, b) {
		return
	}
	sign := b & signBit
	switch {
	case isZero(b):
		c.divideByZero(u, sign, &single)
		return
	case isInf(b):
		c.exact(u, sign, &single)
		return
	}
	before := c.FPSCR
	v := c.round(divide(unpack(math.Float64bits(1)), unpack(b)), &single)
	c.FPSCR &^= cpu.FPFR | cpu.FPFI
	if before&cpu.FPXX == 0 {
		c.FPSCR &^= cpu.FPXX
		if c.FPSCR&^before&(cpu.FPOX|cpu.FPUX) == 0 {
			c.FPSCR = c.FPSCR&^cpu.FPFX | before&cpu.FPFX
		}
		c.summarize()
	}
	c.store(u, v, &single)
}

// reciprocalRoot executes frsqrte. The manual allows an error of one part in 32.
func (c *CPU) reciprocalRoot(u *uop) {
	b := c.F[u.b&31]
	exceptions := uint32(0)
	if b&signBit != 0 && !isZero(b) && !isNaN(b) {
		exceptions = cpu.FPVXSQRT
	}
	switch {
	case c.special(u, &double, exceptions, b):
	case isZero(b):
		c.divideByZero(u, b, &double)
	case isInf(b):
		c.exact(u, 0, &double)
	default:
		c.exact(u, math.Float64bits(1/math.Sqrt(math.Float64frombits(b))), &double)
	}
}
