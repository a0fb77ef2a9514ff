package m68k

import (
	"github.com/crossplug/crossplug/guest/cpu"
	isa "github.com/crossplug/crossplug/guest/isa/m68k"
)

// Changes of flow, and what depends on conditions.

func runBcc(c *CPU, o *op) {
	if c.test(o.Cond) {
		c.M68K.PC = uint32(o.Args[0].Disp)
	}
}

func runBra(c *CPU, o *op) { c.M68K.PC = uint32(o.Args[0].Disp) }

func runBsr(c *CPU, o *op) {
	if push(c, o.next) {
		c.M68K.PC = uint32(o.Args[0].Disp)
	}
}

func runDBcc(c *CPU, o *op) {
	if c.test(o.Cond) {
		return
	}
	d := &c.D[o.Args[0].Reg&7]
	n := uint16(*d) - 1
	*d = *d&^0xffff | uint32(n)
	if n != 0xffff {
		c.M68K.PC = uint32(o.Args[1].Disp)
	}
}

func runScc(c *CPU, o *op) {
	v := uint8(0)
	if c.test(o.Cond) {
		v = 0xff
	}
	put(c, &o.Args[0], v)
}

func runJmp(c *CPU, o *op) {
	if a, ok := c.address(&o.Args[0], 0); ok {
		c.M68K.PC = a
	}
}

func runJsr(c *CPU, o *op) {
	if a, ok := c.address(&o.Args[0], 0); ok && push(c, o.next) {
		c.M68K.PC = a
	}
}

func runRts(c *CPU, o *op) {
	if pc, ok := pull[uint32](c); ok {
		c.M68K.PC = pc
	}
}

func runRtd(c *CPU, o *op) {
	if pc, ok := pull[uint32](c); ok {
		c.A[7] += extend(uint16(o.Args[0].Disp))
		c.M68K.PC = pc
	}
}

func runRtr(c *CPU, o *op) {
	if ccr, ok := load[uint16](c, c.A[7]); ok {
		if pc, ok := load[uint32](c, c.A[7]+2); ok {
			c.A[7] += 6
			c.setCCR(ccr)
			c.M68K.PC = pc
		}
	}
}

func runNop(*CPU, *op) {}

func runTrap(c *CPU, o *op) {
	n := uint32(o.Args[0].Disp)
	if _, ok := c.handler(vectorTrap0 + n); !ok {
		c.event(cpu.Event{Kind: cpu.Trap, PC: c.at, Code: n}, func() { c.fail(&Exception{vectorTrap0 + n}) })
		return
	}
	c.exception(vectorTrap0+n, o.next)
}

func runTrapv(c *CPU, o *op) {
	if int32(c.v) < 0 {
		c.exception(vectorTRAP, o.next)
	}
}

func runTRAPcc(c *CPU, o *op) {
	if c.test(o.Cond) {
		c.exception(vectorTRAP, o.next)
	}
}

func runIllegal(c *CPU, o *op) { c.exception(vectorIllegal, c.at) }

func runLineA(c *CPU, o *op) { c.line(cpu.LineA, vectorLineA, o.Word) }

func runLineF(c *CPU, o *op) { c.line(cpu.LineF, vectorLineF, o.Word) }

// line asks the host before the guest.
func (c *CPU) line(kind cpu.EventKind, vector uint32, word uint16) {
	c.event(cpu.Event{Kind: kind, PC: c.at, Code: uint32(word)}, func() {
		if _, ok := c.handler(vector); ok {
			c.exception(vector, c.at)
		} else {
			c.fail(&Exception{vector})
		}
	})
}

// CHK traps a register outside of 0 to a bound. The manual leaves Z, V and C
// open; this is what the 68000 does.
func runChk[T number](c *CPU, o *op) {
	bound, ok := read[T](c, &o.Args[0])
	if !ok {
		return
	}
	v := T(c.D[o.Args[1].Reg&7])
	c.z, c.v, c.c = uint32(v), 0, 0
	switch {
	case int32(sign(v)) < 0:
		c.n = 1 << 31
	case int32(sign(v)) > int32(sign(bound)):
		c.n = 0
	default:
		c.n = sign(v)
		return
	}
	c.exception(vectorCHK, o.next)
}

// CMP2 and CHK2 compare a register with two bounds in memory. The arithmetic is
// a ring's, so the bounds may be signed or not.
func runChk2[T number](c *CPU, o *op) {
	a, ok := c.address(&o.Args[0], bytesOf[T]())
	if !ok {
		return
	}
	low, ok1 := load[T](c, a)
	high, ok2 := load[T](c, a+bytesOf[T]())
	if !ok1 || !ok2 {
		return
	}
	reg := &o.Args[1]
	v, from, to := c.D[reg.Reg&7]&uint32(^T(0)), uint32(low), uint32(high)
	outside := T(v)-low > high-low
	if reg.Kind == isa.AddrReg {
		v, from, to = c.A[reg.Reg&7], extend(low), extend(high)
		outside = v-from > to-from
	}
	c.c = carry(outside)
	c.z = 1
	if v == from || v == to {
		c.z = 0
	}
	if outside && o.Op == isa.CHK2 {
		c.exception(vectorCHK, o.next)
	}
}

func runTas(c *CPU, o *op) {
	if v, p, ok := open[uint8](c, &o.Args[0]); ok && write(c, p, v|0x80) {
		logic(c, v)
	}
}

func runCas[T number](c *CPU, o *op) {
	compareReg, update := o.Args[0].Reg, o.Args[1].Reg
	v, p, ok := open[T](c, &o.Args[2])
	if !ok {
		return
	}
	old := T(c.D[compareReg&7])
	if v != old {
		setD(c, compareReg, v)
	} else if !write(c, p, T(c.D[update&7])) {
		return
	}
	compare(c, old, v)
}

func runCas2[T number](c *CPU, o *op) {
	compares, updates, at := &o.Args[0], &o.Args[1], &o.Args[2]
	a1, a2 := c.reg16(at.Reg), c.reg16(at.Index)
	v1, ok1 := load[T](c, a1)
	v2, ok2 := load[T](c, a2)
	if !ok1 || !ok2 {
		return
	}
	old1, old2 := T(c.D[compares.Reg&7]), T(c.D[compares.Index&7])
	if v1 == old1 && v2 == old2 {
		// Both writes are the same as if they were one.
		if !store(c, a1, T(c.D[updates.Reg&7])) || !store(c, a2, T(c.D[updates.Index&7])) {
			return
		}
	} else {
		setD(c, compares.Index, v2)
		setD(c, compares.Reg, v1)
	}
	compare(c, old1, v1)
	if v1 == old1 {
		compare(c, old2, v2)
	}
}
