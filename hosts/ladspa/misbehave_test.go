package ladspa_test

// Plug-ins that misbehave in every way a plug-in can, and what a program
// notices of it: one error, sorted by what to do about it, that names the
// plug-in and what it was doing. Nothing else happens to the program, to
// plug-ins in other helpers, or to the machine. The plug-ins are compiled from
// testdata/bad.c and testdata/bad_library.c.

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/crossplug/crossplug"
	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/fault"
	"github.com/crossplug/crossplug/hosts/ladspa"
)

// everything says that time does not matter.
var everything = os.Getenv("CROSSPLUG_TEST_ALL") != ""

// badArchs are what misbehaviour is tried on: a native architecture, one that
// the processor runs by itself, and an emulated one of the other byte order;
// the others if time does not matter.
var badArchs = []struct {
	arch     arch.Arch
	compiler string
	always   bool
}{
	{arch.LinuxAMD64, "x86_64-linux-gnu-gcc", true},
	{arch.LinuxI386, "i686-linux-gnu-gcc", true},
	{arch.LinuxS390X, "s390x-linux-gnu-gcc", true},
	{arch.LinuxARM64, "aarch64-linux-gnu-gcc", false},
	{arch.LinuxARMHF, "arm-linux-gnueabihf-gcc", false},
	{arch.LinuxPPC64EL, "powerpc64le-linux-gnu-gcc", false},
}

// onEach runs a test for each architecture, with -short for the machine's own.
func onEach(t *testing.T, test func(t *testing.T, a arch.Arch)) {
	for _, row := range badArchs {
		if row.always && !testing.Short() || row.arch == arch.Host() || everything {
			t.Run(row.arch.String(), func(t *testing.T) { test(t, row.arch) })
		}
	}
}

// build compiles a library from a file in testdata.
func build(t *testing.T, a arch.Arch, source string, flags ...string) string {
	t.Helper()
	var gcc string
	for _, row := range badArchs {
		if row.arch == a {
			gcc = row.compiler
		}
	}
	if _, err := exec.LookPath(gcc); err != nil {
		t.Skipf("%v (scripts/need cross installs it)", err)
	}
	if _, err := os.Stat("/usr/include/ladspa.h"); err != nil {
		t.Skipf("%v (scripts/need run installs it)", err)
	}
	so := filepath.Join(t.TempDir(), strings.TrimSuffix(source, ".c")+".so")
	// ladspa.h is the same for all architectures, but lies where only the
	// native compiler looks.
	args := append([]string{"-O0", "-w", "-shared", "-fPIC", "-pthread", "-idirafter", "/usr/include", "-o", so, filepath.Join("testdata", source)}, flags...)
	if text, err := exec.Command(gcc, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", gcc, err, text)
	}
	return so
}

// patience bounds calls of plug-ins that are to hang. It is long enough for
// what works to be done on a busy machine, emulated.
const patience = 2 * time.Second

// impatiently makes it so.
var impatiently = crossplug.CallTimeout(patience)

// openBad opens a library that must open. It is closed with the test.
func openBad(t *testing.T, path string, opts ...crossplug.Option) *ladspa.Library {
	t.Helper()
	l, err := ladspa.Open(t.Context(), path, opts...)
	if errors.Is(err, crossplug.ErrNoRuntime) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeSoon(t, l) })
	return l
}

// closeSoon closes a library, which ends whatever the library does against that.
func closeSoon(t *testing.T, l *ladspa.Library) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Errorf("closing the library: %v", err)
	}
}

