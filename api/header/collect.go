package header

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crossplug/crossplug/api"

	"modernc.org/cc/v4"
)

// drafter turns declarations of C into those of the definition language.
type drafter struct {
	ast      *cc.AST
	file     string
	opts     Options
	names    map[string]string   // of tags, "struct x", "union x" and "enum x": the name in the draft
	types    map[string]*element // declared in the draft, by name
	taken    map[string]bool
	complete map[string]bool     // structs and unions of which the header has the fields
	gaps     map[string][]string // by the name of a struct: fields of which the header does not say enough
	reasons  map[string][]string // by declaration, or TABLE.METHOD: why it does not cross
	items    []*element
}

// element of the draft.
type element struct {
	name     string
	attrs    []string // name, value, …
	children []*element
	doc      string
	function string // of what can be unsupported: the key in reasons
}

func (e *element) add(attrs ...string) *element {
	e.attrs = append(e.attrs, attrs...)
	return e
}

func newDrafter(ast *cc.AST, file string, opts Options) *drafter {
	return &drafter{ast: ast, file: file, opts: opts, names: map[string]string{}, types: map[string]*element{}, taken: map[string]bool{}, complete: map[string]bool{},
		gaps: map[string][]string{}, reasons: map[string][]string{}}
}

// collect goes through the header.
func (d *drafter) collect() {
	d.constants()
	type declaration struct {
		specified   cc.Type
		declarators []*cc.Declarator
	}
	var all []declaration
	for n := d.ast.TranslationUnit; n != nil; n = n.TranslationUnit {
		ext := n.ExternalDeclaration
		if ext == nil || ext.Declaration == nil || ext.Position().Filename != d.file {
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
	// Typedefs give structs their names, and pointers may lead to later ones.
	for _, decl := range all {
		for _, x := range decl.declarators {
			if key := tagOf(x.Type()); x.IsTypename() && key != "" && d.names[key] == "" {
				d.names[key] = x.Name()
			}
		}
	}
	for _, decl := range all {
		if t := decl.specified; t != nil && (t.Kind() == cc.Struct || t.Kind() == cc.Union) && !t.IsIncomplete() {
			name, _ := d.nameOf(t)
			d.complete[name] = true
		}
	}
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
	d.signature(e.add("name", decl.Name()), f, "")
	d.items = append(d.items, e)
}

// constants drafts the macros and unnamed enumerations that are numbers.
func (d *drafter) constants() {
	macros := slices.Collect(maps.Values(d.ast.Macros))
	slices.SortFunc(macros, func(a, b *cc.Macro) int { return a.Name.Position().Offset - b.Name.Position().Offset })
	for _, m := range macros {
		if m.Name.Position().Filename != d.file || m.IsFnLike {
			continue
		}
		switch v := m.Value().(type) {
		case cc.Int64Value:
			d.constant(m.Name.SrcStr(), int64(v))
		case cc.UInt64Value:
			d.constant(m.Name.SrcStr(), int64(v))
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
// C spells it.
func (d *drafter) nameOf(t cc.Type) (name, ctype string) {
	key := tagOf(t)
	if name := d.names[key]; name != "" {
		return name, name
	}
	_, tag, _ := strings.Cut(key, " ")
	if def := t.Typedef(); def != nil && !identifier(tag) {
		return def.Name(), def.Name()
	}
	return tag, key
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
	basic := "i32"
	for _, v := range t.Enumerators() {
		if n := number(v.Value()); n > 1<<31-1 {
			basic = "u32"
		}
	}
	e := (&element{name: "enum"}).add("name", name)
	if ctype != name {
		e.add("ctype", ctype)
	}
	if basic != "i32" {
		e.add("type", basic)
	}
	for _, v := range t.Enumerators() {
		d.taken[v.Token.SrcStr()] = true
		e.children = append(e.children, (&element{name: "value"}).add("name", v.Token.SrcStr(), "value", fmt.Sprint(number(v.Value()))))
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
	if d.taken[name] {
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
			d.items = append(d.items, &element{doc: fmt.Sprintf("%s is left out: it has bit-fields, fields without a name, or an array without a length", ctype)})
			d.gaps[name] = append(d.gaps[name], ctype+" has bit-fields, fields without a name, or an array without a length")
			return
		}
		if p, ok := f.Type().(*cc.PointerType); ok && f.Type().Typedef() == nil && kind == "struct" {
			if fn, ok := p.Elem().(*cc.FunctionType); ok {
				methods = true
				e := &element{name: "method", function: name + "." + f.Name()}
				d.signature(e.add("name", f.Name()), fn, name)
				fields = append(fields, e)
				continue
			}
		}
		e := (&element{name: child}).add("name", f.Name())
		if kind == "union" {
			e.add("value", fmt.Sprint(i))
		}
		d.field(e, f.Type(), name+"."+f.Name(), name)
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

// learn notes why functions do not cross, and says whether that is news that
// helps.
func (d *drafter) learn(errs api.Errors) bool {
	news := false
	for _, e := range errs {
		if d.types[e.Of] != nil && d.types[e.Of].function == "" {
			return false
		}
		if !slices.Contains(d.reasons[e.Of], e.Text) {
			d.reasons[e.Of] = append(d.reasons[e.Of], e.Text)
			news = true
		}
	}
	return news
}
