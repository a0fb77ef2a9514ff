package cfm

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/crossplug/crossplug/format/pef"
)

// namer is a caller that notes who is initialised and who ended, by name, and lets one
// fail.
type namer struct {
	*caller
	context *Context
	inits   []string
	terms   []string
	fails   string
}

func (n *namer) name(vector uint32) string {
	p, ok := n.context.Place(vector)
	if !ok {
		return "nobody"
	}
	return p.Connection.Name
}

func (n *namer) Initialise(_ pef.Architecture, vector, _ uint32) (int16, error) {
	name := n.name(vector)
	if name == n.fails {
		return -1, nil
	}
	n.inits = append(n.inits, name)
	return 0, nil
}

func (n *namer) Terminate(_ pef.Architecture, vector uint32) error {
	n.terms = append(n.terms, n.name(vector))
	return nil
}

// TestUnwinding generates libraries that import each other in every manner, and lets the
// initialisation of each in turn fail, and of none: what had begun ends in the reverse
// order, and nothing is left.
func TestUnwinding(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	rounds := 60
	if testing.Short() {
		rounds = 10
	}
	for round := range rounds {
		recipes := make([]recipe, 2+random.IntN(7))
		for i := range recipes {
			recipes[i] = recipe{name: fmt.Sprint("L", i), init: true, term: true, exports: []string{"f"}}
			for j := range recipes {
				if random.IntN(3) == 0 {
					options := pef.LibraryOptions(0)
					if j > i && random.IntN(2) == 0 { // a cycle of these would be an error
						options = pef.InitBefore
					}
					recipes[i].imports = append(recipes[i].imports, pef.Import{Library: len(recipes[i].libraries), Name: "f", Class: pef.TVectorSymbol})
					recipes[i].libraries = append(recipes[i].libraries, pef.Library{Name: fmt.Sprint("L", j), Options: options})
				}
			}
		}
		m, ctx, run := world(t, recipes...)
		root := imports("L0")
		root.init, root.term = true, true
		before := len(m.space.Regions())
		for fails := -2; fails < len(recipes); fails++ {
			n := &namer{caller: run, context: ctx, fails: fmt.Sprint("L", fails)}
			if fails == -1 {
				n.fails = "client"
			}
			m.caller = n
			conn, err := prepare(t, ctx, root)
			reached := fails == -1 || !slices.Contains(n.inits, "client")
			if reached != (err != nil) {
				t.Fatalf("round %d, %s fails: %v", round, n.fails, err)
			}
			if err == nil {
				for i, r := range recipes { // who insists was there first
					for _, lib := range r.libraries {
						own, other := slices.Index(n.inits, fmt.Sprint("L", i)), slices.Index(n.inits, lib.Name)
						if own >= 0 && lib.Options&pef.InitBefore != 0 && other > own {
							t.Errorf("round %d: %q", round, n.inits)
						}
					}
				}
				if err := ctx.Close(); err != nil {
					t.Fatal(err)
				}
				if !conn.closed {
					t.Error("it is still open")
				}
			} else if Number(err) != ErrInitFailed {
				t.Fatal(err)
			}
			slices.Reverse(n.terms)
			if !slices.Equal(n.inits, n.terms) {
				t.Errorf("round %d, %s fails: begun %q, ended, in reverse, %q", round, n.fails, n.inits, n.terms)
			}
			if after := len(m.space.Regions()); after != before || len(ctx.all)+len(ctx.byName)+len(m.mapped)+len(ctx.preparing) != 0 {
				t.Fatalf("round %d, %s fails: %d regions are left, connections %v", round, n.fails, after-before, ctx.all)
			}
		}
	}
}

