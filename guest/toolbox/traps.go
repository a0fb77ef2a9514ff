package toolbox

import (
	"encoding/binary"
	"fmt"
	"sync"

	"github.com/crossplug/crossplug/guest/cpu"
	isa "github.com/crossplug/crossplug/guest/isa/m68k"
	"github.com/crossplug/crossplug/guest/memory"
)

// 68K code calls the system by instructions that begin with the bits 1010. The
// dispatcher looks up the address of a trap's routine in one of two tables in low
// memory, which programs may change:
//
//	1010 1ann nnnn nnnn   Toolbox, 1024 entries. Parameters are on the stack. If
//	                      a is set, the routine returns to its caller's caller,
//	                      whose address is on the stack
//	1010 0ffk nnnn nnnn   OS, 256 entries. Parameters are in registers, and the
//	                      trap's word in D1, since f means things to some. A1, A2,
//	                      D1, D2, and A0 unless k is set, are kept for the caller
//
// The addresses that are there at first are those of stubs, which jump to gates:
// whoever knows the address can call the routine. All traps without a routine have
// one stub, that of _Unimplemented, which is how programs know.
//
// ("Inside Macintosh: Operating System Utilities", chapter 8, "Trap Manager".)

const (
	trapGates     = 1024 + 256 + 2
	stubSize      = 8
	mixedMode     = 0x2fe // numbers of traps
	mixedDispatch = 0x259
	codeFragments = 0x25a
	unimplemented = 0x09f
	gateKeepingA0 = 1024 + 256
	gateChangedA0 = gateKeepingA0 + 1
)

// routines finds what is behind a trap: for each of the 2^12 possible words, the
// place in trapped of the first entry, or -1.
var routines = sync.OnceValue(func() *[1 << 12]int16 {
	var all [1 << 12]int16
	exact := map[uint16]int{}
	for i := len(trapped) - 1; i >= 0; i-- {
		exact[trapped[i].word&0xfff] = i
	}
	for w := range all {
		all[w] = -1
		// A flag that no routine is named for means nothing to the one that there
		// is: that a call of the File Manager may be asynchronous, for example.
		for _, without := range []uint16{0, 0x400, 0x200, 0x600, 0x100, 0x500, 0x300, 0x700} {
			if w&0x800 != 0 {
				without &= 0x400
			}
			for _, candidate := range []uint16{uint16(w) &^ without, uint16(w)&^without | without&0x100&^uint16(w)} {
				if i, ok := exact[candidate]; ok && all[w] < 0 {
					all[w] = int16(i)
				}
			}
		}
	}
	// An OS trap's number without flags is whichever routine has it.
	for i := len(trapped) - 1; i >= 0; i-- {
		if w := trapped[i].word & 0xfff; w&0x800 == 0 && all[w&0xff] < 0 {
			all[w&0xff] = int16(i)
		}
	}
	return &all
})

// mapSystem makes the stubs, and room for the vectors of imports.
func (t *Toolbox) mapSystem() error {
	const size = trapGates*stubSize + mostImports*8
	var err error
	if t.system, err = t.space.Allocate("Mac OS", size, memory.PageSize, memory.RX); err != nil {
		return err
	}
	image := make([]byte, trapGates*stubSize)
	for i := range trapGates {
		binary.BigEndian.PutUint16(image[stubSize*i:], 0x4ef9) // JMP gate
		binary.BigEndian.PutUint32(image[stubSize*i+2:], t.gate(i))
	}
	return t.space.Poke(t.system, image)
}

func (t *Toolbox) gate(i int) uint32 { return t.control.HostGate(t.firstGate + i) }

func (t *Toolbox) stub(i uint32) uint32 { return t.system + stubSize*i }

// number is that of a trap's gate and stub.
func number(tool bool, n uint32) uint32 {
	if tool {
		return n & 0x3ff
	}
	return 1024 + n&0xff
}

