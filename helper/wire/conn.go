// Package wire is the message queue between a host and its helper process. It
// runs over any byte stream: a socketpair, a pair of pipes, a TCP connection.
//
// Both sides may send requests at any time, many at once, and answer them in
// any order. A request made while serving another belongs to the same call
// chain and comes back to the goroutine that waits there, so calls and
// callbacks nest to any depth without extra threads. See conn.go for the
// frames and chains, and Conn for the rules of use.
package wire

// # Frames
//
// After a handshake of 32 bytes from each side (handshake.go) the stream is a
// sequence of frames in each direction. All numbers are little-endian.
//
//	 0  u32  length of the body in bytes
//	 4  u16  kind: 1 request, 2 answer, 3 error
//	 6  u16  op: what is asked; an answer repeats it
//	 8  u32  request id; an answer repeats it
//	12  u32  chain id; an answer repeats it
//	16       body
//
// The requester chooses the request id; it is unique among its own requests
// that have no answer yet. Each direction has its own ids. The body of an error
// is a u32 code and UTF-8 text.
//
// # Chains
//
// A chain is one logical thread that crosses between the two processes. On a
// chain only one side runs; the other waits for an answer, and while it waits
// it serves what the running side asks back:
//
//	host goroutine                         helper thread
//	Call(op A) ── request 1, chain 1 ───▶  serves A
//	  waits                                  needs the host: Call(op B)
//	  serves B ◀── request 9, chain 1 ──       waits
//	    Call(op C) ── request 2, chain 1 ─▶    serves C
//	    goes on  ◀── answer 2, chain 1 ───     waits again
//	  waits again ── answer 9, chain 1 ──▶   goes on
//	Call returns ◀── answer 1, chain 1 ──  served A
//
// Whoever starts a chain chooses its id: the host an odd number, the helper an
// even one, never 0. So a request on a chain that nobody here waits on is told
// apart at once: an id of the peer's kind is a new chain and gets a goroutine of
// its own; an id of our kind is a breach of the protocol.
//
// A goroutine finds its chain in its context. The context that a Handler
// receives carries the chain, and a Call made with it continues the chain. Any
// other Call starts a new one. The context may pass through calls to other
// helpers: when one of them calls back and that callback calls the first
// helper, the first chain goes on.
//
// # Leaving early
//
// When the context of a Call ends, the Call returns at once; the answer is
// dropped when it comes. Until then the peer may still be running on that chain,
// so its requests there are answered with CodeAbandoned, and a Call that would
// have continued the chain starts a new one. Only in this case can an answer
// reach the peer while its thread is busy inside a nested request: it must keep
// that answer until it is waiting for it again.
//
// # Who writes, who reads
//
// One goroutine per connection reads, and it never writes and never waits for
// anything else, so two sides that both send large frames always make progress.
// A sender writes its frame itself: one system call that does not block. What
// the stream does not take at once is finished by a goroutine in the background,
// which inherits the right to write; a sender whose context ends need not wait
// for it.
//
// # Bounds
//
// The peer is not trusted. The length of a body, the depth of a chain, the
// number of chains and the bytes held for unfinished requests are bounded (see
// Options); anything that a correct peer never sends ends the connection with
// a *ProtocolError.

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Side says which end of the connection this is. It decides only the ids of
// the chains started here.
type Side int

const (
	Host   Side = iota // starts odd chains
	Helper             // starts even chains
)

// A Handler serves a request of the peer and returns the body of the answer.
// An error is sent to the peer as a *RemoteError: one found by errors.As as it
// is, any other with CodeFailed and its text.
//
// A request that continues a chain runs in the goroutine that waits in Call,
// with the context of that Call; one that starts a chain runs in a goroutine
// of its own, with a context that ends with the connection. In both cases
// calls made with ctx continue the chain. The body belongs to the handler, which
// may return it; it must not change the answer afterwards.
//
// A panic is not caught: it is the program's to see, with its stack. The peer
// gets an error with CodePanicked, so that it does not wait for a request whose
// panic somebody further up recovers.
type Handler func(ctx context.Context, op uint16, body []byte) ([]byte, error)

// Options for New. The zero value of every field but Current is usable.
type Options struct {
	Side     Side
	Min      uint16   // lowest protocol version that is understood
	Current  uint16   // highest
	API      [16]byte // hash of the API definition; zero agrees with any
	Handler  Handler  // serves the peer's requests; nil refuses them all
	PeerName string   // for errors, for example "helper s390x"; "peer" if empty

	// Bounds. 0 takes the default. Both sides must use the same MaxChains.
	MaxBody   int // bytes in the body of one frame; 64 MiB
	MaxDepth  int // handlers nested here in one chain; 256
	MaxChains int // chains each side may have started and not finished; 1024
	MaxHeld   int // bytes of all request bodies being served; 16 times MaxBody
}

func (o Options) withDefaults() Options {
	if o.PeerName == "" {
		o.PeerName = "peer"
	}
	if o.MaxBody <= 0 {
		o.MaxBody = 64 << 20
	}
	if o.MaxDepth <= 0 {
		o.MaxDepth = 256
	}
	if o.MaxChains <= 0 {
		o.MaxChains = 1024
	}
	if o.MaxHeld <= 0 {
		o.MaxHeld = 16 * o.MaxBody
	}
	return o
}

