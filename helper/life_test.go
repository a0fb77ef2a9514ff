package helper

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/crossplug/crossplug/abi"
	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/fault"
)

// bad is a plug-in that does whatever a plug-in can do to its process.
const bad = `
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
void crash(void) { fprintf(stderr, "about to go\n"); *(volatile int *)16 = 1; }
void loop(void) { for (;;) ; }
void quit(int status) { exit(status); }
void die(void) { abort(); }
void scribble(char *at, long n) { memset(at, 0xa5, n); }
int spawn(void) { int child = fork(); if (child == 0) { sleep(1000); _exit(0); } return child; }
void talk(int lines) { while (lines-- > 0) puts("so much to say"); fflush(stdout); }
int hear(void) { return getchar(); }
int nap(int ms) { usleep(ms * 1000); return ms; }
int deeper(int n, int (*again)(int)) { return n == 0 ? 0 : 1 + again(n - 1); }
`

func TestDeath(t *testing.T) {
	for _, tt := range []struct {
		name, sig string
		args      []uint64
		check     func(error) bool
	}{
		{"crash", "void ()", nil, crashed(syscall.SIGSEGV, 0)},
		{"die", "void ()", nil, crashed(syscall.SIGABRT, 0)},
		{"quit", "void (i32)", []uint64{0}, crashed(0, 0)},
		{"quit", "void (i32)", []uint64{7}, crashed(0, 7)},
		{"loop", "void ()", nil, func(err error) bool {
			var h *fault.Hang
			return errors.Is(err, fault.ErrHung) && errors.As(err, &h) && strings.Contains(h.LastCall, "loop")
		}},
	} {
		eachArch(t, func(t *testing.T, a arch.Arch) {
			t.Parallel()
			bystander := begin(t, a, Options{})
			p := begin(t, a, Options{})
			fn := find(t, p, load(t, p, bad), tt.name, tt.sig)
			if tt.name == "loop" {
				p.opt.CallTimeout = time.Second
			}
			_, err := p.Call(t.Context(), fn, tt.args...)
			if !tt.check(err) {
				t.Errorf("%s: %v (%#v)", tt.name, err, err)
			}
			if _, again := p.Call(t.Context(), fn, tt.args...); !errors.Is(again, err) {
				t.Errorf("calling again: %v", again)
			}
			if _, err := p.Lookup(t.Context(), 0, "abs"); !errors.Is(err, p.Err()) {
				t.Errorf("a request afterwards: %v", err)
			}
			if v, err := bystander.Call(t.Context(), find(t, bystander, 0, "abs", "i32 (i32)"), 1); err != nil || v != 1 {
				t.Errorf("another helper was harmed: %v", err)
			}
		})
	}
}

// crashed checks for a crash by a signal, or an exit with a status, in the
// call that the error names.
func crashed(signal syscall.Signal, status int) func(error) bool {
	return func(err error) bool {
		var c *fault.Crash
		return errors.Is(err, fault.ErrCrashed) && errors.As(err, &c) && c.Signal == signal && c.Exit == status &&
			strings.HasSuffix(c.Plugin, "plugin.so") && strings.Contains(c.LastCall, "void")
	}
}

