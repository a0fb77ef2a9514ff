package guest

import (
	"bytes"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/guest/toolbox"
)

// TestCFM68KCallsUniversalProcs lets code of a 68K fragment call universal procedure
// pointers of every kind by CallUniversalProc.
func TestCFM68KCallsUniversalProcs(t *testing.T) {
	m := newMachine(t, Options{})
	info := proc(t, "pascal long proc(long, short)")
	container := fragment68K(t, []uint16{
		0x2a51,                                // movea.l (a1),a5
		0x2f3c, 0x1234, 0xfffd, 0x2f3c, 0, 40, // move.l #$1234fffd,-(sp); move.l #40,-(sp)
		0x2f3c, uint16(info >> 16), uint16(info), // move.l #info,-(sp)
		0x2f2f, 0x0010, // move.l 16(sp),-(sp)
		0x226d, 0xfffc, 0x2059, 0x4e90, // movea.l -4(a5),a1; movea.l (a1)+,a0; jsr (a0)
		0x4fef, 0x0010, // lea 16(sp),sp
		0x4e74, 0x0004, // rtd #4
	}, &pef.Loader{
		Main:      &pef.Entry{Section: 1, Offset: 4},
		Libraries: []pef.Library{{Name: "InterfaceLib"}},
		Imports:   []pef.Import{{Name: "CallUniversalProc", Class: pef.TVectorSymbol}},
	}, 0)
	conn, main, err := m.Fragment(t.Context(), "Caller", container)
	if err != nil {
		t.Fatal(err)
	}
	// long + short, by 68K code in Pascal's convention.
	code, err := m.Code("adder", []byte{
		0x20, 0x5f, // movea.l (sp)+,a0
		0x30, 0x1f, 0x48, 0xc0, // move.w (sp)+,d0; ext.l d0
		0xd0, 0x9f, // add.l (sp)+,d0
		0x2e, 0x80, // move.l d0,(sp)
		0x4e, 0xd0, // jmp (a0)
	})
	if err != nil {
		t.Fatal(err)
	}
	routine, err := m.NewRoutine("adder", info, func(args []uint32) (uint32, error) { return args[0] + args[1], nil })
	if err != nil {
		t.Fatal(err)
	}
	adder, vector, err := m.Fragment(t.Context(), "Adder", fragment68K(t, []uint16{
		0x202f, 0x0004, // move.l 4(sp),d0
		0xd0af, 0x0008, // add.l 8(sp),d0
		0x4e74, 0x0008, // rtd #8
	}, &pef.Loader{Main: &pef.Entry{Section: 1, Offset: 4}}, 0))
	if err != nil {
		t.Fatal(err)
	}
	// As the fragment would describe itself: kM68kISA with kCFM68kRTA.
	descriptor := m.System().NewRoutineDescriptor(vector, uint32(info), 0x10)
	for name, upp := range map[string]uint32{"68K": code, "Go": routine.UPP, "CFM-68K": descriptor} {
		if got, err := m.CallSymbol(t.Context(), conn, main, proc(t, "long proc(long)"), upp); err != nil || got != 37 {
			t.Errorf("%s: %d, %v", name, int32(got), err)
		}
	}
	if err := adder.Close(); err != nil {
		t.Error(err)
	}
}

// TestCFM68KCallsWithDoubles imports a function of doubles.
func TestCFM68KCallsWithDoubles(t *testing.T) {
	m := newMachine(t, Options{})
	conn, main, err := m.Fragment(t.Context(), "Power", fragment68K(t, []uint16{
		0x2a51,                    // movea.l (a1),a5
		0x42a7, 0x2f3c, 0x4024, 0, // clr.l -(sp); move.l #$40240000,-(sp): 10
		0x42a7, 0x2f3c, 0x4000, 0, // 2
		0x226d, 0xfffc, 0x2059, 0x4e90, // movea.l -4(a5),a1; movea.l (a1)+,a0; jsr (a0)
		0xf200, 0x6000, // fmove.l fp0,d0
		0x4e74, 0x0004, // rtd #4
	}, &pef.Loader{
		Main:      &pef.Entry{Section: 1, Offset: 4},
		Libraries: []pef.Library{{Name: "MathLib"}},
		Imports:   []pef.Import{{Name: "pow", Class: pef.TVectorSymbol}},
	}, 0))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := m.CallSymbol(t.Context(), conn, main, proc(t, "long proc(long)"), 0); err != nil || got != 1024 {
		t.Errorf("%d, %v", got, err)
	}
}

