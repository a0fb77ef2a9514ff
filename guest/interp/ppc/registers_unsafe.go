package ppc

import "unsafe"

// registers returns c.R as an array that every uint8 is an index of, which saves
// the inner loop a check or a mask for each operand. Indices are 0 to 31, and
// noRegister.
func (c *CPU) registers() *[256]uint32 { return (*[256]uint32)(unsafe.Pointer(&c.R)) }

// noRegister is the index of what is always 0. It is in registerSpace, as all of
// the CPU's own takes less than the array.
const noRegister = 255

// registerSpace is the end of a CPU, which makes it larger than the array.
type registerSpace [256]uint32

var _ [unsafe.Sizeof(CPU{}) - unsafe.Sizeof(registerSpace{}) - 1]byte
var _ [noRegister*4 - (unsafe.Sizeof(CPU{}) - unsafe.Sizeof(registerSpace{}))]byte // or noRegister is something else
