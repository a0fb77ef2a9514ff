package guest

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/internal/crosstest"
	"github.com/crossplug/crossplug/link"
)

// sorter is one source for both processors: it sorts longs and tells of each
// exchange by a universal procedure pointer.
const sorter = `
typedef void *upp;
#ifdef __powerpc__
extern long CallUniversalProc(upp, unsigned long, ...);
static void swapped(upp f, long i, long j) { CallUniversalProc(f, SWAP_INFO, i, j); }
#else
/* pascal void (long, long): pushed from left to right, removed by the callee. */
static void swapped(upp f, long i, long j)
{
	__asm__ volatile("move.l %1,-(%%sp)\n\tmove.l %2,-(%%sp)\n\tjsr (%0)" : : "a"(f), "g"(i), "g"(j) : "d0", "d1", "d2", "a0", "a1", "memory", "cc");
}
#endif

static long calls; /* data of its own */
static const long gaps[] = {57, 23, 10, 4, 1};

long sort(long *v, long n, upp swap)
{
	int g;
	long i, j;
	calls++;
	for (g = 0; g < 5; g++)
		for (i = gaps[g]; i < n; i++)
			for (j = i - gaps[g]; j >= 0 && v[j] > v[j + gaps[g]]; j -= gaps[g]) {
				long x = v[j];
				v[j] = v[j + gaps[g]];
				v[j + gaps[g]] = x;
				swapped(swap, j, j + gaps[g]);
			}
	return calls;
}
`

const (
	sortPrototype = "pascal long sort(long, long, long)"
	swapPrototype = "pascal void swap(long, long)"
)

