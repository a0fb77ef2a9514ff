// Package toolbox is the part of Mac OS that plug-ins lean on: the Memory,
// Resource and File Managers, QuickDraw, windows, menus, controls and dialogs,
// events, timer tasks and Apple events, utilities, and arithmetic.
//
// Nobody sees the screen or sits at the keyboard but the host: it posts events,
// chooses from menus, answers dialogs, and looks at windows and their pixels.
//
// Each call is one Go method, which both processors reach. The table calls.txt
// says which there are; what leads to them is generated from it.
//
//	68K:      A-trap ──> table of traps in memory ──> registers or stack ─┐
//	                       (a plug-in may have patched it)                ├─> Toolbox.NewHandle
//	PowerPC:  import ──> transition vector ──> gate ──> parameters ───────┘
//
// What the guest does wrong as its Mac would have let it, is an OSErr. What no
// Mac would have survived, such as an address where nothing is, ends the guest's
// run with an error of Go's. So does what ends the guest's code: calls use its fuel for
// what they do, and look in between whether its context has ended.
//
// A call that the real system had but this one has not can be imported all the
// same: it is a fault when it is called, which says what called it.
//
// A Toolbox belongs to one machine, and to its goroutine.
//
// Sources: "Inside Macintosh", whose volume each file names; for the words of
// traps and their registers, the interfaces of MPW.
package toolbox

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/guest/cfm"
	"github.com/crossplug/crossplug/guest/cpu"
	"github.com/crossplug/crossplug/guest/memory"
	"github.com/crossplug/crossplug/guest/mixedmode"
)

//go:generate go test ./gen -update

// Gates is how many gates of a machine belong to its toolbox.
const Gates = trapGates + mostImports

// Machine is what a toolbox is for.
type Machine struct {
	Space      *memory.Space
	Control    *cpu.Control
	Processors mixedmode.Processors
	Modes      *mixedmode.Manager
	// FirstGate is the number of the first gate of the toolbox.
	FirstGate int
	// Heap is a region that is all the toolbox's.
	Heap uint32
}

// Options say what the system is like. The zero value is one without files.
type Options struct {
	// Files are what is on the only volume, whose name is Volume ("Macintosh
	// HD"). Nothing else of the host's can be reached.
	Files  fs.FS
	Volume string
	// Writable lets the guest change files. What it has written is kept in
	// memory, see Toolbox.Written.
	Writable bool
	// Gestalt are further selectors, and others' values.
	Gestalt map[coderes.OSType]uint32
	// Now is the time, the host's clock if nil.
	Now func() time.Time
	// Output takes what the guest prints, or tells a debugger. Nil is nowhere.
	Output io.Writer
	// Stress moves every block that can move whenever a call may move memory.
	Stress bool
	// Trace, if not nil, is told of each call before it is made.
	Trace func(name string, args []uint32)
	// Decompress expands compressed resources; without it they are given as they
	// are.
	Decompress func(data []byte) ([]byte, error)
	// Dialog answers dialogs and alerts, by the number of an item. Nil, or 0, is the
	// default button; the texts of alerts go to Output if it is nil.
	Dialog func(Dialog) int16
	// File answers which file to open or to save to, by a path from the volume's root
	// with colons. Nil is that none is.
	File func(FileQuestion) (path string, ok bool)
}

// ErrExit ends a run: the guest asked to be ended.
var ErrExit = errors.New("the program ended itself")

// ErrNotImplemented is a call that this system does not have.
var ErrNotImplemented = errors.New("crossplug does not have this call")

// Toolbox is the system of one machine.
type Toolbox struct {
	// Process is where fragments are prepared, for the calls of the Code
	// Fragment Manager. The machine sets it.
	Process *cfm.Context

	options    Options
	space      *memory.Space
	control    *cpu.Control
	processors mixedmode.Processors
	modes      *mixedmode.Manager
	firstGate  int
	running    cpu.Engine // that made the latest call
	vectors68K bool       // the fragment that calls is for the 68K
	err        error
	worked     int // since it was accounted for
	pool       []*arguments

	system                      uint32 // region of stubs and vectors
	imports                     []imported
	vectors                     map[importName]int
	variables                   map[importName]uint32
	specs                       map[uint32]uint32 // FSSpecs of files that libraries were found in, by file
	heap                        *heap
	stress                      bool
	handles                     map[uint32]*handle
	masters                     []uint32 // free ones
	systemZone, applicationZone uint32
	gestalt                     map[coderes.OSType]uint32
	gestaltProcs                map[coderes.OSType]uint32
	word                        uint16 // of the trap being served
	random                      int32  // of QuickDraw
	seed                        uint32 // of the C library
	environment                 uint16 // of SANE
	haltVector                  uint32
	volume                      *volume
	open                        map[int16]*opened // by file reference number
	chain                       []*resourceFile   // the latest first
	resources                   map[uint32]*loaded
	started                     time.Time
	waited                      time.Duration
	ticks                       uint32
	draw                        drawing
	desk                        desk
}

