package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/format/macfile"
	"github.com/crossplug/crossplug/format/resource"
	"github.com/crossplug/crossplug/inspect"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
)

func newInspectCommand() *cobra.Command {
	in := &inspector{}
	cmd := &cobra.Command{
		Use:   "inspect FILE...",
		Short: "Say what plug-ins, libraries and programs are built for",
		Long: `inspect lists every image in the named files: the code for one architecture in
a file, of which some files hold several. It knows ELF, Mach-O (also fat), PE,
COFF, WebAssembly and PEF, and executes nothing. A directory is walked; what is
no image there is passed over, and so are file systems that hold no files, such
as /proc. Symbolic links are not followed.

Of files of the classic Mac OS it looks into both forks, whatever carried them:
MacBinary, BinHex, AppleSingle, AppleDouble (._NAME), a resource fork in a file
of its own. It finds code in resources: 68K code, PEF containers, both behind a
routine descriptor, and the segments of an application.

Plug-in families are guessed by the names of exported symbols, and by the types
of resources.

--tree shows more: forks, resources, and of PEF containers the sections, what
they import and export, with versions and what may be missing. What --relocations,
--hash, --strings and --resources add belongs to the tree.

--disassemble lists code of PowerPC and 68K in PEF containers and resources. It
takes the name of a symbol (exported, or of a traceback table), the number or
name of a section, or "all". --resources chooses the resources to look in; those
of which nothing says that they are code are then listed as 68K code all the same.

--extract writes the forks, resources, images and sections of each file to files
below DIR, in a folder of the file's own name. Nothing is replaced without
--force. File names are made safe: what is no letter or digit is written %XX. With
--decompress, compressed resources are expanded by their decompressors, which run in
a machine of their own and are looked for as "crossplug dcmp" says.

With --json the result is one object, which docs/inspect.md describes.

A file that is damaged or cannot be read is reported in one line; what can be
read of it is shown all the same. The exit status is 1 if that happened to a file
named on the command line.`,
		Example: `  crossplug inspect /usr/lib/ladspa/amp.so
  crossplug inspect --symbols plugin.bundle/Contents/MacOS/plugin
  crossplug inspect --tree --relocations Sorter.bin
  crossplug inspect --disassemble main Sorter.bin
  crossplug inspect --disassemble all --resources XTRA,128 Tool.bin
  crossplug inspect --resources vers,1 old.sit-contents/*.hqx
  crossplug inspect --extract parts Sorter.bin
  crossplug inspect --json ~/plugins | jq -r '.files[].images[].architecture'`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			in.cmd, in.out = cmd, newBuffered(cmd.OutOrStdout())
			return in.run(args)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&in.json, "json", false, "print JSON")
	f.BoolVar(&in.options.Symbols, "symbols", false, "list the exported symbols too")
	f.BoolVar(&in.options.Tree, "tree", false, "show all that is in each file")
	f.BoolVar(&in.options.Relocations, "relocations", false, "show what relocating does, step by step")
	f.BoolVar(&in.options.Hash, "hash", false, "show export hash tables")
	f.BoolVar(&in.options.Strings, "strings", false, "show loader string tables, and texts in data")
	f.StringVar(&in.choice, "resources", "", "show the resources of a `TYPE[,ID]` only, with their contents")
	f.StringVar(&in.disassemble, "disassemble", "", "list the code of a `SYMBOL|SECTION`, or all")
	f.StringVar(&in.extractTo, "extract", "", "write the parts of each file to files below `DIR`")
	f.BoolVar(&in.force, "force", false, "let --extract replace files")
	f.BoolVar(&in.decompress, "decompress", false, "let --extract run decompressors, and write what they expand")
	f.StringArrayVar(&in.systems, "system", nil, "take decompressors from the System `FILE` too (repeatable)")
	completeInspect(cmd)
	return cmd
}

// inspector looks into files one after the other and shows what it finds.
type inspector struct {
	cmd         *cobra.Command
	out         *buffered
	options     inspect.Options
	json        bool
	choice      string // of resources
	disassemble string
	extractTo   string
	force       bool
	decompress  bool
	systems     []string

	chosen  *resourceChoice
	extract *extractor
	summary table
	symbols []symbolList
	entries int // of JSON, so far
	bar     *progressbar.ProgressBar
	failed  bool // a named file is damaged
}

// fileReport is a file in JSON. See docs/inspect.schema.json.
type fileReport struct {
	*inspect.File
	Disassembly []listing `json:"disassembly,omitempty"`
	Error       string    `json:"error,omitempty"`
}

// symbolList is the exported symbols of an image.
type symbolList struct {
	title string
	image *inspect.Image
}

