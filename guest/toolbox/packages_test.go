package toolbox_test

import (
	"slices"
	"testing"

	"github.com/crossplug/crossplug/format/resource"
	"github.com/crossplug/crossplug/guest"
	"github.com/crossplug/crossplug/guest/toolbox"
)

// colorIcon is a 'cicn' of 8 by 8 pixels of 2 bits, all of them red, whose mask is
// the left half.
func colorIcon() []byte {
	bits := func(flags int16) []byte { // a BitMap, or what a PixMap begins with
		return slices.Concat(make([]byte, 4), rectangle(2|flags, 0, 0, 8, 8))
	}
	pixMap := slices.Concat(bits(-0x8000), make([]byte, 32-14), rectangle(2, 1, 2), make([]byte, 12))
	mask := slices.Repeat([]byte{0xf0, 0}, 8)
	table := slices.Concat(make([]byte, 6), rectangle(1), rectangle(0, -1, -1, -1), rectangle(1, -1, 0, 0))
	return slices.Concat(pixMap, bits(0), bits(0), make([]byte, 4), mask, slices.Repeat([]byte{0xff, 0}, 8), table, slices.Repeat([]byte{0x55, 0x55}, 8))
}

func TestPackages(t *testing.T) {
	options := screenFiles(t, &resource.Resource{Type: osType(t, "cicn"), ID: 128, Data: colorIcon()})
	options.File = func(q toolbox.FileQuestion) (string, bool) {
		switch {
		case !q.Save:
			return "File", true
		case q.Prompt == "Where" && q.Name == "Name":
			return "New", true
		}
		return "", false
	}
	runPosted(t, "packages.c", 0, options, func(t *testing.T, m *guest.Machine) { m.System().OpenResources("File") }, func(t *testing.T, m *guest.Machine) {
		picture := m.System().Screen()
		for x, want := range map[int][3]uint32{0: {0xffff, 0, 0}, 3: {0xffff, 0, 0}, 4: {0xffff, 0xffff, 0xffff}} {
			if r, g, b, _ := picture.At(x, 7).RGBA(); [3]uint32{r, g, b} != want {
				t.Errorf("at %d: %x %x %x", x, r, g, b)
			}
		}
	})
}

// TestDamagedIcons cuts an icon short: errors.
func TestDamagedIcons(t *testing.T) {
	whole := colorIcon()
	for n := range whole {
		s := newMachine(t, guest.Options{System: screenFiles(t, &resource.Resource{Type: osType(t, "cicn"), ID: 128, Data: whole[:n]})}).System()
		s.OpenResources("File")
		if h := s.GetCIcon(128); h != 0 || s.Err() == nil {
			t.Errorf("%d of %d bytes: 0x%x", n, len(whole), h)
		}
	}
}
