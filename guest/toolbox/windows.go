package toolbox

import (
	"errors"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/guest/quickdraw"
)

// The Window Manager ("Inside Macintosh: Macintosh Toolbox Essentials", chapter 4).
// Windows are records in the machine's memory, and the chain of them from front to
// back begins in low memory, as plug-ins that walk it expect. Three regions say where
// a window is, in the screen's coordinates: strucRgn all of it, contRgn what is within
// its frame, updateRgn what of that has to be drawn; visRgn, of its port and in the
// port's coordinates, is what can be seen.
//
// Whatever changes windows does so within rearrange, which works out the regions again,
// paints frames and desktop where they have come to light, and adds what of each window
// has to its update region.

// A WindowRecord, behind its port.
const (
	winKind     = 108
	winVisible  = 110
	winHilited  = 111
	winGoAway   = 112
	winSpare    = 113 // it can be zoomed
	winStrucRgn = 114
	winContRgn  = 118
	winUpdate   = 122
	winDefProc  = 126
	winData     = 130
	winTitle    = 134 // a handle
	winTitleW   = 138
	winControls = 140
	winNext     = 144
	winPic      = 148
	winRefCon   = 152
	windowSize  = 156

	userKind   = 8
	dialogKind = 2
)

// Global variables in low memory.
const (
	lowWindowList = 0x9d6
	lowWMgrPort   = 0x9de
	lowGrayRgn    = 0x9ee
	lowWMgrCPort  = 0xd2c
)

const mostWindows = 1024

// window is what is known of one outside the machine's memory.
type window struct {
	at        uint32
	proc      int16 // its definition's ID times 16, and the variation
	own       uint32
	color     bool
	allocated bool             // by us
	seen      quickdraw.Region // what was seen of it before BeginUpdate, in its port's coordinates
	updating  bool
	drawn     quickdraw.Region // where its structure was seen when it was drawn last
	moved     bool             // nothing of it is where it was
}

type windows struct {
	all map[uint32]*window
	// Ports of all of the screen, and what it has besides windows.
	port, colorPort uint32
	bare            quickdraw.Region // desktop that can be seen
}

func globalOf(port, bounds quickdraw.Rect) quickdraw.Rect {
	return port.Offset(-int(bounds.Left), -int(bounds.Top))
}

// InitWindows makes the desktop.
func (t *Toolbox) InitWindows() { t.desktop() }

// desktop makes the Window Manager's ports, and paints the desktop, once.
func (t *Toolbox) desktop() bool {
	w := &t.desk.windows
	if w.port != 0 {
		return true
	}
	s := t.screen()
	if s == nil {
		return false
	}
	before := t.u32(t.globals())
	w.all = map[uint32]*window{}
	w.port, w.colorPort = t.newPtr(portSize, true), t.newPtr(portSize, true)
	if w.port == 0 || w.colorPort == 0 {
		t.fail(errors.New("no memory for the desktop"))
		return false
	}
	t.openPort(w.port)
	t.openCPort(w.colorPort)
	t.put32(lowWMgrPort, w.port)
	t.put32(lowWMgrCPort, w.colorPort)
	t.put32(lowGrayRgn, t.NewRgn())
	if t.u16(lowMBarHeight) == 0 {
		t.put16(lowMBarHeight, menuBarHeight)
	}
	gray := quickdraw.FromRect(s.bounds).Subtract(quickdraw.FromRect(t.barRect()))
	t.setRegion(t.u32(lowGrayRgn), gray)
	t.setPort(before)
	t.paint(w.colorPort, gray, patternGray, quickdraw.PatCopy)
	w.bare = gray
	return true
}

func (t *Toolbox) barRect() quickdraw.Rect {
	r := quickdraw.Rect{}
	if s := t.screen(); s != nil {
		r = s.bounds
		r.Bottom = r.Top + int16(t.u16(lowMBarHeight))
	}
	return r
}

