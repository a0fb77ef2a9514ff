package cli

import (
	"errors"
	"fmt"

	"github.com/crossplug/crossplug/api"

	"github.com/spf13/cobra"
)

func newAPICommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "api",
		Short: "Describe the C API of a plug-in family",
		Long: `api works on definitions, the files that say of a C API what has to be known to
carry its calls between architectures. docs/api.md is their reference, and
docs/describe.md goes through an example.`,
		Example: `  crossplug api import gain.h > gain.xml
  crossplug api check gain.xml`,
	}
	cmd.AddCommand(newAPICheckCommand(), newAPIImportCommand(), newAPIDiffCommand())
	return cmd
}

func newAPICheckCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check FILE.xml",
		Short: "Say of each function whether it can cross, and how or why not",
		Long: `check reads a definition and says of each function, callback and function of a
table how its parameters and result cross from one side to the other, or why it
cannot. What is wrong is reported with its place and what to write instead. A
function that the definition itself calls unsupported is no error.

With --json the result is one object: "name", "functions" and "errors". A
function has "name", "kind" (function, method or callback), "side" (of who
implements it), "line", "crosses", "values" (with "name", "dir", "kind" and
"text"), "reasons" if it does not cross, "declared" if the definition says so
itself, and "byHand" if it is marshaled by hand. An error has "file", "line",
"column", "element", "text" and "of". Later versions may add fields.

The exit status is 1 if something is refused.`,
		Example: `  crossplug api check gain.xml
  crossplug api check --json gain.xml | jq -r '.functions[] | select(.crosses | not).name'`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeFiles(1, "xml"),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := api.Check(args[0])
			if err != nil {
				return err
			}
			if asJSON {
				err = printJSON(cmd.OutOrStdout(), newAPIReport(r))
			} else {
				printVerdicts(cmd, r)
			}
			if err != nil {
				return err
			}
			return report(cmd, r.Errors)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// report prints the mistakes in a definition, one per line.
func report(cmd *cobra.Command, errs api.Errors) error {
	if len(errs) == 0 {
		return nil
	}
	for _, e := range errs {
		warn(cmd, "%v", e)
	}
	return errReported
}

// apiReport is the JSON schema, documented in the help.
type apiReport struct {
	Name      string        `json:"name"`
	Functions []api.Verdict `json:"functions"`
	Errors    []apiError    `json:"errors"`
}

type apiError struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Element string `json:"element"`
	Text    string `json:"text"`
	Of      string `json:"of,omitempty"`
}

func newAPIReport(r *api.Report) apiReport {
	out := apiReport{Name: r.Name, Functions: append([]api.Verdict{}, r.Functions...), Errors: []apiError{}}
	for _, e := range r.Errors {
		out.Errors = append(out.Errors, apiError{e.File, e.Line, e.Column, e.Element, e.Text, e.Of})
	}
	return out
}

func printVerdicts(cmd *cobra.Command, r *api.Report) {
	if len(r.Functions) == 0 && len(r.Errors) > 0 {
		return // nothing could be looked at
	}
	out := cmd.OutOrStdout()
	paint := painter(out)
	crossing, declared := 0, 0
	for _, v := range r.Functions {
		s := green
		switch {
		case v.Crosses:
			crossing++
		case v.Declared:
			declared++
			s = yellow
		default:
			s = red
		}
		fmt.Fprintf(out, "%s  %s\n", paint(s, printable(v.Name)), printable(v.String()))
	}
	fmt.Fprintf(out, "%d of %d cross", crossing, len(r.Functions))
	if declared > 0 {
		fmt.Fprintf(out, ", %d are said not to", declared)
	}
	if refused := len(r.Functions) - crossing - declared; refused > 0 {
		fmt.Fprintf(out, ", %d are refused", refused)
	}
	fmt.Fprintln(out)
}

func newAPIDiffCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "diff OLD.xml NEW.xml",
		Short: "Say whether plug-ins of an older definition still work",
		Long: `diff compares two versions of a definition and says of each difference whether
plug-ins that were built for the old one work with hosts of the new one, and why
or why not. Documentation and names in Go do not count.

With --json the result is an object: "compatible", and "changes" with "of",
"what", "compatible" and "why".

The exit status is 1 if some change is incompatible.`,
		Example: `  crossplug api diff gain-1.0.xml gain.xml
  crossplug api diff --json gain-1.0.xml gain.xml | jq -r '.changes[] | select(.compatible | not) | .of + ": " + .why'`,
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: completeFiles(2, "xml"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var both [2]*api.API
			for i, file := range args {
				a, err := api.Parse(file)
				var errs api.Errors
				if errors.As(err, &errs) {
					return report(cmd, errs)
				}
				if err != nil {
					return err
				}
				both[i] = a
			}
			changes := api.Diff(both[0], both[1])
			compatible := api.Compatible(changes)
			if asJSON {
				result := map[string]any{"compatible": compatible, "changes": append([]api.Change{}, changes...)}
				if err := printJSON(cmd.OutOrStdout(), result); err != nil {
					return err
				}
			} else {
				printChanges(cmd, changes)
			}
			if !compatible {
				return fmt.Errorf("%s is not compatible with %s", args[1], args[0])
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func printChanges(cmd *cobra.Command, changes []api.Change) {
	out := cmd.OutOrStdout()
	paint := painter(out)
	for _, c := range changes {
		verdict, s := "compatible", green
		if !c.Compatible {
			verdict, s = "incompatible", red
		}
		line := printable(c.Of) + ": " + printable(c.What)
		if c.Why != "" {
			line += ": " + printable(c.Why)
		}
		fmt.Fprintf(out, "%s  %s\n", paint(s, fmt.Sprintf("%-12s", verdict)), line)
	}
	if len(changes) == 0 {
		fmt.Fprintln(out, "nothing changed that both sides must agree on")
	}
}
