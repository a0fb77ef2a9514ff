package glue

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/crossplug/crossplug"
	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/fault"
)

// Class of threads.
type Class uint64

const (
	Any      Class = iota
	Main           // one thread, for what must be called on the same one always
	RealTime       // the caller's own: a Thread
)

// Function is what a stub or skeleton has to know of its function.
type Function struct {
	ID       uint32
	Name     string // C's
	Thread   Class
	Timeout  int  // milliseconds; 0: the library's limit
	Export   bool // a symbol of the plug-in's
	Required bool // a plug-in without it is refused
	Scope    Scope
}

// Scope is how long a callback may be called.
type Scope int

const (
	NoScope Scope = iota
	ForCall       // until the function that it was given to returns
	ForRegistration
	Once
	Forever
)

// Definition is what a generated package says of its API.
type Definition struct {
	Name       string
	Major      int // version
	Minor      int
	Hash       [32]byte
	Functions  []*Function
	Dispatcher func(arch.Arch) ([]byte, error) // the shared object to load before the plug-in
	Alone      bool                            // the dispatcher defines the host's functions, by names that one process can have once
}

// Link is a loaded plug-in and the dispatcher beside it. Its methods may be
// called concurrently.
type Link struct {
	plugin   *crossplug.Plugin
	def      *Definition
	serve    func(context.Context, *Call)
	dispatch crossplug.Proc
	attach   crossplug.Proc
	upcall   crossplug.Proc
	base     crossplug.Pointer
	memory   int
	absent   map[uint32]bool // exports that the plug-in has not
	objects  Table
	registry registry
	reports  chan error

	main struct {
		sync.Mutex
		frame *frame
	}
	tokens chan struct{} // one for each lane that may be in use

	mu     sync.Mutex
	frames map[crossplug.Pointer]*frame
	idle   []*frame // of class Any
}

// NewLink returns a link that is not open yet. serve carries out the host's
// functions; it is called while the plug-in waits, by several goroutines.
func NewLink(def *Definition, serve func(context.Context, *Call)) *Link {
	return &Link{
		def: def, serve: serve, absent: map[uint32]bool{}, reports: make(chan error, 64),
		tokens: make(chan struct{}, maxLanes), frames: map[crossplug.Pointer]*frame{},
	}
}

// Open loads the plug-in. A file without an export that the definition requires
// is no plug-in of this API: a fault.ErrBadImage.
func (l *Link) Open(ctx context.Context, path string, opts ...crossplug.Option) error {
	opts = append([]crossplug.Option{crossplug.SharedMemory(16 << 20), crossplug.Preload(l.def.Name+" dispatcher", l.def.Dispatcher)}, opts...)
	if l.def.Alone {
		opts = append(opts, crossplug.Alone())
	}
	plugin, err := crossplug.Open(ctx, path, opts...)
	if err != nil {
		return err
	}
	l.plugin = plugin
	if err := l.connect(ctx); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", plugin.Path(), err), plugin.Close())
	}
	return nil
}

// connect makes the dispatcher ready.
func (l *Link) connect(ctx context.Context) error {
	l.base, l.memory = l.plugin.SharedMemory()
	var bind crossplug.Proc
	for _, p := range []struct {
		proc            *crossplug.Proc
		name, signature string
	}{
		{&l.attach, "crossplug_attach", "u32 (ptr)"},
		{&bind, "crossplug_bind", "u32 (u32, ptr)"},
		{&l.dispatch, "crossplug_dispatch", "u32 (ptr, u32)"},
	} {
		var err error
		if *p.proc, err = l.plugin.LookupPreloaded(ctx, p.name, p.signature); err != nil {
			return err
		}
	}
	var err error
	if l.upcall, _, err = l.plugin.Func(ctx, "the host's functions", "u64 (ptr, u32)", l.called); err != nil {
		return err
	}
	for range spares {
		block, err := l.plugin.Share(frameSize)
		if err != nil {
			return err
		}
		if err := l.addFrame(ctx, &frame{link: l, block: block, spare: true}); err != nil {
			return err
		}
	}
	for _, f := range l.def.Functions {
		if !f.Export {
			continue
		}
		proc, err := l.plugin.Lookup(ctx, f.Name, "void ()")
		if errors.Is(err, fault.ErrNotFound) && !f.Required {
			l.absent[f.ID] = true
			continue
		}
		if errors.Is(err, fault.ErrNotFound) {
			return fmt.Errorf("%w: it is no plug-in of %s: it exports no %s", fault.ErrBadImage, l.def.Name, f.Name)
		}
		if err != nil {
			return err
		}
		v, err := bind.Call(ctx, f.ID, proc.Pointer())
		if err != nil {
			return err
		}
		if v.Uint() != 0 {
			return fmt.Errorf("%w: the dispatcher knows no function %d, %s", fault.ErrBadImage, f.ID, f.Name)
		}
	}
	return nil
}

