package header

import (
	"fmt"
	"strings"

	"modernc.org/cc/v4"
)

// fixed are the names whose meaning is the same on every target, although what C
// makes of them is not.
var fixed = map[string]string{
	"int8_t": "i8", "uint8_t": "u8", "int16_t": "i16", "uint16_t": "u16", "int32_t": "i32", "uint32_t": "u32",
	"int64_t": "i64", "uint64_t": "u64", "size_t": "size", "ssize_t": "long", "intptr_t": "long", "uintptr_t": "ulong", "ptrdiff_t": "long",
}

var kinds = map[cc.Kind]string{
	cc.Bool: "bool", cc.Char: "char", cc.SChar: "i8", cc.UChar: "u8", cc.Short: "i16", cc.UShort: "u16", cc.Int: "i32", cc.UInt: "u32",
	cc.Long: "long", cc.ULong: "ulong", cc.LongLong: "i64", cc.ULongLong: "u64", cc.Float: "f32", cc.Double: "f64", cc.LongDouble: "f80",
}

// word says whether a name in C is that of a type of the language.
func word(name string) bool {
	switch name {
	case "size", "ostype", "cstring", "userdata":
		return true
	}
	for _, basic := range kinds {
		if name == basic {
			return true
		}
	}
	return false
}

// basicOf returns the language's name of an arithmetic type, "" of another. not
// is a typedef that is being declared, and so not its own name.
func basicOf(t cc.Type, not string) string {
	if def := t.Typedef(); def != nil && def.Name() != not {
		if name := fixed[def.Name()]; name != "" {
			return name
		}
	}
	return kinds[t.Kind()]
}

// scalar returns the name in the draft of a type that crosses by value, "" if it
// does not.
func (d *drafter) scalar(t cc.Type) string {
	if def := t.Typedef(); def != nil {
		if e := d.types[def.Name()]; e != nil && (e.name == "typedef" || e.name == "enum" || e.name == "handle" || e.name == "callback") {
			return def.Name()
		}
	}
	if t.Kind() == cc.Enum {
		if name, _ := d.nameOf(t); d.types[name] != nil {
			return name
		}
		return "i32"
	}
	if p, ok := t.(*cc.PointerType); ok {
		return d.opaque(p)
	}
	return basicOf(t, "")
}

// opaque returns the handle that a pointer to an incomplete struct is, "" of
// another.
func (d *drafter) opaque(p *cc.PointerType) string {
	s, ok := p.Elem().(*cc.StructType)
	if !ok || !s.IsIncomplete() {
		return ""
	}
	if name := d.handles[tagOf(s)]; name != "" {
		return name
	}
	name, ctype := d.nameOf(s)
	if !identifier(name) {
		return ""
	}
	d.handle(name, ctype+" *", "")
	if d.types[name] == nil || d.types[name].name != "handle" {
		return ""
	}
	return name
}

// pointee returns the struct, union or table that a pointer leads to, "" if it
// leads elsewhere.
func (d *drafter) pointee(p *cc.PointerType) string {
	switch p.Elem().Kind() {
	case cc.Struct, cc.Union:
		name, _ := d.nameOf(p.Elem())
		if d.complete[name] {
			return name
		}
	}
	return ""
}

func isConst(t cc.Type) bool { a := t.Attributes(); return a != nil && a.IsConst() }

const nameless = " without a name"

// spell writes a type as C does, for people: modernc.org/cc has its own words.
func spell(t cc.Type) string {
	name := ""
	if def := t.Typedef(); def != nil {
		name = def.Name()
	} else if p, ok := t.(*cc.PointerType); ok {
		inner := spell(p.Elem())
		if p.Elem().Kind() == cc.Function {
			return "function *"
		}
		if strings.HasSuffix(inner, "*") {
			return inner + "*"
		}
		return inner + " *"
	} else if key := tagOf(t); key != "" {
		name = key
		if kind, tag, _ := strings.Cut(key, " "); !identifier(tag) {
			name = kind + nameless
		}
	} else {
		name = strings.TrimPrefix(t.String(), "const ")
	}
	if isConst(t) {
		name = "const " + name
	}
	return name
}

