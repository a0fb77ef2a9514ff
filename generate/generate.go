package generate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crossplug/crossplug/api"
)

// File is one generated file.
type File struct {
	Name string // without a directory
	Data []byte
}

// A Backend makes files of a definition. The same definition gives the same
// bytes. An error names the place in the definition that it cannot do.
type Backend struct {
	Name string
	Doc  string // what it makes, in a few words
	Run  func(*api.API) ([]File, error)
}

// Backends lists what there is, by name.
func Backends() []Backend {
	return slices.SortedFunc(slices.Values(backends), func(a, b Backend) int { return strings.Compare(a.Name, b.Name) })
}

var backends = []Backend{
	{"markdown", "Markdown: the API's reference documentation", markdown},
	{"layout", "C: what compiles if the structs are where crossplug thinks", layout},
	{"go", "Go: a package for applications that load plug-ins", goPackage},
	{"dispatcher", "C: what the plug-in's process loads beside the plug-in", dispatcher},
	{"shim", "C: what an application loads in the plug-in's place", shim},
	{"direct", "C: what the shim for LADSPA includes: calls of a table's functions without a dispatcher", direct},
	{"runtime", "C: the headers and the script that the generated C code is built with", runtime},
}

// Run makes the files of one back end.
func Run(backend string, a *api.API) ([]File, error) {
	var names []string
	for _, b := range Backends() {
		if b.Name == backend {
			return b.Run(a)
		}
		names = append(names, b.Name)
	}
	return nil, fmt.Errorf("unknown back end %q (known: %s)", backend, strings.Join(names, ", "))
}
