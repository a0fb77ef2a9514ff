package m68k

import (
	"runtime"
	"testing"

	"github.com/crossplug/crossplug/guest/cpu"
	isa "github.com/crossplug/crossplug/guest/isa/m68k"
	"github.com/crossplug/crossplug/guest/memory"
)

// TestCodeThatChanges executes code that is changed in every way that there is,
// again and again, so that what was linked to it matters.
func TestCodeThatChanges(t *testing.T) {
	for _, model := range []isa.Model{isa.M68000, isa.M68020, isa.M68040} {
		t.Run(model.String(), func(t *testing.T) {
			c := newCPU(t, model, nil,
				0x7001,            // MOVEQ #1,D0, whose number is changed
				0xd280,            // ADD.L D0,D1
				0x5242,            // ADDQ.W #1,D2
				0x13c2, 0, 0x1001, // MOVE.B D2,that number
				0x60f2, // BRA to the first
			)
			const rounds = 100
			c.control.Fuel = 5 * rounds
			if exit := c.Run(0); exit.Reason != cpu.OutOfFuel || c.D[1] != 1+rounds*(rounds-1)/2 || c.D[2] != rounds {
				t.Errorf("by itself: %+v, D1 %d", exit, c.D[1])
			}
			c.control.Fuel = cpu.Unlimited
			for name, change := range map[string]func(v byte) error{
				"Store8":  func(v byte) error { return c.mem.Store8(codeAt+1, v) },
				"Store16": func(v byte) error { return c.mem.Store16(codeAt, 0x7000|uint16(v)) },
				"Store":   func(v byte) error { return c.mem.Store(codeAt, []byte{0x70, v}) },
				"Poke":    func(v byte) error { return c.mem.Poke(codeAt+1, []byte{v}) },
				"View": func(v byte) error {
					b, err := c.mem.View(codeAt, 2, memory.RW)
					b[1] = v
					return err
				},
				"Touch": func(v byte) error {
					c.mem.Linear()[codeAt+1] = v
					c.mem.Touch(codeAt+1, 1)
					return nil
				},
			} {
				for v := range byte(10) {
					if err := change(v); err != nil {
						t.Fatal(err)
					}
					c.SetPC(codeAt)
					c.D[1] = 0
					if exit := c.Run(codeAt + 4); exit.Reason != cpu.Returned || c.D[1] != uint32(v) {
						t.Errorf("%s: %+v, D1 %d, want %d", name, exit, c.D[1], v)
					}
				}
			}
		})
	}
}

// TestChangedBranch changes the second of two instructions that are executed as
// one, the second half of one, and the page after a page's end.
func TestChangedBranch(t *testing.T) {
	c := newCPU(t, isa.M68020, nil, 0x4a80, 0x6702, 0x5281, 0x5282) // TST.L D0; BEQ over the next; ADDQ.L #1,D1; ADDQ.L #1,D2
	run := func(d1, d2 uint32) {
		t.Helper()
		c.SetPC(codeAt)
		if exit := c.Run(codeAt + 8); exit.Reason != cpu.Returned || c.D[1] != d1 || c.D[2] != d2 {
			t.Errorf("%+v, D1 %d, D2 %d, want %d, %d", exit, c.D[1], c.D[2], d1, d2)
		}
	}
	run(0, 1)
	if err := c.mem.Store8(codeAt+2, 0x66); err != nil { // BNE
		t.Fatal(err)
	}
	run(1, 2)
	if err := c.mem.Store8(codeAt+3, 0x04); err != nil { // beyond both
		t.Fatal(err)
	}
	run(2, 3)
	c.D[0] = 1
	run(2, 3)
	// A run may end between the two.
	c.SetPC(codeAt)
	if exit := c.Run(codeAt + 2); exit.Reason != cpu.Returned || exit.PC != codeAt+2 {
		t.Errorf("%+v", exit)
	}
	// So may one within a run, at what the outer one has decoded.
	depth := 0
	c.control.Host = handle(func(e cpu.Engine, ev cpu.Event) (bool, error) {
		if depth++; depth == 1 {
			c.SetPC(codeAt + 0x20)
			if exit := c.Run(codeAt + 0x24); exit.Reason != cpu.Returned {
				t.Errorf("within: %+v", exit)
			}
		}
		c.SetPC(ev.PC + 2)
		return true, nil
	})
	for i, w := range []uint16{0x5280, 0x5280, 0x5280, 0xa000, 0x60f6} { // ADDQ.L #1,D0, three times; line A; BRA to the first
		if err := c.mem.Store16(codeAt+0x20+2*uint32(i), w); err != nil {
			t.Fatal(err)
		}
	}
	c.D[0] = 0
	c.control.Fuel = 10
	c.SetPC(codeAt + 0x20)
	if exit := c.Run(0); exit.Reason != cpu.OutOfFuel || c.D[0] != 8 {
		t.Errorf("%+v, D0 %d", exit, c.D[0])
	}
}