// window returns what is known of a window, nil if it is none.
func (t *Toolbox) window(at uint32) *window { return t.desk.windows.all[at] }

// windowList returns the windows from front to back. The chain is in memory that the program
// can write to.
func (t *Toolbox) windowList() []*window {
	var list []*window
	for at := t.u32(lowWindowList); at != 0 && len(list) < mostWindows; at = t.u32(at + winNext) {
		w := t.window(at)
		if w == nil {
			break
		}
		list = append(list, w)
	}
	return list
}

func (t *Toolbox) setWindowList(list []*window) {
	at := uint32(lowWindowList)
	for _, w := range list {
		t.put32(at, w.at)
		at = w.at + winNext
	}
	t.put32(at, 0)
}

func (t *Toolbox) isVisible(w *window) bool { return t.u8(w.at+winVisible) != 0 }

// content returns a window's rectangle on the screen.
func (t *Toolbox) content(at uint32) quickdraw.Rect {
	return globalOf(t.rectAt(at+portPortRect), t.rectAt(t.boundsAt(at)))
}

// calculate works out a window's content and structure.
func (t *Toolbox) calculate(w *window) {
	if !t.isVisible(w) {
		t.setRegion(t.u32(w.at+winContRgn), quickdraw.Region{})
		t.setRegion(t.u32(w.at+winStrucRgn), quickdraw.Region{})
		return
	}
	if w.own != 0 {
		t.define(w, wCalcRgns, 0)
		return
	}
	r := t.content(w.at)
	t.setRegion(t.u32(w.at+winContRgn), quickdraw.FromRect(r))
	t.setRegion(t.u32(w.at+winStrucRgn), w.structure(r))
}

// gray is all of the desktop.
func (t *Toolbox) gray() quickdraw.Region { return t.region(t.u32(lowGrayRgn)) }

// local makes a port's coordinates of the screen's.
func (t *Toolbox) local(port uint32, r quickdraw.Region) quickdraw.Region {
	b := t.rectAt(t.boundsAt(port))
	return r.Offset(int(b.Left), int(b.Top))
}

// global makes the screen's coordinates of a port's.
func (t *Toolbox) global(port uint32, r quickdraw.Region) quickdraw.Region {
	b := t.rectAt(t.boundsAt(port))
	return r.Offset(-int(b.Left), -int(b.Top))
}

// rearrange does something to windows, and what follows from it: regions, frames and
// desktop, what has to be drawn, and which window is active.
func (t *Toolbox) rearrange(change func()) {
	if !t.desktop() {
		return
	}
	was := map[*window]quickdraw.Region{}
	for _, w := range t.windowList() {
		was[w] = t.global(w.at, t.visible(w))
	}
	change()
	list := t.windowList()
	for _, w := range list {
		t.calculate(w)
	}
	left := t.gray()
	for _, w := range list {
		if !t.isVisible(w) {
			t.setVisible(w, quickdraw.Region{})
			w.drawn = quickdraw.Region{}
			continue
		}
		structure := t.region(t.u32(w.at + winStrucRgn)).Intersect(left)
		content := t.region(t.u32(w.at + winContRgn)).Intersect(left)
		left = left.Subtract(structure)
		t.setVisible(w, t.local(w.at, content))
		t.drawFrame(w, structure.Subtract(content))
		w.drawn = kept(structure)
		if w.moved {
			was[w], w.moved = quickdraw.Region{}, false
		}
		if fresh := content.Subtract(was[w]); !fresh.Empty() {
			t.eraseContent(w, fresh)
			t.setRegion(t.u32(w.at+winUpdate), t.region(t.u32(w.at+winUpdate)).Union(fresh))
		}
	}
	t.paint(t.desk.windows.colorPort, left.Subtract(t.desk.windows.bare), patternGray, quickdraw.PatCopy)
	t.desk.windows.bare = kept(left)
	t.setActive()
}

