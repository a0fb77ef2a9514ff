package cfm

import (
	"bytes"
	"testing"

	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/guest/memory"
)

// FuzzPrepare prepares whatever is read as a container. It is ready or it is not, and
// afterwards nothing is left of it.
func FuzzPrepare(f *testing.F) {
	client := imports("Lib")
	client.init, client.term = true, true
	for _, r := range []recipe{client, {name: "Data", exports: []string{"a", "b"}, share: pef.GlobalShare},
		{name: "Pass", libraries: client.libraries, imports: client.imports, reexports: map[string]int{"f": 0}}} {
		f.Add(r.image(f))
	}
	library := recipe{name: "Lib", exports: []string{"f"}}.container(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := pef.Read(bytes.NewReader(data), 0, int64(len(data)), pef.Options{})
		if err != nil {
			return
		}
		space, err := memory.New(4 << 20)
		if err != nil {
			t.Fatal(err)
		}
		defer space.Close()
		m, err := New(space, &caller{space: space})
		if err != nil {
			t.Fatal(err)
		}
		libraries := &Registry{Name: "libraries"}
		libraries.Add("Lib", Candidate{Container: library})
		ctx := m.NewContext(libraries)
		for range 2 {
			conn, _, err := ctx.Prepare("fuzzed", Candidate{Container: c}, Load)
			if err != nil {
				continue
			}
			for i := range min(conn.Count(), 100) {
				if name, at, _, err := conn.Symbol(i); err == nil {
					_, _, _ = conn.Find(name)
					_, _ = ctx.Place(at)
				}
			}
			_ = conn.Close()
		}
		_ = ctx.Close()
		if n := len(space.Regions()); n != 1 {
			t.Errorf("%d regions are left: %v", n-1, space.Regions())
		}
	})
}
