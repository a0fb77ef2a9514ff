package ppc

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crossplug/crossplug/guest/cpu"
	"github.com/crossplug/crossplug/guest/memory"
)

// newProgram makes a machine that is about to execute words.
func newProgram(t testing.TB, words ...uint32) *machine {
	t.Helper()
	m := newMachine(t)
	m.put(t, codeBase, words...)
	m.cpu.SetPC(codeBase)
	m.cpu.LR = gatesBase
	return m
}

// TestNesting has guest code call the host, which calls the guest, a thousand
// times over.
func TestNesting(t *testing.T) {
	const levels = 1000
	m := newProgram(t,
		0x7fe802a6, // mflr r31
		0x7d8903a6, // mtctr r12
		0x4e800421, // bctrl
		0x38630001, // addi r3,r3,1
		0x7fe803a6, // mtlr r31
		0x4e800020, // blr
	)
	deepest := 0
	m.handle = func(e cpu.Engine, ev cpu.Event) (bool, error) {
		if ev.Kind != cpu.Gate || ev.Code != m.control.HostGate(0) || e.PC() != ev.PC {
			return false, fmt.Errorf("asked for %+v", ev)
		}
		saved := m.cpu.PPC
		result := uint32(0)
		deepest = max(deepest, m.control.Depth())
		if m.control.Depth() < levels {
			var err error
			if result, err = m.call(codeBase); err != nil {
				return false, err
			}
		}
		m.cpu.PPC = saved
		m.cpu.R[3] = result
		m.cpu.SetPC(m.cpu.LR)
		return true, nil
	}
	m.cpu.R[12] = m.control.HostGate(0)
	if got, err := m.call(codeBase); err != nil || got != levels || deepest != levels {
		t.Errorf("%d at depth %d, %v", got, deepest, err)
	}
	m.control.MaxDepth = 100
	m.cpu.R[12] = m.control.HostGate(0)
	if _, err := m.call(codeBase); !errors.Is(err, cpu.ErrDepth) || m.control.Depth() != 0 {
		t.Errorf("error %v, want ErrDepth; depth %d", err, m.control.Depth())
	}
}

// TestFuel counts what is executed of a loop, across pages, exactly.
func TestFuel(t *testing.T) {
	m := newMachine(t)
	const second = codeBase + memory.PageSize
	m.put(t, second-8, 0x38630001, 0x38630001, 0x38630001, 0x4bfffff4) // addi r3,r3,1 three times; b to the first
	m.cpu.SetPC(second - 8)
	total := int64(0)
	for _, fuel := range []int64{1, 2, 3, 1, 1, 1000, 5001, 1, 100_000} {
		m.control.Fuel = fuel
		total += fuel
		exit := m.cpu.Run(gatesBase)
		if exit.Reason != cpu.OutOfFuel || m.control.Fuel != 0 || int64(m.cpu.R[3]) != total-total/4 || exit.PC != second-8+uint32(total%4*4) || m.cpu.PC() != exit.PC {
			t.Fatalf("after %d: %+v, r3 %d, fuel %d", total, exit, m.cpu.R[3], m.control.Fuel)
		}
	}
	// Up to an address in the midst of code.
	m.control.Fuel = 100
	if exit := m.cpu.Run(second + 4); exit.Reason != cpu.Returned || m.control.Fuel != 100-(3-total%4) {
		t.Errorf("%+v, fuel %d", exit, m.control.Fuel)
	}
	// A host that does nothing useful, for ever.
	m.handle = func(cpu.Engine, cpu.Event) (bool, error) { return true, nil }
	m.cpu.SetPC(m.control.HostGate(0))
	m.control.Fuel = 1000
	if exit := m.cpu.Run(gatesBase); exit.Reason != cpu.OutOfFuel {
		t.Errorf("%+v, want to run out of fuel", exit)
	}
}

