package m68k

import isa "github.com/crossplug/crossplug/guest/isa/m68k"

// The commonest instructions on longs, without the generality that costs time:
// what alu.go and move.go say of all operands and sizes is said here again for
// registers and the simplest of memory. They are measured by the kernels, and
// checked like everything else.

// bindFast is bind for what this file knows; nil is what it does not.
func bindFast(i *isa.Inst) handler {
	from, to := &i.Args[0], &i.Args[1]
	switch i.Op {
	case isa.Bcc:
		return fastBranches[i.Cond&15]
	case isa.LEA:
		if from.Kind == isa.Displaced {
			return fastLea
		}
	case isa.MOVEA:
		if i.Size == isa.Long {
			switch from.Kind {
			case isa.DataReg:
				return fastMoveDA
			case isa.AddrReg:
				return fastMoveAA
			case isa.Immediate:
				return fastMoveIA
			default:
				return fastMoveXA
			}
		}
	case isa.ADDA, isa.SUBA, isa.CMPA:
		if i.Size == isa.Long {
			return fastAddress[addressForm{i.Op, from.Kind}]
		}
	case isa.TST:
		if i.Size == isa.Long && from.Kind == isa.DataReg {
			return func(c *CPU, o *op) { c.logicLong(c.D[o.Args[0].Reg&7]) }
		}
	}
	if i.Size != isa.Long {
		return nil
	}
	if i.Op == isa.MOVE {
		return fastMove[[2]isa.Kind{from.Kind, to.Kind}]
	}
	if to.Kind != isa.DataReg {
		return nil
	}
	switch from.Kind {
	case isa.DataReg:
		return fastRegister[i.Op]
	case isa.AddrReg:
		return fastAddressed[i.Op]
	case isa.Immediate:
		return fastImmediate[i.Op]
	}
	return nil
}

var fastMove = map[[2]isa.Kind]handler{
	{isa.DataReg, isa.DataReg}:       fastMoveDD,
	{isa.AddrReg, isa.DataReg}:       fastMoveAD,
	{isa.Indirect, isa.DataReg}:      fastMoveMD,
	{isa.Displaced, isa.DataReg}:     fastMoveMD,
	{isa.PostIncrement, isa.DataReg}: fastMovePD,
	{isa.Indexed, isa.DataReg}:       fastMoveXD,
	{isa.AddrReg, isa.Indirect}:      fastMoveAM,
	{isa.AddrReg, isa.Displaced}:     fastMoveAM,
	{isa.DataReg, isa.Indirect}:      fastMoveDM,
	{isa.DataReg, isa.Displaced}:     fastMoveDM,
	{isa.DataReg, isa.Indexed}:       fastMoveDX,
	{isa.DataReg, isa.PostIncrement}: fastMoveDP,
	{isa.DataReg, isa.PreDecrement}:  fastMoveDQ,
}

// addressForm is an operation on an address register with a kind of source.
type addressForm struct {
	op   isa.Op
	from isa.Kind
}

var fastAddress = map[addressForm]handler{
	{isa.ADDA, isa.DataReg}:   func(c *CPU, o *op) { c.A[o.Args[1].Reg&7] += c.D[o.Args[0].Reg&7] },
	{isa.ADDA, isa.AddrReg}:   func(c *CPU, o *op) { c.A[o.Args[1].Reg&7] += c.A[o.Args[0].Reg&7] },
	{isa.ADDA, isa.Immediate}: func(c *CPU, o *op) { c.A[o.Args[1].Reg&7] += uint32(o.Args[0].Disp) },
	{isa.SUBA, isa.DataReg}:   func(c *CPU, o *op) { c.A[o.Args[1].Reg&7] -= c.D[o.Args[0].Reg&7] },
	{isa.SUBA, isa.AddrReg}:   func(c *CPU, o *op) { c.A[o.Args[1].Reg&7] -= c.A[o.Args[0].Reg&7] },
	{isa.SUBA, isa.Immediate}: func(c *CPU, o *op) { c.A[o.Args[1].Reg&7] -= uint32(o.Args[0].Disp) },
	{isa.CMPA, isa.DataReg}:   func(c *CPU, o *op) { c.compareLong(c.D[o.Args[0].Reg&7], c.A[o.Args[1].Reg&7]) },
	{isa.CMPA, isa.AddrReg}:   func(c *CPU, o *op) { c.compareLong(c.A[o.Args[0].Reg&7], c.A[o.Args[1].Reg&7]) },
	{isa.CMPA, isa.Immediate}: func(c *CPU, o *op) { c.compareLong(uint32(o.Args[0].Disp), c.A[o.Args[1].Reg&7]) },
}

