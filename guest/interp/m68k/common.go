package m68k

import (
	"math/bits"

	"github.com/crossplug/crossplug/guest/memory"
)

// common executes the common instructions in their common cases, one op after the
// other, until one is not common, or an access to memory not simple, or there is no
// fuel for it and one more: it begins with c.left. That op it returns, and has not
// begun it; and how many instructions are left if it had been executed.
//
// It says again, for registers and the simplest of memory, what alu.go, move.go and
// flow.go say of all operands: of 32 bits of address, and not aligned, so what accesses
// memory is not for a 68000. It calls nothing that is not inlined, so that the
// compiler can keep what it needs in registers: shifts need the third of them, where
// a parameter would be in the way. It is measured by the kernels, and checked like
// everything else.
//
// An op's operands are where s and d point to, or in memory, at an address made of
// them; its result goes where r points to. Bytes and words are dealt with at the high
// end of a long, where their sign and carry are its own.
func (c *CPU) common(o *op) (*op, int64) {
	regs, mem, n := c.registers(), c.direct, c.left
	var s, d, r, carried, addr uint32
	var w, t *op
run:
	for {
		if n -= o.count; n <= 0 {
			break
		}
		switch o.code {
		case codeNone, codeFloatR, codeFloatI, codeFloatD, codeFStoreD, codeFBcc, codeLast:
			break run

		// Moves.
		case codeCopy: // without condition codes: MOVEA
			*o.r = *o.s
			o = o.then
		case codeSet: // the same for LEA, ADDQ to An
			*o.r = *o.s + o.imm
			o = o.then
		case codeMoveL:
			r = *o.s
			*o.r = r
			c.n, c.z, c.v, c.c = r, r, 0, 0
			o = o.then
		case codeMoveS:
			r = *o.s << (o.shift & 31)
			*o.r = *o.d&o.keep | r>>(o.shift&31)
			goto plain
		case codeTstL:
			r = *o.s
			c.n, c.z, c.v, c.c = r, r, 0, 0
			o = o.compared(0, r)
		case codeTst:
			r = *o.s << (o.shift & 31)
			goto plain
		case codeSetX:
			*o.r = o.indexed(*o.s)
			o = o.then

		case codeLoadA:
			if addr = *o.s + o.imm; !mem.CanReadUnaligned(addr, 4) {
				break run
			}
			*o.s += o.step
			*o.r = mem.Load32(addr)
			o = o.then
		case codeLoadAX:
			if addr = o.indexed(*o.s); !mem.CanReadUnaligned(addr, 4) {
				break run
			}
			*o.r = mem.Load32(addr)
			o = o.then
		case codeLoadL:
			if addr = *o.s + o.imm; !mem.CanReadUnaligned(addr, 4) {
				break run
			}
			r = mem.Load32(addr)
			*o.r = r
			c.n, c.z, c.v, c.c = r, r, 0, 0
			o = o.then
		case codeLoadLP:
			if addr = *o.s + o.imm; !mem.CanReadUnaligned(addr, 4) {
				break run
			}
			*o.s += o.step
			r = mem.Load32(addr)
			*o.r = r
			c.n, c.z, c.v, c.c = r, r, 0, 0
			o = o.then
		case codeLoadLX:
			if addr = o.indexed(*o.s); !mem.CanReadUnaligned(addr, 4) {
				break run
			}
			r = mem.Load32(addr)
			*o.r = r
			c.n, c.z, c.v, c.c = r, r, 0, 0
			o = o.then
		case codeLoadW:
			if addr = *o.s + o.imm; !mem.CanReadUnaligned(addr, 2) {
				break run
			}
			*o.s += o.step
			r = uint32(mem.Load16(addr))
			*o.r = *o.d&^0xffff | r
			r <<= 16
			c.n, c.z, c.v, c.c = r, r, 0, 0
			o = o.then
		case codeLoadWX:
			if addr = o.indexed(*o.s); !mem.CanReadUnaligned(addr, 2) {
				break run
			}
			r = uint32(mem.Load16(addr))
			*o.r = *o.d&^0xffff | r
			r <<= 16
			goto plain
		case codeLoadB:
			if addr = *o.s + o.imm; !mem.CanReadUnaligned(addr, 1) {
				break run
			}
			*o.s += o.step
			r = uint32(mem.Load8(addr))
			*o.r = *o.d&^0xff | r
			r <<= 24
			c.n, c.z, c.v, c.c = r, r, 0, 0
			o = o.then
		case codeLoadBX:
			if addr = o.indexed(*o.s); !mem.CanReadUnaligned(addr, 1) {
				break run
			}
			r = uint32(mem.Load8(addr))
			*o.r = *o.d&^0xff | r
			r <<= 24
			goto plain

		// Of stores b has the address, which is imm2 from there.
		case codeStoreL:
			if addr = *o.d + o.imm2; !mem.CanWriteUnaligned(addr, 4) {
				break run
			}
			r = *o.s
			mem.Store32(addr, r)
			c.n, c.z, c.v, c.c = r, r, 0, 0
			o = o.then
		case codeStoreLP:
			if addr = *o.d + o.imm2; !mem.CanWriteUnaligned(addr, 4) {
				break run
			}
			r = *o.s
			*o.d += o.step
			mem.Store32(addr, r)
			c.n, c.z, c.v, c.c = r, r, 0, 0
			o = o.then
		case codeStoreLX:
			if addr = o.indexed(*o.d); !mem.CanWriteUnaligned(addr, 4) {
				break run
			}
			r = *o.s
			mem.Store32(addr, r)
			c.n, c.z, c.v, c.c = r, r, 0, 0
			o = o.then
		case codeStoreW:
			if addr = *o.d + o.imm2; !mem.CanWriteUnaligned(addr, 2) {
				break run
			}
			r = *o.s << 16
			*o.d += o.step
			mem.Store16(addr, uint16(r>>16))
			c.n, c.z, c.v, c.c = r, r, 0, 0
			o = o.then
		case codeStoreWX:
			if addr = o.indexed(*o.d); !mem.CanWriteUnaligned(addr, 2) {
				break run
			}
			r = *o.s << 16
			mem.Store16(addr, uint16(r>>16))
			goto plain
		case codeStoreB:
			if addr = *o.d + o.imm2; !mem.CanWriteUnaligned(addr, 1) {
				break run
			}
			r = *o.s << 24
			*o.d += o.step
			mem.Store8(addr, uint8(r>>24))
			c.n, c.z, c.v, c.c = r, r, 0, 0
			o = o.then
		case codeStoreBX:
			if addr = o.indexed(*o.d); !mem.CanWriteUnaligned(addr, 1) {
				break run
			}
			r = *o.s << 24
			mem.Store8(addr, uint8(r>>24))
			goto plain
		case codePea:
			if addr = regs[15] - 4; !mem.CanWriteUnaligned(addr, 4) {
				break run
			}
			mem.Store32(addr, *o.s+o.imm)
			regs[15] -= 4
			o = o.then

		// Arithmetic and logic.
		case codeAddL:
			*o.r = c.add(*o.s, *o.d)
			o = o.then
		case codeAddLM:
			if addr = *o.s + o.imm; !mem.CanReadUnaligned(addr, 4) {
				break run
			}
			*o.r = c.add(mem.Load32(addr), *o.d)
			o = o.then
		case codeAddS:
			s, d = *o.s<<(o.shift&31), *o.d<<(o.shift&31)
			goto add
		case codeAddWM:
			if addr = *o.s + o.imm; !mem.CanReadUnaligned(addr, 2) {
				break run
			}
			s, d = uint32(mem.Load16(addr))<<16, *o.d<<16
			goto add
		case codeAddA: // without condition codes
			*o.r = *o.d + *o.s
			o = o.then
		case codeSubA:
			*o.r = *o.d - *o.s
			o = o.then
		case codeSubL:
			s, d = *o.s, *o.d
			*o.r = c.sub(s, d)
			o = o.compared(s, d)
		case codeSubLM:
			if addr = *o.s + o.imm; !mem.CanReadUnaligned(addr, 4) {
				break run
			}
			s, d = mem.Load32(addr), *o.d
			goto sub
		case codeSubS:
			s, d = *o.s<<(o.shift&31), *o.d<<(o.shift&31)
			goto sub
		case codeSubWM:
			if addr = *o.s + o.imm; !mem.CanReadUnaligned(addr, 2) {
				break run
			}
			s, d = uint32(mem.Load16(addr))<<16, *o.d<<16
			goto sub
		case codeCmpL:
			s, d = *o.s, *o.d
			c.compare(s, d)
			o = o.compared(s, d)
		case codeCmpS:
			s, d = *o.s<<(o.shift&31), *o.d<<(o.shift&31)
			goto compare
		case codeCmpLM:
			if addr = *o.s + o.imm; !mem.CanReadUnaligned(addr, 4) {
				break run
			}
			s, d = mem.Load32(addr), *o.d
			goto compare
		case codeCmpWM:
			if addr = *o.s + o.imm; !mem.CanReadUnaligned(addr, 2) {
				break run
			}
			s, d = uint32(mem.Load16(addr))<<16, *o.d<<16
			goto compare
		case codeAndL:
			r = *o.d & *o.s
			*o.r = r
			c.n, c.z, c.v, c.c = r, r, 0, 0
			o = o.compared(0, r)
		case codeAndA:
			*o.r = *o.d & *o.s
			o = o.then
		case codeOrA:
			*o.r = *o.d | *o.s
			o = o.then
		case codeEorA:
			*o.r = *o.d ^ *o.s
			o = o.then
		case codeOrL:
			r = *o.d | *o.s
			*o.r = r
			c.n, c.z, c.v, c.c = r, r, 0, 0
			o = o.then
		case codeEorL:
			r = *o.d ^ *o.s
			*o.r = r
			c.n, c.z, c.v, c.c = r, r, 0, 0
			o = o.then
		case codeAnd:
			r = *o.d & (*o.s | o.keep)
			*o.r = r
			r <<= o.shift & 31
			c.n, c.z, c.v, c.c = r, r, 0, 0
			o = o.then
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
			s, d = *o.d<<(o.shift&31), 0
			goto sub
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
			o = o.then

		// Shifts of a long by 1 to 8.
		case codeLslL:
			d = *o.d
			r = d << (o.imm & 15)
			carried = d >> (-o.imm & 31) & 1
			*o.r = r
			c.n, c.z, c.v, c.c, c.x = r, r, 0, carried, carried
			o = o.then
		case codeLsrL:
			d = *o.d
			r = d >> (o.imm & 15)
			carried = d >> ((o.imm - 1) & 15) & 1
			*o.r = r
			c.n, c.z, c.v, c.c, c.x = r, r, 0, carried, carried
			o = o.then
		case codeLslA:
			d = *o.d
			*o.r = d << (o.imm & 15)
			c.x = d >> (-o.imm & 31) & 1
			o = o.then
		case codeLsrA:
			d = *o.d
			*o.r = d >> (o.imm & 15)
			c.x = d >> ((o.imm - 1) & 15) & 1
			o = o.then
		case codeAsrL:
			d = *o.d
			r = uint32(int32(d) >> (o.imm & 15))
			carried = d >> ((o.imm - 1) & 15) & 1
			*o.r = r
			c.n, c.z, c.v, c.c, c.x = r, r, 0, carried, carried
			o = o.then

		// Those that are joined, see fusions.
		case codeCopyCopy:
			w = o.with
			*o.r = *o.s
			*w.r = *w.s
			o = o.then
		case codeSetCmpL:
			w = o.with
			*o.r = *o.s + o.imm
			s, d = *w.s, *w.d
			c.compare(s, d)
			o = o.compared(s, d)
		case codeSubCmpL:
			w = o.with
			*o.r = *o.d - *o.s
			s, d = *w.s, *w.d
			c.compare(s, d)
			o = o.compared(s, d)
		case codeStoreSubCmpL:
			if addr = *o.d + o.imm2; !mem.CanWriteUnaligned(addr, 4) {
				break run
			}
			mem.Store32(addr, *o.s)
			w = o.with
			*w.r = *w.d - *w.s
			w = w.with
			s, d = *w.s, *w.d
			c.compare(s, d)
			o = o.compared(s, d)
		case codeAddCmpL:
			s = *o.s
			r = *o.d + s
			*o.r = r
			c.x = carry(r < s)
			w = o.with
			s, d = *w.s, *w.d
			c.compare(s, d)
			o = o.compared(s, d)
		case codeStoreAddCmpLX:
			if addr = o.indexed(*o.d); !mem.CanWriteUnaligned(addr, 4) {
				break run
			}
			mem.Store32(addr, *o.s)
			w = o.with
			s = *w.s
			r = *w.d + s
			*w.r = r
			c.x = carry(r < s)
			w = w.with
			s, d = *w.s, *w.d
			c.compare(s, d)
			o = o.compared(s, d)
		case codeSetSubL:
			w = o.with
			*o.r = *o.s + o.imm
			s, d = *w.s, *w.d
			*w.r = c.sub(s, d)
			o = o.compared(s, d)
		case codeSetSubLoadCmpLX:
			t = o.with
			w = t.with
			if addr = w.indexed(*w.s); !mem.CanReadUnaligned(addr, 4) {
				break run
			}
			*o.r = *o.s + o.imm
			s, d = *t.s, *t.d
			*t.r = d - s
			c.x = carry(s > d)
			*w.r = mem.Load32(addr)
			w = w.with
			s, d = *w.s, *w.d
			c.compare(s, d)
			o = o.compared(s, d)
		case codeLoadCmpL:
			if addr = *o.s + o.imm; !mem.CanReadUnaligned(addr, 4) {
				break run
			}
			*o.r = mem.Load32(addr)
			w = o.with
			s, d = *w.s, *w.d
			c.compare(s, d)
			o = o.compared(s, d)
		case codeLoadCmpLX:
			if addr = o.indexed(*o.s); !mem.CanReadUnaligned(addr, 4) {
				break run
			}
			*o.r = mem.Load32(addr)
			w = o.with
			s, d = *w.s, *w.d
			c.compare(s, d)
			o = o.compared(s, d)
		case codeSubSubCmpL:
			w = o.with
			t = w.with
			*o.r = *o.d - *o.s
			*w.r = *w.d - *w.s
			s, d = *t.s, *t.d
			c.compare(s, d)
			o = o.compared(s, d)
		case codeStoreSubSubCmpL:
			if addr = *o.d + o.imm2; !mem.CanWriteUnaligned(addr, 4) {
				break run
			}
			mem.Store32(addr, *o.s)
			w = o.with
			*w.r = *w.d - *w.s
			w = w.with
			*w.r = *w.d - *w.s
			w = w.with
			s, d = *w.s, *w.d
			c.compare(s, d)
			o = o.compared(s, d)
		case codeLoadSetCmpL:
			if addr = *o.s + o.imm; !mem.CanReadUnaligned(addr, 4) {
				break run
			}
			w = o.with
			*o.r = mem.Load32(addr)
			*w.r = *w.s + w.imm
			w = w.with
			s, d = *w.s, *w.d
			c.compare(s, d)
			o = o.compared(s, d)
		case codeSetLoadSetCmpL:
			t = o.with
			if addr = *t.s + t.imm; !mem.CanReadUnaligned(addr, 4) {
				break run
			}
			w = t.with
			*o.r = *o.s + o.imm
			*t.r = mem.Load32(addr)
			*w.r = *w.s + w.imm
			w = w.with
			s, d = *w.s, *w.d
			c.compare(s, d)
			o = o.compared(s, d)
		case codeSubSetLoadSetCmpL:
			t = o.with.with
			if addr = *t.s + t.imm; !mem.CanReadUnaligned(addr, 4) {
				break run
			}
			s, d = *o.s, *o.d
			*o.r = d - s
			c.x = carry(s > d)
			w = o.with
			*w.r = *w.s + w.imm
			*t.r = mem.Load32(addr)
			w = t.with
			*w.r = *w.s + w.imm
			w = w.with
			s, d = *w.s, *w.d
			c.compare(s, d)
			o = o.compared(s, d)
		case codeSetAndL:
			w = o.with
			*o.r = *o.s + o.imm
			r = *w.d & *o.r
			*w.r = r
			c.n, c.z, c.v, c.c = r, r, 0, 0
			o = o.compared(0, r)
		case codeLoadEorLX:
			if addr = o.indexed(*o.s); !mem.CanReadUnaligned(addr, 4) {
				break run
			}
			w = o.with
			s = mem.Load32(addr)
			*o.r = s
			r = *w.d ^ s
			*w.r = r
			goto plain
		case codeLsrLoadEorCmpLX:
			w = o.with
			if addr = w.indexed(*w.s); !mem.CanReadUnaligned(addr, 4) {
				break run
			}
			d = *o.d
			*o.r = d >> (o.imm & 15)
			c.x = d >> ((o.imm - 1) & 15) & 1
			s = mem.Load32(addr)
			*w.r = s
			w = w.with
			*w.r = *w.d ^ s
			w = w.with
			s, d = *w.s, *w.d
			c.compare(s, d)
			o = o.compared(s, d)
		case codeLoadEorCmpLX:
			if addr = o.indexed(*o.s); !mem.CanReadUnaligned(addr, 4) {
				break run
			}
			w = o.with
			s = mem.Load32(addr)
			*o.r = s
			*w.r = *w.d ^ s
			w = w.with
			s, d = *w.s, *w.d
			c.compare(s, d)
			o = o.compared(s, d)
		case codeLoadEorSetAndB:
			if addr = *o.s + o.imm; !mem.CanReadUnaligned(addr, 1) {
				break run
			}
			*o.s += o.step
			w = o.with
			t = w.with
			r = (*o.d&^0xff | uint32(mem.Load8(addr))) ^ *w.s
			*t.r = *t.s + t.imm
			r &= *t.r
			*o.r = r
			c.n, c.z, c.v, c.c = r, r, 0, 0
			o = o.compared(0, r)
		case codeLoadEorB:
			if addr = *o.s + o.imm; !mem.CanReadUnaligned(addr, 1) {
				break run
			}
			*o.s += o.step
			w = o.with
			r = (*o.d&^0xff | uint32(mem.Load8(addr))) ^ *w.s
			*o.r = r
			goto plain

		// Changes of flow.
		case codeBra:
			o = o.taken
		case codeBcc:
			o = o.either(c.test(o.Cond))
		case codeDBF:
			d = *o.d
			r = (d - 1) & 0xffff
			*o.d = d&^0xffff | r
			o = o.either(r != 0xffff)
		case codeJmp:
			r = *o.s + o.imm
			if o.taken == nil || o.taken.addr != r {
				break run
			}
			o = o.taken
		case codeJsr:
			r = *o.s + o.imm
			if addr = regs[15] - 4; o.taken == nil || o.taken.addr != r || !mem.CanWriteUnaligned(addr, 4) {
				break run
			}
			mem.Store32(addr, o.next)
			regs[15] -= 4
			o = o.taken
		case codeRts:
			if addr = regs[15]; !mem.CanReadUnaligned(addr, 4) {
				break run
			}
			// Where it goes now, and where it went before.
			r = mem.Load32(addr)
			t = o.taken
			if t == nil || t.addr != r {
				if t = o.before; t == nil || t.addr != r {
					break run
				}
			}
			regs[15] += 4
			o = t
		case codeLink:
			if addr = regs[15] - 4; !mem.CanWriteUnaligned(addr, 4) {
				break run
			}
			mem.Store32(addr, *o.s)
			r = regs[15] - 4
			*o.s = r
			regs[15] = r + o.imm
			o = o.then
		case codeUnlk:
			d = *o.s
			if addr = d; !mem.CanReadUnaligned(addr, 4) {
				break run
			}
			regs[15] = d + 4
			*o.s = mem.Load32(addr)
			o = o.then

		// MOVEM of longs: all of the memory is in one page, or it is not simple.
		case codePushAll:
			if addr = *o.d - o.step; addr%memory.PageSize+o.step > memory.PageSize || !mem.CanWriteUnaligned(addr, 4) {
				break run
			}
			*o.d -= o.step
			for s = o.imm; s != 0; s &= s - 1 {
				mem.Store32(addr, regs[bits.TrailingZeros32(s)&15])
				addr += 4
			}
			o = o.then
		case codePullAll:
			d = *o.s
			if addr = d; addr%memory.PageSize+o.step > memory.PageSize || !mem.CanReadUnaligned(addr, 4) {
				break run
			}
			for s = o.imm; s != 0; s &= s - 1 {
				regs[bits.TrailingZeros32(s)&15] = mem.Load32(addr)
				addr += 4
			}
			*o.s = d + o.step
			o = o.then
		}
		continue

	add:
		*o.r = *o.d&o.keep | c.add(s, d)>>(o.shift&31)
		o = o.then
		continue
	sub:
		*o.r = *o.d&o.keep | c.sub(s, d)>>(o.shift&31)
		o = o.compared(s, d)
		continue
	compare:
		c.compare(s, d)
		o = o.compared(s, d)
		continue
	plain:
		c.n, c.z, c.v, c.c = r, r, 0, 0
		o = o.compared(0, r)
	}
	return o, n
}
