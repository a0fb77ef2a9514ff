package header

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crossplug/crossplug/api"

	"modernc.org/cc/v4"
)

// drafter turns declarations of C into those of the definition language.
type drafter struct {
	ast       *cc.AST
	files     []string
	own       map[string]bool // names of files in positions, and whether they are among files
	opts      Options
	names     map[string]string // of tags, "struct x", "union x" and "enum x": that of a typedef
	functions map[string]bool   // what the headers declare, by name
	values    map[string]bool   // of enumerations, likewise
	types     map[string]*element
	taken     map[string]bool
	goNames   map[string]bool
	complete  map[string]bool     // structs and unions of which the headers have the fields
	gaps      map[string][]string // by the name of a struct: fields of which the header does not say enough
	reasons   map[string][]string // by declaration, or TABLE.METHOD: why it does not cross
	items     []*element
}

// element of the draft. Without a name it is a comment.
type element struct {
	name     string
	attrs    []string // name, value, …
	children []*element
	doc      string
	function string // of what can be unsupported: the key in reasons
}

// attr returns an attribute, "" if there is none.
func (e *element) attr(name string) string {
	for i := 0; i < len(e.attrs); i += 2 {
		if e.attrs[i] == name {
			return e.attrs[i+1]
		}
	}
	return ""
}

func (e *element) add(attrs ...string) *element {
	e.attrs = append(e.attrs, attrs...)
	return e
}

func newDrafter(ast *cc.AST, files []string, opts Options) *drafter {
	return &drafter{
		ast: ast, files: files, opts: opts, own: map[string]bool{}, names: map[string]string{}, functions: map[string]bool{}, values: map[string]bool{},
		types: map[string]*element{}, taken: map[string]bool{}, goNames: map[string]bool{}, complete: map[string]bool{}, gaps: map[string][]string{}, reasons: map[string][]string{},
	}
}

// fileOf returns which of the headers a position's file is, -1 of others.
func (d *drafter) fileOf(name string) int {
	return slices.IndexFunc(d.files, func(file string) bool { return filepath.Clean(file) == filepath.Clean(name) })
}

// isOwn says whether what a position's file declares is to be drafted.
func (d *drafter) isOwn(file string) bool {
	own, known := d.own[file]
	if !known {
		own = d.fileOf(file) >= 0
		d.own[file] = own
	}
	return own
}

// declaration is one of C's: what its specifiers are, and what it declares.
type declaration struct {
	specified   cc.Type
	declarators []*cc.Declarator
}

// declarations returns those of the headers.
func (d *drafter) declarations() []declaration {
	var all []declaration
	for n := d.ast.TranslationUnit; n != nil; n = n.TranslationUnit {
		ext := n.ExternalDeclaration
		if ext == nil || ext.Declaration == nil || !d.isOwn(ext.Position().Filename) {
			continue
		}
		var decl declaration
		if s := ext.Declaration.DeclarationSpecifiers; s != nil {
			decl.specified = s.Type()
		}
		for l := ext.Declaration.InitDeclaratorList; l != nil; l = l.InitDeclaratorList {
			if l.InitDeclarator != nil && l.InitDeclarator.Declarator != nil {
				decl.declarators = append(decl.declarators, l.InitDeclarator.Declarator)
			}
		}
		all = append(all, decl)
	}
	return all
}

