package m68k

import "strconv"

// The GNU assembler's syntax is MIT's: sizes are letters of the mnemonic,
// registers have a %, and memory is an @ after what points to it.

var gnuRegisters = [16]string{"%d0", "%d1", "%d2", "%d3", "%d4", "%d5", "%d6", "%d7", "%a0", "%a1", "%a2", "%a3", "%a4", "%a5", "%fp", "%sp"}

var gnuControls = [...]string{"%fpcr", "%fpsr", "%fpiar"}

func (p *printer) gnu() {
	i, r := p.inst, &rows[p.inst.row]
	if i.Op == LINEA || i.Op == LINEF {
		p.add(".short 0x")
		p.dst = strconv.AppendUint(p.dst, uint64(i.Word), 16)
		return
	}
	p.add(i.Op.String())
	p.add(i.conditionName())
	switch {
	case i.Size == None || r.bare:
	// The coprocessor's conditional branches have no letter for a word.
	case i.Op == FBcc && i.Size == Word:
	default:
		p.addByte(i.Size.letter())
	}
	n := i.NumArgs()
	for k := range n {
		o := &i.Args[k]
		switch {
		case k == 0:
			p.addByte(' ')
		case o.Kind != BitField && o.Kind != KFactor && o.Kind != KFactorReg:
			p.addByte(',')
		}
		p.gnuOperand(o)
	}
}

func (p *printer) gnuNumber(v int32) {
	p.dst = strconv.AppendInt(p.dst, int64(v), 10)
}

func (p *printer) gnuPlace(addr uint32) {
	if name := p.named(addr); name != "" {
		p.add(name)
		return
	}
	p.add("0x")
	p.dst = strconv.AppendUint(p.dst, uint64(addr), 16)
}

func (p *printer) gnuOperand(o *Operand) {
	switch o.Kind {
	case DataReg:
		p.add(gnuRegisters[o.Reg])
	case AddrReg:
		p.add(gnuRegisters[8+o.Reg])
	case Indirect, PostIncrement, PreDecrement:
		p.add(gnuRegisters[8+o.Reg])
		p.add([...]string{"@", "@+", "@-"}[o.Kind-Indirect])
	case Displaced:
		p.add(gnuRegisters[8+o.Reg])
		p.add("@(")
		if name := p.global(o); name != "" {
			p.add(name)
		} else {
			p.gnuNumber(o.Disp)
		}
		p.addByte(')')
	case PCDisplaced:
		p.add("%pc@(")
		p.gnuPlace(uint32(o.Disp))
		p.addByte(')')
	case Indexed, PCIndexed:
		p.gnuIndexed(o)
	case AbsoluteWord, AbsoluteLong:
		p.gnuPlace(uint32(o.Disp))
		if o.Kind == AbsoluteWord {
			p.add(":w")
		}
	case Immediate:
		p.addByte('#')
		p.gnuNumber(p.inst.signed(o))
	case WideImmediate:
		p.addByte('#')
		switch p.inst.Size {
		case Single, Double:
			p.add("0e")
			p.wide()
		default:
			p.add("0x")
			for _, v := range p.inst.Wide {
				p.dst = strconv.AppendUint(p.dst, uint64(v)|1<<32, 16)
				p.dst = append(p.dst[:len(p.dst)-9], p.dst[len(p.dst)-8:]...)
			}
		}
	case Target:
		p.gnuPlace(uint32(o.Disp))
	case RegList:
		p.list(uint16(o.Disp), "%", "d0d1d2d3d4d5d6d7a0a1a2a3a4a5fpsp", 2)
	case FloatReg:
		p.add("%fp")
		p.digit(o.Reg)
	case FloatList:
		p.list(uint16(o.Disp), "%", "fp0fp1fp2fp3fp4fp5fp6fp7", 3)
	case FloatControls:
		// Sets are written beginning with FPIAR, which is their lowest bit.
		slash := ""
		for n := range gnuControls {
			if o.Disp>>n&1 != 0 {
				p.add(slash)
				p.add(gnuControls[2-n])
				slash = "/"
			}
		}
	case ControlReg:
		name, _ := controlName(uint16(o.Disp), M68040)
		p.gnuName(name)
	case RegPair:
		p.add(gnuRegisters[o.Reg])
		p.addByte(',')
		p.add(gnuRegisters[o.Index])
	case FloatPair:
		p.add("%fp")
		p.digit(o.Reg)
		p.add(",%fp")
		p.digit(o.Index)
	case IndirectPair:
		p.gnuIndirect(o.Reg)
		p.addByte(',')
		p.gnuIndirect(o.Index)
	case BitField:
		p.bitField(o, "{", ":", "}", "%d")
	case KFactor:
		p.add("{#")
		p.gnuNumber(o.Disp)
		p.addByte('}')
	case KFactorReg:
		p.addByte('{')
		p.add(gnuRegisters[o.Reg])
		p.addByte('}')
	case Caches:
		p.add([...]string{"%nc", "%dc", "%ic", "%bc"}[o.Disp&3])
	case MMURegister:
		p.gnuName(mmuRegisters[o.Disp])
	case CCR:
		p.add("%ccr")
	case SR:
		p.add("%sr")
	case USP:
		p.add("%usp")
	}
}

// gnuIndirect writes what CAS2 points to with any register.
func (p *printer) gnuIndirect(reg uint8) {
	p.addByte('(')
	p.add(gnuRegisters[reg&15])
	p.addByte(')')
}

// gnuName writes a register whose name the table has in capitals.
func (p *printer) gnuName(name string) {
	p.addByte('%')
	for i := range len(name) {
		c := name[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		p.addByte(c)
	}
}

// gnuIndexed writes the modes that an extension word describes.
func (p *printer) gnuIndexed(o *Operand) {
	noIndex := o.Flags&NoIndex != 0
	index := func() {
		p.addByte(',')
		p.add(gnuRegisters[o.Index&15])
		p.add([2]string{":w", ":l"}[o.Flags&LongIndex>>2])
		if scale := o.Flags & ScaleMask; scale != 0 {
			p.addByte(':')
			p.digit(1 << scale)
		}
	}
	switch {
	case o.Kind == PCIndexed && o.Flags&NoBase != 0:
		p.add("%zpc@(")
		p.gnuNumber(o.Disp)
	case o.Kind == PCIndexed:
		p.add("%pc@(")
		p.gnuPlace(uint32(o.Disp))
	default:
		if o.Flags&NoBase == 0 {
			p.add(gnuRegisters[8+o.Reg])
		}
		p.add("@(")
		if name := p.global(o); name != "" && o.Flags&NoBase == 0 {
			p.add(name)
		} else {
			p.gnuNumber(o.Disp)
		}
	}
	indirect := o.Flags & (PreIndexed | PostIndexed)
	if !noIndex && indirect != PostIndexed {
		index()
	}
	if indirect != 0 {
		p.add(")@(")
		p.gnuNumber(o.Outer)
		if !noIndex && indirect == PostIndexed {
			index()
		}
	}
	p.addByte(')')
}
