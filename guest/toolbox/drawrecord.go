package toolbox

import (
	"encoding/binary"

	"github.com/crossplug/crossplug/guest/memory"
	"github.com/crossplug/crossplug/guest/quickdraw"
)

// Pictures as they are made: while one is open, what is drawn becomes operations of it,
// and before each those that say what has changed of how it is drawn ("Imaging With
// QuickDraw", chapter 7 and appendix A). They are of version 2.

// Operation codes.
const (
	opClip        = 0x01
	opBackPat     = 0x02
	opTextFont    = 0x03
	opTextFace    = 0x04
	opTextMode    = 0x05
	opSpaceExtra  = 0x06
	opPenSize     = 0x07
	opPenMode     = 0x08
	opPenPat      = 0x09
	opFillPat     = 0x0a
	opOvalSize    = 0x0b
	opOrigin      = 0x0c
	opTextSize    = 0x0d
	opForeColor   = 0x0e
	opBackColor   = 0x0f
	opVersion     = 0x11
	opRGBFore     = 0x1a
	opRGBBack     = 0x1b
	opHiliteColor = 0x1d
	opOpColor     = 0x1f
	opLine        = 0x20
	opLineFrom    = 0x21
	opShortLine   = 0x22
	opShortFrom   = 0x23
	opLongText    = 0x28
	opDHText      = 0x29
	opDVText      = 0x2a
	opDHDVText    = 0x2b
	opBits        = 0x90 // and with a region
	opPackedBits  = 0x98
	opDirectBits  = 0x9a
	opShortNote   = 0xa0
	opLongNote    = 0xa1
	opEnd         = 0xff
	opHeader      = 0x0c00

	withRegion   = 1 // added to those of bits
	samePlus     = 8 // added to those of figures
	version2     = 0x02ff
	headerSize   = 24
	pictureFrame = 2
	pictureFirst = 10
)

// mostPicture is how large a picture may become, in bytes.
const mostPicture = 4 << 20

// pictureWriter makes a picture.
type pictureWriter struct {
	handle uint32
	data   []byte
	said   map[uint16]string // the latest operation of each kind that changes something
}

func (w *pictureWriter) u16(values ...uint16) {
	for _, v := range values {
		w.data = binary.BigEndian.AppendUint16(w.data, v)
	}
}

func (w *pictureWriter) rect(r quickdraw.Rect) {
	w.u16(uint16(r.Top), uint16(r.Left), uint16(r.Bottom), uint16(r.Right))
}

func (w *pictureWriter) point(p quickdraw.Point) { w.u16(uint16(p.V), uint16(p.H)) }

// end fills up an operation to words, and says whether there is room for more.
func (w *pictureWriter) end() {
	if len(w.data)%2 != 0 {
		w.data = append(w.data, 0)
	}
}

func (w *pictureWriter) full() bool { return len(w.data) > mostPicture }

// state says how something is, if it was not so before.
func (w *pictureWriter) state(op uint16, how []byte) {
	if w.said[op] == string(how) {
		return
	}
	w.said[op] = string(how)
	w.u16(op)
	w.data = append(w.data, how...)
	w.end()
}

