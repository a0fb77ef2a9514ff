package m68k

import (
	"encoding/binary"
	"math/rand/v2"
	"regexp"

	"github.com/crossplug/crossplug/guest/cpu"
	isa "github.com/crossplug/crossplug/guest/isa/m68k"
)

// neverAlone are operations that leave the sequence, or the user's rights.
var neverAlone = map[isa.Op]bool{
	isa.LINEA: true, isa.LINEF: true, isa.ILLEGAL: true, isa.TRAP: true, isa.TRAPV: true, isa.TRAPcc: true, isa.BKPT: true, isa.RTE: true, isa.RTS: true,
	isa.RTR: true, isa.RTD: true, isa.RTM: true, isa.CALLM: true, isa.JMP: true, isa.JSR: true, isa.BSR: true, isa.STOP: true, isa.RESET: true,
	isa.MOVEC: true, isa.MOVES: true, isa.CINVL: true, isa.CINVP: true, isa.CINVA: true, isa.CPUSHL: true, isa.CPUSHP: true, isa.CPUSHA: true,
	isa.PFLUSH: true, isa.PFLUSHA: true, isa.PFLUSHN: true, isa.PFLUSHAN: true, isa.PTESTR: true, isa.PTESTW: true, isa.PMOVE: true,
	// QEMU does not know these, or has other ideas of digits above 9; the vectors
	// have the latter.
	isa.PACK: true, isa.UNPK: true, isa.ABCD: true, isa.SBCD: true, isa.NBCD: true,
	isa.FSAVE: true, isa.FRESTORE: true, isa.FTRAPcc: true, isa.CMP2: true, isa.CHK2: true, isa.FDBcc: true, // nor these
}

// undefinedCodes are condition codes that the manual leaves open. An operation
// with such ends its sequence.
var undefinedCodes = map[isa.Op]uint32{
	isa.DIVU: cpu.FlagN | cpu.FlagZ, isa.DIVS: cpu.FlagN | cpu.FlagZ, isa.DIVUL: cpu.FlagN | cpu.FlagZ, isa.DIVSL: cpu.FlagN | cpu.FlagZ,
	isa.CHK: cpu.FlagN | cpu.FlagZ | cpu.FlagV | cpu.FlagC,
}

var elementary = map[isa.Op]bool{
	isa.FSIN: true, isa.FCOS: true, isa.FTAN: true, isa.FASIN: true, isa.FACOS: true, isa.FATAN: true, isa.FSINH: true, isa.FCOSH: true, isa.FTANH: true,
	isa.FATANH: true, isa.FETOX: true, isa.FETOXM1: true, isa.FTWOTOX: true, isa.FTENTOX: true, isa.FLOGN: true, isa.FLOGNP1: true, isa.FLOG2: true,
	isa.FLOG10: true, isa.FSINCOS: true,
}

// generator makes sequences, with every operation as likely as any other.
type generator struct {
	rng   *rand.Rand
	model isa.Model
	ops   []isa.Op
	first map[isa.Op][][2]uint16 // the first two words that an operation had
}

func newGenerator(seed uint64, m isa.Model) *generator {
	g := &generator{rng: rand.New(rand.NewPCG(seed, uint64(m))), model: m, first: map[isa.Op][][2]uint16{}}
	for n := range 400_000 {
		w0, w1 := uint16(g.rng.Uint32()), uint16(g.rng.Uint32())
		switch n % 4 {
		case 0:
			w0 = 0xf200 | w0&0x3f
		case 1: // what most second words have in common is that few bits are set
			w1 &= []uint16{0xf800, 0x7c07, 0x01c7, 0x003f, 0x7000, 0x0fff, 0x003f}[g.rng.IntN(7)]
		}
		code := make([]byte, isa.MaxLen)
		binary.BigEndian.PutUint16(code, w0)
		binary.BigEndian.PutUint16(code[2:], w1)
		inst, err := isa.Decode(code, codeBase, m)
		if err != nil || neverAlone[inst.Op] || m < isa.M68020 && w0>>12 == 0xf || len(g.first[inst.Op]) > 2000 {
			continue
		}
		if g.first[inst.Op] == nil {
			g.ops = append(g.ops, inst.Op)
		}
		g.first[inst.Op] = append(g.first[inst.Op], [2]uint16{w0, w1})
	}
	if m >= isa.M68020 {
		g.ops = append(g.ops, isa.CAS2)
		for range 500 {
			g.first[isa.CAS2] = append(g.first[isa.CAS2], [2]uint16{cas2 | uint16(g.rng.IntN(2))<<9, uint16(g.rng.Uint32())})
		}
	}
	return g
}

