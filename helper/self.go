package helper

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"

	"github.com/crossplug/crossplug/abi"
	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/fault"
	"github.com/crossplug/crossplug/helper/ring"
	"github.com/crossplug/crossplug/helper/wire"
)

// A program can be its own helper: a second, stripped-down instance of it hosts
// the part of its Go code that may crash, and speaks the protocol that the
// helper in C speaks. The first thing in main is
//
//	if helper.Serve(procs) {
//		return
//	}
//
// which does nothing in the program itself and everything in the helper that
// StartSelf starts. What crosses are byte strings and, for bulk data, memory
// that both see; rings are made in it with package ring.

// selfFlag makes a program its own helper. Descriptor 3 is then the stream, 4
// the shared memory, and the next argument its size.
const selfFlag = "-crossplug-helper"

// GoProc is a procedure that the other side can call by its name. peer is the
// other side: calls made to it with ctx nest inside the call that is served.
type GoProc func(ctx context.Context, peer *Peer, in []byte) (out []byte, err error)

// GoProcs are procedures by name.
type GoProcs map[string]GoProc

// Peer is the other side: for the program its helper, for the helper the
// program. Its methods may be called concurrently, and so are the procedures.
type Peer struct {
	process *Process // nil in the helper
	conn    *wire.Conn
	memory  *ring.Memory
	names   []string // of the procedures here; their index + 1 is their address
	procs   GoProcs

	mu    sync.Mutex
	known map[string]uint64 // addresses of the other side's
}

func newPeer(procs GoProcs) *Peer {
	p := &Peer{procs: procs, known: map[string]uint64{}}
	for name := range procs {
		p.names = append(p.names, name)
	}
	slices.Sort(p.names)
	return p
}

// StartSelf starts this program again as its helper. procs are what the helper
// may call here; it may be nil. Crashes, hangs and deadlines are those of Start.
func StartSelf(ctx context.Context, procs GoProcs, opt Options) (*Peer, error) {
	opt = opt.withDefaults()
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	model, err := abi.ModelOf(arch.Host())
	if err != nil {
		return nil, err
	}
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	memory, err := ring.Create(opt.SharedMemory)
	if err != nil {
		ours.Close()
		theirs.Close()
		return nil, err
	}
	cmd := exec.Command(self, selfFlag, strconv.Itoa(memory.Size()))
	cmd.ExtraFiles = []*os.File{theirs, memory.File()}
	peer := newPeer(procs)
	peer.process = &Process{arch: arch.Host(), model: model, launch: Launch{Strategy: "itself", Command: cmd.Args}, opt: opt, memory: memory, loaded: []loaded{{path: self}}}
	if err := peer.process.run(ctx, cmd, ours, theirs, peer.serve); err != nil {
		return nil, err
	}
	peer.conn, peer.memory = peer.process.conn, memory
	return peer, nil
}

// Serve returns false at once, unless the program was started as its own
// helper: then it serves procs until the program closes it or ends, and returns
// true. The caller then returns from main.
func Serve(procs GoProcs) bool {
	if len(os.Args) != 3 || os.Args[1] != selfFlag {
		return false
	}
	if err := newPeer(procs).serveProgram(); err != nil {
		fmt.Fprintf(os.Stderr, "crossplug helper: %v\n", err)
	}
	return true
}

// serveProgram is the life of the helper.
func (p *Peer) serveProgram() error {
	size, err := strconv.Atoi(os.Args[2])
	if err != nil {
		return fmt.Errorf("%s is not for use by hand: it is how a program starts its own helper", selfFlag)
	}
	stream, memory := os.NewFile(3, "program"), os.NewFile(4, "memory")
	rw, err := net.FileConn(stream)
	if err != nil {
		return fmt.Errorf("%s is not for use by hand: it is how a program starts its own helper (%w)", selfFlag, err)
	}
	stream.Close()
	if p.memory, err = ring.Map(int(memory.Fd()), size); err != nil {
		return err
	}
	memory.Close()
	ready := make(chan struct{}) // a request may come before New has returned
	p.conn, err = wire.New(context.Background(), rw, wire.Options{
		Side: wire.Helper, Min: 1, Current: 1, API: apiHash(), PeerName: "the program",
		Handler: func(ctx context.Context, op uint16, body []byte) ([]byte, error) {
			<-ready
			return p.serve(ctx, op, body)
		},
	})
	if err != nil {
		return err
	}
	close(ready)
	<-p.conn.Done()
	return nil
}

