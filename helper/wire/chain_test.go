//go:build linux

package wire

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// empty checks that nothing is left in the books of an idle connection.
func empty(t *testing.T, conns ...*Conn) {
	t.Helper()
	for _, c := range conns {
		var left string
		for range 30000 {
			c.mu.Lock()
			left = ""
			if len(c.chains) != 0 || len(c.calls) != 0 || c.held != 0 || c.handlers != 0 || len(c.slots) != 0 {
				left = fmt.Sprintf("%d chains, %d calls, %d bytes, %d handlers, %d slots",
					len(c.chains), len(c.calls), c.held, c.handlers, len(c.slots))
			}
			c.mu.Unlock()
			if left == "" {
				break
			}
			time.Sleep(time.Millisecond)
		}
		if left != "" {
			t.Errorf("left over: %s", left)
		}
	}
}

// TestCallbackThread: a callback runs on the very thread that called, because
// code that is wired to a thread must be able to call out.
func TestCallbackThread(t *testing.T) {
	caller := make(chan uint64, 10)
	host, helper := connectPair(t,
		Options{Handler: func(ctx context.Context, op uint16, body []byte) ([]byte, error) {
			caller <- goroutine()
			if op == 0 {
				return body, nil
			}
			return FromContext(ctx).Call(ctx, op-1, body)
		}},
		Options{Handler: func(ctx context.Context, op uint16, body []byte) ([]byte, error) {
			return FromContext(ctx).Call(ctx, op, body)
		}})
	if _, err := host.Call(t.Context(), 4, nil); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if g := <-caller; g != goroutine() {
			t.Errorf("callback in goroutine %d, the caller is %d", g, goroutine())
		}
	}
	empty(t, host, helper)
}

// goroutine returns the number in this goroutine's stack trace.
func goroutine() uint64 {
	var n uint64
	buf := make([]byte, 64)
	fmt.Sscanf(string(buf[:runtime.Stack(buf, false)]), "goroutine %d", &n)
	return n
}

// TestChainThroughTwoHelpers: host → A → host → B → host → A. The last call
// must arrive in A's waiting goroutine, on the first chain.
func TestChainThroughTwoHelpers(t *testing.T) {
	var a, b *Conn // the host's ends
	var depth atomic.Int32
	var first, last atomic.Uint64
	hostSide := func(ctx context.Context, op uint16, body []byte) ([]byte, error) {
		switch op {
		case 1: // from A
			if FromContext(ctx) != a {
				t.Error("FromContext is not the connection of the innermost handler")
			}
			return b.Call(ctx, 2, body)
		case 2: // from B
			return a.Call(ctx, 3, body)
		}
		return nil, errors.New("unknown op")
	}
	a, _ = connectPair(t, Options{Handler: hostSide}, Options{Handler: func(ctx context.Context, op uint16, body []byte) ([]byte, error) {
		depth.Add(1)
		if op == 3 {
			last.Store(goroutine())
			return []byte("there"), nil
		}
		first.Store(goroutine())
		return FromContext(ctx).Call(ctx, 1, body)
	}})
	b, _ = connectPair(t, Options{Handler: hostSide}, Options{Handler: func(ctx context.Context, op uint16, body []byte) ([]byte, error) {
		return FromContext(ctx).Call(ctx, 2, body)
	}})
	got, err := a.Call(t.Context(), 1, nil)
	if err != nil || string(got) != "there" {
		t.Fatalf("Call = %q, %v", got, err)
	}
	if depth.Load() != 2 || first.Load() != last.Load() {
		t.Errorf("A ran %d times, in goroutines %d and %d", depth.Load(), first.Load(), last.Load())
	}
	empty(t, a, b)
}

