package main

import (
	"fmt"
	"image/color"
	"math"
	"math/cmplx"
	"os"

	"gonum.org/v1/gonum/dsp/fourier"
	"gonum.org/v1/gonum/dsp/window"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/palette"
	"gonum.org/v1/plot/palette/moreland"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// The picture has a row for the recording and one for each take: the waveform,
// and beside it the spectrogram.
const (
	width, rowHeight, headHeight = 30 * vg.Centimeter, 5 * vg.Centimeter, 1.5 * vg.Centimeter
	barWidth                     = 1.7 * vg.Centimeter
	dpi                          = 110

	highest = 12.0  // kHz that are shown
	floor   = -96.0 // dB, the end of 16 bits
)

var (
	ink   = color.NRGBA{0x22, 0x2a, 0x35, 0xff}
	faint = color.NRGBA{0xe4, 0xe7, 0xeb, 0xff}
	gray  = color.NRGBA{0x6b, 0x75, 0x80, 0xff}
	// The recording's colour and the takes'.
	inks = []color.NRGBA{{0x6b, 0x75, 0x80, 0xff}, {0x1f, 0x6f, 0xb2, 0xff}, {0x2a, 0x8f, 0x6a, 0xff}, {0xb2, 0x4a, 0x2e, 0xff}}
)

// drawPicture writes the picture as PNG.
func drawPicture(path string, dry sound, takes []*take) error {
	seconds := takes[0].sound.seconds()
	heat := moreland.ExtendedBlackBody()
	heat.SetMin(floor)
	heat.SetMax(0)

	titles := []string{"the recording"}
	sounds := []sound{dry.followedBySilence(tail)}
	for i, t := range takes {
		title := fmt.Sprintf("%v, %d-bit %v: run by %s at %.0f times real time", t.arch, t.arch.Bits, t.arch.Order, t.how, t.realTime())
		if t.how == "native" || t.how == "compat" {
			title = fmt.Sprintf("%v, %d-bit %v: run by the processor itself at %.0f times real time", t.arch, t.arch.Bits, t.arch.Order, t.realTime())
		}
		if i > 0 {
			title += fmt.Sprintf("; differs from %v by at most %s", takes[0].arch, differenceText(t.difference))
		}
		titles = append(titles, title)
		sounds = append(sounds, t.sound)
	}
	peak := 0.0
	for _, s := range sounds {
		for _, v := range s.channels[0] {
			peak = max(peak, math.Abs(float64(v)))
		}
	}
	var rows [][]*plot.Plot
	for i, s := range sounds {
		wave, spectrum := newPlot(seconds), newPlot(seconds)
		wave.Title.Text, spectrum.Title.Text = " ", " " // room for the row's title, which is longer than a plot is wide
		wave.Y.Label.Text, spectrum.Y.Label.Text = "amplitude", "kHz"
		wave.Y.Min, wave.Y.Max = -1.05*peak, 1.05*peak
		spectrum.Y.Min, spectrum.Y.Max = 0, highest
		envelope, err := plotter.NewPolygon(envelopeOf(s))
		if err != nil {
			return err
		}
		envelope.Color, envelope.LineStyle.Color, envelope.LineStyle.Width = inks[i], inks[i], vg.Points(0.4)
		wave.Add(grid(), envelope)
		m := plotter.NewHeatMap(newSpectrogram(s), colors(heat, 256))
		m.Min, m.Max, m.Underflow, m.Overflow = floor, 0, color.Black, color.White
		m.Rasterized = true
		spectrum.Add(m)
		if i == len(sounds)-1 {
			wave.X.Label.Text, spectrum.X.Label.Text = "seconds", "seconds"
		} else {
			wave.X.Tick.Marker, spectrum.X.Tick.Marker = unlabelled{}, unlabelled{}
		}
		rows = append(rows, []*plot.Plot{wave, spectrum})
	}

	height := headHeight + vg.Length(len(rows))*rowHeight
	img := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dpi), vgimg.UseBackgroundColor(color.White))
	page := draw.New(img)
	head := style(15, true)
	page.FillText(head, vg.Point{X: 0.5 * vg.Centimeter, Y: height - 0.95*vg.Centimeter}, "One reverb, built for three processors, run on one")
	body := draw.Crop(page, 0, -barWidth, 0, -headHeight)
	tiles := draw.Tiles{Rows: len(rows), Cols: 2, PadX: 8, PadY: 6, PadTop: 0, PadBottom: 6, PadLeft: 10, PadRight: 4}
	for r, canvases := range plot.Align(rows, tiles, body) {
		for c, canvas := range canvases {
			rows[r][c].Draw(canvas)
		}
		page.FillText(style(9.5, true), vg.Point{X: canvases[0].Min.X + 1.25*vg.Centimeter, Y: canvases[0].Max.Y - 10}, titles[r])
	}
	drawBar(draw.Crop(page, width-barWidth, -6, height/4, -height/4), heat)

	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := (vgimg.PngCanvas{Canvas: img}).WriteTo(f); err != nil {
		return err
	}
	return f.Close()
}

