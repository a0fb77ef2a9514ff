package helper

// Waking a thread on another, idle, processor takes some 20 µs each way, and a
// call between two that are awake less than one. So a lane that nobody placed
// looks for its turn, about as long as a wake-up would take, before it sleeps;
// the helper does the same. Where that is in vain — both sides share a
// processor, or calls take longer — it stops after a few calls, and tries again
// later and later.

// patience decides whether a lane looks for its turn before it sleeps. The zero
// value does not, at first.
type patience struct {
	looks  bool
	misses int // in a row, that looking was in vain
	rest   int // turns until the next try
	pause  int // how many turns the last rest had
}

const (
	hostLooks   = 40000 // some 50 µs
	helperLooks = 3000  // likewise, with a pause in between
	mostMisses  = 3
	firstPause  = 32
	lastPause   = 8192
)

// note counts a turn that was, or was not, seen without sleeping. It reports
// whether the patience changed.
func (p *patience) note(seen bool) (changed bool) {
	switch {
	case !p.looks:
		if p.rest--; p.rest > 0 {
			return false
		}
		p.looks, p.misses = true, 0
		return true
	case seen:
		p.misses, p.pause = 0, 0
		return false
	}
	if p.misses++; p.misses < mostMisses {
		return false
	}
	p.pause = min(max(2*p.pause, firstPause), lastPause)
	p.looks, p.rest = false, p.pause
	return true
}
