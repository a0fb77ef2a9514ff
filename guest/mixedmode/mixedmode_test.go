package mixedmode

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/guest/cfm"
	"github.com/crossplug/crossplug/guest/cpu"
	"github.com/crossplug/crossplug/guest/interp/m68k"
	"github.com/crossplug/crossplug/guest/interp/ppc"
	isa "github.com/crossplug/crossplug/guest/isa/m68k"
	"github.com/crossplug/crossplug/guest/memory"
	"github.com/crossplug/crossplug/link"
)

// machine has the processors that there are, stacks, and a Manager.
type machine struct {
	*Manager
	t       testing.TB
	space   *memory.Space
	control *cpu.Control
	m68k    *m68k.CPU
	ppc     *ppc.CPU
	symbols map[string]uint32 // what a fragment imports
}

// Handle implements cpu.Host. The first gate is CallUniversalProc.
func (m *machine) Handle(e cpu.Engine, ev cpu.Event) (bool, error) {
	if ev.Kind == cpu.Gate && ev.Code == m.control.HostGate(0) {
		if e == m.m68k {
			return true, m.CallFromCFM68K()
		}
		return true, m.CallFromPowerPC()
	}
	return m.Manager.Handle(e, ev)
}

// The machine is the import library of its fragments: CallUniversalProc is a
// vector that leads to its first gate.
func (m *machine) Versions() (current, oldImplementation, oldDefinition pef.Version) { return 0, 0, 0 }
func (m *machine) Names() []string                                                   { return slices.Sorted(maps.Keys(m.symbols)) }
func (m *machine) Export(name string) (uint32, pef.SymbolClass, string, bool) {
	at, ok := m.symbols[name]
	return at, pef.TVectorSymbol, "", ok
}

// fragment compiles a PowerPC fragment, prepares it, and returns the address of a
// symbol.
func (m *machine) fragment(source, symbol string) uint32 {
	m.t.Helper()
	file := filepath.Join(m.t.TempDir(), "source.c")
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		m.t.Fatal(err)
	}
	o, _, err := link.PowerPC().Compile(m.t.Context(), file, nil, m.t.TempDir())
	if err != nil {
		m.t.Fatal(err)
	}
	f, _, err := link.Fragment(&link.Input{Objects: []*link.Object{o}, Libraries: []link.Library{{Name: "InterfaceLib", Symbols: map[string]pef.SymbolClass{"CallUniversalProc": pef.TVectorSymbol}}}})
	if err != nil {
		m.t.Fatal(err)
	}
	data, err := pef.Encode(f)
	if err != nil {
		m.t.Fatal(err)
	}
	c, err := pef.Read(bytes.NewReader(data), 0, int64(len(data)), pef.Options{})
	if err != nil {
		m.t.Fatal(err)
	}
	vector := m.load([]byte{0, 0, 0, 0, 0, 0, 0, 0})
	if err := m.space.Store32(vector, m.control.HostGate(0)); err != nil {
		m.t.Fatal(err)
	}
	m.symbols = map[string]uint32{"CallUniversalProc": vector}
	fragments, err := cfm.New(m.space, nil)
	if err != nil {
		m.t.Fatal(err)
	}
	libraries := &cfm.Registry{Name: "the machine"}
	libraries.Add("InterfaceLib", cfm.Candidate{Host: m})
	conn, _, err := fragments.NewContext(libraries).Prepare("test", cfm.Candidate{Container: c}, cfm.Load)
	if err != nil {
		m.t.Fatal(err)
	}
	at, _, err := conn.Find(symbol)
	if err != nil {
		m.t.Fatal(err)
	}
	return at
}

func newMachine(t testing.TB) *machine {
	t.Helper()
	space, err := memory.New(64 << 20)
	if err != nil {
		t.Fatal(err)
	}
	m := &machine{t: t, space: space}
	m.control = cpu.NewControl(m, cpu.Range{Base: 0x03f00000, Size: 64 << 10})
	m.m68k = m68k.New(space, m.control, isa.M68020)
	t.Cleanup(func() {
		m.m68k.Close()
		m.ppc.Close()
		if err := space.Close(); err != nil {
			t.Error(err)
		}
	})
	m.m68k.A[7] = m.stack("68K stack")
	m.ppc = ppc.New(space, m.control)
	m.ppc.R[1] = m.stack("PowerPC stack")
	m.Manager, err = New(space, m.control, Processors{M68K: m.m68k, M68KRegisters: &m.m68k.M68K, PPC: m.ppc, PPCRegisters: &m.ppc.PPC}, 1)
	if err != nil {
		t.Fatal(err)
	}
	m.Checked = true
	return m
}

