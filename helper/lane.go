package helper

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/crossplug/crossplug/abi"
	"github.com/crossplug/crossplug/fault"
	"github.com/crossplug/crossplug/helper/ring"
	"github.com/crossplug/crossplug/helper/wire"
)

// A lane is a rail for one thread: calls put into shared memory, one futex
// wake-up to the helper's thread, one back. Native, with both threads on one
// processor, that is a few microseconds; a message over a socket to another,
// idle, processor takes twenty times as long.
//
//	this side                           the helper's thread
//	writes calls, LANE_REQUEST++   -->  runs them
//	  [serves the callback, RETURN <--  a call calls back: STATE_CALLED, LANE_RESPONSE++
//	   LANE_REQUEST++]             -->  the call goes on
//	reads results                  <--  STATE_DONE, LANE_RESPONSE++
//
// Turns alternate strictly, so each counter has one writer and tells whose turn
// it is. A callback may use the lane again: its calls are written behind those
// that are still to run, and the helper runs them on the same stack.

// laneLayout is the layout of protocol.h as a table, for the test of its rules.
var laneLayout = []ring.Field{
	{Name: "request", Offset: laneRequest, Size: 4, Writer: "host", Signal: true},
	{Name: "response", Offset: laneResponse, Size: 4, Writer: "helper", Signal: true},
	{Name: "host waits", Offset: laneHostWaits, Size: 4, Writer: "host", Signal: true},
	{Name: "guest waits", Offset: laneGuestWaits, Size: 4, Writer: "helper", Signal: true},
	{Name: "turn of the host", Offset: laneKind, Size: laneSpin + 4 - laneKind, Writer: "host"},
	{Name: "turn of the helper", Offset: laneState, Size: laneAt + 4 - laneState, Writer: "helper"},
	{Name: "callback's arguments", Offset: laneArgs, Size: 8 * maxArgs, Writer: "helper"},
	{Name: "calls", Offset: laneCalls, Size: laneResults - laneCalls, Writer: "host"},
	{Name: "results", Offset: laneResults, Size: laneSize - laneResults, Writer: "helper"},
}

// Lane carries the calls of one thread at a time. Its methods may be called
// concurrently; they take turns, except that calls made with a callback's
// context nest.
type Lane struct {
	p                                        *Process
	block                                    *Block
	request, response, hostWaits, guestWaits ring.Word
	spin                                     int  // how often this side looks for its turn before it sleeps
	placed                                   bool // by SetSpin: patience has no say
	patience                                 patience

	busy  sync.Mutex
	turns uint32 // taken by this side, and by the other before ours
	calls int    // bytes of laneCalls that outer runs still need
	rests int    // bytes of laneResults, likewise

	mu    sync.Mutex // for what follows: a crash is described by another goroutine
	now   *abi.Batch // that the helper runs
	first int        // index in now of the first call it was given

	pinned *unix.CPUSet // what the caller's thread could use before Pin
}

// NewLane makes a lane and starts the helper's thread for it.
func (p *Process) NewLane(ctx context.Context) (*Lane, error) {
	block, err := p.Share(laneSize)
	if err != nil {
		return nil, err
	}
	l := &Lane{p: p, block: block}
	for at, word := range map[uint32]*ring.Word{laneRequest: &l.request, laneResponse: &l.response, laneHostWaits: &l.hostWaits, laneGuestWaits: &l.guestWaits} {
		if *word, err = p.memory.Word(block.block.Offset + at); err != nil {
			return nil, err
		}
	}
	p.mu.Lock()
	p.lanes[l] = true
	p.mu.Unlock()
	var w wire.Writer
	w.U32(block.block.Offset)
	if _, err := p.request(ctx, "starting a thread", opLane, w.Body()); err != nil {
		l.forget()
		return nil, err
	}
	return l, nil
}

func (l *Lane) forget() {
	l.p.mu.Lock()
	delete(l.p.lanes, l)
	l.p.mu.Unlock()
	_ = l.block.Free()
}

// Close ends the helper's thread and frees the lane.
func (l *Lane) Close() error {
	l.busy.Lock()
	defer l.busy.Unlock()
	if l.p.Err() != nil {
		return nil // it went with its process
	}
	_, err := l.turn(context.Background(), turnStop)
	l.forget()
	return err
}

// SetSpin makes both sides look n times for the other's turn before they sleep,
// always; without it they find out whether that pays. It is worth its processor
// time only if the two run on processors of their own: there a call takes less
// than a microsecond. Together with Pin it makes calls slow.
func (l *Lane) SetSpin(n int) {
	l.busy.Lock()
	defer l.busy.Unlock()
	l.placed = true
	l.look(n, n)
}

