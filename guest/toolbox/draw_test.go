package toolbox_test

import (
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/color"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/crossplug/crossplug/guest"
)

var update = flag.Bool("update", false, "write the drawings of testdata instead of comparing them")

var scenes = []string{"lines", "rectangles", "ovals", "round rectangles", "arcs", "polygons", "regions", "modes", "texts", "copies", "worlds", "pictures", "origin", "scrolling", "arithmetic"}

// TestDrawings draws the scenes of draw.c on both processors, and compares them with
// drawings: # is black, . is white, other colors have letters.
func TestDrawings(t *testing.T) {
	const file = "testdata/draw.txtar"
	c := compile(t, "draw.c")
	want, err := txtar.ParseFile(file)
	if err != nil && !*update {
		t.Fatal(err)
	}
	made := &txtar.Archive{Comment: []byte("What draw.c draws; go test -update writes it.\n\n")}
	for i, name := range scenes {
		var first string
		for _, ppc := range []bool{false, true} {
			m := newMachine(t, guest.Options{Fuel: 50_000_000})
			if line, err := c.call(t, m, ppc, uint32(i)); err != nil || line != 0 {
				t.Fatalf("%s: draw.c:%d, %v", name, line, err)
			}
			got := drawing(m.System().Screen())
			if !ppc {
				first = got
			} else if got != first {
				t.Errorf("%s: PowerPC code draws\n%s\n68K code draws\n%s", name, got, first)
			}
		}
		made.Files = append(made.Files, txtar.File{Name: name, Data: []byte(first)})
		if *update {
			continue
		}
		at := slices.IndexFunc(want.Files, func(f txtar.File) bool { return f.Name == name })
		if at < 0 || string(want.Files[at].Data) != first {
			t.Errorf("%s is drawn as\n%s", name, first)
		}
	}
	if *update {
		if err := os.WriteFile(file, txtar.Format(made), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// drawing shows what is not white of a picture, from its upper left corner on, and says
// which colors its letters are.
func drawing(picture image.Image) string {
	var rows []string
	letters := map[color.NRGBA]byte{{0, 0, 0, 255}: '#', {255, 255, 255, 255}: '.'}
	var legend []string
	width := 0
	for y := range 48 { // all that the scenes use
		var row []byte
		for x := range 128 {
			c := color.NRGBAModel.Convert(picture.At(x, y)).(color.NRGBA)
			letter, ok := letters[c]
			if !ok {
				letter = byte('a' + len(legend)%26)
				letters[c] = letter
				legend = append(legend, fmt.Sprintf("%c is %02x%02x%02x\n", letter, c.R, c.G, c.B))
			}
			row = append(row, letter)
		}
		text := strings.TrimRight(string(row), ".")
		width = max(width, len(text))
		rows = append(rows, text)
	}
	for len(rows) > 0 && rows[len(rows)-1] == "" {
		rows = rows[:len(rows)-1]
	}
	var b strings.Builder
	for _, row := range rows {
		b.WriteString(row + strings.Repeat(".", width-len(row)) + "\n")
	}
	return b.String() + strings.Join(legend, "")
}

func TestDrawState(t *testing.T) { run(t, "drawstate.c", nil) }

// TestHostilePorts draws to ports whose fields are anything: what comes of it is pixels
// or an error, and the system goes on.
func TestHostilePorts(t *testing.T) {
	g := rand.New(rand.NewPCG(7, 8))
	m := newMachine(t, guest.Options{Memory: 40 << 20})
	s := m.System()
	good, r, text := s.NewPtr(108), s.NewPtr(8), s.NewPtr(16)
	s.OpenCPort(good)
	pixels, pixMap, region := s.NewPtr(4096), s.NewHandle(50), s.NewRgn()
	values := []uint32{0, 1, 0xffffffff, 0x7fff7fff, 0x80008000, 0x00100010, 0x8004c000, 0xc000ffff, pixels, pixMap, region, good, 0xfffffff0, 0x00200000}
	fields := make([]byte, 108)
	for range 300 {
		for i := 0; i < len(fields); i += 2 {
			v := values[g.IntN(len(values))]
			if g.IntN(2) == 0 {
				binary.BigEndian.PutUint16(fields[i:], uint16(v))
			} else if i+4 <= len(fields) {
				binary.BigEndian.PutUint32(fields[i:], v)
			}
		}
		if g.IntN(2) == 0 { // the pixels of some are where they say
			binary.BigEndian.PutUint64(fields[2:], uint64(pixels)<<32|8<<16)
			binary.BigEndian.PutUint64(fields[16:], 0x0000000000100010)
		}
		port := s.NewPtr(108)
		at, err := m.Memory().Load32(pixMap)
		if err := errors.Join(err, m.Memory().Store(port, fields), m.Memory().Store(at, fields[:50]), m.Memory().Store(r, fields[50:58]), m.Memory().Store(text, append([]byte{9}, fields[:15]...))); err != nil {
			t.Fatal(err)
		}
		for i, call := range []func(){
			func() { s.PaintOval(r) }, func() { s.FrameRoundRect(r, 7, 5) }, func() { s.InvertArc(r, 20, 100) }, func() { s.EraseRect(r) },
			func() { s.LineTo(-20000, 32000) }, func() { s.DrawString(text) }, func() { s.CopyBits(port+2, good+2, r, r, 3, 0) },
			func() { s.CopyBits(good+2, port+2, r, r, 36, region) }, func() { s.ScrollRect(r, 3, -3, region) }, func() { s.SetOrigin(5, -30000) },
			func() { s.RGBForeColor(r) }, func() { s.ClipRect(r) }, func() { s.SetCPixel(3, 3, r) }, func() { s.GetPixel(3, 3) },
			func() { s.KillPicture(s.OpenPicture(r)) }, func() { s.PaintRgn(region) }, func() { s.ClosePicture() }, func() { s.OpenRgn() }, func() { s.CloseRgn(region) },
			func() { s.PortImage(port) }, func() { s.ClosePort(port) },
		} {
			s.SetPort(port)
			call()
			if err := s.Err(); err != nil && !strings.Contains(err.Error(), "memory at") && !strings.Contains(err.Error(), "region:") {
				t.Fatalf("call %d: %v", i, err)
			}
		}
		s.DisposePtr(port)
		_ = s.Err()
	}
	s.SetPort(good)
	s.SetRect(r, 0, 0, 10, 10)
	s.PaintRect(r)
	if err := s.Err(); err != nil {
		t.Error(err)
	}
}
