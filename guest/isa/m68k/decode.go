package m68k

import (
	"encoding/binary"
	"errors"
)

// Why there is no instruction.
var (
	// ErrShort: the bytes end before the instruction does.
	ErrShort = errors.New("m68k: instruction ends early")
	// ErrUnknown: the model has no such instruction and takes an illegal
	// instruction exception. What is left of line F is no error but LINEF.
	ErrUnknown = errors.New("m68k: no such instruction")
)

// Decode reads the instruction at the beginning of code, which lies at address
// pc of a big-endian machine. The error is nil, ErrShort or ErrUnknown; with
// ErrUnknown the instruction has a length of 2 and its first word.
func Decode(code []byte, pc uint32, m Model) (Inst, error) {
	d := decoder{code: code, pc: pc, model: m}
	if len(code) < 2 {
		return d.inst, ErrShort
	}
	w := d.word()
	d.words[0] = w
	short := false
	for _, n := range candidates[starts[w>>6]:starts[w>>6+1]] {
		r := &rows[n]
		if w&r.mask[0] != r.value[0] || r.models>>m&1 == 0 ||
			r.ea != 0 && r.ea>>mode(w>>3&7, w&7)&1 == 0 || r.to != 0 && r.to>>mode(w>>6&7, w>>9&7)&1 == 0 {
			continue
		}
		if r.words > 1 && !d.extension(r) {
			short = short || d.short
			continue
		}
		if short {
			break // another row, if there were more bytes
		}
		d.inst.row = n
		if d.finish(r) {
			return d.inst, nil
		}
		if d.short {
			return Inst{Word: w}, ErrShort
		}
		// Reserved, but of line F what is left is the system's.
		d.inst = Inst{}
	}
	if short {
		return Inst{Word: w}, ErrShort
	}
	return Inst{Word: w, Len: 2}, ErrUnknown
}

// mode numbers the twelve addressing modes: Dn, An, (An), (An)+, -(An),
// (d16,An), (d8,An,Xn), (xxx).W, (xxx).L, (d16,PC), (d8,PC,Xn), #; the numbers
// after 11 are of modes that do not exist.
func mode(mode, reg uint16) uint16 {
	if mode < 7 {
		return mode
	}
	return 7 + reg
}

// decoder is what is known halfway through an instruction.
type decoder struct {
	code  []byte
	pos   int
	pc    uint32
	model Model
	short bool
	words [3]uint16
	inst  Inst
}

// word takes the next word, 0 if there is none.
func (d *decoder) word() uint16 {
	if d.pos+2 > len(d.code) {
		d.short = true
		return 0
	}
	w := binary.BigEndian.Uint16(d.code[d.pos:])
	d.pos += 2
	return w
}

func (d *decoder) long() uint32 {
	high := d.word()
	return uint32(high)<<16 | uint32(d.word())
}

// extension says whether the words after the first fit the row.
func (d *decoder) extension(r *row) bool {
	d.pos, d.short = 2, false
	for i := 1; i < int(r.words); i++ {
		w := d.word()
		if d.short || w&r.mask[i] != r.value[i] {
			return false
		}
		d.words[i] = w
	}
	return r.same == r.as || r.same.of(&d.words) == r.as.of(&d.words)
}

// formats are the sizes that the coprocessor's source format means.
var formats = [8]Size{Long, Single, Extended, Packed, Word, Double, Byte, None}

// finish fills in the instruction, and says whether it is one.
func (d *decoder) finish(r *row) bool {
	d.pos, d.short = 2*int(r.words), false
	d.inst.Op, d.inst.Size, d.inst.Word = r.op, r.size, d.words[0]
	if r.cond != 0 {
		d.inst.Cond = uint8(r.cond.of(&d.words))
	}
	if r.size == byFormat {
		d.inst.Size = formats[r.format.of(&d.words)&7]
		if d.inst.Size == None || d.words[0]>>3&7 == 0 && d.inst.Size.Bytes() > 4 {
			return false
		}
	}
	for i := range r.args {
		if r.args[i].kind == argNone {
			break
		}
		if !d.operand(r.args[i], &d.inst.Args[i], r.ea) || d.short {
			return false
		}
	}
	d.inst.Len = uint8(d.pos)
	return true
}

