package guest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/crossplug/crossplug/link"
)

// saving is code whose functions need many registers of both kinds over calls. Compiled
// for size, it saves them by routines that the linker adds.
const saving = `
double __attribute__((noinline)) scale(double x) { return x * 2 + 1; }
long __attribute__((noinline)) twist(long x) { return x ^ x << 3; }

double __attribute__((noinline)) floats(double a, double b, double c, double d, double e, double f)
{
	double x = scale(a), y = scale(b), z = scale(c), u = scale(d), v = scale(e), w = scale(f);
	return x * y + z * u + v * w + x * w;
}

long __attribute__((noinline)) integers(long a, long b, long c, long d, long e, long f)
{
	long x = twist(a), y = twist(b), z = twist(c), u = twist(d), v = twist(e), w = twist(f);
	return x * y + z * u + v * w + x * w;
}

long test(long n) { return (long)floats(n, 2, 3, 4, 5, 6) + integers(n, 2, 3, 4, 5, 6); }
`

// TestSavedRegisters runs code that saves registers by the linker's routines.
func TestSavedRegisters(t *testing.T) {
	build(t, link.Fat) // skips without compilers
	source := filepath.Join(t.TempDir(), "saving.c")
	if err := os.WriteFile(source, []byte(saving), 0o600); err != nil {
		t.Fatal(err)
	}
	info := proc(t, "long proc(long)")
	c := link.PowerPC()
	runtime, err := c.Runtime(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var want uint32
	for _, optimise := range []string{"-O1", "-O2", "-Os"} {
		o, _, err := c.Compile(t.Context(), source, []string{optimise}, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		f, _, err := link.Fragment(&link.Input{Objects: []*link.Object{o}, Archives: runtime, Main: "test"})
		if err != nil {
			t.Fatal(err)
		}
		m := newMachine(t, Options{})
		_, main, err := m.Fragment(t.Context(), "Saving", readBack(t, f))
		if err != nil {
			t.Fatal(err)
		}
		got, err := m.CallVector(t.Context(), main, info, 7)
		if err != nil {
			t.Fatalf("%s: %v", optimise, err)
		}
		if want == 0 {
			want = got
		}
		if got != want {
			t.Errorf("%s: %d, not %d", optimise, got, want)
		}
	}
}
