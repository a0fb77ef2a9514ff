package ring

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"testing"
	"time"
)

func newMemory(t testing.TB, size int) *Memory {
	t.Helper()
	m, err := Create(size)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// heapMemory is a Memory on the Go heap: there the race detector sees every
// access, which it does not in mapped memory.
func heapMemory(size int) *Memory {
	b := make([]byte, size+offData)
	skip := alignment(b, offData)
	return &Memory{bytes: b[skip : skip+size : skip+size], words: make(map[*uint32]struct{})}
}

func newRing(t testing.TB, m *Memory, size uint32) (*Producer, *Consumer) {
	t.Helper()
	p, err := NewProducer(m, 0, size)
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewConsumer(m, 0, size)
	if err != nil {
		t.Fatal(err)
	}
	return p, c
}

// startAt makes the indices begin near their overflow.
func startAt(t testing.TB, m *Memory, index uint32) {
	t.Helper()
	for _, off := range []uint32{offHead, offTail} {
		w, err := m.Word(off)
		if err != nil {
			t.Fatal(err)
		}
		w.Store(index)
	}
}

func TestRingHammer(t *testing.T) {
	const size = 256
	total := 1 << 20
	if testing.Short() {
		total = 1 << 17
	}
	for name, m := range map[string]*Memory{"mapped": newMemory(t, Bytes(size)), "heap": heapMemory(Bytes(size))} {
		t.Run(name, func(t *testing.T) {
			startAt(t, m, ^uint32(0)-1000)
			p, c := newRing(t, m, size)
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
			defer cancel()
			produced := make(chan error, 1)
			go func() { produced <- produce(ctx, p, total, 1) }()
			if err := consume(ctx, c, total, 2); err != nil {
				t.Error(err)
			}
			if err := <-produced; err != nil {
				t.Error(err)
			}
		})
	}
}

// pattern is the byte at a position of the stream; 251 is prime to every ring
// size, so a lost or repeated chunk shows.
func pattern(i int) byte { return byte(i % 251) }

// produce writes total bytes in chunks of random size, through Write and
// Reserve by turns.
func produce(ctx context.Context, p *Producer, total int, seed uint64) error {
	rnd := rand.New(rand.NewPCG(seed, 0))
	chunk := make([]byte, 700)
	for i := 0; i < total; {
		n := min(1+rnd.IntN(len(chunk)), total-i)
		for j := range n {
			chunk[j] = pattern(i + j)
		}
		if rnd.IntN(2) == 0 {
			if _, err := p.Write(ctx, chunk[:n]); err != nil {
				return err
			}
		} else {
			space, err := p.Reserve(ctx)
			if err != nil {
				return err
			}
			n = copy(space, chunk[:n])
			if err := p.Commit(n); err != nil {
				return err
			}
		}
		i += n
	}
	return p.Close()
}

func consume(ctx context.Context, c *Consumer, total int, seed uint64) error {
	rnd := rand.New(rand.NewPCG(seed, 0))
	buf := make([]byte, 700)
	i := 0
	for {
		var got []byte
		var err error
		byRead := rnd.IntN(2) == 0
		if byRead {
			var n int
			n, err = c.Read(ctx, buf[:1+rnd.IntN(len(buf))])
			got = buf[:n]
		} else if got, err = c.Peek(ctx); err == nil {
			got = got[:1+rnd.IntN(len(got))]
		}
		for j, b := range got {
			if b != pattern(i+j) {
				return fmt.Errorf("byte %d is %d, not %d", i+j, b, pattern(i+j))
			}
		}
		i += len(got)
		if err == io.EOF {
			if i != total {
				return fmt.Errorf("end after %d bytes of %d", i, total)
			}
			return nil
		}
		if err != nil {
			return err
		}
		if !byRead {
			if err := c.Consume(len(got)); err != nil {
				return err
			}
		}
	}
}

// TestRingPingPong sends one byte to and fro. Each side falls asleep every time
// while the other is about to wake it: here a lost wake-up shows.
func TestRingPingPong(t *testing.T) {
	const size = 64
	m := newMemory(t, 2*offData+Bytes(size))
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	toP, toC := newRing(t, m, size)
	backP, err := NewProducer(m, 2*offData, size)
	if err != nil {
		t.Fatal(err)
	}
	backC, err := NewConsumer(m, 2*offData, size)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		b := make([]byte, 1)
		for {
			if _, err := toC.Read(ctx, b); err != nil {
				return
			}
			backP.Write(ctx, b)
		}
	}()
	b := make([]byte, 1)
	for i := range 20000 {
		b[0] = byte(i)
		if _, err := toP.Write(ctx, b); err != nil {
			t.Fatal(err)
		}
		if _, err := backC.Read(ctx, b); err != nil || b[0] != byte(i) {
			t.Fatalf("round %d: %d, %v", i, b[0], err)
		}
	}
	toP.Close()
}

