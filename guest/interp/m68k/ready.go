package m68k

import (
	"math/bits"

	"github.com/crossplug/crossplug/guest/cpu"
	isa "github.com/crossplug/crossplug/guest/isa/m68k"
)

// commonCode is what common does with an op. There are few of them and they have no
// gaps, so that its switch is one jump. Most operations have none.
type commonCode uint8

// The ends of names: L is for longs, W for words, B for bytes, S for the latter
// two; P moves the address register; A is to an address register, or without
// condition codes but X; M is from memory, X with an index.
const (
	codeNone commonCode = iota
	codeCopy
	codeSet
	codeMoveL
	codeMoveS
	codeTstL
	codeTst
	codeSetX
	codeLoadA
	codeLoadAX
	codeLoadL
	codeLoadLP
	codeLoadLX
	codeLoadW
	codeLoadWX
	codeLoadB
	codeLoadBX
	codeStoreL
	codeStoreLP
	codeStoreLX
	codeStoreW
	codeStoreWX
	codeStoreB
	codeStoreBX
	codePea
	codeAddL
	codeAddLM
	codeAddS
	codeAddWM
	codeAddA
	codeSubA
	codeSubL
	codeSubLM
	codeSubS
	codeSubWM
	codeCmpL
	codeCopyCopy
	codeSetCmpL
	codeSubCmpL
	codeSetSubLoadCmpLX
	codeStoreSubCmpL
	codeStoreAddCmpLX
	codeSetSubL
	codeLoadCmpL
	codeLoadCmpLX
	codeAddCmpL
	codeSubSubCmpL
	codeStoreSubSubCmpL
	codeLoadSetCmpL
	codeSetLoadSetCmpL
	codeLoadEorCmpLX
	codeLsrLoadEorCmpLX
	codeSubSetLoadSetCmpL
	codeSetAndL
	codeLoadEorLX
	codeLoadEorSetAndB
	codeLoadEorB
	codeCmpS
	codeCmpLM
	codeCmpWM
	codeAndL
	codeAndA
	codeOrA
	codeEorA
	codeOrL
	codeEorL
	codeAnd
	codeOr
	codeEor
	codeNot
	codeNeg
	codeSwap
	codeExtW
	codeExtL
	codeMuluW
	codeMulsW
	codeBtst
	codeLslL
	codeLsrL
	codeLslA
	codeLsrA
	codeAsrL
	codeBra
	codeBcc
	codeDBF
	codeJmp
	codeJsr
	codeRts
	codeLink
	codeUnlk
	codePushAll
	codePullAll

	codeFloatR // of a register
	codeFloatI // of a number
	codeFloatD // of a double in memory
	codeFStoreD
	codeFBcc

	// codeLast is no op's. With it a switch has cases up to the end of what a code can
	// be, and does not look whether it is further.
	codeLast commonCode = 255
)

// numbers are an op's operands as the instruction has them.
type numbers struct {
	code     commonCode
	count    int64    // of instructions executed as one
	shift    uint8    // from the operand's size to a long
	short    bool     // the index is a word
	scale    uint32   // what it is multiplied with
	compares relation // for which it branches, if a branch is joined
	bias     uint32   // makes signed numbers unsigned ones
	imm      uint32
	imm2     uint32
	held     uint32 // the number moved, of a MOVE joined with what follows
	step     uint32 // what is added to the address register; the size of a MOVEM
	keep     uint32 // bits of a long that the operand does not have

	// The first operand, the second, and the index: 0 to 7 are data, 8 to 15
	// address registers.
	a, b, x uint8

	does  floatOp // with the source that the code names
	float cpu.Extended
	// double: the operation is one of the 68040's that round to that.
	double bool
}

// Instead of a register there may be imm; or an address that is imm alone.
const (
	literal  = 16
	absolute = 17
)

// fixedTarget is where a branch goes.
func fixedTarget(i *isa.Inst) (uint32, bool) {
	for n := range i.Args[:2] {
		if i.Args[n].Kind == isa.Target {
			return uint32(i.Args[n].Disp), true
		}
	}
	return 0, false
}

