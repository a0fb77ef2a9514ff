package toolbox

import (
	"image"
	"image/color"

	"github.com/crossplug/crossplug/guest/memory"
	"github.com/crossplug/crossplug/guest/quickdraw"
)

// QuickDraw, the ground of it ("Inside Macintosh: Imaging With QuickDraw"). What is
// drawn is pixels in the machine's memory, where plug-ins may draw to them themselves;
// how it is drawn is package quickdraw's. This is what other managers stand on:
//
//	t.openPort(at), t.openCPort(at)   make a GrafPort or CGrafPort of 108 bytes at an address
//	t.closePort(at)                   frees what belongs to it
//	t.port(), t.setPort(at)           the current port
//	t.screen()                        the main screen, made when first asked for
//	t.paint(port, region, pattern, mode)   the clipped fill: all drawing but copying ends here
//	t.region(handle), t.setRegion(handle, r)   regions in the machine's memory
//
// Regions and rectangles are in the port's local coordinates, which are those of the
// bounds of its bits. A machine whose plug-ins draw nothing has neither screen nor
// ports.

// A GrafPort. A CGrafPort has the same fields where nothing else is said.
const (
	portSize     = 108
	portDevice   = 0
	portBits     = 2  // a BitMap; of a CGrafPort, a handle to a PixMap
	portVersion  = 6  // the highest two bits are set in a CGrafPort's; a BitMap's rowBytes
	portVars     = 8  // a handle, of a CGrafPort
	portChExtra  = 12 // of a CGrafPort
	portPortRect = 16
	portVisRgn   = 24
	portClipRgn  = 28
	portBkPat    = 32 // 8 bytes; of a CGrafPort, a handle to a PixPat
	portRGBFore  = 36 // of a CGrafPort
	portFillPat  = 40 // 8 bytes; not of a CGrafPort
	portRGBBack  = 42 // of a CGrafPort
	portPnLoc    = 48
	portPnSize   = 52
	portPnMode   = 56
	portPnPat    = 58 // 8 bytes; of a CGrafPort, a handle to a PixPat
	portFillPixP = 62 // a handle, of a CGrafPort
	portPnVis    = 66
	portTxFont   = 68
	portTxFace   = 70
	portTxMode   = 72
	portTxSize   = 74
	portSpExtra  = 76
	portFgColor  = 80
	portBkColor  = 84
	portColrBit  = 88
	portPicSave  = 92
	portRgnSave  = 96
	portPolySave = 100
	portProcs    = 104

	isColorPort = 0xc000
)

// A BitMap, and a PixMap, which has more.
const (
	mapBase      = 0
	mapRowBytes  = 4 // the highest bit is set in a PixMap's
	mapBounds    = 6
	bitMapSize   = 14
	mapHRes      = 22
	mapVRes      = 26
	mapPixelType = 30
	mapPixelSize = 32
	mapCmpCount  = 34
	mapCmpSize   = 36
	mapTable     = 42
	pixMapSize   = 50

	isPixMap     = 0x8000
	rowBytesMask = 0x3fff
)

// QuickDraw's globals, as they lie below thePort, to whose address that in register A5
// points.
const (
	globalRandSeed   = -126
	globalScreenBits = -122
	globalArrow      = -108
	globalDkGray     = -40
	globalLtGray     = -32
	globalGray       = -24
	globalBlack      = -16
	globalWhite      = -8
	globalsBelow     = 202 // bytes
)

// What the main screen is like.
const (
	screenWidth  = 640
	screenHeight = 480
	screenDepth  = 32
)

// Patterns of QuickDraw's globals.
var (
	patternWhite  = quickdraw.Pattern{}
	patternBlack  = quickdraw.Solid
	patternGray   = quickdraw.Pattern{0xaa, 0x55, 0xaa, 0x55, 0xaa, 0x55, 0xaa, 0x55}
	patternLtGray = quickdraw.Pattern{0x88, 0x22, 0x88, 0x22, 0x88, 0x22, 0x88, 0x22}
	patternDkGray = quickdraw.Pattern{0x77, 0xdd, 0x77, 0xdd, 0x77, 0xdd, 0x77, 0xdd}
)

var (
	black = quickdraw.Color{}
	white = quickdraw.Color{Red: 0xffff, Green: 0xffff, Blue: 0xffff}
)

// drawing is QuickDraw's state outside the machine's memory.
type drawing struct {
	main   *screen
	device uint32 // the current GDevice, a handle; 0 is the main one
	wide   uint32 // a port of all of the screen, for who draws without one

	recordings map[uint32]*recording // by port
	worlds     map[uint32]world      // by port
	faces      map[typefaceKey]*typeface
	cursor     cursor
}

