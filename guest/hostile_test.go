package guest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/fault"
	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/guest/cpu"
	"github.com/crossplug/crossplug/guest/toolbox"
)

// TestEndlessTermination closes a machine with a fragment whose termination routine never
// returns.
func TestEndlessTermination(t *testing.T) {
	m, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	endless := fragment68K(t, []uint16{0x60fe}, &pef.Loader{Term: &pef.Entry{Section: 1, Offset: 4}}, 0) // bra to itself
	if _, _, err := m.Fragment(t.Context(), "Endless", endless); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); !errors.Is(err, fault.ErrHung) {
		t.Error(err)
	}
}

// moves is 68K code that moves 8 MiB for ever.
var moves = []byte{
	0x20, 0x7c, 0, 0, 0, 0, // movea.l #from,a0
	0x22, 0x7c, 0, 0, 0, 0, // movea.l #to,a1
	0x20, 0x3c, 0, 0x60, 0, 0, // move.l #$600000,d0
	0xa0, 0x2e, // _BlockMove
	0x60, 0xea, // bra to the start
}

// TestSystemUsesFuel has code whose instructions are few, but for what the system does
// for them.
func TestSystemUsesFuel(t *testing.T) {
	calls := 0
	cancelAt := -1
	var cancel context.CancelFunc
	m := newMachine(t, Options{Fuel: 1_000_000, System: toolbox.Options{Trace: func(string, []uint32) {
		if calls++; calls == cancelAt {
			cancel()
		}
	}}})
	block, err := m.Allocate(0x600000)
	if err != nil {
		t.Fatal(err)
	}
	data := append([]byte(nil), moves...)
	for _, at := range []int{2, 8} {
		data[at], data[at+1], data[at+2], data[at+3] = byte(block>>24), byte(block>>16), byte(block>>8), byte(block)
	}
	at, err := m.Code("moves", data)
	if err != nil {
		t.Fatal(err)
	}
	_, err = m.Call(t.Context(), at, 1)
	if want := "BlockMove: out of fuel (called at " + m.System().Where(at+18) + ")"; !errors.Is(err, fault.ErrHung) || err.Error() != want || calls > 20 {
		t.Errorf("%d moves, %v, want %s", calls, err, want)
	}
	// A context that ends in the third of them lets there be no fourth.
	m.fuel = 0
	ctx, c := context.WithCancel(t.Context())
	calls, cancelAt, cancel = 0, 3, func() {
		c()
		m.stop() // or who knows when it is told
	}
	_, err = m.Call(ctx, at, 1)
	var ended *cpu.Ended
	if !errors.As(err, &ended) || ended.Reason != cpu.Interrupted || ended.PC != at+18 || !errors.Is(err, context.Canceled) || calls != 3 {
		t.Errorf("%d moves, %v", calls, err)
	}
}

// TestSystemSaysWhere has calls that fail: the error says where they were made.
func TestSystemSaysWhere(t *testing.T) {
	m := newMachine(t, Options{})
	at, err := m.Code("moves", moves)
	if err != nil {
		t.Fatal(err)
	}
	_, err = m.Call(t.Context(), at, 1)
	var f *cpu.Fault
	if !errors.As(err, &f) || !errors.Is(err, fault.ErrCrashed) || f.PC != at+18 || m.Report(err) == nil {
		t.Error(err)
	}
	// _SysError, of which nobody's access is to blame.
	if at, err = m.Code("error", []byte{0x70, 0x0c, 0xa9, 0xc9}); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Call(t.Context(), at, 1); err == nil || !strings.HasSuffix(err.Error(), "(called at "+m.System().Where(at+2)+")") {
		t.Error(err)
	}
}

// TestEndlessConnections has code prepare a fragment again and again, of which nothing is
// in its own memory.
func TestEndlessConnections(t *testing.T) {
	m := newMachine(t, Options{})
	s := m.System()
	data := image(t, nil, nil)
	at, results, name := s.NewPtr(uint32(len(data))), s.NewPtr(12), s.NewPtr(256)
	if err := m.Memory().Store(at, data); err != nil {
		t.Fatal(err)
	}
	const fresh = 5
	open := func() int16 {
		return s.GetMemFragment(at, uint32(len(data)), 0, fresh, results, results+4, name)
	}
	n := 0
	for n < 10_000 && open() == 0 {
		n++
	}
	if n < 1000 || n == 10_000 {
		t.Errorf("%d connections", n)
	}
	// One less makes room for one more.
	if len(m.Process().Connections()) != n {
		t.Fatalf("%d connections of %d", len(m.Process().Connections()), n)
	}
	if err := m.Process().Connections()[n/2].Close(); err != nil || open() != 0 || open() == 0 {
		t.Errorf("after another was closed: %v", err)
	}
}

// TestEndlessImports prepares a fragment in memory that wants more than anybody waits for,
// or remembers.
func TestEndlessImports(t *testing.T) {
	m := newMachine(t, Options{Fuel: 20_000_000})
	s := m.System()
	for _, missing := range []bool{false, true} {
		var libraries []pef.Library
		for i := range 200_000 {
			l := pef.Library{Name: "InterfaceLib"}
			if missing {
				l = pef.Library{Name: fmt.Sprintf("Missing%d", i), Options: pef.WeakLibrary}
			}
			libraries = append(libraries, l)
		}
		data := image(t, libraries, nil)
		at, results := s.NewPtr(uint32(len(data))), s.NewPtr(12)
		if err := m.Memory().Store(at, data); err != nil {
			t.Fatal(err)
		}
		code := int16(0)
		err := m.Do(t.Context(), func() error {
			code = s.GetMemFragment(at, uint32(len(data)), 0, 5, results, results+4, 0)
			return s.Err()
		})
		if err == nil && code == 0 || err != nil && !errors.Is(err, fault.ErrHung) {
			t.Errorf("missing %v: error %d, %v", missing, code, err)
		}
		s.DisposePtr(at)
		if _, _, err := m.Fragment(t.Context(), "Imports", container(t, data)); err == nil {
			t.Errorf("missing %v: it is prepared", missing)
		}
	}
}

// TestFunctionSaysWhere gives a function of the host's an address where nothing is.
func TestFunctionSaysWhere(t *testing.T) {
	m := newMachine(t, Options{})
	info := proc(t, "pascal void peek(long)")
	routine, err := m.NewRoutine("peek", info, func(args []uint32) (uint32, error) { return m.Memory().Load32(args[0]) })
	if err != nil {
		t.Fatal(err)
	}
	u := routine.UPP
	at, err := m.Code("caller", []byte{
		0x2f, 0x3c, 0xff, 0xf0, 0, 0, // move.l #$fff00000,-(sp)
		0x4e, 0xb9, byte(u >> 24), byte(u >> 16), byte(u >> 8), byte(u), // jsr upp
		0x4e, 0x75,
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = m.Call(t.Context(), at, 1)
	var f *cpu.Fault
	if !errors.As(err, &f) || f.PC != at+10 || m.Report(err) == nil {
		t.Error(err)
	}
}
