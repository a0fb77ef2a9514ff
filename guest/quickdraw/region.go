package quickdraw

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// Point is a place between pixels, or the pixel below and to the right of it.
type Point struct{ V, H int16 }

// Rect is the pixels between coordinates; one whose bottom is not below its top, or
// whose right is not right of its left, has none.
type Rect struct{ Top, Left, Bottom, Right int16 }

// Empty says whether a rectangle has no pixels.
func (r Rect) Empty() bool { return r.Top >= r.Bottom || r.Left >= r.Right }

// Width is how many columns a rectangle has.
func (r Rect) Width() int { return max(0, int(r.Right)-int(r.Left)) }

// Height is how many rows a rectangle has.
func (r Rect) Height() int { return max(0, int(r.Bottom)-int(r.Top)) }

// Sect returns what rectangles have in common, the zero value if nothing.
func (r Rect) Sect(s Rect) Rect {
	c := Rect{max(r.Top, s.Top), max(r.Left, s.Left), min(r.Bottom, s.Bottom), min(r.Right, s.Right)}
	if c.Empty() {
		return Rect{}
	}
	return c
}

// Union returns the smallest rectangle that has both in it.
func (r Rect) Union(s Rect) Rect {
	switch {
	case r.Empty():
		return s
	case s.Empty():
		return r
	}
	return Rect{min(r.Top, s.Top), min(r.Left, s.Left), max(r.Bottom, s.Bottom), max(r.Right, s.Right)}
}

// Offset returns the rectangle elsewhere. What would be beyond the plane stays at its
// edge.
func (r Rect) Offset(dh, dv int) Rect {
	return Rect{clamp(int(r.Top) + dv), clamp(int(r.Left) + dh), clamp(int(r.Bottom) + dv), clamp(int(r.Right) + dh)}
}

// Inset returns the rectangle with its edges moved inwards; empty, it is the zero
// value.
func (r Rect) Inset(dh, dv int) Rect {
	s := Rect{clamp(int(r.Top) + dv), clamp(int(r.Left) + dh), clamp(int(r.Bottom) - dv), clamp(int(r.Right) - dh)}
	if s.Empty() {
		return Rect{}
	}
	return s
}

// Has says whether a pixel is in a rectangle.
func (r Rect) Has(p Point) bool {
	return p.V >= r.Top && p.V < r.Bottom && p.H >= r.Left && p.H < r.Right
}

func clamp(v int) int16 { return int16(max(-0x8000, min(v, 0x7fff))) }

// last ends a scan line, and the lines. It is no coordinate of a region that is not
// a rectangle.
const last = 0x7fff

// Region is any set of pixels, as QuickDraw has it: lines of points at which what is
// below and to the right changes between inside and outside. A line has those at which
// its pixels differ from those of the row above.
//
//	 y  x…           rows from there on
//	10  20 40 last   20 to 39
//	15  30 50 last   20 to 29, 40 to 49
//	20  20 30 40 50 last
//	last
//
// The zero value is empty. A Region never changes.
type Region struct {
	Box   Rect    // the smallest rectangle around it
	lines []int16 // nil if it is the box
	cut   bool    // it had become too complicated, and is not complete
	work  int     // points that were looked at to make it
}

// FromRect returns the region of a rectangle.
func FromRect(r Rect) Region {
	if r.Empty() {
		return Region{}
	}
	return Region{Box: r}
}

func rectangle(r Rect, cut bool) Region {
	made := FromRect(r)
	made.cut = cut
	return made
}

// Empty says whether a region has no pixels.
func (r Region) Empty() bool { return r.Box.Empty() }

// Work says how long it took to make a region, as Raster.Work counts.
func (r Region) Work() int { return 4 * r.work }

// IsRect says whether a region is a rectangle, or empty.
func (r Region) IsRect() bool { return r.lines == nil }

// Equal says whether regions have the same pixels.
func (r Region) Equal(s Region) bool { return r.Box == s.Box && slices.Equal(r.lines, s.lines) }

// walker goes through a region from top to bottom.
type walker struct {
	y     int     // of the next line, beyond if there is none
	row   []int16 // what is inside above it
	lines []int16
	spare []int16
	box   Rect // of a rectangle, whose lines would take last for its end
}

const beyond = 1 << 20

func (r Region) walk() *walker {
	w := &walker{lines: r.lines, box: r.Box, y: beyond}
	switch {
	case r.lines != nil:
		w.y = int(r.lines[0])
	case !r.Empty():
		w.y = int(r.Box.Top)
	}
	return w
}

