package cfm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/guest/memory"
)

// recipe describes a fragment for tests. Its data section begins with a word for
// each import, which holds the import's address once relocated; then comes a
// vector for the initialisation routine, one for termination, and the exports,
// a word each.
type recipe struct {
	name                  string
	current, oldImp, defs pef.Version
	libraries             []pef.Library
	imports               []pef.Import
	exports               []string
	reexports             map[string]int // of imports
	init, term            bool
	share                 pef.ShareKind
	stub                  bool
}

func (r recipe) container(t testing.TB) *pef.Container {
	t.Helper()
	words := len(r.imports) + 2 + len(r.exports)
	data := make([]byte, 4*words)
	f := &pef.Fragment{Header: pef.Header{Architecture: pef.PowerPC, CurrentVersion: r.current, OldImpVersion: r.oldImp, OldDefVersion: r.defs}, Loader: &pef.Loader{Libraries: r.libraries, Imports: r.imports}}
	var fixups []pef.Fixup
	for i := range r.imports {
		fixups = append(fixups, pef.Fixup{Offset: uint32(4 * i), Target: pef.Target{Import: true, Index: uint32(i)}})
	}
	at := len(r.imports)
	for i := at; i < words; i++ { // each points to itself
		binary.BigEndian.PutUint32(data[4*i:], uint32(4*i))
		fixups = append(fixups, pef.Fixup{Offset: uint32(4 * i), Target: pef.Target{Index: 1}})
	}
	if r.init {
		f.Loader.Init = &pef.Entry{Section: 1, Offset: uint32(4 * at)}
	}
	if r.term {
		f.Loader.Term = &pef.Entry{Section: 1, Offset: uint32(4 * (at + 1))}
	}
	f.Loader.Main = &pef.Entry{Section: 1, Offset: uint32(4 * at)}
	for i, name := range r.exports {
		e := pef.Export{Name: name, Class: pef.TVectorSymbol, Section: 1, Value: uint32(4 * (at + 2 + i))}
		if r.stub {
			e.Section, e.Value = pef.AbsoluteExport, 0
		}
		f.Loader.Exports = append(f.Loader.Exports, e)
	}
	for name, i := range r.reexports {
		f.Loader.Exports = append(f.Loader.Exports, pef.Export{Name: name, Class: pef.TVectorSymbol, Section: pef.ReexportedImport, Value: uint32(i)})
	}
	program, err := pef.Compress(fixups)
	if err != nil {
		t.Fatal(err)
	}
	f.Loader.Relocations = []pef.Relocations{{Section: 1, Program: program}}
	share := r.share
	if share == 0 {
		share = pef.ProcessShare
	}
	f.Sections = []pef.FragmentSection{
		{Kind: pef.CodeSection, Share: pef.GlobalShare, Alignment: 4, Data: make([]byte, 16)},
		{Kind: pef.PackedDataSection, Share: share, Alignment: 4, Data: data, Zeros: 32},
		{Kind: pef.LoaderSection, Share: pef.GlobalShare, Alignment: 4},
	}
	file, err := pef.Encode(f)
	if err != nil {
		t.Fatal(err)
	}
	c, err := pef.Read(bytes.NewReader(file), 0, int64(len(file)), pef.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// caller stands for an engine: it notes what is called.
type caller struct {
	space  *memory.Space
	calls  []string
	result map[string]int16
	during map[string]func(connection uint32) // what an initialisation routine does
}

func (c *caller) Initialise(_ pef.Architecture, vector, block uint32) (int16, error) {
	self, err := c.space.Load32(vector)
	if err != nil || self != vector {
		return 0, fmt.Errorf("the vector is not relocated: %#x, %v", self, err)
	}
	name, err := c.space.Load32(block + 28)
	if err != nil {
		return 0, err
	}
	text, err := c.space.PString(name)
	c.calls = append(c.calls, "init "+string(text))
	if do := c.during[string(text)]; do != nil {
		connection, err := c.space.Load32(block + 8)
		if err != nil {
			return 0, err
		}
		do(connection)
	}
	return c.result[string(text)], err
}

func (c *caller) Terminate(_ pef.Architecture, vector uint32) error {
	c.calls = append(c.calls, "term")
	return nil
}

// world is a manager with a context that finds the recipes.
func world(t testing.TB, recipes ...recipe) (*Manager, *Context, *caller) {
	t.Helper()
	space, err := memory.New(64 << 20)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := space.Close(); err != nil {
			t.Error(err)
		}
	})
	run := &caller{space: space, result: map[string]int16{}, during: map[string]func(uint32){}}
	m, err := New(space, run)
	if err != nil {
		t.Fatal(err)
	}
	r := &Registry{Name: "test's libraries"}
	for _, rec := range recipes {
		r.Add(rec.name, Candidate{Container: rec.container(t)})
	}
	return m, m.NewContext(r), run
}

