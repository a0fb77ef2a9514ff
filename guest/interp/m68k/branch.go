package m68k

// What follows most tests and comparisons is a conditional branch, and an op does both.
// Where it goes the host's processor guesses, and when it has guessed wrong all waits
// until it is known: so that must be soon. It is decided by comparing once more, not by
// the condition codes, which take several steps; they are set for who may look at them
// later.

// relation is how d compares with s.
type relation uint8

const (
	never relation = iota
	equal
	less
	more
)

// conditional says of codes how a conditional branch can be joined with them.
var conditional = [256]uint8{
	codeMoveS: byResult, codeTstL: byResult, codeTst: byResult, codeLoadWX: byResult, codeLoadBX: byResult,
	codeAndL: byResult, codeOr: byResult, codeEor: byResult, codeNot: byResult,
	codeSwap: byResult, codeExtW: byResult, codeExtL: byResult, codeMuluW: byResult, codeMulsW: byResult,
	codeSetAndL: byResult, codeLoadEorSetAndB: byResult,

	codeSubL: byRelation, codeSubLM: byRelation, codeSubS: byRelation, codeSubWM: byRelation, codeNeg: byRelation,
	codeCmpL: byRelation, codeCmpS: byRelation, codeCmpLM: byRelation, codeCmpWM: byRelation,
	codeSetCmpL: byRelation, codeSubCmpL: byRelation, codeSubSubCmpL: byRelation, codeSetSubL: byRelation, codeAddCmpL: byRelation,
	codeLoadCmpL: byRelation, codeLoadCmpLX: byRelation, codeLoadSetCmpL: byRelation, codeSetLoadSetCmpL: byRelation,
	codeSubSetLoadSetCmpL: byRelation, codeSetSubLoadCmpLX: byRelation, codeLoadEorCmpLX: byRelation, codeLsrLoadEorCmpLX: byRelation,
	codeStoreSubCmpL: byRelation, codeStoreSubSubCmpL: byRelation, codeStoreAddCmpLX: byRelation,
}

const (
	byRelation = 1 + iota // of two numbers
	byResult              // of a number with 0
)

// relations are the relations that conditions ask for, or for the opposite of, after a
// comparison; of numbers with a sign, or without.
var relations = [16]struct {
	compares    relation
	not, signed bool
}{
	2: {more, false, false}, 3: {more, true, false}, // HI, LS
	4: {less, true, false}, 5: {less, false, false}, // CC, CS
	6: {equal, true, false}, 7: {equal, false, false}, // NE, EQ
	12: {less, true, true}, 13: {less, false, true}, // GE, LT
	14: {more, false, true}, 15: {more, true, true}, // GT, LE
}

// branch makes o branch on a condition to one address, else to another, if it can.
func (o *op) branch(cond uint8, taken, then *op) bool {
	switch by := conditional[o.code]; {
	case by == 0:
		return false
	case by == byResult && cond>>1 == 10>>1:
		cond += 12 - 10 // PL is GE, and MI is LT
	}
	r := relations[cond&15]
	if r.compares == never {
		return false
	}
	o.compares, o.bias = r.compares, 0
	if r.signed {
		o.bias = 1 << 31
	}
	if r.not {
		taken, then = then, taken
	}
	o.taken, o.then = taken, then
	o.count++
	return true
}

// Of the 16 values that N, Z, V and C have together, in this order, those with one of
// them set.
const (
	withN uint16 = 0xff00
	withZ uint16 = 0xf0f0
	withV uint16 = 0xcccc
	withC uint16 = 0xaaaa
)

// holds are the values for which a condition holds.
var holds = [16]uint16{
	0xffff, 0, // T, F
	^(withC | withZ), withC | withZ, // HI, LS
	^withC, withC, ^withZ, withZ, ^withV, withV, ^withN, withN, // CC, CS, NE, EQ, VC, VS, PL, MI
	^(withN ^ withV), withN ^ withV, // GE, LT
	^(withN ^ withV | withZ), withN ^ withV | withZ, // GT, LE
}

// test says whether a condition holds.
func (c *CPU) test(cond uint8) bool { return holds[cond&15]>>c.codes()&1 != 0 }

// codes returns N, Z, V and C.
func (c *CPU) codes() uint32 { return c.n>>31<<3 | carry(c.z == 0)<<2 | c.v>>31<<1 | c.c }

// compared returns what is executed next after what has compared d with s.
func (o *op) compared(s, d uint32) *op {
	switch o.compares {
	case never:
		return o.then
	case equal:
		return o.either(d == s)
	case less:
		return o.either(d^o.bias < s^o.bias)
	}
	return o.either(s^o.bias < d^o.bias)
}

// either returns where a branch goes.
func (o *op) either(taken bool) *op {
	if taken {
		return o.taken
	}
	return o.then
}
