package dcmp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/crossplug/crossplug/fault"
	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/format/resource"
	"github.com/crossplug/crossplug/internal/crosstest"
	"github.com/crossplug/crossplug/link"
)

// build links a 'dcmp' of sources in testdata. The first has its beginning.
func build(t testing.TB, sources ...string) []byte {
	t.Helper()
	return crosstest.Build(t, &link.Product{Form: link.Code}, link.Input{Main: "dcmp"}, nil, inTestdata(sources)...).Code
}

func inTestdata(names []string) []string {
	var paths []string
	for _, name := range names {
		paths = append(paths, filepath.Join("testdata", name))
	}
	return paths
}

// native links an 'ncmp'.
func native(t testing.TB, main string, exports []string, sources ...string) []byte {
	t.Helper()
	p := crosstest.Build(t, &link.Product{Form: link.SharedLibrary}, link.Input{Main: main, Exports: exports}, nil, inTestdata(sources)...)
	image, err := pef.Encode(p.Fragment)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func compressed(h resource.CompressedHeader, length int, data []byte) *resource.Resource {
	h.Attributes, h.Length = 1, uint32(length)
	return &resource.Resource{Type: 0x54455354, ID: 7, Attributes: resource.Compressed, Data: append(h.Encode(), data...)}
}

// runs compresses for runs.c.
func runs(data []byte) []byte {
	var out []byte
	for len(data) > 0 {
		n := 1
		for n < len(data) && n < 129 && data[n] == data[0] {
			n++
		}
		if n > 1 {
			out = append(out, byte(257-n), data[0])
		} else {
			for n < len(data) && n < 128 && data[n] != data[n-1] {
				n++
			}
			out = append(append(out, byte(n-1)), data[:n]...)
		}
		data = data[n:]
	}
	return out
}

// sample returns data of which much repeats.
func sample(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	var data []byte
	for len(data) < n {
		data = append(data, bytes.Repeat([]byte{byte(r.Uint32())}, 1+r.IntN(9))...)
	}
	return data[:n]
}

func TestVersion8(t *testing.T) {
	code := build(t, "version8.S", "runs.c")
	if got := binary.BigEndian.Uint32(code[4:]); got != uint32(typeDCMP) {
		t.Fatalf("'dcmp' is not at the fifth byte: %#x", got)
	}
	host := New(Options{}, &resource.Fork{}, &resource.Fork{Resources: []*resource.Resource{{Type: typeDCMP, ID: 128, Data: code}}})
	for _, n := range []int{0, 1, 1000, 100_000} {
		want := sample(n)
		got, err := host.Expand(t.Context(), compressed(resource.CompressedHeader{Version: 8, Decompressor: 128, WorkBuffer: 255, Extra: 3}, n, runs(want)))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes: %d bytes, %v", n, len(got), err)
		}
	}
}

// pairs makes data for pairs.c, and what they expand to.
func pairs(n int, own bool) (data, want []byte) {
	table := []uint16{0x0000, 0x4e75, 0x4e56, 0x2f0c, 0x4267, 0x4a6f, 0x6704, 0x7001}
	if own {
		table = make([]uint16, 256)
		for i := range table {
			table[i] = uint16(i * 257)
			data = binary.BigEndian.AppendUint16(data, table[i])
		}
	}
	for i := range n {
		data = append(data, byte(i%len(table)))
		want = binary.BigEndian.AppendUint16(want, table[i%len(table)])
	}
	return data, append(want, 42)
}

// TestVersion9 runs code that calls the system and writes over itself, both from the
// same resource, one after the other: neither may see what the other has written.
func TestVersion9(t *testing.T) {
	host := New(Options{}, &resource.Fork{Resources: []*resource.Resource{{Type: typeDCMP, ID: 2, Data: build(t, "version9.S", "pairs.c")}}})
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			for _, own := range []bool{true, false, true} {
				data, want := pairs(300, own)
				h := resource.CompressedHeader{Version: 9, Decompressor: 2}
				if own {
					h.Parameters[1] = 1
				}
				got, err := host.Expand(t.Context(), compressed(h, len(want), data))
				if err != nil || !bytes.Equal(got, want) {
					t.Errorf("own table %v: %x, %v", own, got, err)
				}
			}
		})
	}
	all.Wait()
}

