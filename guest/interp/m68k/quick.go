package m68k

import isa "github.com/crossplug/crossplug/guest/isa/m68k"

// Between the common way and the general one there is a quick one: an instruction
// that common does not know may have a function of its own for its common case. It
// costs leaving common's loop, but neither finds out what the operands are, nor where:
// that is prepared once. What is not simple, memory above all, it leaves to the general
// function, and has changed nothing then but condition codes that this one sets.
//
// An instruction deserves that if compilers use it: if it is one in a thousand of those
// that guest/programs executes, optimised or not. Functions are for all sizes and for
// all ways to say where in memory something is, so that others come with it for
// nothing. What is far more common, and simple, belongs into common. What is computed
// is not said again here: that are the functions of alu.go and shift.go.
//
// One operand of an instruction can be in memory: that is at o.indexed(*o.s), and its
// address register moves by step. The other, or the only one, is *o.d; of two registers
// or a number and a register the first is *o.s. Where MOVE has both in memory, the
// second is at *o.d + o.imm, and moves by held. A pair of registers is d, which is the
// lower long, and i.

// quickFor returns the function for an instruction, nil if there is none, and prepares
// its operands.
func (k *numbers) quickFor(i *isa.Inst) quickRun {
	from, to := &i.Args[0], &i.Args[1]
	switch i.Op {
	case isa.MOVE:
		if k.other(from) {
			return k.sized(i, k.inMemory(to, i), quickPut[uint8], quickPut[uint16], quickPut[uint32])
		}
		return k.sized(i, k.inMemory(from, i) && k.alsoInMemory(to, i), quickMove[uint8], quickMove[uint16], quickMove[uint32])
	case isa.TST:
		return k.sized(i, k.inMemory(from, i), quickTst[uint8], quickTst[uint16], quickTst[uint32])
	case isa.CLR:
		k.b = literal // 0
		return k.sized(i, k.inMemory(from, i), quickPut[uint8], quickPut[uint16], quickPut[uint32])
	case isa.CMP:
		return k.sized(i, k.inMemory(from, i) && k.other(to), quickCmp[uint8], quickCmp[uint16], quickCmp[uint32])
	case isa.CMPI:
		return k.sized(i, k.inMemory(to, i) && k.other(from), quickCmpi[uint8], quickCmpi[uint16], quickCmpi[uint32])
	case isa.ADD, isa.ADDI, isa.ADDQ:
		return k.binary(i, add[uint8], add[uint16], add[uint32])
	case isa.SUB, isa.SUBI, isa.SUBQ:
		return k.binary(i, sub[uint8], sub[uint16], sub[uint32])
	case isa.AND, isa.ANDI:
		return k.binary(i, and[uint8], and[uint16], and[uint32])
	case isa.OR, isa.ORI:
		return k.binary(i, or[uint8], or[uint16], or[uint32])
	case isa.EOR, isa.EORI:
		return k.binary(i, eor[uint8], eor[uint16], eor[uint32])
	case isa.LSL:
		return k.shifts(i, lsl[uint8], lsl[uint16], lsl[uint32])
	case isa.LSR:
		return k.shifts(i, lsr[uint8], lsr[uint16], lsr[uint32])
	case isa.ASL:
		return k.shifts(i, asl[uint8], asl[uint16], asl[uint32])
	case isa.ASR:
		return k.shifts(i, asr[uint8], asr[uint16], asr[uint32])
	case isa.ROL:
		return k.shifts(i, rol[uint8], rol[uint16], rol[uint32])
	case isa.ROR:
		return k.shifts(i, ror[uint8], ror[uint16], ror[uint32])
	case isa.ROXL:
		return k.shifts(i, roxl[uint8], roxl[uint16], roxl[uint32])
	case isa.ROXR:
		return k.shifts(i, roxr[uint8], roxr[uint16], roxr[uint32])
	case isa.ADDX:
		return k.sized(i, k.value(from) && k.register(to), nil, nil, quickAddx)
	case isa.SUBX:
		return k.sized(i, k.value(from) && k.register(to), nil, nil, quickSubx)
	case isa.EXTB:
		return k.sized(i, k.register(from), nil, nil, quickExtb)
	case isa.Scc:
		return k.sized(i, k.register(from), quickScc, nil, nil)
	case isa.MULU:
		if k.pair(to) {
			return k.sized(i, k.value(from), nil, nil, quickMuluPair)
		}
		return k.sized(i, k.value(from) && k.register(to), nil, nil, quickMulu)
	case isa.MULS:
		if k.pair(to) {
			return k.sized(i, k.value(from), nil, nil, quickMulsPair)
		}
		return k.sized(i, k.value(from) && k.register(to), nil, nil, quickMuls)
	}
	return nil
}

