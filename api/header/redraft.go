package header

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing/fstest"

	"github.com/crossplug/crossplug/abi"
	"github.com/crossplug/crossplug/api"

	"modernc.org/cc/v4"
)

// maxRounds bounds finding what does not cross because something else does not.
const maxRounds = 50

// draft writes drafts until api takes one: what is refused in one is unsupported
// in the next.
func (d *drafter) draft() ([]byte, error) {
	for range maxRounds {
		draft := d.write()
		r, err := api.CheckFS(fstest.MapFS{"draft": {Data: draft}}, "draft")
		if err != nil {
			return nil, err
		}
		if len(r.Errors) == 0 {
			misplaced, err := d.misplaced(draft)
			if err != nil {
				return nil, err
			}
			if len(misplaced) == 0 {
				return draft, nil
			}
			for _, name := range misplaced {
				if item := d.item(name); item != nil {
					d.drop(item, "attributes place its fields elsewhere than C's rules do")
				}
			}
			continue
		}
		for _, e := range r.Errors {
			if !d.learn(e) {
				return nil, fmt.Errorf("%s: too much for one definition: %s", strings.Join(d.files, ", "), e.Text)
			}
		}
	}
	return nil, fmt.Errorf("%s: no draft after %d attempts", strings.Join(d.files, ", "), maxRounds)
}

// misplaced lists structs of a draft whose fields lie elsewhere than the front end
// puts them.
func (d *drafter) misplaced(draft []byte) (names []string, err error) {
	a, err := api.ParseFS(fstest.MapFS{"draft": {Data: draft}}, "draft")
	if err != nil {
		return nil, err
	}
	types := d.ABI.Types
	m := abi.Model{Order: d.ABI.ByteOrder, Word: int(types[cc.Ptr].Size), Align64: types[cc.LongLong].FieldAlign}
	for _, s := range a.Structs {
		place, ok := d.layouts[s.Name]
		offsets, size, _ := api.Layout(s, m)
		if ok && (size != place.size || !slices.Equal(offsets, place.offsets)) {
			names = append(names, s.Name)
		}
	}
	return names, nil
}

// learn makes something of a mistake in a draft: a function does not cross, and
// what cannot even be said not to is left out. It returns false if it cannot.
func (d *drafter) learn(e *api.Error) bool {
	top, _, _ := strings.Cut(e.Of, ".")
	item := d.item(top)
	if item == nil {
		return d.taken[top] // left out because of another mistake
	}
	function := item.function != "" || top != e.Of
	if function && !slices.Contains(d.reasons[e.Of], e.Text) {
		d.reasons[e.Of] = append(d.reasons[e.Of], e.Text)
		return true
	}
	d.drop(item, e.Text)
	return true
}

// item returns the last declaration of a name, nil if there is none.
func (d *drafter) item(name string) *element {
	for _, e := range slices.Backward(d.items) {
		if e.name != "" && e.attr("name") == name {
			return e
		}
	}
	return nil
}

// drop takes a declaration and those that contain it out of the draft. Functions
// that use it do not cross.
func (d *drafter) drop(item *element, why string) {
	name := item.attr("name")
	ctype := cmp.Or(item.attr("ctype"), name)
	if kind := item.name; ctype == name && (kind == "struct" || kind == "union") {
		ctype = kind + " " + name
	}
	*item = element{doc: ctype + " is left out: " + why}
	delete(d.types, name)
	uses := func(e *element) bool {
		return slices.ContainsFunc(e.children, func(c *element) bool { return c.attr("type") == name && c.attr("opaque") == "" })
	}
	for _, e := range d.items {
		for _, f := range append([]*element{e}, e.children...) {
			if f.function != "" && uses(f) {
				d.reasons[f.function] = append(d.reasons[f.function], item.doc)
			}
		}
		if e.name != "" && e.function == "" && uses(e) {
			d.drop(e, "it has "+ctype+", which is left out")
		}
	}
}
