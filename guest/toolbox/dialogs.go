package toolbox

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/crossplug/crossplug/guest/quickdraw"
	"github.com/crossplug/crossplug/internal/bin"
)

// The Dialog Manager ("Inside Macintosh: Macintosh Toolbox Essentials", chapter 6). A
// dialog is a window with a handle to its items, in the form of a 'DITL' resource:
//
//	number of items less one 2
//	for each: handle or procedure 4, rectangle 8, type 1, data with its length 1 in
//	front, and a byte more if that is odd
//
// In memory, data of an item that has a handle is no longer looked at.
//
// Nobody answers a dialog but the host, if it wants to: see Options.Dialog.

// A DialogRecord, behind its window.
const (
	dlgItems     = 156
	dlgText      = 160
	dlgEditField = 164 // the item of the editable text with the caret, less one
	dlgEditOpen  = 166
	dlgDefault   = 168
	dialogSize   = 170
)

// Types of items.
const (
	itemUser    = 0
	itemControl = 4 // and the kind of control: 0 button, 1 check box, 2 radio button, 3 a 'CNTL'
	itemStatic  = 8
	itemEdit    = 16
	itemIcon    = 32
	itemPicture = 64
	itemDisable = 128
)

const mostDialogItems = 1024

// dialogItem is one of the items.
type dialogItem struct {
	at     int // in the handle's block, of its handle
	handle uint32
	rect   quickdraw.Rect
	kind   uint8
	data   []byte
}

var errItems = errors.New("the items of a dialog are damaged")

// decodeItems reads what is in a 'DITL'.
func decodeItems(b []byte) ([]dialogItem, error) {
	const header = 14
	if len(b) < 2 {
		return nil, fmt.Errorf("%w: %d bytes have no count", errItems, len(b))
	}
	n := int(int16(binary.BigEndian.Uint16(b))) + 1
	if n < 0 || n > mostDialogItems {
		return nil, fmt.Errorf("%w: there are %d (at most %d)", errItems, n, mostDialogItems)
	}
	var items []dialogItem
	at := 2
	for i := range n {
		if at+header > len(b) {
			return nil, fmt.Errorf("%w: item %d of %d at 0x%x ends behind their end, 0x%x", errItems, i+1, n, at, len(b))
		}
		it := dialogItem{at: at, handle: binary.BigEndian.Uint32(b[at:]), rect: rectOf(b[at+4:]), kind: b[at+12]}
		size := int(b[at+13])
		if at+header+size > len(b) {
			return nil, fmt.Errorf("%w: item %d of %d at 0x%x has %d bytes of data, of %d that are left", errItems, i+1, n, at, size, len(b)-at-header)
		}
		it.data = b[at+header:][:size]
		at += header + size + size&1
		items = append(items, it)
	}
	return items, nil
}

// dialogs is what all of them have in common: the texts for ^0 to ^3, and what makes
// alerts' sounds.
type dialogs struct {
	params [4][]byte
	sound  uint32
}

// items reads the items of a dialog.
func (t *Toolbox) items(dialog uint32) []dialogItem {
	if w := t.window(dialog); w == nil || t.u16(dialog+winKind) != dialogKind {
		return nil
	}
	items, err := decodeItems(t.contents(t.u32(dialog + dlgItems)))
	if err != nil && t.err == nil {
		t.fail(err)
	}
	return items
}

func (t *Toolbox) item(dialog uint32, n int16) *dialogItem {
	items := t.items(dialog)
	if n < 1 || int(n) > len(items) {
		return nil
	}
	return &items[n-1]
}

// InitDialogs forgets what ParamText has said.
func (t *Toolbox) InitDialogs(uint32) { t.desk.dialogs = dialogs{} }

// ErrorSound keeps what would make alerts' sounds, which are not heard.
func (t *Toolbox) ErrorSound(proc uint32) { t.desk.dialogs.sound = proc }

// ParamText sets what ^0 to ^3 in texts stand for.
func (t *Toolbox) ParamText(a, b, c, d uint32) {
	for i, at := range []uint32{a, b, c, d} {
		t.desk.dialogs.params[i] = nil
		if at != 0 {
			t.desk.dialogs.params[i] = t.pstring(at)
		}
	}
}

