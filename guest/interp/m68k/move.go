package m68k

import (
	"github.com/crossplug/crossplug/guest/cpu"
	isa "github.com/crossplug/crossplug/guest/isa/m68k"
)

// Data movement.

func runMove[T number](c *CPU, o *op) {
	if v, ok := read[T](c, &o.Args[0]); ok {
		if put(c, &o.Args[1], v) {
			logic(c, v)
		}
	}
}

func runMovea[T number](c *CPU, o *op) {
	if v, ok := read[T](c, &o.Args[0]); ok {
		c.A[o.Args[1].Reg&7] = extend(v)
	}
}

func runMoveq(c *CPU, o *op) { c.D[o.Args[1].Reg&7] = logic(c, uint32(o.Args[0].Disp)) }

func runLea(c *CPU, o *op) {
	if a, ok := c.address(&o.Args[0], 0); ok {
		c.A[o.Args[1].Reg&7] = a
	}
}

func runPea(c *CPU, o *op) {
	if a, ok := c.address(&o.Args[0], 0); ok {
		push(c, a)
	}
}

func runExg(c *CPU, o *op) {
	x, y := c.registerOf(&o.Args[0]), c.registerOf(&o.Args[1])
	*x, *y = *y, *x
}

// registerOf returns where a data or address register is.
func (c *CPU) registerOf(o *isa.Operand) *uint32 {
	if o.Kind == isa.AddrReg {
		return &c.A[o.Reg&7]
	}
	return &c.D[o.Reg&7]
}

func runSwap(c *CPU, o *op) {
	d := &c.D[o.Args[0].Reg&7]
	*d = logic(c, *d<<16|*d>>16)
}

func runExtW(c *CPU, o *op) {
	d := o.Args[0].Reg
	setD(c, d, logic(c, uint16(extend(uint8(c.D[d&7])))))
}

func runExtL(c *CPU, o *op) {
	d := &c.D[o.Args[0].Reg&7]
	*d = logic(c, extend(uint16(*d)))
}

func runExtb(c *CPU, o *op) {
	d := &c.D[o.Args[0].Reg&7]
	*d = logic(c, extend(uint8(*d)))
}

func runLink(c *CPU, o *op) {
	a := &c.A[o.Args[0].Reg&7]
	if !push(c, *a) { // of A7, what it was
		return
	}
	*a = c.A[7]
	c.A[7] += linkSize(o)
}

func linkSize(o *op) uint32 {
	if o.Size == isa.Word {
		return extend(uint16(o.Args[1].Disp))
	}
	return uint32(o.Args[1].Disp)
}

func runUnlk(c *CPU, o *op) {
	a := c.A[o.Args[0].Reg&7]
	if v, ok := load[uint32](c, a); ok {
		c.A[7] = a + 4
		c.A[o.Args[0].Reg&7] = v
	}
}

// runMovem moves a set of registers. With -(An) it begins with the last; a
// 68020 stores there an An that is in the set as it will be after one step, the
// 68000 as it was.
func runMovem[T number](c *CPU, o *op) {
	size := bytesOf[T]()
	if o.Args[0].Kind != isa.RegList {
		runMovemLoad[T](c, o)
		return
	}
	set, ea := uint16(o.Args[0].Disp), &o.Args[1]
	if ea.Kind == isa.PreDecrement {
		a := c.A[ea.Reg&7]
		first := a
		if c.model >= isa.M68020 {
			first -= size
		}
		for n := uint8(15); n < 16; n-- {
			if set>>n&1 == 0 {
				continue
			}
			a -= size
			v := c.reg16(n)
			if n == 8+ea.Reg {
				v = first
			}
			if !store(c, a, T(v)) {
				return
			}
		}
		c.A[ea.Reg&7] = a
		return
	}
	a, ok := c.address(ea, size)
	if !ok {
		return
	}
	for n := range uint8(16) {
		if set>>n&1 != 0 {
			if !store(c, a, T(c.reg16(n))) {
				return
			}
			a += size
		}
	}
}

