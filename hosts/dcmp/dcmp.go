// Package dcmp expands compressed resources by the code that was shipped with them,
// as the Resource Manager of System 7 did.
//
//	host := dcmp.New(dcmp.Options{}, file, system) // resource forks
//	data, err := host.Expand(ctx, r)
//
// A compressed resource names a decompressor, a resource of type 'dcmp', which is
// 68K code, or 'ncmp', a PowerPC fragment. It is looked for in the forks, in order:
// that of the resource itself, then that of a System file. No decompressor comes
// with this package; those of Apple's system are in its System files.
//
// Each resource is expanded in a machine of its own, so that what a decompressor
// leaves behind, in its own code for instance, never meets another resource.
//
// How decompressors are called, they themselves say; it was never published. The
// stack of a 68K decompressor has, from the return address up:
//
//	header version 8   length of the compressed data, work buffer, destination, source
//	header version 9   header, destination, source, length of the compressed data
//
// A 'dcmp' that has 'dcmp' at its fifth byte is entered at its first; any other
// begins with three offsets, of routines to begin with, to decompress, and to end.
// An 'ncmp' gets in r3 to r6 the source, the destination, the header or the work
// buffer, and the length.
package dcmp

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/crossplug/crossplug/fault"
	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/format/resource"
	"github.com/crossplug/crossplug/guest"
	"github.com/crossplug/crossplug/guest/memory"
)

// Options say how to run decompressors. The zero value is right for most.
type Options struct {
	// Native prefers an 'ncmp' to a 'dcmp'.
	Native bool
	// Fuel is how many instructions the expansion of a resource may take;
	// DefaultFuel if 0.
	Fuel int64
}

// DefaultFuel is enough for the largest resource that a decompressor of a few
// hundred instructions a byte could expand.
const DefaultFuel = 4_000_000_000

// mostExpanded is the most that a resource expands to: resources have less than
// 16 MiB.
const mostExpanded = 16 << 20

// Decompressors read past the end of their data; they find zeros there.
const padding = 256

const (
	typeDCMP resource.OSType = 0x64636d70
	typeNCMP resource.OSType = 0x6e636d70
)

// ErrNoDecompressor: none of the forks has the decompressor that a resource names.
var ErrNoDecompressor = errors.New("no decompressor")

// Host expands resources. It may be used by several goroutines.
type Host struct {
	options Options
	forks   []*resource.Fork
}

// New returns a host that looks for decompressors in forks, in order.
func New(o Options, forks ...*resource.Fork) *Host {
	if o.Fuel == 0 {
		o.Fuel = DefaultFuel
	}
	return &Host{o, forks}
}

// Expand returns what a resource is when it is not compressed: its data, if it is
// not anyway.
//
// The error wraps ErrNoDecompressor if there is none, and is a fault.ErrCrashed or
// fault.ErrHung if the decompressor failed.
func (h *Host) Expand(ctx context.Context, r *resource.Resource) ([]byte, error) {
	header, data, err := r.Compression()
	if err != nil {
		return nil, fmt.Errorf("%v: %w", r, err)
	}
	if header == nil {
		return data, nil
	}
	if header.Length > mostExpanded {
		return nil, fmt.Errorf("%v: expands to %d bytes (at most %d): %w", r, header.Length, mostExpanded, fault.ErrBadImage)
	}
	code := h.find(header.Decompressor)
	if code == nil {
		return nil, fmt.Errorf("%v: needs 'dcmp' %d: %w; a System file of System 7 to 9 may have it", r, header.Decompressor, ErrNoDecompressor)
	}
	m, err := guest.New(guest.Options{Fuel: h.options.Fuel, Unchecked: true})
	if err != nil {
		return nil, err
	}
	expanded, err := expand(ctx, m, code, header, data)
	if err = errors.Join(err, m.Close()); err != nil {
		return nil, fmt.Errorf("%v: %v: %w", r, code, err)
	}
	return expanded, nil
}

