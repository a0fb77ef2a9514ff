package generate

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/crossplug/crossplug/abi"
	"github.com/crossplug/crossplug/api"
	"github.com/crossplug/crossplug/arch"
)

// The direct back end makes what a shim needs that calls the functions of a
// plug-in's table without a dispatcher, by call records of a helper's lane
// (protocol.h). That is for APIs of which little crosses: numbers, objects of
// the plug-in's and places in memory. In return a call costs nothing but the
// wake-up, calls that the definition says are batchable travel with the next,
// and an object has whatever state the shim gives it.

// directArchs are those whose plug-ins such a shim may call. Where the fields
// of a table lie depends on the bits of a word alone, or it is refused.
var directArchs = []arch.Arch{
	arch.LinuxI386, arch.LinuxARMHF, arch.LinuxPPC, arch.LinuxM68K,
	arch.LinuxAMD64, arch.LinuxARM64, arch.LinuxPPC64EL, arch.LinuxS390X,
}

// directFile is what the template sees.
type directFile struct {
	API    *api.API
	Tables []directTable
	Gets   []directGet
	Calls  []directCall
	Most   int // arguments that one call has
}

// directTable is a table of functions, there and here.
type directTable struct {
	*api.Struct
	Size       [2]int // there, with words of 32 and 64 bits
	Numbers    []directField
	Take, Free []string // of its data, out of a description
	Locals     []string
	Methods    []directCall
	Parts      []directPart
}

// directField is a number in a table, or a function's address.
type directField struct {
	Name     string
	At, Size [2]int
	Method   string // the function's number, or ""
}

// Where and Bytes depend on how wide words are, or not.
func (f directField) Where() string {
	if f.At[0] == f.At[1] {
		return fmt.Sprint(f.At[0])
	}
	return fmt.Sprintf("(wide ? %d : %d)", f.At[1], f.At[0])
}

func (f directField) Bytes() string {
	if f.Size[0] == f.Size[1] {
		return fmt.Sprint(f.Size[0])
	}
	return fmt.Sprintf("wide ? %d : %d", f.Size[1], f.Size[0])
}

// directPart is a struct within a table's arrays.
type directPart struct {
	*api.Struct
	Take []string
}

// directCall is a function of a table.
type directCall struct {
	Number, Classes, Comment string
	Prototype, Args          string
	Hook, More, Return       string
	Batchable                int
	Name                     string
	Bit                      int
}

// directGet is a function that returns tables.
type directGet struct {
	Prototype, Args string
}

func direct(a *api.API) ([]File, error) {
	g := newC(a, api.HostSide)
	d := directFile{API: a}
	for _, s := range a.Structs {
		if s.Kind == api.Table && s.Owner == api.PluginSide {
			d.Tables = append(d.Tables, g.directTable(s))
		}
	}
	for _, t := range d.Tables {
		d.Calls = append(d.Calls, t.Methods...)
	}
	for _, c := range d.Calls {
		d.Most = max(d.Most, len(c.Classes)-1)
	}
	for _, f := range a.Functions {
		if f.Side != api.PluginSide || f.Return == nil || f.Return.Type.Struct == nil || f.Return.Type.Struct.Kind != api.Table || len(f.Params) != 1 || f.Params[0].Type.Basic != api.CULong {
			g.refuse(f.Position, "%s: without a dispatcher, functions are those of tables, and one that returns a table by its number", f.Name)
			continue
		}
		d.Gets = append(d.Gets, directGet{fmt.Sprintf("%s(%s)", declare(g.result(f), f.Name), g.params(f)), local(f.Params[0].Name)})
	}
	if g.err == nil && len(d.Tables) != 1 {
		return nil, fmt.Errorf("%s: C: %d tables of the plug-in's; without a dispatcher there is one", a.Name, len(d.Tables))
	}
	if g.err != nil {
		return nil, g.err
	}
	var b bytes.Buffer
	err := templates.ExecuteTemplate(&b, "c_direct.tmpl", d)
	return []File{{a.Name + "_direct.h", b.Bytes()}}, err
}

func (g *c) directTable(s *api.Struct) directTable {
	t := directTable{Struct: s}
	where := map[*api.Field]*directField{}
	for _, a := range directArchs {
		m, err := abi.ModelOf(a)
		if err != nil {
			g.refuse(s.Position, "%v", err)
			return t
		}
		offsets, size, _ := api.Layout(s, m)
		i := a.Bits/32 - 1
		if t.Size[i] != 0 && t.Size[i] != size {
			g.refuse(s.Position, "%s has another size on %v than elsewhere", s.Name, a)
		}
		t.Size[i] = size
		for j, f := range s.Fields {
			if where[f] == nil {
				where[f] = &directField{Name: f.Name}
			}
			w := where[f]
			bytes := m.Word // a pointer
			if f.Func == nil && f.Length == nil && !f.Opaque && f.Type.Basic != api.NoBasic {
				bytes, _ = api.SizeOf(f.Type, m)
			}
			if w.Size[i] != 0 && (w.At[i] != offsets[j] || w.Size[i] != bytes) {
				g.refuse(f.Position, "%s.%s lies elsewhere on %v", s.Name, f.Name, a)
			}
			w.At[i], w.Size[i] = offsets[j], bytes
		}
	}
	parts := map[*api.Struct]bool{}
	for _, f := range s.Fields {
		switch {
		case f.Func != nil:
			c := g.directCall(f.Func, len(t.Methods))
			t.Methods = append(t.Methods, c)
			where[f].Method = c.Number
			t.Numbers = append(t.Numbers, *where[f])
			continue
		case f.Opaque:
			continue
		case f.Length == nil && f.Count == 0 && f.Type.Basic != api.NoBasic && f.Type.String == nil:
			t.Numbers = append(t.Numbers, *where[f])
		}
		g.directTake(&t, parts, f)
	}
	return t
}