func find(t *testing.T, l *ladspa.Library, label string) *ladspa.Descriptor {
	t.Helper()
	d, err := l.Find(label)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// instance makes an instance that must come about.
func instance(t *testing.T, l *ladspa.Library, label string) *ladspa.Instance {
	t.Helper()
	i, err := l.New(t.Context(), find(t, l, label), 48000, 256)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// runOnce runs a block through an instance that is to multiply it by gain.
func runOnce(t *testing.T, i *ladspa.Instance, gain float32) error {
	t.Helper()
	in, out := [][]float32{make([]float32, 100)}, [][]float32{make([]float32, 100)}
	for n := range in[0] {
		in[0][n] = float32(n) / 128
	}
	if err := i.Run(t.Context(), in, out); err != nil {
		return err
	}
	for n, v := range in[0] {
		if out[0][n] != gain*v {
			t.Errorf("frame %d: %v became %v", n, v, out[0][n])
			break
		}
	}
	return nil
}

// mustRun is runOnce for an instance that must be well.
func mustRun(t *testing.T, i *ladspa.Instance, gain float32) {
	t.Helper()
	if err := runOnce(t, i, gain); err != nil {
		t.Error(err)
	}
}

// live takes a plug-in of bad.c through a life. It returns the first method
// that failed, and how.
func live(t *testing.T, l *ladspa.Library, d *ladspa.Descriptor) (method string, err error) {
	t.Helper()
	ctx := t.Context()
	i, err := l.New(ctx, d, 48000, 256)
	if err != nil {
		return "New", err
	}
	defer func() {
		if again := i.Close(ctx); again != nil {
			t.Errorf("closing the instance afterwards: %v", again)
		}
	}()
	if err := i.Activate(ctx); err != nil {
		return "Activate", err
	}
	for range 3 {
		if err := runOnce(t, i, 2); err != nil {
			return "Run", err
		}
	}
	if err := i.Deactivate(ctx); err != nil {
		return "Deactivate", err
	}
	return "Close", i.Close(ctx)
}

// A fate is what must become of a plug-in, as an error says it.
type fate func(err error) bool

func survives(err error) bool { return err == nil }

func bySignal(s syscall.Signal) fate {
	return func(err error) bool {
		var c *fault.Crash
		return errors.Is(err, crossplug.ErrCrashed) && errors.As(err, &c) && c.Signal == s && c.Damage == nil
	}
}

func byAnySignal(err error) bool {
	var c *fault.Crash
	return errors.Is(err, crossplug.ErrCrashed) && errors.As(err, &c) && c.Signal != 0
}

func byExit(status int) fate {
	return func(err error) bool {
		var c *fault.Crash
		return errors.Is(err, crossplug.ErrCrashed) && errors.As(err, &c) && c.Signal == 0 && c.Exit == status && c.Damage == nil
	}
}

func byDamage(err error) bool {
	var c *fault.Crash
	return errors.Is(err, crossplug.ErrCrashed) && errors.As(err, &c) && c.Damage != nil
}

func hangs(err error) bool {
	var h *fault.Hang
	return errors.Is(err, crossplug.ErrHung) && errors.As(err, &h) && h.Deadline == patience
}

// dies is for deeds that may destroy one thing first or another.
func dies(err error) bool {
	return errors.Is(err, crossplug.ErrCrashed) || errors.Is(err, crossplug.ErrHung)
}

func mayDie(err error) bool { return err == nil || dies(err) }

// is is for errors without details.
func is(target error) fate { return func(err error) bool { return errors.Is(err, target) } }

// deeds of testdata/bad.c.
var deeds = []struct {
	name  string
	fate  fate
	loose bool // where it ends, and what is known of it then, depends
	run   bool // it makes sense in run only
}{
	{name: "segv", fate: bySignal(syscall.SIGSEGV)},
	{name: "jump", fate: bySignal(syscall.SIGSEGV)},
	{name: "trap", fate: byAnySignal}, // which one depends on the processor
	{name: "abort", fate: bySignal(syscall.SIGABRT)},
	{name: "quit", fate: byExit(0)},
	{name: "leave", fate: byExit(7)},
	{name: "suicide", fate: bySignal(syscall.SIGKILL)},
	{name: "overflow", fate: bySignal(syscall.SIGSEGV)},
	{name: "talk", fate: survives},
	{name: "gasp", fate: bySignal(syscall.SIGABRT)},
	{name: "babble", fate: mayDie, loose: true},
	{name: "deafen", fate: mayDie, loose: true},
	{name: "later", fate: mayDie, loose: true},
	{name: "overrun", fate: survives, run: true},
	{name: "scribble", fate: dies, run: true, loose: true},
	{name: "underrun", fate: dies, run: true, loose: true},
}

// slowDeeds take seconds, until patience ends or a child lets go of what it
// inherited.
var slowDeeds = []struct {
	name  string
	fate  fate
	hangs bool
}{
	{"loop", hangs, true},
	{"stop", hangs, true},
	{"end_thread", hangs, true},
	{"catch", hangs, true},
	{"orphan", byExit(9), false},
	{"spawn", survives, false},
	{"refuse", survives, false},
}

// steps of testdata/bad.c, and the method that takes each.
var steps = []struct{ name, method string }{
	{"run", "Run"},
	{"instantiate", "New"},
	{"connect_port", "New"},
	{"activate", "Activate"},
	{"deactivate", "Deactivate"},
	{"cleanup", "Close"},
}

func TestMisdeeds(t *testing.T) {
	onEach(t, func(t *testing.T, a arch.Arch) {
		so := build(t, a, "bad.c")
		bystander := instance(t, openBad(t, so), "good")
		for _, step := range steps {
			if step.name != "run" && a != arch.Host() && !everything {
				continue
			}
			for _, deed := range deeds {
				if deed.run && step.name != "run" {
					continue
				}
				label := step.name + "_" + deed.name
				t.Run(label, func(t *testing.T) {
					l := openBad(t, so)
					method, err := live(t, l, find(t, l, label))
					switch {
					case !deed.fate(err):
						t.Errorf("it ended in %s with %v", method, err)
					case err != nil:
						checkDead(t, l, err)
						if !deed.loose {
							checkNamed(t, err, so, label)
							if method != step.method {
								t.Errorf("%s failed, not %s", method, step.method)
							}
						}
					}
					mustRun(t, bystander, 2)
				})
			}
			if step.name == "run" || everything {
				t.Run(step.name+"_slow", func(t *testing.T) { misbehaveSlowly(t, so, step.name, step.method) })
				mustRun(t, bystander, 2)
			}
		}
	})
}

// misbehaveSlowly lets plug-ins do all slow deeds at once in one step, each in
// its own helper.
func misbehaveSlowly(t *testing.T, so, step, method string) {
	libraries := make([]*ladspa.Library, len(slowDeeds))
	for n, deed := range slowDeeds { // before the processors are busy
		if deed.hangs {
			libraries[n] = openBad(t, so, impatiently)
		} else {
			libraries[n] = openBad(t, so)
		}
	}
	var wg sync.WaitGroup
	for n, deed := range slowDeeds {
		l, label := libraries[n], step+"_"+deed.name
		d := find(t, l, label)
		wg.Go(func() {
			m, err := live(t, l, d)
			switch {
			case !deed.fate(err):
				t.Errorf("%s ended in %s with %v", label, m, err)
			case err != nil:
				checkDead(t, l, err)
				checkNamed(t, err, so, label)
				if m != method {
					t.Errorf("%s: %s failed, not %s", label, m, method)
				}
			}
			closeSoon(t, l)
		})
	}
	wg.Wait()
}

// checkDead checks that everything says what the first error said.
func checkDead(t *testing.T, l *ladspa.Library, err error) {
	t.Helper()
	why := l.Plugin().Err()
	if why == nil || !errors.Is(err, why) {
		t.Errorf("the library says that it ended with %v, the call said %v", why, err)
	}
	if _, again := l.New(t.Context(), l.Plugins()[0], 48000, 256); !errors.Is(again, why) {
		t.Errorf("a new instance afterwards: %v", again)
	}
}

// checkNamed checks that an error names the file and what was called.
func checkNamed(t *testing.T, err error, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error does not name %s: %v", part, err)
		}
	}
	if n := len(err.Error()); n > 4000 {
		t.Errorf("the error has %d bytes", n)
	}
}