func client(libraries []pef.Library, imports ...pef.Import) recipe {
	return recipe{name: "client", libraries: libraries, imports: imports}
}

func prepare(t testing.TB, c *Context, r recipe) (*Connection, error) {
	t.Helper()
	conn, _, err := c.Prepare(r.name, Candidate{Container: r.container(t), Locator: Locator{Where: coderes.InMemory}}, Load)
	return conn, err
}

// word returns a word of a connection's data.
func word(t testing.TB, c *Connection, i int) uint32 {
	t.Helper()
	base, _, ok := c.Section(1)
	if !ok {
		t.Fatal("no data")
	}
	v, err := c.context.manager.space.Load32(base + uint32(4*i))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestVersions tries every relation of the four versions that can differ.
func TestVersions(t *testing.T) {
	tests := []struct {
		want, oldest, have, clients pef.Version
		number                      int
	}{
		{0, 0, 0, 0, 0},
		{5, 5, 5, 5, 0},
		{5, 9, 5, 9, 0}, // equal versions always do
		{5, 4, 4, 4, 0}, // an older library that is new enough
		{5, 5, 4, 4, ErrTooOld},
		{5, 3, 9, 4, 0}, // a newer one that still takes this client
		{5, 3, 9, 6, ErrTooNew},
		{5, 3, 9, 5, 0},
	}
	for _, test := range tests {
		if got := CheckVersion(test.want, test.oldest, test.have, test.clients); got != test.number {
			t.Errorf("want %d (oldest %d), have %d (clients from %d): %d, not %d", test.want, test.oldest, test.have, test.clients, got, test.number)
		}
		_, ctx, _ := world(t, recipe{name: "Lib", current: test.have, defs: test.clients, exports: []string{"f"}})
		_, err := prepare(t, ctx, client([]pef.Library{{Name: "Lib", CurrentVersion: test.want, OldImpVersion: test.oldest}}, pef.Import{Name: "f", Class: pef.TVectorSymbol}))
		switch {
		case test.number == 0 && err != nil:
			t.Error(err)
		case test.number != 0 && (err == nil || Number(err) != test.number):
			t.Errorf("%+v: %v", test, err)
		case test.number != 0 && !strings.Contains(err.Error(), `client: import library "Lib": too `):
			t.Error(err)
		}
	}
}

// TestWeak tries weak and strong libraries and symbols, there and missing.
func TestWeak(t *testing.T) {
	for _, weakLibrary := range []bool{false, true} {
		for _, weakSymbol := range []bool{false, true} {
			for _, have := range []string{"library and symbol", "library", "nothing"} {
				t.Run(fmt.Sprintf("library %v symbol %v %s", weakLibrary, weakSymbol, have), func(t *testing.T) {
					var libs []recipe
					if have != "nothing" {
						r := recipe{name: "Lib"}
						if have != "library" {
							r.exports = []string{"f"}
						}
						libs = append(libs, r)
					}
					m, ctx, _ := world(t, libs...)
					lib := pef.Library{Name: "Lib"}
					if weakLibrary {
						lib.Options = pef.WeakLibrary
					}
					before := len(m.space.Regions())
					conn, err := prepare(t, ctx, client([]pef.Library{lib}, pef.Import{Name: "f", Class: pef.TVectorSymbol, Weak: weakSymbol}))
					want := have == "library and symbol" || have == "library" && (weakSymbol || weakLibrary) || have == "nothing" && weakLibrary
					if want != (err == nil) {
						t.Fatal(err)
					}
					if err != nil {
						if after := len(m.space.Regions()); after != before {
							t.Errorf("%d regions are left of a preparation that failed", after-before)
						}
						if number := Number(err); have == "nothing" && number != ErrNoLibrary || have == "library" && number != ErrUnresolved {
							t.Error(err)
						}
						return
					}
					if got := word(t, conn, 0); (got != 0) != (have == "library and symbol") {
						t.Errorf("the import is at %#x", got)
					}
				})
			}
		}
	}
}

// TestMissingStaysMissing: what was missing when it was first wanted does not
// appear later, or two clients would disagree.
func TestMissingStaysMissing(t *testing.T) {
	_, ctx, _ := world(t)
	weak := client([]pef.Library{{Name: "Lib", Options: pef.WeakLibrary}}, pef.Import{Name: "f", Class: pef.TVectorSymbol})
	if _, err := prepare(t, ctx, weak); err != nil {
		t.Fatal(err)
	}
	ctx.Sources[0].(*Registry).Add("Lib", Candidate{Container: recipe{exports: []string{"f"}}.container(t)})
	conn, err := prepare(t, ctx, weak)
	if err != nil {
		t.Fatal(err)
	}
	if got := word(t, conn, 0); got != 0 {
		t.Errorf("the import is at %#x", got)
	}
}

// failing is a source that cannot be read.
type failing struct{}

func (failing) Find(string, pef.Architecture) ([]Candidate, error) {
	return nil, errors.New("the file is damaged")
}
func (failing) String() string { return "folder Broken" }

// TestWeakAndDamaged: a file that cannot be read has no library, which is why a weak
// one is missing, and why a strong one fails.
func TestWeakAndDamaged(t *testing.T) {
	_, ctx, _ := world(t)
	ctx.Sources = append(ctx.Sources, failing{})
	want := `client: import library "Lib": not found: the file is damaged; searched: test's libraries; folder Broken (the file is damaged) (error -2804)`
	if _, err := prepare(t, ctx, client([]pef.Library{{Name: "Lib"}})); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if _, err := prepare(t, ctx, client([]pef.Library{{Name: "Lib", Options: pef.WeakLibrary}})); err != nil {
		t.Error(err)
	}
	if missing := ctx.Missing(); len(missing) != 1 || missing["Lib"].Error() != want {
		t.Error(missing)
	}
}

// TestWeakVersions: a library of a version that will not do is as good as missing to
// who links it weakly, found in a file or in use already.
func TestWeakVersions(t *testing.T) {
	for _, inUse := range []bool{false, true} {
		_, ctx, _ := world(t, recipe{name: "Lib", current: 1, defs: 1, exports: []string{"f"}})
		if inUse {
			if _, _, err := ctx.Library("Lib", pef.PowerPC, Load); err != nil {
				t.Fatal(err)
			}
		}
		lib := pef.Library{Name: "Lib", CurrentVersion: 3, OldImpVersion: 2, Options: pef.WeakLibrary}
		imp := pef.Import{Name: "f", Class: pef.TVectorSymbol}
		conn, err := prepare(t, ctx, client([]pef.Library{lib}, imp))
		if err != nil || word(t, conn, 0) != 0 {
			t.Errorf("in use %v: %v", inUse, err)
		}
		if e := ctx.Missing()["Lib"]; inUse != (e == nil) || e != nil && e.Number != ErrTooOld {
			t.Errorf("in use %v: %v", inUse, e)
		}
		lib.Options = 0
		if _, err := prepare(t, ctx, client([]pef.Library{lib}, imp)); Number(err) != ErrTooOld {
			t.Errorf("in use %v: %v", inUse, err)
		}
	}
}

// TestSearchOrder: the first source that has a version that does, and no stub.
func TestSearchOrder(t *testing.T) {
	_, ctx, _ := world(t)
	sources := []*Registry{{Name: "first"}, {Name: "second"}, {Name: "third"}}
	add := func(i int, r recipe) Candidate {
		c := Candidate{Container: r.container(t)}
		sources[i].Add("Lib", c)
		return c
	}
	add(0, recipe{exports: []string{"f"}, stub: true})
	add(1, recipe{exports: []string{"f"}, current: 1})
	want := add(1, recipe{exports: []string{"f"}, current: 5})
	add(2, recipe{exports: []string{"f"}, current: 6})
	ctx.Sources = nil
	for _, s := range sources {
		ctx.Sources = append(ctx.Sources, s)
	}
	conn, err := prepare(t, ctx, client([]pef.Library{{Name: "Lib", CurrentVersion: 6, OldImpVersion: 4}}, pef.Import{Name: "f", Class: pef.TVectorSymbol}))
	if err != nil {
		t.Fatal(err)
	}
	if conn.imports[0].Container != want.Container {
		t.Error("another library was taken")
	}
	_, err = prepare(t, ctx, client([]pef.Library{{Name: "Nothing"}}))
	if err == nil || !strings.Contains(err.Error(), "searched: first; second; third") {
		t.Error(err)
	}
}

// TestOrder tries the order of initialisation, and of termination.
func TestOrder(t *testing.T) {
	lib := func(name string, options pef.LibraryOptions) pef.Library {
		return pef.Library{Name: name, Options: options}
	}
	a := recipe{name: "A", init: true, term: true, libraries: []pef.Library{lib("B", 0), lib("C", 0)}}
	b := recipe{name: "B", init: true, term: true, libraries: []pef.Library{lib("C", 0)}}
	c := recipe{name: "C", init: true, term: true, libraries: []pef.Library{lib("A", 0)}} // a cycle, which is allowed
	root := client([]pef.Library{lib("A", 0)})
	root.init = true
	_, ctx, run := world(t, a, b, c)
	if _, err := prepare(t, ctx, root); err != nil {
		t.Fatal(err)
	}
	if n := len(run.calls); n != 4 || run.calls[3] != "init client" {
		t.Errorf("%q", run.calls)
	}
	if err := ctx.Close(); err != nil {
		t.Fatal(err)
	}
	if got := run.calls[4:]; !slices.Equal(got, []string{"term", "term", "term"}) {
		t.Errorf("at the end: %q", got)
	}

	// C insists on A, A on B: so B, A, C.
	a.libraries = []pef.Library{lib("B", pef.InitBefore), lib("C", 0)}
	c.libraries = []pef.Library{lib("A", pef.InitBefore)}
	_, ctx, run = world(t, a, b, c)
	if _, err := prepare(t, ctx, root); err != nil {
		t.Fatal(err)
	}
	if got, want := run.calls, []string{"init B", "init A", "init C", "init client"}; !slices.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}

	b.libraries = []pef.Library{lib("C", pef.InitBefore)}
	m, ctx, run := world(t, a, b, c)
	before := len(m.space.Regions())
	if _, err := prepare(t, ctx, root); Number(err) != ErrInitLoop {
		t.Errorf("%v", err)
	}
	if len(run.calls) != 0 || len(m.space.Regions()) != before {
		t.Errorf("calls %q, %d regions, %d before", run.calls, len(m.space.Regions()), before)
	}
}

