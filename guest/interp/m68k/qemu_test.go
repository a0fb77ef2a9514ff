package m68k

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/guest/cpu"
	isa "github.com/crossplug/crossplug/guest/isa/m68k"
	"github.com/crossplug/crossplug/guest/memory"
)

// What testdata/harness.c has, in its layout.
const (
	scratchBase = 0x50000000
	scratchSize = 0x20000
	codeBase    = 0x51000000
	returnTo    = codeBase + 0x800
	codeBytes   = 128
)

type harnessState struct {
	Reg        [16]uint32
	CCR        uint32
	FPCR, FPSR uint32
	FP         [8][3]uint32
}

type request struct {
	State harnessState
	Seed  uint32
	Code  [codeBytes]byte
}

type reply struct {
	State  harnessState
	Sum    uint32
	Signal uint32
}

// sequence is a few instructions and what may be compared after them.
type sequence struct {
	request
	text []string
	end  uint32 // address after the last instruction
	ccr  uint32 // condition codes that are defined
	// An elementary function's results are good to some last bits only.
	loose bool
	// A register that must hold a number of modest size, or -1.
	modest int
}

// machine is a processor with the harness's memory.
type machine struct {
	*CPU
	space *memory.Space
}

func newMachine(t testing.TB, m isa.Model) *machine {
	t.Helper()
	s, err := memory.New(codeBase + 0x10000)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []memory.Region{{Name: "scratch", Base: scratchBase, Size: scratchSize, Perm: memory.RW}, {Name: "code", Base: codeBase, Size: 0x1000, Perm: memory.RWX}} {
		if err := s.Map(r); err != nil {
			t.Fatal(err)
		}
	}
	c := New(s, cpu.NewControl(nil, cpu.Range{}), m)
	c.mask = 0xffffffff // the harness's memory is beyond what a 68000 reaches
	c.SR = 0
	t.Cleanup(func() {
		c.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &machine{c, s}
}

// run does what the harness does.
func (m *machine) run(t testing.TB, q request) (reply, cpu.Exit) {
	scratch, err := m.space.View(scratchBase, scratchSize, memory.RW)
	if err != nil {
		t.Fatal(err)
	}
	x := q.Seed
	for i := 0; i < scratchSize; i += 4 {
		x = x*1664525 + 1013904223
		binary.BigEndian.PutUint32(scratch[i:], x)
	}
	if err := m.space.Store(codeBase, q.Code[:]); err != nil {
		t.Fatal(err)
	}
	copy(m.D[:], q.State.Reg[:8])
	copy(m.A[:], q.State.Reg[8:])
	m.SR, m.FPCR, m.FPSR = uint16(q.State.CCR), q.State.FPCR, q.State.FPSR
	for i, f := range q.State.FP {
		m.FP[i] = cpu.Extended{High: uint16(f[0] >> 16), Mantissa: uint64(f[1])<<32 | uint64(f[2])}
	}
	m.SetPC(codeBase)
	m.control.Fuel = 10_000
	exit := m.Run(returnTo)
	var r reply
	copy(r.State.Reg[:], m.D[:])
	copy(r.State.Reg[8:], m.A[:])
	r.State.CCR, r.State.FPCR, r.State.FPSR = uint32(m.SR&0x1f), m.FPCR, m.FPSR
	for i, f := range m.FP {
		r.State.FP[i] = [3]uint32{uint32(f.High) << 16, uint32(f.Mantissa >> 32), uint32(f.Mantissa)}
	}
	for i := 0; i < scratchSize; i += 4 {
		r.Sum = (r.Sum<<5 | r.Sum>>27) ^ binary.BigEndian.Uint32(scratch[i:])
	}
	if exit.Reason != cpu.Returned {
		r.Signal = 1
	}
	return r, exit
}

// changedCode says whether the code has changed itself.
func (m *machine) changedCode(t testing.TB, q *request) bool {
	code, err := m.space.View(codeBase, codeBytes, memory.Read)
	if err != nil {
		t.Fatal(err)
	}
	return !bytes.Equal(code, q.Code[:])
}

// harnessMemory says whether an access failed here that may succeed in the
// harness, which has memory of its own.
func harnessMemory(err error) bool {
	var f *memory.Fault
	return errors.As(err, &f) && (f.Addr>>28 == 4 || f.Addr>>28 == 8)
}

// difference compares ours with theirs.
func (s *sequence) difference(ours, theirs reply) string {
	if ours.Signal != 0 || theirs.Signal != 0 {
		if (ours.Signal != 0) != (theirs.Signal != 0) {
			return fmt.Sprintf("signal %d, want %d", ours.Signal, theirs.Signal)
		}
		return ""
	}
	var diff []string
	for i := range 16 {
		if a, b := ours.State.Reg[i], theirs.State.Reg[i]; a != b {
			diff = append(diff, fmt.Sprintf("%c%d is %#x, want %#x", "DA"[i/8], i%8, a, b))
		}
	}
	if a, b := ours.State.CCR&s.ccr, theirs.State.CCR&s.ccr; a != b {
		diff = append(diff, fmt.Sprintf("CCR is %#x, want %#x", a, b))
	}
	for i := range 8 {
		b := theirs.State.FP[i]
		if b[0]&0x7fff0000 == 0 && b[1]|b[2] != 0 || b != ours.State.FP[i] && s.tooSmall(b) {
			return strings.Join(diff, "; ") // nor is anything that came of it the same
		}
	}
	codes := s.floatCodes(ours, theirs)
	if a, b := ours.State.FPSR&codes, theirs.State.FPSR&codes; a != b {
		diff = append(diff, fmt.Sprintf("FPSR is %#x, want %#x", a, b))
	}
	for i := range 8 {
		a, b := ours.State.FP[i], theirs.State.FP[i]
		if a == b || s.loose && s.near(a, b) || isNaN(a) && isNaN(b) {
			continue
		}
		diff = append(diff, fmt.Sprintf("FP%d is %08x, want %08x", i, a, b))
	}
	if ours.Sum != theirs.Sum {
		diff = append(diff, "memory differs")
	}
	return strings.Join(diff, "; ")
}

// near says whether two results of elementary functions differ by a few last
// bits of the precision at most.
func (s *sequence) near(a, b [3]uint32) bool {
	x, y := uint64(a[1])<<32|uint64(a[2]), uint64(b[1])<<32|uint64(b[2])
	few := uint64(1) << 20
	if s.State.FPCR>>6&3 == 1 {
		few = 1 << 41
	}
	if a[0] != b[0] { // to both sides of a power of two
		if x < y {
			x, y = y, x
		}
		return a[0]-b[0]+1<<16 <= 2<<16 && x+few < few && y < 1<<63+few
	}
	return x-y+few <= 2*few
}

var ownPrecisionText = regexp.MustCompile(`^F[SD](MOVE|SQRT|ABS|NEG|ADD|SUB|MUL|DIV)\.`)

// tooSmall says whether a result has an exponent that its precision has not:
// QEMU rounds the mantissa only, while the manual speaks of numbers "in the
// selected rounding precision".
func (s *sequence) tooSmall(r [3]uint32) bool {
	limit := 0
	switch s.State.FPCR >> 6 & 3 {
	case 1:
		limit = 126
	case 2:
		limit = 1022
	}
	for _, t := range s.text {
		if ownPrecisionText.MatchString(t) {
			limit = 126
		}
	}
	exp := int(r[0]>>16&0x7fff) - 16383
	if exp == -16383 {
		return true // QEMU has the denormal numbers of another processor
	}
	return limit != 0 && (exp < -limit || exp > limit+1)
}

func isNaN(r [3]uint32) bool { return r[0]>>16&0x7fff == 0x7fff && r[1]<<1|r[2] != 0 }

// floatCodes says which of the coprocessor's condition codes must agree. QEMU
// sets none for FMOVECR but some for FMOVE to memory, and N for nothing that FCMP finds equal or unordered, and
// keeps other NaNs and exponents.
func (s *sequence) floatCodes(ours, theirs reply) uint32 {
	codes := uint32(0x0f000000)
	for _, t := range s.text {
		switch {
		case strings.HasPrefix(t, "FMOVECR"), strings.HasPrefix(t, "FMOVE.") && !strings.Contains(t, ",FP"):
			return 0
		case strings.HasPrefix(t, "FCMP"), strings.HasPrefix(t, "FNEG"), strings.HasPrefix(t, "FABS"):
			codes &^= floatN
		}
	}
	for i := range 8 {
		if a, b := ours.State.FP[i], theirs.State.FP[i]; a != b && isNaN(b) {
			return 0
		}
	}
	return codes
}

// buildHarness compiles the harness.
func buildHarness(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"m68k-linux-gnu-gcc", "qemu-m68k-static"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("no %s (scripts/need oracles run installs it)", name)
		}
	}
	name := filepath.Join(t.TempDir(), "harness")
	cc := exec.Command("m68k-linux-gnu-gcc", "-static", "-O1", "-m68040", "-o", name, "testdata/harness.c")
	if out, err := cc.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return name
}

