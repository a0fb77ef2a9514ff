package m68k

import (
	"math/bits"

	"github.com/crossplug/crossplug/guest/memory"
)

// common executes the common instructions in their common cases, one op after the
// other: while c.left, which it begins with, is above mostJoined, and until one is
// not common, or an access to memory not simple. That one it returns, and has not
// begun it; and how many instructions are left.
//
// It says again, for registers and the simplest of memory, what alu.go, move.go and
// flow.go say of all operands. It calls nothing that is not inlined, so that the
// compiler can keep what it needs in registers: shifts need the third of them, where
// a parameter would be in the way. It is measured by the kernels, and checked like
// everything else.
//
// An op's operands are where s and d point to, or in memory, at an address made of
// them; its result goes where r points to. Bytes and words are dealt with at the high
// end of a long, where their sign and carry are its own.
func (c *CPU) common(o *op) (*op, int64) {
	regs, mem, n := c.registers(), c.direct, c.left
	var s, d, r, v, carried, addr uint32
	next := o
	for ; n > mostJoined; o, n = next, n-int64(o.count) {
		switch o.code {
		default:
			return o, n
		case codeNone, codeLast:
			return o, n

		// Moves.
		case codeCopy: // without condition codes: MOVEA
			*o.r = *o.s
			next = o.then
		case codeSet: // the same for LEA, ADDQ to An
			*o.r = *o.s + o.imm
			next = o.then
		case codeMoveL:
			r = *o.s
			*o.r = r
			c.n, c.z, c.v, c.c = r, r, 0, 0
			next = o.then
		case codeMoveS:
			r = *o.s << (o.shift & 31)
			*o.r = *o.d&o.keep | r>>(o.shift&31)
			goto plain
		case codeTstL:
			r = *o.s
			c.n, c.z, c.v, c.c = r, r, 0, 0
			next = o.after(r, 0, 0)
		case codeTst:
			r = *o.s << (o.shift & 31)
			goto plain
		case codeSetX:
			*o.r = o.indexed(*o.s)
			next = o.then

		case codeLoadA:
			addr = (*o.s + o.imm) & c.mask
			if addr&c.odd != 0 || !mem.CanReadUnaligned(addr, 4) {
				return o, n
			}
			*o.s += o.step
			*o.r = mem.Load32(addr)
			next = o.then
		case codeLoadAX:
			addr = o.indexed(*o.s) & c.mask
			if addr&c.odd != 0 || !mem.CanReadUnaligned(addr, 4) {
				return o, n
			}
			*o.r = mem.Load32(addr)
			next = o.then
		case codeLoadL:
			addr = (*o.s + o.imm) & c.mask
			if addr&c.odd != 0 || !mem.CanReadUnaligned(addr, 4) {
				return o, n
			}
			r = mem.Load32(addr)
			*o.r = r
			c.n, c.z, c.v, c.c = r, r, 0, 0
			next = o.then
		case codeLoadLP:
			addr = (*o.s + o.imm) & c.mask
			if addr&c.odd != 0 || !mem.CanReadUnaligned(addr, 4) {
				return o, n
			}
			*o.s += o.step
			r = mem.Load32(addr)
			*o.r = r
			c.n, c.z, c.v, c.c = r, r, 0, 0
			next = o.then
		case codeLoadLX:
			addr = o.indexed(*o.s) & c.mask
			if addr&c.odd != 0 || !mem.CanReadUnaligned(addr, 4) {
				return o, n
			}
			r = mem.Load32(addr)
			*o.r = r
			c.n, c.z, c.v, c.c = r, r, 0, 0
			next = o.then
		case codeLoadW:
			addr = (*o.s + o.imm) & c.mask
			if addr&c.odd != 0 || !mem.CanReadUnaligned(addr, 2) {
				return o, n
			}
			*o.s += o.step
			r = uint32(mem.Load16(addr))
			*o.r = *o.d&^0xffff | r
			r <<= 16
			c.n, c.z, c.v, c.c = r, r, 0, 0
			next = o.then
		case codeLoadWX:
			addr = o.indexed(*o.s) & c.mask
			if addr&c.odd != 0 || !mem.CanReadUnaligned(addr, 2) {
				return o, n
			}
			r = uint32(mem.Load16(addr))
			*o.r = *o.d&^0xffff | r
			r <<= 16
			goto plain
		case codeLoadB:
			addr = (*o.s + o.imm) & c.mask
			if !mem.CanReadUnaligned(addr, 1) {
				return o, n
			}
			*o.s += o.step
			r = uint32(mem.Load8(addr))
			*o.r = *o.d&^0xff | r
			r <<= 24
			c.n, c.z, c.v, c.c = r, r, 0, 0
			next = o.then
		case codeLoadBX:
			addr = o.indexed(*o.s) & c.mask
			if !mem.CanReadUnaligned(addr, 1) {
				return o, n
			}
			r = uint32(mem.Load8(addr))
			*o.r = *o.d&^0xff | r
			r <<= 24
			goto plain

		// Of stores b has the address, which is imm2 from there.
		case codeStoreL:
			addr = (*o.d + o.imm2) & c.mask
			if addr&c.odd != 0 || !mem.CanWriteUnaligned(addr, 4) {
				return o, n
			}
			r = *o.s
			mem.Store32(addr, r)
			c.n, c.z, c.v, c.c = r, r, 0, 0
			next = o.then
		case codeStoreLP:
			addr = (*o.d + o.imm2) & c.mask
			if addr&c.odd != 0 || !mem.CanWriteUnaligned(addr, 4) {
				return o, n
			}
			r = *o.s
			*o.d += o.step
			mem.Store32(addr, r)
			c.n, c.z, c.v, c.c = r, r, 0, 0
			next = o.then
		case codeStoreLX:
			addr = o.indexed(*o.d) & c.mask
			if addr&c.odd != 0 || !mem.CanWriteUnaligned(addr, 4) {
				return o, n
			}
			r = *o.s
			mem.Store32(addr, r)
			c.n, c.z, c.v, c.c = r, r, 0, 0
			next = o.then
		case codeStoreW:
			addr = (*o.d + o.imm2) & c.mask
			if addr&c.odd != 0 || !mem.CanWriteUnaligned(addr, 2) {
				return o, n
			}
			r = *o.s << 16
			*o.d += o.step
			mem.Store16(addr, uint16(r>>16))
			c.n, c.z, c.v, c.c = r, r, 0, 0
			next = o.then
		case codeStoreWX:
			addr = o.indexed(*o.d) & c.mask
			if addr&c.odd != 0 || !mem.CanWriteUnaligned(addr, 2) {
				return o, n
			}
			r = *o.s << 16
			mem.Store16(addr, uint16(r>>16))
			goto plain
		case codeStoreB:
			addr = (*o.d + o.imm2) & c.mask
			if !mem.CanWriteUnaligned(addr, 1) {
				return o, n
			}
			r = *o.s << 24
			*o.d += o.step
			mem.Store8(addr, uint8(r>>24))
			c.n, c.z, c.v, c.c = r, r, 0, 0
			next = o.then
		case codeStoreBX:
			addr = o.indexed(*o.d) & c.mask
			if !mem.CanWriteUnaligned(addr, 1) {
				return o, n
			}
			r = *o.s << 24
			mem.Store8(addr, uint8(r>>24))
			goto plain
		case codePea:
			addr = (regs[15] - 4) & c.mask
			if addr&c.odd != 0 || !mem.CanWriteUnaligned(addr, 4) {
				return o, n
			}
			mem.Store32(addr, *o.s+o.imm)
			regs[15] -= 4
			next = o.then

		// Arithmetic and logic.
		case codeAddL:
			s, d = *o.s, *o.d
			r = d + s
			*o.r = r
			c.n, c.z, c.v = r, r, (s^r)&(d^r)
			c.c = carry(r < s)
			c.x = c.c
			next = o.then
		case codeAddLM:
			addr = (*o.s + o.imm) & c.mask
			if addr&c.odd != 0 || !mem.CanReadUnaligned(addr, 4) {
				return o, n
			}
			s, d = mem.Load32(addr), *o.d
			r = d + s
			*o.r = r
			c.n, c.z, c.v = r, r, (s^r)&(d^r)
			c.c = carry(r < s)
			c.x = c.c
			next = o.then
		case codeAddS:
			s, d = *o.s<<(o.shift&31), *o.d<<(o.shift&31)
			goto addShort
		case codeAddWM:
			addr = (*o.s + o.imm) & c.mask
			if addr&c.odd != 0 || !mem.CanReadUnaligned(addr, 2) {
				return o, n
			}
			s, d = uint32(mem.Load16(addr))<<16, *o.d<<16
			goto addShort
		case codeAddA: // without condition codes
			*o.r = *o.d + *o.s
			next = o.then
		case codeSubA:
			*o.r = *o.d - *o.s
			next = o.then
		case codeSubL:
			s, d = *o.s, *o.d
			r = d - s
			*o.r = r
			v = (s ^ d) & (d ^ r)
			carried = carry(s > d)
			c.n, c.z, c.v, c.c = r, r, v, carried
			c.x = carried
			next = o.after(r, v, carried)
		case codeSubLM:
			addr = (*o.s + o.imm) & c.mask
			if addr&c.odd != 0 || !mem.CanReadUnaligned(addr, 4) {
				return o, n
			}
			s, d = mem.Load32(addr), *o.d
			goto subLong
		case codeSubS:
			s, d = *o.s<<(o.shift&31), *o.d<<(o.shift&31)
			goto subShort
		case codeSubWM:
			addr = (*o.s + o.imm) & c.mask
			if addr&c.odd != 0 || !mem.CanReadUnaligned(addr, 2) {
				return o, n
			}
			s, d = uint32(mem.Load16(addr))<<16, *o.d<<16
			goto subShort
		case codeCmpL:
			s, d = *o.s, *o.d
			r = d - s
			v = (s ^ d) & (d ^ r)
			carried = carry(s > d)
			c.n, c.z, c.v, c.c = r, r, v, carried
			next = o.after(r, v, carried)
		case codeCmpS:
			s, d = *o.s<<(o.shift&31), *o.d<<(o.shift&31)
			goto compare
		case codeCmpLM:
			addr = (*o.s + o.imm) & c.mask
			if addr&c.odd != 0 || !mem.CanReadUnaligned(addr, 4) {
				return o, n
			}
			s, d = mem.Load32(addr), *o.d
			goto compare
		case codeCmpWM:
			addr = (*o.s + o.imm) & c.mask
			if addr&c.odd != 0 || !mem.CanReadUnaligned(addr, 2) {
				return o, n
			}
			s, d = uint32(mem.Load16(addr))<<16, *o.d<<16
			goto compare
		case codeAndL:
			r = *o.d & *o.s
			*o.r = r
			c.n, c.z, c.v, c.c = r, r, 0, 0
			next = o.after(r, 0, 0)
		case codeAndA:
			*o.r = *o.d & *o.s
			next = o.then
		case codeOrA:
			*o.r = *o.d | *o.s
			next = o.then
		case codeEorA:
			*o.r = *o.d ^ *o.s
			next = o.then
		case codeNotA:
			*o.r = *o.d ^ ^o.keep
			next = o.then
		case codeOrL:
			r = *o.d | *o.s
			*o.r = r
			c.n, c.z, c.v, c.c = r, r, 0, 0
			next = o.then
		case codeEorL:
			r = *o.d ^ *o.s
			*o.r = r
			c.n, c.z, c.v, c.c = r, r, 0, 0
			next = o.then
		case codeAnd:
			r = *o.d & (*o.s | o.keep)
			*o.r = r
			r <<= o.shift & 31
			c.n, c.z, c.v, c.c = r, r, 0, 0
			next = o.then
		case codeOr:
			r = *o.d | *o.s&^o.keep
			*o.r = r
			r <<= o.shift & 31
			goto plain
		case codeEor:
			r = *o.d ^ *o.s&^o.keep
			*o.r = r
			r <<= o.shift & 31
			goto plain
		case codeNot:
			r = *o.d ^ ^o.keep
			*o.r = r
			r <<= o.shift & 31
			goto plain
		case codeNeg:
			d = *o.d
			r = -(d << (o.shift & 31))
			*o.r = d&o.keep | r>>(o.shift&31)
			v = d << (o.shift & 31) & r
			carried = carry(r != 0)
			c.x = carried
			goto codes
		case codeSwap:
			r = bits.RotateLeft32(*o.d, 16)
			*o.r = r
			goto plain
		case codeExtW:
			r = uint32(int32(int8(*o.d))) << 16
			*o.r = *o.d&^0xffff | r>>16
			goto plain
		case codeExtL:
			r = uint32(int32(int16(*o.d)))
			*o.r = r
			goto plain
		case codeMuluW:
			r = uint32(uint16(*o.s)) * uint32(uint16(*o.d))
			*o.r = r
			goto plain
		case codeMulsW:
			r = uint32(int32(int16(*o.s)) * int32(int16(*o.d)))
			*o.r = r
			goto plain
		case codeBtst:
			c.z = *o.d & (1 << (*o.s & 31))
			next = o.then

		// Shifts of a long by 1 to 8.
		case codeLslL:
			d = *o.d
			r = d << (o.imm & 15)
			carried = d >> (-o.imm & 31) & 1
			*o.r = r
			c.n, c.z, c.v, c.c, c.x = r, r, 0, carried, carried
			next = o.then
		case codeLsrL:
			d = *o.d
			r = d >> (o.imm & 15)
			carried = d >> ((o.imm - 1) & 15) & 1
			*o.r = r
			c.n, c.z, c.v, c.c, c.x = r, r, 0, carried, carried
			next = o.then
		case codeLslA:
			d = *o.d
			*o.r = d << (o.imm & 15)
			c.x = d >> (-o.imm & 31) & 1
			next = o.then
		case codeLsrA:
			d = *o.d
			*o.r = d >> (o.imm & 15)
			c.x = d >> ((o.imm - 1) & 15) & 1
			next = o.then
		case codeAsrL:
			d = *o.d
			r = uint32(int32(d) >> (o.imm & 15))
			carried = d >> ((o.imm - 1) & 15) & 1
			*o.r = r
			c.n, c.z, c.v, c.c, c.x = r, r, 0, carried, carried
			next = o.then

		// Two that are joined, see fusions.
		case codeSetCmpL:
			*o.j = *o.i + o.imm2
			s, d = *o.s, *o.d
			r = d - s
			v = (s ^ d) & (d ^ r)
			carried = carry(s > d)
			c.n, c.z, c.v, c.c = r, r, v, carried
			next = o.after(r, v, carried)
		case codeSubCmpL:
			*o.j -= *o.i
			s, d = *o.s, *o.d
			r = d - s
			v = (s ^ d) & (d ^ r)
			carried = carry(s > d)
			c.n, c.z, c.v, c.c = r, r, v, carried
			next = o.after(r, v, carried)
		case codeAddCmpL:
			s = *o.i
			r = *o.j + s
			*o.j = r
			c.x = carry(r < s)
			s, d = *o.s, *o.d
			r = d - s
			v = (s ^ d) & (d ^ r)
			carried = carry(s > d)
			c.n, c.z, c.v, c.c = r, r, v, carried
			next = o.after(r, v, carried)
		case codeSetSubL:
			*o.j = *o.i + o.imm2
			s, d = *o.s, *o.d
			r = d - s
			*o.r = r
			v = (s ^ d) & (d ^ r)
			carried = carry(s > d)
			c.n, c.z, c.v, c.c = r, r, v, carried
			c.x = carried
			next = o.after(r, v, carried)
		case codeLoadCmpL:
			addr = (*o.s + o.imm) & c.mask
			if addr&c.odd != 0 || !mem.CanReadUnaligned(addr, 4) {
				return o, n
			}
			*o.r = mem.Load32(addr)
			s, d = *o.j, *o.d
			r = d - s
			v = (s ^ d) & (d ^ r)
			carried = carry(s > d)
			c.n, c.z, c.v, c.c = r, r, v, carried
			next = o.after(r, v, carried)
		case codeLoadCmpLX:
			addr = o.indexed(*o.s) & c.mask
			if addr&c.odd != 0 || !mem.CanReadUnaligned(addr, 4) {
				return o, n
			}
			*o.r = mem.Load32(addr)
			s, d = *o.j, *o.d
			r = d - s
			v = (s ^ d) & (d ^ r)
			carried = carry(s > d)
			c.n, c.z, c.v, c.c = r, r, v, carried
			next = o.after(r, v, carried)
		case codeLoadEorB:
			addr = (*o.s + o.imm) & c.mask
			if !mem.CanReadUnaligned(addr, 1) {
				return o, n
			}
			*o.s += o.step
			r = uint32(mem.Load8(addr))
			r = (*o.d&^0xff | r) ^ *o.j
			*o.r = r
			goto plain
		case codeLoadEorBA:
			addr = (*o.s + o.imm) & c.mask
			if !mem.CanReadUnaligned(addr, 1) {
				return o, n
			}
			*o.s += o.step
			r = uint32(mem.Load8(addr))
			*o.r = (*o.d&^0xff | r) ^ *o.j
			next = o.then
		case codeAndLoadLX:
			d = *o.d & *o.s
			addr = (*o.i + o.imm2 + d<<(o.scale&3)) & c.mask
			if addr&c.odd != 0 || !mem.CanReadUnaligned(addr, 4) {
				return o, n
			}
			r = mem.Load32(addr)
			*o.r = d
			*o.j = r
			goto plain
		case codeAndLoadEor:
			d = *o.d & *o.s
			addr = (*o.i + o.imm2 + d<<(o.scale&3)) & c.mask
			if addr&c.odd != 0 || !mem.CanReadUnaligned(addr, 4) {
				return o, n
			}
			*o.r = d
			r = mem.Load32(addr) ^ *o.k
			*o.j = r
			goto plain
		case codeAndLoadEorA:
			d = *o.d & *o.s
			addr = (*o.i + o.imm2 + d<<(o.scale&3)) & c.mask
			if addr&c.odd != 0 || !mem.CanReadUnaligned(addr, 4) {
				return o, n
			}
			*o.r = d
			*o.j = mem.Load32(addr) ^ *o.k
			next = o.then

		// Changes of flow.
		case codeBra:
			next = o.taken
		case codeBHI:
			next = o.either(c.c == 0 && c.z != 0)
		case codeBLS:
			next = o.either(c.c != 0 || c.z == 0)
		case codeBCC:
			next = o.either(c.c == 0)
		case codeBCS:
			next = o.either(c.c != 0)
		case codeBNE:
			next = o.either(c.z != 0)
		case codeBEQ:
			next = o.either(c.z == 0)
		case codeBPL:
			next = o.either(int32(c.n) >= 0)
		case codeBMI:
			next = o.either(int32(c.n) < 0)
		case codeBGE:
			next = o.either(int32(c.n^c.v) >= 0)
		case codeBLT:
			next = o.either(int32(c.n^c.v) < 0)
		case codeBGT:
			next = o.either(c.z != 0 && int32(c.n^c.v) >= 0)
		case codeBLE:
			next = o.either(c.z == 0 || int32(c.n^c.v) < 0)
		case codeDBF:
			d = *o.d
			r = (d - 1) & 0xffff
			*o.d = d&^0xffff | r
			next = o.either(r != 0xffff)
		case codeJmp:
			r = *o.s + o.imm
			if o.taken == nil || o.taken.addr != r {
				return o, n
			}
			next = o.taken
		case codeJsr:
			r = *o.s + o.imm
			addr = (regs[15] - 4) & c.mask
			if o.taken == nil || o.taken.addr != r || addr&c.odd != 0 || !mem.CanWriteUnaligned(addr, 4) {
				return o, n
			}
			mem.Store32(addr, o.next)
			regs[15] -= 4
			next = o.taken
		case codeRts:
			addr = regs[15] & c.mask
			if addr&c.odd != 0 || !mem.CanReadUnaligned(addr, 4) {
				return o, n
			}
			// Where it goes now, and where it went before.
			r = mem.Load32(addr)
			t := o.taken
			if t == nil || t.addr != r {
				if t = o.before; t == nil || t.addr != r {
					return o, n
				}
			}
			regs[15] += 4
			next = t
		case codeLink:
			addr = (regs[15] - 4) & c.mask
			if addr&c.odd != 0 || !mem.CanWriteUnaligned(addr, 4) {
				return o, n
			}
			mem.Store32(addr, *o.s)
			r = regs[15] - 4
			*o.s = r
			regs[15] = r + o.imm
			next = o.then
		case codeUnlk:
			d = *o.s
			addr = d & c.mask
			if addr&c.odd != 0 || !mem.CanReadUnaligned(addr, 4) {
				return o, n
			}
			regs[15] = d + 4
			*o.s = mem.Load32(addr)
			next = o.then

		// MOVEM of longs: all of the memory is in one page, or it is not simple.
		case codePushAll:
			addr = (*o.d - o.step) & c.mask
			if addr&c.odd != 0 || addr%memory.PageSize+o.step > memory.PageSize || !mem.CanWriteUnaligned(addr, 4) {
				return o, n
			}
			*o.d -= o.step
			for s = o.imm; s != 0; s &= s - 1 {
				mem.Store32(addr, regs[bits.TrailingZeros32(s)&15])
				addr += 4
			}
			next = o.then
		case codePullAll:
			d = *o.s
			addr = d & c.mask
			if addr&c.odd != 0 || addr%memory.PageSize+o.step > memory.PageSize || !mem.CanReadUnaligned(addr, 4) {
				return o, n
			}
			for s = o.imm; s != 0; s &= s - 1 {
				regs[bits.TrailingZeros32(s)&15] = mem.Load32(addr)
				addr += 4
			}
			*o.s = d + o.step
			next = o.then
		}
		continue

	addShort:
		r = d + s
		*o.r = *o.d&o.keep | r>>(o.shift&31)
		v = (s ^ r) & (d ^ r)
		carried = carry(r < s)
		c.x = carried
		goto codes
	subLong:
		r = d - s
		*o.r = r
		v = (s ^ d) & (d ^ r)
		carried = carry(s > d)
		c.x = carried
		goto codes
	subShort:
		r = d - s
		*o.r = *o.d&o.keep | r>>(o.shift&31)
		v = (s ^ d) & (d ^ r)
		carried = carry(s > d)
		c.x = carried
		goto codes
	compare:
		r = d - s
		v = (s ^ d) & (d ^ r)
		carried = carry(s > d)
		goto codes
	plain:
		v, carried = 0, 0
	codes:
		c.n, c.z, c.v, c.c = r, r, v, carried
		next = o.after(r, v, carried)
	}
	return o, n
}

// indexed returns the address that a base and an index make.
func (o *op) indexed(base uint32) uint32 {
	i := *o.i
	if o.short {
		i = uint32(int32(int16(i)))
	}
	return base + o.imm2 + i<<(o.scale&3) // in this order: the index is known last
}

// after returns what is executed next after what has set condition codes. They are
// what they are in a CPU.
func (o *op) after(r, v, carried uint32) *op {
	if o.when == 0 {
		return o.then
	}
	return o.either(o.when>>(r>>31<<3|carry(r == 0)<<2|v>>31<<1|carried)&1 != 0)
}

// either returns where a branch goes.
func (o *op) either(taken bool) *op {
	if taken {
		return o.taken
	}
	return o.then
}
