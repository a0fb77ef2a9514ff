package mixedmode

import "encoding/binary"

// code68K is code of the 68K that is being written, an instruction a method.
type code68K []byte

func (c *code68K) words(words ...uint32) {
	for _, w := range words {
		*c = binary.BigEndian.AppendUint16(*c, uint16(w))
	}
}

func (c *code68K) long(v uint32) { c.words(v>>16, v&0xffff) }

// setRegister is MOVE.L #v,Rn; D0 to D7 are 0 to 7, A0 to A7 8 to 15.
func (c *code68K) setRegister(n int, v uint32) {
	if n < 8 {
		c.words(0x203c | uint32(n)<<9)
	} else {
		c.words(0x207c | uint32(n-8)<<9)
	}
	c.long(v)
}

// keepRegister is MOVE.L Rn,at.
func (c *code68K) keepRegister(n int, at uint32) { c.words(0x23c0 | uint32(n)); c.long(at) }

// keepStack is MOVE.size offset(SP),at.
func (c *code68K) keepStack(size, offset int, at uint32) {
	c.words(map[int]uint32{1: 0x13ef, 2: 0x33ef, 4: 0x23ef}[size], uint32(offset))
	c.long(at)
}

// setStack is MOVE.size #v,offset(SP).
func (c *code68K) setStack(size, offset int, v uint32) {
	c.words(map[int]uint32{1: 0x1f7c, 2: 0x3f7c, 4: 0x2f7c}[size])
	if size == 4 {
		c.long(v)
	} else {
		c.words(v)
	}
	c.words(uint32(offset))
}

// push is MOVE.W or MOVE.L #v,-(SP).
func (c *code68K) push(size int, v uint32) {
	if size == 4 {
		c.words(0x2f3c)
		c.long(v)
	} else {
		c.words(0x3f3c, v)
	}
}

// loadA0 is MOVEA.L from,A0.
func (c *code68K) loadA0(from uint32) { c.words(0x2079); c.long(from) }

// keepAtA0 is MOVE.size (A0),at.
func (c *code68K) keepAtA0(size int, at uint32) {
	c.words(map[int]uint32{1: 0x13d0, 2: 0x33d0, 4: 0x23d0}[size])
	c.long(at)
}

// setAtA0 is MOVE.size #v,(A0).
func (c *code68K) setAtA0(size int, v uint32) {
	c.words(map[int]uint32{1: 0x10bc, 2: 0x30bc, 4: 0x20bc}[size])
	if size == 4 {
		c.long(v)
	} else {
		c.words(v)
	}
}

func (c *code68K) call(at uint32)       { c.words(0x4eb9); c.long(at) }
func (c *code68K) setFlags(v uint32)    { c.words(0x44fc, v) }
func (c *code68K) keepFlags(at uint32)  { c.words(0x42f9); c.long(at) }
func (c *code68K) keepAll(at uint32)    { c.words(0x48f9, 0xffff); c.long(at) } // MOVEM.L D0-A7,at
func (c *code68K) setSP(from uint32)    { c.words(0x2e79); c.long(from) }
func (c *code68K) save()                { c.words(0x48e7, 0x3f3e) } // MOVEM.L D2-D7/A2-A6,-(SP)
func (c *code68K) restore()             { c.words(0x4cdf, 0x7cfc) }
func (c *code68K) returns()             { c.words(0x4e75) }
func (c *code68K) returnsPopping(n int) { c.words(0x205f, 0x4fef, uint32(n), 0x4ed0) } // by A0

// codePPC is code of the PowerPC.
type codePPC []byte

func (c *codePPC) word(w uint32) { *c = binary.BigEndian.AppendUint32(*c, w) }

// set puts a number into a register.
func (c *codePPC) set(r int, v uint32) {
	c.word(0x3c000000 | uint32(r)<<21 | v>>16)
	c.word(0x60000000 | uint32(r)<<21 | uint32(r)<<16 | v&0xffff)
}

// memory is an instruction that loads or stores a register at an offset from another.
func (c *codePPC) memory(op uint32, r, base, offset int) {
	c.word(op<<26 | uint32(r)<<21 | uint32(base)<<16 | uint32(offset)&0xffff)
}

// Their primary opcodes.
const (
	lwz  = 32
	stw  = 36
	stwu = 37
	stb  = 38
	sth  = 44
	lmw  = 46
	stmw = 47
	addi = 14
)

func (c *codePPC) call(at uint32) {
	c.set(12, at)
	c.word(0x7d8903a6) // mtctr r12
	c.word(0x4e800421) // bctrl
}

func (c *codePPC) setCR(r int)    { c.word(0x7c0ff120 | uint32(r)<<21) }
func (c *codePPC) getCR(r int)    { c.word(0x7c000026 | uint32(r)<<21) }
func (c *codePPC) linkTo(r int)   { c.word(0x7c0802a6 | uint32(r)<<21) } // mflr
func (c *codePPC) linkFrom(r int) { c.word(0x7c0803a6 | uint32(r)<<21) }
func (c *codePPC) returns()       { c.word(0x4e800020) }
