package toolbox

import (
	"github.com/crossplug/crossplug/guest/quickdraw"
)

// How windows look: plain frames in black and white, with the title, the close box and
// the zoom box where they always were.

const (
	titleHeight = 18 // with the line below
	growBox     = 15
)

// Variations of the standard definitions, 0 and 1.
const (
	documentProc    = 0
	dBoxProc        = 1
	plainDBox       = 2
	altDBoxProc     = 3
	noGrowDocProc   = 4
	movableDBoxProc = 5
)

// hasTitle says whether a window has a title bar.
func (w *window) hasTitle() bool {
	switch w.proc & 7 {
	case dBoxProc, plainDBox, altDBoxProc:
		return w.proc>>4 != 0 // rounded ones have
	}
	return true
}

func (w *window) hasGrow() bool { return w.proc>>4 == 0 && w.proc&7 == documentProc }

// structure is all of a window whose content is a rectangle.
func (w *window) structure(r quickdraw.Rect) quickdraw.Region {
	frame := r.Inset(-1, -1)
	switch {
	case w.proc>>4 == 1: // rDocProc
		frame.Top -= titleHeight
		return quickdraw.RoundRect(frame, 16, 16)
	case w.proc&7 == dBoxProc:
		return quickdraw.FromRect(r.Inset(-8, -8))
	case w.proc&7 == plainDBox:
		return quickdraw.FromRect(frame)
	case w.proc&7 == altDBoxProc:
		return quickdraw.FromRect(frame).Union(quickdraw.FromRect(frame.Offset(2, 2)))
	}
	frame.Top -= titleHeight
	shadow := frame.Offset(1, 1)
	shadow.Top, shadow.Left = shadow.Top+2, shadow.Left+2
	return quickdraw.FromRect(frame).Union(quickdraw.FromRect(shadow))
}

// outline is the edge of a rectangle.
func outline(r quickdraw.Rect, width int) quickdraw.Region {
	return quickdraw.FromRect(r).Subtract(quickdraw.FromRect(r.Inset(width, width)))
}

// titleBar, closeBox and zoomBox are parts of a window, on the screen.
func titleBar(r quickdraw.Rect) quickdraw.Rect {
	return quickdraw.Rect{Top: r.Top - titleHeight - 1, Left: r.Left - 1, Bottom: r.Top, Right: r.Right + 1}
}

func closeBox(r quickdraw.Rect) quickdraw.Rect {
	return quickdraw.Rect{Top: r.Top - 15, Left: r.Left + 8, Bottom: r.Top - 4, Right: r.Left + 19}
}

func zoomBox(r quickdraw.Rect) quickdraw.Rect {
	return quickdraw.Rect{Top: r.Top - 15, Left: r.Right - 19, Bottom: r.Top - 4, Right: r.Right - 8}
}

