package api

import (
	"slices"
	"strings"
)

// complain notes a mistake at one place.
type complain func(format string, args ...any)

// badAt returns what notes mistakes at an element.
func (b *builder) badAt(n *node) complain {
	return func(format string, args ...any) { b.bad(n, format, args...) }
}

// checkFunction checks a function, callback type or method once the whole
// definition is known.
func (b *builder) checkFunction(n *node, f *Function) {
	seen := map[string]bool{}
	for _, p := range f.Params {
		if seen[p.Name] {
			b.bad(b.elements[p], "another parameter has this name; write another")
		}
		seen[p.Name] = true
	}
	if f.Required && f.Side == HostSide {
		b.bad(n, "required=: what the host offers cannot be missing; leave it out")
	}
	callback := n.name == "callback"
	if callback && f.Unsupported == "" {
		b.checkScope(n, f)
	}
	if !f.Crosses() {
		return
	}
	if f.Variadic {
		b.bad(n, "it is variadic, and nothing says what is passed; declare a function for each way to call it, or write <custom>, or <unsupported>")
	}
	if f.Thread == RealTime && f.Blocking {
		b.bad(n, "thread=\"rt\" and blocking=\"true\": a real-time thread must not wait; leave one out")
	}
	counts := 0
	for _, p := range f.Params {
		bad := b.badAt(b.elements[p])
		switch {
		case p.Type.UserData:
			b.checkUserData(f, p, callback, bad)
		default:
			b.checkParam(f, p, b.elements[p], bad)
		}
		if p.CountReturn {
			if counts++; counts == 2 {
				bad("another parameter has count-return=, too; write a length= with an out parameter for one")
			}
		}
	}
	b.checkSelf(f)
	if p := f.Return; p != nil {
		b.checkReturn(f, p, b.elements[p], b.badAt(b.elements[p]))
	}
	if what := f.checkErrors(); what != "" {
		b.bad(n, "error-return=%q: %s", n.attrs["error-return"], what)
	}
}

func (b *builder) checkScope(n *node, f *Function) {
	own := 0
	for _, p := range f.Params {
		if p.Type.UserData && p.For == "" {
			own++
		}
	}
	if own > 1 {
		b.bad(n, "it has %d parameters of type userdata; a callback has one", own)
	}
	switch {
	case slices.Contains(n.wrong, "scope"):
	case f.Scope == NoScope:
		b.bad(n, "nothing says how long it may be called; write scope=\"call\", \"registration\", \"async\" or \"forever\"")
	case f.Scope != Registration && f.ReleaseBy != "":
		b.bad(n, "release-by= is of scope=\"registration\"; write that, or leave release-by= out")
	case f.ReleaseBy != "":
		by := b.functions[f.ReleaseBy]
		if by == nil {
			b.bad(n, "release-by=%q: there is no such function; write the name of the one that ends the registration, or TABLE.METHOD", f.ReleaseBy)
		} else if !slices.ContainsFunc(by.Params, func(p *Param) bool { return p.Type.Handle != nil }) {
			b.bad(n, "release-by=%q: it has no handle, which would tell registrations apart; give it one, or write scope=\"forever\"", f.ReleaseBy)
		}
	}
}

// checkUserData finds the callback that user data belongs to.
func (b *builder) checkUserData(f *Function, p *Param, callback bool, bad complain) {
	if p.Dir != In || p.Array() || p.Nullable {
		bad("userdata is one pointer in, and nobody needs to know what it is; leave dir=, length= and nullable= out")
	}
	if p.For == "" && callback {
		return
	}
	if p.For == "" { // there may be no choice
		for _, other := range f.Params {
			if other.Type.Callback == nil {
				continue
			}
			if p.For != "" {
				p.For = ""
				break
			}
			p.For = other.Name
		}
	}
	switch cb := f.Param(p.For); {
	case p.For == "":
		bad("nothing says which callback it belongs to; write for= with the name of a callback parameter")
	case cb == nil || cb.Type.Callback == nil:
		bad("for=%q is not a callback parameter beside it; write the name of the one that the user data belongs to", p.For)
	case cb.Type.Callback.UserData("") == nil:
		bad("for=%q: %s has no parameter of type userdata; give it one, or leave this out", p.For, cb.Type.Name)
	case f.UserData(p.For) != p:
		bad("for=%q: another parameter is its user data; leave one out", p.For)
	}
}

