package generate

import (
	"fmt"
	"strings"

	"github.com/crossplug/crossplug/api"
)

// A function looks in Go as its C parameters say: values and arrays that go in
// are parameters, what comes out are results before the error. Parameters that
// only say how long an array is disappear, because a slice knows.

// variableIn is a parameter or result in Go.
type variableIn struct{ name, typ string }

// shape is how a function looks in Go.
type shape struct {
	f      *api.Function
	caller bool // Go calls it; else Go implements it
	query  bool // the inner function of one that is asked for a size first

	self    *api.Param                // the receiver, or nil
	lengths map[*api.Param]*api.Param // In parameters that a slice says
	counts  map[*api.Param]*api.Param // out parameters that a result's length says; the array, or the result
	asked   *api.Param                // the array whose size is asked for

	in, out []variableIn
	result  bool // the function's result is among out, first
}

func (g *golang) shapeOf(f *api.Function, query bool) *shape {
	s := &shape{f: f, caller: f.Side == api.PluginSide, query: query, lengths: map[*api.Param]*api.Param{}, counts: map[*api.Param]*api.Param{}}
	if g.receiver(f) != nil {
		s.self = f.Params[0]
	}
	for _, p := range f.Params {
		if p.Self {
			s.self = p
		}
		if p.QuerySize {
			s.asked = p
		}
	}
	for _, p := range f.Params {
		if q := exactly(f, p.Length); q != nil && s.given(p) && q.Dir == api.In && s.lengths[q] == nil {
			s.lengths[q] = p
		} else if q != nil && q.Dir == api.Out && p.Dir == api.Out {
			s.counts[q] = p
		}
		if q := exactly(f, p.Capacity); q != nil && q.Dir == api.In && s.lengths[q] == nil && (s.given(p) || p.QuerySize) {
			s.lengths[q] = p
		}
	}
	if r := f.Return; r != nil {
		if q := exactly(f, r.Length); q != nil && q.Dir == api.Out {
			s.counts[q] = r
		}
	}
	s.result = s.hasResult()
	if s.result {
		s.out = append(s.out, variableIn{"result", g.outType(f.Return, f)})
	}
	for _, p := range f.Params {
		switch {
		case p == s.self || p.Type.UserData || s.lengths[p] != nil || s.counts[p] != nil:
		case s.given(p) || p.Dir == api.In:
			s.in = append(s.in, variableIn{g.argument(p), g.inType(p)})
		case p.Dir == api.InOut:
			s.in = append(s.in, variableIn{g.argument(p), "*" + g.one(p.Position, p.Type)})
		default:
			s.out = append(s.out, variableIn{g.argument(p), g.outType(p, f)})
		}
	}
	if query {
		s.in = append(s.in, variableIn{"room", "int64"})
	}
	return s
}

// exactly returns the parameter that an expression consists of, or nil.
func exactly(f *api.Function, e *api.Expr) *api.Param {
	if e == nil || e.Op != api.Name || len(e.Path) != 1 {
		return nil
	}
	return param(f, e.Path[0])
}

// given says whether an array is one that the caller has: a slice among the
// parameters. On real-time threads that are also those which come out.
func (s *shape) given(p *api.Param) bool {
	switch {
	case p.Transport == api.Shared:
		return true
	case p.Length == nil && p.Capacity == nil:
		return false
	case p.Dir == api.Out:
		return s.caller && s.f.Thread == api.RealTime && p.Type.String == nil
	}
	return true
}

// hasResult says whether Go sees the function's result.
func (s *shape) hasResult() bool {
	f := s.f
	switch {
	case f.Return == nil || f.Error == api.NonZero:
		return false
	case f.Error == api.Zero && f.Return.Type.Basic == api.Bool:
		return false
	case s.query:
		return true
	}
	for _, p := range f.Params {
		if p.QuerySize || p.CountReturn && !s.caller {
			return false
		}
	}
	return true
}

