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
// two; I is an immediate; P moves the address register; A is to an address register, M from memory, X with an index.
const (
	codeNone commonCode = iota
	codeSet
	codeSetI
	codeMoveL
	codeMoveLI
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
	codeAddLI
	codeAddLM
	codeAddS
	codeAddWM
	codeAddA
	codeSubA
	codeSubL
	codeSubLI
	codeSubLM
	codeSubS
	codeSubWM
	codeCmpL
	codeCmpLI
	codeCmpS
	codeCmpLM
	codeCmpWM
	codeAndL
	codeAndLI
	codeEorLI
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
	codeAsrL
	codeBra
	codeBHI
	codeBLS
	codeBCC
	codeBCS
	codeBNE
	codeBEQ
	codeBPL
	codeBMI
	codeBGE
	codeBLT
	codeBGT
	codeBLE
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
)

// numbers are an op's operands as common has them.
type numbers struct {
	code  commonCode
	a, b  uint8 // registers: 0 to 7 are data, 8 to 15 address registers
	x     uint8 // the index
	short bool  // which is a word
	scale uint8
	shift uint8  // from the operand's size to a long
	keep  uint32 // bits of a long that the operand does not have
	mask  uint32
	imm   uint32
	imm2  uint32
	step  uint32 // what is added to the address register; the size of a MOVEM
	// when is not 0 if the next instruction is a conditional branch, which is
	// executed with this one, to taken or before: bit n is whether it is taken if
	// the condition codes are n.
	when  uint16
	does  floatOp // with the source that the code names
	float cpu.Extended
	// double: the operation is one of the 68040's that round to that.
	double bool
}

// ready gives an op its code, if it has one. next is the code after it.
func (c *CPU) ready(o *op, next []byte) {
	k := numbers{}
	if o.Word>>12 == 0xf && c.model < isa.M68020 || !k.prepare(&o.Inst) {
		return
	}
	o.numbers = k
	if target, ok := fixedTarget(&o.Inst); !ok {
		c.pair(o, next)
	} else if target&1 == 0 {
		o.taken = c.opAt(target)
	} else {
		o.code = codeNone
	}
}

// pair joins an op that sets all condition codes with a branch after it.
func (c *CPU) pair(o *op, next []byte) {
	if !setsCodes[o.code] || o.next == c.until || len(next) < 2 || next[0]>>4 != 6 {
		return
	}
	branch, err := isa.Decode(next, o.next, c.model)
	if target := uint32(branch.Args[0].Disp); err == nil && branch.Op == isa.Bcc && target&1 == 0 {
		o.when = whenTaken(branch.Cond)
		o.taken = c.opAt(target)
		o.before = c.opAt(o.next + uint32(branch.Len))
	}
}

// whenTaken returns for which condition codes a condition holds.
func whenTaken(cond uint8) (when uint16) {
	for codes := range uint16(16) {
		var c CPU
		c.setCCR(codes)
		if c.test(cond) {
			when |= 1 << codes
		}
	}
	return when
}

// setsCodes are the codes that end where common sets condition codes.
var setsCodes = [256]bool{
	codeMoveL: true, codeMoveLI: true, codeTstL: true, codeAndL: true, codeAndLI: true, codeEorLI: true, codeAddLI: true, codeSubLI: true, codeCmpLI: true, codeCmpS: true, codeMoveS: true, codeTst: true, codeLoadL: true, codeLoadLX: true, codeLoadW: true, codeLoadWX: true, codeLoadB: true, codeLoadBX: true,
	codeAddL: true, codeAddLM: true, codeAddS: true, codeAddWM: true, codeSubL: true, codeSubLM: true, codeSubS: true, codeSubWM: true,
	codeCmpL: true, codeCmpLM: true, codeCmpWM: true, codeAnd: true, codeOr: true, codeEor: true, codeNot: true, codeNeg: true,
	codeSwap: true, codeExtW: true, codeExtL: true, codeMuluW: true, codeMulsW: true, codeLslL: true, codeLsrL: true, codeAsrL: true,
	codeStoreL: true, codeStoreW: true, codeStoreB: true,
}

// fixedTarget is where a branch goes.
func fixedTarget(i *isa.Inst) (uint32, bool) {
	for n := range i.Args[:2] {
		if i.Args[n].Kind == isa.Target {
			return uint32(i.Args[n].Disp), true
		}
	}
	return 0, false
}

