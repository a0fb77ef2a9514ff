package m68k

import (
	"math/bits"

	"github.com/crossplug/crossplug/guest/memory"
)

// common executes the common instructions in their common cases, one after the
// other: while n is above 1, which it takes 1 from for each, and until one is not
// common, or an access to memory not simple. That one it returns, and has not
// begun it.
//
// It says again, for registers and the simplest of memory, what alu.go, move.go and
// flow.go say of all operands. It calls nothing that is not inlined, so that the
// compiler can keep what it needs in registers. It is measured by the kernels, and
// checked like everything else.
//
// An op has its operands here as numbers: the first is regs[a]&mask + imm, which is
// a register, a number, an address or a number itself; the second is register b.
// Bytes and words are dealt with at the high end of a long, where their sign and
// carry are its own.
func (c *CPU) common(o *op, n int64) (*op, int64) {
	regs, mem, mask, odd := c.registers(), &c.direct, c.mask, c.odd
	var s, d, r, v, carried, addr uint32
	for ; n > 1; n-- {
		switch o.code {
		default:
			return o, n

		// Moves.
		case codeSet: // without condition codes: MOVEA, LEA, ADDQ to An
			regs[o.b&15] = regs[o.a&15] + o.imm
			o = o.follow
		case codeSetI:
			regs[o.b&15] = o.imm
			o = o.follow
		case codeMoveL:
			r = regs[o.a&15]
			regs[o.b&15] = r
			c.n, c.z, c.v, c.c = r, r, 0, 0
			o = o.follow
		case codeMoveLI:
			r = o.imm
			regs[o.b&15] = r
			c.n, c.z, c.v, c.c = r, r, 0, 0
			o = o.follow
		case codeMoveS:
			r = (regs[o.a&15]&o.mask + o.imm) << (o.shift & 31)
			regs[o.b&15] = regs[o.b&15]&o.keep | r>>(o.shift&31)
			goto plain
		case codeTstL:
			r = regs[o.a&15]
			c.n, c.z, c.v, c.c = r, r, 0, 0
			if o.when == 0 {
				o = o.follow
				continue
			}
			n--
			if o.when>>(r>>31<<3|carry(r == 0)<<2)&1 != 0 {
				o = o.taken
				continue
			}
			o = o.before
		case codeTst:
			r = regs[o.a&15] << (o.shift & 31)
			goto plain
		case codeSetX:
			regs[o.b&15] = regs[o.a&15] + o.index(regs)
			o = o.follow

		case codeLoadA:
			addr = (regs[o.a&15]&o.mask + o.imm) & mask
			if addr&odd != 0 || !mem.CanReadUnaligned(addr, 4) {
				return o, n
			}
			regs[o.a&15] += o.step
			regs[o.b&15] = mem.Load32(addr)
			o = o.follow
		case codeLoadAX:
			addr = (regs[o.a&15] + o.index(regs)) & mask
			if addr&odd != 0 || !mem.CanReadUnaligned(addr, 4) {
				return o, n
			}
			regs[o.b&15] = mem.Load32(addr)
			o = o.follow
		case codeLoadL:
			addr = (regs[o.a&15] + o.imm) & mask
			if addr&odd != 0 || !mem.CanReadUnaligned(addr, 4) {
				return o, n
			}
			r = mem.Load32(addr)
			regs[o.b&15] = r
			c.n, c.z, c.v, c.c = r, r, 0, 0
			o = o.follow
		case codeLoadLP:
			addr = (regs[o.a&15]&o.mask + o.imm) & mask
			if addr&odd != 0 || !mem.CanReadUnaligned(addr, 4) {
				return o, n
			}
			regs[o.a&15] += o.step
			r = mem.Load32(addr)
			regs[o.b&15] = r
			c.n, c.z, c.v, c.c = r, r, 0, 0
			o = o.follow
		case codeLoadLX:
			addr = (regs[o.a&15] + o.index(regs)) & mask
			if addr&odd != 0 || !mem.CanReadUnaligned(addr, 4) {
				return o, n
			}
			r = mem.Load32(addr)
			regs[o.b&15] = r
			c.n, c.z, c.v, c.c = r, r, 0, 0
			o = o.follow
		case codeLoadW:
			addr = (regs[o.a&15]&o.mask + o.imm) & mask
			if addr&odd != 0 || !mem.CanReadUnaligned(addr, 2) {
				return o, n
			}
			regs[o.a&15] += o.step
			r = uint32(mem.Load16(addr))
			regs[o.b&15] = regs[o.b&15]&^0xffff | r
			r <<= 16
			c.n, c.z, c.v, c.c = r, r, 0, 0
			o = o.follow
		case codeLoadWX:
			addr = (regs[o.a&15] + o.index(regs)) & mask
			if addr&odd != 0 || !mem.CanReadUnaligned(addr, 2) {
				return o, n
			}
			r = uint32(mem.Load16(addr))
			regs[o.b&15] = regs[o.b&15]&^0xffff | r
			r <<= 16
			goto plain
		case codeLoadB:
			addr = (regs[o.a&15]&o.mask + o.imm) & mask
			if !mem.CanReadUnaligned(addr, 1) {
				return o, n
			}
			regs[o.a&15] += o.step
			r = uint32(mem.Load8(addr))
			regs[o.b&15] = regs[o.b&15]&^0xff | r
			r <<= 24
			c.n, c.z, c.v, c.c = r, r, 0, 0
			o = o.follow
		case codeLoadBX:
			addr = (regs[o.a&15] + o.index(regs)) & mask
			if !mem.CanReadUnaligned(addr, 1) {
				return o, n
			}
			r = uint32(mem.Load8(addr))
			regs[o.b&15] = regs[o.b&15]&^0xff | r
			r <<= 24
			goto plain

		// Of stores b has the address, which is imm2 from there.
		case codeStoreL:
			addr = (regs[o.b&15] + o.imm2) & mask
			if addr&odd != 0 || !mem.CanWriteUnaligned(addr, 4) {
				return o, n
			}
			r = regs[o.a&15]
			mem.Store32(addr, r)
			c.n, c.z, c.v, c.c = r, r, 0, 0
			o = o.follow
		case codeStoreLP:
			addr = (regs[o.b&15] + o.imm2) & mask
			if addr&odd != 0 || !mem.CanWriteUnaligned(addr, 4) {
				return o, n
			}
			r = regs[o.a&15]&o.mask + o.imm
			regs[o.b&15] += o.step
			mem.Store32(addr, r)
			c.n, c.z, c.v, c.c = r, r, 0, 0
			o = o.follow
		case codeStoreLX:
			addr = (regs[o.b&15] + o.index(regs)) & mask
			if addr&odd != 0 || !mem.CanWriteUnaligned(addr, 4) {
				return o, n
			}
			r = regs[o.a&15]
			mem.Store32(addr, r)
			c.n, c.z, c.v, c.c = r, r, 0, 0
			o = o.follow
		case codeStoreW:
			addr = (regs[o.b&15] + o.imm2) & mask
			if addr&odd != 0 || !mem.CanWriteUnaligned(addr, 2) {
				return o, n
			}
			r = (regs[o.a&15]&o.mask + o.imm) << 16
			regs[o.b&15] += o.step
			mem.Store16(addr, uint16(r>>16))
			c.n, c.z, c.v, c.c = r, r, 0, 0
			o = o.follow
		case codeStoreWX:
			addr = (regs[o.b&15] + o.index(regs)) & mask
			if addr&odd != 0 || !mem.CanWriteUnaligned(addr, 2) {
				return o, n
			}
			r = regs[o.a&15] << 16
			mem.Store16(addr, uint16(r>>16))
			goto plain
		case codeStoreB:
			addr = (regs[o.b&15] + o.imm2) & mask
			if !mem.CanWriteUnaligned(addr, 1) {
				return o, n
			}
			r = (regs[o.a&15]&o.mask + o.imm) << 24
			regs[o.b&15] += o.step
			mem.Store8(addr, uint8(r>>24))
			c.n, c.z, c.v, c.c = r, r, 0, 0
			o = o.follow
		case codeStoreBX:
			addr = (regs[o.b&15] + o.index(regs)) & mask
			if !mem.CanWriteUnaligned(addr, 1) {
				return o, n
			}
			r = regs[o.a&15] << 24
			mem.Store8(addr, uint8(r>>24))
			goto plain
		case codePea:
			addr = (regs[15] - 4) & mask
			if addr&odd != 0 || !mem.CanWriteUnaligned(addr, 4) {
				return o, n
			}
			mem.Store32(addr, regs[o.a&15]&o.mask+o.imm)
			regs[15] -= 4
			o = o.follow

		// Arithmetic and logic.
		case codeAddL:
			s, d = regs[o.a&15], regs[o.b&15]
			r = d + s
			regs[o.b&15] = r
			c.n, c.z, c.v = r, r, (s^r)&(d^r)
			c.c = carry(r < s)
			c.x = c.c
			o = o.follow
		case codeAddLI:
			s, d = o.imm, regs[o.b&15]
			r = d + s
			regs[o.b&15] = r
			c.n, c.z, c.v = r, r, (s^r)&(d^r)
			c.c = carry(r < s)
			c.x = c.c
			o = o.follow
		case codeAddLM:
			addr = (regs[o.a&15]&o.mask + o.imm) & mask
			if addr&odd != 0 || !mem.CanReadUnaligned(addr, 4) {
				return o, n
			}
			s, d = mem.Load32(addr), regs[o.b&15]
			r = d + s
			regs[o.b&15] = r
			c.n, c.z, c.v = r, r, (s^r)&(d^r)
			c.c = carry(r < s)
			c.x = c.c
			o = o.follow
		case codeAddS:
			s, d = (regs[o.a&15]&o.mask+o.imm)<<(o.shift&31), regs[o.b&15]<<(o.shift&31)
			goto addShort
		case codeAddWM:
			addr = (regs[o.a&15]&o.mask + o.imm) & mask
			if addr&odd != 0 || !mem.CanReadUnaligned(addr, 2) {
				return o, n
			}
			s, d = uint32(mem.Load16(addr))<<16, regs[o.b&15]<<16
			goto addShort
		case codeAddA: // without condition codes
			regs[o.b&15] += regs[o.a&15]
			o = o.follow
		case codeSubA:
			regs[o.b&15] -= regs[o.a&15]
			o = o.follow
		case codeSubL:
			s, d = regs[o.a&15], regs[o.b&15]
			r = d - s
			regs[o.b&15] = r
			v = (s ^ d) & (d ^ r)
			carried = carry(s > d)
			c.n, c.z, c.v, c.c = r, r, v, carried
			c.x = carried
			if o.when == 0 {
				o = o.follow
				continue
			}
			n--
			if o.when>>(r>>31<<3|carry(r == 0)<<2|v>>31<<1|carried)&1 != 0 {
				o = o.taken
				continue
			}
			o = o.before
		case codeSubLI:
			s, d = o.imm, regs[o.b&15]
			r = d - s
			regs[o.b&15] = r
			v = (s ^ d) & (d ^ r)
			carried = carry(s > d)
			c.n, c.z, c.v, c.c = r, r, v, carried
			c.x = carried
			if o.when == 0 {
				o = o.follow
				continue
			}
			n--
			if o.when>>(r>>31<<3|carry(r == 0)<<2|v>>31<<1|carried)&1 != 0 {
				o = o.taken
				continue
			}
			o = o.before
		case codeSubLM:
			addr = (regs[o.a&15]&o.mask + o.imm) & mask
			if addr&odd != 0 || !mem.CanReadUnaligned(addr, 4) {
				return o, n
			}
			s, d = mem.Load32(addr), regs[o.b&15]
			goto subLong
		case codeSubS:
			s, d = (regs[o.a&15]&o.mask+o.imm)<<(o.shift&31), regs[o.b&15]<<(o.shift&31)
			goto subShort
		case codeSubWM:
			addr = (regs[o.a&15]&o.mask + o.imm) & mask
			if addr&odd != 0 || !mem.CanReadUnaligned(addr, 2) {
				return o, n
			}
			s, d = uint32(mem.Load16(addr))<<16, regs[o.b&15]<<16
			goto subShort
		case codeCmpL:
			s, d = regs[o.a&15], regs[o.b&15]
			r = d - s
			v = (s ^ d) & (d ^ r)
			carried = carry(s > d)
			c.n, c.z, c.v, c.c = r, r, v, carried
			if o.when == 0 {
				o = o.follow
				continue
			}
			n--
			if o.when>>(r>>31<<3|carry(r == 0)<<2|v>>31<<1|carried)&1 != 0 {
				o = o.taken
				continue
			}
			o = o.before
		case codeCmpLI:
			s, d = o.imm, regs[o.b&15]
			r = d - s
			v = (s ^ d) & (d ^ r)
			carried = carry(s > d)
			c.n, c.z, c.v, c.c = r, r, v, carried
			if o.when == 0 {
				o = o.follow
				continue
			}
			n--
			if o.when>>(r>>31<<3|carry(r == 0)<<2|v>>31<<1|carried)&1 != 0 {
				o = o.taken
				continue
			}
			o = o.before
		case codeCmpS:
			s, d = (regs[o.a&15]&o.mask+o.imm)<<(o.shift&31), regs[o.b&15]<<(o.shift&31)
			goto compare
		case codeCmpLM:
			addr = (regs[o.a&15]&o.mask + o.imm) & mask
			if addr&odd != 0 || !mem.CanReadUnaligned(addr, 4) {
				return o, n
			}
			s, d = mem.Load32(addr), regs[o.b&15]
			goto compare
		case codeCmpWM:
			addr = (regs[o.a&15]&o.mask + o.imm) & mask
			if addr&odd != 0 || !mem.CanReadUnaligned(addr, 2) {
				return o, n
			}
			s, d = uint32(mem.Load16(addr))<<16, regs[o.b&15]<<16
			goto compare
		case codeAndL:
			r = regs[o.b&15] & regs[o.a&15]
			regs[o.b&15] = r
			c.n, c.z, c.v, c.c = r, r, 0, 0
			if o.when == 0 {
				o = o.follow
				continue
			}
			n--
			if o.when>>(r>>31<<3|carry(r == 0)<<2)&1 != 0 {
				o = o.taken
				continue
			}
			o = o.before
		case codeAndLI:
			r = regs[o.b&15] & o.imm
			regs[o.b&15] = r
			c.n, c.z, c.v, c.c = r, r, 0, 0
			if o.when == 0 {
				o = o.follow
				continue
			}
			n--
			if o.when>>(r>>31<<3|carry(r == 0)<<2)&1 != 0 {
				o = o.taken
				continue
			}
			o = o.before
		case codeEorLI:
			r = regs[o.b&15] ^ o.imm
			regs[o.b&15] = r
			c.n, c.z, c.v, c.c = r, r, 0, 0
			o = o.follow
		case codeAnd:
			r = regs[o.b&15] & (regs[o.a&15]&o.mask + o.imm | o.keep)
			regs[o.b&15] = r
			r <<= o.shift & 31
			c.n, c.z, c.v, c.c = r, r, 0, 0
			o = o.follow
		case codeOr:
			r = regs[o.b&15] | (regs[o.a&15]&o.mask+o.imm)&^o.keep
			regs[o.b&15] = r
			r <<= o.shift & 31
			goto plain
		case codeEor:
			r = regs[o.b&15] ^ (regs[o.a&15]&o.mask+o.imm)&^o.keep
			regs[o.b&15] = r
			r <<= o.shift & 31
			goto plain
		case codeNot:
			r = regs[o.b&15] ^ ^o.keep
			regs[o.b&15] = r
			r <<= o.shift & 31
			goto plain
		case codeNeg:
			d = regs[o.b&15]
			r = -(d << (o.shift & 31))
			regs[o.b&15] = d&o.keep | r>>(o.shift&31)
			v = d << (o.shift & 31) & r
			carried = carry(r != 0)
			c.x = carried
			goto codes
		case codeSwap:
			r = bits.RotateLeft32(regs[o.a&15], 16)
			regs[o.a&15] = r
			goto plain
		case codeExtW:
			r = uint32(int32(int8(regs[o.a&15]))) << 16
			regs[o.a&15] = regs[o.a&15]&^0xffff | r>>16
			goto plain
		case codeExtL:
			r = uint32(int32(int16(regs[o.a&15])))
			regs[o.a&15] = r
			goto plain
		case codeMuluW:
			r = uint32(uint16(regs[o.a&15]&o.mask+o.imm)) * uint32(uint16(regs[o.b&15]))
			regs[o.b&15] = r
			goto plain
		case codeMulsW:
			r = uint32(int32(int16(regs[o.a&15]&o.mask+o.imm)) * int32(int16(regs[o.b&15])))
			regs[o.b&15] = r
			goto plain
		case codeBtst:
			c.z = regs[o.b&15] & (1 << ((regs[o.a&15]&o.mask + o.imm) & 31))
			o = o.follow

		// Shifts of a long by 1 to 8.
		case codeLslL:
			d = regs[o.b&15]
			r = d << (o.imm & 15)
			carried = d >> (-o.imm & 31) & 1
			regs[o.b&15] = r
			c.n, c.z, c.v, c.c, c.x = r, r, 0, carried, carried
			o = o.follow
		case codeLsrL:
			d = regs[o.b&15]
			r = d >> (o.imm & 15)
			carried = d >> ((o.imm - 1) & 15) & 1
			regs[o.b&15] = r
			c.n, c.z, c.v, c.c, c.x = r, r, 0, carried, carried
			o = o.follow
		case codeAsrL:
			d = regs[o.b&15]
			r = uint32(int32(d) >> (o.imm & 15))
			carried = d >> ((o.imm - 1) & 15) & 1
			regs[o.b&15] = r
			c.n, c.z, c.v, c.c, c.x = r, r, 0, carried, carried
			o = o.follow

		// Changes of flow.
		case codeBra:
			o = o.taken
		case codeBHI:
			if c.c == 0 && c.z != 0 {
				o = o.taken
				continue
			}
			o = o.follow
		case codeBLS:
			if c.c != 0 || c.z == 0 {
				o = o.taken
				continue
			}
			o = o.follow
		case codeBCC:
			if c.c == 0 {
				o = o.taken
				continue
			}
			o = o.follow
		case codeBCS:
			if c.c != 0 {
				o = o.taken
				continue
			}
			o = o.follow
		case codeBNE:
			if c.z != 0 {
				o = o.taken
				continue
			}
			o = o.follow
		case codeBEQ:
			if c.z == 0 {
				o = o.taken
				continue
			}
			o = o.follow
		case codeBPL:
			if int32(c.n) >= 0 {
				o = o.taken
				continue
			}
			o = o.follow
		case codeBMI:
			if int32(c.n) < 0 {
				o = o.taken
				continue
			}
			o = o.follow
		case codeBGE:
			if int32(c.n^c.v) >= 0 {
				o = o.taken
				continue
			}
			o = o.follow
		case codeBLT:
			if int32(c.n^c.v) < 0 {
				o = o.taken
				continue
			}
			o = o.follow
		case codeBGT:
			if c.z != 0 && int32(c.n^c.v) >= 0 {
				o = o.taken
				continue
			}
			o = o.follow
		case codeBLE:
			if c.z == 0 || int32(c.n^c.v) < 0 {
				o = o.taken
				continue
			}
			o = o.follow
		case codeDBF:
			d = regs[o.a&15]
			r = (d - 1) & 0xffff
			regs[o.a&15] = d&^0xffff | r
			if r != 0xffff {
				o = o.taken
				continue
			}
			o = o.follow
		case codeJmp:
			r = regs[o.a&15]&o.mask + o.imm
			if o.taken == nil || o.taken.addr != r {
				return o, n
			}
			o = o.taken
		case codeJsr:
			r = regs[o.a&15]&o.mask + o.imm
			addr = (regs[15] - 4) & mask
			if o.taken == nil || o.taken.addr != r || addr&odd != 0 || !mem.CanWriteUnaligned(addr, 4) {
				return o, n
			}
			mem.Store32(addr, o.next)
			regs[15] -= 4
			o = o.taken
		case codeRts:
			addr = regs[15] & mask
			if addr&odd != 0 || !mem.CanReadUnaligned(addr, 4) {
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
			o = t
		case codeLink:
			addr = (regs[15] - 4) & mask
			if addr&odd != 0 || !mem.CanWriteUnaligned(addr, 4) {
				return o, n
			}
			mem.Store32(addr, regs[o.a&15])
			r = regs[15] - 4
			regs[o.a&15] = r
			regs[15] = r + o.imm
			o = o.follow
		case codeUnlk:
			d = regs[o.a&15]
			addr = d & mask
			if addr&odd != 0 || !mem.CanReadUnaligned(addr, 4) {
				return o, n
			}
			regs[15] = d + 4
			regs[o.a&15] = mem.Load32(addr)
			o = o.follow

		// MOVEM of longs: all of the memory is in one page, or it is not simple.
		case codePushAll:
			addr = (regs[o.b&15] - o.step) & mask
			if addr&odd != 0 || addr%memory.PageSize+o.step > memory.PageSize || !mem.CanWriteUnaligned(addr, 4) {
				return o, n
			}
			regs[o.b&15] -= o.step
			for s = o.imm; s != 0; s &= s - 1 {
				mem.Store32(addr, regs[bits.TrailingZeros32(s)&15])
				addr += 4
			}
			o = o.follow
		case codePullAll:
			d = regs[o.a&15]
			addr = d & mask
			if addr&odd != 0 || addr%memory.PageSize+o.step > memory.PageSize || !mem.CanReadUnaligned(addr, 4) {
				return o, n
			}
			for s = o.imm; s != 0; s &= s - 1 {
				regs[bits.TrailingZeros32(s)&15] = mem.Load32(addr)
				addr += 4
			}
			regs[o.a&15] = d + o.step
			o = o.follow
		}
		continue

	addShort:
		r = d + s
		regs[o.b&15] = regs[o.b&15]&o.keep | r>>(o.shift&31)
		v = (s ^ r) & (d ^ r)
		carried = carry(r < s)
		c.x = carried
		goto codes
	subLong:
		r = d - s
		regs[o.b&15] = r
		v = (s ^ d) & (d ^ r)
		carried = carry(s > d)
		c.x = carried
		goto codes
	subShort:
		r = d - s
		regs[o.b&15] = regs[o.b&15]&o.keep | r>>(o.shift&31)
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
		if o.when == 0 {
			o = o.follow
			continue
		}
		// The conditional branch that follows.
		n--
		if o.when>>(r>>31<<3|carry(r == 0)<<2|v>>31<<1|carried)&1 != 0 {
			o = o.taken
		} else {
			o = o.before
		}
	}
	return o, n
}

// index returns what an indexed operand adds to its base.
func (o *op) index(regs *[16]uint32) uint32 {
	i := regs[o.x&15]
	if o.short {
		i = uint32(int32(int16(i)))
	}
	return i<<(o.scale&3) + o.imm2
}
