package generate

import (
	"fmt"
	"strings"

	"github.com/crossplug/crossplug/api"
)

// own says whether objects of a handle type are this side's.
func (g *c) own(h *api.Handle) bool { return h.Owner == g.side }

// address spells a pointer to x: of (*p), p itself.
func address(x string) string {
	if p, ok := strings.CutPrefix(x, "(*"); ok {
		return strings.TrimSuffix(p, ")")
	}
	return "&" + x
}

// putOne encodes one value x, an expression.
func (g *c) putOne(at api.Position, v *api.Value, x, of string) string {
	t := v.Type
	switch {
	case t.String != nil && v.Count > 0 && t.String.Pascal:
		return fmt.Sprintf("cp_put_pascal(cp, %s, %d);", x, v.Count-1)
	case t.String != nil && v.Count > 0:
		return fmt.Sprintf("cp_put_embedded(cp, %s, %d);", x, v.Count)
	case t.String != nil && t.String.Pascal:
		return fmt.Sprintf("cp_put_pascal(cp, %s, %d);", x, t.String.Max)
	case t.String != nil:
		return fmt.Sprintf("cp_put_string(cp, %s, %d);", x, t.String.Max)
	case t.Handle != nil && g.own(t.Handle):
		return fmt.Sprintf("cp_put_own(cp, %s, (void *)(uintptr_t)%s);", kindName(t.Handle.Name), x)
	case t.Handle != nil:
		return fmt.Sprintf("cp_put_handle(cp, (void *)(uintptr_t)%s);", x)
	case t.Struct != nil && t.Struct.Kind == api.Union:
		g.needs[need{t.Struct, true, false}] = true
		return fmt.Sprintf("put_%s(cp, %s, %s);", t.Struct.Name, address(x), of)
	case t.Struct != nil:
		g.needs[need{t.Struct, true, false}] = true
		return fmt.Sprintf("put_%s(cp, %s);", t.Struct.Name, address(x))
	}
	return fmt.Sprintf("cp_put_%s(cp, %s);", g.glue(at, t), x)
}

// getOne decodes one value into x.
func (g *c) getOne(at api.Position, v *api.Value, x, of string) string {
	t := v.Type
	null := truth(v.Nullable)
	switch {
	case t.String != nil && v.Count > 0 && t.String.Pascal:
		return fmt.Sprintf("cp_get_pascal_into(cp, %s, %d);", x, v.Count)
	case t.String != nil && v.Count > 0:
		return fmt.Sprintf("cp_get_embedded(cp, %s, %d);", x, v.Count)
	case t.String != nil && t.String.Pascal:
		return fmt.Sprintf("%s = cp_get_pascal(cp, %d, %s);", x, t.String.Max, null)
	case t.String != nil:
		return fmt.Sprintf("%s = cp_get_string(cp, %d, %s);", x, t.String.Max, null)
	case t.Handle != nil && g.own(t.Handle):
		return fmt.Sprintf("%s = (%s)(uintptr_t)cp_get_own(cp, %s, %s, NULL);", x, t.Handle.CType, kindName(t.Handle.Name), null)
	case t.Handle != nil:
		return fmt.Sprintf("%s = (%s)(uintptr_t)cp_get_handle(cp, %s);", x, t.Handle.CType, null)
	case t.Struct != nil && t.Struct.Kind == api.Union:
		g.needs[need{t.Struct, false, false}] = true
		return fmt.Sprintf("get_%s(cp, %s, %s);", t.Struct.Name, address(x), of)
	case t.Struct != nil:
		g.needs[need{t.Struct, false, false}] = true
		return fmt.Sprintf("get_%s(cp, %s);", t.Struct.Name, address(x))
	case t.Enum != nil:
		return fmt.Sprintf("%s = (%s)cp_get_%s(cp);", x, t.Enum.CType, g.glue(at, t))
	}
	return fmt.Sprintf("%s = cp_get_%s(cp);", x, g.glue(at, t))
}