// TestSiblings: goroutines that share a handler's context are not one thread;
// all but one get chains of their own, and none waits for another.
func TestSiblings(t *testing.T) {
	var together sync.WaitGroup
	together.Add(8)
	host, helper := connectPair(t,
		Options{Handler: func(context.Context, uint16, []byte) ([]byte, error) {
			together.Done()
			together.Wait() // all eight are being served at once
			return nil, nil
		}},
		Options{Handler: func(ctx context.Context, _ uint16, _ []byte) ([]byte, error) {
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					if _, err := FromContext(ctx).Call(ctx, 1, nil); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			return nil, nil
		}})
	if _, err := host.Call(t.Context(), 1, nil); err != nil {
		t.Fatal(err)
	}
	empty(t, host, helper)
}

// TestOutlivedHandler: a goroutine that a handler leaves behind goes on calling
// with the handler's context.
func TestOutlivedHandler(t *testing.T) {
	inCallback, goOn := make(chan bool), make(chan bool)
	late := make(chan error, 2)
	host, helper := connectPair(t,
		Options{Handler: func(context.Context, uint16, []byte) ([]byte, error) {
			inCallback <- true
			<-goOn
			return nil, nil
		}},
		Options{Handler: func(ctx context.Context, op uint16, _ []byte) ([]byte, error) {
			if op == 2 {
				return nil, nil
			}
			c := FromContext(ctx)
			go func() {
				_, err := c.Call(ctx, 1, nil) // under way while the handler returns
				late <- err
				_, err = c.Call(ctx, 1, nil) // long after it
				late <- err
			}()
			<-inCallback
			return nil, nil
		}})
	// The host's handler blocks inside this Call, because the chain is this
	// goroutine's; so its answer comes when the callback is let go.
	time.AfterFunc(20*time.Millisecond, func() { goOn <- true })
	if _, err := host.Call(t.Context(), 1, nil); err != nil {
		t.Fatal(err)
	}
	if err := <-late; err != nil {
		t.Error(err)
	}
	<-inCallback
	goOn <- true
	if err := <-late; err != nil {
		t.Error(err)
	}
	if _, err := host.Call(t.Context(), 2, nil); err != nil {
		t.Error(err)
	}
	empty(t, host, helper)
}

// TestLeaving has a peer that answers a call after its caller has left, and
// calls back in between.
func TestLeaving(t *testing.T) {
	p := newRawPeer(t, Options{Handler: echo})
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() {
		_, err := p.conn.Call(ctx, 7, []byte("question"))
		result <- err
	}()
	asked, _ := p.receive()
	cancel()
	if err := <-result; err != context.Canceled {
		t.Fatalf("Call: %v", err)
	}
	p.send(header{kind: kindRequest, op: 1, id: 50, chain: asked.chain}, nil)
	refused, body := p.receive()
	re, err := parseError(body)
	if err != nil || refused.kind != kindError || refused.id != 50 || re.Code != CodeAbandoned {
		t.Errorf("the callback got %+v %v %v", refused, re, err)
	}
	p.send(header{kind: kindAnswer, op: 7, id: asked.id, chain: asked.chain}, []byte("late"))
	// And the connection is as good as new.
	go func() {
		_, err := p.conn.Call(t.Context(), 8, nil)
		result <- err
	}()
	asked, _ = p.receive()
	p.send(header{kind: kindRequest, op: 1, id: 51, chain: asked.chain}, []byte("x"))
	if h, body := p.receive(); h.kind != kindAnswer || h.id != 51 || string(body) != "x" {
		t.Errorf("callback on a new chain: %+v %q", h, body)
	}
	p.send(header{kind: kindAnswer, op: 8, id: asked.id, chain: asked.chain}, nil)
	if err := <-result; err != nil {
		t.Error(err)
	}
	empty(t, p.conn)
}