// TestWhatIsKeptIsBounded executes far more code than is kept.
func TestWhatIsKeptIsBounded(t *testing.T) {
	const size = 8 << 20
	s, err := memory.New(size)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Map(memory.Region{Name: "code", Size: size, Perm: memory.RWX}); err != nil {
		t.Fatal(err)
	}
	code, err := s.View(0, size, memory.RW)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < size; i += 2 {
		code[i], code[i+1] = 0x4e, 0x71 // NOP
	}
	c := New(s, cpu.NewControl(nil, cpu.Range{}), isa.M68020)
	defer c.Close()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	c.control.Fuel = 5 * mostOps
	if exit := c.Run(size); exit.Reason != cpu.OutOfFuel {
		t.Fatalf("%+v", exit)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if kept := int64(after.HeapAlloc) - int64(before.HeapAlloc); kept > 120<<20 || c.code.count > 2*mostOps {
		t.Errorf("%d bytes are kept, %d ops", kept, c.code.count)
	}
}

// TestEndOfCode executes code at the end of what may be executed.
func TestEndOfCode(t *testing.T) {
	c := newCPU(t, isa.M68020, nil)
	if err := c.mem.Poke(codeAt+0xffe, []byte{0x70, 0x07}); err != nil { // MOVEQ #7,D0
		t.Fatal(err)
	}
	c.SetPC(codeAt + 0xffe)
	if exit := c.Run(0); exit.Reason != cpu.Faulted || exit.PC != codeAt+0x1000 || c.D[0] != 7 {
		t.Errorf("%+v, D0 %d", exit, c.D[0])
	}
	if err := c.mem.Poke(codeAt+0xffe, []byte{0x20, 0x3c}); err != nil { // MOVE.L #…,D0, whose number is missing
		t.Fatal(err)
	}
	c.SetPC(codeAt + 0xffe)
	if exit := c.Run(0); exit.Reason != cpu.Faulted || exit.PC != codeAt+0xffe {
		t.Errorf("%+v", exit)
	}
}

// TestInstructionInTwoPages changes the second of two pages that an instruction lies
// in, which has no other code.
func TestInstructionInTwoPages(t *testing.T) {
	c := newCPU(t, isa.M68020, nil)
	if err := c.mem.Map(memory.Region{Name: "more code", Base: codeAt + 0x1000, Size: 0x1000, Perm: memory.RWX}); err != nil {
		t.Fatal(err)
	}
	const at = codeAt + 0xffe
	if err := c.mem.Poke(at, []byte{0x20, 0x3c, 0, 0, 0, 1}); err != nil { // MOVE.L #1,D0
		t.Fatal(err)
	}
	for want := range uint32(4) {
		// First elsewhere in that page.
		for _, err := range []error{c.mem.Store32(at+0x800, 0), c.mem.Store32(at+2, want)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		c.SetPC(at)
		c.control.Fuel = 1
		if exit := c.Run(0); exit.Reason != cpu.OutOfFuel || c.D[0] != want {
			t.Errorf("%+v, D0 %d, want %d", exit, c.D[0], want)
		}
	}
}
