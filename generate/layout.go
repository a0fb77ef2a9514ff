package generate

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"
	"text/template"

	"github.com/crossplug/crossplug/abi"
	"github.com/crossplug/crossplug/api"
	"github.com/crossplug/crossplug/arch"
)

// The layout back end makes C that compiles if and only if api.Layout says of
// every struct what the compiler does. Byte order has no part in it, so a few
// data models stand for all architectures.

// layoutModels are the models, with the condition in C under which one holds.
var layoutModels = []struct {
	condition, name string
	arch            arch.Arch
}{
	{"defined __m68k__", "m68k: nothing is aligned to more than 2", arch.LinuxM68K},
	{"defined __i386__", "i386: 64-bit values are aligned to 4", arch.LinuxI386},
	{"defined __LP64__", "LP64: long and pointers have 64 bits", arch.LinuxAMD64},
	{"", "ILP32: long and pointers have 32 bits", arch.LinuxARMHF},
}

//go:embed templates/layout.tmpl
var layoutText string

var layoutTemplate = template.Must(template.New("layout").Parse(layoutText))

// layoutModel is what the template sees of a model.
type layoutModel struct {
	Directive, Name string
	Asserts         []string
}

func layout(a *api.API) ([]File, error) {
	var models []layoutModel
	for i, m := range layoutModels {
		model, err := abi.ModelOf(m.arch)
		if err != nil {
			return nil, err
		}
		d := layoutModel{Directive: "#elif " + m.condition, Name: m.name}
		if i == 0 {
			d.Directive = "#if " + m.condition
		} else if m.condition == "" {
			d.Directive = "#else"
		}
		for _, s := range a.Structs {
			d.Asserts = append(d.Asserts, asserts(s, model)...)
		}
		models = append(models, d)
	}
	var b bytes.Buffer
	err := layoutTemplate.Execute(&b, map[string]any{"API": a, "Models": models})
	return []File{{a.Name + "_layout.c", b.Bytes()}}, err
}

// asserts says in C where the fields of a struct are.
func asserts(s *api.Struct, m abi.Model) []string {
	offsets, size, align := api.Layout(s, m)
	lines := []string{
		fmt.Sprintf("ASSERT(sizeof(%s) == %d);", s.CType, size),
		fmt.Sprintf("ASSERT(_Alignof(%s) == %d);", s.CType, align),
	}
	for i, f := range s.Fields {
		lines = append(lines, fmt.Sprintf("ASSERT(offsetof(%s, %s) == %d);", s.CType, strings.TrimSpace(f.Name), offsets[i]))
	}
	return lines
}
