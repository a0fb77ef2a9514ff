package cfm

import (
	"testing"

	"github.com/crossplug/crossplug/format/pef"
)

// left fails if anything of a context is left but n connections.
func left(t *testing.T, m *Manager, c *Context, n int) {
	t.Helper()
	names := []string{}
	for _, conn := range c.all {
		names = append(names, conn.Name)
	}
	if len(c.all) != n || len(c.preparing) != 0 || len(c.byName) > n {
		t.Errorf("connections %q, %d libraries by name, %d preparations", names, len(c.byName), len(c.preparing))
	}
	if n == 0 && (len(m.space.Regions()) != 1 || len(m.mapped) != 0) {
		t.Errorf("memory is left: %v, %d shared", m.space.Regions(), len(m.mapped))
	}
}

func imports(library string) recipe {
	return recipe{name: "client", libraries: []pef.Library{{Name: library}}, imports: []pef.Import{{Name: "f", Class: pef.TVectorSymbol}}}
}

// TestReady looks a connection up from within its initialisation routine: itself, a
// library that is ready by then, and the symbols of both.
func TestReady(t *testing.T) {
	m, ctx, run := world(t, recipe{name: "Lib", exports: []string{"f"}, init: true})
	main := imports("Lib")
	main.init, main.exports = true, []string{"own"}
	var own *Connection
	run.during["client"] = func(id uint32) {
		if own = ctx.Connection(id); own == nil || own.Name != "client" {
			t.Fatalf("connection %d is %v", id, own)
		}
		if at, _, err := own.Find("own"); err != nil || at != where(t, own, 3) {
			t.Errorf("own is at %#x, %v", at, err)
		}
		if err := own.Close(); Number(err) != ErrConnection {
			t.Errorf("closed while it is made ready: %v", err)
		}
		lib, _, err := ctx.Library("Lib", pef.PowerPC, Find)
		if err != nil || ctx.Connection(lib.ID) != lib {
			t.Errorf("Lib: %v", err)
		}
	}
	conn, err := prepare(t, ctx, main)
	if err != nil || conn != own {
		t.Fatal(err)
	}
	if ctx.Connection(12345) != nil {
		t.Error("a number that nothing has")
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
	left(t, m, ctx, 0)
}

// where is where a word of a connection's data is.
func where(t *testing.T, c *Connection, i int) uint32 {
	t.Helper()
	base, _, ok := c.Section(1)
	if !ok {
		t.Fatal("no data")
	}
	return base + uint32(4*i)
}

// TestOptions opens the same fragment in each way and counts who has to close it.
func TestOptions(t *testing.T) {
	m, ctx, run := world(t, recipe{name: "Lib", exports: []string{"f"}})
	cand := Candidate{Container: recipe{name: "Disk", exports: []string{"f"}, init: true, term: true}.container(t), Identity: "Disk at 0"}
	open := func(o Option) *Connection {
		t.Helper()
		conn, _, err := ctx.Prepare("Disk", cand, o)
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
	if _, _, err := ctx.Prepare("Disk", cand, Find); Number(err) != ErrNoLibrary {
		t.Errorf("found what nobody has opened: %v", err)
	}
	one := open(Load)
	if again := open(Load); again != one {
		t.Error("opened again, it is another")
	}
	if found := open(Find); found != one {
		t.Error("found is another")
	}
	private, second := open(Fresh), open(Fresh)
	if private == one || private == second || open(Find) != one {
		t.Error("a private copy is shared")
	}
	if word(t, private, 2) == word(t, one, 2) {
		t.Error("a private copy has no data of its own")
	}
	other := cand
	other.Identity = ""
	if conn, _, err := ctx.Prepare("Disk", other, Load); err != nil || conn == one {
		t.Errorf("one without identity: %v", err)
	} else if err := conn.Close(); err != nil {
		t.Error(err)
	}
	for i, conn := range []*Connection{one, private, second} {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
		if conn.closed != (i > 0) {
			t.Errorf("%d: closed is %v", i, conn.closed)
		}
	}
	if err := one.Close(); err != nil || !one.closed {
		t.Error(err)
	}
	if n := len(run.calls); n != 8 {
		t.Errorf("%q", run.calls)
	}
	left(t, m, ctx, 0)

	// Who imports a library keeps it; it is not theirs to close who have only found it.
	client, err := prepare(t, ctx, imports("Lib"))
	if err != nil {
		t.Fatal(err)
	}
	found, _, err := ctx.Library("Lib", pef.PowerPC, Find)
	if err != nil {
		t.Fatal(err)
	}
	if err := found.Close(); Number(err) != ErrConnection || found.closed {
		t.Errorf("closed: %v", err)
	}
	opened, _, err := ctx.Library("Lib", pef.PowerPC, Load)
	if err != nil || opened != found {
		t.Fatal(err)
	}
	if err := client.Close(); err != nil || opened.closed {
		t.Errorf("with its client: %v", err)
	}
	if err := opened.Close(); err != nil {
		t.Error(err)
	}
	left(t, m, ctx, 0)
}

// TestWithin prepares a fragment from within an initialisation routine, which shares the
// library of the one that is made ready, and stays, with the library, if that fails.
func TestWithin(t *testing.T) {
	for _, result := range []int16{0, -5} {
		m, ctx, run := world(t, recipe{name: "Lib", exports: []string{"f"}, libraries: []pef.Library{{Name: "Deep"}}, init: true, term: true}, recipe{name: "Deep", term: true}, recipe{name: "Unused", term: true})
		outer := imports("Lib")
		outer.name, outer.init = "outer", true
		outer.libraries = append(outer.libraries, pef.Library{Name: "Unused"})
		run.result["outer"] = result
		var inner *Connection
		run.during["outer"] = func(uint32) {
			var err error
			if inner, err = prepare(t, ctx, imports("Lib")); err != nil {
				t.Fatal(err)
			}
		}
		conn, err := prepare(t, ctx, outer)
		if (err == nil) != (result == 0) {
			t.Fatal(err)
		}
		if n := len(run.calls); result == 0 && n != 2 || result != 0 && n != 3 { // Unused has ended
			t.Errorf("result %d: %q", result, run.calls)
		}
		if at, _, err := libraryFor(ctx.byName, "Lib", pef.PowerPC).Find("f"); err != nil || word(t, inner, 0) != at || conn != nil && word(t, conn, 0) != at {
			t.Errorf("result %d: two libraries, or none: %v", result, err)
		}
		left(t, m, ctx, map[int16]int{0: 5, -5: 3}[result])
		if err := inner.Close(); err != nil {
			t.Error(err)
		}
		if conn != nil {
			if err := conn.Close(); err != nil {
				t.Error(err)
			}
		}
		left(t, m, ctx, 0)
	}
}

// TestContexts has several contexts in one machine: processes that share code, and data
// that is global, and nothing else.
func TestContexts(t *testing.T) {
	m, first, _ := world(t, recipe{name: "Lib", exports: []string{"f"}, init: true, term: true}, recipe{name: "Global", exports: []string{"f"}, share: pef.GlobalShare})
	second := m.NewContext(first.Sources...)
	if first.ID == second.ID {
		t.Error("contexts have one number")
	}
	var open [2][]*Connection
	for i, ctx := range []*Context{first, second} {
		for _, library := range []string{"Lib", "Global"} {
			conn, err := prepare(t, ctx, imports(library))
			if err != nil {
				t.Fatal(err)
			}
			open[i] = append(open[i], conn)
		}
	}
	if word(t, open[0][0], 0) == word(t, open[1][0], 0) {
		t.Error("two processes have one library's data")
	}
	if word(t, open[0][1], 0) != word(t, open[1][1], 0) {
		t.Error("two processes have global data each")
	}
	code := func(ctx *Context) uint32 {
		at, _, _ := libraryFor(ctx.byName, "Lib", pef.PowerPC).Section(0)
		return at
	}
	if code(first) != code(second) {
		t.Error("two processes have one library's code each")
	}
	if first.Connection(open[1][0].ID) != nil {
		t.Error("a process finds another's connection")
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	left(t, m, second, 4)
	if _, err := m.space.Load32(word(t, open[1][1], 0)); err != nil {
		t.Errorf("global data went with the first process: %v", err)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	left(t, m, second, 0)
}

// TestWeakVersionKeepsNothing: who does without a library that is in use has no
// reference to it.
func TestWeakVersionKeepsNothing(t *testing.T) {
	m, ctx, _ := world(t, recipe{name: "Lib", current: 1, defs: 1, exports: []string{"f"}})
	lib, _, err := ctx.Library("Lib", pef.PowerPC, Load)
	if err != nil {
		t.Fatal(err)
	}
	for _, options := range []pef.LibraryOptions{0, pef.WeakLibrary} {
		r := imports("Lib")
		r.libraries[0] = pef.Library{Name: "Lib", CurrentVersion: 3, OldImpVersion: 2, Options: options}
		conn, err := prepare(t, ctx, r)
		if (err == nil) != (options != 0) {
			t.Error(err)
		} else if err == nil {
			if err := conn.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	if err := lib.Close(); err != nil {
		t.Error(err)
	}
	left(t, m, ctx, 0)
}
