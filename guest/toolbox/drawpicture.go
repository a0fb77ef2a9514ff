package toolbox

import (
	"bytes"

	"github.com/crossplug/crossplug/guest/memory"
	"github.com/crossplug/crossplug/guest/quickdraw"
)

// Pictures as they are drawn ("Imaging With QuickDraw", appendix A): operations of one
// byte in version 1, and of two in version 2, each with what it needs. Nothing of a
// picture is believed: it ends where its bytes do, and at an operation that makes no
// sense, and may paint only so much.

// player draws a picture.
type player struct {
	t        *Toolbox
	port     uint32
	data     []byte
	at       int
	short    bool // something was read beyond the end
	two      bool // operations have two bytes
	from, to quickdraw.Rect
	clip     quickdraw.Region // of the port, before
	work     int              // pixels that may still be painted

	fill   quickdraw.Pattern
	oval   quickdraw.Point
	pen    quickdraw.Point // of lines, in the picture's coordinates
	text   quickdraw.Point // where the latest text began
	rects  map[figureKind]quickdraw.Rect
	points []quickdraw.Point
	region quickdraw.Region
}

// mostWork is how many pixels a picture may paint, one above another.
const mostWork = 1 << 28

// operationWork is how long it takes to read an operation.
const operationWork = 16

// DrawPicture draws a picture, its frame stretched to be a rectangle.
func (t *Toolbox) DrawPicture(picture, to uint32) {
	port := t.port()
	k := t.handles[picture]
	if k == nil || k.block == nil || k.block.used < pictureFirst || t.err != nil || port == 0 {
		return
	}
	p := &player{t: t, port: port, data: t.copyOf(k.block.at, k.block.used), at: pictureFirst, to: t.rectAt(to), work: mostWork,
		fill: patternBlack, rects: map[figureKind]quickdraw.Rect{}}
	p.from = t.rectAt(k.block.at + pictureFrame)
	if p.from.Empty() || p.to.Empty() {
		return
	}
	restore := t.savePort(port)
	defer restore()
	if h := t.u32(port + portClipRgn); h != 0 {
		p.clip = t.region(h)
	} else {
		p.clip = quickdraw.FromRect(widest)
	}
	t.put32(port+portPnSize, 0x00010001)
	t.put16(port+portPnMode, uint16(quickdraw.PatCopy))
	t.write(port+portTxFont, make([]byte, portFgColor-portTxFont))
	t.put16(port+portTxMode, uint16(quickdraw.SrcOr))
	t.setForeBack(port, black, white)
	t.setPattern(port, portPnPat, patternBlack)
	t.setPattern(port, portBkPat, patternWhite)
	for t.work(operationWork) && !p.short && p.work > 0 && p.operation() {
	}
}

// savePort remembers how a port draws, and returns what sets it so again.
func (t *Toolbox) savePort(port uint32) (restore func()) {
	pen := t.copyOf(port+portPnLoc, portPnPat-portPnLoc)
	text := t.copyOf(port+portTxFont, portFgColor-portTxFont)
	colors := t.copyOf(port+portFgColor, 8)
	color := t.isColor(port)
	fore, back := t.foreBack(port)
	penPat, backPat := t.pattern(port, portPnPat), t.pattern(port, portBkPat)
	clip := quickdraw.FromRect(widest)
	if h := t.u32(port + portClipRgn); h != 0 {
		clip = t.region(h)
	}
	return func() {
		t.write(port+portPnLoc, pen)
		t.write(port+portTxFont, text)
		t.write(port+portFgColor, colors)
		if color {
			t.setForeBack(port, fore, back)
		}
		t.setPattern(port, portPnPat, penPat)
		t.setPattern(port, portBkPat, backPat)
		if h := t.u32(port + portClipRgn); h != 0 {
			t.setRegion(h, clip)
		}
	}
}

// take returns the next bytes of a picture.
func (p *player) take(n int) []byte {
	if n < 0 || n > len(p.data)-p.at {
		p.short, p.at = true, len(p.data)
		return make([]byte, min(max(n, 0), 256)) // zeros for what looks at few
	}
	b := p.data[p.at : p.at+n]
	p.at += n
	return b
}

