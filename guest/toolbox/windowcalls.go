package toolbox

import (
	"encoding/binary"
	"fmt"

	"github.com/crossplug/crossplug/guest/quickdraw"
	"github.com/crossplug/crossplug/internal/bin"
)

// What is asked of and told to windows, and how the mouse moves them.

// template is what a 'WIND' or 'DLOG' resource says: rectangle 8, definition 2,
// visible 2, close box 2, reference constant 4, of a dialog the ID of its 'DITL' 2,
// title; and then perhaps, at an even place, position 2.
type template struct {
	bounds          quickdraw.Rect
	proc            int16
	visible, goAway bool
	refCon          uint32
	items           int16
	title           []byte
	position        uint16
}

func rectOf(b []byte) quickdraw.Rect {
	v := func(i int) int16 { return int16(binary.BigEndian.Uint16(b[2*i:])) }
	return quickdraw.Rect{Top: v(0), Left: v(1), Bottom: v(2), Right: v(3)}
}

// template reads one.
func (t *Toolbox) template(kind string, id int16) (*template, bool) {
	h := t.GetResource(code4(kind), id)
	if h == 0 {
		return nil, false
	}
	b := t.contents(h)
	least := 19
	if kind == "DLOG" {
		least = 21
	}
	if len(b) < least || len(b) < least+int(b[least-1]) {
		if t.err == nil {
			t.fail(fmt.Errorf("'%s' %d: it has %d bytes, too few for its title (at 0x%x)", kind, id, len(b), least-1))
		}
		return nil, false
	}
	v := &template{
		bounds: rectOf(b), proc: int16(binary.BigEndian.Uint16(b[8:])), visible: b[10] != 0, goAway: b[12] != 0,
		refCon: binary.BigEndian.Uint32(b[14:]), title: b[least : least+int(b[least-1])],
	}
	if kind == "DLOG" {
		v.items = int16(binary.BigEndian.Uint16(b[18:]))
	}
	if end := least + len(v.title); len(b) >= end+end&1+2 {
		v.position = binary.BigEndian.Uint16(b[end+end&1:])
	}
	return v, true
}

// onScreen places a rectangle as a template's position says: as it is, or in the
// middle of the screen, alerts a fifth from the top.
func (t *Toolbox) onScreen(r quickdraw.Rect, position uint16) quickdraw.Rect {
	s := t.screen()
	if position == 0 || s == nil {
		return r
	}
	const alertPosition = 0x3000
	left := (s.bounds.Width() - r.Width()) / 2
	above := s.bounds.Height() - menuBarHeight - r.Height()
	top := menuBarHeight + above/2
	if position&alertPosition == alertPosition {
		top = menuBarHeight + above/5
	}
	return quickdraw.Rect{Bottom: int16(r.Height()), Right: int16(r.Width())}.Offset(left, top)
}

// toUpdate finds the first window that has to be drawn.
func (t *Toolbox) toUpdate() uint32 {
	for _, w := range t.windowList() {
		if !t.isVisible(w) || t.region(t.u32(w.at+winUpdate)).Empty() {
			continue
		}
		if !t.region(t.u32(w.at + winUpdate)).Intersect(t.global(w.at, t.visible(w))).Empty() {
			return w.at
		}
	}
	return 0
}

// CheckUpdate is the event that says that a window has to be drawn, if one has.
func (t *Toolbox) CheckUpdate(event uint32) bool {
	w := t.toUpdate()
	if w != 0 {
		t.putEvent(event, &pending{Event: Event{What: UpdateEvent, Message: w}})
	}
	return w != 0
}

// BeginUpdate lets only that be drawn which has to be, until EndUpdate.
func (t *Toolbox) BeginUpdate(at uint32) {
	w := t.window(at)
	if w == nil || w.updating {
		return
	}
	w.seen = t.visible(w)
	w.updating = true
	t.setRegion(t.u32(at+portVisRgn), w.seen.Intersect(t.local(at, t.region(t.u32(at+winUpdate)))))
	t.setRegion(t.u32(at+winUpdate), quickdraw.Region{})
}

