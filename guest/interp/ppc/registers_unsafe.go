package ppc

import "unsafe"

// registers returns c.R as an array that every uint8 is an index of, which saves
// the inner loop a check or a mask for each operand. Indices are 0 to 31; what is
// behind these registers is c's own.
func (c *CPU) registers() *[256]uint32 { return (*[256]uint32)(unsafe.Pointer(&c.R)) }

// registerSpace makes a CPU large enough for the array of registers.
type registerSpace [256]uint32