// style is the type of all texts.
func style(size font.Length, strong bool) text.Style {
	f := font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
	if strong {
		f.Weight = 3 // bold
	}
	return text.Style{Color: ink, Font: f, Handler: plot.DefaultTextHandler}
}

// newPlot returns an empty plot of some seconds.
func newPlot(seconds float64) *plot.Plot {
	p := plot.New()
	p.Title.TextStyle.Font = style(9.5, true).Font
	p.Title.Padding = 4
	p.X.Min, p.X.Max = 0, seconds
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Padding = 0
		a.LineStyle.Color, a.Tick.LineStyle.Color = gray, gray
		a.Label.TextStyle.Font, a.Label.TextStyle.Color = style(9, false).Font, gray
		a.Tick.Label.Font, a.Tick.Label.Color = style(8, false).Font, gray
	}
	return p
}

func grid() *plotter.Grid {
	g := plotter.NewGrid()
	g.Horizontal.Color, g.Vertical.Color = faint, faint
	return g
}

// unlabelled are the default ticks without their numbers.
type unlabelled struct{}

func (unlabelled) Ticks(lower, upper float64) []plot.Tick {
	ticks := plot.DefaultTicks{}.Ticks(lower, upper)
	for i := range ticks {
		if ticks[i].Label != "" {
			ticks[i].Label = " "
		}
	}
	return ticks
}

// envelopeOf returns the outline of the first channel's waveform.
func envelopeOf(s sound) plotter.XYs {
	const columns = 1200
	c := s.channels[0]
	var upper, lower plotter.XYs
	for i := range columns {
		part := c[i*len(c)/columns : (i+1)*len(c)/columns]
		low, high := 0.0, 0.0
		for _, v := range part {
			low, high = min(low, float64(v)), max(high, float64(v))
		}
		x := float64(i) / columns * s.seconds()
		upper = append(upper, plotter.XY{X: x, Y: high})
		lower = append(lower, plotter.XY{X: x, Y: low})
	}
	for i := range lower {
		upper = append(upper, lower[len(lower)-1-i])
	}
	return upper
}

// spectrogram is the level of each frequency over time: a plotter.GridXYZ in
// seconds, kHz and dB, a sine of full scale being 0 dB.
type spectrogram struct {
	levels  [][]float64 // by time, then frequency
	seconds float64     // between two times
	khz     float64     // between two frequencies
}

// newSpectrogram analyses the first channel with Hann windows of 21 ms.
func newSpectrogram(s sound) *spectrogram {
	const size, step = 1024, 256
	fft := fourier.NewFFT(size)
	g := &spectrogram{seconds: step / float64(s.rate), khz: float64(s.rate) / size / 1000}
	shown := min(int(highest/g.khz)+1, size/2+1)
	c := s.channels[0]
	for at := -size / 2; at < len(c)-size/2; at += step {
		part := make([]float64, size)
		for i := range part {
			if n := at + i; n >= 0 && n < len(c) {
				part[i] = float64(c[n])
			}
		}
		levels := make([]float64, shown)
		for i, v := range fft.Coefficients(nil, window.Hann(part))[:shown] {
			// A sine's energy is split between positive and negative
			// frequencies, and the window takes half of it.
			levels[i] = max(20*math.Log10(cmplx.Abs(v)*4/size), floor)
		}
		g.levels = append(g.levels, levels)
	}
	return g
}

func (g *spectrogram) Dims() (c, r int)   { return len(g.levels), len(g.levels[0]) }
func (g *spectrogram) Z(c, r int) float64 { return g.levels[c][r] }
func (g *spectrogram) X(c int) float64    { return float64(c) * g.seconds }
func (g *spectrogram) Y(r int) float64    { return float64(r) * g.khz }

// colors samples a colour map.
func colors(m palette.ColorMap, n int) palette.Palette { return m.Palette(n) }

// drawBar draws the key to the spectrograms' colours.
func drawBar(c draw.Canvas, m palette.ColorMap) {
	p := newPlot(1)
	p.Y.Label.Text = "dB"
	p.Add(&plotter.ColorBar{ColorMap: m, Vertical: true, Colors: 256})
	p.HideX()
	p.Draw(c)
}
