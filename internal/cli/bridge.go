package cli

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/crossplug/crossplug/bridge"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
)

func newBridgeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bridge",
		Short: "Let any LADSPA host use plug-ins of other architectures",
		Long: `These commands write small native plug-in files, each of which stands for a
LADSPA file built for another architecture. Programs that know nothing of
crossplug — sox, ffmpeg, ecasound, whatever looks for LADSPA plug-ins — load
them as any other, and the foreign plug-ins run in processes of their own. One
that crashes gives silence from then on, and the program goes on.

FILE.so for s390x becomes FILE-s390x.so. The plug-ins in it have "_s390x" added
to their labels, " (s390x)" to their names, and unique ids above 8388608, so that
programs and projects do not take them for the native ones.

The files are in ~/.ladspa unless --dir says otherwise. Most programs look there
only if the variable LADSPA_PATH tells them to:

  export LADSPA_PATH=$HOME/.ladspa:/usr/local/lib/ladspa:/usr/lib/ladspa`,
		Example: `  crossplug bridge add ~/old-machine/usr/lib/ladspa
  crossplug bridge list
  crossplug bridge sync
  crossplug bridge remove valve_1209-i386
  sox in.wav out.wav ladspa -r valve_1209-i386 valve_i386 0.5 0.5`,
	}
	cmd.AddCommand(newBridgeAddCommand(), newBridgeListCommand(), newBridgeRemoveCommand(), newBridgeSyncCommand())
	return cmd
}

func addBridgeDirFlag(cmd *cobra.Command, o *bridge.Options) {
	cmd.Flags().StringVar(&o.Dir, "dir", "", "use the folder `DIR` instead of ~/.ladspa")
	_ = cmd.MarkFlagDirname("dir")
}

// bridgeJSON is said in the help of each command that has results.
const bridgeJSON = `With --json the result is one object. Its "results" have "path" (the plug-in
file), "shim" (the file that stands for it), "action" (added, refreshed,
removed, kept or failed) and, if it failed, "error".`

func newBridgeAddCommand() *cobra.Command {
	var o bridge.Options
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "add FILE|DIR...",
		Short: "Bridge plug-in files, or all in a folder",
		Long: `Bridge LADSPA files, and of folders all LADSPA files in them that are not for
this machine's own architecture. "crossplug bridge sync" looks through the
folders again.

Each file is loaded once, in a process of its own, to learn what is in it. One
that crashes or hangs meanwhile is reported and left out; the exit status is
then 1. Files that crossplug did not write are never replaced.

Each file that a program uses gets a process of its own in it. With --group all
files of the group that are for one architecture share a process: they take less
memory, and crash together.

` + bridgeJSON,
		Example: `  crossplug bridge add ~/old-machine/usr/lib/ladspa
  crossplug bridge add --group studio sc4_1882.so gverb_1216.so
  crossplug bridge add --dir ./plugins amp.so`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			defer bridgeProgress(cmd, &o)()
			results, err := bridge.Add(cmd.Context(), o, args...)
			if err != nil {
				return err
			}
			if len(results) == 0 && !asJSON {
				warn(cmd, "%s: no LADSPA files for other architectures; name a file to bridge it all the same", strings.Join(args, ", "))
			}
			return reportBridges(cmd, results, asJSON)
		},
	}
	addBridgeDirFlag(cmd, &o)
	cmd.Flags().StringVar(&o.Group, "group", "", "let these files share a process with others of the group `NAME`")
	_ = cmd.RegisterFlagCompletionFunc("group", func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return completeBridges(o, func(b bridge.Bridge) string { return b.Group })
	})
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	addPreferFlag(cmd, &o.Prefer)
	return cmd
}

// completeBridges offers what there is of a property of bridged files.
func completeBridges(o bridge.Options, property func(bridge.Bridge) string) ([]cobra.Completion, cobra.ShellCompDirective) {
	bridges, err := bridge.List(o)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var found []cobra.Completion
	for _, b := range bridges {
		if v := property(b); v != "" {
			found = append(found, v)
		}
	}
	slices.Sort(found)
	return slices.Compact(found), cobra.ShellCompDirectiveNoFileComp
}

// bridgeProgress shows a bar while plug-ins are described, until done is called.
func bridgeProgress(cmd *cobra.Command, o *bridge.Options) (done func()) {
	var bar *progressbar.ProgressBar
	o.Progress = func(n, total int, path string) {
		if bar == nil {
			bar = newProgress(cmd.ErrOrStderr(), int64(total), "Looking into plug-ins")
		}
		_ = bar.Set(n)
	}
	return func() {
		if bar != nil {
			_ = bar.Finish()
		}
	}
}

// bridgeResult is the JSON schema of what was done about a file.
type bridgeResult struct {
	Path   string        `json:"path"`
	Shim   string        `json:"shim,omitempty"`
	Action bridge.Action `json:"action"`
	Error  string        `json:"error,omitempty"`
}