func (in *inspector) run(args []string) (err error) {
	if in.choice != "" {
		if in.chosen, err = parseResourceChoice(in.choice); err != nil {
			return err
		}
		in.options.Contents = in.chosen.has
	}
	if in.force && in.extractTo == "" {
		return usagef("--force is for --extract")
	}
	switch {
	case in.decompress && in.extractTo == "":
		return usagef("--decompress is for --extract")
	case len(in.systems) > 0 && !in.decompress:
		return usagef("--system is for --decompress")
	case in.decompress:
		if in.options.Expand, err = expander(in.cmd.Context(), in.systems); err != nil {
			return err
		}
	}
	o := &in.options
	shown := o.Tree || o.Relocations || o.Hash || o.Strings || in.chosen != nil && in.disassemble == ""
	o.Tree = shown || in.extractTo != "" || in.disassemble != ""
	if in.extractTo != "" {
		if in.extract, err = newExtractor(in.extractTo, in.force); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, in.extract.close()) }()
	}
	var show func(*inspect.File) error
	switch {
	case in.json:
		show = in.showJSON
	case in.disassemble != "" && !shown:
		show = in.showCode
	case shown:
		show = in.showTree
	case in.extractTo != "":
		show = func(*inspect.File) error { return nil }
	default:
		show = in.summarise
	}
	for _, path := range args {
		if err := in.named(path, show); err != nil {
			return err
		}
	}
	in.finish()
	if err := in.out.Flush(); err != nil {
		return err
	}
	if in.failed {
		return errReported
	}
	return nil
}

// finish writes what waits for the last file.
func (in *inspector) finish() {
	out := in.out
	if in.json {
		if in.entries == 0 {
			fmt.Fprint(out, "{\n  \"files\": [")
		} else {
			fmt.Fprint(out, "\n  ")
		}
		fmt.Fprint(out, "]\n}\n")
		return
	}
	in.printSummary()
}

// named inspects a file or directory of the command line.
func (in *inspector) named(path string, show func(*inspect.File) error) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return in.walk(path, show)
	}
	in.extract.from(filepath.Dir(path))
	in.options.Alone = false
	sound, err := in.file(path, "", show)
	in.failed = in.failed || !sound
	return err
}

// isNoImage says whether err is only that a file holds no image at all.
func isNoImage(err error) bool {
	var nothing *arch.NotImageError
	return errors.As(err, &nothing)
}

// file inspects one file, and says whether nothing is wrong with it. If a walk
// through the directory top came to it, having no code is not wrong, but no
// reason to show it either. The error is one that ends the command.
func (in *inspector) file(path, top string, show func(*inspect.File) error) (sound bool, err error) {
	named := top == ""
	f, err := inspect.Open(path, in.options)
	if err != nil {
		if named || !isNoImage(err) {
			in.report(err.Error())
			if in.json {
				return false, in.writeJSON(fileReport{File: &inspect.File{Path: path, Images: []*inspect.Image{}}, Error: oneLine(err)})
			}
		}
		return false, nil
	}
	defer f.Close()
	if !named && isBelow(f.Path, top) && absolute(f.Path) != absolute(path) {
		return true, nil // a companion, such as ._NAME; the walk comes to its file as well
	}
	if len(f.Images) == 0 && !in.options.Tree && named && len(f.Problems) == 0 {
		in.report(fmt.Sprintf("%s: holds no code: it is %s", path, withoutCode(f)))
		return false, nil
	}
	switch n := len(f.Problems); {
	case n == 1:
		in.report(f.Problems[0])
	case n > 1:
		in.report(fmt.Sprintf("%s; and %d more (--tree shows them)", f.Problems[0], n-1))
	}
	sound = len(f.Problems) == 0
	if in.extract != nil {
		before := in.extract.written
		if err := in.extract.file(f, in.report); err != nil {
			return false, err
		}
		if named && in.extract.written == before {
			in.report(path + ": it has no parts, nothing was extracted")
			sound = false
		}
	}
	return sound, cmp.Or(show(f), in.out.Flush())
}

// withoutCode says what a file without code is, as a noun.
func withoutCode(f *inspect.File) string {
	switch {
	case f.Mac == nil:
		return "something else"
	case f.Mac.Archive != "":
		return "of the kind " + f.Mac.Archive + "; unpack it first"
	}
	return fmt.Sprintf("a Mac file with %d bytes of data and %d of resources", f.Mac.DataSize, f.Mac.ResourceSize)
}

// report prints what is wrong with a file in one line.
func (in *inspector) report(problem string) {
	if in.bar != nil {
		in.bar.Clear()
	}
	warn(in.cmd, "%s", strings.ReplaceAll(problem, "\n", "; "))
}

// showJSON writes a file as an element of the result.
func (in *inspector) showJSON(f *inspect.File) error {
	if in.chosen != nil {
		f.Resources = in.chosen.filter(f.Resources)
	}
	return in.writeJSON(fileReport{File: f, Disassembly: in.listings(f)})
}

// writeJSON writes one element, so that a long list takes no memory.
func (in *inspector) writeJSON(r fileReport) error {
	before := ",\n    "
	if in.entries == 0 {
		before = "{\n  \"files\": [\n    "
	}
	in.entries++
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("    ", "  ")
	if err := e.Encode(r); err != nil {
		return err
	}
	_, err := fmt.Fprint(in.out, before, strings.TrimSuffix(b.String(), "\n"))
	return err
}