// look makes this side look for its turn that often before it sleeps, and the
// helper too.
func (l *Lane) look(here, there int) {
	l.spin = here
	l.put(laneSpin, uint32(there))
}

// Pin puts the calling goroutine's thread and the helper's thread on the same
// processor, the one that this runs on, where switching between the two is
// fastest. The goroutine stays wired to its thread until Unpin, which it must
// call.
func (l *Lane) Pin(ctx context.Context) error {
	l.busy.Lock()
	defer l.busy.Unlock()
	if l.pinned != nil {
		return nil
	}
	runtime.LockOSThread()
	var before, only unix.CPUSet
	var cpu uint32
	err := unix.SchedGetaffinity(0, &before)
	if err == nil {
		cpu, err = currentCPU()
	}
	if err == nil {
		only.Set(int(cpu))
		err = unix.SchedSetaffinity(0, &only)
	}
	if err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("pinning to a processor: %w", err)
	}
	l.pinned = &before
	if !l.placed {
		l.look(0, 0)
	}
	l.put(laneCount, cpu)
	_, err = l.turn(ctx, turnPin)
	return err
}

// Unpin undoes Pin, on the same goroutine.
func (l *Lane) Unpin() {
	l.busy.Lock()
	defer l.busy.Unlock()
	if l.pinned == nil {
		return
	}
	_ = unix.SchedSetaffinity(0, l.pinned)
	l.pinned, l.patience = nil, patience{}
	runtime.UnlockOSThread()
	if l.p.Err() == nil {
		l.put(laneCount, ^uint32(0)) // any processor
		_, _ = l.turn(context.Background(), turnPin)
	}
}

// Run runs a batch of calls, in order, on the helper's thread. A batch larger
// than the lane crosses in portions. With the context of a callback that came
// on this lane, the batch nests inside the call that the callback interrupts.
func (l *Lane) Run(ctx context.Context, b *abi.Batch) error {
	if inside, ok := ctx.Value(laneKey{l.p}).(*Lane); !ok || inside != l {
		l.busy.Lock()
		defer l.busy.Unlock()
	}
	return l.run(ctx, b)
}

func (l *Lane) run(ctx context.Context, b *abi.Batch) error {
	b.Results = b.Results[:0]
	for len(b.Results) < b.Len() {
		if err := l.runPortion(ctx, b, len(b.Results)); err != nil {
			return err
		}
	}
	return nil
}

// putCalls writes as many calls of b, from first on, as there is room for. It
// returns their number and the end of their records.
func (l *Lane) putCalls(b *abi.Batch, first int) (n, end int) {
	area := l.block.Bytes[laneCalls:laneResults]
	most := (laneSize - laneResults - l.rests) / 8
	for end = l.calls; first+n < b.Len() && n < most; n++ {
		fn, args := b.Call(first + n)
		size := callArgs + 8*len(args)
		if len(area)-end < size {
			break
		}
		record := area[end : end+size]
		binary.LittleEndian.PutUint64(record, fn.Address) // two words, low word first
		c := classesOf(fn.Type)
		copy(record[callClasses:], c[:])
		for i, a := range args {
			binary.LittleEndian.PutUint64(record[callArgs+8*i:], a)
		}
		end += size
	}
	return n, end
}

// runPortion lets the helper run calls of b, as many as the lane holds, and
// serves their callbacks.
func (l *Lane) runPortion(ctx context.Context, b *abi.Batch, first int) error {
	calls, rests := l.calls, l.rests
	n, end := l.putCalls(b, first)
	if n == 0 {
		fn, _ := b.Call(first)
		return fmt.Errorf("%s: %w: calls are nested too deeply for the lane", fn.Name, fault.ErrMismatch)
	}
	outer, outerFirst := l.setRunning(b, first)
	defer l.setRunning(outer, outerFirst)
	l.put(laneFirst, uint32(calls))
	l.put(laneAnswers, uint32(rests))
	l.put(laneCount, uint32(n))
	state, err := l.turn(ctx, turnRun)
	for err == nil && state == stateCalled {
		// Nested runs may overwrite what the helper needs no more: everything
		// if it is in its last call. What it says of that it can only use to
		// confuse itself.
		at := int(min(l.get(laneAt), uint32(n-1)))
		if at < n-1 {
			l.calls = end
		}
		l.rests = rests + 8*at
		var v uint64
		v, err = l.callback(ctx)
		l.calls, l.rests = calls, rests
		if err == nil {
			binary.LittleEndian.PutUint64(l.block.Bytes[laneValue:], v)
			state, err = l.turn(ctx, turnReturn)
		}
	}
	if err != nil {
		return err
	}
	for i := range n {
		fn, _ := b.Call(first + i)
		v := binary.LittleEndian.Uint64(l.block.Bytes[laneResults+rests+8*i:])
		b.Results = append(b.Results, fn.Type.Result.Extend(l.p.model, v))
	}
	return nil
}

