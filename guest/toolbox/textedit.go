package toolbox

import (
	"bytes"
	"encoding/binary"

	"github.com/crossplug/crossplug/guest/quickdraw"
)

// TextEdit ("Inside Macintosh: Text", chapter 2): texts of up to 32767 bytes that are
// edited. Of styles there is one, that of the port; records that could have several are
// the same as others.

// A TERec; its lines' beginnings are at the end, one more than there are lines.
const (
	teDest       = 0
	teView       = 8
	teSelRect    = 16
	teLineHeight = 24
	teAscent     = 26
	teSelStart   = 32
	teSelEnd     = 34
	teActive     = 36
	teClickTime  = 46
	teClickLoc   = 50
	teCaretTime  = 52
	teCaretState = 56
	teJust       = 58
	teLength     = 60
	teText       = 62
	teCROnly     = 72
	teFont       = 74
	teFace       = 76
	teMode       = 78
	teSize       = 80
	tePort       = 82
	teLines      = 94
	teStarts     = 96

	mostTEText = 32767
)

// Global variables in low memory.
const (
	lowTEScrapLength = 0xab0
	lowTEScrapHandle = 0xab4
)

// TEInit makes TextEdit's own scrap.
func (t *Toolbox) TEInit() {
	if t.u32(lowTEScrapHandle) == 0 {
		t.put32(lowTEScrapHandle, t.NewHandle(0))
	}
	t.put16(lowTEScrapLength, 0)
}

// TENew makes a record for the current port.
func (t *Toolbox) TENew(dest, view uint32) uint32 { return t.newTE(t.rectAt(dest), t.rectAt(view)) }

// TEStyleNew is TENew.
func (t *Toolbox) TEStyleNew(dest, view uint32) uint32 { return t.TENew(dest, view) }

func (t *Toolbox) newTE(dest, view quickdraw.Rect) uint32 {
	port := t.port()
	h := t.NewHandleClear(teStarts + 4)
	text := t.NewHandle(0)
	if h == 0 || text == 0 {
		return 0
	}
	p := t.u32(h)
	t.putRectAt(p+teDest, dest)
	t.putRectAt(p+teView, view)
	t.put32(p+teText, text)
	t.put32(p+tePort, port)
	for to, from := range map[uint32]uint32{teFont: portTxFont, teMode: portTxMode, teSize: portTxSize} {
		t.put16(p+to, t.u16(port+from))
	}
	t.put8(p+teFace, t.u8(port+portTxFace))
	ascent, height := t.lineMetrics(port)
	t.put16(p+teLineHeight, uint16(height))
	t.put16(p+teAscent, uint16(ascent))
	t.put16(p+teCaretState, 0xff)
	if t.desk.edits == nil {
		t.desk.edits = map[uint32]bool{}
	}
	t.desk.edits[h] = true
	return h
}

// te returns where a record is, 0 if it is none.
func (t *Toolbox) te(h uint32) uint32 {
	if !t.desk.edits[h] {
		return 0
	}
	return t.u32(h)
}

// TEDispose frees a record and its text.
func (t *Toolbox) TEDispose(h uint32) {
	p := t.te(h)
	if p == 0 {
		return
	}
	t.DisposeHandle(t.u32(p + teText))
	delete(t.desk.edits, h)
	t.DisposeHandle(h)
}

// textOf returns the text of a record.
func (t *Toolbox) textOf(h uint32) []byte {
	p := t.te(h)
	if p == 0 {
		return nil
	}
	text := t.contents(t.u32(p + teText))
	return text[:min(len(text), int(t.u16(p+teLength)))]
}

// setTE changes the text of a record; the caret goes to its end.
func (t *Toolbox) setTE(h uint32, text []byte) {
	p := t.te(h)
	if p == 0 {
		return
	}
	text = text[:min(len(text), mostTEText)]
	if t.setContents(t.u32(p+teText), text) != 0 {
		return
	}
	t.put16(p+teLength, uint16(len(text)))
	t.put16(p+teSelStart, uint16(len(text)))
	t.put16(p+teSelEnd, uint16(len(text)))
	t.TECalText(h)
}

// TESetText copies a text into a record.
func (t *Toolbox) TESetText(text uint32, length int32, h uint32) {
	t.setTE(h, t.copyOf(text, uint32(max(0, min(length, mostTEText)))))
}

// TEGetText returns the handle of a record's text, which is the record's own.
func (t *Toolbox) TEGetText(h uint32) uint32 {
	if p := t.te(h); p != 0 {
		return t.u32(p + teText)
	}
	return 0
}

// TECalText breaks the text into lines: behind returns, and behind the last blank that
// fits, if crOnly is not below zero.
func (t *Toolbox) TECalText(h uint32) {
	p := t.te(h)
	if p == 0 {
		return
	}
	width := t.rectAt(p + teDest).Width()
	if int16(t.u16(p+teCROnly)) < 0 {
		width = 1 << 16
	}
	starts := t.breakLines(t.u32(p+tePort), t.textOf(h), width)
	t.SetHandleSize(h, teStarts+2*uint32(len(starts))+2)
	if t.MemError() != 0 {
		return
	}
	p = t.u32(h)
	t.put16(p+teLines, uint16(len(starts)-1))
	for i, at := range starts {
		t.put16(p+teStarts+uint32(2*i), uint16(at))
	}
}

