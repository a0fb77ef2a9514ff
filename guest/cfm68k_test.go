package guest

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/guest/cfm"
)

// Fragments for the 68K, made by hand. The first has a counter, and a function that
// adds to it and returns it; the other a function that calls an imported one twice, and
// adds. Each has its A5 four bytes into its data.
var (
	counterCode = []uint16{
		0x2a51,         // movea.l (a1),a5
		0x202f, 0x0004, // move.l 4(sp),d0
		0xd1ad, 0xfffc, // add.l d0,-4(a5)
		0x202d, 0xfffc, // move.l -4(a5),d0
		0x4e74, 0x0004, // rtd #4
		// start: (block) the counter begins at 100
		0x2a51,
		0x2b7c, 0, 100, 0xfffc, // move.l #100,-4(a5)
		0x7000,         // moveq #0,d0
		0x4e74, 0x0004, // rtd #4
	}
	callerCode = []uint16{
		0x2f0d,         // move.l a5,-(sp)
		0x2a51,         // movea.l (a1),a5
		0x2f0d,         // move.l a5,-(sp)
		0x2f2f, 0x000c, // move.l 12(sp),-(sp)
		0x226d, 0xfffc, // movea.l -4(a5),a1
		0x2059,         // movea.l (a1)+,a0
		0x4e90,         // jsr (a0)
		0x2a5f,         // movea.l (sp)+,a5
		0x2200,         // move.l d0,d1
		0x2f0d,         // move.l a5,-(sp)
		0x2f01,         // move.l d1,-(sp)
		0x226d, 0xfffc, // movea.l -4(a5),a1
		0x2059,         // movea.l (a1)+,a0
		0x4e90,         // jsr (a0)
		0x2a5f,         // movea.l (sp)+,a5
		0x2a5f,         // movea.l (sp)+,a5
		0x4e74, 0x0004, // rtd #4
	}
)

