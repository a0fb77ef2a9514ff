//go:build linux

package wire

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The second process of these tests is this test binary, or one built from
// the same source for another architecture.

const (
	childVar = "CROSSPLUG_WIRE_CHILD" // which stream the child uses
	addrVar  = "CROSSPLUG_WIRE_ADDR"
)

const (
	opEcho = iota
	opCallBack
	opHang
	opDie
)

func TestMain(m *testing.M) {
	if how := os.Getenv(childVar); how != "" {
		if err := child(how); err != nil {
			fmt.Fprintln(os.Stderr, "child:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func child(how string) error {
	var stream io.ReadWriteCloser
	var err error
	switch how {
	case "socketpair":
		err = syscall.SetNonblock(3, true)
		stream = os.NewFile(3, "socket")
	case "stdio":
		stream = Pipe(os.Stdin, os.Stdout)
	case "tcp":
		stream, err = net.Dial("tcp", os.Getenv(addrVar))
	case "text":
		fmt.Println("usage: a plug-in that prints")
		return nil
	default:
		err = fmt.Errorf("no stream %q", how)
	}
	if err != nil {
		return err
	}
	c, err := New(context.Background(), stream, Options{Side: Helper, Current: 1, Handler: childHandler})
	if err != nil {
		return err
	}
	<-c.Done()
	if err := c.Err(); !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

func childHandler(ctx context.Context, op uint16, body []byte) ([]byte, error) {
	switch op {
	case opEcho:
		return body, nil
	case opCallBack:
		return FromContext(ctx).Call(ctx, opEcho, append(body, " and back"...))
	case opHang:
		select {}
	case opDie:
		unix.Kill(os.Getpid(), unix.SIGKILL)
		select {}
	}
	return nil, fmt.Errorf("op %d is unknown", op)
}

// startChild starts command with the stream and returns this side's end.
func startChild(t testing.TB, how string, command []string) (io.ReadWriteCloser, *exec.Cmd) {
	t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), childVar+"="+how)
	cmd.Stderr = os.Stderr
	var stream io.ReadWriteCloser
	finish := func() {}
	switch how {
	case "socketpair":
		a, b := socketpair(t)
		cmd.ExtraFiles = []*os.File{b}
		stream, finish = a, func() { b.Close() }
	case "stdio", "text":
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		stream = Pipe(out, in)
	case "tcp":
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		cmd.Env = append(cmd.Env, addrVar+"="+l.Addr().String())
		finish = func() {
			defer l.Close()
			l.(*net.TCPListener).SetDeadline(time.Now().Add(patience))
			var err error
			if stream, err = l.Accept(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	finish()
	return stream, cmd
}

// childFor returns the command that runs this test on an architecture.
func childFor(t *testing.T, arch string) []string {
	t.Helper()
	if arch == runtime.GOARCH {
		return []string{os.Args[0]}
	}
	if testing.Short() {
		t.Skip("builds the test for " + arch)
	}
	binary := filepath.Join(t.TempDir(), "child")
	command := []string{binary}
	if arch != "386" || runtime.GOARCH != "amd64" {
		qemu, err := exec.LookPath("qemu-" + arch + "-static")
		if err != nil {
			t.Skip(err)
		}
		command = []string{qemu, binary}
	}
	build := exec.Command("go", "test", "-c", "-o", binary, ".")
	build.Env = append(os.Environ(), "GOARCH="+arch, "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building for %s: %v\n%s", arch, err, out)
	}
	return command
}

func TestStreams(t *testing.T) {
	for _, tc := range []struct {
		stream, arch string
		direct       bool // frames are written without a goroutine
	}{
		{"socketpair", runtime.GOARCH, true},
		{"stdio", runtime.GOARCH, true},
		{"tcp", runtime.GOARCH, true},
		{"socketpair", "386", true},
		{"stdio", "s390x", true},
	} {
		t.Run(tc.stream+" "+tc.arch, func(t *testing.T) {
			stream, cmd := startChild(t, tc.stream, childFor(t, tc.arch))
			ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
			defer cancel()
			c, err := New(ctx, stream, Options{Side: Host, Current: 1, Handler: echo})
			if err != nil {
				t.Fatal(err)
			}
			if (c.out.direct != nil) != tc.direct {
				t.Errorf("direct writing: %v", c.out.direct != nil)
			}
			want := Hello{ByteOrder: nativeOrder(), WordBits: 64, Current: 1}
			switch tc.arch {
			case "386":
				want.WordBits = 32
			case "s390x":
				want.ByteOrder = binary.BigEndian
			}
			if c.Peer() != want || c.Version() != 1 {
				t.Errorf("peer: %+v, version %d", c.Peer(), c.Version())
			}
			if got, err := c.Call(ctx, opCallBack, []byte("there")); string(got) != "there and back" || err != nil {
				t.Errorf("Call = %q, %v", got, err)
			}
			big := bytes.Repeat([]byte("crossing"), 1<<18)
			if got, err := c.Call(ctx, opEcho, big); !bytes.Equal(got, big) || err != nil {
				t.Errorf("Call: %d bytes, %v", len(got), err)
			}
			if _, err := c.Call(ctx, 99, nil); err == nil || !strings.Contains(err.Error(), "op 99 is unknown") {
				t.Errorf("Call: %v", err)
			}
			empty(t, c)
			if err := c.Close(); err != nil {
				t.Error(err)
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("the child: %v", err)
			}
		})
	}
}

// TestKilledPeer: every caller learns that the process has gone.
func TestKilledPeer(t *testing.T) {
	for _, how := range []string{"socketpair", "stdio", "tcp"} {
		t.Run(how, func(t *testing.T) {
			stream, cmd := startChild(t, how, []string{os.Args[0]})
			c, err := New(t.Context(), stream, Options{Current: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			result := make(chan error, 10)
			for range cap(result) {
				c.Start(t.Context(), opHang, nil, func(_ []byte, err error) { result <- err })
			}
			if _, err := c.Call(t.Context(), opDie, nil); !errors.Is(err, io.EOF) {
				t.Errorf("Call: %v", err)
			}
			for range cap(result) {
				if err := <-result; !errors.Is(err, io.EOF) {
					t.Errorf("Start: %v", err)
				}
			}
			var ee *exec.ExitError
			if err := cmd.Wait(); !errors.As(err, &ee) || ee.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
				t.Errorf("the child: %v", err)
			}
		})
	}
}

// TestHelperThatPrints: what a stray program says must reach the user.
func TestHelperThatPrints(t *testing.T) {
	stream, _ := startChild(t, "text", []string{os.Args[0]})
	_, err := New(t.Context(), stream, Options{Current: 1, PeerName: "helper for arm64"})
	var he *HandshakeError
	if !errors.As(err, &he) || !strings.Contains(err.Error(), `helper for arm64: it sent "usage: a plug-in that prints\n"`) {
		t.Errorf("New: %v", err)
	}
}

// BenchmarkProcess is a round trip to another process. On one processor the
// two take turns; on two, each wake-up has to reach another processor.
func BenchmarkProcess(b *testing.B) {
	for _, how := range []string{"socketpair", "stdio", "tcp"} {
		b.Run(how, func(b *testing.B) {
			stream, _ := startChild(b, how, []string{os.Args[0]})
			c, err := New(b.Context(), stream, Options{Current: 1})
			if err != nil {
				b.Fatal(err)
			}
			defer c.Close()
			body := make([]byte, 64)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Call(b.Context(), opEcho, body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
