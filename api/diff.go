package api

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/crossplug/crossplug/abi"
)

// Change is one difference between two definitions.
type Change struct {
	Of         string `json:"of"`         // the declaration: "ex_open", "ex_unit.run", "ex_unit.name"
	What       string `json:"what"`       // "nullable= changed from false to true"
	Compatible bool   `json:"compatible"` // plug-ins of the old version still work
	Why        string `json:"why"`
}

// Diff compares two versions of a definition and says of each difference whether
// plug-ins that were built for the old one still work with hosts of the new one.
// Documentation and names in Go do not count. There is none if the hashes are the
// same and no habits of functions changed.
func Diff(old, new *API) []Change {
	d := &differ{old: old, new: new}
	d.heads()
	d.constants()
	for _, p := range pairs(old.Enums, new.Enums, func(e *Enum) string { return e.Name }) {
		d.enum(p.old, p.new)
	}
	for _, p := range pairs(old.Handles, new.Handles, func(h *Handle) string { return h.Name }) {
		d.handle(p.old, p.new)
	}
	for _, p := range pairs(old.Structs, new.Structs, func(s *Struct) string { return s.Name }) {
		d.structure(p.old, p.new)
	}
	functions := func(list []*Function) []*Function {
		return slices.DeleteFunc(slices.Clone(list), func(f *Function) bool { return f.Table != nil })
	}
	for _, p := range pairs(functions(slices.Collect(old.All())), functions(slices.Collect(new.All())), (*Function).Qualified) {
		d.function(p.old, p.new)
	}
	for _, p := range pairs(old.Imports, new.Imports, func(i *Import) string { return i.Name }) {
		d.imports(p.old, p.new)
	}
	switch a, b := old.State, new.State; {
	case a == nil && b == nil:
	case a == nil || b == nil || a.Get != b.Get || a.Set != b.Set:
		d.add("state", true, "only the host calls these", "the functions that save and restore changed")
	}
	if old.Hash() != new.Hash() && old.Version == new.Version {
		d.add(new.Name, false, "two different interfaces would have the same version: raise version=", "version=%v did not change", old.Version)
	}
	return d.changes
}

// Compatible says whether all changes are.
func Compatible(changes []Change) bool {
	return !slices.ContainsFunc(changes, func(c Change) bool { return !c.Compatible })
}

type differ struct {
	old, new *API
	changes  []Change
}

func (d *differ) add(of string, compatible bool, why, format string, args ...any) {
	d.changes = append(d.changes, Change{of, fmt.Sprintf(format, args...), compatible, why})
}

// pair is a declaration in both definitions; nil where it is missing.
type pair[T any] struct{ old, new *T }

// pairs matches declarations by name, in the order of the old definition; what is
// new comes last.
func pairs[T any](old, new []*T, name func(*T) string) []pair[T] {
	var all []pair[T]
	index := map[string]int{}
	for _, o := range old {
		index[name(o)] = len(all)
		all = append(all, pair[T]{old: o})
	}
	for _, n := range new {
		if i, ok := index[name(n)]; ok {
			all[i].new = n
		} else {
			all = append(all, pair[T]{new: n})
		}
	}
	return all
}

func (d *differ) heads() {
	o, n := d.old, d.new
	if o.Name != n.Name {
		d.add(n.Name, false, "it is another interface", "name= changed from %s to %s", o.Name, n.Name)
	}
	if n.Version.Before(o.Version) {
		d.add(n.Name, false, "versions only rise", "version= fell from %v to %v", o.Version, n.Version)
	} else if n.Version != o.Version {
		d.add(n.Name, true, "", "version= rose from %v to %v", o.Version, n.Version)
	}
	if o.MinCompatible != n.MinCompatible {
		if o.Version.Before(n.MinCompatible) {
			d.add(n.Name, false, fmt.Sprintf("plug-ins of %v are refused", o.Version), "min-compatible= changed from %v to %v", o.MinCompatible, n.MinCompatible)
		} else {
			d.add(n.Name, true, fmt.Sprintf("plug-ins of %v are accepted", o.Version), "min-compatible= changed from %v to %v", o.MinCompatible, n.MinCompatible)
		}
	}
}

func (d *differ) constants() {
	for _, p := range pairs(d.old.Consts, d.new.Consts, func(c *Const) string { return c.Name }) {
		switch {
		case p.new == nil:
			d.add(p.old.Name, true, "plug-ins have its number in them", "removed")
		case p.old == nil:
			d.add(p.new.Name, true, "nothing used it", "added")
		case p.old.Value != p.new.Value:
			d.add(p.old.Name, false, "plug-ins have the old number in them", "value= changed from %d to %d", p.old.Value, p.new.Value)
		}
	}
}

