package toolbox

import (
	"fmt"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/guest/quickdraw"
)

// The Control Manager ("Inside Macintosh: Macintosh Toolbox Essentials", chapter 5):
// buttons, check boxes, radio buttons and scroll bars, drawn simply; and controls
// whose definition is a 'CDEF' resource.

// A ControlRecord.
const (
	ctlNext    = 0
	ctlOwner   = 4
	ctlRect    = 8
	ctlVisible = 16
	ctlHilite  = 17 // a part that is pressed; 254 or 255 if nothing can be
	ctlValue   = 18
	ctlMin     = 20
	ctlMax     = 22
	ctlDefProc = 24
	ctlData    = 28
	ctlAction  = 32
	ctlRefCon  = 36
	ctlTitle   = 40
	controlSz  = 296
)

// Kinds of controls, and parts.
const (
	pushButProc   = 0
	checkBoxProc  = 1
	radioButProc  = 2
	scrollBarProc = 16

	inButton     = 10
	inCheckBox   = 11
	inUpButton   = 20
	inDownButton = 21
	inPageUp     = 22
	inPageDown   = 23
	inThumb      = 129
)

// control is what is known of one outside the machine's memory.
type control struct {
	at   uint32 // a handle
	proc int16
	own  uint32 // a 'CDEF', a handle
}

const mostControls = 4096

func (t *Toolbox) controlAt(h uint32) (*control, uint32) {
	c := t.desk.controls[h]
	if c == nil {
		return nil, 0
	}
	return c, t.u32(h)
}

// controlList returns those of a window, the first drawn last.
func (t *Toolbox) controlList(window uint32) []*control {
	var list []*control
	if t.window(window) == nil {
		return nil
	}
	for h := t.u32(window + winControls); h != 0 && len(list) < mostControls; {
		c, p := t.controlAt(h)
		if c == nil || p == 0 {
			break
		}
		list = append(list, c)
		h = t.u32(p + ctlNext)
	}
	return list
}

// NewControl makes a control and adds it to its window.
func (t *Toolbox) NewControl(window, bounds, title uint32, visible bool, value, least, most, proc int16, refCon uint32) uint32 {
	return t.newControl(window, t.rectAt(bounds), t.pstring(title), visible, value, least, most, proc, refCon)
}

func (t *Toolbox) newControl(window uint32, r quickdraw.Rect, title []byte, visible bool, value, least, most, proc int16, refCon uint32) uint32 {
	if t.window(window) == nil || len(t.desk.controls) >= mostControls {
		return 0
	}
	h := t.NewHandleClear(controlSz)
	if h == 0 {
		return 0
	}
	p := t.u32(h)
	t.putRectAt(p+ctlRect, r)
	t.put32(p+ctlOwner, window)
	t.put8(p+ctlVisible, uint8(boolean(visible))*0xff)
	t.put16(p+ctlMin, uint16(least))
	t.put16(p+ctlMax, uint16(most))
	t.put16(p+ctlValue, uint16(value))
	t.put32(p+ctlRefCon, refCon)
	t.putPString(p+ctlTitle, title, 255)
	t.put32(p+ctlNext, t.u32(window+winControls))
	t.put32(window+winControls, h)
	if t.desk.controls == nil {
		t.desk.controls = map[uint32]*control{}
	}
	c := &control{at: h, proc: proc}
	t.desk.controls[h] = c
	if def := t.GetResource(code4("CDEF"), proc>>4); def != 0 && proc>>4 > 1 {
		c.own = def
		t.put32(t.u32(h)+ctlDefProc, def)
		t.defineControl(c, initCntl, 0)
	}
	if visible {
		t.Draw1Control(h)
	}
	return h
}

// Messages to definition procedures.
const (
	drawCntl = 0
	testCntl = 1
	initCntl = 3
	dispCntl = 4
)

// defineControl calls a control's own definition procedure.
func (t *Toolbox) defineControl(c *control, message int16, parameter uint32) uint32 {
	const proc = coderes.ProcInfo(3<<4 | 2<<6 | 3<<8 | 2<<10 | 3<<12)
	t.LoadResource(c.own)
	if t.u32(c.own) == 0 {
		return 0
	}
	state := t.HGetState(c.own)
	t.HLock(c.own)
	v := t.call(t.u32(c.own), proc, uint32(c.proc&0xf), c.at, uint32(uint16(message)), parameter)
	t.HSetState(c.own, state)
	return v
}

// GetNewControl makes a control of a 'CNTL' resource: rectangle 8, value 2, visible 2,
// most 2, least 2, definition 2, reference constant 4, title.
func (t *Toolbox) GetNewControl(id int16, window uint32) uint32 {
	h := t.GetResource(code4("CNTL"), id)
	if h == 0 {
		return 0
	}
	b := t.contents(h)
	const header = 22
	if len(b) <= header || len(b) < header+1+int(b[header]) {
		if t.err == nil {
			t.fail(fmt.Errorf("'CNTL' %d: it has %d bytes, too few for its title (at 0x%x)", id, len(b), header))
		}
		return 0
	}
	half := func(at int) int16 { return int16(uint16(b[at])<<8 | uint16(b[at+1])) }
	refCon := uint32(uint16(half(18)))<<16 | uint32(uint16(half(20)))
	return t.newControl(window, rectOf(b), b[header+1:header+1+int(b[header])], b[10] != 0, half(8), half(14), half(12), half(16), refCon)
}

