package toolbox

import (
	"errors"
	"slices"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/internal/bin"
)

// The Notification Manager ("Inside Macintosh: Processes", chapter 5). The text of a
// request goes to Options.Output when the program next asks for an event, and its
// response routine is called then.

// An NMRec: link 4, type 2, flags 2, private 4, reserved 2, mark 2, icon 4, sound 4,
// text 4, response 4, reference constant 4.
const (
	nmType = 4
	nmText = 24
	nmResp = 28
)

const nmProc = coderes.ProcInfo(3 << 6) // pascal void proc(NMRec *)

const mostNotifications = 4096

// NMInstall adds a request.
func (t *Toolbox) NMInstall(at uint32) int16 {
	const nmTypErr, nmQueueType = -299, 8
	if t.u16(at+nmType) != nmQueueType {
		return nmTypErr
	}
	s := &t.desk
	if len(s.notifications) == mostNotifications {
		t.fail(errors.New("more than 4096 notifications"))
		return nmTypErr
	}
	s.notifications = append(s.notifications, at)
	s.unnoticed = append(s.unnoticed, at)
	return 0
}

// NMRemove takes one away.
func (t *Toolbox) NMRemove(at uint32) int16 {
	const qErr = -1
	i := slices.Index(t.desk.notifications, at)
	if i < 0 {
		return qErr
	}
	t.desk.notifications = slices.Delete(t.desk.notifications, i, i+1)
	if i := slices.Index(t.desk.unnoticed, at); i >= 0 {
		t.desk.unnoticed = slices.Delete(t.desk.unnoticed, i, i+1)
	}
	return 0
}

// runNotifications tells what has not been told.
func (t *Toolbox) runNotifications() {
	const remove = 0xffffffff
	for n := 0; len(t.desk.unnoticed) > 0 && n < mostNotifications && t.err == nil; n++ {
		at := t.desk.unnoticed[0]
		t.desk.unnoticed = t.desk.unnoticed[1:]
		if text := t.u32(at + nmText); text != 0 {
			t.print(bin.MacRoman(t.pstring(text)) + "\n")
		}
		switch proc := t.u32(at + nmResp); proc {
		case 0:
		case remove:
			t.NMRemove(at)
		default:
			t.call(proc, nmProc, at)
		}
	}
}
