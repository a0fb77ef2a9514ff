package helper

import (
	"context"
	"fmt"
	"sync"

	"github.com/crossplug/crossplug/abi"
	"github.com/crossplug/crossplug/helper/wire"
)

// Func is a Go function that plug-ins can call. Arguments and result are bits,
// as in Process.Call, already extended by their types. Calls that it makes with
// its context nest inside the plug-in's call.
type Func func(ctx context.Context, args []uint64) uint64

// Callback is a C function in the helper that calls a Go function here.
type Callback struct {
	Procedure abi.Procedure
	id        uint32
	fn        Func
	p         *Process
}

// callbackTable finds callbacks by the ids that helpers send. An id is used
// once, so a late call of a released callback finds nothing.
type callbackTable struct {
	mu   sync.Mutex
	last uint32
	live map[uint32]*Callback
}

func (t *callbackTable) get(id uint32) *Callback {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.live[id]
}

// laneKey and wireKey mark the context of a callback: the lane that it came on,
// or that it came over the wire. They hold the process, because a callback of
// one helper may call another.
type laneKey struct{ p *Process }
type wireKey struct{ p *Process }

// NewCallback makes a C function of the given type that calls fn. It stays
// valid until Release. A helper has 64 for functions that return an integer or
// nothing, and 16 for functions that return a float.
func (p *Process) NewCallback(ctx context.Context, name string, sig abi.Signature, fn Func) (*Callback, error) {
	t := &p.callbacks
	t.mu.Lock()
	if t.live == nil {
		t.live = map[uint32]*Callback{}
	}
	t.last++
	cb := &Callback{Procedure: abi.Procedure{Name: name, Type: sig}, id: t.last, fn: fn, p: p}
	t.live[cb.id] = cb
	t.mu.Unlock()

	var w wire.Writer
	w.U32(cb.id)
	c := classesOf(sig)
	w.String(string(c[:1+len(sig.Args)]))
	address, err := p.number(ctx, "making callback "+name, opCallback, &w)
	if err != nil {
		cb.forget()
		return nil, err
	}
	cb.Procedure.Address = address
	return cb, nil
}

// Release takes the C function back. A plug-in that calls it all the same gets 0.
func (cb *Callback) Release(ctx context.Context) error {
	cb.forget()
	var w wire.Writer
	w.U64(cb.Procedure.Address)
	_, err := cb.p.request(ctx, "releasing callback "+cb.Procedure.Name, opRelease, w.Body())
	return err
}

func (cb *Callback) forget() {
	t := &cb.p.callbacks
	t.mu.Lock()
	delete(t.live, cb.id)
	t.mu.Unlock()
}

// call runs the Go function.
func (cb *Callback) call(ctx context.Context, args []uint64) uint64 {
	for i, t := range cb.Procedure.Type.Args {
		args[i] = t.Extend(cb.p.model, args[i])
	}
	return cb.fn(ctx, args)
}

// called serves OP_CALLED, the only request of a helper.
func (p *Process) called(ctx context.Context, op uint16, body []byte) ([]byte, error) {
	if op != opCalled {
		return nil, &wire.RemoteError{Code: errProtocol, Text: fmt.Sprintf("no such request: %d", op)}
	}
	r := wire.NewReader(body)
	cb := p.callbacks.get(r.U32())
	if cb == nil {
		return nil, &wire.RemoteError{Code: errNotFound, Text: "no such callback"}
	}
	args := make([]uint64, len(cb.Procedure.Type.Args))
	for i := range args {
		args[i] = r.U64()
	}
	if err := r.End(); err != nil {
		return nil, &wire.RemoteError{Code: errProtocol, Text: err.Error()}
	}
	var w wire.Writer
	w.U64(cb.call(context.WithValue(ctx, wireKey{p}, true), args))
	return w.Body(), nil
}