var branchCodes = [16]commonCode{
	2: codeBHI, codeBLS, codeBCC, codeBCS, codeBNE, codeBEQ, codeNone, codeNone, codeBPL, codeBMI, codeBGE, codeBLT, codeBGT, codeBLE,
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
		return k.register(from) && k.is(sized(size, codeMoveL, codeMoveS)) // of the value 0
	case isa.MOVEA:
		if size == 4 {
			return k.register(to) && (k.value(from) && k.is(codeSet) || k.indexed(from) && k.source(from) && k.is(codeLoadAX) ||
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
		return size == 4 && k.register(to) && (k.value(from) && k.is(codeCmpL) || k.address(from) && k.is(codeCmpLM))
	case isa.TST:
		k.a = from.Reg
		return from.Kind == isa.DataReg && k.is(sized(size, codeTstL, codeTst))
	case isa.NOT:
		return k.register(from) && k.is(codeNot)
	case isa.NEG:
		return k.register(from) && k.is(codeNeg)
	case isa.SWAP:
		k.a = from.Reg
		return k.is(codeSwap)
	case isa.EXT:
		k.a = from.Reg
		return k.is(sized(size, codeExtL, codeExtW))
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
		k.imm = uint32(from.Disp)
		return k.is(codeJsr)
	case isa.Bcc:
		return k.is(branchCodes[i.Cond&15])
	case isa.DBcc:
		k.a = from.Reg
		return i.Cond == 1 && k.is(codeDBF)
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

// immediates are the codes for an immediate where there is another one for that,
// of those for longs.
var immediates = [256]commonCode{codeSet: codeSetI, codeMoveL: codeMoveLI, codeAddL: codeAddLI, codeSubL: codeSubLI, codeCmpL: codeCmpLI, codeAndL: codeAndLI}

// is ends a description.
func (k *numbers) is(code commonCode) bool {
	if other := immediates[code]; other != codeNone && k.mask == 0 {
		code = other
	}
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
		k.a, k.mask = o.Reg, ^uint32(0)
	case isa.AddrReg:
		k.a, k.mask = 8+o.Reg, ^uint32(0)
	case isa.Immediate:
		k.imm = uint32(o.Disp)
	default:
		return false
	}
	return true
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
		k.a, k.mask, k.imm = 8+o.Reg, ^uint32(0), uint32(o.Disp)
	case isa.AbsoluteWord, isa.AbsoluteLong, isa.PCDisplaced:
		k.imm = uint32(o.Disp)
	default:
		return false
	}
	return true
}

// memory is address for an operand in memory, which may be (An)+ or -(An) as well.
func (k *numbers) memory(o *isa.Operand, size uint32) bool {
	switch o.Kind {
	case isa.PostIncrement:
		k.a, k.mask, k.step = 8+o.Reg, ^uint32(0), step(o.Reg, size)
	case isa.PreDecrement:
		k.a, k.mask, k.step = 8+o.Reg, ^uint32(0), -step(o.Reg, size)
		k.imm = k.step
	default:
		return k.address(o)
	}
	return true
}

// indexed takes over a simple index, (disp,An,Xn*scale).
func (k *numbers) indexed(o *isa.Operand) bool {
	if o.Kind != isa.Indexed || o.Flags&^(isa.ScaleMask|isa.LongIndex) != 0 {
		return false
	}
	k.x, k.short, k.scale, k.imm2 = o.Index, o.Flags&isa.LongIndex == 0, uint8(o.Flags&isa.ScaleMask), uint32(o.Disp)
	return true
}

// source makes the base of an indexed operand the first operand.
func (k *numbers) source(o *isa.Operand) bool {
	k.a = 8 + o.Reg
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
		return k.memory(from, size) && pick(codeLoadB, codeLoadW, choose(k.mask != 0 && k.step == 0, codeLoadL, codeLoadLP))
	case isa.Indirect, isa.Displaced:
		k.b, k.imm2 = 8+to.Reg, uint32(to.Disp)
	case isa.PostIncrement:
		k.b, k.step = 8+to.Reg, step(to.Reg, size)
	case isa.PreDecrement:
		k.b, k.step = 8+to.Reg, -step(to.Reg, size)
		k.imm2 = k.step
	default:
		if k.indexed(to) && (from.Kind == isa.DataReg || from.Kind == isa.AddrReg) {
			k.b = 8 + to.Reg
			return k.value(from) && pick(codeStoreBX, codeStoreWX, codeStoreLX)
		}
		return false
	}
	return k.value(from) && pick(codeStoreB, codeStoreW, choose(k.mask != 0 && k.step == 0, codeStoreL, codeStoreLP))
}

func (k *numbers) addressArithmetic(i *isa.Inst) bool {
	from, to := &i.Args[0], &i.Args[1]
	k.register(to)
	adds := i.Op == isa.ADDA || i.Op == isa.ADDQ
	switch {
	case from.Kind == isa.Immediate:
		k.a, k.mask, k.imm = k.b, ^uint32(0), uint32(from.Disp)
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
			return k.is(codeOr)
		}
		if k.mask == 0 && size == 4 {
			return k.is(codeEorLI)
		}
		return k.is(codeEor)
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
