package glue

import (
	"context"
	"encoding/binary"
	"time"

	"github.com/crossplug/crossplug/abi"
	"github.com/crossplug/crossplug/fault"
)

// Call is one call under way, in either direction: a message and the handles
// that are in it.
type Call struct {
	Message
	link     *Link
	frame    *frame
	ctx      context.Context
	cancel   context.CancelFunc
	batch    abi.Batch
	function *Function
	id, self uint32
	handle   uint32 // of this side's that was put or read last
	lent     []lentFor
	failed   error // what the function's result says
}

// lentFor is a function among the arguments.
type lentFor struct {
	lent
	scope Scope
}

// Begin begins a call of a plug-in's function. self is the handle of the table
// or callback that the function belongs to, or 0. It never returns nil; a call
// that could not begin fails.
func (l *Link) Begin(ctx context.Context, fn *Function, self uint32) *Call {
	if l == nil { // the zero value of a handle's type
		return refused(fn, &Error{Function: fn.Name, Status: Malformed, Text: "the object is null"})
	}
	f, err := l.take(ctx, fn.Thread)
	if err != nil {
		if e, ok := err.(*Error); ok {
			e.Function = fn.Name
		}
		return refused(fn, err)
	}
	return f.begin(ctx, fn, self)
}

// BeginOn is Begin on a thread of the caller's.
func (l *Link) BeginOn(ctx context.Context, t *Thread, fn *Function, self uint32) *Call {
	if t == nil || t.frame.link != l {
		return refused(fn, &Error{Function: fn.Name, Status: WrongThread, Text: "the thread is not one of this plug-in's"})
	}
	return t.frame.begin(ctx, fn, self)
}

// refused is a call that could not begin.
func refused(fn *Function, err error) *Call {
	return &Call{Message: Message{err: err}, function: fn}
}

func (f *frame) begin(ctx context.Context, fn *Function, self uint32) *Call {
	c := f.push()
	c.ctx, c.function, c.id, c.self = ctx, fn, fn.ID, self
	c.Message.function = fn.Name
	c.at, c.end = requestHead, len(c.Message.frame)
	if f.link.absent[fn.ID] {
		c.fail("", NotProvided, "the plug-in does not export it")
	}
	return c
}

// Cross sends the request and waits for the response, from which results can
// be read then.
func (c *Call) Cross() {
	if c.err != nil {
		return
	}
	n := c.head()
	ctx := c.ctx
	if t := c.function.Timeout; t > 0 {
		limit := time.Duration(t) * time.Millisecond
		p := c.link.plugin
		ctx, c.cancel = context.WithTimeoutCause(ctx, limit, &fault.Hang{Plugin: p.Path(), Arch: p.Arch().String(), LastCall: c.function.Name, Deadline: limit})
	}
	n, err := c.frame.dispatch(ctx, c.function, &c.batch, n)
	if c.cancel != nil {
		c.cancel()
	}
	c.answered(n, err)
}

// head writes the request's head and returns its length.
func (c *Call) head() int {
	n := c.at
	binary.LittleEndian.PutUint64(c.Message.frame, uint64(c.id)|uint64(n)<<32)
	binary.LittleEndian.PutUint64(c.Message.frame[word:], uint64(c.self))
	return n
}

// answered reads the head of a response of n bytes.
func (c *Call) answered(n int, err error) {
	if err != nil {
		if c.err == nil {
			c.err = err
		}
		c.at, c.end = 0, 0
		return
	}
	b := c.Message.frame
	c.response = true
	var head uint64
	if n >= word && n <= len(b) && n%word == 0 {
		head = binary.LittleEndian.Uint64(b)
	}
	if head>>32 != uint64(n) || n == 0 {
		c.fail("", Malformed, "the response has no head")
		return
	}
	c.at, c.end = word, n
	if s := Status(head); s != OK {
		text := c.Message.GetString("", Text{Max: len(b)})
		c.err = &Error{Function: c.function.Name, Status: s, Text: text, Remote: true}
		c.at, c.end = 0, 0
	}
}

// Fail notes that the function's result means failure.
func (c *Call) Fail(code int64) {
	if c.err == nil && c.failed == nil {
		c.failed = &Failure{Function: c.function.Name, Code: code}
	}
}

// Succeeded says whether all went well until now.
func (c *Call) Succeeded() bool { return c.err == nil && c.failed == nil }

// End ends the call and says what was wrong with it.
func (c *Call) End() error {
	if c.frame == nil {
		return c.err
	}
	if c.at != c.end && c.err == nil && c.response {
		c.fail("", Malformed, "the response goes on after its end")
	}
	c.settle(c.Succeeded())
	err := c.err
	if err == nil {
		err = c.failed
	}
	c.frame.depth--
	c.link.give(c.frame)
	return err
}

// settle takes back what was lent for the call, or for more if the call failed.
func (c *Call) settle(ok bool) {
	for _, l := range c.lent {
		if !ok || l.scope == ForCall {
			c.link.objects.Remove(l.kind, l.handle)
		}
	}
	c.lent = c.lent[:0]
}

