package api

import (
	"fmt"
	"slices"
	"strings"
)

func (b *builder) function(e *node) *Function {
	f := &Function{}
	b.fill(f, e)
	return f
}

// fill fills in a function, callback type or method.
func (b *builder) fill(f *Function, e *node) {
	f.Position, f.Name, f.Range, f.Doc = e.pos, e.attrs["name"], b.rangeOf(e), e.doc()
	f.Go = e.attrs["go"]
	if f.Go == "" {
		f.Go = goName(strings.TrimPrefix(f.Name, b.prefix))
	}
	f.Thread = map[string]Thread{"any": AnyThread, "main": MainThread, "rt": RealTime}[e.attr("thread")]
	f.Error = map[string]ErrorReturn{"none": NoErrors, "nonzero": NonZero, "negative": Negative, "zero": Zero, "null": Null}[e.attr("error-return")]
	f.Blocking, f.Idempotent, f.Reentrant, f.Batchable, f.Required = e.bool("blocking"), e.bool("idempotent"), e.bool("reentrant"), e.bool("batchable"), e.bool("required")
	f.Timeout = e.number("timeout-ms")
	if e.attr("side") == "host" {
		f.Side = HostSide
	}
	if e.name == "callback" {
		f.Scope = map[string]Scope{"call": CallScope, "registration": Registration, "async": Async, "forever": Forever}[e.attr("scope")]
		f.ReleaseBy = e.attrs["release-by"]
	}
	for _, c := range e.children {
		switch c.name {
		case "param":
			f.Params = append(f.Params, b.param(c))
		case "return":
			if f.Return != nil {
				b.bad(c, "%v returns twice", e)
			}
			f.Return = &Param{Position: c.pos, Name: "return", Value: b.value(c), Dir: Out, Doc: c.doc()}
			b.pass(f.Return, c)
			if f.Return.Type.Basic == Void {
				f.Return = nil
			}
		case "custom":
			f.Custom = &Custom{c.attrs["marshal"], c.attrs["reason"]}
		case "unsupported":
			f.Unsupported = c.attrs["reason"]
		case "varargs":
			b.checks = append(b.checks, func() {
				if f.Unsupported == "" && f.Custom == nil {
					b.bad(e, "it is variadic, and nothing says what is passed; declare a function for each way to call it, or write <custom>, or <unsupported>")
				}
			})
		}
	}
	b.checks = append(b.checks, func() { b.checkFunction(e, f) })
}

func (b *builder) param(e *node) *Param {
	p := &Param{Position: e.pos, Name: e.attrs["name"], Value: b.value(e), Doc: e.doc()}
	p.Dir = map[string]Direction{"in": In, "out": Out, "inout": InOut}[e.attr("dir")]
	p.Capacity = b.expr(e, "capacity")
	p.CountReturn, p.QuerySize, p.Self, p.For = e.bool("count-return"), e.attr("null-means") == "query-size", e.bool("self"), e.attrs["for"]
	if e.attr("transport") == "shm" {
		p.Transport = Shared
	}
	b.pass(p, e)
	p.Pointer = p.Length == nil && p.Capacity == nil && (p.Dir != In || p.Type.Struct != nil)
	return p
}

// pass reads what parameters and results have in common.
func (b *builder) pass(p *Param, e *node) {
	if e.attr("transfer") == "full" {
		p.Transfer = Full
	}
	p.Lifetime = map[string]Lifetime{"call": ForCall, "handle": ForHandle, "forever": ForEver}[e.attr("lifetime")]
	if p.Type.Struct != nil && p.Length == nil {
		p.Pointer = true
	}
}

