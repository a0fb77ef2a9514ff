package m68k

import (
	"math/bits"

	isa "github.com/crossplug/crossplug/guest/isa/m68k"
	"github.com/crossplug/crossplug/guest/memory"
)

// The commonest instructions on address registers, and those that go elsewhere,
// see fast.go.

func quickAddress(what isa.Op, from isa.Kind) quick {
	switch what {
	case isa.MOVEA:
		switch from {
		case isa.DataReg:
			return func(c *CPU, o *op) *op { c.A[o.Args[1].Reg&7] = c.D[o.Args[0].Reg&7]; return o.follow }
		case isa.AddrReg:
			return func(c *CPU, o *op) *op { c.A[o.Args[1].Reg&7] = c.A[o.Args[0].Reg&7]; return o.follow }
		case isa.Immediate:
			return quickMoveIA
		case isa.Indirect, isa.Displaced:
			return quickMoveMA
		case isa.PostIncrement:
			return quickMovePA
		}
	case isa.ADDA:
		switch from {
		case isa.DataReg:
			return func(c *CPU, o *op) *op { c.A[o.Args[1].Reg&7] += c.D[o.Args[0].Reg&7]; return o.follow }
		case isa.AddrReg:
			return func(c *CPU, o *op) *op { c.A[o.Args[1].Reg&7] += c.A[o.Args[0].Reg&7]; return o.follow }
		case isa.Immediate:
			return quickAddIA
		}
	case isa.SUBA:
		switch from {
		case isa.DataReg:
			return func(c *CPU, o *op) *op { c.A[o.Args[1].Reg&7] -= c.D[o.Args[0].Reg&7]; return o.follow }
		case isa.AddrReg:
			return func(c *CPU, o *op) *op { c.A[o.Args[1].Reg&7] -= c.A[o.Args[0].Reg&7]; return o.follow }
		case isa.Immediate:
			return quickSubIA
		}
	case isa.CMPA:
		switch from {
		case isa.DataReg:
			return func(c *CPU, o *op) *op {
				compare(c, c.D[o.Args[0].Reg&7], c.A[o.Args[1].Reg&7])
				return o.follow
			}
		case isa.AddrReg:
			return func(c *CPU, o *op) *op {
				compare(c, c.A[o.Args[0].Reg&7], c.A[o.Args[1].Reg&7])
				return o.follow
			}
		case isa.Immediate:
			return func(c *CPU, o *op) *op {
				compare(c, uint32(o.Args[0].Disp), c.A[o.Args[1].Reg&7])
				return o.follow
			}
		}
	}
	return nil
}

func quickAddIA(c *CPU, o *op) *op {
	c.A[o.Args[1].Reg&7] += uint32(o.Args[0].Disp)
	return o.follow
}

func quickSubIA(c *CPU, o *op) *op {
	c.A[o.Args[1].Reg&7] -= uint32(o.Args[0].Disp)
	return o.follow
}

func quickMoveIA(c *CPU, o *op) *op {
	c.A[o.Args[1].Reg&7] = uint32(o.Args[0].Disp)
	return o.follow
}

func quickMoveMA(c *CPU, o *op) *op {
	v, ok := quickLoad[uint32](c, c.A[o.Args[0].Reg&7]+uint32(o.Args[0].Disp))
	if !ok {
		return runGeneral(c, o)
	}
	c.A[o.Args[1].Reg&7] = v
	return o.follow
}

func quickMovePA(c *CPU, o *op) *op {
	a := &c.A[o.Args[0].Reg&7]
	v, ok := quickLoad[uint32](c, *a)
	if !ok {
		return runGeneral(c, o)
	}
	*a += 4
	c.A[o.Args[1].Reg&7] = v
	return o.follow
}

func quickMoveXA(c *CPU, o *op) *op {
	v, ok := quickLoad[uint32](c, c.simpleIndex(&o.Args[0]))
	if !ok {
		return runGeneral(c, o)
	}
	c.A[o.Args[1].Reg&7] = v
	return o.follow
}

func quickLea(c *CPU, o *op) *op {
	c.A[o.Args[1].Reg&7] = c.A[o.Args[0].Reg&7] + uint32(o.Args[0].Disp)
	return o.follow
}

func quickLeaX(c *CPU, o *op) *op {
	c.A[o.Args[1].Reg&7] = c.simpleIndex(&o.Args[0])
	return o.follow
}

func quickLink(c *CPU, o *op) *op {
	a, sp := &c.A[o.Args[0].Reg&7], c.A[7]-4
	if !quickStore(c, sp, *a) {
		return runGeneral(c, o)
	}
	*a = sp
	c.A[7] = sp + linkSize(o)
	return o.follow
}

func quickUnlk(c *CPU, o *op) *op {
	a := &c.A[o.Args[0].Reg&7]
	v, ok := quickLoad[uint32](c, *a)
	if !ok {
		return runGeneral(c, o)
	}
	c.A[7] = *a + 4
	*a = v
	return o.follow
}

// The whole of a MOVEM's memory is in one page, or it is not simple.

