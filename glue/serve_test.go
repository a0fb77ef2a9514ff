package glue

import (
	"context"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/crossplug/crossplug"
)

// loopback returns a link without a plug-in, with one frame.
func loopback(serve func(context.Context, *Call)) (*Link, *frame) {
	l := NewLink(&Definition{Name: "test"}, serve)
	f := &frame{link: l, block: &crossplug.Block{Bytes: make([]byte, 4096), Address: 64}, class: RealTime}
	l.frames[64] = f
	return l, f
}

var (
	fnEcho = &Function{ID: 1, Name: "echo"}
	fnOnce = &Function{ID: 2, Name: "once", Scope: Once}
	fnMain = &Function{ID: 3, Name: "main", Thread: Main}
)

// serveAll has a function of each sort.
func serveAll(ctx context.Context, c *Call) {
	switch c.ID() {
	case 1:
		c.Serve(fnEcho)
		text := c.GetString("text", Text{Max: 100})
		numbers := Numbers[int32](&c.Message, "numbers", 100, true)
		object := c.Object("object", 1, true)
		if !c.Received() {
			return
		}
		if code, ok := c.HandledCode(nil); ok {
			c.PutInt(code)
			c.PutString("text", text, Text{})
			PutNumbers(&c.Message, "numbers", numbers, 100, true)
			c.PutBool(object != nil)
		}
	case 2:
		c.Serve(fnOnce)
		if c.Received() {
			if fn, _ := c.Func(fnOnce).(func()); fn != nil {
				fn()
				c.Reply()
			}
		}
	case 3:
		c.Serve(fnMain)
		if c.Received() {
			c.Handled(errors.New("not to be called"))
		}
	default:
		c.Unknown()
	}
}

// call sends words as a request and returns the response's status and words.
func (f *frame) call(t testing.TB, id, self uint32, words ...uint64) (Status, []uint64) {
	b := f.block.Bytes
	n := 8 * (2 + len(words))
	binary.LittleEndian.PutUint64(b, uint64(id)|uint64(n)<<32)
	binary.LittleEndian.PutUint64(b[8:], uint64(self))
	for i, w := range words {
		binary.LittleEndian.PutUint64(b[16+8*i:], w)
	}
	return f.serve(t, n)
}

// serve serves the request of n bytes that lies in the frame, and checks the
// response's form.
func (f *frame) serve(t testing.TB, n int) (Status, []uint64) {
	got := f.link.answer(context.Background(), f, uint64(n))
	b := f.block.Bytes
	if got < 8 || got > uint64(len(b)) || got%8 != 0 {
		t.Fatalf("a response of %d bytes", got)
	}
	head := binary.LittleEndian.Uint64(b)
	if head>>32 != got {
		t.Fatalf("the response's head says %d bytes of %d", head>>32, got)
	}
	if Status(head) > HandlerFailed {
		t.Fatalf("status %d", Status(head))
	}
	var words []uint64
	for i := 8; i < int(got); i += 8 {
		words = append(words, binary.LittleEndian.Uint64(b[i:]))
	}
	if f.depth != 0 {
		t.Fatalf("the depth is %d after the call", f.depth)
	}
	return Status(head), words
}

func TestServe(t *testing.T) {
	l, f := loopback(serveAll)
	object := new(int)
	h := uint64(l.objects.AddOnce(1, object))
	calls := 0
	once := l.objects.Add(functionKind|2, func() { calls++ })
	for _, tt := range []struct {
		name     string
		id, self uint32
		words    []uint64
		want     Status
		report   error
	}{
		{"all is well", 1, 0, []uint64{2, 'a' | 'b'<<8, null, h}, OK, nil},
		{"stale", 1, 0, []uint64{0, null, h + 1<<indexBits}, Stale, ErrStale},
		{"no handle", 1, 0, []uint64{0, null, 1 << 40}, NoRoom, ErrNoRoom},
		{"too short", 1, 0, []uint64{0, null}, Malformed, ErrMalformed},
		{"too much", 1, 0, []uint64{0, null, 0, 0}, Malformed, ErrMalformed},
		{"too long", 1, 0, []uint64{0, 101, 0}, TooLong, ErrTooLong},
		{"null text", 1, 0, []uint64{null, null, 0}, Malformed, ErrMalformed},
		{"once", 2, once, nil, OK, nil},
		{"twice", 2, once, nil, Released, ErrReleased},
		{"never", 2, 0, nil, Released, ErrReleased},
		{"another thread", 3, 0, nil, WrongThread, ErrWrongThread},
		{"unknown", 4, 0, nil, NotProvided, ErrNotProvided},
		{"a report", reportID, uint32(Stale), []uint64{1, 'x'}, OK, ErrStale},
	} {
		status, _ := f.call(t, tt.id, tt.self, tt.words...)
		if status != tt.want {
			t.Errorf("%s: status %d, want %d", tt.name, status, tt.want)
		}
		select {
		case err := <-l.Reports():
			if tt.report == nil || !errors.Is(err, tt.report) {
				t.Errorf("%s: reported %v, want %v", tt.name, err, tt.report)
			}
		default:
			if tt.report != nil {
				t.Errorf("%s: nothing was reported", tt.name)
			}
		}
	}
	if calls != 1 {
		t.Errorf("called %d times", calls)
	}
	f.turn.Lock() // another thread claims the frame
	if n := l.answer(t.Context(), f, 16); n != 0 {
		t.Errorf("a call out of turn was answered by %d bytes", n)
	}
}

// FuzzServe sends anything as a request: the response is well-formed.
func FuzzServe(f *testing.F) {
	f.Add(uint32(1), uint32(0), []byte{2, 0, 0, 0, 0, 0, 0, 0, 'a', 'b', 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add(uint32(2), uint32(1<<18), []byte{})
	f.Add(uint32(reportID), uint32(2), []byte{1, 0, 0, 0, 0, 0, 0, 0, 'x', 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, id, self uint32, body []byte) {
		l, frame := loopback(serveAll)
		l.objects.Add(functionKind|2, func() {})
		l.objects.AddOnce(1, new(int))
		body = body[:min(len(body), 4000)&^7]
		b := frame.block.Bytes
		copy(b[16:], body)
		binary.LittleEndian.PutUint64(b, uint64(id)|uint64(16+len(body))<<32)
		binary.LittleEndian.PutUint64(b[8:], uint64(self))
		frame.serve(t, 16+len(body))
	})
}
