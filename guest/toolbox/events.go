package toolbox

import (
	"github.com/crossplug/crossplug/guest/cpu"
)

// The Event Manager ("Inside Macintosh: Macintosh Toolbox Essentials", chapter 2).
//
// There is nobody at the keyboard. What happens is what the host has posted, in its
// order, and what the Window Manager makes of it: windows that need to be activated
// or drawn. The mouse is where the latest event that was looked at says; between a
// mouse-down event and a mouse-up event, each look at the mouse takes one event that
// moves it, and when there are none left the button is up. So every loop that tracks
// the mouse ends.

// Event is something that happens.
type Event struct {
	What      EventKind
	Message   uint32 // of a key: character, and code of the key above it
	Where     Place  // of the mouse, on the screen
	Modifiers uint16 // keys: 0x100 command, 0x200 shift, 0x400 caps lock, 0x800 option, 0x1000 control
}

// Place is a place on the screen: pixels from its upper left corner.
type Place struct{ V, H int16 }

// EventKind is what happens.
type EventKind uint16

// The kinds. A host posts the first six and HighLevelEvent; a NullEvent moves the
// mouse. Update and Activate are the Window Manager's.
const (
	NullEvent EventKind = iota
	MouseDown
	MouseUp
	KeyDown
	KeyUp
	AutoKey
	UpdateEvent
	DiskEvent
	ActivateEvent
	OSEvent        EventKind = 15
	HighLevelEvent EventKind = 23
)

// mostEvents is how many events may be in the queue. Macintoshes had room for 20.
const mostEvents = 4096

// Global variables in low memory.
const (
	lowSysEvtMask = 0x144
	lowMBState    = 0x172
	lowKeyMap     = 0x174
	lowDoubleTime = 0x2f0
	lowCaretTime  = 0x2f4
	lowMTemp      = 0x828
	lowRawMouse   = 0x82c
	lowMouse      = 0x830
)

// pending is an event in the queue.
type pending struct {
	Event
	when   uint32 // ticks, 0 if it is when it is looked at
	choice uint32 // of a mouse-down event: the menu and the item chosen
	apple  *appleEvent
}

type events struct {
	queue  []pending
	mouse  Place
	down   bool
	choice uint32
	// What is to become active and inactive.
	activate, deactivate uint32
}

// desk is what is seen and waited for.
type desk struct {
	timers timers
	events
	apple   appleEvents
	windows windows
	// Controls, by their handles.
	controls map[uint32]*control
	dialogs  dialogs
	edits    map[uint32]bool // records of TextEdit
	// Requests of the Notification Manager, and those not yet told of.
	notifications, unnoticed []uint32
}

// prepareDesk sets the global variables.
func (t *Toolbox) prepareDesk() {
	t.put16(lowSysEvtMask, 0xffef) // all but key-up events
	t.put8(lowMBState, 0x80)
	t.put32(lowDoubleTime, 32)
	t.put32(lowCaretTime, 32)
}

// Post adds an event to what will happen. It is false if there is no room.
func (t *Toolbox) Post(e Event) bool { return t.post(pending{Event: e}) }

func (t *Toolbox) post(e pending) bool {
	if len(t.desk.queue) >= mostEvents {
		return false
	}
	if e.apple != nil && !t.holds(e.apple.list) {
		return false
	}
	t.desk.queue = append(t.desk.queue, e)
	return true
}

// Click posts that the mouse is pressed and released at a place.
func (t *Toolbox) Click(at Place) bool {
	return t.Post(Event{What: MouseDown, Where: at}) && t.Post(Event{What: MouseUp, Where: at})
}

// Choose posts that an item of a menu is chosen: a click on the menu bar, for which
// MenuSelect returns the menu and the item.
func (t *Toolbox) Choose(menu, item int16) bool {
	return t.post(pending{Event: Event{What: MouseDown, Where: Place{5, 15}}, choice: uint32(uint16(menu))<<16 | uint32(uint16(item))}) &&
		t.Post(Event{What: MouseUp, Where: Place{5, 15}})
}

// look makes of an event what can be seen of it.
func (t *Toolbox) look(e *pending) {
	switch e.What {
	case NullEvent, MouseDown, MouseUp, KeyDown, KeyUp, AutoKey:
	default:
		return
	}
	if e.What <= MouseUp {
		t.setMouse(e.Where)
	}
	switch e.What {
	case MouseDown:
		t.setButton(true)
		t.desk.choice = e.choice
	case MouseUp:
		t.setButton(false)
	case KeyDown, KeyUp:
		key := e.Message >> 8 & 0x7f
		bit := uint8(1) << (key & 7)
		b := t.u8(lowKeyMap+key>>3) &^ bit
		if e.What == KeyDown {
			b |= bit
		}
		t.put8(lowKeyMap+key>>3, b)
	}
}