// cas2 is the first word of CAS2.W.
const cas2 = 0x0cfc

// missing lists the operations that should be tried and are not.
func (g *generator) missing() []string {
	var ops []string
	for op := isa.Op(1); int(op) <= isa.Ops; op++ {
		if !neverAlone[op] && !notInQEMU[op] && g.first[op] == nil {
			ops = append(ops, op.String())
		}
	}
	return ops
}

// notInQEMU are operations that no sequence has, for the reasons that
// notLikeQEMU gives.
var notInQEMU = map[isa.Op]bool{isa.FSGLMUL: true, isa.FSGLDIV: true, isa.FNOP: true}

// instruction returns an instruction that can be executed at an address.
func (g *generator) instruction(pc uint32) (isa.Inst, []byte) {
	for {
		words := g.first[g.ops[g.rng.IntN(len(g.ops))]]
		w := words[g.rng.IntN(len(words))]
		code := binary.BigEndian.AppendUint16(nil, w[0])
		if g.rng.IntN(2) == 0 && w[0]>>9 != 0xf2>>1 {
			w[1] = g.extension()
		}
		code = binary.BigEndian.AppendUint16(code, w[1])
		if w[0]&^0x200 == cas2 {
			// Three words that fit each other are too rare; the pointers are
			// address registers.
			binary.BigEndian.PutUint16(code[2:], w[1]&0xf1c7|0x8000)
			code = binary.BigEndian.AppendUint16(code, uint16(g.rng.Uint32())&0xf1c7|0x8000)
		}
		for len(code) < isa.MaxLen {
			code = binary.BigEndian.AppendUint16(code, g.extension())
		}
		inst, err := isa.Decode(code, pc, g.model)
		if op := inst.Op; (op == isa.BTST || op == isa.BCHG || op == isa.BCLR || op == isa.BSET) && inst.Args[0].Kind == isa.Immediate {
			code[2] = 0 // QEMU insists
		}
		if err == nil && !neverAlone[inst.Op] && g.usable(&inst, pc) {
			return inst, code[:inst.Len]
		}
	}
}

// extension returns a word that makes sense as a displacement, an index, or the
// high half of an address.
func (g *generator) extension() uint16 {
	switch g.rng.IntN(6) {
	case 0:
		return scratchBase >> 16
	case 1:
		return uint16(g.rng.IntN(64) - 32)
	case 2:
		return uint16(g.rng.Uint32())&^0x0f | 0x120
	}
	return uint16(g.rng.Uint32())
}

