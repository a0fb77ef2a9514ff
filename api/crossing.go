package api

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Kind is a way to cross.
type Kind string

const (
	ByValue    Kind = "value"    // a number, bool or enumeration
	ByPointer  Kind = "pointer"  // one of these by address
	AsString   Kind = "string"   // bytes of text
	AsBuffer   Kind = "buffer"   // room for text or an array, which the other side fills
	AsArray    Kind = "array"    // by pointer, with a length
	AsStruct   Kind = "struct"   // by pointer, field by field
	AsUnion    Kind = "union"    // the case that a switch says
	AsTable    Kind = "table"    // data, and functions that are called across
	AsHandle   Kind = "handle"   // an integer that stands for an object
	AsCallback Kind = "callback" // an integer that stands for a function
	AsUserData Kind = "userdata" // not at all: each side keeps its own
	InShared   Kind = "shared"   // not at all: it lies in shared memory, its place crosses
)

// Crossing is how a parameter or result crosses.
type Crossing struct {
	Name string `json:"name"` // "return" of a result
	Dir  string `json:"dir"`  // "in", "out" or "inout"
	Kind Kind   `json:"kind"`
	Text string `json:"text"` // in words: "array of length rows * columns", "callback until t_stop is called"
}

// Describe says how a parameter or result crosses.
func Describe(p *Param) Crossing {
	c := Crossing{Name: p.Name, Dir: [...]string{"in", "out", "inout"}[p.Dir]}
	t := p.Type
	switch {
	case t.UserData:
		c.Kind, c.Text = AsUserData, "user data of "+p.For+", stays on its side"
		if p.For == "" {
			c.Text = "the callback's user data, stays on its side"
		}
		return c
	case t.Callback != nil:
		c.Kind, c.Text = AsCallback, "callback "+t.Callback.lifetime()
	case p.Transport == Shared && p.Length == nil:
		c.Kind, c.Text = InShared, fmt.Sprintf("%s in shared memory, at most %d", t.Name, p.Max)
	case p.Transport == Shared:
		c.Kind, c.Text = InShared, fmt.Sprintf("%s in shared memory, %s of them", t.Name, p.Length)
	case p.Capacity != nil && (t.String != nil || t.Basic == Char):
		c.Kind, c.Text = AsBuffer, fmt.Sprintf("text into room for %s bytes", p.Capacity)
	case p.Capacity != nil:
		c.Kind, c.Text = AsBuffer, fmt.Sprintf("%s into room for %s", t.Name, p.Capacity)
		if p.Length != nil {
			c.Text += fmt.Sprintf(", %s of them", p.Length)
		}
	case p.Length != nil:
		c.Kind, c.Text = AsArray, fmt.Sprintf("array of %s of length %s, at most %d", t.Name, p.Length, p.Max)
	case t.String != nil:
		c.Kind, c.Text = AsString, fmt.Sprintf("%s of at most %d bytes", t.Name, t.String.Max)
		if t.String.MacRoman {
			c.Text += " in Mac Roman"
		}
	case t.Handle != nil:
		c.Kind, c.Text = AsHandle, fmt.Sprintf("handle %s of the %s", t.Name, sideName(t.Handle.Owner))
	case t.Struct != nil && t.Struct.Kind == Union:
		c.Kind, c.Text = AsUnion, fmt.Sprintf("union %s, the case that %s says", t.Name, p.Switch)
	case t.Struct != nil && t.Struct.Kind == Table:
		c.Kind, c.Text = AsTable, fmt.Sprintf("table %s of the %s", t.Name, sideName(t.Struct.Owner))
	case t.Struct != nil:
		c.Kind, c.Text = AsStruct, fmt.Sprintf("struct %s", t.Name)
	case p.Pointer:
		c.Kind, c.Text = ByPointer, t.Name+" by pointer"
	default:
		c.Kind, c.Text = ByValue, t.Name
	}
	switch {
	case p.QuerySize:
		c.Text += ", null asks for the size"
	case p.Nullable:
		c.Text += ", may be null"
	}
	return c
}

// lifetime says how long a callback may be called.
func (f *Function) lifetime() string {
	switch f.Scope {
	case CallScope:
		return "during the call"
	case Registration:
		if f.ReleaseBy == "" {
			return "until its handle is destroyed"
		}
		return "until " + f.ReleaseBy + " is called"
	case Async:
		return "once"
	}
	return "for ever"
}

