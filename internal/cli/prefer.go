package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crossplug/crossplug/helper"

	"github.com/spf13/cobra"
)

// preferFlag is the value of --prefer: names of strategies.
type preferFlag []string

// addPreferFlag adds --prefer, which several commands have.
func addPreferFlag(cmd *cobra.Command, to *[]string) {
	cmd.Flags().Var((*preferFlag)(to), "prefer", "try these ways to run foreign code before the others: `STRATEGY[,...]` (see crossplug doctor --help)")
	_ = cmd.RegisterFlagCompletionFunc("prefer", cobra.FixedCompletions(strategyNames(), cobra.ShellCompDirectiveNoFileComp))
}

func (f *preferFlag) Set(arg string) error {
	for name := range strings.SplitSeq(arg, ",") {
		if !slices.Contains(strategyNames(), name) {
			return fmt.Errorf("unknown strategy %q (known: %s)", name, strings.Join(strategyNames(), ", "))
		}
		*f = append(*f, name)
	}
	return nil
}

func (f *preferFlag) String() string { return strings.Join(*f, ",") }
func (f *preferFlag) Type() string   { return "STRATEGY[,...]" }

// strategyNames returns the names of all strategies.
func strategyNames() []string {
	var names []string
	for _, s := range helper.Strategies() {
		if !slices.Contains(names, s.Name) {
			names = append(names, s.Name)
		}
	}
	return names
}
