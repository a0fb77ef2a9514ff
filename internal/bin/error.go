// Package bin reads binary formats whose bytes are not to be trusted: a
// bounded view of a file, a cursor over some of its bytes, and the error that
// both report. It never allocates by a number found in a file, so memory
// follows what is really there.
package bin

import (
	"fmt"

	"github.com/crossplug/crossplug/fault"
)

// FormatError says where and how bytes break the rules of their format. It is
// a fault.ErrBadImage.
type FormatError struct {
	Offset int64  // of the offending bytes, from the start of the file; -1 if they are nowhere in it
	Item   string // what they were read as: "loader section: relocation 17"
	Msg    string // the fact and the bound: "import index 9 out of range (8 imports)"
}

func (e *FormatError) Error() string {
	if e.Offset < 0 {
		return fmt.Sprintf("%s: %s", e.Item, e.Msg)
	}
	return fmt.Sprintf("%s at %#x: %s", e.Item, e.Offset, e.Msg)
}

// Is makes errors.Is(err, fault.ErrBadImage) true.
func (e *FormatError) Is(target error) bool { return target == fault.ErrBadImage }
