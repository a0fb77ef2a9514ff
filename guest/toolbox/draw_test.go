package toolbox_test

import (
	"flag"
	"fmt"
	"image"
	"image/color"
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
	for y := range picture.Bounds().Dy() {
		var row []byte
		for x := range picture.Bounds().Dx() {
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