// TestQEMU executes random sequences here and in QEMU. CROSSPLUG_SEQUENCES says
// how many.
func TestQEMU(t *testing.T) {
	name := buildHarness(t)
	total := 2000
	if testing.Short() {
		total = 500
	}
	if n, err := strconv.Atoi(os.Getenv("CROSSPLUG_SEQUENCES")); err == nil {
		total = n
	}
	seed := uint64(1)
	if n, err := strconv.ParseUint(os.Getenv("CROSSPLUG_SEED"), 10, 64); err == nil {
		seed = n
	}
	for _, tt := range []struct {
		model isa.Model
		cpu   string
	}{{isa.M68020, "m68020"}, {isa.M68040, "m68040"}} {
		t.Run(tt.cpu, func(t *testing.T) {
			g := newGenerator(seed, tt.model)
			if missing := g.missing(); len(missing) > 0 && tt.model == isa.M68040 {
				t.Errorf("operations that are never tried: %v", missing)
			}
			m := newMachine(t, tt.model)
			sequences := make([]sequence, total)
			for i := range sequences {
				sequences[i] = g.sequence()
			}
			differ, faults, crashes := 0, 0, 0
			for next := 0; next < total; {
				spoilt := false
				n := inQEMU(t, name, tt.cpu, sequences[next:], func(s *sequence, theirs reply) bool {
					ours, exit := m.run(t, s.request)
					faults += int(min(theirs.Signal, 1))
					if spoilt = harnessMemory(exit.Err); spoilt {
						return false // who knows what it has written
					}
					if m.changedCode(t, &s.request) {
						return true // QEMU goes on with what it has translated
					}
					if diff := s.difference(ours, theirs); diff != "" {
						if differ++; differ <= 30 {
							t.Errorf("%s: %s (%v; FPCR %#x, FP %08x, D %x)", strings.Join(s.text, "; "), diff, exit.Err, s.State.FPCR, s.State.FP, s.State.Reg[:8])
						}
					}
					return true
				})
				if next += n; next < total && !spoilt {
					crashes++
					t.Logf("QEMU crashes at %s", strings.Join(sequences[next].text, "; "))
					next++
				}
			}
			if crashes > 1+total/1000 {
				t.Errorf("QEMU crashed %d times", crashes)
			}
			if faults > total*3/4 {
				t.Errorf("%d of %d sequences fault", faults, total)
			}
			t.Logf("%d sequences, %d fault in both, %d differ", total, faults, differ)
		})
	}
}

// inQEMU has the harness execute sequences, and calls f with what each did, until
// that says to stop. It returns how many it was, which is fewer if QEMU crashed: it
// divides the smallest number by -1 on the host.
func inQEMU(t *testing.T, harness, model string, sequences []sequence, f func(s *sequence, theirs reply) bool) int {
	q := exec.Command("qemu-m68k-static", "-cpu", model, harness)
	in, err := q.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := q.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		w := bufio.NewWriter(in)
		for i := range sequences {
			if binary.Write(w, binary.BigEndian, &sequences[i].request) != nil {
				break
			}
		}
		_ = w.Flush()
		_ = in.Close()
	}()
	r := bufio.NewReader(out)
	n := 0
	for ; n < len(sequences); n++ {
		var theirs reply
		if binary.Read(r, binary.BigEndian, &theirs) != nil {
			break
		}
		if !f(&sequences[n], theirs) {
			n++
			break
		}
	}
	if n < len(sequences) {
		_ = q.Process.Kill()
	}
	_, _ = io.Copy(io.Discard, r)
	if err := q.Wait(); err != nil && n == len(sequences) {
		t.Error(err)
	}
	return n
}
