package toolbox_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/fault"
	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/guest"
	"github.com/crossplug/crossplug/guest/toolbox"
)

// hostile is a machine and what hostile code would have prepared in it.
type hostile struct {
	*toolbox.Toolbox
	t *testing.T
	m *guest.Machine
}

// block returns the address of a new block with some bytes.
func (h hostile) block(data []byte) uint32 {
	h.t.Helper()
	at := h.NewPtr(uint32(len(data)))
	if err := h.m.Memory().Store(at, data); err != nil {
		h.t.Fatal(err)
	}
	return at
}

// handle returns a handle to a block with some bytes.
func (h hostile) handle(data []byte) uint32 {
	h.t.Helper()
	made := h.NewHandle(uint32(len(data)))
	if err := h.m.Memory().Store(h.u32(made), data); err != nil {
		h.t.Fatal(err)
	}
	return made
}

func (h hostile) u32(at uint32) uint32 {
	h.t.Helper()
	v, err := h.m.Memory().Load32(at)
	if err != nil {
		h.t.Fatal(err)
	}
	return v
}

func (h hostile) put32(at, v uint32) {
	h.t.Helper()
	if err := h.m.Memory().Store32(at, v); err != nil {
		h.t.Fatal(err)
	}
}

// rect returns the address of a rectangle.
func (h hostile) rect(top, left, bottom, right int16) uint32 {
	h.t.Helper()
	var b []byte
	for _, v := range []int16{top, left, bottom, right} {
		b = binary.BigEndian.AppendUint16(b, uint16(v))
	}
	return h.block(b)
}

// world makes a port of many pixels the current one, and returns it.
func (h hostile) world(depth, side int16) uint32 {
	h.t.Helper()
	at := h.NewPtr(4)
	if err := h.NewGWorld(at, depth, h.rect(0, 0, side, side), 0, 0, 0); err != 0 {
		h.t.Fatal(err)
	}
	h.SetGWorld(h.u32(at), 0)
	return h.u32(at)
}

func text(c string, n int) []byte { return append(bytes.Repeat([]byte(c), n), 0) }

