package memory

import "slices"

// watcher wants to know of writes to code.
type watcher struct {
	written func(addr, size uint32) (keeps bool)
}

// Watch has written called before code that was fetched changes, goes or loses
// a permission. It returns whether it still keeps anything that was made of
// code on the pages concerned; if nobody does, these pages are written at full
// speed until code is fetched from them again. written must not use the space.
// What Watch returns ends it.
func (s *Space) Watch(written func(addr, size uint32) (keeps bool)) (stop func()) {
	w := &watcher{written}
	s.watchers = append(s.watchers, w)
	return func() {
		s.watchers = slices.DeleteFunc(s.watchers, func(o *watcher) bool { return o == w })
	}
}

// Fetch returns code from addr on, at most so many bytes and fewer where what
// may be executed ends, but at least one. What is returned is the memory
// itself; its pages count as code from now on, see Watch.
func (s *Space) Fetch(addr, most uint32) ([]byte, error) {
	end := min(uint64(addr)+uint64(most), s.Size())
	for p := uint64(addr) >> PageBits; p<<PageBits < end; p++ {
		if s.flags[p]&uint8(Execute) == 0 {
			end = max(p<<PageBits, uint64(addr))
			break
		}
		s.flags[p] |= hasCode
	}
	if end <= uint64(addr) {
		return nil, s.fault(uint64(addr), most, Execute)
	}
	return s.data[addr:end:end], nil
}

// Touch says that bytes are about to be written, or have been, by other means
// than this package's.
func (s *Space) Touch(addr, size uint32) { s.changed(addr, size) }

// changed does what must happen before bytes change: the snapshot keeps their
// pages, whoever has made something of their code drops it.
func (s *Space) changed(addr, size uint32) {
	end := min(uint64(addr)+uint64(size), s.Size())
	for p := uint64(addr) >> PageBits; p<<PageBits < end; p++ {
		s.keep(uint32(p))
	}
	s.tell(addr, size)
}

// tell lets the watchers know what happens to code.
func (s *Space) tell(addr, size uint32) {
	first, end := uint64(addr)>>PageBits, (min(uint64(addr)+uint64(size), s.Size())+PageSize-1)>>PageBits
	if first >= end || !slices.ContainsFunc(s.flags[first:end], func(f uint8) bool { return f&hasCode != 0 }) {
		return
	}
	keeps := false
	for _, w := range s.watchers {
		if w.written(addr, size) {
			keeps = true
		}
	}
	if keeps {
		return
	}
	for p := range s.flags[first:end] {
		s.flags[first:end][p] &^= hasCode
	}
}
