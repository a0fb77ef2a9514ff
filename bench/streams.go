package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/crossplug/crossplug/helper"
	"github.com/crossplug/crossplug/helper/ring"
)

// Bytes go from this process to another, which is this program again as its
// own helper: it copies them out and answers when it has them all.

const (
	chunk    = 64 << 10  // written and read at once
	ringSize = 256 << 10 // and the pipe's and the socket's buffers
	portion  = 4 << 20   // bytes that one operation moves
)

// streamProcs are what the other process does: each takes a number of bytes
// from its stream. in is that number, and the path of the stream.
var streamProcs = helper.GoProcs{
	"ring": func(ctx context.Context, peer *helper.Peer, in []byte) ([]byte, error) {
		c, err := ring.NewConsumer(peer.Memory(), 0, ringSize)
		if err != nil {
			return nil, err
		}
		buffer := make([]byte, chunk)
		for left := binary.LittleEndian.Uint64(in); left > 0; {
			n, err := c.Read(ctx, buffer[:min(left, chunk)])
			if err != nil {
				return nil, err
			}
			left -= uint64(n)
		}
		return nil, nil
	},
	"unix": func(_ context.Context, _ *helper.Peer, in []byte) ([]byte, error) {
		c, err := net.Dial("unix", string(in[8:]))
		if err != nil {
			return nil, err
		}
		defer c.Close()
		return nil, readAll(c, in)
	},
	"pipe": func(_ context.Context, _ *helper.Peer, in []byte) ([]byte, error) {
		f, err := os.Open(string(in[8:]))
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return nil, readAll(f, in)
	},
}

// readAll reads as many bytes as in says.
func readAll(r io.Reader, in []byte) error {
	buffer := make([]byte, chunk)
	for left := binary.LittleEndian.Uint64(in); left > 0; {
		n, err := r.Read(buffer[:min(left, chunk)])
		if err != nil {
			return err
		}
		left -= uint64(n)
	}
	return nil
}

// streamGroup measures the ring of package ring against what the kernel has.
func streamGroup(l *lab) []contestant {
	gigabytes := perSecond("GB/s", portion/1e9)
	return []contestant{
		{name: "stream/ring", unit: gigabytes, peers: []string{"stream/unix", "stream/pipe"}, start: l.startRing},
		{name: "stream/unix", unit: gigabytes, start: l.startUnix},
		{name: "stream/pipe", unit: gigabytes, start: l.startPipe},
	}
}

// startStream starts the other process. open begins a transfer: it returns
// where to write, once the other process is to read.
func startStream(ctx context.Context, proc, path string, open func(*helper.Peer) (io.WriteCloser, error), stop func()) (running, error) {
	peer, err := helper.StartSelf(ctx, nil, helper.Options{SharedMemory: ring.Bytes(ringSize)})
	if err != nil {
		stop()
		return running{}, err
	}
	buffer := make([]byte, chunk)
	run := func(ctx context.Context, n int) (time.Duration, error) {
		in := append(binary.LittleEndian.AppendUint64(nil, uint64(n)*portion), path...)
		done := make(chan error, 1)
		go func() {
			_, err := peer.Call(ctx, proc, in)
			done <- err
		}()
		w, err := open(peer)
		if err != nil {
			return 0, err
		}
		begin := time.Now()
		for range n * portion / chunk {
			if _, err := w.Write(buffer); err != nil {
				return 0, errors.Join(err, w.Close())
			}
		}
		err = <-done
		took := time.Since(begin)
		return took, errors.Join(err, w.Close())
	}
	return running{run: run, stop: func() {
		_ = peer.Close()
		stop()
	}}, nil
}

// ringWriter is a Producer as an io.WriteCloser. The ring stays open for the
// next transfer.
type ringWriter struct {
	ctx context.Context
	*ring.Producer
}

func (w ringWriter) Write(b []byte) (int, error) { return w.Producer.Write(w.ctx, b) }
func (w ringWriter) Close() error                { return nil }

func (l *lab) startRing(ctx context.Context) (running, error) {
	var producer *ring.Producer
	return startStream(ctx, "ring", "", func(peer *helper.Peer) (_ io.WriteCloser, err error) {
		if producer == nil {
			producer, err = ring.NewProducer(peer.Memory(), 0, ringSize)
		}
		return ringWriter{ctx, producer}, err
	}, func() {})
}

func (l *lab) startUnix(ctx context.Context) (running, error) {
	path := filepath.Join(l.dir, "socket")
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		return running{}, err
	}
	return startStream(ctx, "unix", path, func(*helper.Peer) (io.WriteCloser, error) {
		c, err := listener.AcceptUnix()
		if err != nil {
			return nil, err
		}
		return c, c.SetWriteBuffer(ringSize)
	}, func() { listener.Close() })
}

func (l *lab) startPipe(ctx context.Context) (running, error) {
	path := filepath.Join(l.dir, "pipe")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		return running{}, fmt.Errorf("mkfifo: %w", err)
	}
	return startStream(ctx, "pipe", path, func(*helper.Peer) (io.WriteCloser, error) {
		f, err := os.OpenFile(path, os.O_WRONLY, 0) // waits for the reader
		if err != nil {
			return nil, err
		}
		if _, err := unix.FcntlInt(f.Fd(), unix.F_SETPIPE_SZ, ringSize); err != nil {
			return nil, errors.Join(fmt.Errorf("resizing a pipe: %w", err), f.Close())
		}
		return f, nil
	}, func() {})
}