// signature drafts parameters and result. table is that of a method.
func (d *drafter) signature(e *element, f *cc.FunctionType, table string) {
	reason := func(format string, args ...any) {
		d.reasons[e.function] = append(d.reasons[e.function], fmt.Sprintf(format, args...))
	}
	params := f.Parameters()
	if len(params) == 1 && params[0].Type().Kind() == cc.Void {
		params = nil
	}
	used := map[string]bool{}
	for i, p := range params {
		name := p.Name()
		if name == "" || used[name] {
			name = fmt.Sprintf("p%d", i+1)
		}
		used[name] = true
		c := (&element{name: "param"}).add("name", name)
		d.param(c, p.Type(), name, table, i == 0, reason)
		e.children = append(e.children, c)
	}
	if f.IsVariadic() {
		e.children = append(e.children, &element{name: "varargs"})
		reason("it is variadic, and nothing says what is passed")
	}
	if t := f.Result(); t.Kind() != cc.Void {
		c := &element{name: "return"}
		d.result(c, t, reason)
		e.children = append(e.children, c)
	}
}

// param drafts a parameter.
func (d *drafter) param(c *element, t cc.Type, name, table string, first bool, reason func(string, ...any)) {
	unknown := func(format string, args ...any) {
		c.add("type", spell(t))
		reason("%s, %s: %s", name, spell(t), fmt.Sprintf(format, args...))
	}
	t = t.Decay()
	if s := d.scalar(t); s != "" {
		c.add("type", s)
		if e := d.types[s]; e != nil && e.name == "callback" {
			reason("%s: %s does not cross as it stands", name, s)
		}
		return
	}
	p, ok := t.(*cc.PointerType)
	if !ok {
		unknown("what crosses by value is numbers and handles")
		return
	}
	elem := p.Elem()
	target := d.pointee(p)
	switch {
	case elem.Kind() == cc.Function:
		unknown("the header does not say how long it may be called: declare a <callback>")
	case elem.Kind() == cc.Void:
		unknown("nothing says what it points to: userdata of a callback, a <handle>, or u8 with length=")
	case elem.Kind() == cc.Char && isConst(elem):
		c.add("type", "cstring")
	case elem.Kind() == cc.Char:
		unknown("the header does not say how much room there is: type=\"cstring\" dir=\"out\" capacity=")
	case target != "" && target == table && first:
		c.add("type", target, "self", "true")
	case target != "" && isConst(elem):
		c.add("type", target)
		d.explain(target, reason)
	case target != "" && d.types[target] == nil && len(d.gaps[target]) > 0:
		c.add("type", target)
		d.explain(target, reason)
	case target != "":
		unknown("the header does not say whether it goes in, comes out, or both: type=%q dir=", target)
	case tagOf(elem) != "" && strings.HasSuffix(spell(elem), nameless):
		unknown("no definition can name it: declare it with a tag or typedef")
	case elem.Kind() == cc.Struct || elem.Kind() == cc.Union:
		unknown("it is declared in another header: import that, too, or declare a <handle>")
	case isConst(elem):
		unknown("the header does not say how many it points to: length=")
	default:
		unknown("the header does not say whether it points to one that comes out, or to how many: dir=, length= or capacity=")
	}
}

