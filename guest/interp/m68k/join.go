package m68k

import (
	"math/bits"

	isa "github.com/crossplug/crossplug/guest/isa/m68k"
)

// An interpreter pays most for going from one instruction to the next. So an op of
// common may execute the instructions after its own as well, and leaves out what
// nobody sees. What is joined and left out is in the tables here.
//
//   - A conditional branch goes with what sets the condition codes.
//   - MOVE.L A,B and then an operation on B becomes one of three operands.
//   - What is done to a constant is done here, once.
//   - Two that are among fusions have a code of their own.
//   - Condition codes are not set if the next instruction sets them anyway.
//
// All of that is as if it were not there. Whoever jumps to the second instruction
// finds the op of its own. An op does all of its instructions or none: where it
// cannot, as when an access to memory is not simple, its general function executes
// the first alone. Common executes an op only if there is fuel for one instruction
// more, so that after it another one is executed in any case; and condition codes are
// left out only if that one can neither fail nor look at them. What is in memory after
// an op counts as its own, see written; an op is no longer than an instruction may be.

// mostJoined is how many instructions an op may execute.
const mostJoined = 6

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
	c.joinNext(o, o.next, next, mostJoined)
}

// joinNext joins an op with what follows it, at an address and in next, for at most
// so many instructions in all. It returns the same for what then follows.
func (c *CPU) joinNext(o *op, at uint32, next []byte, most int64) (uint32, []byte) {
	for at != c.until && !c.control.Gates.Has(at) {
		second := new(op)
		var err error
		if second.Inst, err = isa.Decode(next, at, c.model); err != nil {
			break
		}
		after, rest := at+uint32(second.Len), next[second.Len:]
		if o.count < most && second.Op == isa.Bcc && second.Args[0].Disp&1 == 0 && o.branch(second.Cond, c.opAt(uint32(second.Args[0].Disp)), c.opAt(after)) {
			return after, rest
		}
		if !second.prepare(c) {
			break
		}
		o.fold(second)
		joined := false
		if o.count < most && waits[o.code] {
			// It depends on what the second becomes.
			end, left := c.joinNext(second, after, rest, most-o.count)
			if joined = o.join(second); joined {
				after, rest = end, left
			} else {
				second.prepare(c)
			}
		}
		if !joined && (o.count == most || !o.join(second)) {
			o.omitCodes(second)
			break
		}
		c.code.count++
		if at, next = after, rest; o.compares != never {
			o.then, o.taken = second.then, second.taken
			break
		}
		o.then = c.opAt(at)
	}
	return at, next
}

// prepare finds an op's code and operands, if it has a code.
func (o *op) prepare(c *CPU) bool {
	k := numbers{count: 1}
	if !k.prepare(&o.Inst) || c.model < isa.M68020 && (o.Word>>12 == 0xf || traitsOf[k.code]&inMemory != 0) {
		return false
	}
	o.numbers, o.with = k, nil
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
	inMemory
)

// setsAll says whether a code sets all condition codes but X, and cannot fail.
func (k commonCode) setsAll() bool {
	return traitsOf[k]&(setsCodes|pure) == setsCodes|pure
}

