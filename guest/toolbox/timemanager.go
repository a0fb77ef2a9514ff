package toolbox

import (
	"errors"
	"time"

	"github.com/crossplug/crossplug/format/coderes"
)

// The Time Manager and the Vertical Retrace Manager ("Inside Macintosh: Processes",
// chapters 3 and 4): routines that are called when some time has passed.
//
// On a Macintosh an interrupt called them, in the midst of anything. Here time passes
// at certain calls only, those with which a program waits, and a task that is due is
// called within one of them: Delay, WaitNextEvent and its like, SystemTask, and what
// loops ask whether to go on: TickCount, Microseconds and Button. A call that waits
// calls each task at its own time.

// timerResolution is the shortest time between two calls of a task. It bounds how
// often one is called in a wait.
const timerResolution = 20 * time.Microsecond

const mostTimers = 4096

// A TMTask: link 4, type 2, routine 4, count 4, time of waking 4, reserved 4. A
// VBLTask: link 4, type 2, routine 4, count 2, phase 2.
const (
	tmType   = 4
	tmRoute  = 6
	tmCount  = 10
	tmWakeUp = 14
	vblPhase = 12

	tmActive = 0x8000 // of the type
)

// The types of the routines: void proc(TMTask *) with the task in A1, and void
// proc(VBLTask *) with it in A0.
const (
	timerProc = coderes.ProcInfo(2 | (3|5<<2)<<11)
	vblProc   = coderes.ProcInfo(2 | (3|4<<2)<<11)
)

// timer is a task that is installed.
type timer struct {
	at            uint32 // its record
	extended, vbl bool
	active        bool
	due           time.Duration // since the machine began
	sequence      int           // which decides between those due at once
}

type timers struct {
	installed map[uint32]*timer
	sequence  int
	running   bool // a task is: others wait, as they did for an interrupt to end
}

func (t *Toolbox) install(at uint32, kind timer) {
	if t.desk.timers.installed == nil {
		t.desk.timers.installed = map[uint32]*timer{}
	}
	all := t.desk.timers.installed
	if len(all) == mostTimers && all[at] == nil {
		t.fail(errors.New("more than 4096 timer tasks"))
		return
	}
	kind.at = at
	all[at] = &kind
}

// InsTime installs a task, which PrimeTime starts.
func (t *Toolbox) InsTime(task uint32) {
	t.put16(task+tmType, t.u16(task+tmType)&^tmActive)
	t.put32(task+tmCount, 0)
	t.install(task, timer{})
}

// InsXTime installs a task whose times are told from when it was last due, if its
// time of waking is not 0.
func (t *Toolbox) InsXTime(task uint32) {
	t.put16(task+tmType, t.u16(task+tmType)&^tmActive)
	t.put32(task+tmCount, 0)
	t.install(task, timer{extended: true})
}

// timerDuration is a count of milliseconds, or of microseconds below zero.
func timerDuration(count int32) time.Duration {
	if count < 0 {
		return -time.Duration(count) * time.Microsecond
	}
	return time.Duration(count) * time.Millisecond
}

// PrimeTime starts a task.
func (t *Toolbox) PrimeTime(task uint32, count int32) {
	m := t.desk.timers.installed[task]
	if m == nil || m.vbl {
		return
	}
	now := t.elapsed()
	from := now
	if m.extended && t.u32(task+tmWakeUp) != 0 {
		from = m.due
	}
	t.start(m, max(from+timerDuration(count), now+timerResolution))
	t.put16(task+tmType, t.u16(task+tmType)|tmActive)
}

func (t *Toolbox) start(m *timer, due time.Duration) {
	t.desk.timers.sequence++
	m.active, m.due, m.sequence = true, due, t.desk.timers.sequence
}

// RmvTime takes a task away, and leaves in its count what was left of its time: in
// microseconds below zero, or in milliseconds if these are too many.
func (t *Toolbox) RmvTime(task uint32) {
	m := t.desk.timers.installed[task]
	if m == nil {
		return
	}
	delete(t.desk.timers.installed, task)
	left := time.Duration(0)
	if m.active {
		left = max(m.due-t.elapsed(), 0)
	}
	count := -int64(left / time.Microsecond)
	if count < -1<<31 {
		count = int64(left / time.Millisecond)
	}
	t.put32(task+tmCount, uint32(int32(count)))
	t.put16(task+tmType, t.u16(task+tmType)&^tmActive)
}

const ticksPerSecond = 60

func ticks(n uint16) time.Duration { return time.Duration(n) * time.Second / ticksPerSecond }

// VInstall installs a task that is called when its count of ticks is over. It has to
// set the count again.
func (t *Toolbox) VInstall(task uint32) int16 {
	const vTypErr = -2
	if t.u16(task+tmType) != 1 {
		return vTypErr
	}
	t.install(task, timer{vbl: true})
	if m := t.desk.timers.installed[task]; m != nil {
		if n := t.u16(task + tmCount); n != 0 {
			t.start(m, t.elapsed()+ticks(n)+ticks(t.u16(task+vblPhase)))
		}
	}
	return 0
}

// VRemove takes one away.
func (t *Toolbox) VRemove(task uint32) int16 {
	const qErr = -1
	if m := t.desk.timers.installed[task]; m == nil || !m.vbl {
		return qErr
	}
	delete(t.desk.timers.installed, task)
	return 0
}

// due finds the task that is to be called first, of those whose time is not after
// one.
func (t *Toolbox) due(at time.Duration) *timer {
	var first *timer
	t.work(4 * len(t.desk.timers.installed))
	for _, m := range t.desk.timers.installed {
		if m.active && m.due <= at && (first == nil || m.due < first.due || m.due == first.due && m.sequence < first.sequence) {
			first = m
		}
	}
	return first
}

// pass lets time pass, and calls what is due in it.
func (t *Toolbox) pass(d time.Duration) {
	end := t.elapsed() + d
	for !t.desk.timers.running && t.err == nil {
		m := t.due(max(end, t.elapsed()))
		if m == nil {
			break
		}
		t.moveClock(m.due)
		t.runTimer(m)
	}
	t.moveClock(end)
}

// moveClock makes it some time, unless it is later already.
func (t *Toolbox) moveClock(to time.Duration) {
	t.waited = min(t.waited+max(to-t.elapsed(), 0), longestWait)
	t.tick()
}

func (t *Toolbox) runTimer(m *timer) {
	t.desk.timers.running = true
	defer func() { t.desk.timers.running = false }()
	m.active = false
	routine := t.u32(m.at + tmRoute)
	if m.vbl {
		t.put16(m.at+tmCount, 0)
		t.call(routine, vblProc, m.at)
		if n := t.u16(m.at + tmCount); n != 0 && t.desk.timers.installed[m.at] == m {
			t.start(m, m.due+ticks(n))
		}
		return
	}
	t.put16(m.at+tmType, t.u16(m.at+tmType)&^tmActive)
	if m.extended {
		t.put32(m.at+tmWakeUp, max(uint32(m.due/time.Microsecond), 1))
	}
	if routine != 0 {
		t.call(routine, timerProc, m.at)
	}
}

// poll calls what is due now.
func (t *Toolbox) poll() {
	if len(t.desk.timers.installed) > 0 {
		t.pass(0)
	}
}
