package generate

import (
	"fmt"
	"strings"

	"github.com/crossplug/crossplug/api"
)

// goBasics are what Go calls the basic types, and package glue what it reads.
// Integers whose size is the target's are 64 bits here; one that the target has
// no room for is refused there.
var goBasics = map[api.Basic]struct{ name, get string }{
	api.I8: {"int8", "I8"}, api.U8: {"uint8", "U8"}, api.I16: {"int16", "I16"}, api.U16: {"uint16", "U16"},
	api.I32: {"int32", "I32"}, api.U32: {"uint32", "U32"}, api.I64: {"int64", "I64"}, api.U64: {"uint64", "U64"},
	api.Bool: {"bool", "Bool"}, api.Char: {"byte", "U8"}, api.CLong: {"int64", "I64"}, api.CULong: {"uint64", "U64"},
	api.Size: {"uint64", "U64"}, api.F32: {"float32", "F32"}, api.F64: {"float64", "F64"}, api.OSType: {"uint32", "U32"},
}

// one is the Go type of a single value that is not null.
func (g *golang) one(at api.Position, t *api.Type) string {
	switch {
	case t.Enum != nil:
		return g.enums[t.Enum]
	case t.String != nil:
		return "string"
	case t.Struct != nil:
		return g.structs[t.Struct]
	case t.Handle != nil:
		return g.handles[t.Handle]
	case t.Callback != nil:
		return g.cbs[t.Callback]
	}
	if d := g.typedefs[t.Name]; d != nil {
		return g.api.GoName(d.Name)
	}
	b, ok := goBasics[t.Basic]
	if !ok {
		g.refuse(at, "type %s does not cross", t.Name)
	}
	return b.name
}

// declareTypes declares what the definition declares.
func (g *golang) declareTypes() {
	for _, t := range g.api.Typedefs {
		g.add(g.doc(t.Doc, "%s is %s.", g.api.GoName(t.Name), t.CType), fmt.Sprintf("type %s = %s", g.api.GoName(t.Name), goBasics[t.Basic].name))
	}
	for _, e := range g.api.Enums {
		g.enum(e)
	}
	for _, h := range g.api.Handles {
		g.handle(h)
	}
	for _, s := range g.api.Structs {
		g.structType(s)
	}
	for _, f := range g.api.Callbacks {
		if !g.wanted(f) {
			continue
		}
		who := fmt.Sprintf("%s is %s, a function of the host's that the plug-in may call %s.", g.cbs[f], f.Name, scopeText(f))
		if f.Side == api.PluginSide {
			who = fmt.Sprintf("%s is %s, a function of the plug-in's that the host may call %s.", g.cbs[f], f.Name, scopeText(f))
		}
		g.add(g.doc(f.Doc, "%s", who), fmt.Sprintf("type %s func%s", g.cbs[f], g.signature(f)))
	}
	g.interfaces()
}

func scopeText(f *api.Function) string {
	switch f.Scope {
	case api.CallScope:
		return "until the function returns that it is given to"
	case api.Registration:
		return "until " + f.ReleaseBy
	case api.Async:
		return "once"
	}
	return "for ever"
}

