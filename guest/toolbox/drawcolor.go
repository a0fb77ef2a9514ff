package toolbox

import (
	"github.com/crossplug/crossplug/guest/quickdraw"
)

// Colors and tables of them ("Imaging With QuickDraw", chapters 3 and 4).

// The colors of GrafPorts.
var classicColors = map[uint32]quickdraw.Color{
	30:  white,
	33:  black,
	69:  {Red: 0xfc00, Green: 0xf37d, Blue: 0x052f},
	137: {Red: 0xf2d7, Green: 0x0856, Blue: 0x84ec},
	205: {Red: 0xdd6b, Green: 0x08c2, Blue: 0x06a2},
	273: {Red: 0x0241, Green: 0xab54, Blue: 0xeaff},
	341: {Red: 0x0000, Green: 0x8000, Blue: 0x11b0},
	409: {Red: 0x0000, Green: 0x0000, Blue: 0xd400},
}

// What a CGrafPort has in a block of its own.
const (
	varsOpColor = 0
	varsHilite  = 6
	varsSize    = 26
)

const lowHiliteRGB = 0xda0

func (t *Toolbox) rgb(at uint32) quickdraw.Color {
	return quickdraw.Color{Red: t.u16(at), Green: t.u16(at + 2), Blue: t.u16(at + 4)}
}

func (t *Toolbox) putRGB(at uint32, c quickdraw.Color) {
	t.put16(at, c.Red)
	t.put16(at+2, c.Green)
	t.put16(at+4, c.Blue)
}

// foreBack returns a port's colors.
func (t *Toolbox) foreBack(port uint32) (fore, back quickdraw.Color) {
	if t.isColor(port) {
		return t.rgb(port + portRGBFore), t.rgb(port + portRGBBack)
	}
	return classicColors[t.u32(port+portFgColor)], classicColors[t.u32(port+portBkColor)]
}

// setForeBack sets a port's colors.
func (t *Toolbox) setForeBack(port uint32, fore, back quickdraw.Color) {
	t.setColor(port, portFgColor, portRGBFore, fore)
	t.setColor(port, portBkColor, portRGBBack, back)
}

// setColor sets one of a port's colors: as near as a GrafPort can, or as it is and by
// its value among the pixels.
func (t *Toolbox) setColor(port, field, rgb uint32, c quickdraw.Color) {
	if !t.isColor(port) {
		t.put32(port+field, nearestClassic(c))
		return
	}
	t.putRGB(port+rgb, c)
	b := t.bitsOf(port)
	r := &quickdraw.Raster{Depth: b.depth}
	if b.depth <= 8 && b.table != 0 {
		r.Colors = t.colors(b.table, b.depth)
	}
	if b.depth == 1 || b.depth == 2 || b.depth == 4 || b.depth == 8 || b.depth == 16 || b.depth == 32 {
		t.put32(port+field, r.Value(c))
	}
}

// nearestClassic returns the number of the color of GrafPorts that has the same
// channels above the middle.
func nearestClassic(c quickdraw.Color) uint32 {
	n := 0
	for _, v := range []uint16{c.Red, c.Green, c.Blue} {
		n *= 2
		if v >= 0x8000 {
			n++
		}
	}
	return [8]uint32{33, 409, 341, 273, 205, 137, 69, 30}[n]
}

// opColor returns what a mode of a port needs beside its colors.
func (t *Toolbox) opColor(port uint32, mode quickdraw.Mode) quickdraw.Color {
	hilite, color := mode == quickdraw.Hilite, t.isColor(port)
	vars := uint32(0)
	if color {
		if h := t.u32(port + portVars); h != 0 {
			vars = t.u32(h)
		}
	}
	switch {
	case vars != 0 && hilite:
		return t.rgb(vars + varsHilite)
	case vars != 0:
		return t.rgb(vars + varsOpColor)
	case hilite:
		return t.rgb(lowHiliteRGB)
	case mode == quickdraw.SubPin:
		return black
	}
	return white
}

// ForeColor sets the current port's foreground color to one of those of GrafPorts.
func (t *Toolbox) ForeColor(color int32) { t.setClassic(portFgColor, portRGBFore, uint32(color)) }

// BackColor sets the background color.
func (t *Toolbox) BackColor(color int32) { t.setClassic(portBkColor, portRGBBack, uint32(color)) }

func (t *Toolbox) setClassic(field, rgb, color uint32) {
	p := t.port()
	if t.isColor(p) {
		t.setColor(p, field, rgb, classicColors[color])
		return
	}
	t.put32(p+field, color)
}

// RGBForeColor sets the current port's foreground color.
func (t *Toolbox) RGBForeColor(c uint32) { t.setColor(t.port(), portFgColor, portRGBFore, t.rgb(c)) }