// screen is the main screen.
type screen struct {
	base   uint32 // of its pixels, in a region of their own
	pixMap uint32 // handles
	device uint32
	bounds quickdraw.Rect
}

const screenRowBytes = screenWidth * screenDepth / 8

// screen returns the main screen; nil if there is no room for one, which is an error.
func (t *Toolbox) screen() *screen {
	if s := t.draw.main; s != nil || t.err != nil {
		return s
	}
	base, err := t.space.Allocate("screen", screenRowBytes*screenHeight, memory.PageSize, memory.RW)
	if err != nil {
		t.fail(err)
		return nil
	}
	t.write(base, fill(screenRowBytes*screenHeight, 0xff))
	s := &screen{base: base, bounds: quickdraw.Rect{Bottom: screenHeight, Right: screenWidth}}
	s.pixMap = t.newPixMap(s.base, screenRowBytes, s.bounds, screenDepth, 0)
	s.device = t.newDevice(s.pixMap, s.bounds)
	if t.err != nil || s.device == 0 {
		return nil
	}
	t.draw.main = s
	for _, at := range []uint32{lowMainDevice, lowDeviceList, lowTheGDevice} {
		t.put32(at, s.device)
	}
	t.put32(lowScrnBase, s.base)
	return s
}

// Screen returns a copy of what the main screen shows, nil if nothing has ever been
// there.
func (t *Toolbox) Screen() image.Image {
	s := t.draw.main
	if s == nil {
		return nil
	}
	return t.picture(t.mapAt(t.u32(s.pixMap)))
}

// PortImage returns a copy of what a port's pixels are within its portRect, nil if it
// has none, or more than an image may have.
func (t *Toolbox) PortImage(port uint32) image.Image {
	b := t.bitsOf(port)
	b.show = b.bounds.Sect(t.rectAt(port + portPortRect))
	return t.picture(b)
}

// mostShown is how many pixels an image for the host may have: 64 MiB of them.
const mostShown = 1 << 24

func (t *Toolbox) picture(b pixels) image.Image {
	if b.show.Width()*b.show.Height() > mostShown {
		return nil
	}
	r := t.raster(b, b.show, memory.Read)
	if r == nil {
		return nil
	}
	picture := image.NewNRGBA(image.Rect(0, 0, b.show.Width(), b.show.Height()))
	for y := range b.show.Height() {
		for x := range b.show.Width() {
			v, _ := r.Get(quickdraw.Point{V: b.show.Top + int16(y), H: b.show.Left + int16(x)})
			c := r.Color(v)
			picture.SetNRGBA(x, y, color.NRGBA{uint8(c.Red >> 8), uint8(c.Green >> 8), uint8(c.Blue >> 8), 0xff})
		}
	}
	return picture
}

// globals returns where thePort is among QuickDraw's globals. Code that never calls
// InitGraf gets those of the program that it runs in.
func (t *Toolbox) globals() uint32 {
	world := t.u32(lowCurrentA5)
	if at := t.u32(world); at != 0 || t.err != nil {
		return at
	}
	own := t.newPtr(globalsBelow+4, true)
	if own == 0 {
		return 0
	}
	t.InitGraf(own + globalsBelow)
	return own + globalsBelow
}

// port returns the current port. Who has not set any draws to the whole screen.
func (t *Toolbox) port() uint32 {
	at := t.globals()
	if at == 0 {
		return 0
	}
	if p := t.u32(at); p != 0 || t.err != nil {
		return p
	}
	if t.draw.wide == 0 {
		if t.draw.wide = t.newPtr(portSize, true); t.draw.wide != 0 {
			t.openCPort(t.draw.wide)
		}
	}
	t.setPort(t.draw.wide)
	return t.draw.wide
}

// setPort makes a port the current one.
func (t *Toolbox) setPort(port uint32) {
	if at := t.globals(); at != 0 {
		t.put32(at, port)
	}
}

// isColor says whether a port is a CGrafPort.
func (t *Toolbox) isColor(port uint32) bool {
	return t.u16(port+portVersion)&isColorPort == isColorPort
}

// openPort makes a GrafPort of all of the screen.
func (t *Toolbox) openPort(port uint32) {
	if t.screen() == nil {
		return
	}
	t.write(port, make([]byte, portSize))
	t.put32(port+portVisRgn, t.NewRgn())
	t.put32(port+portClipRgn, t.NewRgn())
	t.InitPort(port)
}