// prepare finds an instruction's code and numbers, if it has a code.
func (k *numbers) prepare(i *isa.Inst) bool {
	from, to := &i.Args[0], &i.Args[1]
	size := uint32(i.Size.Bytes())
	if size != 0 && size < 4 {
		k.shift = uint8(32 - 8*size)
		k.keep = ^uint32(0) << (8 * size)
	}
	if i.Word>>9 == 0xf2>>1 {
		return k.prepareFloat(i)
	}
	switch i.Op {
	case isa.MOVE:
		return k.move(from, to, size)
	case isa.MOVEQ:
		return k.value(from) && k.register(to) && k.is(codeMoveL)
	case isa.CLR:
		k.a = literal // 0
		return k.register(from) && k.is(sized(size, codeMoveL, codeMoveS))
	case isa.MOVEA:
		if size == 2 && from.Kind == isa.Immediate {
			return k.register(to) && k.number(from) && k.is(codeCopy)
		}
		if size == 4 {
			return k.register(to) && (k.value(from) && k.is(codeCopy) || k.indexed(from) && k.source(from) && k.is(codeLoadAX) ||
				k.memory(from, 4) && (from.Kind != isa.PostIncrement || from.Reg != to.Reg) && k.is(codeLoadA))
		}
	case isa.LEA:
		return k.register(to) && (k.indexed(from) && k.source(from) && k.is(codeSetX) || k.address(from) && k.is(codeSet))
	case isa.PEA:
		return k.address(from) && k.is(codePea)
	case isa.ADDQ, isa.SUBQ, isa.ADDA, isa.SUBA:
		if to.Kind == isa.AddrReg {
			return k.addressArithmetic(i)
		}
		return k.arithmetic(i.Op, from, to, size)
	case isa.ADD, isa.ADDI, isa.SUB, isa.SUBI, isa.CMP, isa.CMPI, isa.AND, isa.ANDI, isa.OR, isa.ORI, isa.EOR, isa.EORI:
		return k.arithmetic(i.Op, from, to, size)
	case isa.CMPA:
		if size == 2 {
			return k.register(to) && k.number(from) && k.is(codeCmpL)
		}
		return k.register(to) && (k.value(from) && k.is(codeCmpL) || k.address(from) && k.is(codeCmpLM))
	case isa.TST:
		return k.value(from) && k.is(sized(size, codeTstL, codeTst))
	case isa.NOT:
		return k.register(from) && k.is(codeNot)
	case isa.NEG:
		return k.register(from) && k.is(codeNeg)
	case isa.SWAP:
		return k.register(from) && k.is(codeSwap)
	case isa.EXT:
		return k.register(from) && k.is(sized(size, codeExtL, codeExtW))
	case isa.MULU:
		return size == 2 && k.value(from) && k.register(to) && k.is(codeMuluW)
	case isa.MULS:
		return size == 2 && k.value(from) && k.register(to) && k.is(codeMulsW)
	case isa.BTST:
		return k.value(from) && k.register(to) && k.is(codeBtst)
	case isa.LSL, isa.LSR, isa.ASR:
		if size == 4 && from.Kind == isa.Immediate && k.register(to) {
			k.imm = uint32(from.Disp)
			return k.is(map[isa.Op]commonCode{isa.LSL: codeLslL, isa.LSR: codeLsrL, isa.ASR: codeAsrL}[i.Op])
		}
	case isa.BRA:
		return k.is(codeBra)
	case isa.BSR:
		k.a, k.imm = absolute, uint32(from.Disp)
		return k.is(codeJsr)
	case isa.Bcc:
		return k.is(codeBcc)
	case isa.DBcc:
		return k.register(from) && i.Cond == 1 && k.is(codeDBF)
	case isa.JMP:
		return k.address(from) && k.is(codeJmp)
	case isa.JSR:
		return k.address(from) && k.is(codeJsr)
	case isa.RTS:
		return k.is(codeRts)
	case isa.LINK:
		k.a = 8 + from.Reg
		if k.imm = uint32(to.Disp); size == 2 {
			k.imm = extend(uint16(k.imm))
		}
		return from.Reg != 7 && k.is(codeLink)
	case isa.UNLK:
		k.a = 8 + from.Reg
		return from.Reg != 7 && k.is(codeUnlk)
	case isa.MOVEM:
		return size == 4 && k.moves(from, to)
	}
	return false
}

