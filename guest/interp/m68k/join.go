package m68k

import isa "github.com/crossplug/crossplug/guest/isa/m68k"

// An interpreter pays most for going from one instruction to the next. So an op of
// common may execute the instructions after its own as well, and leaves out what
// nobody sees. What is joined and left out is in the tables here.
//
//   - A conditional branch goes with what sets the condition codes.
//   - MOVE.L A,B and then an operation on B becomes one of three operands.
//   - Two that are among fusions have a code of their own.
//   - Condition codes are not set if the next instruction sets them anyway.
//
// All of that is as if it were not there. Whoever jumps to the second instruction
// finds the op of its own. An op does all of its instructions or none: where it
// cannot, as when an access to memory is not simple, its general function executes
// the first alone. Common executes an op only if fuel for more than mostJoined
// instructions is left, so that after it another one is executed in any case; and
// condition codes are left out only if that one can neither fail nor look at
// them. What is in memory after an op counts as its own, see written.

// mostJoined is how many instructions an op may execute.
const mostJoined = 3

// ready gives an op its code, if it has one, and joins it with what follows. next is
// the code after it.
func (c *CPU) ready(o *op, next []byte) {
	if !o.prepare(c) {
		return
	}
	if target, ok := fixedTarget(&o.Inst); ok {
		if target&1 != 0 {
			o.numbers = numbers{}
			return
		}
		o.taken = c.opAt(target)
	}
	at := o.next
	for at != c.until && !c.control.Gates.Has(at) {
		var second op
		var err error
		if second.Inst, err = isa.Decode(next, at, c.model); err != nil {
			return
		}
		if o.count < mostJoined && branches[o.code] && second.Op == isa.Bcc && second.Args[0].Disp&1 == 0 {
			o.when = whenTaken(second.Cond)
			o.taken = c.opAt(uint32(second.Args[0].Disp))
			o.then = c.opAt(at + uint32(second.Len))
			o.count++
			return
		}
		if !second.prepare(c) {
			return
		}
		if o.count == mostJoined || !o.join(&second) {
			o.omitCodes(&second)
			return
		}
		at += uint32(second.Len)
		next = next[second.Len:]
		o.then = c.opAt(at)
	}
}

// prepare finds an op's code and operands, if it has a code.
func (o *op) prepare(c *CPU) bool {
	k := numbers{count: 1}
	if o.Word>>12 == 0xf && c.model < isa.M68020 || !k.prepare(&o.Inst) {
		return false
	}
	o.numbers = k
	regs := c.registers()
	o.d, o.r, o.i = &regs[o.b&15], &regs[o.b&15], &regs[o.x&15]
	switch o.a {
	case literal:
		o.s = &o.imm
	case absolute:
		o.s = &c.zero
	default:
		o.s = &regs[o.a&15]
	}
	return true
}

// traits are what is to be known of a code here.
type traits uint8

const (
	setsCodes traits = 1 << iota // all but X
	setsX
	pure   // nothing can go wrong, and there are no other effects than on r
	result // r is the sum of its effects, but for codes and a step
)

var traitsOf = [256]traits{
	codeCopy: pure | result, codeSet: pure | result, codeSetX: pure | result, codeAddA: pure | result, codeSubA: pure | result,
	codeMoveL: setsCodes | pure | result, codeMoveS: setsCodes | pure | result, codeTstL: setsCodes | pure, codeTst: setsCodes | pure,
	codeLoadB: setsCodes | result, codeLoadBX: setsCodes | result, codeLoadW: setsCodes | result, codeLoadWX: setsCodes | result,
	codeLoadL: setsCodes, codeLoadLP: setsCodes, codeLoadLX: setsCodes,
	codeAddL: setsCodes | setsX | pure | result, codeAddS: setsCodes | setsX | pure | result,
	codeSubL: setsCodes | setsX | pure | result, codeSubS: setsCodes | setsX | pure | result,
	codeCmpL: setsCodes | pure, codeCmpS: setsCodes | pure,
	codeAndL: setsCodes | pure | result, codeOrL: setsCodes | pure | result, codeEorL: setsCodes | pure | result,
	codeAnd: setsCodes | pure | result, codeOr: setsCodes | pure | result, codeEor: setsCodes | pure | result,
	codeNot: setsCodes | pure | result, codeNeg: setsCodes | setsX | pure | result,
	codeSwap: setsCodes | pure | result, codeExtW: setsCodes | pure | result, codeExtL: setsCodes | pure | result,
	codeMuluW: setsCodes | pure | result, codeMulsW: setsCodes | pure | result,
	codeLslL: setsCodes | setsX | pure | result, codeLsrL: setsCodes | setsX | pure | result, codeAsrL: setsCodes | setsX | pure | result,
}

// branches are the codes that a conditional branch can be joined with.
var branches = [256]bool{
	codeMoveS: true, codeTstL: true, codeTst: true, codeLoadWX: true, codeLoadBX: true,
	codeAddS: true, codeAddWM: true, codeSubL: true, codeSubLM: true, codeSubS: true, codeSubWM: true,
	codeCmpL: true, codeCmpS: true, codeCmpLM: true, codeCmpWM: true,
	codeSetCmpL: true, codeSubCmpL: true, codeSetSubL: true, codeAddCmpL: true, codeLoadCmpL: true, codeLoadCmpLX: true,
	codeAndL: true, codeOr: true, codeEor: true, codeNot: true, codeNeg: true,
	codeSwap: true, codeExtW: true, codeExtL: true, codeMuluW: true, codeMulsW: true,
}

