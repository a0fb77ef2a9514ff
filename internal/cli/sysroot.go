package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/fault"
	"github.com/crossplug/crossplug/helper/sysroot"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
)

func newSysrootCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sysroot",
		Short: "Manage the libraries of other architectures",
		Long: `A plug-in for another architecture needs that architecture's C library and
whatever else it is linked with. On Debian and systems derived from it, these
commands fetch them from the distribution's own archive into a directory of
yours. Neither the system's list of packages nor its settings change, and no
privileges are needed.

The trees are in $` + sysroot.DirEnv + `, by default
$XDG_DATA_HOME/crossplug/sysroots or ~/.local/share/crossplug/sysroots. Where
the system's package manager has installed an architecture's libraries itself,
those are used if there is no tree.`,
	}
	cmd.AddCommand(newSysrootAddCommand(), newSysrootListCommand(), newSysrootRemoveCommand(), newSysrootPathCommand())
	return cmd
}

func newSysrootAddCommand() *cobra.Command {
	var opts sysroot.Options
	cmd := &cobra.Command{
		Use:   "add ARCH [PACKAGE...]",
		Short: "Fetch an architecture's C and C++ libraries and packages",
		Long: `Fetch libc6, libgcc-s1, libstdc++6, the packages named and all that they
depend on, for one architecture. Packages of earlier calls stay. If nothing is
missing, nothing happens; to get newer versions, remove the tree and add it again.

An interrupted call goes on where it stopped when it is repeated. Until the new
tree is complete the old one stays in use.`,
		Example: `  crossplug sysroot add s390x
  crossplug sysroot add i386 swh-plugins cmt
  crossplug sysroot add arm64 --mirror file:///srv/debian --suite stable`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completeArch(1, func(sysroot.Target) bool { return true }),
		RunE: func(cmd *cobra.Command, args []string) error {
			a, store, err := archAndStore(args[0])
			if err != nil {
				return err
			}
			if opts.Keyring != "" { // apt takes absolute paths only, and passes over what is not there
				if opts.Keyring, err = filepath.Abs(opts.Keyring); err != nil {
					return err
				}
				if _, err := os.Stat(opts.Keyring); err != nil {
					return fmt.Errorf("--keyring: %w", err)
				}
			}
			progress := &sysrootProgress{w: cmd.ErrOrStderr(), arch: args[0]}
			opts.Progress = progress.report
			tree, err := store.Add(cmd.Context(), a, args[1:], opts)
			progress.end()
			if err != nil {
				return err
			}
			m, err := tree.Manifest()
			if err != nil {
				return err
			}
			for _, link := range m.Dropped {
				warn(cmd, "%s: left out the link %s, which leads out of the tree", args[0], link)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %d packages in %s\n", args[0], len(m.Packages), printable(tree.Root))
			return nil
		},
	}
	cmd.Flags().StringVar(&opts.Mirror, "mirror", "", "take packages from the archive at `URL` instead of the system's")
	cmd.Flags().StringVar(&opts.Suite, "suite", "", "take packages from the suite `NAME` instead of the system's")
	cmd.Flags().StringVar(&opts.Keyring, "keyring", "", "trust the keys in `FILE` instead of the system's")
	return cmd
}

// treeInfo is what "sysroot list --json" tells of a tree.
type treeInfo struct {
	Arch        string         `json:"arch"`
	Source      sysroot.Source `json:"source"`
	Root        string         `json:"root"`
	Loader      string         `json:"loader"` // inside the root
	LibraryDirs []string       `json:"libraryDirs"`
	Suite       string         `json:"suite,omitempty"`
	Requested   []string       `json:"requested,omitempty"`
	Packages    []packageInfo  `json:"packages,omitempty"`
}

type packageInfo struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

func newSysrootListCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the architectures whose libraries are there",
		Example: `  crossplug sysroot list
  crossplug sysroot list --json`,
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			store, err := sysroot.Default()
			if err != nil {
				return err
			}
			infos := []treeInfo{} // not null in JSON
			for _, t := range sysroot.Targets() {
				tree, err := store.Lookup(t.Arch)
				if errors.Is(err, fault.ErrNoRuntime) {
					continue
				}
				if err != nil {
					return err
				}
				info := treeInfo{Arch: t.Debian, Source: tree.Source, Root: tree.Root, Loader: tree.Loader, LibraryDirs: tree.LibraryDirs}
				if tree.Source == sysroot.Own {
					m, err := tree.Manifest()
					if err != nil {
						return err
					}
					info.Suite, info.Requested = m.Suite, m.Requested
					for _, p := range m.Packages {
						info.Packages = append(info.Packages, packageInfo{p.Name, p.Version})
					}
				}
				infos = append(infos, info)
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), infos)
			}
			tab := table{header: []string{"ARCH", "MADE BY", "SUITE", "TREE", "PACKAGES ASKED FOR"}}
			for _, i := range infos {
				tab.add(i.Arch, string(i.Source), i.Suite, i.Root, strings.Join(i.Requested, " "))
			}
			tab.print(cmd.OutOrStdout())
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, with all packages and their versions")
	return cmd
}

func newSysrootRemoveCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "remove ARCH",
		Short:             "Delete an architecture's tree and what was downloaded for it",
		Example:           `  crossplug sysroot remove s390x`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeArch(1, hasTree(sysroot.Own)),
		RunE: func(cmd *cobra.Command, args []string) error {
			a, store, err := archAndStore(args[0])
			if err != nil {
				return err
			}
			return store.Remove(cmd.Context(), a)
		},
	}
}

func newSysrootPathCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "path ARCH",
		Short: "Print the root directory of an architecture's libraries",
		Example: `  crossplug sysroot path s390x
  ls "$(crossplug sysroot path s390x)/usr/lib/ladspa"`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeArch(1, hasTree(sysroot.Own, sysroot.System)),
		RunE: func(cmd *cobra.Command, args []string) error {
			a, store, err := archAndStore(args[0])
			if err != nil {
				return err
			}
			tree, err := store.Lookup(a)
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), tree.Root) // as it is: for scripts
			return nil
		},
	}
}

// archAndStore returns the architecture of a name, for which there can be a
// tree, and the user's store.
func archAndStore(name string) (arch.Arch, sysroot.Store, error) {
	a, err := arch.Parse(name)
	if err == nil {
		_, err = sysroot.TargetOf(a)
	}
	if err != nil {
		return arch.Arch{}, sysroot.Store{}, usageError{err}
	}
	store, err := sysroot.Default()
	return a, store, err
}

// completeArch completes the first n arguments to names of architectures that
// fit.
func completeArch(n int, fits func(sysroot.Target) bool) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		var names []cobra.Completion
		for _, t := range sysroot.Targets() {
			if len(args) < n && !slices.Contains(args, t.Debian) && fits(t) {
				names = append(names, t.Debian)
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

// hasTree returns a function that says whether there is a tree of one of some
// sources for an architecture.
func hasTree(sources ...sysroot.Source) func(sysroot.Target) bool {
	return func(t sysroot.Target) bool {
		tree, err := sysroot.Lookup(t.Arch)
		return err == nil && slices.Contains(sources, tree.Source)
	}
}

// sysrootProgress shows how far "sysroot add" has come: a bar on a terminal,
// elsewhere one line per stage.
type sysrootProgress struct {
	w     io.Writer
	arch  string
	stage sysroot.Stage
	bar   *progressbar.ProgressBar
}

func (p *sysrootProgress) report(now sysroot.Progress) {
	if now.Stage != p.stage {
		p.end()
		p.stage = now.Stage
		what := p.arch + ": "
		switch now.Stage {
		case sysroot.Waiting:
			what += "waiting for another process that changes the tree"
		case sysroot.Indexing:
			what += "fetching the list of packages"
		case sysroot.Downloading:
			what += fmt.Sprintf("downloading %.1f MB for %d packages", float64(now.Bytes)/1e6, now.Packages)
		case sysroot.Unpacking:
			what += fmt.Sprintf("unpacking %d packages", now.Packages)
		}
		if isTerminal(p.w) {
			p.bar = newProgress(p.w, 100, what)
		} else {
			fmt.Fprintln(p.w, what)
		}
	}
	if p.bar != nil {
		p.bar.Set(int(now.Done * 100))
	}
}

// end clears the bar.
func (p *sysrootProgress) end() {
	if p.bar != nil {
		p.bar.Finish()
		p.bar = nil
	}
}
