package ring

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// ErrClosed is returned by waits on a Memory that was closed.
var ErrClosed = errors.New("ring: memory is closed")

// ErrCorrupt is found in errors about values that a correct peer never writes.
var ErrCorrupt = errors.New("the peer wrote an impossible value")

// Memory is memory shared with another process. Its methods may be called
// concurrently.
type Memory struct {
	bytes []byte
	file  *os.File // nil on the side that mapped it

	sleepers atomic.Int32 // goroutines of this process in futexWait, or about to be
	stopped  atomic.Bool  // cause is set
	mu       sync.Mutex
	cause    error                // returned by every wait from now on
	words    map[*uint32]struct{} // all that were ever made: what Interrupt wakes
	unmap    func() error         // nil after Close
}

// Create makes size bytes of zeroed shared memory, rounded up to whole pages.
// The size can not be changed by anybody afterwards: a peer that could shrink
// the file would make every access here a bus error.
func Create(size int) (*Memory, error) {
	page := os.Getpagesize()
	if limit := math.MaxInt32 / page * page; size <= 0 || size > limit {
		return nil, fmt.Errorf("ring: create shared memory of %d bytes (1 to %d)", size, limit)
	}
	size = (size + page - 1) / page * page
	file, err := createSealed(size)
	if err != nil {
		return nil, fmt.Errorf("ring: create shared memory of %d bytes: %w", size, err)
	}
	m, err := mapFile(int(file.Fd()), size)
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("ring: map %d bytes: %w", size, err)
	}
	m.file = file
	return m, nil
}

// Map maps memory that the other process created; size is what its Size
// returned. Nothing is mapped unless the file has that size and seals that
// keep it. The descriptor stays the caller's and may be closed afterwards.
func Map(fd int, size int) (*Memory, error) {
	if err := checkSealed(fd, size); err != nil {
		return nil, fmt.Errorf("ring: descriptor %d: %w", fd, err)
	}
	m, err := mapFile(fd, size)
	if err != nil {
		return nil, fmt.Errorf("ring: map %d bytes of descriptor %d: %w", size, fd, err)
	}
	return m, nil
}

// File returns the file to pass to the other process, nil if this side mapped
// it itself. Memory keeps it.
func (m *Memory) File() *os.File { return m.file }

// Size returns the number of bytes.
func (m *Memory) Size() int { return len(m.bytes) }

// Bytes returns the memory itself. The peer may change it at any time: copy
// first, then check the copy. The slice must not be used after Close.
func (m *Memory) Bytes() []byte { return m.bytes }

// Word returns the word at a byte offset, which must be a multiple of 4.
func (m *Memory) Word(offset uint32) (Word, error) {
	if offset%4 != 0 || uint64(offset)+4 > uint64(len(m.bytes)) {
		return Word{}, fmt.Errorf("ring: word at %d in memory of %d bytes (a multiple of 4)", offset, len(m.bytes))
	}
	p := wordAt(m.bytes, offset)
	m.mu.Lock()
	m.words[p] = struct{}{}
	m.mu.Unlock()
	return Word{m, p}, nil
}

// Interrupt makes every wait on this memory, now and from now on, return
// cause. The supervisor of the other process calls it when that process has
// died: the dead wake nobody, and nothing in shared memory can be trusted to
// say so. The first cause stays.
func (m *Memory) Interrupt(cause error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.cause == nil {
		m.cause = cause
		m.stopped.Store(true)
	}
	// A goroutine may be on its way into the kernel, where a wake-up cannot
	// reach it yet. So repeat until all have left.
	for pause := 10 * time.Microsecond; m.sleepers.Load() > 0; pause = min(2*pause, time.Millisecond) {
		for p := range m.words {
			futexWake(p)
		}
		time.Sleep(pause)
	}
}

// Err returns nil, or what Interrupt or Close said.
func (m *Memory) Err() error {
	if !m.stopped.Load() {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.cause
}

// Close ends all waits with ErrClosed and gives the shared memory back. A
// late access through a Word, a ring or Bytes is harmless while m is reachable:
// it meets private zeroed memory in the same place. Closing again does nothing.
func (m *Memory) Close() error {
	m.Interrupt(ErrClosed)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.unmap == nil {
		return nil
	}
	err := m.unmap()
	m.unmap = nil
	if m.file != nil {
		err = errors.Join(err, m.file.Close())
	}
	return err
}

// Word is a little-endian u32 in shared memory. Loads and stores are atomic and
// sequentially consistent.
type Word struct {
	m *Memory
	p *uint32
}

// little converts between a little-endian word and a number.
func little(v uint32) uint32 {
	var b [4]byte
	binary.NativeEndian.PutUint32(b[:], v)
	return binary.LittleEndian.Uint32(b[:])
}

func (w Word) Load() uint32 {
	v := little(atomic.LoadUint32(w.p))
	runtime.KeepAlive(w.m)
	return v
}

// Store is for the one side that writes the word. It wakes nobody.
func (w Word) Store(v uint32) {
	atomic.StoreUint32(w.p, little(v))
	runtime.KeepAlive(w.m)
}

// Wake wakes everybody, in both processes, who waits on the word.
func (w Word) Wake() {
	futexWake(w.p)
	runtime.KeepAlive(w.m)
}

// Wait sleeps until the word differs from old and returns its value. After the
// timeout it returns os.ErrDeadlineExceeded; a negative timeout never passes.
// After Memory.Interrupt or Close it returns their cause.
//
// Only a store that is followed by Wake ends a wait in time. Wait occupies an
// operating system thread.
func (w Word) Wait(old uint32, timeout time.Duration) (uint32, error) {
	if v := w.Load(); v != old {
		return v, nil
	}
	var start time.Time
	if timeout >= 0 {
		start = time.Now()
	}
	for left := timeout; ; {
		err := w.sleep(old, left)
		if v := w.Load(); v != old {
			return v, nil
		}
		if err != nil {
			return old, err
		}
		if timeout >= 0 { // woken for nothing, for example by a signal
			left = max(timeout-time.Since(start), 0)
		}
	}
}

// WaitContext is Wait that ends with a context instead of a timeout.
func (w Word) WaitContext(ctx context.Context, old uint32) (uint32, error) {
	if v := w.Load(); v != old {
		return v, nil
	}
	if ctx.Done() == nil {
		return w.Wait(old, -1)
	}
	var left atomic.Bool
	stop := context.AfterFunc(ctx, func() {
		for !left.Load() { // as in Interrupt: it may not be asleep yet
			w.Wake()
			time.Sleep(50 * time.Microsecond)
		}
	})
	defer stop()
	defer left.Store(true)
	for {
		if v := w.Load(); v != old {
			return v, nil
		}
		if ctx.Err() != nil {
			return old, context.Cause(ctx)
		}
		if err := w.sleep(old, -1); err != nil {
			return old, err
		}
	}
}

// sleep waits for one wake-up, which may be spurious. A negative timeout never
// passes.
func (w Word) sleep(old uint32, timeout time.Duration) error {
	// In this order: Interrupt sets stopped and then looks for sleepers.
	m := w.m
	m.sleepers.Add(1)
	var err error
	if !m.stopped.Load() {
		err = futexWait(w.p, little(old), timeout)
	}
	m.sleepers.Add(-1)
	if m.stopped.Load() {
		return m.Err() // Interrupt holds the lock until nobody sleeps
	}
	return err
}