// join makes o do what it does, and then what second does, if that is possible.
func (o *op) join(second *op) bool {
	if o.replaces(second) {
		return true
	}
	t := traitsOf[second.code]
	if o.code == codeMoveL && t&setsCodes == 0 {
		return false
	}
	for _, f := range fusions {
		if f.first == o.code && f.second == second.code && f.join(o, second) {
			o.code = f.both
			o.count += second.count
			return true
		}
	}
	return false
}

// replaces is join for a move to what second computes with, and changes: second then
// computes with what was moved.
func (o *op) replaces(second *op) bool {
	if o.code != codeCopy && o.code != codeMoveL || second.r != o.r {
		return false
	}
	t := traitsOf[second.code]
	if t&result == 0 || o.code == codeMoveL && t&setsCodes == 0 || second.step != 0 && (second.s == o.r || second.s == o.s) {
		return false
	}
	copied, from, count := o.r, o.holds(), o.count
	held := o.held
	o.numbers, o.s, o.d, o.i = second.numbers, second.s, second.d, second.i
	o.held = held
	if o.s == &second.imm {
		o.s = &o.imm
	}
	for _, p := range []**uint32{&o.s, &o.d, &o.i} {
		if *p == copied {
			*p = from
		}
	}
	o.count += count
	return true
}

// holds returns where the first operand is, which may be elsewhere from now on.
func (o *op) holds() *uint32 {
	if o.s == &o.imm {
		o.held = o.imm
		return &o.held
	}
	return o.s
}

// fusion is two codes that have one for both of them. Its function puts the operands
// of both where that wants them, if it can have them.
type fusion struct {
	first, second, both commonCode
	join                func(o, second *op) bool
}

var fusions = []fusion{
	{codeMoveL, codeCmpL, codeSetCmpL, copyFirst},
	{codeCopy, codeCmpL, codeSetCmpL, copyFirst},
	{codeSet, codeCmpL, codeSetCmpL, setFirst},
	{codeSubA, codeCmpL, codeSubCmpL, changeFirst},
	{codeMoveL, codeSubL, codeSetSubL, copyFirst},
	{codeCopy, codeSubL, codeSetSubL, copyFirst},
	{codeLoadL, codeCmpL, codeLoadCmpL, loadFirst},
	{codeLoadLX, codeCmpL, codeLoadCmpLX, loadFirst},
	{codeAddL, codeCmpL, codeAddCmpL, changeFirst},
	{codeLoadB, codeEorL, codeLoadEorB, loadAndChange},
	{codeAndL, codeLoadLX, codeAndLoadLX, indexFirst},
	{codeAndLoadLX, codeEorL, codeAndLoadEor, indexFirstAndChange},
}

// copyFirst: what i points to, and imm2, go to where j points to.
func copyFirst(o, second *op) bool {
	o.i, o.j, o.imm2 = o.holds(), o.r, 0
	o.takeOver(second)
	return true
}

func setFirst(o, second *op) bool {
	o.i, o.j, o.imm2 = o.s, o.r, o.imm
	o.takeOver(second)
	return true
}

// changeFirst: what j points to changes by what i points to.
func changeFirst(o, second *op) bool {
	if o.d != o.r {
		return false
	}
	o.i, o.j = o.holds(), o.r
	o.takeOver(second)
	return true
}

// takeOver makes second's own operands o's.
func (o *op) takeOver(second *op) {
	if o.s, o.d, o.r = second.s, second.d, second.r; o.s == &second.imm {
		o.imm, o.s = second.imm, &o.imm
	}
}

// loadFirst: what is loaded goes to r, then j and d are compared.
func loadFirst(o, second *op) bool {
	if o.j, o.d = second.s, second.d; o.j == &second.imm {
		o.held, o.j = second.imm, &o.held
	}
	return true
}

// indexFirst: the result goes to r, and is the index; i is the base, and what is
// loaded goes to where j points to.
func indexFirst(o, second *op) bool {
	if second.i != o.r || second.s == o.r || second.short {
		return false
	}
	o.i, o.j, o.imm2, o.scale = second.s, second.r, second.imm2, second.scale
	return true
}

// indexFirstAndChange: then that changes by what k points to.
func indexFirstAndChange(o, second *op) bool {
	if second.d != o.j || second.r != o.j || second.s == o.j || second.s == &second.imm {
		return false
	}
	o.k = second.s
	return true
}

// loadAndChange: what is loaded changes by what j points to.
func loadAndChange(o, second *op) bool {
	if second.d != o.r || second.r != o.r || second.s == o.r || second.s == &second.imm {
		return false
	}
	o.j = second.s
	return true
}

// omissions are codes without condition codes, or with X alone.
var omissions = [256]struct {
	code commonCode
	x    bool // X is left out as well
}{
	codeMoveL: {codeCopy, false}, codeLoadL: {codeLoadA, false}, codeLoadLP: {codeLoadA, false}, codeLoadLX: {codeLoadAX, false},
	codeAddL: {codeAddA, true}, codeSubL: {codeSubA, true},
	codeAndL: {codeAndA, false}, codeOrL: {codeOrA, false}, codeEorL: {codeEorA, false},
	codeNot: {codeNotA, false}, codeLslL: {codeLslA, false}, codeLsrL: {codeLsrA, false},
	codeLoadEorB: {codeLoadEorBA, false}, codeAndLoadEor: {codeAndLoadEorA, false},
}

// omitCodes leaves out condition codes that second sets anyway.
func (o *op) omitCodes(second *op) {
	t, to := traitsOf[second.code], omissions[o.code]
	if to.code != codeNone && t&(setsCodes|pure) == setsCodes|pure && (!to.x || t&setsX != 0) {
		o.code = to.code
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