// checkSelf finds out which parameter of a method is what it is called on.
func (b *builder) checkSelf(f *Function) {
	if f.Table == nil || len(f.Params) == 0 || slices.ContainsFunc(f.Params, func(p *Param) bool { return p.Self }) {
		return
	}
	p := f.Params[0]
	p.Self = p.Dir == In && !p.Array() && (p.Type.Struct == f.Table ||
		p.Type.Handle != nil && slices.ContainsFunc(p.Type.Handle.Create, func(name string) bool { return strings.HasPrefix(name, f.Table.Name+".") }))
}

func (b *builder) checkParam(f *Function, p *Param, n *node, bad complain) {
	t := p.Type
	b.checkValue(&p.Value, p.Pointer || p.Array(), n, bad)
	if p.Length != nil {
		outs := p.Dir == Out && p.Capacity != nil
		b.checkExpr("length", p.Length, f.scope(outs, bad), bad)
	}
	if p.Capacity != nil {
		b.checkExpr("capacity", p.Capacity, f.scope(false, bad), bad)
	}
	b.checkUnion(&p.Value, func(name string) *Value {
		if s := f.Param(name); s != nil && s.Dir == In {
			return &s.Value
		}
		return nil
	}, bad)
	text := t.String != nil && p.Length == nil || t.Basic == Char
	byValue := p.Dir == In && !p.Array() && t.Basic.Integer()
	switch {
	case byValue && (slices.Contains(systemNames, strings.ToLower(p.Name)) || strings.HasSuffix(strings.ToLower(p.Name), "_fd")):
		bad("by its name it is a number of the system: %s; if it is another number, rename it", systemHint)
	case t.Callback != nil:
		b.checkCallback(f, p, bad)
	case p.For != "":
		bad("for= is of userdata; leave it out")
	case t.Struct != nil && t.Struct.Kind == Table && p.Dir != In:
		bad("a table of functions can only go in or be returned; leave dir= out, or return it")
	case t.String != nil && t.String.Pascal && p.Array() && p.Length != nil:
		bad("an array of pascal-strings; declare a struct that has one")
	case t.String != nil && p.Dir == InOut && p.Capacity == nil:
		bad("nothing says how much room there is for the changed string; write capacity=")
	case p.Capacity != nil && p.Dir == In:
		bad("capacity= is of what comes out; write dir=\"out\", or length=")
	case p.Dir == InOut && p.Capacity != nil && p.Length == nil && t.String == nil:
		bad("nothing says how many go in; write length=, too")
	case p.Dir == Out && !p.Array() && t.Basic == Char:
		bad("one char, or room for a text? Write type=\"u8\", or capacity=")
	case p.Capacity != nil && p.Length == nil && !p.CountReturn && !text:
		bad("nothing says how many come out; write count-return=\"true\", or length= with an out parameter that tells it")
	case p.CountReturn && p.Length != nil:
		bad("count-return= and length= both say how many come out; leave one out")
	case (p.CountReturn || p.QuerySize) && p.Capacity == nil:
		bad("count-return= and null-means= need capacity=, which says how much room there is; write it")
	case p.QuerySize && !p.CountReturn:
		bad("null-means=\"query-size\": the size is what the function returns; write count-return=\"true\", too")
	case p.CountReturn && (f.Return == nil || !f.Return.Type.Basic.Integer() || f.Return.Length != nil):
		bad("count-return=: the function returns no integer; write length= with an out parameter that tells the count")
	case p.Transport == Shared && (p.Length == nil && p.Lifetime == ForCall || !t.Basic.fixed()):
		bad("transport=\"shm\" is for arrays of numbers of fixed width; write such a type and length=, unless lifetime= says that the callee keeps it, or leave it out")
	case p.Self && f.Table == nil:
		bad("self= is of the methods of tables; leave it out")
	case p.Self && (t.Struct != f.Table && t.Handle == nil || p.Dir != In || p.Array()):
		bad("self=: what a method is called on is its table or a handle; write one of these types")
	case p.Transfer == Full && (p.Dir != Out || t.String == nil || p.Array()):
		bad("transfer=\"full\" is of strings that come out and results; leave it out")
	}
	b.checkCallbacksWithin(f.Side, p, bad)
}