// Verdict says whether a function crosses, and how or why not.
type Verdict struct {
	Name     string     `json:"name"` // of a table's function TABLE.METHOD
	Kind     string     `json:"kind"` // "function", "method" or "callback"
	Side     string     `json:"side"` // who implements it: "host" or "plug-in"
	Line     int        `json:"line"`
	Crosses  bool       `json:"crosses"`
	ByHand   string     `json:"byHand,omitempty"` // the name of what marshals it
	Values   []Crossing `json:"values"`           // its parameters and result, in order
	Reasons  []string   `json:"reasons,omitempty"`
	Declared bool       `json:"declared,omitempty"` // that it does not cross is what the definition says
}

// Report is what a check finds out.
type Report struct {
	Name      string
	Functions []Verdict // in the order of their IDs
	Errors    Errors    // without any, Parse takes the definition
}

// Check reads a definition as Parse does, and goes on where that gives up. The
// error is that of reading files.
func Check(file string) (*Report, error) {
	b, err := loadFile(file)
	if err != nil {
		return nil, err
	}
	return b.report(), nil
}

// CheckFS is Check for a file of a file system.
func CheckFS(fsys fs.FS, file string) (*Report, error) {
	b, err := load(fsys, file, func(name string) string { return name })
	if err != nil {
		return nil, err
	}
	return b.report(), nil
}

func (b *builder) report() *Report {
	r := &Report{Name: b.api.Name, Errors: b.errs}
	wrong := map[string][]string{} // declarations, and what is wrong with them
	for _, e := range b.errs {
		wrong[e.Of] = append(wrong[e.Of], e.Text)
	}
	for f := range b.api.All() {
		v := Verdict{Name: f.Qualified(), Kind: "function", Side: sideName(f.Side), Line: f.Line, Crosses: true, Values: []Crossing{}}
		switch {
		case f.Table != nil:
			v.Kind = "method"
		case f.CType != "":
			v.Kind = "callback"
		}
		v.Reasons = append(v.Reasons, wrong[v.Name]...)
		for _, name := range f.uses() {
			if len(wrong[name]) > 0 {
				v.Reasons = append(v.Reasons, name+" is refused")
			}
		}
		v.Crosses = len(v.Reasons) == 0
		if f.Unsupported != "" {
			v.Declared = v.Crosses
			v.Crosses, v.Reasons = false, append(v.Reasons, f.Unsupported)
		}
		if f.Custom != nil {
			v.ByHand, v.Reasons = f.Custom.Marshal, append(v.Reasons, f.Custom.Reason)
		}
		if v.Crosses && f.Custom == nil {
			for _, p := range f.Values() {
				v.Values = append(v.Values, Describe(p))
			}
		}
		r.Functions = append(r.Functions, v)
	}
	return r
}

// Qualified is the function's name, of a table's function TABLE.METHOD.
func (f *Function) Qualified() string {
	if f.Table != nil {
		return f.Table.Name + "." + f.Name
	}
	return f.Name
}

// Values returns the parameters and the result.
func (f *Function) Values() []*Param {
	if f.Return == nil {
		return f.Params
	}
	return append(slices.Clone(f.Params), f.Return)
}

// uses lists the declarations that a function needs: its table, and those of its
// parameters and result.
func (f *Function) uses() []string {
	var names []string
	seen := map[*Type]bool{}
	var visit func(t *Type)
	visit = func(t *Type) {
		if seen[t] {
			return
		}
		seen[t] = true
		switch {
		case t.Struct != nil:
			names = append(names, t.Name)
			for _, field := range t.Struct.Fields {
				if field.Func == nil && !field.Opaque {
					visit(field.Type)
				}
			}
		case t.Callback != nil && t.Callback != f:
			names = append(names, t.Name)
			for _, p := range t.Callback.Values() {
				visit(p.Type)
			}
		case t.Enum != nil || t.Typedef != nil || t.Handle != nil:
			names = append(names, t.Name)
		}
	}
	for _, p := range f.Values() {
		visit(p.Type)
	}
	if f.Table != nil {
		names = append(names, f.Table.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// String is the verdict in a few lines.
func (v *Verdict) String() string {
	switch {
	case !v.Crosses:
		return "does not cross: " + strings.Join(v.Reasons, "; ")
	case v.ByHand != "":
		return fmt.Sprintf("by hand, %s: %s", v.ByHand, strings.Join(v.Reasons, "; "))
	case len(v.Values) == 0:
		return "crosses"
	}
	parts := make([]string, len(v.Values))
	for i, c := range v.Values {
		parts[i] = c.Name + ": " + c.Text
		if c.Dir != "in" && c.Name != "return" {
			parts[i] = c.Name + " (" + c.Dir + "): " + c.Text
		}
	}
	return strings.Join(parts, "; ")
}
