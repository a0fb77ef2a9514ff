package helper

import "testing"

func TestPatience(t *testing.T) {
	var p patience
	turns := func(n int, seen bool) (changes int) {
		for range n {
			if p.note(seen) {
				changes++
			}
		}
		return changes
	}
	for _, step := range []struct {
		what  string
		turns int
		seen  bool
		looks bool
		pause int
	}{
		{"the first turn", 1, false, true, 0},
		{"a few misses", mostMisses - 1, false, true, 0},
		{"a success", 1, true, true, 0},
		{"misses after it", mostMisses - 1, false, true, 0},
		{"one too many", 1, false, false, firstPause},
		{"almost the whole rest", firstPause - 1, true, false, firstPause},
		{"its end", 1, true, true, firstPause},
		{"no success again", mostMisses, false, false, 2 * firstPause},
		{"a second rest", 2 * firstPause, false, true, 2 * firstPause},
		{"success", 1, true, true, 0},
		{"misses as at first", mostMisses, false, false, firstPause},
	} {
		turns(step.turns, step.seen)
		if p.looks != step.looks || p.pause != step.pause {
			t.Fatalf("after %s: %+v, want looks %v, pause %d", step.what, p, step.looks, step.pause)
		}
	}
	turns(20*lastPause, false)
	if p.pause != lastPause {
		t.Errorf("the rest grows to %d turns, want %d", p.pause, lastPause)
	}
}