// fixed says whether the type is a number that has the same width everywhere.
func (t Basic) fixed() bool {
	return t != NoBasic && t != Void && t != CLong && t != CULong && t != Size && t != F80
}

// checkCallback checks a callback as a parameter.
func (b *builder) checkCallback(f *Function, p *Param, bad complain) {
	cb := p.Type.Callback
	switch {
	case p.Dir != In || p.Array():
		bad("a callback can only go in, one at a time; leave dir= and length= out")
	case cb.Side == f.Side:
		bad("%s is implemented by the %s, which is also who would be given it; write side= at the callback", p.Type.Name, sideName(cb.Side))
	case cb.Unsupported != "":
		bad("%s does not cross; write <unsupported> here, too", p.Type.Name)
	case cb.UserData("") != nil && f.UserData(p.Name) == nil:
		// The callers of checkUserData have not all run: look for one without for=, too.
		if other := f.UserData(""); other == nil || f.Scope != NoScope {
			bad("%s has user data, and nothing says where it is given; write <param type=\"userdata\" for=%q>", p.Type.Name, p.Name)
		}
	case cb.Scope == Registration && !slices.ContainsFunc(f.Params, func(p *Param) bool { return p.Type.Handle != nil }) && (f.Return == nil || f.Return.Type.Handle == nil):
		bad("%s is called until it is released, and the function neither takes nor returns a handle, which would tell registrations apart; add one, or write another scope=", p.Type.Name)
	}
}

// checkCallbacksWithin checks that the callbacks in a struct go to the other side
// from that which implements them.
func (b *builder) checkCallbacksWithin(implementer Side, p *Param, bad complain) {
	if p.Type.Struct == nil || p.Type.Struct.Kind == Table {
		return
	}
	for cb := range p.Type.Struct.callbacks() {
		switch in := cb.Side != implementer; {
		case p.Dir == InOut || in != (p.Dir == In):
			bad("%s holds a %s, which the %s implements; it cannot come from there", p.Type.Name, cb.Name, sideName(cb.Side))
			return
		case cb.Unsupported != "":
			bad("%s holds a %s, which does not cross; write <unsupported> here, too", p.Type.Name, cb.Name)
			return
		}
	}
}

// callbacks returns the callback types of fields, also of structs within.
func (s *Struct) callbacks() func(yield func(*Function) bool) {
	return func(yield func(*Function) bool) {
		var walk func(s *Struct) bool
		walk = func(s *Struct) bool {
			for _, f := range s.Fields {
				if f.Func != nil || f.Opaque {
					continue
				}
				if f.Type.Callback != nil && !yield(f.Type.Callback) || f.Type.Struct != nil && !walk(f.Type.Struct) {
					return false
				}
			}
			return true
		}
		walk(s)
	}
}

