package m68k

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/crossplug/crossplug/guest/cpu"
	isa "github.com/crossplug/crossplug/guest/isa/m68k"
	"github.com/crossplug/crossplug/guest/memory"
)

// TestQuick compares the quick functions with the general ones: for every operation
// and size that has one, with operands of all kinds, in memory of all kinds and near its
// ends.
func TestQuick(t *testing.T) {
	each := 500
	if testing.Short() {
		each = 50
	}
	for model, instructions := range map[isa.Model]int{isa.M68000: 78, isa.M68020: 81} {
		t.Run(model.String(), func(t *testing.T) {
			random := rand.New(rand.NewPCG(2, uint64(model)))
			quick, general := newCPU(t, model, nil), newCPU(t, model, nil)
			for _, c := range []*CPU{quick, general} {
				for _, r := range []memory.Region{{Name: "constant", Base: 0x50000, Size: 0x1000, Perm: memory.Read}, {Name: "drain", Base: 0x51000, Size: 0x1000, Perm: memory.Write}} {
					if err := c.mem.Map(r); err != nil {
						t.Fatal(err)
					}
				}
			}
			words := quickWords(quick)
			if len(words) != instructions {
				t.Errorf("%d instructions of a size are quick, want %d", len(words), instructions)
			}
			for _, what := range slices.Sorted(maps.Keys(words)) {
				slow := 0
				for range each {
					if compareQuick(t, random, quick, general, words[what]) {
						slow++
					}
				}
				if slow > each*2/3 {
					t.Errorf("%s: %d of %d were not simple", what, slow, each)
				}
			}
		})
	}
}

// quickWords returns the first two words of instructions that are quick and not common,
// by operation and size.
func quickWords(c *CPU) map[string][][2]uint16 {
	words := map[string][][2]uint16{}
	for word := range 0x10000 {
		for _, second := range []uint16{0, 0x0400, 0x0800, 0x0c00} { // as products have it
			code := make([]byte, isa.MaxLen)
			binary.BigEndian.PutUint16(code, uint16(word))
			binary.BigEndian.PutUint16(code[2:], second)
			i, err := isa.Decode(code, codeAt, c.model)
			if err != nil {
				continue
			}
			if o := (&op{Inst: i}); !o.prepare(c) && o.quickFor(&i) != nil {
				what := fmt.Sprintf("%v.%d", i.Op, i.Size.Bytes())
				words[what] = append(words[what], [2]uint16{uint16(word), second})
			}
		}
	}
	return words
}

// anAddress returns one that can be used more often than not.
func anAddress(random *rand.Rand) uint32 {
	a := dataAt + 0x100 + uint32(random.IntN(0x100))
	switch random.IntN(8) {
	case 0:
		return []uint32{0, codeAt, dataAt, 0x1ffff, stackTop, 0x50000, 0x50800, 0x51000}[random.IntN(8)] - uint32(random.IntN(8)) + 4
	case 1:
		return dataAt + memory.PageSize - uint32(random.IntN(8))
	case 2, 3:
		return a
	}
	return a &^ 1
}

// compareQuick executes one of some instructions in both ways, and says whether it was
// not simple.
func compareQuick(t *testing.T, random *rand.Rand, quick, general *CPU, words [][2]uint16) (slow bool) {
	t.Helper()
	first := words[random.IntN(len(words))]
	code := make([]byte, isa.MaxLen)
	binary.BigEndian.PutUint16(code, first[0])
	binary.BigEndian.PutUint16(code[2:], first[1]|uint16(random.Uint32())&[]uint16{0xf0ff, 0x7007}[random.IntN(2)]) // any, or a product's
	for i := 4; i+4 <= len(code); i += 4 {
		binary.BigEndian.PutUint32(code[i:], anAddress(random)&^1)
	}
	var start cpu.M68K
	start.SR = cpu.FlagSuper | uint16(random.IntN(32))
	if random.IntN(16) == 0 {
		start.SR |= cpu.FlagTrace1
	}
	for n := range start.D {
		start.D[n] = []uint32{random.Uint32(), uint32(random.IntN(70)), -uint32(random.IntN(4)), 1 << 31, random.Uint32() << 16, random.Uint32() & 0xff}[random.IntN(6)]
		start.A[n] = anAddress(random)
	}
	start.PC = codeAt
	data := make([]byte, 16)
	for n := range data {
		data[n] = byte(random.IntN(256) * random.IntN(2))
	}
	var moments [2]moment
	var errs [2]string
	for n, c := range []*CPU{quick, general} {
		for at, b := range map[uint32][]byte{codeAt: code, dataAt + 0x100 + 16*uint32(start.D[0]%16): data} {
			if err := c.mem.Poke(at, b); err != nil {
				t.Fatal(err)
			}
		}
		c.M68K = start
		c.unpack()
		o := c.opAt(codeAt)
		if !c.decode(o) {
			return false // its second word is not right
		}
		if n == 0 {
			was := o.general
			o.general = func(c *CPU, o *op) {
				slow = true
				was(c, o)
			}
		} else {
			o.run, o.numbers = runGeneral, numbers{}
		}
		c.control.Fuel = 1
		exit := c.Run(0xffffffff)
		view, err := c.mem.View(dataAt, stackTop-dataAt, memory.Read)
		if err != nil {
			t.Fatal(err)
		}
		moments[n] = moment{c.M68K, view, exit.Reason}
		if exit.Err != nil {
			errs[n] = exit.Err.Error()
		}
		if c.control.Fuel != 0 {
			t.Errorf("%d of fuel left", c.control.Fuel)
		}
		if c.zero != 0 {
			t.Errorf("zero is %#x", c.zero)
		}
	}
	if got, want := &moments[0], &moments[1]; !got.equal(want) || got.exit != want.exit || errs[0] != errs[1] {
		t.Fatalf("%s\nfrom %v\n got %v %s\nwant %v %s", quick.opAt(codeAt).Inst.Text(isa.Motorola, isa.Names{}), &moment{file: start}, got, errs[0], want, errs[1])
	}
	return slow
}
