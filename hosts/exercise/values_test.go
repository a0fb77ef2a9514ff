package exercise

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/crossplug/crossplug/abi"
	"github.com/crossplug/crossplug/glue"
)

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: %v; want %v", what, got, want)
	}
}

func TestNumbers(t *testing.T) {
	eachArch(t, func(t *testing.T, p *Plugin, h *host) {
		ctx := t.Context()
		equal(t, "sum", must[int64](t)(p.SumIntegers(ctx, -128, 255, -32768, 65535, -1<<31, 1<<32-1, -1<<40, 1<<41)),
			int64(-128+255-32768+65535-1<<31+1<<32-1-1<<40+1<<41))
		equal(t, "long", must[int64](t)(p.Long(ctx, -5, 7)), int64(-12))
		equal(t, "size", must[uint64](t)(p.Size(ctx, 41)), uint64(42))
		equal(t, "mix", must[float64](t)(p.Mix(ctx, 0.5, -2.25)), -1.75)
		equal(t, "half", must[float32](t)(p.Half(ctx, 3)), float32(1.5))
		equal(t, "not", must[bool](t)(p.Not(ctx, true)), false)
		equal(t, "upper", must[byte](t)(p.Upper(ctx, 'x')), byte('X'))
		equal(t, "type", must[Type](t)(p.TypeOf(ctx, "TEXT")), Type(0x54455854))
		equal(t, "color", must[Color](t)(p.NextColor(ctx, ColorGreen)), ColorBlue)
		flags := must[Flags](t)(p.Toggle(ctx, FlagsLoud|FlagsLate, FlagsFast|FlagsLoud))
		equal(t, "flags", flags.String(), "Fast|Late")

		// What the target has no room for is refused there.
		if p.Link().Plugin().Model().Size(abi.Long) == 4 {
			if _, err := p.Long(ctx, 1<<40, 0); !errors.Is(err, glue.ErrNoRoom) {
				t.Errorf("a long of 2^40: %v", err)
			}
		} else {
			equal(t, "wide long", must[int64](t)(p.Long(ctx, 1<<40, 1)), int64(1<<40-1))
		}
	})
}

func TestStrings(t *testing.T) {
	eachArch(t, func(t *testing.T, p *Plugin, h *host) {
		ctx := t.Context()
		equal(t, "greeting", *must[*string](t)(p.Greet(ctx, new("world"))), "hello, world")
		equal(t, "no greeting", must[*string](t)(p.Greet(ctx, nil)), (*string)(nil))
		equal(t, "copy", must[string](t)(p.Copy(ctx, "zwei Wörter")), "zwei Wörter")
		n, upper, err := p.Roman(ctx, "größe ä1", 100)
		equal(t, "Mac Roman", []any{n, upper, err}, []any{uint32(5), "GRÖßE Ä1", error(nil)})
		_, upper, err = p.Roman(ctx, "abcdef", 4)
		equal(t, "short buffer", []any{upper, err}, []any{"ABC", error(nil)})
		equal(t, "pascal", must[uint32](t)(p.Pascal(ctx, "Ä\x00a")), uint32(0x80+'a'))
		equal(t, "name", must[string](t)(p.Name(ctx)), "exercise")
		word, rest, err := p.Split(ctx, "one two three")
		equal(t, "split", []any{word, rest, err}, []any{"one", "two three", error(nil)})
		if _, rest, err = p.Split(ctx, "one"); rest != "" || err != nil {
			t.Errorf("the rest of one word: %v, %v", rest, err)
		}
	})
}

func TestStructs(t *testing.T) {
	eachArch(t, func(t *testing.T, p *Plugin, h *host) {
		ctx := t.Context()
		numbers := &Numbers{-1, 1 << 63, -2, math.Pi, 200, -3, true, 60000, 1.5, 4e9, 'q', -1 << 62, -7, 9, 12, ColorBlue, 0x54455854}
		equal(t, "numbers", must[Numbers](t)(p.EchoNumbers(ctx, numbers)), *numbers)
		packed := &Packed68k{-1, 1 << 30, 200, -1e300, Point{1, 2, 3}, [3]int16{-1, 2, -3}}
		equal(t, "mac68k packing", must[Packed68k](t)(p.EchoPacked(ctx, packed)), *packed)
		power := &Power{1.25, -5, 1e-300}
		equal(t, "power packing", must[Power](t)(p.EchoPower(ctx, power)), *power)

		point := &Point{1, 10, 20}
		old, err := p.Move(ctx, point, &Point{0, 1, 2})
		equal(t, "moved", []any{*point, old, err}, []any{Point{1, 11, 22}, Point{1, 10, 20}, error(nil)})
		var failure *glue.Failure
		if _, err := p.Move(ctx, point, &Point{5, 0, 0}); !errors.As(err, &failure) || failure.Code != 5 || !errors.Is(err, glue.ErrFailed) {
			t.Errorf("a failure: %v", err)
		}

		shape := &Shape{Corners: [2]Point{{0, 1, 2}, {0, 3, 4}}, Label: [8]byte{'a', 'b'}, Name: new("xyz"), Weights: []float32{0.5, 1.5}, Raw: [6]byte{1, 2, 3}, Flags: FlagsFast}
		equal(t, "weight", must[float64](t)(p.Weigh(ctx, shape)), 10.0+2+6+3+2+2)
		shape.Name = nil
		equal(t, "weight without a name", must[float64](t)(p.Weigh(ctx, shape)), 10.0+2+6+2+2)
		equal(t, "unit square", must[*Shape](t)(p.UnitSquare(ctx)), &Shape{
			Corners: [2]Point{{1, 0, 0}, {2, 1, 1}}, Label: [8]byte([]byte("8letters")), Name: new("unit square"),
			Weights: []float32{0.5, 0.25, 0.125}, Raw: [6]byte{1, 2, 3, 4, 5, 6}, Flags: FlagsLoud | FlagsLate,
		})
		equal(t, "sized", must[int32](t)(p.SizedSum(ctx, &Sized{3, 4})), int32(7))
		equal(t, "filled", must[Sized](t)(p.SizedFill(ctx)), Sized{1, 2})
		quotient, remainder, err := p.Divide(ctx, -17, 5)
		equal(t, "division", []any{quotient, remainder, err}, []any{int32(-3), int32(-2), error(nil)})
		v := int64(-1 << 40)
		if err := p.DoubleIt(ctx, &v); err != nil || v != -1<<41 {
			t.Errorf("doubled: %d, %v", v, err)
		}
		if _, err := p.Weigh(ctx, nil); !errors.Is(err, glue.ErrMalformed) {
			t.Errorf("a nil struct: %v", err)
		}
		if err := p.DoubleIt(ctx, nil); !errors.Is(err, glue.ErrMalformed) {
			t.Errorf("a nil number: %v", err)
		}
	})
}

