package helper

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/crossplug/crossplug/abi"
	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/fault"
	"github.com/crossplug/crossplug/helper/ring"
	"github.com/crossplug/crossplug/helper/sysroot"
	"github.com/crossplug/crossplug/helper/wire"
)

// Options for Start. The zero value is right for most programs.
type Options struct {
	// Prefer names strategies to try before the others, for example "qemu".
	Prefer []string
	// Sysroots is the store of other architectures' libraries; the user's own
	// if zero.
	Sysroots sysroot.Store
	// SharedMemory is how much memory the two sides share, in bytes: audio
	// blocks, and 20 KiB for each lane. 4 MiB if zero. Only what is used costs
	// anything.
	SharedMemory int
	// StartTimeout bounds the start, up to the handshake; 30 s if zero.
	StartTimeout time.Duration
	// CallTimeout bounds each call into the plug-in, after which the plug-in
	// counts as hung and is ended; 30 s if zero, unbounded if negative.
	CallTimeout time.Duration
	// Output gets what the plug-in prints on its standard output and standard
	// error, from one goroutine. If nil, only the end is kept, for errors.
	Output io.Writer
}

func (o Options) withDefaults() Options {
	if o.SharedMemory == 0 {
		o.SharedMemory = 4 << 20
	}
	if o.StartTimeout == 0 {
		o.StartTimeout = 30 * time.Second
	}
	if o.CallTimeout == 0 {
		o.CallTimeout = 30 * time.Second
	}
	return o
}

// Process is a running helper host. Its methods may be called concurrently;
// calls into the plug-in go one at a time unless they use lanes of their own.
type Process struct {
	arch   arch.Arch
	model  abi.Model
	launch Launch
	opt    Options

	conn   *wire.Conn
	memory *ring.Memory
	pool   *ring.Pool
	base   uint64 // address of memory in the helper

	callbacks callbackTable

	mainLane struct {
		sync.Mutex
		lane *Lane
	}

	mu     sync.Mutex
	loaded []loaded       // the files that a crash can be blamed on
	doing  []string       // requests under way on the wire, for errors
	lanes  map[*Lane]bool // open
	reason error          // why this side ended it, if it did
	err    error          // set before done is closed

	output *tail
	kill   func()
	done   chan struct{}
}

// Start starts a helper host for an architecture and waits until it is ready.
// If nothing here can run the architecture the error is a *fault.NoRuntime that
// says what to install.
func Start(ctx context.Context, a arch.Arch, opt Options) (*Process, error) {
	opt = opt.withDefaults()
	launch, err := Find(a, opt.Prefer, opt.Sysroots)
	if err != nil {
		return nil, err
	}
	model, err := abi.ModelOf(a)
	if err != nil {
		return nil, err
	}
	image, err := executable(a)
	if err != nil {
		return nil, err
	}
	defer image.Close()
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, fmt.Errorf("helper for %v: %w", a, err)
	}
	memory, err := ring.Create(opt.SharedMemory)
	if err != nil {
		ours.Close()
		theirs.Close()
		return nil, fmt.Errorf("helper for %v: %w", a, err)
	}
	cmd := command(launch, a, image, []*os.File{theirs, memory.File()}, "3", "3", "4", strconv.Itoa(memory.Size()))
	p := &Process{arch: a, model: model, launch: launch, opt: opt, memory: memory}
	if err := p.run(ctx, cmd, ours, theirs, p.called); err != nil {
		return nil, err
	}
	if err := p.attach(ctx); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// socketPair returns a connected pair: a connection for this side and a file to
// inherit.
func socketPair() (net.Conn, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("socketpair: %w", err)
	}
	mine, theirs := os.NewFile(uintptr(fds[0]), "helper"), os.NewFile(uintptr(fds[1]), "host")
	defer mine.Close() // FileConn has its own
	conn, err := net.FileConn(mine)
	if err != nil {
		theirs.Close()
		return nil, nil, err
	}
	return conn, theirs, nil
}