// endless are calls that, each alone or few together, would take longer than anybody
// waits: seconds, or for ever. prepare returns what to call.
var endless = []struct {
	name    string
	prepare func(h hostile) (call func())
}{
	{"BlockMove", func(h hostile) func() {
		p := h.NewPtr(4 << 20)
		return func() { h.BlockMove(p, p+1, 4<<20-1) }
	}},
	{"strlen", func(h hostile) func() {
		p := h.block(text("x", 8<<20))
		return func() { h.Strlen(p) }
	}},
	{"strncmp", func(h hostile) func() {
		p := h.block(text("x", 8<<20))
		return func() { h.Strncmp(p, p, 8<<20) }
	}},
	{"SetHandleSize", func(h hostile) func() {
		a := h.NewHandle(5 << 20)
		return func() { h.NewPtr(16); h.SetHandleSize(a, 5<<20+64); h.SetHandleSize(a, 5<<20) }
	}},
	{"CompactMem", func(h hostile) func() {
		last := uint32(0)
		for range 30_000 {
			last = h.NewHandle(4)
		}
		first := h.NewHandle(4)
		_ = last
		return func() { h.DisposeHandle(first); first = h.NewHandle(4); h.CompactMem(0) }
	}},
	{"CompactMem of holes", func(h hostile) func() {
		var all []uint32
		for range 30_000 {
			all = append(all, h.NewHandle(4))
		}
		for i, a := range all {
			if i%2 == 0 {
				h.DisposeHandle(a)
			}
		}
		return func() { h.CompactMem(0) }
	}},
	{"PurgeSpace", func(h hostile) func() {
		for range 30_000 {
			h.HPurge(h.NewHandle(4))
		}
		p := h.NewPtr(8)
		return func() { h.PurgeSpace(p, p+4) }
	}},
	{"CopyBits of all bits", func(h hostile) func() {
		port := h.world(1, 4096)
		r := h.rect(0, 0, 4096, 4096)
		return func() { h.CopyBits(port+2, port+2, r, r, 0, 0) }
	}},
	{"CopyBits that stretches", func(h hostile) func() {
		port := h.world(8, 2048)
		one, all := h.rect(0, 0, 1, 1), h.rect(-32768, -32768, 32767, 32767)
		return func() { h.CopyBits(port+2, port+2, one, all, 0, 0) }
	}},
	{"PaintRect", func(h hostile) func() {
		h.world(1, 4096)
		r := h.rect(-32768, -32768, 32767, 32767)
		return func() { h.PaintRect(r) }
	}},
	{"FrameOval", func(h hostile) func() {
		h.world(1, 4096)
		r := h.rect(-32768, -32768, 32767, 32767)
		h.PenSize(100, 100)
		return func() { h.FrameOval(r) }
	}},
	{"DrawText of large letters", func(h hostile) func() {
		h.world(1, 1024)
		h.TextSize(400)
		h.SpaceExtra(-400 << 16)
		p := h.block(text("M ", 16000))
		return func() { h.DrawText(p, 0, 32000) }
	}},
	{"GetFontInfo", func(h hostile) func() {
		h.world(1, 16)
		p, size := h.NewPtr(8), int16(100)
		return func() { size++; h.TextSize(size); h.GetFontInfo(p) }
	}},
	{"TECalText", func(h hostile) func() {
		h.world(1, 16)
		r := h.rect(0, 0, 1, 1)
		te := h.TENew(r, r)
		h.TESetText(h.block(text("x", 32000)), 32000, te)
		return func() { h.TECalText(te) }
	}},
	{"DrawPicture of rows without pixels", func(h hostile) func() {
		h.world(1, 16)
		// PackBits of 65535 rows of 0 bytes, again and again.
		op := "\x98\x00\x00\x80\x00\x00\x00\x7f\xff\x00\x01\x00\x00\x00\x00\x00\x01\x00\x01\x00\x00\x00\x00\x00\x01\x00\x01\x00\x00"
		p, r := h.handle([]byte(frame+"\x11\x01"+strings.Repeat(op, 100_000)+"\xff")), h.rect(0, 0, 16, 24)
		return func() { h.DrawPicture(p, r) }
	}},
	{"DrawPicture of patterns without pixels", func(h hostile) func() {
		h.world(1, 16)
		op := "\x12\x00\x01" + "\x00\x00\x00\x00\x00\x00\x00\x00" + "\x00\x00\x80\x00\x00\x00\x7f\xff\x00\x01" + "\x00\x00\x00\x00\x00\x00\x00\x00"
		p, r := h.handle([]byte(frame+"\x11\x01"+strings.Repeat(op, 100_000)+"\xff")), h.rect(0, 0, 16, 24)
		return func() { h.DrawPicture(p, r) }
	}},
	{"DrawPicture that paints", func(h hostile) func() {
		h.world(1, 1024)
		p := h.handle([]byte(frame + "\x11\x01\x09\xaa\x55\xaa\x55\xaa\x55\xaa\x55\x31\x80\x00\x80\x00\x7f\xff\x7f\xff" + strings.Repeat("\x39", 1<<20)))
		r := h.rect(0, 0, 1000, 1000)
		return func() { h.DrawPicture(p, r) }
	}},
	{"regions", func(h hostile) func() {
		a, b := h.NewRgn(), h.NewRgn()
		for i := range int16(100) {
			h.SetRectRgn(b, i*10, i, i*10+5, 1000)
			h.XorRgn(a, b, a)
		}
		return func() { h.XorRgn(a, b, b); h.InsetRgn(b, 1, 1); h.UnionRgn(a, b, b) }
	}},
	{"OpenRgn", func(h hostile) func() {
		h.world(1, 16)
		r, i := h.NewRgn(), int16(0)
		return func() {
			h.OpenRgn()
			for range 1000 {
				i += 7
				h.MoveTo(i, -32000)
				h.LineTo(-i, 32000)
			}
			h.CloseRgn(r)
		}
	}},
	{"events", func(h hostile) func() {
		for h.Post(toolbox.Event{What: toolbox.KeyDown}) {
		}
		p := h.NewPtr(16)
		return func() { h.EventAvail(2, p) }
	}},
	{"tasks", func(h hostile) func() {
		for range 4096 {
			task := h.NewPtr(22)
			h.InsTime(task)
			h.PrimeTime(task, 0)
		}
		return func() { h.TickCount() }
	}},
	{"windows", func(h hostile) func() {
		r, title := h.rect(50, 50, 60, 60), h.block([]byte{1, 'x'})
		return func() { h.NewWindow(0, r, title, true, 0, 0xffffffff, false, 0) }
	}},
	{"menus", func(h hostile) func() {
		menu := h.NewMenu(1, h.block([]byte{1, 'x'}))
		items := h.block(append([]byte{255}, bytes.Repeat([]byte("abcdefghij;"), 24)[:255]...))
		return func() { h.AppendMenu(menu, items) }
	}},
}

// TestEndless makes calls that take long until the guest's fuel is used up, which each
// must use for what it does.
func TestEndless(t *testing.T) {
	for _, tt := range endless {
		t.Run(tt.name, func(t *testing.T) {
			m := newMachine(t, guest.Options{Memory: 40 << 20, Fuel: 1_000_000})
			h := hostile{m.System(), t, m}
			call := tt.prepare(h)
			if err := h.Err(); err != nil {
				t.Fatal(err)
			}
			n := 0
			err := m.Do(t.Context(), func() error {
				for ; n < 50_000; n++ {
					call()
					if err := h.Err(); err != nil {
						return err
					}
				}
				return nil
			})
			if !errors.Is(err, fault.ErrHung) {
				t.Errorf("%d calls: %v", n, err)
			}
		})
	}
}