// image is a PowerPC fragment of data only: a word for each import, which holds its
// address, then one for each export.
func image(t *testing.T, libraries []pef.Library, imports []pef.Import, exports ...string) []byte {
	t.Helper()
	f := &pef.Fragment{Header: pef.Header{Architecture: pef.PowerPC}, Loader: &pef.Loader{Libraries: libraries, Imports: imports, Main: &pef.Entry{Section: 0}}}
	var fixups []pef.Fixup
	for i := range imports {
		fixups = append(fixups, pef.Fixup{Offset: uint32(4 * i), Target: pef.Target{Import: true, Index: uint32(i)}})
	}
	for i, name := range exports {
		f.Loader.Exports = append(f.Loader.Exports, pef.Export{Name: name, Class: pef.DataSymbol, Value: uint32(4 * (len(imports) + i))})
	}
	if len(fixups) > 0 {
		program, err := pef.Compress(fixups)
		if err != nil {
			t.Fatal(err)
		}
		f.Loader.Relocations = []pef.Relocations{{Program: program}}
	}
	f.Sections = []pef.FragmentSection{
		{Kind: pef.UnpackedDataSection, Share: pef.ProcessShare, Alignment: 4, Data: make([]byte, 4*(len(imports)+len(exports)+1))},
		{Kind: pef.LoaderSection, Share: pef.GlobalShare, Alignment: 4},
	}
	data, err := pef.Encode(f)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func container(t *testing.T, image []byte) *pef.Container {
	t.Helper()
	c, err := pef.Read(bytes.NewReader(image), 0, int64(len(image)), pef.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestVariables imports variables: one that there is, one that the real library had,
// which is memory of its own, and one that no library had.
func TestVariables(t *testing.T) {
	const known, missing = "errno", "_IntEnv"
	libraries := []pef.Library{{Name: "StdCLib"}}
	variable := func(name string) pef.Import { return pef.Import{Name: name, Class: pef.DataSymbol} }
	client := func(names ...string) *pef.Container {
		var imports []pef.Import
		for _, name := range names {
			imports = append(imports, variable(name))
		}
		return container(t, image(t, libraries, imports))
	}
	m := newMachine(t, Options{})
	conn, main, err := m.Fragment(t.Context(), "Client", client(known, missing, missing))
	if err != nil {
		t.Fatal(err)
	}
	var at [3]uint32
	for i := range at {
		if at[i], err = m.Memory().Load32(main + uint32(4*i)); err != nil {
			t.Fatal(err)
		}
		var bytes [64]byte
		if err := m.Memory().Load(bytes[:], at[i]); i == 1 && (err != nil || bytes != [64]byte{}) {
			t.Errorf("%d: %v, %v", i, bytes, err)
		}
		if err := m.Memory().Store32(at[i], 7); err != nil {
			t.Errorf("%d cannot be written: %v", i, err)
		}
	}
	if at[0] == at[1] || at[1] != at[2] {
		t.Errorf("variables at %#x", at)
	}
	needs := toolbox.Imports(conn.Container)
	if needs[0].State != toolbox.There || needs[1].State != toolbox.Missing || !needs[1].Data {
		t.Errorf("%+v", needs)
	}
	_, _, err = newMachine(t, Options{Strict: true}).Fragment(t.Context(), "Client", client(missing))
	if err == nil || !strings.Contains(err.Error(), `import library "StdCLib": symbol "_IntEnv": crossplug does not have it`) {
		t.Error(err)
	}
	if _, _, err = m.Fragment(t.Context(), "Client", client("no such variable")); err == nil {
		t.Error("a variable that no library had")
	}
}

// TestDiskFragments opens fragments of a volume as code does: again, to find, with data
// of its own; what it imports is in its own folder.
func TestDiskFragments(t *testing.T) {
	library := func(exports ...string) *fstest.MapFile {
		return &fstest.MapFile{Data: image(t, nil, nil, exports...)}
	}
	client := image(t, []pef.Library{{Name: "Lib"}}, []pef.Import{{Name: "value", Class: pef.DataSymbol}})
	m := newMachine(t, Options{System: toolbox.Options{Writable: true, Files: fstest.MapFS{
		"Plug-ins/Client": {Data: client}, "Plug-ins/Lib": library("value"), "Plug-ins/notes": {Data: []byte("no code")},
		"Other/Client": {Data: client}, "Lib": library("another")}}})
	s := m.System()
	memory, err := m.Allocate(512)
	if err != nil {
		t.Fatal(err)
	}
	spec, id, address, name := memory, memory+100, memory+104, memory+200
	word := func(at uint32) uint32 {
		v, err := m.Memory().Load32(at)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	open := func(path string, option uint32) (connection, main uint32, err int16) {
		if err := s.MakeSpec(":"+path, spec); err != 0 {
			t.Fatalf("%s: %d", path, err)
		}
		err = s.GetDiskFragment(spec, 0, 0, 0, option, id, address, name)
		return word(id), word(address), err
	}
	const load, find, fresh = 1, 2, 5
	if _, _, err := open("Plug-ins:Client", find); err != -2804 {
		t.Errorf("found before it is opened: %d", err)
	}
	one, main, result := open("Plug-ins:Client", load)
	if result != 0 || word(word(main)) != 0 {
		t.Fatalf("%d", result)
	}
	for _, option := range []uint32{load, find} {
		if again, _, err := open("Plug-ins:Client", option); err != 0 || again != one {
			t.Errorf("option %d: connection %d, not %d (%d)", option, again, one, err)
		}
	}
	for _, conn := range m.Process().Connections() {
		if conn.Name == "Lib" {
			if text, err := m.Memory().PString(conn.Locator.Spec + 6); err != nil || string(text) != "Lib" {
				t.Errorf("its file is %q, %v", text, err)
			}
		}
	}
	private, own, result := open("Plug-ins:Client", fresh)
	if result != 0 || private == one || own == main {
		t.Errorf("a private copy: connection %d, data at %#x (%d)", private, own, result)
	}
	if word(own) != word(main) {
		t.Error("each copy has a library of its own")
	}
	// There, no library is in its folder.
	if err := m.Process().Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := open("Other:Client", load); err != -2804 {
		t.Errorf("without the library: %d", err)
	}
	if one, _, result = open("Plug-ins:Client", load); result != 0 {
		t.Errorf("again: %d", result)
	}
	close := func(connection uint32) int16 {
		if err := m.Memory().Store32(id, connection); err != nil {
			t.Fatal(err)
		}
		return s.CloseConnection(id)
	}
	open("Plug-ins:Client", load)
	for i, want := range []int16{0, 0, -2801} {
		if got := close(one); got != want {
			t.Errorf("closed %d times: %d, not %d", i, got, want)
		}
	}
	if n := len(m.Process().Connections()); n != 0 {
		t.Errorf("%d connections are left", n)
	}

	// In memory, it is the same as long as its bytes are.
	base, err := m.Allocate(uint32(len(client)))
	if err != nil {
		t.Fatal(err)
	}
	open("Plug-ins:Lib", load)
	lonely := image(t, nil, nil, "value")
	inMemory := func(data []byte) uint32 {
		if err := m.Memory().Store(base, data); err != nil {
			t.Fatal(err)
		}
		if err := s.GetMemFragment(base, uint32(len(data)), 0, load, id, address, name); err != 0 {
			t.Errorf("in memory: %d", err)
		}
		return word(id)
	}
	first := inMemory(lonely)
	if again := inMemory(lonely); again != first {
		t.Error("the same bytes are another fragment")
	}
	if other := inMemory(image(t, nil, nil, "another")); other == first {
		t.Error("other bytes are the same fragment")
	}
}
