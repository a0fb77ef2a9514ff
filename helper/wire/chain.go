package wire

import (
	"context"
	"fmt"
)

// call is a request of ours that has no answer yet, or whose goroutine has not
// yet taken it. All fields but events are guarded by Conn.mu after begin.
type call struct {
	// events holds at most one request to serve, because the chain does not
	// wait here while one is served, and at most one end of the call. So the
	// reader never blocks on it.
	events chan event
	chain  *chain
	frame  *frame // the handler that made the call; nil if it started the chain
	op     uint16
	depth  int

	settled  bool // answered, or the connection ended
	left     bool // nobody takes the answer
	detached bool // the chain does not come back through this call; see detach
}

// event is what the reader tells a waiting goroutine.
type event struct {
	request bool
	op      uint16
	id      uint32
	body    []byte
	err     error
}

// chain is a chain that something here or on the way belongs to.
type chain struct {
	id       uint32
	refs     int   // calls without answer + requests being served
	wait     *call // whose goroutine serves the next request; nil while we run
	detached int   // calls given up but not answered: the peer still runs there
	refusing bool  // a request of an abandoned call is being refused
}

// frame is one activation of a Handler. Its context carries it.
type frame struct {
	chain *chain
	depth int
	busy  bool  // a call made with its context has no answer yet
	inner *call // that call, once registered
	ended bool  // the handler has returned
}

// chainContext finds the chain for one connection: an application may have
// many helpers on its stack, and a context carries one chain for each.
type chainContext struct {
	context.Context
	key chainKey
	f   *frame
}

type chainKey struct{ c *Conn }

type connKey struct{}

func (x *chainContext) Value(key any) any {
	switch key {
	case x.key:
		return x.f
	case connKey{}:
		return x.key.c
	}
	return x.Context.Value(key)
}

// FromContext returns the connection whose Handler received ctx, nil if none
// did. A handler needs it because it may run before New has returned.
func FromContext(ctx context.Context) *Conn {
	c, _ := ctx.Value(connKey{}).(*Conn)
	return c
}

// Call sends a request and waits for the answer. While it waits it serves the
// requests that come back on its chain, in this goroutine. The error is a
// *RemoteError when the peer sent one, a *ClosedError when the connection has
// ended, or the cause of ctx.
//
// With the context of a Handler it continues that handler's chain, unless
// another call made with the same context is still waiting: two goroutines are
// not one thread. With MaxChains chains under way a new one waits for its turn.
func (c *Conn) Call(ctx context.Context, op uint16, body []byte) ([]byte, error) {
	f, _ := ctx.Value(chainKey{c}).(*frame)
	k, err := c.begin(ctx, f, op, body)
	if err != nil {
		return nil, err
	}
	return c.wait(ctx, k)
}

// Start sends a request and returns when the stream or its queue has taken it;
// requests of successive Starts arrive in that order. It always starts a new
// chain: the caller does not wait, so it cannot serve. done is called exactly
// once, in another goroutine, with what Call would have returned.
func (c *Conn) Start(ctx context.Context, op uint16, body []byte, done func([]byte, error)) {
	k, err := c.begin(ctx, nil, op, body)
	go func() {
		if err != nil {
			done(nil, err)
			return
		}
		done(c.wait(ctx, k))
	}()
}

// begin registers and sends a request. f is the frame whose chain it would
// continue.
func (c *Conn) begin(ctx context.Context, f *frame, op uint16, body []byte) (*call, error) {
	if len(body) > c.opt.MaxBody {
		return nil, fmt.Errorf("wire: %s: op %d: body of %d bytes (at most %d)", c.opt.PeerName, op, len(body), c.opt.MaxBody)
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if f != nil && !c.claim(f) {
		f = nil
	}
	if f != nil && f.depth >= c.opt.MaxDepth { // so the peer cannot nest deeper either
		c.unclaim(f)
		return nil, fmt.Errorf("wire: %s: op %d: call nested %d deep (at most %d)", c.opt.PeerName, op, f.depth+1, c.opt.MaxDepth)
	}
	if f == nil {
		if err := c.takeSlot(ctx); err != nil {
			return nil, err
		}
	}
	if err := c.lockOutput(ctx); err != nil {
		if f != nil {
			c.unclaim(f)
		} else {
			<-c.slots
		}
		return nil, err
	}
	c.mu.Lock()
	if err := c.err; err != nil {
		c.mu.Unlock()
		<-c.out.right
		return nil, err
	}
	if f != nil && (f.ended || f.chain.detached > 0) {
		// The handler has returned, or the peer still runs for a call given up.
		f.busy = false
		c.mu.Unlock()
		<-c.out.right
		return c.begin(ctx, nil, op, body)
	}
	k := c.newCall()
	k.frame, k.op = f, op
	if f != nil {
		k.chain, k.depth, f.inner = f.chain, f.depth, k
	} else {
		k.chain = c.newChain()
	}
	k.chain.refs++
	k.chain.wait = k
	id := c.newID(k)
	c.mu.Unlock()
	c.transmit(header{kind: kindRequest, op: op, id: id, chain: k.chain.id}, body)
	return k, nil
}

// claim makes the caller the only one that may continue the chain of f, or
// returns false if another is.
func (c *Conn) claim(f *frame) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.busy {
		return false
	}
	f.busy = true
	return true
}