// EndUpdate ends it.
func (t *Toolbox) EndUpdate(at uint32) {
	if w := t.window(at); w != nil && w.updating {
		w.updating = false
		t.setRegion(t.u32(at+portVisRgn), w.seen)
	}
}

// invalidate adds to the update region of a window, or takes away from it.
func (t *Toolbox) invalidate(at uint32, r quickdraw.Region, add bool) {
	if t.window(at) == nil {
		return
	}
	h := t.u32(at + winUpdate)
	r = t.global(at, r).Intersect(t.region(t.u32(at + winContRgn)))
	if add {
		t.setRegion(h, t.region(h).Union(r))
	} else {
		t.setRegion(h, t.region(h).Subtract(r))
	}
}

// InvalRect says that a rectangle of the current port's window has to be drawn.
func (t *Toolbox) InvalRect(r uint32) {
	t.invalidate(t.port(), quickdraw.FromRect(t.rectAt(r)), true)
}

// InvalRgn says that a region of it has to be.
func (t *Toolbox) InvalRgn(h uint32) { t.invalidate(t.port(), t.region(h), true) }

// ValidRect says that a rectangle of it has not to be drawn.
func (t *Toolbox) ValidRect(r uint32) {
	t.invalidate(t.port(), quickdraw.FromRect(t.rectAt(r)), false)
}

// ValidRgn says that a region of it has not to be.
func (t *Toolbox) ValidRgn(h uint32) { t.invalidate(t.port(), t.region(h), false) }

// SetWTitle changes a window's title.
func (t *Toolbox) SetWTitle(at, title uint32) {
	w := t.window(at)
	if w == nil {
		return
	}
	s := t.pstring(title)
	t.setContents(t.u32(at+winTitle), append([]byte{uint8(len(s))}, s...))
	t.put16(at+winTitleW, uint16(t.systemWidth(s)))
	if t.isVisible(w) {
		t.drawFrame(w, w.drawn.Subtract(t.region(t.u32(at+winContRgn))))
	}
}

// GetWTitle writes a window's title.
func (t *Toolbox) GetWTitle(at, title uint32) { t.putPString(title, t.title(at), 255) }

// SetWRefCon changes a window's reference constant.
func (t *Toolbox) SetWRefCon(at uint32, v int32) { t.put32(at+winRefCon, uint32(v)) }

// GetWRefCon returns it.
func (t *Toolbox) GetWRefCon(at uint32) int32 { return int32(t.u32(at + winRefCon)) }

// SetWindowPic sets the picture of a window's content.
func (t *Toolbox) SetWindowPic(at, picture uint32) { t.put32(at+winPic, picture) }

// GetWindowPic returns it.
func (t *Toolbox) GetWindowPic(at uint32) uint32 { return t.u32(at + winPic) }

// GetWVariant returns the variation of a window's definition.
func (t *Toolbox) GetWVariant(at uint32) int16 {
	if w := t.window(at); w != nil {
		return w.proc & 0xf
	}
	return 0
}

// GetWMgrPort writes the address of the GrafPort of all of the screen.
func (t *Toolbox) GetWMgrPort(at uint32) {
	if t.desktop() {
		t.put32(at, t.desk.windows.port)
	}
}

// GetCWMgrPort writes the address of the CGrafPort of all of the screen.
func (t *Toolbox) GetCWMgrPort(at uint32) {
	if t.desktop() {
		t.put32(at, t.desk.windows.colorPort)
	}
}

// GetGrayRgn returns the region of the screen without the menu bar.
func (t *Toolbox) GetGrayRgn() uint32 {
	t.desktop()
	return t.u32(lowGrayRgn)
}

// LMGetWindowList returns the front window, even if it is invisible.
func (t *Toolbox) LMGetWindowList() uint32 { return t.u32(lowWindowList) }

