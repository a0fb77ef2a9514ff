package header

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/crossplug/crossplug/api"

	"modernc.org/cc/v4"
)

// drafter turns declarations of C into those of the definition language.
type drafter struct {
	unit
	files     []string
	own       map[string]bool // names of files in positions, and whether they are among files
	opts      Options
	names     map[string]string // of tags, "struct x", "union x" and "enum x": that of a typedef
	functions map[string]bool   // what the headers declare, by name
	values    map[string]bool   // of enumerations, likewise
	handles   map[string]string // of tags of structs that nobody sees into: the pointer's typedef
	types     map[string]*element
	taken     map[string]bool
	goNames   map[string]bool
	packing   string              // of the structs of the declaration that is being drafted: packing=, or "other"
	layouts   map[string]placing  // where the front end puts the fields of structs, by their names
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

func newDrafter(u unit, files []string, opts Options) *drafter {
	return &drafter{
		unit: u, files: files, opts: opts, own: map[string]bool{}, names: map[string]string{}, functions: map[string]bool{}, values: map[string]bool{}, handles: map[string]string{},
		types: map[string]*element{}, taken: map[string]bool{}, goNames: map[string]bool{}, complete: map[string]bool{}, layouts: map[string]placing{}, gaps: map[string][]string{}, reasons: map[string][]string{},
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

// placing is where the fields of a struct or the cases of a union are.
type placing struct {
	offsets []int
	size    int
}

// declaration is one of C's: what its specifiers are, and what it declares.
type declaration struct {
	specified   cc.Type
	declarators []*cc.Declarator
	packing     string // see drafter
}

// Attributes that the front end does not look at: of structs, and of their typedefs.
var (
	packed  = regexp.MustCompile(`\b(packed|__packed__|ms_struct|scalar_storage_order)\b`)
	aligned = regexp.MustCompile(`\b(packed|__packed__|aligned|__aligned__)\b`)
)

// declarations returns those of the headers.
func (d *drafter) declarations() []declaration {
	var all []declaration
	for n := d.TranslationUnit; n != nil; n = n.TranslationUnit {
		ext := n.ExternalDeclaration
		if ext == nil || ext.Declaration == nil || !d.isOwn(ext.Position().Filename) {
			continue
		}
		var decl declaration
		if s := ext.Declaration.DeclarationSpecifiers; s != nil {
			decl.specified = s.Type()
			if t := decl.specified; t != nil && tagOf(t) != "" {
				decl.packing = d.packingOf(s)
			}
		}
		if l := ext.Declaration.InitDeclaratorList; l != nil && decl.specified != nil && aligned.MatchString(cc.NodeSource(l)) {
			decl.packing = "other"
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

// packingOf returns how the structs in a declaration are laid out, "" if by C's
// rules.
func (d *drafter) packingOf(s *cc.DeclarationSpecifiers) string {
	at := s.Position()
	most := 0
	if file := d.packings[filepath.Clean(at.Filename)]; file != nil {
		most = file.at(at.Line)
	}
	switch {
	case packed.MatchString(cc.NodeSource(s)), most == 1, most == 4:
		return "other"
	case most == 2:
		return "mac68k"
	}
	return ""
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
		d.packing = decl.packing
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
	macros := slices.DeleteFunc(slices.Collect(maps.Values(d.Macros)), func(m *cc.Macro) bool {
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
	if d.taken[name] {
		return
	}
	t := decl.Type()
	if tagOf(t) == "" && word(name) { // it is the language's, and the same or unusable
		return
	}
	switch t := t.(type) {
	case *cc.StructType, *cc.UnionType, *cc.EnumType:
		if incomplete, ok := t.(interface{ IsIncomplete() bool }); ok && incomplete.IsIncomplete() {
			d.handle(name, name+" *", "")
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
				d.handle(name, name, "")
				d.handles[tagOf(elem)] = name
			}
		default:
			if elem.Kind() == cc.Void {
				d.handle(name, name, "The header does not say that it is an object, and not data. ")
			}
		}
	case *cc.ArrayType, *cc.FunctionType: // what uses it shows it
	default:
		if basic := basicOf(t, name); basic != "" && basicOf(t, "") != "" {
			d.declare(name, (&element{name: "typedef"}).add("name", name, "type", basicOf(t, "")))
		}
	}
}

// handle drafts a handle, with what else there is to say about it.
func (d *drafter) handle(name, ctype, doc string) {
	if d.taken[name] {
		return
	}
	e := (&element{name: "handle"}).add("name", name)
	if ctype != name+" *" {
		e.add("ctype", ctype)
	}
	e.add("owner", "plugin")
	e.doc = doc + "The header does not say whose it is, nor what ends it: check owner=, write create= and destroy=."
	d.declare(name, e)
}

// structure drafts a struct, table or union.
func (d *drafter) structure(t cc.Type, n int, field func(int) *cc.Field, name, ctype string) {
	d.taken[name] = true // before its fields, which may point to it
	kind, child := "struct", "field"
	if t.Kind() == cc.Union {
		kind, child = "union", "case"
	}
	if d.packing == "other" {
		d.leaveOut(name, ctype, "it is packed otherwise than any packing=")
		return
	}
	var fields []*element
	methods := false
	var place placing
	for i := range n {
		f := field(i)
		place.offsets = append(place.offsets, int(f.Offset()))
		why := ""
		switch {
		case f.IsBitfield():
			why = f.Name() + " is a bit-field"
		case f.Name() == "":
			why = "a field has no name"
		case f.IsFlexibleArrayMember():
			why = f.Name() + " is an array without a length"
		}
		if why != "" {
			d.leaveOut(name, ctype, why)
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
		why = d.field(e, f.Type(), name+"."+f.Name(), name)
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
	if d.packing == "" { // the front end does not know others
		place.size = int(t.Size())
		d.layouts[name] = place
	}
	switch {
	case kind == "struct" && !methods && d.packing != "":
		e.add("packing", d.packing)
	case d.packing != "":
		d.leaveOut(name, ctype, "only a <struct> has another packing=")
		return
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
