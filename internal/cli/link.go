package cli

import (
	"bufio"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/format/resource"
	"github.com/crossplug/crossplug/guest/toolbox"
	"github.com/crossplug/crossplug/link"

	"github.com/spf13/cobra"
)

// linkOptions are the flags that cc and link share.
type linkOptions struct {
	form, output, name, resource, proc, version string
	main, init, term, mapFile                   string
	exports, imports, weak, before              []string
}

const linkForms = `What comes out depends on --form:

  library      a PowerPC code fragment in the data fork, with its 'cfrg'
  library-68k  the same for the 68K (CFM-68K)
  fat-library  both
  code         a 68K code resource
  accelerated  a resource with a routine descriptor and a PowerPC fragment
  fat          a resource with 68K and PowerPC code
  safe-fat     the same, also for machines that know nothing of PowerPC
  universal    a fragment in the data fork beside a 68K code resource, for programs
               that look for either

and on OUTPUT's name: .bin is MacBinary, .hqx BinHex, .as AppleSingle; a name that
begins with ._ is AppleDouble's, and the data fork goes to the name without it; .rsrc is
a resource fork. Any other name gets the data fork alone, or if there is none the
resource fork.

Undefined symbols are imported. --import LIBRARY=FILE reads from a PEF file what a
library exports, --import LIBRARY=NAME,NAME... lists it, and --import InterfaceLib or
another library of the system means all that crossplug has of it (docs/classic.md).`

func (o *linkOptions) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVarP(&o.output, "output", "o", "", "write to `OUTPUT`")
	f.StringVar(&o.form, "form", "library", "what to make: library, library-68k, fat-library, code, accelerated, fat, safe-fat or universal")
	f.StringVar(&o.name, "name", "", "the library's or resource's `NAME` (default: OUTPUT's)")
	f.StringVar(&o.resource, "resource", "CODE,128", "the resource's `TYPE,ID`")
	f.StringVar(&o.proc, "proc", "void proc(void)", "how the routine is called, as a `PROTOTYPE` such as 'pascal long proc(short, long)'")
	f.StringVar(&o.version, "library-version", "0", "the library's version, a `NUMBER[,NUMBER[,NUMBER]]` such as 0x01208000, with the oldest that clients may have been built with, and the oldest library that its own clients can do with (default: the version itself)")
	f.StringVar(&o.main, "main", "", "the main `SYMBOL` (default: main; of a library, none)")
	f.StringVar(&o.init, "init", "", "the initialisation routine's `SYMBOL`")
	f.StringVar(&o.term, "term", "", "the termination routine's `SYMBOL`")
	f.StringSliceVar(&o.exports, "export", nil, "export `SYMBOL` and nothing else (repeatable; default: all that are global)")
	f.StringArrayVar(&o.imports, "import", nil, "import from a library, `LIBRARY[=FILE|NAMES]` (repeatable)")
	f.StringSliceVar(&o.weak, "weak", nil, "`LIBRARY` may be missing (repeatable)")
	f.StringSliceVar(&o.before, "init-before", nil, "`LIBRARY` must be initialised first (repeatable)")
	f.StringVar(&o.mapFile, "map", "", "write where everything went to `FILE`")
	_ = cmd.MarkFlagRequired("output")
	_ = cmd.RegisterFlagCompletionFunc("form", cobra.FixedCompletions(link.FormNames(), cobra.ShellCompDirectiveNoFileComp))
	libraries := slices.DeleteFunc(new(toolbox.Toolbox).Libraries(), func(name string) bool { return len(toolbox.Exports(name)) == 0 })
	_ = cmd.RegisterFlagCompletionFunc("import", cobra.FixedCompletions(libraries, cobra.ShellCompDirectiveNoFileComp))
	for _, flag := range []string{"weak", "init-before"} {
		_ = cmd.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			var imported []cobra.Completion
			for _, arg := range o.imports {
				name, _, _ := strings.Cut(arg, "=")
				imported = append(imported, name)
			}
			slices.Sort(imported)
			return slices.Compact(imported), cobra.ShellCompDirectiveNoFileComp
		})
	}
}

// compilerFlags says in lines of the help what a compiler is called with.
func compilerFlags(c *link.Compiler) string {
	var b strings.Builder
	column := 0
	for _, word := range append([]string{c.Program}, c.Flags...) {
		if column > 0 && column+1+len(word) > 80 {
			b.WriteString(" \\\n   ")
			column = 3
		}
		fmt.Fprintf(&b, " %s", word)
		column += 1 + len(word)
	}
	return " " + b.String() + "\n"
}

