package generate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crossplug/crossplug/api"
)

// What happens around a call to handles and callbacks: the same on both sides,
// except for whose table has the handle.
type lifetimes struct {
	creates  *api.Handle     // the result is a new one
	parent   *api.Param      // that the new one belongs to
	destroys *api.Param      // what ends
	ends     []*api.Function // types of callbacks whose registrations end
	by       *api.Param      // of which handle
	settles  bool            // there are callbacks among the arguments
	owner    *api.Param      // what registrations belong to
}

func (g *c) lifetimes(f *api.Function) lifetimes {
	var l lifetimes
	name := f.Name
	if f.Table != nil {
		name = f.Table.Name + "." + f.Name
	}
	var handles []*api.Param
	for _, p := range f.Params {
		if p.Type.Handle != nil && p.Dir == api.In && p.Length == nil {
			handles = append(handles, p)
		}
		l.settles = l.settles || p.Type.Callback != nil || p.Type.Struct != nil && hasCallback(p.Type.Struct)
	}
	if r := f.Return; r != nil && r.Type.Handle != nil && r.Length == nil {
		l.owner = r
		if slices.Contains(r.Type.Handle.Create, name) {
			l.creates = r.Type.Handle
		}
	} else if len(handles) > 0 {
		l.owner = handles[0]
	}
	for _, p := range f.Params {
		if h := p.Type.Handle; h != nil && p.Dir != api.In && slices.Contains(h.Create, name) {
			g.refuse(p.Position, "%s makes a %s in an out parameter; let it return it", name, h.Name)
		}
	}
	for _, p := range handles {
		if l.creates != nil && l.parent == nil && p.Type.Handle == l.creates.Parent {
			l.parent = p
		}
		if p.Type.Handle.Destroy == name && l.destroys == nil {
			l.destroys = p
		}
	}
	for _, cb := range g.api.Callbacks {
		if cb.ReleaseBy == f.Name && f.Table == nil && len(handles) > 0 {
			l.ends, l.by = append(l.ends, cb), handles[0]
		}
	}
	return l
}

func hasCallback(s *api.Struct) bool {
	return slices.ContainsFunc(s.Fields, func(f *api.Field) bool {
		return f.Type != nil && (f.Type.Callback != nil || f.Type.Struct != nil && f.Type.Struct != s && hasCallback(f.Type.Struct))
	})
}

// numbered says whether the number of a handle parameter is needed.
func (l lifetimes) numbered(p *api.Param) bool {
	return p == l.parent || p == l.destroys || p == l.by || l.settles && p == l.owner
}

func handleKind(p *api.Param) string { return kindName(p.Type.Handle.Name) }

// settle says what becomes of the callbacks of a call.
func (l lifetimes) settle(f *api.Function, ok string) []string {
	if !l.settles {
		return nil
	}
	if e := succeeded(f); e != "" {
		ok = strings.TrimPrefix(ok+" && "+e, "1 && ")
	}
	if l.owner == nil {
		return []string{fmt.Sprintf("cp_settle(cp, %s, 0, 0);", ok)}
	}
	return []string{fmt.Sprintf("cp_settle(cp, %s, %s, cp_h_%s);", ok, handleKind(l.owner), l.owner.Name)}
}

// succeeded is the condition that the result means success, or "".
func succeeded(f *api.Function) string {
	switch f.Error {
	case api.NonZero:
		return "cp_result == 0"
	case api.Negative:
		return "cp_result >= 0"
	case api.Zero, api.Null:
		return "cp_result != 0"
	}
	return ""
}

// failure is what a stub returns if the call failed.
func (g *c) failure(f *api.Function) string {
	switch {
	case f.Return == nil:
		return ""
	case f.Error == api.NonZero || f.Error == api.Negative:
		return "-1"
	}
	return "0"
}

// ends says what has ended with a call.
func (g *c) ends(l lifetimes) []string {
	var lines []string
	for _, cb := range l.ends {
		lines = append(lines, fmt.Sprintf("cp_unregister(&cp_this.rows, %s, %s, cp_h_%s);", kindName(cb.Name), handleKind(l.by), l.by.Name))
	}
	if l.destroys != nil {
		lines = append(lines, fmt.Sprintf("cp_destroyed(&cp_this.rows, %s, cp_h_%s, %s);", handleKind(l.destroys), l.destroys.Name, truth(g.own(l.destroys.Type.Handle))))
	}
	return lines
}

