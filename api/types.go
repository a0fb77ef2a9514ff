package api

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// basicNames are how definitions spell the basic types.
var basicNames = map[string]Basic{
	"void": Void, "i8": I8, "u8": U8, "i16": I16, "u16": U16, "i32": I32, "u32": U32, "i64": I64, "u64": U64,
	"bool": Bool, "char": Char, "long": CLong, "ulong": CULong, "size": Size, "f32": F32, "f64": F64, "f80": F80, "ostype": OSType,
}

// String returns the type's name in definitions.
func (t Basic) String() string {
	for name, v := range basicNames {
		if v == t {
			return name
		}
	}
	return fmt.Sprintf("basic(%d)", int(t))
}

// Integer says whether the type is an integer: char, bool and ostype are not.
func (t Basic) Integer() bool { return I8 <= t && t <= U64 || t == CLong || t == CULong || t == Size }

// Signed says whether narrow values are sign-extended.
func (t Basic) Signed() bool {
	return t == I8 || t == I16 || t == I32 || t == I64 || t == CLong
}

// DefaultMax is the most elements, or bytes of a string, that are accepted where
// the definition does not say.
const DefaultMax = 65536

// maxPascal is what a length byte can say.
const maxPascal = 255

// wrongTypes are what people write out of habit, with what to write instead.
var wrongTypes = map[string]string{
	"int": "i32", "unsigned": "u32", "unsigned int": "u32", "short": "i16", "unsigned short": "u16", "float": "f32", "double": "f64", "long double": "f80",
	"int8_t": "i8", "uint8_t": "u8", "int16_t": "i16", "uint16_t": "u16", "int32_t": "i32", "uint32_t": "u32", "int64_t": "i64", "uint64_t": "u64",
	"size_t": "size", "_Bool": "bool", "long long": "i64", "unsigned long": "ulong", "unsigned long long": "u64", "unsigned char": "u8", "signed char": "i8",
	"byte": "u8", "string": "cstring", "char *": "cstring", "char*": "cstring", "const char *": "cstring", "const char*": "cstring", "OSType": "ostype",
	"c-long": "long", "c-ulong": "ulong", "usize": "size", "pstring": "pascal-string",
}

// systemTypes and systemNames are numbers that the system counts for one
// process: in another they mean nothing, or something else.
var (
	systemTypes = strings.Fields("fd int_fd descriptor socket port mach_port_t pid pid_t pthread_t HANDLE SOCKET")
	systemNames = strings.Fields("fd filedes file_descriptor sockfd socket_fd sock mach_port port_name port_right")
)

const systemHint = "a descriptor, port or process number means nothing in another process; pass the data, or declare a <handle> whose owner opens it"

// typeOf resolves type=.
func (b *builder) typeOf(n *node) *Type {
	name := n.attrs["type"]
	words := strings.Fields(strings.ReplaceAll(name, "*", " * "))
	words = slices.DeleteFunc(words, func(w string) bool { return w == "const" || w == "struct" })
	bare := strings.Join(words, " ")
	switch d := b.types[name]; {
	case name == "":
		return &Type{Basic: I32} // reported
	case d != nil:
		return b.declared(d)
	case basicNames[name] != NoBasic:
		return &Type{Name: name, Basic: basicNames[name]}
	case name == "cstring" || name == "pascal-string":
		return &Type{Name: name, String: b.text(n)}
	case name == "userdata":
		return &Type{Name: name, UserData: true}
	case b.lenient:
		return &Type{Name: name, Pointer: strings.HasSuffix(bare, "*")}
	case wrongTypes[name] != "":
		b.bad(n, "type=%q is C's name; write type=%q", name, wrongTypes[name])
	case slices.Contains(systemTypes, name):
		b.bad(n, "type=%q: %s", name, systemHint)
	case bare == "void *":
		b.bad(n, "type=%q: nothing says what it points to; declare a <handle> if it is an object, write type=\"u8\" and length= if it is data, type=\"userdata\" if it belongs to a callback", name)
	case strings.HasSuffix(bare, "*"):
		b.bad(n, "type=%q: a pointer without a length; write type=%q with length= for an array or dir= for one value, declare a <handle>, or write type=\"cstring\"", name, strings.TrimSuffix(bare, " *"))
	default:
		hint := "write a basic type, or declare it"
		if b.full() {
			break
		}
		known := slices.Sorted(maps.Keys(b.types))
		known = slices.AppendSeq(known, maps.Keys(basicNames))
		known = append(known, "cstring", "pascal-string", "userdata")
		slices.Sort(known)
		if near := nearest(name, known); near != "" {
			hint = "did you mean " + near + "?"
		}
		b.bad(n, "type=%q: there is no such type; %s", name, hint)
	}
	return &Type{Name: name, Basic: I32} // so that nothing else is reported
}

