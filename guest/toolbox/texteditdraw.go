package toolbox

import (
	"bytes"

	"github.com/crossplug/crossplug/guest/quickdraw"
)

// Where texts of TextEdit are on the screen.

// within draws to a part of a port.
func (t *Toolbox) within(port uint32, r quickdraw.Rect, draw func()) {
	h := t.u32(port + portClipRgn)
	before := t.u32(t.globals())
	t.setPort(port)
	clip := t.region(h)
	t.setRegion(h, clip.Intersect(quickdraw.FromRect(r)))
	draw()
	t.setRegion(h, clip)
	t.setPort(before)
}

// left returns where a line of a width begins.
func left(r quickdraw.Rect, width int, just int16) int16 {
	const center, right = 1, -1
	switch just {
	case center:
		return int16((int(r.Left) + int(r.Right) - width) / 2)
	case right:
		return int16(int(r.Right) - width)
	}
	return r.Left
}

// shown is a line as it is drawn.
func shown(text []byte) []byte { return bytes.TrimSuffix(text, []byte{'\r'}) }

// lineAt returns a line of a text, cut to where there is any.
func lineAt(text []byte, lines []int, n int) []byte {
	from := min(lines[n], len(text))
	return shown(text[from:max(from, min(lines[n+1], len(text)))])
}

// drawTE draws a record's text and what is selected of it.
func (t *Toolbox) drawTE(h uint32) {
	p := t.te(h)
	if p == 0 {
		return
	}
	port, view := t.u32(p+tePort), t.rectAt(p+teView)
	if port == 0 {
		return
	}
	t.within(port, view, func() {
		t.paint(port, quickdraw.FromRect(view), patternWhite, quickdraw.PatCopy)
		text, lines := t.textOf(h), t.lines(h)
		dest, height, ascent := t.rectAt(p+teDest), int(int16(t.u16(p+teLineHeight))), int(int16(t.u16(p+teAscent)))
		for i := range len(lines) - 1 {
			top := int(dest.Top) + i*height
			if top >= int(view.Bottom) {
				break
			}
			if top+height <= int(view.Top) {
				continue
			}
			s := lineAt(text, lines, i)
			at := left(dest, t.textWidthIn(port, s), int16(t.u16(p+teJust)))
			t.drawAt(port, quickdraw.Point{V: int16(top + ascent), H: at}, s)
		}
		if t.u16(p+teActive) != 0 {
			t.paint(port, t.selected(h), patternBlack, quickdraw.PatXor)
		}
	})
}

// place returns the left end of a place in the text, and its line.
func (t *Toolbox) place(h uint32, at int) (x int16, line int) {
	p := t.te(h)
	text, lines := t.textOf(h), t.lines(h)
	if len(lines) < 2 {
		return left(t.rectAt(p+teDest), 0, int16(t.u16(p+teJust))), 0
	}
	line = lineOf(lines, at)
	s := lineAt(text, lines, line)
	port := t.u32(p + tePort)
	begin := left(t.rectAt(p+teDest), t.textWidthIn(port, s), int16(t.u16(p+teJust)))
	return begin + int16(t.textWidthIn(port, s[:max(0, min(at-lines[line], len(s)))])), line
}

// selected is what is highlighted: lines or parts of them, or the caret.
func (t *Toolbox) selected(h uint32) quickdraw.Region {
	p, from, to := t.selection(h)
	dest, height := t.rectAt(p+teDest), int(int16(t.u16(p+teLineHeight)))
	x, first := t.place(h, from)
	row := func(line int, l, r int16) quickdraw.Region {
		top := int(dest.Top) + line*height
		return quickdraw.FromRect(quickdraw.Rect{Top: int16(top), Left: l, Bottom: int16(top + height), Right: r})
	}
	if from == to {
		return row(first, x-1, x)
	}
	x2, last := t.place(h, to)
	if first == last {
		return row(first, x, x2)
	}
	all := row(first, x, dest.Right).Union(row(last, dest.Left, x2))
	if last > first+1 {
		all = all.Union(quickdraw.FromRect(quickdraw.Rect{
			Top: int16(int(dest.Top) + (first+1)*height), Left: dest.Left, Bottom: int16(int(dest.Top) + last*height), Right: dest.Right}))
	}
	return all
}

