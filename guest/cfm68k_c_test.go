package guest

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/guest/cfm"
	"github.com/crossplug/crossplug/guest/toolbox"
	"github.com/crossplug/crossplug/internal/crosstest"
	"github.com/crossplug/crossplug/link"
)

// build68K compiles a source of testdata/cfm68k for both processors.
func build68K(t *testing.T, name, source string, in link.Input) *link.Product {
	t.Helper()
	flags := []string{"-Itoolbox/include", "-Wno-address", "-Wno-multichar"}
	return crosstest.Build(t, &link.Product{Form: link.FatLibrary, Name: name}, in, flags, filepath.Join("testdata", "cfm68k", source))
}

// readBack reads what a fragment is in a file.
func readBack(t *testing.T, f *pef.Fragment) *pef.Container {
	t.Helper()
	image, err := pef.Encode(f)
	if err != nil {
		t.Fatal(err)
	}
	c, err := pef.Read(bytes.NewReader(image), 0, int64(len(image)), pef.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// hostLibrary has Go functions and a word.
type hostLibrary map[string]uint32

func (hostLibrary) Versions() (current, oldImplementation, oldDefinition pef.Version) { return 0, 0, 0 }
func (l hostLibrary) Names() []string                                                 { return []string{"note", "triple", "number"} }
func (l hostLibrary) Export(name string) (uint32, pef.SymbolClass, string, bool) {
	class := pef.TVectorSymbol
	if name == "number" {
		class = pef.DataSymbol
	}
	at, ok := l[name]
	return at, class, "", ok
}

// TestFragmentsFromC runs a library and its client, compiled of one source for both
// processors, side by side in one machine: data and functions of each other, of the
// system and of the host, callbacks, initialisation and termination.
func TestFragmentsFromC(t *testing.T) {
	system := link.Library{Name: "InterfaceLib", Symbols: toolbox.Exports("InterfaceLib")}
	standard := link.Library{Name: "StdCLib", Symbols: toolbox.Exports("StdCLib")}
	math := link.Library{Name: "MathLib", Symbols: toolbox.Exports("MathLib")}
	host := link.Library{Name: "HostLib", Symbols: map[string]pef.SymbolClass{"note": pef.TVectorSymbol, "triple": pef.TVectorSymbol, "number": pef.DataSymbol}}
	library := build68K(t, "Sums", "library.c", link.Input{
		Libraries: []link.Library{host}, Init: "start", Term: "finish", Exports: []string{"add", "apply", "adder", "count", "names"},
		Version: 0x01208000, OldDefVersion: 0x01008000,
	})
	sums := link.LibraryOf("Sums", readBack(t, library.Fragment68K))
	if sums.Symbols["names"] != pef.DataSymbol || sums.Symbols["add"] != pef.TVectorSymbol || len(sums.Symbols) != 5 {
		t.Errorf("exports %v", sums.Symbols)
	}
	gone := link.Library{Name: "Gone", Weak: true, Symbols: map[string]pef.SymbolClass{"missing": pef.TVectorSymbol, "absent": pef.DataSymbol}}
	client := build68K(t, "Client", "client.c", link.Input{Libraries: []link.Library{sums, gone, host, system, standard, math}, Main: "run"})
	folder := t.TempDir()
	crosstest.Write(t, crosstest.File(t, library), filepath.Join(folder, "Sums library.bin"))

	var notes []int32
	registry := &cfm.Registry{Name: "test"}
	m := newMachine(t, Options{Sources: []cfm.Source{cfm.NewFolderSource(folder), registry}})
	exported := hostLibrary{}
	info := proc(t, "long proc(long)")
	for name, fn := range map[string]func(args []uint32) (uint32, error){
		"note":   func(args []uint32) (uint32, error) { notes = append(notes, int32(args[0])); return 0, nil },
		"triple": func(args []uint32) (uint32, error) { return 3 * args[0], nil },
	} {
		r, err := m.NewRoutine(name, info, fn)
		if err != nil {
			t.Fatal(err)
		}
		exported[name] = r.Vector
	}
	number, err := m.Allocate(4)
	if err != nil {
		t.Fatal(err)
	}
	exported["number"] = number
	registry.Add("HostLib", cfm.Candidate{Host: exported})

	run := proc(t, "long proc(long, long, long)")
	steps := []struct{ what, n, want uint32 }{
		{0, 5, 116}, {1, 1, 117}, {2, 3, 13 + 2000 + 120 + 4000}, {3, 9, ^uint32(0)}, {4, 10, 20 + 45000}, {5, 0, 4 + 'z'}, {5, 1, 3 + 'o'},
		{6, 4, 12}, {6, 4, 13}, {7, 3, 13}, {7, 1, 121}, {7, 2, 6}, {8, 2, 123 + 8}, {8, 1, 124 + 9}, {9, 1, 3 * (127 + 128*3 + 10000)}, {11, 4, 80},
	}
	var connections []*cfm.Connection
	var mains []uint32
	for _, fragment := range []*pef.Fragment{client.Fragment68K, client.Fragment} {
		if err := m.Memory().Store32(number, 0); err != nil {
			t.Fatal(err)
		}
		notes = nil
		conn, main, err := m.Fragment(t.Context(), "Client", readBack(t, fragment))
		if err != nil {
			t.Fatal(err)
		}
		connections, mains = append(connections, conn), append(mains, main)
		for i, s := range steps {
			if got, err := m.CallSymbol(t.Context(), conn, main, run, s.what, s.n, 0); err != nil || got != s.want {
				t.Fatalf("%v, step %d: %d of %d is %d, not %d (%v)", fragment.Architecture, i, s.what, s.n, int32(got), s.want, err)
			}
		}
		if !slices.Equal(notes, []int32{1}) {
			t.Errorf("%v: notes of the initialisation: %v", fragment.Architecture, notes)
		}
	}

	// PowerPC code calls the other's function, which has its own data, by a universal
	// procedure pointer.
	var vectors []uint32
	for _, conn := range m.Process().Connections() {
		if at, _, err := conn.Find("add"); err == nil && conn.Container != nil && conn.Container.Architecture == pef.M68K {
			vectors = append(vectors, at)
		}
	}
	if len(vectors) != 1 {
		t.Fatalf("%d libraries for the 68K", len(vectors))
	}
	upp := universal(t, m, coderes.RoutineRecord{ProcInfo: info, ISA: coderes.M68K, RTA: coderes.CFM68K, Flags: coderes.UseNativeISA, Proc: vectors[0]})
	for i, want := range []uint32{129, 130} { // CFM-68K code calls it so, too
		if got, err := m.CallSymbol(t.Context(), connections[1-i], mains[1-i], run, 10, 1, upp); err != nil || got != want {
			t.Errorf("client %d: %d, not %d (%v)", 1-i, got, want, err)
		}
	}

	notes = nil
	for _, conn := range connections {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}
	if !slices.Equal(notes, []int32{130, 128}) {
		t.Errorf("notes of the terminations: %v", notes)
	}
}

// TestOtherProcessor: a fragment links with libraries for its own processor, and with
// the host's; there is no glue to others, and the error says what to do. A weak library
// is missing.
func TestOtherProcessor(t *testing.T) {
	symbols := map[string]pef.SymbolClass{"add": pef.TVectorSymbol}
	source := filepath.Join(t.TempDir(), "client.c")
	if err := os.WriteFile(source, []byte("extern long add(long) __attribute__((weak));\nlong run(long n) { return add ? add(n) : -1; }\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	host := link.Library{Name: "HostLib", Symbols: map[string]pef.SymbolClass{"note": pef.TVectorSymbol, "triple": pef.TVectorSymbol, "number": pef.DataSymbol}}
	library := build68K(t, "Sums", "library.c", link.Input{Libraries: []link.Library{host}, Exports: []string{"add"}})
	for _, weak := range []bool{false, true} {
		client := crosstest.Build(t, &link.Product{Form: link.FatLibrary, Name: "Client"}, link.Input{Libraries: []link.Library{{Name: "Sums", Symbols: symbols, Weak: weak}}, Main: "run"}, nil, source)
		for _, c := range []struct {
			client, library *pef.Fragment
			want            string
		}{
			{client.Fragment68K, library.Fragment, `Client: import library "Sums": not found for m68k, only for pwpc, and fragments import from their own processor's alone: build it for both ` +
				`(crossplug cc --form fat-library), or call its routines by universal procedure pointers; searched: test (one for pwpc); the machine's libraries (error -2804)`},
			{client.Fragment, library.Fragment68K, `Client: import library "Sums": not found for pwpc, only for m68k, and`},
		} {
			registry := &cfm.Registry{Name: "test"}
			registry.Add("Sums", cfm.Candidate{Container: readBack(t, c.library)})
			m := newMachine(t, Options{Sources: []cfm.Source{registry}})
			conn, main, err := m.Fragment(t.Context(), "Client", readBack(t, c.client))
			if !weak {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%v code linked with a library for the other processor: %v", c.client.Architecture, err)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if got, err := m.CallSymbol(t.Context(), conn, main, proc(t, "long proc(long)"), 1); err != nil || int32(got) != -1 {
				t.Errorf("%v code with a weak library for the other processor: %d (%v)", c.client.Architecture, got, err)
			}
		}
	}
}

// TestTermination: a machine that is closed runs termination routines, also if the
// context of the latest call has ended since.
func TestTermination(t *testing.T) {
	host := link.Library{Name: "HostLib", Symbols: map[string]pef.SymbolClass{"note": pef.TVectorSymbol}}
	library := build68K(t, "Sums", "library.c", link.Input{Libraries: []link.Library{host}, Term: "finish"})
	for _, fragment := range []*pef.Fragment{library.Fragment, library.Fragment68K} {
		registry := &cfm.Registry{Name: "test"}
		m, err := New(Options{Sources: []cfm.Source{registry}})
		if err != nil {
			t.Fatal(err)
		}
		var noted []uint32
		note, err := m.NewRoutine("note", proc(t, "long proc(long)"), func(args []uint32) (uint32, error) {
			noted = append(noted, args[0])
			return 0, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		registry.Add("HostLib", cfm.Candidate{Host: hostLibrary{"note": note.Vector}})
		ctx, cancel := context.WithCancel(t.Context())
		_, _, err = m.Fragment(ctx, "Sums", readBack(t, fragment))
		cancel()
		if err := errors.Join(err, m.Close()); err != nil {
			t.Errorf("%v: %v", fragment.Architecture, err)
		}
		if !slices.Equal(noted, []uint32{100}) {
			t.Errorf("%v: noted %d", fragment.Architecture, noted)
		}
	}
}
