// Package weaklink launches applications that use import libraries which may be
// missing, as Technical Note 1083, "Weak-Linking to a Code Fragment Manager-Based
// Shared Library", tells applications to.
//
//	run, err := weaklink.Launch(ctx, "Viewer.bin", weaklink.Options{Libraries: folder})
//	run.Result  // of the application's main routine
//	run.Missing // libraries that it did without
//
// An application imports a library, or single symbols of it, weakly. If there is no
// such library, or none of a version that will do, the application is launched all
// the same, and what it imports is at address 0, for which it has to look before it
// calls. That Gestalt knows the library's selector says nothing about that: the
// selector may come from elsewhere. What is imported strongly, and missing, is why an
// application is not launched.
package weaklink

import (
	"context"
	"errors"
	"fmt"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/macfile"
	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/guest"
	"github.com/crossplug/crossplug/guest/cfm"
	"github.com/crossplug/crossplug/guest/toolbox"
)

// Options say what an application finds.
type Options struct {
	// Libraries are where import libraries are looked for, in order, after the
	// application's own file.
	Libraries []cfm.Source
	// Gestalt are selectors that Gestalt knows besides its own.
	Gestalt map[coderes.OSType]uint32
	Fuel    int64 // instructions, unlimited if 0
}

// Run is what came of an application.
type Run struct {
	Result  int32
	Missing map[string]*cfm.Error // why weak libraries are missing, by their names
}

// mainProc is how an application's main routine is called here: long main(void), in C.
const mainProc = coderes.ProcInfo(1 | 3<<4)

// Launch prepares the first fragment, for either processor, in an application's data fork and calls its main
// routine. If it cannot be prepared the error is a *cfm.Error, which says what was
// looked for, and where.
func Launch(ctx context.Context, path string, o Options) (run *Run, err error) {
	f, err := macfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	own, err := cfm.NewFileSource(path, f)
	if err != nil {
		return nil, err
	}
	c, err := pef.Read(f.Data, 0, f.Data.Size(), pef.Options{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	m, err := guest.New(guest.Options{Fuel: o.Fuel, Sources: append([]cfm.Source{own}, o.Libraries...), System: toolbox.Options{Gestalt: o.Gestalt}})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	conn, main, err := m.Fragment(ctx, f.Name, c)
	if err != nil {
		return nil, err
	}
	if main == 0 {
		return nil, fmt.Errorf("%s: no application: the fragment has no main routine", path)
	}
	result, err := m.CallSymbol(ctx, conn, main, mainProc)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &Run{int32(result), m.Process().Missing()}, nil
}
