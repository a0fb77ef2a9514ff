package guest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/link"
)

// timeCritical is one source of a program: its inner loop is a PowerPC fragment whose
// main symbol is a routine descriptor, the rest is 68K code that calls whatever
// address it has got.
const timeCritical = `
typedef long (*Inner)(long n, long step);

#ifdef __powerpc__
static long sums;

long inner(long n, long step)
{
	long sum = 0;
	while (n > 0) {
		sum += n;
		n -= step;
	}
	return sum + ++sums;
}

struct RoutineRecord {
	unsigned long procInfo;
	signed char reserved1, isa;
	unsigned short flags;
	Inner proc;
	unsigned long reserved2, selector;
};

struct RoutineDescriptor {
	unsigned short goMixedModeTrap;
	signed char version;
	unsigned char flags;
	unsigned long reserved1;
	unsigned char reserved2, selectorInfo;
	unsigned short routineCount; /* less one */
	struct RoutineRecord records[1];
};

struct RoutineDescriptor entry = { 0xAAFE, 7, 0, 0, 0, 0, 0, {{ INNER_INFO, 0, 1, 4, inner, 0, 0 }} };
#else
long program(long times, Inner inner)
{
	long total = 0;
	while (times > 0)
		total += inner(times--, 2);
	return total;
}
#endif
`

// TestTimeCriticalModule is what "Standalone Code on PowerPC" calls a module to port
// time-critical code.
func TestTimeCriticalModule(t *testing.T) {
	build(t, link.Fat) // skips without compilers
	source := filepath.Join(t.TempDir(), "program.c")
	if err := os.WriteFile(source, []byte(timeCritical), 0o600); err != nil {
		t.Fatal(err)
	}
	var switches []string
	m := newMachine(t, Options{Trace: func(from, to string, _ uint32, _ coderes.ProcInfo, _ []uint32) {
		switches = append(switches, from+" to "+to)
	}})

	o, _, err := link.PowerPC().Compile(t.Context(), source, []string{"-DINNER_INFO=0x3f1"}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	f, _, err := link.Fragment(&link.Input{Objects: []*link.Object{o}, Main: "entry", Exports: []string{"entry"}})
	if err != nil {
		t.Fatal(err)
	}
	conn, descriptor, err := m.Fragment(t.Context(), "Inner", readBack(t, f))
	if err != nil {
		t.Fatal(err)
	}
	if at, class, err := conn.Find("entry"); err != nil || at != descriptor || class != pef.DataSymbol {
		t.Errorf("entry is at %#x, %v (%v), not at %#x", at, class, err, descriptor)
	}

	if o, _, err = link.M68K().Compile(t.Context(), source, nil, t.TempDir()); err != nil {
		t.Fatal(err)
	}
	info := proc(t, "long proc(long, long)")
	code, _, err := link.CodeResource(&link.Input{Objects: []*link.Object{o}, Main: "program", ProcInfo: info})
	if err != nil {
		t.Fatal(err)
	}
	program, err := m.Code("the program", code)
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.Call(t.Context(), program, info, 10, descriptor)
	want, calls := uint32(0), uint32(0)
	for times := 10; times > 0; times-- {
		calls++
		want += calls
		for n := times; n > 0; n -= 2 {
			want += uint32(n)
		}
	}
	if err != nil || got != want {
		t.Errorf("%d, not %d (%v)", got, want, err)
	}
	if len(switches) != 11 || switches[0] != "Go to 68K" || switches[1] != "68K to PowerPC" {
		t.Errorf("%d switches: %q", len(switches), switches)
	}
}