// OpenPicture has the current port collect what is drawn instead of showing it. It
// returns a handle to the picture to be, whose frame is a rectangle.
func (t *Toolbox) OpenPicture(frame uint32) uint32 {
	port := t.port()
	r := t.collect(port)
	if r == nil || r.picture != nil {
		return 0
	}
	h := t.NewHandle(pictureFirst)
	if h == 0 {
		t.ended(port)
		return 0
	}
	box := t.rectAt(frame)
	t.putRectAt(t.u32(h)+pictureFrame, box)
	w := &pictureWriter{handle: h, said: map[uint16]string{
		// What a picture begins with needs not be said.
		opTextFont: "\x00\x00", opTextFace: "\x00", opTextMode: "\x00\x01", opTextSize: "\x00\x00", opSpaceExtra: "\x00\x00\x00\x00",
		opPenSize: "\x00\x01\x00\x01", opPenMode: "\x00\x08", opPenPat: string(patternBlack[:]), opFillPat: string(patternBlack[:]), opBackPat: string(patternWhite[:]),
		opRGBFore: "\x00\x00\x00\x00\x00\x00", opRGBBack: "\xff\xff\xff\xff\xff\xff", opOvalSize: "\x00\x00\x00\x00",
	}}
	w.u16(opVersion, version2, opHeader, 0xffff, 0xffff)
	for _, v := range []int16{box.Left, box.Top, box.Right, box.Bottom} {
		w.u16(uint16(v), 0)
	}
	w.u16(0, 0)
	r.picture = w
	t.put32(port+portPicSave, h)
	t.HidePen()
	return h
}

// ClosePicture completes the picture.
func (t *Toolbox) ClosePicture() {
	port := t.port()
	r := t.draw.recordings[port]
	if r == nil || r.picture == nil {
		return
	}
	w := r.picture
	if w.full() {
		t.setQDErr(memFullErr)
	}
	w.u16(opEnd)
	size := uint32(pictureFirst + len(w.data))
	if t.SetHandleSize(w.handle, size); t.MemError() == 0 {
		at := t.u32(w.handle)
		t.put16(at, uint16(size))
		t.write(at+pictureFirst, w.data)
	}
	r.picture = nil
	t.put32(port+portPicSave, 0)
	t.ended(port)
	t.ShowPen()
}

// KillPicture frees a picture.
func (t *Toolbox) KillPicture(picture uint32) { t.DisposeHandle(picture) }

// PicComment says something in the picture that is open, which changes nothing.
func (t *Toolbox) PicComment(kind, size int16, data uint32) {
	port := t.port()
	r := t.draw.recordings[port]
	if r == nil || r.picture == nil || t.u32(port+portPicSave) == 0 || r.picture.full() {
		return
	}
	w := r.picture
	k := t.handles[data]
	if size <= 0 || k == nil || k.block == nil {
		w.u16(opShortNote, uint16(kind))
		return
	}
	text := t.copyOf(k.block.at, min(uint32(size), k.block.used))
	w.u16(opLongNote, uint16(kind), uint16(len(text)))
	w.data = append(w.data, text...)
	w.end()
}

// recordState says how a port draws.
func (t *Toolbox) recordState(port uint32, w *pictureWriter) {
	if clip := t.u32(port + portClipRgn); clip != 0 {
		if b, ok := t.region(clip).Encode(); ok {
			w.state(opClip, b)
		}
	}
	bytes := func(at, n uint32) []byte { return t.copyOf(port+at, n) }
	pen, back := t.pattern(port, portPnPat), t.pattern(port, portBkPat)
	w.state(opPenSize, bytes(portPnSize, 4))
	w.state(opPenMode, bytes(portPnMode, 2))
	w.state(opPenPat, pen[:])
	w.state(opBackPat, back[:])
	w.state(opTextFont, bytes(portTxFont, 2))
	w.state(opTextFace, bytes(portTxFace, 1))
	w.state(opTextMode, bytes(portTxMode, 2))
	w.state(opTextSize, bytes(portTxSize, 2))
	w.state(opSpaceExtra, bytes(portSpExtra, 4))
	fore, background := t.foreBack(port)
	w.state(opRGBFore, rgbBytes(fore))
	w.state(opRGBBack, rgbBytes(background))
}

func rgbBytes(c quickdraw.Color) []byte {
	b := binary.BigEndian.AppendUint16(nil, c.Red)
	return binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, c.Green), c.Blue)
}

