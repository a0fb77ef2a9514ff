// Package plug is a program that hosts 'PLUG' code resources: the application of
// "Accelerating Code Resources and Import Libraries" (MacTech 13.6, 1997), which does
// not know what its plug-ins are made of.
//
//	host, err := plug.New(plug.Options{})
//	defer host.Close()
//	plugin, err := host.Open(ctx, file)            // loads it and sends it plugInInit
//	ok, err := plugin.Load(ctx, picture)           // plugInLoadFile
//	err = host.Windows()[0].WritePNG(w)
//	err = plugin.Exit(ctx)
//
// A plug-in is a function, pascal Boolean (PlugInParamBlock *), which gets a message
// and up to eight parameters, and with each message a callback that it can ask for a
// window. viewer/PlugIn.h has the protocol. The resource may be 68K code, accelerated,
// fat or safe fat; the callback is what a 68K program would give it, a plain address of
// 68K code.
//
// The program leaves a plug-in's resource file open behind its own, which is how a
// plug-in can find its own file: an accelerated resource, which is nothing but an
// entry, so finds the import library in that file's data fork, that has all its code.
//
// A window is a color graphics port in the plug-in's memory, with pixels of 32 bits,
// which plug-ins draw to themselves or by QuickDraw.
package plug

import (
	"context"
	"errors"
	"fmt"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/macfile"
	"github.com/crossplug/crossplug/guest"
	"github.com/crossplug/crossplug/guest/cfm"
	"github.com/crossplug/crossplug/guest/mixedmode"
	"github.com/crossplug/crossplug/guest/toolbox"
)

const plugResource = 0x504c5547 // 'PLUG'

// Messages to plug-ins, and requests of theirs.
const (
	messageInit = iota
	messageEvent
	messageLoadFile
	messageWindowClosed
	messageExit
)

const requestCreateWindow = 0

// How the two are called: pascal Boolean (void *).
const entryProc = coderes.ProcInfo(0 | 1<<4 | 3<<6)

// The parameter blocks, laid out as on a 68K. That of a callback has no callback.
const (
	blockParams   = 2
	blockCallback = blockParams + 4*params
	blockSize     = blockCallback + 4
	params        = 8
)

// Options say what the program is like. The zero value will do.
type Options struct {
	Without guest.Processor
	// Width and Height are those of a new window, 320 and 200 if 0.
	Width, Height int
	// Libraries are where import libraries are looked for.
	Libraries []cfm.Source
	Fuel      int64 // instructions in a message, unlimited if 0
	// Trace, if not nil, is told of each call of the system.
	Trace func(name string, args []uint32)
}

// Host is the program. One goroutine at a time may use it.
type Host struct {
	options  Options
	machine  *guest.Machine
	callback *mixedmode.Routine
	windows  []*Window
}

// New starts the program. Close it.
func New(o Options) (*Host, error) {
	if o.Width == 0 && o.Height == 0 {
		o.Width, o.Height = 320, 200
	}
	if o.Width < 1 || o.Height < 1 || o.Width > mostSide || o.Height > mostSide {
		return nil, fmt.Errorf("plug: a window of %d by %d pixels (from 1 to %d)", o.Width, o.Height, mostSide)
	}
	m, err := guest.New(guest.Options{Without: o.Without, Fuel: o.Fuel, Sources: o.Libraries, System: toolbox.Options{Trace: o.Trace}})
	if err != nil {
		return nil, err
	}
	h := &Host{options: o, machine: m}
	if h.callback, err = m.NewRoutine("callback", entryProc, h.request); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return h, nil
}

// Close ends the program, without telling plug-ins.
func (h *Host) Close() error { return h.machine.Close() }

// Windows returns the windows that are open, oldest first.
func (h *Host) Windows() []*Window { return append([]*Window(nil), h.windows...) }

// request serves the callback.
func (h *Host) request(args []uint32) (uint32, error) {
	memory := h.machine.Memory()
	message, err := memory.Load16(args[0])
	if err != nil {
		return 0, err
	}
	if message != requestCreateWindow || len(h.windows) == mostWindows {
		return 0, nil
	}
	w, err := newWindow(h.machine, h.options.Width, h.options.Height)
	if err != nil {
		return 0, err
	}
	h.windows = append(h.windows, w)
	return 1, memory.Store32(args[0]+blockParams, w.port)
}

// Plugin is a plug-in that has been loaded.
type Plugin struct {
	Name string

	host  *Host
	upp   uint32
	block uint32
}

