package generate

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/crossplug/crossplug/api"
)

// text spells a string's glue.Text.
func text(s *api.String) string {
	var parts []string
	if s.Max > 0 && s.Max != api.DefaultMax && !(s.Pascal && s.Max >= 255) {
		parts = append(parts, fmt.Sprintf("Max: %d", s.Max))
	}
	if s.MacRoman {
		parts = append(parts, "MacRoman: true")
	}
	if s.Pascal {
		parts = append(parts, "Pascal: true")
	}
	return "glue.Text{" + strings.Join(parts, ", ") + "}"
}

// number says whether elements of a type cross packed.
func number(t *api.Type) bool {
	return t.String == nil && t.Struct == nil && t.Handle == nil && t.Callback == nil && t.Basic != api.Bool
}

// ref spells a pointer to an expression.
func ref(x string) string {
	if strings.HasPrefix(x, "*") {
		return x[1:]
	}
	return "&" + x
}

// put encodes a single value x. of is a union's switch, an int64.
func (g *golang) put(at api.Position, v *api.Value, x, item, of string) string {
	t := v.Type
	switch {
	case t.String != nil && v.Nullable:
		return fmt.Sprintf("call.PutStringOrNull(%q, %s, %s)", item, x, text(t.String))
	case t.String != nil:
		return fmt.Sprintf("call.PutString(%q, %s, %s)", item, x, text(t.String))
	case t.Handle != nil && t.Handle.Owner == api.PluginSide:
		return fmt.Sprintf("%s.put(call, %q, %v)", strings.TrimPrefix(x, "*"), item, v.Nullable)
	case t.Handle != nil:
		return fmt.Sprintf("put%s(call, %q, %s, %v)", g.handles[t.Handle], item, x, v.Nullable)
	case t.Callback != nil:
		if t.Callback.Side != api.HostSide {
			g.refuse(at, "%s crosses to the side that implements it", t.Callback.Name)
		}
		return fmt.Sprintf("call.PutFunc(%q, %s, %s, %s != nil, %v)", item, g.variable(t.Callback), x, x, v.Nullable)
	case t.Struct != nil && t.Struct.Kind == api.Union:
		g.codecs[need{t.Struct, true, false}] = true
		return fmt.Sprintf("put%s(call, %s, %s)", g.structs[t.Struct], ref(x), of)
	case t.Struct != nil:
		g.codecs[need{t.Struct, true, false}] = true
		return fmt.Sprintf("put%s(call, %s)", g.structs[t.Struct], ref(x))
	}
	return g.putBasic(t, x)
}

// putBasic encodes a number or truth value.
func (g *golang) putBasic(t *api.Type, x string) string {
	name := goBasics[t.Basic].name
	plain := t.Enum == nil
	switch {
	case t.Basic == api.Bool:
		return fmt.Sprintf("call.PutBool(%s)", x)
	case t.Basic == api.F32:
		return fmt.Sprintf("call.PutF32(%s)", x)
	case t.Basic == api.F64:
		return fmt.Sprintf("call.PutF64(%s)", x)
	case name == "int64" && plain:
		return fmt.Sprintf("call.PutInt(%s)", x)
	case name == "uint64" && plain:
		return fmt.Sprintf("call.Put(%s)", x)
	case t.Basic.Signed():
		return fmt.Sprintf("call.PutInt(int64(%s))", x)
	}
	return fmt.Sprintf("call.Put(uint64(%s))", x)
}

// get is an expression that decodes a single value that is no struct.
func (g *golang) get(at api.Position, v *api.Value, item string) string {
	t := v.Type
	switch {
	case t.String != nil && v.Nullable:
		return fmt.Sprintf("call.StringOrNull(%q, %s)", item, text(t.String))
	case t.String != nil:
		return fmt.Sprintf("call.GetString(%q, %s)", item, text(t.String))
	case t.Handle != nil:
		return fmt.Sprintf("get%s(call, %q, %v)", g.handles[t.Handle], item, v.Nullable)
	case t.Callback != nil:
		if t.Callback.Side != api.PluginSide {
			g.refuse(at, "%s crosses to the side that implements it", t.Callback.Name)
		}
		return fmt.Sprintf("get%s(call, %q, %v)", g.cbs[t.Callback], item, v.Nullable)
	}
	b, ok := goBasics[t.Basic]
	if !ok {
		g.refuse(at, "type %s does not cross", t.Name)
	}
	get := fmt.Sprintf("call.%s(%q)", b.get, item)
	if t.Enum != nil {
		return fmt.Sprintf("%s(%s)", g.enums[t.Enum], get)
	}
	return get
}

