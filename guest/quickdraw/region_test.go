package quickdraw

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// plane is a region as a set of pixels, to compare with.
type plane [24][24]bool

func (p *plane) region() Region {
	var r Region
	for y := range p {
		for x := range p[y] {
			if p[y][x] {
				r = r.Union(FromRect(Rect{int16(y), int16(x), int16(y + 1), int16(x + 1)}))
			}
		}
	}
	return r
}

func planeOf(r Region) (p plane) {
	r.Rows(0, len(p), func(top, bottom int, points []int16) {
		for y := top; y < bottom; y++ {
			for i := 0; i < len(points); i += 2 {
				for x := max(points[i], 0); x < min(points[i+1], int16(len(p))); x++ {
					p[y][x] = true
				}
			}
		}
	})
	return p
}

func random(g *rand.Rand) (p plane) {
	for range g.IntN(5) {
		t, l := g.IntN(20), g.IntN(20)
		for y := t; y < min(24, t+1+g.IntN(10)); y++ {
			for x := l; x < min(24, l+1+g.IntN(10)); x++ {
				p[y][x] = !p[y][x]
			}
		}
	}
	return p
}

// TestOperations compares operations on random regions with those on sets of pixels.
func TestOperations(t *testing.T) {
	g := rand.New(rand.NewPCG(1, 2))
	for range 400 {
		a, b := random(g), random(g)
		ra, rb := a.region(), b.region()
		dh, dv := g.IntN(5)-2, g.IntN(5)-2
		for name, op := range map[string]struct {
			got  Region
			want func(y, x int) bool
		}{
			"union":     {ra.Union(rb), func(y, x int) bool { return a[y][x] || b[y][x] }},
			"intersect": {ra.Intersect(rb), func(y, x int) bool { return a[y][x] && b[y][x] }},
			"subtract":  {ra.Subtract(rb), func(y, x int) bool { return a[y][x] && !b[y][x] }},
			"xor":       {ra.Xor(rb), func(y, x int) bool { return a[y][x] != b[y][x] }},
			"offset":    {ra.Offset(dh, dv), func(y, x int) bool { return has(&a, y-dv, x-dh) }},
			"inset": {ra.Inset(max(dh, 0), max(dv, 0)), func(y, x int) bool {
				return around(max(dh, 0), max(dv, 0), func(v, h int) bool { return !has(&a, y+v, x+h) }) == 0
			}},
			"outset": {ra.Inset(min(dh, 0), min(dv, 0)), func(y, x int) bool {
				return around(max(-dh, 0), max(-dv, 0), func(v, h int) bool { return has(&a, y+v, x+h) }) > 0
			}},
		} {
			var want plane
			for y := range want {
				for x := range want {
					want[y][x] = op.want(y, x)
				}
			}
			if planeOf(op.got) != want {
				t.Fatalf("%s (%d, %d):\n%v\n%v\nis %v", name, dh, dv, show(ra), show(rb), show(op.got))
			}
			box := Rect{}
			for y := range want {
				for x := range want {
					if want[y][x] {
						box = box.Union(Rect{int16(y), int16(x), int16(y + 1), int16(x + 1)})
					}
					if op.got.Has(Point{int16(y), int16(x)}) != want[y][x] {
						t.Fatalf("%s: Has(%d, %d)", name, y, x)
					}
				}
			}
			if in := op.got.Intersect(FromRect(Rect{0, 0, 24, 24})); in.Box != box {
				t.Fatalf("%s: box %v, not %v", name, in.Box, box)
			}
			code, ok := op.got.Encode()
			back, err := Decode(code)
			if !ok || err != nil || !back.Equal(op.got) {
				t.Fatalf("%s: % x is read as %v, %v", name, code, back, err)
			}
		}
	}
}

func has(p *plane, y, x int) bool {
	return y >= 0 && x >= 0 && y < len(p) && x < len(p) && p[y][x]
}

func around(dh, dv int, f func(v, h int) bool) (n int) {
	for v := -dv; v <= dv; v++ {
		for h := -dh; h <= dh; h++ {
			if f(v, h) {
				n++
			}
		}
	}
	return n
}