// initialEntry is what the tables say of a trap at first.
func (t *Toolbox) initialEntry(tool bool, n uint32) uint32 {
	w := n
	if tool {
		w |= 0x800
	}
	there := routines()[w] >= 0
	if tool && (n == mixedMode || n == mixedDispatch || n == codeFragments) {
		there = t.processors.PPC != nil
	}
	if !there {
		return t.stub(unimplemented)
	}
	return t.stub(number(tool, n))
}

// Handle answers calls of the system by either processor. A machine's Host calls
// it first.
func (t *Toolbox) Handle(e cpu.Engine, ev cpu.Event) (handled bool, err error) {
	if handled, err = t.handle(e, ev); err != nil {
		err = t.landed(e, err)
	}
	return handled, err
}

func (t *Toolbox) handle(e cpu.Engine, ev cpu.Event) (handled bool, err error) {
	depth := t.control.Depth()
	defer func() {
		if value := recover(); value != nil {
			err = t.mistaken(depth, value)
		}
	}()
	switch ev.Kind {
	case cpu.LineA:
		if ev.Code&0xfff == 0x800|mixedMode {
			return false, nil // a routine descriptor's
		}
		t.running = e
		return true, t.trap(uint16(ev.Code), ev.PC)
	case cpu.Gate:
		n := int64(ev.Code) - int64(t.gate(0))
		if n < 0 || n >= Gates*cpu.GateSize || n%cpu.GateSize != 0 {
			return false, nil
		}
		t.running = e
		i := int(n / cpu.GateSize)
		switch {
		case e == t.processors.PPC && t.processors.PPC != nil:
			if i >= trapGates && i-trapGates < len(t.imports) {
				return true, t.imported(i - trapGates)
			}
			return true, fmt.Errorf("PowerPC code called 0x%08x, a routine of the 68K's system", ev.Code)
		case i < trapGates:
			return true, t.jumped(i)
		case i-trapGates < len(t.imports):
			return true, t.importedBy68K(i - trapGates)
		}
	}
	return false, nil
}

// trap is the dispatcher.
func (t *Toolbox) trap(w uint16, pc uint32) error {
	r := t.processors.M68KRegisters
	if w&0x800 == 0 {
		return t.osTrap(w, pc)
	}
	n := uint32(w & 0x3ff)
	entry := t.u32(toolTraps + 4*n)
	if entry == t.stub(n) && n != unimplemented {
		sp, back := r.A[7], pc+2
		if w&0x400 != 0 {
			back = t.u32(sp)
			sp += 4
		}
		return t.toolbox(n, sp, back, pc)
	}
	if entry == t.stub(unimplemented) {
		return t.missing(w, pc)
	}
	if w&0x400 == 0 {
		t.push(pc + 2)
	}
	if err := t.Err(); err != nil {
		return err
	}
	t.processors.M68K.SetPC(entry)
	return nil
}

// push pushes a word on the 68K's stack.
func (t *Toolbox) push(v uint32) {
	r := t.processors.M68KRegisters
	r.A[7] -= 4
	t.put32(r.A[7], v)
}

func (t *Toolbox) pop() uint32 {
	r := t.processors.M68KRegisters
	v := t.u32(r.A[7])
	r.A[7] += 4
	return v
}

// missing is the error of a trap without a routine.
func (t *Toolbox) missing(w uint16, pc uint32) error {
	name := isa.TrapName(w)
	if name == "" {
		name = "which no system had"
	}
	return fmt.Errorf("trap 0x%04x, %s, called at %s: %w", w, name, t.Where(pc), ErrNotImplemented)
}

// choose picks the routine of a trap that has several, and takes the selector off
// the stack.
func (t *Toolbox) choose(w uint16, sp *uint32, pc uint32) (*call, error) {
	t.word = w
	first := int(routines()[w&0xfff])
	if first < 0 {
		return nil, t.missing(w, pc)
	}
	e := &trapped[first]
	if e.place == noSelector {
		return &calls[e.call], nil
	}
	selector := t.processors.M68KRegisters.D[0] & 0xffff
	if e.place == onStack {
		selector = uint32(t.u16(*sp))
		*sp += 2
	}
	for i := first; i < len(trapped) && trapped[i].word == e.word; i++ {
		if trapped[i].selector&0xffff == selector {
			return &calls[trapped[i].call], nil
		}
	}
	return nil, fmt.Errorf("selector %d of %w", selector, t.missing(w, pc))
}