func truth(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// putArray encodes n elements at x, which may be null.
func (g *c) putArray(at api.Position, v *api.Value, x, n string) string {
	switch t := v.Type; {
	case t.String != nil:
		return fmt.Sprintf("cp_put_strings(cp, %s, %s, %d);", x, n, t.String.Max)
	case t.Handle != nil:
		g.needs[need{t.Handle, true, true}] = true
		return fmt.Sprintf("put_array_%s(cp, %s, %s);", t.Handle.Name, x, n)
	case t.Struct != nil:
		g.needs[need{t.Struct, true, true}] = true
		g.needs[need{t.Struct, true, false}] = true
		return fmt.Sprintf("put_array_%s(cp, %s, %s);", t.Struct.Name, x, n)
	}
	return fmt.Sprintf("cp_put_array(cp, CP_E_%s, %s, %s);", g.glue(at, v.Type), x, n)
}

// getArray is an expression: a decoded array in private memory. Its length goes
// to the variable n.
func (g *c) getArray(at api.Position, v *api.Value, nullable bool, n string) string {
	most, null := v.Max, truth(nullable)
	switch t := v.Type; {
	case t.String != nil:
		return fmt.Sprintf("cp_get_strings(cp, %d, %d, %s, &%s)", most, t.String.Max, null, n)
	case t.Handle != nil:
		g.needs[need{t.Handle, false, true}] = true
		return fmt.Sprintf("get_array_%s(cp, %d, %s, &%s)", t.Handle.Name, most, null, n)
	case t.Struct != nil:
		g.needs[need{t.Struct, false, true}] = true
		g.needs[need{t.Struct, false, false}] = true
		return fmt.Sprintf("get_array_%s(cp, %d, %s, &%s)", t.Struct.Name, most, null, n)
	}
	return fmt.Sprintf("cp_get_array(cp, CP_E_%s, %d, %s, &%s)", g.glue(at, v.Type), most, null, n)
}

// getArrayInto decodes an array into its caller's, which has room for so many.
func (g *c) getArrayInto(at api.Position, v *api.Value, x, room string) string {
	switch t := v.Type; {
	case t.Handle != nil:
		g.needs[need{t.Handle, false, true}] = true
		return fmt.Sprintf("get_into_%s(cp, %s, %s);", t.Handle.Name, x, room)
	case t.Struct != nil:
		g.needs[need{t.Struct, false, true}] = true
		g.needs[need{t.Struct, false, false}] = true
		return fmt.Sprintf("get_into_%s(cp, %s, %s);", t.Struct.Name, x, room)
	}
	return fmt.Sprintf("cp_get_array_into(cp, CP_E_%s, %s, %s);", g.glue(at, v.Type), x, room)
}

// codecs makes all that is needed, in the order of the definition.
func (g *c) codecs() []*cFunction {
	made := map[need]*cFunction{}
	for len(made) < len(g.needs) { // a codec may need others
		for n := range g.needs {
			if made[n] == nil {
				made[n] = g.codec(n)
			}
		}
	}
	var list []*cFunction
	add := func(of any) {
		for _, n := range []need{{of, true, false}, {of, false, false}, {of, true, true}, {of, false, true}} {
			if made[n] != nil {
				list = append(list, made[n])
			}
			if into := (need{of, false, true}); n == into && made[n] != nil {
				list = append(list, g.into(of))
			}
		}
	}
	for _, h := range g.api.Handles {
		add(h)
	}
	for _, s := range g.api.Structs {
		add(s)
	}
	return list
}

func (g *c) codec(n need) *cFunction {
	s, ok := n.of.(*api.Struct)
	switch {
	case !ok || n.array:
		return g.arrayCodec(valueOf(n.of), n.put)
	case s.Kind == api.Union:
		return g.unionCodec(s, n.put)
	case s.Kind == api.Table:
		return g.tableCodec(s, n.put)
	}
	return g.structCodec(s, n.put)
}

// valueOf is an element of an array of handles or structs.
func valueOf(of any) api.Value {
	var v api.Value
	switch of := of.(type) {
	case *api.Handle:
		v.Type = &api.Type{Name: of.Name, Handle: of}
	case *api.Struct:
		v.Type = &api.Type{Name: of.Name, Struct: of}
	}
	return v
}

// arrayCodec makes the codec of an array by pointer, except of numbers.
func (g *c) arrayCodec(v api.Value, put bool) *cFunction {
	name, ctype := tag(v.Type), g.ctype(v.Type)
	if put {
		return &cFunction{
			Prototype: fmt.Sprintf("CP_FN void put_array_%s(struct cp_call *cp, %s, uint64_t n)", name, declare(pointer(ctype, true), "v")),
			Locals:    []string{"uint64_t i;"},
			Put: append([]string{"cp_put(cp, v == NULL ? CP_NULL : n);", "for (i = 0; v != NULL && i < n && cp->status == CP_OK; i++)"},
				indent(1, g.putOne(api.Position{}, &v, "v[i]", ""))...),
		}
	}
	return &cFunction{
		Prototype: fmt.Sprintf("CP_FN %sget_array_%s(struct cp_call *cp, uint64_t most, int nullable, uint64_t *n)", pointer(ctype, false), name),
		Locals:    []string{declare(pointer(ctype, false), "v;"), "uint64_t i;"},
		Get: append([]string{
			"*n = cp_get_count(cp, most, 8, nullable);",
			"if (*n == CP_NULL) {", "\t*n = 0;", "\treturn NULL;", "}",
			"v = cp_alloc(cp, (*n + 1) * sizeof *v); /* one more, so that none is not null */",
			"for (i = 0; v != NULL && i < *n && cp->status == CP_OK; i++)"},
			append(indent(1, g.getOne(api.Position{}, &v, "v[i]", "")), "return v;")...),
	}
}

// into makes the decoder of an array into its caller's.
func (g *c) into(of any) *cFunction {
	v := valueOf(of)
	return &cFunction{
		Prototype: fmt.Sprintf("CP_FN void get_into_%s(struct cp_call *cp, %s, uint64_t room)", tag(v.Type), declare(pointer(g.ctype(v.Type), false), "v")),
		Locals:    []string{"uint64_t n = cp_get_count(cp, room, 8, 1), i;"},
		Get: append([]string{
			"if (n != CP_NULL && v == NULL)", "\tcp_fail(cp, CP_MALFORMED, \"an array that nobody asked for\");",
			"for (i = 0; n != CP_NULL && i < n && cp->status == CP_OK; i++)"},
			indent(1, g.getOne(api.Position{}, &v, "v[i]", ""))...),
	}
}

func (g *c) unionCodec(s *api.Struct, put bool) *cFunction {
	f := &cFunction{Prototype: fmt.Sprintf("CP_FN void get_%s(struct cp_call *cp, %s, int64_t which)", s.Name, declare(pointer(s.CType, false), "s"))}
	if put {
		f.Prototype = fmt.Sprintf("CP_FN void put_%s(struct cp_call *cp, %s, int64_t which)", s.Name, declare(pointer(s.CType, true), "s"))
	}
	lines := []string{"switch (which) {"}
	for _, field := range s.Fields {
		lines = append(lines, fmt.Sprintf("case %d: /* %s */", field.Number, field.Case))
		lines = append(lines, indent(1, g.field(s, field, put)...)...)
		lines = append(lines, "\tbreak;")
	}
	lines = append(lines, "default:", "\tcp_fail(cp, CP_BAD_UNION, \"a union has no such case\");", "}")
	for _, field := range s.Fields {
		if field.Count > 0 && field.Type.Basic == api.NoBasic && field.Type.String == nil {
			f.Locals = []string{"uint32_t i;"}
		}
	}
	f.Put = lines
	return f
}

// field encodes or decodes one field of *s; lengths are checked later.
func (g *c) field(s *api.Struct, f *api.Field, put bool) []string {
	x := "s->" + f.Name
	t := f.Type
	of := ""
	if f.Switch != "" {
		of = "s->" + f.Switch
	}
	// What lies in a packed struct may not lie where pointers to it may point.
	packed := s.Packing != api.Natural && t.Struct != nil && f.Length == nil
	switch {
	case t.UserData:
		return nil // it crosses with its callback
	case t.Callback != nil:
		return g.callbackField(s, f, put)
	case packed && f.Count == 0:
		lines := []string{"{", "\t" + t.Struct.CType + " copy = " + x + ";"}
		if put {
			return append(lines, "\t"+g.putOne(f.Position, &f.Value, "copy", of), "}")
		}
		return append(lines, "\t"+g.getOne(f.Position, &f.Value, "copy", of), "\t"+x+" = copy;", "}")
	case packed:
		g.refuse(f.Position, "%s.%s: an array of structs in a packed struct", s.Name, f.Name)
		return nil
	case f.Length != nil && put:
		return []string{g.putArray(f.Position, &f.Value, x, fmt.Sprintf("%s == NULL ? 0 : cp_length(cp, %s, %d)", x, expr(f.Length, inStruct("s")), f.Max))}
	case f.Length != nil:
		return []string{fmt.Sprintf("%s = %s;", x, g.getArray(f.Position, &f.Value, f.Nullable, "n_"+f.Name))}
	case f.Count > 0 && f.Raw && put:
		return []string{fmt.Sprintf("cp_put_bytes(cp, %s, sizeof %s);", x, x)}
	case f.Count > 0 && f.Raw:
		return []string{fmt.Sprintf("cp_get_bytes(cp, %s, sizeof %s);", x, x)}
	case f.Raw && put:
		return []string{fmt.Sprintf("cp_put_bytes(cp, &%s, sizeof %s);", x, x)}
	case f.Raw:
		return []string{fmt.Sprintf("cp_get_bytes(cp, &%s, sizeof %s);", x, x)}
	case f.Count > 0 && t.Basic != api.NoBasic && put:
		return []string{fmt.Sprintf("cp_put_fixed(cp, CP_E_%s, %s, %d);", g.glue(f.Position, t), x, f.Count)}
	case f.Count > 0 && t.Basic != api.NoBasic:
		return []string{fmt.Sprintf("cp_get_fixed(cp, CP_E_%s, %s, %d);", g.glue(f.Position, t), x, f.Count)}
	case f.Count > 0 && t.String == nil && put:
		return append([]string{fmt.Sprintf("for (i = 0; i < %d; i++)", f.Count)}, indent(1, g.putOne(f.Position, &f.Value, x+"[i]", of))...)
	case f.Count > 0 && t.String == nil:
		return append([]string{fmt.Sprintf("for (i = 0; i < %d; i++)", f.Count)}, indent(1, g.getOne(f.Position, &f.Value, x+"[i]", of))...)
	case put:
		return []string{g.putOne(f.Position, &f.Value, x, of)}
	}
	return []string{g.getOne(f.Position, &f.Value, x, of)}
}

// callbackField is a function pointer in a struct, with the user data beside it.
func (g *c) callbackField(s *api.Struct, f *api.Field, put bool) []string {
	cb := f.Type.Callback
	user := ""
	for _, other := range s.Fields {
		if other.Type != nil && other.Type.UserData && other.For == f.Name {
			user = "s->" + other.Name
		}
	}
	switch {
	case put && cb.Side != g.side || !put && cb.Side == g.side:
		g.refuse(f.Position, "%s.%s: the struct crosses to the side that implements %s", s.Name, f.Name, cb.Name)
		return nil
	case put && user == "":
		user = "NULL"
		fallthrough
	case put:
		return []string{fmt.Sprintf("cp_put_callback(cp, %s, (void *)s->%s, %s, %s);", kindName(cb.Name), f.Name, user, scope(cb))}
	case user == "":
		g.pools[cb] = true
		return []string{fmt.Sprintf("s->%s = trampoline_%s(cp_get_trampoline(cp, &pool_%s, %s, %s, %s));", f.Name, cb.Name, cb.Name, kindName(cb.Name), scope(cb), truth(f.Nullable))}
	}
	g.users[cb] = true
	return []string{
		fmt.Sprintf("%s = cp_get_callback(cp, %s);", user, truth(f.Nullable)),
		fmt.Sprintf("s->%s = %s == NULL ? NULL : (void *)user_%s;", f.Name, user, cb.Name),
	}
}

// body encodes or decodes all fields of *s, and says which local variables that
// takes.
func (g *c) body(s *api.Struct, put bool) (lines, locals []string) {
	var checks []string
	seen := map[string]bool{}
	loop := false
	for _, f := range s.Fields {
		if f.Func != nil || f.Opaque || f.Name == s.SizeField {
			continue
		}
		if f.Switch != "" && !seen[f.Switch] {
			g.refuse(f.Position, "%s.%s: the field that says the union's case has to come before it", s.Name, f.Name)
		}
		seen[f.Name] = true
		one := g.field(s, f, put)
		if f.Range != (api.Range{}) {
			one = append([]string{fmt.Sprintf("if (cp_knows(cp, %s)) {", ranged(f.Range))}, append(indent(1, one...), "}")...)
		}
		lines = append(lines, one...)
		loop = loop || f.Count > 0 && f.Type.Basic == api.NoBasic && f.Type.String == nil
		if f.Length != nil && !put {
			locals = append(locals, "uint64_t n_"+f.Name+" = 0;")
			checks = append(checks, fmt.Sprintf("if (s->%s != NULL)", f.Name), fmt.Sprintf("\tcp_same(cp, n_%s, %s);", f.Name, expr(f.Length, inStruct("s"))))
		}
	}
	if loop {
		locals = append(locals, "uint32_t i;")
	}
	return append(lines, checks...), locals
}

func (g *c) structCodec(s *api.Struct, put bool) *cFunction {
	body, locals := g.body(s, put)
	f := &cFunction{Locals: locals, Put: body}
	if put {
		f.Prototype = fmt.Sprintf("CP_FN void put_%s(struct cp_call *cp, %s)", s.Name, declare(pointer(s.CType, true), "s"))
		if s.SizeField != "" { // what lies beyond its size is not there
			f.Locals = append([]string{s.CType + " whole;"}, f.Locals...)
			f.Put = append([]string{
				"memset(&whole, 0, sizeof whole);",
				fmt.Sprintf("memcpy(&whole, s, s->%s < sizeof whole ? s->%s : sizeof whole);", s.SizeField, s.SizeField),
				"s = &whole;",
			}, body...)
		}
		return f
	}
	f.Prototype = fmt.Sprintf("CP_FN void get_%s(struct cp_call *cp, %s)", s.Name, declare(pointer(s.CType, false), "s"))
	if s.SizeField != "" { // its owner says how much room there is
		f.Locals = append([]string{s.CType + " whole;", declare(pointer(s.CType, false), "to = s;"),
			fmt.Sprintf("size_t room = s->%s > 0 && s->%s < sizeof whole ? s->%s : sizeof whole;", s.SizeField, s.SizeField, s.SizeField)}, f.Locals...)
		f.Put = append([]string{"memset(&whole, 0, sizeof whole);", "s = &whole;"}, body...)
		f.Put = append(f.Put, fmt.Sprintf("whole.%s = to->%s > 0 ? to->%s : sizeof whole;", s.SizeField, s.SizeField, s.SizeField), "memcpy(to, &whole, room);")
	}
	return f
}

// tableCodec makes the codec of a table of functions: its handle, its data, and
// a bit for each function that there is.
func (g *c) tableCodec(s *api.Struct, put bool) *cFunction {
	var methods []*api.Field
	for _, f := range s.Fields {
		if f.Func != nil {
			methods = append(methods, f)
		}
	}
	if len(methods) > 64 {
		g.refuse(s.Position, "%s has %d functions; a table has at most 64", s.Name, len(methods))
	}
	if put != (s.Owner == g.side) {
		g.refuse(s.Position, "%s is passed to its owner", s.Name)
	}
	body, locals := g.body(s, put)
	kind := kindName(s.Name)
	if put {
		lines := append([]string{fmt.Sprintf("if (cp_put_own(cp, %s, s) == 0)", kind), "\treturn;"}, body...)
		for i, f := range methods {
			line := fmt.Sprintf("bits |= (uint64_t)(s->%s != NULL) << %d;", f.Name, i)
			if f.Range != (api.Range{}) {
				lines = append(lines, fmt.Sprintf("if (cp_knows(cp, %s))", ranged(f.Range)))
				line = "\t" + line
			}
			lines = append(lines, line)
		}
		return &cFunction{
			Prototype: fmt.Sprintf("CP_FN void put_%s(struct cp_call *cp, %s)", s.Name, declare(pointer(s.CType, true), "s")),
			Locals:    append(locals, "uint64_t bits = 0;"),
			Put:       append(lines, "cp_put(cp, bits);"),
		}
	}
	var required uint64
	lines := []string{
		"cp_get_handle(cp, nullable);",
		"handle = cp->handle;",
		"if (handle == 0)", "\treturn NULL;",
		fmt.Sprintf("known = cp_find_view(cp->link, %s, handle);", kind),
		"cp->keep = known == NULL; /* it stays for good */",
		"if ((s = cp_alloc(cp, sizeof *s)) == NULL) {", "\tcp->keep = 0;", "\treturn NULL;", "}",
	}
	lines = append(lines, body...)
	lines = append(lines, "bits = cp_get(cp);")
	for i, f := range methods {
		if !f.Func.Nullable && f.Range == (api.Range{}) {
			required |= 1 << i
		}
		lines = append(lines, fmt.Sprintf("s->%s = bits >> %d & 1 ? (void *)method_%s_%s : NULL;", f.Name, i, s.Name, f.Name))
	}
	if required != 0 {
		lines = append(lines, fmt.Sprintf("if (~bits & 0x%x)", required), "\tcp_fail(cp, CP_MALFORMED, \"a table lacks a function\");")
	}
	lines = append(lines, "cp->keep = 0;", "if (known != NULL)", "\treturn known;", fmt.Sprintf("cp_add_view(cp, %s, handle, s);", kind), "return cp->status == CP_OK ? s : NULL;")
	return &cFunction{
		Prototype: fmt.Sprintf("CP_FN %sget_%s(struct cp_call *cp, int nullable)", pointer(s.CType, false), s.Name),
		Locals:    append(locals, declare(pointer(s.CType, false), "s, *known;"), "uint64_t bits;", "uint32_t handle;"),
		Put:       lines,
	}
}

func scope(f *api.Function) string {
	return map[api.Scope]string{api.CallScope: "CP_CALL", api.Registration: "CP_REGISTRATION", api.Async: "CP_ASYNC", api.Forever: "CP_FOREVER"}[f.Scope]
}

func class(f *api.Function) string {
	return map[api.Thread]string{api.AnyThread: "CP_ANY", api.MainThread: "CP_MAIN", api.RealTime: "CP_RT"}[f.Thread]
}