// collect goes through the headers.
func (d *drafter) collect() {
	all := d.declarations()
	// Names first: typedefs give structs theirs, pointers may lead to later ones.
	for _, decl := range all {
		for _, x := range decl.declarators {
			key := tagOf(x.Type())
			switch {
			case x.IsTypename() && key != "" && d.names[key] == "":
				d.names[key] = x.Name()
			case !x.IsTypename() && x.Type().Kind() == cc.Function:
				d.functions[x.Name()] = true
			}
		}
		if e, ok := decl.specified.(*cc.EnumType); ok {
			for _, v := range e.Enumerators() {
				d.values[v.Token.SrcStr()] = true
			}
		}
	}
	for _, decl := range all {
		types := []cc.Type{decl.specified}
		for _, x := range decl.declarators {
			if x.IsTypename() {
				types = append(types, x.Type())
			}
		}
		for _, t := range types {
			if t != nil && (t.Kind() == cc.Struct || t.Kind() == cc.Union) && !t.IsIncomplete() {
				name, _ := d.nameOf(t)
				d.complete[name] = true
			}
		}
	}
	d.constants()
	for _, decl := range all {
		if t := decl.specified; t != nil {
			d.tagged(t)
		}
		for _, x := range decl.declarators {
			if x.IsTypename() {
				d.typedef(x)
			}
		}
	}
	for _, decl := range all {
		for _, x := range decl.declarators {
			d.function(x)
		}
	}
}

// function drafts a function that a declarator declares.
func (d *drafter) function(decl *cc.Declarator) {
	f, ok := decl.Type().(*cc.FunctionType)
	if !ok || decl.IsTypename() || decl.IsStatic() || d.taken[decl.Name()] {
		return
	}
	d.taken[decl.Name()] = true
	e := &element{name: "function", function: decl.Name()}
	e.add("name", decl.Name())
	d.goName(e, "")
	d.signature(e, f, "")
	d.items = append(d.items, e)
}

// goName gives a function another name in Go if it would have that of another.
func (d *drafter) goName(e *element, table string) {
	name := (&api.API{Prefix: d.opts.Prefix}).GoName(e.attr("name"))
	other := name
	for i := 2; d.goNames[table+"."+other]; i++ {
		other = fmt.Sprint(name, i)
	}
	d.goNames[table+"."+other] = true
	if other != name {
		e.add("go", other)
	}
}

// constants drafts the macros that are numbers.
func (d *drafter) constants() {
	macros := slices.DeleteFunc(slices.Collect(maps.Values(d.ast.Macros)), func(m *cc.Macro) bool {
		return m.IsFnLike || d.values[m.Name.SrcStr()] || !d.isOwn(m.Name.Position().Filename)
	})
	slices.SortFunc(macros, func(a, b *cc.Macro) int {
		p, q := a.Name.Position(), b.Name.Position()
		return cmp.Or(d.fileOf(p.Filename)-d.fileOf(q.Filename), p.Line-q.Line, p.Column-q.Column)
	})
	for _, m := range macros {
		switch v := m.Value().(type) {
		case cc.Int64Value, cc.UInt64Value:
			d.constant(m.Name.SrcStr(), number(v))
		}
	}
}

func (d *drafter) constant(name string, value int64) {
	if !d.taken[name] {
		d.taken[name] = true
		d.items = append(d.items, (&element{name: "const"}).add("name", name, "value", fmt.Sprint(value)))
	}
}

// tagOf returns how C calls a struct, union or enumeration with a tag.
func tagOf(t cc.Type) string {
	switch t := t.(type) {
	case *cc.StructType:
		return "struct " + tagKey(t.Tag(), fmt.Sprintf("%p", t))
	case *cc.UnionType:
		return "union " + tagKey(t.Tag(), fmt.Sprintf("%p", t))
	case *cc.EnumType:
		return "enum " + tagKey(t.Tag(), enumKey(t))
	}
	return ""
}

func tagKey(tag cc.Token, without string) string {
	if s := tag.SrcStr(); s != "" {
		return s
	}
	return without
}

// enumKey tells enumerations without a tag apart.
func enumKey(t *cc.EnumType) string {
	if e := t.Enumerators(); len(e) > 0 {
		return "with " + e[0].Token.SrcStr()
	}
	return "without values"
}

// nameOf returns the name in the draft of a struct, union or enumeration, and how
// C spells it. Without a tag or typedef the name is no identifier.
func (d *drafter) nameOf(t cc.Type) (name, ctype string) {
	key := tagOf(t)
	kind, tag, _ := strings.Cut(key, " ")
	name, ctype = tag, key
	if def := t.Typedef(); d.names[key] != "" {
		name, ctype = d.names[key], d.names[key]
	} else if def != nil && !identifier(tag) {
		name, ctype = def.Name(), def.Name()
	}
	if d.functions[name] || word(name) { // C tells tags from other names
		name = kind + "_" + name
	}
	return name, ctype
}