// operand fills in an operand, and says whether it is one.
func (d *decoder) operand(a arg, o *Operand, ea uint16) bool {
	value := a.a.of(&d.words)
	reg := uint8(value)
	switch a.kind {
	case argEA:
		return d.address(o, d.words[0]>>3&7, d.words[0]&7)
	case argTo:
		return d.address(o, d.words[0]>>6&7, d.words[0]>>9&7)
	case argD:
		*o = Operand{Kind: DataReg, Reg: reg}
	case argA:
		*o = Operand{Kind: AddrReg, Reg: reg}
	case argR:
		*o = Operand{Kind: DataReg + Kind(reg>>3), Reg: reg & 7}
	case argInd:
		*o = Operand{Kind: Indirect, Reg: reg}
	case argPost:
		*o = Operand{Kind: PostIncrement, Reg: reg}
	case argPre:
		*o = Operand{Kind: PreDecrement, Reg: reg}
	case argDisp:
		*o = Operand{Kind: Displaced, Reg: reg, Disp: int32(int16(d.word()))}
	case argFP:
		*o = Operand{Kind: FloatReg, Reg: reg}
	case argDPair:
		*o = Operand{Kind: RegPair, Reg: reg, Index: uint8(a.b.of(&d.words))}
	case argFPPair:
		*o = Operand{Kind: FloatPair, Reg: reg, Index: uint8(a.b.of(&d.words))}
	case argRPair:
		*o = Operand{Kind: IndirectPair, Reg: reg, Index: uint8(a.b.of(&d.words))}
	case argField:
		*o = Operand{Kind: Immediate, Disp: int32(value)}
	case argQuick:
		*o = Operand{Kind: Immediate, Disp: int32((value-1)&7) + 1}
	case argSigned:
		*o = Operand{Kind: Immediate, Disp: int32(int8(value))}
	case argImmB:
		*o = Operand{Kind: Immediate, Disp: int32(d.word() & 0xff)}
	case argImmW:
		*o = Operand{Kind: Immediate, Disp: int32(d.word())}
	case argImmL:
		*o = Operand{Kind: Immediate, Disp: int32(d.long())}
	case argImmS:
		d.immediate(o)
	case argBranchB:
		*o = d.target(2, int32(int8(value)))
	case argBranchW:
		pos := d.pos
		*o = d.target(pos, int32(int16(d.word())))
	case argBranchL:
		pos := d.pos
		*o = d.target(pos, int32(d.long()))
	case argAbsL:
		*o = Operand{Kind: AbsoluteLong, Disp: int32(d.long())}
	case argList:
		*o = Operand{Kind: RegList, Disp: int32(value)}
	case argListRev:
		*o = Operand{Kind: RegList, Disp: int32(reverse16(value))}
	case argFPList:
		*o = Operand{Kind: FloatList, Disp: int32(reverse16(value) >> 8)}
	case argFPListRev:
		*o = Operand{Kind: FloatList, Disp: int32(value)}
	case argFPControls:
		*o = Operand{Kind: FloatControls, Disp: int32(value)}
		return value != 0
	case argBitField:
		*o = Operand{Kind: BitField, Disp: int32(value)}
	case argKFactor:
		*o = Operand{Kind: KFactor, Disp: int32(int8(value<<1)) >> 1}
	case argKReg:
		*o = Operand{Kind: KFactorReg, Reg: reg & 7}
	case argControl:
		*o = Operand{Kind: ControlReg, Disp: int32(value)}
		_, ok := controlName(value, d.model)
		return ok
	case argCaches:
		*o = Operand{Kind: Caches, Disp: int32(value)}
	case argCCR:
		o.Kind = CCR
	case argSR:
		o.Kind = SR
	case argUSP:
		o.Kind = USP
	case argFPCR:
		*o = Operand{Kind: FloatControls, Disp: 4}
	case argFPSR:
		*o = Operand{Kind: FloatControls, Disp: 2}
	case argFPIAR:
		*o = Operand{Kind: FloatControls, Disp: 1}
	default:
		*o = Operand{Kind: MMURegister, Disp: int32(a.kind - argTC)}
	}
	return true
}

