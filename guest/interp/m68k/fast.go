package m68k

import isa "github.com/crossplug/crossplug/guest/isa/m68k"

// The commonest instructions, without the generality that costs time: what
// alu.go, move.go and flow.go say of all operands is said here again for
// registers and the simplest of memory. Where something is not simple after all,
// nothing has happened yet, and the general way does it. They are measured by the
// kernels, and checked like everything else.

// quick executes an instruction and returns what is next, see op.run.
type quick = func(c *CPU, o *op) *op

// quicken finds a faster way for an op that was decoded.
func (c *CPU) quicken(o *op) {
	if q := c.quickWay(o); q != nil {
		o.run, o.one = q, q
		c.pair(o)
	}
}

func (c *CPU) quickWay(o *op) quick {
	from, to := o.Args[0].Kind, o.Args[1].Kind
	switch o.Op {
	case isa.Bcc, isa.BRA, isa.BSR:
		target := uint32(o.Args[0].Disp)
		if target&1 != 0 {
			return nil
		}
		o.taken = c.opAt(target)
		switch o.Op {
		case isa.BRA:
			return func(_ *CPU, o *op) *op { return o.taken }
		case isa.BSR:
			return quickCall
		}
		return quickBranches[o.Cond&15]
	case isa.DBcc:
		if target := uint32(o.Args[1].Disp); o.Cond == 1 && target&1 == 0 {
			o.taken = c.opAt(target)
			return quickDBF
		}
	case isa.JSR, isa.JMP:
		return quickJump(o.Op, from)
	case isa.RTS:
		return quickRts
	case isa.MOVEQ:
		return func(c *CPU, o *op) *op {
			c.D[o.Args[1].Reg&7] = c.logicLong(uint32(o.Args[0].Disp))
			return o.follow
		}
	case isa.LEA:
		switch {
		case from == isa.Displaced:
			return quickLea
		case from == isa.AbsoluteLong || from == isa.PCDisplaced:
			return quickMoveIA
		case simplyIndexed(&o.Args[0]):
			return quickLeaX
		}
	case isa.LINK:
		return quickLink
	case isa.UNLK:
		return quickUnlk
	case isa.SWAP:
		return quickOf(runSwap)
	case isa.MOVEM:
		switch {
		case o.Size == isa.Long && to == isa.PreDecrement && o.Args[0].Disp>>(8+o.Args[1].Reg)&1 == 0:
			return quickMovemStore
		case o.Size == isa.Long && from == isa.PostIncrement:
			return quickMovemLoad
		}
	case isa.ADDQ, isa.SUBQ:
		if to == isa.AddrReg {
			if o.Op == isa.ADDQ {
				return quickAddIA
			}
			return quickSubIA
		}
	case isa.MOVEA:
		if o.Size == isa.Long {
			if simplyIndexed(&o.Args[0]) {
				return quickMoveXA
			}
			return quickAddress(o.Op, from)
		}
	case isa.ADDA, isa.SUBA, isa.CMPA:
		if o.Size == isa.Long {
			return quickAddress(o.Op, from)
		}
	}
	switch o.Size {
	case isa.Byte:
		return quickSized[uint8](o)
	case isa.Word:
		return quickSized[uint16](o)
	case isa.Long:
		return quickSized[uint32](o)
	}
	return nil
}

// quickOf makes a way out of a general one that neither fails nor goes elsewhere.
func quickOf(f handler) quick {
	return func(c *CPU, o *op) *op {
		f(c, o)
		return o.follow
	}
}

// simplyIndexed says whether an operand is (disp,An,Xn*scale).
func simplyIndexed(o *isa.Operand) bool {
	return o.Kind == isa.Indexed && o.Flags&^(isa.ScaleMask|isa.LongIndex) == 0
}

// simpleIndex returns its address.
func (c *CPU) simpleIndex(o *isa.Operand) uint32 {
	var index uint32
	if o.Index < 8 {
		index = c.D[o.Index&7]
	} else {
		index = c.A[o.Index&7]
	}
	if o.Flags&isa.LongIndex == 0 {
		index = extend(uint16(index))
	}
	return c.A[o.Reg&7] + uint32(o.Disp) + index<<(o.Flags&isa.ScaleMask)
}

