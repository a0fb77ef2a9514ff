package cli

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/crossplug/crossplug/abi"
	"github.com/crossplug/crossplug/api"
	"github.com/crossplug/crossplug/format/coderes"
)

// prototype says how a routine is called, and what its arguments are.
type prototype struct {
	info       coderes.ProcInfo
	parameters []parameter // fewer, or none, if nothing is said of the others
}

// parameter is what is known of an argument besides how it is passed.
type parameter struct {
	kind string // c, p, in, out, inout: of an argument without such a prefix. "" is a number
	size uint32 // bytes of an out; 0 if the argument says it
}

// spell returns an argument with the prefix that it may leave out. A number remains
// one: an address, or null.
func (p parameter) spell(arg string) string {
	kind, _, prefixed := strings.Cut(arg, ":")
	_, err := strconv.ParseInt(arg, 0, 64)
	switch {
	case p.kind == "", err == nil, prefixed && slices.Contains([]string{"c", "p", "in", "out", "inout"}, kind):
		return arg
	case p.kind == "out" && p.size != 0:
		return fmt.Sprintf("out:%d:%s", p.size, arg)
	}
	return p.kind + ":" + arg
}

// parsePrototype reads what coderes.ParsePrototype reads, and "in", "out" or "inout"
// after a Ptr.
func parsePrototype(text string) (*prototype, error) {
	p := &prototype{}
	head, list, _ := strings.Cut(text, "(")
	list, end, closed := strings.Cut(list, ")")
	if !closed {
		info, err := coderes.ParsePrototype(text)
		return &prototype{info: info}, err
	}
	if strings.Contains(head, "[") { // a selector comes before the arguments
		p.parameters = append(p.parameters, parameter{})
	}
	types := strings.Split(list, ",")
	for i, one := range types {
		w := strings.Fields(one)
		var about parameter
		if len(w) == 2 && w[0] == "Ptr" && slices.Contains([]string{"in", "out", "inout"}, w[1]) {
			about.kind, types[i] = w[1], w[0]
		}
		p.parameters = append(p.parameters, about)
	}
	plain := head + "(" + strings.Join(types, ",") + ")" + end
	var err error
	if p.info, err = coderes.ParsePrototype(plain); err != nil {
		err = errors.New(strings.Replace(err.Error(), strconv.Quote(plain), strconv.Quote(text), 1))
	}
	return p, err
}

// macModel is how PowerPC compilers lay out data. Of what is here alone in memory,
// the 68K's sizes are the same.
var macModel = abi.Model{Order: binary.BigEndian, Word: 4, Align64: 8}

// definedFunction returns the function of a definition that has a name; nil if there
// is none, or no definition.
func definedFunction(a *api.API, name string) *api.Function {
	if a == nil {
		return nil
	}
	i := slices.IndexFunc(a.Functions, func(f *api.Function) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	return a.Functions[i]
}

// definedPrototype says how a function of a definition is called: in C's convention,
// as all of them are.
func definedPrototype(f *api.Function) (*prototype, error) {
	if f.Variadic {
		return nil, fmt.Errorf("%v: %s takes any number of arguments; give a prototype for those that you pass", f.Position, f.Name)
	}
	s := coderes.Signature{Convention: coderes.CStack}
	p := &prototype{}
	for _, param := range f.Values() {
		size, about, err := definedParameter(param)
		if err != nil {
			return nil, fmt.Errorf("%v: %s of %s: %w", param.Position, param.Name, f.Name, err)
		}
		if param == f.Return {
			s.Result = size
			continue
		}
		s.Parameters = append(s.Parameters, coderes.Parameter{Size: size})
		p.parameters = append(p.parameters, about)
	}
	var err error
	p.info, err = s.ProcInfo()
	if err != nil {
		return nil, fmt.Errorf("%v: %s: %w", f.Position, f.Name, err)
	}
	return p, nil
}

// definedParameter says how one parameter is passed, or a result.
func definedParameter(p *api.Param) (coderes.Size, parameter, error) {
	t := p.Type
	kind := [...]string{api.In: "in", api.Out: "out", api.InOut: "inout"}[p.Dir]
	text := map[bool]string{false: "c", true: "p"}
	switch {
	case t.Callback != nil, t.Handle != nil && p.Dir == api.In && !p.Array(), t.UserData, t.Pointer:
		return coderes.FourBytes, parameter{}, nil
	case t.String != nil && p.Dir == api.In && !p.Array():
		return coderes.FourBytes, parameter{kind: text[t.String.Pascal]}, nil
	case t.String != nil || p.Array() || p.Capacity != nil:
		return coderes.FourBytes, parameter{kind: kind}, nil
	case t.Struct != nil || p.Dir != api.In:
		size, _ := api.SizeOf(t, macModel)
		return coderes.FourBytes, parameter{kind: kind, size: uint32(size)}, nil
	}
	switch t.Basic {
	case api.Void:
		return coderes.None, parameter{}, nil
	case api.I8, api.U8, api.Char, api.Bool:
		return coderes.OneByte, parameter{}, nil
	case api.I16, api.U16:
		return coderes.TwoBytes, parameter{}, nil
	case api.I32, api.U32, api.CLong, api.CULong, api.Size, api.OSType:
		return coderes.FourBytes, parameter{}, nil
	}
	return coderes.None, parameter{}, fmt.Errorf("a %s does not fit a parameter of Mixed Mode, which has four bytes at most", t.Name)
}
