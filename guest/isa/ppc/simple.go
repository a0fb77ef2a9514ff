package ppc

// The simplified mnemonics of the manual's appendix F. Assemblers accept more of
// them than disassemblers write: GNU's keeps the general form of most rotates.

// simplified writes the instruction with a simplified mnemonic. It returns false,
// with nothing written, if there is none.
func (p *printer) simplified() bool {
	i := p.inst
	switch i.Op {
	case ADDI, ADDIS:
		if i.A() != 0 {
			return false
		}
		p.add(map[Op]string{ADDI: "li", ADDIS: "lis"}[i.Op])
		p.operands(argD, argSimm)
	case ORI, XORI:
		if i.Word&0x03ffffff != 0 {
			return false
		}
		p.add(map[Op]string{ORI: "nop", XORI: "xnop"}[i.Op])
	case OR, NOR:
		if i.D() != i.B() {
			return false
		}
		p.add(map[Op]string{OR: "mr", NOR: "not"}[i.Op])
		p.dot()
		p.operands(argA, argD)
	case VOR, VNOR:
		if i.A() != i.B() {
			return false
		}
		p.add(map[Op]string{VOR: "vmr", VNOR: "vnot"}[i.Op])
		p.operands(argVD, argVA)
	case CMP, CMPI, CMPL, CMPLI:
		return p.compare()
	case TW, TWI:
		return p.trap()
	case RLWINM, RLWIMI, RLWNM:
		return p.rotate()
	case B, SC:
		return false
	case BC, BCLR, BCCTR:
		return p.branch()
	case CRXOR, CREQV:
		if i.D() != i.A() || i.A() != i.B() {
			return false
		}
		p.add(map[Op]string{CRXOR: "crclr", CREQV: "crset"}[i.Op])
		p.operands(argBitD)
	case CROR, CRNOR:
		if i.A() != i.B() {
			return false
		}
		p.add(map[Op]string{CROR: "crmove", CRNOR: "crnot"}[i.Op])
		p.operands(argBitD, argBitA)
	case MTCRF:
		if i.CRM() != 0xff {
			return false
		}
		p.add("mtcr")
		p.operands(argD)
	case MFSPR, MTSPR, MFTB:
		return p.register()
	default:
		return false
	}
	return true
}

// compare leaves out the length, which is a word's, and condition field 0.
func (p *printer) compare() bool {
	i := p.inst
	if i.D()&1 != 0 {
		return false
	}
	p.add(map[Op]string{CMP: "cmpw", CMPI: "cmpwi", CMPL: "cmplw", CMPLI: "cmplwi"}[i.Op])
	last := map[Op]argKind{CMP: argB, CMPI: argSimm, CMPL: argB, CMPLI: argUimm}[i.Op]
	if i.CRFD() == 0 {
		p.operands(argA, last)
	} else {
		p.operands(argCRD, argA, last)
	}
	return true
}

// traps are the conditions of tw and twi that have names.
var traps = map[uint32]string{
	1: "lgt", 2: "llt", 4: "eq", 5: "lge", 6: "lle", 8: "gt", 12: "ge", 16: "lt", 20: "le", 24: "ne", 31: "u",
}

func (p *printer) trap() bool {
	i := p.inst
	condition := traps[i.D()]
	switch {
	case condition == "":
		return false
	case i.Word == 0x7fe00008:
		p.add("trap")
	case i.Op == TW:
		p.add("tw")
		p.add(condition)
		p.operands(argA, argB)
	default:
		p.add("tw")
		p.add(condition)
		p.add("i")
		p.operands(argA, argSimm)
	}
	return true
}

// register names the special-purpose register in the mnemonic.
func (p *printer) register() bool {
	i := p.inst
	spr := i.SPR()
	name := RegisterName(spr)
	switch {
	case i.Op == MFTB && spr == 268:
		name = "tb"
	case i.Op == MFTB && spr == 269:
		name = "tbu"
	case name == "", i.Op == MFTB:
		return false
	}
	if i.Op == MTSPR {
		p.add("mt")
	} else {
		p.add("mf")
	}
	p.add(name)
	p.operands(argD)
	return true
}

