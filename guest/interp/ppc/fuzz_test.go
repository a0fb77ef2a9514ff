package ppc

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/crossplug/crossplug/guest/cpu"
	"github.com/crossplug/crossplug/guest/memory"
)

// fuzzRegions are pages of each kind, with nothing between them. The code may
// change itself.
var fuzzRegions = []memory.Region{
	{Name: "code", Base: 0x1000, Size: 0x2000, Perm: memory.RWX},
	{Name: "constant", Base: 0x4000, Size: 0x1000, Perm: memory.Read},
	{Name: "data", Base: 0x6000, Size: 0x2000, Perm: memory.RW},
}

const fuzzSpace, fuzzGates = 0xa000, 0x9000

// FuzzRun executes bytes: at once, at once again as they have been decoded, and
// instruction by instruction, which must come to the same. Nothing that is not
// mapped for writing may change.
func FuzzRun(f *testing.F) {
	for seed := range uint64(20) {
		g := newGenerator(seed)
		for len(g.code) < 40 {
			g.emit()
		}
		var code []byte
		for _, w := range g.code {
			code = binary.BigEndian.AppendUint32(code, w)
		}
		f.Add(code, seed)
	}
	f.Add([]byte{0x90, 0x83, 0x00, 0x04, 0x38, 0x63, 0x00, 0x04, 0x4b, 0xff, 0xff, 0xf8}, uint64(7)) // stw r4,4(r3); addi r3,r3,4; b: over itself
	f.Fuzz(func(t *testing.T, code []byte, seed uint64) {
		const fuel = 3000
		whole, memWhole := fuzzCPU(t, code, seed)
		start, before := whole.PPC, bytes.Clone(memWhole)
		whole.control.Fuel = fuel
		exit := whole.Run(fuzzGates)
		for at := range memWhole { // what is as it was stays decoded
			if memWhole[at] != before[at] {
				if err := whole.mem.Poke(uint32(at), before[at:at+1]); err != nil {
					t.Fatal(err)
				}
			}
		}
		first := whole.PPC
		whole.PPC, whole.time, whole.reserved = start, 0, false
		whole.control.Fuel = fuel
		again := whole.Run(fuzzGates)
		if again.Reason != exit.Reason || again.PC != exit.PC || whole.PPC != first {
			t.Fatalf("at once %v at %#x %v; again %v at %#x %v", exit.Reason, exit.PC, exit.Err, again.Reason, again.PC, again.Err)
		}
		if whole.control.Fuel < 0 || whole.control.Fuel > fuel || exit.Reason > cpu.Faulted || (exit.Err != nil) != (exit.Reason == cpu.Faulted) {
			t.Fatalf("%+v with fuel %d", exit, whole.control.Fuel)
		}
		stepped, memStepped := fuzzCPU(t, code, seed)
		var last cpu.Exit
		steps := int64(0)
		for ; steps < fuel; steps++ {
			stepped.control.Fuel = 1
			if last = stepped.Run(fuzzGates); last.Reason != cpu.OutOfFuel {
				break
			}
		}
		if last.Reason != exit.Reason || last.PC != exit.PC || stepped.PPC != whole.PPC {
			t.Fatalf("at once %v at %#x %v; %d steps: %v at %#x %v\n%v\n%v", exit.Reason, exit.PC, exit.Err, steps, last.Reason, last.PC, last.Err, whole.Registers(), stepped.Registers())
		}
		if !bytes.Equal(memWhole, memStepped) {
			t.Fatalf("memory differs, at %#x", firstDifference(memWhole, memStepped))
		}
		for at, b := range memWhole {
			if b != 0 && (at < 0x1000 || at >= 0x3000 && at < 0x6000 || at >= 0x8000) {
				t.Fatalf("the byte at %#x was written", at)
			}
		}
	})
}

func fuzzCPU(t *testing.T, code []byte, seed uint64) (*CPU, []byte) {
	mem, err := memory.New(fuzzSpace)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range fuzzRegions {
		if err := mem.Map(r); err != nil {
			t.Fatal(err)
		}
	}
	// The code begins before the end of a page.
	const start = 0x2000 - 64
	if err := mem.Poke(start, code[:min(len(code), 0x3000-start)]); err != nil {
		t.Fatal(err)
	}
	c := New(mem, cpu.NewControl(nil, cpu.Range{Base: fuzzGates, Size: 0x1000}))
	t.Cleanup(func() {
		c.Close()
		if err := mem.Close(); err != nil {
			t.Error(err)
		}
	})
	g := newGenerator(seed)
	for i := range c.R {
		c.R[i], c.F[i] = g.word(), g.double()
		switch g.rng.IntN(4) {
		case 0:
			c.R[i] = 0x6000 + g.rng.Uint32N(0x2000)
		case 1:
			c.R[i] = start - 64 + g.rng.Uint32N(256)
		}
	}
	c.CR, c.XER, c.LR, c.CTR, c.FPSCR = g.rng.Uint32(), g.rng.Uint32()&0xe000ff7f, start, g.rng.Uint32N(8), g.rng.Uint32()
	c.summarize()
	c.SetPC(start)
	return c, mem.Linear()
}
