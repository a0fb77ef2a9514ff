package ppc

import (
	"encoding/binary"
	"math"
	"math/rand/v2"

	isa "github.com/crossplug/crossplug/guest/isa/ppc"
)

// Random sequences that go nowhere but through themselves, and reach only
// harnessWindow bytes of memory. To that end some registers have a purpose:
// r1 is the harness's; r14 to r16 point into the middle of memory, and only
// updates move them; r17 points to an aligned place near its beginning, which only
// reservations get to, as dcbz of what is reserved may end QEMU with a bus error;
// r18 and r19 are small.

// left out of sequences, and why.
var leftOut = map[isa.Op]string{
	isa.SC:      "leaves the processor",
	isa.TW:      "leaves the processor",
	isa.TWI:     "leaves the processor",
	isa.BCLR:    "goes elsewhere",
	isa.BCCTR:   "goes elsewhere",
	isa.MFTB:    "is never twice the same",
	isa.MFFS:    "shows FR, which qemu does not have; the harness looks at FPSCR at the end",
	isa.FRES:    "is an estimate, of which the manual allows many",
	isa.FRSQRTE: "is an estimate, of which the manual allows many",
	isa.ECIWX:   "is for devices",
	isa.ECOWX:   "is for devices",
}

func sequenceOps() []isa.Op {
	var ops []isa.Op
	for op := isa.Op(1); int(op) <= isa.Ops; op++ {
		if s := op.Set(); (s == isa.Base || s == isa.From603) && leftOut[op] == "" {
			ops = append(ops, op)
		}
	}
	return ops
}

func newGenerator(seed uint64) *generator {
	return &generator{rng: rand.New(rand.NewPCG(seed, 0)), ops: sequenceOps()}
}

func newBatch(seed uint64, n int) *batch {
	g := newGenerator(seed)
	rng := g.rng
	b := &batch{image: make([]byte, 0, harnessWindow)}
	for len(b.image) < harnessWindow {
		b.image = binary.BigEndian.AppendUint64(b.image, g.double())
	}
	for range n {
		ctx := g.context()
		g.code = nil
		for length := 4 + rng.IntN(20); len(g.code) < length; {
			g.emit()
		}
		b.add(ctx, g.code)
	}
	return b
}

// context returns what a sequence begins with.
func (g *generator) context() harnessContext {
	rng := g.rng
	ctx := harnessContext{CTR: g.word(), CR: rng.Uint32(), XER: rng.Uint32()&0xe0000000 | rng.Uint32N(13), FPSCR: rng.Uint32N(4)}
	if rng.IntN(4) > 0 {
		ctx.FPSCR = 0
	}
	for i := range ctx.R {
		ctx.R[i] = g.word()
		ctx.F[i] = g.double()
	}
	for r := 14; r <= 16; r++ {
		ctx.R[r] = harnessData + harnessWindow/2 + rng.Uint32N(64)
	}
	ctx.R[17] = harnessData + rng.Uint32N(64)*4
	ctx.R[18], ctx.R[19] = rng.Uint32N(128)-64, rng.Uint32N(128)-64
	return ctx
}

// add puts a sequence after the others.
func (b *batch) add(ctx harnessContext, code []uint32) {
	ctx.LR = harnessCode + 4*uint32(len(b.code))
	ctx.R[1] = harnessData + 0x10000 // where the harness has the registers
	b.contexts = append(b.contexts, ctx)
	b.starts = append(b.starts, len(b.code))
	b.code = append(b.code, code...)
	for range 4 { // branches may skip this many
		b.code = append(b.code, 0x48000002|harnessLeave) // ba
	}
}

type generator struct {
	rng  *rand.Rand
	ops  []isa.Op
	code []uint32
}

// word returns what is worth calculating with.
func (g *generator) word() uint32 {
	switch g.rng.IntN(4) {
	case 0:
		return []uint32{0, 1, ^uint32(0), 0x80000000, 0x7fffffff, 0x8000, 0xffff, 31, 32, 33, 63}[g.rng.IntN(11)]
	case 1:
		return g.rng.Uint32N(256) - 128
	}
	return g.rng.Uint32()
}