// is ends a description.
func (k *numbers) is(code commonCode) bool {
	k.code = code
	return code != codeNone
}

// sized picks a code for longs, or for what is smaller.
func sized(size uint32, long, short commonCode) commonCode {
	return choose(size == 4, long, short)
}

func choose(first bool, a, b commonCode) commonCode {
	if first {
		return a
	}
	return b
}

// value makes a register or an immediate the first operand.
func (k *numbers) value(o *isa.Operand) bool {
	switch o.Kind {
	case isa.DataReg:
		k.a = o.Reg
	case isa.AddrReg:
		k.a = 8 + o.Reg
	case isa.Immediate:
		k.a, k.imm = literal, uint32(o.Disp)
	default:
		return false
	}
	return true
}

// number makes a word that becomes a long the first operand.
func (k *numbers) number(o *isa.Operand) bool {
	k.a, k.imm = literal, extend(uint16(o.Disp))
	return o.Kind == isa.Immediate
}

// register makes a register the second operand.
func (k *numbers) register(o *isa.Operand) bool {
	switch o.Kind {
	case isa.DataReg:
		k.b = o.Reg
	case isa.AddrReg:
		k.b = 8 + o.Reg
	default:
		return false
	}
	return true
}

// address makes an address that needs no index the first operand.
func (k *numbers) address(o *isa.Operand) bool {
	switch o.Kind {
	case isa.Indirect, isa.Displaced:
		k.a, k.imm = 8+o.Reg, uint32(o.Disp)
	case isa.AbsoluteWord, isa.AbsoluteLong, isa.PCDisplaced:
		k.a, k.imm = absolute, uint32(o.Disp)
	default:
		return false
	}
	return true
}

// memory is address for an operand in memory, which may be (An)+ or -(An) as well.
func (k *numbers) memory(o *isa.Operand, size uint32) bool {
	switch o.Kind {
	case isa.PostIncrement:
		k.a, k.step = 8+o.Reg, step(o.Reg, size)
	case isa.PreDecrement:
		k.a, k.step = 8+o.Reg, -step(o.Reg, size)
		k.imm = k.step
	default:
		return k.address(o)
	}
	return true
}

// indexed takes over a simple index, (disp,An,Xn*scale), or one without An.
func (k *numbers) indexed(o *isa.Operand) bool {
	if o.Kind != isa.Indexed && o.Kind != isa.PCIndexed || o.Flags&^(isa.ScaleMask|isa.LongIndex|isa.NoBase) != 0 {
		return false
	}
	k.x, k.short, k.scale, k.imm2 = o.Index, o.Flags&isa.LongIndex == 0, 1<<(o.Flags&isa.ScaleMask), uint32(o.Disp)
	return true
}

// source makes the base of an indexed operand the first operand.
func (k *numbers) source(o *isa.Operand) bool {
	k.a = 8 + o.Reg
	if o.Kind == isa.PCIndexed || o.Flags&isa.NoBase != 0 {
		k.a = absolute
	}
	return true
}