func TestNative(t *testing.T) {
	want := sample(5000)
	for name, code := range map[string][]byte{
		"main":   native(t, "expand", nil, "runs.c"),
		"export": native(t, "", []string{"expand"}, "runs.c"),
	} {
		fork := &resource.Fork{Resources: []*resource.Resource{{Type: typeNCMP, ID: 5, Data: code}, {Type: typeDCMP, ID: 5, Data: []byte("never")}}}
		got, err := New(Options{Native: true}, fork).Expand(t.Context(), compressed(resource.CompressedHeader{Version: 8, Decompressor: 5, WorkBuffer: 255, Extra: 3}, len(want), runs(want)))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}

// hang and die are 68K code: a loop, and a write to where nothing is.
var (
	hang = []byte{0x60, 0xfe, 0, 0, 'd', 'c', 'm', 'p'}
	die  = []byte{0x60, 0x06, 0, 0, 'd', 'c', 'm', 'p', 0x42, 0xb8, 0xff, 0xf8, 0x4e, 0x75}
)

func TestBadDecompressors(t *testing.T) {
	header := resource.CompressedHeader{Version: 8, Decompressor: 1}
	cut := compressed(header, 10, nil)
	cut.Data = cut.Data[:10]
	for name, c := range map[string]struct {
		r    *resource.Resource
		code *resource.Resource
		is   error
		want string
	}{
		"none":         {compressed(header, 10, nil), nil, ErrNoDecompressor, "needs 'dcmp' 1: no decompressor; a System file"},
		"another":      {compressed(header, 10, nil), &resource.Resource{Type: typeDCMP, ID: 2, Data: hang}, ErrNoDecompressor, ""},
		"huge":         {compressed(header, 1<<30, nil), nil, fault.ErrBadImage, "expands to 1073741824 bytes (at most 16777216)"},
		"cut":          {cut, nil, nil, "compressed resource"},
		"hanging":      {compressed(header, 10, nil), &resource.Resource{Type: typeDCMP, ID: 1, Data: hang}, fault.ErrHung, "out of fuel"},
		"crashing":     {compressed(header, 10, nil), &resource.Resource{Type: typeDCMP, ID: 1, Data: die}, fault.ErrCrashed, "0xfffffff8"},
		"short":        {compressed(header, 10, nil), &resource.Resource{Type: typeDCMP, ID: 1, Data: hang[:4]}, fault.ErrBadImage, "4 bytes are no decompressor"},
		"outside":      {compressed(header, 10, nil), &resource.Resource{Type: typeDCMP, ID: 1, Data: []byte{0, 6, 0x40, 0, 0, 6, 0, 0}}, fault.ErrBadImage, "its second word, 16384,"},
		"odd":          {compressed(header, 10, nil), &resource.Resource{Type: typeDCMP, ID: 1, Data: []byte{0, 6, 0, 7, 0, 6, 0, 0}}, fault.ErrBadImage, "its second word, 7,"},
		"no fragment":  {compressed(header, 10, nil), &resource.Resource{Type: typeNCMP, ID: 1, Data: hang}, nil, "'ncmp' 1: PEF header"},
		"many symbols": {compressed(header, 10, nil), &resource.Resource{Type: typeNCMP, ID: 1, Data: native(t, "", []string{"expand", "work"}, "runs.c", "two.c")}, fault.ErrBadImage, "exports 2"},
	} {
		fork := &resource.Fork{}
		if c.code != nil {
			fork.Resources = append(fork.Resources, c.code)
		}
		data, err := New(Options{Fuel: 100_000}, fork).Expand(t.Context(), c.r)
		if err == nil || data != nil || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, not %q, which is %v", name, err, c.want, c.is)
		}
	}
	plain := &resource.Resource{Type: 0x54455354, ID: 7, Data: []byte("as it is")}
	if data, err := New(Options{}).Expand(t.Context(), plain); err != nil || string(data) != "as it is" {
		t.Errorf("%q, %v", data, err)
	}
}

// FuzzExpand gives decompressors, of which some are code, damaged resources.
func FuzzExpand(f *testing.F) {
	f.Add(uint8(8), uint32(10), []byte{0x81, 7}, hang)
	f.Add(uint8(9), uint32(10), []byte{0x81, 7}, die)
	f.Add(uint8(8), uint32(1<<24), []byte{}, []byte{0x60, 0x06, 0, 0, 'd', 'c', 'm', 'p', 0x4e, 0x75})
	f.Add(uint8(9), uint32(1), []byte("Joy!peffpwpc"), []byte("Joy!peffpwpc\x00\x00\x00\x01"))
	f.Fuzz(func(t *testing.T, version uint8, length uint32, data, code []byte) {
		h := resource.CompressedHeader{Version: version, Decompressor: 1, WorkBuffer: version, Extra: 10}
		for _, kind := range []resource.OSType{typeDCMP, typeNCMP} {
			host := New(Options{Fuel: 10_000}, &resource.Fork{Resources: []*resource.Resource{{Type: kind, ID: 1, Data: code}}})
			expanded, err := host.Expand(t.Context(), compressed(h, int(length), data))
			if err == nil && len(expanded) != int(length) {
				t.Errorf("%d bytes, not %d", len(expanded), length)
			}
		}
	})
}
