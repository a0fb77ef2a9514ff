package generate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crossplug/crossplug/api"
)

// stub makes the Go function that stands for one of the plug-in's.
func (g *golang) stub(f *api.Function) {
	if f.Scope != api.NoScope || f.CType != "" {
		g.callbackStub(f)
		return
	}
	m := g.methods[f]
	s := g.shapeOf(f, false)
	cName := f.Name
	if f.Table != nil {
		cName = f.Table.Name + "." + f.Name
	}
	doc := g.doc(f.Doc, "%s calls %s.%s", m.name, cName, paramDocs(f))
	recv := g.recv(f)
	if s.asked != nil {
		inner := unexported(m.name) + "Room"
		g.function(f, true, fmt.Sprintf("func (%s) %s", recv, inner), "")
		g.add(append([]string{doc}, g.query(f, s, fmt.Sprintf("func (%s) %s", recv, m.name), recv[:1]+"."+inner)...)...)
		if f.Batchable {
			g.refuse(f.Position, "%s: batchable, but its size is asked for first", f.Name)
		}
		return
	}
	g.function(f, false, fmt.Sprintf("func (%s) %s", recv, m.name), doc)
	if f.Batchable {
		g.batch(f, m, recv)
	}
}

// paramDocs says what the definition says of parameters.
func paramDocs(f *api.Function) string {
	var b strings.Builder
	for _, p := range f.Params {
		if p.Doc != "" {
			fmt.Fprintf(&b, " %s: %s", p.Name, strings.Join(strings.Fields(p.Doc), " "))
		}
	}
	return b.String()
}

// recv spells a receiver.
func (g *golang) recv(f *api.Function) string {
	switch {
	case f.Table != nil && g.receiver(f) == nil:
		return "t *" + g.structs[f.Table]
	case g.receiver(f) != nil:
		return "h " + g.handles[g.receiver(f)]
	}
	return "p *Plugin"
}

// query makes a function that asks how much there is and then gets it.
func (g *golang) query(f *api.Function, s *shape, head, inner string) []string {
	full := g.shapeOf(f, true)
	args := []string{"ctx"}
	if f.Thread == api.RealTime {
		g.refuse(f.Position, "%s: on a real-time thread, its size cannot be asked for first", f.Name)
	}
	for _, v := range full.in {
		args = append(args, v.name)
	}
	call := func(room string) string {
		return inner + "(" + strings.Join(append(args[:len(args)-1:len(args)-1], room), ", ") + ")"
	}
	var names, none []string
	for i, v := range full.out {
		if i == 0 {
			names, none = append(names, "count"), append(none, "count")
			continue
		}
		names, none = append(names, v.name), append(none, "_")
	}
	zero := make([]string, len(s.out))
	for i, v := range s.out {
		zero[i] = zeroOf(v.typ)
	}
	more := ""
	if s.asked.Type.String != nil {
		more = " + 1"
	}
	declare := ":="
	if s.named(false) {
		declare = "="
	}
	return []string{
		head + s.params() + " " + s.results(nil) + " {",
		fmt.Sprintf("\t%s, err := %s", strings.Join(none, ", "), call("-1")),
		"\tif err != nil || count <= 0 {",
		fmt.Sprintf("\t\treturn %s", strings.Join(append(zero, "err"), ", ")),
		"\t}",
		fmt.Sprintf("\t_, %s, err %s %s", strings.Join(names[1:], ", "), declare, call("int64(count)"+more)),
		fmt.Sprintf("\treturn %s, err", strings.Join(names[1:], ", ")),
		"}",
	}
}

func zeroOf(typ string) string {
	switch {
	case strings.HasPrefix(typ, "[]") || strings.HasPrefix(typ, "*"):
		return "nil"
	case typ == "string":
		return `""`
	case typ == "bool":
		return "false"
	case strings.HasPrefix(typ, "int") || strings.HasPrefix(typ, "uint") || strings.HasPrefix(typ, "float") || typ == "byte":
		return "0"
	}
	return "*new(" + typ + ")"
}

