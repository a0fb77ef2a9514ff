package crossplug

import (
	"context"
	"fmt"
	"math"
	"reflect"

	"github.com/crossplug/crossplug/abi"
	"github.com/crossplug/crossplug/fault"
)

// Pointer is an address in a plug-in's memory. It means nothing in this
// process; Plugin.Read and its neighbours reach what it points to.
type Pointer uint64

// Proc is a universal procedure pointer: a procedure, its C signature and the
// runtime in which it lives. The zero Proc is a null pointer.
type Proc struct {
	plugin *Plugin
	abi.Procedure
}

// Lookup returns a procedure that the plug-in exports. The signature is
// written in C's order with crossplug's types, for example "ptr (ulong)"; see
// abi.Parse. If there is no such symbol the error is ErrNotFound.
func (p *Plugin) Lookup(ctx context.Context, name, signature string) (Proc, error) {
	sig, err := abi.Parse(signature)
	if err != nil {
		return Proc{}, err
	}
	return p.lookup(ctx, p.module, name, sig)
}

// LookupPreloaded is Lookup for what Preload has loaded before the plug-in. Of
// several that define a symbol, the first counts.
func (p *Plugin) LookupPreloaded(ctx context.Context, name, signature string) (Proc, error) {
	sig, err := abi.Parse(signature)
	if err != nil {
		return Proc{}, err
	}
	err = fmt.Errorf("%s: %s: %w: nothing was loaded before the plug-in", p.path, name, fault.ErrNotFound)
	for _, m := range p.before {
		var proc Proc
		if proc, err = p.lookup(ctx, m, name, sig); err == nil {
			return proc, nil
		}
	}
	return Proc{}, err
}

func (p *Plugin) lookup(ctx context.Context, module uint64, name string, sig abi.Signature) (Proc, error) {
	address, err := p.shared.Lookup(ctx, module, name)
	if err != nil {
		return Proc{}, fmt.Errorf("%s: %w", p.path, err)
	}
	return p.At(Pointer(address), name, sig), nil
}

// At returns the procedure at an address that the plug-in gave, for example in
// a structure of function pointers. name is for errors.
func (p *Plugin) At(address Pointer, name string, sig abi.Signature) Proc {
	return Proc{p, abi.Procedure{Address: uint64(address), Name: name, Type: sig}}
}

// Pointer returns the address of the procedure.
func (f Proc) Pointer() Pointer { return Pointer(f.Address) }

// Call switches to the procedure's runtime, calls it, and returns its result.
// Arguments may be any of Go's integers, floats and bool, Pointer, *Block,
// Proc, Value, nil for a null pointer, and string where the signature says str:
// the plug-in then sees a NUL-terminated copy for the duration of the call. An
// argument that does not fit the signature is an ErrMismatch and nothing is
// called.
//
// Used inside a callback with the callback's context, the call nests.
func (f Proc) Call(ctx context.Context, args ...any) (Value, error) {
	if f.plugin == nil || f.Address == 0 {
		return Value{}, fmt.Errorf("%w: call of a null procedure %s", fault.ErrMismatch, f.Name)
	}
	if len(args) != len(f.Type.Args) {
		return Value{}, fmt.Errorf("%s: %w: %d arguments for %v", f.Name, fault.ErrMismatch, len(args), f.Type)
	}
	words := make([]uint64, len(args))
	for i, a := range args {
		t := f.Type.Args[i]
		if s, ok := a.(string); ok && t == abi.String {
			block, err := f.plugin.shareString(s)
			if err != nil {
				return Value{}, err
			}
			defer block.Free()
			a, t = block, abi.Pointer
		}
		w, err := f.plugin.bits(a, t)
		if err != nil {
			return Value{}, fmt.Errorf("%s: argument %d: %w", f.Name, i+1, err)
		}
		words[i] = w
	}
	v, err := f.plugin.shared.Call(ctx, f.Procedure, words...)
	if err != nil {
		return Value{}, err
	}
	r := Value{bits: v, kind: f.Type.Result}
	if r.kind == abi.String && v != 0 {
		if r.text, err = f.plugin.ReadString(ctx, Pointer(v), longestString); err != nil {
			return Value{}, fmt.Errorf("%s: its result: %w", f.Name, err)
		}
	}
	return r, nil
}

// longestString bounds a string that a procedure returns.
const longestString = 1 << 20