// recordFigure says that a figure is drawn.
func (t *Toolbox) recordFigure(port uint32, w *pictureWriter, v verb, f *figure, pattern quickdraw.Pattern) {
	if w.full() {
		return
	}
	t.recordState(port, w)
	if v == toFill {
		w.state(opFillPat, pattern[:])
	}
	if f.kind == aRoundRect {
		w.state(opOvalSize, binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, uint16(f.height)), uint16(f.width)))
	}
	region, ok := f.region.Encode()
	if !ok {
		return
	}
	w.u16(uint16(f.kind) + uint16(v))
	switch f.kind {
	case aPolygon:
		w.u16(uint16(polygonFirst + 4*len(f.points)))
		w.rect(f.rect)
		for _, p := range f.points {
			w.point(p)
		}
	case aRegion:
		w.data = append(w.data, region...)
	default:
		w.rect(f.rect)
		if f.kind == anArc {
			w.u16(uint16(f.start), uint16(f.arc))
		}
	}
}

// recordLine says that a line is drawn.
func (t *Toolbox) recordLine(port uint32, w *pictureWriter, from, to quickdraw.Point) {
	if w.full() {
		return
	}
	t.recordState(port, w)
	w.u16(opLine)
	w.point(from)
	w.point(to)
}

// recordText says that a text is drawn.
func (t *Toolbox) recordText(port uint32, w *pictureWriter, pen quickdraw.Point, text []byte) {
	if w.full() || len(text) > 255 {
		return
	}
	t.recordState(port, w)
	w.u16(opLongText)
	w.point(pen)
	w.data = append(append(w.data, byte(len(text))), text...)
	w.end()
}

// recordBits says that pixels are copied, and which.
func (t *Toolbox) recordBits(port uint32, w *pictureWriter, c *copying, clip quickdraw.Region) {
	from := c.how.From.Sect(c.from.bounds)
	rowBytes := (from.Width()*c.from.depth + 15) / 16 * 2
	if w.full() || c.mask != nil || from.Empty() || rowBytes > rowBytesMask || rowBytes*from.Height() > mostPicture {
		return
	}
	src := t.raster(c.from, from, memory.Read)
	region, ok := clip.Encode()
	if src == nil || !ok {
		return
	}
	t.recordState(port, w)
	part := &quickdraw.Raster{Pix: make([]byte, rowBytes*from.Height()), Stride: rowBytes, Bounds: from, Depth: src.Depth, Colors: src.Colors, Work: t.work}
	part.Copy(src, &quickdraw.Transfer{From: from, To: from, Clip: quickdraw.FromRect(from), Back: white})
	op := uint16(opBits)
	if src.Depth > 8 {
		op = opDirectBits
	}
	if !clip.Equal(quickdraw.FromRect(c.how.To)) {
		op += withRegion
	}
	w.u16(op)
	if src.Depth > 8 {
		w.u16(0, 0xff) // where the pixels were
	}
	deep := src.Depth > 1 || src.Colors != nil
	if deep {
		w.u16(uint16(rowBytes) | isPixMap)
	} else {
		w.u16(uint16(rowBytes))
	}
	w.rect(from)
	if deep {
		kind, count, size := uint16(0), uint16(1), uint16(src.Depth)
		switch src.Depth {
		case 16:
			kind, count, size = 16, 3, 5
		case 32:
			kind, count, size = 16, 3, 8
		}
		// Version, not packed, resolution, what pixels are.
		w.u16(0, 1, 0, 0, 72, 0, 72, 0, kind, uint16(src.Depth), count, size, 0, 0, 0, 0, 0, 0)
	}
	if deep && src.Depth <= 8 {
		w.u16(0, 0, 0, 1<<src.Depth-1)
		for i := range 1 << src.Depth {
			w.u16(uint16(i))
			w.data = append(w.data, rgbBytes(src.Color(uint32(i)))...)
		}
	}
	w.rect(from)
	w.rect(c.how.To)
	w.u16(uint16(c.how.Mode))
	if op&withRegion != 0 {
		w.data = append(w.data, region...)
	}
	w.data = append(w.data, part.Pix...)
	w.end()
}