// directTake reads one field of a table's data out of a description.
func (g *c) directTake(t *directTable, parts map[*api.Struct]bool, f *api.Field) {
	one := func(to string, v *api.Value) string {
		if p := v.Type.Struct; p != nil {
			if !parts[p] {
				parts[p] = true
				part := directPart{Struct: p}
				for _, f := range p.Fields {
					part.Take = append(part.Take, g.takeNumber(f.Position, "s->"+f.Name, &f.Value))
				}
				t.Parts = append(t.Parts, part)
			}
			return fmt.Sprintf("direct_take_%s(c, &%s);", p.Name, to)
		}
		return g.takeNumber(f.Position, to, v)
	}
	if f.Length == nil {
		t.Take = append(t.Take, one("t->"+f.Name, &f.Value))
		return
	}
	if f.Length.Op != api.Name || len(f.Length.Path) != 1 {
		g.refuse(f.Position, "%s.%s: without a dispatcher, an array is as long as a field says", t.Name, f.Name)
		return
	}
	element := f.Value
	element.Length = nil
	x := "v_" + f.Name
	t.Locals = append(t.Locals, declare(pointer(g.ctype(f.Type), false), x+";"))
	n := "t->" + f.Length.Path[0]
	t.Take = append(t.Take,
		fmt.Sprintf("if (c->bad || %s > %d || (%s = calloc(%s + 1, sizeof *%s)) == NULL)", n, f.Max, x, n, x), "\treturn -1;",
		fmt.Sprintf("t->%s = %s;", f.Name, x),
		fmt.Sprintf("for (i = 0; i < %s; i++)", n), "\t"+one(x+"[i]", &element))
	t.Free = append(t.Free, fmt.Sprintf("free((void *)t->%s);", f.Name), fmt.Sprintf("t->%s = NULL;", f.Name))
}

func (g *c) takeNumber(at api.Position, to string, v *api.Value) string {
	t := v.Type
	wide := map[api.Basic]bool{api.I64: true, api.U64: true, api.CLong: true, api.CULong: true, api.Size: true}
	switch {
	case v.Count > 0 || v.Length != nil || t.Struct != nil || t.Handle != nil || t.Basic == api.F64 || t.String != nil && t.String.Pascal:
		g.refuse(at, "without a dispatcher, a table has numbers, texts and arrays of these")
		return ""
	case t.String != nil:
		return to + " = take_string(c);"
	case t.Basic == api.F32:
		return to + " = direct_f32(take32(c));"
	case wide[t.Basic]:
		return fmt.Sprintf("%s = (%s)take64(c);", to, g.ctype(t))
	}
	return fmt.Sprintf("%s = (%s)take32(c);", to, g.ctype(t))
}

// directCall is one function of a table: how its arguments travel, and to what
// of the shim's it leads.
func (g *c) directCall(f *api.Function, bit int) directCall {
	l := g.lifetimes(f)
	c := directCall{
		Name: f.Name, Bit: bit, Number: "DIRECT_" + strings.ToUpper(f.Name), Comment: g.comment(f), Classes: "v",
		Prototype: fmt.Sprintf("static %s(%s)", declare(voidIfNone(g.result(f)), "method_"+f.Table.Name+"_"+f.Name), g.params(f)),
		Hook:      "direct_call",
	}
	if f.Batchable {
		c.Batchable = 1
	}
	if f.Thread == api.RealTime {
		c.Hook = "direct_block"
	}
	object := ""
	var args []string
	for i, p := range f.Params {
		x, t := local(p.Name), p.Type
		class, arg := "w", "0"
		switch {
		case p.Self && i == 0:
			object = x
		case p.Transport == api.Shared && p.Length == nil && p.Lifetime == api.ForHandle && fixedSize(t.Basic) > 0:
			if c.Hook != "direct_call" || c.More != "" {
				g.refuse(p.Position, "%s: without a dispatcher, one place in memory, and not on a real-time thread", f.Name)
			}
			c.Hook, c.More = "direct_place", ", "+x
		case p.Length != nil || p.Pointer || p.Dir != api.In || t.Basic == api.NoBasic || t.String != nil:
			g.refuse(p.Position, "%s: without a dispatcher, a parameter is a number, the object itself or a place in memory", f.Name)
		case t.Basic == api.F32:
			class, arg = "f", fmt.Sprintf("direct_f32_bits(%s)", x)
		case t.Basic == api.F64:
			class, arg = "d", fmt.Sprintf("direct_f64_bits(%s)", x)
		case t.Basic == api.I64 || t.Basic == api.U64:
			class, arg = "l", fmt.Sprintf("(uint64_t)%s", x)
		default:
			arg = fmt.Sprintf("(uint64_t)%s", x)
		}
		c.Classes += class
		args = append(args, arg)
	}
	switch {
	case l.creates != nil:
		c.Classes, c.Hook, c.Return = "w"+c.Classes[1:], "direct_create", "return "
	case f.Return != nil:
		g.refuse(f.Position, "%s: without a dispatcher, only a new object is returned", f.Name)
	case l.destroys != nil:
		c.Hook = "direct_destroy"
	}
	if object == "" || l.settles || len(l.ends) > 0 || len(args) > 14 {
		g.refuse(f.Position, "%s: without a dispatcher, a function has an object of its own, 14 arguments at most, and no callbacks", f.Name)
	}
	c.Args = strings.Join(args, ", ")
	c.More = object + ", " + c.Number + ", args" + c.More
	return c
}
