package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/crossplug/crossplug/api"
	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/macfile"
	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/format/resource"
	"github.com/crossplug/crossplug/guest"

	"github.com/spf13/cobra"
)

// routine is what run calls.
type routine struct {
	call func(ctx context.Context, info coderes.ProcInfo, args ...uint32) (uint32, error)
	how  *prototype // nil if nothing says it
}

// runRoutine does what the arguments say in a machine with some processors.
func runRoutine(cmd *cobra.Command, m *guest.Machine, without guest.Processor, defined *api.API, args []string) (uint32, coderes.Signature, error) {
	none := coderes.Signature{}
	file, id, isResource := strings.Cut(args[0], "#")
	args = args[1:]
	name := "" // of the routine
	if len(args) > 0 && !strings.Contains(args[0], "(") && (!isResource || definedFunction(defined, args[0]) != nil) {
		name, args = args[0], args[1:]
	}
	var r *routine
	var err error
	if isResource {
		r, err = loadResource(m, file, id)
	} else {
		r, err = loadFragment(cmd, m, without, file, name)
	}
	if err != nil {
		return 0, none, err
	}
	f := definedFunction(defined, name)
	switch {
	case len(args) > 0 && strings.Contains(args[0], "("):
		if r.how, err = parsePrototype(args[0]); err != nil {
			return 0, none, usagef("%w", err)
		}
		args = args[1:]
	case f != nil:
		how, err := definedPrototype(f)
		if err != nil {
			return 0, none, err
		}
		if r.how != nil { // a routine descriptor knows the convention too
			how.info = r.how.info
		}
		r.how = how
	case r.how == nil:
		return 0, none, usagef("nothing says how the routine is called; give its prototype, for example 'long proc(long, Ptr)', or a --definition")
	}
	info := r.how.info
	signature, ok := info.Signature()
	if !ok {
		return 0, none, fmt.Errorf("%v: nothing can be called by this convention", info)
	}
	want := len(signature.Parameters)
	if signature.Selector != coderes.None {
		want++
	}
	if len(args) != want {
		return 0, none, usagef("%s for %v, which takes %d", plural(len(args), "argument"), info, want)
	}
	values, finish, err := guestArguments(m, r.how.parameters, args)
	if err != nil {
		return 0, none, err
	}
	result, err := r.call(cmd.Context(), info, values...)
	if err != nil {
		return 0, none, err
	}
	return result, signature, finish()
}

// loadResource puts a code resource into the machine.
func loadResource(m *guest.Machine, file, id string) (*routine, error) {
	r, err := findResource(file, id)
	if err != nil {
		return nil, err
	}
	found := &routine{}
	if code, err := coderes.Recognise(r.Data); err == nil && code.Descriptor != nil && len(code.Descriptor.Routines) > 0 {
		found.how = &prototype{info: code.Descriptor.Routines[0].ProcInfo}
	}
	upp, err := m.Code(fmt.Sprintf("'%v' %d", r.Type, r.ID), r.Data)
	found.call = func(ctx context.Context, info coderes.ProcInfo, args ...uint32) (uint32, error) {
		return m.Call(ctx, upp, info, args...)
	}
	return found, err
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

// loadFragment prepares a fragment and finds a symbol, or its main symbol.
func loadFragment(cmd *cobra.Command, m *guest.Machine, without guest.Processor, file, symbol string) (*routine, error) {
	f, c, err := openFragment(file, without)
	if err != nil {
		return nil, err
	}
	conn, vector, err := m.Fragment(cmd.Context(), f.Name, c)
	if err != nil {
		return nil, err
	}
	if symbol != "" {
		if vector, _, err = conn.Find(symbol); err != nil {
			return nil, fmt.Errorf("%w; crossplug inspect --symbols lists what there are", err)
		}
	} else if vector == 0 {
		return nil, fmt.Errorf("%s: it has no main symbol; name one, of which crossplug inspect --symbols lists what there are", file)
	}
	return &routine{call: func(ctx context.Context, info coderes.ProcInfo, args ...uint32) (uint32, error) {
		return m.CallSymbol(ctx, conn, vector, info, args...)
	}}, nil
}

// openFragment reads the container in a file's data fork: of several the first for
// PowerPC, or for the only processor that there is.
func openFragment(file string, without guest.Processor) (*macfile.File, *pef.Container, error) {
	f, err := macfile.Open(file)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f.Data, pef.MaxSection))
	if err != nil {
		return nil, nil, err
	}
	all, err := pef.NewFile(bytes.NewReader(data), int64(len(data)), pef.Options{})
	if err != nil {
		return nil, nil, fmt.Errorf("%s: data fork: %w; name a resource as %s#TYPE,ID", file, err, file)
	}
	var found *pef.Container
	for _, c := range all.Containers {
		switch {
		case c.Architecture == pef.M68K && without == guest.M68K, c.Architecture == pef.PowerPC && without == guest.PowerPC:
		case found == nil, c.Architecture == pef.PowerPC && found.Architecture != pef.PowerPC:
			found = c
		}
	}
	if found == nil {
		return nil, nil, fmt.Errorf("%s: it has no fragment for the processor of --arch", file)
	}
	return f, found, nil
}

// guestArguments puts arguments into the machine, of which the prototype may know
// more. What is to be written to files afterwards, finish writes.
func guestArguments(m *guest.Machine, known []parameter, args []string) (values []uint32, finish func() error, err error) {
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
	for i, arg := range args {
		if i < len(known) {
			arg = known[i].spell(arg)
		}
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
			if data, err = readFile(from, maxArgument); err == nil {
				err = buffer(data, uint32(len(data)), to)
			}
		case "out":
			size, file, _ := strings.Cut(rest, ":")
			n, bad := strconv.ParseUint(size, 0, 32)
			if bad != nil || file == "" || n > maxArgument {
				return nil, nil, usagef("%s: want out:SIZE:FILE, with a size of at most %d MiB", arg, maxArgument>>20)
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

// maxArgument bounds what is put into the machine for an argument, in bytes: that is
// the size of its heap.
const maxArgument = 16 << 20
