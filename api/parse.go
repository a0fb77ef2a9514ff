package api

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Parse reads the definition in a file and the files that it includes. Mistakes
// in them come as [Errors], each with its place.
func Parse(file string) (*API, error) {
	dir, name := filepath.Split(file)
	return parse(os.DirFS(filepath.Clean(dir)), name, func(name string) string { return filepath.Join(dir, name) })
}

// ParseFS is Parse for a file of a file system.
func ParseFS(fsys fs.FS, file string) (*API, error) {
	return parse(fsys, file, func(name string) string { return name })
}

func parse(fsys fs.FS, file string, show func(string) string) (*API, error) {
	b, err := load(fsys, file, show)
	if err != nil {
		return nil, err
	}
	if len(b.errs) > 0 {
		return nil, b.errs
	}
	return b.api, nil
}

// load reads a definition as far as possible. Of mistakes in it the builder knows.
func load(fsys fs.FS, file string, show func(string) string) (*builder, error) {
	b := &builder{reader: reader{fsys: fsys, show: show, left: maxElements}, api: &API{}, types: map[string]*declaration{}, consts: map[string]int64{}, functions: map[string]*Function{}}
	root, err := b.file(file)
	if err != nil {
		return nil, err
	}
	if root != nil {
		b.build(root)
	}
	return b, nil
}

// declaration is a declared type, which is built when first needed, so that the
// order of declarations does not matter.
type declaration struct {
	element  *node
	typ      *Type
	building bool
}

type builder struct {
	reader
	api       *API
	prefix    string
	types     map[string]*declaration
	consts    map[string]int64
	functions map[string]*Function // also TABLE.METHOD
	handles   []*node
	checks    []func() // what can be checked only when everything is there
}

func (b *builder) build(root *node) {
	a := b.api
	a.Name, a.Header, a.Doc, b.prefix = root.attrs["name"], root.attrs["header"], root.doc(), root.attrs["prefix"]
	a.Version, _ = parseVersion(root.attrs["version"])
	a.MinCompatible = a.Version
	if root.has("min-compatible") {
		a.MinCompatible, _ = parseVersion(root.attrs["min-compatible"])
		if a.Version.Before(a.MinCompatible) {
			b.bad(root, "min-compatible=%v is after version=%v", a.MinCompatible, a.Version)
		}
	}
	names := map[string]*node{}
	for _, e := range root.children {
		name := e.attrs["name"]
		if name == "" {
			continue
		}
		if other := names[name]; other != nil {
			b.bad(e, "the name is taken by %v at %v", other, other.pos)
			continue
		}
		if _, ok := basicNames[name]; ok || stringNames[name] || name == "userdata" {
			b.bad(e, "%s is the name of a basic type", name)
			continue
		}
		names[name] = e
		switch e.name {
		case "const":
			n, _ := integer(e.attrs["value"])
			b.consts[name] = n
			a.Consts = append(a.Consts, &Const{e.pos, name, n, e.doc()})
		case "enum", "bitmask", "typedef", "struct", "union", "table", "handle", "callback":
			b.types[name] = &declaration{element: e}
		}
	}
	for _, e := range root.children {
		if d := b.types[e.attrs["name"]]; d != nil && d.element == e && (e.name == "enum" || e.name == "bitmask") {
			b.declared(d) // first, because their values may be lengths and cases
		}
	}
	for _, e := range root.children {
		if d := b.types[e.attrs["name"]]; d != nil && d.element == e {
			b.declared(d)
		}
	}
	for _, e := range root.children {
		switch e.name {
		case "function":
			f := b.function(e)
			a.Functions = append(a.Functions, f)
			b.functions[f.Name] = f
		case "import":
			a.Imports = append(a.Imports, &Import{e.pos, e.attrs["name"], e.attr("stub")})
		case "state":
			if a.State != nil {
				b.bad(e, "there is one at %v already", a.State.Position)
			}
			a.State = &State{e.pos, e.attrs["get"], e.attrs["set"]}
			b.checks = append(b.checks, func() { b.checkState(e) })
		}
	}
	for _, check := range b.checks {
		check()
	}
	number(a)
}