// TestGrowth opens and closes thousands of times, in every way, with failures between.
func TestGrowth(t *testing.T) {
	cycles := 3000
	if testing.Short() {
		cycles = 300
	}
	m, ctx, run := world(t, recipe{name: "A", exports: []string{"f"}, init: true, term: true, libraries: []pef.Library{{Name: "B"}}, share: pef.GlobalShare},
		recipe{name: "B", exports: []string{"f"}, libraries: []pef.Library{{Name: "A"}}}) // a cycle
	good, bad := imports("A").container(t), imports("A")
	bad.imports[0].Name = "g"
	broken := bad.container(t)
	free := func() int { // of the block that initialisation blocks come from
		n := 0
		for ; ; n++ {
			at, err := m.heap.Allocate(4096, 4)
			if err != nil {
				return n
			}
			defer func() { _ = m.heap.Free(at) }()
		}
	}
	room := free()
	for i := range cycles {
		run.calls, run.result["A"] = nil, int16(-(i % 3 / 2))
		option := []Option{Load, Fresh}[i%2]
		ready := len(ctx.all) > 0 // A is, then
		conn, _, err := ctx.Prepare("client", Candidate{Container: good, Identity: "client"}, option)
		if (err == nil) != (run.result["A"] == 0 || ready) {
			t.Fatal(err)
		}
		if _, _, err := ctx.Prepare("broken", Candidate{Container: broken}, Load); err == nil {
			t.Fatal("it imports what there is not")
		}
		if conn != nil {
			if err := conn.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if i%100 == 0 { // libraries that import each other stay until then
			if err := ctx.Close(); err != nil {
				t.Fatal(err)
			}
			left(t, m, ctx, 0)
		}
		if n := len(m.space.Regions()); n > 12 {
			t.Fatalf("%d regions after %d cycles", n, i)
		}
	}
	if err := ctx.Close(); err != nil {
		t.Fatal(err)
	}
	left(t, m, ctx, 0)
	if now := free(); now != room {
		t.Errorf("room for %d blocks of 4 KiB, not %d", now, room)
	}
}

// TestRelocationOfAnything relocates generated fragments whose words are anywhere and stand
// for anything, and compares with a relocator that knows only what each word stands for.
func TestRelocationOfAnything(t *testing.T) {
	n := 10_000
	if testing.Short() {
		n = 400
	}
	random := rand.New(rand.NewPCG(5, 6))
	lib := recipe{name: "Lib"}
	for i := range 700 { // more than a short instruction can number
		lib.exports = append(lib.exports, fmt.Sprint("symbol", i))
	}
	_, ctx, _ := world(t, lib)
	library, _, err := ctx.Library("Lib", pef.PowerPC, Load)
	if err != nil {
		t.Fatal(err)
	}
	for round := range n {
		f := &pef.Fragment{Header: pef.Header{Architecture: pef.PowerPC}, Loader: &pef.Loader{Libraries: []pef.Library{{Name: "Lib"}}}}
		imported := 1 + random.IntN(20)
		if round%100 == 0 {
			imported = len(lib.exports)
		}
		for i := range imported {
			f.Loader.Imports = append(f.Loader.Imports, pef.Import{Name: fmt.Sprint("symbol", i), Class: pef.TVectorSymbol})
		}
		kinds := []pef.SectionKind{pef.CodeSection, pef.UnpackedDataSection, pef.PackedDataSection}
		targets := map[int]map[uint32]pef.Target{} // by section and offset
		images := map[int][]byte{}
		for section, kind := range kinds {
			size := 64 + random.IntN(400)
			if round%100 == 1 {
				size = 70_000 // farther than a short instruction goes
			}
			image := make([]byte, size)
			for i := range image {
				image[i] = byte(random.Uint32())
			}
			images[section], targets[section] = image, map[uint32]pef.Target{}
			var fixups []pef.Fixup
			for at := 0; at+4 <= size; {
				target := pef.Target{Index: uint32(random.IntN(len(kinds)))}
				if random.IntN(2) == 0 {
					target = pef.Target{Import: true, Index: uint32(random.IntN(imported))}
				}
				for range 1 + random.IntN(6) { // runs, and patterns that repeat
					if at+4 > size {
						break
					}
					fixups = append(fixups, pef.Fixup{Offset: uint32(at), Target: target})
					targets[section][uint32(at)] = target
					at += 4
					if target.Import && random.IntN(2) == 0 {
						target.Index = (target.Index + 1) % uint32(imported)
					}
				}
				at += []int{0, 4, 8, 2, 1, 4 * random.IntN(size/4)}[random.IntN(6)]
			}
			program, err := pef.Compress(fixups)
			if err != nil {
				t.Fatal(err)
			}
			f.Loader.Relocations = append(f.Loader.Relocations, pef.Relocations{Section: section, Program: program})
			f.Sections = append(f.Sections, pef.FragmentSection{Kind: kind, Share: pef.ProcessShare, Alignment: 4, Data: image})
		}
		f.Sections = append(f.Sections, pef.FragmentSection{Kind: pef.LoaderSection, Share: pef.GlobalShare, Alignment: 4})
		file, err := pef.Encode(f)
		if err != nil {
			t.Fatal(err)
		}
		c, err := pef.Read(bytes.NewReader(file), 0, int64(len(file)), pef.Options{})
		if err != nil {
			t.Fatal(err)
		}
		conn, _, err := ctx.Prepare("generated", Candidate{Container: c}, Load)
		if err != nil {
			t.Fatal(err)
		}
		for section, want := range images {
			for at, target := range targets[section] {
				add, _, _ := conn.Section(int(target.Index))
				if target.Import {
					if add, _, err = library.Find(fmt.Sprint("symbol", target.Index)); err != nil {
						t.Fatal(err)
					}
				}
				binary.BigEndian.PutUint32(want[at:], binary.BigEndian.Uint32(want[at:])+add)
			}
			base, _, _ := conn.Section(section)
			got := make([]byte, len(want))
			if err := ctx.manager.space.Load(got, base); err != nil {
				t.Fatal(err)
			}
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("fragment %d, section %d: at %#x is %#x, not %#x", round, section, i, got[i], want[i])
				}
			}
		}
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
