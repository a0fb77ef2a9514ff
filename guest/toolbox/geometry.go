package toolbox

// Points and rectangles ("Inside Macintosh: Imaging With QuickDraw", chapter 2):
// arithmetic, without a screen. A point is v and h, a rectangle top, left, bottom
// and right, two bytes each.

type rect struct{ top, left, bottom, right int16 }

func (t *Toolbox) rect(at uint32) rect {
	return rect{int16(t.u16(at)), int16(t.u16(at + 2)), int16(t.u16(at + 4)), int16(t.u16(at + 6))}
}

func (t *Toolbox) putRect(at uint32, r rect) {
	for i, v := range []int16{r.top, r.left, r.bottom, r.right} {
		t.put16(at+uint32(2*i), uint16(v))
	}
}

func (r rect) empty() bool { return r.top >= r.bottom || r.left >= r.right }

func point(p uint32) (v, h int16) { return int16(p >> 16), int16(p) }

// SetPt sets a point.
func (t *Toolbox) SetPt(p uint32, h, v int16) {
	t.put16(p, uint16(v))
	t.put16(p+2, uint16(h))
}

// AddPt adds a point to another.
func (t *Toolbox) AddPt(a, to uint32) {
	v, h := point(a)
	v2, h2 := point(t.u32(to))
	t.SetPt(to, h+h2, v+v2)
}

// SubPt subtracts a point from another.
func (t *Toolbox) SubPt(a, from uint32) {
	v, h := point(a)
	v2, h2 := point(t.u32(from))
	t.SetPt(from, h2-h, v2-v)
}

// EqualPt says whether points are the same.
func (t *Toolbox) EqualPt(a, b uint32) bool { return a == b }

// SetRect sets a rectangle.
func (t *Toolbox) SetRect(r uint32, left, top, right, bottom int16) {
	t.putRect(r, rect{top, left, bottom, right})
}

// OffsetRect moves a rectangle.
func (t *Toolbox) OffsetRect(at uint32, dh, dv int16) {
	r := t.rect(at)
	t.putRect(at, rect{r.top + dv, r.left + dh, r.bottom + dv, r.right + dh})
}

// InsetRect makes a rectangle smaller; if nothing is left, it becomes empty.
func (t *Toolbox) InsetRect(at uint32, dh, dv int16) {
	r := t.rect(at)
	r = rect{r.top + dv, r.left + dh, r.bottom - dv, r.right - dh}
	if r.empty() {
		r = rect{}
	}
	t.putRect(at, r)
}

// SectRect writes what two rectangles have in common, and says whether there is
// anything.
func (t *Toolbox) SectRect(a, b, to uint32) bool {
	x, y := t.rect(a), t.rect(b)
	r := rect{max(x.top, y.top), max(x.left, y.left), min(x.bottom, y.bottom), min(x.right, y.right)}
	if x.empty() || y.empty() || r.empty() {
		r = rect{}
	}
	t.putRect(to, r)
	return !r.empty()
}

// UnionRect writes the smallest rectangle that has both in it.
func (t *Toolbox) UnionRect(a, b, to uint32) {
	x, y := t.rect(a), t.rect(b)
	switch {
	case x.empty():
		x = y
	case !y.empty():
		x = rect{min(x.top, y.top), min(x.left, y.left), max(x.bottom, y.bottom), max(x.right, y.right)}
	}
	t.putRect(to, x)
}

// Pt2Rect writes the smallest rectangle with two points as corners.
func (t *Toolbox) Pt2Rect(a, b, to uint32) {
	v, h := point(a)
	v2, h2 := point(b)
	t.putRect(to, rect{min(v, v2), min(h, h2), max(v, v2), max(h, h2)})
}

// PtInRect says whether the pixel below and to the right of a point is in a
// rectangle.
func (t *Toolbox) PtInRect(p, at uint32) bool {
	v, h := point(p)
	r := t.rect(at)
	return v >= r.top && v < r.bottom && h >= r.left && h < r.right
}

// EmptyRect says whether a rectangle has no pixels.
func (t *Toolbox) EmptyRect(at uint32) bool { return t.rect(at).empty() }

// EqualRect says whether rectangles are the same.
func (t *Toolbox) EqualRect(a, b uint32) bool { return t.rect(a) == t.rect(b) }