// Conn is one end of a connection. All methods may be called concurrently.
type Conn struct {
	rw      io.ReadWriteCloser
	opt     Options
	peer    Hello
	version uint16

	in    *bufio.Reader // used by the reader goroutine only
	out   *output
	base  context.Context // of handlers that start a chain
	stop  context.CancelCauseFunc
	done  chan struct{}
	slots chan struct{} // one element per chain started here and not finished

	mu       sync.Mutex
	err      error            // why the connection ended
	calls    map[uint32]*call // requests without an answer, by id
	chains   map[uint32]*chain
	free     []*call
	lastID   uint32
	lastOwn  uint32 // the chain started last, here
	handlers int    // goroutines that serve chains started by the peer
	held     int    // bytes of request bodies being served
}

// New performs the handshake on rw and starts the connection. Both sides call
// it at the same time. When ctx ends first, or the peer is not the right one,
// New closes rw and returns an error; a *HandshakeError says what the peer
// sent. After New, ctx has no meaning.
func New(ctx context.Context, rw io.ReadWriteCloser, opt Options) (*Conn, error) {
	opt = opt.withDefaults()
	c := &Conn{
		rw: rw, opt: opt,
		in:     bufio.NewReaderSize(rw, 32<<10),
		out:    newOutput(rw),
		done:   make(chan struct{}),
		slots:  make(chan struct{}, opt.MaxChains),
		calls:  make(map[uint32]*call),
		chains: make(map[uint32]*chain),
	}
	if opt.Side == Host {
		c.lastOwn = ^uint32(0) // so that the first chain is 1; a helper's is 2
	}
	if err := c.handshake(ctx); err != nil {
		rw.Close()
		return nil, err
	}
	c.base, c.stop = context.WithCancelCause(context.Background())
	go c.read()
	return c, nil
}

// Peer returns what the peer said of itself in the handshake.
func (c *Conn) Peer() Hello { return c.peer }

// Version returns the protocol version in use: the lower of the two current
// ones.
func (c *Conn) Version() uint16 { return c.version }

// Done is closed when the connection has ended.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err returns nil while the connection lives, then a *ClosedError.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Close ends the connection and closes the stream. Calls that wait return a
// *ClosedError for which errors.Is(err, ErrClosed). Close does not wait for
// handlers that are running. Closing again does nothing.
func (c *Conn) Close() error {
	return c.fail(ErrClosed)
}

// fail ends the connection, once.
func (c *Conn) fail(cause error) error {
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return nil
	}
	c.err = &ClosedError{Peer: c.opt.PeerName, Cause: cause}
	for id, k := range c.calls {
		c.settle(id, k, event{err: c.err})
	}
	c.mu.Unlock()
	close(c.done)
	c.stop(c.err)
	return c.rw.Close()
}

// read is the reader goroutine.
func (c *Conn) read() {
	for {
		h, body, err := readFrame(c.in, c.opt.MaxBody)
		if err == nil {
			err = c.dispatch(h, body)
		}
		if err != nil {
			c.fail(err)
			return
		}
	}
}

// nativeOrder is the byte order of this process.
func nativeOrder() binary.ByteOrder {
	if binary.NativeEndian.Uint16([]byte{1, 0}) == 1 {
		return binary.LittleEndian
	}
	return binary.BigEndian
}

// RemoteError is an error that the peer sent instead of an answer, or that a
// Handler wants to send.
type RemoteError struct {
	Code uint32
	Text string
}

// Codes below 256 belong to this package; the rest to the protocol above it.
const (
	CodeFailed    = 1 // the handler failed
	CodeNoHandler = 2 // the peer serves no requests
	CodeAbandoned = 3 // the call that this callback belongs to was given up
	CodePanicked  = 5 // the handler panicked; its process is probably ending
)

func (e *RemoteError) Error() string {
	if e.Code == CodeFailed {
		return e.Text
	}
	return fmt.Sprintf("%s (code %d)", e.Text, e.Code)
}

// ErrClosed is the cause when this side closed the connection.
var ErrClosed = errors.New("closed here")

// ClosedError says why a connection ended. errors.Is finds io.EOF when the peer
// ended it (its process has gone), ErrClosed after Close; errors.As finds a
// *ProtocolError when the peer broke the rules.
type ClosedError struct {
	Peer  string
	Cause error
}

func (e *ClosedError) Error() string {
	if e.Cause == io.EOF {
		return fmt.Sprintf("wire: %s: the peer ended the connection", e.Peer)
	}
	return fmt.Sprintf("wire: %s: %v", e.Peer, e.Cause)
}

func (e *ClosedError) Unwrap() error { return e.Cause }

// ProtocolError says what the peer sent that a correct peer never sends.
type ProtocolError struct {
	Fact string
}

func (e *ProtocolError) Error() string { return "protocol error: " + e.Fact }

func breach(format string, args ...any) error {
	return &ProtocolError{Fact: fmt.Sprintf(format, args...)}
}