func newLinkCommand() *cobra.Command {
	var o linkOptions
	cmd := &cobra.Command{
		Use:   "link -o OUTPUT OBJECT...",
		Short: "Make classic Mac OS code of ELF object files",
		Long: `link makes code fragments and code resources of object files and archives (.o, .a)
that gcc has compiled for PowerPC or 68K, with the flags that "crossplug cc" uses:

` + compilerFlags(link.PowerPC()) + compilerFlags(link.M68K()) + `
For CFM-68K, C is for "crossplug cc": it changes more than flags can.

` + linkForms,
		Example:           `  crossplug link -o ShellSort.bin --form fat --resource sort,128 --main sort ppc.o m68k.o`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completeFiles(math.MaxInt, "o", "a"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.spare(args); err != nil {
				return err
			}
			var objects []*link.Object
			for _, name := range args {
				some, err := readObjects(name)
				if err != nil {
					return err
				}
				objects = append(objects, some...)
			}
			return o.link(cmd, objects, nil)
		},
	}
	o.addFlags(cmd)
	return cmd
}

func readObjects(name string) ([]*link.Object, error) {
	data, err := readFile(name, maxFile)
	if err != nil {
		return nil, err
	}
	return link.ReadObjects(name, data)
}

func newCCCommand() *cobra.Command {
	var o linkOptions
	var flags []string
	cmd := &cobra.Command{
		Use:   "cc -o OUTPUT SOURCE...",
		Short: "Compile and link classic Mac OS code with Debian's cross compilers",
		Long: `cc compiles C and assembly files (.c, .s, .S) with Debian's cross compilers for
PowerPC and 68K, as --form asks, and links them and what object files (.o, .a) are
given besides. A source that is for both is compiled twice. int and long have 32
bits; gcc defines __powerpc__ or __m68k__. #include "classic.h" declares the system's
types and calls, which are imports in fragments (--import InterfaceLib) and traps in
68K code resources. <string.h> and the like are classic.h too (--import StdCLib, --import
MathLib). TARGET_RT_MAC_CFM is 1 in fragments, and __CFM68K__ defined in those for the
68K.

A resource's routine is a C function, without "pascal" or the like: it gets an entry
that takes its arguments as --proc says.

` + linkForms,
		Example: `  crossplug cc -o Sorts.bin --name Sorts --export shellsort sorts.c
  crossplug cc -o Sorts.bin --form fat-library --import InterfaceLib sorts.c
  crossplug cc -o WDEF.rsrc --form fat --resource WDEF,128 --main window \
    --proc 'pascal long proc(short, long, short, long)' wdef.c --flag -Os`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completeFiles(math.MaxInt, "c", "s", "S", "o", "a"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.spare(args); err != nil {
				return err
			}
			form, err := link.ParseForm(o.form)
			if err != nil {
				return usagef("--form: %w", err)
			}
			var compilers []*link.Compiler
			for _, part := range form.Parts() {
				compilers = append(compilers, part.Compiler())
			}
			err = o.compile(cmd, compilers, args, flags)
			var mistakes *link.CompileError
			if errors.As(err, &mistakes) {
				fmt.Fprint(&printed{cmd.ErrOrStderr()}, mistakes.Said)
				return fmt.Errorf("%s: %w", mistakes.Program, mistakes.Err)
			}
			return err
		},
	}
	o.addFlags(cmd)
	cmd.Flags().StringArrayVar(&flags, "flag", nil, "a further `FLAG` for the compiler, such as --flag=-Os (repeatable)")
	return cmd
}

// compile compiles each source with each compiler, and links.
func (o *linkOptions) compile(cmd *cobra.Command, compilers []*link.Compiler, sources, flags []string) error {
	include, err := writeHeaders()
	if err != nil {
		return err
	}
	defer os.RemoveAll(include)
	flags = append([]string{"-I" + include}, flags...)
	var objects, archives []*link.Object
	for _, source := range sources {
		switch ext := filepath.Ext(source); ext {
		case ".o", ".a":
			some, err := readObjects(source)
			if err != nil {
				return err
			}
			objects = append(objects, some...)
			continue
		case ".c", ".s", ".S":
		default:
			return fmt.Errorf("%s: want C or assembly (.c, .s, .S) or object files (.o, .a)", source)
		}
		if _, err := os.Stat(source); err != nil {
			return err
		}
		for _, c := range compilers {
			object, warnings, err := c.Compile(cmd.Context(), source, flags, "")
			if err != nil {
				return err
			}
			fmt.Fprint(&printed{cmd.ErrOrStderr()}, warnings)
			objects = append(objects, object)
		}
	}
	for _, c := range compilers {
		some, err := c.Runtime(cmd.Context(), flags)
		if err != nil {
			return err
		}
		archives = append(archives, some...)
	}
	return o.link(cmd, objects, archives)
}

