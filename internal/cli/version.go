package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/crossplug/crossplug/arch"

	"github.com/spf13/cobra"
)

// version is the module version that the Go tool recorded when it built this
// program: a tag, a pseudo-version made from the commit, or "(devel)".
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

func newVersionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version and what this program itself was built for",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			fmt.Fprintf(cmd.OutOrStdout(), "crossplug %s, %s, %s\n", version(), runtime.Version(), arch.Host())
			return nil
		},
	}
}
