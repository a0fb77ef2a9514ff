package m68k

import (
	"slices"

	"github.com/crossplug/crossplug/guest/cpu"
	isa "github.com/crossplug/crossplug/guest/isa/m68k"
	"github.com/crossplug/crossplug/guest/memory"
)

// Instructions are decoded when they are first executed. There is one op for an
// address, which others point to once and for all: while nothing is known of the
// code there, or no longer, its function is to decode it.

// op is what is known of the code at an address.
type op struct {
	numbers
	then   *op     // what common executes after it
	taken  *op     // where it went when it last went elsewhere
	s, d   *uint32 // the operands, or what their addresses begin with
	r      *uint32 // where the result goes
	i      *uint32 // an index
	with   *op     // what it is joined with, which is nobody else's
	before *op     // where it went before that
	follow *op     // what lies after it
	// run executes the instruction, and returns what is to be executed then: nil
	// means that the program counter says where, and that there may be something
	// to attend to. Otherwise the program counter is not kept.
	run func(c *CPU, o *op) *op
	// general executes the instruction in the most general way: it finds the
	// program counter at the next instruction, and may change it.
	general func(c *CPU, o *op)
	addr    uint32
	next    uint32 // address of what lies after it
	isa.Inst
}

// codePage is the code of a page of memory.
type codePage struct {
	at      [memory.PageSize / 2]*op
	decoded int
}

const (
	tableBits = 10
	// mostOps is how many are kept, a page of them counting as well. Guest code
	// could otherwise make the host keep a hundred times what it has itself.
	mostOps  = 1 << 18
	pageCost = 128
)

// code is what is kept of code, by address.
type code struct {
	tables [1 << (32 - memory.PageBits - tableBits)]*[1 << tableBits]*codePage
	free   []op // to be used next
	count  int  // of what was made of them since all was dropped
}

// page returns a page's code, nil if there is none.
func (d *code) page(number uint32) *codePage {
	if t := d.tables[number>>tableBits]; t != nil {
		return t[number%(1<<tableBits)]
	}
	return nil
}

// makePage makes a page that there is none of.
func (d *code) makePage(number uint32) *codePage {
	t := &d.tables[number>>tableBits]
	if *t == nil {
		*t = new([1 << tableBits]*codePage)
	}
	p := new(codePage)
	(*t)[number%(1<<tableBits)] = p
	d.count += pageCost
	return p
}

// opAt returns what is to be executed at an even address.
func (c *CPU) opAt(pc uint32) *op {
	number := pc & c.mask >> memory.PageBits
	p := c.code.page(number)
	if p == nil {
		p = c.code.makePage(number)
	}
	at := &p.at[pc%memory.PageSize/2]
	if o := *at; o != nil {
		if o.addr == pc {
			return o
		}
		p.forget(o) // the same memory by another address of a 68000
	}
	if len(c.code.free) == 0 {
		c.code.free = make([]op, 32)
	}
	o := &c.code.free[0]
	c.code.free = c.code.free[1:]
	c.code.count++
	o.addr = pc
	o.run = runUndecoded
	*at = o
	return o
}

// forget lets an op of the page be decoded again.
func (p *codePage) forget(o *op) {
	if o.general != nil {
		o.run, o.general, o.numbers = runUndecoded, nil, numbers{}
		p.decoded--
	}
}

// runUndecoded decodes and executes.
func runUndecoded(c *CPU, o *op) *op {
	switch {
	case o.addr == c.until:
		c.M68K.PC = o.addr
		c.unspent = 1
		c.stop(cpu.Exit{Reason: cpu.Returned, PC: o.addr})
		return nil
	case c.control.Gates.Has(o.addr):
		c.at = o.addr
		c.event(cpu.Event{Kind: cpu.Gate, PC: o.addr, Code: o.addr}, nil)
		return nil
	}
	// It may be none of those that are kept any more.
	if o = c.opAt(o.addr); o.general == nil && !c.decode(o) {
		return nil
	}
	return o.run(c, o)
}

// decode makes an op ready; if it cannot, an exception was taken.
func (c *CPU) decode(o *op) bool {
	c.at = o.addr
	code, err := c.mem.Fetch(o.addr&c.mask, isa.MaxLen)
	if err != nil {
		c.memoryFault(err)
		return false
	}
	inst, err := isa.Decode(code, o.addr, c.model)
	if err == isa.ErrShort {
		c.memoryFault(&memory.Fault{Kind: memory.Unmapped, Access: memory.Execute, Addr: o.addr + uint32(len(code)), Size: 2})
		return false
	}
	o.Inst = inst
	o.next = o.addr + uint32(inst.Len)
	o.general = bind(c.model, &o.Inst)
	o.run = runGeneral
	o.follow, o.taken, o.before = c.opAt(o.next), nil, nil
	o.then = o.follow
	c.code.page(o.addr&c.mask>>memory.PageBits).decoded++
	c.ready(o, code[inst.Len:])
	if o.code == codeNone {
		o.quicken(c)
	}
	return true
}

// runGeneral executes an instruction in the general way.
func runGeneral(c *CPU, o *op) *op {
	c.at = o.addr
	c.M68K.PC = o.next
	o.general(c, o)
	if c.attend {
		return nil
	}
	if c.M68K.PC == o.next {
		return o.follow
	}
	return c.jump(o, c.M68K.PC)
}

// jump returns what is to be executed at an address that o leads to.
func (c *CPU) jump(o *op, pc uint32) *op {
	for _, t := range [...]*op{o.taken, o.before} {
		if t != nil && t.addr == pc {
			return t
		}
	}
	return c.jumpElsewhere(o, pc)
}

func (c *CPU) jumpElsewhere(o *op, pc uint32) *op {
	c.M68K.PC = pc
	if pc&1 != 0 {
		return nil
	}
	o.taken, o.before = c.opAt(pc), o.taken
	return o.taken
}

// written forgets what was decoded from bytes that change.
func (c *CPU) written(addr, size uint32) bool {
	addr &= c.mask
	first := uint64(max(addr, isa.MaxLen) - isa.MaxLen)
	last := min(uint64(addr)+uint64(size), memory.MaxSize)
	keeps := false
	for base := first &^ (memory.PageSize - 1); base < last; base += memory.PageSize {
		p := c.code.page(uint32(base >> memory.PageBits))
		if p == nil || p.decoded == 0 {
			continue
		}
		from := max(first, base) - base
		to := min(last-base, memory.PageSize)
		for i := from / 2; i < (to+1)/2; i++ {
			if o := p.at[i]; o != nil {
				p.forget(o)
			}
		}
		keeps = keeps || p.decoded > 0
	}
	return keeps || c.goesOnIn(addr>>memory.PageBits)
}

// goesOnIn says whether something was decoded that may end in a page, and begins in
// the one before.
func (c *CPU) goesOnIn(page uint32) bool {
	if page == 0 {
		return false
	}
	p := c.code.page(page - 1)
	return p != nil && p.decoded > 0 && slices.ContainsFunc(p.at[(memory.PageSize-isa.MaxLen)/2+1:], func(o *op) bool { return o != nil && o.general != nil })
}

// forgetAll drops all that was decoded.
func (c *CPU) forgetAll() {
	for _, t := range c.code.tables {
		if t == nil {
			continue
		}
		for _, p := range t {
			if p == nil {
				continue
			}
			for _, o := range p.at {
				if o != nil {
					p.forget(o)
				}
			}
		}
	}
	c.code = code{}
}