// rotate names what a rotation with a mask is used for.
func (p *printer) rotate() bool {
	i := p.inst
	sh, mb, me := i.B(), i.C(), i.ME()
	name, args := "", [2]uint32{}
	n := 1
	switch {
	case i.Op == RLWNM:
		if mb != 0 || me != 31 {
			return false
		}
		p.add("rotlw")
		p.dot()
		p.operands(argA, argD, argB)
		return true
	case i.Op == RLWIMI:
		switch {
		case p.syntax == GNU, mb > me, mb == 0 && me == 31:
			return false
		case sh == (32-mb)&31: // from the left
			name, args, n = "inslwi", [2]uint32{me - mb + 1, mb}, 2
		case sh == 31-me:
			name, args, n = "insrwi", [2]uint32{me - mb + 1, mb}, 2
		default:
			return false
		}
	case mb == 0 && me == 31:
		name, args[0] = "rotlwi", sh
		if p.syntax == Motorola && sh >= 16 {
			name, args[0] = "rotrwi", 32-sh
		}
	case sh == 0 && me == 31:
		name, args[0] = "clrlwi", mb
	case mb == 0 && sh == 31-me && sh != 0:
		name, args[0] = "slwi", sh
	case me == 31 && sh == 32-mb:
		name, args[0] = "srwi", mb
	case sh == 0 && mb == 0:
		name, args[0] = "clrrwi", 31-me
	case p.syntax == GNU:
		return false
	case mb == 0:
		name, args, n = "extlwi", [2]uint32{me + 1, sh}, 2
	case me == 31 && sh >= 32-mb:
		name, args, n = "extrwi", [2]uint32{32 - mb, sh + mb - 32}, 2
	case sh == 31-me && mb <= me && sh != 0:
		name, args, n = "clrlslwi", [2]uint32{mb + sh, sh}, 2
	default:
		return false
	}
	p.add(name)
	p.dot()
	p.operands(argA, argD)
	for _, v := range args[:n] {
		p.add(",")
		p.decimal(v)
	}
	return true
}

// branch names the condition, if BO is one of those that have a meaning.
func (p *printer) branch() bool {
	i := p.inst
	bo := i.D()
	takesField := false
	stem := ""
	switch bo &^ 1 {
	case 0, 2: // decrement CTR, if the bit is clear
		stem = [...]string{"bdnzf", "bdzf"}[bo>>1]
	case 8, 10:
		stem = [...]string{"bdnzt", "bdzt"}[bo>>1&1]
	case 4:
		stem, takesField = [...]string{"bge", "ble", "bne", "bns"}[i.A()&3], true
	case 12:
		stem, takesField = [...]string{"blt", "bgt", "beq", "bso"}[i.A()&3], true
	case 16, 18:
		if i.A() != 0 {
			return false
		}
		stem = [...]string{"bdnz", "bdz"}[bo>>1&1]
	case 20:
		if i.Op == BC || bo != 20 || i.A() != 0 {
			return false
		}
		stem = "b"
	default:
		return false
	}
	if i.Op == BCCTR && bo&4 == 0 {
		return false // it would decrement what it jumps to
	}
	p.add(stem)
	switch i.Op {
	case BCLR:
		p.add("lr")
	case BCCTR:
		p.add("ctr")
	}
	p.suffix()
	p.hint()
	first := true
	switch {
	case takesField && i.A() > 3:
		p.comma(&first)
		p.reg("cr", i.A()>>2)
	case bo < 16 && !takesField:
		p.comma(&first)
		p.bit(i.A())
	}
	if i.Op == BC {
		p.comma(&first)
		p.target()
	}
	return true
}

// hint writes what a branch predicts: the lowest bit of BO turns the rule about
// that backward branches are taken and all others not.
func (p *printer) hint() {
	i := p.inst
	turned := i.D()&1 != 0
	if i.D()&20 == 20 || p.syntax == Motorola && !turned {
		return
	}
	backward := i.Op == BC && i.Word&0x8000 != 0
	if backward != turned {
		p.add("+")
	} else {
		p.add("-")
	}
}
