package ring

import (
	"context"
	"errors"
	"testing"
)

// FuzzRingHostile has a peer that writes whatever it likes into every word of
// the ring between any two operations. Each operation must fail or stay inside
// the data; under the race detector or not, none may panic or hang.
func FuzzRingHostile(f *testing.F) {
	f.Add([]byte{offHead / 64, 1, 0, 0, 0, 0, offTail / 64, 255, 255, 255, 255, 1})
	f.Add([]byte{2, 0, 0, 0, 128, 3, 3, 1, 0, 0, 0, 4, 5, 1, 0, 0, 0, 2})
	f.Fuzz(func(t *testing.T, script []byte) {
		const size = 256
		m := heapMemory(Bytes(size) + offData)
		canary := m.bytes[Bytes(size):]
		gone, cancel := context.WithCancel(context.Background())
		cancel() // so that nothing waits
		words := make([]Word, 8)
		for i := range words {
			words[i], _ = m.Word(uint32(i) * Line)
		}
		set := func(step []byte) {
			words[step[0]%8].Store(uint32(step[1]) | uint32(step[2])<<8 | uint32(step[3])<<16 | uint32(step[4])<<24)
		}
		const stepSize = 6
		for ; len(script) >= stepSize && script[5]%8 == 7; script = script[stepSize:] {
			set(script) // before the sides are made
		}
		p, perr := NewProducer(m, 0, size)
		c, cerr := NewConsumer(m, 0, size)
		if perr != nil || cerr != nil {
			t.Fatal(perr, cerr)
		}
		buf := make([]byte, 2*size)
		inside := func(what string, b []byte, err error) {
			if err == nil && (len(b) == 0 || len(b) > size) {
				t.Fatalf("%s: %d bytes of a ring of %d", what, len(b), size)
			}
			for i := range b {
				b[i]++
			}
		}
		for ; len(script) >= stepSize; script = script[stepSize:] {
			set(script)
			n := int(script[1]) | int(script[2])<<8
			switch script[5] % 6 {
			case 0:
				b, err := p.Reserve(gone)
				inside("Reserve", b, err)
			case 1:
				if err := p.Commit(n); err == nil && n > size {
					t.Fatalf("Commit(%d) succeeded", n)
				}
			case 2:
				if n, err := p.Write(gone, buf); err == nil && n != len(buf) {
					t.Fatalf("Write = %d without an error", n)
				}
			case 3:
				b, err := c.Peek(gone)
				inside("Peek", b, err)
			case 4:
				if err := c.Consume(n); err == nil && n > size {
					t.Fatalf("Consume(%d) succeeded", n)
				}
			case 5:
				if n, err := c.Read(gone, buf); err == nil && (n == 0 || n > len(buf)) {
					t.Fatalf("Read = %d", n)
				}
			}
		}
		for i, b := range canary {
			if b != 0 {
				t.Fatalf("byte %d after the ring was written", i)
			}
		}
	})
}

// TestRingBounds checks what constructors say about regions that do not fit.
func TestRingBounds(t *testing.T) {
	m := heapMemory(Bytes(4096) + offData)
	for _, r := range []struct{ offset, size uint32 }{
		{0, 0}, {0, 32}, {0, 100}, {0, 16384}, {64, 4096}, {8192, 4096}, {1<<32 - 4096, 4096}, {0, 1 << 31},
	} {
		if _, err := NewProducer(m, r.offset, r.size); err == nil {
			t.Errorf("NewProducer of %d bytes at %d succeeded", r.size, r.offset)
		}
		if _, err := NewConsumer(m, r.offset, r.size); err == nil {
			t.Errorf("NewConsumer of %d bytes at %d succeeded", r.size, r.offset)
		}
	}
	if _, err := NewProducer(m, 4096, 4096); err != nil {
		t.Error(err)
	}
	p, c := newRing(t, m, 4096)
	for _, n := range []int{-1, 4097, 1 << 30} {
		if p.Commit(n) == nil || c.Consume(n) == nil {
			t.Errorf("Commit or Consume of %d bytes succeeded", n)
		}
	}
	if err := c.Consume(1); err == nil || errors.Is(err, ErrCorrupt) {
		t.Errorf("Consume in an empty ring: %v", err)
	}
}