// toolbox calls a routine of the Toolbox whose parameters are at sp.
func (t *Toolbox) toolbox(n, sp, back, pc uint32) error {
	c, err := t.choose(uint16(0xa800|n), &sp, pc)
	if err == nil {
		err = t.Err()
	}
	if err != nil {
		return err
	}
	if sp, err = t.from68K(c, sp); err != nil {
		return err
	}
	t.processors.M68KRegisters.A[7] = sp
	t.processors.M68K.SetPC(back)
	return nil
}

// osTrap is the dispatcher's part for the OS.
func (t *Toolbox) osTrap(w uint16, pc uint32) error {
	r := t.processors.M68KRegisters
	n := uint32(w & 0xff)
	entry := t.u32(osTraps + 4*n)
	if entry == t.stub(unimplemented) {
		return t.missing(w, pc)
	}
	if entry == t.stub(number(false, n)) {
		if err := t.os(w, pc); err != nil {
			return err
		}
		t.test()
		t.processors.M68K.SetPC(pc + 2)
		return nil
	}
	t.push(pc + 2)
	for _, v := range []uint32{r.A[2], r.D[2], r.D[1], r.A[1], r.A[0]} {
		t.push(v)
	}
	if w&0x100 != 0 {
		t.push(t.gate(gateChangedA0))
	} else {
		t.push(t.gate(gateKeepingA0))
	}
	if err := t.Err(); err != nil {
		return err
	}
	r.D[1] = r.D[1]&^0xffff | uint32(w)
	t.processors.M68K.SetPC(entry)
	return nil
}

// test sets the condition codes by D0.W.
func (t *Toolbox) test() {
	r := t.processors.M68KRegisters
	r.SR &^= cpu.FlagN | cpu.FlagZ | cpu.FlagV | cpu.FlagC
	switch v := int16(r.D[0]); {
	case v < 0:
		r.SR |= cpu.FlagN
	case v == 0:
		r.SR |= cpu.FlagZ
	}
}

// os calls a routine of the OS.
func (t *Toolbox) os(w uint16, pc uint32) error {
	r := t.processors.M68KRegisters
	sp := r.A[7]
	c, err := t.choose(w, &sp, pc)
	if err != nil {
		return err
	}
	_, err = t.from68K(c, sp)
	return err
}

// jumped serves 68K code that got to a gate: it called a stub, whose address it
// knows from the tables, or returned from its own patch of an OS trap.
func (t *Toolbox) jumped(i int) error {
	r := t.processors.M68KRegisters
	switch {
	case i == gateKeepingA0, i == gateChangedA0:
		a0 := t.pop()
		if i == gateKeepingA0 {
			r.A[0] = a0
		}
		r.A[1], r.D[1], r.D[2], r.A[2] = t.pop(), t.pop(), t.pop(), t.pop()
		back := t.pop()
		if err := t.Err(); err != nil {
			return err
		}
		t.test()
		t.processors.M68K.SetPC(back)
		return nil
	case i == unimplemented:
		return t.missing(0xa800|unimplemented, t.pop())
	case i < 1024:
		back := t.u32(r.A[7])
		return t.toolbox(uint32(i), r.A[7]+4, back, back)
	}
	// A patch leaves the trap's word in D1.
	w := uint16(0xa000 | (i - 1024))
	if r.D[1]&0xf8ff == uint32(w) {
		w = uint16(r.D[1])
	}
	back := t.pop()
	if err := t.Err(); err != nil {
		return err
	}
	if err := t.os(w, back); err != nil {
		return err
	}
	t.test()
	t.processors.M68K.SetPC(back)
	return nil
}
