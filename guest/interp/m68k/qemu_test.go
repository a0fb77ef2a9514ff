package m68k

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/guest/cpu"
	isa "github.com/crossplug/crossplug/guest/isa/m68k"
	"github.com/crossplug/crossplug/guest/memory"
)

// What testdata/harness.c has, in its layout.
const (
	scratchBase = 0x50000000
	scratchSize = 0x20000
	codeBase    = 0x51000000
	returnTo    = codeBase + 0x800
	codeBytes   = 128
)

type harnessState struct {
	Reg        [16]uint32
	CCR        uint32
	FPCR, FPSR uint32
	FP         [8][3]uint32
}

type request struct {
	State harnessState
	Seed  uint32
	Code  [codeBytes]byte
}

type reply struct {
	State  harnessState
	Sum    uint32
	Signal uint32
}

// sequence is a few instructions and what may be compared after them.
type sequence struct {
	request
	text []string
	end  uint32 // address after the last instruction
	ccr  uint32 // condition codes that are defined
	// An elementary function's results are good to some last bits only.
	loose bool
	// A register that must hold a number of modest size, or -1.
	modest int
}

// neverAlone are operations that leave the sequence, or the user's rights.
var neverAlone = map[isa.Op]bool{
	isa.LINEA: true, isa.LINEF: true, isa.ILLEGAL: true, isa.TRAP: true, isa.TRAPV: true, isa.TRAPcc: true, isa.BKPT: true, isa.RTE: true, isa.RTS: true,
	isa.RTR: true, isa.RTD: true, isa.RTM: true, isa.CALLM: true, isa.JMP: true, isa.JSR: true, isa.BSR: true, isa.STOP: true, isa.RESET: true,
	isa.MOVEC: true, isa.MOVES: true, isa.CINVL: true, isa.CINVP: true, isa.CINVA: true, isa.CPUSHL: true, isa.CPUSHP: true, isa.CPUSHA: true,
	isa.PFLUSH: true, isa.PFLUSHA: true, isa.PFLUSHN: true, isa.PFLUSHAN: true, isa.PTESTR: true, isa.PTESTW: true, isa.PMOVE: true,
	// QEMU does not know these, or has other ideas of digits above 9; the vectors
	// have the latter.
	isa.PACK: true, isa.UNPK: true, isa.ABCD: true, isa.SBCD: true, isa.NBCD: true,
	isa.FSAVE: true, isa.FRESTORE: true, isa.FTRAPcc: true, isa.CHK: true, isa.CMP2: true, isa.CHK2: true, isa.FDBcc: true, // the last three are not in all of its models, or taken for something else
}

