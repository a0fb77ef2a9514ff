package cpu

import (
	"context"
	"errors"
	"testing"

	"github.com/crossplug/crossplug/fault"
)

func TestEnterGivesEachDepthAnAddress(t *testing.T) {
	c := NewControl(nil, Range{0xffff0000, 0x8000})
	seen := map[uint32]bool{}
	for range c.MaxDepth {
		until, err := c.Enter()
		if err != nil || seen[until] || !c.Gates.Has(until) {
			t.Fatalf("%#x, %v", until, err)
		}
		seen[until] = true
	}
	if _, err := c.Enter(); !errors.Is(err, ErrDepth) {
		t.Errorf("error %v, want ErrDepth", err)
	}
	if g := c.HostGate(0); seen[g] || !c.Gates.Has(g) {
		t.Errorf("the host's first gate %#x is a return address, or none", g)
	}
	for range c.MaxDepth {
		c.Leave()
	}
	if c.Depth() != 0 {
		t.Errorf("depth %d", c.Depth())
	}
	small := NewControl(nil, Range{0x1000, 8})
	for range 2 {
		if _, err := small.Enter(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := small.Enter(); !errors.Is(err, ErrDepth) {
		t.Errorf("more return addresses than gates: %v", err)
	}
}

func TestSlice(t *testing.T) {
	c := NewControl(nil, Range{})
	if n, _ := c.Slice(); n != most {
		t.Errorf("%d instructions at once", n)
	}
	c.Fuel = 5
	if n, _ := c.Slice(); n != 5 {
		t.Errorf("%d instructions of 5", n)
	}
	c.Fuel = 0
	if n, r := c.Slice(); n != 0 || r != OutOfFuel {
		t.Errorf("%d instructions, %v", n, r)
	}
	c.Fuel = 9
	ctx, cancel := context.WithCancel(context.Background())
	stop := c.Bind(ctx)
	cancel()
	for n, r := c.Slice(); r != Interrupted; n, r = c.Slice() {
		if n == 0 {
			t.Fatal("no instructions, but not interrupted")
		}
	}
	if stop() {
		t.Error("the context had ended")
	}
	c.Resume()
	if n, _ := c.Slice(); n != 9 {
		t.Errorf("%d instructions after Resume", n)
	}
}

func TestTexts(t *testing.T) {
	f := &Fault{PC: 0x1000, Instruction: "MOVE.L (A0),D0", Err: errors.New("nothing is mapped there"), Registers: []Register{{"D0", 0x1234, 32}, {"FP0", 1, 80}}}
	if want := "at 0x00001000 (MOVE.L (A0),D0): nothing is mapped there"; f.Error() != want {
		t.Errorf("%s, want %s", f, want)
	}
	if OutOfFuel.String() != "out of fuel" || LineF.String() != "line F" || !errors.Is(f, f.Err) {
		t.Error("names")
	}
	if !errors.Is(f, fault.ErrCrashed) || errors.Is(f, fault.ErrHung) {
		t.Error("a fault is a crash")
	}
	for reason, want := range map[Reason]bool{OutOfFuel: true, Interrupted: false, Stopped: false} {
		err := Exit{Reason: reason, PC: 0x20}.Failure()
		if errors.Is(err, fault.ErrHung) != want || err.Error() != "guest code at 0x00000020: "+reason.String() {
			t.Errorf("%v: %v", reason, err)
		}
	}
	if err := (Exit{Reason: Returned}).Failure(); err != nil {
		t.Error(err)
	}
}

// TestWork has a host do much for guest code: it uses up fuel and notices interrupts, but
// not while no guest code runs.
func TestWork(t *testing.T) {
	c := NewControl(nil, Range{0xffff0000, 0x8000})
	c.Fuel = 10
	c.Interrupt()
	if err := c.Work(1 << 20); err != nil || c.Fuel != 10 {
		t.Errorf("without guest code: %v, %d left", err, c.Fuel)
	}
	if _, err := c.Enter(); err != nil {
		t.Fatal(err)
	}
	defer c.Leave()
	var ended *Ended
	if err := c.Work(1); !errors.As(err, &ended) || ended.Reason != Interrupted {
		t.Errorf("interrupted: %v", err)
	}
	c.Resume()
	c.Fuel = 10
	if err := c.Work(10); err != nil || c.Fuel != 0 {
		t.Errorf("as much as there is fuel: %v, %d left", err, c.Fuel)
	}
	if err := c.Work(1); !errors.Is(err, fault.ErrHung) {
		t.Errorf("more than that: %v", err)
	}
}
