package crossplug

import (
	"context"

	"github.com/crossplug/crossplug/abi"
	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/helper"
)

// runtime is whatever can run an image. A new kind of runtime is a new
// implementation here and a case in start.
type runtime interface {
	Arch() arch.Arch
	Model() abi.Model
	Describe() string

	Load(ctx context.Context, path string) (module uint64, err error)
	LoadBytes(ctx context.Context, name string, image []byte) (module uint64, err error)
	Unload(ctx context.Context, module uint64) error
	Lookup(ctx context.Context, module uint64, symbol string) (uint64, error)
	Call(ctx context.Context, fn abi.Procedure, args ...uint64) (uint64, error)
	Callback(ctx context.Context, name string, sig abi.Signature, fn helper.Func) (abi.Procedure, func(context.Context) error, error)
	Thread(ctx context.Context) (thread, error)

	Read(ctx context.Context, address uint64, b []byte) error
	ReadStrings(ctx context.Context, longest int, addresses ...uint64) ([]string, error)
	Write(ctx context.Context, address uint64, b []byte) error
	Share(size int) (*Block, error)
	SharedMemory() (base uint64, size int)

	Done() <-chan struct{}
	Err() error
	Close() error
}

// thread is one thread of a runtime.
type thread interface {
	Run(ctx context.Context, b *abi.Batch) error
	Pin(ctx context.Context) error
	Unpin()
	SetSpin(n int)
	Close() error
}

// start starts the runtime for an architecture.
func start(ctx context.Context, a arch.Arch, o *options) (runtime, error) {
	p, err := helper.Start(ctx, a, o.helper)
	if err != nil {
		return nil, err
	}
	return helperRuntime{p}, nil
}

// runnable says whether this machine can run an architecture.
func runnable(a arch.Arch, o *options) error {
	_, err := helper.Find(a, o.helper.Prefer, o.helper.Sysroots)
	return err
}

// helperRuntime is a helper host as a runtime.
type helperRuntime struct{ *helper.Process }

func (r helperRuntime) Describe() string { return r.Launch().String() }

func (r helperRuntime) Load(ctx context.Context, path string) (uint64, error) {
	m, err := r.Process.Load(ctx, path)
	return uint64(m), err
}

func (r helperRuntime) LoadBytes(ctx context.Context, name string, image []byte) (uint64, error) {
	m, err := r.Process.LoadBytes(ctx, name, image)
	return uint64(m), err
}

func (r helperRuntime) Unload(ctx context.Context, module uint64) error {
	return r.Process.Unload(ctx, helper.Module(module))
}

func (r helperRuntime) Lookup(ctx context.Context, module uint64, symbol string) (uint64, error) {
	return r.Process.Lookup(ctx, helper.Module(module), symbol)
}

func (r helperRuntime) Callback(ctx context.Context, name string, sig abi.Signature, fn helper.Func) (abi.Procedure, func(context.Context) error, error) {
	cb, err := r.NewCallback(ctx, name, sig, fn)
	if err != nil {
		return abi.Procedure{}, nil, err
	}
	return cb.Procedure, cb.Release, nil
}

func (r helperRuntime) Thread(ctx context.Context) (thread, error) { return r.NewLane(ctx) }

func (r helperRuntime) Share(size int) (*Block, error) {
	b, err := r.Process.Share(size)
	if err != nil {
		return nil, err
	}
	return &Block{Bytes: b.Bytes, Address: Pointer(b.Address), free: b.Free}, nil
}
