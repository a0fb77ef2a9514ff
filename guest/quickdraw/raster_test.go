package quickdraw

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// newRaster makes a raster whose pixels begin at odd coordinates.
func newRaster(depth int, bounds Rect, colors []Color) *Raster {
	stride := (bounds.Width()*depth + 31) / 32 * 4
	return &Raster{Pix: make([]byte, stride*bounds.Height()), Stride: stride, Bounds: bounds, Depth: depth, Colors: colors}
}

// TestFill compares what modes make of pixels with the table of "Imaging With
// QuickDraw": a one makes what the foreground color is, and so on.
func TestFill(t *testing.T) {
	bounds := Rect{-3, -5, 13, 21}
	red, green := Color{0xffff, 0, 0}, Color{0, 0xffff, 0}
	shape := Oval(Rect{-10, -10, 10, 18})
	pattern := Pattern{0x0f, 0xf0, 0xaa, 0x55, 0xff, 0x00, 0x81, 0x7e}
	for _, depth := range []int{8, 16, 32} {
		var colors []Color
		if depth == 8 {
			colors = make([]Color, 256)
			colors[255], colors[3], colors[0] = red, green, Color{0xffff, 0xffff, 0xffff}
		}
		for mode := PatCopy; mode <= NotPatBic; mode++ {
			r := newRaster(depth, bounds, colors)
			for i := range r.Pix {
				r.Pix[i] = byte(i * 37)
			}
			before := &Raster{Pix: slices.Clone(r.Pix), Stride: r.Stride, Bounds: bounds, Depth: depth}
			r.Fill(shape, &Ink{Pattern: pattern, Mode: mode, Fore: red, Back: green})
			for y := int(bounds.Top); y < int(bounds.Bottom); y++ {
				for x := int(bounds.Left); x < int(bounds.Right); x++ {
					one := pattern[y&7]>>(7-x&7)&1 != 0
					if mode >= NotPatCopy {
						one = !one
					}
					was := before.at(x, y)
					want := was
					if shape.Has(Point{int16(y), int16(x)}) {
						switch mode & 3 {
						case SrcCopy:
							if want = r.Value(green); one {
								want = r.Value(red)
							}
						case SrcOr:
							if one {
								want = r.Value(red)
							}
						case SrcXor:
							if one {
								want = was ^ r.mask()
							}
						case SrcBic:
							if one {
								want = r.Value(green)
							}
						}
					}
					if got := r.at(x, y); got != want {
						t.Fatalf("depth %d, mode %d: (%d, %d) was %x, is %x, not %x", depth, mode, x, y, was, got, want)
					}
				}
			}
		}
	}
}

// TestCopy copies parts of rasters of all depths to each other, stretched, and compares
// with what is looked up pixel by pixel.
func TestCopy(t *testing.T) {
	g := rand.New(rand.NewPCG(3, 4))
	depths := []int{1, 2, 4, 8, 16, 32}
	white := Color{0xffff, 0xffff, 0xffff}
	for range 300 {
		from, to := depths[g.IntN(6)], depths[g.IntN(6)]
		src, dst := newRaster(from, Rect{2, -3, 12, 14}, nil), newRaster(to, Rect{-4, 5, 9, 30}, nil)
		for i := range src.Pix {
			src.Pix[i] = byte(g.Uint32())
		}
		for i := range dst.Pix {
			dst.Pix[i] = 0x55
		}
		a := Rect{int16(g.IntN(8)), int16(g.IntN(8) - 4), int16(9 + g.IntN(5)), int16(5 + g.IntN(12))}
		b := Rect{int16(g.IntN(8) - 6), int16(g.IntN(8)), int16(3 + g.IntN(9)), int16(9 + g.IntN(24))}
		clip := Oval(Rect{-3, 4, 9, 28})
		before := &Raster{Pix: slices.Clone(dst.Pix), Stride: dst.Stride, Bounds: dst.Bounds, Depth: to}
		dst.Copy(src, &Transfer{From: a, To: b, Clip: clip, Back: white})
		for y := int(dst.Bounds.Top); y < int(dst.Bounds.Bottom); y++ {
			for x := int(dst.Bounds.Left); x < int(dst.Bounds.Right); x++ {
				want := before.at(x, y)
				p := Point{int16(y), int16(x)}
				if clip.Has(p) && b.Has(p) {
					q := Point{int16(int(a.Top) + (y-int(b.Top))*a.Height()/b.Height()), int16(int(a.Left) + (x-int(b.Left))*a.Width()/b.Width())}
					if v, ok := src.Get(q); ok {
						want = dst.Value(src.Color(v))
						if from == to && to > 8 {
							want = v
						}
					}
				}
				if got := dst.at(x, y); got&dst.mask() != want&dst.mask() {
					t.Fatalf("%d to %d bits, %v to %v: (%d, %d) is %x, not %x", from, to, a, b, x, y, got, want)
				}
			}
		}
	}
}

