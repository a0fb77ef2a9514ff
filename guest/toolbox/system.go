package toolbox

import (
	"fmt"
	"time"

	"github.com/crossplug/crossplug/guest/cpu"
	"github.com/crossplug/crossplug/internal/bin"
)

// Time ("Inside Macintosh: Operating System Utilities", chapter 4), and what a
// process can ask of and tell the system.

// epoch is where the Macintosh's seconds begin, in local time.
var epoch = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)

// elapsed is how long the machine has been there, with what the guest has waited:
// it does not wait really.
func (t *Toolbox) elapsed() time.Duration {
	if t.options.Now != nil {
		return t.options.Now().Sub(t.started) + t.waited
	}
	return time.Since(t.started) + t.waited
}

// now is the time.
func (t *Toolbox) now() time.Time { return t.started.Add(t.elapsed()) }

// tick keeps the clocks in low memory going: at each call.
func (t *Toolbox) tick() {
	e := t.elapsed()
	ticks := uint32(e/time.Second*60 + e%time.Second*60/time.Second)
	if ticks != t.ticks {
		t.ticks = ticks
		t.put32(lowTicks, ticks)
		t.put32(lowTime, seconds(t.started.Add(e)))
	}
}

// seconds is a time as the Macintosh has it: local time, since 1904.
func seconds(now time.Time) uint32 {
	_, offset := now.Zone()
	return uint32(now.Unix() + int64(offset) - epoch.Unix())
}

// TickCount returns the time in 60ths of a second.
func (t *Toolbox) TickCount() uint32 {
	t.poll()
	return t.u32(lowTicks)
}

// longestWait is how long one call can wait.
const longestWait = 366 * 24 * time.Hour

func (t *Toolbox) wait(ticks uint32) {
	t.pass(time.Duration(min(ticks, 1<<31)) * time.Second / ticksPerSecond)
}

// Delay waits, as far as the guest can see.
func (t *Toolbox) Delay(ticks int32, final uint32) {
	t.wait(uint32(max(ticks, 0)))
	t.put32(final, t.TickCount())
}

func (t *Toolbox) delay68K(r *cpu.M68K) {
	t.wait(r.A[0])
	r.D[0] = t.TickCount()
}

// ReadDateTime writes the time in seconds since 1904.
func (t *Toolbox) ReadDateTime(at uint32) int16 {
	t.GetDateTime(at)
	return 0
}

// GetDateTime writes the time in seconds since 1904.
func (t *Toolbox) GetDateTime(at uint32) { t.put32(at, seconds(t.now())) }

// GetTime writes the time as a DateTimeRec.
func (t *Toolbox) GetTime(at uint32) { t.SecondsToDate(seconds(t.now()), at) }

// SecondsToDate writes seconds since 1904 as a DateTimeRec: year, month, day,
// hour, minute, second, day of the week from 1 for Sunday, two bytes each.
func (t *Toolbox) SecondsToDate(s, at uint32) {
	d := epoch.Add(time.Duration(s) * time.Second)
	for i, v := range []int{d.Year(), int(d.Month()), d.Day(), d.Hour(), d.Minute(), d.Second(), int(d.Weekday()) + 1} {
		t.put16(at+uint32(2*i), uint16(v))
	}
}

// DateToSeconds writes what a DateTimeRec is in seconds since 1904.
func (t *Toolbox) DateToSeconds(record, at uint32) { t.put32(at, t.dateToSeconds(record)) }

func (t *Toolbox) dateToSeconds(record uint32) uint32 {
	var v [6]int
	for i := range v {
		v[i] = int(int16(t.u16(record + uint32(2*i))))
	}
	d := time.Date(v[0], time.Month(v[1]), v[2], v[3], v[4], v[5], 0, time.UTC)
	return uint32(d.Unix() - epoch.Unix())
}

func (t *Toolbox) dateToSeconds68K(r *cpu.M68K) { r.D[0] = t.dateToSeconds(r.A[0]) }

func (t *Toolbox) microseconds() uint64 {
	t.poll()
	return uint64(t.elapsed() / time.Microsecond)
}

// Microseconds writes the time as 64 bits.
func (t *Toolbox) Microseconds(at uint32) { t.put64(at, t.microseconds()) }

func (t *Toolbox) microseconds68K(r *cpu.M68K) {
	v := t.microseconds()
	r.A[0], r.D[0] = uint32(v>>32), uint32(v)
}

// ExitToShell ends the run with ErrExit.
func (t *Toolbox) ExitToShell() { t.fail(ErrExit) }

// SysError ends the run: it is how the system says that it cannot go on.
func (t *Toolbox) SysError(code int16) { t.fail(fmt.Errorf("system error %d", code)) }

// SysBeep is silent.
func (t *Toolbox) SysBeep(int16) {}

// print writes what the guest says to people.
func (t *Toolbox) print(s string) {
	if t.options.Output == nil {
		return
	}
	if _, err := t.options.Output.Write([]byte(s)); err != nil {
		t.fail(err)
	}
}

// Debugger goes on: there is none.
func (t *Toolbox) Debugger() { t.print("Debugger\n") }

// DebugStr prints a text and goes on.
func (t *Toolbox) DebugStr(text uint32) { t.print(bin.MacRoman(t.pstring(text)) + "\n") }

// Processes ("Inside Macintosh: Processes", chapter 2). There is one.
const (
	thisProcess  = 0x2000
	procNotFound = -600
)

// GetCurrentProcess writes a process's number, 8 bytes.
func (t *Toolbox) GetCurrentProcess(at uint32) int16 {
	t.put64(at, thisProcess)
	return 0
}

// GetFrontProcess is GetCurrentProcess.
func (t *Toolbox) GetFrontProcess(at uint32) int16 { return t.GetCurrentProcess(at) }

// GetNextProcess writes the number of the process behind another, which is 0 to
// begin with.
func (t *Toolbox) GetNextProcess(at uint32) int16 {
	if t.u64(at) == 0 {
		return t.GetCurrentProcess(at)
	}
	t.put64(at, 0)
	return procNotFound
}

func (t *Toolbox) isThis(at uint32) bool {
	n := t.u64(at)
	return n == thisProcess || n == 2 // kCurrentProcess
}

// SameProcess says whether two numbers are of one process.
func (t *Toolbox) SameProcess(a, b, same uint32) int16 {
	if !t.isThis(a) || !t.isThis(b) {
		return procNotFound
	}
	t.put8(same, 1)
	return 0
}

// GetProcessInformation fills a ProcessInfoRec, 60 bytes.
func (t *Toolbox) GetProcessInformation(number, at uint32) int16 {
	if !t.isThis(number) {
		return procNotFound
	}
	if name := t.u32(at + 4); name != 0 {
		t.putPString(name, t.pstring(lowCurApName), 31)
	}
	t.put64(at+8, thisProcess)
	t.put32(at+16, 0x4150504c) // APPL
	t.put32(at+20, 0x3f3f3f3f)
	t.put32(at+24, 0) // mode
	t.put32(at+28, t.applicationZone)
	t.put32(at+32, t.heap.size)
	t.put32(at+36, t.heap.free)
	t.put64(at+40, 0) // launcher
	t.put32(at+48, 0)
	t.put32(at+52, t.TickCount())
	return 0
}
