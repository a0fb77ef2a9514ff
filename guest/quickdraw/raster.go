// Package quickdraw is the arithmetic of QuickDraw: regions, shapes made of them, and
// rasters that are painted and copied, in bytes that somebody else owns.
//
//	shape := quickdraw.Oval(rect).Intersect(clip)     // what is to be painted
//	raster.Fill(shape, &quickdraw.Ink{Pattern: gray, Fore: red, Mode: quickdraw.PatOr})
//
// Coordinates lie between pixels; pixel (h, v) is below and to the right of its
// coordinates. They are 16 bits, as they always were. Everything that is drawn becomes
// a region first and is painted then, each pixel once.
//
// Nothing here knows a machine or its memory. Whatever comes from one is checked: sizes
// are bounded, and bytes beyond a raster's are never touched. Rasters belong to one
// goroutine at a time; regions never change.
//
// Source: "Inside Macintosh: Imaging With QuickDraw", chapters 2 to 4.
package quickdraw

import (
	"encoding/binary"
	"fmt"
)

// Color is red, green and blue, 0 to 65535 each.
type Color struct{ Red, Green, Blue uint16 }

// Raster is pixels in rows, as a BitMap or PixMap has them: big-endian, the leftmost
// in the highest bits.
type Raster struct {
	Pix    []byte // from row Bounds.Top on
	Stride int    // bytes from row to row
	Bounds Rect
	Depth  int // bits of a pixel: 1, 2, 4, 8, 16 (5 of each color) or 32 (8 of each)
	// Colors are those of values of up to 8 bits. Without them 0 is white and the
	// largest value black, as in a BitMap.
	Colors []Color
	// Work, if not nil, is told before rows are painted how long that will take, in
	// something like a processor's instructions, and says whether to go on.
	Work func(n int) bool

	nearest map[Color]uint32
}

func (r *Raster) works(n int) bool { return r.Work == nil || r.Work(n) }

// Check says why a raster cannot be used.
func (r *Raster) Check() error {
	switch r.Depth {
	case 1, 2, 4, 8, 16, 32:
	default:
		return fmt.Errorf("pixels of %d bits (1, 2, 4, 8, 16 or 32)", r.Depth)
	}
	if need := (r.Bounds.Width()*r.Depth + 7) / 8; r.Stride < need {
		return fmt.Errorf("rows of %d bytes for %d pixels of %d bits (at least %d)", r.Stride, r.Bounds.Width(), r.Depth, need)
	}
	if need := r.bytes(); len(r.Pix) < need {
		return fmt.Errorf("%d bytes of pixels (%d rows of %d)", len(r.Pix), r.Bounds.Height(), r.Stride)
	}
	return nil
}

// bytes is how many bytes the pixels take; the last row may end with its pixels.
func (r *Raster) bytes() int {
	if r.Bounds.Empty() {
		return 0
	}
	return r.Stride*(r.Bounds.Height()-1) + (r.Bounds.Width()*r.Depth+7)/8
}

// at returns the value of a pixel, which must be in the bounds.
func (r *Raster) at(x, y int) uint32 {
	row := r.Pix[(y-int(r.Bounds.Top))*r.Stride:]
	x -= int(r.Bounds.Left)
	switch r.Depth {
	case 32:
		return binary.BigEndian.Uint32(row[4*x:])
	case 16:
		return uint32(binary.BigEndian.Uint16(row[2*x:]))
	case 8:
		return uint32(row[x])
	}
	bit := x * r.Depth
	return uint32(row[bit/8]) >> (8 - r.Depth - bit%8) & r.mask()
}

// set changes the value of a pixel, which must be in the bounds.
func (r *Raster) set(x, y int, v uint32) {
	row := r.Pix[(y-int(r.Bounds.Top))*r.Stride:]
	x -= int(r.Bounds.Left)
	switch r.Depth {
	case 32:
		binary.BigEndian.PutUint32(row[4*x:], v)
	case 16:
		binary.BigEndian.PutUint16(row[2*x:], uint16(v))
	case 8:
		row[x] = uint8(v)
	default:
		bit := x * r.Depth
		shift := 8 - r.Depth - bit%8
		row[bit/8] = row[bit/8]&^uint8(r.mask()<<shift) | uint8((v&r.mask())<<shift)
	}
}

// mask is the largest value of a pixel.
func (r *Raster) mask() uint32 {
	switch r.Depth {
	case 16:
		return 0x7fff
	case 32:
		return 0xffffff
	}
	return 1<<r.Depth - 1
}

// direct says whether values are colors themselves.
func (r *Raster) direct() bool { return r.Depth > 8 }

// Color returns the color that a value stands for.
func (r *Raster) Color(v uint32) Color {
	switch {
	case r.Depth == 32:
		return Color{wide(v >> 16), wide(v >> 8), wide(v)}
	case r.Depth == 16:
		five := func(v uint32) uint16 { v &= 31; return uint16(v<<11 | v<<6 | v<<1 | v>>4) }
		return Color{five(v >> 10), five(v >> 5), five(v)}
	case int(v) < len(r.Colors):
		return r.Colors[v]
	case r.Colors == nil:
		gray := uint16(0xffff - 0xffff*(v&r.mask())/r.mask())
		return Color{gray, gray, gray}
	}
	return Color{}
}

func wide(v uint32) uint16 { return uint16(v&0xff) * 0x101 }

