//go:build !linux

package ring

import (
	"errors"
	"os"
	"time"
	"unsafe"
)

// Sealed memory and waits across processes are Linux's. Elsewhere helpers work
// over package wire alone.

func createSealed(int) (*os.File, error) { return nil, errors.ErrUnsupported }

func checkSealed(int, int) error { return errors.ErrUnsupported }

func mapFile(int, int) (*Memory, error) { return nil, errors.ErrUnsupported }

func wordAt(b []byte, offset uint32) *uint32 {
	return (*uint32)(unsafe.Pointer(&b[offset]))
}

func futexWait(*uint32, uint32, time.Duration) error { return errors.ErrUnsupported }

func futexWake(*uint32) {}
