package m68k

import (
	"math"
	"strconv"
	"strings"
)

// Syntax is a way to write instructions.
type Syntax uint8

// The syntaxes.
const (
	Motorola Syntax = iota // MOVE.L (4,A0),D1
	GNU                    // movel %a0@(4),%d1
)

// Names gives names to what operands point at. Either function may be nil, and
// returns "" for what has no name.
type Names struct {
	Address func(addr uint32) string // of a branch's target, or what is addressed through PC or absolutely
	Global  func(disp int32) string  // of what lies so far from A5, which holds a Mac program's globals
}

// Text returns the instruction in a syntax.
func (i *Inst) Text(s Syntax, n Names) string {
	return string(i.AppendText(nil, s, n))
}

// AppendText appends the instruction in a syntax to dst.
func (i *Inst) AppendText(dst []byte, s Syntax, n Names) []byte {
	p := printer{dst, i, n}
	switch {
	case i.Op == 0:
		p.add("?")
	case s == GNU:
		p.gnu()
	default:
		p.motorola()
	}
	return p.dst
}

// printer is a line half written.
type printer struct {
	dst   []byte
	inst  *Inst
	names Names
}

func (p *printer) add(s string)    { p.dst = append(p.dst, s...) }
func (p *printer) addByte(c byte)  { p.dst = append(p.dst, c) }
func (p *printer) digit(n uint8)   { p.dst = append(p.dst, '0'+n) }
func (p *printer) decimal(v int32) { p.dst = strconv.AppendInt(p.dst, int64(v), 10) }

// number writes what people read as a number: small ones in decimal.
func (p *printer) number(v int32) {
	if v > -10 && v < 10 {
		p.decimal(v)
		return
	}
	if v < 0 {
		p.addByte('-')
	}
	p.hex(uint64(max(int64(v), -int64(v))), 1)
}

// hex writes a number of at least so many digits in Motorola's syntax.
func (p *printer) hex(v uint64, digits int) {
	p.addByte('$')
	s := strings.ToUpper(strconv.FormatUint(v, 16))
	for range digits - len(s) {
		p.addByte('0')
	}
	p.add(s)
}

// place writes an address by its name or as a number.
func (p *printer) place(addr uint32) {
	if name := p.named(addr); name != "" {
		p.add(name)
		return
	}
	p.hex(uint64(addr), 8)
}

func (p *printer) named(addr uint32) string {
	if p.names.Address == nil {
		return ""
	}
	return p.names.Address(addr)
}

// global returns the name of what lies at a displacement from an address
// register, which must be A5.
func (p *printer) global(o *Operand) string {
	if o.Reg != 5 || p.names.Global == nil {
		return ""
	}
	return p.names.Global(o.Disp)
}

func (p *printer) motorola() {
	i, r := p.inst, &rows[p.inst.row]
	if i.Op == LINEA {
		if name := TrapName(i.Word); name != "" {
			p.addByte('_')
			p.add(name)
			return
		}
	}
	if i.Op == LINEA || i.Op == LINEF {
		p.add("DC.W ")
		p.hex(uint64(i.Word), 4)
		return
	}
	p.add(strings.ToUpper(i.Op.String() + i.conditionName()))
	if i.Size != None && !r.bare {
		p.addByte('.')
		p.addByte(i.Size.letter() - 'a' + 'A')
	}
	for n := range i.NumArgs() {
		o := &i.Args[n]
		switch {
		case n == 0:
			p.addByte(' ')
		case o.Kind != BitField && o.Kind != KFactor && o.Kind != KFactorReg:
			p.addByte(',')
		}
		p.motorolaOperand(o)
	}
}

func (p *printer) reg(letter byte, n uint8) {
	p.addByte(letter)
	p.digit(n)
}

// reg16 writes the name of one of sixteen registers.
func (p *printer) reg16(n uint8) { p.reg("DA"[n>>3&1], n&7) }

func (p *printer) motorolaOperand(o *Operand) {
	switch o.Kind {
	case DataReg, AddrReg:
		p.reg16(o.Reg + 8*uint8(o.Kind-DataReg))
	case Indirect, PostIncrement, PreDecrement:
		if o.Kind == PreDecrement {
			p.addByte('-')
		}
		p.addByte('(')
		p.reg('A', o.Reg)
		p.addByte(')')
		if o.Kind == PostIncrement {
			p.addByte('+')
		}
	case Displaced:
		p.addByte('(')
		if name := p.global(o); name != "" {
			p.add(name)
		} else {
			p.number(o.Disp)
		}
		p.addByte(',')
		p.reg('A', o.Reg)
		p.addByte(')')
	case PCDisplaced:
		p.addByte('(')
		p.place(uint32(o.Disp))
		p.add(",PC)")
	case Indexed, PCIndexed:
		p.motorolaIndexed(o)
	case AbsoluteWord:
		p.addByte('(')
		if name := p.named(uint32(o.Disp)); name != "" {
			p.add(name)
		} else {
			p.hex(uint64(uint16(o.Disp)), 4)
		}
		p.add(").W")
	case AbsoluteLong:
		p.addByte('(')
		p.place(uint32(o.Disp))
		p.add(").L")
	case Immediate:
		p.addByte('#')
		p.number(p.inst.signed(o))
	case WideImmediate:
		p.addByte('#')
		p.wide()
	case Target:
		p.place(uint32(o.Disp))
	case RegList:
		p.list(uint16(o.Disp), "", "D0D1D2D3D4D5D6D7A0A1A2A3A4A5A6A7", 2)
	case FloatReg:
		p.add("FP")
		p.digit(o.Reg)
	case FloatList:
		p.list(uint16(o.Disp), "", "FP0FP1FP2FP3FP4FP5FP6FP7", 3)
	case FloatControls:
		p.controls(o, "", "FPCR", "FPSR", "FPIAR")
	case ControlReg:
		name, _ := controlName(uint16(o.Disp), M68040)
		p.add(name)
	case RegPair:
		p.reg('D', o.Reg)
		p.addByte(':')
		p.reg('D', o.Index)
	case FloatPair:
		p.add("FP")
		p.digit(o.Reg)
		p.add(":FP")
		p.digit(o.Index)
	case IndirectPair:
		p.addByte('(')
		p.reg16(o.Reg)
		p.add("):(")
		p.reg16(o.Index)
		p.addByte(')')
	case BitField:
		p.bitField(o, "{", ":", "}", "D")
	case KFactor:
		p.add("{#")
		p.decimal(o.Disp)
		p.addByte('}')
	case KFactorReg:
		p.addByte('{')
		p.reg('D', o.Reg)
		p.addByte('}')
	case Caches:
		p.add([...]string{"NC", "DC", "IC", "BC"}[o.Disp&3])
	case MMURegister:
		p.add(mmuRegisters[o.Disp])
	case CCR:
		p.add("CCR")
	case SR:
		p.add("SR")
	case USP:
		p.add("USP")
	}
}

