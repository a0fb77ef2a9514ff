package guest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/guest/toolbox"
	"github.com/crossplug/crossplug/internal/crosstest"
	"github.com/crossplug/crossplug/link"
)

// TestProgramsAsFragments runs programs as fragments of both processors, which print with
// the system's library, and compares that with what they print natively.
func TestProgramsAsFragments(t *testing.T) {
	flags := []string{"-O2", "-w", "-std=gnu11", "-fwrapv", "-fno-strict-aliasing", "-fno-tree-loop-distribute-patterns", "-ffp-contract=off", "-Iprograms/support"}
	standard := link.Library{Name: "StdCLib", Symbols: toolbox.Exports("StdCLib")}
	support := []string{"programs/support/print.c", "programs/support/memory.c"}
	own := filepath.Join(t.TempDir(), "put.c")
	if err := os.WriteFile(own, []byte("int puts(const char *);\nvoid put(const char *line) { puts(line); }\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*link.Compiler{link.PowerPC(), link.CFM68K()} {
		objects := crosstest.Objects(t, c, flags, append(support, own)...)
		archives, err := c.Runtime(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"conversions", "qsort", "setjmp", "varargs"} {
			source := filepath.Join("programs", "source", name+".c")
			m68k := c.Program == link.CFM68K().Program
			if name == "setjmp" && !m68k || name == "conversions" && m68k {
				continue // it has its own, for Linux
			}
			t.Run(name+" "+strings.TrimSuffix(c.Program, "-linux-gnu-gcc"), func(t *testing.T) {
				in := &link.Input{Objects: append(crosstest.Objects(t, c, flags, source), objects...), Archives: archives, Libraries: []link.Library{standard}, Main: "main"}
				linked, _, err := link.Fragment(in)
				if err != nil {
					t.Fatal(err)
				}
				var out strings.Builder
				m := newMachine(t, Options{System: toolbox.Options{Output: &out}})
				conn, main, err := m.Fragment(t.Context(), name, readBack(t, linked))
				if err != nil {
					t.Fatal(err)
				}
				if linked.Architecture != pef.M68K == m68k {
					t.Fatalf("%v", linked.Architecture)
				}
				if _, err := m.CallSymbol(t.Context(), conn, main, proc(t, "long proc()")); err != nil {
					t.Error(err)
				}
				compareLines(t, name, out.String(), crosstest.Native(t, append(slices.Clone(flags), "-ffreestanding", "-fno-builtin"), append(support, source, "programs/support/native.c")...))
			})
		}
	}
}
