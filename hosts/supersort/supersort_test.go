package supersort

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crossplug/crossplug"
	"github.com/crossplug/crossplug/fault"
	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/guest"
	"github.com/crossplug/crossplug/internal/crosstest"
	"github.com/crossplug/crossplug/link"
)

// build compiles a source as a classic plug-in and returns the file's path.
func build(t testing.TB, form link.Form, source string) string {
	t.Helper()
	p := &link.Product{Form: form, Name: strings.TrimSuffix(filepath.Base(source), ".c"), Type: sortResource, ID: 128, ProcInfo: sortProc}
	library := link.Library{Name: "InterfaceLib", Symbols: map[string]pef.SymbolClass{"CallUniversalProc": pef.TVectorSymbol}}
	crosstest.Build(t, p, link.Input{Main: "SortMain", Libraries: []link.Library{library}}, []string{"-I", "plugins"}, source)
	path := filepath.Join(t.TempDir(), p.Name+".bin")
	crosstest.Write(t, crosstest.File(t, p), path)
	return path
}

// shared compiles a source as a shared object.
func shared(t testing.TB, gcc, source string) string {
	t.Helper()
	crosstest.Need(t, gcc)
	path := filepath.Join(t.TempDir(), "plugin.so")
	out, err := exec.CommandContext(t.Context(), gcc, "-shared", "-fPIC", "-O2", "-Wall", "-I", "plugins", "-o", path, source).CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

type exchange struct{ i, j int }

// sorted sorts heights and returns the exchanges.
func sorted(t testing.TB, s *Sorter, heights []int16) []exchange {
	t.Helper()
	var trace []exchange
	mirror := slices.Clone(heights)
	got, err := s.Sort(t.Context(), heights, func(i, j int) {
		mirror[i], mirror[j] = mirror[j], mirror[i]
		trace = append(trace, exchange{i, j})
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := slices.Sorted(slices.Values(heights)); !slices.Equal(got, want) || !slices.Equal(mirror, want) {
		t.Fatalf("%v and by the exchanges %v, not %v", got, mirror, want)
	}
	return trace
}

// random returns n heights, of which some are the same.
func random(n int) []int16 {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	heights := make([]int16, n)
	for i := range heights {
		heights[i] = int16(r.IntN(2*n+1) - n)
	}
	return heights
}

var lengths = []int{0, 1, 2, 3, 10, 100}

func TestBuiltin(t *testing.T) {
	for _, name := range Algorithms() {
		s := Builtin(name)
		for _, n := range lengths {
			sorted(t, s, random(n))
		}
		sorted(t, s, make([]int16, 50))
		same := sorted(t, s, slices.Sorted(slices.Values(random(50))))
		if name == "bubble" && len(same) > 0 {
			t.Errorf("%s exchanges what is in order: %v", name, same)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if Builtin("bogus") != nil {
		t.Error("an algorithm that there is not")
	}
	if _, err := Builtin("quick").Sort(t.Context(), make([]int16, MaxPoints+1), nil); err == nil {
		t.Error("more values than a short counts")
	}
}

func TestProcInfo(t *testing.T) {
	for info, want := range map[coderes.ProcInfo]string{sortProc: "void proc(long, short, long)", swapProc: "void proc(long, long)"} {
		if got, err := coderes.ParsePrototype(want); err != nil || got != info {
			t.Errorf("%s is %#x, not %#x (%v)", want, got, info, err)
		}
	}
}

// TestPlugins runs each plug-in in every form and on every processor, and expects
// the same exchanges of all.
func TestPlugins(t *testing.T) {
	kinds := []struct {
		name string
		open func(t *testing.T, source string) (*Sorter, error)
		runs string
	}{
		{"universal on both", classic(link.Universal, Options{}), "PowerPC code"},
		{"universal on PowerPC", classic(link.Universal, Options{Without: guest.M68K}), "PowerPC code"},
		{"universal on 68K", classic(link.Universal, Options{Without: guest.PowerPC}), "68K code ('SORT' 128)"},
		{"library", classic(link.SharedLibrary, Options{}), "PowerPC code"},
		{"CFM-68K", classic(link.SharedLibrary68K, Options{}), "CFM-68K code"},
		{"CFM-68K on 68K", classic(link.SharedLibrary68K, Options{Without: guest.PowerPC}), "CFM-68K code"},
		{"fat library", classic(link.FatLibrary, Options{}), "PowerPC code"},
		{"fat library on 68K", classic(link.FatLibrary, Options{Without: guest.PowerPC}), "CFM-68K code"},
		{"68K on both", classic(link.Code, Options{}), "68K code ('SORT' 128)"},
		{"68K", classic(link.Code, Options{Without: guest.PowerPC}), "68K code ('SORT' 128)"},
		{"accelerated", classic(link.Accelerated, Options{}), "PowerPC code (accelerated 'SORT' 128)"},
		{"fat", classic(link.Fat, Options{}), "PowerPC code (fat 'SORT' 128)"},
		{"fat without PowerPC", classic(link.Fat, Options{Without: guest.PowerPC}), "68K code (fat 'SORT' 128)"},
		{"amd64", helped("x86_64-linux-gnu-gcc"), "amd64 code"},
		{"i386", helped("i686-linux-gnu-gcc"), "i386 code"},
		{"s390x", helped("s390x-linux-gnu-gcc"), "s390x code (qemu"},
	}
	for _, plugin := range []string{"ShellSort", "HeapSort", "CombSort"} {
		var reference []exchange
		for _, k := range kinds {
			t.Run(plugin+" "+k.name, func(t *testing.T) {
				s, err := k.open(t, filepath.Join("plugins", plugin+".c"))
				if errors.Is(err, crossplug.ErrNoRuntime) {
					t.Skip(err)
				}
				if err != nil {
					t.Fatal(err)
				}
				defer func() {
					if err := s.Close(); err != nil {
						t.Error(err)
					}
				}()
				if !strings.HasPrefix(s.Runs, k.runs) {
					t.Errorf("runs %q, not %q", s.Runs, k.runs)
				}
				for _, n := range lengths {
					trace := sorted(t, s, random(n))
					if reference == nil && n == 100 {
						reference = trace
					}
					if n == 100 && !slices.Equal(trace, reference) {
						t.Errorf("other exchanges: %v, not %v", trace, reference)
					}
				}
			})
		}
		if len(reference) == 0 {
			t.Log("no processor to compare on")
		}
	}
}

func classic(form link.Form, o Options) func(t *testing.T, source string) (*Sorter, error) {
	return func(t *testing.T, source string) (*Sorter, error) {
		return Open(t.Context(), build(t, form, source), o)
	}
}

func helped(gcc string) func(t *testing.T, source string) (*Sorter, error) {
	return func(t *testing.T, source string) (*Sorter, error) {
		return Open(t.Context(), shared(t, gcc, source), Options{})
	}
}

// bad are plug-ins that do not do what they should, and what is said of them.
var bad = []struct{ name, body, want string }{
	{"idle", ``, "it did not sort: the values are not in order"},
	{"forger", `short i; for (i = 0; i < size; i++) data[i].n = i;`, "it did not sort: place 0 has a point that it was not given"},
	{"copier", `short i; for (i = 1; i < size; i++) data[i] = data[0];`, "it did not sort: place 1 has a point"},
	{"outside", `CALL_SWAP(swap, data, data + size);`, "where no point is (there are 10 from 0x"},
	{"before", `CALL_SWAP(swap, data - 1, data);`, "where no point is"},
	{"crooked", `CALL_SWAP(swap, data, (DataPoint *)((char *)data + 2));`, "where no point is"},
	{"crashing", `*(volatile long *)-8L = 1;`, ""},
	{"endless", `for (;;) ;`, ""},
}

func TestBadPlugins(t *testing.T) {
	for _, b := range bad {
		source := filepath.Join(t.TempDir(), b.name+".c")
		text := fmt.Sprintf("#include \"SortPlugIn.h\"\nvoid SortMain(DataPoint *data, short size, SwapProc swap)\n{\n\t(void)data, (void)size, (void)swap;\n\t%s\n}\n", b.body)
		if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for name, open := range map[string]func(t *testing.T, source string) (*Sorter, error){
			"PowerPC": classic(link.Universal, Options{Fuel: 1e6}),
			"68K":     classic(link.Universal, Options{Fuel: 1e6, Without: guest.PowerPC}),
			"CFM-68K": classic(link.SharedLibrary68K, Options{Fuel: 1e6}),
			"native": func(t *testing.T, source string) (*Sorter, error) {
				var o Options
				if b.name == "endless" {
					o.Native = append(o.Native, crossplug.CallTimeout(2*time.Second))
				}
				return Open(t.Context(), shared(t, "gcc", source), o)
			},
		} {
			t.Run(b.name+" "+name, func(t *testing.T) {
				s, err := open(t, source)
				if err != nil {
					t.Fatal(err)
				}
				_, err = s.Sort(t.Context(), random(10), nil)
				if err == nil || !strings.Contains(err.Error(), b.want) {
					t.Errorf("%v, not %q", err, b.want)
				}
				if b.want != "" && !errors.Is(err, ErrUnsorted) && strings.HasPrefix(b.want, ErrUnsorted.Error()) {
					t.Errorf("%v is no ErrUnsorted", err)
				}
				if (b.name == "crashing") != errors.Is(err, fault.ErrCrashed) || (b.name == "endless") != errors.Is(err, fault.ErrHung) {
					t.Errorf("%v: wrong kind", err)
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// TestCancel ends a sort that takes for ever.
func TestCancel(t *testing.T) {
	source := filepath.Join(t.TempDir(), "endless.c")
	if err := os.WriteFile(source, []byte("void SortMain(void *data, short size, void *swap)\n{\n\t(void)data, (void)size, (void)swap;\n\tfor (;;) ;\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, o := range []Options{{}, {Without: guest.PowerPC}} {
		s, err := Open(t.Context(), build(t, link.Universal, source), o)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		_, err = s.Sort(ctx, random(3), nil)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	empty, err := os.ReadFile("plugins/SortPlugIn.h")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path, want string
		o          Options
	}{
		{filepath.Join(dir, "missing"), "no such file", Options{}},
		{write("text", empty), "", Options{}},
		{write("cut", []byte("Joy!peffpwpc")), "", Options{}},
		{write("nothing", nil), "", Options{}},
	} {
		s, err := Open(t.Context(), c.path, c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, not %q", c.path, err, c.want)
		}
		if s != nil {
			t.Errorf("%s: opened", c.path)
		}
	}
}