func (g *golang) enum(e *api.Enum) {
	name := g.enums[e]
	g.add(g.doc(e.Doc, "%s is %s.", name, e.Name), fmt.Sprintf("type %s %s", name, goBasics[e.Basic].name))
	lines := []string{"const ("}
	body := []string{fmt.Sprintf("func (v %s) String() string {", name)}
	if e.Mask {
		body = append(body, "\tvar set []string")
	} else {
		body = append(body, "\tswitch v {")
	}
	seen := map[int64]bool{}
	for _, v := range e.Values {
		short := g.api.GoName(v.Name)
		line := fmt.Sprintf("\t%s%s %s = %d", name, short, name, v.Value)
		if goBasics[e.Basic].name[0] == 'u' {
			line = fmt.Sprintf("\t%s%s %s = %#x", name, short, name, uint64(v.Value)&(1<<(8*basicSize(e.Basic)-1)<<1-1))
		}
		if v.Doc != "" {
			line += " // " + strings.Join(strings.Fields(v.Doc), " ")
		}
		lines = append(lines, line)
		switch {
		case seen[v.Value]:
		case e.Mask && v.Value != 0:
			body = append(body, fmt.Sprintf("\tif v&%s%s == %s%s {\n\t\tset, v = append(set, %q), v&^%s%s\n\t}", name, short, name, short, short, name, short))
		case !e.Mask:
			body = append(body, fmt.Sprintf("\tcase %s%s:\n\t\treturn %q", name, short, short))
		}
		seen[v.Value] = true
	}
	if len(e.Values) > 0 {
		g.add(append(lines, ")")...)
	}
	number := "strconv.FormatInt(int64(v), 10)"
	if e.Mask {
		body = append(body, "\tif v != 0 || len(set) == 0 {", "\t\tset = append(set, \"0x\"+strconv.FormatUint(uint64(v), 16))", "\t}", "\treturn strings.Join(set, \"|\")", "}")
	} else {
		body = append(body, "\t}", fmt.Sprintf("\treturn \"%s(\" + %s + \")\"", name, number), "}")
	}
	g.add(append([]string{comment("String names the value.")}, body...)...)
}

// basicSize is the size of a number in Go.
func basicSize(b api.Basic) int {
	if n := fixedSize(b); n != 0 {
		return n
	}
	if b == api.Bool {
		return 1
	}
	return 8
}

func (g *golang) handle(h *api.Handle) {
	name := g.handles[h]
	if h.Owner == api.HostSide {
		return // an interface
	}
	g.add(g.doc(h.Doc, "%s is %s, an object of the plug-in's. The zero %s is null.", name, h.Name, name),
		fmt.Sprintf("type %s struct {\n\tlink *glue.Link\n\thandle uint32\n}", name))
	g.add(fmt.Sprintf("func (h %s) put(call *glue.Call, item string, nullable bool) {\n\tcall.PutHandle(item, h.link, h.handle, nullable)\n}", name))
	g.add(fmt.Sprintf("func get%s(call *glue.Call, item string, nullable bool) %s {\n\tif h := call.Handle(item, nullable); h != 0 {\n\t\treturn %s{call.Link(), h}\n\t}\n\treturn %s{}\n}", name, name, name, name))
}

// derived are the fields that say how long others are, and nothing else: in Go
// the others say it.
func derivedFields(s *api.Struct) map[string]*api.Field {
	d := map[string]*api.Field{}
	for _, f := range s.Fields {
		if f.Length != nil && f.Length.Op == api.Name && len(f.Length.Path) == 1 && d[f.Length.Path[0]] == nil && !f.Nullable {
			d[f.Length.Path[0]] = f
		}
	}
	for _, f := range s.Fields { // a nullable one cannot tell
		if f.Length != nil && f.Length.Op != api.Name {
			uses(f.Length, func(path []string) { delete(d, path[0]) })
		}
	}
	return d
}

// uses calls back for every name in an expression.
func uses(e *api.Expr, name func(path []string)) {
	if e.Op == api.Name {
		name(e.Path)
	}
	for _, a := range e.Args {
		uses(a, name)
	}
}

// fields are those of a struct that cross.
func (g *golang) fields(s *api.Struct) []*api.Field {
	var list []*api.Field
	for _, f := range s.Fields {
		if f.Func == nil && !f.Opaque && f.Name != s.SizeField && !f.Type.UserData && g.knows(f.Range) {
			list = append(list, f)
		}
	}
	return list
}

// fieldType is the Go type of a field.
func (g *golang) fieldType(s *api.Struct, f *api.Field) string {
	one := g.one(f.Position, f.Type)
	switch {
	case f.Raw && f.Length == nil:
		n := fixedSize(f.Type.Basic)
		if n == 0 {
			g.refuse(f.Position, "%s.%s: raw bytes of a type whose size is the target's", s.Name, f.Name)
		}
		return fmt.Sprintf("[%d]byte", n*max(f.Count, 1))
	case f.Count > 0:
		return fmt.Sprintf("[%d]%s", f.Count, one)
	case f.Length != nil:
		return "[]" + one
	case f.Type.String != nil && f.Nullable:
		return "*string"
	}
	return one
}

