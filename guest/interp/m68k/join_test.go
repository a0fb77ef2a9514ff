package m68k

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/crossplug/crossplug/guest/cpu"
	isa "github.com/crossplug/crossplug/guest/isa/m68k"
	"github.com/crossplug/crossplug/guest/memory"
)

// joinable are instructions that are executed with others as one, and some that look
// at what those leave: D and S are registers of data in the first word, A is an
// address register, O is a small number, C a condition in it.
var joinable = []struct {
	fields string
	words  []uint16
}{
	{"D.S", []uint16{0x2000}},               // MOVE.L Ds,Dd
	{"D.A", []uint16{0x2008}},               // MOVE.L As,Dd
	{"B.S", []uint16{0x2040}},               // MOVEA.L Ds,Ad
	{"B.A", []uint16{0x2048}},               // MOVEA.L As,Ad
	{"D.S", []uint16{0x1000}},               // MOVE.B Ds,Dd
	{"D.S", []uint16{0x3000}},               // MOVE.W Ds,Dd
	{"DO", []uint16{0x7000}},                // MOVEQ
	{"D", []uint16{0x203c, 0x8000, 0x0001}}, // MOVE.L #,Dd
	{"S", []uint16{0x4280}},                 // CLR.L
	{"S", []uint16{0x4600}},                 // NOT.B
	{"S", []uint16{0x4640}},                 // NOT.W
	{"S", []uint16{0x4680}},                 // NOT.L
	{"S", []uint16{0x4480}},                 // NEG.L
	{"S", []uint16{0x4440}},                 // NEG.W
	{"S", []uint16{0x4840}},                 // SWAP
	{"S", []uint16{0x4880}},                 // EXT.W
	{"S", []uint16{0x48c0}},                 // EXT.L
	{"D.S", []uint16{0xe188}},               // LSL.L #,Ds
	{"D.S", []uint16{0xe088}},               // LSR.L
	{"D.S", []uint16{0xe080}},               // ASR.L
	{"D.S", []uint16{0xd080}},               // ADD.L Ds,Dd
	{"D.S", []uint16{0xd040}},               // ADD.W
	{"D.S", []uint16{0x9080}},               // SUB.L
	{"D.S", []uint16{0x9000}},               // SUB.B
	{"D.S", []uint16{0xb080}},               // CMP.L
	{"D.S", []uint16{0xb080}},               // CMP.L
	{"D.A", []uint16{0xb088}},               // CMP.L As,Dd
	{"B.S", []uint16{0xb1c0}},               // CMPA.L Ds,Ad
	{"D.S", []uint16{0xc080}},               // AND.L
	{"D.S", []uint16{0x8080}},               // OR.L
	{"D.S", []uint16{0x8040}},               // OR.W
	{"D.S", []uint16{0xb180}},               // EOR.L
	{"D.S", []uint16{0xc0c0}},               // MULU.W
	{"S", []uint16{0x4a80}},                 // TST.L
	{"D.S", []uint16{0x5080}},               // ADDQ.L #,Ds
	{"D.S", []uint16{0x5180}},               // SUBQ.L
	{"D.A", []uint16{0x5088}},               // ADDQ.L #,As
	{"B.S", []uint16{0x91c0}},               // SUBA.L Ds,Ad
	{"B.S", []uint16{0xd1c0}},               // ADDA.L Ds,Ad
	{"B.A", []uint16{0x41e8, 0x0006}},       // LEA (6,As),Ad
	{"S", []uint16{0x0c80, 0x0000, 0x0003}}, // CMPI.L #3,Ds
	{"S", []uint16{0x0280, 0xffff, 0x00ff}}, // ANDI.L
	{"S", []uint16{0x0a80, 0x1234, 0x5678}}, // EORI.L
	{"D.A", []uint16{0x1018}},               // MOVE.B (As)+,Dd
	{"D.A", []uint16{0x3018}},               // MOVE.W (As)+,Dd
	{"D.A", []uint16{0x2018}},               // MOVE.L (As)+,Dd
	{"D.A", []uint16{0x2020}},               // MOVE.L -(As),Dd
	{"D.A", []uint16{0x2010}},               // MOVE.L (As),Dd
	{"D.A", []uint16{0x2028, 0x0008}},       // MOVE.L (8,As),Dd
	{"D.A", []uint16{0x2030, 0x1800}},       // MOVE.L (As,D1.L),Dd
	{"D.A", []uint16{0x2030, 0x2800}},       // MOVE.L (As,D2.L),Dd
	{"D.A", []uint16{0x1030, 0x0004}},       // MOVE.B (4,As,D0.W),Dd
	{"B.A", []uint16{0x2058}},               // MOVEA.L (As)+,Ad
	{"D.A", []uint16{0xd090}},               // ADD.L (As),Dd
	{"D.A", []uint16{0xb090}},               // CMP.L (As),Dd
	{"B.S", []uint16{0x2080}},               // MOVE.L Ds,(Ad)
	{"B.S", []uint16{0x20c0}},               // MOVE.L Ds,(Ad)+
	{"B.S", []uint16{0x1080}},               // MOVE.B Ds,(Ad)
	{"D.S", []uint16{0xd180}},               // ADDX.L Ds,Dd
	{"S", []uint16{0x5dc0}},                 // SLT Ds
	{"S", []uint16{0x40c0}},                 // MOVE SR,Ds

	// Some that are quick, or were not always common.
	{"D.S", []uint16{0xe1a8}},                       // LSL.L Dd,Ds
	{"D.S", []uint16{0xe0a8}},                       // LSR.L Dd,Ds
	{"D.S", []uint16{0x9180}},                       // SUBX.L Ds,Dd
	{"S", []uint16{0x4c00, 0x1001}},                 // MULU.L Ds,D1
	{"S", []uint16{0x49c0}},                         // EXTB.L
	{"A", []uint16{0x4a58}},                         // TST.W (As)+
	{"A", []uint16{0x4a88}},                         // TST.L As
	{"A", []uint16{0x4220}},                         // CLR.B -(As)
	{"D.A", []uint16{0x5050}},                       // ADDQ.W #,(As)
	{"B.A", []uint16{0x10d8}},                       // MOVE.B (As)+,(Ad)+
	{"B.A", []uint16{0x2128, 0x0004}},               // MOVE.L (4,As),-(Ad)
	{"D.A", []uint16{0xb018}},                       // CMP.B (As)+,Dd
	{"D.A", []uint16{0xc068, 0x0002}},               // AND.W (2,As),Dd
	{"A", []uint16{0x0c10, 0x0003}},                 // CMPI.B #3,(As)
	{"B", []uint16{0x307c, 0xfff0}},                 // MOVEA.W #-16,Ad
	{"B", []uint16{0xb0fc, 0xfff0}},                 // CMPA.W #-16,Ad
	{"D", []uint16{0x2030, 0x0db0, 0x0001, 0x0100}}, // MOVE.L ($10100,D0.L*4),Dd
	{"D", []uint16{0x303b, 0x1002}},                 // MOVE.W (2,PC,D1.W),Dd
	{"B", []uint16{0x41fb, 0x1802}},                 // LEA (2,PC,D1.L),Ad
	// MOVEA.W #16,A0; MOVEQ #5,D0; MOVE.L D1,($10100,D0.L*4); MOVE.L D2,($10100,D0.L*4), as
	// the first write after a snapshot is never common.
	{"", []uint16{0x307c, 0x0010, 0x7005, 0x2181, 0x0db0, 0x0001, 0x0100, 0x2182, 0x0db0, 0x0001, 0x0100}},

	// What fusions has, together.
	{"", []uint16{0xc282, 0x2030, 0x1c00, 0xb580}}, // AND.L D2,D1; MOVE.L (A0,D1.L*4),D0; EOR.L D2,D0
	{"", []uint16{0xc282, 0x2034, 0x1c02, 0xb380}}, // AND.L D2,D1; MOVE.L (2,A4,D1.L*4),D0; EOR.L D1,D0
	{"", []uint16{0x4281, 0x1218, 0xb181}},         // CLR.L D1; MOVE.B (A0)+,D1; EOR.L D0,D1
	{"", []uint16{0x7005, 0x4600, 0xc280}},         // MOVEQ #5,D0; NOT.B D0; AND.L D0,D1
	{"DO", []uint16{0x7000, 0x4840, 0xd280}},       // MOVEQ #,Dd; SWAP D0; ADD.L D0,D1
	{"A", []uint16{0x2258, 0x2251}},                // MOVEA.L (As)+,A1; MOVEA.L (A1),A1
	{"D.S", []uint16{0x2000, 0x2031, 0x0c00}},      // MOVE.L Ds,Dd; MOVE.L (A1,D0.L*4),D0
	{"S", []uint16{0x2240, 0x2408}},                // MOVEA.L Ds,A1; MOVE.L A0,D2
	{"S", []uint16{0x2240, 0x2448}},                // MOVEA.L Ds,A1; MOVEA.L A0,A2

	// MOVEQ #-9,D0; NOT.B D0; AND.L D0,D1; MOVE.L (A0,D1.L*4),D0; EOR.L D2,D0, and others like it.
	{"", []uint16{0x70f7, 0x4600, 0xc280, 0x2030, 0x1c00, 0xb580}},
	{"", []uint16{0x7008, 0xc280, 0x2030, 0x1800, 0xb580, 0xb282}},
	{"", []uint16{0x7008, 0xc081, 0x2030, 0x0800, 0xb380}},
	{"", []uint16{0x7008, 0xc280, 0x2030, 0x1800}},
	{"", []uint16{0x70fe, 0xc280, 0x2430, 0x1800}},
	// MOVEA.L D0,A1; SUB.L D2,D0; MOVE.L (A0,A3.L),D1; CMP.L D1,D3; BGE, and others like it.
	{"", []uint16{0x2240, 0x9082, 0x2230, 0xb800, 0xb681, 0x6c02}},
	{"C", []uint16{0x6002, 0x2240, 0x9082, 0x2230, 0x8800, 0xb280, 0x6502}},
	{"", []uint16{0x2001, 0x9282, 0x2030, 0x1800, 0xb280, 0x6302}},
	{"", []uint16{0x2240, 0x9082, 0x2231, 0x2800, 0xb681, 0x6c02}},
	// SUB.L D2,D0; MOVE.L A0,D2; MOVE.L (A0),D1; MOVEA.L A1,A2; CMP.L D1,D0; BGE, and others like it.
	{"", []uint16{0x9082, 0x2408, 0x2210, 0x2449, 0xb081, 0x6c02}},
	{"", []uint16{0x9082, 0x2408, 0x2210, 0x2449, 0xb280, 0x6f02}},
	{"", []uint16{0x90c2, 0x9288, 0x2408, 0x2211, 0x2449, 0xb280, 0x6f02}},
	{"", []uint16{0x91c2, 0x2408, 0x2210, 0x2449, 0xb280, 0x6f02}},
	{"A", []uint16{0x2208, 0x2011, 0x2442, 0xb480, 0x6502}},
	{"A", []uint16{0x2010, 0x7203, 0xb280, 0x6702}},
	{"", []uint16{0x2248, 0x2011, 0x7203, 0xb280, 0x6702}},
	{"", []uint16{0x2049, 0x2210, 0x2449, 0xb081, 0x6c02}},
	// MOVE.L D1,(A1); MOVEA.L A2,A1; SUBA.L D2,A1; SUBA.L D2,A0; CMP.L D0,D2; BLE
	{"S", []uint16{0x2280, 0x224a, 0x93c2, 0x91c2, 0xb480, 0x6f02}},
	// CLR.L D1; MOVE.B (A0)+,D1; EOR.L D0,D1; MOVEQ #0,D2; NOT.B D2; AND.L D2,D1, and others like it.
	{"", []uint16{0x4281, 0x1218, 0xb181, 0x7400, 0x4602, 0xc282, 0x6602}},
	{"A", []uint16{0x1210, 0xb181, 0x7055, 0xc280, 0x6702}},
	{"", []uint16{0x4281, 0x1218, 0xb181, 0x2401, 0xc282}},
	{"", []uint16{0x4281, 0x1218, 0xb181, 0x7455, 0xc082}},
	{"", []uint16{0x1218, 0xb182}},
	{"", []uint16{0x1218, 0xb381}},
	{"S", []uint16{0x2400, 0xc282, 0x6a02}}, // MOVE.L Ds,D2; AND.L D2,D1; BPL
	// MOVE.L (A1,D1.L*4),D1; EOR.L D1,D0, and others like it.
	{"", []uint16{0x2231, 0x1c00, 0xb380, 0xb488}},
	{"", []uint16{0x2230, 0x1c00, 0xb581, 0xb488}},
	{"", []uint16{0x2230, 0x0800, 0xb381}},
	{"", []uint16{0x2030, 0x1c00, 0xb382}},
	// LSR.L #8,D0; MOVE.L (A1,D1.L*4),D1; EOR.L D1,D0; CMPA.L #$10110,A0; BNE, and others like it.
	{"", []uint16{0xe088, 0x2231, 0x1c00, 0xb380, 0xb1fc, 1, 0x0110, 0x6602}},
	{"", []uint16{0xe089, 0x2231, 0x1800, 0xb380, 0xb081, 0x6502}},
	{"", []uint16{0x2231, 0x1c00, 0xb182, 0xb481, 0x6702}},
	{"S", []uint16{0x2081, 0x91c2, 0xb480, 0x6f02}},                  // MOVE.L D1,(A0); SUBA.L D2,A0; CMP.L D0,D2; BLE
	{"S", []uint16{0x2180, 0x1800, 0x5281, 0xb2bc, 0, 0x9c, 0x6602}}, // MOVE.L Ds,(A0,D1.L); ADDQ.L #1,D1; CMP.L #$9c,D1; BNE
	{"A", []uint16{0x1210, 0xb181}},                                  // MOVE.B (As),D1; EOR.L D0,D1
	{"", []uint16{0x2240, 0x9082}},                                   // MOVEA.L D0,A1; SUB.L D2,D0
	{"", []uint16{0x2030, 0x2800, 0xb280, 0x6c02}},                   // MOVE.L (A0,D2.L),D0; CMP.L D0,D1; BGE over what follows
	{"A", []uint16{0x2010, 0xb081, 0x6702}},                          // MOVE.L (As),D0; CMP.L D1,D0; BEQ
	{"", []uint16{0x91c1, 0xb480, 0x6f02}},                           // SUBA.L D1,A0; CMP.L D0,D2; BLE
	{"", []uint16{0x5488, 0xb1c9, 0x6502}},                           // ADDQ.L #2,A0; CMPA.L A1,A0; BCS
	{"", []uint16{0x5281, 0xb282, 0x6602}},                           // ADDQ.L #1,D1; CMP.L D2,D1; BNE
	{"S", []uint16{0xd280, 0xb282, 0xd180}},                          // ADD.L Ds,D1; CMP.L D2,D1; ADDX.L D0,D0

	{"C", []uint16{0x6002}}, {"C", []uint16{0x6002}}, // Bcc over what follows
	{"C", []uint16{0x6004}}, {"C", []uint16{0x6006}},
}