// DisposeControl takes a control away.
func (t *Toolbox) DisposeControl(h uint32) {
	c, p := t.controlAt(h)
	if c == nil {
		return
	}
	t.HideControl(h)
	if c.own != 0 {
		t.defineControl(c, dispCntl, 0)
		p = t.u32(h)
	}
	owner := t.u32(p + ctlOwner)
	link := owner + winControls
	for _, o := range t.controlList(owner) {
		if o == c {
			t.put32(link, t.u32(p+ctlNext))
			break
		}
		link = t.u32(o.at) + ctlNext
	}
	delete(t.desk.controls, h)
	t.DisposeHandle(h)
}

// KillControls takes all controls of a window away.
func (t *Toolbox) KillControls(window uint32) {
	for _, c := range t.controlList(window) {
		t.DisposeControl(c.at)
	}
}

// changeControl changes something of a control, and draws it.
func (t *Toolbox) changeControl(h uint32, f func(p uint32)) {
	if _, p := t.controlAt(h); p != 0 {
		f(p)
		t.Draw1Control(h)
	}
}

func (t *Toolbox) eraseControl(p uint32) {
	owner := t.u32(p + ctlOwner)
	r := quickdraw.FromRect(t.rectAt(p + ctlRect))
	t.paint(owner, r, patternWhite, quickdraw.PatCopy)
	t.invalidate(owner, r, true)
}

// ShowControl makes a control visible.
func (t *Toolbox) ShowControl(h uint32) {
	if _, p := t.controlAt(h); p != 0 && t.u8(p+ctlVisible) == 0 {
		t.changeControl(h, func(p uint32) { t.put8(p+ctlVisible, 0xff) })
	}
}

// HideControl makes it invisible.
func (t *Toolbox) HideControl(h uint32) {
	if _, p := t.controlAt(h); p != 0 && t.u8(p+ctlVisible) != 0 {
		t.put8(p+ctlVisible, 0)
		t.eraseControl(p)
	}
}

// MoveControl moves a control.
func (t *Toolbox) MoveControl(h uint32, left, top int16) {
	t.reshape(h, func(r quickdraw.Rect) quickdraw.Rect { return r.Offset(int(left)-int(r.Left), int(top)-int(r.Top)) })
}

// SizeControl changes its size.
func (t *Toolbox) SizeControl(h uint32, width, height int16) {
	t.reshape(h, func(r quickdraw.Rect) quickdraw.Rect {
		r.Right, r.Bottom = r.Left+width, r.Top+height
		return r
	})
}

func (t *Toolbox) reshape(h uint32, f func(quickdraw.Rect) quickdraw.Rect) {
	_, p := t.controlAt(h)
	if p == 0 {
		return
	}
	if t.u8(p+ctlVisible) != 0 {
		t.eraseControl(p)
	}
	t.changeControl(h, func(p uint32) { t.putRectAt(p+ctlRect, f(t.rectAt(p+ctlRect))) })
}

func (t *Toolbox) half(h, field uint32) int16 {
	if _, p := t.controlAt(h); p != 0 {
		return int16(t.u16(p + field))
	}
	return 0
}

// GetControlValue returns a control's value.
func (t *Toolbox) GetControlValue(h uint32) int16 { return t.half(h, ctlValue) }

// GetControlMinimum returns the least value.
func (t *Toolbox) GetControlMinimum(h uint32) int16 { return t.half(h, ctlMin) }

// GetControlMaximum returns the greatest value.
func (t *Toolbox) GetControlMaximum(h uint32) int16 { return t.half(h, ctlMax) }

// SetControlValue changes a control's value, within its bounds.
func (t *Toolbox) SetControlValue(h uint32, v int16) {
	t.changeControl(h, func(p uint32) {
		v = max(int16(t.u16(p+ctlMin)), min(v, int16(t.u16(p+ctlMax))))
		t.put16(p+ctlValue, uint16(v))
	})
}

// SetControlMinimum changes the least value.
func (t *Toolbox) SetControlMinimum(h uint32, v int16) {
	t.changeControl(h, func(p uint32) {
		t.put16(p+ctlMin, uint16(v))
		t.put16(p+ctlValue, uint16(max(v, int16(t.u16(p+ctlValue)))))
	})
}

// SetControlMaximum changes the greatest value.
func (t *Toolbox) SetControlMaximum(h uint32, v int16) {
	t.changeControl(h, func(p uint32) {
		t.put16(p+ctlMax, uint16(v))
		t.put16(p+ctlValue, uint16(min(v, int16(t.u16(p+ctlValue)))))
	})
}

