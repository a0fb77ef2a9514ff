package m68k

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/guest/cpu"
	isa "github.com/crossplug/crossplug/guest/isa/m68k"
)

var update = flag.Bool("update", false, "write testdata/sequences.txt anew, of what QEMU agrees with")

const sequencesFile = "testdata/sequences.txt"

const sequencesHead = `# What sequences of a few instructions do, one a line, by TestSequences: every form
# of instruction that random sequences have, each found to be the same in QEMU.
# model, seed, code; what differs afterwards; what the code is. The state before is
# made of the seed, see stateOf; SUM is the checksum of memory.
`

// stateOf makes a state of a seed.
func stateOf(seed uint32) (st harnessState) {
	x := seed
	next := func() uint32 {
		x = x*1664525 + 1013904223
		return x>>16 ^ x<<13
	}
	special := []uint32{0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x7fff, 0x8000, 0xffff, 0x80, 0xff}
	for i := range 8 {
		switch v := next(); next() % 4 {
		case 0:
			st.Reg[i] = v
		case 1:
			st.Reg[i] = special[v%10]
		default:
			st.Reg[i] = v%200 - 100
		}
		st.Reg[8+i] = scratchBase + scratchSize/2 + next()%0x2000&^1
		exp := next()
		st.FP[i] = [3]uint32{exp&0x80000000 | (16383+exp%60-30)<<16, next() | 1<<31, next()}
		switch next() % 8 {
		case 0:
			st.FP[i] = [3]uint32{exp & 0x80000000}
		case 1:
			st.FP[i] = [3]uint32{exp&0x80000000 | 0x7fff0000}
		case 2:
			st.FP[i][0] |= 0x7fff0000
			st.FP[i][1] |= 1 << 30 // a NaN that is quiet
		case 3, 4:
			st.FP[i][1] &= 0xfff00000
			st.FP[i][2] = 0
		}
	}
	st.CCR = next() & 0x1f
	st.FPCR = next() & 0x30
	return st
}

// changes writes what a sequence did.
func changes(before harnessState, r reply) string {
	if r.Signal != 0 {
		return "fault"
	}
	var all []string
	add := func(name string, a, b uint32) {
		if a != b {
			all = append(all, fmt.Sprintf("%s=%x", name, b))
		}
	}
	for i := range 16 {
		add(fmt.Sprintf("%c%d", "DA"[i/8], i%8), before.Reg[i], r.State.Reg[i])
	}
	add("CCR", before.CCR, r.State.CCR)
	add("FPSR", before.FPSR, r.State.FPSR)
	for i := range 8 {
		if f := r.State.FP[i]; f != before.FP[i] {
			all = append(all, fmt.Sprintf("FP%d=%04x.%08x%08x", i, f[0]>>16, f[1], f[2]))
		}
	}
	return strings.Join(append(all, fmt.Sprintf("SUM=%x", r.Sum)), " ")
}

// inHarness makes a request of instructions, with NOPs after them for branches that
// go beyond their end.
func inHarness(seed uint32, code []byte) request {
	q := request{State: stateOf(seed), Seed: seed}
	b := append(q.Code[:0], code...)
	for len(b) < codeBytes-8 {
		b = append(b, 0x4e, 0x71)
	}
	binary.BigEndian.PutUint16(q.Code[codeBytes-8:], 0x4ef9)
	binary.BigEndian.PutUint32(q.Code[codeBytes-6:], returnTo)
	return q
}

