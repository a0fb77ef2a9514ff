package toolbox

import "github.com/crossplug/crossplug/guest/quickdraw"

// Regions ("Imaging With QuickDraw", chapter 3).

// NewRgn returns a handle to a new, empty region.
func (t *Toolbox) NewRgn() uint32 {
	h := t.NewHandle(10)
	if h != 0 {
		t.setRegion(h, quickdraw.Region{})
	}
	return h
}

// DisposeRgn frees a region.
func (t *Toolbox) DisposeRgn(region uint32) { t.DisposeHandle(region) }

// CopyRgn makes a region the same as another.
func (t *Toolbox) CopyRgn(from, to uint32) { t.setRegion(to, t.region(from)) }

// SetEmptyRgn makes a region empty.
func (t *Toolbox) SetEmptyRgn(region uint32) { t.setRegion(region, quickdraw.Region{}) }

// SetRectRgn makes a region a rectangle.
func (t *Toolbox) SetRectRgn(region uint32, left, top, right, bottom int16) {
	t.setRegion(region, quickdraw.FromRect(quickdraw.Rect{Top: top, Left: left, Bottom: bottom, Right: right}))
}

// RectRgn makes a region a rectangle.
func (t *Toolbox) RectRgn(region, r uint32) { t.setRegion(region, quickdraw.FromRect(t.rectAt(r))) }

// OffsetRgn moves a region.
func (t *Toolbox) OffsetRgn(region uint32, dh, dv int16) {
	t.setRegion(region, t.region(region).Offset(int(dh), int(dv)))
}

// InsetRgn moves a region's edges inwards, or outwards.
func (t *Toolbox) InsetRgn(region uint32, dh, dv int16) {
	t.setRegion(region, t.region(region).Inset(int(dh), int(dv)))
}

// EmptyRgn says whether a region has no pixels.
func (t *Toolbox) EmptyRgn(region uint32) bool { return t.region(region).Empty() }

// EqualRgn says whether regions have the same pixels.
func (t *Toolbox) EqualRgn(a, b uint32) bool { return t.region(a).Equal(t.region(b)) }

// SectRgn makes a region of what two have in common.
func (t *Toolbox) SectRgn(a, b, to uint32) { t.setRegion(to, t.region(a).Intersect(t.region(b))) }

// UnionRgn makes a region of what either of two has.
func (t *Toolbox) UnionRgn(a, b, to uint32) { t.setRegion(to, t.region(a).Union(t.region(b))) }

// DiffRgn makes a region of what one has and the other has not.
func (t *Toolbox) DiffRgn(a, b, to uint32) { t.setRegion(to, t.region(a).Subtract(t.region(b))) }

// XorRgn makes a region of what only one of two has.
func (t *Toolbox) XorRgn(a, b, to uint32) { t.setRegion(to, t.region(a).Xor(t.region(b))) }

// PtInRgn says whether the pixel below and to the right of a point is in a region.
func (t *Toolbox) PtInRgn(p, region uint32) bool { return t.region(region).Has(pointOf(p)) }

// RectInRgn says whether any pixel of a rectangle is in a region.
func (t *Toolbox) RectInRgn(r, region uint32) bool {
	return !t.region(region).Intersect(quickdraw.FromRect(t.rectAt(r))).Empty()
}