// TestInterrupt ends an endless loop from outside.
func TestInterrupt(t *testing.T) {
	t.Run("fast", func(t *testing.T) { interrupt(t, newProgram(t, 0x48000000)) }) // b to itself
	t.Run("slow", func(t *testing.T) {
		m := newProgram(t, 0xbc090000, 0xfc6110fa, 0x4bfffff8) // stmw r0,0(r9), misaligned; fmadd f3,f1,f3,f2, which is not exact; b
		m.cpu.R[9] = dataBase + 0xffd
		m.cpu.FPSCR = 1
		m.cpu.F[1], m.cpu.F[2], m.cpu.F[3] = math.Float64bits(0.1), math.Float64bits(0.3), math.Float64bits(3)
		interrupt(t, m)
	})
}

func interrupt(t *testing.T, m *machine) {
	t.Helper()
	for range 10 {
		ctx, cancel := context.WithCancel(context.Background())
		stop := m.control.Bind(ctx)
		time.AfterFunc(2*time.Millisecond, cancel)
		exit := m.cpu.Run(gatesBase)
		if exit.Reason != cpu.Interrupted {
			t.Fatalf("%+v", exit)
		}
		if stop() {
			t.Error("the context had ended")
		}
		m.control.Resume()
	}
}

func TestBreakpointsAndTrace(t *testing.T) {
	m := newProgram(t, 0x38600001, 0x38630001, 0x38630001, 0x4bfffff8) // li r3,1; addi r3,r3,1 twice; b to the first addi
	m.control.Breakpoints = map[uint32]struct{}{codeBase + 8: {}}
	for i := range uint32(3) {
		if exit := m.cpu.Run(gatesBase); exit.Reason != cpu.AtBreakpoint || exit.PC != codeBase+8 || m.cpu.R[3] != 2+2*i {
			t.Errorf("%+v, r3 %d", exit, m.cpu.R[3])
		}
	}
	m.control.Breakpoints = nil
	var traced []string
	m.control.Trace = func(e cpu.Engine, pc uint32) { traced = append(traced, fmt.Sprintf("%#x:%d", pc, m.cpu.R[3])) }
	m.control.Fuel = 4
	if exit := m.cpu.Run(gatesBase); exit.Reason != cpu.OutOfFuel || strings.Join(traced, " ") != "0x10008:6 0x1000c:7 0x10004:7 0x10008:8" {
		t.Errorf("%+v, traced %v", exit, traced)
	}
}