var fastRegister = map[isa.Op]handler{
	isa.ADD: func(c *CPU, o *op) { d := &c.D[o.Args[1].Reg&7]; *d = c.addLong(c.D[o.Args[0].Reg&7], *d) },
	isa.SUB: func(c *CPU, o *op) { d := &c.D[o.Args[1].Reg&7]; *d = c.subLong(c.D[o.Args[0].Reg&7], *d) },
	isa.CMP: func(c *CPU, o *op) { c.compareLong(c.D[o.Args[0].Reg&7], c.D[o.Args[1].Reg&7]) },
	isa.AND: func(c *CPU, o *op) { d := &c.D[o.Args[1].Reg&7]; *d = c.logicLong(c.D[o.Args[0].Reg&7] & *d) },
	isa.OR:  func(c *CPU, o *op) { d := &c.D[o.Args[1].Reg&7]; *d = c.logicLong(c.D[o.Args[0].Reg&7] | *d) },
	isa.EOR: func(c *CPU, o *op) { d := &c.D[o.Args[1].Reg&7]; *d = c.logicLong(c.D[o.Args[0].Reg&7] ^ *d) },
}

var fastAddressed = map[isa.Op]handler{
	isa.ADD: func(c *CPU, o *op) { d := &c.D[o.Args[1].Reg&7]; *d = c.addLong(c.A[o.Args[0].Reg&7], *d) },
	isa.SUB: func(c *CPU, o *op) { d := &c.D[o.Args[1].Reg&7]; *d = c.subLong(c.A[o.Args[0].Reg&7], *d) },
	isa.CMP: func(c *CPU, o *op) { c.compareLong(c.A[o.Args[0].Reg&7], c.D[o.Args[1].Reg&7]) },
}

var fastImmediate = map[isa.Op]handler{
	isa.ADD: fastAddI, isa.ADDI: fastAddI, isa.ADDQ: fastAddI, isa.SUB: fastSubI, isa.SUBI: fastSubI, isa.SUBQ: fastSubI, isa.CMP: fastCmpI, isa.CMPI: fastCmpI,
	isa.AND: fastAndI, isa.ANDI: fastAndI,
	isa.EORI: func(c *CPU, o *op) { d := &c.D[o.Args[1].Reg&7]; *d = c.logicLong(uint32(o.Args[0].Disp) ^ *d) },
	isa.LSL:  fastLslI,
	isa.LSR:  fastLsrI,
	isa.ASR:  fastAsrI,
}

func (c *CPU) addLong(s, d uint32) uint32 {
	r := d + s
	c.n, c.z, c.v = r, r, (s^r)&(d^r)
	c.c = carry(r < s)
	c.x = c.c
	return r
}

func (c *CPU) subLong(s, d uint32) uint32 {
	r := d - s
	c.n, c.z, c.v = r, r, (s^d)&(d^r)
	c.c = carry(s > d)
	c.x = c.c
	return r
}

func (c *CPU) compareLong(s, d uint32) {
	r := d - s
	c.n, c.z, c.v = r, r, (s^d)&(d^r)
	c.c = carry(s > d)
}

func (c *CPU) logicLong(r uint32) uint32 {
	c.n, c.z, c.v, c.c = r, r, 0, 0
	return r
}

func fastAddI(c *CPU, o *op) {
	d := &c.D[o.Args[1].Reg&7]
	*d = c.addLong(uint32(o.Args[0].Disp), *d)
}

func fastSubI(c *CPU, o *op) {
	d := &c.D[o.Args[1].Reg&7]
	*d = c.subLong(uint32(o.Args[0].Disp), *d)
}

func fastCmpI(c *CPU, o *op) { c.compareLong(uint32(o.Args[0].Disp), c.D[o.Args[1].Reg&7]) }

func fastAndI(c *CPU, o *op) {
	d := &c.D[o.Args[1].Reg&7]
	*d = c.logicLong(uint32(o.Args[0].Disp) & *d)
}

// The count of an immediate shift is from 1 to 8.

func fastLslI(c *CPU, o *op) {
	d, n := &c.D[o.Args[1].Reg&7], uint32(o.Args[0].Disp)&15
	v := *d
	r := v << n
	c.n, c.z, c.v = r, r, 0
	c.c = v >> (32 - n) & 1
	c.x = c.c
	*d = r
}

func fastLsrI(c *CPU, o *op) {
	d, n := &c.D[o.Args[1].Reg&7], uint32(o.Args[0].Disp)&15
	v := *d
	r := v >> n
	c.n, c.z, c.v = r, r, 0
	c.c = v >> (n - 1) & 1
	c.x = c.c
	*d = r
}

func fastAsrI(c *CPU, o *op) {
	d, n := &c.D[o.Args[1].Reg&7], uint32(o.Args[0].Disp)&15
	v := *d
	r := uint32(int32(v) >> n)
	c.n, c.z, c.v = r, r, 0
	c.c = v >> (n - 1) & 1
	c.x = c.c
	*d = r
}

func fastMoveDD(c *CPU, o *op) { c.D[o.Args[1].Reg&7] = c.logicLong(c.D[o.Args[0].Reg&7]) }