// TestJoined compares instructions executed one by one with as many of them executed
// by one run: for each number of them, and with the run's end at each of them.
func TestJoined(t *testing.T) {
	sequences := 500
	if testing.Short() {
		sequences = 100
	}
	for _, model := range []isa.Model{isa.M68000, isa.M68020} {
		t.Run(model.String(), func(t *testing.T) {
			random := rand.New(rand.NewPCG(1, uint64(model)))
			one, many := newCPU(t, model, nil), newCPU(t, model, nil)
			for i := range sequences {
				compareJoined(t, random, i%len(joinable), one, many)
			}
		})
	}
}

// TestFusionsBranch sees that the code of two branches as that of the second does, whose
// branch it takes over.
func TestFusionsBranch(t *testing.T) {
	for _, f := range fusions {
		if got, want := conditional[f.both], conditional[f.second]; got != want {
			t.Errorf("%d of %d and %d branches in the way %d, want %d", f.both, f.first, f.second, got, want)
		}
	}
}

// moment is a processor's state, and the data's.
type moment struct {
	file cpu.M68K
	data []byte
	exit cpu.Reason
}

func (m *moment) String() string {
	return fmt.Sprintf("D %x A %x SR %04x PC %x, %v", m.file.D, m.file.A, m.file.SR, m.file.PC, m.exit)
}

