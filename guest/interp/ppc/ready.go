package ppc

import (
	"encoding/binary"

	isa "github.com/crossplug/crossplug/guest/isa/ppc"
)

// uop is an instruction made ready: what the loop needs of it, where the loop
// wants it. Its meaning depends on code, and op if that is codeRare:
//
//	arithmetic, logic  d the result, a and b (and imm) what it is made of; Rc in rc
//	rotates            b the count, mask the mask
//	loads, stores      d the register; the address is r[a] + imm or + r[b], mask 0
//	                   and a noRegister if that is no register but 0
//	comparisons        mask the field of CR; d how far it is from the low end in floating point
//	branches           imm the target, four times that if within the page; a BO; mask the bit of CR; b whether to set LR;
//	                   c 0xff, if alone on that bit, for a branch if it is clear
//	floating point     d, a, b, c registers; Rc in rc
type uop struct {
	code       code
	d, a, b, c uint8
	rc         bool
	op         isa.Op
	imm        uint32
	mask       uint32
}

// displaced returns the address that a load or store with a displacement is for.
func (u *uop) displaced(regs *[256]uint32) uint32 { return regs[u.a] + u.imm }

// indexed returns the address that a load or store with an index is for.
func (u *uop) indexed(regs *[256]uint32) uint32 { return regs[u.a] + regs[u.b] }

// taken says whether a branch on a bit of CR alone is taken.
func (u *uop) taken(cr uint32) bool { return (cr^uint32(int8(u.c)))&u.mask != 0 }

// What the operation of a uop may be beyond the processor's.
const (
	opOverflow isa.Op = isa.Op(isa.Ops) + 1 + iota // with OE; imm is the operation
	opIllegal
	allOps
)

func be32(b []byte) uint32 { return binary.BigEndian.Uint32(b) }