// kept is a region as the host keeps it: one that the program could not is as its box.
func kept(r quickdraw.Region) quickdraw.Region {
	if _, ok := r.Encode(); !ok {
		return quickdraw.FromRect(r.Box)
	}
	return r
}

// visible is what can be seen of a window, whatever it is drawing now.
func (t *Toolbox) visible(w *window) quickdraw.Region {
	if w.updating {
		return w.seen
	}
	return t.region(t.u32(w.at + portVisRgn))
}

func (t *Toolbox) setVisible(w *window, r quickdraw.Region) {
	if w.updating {
		w.seen = kept(r)
		return
	}
	t.setRegion(t.u32(w.at+portVisRgn), r)
}

// eraseContent erases part of a window, in the screen's coordinates, with its port's
// background.
func (t *Toolbox) eraseContent(w *window, r quickdraw.Region) {
	_, back := t.foreBack(w.at)
	port := t.desk.windows.colorPort
	t.setForeBack(port, back, back)
	t.paint(port, r, patternBlack, quickdraw.PatCopy)
	t.setForeBack(port, black, white)
}

// setActive notes which window is to become active. The front one is, unless it is
// highlighted already.
func (t *Toolbox) setActive() {
	front := t.FrontWindow()
	for _, w := range t.windowList() {
		is := t.u8(w.at+winHilited) != 0
		if is == (w.at == front) {
			continue
		}
		if w.at == front {
			t.desk.activate = w.at
			if t.desk.deactivate == w.at {
				t.desk.deactivate = 0
			}
		} else if t.isVisible(w) {
			if t.desk.activate == w.at {
				t.desk.activate = 0 // it has not heard of it
			} else {
				t.desk.deactivate = w.at
			}
		}
		t.HiliteWindow(w.at, w.at == front)
	}
}

// HiliteWindow draws a window's frame as that of the active one, or of another.
func (t *Toolbox) HiliteWindow(at uint32, on bool) {
	w := t.window(at)
	if w == nil {
		return
	}
	t.put8(at+winHilited, uint8(boolean(on))*0xff)
	if t.isVisible(w) {
		t.drawFrame(w, w.drawn.Subtract(t.region(t.u32(at+winContRgn))))
	}
}

// FrontWindow returns the first window that is visible.
func (t *Toolbox) FrontWindow() uint32 {
	for _, w := range t.windowList() {
		if t.isVisible(w) {
			return w.at
		}
	}
	return 0
}

// newWindow makes a window in storage, or in memory of its own.
func (t *Toolbox) newWindow(storage uint32, size uint32, bounds quickdraw.Rect, title []byte, visible bool, proc int16, behind uint32, goAway bool, refCon uint32, color bool) uint32 {
	if !t.desktop() {
		return 0
	}
	if len(t.desk.windows.all) >= mostWindows {
		t.setMemErr(memFullErr)
		return 0
	}
	w := &window{at: storage, proc: proc, color: color}
	if storage == 0 {
		if w.at = t.NewPtr(size); w.at == 0 {
			return 0
		}
		w.allocated = true
	}
	t.write(w.at, make([]byte, size))
	port := t.u32(t.globals())
	if color {
		t.openCPort(w.at)
	} else {
		t.openPort(w.at)
	}
	t.PortSize(int16(bounds.Width()), int16(bounds.Height()))
	t.MovePortTo(bounds.Left, bounds.Top)
	t.setPort(port)
	t.setRegion(t.u32(w.at+portVisRgn), quickdraw.Region{})
	t.put16(w.at+winKind, userKind)
	t.put8(w.at+winGoAway, uint8(boolean(goAway)))
	t.put8(w.at+winSpare, uint8(boolean(proc&^0xf == 0 && proc&8 != 0)))
	for _, field := range []uint32{winStrucRgn, winContRgn, winUpdate} {
		t.put32(w.at+field, t.NewRgn())
	}
	t.put32(w.at+winTitle, t.newContents(append([]byte{uint8(len(title))}, title...)))
	t.put16(w.at+winTitleW, uint16(t.systemWidth(title)))
	t.put32(w.at+winRefCon, refCon)
	if t.err != nil {
		return 0
	}
	t.desk.windows.all[w.at] = w
	if h := t.GetResource(code4("WDEF"), proc>>4); h != 0 && proc>>4 > 1 {
		w.own = h
		t.put32(w.at+winDefProc, h)
		t.define(w, wNew, 0)
	}
	t.setZoomed(w, bounds)
	t.rearrange(func() {
		t.put8(w.at+winVisible, uint8(boolean(visible))*0xff)
		t.insertWindow(w, behind)
	})
	return w.at
}