// TestFaults is about what a program's author gets to read, and what an
// instruction that fails leaves as it was.
func TestFaults(t *testing.T) {
	for _, tt := range []struct {
		word uint32
		want string
		at   *memory.Fault
	}{
		{0x80640010, "at 0x00010000 (lwz r3,0x10(r4)): memory at 0x00000010: cannot read 4 bytes: nothing is mapped there", &memory.Fault{Kind: memory.Unmapped, Access: memory.Read, Addr: 0x10, Size: 4}},
		{0x94640010, "at 0x00010000 (stwu r3,0x10(r4)): memory at 0x00000010: cannot write 4 bytes: nothing is mapped there", &memory.Fault{Kind: memory.Unmapped, Access: memory.Write, Addr: 0x10, Size: 4}},
		{0x98650000, "at 0x00010000 (stb r3,0(r5)): memory at 0x00060000: cannot write 1 bytes: region constant allows r--", &memory.Fault{Kind: memory.Denied, Access: memory.Write, Addr: 0x60000, Size: 1}},
		{0xa0650fff, "at 0x00010000 (lhz r3,0xfff(r5)): memory at 0x00061000: cannot read 2 bytes: nothing is mapped there", &memory.Fault{Kind: memory.Unmapped, Access: memory.Read, Addr: 0x61000, Size: 2}},
		{0xcc640000, "at 0x00010000 (lfdu f3,0(r4)): memory at 0x00000000: cannot read 8 bytes: nothing is mapped there", &memory.Fault{Kind: memory.Unmapped, Access: memory.Read, Addr: 0, Size: 8}},
		{0xbc650ff0, "at 0x00010000 (stmw r3,0xff0(r5)): memory at 0x00060ff0: cannot write 116 bytes: region constant allows r--", &memory.Fault{Kind: memory.Denied, Access: memory.Write, Addr: 0x60ff0, Size: 116}},
		{0xb8650ff0, "at 0x00010000 (lmw r3,0xff0(r5)): memory at 0x00061000: cannot read 116 bytes: nothing is mapped there", &memory.Fault{Kind: memory.Unmapped, Access: memory.Read, Addr: 0x61000, Size: 116}},
		{0x7c64fcaa, "at 0x00010000 (lswi r3,r4,31): memory at 0x00000000: cannot read 31 bytes: nothing is mapped there", &memory.Fault{Kind: memory.Unmapped, Access: memory.Read, Addr: 0, Size: 31}},
		{0x7c032fec, "at 0x00010000 (dcbz r3,r5): memory at 0x00060060: cannot write 32 bytes: region constant allows r--", &memory.Fault{Kind: memory.Denied, Access: memory.Write, Addr: 0x60060, Size: 32}},
		{0x7c603028, "at 0x00010000 (lwarx r3,0,r6): memory at 0x00040002: cannot read 4 bytes: the address is not aligned", &memory.Fault{Kind: memory.Misaligned, Access: memory.Read, Addr: 0x40002, Size: 4}},
		{0x7c60312d, "at 0x00010000 (stwcx. r3,0,r6): memory at 0x00040002: cannot write 4 bytes: the address is not aligned", &memory.Fault{Kind: memory.Misaligned, Access: memory.Write, Addr: 0x40002, Size: 4}},
		{0x44000002, "at 0x00010000 (sc): system call 7 is not handled", nil},
		{0x7fe00008, "at 0x00010000 (trap): the trap's condition is true", nil},
		{0x0c870063, "at 0x00010000 (tweqi r7,0x63): the trap's condition is true", nil},
		{0x7c6000a6, "at 0x00010000 (mfmsr r3): the instruction is for an operating system", nil},
		{0x7c7f42a6, "at 0x00010000 (mfpvr r3): the instruction is for an operating system", nil},
		{0x10642800, "at 0x00010000 (vaddubm v3,v4,v5): AltiVec instructions are not implemented", nil},
		{0xfc60202c, "at 0x00010000 (fsqrt f3,f4): no instruction of a 601, 603, 604 or 750", nil},
		{0x00000000, "at 0x00010000 (dc.l 0x0): no instruction of a 601, 603, 604 or 750", nil},
		{0x48100002, "at 0x00100000: memory at 0x00100000: cannot execute 4 bytes: nothing is mapped there", &memory.Fault{Kind: memory.Unmapped, Access: memory.Execute, Addr: 0x100000, Size: 4}},
		{0x48040002, "at 0x00040000: memory at 0x00040000: cannot execute 4 bytes: region data allows rw-", &memory.Fault{Kind: memory.Denied, Access: memory.Execute, Addr: 0x40000, Size: 4}},
	} {
		m := newProgram(t, tt.word)
		if err := m.mem.Map(memory.Region{Name: "constant", Base: 0x60000, Size: 0x1000, Perm: memory.Read}); err != nil {
			t.Fatal(err)
		}
		m.cpu.R = [32]uint32{0: 7, 3: 0x77, 5: 0x60000, 6: dataBase + 2, 7: 99}
		m.cpu.F[3] = 5
		before := m.cpu.PPC
		exit := m.cpu.Run(gatesBase)
		var f *cpu.Fault
		if exit.Reason != cpu.Faulted || !errors.As(exit.Err, &f) || !strings.HasPrefix(exit.Err.Error(), tt.want) || f.PC != exit.PC {
			t.Errorf("%v %v, want %s", exit.Reason, exit.Err, tt.want)
			continue
		}
		before.PC = exit.PC
		if m.cpu.PPC != before {
			t.Errorf("%s: registers have changed", tt.want)
		}
		var a *memory.Fault
		if errors.As(exit.Err, &a) != (tt.at != nil) {
			t.Errorf("%s: memory fault %+v", tt.want, a)
		} else if a != nil && (a.Kind != tt.at.Kind || a.Access != tt.at.Access || a.Addr != tt.at.Addr || a.Size != tt.at.Size || a.PC != f.PC || !a.AtPC) {
			t.Errorf("%s: memory fault %+v", tt.want, a)
		}
	}
}