// quickSized finds ways for what all sizes have.
func quickSized[T number](o *op) quick {
	from, to := &o.Args[0], &o.Args[1]
	switch o.Op {
	case isa.MOVE:
		return quickMove[T](from, to)
	case isa.CLR:
		if from.Kind == isa.DataReg {
			return func(c *CPU, o *op) *op {
				setD(c, o.Args[0].Reg, logic(c, T(0)))
				return o.follow
			}
		}
	case isa.TST:
		if from.Kind == isa.DataReg {
			return func(c *CPU, o *op) *op {
				logic(c, T(c.D[o.Args[0].Reg&7]))
				return o.follow
			}
		}
	case isa.NEG:
		if from.Kind == isa.DataReg {
			return quickOf(runNeg[T])
		}
	case isa.NOT:
		if from.Kind == isa.DataReg {
			return quickOf(runNot[T])
		}
	case isa.EXT:
		if o.Size == isa.Word {
			return quickOf(runExtW)
		}
		return quickOf(runExtL)
	}
	if to.Kind != isa.DataReg {
		return nil
	}
	switch from.Kind {
	case isa.DataReg:
		return quickDD[T](o.Op)
	case isa.Immediate:
		return quickID[T](o.Op)
	case isa.AddrReg:
		return quickAD[T](o.Op)
	case isa.Indirect, isa.Displaced:
		return quickMD[T](o.Op)
	}
	return nil
}

// The letters of the names: D and A are registers, I is an immediate, M is (An) or
// (disp,An), P is (An)+, Q is -(An), X is indexed simply. (An) is (0,An): its
// displacement is 0.

func quickMove[T number](from, to *isa.Operand) quick {
	switch to.Kind {
	case isa.DataReg:
		switch from.Kind {
		case isa.DataReg:
			return func(c *CPU, o *op) *op {
				setD(c, o.Args[1].Reg, logic(c, T(c.D[o.Args[0].Reg&7])))
				return o.follow
			}
		case isa.AddrReg:
			return func(c *CPU, o *op) *op {
				setD(c, o.Args[1].Reg, logic(c, T(c.A[o.Args[0].Reg&7])))
				return o.follow
			}
		case isa.Immediate:
			return func(c *CPU, o *op) *op {
				setD(c, o.Args[1].Reg, logic(c, T(o.Args[0].Disp)))
				return o.follow
			}
		case isa.Indirect, isa.Displaced:
			return quickMoveMD[T]
		case isa.PostIncrement:
			return quickMovePD[T]
		}
		if simplyIndexed(from) {
			return quickMoveXD[T]
		}
	case isa.Indirect, isa.Displaced:
		switch from.Kind {
		case isa.DataReg:
			return quickMoveDM[T]
		case isa.AddrReg:
			return quickMoveAM[T]
		case isa.Immediate:
			return quickMoveIM[T]
		}
	case isa.PostIncrement:
		switch from.Kind {
		case isa.DataReg:
			return quickMoveDP[T]
		case isa.PostIncrement:
			return quickMovePP[T]
		}
	case isa.PreDecrement:
		switch from.Kind {
		case isa.DataReg:
			return quickMoveDQ[T]
		case isa.AddrReg:
			return quickMoveAQ[T]
		}
	}
	if from.Kind == isa.DataReg && simplyIndexed(to) {
		return quickMoveDX[T]
	}
	return nil
}

func quickMoveMD[T number](c *CPU, o *op) *op {
	v, ok := quickLoad[T](c, c.A[o.Args[0].Reg&7]+uint32(o.Args[0].Disp))
	if !ok {
		return runGeneral(c, o)
	}
	setD(c, o.Args[1].Reg, logic(c, v))
	return o.follow
}

func quickMovePD[T number](c *CPU, o *op) *op {
	r := o.Args[0].Reg
	v, ok := quickLoad[T](c, c.A[r&7])
	if !ok {
		return runGeneral(c, o)
	}
	c.A[r&7] += step(r, bytesOf[T]())
	setD(c, o.Args[1].Reg, logic(c, v))
	return o.follow
}

func quickMoveXD[T number](c *CPU, o *op) *op {
	v, ok := quickLoad[T](c, c.simpleIndex(&o.Args[0]))
	if !ok {
		return runGeneral(c, o)
	}
	setD(c, o.Args[1].Reg, logic(c, v))
	return o.follow
}

func quickMoveDM[T number](c *CPU, o *op) *op {
	v := T(c.D[o.Args[0].Reg&7])
	if !quickStore(c, c.A[o.Args[1].Reg&7]+uint32(o.Args[1].Disp), v) {
		return runGeneral(c, o)
	}
	logic(c, v)
	return o.follow
}

func quickMoveAM[T number](c *CPU, o *op) *op {
	v := T(c.A[o.Args[0].Reg&7])
	if !quickStore(c, c.A[o.Args[1].Reg&7]+uint32(o.Args[1].Disp), v) {
		return runGeneral(c, o)
	}
	logic(c, v)
	return o.follow
}

