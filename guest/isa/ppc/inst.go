// Package ppc reads machine code of the 32-bit PowerPC processors 601, 603,
// 604, 750 and 7400: the instructions of users and supervisors, those of POWER
// that the 601 kept, and AltiVec.
//
// ppc.txt says what the instructions are; the tables are generated from it.
// Everything here may be called concurrently.
//
// Source: PowerPC Microprocessor Family: The Programming Environments
// (MPCFPE32B), whose names for fields and counting of bits (0 is the highest)
// are used throughout.
package ppc

//go:generate go test ./gen -update

// Op is an operation, for example ADD, which with its suffixes o and . is four
// mnemonics. The zero Op is no instruction.
type Op uint16

// Ops is the number of operations; they are 1 to Ops.
const Ops = int(opCount) - 1

// String returns the operation's name without suffixes: "add", "" for no
// operation.
func (o Op) String() string {
	if o < opCount {
		return opNames[o]
	}
	return ""
}

// Set is a set of instructions that some processors have and others do not.
type Set uint8

// The sets.
const (
	Base       Set = iota // on the 601 and all after it
	From603               // on the 603 and all after it, not on the 601
	Power                 // POWER instructions, on the 601 only
	SquareRoot            // optional; on none of these
	Supervisor            // for the operating system; user programs trap
	TLB603                // for the operating system of a 603
	AltiVec               // on the 7400 and after
)

func (s Set) String() string {
	return [...]string{"base", "603", "power", "fsqrt", "super", "603tlb", "altivec"}[min(s, AltiVec)]
}

// Set returns the set that the operation belongs to.
func (o Op) Set() Set {
	if o < opCount {
		return rows[o].set
	}
	return Base
}

// Encoding returns which bits of a word make it this operation: those of the
// mask, which are as in value. The others are its operands and suffixes.
func (o Op) Encoding() (mask, value uint32) {
	if o < opCount {
		return rows[o].mask, rows[o].value
	}
	return 0, 0
}

// Inst is an instruction: the word, and what operation it is. Its methods return
// the word's fields by the manual's names; which of them mean anything depends on
// the operation.
type Inst struct {
	Word uint32
	Op   Op
}

// D is the first register of most operations, also called S; BO, TO and crbD are
// in its place, too.
func (i Inst) D() uint32 { return i.Word >> 21 & 31 }

// A is register A; BI and crbA are in its place, too.
func (i Inst) A() uint32 { return i.Word >> 16 & 31 }

// B is register B; SH, NB and crbB are in its place, too.
func (i Inst) B() uint32 { return i.Word >> 11 & 31 }

// C is register C; MB is in its place, too.
func (i Inst) C() uint32 { return i.Word >> 6 & 31 }

// ME is where a mask ends.
func (i Inst) ME() uint32 { return i.Word >> 1 & 31 }

// SIMM is the signed immediate or displacement.
func (i Inst) SIMM() int32 { return int32(int16(i.Word)) }

// UIMM is the unsigned immediate.
func (i Inst) UIMM() uint32 { return i.Word & 0xffff }

// CRFD is the condition field that the result goes to, 0 to 7.
func (i Inst) CRFD() uint32 { return i.Word >> 23 & 7 }

// CRFS is the field that mcrf and mcrfs copy.
func (i Inst) CRFS() uint32 { return i.Word >> 18 & 7 }

// CRM is mtcrf's mask; the field 0 is its highest bit, 0x80.
func (i Inst) CRM() uint32 { return i.Word >> 12 & 0xff }

// FM is mtfsf's mask; the field 0 is its highest bit, 0x80.
func (i Inst) FM() uint32 { return i.Word >> 17 & 0xff }

// IMM is mtfsfi's value.
func (i Inst) IMM() uint32 { return i.Word >> 12 & 15 }

// SR is a segment register's number.
func (i Inst) SR() uint32 { return i.Word >> 16 & 15 }

// SPR is a special-purpose register's number, its halves in their right order.
func (i Inst) SPR() uint32 { return i.Word>>16&31 | i.Word>>6&0x3e0 }

// Rc says whether the instruction ends in a dot, as one that has the choice.
func (i Inst) Rc() bool {
	switch h := i.has(); {
	case h&hasRc != 0:
		return i.Word&1 != 0
	case h&hasVectorRc != 0:
		return i.Word&0x400 != 0
	}
	return false
}