func (g *generator) double() uint64 {
	sign := g.rng.Uint64() & signBit
	switch g.rng.IntN(12) {
	case 0:
		return sign | []uint64{
			0, expMask, defaultNaN, expMask | 1<<29, expMask | 0xabcde<<32, defaultNaN | 0x5555<<29,
			1, fracMask, 1 << 52, 0x7fefffffffffffff, // doubles at the ends
			0x36a0000000000000, 0x380fffffc0000000, 0x3810000000000000, 0x47efffffe0000000, 0x47effffff0000000, // singles
			0x41dfffffffc00000, 0x41e0000000000000, 0x41efffffffe00000, // integers
			0x3fe0000000000000, 0x3ff8000000000000,
		}[g.rng.IntN(20)]
	case 1:
		return g.rng.Uint64()
	case 2: // near the ends of the singles' range
		return sign | (896-30+g.rng.Uint64N(60))<<52 | g.rng.Uint64()&fracMask
	case 3:
		return sign | (1150-5+g.rng.Uint64N(10))<<52 | g.rng.Uint64()&fracMask>>29<<29
	case 4: // near the ends of the doubles'
		return sign | g.rng.Uint64N(120)<<52 | g.rng.Uint64()&fracMask
	case 5, 6, 7: // singles
		return math.Float64bits(float64(float32(g.rng.NormFloat64() * 100)))
	case 8:
		return math.Float64bits(float64(g.rng.IntN(2001)-1000) / 2)
	}
	return math.Float64bits(g.rng.NormFloat64() * 1000)
}

// target returns a register that may be written.
func (g *generator) target() uint32 {
	for {
		if r := g.rng.Uint32N(32); r != 1 && (r < 14 || r > 19) {
			return r
		}
	}
}

func (g *generator) pointer() uint32 { return 14 + g.rng.Uint32N(3) }
func (g *generator) small() uint32   { return 18 + g.rng.Uint32N(2) }

// set puts a field into a word; the field's last bit is counted from the right.
func set(w *uint32, shift, width, v uint32) {
	m := uint32(1)<<width - 1
	*w = *w&^(m<<shift) | v&m<<shift
}

func setD(w *uint32, v uint32) { set(w, 21, 5, v) }
func setA(w *uint32, v uint32) { set(w, 16, 5, v) }
func setB(w *uint32, v uint32) { set(w, 11, 5, v) }

// emit adds some instruction.
func (g *generator) emit() { g.add(g.ops[g.rng.IntN(len(g.ops))]) }

// add adds an instruction, with what must be before and after it.
func (g *generator) add(op isa.Op) {
	mask, value := op.Encoding()
	w := g.rng.Uint32()&^mask | value
	switch op {
	case isa.B:
		w = 0x48000000 | 4*(1+g.rng.Uint32N(4)) | w&1
	case isa.BC:
		bo := []uint32{0, 2, 4, 8, 10, 12, 16, 18, 20}[g.rng.IntN(9)]
		if bo < 20 {
			bo |= w >> 21 & 1
		}
		setD(&w, bo)
		set(&w, 0, 16, 4*(1+g.rng.Uint32N(4))|w&1)
	case isa.MFSPR, isa.MTSPR:
		setD(&w, g.target())
		spr := []uint32{8, 9, 1}[g.rng.IntN(3)]
		if op == isa.MTSPR {
			spr = 8 + g.rng.Uint32N(2) // XER's count must stay small
		}
		set(&w, 11, 10, spr<<5)
	case isa.MTFSF:
		set(&w, 17, 8, w>>17&0xfc) // not the enables, with which qemu would trap
	case isa.MTFSFI:
		if c := w >> 23 & 7; c >= 6 {
			set(&w, 23, 3, 7)
			set(&w, 12, 4, g.rng.Uint32N(4))
		}
	case isa.MTFSB1:
		// Not exceptions, for which qemu does not set FX, nor enables.
		setD(&w, []uint32{0, 1, 2, 14, 15, 16, 17, 18, 19, 30, 31}[g.rng.IntN(11)])
	case isa.MTFSB0:
		if bit := w >> 21 & 31; bit >= 24 && bit < 30 {
			setD(&w, 30)
		}
	case isa.MCRFS:
		if field := w >> 18 & 7; field == 3 || field == 4 {
			set(&w, 18, 3, 0) // not where FR is, nor FPRF, which may be undefined
		}
	case isa.DIVW, isa.DIVWU:
		g.divide(&w)
	case isa.FCTIW, isa.FCTIWZ:
		// The high half of the result is undefined: store the low one.
		d := g.rng.Uint32N(32)
		setD(&w, d)
		g.code = append(g.code, w, 0x7c0007ae|d<<21|g.pointer()<<11, 0xc8000000|d<<21|g.pointer()<<16)
		return
	case isa.LWARX, isa.STWCX_:
		setD(&w, g.target())
		setA(&w, 0)
		setB(&w, 17)
		if op == isa.STWCX_ {
			// For qemu a reservation is that memory has not changed, so nothing
			// is between. The second one finds none.
			g.code = append(g.code, 0x7c008828|g.target()<<21, w)
		}
	case isa.MFCR, isa.MTCRF, isa.MCRF, isa.MCRXR:
		if op == isa.MFCR {
			setD(&w, g.target())
		}
	default:
		g.operands(op, &w)
	}
	g.code = append(g.code, w)
}

