package toolbox

import (
	"fmt"

	"github.com/crossplug/crossplug/format/coderes"
)

// The Mixed Mode Manager, as guests call it ("Inside Macintosh: PowerPC System
// Software", chapter 2); package mixedmode does the work.

// callUniversalProc calls a universal procedure pointer for code of a fragment.
func (t *Toolbox) callUniversalProc() error {
	if t.running == t.processors.M68K {
		return t.modes.CallFromCFM68K()
	}
	return t.modes.CallFromPowerPC()
}

// callOSTrapUniversalProc is callUniversalProc, which keeps all registers of the
// 68K anyway.
func (t *Toolbox) callOSTrapUniversalProc() error { return t.callUniversalProc() }

// NewRoutineDescriptor makes a routine descriptor, 0 if there is no room.
func (t *Toolbox) NewRoutineDescriptor(proc, info uint32, isa uint8) uint32 {
	upp, err := t.modes.NewDescriptor(coderes.RoutineRecord{ProcInfo: coderes.ProcInfo(info), ISA: coderes.ISA(isa & 0x0f), RTA: coderes.RTA(isa >> 4),
		Flags: coderes.UseNativeISA, Proc: proc})
	if err != nil {
		return 0
	}
	return upp
}

// DisposeRoutineDescriptor frees one. What is none is left alone.
func (t *Toolbox) DisposeRoutineDescriptor(upp uint32) {
	_ = t.modes.DisposeRoutineDescriptor(upp)
}

// NewFatRoutineDescriptor makes a routine descriptor for both processors, 0 if
// there is no room.
func (t *Toolbox) NewFatRoutineDescriptor(proc68K, procPowerPC, info uint32) uint32 {
	upp, err := t.modes.NewFatRoutineDescriptor(proc68K, procPowerPC, coderes.ProcInfo(info))
	if err != nil {
		return 0
	}
	return upp
}

// A MixedModeStateRecord, of four words: the first has its mark, the second how deeply
// host and guest have called each other.
const (
	mixedModeState   = 0x6d697865 // 'mixe'
	mixedModeVersion = 1          // kCurrentMixedModeStateRecord
)

// SaveMixedModeState notes for 68K code that runs several threads, or CFM-68K code at
// any time, what Mixed Mode needs to go on here. The real one had the A5 of the code that
// had called CFM-68K code; here each call keeps that itself, and what is left is which
// calls these are. (Technical Note 1084, "Running CFM-68K Code at Interrupt Time".)
func (t *Toolbox) SaveMixedModeState(state, version uint32) int16 {
	if version != mixedModeVersion {
		return paramErr
	}
	for i, v := range []uint32{mixedModeState, uint32(t.control.Depth()), 0, 0} {
		t.put32(state+4*uint32(i), v)
	}
	return 0
}

// RestoreMixedModeState goes back to what SaveMixedModeState noted. That is an error if
// calls between the processors, or by the host, have begun or ended since: a thread in
// one of these can go on only when all that were begun after it have ended.
func (t *Toolbox) RestoreMixedModeState(state, version uint32) int16 {
	if version != mixedModeVersion || t.u32(state) != mixedModeState {
		return paramErr
	}
	if was, is := t.u32(state+4), t.control.Depth(); was != uint32(is) {
		t.fail(fmt.Errorf("the state is that of a thread %d calls deep between host and guest, and %d are under way: let those end first", was, is))
	}
	return 0
}