// TestBounds gives rasters that lie: nothing is drawn to them.
func TestBounds(t *testing.T) {
	for _, r := range []*Raster{
		{Pix: make([]byte, 100), Stride: 10, Bounds: Rect{0, 0, 11, 10}, Depth: 8},
		{Pix: make([]byte, 100), Stride: 9, Bounds: Rect{0, 0, 10, 10}, Depth: 8},
		{Pix: make([]byte, 100), Stride: 10, Bounds: Rect{0, 0, 10, 10}, Depth: 7},
		{Pix: make([]byte, 100), Stride: 10, Bounds: Rect{-32768, -32768, 32767, 32767}, Depth: 32},
		{Stride: 10, Bounds: Rect{0, 0, 10, 10}, Depth: 1},
	} {
		if r.Check() == nil {
			t.Errorf("%+v is taken for a raster", r)
		}
		everything := FromRect(Rect{-32767, -32767, 32767, 32767})
		r.Fill(everything, &Ink{Pattern: Solid, Mode: PatXor})
		r.Copy(r, &Transfer{From: everything.Box, To: everything.Box, Clip: everything})
		if slices.ContainsFunc(r.Pix, func(b byte) bool { return b != 0 }) {
			t.Errorf("something was drawn to %+v", r)
		}
	}
}

// TestLine compares lines with what a pen leaves that goes along one of single pixels,
// which has no gaps and is as long as its longer side.
func TestLine(t *testing.T) {
	g := rand.New(rand.NewPCG(5, 6))
	for range 300 {
		from, to := Point{int16(g.IntN(20)), int16(g.IntN(20))}, Point{int16(g.IntN(20)), int16(g.IntN(20))}
		w, h := 1+g.IntN(4), 1+g.IntN(4)
		thin := planeOf(Line(from, to, 1, 1))
		var want plane
		n := 0
		for y := range thin {
			for x := range thin {
				if !thin[y][x] {
					continue
				}
				n++
				for v := y; v < min(24, y+h); v++ {
					for c := x; c < min(24, x+w); c++ {
						want[v][c] = true
					}
				}
			}
		}
		if got := planeOf(Line(from, to, w, h)); got != want {
			t.Fatalf("%v to %v by %d, %d:\n%s", from, to, w, h, show(Line(from, to, w, h)))
		}
		dv, dh := int(to.V)-int(from.V), int(to.H)-int(from.H)
		if long := max(dv, -dv, dh, -dh) + 1; n != long || !thin[from.V][from.H] || !thin[to.V][to.H] {
			t.Fatalf("%v to %v: %d pixels, not %d:\n%s", from, to, n, long, show(Line(from, to, 1, 1)))
		}
		if back := Line(to, from, w, h); !back.Equal(Line(from, to, w, h)) && dv != 0 {
			t.Fatalf("%v to %v is not the same backwards", from, to)
		}
	}
}

// TestOvals compares ovals with the equation.
func TestOvals(t *testing.T) {
	for w := 1; w <= 20; w++ {
		for h := 1; h <= 20; h++ {
			got := planeOf(Oval(Rect{1, 2, int16(1 + h), int16(2 + w)}))
			for y := range h {
				for x := range w {
					a, b := (2*x+1-w)*h, (2*y+1-h)*w
					if want := a*a+b*b <= w*w*h*h; got[1+y][2+x] != want {
						t.Fatalf("%d by %d: (%d, %d)", w, h, x, y)
					}
				}
			}
		}
	}
	big := Oval(Rect{-32768, -32768, 32767, 32767})
	if big.Box.Top != -32768 || !big.Has(Point{0, 0}) || big.Has(Point{-32000, -32000}) {
		t.Error("the largest oval is none")
	}
	if part := (Within{Top: -1, Bottom: 1}).Oval(Rect{-32768, -32768, 32767, 32767}); part.Box.Height() != 2 {
		t.Errorf("two rows of it are %v", part.Box)
	}
}
