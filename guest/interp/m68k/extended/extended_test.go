package extended

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/crossplug/crossplug/guest/cpu"
)

// interesting returns doubles that are near limits as often as not.
func interesting(rng *rand.Rand) float64 {
	special := []float64{0, math.Copysign(0, -1), 1, -1, math.Inf(1), math.Inf(-1), math.NaN(), math.MaxFloat64, math.SmallestNonzeroFloat64, 0x1p-1022, 1.5, 3}
	switch rng.IntN(4) {
	case 0:
		return special[rng.IntN(len(special))]
	case 1:
		return math.Float64frombits(rng.Uint64())
	case 2: // few bits
		return math.Ldexp(float64(rng.IntN(1<<12)-1<<11), rng.IntN(40)-20)
	}
	return math.Ldexp(rng.Float64()-0.5, rng.IntN(2000)-1000)
}

// TestDoublePrecisionIsIEEE compares with the machine's own arithmetic, of which
// the result in double precision is a copy to the last bit.
func TestDoublePrecisionIsIEEE(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	ops := []struct {
		name string
		ours func(c *Context, d, s cpu.Extended) cpu.Extended
		go64 func(d, s float64) float64
	}{
		{"add", (*Context).Add, func(d, s float64) float64 { return d + s }},
		{"sub", (*Context).Sub, func(d, s float64) float64 { return d - s }},
		{"mul", (*Context).Mul, func(d, s float64) float64 { return float64(d * s) }},
		{"div", (*Context).Div, func(d, s float64) float64 { return d / s }},
		{"mod", (*Context).Mod, math.Mod},
		{"rem", (*Context).Rem, math.Remainder},
		{"sqrt", func(c *Context, d, s cpu.Extended) cpu.Extended { return c.Sqrt(s) }, func(d, s float64) float64 { return math.Sqrt(s) }},
		{"int", func(c *Context, d, s cpu.Extended) cpu.Extended { return c.Int(s) }, func(d, s float64) float64 { return math.RoundToEven(s) }},
		{"trunc", func(c *Context, d, s cpu.Extended) cpu.Extended { return c.Trunc(s) }, func(d, s float64) float64 { return math.Trunc(s) }},
	}
	for _, op := range ops {
		for range 30_000 {
			d, s := interesting(rng), interesting(rng)
			c := Context{Precision: Double}
			r := op.ours(&c, FromDouble(math.Float64bits(d)), FromDouble(math.Float64bits(s)))
			want := op.go64(d, s)
			exact := Context{}
			got := math.Float64frombits(exact.ToDouble(r))
			if math.IsNaN(want) && math.IsNaN(got) {
				continue
			}
			if math.Float64bits(got) != math.Float64bits(want) {
				t.Fatalf("%v %s %v is %v, want %v", d, op.name, s, got, want)
			}
			if exact.Flags&INEX2 != 0 {
				t.Fatalf("%v %s %v is not a double: %+v", d, op.name, s, r)
			}
		}
	}
}

// TestSinglePrecisionIsIEEE does so in single precision.
func TestSinglePrecisionIsIEEE(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for range 100_000 {
		d, s := math.Float32frombits(rng.Uint32()), math.Float32frombits(rng.Uint32())
		x, y := FromSingle(math.Float32bits(d)), FromSingle(math.Float32bits(s))
		for _, tt := range []struct {
			name string
			got  cpu.Extended
			want float32
		}{
			{"+", (&Context{Precision: Single}).Add(x, y), d + s}, {"*", (&Context{Precision: Single}).Mul(x, y), float32(d * s)}, {"/", (&Context{Precision: Single}).Div(x, y), d / s},
		} {
			var c Context
			if got := math.Float32frombits(c.ToSingle(tt.got)); got != tt.want && !(got != got && tt.want != tt.want) {
				t.Fatalf("%v %s %v is %v, want %v", d, tt.name, s, got, tt.want)
			}
		}
	}
}

func random(rng *rand.Rand, exps int) cpu.Extended {
	m := rng.Uint64()
	if rng.IntN(4) == 0 {
		m &= ^uint64(0) << rng.IntN(64)
	}
	return pack(rng.IntN(2) == 0, rng.IntN(2*exps)-exps, m|1<<63)
}

var roundingModes = map[Mode]big.RoundingMode{Nearest: big.ToNearestEven, Zero: big.ToZero, Minus: big.ToNegativeInf, Plus: big.ToPositiveInf}

