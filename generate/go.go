package generate

import (
	"bytes"
	"embed"
	"fmt"
	"go/format"
	"go/token"
	"slices"
	"strings"
	"text/template"

	"github.com/crossplug/crossplug/api"
)

// The Go back end makes a package of a definition: stubs of the plug-in's
// functions, skeletons of the host's, and types. What both do is written as
// lines of Go in the order of the definition, around calls of package glue.

// golang makes Go code for the host's side of an API.
type golang struct {
	api  *api.API
	c    *c // for what both languages have to know of lifetimes
	err  error
	decl []string

	typedefs map[string]*api.Typedef
	enums    map[*api.Enum]string
	structs  map[*api.Struct]string
	handles  map[*api.Handle]string
	cbs      map[*api.Function]string
	methods  map[*api.Function]method
	codecs   map[need]bool
}

// method says where a function is in Go.
type method struct {
	on   string // the type that it is a method of; "" of a callback
	name string
}

func goPackage(a *api.API) ([]File, error) {
	g := &golang{
		api: a, c: newC(a, api.HostSide), typedefs: map[string]*api.Typedef{}, enums: map[*api.Enum]string{}, structs: map[*api.Struct]string{},
		handles: map[*api.Handle]string{}, cbs: map[*api.Function]string{}, methods: map[*api.Function]method{}, codecs: map[need]bool{},
	}
	g.nameTypes()
	g.nameFunctions()
	text, err := g.file()
	if err != nil {
		return nil, err
	}
	return []File{{"zapi_" + a.Name + ".go", text}}, nil
}

// refuse notes that something cannot be done.
func (g *golang) refuse(at api.Position, format string, args ...any) {
	if g.err == nil {
		g.err = fmt.Errorf("%v: Go: %s", at, fmt.Sprintf(format, args...))
	}
}

// add adds a declaration.
func (g *golang) add(lines ...string) { g.decl = append(g.decl, strings.Join(lines, "\n")) }

// knows says whether what exists in a range of versions exists in this one.
func (g *golang) knows(r api.Range) bool {
	before := func(a, b api.Version) bool { return a.Major < b.Major || a.Major == b.Major && a.Minor < b.Minor }
	return !before(g.api.Version, r.Since) && (r.Until == api.Version{} || !before(r.Until, g.api.Version))
}

// wanted says whether generated code marshals a function.
func (g *golang) wanted(f *api.Function) bool {
	return f.Crosses() && g.knows(f.Range) && (f.Table == nil || g.knows(f.Table.Range))
}

// --- names ---

// nameTypes gives the types names that differ.
func (g *golang) nameTypes() {
	taken := map[string]bool{"Plugin": true, "Host": true, "Open": true}
	name := func(s string) string {
		n := g.api.GoName(s)
		for taken[n] {
			n += "Type"
		}
		taken[n] = true
		return n
	}
	for _, h := range g.api.Handles {
		g.handles[h] = name(h.Name)
	}
	for _, s := range g.api.Structs {
		g.structs[s] = name(s.Name)
	}
	for _, e := range g.api.Enums {
		g.enums[e] = name(e.Name)
	}
	for _, f := range g.api.Callbacks {
		g.cbs[f] = name(f.Name)
	}
	for _, t := range g.api.Typedefs {
		g.typedefs[t.Name] = t
		taken[g.api.GoName(t.Name)] = true
	}
	for _, c := range g.api.Consts {
		n := g.api.GoName(c.Name)
		if taken[n] {
			n += "Const"
		}
		taken[n] = true
		g.add(g.doc(c.Doc, "%s is %s.", n, c.Name), fmt.Sprintf("const %s = %d", n, c.Value))
	}
}