// writeHeaders puts the system's headers into a folder, which is the caller's.
func writeHeaders() (string, error) {
	dir, err := os.MkdirTemp("", "crossplug-include-")
	if err != nil {
		return "", err
	}
	if err := os.CopyFS(dir, toolbox.Headers()); err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return dir, nil
}

// spare makes sure that nothing is written over what it is made of.
func (o *linkOptions) spare(sources []string) error {
	for _, name := range []string{o.output, o.mapFile} {
		old, err := os.Stat(name)
		if err != nil || !old.Mode().IsRegular() {
			continue
		}
		for _, source := range sources {
			if info, err := os.Stat(source); err == nil && os.SameFile(old, info) {
				return usagef("%s: it would be written over, and is to be read", name)
			}
		}
	}
	return nil
}

// link links objects of either processor, as the form asks.
func (o *linkOptions) link(cmd *cobra.Command, objects, archives []*link.Object) error {
	product, err := o.product()
	if err != nil {
		return err
	}
	libraries, err := o.libraries()
	if err != nil {
		return err
	}
	of := func(list []*link.Object, machine elf.Machine) []*link.Object {
		return slices.DeleteFunc(slices.Clone(list), func(o *link.Object) bool { return o.Machine != machine })
	}
	version, oldDef, oldImp, err := parseVersions(o.version)
	if err != nil {
		return usagef("--library-version: %w", err)
	}
	var listing strings.Builder
	parts := product.Form.Parts()
	for _, part := range parts {
		in := &link.Input{Objects: of(objects, part.Machine()), Archives: of(archives, part.Machine()), Libraries: libraries,
			Main: o.main, Init: o.init, Term: o.term, Exports: o.exports, Version: version, OldDefVersion: oldDef, OldImpVersion: oldImp}
		if in.Main == "" && !product.Form.IsLibrary() {
			in.Main = "main"
		}
		entries, err := product.Link(part, in)
		var problems link.Problems
		if errors.As(err, &problems) {
			return reportProblems(cmd, part, problems)
		}
		if err != nil {
			return fmt.Errorf("%v: %w", part, err)
		}
		if len(parts) > 1 {
			fmt.Fprintf(&listing, "%v:\n", part)
		}
		writeMap(&listing, entries)
	}
	f, err := product.File()
	if err != nil {
		return err
	}
	if f.Data != nil && strings.EqualFold(filepath.Ext(o.output), ".rsrc") {
		return usagef("-o %s: it would be the resource fork alone, and --form %s has code in the data fork; name it .bin, .hqx or .as, or ._NAME", o.output, o.form)
	}
	if err := replace(o.output, func(w io.Writer) error { return link.Write(w, f, o.output) }); err != nil {
		return err
	}
	// AppleDouble keeps data in a file of its own.
	if dir, base := filepath.Split(o.output); strings.HasPrefix(base, "._") && f.Data != nil {
		if err := replace(filepath.Join(dir, base[2:]), func(w io.Writer) error {
			_, err := io.Copy(w, io.NewSectionReader(f.Data, 0, f.Data.Size()))
			return err
		}); err != nil {
			return err
		}
	}
	if o.mapFile != "" {
		return replace(o.mapFile, func(w io.Writer) error { _, err := io.WriteString(w, listing.String()); return err })
	}
	return nil
}

// reportProblems prints what keeps a part from being linked, a line each, and for what
// the system has, how to get it.
func reportProblems(cmd *cobra.Command, part link.Part, problems link.Problems) error {
	const most = 20
	for i, p := range problems {
		if i == most {
			warn(cmd, "%v: and %d more", part, len(problems)-most)
			break
		}
		remedy := ""
		var undefined *link.UndefinedError
		if errors.As(p, &undefined) && part != link.M68KCode {
			if library := toolbox.LibraryOf(undefined.Symbol); library != "" {
				remedy = "; --import " + library + " has it"
			}
		}
		warn(cmd, "%v: %v%s", part, p, remedy)
	}
	return errReported
}