// notLikeQEMU leaves out what QEMU 7.2 is known to do otherwise than the manual
// says, or the manual leaves open.
func notLikeQEMU(i *isa.Inst) bool {
	from, to := i.Args[0].Kind, i.Args[1].Kind
	float := i.Word>>9 == 0xf2>>1
	switch {
	case i.Size == isa.Packed:
		return true // no packed decimals
	case i.Op == isa.UNLK && i.Args[0].Reg == 7:
		return true // leaves the stack pointer as if it were not the register; the vectors say what it is
	case i.Op == isa.FSGLMUL || i.Op == isa.FSGLDIV:
		return true // "accuracy not guaranteed" for operands of more than 24 bits
	case i.Op == isa.CAS2 && i.Args[0].Reg == i.Args[0].Index:
		return true // keeps the second operand, not the first
	case from == isa.CCR && to != isa.DataReg:
		return true // makes C other than X now and then in what follows, where both are the same
	case i.Op == isa.FMOVE && to == isa.DataReg && i.Size < isa.Long:
		return true // changes all of the register, not only its low part
	case from == isa.FloatControls && to == isa.PreDecrement:
		return true // stores another register
	case (i.Op == isa.TAS || i.Op == isa.CAS || i.Op == isa.ADDX || i.Op == isa.SUBX || float) && (i.Size == isa.Byte) && hasStackStep(i):
		return true // moves the stack pointer by one
	case (i.Op == isa.ASL || i.Op == isa.ASR || i.Op == isa.LSL || i.Op == isa.LSR) && to == isa.NoOperand:
		return true // takes a bit of the address for the kind of shift; the vectors have these
	case float && i.Size == isa.Extended && from != isa.FloatReg && i.Op != isa.FMOVECR && (to == isa.FloatReg || to == isa.FloatPair || to == isa.FloatList || to == isa.NoOperand || i.Op == isa.FMOVEM):
		return true // does not normalize numbers that have no integer bit
	}
	return false
}

func hasStackStep(i *isa.Inst) bool {
	for _, o := range i.Args {
		if o.Reg == 7 && (o.Kind == isa.PostIncrement || o.Kind == isa.PreDecrement) {
			return true
		}
	}
	return false
}

func (g *generator) usable(i *isa.Inst, pc uint32) bool {
	if notLikeQEMU(i) {
		return false
	}
	if n := i.Args[0].Disp; i.Op == isa.FMOVECR && (n > 0x3f || n > 0 && n < 0x0b || n > 0x0f && n < 0x30) {
		return false // nobody says what these are
	}
	for n := range i.NumArgs() {
		switch o := &i.Args[n]; o.Kind {
		case isa.SR, isa.USP:
			return false
		case isa.FloatControls:
			if n > 0 || o.Disp != 4 { // would enable exceptions, or shows what QEMU does not keep
				return false
			}
		case isa.Target:
			if d := uint32(o.Disp) - pc - 2; d > 12 || d&1 != 0 {
				return false
			}
		case isa.AbsoluteWord, isa.PCIndexed: // the harness has other code beside this
			return false
		case isa.AbsoluteLong:
			if uint32(o.Disp)-scratchBase >= scratchSize-64 {
				return false
			}
		case isa.PCDisplaced:
			if uint32(o.Disp)-codeBase >= codeBytes-16 {
				return false
			}
		}
	}
	return true
}

// sequence returns one that branches to the beginning of an instruction, if it
// branches.
func (g *generator) sequence() sequence {
	for {
		s, starts, targets := g.anySequence()
		good := true
		for _, t := range targets {
			good = good && (starts[t] || t >= s.end)
		}
		if good {
			return s
		}
	}
}

