package ppc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/crossplug/crossplug/guest/cpu"
	isa "github.com/crossplug/crossplug/guest/isa/ppc"
	"github.com/crossplug/crossplug/guest/memory"
)

// Random sequences of instructions, run here and under qemu-ppc by
// testdata/harness.c. Every register and all memory they can reach must be the
// same in the end. CROSSPLUG_SEQUENCES says how many; CROSSPLUG_SEED where to
// begin.

// As in harness.c.
const (
	harnessLeave  = 0x01000000
	harnessCode   = 0x01800000
	harnessData   = 0x28000000
	harnessWindow = 4096
	contextSize   = 512
)

// harnessContext is struct context of harness.c.
type harnessContext struct {
	R                [32]uint32
	LR, CTR, XER, CR uint32
	_                uint32
	FPSCR            uint32
	F                [32]uint64
	_                [26]uint32
}

// batch is some sequences with the memory they begin with.
type batch struct {
	image    []byte
	code     []uint32
	starts   []int // of the sequences, in code
	contexts []harnessContext
}

// qemu is the harness, running.
type qemu struct {
	in     io.WriteCloser
	out    io.Reader
	stderr bytes.Buffer
}

func newQemu(t *testing.T) *qemu {
	t.Helper()
	const gcc, emulator = "powerpc-linux-gnu-gcc", "qemu-ppc-static"
	for _, tool := range []string{gcc, emulator} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("no " + tool + " (scripts/need run cross installs it)")
		}
	}
	harness := filepath.Join(t.TempDir(), "harness")
	build := exec.Command(gcc, "-O2", "-mcpu=750", "-ffreestanding", "-fno-builtin", "-nostdlib", "-static", "-Wl,-Ttext=0x1000000,--build-id=none", "-fno-pic", "-no-pie",
		"-o", harness, "testdata/harness.S", "testdata/harness.c")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	q := &qemu{}
	process := exec.Command(emulator, "-cpu", "750", harness)
	process.Stderr = &q.stderr
	var err1, err2 error
	q.in, err1 = process.StdinPipe()
	q.out, err2 = process.StdoutPipe()
	if err := errors.Join(err1, err2, process.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		q.in.Close()
		if t.Failed() {
			process.Process.Kill() // it may be writing what nobody reads
		}
		if err := process.Wait(); err != nil && !t.Failed() {
			t.Errorf("%v\n%s", err, &q.stderr)
		}
	})
	return q
}

// run has a batch executed and tells of each sequence what became of the
// registers and the data, in this order. It ends if told to.
func (q *qemu) run(t *testing.T, b *batch, each func(n int, ctx *harnessContext, data []byte) (more bool)) {
	t.Helper()
	written := make(chan error, 1)
	go func() { written <- b.write(q.in) }()
	for n := range b.starts {
		var ctx harnessContext
		data := make([]byte, harnessWindow)
		err := binary.Read(q.out, binary.BigEndian, &ctx)
		if err == nil {
			_, err = io.ReadFull(q.out, data)
		}
		if err != nil {
			t.Fatalf("qemu ended in sequence %d: %v\n%s%s", n, err, b.listing(n), &q.stderr)
		}
		if !each(n, &ctx, data) {
			return // and let the writer be, as qemu goes
		}
	}
	if err := <-written; err != nil {
		t.Fatal(err)
	}
}

func TestQemuAgrees(t *testing.T) {
	q := newQemu(t)
	sequences, seed := 3000, uint64(1)
	if testing.Short() {
		sequences = 300
	}
	if n, err := strconv.Atoi(os.Getenv("CROSSPLUG_SEQUENCES")); err == nil {
		sequences = n
	}
	if n, err := strconv.ParseUint(os.Getenv("CROSSPLUG_SEED"), 10, 64); err == nil {
		seed = n
	}
	m := newHarnessMachine(t)
	executed, excused, agree := map[isa.Op]int{}, map[string]int{}, 0
	for done := 0; done < sequences && !t.Failed(); seed++ {
		b := newBatch(seed, min(500, sequences-done))
		q.run(t, b, func(n int, theirs *harnessContext, data []byte) bool {
			if err := m.compare(b, n, theirs, data); err == nil {
				agree++
			} else if m.excuse != "" {
				excused[m.excuse]++
			} else {
				t.Errorf("sequence %d of seed %d: %v\n%s", n, seed, err, b.listing(n))
				return false
			}
			for _, w := range b.sequence(n) {
				i, _ := isa.Decode(w)
				executed[i.Op]++
			}
			return true
		})
		done += len(b.starts)
	}
	for reason, n := range excused {
		t.Logf("%d sequences differ because %s", n, reason)
		if n > sequences/20 {
			t.Errorf("that is too many")
		}
	}
	if sequences >= 3000 && !t.Failed() {
		for _, op := range sequenceOps() {
			if executed[op] == 0 {
				t.Errorf("%v was not executed", op)
			}
		}
	}
	t.Logf("%d of %d sequences of %d operations agree", agree, sequences, len(executed))
}