// TestDeathBetweenCalls has the end come while no call may be under way: from
// a thread of the plug-in that crashes, and from this side, which has read
// what no helper says.
func TestDeathBetweenCalls(t *testing.T) {
	onEach(t, func(t *testing.T, a arch.Arch) {
		so := build(t, a, "bad.c")
		for label, want := range map[string]fate{"run_later": bySignal(syscall.SIGSEGV), "run_babble": byDamage} {
			l := openBad(t, so)
			i := instance(t, l, label)
			if err := runOnce(t, i, 2); !mayDie(err) {
				t.Errorf("%s: %v", label, err)
			}
			select {
			case <-l.Plugin().Done():
			case <-time.After(time.Minute):
				t.Fatalf("%s: the end went unnoticed", label)
			}
			err := runOnce(t, i, 2)
			if !want(err) {
				t.Errorf("%s: %v", label, err)
			}
			checkDead(t, l, err)
			if err := i.Close(t.Context()); err != nil {
				t.Errorf("%s: closing the instance: %v", label, err)
			}
		}
	})
}

// TestCompanions looks at what is in the same helper as a plug-in that
// crashes, and at what is in another one and busy meanwhile.
func TestCompanions(t *testing.T) {
	onEach(t, func(t *testing.T, a arch.Arch) {
		so := build(t, a, "bad.c")
		busy := instance(t, openBad(t, so), "good")
		var wg sync.WaitGroup
		stop := make(chan struct{})
		runs := 0
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					mustRun(t, busy, 2)
					runs++
				}
			}
		})

		var g crossplug.Group
		first, second := openBad(t, so, crossplug.InGroup(&g)), openBad(t, so, crossplug.InGroup(&g))
		sibling, companion := instance(t, first, "good"), instance(t, second, "good")
		mustRun(t, sibling, 2)
		mustRun(t, companion, 2)
		err := runOnce(t, instance(t, first, "run_abort"), 2)
		if !bySignal(syscall.SIGABRT)(err) {
			t.Errorf("got %v", err)
		}
		for _, i := range []*ladspa.Instance{sibling, companion} {
			if again := runOnce(t, i, 2); !errors.Is(again, errors.Unwrap(err)) { // each names its own plug-in
				t.Errorf("in the same helper: %v", again)
			}
			if err := i.Close(t.Context()); err != nil {
				t.Errorf("closing an instance: %v", err)
			}
		}
		// The group starts anew.
		mustRun(t, instance(t, openBad(t, so, crossplug.InGroup(&g)), "good"), 2)
		close(stop)
		wg.Wait()
		if runs == 0 {
			t.Error("the bystander was not busy")
		}
	})
}