// TestEvents has the host answer what instructions ask for, and go on.
func TestEvents(t *testing.T) {
	boom := errors.New("boom")
	for _, tt := range []struct {
		word uint32
		want cpu.Event
	}{
		{0x44000002, cpu.Event{Kind: cpu.SystemCall, PC: codeBase}},
		{0x7fe00008, cpu.Event{Kind: cpu.Trap, PC: codeBase, Code: 0x7fe00008}},
		{0x7c6000a6, cpu.Event{Kind: cpu.Exception, PC: codeBase, Code: VectorProgram}},
		{0xfc60202c, cpu.Event{Kind: cpu.Exception, PC: codeBase, Code: VectorProgram}},
		{0x10642800, cpu.Event{Kind: cpu.Exception, PC: codeBase, Code: VectorAltiVec}},
		{0x7c603028, cpu.Event{Kind: cpu.Exception, PC: codeBase, Code: VectorAlignment}},
	} {
		m := newProgram(t, tt.word, 0x38630001, 0x4e800020) // ...; addi r3,r3,1; blr
		m.cpu.R[6] = dataBase + 2
		var asked []cpu.Event
		m.handle = func(e cpu.Engine, ev cpu.Event) (bool, error) {
			asked = append(asked, ev)
			m.cpu.R[3] = 41
			e.SetPC(ev.PC + 4)
			return true, nil
		}
		if exit := m.cpu.Run(gatesBase); exit.Reason != cpu.Returned || m.cpu.R[3] != 42 || len(asked) != 1 || asked[0] != tt.want {
			t.Errorf("%08x: %+v, r3 %d, asked %+v", tt.word, exit, m.cpu.R[3], asked)
		}
		m.cpu.SetPC(codeBase)
		m.handle = func(cpu.Engine, cpu.Event) (bool, error) { return false, boom }
		if exit := m.cpu.Run(gatesBase); exit.Reason != cpu.Faulted || !errors.Is(exit.Err, boom) || exit.PC != codeBase {
			t.Errorf("%08x: %+v, want the host's error", tt.word, exit)
		}
	}
	m := newProgram(t, 0x7c802008, 0x4e800020) // tweq? r0,r4: not true; blr
	m.cpu.R[4] = 1
	if exit := m.cpu.Run(gatesBase); exit.Reason != cpu.Returned {
		t.Errorf("a trap that is not true: %+v", exit)
	}
}