// room is the number of elements that an out array's caller has room for.
func room(p *api.Param) *api.Expr {
	if p.Capacity != nil {
		return p.Capacity
	}
	return p.Length
}

func userOf(f *api.Function, cb *api.Param) *api.Param {
	for _, p := range f.Params {
		if p.Type.UserData && p.For == cb.Name {
			return p
		}
	}
	return nil
}

func (g *c) comment(f *api.Function) string {
	name := f.Name
	if f.Table != nil {
		name = f.Table.Name + "." + f.Name
	}
	return fmt.Sprintf("%s(%s)", declare(voidIfNone(g.result(f)), name), g.params(f))
}

// --- stubs ---

// stub makes the function that stands for one of the other side's.
func (g *c) stub(f *api.Function) *cFunction {
	s := &cFunction{Function: f, Number: functionNumber(f), Class: class(f), Self: "0", Result: g.result(f), Ranged: ranged(f.Range), Failure: g.failure(f), Comment: g.comment(f)}
	result := voidIfNone(s.Result)
	switch {
	case f.Table != nil:
		s.Prototype = fmt.Sprintf("static %s(%s)", declare(result, "method_"+f.Table.Name+"_"+f.Name), g.params(f))
		s.Self = fmt.Sprintf("cp_view_handle(&cp_this, %s, NULL)", kindName(f.Table.Name))
	case f.Scope != api.NoScope:
		params := ""
		if len(f.Params) > 0 {
			params = ", " + g.params(f)
		}
		s.Prototype = fmt.Sprintf("static %s(uint32_t cp_self%s)", declare(result, "call_"+f.Name), params)
		s.Self = "cp_self"
	default:
		s.Prototype = fmt.Sprintf("CP_PUBLIC %s(%s)", declare(result, "stub_"+f.Name), g.params(f))
	}
	if s.Result != "" {
		s.Locals = append(s.Locals, declare(s.Result, "cp_result = 0;"))
	}
	l := g.lifetimes(f)
	value := func(path []string) string { // of a parameter, in the stub
		p := param(f, path[0])
		if p == nil {
			return strings.Join(path, ".")
		}
		name := local(p.Name)
		if len(path) > 1 {
			return fmt.Sprintf("(cp_need(cp, %s) ? %s->%s : 0)", name, name, strings.Join(path[1:], "."))
		}
		if p.Pointer {
			return fmt.Sprintf("(cp_need(cp, %s) ? *%s : 0)", name, name)
		}
		return name
	}
	for _, p := range f.Params {
		g.stubPut(s, f, p, l, value)
	}
	if r := f.Return; r != nil {
		g.stubResult(s, f, r, l, value)
	}
	for _, p := range f.Params {
		if p.Dir != api.In {
			g.stubGet(s, p)
		}
	}
	if r := f.Return; r != nil && r.Length != nil {
		s.After = append(s.After, "if (cp_result != NULL)", fmt.Sprintf("\tcp_same(cp, cp_n_return, %s);", expr(r.Length, value)))
	}
	s.After = append(s.After, l.settle(f, "cp_complete(cp)")...)
	if ends := g.ends(l); len(ends) > 0 {
		ok := "cp_complete(cp)"
		if e := succeeded(f); e != "" {
			ok += " && " + e
		}
		s.After = append(s.After, fmt.Sprintf("if (%s) {", ok))
		s.After = append(s.After, indent(1, ends...)...)
		s.After = append(s.After, "}")
	}
	return s
}

