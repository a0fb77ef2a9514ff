package api

import (
	"crypto/sha256"
	"fmt"
	"strings"
)

// Hash identifies what two sides must agree on to understand each other: names,
// types, directions, lengths, versions, in their order, but no documentation,
// names in Go and C and nothing that only one side needs to know.
func (a *API) Hash() [32]byte {
	var b strings.Builder
	fmt.Fprintf(&b, "api %s %v %v\n", a.Name, a.Version, a.MinCompatible)
	for _, e := range a.Enums {
		fmt.Fprintf(&b, "enum %s %v\n", e.Name, e.Basic)
	}
	for _, h := range a.Handles {
		fmt.Fprintf(&b, "handle %s%v\n", h.Name, h.facts())
	}
	for _, s := range a.Structs {
		fmt.Fprintf(&b, "struct %s%v\n", s.Name, s.facts())
		for _, f := range s.Fields {
			fmt.Fprintf(&b, " field %s%v\n", f.Name, f.facts())
		}
	}
	for f := range a.All() {
		fmt.Fprintf(&b, "function %d %s%v\n", f.ID, f.Name, f.facts())
		for _, p := range f.Params {
			fmt.Fprintf(&b, " param %s%v\n", p.Name, p.facts())
		}
		if f.Return != nil {
			fmt.Fprintf(&b, " return%v\n", f.Return.facts())
		}
	}
	for _, i := range a.Imports {
		fmt.Fprintf(&b, "import %s %s\n", i.Name, i.Stub)
	}
	if a.State != nil {
		fmt.Fprintf(&b, "state %s %s\n", a.State.Get, a.State.Set)
	}
	return sha256.Sum256([]byte(b.String()))
}

// fact is one thing that both sides must agree on, as the attribute that says it.
type fact struct{ name, value string }

// facts of a declaration. What holds by default is left out, so that a new
// attribute of the language does not change the hashes of old definitions.
type facts []fact

func (f facts) String() string {
	var b strings.Builder
	for _, x := range f {
		fmt.Fprintf(&b, " %s=%q", x.name, x.value)
	}
	return b.String()
}

// add adds a fact, unless it is the default.
func (f *facts) add(name string, value any, byDefault any) {
	if value != byDefault {
		*f = append(*f, fact{name, fmt.Sprint(value)})
	}
}

func (f *facts) expr(name string, e *Expr) {
	if e != nil {
		*f = append(*f, fact{name, e.text(false)})
	}
}

func (f *facts) versions(r Range) {
	f.add("since", r.Since, Version{})
	f.add("until", r.Until, Version{})
}

func (h *Handle) facts() (f facts) {
	f.add("owner", sideName(h.Owner), "")
	f.add("type", h.Basic, NoBasic)
	if h.Parent != nil {
		f.add("parent", h.Parent.Name, "")
	}
	f.add("destroy", h.Destroy, "")
	return f
}

func (s *Struct) facts() (f facts) {
	f.add("kind", [...]string{"struct", "union", "table"}[s.Kind], "struct")
	f.add("packing", [...]string{"natural", "mac68k", "power"}[s.Packing], "natural")
	f.add("size-field", s.SizeField, "")
	if s.Kind == Table {
		f.add("owner", sideName(s.Owner), "")
	}
	f.versions(s.Range)
	return f
}

func (f *Field) facts() (all facts) {
	if f.Func != nil {
		all.add("method", true, false)
		all.add("nullable", f.Nullable, false)
	} else {
		all = f.Value.facts()
	}
	all.add("value", f.Number, int64(0))
	all.add("for", f.For, "")
	all.add("opaque", f.Opaque, false)
	all.versions(f.Range)
	return all
}

func (v *Value) facts() (f facts) {
	if t := v.Type; t.Basic == NoBasic || t.Enum != nil {
		f.add("type", t.Name, "")
	} else {
		f.add("type", t.Basic, NoBasic)
	}
	if s := v.Type.String; s != nil {
		f.add("encoding", map[bool]string{true: "mac-roman", false: "utf-8"}[s.MacRoman], "utf-8")
	}
	f.add("count", v.Count, 0)
	f.expr("length", v.Length)
	f.add("max", v.Max, DefaultMax)
	f.add("nullable", v.Nullable, false)
	f.add("switch", v.Switch, "")
	f.add("endian", map[bool]string{true: "raw", false: "swap"}[v.Raw], "swap")
	return f
}

func (p *Param) facts() facts {
	f := p.Value.facts()
	f.add("dir", [...]string{"in", "out", "inout"}[p.Dir], "in")
	f.expr("capacity", p.Capacity)
	f.add("count-return", p.CountReturn, false)
	f.add("null-means", map[bool]string{true: "query-size", false: ""}[p.QuerySize], "")
	f.add("transport", [...]string{"inline", "shm"}[p.Transport], "inline")
	f.add("transfer", map[bool]string{true: "full", false: "none"}[p.Transfer == Full], "none")
	f.add("lifetime", [...]string{"call", "handle", "forever"}[p.Lifetime], "call")
	f.add("self", p.Self, false)
	f.add("for", p.For, "")
	return f
}

func (f *Function) facts() (all facts) {
	all.add("side", sideName(f.Side), sideName(PluginSide))
	all.add("thread", [...]string{"any", "main", "rt"}[f.Thread], "any")
	all.add("error-return", [...]string{"none", "nonzero", "negative", "zero", "null"}[f.Error], "none")
	all.add("required", f.Required, false)
	all.add("nullable", f.Nullable, false)
	all.add("scope", [...]string{"", "call", "registration", "async", "forever"}[f.Scope], "")
	all.add("release-by", f.ReleaseBy, "")
	all.add("unsupported", f.Unsupported != "", false)
	if f.Custom != nil {
		all.add("custom", f.Custom.Marshal, "")
	}
	all.versions(f.Range)
	return all
}

// habits of a function concern only the side that calls it.
func (f *Function) habits() (all facts) {
	all.add("blocking", f.Blocking, false)
	all.add("idempotent", f.Idempotent, false)
	all.add("reentrant", f.Reentrant, false)
	all.add("batchable", f.Batchable, false)
	all.add("timeout-ms", f.Timeout, 0)
	return all
}