func quickMoveIM[T number](c *CPU, o *op) *op {
	v := T(o.Args[0].Disp)
	if !quickStore(c, c.A[o.Args[1].Reg&7]+uint32(o.Args[1].Disp), v) {
		return runGeneral(c, o)
	}
	logic(c, v)
	return o.follow
}

func quickMoveDX[T number](c *CPU, o *op) *op {
	v := T(c.D[o.Args[0].Reg&7])
	if !quickStore(c, c.simpleIndex(&o.Args[1]), v) {
		return runGeneral(c, o)
	}
	logic(c, v)
	return o.follow
}

func quickMoveDP[T number](c *CPU, o *op) *op {
	v, r := T(c.D[o.Args[0].Reg&7]), o.Args[1].Reg
	if !quickStore(c, c.A[r&7], v) {
		return runGeneral(c, o)
	}
	c.A[r&7] += step(r, bytesOf[T]())
	logic(c, v)
	return o.follow
}

func quickMovePP[T number](c *CPU, o *op) *op {
	from, to := o.Args[0].Reg, o.Args[1].Reg
	at := c.A[to&7]
	if from == to {
		at += step(from, bytesOf[T]())
	}
	v, ok := quickLoad[T](c, c.A[from&7])
	if !ok || !quickStore(c, at, v) {
		return runGeneral(c, o)
	}
	c.A[from&7] += step(from, bytesOf[T]())
	c.A[to&7] += step(to, bytesOf[T]())
	logic(c, v)
	return o.follow
}

func quickMoveDQ[T number](c *CPU, o *op) *op {
	v, r := T(c.D[o.Args[0].Reg&7]), o.Args[1].Reg
	at := c.A[r&7] - step(r, bytesOf[T]())
	if !quickStore(c, at, v) {
		return runGeneral(c, o)
	}
	c.A[r&7] = at
	logic(c, v)
	return o.follow
}

func quickMoveAQ[T number](c *CPU, o *op) *op {
	r := o.Args[1].Reg
	at := c.A[r&7] - step(r, bytesOf[T]())
	v := T(c.A[o.Args[0].Reg&7])
	if o.Args[0].Reg == r || !quickStore(c, at, v) {
		return runGeneral(c, o)
	}
	c.A[r&7] = at
	logic(c, v)
	return o.follow
}

// quickDD is about operations on data registers.
func quickDD[T number](what isa.Op) quick {
	switch what {
	case isa.ADD:
		return func(c *CPU, o *op) *op {
			d := o.Args[1].Reg & 7
			setD(c, d, add(c, T(c.D[o.Args[0].Reg&7]), T(c.D[d])))
			return o.follow
		}
	case isa.SUB:
		return func(c *CPU, o *op) *op {
			d := o.Args[1].Reg & 7
			setD(c, d, sub(c, T(c.D[o.Args[0].Reg&7]), T(c.D[d])))
			return o.follow
		}
	case isa.CMP:
		return func(c *CPU, o *op) *op {
			compare(c, T(c.D[o.Args[0].Reg&7]), T(c.D[o.Args[1].Reg&7]))
			return o.follow
		}
	case isa.AND:
		return func(c *CPU, o *op) *op {
			d := o.Args[1].Reg & 7
			setD(c, d, logic(c, T(c.D[o.Args[0].Reg&7])&T(c.D[d])))
			return o.follow
		}
	case isa.OR:
		return func(c *CPU, o *op) *op {
			d := o.Args[1].Reg & 7
			setD(c, d, logic(c, T(c.D[o.Args[0].Reg&7])|T(c.D[d])))
			return o.follow
		}
	case isa.EOR:
		return func(c *CPU, o *op) *op {
			d := o.Args[1].Reg & 7
			setD(c, d, logic(c, T(c.D[o.Args[0].Reg&7])^T(c.D[d])))
			return o.follow
		}
	case isa.LSL:
		return quickShiftD(lsl[T])
	case isa.LSR:
		return quickShiftD(lsr[T])
	case isa.ASR:
		return quickShiftD(asr[T])
	}
	return nil
}

// quickShiftD shifts a data register by another.
func quickShiftD[T number](f shifted[T]) quick {
	return func(c *CPU, o *op) *op {
		d := o.Args[1].Reg & 7
		setD(c, d, f(c, T(c.D[d]), c.D[o.Args[0].Reg&7]&63))
		return o.follow
	}
}

