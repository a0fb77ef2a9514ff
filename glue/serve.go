package glue

import (
	"context"
	"encoding/binary"
	"errors"
	"strconv"

	"github.com/crossplug/crossplug"
)

// called serves an upcall: the dispatcher's request lies in one of the frames.
func (l *Link) called(ctx context.Context, args []crossplug.Value) any {
	l.mu.Lock()
	f := l.frames[args[0].Pointer()]
	l.mu.Unlock()
	if f == nil {
		return uint64(0)
	}
	return l.answer(ctx, f, args[1].Uint())
}

// answer serves the request of n bytes in a frame and returns the response's
// length; 0 if it is not the plug-in's turn there.
func (l *Link) answer(ctx context.Context, f *frame, n uint64) uint64 {
	if !f.turn.TryLock() {
		return 0
	}
	defer f.turn.Unlock()
	c := f.push()
	defer func() { f.depth-- }()
	c.Message.function = "the plug-in"
	b := c.Message.frame
	var head, self uint64
	if n >= requestHead && n <= uint64(len(b)) && n%word == 0 {
		head, self = binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[word:])
	}
	c.at, c.end = requestHead, int(head>>32)
	switch {
	case head>>32 != n || n == 0 || self>>32 != 0:
		c.end = c.at
		c.fail("", Malformed, "the request has no head")
	case uint32(head) == reportID:
		l.report(&Error{Function: "the plug-in", Status: Status(self), Text: c.Message.GetString("", Text{Max: 1024})})
		c.Reply()
	default:
		c.id, c.self = uint32(head), uint32(self)
		l.serve(context.WithValue(ctx, frameKey{l}, f), c)
	}
	return uint64(c.respond())
}

// ID returns the number of the function that the plug-in calls.
func (c *Call) ID() uint32 { return c.id }

// Self returns the handle of the table or callback that the function belongs to.
func (c *Call) Self() uint32 { return c.self }

// Serve begins a skeleton: it names the function.
func (c *Call) Serve(fn *Function) { c.function, c.Message.function = fn, fn.Name }

// Unknown answers a request for a function that there is not.
func (c *Call) Unknown() {
	c.fail("", NotProvided, "there is no function %s", strconv.Itoa(int(c.id)))
}

// Received ends the decoding of a request. It reports whether the function may
// be called.
func (c *Call) Received() bool {
	if c.err == nil && c.at != c.end {
		c.fail("", Malformed, "the request goes on after its end")
	}
	if c.err == nil && c.function.Thread != Any && c.function.Thread != c.frame.class {
		c.fail("", WrongThread, "the plug-in called it on a thread of another class")
	}
	return c.err == nil
}

// Reply begins the response.
func (c *Call) Reply() {
	if c.err == nil {
		c.at, c.end = word, len(c.Message.frame)
	}
}

// Handled notes what a host's function without error codes returned. It reports
// whether results are to follow.
func (c *Call) Handled(err error) bool {
	if err != nil && c.err == nil {
		c.err = &Error{Function: c.Message.function, Status: HandlerFailed, Cause: err, Text: err.Error()}
	}
	c.Reply()
	return c.err == nil
}

// HandledCode is Handled for a function whose result says what went wrong: a
// Failure's code is its result.
func (c *Call) HandledCode(err error) (code int64, ok bool) {
	if f := (*Failure)(nil); errors.As(err, &f) {
		c.failed = err
		c.Reply()
		return f.Code, c.err == nil
	}
	return 0, c.Handled(err)
}

// respond writes the head of the response, or what was wrong, and returns the
// response's length.
func (c *Call) respond() int {
	status := OK
	if err := c.err; err != nil {
		c.link.report(err)
		status = HandlerFailed
		text := err.Error()
		if e := (*Error)(nil); errors.As(err, &e) {
			status, text = e.Status, e.Text
		}
		c.settle(false)
		c.Message = Message{frame: c.Message.frame, at: word, end: len(c.Message.frame)}
		c.PutString("", clip(text), Text{})
	} else {
		c.settle(c.failed == nil)
	}
	binary.LittleEndian.PutUint64(c.Message.frame, uint64(status)|uint64(c.at)<<32)
	return c.at
}

// clip makes a text fit for a response.
func clip(s string) string {
	b := []byte(s[:min(len(s), 1000)])
	for i, c := range b {
		if c == 0 {
			b[i] = '?'
		}
	}
	return string(b)
}
