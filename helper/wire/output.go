package wire

import (
	"context"
	"io"
)

// output is the sending half of a stream. Frames never mix: a sender holds the
// right to write from lock until the last byte of its frame is written, even
// when that happens in the background.
type output struct {
	w       io.Writer
	right   chan struct{} // full while somebody may write
	direct  *direct       // nil when the stream cannot be tried without blocking
	scratch []byte        // joins header and body of small frames; its owner has the right
}

func newOutput(rw io.ReadWriteCloser) *output {
	return &output{
		w:       rw,
		right:   make(chan struct{}, 1),
		direct:  newDirect(rw),
		scratch: make([]byte, 0, headerSize+chunk),
	}
}

// lockOutput waits for the right to write until ctx or the connection ends.
func (c *Conn) lockOutput(ctx context.Context) error {
	select {
	case c.out.right <- struct{}{}:
		return nil
	default:
	}
	select {
	case c.out.right <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-c.done:
		return c.Err()
	}
}

// transmit sends one frame and gives the right to write back, at once or when
// the stream has taken all of it. The body is not used after it returns.
func (c *Conn) transmit(h header, body []byte) {
	o := c.out
	h.length = uint32(len(body))
	frame := o.scratch
	if headerSize+len(body) > cap(frame) {
		frame = make([]byte, 0, headerSize+len(body))
	}
	frame = frame[:headerSize]
	h.put(frame)
	frame = append(frame, body...)

	var n int
	var err error
	if o.direct != nil {
		n, err = o.direct.write(frame)
	}
	if err == nil && n < len(frame) {
		go c.finish(frame[n:])
		return
	}
	<-o.right
	if err != nil {
		c.fail(ended(err, 0, len(frame)))
	}
}

func (c *Conn) finish(rest []byte) {
	_, err := c.out.w.Write(rest)
	<-c.out.right
	if err != nil {
		c.fail(ended(err, 0, len(rest)))
	}
}