// substitute puts what ParamText has said into a text.
func (t *Toolbox) substitute(text []byte) []byte {
	var out []byte
	for i := 0; i < len(text); i++ {
		if text[i] == '^' && i+1 < len(text) && text[i+1] >= '0' && text[i+1] <= '3' {
			i++
			out = append(out, t.desk.dialogs.params[text[i]-'0']...)
			continue
		}
		out = append(out, text[i])
	}
	return out
}

// newDialog makes a dialog of a window's template and a handle to items, which is the
// dialog's from then on.
func (t *Toolbox) newDialog(storage uint32, v *template, behind uint32, items uint32, color bool) uint32 {
	at := t.newWindow(storage, dialogSize, v.bounds, t.substitute(v.title), false, v.proc, behind, v.goAway, v.refCon, color)
	if at == 0 {
		return 0
	}
	t.put16(at+winKind, dialogKind)
	t.put32(at+dlgItems, items)
	t.put16(at+dlgEditField, 0xffff)
	t.put16(at+dlgDefault, 1)
	if before := t.u32(t.globals()); items != 0 {
		t.setPort(at)
		t.makeItems(at)
		t.setPort(before)
	}
	if v.visible {
		t.ShowWindow(at)
	}
	return at
}

// makeItems makes what items have handles to.
func (t *Toolbox) makeItems(dialog uint32) {
	for i, it := range t.items(dialog) {
		h := uint32(0)
		switch k := it.kind &^ itemDisable; {
		case k&^3 == itemControl && k&3 == 3:
			if len(it.data) >= 2 {
				h = t.GetNewControl(int16(binary.BigEndian.Uint16(it.data)), dialog)
				if h != 0 {
					t.putRectAt(t.u32(h)+ctlRect, it.rect)
				}
			}
		case k&^3 == itemControl:
			h = t.newControl(dialog, it.rect, t.substitute(it.data), true, 0, 0, 1, int16(k&3), 0)
		case k == itemStatic, k == itemEdit:
			h = t.newContents(it.data)
			if k == itemEdit && int16(t.u16(dialog+dlgEditField)) < 0 {
				t.put16(dialog+dlgEditField, uint16(i))
			}
		case k == itemIcon && len(it.data) >= 2:
			id := int16(binary.BigEndian.Uint16(it.data))
			if h = t.GetCIcon(id); h == 0 {
				h = t.GetIcon(id)
			}
		case k == itemPicture && len(it.data) >= 2:
			h = t.GetPicture(int16(binary.BigEndian.Uint16(it.data)))
		}
		t.put32(t.u32(t.u32(dialog+dlgItems))+uint32(it.at), h)
		if t.err != nil {
			return
		}
	}
	if n := int16(t.u16(dialog + dlgEditField)); n >= 0 {
		t.openEdit(dialog, n)
	}
}

// openEdit makes the text of an item the one that is edited.
func (t *Toolbox) openEdit(dialog uint32, n int16) {
	it := t.item(dialog, n+1)
	if it == nil {
		return
	}
	before := t.u32(t.globals())
	t.setPort(dialog)
	te := t.u32(dialog + dlgText)
	if te == 0 {
		te = t.newTE(it.rect, it.rect)
		t.put32(dialog+dlgText, te)
	}
	if te != 0 {
		p := t.u32(te)
		t.putRectAt(p+teDest, it.rect)
		t.putRectAt(p+teView, it.rect)
		t.setTE(te, t.contents(it.handle))
		t.TESetSelect(0, 0x7fff, te)
	}
	t.put16(dialog+dlgEditField, uint16(n))
	t.setPort(before)
}

// NewDialog makes a dialog with items, a handle in the form of a 'DITL'.
func (t *Toolbox) NewDialog(storage, bounds, title uint32, visible bool, proc int16, behind uint32, goAway bool, refCon, items uint32) uint32 {
	return t.newDialog(storage, &template{bounds: t.rectAt(bounds), title: t.pstring(title), visible: visible, proc: proc, goAway: goAway, refCon: refCon}, behind, items, false)
}

