package ppc

import (
	"math/bits"

	"github.com/crossplug/crossplug/guest/memory"
)

const pageMask = memory.PageSize - 1

// loop executes at most n instructions from the program counter on, fewer where
// there is an event, and where code leads to a page for the first time. It
// returns how many are left and why it ended; the program counter is then at the
// next instruction, or at the one the event is about, which does not count.
func (c *CPU) loop(n int64) (left int64, e event) {
	if c.page = c.enter(c.PPC.PC); c.page == nil {
		return n, event{kind: away}
	}
	c.base = c.PPC.PC &^ pageMask
	c.direct = c.mem.Direct()
	i, credit := uint(c.PPC.PC&pageMask/4), uint(n)
	credit += i
	for {
		var inside bool
		if credit < pageOps {
			i, credit, inside = c.common(i, credit)
		} else {
			i, credit, inside = c.paired(i, credit)
		}
		if !inside {
			return int64(credit - i), event{}
		}
		if i >= credit {
			c.PPC.PC = c.base + uint32(i)*4
			return 0, event{}
		}
		if c.page.ops[i].code == codeDecode {
			if !c.decode(c.page, c.base+uint32(i)*4) {
				c.PPC.PC = c.base + uint32(i)*4
				return int64(credit - i), event{kind: away}
			}
			continue
		}
		// Where there is one of the others, there are often more.
		for ops := &c.page.ops; ; {
			c.left = int64(credit - i - 1)
			if e = c.rare(&ops[i]); e.kind != goOn {
				c.PPC.PC = c.base + uint32(i)*4
				return c.left + 1, e
			}
			if i++; i >= credit || !ops[i].code.isRare() {
				break
			}
		}
	}
}

