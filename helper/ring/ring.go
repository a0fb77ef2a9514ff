package ring

import (
	"context"
	"fmt"
	"io"
)

// # The ring
//
// A ring carries bytes from one producer to one consumer. It lies at a page
// boundary of a Memory:
//
//	offset  writer    what
//	     0  producer  head: bytes ever produced, modulo 2^32
//	    64  consumer  tail: bytes ever consumed, modulo 2^32
//	   128  consumer  consumer waits: 0, or how many bytes it wants
//	   192  producer  producer waits: 0, or how much free space it wants
//	   256  producer  producer closed: 0 or 1
//	   320  consumer  consumer closed: 0 or 1
//	   384  producer  producer bell: the consumer sleeps on it
//	   448  consumer  consumer bell: the producer sleeps on it
//	  4096  producer  data: a power of two of bytes
//
// Each word is a little-endian u32 alone on its line. The byte with index i
// is at data[i mod size]; head-tail bytes are in the ring, never more than
// size. Indices are never reduced, so full and empty differ.
//
// To sleep, a side
//
//  1. loads the other's bell,
//  2. stores in its own waits word how much it wants (1 is always right),
//  3. looks again at the other's index and closed word, and sleeps on the bell
//     with the value of step 1 only if there is still not enough,
//  4. stores 0 in its waits word.
//
// After it has advanced its index, or closed, a side loads the other's waits
// word; if that is not 0, and satisfied or this side closed, it adds one to its
// own bell and wakes the sleepers on it. All these accesses are sequentially
// consistent: either the sleeper sees the new index in step 3, or the waker
// sees the waits word. The bell is what makes the sleep exact: whatever the
// reason for the wake-up, the word slept on has changed.
//
// A side that dies rings no bell. The survivor's supervisor ends its waits with
// Memory.Interrupt; a C program sleeps in slices and looks after its peer
// between them.

const (
	offHead           = 0
	offTail           = 64
	offConsumerWaits  = 128
	offProducerWaits  = 192
	offProducerClosed = 256
	offConsumerClosed = 320
	offProducerBell   = 384
	offConsumerBell   = 448
	offData           = 4096

	maxData = 1 << 30 // indices that differ by 2^31 or more would be ambiguous
)

// Layout returns the layout of a ring with size bytes of data.
func Layout(size uint32) []Field {
	return []Field{
		{"head", offHead, 4, "producer", true},
		{"tail", offTail, 4, "consumer", true},
		{"consumer waits", offConsumerWaits, 4, "consumer", true},
		{"producer waits", offProducerWaits, 4, "producer", true},
		{"producer closed", offProducerClosed, 4, "producer", true},
		{"consumer closed", offConsumerClosed, 4, "consumer", true},
		{"producer bell", offProducerBell, 4, "producer", true},
		{"consumer bell", offConsumerBell, 4, "consumer", true},
		{"data", offData, size, "producer", false},
	}
}

// Bytes returns how much memory a ring with size bytes of data takes.
func Bytes(size uint32) int { return offData + int(size) }

// end is what both sides of a ring have.
type end struct {
	m    *Memory
	name string
	data []byte
	size uint32

	own, other             Word // indices
	ownWaits, otherWaits   Word
	ownClosed, otherClosed Word
	ownBell, otherBell     Word

	// Copies of what this side alone writes: what is in shared memory is never
	// read back.
	at    uint32
	rings uint32
	done  bool
}

func (e *end) init(m *Memory, name string, offset, size uint32, words [8]uint32) error {
	if size < Line || size > maxData || size&(size-1) != 0 {
		return fmt.Errorf("ring: %d bytes of data (a power of two, %d to %d)", size, Line, maxData)
	}
	if offset%offData != 0 || uint64(offset)+offData+uint64(size) > uint64(len(m.bytes)) {
		return fmt.Errorf("ring: %d bytes of data at %d in memory of %d bytes (a multiple of %d)", size, offset, len(m.bytes), offData)
	}
	start := int(offset) + offData
	e.m, e.name, e.size = m, name, size
	e.data = m.bytes[start : start+int(size) : start+int(size)]
	for i, w := range []*Word{&e.own, &e.other, &e.ownWaits, &e.otherWaits, &e.ownClosed, &e.otherClosed, &e.ownBell, &e.otherBell} {
		var err error
		if *w, err = m.Word(offset + words[i]); err != nil {
			return err
		}
	}
	e.at = e.own.Load()
	e.rings = e.ownBell.Load()
	return nil
}