// getTo decodes a single value into x.
func (g *golang) getTo(at api.Position, v *api.Value, x, item, of string) string {
	t := v.Type
	switch {
	case t.Struct != nil && t.Struct.Kind == api.Union:
		g.codecs[need{t.Struct, false, false}] = true
		return fmt.Sprintf("get%s(call, %s, %s)", g.structs[t.Struct], ref(x), of)
	case t.Struct != nil:
		g.codecs[need{t.Struct, false, false}] = true
		return fmt.Sprintf("get%s(call, %s)", g.structs[t.Struct], ref(x))
	}
	return x + " = " + g.get(at, v, item)
}

// element is an array's element as a value.
func element(v *api.Value) *api.Value {
	return &api.Value{Type: v.Type, Nullable: v.Type.Handle != nil}
}

// putArray encodes a slice with its length.
func (g *golang) putArray(at api.Position, v *api.Value, x, item string) []string {
	most := v.Max
	switch {
	case number(v.Type):
		return []string{fmt.Sprintf("glue.PutNumbers(&call.Message, %q, %s, %d, %v)", item, x, most, v.Nullable)}
	case v.Type.Basic == api.Bool:
		return []string{fmt.Sprintf("glue.PutBools(&call.Message, %q, %s, %d, %v)", item, x, most, v.Nullable)}
	case v.Type.String != nil && v.Type.String.Pascal:
		g.refuse(at, "an array of pascal-strings")
	}
	loop := []string{
		fmt.Sprintf("call.PutCount(%q, len(%s), %d)", item, x, most),
		fmt.Sprintf("for i := range %s {", x),
		"\t" + g.put(at, element(v), x+"[i]", item, ""),
		"}",
	}
	if !v.Nullable {
		return loop
	}
	return append(append([]string{fmt.Sprintf("if %s == nil {", x), "\tcall.PutNull()", "} else {"}, indent(1, loop...)...), "}")
}

// getArray decodes a slice with its length into x, which is declared.
func (g *golang) getArray(at api.Position, v *api.Value, x, item string, most string) []string {
	switch {
	case number(v.Type):
		return []string{fmt.Sprintf("%s = glue.Numbers[%s](&call.Message, %q, %s, %v)", x, g.one(at, v.Type), item, most, v.Nullable)}
	case v.Type.Basic == api.Bool:
		return []string{fmt.Sprintf("%s = glue.Bools(&call.Message, %q, %s, %v)", x, item, most, v.Nullable)}
	case v.Type.String != nil && v.Type.String.Pascal:
		g.refuse(at, "an array of pascal-strings")
	}
	return []string{
		fmt.Sprintf("if n := call.Count(%q, %s, 8, %v); n >= 0 {", item, most, v.Nullable),
		fmt.Sprintf("\t%s = make([]%s, n)", x, g.one(at, v.Type)),
		fmt.Sprintf("\tfor i := range %s {", x),
		"\t\t" + g.getTo(at, element(v), x+"[i]", item, ""),
		"\t}",
		"}",
	}
}

// declared puts a declaration of x before lines that set it.
func declared(x, typ string, lines []string) []string {
	if rest, ok := strings.CutPrefix(lines[0], x+" = "); ok && len(lines) == 1 {
		return []string{x + " := " + rest}
	}
	return append([]string{"var " + x + " " + typ}, lines...)
}

// getArrayInto decodes a slice into the caller's. n is where the number goes, or "".
func (g *golang) getArrayInto(at api.Position, v *api.Value, x, item, n string) []string {
	if n != "" {
		n += " = "
	}
	switch {
	case number(v.Type):
		return []string{fmt.Sprintf("%sglue.NumbersInto(&call.Message, %q, %s)", n, item, x)}
	case v.Type.Basic == api.Bool:
		return []string{fmt.Sprintf("%sglue.BoolsInto(&call.Message, %q, %s)", n, item, x)}
	case v.Type.String != nil:
		g.refuse(at, "an array of strings that comes out, as nothing says whose they are")
	}
	lines := []string{
		fmt.Sprintf("for i := range max(call.Count(%q, len(%s), 8, true), 0) {", item, x),
		"\t" + g.getTo(at, element(v), x+"[i]", item, ""),
		"}",
	}
	if n != "" {
		g.refuse(at, "an array of what has parts, on a real-time thread")
	}
	return lines
}