// next goes to the next line, after which row is what is inside from there on.
func (w *walker) next() {
	switch {
	case w.lines != nil:
		n := slices.Index(w.lines, last)
		w.row, w.spare = toggle(w.spare[:0], w.row, w.lines[1:n]), w.row
		w.lines = w.lines[n+1:]
		if w.y = int(w.lines[0]); w.y == last {
			w.y = beyond
		}
	case w.row == nil:
		w.row, w.y = []int16{w.box.Left, w.box.Right}, int(w.box.Bottom)
	default:
		w.row, w.y = nil, beyond
	}
}

// toggle appends the points that one list has and the other has not.
func toggle(to, a, b []int16) []int16 {
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			to, a = append(to, a[0]), a[1:]
		case a[0] > b[0]:
			to, b = append(to, b[0]), b[1:]
		default:
			a, b = a[1:], b[1:]
		}
	}
	return append(append(to, a...), b...)
}

// Rows calls f for each run of rows between top and bottom that have the same pixels,
// from above. Points come in pairs, the left and right of a span; they are f's only
// while it runs.
func (r Region) Rows(top, bottom int, f func(top, bottom int, points []int16)) {
	for w := r.walk(); w.y < bottom; {
		from := max(top, w.y)
		w.next()
		if to := min(bottom, w.y); from < to && len(w.row) > 0 {
			f(from, to, w.row)
		}
	}
}

// builder makes a region of rows that come from above.
type builder struct {
	lines []int16
	row   []int16 // the latest
	box   Rect
	work  int // points that were looked at
}

// mostWords bounds what a region may take. Those in a machine's memory have at most
// 16383; shapes on their way to the screen may have more. mostWork bounds how long it
// takes to make one, or to go through one, since a line may differ little from one that
// has thousands of points: some 10 milliseconds.
const (
	mostWords = 1 << 20
	mostWork  = 1 << 21
)

// add says what is inside from a row on: points in ascending order, an even number.
func (b *builder) add(y int, points []int16) {
	if n := len(points); n > 0 && points[n-1] == last { // which lines cannot say
		points = slices.Clone(points)
		points[n-1]--
		if points[n-2] == points[n-1] {
			points = points[:n-2]
		}
	}
	if y >= last-1 { // nothing can end below
		y, points = last-1, nil
	}
	b.work += len(b.row) + len(points)
	at := len(b.lines)
	b.lines = toggle(append(b.lines, int16(y)), b.row, points)
	if len(b.lines) == at+1 {
		b.lines = b.lines[:at]
		return
	}
	if at == 0 {
		b.box = Rect{Top: int16(y), Left: points[0], Right: points[len(points)-1]}
	}
	b.lines = append(b.lines, last)
	b.box.Bottom = int16(y)
	if n := len(points); n > 0 {
		b.box.Left, b.box.Right = min(b.box.Left, points[0]), max(b.box.Right, points[n-1])
	}
	b.row = append(b.row[:0], points...)
}

// full says that a region has become too large to go on with.
func (b *builder) full() bool { return len(b.lines) > mostWords || b.work > mostWork }

// region returns what was built. The latest row must be empty, or a region that was
// too large ends there.
func (b *builder) region() Region {
	cut := b.full()
	if len(b.row) > 0 {
		b.add(int(b.box.Bottom)+1, nil)
	}
	switch {
	case len(b.lines) == 0 || b.box.Empty():
		return Region{cut: cut, work: b.work}
	case len(b.lines) == 8: // two lines of two points
		return Region{Box: b.box, cut: cut, work: b.work}
	}
	return Region{b.box, append(b.lines, last), cut, b.work}
}

// Operations on two regions: which pixels are in the result, of those in neither, the
// first only, the second only, and both.
type operation [4]bool

var (
	union     = operation{false, true, true, true}
	intersect = operation{false, false, false, true}
	subtract  = operation{false, true, false, false}
	exclusive = operation{false, true, true, false}
)

// Union returns the pixels in either region.
func (r Region) Union(s Region) Region { return combine(r, s, union) }

// Intersect returns the pixels in both regions.
func (r Region) Intersect(s Region) Region {
	if r.IsRect() && s.IsRect() {
		return rectangle(r.Box.Sect(s.Box), r.cut || s.cut)
	}
	return combine(r, s, intersect)
}