// Call calls a procedure of the other side by its name. An error that it
// returned arrives as a *wire.RemoteError; one without such a procedure is a
// fault.ErrNotFound; the end of a helper is a *fault.Crash or *fault.Hang.
func (p *Peer) Call(ctx context.Context, name string, in []byte) ([]byte, error) {
	address, err := p.lookup(ctx, name)
	if err != nil {
		return nil, err
	}
	var w wire.Writer
	w.U64(address)
	w.Bytes(in)
	body, err := p.ask(ctx, name, opInvoke, w.Body())
	if err != nil {
		return nil, err
	}
	r := wire.NewReader(body)
	out := r.Bytes()
	return out, r.End()
}

func (p *Peer) lookup(ctx context.Context, name string) (uint64, error) {
	p.mu.Lock()
	address, ok := p.known[name]
	p.mu.Unlock()
	if ok {
		return address, nil
	}
	var w wire.Writer
	w.U64(0)
	w.String(name)
	body, err := p.ask(ctx, "looking up "+name, opLookup, w.Body())
	if err != nil {
		return 0, err
	}
	r := wire.NewReader(body)
	address = r.U64()
	if err := r.End(); err != nil {
		return 0, err
	}
	p.mu.Lock()
	p.known[name] = address
	p.mu.Unlock()
	return address, nil
}

func (p *Peer) ask(ctx context.Context, doing string, op uint16, body []byte) ([]byte, error) {
	if p.process != nil {
		return p.process.ask(ctx, doing, op, body)
	}
	return p.conn.Call(ctx, op, body)
}

// serve serves the other side's requests.
func (p *Peer) serve(ctx context.Context, op uint16, body []byte) ([]byte, error) {
	r := wire.NewReader(body)
	var w wire.Writer
	switch {
	case op == opLookup:
		r.U64()
		name := r.String()
		if err := r.End(); err != nil {
			return nil, &wire.RemoteError{Code: errProtocol, Text: err.Error()}
		}
		i, ok := slices.BinarySearch(p.names, name)
		if !ok {
			return nil, &wire.RemoteError{Code: errNotFound, Text: name}
		}
		w.U64(uint64(i) + 1)
	case op == opInvoke:
		i := r.U64() - 1
		in := r.Bytes()
		if err := r.End(); err != nil || i >= uint64(len(p.names)) {
			return nil, &wire.RemoteError{Code: errProtocol, Text: "malformed call"}
		}
		out, err := p.procs[p.names[i]](ctx, p, in)
		if err != nil {
			return nil, err
		}
		w.Bytes(out)
	case op == opExit && p.process == nil:
		p.conn.Close()
		return nil, fault.ErrClosed
	default:
		return nil, &wire.RemoteError{Code: errProtocol, Text: fmt.Sprintf("no such request: %d", op)}
	}
	return w.Body(), nil
}

// Memory returns the memory that both sides see, of Options.SharedMemory bytes.
func (p *Peer) Memory() *ring.Memory { return p.memory }

// Done is closed when the other side has ended.
func (p *Peer) Done() <-chan struct{} {
	if p.process != nil {
		return p.process.Done()
	}
	return p.conn.Done()
}

// Close ends the helper and waits until it is gone. In the helper it ends the
// connection, and with it Serve.
func (p *Peer) Close() error {
	if p.process != nil {
		return p.process.Close()
	}
	return errors.Join(p.conn.Close(), p.memory.Close())
}