// common executes the common instructions in their common cases, from the page's
// i-th on, and before the credit-th. It returns where it got to: if inside, to an
// instruction of the page that is not for it, or to the end of the credit; else
// the program counter has been set, and i and credit are only good for their
// difference.
//
// It is for the end of the credit. Else paired is executed, which is generated
// from this function: with cases for pairs, and without looking at the credit
// before each instruction. That is why branches, of which the page's end is one,
// are not taken here when there is less credit than for a page.
//
// Both call nothing that is not inlined, and leave in the CPU what they need only
// now and then, so that the compiler can keep the rest in registers. The cases of
// the most frequent have ends of their own, as a jump to a common one takes as long
// as an addition.
func (c *CPU) common(i, credit uint) (uint, uint, bool) {
	var target, r uint32
	var left uintptr
	cr := c.CR
	direct := c.direct
	regs := c.registers()
	p := c.page
	u, end := &p.ops[i], p.place()+uintptr(credit)*uopSize
again:
	for ; u.place() < end; u = u.next() {
		switch firsts[u.code] {
		case codePageEnd:
			target = c.base + memory.PageSize
			end += uopSize // as this is no instruction
			goto jump

		case codeDecode:
			goto slow

		case codeADDI:
			regs[u.d] = regs[u.a] + u.imm
			continue
		case codeADD:
			r = regs[u.a] + regs[u.b]
			regs[u.d] = r
			if u.rc {
				goto record
			}
			continue
		case codeSUBF:
			r = regs[u.b] - regs[u.a]
			regs[u.d] = r
			if u.rc {
				goto record
			}
			continue
		case codeADDIC:
			r = c.addCarrying(regs[u.a], u.imm, 0)
			goto result
		case codeSUBFIC:
			r = c.addCarrying(^regs[u.a], u.imm, 1)
			goto result
		case codeADDC:
			r = c.addCarrying(regs[u.a], regs[u.b], 0)
			goto result
		case codeADDE:
			r = c.addCarrying(regs[u.a], regs[u.b], c.carry())
			goto result
		case codeADDZE:
			r = c.addCarrying(regs[u.a], 0, c.carry())
			goto result
		case codeSUBFC:
			r = c.addCarrying(^regs[u.a], regs[u.b], 1)
			goto result
		case codeSUBFE:
			r = c.addCarrying(^regs[u.a], regs[u.b], c.carry())
			goto result
		case codeNEG:
			r = -regs[u.a]
			goto result
		case codeMULLI:
			r = regs[u.a] * u.imm
			regs[u.d] = r
			if u.rc {
				goto record
			}
			continue
		case codeMULLW:
			r = regs[u.a] * regs[u.b]
			regs[u.d] = r
			if u.rc {
				goto record
			}
			continue
		case codeMULHW:
			r = uint32(int64(int32(regs[u.a])) * int64(int32(regs[u.b])) >> 32)
			goto result
		case codeMULHWU:
			r = uint32(uint64(regs[u.a]) * uint64(regs[u.b]) >> 32)
			goto result
		case codeDIVW:
			r, _ = divw(regs[u.a], regs[u.b])
			goto result
		case codeDIVWU:
			r, _ = divwu(regs[u.a], regs[u.b])
			goto result

		case codeCMPI:
			cr = c.compare(cr, u.mask, int64(int32(regs[u.a])), int64(int32(u.imm)))
			goto compared
		case codeCMP:
			cr = c.compare(cr, u.mask, int64(int32(regs[u.a])), int64(int32(regs[u.b])))
			goto compared
		case codeCMPLI:
			cr = c.compare(cr, u.mask, int64(regs[u.a]), int64(u.imm))
			goto compared
		case codeCMPL:
			cr = c.compare(cr, u.mask, int64(regs[u.a]), int64(regs[u.b]))
			goto compared

		case codeANDI_:
			r = regs[u.a] & u.imm
			goto result
		case codeORI:
			regs[u.d] = regs[u.a] | u.imm
			continue
		case codeXORI:
			regs[u.d] = regs[u.a] ^ u.imm
			continue
		case codeAND:
			r = regs[u.a] & regs[u.b]
			goto result
		case codeANDC:
			r = regs[u.a] &^ regs[u.b]
			goto result
		case codeOR:
			r = regs[u.a] | regs[u.b]
			regs[u.d] = r
			if u.rc {
				goto record
			}
			continue
		case codeORC:
			r = regs[u.a] | ^regs[u.b]
			goto result
		case codeXOR:
			r = regs[u.a] ^ regs[u.b]
			regs[u.d] = r
			if u.rc {
				goto record
			}
			continue
		case codeEQV:
			r = ^(regs[u.a] ^ regs[u.b])
			goto result
		case codeNAND:
			r = ^(regs[u.a] & regs[u.b])
			goto result
		case codeNOR:
			r = ^(regs[u.a] | regs[u.b])
			goto result
		case codeEXTSB:
			r = uint32(int8(regs[u.a]))
			goto result
		case codeEXTSH:
			r = uint32(int16(regs[u.a]))
			goto result
		case codeCNTLZW:
			r = uint32(bits.LeadingZeros32(regs[u.a]))
			goto result
		case codeRLWINM:
			r = bits.RotateLeft32(regs[u.a], int(u.b)) & u.mask
			regs[u.d] = r
			if u.rc {
				goto record
			}
			continue
		case codeRLWNM:
			r = bits.RotateLeft32(regs[u.a], int(regs[u.b]&31)) & u.mask
			goto result
		case codeRLWIMI:
			r = bits.RotateLeft32(regs[u.a], int(u.b))&u.mask | regs[u.d]&^u.mask
			goto result
		case codeSLW: // Go's shifts give 0 from 32 on, as these do to 63
			r = regs[u.a] << (regs[u.b] & 63)
			goto result
		case codeSRW:
			r = regs[u.a] >> (regs[u.b] & 63)
			goto result
		case codeSRAW:
			r = c.shiftAlgebraic(regs[u.a], regs[u.b]&63)
			goto result
		case codeSRAWI:
			r = c.shiftAlgebraic(regs[u.a], uint32(u.b))
			goto result

		case codeNear:
			goto near
		case codeB:
			target = u.imm
			if u.b != 0 {
				c.LR = c.base + p.offset(u) + 4
			}
			goto jump
		case codeBranchIf:
			if u.taken(cr) {
				goto near
			}
			continue
		case codeBranchCount:
			if c.CTR--; c.CTR != 0 {
				goto near
			}
			continue
		case codeBranchLR:
			target = c.LR &^ 3
			if u.b != 0 {
				c.LR = c.base + p.offset(u) + 4
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
			at := u.displaced(regs)
			if !direct.CanRead(at, 4) {
				goto slow
			}
			regs[u.d] = direct.Load32(at)
			continue
		case codeLWZX:
			at := u.indexed(regs)
			if !direct.CanRead(at, 4) {
				goto slow
			}
			regs[u.d] = direct.Load32(at)
			continue
		case codeLWZU:
			at := u.displaced(regs)
			if !direct.CanRead(at, 4) {
				goto slow
			}
			regs[u.d] = direct.Load32(at)
			regs[u.a] = at
			continue
		case codeLBZ:
			at := u.displaced(regs)
			if !direct.CanRead(at, 1) {
				goto slow
			}
			regs[u.d] = uint32(direct.Load8(at))
			continue
		case codeLBZX:
			at := u.indexed(regs)
			if !direct.CanRead(at, 1) {
				goto slow
			}
			regs[u.d] = uint32(direct.Load8(at))
			continue
		case codeLBZU:
			at := u.displaced(regs)
			if !direct.CanRead(at, 1) {
				goto slow
			}
			regs[u.d] = uint32(direct.Load8(at))
			regs[u.a] = at
			continue
		case codeLHZ:
			at := u.displaced(regs)
			if !direct.CanRead(at, 2) {
				goto slow
			}
			regs[u.d] = uint32(direct.Load16(at))
			continue
		case codeLHZX:
			at := u.indexed(regs)
			if !direct.CanRead(at, 2) {
				goto slow
			}
			regs[u.d] = uint32(direct.Load16(at))
			continue
		case codeLHA:
			at := u.displaced(regs)
			if !direct.CanRead(at, 2) {
				goto slow
			}
			regs[u.d] = uint32(int16(direct.Load16(at)))
			continue
		case codeSTW:
			at := u.displaced(regs)
			if !direct.CanWrite(at, 4) {
				goto slow
			}
			direct.Store32(at, regs[u.d])
			continue
		case codeSTWX:
			at := u.indexed(regs)
			if !direct.CanWrite(at, 4) {
				goto slow
			}
			direct.Store32(at, regs[u.d])
			continue
		case codeSTWU:
			at := u.displaced(regs)
			if !direct.CanWrite(at, 4) {
				goto slow
			}
			direct.Store32(at, regs[u.d])
			regs[u.a] = at
			continue
		case codeSTB:
			at := u.displaced(regs)
			if !direct.CanWrite(at, 1) {
				goto slow
			}
			direct.Store8(at, uint8(regs[u.d]))
			continue
		case codeSTBX:
			at := u.indexed(regs)
			if !direct.CanWrite(at, 1) {
				goto slow
			}
			direct.Store8(at, uint8(regs[u.d]))
			continue
		case codeSTH:
			at := u.displaced(regs)
			if !direct.CanWrite(at, 2) {
				goto slow
			}
			direct.Store16(at, uint16(regs[u.d]))
			continue
		case codeSTHX:
			at := u.indexed(regs)
			if !direct.CanWrite(at, 2) {
				goto slow
			}
			direct.Store16(at, uint16(regs[u.d]))
			continue
		case codeLFD:
			at := u.displaced(regs)
			if !direct.CanRead(at, 8) {
				goto slow
			}
			c.F[u.d&31] = direct.Load64(at)
			continue
		case codeLFDX:
			at := u.indexed(regs)
			if !direct.CanRead(at, 8) {
				goto slow
			}
			c.F[u.d&31] = direct.Load64(at)
			continue
		case codeLFS:
			at := u.displaced(regs)
			if !direct.CanRead(at, 4) {
				goto slow
			}
			v := direct.Load32(at)
			if !isNormal(v) {
				goto slow
			}
			c.F[u.d&31] = widenNormal(v)
			continue
		case codeLFSX:
			at := u.indexed(regs)
			if !direct.CanRead(at, 4) {
				goto slow
			}
			v := direct.Load32(at)
			if !isNormal(v) {
				goto slow
			}
			c.F[u.d&31] = widenNormal(v)
			continue
		case codeSTFD:
			at := u.displaced(regs)
			if !direct.CanWrite(at, 8) {
				goto slow
			}
			direct.Store64(at, c.F[u.d&31])
			continue
		case codeSTFDX:
			at := u.indexed(regs)
			if !direct.CanWrite(at, 8) {
				goto slow
			}
			direct.Store64(at, c.F[u.d&31])
			continue

		case codeMFLR:
			regs[u.d] = c.LR
			continue
		case codeMTLR:
			c.LR = regs[u.d]
			continue
		case codeMTCTR:
			c.CTR = regs[u.d]
			continue
		case codeFMR:
			c.F[u.d&31] = c.F[u.b&31]
			continue

		default:
			goto slow
		}

	result:
		regs[u.d] = r
		if !u.rc {
			continue
		}
	record:
		cr = c.compare(cr, 15<<28, int64(int32(r)), 0)

	compared:
		// What follows a comparison is mostly the branch it is for.
		if v := u.next(); v.place() < end && v.code == codeBranchIf {
			u = v
			if u.taken(cr) {
				goto near
			}
		}
		continue

	near:
		if left = end - u.place() - uopSize; left < pageOps*uopSize {
			c.PPC.PC = c.base | u.imm/4&pageMask
			goto out
		}
		u = p.at(u.imm)
		end = left + u.place()
		goto again

	conditional:
		if u.a&4 == 0 {
			c.CTR--
		}
		if u.b != 0 {
			c.LR = c.base + p.offset(u) + 4
		}
		if !((u.a&4 != 0 || (c.CTR != 0) == (u.a&2 == 0)) && (u.a&16 != 0 || (cr&u.mask != 0) == (u.a&8 != 0))) {
			continue
		}
	jump:
		if left = end - u.place() - uopSize; left < pageOps*uopSize {
			c.PPC.PC = target
			goto out
		}
		if target&^pageMask != c.base {
			number := target >> memory.PageBits
			if int(number) >= len(c.pages) || c.pages[number] == nil {
				c.PPC.PC = target
				goto out
			}
			p = c.pages[number]
			c.page, c.base = p, target&^pageMask
		}
		u = p.at(4 * target)
		end = left + u.place()
		goto again
	}

slow:
	c.CR = cr
	return uint(p.offset(u) / 4), uint((end - p.place()) / uopSize), true

out:
	c.CR = cr
	return 0, uint(left / uopSize), false
}