// RGBBackColor sets the background color.
func (t *Toolbox) RGBBackColor(c uint32) { t.setColor(t.port(), portBkColor, portRGBBack, t.rgb(c)) }

// GetForeColor writes the current port's foreground color.
func (t *Toolbox) GetForeColor(c uint32) {
	fore, _ := t.foreBack(t.port())
	t.putRGB(c, fore)
}

// GetBackColor writes the background color.
func (t *Toolbox) GetBackColor(c uint32) {
	_, back := t.foreBack(t.port())
	t.putRGB(c, back)
}

// OpColor sets the weights of blends, and the bounds of addPin and subPin, of the
// current port if it is a CGrafPort.
func (t *Toolbox) OpColor(c uint32) { t.setVars(varsOpColor, c) }

// HiliteColor sets the color of selections.
func (t *Toolbox) HiliteColor(c uint32) { t.setVars(varsHilite, c) }

func (t *Toolbox) setVars(field, c uint32) {
	p := t.port()
	if !t.isColor(p) {
		return
	}
	if h := t.u32(p + portVars); h != 0 {
		t.putRGB(t.u32(h)+field, t.rgb(c))
	}
}

// A ColorTable, and an entry of it: a value and a color.
const (
	tableSeed   = 0
	tableFlags  = 4
	tableSize   = 6 // entries less one
	tableFirst  = 8
	tableEntry  = 8
	byPosition  = 0x8000 // a flag: values mean nothing
	grayTable   = 32
	systemTable = 64
)

// colors returns those of a table for pixels of a depth.
func (t *Toolbox) colors(table uint32, depth int) []quickdraw.Color {
	at := t.u32(table)
	n := min(int(t.u16(at+tableSize))+1, 1<<depth)
	all := t.copyOf(at+tableFirst, uint32(n*tableEntry))
	ordered := t.u16(at+tableFlags)&byPosition != 0
	colors := make([]quickdraw.Color, 1<<depth)
	for i := range len(all) / tableEntry {
		e := all[i*tableEntry:]
		v := int(e[0])<<8 | int(e[1])
		if ordered || v >= len(colors) {
			v = i
		}
		colors[v] = quickdraw.Color{Red: uint16(e[2])<<8 | uint16(e[3]), Green: uint16(e[4])<<8 | uint16(e[5]), Blue: uint16(e[6])<<8 | uint16(e[7])}
	}
	return colors
}

// standardColors are those of a depth: black and white, grays, the system's 16, or its
// 256: a cube of six levels of each color, and ramps of the levels in between.
func standardColors(depth int, gray bool) []quickdraw.Color {
	n := 1 << depth
	colors := make([]quickdraw.Color, 0, n)
	if depth == 4 && !gray {
		for _, v := range []uint32{
			0xffffff, 0xfbf305, 0xff6403, 0xdd0907, 0xf20884, 0x4700a5, 0x0000d3, 0x02abea,
			0x1fb714, 0x006412, 0x562c05, 0x90713a, 0xc0c0c0, 0x808080, 0x404040, 0x000000,
		} {
			colors = append(colors, (&quickdraw.Raster{Depth: 32}).Color(v))
		}
		return colors
	}
	if depth < 8 || gray {
		for i := range n {
			v := uint16(0xffff - 0xffff*i/(n-1))
			colors = append(colors, quickdraw.Color{Red: v, Green: v, Blue: v})
		}
		return colors
	}
	for i := range 6*6*6 - 1 { // without black
		level := func(n int) uint16 { return uint16(0xffff - 0x3333*(n%6)) }
		colors = append(colors, quickdraw.Color{Red: level(i / 36), Green: level(i / 6), Blue: level(i)})
	}
	for ramp := range 4 {
		for _, v := range []uint16{0xeeee, 0xdddd, 0xbbbb, 0xaaaa, 0x8888, 0x7777, 0x5555, 0x4444, 0x2222, 0x1111} {
			c := [...]quickdraw.Color{{Red: v}, {Green: v}, {Blue: v}, {Red: v, Green: v, Blue: v}}[ramp]
			colors = append(colors, c)
		}
	}
	return append(colors, black)
}

// newTable returns a handle to a color table.
func (t *Toolbox) newTable(colors []quickdraw.Color, seed uint32) uint32 {
	h := t.NewHandle(uint32(tableFirst + tableEntry*len(colors)))
	if h == 0 {
		return 0
	}
	at := t.u32(h)
	t.put32(at+tableSeed, seed)
	t.put16(at+tableSize, uint16(len(colors)-1))
	for i, c := range colors {
		t.put16(at+tableFirst+uint32(tableEntry*i), uint16(i))
		t.putRGB(at+tableFirst+uint32(tableEntry*i)+2, c)
	}
	return h
}