// advance publishes n bytes and wakes the other side if that is what it
// sleeps for; ready is how much it has now.
func (e *end) advance(n int, ready uint32) {
	e.at += uint32(n)
	e.own.Store(e.at)
	if want := e.otherWaits.Load(); want != 0 && ready >= want {
		e.ring()
	}
}

func (e *end) ring() {
	e.rings++
	e.ownBell.Store(e.rings)
	e.ownBell.Wake()
}

func (e *end) close() {
	if e.done {
		return
	}
	e.done = true
	e.ownClosed.Store(1)
	if e.otherWaits.Load() != 0 {
		e.ring()
	}
}

// sleep waits for want bytes or the other side's end. enough looks at both.
func (e *end) sleep(ctx context.Context, want uint32, enough func(want uint32) bool) error {
	bell := e.otherBell.Load()
	e.ownWaits.Store(want)
	defer e.ownWaits.Store(0)
	if enough(want) {
		return nil
	}
	_, err := e.otherBell.WaitContext(ctx, bell)
	return err
}

// usable is checked before every operation: memory that was closed or whose
// other side died would take bytes silently.
func (e *end) usable() error {
	if e.done {
		return fmt.Errorf("ring: %s is closed: %w", e.name, io.ErrClosedPipe)
	}
	return e.m.Err()
}

// Producer is the writing end of a ring. Its methods must not be called
// concurrently; to end a wait from outside use the context or
// Memory.Interrupt.
type Producer struct{ end }

