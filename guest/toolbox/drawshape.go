package toolbox

import (
	"math"

	"github.com/crossplug/crossplug/guest/quickdraw"
)

// Lines, rectangles, ovals and the like, which are framed, painted, erased, inverted or
// filled ("Imaging With QuickDraw", chapter 3).

// verb is what is done with a figure, numbered as in pictures.
type verb uint16

const (
	toFrame verb = iota
	toPaint
	toErase
	toInvert
	toFill
)

// figureKind is what a figure is: its first operation code in pictures.
type figureKind uint16

const (
	aRect      figureKind = 0x30
	aRoundRect figureKind = 0x40
	anOval     figureKind = 0x50
	anArc      figureKind = 0x60
	aPolygon   figureKind = 0x70
	aRegion    figureKind = 0x80
)

type figure struct {
	kind          figureKind
	rect          quickdraw.Rect
	width, height int16 // of a round rectangle's corners
	start, arc    int16
	points        []quickdraw.Point // of a polygon
	region        quickdraw.Region
}

// inside returns the pixels of a figure. Those outside some rectangle are of no
// interest.
func (f *figure) inside(within quickdraw.Rect) quickdraw.Region {
	switch f.kind {
	case aRect:
		return quickdraw.FromRect(f.rect)
	case aRoundRect:
		return quickdraw.Within(within).RoundRect(f.rect, max(0, int(f.width)), max(0, int(f.height)))
	case anOval:
		return quickdraw.Within(within).Oval(f.rect)
	case anArc:
		return quickdraw.Within(within).Oval(f.rect).Intersect(quickdraw.Within(within).Wedge(f.rect, int(f.start), int(f.arc)))
	case aPolygon:
		var e quickdraw.Edges
		for i, p := range f.points {
			e.Add(p, f.points[(i+1)%len(f.points)])
		}
		r, _ := e.Region(within)
		return r
	}
	return f.region
}

// outline returns the pixels of a figure's frame, drawn with a pen of a size. A
// polygon's is lines, one by one.
func (f *figure) outline(size quickdraw.Point, within quickdraw.Rect) quickdraw.Region {
	w, h := int(size.H), int(size.V)
	if w <= 0 || h <= 0 {
		return quickdraw.Region{}
	}
	inner := *f
	inner.rect = f.rect.Inset(w, h)
	switch f.kind {
	case aRegion:
		return f.region.Subtract(f.region.Inset(w, h))
	case anArc:
		ring := quickdraw.Within(within).Oval(f.rect).Subtract(quickdraw.Within(within).Oval(inner.rect))
		return ring.Intersect(quickdraw.Within(within).Wedge(f.rect, int(f.start), int(f.arc)))
	case aRoundRect:
		inner.width, inner.height = int16(max(0, int(f.width)-2*w)), int16(max(0, int(f.height)-2*h))
	}
	return f.inside(within).Subtract(inner.inside(within))
}

// drawFigure does something with a figure in the current port.
func (t *Toolbox) drawFigure(v verb, f *figure, pattern quickdraw.Pattern) {
	port := t.port()
	if t.err != nil || port == 0 {
		return
	}
	if r := t.draw.recordings[port]; r != nil {
		if r.picture != nil && t.u32(port+portPicSave) != 0 {
			t.recordFigure(port, r.picture, v, f, pattern)
		}
		if r.inRegion && t.u32(port+portRgnSave) != 0 && v == toFrame && f.kind != anArc {
			r.frames = r.frames.Xor(f.inside(widest))
		}
	}
	if int16(t.u16(port+portPnVis)) < 0 {
		return
	}
	mode := quickdraw.PatCopy
	var shape quickdraw.Region
	within := t.seen(port)
	t.work(within.Height() + len(f.points))
	switch {
	case v == toFrame && f.kind == aPolygon:
		for i := 1; i < len(f.points) && t.err == nil; i++ {
			t.stroke(port, f.points[i-1], f.points[i])
		}
		return
	case v == toFrame:
		shape = f.outline(t.pointAt(port+portPnSize), within)
	default:
		shape = f.inside(within)
	}
	switch v {
	case toFrame, toPaint:
		pattern, mode = t.pattern(port, portPnPat), t.penMode(port)
	case toErase:
		pattern = t.pattern(port, portBkPat)
	case toInvert:
		pattern, mode = quickdraw.Solid, quickdraw.PatXor
	}
	t.paint(port, shape, pattern, mode)
}