func (g *generator) anySequence() (s sequence, starts map[uint32]bool, targets []uint32) {
	starts = map[uint32]bool{}
	s = sequence{ccr: 0x1f, modest: -1}
	s.Seed = g.rng.Uint32()
	code := s.Code[:0]
	for range 1 + g.rng.IntN(5) {
		inst, b := g.instruction(codeBase + uint32(len(code)))
		if from := &inst.Args[0]; elementary[inst.Op] {
			if from.Kind != isa.FloatReg || len(code) > 0 {
				continue
			}
			// QEMU loses many bits of large arguments, and has ideas of its own
			// about what is no number.
			s.modest = int(from.Reg)
		} else if inst.Op == isa.FMOVE && from.Kind == isa.FloatReg && inst.Size <= isa.Long {
			if len(code) > 0 {
				continue
			}
			s.modest = int(from.Reg) // QEMU does not saturate
		}
		starts[codeBase+uint32(len(code))] = true
		for _, o := range inst.Args {
			if o.Kind == isa.Target {
				targets = append(targets, uint32(o.Disp))
			}
		}
		code = append(code, b...)
		s.text = append(s.text, inst.Text(isa.Motorola, isa.Names{}))
		s.ccr &^= undefinedCodes[inst.Op]
		s.loose = elementary[inst.Op]
		if s.ccr != 0x1f || s.loose || inst.Op == isa.FMOVECR || inst.Op == isa.CAS2 || len(code) > 60 || ownPrecisionText.MatchString(s.text[len(s.text)-1]) {
			break
		}
	}
	s.end = codeBase + uint32(len(code))
	// Branches may go beyond the end.
	for len(code) < codeBytes-8 {
		code = append(code, 0x4e, 0x71)
	}
	code = append(code, 0x4e, 0xf9)
	binary.BigEndian.AppendUint32(code, returnTo)
	st := &s.State
	for i := range 8 {
		st.Reg[i] = g.data()
		st.Reg[8+i] = scratchBase + scratchSize/2 + g.rng.Uint32N(0x2000)&^1
		if g.rng.IntN(8) == 0 && i < 7 {
			st.Reg[8+i]++
		}
		st.FP[i] = g.float()
		if i == s.modest {
			st.FP[i][0] = st.FP[i][0]&0x80000000 | uint32(16383+g.rng.IntN(36)-30)<<16
			st.FP[i][1] |= 1 << 31
		}
	}
	st.CCR = g.rng.Uint32() & 0x1f
	st.FPCR = g.rng.Uint32() & 0x30
	if p := g.rng.Uint32N(4); p < 3 {
		st.FPCR |= p << 6
	}
	floats := 0
	for _, t := range s.text {
		if t[0] == 'F' {
			floats++
		}
		if unrounded.MatchString(t) || floats > 1 { // or goes on with a number that QEMU has and the manual has not
			st.FPCR &= 0x30
		}
	}
	st.FPSR = g.rng.Uint32() & 0x0f000000
	return s, starts, targets
}

// unrounded matches instructions that QEMU does not round, or whose operand it
// rounds too early, in less than extended precision.
var unrounded = regexp.MustCompile(`^(FMOVE\.X FP|FMOVECR|FSCALE|FINT|F.*\.[LD] )`)

// data returns something for a data register.
func (g *generator) data() uint32 {
	switch g.rng.IntN(5) {
	case 0:
		return g.rng.Uint32()
	case 1:
		return []uint32{0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x7fff, 0x8000, 0xffff, 0x80, 0xff}[g.rng.IntN(10)]
	case 2:
		return g.rng.Uint32()&0xffff0000 | g.rng.Uint32N(0x100)
	}
	return uint32(g.rng.IntN(200) - 100)
}

// float returns something for a floating point register.
func (g *generator) float() [3]uint32 {
	high := uint32(g.rng.IntN(2))<<31 | uint32(16383+g.rng.IntN(120)-60)<<16
	man := g.rng.Uint64() | 1<<63
	switch g.rng.IntN(8) {
	case 0:
		return [3]uint32{high & 0x80000000}
	case 1:
		return [3]uint32{high&0x80000000 | 0x7fff0000}
	case 2:
		return [3]uint32{high&0x80000000 | 0x7fff0000, uint32(man>>32) | 0x40000000, uint32(man)}
	case 3:
		man &= ^uint64(0) << g.rng.IntN(64)
	case 4:
		man &= ^uint64(0) << (40 + g.rng.IntN(24))
		high = high&0x80000000 | uint32(16383+g.rng.IntN(10))<<16
	case 5:
		high = high&0x80000000 | uint32(16383+g.rng.IntN(2400)-1200)<<16
	}
	return [3]uint32{high, uint32(man >> 32), uint32(man)}
}
