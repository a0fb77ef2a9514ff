package api

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Parse reads the definition in a file and the files that it includes. Mistakes
// in them come as [Errors], each with its place. Files outside the directory are
// never opened.
func Parse(file string) (*API, error) {
	b, err := loadFile(file)
	return b.result(err)
}

// ParseFS is Parse for a file of a file system.
func ParseFS(fsys fs.FS, file string) (*API, error) {
	b, err := load(fsys, file, func(name string) string { return name })
	return b.result(err)
}

func (b *builder) result(err error) (*API, error) {
	switch {
	case err != nil:
		return nil, err
	case len(b.errs) > 0:
		return nil, b.errs
	}
	return b.api, nil
}

func loadFile(file string) (*builder, error) {
	dir, name := filepath.Split(file)
	return load(os.DirFS(filepath.Clean(dir)), name, func(name string) string { return filepath.Join(dir, name) })
}

// load reads a definition as far as possible. The mistakes in it are in the
// builder; show makes of a file's name what errors call it.
func load(fsys fs.FS, file string, show func(string) string) (*builder, error) {
	b := &builder{
		reader:    reader{fsys: fsys, show: show, left: maxElements},
		api:       &API{},
		types:     map[string]*declaration{},
		consts:    map[string]int64{},
		functions: map[string]*Function{},
		elements:  map[any]*node{},
	}
	root, err := b.file(file)
	if err != nil {
		return nil, err
	}
	if root != nil {
		b.build(root)
	}
	order := map[string]int{} // of reading
	for i, name := range b.seen {
		order[show(name)] = i
	}
	slices.SortStableFunc(b.errs, func(a, b *Error) int {
		return cmp.Or(order[a.File]-order[b.File], a.Line-b.Line, a.Column-b.Column)
	})
	return b, nil
}

// builder makes an API of elements. First come all declarations, in whatever
// order they need each other; what can be said only of the whole is checked at
// the end.
type builder struct {
	reader
	api       *API
	types     map[string]*declaration
	consts    map[string]int64     // values of enumerations, too
	functions map[string]*Function // also TABLE.METHOD
	elements  map[any]*node        // where a *Struct, *Field or *Param stands
	lenient   bool                 // in a function that does not cross, or by hand: its types may be any of C's
	checks    []func()
}

// declaration is a declared type, which is built when first needed.
type declaration struct {
	node *node
	typ  *Type
}

func (b *builder) build(root *node) {
	b.head(root)
	names := map[string]*node{}
	for _, n := range root.children {
		name := n.attrs["name"]
		if name == "" {
			continue
		}
		if other := names[name]; other != nil {
			b.bad(n, "the name is taken by %v at %v; write another", other, other.pos)
			continue
		}
		names[name] = n
		switch n.name {
		case "const":
			v, _ := integer(n.attrs["value"])
			b.consts[name] = v
			b.api.Consts = append(b.api.Consts, &Const{n.pos, name, v, n.doc()})
		case "enum", "bitmask", "typedef", "struct", "union", "table", "handle", "callback":
			if basicNames[name] != NoBasic || name == "cstring" || name == "userdata" {
				b.bad(n, "%s is the name of a type of the language; write another", name)
				continue
			}
			b.types[name] = &declaration{node: n}
		}
	}
	// The values of enumerations may be counts, so these come first.
	for _, enums := range []bool{true, false} {
		for _, n := range root.children {
			if d := b.types[n.attrs["name"]]; d != nil && d.node == n && (n.name == "enum" || n.name == "bitmask") == enums {
				b.declared(d)
			}
		}
	}
	for _, n := range root.children {
		switch n.name {
		case "function":
			f := b.function(n)
			b.api.Functions = append(b.api.Functions, f)
			b.functions[f.Name] = f
		case "import":
			b.api.Imports = append(b.api.Imports, &Import{n.pos, n.attrs["name"], n.attr("stub")})
		case "state":
			b.state(n)
		}
	}
	b.sortStructs()
	for _, check := range b.checks {
		check()
	}
	b.checkGoNames()
	id := 0
	for f := range b.api.All() {
		id++
		f.ID = id
	}
}