// bits turns a Go value into the bits of type t, refusing what does not fit.
func (p *Plugin) bits(a any, t abi.Type) (uint64, error) {
	switch a := a.(type) {
	case nil:
		if t == abi.Pointer || t == abi.String {
			return 0, nil
		}
	case Value:
		return a.bits, nil
	case *Block:
		return p.pointerBits(uint64(a.Address), t)
	case Proc:
		if a.plugin != nil && a.plugin.shared != p.shared {
			return 0, fmt.Errorf("%w: %s lives in another runtime", fault.ErrMismatch, a.Name)
		}
		return p.pointerBits(a.Address, t)
	case Pointer:
		return p.pointerBits(uint64(a), t)
	}
	v := reflect.ValueOf(a)
	switch {
	case v.Kind() == reflect.Bool && !t.Float() && t != abi.Pointer && t != abi.String:
		if v.Bool() {
			return 1, nil
		}
		return 0, nil
	case t == abi.Pointer || t == abi.String: // only what is meant as a pointer
	case v.CanFloat() && t == abi.F32:
		return uint64(math.Float32bits(float32(v.Float()))), nil
	case v.CanFloat() && t == abi.F64:
		return math.Float64bits(v.Float()), nil
	case v.CanInt() && !t.Float():
		n := v.Int()
		if bits := uint64(n); p.fits(bits, t, n < 0) {
			return bits, nil
		}
		return 0, fmt.Errorf("%w: %d is out of range for %v", fault.ErrMismatch, n, t)
	case v.CanUint() && !t.Float():
		if p.fits(v.Uint(), t, false) {
			return v.Uint(), nil
		}
		return 0, fmt.Errorf("%w: %d is out of range for %v", fault.ErrMismatch, v.Uint(), t)
	}
	return 0, fmt.Errorf("%w: %T cannot be passed as %v", fault.ErrMismatch, a, t)
}

func (p *Plugin) pointerBits(address uint64, t abi.Type) (uint64, error) {
	if t != abi.Pointer && t != abi.String {
		return 0, fmt.Errorf("%w: a pointer cannot be passed as %v", fault.ErrMismatch, t)
	}
	return address, nil
}

// fits reports whether an integer survives as a value of type t.
func (p *Plugin) fits(bits uint64, t abi.Type, negative bool) bool {
	if !t.Signed() && negative || t.Signed() && !negative && int64(bits) < 0 {
		return false
	}
	return t.Extend(p.Model(), bits) == bits
}

// Value is a result, or an argument of a callback.
type Value struct {
	bits uint64
	kind abi.Type
	text string
}

// Int returns an integer, sign-extended if its type is signed.
func (v Value) Int() int64 { return int64(v.bits) }

// Uint returns an integer.
func (v Value) Uint() uint64 { return v.bits }

// Pointer returns a pointer; of a str, the string's address.
func (v Value) Pointer() Pointer { return Pointer(v.bits) }

// Float returns a floating-point number.
func (v Value) Float() float64 {
	if v.kind == abi.F32 {
		return float64(math.Float32frombits(uint32(v.bits)))
	}
	return math.Float64frombits(v.bits)
}

// String returns the text of a str, and any other value as text.
func (v Value) String() string {
	switch {
	case v.kind == abi.String:
		return v.text
	case v.kind == abi.Void:
		return ""
	case v.kind.Float():
		return fmt.Sprint(v.Float())
	case v.kind == abi.Pointer:
		return fmt.Sprintf("%#x", v.bits)
	case v.kind.Signed():
		return fmt.Sprint(v.Int())
	}
	return fmt.Sprint(v.bits)
}

// Func makes a Go function callable by the plug-in, as a C function of the
// given signature; pass the Proc as an argument, or store its Pointer. fn runs
// while the plug-in waits; calls that it makes with its ctx nest inside the
// plug-in's call. It returns a value as Call takes them, nil for void; one that
// does not fit the signature is a mistake in the program, and Func's function
// panics. Release it when the plug-in does not need it any more.
//
// A str argument arrives as its address; read it with ReadString.
func (p *Plugin) Func(ctx context.Context, name, signature string, fn func(ctx context.Context, args []Value) any) (Proc, func(context.Context) error, error) {
	sig, err := abi.Parse(signature)
	if err != nil {
		return Proc{}, nil, err
	}
	call := func(ctx context.Context, words []uint64) uint64 {
		args := make([]Value, len(words))
		for i, w := range words {
			args[i] = Value{bits: w, kind: sig.Args[i]}
			if sig.Args[i] == abi.String {
				args[i].kind = abi.Pointer
			}
		}
		result := fn(ctx, args)
		if sig.Result == abi.Void {
			return 0
		}
		w, err := p.bits(result, sig.Result)
		if err != nil {
			panic(fmt.Sprintf("crossplug: callback %s: its result: %v", name, err))
		}
		return w
	}
	proc, release, err := p.shared.Callback(ctx, name, sig, call)
	if err != nil {
		return Proc{}, nil, err
	}
	return Proc{p, proc}, release, nil
}
