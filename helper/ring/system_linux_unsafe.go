//go:build linux

package ring

import (
	"fmt"
	"os"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const seals = unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_SEAL

func createSealed(size int) (*os.File, error) {
	const flags = unix.MFD_CLOEXEC | unix.MFD_ALLOW_SEALING
	fd, err := unix.MemfdCreate("crossplug", flags|unix.MFD_NOEXEC_SEAL)
	if err == unix.EINVAL { // Linux before 6.3 does not know MFD_NOEXEC_SEAL
		fd, err = unix.MemfdCreate("crossplug", flags)
	}
	if err != nil {
		return nil, fmt.Errorf("memfd_create: %w", err)
	}
	file := os.NewFile(uintptr(fd), "shared memory")
	if err := unix.Ftruncate(fd, int64(size)); err != nil {
		file.Close()
		return nil, fmt.Errorf("ftruncate: %w", err)
	}
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals); err != nil {
		file.Close()
		return nil, fmt.Errorf("add seals: %w", err)
	}
	return file, nil
}

func checkSealed(fd, size int) error {
	got, err := unix.FcntlInt(uintptr(fd), unix.F_GET_SEALS, 0)
	if err != nil {
		return fmt.Errorf("is not sealed memory: %w", err)
	}
	if got&seals != seals {
		return fmt.Errorf("has seals %#x, %#x are needed", got, seals)
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return fmt.Errorf("fstat: %w", err)
	}
	if size <= 0 || st.Size != int64(size) {
		return fmt.Errorf("has %d bytes, %d were announced", st.Size, size)
	}
	return nil
}

func mapFile(fd, size int) (*Memory, error) {
	p, err := unix.MmapPtr(fd, 0, nil, uintptr(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	m := &Memory{bytes: unsafe.Slice((*byte)(p), size), words: make(map[*uint32]struct{})}
	m.unmap = func() error {
		// The shared pages go now. The addresses stay taken by private memory
		// until nothing refers to m, so that a late access can neither crash nor
		// meet what the next mmap puts there.
		_, err := unix.MmapPtr(-1, 0, p, uintptr(size), unix.PROT_READ|unix.PROT_WRITE,
			unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_FIXED|unix.MAP_NORESERVE)
		if err != nil {
			return fmt.Errorf("ring: unmap: %w", err)
		}
		runtime.AddCleanup(m, func(a uintptr) { munmap(a, uintptr(size)) }, uintptr(p))
		return nil
	}
	return m, nil
}

func munmap(addr, size uintptr) {
	unix.Syscall(unix.SYS_MUNMAP, addr, size, 0)
}

// wordAt returns the address of 4 bytes; the caller has checked the offset.
func wordAt(b []byte, offset uint32) *uint32 {
	return (*uint32)(unsafe.Pointer(&b[offset]))
}

// The futex operations without FUTEX_PRIVATE_FLAG: the waiter is in another
// process (futex(2)).
const (
	opWait = 0
	opWake = 1
)

// futexWait sleeps while *p == raw, at most timeout if that is not negative. It
// returns nil for a wake-up, a changed value and an interruption by a signal
// alike: the caller looks again.
func futexWait(p *uint32, raw uint32, timeout time.Duration) error {
	// Both system calls used take 64-bit times; see futexCall.
	var ts *[2]int64
	if timeout >= 0 {
		ts = &[2]int64{int64(timeout / time.Second), int64(timeout % time.Second)}
	}
	_, _, errno := unix.Syscall6(futexCall, uintptr(unsafe.Pointer(p)), opWait, uintptr(raw), uintptr(unsafe.Pointer(ts)), 0, 0)
	switch errno {
	case 0, unix.EAGAIN, unix.EINTR:
		return nil
	case unix.ETIMEDOUT:
		return os.ErrDeadlineExceeded
	}
	return fmt.Errorf("ring: futex wait: %w", errno)
}

// futexWake never blocks, so the scheduler need not know of it.
func futexWake(p *uint32) {
	const everybody = 1<<31 - 1
	unix.RawSyscall6(futexCall, uintptr(unsafe.Pointer(p)), opWake, everybody, 0, 0, 0)
}
