package m68k

import "unsafe"

// registers returns D0 to D7 and A0 to A7 as one array: the register file has one
// after the other.
func (c *CPU) registers() *[16]uint32 { return (*[16]uint32)(unsafe.Pointer(&c.M68K)) }

// The register file begins with them.
var _ = [1]struct{}{}[unsafe.Offsetof(CPU{}.M68K.D)|unsafe.Offsetof(CPU{}.M68K.A)-32]
