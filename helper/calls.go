package helper

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/crossplug/crossplug/abi"
	"github.com/crossplug/crossplug/fault"
	"github.com/crossplug/crossplug/helper/ring"
	"github.com/crossplug/crossplug/helper/wire"
)

// Module identifies a loaded shared object of a Process.
type Module uint64

// Load loads a shared object into the helper. The error is fault.ErrBadImage
// with the dynamic loader's own words if it refuses.
func (p *Process) Load(ctx context.Context, path string) (Module, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return 0, err
	}
	p.mu.Lock()
	p.loaded = append(p.loaded, loaded{path, 0})
	p.mu.Unlock()
	var w wire.Writer
	w.String(path)
	m, err := p.number(ctx, "loading "+path, opLoad, &w)
	p.mu.Lock()
	if i := slices.Index(p.loaded, loaded{path, 0}); err == nil {
		p.loaded[i].module = Module(m)
	} else {
		p.loaded = slices.Delete(p.loaded, i, i+1)
	}
	p.mu.Unlock()
	if err != nil {
		return 0, p.withMissingLibrary(err)
	}
	return Module(m), nil
}

// LoadBytes loads a shared object that is given as bytes. Unlike with Load, what
// it defines is there for all that is loaded after it. The name, of at most 200
// bytes, is for errors. The error is fault.ErrBadImage with the dynamic loader's
// own words if it refuses.
func (p *Process) LoadBytes(ctx context.Context, name string, image []byte) (Module, error) {
	var w wire.Writer
	w.String(name)
	w.Bytes(image)
	m, err := p.number(ctx, "loading "+name, opLoadBytes, &w)
	return Module(m), err
}

// missingLibrary is how every version of glibc says that a needed library is
// not there.
var missingLibrary = regexp.MustCompile(`(\S+): cannot open shared object file: No such file`)

// withMissingLibrary adds to a loader's error how to get the library.
func (p *Process) withMissingLibrary(err error) error {
	m := missingLibrary.FindStringSubmatch(err.Error())
	if m == nil || filepath.IsAbs(m[1]) || p.launch.Tree.Root == "" {
		return err
	}
	return fmt.Errorf("%w (crossplug sysroot add %v PACKAGE adds the package that has %s)", err, p.arch, m[1])
}

// Unload drops a shared object. The plug-in's addresses mean nothing after it.
func (p *Process) Unload(ctx context.Context, m Module) error {
	var w wire.Writer
	w.U64(uint64(m))
	_, err := p.request(ctx, "unloading", opUnload, w.Body())
	p.mu.Lock()
	if i := slices.IndexFunc(p.loaded, func(l loaded) bool { return l.module == m }); i >= 0 && m != 0 { // 0 stands for those that are being loaded
		p.loaded = slices.Delete(p.loaded, i, i+1)
	}
	p.mu.Unlock()
	return err
}

// Lookup returns the address of a symbol, or fault.ErrNotFound. Module 0 stands
// for what the helper itself has loaded, the C library above all.
func (p *Process) Lookup(ctx context.Context, m Module, symbol string) (uint64, error) {
	var w wire.Writer
	w.U64(uint64(m))
	w.String(symbol)
	return p.number(ctx, "looking up "+symbol, opLookup, &w)
}

// number makes a request whose answer is one u64.
func (p *Process) number(ctx context.Context, doing string, op uint16, w *wire.Writer) (uint64, error) {
	r, err := p.request(ctx, doing, op, w.Body())
	if err != nil {
		return 0, err
	}
	v := r.U64()
	if err := r.End(); err != nil {
		return 0, p.endDamaged(doing, err)
	}
	return v, nil
}

// Call calls a C function. Arguments are the bits of the values: integers
// extended to 64 bits by their signedness, a float in the low 32 bits. So is
// the result.
//
// Calls go one at a time, on one thread of the helper. A call made with the
// context of a callback nests inside the call that the callback interrupts.
func (p *Process) Call(ctx context.Context, fn abi.Procedure, args ...uint64) (uint64, error) {
	if len(args) != len(fn.Type.Args) {
		return 0, fmt.Errorf("%s: %w: %d arguments for %v", fn.Name, fault.ErrMismatch, len(args), fn.Type)
	}
	if _, ok := ctx.Value(wireKey{p}).(bool); ok {
		return p.callOnWire(ctx, fn, args)
	}
	if l, ok := ctx.Value(laneKey{p}).(*Lane); ok {
		return l.callOne(ctx, fn, args)
	}
	p.mainLane.Lock()
	defer p.mainLane.Unlock()
	if p.mainLane.lane == nil {
		l, err := p.NewLane(ctx)
		if err != nil {
			return 0, err
		}
		p.mainLane.lane = l
	}
	return p.mainLane.lane.callOne(ctx, fn, args)
}

