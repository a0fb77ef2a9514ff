package generate

import (
	"fmt"
	"strings"

	"github.com/crossplug/crossplug/api"
)

// basics are what C and glue.h call the basic types.
var basics = map[api.Basic]struct{ c, glue string }{
	api.I8: {"int8_t", "i8"}, api.U8: {"uint8_t", "u8"}, api.I16: {"int16_t", "i16"}, api.U16: {"uint16_t", "u16"},
	api.I32: {"int32_t", "i32"}, api.U32: {"uint32_t", "u32"}, api.I64: {"int64_t", "i64"}, api.U64: {"uint64_t", "u64"},
	api.Bool: {"bool", "bool"}, api.Char: {"char", "char"}, api.CLong: {"long", "long"}, api.CULong: {"unsigned long", "ulong"},
	api.Size: {"size_t", "size"}, api.F32: {"float", "f32"}, api.F64: {"double", "f64"}, api.OSType: {"uint32_t", "ostype"},
}

// ctype is how C spells the type of one value.
func (g *c) ctype(t *api.Type) string {
	switch {
	case t.UserData:
		return "void *"
	case t.Enum != nil:
		return t.Enum.CType
	case t.Struct != nil:
		return t.Struct.CType
	case t.Handle != nil:
		return t.Handle.CType
	case t.Callback != nil:
		return t.Callback.CType
	case t.String != nil && t.String.Pascal:
		return "const unsigned char *"
	case t.String != nil:
		return "const char *"
	}
	if t.Typedef != nil {
		return t.Typedef.CType
	}
	return basics[t.Basic].c
}

// declare joins a type and a name.
func declare(ctype, name string) string {
	if strings.HasSuffix(ctype, "*") {
		return ctype + name
	}
	return ctype + " " + name
}

// pointer is the type of a pointer to values of a type.
func pointer(ctype string, constant bool) string {
	if strings.HasSuffix(ctype, "*") {
		if constant {
			return ctype + "const *"
		}
		return ctype + "*"
	}
	if constant {
		return "const " + ctype + " *"
	}
	return ctype + " *"
}

// glue is the word for a basic type in names of glue.h.
func (g *c) glue(at api.Position, t *api.Type) string {
	b, ok := basics[t.Basic]
	if !ok {
		g.refuse(at, "type %s does not cross", t.Name)
	}
	return b.glue
}

// paramType is the type of a parameter or result.
func (g *c) paramType(p *api.Param) string {
	t := p.Type
	one := g.ctype(t)
	if p.Transfer == api.Full && t.String != nil {
		one = strings.TrimPrefix(one, "const ")
	}
	if t.String != nil && p.Dir != api.In && p.Length != nil && p.Name != "return" {
		g.refuse(p.Position, "an array of strings that comes out, as nothing says whose they are")
	}
	in := p.Dir == api.In || p.Name == "return" && p.Transfer != api.Full
	switch {
	case p.Transport == api.Shared:
		return pointer(one, p.Dir == api.In)
	case p.Capacity != nil && t.String != nil:
		return "char *"
	case p.Name == "return" && (p.Length != nil || t.Struct != nil):
		return pointer(one, in)
	case p.Name == "return":
		return one
	case p.Length != nil || p.Capacity != nil || p.Pointer || t.Struct != nil:
		return pointer(one, in && t.Handle == nil || in && p.Length != nil)
	}
	return one
}

// local gives a parameter a name that is none of the generated code's own.
func local(name string) string {
	if name == "cp" || strings.HasPrefix(name, "cp_") {
		return name + "_"
	}
	return name
}

// prototype spells a function without its name and storage class.
func (g *c) params(f *api.Function) string {
	var list []string
	for _, p := range f.Params {
		list = append(list, declare(g.paramType(p), local(p.Name)))
	}
	if len(list) == 0 {
		return "void"
	}
	return strings.Join(list, ", ")
}

func (g *c) result(f *api.Function) string {
	if f.Return == nil {
		return ""
	}
	return g.paramType(f.Return)
}

func voidIfNone(s string) string {
	if s == "" {
		return "void"
	}
	return s
}

// expr is a length expression in C. name spells what a path means.
func expr(e *api.Expr, name func(path []string) string) string {
	arg := func(i int) string { return expr(e.Args[i], name) }
	switch e.Op {
	case api.Number:
		return fmt.Sprint(e.Num)
	case api.Name:
		return name(e.Path)
	case api.Strlen:
		return fmt.Sprintf("cp_strlen(%s)", name(e.Path))
	case api.Min, api.Max:
		call := arg(0)
		for i := range e.Args[1:] {
			call = fmt.Sprintf("%s(%s, %s)", map[api.Op]string{api.Min: "cp_min", api.Max: "cp_max"}[e.Op], call, arg(i+1))
		}
		return call
	}
	return fmt.Sprintf("%s(cp, %s, %s)", map[api.Op]string{api.Add: "cp_add", api.Sub: "cp_sub", api.Mul: "cp_mul", api.Div: "cp_div"}[e.Op], arg(0), arg(1))
}

// inStruct spells names of a struct's fields.
func inStruct(s string) func([]string) string {
	return func(path []string) string { return s + "->" + strings.Join(path, ".") }
}

func tag(t *api.Type) string {
	switch {
	case t.Handle != nil:
		return t.Handle.Name
	case t.Struct != nil:
		return t.Struct.Name
	}
	return ""
}
