// Package guest is a machine in this process for the code of classic Mac OS
// plug-ins: an address space, a 68K and a PowerPC processor, the Code Fragment
// Manager, the Mixed Mode Manager and the rest of the system, wired together.
//
//	m, err := guest.New(guest.Options{})
//	defer m.Close()
//	routine, err := m.Code("'sort' 128", resource.Data) // 68K, accelerated, fat or safe fat
//	result, err := m.Call(ctx, routine, info, 1, 2)
//
// What the code may do is bounded by the machine: its memory, and what the host
// offers it. A fault in it is an error here that says where.
//
// A Machine is used by one goroutine at a time. Machines share nothing.
package guest

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/guest/cfm"
	"github.com/crossplug/crossplug/guest/cpu"
	interpm68k "github.com/crossplug/crossplug/guest/interp/m68k"
	interpppc "github.com/crossplug/crossplug/guest/interp/ppc"
	"github.com/crossplug/crossplug/guest/isa/m68k"
	"github.com/crossplug/crossplug/guest/memory"
	"github.com/crossplug/crossplug/guest/mixedmode"
	"github.com/crossplug/crossplug/guest/toolbox"
)

// Options say what a machine is like. The zero value is a machine with a 68020, a
// PowerPC and 64 MiB.
type Options struct {
	Memory  uint64 // bytes of address space, not all of them used
	Without Processor
	// Fuel is how many instructions a Call may execute, what calls of the system take
	// counted as such; unlimited if 0.
	Fuel int64
	// Unchecked leaves out the test that routines keep to their calling
	// conventions.
	Unchecked bool
	// Sources are where import libraries are looked for, before the machine's own.
	Sources []cfm.Source
	// Strict refuses fragments that import a call of the system that there is not,
	// which otherwise is a fault when it is called.
	Strict bool
	// System says what the system that the code finds is like.
	System toolbox.Options
	// Trace, if not nil, is told of each mode switch.
	Trace func(from, to string, target uint32, info coderes.ProcInfo, args []uint32)
}

// Processor is one of a machine's.
type Processor int

const (
	Neither Processor = iota
	PowerPC
	M68K
)

const (
	defaultMemory = 64 << 20
	stackSize     = 1 << 20
	heapSize      = 16 << 20
	gateBytes     = 64 << 10
)

// Machine is a machine.
type Machine struct {
	space     *memory.Space
	control   *cpu.Control
	m68k      *interpm68k.CPU
	ppc       *interpppc.CPU
	modes     *mixedmode.Manager
	fragments *cfm.Manager
	process   *cfm.Context
	system    *toolbox.Toolbox
	fuel      int64
	// The context that can end what the guest does, by its Done, and how to undo that.
	done <-chan struct{}
	stop func()
}