// penMode returns how a port's pen draws, which is a pattern's mode.
func (t *Toolbox) penMode(port uint32) quickdraw.Mode {
	m := quickdraw.Mode(int16(t.u16(port + portPnMode)))
	if m >= 0 && m < quickdraw.PatCopy {
		m += quickdraw.PatCopy
	}
	return m
}

func (t *Toolbox) rectFigure(r uint32) *figure { return &figure{kind: aRect, rect: t.rectAt(r)} }

func (t *Toolbox) ovalFigure(r uint32) *figure { return &figure{kind: anOval, rect: t.rectAt(r)} }

func (t *Toolbox) roundFigure(r uint32, width, height int16) *figure {
	return &figure{kind: aRoundRect, rect: t.rectAt(r), width: width, height: height}
}

func (t *Toolbox) arcFigure(r uint32, start, arc int16) *figure {
	return &figure{kind: anArc, rect: t.rectAt(r), start: start, arc: arc}
}

func (t *Toolbox) regionFigure(region uint32) *figure {
	r := t.region(region)
	return &figure{kind: aRegion, rect: r.Box, region: r}
}

// FrameRect draws within a rectangle's edges, with the pen.
func (t *Toolbox) FrameRect(r uint32) { t.drawFigure(toFrame, t.rectFigure(r), patternBlack) }

// PaintRect paints a rectangle, with the pen's pattern and mode.
func (t *Toolbox) PaintRect(r uint32) { t.drawFigure(toPaint, t.rectFigure(r), patternBlack) }

// EraseRect fills a rectangle with the background pattern.
func (t *Toolbox) EraseRect(r uint32) { t.drawFigure(toErase, t.rectFigure(r), patternBlack) }

// InvertRect inverts the pixels of a rectangle.
func (t *Toolbox) InvertRect(r uint32) { t.drawFigure(toInvert, t.rectFigure(r), patternBlack) }

// FillRect fills a rectangle with a pattern.
func (t *Toolbox) FillRect(r, pattern uint32) {
	t.drawFigure(toFill, t.rectFigure(r), t.patternAt(pattern))
}

// FrameOval draws within the edge of an oval, with the pen.
func (t *Toolbox) FrameOval(r uint32) { t.drawFigure(toFrame, t.ovalFigure(r), patternBlack) }

// PaintOval paints an oval, with the pen's pattern and mode.
func (t *Toolbox) PaintOval(r uint32) { t.drawFigure(toPaint, t.ovalFigure(r), patternBlack) }

// EraseOval fills an oval with the background pattern.
func (t *Toolbox) EraseOval(r uint32) { t.drawFigure(toErase, t.ovalFigure(r), patternBlack) }

// InvertOval inverts the pixels of an oval.
func (t *Toolbox) InvertOval(r uint32) { t.drawFigure(toInvert, t.ovalFigure(r), patternBlack) }

// FillOval fills an oval with a pattern.
func (t *Toolbox) FillOval(r, pattern uint32) {
	t.drawFigure(toFill, t.ovalFigure(r), t.patternAt(pattern))
}

// FrameRoundRect draws within the edges of a rectangle with round corners, with the pen.
func (t *Toolbox) FrameRoundRect(r uint32, width, height int16) {
	t.drawFigure(toFrame, t.roundFigure(r, width, height), patternBlack)
}

// PaintRoundRect paints one, with the pen's pattern and mode.
func (t *Toolbox) PaintRoundRect(r uint32, width, height int16) {
	t.drawFigure(toPaint, t.roundFigure(r, width, height), patternBlack)
}

