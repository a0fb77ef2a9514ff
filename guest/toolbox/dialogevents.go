package toolbox

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/guest/quickdraw"
	"github.com/crossplug/crossplug/internal/bin"
)

// How dialogs and alerts are answered and drawn.

// Dialog is a dialog or an alert that waits for an answer.
type Dialog struct {
	Window  uint32 // where its record is, which is its port
	Title   string
	Alert   bool
	Items   []DialogItem // item 1 is the first
	Default int16        // the item that the return key answers with
}

// modalProc is the type of a filter: pascal Boolean proc(DialogPtr, EventRecord *,
// short *item). userProc is that of an item of the program's own: pascal void
// proc(WindowPtr, short item).
const (
	modalProc = coderes.ProcInfo(1<<4 | 3<<6 | 3<<8 | 3<<10)
	userProc  = coderes.ProcInfo(3<<6 | 2<<8)
)

const (
	keyReturn = 0x0d
	keyEnter  = 0x03
	keyTab    = 0x09
)

// answer is the item that answers a dialog when nothing else happens.
func (t *Toolbox) answer(dialog uint32, alert bool) int16 {
	d := Dialog{Window: dialog, Title: bin.MacRoman(t.title(dialog)), Alert: alert, Items: t.describeItems(dialog), Default: int16(t.u16(dialog + dlgDefault))}
	if t.err != nil {
		return 0
	}
	if f := t.options.Dialog; f != nil {
		if n := f(d); n >= 1 && int(n) <= len(d.Items) {
			return n
		}
	} else if alert {
		for _, it := range d.Items {
			if it.Kind == itemStatic && it.Text != "" {
				t.print(it.Text + "\n")
			}
		}
	}
	if n := d.Default; n >= 1 && int(n) <= len(d.Items) && d.Items[n-1].Enabled {
		return n
	}
	for _, button := range []bool{true, false} {
		for i, it := range d.Items {
			if it.Enabled && (it.Kind == itemControl || !button) {
				return int16(i + 1)
			}
		}
	}
	t.fail(fmt.Errorf("dialog 0x%08x: none of its %d items can be answered", dialog, len(d.Items)))
	return 0
}

// ModalDialog lets the front dialog be answered, and writes which item is. Events go to
// the filter first. When there are none, the filter gets a null event, and then the
// host answers, or the default button.
func (t *Toolbox) ModalDialog(filter, itemAt uint32) {
	dialog := t.FrontWindow()
	if w := t.window(dialog); w == nil || t.u16(dialog+winKind) != dialogKind {
		t.put16(itemAt, 0)
		return
	}
	t.put16(itemAt, uint16(t.modal(dialog, filter, false)))
}

// modal returns the item that a dialog is answered with.
func (t *Toolbox) modal(dialog, filter uint32, alert bool) int16 {
	event, err := t.Allocate(16 + 8)
	if err != nil {
		return 0
	}
	defer func() { _ = t.Free(event) }() // it is there
	item := event + 16
	mask := uint16(0xffff)
	for t.err == nil && t.window(dialog) != nil {
		there := t.next(mask, event, true)
		if filter != 0 {
			t.put16(item, 0)
			if uint8(t.call(filter, modalProc, dialog, event, item)) != 0 {
				return int16(t.u16(item))
			}
		}
		what, message := EventKind(t.u16(event)), t.u32(event+2)
		switch {
		case !there:
			t.keepEdited(dialog)
			return t.answer(dialog, alert)
		case what == UpdateEvent && message != dialog:
			mask &^= 1 << UpdateEvent // whose it is will see it later
		case what == KeyDown && (message&0xff == keyReturn || message&0xff == keyEnter):
			if n := int16(t.u16(dialog + dlgDefault)); t.item(dialog, n) != nil {
				t.keepEdited(dialog)
				return n
			}
		default:
			if n := t.selectItem(dialog, event); n != 0 {
				t.keepEdited(dialog)
				return n
			}
		}
	}
	return 0
}

// IsDialogEvent says whether an event is one for DialogSelect.
func (t *Toolbox) IsDialogEvent(event uint32) bool {
	isDialog := func(at uint32) bool { return t.window(at) != nil && t.u16(at+winKind) == dialogKind }
	front := t.FrontWindow()
	switch what := EventKind(t.u16(event)); what {
	case UpdateEvent, ActivateEvent:
		return isDialog(t.u32(event + 2))
	case MouseDown:
		return isDialog(front) && t.content(front).Has(pointOf(t.u32(event+10)))
	default:
		return isDialog(front)
	}
}