// Value returns the value that comes nearest to a color.
func (r *Raster) Value(c Color) uint32 {
	switch r.Depth {
	case 32:
		return uint32(c.Red>>8)<<16 | uint32(c.Green>>8)<<8 | uint32(c.Blue>>8)
	case 16:
		return uint32(c.Red>>11)<<10 | uint32(c.Green>>11)<<5 | uint32(c.Blue>>11)
	}
	if v, ok := r.nearest[c]; ok {
		return v
	}
	best, distance := uint32(0), ^uint64(0)
	for v := range r.mask() + 1 {
		if r.Colors != nil && int(v) >= len(r.Colors) {
			break
		}
		o := r.Color(v)
		d := square(c.Red, o.Red) + square(c.Green, o.Green) + square(c.Blue, o.Blue)
		if d < distance {
			best, distance = v, d
		}
	}
	if r.nearest == nil || len(r.nearest) >= mostNearest {
		r.nearest = map[Color]uint32{}
	}
	r.nearest[c] = best
	return best
}

// mostNearest is how many nearest values a raster keeps.
const mostNearest = 1 << 12

func square(a, b uint16) uint64 {
	d := int64(a) - int64(b)
	return uint64(d * d)
}

// Get returns the value of a pixel; false if it is not in the raster.
func (r *Raster) Get(p Point) (uint32, bool) {
	if r.Check() != nil || !r.Bounds.Has(p) {
		return 0, false
	}
	return r.at(int(p.H), int(p.V)) & r.mask(), true
}

// Pattern is 8 by 8 pixels, in rows from above, which are aligned with the
// coordinates' origin.
type Pattern [8]byte

// Solid is the pattern without holes.
var Solid = Pattern{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// Ink is how a region is painted.
type Ink struct {
	Pattern Pattern
	Mode    Mode
	Fore    Color // of the pattern's ones
	Back    Color // of its zeros
	Op      Color // of arithmetic modes: weights, or a bound
}

// Fill paints a region, as far as it is in the raster.
func (r *Raster) Fill(shape Region, ink *Ink) {
	if r.Check() != nil {
		return
	}
	m := r.mixer(ink.Mode, ink.Fore, ink.Back, ink.Op)
	ended := false
	shape.Rows(int(r.Bounds.Top), int(r.Bounds.Bottom), func(top, bottom int, points []int16) {
		for y := top; y < bottom && !ended; y++ {
			row := ink.Pattern[y&7]
			if ended = !r.works(r.rowWork(points, m, row)); ended {
				return
			}
			for i := 0; i < len(points); i += 2 {
				left, right := max(points[i], r.Bounds.Left), min(points[i+1], r.Bounds.Right)
				if (row == 0 || row == 0xff) && left < right {
					v, how := m.bit(row != 0)
					if how == leave || how == replace && r.run(int(left), int(right), y, v) || how == invert && r.invert(int(left), int(right), y) {
						continue
					}
				}
				for x := int(left); x < int(right); x++ {
					r.put(x, y, m, row>>(7-x&7)&1 != 0)
				}
			}
		}
	})
}

// rowWork is how long it takes to paint spans of a row.
func (r *Raster) rowWork(points []int16, m *mixer, pattern byte) int {
	pixels := 0
	for i := 0; i < len(points); i += 2 {
		pixels += max(0, int(min(points[i+1], r.Bounds.Right))-int(max(points[i], r.Bounds.Left)))
	}
	n := len(points) + pixels*pixelWork
	if _, how := m.bit(pattern != 0); (pattern == 0 || pattern == 0xff) && (how == leave || r.Depth >= 8 && how == replace) {
		n = len(points) + pixels/32 // which are alike
	}
	return n
}

// pixelWork is how long it takes to paint or copy a pixel by itself.
const pixelWork = 4

// run gives pixels of a row a value, and says whether it could: not those that share
// bytes.
func (r *Raster) run(left, right, y int, v uint32) bool {
	if r.Depth < 8 {
		return false
	}
	size := r.Depth / 8
	at := (y-int(r.Bounds.Top))*r.Stride + size*(left-int(r.Bounds.Left))
	row := r.Pix[at : at+size*(right-left)]
	r.set(left, y, v)
	for n := size; n < len(row); n *= 2 {
		copy(row[n:], row[:n])
	}
	return true
}

// invert inverts pixels of a row, and says whether it could, as run does.
func (r *Raster) invert(left, right, y int) bool {
	at := (y-int(r.Bounds.Top))*r.Stride + r.Depth/8*(left-int(r.Bounds.Left))
	n := right - left
	switch r.Depth {
	case 8:
		for i := range r.Pix[at : at+n] {
			r.Pix[at+i] ^= 0xff
		}
	case 32:
		for row := r.Pix[at : at+4*n]; len(row) >= 4; row = row[4:] {
			binary.BigEndian.PutUint32(row, binary.BigEndian.Uint32(row)^r.mask())
		}
	default:
		return false
	}
	return true
}

func (r *Raster) put(x, y int, m *mixer, bit bool) {
	switch v, how := m.bit(bit); how {
	case leave:
	case replace:
		r.set(x, y, v)
	case invert:
		r.set(x, y, r.at(x, y)^r.mask())
	default:
		r.set(x, y, m.arithmetic(r.at(x, y), m.color(bit)))
	}
}
