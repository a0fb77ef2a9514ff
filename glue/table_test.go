package glue

import "testing"

func TestTable(t *testing.T) {
	var table Table
	one, two := new(int), new(int)
	a, b := table.AddOnce(1, one), table.AddOnce(1, two)
	if a == 0 || b == 0 || a == b {
		t.Fatalf("handles %#x and %#x", a, b)
	}
	if table.AddOnce(1, one) != a || table.Find(1, two) != b || table.Find(2, one) != 0 {
		t.Error("an object has two handles, or one of another kind")
	}
	if table.Get(1, a) != any(one) || table.Get(2, a) != nil || table.Get(1, 0) != nil || table.Get(1, a+1<<indexBits) != nil || table.Get(1, ^uint32(0)) != nil {
		t.Error("a handle that was never given finds something, or one that was does not")
	}
	if table.Remove(2, a) != nil || table.Remove(1, a) != any(one) || table.Remove(1, a) != nil {
		t.Error("a handle ends twice, or as another kind")
	}
	if table.Get(1, a) != nil || table.Find(1, one) != 0 || table.Len() != 1 {
		t.Error("an ended handle is still there")
	}
	f := table.Add(functionKind|1, func() {})
	if table.Remove(functionKind|1, f) == nil {
		t.Error("a function is not there")
	}
	seen := map[uint32]bool{a: true}
	for range 20000 { // rows are used again, handles are not
		h := table.Add(1, one)
		if h == 0 || seen[h] {
			t.Fatalf("handle %#x after %d", h, len(seen))
		}
		seen[h] = true
		table.Remove(1, h)
	}
	if len(table.rows) > 200 {
		t.Errorf("%d rows for one object at a time", len(table.rows))
	}
	var full Table
	for i := range maxRows {
		if full.Add(1, one) == 0 {
			t.Fatalf("full after %d", i)
		}
	}
	if full.Add(1, one) != 0 {
		t.Error("there is no limit")
	}
}

func TestRegistry(t *testing.T) {
	var r registry
	parent, child := owner{1, 10}, owner{2, 20}
	r.adopt(parent, child)
	r.add(parent, lent{functionKind | 5, 1})
	r.add(parent, lent{functionKind | 6, 2})
	r.add(child, lent{functionKind | 5, 3})
	if gone := r.release(parent, functionKind|5); len(gone) != 1 || gone[0].handle != 1 {
		t.Errorf("released %v", gone)
	}
	gone, objects := r.destroyed(parent)
	if len(gone) != 2 || gone[0].handle != 2 || gone[1].handle != 3 || len(objects) != 2 || objects[1] != child {
		t.Errorf("destroyed %v, %v", gone, objects)
	}
	if len(r.lent) != 0 || len(r.children) != 0 {
		t.Error("something is left")
	}
}