// show draws a region from 0 to 24.
func show(r Region) string {
	p := planeOf(r)
	var b bytes.Buffer
	for y := range p {
		for x := range p {
			b.WriteByte(map[bool]byte{false: '.', true: '#'}[p[y][x]])
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// TestFormat encodes the region that the documentation of Region shows.
func TestFormat(t *testing.T) {
	r := FromRect(Rect{10, 20, 20, 40}).Union(FromRect(Rect{15, 40, 20, 50})).Subtract(FromRect(Rect{15, 30, 20, 40}))
	got, _ := r.Encode()
	want := []byte{0, 40, 0, 10, 0, 20, 0, 20, 0, 50,
		0, 10, 0, 20, 0, 40, 0x7f, 0xff,
		0, 15, 0, 30, 0, 50, 0x7f, 0xff,
		0, 20, 0, 20, 0, 30, 0, 40, 0, 50, 0x7f, 0xff, 0x7f, 0xff}
	if !bytes.Equal(got, want) {
		t.Errorf("% x", got)
	}
	if whole := FromRect(Rect{-32767, -32767, 32767, 32767}); whole.Subtract(FromRect(Rect{0, 0, 1, 1})).Empty() {
		t.Error("the plane less a pixel is empty")
	}
}

// TestDecode refuses regions that are none.
func TestDecode(t *testing.T) {
	for want, code := range map[string][]byte{
		"region: 9 bytes (at least 10)":                         {0, 10, 0, 0, 0, 0, 0, 0, 0},
		"region: its size is 12 (an even number from 10 to 10)": {0, 12, 0, 0, 0, 0, 0, 0, 0, 0},
		"region: its size is 8 (an even number from 10 to 10)":  {0, 8, 0, 0, 0, 0, 0, 0, 0, 0},
		"region: its lines do not end within 14 bytes":          {0, 14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 0xff},
		"region: line 1 does not end within 14 bytes":           {0, 14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 5},
		"region: line 1: point 5 at byte 14 follows point 5":    {0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 5, 0, 5},
		"region: line 1 has 1 points (an even number)":          {0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 5, 0x7f, 0xff},
		"region: 2 points are left open at its end":             {0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 5, 0, 6, 0x7f, 0xff, 0x7f, 0xff},
		"region: line 1 at byte 14 follows line 1":              {0, 18, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 0xff, 0, 1, 0x7f, 0xff},
	} {
		if _, err := Decode(code); err == nil || err.Error() != want {
			t.Errorf("%v, not %s", err, want)
		}
	}
}

// FuzzRegions reads regions and computes with them: what comes of it is a region that
// is read as itself.
func FuzzRegions(f *testing.F) {
	a, _ := Oval(Rect{0, 0, 20, 30}).Encode()
	b, _ := FromRect(Rect{-100, -100, 100, 10}).Encode()
	f.Add(append(a, b...), int16(3), int16(-3))
	f.Add(append(b, a...), int16(-32768), int16(32767))
	f.Fuzz(func(t *testing.T, data []byte, dh, dv int16) {
		if len(data) > 2000 {
			return
		}
		r, err := Decode(data)
		if err != nil {
			return
		}
		code, _ := r.Encode()
		s := Oval(Rect{-20, dh, 20, 100})
		if len(code) <= len(data) {
			if s, err = Decode(data[len(code):]); err != nil {
				s = FromRect(Rect{dv, dh, 100, 100})
			}
		}
		for i, c := range []Region{r, r.Union(s), r.Intersect(s), r.Subtract(s), s.Subtract(r), r.Xor(s), r.Offset(int(dh), int(dv)), r.Inset(int(dh), int(dv))} {
			code, ok := c.Encode()
			if !ok {
				continue
			}
			if back, err := Decode(code); err != nil || !back.Equal(c) {
				t.Fatalf("result %d, %v: read as %v, %v", i, c, back, err)
			}
		}
		if u := r.Xor(s).Xor(s); !u.Equal(r) && r.Box.Bottom < 0x7ffe && r.Box.Right < 0x7ffe && s.Box.Bottom < 0x7ffe && s.Box.Right < 0x7ffe {
			t.Fatalf("%v without %v twice is %v", r, s, u)
		}
	})
}
