package glue

import (
	"context"
	"sync"
)

// owner is an object that registrations belong to.
type owner struct {
	kind   Kind
	handle uint32
}

// registry knows which functions are lent until which object says otherwise.
type registry struct {
	mu       sync.Mutex
	lent     map[owner][]lent
	children map[owner][]owner
}

type lent struct {
	kind   Kind
	handle uint32
}

func (r *registry) add(o owner, l lent) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lent == nil {
		r.lent = map[owner][]lent{}
	}
	r.lent[o] = append(r.lent[o], l)
}

func (r *registry) adopt(parent, child owner) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.children == nil {
		r.children = map[owner][]owner{}
	}
	r.children[parent] = append(r.children[parent], child)
}

// release takes out an owner's functions of one kind.
func (r *registry) release(o owner, k Kind) (gone []lent) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var kept []lent
	for _, l := range r.lent[o] {
		if l.kind == k {
			gone = append(gone, l)
		} else {
			kept = append(kept, l)
		}
	}
	if len(kept) > 0 {
		r.lent[o] = kept
	} else {
		delete(r.lent, o)
	}
	return gone
}

// destroyed takes out all that belongs to an object and to those that end with it.
func (r *registry) destroyed(o owner) (gone []lent, objects []owner) {
	r.mu.Lock()
	defer r.mu.Unlock()
	objects = []owner{o}
	for i := 0; i < len(objects); i++ {
		o := objects[i]
		gone = append(gone, r.lent[o]...)
		objects = append(objects, r.children[o]...)
		delete(r.lent, o)
		delete(r.children, o)
	}
	return gone, objects
}

// Registration is a Go function that a plug-in may call until Release. Its
// methods may be called concurrently.
type Registration struct {
	once    sync.Once
	release func(context.Context) error
	err     error
}

// NewRegistration returns a registration that is ended by release.
func NewRegistration(release func(context.Context) error) *Registration {
	return &Registration{release: release}
}

// Release ends it; the plug-in is told. Releasing again does nothing and returns
// what the first time returned.
func (r *Registration) Release(ctx context.Context) error {
	r.once.Do(func() { r.err = r.release(ctx) })
	return r.err
}