// redrawTE changes a record, and draws it if it is to be seen.
func (t *Toolbox) redrawTE(h uint32, change func()) {
	change()
	p := t.te(h)
	if p == 0 {
		return
	}
	if w := t.window(t.u32(p + tePort)); w == nil || t.isVisible(w) {
		t.drawTE(h)
	}
}

// TEUpdate draws a record's text, if a rectangle reaches into where it is to be seen.
func (t *Toolbox) TEUpdate(r, h uint32) {
	if p := t.te(h); p != 0 && !t.rectAt(r).Sect(t.rectAt(p+teView)).Empty() {
		t.drawTE(h)
	}
}

// offset returns the place in the text that is nearest to a point of the port.
func (t *Toolbox) offset(h uint32, at quickdraw.Point) int {
	p := t.te(h)
	text, lines := t.textOf(h), t.lines(h)
	height := max(1, int(int16(t.u16(p+teLineHeight))))
	if len(lines) < 2 {
		return 0
	}
	n := max(0, min((int(at.V)-int(t.rectAt(p+teDest).Top))/height, len(lines)-2))
	s := lineAt(text, lines, n)
	port := t.u32(p + tePort)
	x := int(left(t.rectAt(p+teDest), t.textWidthIn(port, s), int16(t.u16(p+teJust))))
	for i := range s {
		w := t.textWidthIn(port, s[i:i+1])
		if int(at.H) < x+w/2 {
			return lines[n] + i
		}
		x += w
	}
	return lines[n] + len(s)
}

// TEGetOffset returns the place in the text that a point of the port is nearest to.
func (t *Toolbox) TEGetOffset(point, h uint32) int16 {
	if t.te(h) == 0 {
		return 0
	}
	return int16(t.offset(h, pointOf(point)))
}

// TEClick selects from a point of the port to where the button is released, or from
// the other end of what is selected if that is to be extended.
func (t *Toolbox) TEClick(point uint32, extend bool, h uint32) {
	p, from, to := t.selection(h)
	if p == 0 {
		return
	}
	at := t.offset(h, pointOf(point))
	anchor := at
	if extend {
		anchor = from
		if at < from {
			anchor = to
		}
	}
	if t.desk.down {
		end := t.follow()
		at = t.offset(h, pointOf(t.globalToLocal(t.u32(p+tePort), pointWord(end))))
	}
	t.put32(p+teClickTime, t.ticks)
	t.put16(p+teClickLoc, uint16(at))
	t.TESetSelect(int32(min(anchor, at)), int32(max(anchor, at)), h)
}

// TETextBox draws a text in a rectangle of the port.
func (t *Toolbox) TETextBox(text uint32, length int32, r uint32, just int16) {
	t.textBox(t.port(), t.rectAt(r), t.copyOf(text, uint32(max(0, min(length, mostTEText)))), just)
}

func (t *Toolbox) textBox(port uint32, r quickdraw.Rect, text []byte, just int16) {
	t.within(port, r, func() {
		t.paint(port, quickdraw.FromRect(r), patternWhite, quickdraw.PatCopy)
		ascent, height := t.lineMetrics(port)
		lines := t.breakLines(port, text, r.Width())
		for i := range len(lines) - 1 {
			s := lineAt(text, lines, i)
			y := int(r.Top) + i*height + ascent
			if y-ascent >= int(r.Bottom) {
				break
			}
			t.drawAt(port, quickdraw.Point{V: int16(y), H: left(r, t.textWidthIn(port, s), just)}, s)
		}
	})
}