// undefinedCodes are condition codes that the manual leaves open. An operation
// with such ends its sequence.
var undefinedCodes = map[isa.Op]uint32{
	isa.DIVU: cpu.FlagN | cpu.FlagZ, isa.DIVS: cpu.FlagN | cpu.FlagZ, isa.DIVUL: cpu.FlagN | cpu.FlagZ, isa.DIVSL: cpu.FlagN | cpu.FlagZ,
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
	return g
}

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
// notLikeQEMU gives, or that take six words to find by chance.
var notInQEMU = map[isa.Op]bool{isa.CAS2: true, isa.FSGLMUL: true, isa.FSGLDIV: true, isa.FNOP: true}

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
		if s.ccr != 0x1f || s.loose || inst.Op == isa.FMOVECR || len(code) > 60 || ownPrecisionText.MatchString(s.text[len(s.text)-1]) {
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
var unrounded = regexp.MustCompile(`^(FMOVE\.X FP|FMOVECR|FSCALE|F.*\.[LD] )`)

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

// machine is a processor with the harness's memory.
type machine struct {
	*CPU
	space *memory.Space
}

func newMachine(t testing.TB, m isa.Model) *machine {
	t.Helper()
	s, err := memory.New(codeBase + 0x10000)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []memory.Region{{Name: "scratch", Base: scratchBase, Size: scratchSize, Perm: memory.RW}, {Name: "code", Base: codeBase, Size: 0x1000, Perm: memory.RWX}} {
		if err := s.Map(r); err != nil {
			t.Fatal(err)
		}
	}
	c := New(s, cpu.NewControl(nil, cpu.Range{}), m)
	c.mask = 0xffffffff // the harness's memory is beyond what a 68000 reaches
	c.SR = 0
	t.Cleanup(func() {
		c.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &machine{c, s}
}

// run does what the harness does.
func (m *machine) run(t testing.TB, q request) (reply, cpu.Exit) {
	scratch, err := m.space.View(scratchBase, scratchSize, memory.RW)
	if err != nil {
		t.Fatal(err)
	}
	x := q.Seed
	for i := 0; i < scratchSize; i += 4 {
		x = x*1664525 + 1013904223
		binary.BigEndian.PutUint32(scratch[i:], x)
	}
	if err := m.space.Store(codeBase, q.Code[:]); err != nil {
		t.Fatal(err)
	}
	copy(m.D[:], q.State.Reg[:8])
	copy(m.A[:], q.State.Reg[8:])
	m.SR, m.FPCR, m.FPSR = uint16(q.State.CCR), q.State.FPCR, q.State.FPSR
	for i, f := range q.State.FP {
		m.FP[i] = cpu.Extended{High: uint16(f[0] >> 16), Mantissa: uint64(f[1])<<32 | uint64(f[2])}
	}
	m.SetPC(codeBase)
	m.control.Fuel = 10_000
	exit := m.Run(returnTo)
	var r reply
	copy(r.State.Reg[:], m.D[:])
	copy(r.State.Reg[8:], m.A[:])
	r.State.CCR, r.State.FPCR, r.State.FPSR = uint32(m.SR&0x1f), m.FPCR, m.FPSR
	for i, f := range m.FP {
		r.State.FP[i] = [3]uint32{uint32(f.High) << 16, uint32(f.Mantissa >> 32), uint32(f.Mantissa)}
	}
	for i := 0; i < scratchSize; i += 4 {
		r.Sum = (r.Sum<<5 | r.Sum>>27) ^ binary.BigEndian.Uint32(scratch[i:])
	}
	if exit.Reason != cpu.Returned {
		r.Signal = 1
	}
	return r, exit
}

// changedCode says whether the code has changed itself.
func (m *machine) changedCode(t testing.TB, q *request) bool {
	code, err := m.space.View(codeBase, codeBytes, memory.Read)
	if err != nil {
		t.Fatal(err)
	}
	return !bytes.Equal(code, q.Code[:])
}

// harnessMemory says whether an access failed here that may succeed in the
// harness, which has memory of its own.
func harnessMemory(err error) bool {
	var f *memory.Fault
	return errors.As(err, &f) && (f.Addr>>28 == 4 || f.Addr>>28 == 8)
}

// difference compares ours with theirs.
func (s *sequence) difference(ours, theirs reply) string {
	if ours.Signal != 0 || theirs.Signal != 0 {
		if (ours.Signal != 0) != (theirs.Signal != 0) {
			return fmt.Sprintf("signal %d, want %d", ours.Signal, theirs.Signal)
		}
		return ""
	}
	var diff []string
	for i := range 16 {
		if a, b := ours.State.Reg[i], theirs.State.Reg[i]; a != b {
			diff = append(diff, fmt.Sprintf("%c%d is %#x, want %#x", "DA"[i/8], i%8, a, b))
		}
	}
	if a, b := ours.State.CCR&s.ccr, theirs.State.CCR&s.ccr; a != b {
		diff = append(diff, fmt.Sprintf("CCR is %#x, want %#x", a, b))
	}
	for i := range 8 {
		b := theirs.State.FP[i]
		if b[0]&0x7fff0000 == 0 && b[1]|b[2] != 0 || b != ours.State.FP[i] && s.tooSmall(b) {
			return strings.Join(diff, "; ") // nor is anything that came of it the same
		}
	}
	codes := s.floatCodes(ours, theirs)
	if a, b := ours.State.FPSR&codes, theirs.State.FPSR&codes; a != b {
		diff = append(diff, fmt.Sprintf("FPSR is %#x, want %#x", a, b))
	}
	for i := range 8 {
		a, b := ours.State.FP[i], theirs.State.FP[i]
		if a == b || s.loose && s.near(a, b) || isNaN(a) && isNaN(b) {
			continue
		}
		diff = append(diff, fmt.Sprintf("FP%d is %08x, want %08x", i, a, b))
	}
	if ours.Sum != theirs.Sum {
		diff = append(diff, "memory differs")
	}
	return strings.Join(diff, "; ")
}

// near says whether two results of elementary functions differ by a few last
// bits of the precision at most.
func (s *sequence) near(a, b [3]uint32) bool {
	x, y := uint64(a[1])<<32|uint64(a[2]), uint64(b[1])<<32|uint64(b[2])
	few := uint64(1) << 20
	if s.State.FPCR>>6&3 == 1 {
		few = 1 << 41
	}
	if a[0] != b[0] { // to both sides of a power of two
		if x < y {
			x, y = y, x
		}
		return a[0]-b[0]+1<<16 <= 2<<16 && x+few < few && y < 1<<63+few
	}
	return x-y+few <= 2*few
}

var ownPrecisionText = regexp.MustCompile(`^F[SD](MOVE|SQRT|ABS|NEG|ADD|SUB|MUL|DIV)\.`)

// tooSmall says whether a result has an exponent that its precision has not:
// QEMU rounds the mantissa only, while the manual speaks of numbers "in the
// selected rounding precision".
func (s *sequence) tooSmall(r [3]uint32) bool {
	limit := 0
	switch s.State.FPCR >> 6 & 3 {
	case 1:
		limit = 126
	case 2:
		limit = 1022
	}
	for _, t := range s.text {
		if ownPrecisionText.MatchString(t) {
			limit = 126
		}
	}
	exp := int(r[0]>>16&0x7fff) - 16383
	if exp == -16383 {
		return true // QEMU has the denormal numbers of another processor
	}
	return limit != 0 && (exp < -limit || exp > limit+1)
}

func isNaN(r [3]uint32) bool { return r[0]>>16&0x7fff == 0x7fff && r[1]<<1|r[2] != 0 }

// floatCodes says which of the coprocessor's condition codes must agree. QEMU
// sets none for FMOVECR but some for FMOVE to memory, and N for nothing that FCMP finds equal or unordered, and
// keeps other NaNs and exponents.
func (s *sequence) floatCodes(ours, theirs reply) uint32 {
	codes := uint32(0x0f000000)
	for _, t := range s.text {
		switch {
		case strings.HasPrefix(t, "FMOVECR"), strings.HasPrefix(t, "FMOVE.") && !strings.Contains(t, ",FP"):
			return 0
		case strings.HasPrefix(t, "FCMP"), strings.HasPrefix(t, "FNEG"), strings.HasPrefix(t, "FABS"):
			codes &^= floatN
		}
	}
	for i := range 8 {
		if a, b := ours.State.FP[i], theirs.State.FP[i]; a != b && isNaN(b) {
			return 0
		}
	}
	return codes
}

// buildHarness compiles the harness.
func buildHarness(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"m68k-linux-gnu-gcc", "qemu-m68k-static"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("no %s (scripts/need oracles run installs it)", name)
		}
	}
	name := filepath.Join(t.TempDir(), "harness")
	cc := exec.Command("m68k-linux-gnu-gcc", "-static", "-O1", "-m68040", "-o", name, "testdata/harness.c")
	if out, err := cc.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return name
}

// TestQEMU executes random sequences here and in QEMU. CROSSPLUG_SEQUENCES says
// how many.
func TestQEMU(t *testing.T) {
	name := buildHarness(t)
	total := 2000
	if n, err := strconv.Atoi(os.Getenv("CROSSPLUG_SEQUENCES")); err == nil {
		total = n
	}
	seed := uint64(1)
	if n, err := strconv.ParseUint(os.Getenv("CROSSPLUG_SEED"), 10, 64); err == nil {
		seed = n
	}
	for _, tt := range []struct {
		model isa.Model
		cpu   string
	}{{isa.M68020, "m68020"}, {isa.M68040, "m68040"}} {
		t.Run(tt.cpu, func(t *testing.T) {
			g := newGenerator(seed, tt.model)
			if missing := g.missing(); len(missing) > 0 && tt.model == isa.M68040 {
				t.Errorf("operations that are never tried: %v", missing)
			}
			m := newMachine(t, tt.model)
			sequences := make([]sequence, total)
			for i := range sequences {
				sequences[i] = g.sequence()
			}
			differ, faults, crashes := 0, 0, 0
			for next := 0; next < total; {
				spoilt := false
				n := inQEMU(t, name, tt.cpu, sequences[next:], func(s *sequence, theirs reply) bool {
					ours, exit := m.run(t, s.request)
					faults += int(min(theirs.Signal, 1))
					if spoilt = harnessMemory(exit.Err); spoilt {
						return false // who knows what it has written
					}
					if m.changedCode(t, &s.request) {
						return true // QEMU goes on with what it has translated
					}
					if diff := s.difference(ours, theirs); diff != "" {
						if differ++; differ <= 30 {
							t.Errorf("%s: %s (%v; FPCR %#x, FP %08x, D %x)", strings.Join(s.text, "; "), diff, exit.Err, s.State.FPCR, s.State.FP, s.State.Reg[:8])
						}
					}
					return true
				})
				if next += n; next < total && !spoilt {
					crashes++
					t.Logf("QEMU crashes at %s", strings.Join(sequences[next].text, "; "))
					next++
				}
			}
			if crashes > 1+total/1000 {
				t.Errorf("QEMU crashed %d times", crashes)
			}
			if faults > total*3/4 {
				t.Errorf("%d of %d sequences fault", faults, total)
			}
			t.Logf("%d sequences, %d fault in both, %d differ", total, faults, differ)
		})
	}
}

// inQEMU has the harness execute sequences, and calls f with what each did, until
// that says to stop. It returns how many it was, which is fewer if QEMU crashed: it
// divides the smallest number by -1 on the host.
func inQEMU(t *testing.T, harness, model string, sequences []sequence, f func(s *sequence, theirs reply) bool) int {
	q := exec.Command("qemu-m68k-static", "-cpu", model, harness)
	in, err := q.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := q.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		w := bufio.NewWriter(in)
		for i := range sequences {
			if binary.Write(w, binary.BigEndian, &sequences[i].request) != nil {
				break
			}
		}
		_ = w.Flush()
		_ = in.Close()
	}()
	r := bufio.NewReader(out)
	n := 0
	for ; n < len(sequences); n++ {
		var theirs reply
		if binary.Read(r, binary.BigEndian, &theirs) != nil {
			break
		}
		if !f(&sequences[n], theirs) {
			n++
			break
		}
	}
	if n < len(sequences) {
		_ = q.Process.Kill()
	}
	_, _ = io.Copy(io.Discard, r)
	if err := q.Wait(); err != nil && n == len(sequences) {
		t.Error(err)
	}
	return n
}
