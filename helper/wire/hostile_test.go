//go:build linux

package wire

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// rawPeer is a helper that the test plays frame by frame.
type rawPeer struct {
	t    *testing.T
	conn *Conn // the host's end
	s    *os.File
}

func newRawPeer(t *testing.T, host Options) *rawPeer {
	t.Helper()
	a, b := socketpair(t)
	t.Cleanup(func() { b.Close() })
	if _, err := b.Write(hello(1).encode()); err != nil {
		t.Fatal(err)
	}
	host.Current = 1
	c, err := New(t.Context(), a, host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if _, err := io.ReadFull(b, make([]byte, helloSize)); err != nil {
		t.Fatal(err)
	}
	return &rawPeer{t, c, b}
}

func hello(version uint16) Hello {
	return Hello{ByteOrder: binary.BigEndian, WordBits: 32, Min: 1, Current: version}
}

func (p *rawPeer) send(h header, body []byte) {
	p.t.Helper()
	h.length = uint32(len(body))
	b := make([]byte, headerSize)
	h.put(b)
	if _, err := p.s.Write(append(b, body...)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *rawPeer) receive() (header, []byte) {
	p.t.Helper()
	p.s.SetReadDeadline(time.Now().Add(patience))
	h, body, err := readFrame(p.s, 64<<20)
	if err != nil {
		p.t.Fatal(err)
	}
	return h, body
}

func TestBreaches(t *testing.T) {
	blocked := make(chan bool)
	defer close(blocked)
	block := func(context.Context, uint16, []byte) ([]byte, error) {
		<-blocked
		return nil, nil
	}
	frame := func(kind uint16, op uint16, id, chain uint32, body ...byte) []byte {
		b := make([]byte, headerSize)
		header{uint32(len(body)), kind, op, id, chain}.put(b)
		return append(b, body...)
	}
	join := func(frames ...[]byte) (all []byte) {
		for _, f := range frames {
			all = append(all, f...)
		}
		return all
	}
	// The host has one call under way: op 5, request 1, chain 1.
	for _, tc := range []struct {
		name  string
		bytes []byte
		want  string
	}{
		{"unknown kind", frame(4, 1, 1, 1), "unknown kind 4"},
		{"kind 0", frame(0, 1, 1, 1), "unknown kind 0"},
		{"huge body", []byte{0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, "4294967295 bytes (at most 1048576)"},
		{"answer to nothing", frame(kindAnswer, 5, 99, 1), "request 99, which is not waiting"},
		{"answer on another chain", frame(kindAnswer, 5, 1, 3), "on chain 3, which was made on chain 1"},
		{"answer with another op", frame(kindAnswer, 6, 1, 1), "with op 6, which was made with op 5"},
		{"second answer", join(frame(kindAnswer, 5, 1, 1), frame(kindAnswer, 5, 1, 1)), "request 1, which is not waiting"},
		{"short error", frame(kindError, 5, 1, 1, 1, 2, 3), "body of 3 bytes"},
		{"chain 0", frame(kindRequest, 1, 1, 0), "chain 0, which is not under way"},
		{"chain of the host that never was", frame(kindRequest, 1, 1, 3), "chain 3, which is not under way"},
		{"second request on the host's chain", join(frame(kindRequest, 1, 1, 1), frame(kindRequest, 1, 2, 1)), "request 2 on chain 1, which runs on this side"},
		{"second request on its own chain", join(frame(kindRequest, 1, 1, 2), frame(kindRequest, 1, 2, 2)), "request 2 on chain 2, which runs on this side"},
		{"too many chains", join(frame(kindRequest, 1, 1, 2), frame(kindRequest, 1, 2, 4), frame(kindRequest, 1, 3, 6), frame(kindRequest, 1, 4, 8), frame(kindRequest, 1, 5, 10)),
			"5 chains at once (at most 4)"},
		{"too many bytes", join(frame(kindRequest, 1, 1, 2, make([]byte, 900_000)...), frame(kindRequest, 1, 2, 4, make([]byte, 200_000)...)),
			"1100000 bytes at once (at most 1048576)"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newRawPeer(t, Options{Handler: block, MaxChains: 4, MaxBody: 1 << 20, MaxHeld: 1 << 20, PeerName: "helper s390x"})
			result := make(chan error, 1)
			p.conn.Start(t.Context(), 5, nil, func(_ []byte, err error) { result <- err })
			p.receive()
			p.s.SetWriteDeadline(time.Now().Add(patience))
			p.s.Write(tc.bytes) // fails if the host has had enough before the end
			select {
			case <-p.conn.Done():
			case <-time.After(patience):
				t.Fatal("the connection goes on")
			}
			err := p.conn.Err()
			var pe *ProtocolError
			if !errors.As(err, &pe) || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "helper s390x") {
				t.Errorf("%v, want %q in it", err, tc.want)
			}
			if _, err := p.conn.Call(t.Context(), 1, nil); !errors.As(err, &pe) {
				t.Errorf("Call afterwards: %v", err)
			}
			blocked := strings.HasPrefix(tc.name, "second request on the host's")
			if err := wait(result, blocked); !blocked && tc.name != "second answer" && !errors.As(err, &pe) {
				t.Errorf("the call under way: %v", err)
			}
		})
	}
}

// wait takes the result, unless the goroutine that gives it is kept in a
// handler.
func wait(result chan error, blocked bool) error {
	if blocked {
		return nil
	}
	return <-result
}

// TestBounds: what is too large or too deep on a correct connection fails by
// itself and leaves the connection alone.
func TestBounds(t *testing.T) {
	p := newRawPeer(t, Options{MaxBody: 100, MaxDepth: 2, Handler: func(ctx context.Context, op uint16, body []byte) ([]byte, error) {
		switch op {
		case 1:
			return make([]byte, 101), nil
		case 2:
			return nil, errors.New(strings.Repeat("\xffx", maxErrorText))
		}
		return FromContext(ctx).Call(ctx, op, body)
	}})
	if _, err := p.conn.Call(t.Context(), 1, make([]byte, 101)); err == nil || !strings.Contains(err.Error(), "op 1: body of 101 bytes (at most 100)") {
		t.Errorf("Call: %v", err)
	}
	p.send(header{kind: kindRequest, op: 1, id: 1, chain: 2}, nil)
	if h, body := p.receive(); h.kind != kindError || !strings.Contains(string(body), "answer of 101 bytes (at most 100)") {
		t.Errorf("answer: %+v %q", h, body)
	}
	p.send(header{kind: kindRequest, op: 2, id: 2, chain: 2}, nil)
	if h, body := p.receive(); h.kind != kindError || len(body) > 3*maxErrorText {
		t.Errorf("answer: %+v, %d bytes", h, len(body))
	} else if re, err := parseError(body); err != nil || !utf8.ValidString(re.Text) || len(re.Text) < maxErrorText/2 {
		t.Errorf("error: %v, %v", re, err)
	}
	// A peer that nests on the host's chain: two levels are served.
	done := make(chan error, 1)
	p.conn.Start(t.Context(), 9, nil, func(_ []byte, err error) { done <- err })
	call, _ := p.receive()
	for depth := range uint32(2) {
		p.send(header{kind: kindRequest, op: 9, id: depth, chain: call.chain}, nil)
		h, body := p.receive()
		if depth == 0 && (h.kind != kindRequest || h.chain != call.chain) {
			t.Fatalf("first level: %+v", h)
		}
		if depth == 1 && (h.kind != kindError || !strings.Contains(string(body), "call nested 3 deep (at most 2)")) {
			t.Errorf("second level: %+v %q", h, body)
		}
	}
	if err := p.conn.Err(); err != nil {
		t.Error(err)
	}
	p.s.Close()
	<-done
}

// TestFloodOfRefusals: a peer may not send a second request on an abandoned
// chain before the first was refused, however little it reads.
func TestFloodOfRefusals(t *testing.T) {
	p := newRawPeer(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan bool)
	go func() {
		p.conn.Call(ctx, 1, nil)
		close(left)
	}()
	h, _ := p.receive()
	cancel()
	<-left
	before := runtime.NumGoroutine()
	b := make([]byte, headerSize)
	header{kind: kindRequest, op: 1, id: 1, chain: h.chain}.put(b)
	p.s.SetWriteDeadline(time.Now().Add(patience))
	for p.conn.Err() == nil {
		if _, err := p.s.Write(b); err != nil {
			break
		}
	}
	<-p.conn.Done()
	if n := runtime.NumGoroutine(); n > before+20 {
		t.Errorf("%d goroutines, %d before", n, before)
	}
	var pe *ProtocolError
	if err := p.conn.Err(); !errors.As(err, &pe) {
		t.Error(err)
	}
}

// TestLyingLength: what a header announces costs nothing until it comes.
func TestLyingLength(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 100 {
		b := make([]byte, headerSize+100)
		header{length: 64 << 20, kind: kindRequest}.put(b)
		_, _, err := readFrame(&slowReader{b}, 64<<20)
		if !errors.Is(err, io.ErrUnexpectedEOF) || !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	if per := (after.TotalAlloc - before.TotalAlloc) / 100; per > 128<<10 {
		t.Errorf("a lying header cost %d bytes", per)
	}
}

type slowReader struct{ b []byte }

func (s *slowReader) Read(b []byte) (int, error) {
	if len(s.b) == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), 7)], s.b)
	s.b = s.b[n:]
	return n, nil
}