// nameFunctions decides which functions are methods of what: one whose first
// parameter is a handle is the handle's.
func (g *golang) nameFunctions() {
	taken := map[method]bool{}
	for _, n := range []string{"Link", "NewThread", "Close"} {
		taken[method{"Plugin", n}] = true
	}
	for f := range g.api.All() {
		if f.Scope != api.NoScope || f.CType != "" || !g.wanted(f) {
			continue
		}
		m := method{"Plugin", f.Go}
		if f.Side == api.HostSide {
			m.on = "Host"
			if rest := strings.TrimPrefix(m.name, "Host"); rest != "" {
				m.name = rest
			}
		}
		full := m.name
		if f.Table != nil {
			m.on = g.structs[f.Table]
		}
		if h := g.receiver(f); h != nil {
			m.on = g.handles[h]
			if rest := strings.TrimPrefix(m.name, m.on); rest != "" && token.IsExported(rest) {
				m.name = rest
			}
		}
		if taken[m] {
			m.name = full
		}
		for taken[m] {
			m.name += "Function"
		}
		taken[m] = true
		g.methods[f] = m
	}
}

// receiver returns the handle that a function is a method of, or nil.
func (g *golang) receiver(f *api.Function) *api.Handle {
	if f.Scope != api.NoScope || f.CType != "" || len(f.Params) == 0 {
		return nil
	}
	p := f.Params[0]
	if h := p.Type.Handle; h != nil && h.Owner == f.Side && p.Dir == api.In && !p.Array() && !p.Nullable {
		return h
	}
	return nil
}

// kind is the constant of a handle's or table's kind.
func (g *golang) kind(of any) string {
	switch of := of.(type) {
	case *api.Handle:
		return "kind" + g.handles[of]
	case *api.Struct:
		return "kind" + g.structs[of]
	}
	return ""
}

// variable is what describes a function to package glue.
func (g *golang) variable(f *api.Function) string {
	if f.Table != nil {
		return "fn" + g.structs[f.Table] + g.api.GoName(f.Name)
	}
	return "fn" + g.api.GoName(f.Name)
}

// unexported turns an exported name into one that is not.
func unexported(name string) string {
	i := 0
	for i < len(name) && 'A' <= name[i] && name[i] <= 'Z' {
		i++
	}
	if i > 1 && i < len(name) {
		i--
	}
	return strings.ToLower(name[:i]) + name[i:]
}

// ours are names that generated functions use themselves.
var ours = strings.Fields(`ctx call err result thread batch code ok got count room p h t i to
	context embed fmt strconv strings crossplug arch fault glue
	int int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 string bool byte rune any error
	len cap min max append copy make new nil true false iota`)

// argument is a parameter's name in Go.
func (g *golang) argument(p *api.Param) string {
	name := unexported(exported(p.Name))
	if token.IsKeyword(name) || slices.Contains(ours, name) {
		name += "Arg"
	}
	return name
}

// exported makes a name of a field or parameter exported: port_count is PortCount.
func exported(name string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(name, "_") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}

// doc makes a comment: a sentence and what the definition says.
func (g *golang) doc(text, sentence string, args ...any) string {
	first := fmt.Sprintf(sentence, args...)
	if text = strings.Join(strings.Fields(text), " "); text != "" {
		first += " " + text
	}
	return comment(first)
}

// comment wraps a text as a Go comment.
func comment(text string) string {
	var b strings.Builder
	line := "//"
	for _, w := range strings.Fields(text) {
		if len(line)+1+len(w) > 80 {
			b.WriteString(line + "\n")
			line = "//"
		}
		line += " " + w
	}
	b.WriteString(line)
	return b.String()
}

//go:embed templates/go.tmpl
var goTemplates embed.FS

var goTemplate = template.Must(template.New("go.tmpl").Funcs(template.FuncMap{"comment": comment}).ParseFS(goTemplates, "templates/go.tmpl"))