// GetControlTitle writes a control's title.
func (t *Toolbox) GetControlTitle(h, title uint32) {
	if _, p := t.controlAt(h); p != 0 {
		t.putPString(title, t.pstring(p+ctlTitle), 255)
	}
}

// SetControlTitle changes it.
func (t *Toolbox) SetControlTitle(h, title uint32) {
	s := t.pstring(title)
	t.changeControl(h, func(p uint32) { t.putPString(p+ctlTitle, s, 255) })
}

// GetControlReference returns a control's reference constant.
func (t *Toolbox) GetControlReference(h uint32) int32 {
	if _, p := t.controlAt(h); p != 0 {
		return int32(t.u32(p + ctlRefCon))
	}
	return 0
}

// SetControlReference changes it.
func (t *Toolbox) SetControlReference(h uint32, v int32) {
	if _, p := t.controlAt(h); p != 0 {
		t.put32(p+ctlRefCon, uint32(v))
	}
}

// GetControlAction returns a control's action procedure.
func (t *Toolbox) GetControlAction(h uint32) uint32 {
	if _, p := t.controlAt(h); p != 0 {
		return t.u32(p + ctlAction)
	}
	return 0
}

// SetControlAction changes it.
func (t *Toolbox) SetControlAction(h, proc uint32) {
	if _, p := t.controlAt(h); p != 0 {
		t.put32(p+ctlAction, proc)
	}
}

// GetControlVariant returns the variation of a control's definition.
func (t *Toolbox) GetControlVariant(h uint32) int16 {
	if c, _ := t.controlAt(h); c != nil {
		return c.proc & 0xf
	}
	return 0
}

// HiliteControl highlights a part of a control; 255 makes it inactive, 0 neither.
func (t *Toolbox) HiliteControl(h uint32, part int16) {
	if _, p := t.controlAt(h); p != 0 && t.u8(p+ctlHilite) != uint8(part) {
		t.changeControl(h, func(p uint32) { t.put8(p+ctlHilite, uint8(part)) })
	}
}

// FindControl says what part of which control is at a place in a window, 0 if none.
func (t *Toolbox) FindControl(point, window, at uint32) int16 {
	t.put32(at, 0)
	for _, c := range t.controlList(window) {
		if part := t.TestControl(c.at, point); part != 0 {
			t.put32(at, c.at)
			return part
		}
	}
	return 0
}

// TestControl says what part of a control is at a place in its window, 0 if none is or
// it cannot be used.
func (t *Toolbox) TestControl(h, point uint32) int16 {
	c, p := t.controlAt(h)
	if c == nil || t.u8(p+ctlVisible) == 0 || t.u8(p+ctlHilite) >= 254 {
		return 0
	}
	if c.own != 0 {
		return int16(t.defineControl(c, testCntl, point))
	}
	r, at := t.rectAt(p+ctlRect), pointOf(point)
	if !r.Has(at) {
		return 0
	}
	switch c.proc &^ 8 {
	case pushButProc:
		return inButton
	case checkBoxProc, radioButProc:
		return inCheckBox
	case scrollBarProc:
		return t.scrollPart(p, at)
	}
	return 0
}

// TrackControl follows the mouse from a place in a control, and returns the part it is
// released in, if that is the part where it began. While the mouse is there the action
// procedure is called: pascal void proc(ControlHandle, short part), or that of the
// control if it is -1. The thumb of a scroll bar moves with the mouse.
func (t *Toolbox) TrackControl(h, start, action uint32) int16 {
	const ofControl = 0xffffffff
	const actionProc, thumbProc = coderes.ProcInfo(3<<6 | 2<<8), coderes.ProcInfo(0)
	part := t.TestControl(h, start)
	if part == 0 {
		return 0
	}
	c, p := t.controlAt(h)
	if action == ofControl {
		action = t.u32(p + ctlAction)
	}
	owner := t.u32(p + ctlOwner)
	here := func() uint32 {
		b := t.rectAt(t.boundsAt(owner))
		return pointWord(quickdraw.Point{V: t.desk.mouse.V + b.Top, H: t.desk.mouse.H + b.Left})
	}
	t.HiliteControl(h, part)
	for down := t.desk.down; t.err == nil && t.desk.controls[h] == c; {
		if part == inThumb {
			if action != 0 && action != ofControl {
				t.call(action, thumbProc)
			}
		} else if action != 0 && action != ofControl && t.inPart(c, here(), part) {
			t.call(action, actionProc, h, uint32(uint16(part)))
		}
		if !down {
			break
		}
		down = t.trackMouse()
		if !down {
			break
		}
	}
	if t.err != nil || t.desk.controls[h] != c {
		return 0
	}
	t.HiliteControl(h, 0)
	if part == inThumb {
		t.dropThumb(h, pointOf(start), pointOf(here()))
		return part
	}
	if !t.inPart(c, here(), part) {
		return 0
	}
	return part
}

func (t *Toolbox) inPart(c *control, point uint32, part int16) bool {
	return t.TestControl(c.at, point) == part
}