// callbackStub makes the Go function that stands for one of the plug-in's that
// came as an argument.
func (g *golang) callbackStub(f *api.Function) {
	name := g.cbs[f]
	s := g.shapeOf(f, false)
	if s.asked != nil || f.Thread == api.RealTime {
		g.refuse(f.Position, "%s: a callback that is asked for its size, or is for real-time threads", f.Name)
	}
	lines := []string{
		fmt.Sprintf("func get%s(call *glue.Call, item string, nullable bool) %s {", name, name),
		"\thandle := call.Handle(item, nullable)", "\tif handle == 0 {", "\t\treturn nil", "\t}", "\tlink := call.Link()",
		fmt.Sprintf("\treturn func%s %s {", s.params(), s.results(nil)),
		fmt.Sprintf("\t\tcall := link.Begin(ctx, %s, handle)", g.variable(f)),
	}
	lines = append(lines, indent(2, g.stubBody(s, nil)...)...)
	g.add(append(lines, "\t}", "}")...)
}

// function makes a stub that is a method.
func (g *golang) function(f *api.Function, query bool, head, doc string) {
	s := g.shapeOf(f, query)
	more := g.registration(f)
	link, self := "p.link", "0"
	switch {
	case f.Table != nil && s.self != nil && s.self.Type.Struct != nil:
		link, self = "t.link", "t.handle"
	case s.self != nil:
		link = "h.link"
	case f.Table != nil:
		g.refuse(f.Position, "%s.%s: it has no parameter that is its own table or an object of it", f.Table.Name, f.Name)
	}
	begin := fmt.Sprintf("call := %s.Begin(ctx, %s, %s)", link, g.variable(f), self)
	if f.Thread == api.RealTime {
		begin = fmt.Sprintf("call := %s.BeginOn(ctx, thread, %s, %s)", link, g.variable(f), self)
	}
	var extra []variableIn
	if more != "" {
		extra = []variableIn{{"registration", "*glue.Registration"}}
	}
	var lines []string
	if doc != "" {
		lines = append(lines, doc)
	}
	lines = append(lines, head+s.params()+" "+s.results(extra)+" {", "\t"+begin)
	if bit, ok := g.optional(f); ok {
		lines = append(lines, fmt.Sprintf("\tif t.provided>>%d&1 == 0 {\n\t\tcall.Deny(%q)\n\t}", bit, "the table has it not"))
	}
	lines = append(lines, indent(1, g.stubBody(s, &more)...)...)
	g.add(append(lines, "}")...)
}

// optional returns the bit that says whether a table has a function. One of an
// object is left to the dispatcher, which knows the object's table.
func (g *golang) optional(f *api.Function) (bit int, ok bool) {
	if f.Table == nil || g.receiver(f) != nil {
		return 0, false
	}
	for _, field := range f.Table.Fields {
		if field.Func == f {
			return bit, true
		}
		if field.Func != nil {
			bit++
		}
	}
	return 0, false
}

// registration spells how to end what a function registers, or "".
func (g *golang) registration(f *api.Function) string {
	l := g.c.lifetimes(f)
	if l.owner == nil || l.owner == f.Return {
		return ""
	}
	for _, p := range f.Params {
		cb := p.Type.Callback
		if cb == nil || cb.Scope != api.Registration || cb.Side != api.HostSide {
			continue
		}
		for _, by := range g.api.Functions {
			if by.Name == cb.ReleaseBy && g.wanted(by) && g.receiver(by) == l.owner.Type.Handle && len(g.shapeOf(by, false).in) == 0 && by.Thread != api.RealTime {
				x := g.argument(l.owner)
				if l.owner == g.shapeOf(f, false).self {
					x = "h"
				}
				ignored := strings.Repeat("_, ", len(g.shapeOf(by, false).out))
				if ignored != "" {
					return fmt.Sprintf("func(ctx context.Context) error {\n\t%serr := %s.%s(ctx)\n\treturn err\n}", ignored, x, g.methods[by].name)
				}
				return fmt.Sprintf("%s.%s", x, g.methods[by].name)
			}
		}
	}
	return ""
}

