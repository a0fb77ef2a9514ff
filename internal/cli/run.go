package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/macfile"
	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/format/resource"
	"github.com/crossplug/crossplug/guest"
	"github.com/crossplug/crossplug/guest/cfm"

	"github.com/spf13/cobra"
)

func newRunCommand() *cobra.Command {
	var processor, files string
	var asJSON, trace, strict, missing bool
	var fuel int64
	var libraries, gestalt []string
	cmd := &cobra.Command{
		Use:   "run FILE[#TYPE,ID] [SYMBOL] [PROTOTYPE] [ARGUMENT]...",
		Short: "Call a routine of classic Mac OS code",
		Long: `run loads code of the classic Mac OS into a machine in this process, links it, and
calls one routine: of a 68K, accelerated or fat code resource, named by its TYPE and
ID, or a SYMBOL that a PowerPC fragment exports (its main symbol, if none is named).

The PROTOTYPE says how the routine is called, such as 'pascal long proc(long, Ptr)':
a long is any four bytes, a Ptr too. It can be left out where a routine descriptor
says it. An ARGUMENT is

  123, -1, 0x7f     a number
  c:TEXT, p:TEXT    the address of a C text, or a Pascal text
  in:FILE           the address of a buffer with what is in FILE
  out:SIZE:FILE     the address of a buffer of SIZE bytes, written to FILE afterwards
  inout:FILE:FILE   the address of a buffer with what is in the first FILE, written to
                    the second afterwards

Import libraries are looked for in the fragment's own file, its folder, and where
--library says, by the names in a file's 'cfrg' resource, or by the file's name if it
has none. The code finds a Mac OS without windows; what it prints goes to standard
error. --files gives it a folder, read-only, as its only volume. With --json the
result is one object with "result" and "processor".

With --missing nothing is run. What a fragment imports is listed if it is not there:
"missing" is what the real system had, "unknown" what neither it nor a library found
has. 68K code is read for traps as far as branches lead. --json lists all calls.`,
		Example: `  crossplug run sort.rsrc#sort,128 inout:numbers:sorted 15 0
  crossplug run Sorts 'checksum' 'long proc(Ptr, long)' in:disk.img 400
  crossplug run --arch m68k --trace fat.bin#dcmp,128 'void proc(long)' 7`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o := guest.Options{Fuel: fuel}
			switch processor {
			case "":
			case "ppc":
				o.Without = guest.M68K
			case "m68k":
				o.Without = guest.PowerPC
			default:
				return usagef("--arch %s: it must be ppc or m68k", processor)
			}
			var err error
			if o.Sources, err = importLibraries(args[0], libraries); err != nil {
				return err
			}
			if missing {
				return runMissing(cmd, args[0], o.Sources, asJSON)
			}
			o.Strict, o.System.Output = strict, &printed{cmd.ErrOrStderr()}
			if o.System.Gestalt, err = gestaltSelectors(gestalt); err != nil {
				return err
			}
			if files != "" {
				root, err := os.OpenRoot(files)
				if err != nil {
					return err
				}
				defer root.Close()
				o.System.Files = root.FS()
			}
			if trace {
				o.System.Trace = func(name string, args []uint32) {
					fmt.Fprintf(cmd.ErrOrStderr(), "  %s(%s)\n", name, hexList(args))
				}
			}
			ran := ""
			o.Trace = func(from, to string, target uint32, info coderes.ProcInfo, args []uint32) {
				if ran == "" {
					ran = to
				}
				if trace {
					fmt.Fprintf(cmd.ErrOrStderr(), "%s to %s at 0x%08x, %v: %s\n", from, to, target, info, hexList(args))
				}
			}
			m, err := guest.New(o)
			if err != nil {
				return err
			}
			result, signature, err := runRoutine(cmd, m, args)
			if report := m.Report(err); report != nil {
				var text strings.Builder
				_ = report.Write(&text)
				fmt.Fprint(&printed{cmd.ErrOrStderr()}, text.String())
			}
			err = errors.Join(err, m.Close())
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), map[string]any{"result": result, "processor": ran})
			}
			if signature.Result != coderes.None {
				fmt.Fprintf(cmd.OutOrStdout(), "%d (0x%x)\n", int32(result), result)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&processor, "arch", "", "let only this `PROCESSOR` run code: ppc or m68k")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&trace, "trace", false, "print each switch of processors and each call of the system, with arguments")
	cmd.Flags().BoolVar(&strict, "strict", false, "refuse code that imports what this system lacks, even if it never calls that")
	cmd.Flags().BoolVar(&missing, "missing", false, "run nothing; list the calls of the system that the code needs and that are not there")
	cmd.Flags().StringVar(&files, "files", "", "let the code open the files in `FOLDER`")
	cmd.Flags().StringArrayVar(&gestalt, "gestalt", nil, "let Gestalt answer `SELECTOR=NUMBER`, such as qtim=0x04008000 (repeatable)")
	cmd.Flags().Int64Var(&fuel, "fuel", 0, "execute at most `N` instructions (default: no limit)")
	cmd.Flags().StringArrayVar(&libraries, "library", nil, "look for import libraries in this `FILE` or folder (repeatable)")
	return cmd
}

