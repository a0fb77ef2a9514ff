package ppc

import (
	"math/bits"

	"github.com/crossplug/crossplug/guest/cpu"
	isa "github.com/crossplug/crossplug/guest/isa/ppc"
	"github.com/crossplug/crossplug/guest/memory"
)

const pageMask = memory.PageSize - 1

// loop executes at most n instructions from the program counter on. It returns
// how many are left and why it ended; the program counter is then at the next
// instruction, or at the one the event is about. Such an instruction counts if
// it is complete, which only a branch to where no code is can be.
//
// The common instructions are here, the others in rare. What they all need is in
// local variables: the page, and the place in it of the next instruction.
func (c *CPU) loop(n int64) (left int64, e event) {
	pc := c.PPC.PC
	p := c.enter(pc)
	if p == nil {
		return n, event{kind: away}
	}
	base, i := pc&^pageMask, pc&pageMask/4
	var target uint32
	var err error
	for n > 0 {
		u := &p.ops[i]
		i++
		n--
		switch u.op {
		case opDecode:
			i--
			n++
			if !c.decode(p, base+i*4) {
				c.PPC.PC = base + i*4
				return n, event{kind: away}
			}
			continue
		case opPageEnd:
			n++
			target = base + memory.PageSize
			goto jump

		case isa.ADDI:
			c.R[u.d&31] = c.R[u.a&31]&u.mask + u.imm
		case isa.ADD:
			c.R[u.d&31] = c.R[u.a&31] + c.R[u.b&31]
		case isa.SUBF:
			c.R[u.d&31] = c.R[u.b&31] - c.R[u.a&31]
		case isa.ADDIC:
			sum, carry := bits.Add32(c.R[u.a&31], u.imm, 0)
			c.R[u.d&31] = sum
			c.setCarry(carry)
		case isa.SUBFIC:
			sum, carry := bits.Add32(^c.R[u.a&31], u.imm, 1)
			c.R[u.d&31] = sum
			c.setCarry(carry)
		case isa.ADDC:
			sum, carry := bits.Add32(c.R[u.a&31], c.R[u.b&31], 0)
			c.R[u.d&31] = sum
			c.setCarry(carry)
		case isa.ADDE:
			sum, carry := bits.Add32(c.R[u.a&31], c.R[u.b&31], c.carry())
			c.R[u.d&31] = sum
			c.setCarry(carry)
		case isa.ADDZE:
			sum, carry := bits.Add32(c.R[u.a&31], 0, c.carry())
			c.R[u.d&31] = sum
			c.setCarry(carry)
		case isa.SUBFC:
			sum, carry := bits.Add32(^c.R[u.a&31], c.R[u.b&31], 1)
			c.R[u.d&31] = sum
			c.setCarry(carry)
		case isa.SUBFE:
			sum, carry := bits.Add32(^c.R[u.a&31], c.R[u.b&31], c.carry())
			c.R[u.d&31] = sum
			c.setCarry(carry)
		case isa.NEG:
			c.R[u.d&31] = -c.R[u.a&31]
		case isa.MULLI:
			c.R[u.d&31] = c.R[u.a&31] * u.imm
		case isa.MULLW:
			c.R[u.d&31] = c.R[u.a&31] * c.R[u.b&31]
		case isa.MULHW:
			c.R[u.d&31] = uint32(int64(int32(c.R[u.a&31])) * int64(int32(c.R[u.b&31])) >> 32)
		case isa.MULHWU:
			c.R[u.d&31] = uint32(uint64(c.R[u.a&31]) * uint64(c.R[u.b&31]) >> 32)
		case isa.DIVW:
			c.R[u.d&31], _ = divw(c.R[u.a&31], c.R[u.b&31])
		case isa.DIVWU:
			c.R[u.d&31], _ = divwu(c.R[u.a&31], c.R[u.b&31])

		case isa.CMPI:
			c.compare(u.d, int32(c.R[u.a&31]), int32(u.imm))
			continue
		case isa.CMP:
			c.compare(u.d, int32(c.R[u.a&31]), int32(c.R[u.b&31]))
			continue
		case isa.CMPLI:
			c.compareLogical(u.d, c.R[u.a&31], u.imm)
			continue
		case isa.CMPL:
			c.compareLogical(u.d, c.R[u.a&31], c.R[u.b&31])
			continue

		case isa.ANDI_:
			c.R[u.d&31] = c.R[u.a&31] & u.imm
		case isa.ORI:
			c.R[u.d&31] = c.R[u.a&31] | u.imm
		case isa.XORI:
			c.R[u.d&31] = c.R[u.a&31] ^ u.imm
		case isa.AND:
			c.R[u.d&31] = c.R[u.a&31] & c.R[u.b&31]
		case isa.ANDC:
			c.R[u.d&31] = c.R[u.a&31] &^ c.R[u.b&31]
		case isa.OR:
			c.R[u.d&31] = c.R[u.a&31] | c.R[u.b&31]
		case isa.ORC:
			c.R[u.d&31] = c.R[u.a&31] | ^c.R[u.b&31]
		case isa.XOR:
			c.R[u.d&31] = c.R[u.a&31] ^ c.R[u.b&31]
		case isa.EQV:
			c.R[u.d&31] = ^(c.R[u.a&31] ^ c.R[u.b&31])
		case isa.NAND:
			c.R[u.d&31] = ^(c.R[u.a&31] & c.R[u.b&31])
		case isa.NOR:
			c.R[u.d&31] = ^(c.R[u.a&31] | c.R[u.b&31])
		case isa.EXTSB:
			c.R[u.d&31] = uint32(int8(c.R[u.a&31]))
		case isa.EXTSH:
			c.R[u.d&31] = uint32(int16(c.R[u.a&31]))
		case isa.CNTLZW:
			c.R[u.d&31] = uint32(bits.LeadingZeros32(c.R[u.a&31]))
		case isa.RLWINM:
			c.R[u.d&31] = bits.RotateLeft32(c.R[u.a&31], int(u.b)) & u.mask
		case isa.RLWNM:
			c.R[u.d&31] = bits.RotateLeft32(c.R[u.a&31], int(c.R[u.b&31]&31)) & u.mask
		case isa.RLWIMI:
			c.R[u.d&31] = bits.RotateLeft32(c.R[u.a&31], int(u.b))&u.mask | c.R[u.d&31]&^u.mask
		case isa.SLW: // Go's shifts give 0 from 32 on, as these do to 63
			c.R[u.d&31] = c.R[u.a&31] << (c.R[u.b&31] & 63)
		case isa.SRW:
			c.R[u.d&31] = c.R[u.a&31] >> (c.R[u.b&31] & 63)
		case isa.SRAW:
			c.R[u.d&31] = c.shiftAlgebraic(c.R[u.a&31], c.R[u.b&31]&63)
		case isa.SRAWI:
			c.R[u.d&31] = c.shiftAlgebraic(c.R[u.a&31], uint32(u.b))

		case isa.B:
			if u.b != 0 {
				c.LR = base + i*4
			}
			target = u.imm
			goto jump
		case opBranchTrue:
			if c.CR&u.mask != 0 {
				target = u.imm
				goto jump
			}
			continue
		case opBranchFalse:
			if c.CR&u.mask == 0 {
				target = u.imm
				goto jump
			}
			continue
		case opBranchCount:
			if c.CTR--; c.CTR != 0 {
				target = u.imm
				goto jump
			}
			continue
		case opBranchLR:
			target = c.LR &^ 3
			if u.b != 0 {
				c.LR = base + i*4
			}
			goto jump
		case isa.BC:
			target = u.imm
			goto conditional
		case isa.BCLR:
			target = c.LR &^ 3
			goto conditional
		case isa.BCCTR:
			target = c.CTR &^ 3
			goto conditional

		case isa.LWZ:
			if c.R[u.d&31], err = c.load32(c.R[u.a&31]&u.mask+u.imm, c.R[u.d&31]); err != nil {
				goto fault
			}
			continue
		case isa.LWZX:
			if c.R[u.d&31], err = c.load32(c.R[u.a&31]&u.mask+c.R[u.b&31], c.R[u.d&31]); err != nil {
				goto fault
			}
			continue
		case isa.LBZ:
			if err = c.load8(u, c.R[u.a&31]&u.mask+u.imm); err != nil {
				goto fault
			}
			continue
		case isa.LBZX:
			if err = c.load8(u, c.R[u.a&31]&u.mask+c.R[u.b&31]); err != nil {
				goto fault
			}
			continue
		case isa.LHZ:
			if err = c.load16(u, c.R[u.a&31]&u.mask+u.imm); err != nil {
				goto fault
			}
			continue
		case isa.LHZX:
			if err = c.load16(u, c.R[u.a&31]&u.mask+c.R[u.b&31]); err != nil {
				goto fault
			}
			continue
		case isa.LWZU:
			at := c.R[u.a&31] + u.imm
			if c.R[u.d&31], err = c.load32(at, c.R[u.d&31]); err != nil {
				goto fault
			}
			c.R[u.a&31] = at
			continue
		case isa.LBZU:
			at := c.R[u.a&31] + u.imm
			if err = c.load8(u, at); err != nil {
				goto fault
			}
			c.R[u.a&31] = at
			continue
		case isa.STW:
			if err = c.mem.Store32(c.R[u.a&31]&u.mask+u.imm, c.R[u.d&31]); err != nil {
				goto fault
			}
			continue
		case isa.STWX:
			if err = c.mem.Store32(c.R[u.a&31]&u.mask+c.R[u.b&31], c.R[u.d&31]); err != nil {
				goto fault
			}
			continue
		case isa.STB:
			if err = c.mem.Store8(c.R[u.a&31]&u.mask+u.imm, uint8(c.R[u.d&31])); err != nil {
				goto fault
			}
			continue
		case isa.STH:
			if err = c.mem.Store16(c.R[u.a&31]&u.mask+u.imm, uint16(c.R[u.d&31])); err != nil {
				goto fault
			}
			continue
		case isa.STWU:
			at := c.R[u.a&31] + u.imm
			if err = c.mem.Store32(at, c.R[u.d&31]); err != nil {
				goto fault
			}
			c.R[u.a&31] = at
			continue
		case isa.LFD:
			if c.F[u.d&31], err = c.loadDouble(c.R[u.a&31]&u.mask+u.imm, c.F[u.d&31]); err != nil {
				goto fault
			}
			continue
		case isa.STFD:
			if err = c.mem.Store64(c.R[u.a&31]&u.mask+u.imm, c.F[u.d&31]); err != nil {
				goto fault
			}
			continue

		case isa.FADD, isa.FADDS, isa.FSUB, isa.FSUBS:
			c.floatAdd(u)
			continue
		case isa.FMUL, isa.FMULS:
			c.floatMultiply(u)
			continue
		case isa.FMADD, isa.FMADDS, isa.FMSUB, isa.FMSUBS, isa.FNMADD, isa.FNMADDS, isa.FNMSUB, isa.FNMSUBS:
			c.floatFused(u)
			continue
		case isa.FMR:
			c.F[u.d&31] = c.F[u.b&31]
			if u.rc {
				c.cr1()
			}
			continue
		case isa.FCMPU, isa.FCMPO:
			c.floatCompare(u)
			continue

		default:
			c.left = n
			if e = c.rare(u); e.kind != goOn {
				c.PPC.PC = base + i*4 - 4
				return n + 1, e
			}
			continue
		}
		if u.rc {
			c.cr0(c.R[u.d&31])
		}
		continue

	conditional:
		if u.a&4 == 0 {
			c.CTR--
		}
		if u.b != 0 {
			c.LR = base + i*4
		}
		if !((u.a&4 != 0 || (c.CTR != 0) == (u.a&2 == 0)) && (u.a&16 != 0 || (c.CR&u.mask != 0) == (u.a&8 != 0))) {
			continue
		}
	jump:
		i = target & pageMask / 4
		if target&^pageMask == base {
			continue
		}
		if p = c.enter(target); p == nil {
			c.PPC.PC = target
			if n == 0 { // the slice's end; what is at the target is for the next one
				return 0, event{}
			}
			return n, event{kind: away}
		}
		base = target &^ pageMask
	}
	c.PPC.PC = base + i*4
	return 0, event{}

fault:
	c.PPC.PC = base + i*4 - 4
	return n + 1, event{access, err}
}