// TestCodeThatChanges writes instructions that were executed before, by the means
// that there are.
func TestCodeThatChanges(t *testing.T) {
	const li1, li100 = 0x38600001, 0x38600064 // li r3,1, li r3,100
	fresh := func() *machine {
		m := newProgram(t,
			li1,        // which changes
			0x7d295214, // add r9,r9,r10
			0x4e800020, // blr
		)
		if _, err := m.call(codeBase); err != nil || m.cpu.R[3] != 1 {
			t.Fatalf("%d, %v", m.cpu.R[3], err)
		}
		return m
	}
	for name, change := range map[string]func(m *machine) error{
		"Store32": func(m *machine) error { return m.mem.Store32(codeBase, li100) },
		"Store":   func(m *machine) error { return m.mem.Store(codeBase+3, []byte{li100 & 0xff}) },
		"Poke":    func(m *machine) error { return m.mem.Poke(codeBase+2, []byte{0, li100 & 0xff}) },
		"View": func(m *machine) error {
			b, err := m.mem.View(codeBase, 4, memory.RW)
			if err == nil {
				b[3] = li100 & 0xff
			}
			return err
		},
		"Snapshot": func(m *machine) error {
			if err := m.mem.Store32(codeBase, li100); err != nil {
				return err
			}
			s := m.mem.Snapshot()
			if err := m.mem.Store32(codeBase, li1); err != nil {
				return err
			}
			if _, err := m.call(codeBase); err != nil || m.cpu.R[3] != 1 {
				return fmt.Errorf("%d, %w", m.cpu.R[3], err)
			}
			return m.mem.Restore(s)
		},
		"Linear and icbi": func(m *machine) error {
			m.mem.Linear()[codeBase+3] = li100 & 0xff // nobody is told
			if got, err := m.call(codeBase); err != nil || got != 1 {
				return fmt.Errorf("changed without icbi to %d, %w", got, err)
			}
			m.put(t, codeBase+0x100, 0x7c0027ac, 0x4e800020) // icbi 0,r4; blr
			_, err := m.call(codeBase+0x100, 0, codeBase+28)
			return err
		},
		"stw": func(m *machine) error {
			m.put(t, codeBase+0x100, 0x90a40000, 0x4e800020) // stw r5,0(r4); blr
			_, err := m.call(codeBase+0x100, 0, codeBase, li100)
			return err
		},
		"stb across pages, from a page after it": func(m *machine) error {
			m.put(t, codeBase+0x5100, 0x98a40003, 0x4e800020) // stb r5,3(r4); blr
			_, err := m.call(codeBase+0x5100, 0, codeBase, li100&0xff)
			return err
		},
		"dcbz": func(m *machine) error {
			m.put(t, codeBase+0x100, 0x7c0027ec, 0x90a40000, 0x90c40008, 0x4e800020) // dcbz 0,r4; stw r5,0(r4); stw r6,8(r4); blr
			m.put(t, codeBase+4, 0x4e800020)
			_, err := m.call(codeBase+0x100, 0, codeBase+24, li100, 0x4e800020)
			return errors.Join(err, m.mem.Store64(codeBase, li100<<32|0x4e800020))
		},
	} {
		m := fresh()
		if err := change(m); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got, err := m.call(codeBase); err != nil || got != 100 {
			t.Errorf("%s: %d, %v", name, got, err)
		}
	}

	// An instruction changes the one after it, and one that it compares for.
	m := newProgram(t, 0x90a40000, li1, 0x4e800020)
	m.cpu.R[4], m.cpu.R[5] = codeBase+4, li100
	if exit := m.cpu.Run(gatesBase); exit.Reason != cpu.Returned || m.cpu.R[3] != 100 {
		t.Errorf("the next instruction: %+v, r3 %d", exit, m.cpu.R[3])
	}
	// Permissions that go are noticed, too.
	if err := m.mem.Protect(codeBase, memory.RW); err != nil {
		t.Fatal(err)
	}
	if _, err := m.call(codeBase); err == nil {
		t.Error("executed what may not be executed any more")
	}
}

// TestCodeAcrossPages falls from a page into the next, which may not be there.
func TestCodeAcrossPages(t *testing.T) {
	m := newMachine(t)
	const end = codeBase + codeSize
	m.put(t, end-4, 0x38600005)                                  // li r3,5
	m.put(t, codeBase+memory.PageSize-4, 0x38600006, 0x4e800020) // li r3,6; blr
	if got, err := m.call(codeBase + memory.PageSize - 4); err != nil || got != 6 {
		t.Errorf("%d, %v", got, err)
	}
	var f *memory.Fault
	if _, err := m.call(end - 4); !errors.As(err, &f) || f.Addr != end || m.cpu.R[3] != 5 {
		t.Errorf("error %v, want a fault at %#x", err, end)
	}
}

