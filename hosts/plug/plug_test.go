package plug

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"image/color"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/fault"
	"github.com/crossplug/crossplug/format/macfile"
	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/format/resource"
	"github.com/crossplug/crossplug/guest"
	"github.com/crossplug/crossplug/guest/cfm"
	"github.com/crossplug/crossplug/guest/toolbox"
	"github.com/crossplug/crossplug/internal/crosstest"
	"github.com/crossplug/crossplug/link"
)

var update = flag.Bool("update", false, "build the plug-ins in viewer anew")

func section(b []byte) *io.SectionReader {
	return io.NewSectionReader(bytes.NewReader(b), 0, int64(len(b)))
}

var flags = []string{"-I../../guest/toolbox/include", "-Iviewer", "-Wall", "-Wno-multichar", "-Wno-address-of-packed-member", "-O2"}

// libraryName is what the viewer's fragment is called, which is not its file's name.
const libraryName = "PictureViewerLib"

// hybrid builds the article's plug-in: an accelerated resource, and the import library
// that it enters, in one file.
func hybrid(t testing.TB) *macfile.File {
	t.Helper()
	system := link.Library{Name: "InterfaceLib", Symbols: toolbox.Exports("InterfaceLib")}
	library := &link.Product{Form: link.SharedLibrary, Name: libraryName}
	f := crosstest.File(t, crosstest.Build(t, library, link.Input{Exports: []string{"PlugInMain"}, Libraries: []link.Library{system}}, flags, "viewer/viewer.c"))
	viewer := link.Library{Name: libraryName, Weak: true, Symbols: map[string]pef.SymbolClass{"PlugInMain": pef.TVectorSymbol}}
	stub := &link.Product{Form: link.Accelerated, Name: "Viewer", Type: plugResource, ID: 1000, ProcInfo: entryProc}
	entry := crosstest.Resource(t, crosstest.Build(t, stub, link.Input{Main: "stub", Init: "initialise", Libraries: []link.Library{system, viewer}}, flags, "viewer/stub.c"))
	fork, err := resource.Read(f.Resource, f.Resource.Size())
	if err != nil {
		t.Fatal(err)
	}
	both, err := (&resource.Fork{Resources: append(fork.Resources, entry)}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	f.Name, f.Resource = "Picture Viewer", section(both)
	return f
}

// plain builds the plug-in as 68K code.
func plain(t testing.TB) *macfile.File {
	t.Helper()
	p := &link.Product{Form: link.Code, Name: "Picture Viewer 68K", Type: plugResource, ID: 1000, ProcInfo: entryProc}
	return crosstest.File(t, crosstest.Build(t, p, link.Input{Main: "PlugInMain"}, flags, "viewer/viewer.c"))
}

// picture makes a graymap whose pixels are their column times three.
func picture(kind string, width, height int) *macfile.File {
	data := fmt.Appendf(nil, "P5\n%d %d\n255\n", width, height)
	for range height {
		for x := range width {
			data = append(data, byte(3*x))
		}
	}
	f := &macfile.File{Name: fmt.Sprintf("Picture %d", width), Data: section(data), Resource: section(nil)}
	f.Finder.Type, _ = macfile.ParseOSType(kind)
	return f
}

func newHost(t testing.TB, o Options) *Host {
	t.Helper()
	h, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// TestViewer goes through the protocol with each kind of plug-in.
func TestViewer(t *testing.T) {
	for name, c := range map[string]struct {
		build   func(testing.TB) *macfile.File
		without guest.Processor
	}{
		"hybrid":                {hybrid, guest.Neither},
		"68K":                   {plain, guest.Neither},
		"68K without a PowerPC": {plain, guest.PowerPC},
	} {
		t.Run(name, func(t *testing.T) {
			var calls []string
			h := newHost(t, Options{Without: c.without, Width: 40, Height: 30, Trace: func(name string, _ []uint32) { calls = append(calls, name) }})
			p, err := h.Open(t.Context(), c.build(t))
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(name, "hybrid") {
				// Listing 4 of the article, in its order.
				if got := own(calls); !slices.Equal(got, []string{"CurResFile", "LMGetTopMapHndl", "UseResFile", "GetResource", "HomeResFile", "PBGetFCBInfoSync", "FSMakeFSSpec", "GetDiskFragment", "FindSymbol", "UseResFile"}) {
					t.Errorf("the initialisation routine called %q", got)
				}
			}
			expect(t, false)(p.Load(t.Context(), picture("TEXT", 10, 10)))
			if len(h.Windows()) != 0 {
				t.Fatal("a window for what is no picture")
			}
			expect(t, false)(p.Event(t.Context(), Event{What: 3, Message: 'i'}))
			expect(t, true)(p.Load(t.Context(), picture("PGM ", 20, 10)))
			if len(h.Windows()) != 1 {
				t.Fatalf("%d windows", len(h.Windows()))
			}
			w := h.Windows()[0]
			gray(t, w, 7, 9, 21)
			gray(t, w, 19, 0, 57)
			gray(t, w, 20, 5, 255)
			gray(t, w, 5, 10, 255)
			expect(t, false)(p.Event(t.Context(), Event{What: 3, Message: 'x'}))
			expect(t, true)(p.Event(t.Context(), Event{What: 3, Message: 'i'}))
			gray(t, w, 7, 9, 255-21)
			expect(t, true)(p.Load(t.Context(), picture("PGM ", 30, 30)))
			gray(t, w, 29, 29, 255-87)
			expect(t, true)(p.CloseWindow(t.Context(), w))
			if _, err := p.CloseWindow(t.Context(), w); err == nil {
				t.Error("closed again")
			}
			expect(t, true)(p.Load(t.Context(), picture("PGM ", 10, 10)))
			gray(t, h.Windows()[0], 9, 9, 255-27)
			if err := p.Exit(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// own leaves out what is called by every program: Mixed Mode.
func own(calls []string) []string {
	return slices.DeleteFunc(slices.Clone(calls), func(name string) bool {
		return strings.Contains(name, "RoutineDescriptor") || strings.Contains(name, "UniversalProc")
	})
}

func expect(t *testing.T, want bool) func(bool, error) {
	return func(got bool, err error) {
		t.Helper()
		if err != nil || got != want {
			t.Fatalf("%v (%v), not %v", got, err, want)
		}
	}
}

// gray looks at a pixel in the window's PNG.
func gray(t *testing.T, w *Window, x, y int, want uint8) {
	t.Helper()
	var file bytes.Buffer
	if err := w.WritePNG(&file); err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(&file)
	if err != nil {
		t.Fatal(err)
	}
	if got := color.GrayModel.Convert(picture.At(x, y)); got != (color.Gray{Y: want}) {
		t.Errorf("pixel %d, %d is %v, not %d", x, y, got, want)
	}
}

// TestFoundLibrary gives the program the library in its search path: then it is linked,
// and the plug-in does not look for it.
func TestFoundLibrary(t *testing.T) {
	f := hybrid(t)
	source, err := cfm.NewFileSource("Extensions", f)
	if err != nil {
		t.Fatal(err)
	}
	var calls []string
	h := newHost(t, Options{Libraries: []cfm.Source{source}, Trace: func(name string, _ []uint32) { calls = append(calls, name) }})
	p, err := h.Open(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	if got := own(calls); len(got) != 0 {
		t.Errorf("it called %q", got)
	}
	expect(t, true)(p.Load(t.Context(), picture("PGM ", 20, 10)))
}

// TestBadPlugins opens what is none.
func TestBadPlugins(t *testing.T) {
	with := func(name string, data []byte, resources ...*resource.Resource) *macfile.File {
		fork, err := (&resource.Fork{Resources: resources}).Encode()
		if err != nil {
			t.Fatal(err)
		}
		return &macfile.File{Name: name, Data: section(data), Resource: section(fork)}
	}
	alone := hybrid(t)
	alone.Data = section(nil) // an entry without its library
	for _, c := range []struct {
		f    *macfile.File
		is   error
		want string
	}{
		{&macfile.File{Name: "Empty", Data: section(nil), Resource: section(nil)}, nil, "Empty: it has no"},
		{with("Other", nil, &resource.Resource{Type: 0x49434f4e, ID: 1}), nil, "Other: it has no 'PLUG' resource"},
		{with("Refuses", nil, &resource.Resource{Type: plugResource, ID: 1, Data: []byte{0x20, 0x5f, 0x58, 0x4f, 0x42, 0x57, 0x4e, 0xd0}}), nil, "Refuses: it refuses to begin"},
		{with("Crashes", nil, &resource.Resource{Type: plugResource, ID: 1, Data: []byte{0x42, 0xb8, 0xff, 0xf0}}), fault.ErrCrashed, "0xfffffff0"},
		{with("Hangs", nil, &resource.Resource{Type: plugResource, ID: 1, Data: []byte{0x60, 0xfe}}), fault.ErrHung, "out of fuel"},
		{alone, nil, "initialisation"},
	} {
		h := newHost(t, Options{Fuel: 1e6})
		p, err := h.Open(t.Context(), c.f)
		if err == nil || p != nil || !strings.Contains(err.Error(), c.want) || c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("%s: %v, not %q", c.f.Name, err, c.want)
		}
	}
	if _, err := New(Options{Width: -1}); err == nil {
		t.Error("a window of negative width")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h := newHost(t, Options{})
	if _, err := h.Open(ctx, with("Hangs", nil, &resource.Resource{Type: plugResource, ID: 1, Data: []byte{0x60, 0xfe}})); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestPrebuilt sees that the committed plug-ins are what their sources give.
func TestPrebuilt(t *testing.T) {
	crosstest.NeedSame(t, link.PowerPC().Program, link.M68K().Program)
	for name, f := range map[string]*macfile.File{"Viewer.bin": hybrid(t), "Viewer68K.bin": plain(t)} {
		var want bytes.Buffer
		if err := f.WriteMacBinary(&want); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("viewer", name)
		if *update {
			if err := os.WriteFile(path, want.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want.Bytes()) {
			t.Errorf("%s is not what its source gives: go test ./hosts/plug -run Prebuilt -update (%v)", path, err)
		}
	}
}