// stubBody encodes, crosses and decodes. release is how to end what is registered.
func (g *golang) stubBody(s *shape, release *string) []string {
	l := g.c.lifetimes(s.f)
	lines := g.guards(s)
	for _, p := range s.f.Params {
		lines = append(lines, g.stubPut(s, p, l)...)
	}
	lines = append(lines, "call.Cross()")
	get, results := g.stubGets(s, l)
	if more := release != nil && *release != ""; s.named(more) {
		get = s.assign(get)
	}
	lines = append(lines, get...)
	if len(results) == 0 && (release == nil || *release == "") {
		return append(lines, "return call.End()")
	}
	if release != nil && *release != "" {
		return append(lines,
			"if err := call.End(); err != nil {",
			"\treturn "+strings.Join(append(append(results, "nil"), "err"), ", "),
			"}",
			"return "+strings.Join(append(append(results, fmt.Sprintf("glue.NewRegistration(%s)", *release)), "nil"), ", "))
	}
	return append(lines, "return "+strings.Join(append(results, "call.End()"), ", "))
}

// guards makes sure that structs exist which lengths are computed from.
func (g *golang) guards(s *shape) []string {
	var lines []string
	seen := map[string]bool{}
	for _, p := range s.f.Params {
		for _, e := range []*api.Expr{p.Length, p.Capacity} {
			if e == nil {
				continue
			}
			uses(e, func(path []string) {
				q := param(s.f, path[0])
				if q == nil || !(q.Pointer && q.Dir != api.Out) || seen[path[0]] {
					return
				}
				seen[path[0]] = true
				x := g.argument(q)
				lines = append(lines, fmt.Sprintf("if %s == nil {", x), fmt.Sprintf("\tcall.Refuse(%q, \"nil, but a length depends on it\")", q.Name), fmt.Sprintf("\t%s = new(%s)", x, g.one(q.Position, q.Type)), "}")
			})
		}
	}
	return lines
}

// of spells a union parameter's switch.
func (g *golang) of(s *shape, p *api.Param, decoding bool) string {
	if p.Switch == "" {
		return ""
	}
	return g.value(s, []string{p.Switch}, decoding)
}

// stubPut encodes an argument.
func (g *golang) stubPut(s *shape, p *api.Param, l lifetimes) []string {
	x, t := g.argument(p), p.Type
	if p == s.self {
		if t.Struct != nil {
			return nil // in the head
		}
		x = "h"
	}
	same := func(length string) []string {
		e := p.Length
		if e == nil {
			e = p.Capacity
		}
		if q := exactly(s.f, e); q != nil && s.lengths[q] == p {
			return nil
		}
		line := fmt.Sprintf("call.Same(%q, %s, %s)", p.Name, length, g.length(s, e, false))
		if p.Nullable {
			return []string{fmt.Sprintf("if %s != nil {", x), "\t" + line, "}"}
		}
		return []string{line}
	}
	switch {
	case t.UserData:
		return nil
	case s.lengths[p] != nil:
		value := g.value(s, []string{p.Name}, false)
		if t.Handle != nil || goBasics[p.Type.Basic].name == "" {
			g.refuse(p.Position, "a length that is no integer")
		}
		a := s.lengths[p]
		if a.Transport == api.Shared && a.Nullable {
			g.refuse(a.Position, "shared memory that may be null and says a length")
		}
		if inner, ok := strings.CutPrefix(value, "int64("); ok {
			value = strings.TrimSuffix(inner, ")")
		}
		return []string{g.putBasic(t, fmt.Sprintf("%s(%s)", g.one(p.Position, t), value))}
	case p.Transport == api.Shared:
		n := fmt.Sprintf("int64(%s.Len())", x)
		if p.Length != nil {
			n = g.length(s, p.Length, false)
		}
		if p.Nullable && p.Length == nil {
			g.refuse(p.Position, "shared memory that may be null, without a length")
		}
		return []string{fmt.Sprintf("glue.PutShared(call, %q, %s, %s, %d, %v)", p.Name, x, n, p.Max, p.Nullable)}
	case p.Dir == api.Out && p.Array() && s.given(p):
		return append(same("len("+x+")"), fmt.Sprintf("call.PutRoom(%q, int64(len(%s)), %d)", p.Name, x, p.Max))
	case p.Dir == api.Out && p.Array():
		most := p.Max
		if t.String != nil {
			most = 1<<31 - 1
		}
		r := roomName(p)
		if s.query && p == s.asked {
			if exactly(s.f, p.Capacity) == nil {
				g.refuse(p.Position, "its capacity has to be a parameter")
			}
			return []string{fmt.Sprintf("call.PutRoom(%q, room, %d)", p.Name, most)}
		}
		return []string{
			fmt.Sprintf("%s := call.Length(%q, %s)", r, p.Name, g.length(s, room(p), false)),
			fmt.Sprintf("call.PutRoom(%q, %s, %d)", p.Name, r, most),
		}
	case p.Dir == api.Out:
		return []string{"call.PutBool(true) // " + p.Name}
	case p.Array():
		return append(same("len("+x+")"), g.putArray(p.Position, &p.Value, x, p.Name)...)
	case t.Struct != nil && t.Struct.Kind == api.Table:
		g.codecs[need{t.Struct, true, false}] = true
		return []string{fmt.Sprintf("put%s(call, %q, %s, %v)", g.structs[t.Struct], p.Name, x, p.Nullable)}
	case p.Pointer: // a struct, or a value that comes out too
		return []string{
			fmt.Sprintf("if call.PutGiven(%q, %s != nil, %v) {", p.Name, x, p.Nullable),
			"\t" + g.put(p.Position, &p.Value, "*"+x, p.Name, g.of(s, p, false)),
			"}",
		}
	}
	lines := []string{g.put(p.Position, &p.Value, x, p.Name, "")}
	if t.Handle != nil && t.Handle.Owner == api.HostSide && l.numbered(p) {
		lines = append(lines, handleName(p)+" := call.LastHandle()")
	}
	return lines
}