func TestRegisters(t *testing.T) {
	m := newMachine(t)
	for i, name := range []string{"r3", "R31", "f7", "pc", "CR", "xer", "lr", "ctr", "fpscr"} {
		if err := m.cpu.SetRegister(name, uint64(i+1)<<2); err != nil {
			t.Error(err)
		}
	}
	got := map[string]uint64{}
	for _, r := range m.cpu.Registers() {
		got[r.Name] = r.Value
	}
	for i, name := range []string{"r3", "r31", "f7", "pc", "cr", "xer", "lr", "ctr", "fpscr"} {
		if got[name] != uint64(i+1)<<2 {
			t.Errorf("%s is %#x", name, got[name])
		}
	}
	for name, v := range map[string]uint64{"d0": 1, "r32": 1, "r3": 1 << 32} {
		if err := m.cpu.SetRegister(name, v); err == nil {
			t.Errorf("set %s to %#x", name, v)
		}
	}
}

func TestMachinesShareNothing(t *testing.T) {
	var wg sync.WaitGroup
	for range 4 {
		m := newProgram(t, 0x38630001, 0x90640000, 0xfc21102a, 0x4bfffff4) // addi r3,r3,1; stw r3,0(r4); fadd f1,f1,f2; b
		m.cpu.R[4] = dataBase
		m.cpu.F[2] = math.Float64bits(0.5)
		m.control.Fuel = 400_000
		wg.Go(func() {
			if exit := m.cpu.Run(gatesBase); exit.Reason != cpu.OutOfFuel || m.cpu.R[3] != 100_000 || m.cpu.F[1] != math.Float64bits(50_000) {
				t.Errorf("%+v, r3 %d, f1 %#x", exit, m.cpu.R[3], m.cpu.F[1])
			}
		})
	}
	wg.Wait()
}

// hostCall is a program whose host returns at once.
func hostCall(t testing.TB) *machine {
	m := newProgram(t, 0x7d8903a6, 0x4e800420) // mtctr r12; bctr
	m.handle = func(e cpu.Engine, ev cpu.Event) (bool, error) {
		m.cpu.SetPC(m.cpu.LR)
		return true, nil
	}
	m.cpu.R[12] = m.control.HostGate(0)
	return m
}

// TestNoAllocations has all kinds of instructions, and a call of the host.
func TestNoAllocations(t *testing.T) {
	m := hostCall(t)
	g := newGenerator(1)
	for len(g.code) < 800 {
		g.emit()
	}
	for i, w := range g.code {
		if w>>26 == 16 || w>>26 == 18 { // branches, which may go too far
			g.code[i] = 0x60000000
		}
	}
	const at = codeBase + 0x1000
	m.put(t, at, append(g.code, 0x3d800000|gatesBase>>16, 0x7d8803a6, 0x4e800020)...) // lis r12,(the gates); mtlr r12; blr
	if n := testing.AllocsPerRun(20, func() {
		for r := range m.cpu.R {
			m.cpu.R[r], m.cpu.F[r] = dataBase+0x1000, math.Float64bits(float64(r)/3)
		}
		m.cpu.R[12], m.cpu.R[18], m.cpu.R[19], m.cpu.XER = m.control.HostGate(0), 12, 7, 9
		_, err1 := m.call(codeBase)
		if _, err2 := m.call(at); err1 != nil || err2 != nil {
			t.Error(err1, err2)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkCall is a call of guest code, which calls the host, and returns.
func BenchmarkCall(b *testing.B) {
	m := hostCall(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.call(codeBase); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		mem, err := memory.New(16 << 20)
		if err != nil {
			b.Fatal(err)
		}
		New(mem, cpu.NewControl(nil, cpu.Range{})).Close()
		if err := mem.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