// Subtract returns the pixels in the first region but not in the second.
func (r Region) Subtract(s Region) Region { return combine(r, s, subtract) }

// Xor returns the pixels in one of the regions only.
func (r Region) Xor(s Region) Region { return combine(r, s, exclusive) }

func combine(r, s Region, op operation) Region {
	var out builder
	return out.combine(r, s, op)
}

func (out *builder) combine(r, s Region, op operation) Region {
	a, b := r.walk(), s.walk()
	var row []int16
	for !out.full() {
		y := min(a.y, b.y)
		if y == beyond {
			break
		}
		if a.y == y {
			a.next()
		}
		if b.y == y {
			b.next()
		}
		out.work += len(a.row) + len(b.row)
		row = merge(row[:0], a.row, b.row, op)
		out.add(y, row)
	}
	made := out.region()
	made.cut = made.cut || r.cut || s.cut
	return made
}

// merge appends the points of an operation on two rows.
func merge(to, a, b []int16, op operation) []int16 {
	state, inside := 0, false
	for len(a) > 0 || len(b) > 0 {
		var x int16
		switch {
		case len(b) == 0 || len(a) > 0 && a[0] < b[0]:
			x, a, state = a[0], a[1:], state^1
		case len(a) == 0 || b[0] < a[0]:
			x, b, state = b[0], b[1:], state^2
		default:
			x, a, b, state = a[0], a[1:], b[1:], state^3
		}
		if op[state] != inside {
			to, inside = append(to, x), !inside
		}
	}
	return to
}

// Offset returns a region elsewhere. What would be beyond the plane is cut off.
func (r Region) Offset(dh, dv int) Region {
	if r.IsRect() {
		return rectangle(r.Box.Offset(dh, dv), r.cut)
	}
	return r.moved(dh, dh, dv)
}

// moved returns a region whose spans have their left and right edges moved; those that
// meet become one.
func (r Region) moved(left, right, dv int) Region {
	var out builder
	var row []int16
	for w := r.walk(); w.y != beyond && !out.full(); {
		y := int(clamp(w.y + dv))
		w.next()
		row = row[:0]
		for i := 0; i < len(w.row); i += 2 {
			l, r := clamp(int(w.row[i])+left), clamp(int(w.row[i+1])+right)
			switch n := len(row); {
			case l >= r:
			case n > 0 && l <= row[n-1]:
				row[n-1] = max(r, row[n-1])
			default:
				row = append(row, l, r)
			}
		}
		out.work += len(w.row)
		if next := int(clamp(w.y + dv)); next > y || w.y == beyond {
			out.add(y, row)
		}
	}
	made := out.region()
	made.cut = made.cut || r.cut
	return made
}

// Inset returns a region with its edges moved inwards, or outwards if dh and dv are
// negative: those pixels that have all of a rectangle around them in the region, or any
// of it.
func (r Region) Inset(dh, dv int) Region {
	switch {
	case r.Empty():
		return Region{cut: r.cut}
	case r.IsRect():
		return rectangle(r.Box.Inset(dh, dv), r.cut)
	}
	r = r.moved(dh, -dh, 0)
	op := intersect
	if dv < 0 {
		op, dv = union, -dv
	}
	dv = min(dv, 0x7fff)
	// Rows 2*dv+1 together, by doubling.
	s, rows, work := r, 1, 0
	for rows < 2*dv+1 && len(s.lines) <= 2*MostBytes && !s.cut { // or nobody could keep it
		step := min(rows, 2*dv+1-rows)
		out := builder{work: work}
		s, rows, work = out.combine(s, s.Offset(0, step), op), rows+step, out.work
	}
	s = s.Offset(0, -dv)
	s.work += work
	return s
}

// Has says whether a pixel is in a region.
func (r Region) Has(p Point) bool {
	if !r.Box.Has(p) {
		return false
	}
	has := false
	r.Rows(int(p.V), int(p.V)+1, func(_, _ int, points []int16) {
		for i := 0; i < len(points); i += 2 {
			has = has || p.H >= points[i] && p.H < points[i+1]
		}
	})
	return has
}

// smallest is the size of a region that is a rectangle: its size and box.
const smallest = 10

// MostBytes is how large a region may be in a machine's memory.
const MostBytes = 0x7fff