// field encodes or decodes one field of *v.
func (g *golang) field(s *api.Struct, f *api.Field, put bool) []string {
	x := "v." + exported(f.Name)
	item := f.Name
	of := ""
	if f.Switch != "" {
		of = "int64(v." + exported(f.Switch) + ")"
	}
	fixed := fmt.Sprintf("(&call.Message, %q, %s[:])", item, x)
	packed := f.Count > 0 && (number(f.Type) || f.Raw)
	switch {
	case f.Raw && f.Length == nil || packed && f.Raw:
		if put {
			return []string{"glue.PutFixed" + fixed}
		}
		return []string{"glue.GetFixed" + fixed}
	case packed && put:
		return []string{"glue.PutFixed" + fixed}
	case packed:
		return []string{"glue.GetFixed" + fixed}
	case f.Count > 0 && f.Type.Basic == api.Bool && put:
		return []string{"glue.PutFixedBools" + fixed}
	case f.Count > 0 && f.Type.Basic == api.Bool:
		return []string{"glue.GetFixedBools" + fixed}
	case f.Count > 0:
		one := f.Value
		one.Count = 0
		line := g.getTo(f.Position, &one, x+"[i]", item, of)
		if put {
			line = g.put(f.Position, &one, x+"[i]", item, of)
		}
		return []string{fmt.Sprintf("for i := range %s {", x), "\t" + line, "}"}
	case f.Length != nil && put:
		return g.putArray(f.Position, &f.Value, x, item)
	case f.Length != nil:
		return g.getArray(f.Position, &f.Value, x, item, strconv.Itoa(f.Max))
	case put:
		return []string{g.put(f.Position, &f.Value, x, item, of)}
	}
	return []string{g.getTo(f.Position, &f.Value, x, item, of)}
}

// makeCodecs makes what is needed, in the order of the definition. A codec may
// need others.
func (g *golang) makeCodecs() {
	made := map[need]string{}
	var current []string
	for len(made) < len(g.codecs) {
		for _, s := range g.api.Structs {
			for _, put := range []bool{true, false} {
				n := need{s, put, false}
				if _, ok := made[n]; ok || !g.codecs[n] {
					continue
				}
				kept := g.decl
				g.decl = nil
				g.codec(s, put)
				current, g.decl = g.decl, kept
				made[n] = strings.Join(current, "\n\n")
			}
		}
	}
	for _, s := range g.api.Structs {
		for _, put := range []bool{true, false} {
			if text, ok := made[need{s, put, false}]; ok {
				g.add(text)
			}
		}
	}
}

// codec makes one codec.
func (g *golang) codec(s *api.Struct, put bool) {
	name := g.structs[s]
	verb := "get"
	if put {
		verb = "put"
	}
	switch {
	case s.Kind == api.Union:
		g.unionCodec(s, put)
		return
	case s.Kind == api.Table && s.Owner == api.HostSide:
		g.hostTable(s, put)
		return
	case s.Kind == api.Table:
		g.pluginTable(s, put)
		return
	}
	lines := []string{fmt.Sprintf("func %s%s(call *glue.Call, v *%s) {", verb, name, name)}
	lines = append(lines, indent(1, g.body(s, put)...)...)
	g.add(append(lines, "}")...)
}

// body encodes or decodes the fields of *v. Lengths that other fields tell are
// computed, and checked when they come.
func (g *golang) body(s *api.Struct, put bool) []string {
	var lines, checks []string
	d := derivedFields(s)
	length := func(path []string) string { // of a field, as int64
		if f := d[path[0]]; f != nil && len(path) == 1 {
			if put {
				return fmt.Sprintf("int64(len(v.%s))", exported(f.Name))
			}
			return "int64(" + lengthName(path[0]) + ")"
		}
		var names []string
		for _, p := range path {
			names = append(names, exported(p))
		}
		return "int64(v." + strings.Join(names, ".") + ")"
	}
	for _, f := range g.fields(s) {
		if to := d[f.Name]; to != nil {
			if put {
				lines = append(lines, g.putBasic(f.Type, fmt.Sprintf("%s(len(v.%s))", g.one(f.Position, f.Type), exported(to.Name))))
			} else {
				lines = append(lines, lengthName(f.Name)+" := "+g.get(f.Position, &f.Value, f.Name))
			}
			continue
		}
		lines = append(lines, g.field(s, f, put)...)
	}
	for _, f := range g.fields(s) {
		if f.Length == nil {
			continue
		}
		x := "v." + exported(f.Name)
		if put && f.Length.Op == api.Name && d[f.Length.Path[0]] == f {
			continue
		}
		check := fmt.Sprintf("call.Same(%q, len(%s), %s)", f.Name, x, goExpr(f.Length, length, nil))
		if f.Nullable {
			checks = append(checks, fmt.Sprintf("if %s != nil {", x), "\t"+check, "}")
		} else {
			checks = append(checks, check)
		}
	}
	return append(lines, checks...)
}

