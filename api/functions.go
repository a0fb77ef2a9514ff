package api

// function builds a <function> or <method>.
func (b *builder) function(n *node) *Function {
	f := &Function{}
	b.fill(f, n)
	return f
}

// fill fills in a function, callback type or method.
func (b *builder) fill(f *Function, n *node) {
	defer func(lenient bool) { b.lenient = lenient }(b.lenient)
	f.Position, f.Name, f.Range, f.Doc = n.pos, n.attrs["name"], b.rangeOf(n), n.doc()
	f.Go = n.attrs["go"]
	if f.Go == "" {
		f.Go = b.api.GoName(f.Name)
	}
	f.Thread = Thread(n.choice("thread"))
	f.Error = ErrorReturn(n.choice("error-return"))
	f.Blocking, f.Idempotent, f.Reentrant, f.Batchable = n.bool("blocking"), n.bool("idempotent"), n.bool("reentrant"), n.bool("batchable")
	f.Required, f.Nullable, f.Timeout = n.bool("required"), n.bool("nullable"), n.number("timeout-ms")
	f.Variadic = n.child("varargs") != nil
	if c := n.child("custom"); c != nil {
		f.Custom = &Custom{c.attrs["marshal"], c.attrs["reason"]}
	}
	if c := n.child("unsupported"); c != nil {
		f.Unsupported = c.attrs["reason"]
	}
	if n.name != "method" { // whose table says it
		f.Side = sideOf(n, "side")
	}
	if n.name == "callback" {
		f.Scope = Scope(n.choice("scope"))
		f.ReleaseBy = n.attrs["release-by"]
	}
	b.lenient = !f.Crosses()
	n.each("param", func(c *node) {
		p := b.param(c)
		b.elements[p] = c
		f.Params = append(f.Params, p)
	})
	if c := n.child("return"); c != nil && c.attrs["type"] != "void" {
		p := &Param{Position: c.pos, Name: "return", Value: b.value(c), Dir: Out, Doc: c.doc()}
		b.pass(p, c)
		p.Pointer = p.Type.Struct != nil && p.Length == nil
		b.elements[p] = c
		f.Return = p
	}
	b.checks = append(b.checks, func() { b.checkFunction(n, f) })
}

// Crosses says whether the function is marshaled by generated code.
func (f *Function) Crosses() bool { return f.Unsupported == "" && f.Custom == nil }

func (b *builder) param(n *node) *Param {
	p := &Param{Position: n.pos, Name: n.attrs["name"], Value: b.value(n), Doc: n.doc()}
	p.Dir = Direction(n.choice("dir"))
	p.Capacity = b.expr(n, "capacity")
	p.CountReturn, p.QuerySize, p.Self, p.For = n.bool("count-return"), n.attr("null-means") == "query-size", n.bool("self"), n.attrs["for"]
	p.Nullable = p.Nullable || p.QuerySize
	p.Transport = Transport(n.choice("transport"))
	b.pass(p, n)
	p.Pointer = !p.Array() && (p.Dir != In || p.Type.Struct != nil)
	return p
}

// pass reads what parameters and results have in common.
func (b *builder) pass(p *Param, n *node) {
	if n.attr("transfer") == "full" {
		p.Transfer = Full
	}
	p.Lifetime = Lifetime(n.choice("lifetime"))
}

// Array says whether the parameter points to many values.
func (p *Param) Array() bool { return p.Length != nil || p.Capacity != nil }

// Param returns the parameter of a name, or nil.
func (f *Function) Param(name string) *Param {
	for _, p := range f.Params {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// UserData returns the parameter of a callback type that is its user data, or
// nil; of another function the one that belongs to a callback parameter.
func (f *Function) UserData(callback string) *Param {
	for _, p := range f.Params {
		if p.Type.UserData && p.For == callback {
			return p
		}
	}
	return nil
}