// TestLeavingInside: a handler gives up a nested call and goes on. Its next
// calls are on new chains until the answer has come, and its own answer may
// overtake the nested one.
func TestLeavingInside(t *testing.T) {
	step := make(chan string, 10)
	giveUp := make(chan context.CancelFunc, 1)
	p := newRawPeer(t, Options{Handler: func(ctx context.Context, _ uint16, _ []byte) ([]byte, error) {
		c := FromContext(ctx)
		short, cancel := context.WithCancel(ctx)
		giveUp <- cancel
		_, err := c.Call(short, 1, nil)
		step <- fmt.Sprint(err)
		_, err = c.Call(ctx, 2, nil)
		step <- fmt.Sprint(err)
		return []byte("done"), nil
	}})
	p.send(header{kind: kindRequest, op: 9, id: 1, chain: 2}, nil)
	given, _ := p.receive()
	if given.chain != 2 || given.op != 1 {
		t.Fatalf("first call: %+v", given)
	}
	(<-giveUp)()
	if s := <-step; s != "context canceled" {
		t.Errorf("first call: %s", s)
	}
	second, _ := p.receive()
	if second.chain == 2 || second.op != 2 {
		t.Fatalf("second call: %+v", second)
	}
	p.send(header{kind: kindAnswer, op: 2, id: second.id, chain: second.chain}, nil)
	if s := <-step; s != "<nil>" {
		t.Errorf("second call: %s", s)
	}
	if h, body := p.receive(); h.kind != kindAnswer || h.chain != 2 || string(body) != "done" {
		t.Fatalf("answer: %+v %q", h, body)
	}
	p.send(header{kind: kindRequest, op: 3, id: 2, chain: 2}, nil) // from inside the first call
	if h, _ := p.receive(); h.kind != kindError || h.id != 2 {
		t.Errorf("late callback: %+v", h)
	}
	p.send(header{kind: kindAnswer, op: 1, id: given.id, chain: 2}, nil)
	empty(t, p.conn)
}

// TestLeavingTwice: a callback gives up a call and returns, and the peer goes
// on and answers the call that the callback interrupted. The chain still has a
// call without an answer, so what follows must not use it.
func TestLeavingTwice(t *testing.T) {
	giveUp := make(chan context.CancelFunc, 1)
	p := newRawPeer(t, Options{Handler: func(ctx context.Context, op uint16, _ []byte) ([]byte, error) {
		c := FromContext(ctx)
		if op == 2 { // the callback
			short, cancel := context.WithCancel(ctx)
			giveUp <- cancel
			c.Call(short, 22, nil)
			return nil, nil
		}
		if _, err := c.Call(ctx, 11, nil); err != nil {
			return nil, err
		}
		return c.Call(ctx, 12, nil)
	}})
	p.send(header{kind: kindRequest, op: 1, id: 1, chain: 2}, nil)
	first, _ := p.receive()
	p.send(header{kind: kindRequest, op: 2, id: 2, chain: 2}, nil)
	given, _ := p.receive()
	(<-giveUp)()
	p.receive() // the callback's answer
	p.send(header{kind: kindAnswer, op: 11, id: first.id, chain: 2}, nil)
	next, _ := p.receive()
	if first.op != 11 || first.chain != 2 || given.op != 22 || given.chain != 2 || next.op != 12 || next.chain == 2 {
		t.Errorf("calls: %+v, %+v, %+v", first, given, next)
	}
	p.send(header{kind: kindAnswer, op: 22, id: given.id, chain: 2}, nil)
	p.send(header{kind: kindAnswer, op: 12, id: next.id, chain: next.chain}, nil)
	if h, _ := p.receive(); h.kind != kindAnswer || h.id != 1 {
		t.Errorf("answer: %+v", h)
	}
	empty(t, p.conn)
}