func (c *Conn) unclaim(f *frame) {
	c.mu.Lock()
	f.busy = false
	c.mu.Unlock()
}

func (c *Conn) takeSlot(ctx context.Context) error {
	select {
	case c.slots <- struct{}{}:
		return nil
	default:
	}
	select {
	case c.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-c.done:
		return c.Err()
	}
}

// newCall and recycle spare a channel per call. A call whose goroutine left is
// not used again, because its answer is still to come.

func (c *Conn) newCall() *call {
	n := len(c.free)
	if n == 0 {
		return &call{events: make(chan event, 2)}
	}
	k := c.free[n-1]
	c.free = c.free[:n-1]
	*k = call{events: k.events}
	return k
}

func (c *Conn) recycle(k *call) {
	c.mu.Lock()
	c.free = append(c.free, k)
	c.mu.Unlock()
}

// newChain and newID step over numbers that are still in use after 2^32 others.

func (c *Conn) newChain() *chain {
	for {
		c.lastOwn += 2
		if c.lastOwn != 0 && c.chains[c.lastOwn] == nil {
			ch := &chain{id: c.lastOwn}
			c.chains[ch.id] = ch
			return ch
		}
	}
}

func (c *Conn) newID(k *call) uint32 {
	for {
		c.lastID++
		if c.calls[c.lastID] == nil {
			c.calls[c.lastID] = k
			return c.lastID
		}
	}
}

// wait serves the chain of k until k is answered or ctx ends.
func (c *Conn) wait(ctx context.Context, k *call) ([]byte, error) {
	finished := false
	defer func() {
		if !finished { // a handler panicked through us
			c.leave(k)
		}
	}()
	for {
		var ev event
		select {
		case ev = <-k.events:
		case <-ctx.Done():
			finished = true
			if ev, ok := c.leave(k); ok {
				return ev.body, ev.err
			}
			return nil, context.Cause(ctx)
		}
		if !ev.request {
			finished = true
			c.recycle(k)
			return ev.body, ev.err
		}
		f := &frame{chain: k.chain, depth: k.depth + 1}
		c.serve(&chainContext{ctx, chainKey{c}, f}, f, k, ev)
	}
}

// leave gives k up. If it had ended already, leave returns how.
func (c *Conn) leave(k *call) (end event, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for pending := true; pending; {
		select {
		case ev := <-k.events:
			if ev.request {
				k.chain.refusing = true
				go c.refuse(k.chain, ev)
			} else {
				end, ok = ev, true
			}
		default:
			pending = false
		}
	}
	k.left = true
	if !k.settled {
		k.detach()
	}
	return end, ok
}

// detach marks that no goroutine serves the chain for k any more although the
// peer may still be running there.
func (k *call) detach() {
	if k.chain.wait == k {
		k.chain.wait = nil
	}
	if !k.detached {
		k.detached = true
		k.chain.detached++
	}
}

func (c *Conn) drop(ch *chain) {
	ch.refs--
	if ch.refs == 0 {
		delete(c.chains, ch.id)
	}
}

// serve runs the handler and answers. k is the call that waits on the chain,
// nil if the peer started it.
func (c *Conn) serve(ctx context.Context, f *frame, k *call, ev event) {
	err := error(&RemoteError{CodePanicked, "the handler panicked"})
	var body []byte
	defer func() { c.answer(f, k, ev, body, err) }()
	if c.opt.Handler == nil {
		err = &RemoteError{CodeNoHandler, "this side serves no requests"}
		return
	}
	body, err = c.opt.Handler(ctx, ev.op, ev.body)
}

