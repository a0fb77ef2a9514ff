package cli

import (
	"fmt"
	"os"

	"github.com/crossplug/crossplug/lend"

	"github.com/spf13/cobra"
)

func newLendCommand() *cobra.Command {
	var o lend.Options
	cmd := &cobra.Command{
		Use:   "lend --shim SHIM.so --dispatchers DIR PLUGIN.so...",
		Short: "Let any program use foreign plug-ins of an API of your own",
		Long: `lend writes, for each plug-in file, a small native one that stands for it:
PLUGIN.so for s390x becomes PLUGIN-s390x.so. Programs that know nothing of
crossplug load it as any other plug-in of its API; the foreign one runs in a
process of its own, which starts with the first call. If that process is lost,
calls return what the API's definition calls an error, and the program goes on.

The shim and the dispatchers are made of the API's definition, once: see
docs/describe.md. After an update of crossplug, make the shim anew and lend again.

What a lent plug-in needs lies in the folder .crossplug beside it. To take it away,
remove both. For LADSPA plug-ins use "crossplug bridge".`,
		Example: `  crossplug lend --shim libtone.so --dispatchers dispatch -o plugins old/tone-s390x.so`,
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(o.Dir, 0o777); err != nil {
				return err
			}
			for _, plugin := range args {
				path, err := lend.Lend(plugin, o)
				if err != nil {
					return err
				}
				fmt.Fprintln(cmd.OutOrStdout(), path)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&o.Shim, "shim", "", "the API's shim, `FILE`, compiled")
	cmd.Flags().StringVar(&o.Dispatchers, "dispatchers", "", "the folder `DIR` of the API's dispatchers, ARCHITECTURE.so each")
	cmd.Flags().StringVarP(&o.Dir, "output", "o", ".", "write to the folder `DIR`")
	addPreferFlag(cmd, &o.Prefer)
	_ = cmd.MarkFlagRequired("shim")
	_ = cmd.MarkFlagRequired("dispatchers")
	return cmd
}