var traitsOf = [256]traits{
	codeCopy: pure | result, codeSet: pure | result, codeSetX: pure | result, codeAddA: pure | result, codeSubA: pure | result,
	codeMoveL: setsCodes | pure | result, codeMoveS: setsCodes | pure | result, codeTstL: setsCodes | pure, codeTst: setsCodes | pure,
	codeLoadB: inMemory | setsCodes | result, codeLoadBX: inMemory | setsCodes | result,
	codeLoadW: inMemory | setsCodes | result, codeLoadWX: inMemory | setsCodes | result,
	codeLoadL: inMemory | setsCodes | result, codeLoadLP: inMemory | setsCodes, codeLoadLX: inMemory | setsCodes | result,
	codeLoadA: inMemory | result, codeLoadAX: inMemory | result,
	codeStoreL: inMemory, codeStoreLP: inMemory, codeStoreLX: inMemory, codeStoreW: inMemory, codeStoreWX: inMemory,
	codeStoreB: inMemory, codeStoreBX: inMemory, codePea: inMemory, codePushAll: inMemory, codePullAll: inMemory,
	codeAddLM: inMemory, codeAddWM: inMemory, codeSubLM: inMemory, codeSubWM: inMemory, codeCmpLM: inMemory, codeCmpWM: inMemory,
	codeJsr: inMemory, codeRts: inMemory, codeLink: inMemory, codeUnlk: inMemory,
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

// waits are the codes that are joined with what is already joined.
var waits = [256]bool{codeCopy: true, codeMoveL: true, codeSubA: true, codeSubL: true, codeLsrL: true, codeLoadL: true, codeLoadEorB: true, codeStoreL: true, codeStoreLX: true, codeSetSubL: true}

// join makes o do what it does, and then what second does, if that is possible.
func (o *op) join(second *op) bool {
	if o.replaces(second) {
		return true
	}
	for _, f := range fusions {
		if f.first == o.code && f.second == second.code && (f.can == nil || f.can(o, second)) {
			o.code = f.both
			o.count += second.count
			o.compares, o.bias = second.compares, second.bias
			o.last().with = second
			return true
		}
	}
	return false
}

// last returns the last of the ops that an op is made of.
func (o *op) last() *op {
	for o.with != nil {
		o = o.with
	}
	return o
}

// replaces is join for a move to what second computes with, and changes: second then
// computes with what was moved.
func (o *op) replaces(second *op) bool {
	if o.code != codeCopy && o.code != codeMoveL || second.r != o.r || second.step != 0 && (second.s == o.r || second.s == o.s) {
		return false
	}
	t := traitsOf[second.code]
	if t&result == 0 || o.code == codeMoveL && t&setsCodes == 0 {
		return false
	}
	moved, from, count := o.r, o.holds(), o.count
	held := o.held
	o.numbers, o.s, o.d, o.i = second.numbers, second.s, second.d, second.i
	o.held = held
	if o.s == &second.imm {
		o.s = &o.imm
	}
	for _, p := range []**uint32{&o.s, &o.d, &o.i} {
		if *p == moved {
			*p = from
		}
	}
	o.count += count
	return true
}

// fold makes a constant of what is done to one, if second sets the condition codes.
func (o *op) fold(second *op) {
	if o.d != &o.held || !second.code.setsAll() {
		return
	}
	switch o.code {
	case codeNot:
		o.imm = o.held ^ ^o.keep
	case codeSwap:
		o.imm = bits.RotateLeft32(o.held, 16)
	default:
		return
	}
	o.code, o.s = codeCopy, &o.imm
}

// holds returns where the first operand is, which may be elsewhere from now on.
func (o *op) holds() *uint32 {
	if o.s == &o.imm {
		o.held = o.imm
		return &o.held
	}
	return o.s
}

// fusion is two codes that have one for both of them. The first is done with the op,
// the second with the one that is with it. Of the condition codes that the first sets
// only X is set, as the second sets the others. can says whether it is right for these.
type fusion struct {
	first, second, both commonCode
	can                 func(o, second *op) bool
}

var fusions = []fusion{
	{codeCopy, codeCopy, codeCopyCopy, nil},
	{codeMoveL, codeCmpL, codeSetCmpL, asSet},
	{codeCopy, codeCmpL, codeSetCmpL, asSet},
	{codeSet, codeCmpL, codeSetCmpL, nil},
	{codeSubA, codeCmpL, codeSubCmpL, nil},
	{codeAddL, codeCmpL, codeAddCmpL, nil},
	{codeLoadL, codeCmpL, codeLoadCmpL, nil},
	{codeLoadLX, codeCmpL, codeLoadCmpLX, nil},
	{codeMoveL, codeSubL, codeSetSubL, asSet},
	{codeCopy, codeSubL, codeSetSubL, asSet},
	{codeSetSubL, codeLoadCmpLX, codeSetSubLoadCmpLX, loadsApart},
	{codeStoreL, codeSubCmpL, codeStoreSubCmpL, nil},
	{codeStoreLX, codeAddCmpL, codeStoreAddCmpLX, nil},
	{codeSubA, codeSubCmpL, codeSubSubCmpL, nil},
	{codeStoreL, codeSubSubCmpL, codeStoreSubSubCmpL, nil},
	{codeLoadL, codeSetCmpL, codeLoadSetCmpL, nil},
	{codeMoveL, codeLoadSetCmpL, codeSetLoadSetCmpL, loadsElsewhere},
	{codeCopy, codeLoadSetCmpL, codeSetLoadSetCmpL, loadsElsewhere},
	{codeSubL, codeSetLoadSetCmpL, codeSubSetLoadSetCmpL, nil},
	{codeCopy, codeAndL, codeSetAndL, masks},
	{codeMoveL, codeAndL, codeSetAndL, masks},
	{codeLoadLX, codeEorL, codeLoadEorLX, withLoaded},
	{codeLoadEorLX, codeCmpL, codeLoadEorCmpLX, nil},
	{codeLsrL, codeLoadEorCmpLX, codeLsrLoadEorCmpLX, loadsElsewhereX},
	{codeLoadEorB, codeSetAndL, codeLoadEorSetAndB, masksLoaded},
	{codeLoadB, codeEorL, codeLoadEorB, changesLoaded},
}

// asSet makes a move, if it is with codeSet, what that is.
func asSet(o, _ *op) bool {
	if o.s == &o.imm {
		o.held = 0
		o.s = &o.held
	}
	return true
}

// changesLoaded says that the second changes what is loaded before it.
func changesLoaded(o, second *op) bool {
	return second.d == o.r && second.s != o.r
}

// loadsElsewhere says that what the first sets is not where the second loads from.
func loadsElsewhere(o, second *op) bool {
	return second.s != o.r && asSet(o, second)
}

// loadsElsewhereX is loadsElsewhere with an index.
func loadsElsewhereX(o, second *op) bool {
	return second.s != o.r && second.i != o.r
}

// masks says that the second masks with what the first sets.
func masks(o, second *op) bool {
	return second.s == o.r && asSet(o, second)
}

// withLoaded says that the second has what is loaded as one of its operands, which may
// change places, and makes it the first.
func withLoaded(o, second *op) bool {
	if second.d == o.r {
		second.s, second.d = second.d, second.s
	}
	return second.s == o.r
}

// masksLoaded says that the second masks what the first computes, with something else.
func masksLoaded(o, second *op) bool {
	return second.with.d == o.r && second.s != o.r
}

// loadsApart says that from where the second loads does not depend on the first two.
func loadsApart(o, second *op) bool {
	for _, p := range []*uint32{o.r, o.with.r} {
		if second.s == p || second.i == p {
			return false
		}
	}
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
	codeLslL: {codeLslA, false}, codeLsrL: {codeLsrA, false},
}

// omitCodes leaves out condition codes that second sets anyway.
func (o *op) omitCodes(second *op) {
	t, to := traitsOf[second.code], omissions[o.code]
	if to.code != codeNone && second.code.setsAll() && (!to.x || t&setsX != 0) {
		o.code = to.code
	}
}
