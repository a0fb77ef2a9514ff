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
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// patience is more than anything takes that comes at all.
const patience = time.Minute

// socketpair returns two connected stream sockets as files that can be polled.
func socketpair(t testing.TB) (a, b *os.File) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	return os.NewFile(uintptr(fds[0]), "a"), os.NewFile(uintptr(fds[1]), "b")
}

// connect joins two Conns of this process; their streams come from pair.
func connect(t testing.TB, a, b io.ReadWriteCloser, host, helper Options) (*Conn, *Conn) {
	t.Helper()
	host.Side, helper.Side = Host, Helper
	host.Current, helper.Current = 1, 1
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var hc *Conn
	var herr error
	done := make(chan struct{})
	go func() {
		hc, herr = New(ctx, a, host)
		close(done)
	}()
	pc, err := New(ctx, b, helper)
	<-done
	if err != nil || herr != nil {
		t.Fatalf("New: %v, %v", herr, err)
	}
	t.Cleanup(func() { hc.Close(); pc.Close() })
	return hc, pc
}

func connectPair(t testing.TB, host, helper Options) (*Conn, *Conn) {
	a, b := socketpair(t)
	return connect(t, a, b, host, helper)
}

func echo(_ context.Context, op uint16, body []byte) ([]byte, error) { return body, nil }

func TestCall(t *testing.T) {
	host, helper := connectPair(t, Options{}, Options{Handler: func(_ context.Context, op uint16, body []byte) ([]byte, error) {
		switch op {
		case 1:
			return append(body, '!'), nil
		case 2:
			return nil, &RemoteError{Code: 300, Text: "no such plug-in"}
		}
		return nil, fmt.Errorf("op %d is unknown", op)
	}})
	ctx := context.Background()
	got, err := host.Call(ctx, 1, []byte("hello"))
	if err != nil || string(got) != "hello!" {
		t.Fatalf("Call = %q, %v", got, err)
	}
	var re *RemoteError
	if _, err = host.Call(ctx, 2, nil); !errors.As(err, &re) || re.Code != 300 || re.Text != "no such plug-in" {
		t.Errorf("Call of op 2: %v", err)
	}
	if _, err = host.Call(ctx, 3, nil); !errors.As(err, &re) || re.Code != CodeFailed || re.Text != "op 3 is unknown" {
		t.Errorf("Call of op 3: %v", err)
	}
	if _, err = helper.Call(ctx, 1, nil); !errors.As(err, &re) || re.Code != CodeNoHandler {
		t.Errorf("Call of a side without handler: %v", err)
	}
}

// TestNesting computes a factorial whose every level crosses to the other side.
func TestNesting(t *testing.T) {
	handler := func(ctx context.Context, _ uint16, body []byte) ([]byte, error) {
		n := binary.LittleEndian.Uint64(body)
		if n == 0 {
			return binary.LittleEndian.AppendUint64(nil, 0), nil
		}
		sum, err := FromContext(ctx).Call(ctx, 1, binary.LittleEndian.AppendUint64(nil, n-1))
		if err != nil {
			return nil, err
		}
		return binary.LittleEndian.AppendUint64(nil, n+binary.LittleEndian.Uint64(sum)), nil
	}
	host, _ := connectPair(t, Options{Handler: handler}, Options{Handler: handler})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				got, err := host.Call(context.Background(), 1, binary.LittleEndian.AppendUint64(nil, 200))
				if err != nil {
					t.Error(err)
					return
				}
				if n := binary.LittleEndian.Uint64(got); n != 200*201/2 {
					t.Errorf("sum = %d", n)
				}
			}
		})
	}
	wg.Wait()
	host.mu.Lock()
	defer host.mu.Unlock()
	if len(host.chains) != 0 || len(host.calls) != 0 || host.held != 0 || host.handlers != 0 {
		t.Errorf("left over: %d chains, %d calls, %d bytes, %d handlers", len(host.chains), len(host.calls), host.held, host.handlers)
	}
}

func TestManyInFlight(t *testing.T) {
	_, helper := connectPair(t, Options{Handler: echo}, Options{})
	var wg sync.WaitGroup
	for i := range 500 {
		wg.Add(1)
		body := bytes.Repeat([]byte{byte(i)}, i*17)
		helper.Start(context.Background(), uint16(i), body, func(got []byte, err error) {
			defer wg.Done()
			if err != nil || !bytes.Equal(got, body) {
				t.Errorf("%d: %d bytes, %v", i, len(got), err)
			}
		})
	}
	wg.Wait()
}

// TestLargeBothWays sends frames far larger than any socket buffer from both
// sides at once.
func TestLargeBothWays(t *testing.T) {
	for name, pair := range map[string]func() (a, b io.ReadWriteCloser){
		"socketpair": func() (a, b io.ReadWriteCloser) { return socketpair(t) },
		"net.Pipe":   func() (a, b io.ReadWriteCloser) { return net.Pipe() },
	} {
		t.Run(name, func(t *testing.T) {
			a, b := pair()
			host, helper := connect(t, a, b, Options{Handler: echo}, Options{Handler: echo})
			body := bytes.Repeat([]byte("crossing"), 1<<19)
			var wg sync.WaitGroup
			for _, c := range []*Conn{host, helper, host, helper} {
				wg.Go(func() {
					got, err := c.Call(context.Background(), 1, body)
					if err != nil || !bytes.Equal(got, body) {
						t.Errorf("%d bytes, %v", len(got), err)
					}
				})
			}
			wg.Wait()
		})
	}
}

func BenchmarkEcho(b *testing.B) {
	for _, size := range []int{0, 64, 4096, 65536} {
		b.Run(fmt.Sprintf("%dB", size), func(b *testing.B) {
			host, _ := connectPair(b, Options{}, Options{Handler: echo})
			body := make([]byte, size)
			ctx := context.Background()
			b.ReportAllocs()
			b.SetBytes(int64(size))
			for b.Loop() {
				if _, err := host.Call(ctx, 1, body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
