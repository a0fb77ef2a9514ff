package toolbox_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/fault"
	"github.com/crossplug/crossplug/guest"
)

// drawPicture puts a picture into a machine, draws it, and frees what it took.
func drawPicture(m *guest.Machine, data []byte) error {
	s := m.System()
	h, to := s.NewHandle(uint32(len(data))), s.NewPtr(8)
	at, err := m.Memory().Load32(h)
	if err == nil {
		err = m.Memory().Store(at, data)
	}
	s.SetRect(to, 0, 0, 24, 16)
	s.DrawPicture(h, to)
	s.DisposeHandle(h)
	s.DisposePtr(to)
	return errors.Join(err, s.Err())
}

// A picture's beginning: 42 bytes, whatever it has, and its frame, 24 by 16.
const frame = "\x00\x2a\x00\x00\x00\x00\x00\x10\x00\x18"

// pictures are by their bytes, of kinds that QuickDraw here does not make itself.
var pictures = []struct{ name, data, want string }{
	{"version 1", frame + "\x11\x01" + // version
		"\x31\x00\x02\x00\x02\x00\x06\x00\x08" + // paint a rectangle
		"\x09\xaa\x55\xaa\x55\xaa\x55\xaa\x55" + // a pattern
		"\x31\x00\x08\x00\x02\x00\x0a\x00\x08" +
		"\x07\x00\x02\x00\x02\x09\xff\xff\xff\xff\xff\xff\xff\xff" +
		"\x22\x00\x02\x00\x0a\x06\x04" + // a short line, and on from there
		"\x23\x00\x04" +
		"\x3a" + // erase the same rectangle
		"\xff", `
..................
..................
..######..##......
..######..###.....
..######...####...
..######....####..
..............####
...............###
................##
................##
................##
................##
`},
	{"packed", frame + "\x00\x11\x02\xff\x0c\x00" + strings.Repeat("\x00", 24) +
		"\x00\x98" + "\x00\x08" + "\x00\x00\x00\x00\x00\x02\x00\x08" + // 2 rows of 8 bytes, of which 8 pixels are used
		"\x00\x00\x00\x00\x00\x02\x00\x08" + "\x00\x01\x00\x02\x00\x05\x00\x12" + "\x00\x00" + // twice as wide and high
		"\x04\x00\xa5\xfa\x00" + // 4 bytes: A5, seven zeros
		"\x02\xf9\x0f\x00" + // 2 bytes: eight 0F; a pad
		"\x00\xff", `
..................
..##..##....##..##
..##..##....##..##
..........########
..........########
`},
	{"direct", frame + "\x00\x11\x02\xff\x0c\x00" + strings.Repeat("\x00", 24) +
		"\x00\x9a" + "\x00\x00\x00\xff" + "\x80\x0c" + "\x00\x00\x00\x00\x00\x01\x00\x03" + "\x00\x00\x00\x04" + // packed by components
		strings.Repeat("\x00", 12) + "\x00\x10" + "\x00\x20\x00\x03\x00\x08" + strings.Repeat("\x00", 12) +
		"\x00\x00\x00\x00\x00\x01\x00\x03" + "\x00\x00\x00\x00\x00\x01\x00\x03" + "\x00\x00" +
		"\x0a" + "\x02\xff\x00\x00" + "\xfe\x00" + "\x02\x00\x00\x80" + // red, green, blue
		"\x00\xff", "\na#b\na is ff0000\nb is 000080\n"},
	{"unknown operations", frame + "\x00\x11\x02\xff\x0c\x00" + strings.Repeat("\x00", 24) +
		"\x00\x24\x00\x02\x00\x00" + "\x00\xd0\x00\x00\x00\x04zzzz" + "\x01\x00zz" + "\x80\x01" + "\x81\x00\x00\x00\x00\x02zz" + "\x00\xb0" + "\x00\xa1\x00\x01\x00\x02zz" +
		"\x00\x31\x00\x00\x00\x00\x00\x01\x00\x02\x00\xff", "\n##\n"},
	{"nothing but operations that go on", frame + "\x11\x01\x31\x00\x00\x00\x00\x00\x01\x00\x02" + "\x28\x00\x00\x00\x00\xffshort", "\n##\n"},
	{"an image without end", frame + "\x11\x01" + "\x90\x3f\xfe\x00\x00\x00\x00\x7f\xff\x7f\xff" + "\x00\x00\x00\x00\x7f\xff\x7f\xff" + "\x00\x00\x00\x00\x7f\xff\x7f\xff" + "\x00\x00zzzz\xff", "\n"},
	{"a region that is none", frame + "\x11\x01" + "\x01\x00\x10\x00\x00\x00\x00\x00\x05\x00\x05\x00\x09\x00\x01\x7f\xff" + "\x31\x00\x00\x00\x00\x00\x01\x00\x02\xff", "\n"},
}

func TestPictures(t *testing.T) {
	for _, tt := range pictures {
		m := newMachine(t, guest.Options{})
		s := m.System()
		if err := drawPicture(m, []byte(tt.data)); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if got := "\n" + drawing(s.Screen()); got != tt.want {
			t.Errorf("%s is drawn as%s", tt.name, got)
		}
	}
}

// TestEndlessPicture draws one that would paint more than anybody waits for.
func TestEndlessPicture(t *testing.T) {
	if testing.Short() {
		t.Skip("it paints for seconds")
	}
	m := newMachine(t, guest.Options{})
	data := frame + "\x11\x01\x31\x80\x00\x80\x00\x7f\xff\x7f\xff" + strings.Repeat("\x3b", 1<<20)
	if err := drawPicture(m, []byte(data)); err != nil {
		t.Error(err)
	}
}

// FuzzPictures draws pictures: nothing comes of it but drawing, within the machine. All
// are drawn in one machine, or most of the time would go to making machines with screens,
// with fuel that is used up in milliseconds.
func FuzzPictures(f *testing.F) {
	for _, p := range pictures {
		f.Add([]byte(p.data))
	}
	made := func() *guest.Machine {
		m, err := guest.New(guest.Options{Memory: 32 << 20, Fuel: 100_000})
		if err == nil {
			m.System().PortSize(64, 48) // or all the time goes to painting
			err = drawPicture(m, []byte(pictures[0].data))
		}
		if err != nil {
			panic(err)
		}
		return m
	}
	m := made()
	f.Cleanup(func() { _ = m.Close() })
	free := m.System().FreeMem()
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < 10 || len(data) > 1024 {
			return
		}
		left := int32(0)
		err := m.Do(t.Context(), func() error {
			err := drawPicture(m, data)
			left = m.System().FreeMem()
			return err
		})
		switch {
		case errors.Is(err, fault.ErrHung): // the port is left as it was halfway
			_ = m.Close()
			m = made()
		case err != nil:
			t.Fatal(err)
		case left != free:
			t.Fatalf("%d bytes are free, before it were %d", left, free)
		}
	})
}