// newFrame makes a frame and starts its thread.
func (l *Link) newFrame(ctx context.Context, class Class, size int) (*frame, error) {
	thread, err := l.plugin.NewThread(ctx)
	if err != nil {
		return nil, err
	}
	f, err := l.frameOn(ctx, thread, class, size)
	if err != nil {
		return nil, errors.Join(err, thread.Close())
	}
	return f, nil
}

// frameOn makes a frame for a thread.
func (l *Link) frameOn(ctx context.Context, thread *crossplug.Thread, class Class, size int) (*frame, error) {
	block, err := l.plugin.Share(size)
	if err != nil {
		return nil, err
	}
	f := &frame{link: l, block: block, class: class, thread: thread}
	f.turn.Lock()
	if err := l.addFrame(ctx, f); err != nil {
		return nil, errors.Join(err, block.Free())
	}
	return f, nil
}

// attachRefusals are the results of crossplug_attach.
var attachRefusals = map[uint64]error{
	1: fmt.Errorf("%w: the dispatcher was made of another definition", fault.ErrBadImage),
	2: fmt.Errorf("%w: the dispatcher does not accept the frame", fault.ErrMismatch),
	3: fmt.Errorf("%w: the plug-in's process has no memory for another thread", fault.ErrMismatch),
}

// addFrame tells the dispatcher of a frame, which stays until the end.
func (l *Link) addFrame(ctx context.Context, f *frame) error {
	block, err := l.plugin.Share(13 * word)
	if err != nil {
		return err
	}
	defer block.Free()
	b := append(make([]byte, 0, 13*word), l.def.Hash[:]...)
	spare := uint64(0)
	if f.spare {
		spare = 1
	}
	for _, v := range []uint64{
		uint64(l.def.Major)<<32 | uint64(l.def.Minor), uint64(l.base), uint64(l.memory), uint64(l.upcall.Pointer()),
		1, uint64(f.block.Address), uint64(len(f.block.Bytes)), uint64(f.class), spare,
	} {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	copy(block.Bytes, b)
	l.mu.Lock()
	l.frames[f.block.Address] = f
	l.mu.Unlock()
	v, err := l.attach.Call(ctx, block)
	if err == nil && v.Uint() != 0 {
		if err = attachRefusals[v.Uint()]; err == nil {
			err = fmt.Errorf("%w: crossplug_attach returned %d", fault.ErrBadImage, v.Uint())
		}
	}
	if err != nil {
		l.mu.Lock()
		delete(l.frames, f.block.Address)
		l.mu.Unlock()
	}
	return err
}

// frameKey marks the context of a function that the plug-in has called: calls
// with it nest.
type frameKey struct{ l *Link }

// take returns a frame for a call, and gives it back by done.
func (l *Link) take(ctx context.Context, class Class) (f *frame, err error) {
	if f, ok := ctx.Value(frameKey{l}).(*frame); ok && (class == Any || class == f.class) {
		return f, nil
	}
	switch class {
	case Main:
		l.main.Lock()
		if l.main.frame == nil {
			if l.main.frame, err = l.newFrame(ctx, Main, frameSize); err != nil {
				l.main.Unlock()
				return nil, err
			}
		}
		return l.main.frame, nil
	case RealTime:
		return nil, &Error{Status: WrongThread, Text: "a real-time function is called with a Thread of its caller's, and not from others of the plug-in's"}
	}
	select {
	case l.tokens <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	l.mu.Lock()
	if n := len(l.idle); n > 0 {
		f, l.idle = l.idle[n-1], l.idle[:n-1]
	}
	l.mu.Unlock()
	if f == nil {
		if f, err = l.newFrame(ctx, Any, frameSize); err != nil {
			<-l.tokens
		}
	}
	return f, err
}

// give takes a frame back when its outermost call is over.
func (l *Link) give(f *frame) {
	switch {
	case f.depth > 0 || f.spare || f.class == RealTime:
	case f.class == Main:
		l.main.Unlock()
	default:
		l.mu.Lock()
		l.idle = append(l.idle, f)
		l.mu.Unlock()
		<-l.tokens
	}
}

// Plugin returns what is linked.
func (l *Link) Plugin() *crossplug.Plugin { return l.plugin }

// Provides says whether the plug-in exports a function.
func (l *Link) Provides(f *Function) bool { return !l.absent[f.ID] }

// Reports gives what went wrong where no caller here can be told: the plug-in
// called a function after its release, or used a stale handle; a function of the
// host's failed. The oldest 64 that nobody has received are kept.
func (l *Link) Reports() <-chan error { return l.reports }

func (l *Link) report(err error) {
	select {
	case l.reports <- err:
	default:
	}
}

// Close unloads the plug-in.
func (l *Link) Close() error { return l.plugin.Close() }
