package main

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/helper"
)

func TestMain(m *testing.M) {
	if helper.Serve(helper.GoProcs{"describe": describe}) {
		return
	}
	os.Exit(m.Run())
}

func TestRun(t *testing.T) {
	dir := t.TempDir()
	good, bomb, text := filepath.Join(dir, "good.png"), filepath.Join(dir, "bomb.png"), filepath.Join(dir, "text.png")
	picture := image.NewRGBA(image.Rect(0, 0, 30, 20))
	for i := range picture.Pix {
		picture.Pix[i] = []byte{255, 128, 0, 255}[i%4]
	}
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{good: b.Bytes(), bomb: pngBomb(), text: []byte("no image\n")} {
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var out strings.Builder
	if status := run([]string{good, bomb, text, good}, &out); status != 1 {
		t.Errorf("status %d", status)
	}
	got := strings.ReplaceAll(out.String(), dir+"/", "")
	want := `  helper: decoded, looking at the colours
good.png: png, 30 x 20, average colour #ff8000
bomb.png: it crashed the decoder, and nothing else
text.png: describe: image: unknown format
  helper: decoded, looking at the colours
good.png: png, 30 x 20, average colour #ff8000
`
	if got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}

// pngBomb returns a PNG of a few bytes that claims 60,000 x 60,000 pixels.
func pngBomb() []byte {
	header := binary.BigEndian.AppendUint32(nil, 60000)
	header = binary.BigEndian.AppendUint32(header, 60000)
	header = append(header, 16, 6, 0, 0, 0) // 16 bits a sample, RGBA
	b := []byte("\x89PNG\r\n\x1a\n")
	for _, chunk := range []struct {
		name string
		data []byte
	}{{"IHDR", header}, {"IDAT", []byte{0x78, 0x9c, 0, 0}}} {
		body := append([]byte(chunk.name), chunk.data...)
		b = binary.BigEndian.AppendUint32(b, uint32(len(chunk.data)))
		b = append(b, body...)
		b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(body))
	}
	return b
}
