package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/crossplug/crossplug/format/macfile"
	"github.com/crossplug/crossplug/format/resource"
	"github.com/crossplug/crossplug/hosts/dcmp"
	"github.com/crossplug/crossplug/inspect"

	"github.com/spf13/cobra"
)

func newDcmpCommand() *cobra.Command {
	var out string
	var force bool
	var systems []string
	cmd := &cobra.Command{
		Use:   "dcmp FILE... --out DIR",
		Short: "Expand compressed resources of classic Mac OS files",
		Long: `dcmp writes the compressed resources of files, expanded, to files below DIR, named as
"crossplug inspect --extract" names them.

A compressed resource names its decompressor, a 'dcmp' or 'ncmp' resource, which is 68K
or PowerPC code. It is looked for in the file itself, then in each --system: most are
in the System file of System 7 to Mac OS 9, none comes with crossplug. It runs in a
machine of its own, which it cannot leave.

A resource that cannot be expanded is reported in one line; the others are written. The
exit status is 1 then.`,
		Example: `  crossplug dcmp Game.bin --out expanded --system System.bin
  crossplug dcmp *.rsrc --out expanded --force`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			expand, err := expander(cmd.Context(), systems)
			if err != nil {
				return err
			}
			x, err := newExtractor(out, force)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, x.close()) }()
			x.only = func(p inspect.Piece) bool { return p.Expanded }
			failed := false
			report := func(problem string) {
				failed = true
				warn(cmd, "%s", problem)
			}
			for _, path := range args {
				x.from(filepath.Dir(path))
				f, err := inspect.Open(path, inspect.Options{Tree: true, Expand: expand})
				if err != nil {
					report(err.Error())
					continue
				}
				err = errors.Join(x.file(f, report), f.Close())
				if err != nil {
					return err
				}
				if cmd.Context().Err() != nil {
					return cmd.Context().Err()
				}
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "%d resources expanded\n", x.written)
			if failed {
				return errReported
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "write to files below `DIR`")
	cmd.Flags().BoolVar(&force, "force", false, "replace files")
	cmd.Flags().StringArrayVar(&systems, "system", nil, "take decompressors from the System `FILE` too (repeatable)")
	_ = cmd.MarkFlagRequired("out")
	_ = cmd.MarkFlagDirname("out")
	return cmd
}

// expander returns what expands the compressed resources of a file: decompressors of
// its own fork, then of the files named.
func expander(ctx context.Context, systems []string) (func(*resource.Fork, *resource.Resource) ([]byte, error), error) {
	var forks []*resource.Fork
	for _, path := range systems {
		f, err := macfile.Open(path)
		if err != nil {
			return nil, err
		}
		fork, err := resource.Read(f.Resource, f.Resource.Size())
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		forks = append(forks, fork)
	}
	return func(own *resource.Fork, r *resource.Resource) ([]byte, error) {
		return dcmp.New(dcmp.Options{}, append([]*resource.Fork{own}, forks...)...).Expand(ctx, r)
	}, nil
}