// insertWindow puts a window behind another: the last if that is 0, the first if it is
// -1.
func (t *Toolbox) insertWindow(w *window, behind uint32) {
	const front = 0xffffffff
	var list []*window
	placed := false
	if behind == front {
		list, placed = append(list, w), true
	}
	for _, v := range t.windowList() {
		if v == w {
			continue
		}
		list = append(list, v)
		if v.at == behind {
			list, placed = append(list, w), true
		}
	}
	if !placed {
		list = append(list, w)
	}
	t.setWindowList(list)
}

// NewWindow makes a window with a GrafPort.
func (t *Toolbox) NewWindow(storage, bounds, title uint32, visible bool, proc int16, behind uint32, goAway bool, refCon uint32) uint32 {
	return t.newWindow(storage, windowSize, t.rectAt(bounds), t.pstring(title), visible, proc, behind, goAway, refCon, false)
}

// NewCWindow makes a window with a CGrafPort.
func (t *Toolbox) NewCWindow(storage, bounds, title uint32, visible bool, proc int16, behind uint32, goAway bool, refCon uint32) uint32 {
	return t.newWindow(storage, windowSize, t.rectAt(bounds), t.pstring(title), visible, proc, behind, goAway, refCon, true)
}

// GetNewWindow makes a window of a 'WIND' resource, with a GrafPort.
func (t *Toolbox) GetNewWindow(id int16, storage, behind uint32) uint32 {
	return t.getNewWindow(id, storage, behind, false)
}

// GetNewCWindow makes a window of a 'WIND' resource, with a CGrafPort.
func (t *Toolbox) GetNewCWindow(id int16, storage, behind uint32) uint32 {
	return t.getNewWindow(id, storage, behind, true)
}

func (t *Toolbox) getNewWindow(id int16, storage, behind uint32, color bool) uint32 {
	v, ok := t.template("WIND", id)
	if !ok {
		return 0
	}
	return t.newWindow(storage, windowSize, t.onScreen(v.bounds, v.position), v.title, v.visible, v.proc, behind, v.goAway, v.refCon, color)
}

// CloseWindow takes a window away and frees what belongs to it but its record.
func (t *Toolbox) CloseWindow(at uint32) {
	w := t.window(at)
	if w == nil {
		return
	}
	t.KillControls(at)
	t.rearrange(func() {
		t.put8(at+winVisible, 0)
		var list []*window
		for _, v := range t.windowList() {
			if v != w {
				list = append(list, v)
			}
		}
		t.setWindowList(list)
	})
	if w.own != 0 {
		t.define(w, wDispose, 0)
	}
	d := &t.desk
	if d.activate == at {
		d.activate = 0
	}
	if d.deactivate == at {
		d.deactivate = 0
	}
	delete(d.windows.all, at)
	for _, field := range []uint32{winStrucRgn, winContRgn, winUpdate, winTitle, winData} {
		if h := t.u32(at + field); h != 0 {
			t.DisposeHandle(h)
			t.put32(at+field, 0)
		}
	}
	t.closePort(at)
}