// quickID is about operations of an immediate on a data register.
func quickID[T number](what isa.Op) quick {
	switch what {
	case isa.ADD, isa.ADDI, isa.ADDQ:
		return func(c *CPU, o *op) *op {
			d := o.Args[1].Reg & 7
			setD(c, d, add(c, T(o.Args[0].Disp), T(c.D[d])))
			return o.follow
		}
	case isa.SUB, isa.SUBI, isa.SUBQ:
		return func(c *CPU, o *op) *op {
			d := o.Args[1].Reg & 7
			setD(c, d, sub(c, T(o.Args[0].Disp), T(c.D[d])))
			return o.follow
		}
	case isa.CMP, isa.CMPI:
		return func(c *CPU, o *op) *op {
			compare(c, T(o.Args[0].Disp), T(c.D[o.Args[1].Reg&7]))
			return o.follow
		}
	case isa.AND, isa.ANDI:
		return func(c *CPU, o *op) *op {
			d := o.Args[1].Reg & 7
			setD(c, d, logic(c, T(o.Args[0].Disp)&T(c.D[d])))
			return o.follow
		}
	case isa.OR, isa.ORI:
		return func(c *CPU, o *op) *op {
			d := o.Args[1].Reg & 7
			setD(c, d, logic(c, T(o.Args[0].Disp)|T(c.D[d])))
			return o.follow
		}
	case isa.EORI:
		return func(c *CPU, o *op) *op {
			d := o.Args[1].Reg & 7
			setD(c, d, logic(c, T(o.Args[0].Disp)^T(c.D[d])))
			return o.follow
		}
	// The count of an immediate shift is from 1 to 8.
	case isa.LSL:
		return func(c *CPU, o *op) *op {
			d, n := o.Args[1].Reg&7, uint32(o.Args[0].Disp)&15
			v := T(c.D[d])
			c.c = sign(v<<(n-1)) >> 31
			c.x = c.c
			setD(c, d, shiftResult(c, v<<n))
			return o.follow
		}
	case isa.LSR:
		return func(c *CPU, o *op) *op {
			d, n := o.Args[1].Reg&7, uint32(o.Args[0].Disp)&15
			v := T(c.D[d])
			c.c = uint32(v>>(n-1)) & 1
			c.x = c.c
			setD(c, d, shiftResult(c, v>>n))
			return o.follow
		}
	case isa.ASR:
		return func(c *CPU, o *op) *op {
			d, n := o.Args[1].Reg&7, uint32(o.Args[0].Disp)&15
			v := int32(extend(T(c.D[d])))
			c.c = uint32(v>>(n-1)) & 1
			c.x = c.c
			setD(c, d, shiftResult(c, T(v>>n)))
			return o.follow
		}
	}
	return nil
}

// quickAD is about operations of an address register on a data register.
func quickAD[T number](what isa.Op) quick {
	switch what {
	case isa.ADD:
		return func(c *CPU, o *op) *op {
			d := o.Args[1].Reg & 7
			setD(c, d, add(c, T(c.A[o.Args[0].Reg&7]), T(c.D[d])))
			return o.follow
		}
	case isa.SUB:
		return func(c *CPU, o *op) *op {
			d := o.Args[1].Reg & 7
			setD(c, d, sub(c, T(c.A[o.Args[0].Reg&7]), T(c.D[d])))
			return o.follow
		}
	case isa.CMP:
		return func(c *CPU, o *op) *op {
			compare(c, T(c.A[o.Args[0].Reg&7]), T(c.D[o.Args[1].Reg&7]))
			return o.follow
		}
	}
	return nil
}

// quickMD is about operations of memory on a data register.
func quickMD[T number](what isa.Op) quick {
	switch what {
	case isa.ADD:
		return func(c *CPU, o *op) *op {
			v, ok := quickLoad[T](c, c.A[o.Args[0].Reg&7]+uint32(o.Args[0].Disp))
			if !ok {
				return runGeneral(c, o)
			}
			d := o.Args[1].Reg & 7
			setD(c, d, add(c, v, T(c.D[d])))
			return o.follow
		}
	case isa.SUB:
		return func(c *CPU, o *op) *op {
			v, ok := quickLoad[T](c, c.A[o.Args[0].Reg&7]+uint32(o.Args[0].Disp))
			if !ok {
				return runGeneral(c, o)
			}
			d := o.Args[1].Reg & 7
			setD(c, d, sub(c, v, T(c.D[d])))
			return o.follow
		}
	case isa.CMP:
		return func(c *CPU, o *op) *op {
			v, ok := quickLoad[T](c, c.A[o.Args[0].Reg&7]+uint32(o.Args[0].Disp))
			if !ok {
				return runGeneral(c, o)
			}
			compare(c, v, T(c.D[o.Args[1].Reg&7]))
			return o.follow
		}
	}
	return nil
}

func (c *CPU) logicLong(r uint32) uint32 {
	c.n, c.z, c.v, c.c = r, r, 0, 0
	return r
}