func fastMoveAD(c *CPU, o *op) { c.D[o.Args[1].Reg&7] = c.logicLong(c.A[o.Args[0].Reg&7]) }

func fastMoveDA(c *CPU, o *op) { c.A[o.Args[1].Reg&7] = c.D[o.Args[0].Reg&7] }

func fastMoveAA(c *CPU, o *op) { c.A[o.Args[1].Reg&7] = c.A[o.Args[0].Reg&7] }

func fastMoveIA(c *CPU, o *op) { c.A[o.Args[1].Reg&7] = uint32(o.Args[0].Disp) }

// X is any memory.

func fastMoveXA(c *CPU, o *op) {
	if a, ok := c.address(&o.Args[0], 4); ok {
		if v, ok := load[uint32](c, a); ok {
			c.A[o.Args[1].Reg&7] = v
		}
	}
}

func fastMoveXD(c *CPU, o *op) {
	if a, ok := c.indexed(&o.Args[0]); ok {
		if v, ok := load[uint32](c, a); ok {
			c.D[o.Args[1].Reg&7] = c.logicLong(v)
		}
	}
}

func fastLea(c *CPU, o *op) { c.A[o.Args[1].Reg&7] = c.A[o.Args[0].Reg&7] + uint32(o.Args[0].Disp) }

// (An) is (0,An): the displacement of an Indirect operand is 0.

func fastMoveMD(c *CPU, o *op) {
	if v, ok := load[uint32](c, c.A[o.Args[0].Reg&7]+uint32(o.Args[0].Disp)); ok {
		c.D[o.Args[1].Reg&7] = c.logicLong(v)
	}
}

func fastMovePD(c *CPU, o *op) {
	a := &c.A[o.Args[0].Reg&7]
	if v, ok := load[uint32](c, *a); ok {
		*a += 4
		c.D[o.Args[1].Reg&7] = c.logicLong(v)
	}
}

func fastMoveDM(c *CPU, o *op) {
	v := c.D[o.Args[0].Reg&7]
	if store(c, c.A[o.Args[1].Reg&7]+uint32(o.Args[1].Disp), v) {
		c.logicLong(v)
	}
}

func fastMoveDX(c *CPU, o *op) {
	v := c.D[o.Args[0].Reg&7]
	if a, ok := c.indexed(&o.Args[1]); ok && store(c, a, v) {
		c.logicLong(v)
	}
}

func fastMoveAM(c *CPU, o *op) {
	v := c.A[o.Args[0].Reg&7]
	if store(c, c.A[o.Args[1].Reg&7]+uint32(o.Args[1].Disp), v) {
		c.logicLong(v)
	}
}

func fastMoveDP(c *CPU, o *op) {
	v, a := c.D[o.Args[0].Reg&7], &c.A[o.Args[1].Reg&7]
	if store(c, *a, v) {
		*a += 4
		c.logicLong(v)
	}
}

func fastMoveDQ(c *CPU, o *op) {
	v, a := c.D[o.Args[0].Reg&7], &c.A[o.Args[1].Reg&7]
	if store(c, *a-4, v) {
		*a -= 4
		c.logicLong(v)
	}
}

// fastBranches are Bcc by condition.
var fastBranches = [16]handler{
	2:  func(c *CPU, o *op) { c.branchIf(o, c.c == 0 && c.z != 0) },
	3:  func(c *CPU, o *op) { c.branchIf(o, c.c != 0 || c.z == 0) },
	4:  func(c *CPU, o *op) { c.branchIf(o, c.c == 0) },
	5:  func(c *CPU, o *op) { c.branchIf(o, c.c != 0) },
	6:  func(c *CPU, o *op) { c.branchIf(o, c.z != 0) },
	7:  func(c *CPU, o *op) { c.branchIf(o, c.z == 0) },
	8:  func(c *CPU, o *op) { c.branchIf(o, int32(c.v) >= 0) },
	9:  func(c *CPU, o *op) { c.branchIf(o, int32(c.v) < 0) },
	10: func(c *CPU, o *op) { c.branchIf(o, int32(c.n) >= 0) },
	11: func(c *CPU, o *op) { c.branchIf(o, int32(c.n) < 0) },
	12: func(c *CPU, o *op) { c.branchIf(o, int32(c.n^c.v) >= 0) },
	13: func(c *CPU, o *op) { c.branchIf(o, int32(c.n^c.v) < 0) },
	14: func(c *CPU, o *op) { c.branchIf(o, c.z != 0 && int32(c.n^c.v) >= 0) },
	15: func(c *CPU, o *op) { c.branchIf(o, c.z == 0 || int32(c.n^c.v) < 0) },
}

func (c *CPU) branchIf(o *op, holds bool) {
	if holds {
		c.M68K.PC = uint32(o.Args[0].Disp)
	}
}