// drawFrame draws what of a window's frame is in a region of the screen.
func (t *Toolbox) drawFrame(w *window, in quickdraw.Region) {
	if in.Empty() || t.err != nil {
		return
	}
	port := t.desk.windows.colorPort
	clip := t.u32(port + portClipRgn)
	t.setRegion(clip, in)
	defer func() { t.setRegion(clip, quickdraw.FromRect(widest)) }()
	if w.own != 0 {
		before := t.u32(t.globals())
		t.setRegion(t.u32(t.desk.windows.port+portClipRgn), in)
		t.setPort(t.desk.windows.port)
		t.define(w, wDraw, 0)
		t.setRegion(t.u32(t.desk.windows.port+portClipRgn), quickdraw.FromRect(widest))
		t.setPort(before)
		return
	}
	r := t.content(w.at)
	all := w.structure(r)
	t.paint(port, all, patternBlack, quickdraw.PatCopy)
	white := func(r quickdraw.Rect) { t.paint(port, quickdraw.FromRect(r), patternWhite, quickdraw.PatCopy) }
	if w.proc>>4 == 0 && w.proc&7 == dBoxProc {
		white(r.Inset(-7, -7))
		t.paint(port, outline(r.Inset(-5, -5), 2), patternBlack, quickdraw.PatCopy)
	}
	if !w.hasTitle() {
		return
	}
	bar := titleBar(r).Inset(1, 1)
	white(bar)
	active := t.u8(w.at+winHilited) != 0
	if active {
		for y := bar.Top + 3; y < bar.Bottom-2; y += 2 {
			t.paint(port, quickdraw.FromRect(quickdraw.Rect{Top: y, Left: bar.Left + 1, Bottom: y + 1, Right: bar.Right - 1}), patternBlack, quickdraw.PatCopy)
		}
		for box, there := range map[quickdraw.Rect]bool{closeBox(r): t.u8(w.at+winGoAway) != 0, zoomBox(r): t.u8(w.at+winSpare) != 0} {
			if there {
				white(box.Inset(-1, 0))
				t.paint(port, outline(box, 1), patternBlack, quickdraw.PatCopy)
			}
		}
	}
	title := t.title(w.at)
	if len(title) == 0 {
		return
	}
	width := int16(min(t.systemWidth(title), r.Width()))
	left := int16((int(r.Left) + int(r.Right) - int(width)) / 2)
	white(quickdraw.Rect{Top: bar.Top, Left: left - 6, Bottom: bar.Bottom, Right: left + width + 6})
	t.drawAt(port, quickdraw.Point{V: r.Top - 5, H: left}, title)
}

// title returns a window's title.
func (t *Toolbox) title(at uint32) []byte {
	b := t.contents(t.u32(at + winTitle))
	if len(b) == 0 || int(b[0]) >= len(b) {
		return nil
	}
	return b[1 : 1+int(b[0])]
}

// DrawGrowIcon draws the box by which a window's size is changed, and the lines of its
// scroll bars.
func (t *Toolbox) DrawGrowIcon(at uint32) {
	w := t.window(at)
	if w == nil {
		return
	}
	if w.own != 0 {
		t.define(w, wDrawGIcon, 0)
		return
	}
	r := t.rectAt(at + portPortRect)
	h, v := r.Right-growBox, r.Bottom-growBox
	t.paint(at, quickdraw.FromRect(quickdraw.Rect{Top: v, Left: h, Bottom: r.Bottom, Right: r.Right}), patternWhite, quickdraw.PatCopy)
	for _, line := range []quickdraw.Rect{
		{Top: r.Top, Left: h, Bottom: r.Bottom, Right: h + 1},
		{Top: v, Left: r.Left, Bottom: v + 1, Right: r.Right},
	} {
		t.paint(at, quickdraw.FromRect(line), patternBlack, quickdraw.PatCopy)
	}
	if t.u8(at+winHilited) != 0 {
		for _, box := range []quickdraw.Rect{{Top: v + 3, Left: h + 3, Bottom: v + 10, Right: h + 10}, {Top: v + 5, Left: h + 5, Bottom: v + 14, Right: h + 14}} {
			t.paint(at, outline(box, 1), patternBlack, quickdraw.PatCopy)
		}
	}
}

// DrawMenuBar draws the menu bar.
func (t *Toolbox) DrawMenuBar() {
	if !t.desktop() {
		return
	}
	port := t.desk.windows.colorPort
	r := t.barRect()
	t.paint(port, quickdraw.FromRect(r), patternWhite, quickdraw.PatCopy)
	t.paint(port, quickdraw.FromRect(quickdraw.Rect{Top: r.Bottom - 1, Left: r.Left, Bottom: r.Bottom, Right: r.Right}), patternBlack, quickdraw.PatCopy)
	b := t.bar()
	at := t.lefts(b)
	for i, h := range b.menus {
		m := t.menu(h)
		if m == nil {
			return
		}
		t.drawAt(port, quickdraw.Point{V: r.Top + 14, H: int16(at[i]) + 6}, m.title)
		if m.id != 0 && m.id == int16(t.u16(lowTheMenu)) {
			t.paint(port, quickdraw.FromRect(quickdraw.Rect{Top: r.Top, Left: int16(at[i]), Bottom: r.Bottom - 1, Right: int16(at[i+1])}), patternBlack, quickdraw.PatXor)
		}
	}
}
