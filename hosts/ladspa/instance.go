package ladspa

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/crossplug/crossplug"
	"github.com/crossplug/crossplug/glue"
	raw "github.com/crossplug/crossplug/hosts/ladspa/raw"
)

// Instance is a plug-in at work on one set of channels. Its methods must not be
// called concurrently; different instances may be.
type Instance struct {
	library *Library
	d       *Descriptor
	rate    int
	most    int // frames in a block
	handle  raw.Handle

	ports     []*glue.Shared[float32] // the memory that each port is connected to
	ins, outs []int                   // indexes of the audio ports
	active    bool
	closed    bool

	thread *thread
}

// New makes an instance of a plug-in that processes blocks of at most most
// frames at a sample rate in hertz. All ports are connected, to memory of its
// own, and control inputs have their defaults.
func (l *Library) New(ctx context.Context, d *Descriptor, rate, most int) (*Instance, error) {
	if rate < 1 || rate > math.MaxInt32 || most < 1 || most > 1<<24 {
		return nil, fmt.Errorf("%s: %w: sample rate %d Hz, blocks of %d frames", d.Label, crossplug.ErrMismatch, rate, most)
	}
	thread, err := l.audio(ctx)
	if err != nil {
		return nil, err
	}
	i := &Instance{library: l, d: d, rate: rate, most: most, thread: thread}
	if err := i.connect(ctx); err != nil {
		return nil, err
	}
	return i, nil
}

// connect instantiates the plug-in and connects its ports.
func (i *Instance) connect(ctx context.Context) error {
	d := i.d
	handle, err := d.raw.Instantiate(ctx, uint64(i.rate))
	if errors.Is(err, glue.ErrFailed) {
		return fmt.Errorf("%s: the plug-in refuses to work at %d Hz: instantiate returned null", d.Label, i.rate)
	}
	if err != nil {
		return d.named(err)
	}
	i.handle = handle
	i.thread.turn.Lock()
	defer i.thread.turn.Unlock()
	batch := i.thread.NewBatch()
	defer batch.Close()
	for n := range d.Ports {
		port := &d.Ports[n]
		size := 1
		if port.Audio {
			size = i.most
			if port.Input {
				i.ins = append(i.ins, n)
			} else {
				i.outs = append(i.outs, n)
			}
		}
		memory, err := glue.NewShared[float32](i.library.raw.Link(), size)
		if err != nil {
			return fmt.Errorf("%s: memory for %d ports and blocks of %d frames: %w", d.Label, len(d.Ports), i.most, errors.Join(err, i.release(ctx)))
		}
		i.ports = append(i.ports, memory)
		if port.Control && port.Input {
			v, _ := port.Default(i.rate)
			i.put(n, v)
		}
		if err := handle.BatchConnectPort(ctx, batch, uint64(n), memory); err != nil {
			return errors.Join(d.named(err), i.release(ctx))
		}
		if batch.Len() < mostInBatch && n < len(d.Ports)-1 {
			continue
		}
		if err := batch.Run(ctx); err != nil {
			return d.named(err) // the helper has ended, and there is nothing to clean up
		}
	}
	return nil
}

// mostInBatch is how many ports are connected at once.
const mostInBatch = 256

// release cleans the plug-in up and frees the memory of its ports.
func (i *Instance) release(ctx context.Context) error {
	var errs []error
	if i.d.raw.HasCleanup() {
		errs = append(errs, i.d.named(i.handle.Cleanup(ctx)))
	}
	for _, p := range i.ports {
		errs = append(errs, p.Free())
	}
	return errors.Join(errs...)
}

// named says which plug-in an error is of.
func (d *Descriptor) named(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", d.Label, err)
}

// Descriptor returns the plug-in's description.
func (i *Instance) Descriptor() *Descriptor { return i.d }

func (i *Instance) put(port int, v float32) { i.ports[port].Write(0, []float32{v}) }

// Set sets a control input. A value that the port does not take is an
// ErrMismatch that says which it does.
func (i *Instance) Set(port int, v float32) error {
	if port < 0 || port >= len(i.d.Ports) {
		return fmt.Errorf("%s: %w: no port %d (it has %d)", i.d.Label, crossplug.ErrMismatch, port, len(i.d.Ports))
	}
	if err := i.d.Ports[port].check(v, i.rate); err != nil {
		return fmt.Errorf("%s: %w", i.d.Label, err)
	}
	if err := i.open(); err != nil {
		return err
	}
	i.put(port, v)
	return nil
}