// target is a branch's, whose displacement counts from position pos.
func (d *decoder) target(pos int, disp int32) Operand {
	return Operand{Kind: Target, Disp: int32(d.pc+uint32(pos)) + disp}
}

// address fills in an effective address.
func (d *decoder) address(o *Operand, mode, reg uint16) bool {
	o.Reg = uint8(reg)
	switch mode {
	case 0, 1, 2, 3, 4:
		o.Kind = DataReg + Kind(mode)
	case 5:
		o.Kind, o.Disp = Displaced, int32(int16(d.word()))
	case 6:
		o.Kind = Indexed
		return d.indexed(o)
	default:
		o.Reg = 0
		switch reg {
		case 0:
			o.Kind, o.Disp = AbsoluteWord, int32(int16(d.word()))
		case 1:
			o.Kind, o.Disp = AbsoluteLong, int32(d.long())
		case 2:
			base := int32(d.pc) + int32(d.pos)
			o.Kind, o.Disp = PCDisplaced, base+int32(int16(d.word()))
		case 3:
			o.Kind = PCIndexed
			return d.indexed(o)
		default:
			d.immediate(o)
		}
	}
	return true
}

// immediate fills in an immediate of the operation's size; that of an
// operation without one (BTST Dn,#) is a byte.
func (d *decoder) immediate(o *Operand) {
	o.Kind = Immediate
	switch size := d.inst.Size; size {
	case None, Byte:
		o.Disp = int32(d.word() & 0xff)
	case Word:
		o.Disp = int32(d.word())
	case Long:
		o.Disp = int32(d.long())
	default:
		o.Kind = WideImmediate
		for i := range size.Bytes() / 4 {
			d.inst.Wide[i] = d.long()
		}
	}
}

// indexed fills in what a brief or full extension word says. The 68000 and
// 68010 know brief ones only and ignore the bits that they do not know.
func (d *decoder) indexed(o *Operand) bool {
	var base int32
	if o.Kind == PCIndexed {
		base = int32(d.pc) + int32(d.pos)
	}
	w := d.word()
	o.Index = uint8(w >> 12)
	o.Flags = Flags(w >> 11 & 1 << 2)
	if d.model < M68020 {
		o.Disp = base + int32(int8(w))
		return true
	}
	o.Flags |= Flags(w >> 9 & 3)
	if w&0x100 == 0 {
		o.Disp = base + int32(int8(w))
		return true
	}
	if w&0x80 != 0 {
		o.Flags |= NoBase
		base = 0
	}
	if w&0x40 != 0 {
		o.Flags |= NoIndex
	}
	switch w >> 4 & 3 {
	case 0:
		return false
	case 2:
		o.Disp = int32(int16(d.word()))
	case 3:
		o.Disp = int32(d.long())
	}
	o.Disp += base
	if w&8 != 0 || w&7 == 4 || w&0x44 == 0x44 {
		return false
	}
	switch {
	case w&7 == 0:
		return true
	case w&4 == 0:
		o.Flags |= PreIndexed
	default:
		o.Flags |= PostIndexed
	}
	switch w & 3 {
	case 2:
		o.Outer = int32(int16(d.word()))
	case 3:
		o.Outer = int32(d.long())
	}
	return true
}

func reverse16(v uint16) uint16 {
	v = v>>8 | v<<8
	v = v>>4&0x0f0f | v&0x0f0f<<4
	v = v>>2&0x3333 | v&0x3333<<2
	return v>>1&0x5555 | v&0x5555<<1
}
