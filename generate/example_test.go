package generate_test

import (
	"fmt"
	"log"
	"strings"

	"github.com/crossplug/crossplug/api"
	"github.com/crossplug/crossplug/generate"
)

// A back end is one file: a function and what it is called. This one makes a
// list of a linker's; one that crossplug is to have takes a row in its list of
// back ends besides.
func ExampleBackend() {
	exports := generate.Backend{
		Name: "exports",
		Doc:  "the names of the functions that a plug-in may export",
		Run: func(a *api.API) ([]generate.File, error) {
			var b strings.Builder
			for _, f := range a.Functions {
				if f.Side == api.PluginSide {
					b.WriteString(f.Name + "\n")
				}
			}
			return []generate.File{{Name: a.Name + ".exports", Data: []byte(b.String())}}, nil
		},
	}
	a, err := api.Parse("../examples/tone/tone.xml")
	if err != nil {
		log.Fatal(err)
	}
	files, err := exports.Run(a)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s:\n%s", files[0].Name, files[0].Data)
	// Output:
	// tone.exports:
	// tone_open
	// tone_fill
	// tone_render
	// tone_close
}
