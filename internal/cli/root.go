package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// commands lists the subcommands. A new one is one line here and one file
// beside this one.
var commands = []func() *cobra.Command{
	newSysrootCommand,
	newInspectCommand,
	newLADSPACommand,
	newProcessCommand,
	newBridgeCommand,
	newAPICommand,
	newGenerateCommand,
	newLendCommand,
	newRunCommand,
	newGuestCommand,
	newSortCommand,
	newDcmpCommand,
	newPlugCommand,
	newCCCommand,
	newLinkCommand,
	newDoctorCommand,
	newVersionCommand,
}

// newRoot builds the command tree. It sets *started when a subcommand's own
// code begins: an error before that moment is one in the command line, which
// cobra itself does not distinguish.
func newRoot(started *bool) *cobra.Command {
	root := &cobra.Command{
		Use:   "crossplug",
		Short: "Run plug-ins built for another architecture",
		Long: `crossplug loads a plug-in built for another processor, byte order or binary
format, calls it as if it were local, and keeps running when the plug-in does not.

Exit status: 0 if everything was done, 1 if something failed, 2 if the command
line makes no sense.`,
		Example: `  crossplug doctor
  crossplug inspect /usr/lib/ladspa
  crossplug sysroot add s390x swh-plugins
  crossplug process --plugin gverb_1216.so --tail 3 dry.wav wet.wav`,
		Version:       version(),
		SilenceErrors: true, // Main reports them
		SilenceUsage:  true,
	}
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return flagError(err) })
	for _, newCommand := range commands {
		root.AddCommand(newCommand())
	}
	prepare(root, started)
	return root
}

// prepare wraps each command so that it notes its start, and gives commands
// that only group others the behaviour cobra reserves for the root: help
// without arguments, an error for a name they do not know.
func prepare(cmd *cobra.Command, started *bool) {
	for _, sub := range cmd.Commands() {
		prepare(sub, started)
	}
	if cmd.RunE == nil {
		if cmd.HasParent() {
			cmd.SuggestionsMinimumDistance = 2 // as at the root
			cmd.RunE = func(cmd *cobra.Command, args []string) error {
				if len(args) > 0 {
					return usagef("unknown command %q for %q%s", args[0], cmd.CommandPath(), didYouMean(cmd.SuggestionsFor(args[0])))
				}
				return cmd.Help()
			}
		}
		return
	}
	if fit := cmd.Args; fit != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if fit(cmd, args) == nil {
				return nil
			}
			return fmt.Errorf("%s; usage: %s", plural(len(args), "argument"), strings.TrimSuffix(cmd.UseLine(), " [flags]"))
		}
	}
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		*started = true
		return run(cmd, args)
	}
}

// didYouMean is the end of a message about a name that resembles others.
func didYouMean(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "; did you mean " + strings.Join(names, " or ") + "?"
}

// flagError says of a number that is none what is wrong, without the function that
// found it.
func flagError(err error) error {
	var number *strconv.NumError
	if errors.As(err, &number) {
		return errors.New(strings.Replace(err.Error(), number.Error(), number.Err.Error(), 1))
	}
	return err
}