func TestRingCorrupt(t *testing.T) {
	ctx := context.Background()
	m := newMemory(t, Bytes(4096))
	p, c := newRing(t, m, 4096)
	head, _ := m.Word(offHead)
	tail, _ := m.Word(offTail)

	tail.Store(1) // consumed what was never produced
	if _, err := p.Write(ctx, []byte("x")); !errors.Is(err, ErrCorrupt) {
		t.Errorf("Write with tail above head: %v", err)
	}
	if _, err := p.Reserve(ctx); !errors.Is(err, ErrCorrupt) {
		t.Errorf("Reserve with tail above head: %v", err)
	}
	head.Store(4097)
	if _, err := c.Read(ctx, make([]byte, 10)); !errors.Is(err, ErrCorrupt) {
		t.Errorf("Read with 4097 bytes in 4096: %v", err)
	}
	if err := c.Consume(1); !errors.Is(err, ErrCorrupt) {
		t.Errorf("Consume with 4097 bytes in 4096: %v", err)
	}
	head.Store(4096)
	if b, err := c.Peek(ctx); len(b) != 4096 || err != nil {
		t.Errorf("Peek of a full ring: %d bytes, %v", len(b), err)
	}
	if err := c.Consume(4097); err == nil {
		t.Error("Consume of more than there is succeeded")
	}
}

func TestRingClose(t *testing.T) {
	ctx := context.Background()
	p, c := newRing(t, newMemory(t, Bytes(4096)), 4096)
	if _, err := p.Write(ctx, []byte("last")); err != nil {
		t.Fatal(err)
	}
	p.Close()
	if _, err := p.Write(ctx, []byte("more")); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("Write after Close: %v", err)
	}
	b := make([]byte, 10)
	if n, err := c.Read(ctx, b); string(b[:n]) != "last" || err != nil {
		t.Errorf("Read = %q, %v", b[:n], err)
	}
	if _, err := c.Read(ctx, b); err != io.EOF {
		t.Errorf("Read at the end: %v", err)
	}
}

// asleep waits until somebody of this process sleeps on m.
func asleep(t *testing.T, m *Memory) {
	t.Helper()
	for range 30000 {
		if m.sleepers.Load() > 0 {
			time.Sleep(5 * time.Millisecond) // and in the kernel, most likely
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("nobody sleeps")
}

// TestRingWakes has one side sleep and ends its sleep in every possible way.
func TestRingWakes(t *testing.T) {
	bug := errors.New("helper died")
	for _, tc := range []struct {
		name string
		act  func(full bool, m *Memory, p *Producer, c *Consumer, cancel context.CancelFunc)
		want error // of a reader in an empty ring
		full error // of a writer to a full ring
	}{
		{"data", func(full bool, _ *Memory, p *Producer, c *Consumer, _ context.CancelFunc) {
			if !full {
				p.Write(context.Background(), []byte("x"))
			} else {
				c.Read(context.Background(), make([]byte, 4096))
			}
		}, nil, nil},
		{"close", func(full bool, _ *Memory, p *Producer, c *Consumer, _ context.CancelFunc) {
			if !full {
				p.Close()
			} else {
				c.Close()
			}
		}, io.EOF, io.ErrClosedPipe},
		{"interrupt", func(_ bool, m *Memory, _ *Producer, _ *Consumer, _ context.CancelFunc) { m.Interrupt(bug) }, bug, bug},
		{"close memory", func(_ bool, m *Memory, _ *Producer, _ *Consumer, _ context.CancelFunc) { m.Close() }, ErrClosed, ErrClosed},
		{"cancel", func(_ bool, _ *Memory, _ *Producer, _ *Consumer, cancel context.CancelFunc) { cancel() }, context.Canceled, context.Canceled},
	} {
		for _, full := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s full=%v", tc.name, full), func(t *testing.T) {
				m := newMemory(t, Bytes(4096))
				p, c := newRing(t, m, 4096)
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				if full {
					p.Write(ctx, make([]byte, 4096))
				}
				result := make(chan error, 1)
				go func() {
					var err error
					if full {
						_, err = p.Write(ctx, []byte("x"))
					} else {
						_, err = c.Read(ctx, make([]byte, 1))
					}
					result <- err
				}()
				asleep(t, m)
				tc.act(full, m, p, c, cancel)
				want := tc.want
				if full {
					want = tc.full
				}
				select {
				case err := <-result:
					if !errors.Is(err, want) {
						t.Errorf("woke with %v, not %v", err, want)
					}
				case <-time.After(time.Minute):
					t.Fatal("still asleep")
				}
				if n := m.sleepers.Load(); n != 0 {
					t.Errorf("%d sleepers left over", n)
				}
			})
		}
	}
}