// NewColorDialog is NewDialog with a CGrafPort.
func (t *Toolbox) NewColorDialog(storage, bounds, title uint32, visible bool, proc int16, behind uint32, goAway bool, refCon, items uint32) uint32 {
	return t.newDialog(storage, &template{bounds: t.rectAt(bounds), title: t.pstring(title), visible: visible, proc: proc, goAway: goAway, refCon: refCon}, behind, items, true)
}

// copyItems copies a 'DITL' resource, 0 if there is none or it is damaged.
func (t *Toolbox) copyItems(id int16) uint32 {
	h := t.GetResource(code4("DITL"), id)
	if h == 0 {
		return 0
	}
	data := t.contents(h)
	if _, err := decodeItems(data); err != nil {
		if t.err == nil {
			t.fail(fmt.Errorf("'DITL' %d: %w", id, err))
		}
		return 0
	}
	return t.newContents(data)
}

// GetNewDialog makes a dialog of a 'DLOG' resource and its 'DITL'.
func (t *Toolbox) GetNewDialog(id int16, storage, behind uint32) uint32 {
	v, ok := t.template("DLOG", id)
	if !ok {
		return 0
	}
	items := t.copyItems(v.items)
	if items == 0 {
		return 0
	}
	v.bounds = t.onScreen(v.bounds, v.position)
	color := t.GetResource(code4("dctb"), id) != 0
	return t.newDialog(storage, v, behind, items, color)
}

// CloseDialog takes a dialog away, and frees what belongs to it but its items and its
// record.
func (t *Toolbox) CloseDialog(at uint32) {
	if t.window(at) == nil {
		return
	}
	for _, it := range t.items(at) {
		switch k := it.kind &^ itemDisable; {
		case it.handle == 0:
		case k == itemStatic, k == itemEdit:
			t.DisposeHandle(it.handle)
		case k == itemIcon && t.resources[it.handle] == nil:
			t.DisposeCIcon(it.handle)
		}
	}
	if te := t.u32(at + dlgText); te != 0 {
		t.TEDispose(te)
		t.put32(at+dlgText, 0)
	}
	t.CloseWindow(at)
}

// DisposeDialog takes a dialog away, and frees all that belongs to it.
func (t *Toolbox) DisposeDialog(at uint32) {
	w := t.window(at)
	if w == nil {
		return
	}
	items := t.u32(at + dlgItems)
	t.CloseDialog(at)
	if items != 0 {
		t.DisposeHandle(items)
	}
	if w.allocated {
		t.DisposePtr(at)
	}
}

// GetDialogItem writes an item's type, handle and rectangle.
func (t *Toolbox) GetDialogItem(dialog uint32, n int16, kind, handle, r uint32) {
	it := t.item(dialog, n)
	if it == nil {
		return
	}
	t.put16(kind, uint16(it.kind))
	t.put32(handle, it.handle)
	t.putRectAt(r, it.rect)
}

// SetDialogItem changes them.
func (t *Toolbox) SetDialogItem(dialog uint32, n, kind int16, handle, r uint32) {
	it := t.item(dialog, n)
	if it == nil {
		return
	}
	bounds := t.rectAt(r)
	at := t.u32(t.u32(dialog+dlgItems)) + uint32(it.at)
	t.put32(at, handle)
	t.putRectAt(at+4, bounds)
	t.put8(at+12, uint8(kind))
}

// FindDialogItem returns which item is at a place in a dialog, less one; -1 if none.
func (t *Toolbox) FindDialogItem(dialog, point uint32) int16 {
	return int16(slices.IndexFunc(t.items(dialog), func(it dialogItem) bool { return it.rect.Has(pointOf(point)) }))
}

// CountDITL returns how many items a dialog has.
func (t *Toolbox) CountDITL(dialog uint32) int16 { return int16(len(t.items(dialog))) }

// A hidden item is 16384 further to the right.
const hidden = 16384

// HideDialogItem hides an item.
func (t *Toolbox) HideDialogItem(dialog uint32, n int16) {
	if it := t.item(dialog, n); it != nil && it.rect.Left < hidden/2 {
		t.moveItem(dialog, it, hidden)
	}
}

// ShowDialogItem shows it.
func (t *Toolbox) ShowDialogItem(dialog uint32, n int16) {
	if it := t.item(dialog, n); it != nil && it.rect.Left >= hidden/2 {
		t.moveItem(dialog, it, -hidden)
	}
}