func (d *differ) enum(o, n *Enum) {
	switch {
	case n == nil:
		d.add(o.Name, true, "what uses it is compared by itself", "removed")
		return
	case o == nil:
		d.add(n.Name, true, "nothing used it", "added")
		return
	case o.Basic != n.Basic:
		d.add(o.Name, false, "its width in memory changes", "type= changed from %v to %v", o.Basic, n.Basic)
	}
	values := func(e *Enum) []*Const {
		var all []*Const
		for i := range e.Values {
			all = append(all, &e.Values[i])
		}
		return all
	}
	for _, p := range pairs(values(o), values(n), func(c *Const) string { return c.Name }) {
		switch {
		case p.new == nil:
			d.add(o.Name, false, "plug-ins may use it", "value %s removed", p.old.Name)
		case p.old == nil:
			d.add(o.Name, true, "it crosses as a number; who does not know it has to expect that", "value %s added", p.new.Name)
		case p.old.Value != p.new.Value:
			d.add(o.Name, false, "plug-ins have the old number in them", "value %s changed from %d to %d", p.old.Name, p.old.Value, p.new.Value)
		}
	}
}

func (d *differ) handle(o, n *Handle) {
	switch {
	case n == nil:
		d.add(o.Name, true, "what uses it is compared by itself", "removed")
	case o == nil:
		d.add(n.Name, true, "nothing used it", "added")
	default:
		d.facts(o.Name, o.facts(), n.facts(), nil)
	}
}

func (d *differ) imports(o, n *Import) {
	switch {
	case n == nil:
		d.add(o.Name, false, "plug-ins that want it do not load", "import removed")
	case o == nil:
		d.add(n.Name, true, "plug-ins that want it load now", "import added")
	case o.Stub != n.Stub:
		d.add(o.Name, true, "nothing but an error came of calling it", "stub= changed from %s to %s", o.Stub, n.Stub)
	}
}

// judge says of a fact that changed whether that is compatible and why; ok is
// false if it does not know the fact.
type judge func(name, old, new string) (compatible bool, why string, ok bool)

// facts compares what both sides must agree on. Without better knowledge a
// change is incompatible.
func (d *differ) facts(of string, o, n facts, judge judge) {
	value := func(f facts, name string) string {
		for _, x := range f {
			if x.name == name {
				return x.value
			}
		}
		return ""
	}
	seen := map[string]bool{"since": true, "until": true} // by versions
	for _, x := range slices.Concat(o, n) {
		a, b := value(o, x.name), value(n, x.name)
		if seen[x.name] || a == b {
			continue
		}
		seen[x.name] = true
		compatible, why := false, "plug-ins were built for the other"
		if judge != nil {
			if c, w, ok := judge(x.name, a, b); ok {
				compatible, why = c, w
			}
		}
		d.add(of, compatible, why, "%s= changed from %s to %s", x.name, spoken(a), spoken(b))
	}
}

func spoken(value string) string {
	if value == "" {
		return "its default"
	}
	return value
}

// versions compares ranges, of which it only matters whether the old version is
// within.
func (d *differ) versions(of string, o, n Range) {
	if o == n {
		return
	}
	was, is := o.Has(d.old.Version), n.Has(d.old.Version)
	why := fmt.Sprintf("version %v has it still", d.old.Version)
	switch {
	case was && !is:
		why = fmt.Sprintf("plug-ins of %v have it, and it is said that they do not", d.old.Version)
	case !was && is:
		why = fmt.Sprintf("plug-ins of %v do not have it, and it is said that they do", d.old.Version)
	case !was:
		why = fmt.Sprintf("version %v does not have it either way", d.old.Version)
	}
	d.add(of, was == is, why, "since= and until= changed")
}

// added judges something that the old definition does not have.
func (d *differ) added(of, what string, r Range) {
	if r.Has(d.old.Version) {
		d.add(of, false, fmt.Sprintf("plug-ins of %v do not have it: write since=%q", d.old.Version, d.new.Version), "%s added", what)
	} else {
		d.add(of, true, fmt.Sprintf("plug-ins of %v are not asked for it", d.old.Version), "%s added", what)
	}
}

func (d *differ) function(o, n *Function) {
	switch {
	case n == nil && o.CType != "":
		d.add(o.Name, true, "what uses it is compared by itself", "callback removed")
	case n == nil:
		d.add(o.Qualified(), false, "who uses it does not find it: keep it, with until=", "function removed")
	case o == nil && n.CType != "":
		d.add(n.Name, true, "nothing used it", "callback added")
	case o == nil && n.Required:
		d.add(n.Name, false, "plug-ins that lack it are refused: leave required= out", "function added")
	case o == nil:
		d.added(n.Qualified(), "function", n.Range)
	default:
		d.signature(o, n)
	}
}

