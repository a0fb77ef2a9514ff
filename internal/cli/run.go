package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/crossplug/crossplug/api"
	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/guest"
	"github.com/crossplug/crossplug/guest/cfm"

	"github.com/spf13/cobra"
)

func newRunCommand() *cobra.Command {
	var files, definition, screen string
	var only onlyProcessor
	var asJSON, trace, strict, missing bool
	var limit fuel
	var libraries, gestalt []string
	cmd := &cobra.Command{
		Use:   "run FILE[#TYPE,ID] [SYMBOL] [PROTOTYPE] [ARGUMENT]...",
		Short: "Call a routine of classic Mac OS code",
		Long: `run loads code of the classic Mac OS into a machine in this process, links it, and
calls one routine: of a 68K, accelerated or fat code resource, named by its TYPE and
ID, or a SYMBOL that a fragment exports (its main symbol, if none is named).

The PROTOTYPE says how the routine is called, such as 'pascal long proc(long, Ptr)':
a long is any four bytes; Ptr, Handle and OSType are longs, OSErr is a short and Boolean
a char. It can be left out where a routine descriptor
says it, or a --definition that has a function of the SYMBOL's name (or of a name
given in its place for a resource), in C's convention unless a descriptor says another.
An ARGUMENT is

  123, -1, 0x7f     a number
  c:TEXT, p:TEXT    the address of a C text, or a Pascal text
  in:FILE           the address of a buffer with what is in FILE
  out:SIZE:FILE     the address of a buffer of SIZE bytes, written to FILE afterwards
  inout:FILE:FILE   the address of a buffer with what is in the first FILE, written to
                    the second afterwards

Where the prototype says Ptr in, Ptr out or Ptr inout, or the definition the like, the
argument's prefix can be left out; and an out's SIZE, if the definition has it.

Import libraries are looked for in the fragment's own file, its folder, and where
--library says, by the names in a file's 'cfrg' resource, or by the file's name if it
has none. What the code prints goes to standard error; what it draws to the screen can
be written to a PNG file with --screen. --files gives it a folder, read-only, as its
only volume. With --json the result is one object with "result" and "processor".

With --missing nothing is run. What a fragment imports is listed if it is not there:
"missing" is what the real system had, "unknown" what neither it nor a library found
has. 68K code is read for traps as far as branches lead. --json lists all calls.`,
		Example: `  crossplug run sort.rsrc#sort,128 inout:numbers:sorted 15 0
  crossplug run Sorts 'checksum' 'long proc(Ptr, long)' in:disk.img 400
  crossplug run Sorts 'short (Ptr in, long, Ptr out)' disk.img 400 64:sums
  crossplug run --definition packer.xml Packer unpack disk.img 0x10000:unpacked 0x10000
  crossplug run --arch m68k --trace fat.bin#dcmp,128 'void proc(long)' 7
  crossplug run --screen drawn.png Viewer draw 'void proc(Ptr)' in:picture`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completeRoutine,
		Annotations:       map[string]string{numbersFirst: "yes"},
		RunE: func(cmd *cobra.Command, args []string) error {
			o := guest.Options{Fuel: int64(limit), Without: only.without}
			var err error
			if o.Sources, err = importLibraries(args[0], libraries); err != nil {
				return err
			}
			if missing {
				return runMissing(cmd, args[0], o.Sources, asJSON)
			}
			o.Strict, o.System.Output = strict, &printed{cmd.ErrOrStderr()}
			if o.System.Gestalt, err = gestaltSelectors(gestalt); err != nil {
				return err
			}
			var defined *api.API
			if definition != "" {
				if defined, err = api.Parse(definition); err != nil {
					return err
				}
			}
			if files != "" {
				root, err := os.OpenRoot(files)
				if err != nil {
					return err
				}
				defer root.Close()
				o.System.Files = root.FS()
			}
			if trace {
				o.System.Trace = func(name string, args []uint32) {
					fmt.Fprintf(cmd.ErrOrStderr(), "  %s(%s)\n", name, hexList(args))
				}
			}
			ran := ""
			o.Trace = func(from, to string, target uint32, info coderes.ProcInfo, args []uint32) {
				if ran == "" {
					ran = to
				}
				if trace {
					fmt.Fprintf(cmd.ErrOrStderr(), "%s to %s at 0x%08x, %v: %s\n", from, to, target, info, hexList(args))
				}
			}
			m, err := guest.New(o)
			if err != nil {
				return err
			}
			result, signature, err := runRoutine(cmd, m, o.Without, defined, args)
			if report := m.Report(err); report != nil {
				var text strings.Builder
				_ = report.Write(&text)
				fmt.Fprint(&printed{cmd.ErrOrStderr()}, text.String())
			}
			if screen != "" {
				err = errors.Join(err, writeScreen(screen, m.System(), err != nil))
			}
			err = errors.Join(err, m.Close())
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), map[string]any{"result": result, "processor": ran})
			}
			if signature.Result != coderes.None {
				fmt.Fprintf(cmd.OutOrStdout(), "%d (0x%x)\n", int32(result), result)
			}
			return nil
		},
	}
	only.addTo(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&trace, "trace", false, "print each switch of processors and each call of the system, with arguments")
	cmd.Flags().BoolVar(&strict, "strict", false, "refuse code that imports what this system lacks, even if it never calls that")
	cmd.Flags().BoolVar(&missing, "missing", false, "run nothing; list the calls of the system that the code needs and that are not there")
	cmd.Flags().StringVar(&definition, "definition", "", "take prototypes from the API definition in `FILE`.xml")
	cmd.Flags().StringVar(&files, "files", "", "let the code open the files in `FOLDER`")
	cmd.Flags().StringVar(&screen, "screen", "", "write what the code has drawn to the screen to `FILE`, as PNG, even if it failed")
	cmd.Flags().StringArrayVar(&gestalt, "gestalt", nil, "let Gestalt answer `SELECTOR=NUMBER`, such as qtim=0x04008000 (repeatable)")
	cmd.Flags().Var(&limit, "fuel", "execute at most `N` instructions, with what the system does for them (default: no limit)")
	cmd.Flags().StringArrayVar(&libraries, "library", nil, "look for import libraries in this `FILE` or folder (repeatable)")
	return cmd
}