// breakLines returns where lines begin, and where the last ends.
func (t *Toolbox) breakLines(port uint32, text []byte, width int) []int {
	starts := []int{0}
	begin, blank, used := 0, -1, 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '\r' {
			begin, blank, used = i+1, -1, 0
			starts = append(starts, begin)
			continue
		}
		used += t.textWidthIn(port, text[i:i+1])
		if c == ' ' {
			blank = i
		} else if used > width && i > begin {
			if blank < 0 {
				begin = i
			} else {
				begin = blank + 1
			}
			i, blank, used = begin-1, -1, 0
			starts = append(starts, begin)
		}
	}
	if n := len(text); n == 0 || starts[len(starts)-1] != n || text[n-1] == '\r' {
		starts = append(starts, n)
	}
	return starts
}

// lines returns where a record says that its lines begin, in order and within its text.
func (t *Toolbox) lines(h uint32) []int {
	p := t.te(h)
	n := min(int(t.u16(p+teLines)), int(t.GetHandleSize(h)-teStarts)/2-1)
	at, most := []int{0}, int(t.u16(p+teLength))
	for i := 1; i <= n; i++ {
		at = append(at, max(at[i-1], min(int(t.u16(p+teStarts+uint32(2*i))), most)))
	}
	return at
}

func (t *Toolbox) selection(h uint32) (p uint32, from, to int) {
	if p = t.te(h); p == 0 {
		return 0, 0, 0
	}
	n := int(t.u16(p + teLength))
	from = min(int(t.u16(p+teSelStart)), n)
	return p, from, max(from, min(int(t.u16(p+teSelEnd)), n))
}

// cut cuts what is selected to a text, which may be shorter than its record says.
func cut(text []byte, from, to int) (int, int) { return min(from, len(text)), min(to, len(text)) }

// TESetSelect selects part of the text.
func (t *Toolbox) TESetSelect(from, to int32, h uint32) {
	p := t.te(h)
	if p == 0 {
		return
	}
	n := int32(t.u16(p + teLength))
	from = max(0, min(from, n))
	t.redrawTE(h, func() {
		t.put16(p+teSelStart, uint16(from))
		t.put16(p+teSelEnd, uint16(max(from, min(to, n))))
	})
}

// replace puts a text in the place of what is selected.
func (t *Toolbox) replace(h uint32, with []byte, selected bool) {
	p, from, to := t.selection(h)
	if p == 0 {
		return
	}
	text := t.textOf(h)
	if from, to = cut(text, from, to); !selected {
		to = from
	}
	if len(text)-(to-from)+len(with) > mostTEText {
		return
	}
	out := append(append(bytes.Clone(text[:from]), with...), text[to:]...)
	t.redrawTE(h, func() {
		before := int(t.u16(p + teSelEnd))
		t.setTE(h, out)
		p = t.te(h)
		end := from + len(with)
		t.put16(p+teSelStart, uint16(end))
		if selected {
			before = end
		} else {
			before += len(with)
		}
		t.put16(p+teSelEnd, uint16(before))
	})
}

// TEKey enters a character in the place of what is selected. Backspace, 8, deletes that
// or the character in front; 28 to 31 are the arrow keys.
func (t *Toolbox) TEKey(key int16, h uint32) {
	p, from, to := t.selection(h)
	if p == 0 {
		return
	}
	const backspace, left, right, up, down = 8, 28, 29, 30, 31
	switch key {
	case backspace:
		if from == to && from > 0 {
			t.put16(p+teSelStart, uint16(from-1))
		}
		t.replace(h, nil, true)
	case left, right:
		at := from - 1
		if key == right {
			at = to + 1
		}
		if from != to {
			at = map[int16]int{left: from, right: to}[key]
		}
		t.TESetSelect(int32(at), int32(at), h)
	case up, down:
		lines := t.lines(h)
		line := lineOf(lines, from)
		next := line - 1
		if key == down {
			next = line + 1
		}
		if next < 0 || next >= len(lines)-1 {
			return
		}
		at := min(lines[next]+from-lines[line], max(lines[next], lines[next+1]-1))
		t.TESetSelect(int32(at), int32(at), h)
	default:
		t.replace(h, []byte{byte(key)}, true)
	}
}

// lineOf returns the line that a place in the text is in.
func lineOf(lines []int, at int) int {
	n := 0
	for n+2 < len(lines) && lines[n+1] <= at {
		n++
	}
	return n
}

// TEInsert puts a text in front of what is selected.
func (t *Toolbox) TEInsert(text uint32, length int32, h uint32) {
	t.replace(h, t.copyOf(text, uint32(max(0, min(length, mostTEText)))), false)
}

// TEStyleInsert is TEInsert; styles are left alone.
func (t *Toolbox) TEStyleInsert(text uint32, length int32, _, h uint32) { t.TEInsert(text, length, h) }