// DialogSelect lets an event have its effect on a dialog, and says whether an item that
// can be used has been, and writes which.
func (t *Toolbox) DialogSelect(event, dialogAt, itemAt uint32) bool {
	dialog := t.FrontWindow()
	if what := EventKind(t.u16(event)); what == UpdateEvent || what == ActivateEvent {
		dialog = t.u32(event + 2)
	}
	if w := t.window(dialog); w == nil || t.u16(dialog+winKind) != dialogKind {
		return false
	}
	n := t.selectItem(dialog, event)
	if n == 0 {
		return false
	}
	t.keepEdited(dialog)
	t.put32(dialogAt, dialog)
	t.put16(itemAt, uint16(n))
	return true
}

// selectItem does what an event means in a dialog, and returns the item that has been
// used, 0 if none or it cannot be.
func (t *Toolbox) selectItem(dialog, event uint32) int16 {
	te := t.u32(dialog + dlgText)
	edited := int16(t.u16(dialog + dlgEditField))
	enabled := func(n int16) int16 {
		if it := t.item(dialog, n); it != nil && it.kind&itemDisable == 0 {
			return n
		}
		return 0
	}
	switch message := t.u32(event + 2); EventKind(t.u16(event)) {
	case UpdateEvent:
		t.BeginUpdate(dialog)
		t.DrawDialog(dialog)
		t.EndUpdate(dialog)
	case ActivateEvent:
		if te != 0 && t.u16(event+14)&1 != 0 {
			t.TEActivate(te)
		} else if te != 0 {
			t.TEDeactivate(te)
		}
	case KeyDown, AutoKey:
		if te == 0 || edited < 0 {
			return 0
		}
		if message&0xff == keyTab {
			t.nextEdit(dialog, edited)
			return 0
		}
		t.TEKey(int16(message&0xff), te)
		return enabled(edited + 1)
	case MouseDown:
		at := t.globalToLocal(dialog, t.u32(event+10))
		n := t.FindDialogItem(dialog, at) + 1
		it := t.item(dialog, n)
		if it == nil {
			return 0
		}
		switch k := it.kind &^ itemDisable; {
		case k&^3 == itemControl:
			if t.TrackControl(it.handle, at, 0) == 0 {
				return 0
			}
		case k == itemEdit:
			if n != edited+1 {
				t.SelectDialogItemText(dialog, n, 0, 0)
			}
			t.TEClick(at, t.u16(event+14)&0x200 != 0, t.u32(dialog+dlgText))
		}
		return enabled(n)
	}
	return 0
}

// globalToLocal makes a place in a port of one on the screen.
func (t *Toolbox) globalToLocal(port, point uint32) uint32 {
	p, b := pointOf(point), t.rectAt(t.boundsAt(port))
	return pointWord(quickdraw.Point{V: p.V + b.Top, H: p.H + b.Left})
}

// nextEdit goes to the editable text behind one.
func (t *Toolbox) nextEdit(dialog uint32, from int16) {
	items := t.items(dialog)
	for i := range items {
		n := (int(from) + 1 + i) % len(items)
		if items[n].kind&^itemDisable == itemEdit {
			t.SelectDialogItemText(dialog, int16(n+1), 0, 0x7fff)
			return
		}
	}
}

// DrawDialog draws all items of a dialog.
func (t *Toolbox) DrawDialog(dialog uint32) {
	before := t.u32(t.globals())
	t.setPort(dialog)
	for i, it := range t.items(dialog) {
		t.drawItem(dialog, int16(i), it)
	}
	t.setPort(before)
}

// UpdateDialog draws those that reach into a region of the dialog.
func (t *Toolbox) UpdateDialog(dialog, region uint32) {
	before := t.u32(t.globals())
	t.setPort(dialog)
	in := t.region(region)
	for i, it := range t.items(dialog) {
		if !in.Intersect(quickdraw.FromRect(it.rect.Inset(-4, -4))).Empty() {
			t.drawItem(dialog, int16(i), it)
		}
	}
	t.setPort(before)
}

