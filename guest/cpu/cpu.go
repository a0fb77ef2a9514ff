// Package cpu is what those who run guest code and those who have it run agree
// on: the register files, how a run begins and ends, what leaves it for the
// host, how much it may do. It is the same for every processor, and does not
// know whether code is interpreted or translated.
//
// A machine has one Control, and an Engine per processor, which share it. To
// call guest code: Enter, put the address it returned where the processor's
// convention has the return address, set the registers, Run until that address,
// Leave. Host code that guest code called may do the same, to Control.MaxDepth.
//
// A machine is used by one goroutine at a time, but for Control.Interrupt.
// Machines share nothing.
package cpu

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync/atomic"

	"github.com/crossplug/crossplug/fault"
)

// Engine runs one processor's code, out of an address space it was made with.
// An implementation for another processor also belongs in this package: its
// register file.
type Engine interface {
	// Run executes from the program counter on until it gets to the address
	// until, or until something else ends the run. It may be called again from
	// where it ended, and from within Host.Handle.
	Run(until uint32) Exit
	// PC is the address of the next instruction; in Host.Handle, what its Event
	// says.
	PC() uint32
	SetPC(addr uint32)
	// Registers returns the whole register file, with the names that the
	// processor's assembly language has for them.
	Registers() []Register
	// SetRegister sets a register by its name, in either case.
	SetRegister(name string, value uint64) error
}

// Register is a register and what it holds; a number of Bits.
type Register struct {
	Name  string
	Value uint64
	Bits  int
}

// Reason is why a run ended.
type Reason uint8

// The reasons.
const (
	Returned     Reason = iota // it got to the address given to Run
	OutOfFuel                  // Control.Fuel is 0
	Interrupted                // Control.Interrupt was called
	AtBreakpoint               // the instruction at PC is the next one
	Stopped                    // the processor waits for an interrupt, which never comes
	Faulted                    // Exit.Err says how
)

func (r Reason) String() string {
	return [...]string{"returned", "out of fuel", "interrupted", "at a breakpoint", "stopped", "faulted"}[min(r, Faulted)]
}

// Exit is the end of a run.
type Exit struct {
	Reason Reason
	PC     uint32 // the next instruction; if Faulted, the one at fault
	Err    error  // if Faulted: a *Fault, or what Host.Handle returned
}

// EventKind is what needs the host.
type EventKind uint8

// The kinds of events, and what their Code is.
const (
	// Gate: the program counter is at a gate, whose address is Code. The host
	// does its work and sets the program counter, by the convention of calls,
	// to where the guest goes on.
	Gate EventKind = iota
	// LineA, LineF: a 68K instruction word, Code, that begins with these bits
	// and is not a coprocessor's. The program counter is at the word.
	LineA
	LineF
	// Trap: TRAP #Code on a 68K, TW or TWI on a PowerPC (Code is the
	// instruction). The program counter is at it.
	Trap
	// SystemCall: SC on a PowerPC. The program counter is at it.
	SystemCall
	// Exception: anything else that the processor has an exception for. Code is
	// the vector's number on a 68K, its offset on a PowerPC.
	Exception
)

func (k EventKind) String() string {
	return [...]string{"gate", "line A", "line F", "trap", "system call", "exception"}[min(k, Exception)]
}

// Event is something in guest code that needs the host. The registers are the
// engine's.
type Event struct {
	Kind EventKind
	PC   uint32
	Code uint32
}

// Host answers what guest code asks for.
type Host interface {
	// Handle deals with an event. If it has, the guest goes on at the engine's
	// program counter, which Handle must have moved. If it has not, the
	// processor does what it does without a host: it takes an exception, or
	// the run ends with a fault. An error ends the run with that error.
	Handle(e Engine, ev Event) (handled bool, err error)
}

// Unlimited is fuel that does not run out in a lifetime.
const Unlimited = math.MaxInt64

const (
	// DefaultDepth is how many runs may be within each other unless
	// Control.MaxDepth says otherwise.
	DefaultDepth = 1024

	// GateSize is how far gates are apart.
	GateSize = 4

	// most is how many instructions may pass before an engine looks whether it
	// was interrupted: at 10 million a second, a slow one, 0.2 ms.
	most = 2048
)

// Control is what the engines of a machine share.
type Control struct {
	Host Host
	// Fuel is how many instructions may still be executed; engines take from
	// it, and stop at 0. What hosts do for them counts as such, see Work.
	Fuel int64
	// Gates is a range of addresses at which nothing is mapped: guest code that
	// gets there leaves for the host. The first are return addresses, see Enter.
	Gates    Range
	MaxDepth int
	// Breakpoints end a run before the instruction at an address, but for the
	// run's first. Trace is called before every instruction. Both cost nothing
	// while they are empty; they count from the next Run, or event, on.
	Breakpoints map[uint32]struct{}
	Trace       func(e Engine, pc uint32)

	depth       int
	interrupted atomic.Bool
}