// TestExtendedPrecision compares with numbers of 64 bits, in all directions.
func TestExtendedPrecision(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for range 60_000 {
		a, b := random(rng, 70), random(rng, 70)
		x, y := unpack(a).floatPrec(64), unpack(b).floatPrec(64)
		mode := Mode(rng.IntN(4))
		z := func() *big.Float { return new(big.Float).SetPrec(64).SetMode(roundingModes[mode]) }
		abs := a
		abs.High &^= 0x8000
		c := Context{Mode: mode}
		for _, tt := range []struct {
			name string
			got  cpu.Extended
			want *big.Float
		}{
			{"+", c.Add(a, b), z().Add(x, y)}, {"-", c.Sub(a, b), z().Sub(x, y)}, {"*", c.Mul(a, b), z().Mul(x, y)}, {"/", c.Div(a, b), z().Quo(x, y)},
			{"sqrt", c.Sqrt(abs), rootOf(new(big.Float).Abs(x), roundingModes[mode])},
		} {
			got := unpack(tt.got)
			if got.kind == zero && tt.want.Sign() == 0 {
				continue
			}
			if got.kind != finite || got.floatPrec(64).Cmp(tt.want) != 0 {
				t.Fatalf("%v %s %v in mode %d is %+v, want %v", x, tt.name, y, mode, tt.got, tt.want)
			}
		}
	}
}

// rootOf rounds a square root of many bits, which is never half way between two
// numbers of 64.
func rootOf(x *big.Float, mode big.RoundingMode) *big.Float {
	wide := new(big.Float).SetPrec(400).Sqrt(new(big.Float).SetPrec(400).Set(x))
	if check := new(big.Float).SetPrec(64).Set(wide); check.Cmp(wide) == 0 {
		return check
	}
	return new(big.Float).SetPrec(64).SetMode(mode).Set(wide)
}

// TestQuick compares what is quick with what is right.
func TestQuick(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	quick := 0
	for range 200_000 {
		exps := []int{3, 60, 16500}[rng.IntN(3)]
		a, b := random(rng, min(exps, 16382)), random(rng, min(exps, 16382))
		if rng.IntN(16) == 0 {
			a = FromDouble(math.Float64bits(interesting(rng)))
		}
		if rng.IntN(8) == 0 { // all but cancels
			b = a
			b.Mantissa ^= 1 << rng.IntN(64)
		}
		v := math.Float64bits(interesting(rng))
		double := rng.IntN(3) == 0
		for _, tt := range []struct {
			name  string
			quick func() (cpu.Extended, bool, bool)
			right func(c *Context) cpu.Extended
		}{
			{"+", func() (cpu.Extended, bool, bool) { return QuickAdd(a, b, double) }, func(c *Context) cpu.Extended { return c.Add(a, b) }},
			{"-", func() (cpu.Extended, bool, bool) { return QuickSub(a, b, double) }, func(c *Context) cpu.Extended { return c.Sub(a, b) }},
			{"*", func() (cpu.Extended, bool, bool) { return QuickMul(a, b, double) }, func(c *Context) cpu.Extended { return c.Mul(a, b) }},
			{"/", func() (cpu.Extended, bool, bool) { return QuickDiv(a, b, double) }, func(c *Context) cpu.Extended { return c.Div(a, b) }},
			{"round", func() (cpu.Extended, bool, bool) { return QuickRound(a, double) }, func(c *Context) cpu.Extended { return c.Round(a) }},
			{"from double", func() (cpu.Extended, bool, bool) { r, ok := QuickFromDouble(v); return r, false, ok }, func(*Context) cpu.Extended { return FromDouble(v) }},
			{"to double", func() (cpu.Extended, bool, bool) {
				r, inexact, ok := QuickToDouble(a)
				return cpu.Extended{Mantissa: r}, inexact, ok
			}, func(c *Context) cpu.Extended { return cpu.Extended{Mantissa: c.ToDouble(a)} }},
		} {
			got, inexact, ok := tt.quick()
			if !ok {
				continue
			}
			quick++
			var c Context
			if double {
				c.Precision = Double
			}
			if want := tt.right(&c); got != want || c.Flags != map[bool]Flags{true: INEX2}[inexact] {
				t.Fatalf("%x %s %x is %x, inexact %v; want %x, %#x", a, tt.name, b, got, inexact, want, c.Flags)
			}
		}
	}
	if quick < 600_000 {
		t.Errorf("only %d of 1400000 are quick", quick)
	}
}

