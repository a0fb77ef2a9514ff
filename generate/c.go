package generate

import (
	"bytes"
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"
	"text/template"

	"github.com/crossplug/crossplug/api"
)

//go:embed templates/c_*.tmpl
var cTemplates embed.FS

//go:embed native/*.h native/build.sh
var native embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{"upper": strings.ToUpper}).ParseFS(cTemplates, "templates/c_*.tmpl"))

func dispatcher(a *api.API) ([]File, error) {
	g := newC(a, api.PluginSide)
	f, err := g.file("c_dispatcher.tmpl", a.Name+"_dispatcher.c")
	return []File{f}, err
}

func shim(a *api.API) ([]File, error) {
	g := newC(a, api.HostSide)
	f, err := g.file("c_shim.tmpl", a.Name+"_shim.c")
	return []File{f}, err
}

// runtime gives what the generated code includes, unchanged.
func runtime(*api.API) ([]File, error) {
	entries, err := native.ReadDir("native")
	if err != nil {
		return nil, err
	}
	var files []File
	for _, e := range entries {
		data, err := native.ReadFile(path.Join("native", e.Name()))
		if err != nil {
			return nil, err
		}
		files = append(files, File{e.Name(), data})
	}
	return files, nil
}

// c makes C code for one side of an API.
type c struct {
	api  *api.API
	side api.Side
	err  error // the first thing that cannot be done

	kinds map[any]int            // of handles, tables and callbacks
	needs map[need]bool          // codecs that something uses
	pools map[*api.Function]bool // callbacks that trampolines stand for
	users map[*api.Function]bool // callbacks that are told by their user data
}

// need is a codec that something uses.
type need struct {
	of    any // *api.Struct or *api.Handle
	put   bool
	array bool
}

func newC(a *api.API, side api.Side) *c {
	g := &c{api: a, side: side, kinds: map[any]int{}, needs: map[need]bool{}, pools: map[*api.Function]bool{}, users: map[*api.Function]bool{}}
	for _, h := range a.Handles {
		g.kinds[h] = len(g.kinds) + 1
	}
	for _, s := range a.Structs {
		if s.Kind == api.Table {
			g.kinds[s] = len(g.kinds) + 1
		}
	}
	for _, f := range a.Callbacks {
		g.kinds[f] = len(g.kinds) + 1
	}
	return g
}

// refuse notes that something cannot be done.
func (g *c) refuse(at api.Position, format string, args ...any) {
	if g.err == nil {
		g.err = fmt.Errorf("%v: C: %s", at, fmt.Sprintf(format, args...))
	}
}

// cFile is what the templates of whole files see.
type cFile struct {
	API       *api.API
	Name      string
	Side      string // whose code it is
	Hash      string // bytes, as C constants
	Kinds     []string
	Numbers   []string // of functions
	Declare   []string // of the codecs
	Codecs    []*cFunction
	Pools     []cPool
	Users     []cPool
	Stubs     []*cFunction
	Skeletons []*cFunction
	Functions int // the highest number of one, plus 1
	Bound     int // numbers of functions that can be bound, plus 1
	Imports   []*api.Import
	Symbols   []*api.Function // the plug-in's, to be bound
}

// cPool is a row of trampolines for one type of callbacks.
type cPool struct {
	Name, Result, Params, Args string
	Return                     string // "return " or nothing
	Slot                       string // the handle behind trampoline n
	User                       string // the parameter that is the user data
}

// file makes one file from a template.
func (g *c) file(tmpl, name string) (File, error) {
	d := cFile{API: g.api, Name: g.api.Name, Side: "plug-in", Imports: g.api.Imports}
	if g.side == api.HostSide {
		d.Side = "application"
	}
	hash := g.api.Hash()
	for i, b := range hash {
		if i > 0 {
			d.Hash += ", "
		}
		d.Hash += fmt.Sprintf("0x%02x", b)
	}
	for _, h := range g.api.Handles {
		d.Kinds = append(d.Kinds, g.kind(h, h.Name))
	}
	for _, s := range g.api.Structs {
		if s.Kind == api.Table {
			d.Kinds = append(d.Kinds, g.kind(s, s.Name))
		}
	}
	for _, f := range g.api.Callbacks {
		d.Kinds = append(d.Kinds, g.kind(f, f.Name))
	}
	for f := range g.api.All() {
		d.Functions = max(d.Functions, f.ID+1)
		d.Numbers = append(d.Numbers, fmt.Sprintf("%s = %d", functionNumber(f), f.ID))
		if f.Unsupported != "" || f.Custom != nil {
			continue
		}
		if f.Side == g.side {
			d.Skeletons = append(d.Skeletons, g.skeleton(f))
		} else {
			d.Stubs = append(d.Stubs, g.stub(f))
		}
	}
	for _, f := range g.api.Functions {
		if f.Side == api.PluginSide {
			d.Bound = f.ID + 1
			d.Symbols = append(d.Symbols, f)
		}
	}
	d.Codecs = g.codecs()
	for _, f := range d.Codecs {
		d.Declare = append(d.Declare, f.Prototype+";")
	}
	for _, f := range g.api.Callbacks {
		if g.pools[f] {
			d.Pools = append(d.Pools, g.pool(f))
		}
		if g.users[f] {
			d.Users = append(d.Users, g.pool(f))
		}
	}
	if g.err != nil {
		return File{}, g.err
	}
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, tmpl, d); err != nil {
		return File{}, err
	}
	return File{name, b.Bytes()}, nil
}

// kind is a constant's definition.
func (g *c) kind(of any, name string) string {
	return fmt.Sprintf("%s = %d", kindName(name), g.kinds[of])
}

func kindName(name string) string { return "KIND_" + strings.ToUpper(name) }

// functionNumber is the constant for a function's number.
func functionNumber(f *api.Function) string {
	if f.Table != nil {
		return "FN_" + strings.ToUpper(f.Table.Name+"_"+f.Name)
	}
	return "FN_" + strings.ToUpper(f.Name)
}

// cFunction is what the templates of functions see.
type cFunction struct {
	*api.Function
	Number    string // the function's, a constant
	Prototype string
	Comment   string
	Class     string
	Self      string // of a stub: the handle it is called of
	Result    string // the result's C type, or ""
	Ranged    string // "since, until" if the function does not exist in every version
	Locals    []string
	Same      []string // of a skeleton: whether lengths agree
	Check     []string // of a skeleton: when all is decoded
	Put, Get  []string
	Call      []string
	After     []string
	Failure   string // of a stub: what it returns if it fails
}

// indent moves lines to the right by n tabs.
func indent(n int, lines ...string) []string {
	out := slices.Clone(lines)
	for i := range out {
		out[i] = strings.Repeat("\t", n) + out[i]
	}
	return out
}

// version is a constant of glue.h; the zero Version gives 0.
func version(v api.Version) string {
	if v == (api.Version{}) {
		return "0"
	}
	return fmt.Sprintf("CP_VERSION(%d, %d)", v.Major, v.Minor)
}

func ranged(r api.Range) string {
	if r == (api.Range{}) {
		return ""
	}
	return version(r.Since) + ", " + version(r.Until)
}