// callback serves the callback that the helper asks for.
func (l *Lane) callback(ctx context.Context) (uint64, error) {
	id := l.get(laneID)
	cb := l.p.callbacks.get(id)
	if cb == nil {
		return 0, nil // released in the meantime
	}
	args := make([]uint64, len(cb.Procedure.Type.Args))
	for i := range args {
		args[i] = binary.LittleEndian.Uint64(l.block.Bytes[laneArgs+8*i:])
	}
	returned := false
	defer func() {
		if !returned { // a panic on its way up: the helper's thread waits for an answer that never comes
			l.p.kill()
			<-l.p.done // or whoever recovers could still call it
		}
	}()
	v := cb.call(context.WithValue(ctx, laneKey{l.p}, l), args)
	returned = true
	return v, nil
}

// callOne runs a single call on a lane that the caller holds or is inside of.
func (l *Lane) callOne(ctx context.Context, fn abi.Procedure, args []uint64) (uint64, error) {
	b := batches.Get().(*abi.Batch)
	b.Reset()
	defer batches.Put(b)
	if err := b.Add(fn, args...); err != nil {
		return 0, err
	}
	if err := l.run(ctx, b); err != nil {
		return 0, err
	}
	return b.Results[0], nil
}

var batches = sync.Pool{New: func() any { return new(abi.Batch) }}

// setRunning notes what the helper is given to run, and returns what it was.
func (l *Lane) setRunning(b *abi.Batch, first int) (*abi.Batch, int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	outer, outerFirst := l.now, l.first
	l.now, l.first = b, first
	return outer, outerFirst
}

// running names the call that the helper is in, from its own word. It is for
// the description of a crash.
func (l *Lane) running() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.now
	if b == nil {
		return ""
	}
	i := l.first + int(min(l.get(laneAt), uint32(b.Len())))
	if i >= b.Len() {
		return ""
	}
	fn, _ := b.Call(i)
	return fn.String()
}

func (l *Lane) put(offset int, v uint32) { binary.LittleEndian.PutUint32(l.block.Bytes[offset:], v) }
func (l *Lane) get(offset int) uint32    { return binary.LittleEndian.Uint32(l.block.Bytes[offset:]) }

// slice bounds one sleep, and so how late the end of a context is noticed. The
// end of the helper interrupts the sleep.
const slice = 50 * time.Millisecond

// turn gives the helper its turn and waits for ours. It returns the helper's
// state.
func (l *Lane) turn(ctx context.Context, kind uint32) (uint32, error) {
	if err := l.p.Err(); err != nil {
		return 0, err
	}
	l.put(laneKind, kind)
	before := l.turns
	l.turns++
	l.request.Store(l.turns)
	if l.guestWaits.Load() != 0 {
		l.request.Wake()
	}
	now := l.response.Load()
	for i := 0; i < l.spin && now == before; i++ {
		now = l.response.Load()
	}
	if !l.placed && l.pinned == nil && l.patience.note(now != before) {
		if l.patience.looks {
			l.look(hostLooks, helperLooks)
		} else {
			l.look(0, 0)
		}
	}
	if now == before {
		var err error
		if now, err = l.sleep(ctx, before); err != nil {
			return 0, err
		}
	}
	if now != l.turns {
		return 0, l.p.endDamaged(l.running(), fmt.Errorf("it took %d turns where one was due", now-before))
	}
	return l.get(laneState), nil
}

// sleep waits until the helper has taken its turn.
func (l *Lane) sleep(ctx context.Context, before uint32) (uint32, error) {
	var deadline time.Time
	limit := l.p.opt.CallTimeout
	for {
		l.hostWaits.Store(1)
		if now := l.response.Load(); now != before {
			l.hostWaits.Store(0)
			return now, nil
		}
		now, err := l.response.Wait(before, slice)
		l.hostWaits.Store(0)
		switch {
		case err == nil:
			return now, nil
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return 0, err // the helper has ended, and this is why
		case ctx.Err() != nil:
			return 0, l.p.end(fmt.Errorf("%s: given up by its caller: %w", l.running(), context.Cause(ctx)))
		}
		if limit > 0 {
			// The clock is first read after the first slice: calls that do not
			// sleep for long never pay for it.
			if deadline.IsZero() {
				deadline = time.Now().Add(limit - slice)
			} else if time.Now().After(deadline) {
				return 0, l.p.end(l.p.hang(l.running(), limit))
			}
		}
	}
}