// Open loads the first 'PLUG' resource of a file and tells it to begin. The file stays
// on the program's volume, under its name.
func (h *Host) Open(ctx context.Context, f *macfile.File) (*Plugin, error) {
	system := h.machine.System()
	if err := system.AddFile(f); err != nil {
		return nil, err
	}
	own := system.CurResFile()
	ref := system.OpenResources(f.Name)
	if ref < 0 {
		return nil, errors.Join(system.Err(), fmt.Errorf("%s: it has no resources (error %d)", f.Name, system.ResError()))
	}
	handle := system.Get1IndResource(plugResource, 1)
	system.UseResFile(own)
	if handle == 0 {
		return nil, errors.Join(system.Err(), fmt.Errorf("%s: it has no 'PLUG' resource", f.Name))
	}
	system.HLock(handle) // or it might move between two calls, as it may from one launch to the next
	upp, err := h.machine.Memory().Load32(handle)
	if err = errors.Join(system.Err(), err); err != nil {
		return nil, err
	}
	block, err := h.machine.Allocate(blockSize)
	if err != nil {
		return nil, err
	}
	p := &Plugin{Name: f.Name, host: h, upp: upp, block: block}
	ok, err := p.send(ctx, messageInit)
	if err == nil && !ok {
		err = fmt.Errorf("%s: it refuses to begin", f.Name)
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// send sends a message and returns the plug-in's answer.
func (p *Plugin) send(ctx context.Context, message uint16, arguments ...uint32) (bool, error) {
	memory := p.host.machine.Memory()
	err := memory.Store16(p.block, message)
	for i := range uint32(params) {
		value := uint32(0)
		if int(i) < len(arguments) {
			value = arguments[i]
		}
		err = errors.Join(err, memory.Store32(p.block+blockParams+4*i, value))
	}
	if err = errors.Join(err, memory.Store32(p.block+blockCallback, p.host.callback.Code)); err != nil {
		return false, err
	}
	answer, err := p.host.machine.Call(ctx, p.upp, entryProc, p.block)
	if err != nil {
		return false, fmt.Errorf("%s: %w", p.Name, err)
	}
	return answer&0xff != 0, nil
}

// Load asks the plug-in to open a file, which is put on the program's volume, and says
// whether it did.
func (p *Plugin) Load(ctx context.Context, f *macfile.File) (bool, error) {
	system := p.host.machine.System()
	if err := system.AddFile(f); err != nil {
		return false, err
	}
	const specSize = 70
	spec, err := p.host.machine.Allocate(specSize)
	if err != nil {
		return false, err
	}
	if code := system.MakeSpec(f.Name, spec); code != 0 {
		return false, errors.Join(system.Err(), fmt.Errorf("%s: error %d", f.Name, code))
	}
	ok, err := p.send(ctx, messageLoadFile, spec)
	return ok, errors.Join(err, p.host.machine.Free(spec))
}

// Event is something that the user did.
type Event struct {
	What      uint16 // 1 mouse down, 3 key down, 6 update …
	Message   uint32 // of a key, its character
	X, Y      int16
	Modifiers uint16
}

// Event offers an event to the plug-in and says whether it took it.
func (p *Plugin) Event(ctx context.Context, e Event) (bool, error) {
	const recordSize = 16
	at, err := p.host.machine.Allocate(recordSize)
	if err != nil {
		return false, err
	}
	memory := p.host.machine.Memory()
	err = errors.Join(memory.Store16(at, e.What), memory.Store32(at+2, e.Message), memory.Store32(at+6, p.host.machine.System().TickCount()),
		memory.Store16(at+10, uint16(e.Y)), memory.Store16(at+12, uint16(e.X)), memory.Store16(at+14, e.Modifiers))
	if err != nil {
		return false, err
	}
	ok, err := p.send(ctx, messageEvent, at)
	return ok, errors.Join(err, p.host.machine.Free(at))
}

// CloseWindow closes a window, tells the plug-in, and says whether it was its own.
func (p *Plugin) CloseWindow(ctx context.Context, w *Window) (bool, error) {
	for i, open := range p.host.windows {
		if open == w {
			p.host.windows = append(p.host.windows[:i], p.host.windows[i+1:]...)
			ok, err := p.send(ctx, messageWindowClosed, w.port)
			return ok, errors.Join(err, w.free())
		}
	}
	return false, errors.New("plug: the window is closed already")
}

// Exit tells the plug-in that it ends. It must not be used any more.
func (p *Plugin) Exit(ctx context.Context) error {
	_, err := p.send(ctx, messageExit)
	return errors.Join(err, p.host.machine.Free(p.block))
}
