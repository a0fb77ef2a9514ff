package toolbox

import (
	"github.com/crossplug/crossplug/format/coderes"
)

// The Mixed Mode Manager, as guests call it ("Inside Macintosh: PowerPC System
// Software", chapter 2); package mixedmode does the work.

// callUniversalProc calls a universal procedure pointer for PowerPC code.
func (t *Toolbox) callUniversalProc() error { return t.modes.CallFromPowerPC() }

// callOSTrapUniversalProc is callUniversalProc, which keeps all registers of the
// 68K anyway.
func (t *Toolbox) callOSTrapUniversalProc() error { return t.modes.CallFromPowerPC() }

// NewRoutineDescriptor makes a routine descriptor, 0 if there is no room.
func (t *Toolbox) NewRoutineDescriptor(proc, info uint32, isa uint8) uint32 {
	upp, err := t.modes.NewRoutineDescriptor(proc, coderes.ProcInfo(info), coderes.ISA(isa&0x0f))
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