func roomName(p *api.Param) string   { return lengthNameOf(p.Name, "Room") }
func handleName(p *api.Param) string { return lengthNameOf(p.Name, "Handle") }
func lengthNameOf(name, what string) string {
	return unexported(exported(name)) + what
}

// stubGets decodes the results, and says what to return.
func (g *golang) stubGets(s *shape, l lifetimes) (lines, results []string) {
	f := s.f
	if r := f.Return; r != nil {
		lines = append(lines, g.stubResult(s, r)...)
		if s.result {
			results = append(results, "result")
		}
	}
	for _, p := range f.Params {
		if p.Dir == api.In || p.Transport == api.Shared {
			continue
		}
		lines = append(lines, g.stubGet(s, p)...)
		if p.Dir == api.Out && !s.given(p) && s.counts[p] == nil {
			results = append(results, g.argument(p))
		}
	}
	for _, p := range append(slices.Clone(f.Params), f.Return) {
		if p == nil {
			continue
		}
		for q, a := range s.counts {
			if q == p {
				x := g.argument(a)
				if a == f.Return {
					x = "result"
				}
				lines = append(lines, fmt.Sprintf("call.Same(%q, len(%s), int64(%s))", a.Name, x, g.argument(p)))
			}
		}
	}
	lines = append(lines, failure(f)...)
	return append(lines, g.afterCall(s, l)...), results
}

// failure says which results mean failure.
func failure(f *api.Function) []string {
	test := map[api.ErrorReturn]string{api.NonZero: "result != 0", api.Negative: "result < 0", api.Zero: "result == 0"}[f.Error]
	code := "int64(result)"
	switch {
	case f.Error == api.NoErrors:
		return nil
	case f.Error == api.Zero && f.Return.Type.Basic == api.Bool:
		test, code = "!result", "0"
	case f.Error == api.Null:
		code = "0"
		switch t := f.Return.Type; {
		case t.String != nil:
			test = "resultText == nil"
		case t.Handle != nil && t.Handle.Owner == api.PluginSide:
			test = "result.handle == 0"
		default:
			test = "result == nil"
		}
	}
	lines := []string{fmt.Sprintf("if %s {", test), fmt.Sprintf("\tcall.Fail(%s)", code), "}"}
	if f.Error == api.Null && f.Return.Type.String != nil {
		lines = append(lines[:2], "} else {", "\tresult = *resultText", "}")
	}
	return lines
}

