package ppc

import (
	"math/bits"

	"github.com/crossplug/crossplug/guest/cpu"
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
	start := i
	ops := p.ops[:min(uint32(len(p.ops)), i+uint32(n))]
	for i < uint32(len(ops)) {
		u := &ops[i]
		i++
		switch u.code {
		case codeDecode:
			i--
			if !c.decode(p, base+i*4) {
				c.PPC.PC = base + i*4
				return n - int64(i-start), event{kind: away}
			}
			continue
		case codePageEnd:
			i--
			target = base + memory.PageSize
			goto jump

		case codeADDI:
			c.R[u.d&31] = c.R[u.a&31]&u.mask + u.imm
		case codeADD:
			c.R[u.d&31] = c.R[u.a&31] + c.R[u.b&31]
		case codeSUBF:
			c.R[u.d&31] = c.R[u.b&31] - c.R[u.a&31]
		case codeADDIC:
			sum, carry := bits.Add32(c.R[u.a&31], u.imm, 0)
			c.R[u.d&31] = sum
			c.setCarry(carry)
		case codeSUBFIC:
			sum, carry := bits.Add32(^c.R[u.a&31], u.imm, 1)
			c.R[u.d&31] = sum
			c.setCarry(carry)
		case codeADDC:
			sum, carry := bits.Add32(c.R[u.a&31], c.R[u.b&31], 0)
			c.R[u.d&31] = sum
			c.setCarry(carry)
		case codeADDE:
			sum, carry := bits.Add32(c.R[u.a&31], c.R[u.b&31], c.carry())
			c.R[u.d&31] = sum
			c.setCarry(carry)
		case codeADDZE:
			sum, carry := bits.Add32(c.R[u.a&31], 0, c.carry())
			c.R[u.d&31] = sum
			c.setCarry(carry)
		case codeSUBFC:
			sum, carry := bits.Add32(^c.R[u.a&31], c.R[u.b&31], 1)
			c.R[u.d&31] = sum
			c.setCarry(carry)
		case codeSUBFE:
			sum, carry := bits.Add32(^c.R[u.a&31], c.R[u.b&31], c.carry())
			c.R[u.d&31] = sum
			c.setCarry(carry)
		case codeNEG:
			c.R[u.d&31] = -c.R[u.a&31]
		case codeMULLI:
			c.R[u.d&31] = c.R[u.a&31] * u.imm
		case codeMULLW:
			c.R[u.d&31] = c.R[u.a&31] * c.R[u.b&31]
		case codeMULHW:
			c.R[u.d&31] = uint32(int64(int32(c.R[u.a&31])) * int64(int32(c.R[u.b&31])) >> 32)
		case codeMULHWU:
			c.R[u.d&31] = uint32(uint64(c.R[u.a&31]) * uint64(c.R[u.b&31]) >> 32)
		case codeDIVW:
			c.R[u.d&31], _ = divw(c.R[u.a&31], c.R[u.b&31])
		case codeDIVWU:
			c.R[u.d&31], _ = divwu(c.R[u.a&31], c.R[u.b&31])

		case codeCMPI:
			c.compare(u.d, int32(c.R[u.a&31]), int32(u.imm))
			continue
		case codeCMP:
			c.compare(u.d, int32(c.R[u.a&31]), int32(c.R[u.b&31]))
			continue
		case codeCMPLI:
			c.compareLogical(u.d, c.R[u.a&31], u.imm)
			continue
		case codeCMPL:
			c.compareLogical(u.d, c.R[u.a&31], c.R[u.b&31])
			continue

		case codeANDI_:
			c.R[u.d&31] = c.R[u.a&31] & u.imm
		case codeORI:
			c.R[u.d&31] = c.R[u.a&31] | u.imm
		case codeXORI:
			c.R[u.d&31] = c.R[u.a&31] ^ u.imm
		case codeAND:
			c.R[u.d&31] = c.R[u.a&31] & c.R[u.b&31]
		case codeANDC:
			c.R[u.d&31] = c.R[u.a&31] &^ c.R[u.b&31]
		case codeOR:
			c.R[u.d&31] = c.R[u.a&31] | c.R[u.b&31]
		case codeORC:
			c.R[u.d&31] = c.R[u.a&31] | ^c.R[u.b&31]
		case codeXOR:
			c.R[u.d&31] = c.R[u.a&31] ^ c.R[u.b&31]
		case codeEQV:
			c.R[u.d&31] = ^(c.R[u.a&31] ^ c.R[u.b&31])
		case codeNAND:
			c.R[u.d&31] = ^(c.R[u.a&31] & c.R[u.b&31])
		case codeNOR:
			c.R[u.d&31] = ^(c.R[u.a&31] | c.R[u.b&31])
		case codeEXTSB:
			c.R[u.d&31] = uint32(int8(c.R[u.a&31]))
		case codeEXTSH:
			c.R[u.d&31] = uint32(int16(c.R[u.a&31]))
		case codeCNTLZW:
			c.R[u.d&31] = uint32(bits.LeadingZeros32(c.R[u.a&31]))
		case codeRLWINM:
			c.R[u.d&31] = bits.RotateLeft32(c.R[u.a&31], int(u.b)) & u.mask
		case codeRLWNM:
			c.R[u.d&31] = bits.RotateLeft32(c.R[u.a&31], int(c.R[u.b&31]&31)) & u.mask
		case codeRLWIMI:
			c.R[u.d&31] = bits.RotateLeft32(c.R[u.a&31], int(u.b))&u.mask | c.R[u.d&31]&^u.mask
		case codeSLW: // Go's shifts give 0 from 32 on, as these do to 63
			c.R[u.d&31] = c.R[u.a&31] << (c.R[u.b&31] & 63)
		case codeSRW:
			c.R[u.d&31] = c.R[u.a&31] >> (c.R[u.b&31] & 63)
		case codeSRAW:
			c.R[u.d&31] = c.shiftAlgebraic(c.R[u.a&31], c.R[u.b&31]&63)
		case codeSRAWI:
			c.R[u.d&31] = c.shiftAlgebraic(c.R[u.a&31], uint32(u.b))

		case codeB:
			if u.b != 0 {
				c.LR = base + i*4
			}
			target = u.imm
			goto jump
		case codeBranchTrue:
			if c.CR&u.mask != 0 {
				target = u.imm
				goto jump
			}
			continue
		case codeBranchFalse:
			if c.CR&u.mask == 0 {
				target = u.imm
				goto jump
			}
			continue
		case codeBranchCount:
			if c.CTR--; c.CTR != 0 {
				target = u.imm
				goto jump
			}
			continue
		case codeBranchLR:
			target = c.LR &^ 3
			if u.b != 0 {
				c.LR = base + i*4
			}
			goto jump
		case codeBC:
			target = u.imm
			goto conditional
		case codeBCLR:
			target = c.LR &^ 3
			goto conditional
		case codeBCCTR:
			target = c.CTR &^ 3
			goto conditional

		case codeLWZ:
			if c.R[u.d&31], err = c.load32(c.R[u.a&31]&u.mask+u.imm, c.R[u.d&31]); err != nil {
				goto fault
			}
			continue
		case codeLWZX:
			if c.R[u.d&31], err = c.load32(c.R[u.a&31]&u.mask+c.R[u.b&31], c.R[u.d&31]); err != nil {
				goto fault
			}
			continue
		case codeLBZ:
			if err = c.load8(u, c.R[u.a&31]&u.mask+u.imm); err != nil {
				goto fault
			}
			continue
		case codeLBZX:
			if err = c.load8(u, c.R[u.a&31]&u.mask+c.R[u.b&31]); err != nil {
				goto fault
			}
			continue
		case codeLHZ:
			if err = c.load16(u, c.R[u.a&31]&u.mask+u.imm); err != nil {
				goto fault
			}
			continue
		case codeLHZX:
			if err = c.load16(u, c.R[u.a&31]&u.mask+c.R[u.b&31]); err != nil {
				goto fault
			}
			continue
		case codeLWZU:
			at := c.R[u.a&31] + u.imm
			if c.R[u.d&31], err = c.load32(at, c.R[u.d&31]); err != nil {
				goto fault
			}
			c.R[u.a&31] = at
			continue
		case codeLBZU:
			at := c.R[u.a&31] + u.imm
			if err = c.load8(u, at); err != nil {
				goto fault
			}
			c.R[u.a&31] = at
			continue
		case codeSTW:
			if err = c.mem.Store32(c.R[u.a&31]&u.mask+u.imm, c.R[u.d&31]); err != nil {
				goto fault
			}
			continue
		case codeSTWX:
			if err = c.mem.Store32(c.R[u.a&31]&u.mask+c.R[u.b&31], c.R[u.d&31]); err != nil {
				goto fault
			}
			continue
		case codeSTB:
			if err = c.mem.Store8(c.R[u.a&31]&u.mask+u.imm, uint8(c.R[u.d&31])); err != nil {
				goto fault
			}
			continue
		case codeSTH:
			if err = c.mem.Store16(c.R[u.a&31]&u.mask+u.imm, uint16(c.R[u.d&31])); err != nil {
				goto fault
			}
			continue
		case codeLHA:
			if err = c.loadSigned(u, c.R[u.a&31]&u.mask+u.imm); err != nil {
				goto fault
			}
			continue
		case codeSTBX:
			if err = c.mem.Store8(c.R[u.a&31]&u.mask+c.R[u.b&31], uint8(c.R[u.d&31])); err != nil {
				goto fault
			}
			continue
		case codeSTHX:
			if err = c.mem.Store16(c.R[u.a&31]&u.mask+c.R[u.b&31], uint16(c.R[u.d&31])); err != nil {
				goto fault
			}
			continue
		case codeSTWU:
			at := c.R[u.a&31] + u.imm
			if err = c.mem.Store32(at, c.R[u.d&31]); err != nil {
				goto fault
			}
			c.R[u.a&31] = at
			continue
		case codeLFD:
			if c.F[u.d&31], err = c.loadDouble(c.R[u.a&31]&u.mask+u.imm, c.F[u.d&31]); err != nil {
				goto fault
			}
			continue
		case codeSTFD:
			if err = c.mem.Store64(c.R[u.a&31]&u.mask+u.imm, c.F[u.d&31]); err != nil {
				goto fault
			}
			continue

		case codeLFS:
			if err = c.loadSingle(u, c.R[u.a&31]&u.mask+u.imm); err != nil {
				goto fault
			}
			continue
		case codeLFSX:
			if err = c.loadSingle(u, c.R[u.a&31]&u.mask+c.R[u.b&31]); err != nil {
				goto fault
			}
			continue
		case codeLFDX:
			if c.F[u.d&31], err = c.loadDouble(c.R[u.a&31]&u.mask+c.R[u.b&31], c.F[u.d&31]); err != nil {
				goto fault
			}
			continue
		case codeSTFS:
			if err = c.mem.Store32(c.R[u.a&31]&u.mask+u.imm, narrow(c.F[u.d&31])); err != nil {
				goto fault
			}
			continue
		case codeMFLR:
			c.R[u.d&31] = c.LR
			continue
		case codeMTLR:
			c.LR = c.R[u.d&31]
			continue
		case codeMTCTR:
			c.CTR = c.R[u.d&31]
			continue

		case codeFADD, codeFADDS, codeFSUB, codeFSUBS:
			c.floatAdd(u)
			continue
		case codeFMUL, codeFMULS:
			c.floatMultiply(u)
			continue
		case codeFMADD, codeFMADDS, codeFMSUB, codeFMSUBS, codeFNMADD, codeFNMADDS, codeFNMSUB, codeFNMSUBS:
			c.floatFused(u)
			continue
		case codeFDIV, codeFDIVS:
			c.floatDivide(u)
			continue
		case codeFMR:
			c.F[u.d&31] = c.F[u.b&31]
			if u.rc {
				c.cr1()
			}
			continue
		case codeFCMPU, codeFCMPO:
			c.floatCompare(u)
			continue

		default:
			c.left = n - int64(i-start)
			if e = c.rare(u); e.kind != goOn {
				c.PPC.PC = base + i*4 - 4
				return c.left + 1, e
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
		n -= int64(i - start)
		i = target & pageMask / 4
		if target&^pageMask != base {
			if n == 0 { // what is at the target is for the next slice
				c.PPC.PC = target
				return 0, event{}
			}
			if p = c.enter(target); p == nil {
				c.PPC.PC = target
				return n, event{kind: away}
			}
			base = target &^ pageMask
		}
		start = i
		ops = p.ops[:min(uint32(len(p.ops)), i+uint32(n))]
	}
	c.PPC.PC = base + i*4
	return 0, event{}

fault:
	c.PPC.PC = base + i*4 - 4
	return n - int64(i-start) + 1, event{access, err}
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

func (c *CPU) loadSingle(u *uop, addr uint32) error {
	v, err := c.mem.Load32(addr)
	if err == nil {
		c.F[u.d&31] = widen(v)
	}
	return err
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
