//go:build linux || darwin

package memory

import (
	"math"

	"golang.org/x/sys/unix"
)

// reserve asks for address space that takes memory page by page as it is used.
func reserve(size uint64) ([]byte, func() error, error) {
	if size > math.MaxInt {
		return nil, nil, unix.ENOMEM
	}
	b, err := unix.Mmap(-1, 0, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		return nil, nil, err
	}
	return b, func() error { return unix.Munmap(b) }, nil
}