// tagged drafts a struct, union or enumeration.
func (d *drafter) tagged(t cc.Type) {
	name, ctype := d.nameOf(t)
	switch t := t.(type) {
	case *cc.EnumType:
		if !identifier(name) { // nobody can use the type
			for _, v := range t.Enumerators() {
				d.constant(v.Token.SrcStr(), number(v.Value()))
			}
		} else if !d.taken[name] && len(t.Enumerators()) > 0 {
			d.enum(t, name, ctype)
		}
	case *cc.StructType:
		if identifier(name) && !d.taken[name] && !t.IsIncomplete() {
			d.structure(t, t.NumFields(), t.FieldByIndex, name, ctype)
		}
	case *cc.UnionType:
		if identifier(name) && !d.taken[name] && !t.IsIncomplete() {
			d.structure(t, t.NumFields(), t.FieldByIndex, name, ctype)
		}
	}
}

func number(v cc.Value) int64 {
	switch v := v.(type) {
	case cc.Int64Value:
		return int64(v)
	case cc.UInt64Value:
		return int64(v)
	}
	return 0
}

func (d *drafter) enum(t *cc.EnumType, name, ctype string) {
	least, most := int64(0), int64(0)
	e := (&element{name: "enum"}).add("name", name)
	for _, v := range t.Enumerators() {
		n := number(v.Value())
		least, most = min(least, n), max(most, n)
		if id := v.Token.SrcStr(); !d.taken[id] {
			d.taken[id] = true
			e.children = append(e.children, (&element{name: "value"}).add("name", id, "value", fmt.Sprint(n)))
		}
	}
	if ctype != name {
		e.add("ctype", ctype)
	}
	switch {
	case least < math.MinInt32 || most > math.MaxUint32 || least < 0 && most > math.MaxInt32:
		e.add("type", "i64")
	case most > math.MaxInt32:
		e.add("type", "u32")
	}
	d.declare(name, e)
}

func (d *drafter) declare(name string, e *element) {
	d.taken[name], d.types[name] = true, e
	d.items = append(d.items, e)
}

// typedef drafts what a typedef declares.
func (d *drafter) typedef(decl *cc.Declarator) {
	name := decl.Name()
	if d.taken[name] || word(name) {
		return
	}
	t := decl.Type()
	switch t := t.(type) {
	case *cc.StructType, *cc.UnionType, *cc.EnumType:
		if incomplete, ok := t.(interface{ IsIncomplete() bool }); ok && incomplete.IsIncomplete() {
			d.handle(name, name+" *")
		} else {
			d.tagged(t)
		}
	case *cc.PointerType:
		switch elem := t.Elem().(type) {
		case *cc.FunctionType:
			e := &element{name: "callback", function: name}
			d.declare(name, e.add("name", name))
			d.reasons[name] = append(d.reasons[name], "the header does not say who implements it, nor how long it may be called: write side= and scope=")
			d.signature(e, elem, "")
		case *cc.StructType:
			if elem.IsIncomplete() {
				d.handle(name, name)
			}
		default:
			if elem.Kind() == cc.Void {
				d.handle(name, name)
			}
		}
	case *cc.ArrayType, *cc.FunctionType: // what uses it shows it
	default:
		if basic := basicOf(t, name); basic != "" && basicOf(t, "") != "" {
			d.declare(name, (&element{name: "typedef"}).add("name", name, "type", basicOf(t, "")))
		}
	}
}

func (d *drafter) handle(name, ctype string) {
	if d.taken[name] {
		return
	}
	e := (&element{name: "handle"}).add("name", name)
	if ctype != name+" *" {
		e.add("ctype", ctype)
	}
	e.add("owner", "plugin")
	e.doc = "The header does not say whose it is, nor what ends it: check owner=, write create= and destroy=."
	d.declare(name, e)
}