// stubResult decodes the function's result.
func (g *golang) stubResult(s *shape, r *api.Param) []string {
	t := r.Type
	v := r.Value
	v.Nullable = true
	switch {
	case r.Length != nil:
		return declared("result", g.outType(r, s.f), g.getArray(r.Position, &v, "result", "result", fmt.Sprint(r.Max)))
	case t.Struct != nil && t.Struct.Kind == api.Table:
		g.codecs[need{t.Struct, false, false}] = true
		return []string{fmt.Sprintf("result := get%s(call, \"result\", true)", g.structs[t.Struct])}
	case t.Struct != nil:
		return []string{
			"var result " + g.outType(r, s.f),
			"if call.Given(\"result\", true) {",
			fmt.Sprintf("\tresult = new(%s)", g.structs[t.Struct]),
			"\t" + g.getTo(r.Position, &v, "*result", "result", g.of(s, r, false)),
			"}",
		}
	case t.String != nil && s.f.Error == api.Null:
		return []string{"var result string", "resultText := " + g.get(r.Position, &v, "result")}
	case t.String != nil:
		v.Nullable = r.Nullable
	}
	if !s.result && s.f.Error == api.NoErrors {
		return []string{"_ = " + g.get(r.Position, &v, "result")}
	}
	return []string{"result := " + g.get(r.Position, &v, "result")}
}

// stubGet decodes what comes out.
func (g *golang) stubGet(s *shape, p *api.Param) []string {
	x, t := g.argument(p), p.Type
	v := p.Value
	switch {
	case t.String != nil && p.Capacity != nil:
		return []string{fmt.Sprintf("%s := call.GetString(%q, %s)", x, p.Name, text(t.String))}
	case p.Array() && (p.Dir == api.InOut || s.given(p)):
		return g.getArrayInto(p.Position, &v, x, p.Name, "")
	case p.Array():
		v.Nullable = true
		most := "int(" + roomName(p) + ")"
		if s.query && p == s.asked {
			most = "int(max(room, 0))"
		}
		return declared(x, g.outType(p, s.f), g.getArray(p.Position, &v, x, p.Name, most))
	case p.Dir == api.InOut && t.Struct != nil:
		return []string{
			fmt.Sprintf("if call.Given(%q, true) {", p.Name),
			fmt.Sprintf("\tvar got %s", g.structs[t.Struct]),
			"\t" + g.getTo(p.Position, &v, "got", p.Name, g.of(s, p, false)),
			fmt.Sprintf("\tif call.Err() == nil && %s != nil {", x),
			fmt.Sprintf("\t\t*%s = got", x),
			"\t}",
			"}",
		}
	case p.Dir == api.InOut:
		v.Nullable = t.String == nil
		return []string{
			fmt.Sprintf("if got := %s; call.Err() == nil && %s != nil {", g.get(p.Position, &v, p.Name), x),
			fmt.Sprintf("\t*%s = got", x),
			"}",
		}
	case t.Struct != nil:
		return []string{
			fmt.Sprintf("var %s %s", x, g.structs[t.Struct]),
			fmt.Sprintf("if call.Given(%q, true) {", p.Name),
			"\t" + g.getTo(p.Position, &v, x, p.Name, g.of(s, p, false)),
			"}",
		}
	}
	v.Nullable = t.Handle != nil
	return []string{fmt.Sprintf("%s := %s", x, g.get(p.Position, &v, p.Name))}
}

// number of a handle, in the stub.
func (g *golang) handleNumber(s *shape, p *api.Param) string {
	switch {
	case p.Type.Handle.Owner == api.HostSide && p == s.f.Return:
		return "call.LastHandle()"
	case p.Type.Handle.Owner == api.HostSide:
		return handleName(p)
	case p == s.f.Return:
		return "result.handle"
	case p == s.self:
		return "h.handle"
	}
	return g.argument(p) + ".handle"
}