func TestArrays(t *testing.T) {
	eachArch(t, func(t *testing.T, p *Plugin, h *host) {
		ctx := t.Context()
		equal(t, "total", must[float64](t)(p.Total(ctx, []float32{1, 2, 3, 4, 5, 6}, 2, 3)), 21.0)
		equal(t, "grid", must[int64](t)(p.Grid(ctx, []int16{-1, -2, 30000, 30000}, &Extent{2, 2})), int64(59997))
		equal(t, "ramp", must[[]uint8](t)(p.Ramp(ctx, 10, 4)), []uint8{0, 1, 2, 3})
		equal(t, "vowels", must[[]bool](t)(p.Vowels(ctx, "banana")), []bool{false, true, false, true, false, true})
		longs := []int64{1, -2, 3, -4, 5}
		if err := p.Reverse(ctx, longs); err != nil || !slices.Equal(longs, []int64{5, -4, 3, -2, 1}) {
			t.Errorf("reversed: %v, %v", longs, err)
		}
		primes := must[[]uint32](t)(p.Primes(ctx))
		if len(primes) != 25 || primes[24] != 97 {
			t.Errorf("primes: %v", primes)
		}
		equal(t, "divisors", must[[]uint32](t)(p.Divisors(ctx, 12, 10)), []uint32{1, 2, 3, 4, 6, 12})
		if _, err := p.Divisors(ctx, 12, 3); !errors.Is(err, glue.ErrFailed) {
			t.Errorf("too little room: %v", err)
		}
		equal(t, "longest", must[uint32](t)(p.Longest(ctx, []string{"a", "ccc", "bb"})), uint32(1))
		equal(t, "middle", must[Point](t)(p.Middle(ctx, []Point{{0, 0, 2}, {0, 4, 4}})), Point{2, 2, 3})
		equal(t, "constants", must[[]float64](t)(p.Constants(ctx)), []float64{3.25, 2.5, -1})

		for _, err := range []error{
			func() error { _, err := p.Total(ctx, make([]float32, 1001), 1, 1001); return err }(),
			func() error { _, err := p.Ramp(ctx, 100000, 100000); return err }(),
			p.Reverse(ctx, make([]int64, 65537)),
			p.Reverse(ctx, make([]int64, 40000)), // allowed, but no message is as large
			func() error { _, err := p.Total(ctx, nil, 1<<31, 1<<31); return err }(),
		} {
			if !errors.Is(err, glue.ErrTooLong) && !errors.Is(err, glue.ErrMalformed) {
				t.Errorf("too long an array: %v", err)
			}
		}
		if _, err := p.Total(ctx, make([]float32, 5), 2, 3); !errors.Is(err, glue.ErrMalformed) {
			t.Errorf("an array of another length: %v", err)
		}
	})
}

func TestUnions(t *testing.T) {
	eachArch(t, func(t *testing.T, p *Plugin, h *host) {
		ctx := t.Context()
		equal(t, "integer", must[float64](t)(p.Value(ctx, &Variant{Integer, Any{Integer: -1 << 40}})), float64(-1<<40))
		equal(t, "real", must[float64](t)(p.Value(ctx, &Variant{Real, Any{Real: 2.5}})), 2.5)
		equal(t, "point", must[float64](t)(p.AnyValue(ctx, PointConst, &Any{Point: Point{0, 3, 4}})), 7.0)
		equal(t, "text", must[float64](t)(p.AnyValue(ctx, Text, &Any{Text: [8]byte{'a', 'b'}})), 2.0)
		equal(t, "converted", must[Variant](t)(p.Convert(ctx, &Variant{Real, Any{Real: 2.5}}, PointConst)), Variant{PointConst, Any{Point: Point{3, 2.5, 0}}})
		if _, err := p.Value(ctx, &Variant{Kind: 9}); !errors.Is(err, glue.ErrBadUnion) {
			t.Errorf("an unknown case: %v", err)
		}
		must[int32](t)(p.Misbehave(ctx, MisdeedBadUnion))
		if _, err := p.Convert(ctx, &Variant{Real, Any{}}, Integer); !errors.Is(err, glue.ErrBadUnion) {
			t.Errorf("an unknown case that comes back: %v", err)
		}
		h.misbehaves = true
	})
}
