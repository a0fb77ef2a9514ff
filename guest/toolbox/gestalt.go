package toolbox

import (
	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/guest/cpu"
)

// What the machine is like ("Inside Macintosh: Operating System Utilities",
// chapter 1).

// Errors, from <MacErrors.h>.
const (
	gestaltUndefSelectorErr = -5551
	gestaltDupSelectorErr   = -5552
	envBadVers              = -5501
)

const systemVersion = 0x0761

// builtIn returns the values of selectors that are always there. What is not there,
// such as the attributes of sound, is an undefined selector.
func (t *Toolbox) builtIn(selector coderes.OSType) (uint32, bool) {
	ppc := t.processors.PPC != nil
	switch selector.String() {
	case "vers": // of Gestalt
		return 7, true
	case "sysv":
		return systemVersion, true
	case "sysa": // architecture: 68K or PowerPC
		return 1 + boolean(ppc), true
	case "cput": // processor: 68020 or 603
		if ppc {
			return 0x103, true
		}
		return 2, true
	case "proc": // the 68K: a 68020
		return 3, true
	case "fpu ": // 68881, or none
		return boolean(t.processors.M68K != nil), true
	case "mmu ", "vm  ":
		return 0, true
	case "addr": // 32 bits: now, and everything allows it
		return 7, true
	case "pgsz":
		return 4096, true
	case "ram ", "lram":
		return uint32(min(t.space.Size(), 1<<31)), true
	case "fs  ": // FSSpec calls
		return 2, true
	case "qd  ": // QuickDraw: in color, of 32 bits
		return 0x230, true
	case "qdrw": // colors, deep graphics worlds, direct pixels, gray texts
		return 15, true
	case "rsrc", "evnt", "nmgr", "stdf", "te  ": // partial resources; managers that are there
		return 1, true
	case "tmgr": // the extended Time Manager
		return 3, true
	case "ostt":
		return osTraps, true
	case "tbtt":
		return toolTraps, true
	case "cfrg", "mixd":
		if ppc {
			return map[string]uint32{"cfrg": 1, "mixd": 3}[selector.String()], true
		}
	}
	return 0, false
}

// SetGestalt gives a selector a value: it is how a host offers what Gestalt
// announces. The selector's routine, if a guest has given it one, goes.
func (t *Toolbox) SetGestalt(selector coderes.OSType, value uint32) {
	t.gestalt[selector] = value
	delete(t.gestaltProcs, selector)
}

// gestaltProc is the type of a selector's routine: OSErr proc(OSType, long *).
const gestaltProc = coderes.ProcInfo(2<<4 | 3<<6 | 3<<8)

func (t *Toolbox) ask(selector uint32) (uint32, int16) {
	s := coderes.OSType(selector)
	if proc, ok := t.gestaltProcs[s]; ok {
		at, err := t.Allocate(4)
		if err != nil {
			return 0, memFullErr
		}
		defer func() { _ = t.Free(at) }() // it is there
		result := t.call(proc, gestaltProc, selector, at)
		return t.u32(at), int16(result)
	}
	if v, ok := t.gestalt[s]; ok {
		return v, 0
	}
	if v, ok := t.builtIn(s); ok {
		return v, 0
	}
	return 0, gestaltUndefSelectorErr
}

// call calls a routine of the guest.
func (t *Toolbox) call(upp uint32, info coderes.ProcInfo, args ...uint32) uint32 {
	if t.err != nil {
		return 0
	}
	v, err := t.modes.Call(upp, info, args...)
	if err != nil {
		t.fail(err)
	}
	return v
}

// Gestalt writes a selector's value at response.
func (t *Toolbox) Gestalt(selector, response uint32) int16 {
	v, err := t.ask(selector)
	if err == 0 {
		t.put32(response, v)
	}
	return err
}

func (t *Toolbox) gestalt68K(r *cpu.M68K) {
	v, err := t.ask(r.D[0])
	r.A[0], r.D[0] = v, uint32(err)
}

// mostSelectors is how many selectors there may be, besides those that are built in.
const mostSelectors = 4096

func (t *Toolbox) selectorsFull() bool { return len(t.gestalt)+len(t.gestaltProcs) >= mostSelectors }

// NewGestalt adds a selector with a routine that returns its value.
func (t *Toolbox) NewGestalt(selector, proc uint32) int16 {
	if _, err := t.ask(selector); err != gestaltUndefSelectorErr {
		return gestaltDupSelectorErr
	}
	if t.selectorsFull() {
		return memFullErr
	}
	t.gestaltProcs[coderes.OSType(selector)] = proc
	return 0
}

// ReplaceGestalt changes a selector's routine. The old one of those that are built
// in is 0.
func (t *Toolbox) ReplaceGestalt(selector, proc, old uint32) int16 {
	before, err := t.replaceGestalt(selector, proc)
	if err == 0 {
		t.put32(old, before)
	}
	return err
}

func (t *Toolbox) replaceGestalt(selector, proc uint32) (uint32, int16) {
	if _, err := t.ask(selector); err == gestaltUndefSelectorErr {
		return 0, err
	}
	before := t.gestaltProcs[coderes.OSType(selector)]
	t.gestaltProcs[coderes.OSType(selector)] = proc
	return before, 0
}

func (t *Toolbox) replaceGestalt68K(r *cpu.M68K) {
	before, err := t.replaceGestalt(r.D[0], r.A[0])
	if err == 0 {
		r.A[0] = before
	}
	r.D[0] = uint32(err)
}