// fragment68K makes a container: a word of data, which is an import if there is one,
// then a transition vector for each entry.
func fragment68K(t *testing.T, code []uint16, loader *pef.Loader, entries ...uint32) *pef.Container {
	t.Helper()
	var text []byte
	for _, w := range code {
		text = binary.BigEndian.AppendUint16(text, w)
	}
	var fixups []pef.Fixup
	if len(loader.Imports) > 0 {
		fixups = append(fixups, pef.Fixup{Target: pef.Target{Import: true}})
	}
	data := make([]byte, 4)
	for _, entry := range entries {
		fixups = append(fixups, pef.Fixup{Offset: uint32(len(data))}, pef.Fixup{Offset: uint32(len(data)) + 4, Target: pef.Target{Index: 1}})
		data = binary.BigEndian.AppendUint32(data, entry)
		data = binary.BigEndian.AppendUint32(data, 4) // A5
	}
	program, err := pef.Compress(fixups)
	if err != nil {
		t.Fatal(err)
	}
	loader.Relocations = []pef.Relocations{{Section: 1, Program: program}}
	image, err := pef.Encode(&pef.Fragment{Header: pef.Header{Architecture: pef.M68K}, Loader: loader, Sections: []pef.FragmentSection{
		{Kind: pef.CodeSection, Share: pef.GlobalShare, Alignment: 4, Data: text},
		{Kind: pef.UnpackedDataSection, Share: pef.ProcessShare, Alignment: 4, Data: data},
		{Kind: pef.LoaderSection, Share: pef.GlobalShare, Alignment: 4},
	}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := pef.Read(bytes.NewReader(image), 0, int64(len(image)), pef.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func counter68K(t *testing.T) *pef.Container {
	return fragment68K(t, counterCode, &pef.Loader{
		Init:    &pef.Entry{Section: 1, Offset: 12},
		Main:    &pef.Entry{Section: 1, Offset: 4},
		Exports: []pef.Export{{Name: "count", Class: pef.TVectorSymbol, Section: 1, Value: 4}},
	}, 0, 18)
}

func caller68K(t *testing.T, library string) *pef.Container {
	return fragment68K(t, callerCode, &pef.Loader{
		Main:      &pef.Entry{Section: 1, Offset: 4},
		Libraries: []pef.Library{{Name: library}},
		Imports:   []pef.Import{{Name: "count", Class: pef.TVectorSymbol}},
	}, 0)
}

// goLibrary has a Go function.
type goLibrary struct{ vector uint32 }

func (goLibrary) Versions() (current, oldImplementation, oldDefinition pef.Version) { return 0, 0, 0 }
func (goLibrary) Names() []string                                                   { return []string{"count"} }
func (l goLibrary) Export(name string) (uint32, pef.SymbolClass, string, bool) {
	return l.vector, pef.TVectorSymbol, "", name == "count"
}

// TestCFM68K runs fragments for the 68K: from Go, with imports from each other and from
// Go, with an initialisation routine; and through a routine descriptor from PowerPC's
// world.
func TestCFM68K(t *testing.T) {
	registry := &cfm.Registry{Name: "test"}
	registry.Add("Counter", cfm.Candidate{Container: counter68K(t)})
	var switches []string
	m := newMachine(t, Options{Sources: []cfm.Source{registry}, Trace: func(from, to string, _ uint32, _ coderes.ProcInfo, _ []uint32) {
		switches = append(switches, from+" to "+to)
	}})
	info := proc(t, "long proc(long)")
	caller, main, err := m.Fragment(t.Context(), "Caller", caller68K(t, "Counter"))
	if err != nil {
		t.Fatal(err)
	}
	// 100 + 5, then that added again.
	if got, err := m.CallSymbol(t.Context(), caller, main, info, 5); err != nil || got != 210 {
		t.Errorf("%d, not 210 (%v)", got, err)
	}
	library := m.Process().Connections()[0]
	at, _, err := library.Find("count")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := m.CallSymbol(t.Context(), library, at, info, ^uint32(9)); err != nil || got != 200 {
		t.Errorf("%d, not 200 (%v)", got, err)
	}
	if want := []string{"Go to CFM-68K", "Go to CFM-68K", "Go to CFM-68K"}; !slices.Equal(switches, want) { // the first is the initialisation
		t.Errorf("%q", switches)
	}

	// As a routine of another world, by a descriptor that says so.
	upp := universal(t, m, coderes.RoutineRecord{ProcInfo: info, ISA: coderes.M68K, RTA: coderes.CFM68K, Flags: coderes.UseNativeISA, Proc: at})
	if got, err := m.Call(t.Context(), upp, info, 1); err != nil || got != 201 {
		t.Errorf("%d, not 201 (%v)", got, err)
	}

	// A Go function, which takes its parameter away.
	routine, err := m.NewRoutine("count", info, func(args []uint32) (uint32, error) { return 3 * args[0], nil })
	if err != nil {
		t.Fatal(err)
	}
	registry.Add("Tripler", cfm.Candidate{Host: goLibrary{routine.Vector}})
	if caller, main, err = m.Fragment(t.Context(), "Caller of Go", caller68K(t, "Tripler")); err != nil {
		t.Fatal(err)
	}
	switches = nil
	if got, err := m.CallSymbol(t.Context(), caller, main, info, 7); err != nil || got != 63 {
		t.Errorf("%d, not 63 (%v)", got, err)
	}
	if want := []string{"Go to CFM-68K", "CFM-68K to Go", "CFM-68K to Go"}; !slices.Equal(switches, want) {
		t.Errorf("%q", switches)
	}
	if _, err := newMachine(t, Options{Without: M68K}).CallSymbol(t.Context(), caller, main, info, 7); err == nil {
		t.Error("a machine without a 68K called it")
	}
}

// universal makes a universal procedure pointer for one routine.
func universal(t *testing.T, m *Machine, r coderes.RoutineRecord) uint32 {
	t.Helper()
	d := coderes.RoutineDescriptor{Routines: []coderes.RoutineRecord{r}}
	data, err := d.Encode()
	if err != nil {
		t.Fatal(err)
	}
	upp, err := m.Allocate(uint32(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Memory().Store(upp, data); err != nil {
		t.Fatal(err)
	}
	return upp
}