// Encode returns a region as it is in memory: its size in bytes, its box, its lines. It
// says no if it is too large, or has become too complicated.
func (r Region) Encode() ([]byte, bool) {
	size := smallest + 2*len(r.lines)
	if size > MostBytes || r.cut {
		return nil, false
	}
	b := binary.BigEndian.AppendUint16(make([]byte, 0, size), uint16(size))
	for _, v := range [...]int16{r.Box.Top, r.Box.Left, r.Box.Bottom, r.Box.Right} {
		b = binary.BigEndian.AppendUint16(b, uint16(v))
	}
	for _, v := range r.lines {
		b = binary.BigEndian.AppendUint16(b, uint16(v))
	}
	return b, true
}

// Decode reads a region as it is in memory. What follows it is of no concern.
func Decode(b []byte) (Region, error) {
	if len(b) < smallest {
		return Region{}, fmt.Errorf("region: %d bytes (at least %d)", len(b), smallest)
	}
	size := int(binary.BigEndian.Uint16(b))
	if size < smallest || size > len(b) || size%2 != 0 {
		return Region{}, fmt.Errorf("region: its size is %d (an even number from %d to %d)", size, smallest, len(b))
	}
	word := func(at int) int16 { return int16(binary.BigEndian.Uint16(b[at:])) }
	box := Rect{word(2), word(4), word(6), word(8)}
	if size == smallest {
		return FromRect(box), nil
	}
	var out builder
	var line, row, spare []int16
	y, at := -beyond, smallest
	for {
		if at+2 > size {
			return Region{}, fmt.Errorf("region: its lines do not end within %d bytes", size)
		}
		next := int(word(at))
		at += 2
		if next == last {
			break
		}
		if next <= y {
			return Region{}, fmt.Errorf("region: line %d at byte %d follows line %d", next, at-2, y)
		}
		y, line = next, line[:0]
		for {
			if at+2 > size {
				return Region{}, fmt.Errorf("region: line %d does not end within %d bytes", y, size)
			}
			x := word(at)
			at += 2
			if x == last {
				break
			}
			if n := len(line); n > 0 && x <= line[n-1] {
				return Region{}, fmt.Errorf("region: line %d: point %d at byte %d follows point %d", y, x, at-2, line[n-1])
			}
			line = append(line, x)
		}
		if len(line)%2 != 0 {
			return Region{}, fmt.Errorf("region: line %d has %d points (an even number)", y, len(line))
		}
		row, spare = toggle(spare[:0], row, line), row
		if out.add(y, row); out.full() {
			return Region{}, fmt.Errorf("region: at line %d, its rows have more than %d points together", y, mostWork/2)
		}
	}
	if len(row) > 0 {
		return Region{}, fmt.Errorf("region: %d points are left open at its end", len(row))
	}
	return out.region(), nil
}

// Map returns a region as it is where a rectangle is stretched to be another.
func (r Region) Map(from, to Rect) Region {
	if r.Empty() || from.Empty() {
		return Region{cut: r.cut}
	}
	if r.IsRect() {
		return rectangle(MapRect(r.Box, from, to), r.cut)
	}
	var out builder
	var points []int16
	for w := r.walk(); w.y != beyond && !out.full(); {
		y := MapPoint(Point{V: int16(w.y)}, from, to).V
		w.next()
		points = points[:0]
		for i := 0; i < len(w.row); i += 2 {
			l, r := MapPoint(Point{H: w.row[i]}, from, to).H, MapPoint(Point{H: w.row[i+1]}, from, to).H
			switch n := len(points); {
			case l >= r:
			case n > 0 && l <= points[n-1]:
				points[n-1] = r
			default:
				points = append(points, l, r)
			}
		}
		out.work += len(w.row)
		if w.y == beyond || MapPoint(Point{V: int16(w.y)}, from, to).V > y {
			out.add(int(y), points)
		}
	}
	made := out.region()
	made.cut = made.cut || r.cut
	return made
}

// MapPoint returns where a point is if a rectangle, which is not empty, is stretched to
// be another.
func MapPoint(p Point, from, to Rect) Point {
	v := floorDiv((int(p.V)-int(from.Top))*to.Height(), from.Height())
	h := floorDiv((int(p.H)-int(from.Left))*to.Width(), from.Width())
	return Point{clamp(int(to.Top) + v), clamp(int(to.Left) + h)}
}

// MapRect returns where another rectangle then is.
func MapRect(r, from, to Rect) Rect {
	a, b := MapPoint(Point{r.Top, r.Left}, from, to), MapPoint(Point{r.Bottom, r.Right}, from, to)
	return Rect{a.V, a.H, b.V, b.H}
}
