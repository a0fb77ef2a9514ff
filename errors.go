package crossplug

import "github.com/crossplug/crossplug/fault"

// The errors of plug-ins, for errors.Is. Package fault says what each means and
// has the types that carry the details: *fault.Crash, *fault.Hang,
// *fault.NoRuntime.
var (
	ErrCrashed   = fault.ErrCrashed   // the plug-in is gone; open it again
	ErrHung      = fault.ErrHung      // it took too long and was ended; open it again
	ErrNoRuntime = fault.ErrNoRuntime // nothing here runs it; the text says what to install
	ErrNotFound  = fault.ErrNotFound  // no such file, symbol or label
	ErrBadImage  = fault.ErrBadImage  // the file is damaged, or nothing to load
	ErrMismatch  = fault.ErrMismatch  // the call does not fit; nothing was called
	ErrClosed    = fault.ErrClosed    // this program closed it
)
