package generate

import (
	"fmt"
	"strings"

	"github.com/crossplug/crossplug/api"
)

// skeleton makes what serves the plug-in's calls of one of the host's functions.
func (g *golang) skeleton(f *api.Function) {
	s := g.shapeOf(f, false)
	l := g.c.lifetimes(f)
	lines := []string{
		fmt.Sprintf("func (p *Plugin) %s(ctx context.Context, call *glue.Call) {", serveName(g, f)),
		fmt.Sprintf("\tcall.Serve(%s)", g.variable(f)),
	}
	add := func(more ...string) { lines = append(lines, indent(1, more...)...) }
	var args, checks []string
	for _, p := range f.Params {
		get, check, arg := g.skeletonGet(s, p, l)
		add(get...)
		checks = append(checks, check...)
		if arg != "" && p != s.self && s.lengths[p] == nil {
			args = append(args, arg)
		}
	}
	add(checks...)
	add("if !call.Received() {", "\treturn", "}")
	add(g.skeletonCall(s, args)...)
	add(g.skeletonPuts(s, l)...)
	g.add(append(lines, "}")...)
}

func serveName(g *golang, f *api.Function) string {
	return "serve" + strings.TrimPrefix(g.variable(f), "fn")
}

// skeletonGet decodes a parameter: how, what to check when all are there, and
// what to pass for it.
func (g *golang) skeletonGet(s *shape, p *api.Param, l lifetimes) (lines, checks []string, arg string) {
	x, t := g.argument(p), p.Type
	same := func(n string, e *api.Expr) {
		line := fmt.Sprintf("call.Same(%q, %s, %s)", p.Name, n, g.length(s, e, true))
		if p.Nullable && strings.HasPrefix(n, "len(") {
			checks = []string{fmt.Sprintf("if %s != nil {", x), "\t" + line, "}"}
		} else {
			checks = []string{line}
		}
	}
	switch {
	case p.Self && t.Struct != nil || t.UserData:
		return nil, nil, ""
	case p.Transport == api.Shared:
		g.refuse(p.Position, "%s: shared memory of a function of the host's", s.f.Name)
		return nil, nil, ""
	case p.Dir == api.Out && p.Array():
		most := p.Max
		if t.String != nil {
			most = 1<<31 - 1
		}
		r := roomName(p)
		lines = []string{fmt.Sprintf("%s := call.Room(%q, %d, %v)", r, p.Name, most, p.Nullable)}
		if s.counts[exactly(s.f, room(p))] == nil {
			same(r, room(p))
		}
		return lines, checks, ""
	case p.Dir == api.Out:
		if s.counts[p] != nil || p.Type.Struct == nil {
			return []string{fmt.Sprintf("call.Given(%q, %v)", p.Name, p.Nullable)}, nil, ""
		}
		return []string{fmt.Sprintf("%s := call.Given(%q, %v)", givenName(p), p.Name, p.Nullable)}, nil, ""
	case p.Array():
		lines = declared(x, g.inType(p), g.getArray(p.Position, &p.Value, x, p.Name, fmt.Sprint(p.Max)))
		same("len("+x+")", p.Length)
		return lines, checks, x
	case t.Struct != nil && t.Struct.Kind == api.Table:
		g.codecs[need{t.Struct, false, false}] = true
		return []string{fmt.Sprintf("%s := get%s(call, %q, %v)", x, g.structs[t.Struct], p.Name, p.Nullable)}, nil, x
	case p.Pointer:
		return []string{
			fmt.Sprintf("var %s *%s", x, g.one(p.Position, t)),
			fmt.Sprintf("if call.Given(%q, %v) {", p.Name, p.Nullable),
			fmt.Sprintf("\t%s = new(%s)", x, g.one(p.Position, t)),
			"\t" + g.getTo(p.Position, &p.Value, "*"+x, p.Name, g.of(s, p, true)),
			"}",
		}, nil, x
	}
	lines = []string{fmt.Sprintf("%s := %s", x, g.get(p.Position, &p.Value, p.Name))}
	if t.Handle != nil && t.Handle.Owner == api.HostSide && l.numbered(p) && g.needsNumber(p, l) {
		lines = append(lines, handleName(p)+" := call.LastHandle()")
	}
	return lines, nil, x
}