// inType is the type of a parameter.
func (g *golang) inType(p *api.Param) string {
	one := g.one(p.Position, p.Type)
	switch {
	case p.Transport == api.Shared:
		if fixedSize(p.Type.Basic) == 0 {
			g.refuse(p.Position, "shared memory of a type whose size is the target's")
		}
		return "*glue.Shared[" + one + "]"
	case p.Array():
		return "[]" + one
	case p.Type.Struct != nil:
		return "*" + one
	case p.Type.String != nil && p.Nullable:
		return "*string"
	}
	return one
}

// outType is the type of a result.
func (g *golang) outType(p *api.Param, f *api.Function) string {
	one := g.one(p.Position, p.Type)
	switch {
	case p.Type.String != nil && p.Capacity != nil:
		return "string"
	case p.Array():
		return "[]" + one
	case p.Type.Struct != nil && p == f.Return:
		return "*" + one
	case p.Type.String != nil && p.Nullable && p == f.Return && f.Error != api.Null: // of others, it is the pointer that may be null
		return "*string"
	}
	return one
}

// fails says whether the Go function returns an error: a callback that the host
// gives does not, because nobody could act on it.
func (s *shape) fails() bool { return s.caller || s.f.Scope == api.NoScope && s.f.CType == "" }

// signature spells the parameters and results of a function in Go.
func (g *golang) signature(f *api.Function) string {
	s := g.shapeOf(f, false)
	return s.params() + " " + s.results(nil)
}

func (s *shape) params() string {
	list := []string{"ctx context.Context"}
	if s.caller && s.f.Thread == api.RealTime {
		list = append(list, "thread *glue.Thread")
	}
	for _, v := range s.in {
		list = append(list, v.name+" "+v.typ)
	}
	return "(" + strings.Join(list, ", ") + ")"
}

// named says whether results have names: if there are several besides the error.
func (s *shape) named(more bool) bool {
	n := len(s.out)
	if more {
		n++
	}
	return n > 1
}

// assign makes lines set the named results instead of declaring them.
func (s *shape) assign(lines []string) []string {
	var out []string
lines:
	for _, line := range lines {
		for _, v := range s.out {
			if strings.HasPrefix(line, "var "+v.name+" ") {
				continue lines
			}
			if rest, ok := strings.CutPrefix(line, v.name+" := "); ok {
				line = v.name + " = " + rest
			}
		}
		out = append(out, line)
	}
	return out
}

// results spells the results, named if there are several, and others besides.
func (s *shape) results(more []variableIn) string {
	all := append(append([]variableIn{}, s.out...), more...)
	if s.fails() {
		all = append(all, variableIn{"err", "error"})
	}
	var list []string
	for _, v := range all {
		if s.named(len(more) > 0) {
			list = append(list, v.name+" "+v.typ)
		} else {
			list = append(list, v.typ)
		}
	}
	if len(list) == 1 {
		return list[0]
	}
	if len(list) == 0 {
		return ""
	}
	return "(" + strings.Join(list, ", ") + ")"
}

// value spells what a length expression may name, as an int64.
func (g *golang) value(s *shape, path []string, decoding bool) string {
	p := param(s.f, path[0])
	if p == nil {
		return ""
	}
	x := g.argument(p)
	if len(path) > 1 {
		var names []string
		for _, n := range path[1:] {
			names = append(names, exported(n))
		}
		return fmt.Sprintf("int64(%s.%s)", x, strings.Join(names, "."))
	}
	switch a := s.lengths[p]; {
	case decoding:
	case a != nil && s.query:
		return "max(room, 0)"
	case a != nil && a.Transport == api.Shared:
		return fmt.Sprintf("int64(%s.Len())", g.argument(a))
	case a != nil:
		return fmt.Sprintf("int64(len(%s))", g.argument(a))
	case p.Pointer:
		return fmt.Sprintf("int64(*%s)", x)
	}
	return "int64(" + x + ")"
}

// length spells a length expression.
func (g *golang) length(s *shape, e *api.Expr, decoding bool) string {
	return goExpr(e, func(path []string) string { return g.value(s, path, decoding) }, func(path []string) string {
		p := param(s.f, path[0])
		fn := "glue.Strlen"
		if p.Nullable {
			fn = "glue.StrlenOrNull"
		}
		return fmt.Sprintf("%s(%s, %s)", fn, g.argument(p), text(p.Type.String))
	})
}