type harnessMachine struct {
	mem    *memory.Space
	cpu    *CPU
	excuse string // of the last sequence: the reason why it may differ
	ignore uint32 // of FPSCR
}

func newHarnessMachine(t *testing.T) *harnessMachine {
	mem, err := memory.New(harnessData + 0x10000)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []memory.Region{
		{Name: "code", Base: harnessCode, Size: 0x400000, Perm: memory.RX},
		{Name: "data", Base: harnessData, Size: harnessWindow, Perm: memory.RW},
	} {
		if err := mem.Map(r); err != nil {
			t.Fatal(err)
		}
	}
	c := New(mem, cpu.NewControl(nil, cpu.Range{Base: harnessLeave, Size: 0x1000}))
	t.Cleanup(func() {
		c.Close()
		if err := mem.Close(); err != nil {
			t.Error(err)
		}
	})
	m := &harnessMachine{mem: mem, cpu: c}
	c.control.Trace = func(_ cpu.Engine, pc uint32) {
		i := c.inst(pc)
		for _, e := range qemuExcuses {
			if e.is(c, i) {
				if m.ignore |= e.ignore; e.ignore == 0 {
					m.excuse = e.reason
				}
			}
		}
	}
	return m
}

// qemuExcuses are what qemu does another way than the manual says.
var qemuExcuses = []struct {
	reason string
	ignore uint32                        // these bits of FPSCR alone are wrong
	is     func(c *CPU, i isa.Inst) bool // before an instruction
}{
	{
		"a NaN that is an operand of an instruction with a single result loses low bits, not only frsp's",
		0,
		func(c *CPU, i isa.Inst) bool {
			return i.Word>>26 == 59 && (isLongNaN(c.F[i.A()]) || isLongNaN(c.F[i.B()]) || isLongNaN(c.F[i.C()]))
		},
	},
	{
		"compares clear FI and change all of FPRF, not only FPCC",
		cpu.FPFI | 0x10000,
		func(c *CPU, i isa.Inst) bool { return i.Op == isa.FCMPU || i.Op == isa.FCMPO },
	},
	{
		"FPRF calls singles normal that are too small for that, though doubles could be smaller",
		0x10000,
		func(c *CPU, i isa.Inst) bool { return i.Word>>26 == 59 || i.Op == isa.FRSP },
	},
	{
		"FPRF is undefined after conversions to integers",
		cpu.FPRF,
		func(c *CPU, i isa.Inst) bool { return i.Op == isa.FCTIW || i.Op == isa.FCTIWZ },
	},
	{
		"a quotient is undefined",
		0,
		func(c *CPU, i isa.Inst) bool {
			a, b := c.R[i.A()], c.R[i.B()]
			return (i.Op == isa.DIVW || i.Op == isa.DIVWU) && (b == 0 || i.Op == isa.DIVW && a == 1<<31 && b == ^uint32(0))
		},
	},
	{
		"FX is set even by exceptions that are not new",
		0,
		func(c *CPU, i isa.Inst) bool {
			return i.Word>>26 >= 59 && c.FPSCR&cpu.FPFX == 0 && c.FPSCR&sticky != 0
		},
	},
	{
		"what a single cannot hold is stored as 0, which the manual leaves undefined",
		0,
		func(c *CPU, i isa.Inst) bool {
			v := c.F[i.D()]
			switch i.Op {
			case isa.STFS, isa.STFSU, isa.STFSX, isa.STFSUX:
				return v>>52&0x7ff < 874 && !isZero(v)
			}
			return false
		},
	},
	{
		"fnmadd and fnmsub are negated before rounding, which matters up and down",
		0,
		func(c *CPU, i isa.Inst) bool {
			switch i.Op {
			case isa.FNMADD, isa.FNMADDS, isa.FNMSUB, isa.FNMSUBS:
				return c.FPSCR&2 != 0
			}
			return false
		},
	},
}

func isLongNaN(v uint64) bool { return isNaN(v) && v<<35 != 0 }