// TestInitFails: what was initialised is terminated, and nothing is left.
func TestInitFails(t *testing.T) {
	m, ctx, run := world(t,
		recipe{name: "Good", init: true, term: true},
		recipe{name: "Bad", init: true, term: true, libraries: []pef.Library{{Name: "Good", Options: pef.InitBefore}}})
	before := len(m.space.Regions())
	run.result["Bad"] = -1
	_, err := prepare(t, ctx, client([]pef.Library{{Name: "Bad", Options: pef.InitBefore}}))
	if err == nil || err.Error() != "Bad: its initialisation routine returned -1 (error -2821)" {
		t.Error(err)
	}
	if want := []string{"init Good", "init Bad", "term"}; !slices.Equal(run.calls, want) {
		t.Errorf("%q, not %q", run.calls, want)
	}
	if after := len(m.space.Regions()); after != before || len(ctx.Connections()) != 0 {
		t.Errorf("%d regions are left, %d connections", after-before, len(ctx.Connections()))
	}
}

// TestInstances tries who shares data with whom.
func TestInstances(t *testing.T) {
	m, first, _ := world(t, recipe{name: "Lib", exports: []string{"f"}}, recipe{name: "Global", exports: []string{"f"}, share: pef.GlobalShare})
	second := m.NewContext(first.Sources...)
	address := func(c *Context, name string, o Option) uint32 {
		t.Helper()
		conn, _, err := c.Library(name, pef.PowerPC, o)
		if err != nil {
			t.Fatal(err)
		}
		at, class, err := conn.Find("f")
		if err != nil || class != pef.TVectorSymbol {
			t.Fatal(class, err)
		}
		return at
	}
	if _, _, err := first.Library("Lib", pef.PowerPC, Find); Number(err) != ErrNoLibrary {
		t.Error(err)
	}
	one := address(first, "Lib", Load)
	if again := address(first, "Lib", Find); again != one {
		t.Errorf("%#x and %#x in one context", one, again)
	}
	if other := address(second, "Lib", Load); other == one {
		t.Error("two contexts share data")
	}
	if own := address(first, "Lib", Fresh); own == one {
		t.Error("a copy of its own is none")
	}
	if address(first, "Global", Load) != address(second, "Global", Load) {
		t.Error("two contexts have global data each")
	}
	if err := errors.Join(first.Close(), second.Close()); err != nil {
		t.Error(err)
	}
	if n := len(m.space.Regions()); n != 1 {
		t.Errorf("%d regions are left: %v", n, m.space.Regions())
	}
}

