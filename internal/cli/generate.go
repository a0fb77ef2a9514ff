package cli

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crossplug/crossplug/api"
	"github.com/crossplug/crossplug/generate"
	"github.com/crossplug/crossplug/lend"

	"github.com/spf13/cobra"
)

func newGenerateCommand() *cobra.Command {
	var names []string
	var dir string
	var back strings.Builder
	for _, b := range backends() {
		fmt.Fprintf(&back, "  %-12s %s\n", b.Name, b.Doc)
	}
	cmd := &cobra.Command{
		Use:   "generate --backend NAME FILE.xml",
		Short: "Make code and documentation of an API definition",
		Long: `generate reads the definition of a C API and writes what a back end makes of it.
The same definition gives the same bytes. Files are written only if all of them
could be made; what is there under their names is replaced.

Back ends:
` + strings.TrimRight(back.String(), "\n") + `

The Go package embeds dispatchers, dispatch/ARCHITECTURE.so beside it. They are
compiled from what the dispatcher and runtime back ends make, by the latter's
build.sh. A shim is compiled from what shim, runtime and client make, by shim.sh;
"crossplug lend" puts it in the place of plug-ins.`,
		Example: `  crossplug generate --backend go ladspa.xml -o hosts/ladspa
  crossplug generate --backend dispatcher,runtime ladspa.xml -o build
  sh build/build.sh dispatch build/ladspa_dispatcher.c "amd64 s390x" .
  crossplug generate --backend shim,runtime,client ladspa.xml -o build
  sh build/shim.sh libladspa.so build/ladspa_shim.c .
  crossplug generate --backend markdown ladspa.xml -o docs`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeFiles(1, "xml"),
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := api.Parse(args[0])
			if err != nil {
				return err
			}
			if len(names) == 0 {
				return usagef("--backend names none")
			}
			var files []generate.File
			for _, name := range names {
				made, err := runBackend(name, a)
				if err != nil {
					return err
				}
				files = append(files, made...)
			}
			if err := os.MkdirAll(dir, 0o777); err != nil {
				return err
			}
			for _, f := range files {
				if err := replace(filepath.Join(dir, f.Name), func(w io.Writer) error { _, err := w.Write(f.Data); return err }); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().StringSliceVar(&names, "backend", nil, "make what `NAME` makes; several with commas")
	cmd.Flags().StringVarP(&dir, "output", "o", ".", "write to directory `DIR`")
	_ = cmd.MarkFlagRequired("backend")
	_ = cmd.MarkFlagDirname("output")
	var values []cobra.Completion
	for _, b := range backends() {
		values = append(values, b.Name)
	}
	_ = cmd.RegisterFlagCompletionFunc("backend", completeList(values))
	return cmd
}

// backends are those of package generate, and one for what is the same for all
// definitions.
func backends() []generate.Backend {
	client := generate.Backend{Name: "client", Doc: "C: what a shim is compiled with, to run its plug-in in a process", Run: func(*api.API) ([]generate.File, error) {
		sources, err := lend.Sources()
		var files []generate.File
		for _, name := range slices.Sorted(maps.Keys(sources)) {
			files = append(files, generate.File{Name: name, Data: sources[name]})
		}
		return files, err
	}}
	return slices.SortedFunc(slices.Values(append(generate.Backends(), client)), func(a, b generate.Backend) int { return strings.Compare(a.Name, b.Name) })
}

func runBackend(name string, a *api.API) ([]generate.File, error) {
	var known []string
	for _, b := range backends() {
		if b.Name == name {
			return b.Run(a)
		}
		known = append(known, b.Name)
	}
	return nil, usagef("unknown back end %q (known: %s)", name, strings.Join(known, ", "))
}