// NewGestaltValue adds a selector with a value.
func (t *Toolbox) NewGestaltValue(selector uint32, value int32) int16 {
	if _, err := t.ask(selector); err != gestaltUndefSelectorErr {
		return gestaltDupSelectorErr
	}
	return t.SetGestaltValue(selector, value)
}

// ReplaceGestaltValue changes a selector's value.
func (t *Toolbox) ReplaceGestaltValue(selector uint32, value int32) int16 {
	if _, err := t.ask(selector); err != 0 {
		return err
	}
	return t.SetGestaltValue(selector, value)
}

// SetGestaltValue adds a selector with a value, or changes it.
func (t *Toolbox) SetGestaltValue(selector uint32, value int32) int16 {
	if _, ok := t.gestalt[coderes.OSType(selector)]; !ok && t.selectorsFull() {
		return memFullErr
	}
	t.SetGestalt(coderes.OSType(selector), uint32(value))
	return 0
}

// DeleteGestaltValue takes a selector away, but for those that are built in.
func (t *Toolbox) DeleteGestaltValue(selector uint32) int16 {
	s := coderes.OSType(selector)
	if _, ok := t.gestalt[s]; !ok {
		return gestaltUndefSelectorErr
	}
	delete(t.gestalt, s)
	return 0
}

// SysEnvirons fills a SysEnvRec, 16 bytes.
func (t *Toolbox) SysEnvirons(version int16, at uint32) int16 {
	if version <= 0 {
		return envBadVers
	}
	t.put16(at, uint16(min(version, 2)))
	t.put16(at+2, 0) // an unknown Macintosh
	t.put16(at+4, systemVersion)
	t.put16(at+6, 3) // with a 68020
	t.put8(at+8, uint8(boolean(t.processors.M68K != nil)))
	t.put8(at+9, 1)        // Color QuickDraw
	t.put32(at+10, 0)      // no keyboard, no AppleTalk
	t.put16(at+14, 0xffff) // the volume
	return 0
}

// The caches need no flushing: whoever keeps something made of code is told when
// the code changes.

// FlushCodeCache does nothing.
func (t *Toolbox) FlushCodeCache() {}

// FlushInstructionCache does nothing.
func (t *Toolbox) FlushInstructionCache() {}

// FlushDataCache does nothing.
func (t *Toolbox) FlushDataCache() {}

// MakeDataExecutable does nothing.
func (t *Toolbox) MakeDataExecutable(uint32, uint32) {}

// FlushCodeCacheRange does nothing.
func (t *Toolbox) FlushCodeCacheRange(uint32, uint32) int16 { return 0 }

// HWPriv controls the caches, which does nothing.
func (t *Toolbox) HWPriv(int32) int16 { return 0 }

func (t *Toolbox) hWPriv68K(r *cpu.M68K) { r.D[0] = 0 }

// Memory is all there at all times, so it need not be held.

// HoldMemory does nothing.
func (t *Toolbox) HoldMemory(uint32, uint32) int16 { return 0 }

// UnholdMemory does nothing.
func (t *Toolbox) UnholdMemory(uint32, uint32) int16 { return 0 }

// LockMemory does nothing.
func (t *Toolbox) LockMemory(uint32, uint32) int16 { return 0 }

// UnlockMemory does nothing.
func (t *Toolbox) UnlockMemory(uint32, uint32) int16 { return 0 }

// LockMemoryContiguous does nothing.
func (t *Toolbox) LockMemoryContiguous(uint32, uint32) int16 { return 0 }

// SetA5 changes the 68K's register A5 and returns what it was.
func (t *Toolbox) SetA5(value int32) int32 {
	r := t.processors.M68KRegisters
	if r == nil {
		return 0
	}
	old := r.A[5]
	r.A[5] = uint32(value)
	return int32(old)
}

// SetCurrentA5 makes A5 that of the application.
func (t *Toolbox) SetCurrentA5() int32 { return t.SetA5(int32(t.u32(lowCurrentA5))) }

// LMGetCurrentA5 returns the global variable.
func (t *Toolbox) LMGetCurrentA5() uint32 { return t.u32(lowCurrentA5) }

// LMGetSysZone returns the global variable.
func (t *Toolbox) LMGetSysZone() uint32 { return t.u32(lowSysZone) }

// LMGetApplZone returns the global variable.
func (t *Toolbox) LMGetApplZone() uint32 { return t.u32(lowApplZone) }

// LMGetTicks returns the global variable.
func (t *Toolbox) LMGetTicks() uint32 { return t.u32(lowTicks) }

// LMGetTime returns the global variable.
func (t *Toolbox) LMGetTime() uint32 { return t.u32(lowTime) }

// LMGetCPUFlag returns the global variable.
func (t *Toolbox) LMGetCPUFlag() uint8 { return t.u8(lowCPUFlag) }

// LMGetCurStackBase returns the global variable.
func (t *Toolbox) LMGetCurStackBase() uint32 { return t.u32(lowCurStack) }

// LMGetCurApName returns the address of the global variable.
func (t *Toolbox) LMGetCurApName() uint32 { return lowCurApName }

// LMGetCurApRefNum returns the global variable.
func (t *Toolbox) LMGetCurApRefNum() int16 { return int16(t.u16(lowCurApRef)) }