// number gives functions their ids.
func number(a *API) {
	id := 0
	for f := range a.All() {
		id++
		f.ID = id
	}
}

// All returns callbacks, the functions of tables and functions, in the order of
// their ids.
func (a *API) All() func(yield func(*Function) bool) {
	return func(yield func(*Function) bool) {
		for _, f := range a.Callbacks {
			if !yield(f) {
				return
			}
		}
		for _, s := range a.Structs {
			for _, field := range s.Fields {
				if field.Func != nil && !yield(field.Func) {
					return
				}
			}
		}
		for _, f := range a.Functions {
			if !yield(f) {
				return
			}
		}
	}
}

// Before says whether v is the older version.
func (v Version) Before(w Version) bool {
	return v.Major < w.Major || v.Major == w.Major && v.Minor < w.Minor
}

func (v Version) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }

// In says whether something with this range is in a version.
func (r Range) In(v Version) bool {
	return !v.Before(r.Since) && (r.Until == Version{} || !r.Until.Before(v))
}

func (b *builder) rangeOf(e *node) Range {
	var r Range
	if e.has("since") {
		r.Since, _ = parseVersion(e.attrs["since"])
		if b.api.Version.Before(r.Since) {
			b.bad(e, "since=%v is after the version that is described, %v", r.Since, b.api.Version)
		}
	}
	if e.has("until") {
		r.Until, _ = parseVersion(e.attrs["until"])
		if r.Until.Before(r.Since) {
			b.bad(e, "until=%v is before since=%v", r.Until, r.Since)
		}
	}
	return r
}

// basicNames are how definitions spell the basic types.
var basicNames = map[string]Basic{
	"void": Void, "i8": I8, "u8": U8, "i16": I16, "u16": U16, "i32": I32, "u32": U32, "i64": I64, "u64": U64,
	"bool": Bool, "char": Char, "long": CLong, "ulong": CULong, "size": Size, "f32": F32, "f64": F64, "f80": F80, "ostype": OSType,
}

var stringNames = map[string]bool{"cstring": true, "pascal-string": true}

// String returns the type's name in definitions.
func (t Basic) String() string {
	for name, v := range basicNames {
		if v == t {
			return name
		}
	}
	return fmt.Sprintf("basic(%d)", int(t))
}

// Integer says whether the type is an integer: char and bool are not.
func (t Basic) Integer() bool { return I8 <= t && t <= U64 || t == CLong || t == CULong || t == Size }

// Signed says whether narrow values are sign-extended.
func (t Basic) Signed() bool {
	return t == I8 || t == I16 || t == I32 || t == I64 || t == CLong
}

// wrongTypes are what people write out of habit, with what to write instead.
var wrongTypes = map[string]string{
	"int": "i32", "unsigned": "u32", "unsigned int": "u32", "short": "i16", "unsigned short": "u16", "float": "f32", "double": "f64",
	"int8_t": "i8", "uint8_t": "u8", "int16_t": "i16", "uint16_t": "u16", "int32_t": "i32", "uint32_t": "u32", "int64_t": "i64", "uint64_t": "u64",
	"size_t": "size", "_Bool": "bool", "long long": "i64", "unsigned long": "ulong", "unsigned char": "u8", "signed char": "i8", "byte": "u8", "string": "cstring",
	"char *": "cstring", "char*": "cstring", "const char *": "cstring", "const char*": "cstring", "OSType": "ostype",
}

// numbersOfTheSystem mean something in one process only.
var numbersOfTheSystem = map[string]bool{"fd": true, "int fd": true, "socket": true, "port": true, "mach_port_t": true, "pid": true, "pid_t": true, "pthread_t": true}