// Parts of windows and the screen.
const (
	inDesk = iota
	inMenuBar
	inSysWindow
	inContent
	inDrag
	inGrow
	inGoAway
	inZoomIn
	inZoomOut
)

// FindWindow says what a place on the screen is part of, and writes which window.
func (t *Toolbox) FindWindow(point, at uint32) int16 {
	p := pointOf(point)
	t.put32(at, 0)
	if t.barRect().Has(p) {
		return inMenuBar
	}
	for _, w := range t.windowList() {
		if !t.isVisible(w) || !t.region(t.u32(w.at+winStrucRgn)).Has(p) {
			continue
		}
		t.put32(at, w.at)
		if w.own != 0 {
			return t.hitOwn(w, point)
		}
		part := t.partOf(w, p)
		if part == inDesk { // its edge
			t.put32(at, 0)
		}
		return part
	}
	return inDesk
}

// hitOwn asks a definition procedure, whose parts have other numbers.
func (t *Toolbox) hitOwn(w *window, point uint32) int16 {
	if part := int16(t.define(w, wHit, point)); part > 0 {
		return part + inContent - 1
	}
	return inDesk
}

func (t *Toolbox) partOf(w *window, p quickdraw.Point) int16 {
	r := t.content(w.at)
	active := t.u8(w.at+winHilited) != 0
	switch {
	case r.Has(p):
		if active && w.hasGrow() && p.H >= r.Right-growBox && p.V >= r.Bottom-growBox {
			return inGrow
		}
		return inContent
	case !w.hasTitle() || !titleBar(r).Has(p):
		return inDesk
	case active && t.u8(w.at+winGoAway) != 0 && closeBox(r).Has(p):
		return inGoAway
	case active && t.u8(w.at+winSpare) != 0 && zoomBox(r).Has(p):
		if t.isZoomed(w) {
			return inZoomIn
		}
		return inZoomOut
	}
	return inDrag
}

// follow follows the mouse until the button is up, and returns where that is.
func (t *Toolbox) follow() quickdraw.Point {
	for t.trackMouse() && t.err == nil {
		continue
	}
	return quickdraw.Point{V: t.desk.mouse.V, H: t.desk.mouse.H}
}

// TrackGoAway follows the mouse and says whether it is released in the close box.
func (t *Toolbox) TrackGoAway(at, _ uint32) bool {
	w := t.window(at)
	if w == nil {
		return false
	}
	p := t.follow()
	if w.own != 0 {
		return t.hitOwn(w, pointWord(p)) == inGoAway
	}
	return closeBox(t.content(at)).Has(p)
}

// TrackBox does so for the zoom box.
func (t *Toolbox) TrackBox(at, _ uint32, part int16) bool {
	w := t.window(at)
	if w == nil {
		return false
	}
	p := t.follow()
	if w.own != 0 {
		return t.hitOwn(w, pointWord(p)) == part
	}
	return zoomBox(t.content(at)).Has(p)
}

// DragWindow moves a window by how far the mouse is moved from start, if that is
// within bounds, and to the front unless the command key is down.
func (t *Toolbox) DragWindow(at, start, bounds uint32) {
	if t.window(at) == nil {
		return
	}
	from, to := pointOf(start), t.follow()
	const command = 55
	if t.u8(lowKeyMap+command>>3)>>(command&7)&1 == 0 {
		t.SelectWindow(at)
	}
	if to != from && t.rectAt(bounds).Has(to) {
		r := t.content(at)
		t.MoveWindow(at, r.Left+to.H-from.H, r.Top+to.V-from.V, false)
	}
}

// GrowWindow returns the new height, in the upper half, and width of a window whose
// grow box is moved from start; 0 if it stays as it is. The sizes are bounded: bounds
// has the least height and width, then the most.
func (t *Toolbox) GrowWindow(at, start, bounds uint32) int32 {
	if t.window(at) == nil {
		return 0
	}
	from, to, most := pointOf(start), t.follow(), t.rectAt(bounds)
	if to == from {
		return 0
	}
	r := t.rectAt(at + portPortRect)
	height := min(max(r.Bottom-r.Top+to.V-from.V, most.Top), most.Bottom-1)
	width := min(max(r.Right-r.Left+to.H-from.H, most.Left), most.Right-1)
	return int32(height)<<16 | int32(uint16(width))
}