// answer ends f and sends its answer. The books are closed before the peer can
// see the answer, because it may send its next request on the chain at once,
// and after the right to write was had, because until then the goroutine
// counts.
func (c *Conn) answer(f *frame, k *call, ev event, body []byte, err error) {
	h := header{kind: kindAnswer, op: ev.op, id: ev.id, chain: f.chain.id}
	if err == nil && len(body) > c.opt.MaxBody {
		err = fmt.Errorf("answer of %d bytes (at most %d)", len(body), c.opt.MaxBody)
	}
	if err != nil {
		h.kind, body = kindError, errorBody(err)
	}
	if c.lockOutput(context.Background()) != nil {
		return
	}
	c.mu.Lock()
	f.ended = true
	if f.inner != nil {
		// A goroutine of the handler still waits for an answer. It goes on, but
		// this chain is no longer its.
		f.inner.detach()
	}
	if k == nil {
		c.handlers--
	} else if !k.settled && !k.detached {
		f.chain.wait = k
	}
	c.held -= len(ev.body)
	c.drop(f.chain)
	c.mu.Unlock()
	c.transmit(h, body)
}

// refuse answers a request that belongs to a call given up.
func (c *Conn) refuse(ch *chain, ev event) {
	if c.lockOutput(context.Background()) != nil {
		return
	}
	c.mu.Lock()
	ch.refusing = false
	c.held -= len(ev.body)
	c.drop(ch)
	c.mu.Unlock()
	c.transmit(header{kind: kindError, op: ev.op, id: ev.id, chain: ch.id},
		errorBody(&RemoteError{CodeAbandoned, "the call that this request belongs to was given up"}))
}

// dispatch acts on one frame of the peer. It runs in the reader goroutine and
// never blocks.
func (c *Conn) dispatch(h header, body []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	if h.kind == kindRequest {
		return c.request(h, body)
	}
	ev := event{body: body}
	if h.kind == kindError {
		re, err := parseError(body)
		if err != nil {
			return err
		}
		ev = event{err: re}
	}
	k := c.calls[h.id]
	switch {
	case k == nil:
		return breach("answer to request %d, which is not waiting for one", h.id)
	case k.chain.id != h.chain:
		return breach("answer to request %d on chain %d, which was made on chain %d", h.id, h.chain, k.chain.id)
	case k.op != h.op:
		return breach("answer to request %d with op %d, which was made with op %d", h.id, h.op, k.op)
	}
	c.settle(h.id, k, ev)
	return nil
}

// settle ends a call: with its answer, or with the connection.
func (c *Conn) settle(id uint32, k *call, ev event) {
	delete(c.calls, id)
	k.settled = true
	if k.chain.wait == k {
		k.chain.wait = nil
	}
	if k.detached {
		k.chain.detached--
	}
	if k.frame != nil {
		k.frame.busy, k.frame.inner = false, nil
	} else {
		<-c.slots
	}
	c.drop(k.chain)
	if !k.left {
		k.events <- ev
	}
}

func (c *Conn) request(h header, body []byte) error {
	if c.held += len(body); c.held > c.opt.MaxHeld {
		return breach("requests with %d bytes at once (at most %d)", c.held, c.opt.MaxHeld)
	}
	ev := event{request: true, op: h.op, id: h.id, body: body}
	ch := c.chains[h.chain]
	if ch == nil {
		if h.chain == 0 || h.chain%2 == c.lastOwn%2 {
			return breach("request %d on chain %d, which is not under way", h.id, h.chain)
		}
		if c.handlers++; c.handlers > c.opt.MaxChains {
			return breach("%d chains at once (at most %d)", c.handlers, c.opt.MaxChains)
		}
		ch = &chain{id: h.chain, refs: 1}
		c.chains[ch.id] = ch
		f := &frame{chain: ch, depth: 1}
		go c.serve(&chainContext{c.base, chainKey{c}, f}, f, nil, ev)
		return nil
	}
	switch {
	case ch.detached > 0:
		if ch.refusing {
			return breach("request %d on chain %d, where another is not answered yet", h.id, h.chain)
		}
		ch.refusing = true
		ch.refs++
		go c.refuse(ch, ev)
	case ch.wait != nil:
		k := ch.wait
		ch.wait = nil
		ch.refs++
		k.events <- ev
	default:
		return breach("request %d on chain %d, which runs on this side", h.id, h.chain)
	}
	return nil
}
