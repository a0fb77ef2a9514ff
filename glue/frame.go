package glue

import (
	"context"
	"sync"

	"github.com/crossplug/crossplug"
	"github.com/crossplug/crossplug/abi"
)

const (
	frameSize = 256 << 10 // of a thread's frame: the longest message
	batchSize = 4 << 10   // of each call in a batch
	maxLanes  = 8         // threads for calls that may run on any
	spares    = 2         // frames for threads of the plug-in's own
)

// frame is an area of shared memory for messages, and the thread of the
// plug-in's side that it belongs to. One chain of nested calls uses it at a time.
type frame struct {
	link   *Link
	block  *crossplug.Block
	class  Class
	spare  bool
	thread *crossplug.Thread // nil: a thread of the plug-in's own, which calls over the wire
	calls  []*Call           // by depth
	depth  int

	// turn is held while it is this side's. A plug-in's side that calls up out of
	// its turn, on a frame that is not its own, is refused.
	turn sync.Mutex
}

// push returns the state of a new call inside those under way.
func (f *frame) push() *Call {
	if f.depth == len(f.calls) {
		f.calls = append(f.calls, &Call{frame: f, link: f.link})
	}
	c := f.calls[f.depth]
	f.depth++
	c.Message = Message{frame: f.block.Bytes}
	c.ctx, c.cancel, c.function, c.id, c.self, c.handle, c.failed = nil, nil, nil, 0, 0, 0, nil
	c.lent = c.lent[:0]
	return c
}

// dispatch lets the dispatcher serve the request of n bytes in the frame, which
// is for a function. batch is the call's own: calls nest.
func (f *frame) dispatch(ctx context.Context, fn *Function, batch *abi.Batch, n int) (int, error) {
	f.turn.Unlock()
	defer f.turn.Lock()
	proc := f.link.dispatch
	proc.Means = fn.Name
	if f.thread == nil {
		v, err := proc.Call(ctx, f.block, uint32(n))
		return int(uint32(v.Uint())), err
	}
	batch.Reset()
	if err := batch.Add(proc.Procedure, uint64(f.block.Address), uint64(n)); err != nil {
		return 0, err
	}
	if err := f.thread.Run(ctx, batch); err != nil {
		return 0, err
	}
	return int(uint32(batch.Results[0])), nil
}

// Thread is a thread of the plug-in's side, for functions of the real-time
// class: calls on it wait for no others. One goroutine at a time may use it.
type Thread struct {
	*crossplug.Thread
	frame *frame
}

// NewThread starts a thread. It lasts until its Close or the plug-in's.
func (l *Link) NewThread(ctx context.Context) (*Thread, error) {
	f, err := l.newFrame(ctx, RealTime, frameSize)
	if err != nil {
		return nil, err
	}
	return &Thread{f.thread, f}, nil
}
