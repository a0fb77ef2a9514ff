//go:build linux

package ring

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestMemoryIsShared(t *testing.T) {
	a := newMemory(t, 5000)
	if a.Size() != 2*os.Getpagesize() {
		t.Errorf("5000 bytes became %d", a.Size())
	}
	b, err := Map(int(a.File().Fd()), a.Size())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	copy(a.Bytes()[100:], "seen by both")
	if !bytes.Equal(b.Bytes()[100:112], []byte("seen by both")) {
		t.Error("a write is not seen through the other mapping")
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if string(b.Bytes()[100:112]) != "seen by both" {
		t.Error("closing one mapping emptied the other")
	}
}

func TestMemoryIsSealed(t *testing.T) {
	m := newMemory(t, 8192)
	fd := int(m.File().Fd())
	for _, size := range []int64{0, 4096, 16384} {
		if err := unix.Ftruncate(fd, size); err != unix.EPERM {
			t.Errorf("truncating to %d: %v", size, err)
		}
	}
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, unix.F_SEAL_WRITE); err != unix.EPERM {
		t.Errorf("adding a seal: %v", err)
	}
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	if err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("descriptor flags %#x, %v: it would leak into every child", flags, err)
	}
}

func TestMapRefuses(t *testing.T) {
	memfd := func(flags, seals int) int {
		fd, err := unix.MemfdCreate("test", unix.MFD_CLOEXEC|flags)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.Close(fd) })
		if err := unix.Ftruncate(fd, 4096); err != nil {
			t.Fatal(err)
		}
		if seals != 0 {
			if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals); err != nil {
				t.Fatal(err)
			}
		}
		return fd
	}
	plain, err := os.Create(filepath.Join(t.TempDir(), "plain"))
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	for _, tc := range []struct {
		name     string
		fd, size int
		want     string
	}{
		{"closed", 1 << 20, 4096, "bad file descriptor"},
		{"plain file", int(plain.Fd()), 4096, "seal"}, // on a tmpfs it has one seal, elsewhere it cannot have any
		{"no sealing", memfd(0, 0), 4096, "seals"},
		{"not sealed", memfd(unix.MFD_ALLOW_SEALING, 0), 4096, "seals"},
		{"can shrink", memfd(unix.MFD_ALLOW_SEALING, unix.F_SEAL_GROW|unix.F_SEAL_SEAL), 4096, "seals"},
		{"too small", memfd(unix.MFD_ALLOW_SEALING, seals), 8192, "has 4096 bytes, 8192 were announced"},
		{"too large", memfd(unix.MFD_ALLOW_SEALING, seals), 2048, "has 4096 bytes, 2048 were announced"},
		{"empty", memfd(unix.MFD_ALLOW_SEALING, seals), 0, "0 were announced"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m, err := Map(tc.fd, tc.size)
			if err == nil {
				m.Close()
				t.Fatal("Map succeeded")
			}
			if !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Map: %v, want %q in it", err, tc.want)
			}
		})
	}
	for _, size := range []int{-1, 0, 1<<31 - 1} {
		if _, err := Create(size); err == nil {
			t.Errorf("Create(%d) succeeded", size)
		}
	}
}

// TestUseAfterClose does everything that a goroutine which has not noticed
// the end may do.
func TestUseAfterClose(t *testing.T) {
	m := newMemory(t, Bytes(4096))
	p, c := newRing(t, m, 4096)
	pool, err := NewPool(m, 0, 4096)
	if err != nil {
		t.Fatal(err)
	}
	word, _ := m.Word(0)
	held := m.Bytes()
	held[4096] = 'x'
	if _, err := p.Write(t.Context(), make([]byte, 4096)); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := m.File().Write([]byte("x")); !errors.Is(err, os.ErrClosed) {
		t.Errorf("the file is open after Close: %v", err)
	}
	if held[4096] != 0 {
		t.Error("the shared memory is still mapped after Close")
	}
	held[0] = 1
	word.Store(5)
	word.Wake()
	if _, err := word.Wait(5, time.Second); !errors.Is(err, ErrClosed) {
		t.Errorf("Wait: %v", err)
	}
	if _, err := p.Write(t.Context(), []byte("x")); !errors.Is(err, ErrClosed) {
		t.Errorf("Write: %v", err)
	}
	if _, err := c.Read(t.Context(), make([]byte, 1)); !errors.Is(err, ErrClosed) {
		t.Errorf("Read: %v", err)
	}
	b, err := pool.Alloc(10)
	if err != nil {
		t.Fatal(err)
	}
	copy(pool.Bytes(b), "still safe")
	runtime.KeepAlive(m)
}

// TestNothingIsLeft makes and closes memory until a leak of descriptors or
// address space would show.
func TestNothingIsLeft(t *testing.T) {
	count := func() (files, maps int) {
		runtime.GC() // queues the cleanups, and a goroutine runs them
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile("/proc/self/maps")
		if err != nil {
			t.Fatal(err)
		}
		return len(entries), bytes.Count(text, []byte("\n"))
	}
	files, maps := count()
	for range 1000 {
		m, err := Create(1 << 16)
		if err != nil {
			t.Fatal(err)
		}
		m.Bytes()[0] = 1
		m.Close()
	}
	var files2, maps2 int
	for range 1500 {
		if files2, maps2 = count(); files2 <= files && maps2 <= maps+100 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("1000 cycles later: %d files (%d before), %d mappings (%d before)", files2, files, maps2, maps)
}