func proc(t testing.TB, prototype string) coderes.ProcInfo {
	t.Helper()
	info, err := coderes.ParsePrototype(prototype)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// build makes a product of the sorter.
func build(t testing.TB, form link.Form) *link.Product {
	t.Helper()
	source := filepath.Join(t.TempDir(), "sorter.c")
	if err := os.WriteFile(source, []byte(sorter), 0o600); err != nil {
		t.Fatal(err)
	}
	swap := proc(t, swapPrototype)
	p := &link.Product{Form: form, Name: "Sorter", Type: 0x736f7274, ID: 128, ProcInfo: proc(t, sortPrototype)}
	library := link.Library{Name: "InterfaceLib", Symbols: map[string]pef.SymbolClass{"CallUniversalProc": pef.TVectorSymbol}}
	return crosstest.Build(t, p, link.Input{Main: "sort", Libraries: []link.Library{library}}, []string{fmt.Sprintf("-DSWAP_INFO=%#x", uint32(swap))}, source)
}

// code returns the resource of a product.
func code(t testing.TB, p *link.Product) []byte {
	t.Helper()
	return crosstest.Resource(t, p).Data
}

func newMachine(t testing.TB, o Options) *Machine {
	t.Helper()
	m, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

var unsorted = []int32{5, -3, 99, 0, 7, 7, -100, 42, 1 << 30, 2, 8, -1, 6, 30, 12}

// sortWith sorts by a routine and returns the exchanges that it told of.
func sortWith(t testing.TB, m *Machine, call func(args ...uint32) (uint32, error)) (swaps [][2]uint32, result uint32) {
	t.Helper()
	at, err := m.Allocate(uint32(4 * len(unsorted)))
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range unsorted {
		if err := m.Memory().Store32(at+uint32(4*i), uint32(v)); err != nil {
			t.Fatal(err)
		}
	}
	mirror := slices.Clone(unsorted)
	swap, err := m.NewRoutine("swap", proc(t, swapPrototype), func(args []uint32) (uint32, error) {
		swaps = append(swaps, [2]uint32{args[0], args[1]})
		mirror[args[0]], mirror[args[1]] = mirror[args[1]], mirror[args[0]]
		return 0, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if result, err = call(at, uint32(len(unsorted)), swap.UPP); err != nil {
		t.Fatal(err)
	}
	data := make([]byte, 4*len(unsorted))
	if err := m.Memory().Load(data, at); err != nil {
		t.Fatal(err)
	}
	want := slices.Sorted(slices.Values(unsorted))
	for i := range want {
		if got := int32(binary.BigEndian.Uint32(data[4*i:])); got != want[i] || mirror[i] != want[i] {
			t.Fatalf("place %d: %d in memory, %d by the exchanges, not %d", i, got, mirror[i], want[i])
		}
	}
	return swaps, result
}

// TestForms runs the same sort in every form that a file can have it in, on each
// processor that it is for, and expects the same exchanges.
func TestForms(t *testing.T) {
	info := proc(t, sortPrototype)
	var reference [][2]uint32
	for _, form := range []link.Form{link.Code, link.Accelerated, link.Fat, link.SafeFat} {
		for _, without := range []Processor{Neither, PowerPC, M68K} {
			ppc, m68k := slices.Contains(form.Parts(), link.PowerPCFragment), slices.Contains(form.Parts(), link.M68KCode)
			if (!ppc || form == link.SafeFat) && without == M68K || !m68k && without == PowerPC {
				continue
			}
			t.Run(form.String()+map[Processor]string{Neither: "", PowerPC: " on a 68K", M68K: " on a PowerPC"}[without], func(t *testing.T) {
				var switches []string
				m := newMachine(t, Options{Without: without, Trace: func(from, to string, _ uint32, _ coderes.ProcInfo, _ []uint32) {
					switches = append(switches, from+" to "+to)
				}})
				routine, err := m.Code("code", code(t, build(t, form)))
				if err != nil {
					t.Fatal(err)
				}
				for n := uint32(1); n <= 2; n++ {
					swaps, result := sortWith(t, m, func(args ...uint32) (uint32, error) { return m.Call(t.Context(), routine, info, args...) })
					if reference == nil {
						reference = swaps
					}
					if result != n {
						t.Errorf("call %d returned %d", n, result)
					}
					if !slices.Equal(swaps, reference) {
						t.Errorf("exchanges %v, not %v", swaps, reference)
					}
				}
				first := "Go to 68K"
				if ppc && without != PowerPC && form != link.SafeFat {
					first = "Go to PowerPC"
				}
				if form == link.SafeFat && without == Neither && len(switches) > 0 && switches[0] == first {
					switches, first = switches[1:], "68K to PowerPC"
				}
				if len(switches) < 2 || switches[0] != first || !strings.HasSuffix(switches[1], " to Go") {
					t.Errorf("switches %.3q", switches)
				}
			})
		}
	}
}

// TestLibrary calls a symbol of a fragment.
func TestLibrary(t *testing.T) {
	file, err := pef.Encode(build(t, link.SharedLibrary).Fragment)
	if err != nil {
		t.Fatal(err)
	}
	c, err := pef.Read(bytes.NewReader(file), 0, int64(len(file)), pef.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := newMachine(t, Options{})
	conn, main, err := m.Fragment(t.Context(), "Sorter", c)
	if err != nil {
		t.Fatal(err)
	}
	symbol, _, err := conn.Find("sort")
	if err != nil || symbol != main {
		t.Fatalf("sort is at %#x, main at %#x, %v", symbol, main, err)
	}
	sortWith(t, m, func(args ...uint32) (uint32, error) {
		return m.CallVector(t.Context(), symbol, proc(t, sortPrototype), args...)
	})
}

// TestLimits ends code that never ends.
func TestLimits(t *testing.T) {
	loop := []byte{0x60, 0xfe} // bra to itself
	m := newMachine(t, Options{Fuel: 1000})
	at, err := m.Code("loop", loop)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Call(t.Context(), at, 1); err == nil || !strings.Contains(err.Error(), "fuel") {
		t.Error(err)
	}
	m = newMachine(t, Options{})
	if at, err = m.Code("loop", loop); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := m.Call(ctx, at, 1); err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Error(err)
	}
	// The context has ended, so another call with it does not begin; one with another does.
	if _, err := m.Call(ctx, at, 1); err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Error(err)
	}
	back, err := m.Code("back", []byte{0x4e, 0x75})
	if err != nil {
		t.Fatal(err)
	}
	other, cancelOther := context.WithCancel(t.Context())
	defer cancelOther()
	for _, c := range []context.Context{t.Context(), other, context.Background(), other} {
		if _, err := m.Call(c, back, 1); err != nil {
			t.Error(err)
		}
	}
	cancelOther()
	if _, err := m.Call(other, at, 1); err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Error(err)
	}
	if _, err := m.Code("large", make([]byte, heapSize+1)); err == nil {
		t.Error("code larger than the heap was taken")
	}
	if _, err := New(Options{Memory: 1}); err == nil {
		t.Error("a machine of one byte")
	}
}

// TestHostile expects damaged resources to be errors.
func TestHostile(t *testing.T) {
	data := code(t, build(t, link.Fat))
	info := proc(t, sortPrototype)
	for n := 0; n < len(data); n += max(1, len(data)/200) {
		for _, bad := range [][]byte{data[:n], flip(data, n)} {
			m, err := New(Options{Fuel: 200_000})
			if err != nil {
				t.Fatal(err)
			}
			// Whatever comes of it, it comes back; damaged routines may fail at the end, too.
			if at, err := m.Code("bad", bad); err == nil {
				_, _ = m.Call(t.Context(), at, info, 0x1000, 10, 0x1000)
			}
			_ = m.Close()
		}
	}
}

func flip(data []byte, n int) []byte {
	bad := slices.Clone(data)
	bad[n] ^= 0xff
	return bad
}

func BenchmarkMachine(b *testing.B) {
	for b.Loop() {
		m, err := New(Options{Memory: 2 * heapSize})
		if err != nil {
			b.Fatal(err)
		}
		if err := m.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
