package ladspa

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/crossplug/crossplug"
)

// Instance is a plug-in at work on one set of channels. Its methods must not be
// called concurrently; different instances may be.
type Instance struct {
	library *Library
	d       *Descriptor
	rate    int
	most    int // frames in a block
	handle  uint64
	swap    bool // the plug-in's byte order is not ours

	block     *crossplug.Block
	ports     [][]byte // the memory that each port is connected to
	ins, outs []int    // indexes of the audio ports
	active    bool
	closed    bool

	thread *crossplug.Thread
	batch  crossplug.Batch
}

const line = 64 // bytes; what one side writes shares no cache line with what the other does

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
	i := &Instance{library: l, d: d, rate: rate, most: most, thread: thread, swap: l.plugin.Model().Order.String() != hostOrder.String()}
	if err := i.connect(ctx); err != nil {
		return nil, err
	}
	return i, nil
}

// connect instantiates the plug-in and connects its ports.
func (i *Instance) connect(ctx context.Context) error {
	p, d := i.library.plugin, i.d
	size := int64(0)
	offsets := make([]int64, len(d.Ports))
	for n, port := range d.Ports {
		offsets[n] = size
		if port.Audio {
			size += (4*int64(i.most) + line - 1) &^ (line - 1)
		} else {
			size += line
		}
	}
	if size > math.MaxInt32 {
		return fmt.Errorf("%s: %w: %d ports and blocks of %d frames take %d bytes (at most %d)", d.Label, crossplug.ErrMismatch, len(d.Ports), i.most, size, math.MaxInt32)
	}
	block, err := p.Share(max(int(size), line))
	if err != nil {
		return fmt.Errorf("%s: memory for %d ports and blocks of %d frames: %w", d.Label, len(d.Ports), i.most, err)
	}
	v, err := d.fn.instantiate.Call(ctx, d.at, i.rate)
	if err == nil && v.Pointer() == 0 {
		err = fmt.Errorf("%s: the plug-in refuses to work at %d Hz: instantiate returned null", d.Label, i.rate)
	}
	if err != nil {
		return errors.Join(err, block.Free())
	}
	i.block, i.handle = block, v.Uint()
	i.batch.Reset()
	for n := range d.Ports {
		port := &d.Ports[n]
		memory := block.Bytes[offsets[n]:]
		if port.Audio {
			memory = memory[:4*i.most]
			if port.Input {
				i.ins = append(i.ins, n)
			} else {
				i.outs = append(i.outs, n)
			}
		} else {
			memory = memory[:4]
		}
		i.ports = append(i.ports, memory)
		if port.Control && port.Input {
			v, _ := port.Default(i.rate)
			i.put(n, v)
		}
		if err := i.batch.Add(d.fn.connectPort.Procedure, i.handle, uint64(n), uint64(block.Address)+uint64(offsets[n])); err != nil {
			return err
		}
	}
	// If this fails the helper has ended, and there is nothing to clean up.
	return i.thread.Run(ctx, &i.batch)
}

// Descriptor returns the plug-in's description.
func (i *Instance) Descriptor() *Descriptor { return i.d }

func (i *Instance) put(port int, v float32) {
	i.library.plugin.Model().Order.PutUint32(i.ports[port], math.Float32bits(v))
}

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
	return math.Float32frombits(i.library.plugin.Model().Order.Uint32(i.ports[port]))
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
	return i.callHandle(ctx, i.d.fn.activate)
}

// Deactivate ends what Activate began.
func (i *Instance) Deactivate(ctx context.Context) error {
	if !i.active {
		return nil
	}
	i.active = false
	return i.callHandle(ctx, i.d.fn.deactivate)
}

// callHandle calls one of the functions that a plug-in need not have.
func (i *Instance) callHandle(ctx context.Context, fn crossplug.Proc) error {
	if fn.Pointer() == 0 {
		return nil
	}
	_, err := fn.Call(ctx, crossplug.Pointer(i.handle))
	return err
}

// Run processes one block: in and out have a slice for each audio input and
// output, all of the same length, which is the number of frames.
func (i *Instance) Run(ctx context.Context, in, out [][]float32) error {
	return i.runWith(ctx, i.d.fn.run, in, out)
}

// RunAdding is Run that adds the plug-in's output, times the gain, to what is in
// out. A plug-in that cannot do that gives an ErrNotFound.
func (i *Instance) RunAdding(ctx context.Context, in, out [][]float32, gain float32) error {
	if i.d.fn.runAdding.Pointer() == 0 || i.d.fn.setRunAddingGain.Pointer() == 0 {
		return fmt.Errorf("%s: %w: it has no run_adding", i.d.Label, crossplug.ErrNotFound)
	}
	if _, err := i.frames(in, out); err != nil {
		return err
	}
	if _, err := i.d.fn.setRunAddingGain.Call(ctx, crossplug.Pointer(i.handle), gain); err != nil {
		return err
	}
	for n, port := range i.outs {
		copySamples(i.ports[port], asBytes(out[n]), i.swap)
	}
	return i.runWith(ctx, i.d.fn.runAdding, in, out)
}

func (i *Instance) runWith(ctx context.Context, fn crossplug.Proc, in, out [][]float32) error {
	frames, err := i.frames(in, out)
	if err != nil {
		return err
	}
	if err := i.Activate(ctx); err != nil {
		return err
	}
	i.fill(in)
	i.batch.Reset()
	if err := i.batch.Add(fn.Procedure, i.handle, uint64(frames)); err != nil {
		return err
	}
	if err := i.thread.Run(ctx, &i.batch); err != nil {
		return err
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
		copySamples(i.ports[port], asBytes(in[n]), i.swap)
	}
}

// drain fetches samples from where the plug-in's outputs are connected.
func (i *Instance) drain(out [][]float32) {
	for n, port := range i.outs {
		copySamples(asBytes(out[n]), i.ports[port], i.swap)
	}
}

// Close deactivates the plug-in and cleans it up. If its helper has ended, there
// is nothing to do. Closing again does nothing.
func (i *Instance) Close(ctx context.Context) error {
	if i.closed {
		return nil
	}
	i.closed = true
	if i.library.plugin.Err() != nil {
		return nil
	}
	return errors.Join(i.Deactivate(ctx), i.callHandle(ctx, i.d.fn.cleanup), i.block.Free())
}