// head reads the attributes of <api>.
func (b *builder) head(root *node) {
	a := b.api
	a.Name, a.Header, a.Prefix, a.Doc = root.attrs["name"], root.attrs["header"], root.attrs["prefix"], root.doc()
	if a.Header == "" {
		a.Header = a.Name + ".h"
	}
	a.Version, _ = parseVersion(root.attrs["version"])
	a.MinCompatible = a.Version
	if root.has("min-compatible") {
		a.MinCompatible, _ = parseVersion(root.attrs["min-compatible"])
		if a.Version.Before(a.MinCompatible) {
			b.bad(root, "min-compatible=%v is after version=%v; write an older one", a.MinCompatible, a.Version)
		}
	}
}

func (b *builder) state(n *node) {
	s := &State{n.pos, n.attrs["get"], n.attrs["set"]}
	if b.api.State != nil {
		b.bad(n, "there is another at %v; leave one out", b.api.State.Position)
	}
	b.api.State = s
	b.checks = append(b.checks, func() {
		for _, attr := range []string{"get", "set"} {
			name := n.attrs[attr]
			if f := b.functions[name]; name != "" && (f == nil || f.Side != PluginSide) {
				b.bad(n, "%s=%q: the plug-in has no such function; write the name of one", attr, name)
			}
		}
	})
}

// What structs within structs may come to. A message could not hold a larger one.
const (
	maxStruct  = 1 << 20 // bytes
	maxStructs = 32      // within each other
)

// sortStructs puts types before those that contain or point to them. Structs that
// contain themselves would never end, and others could take for ever: these lose
// the field, so that everything after this comes to an end.
func (b *builder) sortStructs() {
	const inside = -1
	depths := map[*Struct]int{}
	var sorted []*Struct
	var visit func(s *Struct)
	visit = func(s *Struct) {
		depths[s] = inside
		depth := 1
		for _, f := range s.Fields {
			if f.Func != nil || f.Type.Struct == nil {
				continue
			}
			inner := f.Type.Struct
			if depths[inner] == 0 {
				visit(inner)
			}
			within := b.elements[f]
			switch {
			case depths[inner] == inside:
				b.bad(within, "%s contains itself by way of %s; what forms lists or trees is a <handle>", s.Name, inner.Name)
			case depths[inner] == maxStructs:
				b.bad(within, "more than %d structs within each other; write length= for what is pointed to", maxStructs)
			default:
				depth = max(depth, depths[inner]+1)
				continue
			}
			f.Value.Type = &Type{Name: f.Type.Name, Basic: I32}
		}
		if _, size, _ := Layout(s, widest); size > maxStruct {
			b.bad(b.elements[s], "it has %d bytes and more than %d cross no frontier; write length= for what is pointed to", size, maxStruct)
			for _, f := range s.Fields {
				if f.Func == nil && f.Type.Struct != nil {
					f.Value.Type = &Type{Name: f.Type.Name, Basic: I32}
				}
			}
		}
		depths[s] = depth
		sorted = append(sorted, s)
	}
	for _, s := range b.api.Structs {
		if depths[s] == 0 {
			visit(s)
		}
	}
	b.api.Structs = sorted
}

// checkGoNames finds functions that would have the same name in Go.
func (b *builder) checkGoNames() {
	taken := map[string]string{}
	for f := range b.api.All() {
		name := f.Go
		if f.Table != nil {
			name = f.Table.Name + "." + name
		}
		if f.Scope != NoScope || f.CType != "" {
			continue // a callback is a type
		}
		if other := taken[name]; other != "" {
			b.at(f.Position, fmt.Sprintf("<function name=%q>", f.Name), f.Name, "in Go it would be %s, as is %s; write go= with another name", f.Go, other)
		}
		taken[name] = f.Name
	}
}

// All returns callbacks, the functions of tables and functions, in the order of
// their IDs.
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

// GoName makes an exported Go name of one of the definition's names in C: with
// the prefix ex_, ex_note_on is NoteOn and EX_LOUD is Loud.
func (a *API) GoName(name string) string {
	if n := len(a.Prefix); len(name) > n && strings.EqualFold(name[:n], a.Prefix) {
		name = name[n:]
	}
	capitals := name == strings.ToUpper(name)
	var out strings.Builder
	for part := range strings.SplitSeq(name, "_") {
		if part == "" {
			continue
		}
		rest := part[1:]
		if capitals {
			rest = strings.ToLower(rest)
		}
		out.WriteString(strings.ToUpper(part[:1]) + rest)
	}
	if s := out.String(); s != "" && 'A' <= s[0] && s[0] <= 'Z' {
		return s
	}
	return "X" + out.String() // ex_3d is X3d
}
