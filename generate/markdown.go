package generate

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"text/template"

	"github.com/crossplug/crossplug/api"
)

//go:embed templates/markdown.tmpl
var markdownText string

var markdownTemplate = template.Must(template.New("markdown").Parse(markdownText))

// page is what the template sees.
type page struct {
	*api.API
	Doc                             string
	Functions, Offers, Lends, Given []docFunction
	Tables, Structs, Unions         []docStruct
	Objects                         []docHandle
	Numbers                         []docEnum
	Constants                       []*api.Const
}

type docFunction struct {
	Name, Prototype, Doc string
	Facts                []string
	Values               []docValue
	Reason               string // why it does not cross
}

type docValue struct{ Name, Dir, How, Doc string }

type docStruct struct {
	Name, Doc, Owner string
	Facts            []string
	Fields           []docValue
	Methods          []docFunction
}

type docHandle struct {
	Name, Doc, Owner string
	Facts            []string
}

type docEnum struct {
	Name, Doc, Kind string
	Values          []api.Const
}

func markdown(a *api.API) ([]File, error) {
	c := newC(a, api.PluginSide)
	p := page{API: a, Doc: flow(a.Doc), Constants: a.Consts}
	for _, f := range a.Functions {
		if f.Side == api.PluginSide {
			p.Functions = append(p.Functions, docOf(c, f))
		} else {
			p.Offers = append(p.Offers, docOf(c, f))
		}
	}
	for _, f := range a.Callbacks {
		if f.Side == api.HostSide {
			p.Given = append(p.Given, docOf(c, f))
		} else {
			p.Lends = append(p.Lends, docOf(c, f))
		}
	}
	for _, s := range a.Structs {
		d := docStruct{Name: s.Name, Doc: flow(s.Doc), Owner: side(s.Owner), Facts: rangeFacts(s.Range)}
		if s.Packing != api.Natural {
			d.Facts = append(d.Facts, "packed as "+map[api.Packing]string{api.Mac68K: "68K Macs do", api.Power: "Power Macs do"}[s.Packing])
		}
		for _, f := range s.Fields {
			switch {
			case f.Func != nil:
				d.Methods = append(d.Methods, docOf(c, f.Func))
			case !f.Opaque:
				d.Fields = append(d.Fields, docField(f))
			}
		}
		switch s.Kind {
		case api.Table:
			p.Tables = append(p.Tables, d)
		case api.Union:
			p.Unions = append(p.Unions, d)
		default:
			p.Structs = append(p.Structs, d)
		}
	}
	for _, h := range a.Handles {
		p.Objects = append(p.Objects, docHandle{h.Name, flow(h.Doc), side(h.Owner), handleFacts(h)})
	}
	for _, e := range a.Enums {
		kind := "enumeration"
		if e.Mask {
			kind = "flags"
		}
		p.Numbers = append(p.Numbers, docEnum{e.Name, flow(e.Doc), kind, e.Values})
	}
	var b bytes.Buffer
	if err := markdownTemplate.Execute(&b, p); err != nil {
		return nil, err
	}
	return []File{{a.Name + ".md", blankLines(b.Bytes())}}, nil
}

// blankLines leaves one blank line where there are several.
func blankLines(text []byte) []byte {
	for bytes.Contains(text, []byte("\n\n\n")) {
		text = bytes.ReplaceAll(text, []byte("\n\n\n"), []byte("\n\n"))
	}
	return append(bytes.TrimSpace(text), '\n')
}

// flow makes one line of a text, safe in a table.
func flow(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", "\\|")
}

func side(s api.Side) string {
	if s == api.HostSide {
		return "the host"
	}
	return "the plug-in"
}

func rangeFacts(r api.Range) []string {
	var facts []string
	if r.Since != (api.Version{}) {
		facts = append(facts, "since "+versionText(r.Since))
	}
	if r.Until != (api.Version{}) {
		facts = append(facts, "until "+versionText(r.Until))
	}
	return facts
}

func handleFacts(h *api.Handle) []string {
	var facts []string
	if len(h.Create) > 0 {
		facts = append(facts, "made by "+strings.Join(h.Create, ", "))
	}
	if h.Destroy != "" {
		facts = append(facts, "ended by "+h.Destroy)
	}
	if h.Parent != nil {
		facts = append(facts, "ends with its "+h.Parent.Name)
	}
	return facts
}

// docOf describes a function.
func docOf(c *c, f *api.Function) docFunction {
	d := docFunction{Name: f.Name, Prototype: c.comment(f), Doc: flow(f.Doc), Facts: rangeFacts(f.Range)}
	add := func(ok bool, fact string) {
		if ok {
			d.Facts = append(d.Facts, fact)
		}
	}
	add(f.Required, "every plug-in has it")
	add(f.Nullable, "may be absent")
	add(f.Thread == api.MainThread, "on the main thread only")
	add(f.Thread == api.RealTime, "on real-time threads only")
	add(f.Blocking, "may take long")
	add(f.Timeout > 0, fmt.Sprintf("ended after %d ms", f.Timeout))
	add(f.Idempotent, "may be called again after a failure")
	add(f.Reentrant, "may be called while it calls back")
	add(f.Batchable, "may cross in a batch")
	add(f.Scope != api.NoScope, "may be called "+scopeText(f))
	add(f.Error != api.NoErrors, "fails if it returns "+map[api.ErrorReturn]string{api.NonZero: "anything but 0", api.Negative: "a negative number", api.Zero: "0", api.Null: "null"}[f.Error])
	add(f.Custom != nil, "marshaled by hand")
	d.Reason = f.Unsupported
	for _, p := range slices.Concat(f.Params, []*api.Param{f.Return}) {
		if p == nil {
			continue
		}
		how := api.Describe(p)
		name := p.Name
		if p == f.Return {
			name = "returns"
			how.Dir = ""
		}
		d.Values = append(d.Values, docValue{name, how.Dir, flow(how.Text), flow(p.Doc)})
	}
	return d
}

// docField describes a field of a struct.
func docField(f *api.Field) docValue {
	how := f.Type.Name
	switch {
	case f.Length != nil:
		how = fmt.Sprintf("array of %s of length %s", f.Type.Name, f.Length)
	case f.Count > 0:
		how = fmt.Sprintf("%d × %s", f.Count, f.Type.Name)
	}
	if f.Switch != "" {
		how += ", the case that " + f.Switch + " says"
	}
	if f.Case != "" {
		how += ", for " + f.Case
	}
	if f.Nullable {
		how += ", may be null"
	}
	if f.Raw {
		how += ", bytes that nobody turns around"
	}
	for _, fact := range rangeFacts(f.Range) {
		how += ", " + fact
	}
	return docValue{f.Name, "", flow(how), flow(f.Doc)}
}
