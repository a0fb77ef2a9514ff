package guest

import (
	"strings"
	"testing"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/guest/toolbox"
	"github.com/crossplug/crossplug/internal/crosstest"
	"github.com/crossplug/crossplug/link"
)

// TestDispatch has one descriptor for the routines of four selectors, some of which there
// are for both processors, called by both and by Go, in each convention that has
// selectors.
func TestDispatch(t *testing.T) {
	system := link.Library{Name: "InterfaceLib", Symbols: toolbox.Exports("InterfaceLib")}
	for _, prototype := range []string{"pascal long proc[short D0](long, char)", "long proc[short D0](long, char)", "pascal long proc[short D1](long, char)",
		"pascal long proc[short stack](long, char)"} {
		t.Run(prototype, func(t *testing.T) {
			info, plain := proc(t, prototype), proc(t, "pascal long proc(long, char)")
			if !strings.HasPrefix(prototype, "pascal") {
				plain = proc(t, "long proc(long, char)")
			}
			m := newMachine(t, Options{})
			callees := dispatched(t, m, "callees.c", system, "one", "two", "three_plain", "other")
			callers := dispatched(t, m, "callers.c", system, "call")
			code := func(source, main string, info coderes.ProcInfo) uint32 {
				r := crosstest.Resource(t, crosstest.Build(t, &link.Product{Form: link.Code, Type: 0x74657374, ID: 1, ProcInfo: info},
					link.Input{Main: main}, []string{"-O2"}, "testdata/dispatch/"+source))
				at, err := m.Code(main, r.Data)
				if err != nil {
					t.Fatal(err)
				}
				return at
			}
			cInfo := proc(t, "long proc(long, long, long, long, long)")
			caller := code("callers.c", "call", cInfo)
			one, three, other := code("callees.c", "one", info), code("callees.c", "three_plain", plain), code("callees.c", "other", info)
			for _, native := range []coderes.RoutineFlags{0, coderes.UseNativeISA} {
				record := func(isa coderes.ISA, at, selector uint32, flags coderes.RoutineFlags) coderes.RoutineRecord {
					return coderes.RoutineRecord{ProcInfo: info, ISA: isa, Flags: flags | native, Proc: at, Selector: selector}
				}
				upp, err := m.modes.NewDescriptor(
					record(coderes.M68K, other, 0, coderes.IsDefault), record(coderes.PowerPC, callees["other"], 0, coderes.IsDefault),
					record(coderes.PowerPC, callees["one"], 1, 0), record(coderes.M68K, one, 1, 0),
					record(coderes.PowerPC, callees["two"], 2, 0),
					record(coderes.M68K, three, 3, coderes.DropSelector))
				if err != nil {
					t.Fatal(err)
				}
				own := uint32(1000000) // of the 68K's, which it gets if it does not ask for better ones
				if native != 0 {
					own = 2000000
				}
				for selector, wants := range map[uint32][2]uint32{1: {own + 101000, 2101000}, 2: {2202000, 2202000}, 3: {1300000, 1300000}, 9: {own + 409000, 2409000}} {
					for who, call := range map[string]func() (uint32, error){
						"68K": func() (uint32, error) { return m.Call(t.Context(), caller, cInfo, uint32(info), upp, selector, 50, 7) },
						"PowerPC": func() (uint32, error) {
							return m.CallVector(t.Context(), callers["call"], cInfo, uint32(info), upp, selector, 50, 7)
						},
						"Go": func() (uint32, error) { return m.Call(t.Context(), upp, info, selector, 50, 7) },
					} {
						want := wants[1] + 507
						if who == "68K" {
							want = wants[0] + 507
						}
						if got, err := call(); err != nil || got != want {
							t.Errorf("flags %v: %s calls selector %d: %d, not %d (%v)", native, who, selector, int32(got), want, err)
						}
					}
				}
			}
		})
	}
}

// dispatched prepares a source of testdata/dispatch for the PowerPC, and returns where its
// exports are.
func dispatched(t *testing.T, m *Machine, source string, system link.Library, exports ...string) map[string]uint32 {
	t.Helper()
	p := crosstest.Build(t, &link.Product{Form: link.SharedLibrary, Name: source}, link.Input{Libraries: []link.Library{system}, Exports: exports}, []string{"-O2"}, "testdata/dispatch/"+source)
	conn, _, err := m.Fragment(t.Context(), source, readBack(t, p.Fragment))
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]uint32{}
	for _, name := range exports {
		at[name] = symbol(t, conn, name)
	}
	return at
}