// TestRingIsQuiet: a bell is rung only for a sleeper, and only for what it
// wants; a side written in C may always say 1.
func TestRingIsQuiet(t *testing.T) {
	ctx := context.Background()
	m := newMemory(t, Bytes(4096))
	p, c := newRing(t, m, 4096)
	bell, _ := m.Word(offProducerBell)
	other, _ := m.Word(offConsumerBell)
	waits, _ := m.Word(offProducerWaits)
	buf := make([]byte, 4096)
	for range 10 {
		if _, err := p.Write(ctx, buf[:1000]); err != nil {
			t.Fatal(err)
		}
		for n := 0; n < 1000; {
			got, err := c.Read(ctx, buf)
			if err != nil {
				t.Fatal(err)
			}
			n += got
		}
	}
	if bell.Load() != 0 || other.Load() != 0 {
		t.Errorf("%d and %d rings for nobody", bell.Load(), other.Load())
	}
	if _, err := p.Write(ctx, buf); err != nil {
		t.Fatal(err)
	}
	waits.Store(2048)
	for i, want := range []uint32{0, 1, 2} {
		if _, err := c.Peek(ctx); err != nil {
			t.Fatal(err)
		}
		if err := c.Consume(1024); err != nil {
			t.Fatal(err)
		}
		if other.Load() != want {
			t.Errorf("%d rings after %d bytes of 2048 wanted", other.Load(), 1024*(i+1))
		}
	}
	waits.Store(1)
	if err := c.Consume(1); err != nil || other.Load() != 3 {
		t.Errorf("%d rings after 1 byte of 1 wanted, %v", other.Load(), err)
	}
}

func TestWordWait(t *testing.T) {
	m := newMemory(t, 4096)
	w, err := m.Word(64)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Wait(0, 10*time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Wait without a wake-up: %v", err)
	}
	w.Store(0x01020304)
	if !bytes.Equal(m.Bytes()[64:68], []byte{4, 3, 2, 1}) {
		t.Errorf("word is % x in memory", m.Bytes()[64:68])
	}
	if v, err := w.Wait(0, -1); v != 0x01020304 || err != nil {
		t.Errorf("Wait with a changed word = %#x, %v", v, err)
	}
	done := make(chan uint32)
	go func() {
		v, _ := w.Wait(0x01020304, -1)
		done <- v
	}()
	asleep(t, m)
	w.Wake() // without a change: it sleeps on
	time.Sleep(5 * time.Millisecond)
	w.Store(7)
	w.Wake()
	if v := <-done; v != 7 {
		t.Errorf("Wait = %d", v)
	}
	for _, off := range []uint32{2, 4096, 4095, 1 << 31} {
		if _, err := m.Word(off); err == nil {
			t.Errorf("Word(%d) of 4096 bytes succeeded", off)
		}
	}
}

func BenchmarkRing(b *testing.B) {
	for _, chunk := range []int{256, 4096, 65536} {
		b.Run(fmt.Sprintf("%dB", chunk), func(b *testing.B) {
			const size = 1 << 20
			p, c := newRing(b, newMemory(b, Bytes(size)), size)
			ctx := context.Background()
			go func() {
				buf := make([]byte, chunk)
				for range b.N {
					p.Write(ctx, buf)
				}
				p.Close()
			}()
			b.SetBytes(int64(chunk))
			b.ResetTimer()
			buf := make([]byte, chunk)
			for {
				if _, err := c.Read(ctx, buf); err != nil {
					if err != io.EOF {
						b.Fatal(err)
					}
					return
				}
			}
		})
	}
}