// quickRun executes an instruction like op.run.
type quickRun = func(c *CPU, o *op) *op

// quicken gives an op that common does not know a function of its own, if there is one.
func (o *op) quicken(c *CPU) {
	var k numbers
	if run := k.quickFor(&o.Inst); run != nil {
		o.numbers, o.run = k, run
		o.s, o.d, o.i = o.operand(c, k.a), o.operand(c, k.b), o.operand(c, k.x)
	}
}

// operand returns where an operand is, or what its address begins with.
func (o *op) operand(c *CPU, n uint8) *uint32 {
	switch n {
	case literal:
		return &o.imm
	case absolute:
		return &c.zero
	}
	return &c.registers()[n&15]
}

// sized returns the function for an instruction's size, if its operands are right.
func (k *numbers) sized(i *isa.Inst, right bool, b, w, l quickRun) quickRun {
	if !right {
		return nil
	}
	switch i.Size {
	case isa.Byte:
		k.keep = ^uint32(0xff)
		return b
	case isa.Word:
		k.keep = ^uint32(0xffff)
		return w
	}
	return l
}

// binary is sized for what is computed of two operands, one of them in memory.
func (k *numbers) binary(i *isa.Inst, b two[uint8], w two[uint16], l two[uint32]) quickRun {
	from, to := &i.Args[0], &i.Args[1]
	if to.Kind == isa.DataReg {
		return k.sized(i, k.inMemory(from, i) && k.other(to), quickFrom(b), quickFrom(w), quickFrom(l))
	}
	return k.sized(i, k.inMemory(to, i) && k.other(from), quickChange(b), quickChange(w), quickChange(l))
}

// shifts is sized for a register that is shifted.
func (k *numbers) shifts(i *isa.Inst, b shifted[uint8], w shifted[uint16], l shifted[uint32]) quickRun {
	return k.sized(i, k.value(&i.Args[0]) && k.register(&i.Args[1]), quickShift(b), quickShift(w), quickShift(l))
}

// other makes a register or an immediate the operand that is not in memory.
func (k *numbers) other(o *isa.Operand) bool {
	var m numbers
	ok := m.value(o)
	k.b, k.imm = m.a, m.imm
	return ok
}

// pair makes a pair of registers the second operand.
func (k *numbers) pair(o *isa.Operand) bool {
	k.b, k.x = o.Index, o.Reg
	return o.Kind == isa.RegPair
}

// inMemory makes what is in memory the first operand.
func (k *numbers) inMemory(o *isa.Operand, i *isa.Inst) bool {
	if k.indexed(o) {
		return k.source(o)
	}
	var m numbers
	ok := m.memory(o, uint32(i.Size.Bytes()))
	k.a, k.imm2, k.step = m.a, m.imm, m.step
	return ok
}

// alsoInMemory makes what is in memory the second operand, if it is known before the
// first is read.
func (k *numbers) alsoInMemory(o *isa.Operand, i *isa.Inst) bool {
	var m numbers
	ok := m.memory(o, uint32(i.Size.Bytes()))
	k.b, k.imm, k.held = m.a, m.imm, m.step
	return ok && (k.a != k.b || k.step == 0)
}

func quickMove[T number](c *CPU, o *op) *op {
	v, ok := quickLoad[T](c, o.indexed(*o.s))
	if !ok || !quickStore(c, *o.d+o.imm, v) {
		return runGeneral(c, o)
	}
	*o.s += o.step
	*o.d += o.held
	logic(c, v)
	return o.follow
}