// text makes the type of a string. max= is its bytes, unless there are many.
func (b *builder) text(n *node) *String {
	s := &String{Pascal: n.attrs["type"] == "pascal-string", MacRoman: n.attrs["encoding"] == "mac-roman", Max: DefaultMax}
	if s.Pascal {
		s.Max = maxPascal
	}
	if n.has("max") && !n.has("length") {
		if s.Max = n.number("max"); s.Pascal && s.Max > maxPascal {
			b.bad(n, "max=%d: a length byte says at most %d", s.Max, maxPascal)
		}
	}
	return s
}

// declared returns a declared type, built.
func (b *builder) declared(d *declaration) *Type {
	if d.typ != nil {
		return d.typ
	}
	defer func(lenient bool) { b.lenient = lenient }(b.lenient)
	n := d.node
	name := n.attrs["name"]
	b.lenient = false
	spelt := func(ifAbsent string) string {
		if n.has("ctype") {
			return n.attrs["ctype"]
		}
		return ifAbsent
	}
	d.typ = &Type{Name: name}
	switch n.name {
	case "enum", "bitmask":
		e := b.enum(n)
		e.CType = spelt(name)
		d.typ.Enum, d.typ.Basic = e, e.Basic
		b.api.Enums = append(b.api.Enums, e)
	case "typedef":
		t := &Typedef{n.pos, name, spelt(name), basicNames[n.attrs["type"]], n.doc()}
		if (t.Basic == NoBasic || t.Basic == Void) && n.has("type") {
			b.bad(n, "type=%q is not a basic type; write one, such as i32. Structs, handles and callbacks have names of their own", n.attrs["type"])
		}
		if t.Basic == NoBasic || t.Basic == Void {
			t.Basic = I32
		}
		d.typ.Typedef, d.typ.Basic = t, t.Basic
		b.api.Typedefs = append(b.api.Typedefs, t)
	case "handle":
		h := &Handle{Position: n.pos, Name: name, Basic: basicNames[n.attrs["type"]], CType: spelt(name), Owner: sideOf(n, "owner"), Create: strings.Fields(n.attrs["create"]), Destroy: n.attrs["destroy"], Doc: n.doc()}
		if !n.has("type") {
			h.CType = spelt(name + " *")
		} else if !h.Basic.Integer() {
			b.bad(n, "type=%q is not an integer; write one, such as u32, or leave it out if C has a pointer", n.attrs["type"])
			h.Basic = U32
		}
		d.typ.Handle = h
		b.api.Handles = append(b.api.Handles, h)
		b.checks = append(b.checks, func() { b.checkHandle(n, h) })
	case "callback":
		d.typ.Callback = &Function{} // before its parameters, which may be of its own type
		b.fill(d.typ.Callback, n)
		d.typ.Callback.CType = spelt(name)
		b.api.Callbacks = append(b.api.Callbacks, d.typ.Callback)
	default:
		b.structure(d.typ, n, spelt)
	}
	return d.typ
}

func sideOf(n *node, attr string) Side {
	if n.attr(attr) == "host" {
		return HostSide
	}
	return PluginSide
}

func (b *builder) enum(n *node) *Enum {
	e := &Enum{Position: n.pos, Name: n.attrs["name"], Basic: I32, Mask: n.name == "bitmask", Doc: n.doc()}
	if e.Mask {
		e.Basic = U32
	}
	if n.has("type") {
		if t := basicNames[n.attrs["type"]]; t.Integer() {
			e.Basic = t
		} else {
			b.bad(n, "type=%q is not an integer; write one, such as i32", n.attrs["type"])
		}
	}
	n.each("value", func(v *node) {
		number, _ := integer(v.attrs["value"])
		name := v.attrs["name"]
		if _, taken := b.consts[name]; taken || b.types[name] != nil {
			b.bad(v, "the name is taken; write another")
		}
		if !e.Basic.holds(number) {
			b.bad(v, "value=%q does not fit %v; write a wider type= at <%s>", v.attrs["value"], e.Basic, n.name)
		}
		b.consts[name] = number
		e.Values = append(e.Values, Const{v.pos, name, number, v.doc()})
	})
	return e
}