// file makes the whole file.
func (g *golang) file() ([]byte, error) {
	d := struct {
		API                                         *api.API
		Package                                     string
		HasHost, Alone                              bool
		Hash, Functions, FunctionVars, Kinds, Decls []string
	}{API: g.api}
	d.Package = fmt.Sprintf("Package %s loads and calls plug-ins of the API %s %v. %s", g.api.Name, g.api.Name, versionText(g.api.Version), strings.Join(strings.Fields(g.api.Doc), " "))
	var hash []string
	for _, b := range g.api.Hash() {
		hash = append(hash, fmt.Sprintf("0x%02x", b))
	}
	d.Hash = rows(hash, 16)
	g.declareTypes()
	for _, h := range g.api.Handles {
		d.Kinds = append(d.Kinds, g.kind(h))
	}
	for _, s := range g.api.Structs {
		if s.Kind == api.Table && s.Owner == api.HostSide {
			d.Kinds = append(d.Kinds, g.kind(s))
		}
	}
	for f := range g.api.All() {
		if !g.wanted(f) {
			continue
		}
		d.FunctionVars = append(d.FunctionVars, g.variable(f)+" = "+g.describe(f))
		if f.Side == api.PluginSide && f.Table == nil && f.Scope == api.NoScope {
			d.Functions = append(d.Functions, g.variable(f))
		}
		if f.Side == api.PluginSide {
			g.stub(f)
		} else {
			g.skeleton(f)
		}
		if m := g.methods[f]; f.Side == api.HostSide && m.on == "Host" {
			d.HasHost = true
		}
		d.Alone = d.Alone || f.Side == api.HostSide && f.Table == nil && f.Scope == api.NoScope
	}
	d.Functions = rows(d.Functions, 6)
	d.Alone = d.Alone || len(g.api.Imports) > 0
	g.serve()
	g.makeCodecs()
	d.Decls = g.decl
	if g.err == nil {
		g.err = g.c.err
	}
	if g.err != nil {
		return nil, g.err
	}
	var b bytes.Buffer
	if err := goTemplate.Execute(&b, d); err != nil {
		return nil, err
	}
	text, err := format.Source(withoutUnused(b.Bytes()))
	if err != nil {
		return nil, fmt.Errorf("%s: the generated Go does not parse: %w\n%s", g.api.Name, err, b.Bytes())
	}
	return text, nil
}

// withoutUnused drops the imports that the code has no use for.
func withoutUnused(text []byte) []byte {
	for _, p := range []string{"strconv", "strings"} {
		if !bytes.Contains(text, []byte(p+".")) {
			text = bytes.Replace(text, []byte("\t\""+p+"\"\n"), nil, 1)
		}
	}
	return text
}

// rows joins items with commas, so many in a row.
func rows(items []string, n int) []string {
	var list []string
	for row := range slices.Chunk(items, n) {
		list = append(list, strings.Join(row, ", ")+",")
	}
	return list
}

func versionText(v api.Version) string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }

// describe makes a function's glue.Function.
func (g *golang) describe(f *api.Function) string {
	s := fmt.Sprintf("&glue.Function{ID: %d, Name: %q", f.ID, f.Name)
	if f.Table != nil {
		s = fmt.Sprintf("&glue.Function{ID: %d, Name: %q", f.ID, f.Table.Name+"."+f.Name)
	}
	if f.Thread != api.AnyThread {
		s += ", Thread: " + map[api.Thread]string{api.MainThread: "glue.Main", api.RealTime: "glue.RealTime"}[f.Thread]
	}
	if f.Timeout > 0 {
		s += fmt.Sprintf(", Timeout: %d", f.Timeout)
	}
	if f.Side == api.PluginSide && f.Table == nil && f.Scope == api.NoScope {
		s += ", Export: true"
		if f.Required {
			s += ", Required: true"
		}
	}
	if f.Scope != api.NoScope {
		s += ", Scope: " + map[api.Scope]string{api.CallScope: "glue.ForCall", api.Registration: "glue.ForRegistration", api.Async: "glue.Once", api.Forever: "glue.Forever"}[f.Scope]
	}
	return s + "}"
}
