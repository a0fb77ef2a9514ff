package toolbox_test

import (
	"encoding/binary"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/resource"
	"github.com/crossplug/crossplug/guest"
	"github.com/crossplug/crossplug/guest/toolbox"
)

// runPosted runs a file of testdata on each processor, with what a host has posted.
func runPosted(t *testing.T, name string, argument uint32, system toolbox.Options, post, after func(*testing.T, *guest.Machine)) {
	t.Helper()
	c := compile(t, name)
	for _, ppc := range []bool{false, true} {
		t.Run(map[bool]string{false: "68K", true: "PowerPC"}[ppc], func(t *testing.T) {
			m := newMachine(t, guest.Options{Fuel: 50_000_000, System: system})
			if post != nil {
				post(t, m)
			}
			line, err := c.call(t, m, ppc, argument)
			if err != nil {
				t.Fatal(err)
			}
			if line != 0 {
				t.Fatalf("%s:%d found something wrong", name, line)
			}
			if after != nil {
				after(t, m)
			}
		})
	}
}

// TestTasks calls tasks when their time has come, and hears of notifications.
func TestTasks(t *testing.T) {
	run(t, "tasks.c", func() guest.Options {
		var out strings.Builder
		t.Cleanup(func() {
			if out.String() != "Hello\n" {
				t.Errorf("%q", out.String())
			}
		})
		return guest.Options{Fuel: 50_000_000, System: toolbox.Options{Output: &out}}
	})
}

// TestEvents posts what a mouse and a keyboard would.
func TestEvents(t *testing.T) {
	runPosted(t, "events.c", 0, toolbox.Options{}, func(t *testing.T, m *guest.Machine) {
		for _, e := range []toolbox.Event{
			{What: toolbox.MouseDown, Where: toolbox.Place{V: 50, H: 100}},
			{What: toolbox.KeyDown, Message: 7<<8 | 'x', Modifiers: 0x100},
			{Where: toolbox.Place{V: 70, H: 120}},
			{Where: toolbox.Place{V: 80, H: 130}},
			{What: toolbox.MouseUp, Where: toolbox.Place{V: 80, H: 130}},
			{What: toolbox.MouseDown, Where: toolbox.Place{V: 1, H: 1}},
		} {
			if !m.System().Post(e) {
				t.Fatal("no room")
			}
		}
	}, nil)
}

func long(v uint32) toolbox.Descriptor {
	return toolbox.Descriptor{Type: 0x6c6f6e67, Data: binary.BigEndian.AppendUint32(nil, v)}
}

// TestAppleEvents sends events from the program to itself, and from the host.
func TestAppleEvents(t *testing.T) {
	run(t, "appleevents.c", nil)
	direct := osType(t, "----")
	sum := func(v uint32) toolbox.AppleEvent {
		return toolbox.AppleEvent{Class: osType(t, "test"), ID: osType(t, "sum "), Parameters: map[coderes.OSType]toolbox.Descriptor{direct: long(v)}}
	}
	runPosted(t, "appleevents.c", 30, toolbox.Options{}, func(t *testing.T, m *guest.Machine) {
		if !m.System().PostAppleEvent(sum(10)) || !m.System().PostAppleEvent(sum(20)) {
			t.Fatal("no room")
		}
	}, func(t *testing.T, m *guest.Machine) {
		err := m.Do(t.Context(), func() error {
			reply, result, err := m.System().SendAppleEvent(sum(4))
			if d := reply.Parameters[direct]; result != 0 || binary.BigEndian.Uint32(d.Data) != 8 {
				t.Errorf("%d, %v", result, reply)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		other := sum(4)
		other.Class = osType(t, "none")
		if _, result, err := m.System().SendAppleEvent(other); err != nil || result != -1708 {
			t.Errorf("%d, %v", result, err)
		}
	})
}

// menu makes a 'MENU' resource of texts of items.
func menu(id uint16, title string, items ...string) []byte {
	b := binary.BigEndian.AppendUint16(nil, id)
	b = append(b, make([]byte, 8)...)
	b = append(b, 0xff, 0xff, 0xff, 0xff, byte(len(title)))
	b = append(b, title...)
	for _, it := range items {
		b = append(append(append(b, byte(len(it))), it...), 0, 0, 0, 0)
	}
	return append(b, 0)
}

// screenFiles is a volume with a file of resources.
func screenFiles(t testing.TB, resources ...*resource.Resource) toolbox.Options {
	return toolbox.Options{Files: fstest.MapFS{"File": {}, "File.rsrc": {Data: encode(t, resources...)}}}
}

// TestMenus has the host choose from menus.
func TestMenus(t *testing.T) {
	kind, sound := osType(t, "MENU"), osType(t, "snd ")
	files := screenFiles(t,
		&resource.Resource{Type: kind, ID: 200, Data: menu(200, "Extra", "one", "two")},
		&resource.Resource{Type: sound, ID: 1, Name: "Z"},
		&resource.Resource{Type: sound, ID: 2, Name: ".hidden"},
		&resource.Resource{Type: sound, ID: 3, Name: "a"},
	)
	runPosted(t, "menus.c", 0, files, func(t *testing.T, m *guest.Machine) {
		if m.System().OpenResources("File") <= 0 || !m.System().Choose(128, 2) {
			t.Fatal("cannot choose")
		}
	}, func(t *testing.T, m *guest.Machine) {
		menus := m.System().Menus()
		if len(menus) != 1 || menus[0].Title != "File" || menus[0].Items[1] != (toolbox.MenuItem{Text: "Open… it", Key: 'O', Enabled: true}) || menus[0].Items[2].Enabled {
			t.Errorf("%+v", menus)
		}
		if text, ok := m.System().Scrap(uint32(osType(t, "TEXT"))); !ok || string(text) != "abc" {
			t.Errorf("the scrap has %q", text)
		}
	})
}

// TestDamagedMenu gets menus that end too early: errors.
func TestDamagedMenu(t *testing.T) {
	whole := menu(200, "Extra", "one", "two")
	for n := range len(whole) - 1 {
		m := newMachine(t, guest.Options{System: screenFiles(t, &resource.Resource{Type: osType(t, "MENU"), ID: 200, Data: whole[:n]})})
		s := m.System()
		s.OpenResources("File")
		h := s.GetMenu(200)
		err := s.Err()
		complete := n == len(whole)-1 || n == 20 || n == 28 // behind an item
		if !complete && err == nil || h != 0 && err != nil {
			t.Errorf("%d bytes: 0x%x, %v", n, h, err)
		}
	}
}
