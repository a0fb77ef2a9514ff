package toolbox

import (
	"github.com/crossplug/crossplug/guest/quickdraw"
)

// How controls look, and where the parts of a scroll bar are.

const arrowSize = 16

// scrollBar is where parts of one are, along its length.
type scrollBar struct {
	r              quickdraw.Rect
	upright        bool
	from, to       int // of what is between the arrows
	thumb          int
	value          int
	least, most    int
	length, travel int
}

func (t *Toolbox) scrollBar(p uint32) scrollBar {
	s := scrollBar{r: t.rectAt(p + ctlRect), value: int(int16(t.u16(p + ctlValue))), least: int(int16(t.u16(p + ctlMin))), most: int(int16(t.u16(p + ctlMax)))}
	s.upright = s.r.Height() >= s.r.Width()
	s.from, s.length = int(s.r.Left), s.r.Width()
	if s.upright {
		s.from, s.length = int(s.r.Top), s.r.Height()
	}
	arrow := min(arrowSize, s.length/3)
	s.to = s.from + s.length - arrow
	s.from += arrow
	s.travel = max(s.to-s.from-arrow, 0)
	s.thumb = s.from
	if s.most > s.least {
		s.thumb += (s.value - s.least) * s.travel / (s.most - s.least)
	}
	return s
}

func (s *scrollBar) along(p quickdraw.Point) int {
	if s.upright {
		return int(p.V)
	}
	return int(p.H)
}

// part returns a rectangle across the bar.
func (s *scrollBar) part(from, to int) quickdraw.Rect {
	r := s.r
	if s.upright {
		r.Top, r.Bottom = int16(from), int16(to)
	} else {
		r.Left, r.Right = int16(from), int16(to)
	}
	return r
}

func (t *Toolbox) scrollPart(p uint32, at quickdraw.Point) int16 {
	s := t.scrollBar(p)
	if s.most <= s.least {
		return 0
	}
	switch v := s.along(at); {
	case v < s.from:
		return inUpButton
	case v >= s.to:
		return inDownButton
	case v < s.thumb:
		return inPageUp
	case v >= s.thumb+arrowSize:
		return inPageDown
	}
	return inThumb
}

// dropThumb sets a scroll bar's value by how far its thumb has been moved.
func (t *Toolbox) dropThumb(h uint32, from, to quickdraw.Point) {
	c, p := t.controlAt(h)
	if c == nil || c.proc&^8 != scrollBarProc {
		return
	}
	s := t.scrollBar(p)
	if s.travel == 0 {
		return
	}
	thumb := max(0, min(s.thumb-s.from+s.along(to)-s.along(from), s.travel))
	t.SetControlValue(h, int16(s.least+(thumb*(s.most-s.least)+s.travel/2)/s.travel))
}