// A WStateData, the handle of a window that can be zoomed: its rectangle as its user
// has made it 8, and as large as can be 8.

func (t *Toolbox) setZoomed(w *window, bounds quickdraw.Rect) {
	if t.u8(w.at+winSpare) == 0 || t.u32(w.at+winData) != 0 {
		return
	}
	h := t.NewHandle(16)
	s := t.screen()
	if h == 0 || s == nil {
		return
	}
	t.put32(w.at+winData, h)
	full := s.bounds
	full.Top += menuBarHeight + titleHeight + 2
	t.putRectAt(t.u32(h), bounds)
	t.putRectAt(t.u32(h)+8, full.Inset(3, 3))
}

func (t *Toolbox) isZoomed(w *window) bool {
	h := t.u32(w.at + winData)
	return h != 0 && t.content(w.at) == t.rectAt(t.u32(h)+8)
}

// ZoomWindow makes a window as large as can be for inZoomOut, and as it was for
// inZoomIn.
func (t *Toolbox) ZoomWindow(at uint32, part int16, front bool) {
	w := t.window(at)
	if w == nil || t.u32(at+winData) == 0 {
		return
	}
	state := t.u32(t.u32(at + winData))
	r := t.rectAt(state)
	if part == inZoomOut {
		if !t.isZoomed(w) {
			t.putRectAt(state, t.content(at))
		}
		r = t.rectAt(state + 8)
	}
	t.MoveWindow(at, r.Left, r.Top, front)
	t.SizeWindow(at, int16(r.Width()), int16(r.Height()), true)
}

// PinRect returns the point of a rectangle that is nearest to another point.
func (t *Toolbox) PinRect(r, point uint32) int32 {
	b, p := t.rectAt(r), pointOf(point)
	p.V = max(b.Top, min(p.V, b.Bottom-1))
	p.H = max(b.Left, min(p.H, b.Right-1))
	return int32(pointWord(p))
}

// DragGrayRgn follows the mouse and returns how far it has moved, in the current
// port's coordinates: vertically in the upper half. It is 0x80008000 if the mouse is
// released outside of slop.
func (t *Toolbox) DragGrayRgn(_, start, limit, slop uint32, axis int16, _ uint32) int32 {
	const outside = -0x7fff8000
	end := t.follow()
	b := t.rectAt(t.boundsAt(t.port()))
	p := quickdraw.Point{V: end.V + b.Top, H: end.H + b.Left}
	if !t.rectAt(slop).Has(p) {
		return outside
	}
	l := t.rectAt(limit)
	p.V, p.H = max(l.Top, min(p.V, l.Bottom)), max(l.Left, min(p.H, l.Right))
	from := pointOf(start)
	const horizontal, vertical = 1, 2
	switch axis {
	case horizontal:
		p.V = from.V
	case vertical:
		p.H = from.H
	}
	return int32(pointWord(quickdraw.Point{V: p.V - from.V, H: p.H - from.H}))
}

// Window is a window as the host sees it.
type Window struct {
	At      uint32 // where its record is, which is its port
	Title   string
	Visible bool
	Dialog  bool
	// Top, Left, Bottom and Right are those of its content on the screen.
	Top, Left, Bottom, Right int16
}

// Windows returns the windows from front to back.
func (t *Toolbox) Windows() []Window {
	var out []Window
	for _, w := range t.windowList() {
		r := t.content(w.at)
		out = append(out, Window{
			At: w.at, Title: bin.MacRoman(t.title(w.at)), Visible: t.isVisible(w), Dialog: t.u16(w.at+winKind) == dialogKind,
			Top: r.Top, Left: r.Left, Bottom: r.Bottom, Right: r.Right,
		})
	}
	return out
}