func (d *differ) signature(o, n *Function) {
	of := o.Qualified()
	d.versions(of, o.Range, n.Range)
	d.facts(of, o.facts(), n.facts(), func(name, a, b string) (bool, string, bool) {
		switch {
		case name == "thread" && (a == "" || b == ""): // any
			// Who implements a function is spared threads by naming one.
			spared := a == ""
			if (o.Side == PluginSide) == spared {
				return true, "plug-ins see no other thread than before", true
			}
			return false, "plug-ins see threads that they did not before", true
		case name == "required":
			return b == "", map[bool]string{true: "no plug-in is refused any more", false: "plug-ins that lack it are refused"}[b == ""], true
		case name == "nullable" && (o.Side == PluginSide) == (b != ""):
			return true, "plug-ins cope with either", true
		case name == "nullable" && o.Side == PluginSide:
			return false, "plug-ins may lack it", true
		case name == "nullable":
			return false, "plug-ins do not expect null", true
		case name == "unsupported" || name == "custom":
			return b == "", map[bool]string{true: "it crosses now", false: "it does not cross any more by itself"}[b == ""], true
		}
		return false, "", false
	})
	d.facts(of, o.habits(), n.habits(), func(string, string, string) (bool, string, bool) {
		return true, "it concerns only who calls", true
	})
	if len(o.Params) != len(n.Params) {
		d.add(of, false, "plug-ins were built for the other", "it has %d parameters instead of %d", len(n.Params), len(o.Params))
		return
	}
	if (o.Return == nil) != (n.Return == nil) {
		d.add(of, false, "plug-ins were built for the other", "the result was added or removed")
		return
	}
	for i, p := range o.Values() {
		q := n.Values()[i]
		byHost := (p.Dir == In) == (o.Side == PluginSide) // the host gives the value, the plug-in takes it
		d.facts(of+" "+p.Name, p.facts(), q.facts(), valueJudge(byHost))
	}
}

// valueJudge knows which changes of values do no harm.
func valueJudge(byHost bool) judge {
	return func(name, a, b string) (bool, string, bool) {
		switch name {
		case "max":
			number := func(s string) int {
				n, err := strconv.Atoi(s)
				if err != nil {
					return DefaultMax
				}
				return n
			}
			if number(a) < number(b) {
				return true, "more is accepted", true
			}
			return false, "what was accepted is refused", true
		case "nullable":
			if byHost == (b == "") {
				return true, "plug-ins cope with either", true
			}
			if byHost {
				return false, "plug-ins do not expect null", true
			}
			return false, "plug-ins may give null", true
		}
		return false, "", false
	}
}

func (d *differ) structure(o, n *Struct) {
	switch {
	case n == nil:
		d.add(o.Name, true, "what uses it is compared by itself", "removed")
		return
	case o == nil:
		d.add(n.Name, true, "nothing used it", "added")
		return
	}
	d.facts(o.Name, o.facts(), n.facts(), nil)
	d.versions(o.Name, o.Range, n.Range)
	for i, p := range pairs(o.Fields, n.Fields, func(f *Field) string { return f.Name }) {
		switch {
		case p.new == nil:
			d.add(o.Name+"."+p.old.Name, false, "the fields after it move: keep it", "removed")
		case p.old == nil:
			d.fieldAdded(o, n, p.new)
		default:
			of := o.Name + "." + p.old.Name
			if i >= len(n.Fields) || n.Fields[i] != p.new {
				d.add(of, false, "plug-ins expect it where it was", "moved")
			}
			d.versions(of, p.old.Range, p.new.Range)
			if p.old.Func != nil && p.new.Func != nil {
				d.signature(p.old.Func, p.new.Func)
			} else {
				d.facts(of, p.old.facts(), p.new.facts(), nil)
			}
		}
	}
}

// fieldAdded judges a field that a struct, a case that a union or a function that
// a table has more.
func (d *differ) fieldAdded(o, n *Struct, f *Field) {
	of := o.Name + "." + f.Name
	for _, m := range models {
		_, before, _ := Layout(o, m)
		if _, after, _ := Layout(n, m); before != after && d.new.repeated(n) {
			d.add(of, false, "it is part of arrays or other structs, in which what comes after it moves", "added")
			return
		}
		if o.Kind == Union && before != func() int { _, after, _ := Layout(n, m); return after }() {
			d.add(of, false, "the union grows, and plug-ins have less room for it", "case added")
			return
		}
	}
	if o.Kind == Union {
		d.add(of, true, "the union does not grow; who does not know the case has to expect it", "case added")
		return
	}
	if f.Func != nil {
		d.added(of, "function", f.Range)
	} else {
		d.added(of, "field", f.Range)
	}
}

// models are where layouts differ.
var models = []abi.Model{
	{Word: 8, Align64: 8}, {Word: 4, Align64: 8}, {Word: 4, Align64: 4}, {Word: 4, Align64: 8, MaxAlign: 2},
}

// repeated says whether a struct is embedded in others or in arrays.
func (a *API) repeated(s *Struct) bool {
	for _, other := range a.Structs {
		for _, f := range other.Fields {
			if f.Func == nil && f.Type.Struct == s {
				return true
			}
		}
	}
	for f := range a.All() {
		for _, p := range f.Values() {
			if p.Type.Struct == s && p.Array() {
				return true
			}
		}
	}
	return false
}
