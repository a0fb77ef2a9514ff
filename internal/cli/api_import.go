package cli

import (
	"io"
	"path/filepath"
	"strings"

	"github.com/crossplug/crossplug/api/header"

	"github.com/spf13/cobra"
)

func newAPIImportCommand() *cobra.Command {
	var opts header.Options
	var output string
	cmd := &cobra.Command{
		Use:   "import HEADER.h",
		Short: "Draft a definition from a C header",
		Long: `import reads a C header and drafts a definition of what it declares: constants,
enumerations, structs, unions, tables of functions, function pointer types and
functions. What a header does not say (the length of an array, how long a
callback may be called, what a void * is) is not guessed: such functions are
written with <unsupported reason="…">, which says what to find out. Fields that
nothing is known of are opaque. A const char * is taken to be a string, a pointer
to a const struct to point to one, and a pointer or void * with a name of its own
to be a handle. What included files declare is left out.

The draft is a valid definition. Replace what is unsupported, piece by piece, and
let "crossplug api check" look at it; docs/api.md says how things are written.

The header is preprocessed with the system's C headers, which takes a C compiler
(cc or gcc, or what the environment variable CC names).`,
		Example: `  crossplug api import /usr/include/ladspa.h > ladspa.xml
  crossplug api import -I include -D HOST=1 --prefix xp_ -o xp.xml include/xp.h`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if opts.Name == "" {
				opts.Name = strings.TrimSuffix(filepath.Base(args[0]), filepath.Ext(args[0]))
			}
			draft, err := header.Import(args[0], opts)
			if err != nil {
				return err
			}
			write := func(w io.Writer) error { _, err := w.Write(draft); return err }
			if output == "" {
				return write(cmd.OutOrStdout())
			}
			return replace(output, write)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&opts.Name, "name", "", "the API's `NAME`; the header's if absent")
	flags.StringVar(&opts.Prefix, "prefix", "", "what the API's names begin with in C, and not in Go")
	flags.StringArrayVarP(&opts.Include, "include", "I", nil, "look for included files in `DIR`, too")
	flags.StringArrayVarP(&opts.Define, "define", "D", nil, "define a macro, `NAME[=VALUE]`")
	flags.StringVarP(&output, "output", "o", "", "write the draft to `FILE`, which must not mind being replaced")
	return cmd
}