// openCPort makes a CGrafPort of all of the screen.
func (t *Toolbox) openCPort(port uint32) {
	s := t.screen()
	if s == nil {
		return
	}
	t.write(port, make([]byte, portSize))
	t.put16(port+portVersion, isColorPort)
	t.put32(port+portVisRgn, t.NewRgn())
	t.put32(port+portClipRgn, t.NewRgn())
	t.put32(port+portBits, t.newPixMap(0, 0, quickdraw.Rect{}, screenDepth, 0))
	t.put32(port+portVars, t.NewHandle(varsSize))
	for _, field := range []uint32{portBkPat, portPnPat, portFillPixP} {
		t.put32(port+field, t.newPixPat(patternBlack))
	}
	t.InitCPort(port)
}

// closePort frees what belongs to a port.
func (t *Toolbox) closePort(port uint32) {
	fields := []uint32{portVisRgn, portClipRgn}
	if t.isColor(port) {
		for _, field := range []uint32{portBkPat, portPnPat, portFillPixP} {
			t.disposePixPat(t.u32(port + field))
		}
		fields = append(fields, portBits, portVars)
	}
	for _, field := range fields {
		if h := t.u32(port + field); h != 0 {
			t.DisposeHandle(h)
		}
		t.put32(port+field, 0)
	}
	delete(t.draw.recordings, port)
	if at := t.globals(); t.u32(at) == port {
		t.put32(at, 0)
	}
}

// initPort sets what ports of both kinds begin with.
func (t *Toolbox) initPort(port uint32) {
	s := t.screen()
	if s == nil {
		return
	}
	t.putRectAt(port+portPortRect, s.bounds)
	t.setRegion(t.u32(port+portVisRgn), quickdraw.FromRect(s.bounds))
	t.setRegion(t.u32(port+portClipRgn), quickdraw.FromRect(widest))
	t.put16(port+portDevice, 0)
	for _, field := range []uint32{portPnLoc, portSpExtra, portPicSave, portRgnSave, portPolySave, portProcs} {
		t.put32(port+field, 0)
	}
	t.put32(port+portPnSize, 0x00010001)
	t.put16(port+portPnMode, uint16(quickdraw.PatCopy))
	t.put16(port+portPnVis, 0)
	t.put16(port+portTxFont, 0)
	t.put16(port+portTxFace, 0)
	t.put16(port+portTxMode, uint16(quickdraw.SrcOr))
	t.put16(port+portTxSize, 0)
	t.put16(port+portColrBit, 0)
	t.setForeBack(port, black, white)
	t.setPattern(port, portPnPat, patternBlack)
	t.setPattern(port, portBkPat, patternWhite)
	t.setPort(port)
}

// widest is the clipping region of a new port.
var widest = quickdraw.Rect{Top: -32767, Left: -32767, Bottom: 32767, Right: 32767}

func (t *Toolbox) rectAt(at uint32) quickdraw.Rect {
	r := t.rect(at)
	return quickdraw.Rect{Top: r.top, Left: r.left, Bottom: r.bottom, Right: r.right}
}

func (t *Toolbox) putRectAt(at uint32, r quickdraw.Rect) {
	t.putRect(at, rect{r.Top, r.Left, r.Bottom, r.Right})
}

func (t *Toolbox) pointAt(at uint32) quickdraw.Point { return pointOf(t.u32(at)) }

func pointOf(p uint32) quickdraw.Point { return quickdraw.Point{V: int16(p >> 16), H: int16(p)} }

func (t *Toolbox) putPoint(at uint32, p quickdraw.Point) { t.put32(at, pointWord(p)) }

func pointWord(p quickdraw.Point) uint32 { return uint32(uint16(p.V))<<16 | uint32(uint16(p.H)) }

// region returns that of a handle; an empty one if that is none.
func (t *Toolbox) region(h uint32) quickdraw.Region {
	if t.err != nil {
		return quickdraw.Region{}
	}
	k := t.handles[h]
	if k == nil || k.block == nil || k.block.used < 10 {
		return quickdraw.Region{}
	}
	size := min(uint32(t.u16(k.block.at)), k.block.used)
	r, err := quickdraw.Decode(t.copyOf(k.block.at, size))
	t.work(r.Work())
	if err != nil && t.err == nil {
		t.fail(err)
	}
	return r
}

// setRegion gives a handle another region. One that is too large becomes empty, and
// QDError says so.
func (t *Toolbox) setRegion(h uint32, r quickdraw.Region) {
	t.work(r.Work())
	b, ok := r.Encode()
	if !ok {
		t.setQDErr(rgnTooBigErr)
		b, _ = quickdraw.Region{}.Encode()
	}
	k := t.handles[h]
	if k == nil {
		t.setMemErr(memWZErr)
		return
	}
	switch {
	case k.block == nil:
		t.ReallocateHandle(h, uint32(len(b)))
	case int(k.block.used) != len(b):
		t.SetHandleSize(h, uint32(len(b)))
	}
	if k.block == nil || int(k.block.used) < len(b) {
		return // MemError says why
	}
	t.write(k.block.at, b)
}

