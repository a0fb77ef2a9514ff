package ppc

import (
	"math"
	"math/big"
	"testing"

	"github.com/crossplug/crossplug/guest/cpu"
	isa "github.com/crossplug/crossplug/guest/isa/ppc"
)

// exactOps are operations on finite numbers, as fractions. A quotient of 0 is left
// out.
var exactOps = []struct {
	op       isa.Op
	isSingle bool
	negate   bool
	of       func(a, b, c *big.Rat) *big.Rat
}{
	{isa.FADD, false, false, sum}, {isa.FADDS, true, false, sum},
	{isa.FSUB, false, false, difference}, {isa.FSUBS, true, false, difference},
	{isa.FMUL, false, false, product}, {isa.FMULS, true, false, product},
	{isa.FDIV, false, false, quotient}, {isa.FDIVS, true, false, quotient},
	{isa.FMADD, false, false, fused(sum)}, {isa.FMADDS, true, false, fused(sum)},
	{isa.FMSUB, false, false, fused(difference)}, {isa.FMSUBS, true, false, fused(difference)},
	{isa.FNMADD, false, true, fused(sum)}, {isa.FNMADDS, true, true, fused(sum)},
	{isa.FNMSUB, false, true, fused(difference)}, {isa.FNMSUBS, true, true, fused(difference)},
	{isa.FRSP, true, false, func(a, b, c *big.Rat) *big.Rat { return b }},
}

func sum(a, b, _ *big.Rat) *big.Rat        { return new(big.Rat).Add(a, b) }
func difference(a, b, _ *big.Rat) *big.Rat { return new(big.Rat).Sub(a, b) }
func product(a, _, c *big.Rat) *big.Rat    { return new(big.Rat).Mul(a, c) }
func quotient(a, b, _ *big.Rat) *big.Rat   { return new(big.Rat).Quo(a, b) }

func fused(of func(a, b, _ *big.Rat) *big.Rat) func(a, b, c *big.Rat) *big.Rat {
	return func(a, b, c *big.Rat) *big.Rat { return of(new(big.Rat).Mul(a, c), b, nil) }
}

// TestExact compares results, and what FPSCR says of them, with fractions, in all
// rounding modes: above all FR, which QEMU does not have, and the modes in which it
// rounds fnmadd and fnmsub the other way.
func TestExact(t *testing.T) {
	rounds := 2000
	if testing.Short() {
		rounds = 200
	}
	m := newMachine(t)
	g := newGenerator(99)
	compared := 0
	for _, o := range exactOps {
		_, value := o.op.Encoding()
		for range rounds {
			mode := g.rng.Uint32N(4)
			var operands [3]uint64
			for i := range operands {
				operands[i] = g.double()
			}
			if g.rng.IntN(4) == 0 { // so that much cancels out
				p := math.Float64frombits(operands[0]) * math.Float64frombits(operands[2])
				operands[1] = math.Float64bits(p) + g.rng.Uint64N(3) - 1
			}
			if o.isSingle && o.op != isa.FRSP { // operands must be singles
				for i, v := range operands {
					operands[i] = math.Float64bits(float64(float32(math.Float64frombits(v))))
				}
			}
			if !isFinite(operands[0]) || !isFinite(operands[1]) || !isFinite(operands[2]) {
				continue
			}
			var r [3]*big.Rat
			for i, v := range operands {
				r[i] = new(big.Rat).SetFloat64(math.Float64frombits(v))
			}
			if (o.op == isa.FDIV || o.op == isa.FDIVS) && r[1].Sign() == 0 {
				continue
			}
			compared++
			x := o.of(r[0], r[1], r[2])
			if x.Sign() == 0 {
				continue // signs of zeros are the vectors' matter
			}
			want, status := roundExactly(x, mode, o.isSingle)
			if o.negate {
				want ^= signBit
			}
			m.cpu.PPC = cpu.PPC{FPSCR: mode}
			m.cpu.F[1], m.cpu.F[2], m.cpu.F[3] = operands[0], operands[1], operands[2]
			if err := m.step(value | 4<<21 | 1<<16&^maskOf(o.op) | 2<<11&^maskOf(o.op) | 3<<6&^maskOf(o.op)); err != nil {
				t.Fatal(err)
			}
			const looked = cpu.FPOX | cpu.FPUX | cpu.FPXX | cpu.FPFI | cpu.FPFR
			if got := m.cpu.F[4]; got != want || m.cpu.FPSCR&looked != status {
				t.Fatalf("%v of %x, rounding %d: %#x, FPSCR %#x; want %#x, %#x", o.op, operands, mode, got, m.cpu.FPSCR, want, status)
			}
		}
	}
	if compared < rounds*len(exactOps)/2 {
		t.Errorf("only %d compared", compared)
	}
	t.Logf("%d compared", compared)
}

func isFinite(v uint64) bool { return v>>52&0x7ff != 0x7ff }

func maskOf(op isa.Op) uint32 {
	mask, _ := op.Encoding()
	return mask
}