func (g *golang) structType(s *api.Struct) {
	name := g.structs[s]
	what := map[api.StructKind]string{api.PlainStruct: "a struct", api.Union: "a union: the case holds that its user's switch says", api.Table: "a table of functions"}[s.Kind]
	lines := []string{g.doc(s.Doc, "%s is %s, %s.", name, s.Name, what), fmt.Sprintf("type %s struct {", name)}
	if s.Kind == api.Table && s.Owner == api.PluginSide {
		lines = append(lines, "\tlink *glue.Link", "\thandle uint32", "\tprovided uint64", "")
	}
	d := derivedFields(s)
	for _, f := range g.fields(s) {
		if d[f.Name] != nil {
			continue
		}
		line := fmt.Sprintf("\t%s %s", exported(f.Name), g.fieldType(s, f))
		if notes := fieldNotes(f); notes != "" {
			line += " // " + notes
		}
		lines = append(lines, line)
	}
	bit := 0
	for _, f := range s.Fields {
		if f.Func == nil {
			continue
		}
		if s.Owner == api.HostSide && g.wanted(f.Func) {
			line := fmt.Sprintf("\t%s func%s", exported(f.Name), g.signature(f.Func))
			if f.Func.Nullable {
				line += " // may be nil"
			}
			lines = append(lines, line)
		}
		if s.Owner == api.PluginSide && g.wanted(f.Func) && (f.Func.Nullable || f.Func.Since != api.Version{}) {
			has := "Has" + exported(f.Name)
			defer g.add(fmt.Sprintf("// %s says whether the table has %s.\nfunc (t *%s) %s() bool { return t.provided>>%d&1 != 0 }", has, f.Name, name, has, bit))
		}
		bit++
	}
	g.add(append(lines, "}")...)
}

// fieldNotes says of a field what its type does not.
func fieldNotes(f *api.Field) string {
	var notes []string
	if f.Doc != "" {
		notes = append(notes, strings.TrimSuffix(strings.Join(strings.Fields(f.Doc), " "), "."))
	}
	if f.Nullable {
		notes = append(notes, "may be nil")
	}
	if f.Switch != "" {
		notes = append(notes, "case by "+exported(f.Switch))
	}
	if f.Case != "" {
		notes = append(notes, "for "+f.Case)
	}
	return strings.Join(notes, "; ")
}

// interfaces declares what the application implements.
func (g *golang) interfaces() {
	methods := map[string][]string{}
	for _, f := range g.api.Functions {
		if f.Side != api.HostSide || !g.wanted(f) {
			continue
		}
		m := g.methods[f]
		methods[m.on] = append(methods[m.on], indentText(g.doc(f.Doc, "%s is %s.%s", m.name, f.Name, hostNote(f))), "\t"+m.name+g.signature(f))
	}
	for _, h := range g.api.Handles {
		if h.Owner == api.HostSide {
			name := g.handles[h]
			g.add(g.doc(h.Doc, "%s is %s, an object of the host's. It must be comparable, as pointers are; nil is null.", name, h.Name),
				fmt.Sprintf("type %s interface {\n%s\n}", name, strings.Join(methods[name], "\n")))
			g.add(fmt.Sprintf("func put%s(call *glue.Call, item string, v %s, nullable bool) {\n\tcall.PutObject(item, %s, v, v != nil, nullable)\n}", name, name, g.kind(h)))
			g.add(fmt.Sprintf("func get%s(call *glue.Call, item string, nullable bool) %s {\n\tv, _ := call.Object(item, %s, nullable).(%s)\n\treturn v\n}", name, name, g.kind(h), name))
		}
	}
	if len(methods["Host"]) > 0 {
		g.add(comment("Host is what the plug-in may call. Methods are called while the plug-in waits, perhaps several at once, with a context by which calls nest. An error that is a *glue.Failure chooses what the plug-in gets, another is reported and the plug-in gets its error value."),
			fmt.Sprintf("type Host interface {\n%s\n}", strings.Join(methods["Host"], "\n")))
	}
}

func indentText(s string) string { return "\t" + strings.ReplaceAll(s, "\n", "\n\t") }

func hostNote(f *api.Function) string {
	if f.Thread == api.MainThread {
		return " It is called on the main thread's calls alone."
	}
	return ""
}
