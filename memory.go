package crossplug

import (
	"context"
	"fmt"

	"github.com/crossplug/crossplug/abi"
	"github.com/crossplug/crossplug/fault"
)

// Block is memory that this program and the plug-in both see. Numbers in it are
// the plug-in's: in its byte order and sizes, see Plugin.Model. The plug-in may
// change it at any time.
type Block struct {
	Bytes   []byte  // here; not to be used after Plugin.Close
	Address Pointer // of Bytes[0] in the plug-in's memory
	free    func() error
}

// Free gives the block back. The plug-in must not use it any more.
func (b *Block) Free() error { return b.free() }

// Model returns the sizes, alignments and byte order of the plug-in's data.
func (p *Plugin) Model() abi.Model { return p.shared.Model() }

// Share allocates zeroed memory, aligned to 64 bytes, that both sides see.
func (p *Plugin) Share(size int) (*Block, error) { return p.shared.Share(size) }

// SharedMemory returns where the plug-in sees the memory that all Blocks lie in,
// and how large it is.
func (p *Plugin) SharedMemory() (base Pointer, size int) {
	b, size := p.shared.SharedMemory()
	return Pointer(b), size
}

// shareString makes a NUL-terminated copy of s that the plug-in can read.
func (p *Plugin) shareString(s string) (*Block, error) {
	b, err := p.Share(len(s) + 1)
	if err == nil {
		copy(b.Bytes, s) // the NUL is there
	}
	return b, err
}

// Read copies the plug-in's memory into b. An address that is not mapped there
// crashes the plug-in, not this program.
func (p *Plugin) Read(ctx context.Context, at Pointer, b []byte) error {
	return p.shared.Read(ctx, uint64(at), b)
}

// Write copies b into the plug-in's memory, with the same caution.
func (p *Plugin) Write(ctx context.Context, at Pointer, b []byte) error {
	return p.shared.Write(ctx, uint64(at), b)
}

// ReadStrings reads NUL-terminated strings of at most longest bytes each. A
// null pointer gives "".
func (p *Plugin) ReadStrings(ctx context.Context, longest int, at ...Pointer) ([]string, error) {
	addresses := make([]uint64, len(at))
	for i, a := range at {
		addresses[i] = uint64(a)
	}
	return p.shared.ReadStrings(ctx, longest, addresses...)
}

// ReadString reads one NUL-terminated string.
func (p *Plugin) ReadString(ctx context.Context, at Pointer, longest int) (string, error) {
	s, err := p.ReadStrings(ctx, longest, at)
	if err != nil {
		return "", err
	}
	return s[0], nil
}

// ReadArray reads n consecutive values of a type and returns their bits,
// extended to 64 by their signedness. n is checked against a bound before
// anything is allocated, because it usually comes from the plug-in.
func (p *Plugin) ReadArray(ctx context.Context, at Pointer, t abi.Type, n, most int) ([]uint64, error) {
	if n < 0 || n > most {
		return nil, fmt.Errorf("%w: %d values at %#x (at most %d)", fault.ErrBadImage, n, uint64(at), most)
	}
	m := p.Model()
	size := m.Size(t)
	raw := make([]byte, n*size)
	if err := p.Read(ctx, at, raw); err != nil {
		return nil, err
	}
	values := make([]uint64, n)
	for i := range values {
		values[i] = m.Uint(t, raw[i*size:])
	}
	return values, nil
}

// ReadStruct reads a C struct with the given fields and returns their bits,
// extended to 64 by their signedness.
func (p *Plugin) ReadStruct(ctx context.Context, at Pointer, fields ...abi.Type) ([]uint64, error) {
	m := p.Model()
	offsets, size := m.Struct(fields...)
	raw := make([]byte, size)
	if err := p.Read(ctx, at, raw); err != nil {
		return nil, err
	}
	values := make([]uint64, len(fields))
	for i, f := range fields {
		values[i] = m.Uint(f, raw[offsets[i]:])
	}
	return values, nil
}
