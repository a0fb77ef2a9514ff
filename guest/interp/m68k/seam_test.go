package m68k

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crossplug/crossplug/guest/cpu"
	isa "github.com/crossplug/crossplug/guest/isa/m68k"
	"github.com/crossplug/crossplug/guest/memory"
)

// The memory of these tests.
const (
	codeAt   = 0x1000
	dataAt   = 0x10000
	stackTop = 0x40000
	gatesAt  = 0xf0000
)

// handle is a host made of a function.
type handle func(e cpu.Engine, ev cpu.Event) (bool, error)

func (h handle) Handle(e cpu.Engine, ev cpu.Event) (bool, error) { return h(e, ev) }

// newCPU makes a processor whose code begins with words.
func newCPU(t testing.TB, m isa.Model, host cpu.Host, words ...uint16) *CPU {
	t.Helper()
	s, err := memory.New(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []memory.Region{
		{Name: "code", Base: codeAt, Size: 0x1000, Perm: memory.RWX}, {Name: "data", Base: dataAt, Size: 0x10000, Perm: memory.RW},
		{Name: "stack", Base: stackTop - 0x20000, Size: 0x20000, Perm: memory.RW},
	} {
		if err := s.Map(r); err != nil {
			t.Fatal(err)
		}
	}
	var code []byte
	for _, w := range words {
		code = binary.BigEndian.AppendUint16(code, w)
	}
	if err := s.Poke(codeAt, code); err != nil {
		t.Fatal(err)
	}
	c := New(s, cpu.NewControl(host, cpu.Range{Base: gatesAt, Size: 0x4000}), m)
	c.A[7] = stackTop
	c.SetPC(codeAt)
	t.Cleanup(func() {
		c.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// callGuest calls a routine, as a host does.
func callGuest(c *CPU, addr uint32) cpu.Exit {
	until, err := c.control.Enter()
	if err != nil {
		return cpu.Exit{Reason: cpu.Faulted, Err: err}
	}
	defer c.control.Leave()
	c.A[7] -= 4
	if err := c.mem.Store32(c.A[7], until); err != nil {
		return cpu.Exit{Reason: cpu.Faulted, Err: err}
	}
	c.SetPC(addr)
	return c.Run(until)
}

func TestLineAIsACallOfTheHost(t *testing.T) {
	var asked []cpu.Event
	c := newCPU(t, isa.M68020, handle(func(e cpu.Engine, ev cpu.Event) (bool, error) {
		asked = append(asked, ev)
		c := e.(*CPU)
		c.D[0] *= 2
		c.SR |= cpu.FlagZ
		e.SetPC(ev.PC + 2)
		return true, nil
	}),
		0x7015, // MOVEQ #21,D0
		0xa123, // the host doubles it, and sets Z
		0x57c1, // SEQ D1
		0x4e75, // RTS
	)
	if exit := callGuest(c, codeAt); exit.Reason != cpu.Returned || c.D[0] != 42 || c.D[1]&0xff != 0xff || c.A[7] != stackTop {
		t.Errorf("%+v, D0 %d, D1 %#x, A7 %#x", exit, c.D[0], c.D[1], c.A[7])
	}
	if len(asked) != 1 || asked[0] != (cpu.Event{Kind: cpu.LineA, PC: codeAt + 2, Code: 0xa123}) {
		t.Errorf("asked %+v", asked)
	}
}

// TestNesting has guest code call the host, which calls the guest, a thousand
// times over.
func TestNesting(t *testing.T) {
	const levels = 1000
	deepest := 0
	var c *CPU
	host := handle(func(e cpu.Engine, ev cpu.Event) (bool, error) {
		deepest = max(deepest, c.control.Depth())
		if c.control.Depth() < levels {
			saved := c.M68K
			if exit := callGuest(c, codeAt); exit.Reason != cpu.Returned {
				return false, fmt.Errorf("at depth %d: %w", c.control.Depth(), exit.Err)
			}
			d0 := c.D[0]
			c.M68K = saved
			c.D[0] = d0
		}
		// Return to the caller.
		pc, err := c.mem.Load32(c.A[7])
		c.A[7] += 4
		c.SetPC(pc)
		return true, err
	})
	c = newCPU(t, isa.M68020, host,
		0x4eb9, gatesAt>>16, 0x1000, // JSR (a gate)
		0x5280, // ADDQ.L #1,D0
		0x4e75, // RTS
	)
	if exit := callGuest(c, codeAt); exit.Reason != cpu.Returned || c.D[0] != levels || c.A[7] != stackTop || deepest != levels {
		t.Errorf("%+v, D0 %d, A7 %#x, depth %d", exit, c.D[0], c.A[7], deepest)
	}
	c.control.MaxDepth = 100
	if exit := callGuest(c, codeAt); exit.Reason != cpu.Faulted || !errors.Is(exit.Err, cpu.ErrDepth) {
		t.Errorf("%+v, want ErrDepth", exit)
	}
	if c.control.Depth() != 0 {
		t.Errorf("depth %d is left", c.control.Depth())
	}
}

func TestFuel(t *testing.T) {
	c := newCPU(t, isa.M68020, nil, 0x5280, 0x60fc) // ADDQ.L #1,D0; BRA to it
	c.control.Fuel = 1001
	if exit := c.Run(0); exit.Reason != cpu.OutOfFuel || c.D[0] != 501 || exit.PC != codeAt+2 || c.control.Fuel != 0 {
		t.Errorf("%+v, D0 %d, fuel %d", exit, c.D[0], c.control.Fuel)
	}
	// One step at a time.
	c.control.Fuel = 1
	if exit := c.Run(0); exit.Reason != cpu.OutOfFuel || c.D[0] != 501 || exit.PC != codeAt {
		t.Errorf("%+v, D0 %d", exit, c.D[0])
	}
	c.control.Fuel = 100_000
	if exit := c.Run(codeAt + 2); exit.Reason != cpu.Returned || c.control.Fuel != 99_999 {
		t.Errorf("%+v, fuel %d", exit, c.control.Fuel)
	}
}

// TestInterrupt ends an endless loop from outside.
func TestInterrupt(t *testing.T) {
	t.Run("fast", func(t *testing.T) { interrupt(t, newCPU(t, isa.M68020, nil, 0x60fe)) }) // BRA to itself
	t.Run("slow", func(t *testing.T) {
		c := newCPU(t, isa.M68020, nil, 0xf200, 0x008f, 0x60fa) // FTAN FP0,FP1; BRA to it
		c.FP[0] = cpu.Extended{High: 0x3fff, Mantissa: 1<<63 | 12345}
		interrupt(t, c)
	})
}

func interrupt(t *testing.T, c *CPU) {
	t.Helper()
	for range 10 {
		ctx, cancel := context.WithCancel(context.Background())
		stop := c.control.Bind(ctx)
		time.AfterFunc(2*time.Millisecond, cancel)
		exit := c.Run(0)
		if exit.Reason != cpu.Interrupted {
			t.Fatalf("%+v", exit)
		}
		if stop() {
			t.Error("the context had ended")
		}
		c.control.Resume()
	}
}

func TestBreakpointsAndTrace(t *testing.T) {
	c := newCPU(t, isa.M68020, nil, 0x7001, 0x5280, 0x5280, 0x60fa) // MOVEQ #1,D0; ADDQ; ADDQ; BRA to the first ADDQ
	c.control.Breakpoints = map[uint32]struct{}{codeAt + 4: {}}
	for i := range uint32(3) {
		if exit := c.Run(0); exit.Reason != cpu.AtBreakpoint || exit.PC != codeAt+4 || c.D[0] != 2+2*i {
			t.Errorf("%+v, D0 %d", exit, c.D[0])
		}
	}
	c.control.Breakpoints = nil
	var traced []string
	c.control.Trace = func(e cpu.Engine, pc uint32) { traced = append(traced, fmt.Sprintf("%#x:%d", pc, c.D[0])) }
	c.control.Fuel = 4
	if exit := c.Run(0); exit.Reason != cpu.OutOfFuel || strings.Join(traced, " ") != "0x1004:6 0x1006:7 0x1002:7 0x1004:8" {
		t.Errorf("%+v, traced %v", exit, traced)
	}
}

// TestFaultSaysWhere is about what a program's author gets to read.
func TestFaultSaysWhere(t *testing.T) {
	for _, tt := range []struct {
		words []uint16
		want  string
	}{
		{[]uint16{0x2028, 0x0010}, "at 0x00001000 (MOVE.L ($10,A0),D0): memory at 0x00000010: cannot read 4 bytes: nothing is mapped there (instruction at 0x00001000)"},
		{[]uint16{0x4afc}, "at 0x00001000 (ILLEGAL): illegal instruction (vector 4) has no handler"},
		{[]uint16{0x80fc, 0}, "at 0x00001000 (DIVU.W #0,D0): division by zero (vector 5) has no handler"},
		{[]uint16{0xa9a0}, "at 0x00001000 (_GetResource): line A (vector 10) has no handler"},
		{[]uint16{0x4e43}, "at 0x00001000 (TRAP #3): TRAP #3 (vector 35) has no handler"},
		{[]uint16{0x4ed0}, "at 0x00000000: memory at 0x00000000: cannot execute 22 bytes: nothing is mapped there (instruction at 0x00000000)"},
		{[]uint16{0x06c0}, "at 0x00001000 (RTM D0): illegal instruction (vector 4) has no handler"},
	} {
		c := newCPU(t, isa.M68020, nil, tt.words...)
		exit := c.Run(0xffffffff)
		var f *cpu.Fault
		if exit.Reason != cpu.Faulted || !errors.As(exit.Err, &f) || !strings.HasPrefix(exit.Err.Error(), tt.want) {
			t.Errorf("%v %v, want %s", exit.Reason, exit.Err, tt.want)
		}
	}
	c := newCPU(t, isa.M68000, nil, 0x3039, dataAt>>16, 0x0001) // MOVE.W (an odd address),D0
	var f *memory.Fault
	if exit := c.Run(0); !errors.As(exit.Err, &f) || f.Kind != memory.Misaligned || f.Addr != dataAt+1 {
		t.Errorf("%+v", exit)
	}
	boom := errors.New("boom")
	c = newCPU(t, isa.M68020, handle(func(cpu.Engine, cpu.Event) (bool, error) { return false, boom }), 0xa000)
	if exit := c.Run(0); exit.Reason != cpu.Faulted || !errors.Is(exit.Err, boom) || exit.PC != codeAt {
		t.Errorf("%+v, want the host's error", exit)
	}
}

// TestFrames takes exceptions through a vector table that the guest has set, on
// each model, and returns.
func TestFrames(t *testing.T) {
	for _, tt := range []struct {
		name   string
		model  isa.Model
		words  []uint16
		vector uint32
		frame  []uint16 // after the SR
		back   uint32   // where RTE goes
	}{
		{"trap", isa.M68000, []uint16{0x4e41}, 33, []uint16{0, codeAt + 2}, codeAt + 2},
		{"trap", isa.M68020, []uint16{0x4e41}, 33, []uint16{0, codeAt + 2, 0x0084}, codeAt + 2},
		{"line A", isa.M68020, []uint16{0xa055}, 10, []uint16{0, codeAt, 0x0028}, codeAt},
		{"line F", isa.M68040, []uint16{0xf555}, 11, []uint16{0, codeAt, 0x002c}, codeAt},
		{"illegal", isa.M68010, []uint16{0x4afc}, 4, []uint16{0, codeAt, 0x0010}, codeAt},
		{"zero", isa.M68010, []uint16{0x80fc, 0}, 5, []uint16{0, codeAt + 4, 0x0014}, codeAt + 4},
		{"zero", isa.M68020, []uint16{0x80fc, 0}, 5, []uint16{0, codeAt + 4, 0x2014, 0, codeAt}, codeAt + 4},
		{"chk", isa.M68040, []uint16{0x41bc, 0xffff}, 6, []uint16{0, codeAt + 4, 0x2018, 0, codeAt}, codeAt + 4},
		{"trapt", isa.M68020, []uint16{0x50fa, 0x1234}, 7, []uint16{0, codeAt + 4, 0x201c, 0, codeAt}, codeAt + 4},
		{"privilege", isa.M68020, []uint16{0x4e70}, 8, []uint16{0, codeAt, 0x0020}, codeAt},
		{"odd", isa.M68000, []uint16{0x3028, 0x0001}, 3, nil, 0},
		{"odd", isa.M68040, []uint16{0x4ee8, 0x0001}, 3, []uint16{0, 1, 0x200c, 0, 0}, 1},
		{"access", isa.M68020, []uint16{0x2010}, 2, []uint16{0, codeAt, 0xa008, 0, 0x0041, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, codeAt},
		{"access", isa.M68040, []uint16{0x2010}, 2, append([]uint16{0, codeAt, 0x7008, 0, 0, 0x0101}, make([]uint16, 23)...), codeAt},
		{"float zero", isa.M68020, []uint16{0xf200, 0x00a0}, 50, []uint16{0, codeAt + 4, 0x00c8}, codeAt + 4},
	} {
		t.Run(fmt.Sprintf("%s on %v", tt.name, tt.model), func(t *testing.T) {
			c := newCPU(t, tt.model, nil, tt.words...)
			const handler = codeAt + 0x100
			if err := errors.Join(c.mem.Store32(dataAt+4*tt.vector, handler), c.mem.Poke(handler, []byte{0x52, 0x87, 0x4e, 0x73})); err != nil { // ADDQ.L #1,D7; RTE
				t.Fatal(err)
			}
			c.VBR = dataAt
			c.ISP = stackTop - 0x1000
			c.SR = 0 // as a user
			c.FPCR = 0x0400
			c.FP[0], c.FP[1] = cpu.Extended{}, cpu.Extended{High: 0x3fff, Mantissa: 1 << 63}
			if tt.name == "float zero" {
				c.FP[1] = c.FP[0]
				c.FP[1] = cpu.Extended{High: 0x3fff, Mantissa: 1 << 63}
			}
			exit := c.Run(handler)
			if exit.Reason != cpu.Returned || c.SR&cpu.FlagSuper == 0 || c.USP != stackTop {
				t.Fatalf("%+v, SR %#x, USP %#x", exit, c.SR, c.USP)
			}
			if tt.frame != nil {
				if size := c.ISP - c.A[7]; size != uint32(2+2*len(tt.frame)) && c.ISP != stackTop-0x1000 {
					t.Errorf("a frame of %d bytes", size)
				}
				for i, want := range tt.frame {
					if got, err := c.mem.Load16(c.A[7] + 2 + 2*uint32(i)); err != nil || got != want {
						t.Errorf("word %d of the frame is %#04x, want %#04x", i+1, got, want)
					}
				}
				if exit := c.Run(tt.back); tt.back&1 == 0 && (exit.Reason != cpu.Returned || c.D[7] != 1 || c.SR&cpu.FlagSuper != 0 || c.A[7] != stackTop || c.ISP != stackTop-0x1000) {
					t.Errorf("after RTE: %+v, D7 %d, SR %#x, A7 %#x, ISP %#x", exit, c.D[7], c.SR, c.A[7], c.ISP)
				}
			}
		})
	}
}

// TestCodeThatChangesItself writes an instruction that was executed before.
func TestCodeThatChangesItself(t *testing.T) {
	c := newCPU(t, isa.M68020, nil,
		0x7001,                         // MOVEQ #1,D0
		0xd280,                         // ADD.L D0,D1
		0x33fc, 0x7064, 0x0000, codeAt, // MOVE.W #<MOVEQ #100,D0>,the first
		0x60f2, // BRA to the first
	)
	c.control.Fuel = 7
	if exit := c.Run(0); exit.Reason != cpu.OutOfFuel || c.D[1] != 101 {
		t.Errorf("%+v, D1 %d, want 101", exit, c.D[1])
	}
}

func TestSupervisorStacks(t *testing.T) {
	c := newCPU(t, isa.M68020, nil,
		0x46fc, 0x3000, // MOVE #$3000,SR: the master's stack
		0x4e7a, 0x0803, // MOVEC MSP,D0
		0x4e7a, 0x1804, // MOVEC ISP,D1
		0x46fc, 0x0000, // MOVE #0,SR
		0x4e70, // RESET, which a user may not
	)
	c.MSP = stackTop - 0x800
	c.USP = stackTop - 0x400
	exit := c.Run(0)
	var e *Exception
	if !errors.As(exit.Err, &e) || e.Vector != vectorPrivilege || c.D[0] != stackTop-0x800 || c.D[1] != stackTop || c.A[7] != stackTop-0x400 {
		t.Errorf("%+v, D0 %#x, D1 %#x, A7 %#x", exit, c.D[0], c.D[1], c.A[7])
	}
}

// TestByHand has what QEMU does not know, or not well: results by the manual.
func TestByHand(t *testing.T) {
	for _, tt := range []struct {
		name  string
		words []uint16
		d, a  map[int]uint32 // what is set before
		want  map[int]uint32 // of D
		ccr   uint16
		sees  uint16 // condition codes that are defined
	}{
		{"PACK D0,D1,#0", []uint16{0x8340, 0}, map[int]uint32{0: 0x3132, 1: 0xffffff00}, nil, map[int]uint32{1: 0xffffff12}, 0, 0x1f},
		{"PACK D0,D1,#-$3030", []uint16{0x8340, 0xcfd0}, map[int]uint32{0: 0x3931}, nil, map[int]uint32{1: 0x91}, 0, 0x1f},
		{"UNPK D0,D1,#$3030", []uint16{0x8380, 0x3030}, map[int]uint32{0: 0x57, 1: 0x11110000}, nil, map[int]uint32{1: 0x11113537}, 0, 0x1f},
		{"PACK -(A0),-(A1),#1", []uint16{0x8348, 1, 0x1011}, nil, map[int]uint32{0: dataAt + 2, 1: dataAt + 0x101}, map[int]uint32{0: 0x39}, 0, 0},
		{"UNPK -(A0),-(A1),#$3030", []uint16{0x8388, 0x3030, 0x3011}, nil, map[int]uint32{0: dataAt + 1, 1: dataAt + 0x102}, map[int]uint32{0: 0x3033}, 0, 0},
		{"CMP2.B (A0),D0 within", []uint16{0x00d0, 0x0000}, map[int]uint32{0: 5}, map[int]uint32{0: dataAt}, nil, 0, 5},
		{"CMP2.B (A0),D0 at a bound", []uint16{0x00d0, 0x0000}, map[int]uint32{0: 8}, map[int]uint32{0: dataAt}, nil, 4, 5},
		{"CMP2.B (A0),D0 above", []uint16{0x00d0, 0x0000}, map[int]uint32{0: 9}, map[int]uint32{0: dataAt}, nil, 1, 5},
		{"CMP2.B (A0),D0 below", []uint16{0x00d0, 0x0000}, map[int]uint32{0: 2}, map[int]uint32{0: dataAt}, nil, 1, 5},
		{"CMP2.B signed (2,A0),D0", []uint16{0x00e8, 0x0000, 2}, map[int]uint32{0: 0xff}, map[int]uint32{0: dataAt}, nil, 0, 5},
		{"CMP2.W (2,A0),A1, sign extended", []uint16{0x02e8, 0x9000, 2}, nil, map[int]uint32{0: dataAt, 1: 0xfffffe7f}, nil, 0, 5},
		{"CAS2.L equal", []uint16{0x0efc, 0x8080, 0x90c1}, map[int]uint32{0: 0x0308fe02, 1: 0, 2: 7, 3: 9}, map[int]uint32{0: dataAt, 1: dataAt + 4}, map[int]uint32{0: 0x0308fe02, 1: 0}, 4, 0xf},
		{"CAS2.L different", []uint16{0x0efc, 0x8080, 0x90c1}, map[int]uint32{0: 0x0308fe02, 1: 1, 2: 7, 3: 9}, map[int]uint32{0: dataAt, 1: dataAt + 4}, map[int]uint32{0: 0x0308fe02, 1: 0}, 9, 0xf},
		{"FDBF D0 ends", []uint16{0xf248, 0x0000, 0xfffc}, map[int]uint32{0: 0x10003}, nil, map[int]uint32{0: 0x1ffff}, 0, 0x1f},
		{"FDBT D0 does nothing", []uint16{0xf248, 0x000f, 0xfffc}, map[int]uint32{0: 3}, nil, map[int]uint32{0: 3}, 0, 0x1f},
		{"MOVEP", []uint16{0x0148, 0x0000, 0x0348, 0x0000}, map[int]uint32{0: 0}, map[int]uint32{0: dataAt}, map[int]uint32{0: 0x03fe0000}, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newCPU(t, isa.M68020, nil, append(slices.Clone(tt.words), 0x4e75)...)
			if err := c.mem.Store64(dataAt, 0x0308fe0200000000); err != nil {
				t.Fatal(err)
			}
			for i, v := range tt.d {
				c.D[i] = v
			}
			for i, v := range tt.a {
				c.A[i] = v
			}
			if exit := callGuest(c, codeAt); exit.Reason != cpu.Returned {
				t.Fatalf("%+v", exit)
			}
			for i, want := range tt.want {
				if c.D[i] != want {
					t.Errorf("D%d is %#x, want %#x", i, c.D[i], want)
				}
			}
			if got := c.SR & tt.sees; got != tt.ccr {
				t.Errorf("CCR is %#x, want %#x", got, tt.ccr)
			}
		})
	}
}

func TestRegisters(t *testing.T) {
	c := newCPU(t, isa.M68020, nil)
	for i, name := range []string{"D3", "a2", "SP", "pc", "SR", "FP1", "VBR"} {
		if err := c.SetRegister(name, uint64(i+1)<<1); err != nil {
			t.Error(err)
		}
	}
	got := map[string]uint64{}
	for _, r := range c.Registers() {
		got[r.Name] = r.Value
	}
	if got["D3"] != 2 || got["A2"] != 4 || got["A7"] != 6 || got["PC"] != 8 || got["SR"] != 10 || got["FP1"] != 12 || got["VBR"] != 14 {
		t.Errorf("%v", got)
	}
	if err := c.SetRegister("R3", 1); err == nil {
		t.Error("set a register that there is none")
	}
}

func TestMachinesShareNothing(t *testing.T) {
	var wg sync.WaitGroup
	for range 4 {
		c := newCPU(t, isa.M68020, nil, 0x5280, 0x23c0, dataAt>>16, 0, 0x60f6) // ADDQ.L #1,D0; MOVE.L D0,(data); BRA
		c.control.Fuel = 300_000
		wg.Go(func() {
			if exit := c.Run(0); exit.Reason != cpu.OutOfFuel || c.D[0] != 100_000 {
				t.Errorf("%+v, D0 %d", exit, c.D[0])
			}
		})
	}
	wg.Wait()
}

// TestNothingIsAllocated runs a loop of all sorts.
func TestNothingIsAllocated(t *testing.T) {
	c := newCPU(t, isa.M68020, nil,
		0x41f9, dataAt>>16, 0, // LEA (data).L,A0
		0x20c0,         // MOVE.L D0,(A0)+
		0x4c00, 0x1001, // MULU.L D0,D1
		0xe9e8, 0x1042, 0x0004, // BFEXTU (4,A0){1:2},D1
		0xf200, 0x0022, // FADD.X FP0,FP0
		0xf200, 0x0423, // FMUL.X FP1,FP0
		0x48e7, 0xff00, // MOVEM.L D0-D7,-(A7)
		0x4cdf, 0x00ff, // MOVEM.L (A7)+,D0-D7
		0x60de, // BRA to the beginning
	)
	c.FP[0] = cpu.Extended{High: 0x3fff, Mantissa: 1 << 63}
	c.FP[1] = c.FP[0]
	c.control.Fuel = 100
	c.Run(0)
	if n := testing.AllocsPerRun(50, func() {
		c.control.Fuel = 3000
		if exit := c.Run(0); exit.Reason != cpu.OutOfFuel {
			t.Fatalf("%+v", exit)
		}
	}); n != 0 {
		t.Errorf("%v allocations in 3000 instructions", n)
	}
}

// FuzzCode executes anything: it must end, and leave no trace outside.
func FuzzCode(f *testing.F) {
	f.Add([]byte{0x4e, 0x71, 0x60, 0xfc}, uint8(2), uint32(0), false)
	f.Add([]byte{0xf2, 0x00, 0x00, 0x22, 0xf2, 0x3c, 0x4c, 0x22}, uint8(4), uint32(0xffffffff), true)
	f.Add([]byte{0x48, 0xe7, 0xff, 0xfe, 0x4e, 0x73}, uint8(0), uint32(0x10001), true)
	f.Add([]byte{0xe9, 0xf0, 0x0f, 0xff, 0x01, 0x77}, uint8(2), uint32(0x80000000), false)
	f.Fuzz(func(t *testing.T, code []byte, model uint8, seed uint32, vectors bool) {
		if len(code) > 0x800 {
			return
		}
		c := newCPU(t, isa.Model(model%5), nil)
		if err := c.mem.Poke(codeAt, code); err != nil {
			t.Fatal(err)
		}
		for i := range 8 {
			seed = seed*1664525 + 1013904223
			c.D[i] = seed
			if i < 7 {
				c.A[i] = dataAt + seed>>16
			}
		}
		if vectors {
			c.VBR = codeAt
		}
		c.control.Fuel = 3000
		exit := c.Run(0xffffffff)
		if exit.Reason == cpu.Returned || c.control.Fuel < 0 || exit.Reason == cpu.Faulted && exit.Err == nil {
			t.Fatalf("%+v, fuel %d", exit, c.control.Fuel)
		}
	})
}

func BenchmarkRun(b *testing.B) {
	b.Run("loop", func(b *testing.B) {
		c := newCPU(b, isa.M68020, nil,
			0x2028, 0x0004, // MOVE.L (4,A0),D0
			0xd280, // ADD.L D0,D1
			0xb282, // CMP.L D2,D1
			0x66f6, // BNE to the beginning
			0x60f4,
		)
		c.A[0] = dataAt
		c.D[2] = 1
		b.ReportAllocs()
		for b.Loop() {
			c.control.Fuel = 1000
			c.Run(0)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/instr")
	})
	b.Run("call", func(b *testing.B) {
		c := newCPU(b, isa.M68020, nil, 0x4e75)
		b.ReportAllocs()
		for b.Loop() {
			if exit := callGuest(c, codeAt); exit.Reason != cpu.Returned {
				b.Fatal(exit)
			}
		}
	})
	b.Run("hostcall", func(b *testing.B) {
		c := newCPU(b, isa.M68020, handle(func(e cpu.Engine, ev cpu.Event) (bool, error) { e.SetPC(ev.PC + 2); return true, nil }), 0xa000, 0x60fc)
		b.ReportAllocs()
		for b.Loop() {
			c.control.Fuel = 2
			c.Run(0)
		}
	})
}