func (b *builder) checkReturn(f *Function, p *Param, n *node, bad complain) {
	b.checkValue(&p.Value, p.Pointer || p.Length != nil, n, bad)
	if p.Length != nil {
		b.checkExpr("length", p.Length, f.scope(true, bad), bad)
	}
	switch t := p.Type; {
	case t.UserData:
		bad("userdata belongs to callbacks and is not returned; declare a <handle>")
	case t.Callback != nil:
		bad("a function pointer cannot be returned, as nothing would say how long it holds; put it into a <table>")
	case t.Struct != nil && t.Struct.Kind == Union:
		bad("a union cannot be returned; return a struct that has it")
	case t.String != nil && t.String.Pascal && p.Length != nil:
		bad("an array of pascal-strings; declare a struct that has one")
	case p.Transfer == Full && t.String == nil && p.Length == nil:
		bad("transfer=\"full\" is of strings and arrays; leave it out")
	}
	b.checkCallbacksWithin(f.Side, p, bad)
}

func sideName(s Side) string {
	if s == HostSide {
		return "host"
	}
	return "plug-in"
}

func (f *Function) checkErrors() string {
	if f.Error == NoErrors {
		return ""
	}
	if f.Return == nil {
		return "the function returns nothing; leave it out"
	}
	t := f.Return.Type
	pointer := t.String != nil || t.Struct != nil || f.Return.Length != nil
	switch {
	case f.Error == Null && !pointer && t.Handle == nil:
		return "the result is no pointer; write zero"
	case f.Error != Null && (pointer || t.Handle != nil):
		return "the result is a pointer or handle; write null"
	case f.Error == Negative && !t.Basic.Signed():
		return "the result is never negative; write zero or nonzero"
	case f.Error != Null && !t.Basic.Integer() && t.Basic != Bool:
		return "the result is no integer; leave it out"
	}
	return ""
}

// scope finds what a name in an expression means: the value, or nil.
type scope func(name string) *Value

// scope returns the parameters, those that only come out if outs is true.
func (f *Function) scope(outs bool, bad complain) scope {
	return func(name string) *Value {
		p := f.Param(name)
		if p == nil {
			return nil
		}
		if p.Dir == Out && !outs {
			bad("%s comes out, and the length has to be known before; write capacity= for the room there is", name)
		}
		return &p.Value
	}
}

func (s *Struct) scope(name string) *Value {
	for _, f := range s.Fields {
		if f.Name == name && f.Func == nil && !f.Opaque {
			return &f.Value
		}
	}
	return nil
}

// checkExpr checks the names of an expression and makes constants numbers.
func (b *builder) checkExpr(attr string, whole *Expr, in scope, bad complain) {
	whole.Walk(func(e *Expr) {
		if e.Op != Name && e.Op != Strlen {
			return
		}
		v := in(e.Path[0])
		if v == nil {
			if n, ok := b.consts[e.Path[0]]; ok && len(e.Path) == 1 && e.Op == Name {
				e.Num, e.Op = n, Number
				return
			}
			bad("%s=%q: there is no %s beside it, and no constant of that name; declare one", attr, whole.Text, e.Path[0])
			return
		}
		for i, name := range e.Path[1:] {
			if v.Type.Struct == nil || v.Length != nil || v.Count != 0 {
				bad("%s=%q: %s is not a struct; write the name of an integer", attr, whole.Text, strings.Join(e.Path[:i+1], "."))
				return
			}
			if v = v.Type.Struct.scope(name); v == nil {
				bad("%s=%q: %s has no field %s; write the name of an integer field", attr, whole.Text, strings.Join(e.Path[:i+1], "."), name)
				return
			}
		}
		single := v.Length == nil && v.Count == 0
		switch {
		case e.Op == Strlen && (v.Type.String == nil || v.Type.String.Pascal || !single):
			bad("%s=%q: strlen is of a cstring; write the name of one", attr, whole.Text)
		case e.Op == Name && (!v.Type.Basic.Integer() || !single):
			bad("%s=%q: %s is not an integer; write the name of one", attr, whole.Text, strings.Join(e.Path, "."))
		}
	})
}

