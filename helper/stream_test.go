package helper

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/fault"
	"github.com/crossplug/crossplug/helper/sysroot"
	"github.com/crossplug/crossplug/helper/wire"
)

// TestStreams talks to the helper over streams other than a socket pair: its
// standard input and output, and TCP. There is no shared memory then.
func TestStreams(t *testing.T) {
	for name, start := range map[string]func(*testing.T, Launch, arch.Arch) io.ReadWriteCloser{
		"standard input and output": overStdio,
		"TCP":                       overTCP,
	} {
		t.Run(name, func(t *testing.T) {
			eachArch(t, func(t *testing.T, a arch.Arch) {
				store, err := sysroot.Default()
				if err != nil {
					t.Fatal(err)
				}
				launch, err := Find(a, nil, store)
				if err != nil {
					t.Skip(err)
				}
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
				defer cancel()
				conn, err := wire.New(ctx, start(t, launch, a), wire.Options{Side: wire.Host, Min: 1, Current: 1, API: apiHash()})
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				var w wire.Writer
				w.U64(0)
				w.String("abs")
				body, err := conn.Call(ctx, opLookup, w.Body())
				if err != nil {
					t.Fatal(err)
				}
				w.Reset()
				w.U64(wire.NewReader(body).U64())
				w.String("ww")
				w.U64(^uint64(41)) // -42
				if body, err = conn.Call(ctx, opCall, w.Body()); err != nil || uint32(wire.NewReader(body).U64()) != 42 {
					t.Errorf("abs(-42) = % x, %v", body, err)
				}
			})
		})
	}
}

// startOn starts the bare helper with the given descriptors for its stream.
func startOn(t *testing.T, l Launch, a arch.Arch, setup func(*exec.Cmd), files []*os.File, args ...string) {
	t.Helper()
	image, err := executable(a)
	if err != nil {
		t.Fatal(err)
	}
	defer image.Close()
	cmd := command(l, a, image, files, args...)
	cmd.Stderr = os.Stderr
	setup(cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		done := make(chan error, 1)
		go func() { done <- cmd.Wait() }()
		select {
		case <-done: // the end of the stream ended it
		case <-time.After(time.Minute):
			t.Error("the helper outlives its stream")
			_ = cmd.Process.Kill()
		}
	})
}

func overStdio(t *testing.T, l Launch, a arch.Arch) io.ReadWriteCloser {
	var in io.WriteCloser
	var out io.ReadCloser
	startOn(t, l, a, func(cmd *exec.Cmd) {
		var err error
		if in, err = cmd.StdinPipe(); err != nil {
			t.Fatal(err)
		}
		if out, err = cmd.StdoutPipe(); err != nil {
			t.Fatal(err)
		}
	}, nil, "0", "1")
	return wire.Pipe(out, in)
}

func overTCP(t *testing.T, l Launch, a arch.Arch) io.ReadWriteCloser {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	theirs, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	ours, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	file, err := theirs.(*net.TCPConn).File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	startOn(t, l, a, func(*exec.Cmd) {}, []*os.File{file}, "3", "3")
	return ours
}

func TestStartDeadline(t *testing.T) {
	_, err := Start(t.Context(), arch.Host(), Options{StartTimeout: time.Nanosecond})
	var h *fault.Hang
	if !errors.As(err, &h) || h.LastCall != "starting" {
		t.Errorf("got %v", err)
	}
}