// Draw1Control draws a control, if it and its window are visible.
func (t *Toolbox) Draw1Control(h uint32) {
	c, p := t.controlAt(h)
	if c == nil || t.u8(p+ctlVisible) == 0 {
		return
	}
	port := t.u32(p + ctlOwner)
	if w := t.window(port); w == nil || !t.isVisible(w) {
		return
	}
	if c.own != 0 {
		before := t.u32(t.globals())
		t.setPort(port)
		t.defineControl(c, drawCntl, 0)
		t.setPort(before)
		return
	}
	r, title, hilite := t.rectAt(p+ctlRect), t.pstring(p+ctlTitle), t.u8(p+ctlHilite)
	pattern := patternBlack
	if hilite >= 254 {
		pattern = patternGray
	}
	paint := func(shape quickdraw.Region, pattern quickdraw.Pattern) {
		t.paint(port, shape, pattern, quickdraw.PatCopy)
	}
	paint(quickdraw.FromRect(r), patternWhite)
	middle := int16((int(r.Top) + int(r.Bottom)) / 2)
	switch c.proc &^ 8 {
	case pushButProc:
		all := quickdraw.RoundRect(r, 10, 10)
		paint(all.Subtract(quickdraw.RoundRect(r.Inset(1, 1), 8, 8)), pattern)
		left := int(r.Left) + (r.Width()-t.systemWidth(title))/2
		t.drawAt(port, quickdraw.Point{V: middle + 4, H: int16(left)}, title)
		if hilite == inButton {
			t.paint(port, all, patternBlack, quickdraw.PatXor)
		}
	case checkBoxProc, radioButProc:
		box := quickdraw.Rect{Top: middle - 6, Left: r.Left + 2, Bottom: middle + 6, Right: r.Left + 14}
		width := 1
		if hilite == inCheckBox {
			width = 2
		}
		on := t.u16(p+ctlValue) != 0
		if c.proc&^8 == radioButProc {
			paint(quickdraw.Oval(box).Subtract(quickdraw.Oval(box.Inset(width, width))), pattern)
			if on {
				paint(quickdraw.Oval(box.Inset(3, 3)), pattern)
			}
		} else {
			paint(outline(box, width), pattern)
			if on {
				paint(quickdraw.Line(quickdraw.Point{V: box.Top, H: box.Left}, quickdraw.Point{V: box.Bottom - 1, H: box.Right - 1}, 1, 1), pattern)
				paint(quickdraw.Line(quickdraw.Point{V: box.Bottom - 1, H: box.Left}, quickdraw.Point{V: box.Top, H: box.Right - 1}, 1, 1), pattern)
			}
		}
		t.drawAt(port, quickdraw.Point{V: middle + 4, H: r.Left + 18}, title)
	case scrollBarProc:
		t.drawScrollBar(port, t.scrollBar(p), hilite)
	}
}

func (t *Toolbox) drawScrollBar(port uint32, s scrollBar, hilite uint8) {
	paint := func(shape quickdraw.Region, pattern quickdraw.Pattern) {
		t.paint(port, shape, pattern, quickdraw.PatCopy)
	}
	usable := hilite < 254 && s.most > s.least
	if usable {
		paint(quickdraw.FromRect(s.part(s.from, s.to)), patternLtGray)
	}
	paint(outline(s.r, 1), patternBlack)
	start, end := s.from-min(arrowSize, s.length/3), s.to+min(arrowSize, s.length/3)
	for part, r := range map[uint8]quickdraw.Rect{inUpButton: s.part(start, s.from), inDownButton: s.part(s.to, end)} {
		paint(outline(r, 1), patternBlack)
		arrow := quickdraw.FromRect(r.Inset(5, 5))
		if hilite == part {
			paint(arrow, patternBlack)
		} else {
			paint(arrow.Subtract(quickdraw.FromRect(r.Inset(6, 6))), patternBlack)
		}
	}
	if usable {
		thumb := s.part(s.thumb, min(s.thumb+arrowSize, s.to))
		paint(quickdraw.FromRect(thumb), patternBlack)
		paint(quickdraw.FromRect(thumb.Inset(1, 1)), patternWhite)
	}
}

// DrawControls draws the controls of a window.
func (t *Toolbox) DrawControls(window uint32) {
	list := t.controlList(window)
	for i := len(list) - 1; i >= 0; i-- {
		t.Draw1Control(list[i].at)
	}
}

// UpdateControls draws those that reach into a region of the window.
func (t *Toolbox) UpdateControls(window, region uint32) {
	in := t.region(region)
	list := t.controlList(window)
	for i := len(list) - 1; i >= 0; i-- {
		if p := t.u32(list[i].at); !in.Intersect(quickdraw.FromRect(t.rectAt(p + ctlRect))).Empty() {
			t.Draw1Control(list[i].at)
		}
	}
}

// DragControl moves a control by how far the mouse is moved, if it is released within
// slop.
func (t *Toolbox) DragControl(h, start, limit, slop uint32, axis int16) {
	_, p := t.controlAt(h)
	if p == 0 {
		return
	}
	before := t.u32(t.globals())
	t.setPort(t.u32(p + ctlOwner))
	by := t.DragGrayRgn(0, start, limit, slop, axis, 0)
	t.setPort(before)
	if v := int16(by >> 16); v != -0x8000 {
		r := t.rectAt(t.u32(h) + ctlRect)
		t.MoveControl(h, r.Left+int16(by), r.Top+v)
	}
}
