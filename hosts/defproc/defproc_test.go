package defproc

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/resource"
	"github.com/crossplug/crossplug/guest"
	"github.com/crossplug/crossplug/guest/mixedmode"
	"github.com/crossplug/crossplug/internal/crosstest"
	"github.com/crossplug/crossplug/link"
)

// build compiles a function of testdata/window.c as a resource.
func build(t testing.TB, form link.Form, kind, function string) *resource.Resource {
	t.Helper()
	osType, err := resource.ParseOSType(kind)
	if err != nil {
		t.Fatal(err)
	}
	info, err := ProcInfo(osType)
	if err != nil {
		t.Fatal(err)
	}
	p := &link.Product{Form: form, Name: function, Type: osType, ID: 128, ProcInfo: info}
	crosstest.Build(t, p, link.Input{Main: function}, nil, filepath.Join("testdata", "window.c"))
	return crosstest.Resource(t, p)
}

// world says which code runs where.
type world struct {
	form    link.Form
	without guest.Processor
	runs    string // the processor that runs the procedure
}

var worlds = []world{
	{link.Code, guest.Neither, "68K"},
	{link.Code, guest.PowerPC, "68K"},
	{link.Accelerated, guest.Neither, "PowerPC"},
	{link.Accelerated, guest.M68K, "PowerPC"},
	{link.Fat, guest.Neither, "PowerPC"},
	{link.Fat, guest.PowerPC, "68K"},
	{link.Fat, guest.M68K, "PowerPC"},
	{link.SafeFat, guest.Neither, "PowerPC"},
	{link.SafeFat, guest.PowerPC, "68K"},
}

// open makes a host that notes switches.
func open(t testing.TB, without guest.Processor, switches *[]string) *Host {
	t.Helper()
	h, err := New(guest.Options{Without: without, Trace: func(from, to string, _ uint32, _ coderes.ProcInfo, _ []uint32) {
		*switches = append(*switches, from+" to "+to)
	}})
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

func callers(w world) []Caller {
	all := []Caller{FromGo}
	if w.without != guest.M68K {
		all = append(all, From68K)
	}
	if w.without != guest.PowerPC {
		all = append(all, FromPowerPC)
	}
	return all
}

// TestWindow calls a window definition in every form, from every caller, on every
// machine that has the processors: the same answers, with the variables kept.
func TestWindow(t *testing.T) {
	for _, w := range worlds {
		t.Run(w.form.String()+map[guest.Processor]string{guest.Neither: "", guest.PowerPC: " without PowerPC", guest.M68K: " without 68K"}[w.without], func(t *testing.T) {
			var switches []string
			h := open(t, w.without, &switches)
			d, err := h.Load(build(t, w.form, "WDEF", "window"))
			if err != nil {
				t.Fatal(err)
			}
			if d.ProcInfo != 0x3bb0 {
				t.Errorf("a WDEF's ProcInfo is 0x3bb0, not %#x", uint32(d.ProcInfo))
			}
			calls := uint32(0)
			for round := range 2 {
				for _, from := range callers(w) {
					call := func(args ...uint32) uint32 {
						t.Helper()
						calls++
						result, err := d.Call(t.Context(), from, args...)
						if err != nil {
							t.Fatalf("round %d, from %v: %v", round, from, err)
						}
						return result
					}
					switches = nil
					minus5 := ^uint32(5) + 1
					if got := int32(call(minus5, 70, 2, 1000)); got != -5*1000+1000-70 {
						t.Errorf("from %v: %d", from, got)
					}
					if !slices.ContainsFunc(switches, func(s string) bool { return strings.HasSuffix(s, " to "+w.runs) }) && from.String() != w.runs {
						t.Errorf("from %v: %s did not run: %v", from, w.runs, switches)
					}
					if got := call(0, 0, 3, 0); got != calls {
						t.Errorf("from %v: call %d is the procedure's %d", from, calls, got)
					}
					call(0, 0, 7, 0x12345678+calls)
					if got := call(0, 0, 8, 0); got != 0x12345678+calls-2 {
						t.Errorf("from %v: kept %#x", from, got)
					}
				}
			}
		})
	}
}

// TestList calls a procedure with more parameters than PowerPC has registers for.
func TestList(t *testing.T) {
	for _, w := range worlds {
		var switches []string
		h := open(t, w.without, &switches)
		d, err := h.Load(build(t, w.form, "LDEF", "list"))
		if err != nil {
			t.Fatal(err)
		}
		at, err := h.Machine().Allocate(8)
		if err != nil {
			t.Fatal(err)
		}
		for _, from := range callers(w) {
			if err := h.Machine().Memory().Store32(at, 0); err != nil {
				t.Fatal(err)
			}
			if _, err := d.Call(t.Context(), from, 1, 1, at, 0x100, 20, 30, 4000); err != nil {
				t.Fatalf("%v from %v: %v", w, from, err)
			}
			got, err := h.Machine().Memory().Load32(at)
			if want := uint32(2 + 3 + 5*0x100 + 7*20 + 11*30 + 13*4000); err != nil || got != want {
				t.Errorf("%v from %v: %d, not %d (%v)", w, from, got, want, err)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	var switches []string
	h := open(t, guest.PowerPC, &switches)
	if _, err := h.Load(&resource.Resource{Type: 0x49434f4e, ID: 1}); err == nil || !strings.Contains(err.Error(), "'ICON' is no type of definition procedures") {
		t.Error(err)
	}
	d, err := h.Load(&resource.Resource{Type: 0x57444546, ID: 1, Data: []byte{0x4e, 0x75}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Call(t.Context(), FromPowerPC, 1, 2, 3, 4); !errors.Is(err, mixedmode.ErrNoProcessor) {
		t.Error(err)
	}
	if _, err := d.Call(t.Context(), 3, 1, 2, 3, 4); err == nil {
		t.Error("a caller that there is not")
	}
	if _, err := d.Call(t.Context(), From68K, 1, 2, 3, 4); !errors.Is(err, mixedmode.ErrUnbalanced) {
		t.Errorf("code that leaves its parameters: %v", err)
	}
}
