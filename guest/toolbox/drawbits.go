package toolbox

import (
	"github.com/crossplug/crossplug/guest/memory"
	"github.com/crossplug/crossplug/guest/quickdraw"
)

// Pixels, one by one and in rectangles ("Imaging With QuickDraw", chapters 2 to 4).

// CopyBits copies a rectangle of pixels to another, stretching it. Each is of a BitMap
// or PixMap, or of a port. What is drawn to is clipped as the current port is, if it is
// that port's, and by a region.
func (t *Toolbox) CopyBits(from, to, fromRect, toRect uint32, mode int16, region uint32) {
	t.copyBits(&copying{from: t.mapAt(from), to: t.mapAt(to), how: quickdraw.Transfer{
		From: t.rectAt(fromRect), To: t.rectAt(toRect), Mode: quickdraw.Mode(mode)}}, region)
}

// CopyMask copies pixels where a mask has ones.
func (t *Toolbox) CopyMask(from, mask, to, fromRect, maskRect, toRect uint32) {
	m := t.mapAt(mask)
	t.copyBits(&copying{from: t.mapAt(from), to: t.mapAt(to), mask: &m, how: quickdraw.Transfer{
		From: t.rectAt(fromRect), To: t.rectAt(toRect), MaskFrom: t.rectAt(maskRect)}}, 0)
}

// copying is where pixels come from and go to.
type copying struct {
	from, to pixels
	mask     *pixels
	how      quickdraw.Transfer
}

func (t *Toolbox) copyBits(c *copying, region uint32) {
	port := t.port()
	if t.err != nil || port == 0 || c.how.From.Empty() || c.how.To.Empty() {
		return
	}
	clip := quickdraw.FromRect(c.how.To)
	if region != 0 {
		clip = clip.Intersect(t.region(region))
	}
	if own := t.bitsOf(port); own.base == c.to.base {
		if r := t.draw.recordings[port]; r != nil && r.picture != nil && t.u32(port+portPicSave) != 0 {
			t.recordBits(port, r.picture, c, clip)
		}
		if int16(t.u16(port+portPnVis)) < 0 {
			return
		}
		clip = clip.Intersect(t.clip(port))
	}
	ink := t.ink(port, quickdraw.Solid, c.how.Mode)
	c.how.Fore, c.how.Back, c.how.Op = ink.Fore, ink.Back, ink.Op
	src := t.raster(c.from, c.how.From, memory.Read)
	if src == nil {
		return
	}
	if c.mask != nil {
		if c.how.Mask = t.raster(*c.mask, c.how.MaskFrom, memory.Read); c.how.Mask == nil {
			return
		}
	}
	t.putPixels(c.to, src, clip, &c.how)
}

// putPixels copies pixels to a port's, or other ones.
func (t *Toolbox) putPixels(to pixels, src *quickdraw.Raster, clip quickdraw.Region, how *quickdraw.Transfer) {
	dst := t.raster(to, clip.Box, memory.RW)
	if dst == nil {
		return
	}
	how.Clip, how.Overlap = clip, true
	dst.Copy(src, how)
}

// ScrollRect moves the pixels of a rectangle of the current port, and erases those
// that they leave, whose region it makes.
func (t *Toolbox) ScrollRect(r uint32, dh, dv int16, update uint32) {
	port := t.port()
	box := t.rectAt(r)
	visible := t.clip(port).Intersect(quickdraw.FromRect(box))
	moved := visible.Intersect(visible.Offset(int(dh), int(dv)))
	if int16(t.u16(port+portPnVis)) >= 0 && !moved.Empty() {
		bits := t.bitsOf(port)
		if src := t.raster(bits, box, memory.Read); src != nil {
			t.putPixels(bits, src, moved, &quickdraw.Transfer{From: box, To: quickdraw.Rect{
				Top: box.Top + dv, Left: box.Left + dh, Bottom: box.Bottom + dv, Right: box.Right + dh}, Back: white})
		}
	}
	left := visible.Subtract(moved)
	t.paint(port, left, t.pattern(port, portBkPat), quickdraw.PatCopy)
	if update != 0 {
		t.setRegion(update, left)
	}
}

// pixelOf returns the raster of a pixel of the current port.
func (t *Toolbox) pixelOf(port uint32, h, v int16, access memory.Perm) (*quickdraw.Raster, quickdraw.Point) {
	return t.raster(t.bitsOf(port), quickdraw.Rect{Top: v, Left: h, Bottom: v + 1, Right: h + 1}, access), quickdraw.Point{V: v, H: h}
}

// GetPixel says whether a pixel of the current port is not white.
func (t *Toolbox) GetPixel(h, v int16) bool {
	r, at := t.pixelOf(t.port(), h, v, memory.Read)
	if r == nil {
		return false
	}
	value, ok := r.Get(at)
	return ok && r.Color(value) != white
}

// GetCPixel writes the color of a pixel of the current port.
func (t *Toolbox) GetCPixel(h, v int16, color uint32) {
	r, at := t.pixelOf(t.port(), h, v, memory.Read)
	if r == nil {
		return
	}
	if value, ok := r.Get(at); ok {
		t.putRGB(color, r.Color(value))
	}
}

// SetCPixel gives a pixel of the current port a color.
func (t *Toolbox) SetCPixel(h, v int16, color uint32) {
	port := t.port()
	shape := quickdraw.FromRect(quickdraw.Rect{Top: v, Left: h, Bottom: v + 1, Right: h + 1}).Intersect(t.clip(port))
	if shape.Empty() {
		return
	}
	if r, _ := t.pixelOf(port, h, v, memory.RW); r != nil {
		r.Fill(shape, &quickdraw.Ink{Pattern: quickdraw.Solid, Mode: quickdraw.PatCopy, Fore: t.rgb(color)})
	}
}

// GetIndPattern writes a pattern of a 'PAT#' resource, which begin at 1.
func (t *Toolbox) GetIndPattern(to uint32, list, index int16) {
	const patternList = 0x50415423 // 'PAT#'
	h := t.GetResource(patternList, list)
	if h == 0 {
		return
	}
	t.LoadResource(h)
	at := t.u32(h)
	if at == 0 || index < 1 || uint32(index) > uint32(t.u16(at)) || uint32(2+8*int(index)) > t.GetHandleSize(h) {
		return
	}
	p := t.patternAt(at + 2 + 8*uint32(index-1))
	t.write(to, p[:])
}

// PlotIcon draws an icon, black on white, stretched to a rectangle.
func (t *Toolbox) PlotIcon(r, icon uint32) {
	const side, rowBytes = 32, 4
	k := t.handles[icon]
	if k == nil || k.block == nil || k.block.used < side*rowBytes {
		return
	}
	port := t.port()
	whole := quickdraw.Rect{Bottom: side, Right: side}
	t.copyBits(&copying{from: pixels{base: k.block.at, stride: rowBytes, bounds: whole, depth: 1}, to: t.bitsOf(port), how: quickdraw.Transfer{
		From: whole, To: t.rectAt(r)}}, 0)
}
