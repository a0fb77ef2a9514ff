package toolbox

import (
	"encoding/binary"

	"github.com/crossplug/crossplug/guest/quickdraw"
)

// Graphics ports and their pens ("Imaging With QuickDraw", chapters 2 and 3).

// Results of QuickDraw, from <MacErrors.h>.
const rgnTooBigErr = -147

const lowQDErr = 0xd6e

func (t *Toolbox) setQDErr(err int16) { t.put16(lowQDErr, uint16(err)) }

// QDError returns the result of the latest call of QuickDraw that can fail, and
// forgets it.
func (t *Toolbox) QDError() int16 {
	err := int16(t.u16(lowQDErr))
	t.setQDErr(0)
	return err
}

// InitGraf sets QuickDraw's globals: thePort is at the address, the others are below
// it.
func (t *Toolbox) InitGraf(globals uint32) {
	s := t.screen()
	if s == nil {
		return
	}
	at := func(offset int32) uint32 { return globals + uint32(offset) }
	t.put32(globals, 0)
	t.put32(at(globalRandSeed), 1)
	t.put32(at(globalScreenBits), s.base)
	t.put16(at(globalScreenBits+mapRowBytes), screenRowBytes)
	t.putRectAt(at(globalScreenBits+mapBounds), s.bounds)
	t.write(at(globalArrow), arrow())
	for offset, p := range map[int32]quickdraw.Pattern{
		globalDkGray: patternDkGray, globalLtGray: patternLtGray, globalGray: patternGray, globalBlack: patternBlack, globalWhite: patternWhite,
	} {
		t.write(at(offset), p[:])
	}
	t.put32(t.u32(lowCurrentA5), globals)
}

// arrow is the cursor that is an arrow: 16 rows of data, 16 of the mask, the hot spot.
func arrow() []byte {
	var data, mask []byte
	for row := range 16 {
		// A triangle whose left edge is upright, and a shaft to the lower right.
		var inner, outer uint16
		switch {
		case row < 10:
			outer = ^uint16(0) << (14 - row)
			inner = outer << 1 &^ 0x8000 & (^uint16(0) << (15 - row))
		case row < 15:
			outer = 0x3c00 >> ((row - 10) / 2)
			inner = outer & (outer << 1) & (outer >> 1)
		}
		data, mask = binary.BigEndian.AppendUint16(data, inner), binary.BigEndian.AppendUint16(mask, outer)
	}
	return append(append(data, mask...), 0, 1, 0, 1)
}

// OpenPort makes a GrafPort, and the current port of it.
func (t *Toolbox) OpenPort(port uint32) { t.openPort(port) }

// InitPort sets a GrafPort's fields to what they are at first: a port of all of the
// screen.
func (t *Toolbox) InitPort(port uint32) {
	s := t.screen()
	if s == nil {
		return
	}
	t.put32(port+portBits, s.base)
	t.put16(port+portBits+mapRowBytes, screenRowBytes)
	t.putRectAt(port+portBits+mapBounds, s.bounds)
	t.initPort(port)
	t.setPattern(port, portFillPat, patternBlack)
}

// ClosePort frees what belongs to a port, which is its owner's.
func (t *Toolbox) ClosePort(port uint32) { t.closePort(port) }

// OpenCPort makes a CGrafPort, and the current port of it.
func (t *Toolbox) OpenCPort(port uint32) { t.openCPort(port) }

// InitCPort sets a CGrafPort's fields to what they are at first: a port of all of the
// current device.
func (t *Toolbox) InitCPort(port uint32) {
	pixMap := t.u32(t.u32(t.GetGDevice()) + devicePMap)
	t.write(t.u32(t.u32(port+portBits)), t.copyOf(t.u32(pixMap), pixMapSize))
	t.initPort(port)
	t.setPattern(port, portFillPixP, patternBlack)
}

// CloseCPort frees what belongs to a port, which is its owner's.
func (t *Toolbox) CloseCPort(port uint32) { t.closePort(port) }

// SetPort makes a port the current one.
func (t *Toolbox) SetPort(port uint32) { t.setPort(port) }

// GetPort writes which port is the current one.
func (t *Toolbox) GetPort(to uint32) { t.put32(to, t.port()) }