func (t *Toolbox) setMouse(p Place) {
	t.desk.mouse = p
	for _, at := range []uint32{lowMTemp, lowRawMouse, lowMouse} {
		t.put32(at, p.point())
	}
}

func (t *Toolbox) setButton(down bool) {
	t.desk.down = down
	t.put8(lowMBState, uint8(boolean(!down)<<7))
}

func (p Place) point() uint32 { return uint32(uint16(p.V))<<16 | uint32(uint16(p.H)) }

func placeOf(point uint32) Place { return Place{int16(point >> 16), int16(point)} }

// putEvent writes an EventRecord: what 2, message 4, when 4, where 4, modifiers 2.
func (t *Toolbox) putEvent(at uint32, e *pending) {
	when := e.when
	if when == 0 {
		when = t.ticks
	}
	where, modifiers := e.Where.point(), e.Modifiers
	switch e.What {
	case HighLevelEvent: // the class and the ID
		where = e.Where.point()
	case MouseDown, MouseUp:
	default:
		where = t.desk.mouse.point()
	}
	if !t.desk.down {
		modifiers |= 0x80 // the button is up
	}
	t.put16(at, uint16(e.What))
	t.put32(at+2, e.Message)
	t.put32(at+6, when)
	t.put32(at+10, where)
	t.put16(at+14, modifiers)
}

// next finds an event of a mask's kinds and writes it. take removes it from where it
// was.
func (t *Toolbox) next(mask uint16, at uint32, take bool) bool {
	t.poll()
	t.runNotifications()
	s := &t.desk
	if mask&(1<<ActivateEvent) != 0 {
		if e, ok := t.activation(take); ok {
			t.putEvent(at, &e)
			return true
		}
	}
	t.work(len(s.queue))
	for i := 0; i < len(s.queue); i++ {
		e := &s.queue[i]
		if e.What == NullEvent { // moves the mouse, if nothing is before it
			if i == 0 && take {
				t.look(e)
				s.queue = s.queue[1:]
				i--
			}
			continue
		}
		bit := min(e.What, OSEvent)
		if e.What == HighLevelEvent {
			bit = 10
		}
		if mask>>bit&1 == 0 {
			continue
		}
		found := *e
		if take {
			s.queue = append(s.queue[:i:i], s.queue[i+1:]...)
			t.look(&found)
		}
		t.putEvent(at, &found)
		if found.What == HighLevelEvent && take {
			t.desk.apple.arrived = append(t.desk.apple.arrived, found.apple)
		}
		return true
	}
	if mask&(1<<UpdateEvent) != 0 {
		if w := t.toUpdate(); w != 0 {
			t.putEvent(at, &pending{Event: Event{What: UpdateEvent, Message: w}})
			return true
		}
	}
	t.putEvent(at, &pending{})
	return false
}

// activation is an event of a window that becomes inactive, or active.
func (t *Toolbox) activation(take bool) (pending, bool) {
	s := &t.desk
	switch {
	case s.deactivate != 0:
		e := pending{Event: Event{What: ActivateEvent, Message: s.deactivate}}
		if take {
			s.deactivate = 0
		}
		return e, true
	case s.activate != 0:
		e := pending{Event: Event{What: ActivateEvent, Message: s.activate, Modifiers: 1}}
		if take {
			s.activate = 0
		}
		return e, true
	}
	return pending{}, false
}

// WaitNextEvent takes the next event. If there is none it lets the time pass for
// which it may sleep, and looks once more: a task may have posted one.
func (t *Toolbox) WaitNextEvent(mask uint16, event, sleep, _ uint32) bool {
	if t.next(mask, event, true) {
		return true
	}
	t.wait(sleep)
	return t.next(mask, event, true)
}

// GetNextEvent takes the next event.
func (t *Toolbox) GetNextEvent(mask uint16, event uint32) bool { return t.next(mask, event, true) }

// EventAvail finds the next event, and leaves it there.
func (t *Toolbox) EventAvail(mask uint16, event uint32) bool { return t.next(mask, event, false) }

// GetOSEvent is GetNextEvent without the events of windows.
func (t *Toolbox) GetOSEvent(mask uint16, event uint32) bool {
	return t.next(mask&^(1<<UpdateEvent|1<<ActivateEvent), event, true)
}

// OSEventAvail is EventAvail without the events of windows.
func (t *Toolbox) OSEventAvail(mask uint16, event uint32) bool {
	return t.next(mask&^(1<<UpdateEvent|1<<ActivateEvent), event, false)
}