// afterCall notes what a call of the plug-in's function began and ended.
func (g *golang) afterCall(s *shape, l lifetimes) []string {
	var lines []string
	if l.creates != nil && l.parent != nil && l.creates.Owner == api.PluginSide {
		lines = append(lines, fmt.Sprintf("call.Adopt(%s, %s, %s, result.handle)", g.kind(l.parent.Type.Handle), g.handleNumber(s, l.parent), g.kind(l.creates)))
	}
	if l.settles && l.owner != nil {
		lines = append(lines, fmt.Sprintf("call.Register(%s, %s)", g.kind(l.owner.Type.Handle), g.handleNumber(s, l.owner)))
	}
	for _, cb := range l.ends {
		if cb.Side == api.HostSide && g.wanted(cb) {
			lines = append(lines, fmt.Sprintf("call.Unregister(%s, %s, %s)", g.variable(cb), g.kind(l.by.Type.Handle), g.handleNumber(s, l.by)))
		}
	}
	if l.destroys != nil {
		lines = append(lines, fmt.Sprintf("call.Destroyed(%s, %s)", g.kind(l.destroys.Type.Handle), g.handleNumber(s, l.destroys)))
	}
	return lines
}

// batch makes the variant of a stub that adds the call to a batch.
func (g *golang) batch(f *api.Function, m method, recv string) {
	s := g.shapeOf(f, false)
	l := g.c.lifetimes(f)
	if l.settles || l.creates != nil || l.destroys != nil || len(l.ends) > 0 {
		g.refuse(f.Position, "%s: batchable, but it begins or ends an object or a callback", f.Name)
		return
	}
	link, self := "p.link", "0"
	if s.self != nil && s.self.Type.Struct != nil {
		link, self = "t.link", "t.handle"
	} else if s.self != nil {
		link = "h.link"
	}
	list := []string{"ctx context.Context", "batch *glue.Batch"}
	var kept []variableIn // what the decoder needs
	for _, v := range s.in {
		list = append(list, v.name+" "+v.typ)
	}
	for _, p := range f.Params {
		if p.Dir == api.InOut && p.Transport != api.Shared || p.Dir == api.Out && s.given(p) {
			for _, v := range s.in {
				if v.name == g.argument(p) {
					kept = append(kept, v)
				}
			}
		}
	}
	for _, v := range s.out {
		list = append(list, v.name+" *"+v.typ)
		kept = append(kept, variableIn{v.name, "*" + v.typ})
	}
	if len(kept) > 4 {
		g.refuse(f.Position, "%s: batchable, but more than four values come out", f.Name)
		return
	}
	var to []string
	for _, v := range kept {
		to = append(to, v.name)
	}
	lines := []string{
		g.doc("", "Batch%s adds a call of %s to a batch.", m.name, m.name) + batchNote(s),
		fmt.Sprintf("func (%s) Batch%s(%s) error {", recv, m.name, strings.Join(list, ", ")),
		fmt.Sprintf("\tcall := batch.Begin(ctx, %s, %s, %s)", link, g.variable(f), self),
	}
	lines = append(lines, indent(1, g.guards(s)...)...)
	for _, p := range f.Params {
		lines = append(lines, indent(1, g.stubPut(s, p, l)...)...)
	}
	decoder := "decode" + strings.TrimPrefix(g.variable(f), "fn")
	g.add(append(lines, fmt.Sprintf("\treturn batch.Add(call, %s, [4]any{%s})", decoder, strings.Join(to, ", ")), "}")...)

	lines = []string{fmt.Sprintf("func %s(call *glue.Call, to [4]any) {", decoder)}
	isOut := map[string]bool{}
	for _, v := range s.out {
		isOut[v.name] = true
	}
	for i, v := range kept {
		name := v.name
		if isOut[v.name] {
			name += "To"
		}
		lines = append(lines, fmt.Sprintf("\t%s := to[%d].(%s)", name, i, v.typ))
	}
	get, results := g.stubGets(s, l)
	for _, p := range f.Params {
		if p.Dir == api.Out && p.Array() && !s.given(p) {
			g.refuse(p.Position, "%s: batchable, but an array comes out that the caller does not give", f.Name)
		}
	}
	lines = append(lines, indent(1, get...)...)
	for _, r := range results {
		lines = append(lines, fmt.Sprintf("\tif %sTo != nil && call.Err() == nil {\n\t\t*%sTo = %s\n\t}", r, r, r))
	}
	g.add(append(lines, "}")...)
}

func batchNote(s *shape) string {
	if len(s.out) == 0 {
		return ""
	}
	return "\n// Results are there after Run; a pointer that is nil drops its result."
}