// run starts the process and performs the handshake. From then on the process
// is supervised; on failure nothing is left behind. theirs is the end of the
// stream that it inherits, handler serves its requests.
func (p *Process) run(ctx context.Context, cmd *exec.Cmd, stream io.ReadWriteCloser, theirs *os.File, handler wire.Handler) error {
	p.output = &tail{next: p.opt.Output}
	cmd.Stdout, cmd.Stderr = p.output, p.output
	p.lanes = map[*Lane]bool{}
	p.done = make(chan struct{})
	err := spawn(cmd)
	theirs.Close() // so that the end of the process ends the stream
	if err != nil {
		stream.Close()
		p.memory.Close()
		return &fault.NoRuntime{Arch: p.arch.String(), Tried: []string{fmt.Sprintf("%s: %v", p.launch.Strategy, err)}, Hint: "crossplug doctor says more"}
	}
	p.kill = func() { _ = cmd.Process.Kill() }
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()

	starting, cancel := context.WithTimeout(ctx, p.opt.StartTimeout)
	defer cancel()
	conn, err := wire.New(starting, stream, wire.Options{
		Side: wire.Host, Min: 1, Current: 1, API: apiHash(), Handler: handler, PeerName: "helper for " + p.arch.String(),
	})
	if err == nil {
		hello := conn.Peer()
		if hello.WordBits != p.arch.Bits || hello.ByteOrder.String() != p.model.Order.String() {
			err = fmt.Errorf("it says that it is a %d-bit %v process", hello.WordBits, hello.ByteOrder)
			conn.Close()
		}
	}
	if err != nil {
		p.kill()
		<-exited
		p.memory.Close()
		if starting.Err() != nil && ctx.Err() == nil {
			return &fault.Hang{Plugin: "helper host", Arch: p.arch.String(), LastCall: "starting", Deadline: p.opt.StartTimeout}
		}
		if said := p.output.String(); said != "" {
			return fmt.Errorf("helper for %v (%s) did not start: %w; it said: %s", p.arch, p.launch.Strategy, err, said)
		}
		return fmt.Errorf("helper for %v (%s) did not start: %w", p.arch, p.launch.Strategy, err)
	}
	p.conn = conn
	go p.supervise(exited, cmd)
	return nil
}

// attach learns where the helper has mapped the shared memory.
func (p *Process) attach(ctx context.Context) error {
	answer, err := p.askWithin(ctx, p.opt.StartTimeout, "starting", opInfo, nil)
	if err != nil {
		return err
	}
	r := wire.NewReader(answer)
	p.base = r.U64()
	r.U32()
	if err := r.End(); err != nil {
		return fmt.Errorf("helper for %v: %w", p.arch, err)
	}
	p.pool, err = ring.NewPool(p.memory, 0, uint32(p.memory.Size()))
	return err
}

// supervise waits for the end of the process and says why it came.
func (p *Process) supervise(exited <-chan error, cmd *exec.Cmd) {
	select {
	case <-exited:
	case <-p.conn.Done():
		// The stream ends a moment before the process does. One that lives on
		// without it has lost its host and serves nobody.
		select {
		case <-exited:
		case <-time.After(200 * time.Millisecond):
			p.kill()
			<-exited
		}
	}
	p.mu.Lock()
	p.err = p.reason
	if p.err == nil {
		p.err = p.crash(cmd.ProcessState)
	}
	p.mu.Unlock()
	p.conn.Close()
	close(p.done)
	p.memory.Interrupt(p.err) // ends the waits of all lanes
}

// crash describes a process that ended by itself. p.mu is held.
func (p *Process) crash(state *os.ProcessState) error {
	c := &fault.Crash{Plugin: p.plugins(), Arch: p.arch.String(), Output: p.output.String()}
	var bad *wire.ProtocolError
	status, ok := state.Sys().(syscall.WaitStatus)
	switch {
	case errors.As(p.conn.Err(), &bad): // so this side ended the stream, and the process with it
		c.Damage = bad
	case ok && status.Signaled():
		c.Signal = status.Signal()
	default:
		c.Exit = state.ExitCode()
	}
	if len(p.doing) > 0 {
		c.LastCall = p.doing[len(p.doing)-1]
	}
	for l := range p.lanes {
		if name := l.running(); name != "" {
			c.LastCall = name
		}
	}
	return c
}

// loaded is a file in the helper.
type loaded struct {
	path   string
	module Module // 0 while it is being loaded
}

// plugins names what is loaded, for errors. p.mu is held.
func (p *Process) plugins() string {
	var paths []string
	for _, l := range p.loaded {
		if !slices.Contains(paths, l.path) { // a file may be loaded many times
			paths = append(paths, l.path)
		}
	}
	if len(paths) == 0 {
		return "helper host"
	}
	return strings.Join(paths, " or ")
}

// end makes this side end the process, for a reason that later calls report,
// and waits until it is gone. The first reason stands.
func (p *Process) end(reason error) error {
	p.mu.Lock()
	if p.reason == nil && p.err == nil {
		p.reason = reason
	}
	p.mu.Unlock()
	p.kill()
	return p.ended()
}