// holds says whether an integer type has room for a value on every target.
func (t Basic) holds(v int64) bool {
	bits := map[Basic]int{I8: 8, U8: 8, I16: 16, U16: 16, I64: 64, U64: 64}[t]
	switch {
	case bits == 64:
		return true
	case bits == 0:
		bits = 32
	}
	if t.Signed() {
		return v>>(bits-1) == 0 || v>>(bits-1) == -1
	}
	return v>>bits == 0
}

// structure builds a struct, union or table into its type.
func (b *builder) structure(typ *Type, n *node, spelt func(string) string) {
	s := &Struct{Position: n.pos, Name: n.attrs["name"], SizeField: n.attrs["size-field"], Doc: n.doc()}
	typ.Struct = s // before its fields, which may be callbacks with it
	switch n.name {
	case "union":
		s.Kind, s.CType = Union, spelt("union "+s.Name)
	case "table":
		s.Kind, s.CType, s.Owner, s.Range = Table, spelt("struct "+s.Name), sideOf(n, "owner"), b.rangeOf(n)
	default:
		s.CType, s.Packing, s.Range = spelt("struct "+s.Name), Packing(n.choice("packing")), b.rangeOf(n)
	}
	seen := map[string]bool{}
	for _, c := range n.children {
		if c.name == "doc" {
			continue
		}
		f := &Field{Position: c.pos, Name: c.attrs["name"], Doc: c.doc(), Opaque: c.bool("opaque"), For: c.attrs["for"]}
		if seen[f.Name] {
			b.bad(c, "%v has another field of this name; write another", n)
		}
		seen[f.Name] = true
		if c.name == "case" {
			f.Case = c.attrs["value"]
		} else {
			f.Range = b.rangeOf(c)
		}
		if c.name == "method" {
			f.Func = b.function(c)
			f.Func.Table, f.Func.Side, f.Func.Range = s, s.Owner, f.Range
			f.Nullable = f.Func.Nullable
			b.functions[s.Name+"."+f.Name] = f.Func
		} else {
			b.lenient = f.Opaque
			f.Value = b.value(c)
			f.Count, f.CountOf = b.count(c), c.attrs["count"]
			b.lenient = false
		}
		s.Fields = append(s.Fields, f)
		b.elements[f] = c
	}
	b.elements[s] = n
	if len(s.Fields) == 0 {
		b.bad(n, "it is empty; an object that only its owner understands is a <handle>")
	}
	b.api.Structs = append(b.api.Structs, s)
	b.checks = append(b.checks, func() { b.checkStruct(n, s) })
}

// maxCount bounds fixed arrays.
const maxCount = 1 << 20

// count evaluates count=, which has to be constant.
func (b *builder) count(n *node) int {
	if !n.has("count") {
		return 0
	}
	e, err := ParseExpr(n.attrs["count"])
	if err != nil {
		return 0 // reported
	}
	v, err := e.Eval(func(path []string) (int64, error) {
		name := strings.Join(path, ".")
		v, ok := b.consts[name]
		if !ok {
			return 0, fmt.Errorf("%s is not a constant; write a number, declare a <const>, or write length= if it is a pointer", name)
		}
		return v, nil
	}, func([]string) (int64, error) { return 0, errors.New("strlen is not constant; write a number") })
	if err == nil && (v < 1 || v > maxCount) || errors.Is(err, ErrRange) {
		err = fmt.Errorf("it is not a number from 1 to %d; write one", maxCount)
	}
	if err != nil {
		b.bad(n, "count=%q: %v", n.attrs["count"], err)
		return 1
	}
	return int(v)
}

// expr returns a length expression, nil if there is none.
func (b *builder) expr(n *node, attr string) *Expr {
	if !n.has(attr) {
		return nil
	}
	e, _ := ParseExpr(n.attrs[attr]) // checked
	return e
}

func (b *builder) value(n *node) Value {
	v := Value{Type: b.typeOf(n), Length: b.expr(n, "length"), Max: DefaultMax, Nullable: n.bool("nullable"), Switch: n.attrs["switch"], Raw: n.attr("endian") == "raw"}
	if n.has("max") {
		if v.Max = n.number("max"); v.Max == 0 {
			b.bad(n, "max=\"0\" lets nothing through; write a number from 1")
			v.Max = 1
		}
	} else if v.Type.String != nil && v.Length == nil {
		v.Max = v.Type.String.Max
	}
	if v.Type.Basic == Void && n.name != "return" {
		b.bad(n, "type=\"void\": a value cannot be void; write another type")
	}
	return v
}