// product makes of the flags what they say of the product.
func (o *linkOptions) product() (*link.Product, error) {
	form, err := link.ParseForm(o.form)
	if err != nil {
		return nil, usagef("--form: %w", err)
	}
	p := &link.Product{Form: form, Name: o.name}
	if p.Name == "" {
		p.Name = strings.TrimPrefix(filepath.Base(o.output), "._")
		p.Name = strings.TrimSuffix(p.Name, filepath.Ext(p.Name))
	}
	kind, id, _ := strings.Cut(o.resource, ",")
	if p.Type, err = resource.ParseOSType(kind); err != nil {
		return nil, usagef("--resource %s: %w", o.resource, err)
	}
	n, err := strconv.ParseInt(id, 10, 16)
	if err != nil {
		return nil, usagef("--resource %s: want TYPE,ID, for example WDEF,128, with an ID from -32768 to 32767", o.resource)
	}
	p.ID = int16(n)
	if p.ProcInfo, err = coderes.ParsePrototype(o.proc); err != nil {
		return nil, usagef("--proc: %w", err)
	}
	return p, nil
}

// parseVersions reads what --library-version says.
func parseVersions(s string) (version, oldDefinition, oldImplementation pef.Version, err error) {
	var versions [3]pef.Version
	numbers := strings.Split(s, ",")
	for i := range versions {
		v, err := strconv.ParseUint(numbers[min(i, len(numbers)-1)], 0, 32)
		if err != nil || len(numbers) > len(versions) {
			return 0, 0, 0, fmt.Errorf("%q: want one to three numbers of 32 bits, for example 0x01208000,0x01008000 for 1.2, which does for clients of 1.0", s)
		}
		if versions[i] = pef.Version(v); i >= len(numbers) {
			versions[i] = versions[0]
		}
	}
	return versions[0], versions[1], versions[2], nil
}

// libraries reads what --import names.
func (o *linkOptions) libraries() ([]link.Library, error) {
	var libraries []link.Library
	for _, arg := range o.imports {
		name, from, ok := strings.Cut(arg, "=")
		l := link.Library{Name: name, Symbols: map[string]pef.SymbolClass{}}
		if !ok {
			l.Symbols = toolbox.Exports(name)
		}
		if ok && (name == "" || from == "") || !ok && len(l.Symbols) == 0 {
			return nil, usagef("--import %s: want LIBRARY=FILE, LIBRARY=NAME,NAME... or a library of the system, such as InterfaceLib", arg)
		}
		if !ok {
			libraries = append(libraries, l)
			continue
		}
		if _, err := os.Stat(from); err == nil {
			f, err := pef.Open(from, pef.Options{})
			if err != nil {
				return nil, err
			}
			l = link.LibraryOf(name, f.Containers[0])
			if err := f.Close(); err != nil {
				return nil, err
			}
		} else {
			if strings.ContainsAny(from, "/.") { // as in no symbol of C
				return nil, fmt.Errorf("--import %s: %w", arg, err)
			}
			for _, symbol := range strings.Split(from, ",") {
				l.Symbols[symbol] = pef.TVectorSymbol
			}
		}
		libraries = append(libraries, l)
	}
	mark := func(flag string, names []string, as func(*link.Library)) error {
		for _, name := range names {
			n := slices.IndexFunc(libraries, func(l link.Library) bool { return l.Name == name })
			if n < 0 {
				return usagef("--%s %s: nothing is imported from it; add --import %s=FILE", flag, name, name)
			}
			as(&libraries[n])
		}
		return nil
	}
	return libraries, errors.Join(mark("weak", o.weak, func(l *link.Library) { l.Weak = true }), mark("init-before", o.before, func(l *link.Library) { l.InitBefore = true }))
}

// replace writes a file that takes the old one's place when it is complete.
func replace(path string, write func(io.Writer) error) error {
	r, err := newReplacement(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(r)
	err = write(w)
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		return errors.Join(err, r.abandon())
	}
	return r.commit()
}

// writeMap writes where sections and symbols went.
func writeMap(w *strings.Builder, entries []link.MapEntry) {
	for _, e := range entries {
		fmt.Fprintf(w, "%-5s %08x %8d  %s(%s)\n", e.Area, e.Offset, e.Size, printable(e.Object), printable(e.Section))
		for _, s := range e.Symbols {
			fmt.Fprintf(w, "%-5s %08x           %s\n", e.Area, s.Offset, printable(s.Name))
		}
	}
}