// SetPortBits gives the current port, a GrafPort, other pixels.
func (t *Toolbox) SetPortBits(bits uint32) {
	if p := t.port(); !t.isColor(p) {
		t.write(p+portBits, t.copyOf(bits, bitMapSize))
	}
}

// PortSize changes the size of the current port's rectangle; nothing is drawn.
func (t *Toolbox) PortSize(width, height int16) {
	p := t.port()
	r := t.rectAt(p + portPortRect)
	r.Right, r.Bottom = r.Left+width, r.Top+height
	t.putRectAt(p+portPortRect, r)
}

// bounds returns where those of a port's pixels are.
func (t *Toolbox) boundsAt(port uint32) uint32 {
	if t.isColor(port) {
		return t.u32(t.u32(port+portBits)) + mapBounds
	}
	return port + portBits + mapBounds
}

// MovePortTo moves the current port's rectangle within its pixels.
func (t *Toolbox) MovePortTo(h, v int16) {
	p := t.port()
	r, b := t.rectAt(p+portPortRect), t.rectAt(t.boundsAt(p))
	dh, dv := int(r.Left)-int(b.Left)-int(h), int(r.Top)-int(b.Top)-int(v)
	t.putRectAt(t.boundsAt(p), b.Offset(dh, dv))
}

// SetOrigin changes the coordinates of the current port's upper left corner, with those
// of its pixels and of what is visible; the clipping region's stay.
func (t *Toolbox) SetOrigin(h, v int16) {
	p := t.port()
	r := t.rectAt(p + portPortRect)
	dh, dv := int(h)-int(r.Left), int(v)-int(r.Top)
	t.putRectAt(p+portPortRect, r.Offset(dh, dv))
	t.putRectAt(t.boundsAt(p), t.rectAt(t.boundsAt(p)).Offset(dh, dv))
	if vis := t.u32(p + portVisRgn); vis != 0 {
		t.setRegion(vis, t.region(vis).Offset(dh, dv))
	}
}

// SetClip makes a copy of a region the current port's clipping region.
func (t *Toolbox) SetClip(region uint32) { t.setClip(t.region(region)) }

// GetClip copies the current port's clipping region.
func (t *Toolbox) GetClip(region uint32) {
	t.setRegion(region, t.region(t.u32(t.port()+portClipRgn)))
}

// ClipRect makes a rectangle the current port's clipping region.
func (t *Toolbox) ClipRect(r uint32) { t.setClip(quickdraw.FromRect(t.rectAt(r))) }

func (t *Toolbox) setClip(r quickdraw.Region) {
	p := t.port()
	if t.u32(p+portClipRgn) == 0 {
		t.put32(p+portClipRgn, t.NewRgn())
	}
	t.setRegion(t.u32(p+portClipRgn), r)
}

// BackPat sets the pattern that erases.
func (t *Toolbox) BackPat(pattern uint32) { t.setPattern(t.port(), portBkPat, t.patternAt(pattern)) }

// LocalToGlobal makes screen coordinates of those of the current port.
func (t *Toolbox) LocalToGlobal(p uint32) {
	b := t.rectAt(t.boundsAt(t.port()))
	at := t.pointAt(p)
	t.putPoint(p, quickdraw.Point{V: at.V - b.Top, H: at.H - b.Left})
}

// GlobalToLocal makes coordinates of the current port of those of the screen.
func (t *Toolbox) GlobalToLocal(p uint32) {
	b := t.rectAt(t.boundsAt(t.port()))
	at := t.pointAt(p)
	t.putPoint(p, quickdraw.Point{V: at.V + b.Top, H: at.H + b.Left})
}

// A PenState.
const (
	stateLoc  = 0
	stateSize = 4
	stateMode = 8
	statePat  = 10
)

// GetPenState writes the pen's location, size, mode and pattern.
func (t *Toolbox) GetPenState(state uint32) {
	p := t.port()
	t.put32(state+stateLoc, t.u32(p+portPnLoc))
	t.put32(state+stateSize, t.u32(p+portPnSize))
	t.put16(state+stateMode, t.u16(p+portPnMode))
	pattern := t.pattern(p, portPnPat)
	t.write(state+statePat, pattern[:])
}