func lengthName(field string) string { return unexported(exported(field)) + "Length" }

func (g *golang) unionCodec(s *api.Struct, put bool) {
	name := g.structs[s]
	verb := "get"
	if put {
		verb = "put"
	}
	lines := []string{fmt.Sprintf("func %s%s(call *glue.Call, v *%s, of int64) {", verb, name, name), "\tswitch of {"}
	for _, f := range g.fields(s) {
		lines = append(lines, fmt.Sprintf("\tcase %s:", g.caseValue(f)))
		lines = append(lines, indent(2, g.field(s, f, put)...)...)
	}
	g.add(append(lines, "\tdefault:", fmt.Sprintf("\t\tcall.NoCase(%q, of)", s.Name), "\t}", "}")...)
}

// caseValue spells a case's number, and where it comes from.
func (g *golang) caseValue(f *api.Field) string {
	for _, c := range g.api.Consts {
		if c.Name == f.Case {
			return fmt.Sprintf("%d", c.Value)
		}
	}
	for _, e := range g.api.Enums {
		for _, v := range e.Values {
			if v.Name == f.Case {
				return fmt.Sprintf("%d", v.Value)
			}
		}
	}
	return f.Case
}

// pluginTable decodes a table of the plug-in's, or encodes its handle.
func (g *golang) pluginTable(s *api.Struct, put bool) {
	name := g.structs[s]
	if put {
		g.refuse(s.Position, "%s is passed to its owner", s.Name)
		return
	}
	lines := []string{
		fmt.Sprintf("func get%s(call *glue.Call, item string, nullable bool) *%s {", name, name),
		"\thandle := call.Handle(item, nullable)",
		"\tif handle == 0 {", "\t\treturn nil", "\t}",
		fmt.Sprintf("\tv := &%s{link: call.Link(), handle: handle}", name),
	}
	lines = append(lines, indent(1, g.body(s, false)...)...)
	g.add(append(lines, "\tv.provided = call.U64(item)", "\treturn v", "}")...)
}

// hostTable encodes a table of the host's.
func (g *golang) hostTable(s *api.Struct, put bool) {
	name := g.structs[s]
	if !put {
		g.refuse(s.Position, "%s is passed to its owner", s.Name)
		return
	}
	lines := []string{
		fmt.Sprintf("func put%s(call *glue.Call, item string, v *%s, nullable bool) {", name, name),
		fmt.Sprintf("\tcall.PutObject(item, %s, v, v != nil, nullable)", g.kind(s)),
		"\tif v == nil {", "\t\treturn", "\t}",
	}
	lines = append(lines, indent(1, g.body(s, true)...)...)
	lines = append(lines, "\tvar provided uint64")
	bit := 0
	for _, f := range s.Fields {
		if f.Func == nil {
			continue
		}
		if g.wanted(f.Func) {
			lines = append(lines, fmt.Sprintf("\tif v.%s != nil {\n\t\tprovided |= 1 << %d\n\t}", exported(f.Name), bit))
		}
		bit++
	}
	g.add(append(lines, "\tcall.Put(provided)", "}")...)
}

// goExpr is a length expression as an int64. name spells what a path means,
// strlen the length of a text parameter.
func goExpr(e *api.Expr, name func(path []string) string, strlen func(path []string) string) string {
	arg := func(i int) string { return goExpr(e.Args[i], name, strlen) }
	switch e.Op {
	case api.Number:
		return fmt.Sprintf("int64(%d)", e.Num)
	case api.Name:
		return name(e.Path)
	case api.Strlen:
		return strlen(e.Path)
	case api.Min, api.Max:
		var all []string
		for i := range e.Args {
			all = append(all, arg(i))
		}
		return fmt.Sprintf("%s(%s)", map[api.Op]string{api.Min: "min", api.Max: "max"}[e.Op], strings.Join(all, ", "))
	}
	op := map[api.Op]string{api.Add: "Add", api.Sub: "Sub", api.Mul: "Mul", api.Div: "Div"}[e.Op]
	return fmt.Sprintf("call.%s(%s, %s)", op, arg(0), arg(1))
}