func (p *player) u8() uint8 { return p.take(1)[0] }

func (p *player) u16() uint16 {
	b := p.take(2)
	return uint16(b[0])<<8 | uint16(b[1])
}

func (p *player) u32() uint32 { return uint32(p.u16())<<16 | uint32(p.u16()) }

func (p *player) rect() quickdraw.Rect {
	return quickdraw.Rect{Top: int16(p.u16()), Left: int16(p.u16()), Bottom: int16(p.u16()), Right: int16(p.u16())}
}

func (p *player) point() quickdraw.Point { return pointOf(p.u32()) }

func (p *player) rgb() quickdraw.Color {
	return quickdraw.Color{Red: p.u16(), Green: p.u16(), Blue: p.u16()}
}

func (p *player) pattern() (pattern quickdraw.Pattern) {
	copy(pattern[:], p.take(len(pattern)))
	return pattern
}

// takeRegion reads a region.
func (p *player) takeRegion() quickdraw.Region {
	size := int(p.u16())
	p.at -= 2
	b := p.take(size)
	if p.short {
		return quickdraw.Region{}
	}
	r, err := quickdraw.Decode(b)
	if err != nil {
		p.short = true
	}
	return r
}

// code reads an operation's.
func (p *player) code() uint16 {
	if !p.two {
		return uint16(p.u8())
	}
	p.at += p.at % 2
	return p.u16()
}

// operation does the next one, and says whether there may be more.
func (p *player) operation() bool {
	if p.at >= len(p.data) {
		return false
	}
	op := p.code()
	if p.short || op == opEnd {
		return false
	}
	switch {
	case op < opLine:
		p.state(op)
	case op < 0x30:
		p.linesAndTexts(op)
	case op < 0x90:
		p.figure(op)
	case op == opBits, op == opBits+withRegion, op == opPackedBits, op == opPackedBits+withRegion, op == opDirectBits, op == opDirectBits+withRegion:
		p.bits(op)
	case op == opShortNote:
		p.u16()
	case op == opLongNote:
		p.u16()
		p.take(int(p.u16()))
	default:
		p.skip(op)
	}
	return true
}

// skip leaves out what is for later versions, by the rules for that.
func (p *player) skip(op uint16) {
	switch {
	case op < 0xb0:
		p.take(int(p.u16()))
	case op < 0xd0, op >= 0x8000 && op < 0x8100:
	case op < 0x100, op >= 0x8100:
		n := p.u32()
		if n > uint32(len(p.data)) {
			p.short = true
			return
		}
		p.take(int(n))
	default:
		p.take(int(op>>8) * 2)
	}
}

// state does operations that change how things are drawn.
func (p *player) state(op uint16) {
	t, port := p.t, p.port
	switch op {
	case opClip:
		clip := p.takeRegion()
		if h := t.u32(port + portClipRgn); h != 0 && !p.short {
			t.setRegion(h, p.clip.Intersect(clip.Map(p.from, p.to)))
		}
	case opBackPat:
		t.setPattern(port, portBkPat, p.pattern())
	case opTextFont:
		t.put16(port+portTxFont, p.u16())
	case opTextFace:
		t.put8(port+portTxFace, p.u8())
	case opTextMode:
		t.put16(port+portTxMode, p.u16())
	case opSpaceExtra:
		t.put32(port+portSpExtra, p.u32())
	case opPenSize:
		size := p.point()
		size.V, size.H = scaled(size.V, p.to.Height(), p.from.Height()), scaled(size.H, p.to.Width(), p.from.Width())
		t.putPoint(port+portPnSize, size)
	case opPenMode:
		t.put16(port+portPnMode, p.u16())
	case opPenPat:
		t.setPattern(port, portPnPat, p.pattern())
	case opFillPat:
		p.fill = p.pattern()
	case opOvalSize:
		p.oval = p.point()
	case opOrigin:
		dh, dv := int16(p.u16()), int16(p.u16())
		p.from = p.from.Offset(int(dh), int(dv))
		if p.from.Empty() {
			p.short = true
		}
	case opTextSize:
		size := int16(p.u16())
		if size == 0 && p.from.Height() != p.to.Height() {
			size = defaultSize
		}
		t.put16(port+portTxSize, uint16(scaled(size, p.to.Height(), p.from.Height())))
	case opForeColor, opBackColor:
		fore, back := t.foreBack(port)
		if c := classicColors[p.u32()]; op == opForeColor {
			fore = c
		} else {
			back = c
		}
		t.setForeBack(port, fore, back)
	case opVersion:
		if !p.two {
			// 2 is followed by an FF.
			if p.u8() == version2>>8 {
				p.two = true
				p.u8()
			}
		} else {
			p.u16()
		}
	case opRGBFore:
		_, back := t.foreBack(port)
		t.setForeBack(port, p.rgb(), back)
	case opRGBBack:
		fore, _ := t.foreBack(port)
		t.setForeBack(port, fore, p.rgb())
	case opHiliteColor:
		p.rgb()
	case opOpColor:
		c := p.rgb()
		if h := t.u32(port + portVars); t.isColor(port) && h != 0 {
			t.putRGB(t.u32(h)+varsOpColor, c)
		}
	case 0x10: // ratio of texts
		p.take(8)
	case 0x12, 0x13, 0x14: // patterns in colors, of which the two-colored one is taken
		p.pixPat(op)
	case 0x15, 0x16:
		p.u16()
	}
}

