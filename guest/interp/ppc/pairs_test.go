package ppc

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/crossplug/crossplug/guest/cpu"
	isa "github.com/crossplug/crossplug/guest/isa/ppc"
)

// pairAt is where pairs are.
const pairAt = codeBase + 0x800

// TestPairs executes each pair at once and step by step, which must come to the same,
// wherever it ends: after the pair, at its first or its second instruction.
func TestPairs(t *testing.T) {
	const pageSize = 4 * pageOps
	tries := 20
	if testing.Short() {
		tries = 5
	}
	data := make([]byte, dataSize)
	for i := range data {
		data[i] = byte(i * i >> 4)
	}
	words := wordsByCode(t)
	rng := rand.New(rand.NewPCG(1, 2))
	ended := map[string]int{}
	for i, h := range halves {
		for try := range tries {
			any := func(c code) uint32 { return words[c][rng.IntN(len(words[c]))] }
			first, second := any(h[0]), any(h[1])
			for ready(first, pairAt).rc {
				first = any(h[0])
			}
			seed := rng.Uint64()
			whole, stepped := pairMachine(t, data, seed, first, second), pairMachine(t, data, seed, first, second)
			start, memory := whole.cpu.PPC, bytes.Clone(used(whole))
			for _, pc := range []uint32{pairAt + 4, pairAt} { // so that both have been decoded
				whole.control.Fuel = 1
				whole.cpu.SetPC(pc)
				whole.cpu.Run(gatesBase)
			}
			if c := whole.cpu.pages[pairAt/pageSize].ops[pairAt%pageSize/4].code; c != codePairs+code(i) {
				t.Fatalf("%08x %08x have code %d, want %d", first, second, c, codePairs+code(i))
			}
			whole.cpu.PPC = start
			copy(used(whole), memory)

			const fuel = 2 * pageOps
			whole.control.Fuel = fuel
			exit := whole.cpu.Run(gatesBase)
			steps := int64(0) // and what ends them
			last := cpu.Exit{Reason: cpu.OutOfFuel}
			for ; steps < fuel && last.Reason == cpu.OutOfFuel; steps++ {
				stepped.control.Fuel = 1
				last = stepped.cpu.Run(gatesBase)
			}
			if last.Reason != exit.Reason || last.PC != exit.PC || stepped.cpu.PPC != whole.cpu.PPC || whole.control.Fuel != fuel-steps {
				t.Fatalf("%08x %08x, try %d: at once %v at %#x %v; %d steps: %v at %#x %v\n%v\n%v", first, second, try,
					exit.Reason, exit.PC, exit.Err, steps, last.Reason, last.PC, last.Err, whole.cpu.Registers(), stepped.cpu.Registers())
			}
			if a, b := used(whole), used(stepped); !bytes.Equal(a, b) {
				t.Fatalf("%08x %08x, try %d: memory differs, at %#x", first, second, try, codeBase+firstDifference(a, b))
			}
			switch exit.PC {
			case pairAt:
				ended["first"]++
			case pairAt + 4:
				ended["second"]++
			case pairAt + 8:
				ended["after"]++
			default:
				ended["elsewhere"]++
			}
		}
	}
	for _, where := range []string{"first", "second", "after", "elsewhere"} {
		if ended[where] < tries {
			t.Errorf("only %d of %d ended: %s", ended[where], tries*len(halves), where)
		}
	}
}

// used is the memory that may be written.
func used(m *machine) []byte { return m.mem.Linear()[codeBase : dataBase+dataSize] }

// wordsByCode returns instructions for each half of a pair.
func wordsByCode(t *testing.T) map[code][]uint32 {
	needed := map[code]bool{}
	for _, h := range halves {
		needed[h[0]], needed[h[1]] = true, true
	}
	words := map[code][]uint32{}
	rng := rand.New(rand.NewPCG(3, 4))
	for op := isa.Op(1); int(op) <= isa.Ops; op++ {
		mask, value := op.Encoding()
		for range 2000 {
			w := value | rng.Uint32()&^mask
			switch op { // those that have codes
			case isa.B:
				w &= 0xfc0003fd
			case isa.BC:
				w &= 0xffff03fc
			case isa.MFSPR, isa.MTSPR:
				w = w&^(0x3ff<<11) | (8+rng.Uint32N(2))<<16 // LR, CTR
			}
			if c := ready(w, pairAt).code; needed[c] && len(words[c]) < 500 {
				words[c] = append(words[c], w)
			}
		}
	}
	for c := range needed {
		if len(words[c]) < 10 {
			t.Fatalf("only %d instructions with code %d", len(words[c]), c)
		}
	}
	return words
}

// pairMachine is a machine at two instructions, with system calls all around them
// and registers that mostly point to where memory is.
func pairMachine(t *testing.T, data []byte, seed uint64, first, second uint32) *machine {
	t.Helper()
	m := newMachine(t)
	page := make([]uint32, pageOps)
	for i := range page {
		page[i] = 0x44000002
	}
	m.put(t, codeBase, page...)
	m.put(t, pairAt, first, second)
	rng := rand.New(rand.NewPCG(seed, 5))
	for i := range m.cpu.R {
		m.cpu.R[i], m.cpu.F[i] = dataBase+0x8000+rng.Uint32N(0x2000)*4, rng.Uint64()
		switch rng.IntN(8) {
		case 0:
			m.cpu.R[i] = rng.Uint32()
		case 1:
			m.cpu.R[i] = rng.Uint32N(64) - 32
		}
	}
	m.cpu.CR, m.cpu.XER, m.cpu.LR, m.cpu.CTR = rng.Uint32(), rng.Uint32()&0xe000ff7f, codeBase+rng.Uint32N(pageOps)*4, rng.Uint32N(3)
	m.cpu.SetPC(pairAt)
	if err := m.mem.Poke(dataBase, data); err != nil {
		t.Fatal(err)
	}
	return m
}
