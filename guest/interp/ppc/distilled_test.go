package ppc

import (
	"cmp"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/guest/cpu"
	isa "github.com/crossplug/crossplug/guest/isa/ppc"
)

var rewrite = flag.Bool("update", false, "write testdata/vectors.txt anew, of what QEMU agrees on")

// TestDistilled runs the vectors of testdata/vectors.txt, some for every operation
// that QEMU was asked about. A line has the instruction, its word or words, the
// registers and the bytes of memory before, where they are not 0, and what has
// changed. Memory is filled with a pattern.
func TestDistilled(t *testing.T) {
	const name = "testdata/vectors.txt"
	if *rewrite {
		if err := os.WriteFile(name, []byte(distill(t)), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	m := newHarnessMachine(t)
	m.cpu.control.Trace = nil
	seen := map[isa.Op]int{}
	for n, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		columns := strings.Split(line, "\t")
		if len(columns) != 4 {
			t.Fatalf("line %d: %d columns", n+1, len(columns))
		}
		var code []uint32
		for s := range strings.FieldsSeq(columns[1]) {
			w, err := strconv.ParseUint(s, 16, 32)
			if err != nil {
				t.Fatalf("line %d: %v", n+1, err)
			}
			code = append(code, uint32(w))
			i, _ := isa.Decode(uint32(w))
			seen[i.Op]++
		}
		before := vectorState{image: pattern()}
		if err := before.set(columns[2]); err != nil {
			t.Fatalf("line %d: %v", n+1, err)
		}
		want := vectorState{before.PPC, pattern()}
		if err := want.set(columns[3]); err != nil {
			t.Fatalf("line %d: %v", n+1, err)
		}
		got, err := m.run(before, code)
		if err != nil {
			t.Errorf("line %d: %s: %v", n+1, columns[0], err)
		} else if changed := got.changes(want); changed != "" {
			t.Errorf("line %d: %s: %s", n+1, columns[0], changed)
		}
	}
	for _, op := range sequenceOps() {
		if seen[op] == 0 {
			t.Errorf("no vector for %v; -update makes them", op)
		}
	}
}

// vectorState is all that an instruction may change.
type vectorState struct {
	cpu.PPC
	image []byte
}

// pattern is what memory has in it before.
func pattern() []byte {
	b := make([]byte, harnessWindow)
	for i := range b {
		b[i] = byte(i*i>>3 ^ i*29)
	}
	return b
}

func (s *vectorState) specials() []named {
	return []named{{"cr", &s.CR}, {"xer", &s.XER}, {"lr", &s.LR}, {"ctr", &s.CTR}, {"fpscr", &s.FPSCR}}
}

// set sets what a column of the file says.
func (s *vectorState) set(column string) error {
	if column == "-" {
		return nil
	}
	for field := range strings.FieldsSeq(column) {
		name, value, _ := strings.Cut(field, "=")
		v, err := strconv.ParseUint(value, 16, 64)
		if err != nil {
			return err
		}
		number, _ := strconv.ParseUint(name[1:], 16, 32)
		switch {
		case name[0] == '@':
			if number -= harnessData; number >= harnessWindow {
				return fmt.Errorf("no memory at %s", name)
			}
			s.image[number] = byte(v)
		case name[0] == 'r' || name[0] == 'f' && name != "fpscr":
			number, err := strconv.ParseUint(name[1:], 10, 5)
			if err != nil {
				return err
			}
			if name[0] == 'r' {
				s.R[number] = uint32(v)
			} else {
				s.F[number] = v
			}
		default:
			found := false
			for _, r := range s.specials() {
				if r.name == name {
					*r.value, found = uint32(v), true
				}
			}
			if !found {
				return fmt.Errorf("no register %s", name)
			}
		}
	}
	return nil
}

// changes lists what differs from another state, and what it is in this one.
func (s *vectorState) changes(from vectorState) string {
	var list []string
	for i := range s.R {
		if s.R[i] != from.R[i] && i != 1 {
			list = append(list, fmt.Sprintf("r%d=%x", i, s.R[i]))
		}
	}
	for i := range s.F {
		if s.F[i] != from.F[i] {
			list = append(list, fmt.Sprintf("f%d=%x", i, s.F[i]))
		}
	}
	others := from.specials()
	for i, r := range s.specials() {
		if *r.value != *others[i].value {
			list = append(list, fmt.Sprintf("%s=%x", r.name, *r.value))
		}
	}
	for i, b := range s.image {
		if b != from.image[i] {
			list = append(list, fmt.Sprintf("@%x=%02x", harnessData+i, b))
		}
	}
	return strings.Join(list, " ")
}

// run executes code from a state.
func (m *harnessMachine) run(s vectorState, code []uint32) (vectorState, error) {
	b := &batch{}
	b.add(harnessContext{}, code)
	var bytes []byte
	for _, w := range b.code {
		bytes = binary.BigEndian.AppendUint32(bytes, w)
	}
	if err := errors.Join(m.mem.Poke(harnessCode, bytes), m.mem.Store(harnessData, s.image)); err != nil {
		return s, err
	}
	m.cpu.PPC = s.PPC
	m.cpu.summarize()
	m.cpu.SetPC(harnessCode)
	m.cpu.reserved = false
	m.cpu.control.Fuel = 100
	if exit := m.cpu.Run(harnessLeave); exit.Reason != cpu.Returned {
		return s, fmt.Errorf("%v at %#x: %w", exit.Reason, exit.PC, exit.Err)
	}
	after := vectorState{m.cpu.PPC, make([]byte, harnessWindow)}
	after.PC = s.PC
	return after, m.mem.Load(after.image, harnessData)
}

// distill makes vectors and keeps those that QEMU agrees on.
func distill(t *testing.T) string {
	const each = 4
	q, m := newQemu(t), newHarnessMachine(t)
	g := newGenerator(2024)
	b := &batch{image: pattern()}
	var befores []vectorState
	var codes [][]uint32
	var about []isa.Op
	for _, op := range sequenceOps() {
		for range each + 2 { // as some will not do
			g.code = nil
			g.add(op)
			random := g.context()
			ctx := harnessContext{CR: random.CR, XER: random.XER, CTR: random.CTR, FPSCR: random.FPSCR}
			for _, w := range g.code {
				i, _ := isa.Decode(w)
				for _, r := range []uint32{i.D(), i.A(), i.B(), i.C()} {
					ctx.R[r] = random.R[r]
					if w>>26 >= 48 || op == isa.STFIWX {
						ctx.F[r] = random.F[r]
					}
				}
			}
			b.add(ctx, g.code)
			// What is not an operand is 0, but for r1, which is the harness's.
			ctx.LR, ctx.R[1] = b.contexts[len(b.contexts)-1].LR, 0
			befores = append(befores, vectorState{cpu.PPC{R: ctx.R, F: ctx.F, CR: ctx.CR, XER: ctx.XER, CTR: ctx.CTR, FPSCR: ctx.FPSCR, LR: harnessCode}, pattern()})
			codes = append(codes, g.code)
			about = append(about, op)
		}
	}
	var text strings.Builder
	have := map[string]int{}
	q.run(t, b, func(n int, theirs *harnessContext, data []byte) bool {
		before, op := befores[n], about[n].String()
		if m.compare(b, n, theirs, data) != nil || have[op] == each {
			return true
		}
		have[op]++
		m.cpu.control.Trace = nil
		after, err := m.run(before, codes[n])
		if err != nil {
			t.Fatal(err)
		}
		var texts, words []string
		for at, w := range codes[n] {
			i, _ := isa.Decode(w)
			texts = append(texts, i.Text(harnessCode+4*uint32(at), isa.GNU, isa.Names{}))
			words = append(words, fmt.Sprintf("%08x", w))
		}
		fmt.Fprintf(&text, "%s\t%s\t%s\t%s\n", strings.Join(texts, "; "), strings.Join(words, " "), before.changes(vectorState{image: pattern()}), cmp.Or(after.changes(before), "-"))
		return true
	})
	return text.String()
}