// checkUnion checks that unions, and nothing else, say which case holds.
func (b *builder) checkUnion(v *Value, in scope, bad complain) {
	if v.Type.Struct == nil || v.Type.Struct.Kind != Union {
		if v.Switch != "" {
			bad("switch= is of unions; leave it out")
		}
		return
	}
	if v.Switch == "" {
		bad("nothing says which case of the union holds; write switch= with the name of what does")
		return
	}
	switch s := in(v.Switch); {
	case v.Length != nil || v.Count != 0:
		bad("an array of unions, of which each may be another case; make an array of structs that have it")
	case s == nil:
		bad("switch=%q: there is no such value beside it that goes in; write the name of one", v.Switch)
	case !s.Type.Basic.Integer() || s.Length != nil || s.Count != 0:
		bad("switch=%q is no integer or enumeration; write the name of one", v.Switch)
	}
}

// checkValue checks what parameters, results and fields have in common. pointer
// says whether C has a pointer to the value.
func (b *builder) checkValue(v *Value, pointer bool, n *node, bad complain) {
	t := v.Type
	if v.Length != nil {
		v.Length.Text = n.attrs["length"]
	}
	null := pointer || t.String != nil || t.Handle != nil || t.Callback != nil
	many := v.Length != nil || n.has("capacity") || n.attrs["transport"] == "shm" || t.String != nil
	switch {
	case v.Nullable && !null:
		bad("nullable= or null-means=: C has no pointer here; leave it out, or write length= or dir=")
	case n.has("max") && !many:
		bad("max= is of strings and arrays by pointer; write length=, or leave it out")
	case n.has("encoding") && t.String == nil:
		bad("encoding= is of strings; leave it out")
	case t.Basic == F80 && !v.Raw:
		bad("f80 does not cross as a number: no type of C has the same 80 bits everywhere; write f64, or endian=\"raw\" for the bytes as they are")
	case v.Raw && t.Basic == NoBasic:
		bad("endian=\"raw\" is of numbers; leave it out")
	case v.Raw && !v.Type.Basic.fixed() && t.Basic != F80:
		bad("endian=\"raw\": the bytes of %s are not as many everywhere; write a type of fixed width", t.Name)
	case v.Length != nil && t.Callback != nil:
		bad("an array of function pointers; declare a <table>, or fields one by one")
	case v.Length != nil && t.Struct != nil && t.Struct.Kind == Table:
		bad("an array of tables; let a function return them one by one")
	}
}

// checkStruct checks a struct, union or table.
func (b *builder) checkStruct(n *node, s *Struct) {
	var newest Version // of the fields so far
	cases := map[int64]bool{}
	for _, f := range s.Fields {
		bad := b.badAt(b.elements[f])
		if s.Kind == Union {
			b.checkCase(f, bad)
			if cases[f.Number] {
				bad("value=%q: another case has this number; write another", f.Case)
			}
			cases[f.Number] = true
		}
		if f.Since.Before(newest) {
			bad("it is older than the field before it, so it would move when that was added; put newer fields last")
		}
		newest = f.Since
		if f.Func != nil {
			continue
		}
		if f.Opaque {
			if t := f.Type; t.Basic == NoBasic && !t.Pointer && t.Struct == nil {
				bad("opaque=: nothing says how large it is; write a basic type, a declared struct, or TYPE * for a pointer")
			}
			continue
		}
		b.checkField(s, f, b.elements[f], bad)
	}
	if s.SizeField != "" {
		if v := s.scope(s.SizeField); v == nil || !v.Type.Basic.Integer() {
			b.bad(n, "size-field=%q: there is no integer field of this name; write the name of one", s.SizeField)
		}
	}
	if s.Kind == Table && !slices.ContainsFunc(s.Fields, func(f *Field) bool { return f.Func != nil }) {
		b.bad(n, "it has no <method>; write <struct> for a struct without functions")
	}
}