// TestReferences: a library goes with its last client.
func TestReferences(t *testing.T) {
	m, ctx, _ := world(t, recipe{name: "Lib", exports: []string{"f"}})
	lib := []pef.Library{{Name: "Lib"}}
	for range 2000 {
		one, err := prepare(t, ctx, client(lib))
		if err != nil {
			t.Fatal(err)
		}
		two, err := prepare(t, ctx, client(lib))
		if err != nil {
			t.Fatal(err)
		}
		if err := one.Close(); err != nil {
			t.Fatal(err)
		}
		if libraryFor(ctx.byName, "Lib", pef.PowerPC) == nil {
			t.Fatal("the library went with its first client")
		}
		if err := two.Close(); err != nil {
			t.Fatal(err)
		}
		if n := len(m.space.Regions()); n != 1 || len(ctx.byName)+len(ctx.all)+len(m.mapped) != 0 {
			t.Fatalf("%d regions are left", n)
		}
		if err := two.Close(); Number(err) != ErrConnection {
			t.Fatal(err)
		}
	}
}

// TestReexports follows a symbol through libraries that only pass it on.
func TestReexports(t *testing.T) {
	pass := func(name, from string) recipe {
		return recipe{name: name, libraries: []pef.Library{{Name: from}}, imports: []pef.Import{{Name: "f", Class: pef.TVectorSymbol}}, reexports: map[string]int{"f": 0}}
	}
	_, ctx, _ := world(t, pass("A", "B"), pass("B", "C"), recipe{name: "C", exports: []string{"f"}}, pass("Loop", "Loop"))
	conn, err := prepare(t, ctx, client([]pef.Library{{Name: "A"}}, pef.Import{Name: "f", Class: pef.TVectorSymbol}))
	if err != nil {
		t.Fatal(err)
	}
	at, _, err := libraryFor(ctx.byName, "C", pef.PowerPC).Find("f")
	if err != nil || word(t, conn, 0) != at {
		t.Errorf("%#x, not %#x, %v", word(t, conn, 0), at, err)
	}
	if passed, _, err := libraryFor(ctx.byName, "A", pef.PowerPC).Find("f"); err != nil || passed != at {
		t.Errorf("A has it at %#x, %v", passed, err)
	}
	if _, err := prepare(t, ctx, client([]pef.Library{{Name: "Loop"}}, pef.Import{Name: "f", Class: pef.TVectorSymbol})); Number(err) != ErrUnresolved {
		t.Error(err)
	}
}

