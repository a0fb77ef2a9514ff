package memory

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
)

func newSpace(t testing.TB, size uint64, regions ...Region) *Space {
	t.Helper()
	s, err := New(size)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, r := range regions {
		if err := s.Map(r); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestBigEndian(t *testing.T) {
	s := newSpace(t, 1<<16, Region{"data", 0x1000, 0x2000, RW})
	for _, at := range []uint32{0x1000, 0x1001, 0x1ffd, 0x1fff, 0x2ff8} {
		if err := s.Store64(at, 0x0102030405060708); err != nil {
			t.Fatal(err)
		}
		if b, err := s.View(at, 8, Read); err != nil || !bytes.Equal(b, []byte{1, 2, 3, 4, 5, 6, 7, 8}) {
			t.Errorf("at %#x: % x, %v", at, b, err)
		}
		v8, err8 := s.Load8(at)
		v16, err16 := s.Load16(at)
		v32, err32 := s.Load32(at)
		v64, err64 := s.Load64(at)
		if v8 != 1 || v16 != 0x0102 || v32 != 0x01020304 || v64 != 0x0102030405060708 || errors.Join(err8, err16, err32, err64) != nil {
			t.Errorf("at %#x: %#x %#x %#x %#x", at, v8, v16, v32, v64)
		}
		if err := errors.Join(s.Store8(at, 0xaa), s.Store16(at+1, 0xbbbb), s.Store32(at+3, 0xcccccccc)); err != nil {
			t.Fatal(err)
		}
		if v, _ := s.Load64(at); v != 0xaabbbbcccccccc08 {
			t.Errorf("at %#x: %#x", at, v)
		}
	}
}

func TestFaults(t *testing.T) {
	s := newSpace(t, 1<<16, Region{"code", 0x1000, 0x1000, RX}, Region{"data", 0x3000, 0x1000, RW}, Region{"top", 0xf000, 0x1000, RW})
	for _, tt := range []struct {
		err  error
		want string
	}{
		{second(s.Load8(0)), "memory at 0x00000000: cannot read 1 bytes: nothing is mapped there"},
		{second(s.Load16(0x3fff)), "memory at 0x00004000: cannot read 2 bytes: nothing is mapped there"},
		{second(s.Load32(0xfffffffe)), "memory at 0xfffffffe: cannot read 4 bytes: nothing is mapped there"},
		{second(s.Load64(0xfffc)), "memory at 0x00010000: cannot read 8 bytes: nothing is mapped there"},
		{s.Store32(0x1ffe, 1), "memory at 0x00001ffe: cannot write 4 bytes: region code allows r-x"},
		{s.Store8(0x10000, 1), "memory at 0x00010000: cannot write 1 bytes: nothing is mapped there"},
		{s.Store(0x3ff0, make([]byte, 17)), "memory at 0x00004000: cannot write 17 bytes: nothing is mapped there"},
		{s.Load(make([]byte, 0x20000), 0x3000), "memory at 0x00004000: cannot read 131072 bytes: nothing is mapped there"},
		{second(s.View(0x1000, 4, RW)), "memory at 0x00001000: cannot use (rw-) 4 bytes: region code allows r-x"},
		{second(s.View(0x3000, 0xffffffff, Read)), "memory at 0x00004000: cannot read 4294967295 bytes: nothing is mapped there"},
		{second(s.Fetch(0x3000, 4)), "memory at 0x00003000: cannot execute 4 bytes: region data allows rw-"},
		{second(s.Fetch(0xfffffffe, 4)), "memory at 0xfffffffe: cannot execute 4 bytes: nothing is mapped there"},
		{s.Poke(0x1ffe, make([]byte, 4)), "memory at 0x00002000: cannot write 4 bytes: nothing is mapped there"},
		{&Fault{Kind: Misaligned, Access: Read, Addr: 0x3001, Size: 2, PC: 0x1004, AtPC: true}, "memory at 0x00003001: cannot read 2 bytes: the address is not aligned (instruction at 0x00001004)"},
		{second(s.CString(0x3ff0, 100)), ""},
		{second(s.CString(0xfff0, 100)), ""},
		{s.PutPString(0x3000, make([]byte, 32), 31), "memory at 0x00003000: a text of 32 bytes where 31 have room"},
		{s.PutCString(0x3000, []byte("a\x00")), "memory at 0x00003000: a C text cannot contain a NUL"},
	} {
		var f *Fault
		switch {
		case tt.want == "" && tt.err == nil:
		case tt.err == nil || tt.err.Error() != tt.want:
			t.Errorf("error %v, want %s", tt.err, tt.want)
		case !errors.As(tt.err, &f) && !strings.Contains(tt.want, "text"):
			t.Errorf("%v is no Fault", tt.err)
		}
	}
	if b, err := s.View(0x3ffe, 2, Read); err != nil || !bytes.Equal(b, []byte{0, 0}) {
		t.Errorf("a write that failed has written: % x, %v", b, err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestMapRefuses(t *testing.T) {
	s := newSpace(t, 1<<20, Region{"a", 0x2000, 0x2000, RW})
	for _, tt := range []struct {
		r    Region
		want string
	}{
		{Region{"b", 0x1800, 1, RW}, "memory: region b: base 0x00001800 is not a multiple of 0x1000"},
		{Region{"b", 0x1000, 0x1001, RW}, "memory: region b at 0x00001000 overlaps region a at 0x00002000"},
		{Region{"b", 0x3000, 1, RW}, "memory: region b at 0x00003000 overlaps region a at 0x00002000"},
		{Region{"b", 0xff000, 0x1001, RW}, "memory: region b: 0x1001 bytes at 0x000ff000 do not fit a space of 0x100000"},
		{Region{"b", 0x1000, 0, RW}, "memory: region b: 0x0 bytes at 0x00001000 do not fit a space of 0x100000"},
		{Region{"b", 0x1000, 0xffffffff, RW}, "memory: region b: 0xffffffff bytes at 0x00001000 do not fit a space of 0x100000"},
	} {
		if err := s.Map(tt.r); err == nil || err.Error() != tt.want {
			t.Errorf("error %v, want %s", err, tt.want)
		}
	}
	if err := s.Map(Region{"b", 0x4000, 1, RW}); err != nil {
		t.Error(err)
	}
	if err := s.Unmap(0x3000); err == nil {
		t.Error("unmapped what does not begin there")
	}
	if _, err := New(MaxSize + 1); err == nil {
		t.Error("made a space that is too large")
	}
}

func TestAllocateLeavesGuards(t *testing.T) {
	s := newSpace(t, 1<<20, Region{"fixed", 0x8000, 0x1000, RW})
	var at []uint32
	for _, align := range []uint32{1, 4, 0x4000, 0x10000} {
		a, err := s.Allocate("x", 0x1001, align, RW)
		if err != nil || a%align != 0 || a < PageSize {
			t.Fatalf("%#x, %v", a, err)
		}
		at = append(at, a)
	}
	regions := s.Regions()
	for i, r := range regions {
		if i > 0 && uint64(r.Base) < regions[i-1].end()+PageSize {
			t.Errorf("no guard between %+v and %+v", regions[i-1], r)
		}
	}
	if err := s.Store32(at[0], 7); err != nil {
		t.Fatal(err)
	}
	if err := s.Unmap(at[0]); err != nil {
		t.Fatal(err)
	}
	if s.Store32(at[0], 7) == nil {
		t.Error("can write what is unmapped")
	}
	again, err := s.Allocate("y", 0x2000, 1, RW)
	if v, _ := s.Load32(again); err != nil || again != at[0] || v != 0 {
		t.Errorf("allocated %#x with %#x in it, %v", again, v, err)
	}
	if _, err := s.Allocate("z", 1<<20, 1, RW); err == nil {
		t.Error("allocated what does not fit")
	}
	if _, err := s.Allocate("z", 1, 3, RW); err == nil {
		t.Error("aligned to 3")
	}
}

func TestWatch(t *testing.T) {
	s := newSpace(t, 1<<16, Region{"code", 0x1000, 0x2000, RWX}, Region{"data", 0x4000, 0x1000, RW})
	type write struct{ addr, size uint32 }
	var got []write
	keeps := true
	stop := s.Watch(func(addr, size uint32) bool { got = append(got, write{addr, size}); return keeps })
	if err := errors.Join(s.Store32(0x1000, 1), s.Store32(0x4000, 1)); err != nil || got != nil {
		t.Fatalf("%v, told of %v before anything was fetched", err, got)
	}
	if b, err := s.Fetch(0x1ffe, 22); err != nil || len(b) != 22 {
		t.Fatalf("%d bytes, %v", len(b), err)
	}
	if b, err := s.Fetch(0x2ffe, 22); err != nil || len(b) != 2 {
		t.Fatalf("%d bytes, %v", len(b), err)
	}
	err := errors.Join(s.Store8(0x1000, 1), s.Store64(0x2ff0, 1), s.Store(0x1010, []byte("abc")), s.Store32(0x4000, 1), s.PutPString(0x1020, []byte("abc"), 63), s.Poke(0x1030, []byte("ab")))
	if _, e := s.View(0x1040, 8, RW); e != nil || err != nil {
		t.Fatal(e, err)
	}
	s.Touch(0x1fff, 2)
	keeps = false
	if err := errors.Join(s.Store16(0x1000, 2), s.Store16(0x1002, 2)); err != nil {
		t.Fatal(err)
	}
	want := []write{{0x1000, 1}, {0x2ff0, 8}, {0x1010, 3}, {0x1020, 4}, {0x1030, 2}, {0x1040, 8}, {0x1fff, 2}, {0x1000, 2}}
	if len(got) != len(want) {
		t.Fatalf("told of %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("told of %v, want %v", got[i], want[i])
		}
	}
	stop()
	if _, err := s.Fetch(0x1000, 2); err != nil {
		t.Fatal(err)
	}
	if err := s.Store8(0x1000, 1); err != nil || len(got) != len(want) {
		t.Errorf("%v, told after the end of %v", err, got[len(want):])
	}
}

// TestSnapshot changes a space at random, and sees that Restore brings back
// what a plain copy has.
func TestSnapshot(t *testing.T) {
	s := newSpace(t, 1<<18, Region{"a", 0x1000, 0x8000, RW}, Region{"b", 0xa000, 0x4000, RWX})
	rng := rand.New(rand.NewPCG(3, 4))
	scribble := func() {
		for range 200 {
			if err := s.Store64(0x1000+rng.Uint32N(0x7ff8), rng.Uint64()); err != nil {
				t.Fatal(err)
			}
			if err := s.Store(0xa000+rng.Uint32N(0x3000), []byte("text of some length")); err != nil {
				t.Fatal(err)
			}
		}
	}
	scribble()
	snap := s.Snapshot()
	want := bytes.Clone(s.Linear())
	regions := s.Regions()
	for range 5 {
		scribble()
		if err := errors.Join(s.Protect(0x1000, Read), s.Unmap(0xa000), s.Map(Region{"c", 0xc000, 0x4000, RW}), s.Store32(0xc000, 1), s.Map(Region{"d", 0x20000, 0x1000, RW}), s.Store32(0x20000, 9)); err != nil {
			t.Fatal(err)
		}
		if err := s.Restore(snap); err != nil {
			t.Fatal(err)
		}
		// What was not mapped may hold anything.
		if !bytes.Equal(s.Linear()[:0x20000], want[:0x20000]) {
			t.Fatal("memory differs")
		}
		if got := s.Regions(); len(got) != len(regions) || got[0] != regions[0] || got[1] != regions[1] {
			t.Fatalf("regions %v, want %v", got, regions)
		}
		if err := s.Map(Region{"d", 0x20000, 0x1000, RW}); err != nil {
			t.Fatal(err)
		}
		if v, err := s.Load32(0x20000); v != 0 || err != nil {
			t.Fatalf("a new region has %#x, %v", v, err)
		}
		if err := s.Restore(snap); err != nil {
			t.Fatal(err)
		}
	}
	s.Snapshot()
	if err := s.Restore(snap); err != ErrSnapshot {
		t.Errorf("an old snapshot: %v", err)
	}
}

func TestTexts(t *testing.T) {
	s := newSpace(t, 1<<16, Region{"data", 0x1000, 0x2000, RW})
	if err := errors.Join(s.PutCString(0x1ffc, []byte("across")), s.PutPString(0x1100, []byte("Str"), 31)); err != nil {
		t.Fatal(err)
	}
	if b, err := s.CString(0x1ffc, 6); err != nil || string(b) != "across" {
		t.Errorf("%q, %v", b, err)
	}
	if b, err := s.CString(0x1ffc, 5); err == nil {
		t.Errorf("%q is longer than allowed", b)
	}
	if b, err := s.PString(0x1100); err != nil || string(b) != "Str" {
		t.Errorf("%q, %v", b, err)
	}
	if b, err := s.View(0x1100, 4, Read); err != nil || string(b) != "\x03Str" {
		t.Errorf("%q, %v", b, err)
	}
}

// TestTop is about the end of all addresses, behind which nothing begins again.
func TestTop(t *testing.T) {
	s := newSpace(t, MaxSize, Region{"low", 0, 0x1000, RW}, Region{"high", 0xfffff000, 0x1000, RW})
	for i := range uint32(16) {
		if err := s.Store8(0xfffffff0+i, 'x'); err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{
		second(s.Load32(0xfffffffe)), s.Store64(0xfffffffc, 1), s.Store(0xfffffff0, make([]byte, 17)), second(s.View(0xfffffff0, 0x20, Read)),
		s.Poke(0xfffffff0, make([]byte, 17)), second(s.CString(0xfffffff0, 0xffffffff)),
	} {
		var f *Fault
		if !errors.As(err, &f) || f.Kind != Unmapped || f.Addr != 0 {
			t.Errorf("%v, want a fault at the address after the last", err)
		}
	}
	if b, err := s.Fetch(0xfffffff0, 22); err == nil {
		t.Errorf("fetched % x", b)
	}
	if text, err := s.CString(0, 0xffffffff); err != nil || len(text) != 0 {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := s.PString(0xfffffff0); err == nil {
		t.Error("a text that goes on beyond the end")
	}
}

// TestSnapshotsCostWhatChanges: permissions are not content.
func TestSnapshotsCostWhatChanges(t *testing.T) {
	s := newSpace(t, 1<<24, Region{"a", 0x100000, 0x800000, RW})
	view, err := s.View(0x100000, 0x800000, RW)
	if err != nil {
		t.Fatal(err)
	}
	for i := range view {
		view[i] = byte(i)
	}
	snap := s.Snapshot()
	if err := errors.Join(s.Protect(0x100000, Read), s.Protect(0x100000, RW), s.Store8(0x100123, 1), s.Store16(0x2fffff, 2), s.Unmap(0x100000)); err != nil {
		t.Fatal(err)
	}
	if len(snap.pages) != 3 {
		t.Errorf("%d pages are copied for 3 that were written", len(snap.pages))
	}
	if err := s.Restore(snap); err != nil {
		t.Fatal(err)
	}
	if got, err := s.View(0x100000, 0x800000, Read); err != nil || got[0x123] != 0x23 || got[0x1fffff] != 0xff || got[0x200000] != 0 {
		t.Errorf("%v", err)
	}
}

// TestReservesLazily makes many spaces of the greatest size at once.
func TestReservesLazily(t *testing.T) {
	for range 8 {
		s := newSpace(t, MaxSize, Region{"a", 0x1000, 0x1000, RW}, Region{"b", 0xf0000000, 0x1000, RW})
		if err := errors.Join(s.Store8(0x1000, 1), s.Store8(0xf0000fff, 1)); err != nil {
			t.Fatal(err)
		}
	}
}

// No bytes are everywhere, even where the space has ended.
func TestNoBytes(t *testing.T) {
	s := newSpace(t, 1<<16, Region{"last", 0xf000, 0x1000, RW})
	for _, addr := range []uint32{0, 1, 0xf000, 0xffff, 0x10000, 0x10001, 0x5060000, 0xffffffff} {
		for _, perm := range []Perm{0, Read, Write, RWX} {
			if b, err := s.View(addr, 0, perm); err != nil || len(b) != 0 {
				t.Errorf("%#x: View gives %d bytes, %v", addr, len(b), err)
			}
		}
		if err := errors.Join(s.Load(nil, addr), s.Store(addr, nil), s.Poke(addr, nil)); err != nil {
			t.Errorf("%#x: %v", addr, err)
		}
		s.Touch(addr, 0)
	}
	if text, err := s.PString(0xffff); err != nil || len(text) != 0 {
		t.Errorf("an empty text at the end: %q, %v", text, err)
	}
}

func TestHeap(t *testing.T) {
	s := newSpace(t, 1<<16, Region{"heap", 0x1000, 0x1000, RW})
	h, err := NewHeap(s, 0x1000)
	if err != nil {
		t.Fatal(err)
	}
	live := map[uint32]uint32{}
	rng := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		if size, align := rng.Uint32N(200), uint32(1)<<rng.Uint32N(6); rng.IntN(2) == 0 {
			a, err := h.Allocate(size, align)
			if err != nil {
				continue
			}
			if a%align != 0 || a < 0x1000 || a+size > 0x2000 {
				t.Fatalf("%d bytes at %#x", size, a)
			}
			for b, n := range live {
				if a < b+n && b < a+max(size, 1) {
					t.Fatalf("%d bytes at %#x overlap %d at %#x", size, a, n, b)
				}
			}
			live[a] = max(size, 1)
		} else {
			for a, n := range live {
				if got, ok := h.BlockSize(a); !ok || got != n {
					t.Fatalf("%d bytes at %#x, want %d", got, a, n)
				}
				if err := h.Free(a); err != nil {
					t.Fatal(err)
				}
				delete(live, a)
				break
			}
		}
	}
	if h.Free(0x1fff) == nil {
		t.Error("freed what is no block")
	}
}

func TestClosed(t *testing.T) {
	s, err := New(MaxSize)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Map(Region{"high", 0xfffff000, 0x1000, RW}); err != nil {
		t.Fatal(err)
	}
	if err := s.Store32(0xfffffffc, 1); err != nil {
		t.Fatal(err)
	}
	if s.Store32(0xfffffffd, 1) == nil {
		t.Error("wrote across the end")
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load32(0xfffffffc); err == nil || s.Store8(0xfffff000, 1) == nil {
		t.Error("a closed space works")
	}
}

func TestManySpaces(t *testing.T) {
	var wg sync.WaitGroup
	for i := range uint32(8) {
		s := newSpace(t, 16<<20, Region{"a", 0x1000, 0x1000, RW})
		wg.Go(func() {
			for n := range uint32(1000) {
				if err := s.Store32(0x1000+4*(n%1000), n+i); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func FuzzSpace(f *testing.F) {
	f.Add([]byte{0, 0x10, 0, 1, 2, 3, 4, 5, 6, 7, 8})
	f.Add([]byte{5, 0xff, 0xff, 0xff, 0xff, 4, 0xff, 0xff})
	f.Add([]byte{4, 5, 6, 0, 0, 0}) // no bytes, far beyond the end
	f.Add([]byte{10, 0xff, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, ops []byte) {
		s := newSpace(t, 1<<16, Region{"a", 0x2000, 0x2000, RWX})
		var snap *Snapshot
		for len(ops) >= 6 {
			addr := uint32(ops[1])<<24 | uint32(ops[2])<<16 | uint32(ops[3])<<8 | uint32(ops[4])
			if ops[5]&1 != 0 {
				addr &= 0xffff
			}
			size := uint32(ops[5]) << (ops[0] >> 4)
			switch ops[0] & 15 {
			case 0:
				_ = s.Map(Region{"m", addr &^ 0xfff, size, Perm(ops[5] & 7)})
			case 1:
				_ = s.Unmap(addr &^ 0xfff)
			case 2:
				_ = s.Store64(addr, 1)
			case 3:
				_, _ = s.Load64(addr)
			case 4:
				_, _ = s.View(addr, size, Perm(ops[5]&7))
			case 5:
				_, _ = s.Fetch(addr, size)
			case 6:
				snap = s.Snapshot()
			case 7:
				_ = s.Restore(snap)
			case 8:
				_, _ = s.CString(addr, size)
			case 9:
				_ = s.PutPString(addr, ops[:min(len(ops), 40)], 63)
			case 10:
				_ = s.Poke(addr, ops)
			case 11:
				_, _ = s.Allocate("x", size, 1<<(ops[5]&15), RW)
			case 12:
				_ = s.Protect(addr&^0xfff, Perm(ops[5]&7))
			case 13:
				s.Touch(addr, size)
			case 14:
				_ = s.Store(addr, ops)
			}
			ops = ops[6:]
		}
	})
}

func BenchmarkSpace(b *testing.B) {
	s := newSpace(b, 16<<20, Region{"a", 0x1000, 0x10000, RW})
	b.Run("Load32", func(b *testing.B) {
		a := uint32(0)
		for b.Loop() {
			v, err := s.Load32(0x1000 + a&0xfffc)
			if err != nil {
				b.Fatal(err)
			}
			a += v + 4
		}
	})
	b.Run("Store32", func(b *testing.B) {
		a := uint32(0)
		for b.Loop() {
			if err := s.Store32(0x1000+a&0xfffc, 0); err != nil {
				b.Fatal(err)
			}
			a += 4
		}
	})
	b.Run("SnapshotRestore16MiB", func(b *testing.B) { // of which 64 pages change
		s := newSpace(b, 16<<20, Region{"a", 0, 16 << 20, RW})
		for b.Loop() {
			snap := s.Snapshot()
			for p := range uint32(64) {
				if err := s.Store8(p<<16, 1); err != nil {
					b.Fatal(err)
				}
			}
			if err := s.Restore(snap); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("New16MiB", func(b *testing.B) {
		for b.Loop() {
			s, err := New(16 << 20)
			if err != nil {
				b.Fatal(err)
			}
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