func param(f *api.Function, name string) *api.Param {
	for _, p := range f.Params {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// stubPut encodes an argument.
func (g *c) stubPut(s *cFunction, f *api.Function, p *api.Param, l lifetimes, value func([]string) string) {
	x, t := local(p.Name), p.Type
	n := "cp_n_" + p.Name
	length := func(e *api.Expr, most int) {
		s.Locals = append(s.Locals, fmt.Sprintf("uint64_t %s = 0;", n))
		s.Put = append(s.Put, fmt.Sprintf("if (%s != NULL)", x), fmt.Sprintf("\t%s = cp_length(cp, %s, %d);", n, expr(e, value), most))
	}
	switch {
	case p.Self && t.Struct != nil:
		s.Self = fmt.Sprintf("cp_view_handle(&cp_this, %s, %s)", kindName(t.Struct.Name), x)
	case p.Self && t.Handle != nil && !g.own(t.Handle):
		s.Self = "0" // its owner knows which table made it
		s.Put = append(s.Put, g.putOne(p.Position, &p.Value, x, ""))
		if l.numbered(p) {
			s.Locals = append(s.Locals, fmt.Sprintf("uint32_t cp_h_%s;", p.Name))
			s.Put = append(s.Put, fmt.Sprintf("cp_h_%s = cp->handle;", p.Name))
		}
	case t.UserData:
		s.Put = append(s.Put, "(void)"+x+";")
	case t.Callback != nil:
		user := "NULL"
		if u := userOf(f, p); u != nil {
			user = local(u.Name)
		}
		s.Put = append(s.Put, fmt.Sprintf("cp_put_callback(cp, %s, (void *)%s, %s, %s);", kindName(t.Callback.Name), x, user, scope(t.Callback)))
	case p.Transport == api.Shared:
		if g.side == api.PluginSide {
			g.refuse(p.Position, "%s: transport=\"shm\" of a function of the host's", f.Name)
		}
		size := fixedSize(t.Basic)
		if size == 0 {
			g.refuse(p.Position, "%s: transport=\"shm\" of a type whose size is the target's", f.Name)
		}
		if p.Length == nil || p.Lifetime != api.ForCall {
			s.Put = append(s.Put, fmt.Sprintf("cp_put_place(cp, %s, %d, %d);", x, p.Max, size))
			break
		}
		length(p.Length, p.Max)
		put := fmt.Sprintf("cp_put_shared(cp, %s, %s, %d);", x, n, size)
		if p.Dir != api.In {
			s.Locals = append(s.Locals, fmt.Sprintf("void *cp_at_%s;", p.Name))
			put = fmt.Sprintf("cp_at_%s = %s", p.Name, put)
		}
		s.Put = append(s.Put, put)
	case p.Dir == api.Out && t.String != nil && p.Capacity != nil:
		length(p.Capacity, 1<<31-1)
		s.Put = append(s.Put, fmt.Sprintf("cp_put(cp, %s == NULL ? CP_NULL : %s);", x, n))
	case p.Dir == api.Out && room(p) != nil:
		length(room(p), p.Max)
		s.Put = append(s.Put, fmt.Sprintf("cp_put(cp, %s == NULL ? CP_NULL : %s);", x, n))
	case p.Dir == api.Out:
		s.Put = append(s.Put, fmt.Sprintf("cp_put(cp, %s != NULL);", x))
	case p.Length != nil:
		length(p.Length, p.Max)
		s.Put = append(s.Put, g.putArray(p.Position, &p.Value, x, n))
	case t.Struct != nil && t.Struct.Kind == api.Table:
		g.needs[need{t.Struct, true, false}] = true
		s.Put = append(s.Put, fmt.Sprintf("if (%s != NULL)", x), fmt.Sprintf("\tput_%s(cp, %s);", t.Struct.Name, x), "else", "\tcp_put(cp, 0);")
	case p.Pointer:
		s.Put = append(s.Put, fmt.Sprintf("cp_put(cp, %s != NULL);", x), fmt.Sprintf("if (%s != NULL)", x))
		s.Put = append(s.Put, indent(1, g.putOne(p.Position, &p.Value, "(*"+x+")", g.of(p, value)))...)
	default:
		s.Put = append(s.Put, g.putOne(p.Position, &p.Value, x, ""))
		if l.numbered(p) {
			s.Locals = append(s.Locals, fmt.Sprintf("uint32_t cp_h_%s;", p.Name))
			s.Put = append(s.Put, fmt.Sprintf("cp_h_%s = cp->handle;", p.Name))
		}
	}
}

// of spells what says a union parameter's case.
func (g *c) of(p *api.Param, value func([]string) string) string {
	if p.Switch == "" {
		return ""
	}
	return value([]string{p.Switch})
}

func fixedSize(b api.Basic) int {
	return map[api.Basic]int{api.I8: 1, api.U8: 1, api.Char: 1, api.I16: 2, api.U16: 2, api.I32: 4, api.U32: 4, api.F32: 4, api.OSType: 4, api.I64: 8, api.U64: 8, api.F64: 8}[b]
}

// stubResult decodes the result.
func (g *c) stubResult(s *cFunction, f *api.Function, r *api.Param, l lifetimes, value func([]string) string) {
	t := r.Type
	switch {
	case r.Length != nil:
		s.Locals = append(s.Locals, "uint64_t cp_n_return;")
		s.Get = append(s.Get, fmt.Sprintf("cp_result = %s;", g.getArray(r.Position, &r.Value, true, "cp_n_return")))
		if r.Transfer == api.Full {
			if t.Basic == api.NoBasic {
				g.refuse(r.Position, "%s: transfer=\"full\" of what has parts", f.Name)
			}
			s.After = append(s.After, "if (cp_complete(cp))", "\tcp_result = cp_give(cp, cp_result, cp_n_return * sizeof *cp_result);")
		}
	case t.Struct != nil && t.Struct.Kind == api.Table:
		g.needs[need{t.Struct, false, false}] = true
		s.Get = append(s.Get, fmt.Sprintf("cp_result = get_%s(cp, 1);", t.Struct.Name))
	case t.Struct != nil:
		if r.Transfer == api.Full {
			g.refuse(r.Position, "%s: transfer=\"full\" of what has parts", f.Name)
		}
		s.Locals = append(s.Locals, declare(pointer(t.Struct.CType, false), "cp_struct;"))
		s.Get = append(s.Get, "cp_struct = cp_get_given(cp, 1) ? cp_alloc(cp, sizeof *cp_struct) : NULL;", "if (cp_struct != NULL)")
		s.Get = append(s.Get, indent(1, g.getOne(r.Position, &r.Value, "(*cp_struct)", g.of(r, value)))...)
		s.Get = append(s.Get, "cp_result = cp_struct;")
	case t.String != nil && !t.String.Pascal:
		get := fmt.Sprintf("cp_get_string(cp, %d, 1)", t.String.Max)
		if r.Transfer == api.Full {
			s.After = append(s.After, "if (cp_complete(cp))", "\tcp_result = cp_give_string(cp, cp_result);")
		} else if r.Lifetime != api.ForCall {
			get = fmt.Sprintf("cp_keep_string(cp, %s)", get)
		}
		s.Get = append(s.Get, fmt.Sprintf("cp_result = %s;", get))
	default:
		v := r.Value
		v.Nullable = true
		s.Get = append(s.Get, g.getOne(r.Position, &v, "cp_result", ""))
		if t.Handle != nil && (l.numbered(r) || l.parent != nil) {
			s.Locals = append(s.Locals, "uint32_t cp_h_return;")
			s.Get = append(s.Get, "cp_h_return = cp->handle;")
		}
		if l.creates != nil && l.parent != nil && !g.own(l.creates) {
			s.Get = append(s.Get, fmt.Sprintf("cp_adopt(cp, %s, cp_h_return, %s, cp_h_%s);", kindName(l.creates.Name), handleKind(l.parent), l.parent.Name))
		}
	}
}

// stubGet decodes what comes out.
func (g *c) stubGet(s *cFunction, p *api.Param) {
	x, t := local(p.Name), p.Type
	n := "cp_n_" + p.Name
	v := p.Value
	v.Nullable = true
	switch {
	case p.Transport == api.Shared && (p.Length == nil || p.Lifetime != api.ForCall):
	case p.Transport == api.Shared:
		s.Get = append(s.Get, fmt.Sprintf("cp_fetch_shared(cp, cp_at_%s, %s, %s, %d);", p.Name, x, n, fixedSize(t.Basic)))
	case t.String != nil && p.Capacity != nil:
		s.Get = append(s.Get, fmt.Sprintf("cp_get_string_into(cp, %s, %s);", x, n))
	case p.Length != nil || p.Capacity != nil:
		s.Get = append(s.Get, g.getArrayInto(p.Position, &v, x, n))
	case t.Struct != nil:
		s.Get = append(s.Get, fmt.Sprintf("if (cp_get_filled(cp, %s))", x))
		of := ""
		if p.Switch != "" {
			of = local(p.Switch)
		}
		s.Get = append(s.Get, indent(1, g.getOne(p.Position, &v, "(*"+x+")", of))...)
	default:
		one := g.ctype(t)
		if t.String != nil && p.Transfer == api.Full {
			one = strings.TrimPrefix(one, "const ")
		}
		s.Locals = append(s.Locals, declare(one, "cp_v_"+p.Name+";"))
		s.Get = append(s.Get, g.getOne(p.Position, &v, "cp_v_"+p.Name, ""))
		if t.String != nil && p.Transfer == api.Full {
			s.After = append(s.After, fmt.Sprintf("if (%s != NULL && cp_complete(cp))", x), fmt.Sprintf("\t*%s = cp_give_string(cp, cp_v_%s);", x, p.Name))
			break
		}
		s.Get = append(s.Get, fmt.Sprintf("if (%s != NULL && cp->status == CP_OK)", x), fmt.Sprintf("\t*%s = cp_v_%s;", x, p.Name))
	}
}

// --- skeletons ---

// skeleton makes what serves a request for one of this side's functions.
func (g *c) skeleton(f *api.Function) *cFunction {
	s := &cFunction{Function: f, Number: functionNumber(f), Class: class(f), Result: g.result(f), Ranged: ranged(f.Range), Comment: g.comment(f)}
	name := f.Name
	if f.Table != nil {
		name = f.Table.Name + "_" + f.Name
	}
	s.Prototype = fmt.Sprintf("static void serve_%s(struct cp_call *cp)", name)
	if s.Result != "" {
		s.Locals = append(s.Locals, declare(s.Result, "cp_result;"))
	}
	l := g.lifetimes(f)
	value := func(path []string) string { // of a parameter, in the skeleton
		p := param(f, path[0])
		if p == nil {
			return strings.Join(path, ".")
		}
		x := local(p.Name)
		switch {
		case len(path) > 1:
			return fmt.Sprintf("(cp_need(cp, %s) ? %s->%s : 0)", x, x, strings.Join(path[1:], "."))
		case p.Pointer && p.Type.Struct == nil:
			return "cp_v_" + p.Name
		}
		return x
	}
	function := g.target(s, f)
	var args []string
	remembered := "0"
	seen := map[string]bool{}
	for _, p := range f.Params {
		if p.Switch != "" && !seen[p.Switch] {
			g.refuse(p.Position, "%s: the parameter that says the union's case has to come before it", f.Name)
		}
		seen[p.Name] = true
		args = append(args, g.skeletonGet(s, f, p, l, value))
		if p.Self && p.Type.Handle != nil && f.Table != nil && g.own(p.Type.Handle) {
			remembered = "cp_table_of"
		}
	}
	if f.Table != nil {
		table := fmt.Sprintf("cp_table = cp_get_table(cp, %s, %s);", kindName(f.Table.Name), remembered)
		s.Get = append(s.Get, table)
		s.Check = append(s.Check, fmt.Sprintf("if (cp_table->%s == NULL) {", f.Name), "\tcp_fail(cp, CP_UNKNOWN, \"the table has no such function\");", "\treturn;", "}")
	}
	if l.destroys != nil && g.own(l.destroys.Type.Handle) {
		h := "cp_h_" + l.destroys.Name
		check := []string{fmt.Sprintf("if (!cp_begin_end(&cp_this.rows, %s)) {", h), "\tcp_fail(cp, CP_STALE, \"a handle is stale\");", "\treturn;", "}"}
		if l.destroys.Nullable {
			check[0] = fmt.Sprintf("if (%s != 0 && !cp_begin_end(&cp_this.rows, %s)) {", h, h)
		}
		s.Check = append(s.Check, check...)
	}
	call := fmt.Sprintf("%s(%s);", function, strings.Join(args, ", "))
	if s.Result != "" {
		call = "cp_result = " + call
	}
	s.Call = append(s.Call, call)
	ends := g.ends(l)
	if e := succeeded(f); e != "" && len(ends) > 0 {
		ends = append(append([]string{fmt.Sprintf("if (%s) {", e)}, indent(1, ends...)...), "}")
		if l.destroys != nil && g.own(l.destroys.Type.Handle) {
			ends[len(ends)-1] = "} else {"
			ends = append(ends, fmt.Sprintf("\tcp_end_refused(&cp_this.rows, cp_h_%s);", l.destroys.Name), "}")
		}
	}
	s.Call = append(s.Call, ends...)
	if f.Return != nil {
		g.skeletonResult(s, f, l, value)
	}
	s.Put = append(s.Put, l.settle(f, "1")...)
	for _, p := range f.Params {
		if p.Dir != api.In && p.Transport != api.Shared {
			g.skeletonPut(s, f, p, value)
		}
	}
	return s
}

// target spells the function that a skeleton calls.
func (g *c) target(s *cFunction, f *api.Function) string {
	switch {
	case f.Table != nil:
		s.Locals = append(s.Locals, declare(pointer(f.Table.CType, true), "cp_table;"))
		return "cp_table->" + f.Name
	case f.Scope != api.NoScope:
		s.Locals = append(s.Locals, f.CType+" cp_function;", "void *cp_user;")
		once := truth(f.Scope == api.Async)
		s.Check = append(s.Check,
			fmt.Sprintf("cp_function = (%s)cp_get_function(cp, %s, %s, &cp_user);", f.CType, kindName(f.Name), once),
			"if (cp_function == NULL)", "\treturn;")
		return "cp_function"
	case f.Side == api.PluginSide:
		s.Check = append(s.Check, fmt.Sprintf("if (!cp_provided(cp, %s))", functionNumber(f)), "\treturn;")
		return fmt.Sprintf("((__typeof__(&%s))cp_bound[%s])", f.Name, functionNumber(f))
	}
	return f.Name
}

// skeletonGet decodes a parameter and returns what to pass for it.
func (g *c) skeletonGet(s *cFunction, f *api.Function, p *api.Param, l lifetimes, value func([]string) string) string {
	x, t := local(p.Name), p.Type
	n := "cp_n_" + p.Name
	null := truth(p.Nullable)
	local := func(ctype, name string) { s.Locals = append(s.Locals, declare(ctype, name)+";") }
	same := func(n string, e *api.Expr) {
		s.Same = append(s.Same, fmt.Sprintf("if (%s != NULL)", x), fmt.Sprintf("\tcp_same(cp, %s, %s);", n, expr(e, value)))
	}
	if p.Lifetime != api.ForCall && p.Dir == api.In && t.Handle == nil && p.Transport != api.Shared && (p.Length != nil || t.Struct != nil && t.Struct.Kind != api.Table) {
		g.refuse(p.Position, "%s: the callee keeps %s, which is neither text nor table", f.Name, p.Name)
	}
	switch {
	case p.Self && t.Struct != nil:
		return "(void *)cp_table"
	case t.UserData && f.Scope != api.NoScope:
		return "cp_user"
	case t.UserData:
		return "cp_user_" + p.For
	case t.Callback != nil:
		return g.skeletonCallback(s, f, p)
	case p.Transport == api.Shared:
		size := fixedSize(t.Basic)
		local("void *", x)
		local("uint64_t", n)
		s.Get = append(s.Get, fmt.Sprintf("%s = cp_get_shared(cp, %d, %d, %s, &%s);", x, p.Max, size, null, n))
		if p.Length != nil {
			same(n, p.Length)
		}
		return x
	case p.Dir == api.Out && room(p) != nil:
		one, most := g.ctype(t), p.Max
		if t.String != nil && p.Capacity != nil {
			one, most = "char", 1<<31-1
		}
		local(pointer(one, false), x)
		local("uint64_t", n)
		s.Get = append(s.Get, fmt.Sprintf("%s = cp_get_room(cp, sizeof *%s, %d, %s, &%s);", x, x, most, null, n))
		same(n, room(p))
		return "(void *)" + x
	case p.Length != nil:
		local(pointer(g.ctype(t), t.String != nil), x)
		local("uint64_t", n)
		s.Get = append(s.Get, fmt.Sprintf("%s = %s;", x, g.getArray(p.Position, &p.Value, p.Nullable, n)))
		same(n, p.Length)
		return "(void *)" + x
	case t.Struct != nil && t.Struct.Kind == api.Table:
		g.needs[need{t.Struct, false, false}] = true
		local(pointer(t.Struct.CType, false), x)
		s.Get = append(s.Get, fmt.Sprintf("%s = get_%s(cp, %s);", x, t.Struct.Name, null))
		return x
	case t.Struct != nil:
		local(pointer(t.Struct.CType, false), x)
		s.Get = append(s.Get, fmt.Sprintf("%s = cp_get_given(cp, %s) ? cp_alloc(cp, sizeof *%s) : NULL;", x, null, x))
		if p.Dir != api.Out {
			s.Get = append(s.Get, fmt.Sprintf("if (%s != NULL)", x))
			s.Get = append(s.Get, indent(1, g.getOne(p.Position, &p.Value, "(*"+x+")", g.of(p, value)))...)
		} else if field := t.Struct.SizeField; field != "" {
			s.Get = append(s.Get, fmt.Sprintf("if (%s != NULL)", x), fmt.Sprintf("\t%s->%s = sizeof *%s;", x, field, x))
		}
		return x
	case p.Pointer: // a single value
		one := g.ctype(t)
		if t.String != nil && p.Transfer == api.Full {
			one = strings.TrimPrefix(one, "const ")
		}
		s.Locals = append(s.Locals, declare(one, "cp_v_"+p.Name+" = 0;"))
		local("int", "cp_given_"+p.Name)
		s.Get = append(s.Get, fmt.Sprintf("cp_given_%s = cp_get_given(cp, %s);", p.Name, null))
		if p.Dir != api.Out {
			s.Get = append(s.Get, fmt.Sprintf("if (cp_given_%s)", p.Name))
			s.Get = append(s.Get, indent(1, g.getOne(p.Position, &p.Value, "cp_v_"+p.Name, ""))...)
		}
		return fmt.Sprintf("cp_given_%s ? (void *)&cp_v_%s : NULL", p.Name, p.Name)
	}
	local(g.ctype(t), x)
	get := g.getOne(p.Position, &p.Value, x, "")
	if t.Handle != nil && p.Self && f.Table != nil && g.own(t.Handle) {
		local("uint32_t", "cp_table_of")
		get = strings.Replace(get, ", NULL);", ", &cp_table_of);", 1)
	}
	s.Get = append(s.Get, get)
	if t.String != nil && p.Lifetime != api.ForCall {
		if t.String.Pascal {
			g.refuse(p.Position, "%s: a pascal-string that the callee keeps", f.Name)
		}
		s.Get = append(s.Get, fmt.Sprintf("%s = cp_keep_string(cp, (char *)%s);", x, x))
	}
	if l.numbered(p) {
		local("uint32_t", "cp_h_"+p.Name)
		s.Get = append(s.Get, fmt.Sprintf("cp_h_%s = cp->handle;", p.Name))
	}
	return x
}

// skeletonCallback decodes the other side's callback and returns what stands
// for it.
func (g *c) skeletonCallback(s *cFunction, f *api.Function, p *api.Param) string {
	cb := p.Type.Callback
	if userOf(f, p) != nil {
		g.users[cb] = true
		s.Locals = append(s.Locals, fmt.Sprintf("void *cp_user_%s;", p.Name))
		s.Get = append(s.Get, fmt.Sprintf("cp_user_%s = cp_get_callback(cp, %s);", p.Name, truth(p.Nullable)))
		return fmt.Sprintf("cp_user_%s == NULL ? NULL : (void *)user_%s", p.Name, cb.Name)
	}
	g.pools[cb] = true
	s.Locals = append(s.Locals, fmt.Sprintf("int cp_slot_%s;", p.Name))
	s.Get = append(s.Get, fmt.Sprintf("cp_slot_%s = cp_get_trampoline(cp, &pool_%s, %s, %s, %s);", p.Name, cb.Name, kindName(cb.Name), scope(cb), truth(p.Nullable)))
	return fmt.Sprintf("trampoline_%s(cp_slot_%s)", cb.Name, p.Name)
}

// skeletonResult encodes the result.
func (g *c) skeletonResult(s *cFunction, f *api.Function, l lifetimes, value func([]string) string) {
	r := f.Return
	t := r.Type
	put := func(lines ...string) { s.Put = append(s.Put, lines...) }
	switch {
	case r.Length != nil:
		put(g.putArray(r.Position, &r.Value, "cp_result", fmt.Sprintf("cp_result == NULL ? 0 : cp_length(cp, %s, %d)", expr(r.Length, value), r.Max)))
	case t.Struct != nil && t.Struct.Kind == api.Table:
		g.needs[need{t.Struct, true, false}] = true
		put("if (cp_result != NULL)", fmt.Sprintf("\tput_%s(cp, cp_result);", t.Struct.Name), "else", "\tcp_put(cp, 0);")
	case t.Struct != nil:
		put("cp_put(cp, cp_result != NULL);", "if (cp_result != NULL)")
		put(indent(1, g.putOne(r.Position, &r.Value, "(*cp_result)", g.of(r, value)))...)
	case t.Handle != nil && g.own(t.Handle) && l.creates != nil:
		table, parentKind, parent := "0", "0", "0"
		if f.Table != nil {
			table = "cp->table"
		}
		if l.parent != nil {
			parentKind, parent = handleKind(l.parent), "cp_h_"+l.parent.Name
		}
		put(fmt.Sprintf("cp_put_new(cp, %s, (void *)(uintptr_t)cp_result, %s, %s, %s);", kindName(t.Handle.Name), table, parentKind, parent))
	default:
		put(g.putOne(r.Position, &r.Value, "cp_result", ""))
	}
	if l.numbered(r) {
		s.Locals = append(s.Locals, "uint32_t cp_h_return;")
		put("cp_h_return = cp->handle;")
	}
	if r.Transfer == api.Full {
		put("free((void *)cp_result);")
	}
}

// skeletonPut encodes what comes out.
func (g *c) skeletonPut(s *cFunction, f *api.Function, p *api.Param, value func([]string) string) {
	x, t := local(p.Name), p.Type
	n := "cp_n_" + p.Name
	put := func(lines ...string) { s.Put = append(s.Put, lines...) }
	switch {
	case t.String != nil && p.Capacity != nil:
		put(fmt.Sprintf("cp_put_buffer(cp, %s, %s);", x, n))
	case p.Dir == api.InOut && p.Length != nil:
		put(g.putArray(p.Position, &p.Value, x, n))
	case room(p) != nil:
		switch {
		case p.CountReturn:
			put(fmt.Sprintf("%s = cp_written(cp_result, %s);", n, n))
		case p.Length != nil && p.Capacity != nil:
			put(fmt.Sprintf("if (%s != NULL)", x), fmt.Sprintf("\t%s = cp_length(cp, %s, %s);", n, expr(p.Length, value), n))
		}
		put(g.putArray(p.Position, &p.Value, x, n))
	case t.Struct != nil:
		put(fmt.Sprintf("cp_put(cp, %s != NULL);", x), fmt.Sprintf("if (%s != NULL)", x))
		put(indent(1, g.putOne(p.Position, &p.Value, "(*"+x+")", g.of(p, value)))...)
	default:
		put(g.putOne(p.Position, &p.Value, "cp_v_"+p.Name, ""))
		if p.Transfer == api.Full && t.String != nil {
			put(fmt.Sprintf("free(cp_v_%s);", p.Name))
		}
	}
}

// pool makes the trampolines of a callback type.
func (g *c) pool(f *api.Function) cPool {
	p := cPool{Name: f.Name, Result: voidIfNone(g.result(f)), Params: g.params(f), Slot: fmt.Sprintf("atomic_load(&pool_%s.slot[n])", f.Name)}
	if f.Scope == api.Async {
		p.Slot = fmt.Sprintf("cp_use_slot_once(&cp_this.rows, &pool_%s.slot[n], %s)", f.Name, kindName(f.Name))
	}
	if f.Return != nil {
		p.Return = "return "
	}
	var args []string
	for _, a := range f.Params {
		args = append(args, local(a.Name))
		if a.Type.UserData {
			p.User = local(a.Name)
		}
	}
	p.Args = strings.Join(args, ", ")
	if len(args) > 0 {
		p.Args = ", " + p.Args
	}
	return p
}
