package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/crossplug/crossplug/arch"

	"github.com/spf13/cobra"
)

func newInspectCommand() *cobra.Command {
	var asJSON, symbols bool
	cmd := &cobra.Command{
		Use:   "inspect FILE...",
		Short: "Say what plug-ins, libraries and programs are built for",
		Long: `inspect lists every image in the named files: the code for one architecture in
a file, of which some files hold several. It knows ELF, Mach-O (also fat), PE,
COFF, WebAssembly and PEF, and executes nothing. A directory is walked; what is
no image there is passed over, symbolic links are not followed.

Plug-in families are guessed by the names of exported symbols.

With --json the result is one object. Its "files" have "path", "images" and, if
something is wrong with the file, "error". An image has "architecture" (a short
name), "arch" (its parts), "format", "kind", "offset", "size", "name" (if it
has one), "needed", "exportedSymbols" (their number), "families" and, with
--symbols, "symbols". Later versions may add fields.

A file that is damaged or cannot be read is reported in one line. The exit
status is 1 if that happened to a file named on the command line.`,
		Example: `  crossplug inspect /usr/lib/ladspa/amp.so
  crossplug inspect --symbols plugin.bundle/Contents/MacOS/plugin
  crossplug inspect --json ~/plugins | jq -r '.files[].images[].architecture'`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			in := &inspector{cmd: cmd, symbols: symbols, files: []fileReport{}}
			for _, path := range args {
				if err := in.named(path); err != nil {
					return err
				}
			}
			if asJSON {
				err := printJSON(cmd.OutOrStdout(), map[string]any{"files": in.files})
				if err != nil {
					return err
				}
			} else {
				in.print()
			}
			if in.failed {
				return errReported
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&symbols, "symbols", false, "list the exported symbols too")
	return cmd
}

// fileReport and imageReport are the JSON schema, documented in the help.
type fileReport struct {
	Path   string        `json:"path"`
	Images []imageReport `json:"images"`
	Error  string        `json:"error,omitempty"`
}

type imageReport struct {
	Architecture string `json:"architecture"`
	arch.Image
	Name     string   `json:"name,omitempty"`
	Needed   []string `json:"needed"`
	Exported int      `json:"exportedSymbols"`
	Families []string `json:"families"`
	Symbols  []string `json:"symbols,omitempty"`
}

// inspector collects reports.
type inspector struct {
	cmd     *cobra.Command
	symbols bool
	files   []fileReport
	failed  bool // a named file could not be inspected
}

// named inspects a file or directory of the command line.
func (in *inspector) named(path string) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return in.walk(path)
	}
	err := in.file(path)
	if err != nil {
		in.report(err)
		in.failed = true
	}
	if isNoImage(err) {
		in.files = append(in.files, fileReport{path, []imageReport{}, err.Error()})
	}
	return nil
}

// isNoImage says whether err is only that a file holds no image at all.
func isNoImage(err error) bool {
	var nothing *arch.NotImageError
	return errors.As(err, &nothing)
}

// walk inspects the regular files below a directory. Opening anything else
// could wait for ever, and links could lead round in circles or to the same
// file under its many names.
func (in *inspector) walk(root string) error {
	bar := newProgress(in.cmd.ErrOrStderr(), -1, "Looking through "+printable(root))
	defer bar.Finish()
	// The separator makes a link to a directory the directory.
	return filepath.WalkDir(root+string(filepath.Separator), func(path string, d fs.DirEntry, err error) error {
		if in.cmd.Context().Err() != nil {
			return in.cmd.Context().Err()
		}
		var pathError *fs.PathError
		if errors.As(err, &pathError) { // a directory that cannot be read
			err = fmt.Errorf("%s: %w", filepath.Clean(path), pathError.Err)
		} else if err == nil && d.Type().IsRegular() {
			bar.Add(1)
			err = in.file(path)
		}
		if err != nil && !isNoImage(err) {
			bar.Clear()
			in.report(err)
			in.failed = in.failed || filepath.Clean(path) == filepath.Clean(root)
		}
		return nil
	})
}

// file adds what is found in a file, if that is something. The error says what
// is wrong with the file and begins with its path.
func (in *inspector) file(path string) error {
	f, err := arch.Open(path)
	if err != nil {
		if !isNoImage(err) {
			in.files = append(in.files, fileReport{path, []imageReport{}, err.Error()})
		}
		return err
	}
	defer f.Close()
	damage := f.Damage
	report := fileReport{Path: path}
	for _, img := range f.Images {
		d, err := f.Details(img)
		if err != nil {
			damage = errors.Join(damage, err)
			d = &arch.Details{}
		}
		r := imageReport{Architecture: img.Arch.String(), Image: img, Name: d.Name, Exported: len(d.Exports),
			Needed: append([]string{}, d.Needed...), Families: append([]string{}, d.Families...)}
		if in.symbols {
			r.Symbols = d.Exports
		}
		report.Images = append(report.Images, r)
	}
	if damage != nil {
		report.Error = oneLine(damage)
	}
	in.files = append(in.files, report)
	return damage
}

// report prints an error of a file in one line.
func (in *inspector) report(err error) { warn(in.cmd, "%s", oneLine(err)) }

// oneLine returns an error's text in one line, however many errors it joins.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

// print writes the table and, if asked for, the symbols.
func (in *inspector) print() {
	out := in.cmd.OutOrStdout()
	t := table{header: []string{"FILE", "ARCHITECTURE", "FORMAT", "KIND", "EXPORTS", "FAMILIES", "NEEDS"}, right: map[int]bool{4: true}}
	for _, f := range in.files {
		for _, img := range f.Images {
			t.addCells(cell{f.Path, plain}, cell{img.Architecture, green}, cell{string(img.Format), plain}, cell{string(img.Kind), plain},
				cell{strconv.Itoa(img.Exported), plain}, cell{strings.Join(img.Families, ", "), bold}, cell{strings.Join(img.Needed, " "), dim})
		}
	}
	if len(t.rows) > 0 {
		t.print(out)
	}
	if !in.symbols {
		return
	}
	for _, f := range in.files {
		for _, img := range f.Images {
			fmt.Fprintf(out, "\n%s, %s:\n", printable(f.Path), printable(img.Architecture))
			for _, s := range img.Symbols {
				fmt.Fprintln(out, "  "+printable(s))
			}
		}
	}
}