// TEDelete deletes what is selected.
func (t *Toolbox) TEDelete(h uint32) { t.replace(h, nil, true) }

// TECopy copies what is selected to TextEdit's scrap.
func (t *Toolbox) TECopy(h uint32) {
	_, from, to := t.selection(h)
	text := t.textOf(h)
	from, to = cut(text, from, to)
	t.setTEScrap(text[from:to])
}

func (t *Toolbox) setTEScrap(text []byte) {
	t.TEInit()
	if t.setContents(t.u32(lowTEScrapHandle), text) == 0 {
		t.put16(lowTEScrapLength, uint16(len(text)))
	}
}

// TECut copies what is selected, and deletes it.
func (t *Toolbox) TECut(h uint32) {
	t.TECopy(h)
	t.TEDelete(h)
}

// TEPaste puts TextEdit's scrap in the place of what is selected.
func (t *Toolbox) TEPaste(h uint32) {
	if scrap := t.u32(lowTEScrapHandle); scrap != 0 {
		text := t.contents(scrap)
		t.replace(h, text[:min(len(text), int(t.u16(lowTEScrapLength)))], true)
	}
}

// TEFromScrap copies the system's scrap to TextEdit's.
func (t *Toolbox) TEFromScrap() int16 {
	text, ok := t.Scrap(typeText)
	if !ok {
		return noTypeErr
	}
	t.setTEScrap(text[:min(len(text), mostTEText)])
	return 0
}

// TEToScrap copies TextEdit's scrap to the system's.
func (t *Toolbox) TEToScrap() int16 {
	h := t.u32(lowTEScrapHandle)
	if h == 0 {
		return noTypeErr
	}
	text := t.contents(h)
	b := binary.BigEndian.AppendUint32(t.contents(t.u32(lowScrapHandle)), typeText)
	b = append(binary.BigEndian.AppendUint32(b, uint32(len(text))), text...)
	if len(text)%2 != 0 {
		b = append(b, 0)
	}
	return t.setScrap(b)
}

// TEScrapHandle returns the handle of TextEdit's scrap.
func (t *Toolbox) TEScrapHandle() uint32 { return t.u32(lowTEScrapHandle) }

// TEGetScrapLength returns its length.
func (t *Toolbox) TEGetScrapLength() int32 { return int32(t.u16(lowTEScrapLength)) }

// TESetScrapLength changes it.
func (t *Toolbox) TESetScrapLength(n int32) { t.put16(lowTEScrapLength, uint16(n)) }

// TEActivate shows what is selected.
func (t *Toolbox) TEActivate(h uint32) { t.activateTE(h, 1) }

// TEDeactivate does not show it.
func (t *Toolbox) TEDeactivate(h uint32) { t.activateTE(h, 0) }

func (t *Toolbox) activateTE(h uint32, active uint16) {
	if p := t.te(h); p != 0 && t.u16(p+teActive) != active {
		t.redrawTE(h, func() { t.put16(p+teActive, active) })
	}
}

// TEIdle does nothing: the caret does not blink.
func (t *Toolbox) TEIdle(uint32) {}

// TESetAlignment lays the text out at the left for 0, in the middle for 1, at the right
// for -1.
func (t *Toolbox) TESetAlignment(just int16, h uint32) {
	if p := t.te(h); p != 0 {
		t.redrawTE(h, func() { t.put16(p+teJust, uint16(just)) })
	}
}

// TEScroll moves the text.
func (t *Toolbox) TEScroll(dh, dv int16, h uint32) {
	if p := t.te(h); p != 0 {
		t.redrawTE(h, func() { t.putRectAt(p+teDest, t.rectAt(p+teDest).Offset(int(dh), int(dv))) })
	}
}

// TEPinScroll moves it, not beyond its ends.
func (t *Toolbox) TEPinScroll(dh, dv int16, h uint32) {
	p := t.te(h)
	if p == 0 {
		return
	}
	dest, view := t.rectAt(p+teDest), t.rectAt(p+teView)
	bottom := int(dest.Top) + max(0, len(t.lines(h))-1)*int(t.u16(p+teLineHeight))
	down := max(0, int(view.Top)-int(dest.Top))
	up := max(0, bottom-int(view.Bottom))
	t.TEScroll(dh, int16(max(-up, min(int(dv), down))), h)
}

// TESelView moves what is selected to where it can be seen, if TEAutoView says so.
func (t *Toolbox) TESelView(h uint32) {
	p, from, _ := t.selection(h)
	if p == 0 {
		return
	}
	height := int(t.u16(p + teLineHeight))
	view := t.rectAt(p + teView)
	top := int(t.rectAt(p+teDest).Top) + lineOf(t.lines(h), from)*height
	switch {
	case top < int(view.Top):
		t.TEPinScroll(0, int16(int(view.Top)-top), h)
	case top+height > int(view.Bottom):
		t.TEPinScroll(0, int16(int(view.Bottom)-top-height), h)
	}
}

// TEAutoView does nothing: what is typed is not followed.
func (t *Toolbox) TEAutoView(bool, uint32) {}
