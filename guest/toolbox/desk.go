package toolbox

import (
	"github.com/crossplug/crossplug/guest/quickdraw"
)

// What managers draw with: text at places of ports, and icons.

// systemWidth is how wide a text is in the system's font.
func (t *Toolbox) systemWidth(text []byte) int {
	if !t.desktop() {
		return 0
	}
	return t.textWidthIn(t.desk.windows.colorPort, text)
}

// drawAt draws a text in a port, beginning at a place on its base line.
func (t *Toolbox) drawAt(port uint32, at quickdraw.Point, text []byte) {
	shape, _ := t.shapeOf(port, text, at)
	t.paint(port, shape, patternBlack, quickdraw.SrcOr)
}

// textWidthIn is how wide a text is as a port draws it.
func (t *Toolbox) textWidthIn(port uint32, text []byte) int { return t.measure(port, text, nil) }

// lineMetrics returns how far a line's base is below its top, and its height.
func (t *Toolbox) lineMetrics(port uint32) (ascent, height int) {
	tf := t.typefaceOf(port)
	if tf == nil {
		return 0, 1
	}
	return tf.ascent, tf.ascent + tf.descent
}

// drawIcon draws an icon of either kind.
func (t *Toolbox) drawIcon(port uint32, r quickdraw.Rect, h uint32) {
	t.inRect(port, r, func(at uint32) {
		if l := t.resources[h]; l != nil && uint32(l.resource.Type) == code4("ICON") {
			t.PlotIcon(at, h)
		} else {
			t.PlotCIcon(at, h)
		}
	})
}

// drawPictureIn draws a picture in the current port.
func (t *Toolbox) drawPictureIn(h uint32, r quickdraw.Rect) {
	t.inRect(t.port(), r, func(at uint32) { t.DrawPicture(h, at) })
}

// inRect calls what draws to a port and wants a rectangle in memory.
func (t *Toolbox) inRect(port uint32, r quickdraw.Rect, draw func(at uint32)) {
	at, err := t.Allocate(8)
	if err != nil {
		return
	}
	before := t.u32(t.globals())
	t.setPort(port)
	t.putRectAt(at, r)
	draw(at)
	t.setPort(before)
	_ = t.Free(at) // it is there
}