// The loads below leave the register as it is if memory faults.

func (c *CPU) load32(addr, old uint32) (uint32, error) {
	v, err := c.mem.Load32(addr)
	if err != nil {
		return old, err
	}
	return v, nil
}

func (c *CPU) loadDouble(addr uint32, old uint64) (uint64, error) {
	v, err := c.mem.Load64(addr)
	if err != nil {
		return old, err
	}
	return v, nil
}

func (c *CPU) load8(u *uop, addr uint32) error {
	v, err := c.mem.Load8(addr)
	if err == nil {
		c.R[u.d&31] = uint32(v)
	}
	return err
}

func (c *CPU) load16(u *uop, addr uint32) error {
	v, err := c.mem.Load16(addr)
	if err == nil {
		c.R[u.d&31] = uint32(v)
	}
	return err
}

func (c *CPU) carry() uint32 { return c.XER >> 29 & 1 }

func (c *CPU) setCarry(carry uint32) { c.XER = c.XER&^cpu.XERCA | carry<<29 }

// setField sets the condition field that is shift bits above the low end: LT 8,
// GT 4, EQ 2; SO is XER's.
func (c *CPU) setField(shift uint8, v uint32) {
	shift &= 31
	c.CR = c.CR&^(15<<shift) | (v|c.XER>>31)<<shift
}