// TestOutlivedChain: what a handler left behind no longer serves the chain.
func TestOutlivedChain(t *testing.T) {
	left := make(chan error, 1)
	p := newRawPeer(t, Options{Handler: func(ctx context.Context, op uint16, _ []byte) ([]byte, error) {
		go func() {
			_, err := FromContext(ctx).Call(ctx, 5, nil)
			left <- err
		}()
		for f := ctx.Value(chainKey{FromContext(ctx)}).(*frame); ; time.Sleep(time.Millisecond) {
			c := FromContext(ctx)
			c.mu.Lock()
			under := f.inner != nil
			c.mu.Unlock()
			if under {
				return nil, nil
			}
		}
	}})
	p.send(header{kind: kindRequest, op: 1, id: 1, chain: 2}, nil)
	call, _ := p.receive()
	if h, _ := p.receive(); call.op != 5 || call.chain != 2 || h.kind != kindAnswer || h.id != 1 {
		t.Fatalf("%+v, %+v", call, h)
	}
	p.send(header{kind: kindRequest, op: 1, id: 2, chain: 2}, nil)
	h, body := p.receive()
	if re, err := parseError(body); h.kind != kindError || err != nil || re.Code != CodeAbandoned {
		t.Errorf("callback: %+v, %v, %v", h, re, err)
	}
	p.send(header{kind: kindAnswer, op: 5, id: call.id, chain: 2}, nil)
	if err := <-left; err != nil {
		t.Error(err)
	}
	empty(t, p.conn)
}

// TestBlockedStream: the peer does not read. A call must be able to leave, and
// the stream must still be whole when the peer comes back.
func TestBlockedStream(t *testing.T) {
	p := newRawPeer(t, Options{})
	for i := range 4 {
		ctx, cancel := context.WithCancel(t.Context())
		left := make(chan error, 1)
		go func() {
			_, err := p.conn.Call(ctx, uint16(i), make([]byte, 3<<20))
			left <- err
		}()
		for len(p.conn.out.right) == 0 { // the first has not begun to write
			time.Sleep(time.Millisecond)
		}
		time.Sleep(5 * time.Millisecond) // the others wait for their turn, most likely
		cancel()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Fatalf("Call: %v", err)
		}
	}
	// Only the first had begun to be written.
	h, body := p.receive()
	if h.op != 0 || len(body) != 3<<20 {
		t.Fatalf("frame: %+v", h)
	}
	p.send(header{kind: kindAnswer, op: 0, id: h.id, chain: h.chain}, nil)
	done := make(chan error, 1)
	go func() {
		_, err := p.conn.Call(t.Context(), 9, nil)
		done <- err
	}()
	if h, _ = p.receive(); h.op != 9 {
		t.Errorf("frame: %+v", h)
	}
	p.send(header{kind: kindAnswer, op: 9, id: h.id, chain: h.chain}, nil)
	if err := <-done; err != nil {
		t.Error(err)
	}
	empty(t, p.conn)
}