// EraseRoundRect fills one with the background pattern.
func (t *Toolbox) EraseRoundRect(r uint32, width, height int16) {
	t.drawFigure(toErase, t.roundFigure(r, width, height), patternBlack)
}

// InvertRoundRect inverts the pixels of one.
func (t *Toolbox) InvertRoundRect(r uint32, width, height int16) {
	t.drawFigure(toInvert, t.roundFigure(r, width, height), patternBlack)
}

// FillRoundRect fills one with a pattern.
func (t *Toolbox) FillRoundRect(r uint32, width, height int16, pattern uint32) {
	t.drawFigure(toFill, t.roundFigure(r, width, height), t.patternAt(pattern))
}

// FrameArc draws a part of an oval's frame.
func (t *Toolbox) FrameArc(r uint32, start, arc int16) {
	t.drawFigure(toFrame, t.arcFigure(r, start, arc), patternBlack)
}

// PaintArc paints a wedge of an oval, with the pen's pattern and mode.
func (t *Toolbox) PaintArc(r uint32, start, arc int16) {
	t.drawFigure(toPaint, t.arcFigure(r, start, arc), patternBlack)
}

// EraseArc fills a wedge with the background pattern.
func (t *Toolbox) EraseArc(r uint32, start, arc int16) {
	t.drawFigure(toErase, t.arcFigure(r, start, arc), patternBlack)
}

// InvertArc inverts the pixels of a wedge.
func (t *Toolbox) InvertArc(r uint32, start, arc int16) {
	t.drawFigure(toInvert, t.arcFigure(r, start, arc), patternBlack)
}

// FillArc fills a wedge with a pattern.
func (t *Toolbox) FillArc(r uint32, start, arc int16, pattern uint32) {
	t.drawFigure(toFill, t.arcFigure(r, start, arc), t.patternAt(pattern))
}

// FrameRgn draws within the edges of a region, with the pen.
func (t *Toolbox) FrameRgn(region uint32) {
	t.drawFigure(toFrame, t.regionFigure(region), patternBlack)
}

// PaintRgn paints a region, with the pen's pattern and mode.
func (t *Toolbox) PaintRgn(region uint32) {
	t.drawFigure(toPaint, t.regionFigure(region), patternBlack)
}

// EraseRgn fills a region with the background pattern.
func (t *Toolbox) EraseRgn(region uint32) {
	t.drawFigure(toErase, t.regionFigure(region), patternBlack)
}

// InvertRgn inverts the pixels of a region.
func (t *Toolbox) InvertRgn(region uint32) {
	t.drawFigure(toInvert, t.regionFigure(region), patternBlack)
}

// FillRgn fills a region with a pattern.
func (t *Toolbox) FillRgn(region, pattern uint32) {
	t.drawFigure(toFill, t.regionFigure(region), t.patternAt(pattern))
}

// LineTo draws a line from the pen's location, which becomes the other end.
func (t *Toolbox) LineTo(h, v int16) {
	port := t.port()
	from, to := t.pointAt(port+portPnLoc), quickdraw.Point{V: v, H: h}
	t.drawLine(port, from, to)
	t.putPoint(port+portPnLoc, to)
}

// Line draws a line from the pen's location, by a distance.
func (t *Toolbox) Line(dh, dv int16) {
	from := t.pointAt(t.port() + portPnLoc)
	t.LineTo(from.H+dh, from.V+dv)
}

func (t *Toolbox) drawLine(port uint32, from, to quickdraw.Point) {
	if t.err != nil || port == 0 {
		return
	}
	if r := t.draw.recordings[port]; r != nil {
		// The guest may stop any of them by clearing the port's field.
		if r.picture != nil && t.u32(port+portPicSave) != 0 {
			t.recordLine(port, r.picture, from, to)
		}
		if r.inRegion && t.u32(port+portRgnSave) != 0 {
			r.addEdge(from, to)
		}
		if r.polygon != 0 && t.u32(port+portPolySave) != 0 {
			r.addPoint(from, to)
		}
	}
	t.stroke(port, from, to)
}