// TestSequences executes the sequences in testdata: in steps, and at once.
func TestSequences(t *testing.T) {
	if *update {
		writeSequences(t)
	}
	f, err := os.Open(sequencesFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	machines := map[string]*machine{}
	for _, m := range []isa.Model{isa.M68000, isa.M68020, isa.M68040} {
		machines[m.String()] = newMachine(t, m)
	}
	n, failed, allocating := 0, 0, 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line := lines.Text()
		if n++; strings.HasPrefix(line, "#") || testing.Short() && n%4 != 0 {
			continue
		}
		what, rest, _ := strings.Cut(line, "; ")
		want, text, _ := strings.Cut(rest, "; ")
		var model, code string
		var seed uint32
		if _, err := fmt.Sscanf(what, "%s %x %s", &model, &seed, &code); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		b, err := hex.DecodeString(code)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		q := inHarness(seed, b)
		c := machines[model]
		for _, trace := range []func(cpu.Engine, uint32){nil, func(cpu.Engine, uint32) {}} {
			c.control.Trace = trace
			if r, exit := c.run(t, q); changes(q.State, r) != want {
				if failed++; failed <= 20 {
					t.Errorf("%s %s: %s, want %s (%v)", model, text, changes(q.State, r), want, exit.Err)
				}
			}
		}
		c.control.Trace = nil
		if n%4 == 0 && !mayAllocate.MatchString(text) && c.allocates(t, q) {
			if allocating++; allocating <= 20 {
				t.Errorf("%s %s allocates", model, text)
			}
		}
	}
	if n < 1000 {
		t.Errorf("only %d sequences", n)
	}
}

// mayAllocate matches what is computed with numbers of many bits, and constants.
var mayAllocate = regexp.MustCompile(`FSIN|FCOS|FTAN|FASIN|FACOS|FATAN|FETOX|FTWOTOX|FTENTOX|FLOG|FMOVECR`)

// allocates says whether executing a sequence takes memory, unless it ends in a
// fault or changes its code.
func (m *machine) allocates(t *testing.T, q request) bool {
	m.run(t, q)
	copy(m.D[:], q.State.Reg[:8])
	copy(m.A[:], q.State.Reg[8:])
	saved, faulted := m.M68K, false
	n := testing.AllocsPerRun(1, func() {
		m.M68K = saved
		m.SetPC(codeBase)
		m.control.Fuel = 10_000
		faulted = m.Run(returnTo).Err != nil || faulted
	})
	return n != 0 && !faulted && !m.changedCode(t, &q)
}

// writeSequences keeps sequences that have a form of instruction that those before
// have not, if QEMU agrees.
func writeSequences(t *testing.T) {
	harness := buildHarness(t)
	var out strings.Builder
	out.WriteString(sequencesHead)
	for _, m := range []isa.Model{isa.M68000, isa.M68020, isa.M68040} {
		processor := "m" + max(m, isa.M68020).String()
		g := newGenerator(99, m)
		c := newMachine(t, m)
		seen := map[string]bool{}
		var tried []sequence
		var keys [][]string
		for range 60_000 {
			s := g.sequence()
			length := s.end - codeBase
			s.request = inHarness(s.Seed, s.Code[:length])
			var forms []string
			fresh := false
			for at := uint32(0); at < length; {
				inst, err := isa.Decode(s.Code[at:], codeBase+at, m)
				if err != nil {
					t.Fatal(err)
				}
				form := fmt.Sprint(inst.Op, inst.Size, inst.Cond)
				for _, a := range inst.Args {
					form += fmt.Sprint(" ", a.Kind, a.Flags&(isa.NoBase|isa.NoIndex|isa.PreIndexed|isa.PostIndexed))
				}
				forms = append(forms, form)
				fresh = fresh || !seen[form]
				at += uint32(inst.Len)
			}
			if fresh && s.ccr == 0x1f {
				tried, keys = append(tried, s), append(keys, forms)
			}
		}
		for index := 0; index < len(tried); {
			first := index
			n := inQEMU(t, harness, processor, tried[index:], func(s *sequence, theirs reply) bool {
				ours, exit := c.run(t, s.request)
				forms := keys[index]
				index++
				if harnessMemory(exit.Err) {
					return false
				}
				fresh := slices.ContainsFunc(forms, func(k string) bool { return !seen[k] })
				if fresh && ours.Signal == 0 && s.difference(ours, theirs) == "" {
					for _, k := range forms {
						seen[k] = true
					}
					fmt.Fprintf(&out, "%v %x %x; %s; %s\n", m, s.Seed, s.Code[:s.end-codeBase], changes(s.State, ours), strings.Join(s.text, "; "))
				}
				return true
			})
			if n == 0 {
				index = first + 1 // QEMU crashed at it
			}
		}
	}
	if err := os.WriteFile(sequencesFile, []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
