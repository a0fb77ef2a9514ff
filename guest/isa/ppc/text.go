package ppc

import "strconv"

// Syntax is a way to write instructions.
type Syntax uint8

// The syntaxes.
const (
	// Motorola has the simplified mnemonics of the manual's appendix F, numbers
	// in hexadecimal, and hints only on branches that have one:
	// extrwi r6,r4,11,1; lwz r5,-0x48(r2); bne+ cr1,0x1010.
	Motorola Syntax = iota
	// GNU is as objdump writes for a 750: clrlwi, but rlwinm for most;
	// lwz r5,-72(r2); every conditional branch with its prediction.
	GNU
	// Raw is GNU's without simplified mnemonics: bc 5,4*cr1+eq,0x1010.
	Raw
)

// Names gives names to what operands point at. Either function may be nil, and
// returns "" for what has no name.
type Names struct {
	Address func(addr uint32) string // of a branch's target
	TOC     func(disp int32) string  // of what lies so far from r2, which holds the table of contents
}

// Text returns the instruction at address pc in a syntax.
func (i Inst) Text(pc uint32, s Syntax, n Names) string {
	return string(i.AppendText(nil, pc, s, n))
}

// AppendText appends the instruction at address pc in a syntax to dst: mnemonic,
// a blank, operands. A word that is no instruction becomes data.
func (i Inst) AppendText(dst []byte, pc uint32, s Syntax, n Names) []byte {
	p := printer{dst, i, pc, s, n}
	if i.Op == 0 || i.Op >= opCount {
		if s == Motorola {
			p.add("dc.l 0x")
		} else {
			p.add(".long 0x")
		}
		p.hex(i.Word)
		return p.dst
	}
	if s == Raw || !p.simplified() {
		p.plain()
	}
	return p.dst
}

// printer is a line half written.
type printer struct {
	dst    []byte
	inst   Inst
	pc     uint32
	syntax Syntax
	names  Names
}

func (p *printer) add(s string)     { p.dst = append(p.dst, s...) }
func (p *printer) decimal(v uint32) { p.dst = strconv.AppendUint(p.dst, uint64(v), 10) }
func (p *printer) hex(v uint32)     { p.dst = strconv.AppendUint(p.dst, uint64(v), 16) }

// comma separates operands, and the first of them from the mnemonic.
func (p *printer) comma(first *bool) {
	if *first {
		p.add(" ")
	} else {
		p.add(",")
	}
	*first = false
}

// number writes an immediate.
func (p *printer) number(v int32) {
	if p.syntax != Motorola || v > -10 && v < 10 {
		p.dst = strconv.AppendInt(p.dst, int64(v), 10)
		return
	}
	u := uint32(v)
	if v < 0 {
		p.add("-")
		u = -u
	}
	p.add("0x")
	p.hex(u)
}

// suffix writes what the word adds to the mnemonic.
func (p *printer) suffix() {
	if p.inst.OE() {
		p.add("o")
	}
	if p.inst.LK() {
		p.add("l")
	}
	if p.inst.AA() {
		p.add("a")
	}
	if p.inst.Transient() {
		p.add("t")
	}
	p.dot()
}

func (p *printer) dot() {
	if p.inst.Rc() {
		p.add(".")
	}
}

// plain writes the instruction as the table has it.
func (p *printer) plain() {
	if p.inst.Op == DSS && p.inst.Transient() {
		p.add("dssall")
		return
	}
	p.add(opNames[p.inst.Op])
	p.suffix()
	first := true
	for _, a := range rows[p.inst.Op].args {
		if a == argNone {
			break
		}
		p.comma(&first)
		p.operand(a)
	}
}

// operands writes some operands after a simplified mnemonic.
func (p *printer) operands(args ...argKind) {
	first := true
	for _, a := range args {
		p.comma(&first)
		p.operand(a)
	}
}

func (p *printer) operand(a argKind) {
	i := p.inst
	switch a {
	case argD:
		p.reg("r", i.D())
	case argA:
		p.reg("r", i.A())
	case argA0:
		if i.A() == 0 {
			p.add("0")
		} else {
			p.reg("r", i.A())
		}
	case argB:
		p.reg("r", i.B())
	case argFD:
		p.reg("f", i.D())
	case argFA:
		p.reg("f", i.A())
	case argFB:
		p.reg("f", i.B())
	case argFC:
		p.reg("f", i.C())
	case argVD:
		p.reg("v", i.D())
	case argVA:
		p.reg("v", i.A())
	case argVB:
		p.reg("v", i.B())
	case argVC:
		p.reg("v", i.C())
	case argMemory:
		p.memory()
	case argSimm:
		if name := p.global(); name != "" && i.Op == ADDI {
			p.add(name)
		} else {
			p.number(i.SIMM())
		}
	case argHigh:
		p.number(i.SIMM())
	case argUimm:
		p.number(int32(i.UIMM()))
	case argCRD:
		if i.Op == MTFSFI && p.syntax != Motorola {
			p.decimal(i.CRFD()) // a field of FPSCR
			return
		}
		p.reg("cr", i.CRFD())
	case argCRS:
		p.reg("cr", i.CRFS())
	case argBitD:
		p.bit(i.D())
	case argBitA, argBitI:
		p.bit(i.A())
	case argBitB:
		p.bit(i.B())
	case argBD, argLI:
		p.target()
	case argNumA:
		p.decimal(i.A())
	case argNumB:
		p.decimal(i.B())
	case argNumC:
		p.decimal(i.C())
	case argNumD:
		p.decimal(i.D())
	case argME:
		p.decimal(i.ME())
	case argBytes:
		p.decimal((i.B()+31)&31 + 1) // 0 means 32
	case argL:
		p.decimal(i.D() & 1)
	case argCRM:
		p.mask(i.CRM())
	case argFM:
		p.mask(i.FM())
	case argImm:
		p.decimal(i.IMM())
	case argSR:
		p.decimal(i.SR())
	case argSPR:
		p.decimal(i.SPR())
	case argVSimm:
		p.number(int32(i.Word<<11) >> 27)
	case argSHB:
		p.decimal(i.C() & 15)
	case argStream:
		p.decimal(i.D() & 3)
	}
}

func (p *printer) reg(kind string, n uint32) {
	p.add(kind)
	p.decimal(n)
}

func (p *printer) mask(m uint32) {
	if p.syntax == Motorola {
		p.add("0x")
		p.hex(m)
	} else {
		p.decimal(m)
	}
}

// bit writes a bit of CR: 4*cr1+eq.
func (p *printer) bit(n uint32) {
	if n > 3 {
		p.add("4*cr")
		p.decimal(n >> 2)
		p.add("+")
	}
	p.add([...]string{"lt", "gt", "eq", "so"}[n&3])
}

func (p *printer) memory() {
	if name := p.global(); name != "" {
		p.add(name)
	} else {
		p.number(p.inst.SIMM())
	}
	p.add("(")
	p.operand(argA0)
	p.add(")")
}

// global returns the name of what lies a displacement from r2.
func (p *printer) global() string {
	if p.names.TOC == nil || p.inst.A() != 2 {
		return ""
	}
	return p.names.TOC(p.inst.SIMM())
}

func (p *printer) target() {
	addr, _ := p.inst.Target(p.pc)
	if p.names.Address != nil {
		if name := p.names.Address(addr); name != "" {
			p.add(name)
			return
		}
	}
	p.add("0x")
	p.hex(addr)
}
