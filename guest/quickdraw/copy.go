package quickdraw

import "slices"

// Transfer is how pixels of a raster are copied to another.
type Transfer struct {
	From, To Rect // from is stretched to be to
	Clip     Region
	Mode     Mode
	Fore     Color // of a source of 1 bit: its ones
	Back     Color
	Op       Color
	Mask     *Raster // of 1 bit: only where it has ones
	MaskFrom Rect    // is stretched to be to
	// Overlap says that the two may have the same bytes.
	Overlap bool
}

// Copy copies pixels to a raster, from another of any depth. What is outside either is left out.
func (r *Raster) Copy(src *Raster, how *Transfer) {
	if r.Check() != nil || src.Check() != nil || how.From.Empty() || how.To.Empty() || how.Mask != nil && (how.Mask.Check() != nil || how.MaskFrom.Empty()) {
		return
	}
	clip := how.Clip.Intersect(FromRect(how.To.Sect(r.Bounds)))
	c := &copier{to: r, from: src, m: r.mixer(how.Mode, how.Fore, how.Back, how.Op), values: map[uint32]uint32{}}
	if how.Overlap {
		if !r.works(len(src.Pix) / 64) {
			return
		}
		copied := *src
		copied.Pix = slices.Clone(src.Pix)
		c.from = &copied
	}
	c.same = r.Depth == src.Depth && (r.direct() || slices.Equal(r.Colors, src.Colors))
	columns := stretch(how.From.Left, how.From.Right, how.To.Left, how.To.Right, src.Bounds.Left, src.Bounds.Right)
	rows := stretch(how.From.Top, how.From.Bottom, how.To.Top, how.To.Bottom, src.Bounds.Top, src.Bounds.Bottom)
	var maskColumns, maskRows func(int) (int, bool)
	if k := how.Mask; k != nil {
		maskColumns = stretch(how.MaskFrom.Left, how.MaskFrom.Right, how.To.Left, how.To.Right, k.Bounds.Left, k.Bounds.Right)
		maskRows = stretch(how.MaskFrom.Top, how.MaskFrom.Bottom, how.To.Top, how.To.Bottom, k.Bounds.Top, k.Bounds.Bottom)
	}
	ended := false
	clip.Rows(int(r.Bounds.Top), int(r.Bounds.Bottom), func(top, bottom int, points []int16) {
		pixels := 0
		for i := 0; i < len(points); i += 2 {
			pixels += int(points[i+1]) - int(points[i])
		}
		for y := top; y < bottom && !ended; y++ {
			if ended = !r.works(len(points) + pixels*pixelWork); ended {
				return
			}
			sy, ok := rows(y)
			if !ok {
				continue
			}
			my, masked := 0, false
			if how.Mask != nil {
				if my, masked = maskRows(y); !masked {
					continue
				}
			}
			for i := 0; i < len(points); i += 2 {
				for x := int(points[i]); x < int(points[i+1]); x++ {
					sx, ok := columns(x)
					if !ok {
						continue
					}
					if masked {
						if mx, ok := maskColumns(x); !ok || how.Mask.at(mx, my) == 0 {
							continue
						}
					}
					c.pixel(x, y, c.from.at(sx, sy))
				}
			}
		}
	})
}

// stretch returns which coordinate of a source is at one of the destination; false if
// it is outside what there is.
func stretch(from, fromEnd, to, toEnd, first, end int16) func(int) (int, bool) {
	n, m := int(fromEnd)-int(from), int(toEnd)-int(to)
	return func(x int) (int, bool) {
		x = int(from) + floorDiv((x-int(to))*n, m)
		return x, x >= int(first) && x < int(end)
	}
}

type copier struct {
	to, from *Raster
	m        *mixer
	same     bool              // values mean the same in both
	values   map[uint32]uint32 // of the source, and what they are in the destination
}

// pixel puts a value of the source on a pixel.
func (c *copier) pixel(x, y int, v uint32) {
	if c.from.Depth == 1 {
		c.to.put(x, y, c.m, v != 0)
		return
	}
	v &= c.from.mask()
	color := c.from.Color(v)
	to := v
	if !c.same {
		var ok bool
		if to, ok = c.values[v]; !ok {
			to = c.to.Value(color)
			if len(c.values) < mostNearest {
				c.values[v] = to
			}
		}
	}
	c.to.set(x, y, c.m.pixel(c.to.at(x, y), to, color))
}