// Get returns the value of a control port: of an output, what the last run
// left. Other ports, and a closed instance, give 0.
func (i *Instance) Get(port int) float32 {
	if port < 0 || port >= len(i.d.Ports) || !i.d.Ports[port].Control || i.closed {
		return 0
	}
	var v [1]float32
	i.ports[port].Read(0, v[:])
	return v[0]
}

// open reports whether the instance may be used.
func (i *Instance) open() error {
	if i.closed {
		return fmt.Errorf("%s: the instance: %w", i.d.Label, crossplug.ErrClosed)
	}
	return nil
}

// Activate makes the plug-in forget all audio it has seen. Run activates an
// instance that is not.
func (i *Instance) Activate(ctx context.Context) error {
	if i.active {
		return nil
	}
	if err := i.open(); err != nil {
		return err
	}
	i.active = true
	if i.d.Functions&HasActivate == 0 {
		return nil
	}
	return i.d.named(i.handle.Activate(ctx))
}

// Deactivate ends what Activate began.
func (i *Instance) Deactivate(ctx context.Context) error {
	if !i.active {
		return nil
	}
	i.active = false
	if i.d.Functions&HasDeactivate == 0 {
		return nil
	}
	return i.d.named(i.handle.Deactivate(ctx))
}

// Run processes one block: in and out have a slice for each audio input and
// output, all of the same length, which is the number of frames.
func (i *Instance) Run(ctx context.Context, in, out [][]float32) error {
	return i.runWith(ctx, i.handle.Run, in, out)
}

// RunAdding is Run that adds the plug-in's output, times the gain, to what is in
// out. A plug-in that cannot do that gives an ErrNotFound.
func (i *Instance) RunAdding(ctx context.Context, in, out [][]float32, gain float32) error {
	if i.d.Functions&HasRunAdding == 0 || i.d.Functions&HasSetRunAddingGain == 0 {
		return fmt.Errorf("%s: %w: it has no run_adding", i.d.Label, crossplug.ErrNotFound)
	}
	if _, err := i.frames(in, out); err != nil {
		return err
	}
	if err := i.handle.SetRunAddingGain(ctx, gain); err != nil {
		return i.d.named(err)
	}
	for n, port := range i.outs {
		i.ports[port].Write(0, out[n])
	}
	return i.runWith(ctx, i.handle.RunAdding, in, out)
}

func (i *Instance) runWith(ctx context.Context, run func(context.Context, *glue.Thread, uint64) error, in, out [][]float32) error {
	frames, err := i.frames(in, out)
	if err != nil {
		return err
	}
	if err := i.Activate(ctx); err != nil {
		return err
	}
	i.fill(in)
	i.thread.turn.Lock()
	err = run(ctx, i.thread.Thread, uint64(frames))
	i.thread.turn.Unlock()
	if err != nil {
		return i.d.named(err)
	}
	i.drain(out)
	return nil
}

// frames checks the shape of a block and returns its length.
func (i *Instance) frames(in, out [][]float32) (int, error) {
	if err := i.open(); err != nil {
		return 0, err
	}
	if len(in) != len(i.ins) || len(out) != len(i.outs) {
		return 0, fmt.Errorf("%s: %w: %d inputs and %d outputs for a plug-in with %d and %d", i.d.Label, crossplug.ErrMismatch, len(in), len(out), len(i.ins), len(i.outs))
	}
	frames := -1
	for _, list := range [2][][]float32{in, out} {
		for _, s := range list {
			if frames >= 0 && len(s) != frames {
				return 0, fmt.Errorf("%s: %w: channels of %d and %d frames", i.d.Label, crossplug.ErrMismatch, frames, len(s))
			}
			frames = len(s)
		}
	}
	if frames > i.most {
		return 0, fmt.Errorf("%s: %w: a block of %d frames (at most %d)", i.d.Label, crossplug.ErrMismatch, frames, i.most)
	}
	return max(frames, 0), nil
}

// fill puts samples where the plug-in's inputs are connected.
func (i *Instance) fill(in [][]float32) {
	for n, port := range i.ins {
		i.ports[port].Write(0, in[n])
	}
}

// drain fetches samples from where the plug-in's outputs are connected.
func (i *Instance) drain(out [][]float32) {
	for n, port := range i.outs {
		i.ports[port].Read(0, out[n])
	}
}

// Close deactivates the plug-in and cleans it up. If its helper has ended, there
// is nothing to do. Closing again does nothing.
func (i *Instance) Close(ctx context.Context) error {
	if i.closed {
		return nil
	}
	i.closed = true
	if i.library.Plugin().Err() != nil {
		return nil
	}
	return errors.Join(i.Deactivate(ctx), i.release(ctx))
}