// quickPut moves what is not in memory to memory.
func quickPut[T number](c *CPU, o *op) *op {
	v := T(*o.d)
	if !quickStore(c, o.indexed(*o.s), v) {
		return runGeneral(c, o)
	}
	*o.s += o.step
	logic(c, v)
	return o.follow
}

func quickTst[T number](c *CPU, o *op) *op {
	v, ok := quickLoad[T](c, o.indexed(*o.s))
	if !ok {
		return runGeneral(c, o)
	}
	*o.s += o.step
	logic(c, v)
	return o.follow
}

func quickCmp[T number](c *CPU, o *op) *op {
	v, ok := quickLoad[T](c, o.indexed(*o.s))
	if !ok {
		return runGeneral(c, o)
	}
	*o.s += o.step
	compare(c, v, T(*o.d))
	return o.follow
}

func quickCmpi[T number](c *CPU, o *op) *op {
	v, ok := quickLoad[T](c, o.indexed(*o.s))
	if !ok {
		return runGeneral(c, o)
	}
	*o.s += o.step
	compare(c, T(*o.d), v)
	return o.follow
}

// two computes something of two operands, of which the second is the destination, and
// sets the condition codes. X is not among the operands.
type two[T number] func(c *CPU, s, d T) T

func and[T number](c *CPU, s, d T) T { return logic(c, s&d) }
func or[T number](c *CPU, s, d T) T  { return logic(c, s|d) }
func eor[T number](c *CPU, s, d T) T { return logic(c, s^d) }

// quickFrom computes with what is in memory.
func quickFrom[T number](f two[T]) quickRun {
	return func(c *CPU, o *op) *op {
		v, ok := quickLoad[T](c, o.indexed(*o.s))
		if !ok {
			return runGeneral(c, o)
		}
		*o.s += o.step
		*o.d = *o.d&o.keep | uint32(f(c, v, T(*o.d)))
		return o.follow
	}
}

// quickChange changes what is in memory.
func quickChange[T number](f two[T]) quickRun {
	return func(c *CPU, o *op) *op {
		addr := o.indexed(*o.s)
		v, ok := quickLoad[T](c, addr)
		if !ok || !quickStore(c, addr, f(c, T(*o.d), v)) {
			return runGeneral(c, o)
		}
		*o.s += o.step
		return o.follow
	}
}

// quickShift shifts a register by a number or a register.
func quickShift[T number](f shifted[T]) quickRun {
	return func(c *CPU, o *op) *op {
		*o.d = *o.d&o.keep | uint32(f(c, T(*o.d), *o.s&63))
		return o.follow
	}
}

func quickAddx(c *CPU, o *op) *op {
	*o.d = addx(c, *o.s, *o.d)
	return o.follow
}

func quickSubx(c *CPU, o *op) *op {
	*o.d = subx(c, *o.s, *o.d)
	return o.follow
}

func quickExtb(c *CPU, o *op) *op {
	*o.d = logic(c, extend(uint8(*o.d)))
	return o.follow
}

func quickScc(c *CPU, o *op) *op {
	v := *o.d & o.keep
	if c.test(o.Cond) {
		v |= 0xff
	}
	*o.d = v
	return o.follow
}

func quickMulu(c *CPU, o *op) *op {
	r := uint64(*o.s) * uint64(*o.d)
	*o.d = logic(c, uint32(r))
	c.v = carry(r>>32 != 0) << 31
	return o.follow
}

func quickMuls(c *CPU, o *op) *op {
	r := int64(int32(*o.s)) * int64(int32(*o.d))
	*o.d = logic(c, uint32(r))
	c.v = carry(r != int64(int32(r))) << 31
	return o.follow
}

func quickMuluPair(c *CPU, o *op) *op {
	return o.product(c, uint64(*o.s)*uint64(*o.d))
}

func quickMulsPair(c *CPU, o *op) *op {
	return o.product(c, uint64(int64(int32(*o.s))*int64(int32(*o.d))))
}

// product sets a pair of registers.
func (o *op) product(c *CPU, r uint64) *op {
	*o.i = uint32(r >> 32)
	*o.d = uint32(r)
	c.n, c.z, c.v, c.c = uint32(r>>32), uint32(r>>32)|uint32(r), 0, 0
	return o.follow
}