// DisposeWindow closes a window and frees its record.
func (t *Toolbox) DisposeWindow(at uint32) {
	if t.window(at) == nil {
		return
	}
	t.CloseWindow(at)
	t.DisposePtr(at)
}

// ShowHide makes a window visible or not, and does nothing else.
func (t *Toolbox) ShowHide(at uint32, show bool) {
	if t.window(at) != nil && (t.u8(at+winVisible) != 0) != show {
		t.rearrange(func() { t.put8(at+winVisible, uint8(boolean(show))*0xff) })
	}
}

// ShowWindow makes a window visible.
func (t *Toolbox) ShowWindow(at uint32) { t.ShowHide(at, true) }

// HideWindow makes a window invisible. If it is in front, it goes behind the next one.
func (t *Toolbox) HideWindow(at uint32) {
	w := t.window(at)
	if w == nil || !t.isVisible(w) {
		return
	}
	front := t.FrontWindow() == at
	t.rearrange(func() {
		t.put8(at+winVisible, 0)
		if next := t.FrontWindow(); front && next != 0 {
			t.insertWindow(w, next)
		}
	})
}

// SelectWindow makes a window the front one.
func (t *Toolbox) SelectWindow(at uint32) { t.BringToFront(at) }

// BringToFront makes a window the front one.
func (t *Toolbox) BringToFront(at uint32) {
	if w := t.window(at); w != nil {
		t.rearrange(func() { t.insertWindow(w, 0xffffffff) })
	}
}

// SendBehind puts a window behind another, or behind all for 0.
func (t *Toolbox) SendBehind(at, behind uint32) {
	if w := t.window(at); w != nil && at != behind {
		t.rearrange(func() { t.insertWindow(w, behind) })
	}
}

// MoveWindow moves a window's content to a place on the screen, and to the front if
// asked. All of it has to be drawn then.
func (t *Toolbox) MoveWindow(at uint32, h, v int16, front bool) {
	w := t.window(at)
	if w == nil {
		return
	}
	t.rearrange(func() {
		w.moved = true
		r := t.content(at)
		b := t.rectAt(t.boundsAt(at))
		dh, dv := int(h)-int(r.Left), int(v)-int(r.Top)
		t.putRectAt(t.boundsAt(at), b.Offset(-dh, -dv))
		update := t.u32(at + winUpdate)
		t.setRegion(update, t.region(update).Offset(dh, dv))
		if front {
			t.insertWindow(w, 0xffffffff)
		}
	})
}

// SizeWindow changes the size of a window. What is new of its content has to be drawn,
// if update says so.
func (t *Toolbox) SizeWindow(at uint32, width, height int16, update bool) {
	w := t.window(at)
	if w == nil || width == 0 && height == 0 {
		return
	}
	before := t.region(t.u32(at + winUpdate))
	t.rearrange(func() {
		r := t.rectAt(at + portPortRect)
		r.Right, r.Bottom = r.Left+width, r.Top+height
		t.putRectAt(at+portPortRect, r)
	})
	if !update {
		t.setRegion(t.u32(at+winUpdate), before)
	}
}

// define calls a window's own definition procedure: pascal long proc(short variation,
// WindowPtr, short message, long parameter).
func (t *Toolbox) define(w *window, message int16, parameter uint32) uint32 {
	const proc = coderes.ProcInfo(3<<4 | 2<<6 | 3<<8 | 2<<10 | 3<<12)
	h := w.own
	t.LoadResource(h)
	if t.u32(h) == 0 {
		return 0
	}
	state := t.HGetState(h)
	t.HLock(h)
	v := t.call(t.u32(h), proc, uint32(w.proc&0xf), w.at, uint32(uint16(message)), parameter)
	t.HSetState(h, state)
	return v
}

// Messages to definition procedures.
const (
	wDraw = iota
	wHit
	wCalcRgns
	wNew
	wDispose
	wGrow
	wDrawGIcon
)