// typeOf resolves type=.
func (b *builder) typeOf(e *node) *Type {
	name := e.attrs["type"]
	bare := strings.ReplaceAll(strings.TrimPrefix(name, "const "), " ", "")
	switch d := b.types[name]; {
	case name == "":
		return &Type{Basic: I32} // reported
	case d != nil:
		return b.declared(d)
	case basicNames[name] != NoBasic:
		return &Type{Name: name, Basic: basicNames[name]}
	case stringNames[name]:
		s := &String{Pascal: name == "pascal-string", MacRoman: e.attrs["encoding"] == "mac-roman", Max: e.number("max")}
		if s.Pascal && s.Max > 255 {
			b.bad(e, "max=%d: a pascal-string has at most 255 bytes", s.Max)
		}
		return &Type{Name: name, String: s}
	case name == "userdata":
		return &Type{Name: name, UserData: true}
	case wrongTypes[name] != "":
		b.bad(e, "type=%q: write type=%q", name, wrongTypes[name])
	case numbersOfTheSystem[name]:
		b.bad(e, "type=%q: a descriptor, port or process number means nothing in another process; pass the data, or declare a <handle>", name)
	case bare == "void*":
		b.bad(e, "type=%q: nothing says what it points to; declare a <handle> if it is an object, write type=\"u8\" and length= if it is data, type=\"userdata\" if it belongs to a callback", name)
	case strings.HasSuffix(bare, "*"):
		pointed := strings.TrimSuffix(bare, "*")
		b.bad(e, "type=%q: a pointer without a length; write type=%q with length= for an array or dir= for one value, declare a <handle>, or write type=\"cstring\"", name, pointed)
	default:
		hint := "write a basic type or declare it"
		var known []string
		for n := range basicNames {
			known = append(known, n)
		}
		for n := range b.types {
			known = append(known, n)
		}
		slices.Sort(known)
		if near := nearest(name, known); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		b.bad(e, "type=%q: there is no such type; %s", name, hint)
	}
	return &Type{Name: name, Basic: I32} // so that nothing else is reported
}

// declared returns a declared type, built.
func (b *builder) declared(d *declaration) *Type {
	if d.typ != nil {
		return d.typ
	}
	e := d.element
	name := e.attrs["name"]
	spelt := func(ifAbsent string) string {
		if e.has("ctype") {
			return e.attrs["ctype"]
		}
		return ifAbsent
	}
	d.typ = &Type{Name: name}
	switch e.name {
	case "enum", "bitmask":
		en := &Enum{Position: e.pos, Name: name, CType: spelt(name), Basic: I32, Mask: e.name == "bitmask", Doc: e.doc()}
		if en.Mask {
			en.Basic = U32
		}
		if e.has("type") {
			if en.Basic = basicNames[e.attrs["type"]]; !en.Basic.Integer() {
				b.bad(e, "type=%q: write an integer type such as i32", e.attrs["type"])
				en.Basic = I32
			}
		}
		e.each("value", func(v *node) {
			n, _ := integer(v.attrs["value"])
			vn := v.attrs["name"]
			if _, ok := b.consts[vn]; ok {
				b.bad(v, "the name is taken by another value or constant")
			}
			b.consts[vn] = n
			en.Values = append(en.Values, Const{v.pos, vn, n, v.doc()})
		})
		d.typ.Enum, d.typ.Basic = en, en.Basic
		b.api.Enums = append(b.api.Enums, en)
	case "typedef":
		td := &Typedef{e.pos, name, spelt(name), basicNames[e.attrs["type"]], e.doc()}
		if td.Basic == NoBasic || td.Basic == Void {
			b.bad(e, "type=%q: write a basic type; structs and handles have names of their own", e.attrs["type"])
			td.Basic = I32
		}
		d.typ.Basic = td.Basic
		b.api.Typedefs = append(b.api.Typedefs, td)
	case "handle":
		h := &Handle{Position: e.pos, Name: name, CType: spelt(name + " *"), Create: strings.Fields(e.attrs["create"]), Destroy: e.attrs["destroy"], Doc: e.doc()}
		if e.attr("owner") == "host" {
			h.Owner = HostSide
		}
		d.typ.Handle = h
		b.api.Handles = append(b.api.Handles, h)
		b.checks = append(b.checks, func() { b.checkHandle(e, h) })
	case "callback":
		d.typ.Callback = &Function{} // before its parameters, which may be of its own type
		b.fill(d.typ.Callback, e)
		d.typ.Callback.CType = spelt(name)
		b.api.Callbacks = append(b.api.Callbacks, d.typ.Callback)
	default:
		d.typ.Struct = b.structure(d, spelt)
	}
	return d.typ
}