// goName makes an exported Go name of a C name: open_file is OpenFile.
func goName(name string) string {
	var out strings.Builder
	for _, part := range strings.Split(name, "_") {
		if part != "" {
			out.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return out.String()
}

// checkFunction checks what can be known only with the whole definition.
func (b *builder) checkFunction(e *node, f *Function) {
	if f.Go == "" {
		b.bad(e, "no Go name can be made of its name; write go=")
	}
	if f.Unsupported != "" || f.Custom != nil {
		return
	}
	if f.Thread == RealTime && f.Blocking {
		b.bad(e, "thread=\"rt\" and blocking=\"true\": a real-time thread must not wait; leave one out")
	}
	if e.name == "callback" && f.Scope == NoScope {
		b.bad(e, "nothing says how long it may be called; write scope=\"call\", \"registration\" with release-by=, \"async\" or \"forever\"")
	}
	if (f.Scope == Registration) != (f.ReleaseBy != "") && e.name == "callback" {
		b.bad(e, "scope=\"registration\" and release-by= belong together")
	}
	if f.ReleaseBy != "" {
		if by := b.functions[f.ReleaseBy]; by == nil {
			b.bad(e, "release-by=%q: there is no such function", f.ReleaseBy)
		} else if !slices.ContainsFunc(by.Params, func(p *Param) bool { return p.Type.Handle != nil }) {
			b.bad(e, "release-by=%q: it has no handle, by which the registration is told", f.ReleaseBy)
		}
	}
	seen := map[string]bool{}
	data := 0
	for _, p := range f.Params {
		if seen[p.Name] {
			b.badParam(p, e, "another parameter has this name")
		}
		seen[p.Name] = true
		b.checkParam(e, f, p)
		if p.Type.UserData {
			data++
		}
	}
	if e.name == "callback" && data > 1 {
		b.bad(e, "it has %d parameters of type userdata; a callback has one", data)
	}
	if f.Return != nil {
		b.checkReturn(e, f)
	}
	if err := f.checkErrors(); err != "" {
		b.bad(e, "error-return=%q: %s", e.attrs["error-return"], err)
	}
}

// at reports a mistake in a parameter.
func (b *builder) badParam(p *Param, e *node, format string, args ...any) {
	tag := fmt.Sprintf("<param name=%q>", p.Name)
	if p.Name == "return" {
		tag = "<return>"
	}
	b.problems.at(p.Position, e.String()+tag, format, args...)
}

func (f *Function) checkErrors() string {
	if f.Error == NoErrors {
		return ""
	}
	if f.Return == nil {
		return "the function returns nothing"
	}
	t := f.Return.Type
	pointer := t.String != nil || t.Handle != nil || t.Struct != nil || f.Return.Length != nil
	switch {
	case f.Error == Null && !pointer:
		return "the result is no pointer; write zero"
	case f.Error != Null && pointer:
		return "the result is a pointer; write null"
	case f.Error == Negative && !t.Basic.Signed():
		return "the result is never negative"
	}
	return ""
}

func (b *builder) checkParam(e *node, f *Function, p *Param) {
	bad := func(format string, args ...any) { b.badParam(p, e, format, args...) }
	t := p.Type
	b.checkValue(&p.Value, p.Dir, func(format string, args ...any) { b.badParam(p, e, format, args...) }, paramScope(f))
	array := p.Length != nil || p.Capacity != nil
	switch {
	case t.UserData && e.name != "callback":
		cb := f.param(p.For)
		if cb == nil || cb.Type.Callback == nil {
			bad("for=%q: write the name of the callback parameter that it belongs to", p.For)
		}
	case t.Callback != nil && (p.Dir != In || array):
		bad("a callback can only go in, one at a time")
	case t.Callback != nil && t.Callback.Side == f.Side:
		bad("%s is implemented by the %s, which is also who would be given it; write side= at the callback", t.Name, sideName(t.Callback.Side))
	case t.Struct != nil && t.Struct.Kind == Table && p.Dir != In:
		bad("a table of functions can only go in or be returned")
	case t.String != nil && p.Dir == InOut:
		bad("a string cannot be changed in place, as nothing says how much room there is; write two parameters")
	case p.Capacity != nil && p.Dir != Out:
		bad("capacity= is of what comes out; write dir=\"out\"")
	case p.Dir == Out && p.Length == nil && p.Capacity == nil && t.Basic == Char:
		bad("one char, or room for a text? Write capacity= for room")
	case (p.CountReturn || p.QuerySize) && p.Capacity == nil:
		bad("count-return= and null-means= need capacity=, which says how much room there is")
	case p.QuerySize && !p.CountReturn:
		bad("null-means=\"query-size\" needs count-return=\"true\": the size is what the function returns")
	case p.CountReturn && (f.Return == nil || !f.Return.Type.Basic.Integer()):
		bad("count-return= needs a function that returns an integer")
	case p.Transport == Shared && (p.Length == nil || t.Basic == NoBasic):
		bad("transport=\"shm\" is for arrays of numbers: write length=")
	case p.Self && f.Table == nil:
		bad("self= is of the methods of tables")
	case p.Self && (t.Struct != f.Table && t.Handle == nil):
		bad("self=: its type must be %s or a handle", f.Table.Name)
	}
	if p.Capacity != nil {
		b.checkExpr("capacity", p.Capacity, paramScope(f), bad)
	}
}

func sideName(s Side) string {
	if s == HostSide {
		return "host"
	}
	return "plugin"
}

func (b *builder) checkReturn(e *node, f *Function) {
	p := f.Return
	bad := func(format string, args ...any) { b.badParam(p, e, format, args...) }
	b.checkValue(&p.Value, Out, bad, paramScope(f))
	switch t := p.Type; {
	case t.UserData:
		bad("userdata belongs to callbacks and is not returned")
	case t.Callback != nil:
		bad("a function pointer cannot be returned, as nothing would say how long it holds; put it into a <table>")
	case t.Struct != nil && t.Struct.Kind == Union:
		bad("a union cannot be returned; return a struct that has it")
	}
}

func (f *Function) param(name string) *Param {
	for _, p := range f.Params {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// scopeOf finds what a name in an expression means: the value, or nil.
type scopeOf func(name string) *Value

func paramScope(f *Function) scopeOf {
	return func(name string) *Value {
		if p := f.param(name); p != nil {
			return &p.Value
		}
		return nil
	}
}

func fieldScope(s *Struct) scopeOf {
	return func(name string) *Value {
		for _, field := range s.Fields {
			if field.Name == name && field.Func == nil {
				return &field.Value
			}
		}
		return nil
	}
}

// checkExpr checks the names of an expression and fills in constants.
func (b *builder) checkExpr(attr string, ex *Expr, scope scopeOf, bad func(string, ...any)) {
	ex.Walk(func(e *Expr) {
		if e.Op != Name && e.Op != Strlen {
			return
		}
		v := scope(e.Path[0])
		if v == nil {
			if n, ok := b.consts[e.Path[0]]; ok && len(e.Path) == 1 && e.Op == Name {
				e.Num, e.Op = n, Number
				return
			}
			bad("%s=%q: there is no %s beside it, and no constant of that name", attr, ex.Text, e.Path[0])
			return
		}
		for _, name := range e.Path[1:] {
			if v.Type.Struct == nil {
				bad("%s=%q: %s is no struct and has no %s", attr, ex.Text, e.Path[0], name)
				return
			}
			if v = fieldScope(v.Type.Struct)(name); v == nil {
				bad("%s=%q: %s has no field %s", attr, ex.Text, e.Path[0], name)
				return
			}
		}
		switch {
		case e.Op == Strlen:
			if v.Type.String == nil || v.Type.String.Pascal {
				bad("%s=%q: strlen takes a cstring", attr, ex.Text)
			}
		case !v.Type.Basic.Integer() || v.Length != nil || v.Count != 0:
			bad("%s=%q: %s is no integer", attr, ex.Text, strings.Join(e.Path, "."))
		}
	})
}

// checkValue checks what parameters, results and fields have in common.
func (b *builder) checkValue(v *Value, dir Direction, bad func(string, ...any), scope scopeOf) {
	t := v.Type
	if v.Length != nil {
		b.checkExpr("length", v.Length, scope, bad)
	}
	if t.Struct != nil && t.Struct.Kind == Union {
		switch sw := scope(v.Switch); {
		case v.Switch == "":
			bad("nothing says which case of the union holds; write switch= with the name of what does")
		case v.Length != nil:
			bad("an array of unions, of which each may be another case; make an array of structs that have it")
		case sw == nil:
			bad("switch=%q: there is no such parameter or field beside it", v.Switch)
		case !sw.Type.Basic.Integer() || sw.Length != nil:
			bad("switch=%q is no integer or enumeration", v.Switch)
		}
	} else if v.Switch != "" {
		bad("switch= is of unions")
	}
	pointer := v.Pointer || v.Length != nil || t.String != nil || t.Struct != nil || t.Handle != nil || t.Callback != nil || dir != In
	switch {
	case v.Nullable && !pointer:
		bad("nullable=: it is no pointer")
	case t.Basic == F80:
		bad("f80 does not cross yet: no type of C has the same 80 bits everywhere; write f64")
	case t.UserData && (v.Length != nil || v.Nullable):
		bad("userdata is one pointer, and what it is nobody needs to know")
	case v.Length != nil && t.Callback != nil:
		bad("an array of function pointers; declare a <table>, or fields one by one")
	case v.Length != nil && t.Struct != nil && t.Struct.Kind == Table:
		bad("an array of tables; let a function return them one by one")
	case v.Raw && t.Basic == NoBasic:
		bad("endian=\"raw\" is of numbers")
	}
}

// checkStruct checks a struct, union or table, whose fields are made of elements.
func (b *builder) checkStruct(e *node, s *Struct, elements []*node) {
	scope := fieldScope(s)
	for i, f := range s.Fields {
		c := elements[i]
		bad := func(format string, args ...any) { b.problems.at(f.Position, e.String()+c.String(), format, args...) }
		if s.Kind == Union {
			b.checkCase(f, bad)
		}
		if f.Func != nil || f.Opaque {
			continue
		}
		b.checkValue(&f.Value, In, bad, scope)
		switch t := f.Type; {
		case t.Struct != nil && t.Struct.Kind == Table:
			bad("a table inside another struct; let a function return it")
		case t.UserData:
			if cb := scope(f.For); cb == nil || cb.Type.Callback == nil {
				bad("for=%q: write the name of the callback field that it belongs to", f.For)
			}
		case f.Count > 0 && f.Length != nil:
			bad("count= and length=: a fixed array lies in the struct, the other is pointed to; leave one out")
		case s.Kind == Union && (f.Length != nil || t.String != nil || t.Callback != nil):
			bad("a pointer in a union; put it into the struct beside the union")
		}
	}
	if s.SizeField != "" {
		if v := scope(s.SizeField); v == nil || !v.Type.Basic.Integer() {
			b.bad(e, "size-field=%q: there is no integer field of this name", s.SizeField)
		}
	}
	if s.Kind == Table && !slices.ContainsFunc(s.Fields, func(f *Field) bool { return f.Func != nil }) {
		b.bad(e, "it has no <method>; a struct without functions is a <struct>")
	}
}

// checkCase resolves the number of a union's case.
func (b *builder) checkCase(f *Field, bad func(string, ...any)) {
	n, ok := integer(f.Case)
	if !ok {
		n, ok = b.consts[f.Case]
	}
	if f.Number = n; !ok {
		bad("value=%q: there is no such constant; write a number, a constant or an enumeration's value", f.Case)
	}
}

func (b *builder) checkHandle(e *node, h *Handle) {
	for _, name := range append(slices.Clone(h.Create), h.Destroy) {
		if name == "" {
			continue
		}
		f := b.functions[name]
		if f == nil {
			b.bad(e, "there is no function %s, which is to create or destroy it; a table's is written as TABLE.METHOD", name)
			continue
		}
		ok := func(p *Param) bool { return p != nil && p.Type.Handle == h }
		switch {
		case name == h.Destroy && !slices.ContainsFunc(f.Params, ok):
			b.bad(e, "destroy=%q: the function does not take one", name)
		case name != h.Destroy && !ok(f.Return) && !slices.ContainsFunc(f.Params, func(p *Param) bool { return ok(p) && p.Dir != In }):
			b.bad(e, "create=%q: the function does not return one", name)
		}
	}
	if name := e.attrs["parent"]; name != "" {
		d := b.types[name]
		if d == nil || d.typ == nil || d.typ.Handle == nil || d.typ.Handle.Owner != h.Owner {
			b.bad(e, "parent=%q: write the name of another handle of the same owner", name)
			return
		}
		h.Parent = d.typ.Handle
		for p, n := h.Parent, 0; p != nil; p, n = p.Parent, n+1 {
			if p == h || n > len(b.types) {
				b.bad(e, "parent=%q: it is its own parent", name)
				h.Parent = nil
				return
			}
		}
	}
}

func (b *builder) checkState(e *node) {
	for _, attr := range []string{"get", "set"} {
		if f := b.functions[e.attrs[attr]]; f == nil {
			b.bad(e, "%s=%q: there is no such function", attr, e.attrs[attr])
		}
	}
}