// reportBridges prints what was done, and each failure on standard error.
func reportBridges(cmd *cobra.Command, results []bridge.Result, asJSON bool) error {
	infos := []bridgeResult{}
	counts := map[bridge.Action]int{}
	for _, r := range results {
		info := bridgeResult{Path: r.Path, Shim: r.Shim, Action: r.Action}
		counts[r.Action]++
		if r.Err != nil {
			info.Error = r.Err.Error()
			warn(cmd, "%v", r.Err)
		} else if !asJSON && r.Action != bridge.Kept {
			fmt.Fprintf(cmd.OutOrStdout(), "%s %s\n", r.Action, printable(r.Shim))
		}
		infos = append(infos, info)
	}
	if asJSON {
		if err := printJSON(cmd.OutOrStdout(), map[string]any{"results": infos}); err != nil {
			return err
		}
	}
	if counts[bridge.Failed] > 0 {
		return errReported
	}
	return nil
}

// bridgeInfo is the JSON schema of "bridge list".
type bridgeInfo struct {
	Shim         string         `json:"shim"`
	Path         string         `json:"path,omitempty"`
	Architecture string         `json:"architecture,omitempty"`
	Group        string         `json:"group,omitempty"`
	Run          string         `json:"run,omitempty"`
	State        bridge.State   `json:"state"`
	Plugins      []bridgePlugin `json:"plugins"`
}

type bridgePlugin struct {
	Label string `json:"label"`
	Name  string `json:"name"`
	ID    uint32 `json:"id"`
}

func newBridgeListCommand() *cobra.Command {
	var o bridge.Options
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the bridged plug-ins",
		Long: `List the bridged files, what they stand for and whether they still fit.
What is not "current" is put right by "crossplug bridge sync".

With --json the result is one object. Its "bridges" have "shim", "path" (the
plug-in file), "architecture", "group", "run" (the program that runs it, if one
does), "state" (current, changed, gone, outdated or damaged) and "plugins" with
"label", "name" and "id", as hosts see them.`,
		Example: `  crossplug bridge list
  crossplug bridge list --json | jq -r '.bridges[].plugins[].label'`,
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			bridges, err := bridge.List(o)
			if err != nil {
				return err
			}
			infos := []bridgeInfo{}
			t := table{header: []string{"SHIM", "STATE", "PLUG-INS", "GROUP", "STANDS FOR"}, right: map[int]bool{2: true}}
			for _, b := range bridges {
				info := bridgeInfo{b.Shim, b.Path, b.Arch, b.Group, b.Run, b.State, []bridgePlugin{}}
				for _, p := range b.Plugins {
					info.Plugins = append(info.Plugins, bridgePlugin(p))
				}
				infos = append(infos, info)
				state := plain
				if b.State != bridge.Current {
					state = yellow
				}
				t.addCells(cell{b.Shim, plain}, cell{string(b.State), state}, cell{strconv.Itoa(len(b.Plugins)), plain}, cell{b.Group, plain}, cell{b.Path, plain})
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), map[string]any{"bridges": infos})
			}
			t.print(cmd.OutOrStdout())
			return nil
		},
	}
	addBridgeDirFlag(cmd, &o)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func newBridgeRemoveCommand() *cobra.Command {
	var o bridge.Options
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "remove NAME...",
		Short: "Remove bridged plug-ins",
		Long: `Remove what stands for a plug-in file, not the file itself. A NAME is that of
the shim ("amp-s390x" or its path) or the path of the plug-in file. Programs that
use it at the moment go on. What was added with its folder comes back with the
next "crossplug bridge sync" as long as it is there.

` + bridgeJSON,
		Example: `  crossplug bridge remove amp-s390x sc4_1882-i386`,
		Args:    cobra.MinimumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return completeBridges(o, func(b bridge.Bridge) string { return strings.TrimSuffix(filepath.Base(b.Shim), ".so") })
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			results, err := bridge.Remove(cmd.Context(), o, args...)
			if err != nil {
				return err
			}
			return reportBridges(cmd, results, asJSON)
		},
	}
	addBridgeDirFlag(cmd, &o)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func newBridgeSyncCommand() *cobra.Command {
	var o bridge.Options
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "sync",
		Short: "Bring the bridged plug-ins up to date",
		Long: `Bridge what is new in the folders that "crossplug bridge add" was given, remove
what stands for files that are gone, and make anew what does not fit any more:
because the plug-in file was replaced, or crossplug or an emulator was. Run it
after an update of the system.

` + bridgeJSON,
		Example:           `  crossplug bridge sync`,
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			defer bridgeProgress(cmd, &o)()
			results, err := bridge.Sync(cmd.Context(), o)
			if err != nil {
				return err
			}
			return reportBridges(cmd, results, asJSON)
		},
	}
	addBridgeDirFlag(cmd, &o)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