// NewProducer returns the writing end of the ring at offset with size bytes
// of data. A ring in new memory is empty.
func NewProducer(m *Memory, offset, size uint32) (*Producer, error) {
	p := new(Producer)
	err := p.init(m, "producer", offset, size, [8]uint32{offHead, offTail, offProducerWaits, offConsumerWaits,
		offProducerClosed, offConsumerClosed, offProducerBell, offConsumerBell})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// used loads the consumer's index once and checks it.
func (p *Producer) used() (uint32, error) {
	tail := p.other.Load()
	if used := p.at - tail; used <= p.size {
		return used, nil
	}
	return 0, fmt.Errorf("ring: tail %d with head %d: at most %d bytes fit: %w", tail, p.at, p.size, ErrCorrupt)
}

// Reserve waits until there is space and returns the part of it that is
// contiguous, at least one byte. Fill it from the start, then Commit.
//
// The error is io.ErrClosedPipe when a side has closed the ring, ErrCorrupt,
// the cause of ctx, or what Memory.Interrupt said.
func (p *Producer) Reserve(ctx context.Context) ([]byte, error) {
	return p.reserve(ctx, 1)
}

// reserve returns whatever space there is, but sleeps until there is as much
// as want.
func (p *Producer) reserve(ctx context.Context, want uint32) ([]byte, error) {
	for {
		if err := p.usable(); err != nil {
			return nil, err
		}
		if p.otherClosed.Load() != 0 {
			return nil, fmt.Errorf("ring: the consumer closed it: %w", io.ErrClosedPipe)
		}
		used, err := p.used()
		if err != nil {
			return nil, err
		}
		if used < p.size {
			start := p.at & (p.size - 1)
			return p.data[start:min(uint64(start)+uint64(p.size-used), uint64(p.size))], nil
		}
		err = p.sleep(ctx, want, func(want uint32) bool {
			used, err := p.used()
			return err != nil || p.size-used >= want || p.otherClosed.Load() != 0
		})
		if err != nil {
			return nil, err
		}
	}
}

// Commit gives the first n bytes of what Reserve returned to the consumer.
func (p *Producer) Commit(n int) error {
	used, err := p.used()
	if err != nil {
		return err
	}
	if n < 0 || uint64(n) > uint64(p.size-used) {
		return fmt.Errorf("ring: commit of %d bytes with %d free", n, p.size-used)
	}
	p.advance(n, used+uint32(n))
	return nil
}

// Write puts all of b into the ring, waiting for space as often as needed. It
// returns how much it wrote, and an error as Reserve does if that is less.
func (p *Producer) Write(ctx context.Context, b []byte) (int, error) {
	written := 0
	for written < len(b) {
		// Woken for every byte that is consumed, a writer of much would hand
		// it over in crumbs; so it asks for up to half the ring.
		want := uint32(min(uint64(len(b)-written), uint64(p.size/2)))
		space, err := p.reserve(ctx, want)
		if err != nil {
			return written, err
		}
		n := copy(space, b[written:])
		if err := p.Commit(n); err != nil {
			return written, err
		}
		written += n
	}
	return written, nil
}

// Close tells the consumer that nothing more comes: it reads what is left,
// then io.EOF.
func (p *Producer) Close() error {
	p.close()
	return nil
}

// Consumer is the reading end of a ring, with the same rules as Producer.
type Consumer struct{ end }

// NewConsumer returns the reading end of the ring at offset with size bytes
// of data.
func NewConsumer(m *Memory, offset, size uint32) (*Consumer, error) {
	c := new(Consumer)
	err := c.init(m, "consumer", offset, size, [8]uint32{offTail, offHead, offConsumerWaits, offProducerWaits,
		offConsumerClosed, offProducerClosed, offConsumerBell, offProducerBell})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// used loads the producer's index once and checks it.
func (c *Consumer) used() (uint32, error) {
	head := c.other.Load()
	if used := head - c.at; used <= c.size {
		return used, nil
	}
	return 0, fmt.Errorf("ring: head %d with tail %d: at most %d bytes fit: %w", head, c.at, c.size, ErrCorrupt)
}

// Peek waits until there are bytes and returns those that are contiguous, at
// least one. The producer's process can still change them: what must be
// consistent has to be copied first. Consume gives the space back.
//
// The error is io.EOF when the producer has closed the ring and everything
// was consumed; else as for Reserve.
func (c *Consumer) Peek(ctx context.Context) ([]byte, error) {
	for {
		if err := c.usable(); err != nil {
			return nil, err
		}
		// In this order: what was produced before the end must not be missed.
		closed := c.otherClosed.Load() != 0
		used, err := c.used()
		if err != nil {
			return nil, err
		}
		if used > 0 {
			start := c.at & (c.size - 1)
			return c.data[start:min(uint64(start)+uint64(used), uint64(c.size))], nil
		}
		if closed {
			return nil, io.EOF
		}
		err = c.sleep(ctx, 1, func(uint32) bool {
			used, err := c.used()
			return err != nil || used > 0 || c.otherClosed.Load() != 0
		})
		if err != nil {
			return nil, err
		}
	}
}

// Consume gives the first n bytes of what Peek returned back to the producer.
func (c *Consumer) Consume(n int) error {
	used, err := c.used()
	if err != nil {
		return err
	}
	if n < 0 || uint64(n) > uint64(used) {
		return fmt.Errorf("ring: consume of %d bytes with %d in the ring", n, used)
	}
	c.advance(n, c.size-used+uint32(n))
	return nil
}

// Read copies what is contiguous, at most len(b) bytes, and waits until that
// is at least one. It returns an error as Peek does.
func (c *Consumer) Read(ctx context.Context, b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	have, err := c.Peek(ctx)
	if err != nil {
		return 0, err
	}
	n := copy(b, have)
	return n, c.Consume(n)
}

// Close tells the producer that nothing more is read: its writes fail.
func (c *Consumer) Close() error {
	c.close()
	return nil
}
