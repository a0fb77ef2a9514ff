package ppc

import "unsafe"

// The inner loop goes from uop to uop by their addresses, which takes fewer
// instructions than by an index. Every page ends with a uop that leads out of it,
// so that next is not called for the last one.

const uopSize = unsafe.Sizeof(uop{})

// place is for comparing, and for how far things are apart.
func (u *uop) place() uintptr { return uintptr(unsafe.Pointer(u)) }

// next returns the uop after u.
func (u *uop) next() *uop { return (*uop)(unsafe.Add(unsafe.Pointer(u), uopSize)) }

// place is that of the page's first uop.
func (p *page) place() uintptr { return uintptr(unsafe.Pointer(p)) }

// at returns the uop for the instruction at an address in the page, given four
// times the address, as uops are four times as large as instructions.
func (p *page) at(addr4 uint32) *uop {
	return (*uop)(unsafe.Add(unsafe.Pointer(p), addr4&(4*pageMask-12)))
}

// offset returns where in the page the instruction of a uop is.
func (p *page) offset(u *uop) uint32 { return uint32((u.place() - p.place()) / uopSize * 4) }

var (
	_ [-unsafe.Offsetof(page{}.ops)]byte // ops come first
	_ [uopSize - 4*4]byte
	_ [4*4 - uopSize]byte
)

// registers returns c.R as an array that every uint8 is an index of, which saves
// the inner loop a check or a mask for each operand. Indices are 0 to 31, and
// noRegister.
func (c *CPU) registers() *[256]uint32 { return (*[256]uint32)(unsafe.Pointer(&c.R)) }

// noRegister is the index of what is always 0. It is in registerSpace, as all of
// the CPU's own takes less than the array.
const noRegister = 255

// registerSpace is the end of a CPU, which makes it larger than the array.
type registerSpace [256]uint32

var (
	_ [unsafe.Sizeof(CPU{}) - unsafe.Sizeof(registerSpace{}) - 1]byte
	_ [noRegister*4 - (unsafe.Sizeof(CPU{}) - unsafe.Sizeof(registerSpace{}))]byte // or noRegister is something else
)