// gestaltSelectors reads what --gestalt says.
func gestaltSelectors(list []string) (map[coderes.OSType]uint32, error) {
	selectors := map[coderes.OSType]uint32{}
	for _, text := range list {
		name, number, _ := strings.Cut(text, "=")
		selector, err := coderes.ParseOSType(name)
		if err != nil {
			return nil, usagef("--gestalt %s: %w", text, err)
		}
		value, err := strconv.ParseUint(number, 0, 32)
		if err != nil {
			return nil, usagef("--gestalt %s: want SELECTOR=NUMBER, for example qtim=0x04008000", text)
		}
		selectors[selector] = uint32(value)
	}
	return selectors, nil
}

// printed writes lines of what may be hostile.
type printed struct{ w io.Writer }

func (p *printed) Write(b []byte) (int, error) {
	for line := range strings.Lines(string(b)) {
		text, end := strings.CutSuffix(line, "\n")
		if _, err := io.WriteString(p.w, printable(text)); err != nil {
			return 0, err
		}
		if end {
			if _, err := io.WriteString(p.w, "\n"); err != nil {
				return 0, err
			}
		}
	}
	return len(b), nil
}

func hexList(values []uint32) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = fmt.Sprintf("0x%x", v)
	}
	return strings.Join(words, ", ")
}

// importLibraries makes sources of what --library names, and of the fragment's own
// file and folder, which come first.
func importLibraries(file string, named []string) ([]cfm.Source, error) {
	var sources []cfm.Source
	if !strings.Contains(file, "#") {
		own, err := librariesOf(file)
		if err != nil {
			return nil, err
		}
		sources = append(sources, own, cfm.NewFolderSource(filepath.Dir(file)))
	}
	for _, name := range named {
		info, err := os.Stat(name)
		if err != nil {
			return nil, err
		}
		if info.IsDir() {
			sources = append(sources, cfm.NewFolderSource(name))
			continue
		}
		source, err := librariesOf(name)
		if err != nil {
			return nil, err
		}
		sources = append(sources, source)
	}
	return sources, nil
}

func librariesOf(file string) (*cfm.FileSource, error) {
	f, err := macfile.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return cfm.NewFileSource(file, f)
}

// openFragment reads the container in a file's data fork.
func openFragment(file string) (*macfile.File, *pef.Container, error) {
	f, err := macfile.Open(file)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f.Data, pef.MaxSection))
	if err != nil {
		return nil, nil, err
	}
	c, err := pef.Read(bytes.NewReader(data), 0, int64(len(data)), pef.Options{})
	if err != nil {
		return nil, nil, fmt.Errorf("%s: data fork: %w; name a resource as %s#TYPE,ID", file, err, file)
	}
	return f, c, nil
}

// runRoutine does what the arguments say in a machine.
func runRoutine(cmd *cobra.Command, m *guest.Machine, args []string) (uint32, coderes.Signature, error) {
	none := coderes.Signature{}
	file, id, isResource := strings.Cut(args[0], "#")
	args = args[1:]
	var target uint32
	var info coderes.ProcInfo
	known := false
	var err error
	if isResource {
		target, info, known, err = loadResource(m, file, id)
	} else {
		target, args, err = loadFragment(cmd, m, file, args)
	}
	if err != nil {
		return 0, none, err
	}
	if len(args) > 0 && strings.Contains(args[0], "(") {
		if info, err = coderes.ParsePrototype(strings.ReplaceAll(args[0], "Ptr", "long")); err != nil {
			return 0, none, usagef("%w", err)
		}
		known, args = true, args[1:]
	}
	if !known {
		return 0, none, usagef("nothing says how the routine is called; give its prototype, for example 'long proc(long, Ptr)'")
	}
	signature, ok := info.Signature()
	if !ok {
		return 0, none, fmt.Errorf("%v: nothing can be called by this convention", info)
	}
	want := len(signature.Parameters)
	if signature.Selector != coderes.None {
		want++
	}
	if len(args) != want {
		return 0, none, usagef("%d arguments for %v", len(args), info)
	}
	values, finish, err := guestArguments(m, args)
	if err != nil {
		return 0, none, err
	}
	var result uint32
	if isResource {
		result, err = m.Call(cmd.Context(), target, info, values...)
	} else {
		result, err = m.CallVector(cmd.Context(), target, info, values...)
	}
	if err != nil {
		return 0, none, err
	}
	return result, signature, finish()
}