func (k *numbers) move(from, to *isa.Operand, size uint32) bool {
	pick := func(b, w, l commonCode) bool {
		return k.is([5]commonCode{1: b, 2: w, 4: l}[size])
	}
	switch to.Kind {
	case isa.DataReg:
		k.b = to.Reg
		switch {
		case k.value(from):
			return k.is(sized(size, codeMoveL, codeMoveS))
		case k.indexed(from):
			return k.source(from) && pick(codeLoadBX, codeLoadWX, codeLoadLX)
		}
		return k.memory(from, size) && pick(codeLoadB, codeLoadW, choose(k.step == 0, codeLoadL, codeLoadLP))
	case isa.Indirect, isa.Displaced:
		k.b, k.imm2 = 8+to.Reg, uint32(to.Disp)
	case isa.PostIncrement:
		k.b, k.step = 8+to.Reg, step(to.Reg, size)
	case isa.PreDecrement:
		k.b, k.step = 8+to.Reg, -step(to.Reg, size)
		k.imm2 = k.step
	default:
		if k.indexed(to) && to.Flags&isa.NoBase == 0 && (from.Kind == isa.DataReg || from.Kind == isa.AddrReg) {
			k.b = 8 + to.Reg
			return k.value(from) && pick(codeStoreBX, codeStoreWX, codeStoreLX)
		}
		return false
	}
	return k.value(from) && pick(codeStoreB, codeStoreW, choose(k.step == 0, codeStoreL, codeStoreLP))
}

func (k *numbers) addressArithmetic(i *isa.Inst) bool {
	from, to := &i.Args[0], &i.Args[1]
	k.register(to)
	adds := i.Op == isa.ADDA || i.Op == isa.ADDQ
	switch {
	case from.Kind == isa.Immediate:
		k.a, k.imm = k.b, uint32(from.Disp)
		if i.Size == isa.Word && (i.Op == isa.ADDA || i.Op == isa.SUBA) {
			k.imm = extend(uint16(k.imm))
		}
		if !adds {
			k.imm = -k.imm
		}
		return k.is(codeSet)
	case i.Size != isa.Long || !k.value(from):
		return false
	case adds:
		return k.is(codeAddA)
	}
	return k.is(codeSubA)
}

func (k *numbers) arithmetic(op isa.Op, from, to *isa.Operand, size uint32) bool {
	if to.Kind != isa.DataReg {
		return false
	}
	k.b = to.Reg
	if k.value(from) {
		switch op {
		case isa.ADD, isa.ADDI, isa.ADDQ:
			return k.is(sized(size, codeAddL, codeAddS))
		case isa.SUB, isa.SUBI, isa.SUBQ:
			return k.is(sized(size, codeSubL, codeSubS))
		case isa.CMP, isa.CMPI:
			return k.is(sized(size, codeCmpL, codeCmpS))
		case isa.AND, isa.ANDI:
			return k.is(sized(size, codeAndL, codeAnd))
		case isa.OR, isa.ORI:
			return k.is(sized(size, codeOrL, codeOr))
		}
		return k.is(sized(size, codeEorL, codeEor))
	}
	if size == 1 || !k.address(from) {
		return false
	}
	switch op {
	case isa.ADD:
		return k.is(sized(size, codeAddLM, codeAddWM))
	case isa.SUB:
		return k.is(sized(size, codeSubLM, codeSubWM))
	case isa.CMP:
		return k.is(sized(size, codeCmpLM, codeCmpWM))
	}
	return false
}

func (k *numbers) moves(from, to *isa.Operand) bool {
	switch {
	case from.Kind == isa.RegList && to.Kind == isa.PreDecrement && from.Disp>>(8+to.Reg)&1 == 0:
		k.b, k.imm = 8+to.Reg, uint32(from.Disp)&0xffff
		k.step = 4 * uint32(bits.OnesCount32(k.imm))
		return k.imm != 0 && k.is(codePushAll)
	case from.Kind == isa.PostIncrement:
		k.a, k.imm = 8+from.Reg, uint32(to.Disp)&0xffff
		k.step = 4 * uint32(bits.OnesCount32(k.imm))
		return k.imm != 0 && k.is(codePullAll)
	}
	return false
}

// indexed returns the address that a base and an index make.
func (o *op) indexed(base uint32) uint32 {
	i := *o.i
	if o.short {
		i = uint32(int32(int16(i)))
	}
	return base + o.imm2 + i*o.scale // in this order: the index is known last
}
