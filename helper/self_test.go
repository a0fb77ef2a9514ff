package helper

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crossplug/crossplug/fault"
	"github.com/crossplug/crossplug/helper/ring"
	"github.com/crossplug/crossplug/helper/wire"
)

// The test program is its own helper.
func TestMain(m *testing.M) {
	if Serve(testProcs) {
		return
	}
	os.Exit(m.Run())
}

const ringSize = 1 << 16

var testProcs = GoProcs{
	"upper": func(_ context.Context, _ *Peer, in []byte) ([]byte, error) { return bytes.ToUpper(in), nil },
	"fail":  func(context.Context, *Peer, []byte) ([]byte, error) { return nil, errors.New("no luck") },
	"panic": func(context.Context, *Peer, []byte) ([]byte, error) { panic("a bug") },
	"exit":  func(context.Context, *Peer, []byte) ([]byte, error) { os.Exit(3); return nil, nil },
	"hang":  func(context.Context, *Peer, []byte) ([]byte, error) { select {} },
	// deeper(n) calls the host's deeper(n-1), which calls this one again.
	"deeper": func(ctx context.Context, p *Peer, in []byte) ([]byte, error) {
		if in[0] == 0 {
			return nil, nil
		}
		out, err := p.Call(ctx, "deeper", []byte{in[0] - 1})
		return append(out, 'h'), err
	},
	// sum adds up the bytes that come through the ring.
	"sum": func(ctx context.Context, p *Peer, _ []byte) ([]byte, error) {
		c, err := ring.NewConsumer(p.Memory(), 0, ringSize)
		if err != nil {
			return nil, err
		}
		var sum uint64
		b := make([]byte, 5000)
		for {
			n, err := c.Read(ctx, b)
			if errors.Is(err, io.EOF) {
				return fmt.Append(nil, sum), nil
			}
			if err != nil {
				return nil, err
			}
			for _, v := range b[:n] {
				sum += uint64(v)
			}
		}
	},
}

func beginSelf(t *testing.T, procs GoProcs, opt Options) *Peer {
	t.Helper()
	p, err := StartSelf(t.Context(), procs, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func TestSelf(t *testing.T) {
	ctx := t.Context()
	p := beginSelf(t, nil, Options{})
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			out, err := p.Call(ctx, "upper", fmt.Append(nil, "text ", i))
			if want := fmt.Sprint("TEXT ", i); err != nil || string(out) != want {
				t.Errorf("%q, %v; want %q", out, err, want)
			}
		})
	}
	wg.Wait()
	if _, err := p.Call(ctx, "nothing", nil); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("a procedure that is not there: %v", err)
	}
	var remote *wire.RemoteError
	if _, err := p.Call(ctx, "fail", nil); !errors.As(err, &remote) || remote.Text != "no luck" {
		t.Errorf("a procedure that fails: %v", err)
	}
}

func TestSelfNests(t *testing.T) {
	var p *Peer
	p = beginSelf(t, GoProcs{"deeper": func(ctx context.Context, _ *Peer, in []byte) ([]byte, error) {
		if in[0] == 0 {
			return nil, nil
		}
		out, err := p.Call(ctx, "deeper", []byte{in[0] - 1})
		return append(out, 'p'), err
	}}, Options{})
	out, err := p.Call(t.Context(), "deeper", []byte{100})
	if want := strings.Repeat("ph", 50); err != nil || string(out) != want {
		t.Errorf("%q, %v", out, err)
	}
}

func TestSelfBulk(t *testing.T) {
	ctx := t.Context()
	p := beginSelf(t, nil, Options{})
	producer, err := ring.NewProducer(p.Memory(), 0, ringSize)
	if err != nil {
		t.Fatal(err)
	}
	const n = 10 << 20
	go func() {
		chunk := bytes.Repeat([]byte{7}, 4096)
		for range n / len(chunk) {
			if _, err := producer.Write(ctx, chunk); err != nil {
				t.Error(err)
			}
		}
		producer.Close()
	}()
	if out, err := p.Call(ctx, "sum", nil); err != nil || string(out) != fmt.Sprint(7*n) {
		t.Errorf("%s, %v", out, err)
	}
}

func TestSelfDies(t *testing.T) {
	for name, check := range map[string]func(error) bool{
		"panic": func(err error) bool {
			var c *fault.Crash
			return errors.As(err, &c) && strings.Contains(c.Output, "goroutine") && strings.Contains(c.LastCall, "panic")
		},
		"exit": func(err error) bool {
			var c *fault.Crash
			return errors.As(err, &c) && c.Exit == 3
		},
		"hang": func(err error) bool { return errors.Is(err, fault.ErrHung) },
	} {
		var opt Options
		if name == "hang" {
			opt.CallTimeout = time.Second
		}
		p := beginSelf(t, nil, opt)
		if _, err := p.Call(t.Context(), name, nil); !check(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestServeInTheProgramItself(t *testing.T) {
	if Serve(testProcs) {
		t.Error("this is not a helper")
	}
}
