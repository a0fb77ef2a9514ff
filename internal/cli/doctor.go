package cli

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/crossplug/crossplug/abi"
	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/helper"
	"github.com/crossplug/crossplug/helper/sysroot"

	"github.com/spf13/cobra"
)

func newDoctorCommand() *cobra.Command {
	var asJSON bool
	var prefer []string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say what can be run here, how, and what is missing",
		Long: `doctor looks, for each architecture, for a way to run its code on this machine,
starts a helper host that way, and measures how long that takes and how long a
call of an empty function there and back. Where something is missing it says
what to install.

The ways have names, which --prefer takes here and in other commands:
` + strategyHelp() + `
With --json the result is one object. Its "architectures" have "architecture",
"usable", "strategy", "command", "libraries" (the tree they are from, "/" being
the system's), "startMilliseconds", "callMicroseconds", "error" (why a way that
looked usable did not start), and "ways": all that were considered, with
"strategy", "missing" and "hint".

The exit status is 0 if the machine's own architecture works.`,
		Example: `  crossplug doctor
  crossplug doctor --prefer qemu`,
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			var found []diagnosis
			own := false
			for _, t := range sysroot.Targets() {
				d, err := diagnose(cmd.Context(), t.Arch, prefer)
				if err != nil {
					return err
				}
				if cmd.Context().Err() != nil {
					return fmt.Errorf("interrupted")
				}
				found = append(found, d)
				own = own || t.Arch == arch.Host() && d.Usable
			}
			if asJSON {
				if err := printJSON(cmd.OutOrStdout(), map[string]any{"architectures": found}); err != nil {
					return err
				}
			} else {
				printDiagnoses(cmd, found)
			}
			if !own {
				return fmt.Errorf("plug-ins of this machine's own architecture, %v, cannot be run", arch.Host())
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	addPreferFlag(cmd, &prefer)
	return cmd
}

// strategyHelp lists the strategies: one line each.
func strategyHelp() string {
	var names []string
	var b strings.Builder
	for _, s := range helper.Strategies() {
		if slices.Contains(names, s.Name) {
			continue
		}
		names = append(names, s.Name)
		what := "by the processor itself"
		switch {
		case s.Package != "":
			what = "by an emulator, from the Debian package " + s.Package
		case s.Guest != s.Host:
			what = fmt.Sprintf("%v code by the processor itself, with libraries of its own", s.Guest)
		}
		fmt.Fprintf(&b, "  %-8s %s\n", s.Name, what)
	}
	return b.String()
}

// diagnosis and wayInfo are the JSON schema, documented in the help.
type diagnosis struct {
	Architecture string    `json:"architecture"`
	Usable       bool      `json:"usable"`
	Strategy     string    `json:"strategy,omitempty"`
	Command      []string  `json:"command,omitempty"`
	Libraries    string    `json:"libraries,omitempty"`
	StartMS      float64   `json:"startMilliseconds,omitempty"`
	CallUS       float64   `json:"callMicroseconds,omitempty"`
	Error        string    `json:"error,omitempty"`
	Ways         []wayInfo `json:"ways"`

	run  string // the strategy and its program
	hint string // what to do if it is not usable
}

type wayInfo struct {
	Strategy string `json:"strategy"`
	Missing  string `json:"missing,omitempty"`
	Hint     string `json:"hint,omitempty"`
}

// diagnose finds out about one architecture. That it cannot be run is no error.
func diagnose(ctx context.Context, a arch.Arch, prefer []string) (diagnosis, error) {
	d := diagnosis{Architecture: a.String(), Ways: []wayInfo{}}
	ways, err := helper.Ways(a, prefer, sysroot.Store{})
	if err != nil {
		return d, err
	}
	for _, w := range ways {
		d.Ways = append(d.Ways, wayInfo{w.Launch.Strategy, w.Missing, w.Hint})
		if w.Missing == "" && d.Strategy == "" {
			d.Strategy, d.Command, d.run = w.Launch.Strategy, w.Launch.Command, w.Launch.String()
			d.Libraries = w.Launch.Tree.Root
			if d.Libraries == "" {
				d.Libraries = "/"
			}
		}
		if w.Missing != "" && d.hint == "" {
			d.Error, d.hint = w.Missing, w.Hint
		}
	}
	if d.Strategy == "" {
		return d, nil
	}
	d.Error, d.hint = "", ""
	start, call, err := tryHelper(ctx, a, helper.Options{Prefer: prefer})
	if err != nil {
		d.Error = oneLine(err)
		return d, nil
	}
	d.Usable = true
	d.StartMS, d.CallUS = float64(start)/float64(time.Millisecond), float64(call)/float64(time.Microsecond)
	return d, nil
}

// tryHelper starts a helper host, calls into it, and returns how long the start
// and one call took.
func tryHelper(ctx context.Context, a arch.Arch, opt helper.Options) (start, call time.Duration, err error) {
	began := time.Now()
	p, err := helper.Start(ctx, a, opt)
	if err != nil {
		return 0, 0, err
	}
	defer p.Close()
	start = time.Since(began)
	// A function that every C library has and that does next to nothing.
	address, err := p.Lookup(ctx, 0, "abs")
	if err != nil {
		return 0, 0, err
	}
	lane, err := p.NewLane(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer lane.Close()
	if err := lane.Pin(ctx); err != nil {
		return 0, 0, err
	}
	defer lane.Unpin()
	var b abi.Batch
	if err := b.Add(abi.Procedure{Address: address, Name: "abs", Type: abi.MustParse("i32 (i32)")}, math.MaxUint64); err != nil {
		return 0, 0, err
	}
	const calls = 500
	var took []time.Duration
	for range calls {
		began := time.Now()
		if err := lane.Run(ctx, &b); err != nil {
			return 0, 0, err
		}
		took = append(took, time.Since(began))
		if b.Results[0] != 1 {
			return 0, 0, fmt.Errorf("abs(-1) gave %d", b.Results[0])
		}
	}
	slices.Sort(took)
	return start, took[calls/2], nil
}

func printDiagnoses(cmd *cobra.Command, found []diagnosis) {
	t := table{header: []string{"ARCHITECTURE", "", "HOW", "LIBRARIES", "START", "CALL"}, right: map[int]bool{4: true, 5: true}}
	for _, d := range found {
		name := cell{d.Architecture, bold}
		if d.Usable {
			t.addCells(name, cell{"ok", green}, cell{d.run, plain}, cell{d.Libraries, plain},
				cell{fmt.Sprintf("%.1f ms", d.StartMS), plain}, cell{fmt.Sprintf("%.1f µs", d.CallUS), plain})
		} else {
			t.addCells(name, cell{"missing", yellow})
		}
	}
	out := cmd.OutOrStdout()
	t.print(out)
	for _, d := range found {
		if d.Usable {
			continue
		}
		fmt.Fprintf(out, "\n%s: %s\n", d.Architecture, printable(d.Error))
		if d.hint != "" {
			fmt.Fprintf(out, "  to change that, %s\n", printable(d.hint))
		}
	}
}