// structure drafts a struct, table or union.
func (d *drafter) structure(t cc.Type, n int, field func(int) *cc.Field, name, ctype string) {
	d.taken[name] = true // before its fields, which may point to it
	kind, child := "struct", "field"
	if t.Kind() == cc.Union {
		kind, child = "union", "case"
	}
	var fields []*element
	methods := false
	for i := range n {
		f := field(i)
		if f.Name() == "" || f.IsBitfield() || f.IsFlexibleArrayMember() {
			d.leaveOut(name, ctype, "it has bit-fields, fields without a name, or an array without a length")
			return
		}
		if p, ok := f.Type().(*cc.PointerType); ok && f.Type().Typedef() == nil && kind == "struct" {
			if fn, ok := p.Elem().(*cc.FunctionType); ok {
				methods = true
				e := &element{name: "method", function: name + "." + f.Name()}
				e.add("name", f.Name())
				d.goName(e, name)
				d.signature(e, fn, name)
				fields = append(fields, e)
				continue
			}
		}
		e := (&element{name: child}).add("name", f.Name())
		if kind == "union" {
			e.add("value", fmt.Sprint(i))
		}
		why := d.field(e, f.Type(), name+"."+f.Name(), name)
		if why == "" && kind == "union" && e.attr("opaque") != "" {
			why = "one of its cases, " + f.Name() + ", is a pointer or no number that is the same everywhere"
		}
		if why != "" {
			d.leaveOut(name, ctype, why)
			return
		}
		fields = append(fields, e)
	}
	e := (&element{name: kind, children: fields}).add("name", name)
	switch {
	case kind == "union":
		e.doc = "The header does not say which case holds when: the values are made up."
		d.gaps[name] = append(d.gaps[name], "the header does not say which case of "+ctype+" holds: write switch=")
	case methods:
		e.name = "table"
		e.add("owner", "plugin")
		e.doc = "The header does not say whose it is: check owner=."
	}
	if ctype != kind+" "+name {
		e.add("ctype", ctype)
	}
	d.declare(name, e)
}

// leaveOut writes why a type is not in the draft, and lets what uses it know.
func (d *drafter) leaveOut(name, ctype, why string) {
	d.items = append(d.items, &element{doc: ctype + " is left out: " + why})
	d.gaps[name] = append(d.gaps[name], ctype+" is left out: "+why)
}

// learn makes something of a mistake in a draft: a function does not cross, and
// what cannot even be said not to is left out. It returns false if it cannot.
func (d *drafter) learn(e *api.Error) bool {
	top, _, _ := strings.Cut(e.Of, ".")
	item := d.item(top)
	if item == nil {
		return d.taken[top] // left out because of another mistake
	}
	function := item.function != "" || top != e.Of
	if function && !slices.Contains(d.reasons[e.Of], e.Text) {
		d.reasons[e.Of] = append(d.reasons[e.Of], e.Text)
		return true
	}
	d.drop(item, e.Text)
	return true
}

// item returns the last declaration of a name, nil if there is none.
func (d *drafter) item(name string) *element {
	for _, e := range slices.Backward(d.items) {
		if e.name != "" && e.attr("name") == name {
			return e
		}
	}
	return nil
}

// drop takes a declaration and those that contain it out of the draft. Functions
// that use it do not cross.
func (d *drafter) drop(item *element, why string) {
	name := item.attr("name")
	ctype := cmp.Or(item.attr("ctype"), name)
	*item = element{doc: ctype + " is left out: " + why}
	delete(d.types, name)
	uses := func(e *element) bool {
		return slices.ContainsFunc(e.children, func(c *element) bool { return c.attr("type") == name && c.attr("opaque") == "" })
	}
	for _, e := range d.items {
		for _, f := range append([]*element{e}, e.children...) {
			if f.function != "" && uses(f) {
				d.reasons[f.function] = append(d.reasons[f.function], item.doc)
			}
		}
		if e.name != "" && e.function == "" && uses(e) {
			d.drop(e, "it has "+ctype+", which is left out")
		}
	}
}
