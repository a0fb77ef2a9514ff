package glue

import "sync"

// A handle is a generation above the index of a row. The generation is that of
// the row's object, and never 0, so a handle is never 0 either; when the object
// goes, the row's next has another. A row rests as long as possible before it is
// used again: a handle is confused with a later one only after 16,383 objects in
// the same row.
const (
	indexBits      = 18
	generationBits = 14
	maxRows        = 1 << 16
)

// Kind is what sort of object a handle stands for.
type Kind uint32

// Table holds what this side lends to the other: the host's objects and
// functions. Its methods may be called concurrently. The zero Table is empty.
type Table struct {
	mu      sync.Mutex
	rows    []row
	free    []uint32 // indices, a ring: first is the one that has rested longest
	first   int
	used    int
	handles map[object]uint32
}

type row struct {
	generation uint32
	object
}

// object is an object and what it is lent as.
type object struct {
	kind  Kind
	value any
}

// Add returns a new handle for a value, 0 if there are too many.
func (t *Table) Add(kind Kind, value any) uint32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.add(kind, value)
}

func (t *Table) add(kind Kind, value any) uint32 {
	var i uint32
	switch {
	case len(t.rows) < maxRows && len(t.free)-t.first < 64:
		i = uint32(len(t.rows))
		t.rows = append(t.rows, row{})
	case len(t.free) > t.first:
		i = t.free[t.first]
		t.first++
		if t.first > len(t.free)/2 {
			t.free, t.first = append(t.free[:0], t.free[t.first:]...), 0
		}
	default:
		return 0
	}
	r := &t.rows[i]
	if r.generation++; r.generation == 1<<generationBits {
		r.generation = 1
	}
	r.object = object{kind, value}
	t.used++
	return r.generation<<indexBits | i
}

// AddOnce returns the handle that a value has, or a new one. The value must be
// comparable.
func (t *Table) AddOnce(kind Kind, value any) uint32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	o := object{kind, value}
	if h, ok := t.handles[o]; ok {
		return h
	}
	h := t.add(kind, value)
	if h != 0 {
		if t.handles == nil {
			t.handles = map[object]uint32{}
		}
		t.handles[o] = h
	}
	return h
}

// live returns a handle's row, or nil.
func (t *Table) live(kind Kind, h uint32) *row {
	i := h & (1<<indexBits - 1)
	if i >= uint32(len(t.rows)) {
		return nil
	}
	r := &t.rows[i]
	if r.value == nil || r.generation != h>>indexBits || r.kind != kind {
		return nil
	}
	return r
}

// Get returns a handle's value, nil if it is stale or of another kind.
func (t *Table) Get(kind Kind, h uint32) any {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r := t.live(kind, h); r != nil {
		return r.value
	}
	return nil
}

// Find returns the handle that AddOnce gave a value, 0 if none.
func (t *Table) Find(kind Kind, value any) uint32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.handles[object{kind, value}]
}

// Remove ends a handle and returns its value, nil if it was stale already.
func (t *Table) Remove(kind Kind, h uint32) any {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.live(kind, h)
	if r == nil {
		return nil
	}
	o := r.object
	r.object = object{}
	t.free = append(t.free, h&(1<<indexBits-1))
	t.used--
	if len(t.handles) > 0 && !isFunction(o.kind) { // functions are not comparable
		delete(t.handles, o)
	}
	return o.value
}

// Len returns the number of handles in use.
func (t *Table) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.used
}

// Kinds of functions are their numbers with this bit.
const functionKind Kind = 1 << 31

func isFunction(k Kind) bool { return k&functionKind != 0 }