// execute runs the sequence at LR from a context on.
func (m *harnessMachine) execute(ctx harnessContext, data []byte) error {
	if err := m.mem.Store(harnessData, data); err != nil {
		return err
	}
	m.cpu.PPC = cpu.PPC{R: ctx.R, LR: ctx.LR, CTR: ctx.CTR, XER: ctx.XER, CR: ctx.CR, FPSCR: ctx.FPSCR, F: ctx.F}
	m.cpu.summarize() // as the harness's mtfsf does
	m.cpu.SetPC(ctx.LR)
	m.cpu.reserved = false
	m.cpu.control.Fuel = 3 * pageOps
	if exit := m.cpu.Run(harnessLeave); exit.Reason != cpu.Returned {
		return fmt.Errorf("here it is %v at %#x: %w", exit.Reason, exit.PC, exit.Err)
	}
	return nil
}

// compare runs a sequence, instruction by instruction and at once, and says what
// differs from theirs.
func (m *harnessMachine) compare(b *batch, n int, theirs *harnessContext, data []byte) error {
	var code []byte
	for _, w := range b.sequence(n) {
		code = binary.BigEndian.AppendUint32(code, w)
	}
	ctx := b.contexts[n]
	if err := m.mem.Poke(ctx.LR, code); err != nil {
		return err
	}
	m.excuse, m.ignore = "", qemuIgnores
	trace := m.cpu.control.Trace
	if err := m.execute(ctx, b.image); err != nil {
		return err
	}
	stepped := m.cpu.PPC
	m.cpu.control.Trace = nil
	err := m.execute(ctx, b.image)
	m.cpu.control.Trace = trace
	if err != nil {
		return err
	}
	if m.cpu.PPC != stepped {
		m.excuse = ""
		return fmt.Errorf("at once %+v, step by step %+v", m.cpu.PPC, stepped)
	}
	differs := func(name string, ours, theirs uint64) error {
		return fmt.Errorf("%s is %#x, theirs %#x", name, ours, theirs)
	}
	for i, v := range m.cpu.R {
		if v != theirs.R[i] && i != 1 {
			return differs(fmt.Sprintf("r%d", i), uint64(v), uint64(theirs.R[i]))
		}
	}
	for i, v := range m.cpu.F {
		if v != theirs.F[i] {
			return differs(fmt.Sprintf("f%d", i), v, theirs.F[i])
		}
	}
	for _, r := range []struct {
		name         string
		ours, theirs uint32
	}{
		{"lr", m.cpu.LR, theirs.LR}, {"ctr", m.cpu.CTR, theirs.CTR}, {"xer", m.cpu.XER, theirs.XER}, {"cr", m.cpu.CR, theirs.CR},
		{"fpscr", m.cpu.FPSCR &^ m.ignore, theirs.FPSCR &^ m.ignore},
	} {
		if r.ours != r.theirs {
			return differs(r.name, uint64(r.ours), uint64(r.theirs))
		}
	}
	ours, err := m.mem.View(harnessData, harnessWindow, memory.Read)
	if err != nil {
		return err
	}
	if i := firstDifference(ours, data); i >= 0 {
		return differs(fmt.Sprintf("the byte at %#x", harnessData+i), uint64(ours[i]), uint64(data[i]))
	}
	return nil
}

// qemuIgnores are bits of FPSCR that qemu does not have: it never sets FR.
const qemuIgnores = cpu.FPFR

func firstDifference(a, b []byte) int {
	if bytes.Equal(a, b) {
		return -1
	}
	for i := range a {
		if a[i] != b[i] {
			return i
		}
	}
	return -1
}

func (b *batch) sequence(n int) []uint32 {
	end := len(b.code)
	if n+1 < len(b.starts) {
		end = b.starts[n+1]
	}
	return b.code[b.starts[n]:end]
}

// listing shows a sequence and the registers it begins with.
func (b *batch) listing(n int) string {
	var s bytes.Buffer
	ctx := &b.contexts[n]
	for i, w := range b.sequence(n) {
		inst, _ := isa.Decode(w)
		pc := ctx.LR + uint32(i)*4
		fmt.Fprintf(&s, "%08x  %08x  %s\n", pc, w, inst.Text(pc, isa.GNU, isa.Names{}))
	}
	for i, v := range ctx.R {
		fmt.Fprintf(&s, "r%d=%#x ", i, v)
	}
	fmt.Fprintf(&s, "ctr=%#x xer=%#x cr=%#x fpscr=%#x\n", ctx.CTR, ctx.XER, ctx.CR, ctx.FPSCR)
	for i, v := range ctx.F {
		fmt.Fprintf(&s, "f%d=%#x(%g) ", i, v, math.Float64frombits(v))
	}
	s.WriteByte('\n')
	return s.String()
}

func (b *batch) write(w io.Writer) error {
	var buf bytes.Buffer
	for _, v := range []any{uint32(len(b.starts)), uint32(len(b.code)), b.image, b.code, b.contexts} {
		if err := binary.Write(&buf, binary.BigEndian, v); err != nil {
			return err
		}
	}
	_, err := w.Write(buf.Bytes())
	return err
}