// stroke draws a line that nothing collects.
func (t *Toolbox) stroke(port uint32, from, to quickdraw.Point) {
	if int16(t.u16(port+portPnVis)) < 0 {
		return
	}
	size := t.pointAt(port + portPnSize)
	t.paint(port, quickdraw.Within(t.seen(port)).Line(from, to, int(size.H), int(size.V)), t.pattern(port, portPnPat), t.penMode(port))
}

// recording is what a port collects instead of showing it: a region, a polygon, a
// picture.
type recording struct {
	inRegion bool
	edges    quickdraw.Edges
	lines    int
	frames   quickdraw.Region
	polygon  uint32 // a handle
	points   []quickdraw.Point
	picture  *pictureWriter
}

// Bounds on what a port collects.
const (
	mostLines      = 1 << 16
	mostPoints     = (quickdraw.MostBytes - polygonFirst) / 4
	mostRecordings = 8
)

// collect returns a place to collect in, nil if too many ports do already.
func (t *Toolbox) collect(port uint32) *recording {
	if r := t.draw.recordings[port]; r != nil {
		return r
	}
	if t.draw.recordings == nil {
		t.draw.recordings = map[uint32]*recording{}
	}
	if len(t.draw.recordings) == mostRecordings {
		t.setQDErr(memFullErr)
		return nil
	}
	r := &recording{}
	t.draw.recordings[port] = r
	return r
}

// ended forgets a recording that collects nothing any more.
func (t *Toolbox) ended(port uint32) {
	if r := t.draw.recordings[port]; r != nil && !r.inRegion && r.polygon == 0 && r.picture == nil {
		delete(t.draw.recordings, port)
	}
}

func (r *recording) addEdge(from, to quickdraw.Point) {
	if r.lines++; r.lines <= mostLines {
		r.edges.Add(from, to)
	}
}

func (r *recording) addPoint(from, to quickdraw.Point) {
	if len(r.points) == 0 {
		r.points = append(r.points, from)
	}
	if len(r.points) < mostPoints {
		r.points = append(r.points, to)
	}
}

// OpenRgn has the current port collect lines and frames instead of showing them.
func (t *Toolbox) OpenRgn() {
	port := t.port()
	r := t.collect(port)
	if r == nil || r.inRegion {
		return
	}
	r.inRegion, r.edges, r.lines, r.frames = true, quickdraw.Edges{}, 0, quickdraw.Region{}
	t.put32(port+portRgnSave, t.NewRgn())
	t.HidePen()
}

// CloseRgn makes a region of what was collected since OpenRgn.
func (t *Toolbox) CloseRgn(region uint32) {
	port := t.port()
	r := t.draw.recordings[port]
	if r == nil || !r.inRegion {
		return
	}
	made, ok := r.edges.Region(widest)
	if !ok || r.lines > mostLines {
		t.setQDErr(rgnTooBigErr)
	}
	t.setRegion(region, made.Xor(r.frames))
	if saved := t.u32(port + portRgnSave); saved != 0 {
		t.DisposeRgn(saved)
	}
	t.put32(port+portRgnSave, 0)
	r.inRegion = false
	t.ended(port)
	t.ShowPen()
}

// A Polygon: its size, a rectangle around it, its points.
const (
	polygonBox   = 2
	polygonFirst = 10
)

// OpenPoly has the current port collect lines instead of showing them. It returns a
// handle to the polygon to be.
func (t *Toolbox) OpenPoly() uint32 {
	port := t.port()
	r := t.collect(port)
	if r == nil || r.polygon != 0 {
		return 0
	}
	h := t.NewHandle(polygonFirst)
	if h == 0 {
		t.ended(port)
		return 0
	}
	t.put16(t.u32(h), polygonFirst)
	r.polygon, r.points = h, nil
	t.put32(port+portPolySave, h)
	t.HidePen()
	return h
}

