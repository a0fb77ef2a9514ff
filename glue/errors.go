package glue

import (
	"errors"
	"fmt"

	"github.com/crossplug/crossplug/fault"
)

// What was wrong with a call, for errors.Is. The error is an *Error; except for
// ErrHandler it is a fault.ErrMismatch as well. Nothing but the call is affected.
var (
	ErrMalformed   = errors.New("malformed message")                     // it breaks the definition's rules, for example by null
	ErrStale       = errors.New("stale handle")                          // its object is gone, or of another kind
	ErrTooLong     = errors.New("too long")                              // beyond the definition's maximum, or a message's room
	ErrWrongThread = errors.New("wrong thread")                          // not to be called on a thread of this class
	ErrReleased    = errors.New("callback after release")                // its scope has ended
	ErrNotProvided = errors.New("not provided by this plug-in")          // not in its version, or optional and absent
	ErrNoRoom      = errors.New("value that the target has no room for") // for example 2^40 as a long of 32 bits
	ErrBadUnion    = errors.New("no such case of the union")
	ErrHandler     = errors.New("handler failed") // the host's function returned an error
)

// Status is what a response says first.
type Status uint32

// The statuses; what they mean is said by the errors of the same names.
const (
	OK Status = iota
	Malformed
	Stale
	TooLong
	WrongThread
	Released
	NotProvided
	NoRoom
	BadUnion
	HandlerFailed
)

var statusErrors = [...]error{
	Malformed: ErrMalformed, Stale: ErrStale, TooLong: ErrTooLong, WrongThread: ErrWrongThread, Released: ErrReleased,
	NotProvided: ErrNotProvided, NoRoom: ErrNoRoom, BadUnion: ErrBadUnion, HandlerFailed: ErrHandler,
}

// Error is a call that was refused, by this side or the other.
type Error struct {
	Function string // C's name
	Item     string // the parameter or field; "" if the other side refused
	Status   Status
	Text     string
	Remote   bool  // the plug-in's side refused
	Cause    error // of HandlerFailed: what the host's function returned
}

func (e *Error) Error() string {
	s := e.Function
	if e.Remote {
		s += ", refused by the plug-in's side"
	}
	if e.Item != "" {
		s += ": " + e.Item
	}
	if sentinel := e.sentinel(); sentinel != nil {
		s += ": " + sentinel.Error()
	}
	if e.Text != "" {
		s += ": " + e.Text
	}
	return s
}

func (e *Error) sentinel() error {
	if int(e.Status) < len(statusErrors) {
		return statusErrors[e.Status]
	}
	return ErrMalformed
}

// Is makes errors.Is find the status's error and fault.ErrMismatch.
func (e *Error) Is(target error) bool {
	return target == e.sentinel() || target == fault.ErrMismatch && e.Status != HandlerFailed
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// ErrFailed is that a plug-in's function said by its result that it failed. The
// error is a *Failure.
var ErrFailed = errors.New("function failed")

// Failure is a result that means failure. A host's function returns one to
// choose the code that the plug-in gets.
type Failure struct {
	Function string // C's name
	Code     int64  // the result; 0 where that is null or false
}

func (f *Failure) Error() string {
	if f.Function == "" {
		return fmt.Sprintf("failed with %d", f.Code)
	}
	return fmt.Sprintf("%s failed with %d", f.Function, f.Code)
}

// Is makes errors.Is find ErrFailed.
func (f *Failure) Is(target error) bool { return target == ErrFailed }
