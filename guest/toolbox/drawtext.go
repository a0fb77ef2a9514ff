package toolbox

import (
	"image"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	subpixel "golang.org/x/image/math/fixed"

	"github.com/crossplug/crossplug/guest/quickdraw"
	"github.com/crossplug/crossplug/internal/bin"
)

// Text ("Inside Macintosh: Text", chapters 3 and 4). The fonts of a Macintosh are
// nobody's to give: whatever font a plug-in asks for, it gets Go's, in the size it asks
// for and without shades; a font of fixed width if that is what it asked for. Faces are
// made of plain letters as QuickDraw made them: bold ones are drawn twice.

// Numbers of fonts.
const (
	systemFont      = 0
	applicationFont = 1
	fontMonaco      = 4
	fontCourier     = 22
)

// fontNames are those of the fonts that there are, by number.
var fontNames = map[int16]string{
	systemFont: "Chicago", 2: "New York", 3: "Geneva", fontMonaco: "Monaco", 20: "Times", 21: "Helvetica", fontCourier: "Courier", 23: "Symbol",
}

// Bits of a face.
const (
	faceBold      = 1
	faceItalic    = 2
	faceUnderline = 4
	faceOutline   = 8
	faceShadow    = 16
	faceCondense  = 32
	faceExtend    = 64
)

const (
	defaultSize = 12
	mostSize    = 400 // larger letters are drawn as large as this
	mostFaces   = 8
)

var (
	proportional = sync.OnceValues(func() (*opentype.Font, error) { return opentype.Parse(goregular.TTF) })
	monospaced   = sync.OnceValues(func() (*opentype.Font, error) { return opentype.Parse(gomono.TTF) })
)

// typeface is a font in a size.
type typeface struct {
	face            font.Face
	ascent, descent int
	letters         [256]*letter
}

type typefaceKey struct {
	monospaced bool
	size       int
}

// letter is what one is drawn of, its origin at (0, 0), and how far it moves the pen.
type letter struct {
	spans   []quickdraw.Span
	advance int
}

// typefaceOf returns what a port draws text with; nil after an error.
func (t *Toolbox) typefaceOf(port uint32) *typeface {
	size := int(int16(t.u16(port + portTxSize)))
	if size <= 0 {
		size = defaultSize
	}
	f := int16(t.u16(port + portTxFont))
	key := typefaceKey{f == fontMonaco || f == fontCourier, min(size, mostSize)}
	if face := t.draw.faces[key]; face != nil {
		return face
	}
	load := proportional
	if key.monospaced {
		load = monospaced
	}
	parsed, err := load()
	if err != nil {
		t.fail(err)
		return nil
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: float64(key.size), DPI: 72})
	if err != nil {
		t.fail(err)
		return nil
	}
	m := face.Metrics()
	if t.draw.faces == nil || len(t.draw.faces) == mostFaces {
		t.draw.faces = map[typefaceKey]*typeface{}
	}
	tf := &typeface{face: face, ascent: m.Ascent.Round(), descent: m.Descent.Round()}
	t.draw.faces[key] = tf
	return tf
}

// letter returns one of a face, nil if the guest's code is to end.
func (t *Toolbox) letter(tf *typeface, c byte) *letter {
	n := 4
	if tf.letters[c] == nil { // it has to be painted
		n = 1500 + tf.ascent*tf.ascent/4
	}
	if !t.work(n) {
		return nil
	}
	return tf.letter(c)
}

// letterInk is how much of a pixel a letter must cover to have it.
const letterInk = 0x70

func (tf *typeface) letter(c byte) *letter {
	if l := tf.letters[c]; l != nil {
		return l
	}
	l := &letter{}
	tf.letters[c] = l
	r := []rune(bin.MacRoman([]byte{c}))[0]
	if r < ' ' {
		return l
	}
	box, mask, at, advance, ok := tf.face.Glyph(subpixel.Point26_6{}, r)
	l.advance = advance.Round()
	alpha, isAlpha := mask.(*image.Alpha)
	if !ok || !isAlpha {
		return l
	}
	for y := range box.Dy() {
		start := -1
		for x := range box.Dx() + 1 {
			inked := x < box.Dx() && alpha.AlphaAt(at.X+x, at.Y+y).A >= letterInk
			switch {
			case inked && start < 0:
				start = x
			case !inked && start >= 0:
				l.spans = append(l.spans, quickdraw.Span{Row: box.Min.Y + y, Left: box.Min.X + start, Right: box.Min.X + x})
				start = -1
			}
		}
	}
	return l
}