// callOnWire calls from within a callback that came over the wire, on the
// thread that made it.
func (p *Process) callOnWire(ctx context.Context, fn abi.Procedure, args []uint64) (uint64, error) {
	var w wire.Writer
	w.U64(fn.Address)
	c := classesOf(fn.Type)
	w.String(string(c[:1+len(args)]))
	for _, a := range args {
		w.U64(a)
	}
	v, err := p.number(ctx, fn.String(), opCall, &w)
	return fn.Type.Result.Extend(p.model, v), err
}

// classesOf says how the values of a signature travel, in the letters of
// protocol.h: the result, then the arguments, then zeros.
func classesOf(s abi.Signature) (c [16]byte) {
	c[0] = class(s.Result)
	for i, a := range s.Args {
		c[1+i] = class(a)
	}
	return c
}

func class(t abi.Type) byte {
	switch t {
	case abi.Void:
		return 'v'
	case abi.I64, abi.U64:
		return 'l'
	case abi.F32:
		return 'f'
	case abi.F64:
		return 'd'
	}
	return 'w'
}

// longestRead bounds one read, so that a large one does not hold up others.
const longestRead = 1 << 20

// Read copies memory of the helper into b. An address that is not mapped there
// crashes the helper.
func (p *Process) Read(ctx context.Context, address uint64, b []byte) error {
	for len(b) > 0 {
		n := min(len(b), longestRead)
		var w wire.Writer
		w.U64(address)
		w.U32(uint32(n))
		doing := fmt.Sprintf("reading %d bytes at %#x", n, address)
		got, err := p.ask(ctx, doing, opRead, w.Body())
		if err != nil {
			return err
		}
		if len(got) != n {
			return p.endDamaged(doing, fmt.Errorf("asked for %d bytes, it gave %d", n, len(got)))
		}
		copy(b, got)
		b, address = b[n:], address+uint64(n)
	}
	return nil
}

// ReadStrings reads NUL-terminated strings. A null pointer gives "". One that
// has no NUL within its first longest bytes is an error.
func (p *Process) ReadStrings(ctx context.Context, longest int, addresses ...uint64) ([]string, error) {
	var w wire.Writer
	w.U32(uint32(longest) + 1)
	for _, a := range addresses {
		w.U64(a)
	}
	doing := fmt.Sprintf("reading %d strings", len(addresses))
	r, err := p.request(ctx, doing, opReadStrings, w.Body())
	if err != nil {
		return nil, err
	}
	s := make([]string, len(addresses))
	for i := range s {
		s[i] = r.String()
		if len(s[i]) > longest {
			return nil, fmt.Errorf("%w: string at %#x is longer than %d bytes", fault.ErrBadImage, addresses[i], longest)
		}
	}
	if err := r.End(); err != nil {
		return nil, p.endDamaged(doing, err)
	}
	return s, nil
}

// Write copies b into memory of the helper.
func (p *Process) Write(ctx context.Context, address uint64, b []byte) error {
	for len(b) > 0 {
		n := min(len(b), longestRead)
		var w wire.Writer
		w.U64(address)
		w.Bytes(b[:n])
		if _, err := p.request(ctx, fmt.Sprintf("writing %d bytes at %#x", n, address), opWrite, w.Body()); err != nil {
			return err
		}
		b, address = b[n:], address+uint64(n)
	}
	return nil
}

// Alloc allocates zeroed memory in the helper, aligned to 64 bytes. This side
// reaches it with Read and Write only; Share gives memory that both sides see.
func (p *Process) Alloc(ctx context.Context, size int) (uint64, error) {
	var w wire.Writer
	w.U32(uint32(size))
	return p.number(ctx, fmt.Sprintf("allocating %d bytes", size), opAlloc, &w)
}

// Free frees what Alloc gave.
func (p *Process) Free(ctx context.Context, address uint64) error {
	var w wire.Writer
	w.U64(address)
	_, err := p.request(ctx, "freeing memory", opFree, w.Body())
	return err
}

// Block is memory that both sides see at once.
type Block struct {
	Bytes   []byte // on this side; unmapped by Process.Close
	Address uint64 // of Bytes[0] in the helper
	block   ring.Block
	p       *Process
}

// Share allocates zeroed shared memory, aligned to 64 bytes. Numbers in it are
// the plug-in's: in its byte order and sizes.
func (p *Process) Share(size int) (*Block, error) {
	b, err := p.pool.Alloc(size)
	if err != nil {
		return nil, fmt.Errorf("shared memory of the helper for %v: %w", p.arch, err)
	}
	bytes := p.pool.Bytes(b)
	clear(bytes)
	return &Block{Bytes: bytes, Address: p.base + uint64(b.Offset), block: b, p: p}, nil
}

// SharedMemory returns where the helper sees the memory that all blocks lie in,
// and how large it is.
func (p *Process) SharedMemory() (base uint64, size int) { return p.base, p.memory.Size() }

// Free gives the memory back.
func (b *Block) Free() error { return b.p.pool.Free(b.block) }
