package ring

import (
	"errors"
	"math/rand/v2"
	"testing"
)

// model is a pool that keeps nothing but who owns each line.
type model struct {
	owner []uint64 // serial per line, 0 if free
}

// fits reports the first run of n free lines, -1 if there is none.
func (m *model) fits(n int) int {
	run := 0
	for i, o := range m.owner {
		if o != 0 {
			run = 0
			continue
		}
		if run++; run == n {
			return i - n + 1
		}
	}
	return -1
}

func (m *model) set(first, n int, owner uint64) {
	for i := first; i < first+n; i++ {
		m.owner[i] = owner
	}
}

func (m *model) free() (total, largest int) {
	run := 0
	for _, o := range m.owner {
		if o != 0 {
			run = 0
			continue
		}
		total++
		run++
		largest = max(largest, run)
	}
	return total, largest
}

// playPool interprets a program of two bytes per step on a pool and on the
// model: allocate, free a live block, free a dead one.
func playPool(t *testing.T, program []byte) {
	const poolLines, start = 40, 128
	m := heapMemory(start + poolLines*Line)
	pool, err := NewPool(m, start, poolLines*Line)
	if err != nil {
		t.Fatal(err)
	}
	want := &model{owner: make([]uint64, poolLines)}
	var live, dead []Block
	for ; len(program) >= 2; program = program[2:] {
		what, arg := program[0], int(program[1])
		switch {
		case what < 140: // allocate
			n := arg*arg/40 + 1
			need := (n + Line - 1) / Line
			at := want.fits(need)
			b, err := pool.Alloc(n)
			if at < 0 {
				if !errors.Is(err, ErrExhausted) {
					t.Fatalf("Alloc(%d) without space = %v, %v", n, b, err)
				}
				continue
			}
			if err != nil || b.Offset != uint32(start+at*Line) || b.Size != uint32(n) {
				t.Fatalf("Alloc(%d) = %+v, %v, want offset %d", n, b, err, start+at*Line)
			}
			if got := pool.Bytes(b); len(got) != n || cap(got) != n {
				t.Fatalf("block of %d bytes has %d, room for %d", n, len(got), cap(got))
			}
			want.set(at, need, b.serial)
			live = append(live, b)
		case what < 240: // free
			if len(live) == 0 {
				continue
			}
			i := arg % len(live)
			b := live[i]
			live = append(live[:i], live[i+1:]...)
			dead = append(dead, b)
			if err := pool.Free(b); err != nil {
				t.Fatalf("Free(%+v): %v", b, err)
			}
			want.set((int(b.Offset)-start)/Line, (int(b.Size)+Line-1)/Line, 0)
		default: // free again
			if len(dead) == 0 {
				continue
			}
			b := dead[arg%len(dead)]
			if err := pool.Free(b); err == nil {
				t.Fatalf("Free(%+v) twice succeeded", b)
			}
			if pool.Bytes(b) != nil {
				t.Fatalf("Bytes(%+v) after Free", b)
			}
		}
		total, largest := want.free()
		st := pool.Stats()
		if int(st.Free) != total*Line || int(st.Largest) != largest*Line || st.Blocks != len(live) || st.Used+st.Free != st.Size || st.Peak < st.Used {
			t.Fatalf("%+v, but %d bytes are free, the largest piece has %d, %d blocks live", st, total*Line, largest*Line, len(live))
		}
		for i, f := range pool.free {
			if f.size == 0 || i > 0 && pool.free[i-1].offset+pool.free[i-1].size >= f.offset {
				t.Fatalf("free list %v is not in order or not joined", pool.free)
			}
		}
	}
}

func TestPoolModel(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	program := make([]byte, 20000)
	for i := range program {
		program[i] = byte(rnd.Uint32())
	}
	playPool(t, program)
}

func FuzzPool(f *testing.F) {
	f.Add([]byte{0, 10, 0, 255, 200, 0, 0, 60, 250, 0, 200, 1})
	f.Fuzz(playPool)
}

func TestPoolRefuses(t *testing.T) {
	m := heapMemory(8192)
	for _, r := range []struct{ offset, size uint32 }{{0, 0}, {1, 64}, {0, 65}, {0, 8256}, {8192, 64}, {1<<32 - 64, 128}} {
		if _, err := NewPool(m, r.offset, r.size); err == nil {
			t.Errorf("NewPool of %d bytes at %d in 8192 succeeded", r.size, r.offset)
		}
	}
	a, _ := NewPool(m, 0, 4096)
	b, _ := NewPool(m, 4096, 4096)
	block, err := a.Alloc(100)
	if err != nil {
		t.Fatal(err)
	}
	longer := block
	longer.Size = 200
	for name, free := range map[string]func() error{
		"of another pool": func() error { return b.Free(block) },
		"made up":         func() error { return a.Free(Block{Offset: 0, Size: 100}) },
		"longer":          func() error { return a.Free(longer) },
	} {
		if err := free(); err == nil {
			t.Errorf("Free of a block %s succeeded", name)
		}
	}
	for _, n := range []int{0, -1, 4097, 1<<31 - 1} {
		if _, err := a.Alloc(n); err == nil {
			t.Errorf("Alloc(%d) in 4096 succeeded", n)
		}
	}
	if err := a.Free(block); err != nil {
		t.Error(err)
	}
}

func BenchmarkPool(b *testing.B) {
	pool, err := NewPool(heapMemory(1<<20), 0, 1<<20)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		x, err := pool.Alloc(1024)
		if err != nil {
			b.Fatal(err)
		}
		if err := pool.Free(x); err != nil {
			b.Fatal(err)
		}
	}
}