// pixels is a BitMap or PixMap: where pixels are and what they are.
type pixels struct {
	base   uint32
	stride int
	bounds quickdraw.Rect
	show   quickdraw.Rect // of what is shown of it
	depth  int
	table  uint32 // a handle to a color table
}

// mapAt reads a BitMap or PixMap, or what CopyBits is given of a CGrafPort instead of
// one.
func (t *Toolbox) mapAt(at uint32) pixels {
	rowBytes := t.u16(at + mapRowBytes)
	if rowBytes&isColorPort == isColorPort {
		at = t.u32(t.u32(at))
		rowBytes = t.u16(at + mapRowBytes)
	}
	b := pixels{base: t.u32(at + mapBase), stride: int(rowBytes & rowBytesMask), bounds: t.rectAt(at + mapBounds), depth: 1}
	b.show = b.bounds
	switch s := t.draw.main; {
	case rowBytes&isPixMap != 0:
		b.depth, b.table = int(t.u16(at+mapPixelSize)), t.u32(at+mapTable)
	case s != nil && b.base == s.base:
		b.depth = screenDepth // old ports know nothing of depths
	}
	return b
}

// bitsOf returns the pixels of a port.
func (t *Toolbox) bitsOf(port uint32) pixels { return t.mapAt(port + portBits) }

// raster returns the rows of pixels that a rectangle reaches, which are checked to be
// there; nil if there are none.
func (t *Toolbox) raster(b pixels, in quickdraw.Rect, access memory.Perm) *quickdraw.Raster {
	in = in.Sect(b.bounds)
	if in.Empty() || t.err != nil {
		return nil
	}
	r := &quickdraw.Raster{Stride: b.stride, Bounds: quickdraw.Rect{Top: in.Top, Left: b.bounds.Left, Bottom: in.Bottom, Right: b.bounds.Right}, Depth: b.depth, Work: t.work}
	row := uint64(b.bounds.Width()*b.depth+7) / 8
	at := uint64(b.base) + uint64(b.stride)*uint64(int(in.Top)-int(b.bounds.Top))
	size := uint64(b.stride)*uint64(in.Height()-1) + row
	if at+size > 1<<32 || row > uint64(b.stride) {
		t.setQDErr(paramErr)
		return nil
	}
	view, err := t.space.View(uint32(at), uint32(size), access)
	if err != nil {
		t.fail(err)
		return nil
	}
	r.Pix = view
	if b.table != 0 && b.depth <= 8 {
		r.Colors = t.colors(b.table, b.depth)
	}
	if r.Check() != nil {
		t.setQDErr(paramErr)
		return nil
	}
	return r
}

// seen returns a rectangle around what of a port can be drawn to.
func (t *Toolbox) seen(port uint32) quickdraw.Rect {
	return t.rectAt(port + portPortRect).Sect(t.bitsOf(port).bounds)
}

// clip returns what of a port can be drawn to.
func (t *Toolbox) clip(port uint32) quickdraw.Region {
	clip := quickdraw.FromRect(t.seen(port))
	for _, field := range []uint32{portVisRgn, portClipRgn} {
		if h := t.u32(port + field); h != 0 { // a port that somebody made by hand has none
			clip = clip.Intersect(t.region(h))
		}
	}
	return clip
}

// paint fills a region of a port, as far as it can be drawn to, with a pattern in the
// port's colors.
func (t *Toolbox) paint(port uint32, shape quickdraw.Region, pattern quickdraw.Pattern, mode quickdraw.Mode) {
	if port == 0 || shape.Empty() || int16(t.u16(port+portPnVis)) < 0 {
		return
	}
	t.work(shape.Work())
	shape = shape.Intersect(t.clip(port))
	if r := t.raster(t.bitsOf(port), shape.Box, memory.RW); r != nil {
		r.Fill(shape, t.ink(port, pattern, mode))
	}
}

// ink is how a port paints.
func (t *Toolbox) ink(port uint32, pattern quickdraw.Pattern, mode quickdraw.Mode) *quickdraw.Ink {
	i := &quickdraw.Ink{Pattern: pattern, Mode: mode}
	i.Fore, i.Back = t.foreBack(port)
	i.Op = t.opColor(port, mode)
	return i
}