// endDamaged ends a process that can no longer be relied on, because it says
// what a whole one never says.
func (p *Process) endDamaged(doing string, fact error) error {
	p.mu.Lock()
	c := &fault.Crash{Plugin: p.plugins(), Arch: p.arch.String(), LastCall: doing, Damage: fact, Output: p.output.String()}
	p.mu.Unlock()
	return p.end(c)
}

// ended waits for the end of a process that is ending and returns the reason.
func (p *Process) ended() error {
	<-p.done
	return p.err
}

// Arch returns the architecture of the helper.
func (p *Process) Arch() arch.Arch { return p.arch }

// Model returns the data model of C code in the helper.
func (p *Process) Model() abi.Model { return p.model }

// Launch says how the helper is run.
func (p *Process) Launch() Launch { return p.launch }

// Done is closed when the process has ended and has been reaped.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err returns nil while the process runs, then why it ended: a *fault.Crash, a
// *fault.Hang, or fault.ErrClosed.
func (p *Process) Err() error {
	select {
	case <-p.done:
		return p.err
	default:
		return nil
	}
}

// Close lets the plug-in run its exit handlers, ends the process and waits
// until it is gone. Blocks of shared memory are unmapped: their bytes must not
// be used any more. Closing again does nothing.
func (p *Process) Close() error {
	p.mu.Lock()
	closing := p.reason != nil || p.err != nil
	if !closing {
		p.reason = fault.ErrClosed
	}
	p.mu.Unlock()
	if !closing {
		soon, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		p.conn.Start(soon, opExit, nil, func([]byte, error) {}) // another request may be stuck in the stream
		select {
		case <-p.done:
		case <-soon.Done():
			p.kill()
		}
	}
	<-p.done
	return p.memory.Close()
}

// request sends one request on the wire and returns a reader of the answer.
func (p *Process) request(ctx context.Context, doing string, op uint16, body []byte) (*wire.Reader, error) {
	answer, err := p.ask(ctx, doing, op, body)
	if err != nil {
		return nil, err
	}
	return wire.NewReader(answer), nil
}

// panicTime is how long a helper may take to end of a panic, which begins with
// a print of all its stacks.
const panicTime = 5 * time.Second

// ask sends one request on the wire and waits for the answer. doing says what
// it is, for the error if it never comes back.
func (p *Process) ask(ctx context.Context, doing string, op uint16, body []byte) ([]byte, error) {
	return p.askWithin(ctx, p.opt.CallTimeout, doing, op, body)
}

// askWithin is ask with a limit of its own; unbounded if negative.
func (p *Process) askWithin(ctx context.Context, limit time.Duration, doing string, op uint16, body []byte) ([]byte, error) {
	p.mu.Lock()
	p.doing = append(p.doing, doing)
	p.mu.Unlock()
	bounded, cancel := ctx, context.CancelFunc(func() {})
	if limit > 0 {
		bounded, cancel = context.WithTimeout(ctx, limit)
	}
	answer, err := p.conn.Call(bounded, op, body)
	timedOut := bounded.Err() != nil
	cancel()

	var closed *wire.ClosedError
	var remote *wire.RemoteError
	switch {
	case err == nil:
	case errors.As(err, &remote) && remote.Code == wire.CodePanicked:
		select { // most panics end their process, and that says more
		case <-p.done:
			err = p.err
		case <-time.After(panicTime):
			err = p.refusal(doing, remote)
		}
	case errors.As(err, &remote):
		err = p.refusal(doing, remote)
	case errors.As(err, &closed):
		err = p.ended()
	case ctx.Err() != nil:
		// C code cannot be told to stop, so giving up a call gives up the process.
		err = p.end(fmt.Errorf("%s: given up by its caller: %w", doing, context.Cause(ctx)))
	case timedOut:
		err = p.end(p.hang(doing, limit))
	}
	p.mu.Lock()
	for i, d := range p.doing {
		if d == doing {
			p.doing = append(p.doing[:i], p.doing[i+1:]...)
			break
		}
	}
	p.mu.Unlock()
	return answer, err
}

func (p *Process) hang(doing string, limit time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return &fault.Hang{Plugin: p.plugins(), Arch: p.arch.String(), LastCall: doing, Deadline: limit}
}

// refusal turns an error that the helper answered into one of package fault.
func (p *Process) refusal(doing string, e *wire.RemoteError) error {
	kind := fault.ErrMismatch
	switch e.Code {
	case errProtocol, errLimit:
	case errLoad:
		kind = fault.ErrBadImage
	case errNotFound:
		kind = fault.ErrNotFound
	default: // a procedure's own error
		return fmt.Errorf("%s: %w", doing, e)
	}
	return fmt.Errorf("%s: %w: %s", doing, kind, e.Text)
}