// New makes a machine. Close it.
func New(o Options) (*Machine, error) {
	if o.Memory == 0 {
		o.Memory = defaultMemory
	}
	if o.Memory < 2*heapSize || o.Memory > memory.MaxSize {
		return nil, fmt.Errorf("guest: a memory of %d bytes (from %d to %d)", o.Memory, 2*heapSize, uint64(memory.MaxSize))
	}
	space, err := memory.New(o.Memory)
	if err != nil {
		return nil, err
	}
	m := &Machine{space: space, fuel: o.Fuel}
	if err := m.wire(o); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

// wire connects the parts.
func (m *Machine) wire(o Options) error {
	if err := m.space.Map(toolbox.LowMemory()); err != nil { // before it is anybody else's
		return err
	}
	gates := uint32(o.Memory-memory.PageSize) - gateBytes
	m.control = cpu.NewControl(m, cpu.Range{Base: gates, Size: gateBytes})
	var p mixedmode.Processors
	if o.Without != M68K {
		m.m68k = interpm68k.New(m.space, m.control, m68k.M68020)
		top, err := m.stack("68K stack")
		if err != nil {
			return err
		}
		m.m68k.A[7] = top
		p.M68K, p.M68KRegisters = m.m68k, &m.m68k.M68K
	}
	if o.Without != PowerPC {
		m.ppc = interpppc.New(m.space, m.control)
		top, err := m.stack("PowerPC stack")
		if err != nil {
			return err
		}
		m.ppc.R[1] = top
		p.PPC, p.PPCRegisters = m.ppc, &m.ppc.PPC
	}
	base, err := m.space.Allocate("heap", heapSize, memory.PageSize, memory.RWX)
	if err != nil {
		return err
	}
	if m.modes, err = mixedmode.New(m.space, m.control, p, toolbox.Gates); err != nil {
		return err
	}
	m.modes.Checked, m.modes.Trace, m.modes.Prepare = !o.Unchecked, o.Trace, m.prepare
	if m.fragments, err = cfm.New(m.space, caller{m.modes}); err != nil {
		return err
	}
	m.fragments.Work = func(n int) error { return m.control.Work(int64(n)) }
	m.system, err = toolbox.New(toolbox.Machine{Space: m.space, Control: m.control, Processors: p, Modes: m.modes, Heap: base}, o.System)
	if err != nil {
		return err
	}
	libraries := &cfm.Registry{Name: "the machine's libraries"}
	for _, name := range m.system.Libraries() {
		libraries.Add(name, cfm.Candidate{Host: m.system.Library(name)})
	}
	m.process = m.fragments.NewContext(append(o.Sources, libraries)...)
	m.process.Strict, m.system.Process = o.Strict, m.process
	return nil
}

func (m *Machine) stack(name string) (top uint32, err error) {
	base, err := m.space.Allocate(name, stackSize, 16, memory.RW)
	return base + stackSize - 64, err
}

// mostClosing is how many instructions the termination routines of a machine's fragments
// may execute together: a second or so.
const mostClosing = 100_000_000

// Close frees the machine. Termination routines of fragments are run, but not for ever.
func (m *Machine) Close() error {
	m.unbind()
	m.control.Resume() // for termination routines, if a context has ended meanwhile
	m.control.Fuel = mostClosing
	var err error
	if m.process != nil {
		err = m.process.Close()
	}
	if m.m68k != nil {
		m.m68k.Close()
	}
	if m.ppc != nil {
		m.ppc.Close()
	}
	return errors.Join(err, m.space.Close())
}

// Memory returns the machine's address space.
func (m *Machine) Memory() *memory.Space { return m.space }

// Allocate makes room for size bytes, at a multiple of 16. They are zero.
func (m *Machine) Allocate(size uint32) (uint32, error) { return m.system.Allocate(size) }

// Free gives back what Allocate gave.
func (m *Machine) Free(address uint32) error { return m.system.Free(address) }

// System returns the machine's system, for what its methods can do.
func (m *Machine) System() *toolbox.Toolbox { return m.system }

// Process returns the context in which fragments are prepared.
func (m *Machine) Process() *cfm.Context { return m.process }

// Fragment prepares a fragment and all that it imports.
func (m *Machine) Fragment(ctx context.Context, name string, c *pef.Container) (*cfm.Connection, uint32, error) {
	var conn *cfm.Connection
	main := uint32(0)
	err := m.Do(ctx, func() (err error) {
		conn, main, err = m.process.Prepare(name, cfm.Candidate{Container: c, Locator: cfm.Locator{Where: coderes.InMemory}}, cfm.Load)
		return err
	})
	var ended *cpu.Ended
	if errors.As(err, &ended) && ended.PC == 0 {
		err = fmt.Errorf("while the fragment was prepared: %w", err)
	}
	return conn, main, err
}

// Code puts a code resource into memory and returns its address, which is a
// universal procedure pointer. The name is for reports: "'WDEF' 128".
func (m *Machine) Code(name string, data []byte) (uint32, error) {
	if int64(len(data)) > heapSize {
		return 0, fmt.Errorf("guest: code of %d bytes (at most %d)", len(data), heapSize)
	}
	at, err := m.system.AllocateCode(name, uint32(len(data)))
	if err != nil {
		return 0, err
	}
	return at, m.space.Store(at, data)
}

// Call calls a universal procedure pointer.
func (m *Machine) Call(ctx context.Context, upp uint32, info coderes.ProcInfo, args ...uint32) (uint32, error) {
	end := m.begin(ctx)
	result, err := m.modes.Call(upp, info, args...)
	return result, end(err)
}

// CallVector calls PowerPC code through a transition vector, such as a symbol that
// a fragment exports.
func (m *Machine) CallVector(ctx context.Context, vector uint32, info coderes.ProcInfo, args ...uint32) (uint32, error) {
	end := m.begin(ctx)
	result, err := m.modes.CallVector(vector, info, args...)
	return result, end(err)
}

// CallSymbol calls code of a fragment, of either processor, through a transition
// vector of it: its main symbol, or one that it exports.
func (m *Machine) CallSymbol(ctx context.Context, conn *cfm.Connection, vector uint32, info coderes.ProcInfo, args ...uint32) (uint32, error) {
	a := pef.PowerPC
	if conn.Container != nil {
		a = conn.Container.Architecture
	}
	end := m.begin(ctx)
	result, err := callSymbol(m.modes, a, vector, info, args...)
	return result, end(err)
}

// Do calls a function of the host's that uses methods of the system which run the
// guest's code, with the context and the fuel of a Call.
func (m *Machine) Do(ctx context.Context, f func() error) error {
	end := m.begin(ctx)
	return end(m.within(f))
}

// within calls a function as part of what the guest does: it uses its fuel.
func (m *Machine) within(f func() error) error {
	if _, err := m.control.Enter(); err != nil {
		return err
	}
	defer m.control.Leave()
	return f()
}

// NewRoutine lends a Go function to the guest.
func (m *Machine) NewRoutine(name string, info coderes.ProcInfo, fn mixedmode.Function) (*mixedmode.Routine, error) {
	return m.modes.NewRoutine(name, info, fn)
}

// DisposeRoutine takes a Go function back. Calling it is a fault from then on.
func (m *Machine) DisposeRoutine(r *mixedmode.Routine) error { return m.modes.DisposeRoutine(r) }

// begin lets a context end what the guest does, and fills up its fuel, unless this
// is a call from within another. end is for what came of it.
func (m *Machine) begin(ctx context.Context) (end func(error) error) {
	if m.control.Depth() > 0 {
		return func(err error) error { return err }
	}
	m.control.Fuel = cpu.Unlimited
	if m.fuel > 0 {
		m.control.Fuel = m.fuel
	}
	m.system.Begin()
	m.bind(ctx)
	return func(err error) error {
		var ended *cpu.Ended
		if errors.As(err, &ended) && ended.Reason == cpu.Interrupted && ctx.Err() != nil {
			return fmt.Errorf("%w (%w)", err, context.Cause(ctx))
		}
		return err
	}
}

// bind lets a context end what the guest does from now on, instead of the one before.
// It stays bound after a call, as the next is most likely for the same, and to bind one
// takes longer than a short call does.
func (m *Machine) bind(ctx context.Context) {
	if done := ctx.Done(); done != m.done {
		m.unbind()
		if done != nil {
			interrupted := make(chan struct{})
			stop := context.AfterFunc(ctx, func() { m.control.Interrupt(); close(interrupted) })
			m.done, m.stop = done, func() {
				if !stop() {
					<-interrupted // or it would be another context's call that it ends
				}
			}
		}
	}
	m.control.Resume()
	if ctx.Err() != nil {
		m.control.Interrupt() // which Resume has taken back, if it had been
	}
}

func (m *Machine) unbind() {
	if m.stop != nil {
		m.stop()
	}
	m.stop, m.done = nil, nil
}

// Handle answers what the guest asks of its machine. It implements cpu.Host.
func (m *Machine) Handle(e cpu.Engine, ev cpu.Event) (bool, error) {
	sp := uint32(0)
	if m.m68k != nil {
		sp = m.m68k.A[7]
	}
	if handled, err := m.system.Handle(e, ev); handled || err != nil {
		if err != nil {
			err = m.locate(e, ev, sp, err)
		}
		return handled, err
	}
	handled, err := m.modes.Handle(e, ev)
	if err != nil {
		var access *memory.Fault
		if errors.As(err, &access) { // by a function of the host's, too
			ev.Kind = cpu.Gate
			err = m.locate(e, ev, sp, err)
		}
	}
	return handled, err
}

// locate says where the system was called, of which an error came: an access that it was
// made to do counts as one of the guest's own.
func (m *Machine) locate(e cpu.Engine, ev cpu.Event, sp uint32, err error) error {
	from := ev.PC
	switch {
	case ev.Kind != cpu.Gate:
	case m.ppc != nil && e == m.ppc:
		from = m.ppc.LR - 4
	default:
		back, _ := m.space.Load32(sp) // or nobody knows
		from = back - 2
	}
	var ended *cpu.Ended
	var inside *cpu.Fault
	var access *memory.Fault
	switch {
	case errors.As(err, &ended):
		if ended.PC != 0 {
			return err
		}
		ended.PC = from
	case errors.As(err, &inside) || errors.Is(err, toolbox.ErrExit) || errors.Is(err, toolbox.ErrNotImplemented):
		return err
	case errors.As(err, &access):
		return &cpu.Fault{PC: from, Err: err, Registers: e.Registers()}
	}
	return fmt.Errorf("%w (called at %s)", err, m.system.Where(from))
}

// prepare makes the fragment of an accelerated resource ready: the container is in
// memory.
func (m *Machine) prepare(container uint32) (uint32, error) {
	region, ok := m.space.RegionAt(container)
	if !ok {
		return 0, fmt.Errorf("guest: no fragment at 0x%08x: nothing is mapped there", container)
	}
	size := int64(region.Base) + int64(region.Size) - int64(container)
	c, err := pef.Read(&reader{m.space, container}, 0, size, pef.Options{})
	if err != nil {
		return 0, fmt.Errorf("guest: fragment at 0x%08x: %w", container, err)
	}
	name := fmt.Sprintf("fragment at %v", m.place(container))
	main := uint32(0)
	err = m.within(func() (err error) {
		_, main, err = m.process.Prepare(name, cfm.Candidate{Container: c, Locator: cfm.Locator{Where: coderes.InMemory, Offset: container, Length: uint32(c.Size)}}, cfm.Fresh)
		return err
	})
	if err == nil && main == 0 {
		err = fmt.Errorf("%s: it has no main symbol", name)
	}
	return main, err
}

// reader reads memory from an address on.
type reader struct {
	space *memory.Space
	base  uint32
}

// ReadAt implements io.ReaderAt.
func (r *reader) ReadAt(p []byte, off int64) (int, error) {
	at := int64(r.base) + off
	if off < 0 || at+int64(len(p)) > int64(r.space.Size()) {
		return 0, io.ErrUnexpectedEOF
	}
	if err := r.space.Load(p, uint32(at)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// caller runs initialisation and termination routines.
type caller struct{ modes *mixedmode.Manager }

// The routines' types: OSErr proc(const InitBlock *) and void proc(void), in C.
const (
	initProc = coderes.ProcInfo(0x01 | 2<<4 | 3<<6)
	termProc = coderes.ProcInfo(0x01)
)

func (c caller) Initialise(a pef.Architecture, vector, block uint32) (int16, error) {
	v, err := callSymbol(c.modes, a, vector, initProc, block)
	return int16(v), err
}

func (c caller) Terminate(a pef.Architecture, vector uint32) error {
	_, err := callSymbol(c.modes, a, vector, termProc)
	return err
}

// callSymbol calls code of a fragment for an architecture through a transition vector.
func callSymbol(modes *mixedmode.Manager, a pef.Architecture, vector uint32, info coderes.ProcInfo, args ...uint32) (uint32, error) {
	if a == pef.M68K {
		return modes.CallVector68K(vector, info, args...)
	}
	return modes.CallVector(vector, info, args...)
}
