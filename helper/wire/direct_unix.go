//go:build unix

package wire

import (
	"io"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// direct writes to a descriptor without waiting for it to take everything, so
// that a caller can write its own frame and still leave when its context ends.
// One goroutine at a time may use it.
type direct struct {
	raw syscall.RawConn
	buf []byte
	n   int
	err error
	try func(fd uintptr) bool // made once: a closure per write would be allocated
}

// newDirect returns nil for a stream that is not a non-blocking descriptor.
// Types are listed because a type that embeds one of these may have a Write of
// its own.
func newDirect(rw io.ReadWriteCloser) *direct {
	var w any = rw
	if p, ok := rw.(*pipe); ok {
		w = p.w
	}
	var sc syscall.Conn
	switch w := w.(type) {
	case *os.File:
		sc = w
	case *net.UnixConn:
		sc = w
	case *net.TCPConn:
		sc = w
	default:
		return nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil
	}
	flags := 0
	if err := raw.Control(func(fd uintptr) {
		flags, err = unix.FcntlInt(fd, unix.F_GETFL, 0)
	}); err != nil || flags&unix.O_NONBLOCK == 0 {
		return nil
	}
	d := &direct{raw: raw}
	d.try = func(fd uintptr) bool {
		for {
			d.n, d.err = unix.Write(int(fd), d.buf)
			if d.err != unix.EINTR {
				return true
			}
		}
	}
	return d
}

// write returns how many bytes the stream took, without an error if it took
// none because it is full.
func (d *direct) write(b []byte) (int, error) {
	d.buf = b
	err := d.raw.Write(d.try)
	d.buf = nil
	if err == nil {
		err = d.err
	}
	if err == unix.EAGAIN {
		return 0, nil
	}
	return max(d.n, 0), err
}