// widening is how many pixels a face adds to each letter.
func widening(face uint8) int {
	n := 0
	for _, f := range []struct {
		bit uint8
		n   int
	}{{faceBold, 1}, {faceOutline, 1}, {faceShadow, 2}, {faceCondense, -1}, {faceExtend, 1}} {
		if face&f.bit != 0 {
			n += f.n
		}
	}
	return n
}

// measure calls f with the place of each letter of a text, and returns the text's width.
func (t *Toolbox) measure(port uint32, text []byte, f func(*letter, int)) int {
	tf := t.typefaceOf(port)
	if tf == nil {
		return 0
	}
	wider := widening(t.u8(port + portTxFace))
	space, every := int64(int32(t.u32(port+portSpExtra))), int64(0)
	if t.isColor(port) {
		every = int64(int16(t.u16(port+portChExtra))) << 4 // chExtra, of 12 bits
	}
	x, extra := 0, int64(0) // extra in 65536ths
	for _, c := range text {
		l := t.letter(tf, c)
		if l == nil {
			break
		}
		if f != nil {
			f(l, x+int(extra>>16))
		}
		x += max(0, l.advance+wider)
		if c == ' ' {
			extra += space
		}
		extra += every
	}
	return x + int(extra>>16)
}

// mostTextPixels is how wide a text may be: beyond, nothing can be seen. mostSpans is of
// how many spans its letters may be drawn, which are as many if it is as wide.
const (
	mostTextPixels = 1 << 16
	mostSpans      = 1 << 16
)

// shapeOf returns the pixels of a text whose first letter is at the pen, and how wide it
// is.
func (t *Toolbox) shapeOf(port uint32, text []byte, pen quickdraw.Point) (shape quickdraw.Region, width int) {
	var spans []quickdraw.Span
	face := t.u8(port + portTxFace)
	width = t.measure(port, text, func(l *letter, x int) {
		if x > mostTextPixels || x < -mostTextPixels || len(spans) > mostSpans || !t.work(2*len(l.spans)) {
			return
		}
		for _, s := range l.spans {
			lean := 0
			if face&faceItalic != 0 {
				lean = -s.Row / 2
			}
			spans = append(spans, quickdraw.Span{Row: s.Row + int(pen.V), Left: s.Left + int(pen.H) + x + lean, Right: s.Right + int(pen.H) + x + lean})
		}
	})
	t.work(32 * len(spans))
	shape = quickdraw.FromSpans(spans)
	if face&faceBold != 0 {
		shape = shape.Union(shape.Offset(1, 0))
	}
	if face&faceUnderline != 0 {
		line := quickdraw.Line(quickdraw.Point{V: pen.V + 1, H: pen.H}, quickdraw.Point{V: pen.V + 1, H: pen.H + int16(max(0, width-1))}, 1, 1)
		shape = shape.Union(line.Subtract(shape.Inset(-1, 0)))
	}
	if face&(faceOutline|faceShadow) != 0 {
		around := shape.Inset(-1, -1)
		if face&faceShadow != 0 {
			around = around.Union(around.Offset(1, 1))
		}
		shape = around.Subtract(shape)
	}
	return shape, width
}

// drawText draws a text at the current port's pen, and moves it.
func (t *Toolbox) drawText(text []byte) {
	port := t.port()
	if t.err != nil || port == 0 {
		return
	}
	pen := t.pointAt(port + portPnLoc)
	shape, width := t.shapeOf(port, text, pen)
	if t.err != nil {
		return
	}
	if r := t.draw.recordings[port]; r != nil && r.picture != nil && t.u32(port+portPicSave) != 0 {
		t.recordText(port, r.picture, pen, text)
	}
	mode := quickdraw.Mode(int16(t.u16(port + portTxMode)))
	if mode&^64 == quickdraw.SrcCopy || mode == quickdraw.NotSrcCopy {
		// The letters' boxes, too.
		tf := t.typefaceOf(port)
		box := quickdraw.FromRect(quickdraw.Rect{Top: pen.V - int16(tf.ascent), Left: pen.H, Bottom: pen.V + int16(tf.descent), Right: pen.H + int16(min(width, 0x7fff))})
		t.paint(port, box, patternWhite, mode)
	}
	t.paint(port, shape, quickdraw.Solid, mode)
	t.putPoint(port+portPnLoc, quickdraw.Point{V: pen.V, H: pen.H + int16(width)})
}

