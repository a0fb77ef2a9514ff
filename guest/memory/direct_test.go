package memory

import (
	"math/rand/v2"
	"testing"
)

// TestDirect compares direct access with the space's own, at the ends of pages
// above all.
func TestDirect(t *testing.T) {
	s := newSpace(t, 1<<16, Region{"code", 0x1000, 0x1000, RWX}, Region{"constant", 0x2000, 0x1000, Read}, Region{"data", 0x3000, 0x2000, RW}, Region{"top", 0xf000, 0x1000, RW})
	if _, err := s.Fetch(0x1000, 4); err != nil {
		t.Fatal(err)
	}
	d := s.Direct()
	rng := rand.New(rand.NewPCG(7, 8))
	direct := 0
	for range 100_000 {
		addr, size := rng.Uint32N(0x12)<<12-8+rng.Uint32N(16), uint32(1)<<rng.Uint32N(4)
		v := rng.Uint64()
		if d.CanWrite(addr, size) {
			direct++
			switch size {
			case 1:
				d.Store8(addr, uint8(v))
			case 2:
				d.Store16(addr, uint16(v))
			case 4:
				d.Store32(addr, uint32(v))
			case 8:
				d.Store64(addr, v)
			}
			b, err := s.View(addr, size, RW)
			if err != nil {
				t.Fatalf("%d bytes at %#x: %v", size, addr, err)
			}
			for i, c := range b {
				if c != byte(v>>(8*(size-1-uint32(i)))) {
					t.Fatalf("stored %#x, %d bytes: % x", v, size, b)
				}
			}
		}
		if _, err := s.View(addr, size, Read); d.CanReadUnaligned(addr, size) != (err == nil && addr>>PageBits == (addr+size-1)>>PageBits) {
			t.Fatalf("%d bytes at %#x can be read: %v, %v", size, addr, d.CanReadUnaligned(addr, size), err)
		}
		if d.CanWrite(addr, size) && !d.CanWriteUnaligned(addr, size) || d.CanWriteUnaligned(addr, size) && !d.CanReadUnaligned(addr, size) {
			t.Fatalf("%d bytes at %#x can be written, or not", size, addr)
		}
		if b, err := s.View(addr, size, Read); d.CanRead(addr, size) != (err == nil && addr>>PageBits == (addr+size-1)>>PageBits && (addr%size == 0 || size == 8)) {
			t.Fatalf("%d bytes at %#x can be read: %v, %v", size, addr, d.CanRead(addr, size), err)
		} else if err == nil && d.CanRead(addr, size) {
			want, got := uint64(0), uint64(0)
			for _, c := range b {
				want = want<<8 | uint64(c)
			}
			switch size {
			case 1:
				got = uint64(d.Load8(addr))
			case 2:
				got = uint64(d.Load16(addr))
			case 4:
				got = uint64(d.Load32(addr))
			case 8:
				got = d.Load64(addr)
			}
			if got != want {
				t.Fatalf("%d bytes at %#x are %#x, want %#x", size, addr, got, want)
			}
		}
	}
	if direct < 1000 || d.CanWrite(0x1000, 4) {
		t.Errorf("%d direct writes; to code: %v", direct, d.CanWrite(0x1000, 4))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if d := s.Direct(); d.CanRead(0x3000, 1) || d.CanWrite(0x3000, 1) {
		t.Error("a closed space can be used")
	}
}
