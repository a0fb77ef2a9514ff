package quickdraw

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// comb returns a region in memory whose first row has many points, and whose next rows
// differ from it by one.
func comb(teeth, rows int) []byte {
	words := []int16{0, -32000, -32000, 32000, 32000, -32000}
	for i := range 2 * teeth {
		words = append(words, int16(-32000+2*i))
	}
	words = append(words, last)
	for i := range rows {
		words = append(words, int16(-31999+i), 31998, 31999, last)
	}
	words = append(words, 31000)
	for i := range 2 * teeth {
		words = append(words, int16(-32000+2*i))
	}
	words = append(words, last, last)
	words[0] = int16(2 * len(words))
	var b bytes.Buffer
	_ = binary.Write(&b, binary.BigEndian, words) // which cannot fail
	return b.Bytes()
}

// TestComplicated has regions that take little memory, but long to go through.
func TestComplicated(t *testing.T) {
	simple, err := Decode(comb(2000, 200))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := simple.Encode(); !ok {
		t.Error("a region of 2000 spans and 200 rows is refused")
	}
	if _, err := Decode(comb(2000, 1800)); err == nil {
		t.Error("a region of 2000 spans and 1800 rows is accepted")
	}
	// Rows of one, with all points of the other in them.
	tall, err := Decode(comb(1, 3800))
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]Region{
		"union": simple.Union(tall), "xor": tall.Xor(simple), "of such a union": simple.Union(tall).Offset(1, 1), "inset": simple.Union(tall).Inset(1, 1),
		"map": simple.Union(tall).Map(Rect{0, 0, 100, 100}, Rect{0, 0, 101, 100}),
	} {
		if b, ok := r.Encode(); ok {
			t.Errorf("%s: %d bytes, though it is not complete", name, len(b))
		}
	}
}

// TestWork paints and copies as much as somebody allows.
func TestWork(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(to, from *Raster, region Region)
	}{
		{"patterned", func(to, _ *Raster, region Region) {
			to.Fill(region, &Ink{Pattern: Pattern{0xff, 0xaa, 0xff, 0xaa, 0xff, 0xaa, 0xff, 0xaa}, Mode: PatOr})
		}},
		{"solid", func(to, _ *Raster, region Region) { to.Fill(region, &Ink{Pattern: Solid, Mode: PatCopy}) }},
		{"copied", func(to, from *Raster, region Region) {
			to.Copy(from, &Transfer{From: from.Bounds, To: to.Bounds, Clip: region})
		}},
	} {
		made := func(work func(int) bool) *Raster {
			return &Raster{Pix: bytes.Repeat([]byte{0x55}, 64*100), Stride: 64, Bounds: Rect{Bottom: 100, Right: 64}, Depth: 8, Work: work}
		}
		from := made(nil)
		clear(from.Pix)
		region := FromRect(from.Bounds)
		total := 0
		all := made(func(n int) bool { total += n; return true })
		tt.do(all, from, region)
		if total < 100 || total > 64*100*8 {
			t.Errorf("%s: 6400 pixels are %d", tt.name, total)
		}
		left := total / 2
		half := made(func(n int) bool { left -= n; return left >= 0 })
		tt.do(half, from, region)
		if !bytes.Equal(half.Pix[:64*48], all.Pix[:64*48]) || bytes.Equal(half.Pix[64*50:], all.Pix[64*50:]) {
			t.Errorf("%s: not half is done", tt.name)
		}
	}
}