// --- handles ---

// PutHandle writes the handle of an object of the plug-in's, which must be of
// the same link.
func (c *Call) PutHandle(item string, of *Link, h uint32, nullable bool) {
	switch {
	case h == 0 && !nullable:
		c.fail(item, Malformed, "null, where the definition allows none")
	case h != 0 && of != c.link:
		c.fail(item, Stale, "a handle of another plug-in")
	}
	c.Put(uint64(h))
}

// Handle reads the handle of an object of the plug-in's.
func (c *Call) Handle(item string, nullable bool) uint32 {
	h := c.U32(item)
	if h == 0 && c.err == nil {
		c.isNull(item, nullable)
	}
	return h
}

// Link returns the link that the call goes over.
func (c *Call) Link() *Link { return c.link }

// PutObject writes the handle of an object of the host's; given is whether it is
// not nil. The object must be comparable, as pointers are.
func (c *Call) PutObject(item string, kind Kind, object any, given, nullable bool) {
	c.handle = 0
	switch {
	case !given && !nullable:
		c.fail(item, Malformed, "nil, where the definition allows none")
	case given && c.err == nil:
		if c.handle = c.link.objects.AddOnce(kind, object); c.handle == 0 {
			c.fail(item, NoRoom, "there are too many handles")
		}
	}
	c.Put(uint64(c.handle))
}

// Object reads the handle of an object of the host's and returns the object; nil
// is null, or a failure.
func (c *Call) Object(item string, kind Kind, nullable bool) any {
	c.handle = c.U32(item)
	if c.err != nil {
		return nil
	}
	if c.handle == 0 {
		c.isNull(item, nullable)
		return nil
	}
	o := c.link.objects.Get(kind, c.handle)
	if o == nil {
		c.fail(item, Stale, "its object is gone, or of another kind")
	}
	return o
}

// SelfObject returns the host's table that the plug-in calls a function of.
func (c *Call) SelfObject(kind Kind) any {
	if c.err != nil {
		return nil
	}
	o := c.link.objects.Get(kind, c.self)
	if o == nil {
		c.fail("", Stale, "there is no such table of functions")
	}
	return o
}

// LastHandle returns the handle of the host's object that was written or read
// last.
func (c *Call) LastHandle() uint32 { return c.handle }

// --- callbacks ---

// PutFunc lends a Go function to the plug-in for as long as its type says; given
// is whether it is not nil.
func (c *Call) PutFunc(item string, of *Function, fn any, given, nullable bool) {
	var h uint32
	switch {
	case !given && !nullable:
		c.fail(item, Malformed, "nil, where the definition allows none")
	case given && c.err == nil:
		k := functionKind | Kind(of.ID)
		if h = c.link.objects.Add(k, fn); h == 0 {
			c.fail(item, NoRoom, "there are too many callbacks")
		} else {
			c.lent = append(c.lent, lentFor{lent{k, h}, of.Scope})
		}
	}
	c.Put(uint64(h))
}

// Func returns the Go function that the plug-in calls, in the skeleton of its
// type; nil is a failure.
func (c *Call) Func(of *Function) any {
	if c.err != nil {
		return nil
	}
	k := functionKind | Kind(of.ID)
	var fn any
	if of.Scope == Once {
		fn = c.link.objects.Remove(k, c.self)
	} else {
		fn = c.link.objects.Get(k, c.self)
	}
	if fn == nil {
		c.fail("", Released, "the host's function may not be called any more")
	}
	return fn
}

// Register makes the functions that the call has lent for a registration belong
// to an object.
func (c *Call) Register(kind Kind, handle uint32) {
	if !c.Succeeded() {
		return
	}
	for _, l := range c.lent {
		if l.scope == ForRegistration {
			c.link.registry.add(owner{kind, handle}, l.lent)
		}
	}
}

// Unregister ends the registrations of a type that belong to an object.
func (c *Call) Unregister(of *Function, kind Kind, handle uint32) {
	if !c.Succeeded() {
		return
	}
	for _, l := range c.link.registry.release(owner{kind, handle}, functionKind|Kind(of.ID)) {
		c.link.objects.Remove(l.kind, l.handle)
	}
}

// Adopt notes that an object ends with another.
func (c *Call) Adopt(parentKind Kind, parent uint32, kind Kind, handle uint32) {
	if c.Succeeded() && handle != 0 {
		c.link.registry.adopt(owner{parentKind, parent}, owner{kind, handle})
	}
}

// Destroyed ends an object, the registrations that belong to it, and what ends
// with it.
func (c *Call) Destroyed(kind Kind, handle uint32) {
	if !c.Succeeded() {
		return
	}
	gone, objects := c.link.registry.destroyed(owner{kind, handle})
	for _, l := range gone {
		c.link.objects.Remove(l.kind, l.handle)
	}
	for _, o := range objects {
		c.link.objects.Remove(o.kind, o.handle) // nothing, if it is the plug-in's
	}
}

// Deny makes a call fail before it crosses, because the function is not there.
func (c *Call) Deny(fact string) { c.fail("", NotProvided, "%s", fact) }
