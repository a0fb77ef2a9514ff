// Package fault holds the errors of crossplug, sorted by what a caller can do
// about them. Every runtime — helper hosts, the guest machine — reports its
// failures in these terms, so a program that handles them once handles them
// for every architecture.
package fault

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"
)

// The sentinels, for errors.Is. The comment says what a caller can do.
var (
	// ErrCrashed: the plug-in ended its helper host, or faulted in the guest
	// machine. Its state is gone; open it again. The error is a *Crash.
	ErrCrashed = errors.New("plug-in crashed")
	// ErrHung: the plug-in did not answer before its deadline and was ended.
	// Open it again, with a longer deadline if it is merely slow. The error is
	// a *Hang.
	ErrHung = errors.New("plug-in did not answer in time")
	// ErrNoRuntime: nothing on this machine can run the architecture. The
	// error is a *NoRuntime and says what to install.
	ErrNoRuntime = errors.New("no runtime for this architecture")
	// ErrNotFound: the file, symbol or label is not there. Ask for another.
	ErrNotFound = errors.New("not found")
	// ErrBadImage: the file is damaged or is not something to load.
	ErrBadImage = errors.New("not a loadable image")
	// ErrMismatch: the call does not fit the procedure's signature, or
	// exceeds a limit. Nothing was called; correct the caller.
	ErrMismatch = errors.New("call does not fit")
	// ErrClosed: the plug-in was closed by this program.
	ErrClosed = errors.New("closed")
)

// Crash says how a plug-in ended. It is an ErrCrashed.
type Crash struct {
	Plugin   string         // the file
	Arch     string         // of the file, for example "s390x"
	LastCall string         // what it was doing, for example "run (void (ptr, ulong))"
	Signal   syscall.Signal // that ended the process; 0 if it exited
	Exit     int            // exit status if it exited
	Damage   error          // if its process was ended for it: what it did to what it shares with this one
	Output   string         // the end of what the process wrote on stderr
}

func (c *Crash) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s) crashed", c.Plugin, c.Arch)
	if c.LastCall != "" {
		fmt.Fprintf(&b, " in %s", c.LastCall)
	}
	if c.Damage != nil {
		fmt.Fprintf(&b, ": it damaged its helper host, which was ended: %v", c.Damage)
	} else if c.Signal != 0 {
		fmt.Fprintf(&b, ": %s", SignalName(c.Signal))
	} else {
		fmt.Fprintf(&b, ": its process exited with status %d", c.Exit)
	}
	if c.Output != "" {
		fmt.Fprintf(&b, "; it said: %s", c.Output)
	}
	return b.String()
}

// Unwrap returns the damage.
func (c *Crash) Unwrap() error { return c.Damage }

// Is makes errors.Is(err, ErrCrashed) true.
func (c *Crash) Is(target error) bool { return target == ErrCrashed }

// SignalName returns the signal's name and its meaning: "SIGSEGV
// (segmentation fault)".
func SignalName(s syscall.Signal) string {
	names := map[syscall.Signal]string{
		syscall.SIGSEGV: "SIGSEGV", syscall.SIGBUS: "SIGBUS", syscall.SIGILL: "SIGILL", syscall.SIGFPE: "SIGFPE",
		syscall.SIGABRT: "SIGABRT", syscall.SIGKILL: "SIGKILL", syscall.SIGTERM: "SIGTERM", syscall.SIGTRAP: "SIGTRAP",
		syscall.SIGSYS: "SIGSYS", syscall.SIGPIPE: "SIGPIPE", syscall.SIGXCPU: "SIGXCPU",
	}
	if n, ok := names[s]; ok {
		return fmt.Sprintf("%s (%s)", n, s)
	}
	return fmt.Sprintf("signal %d (%s)", int(s), s)
}

// Hang says which deadline passed. It is an ErrHung.
type Hang struct {
	Plugin   string
	Arch     string
	LastCall string
	Deadline time.Duration
}

func (h *Hang) Error() string {
	return fmt.Sprintf("%s (%s) did not return from %s within %v and was ended", h.Plugin, h.Arch, h.LastCall, h.Deadline)
}

// Is makes errors.Is(err, ErrHung) true.
func (h *Hang) Is(target error) bool { return target == ErrHung }

// NoRuntime says what was tried and what would help. It is an ErrNoRuntime.
type NoRuntime struct {
	Arch  string
	Tried []string // one line per way to run it: what is missing
	Hint  string   // what to install or run
}

func (n *NoRuntime) Error() string {
	s := fmt.Sprintf("nothing here can run %s code", n.Arch)
	if len(n.Tried) > 0 {
		s += " (" + strings.Join(n.Tried, "; ") + ")"
	}
	if n.Hint != "" {
		s += ": " + n.Hint
	}
	return s
}

// Is makes errors.Is(err, ErrNoRuntime) true.
func (n *NoRuntime) Is(target error) bool { return target == ErrNoRuntime }