func (b *builder) checkField(s *Struct, f *Field, n *node, bad complain) {
	b.checkValue(&f.Value, f.Length != nil, n, bad)
	if f.Length != nil {
		b.checkExpr("length", f.Length, s.scope, bad)
	}
	b.checkUnion(&f.Value, s.scope, bad)
	switch t := f.Type; {
	case t.Struct != nil && t.Struct.Kind == Table:
		bad("a table inside another struct; let a function return it")
	case t.UserData:
		if f.For == "" {
			f.For = s.onlyCallback()
		}
		if cb := s.scope(f.For); cb == nil || cb.Type.Callback == nil || cb.Type.Callback.UserData("") == nil {
			bad("for=%q is not a callback field beside it that has user data; write the name of one", f.For)
		}
	case f.For != "":
		bad("for= is of userdata; leave it out")
	case t.String != nil && t.String.Pascal && f.Length != nil:
		bad("an array of pascal-strings; declare a struct that has one")
	case t.String != nil && f.Count > 0:
		bad("count= of strings; write type=\"char\" for text within the struct, or length= for an array of pointers")
	case t.Callback != nil && f.Count > 0:
		bad("an array of function pointers; write fields one by one")
	case f.Count > 0 && f.Length != nil:
		bad("count= and length=: a fixed array lies in the struct, the other is pointed to; leave one out")
	case s.Kind == Union && (f.Length != nil || t.String != nil || t.Callback != nil):
		bad("a pointer in a union; put it into the struct that has the union")
	}
	if f.Type.Callback != nil && f.Type.Callback.UserData("") != nil && !slices.ContainsFunc(s.Fields, func(o *Field) bool {
		return o.Func == nil && o.Type.UserData && (o.For == f.Name || o.For == "" && s.onlyCallback() == f.Name)
	}) {
		bad("%s has user data, and nothing says where it is given; write <field type=\"userdata\" for=%q>", f.Type.Name, f.Name)
	}
}

// onlyCallback returns the name of the only callback field, or "".
func (s *Struct) onlyCallback() string {
	name := ""
	for _, f := range s.Fields {
		if f.Func == nil && f.Type.Callback != nil {
			if name != "" {
				return ""
			}
			name = f.Name
		}
	}
	return name
}

// checkCase resolves the number of a union's case.
func (b *builder) checkCase(f *Field, bad complain) {
	if f.Case == "" {
		return // reported
	}
	n, ok := integer(f.Case)
	if !ok {
		n, ok = b.consts[f.Case]
	}
	if f.Number = n; !ok {
		bad("value=%q: there is no such constant; write a number, a constant or an enumeration's value", f.Case)
	}
}

func (b *builder) checkHandle(n *node, h *Handle) {
	is := func(p *Param) bool { return p != nil && p.Type.Handle == h }
	for _, name := range append(slices.Clone(h.Create), h.Destroy) {
		f := b.functions[name]
		switch {
		case name == "":
		case f == nil:
			b.bad(n, "there is no function %s; write the name of one, or TABLE.METHOD", name)
		case name == h.Destroy && !slices.ContainsFunc(f.Params, is):
			b.bad(n, "destroy=%q: the function does not take one; write the name of one that does", name)
		case name != h.Destroy && !is(f.Return) && !slices.ContainsFunc(f.Params, func(p *Param) bool { return is(p) && p.Dir != In }):
			b.bad(n, "create=%q: the function does not return one; write the name of one that does", name)
		}
	}
	name := n.attrs["parent"]
	if name == "" {
		return
	}
	if d := b.types[name]; d != nil && d.typ.Handle != nil && d.typ.Handle.Owner == h.Owner {
		h.Parent = d.typ.Handle
	} else {
		b.bad(n, "parent=%q is not a handle of the same owner; write the name of one", name)
	}
	for p := h.Parent; p != nil; p = p.Parent {
		if p == h {
			b.bad(n, "parent=%q: it ends with itself; write another", name)
			h.Parent = nil
			return
		}
	}
}