// drawItem draws an item from 0.
func (t *Toolbox) drawItem(dialog uint32, n int16, it dialogItem) {
	before := t.u32(t.globals())
	t.setPort(dialog)
	defer t.setPort(before)
	switch k := it.kind &^ itemDisable; {
	case k == itemUser:
		if it.handle != 0 {
			t.call(it.handle, userProc, dialog, uint32(n+1))
		}
	case k&^3 == itemControl:
		t.Draw1Control(it.handle)
	case k == itemStatic:
		t.textBox(dialog, it.rect, t.substitute(t.contents(it.handle)), 0)
	case k == itemEdit:
		t.paint(dialog, outline(it.rect.Inset(-3, -3), 1), patternBlack, quickdraw.PatCopy)
		if te := t.u32(dialog + dlgText); te != 0 && int16(t.u16(dialog+dlgEditField)) == n {
			t.drawTE(te)
		} else {
			t.textBox(dialog, it.rect, t.contents(it.handle), 0)
		}
	case k == itemIcon && it.handle != 0:
		t.drawIcon(dialog, it.rect, it.handle)
	case k == itemPicture && it.handle != 0:
		t.drawPictureIn(it.handle, it.rect)
	}
}

// Alerts. An 'ALRT' resource is a rectangle 8, the ID of its 'DITL' 2, stages 2, four
// bits for each from the last on: the default item is 2 rather than 1, visible, and how
// many sounds 2; and perhaps position 2.

const (
	lowAlertNumber = 0xa98
	noIcon         = -1
	stopIcon       = 0
	noteIcon       = 1
	cautionIcon    = 2
)

// Alert shows an alert, and returns the item that it is answered with, -1 if it is not
// there or not to be seen.
func (t *Toolbox) Alert(id int16, filter uint32) int16 { return t.alert(id, filter, noIcon) }

// StopAlert is Alert with an icon.
func (t *Toolbox) StopAlert(id int16, filter uint32) int16 { return t.alert(id, filter, stopIcon) }

// NoteAlert is Alert with an icon.
func (t *Toolbox) NoteAlert(id int16, filter uint32) int16 { return t.alert(id, filter, noteIcon) }

// CautionAlert is Alert with an icon.
func (t *Toolbox) CautionAlert(id int16, filter uint32) int16 {
	return t.alert(id, filter, cautionIcon)
}

func (t *Toolbox) alert(id int16, filter uint32, icon int16) int16 {
	h := t.GetResource(code4("ALRT"), id)
	if h == 0 {
		return -1
	}
	b := t.contents(h)
	if len(b) < 12 {
		if t.err == nil {
			t.fail(fmt.Errorf("'ALRT' %d: it has %d bytes (at least 12)", id, len(b)))
		}
		return -1
	}
	stage := uint16(0)
	if int16(t.u16(lowAlertNumber)) == id {
		stage = min(t.u16(lowAlertStage)+1, 3)
	}
	t.put16(lowAlertNumber, uint16(id))
	t.put16(lowAlertStage, stage)
	how := binary.BigEndian.Uint16(b[10:]) >> (4 * stage)
	if how&4 == 0 {
		return -1
	}
	items := t.copyItems(int16(binary.BigEndian.Uint16(b[8:])))
	if items == 0 {
		return -1
	}
	v := &template{bounds: rectOf(b), proc: dBoxProc, visible: true}
	if len(b) >= 14 {
		v.bounds = t.onScreen(v.bounds, binary.BigEndian.Uint16(b[12:]))
	}
	const front = 0xffffffff
	at := t.newDialog(0, v, front, items, false)
	if at == 0 {
		return -1
	}
	t.put16(at+dlgDefault, 1+how>>3&1)
	if icon != noIcon {
		if picture := t.GetIcon(icon); picture != 0 {
			t.drawIcon(at, quickdraw.Rect{Top: 10, Left: 20, Bottom: 42, Right: 52}, picture)
		}
	}
	n := t.modal(at, filter, true)
	t.DisposeDialog(at)
	return n
}

// SetDialogDefaultItem sets the item that the return key answers with.
func (t *Toolbox) SetDialogDefaultItem(dialog uint32, n int16) int16 {
	if t.item(dialog, n) == nil {
		return paramErr
	}
	t.put16(dialog+dlgDefault, uint16(n))
	return 0
}

// SetDialogCancelItem takes note of nothing: no key cancels.
func (t *Toolbox) SetDialogCancelItem(uint32, int16) int16 { return 0 }

// SetDialogTracksCursor does nothing.
func (t *Toolbox) SetDialogTracksCursor(uint32, bool) int16 { return 0 }

// ItemNamed returns the number of the first item with a text or title.
func (d *Dialog) ItemNamed(text string) int16 {
	return int16(slices.IndexFunc(d.Items, func(it DialogItem) bool { return it.Text == text }) + 1)
}
