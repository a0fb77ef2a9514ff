package cfm

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/crossplug/crossplug/format/pef"
)

// Place is what an address in a fragment is.
type Place struct {
	Connection *Connection
	Section    int
	Offset     uint32 // in the section
	// Function is that which a code section has at the address or before it, "" if none
	// is known; Into is how far the address is into it.
	Function string
	Into     uint32
}

// String is "Sorter: sort+0x24", or "Sorter: section 1+0x24".
func (p Place) String() string {
	if p.Function != "" {
		return fmt.Sprintf("%s: %s+0x%x", p.Connection.Name, p.Function, p.Into)
	}
	return fmt.Sprintf("%s: section %d+0x%x", p.Connection.Name, p.Section, p.Offset)
}

// Place says what an address is, if it is in a fragment of the context, be it one whose
// initialisation routine runs.
func (c *Context) Place(address uint32) (Place, bool) {
	for conn := range c.connections {
		for i, s := range conn.sections {
			offset := address - s.base
			if offset >= max(conn.Container.Sections[i].TotalLength, 1) {
				continue
			}
			p := Place{Connection: conn, Section: i, Offset: offset}
			if conn.Container.Sections[i].Kind == pef.CodeSection {
				for _, f := range conn.functionsOf(i) {
					if f.at <= offset {
						p.Function, p.Into = f.name, offset-f.at
					}
				}
			}
			return p, true
		}
	}
	return Place{}, false
}

// function is where in a section a function begins.
type function struct {
	at   uint32
	name string
}

// functionsOf returns the functions of a code section in their order, as far as
// transition vectors of exports and traceback tables tell.
func (c *Connection) functionsOf(section int) []function {
	if all, ok := c.functions[section]; ok {
		return all
	}
	base, size, _ := c.Section(section)
	space := c.context.manager.space
	var all []function
	for _, e := range c.Container.Loader.Exports {
		at, ok := c.place(e.Section, e.Value)
		if !ok || e.Class != pef.TVectorSymbol {
			continue
		}
		if code, err := space.Load32(at); err == nil && code-base < size {
			all = append(all, function{code - base, e.Name})
		}
	}
	code := make([]byte, size)
	if space.Load(code, base) == nil {
		for t := range pef.Tracebacks(code) {
			if t.Start >= 0 && t.Name != "" {
				all = append(all, function{uint32(t.Start), t.Name})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b function) int { return cmp.Compare(a.at, b.at) })
	if c.functions == nil {
		c.functions = map[int][]function{}
	}
	c.functions[section] = all
	return all
}