func (m *moment) equal(o *moment) bool {
	return m.file.D == o.file.D && m.file.A == o.file.A && m.file.SR == o.file.SR && m.file.PC == o.file.PC && bytes.Equal(m.data, o.data)
}

func compareJoined(t *testing.T, random *rand.Rand, first int, one, many *CPU) {
	t.Helper()
	const length = 12
	code := make([]byte, 0, 8*length)
	for i := range length {
		k := joinable[random.IntN(len(joinable))]
		if i == 0 {
			k = joinable[first]
		}
		word := k.words[0]
		for _, f := range k.fields {
			n := uint16(random.IntN(3)) // few registers, so that they meet
			switch {
			case f == 'A':
				word |= uint16(random.IntN(5))
			case f == 'B' || f == 'D':
				word |= n << 9
			case f == 'S':
				word |= n
			case f == 'O':
				word |= uint16(random.IntN(256))
			case f == 'C':
				word |= uint16(2+random.IntN(14)) << 8
			}
		}
		for i, w := range k.words {
			if i == 0 {
				w = word
			}
			code = append(code, byte(w>>8), byte(w))
		}
	}
	end := uint32(codeAt + len(code))
	for range 4 {
		code = append(code, 0x4e, 0x71) // NOP
	}
	var start cpu.M68K
	start.SR = cpu.FlagSuper | uint16(random.IntN(32))
	for i := range start.D {
		start.D[i] = []uint32{random.Uint32(), uint32(random.IntN(8)), -uint32(random.IntN(4)), 1 << 31, 4 * uint32(random.IntN(60))}[random.IntN(5)]
		start.A[i] = dataAt + 0x100 + 2*uint32(random.IntN(0x40))
	}
	start.A[3] = stackTop - 2*uint32(random.IntN(8)) // at the end
	start.A[4] = []uint32{dataAt + 0x101, 0, 0xfff, dataAt + 0xffe}[random.IntN(4)]
	start.A[7] = stackTop
	start.PC = codeAt
	data := make([]byte, 0x400)
	for i := range data {
		data[i] = byte(random.Uint32() >> 8 & random.Uint32())
	}
	snapshots := map[*CPU]*memory.Snapshot{}
	for _, c := range []*CPU{one, many} {
		for at, b := range map[uint32][]byte{codeAt: code, dataAt: data} {
			if err := c.mem.Poke(at, b); err != nil {
				t.Fatal(err)
			}
		}
		snapshots[c] = c.mem.Snapshot()
	}
	begin := func(c *CPU) {
		if err := c.mem.Restore(snapshots[c]); err != nil {
			t.Fatal(err)
		}
		c.M68K = start
	}
	run := func(c *CPU, fuel int64, until uint32) *moment {
		c.control.Fuel = fuel
		exit := c.Run(until)
		view, err := c.mem.View(dataAt, stackTop-dataAt, memory.Read)
		if err != nil {
			t.Fatal(err)
		}
		return &moment{c.M68K, bytes.Clone(view), exit.Reason}
	}
	defer begin(one) // what comes next wants the same memory in both
	defer begin(many)
	begin(one)
	var states []*moment
	for {
		m := run(one, 1, 0xffffffff)
		states = append(states, m)
		if m.exit == cpu.Faulted || m.file.PC >= end {
			break
		}
	}
	for i, want := range states {
		begin(many)
		fuel := int64(i + 1)
		if want.exit == cpu.Faulted {
			fuel += 100 // an end that is near is approached with care
		}
		if got := run(many, fuel, 0xffffffff); !got.equal(want) || got.exit != want.exit || many.control.Fuel != fuel-int64(i+1)+one.control.Fuel {
			t.Fatalf("code % x\nfrom %v\n%d instructions\n got %v\nwant %v", code, &moment{file: start}, i+1, got, want)
		}
	}
	for i, want := range states {
		if want.exit == cpu.Faulted {
			break
		}
		begin(many)
		if got := run(many, cpu.Unlimited, want.file.PC); !got.equal(want) || got.exit != cpu.Returned {
			t.Fatalf("code % x\nfrom %v\nuntil %#x, after %d\n got %v\nwant %v", code, &moment{file: start}, want.file.PC, i+1, got, want)
		}
	}
}
