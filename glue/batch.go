package glue

import (
	"context"
	"errors"

	"github.com/crossplug/crossplug"
	"github.com/crossplug/crossplug/abi"
	"github.com/crossplug/crossplug/fault"
)

// Batch is a list of calls that cross together, for functions that their
// definition calls batchable. Generated functions add to it and are told where
// to put results, which are there after Run. It allocates only to grow. One
// goroutine at a time may use it.
type Batch struct {
	link   *Link
	thread *crossplug.Thread
	class  Class
	queue  []*queued // in use: the first n
	n      int
	calls  abi.Batch
	err    error
}

// queued is a call in a batch, with a frame of its own.
type queued struct {
	frame  *frame
	call   *Call
	length int
	decode func(*Call, [4]any)
	to     [4]any
}

// NewBatch returns an empty batch of calls that are to run on the thread.
func (t *Thread) NewBatch() *Batch {
	return &Batch{link: t.frame.link, thread: t.Thread, class: t.frame.class}
}

// longestBatch bounds the frames that a batch takes.
const longestBatch = 1024

// Begin begins a call of a function of a link, which must be the batch's.
func (b *Batch) Begin(ctx context.Context, l *Link, fn *Function, self uint32) *Call {
	if l != b.link {
		return refused(fn, &Error{Function: fn.Name, Status: Stale, Text: "the batch is another plug-in's"})
	}
	if b.n == len(b.queue) {
		if b.n == longestBatch {
			b.err = errors.Join(b.err, &Error{Function: fn.Name, Status: TooLong, Text: "the batch is full"})
			return refused(fn, b.err)
		}
		f, err := b.link.frameOn(ctx, b.thread, b.class, batchSize)
		if err != nil {
			b.err = errors.Join(b.err, err)
			return refused(fn, err)
		}
		b.queue = append(b.queue, &queued{frame: f})
	}
	q := b.queue[b.n]
	q.frame.depth = 0
	q.call = q.frame.begin(ctx, fn, self)
	if fn.Thread != Any && fn.Thread != b.class {
		q.call.fail("", WrongThread, "the batch runs on a thread of another class")
	}
	return q.call
}

// Add ends the encoding of the call that was begun last; decode is called after
// Run and puts results where to points. An error is of the arguments; the call
// is then not in the batch.
func (b *Batch) Add(c *Call, decode func(*Call, [4]any), to [4]any) error {
	if c.err != nil {
		return c.err
	}
	q := b.queue[b.n]
	q.length, q.decode, q.to = c.head(), decode, to
	b.n++
	return nil
}

// Len returns the number of calls.
func (b *Batch) Len() int { return b.n }

// Run runs the calls, in their order, and empties the batch. The error is the
// first of a call's; the others are run all the same, unless the plug-in is gone.
func (b *Batch) Run(ctx context.Context) error {
	n := b.n
	b.n = 0
	if b.err != nil {
		err := b.err
		b.err = nil
		return err
	}
	b.calls.Reset()
	for _, q := range b.queue[:n] {
		proc := b.link.dispatch.Procedure
		proc.Means = q.call.function.Name
		if err := b.calls.Add(proc, uint64(q.frame.block.Address), uint64(q.length)); err != nil {
			return err
		}
		q.frame.turn.Unlock()
	}
	err := b.thread.Run(ctx, &b.calls)
	for _, q := range b.queue[:n] {
		q.frame.turn.Lock()
	}
	if err != nil {
		return err
	}
	if len(b.calls.Results) != n {
		return &fault.Crash{Plugin: b.link.plugin.Path(), Arch: b.link.plugin.Arch().String(), Damage: errors.New("results are missing")}
	}
	for i, q := range b.queue[:n] {
		q.call.answered(int(uint32(b.calls.Results[i])), nil)
		q.decode(q.call, q.to)
		if e := q.call.End(); e != nil && err == nil {
			err = e
		}
		q.to = [4]any{}
	}
	return err
}

// Close frees what the batch holds; the frames stay with the plug-in.
func (b *Batch) Close() { b.queue, b.n = nil, 0 }
