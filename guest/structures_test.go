package guest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/guest/cfm"
	"github.com/crossplug/crossplug/guest/mixedmode"
	"github.com/crossplug/crossplug/guest/toolbox"
	"github.com/crossplug/crossplug/internal/crosstest"
	"github.com/crossplug/crossplug/link"
)

// A library and its client, of the same sources, note the same numbers natively, as
// PowerPC and CFM-68K fragments that import from each other, and as a code resource of
// the 68K's.
func compareEverywhere(t *testing.T, level, library, client string, exports ...string) {
	t.Helper()
	flags := []string{level, "-w", "-ffp-contract=off", "-Itestdata/structures", "-Iprograms/support"}
	want := crosstest.Native(t, flags, library, client, "testdata/structures/native.c")
	if strings.Count(want, "\n") < 3 {
		t.Fatalf("natively it says %q", want)
	}
	standard := link.Library{Name: "StdCLib", Symbols: toolbox.Exports("StdCLib")}
	both := crosstest.Build(t, &link.Product{Form: link.FatLibrary, Name: "Library"}, link.Input{Libraries: []link.Library{standard}, Exports: exports}, flags, library)
	symbols := map[string]pef.SymbolClass{}
	for _, name := range exports {
		symbols[name] = pef.TVectorSymbol
	}
	clients := crosstest.Build(t, &link.Product{Form: link.FatLibrary, Name: "Client"},
		link.Input{Libraries: []link.Library{{Name: "Library", Symbols: symbols}, standard}, Main: "run"}, flags, client)
	for _, pair := range [][2]*pef.Fragment{{both.Fragment, clients.Fragment}, {both.Fragment68K, clients.Fragment68K}} {
		registry := &cfm.Registry{Name: "test"}
		registry.Add("Library", cfm.Candidate{Container: readBack(t, pair[0])})
		m := newMachine(t, Options{Sources: []cfm.Source{registry}})
		conn, main, err := m.Fragment(t.Context(), "Client", readBack(t, pair[1]))
		if err != nil {
			t.Fatal(err)
		}
		got := noted(t, m, func(r *mixedmode.Routine) error {
			_, err := m.CallSymbol(t.Context(), conn, main, proc(t, "long proc(long)"), r.Vector)
			return err
		})
		compareLines(t, pair[0].Architecture.String(), got, want)
	}
	code := crosstest.Resource(t, crosstest.Build(t, &link.Product{Form: link.Code, Type: 0x74657374, ID: 1},
		link.Input{Main: "run"}, flags, library, client, "programs/support/memory.c"))
	m := newMachine(t, Options{})
	at, err := m.Code("test", code.Data)
	if err != nil {
		t.Fatal(err)
	}
	got := noted(t, m, func(r *mixedmode.Routine) error {
		_, err := m.Call(t.Context(), at, proc(t, "long proc(long)"), r.Code)
		return err
	})
	compareLines(t, "68K code", got, want)
}

// noted returns what code says by a routine of the host's.
func noted(t *testing.T, m *Machine, run func(*mixedmode.Routine) error) string {
	t.Helper()
	var b strings.Builder
	r, err := m.NewRoutine("note", proc(t, "void proc(long)"), func(args []uint32) (uint32, error) {
		b.WriteString(strconv.Itoa(int(int32(args[0]))) + "\n")
		return 0, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := run(r); err != nil {
		t.Errorf("%v\nafter %d lines", err, strings.Count(b.String(), "\n"))
	}
	return b.String()
}

func compareLines(t *testing.T, what, got, want string) {
	t.Helper()
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			t.Errorf("%s: line %d is %q, natively %q", what, i+1, a[i], b[i])
			return
		}
	}
	if len(a) != len(b) {
		t.Errorf("%s: %d lines, natively %d", what, len(a), len(b))
	}
}

// TestJumpsEverywhere jumps through functions of two fragments.
func TestJumpsEverywhere(t *testing.T) {
	for _, level := range []string{"-O0", "-O2"} {
		t.Run(level, func(t *testing.T) {
			compareEverywhere(t, level, "testdata/structures/jumps_library.c", "testdata/structures/jumps_client.c", "ask", "deeper")
		})
	}
}

