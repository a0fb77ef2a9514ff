package quickdraw

import (
	"cmp"
	"math"
	"slices"
)

// Shapes as regions, of which only the rows within some rectangle are made: what is
// drawn is mostly seen in part. A pixel of an oval is one whose center is in it; a line is the
// pixels that a pen of some size covers on its way from pixel to pixel, which hangs
// below and to the right of where it is.

// Within is where rows are made.
type Within Rect

// everywhere is all rows.
var everywhere = Within{Top: math.MinInt16, Left: math.MinInt16, Bottom: math.MaxInt16, Right: math.MaxInt16}

// Oval returns the oval that touches the edges of a rectangle.
func Oval(r Rect) Region { return everywhere.Oval(r) }

// Oval is the function of its name.
func (within Within) Oval(r Rect) Region { return within.RoundRect(r, r.Width(), r.Height()) }

// RoundRect returns a rectangle whose corners are those of an oval of a width and
// height.
func RoundRect(r Rect, width, height int) Region { return everywhere.RoundRect(r, width, height) }

// RoundRect is the function of its name.
func (within Within) RoundRect(r Rect, width, height int) Region {
	w, h := min(width, r.Width()), min(height, r.Height())
	if w <= 0 || h <= 0 {
		return FromRect(r)
	}
	var out builder
	rows := r.Height()
	first, end := max(0, int(within.Top)-int(r.Top)), min(rows, int(within.Bottom)-int(r.Top))
	for i := first; i < end && !out.full(); i++ {
		// The row of the oval: from above, the middle, or from below.
		row := i
		if i >= h/2 {
			if row = h - (rows - i); row < h/2 {
				if row = h / 2; h%2 == 0 {
					row--
				}
			}
		}
		in := indent(w, h, row)
		out.work += indentWork
		left, right := int(r.Left)+in, int(r.Right)-in
		if left < right {
			out.add(int(r.Top)+i, []int16{int16(left), int16(right)})
		} else {
			out.add(int(r.Top)+i, nil)
		}
	}
	out.add(int(r.Top)+end, nil)
	return out.region()
}

// indentWork is how long it takes to find an indent, in points.
const indentWork = 16

// indent is how many pixels of a row of an oval's rectangle are left of the oval. The
// center of pixel j is in it if ((2j+1-w)/w)² + ((2i+1-h)/h)² ≤ 1.
func indent(w, h, i int) int {
	d := uint64(max(2*i+1-h, h-2*i-1))
	most := uint64(w) * uint64(w) * (uint64(h)*uint64(h) - d*d)
	lo, hi := 0, (w+1)/2 // the answer is in between
	for lo < hi {
		j := (lo + hi) / 2
		x := uint64(max(2*j+1-w, w-2*j-1)) * uint64(h)
		if x*x <= most {
			hi = j
		} else {
			lo = j + 1
		}
	}
	return lo
}

// Wedge returns the part of a rectangle between two rays from its middle. Angles are
// degrees clockwise from the top, of a square that is stretched to be the rectangle: 45
// is its upper right corner. arc is how far it is to the second ray; all around at
// 360 degrees and more.
func (within Within) Wedge(r Rect, start, arc int) Region {
	if arc < 0 {
		start, arc = start+arc, -arc
	}
	if arc >= 360 || r.Empty() {
		return FromRect(r)
	}
	if arc == 0 {
		return Region{}
	}
	v, h := (int(r.Top)+int(r.Bottom))/2, (int(r.Left)+int(r.Right))/2
	outer := [2]int{v, h}
	var e Edges
	before := outer
	for at := 0; ; at = min(at+60, arc) {
		// As far away that the rays are straight, and what is cut is not missed.
		angle := float64(((start+at)%360+360)%360) * math.Pi / 180
		scale := 40000 / float64(min(r.Width(), r.Height()))
		p := [2]int{v - int(math.Round(math.Cos(angle)*float64(r.Height())*scale)), h + int(math.Round(math.Sin(angle)*float64(r.Width())*scale))}
		e.add(before[0], before[1], p[0], p[1])
		if before = p; at == arc {
			break
		}
	}
	e.add(before[0], before[1], v, h)
	wedge, _ := e.Region(r.Sect(Rect(within)))
	return wedge
}

// Line returns what a pen of a width and height covers on its way between two pixels.
func Line(from, to Point, width, height int) Region { return everywhere.Line(from, to, width, height) }

