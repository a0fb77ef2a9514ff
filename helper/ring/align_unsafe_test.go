package ring

import "unsafe"

// alignment returns how many bytes to skip to reach a multiple of unit.
func alignment(b []byte, unit uintptr) int {
	return int(-uintptr(unsafe.Pointer(&b[0])) & (unit - 1))
}