// scaled returns a size that is stretched, at least 1 if it was.
func scaled(n int16, by, of int) int16 {
	v := int(n) * by / of
	if n > 0 {
		v = max(v, 1)
	}
	return int16(min(v, 0x7fff))
}

// linesAndTexts does what moves the pen.
func (p *player) linesAndTexts(op uint16) {
	signed := func() int16 { return int16(int8(p.u8())) }
	switch op {
	case opLine:
		p.pen = p.point()
		p.line(p.point())
	case opLineFrom:
		p.line(p.point())
	case opShortLine:
		p.pen = p.point()
		dh, dv := signed(), signed()
		p.line(quickdraw.Point{V: p.pen.V + dv, H: p.pen.H + dh})
	case opShortFrom:
		dh, dv := signed(), signed()
		p.line(quickdraw.Point{V: p.pen.V + dv, H: p.pen.H + dh})
	case opLongText:
		p.text = p.point()
		p.drawText()
	case opDHText:
		p.text.H += int16(p.u8())
		p.drawText()
	case opDVText:
		p.text.V += int16(p.u8())
		p.drawText()
	case opDHDVText:
		p.text.H += int16(p.u8())
		p.text.V += int16(p.u8())
		p.drawText()
	default:
		p.take(int(p.u16()))
	}
}

// spend counts what is painted, and says whether that may be.
func (p *player) spend(r quickdraw.Rect, times int) bool {
	r = r.Sect(p.t.rectAt(p.port + portPortRect))
	n := (r.Width()*r.Height() + 2048) * times
	p.work -= n
	return p.work > 0 && !p.short && p.t.work(n/64)
}

// slower is how much longer a pixel takes that is not just one of many alike.
const slower = 8

// patterned says whether pixels of a figure differ by place, or depend on what was
// there.
func (p *player) patterned(v verb) bool {
	switch v {
	case toErase, toInvert:
		return false
	case toFill:
		return p.fill != quickdraw.Solid
	}
	mode := p.t.penMode(p.port)
	return mode > quickdraw.NotPatBic || p.t.pattern(p.port, portPnPat) != quickdraw.Solid
}

func (p *player) line(to quickdraw.Point) {
	a, b := quickdraw.MapPoint(p.pen, p.from, p.to), quickdraw.MapPoint(to, p.from, p.to)
	p.pen = to
	size := p.t.pointAt(p.port + portPnSize)
	box := around([]quickdraw.Point{a, b})
	box.Right, box.Bottom = box.Offset(int(size.H), 0).Right, box.Offset(0, int(size.V)).Bottom
	if p.spend(box, 1) {
		p.t.drawLine(p.port, a, b)
	}
}