func quickMovemStore(c *CPU, o *op) *op {
	set, r := uint32(o.Args[0].Disp)&0xffff, o.Args[1].Reg&7
	a := c.A[r]
	if size := 4 * uint32(bits.OnesCount32(set)); (a-size)%memory.PageSize+size > memory.PageSize {
		return runGeneral(c, o)
	}
	at := a
	for ; set != 0; set &^= 1 << 31 >> bits.LeadingZeros32(set) {
		at -= 4
		if !quickStore(c, at, c.reg16(uint8(31-bits.LeadingZeros32(set)))) {
			return runGeneral(c, o) // at the first of them
		}
	}
	c.A[r] = at
	return o.follow
}

func quickMovemLoad(c *CPU, o *op) *op {
	set, r := uint32(o.Args[1].Disp)&0xffff, o.Args[0].Reg&7
	a := c.A[r]
	if size := 4 * uint32(bits.OnesCount32(set)); a%memory.PageSize+size > memory.PageSize {
		return runGeneral(c, o)
	}
	for ; set != 0; set &= set - 1 {
		v, ok := quickLoad[uint32](c, a)
		if !ok {
			return runGeneral(c, o) // at the first of them
		}
		if n := bits.TrailingZeros32(set); n < 8 {
			c.D[n&7] = v
		} else {
			c.A[n&7] = v
		}
		a += 4
	}
	c.A[r] = a
	return o.follow
}

func quickJump(what isa.Op, to isa.Kind) quick {
	switch to {
	case isa.Indirect, isa.Displaced:
		if what == isa.JSR {
			return quickCallM
		}
		return func(c *CPU, o *op) *op { return c.jump(o, c.A[o.Args[0].Reg&7]+uint32(o.Args[0].Disp)) }
	case isa.AbsoluteLong, isa.PCDisplaced:
		if what == isa.JSR {
			return quickCallI
		}
		return func(c *CPU, o *op) *op { return c.jump(o, uint32(o.Args[0].Disp)) }
	}
	return nil
}

// quickCall calls what is known already.
func quickCall(c *CPU, o *op) *op {
	if !quickStore(c, c.A[7]-4, o.next) {
		return runGeneral(c, o)
	}
	c.A[7] -= 4
	return o.taken
}

func quickCallI(c *CPU, o *op) *op {
	if !quickStore(c, c.A[7]-4, o.next) {
		return runGeneral(c, o)
	}
	c.A[7] -= 4
	return c.jump(o, uint32(o.Args[0].Disp))
}

func quickCallM(c *CPU, o *op) *op {
	to := c.A[o.Args[0].Reg&7] + uint32(o.Args[0].Disp)
	if !quickStore(c, c.A[7]-4, o.next) {
		return runGeneral(c, o)
	}
	c.A[7] -= 4
	return c.jump(o, to)
}

func quickRts(c *CPU, o *op) *op {
	to, ok := quickLoad[uint32](c, c.A[7])
	if !ok {
		return runGeneral(c, o)
	}
	c.A[7] += 4
	return c.jump(o, to)
}

func quickDBF(c *CPU, o *op) *op {
	d := &c.D[o.Args[0].Reg&7]
	n := uint16(*d) - 1
	*d = *d&^0xffff | uint32(n)
	if n != 0xffff {
		return o.taken
	}
	return o.follow
}

// quickBranches are Bcc by condition.
var quickBranches = [16]quick{
	2:  func(c *CPU, o *op) *op { return o.branch(c.c == 0 && c.z != 0) },
	3:  func(c *CPU, o *op) *op { return o.branch(c.c != 0 || c.z == 0) },
	4:  func(c *CPU, o *op) *op { return o.branch(c.c == 0) },
	5:  func(c *CPU, o *op) *op { return o.branch(c.c != 0) },
	6:  func(c *CPU, o *op) *op { return o.branch(c.z != 0) },
	7:  func(c *CPU, o *op) *op { return o.branch(c.z == 0) },
	8:  func(c *CPU, o *op) *op { return o.branch(int32(c.v) >= 0) },
	9:  func(c *CPU, o *op) *op { return o.branch(int32(c.v) < 0) },
	10: func(c *CPU, o *op) *op { return o.branch(int32(c.n) >= 0) },
	11: func(c *CPU, o *op) *op { return o.branch(int32(c.n) < 0) },
	12: func(c *CPU, o *op) *op { return o.branch(int32(c.n^c.v) >= 0) },
	13: func(c *CPU, o *op) *op { return o.branch(int32(c.n^c.v) < 0) },
	14: func(c *CPU, o *op) *op { return o.branch(c.z != 0 && int32(c.n^c.v) >= 0) },
	15: func(c *CPU, o *op) *op { return o.branch(c.z == 0 || int32(c.n^c.v) < 0) },
}

func (o *op) branch(holds bool) *op {
	if holds {
		return o.taken
	}
	return o.follow
}

// pair joins an op with the conditional branch after it.
func (c *CPU) pair(o *op) {}
