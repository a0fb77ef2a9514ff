package memory

import (
	"errors"
	"slices"
)

// Snapshot is what a space was like. Taking one costs a byte per page; pages
// are copied when they are first written after it.
type Snapshot struct {
	regions []Region
	flags   []uint8
	pages   map[uint32][]byte // those that have changed, as they were
}

// ErrSnapshot: a newer snapshot was taken, or the snapshot is another space's.
var ErrSnapshot = errors.New("memory: not the space's latest snapshot")

// Snapshot remembers the space as it is. Only the latest can be restored.
func (s *Space) Snapshot() *Snapshot {
	for p := range s.flags {
		if s.flags[p]&wasUsed != 0 {
			s.flags[p] |= isKept
		}
	}
	s.snapshot = &Snapshot{slices.Clone(s.regions), slices.Clone(s.flags), map[uint32][]byte{}}
	return s.snapshot
}

// Restore makes the space what it was when the snapshot was taken, which can
// then be restored again.
func (s *Space) Restore(snap *Snapshot) error {
	if snap == nil || snap != s.snapshot || len(snap.flags) != len(s.flags) {
		return ErrSnapshot
	}
	for p := range uint32(len(s.flags)) {
		old, changed := snap.pages[p]
		if now := s.flags[p]; changed || (now^snap.flags[p])&permMask != 0 {
			s.changed(p<<PageBits, PageSize)
			if changed {
				copy(s.page(p), old)
			}
		}
		// A page that was used since is so still: it is not zero.
		s.flags[p] = snap.flags[p] | s.flags[p]&(hasCode|wasUsed)
	}
	s.regions = slices.Clone(snap.regions)
	clear(snap.pages)
	return nil
}

// keep copies a page for the snapshot before it changes.
func (s *Space) keep(p uint32) {
	if s.flags[p]&isKept == 0 {
		return
	}
	s.flags[p] &^= isKept
	if s.snapshot != nil {
		if _, ok := s.snapshot.pages[p]; !ok {
			s.snapshot.pages[p] = slices.Clone(s.page(p))
		}
	}
}