// resourceChoice is what --resources chooses.
type resourceChoice struct {
	typ   resource.OSType
	id    int16
	anyID bool
}

// parseResourceChoice parses TYPE[,ID]. A short type is filled up with blanks,
// as 'snd ' is.
func parseResourceChoice(s string) (*resourceChoice, error) {
	typ, id, hasID := s, "", false
	if i := strings.LastIndexByte(s, ','); i > 0 {
		typ, id, hasID = s[:i], s[i+1:], true
	}
	c := &resourceChoice{anyID: !hasID}
	var err error
	if c.typ, err = resource.ParseOSType(fmt.Sprintf("%-4s", typ)); err != nil {
		return nil, usagef("--resources %q: %w", s, err)
	}
	if hasID {
		n, err := strconv.ParseInt(id, 10, 16)
		if err != nil {
			return nil, usagef("--resources %q: %q is no number of a resource, which is from -32768 to 32767", s, id)
		}
		c.id = int16(n)
	}
	return c, nil
}

func (c *resourceChoice) has(t resource.OSType, id int16) bool {
	return t == c.typ && (c.anyID || id == c.id)
}

// filter returns those of the resources that are chosen.
func (c *resourceChoice) filter(all []*inspect.Resource) []*inspect.Resource {
	var some []*inspect.Resource
	for _, r := range all {
		if c.has(r.Type, r.ID) {
			some = append(some, r)
		}
	}
	return some
}

// walk inspects the regular files below a directory. Opening anything else
// could wait for ever, and links could lead round in circles or to the same
// file under its many names.
func (in *inspector) walk(root string, show func(*inspect.File) error) error {
	in.bar = newProgress(in.cmd.ErrOrStderr(), -1, "Looking through "+printable(root))
	defer func() {
		in.bar.Finish()
		in.bar = nil
	}()
	in.extract.from(filepath.Dir(filepath.Clean(root)))
	top := filepath.Clean(root)
	alone, dir := false, "" // of dir, if macfile.Alone
	// The separator makes a link to a directory the directory.
	return filepath.WalkDir(root+string(filepath.Separator), func(path string, d fs.DirEntry, err error) error {
		if in.cmd.Context().Err() != nil {
			return in.cmd.Context().Err()
		}
		path = filepath.Clean(path)
		var pathError *fs.PathError
		switch {
		case errors.As(err, &pathError): // a directory that cannot be read
			in.report(fmt.Sprintf("%s: %v", path, pathError.Err))
			in.failed = in.failed || path == top
		case err != nil:
			return err
		case d.IsDir() && isPseudo(path):
			if path == top {
				in.report(path + ": holds no files: it is a view of the system")
				in.failed = true
			}
			return fs.SkipDir
		case d.Type().IsRegular():
			in.bar.Add(1)
			if d := filepath.Dir(path); d != dir {
				dir, alone = d, macfile.Alone(d)
			}
			in.options.Alone = alone
			_, err := in.file(path, top, show)
			return err
		}
		return nil
	})
}

func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

func isBelow(path, top string) bool {
	rel, err := filepath.Rel(absolute(top), absolute(path))
	return err == nil && filepath.IsLocal(rel)
}

// summarise adds the lines of a file to the table.
func (in *inspector) summarise(f *inspect.File) error {
	for _, img := range f.Images {
		place, kind := img.Resource, string(img.Kind)
		if place == "" && img.Fork != "" {
			place = img.Fork + " fork"
		}
		if img.Usage != "" {
			kind += ", " + img.Usage
		}
		in.summary.addCells(cell{f.Path, plain}, cell{place, dim}, cell{img.Architecture, green}, cell{string(img.Format), plain}, cell{kind, plain},
			cell{strconv.Itoa(img.Exported), plain}, cell{strings.Join(img.Families, ", "), bold}, cell{strings.Join(img.Needed, " "), dim})
		if in.options.Symbols {
			in.symbols = append(in.symbols, symbolList{f.Path + ", " + img.Architecture, img})
		}
	}
	return nil
}

// printSummary writes the table and, if asked for, the symbols.
func (in *inspector) printSummary() {
	out := in.out
	t := &in.summary
	if len(t.rows) == 0 {
		return
	}
	t.header = []string{"FILE", "PLACE", "ARCHITECTURE", "FORMAT", "KIND", "EXPORTS", "FAMILIES", "NEEDS"}
	t.right = map[int]bool{5: true}
	t.dropEmpty(1)
	t.print(out)
	for _, s := range in.symbols {
		fmt.Fprintf(out, "\n%s:\n", printable(s.title))
		for _, name := range s.image.Symbols {
			fmt.Fprintln(out, "  "+printable(name)+demangled(s.image.Demangled[name]))
		}
	}
}

// demangled is what to show behind a mangled name.
func demangled(name string) string {
	if name == "" {
		return ""
	}
	return "  " + printable(name)
}
