package ladspa_test

import (
	"errors"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/crossplug/crossplug"
	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/hosts/ladspa"
)

// defect is one of testdata/bad_library.c.
type defect struct {
	name   string
	method string // that fails
	fate   fate
	says   string // part of the error
}

var defects = []defect{
	{"NONE", "", survives, ""},
	{"EXIT_IN_CONSTRUCTOR", "Open", byExit(3), "loading"},
	{"CRASH_IN_CONSTRUCTOR", "Open", bySignal(syscall.SIGSEGV), "loading"},
	{"UNDEFINED_SYMBOL", "Open", is(crossplug.ErrBadImage), "nowhere_to_be_found"},
	{"NO_ENTRY", "Open", is(crossplug.ErrBadImage), "exports no ladspa_descriptor"},
	{"CRASH_IN_DESTRUCTOR", "", survives, ""},
	{"CRASH_IN_ENTRY", "Open", bySignal(syscall.SIGSEGV), "ladspa_descriptor"},
	{"NO_PLUGINS", "Find", is(crossplug.ErrNotFound), "no plug-ins"},
	{"ENDLESS_LIST", "Open", is(crossplug.ErrBadImage), "plug-ins"},
	{"BAD_DESCRIPTOR_POINTER", "Open", bySignal(syscall.SIGSEGV), "in ladspa_descriptor"},
	{"HUGE_PORT_COUNT", "Open", is(crossplug.ErrBadImage), "an array is longer than its maximum"},
	{"MANY_PORTS", "", survives, ""},
	{"LONG_NAMES", "Open", is(crossplug.ErrBadImage), "too long"},
	{"NO_PORT_ARRAYS", "Open", is(crossplug.ErrBadImage), "does not describe"},
	{"BAD_PORT_ARRAY_POINTER", "Open", bySignal(syscall.SIGSEGV), "in ladspa_descriptor"},
	{"PORT_OF_NO_KIND", "Open", is(crossplug.ErrBadImage), `port 1 ("Output")`},
	{"PORT_OF_EVERY_KIND", "Open", is(crossplug.ErrBadImage), `port 1 ("Output")`},
	{"NULL_NAMES", "", survives, ""},
	{"BAD_NAME_POINTER", "Open", bySignal(syscall.SIGSEGV), "in ladspa_descriptor"},
	{"BAD_PORT_NAME_POINTER", "Open", bySignal(syscall.SIGSEGV), "in ladspa_descriptor"},
	{"ENDLESS_NAME", "Open", is(crossplug.ErrBadImage), "longer than"},
	{"NAME_RUNS_OFF_THE_PAGE", "Open", bySignal(syscall.SIGSEGV), "in ladspa_descriptor"},
	{"STRANGE_NAMES", "", survives, ""},
	{"NO_INSTANTIATE", "Open", is(crossplug.ErrBadImage), "no function instantiate"},
	{"NO_RUN", "Open", is(crossplug.ErrBadImage), "no function run"},
	{"BAD_RUN_POINTER", "Run", bySignal(syscall.SIGSEGV), "in LADSPA_Descriptor.run"},
	{"NAN_HINTS", "", survives, ""},
	{"INFINITE_HINTS", "", survives, ""},
	{"UPSIDE_DOWN_HINTS", "", survives, ""},
	{"ALL_HINTS", "", survives, ""},
	{"REFUSES_TO_INSTANTIATE", "New", refuses, "half: the plug-in refuses"},
	{"ONLY_NEEDED_FUNCTIONS", "", survives, ""},
}

var slowDefects = []defect{
	{"HANG_IN_CONSTRUCTOR", "Open", hangs, "loading"},
	{"SLOW_CONSTRUCTOR", "", survives, ""},
	{"HANG_IN_ENTRY", "Open", hangs, "ladspa_descriptor"},
	{"HANG_IN_DESTRUCTOR", "", survives, ""},
}

// refuses is for a plug-in that works as it should, but not like this.
func refuses(err error) bool { return err != nil && !dies(err) }

func TestBadLibraries(t *testing.T) {
	onEach(t, func(t *testing.T, a arch.Arch) {
		if _, err := use(t, defects[0].build(t, a)); errors.Is(err, crossplug.ErrNoRuntime) {
			t.Skip(err)
		}
		var wg sync.WaitGroup
		for _, d := range slowDefects {
			so := d.build(t, a)
			var opts []crossplug.Option
			if d.method == "Open" { // it hangs there
				opts = append(opts, impatiently)
			}
			wg.Go(func() { d.check(t, so, opts...) })
		}
		wg.Wait()
		for _, d := range defects {
			t.Run(d.name, func(t *testing.T) {
				so := d.build(t, a)
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				d.check(t, so)
				runtime.ReadMemStats(&after)
				if n := after.TotalAlloc - before.TotalAlloc; n > 128<<20 {
					t.Errorf("it cost %d MiB of memory", n>>20)
				}
			})
		}
	})
}

func (d defect) build(t *testing.T, a arch.Arch) string {
	t.Helper()
	return build(t, a, "bad_library.c", "-DDEFECT="+d.name, "-DDEFECT_"+d.name)
}

// check uses the library and looks at what comes of it.
func (d defect) check(t *testing.T, so string, opts ...crossplug.Option) {
	t.Helper()
	method, err := use(t, so, opts...)
	if !d.fate(err) || err != nil && (method != d.method || !strings.Contains(err.Error(), d.says)) {
		t.Errorf("%s: %s failed with %v", d.name, method, err)
	}
}

// use does with the first plug-in of a library what programs do. It returns the
// method that failed.
func use(t *testing.T, so string, opts ...crossplug.Option) (method string, err error) {
	t.Helper()
	ctx := t.Context()
	l, err := ladspa.Open(ctx, so, opts...)
	if err != nil {
		return "Open", err
	}
	defer closeSoon(t, l)
	if _, err := l.Find(""); err != nil {
		return "Find", err
	}
	d := l.Plugins()[0]
	i, err := l.New(ctx, d, 48000, 256)
	if err != nil {
		return "New", err
	}
	for _, p := range d.Ports {
		_ = p.RangeText(48000)
		if v, _ := p.Default(48000); v != v || v-v != 0 {
			t.Errorf("the default of port %d is %v", p.Index, v)
		}
		if p.Control && p.Input {
			_ = i.Set(p.Index, 1) // whether that is in range depends on the defect
		}
	}
	if err := runOnce(t, i, 0.5); err != nil {
		return "Run", err
	}
	return "Close", i.Close(ctx)
}
