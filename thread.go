package crossplug

import (
	"context"
	"fmt"

	"github.com/crossplug/crossplug/abi"
	"github.com/crossplug/crossplug/fault"
)

// Thread is a thread of the plug-in's side for calls that must not wait for
// others, above all audio. Many calls cross to it at once in a Batch.
type Thread struct {
	plugin *Plugin
	thread thread
}

// NewThread starts a thread in the plug-in's runtime. It lasts until its Close
// or the plug-in's.
func (p *Plugin) NewThread(ctx context.Context) (*Thread, error) {
	t, err := p.shared.Thread(ctx)
	if err != nil {
		return nil, err
	}
	return &Thread{p, t}, nil
}

// Batch is a list of calls that cross together. Add takes procedures and raw
// bits, and allocates only to grow, so that it can be used where time matters:
// integers are extended to 64 bits, a float is its IEEE bits. Results are in
// Results after Run. The zero Batch is ready to use; Reset empties it.
type Batch = abi.Batch

// Run runs the calls of a batch, in order. One goroutine at a time has the
// thread; others wait.
func (t *Thread) Run(ctx context.Context, b *Batch) error {
	for i := range b.Len() {
		if fn, _ := b.Call(i); fn.Address == 0 {
			return fmt.Errorf("%w: call %d of the batch, %s, is a null procedure", fault.ErrMismatch, i, fn.Name)
		}
	}
	return t.thread.Run(ctx, b)
}

// Pin puts the calling goroutine and the thread on the same processor, where
// switching between the two is fastest, until Unpin is called on the same
// goroutine.
func (t *Thread) Pin(ctx context.Context) error { return t.thread.Pin(ctx) }

// Unpin undoes Pin.
func (t *Thread) Unpin() { t.thread.Unpin() }

// SetSpin makes both sides always look n times for the other's turn before they
// sleep, instead of finding out by themselves whether that pays. It is worth its
// processor time where each has a processor to itself, and not with Pin.
func (t *Thread) SetSpin(n int) { t.thread.SetSpin(n) }

// Close ends the thread.
func (t *Thread) Close() error { return t.thread.Close() }
