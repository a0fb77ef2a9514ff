// Package defproc calls definition procedures: the resources by which programs and
// the system drew windows ('WDEF'), controls ('CDEF'), menus ('MDEF') and lists
// ('LDEF') of their own. Whether one is 68K code, PowerPC code behind a routine
// descriptor, or both, its caller does not know, nor does it know what its caller is:
// that was the point of fat resources, and it is what this package is for trying.
//
//	host, err := defproc.New(guest.Options{})
//	defer host.Close()
//	window, err := host.Load(fork.Get(wdef, 128))
//	result, err := window.Call(ctx, defproc.FromPowerPC, variation, theWindow, message, parameter)
//
// Source: "Inside Macintosh: Macintosh Toolbox Essentials", chapters 3, 4 and 5;
// "More Macintosh Toolbox", chapter 4; "Standalone Code on PowerPC", develop 17.
package defproc

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/resource"
	"github.com/crossplug/crossplug/guest"
)

// prototypes are how the procedures are called. A point and a cell are four bytes.
var prototypes = map[string]string{
	"WDEF": "pascal long proc(short, long, short, long)",                    // variation, window, message, parameter
	"CDEF": "pascal long proc(short, long, short, long)",                    // variation, control, message, parameter
	"MDEF": "pascal void proc(short, long, long, long, long)",               // message, menu, rectangle, point, address of an item
	"LDEF": "pascal void proc(short, char, long, long, short, short, long)", // message, selected, rectangle, cell, offset and length of its data, list
}

// ProcInfo returns how procedures of a type are called.
func ProcInfo(t resource.OSType) (coderes.ProcInfo, error) {
	text, ok := prototypes[t.String()]
	if !ok {
		return 0, fmt.Errorf("defproc: '%v' is no type of definition procedures; CDEF, LDEF, MDEF and WDEF are", t)
	}
	return coderes.ParsePrototype(text)
}

// Caller is whose code calls a definition procedure.
type Caller int

// The callers. What is not Go is a few instructions that do what a program of that
// processor did: 68K code jumps to the resource, PowerPC code uses CallUniversalProc.
const (
	FromGo Caller = iota
	From68K
	FromPowerPC
)

func (c Caller) String() string { return [...]string{"Go", "68K", "PowerPC"}[min(max(c, 0), 2)] }

// Host is a machine with definition procedures. One goroutine at a time may use it.
type Host struct{ machine *guest.Machine }

// New returns a host. Close it.
func New(o guest.Options) (*Host, error) {
	m, err := guest.New(o)
	if err != nil {
		return nil, err
	}
	return &Host{m}, nil
}

// Close frees the machine.
func (h *Host) Close() error { return h.machine.Close() }

// Machine returns the machine, for the memory that parameters point to.
func (h *Host) Machine() *guest.Machine { return h.machine }

// Definition is a procedure in memory.
type Definition struct {
	ProcInfo coderes.ProcInfo

	machine *guest.Machine
	name    string
	upp     uint32
	callers [3]uint32 // the addresses to call
}

// Load puts a resource into memory.
func (h *Host) Load(r *resource.Resource) (*Definition, error) {
	info, err := ProcInfo(r.Type)
	if err != nil {
		return nil, err
	}
	name := r.String()
	upp, err := h.machine.Code(name, r.Data)
	if err != nil {
		return nil, err
	}
	return &Definition{ProcInfo: info, machine: h.machine, name: name, upp: upp, callers: [3]uint32{upp}}, nil
}

// Call calls the procedure, with parameters of 32 bits each, and returns its result,
// 0 if it has none. The machine needs the processor of the caller.
func (d *Definition) Call(ctx context.Context, from Caller, args ...uint32) (uint32, error) {
	if from < FromGo || from > FromPowerPC {
		return 0, fmt.Errorf("defproc: %d is no caller", from)
	}
	if d.callers[from] == 0 {
		code, err := d.code(from)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", d.name, err)
		}
		at, err := d.machine.Code("the caller of "+d.name, code)
		if err != nil {
			return 0, err
		}
		if from == FromPowerPC { // the code is behind its transition vector
			if err := d.machine.Memory().Store32(at, at+8); err != nil {
				return 0, err
			}
		}
		d.callers[from] = at
	}
	if from != FromPowerPC {
		return d.machine.Call(ctx, d.callers[from], d.ProcInfo, args...)
	}
	return d.machine.CallVector(ctx, d.callers[from], d.ProcInfo, args...)
}

// code returns the instructions of a caller.
func (d *Definition) code(from Caller) ([]byte, error) {
	if from == From68K {
		code := binary.BigEndian.AppendUint16(nil, 0x207c) // movea.l #upp,a0
		code = binary.BigEndian.AppendUint32(code, d.upp)
		return binary.BigEndian.AppendUint16(code, 0x4ed0), nil // jmp (a0)
	}
	library := d.machine.System().Library("InterfaceLib")
	if library == nil {
		return nil, errors.New("the machine has no InterfaceLib")
	}
	call, _, reason, ok := library.Export("CallUniversalProc")
	if !ok || reason != "" {
		return nil, fmt.Errorf("CallUniversalProc is missing: %s", reason)
	}
	signature, _ := d.ProcInfo.Signature()
	return powerPC(call, d.upp, uint32(d.ProcInfo), len(signature.Parameters)), nil
}

// The parts of a PowerPC stack frame: linkage area, then the parameters, of which
// the first eight are in r3 to r10 besides.
const (
	linkage    = 24
	registers  = 8
	firstParam = 3
)

// powerPC returns a transition vector and a function that calls CallUniversalProc
// with a UPP, its ProcInfo and the function's own n parameters, at most registers.
func powerPC(vector, upp, info uint32, n int) []byte {
	frame := uint32(linkage+4*(n+2)+15) &^ 15
	code := []uint32{
		0, 0, // the vector: address and TOC
		0x7c0802a6,                 // mflr r0
		0x90010008,                 // stw r0,8(r1)
		0x94210000 | -frame&0xffff, // stwu r1,-frame(r1)
	}
	// The last first, so that none is overwritten: each two places on.
	for i := n - 1; i >= 0; i-- {
		r := uint32(firstParam + i)
		if i+2 < registers {
			code = append(code, 0x7c000378|r<<21|(r+2)<<16|r<<11) // mr r+2,r
		} else {
			code = append(code, 0x90010000|r<<21|uint32(linkage+4*(i+2))) // stw r,place(r1)
		}
	}
	load := func(r, v uint32) {
		code = append(code, 0x3c000000|r<<21|v>>16, 0x60000000|r<<21|r<<16|v&0xffff) // lis; ori
	}
	load(3, upp)
	load(4, info)
	load(12, vector)
	code = append(code,
		0x800c0000, // lwz r0,0(r12)
		0x804c0004, // lwz r2,4(r12)
		0x7c0903a6, // mtctr r0
		0x4e800421, // bctrl
		0x38210000|frame,
		0x80010008, // lwz r0,8(r1)
		0x7c0803a6, // mtlr r0
		0x4e800020, // blr
	)
	var b []byte
	for _, w := range code {
		b = binary.BigEndian.AppendUint32(b, w)
	}
	return b
}
