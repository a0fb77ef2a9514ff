package cli

import (
	"bytes"
	"io"
	"math"
	"strings"

	"github.com/crossplug/crossplug/api/header"

	"github.com/spf13/cobra"
)

func newAPIImportCommand() *cobra.Command {
	var opts header.Options
	var output string
	cmd := &cobra.Command{
		Use:   "import HEADER.h...",
		Short: "Draft a definition from C headers",
		Long: `import reads C headers and drafts a definition of what they declare: constants,
enumerations, structs, unions, tables of functions, function pointer types and
functions. What a header does not say (the length of an array, how long a
callback may be called, what a void * is) is not guessed: such functions are
written with <unsupported reason="…">, which says what to find out. Fields that
nothing is known of are opaque. A const char * is taken to be a string, a pointer
to a const struct to point to one, and a pointer or void * with a name of its own
to be a handle.

The draft is a valid definition. Replace what is unsupported, piece by piece, and
let "crossplug api check" look at it; docs/api.md says how things are written.

Only the headers that are named are drafted, not what they include. An SDK whose
header only includes others is imported by naming it first and then the others:
they are read in that order, each once.

The headers are preprocessed as C for this machine, which takes a C compiler (cc
or gcc, or what the environment variable CC names) for its own headers. Included
files are looked for beside the file that includes them, if quoted, then in the
directories of -I, then in the compiler's. What the headers expect to be defined
or included before them is said with -D and --before. C++ is not read.`,
		Example: `  crossplug api import /usr/include/ladspa.h > ladspa.xml
  crossplug api import -I include -D HOST=1 --prefix xp_ -o xp.xml include/xp.h
  crossplug api import --before stdio.h /usr/include/jpeglib.h
  crossplug api import --name alsa --prefix snd_ /usr/include/alsa/{asoundlib,pcm,mixer}.h`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completeFiles(math.MaxInt, "h"),
		RunE: func(cmd *cobra.Command, args []string) error {
			draft, err := header.Import(args, opts)
			if err != nil {
				for line := range strings.SplitSeq(err.Error(), "\n") {
					warn(cmd, "%s", line)
				}
				return errReported
			}
			if !bytes.Contains(draft, []byte("<function ")) && !bytes.Contains(draft, []byte("<table ")) {
				warn(cmd, "no function is declared in %s itself; name the headers that it includes, too", args[0])
			}
			write := func(w io.Writer) error { _, err := w.Write(draft); return err }
			if output == "" {
				return write(cmd.OutOrStdout())
			}
			return replace(output, write)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&opts.Name, "name", "", "the API's `NAME`; the first header's if absent")
	flags.StringVar(&opts.Prefix, "prefix", "", "what the API's names begin with in C, and not in Go")
	flags.StringArrayVarP(&opts.Include, "include", "I", nil, "look for included files in `DIR`, too")
	flags.StringArrayVarP(&opts.Define, "define", "D", nil, "define a macro, `NAME[=VALUE]`")
	flags.StringArrayVar(&opts.Before, "before", nil, "include `HEADER` before all others, as in #include <HEADER>")
	flags.StringVarP(&output, "output", "o", "", "write the draft to `FILE`, which must not mind being replaced")
	_ = cmd.MarkFlagDirname("include") // the flags exist
	_ = cmd.MarkFlagFilename("output", "xml")
	for _, name := range []string{"name", "prefix", "define", "before"} {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions)
	}
	return cmd
}