// TestLargeArguments: no function takes long, whatever its argument.
func TestLargeArguments(t *testing.T) {
	for f := Sin; f <= Log10; f++ {
		least := time.Hour
		for range 3 {
			before := time.Now()
			for _, exp := range []uint16{0x3fff, 0x4050, 0x7ffe} {
				var c Context
				c.Call(f, cpu.Extended{High: exp, Mantissa: 1<<63 | 12345})
			}
			least = min(least, time.Since(before))
		}
		if least > 5*time.Millisecond {
			t.Errorf("function %d takes %v", f, least)
		}
	}
	// The reduction agrees with one by twice as many bits.
	for _, x := range []cpu.Extended{{High: 0x7ffe, Mantissa: 0xc000000000012345}, {High: 0x4100, Mantissa: 1<<63 | 1}} {
		n := unpack(x)
		prec := uint(2*n.exp + 1000)
		turn := new(big.Float).SetPrec(prec).SetMantExp(pi(prec), 1)
		q, _ := new(big.Float).SetPrec(prec).Quo(n.floatPrec(prec), turn).Int(nil)
		rest, _ := new(big.Float).SetPrec(prec).Sub(n.floatPrec(prec), turn.Mul(turn, new(big.Float).SetPrec(prec).SetInt(q))).Float64()
		var c Context
		if got := math.Float64frombits(c.ToDouble(c.Call(Sin, x))); math.Abs(got-math.Sin(rest)) > 1e-14 {
			t.Errorf("sine of %x is %v, want %v", x, got, math.Sin(rest))
		}
	}
}

// TestFunctions compares with Go's functions, which are good to about a bit of
// 53: not in the last bits, but against gross errors, over all reductions.
func TestFunctions(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for _, tt := range []struct {
		f    Function
		want func(float64) float64
		from float64
		to   float64
	}{
		{Sin, math.Sin, -1e6, 1e6}, {Cos, math.Cos, -1e6, 1e6}, {Tan, math.Tan, -100, 100}, {Asin, math.Asin, -1, 1}, {Acos, math.Acos, -1, 1},
		{Atan, math.Atan, -1e3, 1e3}, {Sinh, math.Sinh, -700, 700}, {Cosh, math.Cosh, -700, 700}, {Tanh, math.Tanh, -30, 30}, {Atanh, math.Atanh, -1, 1},
		{Exp, math.Exp, -700, 700}, {Expm1, math.Expm1, -40, 700}, {Exp2, math.Exp2, -1000, 1000}, {Exp10, func(x float64) float64 { return math.Pow(10, x) }, -300, 300},
		{Log, math.Log, 0, 1e9}, {Log1p, math.Log1p, -1, 1e3}, {Log2, math.Log2, 0, 1e9}, {Log10, math.Log10, 0, 1e9},
	} {
		for range 300 {
			x := tt.from + rng.Float64()*(tt.to-tt.from)
			if rng.IntN(3) == 0 {
				x *= math.Ldexp(1, -rng.IntN(40))
			}
			var c Context
			got := math.Float64frombits(c.ToDouble(c.Call(tt.f, FromDouble(math.Float64bits(x)))))
			want := tt.want(x)
			if err := math.Abs(got-want) / math.Abs(want); err > 1e-13 && math.Abs(got-want) > 1e-300 {
				t.Fatalf("function %d of %v is %v, want %v", tt.f, x, got, want)
			}
		}
	}
}

// TestFunctionsToTheLastBit has values that are known otherwise.
func TestFunctionsToTheLastBit(t *testing.T) {
	for _, tt := range []struct {
		f    Function
		x    cpu.Extended
		want cpu.Extended
	}{
		{Exp, FromInt(1), cpu.Extended{High: 0x4000, Mantissa: romTable[0x0c].Mantissa + 1}}, {Log, FromInt(2), romTable[0x30]}, {Log, FromInt(10), romTable[0x31]},
		{Log2, FromInt(1 << 20), FromInt(20)}, {Log10, FromInt(1000000), FromInt(6)}, {Exp10, FromInt(0), FromInt(1)},
		{Sin, cpu.Extended{High: 0x3fff - 220, Mantissa: 1 << 63}, cpu.Extended{High: 0x3fff - 220, Mantissa: 1 << 63}},
		{Atan, makeInf(false), cpu.Extended{High: 0x3fff, Mantissa: 0xc90fdaa22168c235}},
		{Acos, FromInt(-1), romTable[0]},
	} {
		var c Context
		if got := c.Call(tt.f, tt.x); got != tt.want {
			t.Errorf("function %d of %+v is %x, want %x", tt.f, tt.x, got, tt.want)
		}
	}
	var c Context
	// The sine of 2^16000, which takes π to as many bits: within its range at least.
	r := unpack(c.Call(Sin, cpu.Extended{High: 0x3fff + 16000, Mantissa: 1 << 63}))
	if r.kind != finite || r.exp >= 0 {
		t.Errorf("sine of a large number: %+v", r)
	}
	if x := c.ROM(0x3f); x != (cpu.Extended{High: 0x7525, Mantissa: 0xc46052028a20979b}) {
		t.Errorf("10^4096 is %x", x)
	}
	if x := c.ROM(0x33); x != FromInt(10) {
		t.Errorf("10 is %x", x)
	}
}