// hostLibrary is a library of two symbols, of which one cannot be called.
type hostLibrary struct{}

func (hostLibrary) Versions() (current, oldImplementation, oldDefinition pef.Version) { return 0, 0, 0 }
func (hostLibrary) Names() []string                                                   { return []string{"SysBeep", "Secret"} }
func (hostLibrary) Export(name string) (uint32, pef.SymbolClass, string, bool) {
	switch name {
	case "SysBeep":
		return 0x1000, pef.TVectorSymbol, "", true
	case "Secret":
		return 0x2000, pef.TVectorSymbol, "the host does not implement it", true
	}
	return 0, 0, "", false
}

// TestHostLibrary imports from the host.
func TestHostLibrary(t *testing.T) {
	_, ctx, _ := world(t)
	ctx.Sources[0].(*Registry).Add("InterfaceLib", Candidate{Host: hostLibrary{}})
	lib := []pef.Library{{Name: "InterfaceLib"}}
	conn, err := prepare(t, ctx, client(lib, pef.Import{Name: "SysBeep", Class: pef.TVectorSymbol}, pef.Import{Name: "Secret", Class: pef.TVectorSymbol}))
	if err != nil {
		t.Fatal(err)
	}
	if word(t, conn, 0) != 0x1000 || word(t, conn, 1) != 0x2000 {
		t.Errorf("%#x %#x", word(t, conn, 0), word(t, conn, 1))
	}
	ctx.Strict = true
	_, err = prepare(t, ctx, client(lib, pef.Import{Name: "Secret", Class: pef.TVectorSymbol}))
	if err == nil || err.Error() != `client: import library "InterfaceLib": symbol "Secret": the host does not implement it (error -2807)` {
		t.Error(err)
	}
	if name, at, _, err := conn.imports[0].Symbol(1); name != "Secret" || at != 0x2000 || err != nil {
		t.Error(name, at, err)
	}
}