// ready makes a word ready for execution at an address.
func ready(word, pc uint32) uop {
	i, ok := isa.Decode(word)
	if !ok {
		return uop{code: codeRare, op: opIllegal}
	}
	u := uop{op: i.Op, d: uint8(i.D()), a: uint8(i.A()), b: uint8(i.B()), c: uint8(i.C()), rc: i.Rc(), mask: ^uint32(0), imm: uint32(i.SIMM())}
	switch i.Op {
	case isa.ADDIS:
		u.op = isa.ADDI
		u.imm <<= 16
		fallthrough
	case isa.ADDI, isa.LBZ, isa.LHZ, isa.LHA, isa.LWZ, isa.STB, isa.STH, isa.STW, isa.LMW, isa.STMW,
		isa.LFS, isa.LFD, isa.STFS, isa.STFD,
		isa.LBZX, isa.LHZX, isa.LHAX, isa.LWZX, isa.LHBRX, isa.LWBRX, isa.STBX, isa.STHX, isa.STWX, isa.STHBRX, isa.STWBRX,
		isa.LSWI, isa.LSWX, isa.STSWI, isa.STSWX, isa.LSCBX, isa.LWARX, isa.STWCX_, isa.DCBZ, isa.ICBI, isa.ECIWX, isa.ECOWX,
		isa.LFSX, isa.LFDX, isa.STFSX, isa.STFDX, isa.STFIWX:
		if u.a == 0 {
			u.a, u.mask = noRegister, 0
		}
	case isa.ANDI_, isa.ANDIS_, isa.ORI, isa.ORIS, isa.XORI, isa.XORIS:
		u.d, u.a = u.a, u.d
		u.imm = i.UIMM()
		switch i.Op {
		case isa.ANDIS_, isa.ORIS, isa.XORIS:
			u.imm <<= 16
			u.op = map[isa.Op]isa.Op{isa.ANDIS_: isa.ANDI_, isa.ORIS: isa.ORI, isa.XORIS: isa.XORI}[i.Op]
		}
		u.rc = u.op == isa.ANDI_
	case isa.AND, isa.ANDC, isa.OR, isa.ORC, isa.XOR, isa.EQV, isa.NAND, isa.NOR, isa.EXTSB, isa.EXTSH, isa.CNTLZW,
		isa.SLW, isa.SRW, isa.SRAW, isa.SRAWI, isa.MASKG, isa.MASKIR, isa.RRIB,
		isa.SLE, isa.SLEQ, isa.SLIQ, isa.SLLIQ, isa.SLLQ, isa.SLQ, isa.SRAIQ, isa.SRAQ, isa.SRE, isa.SREA, isa.SREQ, isa.SRIQ, isa.SRLIQ, isa.SRLQ, isa.SRQ:
		u.d, u.a = u.a, u.d
	case isa.RLWINM, isa.RLWIMI, isa.RLWNM, isa.RLMI:
		u.d, u.a = u.a, u.d
		u.mask = mask(i.C(), i.ME())
	case isa.ADDIC_:
		u.op, u.rc = isa.ADDIC, true
	case isa.CMPI, isa.CMP, isa.CMPL, isa.CMPLI:
		u.mask = fields(0x80 >> i.CRFD())
		if i.Op == isa.CMPLI {
			u.imm = i.UIMM()
		}
	case isa.FCMPU, isa.FCMPO:
		u.d = uint8(28 - 4*i.CRFD())
	case isa.B, isa.BC:
		u.imm, _ = i.Target(pc)
		fallthrough
	case isa.BCLR, isa.BCCTR:
		branch(&u, i, u.imm&^pageMask == pc&^pageMask)
	case isa.MTCRF:
		u.mask = fields(i.CRM())
	case isa.MTFSF:
		u.mask = fields(i.FM())
	case isa.MTFSFI:
		u.mask = fields(0x80 >> i.CRFD())
		u.imm = i.IMM() * 0x11111111
	case isa.MCRF, isa.MCRFS, isa.MCRXR:
		u.d = uint8(28 - 4*i.CRFD())
		u.a = uint8(28 - 4*i.CRFS())
	case isa.MFSPR, isa.MTSPR, isa.MFTB:
		u.imm = i.SPR()
		special(&u)
	case isa.CRAND, isa.CRANDC, isa.CREQV, isa.CRNAND, isa.CRNOR, isa.CROR, isa.CRORC, isa.CRXOR:
		u.d, u.a, u.b = 31-u.d, 31-u.a, 31-u.b // how far from the low end
	}
	if i.OE() {
		u.imm, u.op = uint32(u.op), opOverflow
	} else if u.code == 0 {
		u.code = codes[u.op]
	}
	if u.code == 0 || u.code == codeFMR && u.rc {
		u.code = codeRare
	}
	return u
}

// special finds the common moves from and to special-purpose registers.
func special(u *uop) {
	switch {
	case u.op == isa.MFSPR && u.imm == 8:
		u.code = codeMFLR
	case u.op == isa.MTSPR && u.imm == 8:
		u.code = codeMTLR
	case u.op == isa.MTSPR && u.imm == 9:
		u.code = codeMTCTR
	}
}

// branch chooses among the common kinds of branches.
func branch(u *uop, i isa.Inst, near bool) {
	u.mask = 0x80000000 >> i.A()
	u.a = uint8(i.D())
	u.b, u.c = 0, 0
	if i.LK() {
		u.b = 1
	}
	switch {
	case i.Op == isa.BCLR && i.D()&20 == 20:
		u.code = codeBranchLR
	case i.LK() || !near:
		return
	case i.Op == isa.B:
		u.code = codeNear
	case i.Op == isa.BC && i.D()&^1 == 12:
		u.code = codeBranchIf
	case i.Op == isa.BC && i.D()&^1 == 4:
		u.code, u.c = codeBranchIf, 0xff
	case i.Op == isa.BC && i.D()&^1 == 16:
		u.code = codeBranchCount
	default:
		return
	}
	u.imm *= 4
}

// mask returns the bits from mb to me, around the end if me is before mb.
func mask(mb, me uint32) uint32 {
	m := ^uint32(0)>>mb ^ ^uint32(0)>>me>>1
	if mb > me {
		return ^m
	}
	return m
}

// fields returns the fields of four bits that a mask of eight bits chooses.
func fields(m uint32) uint32 {
	v := uint32(0)
	for i := range 8 {
		if m>>i&1 != 0 {
			v |= 15 << (4 * i)
		}
	}
	return v
}