// ClosePoly completes the polygon.
func (t *Toolbox) ClosePoly() {
	port := t.port()
	r := t.draw.recordings[port]
	if r == nil || r.polygon == 0 {
		return
	}
	t.putPolygon(r.polygon, r.points)
	r.polygon, r.points = 0, nil
	t.put32(port+portPolySave, 0)
	t.ended(port)
	t.ShowPen()
}

// putPolygon writes a polygon.
func (t *Toolbox) putPolygon(h uint32, points []quickdraw.Point) {
	size := uint32(polygonFirst + 4*len(points))
	if t.SetHandleSize(h, size); t.MemError() != 0 {
		return
	}
	at := t.u32(h)
	t.put16(at, uint16(size))
	t.putRectAt(at+polygonBox, around(points))
	for i, p := range points {
		t.putPoint(at+polygonFirst+uint32(4*i), p)
	}
}

// around returns the smallest rectangle with points as its corners.
func around(points []quickdraw.Point) (box quickdraw.Rect) {
	if len(points) == 0 {
		return box
	}
	box = quickdraw.Rect{Top: math.MaxInt16, Left: math.MaxInt16, Bottom: math.MinInt16, Right: math.MinInt16}
	for _, p := range points {
		box = quickdraw.Rect{Top: min(box.Top, p.V), Left: min(box.Left, p.H), Bottom: max(box.Bottom, p.V), Right: max(box.Right, p.H)}
	}
	return box
}

// polygonPoints returns those of a polygon.
func (t *Toolbox) polygonPoints(h uint32) []quickdraw.Point {
	k := t.handles[h]
	if k == nil || k.block == nil || k.block.used < polygonFirst {
		return nil
	}
	size := min(uint32(t.u16(k.block.at)), k.block.used)
	if size < polygonFirst {
		return nil
	}
	return pointsIn(t.copyOf(k.block.at+polygonFirst, (size-polygonFirst)&^3))
}

func pointsIn(b []byte) []quickdraw.Point {
	points := make([]quickdraw.Point, 0, len(b)/4)
	for ; len(b) >= 4; b = b[4:] {
		points = append(points, pointOf(uint32(b[0])<<24|uint32(b[1])<<16|uint32(b[2])<<8|uint32(b[3])))
	}
	return points
}

// KillPoly frees a polygon.
func (t *Toolbox) KillPoly(polygon uint32) { t.DisposeHandle(polygon) }

// OffsetPoly moves a polygon.
func (t *Toolbox) OffsetPoly(polygon uint32, dh, dv int16) {
	points := t.polygonPoints(polygon)
	if points == nil {
		return
	}
	for i := range points {
		points[i].V, points[i].H = points[i].V+dv, points[i].H+dh
	}
	t.putPolygon(polygon, points)
}

func (t *Toolbox) polygonFigure(polygon uint32) *figure {
	points := t.polygonPoints(polygon)
	return &figure{kind: aPolygon, rect: around(points), points: points}
}

// FramePoly draws a polygon's lines, with the pen.
func (t *Toolbox) FramePoly(polygon uint32) {
	t.drawFigure(toFrame, t.polygonFigure(polygon), patternBlack)
}

// PaintPoly paints what a polygon surrounds, with the pen's pattern and mode.
func (t *Toolbox) PaintPoly(polygon uint32) {
	t.drawFigure(toPaint, t.polygonFigure(polygon), patternBlack)
}

// ErasePoly fills it with the background pattern.
func (t *Toolbox) ErasePoly(polygon uint32) {
	t.drawFigure(toErase, t.polygonFigure(polygon), patternBlack)
}

// InvertPoly inverts its pixels.
func (t *Toolbox) InvertPoly(polygon uint32) {
	t.drawFigure(toInvert, t.polygonFigure(polygon), patternBlack)
}

// FillPoly fills it with a pattern.
func (t *Toolbox) FillPoly(polygon, pattern uint32) {
	t.drawFigure(toFill, t.polygonFigure(polygon), t.patternAt(pattern))
}
