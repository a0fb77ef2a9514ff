package helper

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// currentCPU returns the processor that the calling thread runs on.
func currentCPU() (uint32, error) {
	var cpu uint32
	if _, _, errno := unix.RawSyscall(unix.SYS_GETCPU, uintptr(unsafe.Pointer(&cpu)), 0, 0); errno != 0 {
		return 0, errno
	}
	return cpu, nil
}