// TestBrokenChain has a plug-in crash in the middle of a chain over several
// architectures.
func TestBrokenChain(t *testing.T) {
	ctx := t.Context()
	stage := func(a arch.Arch, label string) *ladspa.Stage {
		l := openBad(t, build(t, a, "bad.c"))
		s, err := l.NewStage(ctx, find(t, l, label), 48000, 256, 2)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	first, bad, last := stage(arch.LinuxAMD64, "good"), stage(arch.LinuxS390X, "run_segv"), stage(arch.LinuxI386, "good")
	c := ladspa.NewChain(first, bad, last)
	block := [][]float32{{1, 2, 3}, {4, 5, 6}}
	for range 2 {
		_, err := c.Process(ctx, block)
		if !bySignal(syscall.SIGSEGV)(err) {
			t.Errorf("got %v", err)
		} else {
			checkNamed(t, err, "run_segv", "s390x")
		}
	}
	out, err := ladspa.NewChain(first, last).Process(ctx, block)
	if err != nil {
		t.Error(err)
	} else if out[1][2] != 24 {
		t.Errorf("the other stages turned 6 into %v", out[1][2])
	}
	if err := c.Close(ctx); err != nil {
		t.Errorf("closing the chain: %v", err)
	}
}

func TestGivingUp(t *testing.T) {
	l := openBad(t, build(t, arch.Host(), "bad.c"))
	i := instance(t, l, "run_loop")
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	err := i.Run(ctx, [][]float32{{1}}, [][]float32{{0}})
	if !errors.Is(err, context.Canceled) || dies(err) {
		t.Errorf("got %v", err)
	}
	checkDead(t, l, err)
}

// TestOutput lets a plug-in print a few megabytes.
func TestOutput(t *testing.T) {
	onEach(t, func(t *testing.T, a arch.Arch) {
		so := build(t, a, "bad.c")
		var said bytes.Buffer
		l := openBad(t, so, crossplug.Output(&said))
		d := find(t, l, "activate_talk")
		if method, err := live(t, l, d); err != nil {
			t.Errorf("%s: %v", method, err)
		}
		closeSoon(t, l)
		if n := bytes.Count(said.Bytes(), []byte("\n")); n != 50000 {
			t.Errorf("%d lines arrived", n)
		}

		l = openBad(t, so)
		_, err := live(t, l, find(t, l, "run_gasp"))
		var c *fault.Crash
		if !errors.As(err, &c) {
			t.Fatalf("got %v", err)
		}
		if !strings.HasSuffix(c.Output, "last words") || len(c.Output) > 4000 {
			t.Errorf("of what it said, this is left: %q", c.Output)
		}
	})
}

// TestUseAfterClose has the program misbehave: it uses what it has closed.
func TestUseAfterClose(t *testing.T) {
	ctx := t.Context()
	l := openBad(t, build(t, arch.Host(), "bad.c"))
	d := find(t, l, "good")
	i := instance(t, l, "good")
	s, err := l.NewStage(ctx, d, 48000, 256, 2)
	if err != nil {
		t.Fatal(err)
	}
	mustRun(t, i, 2)
	closeSoon(t, l)
	closed := func(method string, err error) {
		if !errors.Is(err, crossplug.ErrClosed) {
			t.Errorf("%s after the library was closed: %v", method, err)
		}
	}
	_, err = l.New(ctx, d, 48000, 256)
	closed("New", err)
	closed("Run", runOnce(t, i, 2))
	_, err = s.Process(ctx, [][]float32{{1}, {1}})
	closed("Process", err)
	_ = i.Get(0)
	_ = s.Latency()
	for _, err := range []error{i.Close(ctx), s.Close(ctx), l.Close()} {
		if err != nil {
			t.Errorf("closing after that: %v", err)
		}
	}
}

// TestNothingIsLeft counts what remains after many deaths.
func TestNothingIsLeft(t *testing.T) {
	so := build(t, arch.Host(), "bad.c")
	labels := []string{"good", "run_segv", "instantiate_abort", "connect_port_quit", "cleanup_leave", "run_babble", "run_scribble", "activate_deafen"}
	cycle := func() {
		for _, label := range labels {
			l, err := ladspa.Open(t.Context(), so)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = live(t, l, find(t, l, label))
			closeSoon(t, l)
		}
	}
	cycle() // what grows once and stays
	before := leftovers(t)
	for range 4 {
		cycle()
	}
	var after [3]int
	for range 1500 { // goroutines need a moment to end
		if after = leftovers(t); after[0] <= before[0] && after[1] <= before[1] && after[2] <= before[2] {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("descriptors, child processes and goroutines: %v, before %v", after, before)
}

// leftovers returns the number of descriptors, child processes and goroutines.
func leftovers(t *testing.T) [3]int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	lists, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil {
		t.Fatal(err)
	}
	children := 0
	for _, name := range lists {
		text, _ := os.ReadFile(name) // a thread may have ended
		children += len(bytes.Fields(text))
	}
	return [3]int{len(files), children, runtime.NumGoroutine()}
}