// needsNumber says whether a skeleton uses a handle's number: registrations are
// the dispatcher's business here.
func (g *golang) needsNumber(p *api.Param, l lifetimes) bool {
	if p == l.destroys || p == l.parent {
		return true
	}
	for _, cb := range l.ends {
		if p == l.by && cb.Side == api.HostSide {
			return true
		}
	}
	return false
}

func givenName(p *api.Param) string { return lengthNameOf(p.Name, "Given") }

// skeletonCall calls the host's function and handles its error.
func (g *golang) skeletonCall(s *shape, args []string) []string {
	f := s.f
	var lines []string
	target := "p.host." + g.methods[f].name
	switch {
	case f.Scope != api.NoScope || f.CType != "":
		lines = []string{fmt.Sprintf("fn, _ := call.Func(%s).(%s)", g.variable(f), g.cbs[f]), "if fn == nil {", "\treturn", "}"}
		target = "fn"
	case f.Table != nil:
		field := exported(f.Name)
		lines = []string{
			fmt.Sprintf("t, _ := call.SelfObject(%s).(*%s)", g.kind(f.Table), g.structs[f.Table]),
			"if t == nil {", "\treturn", "}",
			fmt.Sprintf("if t.%s == nil {", field), "\tcall.Deny(\"the host's table has it not\")", "\treturn", "}",
		}
		if s.self != nil && s.self.Type.Handle != nil {
			g.refuse(f.Position, "%s.%s: a table of the host's with functions of objects", f.Table.Name, f.Name)
		}
		target = "t." + field
	case s.self != nil:
		target = g.argument(s.self) + "." + g.methods[f].name
	}
	var results []string
	for _, v := range s.out {
		results = append(results, v.name)
	}
	call := fmt.Sprintf("%s(%s)", target, strings.Join(append([]string{"ctx"}, args...), ", "))
	if !s.fails() {
		if len(results) > 0 {
			call = strings.Join(results, ", ") + " := " + call
		}
		return append(lines, call, "call.Reply()")
	}
	lines = append(lines, strings.Join(append(results, "err"), ", ")+" := "+call)
	if f.Error == api.NoErrors {
		return append(lines, "if !call.Handled(err) {", "\treturn", "}")
	}
	code := "code"
	if f.Error != api.NonZero && f.Error != api.Negative {
		code = "_"
	}
	return append(lines, code+", ok := call.HandledCode(err)", "if !ok {", "\treturn", "}")
}

// skeletonPuts encodes what the host's function returned.
func (g *golang) skeletonPuts(s *shape, l lifetimes) []string {
	f := s.f
	var lines []string
	if r := f.Return; r != nil {
		lines = append(lines, g.skeletonResult(s, r)...)
		if l.creates != nil && l.parent != nil && l.creates.Owner == api.HostSide && l.parent.Type.Handle.Owner == api.HostSide {
			lines = append(lines, fmt.Sprintf("call.Adopt(%s, %s, %s, call.LastHandle())", g.kind(l.parent.Type.Handle), handleName(l.parent), g.kind(l.creates)))
		}
	}
	for _, cb := range l.ends {
		if cb.Side == api.HostSide {
			lines = append(lines, fmt.Sprintf("call.Unregister(%s, %s, %s)", g.variable(cb), g.kind(l.by.Type.Handle), handleName(l.by)))
		}
	}
	if l.destroys != nil && l.destroys.Type.Handle.Owner == api.HostSide {
		lines = append(lines, fmt.Sprintf("call.Destroyed(%s, %s)", g.kind(l.destroys.Type.Handle), handleName(l.destroys)))
	}
	for _, p := range f.Params {
		if p.Dir != api.In {
			lines = append(lines, g.skeletonPut(s, p)...)
		}
	}
	return lines
}

