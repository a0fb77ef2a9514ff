package fault

import (
	"errors"
	"fmt"
	"syscall"
	"testing"
	"time"
)

func TestErrors(t *testing.T) {
	for _, tt := range []struct {
		err  error
		is   error
		text string
	}{
		{&Crash{Plugin: "/p.so", Arch: "s390x", LastCall: "run void (ptr, ulong)", Signal: syscall.SIGSEGV}, ErrCrashed,
			"/p.so (s390x) crashed in run void (ptr, ulong): SIGSEGV (segmentation fault)"},
		{&Crash{Plugin: "/p.so", Arch: "i386", Exit: 3, Output: "oh dear"}, ErrCrashed,
			"/p.so (i386) crashed: its process exited with status 3; it said: oh dear"},
		{&Crash{Plugin: "/p.so", Arch: "i386", Signal: 40}, ErrCrashed,
			"/p.so (i386) crashed: signal 40 (signal 40)"},
		{&Crash{Plugin: "/p.so", Arch: "armhf", LastCall: "run", Damage: errors.New("one too many")}, ErrCrashed,
			"/p.so (armhf) crashed in run: it damaged its helper host, which was ended: one too many"},
		{&Hang{Plugin: "/p.so", Arch: "arm64", LastCall: "run", Deadline: 2 * time.Second}, ErrHung,
			"/p.so (arm64) did not return from run within 2s and was ended"},
		{&NoRuntime{Arch: "m68k", Tried: []string{"a: missing", "b: missing"}, Hint: "install c"}, ErrNoRuntime,
			"nothing here can run m68k code (a: missing; b: missing): install c"},
		{&NoRuntime{Arch: "m68k"}, ErrNoRuntime, "nothing here can run m68k code"},
	} {
		wrapped := fmt.Errorf("context: %w", tt.err)
		for _, sentinel := range []error{ErrCrashed, ErrHung, ErrNoRuntime, ErrNotFound, ErrBadImage, ErrMismatch, ErrClosed} {
			if errors.Is(wrapped, sentinel) != (sentinel == tt.is) {
				t.Errorf("%v: errors.Is(%v) is %v", tt.err, sentinel, sentinel != tt.is)
			}
		}
		if tt.err.Error() != tt.text {
			t.Errorf("got  %q\nwant %q", tt.err, tt.text)
		}
	}
}