func TestCrashNamesTheCallInABatch(t *testing.T) {
	p := begin(t, arch.Host(), Options{})
	m := load(t, p, bad)
	nap, crash := find(t, p, m, "nap", "i32 (i32)"), find(t, p, m, "crash", "void ()")
	var b abi.Batch
	for range 5 {
		b.Add(nap, 0)
	}
	b.Add(crash)
	b.Add(nap, 0)
	l, err := p.NewLane(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = l.Run(t.Context(), &b)
	var c *fault.Crash
	if !errors.As(err, &c) || c.LastCall != "crash void ()" || !strings.Contains(c.Output, "about to go") {
		t.Errorf("got %v", err)
	}
}

func TestLargeBatch(t *testing.T) {
	eachArch(t, func(t *testing.T, a arch.Arch) {
		p := begin(t, a, Options{})
		abs := find(t, p, 0, "abs", "i32 (i32)")
		l, err := p.NewLane(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var b abi.Batch
		const n = 2000 // more than a lane holds
		for i := range n {
			b.Add(abs, -uint64(i))
		}
		if err := l.Run(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			if b.Results[i] != uint64(i) {
				t.Fatalf("result %d is %d", i, b.Results[i])
			}
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestNesting calls back and forth: plug-in to Go to plug-in, a thousand levels
// deep, on a lane and on the wire.
func TestNesting(t *testing.T) {
	const levels = 1000
	eachArch(t, func(t *testing.T, a arch.Arch) {
		p := begin(t, a, Options{})
		deeper := find(t, p, load(t, p, bad), "deeper", "i32 (i32, ptr)")
		var again *Callback
		again, err := p.NewCallback(t.Context(), "again", abi.MustParse("i32 (i32)"), func(ctx context.Context, args []uint64) uint64 {
			v, err := p.Call(ctx, deeper, args[0], again.Procedure.Address)
			if err != nil {
				t.Error(err)
			}
			return v
		})
		if err != nil {
			t.Fatal(err)
		}
		if v, err := p.Call(t.Context(), deeper, levels, again.Procedure.Address); err != nil || v != levels {
			t.Errorf("on a lane: %d, %v", v, err)
		}
		// The same once more inside a batch with more calls to come: nested
		// calls must leave those alone.
		abs := find(t, p, 0, "abs", "i32 (i32)")
		var b abi.Batch
		b.Add(abs, 1)
		b.Add(deeper, 3, again.Procedure.Address)
		b.Add(abs, 2)
		b.Add(deeper, 4, again.Procedure.Address)
		if err := p.mainLane.lane.Run(t.Context(), &b); err != nil || fmt.Sprint(b.Results) != "[1 3 2 4]" {
			t.Errorf("in a batch: %v, %v", b.Results, err)
		}
		onWire := context.WithValue(t.Context(), wireKey{p}, true)
		if v, err := p.Call(onWire, deeper, 200, again.Procedure.Address); err != nil || v != 200 {
			t.Errorf("on the wire: %d, %v", v, err)
		}
	})
}

// TestCallbackFromAnotherThread has the plug-in call back from a thread that it
// made itself, and calls it back there.
func TestCallbackFromAnotherThread(t *testing.T) {
	const source = `
#include <pthread.h>
static int (*back)(int);
static void *run(void *n) { return (void *)(long)back((long)n); }
int elsewhere(int n, int (*fn)(int))
{
	pthread_t t;
	void *result;
	back = fn;
	if (pthread_create(&t, 0, run, (void *)(long)n) != 0) return -1;
	pthread_join(t, &result);
	return (long)result;
}
unsigned long self(void) { return (unsigned long)pthread_self(); }
`
	eachArch(t, func(t *testing.T, a arch.Arch) {
		p := begin(t, a, Options{})
		m := load(t, p, source)
		elsewhere, self := find(t, p, m, "elsewhere", "i32 (i32, ptr)"), find(t, p, m, "self", "ulong ()")
		main, err := p.Call(t.Context(), self)
		if err != nil {
			t.Fatal(err)
		}
		cb, err := p.NewCallback(t.Context(), "back", abi.MustParse("i32 (i32)"), func(ctx context.Context, args []uint64) uint64 {
			other, err := p.Call(ctx, self)
			if err != nil || other == main {
				t.Errorf("the nested call ran on thread %#x, the outer one on %#x (%v)", other, main, err)
			}
			return args[0] + 1
		})
		if err != nil {
			t.Fatal(err)
		}
		if v, err := p.Call(t.Context(), elsewhere, 41, cb.Procedure.Address); err != nil || v != 42 {
			t.Errorf("%d, %v", v, err)
		}
	})
}

func TestReleasedCallback(t *testing.T) {
	p := begin(t, arch.Host(), Options{})
	ctx := t.Context()
	deeper := find(t, p, load(t, p, bad), "deeper", "i32 (i32, ptr)")
	sig := abi.MustParse("i32 (i32)")
	cb, err := p.NewCallback(ctx, "late", sig, func(context.Context, []uint64) uint64 { return 41 })
	if err != nil {
		t.Fatal(err)
	}
	if v, err := p.Call(ctx, deeper, 1, cb.Procedure.Address); err != nil || v != 42 {
		t.Errorf("before the release: %d, %v", v, err)
	}
	if err := cb.Release(ctx); err != nil {
		t.Fatal(err)
	}
	if v, err := p.Call(ctx, deeper, 1, cb.Procedure.Address); err != nil || v != 1 {
		t.Errorf("after the release: %d, %v", v, err)
	}
	if err := cb.Release(ctx); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("a second release: %v", err)
	}
	// They run out with an error, and come back.
	var all []*Callback
	for {
		cb, err := p.NewCallback(ctx, "many", sig, func(context.Context, []uint64) uint64 { return 0 })
		if err != nil {
			if !strings.Contains(err.Error(), "64 callbacks") {
				t.Errorf("the last callback: %v", err)
			}
			break
		}
		all = append(all, cb)
	}
	if len(all) != 64 {
		t.Errorf("%d callbacks", len(all))
	}
	for _, cb := range all {
		if err := cb.Release(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.NewCallback(ctx, "again", sig, nil); err != nil {
		t.Error(err)
	}
}

func TestGivingUp(t *testing.T) {
	p := begin(t, arch.Host(), Options{})
	loop := find(t, p, load(t, p, bad), "loop", "void ()")
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := p.Call(ctx, loop); !errors.Is(err, context.Canceled) { // and not the hang that it is later
		t.Errorf("got %v", err)
	}
	if !errors.Is(p.Err(), context.Canceled) {
		t.Errorf("afterwards: %v", p.Err())
	}
}

// TestImpatience has calls be bounded by less than a start takes.
func TestImpatience(t *testing.T) {
	eachArch(t, func(t *testing.T, a arch.Arch) {
		p := begin(t, a, Options{CallTimeout: time.Nanosecond})
		var h *fault.Hang
		if _, err := p.Lookup(t.Context(), 0, "abs"); !errors.As(err, &h) || h.Deadline != time.Nanosecond {
			t.Errorf("a request afterwards: %v", err)
		}
	})
}

func TestKilledWhileBlocked(t *testing.T) {
	eachArch(t, func(t *testing.T, a arch.Arch) {
		p := begin(t, a, Options{})
		nap := find(t, p, load(t, p, bad), "nap", "i32 (i32)")
		time.AfterFunc(100*time.Millisecond, p.kill)
		_, err := p.Call(t.Context(), nap, 1_000_000)
		var c *fault.Crash
		if !errors.As(err, &c) || c.Signal != syscall.SIGKILL { // a hang if it is not noticed
			t.Errorf("got %v", err)
		}
	})
}

// TestPanicInCallback lets a Go callback panic: the panic is the caller's, and
// the helper, which would wait for ever, is gone.
func TestPanicInCallback(t *testing.T) {
	p := begin(t, arch.Host(), Options{})
	deeper := find(t, p, load(t, p, bad), "deeper", "i32 (i32, ptr)")
	cb, err := p.NewCallback(t.Context(), "panics", abi.MustParse("i32 (i32)"), func(context.Context, []uint64) uint64 { panic("own goal") })
	if err != nil {
		t.Fatal(err)
	}
	func() {
		defer func() {
			if r := recover(); r != "own goal" {
				t.Errorf("recovered %v", r)
			}
		}()
		_, _ = p.Call(t.Context(), deeper, 1, cb.Procedure.Address)
	}()
	if _, err := p.Call(t.Context(), deeper, 0, 0); !errors.Is(err, fault.ErrCrashed) {
		t.Errorf("afterwards: %v", err)
	}
}

func TestPluginOutputIsNotTheProtocol(t *testing.T) {
	var out bytes.Buffer
	p := begin(t, arch.Host(), Options{Output: &out})
	m := load(t, p, bad)
	if _, err := p.Call(t.Context(), find(t, p, m, "talk", "void (i32)"), 1000); err != nil {
		t.Fatal(err)
	}
	eof := int64(-1)
	if v, err := p.Call(t.Context(), find(t, p, m, "hear", "i32 ()")); err != nil || v != uint64(eof) {
		t.Errorf("reading its standard input gave %d, %v", int64(v), err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "so much to say\n"); n != 1000 {
		t.Errorf("%d lines of output arrived", n)
	}
}

// TestScribble lets the plug-in overwrite all shared memory, lanes included.
func TestScribble(t *testing.T) {
	p := begin(t, arch.Host(), Options{SharedMemory: 1 << 20})
	scribble := find(t, p, load(t, p, bad), "scribble", "void (ptr, long)")
	p.opt.CallTimeout = time.Second
	_, err := p.Call(t.Context(), scribble, p.base, 1<<20)
	var c *fault.Crash
	if !errors.As(err, &c) && !errors.Is(err, fault.ErrHung) || c != nil && (c.Damage == nil || !strings.HasSuffix(c.Plugin, "plugin.so")) {
		t.Errorf("the call came back over a lane that was overwritten with %v", err)
	}
	if p.Err() == nil {
		t.Error("the helper lives on")
	}
}

// TestHostileLane lets the plug-in write one word of its lane in the middle of
// a call, first one that cannot but be noticed, then random ones. Whatever comes
// of it here is an error or a result; the helper may also die of it later, in
// whatever it is asked next.
func TestHostileLane(t *testing.T) {
	tries := 300
	if testing.Short() {
		tries = 30
	}
	so := compile(t, arch.Host(), `void poke(unsigned *at, unsigned v) { *at = v; }`)
	r := rand.New(rand.NewPCG(3, 4))
	var p *Process
	for i := range tries {
		offset, value := uint64(laneResponse), uint64(77)
		if i > 0 {
			offset = uint64(r.IntN(laneArgs+64)) &^ 3
			if r.IntN(8) == 0 {
				offset = laneCalls + uint64(r.IntN(256))&^3
			}
			value = []uint64{0, 1, 2, 3, 5, 1 << 16, 1 << 31, 1<<32 - 1, uint64(r.Uint32())}[r.IntN(9)]
		}
		if p == nil || p.Err() != nil {
			p = begin(t, arch.Host(), Options{SharedMemory: tries * laneSize, CallTimeout: time.Second})
		}
		err := pokeLane(t.Context(), p, so, offset, value)
		if err != nil && !errors.Is(err, fault.ErrCrashed) && !errors.Is(err, fault.ErrHung) || err == nil && i == 0 {
			t.Errorf("%#x at %#x of the lane: %v", value, offset, err)
		}
	}
}

// pokeLane overwrites a word of a new lane while a call is under way on it.
func pokeLane(ctx context.Context, p *Process, so string, offset, value uint64) error {
	m, err := p.Load(ctx, so)
	if err != nil {
		return err
	}
	address, err := p.Lookup(ctx, m, "poke")
	if err != nil {
		return err
	}
	l, err := p.NewLane(ctx)
	if err != nil {
		return err
	}
	at := l.p.base + uint64(l.block.block.Offset)
	poke := abi.Procedure{Address: address, Name: "poke", Type: abi.MustParse("void (ptr, u32)")}
	var b abi.Batch
	b.Add(poke, at+offset, value)
	b.Add(poke, p.base, 0) // where the first lane counts its turns
	return l.Run(ctx, &b)
}

// TestCloseOfStopped closes a helper that does not run, and so has left most of
// a request in the stream.
func TestCloseOfStopped(t *testing.T) {
	p := begin(t, arch.Host(), Options{CallTimeout: -1})
	at, err := p.Alloc(t.Context(), longestRead)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(int(mustPID(t, p)), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	written := make(chan error)
	go func() { written <- p.Write(t.Context(), at, make([]byte, longestRead)) }()
	for begun := false; !begun; time.Sleep(time.Millisecond) {
		p.mu.Lock()
		begun = len(p.doing) > 0
		p.mu.Unlock()
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if err := <-written; !errors.Is(err, fault.ErrClosed) {
		t.Errorf("writing: %v", err)
	}
}

// TestForkedChild leaves a child behind that holds the helper's descriptors.
func TestForkedChild(t *testing.T) {
	p := begin(t, arch.Host(), Options{})
	m := load(t, p, bad)
	child, err := p.Call(t.Context(), find(t, p, m, "spawn", "i32 ()"))
	if err != nil || int32(child) <= 0 {
		t.Fatal(child, err)
	}
	if _, err := p.Call(t.Context(), find(t, p, m, "crash", "void ()")); !errors.Is(err, fault.ErrCrashed) {
		t.Errorf("got %v", err)
	}
	if err := syscall.Kill(int(child), syscall.SIGKILL); err != nil {
		t.Errorf("the crash was noticed after the child had ended: %v", err)
	}
}

// TestHostDeath kills a host, a second copy of this test, and looks whether its
// helpers go with it, also one that is busy.
func TestHostDeath(t *testing.T) {
	eachArch(t, func(t *testing.T, a arch.Arch) {
		begin(t, a, Options{}) // skips if there is no way to run it
		cmd := exec.Command(os.Args[0], "-test.run=^TestHostThatDies$")
		cmd.Env = append(os.Environ(), "HELPER_TEST_HOST="+a.String(), "HELPER_TEST_PLUGIN="+compile(t, a, bad))
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var pid int
		if _, err := fmt.Fscanf(out, "%d\n", &pid); err != nil {
			t.Fatalf("the host said no process id: %v", err)
		}
		time.Sleep(50 * time.Millisecond) // into the loop
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		for range 3000 {
			if syscall.Kill(pid, 0) == syscall.ESRCH || zombie(pid) {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
		t.Errorf("helper %d outlives its host", pid)
	})
}

// zombie reports whether a process has ended and only its new parent, which
// may be slow, has not noticed.
func zombie(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || bytes.Contains(stat, []byte(") Z "))
}

func TestHostThatDies(t *testing.T) {
	name := os.Getenv("HELPER_TEST_HOST")
	if name == "" {
		t.Skip("for TestHostDeath only")
	}
	a, err := arch.Parse(name)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Start(t.Context(), a, Options{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := p.Load(t.Context(), os.Getenv("HELPER_TEST_PLUGIN"))
	if err != nil {
		t.Fatal(err)
	}
	loop := find(t, p, m, "loop", "void ()")
	pid := strconv.Itoa(int(mustPID(t, p)))
	fmt.Println(pid)
	_, _ = p.Call(t.Context(), loop)
}

func mustPID(t *testing.T, p *Process) uint32 {
	r, err := p.request(t.Context(), "info", opInfo, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.U64()
	return r.U32()
}

// TestNothingIsLeft starts and ends many helpers in every way there is and
// counts what remains of them.
func TestNothingIsLeft(t *testing.T) {
	cycles := 1000
	if testing.Short() {
		cycles = 50
	}
	so := compile(t, arch.Host(), bad)
	once := func(i int) {
		p, err := Start(t.Context(), arch.Host(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		m, err := p.Load(t.Context(), so)
		if err != nil {
			t.Fatal(err)
		}
		switch i % 3 {
		case 0:
			_, err = p.Call(t.Context(), find(t, p, m, "nap", "i32 (i32)"), 0)
		case 1:
			_, err = p.Call(t.Context(), find(t, p, m, "crash", "void ()"))
			if errors.Is(err, fault.ErrCrashed) {
				err = nil
			}
		case 2:
			p.kill()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range 30 { // what grows once and stays
		once(i)
	}
	before := count(t)
	for i := range cycles {
		once(i)
	}
	var after resources
	for range 1500 { // goroutines and threads need a moment to end
		runtime.GC()
		if after = count(t); after.within(before, cycles/5) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("after %d cycles there are %+v, before %+v", cycles, after, before)
}

type resources struct{ descriptors, threads, goroutines, children, maps int }

// within allows for some threads, and their stacks: Go's runtime starts one
// whenever a busy machine lets all that it has wait, and keeps it.
func (r resources) within(o resources, some int) bool {
	return r.descriptors <= o.descriptors && r.threads <= o.threads+some && r.goroutines <= o.goroutines &&
		r.children <= o.children && r.maps <= o.maps+20+some
}

func count(t *testing.T) (r resources) {
	entries := func(dir string) int {
		e, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		return len(e)
	}
	r.descriptors = entries("/proc/self/fd")
	r.threads = entries("/proc/self/task")
	r.goroutines = runtime.NumGoroutine()
	tasks, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range tasks {
		b, _ := os.ReadFile(f)
		r.children += len(bytes.Fields(b))
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	r.maps = bytes.Count(maps, []byte("\n"))
	return r
}