// roundExactly rounds a number that is not 0 as FPSCR's RN says, and returns what
// FPSCR says then.
func roundExactly(x *big.Rat, mode uint32, isSingle bool) (bits uint64, status uint32) {
	digits, least, most := 53, -1022, 1023
	if isSingle {
		digits, least, most = 24, -126, 127
	}
	negative := x.Sign() < 0
	a := new(big.Rat).Abs(x)
	exp := a.Num().BitLen() - a.Denom().BitLen() // 2^exp or the power before
	if a.Cmp(power(exp)) < 0 {
		exp--
	}
	tiny := exp < least
	unit := max(exp, least) - digits + 1
	scaled := new(big.Rat).Quo(a, power(unit))
	whole, rest := new(big.Int).QuoRem(scaled.Num(), scaled.Denom(), new(big.Int))
	up := false
	if rest.Sign() != 0 {
		status = cpu.FPXX | cpu.FPFI
		if tiny {
			status |= cpu.FPUX
		}
		half := new(big.Int).Lsh(rest, 1).Cmp(scaled.Denom())
		switch mode {
		case 0:
			up = half > 0 || half == 0 && whole.Bit(0) == 1
		case 2:
			up = !negative
		case 3:
			up = negative
		}
	}
	if up {
		status |= cpu.FPFR
		whole.Add(whole, big.NewInt(1))
	}
	if whole.BitLen()+unit-1 > most {
		status |= cpu.FPOX | cpu.FPXX | cpu.FPFI
		largest := math.MaxFloat64
		if isSingle {
			largest = math.MaxFloat32
		}
		if mode == 0 || mode == 2 && !negative || mode == 3 && negative {
			largest = math.Inf(1)
		}
		bits = math.Float64bits(largest)
	} else {
		v, _ := new(big.Rat).Mul(new(big.Rat).SetInt(whole), power(unit)).Float64()
		bits = math.Float64bits(v)
	}
	if negative {
		bits |= signBit
	}
	return bits, status
}

func power(n int) *big.Rat {
	one := big.NewInt(1)
	if n < 0 {
		return new(big.Rat).SetFrac(one, new(big.Int).Lsh(one, uint(-n)))
	}
	return new(big.Rat).SetInt(new(big.Int).Lsh(one, uint(n)))
}

// TestEnabledExceptions has what section 3.3.6 of the manual says of exceptions
// that FPSCR enables: the target stays as it is, or the exponent is adjusted.
func TestEnabledExceptions(t *testing.T) {
	const old = 0x1234
	huge, small := math.Float64bits(math.MaxFloat64), math.Float64bits(0x1p-1022)
	one, two, half := math.Float64bits(1), math.Float64bits(2), math.Float64bits(0.5)
	m := newMachine(t)
	for _, tt := range []struct {
		name    string
		word    uint32 // f4 from f1, f2, f3; Rc
		a, b, c uint64
		enable  uint32
		want    uint64
		status  uint32 // but for the enables and FPRF
	}{
		{"overflow", 0xfc8100f3, huge, 0, two, cpu.FPOE, math.Float64bits(0x1.fffffffffffffp-512), cpu.FPFX | cpu.FPFEX | cpu.FPOX},
		{"overflow of a single", 0xec8100f3, math.Float64bits(math.MaxFloat32), 0, two, cpu.FPOE, math.Float64bits(0x1.fffffep-64), cpu.FPFX | cpu.FPFEX | cpu.FPOX},
		{"overflow, not enabled", 0xfc8100f3, huge, 0, two, cpu.FPUE, expMask, cpu.FPFX | cpu.FPOX | cpu.FPXX | cpu.FPFI},
		{"underflow, exact", 0xfc8100f3, small, 0, half, cpu.FPUE, math.Float64bits(0x1p513), cpu.FPFX | cpu.FPFEX | cpu.FPUX},
		{"underflow, exact, not enabled", 0xfc8100f3, small, 0, half, cpu.FPOE, 1 << 51, 0},
		{"underflow of a single", 0xec8100f3, math.Float64bits(0x1p-126), 0, half, cpu.FPUE, math.Float64bits(0x1p65), cpu.FPFX | cpu.FPFEX | cpu.FPUX},
		{"division by zero", 0xfc811025, one, 0, 0, cpu.FPZE, old, cpu.FPFX | cpu.FPFEX | cpu.FPZX},
		{"division by zero, not enabled", 0xfc811025, one, signBit, 0, cpu.FPXE, signBit | expMask, cpu.FPFX | cpu.FPZX},
		{"invalid", 0xfc811025, 0, 0, 0, cpu.FPVE, old, cpu.FPFX | cpu.FPFEX | cpu.FPVX | cpu.FPVXZDZ},
		{"invalid, not enabled", 0xfc811025, 0, 0, 0, cpu.FPZE, defaultNaN, cpu.FPFX | cpu.FPVX | cpu.FPVXZDZ},
		{"signaling", 0xfc81102b, expMask | 1, one, 0, cpu.FPVE, old, cpu.FPFX | cpu.FPFEX | cpu.FPVX | cpu.FPVXSNAN},
		{"conversion", 0xfc80101d, 0, huge, 0, cpu.FPVE, old, cpu.FPFX | cpu.FPFEX | cpu.FPVX | cpu.FPVXCVI},
		{"inexact", 0xfc811025, one, math.Float64bits(3), 0, cpu.FPXE, math.Float64bits(1.0 / 3), cpu.FPFX | cpu.FPFEX | cpu.FPXX | cpu.FPFI},
	} {
		m.cpu.PPC = cpu.PPC{FPSCR: tt.enable}
		m.cpu.F[1], m.cpu.F[2], m.cpu.F[3], m.cpu.F[4] = tt.a, tt.b, tt.c, old
		if err := m.step(tt.word); err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got, status := m.cpu.F[4], m.cpu.FPSCR&^(cpu.FPRF|tt.enable); got != tt.want || status != tt.status {
			t.Errorf("%s: %#x, FPSCR %#x; want %#x, %#x", tt.name, got, status, tt.want, tt.status)
		}
		if cr1 := m.cpu.FPSCR >> 28 << 24; m.cpu.CR != cr1 {
			t.Errorf("%s: CR %#x, want %#x", tt.name, m.cpu.CR, cr1)
		}
	}
}
