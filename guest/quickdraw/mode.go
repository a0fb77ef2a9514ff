package quickdraw

// Mode is how pixels are put on others: a transfer mode. Those of patterns have 8 added
// to those of rasters.
type Mode int16

// The transfer modes.
const (
	SrcCopy Mode = iota
	SrcOr
	SrcXor
	SrcBic
	NotSrcCopy
	NotSrcOr
	NotSrcXor
	NotSrcBic
	PatCopy
	PatOr
	PatXor
	PatBic
	NotPatCopy
	NotPatOr
	NotPatXor
	NotPatBic
)

// The arithmetic ones.
const (
	Blend Mode = 32 + iota
	AddPin
	AddOver
	SubPin
	Transparent
	AddMax
	SubOver
	AddMin
	GrayishTextOr Mode = 49
	Hilite        Mode = 50
	dither        Mode = 64
)

// effect is what becomes of a pixel.
type effect uint8

const (
	leave effect = iota
	replace
	invert
	compute
)

// The Boolean modes: what becomes of a pixel under a one and under a zero; ones replace
// it by the foreground color, zeros by the background color, but bic, which has ones
// put the background color.
var boolean = [4][2]effect{
	SrcCopy: {replace, replace},
	SrcOr:   {leave, replace},
	SrcXor:  {leave, invert},
	SrcBic:  {leave, replace},
}

// mixer puts pixels of one raster on those of another, or of a pattern.
type mixer struct {
	to         *Raster
	mode       Mode // of a raster
	values     [2]uint32
	colors     [2]Color // of zeros and ones
	op         Color
	effects    [2]effect
	fore, back Color
}

func (r *Raster) mixer(mode Mode, fore, back, op Color) *mixer {
	m := &mixer{to: r, mode: mode &^ dither, op: op, fore: fore, back: back}
	if m.mode >= PatCopy && m.mode <= NotPatBic {
		m.mode -= PatCopy
	}
	m.colors = [2]Color{back, fore}
	switch {
	case m.mode >= 0 && m.mode <= NotSrcBic:
		m.effects = boolean[m.mode&3]
		if m.mode&3 == SrcBic {
			m.colors[1] = back
		}
		if m.mode >= NotSrcCopy {
			m.effects[0], m.effects[1] = m.effects[1], m.effects[0]
			m.colors[0], m.colors[1] = m.colors[1], m.colors[0]
		}
	case m.mode == GrayishTextOr:
		m.effects = boolean[SrcOr]
		m.colors[1] = Color{half(fore.Red, back.Red), half(fore.Green, back.Green), half(fore.Blue, back.Blue)}
	case m.mode == Transparent:
		m.effects = boolean[SrcOr] // zeros have the background color
	case m.mode == Hilite:
		m.effects = [2]effect{leave, compute}
	case m.mode >= Blend && m.mode <= AddMin:
		m.effects = [2]effect{compute, compute}
	default:
		m.effects = boolean[SrcCopy]
	}
	m.values = [2]uint32{r.Value(m.colors[0]), r.Value(m.colors[1])}
	return m
}

func half(a, b uint16) uint16 { return uint16((uint32(a) + uint32(b)) / 2) }

// bit says what becomes of a pixel under a zero or one.
func (m *mixer) bit(one bool) (uint32, effect) {
	if one {
		return m.values[1], m.effects[1]
	}
	return m.values[0], m.effects[0]
}

func (m *mixer) color(one bool) Color {
	if one {
		return m.colors[1]
	}
	return m.colors[0]
}

// pixel returns what becomes of a pixel under one that has a color and a value of its
// own, which is that of the color where this is.
func (m *mixer) pixel(old, v uint32, c Color) uint32 {
	if m.mode > NotSrcBic {
		if m.mode == Transparent && c == m.back {
			return old
		}
		return m.arithmetic(old, c)
	}
	if m.mode >= NotSrcCopy {
		v ^= m.to.mask()
		c = Color{^c.Red, ^c.Green, ^c.Blue}
	}
	switch mask := m.to.mask(); m.mode & 3 {
	case SrcOr, SrcXor, SrcBic:
		// Colors themselves are turned around, so that black is all ones as in
		// tables.
		turn := uint32(0)
		if m.to.direct() {
			turn = mask
		}
		a, b := v^turn, old^turn
		switch m.mode & 3 {
		case SrcOr:
			a |= b
		case SrcXor:
			a ^= b
		case SrcBic:
			a = b &^ a
		}
		return (a ^ turn) & mask
	}
	if m.fore != (Color{}) || m.back != (Color{0xffff, 0xffff, 0xffff}) || m.mode >= NotSrcCopy {
		// The colors of the port stand for black and white.
		tint := func(v, fore, back uint16) uint16 { return v&back | ^v&fore }
		c = Color{tint(c.Red, m.fore.Red, m.back.Red), tint(c.Green, m.fore.Green, m.back.Green), tint(c.Blue, m.fore.Blue, m.back.Blue)}
		return m.to.Value(c)
	}
	return v
}

// arithmetic returns what becomes of a pixel by an arithmetic mode.
func (m *mixer) arithmetic(old uint32, c Color) uint32 {
	d := m.to.Color(old & m.to.mask())
	if m.mode == Hilite {
		// The background becomes the color of selections, which is Op, and back.
		switch d {
		case m.to.Color(m.to.Value(m.back)):
			return m.to.Value(m.op)
		case m.to.Color(m.to.Value(m.op)):
			return m.to.Value(m.back)
		}
		return old
	}
	return m.to.Value(Color{m.channel(c.Red, d.Red, m.op.Red), m.channel(c.Green, d.Green, m.op.Green), m.channel(c.Blue, d.Blue, m.op.Blue)})
}

func (m *mixer) channel(s, d, op uint16) uint16 {
	switch m.mode {
	case Blend:
		return uint16((uint64(s)*uint64(op) + uint64(d)*uint64(0x10000-uint32(op))) >> 16)
	case AddPin:
		return uint16(min(uint32(s)+uint32(d), uint32(op)))
	case AddOver:
		return s + d
	case SubPin:
		return uint16(max(int32(d)-int32(s), int32(op)))
	case SubOver:
		return d - s
	case AddMax:
		return max(s, d)
	case AddMin:
		return min(s, d)
	}
	return s
}