func (p *player) drawText() {
	text := bytes.Clone(p.take(int(p.u8())))
	size := int(int16(p.t.u16(p.port + portTxSize)))
	if size <= 0 {
		size = defaultSize
	}
	p.work -= len(text) * min(size, mostSize) * 64
	if p.spend(quickdraw.Rect{}, 1) {
		p.t.putPoint(p.port+portPnLoc, quickdraw.MapPoint(p.text, p.from, p.to))
		p.t.drawText(text)
	}
}

// figure does operations that draw one.
func (p *player) figure(op uint16) {
	kind, v, same := figureKind(op&^15), verb(op&7), op&samePlus != 0
	f := &figure{kind: kind}
	switch {
	case kind == aPolygon && !same:
		b := p.take(int(p.u16()) - 2)
		if len(b) >= 8 {
			p.points = pointsIn(b[8:])
		}
	case kind == aRegion && !same:
		p.region = p.takeRegion()
	case kind < aPolygon && !same:
		p.rects[kind] = p.rect()
	}
	if kind == anArc {
		f.start, f.arc = int16(p.u16()), int16(p.u16())
	}
	if v > toFill || p.short {
		return
	}
	times := 1
	switch kind {
	case aPolygon:
		for _, point := range p.points {
			f.points = append(f.points, quickdraw.MapPoint(point, p.from, p.to))
		}
		f.rect, times = around(f.points), 1+len(f.points)/8
	case aRegion:
		f.region = p.region.Map(p.from, p.to)
		f.rect = f.region.Box
		code, _ := p.region.Encode()
		times = 1 + len(code)/64
	default:
		f.rect = quickdraw.MapRect(p.rects[kind], p.from, p.to)
		f.width, f.height = scaled(p.oval.H, p.to.Width(), p.from.Width()), scaled(p.oval.V, p.to.Height(), p.from.Height())
	}
	if p.patterned(v) {
		times *= slower
	}
	if p.spend(f.rect, times) {
		p.t.drawFigure(v, f, p.fill)
	}
}

// pictureBits is pixels in a picture.
type pictureBits struct {
	raster quickdraw.Raster
	pack   uint16
	count  uint16 // of components of a color
	color  bool   // a PixMap
}

// readMap reads a BitMap or PixMap without its pixels.
func (p *player) readMap() *pictureBits {
	b := &pictureBits{}
	rowBytes := p.u16()
	b.raster.Stride, b.raster.Bounds, b.raster.Depth = int(rowBytes&rowBytesMask), p.rect(), 1
	if b.color = rowBytes&isPixMap != 0; b.color {
		p.u16() // version
		b.pack = p.u16()
		p.take(12) // size, resolution
		p.u16()    // type
		b.raster.Depth = int(p.u16())
		b.count = p.u16()
		p.take(14)
	}
	return b
}

// readTable reads a color table.
func (p *player) readTable(depth int) []quickdraw.Color {
	p.u32()
	ordered := p.u16()&byPosition != 0
	entries := p.take((int(p.u16()) + 1) * tableEntry)
	if depth < 1 || depth > 8 {
		return nil
	}
	colors := make([]quickdraw.Color, 1<<depth)
	for i := range len(entries) / tableEntry {
		e := player{data: entries[i*tableEntry:]}
		v := int(e.u16())
		if ordered {
			v = i
		}
		if v < len(colors) {
			colors[v] = e.rgb()
		}
	}
	return colors
}

// mostPixels is how many bytes of pixels an image in a picture may have.
const mostPixels = 32 << 20

// bits draws an image.
func (p *player) bits(op uint16) {
	direct := op&^withRegion == opDirectBits
	if direct {
		p.u32()
	}
	b := p.readMap()
	r := &b.raster
	if b.color && !direct {
		r.Colors = p.readTable(r.Depth)
	}
	from, to, mode := p.rect(), p.rect(), quickdraw.Mode(int16(p.u16()))
	clip := quickdraw.FromRect(quickdraw.MapRect(to, p.from, p.to))
	if op&withRegion != 0 {
		clip = p.takeRegion().Map(p.from, p.to)
	}
	if p.short || r.Stride*r.Bounds.Height() > mostPixels {
		p.short = true
		return
	}
	for range r.Bounds.Height() {
		row := p.row(b, op&^withRegion != opBits)
		if p.short || !p.t.work(rowWork+len(row)/2) {
			return
		}
		r.Pix = append(r.Pix, row...)
	}
	if err := r.Check(); err != nil {
		return
	}
	to = quickdraw.MapRect(to, p.from, p.to)
	if p.spend(to, slower) {
		p.t.image(p.port, r, from, to, mode, clip)
	}
}