// skeletonResult encodes the function's result.
func (g *golang) skeletonResult(s *shape, r *api.Param) []string {
	f, t := s.f, r.Type
	v := r.Value
	one := g.one(r.Position, t)
	if !s.result { // it is what the error, or an array's length, says
		for _, p := range f.Params {
			if p.QuerySize || p.CountReturn {
				x := g.argument(p)
				lines := []string{fmt.Sprintf("result := %s(len(%s))", one, x)}
				if f.Error == api.Negative || f.Error == api.NonZero {
					lines = append(lines, "if err != nil {", fmt.Sprintf("\tresult = %s(code)", one), "}")
				}
				return append(lines, g.putBasic(t, "result"))
			}
		}
		if f.Error == api.Zero {
			return []string{"call.PutBool(err == nil)"}
		}
		return []string{g.putBasic(t, one+"(code)")}
	}
	switch f.Error {
	case api.Negative:
		lines := []string{"if err != nil {", fmt.Sprintf("\tresult = %s(code)", one), "}"}
		return append(lines, g.putBasic(t, "result"))
	case api.Zero:
		return append([]string{"if err != nil {", "\tresult = 0", "}"}, g.putBasic(t, "result"))
	case api.Null:
		if t.String != nil {
			return []string{"if err != nil {", "\tcall.PutNull()", "} else {", "\t" + g.put(r.Position, &api.Value{Type: t}, "result", "result", ""), "}"}
		}
		if t.Handle != nil {
			return []string{"if err != nil {", "\tresult = *new(" + one + ")", "}", g.put(r.Position, &api.Value{Type: t, Nullable: true}, "result", "result", "")}
		}
	}
	switch {
	case r.Length != nil:
		v.Nullable = true
		return g.putArray(r.Position, &v, "result", "result")
	case t.Struct != nil && t.Struct.Kind == api.Table:
		g.codecs[need{t.Struct, true, false}] = true
		return []string{fmt.Sprintf("put%s(call, \"result\", result, true)", g.structs[t.Struct])}
	case t.Struct != nil:
		return []string{"if call.PutGiven(\"result\", result != nil, true) {", "\t" + g.put(r.Position, &v, "*result", "result", g.of(s, r, true)), "}"}
	case t.Handle != nil:
		v.Nullable = true
	}
	return []string{g.put(r.Position, &v, "result", "result", "")}
}

// skeletonPut encodes what comes out.
func (g *golang) skeletonPut(s *shape, p *api.Param) []string {
	x, t := g.argument(p), p.Type
	v := p.Value
	switch {
	case s.counts[p] != nil:
		a := s.counts[p]
		of := g.argument(a)
		if a == s.f.Return {
			of = "result"
		}
		return []string{g.putBasic(t, fmt.Sprintf("%s(len(%s))", g.one(p.Position, t), of))}
	case t.String != nil && p.Capacity != nil:
		return []string{fmt.Sprintf("call.PutBuffer(%q, %s, %s, %s)", p.Name, x, roomName(p), text(t.String))}
	case p.Dir == api.Out && p.Array():
		v.Nullable = true
		return append([]string{fmt.Sprintf("%s = glue.Fit(&call.Message, %q, %s, %s, %v)", x, p.Name, x, roomName(p), p.CountReturn)}, g.putArray(p.Position, &v, x, p.Name)...)
	case p.Array():
		v.Nullable = true
		return g.putArray(p.Position, &v, x, p.Name)
	case p.Dir == api.InOut && t.Struct != nil:
		return []string{fmt.Sprintf("if call.PutGiven(%q, %s != nil, true) {", p.Name, x), "\t" + g.put(p.Position, &v, "*"+x, p.Name, g.of(s, p, true)), "}"}
	case p.Dir == api.InOut:
		return []string{fmt.Sprintf("if %s == nil {", x), fmt.Sprintf("\t%s = new(%s)", x, g.one(p.Position, t)), "}", g.put(p.Position, &v, "*"+x, p.Name, "")}
	case t.Struct != nil:
		return []string{fmt.Sprintf("if call.PutGiven(%q, %s, true) {", p.Name, givenName(p)), "\t" + g.put(p.Position, &v, x, p.Name, g.of(s, p, true)), "}"}
	}
	v.Nullable = t.Handle != nil
	return []string{g.put(p.Position, &v, x, p.Name, "")}
}

// serve makes what finds the skeleton of a request.
func (g *golang) serve() {
	lines := []string{"func (p *Plugin) serve(ctx context.Context, call *glue.Call) {", "\tswitch call.ID() {"}
	for f := range g.api.All() {
		if f.Side == api.HostSide && g.wanted(f) {
			lines = append(lines, fmt.Sprintf("\tcase %s.ID:", g.variable(f)), fmt.Sprintf("\t\tp.%s(ctx, call)", serveName(g, f)))
		}
	}
	g.add(append(lines, "\tdefault:", "\t\tcall.Unknown()", "\t}", "}")...)
}