// find returns a decompressor's code, nil if there is none.
func (h *Host) find(id int16) *resource.Resource {
	types := []resource.OSType{typeDCMP, typeNCMP}
	if h.options.Native {
		types[0], types[1] = types[1], types[0]
	}
	for _, f := range h.forks {
		for _, t := range types {
			if r := f.Get(t, id); r != nil {
				return r
			}
		}
	}
	return nil
}

// expand has the code expand the data.
func expand(ctx context.Context, m *guest.Machine, code *resource.Resource, h *resource.CompressedHeader, data []byte) ([]byte, error) {
	whole := append(h.Encode(), data...)
	area := func(name string, size int) (uint32, error) {
		return m.Memory().Allocate(name, uint32(size+padding), memory.PageSize, memory.RW)
	}
	at, err := area("compressed resource", len(whole))
	if err != nil {
		return nil, err
	}
	if err := m.Memory().Store(at, whole); err != nil {
		return nil, err
	}
	destination, err := area("expanded resource", int(h.Length)+int(h.Extra))
	if err != nil {
		return nil, err
	}
	source, third, length := at+uint32(len(whole)-len(data)), at, uint32(len(data))
	if h.Version == 8 {
		if third, err = area("work buffer", len(data)*int(h.WorkBuffer)/256); err != nil {
			return nil, err
		}
	}
	if err := call(ctx, m, code, h.Version, source, destination, third, length); err != nil {
		return nil, err
	}
	expanded := make([]byte, h.Length)
	return expanded, m.Memory().Load(expanded, destination)
}

// How the code is called: four parameters of four bytes, in C's order for PowerPC
// and in Pascal's for a 68K, which leaves the last next to the return address.
const (
	procPascal = coderes.ProcInfo(0 | 3<<6 | 3<<8 | 3<<10 | 3<<12)
	procC      = coderes.ProcInfo(1 | 3<<6 | 3<<8 | 3<<10 | 3<<12)
)

// call calls the code. third is the work buffer of version 8, else the header.
func call(ctx context.Context, m *guest.Machine, code *resource.Resource, version uint8, source, destination, third, length uint32) error {
	if code.Type == typeNCMP {
		vector, err := entry(ctx, m, code)
		if err != nil {
			return err
		}
		_, err = m.CallVector(ctx, vector, procC, source, destination, third, length)
		return err
	}
	offset, err := enter(code.Data)
	if err != nil {
		return err
	}
	at, err := m.Code(code.String(), code.Data)
	if err != nil {
		return err
	}
	if version == 8 {
		_, err = m.Call(ctx, at+offset, procPascal, source, destination, third, length)
	} else {
		_, err = m.Call(ctx, at+offset, procPascal, length, source, destination, third)
	}
	return err
}

// enter returns the offset of a 'dcmp' at which it decompresses.
func enter(code []byte) (uint32, error) {
	if len(code) < 8 {
		return 0, fmt.Errorf("%d bytes are no decompressor: %w", len(code), fault.ErrBadImage)
	}
	if binary.BigEndian.Uint32(code[4:]) == uint32(typeDCMP) {
		return 0, nil
	}
	offset := uint32(binary.BigEndian.Uint16(code[2:]))
	if offset < 6 || offset&1 != 0 || offset >= uint32(len(code)) {
		return 0, fmt.Errorf("its second word, %d, is not where it decompresses: %w", offset, fault.ErrBadImage)
	}
	return offset, nil
}

// entry prepares an 'ncmp' and returns its routine: the main symbol, or the only one
// that it exports.
func entry(ctx context.Context, m *guest.Machine, code *resource.Resource) (uint32, error) {
	c, err := pef.Read(bytes.NewReader(code.Data), 0, int64(len(code.Data)), pef.Options{})
	if err != nil {
		return 0, err
	}
	conn, vector, err := m.Fragment(ctx, code.String(), c)
	if err != nil || vector != 0 {
		return vector, err
	}
	if n := conn.Count(); n != 1 {
		return 0, fmt.Errorf("it has no main symbol and exports %d, so none is its routine: %w", n, fault.ErrBadImage)
	}
	_, vector, _, err = conn.Symbol(0)
	return vector, err
}