// gestaltSelectors reads what --gestalt says.
func gestaltSelectors(list []string) (map[coderes.OSType]uint32, error) {
	selectors := map[coderes.OSType]uint32{}
	for _, text := range list {
		name, number, _ := strings.Cut(text, "=")
		selector, err := coderes.ParseOSType(name)
		if err != nil {
			return nil, usagef("--gestalt %s: %w", text, err)
		}
		value, err := strconv.ParseUint(number, 0, 32)
		if err != nil {
			return nil, usagef("--gestalt %s: want SELECTOR=NUMBER, for example qtim=0x04008000", text)
		}
		selectors[selector] = uint32(value)
	}
	return selectors, nil
}

// printed writes lines of what may be hostile.
type printed struct{ w io.Writer }

func (p *printed) Write(b []byte) (int, error) {
	for line := range strings.Lines(string(b)) {
		text, end := strings.CutSuffix(line, "\n")
		if _, err := io.WriteString(p.w, printable(text)); err != nil {
			return 0, err
		}
		if end {
			if _, err := io.WriteString(p.w, "\n"); err != nil {
				return 0, err
			}
		}
	}
	return len(b), nil
}

func hexList(values []uint32) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = fmt.Sprintf("0x%x", v)
	}
	return strings.Join(words, ", ")
}

// importLibraries makes sources of what --library names, and of the fragment's own
// file and folder, which come first.
func importLibraries(file string, named []string) ([]cfm.Source, error) {
	places := cfm.Places{Files: named}
	if !strings.Contains(file, "#") {
		places.Application = file
	}
	return places.Sources()
}