func runMovemLoad[T number](c *CPU, o *op) {
	size := bytesOf[T]()
	ea, set := &o.Args[0], uint16(o.Args[1].Disp)
	var a uint32
	ok := true
	if ea.Kind == isa.PostIncrement {
		a = c.A[ea.Reg&7]
	} else if a, ok = c.address(ea, size); !ok {
		return
	}
	for n := range uint8(16) {
		if set>>n&1 == 0 {
			continue
		}
		v, ok := load[T](c, a)
		if !ok {
			return
		}
		if n < 8 {
			c.D[n] = extend(v)
		} else {
			c.A[n&7] = extend(v)
		}
		a += size
	}
	if ea.Kind == isa.PostIncrement {
		c.A[ea.Reg&7] = a
	}
}

// runMovep moves a register's bytes to or from every second byte.
func runMovep(c *CPU, o *op) {
	size := uint32(o.Size.Bytes())
	if o.Args[0].Kind == isa.DataReg {
		a, _ := c.address(&o.Args[1], 1)
		v := c.D[o.Args[0].Reg&7]
		for i := range size {
			if !store(c, a+2*i, uint8(v>>(8*(size-1-i)))) {
				return
			}
		}
		return
	}
	a, _ := c.address(&o.Args[0], 1)
	var v uint32
	for i := range size {
		b, ok := load[uint8](c, a+2*i)
		if !ok {
			return
		}
		v = v<<8 | uint32(b)
	}
	if size == 2 {
		setD(c, o.Args[1].Reg, uint16(v))
	} else {
		c.D[o.Args[1].Reg&7] = v
	}
}

// runMove16 moves a line of 16 bytes; the addresses lose their low bits.
func runMove16(c *CPU, o *op) {
	var at [2]uint32
	for i := range at {
		if a := &o.Args[i]; a.Kind == isa.AbsoluteLong {
			at[i] = uint32(a.Disp)
		} else {
			at[i] = c.A[a.Reg&7]
		}
	}
	var line [4]uint32
	for i := range line {
		v, ok := load[uint32](c, at[0]&^15+4*uint32(i))
		if !ok {
			return
		}
		line[i] = v
	}
	for i, v := range line {
		if !store(c, at[1]&^15+4*uint32(i), v) {
			return
		}
	}
	for i := range at {
		if a := &o.Args[i]; a.Kind == isa.PostIncrement && (i == 0 || o.Args[0].Kind != a.Kind || a.Reg != o.Args[0].Reg) {
			c.A[a.Reg&7] += 16
		}
	}
}

// Status registers.

func runMoveFromSR(c *CPU, o *op) {
	if c.model == isa.M68000 || c.privileged() {
		put(c, &o.Args[1], c.sr())
	}
}

func runMoveFromCCR(c *CPU, o *op) { put(c, &o.Args[1], c.ccr()) }

func runMoveToCCR(c *CPU, o *op) {
	if v, ok := read[uint16](c, &o.Args[0]); ok {
		c.setCCR(v)
	}
}

func runMoveToSR(c *CPU, o *op) {
	if !c.privileged() {
		return
	}
	if v, ok := read[uint16](c, &o.Args[0]); ok {
		c.setStatus(v)
	}
}

// runStatus makes ORI, ANDI and EORI to CCR or SR.
func runStatus(change func(v, by uint16) uint16) func(*CPU, *op) {
	return func(c *CPU, o *op) {
		by := uint16(o.Args[0].Disp)
		if o.Args[1].Kind == isa.CCR {
			c.setCCR(change(c.ccr(), by))
		} else if c.privileged() {
			c.setStatus(change(c.sr(), by))
		}
	}
}

func runMoveUSP(c *CPU, o *op) {
	if !c.privileged() {
		return
	}
	if o.Args[0].Kind == isa.USP {
		c.A[o.Args[1].Reg&7] = c.USP
	} else {
		c.USP = c.A[o.Args[0].Reg&7]
	}
}

func runMovec(c *CPU, o *op) {
	if !c.privileged() {
		return
	}
	if o.Args[0].Kind == isa.ControlReg {
		*c.registerOf(&o.Args[1]) = c.controlRegister(o.Args[0].Disp)
	} else {
		c.setControlRegister(o.Args[1].Disp, *c.registerOf(&o.Args[0]))
	}
}

