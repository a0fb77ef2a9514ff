package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

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

// fuel is the value of --fuel: how many instructions classic code may execute, 0 for
// as many as it likes.
type fuel int64

func (f *fuel) Set(text string) error {
	n, err := strconv.ParseInt(text, 0, 64)
	if err == nil && n < 0 {
		err = errors.New("it must be 0, for no limit, or more")
	}
	*f = fuel(n)
	return err
}

func (f *fuel) String() string { return strconv.FormatInt(int64(*f), 10) }
func (f *fuel) Type() string   { return "N" }

// numbersFirst marks a command whose arguments may be negative numbers.
const numbersFirst = "negative numbers are arguments"

// keepNumbers arranges the arguments of a command that is so marked: its options, then
// "--", then the rest, to which what begins with "-" and a digit belongs.
func keepNumbers(root *cobra.Command, args []string) []string {
	cmd, args0, err := root.Find(args)
	if err != nil || cmd.Annotations[numbersFirst] == "" {
		return args
	}
	options, rest := strings.Fields(cmd.CommandPath())[1:], []string{"--"}
	for i := 0; i < len(args0); i++ {
		arg := args0[i]
		switch {
		case arg == "--":
			rest = append(rest, args0[i+1:]...)
			i = len(args0)
		case len(arg) < 2 || arg[0] != '-' || '0' <= arg[1] && arg[1] <= '9':
			rest = append(rest, arg)
		default:
			options = append(options, arg)
			// An option's value, if it has one that is an argument of its own.
			if f := cmd.Flags().Lookup(strings.TrimLeft(arg, "-")); f != nil && f.NoOptDefVal == "" {
				if i++; i == len(args0) {
					return args // cobra says that it is missing
				}
				options = append(options, args0[i])
			}
		}
	}
	return append(options, rest...)
}