// stack returns the top of a new stack.
func (m *machine) stack(name string) uint32 {
	m.t.Helper()
	const size = 4 << 20
	base, err := m.space.Allocate(name, size, 16, memory.RW)
	if err != nil {
		m.t.Fatal(err)
	}
	return base + size - 64
}

// load puts code somewhere and returns its address.
func (m *machine) load(code []byte) uint32 {
	m.t.Helper()
	at, err := m.space.Allocate("code", uint32(len(code)), 16, memory.RWX)
	if err != nil {
		m.t.Fatal(err)
	}
	if err := m.space.Store(at, code); err != nil {
		m.t.Fatal(err)
	}
	return at
}

func need(t testing.TB, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("%s is not installed; scripts/need cross installs it", p)
		}
	}
}

// compile68K makes a code resource of C or assembly.
func compile68K(t testing.TB, extension, source, main string, info coderes.ProcInfo) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "source"+extension)
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	o, _, err := link.M68K().Compile(t.Context(), file, nil, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	code, _, err := link.CodeResource(&link.Input{Objects: []*link.Object{o}, Main: main, ProcInfo: info})
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func proc(t testing.TB, prototype string) coderes.ProcInfo {
	t.Helper()
	info, err := coderes.ParsePrototype(prototype)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// conventions returns code that calls a routine by each convention.
func conventions(t testing.TB) map[string]string {
	t.Helper()
	a, err := txtar.ParseFile("../../link/testdata/conventions.txtar")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range a.Files {
		all[f.Name] = string(f.Data)
	}
	if len(all) < 10 {
		t.Fatalf("only %d conventions", len(all))
	}
	return all
}

const mix = `long mix(long a, short b, char c, unsigned long d) { return a * 1000 + b * 100 + c * 10 + (long)d; }`

// digits is what mix does.
func digits(args []uint32) (uint32, error) {
	return args[0]*1000 + args[1]*100 + args[2]*10 + args[3], nil
}

// expected is 1234 as far as the result has room for it.
func expected(prototype string) uint32 {
	if strings.HasPrefix(prototype, "pascal char") {
		return 1234 & 0xff
	}
	return 1234
}

// TestGoCalls68K calls compiled code by every convention.
func TestGoCalls68K(t *testing.T) {
	need(t, "m68k-linux-gnu-gcc")
	for prototype := range conventions(t) {
		t.Run(prototype, func(t *testing.T) {
			m := newMachine(t)
			info := proc(t, prototype)
			at := m.load(compile68K(t, ".c", mix, "mix", info))
			before := m.m68k.M68K
			for range 3 {
				got, err := m.Call(at, info, 1, 2, 3, 4)
				if err != nil || got != expected(prototype) {
					t.Fatal(got, err)
				}
			}
			if m.m68k.M68K != before {
				t.Error("the registers have changed")
			}
			upp, err := m.NewRoutineDescriptor(at, info, coderes.M68K)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := m.Call(upp, info, 1, 2, 3, 4); err != nil || got != expected(prototype) {
				t.Error("by a descriptor: ", got, err)
			}
		})
	}
}

// caller68K makes code of a C function with one parameter, the routine to call by
// some instructions.
func caller68K(t testing.TB, instructions string) []byte {
	return compile68K(t, ".s", `
	.globl	call
call:	link	%a6,#0
	movem.l	%d2-%d7/%a2-%a5,-(%sp)
	move.l	8(%a6),%a3
	move.l	%sp,%a5
`+instructions+`
	cmp.l	%sp,%a5
	beq.s	fine
	move.l	#-99,%d0
fine:	move.l	%a5,%sp
	movem.l	(%sp)+,%d2-%d7/%a2-%a5
	unlk	%a6
	rts
`, "call", 0)
}

// Test68KCallsGo lets code as compilers wrote it call Go by every convention,
// through a descriptor and directly.
func Test68KCallsGo(t *testing.T) {
	need(t, "m68k-linux-gnu-gcc")
	for prototype, instructions := range conventions(t) {
		t.Run(prototype, func(t *testing.T) {
			m := newMachine(t)
			at := m.load(caller68K(t, instructions))
			r, err := m.NewRoutine("digits", proc(t, prototype), digits)
			if err != nil {
				t.Fatal(err)
			}
			for _, address := range []uint32{r.UPP, r.Code} {
				got, err := m.Call(at, proc(t, "long proc(long)"), address)
				if err != nil || got != expected(prototype) {
					t.Errorf("%#x: %d, %v", address, int32(got), err)
				}
			}
		})
	}
}

// TestPowerPC goes every way between Go, PowerPC and 68K code, by every convention.
func TestPowerPC(t *testing.T) {
	need(t, "m68k-linux-gnu-gcc", "powerpc-linux-gnu-gcc")
	for prototype, instructions := range conventions(t) {
		t.Run(prototype, func(t *testing.T) {
			m := newMachine(t)
			info := proc(t, prototype)
			result := "long"
			for _, word := range []string{"short", "char"} {
				if strings.HasPrefix(prototype, "pascal "+word+" ") {
					result = word
				}
			}
			vector := m.fragment(strings.Replace(mix, "long mix", result+" mix", 1)+`
extern long CallUniversalProc(void *, unsigned long, ...);
long call(void *upp, unsigned long info) { return CallUniversalProc(upp, info, 1L, 2, 3, 4L) + 1; }
`, "mix")
			upp, err := m.NewRoutineDescriptor(vector, info, coderes.PowerPC)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := m.Call(upp, info, 1, 2, 3, 4); err != nil || got != expected(prototype) {
				t.Errorf("Go calls PowerPC: %d, %v", got, err)
			}
			caller := m.load(caller68K(t, instructions))
			if got, err := m.Call(caller, proc(t, "long proc(long)"), upp); err != nil || got != expected(prototype) {
				t.Errorf("68K calls PowerPC: %d, %v", got, err)
			}
			call := m.fragment(`
extern long CallUniversalProc(void *, unsigned long, ...);
long call(void *upp, unsigned long info) { return CallUniversalProc(upp, info, 1L, 2, 3, 4L); }
`, "call")
			code := m.load(compile68K(t, ".c", mix, "mix", info))
			r, err := m.NewRoutine("digits", info, digits)
			if err != nil {
				t.Fatal(err)
			}
			descriptor, err := m.NewRoutineDescriptor(code, info, coderes.M68K)
			if err != nil {
				t.Fatal(err)
			}
			caller2, err := m.NewRoutineDescriptor(call, proc(t, "long proc(long, long)"), coderes.PowerPC)
			if err != nil {
				t.Fatal(err)
			}
			for what, target := range map[string]uint32{"68K": code, "68K by a descriptor": descriptor, "Go": r.UPP, "PowerPC": upp} {
				got, err := m.Call(caller2, proc(t, "long proc(long, long)"), target, uint32(info))
				if err != nil || got != expected(prototype) {
					t.Errorf("PowerPC calls %s: %d, %v", what, got, err)
				}
			}
			fat, err := m.NewFatRoutineDescriptor(code, vector, info)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := m.Call(caller, proc(t, "long proc(long)"), fat); err != nil || got != expected(prototype) {
				t.Errorf("68K calls a fat routine: %d, %v", got, err)
			}
		})
	}
}

// TestBothWays nests calls of 68K and PowerPC code in each other, with Go between.
func TestBothWays(t *testing.T) {
	need(t, "m68k-linux-gnu-gcc", "powerpc-linux-gnu-gcc")
	m := newMachine(t)
	info := proc(t, "pascal long proc(long, long)")
	vector := m.fragment(`
extern long CallUniversalProc(void *, unsigned long, ...);
static double sum;
long down(long n, void *other)
{
	double kept = n * 1.5;
	long v;
	if (n == 0)
		return 0;
	v = CallUniversalProc(other, 0x3f0, n - 1, other);
	sum += kept;
	return v + 1;
}`, "down")
	code := m.load(compile68K(t, ".s", `
	.globl	down68
down68:	link	%a6,#0
	move.l	%d3,-(%sp)
	move.l	12(%a6),%d3
	beq.s	end
	clr.l	-(%sp)
	subq.l	#1,%d3
	move.l	%d3,-(%sp)
	move.l	8(%a6),-(%sp)
	move.l	8(%a6),%a0
	jsr	(%a0)
	move.l	(%sp)+,%d3
	addq.l	#1,%d3
end:	move.l	%d3,16(%a6)
	move.l	(%sp)+,%d3
	unlk	%a6
	move.l	(%sp)+,%a0
	addq.l	#8,%sp
	jmp	(%a0)
`, "down68", 0))
	if info != 0x3f0 {
		t.Fatalf("the ProcInfo is %#x", uint32(info))
	}
	level := 0
	var turns [3]int
	r, err := m.NewRoutine("turn", info, func(args []uint32) (uint32, error) {
		level++
		defer func() { level-- }()
		turns[level%2]++
		if level%2 == 0 {
			return m.Call(code, info, args...)
		}
		upp, err := m.NewRoutineDescriptor(vector, info, coderes.PowerPC)
		if err != nil {
			return 0, err
		}
		v, err := m.Call(upp, info, args...)
		return v, errors.Join(err, m.DisposeRoutineDescriptor(upp))
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.Call(r.UPP, info, 900, r.UPP)
	if err != nil || got != 900 || turns[0] < 400 || turns[1] < 400 {
		t.Errorf("%d, %v, turns %v", got, err, turns)
	}
}

// TestNesting goes from Go to 68K and back, deeply.
func TestNesting(t *testing.T) {
	need(t, "m68k-linux-gnu-gcc")
	m := newMachine(t)
	info := proc(t, "pascal long proc(long)")
	at := m.load(compile68K(t, ".s", `
	.globl	down
down:	move.l	4(%sp),%d0
	beq.s	end
	clr.l	-(%sp)
	subq.l	#1,%d0
	move.l	%d0,-(%sp)
	move.l	16(%sp),%a0
	jsr	(%a0)
	move.l	(%sp)+,%d0
	addq.l	#1,%d0
end:	rts
`, "down", 0))
	var r *Routine
	depth, deepest := 0, 0
	r, err := m.NewRoutine("again", info, func(args []uint32) (uint32, error) {
		depth++
		deepest = max(deepest, depth)
		defer func() { depth-- }()
		return m.Call(at, proc(t, "long proc(long, long)"), args[0], r.UPP)
	})
	if err != nil {
		t.Fatal(err)
	}
	const levels = 1000
	got, err := m.Call(at, proc(t, "long proc(long, long)"), levels, r.UPP)
	if err != nil || got != levels || deepest != levels {
		t.Errorf("%d, deepest %d, %v", got, deepest, err)
	}
	if _, err := m.Call(at, proc(t, "long proc(long, long)"), 2000, r.UPP); !errors.Is(err, cpu.ErrDepth) {
		t.Error(err)
	}
	if m.control.Depth() != 0 {
		t.Errorf("depth %d is left", m.control.Depth())
	}
}

// TestErrors expects what goes wrong to be named.
func TestErrors(t *testing.T) {
	need(t, "m68k-linux-gnu-gcc")
	m := newMachine(t)
	unbalanced := m.load([]byte{0x2f, 0x3c, 0, 0, 0, 1, 0x20, 0x6f, 0, 4, 0x4e, 0xd0}) // pushes 1 and returns by A0
	clobbers := m.load([]byte{0x7a, 0x07, 0x4e, 0x75})                                 // moveq #7,d5
	hostile := m.load([]byte{0xaa, 0xfe, 7, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff})
	fails, err := m.NewRoutine("failing", proc(t, "void proc(void)"), func([]uint32) (uint32, error) { return 0, errors.New("out of paper") })
	if err != nil {
		t.Fatal(err)
	}
	gone, err := m.NewRoutine("gone", proc(t, "void proc(void)"), func([]uint32) (uint32, error) { return 0, nil })
	if err != nil {
		t.Fatal(err)
	}
	if err := m.DisposeRoutine(gone); err != nil {
		t.Fatal(err)
	}
	through := m.load(caller68K(t, "\tjsr (%a3)\n"))
	tests := []struct {
		name, prototype string
		upp             uint32
		args            []uint32
		want            string
	}{
		{"nothing there", "void proc(void)", 0x3e00000, nil, "universal procedure pointer 0x03e00000"},
		{"unbalanced", "void proc(void)", unbalanced, nil, "leaves the stack at"},
		{"clobbers", "void proc(void)", clobbers, nil, "changes D5 from 0x0 to 0x7"},
		{"hostile descriptor", "void proc(void)", hostile, nil, "it claims 65536 routines"},
		{"too few arguments", "void proc(long, long)", clobbers, []uint32{1}, "1 arguments for"},
		{"no special case", "procinfo 0xdf", clobbers, nil, "nothing can be called by this convention"},
		{"a Go error", "void proc(void)", fails.UPP, nil, "failing: out of paper"},
		{"a Go error behind 68K code", "long proc(long)", through, []uint32{fails.UPP}, "failing: out of paper"},
		{"disposed", "long proc(long)", through, []uint32{gone.Code}, "0x03f0"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := m.Call(test.upp, proc(t, test.prototype), test.args...)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q in it", err, test.want)
			}
			if m.control.Depth() != 0 {
				t.Errorf("depth %d is left", m.control.Depth())
			}
		})
	}
}

// TestDispatched chooses among the routines of one descriptor by the selector.
func TestDispatched(t *testing.T) {
	m := newMachine(t)
	var called []string
	info := proc(t, "pascal long proc[short D0](long)")
	routine := func(name string) uint32 {
		r, err := m.NewRoutine(name, info, func(args []uint32) (uint32, error) {
			called = append(called, fmt.Sprint(name, args))
			return 0, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return r.Vector
	}
	record := func(selector uint32, name string, flags coderes.RoutineFlags) coderes.RoutineRecord {
		return coderes.RoutineRecord{ProcInfo: info, ISA: coderes.PowerPC, Flags: flags, Proc: routine(name), Selector: selector}
	}
	upp, err := m.NewDescriptor(record(1, "one", 0), record(2, "two", 0), record(0, "other", coderes.IsDefault))
	if err != nil {
		t.Fatal(err)
	}
	for _, selector := range []uint32{2, 1, 7} {
		if _, err := m.Call(upp, info, selector, 5); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"two[2 5]", "one[1 5]", "other[7 5]"}; !slices.Equal(called, want) {
		t.Errorf("%q, not %q", called, want)
	}
}

// loop68K writes a loop of 68K code that calls a routine.
func (s *stage) loop68K(upp uint32, loops int) uint32 {
	var c code68K
	c.words(0x2f02) // move.l d2,-(sp)
	c.setRegister(2, uint32(loops-1))
	c.words(0x42a7) // clr.l -(sp)
	c.push(4, 1)
	c.call(upp)
	c.words(0x201f)         // move.l (sp)+,d0
	c.words(0x51ca, 0xffee) // dbra d2, to the clr
	c.words(0x241f, 0x4e75) // move.l (sp)+,d2; rts
	return s.load(c)
}

// loopPPC writes a loop of PowerPC code that calls one by CallUniversalProc, and returns
// its transition vector.
func (s *stage) loopPPC(upp uint32, info coderes.ProcInfo, loops int) uint32 {
	var c codePPC
	c.linkTo(0)
	c.memory(stw, 0, 1, 8)
	c.memory(stwu, 1, 1, -128)
	c.memory(stw, 31, 1, 100)
	c.set(31, uint32(loops))
	begin := len(c)
	c.set(3, upp)
	c.set(4, uint32(info))
	c.set(5, 1)
	c.call(s.control.HostGate(0))
	c.word(0x37ffffff) // addic. r31,r31,-1
	c.word(0x40820000 | uint32(begin-len(c))&0xffff)
	c.memory(lwz, 31, 1, 100)
	c.memory(addi, 1, 1, 128)
	c.memory(lwz, 0, 1, 8)
	c.linkFrom(0)
	c.returns()
	return s.load(binary.BigEndian.AppendUint32(make([]byte, 0, 8), s.load(c)))
}

// BenchmarkSwitch calls routines that only return: a long in, a long out. 68K to 68K is
// no switch.
func BenchmarkSwitch(b *testing.B) {
	const loops = 1000
	info := proc(b, "pascal long proc(long)")
	for _, caller := range []string{"Go", "68K", "PowerPC"} {
		for _, callee := range []string{"Go", "68K", "PowerPC"} {
			b.Run(caller+" to "+callee, func(b *testing.B) {
				s := newStage(b)
				s.Checked = false
				var upp uint32
				var err error
				switch callee {
				case "Go":
					var r *Routine
					r, err = s.NewRoutine("callee", info, func([]uint32) (uint32, error) { return 0, nil })
					upp = r.UPP
				case "68K":
					var c code68K
					c.returnsPopping(4)
					upp = s.load(c)
				case "PowerPC":
					var c codePPC
					c.returns()
					s.poke(s.vector, binary.BigEndian.AppendUint32(nil, s.load(c)))
					upp, err = s.NewRoutineDescriptor(s.vector, info, coderes.PowerPC)
				}
				if err != nil {
					b.Fatal(err)
				}
				call := func() error {
					for range loops {
						if _, err := s.Call(upp, info, 1); err != nil {
							return err
						}
					}
					return nil
				}
				switch caller {
				case "68K":
					start := s.loop68K(upp, loops)
					call = func() error { _, err := s.Call(start, 0); return err }
				case "PowerPC":
					start := s.loopPPC(upp, info, loops)
					call = func() error { _, err := s.CallVector(start, 1); return err }
				}
				for b.Loop() {
					if err := call(); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/loops, "ns/call")
			})
		}
	}
}