// mmuIndex numbers the registers of memory management among MOVEC's.
func mmuIndex(number int32) int32 {
	if number < 0x800 {
		return number - 3 // TC, ITT0, ITT1, DTT0, DTT1
	}
	return number - 0x800 // MMUSR, URP, SRP
}

func (c *CPU) controlRegister(number int32) uint32 {
	switch number {
	case 0x000:
		return uint32(c.SFC)
	case 0x001:
		return uint32(c.DFC)
	case 0x002:
		return c.CACR
	case 0x800:
		return c.USP
	case 0x801:
		return c.VBR
	case 0x802:
		return c.CAAR
	case 0x803, 0x804:
		if p := c.supervisorStack(number); p == c.stackPointer() {
			return c.A[7]
		}
		return *c.supervisorStack(number)
	}
	return c.MMU[mmuIndex(number)]
}

func (c *CPU) supervisorStack(number int32) *uint32 {
	if number == 0x803 {
		return &c.MSP
	}
	return &c.ISP
}

func (c *CPU) setControlRegister(number int32, v uint32) {
	switch number {
	case 0x000:
		c.SFC = uint8(v & 7)
	case 0x001:
		c.DFC = uint8(v & 7)
	case 0x002:
		// Bits that clear a cache read as 0; there is nothing else to them here,
		// and what is decoded is true anyway.
		c.CACR = v & map[isa.Model]uint32{isa.M68020: 0x3, isa.M68030: 0x3313, isa.M68040: 0x80008000}[c.model]
	case 0x800:
		c.USP = v
	case 0x801:
		c.VBR = v
	case 0x802:
		c.CAAR = v
	case 0x803, 0x804:
		p := c.supervisorStack(number)
		if p == c.stackPointer() {
			c.A[7] = v
		} else {
			*p = v
		}
	default:
		c.MMU[mmuIndex(number)] = v
	}
}

// runMoves moves by way of another address space. There is only one here.
func runMoves[T number](c *CPU, o *op) {
	if !c.privileged() {
		return
	}
	if from := &o.Args[0]; from.Kind == isa.DataReg || from.Kind == isa.AddrReg {
		v := *c.registerOf(from)
		put(c, &o.Args[1], T(v))
		return
	}
	v, ok := read[T](c, &o.Args[0])
	if !ok {
		return
	}
	if to := &o.Args[1]; to.Kind == isa.AddrReg {
		c.A[to.Reg&7] = extend(v)
	} else {
		setD(c, to.Reg, v)
	}
}

// runPmove moves a register of the 68030's memory management, of which a word,
// a long or two longs are kept.
func runPmove(c *CPU, o *op) {
	if !c.privileged() {
		return
	}
	size := uint32(o.Size.Bytes())
	load1 := o.Args[1].Kind == isa.MMURegister
	ea, reg := &o.Args[1], &o.Args[0]
	if load1 {
		ea, reg = reg, ea
	}
	a, ok := c.address(ea, size)
	if !ok {
		return
	}
	// SRP and CRP are pairs; of these the second long is the table's address.
	index := [...]int{0, 7, 6, 1, 2, 5}[reg.Disp]
	at := a + size&^7
	if size == 8 {
		at = a + 4
	}
	switch {
	case load1 && size == 2:
		v, ok := load[uint16](c, a)
		if ok {
			c.MMU[index] = uint32(v)
		}
	case load1:
		if v, ok := load[uint32](c, at); ok {
			c.MMU[index] = v
		}
	case size == 2:
		store(c, a, uint16(c.MMU[index]))
	default:
		if size == 8 && !store(c, a, uint32(0)) {
			return
		}
		store(c, at, c.MMU[index])
	}
}

// runPrivileged makes instructions of which nothing is left but the privilege:
// what is decoded is always true.
func runPrivileged(c *CPU, _ *op) {
	c.privileged()
}

func runStop(c *CPU, o *op) {
	if !c.privileged() {
		return
	}
	traced := c.M68K.SR&cpu.FlagTrace1 != 0
	c.setStatus(uint16(o.Args[0].Disp))
	if !traced {
		c.stop(cpu.Exit{Reason: cpu.Stopped, PC: c.M68K.PC})
	}
}