// rowWork is how long it takes to read a row, besides its bytes.
const rowWork = 8

// row reads a row of pixels.
func (p *player) row(b *pictureBits, packed bool) []byte {
	r := &b.raster
	n := r.Stride
	switch {
	case !packed, n < 8, b.pack == 1:
		return p.take(n)
	case r.Depth == 32 && b.pack == 2:
		return planes(p.take(r.Bounds.Width()*3), n, 3, 1, true)
	}
	count := 0
	if n > 250 {
		count = int(p.u16())
	} else {
		count = int(p.u8())
	}
	source := p.take(count)
	switch {
	case r.Depth == 16:
		return unpack(source, n, 2)
	case r.Depth == 32:
		w := r.Bounds.Width()
		parts := max(3, min(int(b.count), 4))
		return planes(unpack(source, parts*w, 1), n, parts, w, false)
	}
	return unpack(source, n, 1)
}

// unpack expands runs of bytes, or of units of two, to n bytes.
func unpack(b []byte, n, unit int) []byte {
	out := make([]byte, 0, n)
	for len(b) > 0 && len(out) < n {
		switch c := int(int8(b[0])); {
		case c >= 0:
			m := min((c+1)*unit, len(b)-1)
			out, b = append(out, b[1:1+m]...), b[1+m:]
		case c == -128 || len(b) < 1+unit:
			b = b[1:]
		default:
			out, b = append(out, bytes.Repeat(b[1:1+unit], 1-c)...), b[1+unit:]
		}
	}
	return append(out, make([]byte, n)...)[:n]
}

// planes makes pixels of 32 bits in n bytes of the components' bytes, of which each
// pixel's are together or each component's are, width of them.
func planes(b []byte, n, parts, width int, together bool) []byte {
	out := make([]byte, n)
	for i := range n / 4 {
		for c := range 3 {
			at := (c+parts-3)*width + i
			if together {
				at = 3*i + c
			} else if i >= width {
				continue
			}
			if at < len(b) {
				out[4*i+1+c] = b[at]
			}
		}
	}
	return out
}

// image draws pixels that are not in the machine's memory.
func (t *Toolbox) image(port uint32, src *quickdraw.Raster, from, to quickdraw.Rect, mode quickdraw.Mode, clip quickdraw.Region) {
	if int16(t.u16(port+portPnVis)) < 0 {
		return
	}
	ink := t.ink(port, quickdraw.Solid, mode)
	clip = clip.Intersect(quickdraw.FromRect(to)).Intersect(t.clip(port))
	if dst := t.raster(t.bitsOf(port), clip.Box, memory.RW); dst != nil {
		dst.Copy(src, &quickdraw.Transfer{From: from, To: to, Clip: clip, Mode: mode, Fore: ink.Fore, Back: ink.Back, Op: ink.Op})
	}
}

// pixPat reads a pattern in colors; only the one of two colors that it has besides is
// used.
func (p *player) pixPat(op uint16) {
	kind := p.u16()
	pattern := p.pattern()
	if kind == 2 { // a color
		p.rgb()
	} else {
		b := p.readMap()
		b.raster.Colors = p.readTable(b.raster.Depth)
		for range b.raster.Bounds.Height() {
			if row := p.row(b, true); p.short || !p.t.work(rowWork+len(row)/2) {
				return
			}
		}
	}
	switch op {
	case 0x12:
		p.t.setPattern(p.port, portBkPat, pattern)
	case 0x13:
		p.t.setPattern(p.port, portPnPat, pattern)
	default:
		p.fill = pattern
	}
}