// OE says whether the instruction reports overflow in XER.
func (i Inst) OE() bool { return i.has()&hasOE != 0 && i.Word&0x400 != 0 }

// LK says whether the branch leaves its return address in LR.
func (i Inst) LK() bool { return i.has()&hasLK != 0 && i.Word&1 != 0 }

// AA says whether the branch's target is absolute.
func (i Inst) AA() bool { return i.has()&hasAA != 0 && i.Word&2 != 0 }

// Transient says whether a dst or dstst will not need what it fetches for long; of
// a dss, that it stops all streams.
func (i Inst) Transient() bool { return i.has()&hasT != 0 && i.Word&0x02000000 != 0 }

// Target returns where a b or bc at address pc leads. The other branches' targets
// are in registers: ok is false.
func (i Inst) Target(pc uint32) (addr uint32, ok bool) {
	switch i.Op {
	case B:
		addr = uint32(int32(i.Word<<6)>>6) &^ 3
	case BC:
		addr = uint32(int32(int16(i.Word))) &^ 3
	default:
		return 0, false
	}
	if !i.AA() {
		addr += pc
	}
	return addr, true
}

// InvalidForm says whether the manual calls the instruction's form invalid: what a
// processor does with it is not defined, though many do something sensible.
func (i Inst) InvalidForm() bool {
	switch i.Op {
	case LBZU, LHZU, LHAU, LWZU, LBZUX, LHZUX, LHAUX, LWZUX:
		return i.A() == 0 || i.A() == i.D()
	case STBU, STHU, STWU, STBUX, STHUX, STWUX, LFSU, LFDU, STFSU, STFDU, LFSUX, LFDUX, STFSUX, STFDUX:
		return i.A() == 0
	case LMW:
		return i.A() >= i.D()
	case LSWI:
		// Registers go around from r31 to r0.
		return (i.A()-i.D())&31 < ((i.B()+31)&31+4)/4
	case LSWX:
		return i.D() == i.A() || i.D() == i.B()
	case CMP, CMPI, CMPL, CMPLI:
		return i.D()&1 != 0
	case BC, BCLR, BCCTR:
		bo := i.D()
		if i.Op == BCCTR && bo&4 == 0 {
			return true // it would count down what it jumps to
		}
		switch bo &^ 1 {
		case 0, 2, 4, 8, 10, 12, 16, 18:
			return false
		}
		return bo != 20
	}
	return false
}

func (i Inst) has() suffixes {
	if i.Op < opCount {
		return rows[i.Op].has
	}
	return 0
}

// row is a line of the table.
type row struct {
	mask, value uint32
	set         Set
	has         suffixes
	args        [maxArgs]argKind
}

// suffixes are the bits that change a mnemonic.
type suffixes uint8

const (
	hasOE suffixes = 1 << iota
	hasRc
	hasVectorRc
	hasLK
	hasAA
	hasT
)

// root is the first stage of the tables for decoding.
type root struct {
	shift uint8
	mask  uint16
	start uint16
}

// register is a special-purpose register.
type register struct {
	number uint16
	name   string
}

// RegisterName returns the name of a special-purpose register, as in the
// mnemonic mflr: "lr". It is "" if the register has none.
func RegisterName(spr uint32) string {
	for _, r := range registers {
		if uint32(r.number) == spr {
			return r.name
		}
	}
	return ""
}

const maxArgs = 5

// argKind says what an operand is; ppc.txt explains those on the right.
type argKind uint8

const (
	argNone   argKind = iota
	argD              // rD rS
	argA              // rA
	argA0             // rA0
	argB              // rB
	argFD             // fD fS
	argFA             // fA
	argFB             // fB
	argFC             // fC
	argVD             // vD vS
	argVA             // vA
	argVB             // vB
	argVC             // vC
	argMemory         // d(rA)
	argSimm           // simm
	argUimm           // uimm
	argHigh           // hi
	argCRD            // cD
	argCRS            // cS
	argBitD           // bD
	argBitA           // bA
	argBitB           // bB
	argBitI           // bI
	argBD             // bd
	argLI             // li
	argNumA           // vui vu4 vu3 vu2
	argNumB           // sh
	argNumC           // mb
	argNumD           // BO TO to
	argME             // me
	argBytes          // nb
	argL              // L
	argCRM            // crm
	argFM             // fm
	argImm            // imm
	argSR             // sr
	argSPR            // spr tbr
	argVSimm          // vsi
	argSHB            // shb
	argStream         // strm
)