// LowMemory returns the region of the system's global variables and tables of
// traps. A machine maps it first.
func LowMemory() memory.Region {
	return memory.Region{Name: "low memory", Base: 0, Size: lowMemorySize, Perm: memory.RW}
}

// New makes the system of a machine.
func New(m Machine, o Options) (*Toolbox, error) {
	t := &Toolbox{
		options: o, space: m.Space, control: m.Control, processors: m.Processors, modes: m.Modes, firstGate: m.FirstGate, stress: o.Stress,
		vectors: map[importName]int{}, variables: map[importName]uint32{}, handles: map[uint32]*handle{},
		gestalt: map[coderes.OSType]uint32{}, gestaltProcs: map[coderes.OSType]uint32{}, random: 1,
	}
	t.volume, t.open, t.resources = t.newVolume(), map[int16]*opened{}, map[uint32]*loaded{}
	for s, v := range o.Gestalt {
		t.gestalt[s] = v
	}
	region, ok := m.Space.RegionAt(m.Heap)
	if !ok || region.Base != m.Heap {
		return nil, fmt.Errorf("toolbox: no region for the heap begins at 0x%08x", m.Heap)
	}
	t.heap = newHeap(m.Space, region.Base, region.Size)
	t.heap.work = t.work
	t.started = time.Now()
	if o.Now != nil {
		t.started = o.Now()
	}
	for _, step := range []func() error{t.mapSystem, t.fillLowMemory} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return t, t.Err()
}

// Global variables in low memory ("Inside Macintosh", appendix "Global
// Variables").
const (
	lowCPUFlag    = 0x12f
	lowApplLimit  = 0x130
	lowTheZone    = 0x118
	lowTicks      = 0x16a
	lowTime       = 0x20c
	lowMemErr     = 0x220
	lowSysZone    = 0x2a6
	lowApplZone   = 0x2aa
	lowLo3Bytes   = 0x31a
	lowCurStack   = 0x908
	lowCurrentA5  = 0x904
	lowCurApName  = 0x910
	lowCurApRef   = 0x900
	lowTopMapHndl = 0xa50
	lowCurMap     = 0xa5a
	lowResLoad    = 0xa5e
	lowResErr     = 0xa60
	lowMMUFlags   = 0xcb2

	osTraps       = 0x400
	toolTraps     = 0xe00
	lowMemorySize = 0x2000
)

// fillLowMemory sets the global variables.
func (t *Toolbox) fillLowMemory() error {
	// A zone is where it begins and ends; nothing else of its header is used.
	for _, zone := range []*uint32{&t.systemZone, &t.applicationZone} {
		*zone = t.NewPtr(64)
		t.put32(*zone, t.heap.base+t.heap.size)
	}
	t.put32(lowSysZone, t.systemZone)
	t.put32(lowApplZone, t.applicationZone)
	t.put32(lowTheZone, t.applicationZone)
	t.put32(lowApplLimit, t.heap.base+t.heap.size)
	t.put8(lowCPUFlag, 2) // a 68020
	t.put32(lowTime, seconds(t.started))
	t.put8(lowMMUFlags, 1)
	t.put32(lowLo3Bytes, 0x00ffffff)
	t.put16(lowResLoad, 0x0100)
	// Code may keep 68K applications' globals below this address, and a pointer
	// to those of QuickDraw at it.
	const world = 1024
	t.put32(lowCurrentA5, t.NewPtr(2*world)+world)
	if r := t.processors.M68KRegisters; r != nil {
		t.put32(lowCurStack, r.A[7])
		r.A[5] = t.u32(lowCurrentA5)
	}
	t.putPString(lowCurApName, []byte("crossplug"), 31)
	t.prepareDesk()
	for n := range uint32(1024) {
		t.put32(toolTraps+4*n, t.initialEntry(true, n))
	}
	for n := range uint32(256) {
		t.put32(osTraps+4*n, t.initialEntry(false, n))
	}
	return t.Err()
}