// loadResource puts a code resource into the machine.
func loadResource(m *guest.Machine, file, id string) (upp uint32, info coderes.ProcInfo, known bool, err error) {
	r, err := findResource(file, id)
	if err != nil {
		return 0, 0, false, err
	}
	if code, err := coderes.Recognise(r.Data); err == nil && code.Descriptor != nil && len(code.Descriptor.Routines) > 0 {
		info, known = code.Descriptor.Routines[0].ProcInfo, true
	}
	upp, err = m.Code(fmt.Sprintf("'%v' %d", r.Type, r.ID), r.Data)
	return upp, info, known, err
}

// findResource reads the resource TYPE,ID of a file.
func findResource(file, id string) (*resource.Resource, error) {
	f, err := macfile.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	fork, err := resource.Read(f.Resource, f.Resource.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	name, number, _ := strings.Cut(id, ",")
	kind, err := resource.ParseOSType(name)
	if err != nil {
		return nil, usagef("%s#%s: %w", file, id, err)
	}
	n, err := strconv.ParseInt(number, 10, 16)
	if err != nil {
		return nil, usagef("%s#%s: want #TYPE,ID, for example #WDEF,128", file, id)
	}
	r := fork.Get(kind, int16(n))
	if r == nil {
		return nil, fmt.Errorf("%s: there is no resource '%s' %d; crossplug inspect --tree lists what there is", file, name, n)
	}
	return r, nil
}

// loadFragment prepares a fragment and finds the symbol that may come first among
// the arguments.
func loadFragment(cmd *cobra.Command, m *guest.Machine, file string, args []string) (uint32, []string, error) {
	f, c, err := openFragment(file)
	if err != nil {
		return 0, nil, err
	}
	conn, main, err := m.Fragment(cmd.Context(), f.Name, c)
	if err != nil {
		return 0, nil, err
	}
	if len(args) > 0 && !strings.Contains(args[0], "(") {
		at, _, err := conn.Find(args[0])
		return at, args[1:], err
	}
	if main == 0 {
		return 0, nil, fmt.Errorf("%s: it has no main symbol; name one, of which crossplug inspect --symbols lists what there are", file)
	}
	return main, args, nil
}

// guestArguments puts arguments into the machine. What is to be written to files
// afterwards, finish writes.
func guestArguments(m *guest.Machine, args []string) (values []uint32, finish func() error, err error) {
	var after []func() error
	buffer := func(data []byte, size uint32, file string) error {
		at, err := m.Allocate(max(size, 1))
		if err != nil {
			return err
		}
		values = append(values, at)
		if file != "" {
			after = append(after, func() error {
				out := make([]byte, size)
				if err := m.Memory().Load(out, at); err != nil {
					return err
				}
				return replace(file, func(w io.Writer) error { _, err := w.Write(out); return err })
			})
		}
		return m.Memory().Store(at, data)
	}
	for _, arg := range args {
		kind, rest, _ := strings.Cut(arg, ":")
		var err error
		switch kind {
		case "c":
			err = buffer(append([]byte(rest), 0), uint32(len(rest)+1), "")
		case "p":
			if len(rest) > 255 {
				return nil, nil, usagef("%s: a Pascal text has at most 255 bytes", arg)
			}
			err = buffer(append([]byte{byte(len(rest))}, rest...), uint32(len(rest)+1), "")
		case "in", "inout":
			from, to := rest, ""
			if kind == "inout" {
				if from, to, _ = strings.Cut(rest, ":"); to == "" {
					return nil, nil, usagef("%s: want inout:FILE:FILE", arg)
				}
			}
			var data []byte
			if data, err = os.ReadFile(from); err == nil {
				err = buffer(data, uint32(len(data)), to)
			}
		case "out":
			size, file, _ := strings.Cut(rest, ":")
			n, bad := strconv.ParseUint(size, 0, 24)
			if bad != nil || file == "" {
				return nil, nil, usagef("%s: want out:SIZE:FILE, with a size of less than 16 MiB", arg)
			}
			err = buffer(nil, uint32(n), file)
		default:
			n, bad := strconv.ParseInt(arg, 0, 64)
			if bad != nil || n < -1<<31 || n >= 1<<32 {
				return nil, nil, usagef("argument %s: want a number of 32 bits, c:TEXT, p:TEXT, in:FILE, out:SIZE:FILE or inout:FILE:FILE", arg)
			}
			values = append(values, uint32(n))
		}
		if err != nil {
			return nil, nil, err
		}
	}
	return values, func() error {
		for _, f := range after {
			if err := f(); err != nil {
				return err
			}
		}
		return nil
	}, nil
}