// Range is a range of addresses.
type Range struct{ Base, Size uint32 }

// Has says whether an address is in the range.
func (r Range) Has(addr uint32) bool { return addr-r.Base < r.Size }

// NewControl returns a control with unlimited fuel.
func NewControl(h Host, gates Range) *Control {
	return &Control{Host: h, Fuel: Unlimited, Gates: gates, MaxDepth: DefaultDepth}
}

// ErrDepth: host and guest have called each other too often without returning.
var ErrDepth = errors.New("guest: calls between host and guest are nested too deeply")

// Enter begins a call of guest code and returns the address to return to, which
// is another one at each depth. Every Enter that succeeds needs a Leave.
func (c *Control) Enter() (until uint32, err error) {
	at := uint64(c.depth) * GateSize
	if c.depth >= c.MaxDepth || at >= uint64(c.Gates.Size) {
		return 0, fmt.Errorf("%w (%d levels)", ErrDepth, c.depth)
	}
	c.depth++
	return c.Gates.Base + uint32(at), nil
}

// Leave ends what Enter began.
func (c *Control) Leave() { c.depth-- }

// Depth returns how many calls are within each other.
func (c *Control) Depth() int { return c.depth }

// HostGate returns the address of the host's gate n: those after the return
// addresses. It is no gate if Gates is too small for it.
func (c *Control) HostGate(n int) uint32 {
	return c.Gates.Base + uint32(c.MaxDepth+n)*GateSize
}

// Interrupt ends the machine's run and all that it is within, soon. It may be
// called from any goroutine. Runs end at once until Resume.
func (c *Control) Interrupt() { c.interrupted.Store(true) }

// Resume allows runs after an Interrupt.
func (c *Control) Resume() { c.interrupted.Store(false) }

// Bind interrupts the machine when the context ends. The function that it
// returns undoes that, and says whether the context had not ended.
func (c *Control) Bind(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, c.Interrupt)
}

// Slice is for engines: how many instructions may be executed before asking
// again, or why none. The engine takes what it executes from Fuel.
func (c *Control) Slice() (int64, Reason) {
	switch {
	case c.interrupted.Load():
		return 0, Interrupted
	case c.Fuel <= 0:
		return 0, OutOfFuel
	}
	return min(c.Fuel, most), Returned
}

// Work is for hosts: it takes from Fuel what they do for guest code that called them,
// n times what an instruction takes, and says whether to leave off, by an *Ended without
// a PC. Who does much at a time asks every few thousand, so that what ends a run ends it,
// too. It is nothing to anybody while no guest code runs.
func (c *Control) Work(n int64) error {
	if c.depth == 0 {
		return nil
	}
	c.Fuel -= n
	switch {
	case c.interrupted.Load():
		return &Ended{Reason: Interrupted}
	case c.Fuel < 0:
		return &Ended{Reason: OutOfFuel}
	}
	return nil
}

// Observed is for engines: whether instructions must be executed one by one.
func (c *Control) Observed() bool { return c.Trace != nil || len(c.Breakpoints) > 0 }

// Fault is guest code that cannot go on.
type Fault struct {
	PC          uint32
	Instruction string // as the assembler has it, "" if it could not be fetched
	Err         error  // for example a *memory.Fault
	Registers   []Register
}

func (f *Fault) Error() string {
	if f.Instruction == "" {
		return fmt.Sprintf("at %#08x: %v", f.PC, f.Err)
	}
	return fmt.Sprintf("at %#08x (%s): %v", f.PC, f.Instruction, f.Err)
}

// Is makes a Fault a fault.ErrCrashed.
func (f *Fault) Is(target error) bool { return target == fault.ErrCrashed }

// Unwrap returns what is wrong.
func (f *Fault) Unwrap() error { return f.Err }

// Failure returns nil for a run that returned, and for any other an error: Err of one
// that faulted, else an *Ended.
func (x Exit) Failure() error {
	switch x.Reason {
	case Returned:
		return nil
	case Faulted:
		return x.Err
	}
	return &Ended{Reason: x.Reason, PC: x.PC}
}

// Ended is a call of guest code that did not return and did not fault.
type Ended struct {
	Reason Reason
	PC     uint32 // 0 if that was in what the host did, see Control.Work
}

func (e *Ended) Error() string {
	if e.PC == 0 {
		return e.Reason.String()
	}
	return fmt.Sprintf("guest code at 0x%08x: %v", e.PC, e.Reason)
}

// Is makes a run out of fuel a fault.ErrHung.
func (e *Ended) Is(target error) bool {
	return target == fault.ErrHung && e.Reason == OutOfFuel
}
