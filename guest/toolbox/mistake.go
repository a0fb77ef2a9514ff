package toolbox

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
)

// Mistake is a call of the system that came to a panic: crossplug is wrong, or a
// function that the application has lent to the system, not necessarily the guest's
// code. The application goes on, as hostile code must not end it. What the call had
// done until then stays done.
type Mistake struct {
	Value any    // of the panic
	Place string // of the panic, "memory.go:342", "" if nobody knows
}

func (m *Mistake) Error() string {
	return fmt.Sprintf("a mistake in crossplug, please report it: %v (%s)", m.Value, m.Place)
}

// Unwrap returns the panic's value if that is an error.
func (m *Mistake) Unwrap() error {
	err, _ := m.Value.(error)
	return err
}

// mistaken makes an error of the value of a panic in a call of the system, which began
// at a depth of calls between host and guest.
func (t *Toolbox) mistaken(depth int, value any) error {
	for t.control.Depth() > depth { // the panic was in what lies between
		t.control.Leave()
	}
	_ = t.Err() // of this call, too: the next must not end with it
	return &Mistake{value, panicked()}
}

// panicked says where the panic was that is being recovered from.
func panicked() string {
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
	for raised := false; ; {
		frame, more := frames.Next()
		switch {
		case frame.Function == "runtime.gopanic":
			raised = true
		case raised && !strings.HasPrefix(frame.Function, "runtime."):
			return fmt.Sprintf("%s:%d", filepath.Base(frame.File), frame.Line)
		case !more:
			return ""
		}
	}
}