func (c *CPU) compare(shift uint8, a, b int32) {
	v := uint32(2)
	if a < b {
		v = 8
	} else if a > b {
		v = 4
	}
	c.setField(shift, v)
}

func (c *CPU) compareLogical(shift uint8, a, b uint32) {
	v := uint32(2)
	if a < b {
		v = 8
	} else if a > b {
		v = 4
	}
	c.setField(shift, v)
}

func (c *CPU) cr0(v uint32) { c.compare(28, int32(v), 0) }

// shiftAlgebraic shifts right, n being up to 63, and sets CA if v is negative and
// a bit that is 1 is lost.
func (c *CPU) shiftAlgebraic(v, n uint32) uint32 {
	lost := v & (uint32(1)<<n - 1)
	carry := uint32(0)
	if int32(v) < 0 && lost != 0 {
		carry = 1
	}
	c.setCarry(carry)
	return uint32(int32(v) >> n)
}

// divw divides. The manual leaves the quotient undefined if it does not fit: it
// is -1 then if the dividend is negative, else 0.
func divw(a, b uint32) (q uint32, overflow bool) {
	if b == 0 || a == 1<<31 && b == ^uint32(0) {
		return uint32(int32(a) >> 31), true
	}
	return uint32(int32(a) / int32(b)), false
}

// divwu divides; by 0, the quotient, which the manual leaves undefined, is 0.
func divwu(a, b uint32) (q uint32, overflow bool) {
	if b == 0 {
		return 0, true
	}
	return a / b, false
}