// osEvent68K serves both: D0 is 0 if there is an event, else -1.
func (t *Toolbox) osEvent68K(r *cpu.M68K, take bool) {
	found := t.next(uint16(r.D[0])&^(1<<UpdateEvent|1<<ActivateEvent), r.A[0], take)
	r.D[0] = boolean(found) - 1
}

func (t *Toolbox) getOSEvent68K(r *cpu.M68K)   { t.osEvent68K(r, true) }
func (t *Toolbox) oSEventAvail68K(r *cpu.M68K) { t.osEvent68K(r, false) }

// FlushEvents removes events: masks are which kinds, and in the upper half at which
// it stops, whose kind it returns, or 0.
func (t *Toolbox) FlushEvents(masks int32) int32 {
	which, stop := uint32(masks)&0xffff, uint32(masks)>>16
	kept := t.desk.queue[:0:0]
	for i, e := range t.desk.queue {
		bit := uint32(1) << min(e.What, OSEvent)
		if stop&bit != 0 {
			t.desk.queue = append(kept, t.desk.queue[i:]...)
			return int32(e.What)
		}
		if which&bit == 0 || e.What > OSEvent {
			kept = append(kept, e)
		}
	}
	t.desk.queue = kept
	return 0
}

// PostEvent adds an event.
func (t *Toolbox) PostEvent(what uint16, message uint32) int16 {
	const evtNotEnb = 1
	if what > 15 || t.u16(lowSysEvtMask)>>what&1 == 0 ||
		!t.post(pending{Event: Event{What: EventKind(what), Message: message, Where: t.desk.mouse}, when: t.ticks}) {
		return evtNotEnb
	}
	return 0
}

// SystemTask lets tasks run.
func (t *Toolbox) SystemTask() { t.poll() }

// trackMouse takes what is next to be seen of the mouse, and says whether the button
// is still down.
func (t *Toolbox) trackMouse() bool {
	t.poll()
	s := &t.desk
next:
	for i := range s.queue {
		switch e := s.queue[i]; e.What {
		case NullEvent:
			t.look(&e)
			s.queue = append(s.queue[:i:i], s.queue[i+1:]...)
			return s.down
		case MouseUp:
			t.look(&e)
			return false
		case MouseDown: // so it is up before
			break next
		}
	}
	if s.down { // nobody holds it
		t.setButton(false)
		t.post(pending{Event: Event{What: MouseUp, Where: s.mouse}})
	}
	return false
}

// Button says whether the button is down.
func (t *Toolbox) Button() bool {
	if t.desk.down {
		return t.trackMouse()
	}
	t.poll()
	// A press that is next in the queue can be seen before it is taken.
	for _, e := range t.desk.queue {
		if e.What == MouseDown || e.What == MouseUp {
			return e.What == MouseDown
		}
	}
	return false
}

// StillDown says whether the button has been down since the latest mouse-down event.
func (t *Toolbox) StillDown() bool { return t.desk.down && t.trackMouse() }

// WaitMouseUp is StillDown, and takes the mouse-up event.
func (t *Toolbox) WaitMouseUp() bool {
	if t.StillDown() {
		return true
	}
	for i, e := range t.desk.queue {
		if e.What == MouseUp {
			t.desk.queue = append(t.desk.queue[:i:i], t.desk.queue[i+1:]...)
			break
		}
	}
	return false
}

// GetKeys writes a map of keys, 16 bytes.
func (t *Toolbox) GetKeys(at uint32) {
	t.poll()
	t.write(at, t.copyOf(lowKeyMap, 16))
}

// GetMouse writes where the mouse is, in the coordinates of the port.
func (t *Toolbox) GetMouse(at uint32) {
	t.put32(at, t.desk.mouse.point())
	t.GlobalToLocal(at)
}

// GetDblTime returns the longest time between two clicks that count as one, in ticks.
func (t *Toolbox) GetDblTime() uint32 { return t.u32(lowDoubleTime) }

// GetCaretTime returns how long a caret is seen, in ticks.
func (t *Toolbox) GetCaretTime() uint32 { return t.u32(lowCaretTime) }

// There are no desk accessories.

// SystemClick does nothing.
func (t *Toolbox) SystemClick(uint32, uint32) {}

// SystemEvent says that an event is the application's.
func (t *Toolbox) SystemEvent(uint32) bool { return false }

// SystemEdit says that a command is the application's.
func (t *Toolbox) SystemEdit(int16) bool { return false }

// SystemMenu does nothing.
func (t *Toolbox) SystemMenu(int32) {}

// OpenDeskAcc finds no accessory.
func (t *Toolbox) OpenDeskAcc(uint32) int16 { return 0 }

// CloseDeskAcc does nothing.
func (t *Toolbox) CloseDeskAcc(int16) {}