// TestChainsTakeTurns: more callers than chains wait; nested calls do not.
func TestChainsTakeTurns(t *testing.T) {
	var now, most atomic.Int32
	host, helper := connectPair(t, Options{MaxChains: 3, Handler: echo}, Options{MaxChains: 3,
		Handler: func(ctx context.Context, _ uint16, body []byte) ([]byte, error) {
			n := now.Add(1)
			defer now.Add(-1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			time.Sleep(time.Millisecond)
			return FromContext(ctx).Call(ctx, 1, body)
		}})
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := host.Call(t.Context(), 1, []byte("x")); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if most.Load() > 3 {
		t.Errorf("%d handlers at once", most.Load())
	}
	empty(t, host, helper)

	// A caller that waits for its turn can leave.
	held := make(chan bool)
	host, _ = connectPair(t, Options{MaxChains: 1}, Options{MaxChains: 1,
		Handler: func(context.Context, uint16, []byte) ([]byte, error) { <-held; return nil, nil }})
	host.Start(t.Context(), 1, nil, func([]byte, error) { held <- true })
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := host.Call(ctx, 1, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Call: %v", err)
	}
	held <- true
	<-held
}

func TestTooDeep(t *testing.T) {
	var deepest atomic.Int32
	down := func(ctx context.Context, _ uint16, body []byte) ([]byte, error) {
		deepest.Add(1)
		return FromContext(ctx).Call(ctx, 1, body)
	}
	host, helper := connectPair(t, Options{MaxDepth: 10, Handler: down}, Options{MaxDepth: 10, Handler: down})
	_, err := host.Call(t.Context(), 1, nil)
	var re *RemoteError
	if !errors.As(err, &re) {
		t.Errorf("endless recursion: %v", err)
	}
	if n := deepest.Load(); n < 10 || n > 22 {
		t.Errorf("nested %d deep", n)
	}
	empty(t, host, helper)
}

// TestPanic: a panic of a callback goes up through Call to whoever recovers
// it; the peer gets an error and the connection lives. Goexit, which a failing
// test uses, does the same.
func TestPanic(t *testing.T) {
	helperSaw := make(chan error, 1)
	host, helper := connectPair(t,
		Options{Handler: func(_ context.Context, op uint16, _ []byte) ([]byte, error) {
			if op == 1 {
				panic("callback")
			}
			runtime.Goexit()
			return nil, nil
		}},
		Options{Handler: func(ctx context.Context, op uint16, _ []byte) ([]byte, error) {
			if op == 0 {
				return []byte("fine"), nil
			}
			_, err := FromContext(ctx).Call(ctx, op, nil)
			helperSaw <- err
			return nil, err
		}})
	for op := range uint16(3) {
		recovered := make(chan any, 1)
		go func() {
			defer func() { recovered <- recover() }()
			host.Call(t.Context(), op, nil)
		}()
		want := any(nil)
		if op == 1 {
			want = "callback"
		}
		if got := <-recovered; got != want {
			t.Errorf("op %d: recovered %v", op, got)
		}
		var re *RemoteError
		if op > 0 {
			if err := <-helperSaw; !errors.As(err, &re) || re.Code != CodePanicked {
				t.Errorf("op %d: the peer saw %v", op, err)
			}
		}
	}
	if got, err := host.Call(t.Context(), 0, nil); string(got) != "fine" || err != nil {
		t.Errorf("Call = %q, %v", got, err)
	}
	empty(t, host, helper)
}

// TestStorm lets both sides call each other in random trees, with callers that
// leave at random, and checks that the books balance afterwards.
func TestStorm(t *testing.T) {
	var calls atomic.Int32
	handler := func(ctx context.Context, op uint16, body []byte) ([]byte, error) {
		rnd := rand.New(rand.NewPCG(uint64(calls.Add(1)), 0))
		for range rnd.IntN(3) {
			if op == 0 {
				break
			}
			inner, cancel := ctx, context.CancelFunc(func() {})
			if rnd.IntN(4) == 0 {
				inner, cancel = context.WithTimeout(ctx, time.Duration(rnd.IntN(300))*time.Microsecond)
			}
			FromContext(ctx).Call(inner, op-1, body)
			cancel()
		}
		if rnd.IntN(8) == 0 {
			return nil, errors.New("by chance")
		}
		return body, nil
	}
	host, helper := connectPair(t, Options{Handler: handler, MaxChains: 64}, Options{Handler: handler, MaxChains: 64})
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			c := []*Conn{host, helper}[i%2]
			rnd := rand.New(rand.NewPCG(uint64(i), 1))
			for range 60 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rnd.IntN(20000))*time.Microsecond)
				_, err := c.Call(ctx, uint16(rnd.IntN(7)), make([]byte, rnd.IntN(5000)))
				cancel()
				var re *RemoteError
				if err != nil && !errors.As(err, &re) && !errors.Is(err, context.DeadlineExceeded) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := host.Err(); err != nil {
		t.Fatal(err)
	}
	if err := helper.Err(); err != nil {
		t.Fatal(err)
	}
	empty(t, host, helper)
	t.Logf("%d calls", calls.Load())
}
