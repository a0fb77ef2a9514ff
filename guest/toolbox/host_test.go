package toolbox_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/crossplug/crossplug/format/macfile"
	"github.com/crossplug/crossplug/format/resource"
	"github.com/crossplug/crossplug/guest"
	"github.com/crossplug/crossplug/guest/toolbox"
)

// TestHost uses the system as a host does: it adds a file, and gets a code
// resource of it that moves and is called.
func TestHost(t *testing.T) {
	m := newMachine(t, guest.Options{})
	s := m.System()
	code := osType(t, "PLUG")
	f := &macfile.File{Name: "A Plug-in", Data: section([]byte("data")), Resource: section(encode(t, &resource.Resource{Type: code, ID: 128, Data: words(0x707b, 0x4e75)}))}
	if err := s.AddFile(f); err != nil {
		t.Fatal(err)
	}
	ref := s.OpenResources("A Plug-in")
	if ref <= 0 || s.CurResFile() != ref {
		t.Fatalf("file %d, error %d", ref, s.ResError())
	}
	if s.OpenResources("None") != -1 || s.ResError() != -43 {
		t.Errorf("error %d", s.ResError())
	}
	h := s.GetResource(uint32(code), 128)
	s.HLock(h)
	at, err := m.Memory().Load32(h)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := m.Call(t.Context(), at, proc(t, "long proc(void)")); err != nil || v != 123 {
		t.Errorf("%d, %v", v, err)
	}
	if w := s.Where(at + 2); !strings.HasSuffix(w, "('PLUG' 128+0x2)") {
		t.Error(w)
	}
	for name, bad := range map[string]*macfile.File{"a colon": {Name: "a:b"}, "no name": {}, "an open file": {Name: "a plug-in"}} {
		if err := s.AddFile(bad); err == nil {
			t.Errorf("%s was added", name)
		}
	}
	// A mistake of the host's is an error, not a panic.
	s.GetIndString(0xfffffff0, 1, 1)
	if err := s.Err(); err == nil || s.Err() != nil {
		t.Error(err)
	}
	block, err := m.Allocate(10)
	if err != nil {
		t.Fatal(err)
	}
	if s.DisposePtr(block); s.MemError() != -111 {
		t.Error("the guest can dispose of the host's blocks")
	}
	if err := errors.Join(m.Free(block)); err != nil {
		t.Error(err)
	}
	if err := m.Free(s.NewPtr(10)); err == nil {
		t.Error("the host freed the guest's block")
	}
}

// TestCompressed expands resources, by the host's means.
func TestCompressed(t *testing.T) {
	header := &resource.CompressedHeader{Version: 8, Attributes: 1, Length: 5, Decompressor: 1}
	fork := encode(t, &resource.Resource{Type: osType(t, "TEXT"), ID: 1, Attributes: resource.Compressed, Data: append(header.Encode(), "x"...)})
	for _, decompress := range []func([]byte) ([]byte, error){
		nil,
		func([]byte) ([]byte, error) { return nil, io.ErrUnexpectedEOF },
		func(data []byte) ([]byte, error) { return []byte("5" + string(data[len(data)-1:]) + "678"), nil },
	} {
		m := newMachine(t, guest.Options{System: toolbox.Options{Files: fstest.MapFS{"File.rsrc": {Data: fork}, "File": {}}, Decompress: decompress}})
		s := m.System()
		s.OpenResources("File")
		h := s.Get1Resource(uint32(osType(t, "TEXT")), 1)
		if h == 0 {
			if s.ResError() != -186 {
				t.Errorf("error %d", s.ResError())
			}
			continue
		}
		at, _ := m.Memory().Load32(h)
		data := make([]byte, 5)
		if err := m.Memory().Load(data, at); err != nil || decompress == nil || string(data) != "5x678" || s.GetHandleSize(h) != 5 || s.GetResourceSizeOnDisk(h) != 5 {
			t.Errorf("%q, %v", data, err)
		}
	}
}

// BenchmarkTrap calls TickCount by its trap, and NewPtr with DisposePtr.
func BenchmarkTrap(b *testing.B) {
	m := newMachine(b, guest.Options{})
	info := proc(b, "void proc(void)")
	const calls = 1000
	for name, code := range map[string][]uint16{
		"TickCount": {0x42a7, 0xa975, 0x588f},               // CLR.L -(SP); trap; ADDQ.L #4,SP
		"NewPtr":    {0x707b, 0xa11e, 0xa01f},               // MOVEQ #123,D0; trap; trap
		"import":    {0x227c, 0, 0, 0x2059, 0x4e90, 0x4e71}, // as CFM-68K code
		"nothing":   {0x4e71, 0x4e71, 0x4e71},
	} {
		if name == "import" {
			at, _, _, _ := m.System().Library("InterfaceLib").Export("TickCount")
			code[1], code[2] = uint16(at>>16), uint16(at)
		}
		loop := append([]uint16{0x48e7, 0x0100, 0x3e3c, calls - 1}, code...) // MOVEM.L D7,-(SP); MOVE.W #n,D7
		loop = append(loop, 0x51cf, uint16(-2*len(code)-2), 0x4cdf, 0x0080, 0x4e75)
		at, err := m.Code("loop", words(loop...))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := m.Call(b.Context(), at, info); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/calls, "ns/call")
		})
	}
}