// SetPenState sets what GetPenState writes.
func (t *Toolbox) SetPenState(state uint32) {
	p := t.port()
	t.put32(p+portPnLoc, t.u32(state+stateLoc))
	t.put32(p+portPnSize, t.u32(state+stateSize))
	t.put16(p+portPnMode, t.u16(state+stateMode))
	t.setPattern(p, portPnPat, t.patternAt(state+statePat))
}

// GetPen writes the pen's location.
func (t *Toolbox) GetPen(at uint32) { t.put32(at, t.u32(t.port()+portPnLoc)) }

// PenSize sets the pen's size.
func (t *Toolbox) PenSize(width, height int16) {
	t.putPoint(t.port()+portPnSize, quickdraw.Point{V: height, H: width})
}

// PenMode sets how the pen draws.
func (t *Toolbox) PenMode(mode int16) { t.put16(t.port()+portPnMode, uint16(mode)) }

// PenPat sets the pen's pattern.
func (t *Toolbox) PenPat(pattern uint32) { t.setPattern(t.port(), portPnPat, t.patternAt(pattern)) }

// PenNormal sets the pen's size, mode and pattern to what they are at first.
func (t *Toolbox) PenNormal() {
	p := t.port()
	t.put32(p+portPnSize, 0x00010001)
	t.put16(p+portPnMode, uint16(quickdraw.PatCopy))
	t.setPattern(p, portPnPat, patternBlack)
}

// HidePen has nothing drawn until as many calls of ShowPen.
func (t *Toolbox) HidePen() { t.showPen(-1) }

// ShowPen undoes a HidePen.
func (t *Toolbox) ShowPen() { t.showPen(1) }

func (t *Toolbox) showPen(by int16) {
	p := t.port()
	t.put16(p+portPnVis, uint16(int16(t.u16(p+portPnVis))+by))
}

// MoveTo moves the pen, without drawing.
func (t *Toolbox) MoveTo(h, v int16) { t.putPoint(t.port()+portPnLoc, quickdraw.Point{V: v, H: h}) }

// Move moves the pen by a distance, without drawing.
func (t *Toolbox) Move(dh, dv int16) {
	at := t.pointAt(t.port() + portPnLoc)
	t.MoveTo(at.H+dh, at.V+dv)
}

// A PixPat, whose pattern here is always the one of two colors that each has.
const (
	patternType = 0
	patternMap  = 2
	patternData = 6
	pattern1    = 20
	pixPatSize  = 28
)

// newPixPat returns a handle to a pattern of two colors.
func (t *Toolbox) newPixPat(p quickdraw.Pattern) uint32 {
	h := t.NewHandle(pixPatSize)
	if h != 0 {
		t.write(t.u32(h)+pattern1, p[:])
	}
	return h
}

// disposePixPat frees a pattern and what it is made of.
func (t *Toolbox) disposePixPat(h uint32) {
	if k := t.handles[h]; k == nil || k.block == nil || k.block.used < pixPatSize {
		return
	}
	at := t.u32(h)
	for _, part := range []uint32{patternMap, patternData} {
		if h := t.u32(at + part); h != 0 {
			t.DisposeHandle(h)
		}
	}
	t.DisposeHandle(h)
}

func (t *Toolbox) patternAt(at uint32) (p quickdraw.Pattern) {
	copy(p[:], t.copyOf(at, uint32(len(p))))
	return p
}

// pattern returns a port's.
func (t *Toolbox) pattern(port, field uint32) quickdraw.Pattern {
	if !t.isColor(port) {
		return t.patternAt(port + field)
	}
	h := t.u32(port + field)
	if h == 0 { // a port that somebody made by hand
		if field == portBkPat {
			return patternWhite
		}
		return patternBlack
	}
	return t.patternAt(t.u32(h) + pattern1)
}

// setPattern sets a port's.
func (t *Toolbox) setPattern(port, field uint32, p quickdraw.Pattern) {
	if !t.isColor(port) {
		t.write(port+field, p[:])
		return
	}
	if t.u32(port+field) == 0 {
		t.put32(port+field, t.newPixPat(p))
		return
	}
	at := t.u32(t.u32(port + field))
	t.put16(at+patternType, 0)
	t.write(at+pattern1, p[:])
}
