// Package mixedmode lets code of two processors, and Go, call each other: the
// Mixed Mode Manager.
//
// A universal procedure pointer (UPP) is either the address of 68K code or that of
// a routine descriptor, which begins with the instruction 0xAAFE. So 68K code
// calls any of them by JSR: plain code runs, and 0xAAFE is an A-trap that comes
// here. PowerPC code calls them by CallUniversalProc. A descriptor says, for each
// routine, its processor and its ProcInfo: how many parameters of which sizes it
// has, and where they and the result are. To switch modes is to take the
// parameters from where the caller put them and to put them where the routine
// expects them; and to do the same with the result.
//
//	68K: JSR upp ──0xAAFE──> Handle ──> record ──> PowerPC, 68K or Go
//	PowerPC: CallUniversalProc(upp, procInfo, …) ──> CallFromPowerPC ──> likewise
//	Go: Manager.Call(upp, procInfo, …) ──> likewise
//
// Go functions are routines with an address of their own, a gate; see NewRoutine.
// The two processors have a stack each. All registers of a processor are what they
// were when a call of it from outside returns, but for the result.
//
// Parameters of one byte are extended with zeros, those of two bytes with their
// sign, for a processor that passes them in four. The special cases say themselves
// which are unsigned: see special.go.
//
// Sources: "Inside Macintosh: PowerPC System Software", chapter 2, "Mixed Mode
// Manager"; "Mac OS Runtime Architectures", chapter 4; <MixedMode.h>.
package mixedmode

import (
	"errors"
	"fmt"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/guest/cpu"
	"github.com/crossplug/crossplug/guest/memory"
)

// trap is the instruction that routine descriptors begin with, _MixedModeMagic.
const trap = 0xaafe

// Function is a routine written in Go. Its arguments have 32 bits each, extended
// by their sizes, and are its own until it returns; so has its result. An error ends
// the guest's run.
type Function func(args []uint32) (uint32, error)

// Routine is a Go function that the guest can call.
type Routine struct {
	Name     string
	ProcInfo coderes.ProcInfo
	// UPP is the routine descriptor for whoever calls it, Vector its transition
	// vector for PowerPC code, Code its address for 68K code.
	UPP, Vector, Code uint32

	call Function
	plan *plan
	gate int
}

// Processors are what a Manager switches between. One of them may be missing.
type Processors struct {
	M68K          cpu.Engine
	M68KRegisters *cpu.M68K
	PPC           cpu.Engine
	PPCRegisters  *cpu.PPC
}

// Manager switches modes in one machine, whose goroutine it belongs to.
type Manager struct {
	// Checked makes it verify that a routine leaves the stack and the registers
	// of its caller as its ProcInfo says.
	Checked bool
	// Prepare makes the fragment of a routine whose record says that it is one
	// (kFragmentNeedsPreparing) ready, and returns its main symbol: a transition
	// vector. Such a routine is refused if it is nil.
	Prepare func(container uint32) (vector uint32, err error)
	// Trace, if not nil, is told of each switch.
	Trace func(from, to string, target uint32, info coderes.ProcInfo, args []uint32)

	space      *memory.Space
	control    *cpu.Control
	processors Processors
	heap       *memory.Heap
	routines   []*Routine // by gate
	firstGate  int
	free       []int // gates
	plans      map[coderes.ProcInfo]*plan
	latest     *plan    // of these
	arena      []uint32 // the arguments of the calls that are within each other
	known      map[uint32]*known
	image      [12 + 20*2]byte // of a descriptor, for a moment
}

// New returns a manager. Gates from firstGate on are its own.
func New(space *memory.Space, control *cpu.Control, p Processors, firstGate int) (*Manager, error) {
	const size = 256 << 10
	base, err := space.Allocate("routine descriptors", size, memory.PageSize, memory.RWX)
	if err != nil {
		return nil, err
	}
	heap, err := memory.NewHeap(space, base)
	if err != nil {
		return nil, err
	}
	return &Manager{space: space, control: control, processors: p, heap: heap, firstGate: firstGate}, nil
}

// Errors of calls.
var (
	ErrNoProcessor = errors.New("this machine lacks the processor")
	ErrDescriptor  = errors.New("no routine descriptor")
	ErrConvention  = errors.New("nothing can be called by this convention")
	ErrUnbalanced  = errors.New("the routine does not do what its ProcInfo says")
)