// TestPurgedMeanwhile copies a handle's block where there is room only if that block goes.
func TestPurgedMeanwhile(t *testing.T) {
	m := newMachine(t, guest.Options{})
	h := hostile{m.System(), t, m}
	large := h.NewHandle(9 << 20)
	h.HPurge(large)
	at := h.NewPtr(4)
	h.put32(at, large)
	const memFullErr = -108
	if err := h.HandToHand(at); err != memFullErr || h.GetHandleSize(large) != 9<<20 || h.u32(at) != large {
		t.Errorf("error %d, %d bytes are left", err, h.GetHandleSize(large))
	}
}

// TestBookkeeping has code give the host things to remember for ever.
func TestBookkeeping(t *testing.T) {
	m := newMachine(t, guest.Options{})
	h := hostile{m.System(), t, m}
	const many = 100_000
	n := 0
	for ; n < many && h.NewGestaltValue(0x40000000+uint32(n), 1) == 0; n++ {
	}
	for i := 0; i < many && h.NewGestalt(0x50000000+uint32(i), 4) == 0; i++ {
		n++
	}
	if n == many || h.ReplaceGestaltValue(0x40000000, 2) != 0 {
		t.Errorf("%d selectors", n)
	}
	data := make([]byte, 1<<20)
	for n = 0; n < many; n++ {
		if !h.PostAppleEvent(toolbox.AppleEvent{Class: 1, ID: 2, Parameters: map[coderes.OSType]toolbox.Descriptor{3: {Type: 4, Data: data}}}) {
			break
		}
	}
	if n < 4 || n > 16 {
		t.Errorf("%d events of a megabyte wait", n)
	}
	event := h.NewPtr(16)
	for n = 0; n < many; n++ { // taken, but not processed
		h.GetNextEvent(0xffff, event)
		if !h.PostAppleEvent(toolbox.AppleEvent{Class: 1, ID: 2, Parameters: map[coderes.OSType]toolbox.Descriptor{3: {Type: 4, Data: data}}}) {
			break
		}
	}
	if n > 16 {
		t.Errorf("%d more have arrived", n)
	}
	if err := h.Err(); err != nil {
		t.Error(err)
	}
}

// TestLongFormats has formats and sets of megabytes.
func TestLongFormats(t *testing.T) {
	m := newMachine(t, guest.Options{Fuel: 100_000_000})
	h := hostile{m.System(), t, m}
	call := func(name string, args ...uint32) (uint32, error) {
		vector, _, _, ok := h.Library("StdCLib").Export(name)
		if !ok {
			t.Fatal(name)
		}
		return m.CallVector(t.Context(), vector, proc(t, "long proc(long, long, long)"), append(args, 0, 0)[:3]...)
	}
	at, to := h.NewPtr(4<<20), h.NewPtr(1<<16)
	set := func(text []byte) {
		t.Helper()
		if err := m.Memory().Store(at, append(text, 0)); err != nil {
			t.Fatal(err)
		}
	}
	set(append(bytes.Repeat([]byte("x"), 1<<21), 'y'))
	if n, err := call("strspn", at, at); n != 1<<21+1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	for _, format := range []string{"%" + strings.Repeat("-", 1<<20) + "d", "%[" + strings.Repeat("\x01-\xff", 1<<20) + "]"} {
		set([]byte(format))
		for _, name := range []string{"sprintf", "sscanf"} {
			if _, err := call(name, to, at); err == nil {
				t.Errorf("%s takes %d bytes", name, len(format))
			}
		}
	}
	set([]byte("%" + strings.Repeat("-+ #0", 1<<13) + "2000000000d"))
	if n, err := call("sprintf", to, at, 5); n != 4096 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

// TestLongerThanItIs has a record of TextEdit claim more text than there is.
func TestLongerThanItIs(t *testing.T) {
	m := newMachine(t, guest.Options{})
	h := hostile{m.System(), t, m}
	r := h.rect(0, 0, 100, 100)
	te := h.TENew(r, r)
	h.TESetText(h.block([]byte("abc")), 3, te)
	const selection, length = 32, 60
	h.put32(h.u32(te)+selection, 10<<16|20)
	h.put32(h.u32(te)+length, 30<<16)
	h.TECopy(te)
	h.TEKey('d', te)
	h.TECut(te)
	h.TEUpdate(r, te)
	if err := h.Err(); err != nil {
		t.Error(err)
	}
}