// InitFonts has nothing to do.
func (t *Toolbox) InitFonts() {}

// TextFont sets the current port's font.
func (t *Toolbox) TextFont(number int16) { t.put16(t.port()+portTxFont, uint16(number)) }

// TextFace sets the current port's face.
func (t *Toolbox) TextFace(face int16) { t.put8(t.port()+portTxFace, uint8(face)) }

// TextMode sets how the current port draws text.
func (t *Toolbox) TextMode(mode int16) { t.put16(t.port()+portTxMode, uint16(mode)) }

// TextSize sets the size of the current port's text, 12 if 0.
func (t *Toolbox) TextSize(size int16) { t.put16(t.port()+portTxSize, uint16(size)) }

// SpaceExtra sets how much wider the current port's blanks are, in pixels and fractions.
func (t *Toolbox) SpaceExtra(extra int32) { t.put32(t.port()+portSpExtra, uint32(extra)) }

// DrawChar draws a letter at the pen, and moves it.
func (t *Toolbox) DrawChar(c int16) { t.drawText([]byte{byte(c)}) }

// DrawString draws a Pascal text at the pen, and moves it.
func (t *Toolbox) DrawString(text uint32) { t.drawText(t.pstring(text)) }

// DrawText draws bytes of a text at the pen, and moves it.
func (t *Toolbox) DrawText(text uint32, first, count int16) {
	t.drawText(t.bytesOf(text, first, count))
}

func (t *Toolbox) bytesOf(text uint32, first, count int16) []byte {
	if count <= 0 {
		return nil
	}
	return t.copyOf(text+uint32(int32(first)), uint32(count))
}

// CharWidth returns how far a letter moves the pen.
func (t *Toolbox) CharWidth(c int16) int16 { return t.textWidth([]byte{byte(c)}) }

// StringWidth returns how far a Pascal text moves the pen.
func (t *Toolbox) StringWidth(text uint32) int16 { return t.textWidth(t.pstring(text)) }

// TextWidth returns how far bytes of a text move the pen.
func (t *Toolbox) TextWidth(text uint32, first, count int16) int16 {
	return t.textWidth(t.bytesOf(text, first, count))
}

func (t *Toolbox) textWidth(text []byte) int16 {
	return int16(min(t.measure(t.port(), text, nil), 0x7fff))
}

// GetFontInfo writes how large the current port's letters are: how high above and how
// deep below their line, the widest, and how much is between lines.
func (t *Toolbox) GetFontInfo(info uint32) {
	port := t.port()
	tf := t.typefaceOf(port)
	if tf == nil {
		return
	}
	widest := 0
	for c := range 256 {
		l := t.letter(tf, byte(c))
		if l == nil {
			return
		}
		widest = max(widest, l.advance)
	}
	leading := max(1, (tf.ascent+tf.descent)/12)
	for i, v := range []int{tf.ascent, tf.descent, widest + widening(t.u8(port+portTxFace)), leading} {
		t.put16(info+uint32(2*i), uint16(v))
	}
}

// GetFNum writes the number of a font with a name, 0 if there is none.
func (t *Toolbox) GetFNum(name, number uint32) {
	text := t.pstring(name)
	found := int16(0)
	for n, known := range fontNames {
		if sameName(string(text), known) {
			found = n
		}
	}
	t.put16(number, uint16(found))
}

// sameName compares the names of fonts.
func sameName(a, b string) bool {
	lower := func(s string) string {
		l := []byte(s)
		for i, c := range l {
			if c >= 'A' && c <= 'Z' {
				l[i] = c + 'a' - 'A'
			}
		}
		return string(l)
	}
	return lower(a) == lower(b)
}

// GetFontName writes the name of a font, an empty one if there is none.
func (t *Toolbox) GetFontName(number int16, name uint32) {
	if number == applicationFont {
		number = 3
	}
	t.putPString(name, []byte(fontNames[number]), 255)
}

// RealFont says whether a font is there in a size, which all are.
func (t *Toolbox) RealFont(number, size int16) bool {
	_, ok := fontNames[number]
	return (ok || number == applicationFont) && size > 0
}

// GetSysFont returns the number of the system's font.
func (t *Toolbox) GetSysFont() int16 { return systemFont }

// GetAppFont returns the number of the font for documents.
func (t *Toolbox) GetAppFont() int16 { return applicationFont }