// NewRoutine lends a Go function to the guest.
func (m *Manager) NewRoutine(name string, info coderes.ProcInfo, fn Function) (*Routine, error) {
	s, err := m.plan(info)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	r := &Routine{Name: name, ProcInfo: info, call: fn, plan: s}
	if n := len(m.free); n > 0 {
		r.gate = m.free[n-1]
		m.free = m.free[:n-1]
		m.routines[r.gate] = r
	} else {
		r.gate = len(m.routines)
		m.routines = append(m.routines, r)
	}
	r.Code = m.control.HostGate(m.firstGate + r.gate)
	if !m.control.Gates.Has(r.Code) {
		m.release(r)
		return nil, fmt.Errorf("%s: all %d gates of the machine are in use", name, len(m.routines))
	}
	if r.Vector, err = m.heap.Allocate(8, 4); err == nil {
		err = m.space.Store32(r.Vector, r.Code)
	}
	if err == nil {
		r.UPP, err = m.NewRoutineDescriptor(r.Vector, info, coderes.PowerPC)
	}
	if err != nil {
		m.release(r)
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return r, nil
}

func (m *Manager) release(r *Routine) {
	m.routines[r.gate] = nil
	m.free = append(m.free, r.gate)
}

// DisposeRoutine takes a Go function back. Calling it is a fault from then on.
func (m *Manager) DisposeRoutine(r *Routine) error {
	if m.routines[r.gate] != r {
		return fmt.Errorf("%s: %w: it is disposed of already", r.Name, ErrDescriptor)
	}
	m.release(r)
	return errors.Join(m.heap.Free(r.Vector), m.heap.Free(r.UPP))
}

// NewRoutineDescriptor makes a descriptor of one routine, at an address: of 68K
// code, or of a transition vector.
func (m *Manager) NewRoutineDescriptor(proc uint32, info coderes.ProcInfo, isa coderes.ISA) (uint32, error) {
	return m.NewDescriptor(coderes.RoutineRecord{ProcInfo: info, ISA: isa, Flags: coderes.UseNativeISA, Proc: proc})
}

// NewFatRoutineDescriptor makes a descriptor of a routine that there is for both
// processors.
func (m *Manager) NewFatRoutineDescriptor(proc68K, procPPC uint32, info coderes.ProcInfo) (uint32, error) {
	return m.NewDescriptor(
		coderes.RoutineRecord{ProcInfo: info, ISA: coderes.M68K, Flags: coderes.UseNativeISA, Proc: proc68K},
		coderes.RoutineRecord{ProcInfo: info, ISA: coderes.PowerPC, Flags: coderes.UseNativeISA, Proc: procPPC})
}

// NewDescriptor makes a descriptor of routines that are described already, such as one
// of a CFM-68K fragment.
func (m *Manager) NewDescriptor(records ...coderes.RoutineRecord) (uint32, error) {
	data, err := (&coderes.RoutineDescriptor{Routines: records}).Encode()
	if err != nil {
		return 0, err
	}
	at, err := m.heap.Allocate(uint32(len(data)), 4)
	if err != nil {
		return 0, err
	}
	return at, m.space.Store(at, data)
}

// DisposeRoutineDescriptor frees what one of the functions above made.
func (m *Manager) DisposeRoutineDescriptor(upp uint32) error { return m.heap.Free(upp) }

// routineAt returns the Go function whose gate is at an address.
func (m *Manager) routineAt(address uint32) *Routine {
	n := int64(address-m.control.HostGate(m.firstGate)) / cpu.GateSize
	if !m.control.Gates.Has(address) || n < 0 || n >= int64(len(m.routines)) || address != m.control.HostGate(m.firstGate+int(n)) {
		return nil
	}
	return m.routines[n]
}

// room returns n words for arguments, which are in use until leave.
func (m *Manager) room(n int) []uint32 {
	at := len(m.arena)
	m.arena = append(m.arena, none[:n]...)
	return m.arena[at:]
}

// leave takes back the words after the first n.
func (m *Manager) leave(n int) { m.arena = m.arena[:n] }

// mostArguments is how many a routine has at most.
const mostArguments = 16

var none [mostArguments]uint32
