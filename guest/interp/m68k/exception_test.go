package m68k

import (
	"fmt"
	"testing"

	"github.com/crossplug/crossplug/guest/cpu"
	isa "github.com/crossplug/crossplug/guest/isa/m68k"
)

// withVector has a handler of words for a vector, at handlerAt.
const handlerAt = codeAt + 0x100

func withVector(t *testing.T, c *CPU, vector uint32, words ...uint16) {
	t.Helper()
	c.VBR = dataAt
	if err := c.mem.Store32(dataAt+4*vector, handlerAt); err != nil {
		t.Fatal(err)
	}
	for i, w := range words {
		if err := c.mem.Store16(handlerAt+2*uint32(i), w); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTrace counts trace exceptions of code that turns tracing on by RTE, as a
// debugger does, and off again.
func TestTrace(t *testing.T) {
	for _, tt := range []struct {
		bits  uint16
		model isa.Model
		want  uint32
	}{
		{cpu.FlagTrace1, isa.M68000, 6}, {cpu.FlagTrace1, isa.M68020, 6}, {cpu.FlagTrace1, isa.M68040, 6},
		{cpu.FlagTrace0, isa.M68020, 2}, {cpu.FlagTrace0, isa.M68000, 0},
	} {
		t.Run(fmt.Sprintf("%#x on %v", tt.bits, tt.model), func(t *testing.T) {
			c := newCPU(t, tt.model, nil,
				0x46fc, cpu.FlagSuper|tt.bits, // MOVE #…,SR, which is not traced itself
				0x5280,                // ADDQ.L #1,D0
				0x6002,                // BRA over the next
				0x7063,                // MOVEQ #99,D0
				0x5280,                // ADDQ.L #1,D0
				0x6602,                // BNE over the next
				0x7063,                // MOVEQ #99,D0
				0x4a81,                // TST.L D1
				0x46fc, cpu.FlagSuper, // MOVE #…,SR, which is
				0x5280, // ADDQ.L #1,D0
			)
			withVector(t, c, vectorTrace, 0x5287, 0x4e73) // ADDQ.L #1,D7; RTE
			if exit := c.Run(codeAt + 24); exit.Reason != cpu.Returned || c.D[0] != 3 || c.D[7] != tt.want || c.A[7] != stackTop {
				t.Errorf("%+v, D0 %d, %d trace exceptions, want %d", exit, c.D[0], c.D[7], tt.want)
			}
		})
	}
}

// TestTracedExceptions: an instruction that takes an exception is not traced, and a
// trace exception's frame has the address of the instruction.
func TestTracedExceptions(t *testing.T) {
	c := newCPU(t, isa.M68020, nil, 0x4afc) // ILLEGAL
	withVector(t, c, vectorIllegal)
	c.SR |= cpu.FlagTrace1
	if exit := c.Run(handlerAt); exit.Reason != cpu.Returned || c.SR&cpu.FlagTrace1 != 0 {
		t.Errorf("%+v, SR %#x", exit, c.SR)
	}
	if w, err := c.mem.Load16(c.A[7]); err != nil || w&cpu.FlagTrace1 == 0 {
		t.Errorf("SR in the frame %#x", w)
	}
	c = newCPU(t, isa.M68020, nil, 0x7001) // MOVEQ #1,D0
	withVector(t, c, vectorTrace)
	c.SR |= cpu.FlagTrace1
	exit := c.Run(handlerAt)
	next, err1 := c.mem.Load32(c.A[7] + 2)
	format, err2 := c.mem.Load16(c.A[7] + 6)
	at, err3 := c.mem.Load32(c.A[7] + 8)
	if exit.Reason != cpu.Returned || err1 != nil || err2 != nil || err3 != nil || next != codeAt+2 || format != 2<<12|4*vectorTrace || at != codeAt {
		t.Errorf("%+v, frame %#x %#x %#x", exit, next, format, at)
	}
}

// TestAddressErrors: the frame of a 68000 says what the access was; that of a
// 68010 is long, and RTE takes it all.
func TestAddressErrors(t *testing.T) {
	for _, tt := range []struct {
		name   string
		model  isa.Model
		words  []uint16
		vector uint32
		frame  []uint16
	}{
		{"read", isa.M68000, []uint16{0x3028, 0x0001}, 3, []uint16{0x3020 | 0x11, 0, 1, 0x3028, 0, 0, codeAt}},
		{"write", isa.M68000, []uint16{0x3140, 0x0003}, 3, []uint16{0x3140 | 0x01, 0, 3, 0x3140, 0, 0, codeAt}},
		{"jump", isa.M68000, []uint16{0x4ef9, 0x0012, 0x3457}, 3, []uint16{0x12, 0x12, 0x3457, 0, 0, 0x12, 0x3457}},
		{"read", isa.M68010, []uint16{0x3028, 0x0001}, 3, append([]uint16{0, 0, codeAt, 0x800c, 0x101, 0, 1}, make([]uint16, 22)...)},
		{"no memory", isa.M68010, []uint16{0x3010}, 2, append([]uint16{0, 0, codeAt, 0x8008, 0x101, 0, 0}, make([]uint16, 22)...)},
		{"no memory", isa.M68000, []uint16{0x3010}, 2, []uint16{0x3000 | 0x11, 0, 0, 0x3010, 0, 0, codeAt}},
	} {
		t.Run(fmt.Sprint(tt.name, " on ", tt.model), func(t *testing.T) {
			c := newCPU(t, tt.model, nil, tt.words...)
			withVector(t, c, tt.vector)
			c.SR, c.ISP = 0, stackTop-0x800
			if exit := c.Run(handlerAt); exit.Reason != cpu.Returned || c.A[7] != stackTop-0x800-uint32(2*len(tt.frame)) {
				t.Fatalf("%+v, A7 %#x", exit, c.A[7])
			}
			for i, want := range tt.frame {
				if got, err := c.mem.Load16(c.A[7] + 2*uint32(i)); err != nil || got != want {
					t.Errorf("word %d of the frame is %#04x, want %#04x", i, got, want)
				}
			}
		})
	}
	// A stack that is not there either ends it all.
	c := newCPU(t, isa.M68000, nil, 0x3010)
	withVector(t, c, vectorAccess)
	c.A[7] = 0x100
	if exit := c.Run(handlerAt); exit.Reason != cpu.Faulted {
		t.Errorf("%+v", exit)
	}
}

func TestStop(t *testing.T) {
	c := newCPU(t, isa.M68020, nil, 0x4e72, 0x2700, 0x7001) // STOP #$2700; MOVEQ #1,D0
	if exit := c.Run(0); exit.Reason != cpu.Stopped || exit.PC != codeAt+4 || c.SR != 0x2700 {
		t.Errorf("%+v, SR %#x", exit, c.SR)
	}
	// What an interrupt's handler would go on with.
	if exit := c.Run(codeAt + 6); exit.Reason != cpu.Returned || c.D[0] != 1 {
		t.Errorf("%+v", exit)
	}
	c = newCPU(t, isa.M68020, nil, 0x4e72, 0x2700)
	withVector(t, c, vectorTrace)
	c.SR |= cpu.FlagTrace1
	if exit := c.Run(handlerAt); exit.Reason != cpu.Returned {
		t.Errorf("traced: %+v", exit)
	}
	c = newCPU(t, isa.M68020, nil, 0x4e72, 0x2700)
	withVector(t, c, vectorPrivilege)
	c.SR = 0
	c.ISP = stackTop - 0x800
	if exit := c.Run(handlerAt); exit.Reason != cpu.Returned || c.A[7] != stackTop-0x808 {
		t.Errorf("as a user: %+v, A7 %#x", exit, c.A[7])
	}
}

// TestPrivileges executes everything privileged as a user.
func TestPrivileges(t *testing.T) {
	for _, tt := range []struct {
		name  string
		model isa.Model
		words []uint16
	}{
		{"RESET", isa.M68000, []uint16{0x4e70}}, {"RTE", isa.M68000, []uint16{0x4e73}}, {"MOVE to SR", isa.M68000, []uint16{0x46c0}},
		{"ANDI to SR", isa.M68000, []uint16{0x027c, 0}}, {"ORI to SR", isa.M68000, []uint16{0x007c, 0}}, {"EORI to SR", isa.M68000, []uint16{0x0a7c, 0}},
		{"MOVE USP", isa.M68000, []uint16{0x4e60}}, {"MOVE from SR", isa.M68010, []uint16{0x40c0}}, {"MOVEC", isa.M68010, []uint16{0x4e7a, 0x0801}},
		{"MOVES", isa.M68020, []uint16{0x0e10, 0x0000}}, {"FSAVE", isa.M68020, []uint16{0xf310}}, {"FRESTORE", isa.M68020, []uint16{0xf350}},
		{"PMOVE", isa.M68030, []uint16{0xf010, 0x4000}}, {"CINVA", isa.M68040, []uint16{0xf4d8}}, {"PFLUSHA", isa.M68040, []uint16{0xf518}},
	} {
		c := newCPU(t, tt.model, nil, tt.words...)
		withVector(t, c, vectorPrivilege)
		c.SR, c.ISP, c.A[0] = 0, stackTop-0x800, dataAt
		if exit := c.Run(handlerAt); exit.Reason != cpu.Returned || c.SR&cpu.FlagSuper == 0 {
			t.Errorf("%s on %v: %+v", tt.name, tt.model, exit)
		}
	}
	c := newCPU(t, isa.M68000, nil, 0x40c0) // MOVE SR,D0
	c.SR = 4
	if exit := c.Run(codeAt + 2); exit.Reason != cpu.Returned || c.D[0] != 4 {
		t.Errorf("MOVE from SR on 68000: %+v, D0 %#x", exit, c.D[0])
	}
}

// TestFormats gives RTE every format of a frame.
func TestFormats(t *testing.T) {
	sizes := map[uint16]uint32{0: 8, 2: 12, 3: 12, 7: 60, 8: 58, 9: 20, 10: 32, 11: 92}
	for format := range uint16(16) {
		if format == frameThrowaway {
			continue
		}
		c := newCPU(t, isa.M68020, nil, 0x4e73)
		withVector(t, c, vectorFormat)
		c.A[7] = stackTop - 0x200
		for i, w := range []uint16{cpu.FlagSuper, 0, codeAt + 0x10, format << 12} {
			if err := c.mem.Store16(c.A[7]+2*uint32(i), w); err != nil {
				t.Fatal(err)
			}
		}
		until := uint32(handlerAt)
		if sizes[format] != 0 {
			until = codeAt + 0x10
		}
		exit := c.Run(until)
		if exit.Reason != cpu.Returned || sizes[format] != 0 && c.A[7] != stackTop-0x200+sizes[format] {
			t.Errorf("format %d: %+v, A7 %#x", format, exit, c.A[7])
		}
	}
	// A throwaway frame leads to one on the master's stack; two are no frames.
	c := newCPU(t, isa.M68020, nil, 0x4e73)
	c.MSP, c.A[7] = stackTop-0x400, stackTop-0x200
	for at, words := range map[uint32][]uint16{c.A[7]: {cpu.FlagSuper | cpu.FlagMaster, 0, 0, 0x1000}, c.MSP: {0, 0, codeAt + 0x10, 0}} {
		for i, w := range words {
			if err := c.mem.Store16(at+2*uint32(i), w); err != nil {
				t.Fatal(err)
			}
		}
	}
	c.USP = 0x1234
	if exit := c.Run(codeAt + 0x10); exit.Reason != cpu.Returned || c.MSP != stackTop-0x400+8 || c.ISP != stackTop-0x200+8 || c.A[7] != 0x1234 {
		t.Errorf("%+v, MSP %#x, ISP %#x, A7 %#x", exit, c.MSP, c.ISP, c.A[7])
	}
}

// TestSnapshotOfRegisters goes on from the registers of another time.
func TestSnapshotOfRegisters(t *testing.T) {
	c := newCPU(t, isa.M68040, nil, 0x5280, 0xf200, 0x0022, 0x60f8) // ADDQ.L #1,D0; FADD.X FP0,FP0; BRA
	c.FP[0] = cpu.Extended{High: 0x3fff, Mantissa: 1 << 63}
	c.control.Fuel = 301
	c.Run(0)
	saved := c.M68K
	c.control.Fuel = 1000
	c.Run(0)
	after := c.M68K
	c.M68K = saved
	c.control.Fuel = 1000
	c.Run(0)
	if c.M68K != after || after == saved {
		t.Errorf("%+v, want %+v", c.M68K, after)
	}
}