// signed returns an immediate as people read it: with its sign.
func (i *Inst) signed(o *Operand) int32 {
	switch {
	case i.Size == Byte:
		return int32(int8(o.Disp))
	case i.Size == Word:
		return int32(int16(o.Disp))
	}
	return o.Disp
}

// wide writes a floating point immediate.
func (p *printer) wide() {
	w := &p.inst.Wide
	switch p.inst.Size {
	case Single:
		p.float(float64(math.Float32frombits(w[0])), 32)
	case Double:
		p.float(math.Float64frombits(uint64(w[0])<<32|uint64(w[1])), 64)
	default:
		for _, v := range w {
			p.hex(uint64(v), 8)
		}
	}
}

func (p *printer) float(f float64, bits int) {
	p.dst = strconv.AppendFloat(p.dst, f, 'g', -1, bits)
}

// motorolaIndexed writes the modes that an extension word describes.
func (p *printer) motorolaIndexed(o *Operand) {
	indirect := o.Flags & (PreIndexed | PostIndexed)
	p.add([2]string{"(", "(["}[min(indirect, 1)])
	comma := false
	next := func() {
		if comma {
			p.addByte(',')
		}
		comma = true
	}
	index := func() {
		next()
		p.reg16(o.Index)
		p.add([2]string{".W", ".L"}[o.Flags&LongIndex>>2])
		if scale := o.Flags & ScaleMask; scale != 0 {
			p.addByte('*')
			p.digit(1 << scale)
		}
	}
	switch {
	case o.Kind == PCIndexed && o.Flags&NoBase == 0:
		next()
		p.place(uint32(o.Disp))
	case o.Disp != 0:
		next()
		if name := p.global(o); name != "" && o.Flags&NoBase == 0 {
			p.add(name)
		} else {
			p.number(o.Disp)
		}
	}
	switch {
	case o.Kind == PCIndexed:
		next()
		p.add([2]string{"PC", "ZPC"}[o.Flags&NoBase>>3])
	case o.Flags&NoBase == 0:
		next()
		p.reg('A', o.Reg)
	}
	if o.Flags&NoIndex == 0 && indirect != PostIndexed {
		index()
	}
	if indirect != 0 {
		if !comma {
			p.addByte('0')
		}
		p.addByte(']')
		comma = true
		if o.Flags&NoIndex == 0 && indirect == PostIndexed {
			index()
		}
		if o.Outer != 0 {
			next()
			p.number(o.Outer)
		}
	} else if !comma {
		p.addByte('0')
	}
	p.addByte(')')
}

// list writes a set of registers, whose names in names have a width: D0-D3/A1.
func (p *printer) list(set uint16, prefix, names string, width int) {
	name := func(n int) {
		p.add(prefix)
		p.add(names[n*width : (n+1)*width])
	}
	if set == 0 {
		p.add("#0")
		return
	}
	slash := false
	for n := 0; n < 16; n++ {
		if set>>n&1 == 0 {
			continue
		}
		if slash {
			p.addByte('/')
		}
		slash = true
		name(n)
		// A range does not go on from D7 to A0.
		last := n
		for last&7 != 7 && set>>(last+1)&1 != 0 {
			last++
		}
		if last > n {
			p.addByte('-')
			name(last)
		}
		n = last
	}
}

// controls writes a set of the coprocessor's control registers.
func (p *printer) controls(o *Operand, prefix string, names ...string) {
	slash := ""
	for n, name := range names {
		if o.Disp>>(2-n)&1 != 0 {
			p.add(slash)
			p.add(prefix)
			p.add(name)
			slash = "/"
		}
	}
}

// bitField writes an offset and a width, each a number or a data register.
func (p *printer) bitField(o *Operand, open, middle, end, reg string) {
	p.add(open)
	if o.Disp&0x800 != 0 {
		p.add(reg)
		p.digit(uint8(o.Disp >> 6 & 7))
	} else {
		p.decimal(o.Disp >> 6 & 31)
	}
	p.add(middle)
	if o.Disp&0x20 != 0 {
		p.add(reg)
		p.digit(uint8(o.Disp & 7))
	} else {
		p.decimal((o.Disp-1)&31 + 1)
	}
	p.add(end)
}