func TestPacked(t *testing.T) {
	for _, tt := range []struct {
		x    float64
		k    int
		want [3]uint32
	}{
		{1, 17, [3]uint32{0x00000001, 0, 0}},
		{-12.5, 17, [3]uint32{0x80010001, 0x25000000, 0}},
		{0.001, 3, [3]uint32{0x40030001, 0, 0}},
		{1234.5678, -2, [3]uint32{0x00030001, 0x23457000, 0}},
		{9.99, 2, [3]uint32{0x00010001, 0, 0}},
		{1e300, 1, [3]uint32{0x03000001, 0, 0}},
	} {
		var c Context
		x := FromDouble(math.Float64bits(tt.x))
		got := c.ToPacked(x, tt.k)
		if got != tt.want {
			t.Errorf("%v to %d digits is %08x, want %08x", tt.x, tt.k, got, tt.want)
		}
		if tt.k == 17 && c.FromPacked(got) != x {
			t.Errorf("%v does not come back", tt.x)
		}
	}
	rng := rand.New(rand.NewPCG(5, 5))
	for range 3000 {
		x := math.Float64frombits(rng.Uint64())
		if math.IsNaN(x) || math.IsInf(x, 0) {
			continue
		}
		var c Context
		// 17 digits tell doubles apart.
		back := c.FromPacked(c.ToPacked(FromDouble(math.Float64bits(x)), 17))
		if got := math.Float64frombits(c.ToDouble(back)); got != x {
			t.Fatalf("%v comes back as %v", x, got)
		}
	}
}

func TestFlags(t *testing.T) {
	big, small := pack(false, 16383, 1<<64-1), pack(false, -16383, 1<<63)
	signalling := cpu.Extended{High: 0x7fff, Mantissa: 1}
	for _, tt := range []struct {
		name string
		do   func(c *Context) cpu.Extended
		want Flags
		is   cpu.Extended
	}{
		{"overflow", func(c *Context) cpu.Extended { return c.Mul(big, FromInt(2)) }, OVFL, makeInf(false)},
		{"underflow", func(c *Context) cpu.Extended { return c.Div(small, FromInt(2)) }, UNFL, cpu.Extended{Mantissa: 1 << 62}},
		{"division by zero", func(c *Context) cpu.Extended { return c.Div(FromInt(-1), FromInt(0)) }, DZ, makeInf(true)},
		{"0/0", func(c *Context) cpu.Extended { return c.Div(FromInt(0), FromInt(0)) }, OPERR, defaultNaN},
		{"inf-inf", func(c *Context) cpu.Extended { return c.Sub(makeInf(false), makeInf(false)) }, OPERR, defaultNaN},
		{"1/3", func(c *Context) cpu.Extended { return c.Div(FromInt(1), FromInt(3)) }, INEX2, cpu.Extended{High: 0x3ffd, Mantissa: 0xaaaaaaaaaaaaaaab}},
		{"signalling", func(c *Context) cpu.Extended { return c.Add(signalling, FromInt(1)) }, SNAN, cpu.Extended{High: 0x7fff, Mantissa: quiet | 1}},
		{"log 0", func(c *Context) cpu.Extended { return c.Call(Log, FromInt(0)) }, DZ, makeInf(true)},
		{"sqrt -1", func(c *Context) cpu.Extended { return c.Sqrt(FromInt(-1)) }, OPERR, defaultNaN},
	} {
		var c Context
		if got := tt.do(&c); c.Flags != tt.want || got != tt.is {
			t.Errorf("%s: %x with flags %#x, want %x with %#x", tt.name, got, c.Flags, tt.is, tt.want)
		}
	}
}

func BenchmarkArithmetic(b *testing.B) {
	x, y := FromDouble(math.Float64bits(1.1)), FromDouble(math.Float64bits(3.7))
	var c Context
	for name, f := range map[string]func(){"Add": func() { c.Add(x, y) }, "Mul": func() { c.Mul(x, y) }, "Div": func() { c.Div(x, y) }, "Sqrt": func() { c.Sqrt(x) }, "Sin": func() { c.Call(Sin, x) }} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f()
			}
		})
	}
}