// TestEnd: however the stream ends, everybody who waits learns it at once.
func TestEnd(t *testing.T) {
	for _, tc := range []struct {
		name string
		end  func(p *rawPeer)
		want error
	}{
		{"between frames", func(p *rawPeer) { p.s.Close() }, io.EOF},
		{"inside a header", func(p *rawPeer) { p.s.Write(make([]byte, 5)); p.s.Close() }, io.EOF},
		{"inside a body", func(p *rawPeer) {
			b := make([]byte, headerSize+3)
			header{length: 10, kind: kindAnswer}.put(b)
			p.s.Write(b)
			p.s.Close()
		}, io.ErrUnexpectedEOF},
		{"by Close", func(p *rawPeer) { p.conn.Close() }, ErrClosed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newRawPeer(t, Options{})
			result := make(chan error, 20)
			for range cap(result) {
				p.conn.Start(t.Context(), 1, nil, func(_ []byte, err error) { result <- err })
			}
			for range cap(result) {
				p.receive()
			}
			tc.end(p)
			for range cap(result) {
				var ce *ClosedError
				if err := <-result; !errors.Is(err, tc.want) || !errors.As(err, &ce) {
					t.Errorf("%v, want %v", err, tc.want)
				}
			}
			if _, err := p.conn.Call(t.Context(), 1, nil); !errors.Is(err, tc.want) {
				t.Errorf("Call afterwards: %v", err)
			}
			if err := p.conn.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
	}
}

// TestNoGoroutineIsLeft opens and closes connections in the middle of things.
func TestNoGoroutineIsLeft(t *testing.T) {
	before := runtime.NumGoroutine()
	for i := range 100 {
		a, b := socketpair(t)
		var x, y io.ReadWriteCloser = a, b
		if i%2 == 0 {
			a.Close()
			b.Close()
			x, y = net.Pipe()
		}
		host, helper := connect(t, x, y, Options{}, Options{Handler: func(ctx context.Context, _ uint16, body []byte) ([]byte, error) {
			<-ctx.Done() // ends with the connection
			return body, nil
		}})
		for range 5 {
			host.Start(t.Context(), 1, make([]byte, i*1000), func([]byte, error) {})
		}
		host.Close()
		<-helper.Done()
	}
	for range 30000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	buf := make([]byte, 1<<20)
	t.Errorf("%d goroutines, %d before\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
}