// result drafts a result.
func (d *drafter) result(c *element, t cc.Type, reason func(string, ...any)) {
	unknown := func(format string, args ...any) {
		c.add("type", spell(t))
		reason("result, %s: %s", spell(t), fmt.Sprintf(format, args...))
	}
	if s := d.scalar(t); s != "" {
		c.add("type", s)
		if d.types[s] != nil && d.types[s].name == "handle" {
			c.add("nullable", "true")
		}
		return
	}
	p, ok := t.(*cc.PointerType)
	if !ok {
		unknown("what crosses by value is numbers and handles")
		return
	}
	target := d.pointee(p)
	switch elem := p.Elem(); {
	case elem.Kind() == cc.Char && isConst(elem):
		c.add("type", "cstring", "nullable", "true")
	case elem.Kind() == cc.Char:
		unknown("the header does not say who frees it: type=\"cstring\" transfer=")
	case target != "" && isConst(elem):
		c.add("type", target, "nullable", "true")
		d.explain(target, reason)
	case target != "":
		unknown("the header does not say who frees it, nor how many there are: type=%q, or a <handle>", target)
	case elem.Kind() == cc.Void:
		unknown("nothing says what it points to: a <handle>, or u8 with length=")
	case elem.Kind() == cc.Function:
		unknown("nothing says how long it may be called: put it into a <table>")
	default:
		unknown("the header does not say how many it points to: length=")
	}
}

// explain gives the gaps of a struct as reasons.
func (d *drafter) explain(name string, reason func(string, ...any)) {
	for _, gap := range d.gaps[name] {
		reason("%s", gap)
	}
}

// maxCount is the largest fixed array that definitions have.
const maxCount = 1 << 20

// field drafts a field, opaque if the header does not say enough. If the language
// cannot even say how large it is, it returns why.
func (d *drafter) field(c *element, t cc.Type, path, owner string) (why string) {
	gap := func(format string, args ...any) {
		text := fmt.Sprintf(format, args...)
		c.doc = "The header does not say enough: " + text + "."
		d.gaps[owner] = append(d.gaps[owner], fmt.Sprintf("%s, %s: %s", path, spell(t), text))
	}
	count := int64(1)
	array := false
	for {
		a, ok := t.(*cc.ArrayType)
		if !ok {
			break
		}
		if a.Len() < 1 || a.Len() > maxCount || count*a.Len() > maxCount {
			return fmt.Sprintf("%s is an array of %d", path, a.Len())
		}
		array = true
		count *= a.Len()
		t = a.Elem()
	}
	s := d.scalar(t)
	p, pointer := t.(*cc.PointerType)
	switch {
	case s != "":
		callback := d.types[s] != nil && d.types[s].name == "callback"
		if callback {
			d.gaps[owner] = append(d.gaps[owner], path+": the header does not say how long it may be called")
		}
		switch {
		case callback && array:
			c.add("type", "void *", "opaque", "true")
		case s == "f80":
			c.add("type", s, "opaque", "true")
			gap("long double is not the same everywhere")
		default:
			c.add("type", s)
		}
	case t.Kind() == cc.Struct || t.Kind() == cc.Union:
		d.tagged(t) // it may be declared here, or in a file that the header includes
		name, _ := d.nameOf(t)
		if d.types[name] == nil {
			return fmt.Sprintf("%s is %s, which has no name or is left out", path, spell(t))
		}
		c.add("type", name)
		d.gaps[owner] = append(d.gaps[owner], d.gaps[name]...)
		if t.Kind() == cc.Union {
			c.add("opaque", "true")
			c.doc = "The header does not say enough: which case holds; write switch=."
		}
	case !pointer:
		return fmt.Sprintf("%s is %s, which the language does not have", path, spell(t))
	case p.Elem().Kind() == cc.Char && !array:
		c.add("type", "cstring", "nullable", "true")
	default:
		c.add("type", "void *", "opaque", "true")
		switch {
		case p.Elem().Kind() == cc.Void:
			gap("what it points to; leave it opaque if it is its owner's own")
		case p.Elem().Kind() == cc.Function:
			gap("how long it may be called")
		default:
			gap("how many it points to; write length=")
		}
	}
	if count != 1 {
		c.add("count", fmt.Sprint(count))
	}
	return ""
}
