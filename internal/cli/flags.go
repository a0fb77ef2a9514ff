package cli

import (
	"fmt"

	"github.com/crossplug/crossplug/guest"

	"github.com/spf13/cobra"
)

// onlyProcessor is the value of --arch for classic code: what a machine lacks, so
// that only the processor named runs code.
type onlyProcessor struct{ without guest.Processor }

func (p *onlyProcessor) String() string {
	switch p.without {
	case guest.M68K:
		return "ppc"
	case guest.PowerPC:
		return "m68k"
	}
	return ""
}

func (p *onlyProcessor) Set(text string) error {
	switch text {
	case "ppc":
		p.without = guest.M68K
	case "m68k":
		p.without = guest.PowerPC
	default:
		return fmt.Errorf("it must be ppc or m68k")
	}
	return nil
}

func (p *onlyProcessor) Type() string { return "PROCESSOR" }

// addTo gives a command the flag.
func (p *onlyProcessor) addTo(cmd *cobra.Command) {
	cmd.Flags().Var(p, "arch", "let only this `PROCESSOR` run classic code: ppc or m68k")
	_ = cmd.RegisterFlagCompletionFunc("arch", cobra.FixedCompletions([]string{"ppc", "m68k"}, cobra.ShellCompDirectiveNoFileComp))
}