// Line is the function of its name.
func (within Within) Line(from, to Point, width, height int) Region {
	if width <= 0 || height <= 0 {
		return Region{}
	}
	if to.V < from.V {
		from, to = to, from
	}
	dv, dh := int(to.V)-int(from.V), int(to.H)-int(from.H)
	// run is the pixels of a line of single pixels in one row, as far as they go from
	// the line's first.
	run := func(row int) (int, int) {
		d := max(dh, -dh)
		var first, next int
		switch {
		case dv == 0:
			first, next = 0, d+1
		case d <= dv:
			first = (2*d*row + dv) / (2 * dv)
			next = first + 1
		default:
			first, next = max(0, floorDiv(d*(2*row-1)+dv, 2*dv)), min(d+1, floorDiv(d*(2*row+1)+dv, 2*dv))
			if row == dv {
				next = d + 1
			}
		}
		if dh < 0 {
			return 1 - next, 1 - first
		}
		return first, next
	}
	var out builder
	first, end := max(0, int(within.Top)-int(from.V)), min(dv+height, int(within.Bottom)-int(from.V))
	for row := first; row < end && !out.full(); row++ {
		l1, r1 := run(max(0, row-height+1))
		l2, r2 := run(min(row, dv))
		left, right := clamp(int(from.H)+min(l1, l2)), clamp(int(from.H)+max(r1, r2)+width-1)
		if left < right {
			out.add(int(from.V)+row, []int16{left, right})
		} else {
			out.add(int(from.V)+row, nil)
		}
	}
	out.add(int(from.V)+end, nil)
	return out.region()
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// Edges are lines without width. What they surround is a region: the pixels left of
// whose centers there is an odd number of edges.
type Edges struct{ list [][4]int }

// Add adds a line.
func (e *Edges) Add(from, to Point) { e.add(int(from.V), int(from.H), int(to.V), int(to.H)) }

func (e *Edges) add(v1, h1, v2, h2 int) {
	switch {
	case v1 == v2: // has no row
	case v1 > v2:
		e.list = append(e.list, [4]int{v2, h2, v1, h1})
	default:
		e.list = append(e.list, [4]int{v1, h1, v2, h2})
	}
}

// mostCrossings bounds the work for edges: so many are crossed by all rows.
const mostCrossings = 1 << 20

// Region returns what edges surround in a rectangle; false if they are too many.
func (e *Edges) Region(in Rect) (Region, bool) {
	top, bottom := int(in.Bottom), int(in.Top)
	for _, l := range e.list {
		top, bottom = min(top, l[0]), max(bottom, l[2])
	}
	top, bottom = max(top, int(in.Top)), min(bottom, int(in.Bottom))
	crossings := 0
	for _, l := range e.list {
		crossings += max(0, min(bottom, l[2])-max(top, l[0]))
	}
	if top >= bottom || in.Empty() || crossings > mostCrossings {
		return Region{}, crossings <= mostCrossings
	}
	rows := make([][]int16, bottom-top)
	for _, l := range e.list {
		dv, dh := l[2]-l[0], l[3]-l[1]
		for y := max(top, l[0]); y < min(bottom, l[2]); y++ {
			x := l[1] + floorDiv(dh*(2*(y-l[0])+1)+dv, 2*dv) // in the middle of the row
			rows[y-top] = append(rows[y-top], int16(max(int(in.Left), min(x, int(in.Right)))))
		}
	}
	var out builder
	for i, row := range rows {
		slices.Sort(row)
		points := row[:0]
		for _, x := range row { // two at the same place are none
			if n := len(points); n > 0 && points[n-1] == x {
				points = points[:n-1]
			} else {
				points = append(points, x)
			}
		}
		out.add(top+i, points)
	}
	out.add(bottom, nil)
	return out.region(), !out.full()
}

// Span is pixels of a row.
type Span struct {
	Row         int
	Left, Right int
}

// FromSpans returns the region of spans, in any order, which may overlap. It sorts them.
func FromSpans(spans []Span) Region {
	slices.SortFunc(spans, func(a, b Span) int { return cmp.Or(cmp.Compare(a.Row, b.Row), cmp.Compare(a.Left, b.Left)) })
	var out builder
	var points []int16
	for i := 0; i < len(spans) && !out.full(); {
		row := spans[i].Row
		points = points[:0]
		for ; i < len(spans) && spans[i].Row == row; i++ {
			l, r := clamp(spans[i].Left), clamp(spans[i].Right)
			switch n := len(points); {
			case l >= r:
			case n > 0 && l <= points[n-1]:
				points[n-1] = max(points[n-1], r)
			default:
				points = append(points, l, r)
			}
		}
		if row < math.MinInt16 || row > math.MaxInt16 {
			continue
		}
		out.add(row, points)
		if i == len(spans) || spans[i].Row != row+1 {
			out.add(row+1, nil)
		}
	}
	return out.region()
}