// TestRelocation compares with a relocator that knows nothing of instructions:
// the fixups that the fragment was made of.
func TestRelocation(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	n := 10000
	if testing.Short() {
		n = 500
	}
	_, ctx, _ := world(t, recipe{name: "Lib", exports: []string{"a", "b", "c", "d"}})
	lib, _, err := ctx.Library("Lib", pef.PowerPC, Load)
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		r := client([]pef.Library{{Name: "Lib"}})
		for range 1 + random.IntN(60) {
			r.imports = append(r.imports, pef.Import{Name: string(rune('a' + random.IntN(4))), Class: pef.TVectorSymbol})
		}
		for i := range random.IntN(20) {
			r.exports = append(r.exports, fmt.Sprint("x", i))
		}
		conn, err := prepare(t, ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		base, _, _ := conn.Section(1)
		for i := range len(r.imports) + 2 + len(r.exports) {
			want := base + uint32(4*i)
			if i < len(r.imports) {
				if want, _, err = lib.Find(r.imports[i].Name); err != nil {
					t.Fatal(err)
				}
			}
			if got := word(t, conn, i); got != want {
				t.Fatalf("word %d of %d imports and %d exports: %#x, not %#x", i, len(r.imports), len(r.exports), got, want)
			}
		}
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func BenchmarkPrepare(b *testing.B) {
	lib := recipe{name: "Lib"}
	r := client([]pef.Library{{Name: "Lib"}})
	for i := range 1000 {
		lib.exports = append(lib.exports, fmt.Sprint("symbol", i))
		r.imports = append(r.imports, pef.Import{Name: fmt.Sprint("symbol", i), Class: pef.TVectorSymbol})
	}
	_, ctx, _ := world(b, lib)
	if _, _, err := ctx.Library("Lib", pef.PowerPC, Load); err != nil {
		b.Fatal(err)
	}
	c := Candidate{Container: r.container(b)}
	for b.Loop() {
		conn, _, err := ctx.Prepare("client", c, Load)
		if err != nil {
			b.Fatal(err)
		}
		if err := conn.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
