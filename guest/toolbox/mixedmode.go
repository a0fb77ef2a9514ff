package toolbox

import (
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