func (t *Toolbox) moveItem(dialog uint32, it *dialogItem, by int) {
	r := it.rect.Offset(by, 0)
	t.putRectAt(t.u32(t.u32(dialog+dlgItems))+uint32(it.at)+4, r)
	if it.kind&^itemDisable&^3 == itemControl {
		t.MoveControl(it.handle, r.Left, r.Top)
		if by < 0 {
			t.ShowControl(it.handle)
		} else {
			t.HideControl(it.handle)
		}
	}
	for _, shape := range []quickdraw.Rect{it.rect, r} {
		t.paint(dialog, quickdraw.FromRect(shape), patternWhite, quickdraw.PatCopy)
		t.invalidate(dialog, quickdraw.FromRect(shape), true)
	}
}

// GetDialogItemText writes the text of a static or editable text's handle.
func (t *Toolbox) GetDialogItemText(h, text uint32) { t.putPString(text, t.contents(h), 255) }

// SetDialogItemText changes it, and the text on the screen.
func (t *Toolbox) SetDialogItemText(h, text uint32) {
	s := t.pstring(text)
	t.setContents(h, s)
	for _, w := range t.windowList() {
		for i, it := range t.items(w.at) {
			if it.handle != h {
				continue
			}
			if te := t.u32(w.at + dlgText); te != 0 && int16(t.u16(w.at+dlgEditField)) == int16(i) {
				t.setTE(te, s)
				t.TESetSelect(0x7fff, 0x7fff, te)
			}
			if t.isVisible(w) {
				t.drawItem(w.at, int16(i), it)
			}
			return
		}
	}
}

// SelectDialogItemText selects part of an editable text.
func (t *Toolbox) SelectDialogItemText(dialog uint32, n, from, to int16) {
	it := t.item(dialog, n)
	if it == nil || it.kind&^itemDisable != itemEdit {
		return
	}
	t.keepEdited(dialog)
	t.openEdit(dialog, n-1)
	t.TESetSelect(int32(uint16(from)), int32(uint16(to)), t.u32(dialog+dlgText))
}

// keepEdited puts the text that is edited into its item's handle.
func (t *Toolbox) keepEdited(dialog uint32) {
	te := t.u32(dialog + dlgText)
	it := t.item(dialog, int16(t.u16(dialog+dlgEditField))+1)
	if te == 0 || it == nil || it.kind&^itemDisable != itemEdit {
		return
	}
	if text := t.textOf(te); !bytes.Equal(text, t.contents(it.handle)) {
		t.setContents(it.handle, text)
	}
}

// GetAlertStage returns how often the latest alert has been shown in a row, less one.
func (t *Toolbox) GetAlertStage() int16 { return int16(t.u16(lowAlertStage)) }

// ResetAlertStage begins again.
func (t *Toolbox) ResetAlertStage() { t.put16(lowAlertStage, 0) }

const lowAlertStage = 0xa9a

// DialogItem is an item as the host sees it.
type DialogItem struct {
	Kind    uint8 // 0 the program's own, 4 button, 5 check box, 6 radio button, 7 other control, 8 text, 16 editable text, 32 icon, 64 picture
	Enabled bool
	Text    string // or title
	Value   int16  // of a control
}

// describe returns the items of a dialog as the host sees them.
func (t *Toolbox) describeItems(dialog uint32) []DialogItem {
	var out []DialogItem
	for _, it := range t.items(dialog) {
		d := DialogItem{Kind: it.kind &^ itemDisable, Enabled: it.kind&itemDisable == 0}
		switch {
		case d.Kind&^3 == itemControl:
			if _, p := t.controlAt(it.handle); p != 0 {
				d.Text, d.Value = bin.MacRoman(t.pstring(p+ctlTitle)), int16(t.u16(p+ctlValue))
				d.Enabled = d.Enabled && t.u8(p+ctlHilite) < 254
			}
		case d.Kind == itemStatic, d.Kind == itemEdit:
			d.Text = bin.MacRoman(t.substitute(t.contents(it.handle)))
		}
		out = append(out, d)
	}
	return out
}