// TestStructuresEverywhere returns structures of random members.
func TestStructuresEverywhere(t *testing.T) {
	for i, level := range []string{"-O2", "-O0"} {
		if testing.Short() && i > 0 {
			break
		}
		t.Run(level, func(t *testing.T) {
			g := &structures{random: rand.New(rand.NewPCG(1994, uint64(i)))}
			g.make(3)
			folder := t.TempDir()
			for name, text := range map[string]string{"types.h": g.header.String(), "library.c": g.library.String(), "client.c": g.client.String()} {
				if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			compareEverywhere(t, level, filepath.Join(folder, "library.c"), filepath.Join(folder, "client.c"), g.exports...)
		})
	}
}

// onBoth compiles a source of testdata/structures for both processors and prepares the
// two fragments in one machine, that for the PowerPC first.
func onBoth(t *testing.T, m *Machine, source string, exports ...string) [2]*cfm.Connection {
	t.Helper()
	in := link.Input{Exports: exports}
	for _, name := range []string{"InterfaceLib", "StdCLib"} {
		in.Libraries = append(in.Libraries, link.Library{Name: name, Symbols: toolbox.Exports(name)})
	}
	flags := []string{"-Itoolbox/include", "-Wno-multichar"}
	p := crosstest.Build(t, &link.Product{Form: link.FatLibrary, Name: "Both"}, in, flags, filepath.Join("testdata/structures", source))
	var both [2]*cfm.Connection
	for i, f := range []*pef.Fragment{p.Fragment, p.Fragment68K} {
		var err error
		if both[i], _, err = m.Fragment(t.Context(), "Both", readBack(t, f)); err != nil {
			t.Fatal(err)
		}
	}
	return both
}

// descriptor makes a universal procedure pointer of a fragment's function.
func descriptor(t *testing.T, m *Machine, conn *cfm.Connection, name, prototype string) uint32 {
	t.Helper()
	r := coderes.RoutineRecord{ProcInfo: proc(t, prototype), ISA: coderes.PowerPC, Flags: coderes.UseNativeISA, Proc: symbol(t, conn, name)}
	if conn.Container.Architecture == pef.M68K {
		r.ISA, r.RTA = coderes.M68K, coderes.CFM68K
	}
	return universal(t, m, r)
}

// TestStructuresSwitch returns structures to code of the other processor: the address of
// a large one is a parameter as any other.
func TestStructuresSwitch(t *testing.T) {
	m := newMachine(t, Options{})
	both := onBoth(t, m, "switch.c", "run", "small", "large", "conventions")
	small := []string{"void proc(long, long)", "long proc(long)"} // PowerPC code has addresses of small ones, too
	for i, conn := range both {
		other := both[1-i]
		got, err := m.CallSymbol(t.Context(), conn, symbol(t, conn, "run"), proc(t, "long proc(long, long, long)"), uint32(i),
			descriptor(t, m, other, "small", small[1-i]), descriptor(t, m, other, "large", "long proc(long, long, short)"))
		if err != nil || got != 0 {
			t.Errorf("%v: check %d failed (%v)", conn.Container.Architecture, got, err)
		}
		got, err = m.CallSymbol(t.Context(), conn, symbol(t, conn, "conventions"), proc(t, "long proc()"))
		if err != nil || got != 0 {
			t.Errorf("%v: conventions: check %d failed (%v)", conn.Container.Architecture, got, err)
		}
	}
}

// TestLeaps jumps over what cannot be jumped over.
func TestLeaps(t *testing.T) {
	m := newMachine(t, Options{})
	both := onBoth(t, m, "leap.c", "run", "leap", "pass")
	two := "void proc(long, long)"
	for i, conn := range both {
		name, other := conn.Container.Architecture.String(), both[1-i]
		run := func(upp, further uint32) (uint32, error) {
			return m.CallSymbol(t.Context(), conn, symbol(t, conn, "run"), proc(t, "long proc(long, long)"), upp, further)
		}
		leap := descriptor(t, m, conn, "leap", two)
		host, err := m.NewRoutine("host", proc(t, two), func(args []uint32) (uint32, error) {
			return m.Call(t.Context(), args[0], proc(t, two), 0, args[1])
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			what         string
			upp, further uint32
			want         string
		}{
			{"the same processor's", leap, 0, ""},
			{"the same processor's, twice", descriptor(t, m, conn, "pass", two), leap, ""},
			{"the other's", descriptor(t, m, other, "leap", two), 0, "code: a jump cannot cross a mode switch"},
			{"through the other's", descriptor(t, m, other, "pass", two), leap, "setjmp was not called in the same run (1 deep there, 3 here): a jump cannot cross a mode switch"},
			{"through the host's", host.UPP, leap, "setjmp was not called in the same run (1 deep there, 2 here): a jump cannot cross a mode switch"},
		} {
			got, err := run(c.upp, c.further)
			switch {
			case c.want == "" && (err != nil || got != 5):
				t.Errorf("%s, %s: %d (%v)", name, c.what, got, err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "longjmp at 0x")):
				t.Errorf("%s, %s: %v", name, c.what, err)
			}
		}
	}
}

func symbol(t *testing.T, conn *cfm.Connection, name string) uint32 {
	t.Helper()
	at, _, err := conn.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// structures writes a library of functions that return structures, and a client of it.
type structures struct {
	random                  *rand.Rand
	header, library, client strings.Builder
	exports                 []string
}

func (g *structures) one(of ...string) string { return of[g.random.IntN(len(of))] }

// make makes some structures, of which the last few have the sizes that matter.
func (g *structures) make(count int) {
	g.header.WriteString("#include \"common.h\"\n")
	g.library.WriteString("#include \"types.h\"\nstatic int calls = 3;\n")
	g.client.WriteString("#include \"types.h\"\nstatic int own = 5;\n")
	var body strings.Builder
	sizes := []string{"signed char a;", "short a;", "signed char a[3];", "int a;", "short a; signed char b[2];", "signed char a[5];", "short a[3];", "int a[2];", "signed char a[8];", "float a;", "double a;", "int a[3];"}
	for i := range count + len(sizes) {
		members := ""
		if i >= count {
			members = sizes[i-count]
		} else {
			for n := range 1 + g.random.IntN(5) {
				array := g.one("", "", "[2]", "[3]")
				members += fmt.Sprintf("%s m%d%s; ", g.one("signed char", "short", "int", "int", "float", "double", "unsigned char", "unsigned short"), n, array)
			}
		}
		g.structure(i, members)
		fmt.Fprintf(&body, "\tuse%d(note);\n", i)
	}
	fmt.Fprintf(&g.client, "int run(Note note)\n{\n%s\treturn 0;\n}\n", body.String())
}

// structure makes a structure and its functions: one that makes it, one that changes it,
// one with a varying number of parameters, and one that gets it from a function which it
// is given.
func (g *structures) structure(i int, members string) {
	var set, sum []string
	for n, member := range strings.Split(strings.Trim(members, " ;"), ";") {
		name := member[strings.LastIndex(member, " ")+1:]
		name, array, ok := strings.Cut(name, "[")
		many := 1
		if ok {
			many = int(array[0] - '0')
		}
		for k := range many {
			at := name
			if ok {
				at = fmt.Sprintf("%s[%d]", name, k)
			}
			set = append(set, fmt.Sprintf("s.%s = n * %d + %d;", at, n+1, k+n))
			sum = append(sum, fmt.Sprintf("(int)s->%s * %d", at, 3+7*len(sum)))
		}
	}
	x, y := g.one("signed char", "short", "int", "double"), g.one("signed char", "short", "int", "float")
	fmt.Fprintf(&g.header, `typedef struct { %[2]s } T%[1]d;
typedef T%[1]d (*F%[1]d)(int);
T%[1]d make%[1]d(%[3]s x, int n, %[4]s y);
T%[1]d change%[1]d(T%[1]d s, int n);
T%[1]d varying%[1]d(int n, ...);
T%[1]d through%[1]d(F%[1]d f, int n);
F%[1]d maker%[1]d(void);
static int sum%[1]d(const T%[1]d *s) { return %[5]s; }
`, i, members, x, y, strings.Join(sum, " + "))
	fmt.Fprintf(&g.library, `static T%[1]d simple%[1]d(int n) { T%[1]d s; calls++; %[2]s return s; }
T%[1]d make%[1]d(%[3]s x, int n, %[4]s y) { T%[1]d s; n += (int)x - (int)y; %[2]s return s; }
T%[1]d change%[1]d(T%[1]d s, int n) { if (n > 4) return s; n += sum%[1]d(&s) %% 5; %[2]s return s; }
T%[1]d varying%[1]d(int n, ...)
{
	__builtin_va_list l;
	T%[1]d s;
	__builtin_va_start(l, n);
	n += __builtin_va_arg(l, int);
	n -= __builtin_va_arg(l, int);
	__builtin_va_end(l);
	%[2]s
	return s;
}
T%[1]d through%[1]d(F%[1]d f, int n) { T%[1]d s = f(n); calls++; n = sum%[1]d(&s) %% 3 + calls %% 4; f(n); return n & 1 ? f(n) : s; }
F%[1]d maker%[1]d(void) { return simple%[1]d; }
`, i, strings.Join(set, " "), x, y)
	fmt.Fprintf(&g.client, `static T%[1]d mine%[1]d(int n) { T%[1]d s; own++; n += own %% 3; %[2]s return s; }
static T%[1]d __attribute__((noinline)) last%[1]d(int n) { return change%[1]d(make%[1]d(n, 1, 2), n); }
static void __attribute__((noinline)) use%[1]d(Note note)
{
	T%[1]d a = make%[1]d(3, 4, 2), b, c[3];
	F%[1]d f = maker%[1]d();
	note(%[1]d * 1000000);
	note(sum%[1]d(&a));
	b = change%[1]d(a, 2);
	note(sum%[1]d(&b));
	a = varying%[1]d(1, 5, 2);
	note(sum%[1]d(&a));
	c[own %% 3] = f(2);
	note(sum%[1]d(&c[own %% 3]));
	b = through%[1]d(mine%[1]d, 1);
	note(sum%[1]d(&b));
	b = through%[1]d(f, 2);
	note(sum%[1]d(&b));
	b = change%[1]d(change%[1]d(mine%[1]d(1), 5), varying%[1]d(1, 3, 1).%[3]s > 2 ? 1 : 2);
	note(sum%[1]d(&b));
	a = last%[1]d(3);
	note(sum%[1]d(&a) + own);
	make%[1]d(1, 1, 1);
}
`, i, strings.Join(set, " "), strings.TrimPrefix(strings.Fields(set[0])[0], "s."))
	for _, name := range []string{"make", "change", "varying", "through", "maker"} {
		g.exports = append(g.exports, fmt.Sprint(name, i))
	}
}