// divide sees to it that the quotient is defined.
func (g *generator) divide(w *uint32) {
	b := g.target()
	setD(w, g.target())
	setA(w, g.target())
	setB(w, b)
	if g.rng.IntN(2) == 0 { // odd and positive
		g.code = append(g.code, 0x60000001|b<<21|b<<16, 0x5400007e|b<<21|b<<16)
	} else { // even and negative
		g.code = append(g.code, 0x64008000|b<<21|b<<16, 0x5400003c|b<<21|b<<16)
	}
}

// operands makes memory operands point to memory, results go where they may.
func (g *generator) operands(op isa.Op, w *uint32) {
	i, _ := isa.Decode(*w)
	floating := *w>>26 >= 48 && *w>>26 < 56
	switch op {
	case isa.LBZU, isa.LHZU, isa.LHAU, isa.LWZU, isa.LBZ, isa.LHZ, isa.LHA, isa.LWZ, isa.LMW,
		isa.STBU, isa.STHU, isa.STWU, isa.STB, isa.STH, isa.STW, isa.STMW,
		isa.LFS, isa.LFSU, isa.LFD, isa.LFDU, isa.STFS, isa.STFSU, isa.STFD, isa.STFDU:
		setA(w, g.pointer())
		set(w, 0, 16, g.rng.Uint32N(128)-64)
		switch {
		case op == isa.LMW || op == isa.STMW:
			setD(w, 20+g.rng.Uint32N(12))
		case !floating:
			setD(w, g.target())
		}
	case isa.LSWI, isa.STSWI:
		setD(w, 20+g.rng.Uint32N(8))
		setA(w, g.pointer())
		setB(w, 1+g.rng.Uint32N(16))
	case isa.LSWX, isa.STSWX:
		setD(w, 20+g.rng.Uint32N(8))
		setA(w, g.pointer())
		setB(w, g.small())
	case isa.LBZX, isa.LBZUX, isa.LHZX, isa.LHZUX, isa.LHAX, isa.LHAUX, isa.LWZX, isa.LWZUX, isa.LHBRX, isa.LWBRX,
		isa.STBX, isa.STBUX, isa.STHX, isa.STHUX, isa.STWX, isa.STWUX, isa.STHBRX, isa.STWBRX:
		setD(w, g.target())
		g.indexed(w)
	case isa.DCBF, isa.DCBST, isa.DCBT, isa.DCBTST, isa.DCBZ, isa.ICBI,
		isa.LFSX, isa.LFSUX, isa.LFDX, isa.LFDUX, isa.STFSX, isa.STFSUX, isa.STFDX, isa.STFDUX, isa.STFIWX:
		g.indexed(w)
	default:
		switch i.Word >> 26 {
		case 19, 59, 63, 10, 11:
			return
		case 31:
			if op == isa.CMP || op == isa.CMPL {
				set(w, 21, 1, 0)
				return
			}
		}
		if mask, _ := op.Encoding(); mask>>16&0x3ff == 0 {
			setD(w, g.target())
			setA(w, g.target())
		}
	}
	if op == isa.CMPI || op == isa.CMPLI {
		set(w, 21, 1, 0)
	}
}

// indexed chooses a base and an index, or no base.
func (g *generator) indexed(w *uint32) {
	i, _ := isa.Decode(*w)
	setA(w, g.pointer())
	setB(w, g.small())
	i.Word = *w
	if g.rng.IntN(4) == 0 {
		setA(w, 0)
		setB(w, g.pointer())
		if i.Word = *w; i.InvalidForm() { // updates need a base
			setA(w, g.pointer())
			setB(w, g.small())
		}
	}
}