// structure builds a struct, union or table, after the types that it embeds.
func (b *builder) structure(d *declaration, spelt func(string) string) *Struct {
	e := d.element
	s := &Struct{Position: e.pos, Name: e.attrs["name"], SizeField: e.attrs["size-field"], Range: b.rangeOf(e), Doc: e.doc()}
	d.typ.Struct = s // fields may point to it
	d.building = true
	defer func() { d.building = false }()
	switch e.name {
	case "union":
		s.Kind, s.CType = Union, spelt("union "+s.Name)
	case "table":
		s.Kind, s.CType = Table, spelt("struct "+s.Name)
		if e.attr("owner") == "host" {
			s.Owner = HostSide
		}
	default:
		s.CType = spelt("struct " + s.Name)
		s.Packing = map[string]Packing{"natural": Natural, "mac68k": Mac68K, "power": Power}[e.attr("packing")]
	}
	seen := map[string]bool{}
	var elements []*node
	for _, c := range e.children {
		if c.name == "doc" {
			continue
		}
		elements = append(elements, c)
		f := &Field{Position: c.pos, Name: c.attrs["name"], Range: b.rangeOf(c), Doc: c.doc(), Case: c.attrs["value"], Opaque: c.bool("opaque"), For: c.attrs["for"]}
		if seen[f.Name] {
			b.bad(c, "%v has another field of this name", e)
		}
		seen[f.Name] = true
		switch {
		case c.name == "method":
			f.Func = b.function(c)
			f.Func.Table, f.Func.Side, f.Func.Range = s, s.Owner, f.Range
			f.Nullable = c.bool("nullable")
			b.functions[s.Name+"."+f.Name] = f.Func
		case f.Opaque && strings.HasSuffix(strings.ReplaceAll(c.attrs["type"], " ", ""), "*"):
			f.Value = Value{Type: &Type{Name: c.attrs["type"], Basic: Void}, Pointer: true}
		default:
			f.Value = b.value(c)
			f.Count = b.count(c)
			if inner := b.types[c.attrs["type"]]; inner != nil && inner.building && f.Length == nil {
				b.bad(c, "%s contains itself; write length= if it is a pointer", s.Name)
			}
		}
		s.Fields = append(s.Fields, f)
	}
	if len(s.Fields) == 0 {
		b.bad(e, "it is empty; an object that only its owner understands is a <handle>")
	}
	b.api.Structs = append(b.api.Structs, s)
	b.checks = append(b.checks, func() { b.checkStruct(e, s, elements) })
	return s
}

// count evaluates count=, which has to be a constant.
func (b *builder) count(e *node) int {
	if !e.has("count") {
		return 0
	}
	ex, err := ParseExpr(e.attrs["count"])
	if err != nil {
		return 0 // reported
	}
	n, err := ex.Eval(func(path []string) (int64, error) {
		v, ok := b.consts[strings.Join(path, ".")]
		if !ok {
			return 0, fmt.Errorf("%s is no constant", strings.Join(path, "."))
		}
		return v, nil
	}, func([]string) (int64, error) { return 0, errors.New("strlen is not constant") })
	if err == nil && (n < 1 || n > 1<<20) {
		err = fmt.Errorf("it is %d; a field has from 1 to %d values", n, 1<<20)
	}
	if err != nil {
		b.bad(e, "count=%q: %v", e.attrs["count"], err)
		return 1
	}
	return int(n)
}

// expr returns an expression with its constants filled in.
func (b *builder) expr(e *node, attr string) *Expr {
	if !e.has(attr) {
		return nil
	}
	ex, err := ParseExpr(e.attrs[attr])
	if err != nil {
		return nil // reported
	}
	return ex
}

func (b *builder) value(e *node) Value {
	v := Value{Type: b.typeOf(e), Length: b.expr(e, "length"), Max: e.number("max"), Nullable: e.bool("nullable"), Switch: e.attrs["switch"], Raw: e.attrs["endian"] == "raw"}
	if v.Type.Basic == Void && e.name != "return" {
		b.bad(e, "type=\"void\": a value cannot be void")
	}
	return v
}
