package toolbox_test

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/format/resource"
	"github.com/crossplug/crossplug/guest"
	"github.com/crossplug/crossplug/guest/toolbox"
)

// mouse posts that the mouse is pressed at a place, moved through others, and released
// at the last.
func mouse(t *testing.T, m *guest.Machine, places ...toolbox.Place) {
	t.Helper()
	ok := true
	for i, p := range places {
		e := toolbox.Event{Where: p}
		if i == 0 {
			e.What = toolbox.MouseDown
		}
		ok = m.System().Post(e) && ok
	}
	if !m.System().Post(toolbox.Event{What: toolbox.MouseUp, Where: places[len(places)-1]}) || !ok {
		t.Fatal("no room")
	}
}

func at(v, h int16) toolbox.Place { return toolbox.Place{V: v, H: h} }

// TestWindows stacks windows, moves them by the mouse, and works controls.
func TestWindows(t *testing.T) {
	runPosted(t, "windows.c", 0, toolbox.Options{}, func(t *testing.T, m *guest.Machine) {
		mouse(t, m, at(190, 150), at(185, 180))
		mouse(t, m, at(310, 275), at(320, 285)) // the grow box
		mouse(t, m, at(75, 50), at(200, 200))   // the button
		mouse(t, m, at(75, 50))
		down := at(60+155, 20+290)
		mouse(t, m, down, down, down)
		mouse(t, m, at(60+20, 20+290), at(60+300, 20+290)) // the thumb
	}, func(t *testing.T, m *guest.Machine) {
		if w := m.System().Windows(); len(w) != 0 {
			t.Errorf("%+v", w)
		}
		if picture := m.System().Screen(); picture == nil || picture.Bounds().Dx() != 640 {
			t.Error("no screen")
		}
	})
}

func rectangle(v ...int16) []byte {
	var b []byte
	for _, n := range v {
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	}
	return b
}

func item(kind byte, data string, r ...int16) []byte {
	b := append(make([]byte, 4), rectangle(r...)...)
	b = append(append(b, kind, byte(len(data))), data...)
	return append(b, make([]byte, len(data)%2)...)
}

func items(all ...[]byte) []byte {
	return slices.Concat(append([][]byte{rectangle(int16(len(all) - 1))}, all...)...)
}

func dialogResources(t testing.TB) []*resource.Resource {
	dlog := slices.Concat(rectangle(100, 100, 230, 400), rectangle(1, 0x100, 0), make([]byte, 4), rectangle(128), []byte("\x06Dialog"))
	alrt := slices.Concat(rectangle(100, 100, 230, 400), rectangle(129), []byte{0xcc, 0x04}) // stages 4, 0, 12, 12
	return []*resource.Resource{
		{Type: osType(t, "DLOG"), ID: 128, Data: dlog},
		{Type: osType(t, "DITL"), ID: 128, Data: items(item(4, "OK", 100, 200, 120, 280), item(4, "Cancel", 100, 20, 120, 100),
			item(5, "Check", 60, 20, 80, 200), item(16, "text", 20, 20, 36, 200), item(0x88, "Say ^0:", 0, 20, 16, 200))},
		{Type: osType(t, "ALRT"), ID: 128, Data: alrt},
		{Type: osType(t, "DITL"), ID: 129, Data: items(item(4, "Yes", 100, 200, 120, 280), item(4, "No", 100, 20, 120, 100), item(0x88, "Are ^0 and ^1?", 20, 60, 60, 280))},
	}
}

// TestDialogs types into dialogs, clicks on them, and answers them.
func TestDialogs(t *testing.T) {
	key := func(c uint32) toolbox.Event { return toolbox.Event{What: toolbox.KeyDown, Message: c} }
	post := func(t *testing.T, m *guest.Machine) {
		s := m.System()
		s.OpenResources("File")
		for _, c := range []uint32{'x', 'y', '\r', '!'} {
			s.Post(key(c))
		}
		if !s.Click(at(210, 150)) || !s.Click(at(170, 130)) {
			t.Fatal("no room")
		}
	}
	asked := map[string]int{}
	options := screenFiles(t, dialogResources(t)...)
	options.Dialog = func(d toolbox.Dialog) int16 {
		switch {
		case d.Alert:
			asked[d.Items[2].Text]++
			return 0
		case d.Title != "Dialog" || d.Items[3].Text != "xy" || d.Items[2].Value != 1:
			t.Errorf("%+v", d)
		}
		return d.ItemNamed("Cancel")
	}
	runPosted(t, "dialogs.c", 0, options, post, nil)
	if asked["Are one and two?"] != 4 || len(asked) != 1 {
		t.Errorf("%v", asked)
	}
}

// TestAlertText reads what alerts say if no host answers.
func TestAlertText(t *testing.T) {
	var out strings.Builder
	options := screenFiles(t, dialogResources(t)...)
	options.Output = &out
	m := newMachine(t, guest.Options{System: options})
	s := m.System()
	s.OpenResources("File")
	if n := s.Alert(128, 0); n != 1 || s.Err() != nil || out.String() != "Are  and ?\n" {
		t.Errorf("%d, %q, %v", n, out.String(), s.Err())
	}
}

// TestDamagedDialogs cuts resources short: errors.
func TestDamagedDialogs(t *testing.T) {
	for i, r := range dialogResources(t) {
		for n := range len(r.Data) {
			cut := dialogResources(t)
			cut[i].Data = r.Data[:n]
			m := newMachine(t, guest.Options{System: screenFiles(t, cut...)})
			s := m.System()
			s.OpenResources("File")
			if r.Type == osType(t, "DITL") && n == len(r.Data)-1 {
				continue // the byte that makes it even
			}
			var ok bool
			if i < 2 {
				ok = s.GetNewDialog(128, 0, 0xffffffff) != 0
			} else {
				ok = s.Alert(128, 0) != -1
			}
			if err := s.Err(); ok || err == nil {
				t.Errorf("'%v' %d of %d bytes: %v", r.Type, r.ID, n, err)
			}
		}
	}
}
