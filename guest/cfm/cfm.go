// Package cfm is the Code Fragment Manager: it makes fragments, and the import
// libraries that they need, ready to run in a guest's memory.
//
// A fragment that is ready is a connection, in a context, which is what the
// original kept for a process. To prepare one, with all that it imports and that
// is not there already (its closure), takes these passes:
//
//	find        each import library, by name, in the sources, in order; the
//	            first whose version will do
//	map         the sections of each new fragment
//	relocate    them, now that all addresses are known
//	initialise  each, libraries before their clients
//	register    the connections
//
// Fragments that import each other keep each other until their context is closed.
//
// If a pass fails, everything is undone, and the error says what was missing and
// where it was looked for.
//
// The calls of the original, and what they are here:
//
//	GetSharedLibrary   Context.Library
//	GetDiskFragment    Context.Prepare
//	GetMemFragment     Context.Prepare
//	CloseConnection    Connection.Close
//	FindSymbol         Connection.Find
//	CountSymbols       Connection.Count
//	GetIndSymbol       Connection.Symbol
//
// A Manager and all that it has made belong to one goroutine, as its memory
// does.
//
// Sources: "Mac OS Runtime Architectures" (Apple, 1997), chapters 1 to 3;
// "Inside Macintosh: PowerPC System Software", chapter 3; <CodeFragments.h>.
package cfm

import (
	"errors"
	"fmt"
	"slices"

	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/guest/memory"
)

// Caller runs routines of the guest.
type Caller interface {
	// Initialise calls an initialisation routine with the address of its block,
	// and returns its result, an OSErr.
	Initialise(a pef.Architecture, vector, block uint32) (int16, error)
	// Terminate calls a termination routine.
	Terminate(a pef.Architecture, vector uint32) error
}

// Manager prepares fragments in one address space.
type Manager struct {
	space    *memory.Space
	caller   Caller
	heap     *memory.Heap // for initialisation blocks
	heapBase uint32
	lastID   uint32
	mapped   map[*pef.Container][]*instance // what all contexts share
	contexts []*Context
	// Work, if not nil, is told in long loops how much is done, n times what an
	// instruction takes, and says whether to go on: its error ends the preparation.
	Work func(n int) error
	// What there is of connections, and how much they weigh.
	connections int
	held        int64
}

func (m *Manager) work(n int) error {
	if m.Work == nil {
		return nil
	}
	return m.Work(n)
}

// New returns a manager of fragments in a space. Without a caller, fragments
// that have initialisation or termination routines are refused.
func New(space *memory.Space, caller Caller) (*Manager, error) {
	const size = 64 << 10
	base, err := space.Allocate("initialisation blocks", size, memory.PageSize, memory.RW)
	if err != nil {
		return nil, err
	}
	heap, err := memory.NewHeap(space, base)
	if err != nil {
		return nil, err
	}
	return &Manager{space: space, caller: caller, heap: heap, heapBase: base, mapped: map[*pef.Container][]*instance{}}, nil
}

// Context is a process's view: each import library is prepared once in it.
type Context struct {
	ID uint32
	// Sources are where import libraries are looked for, in order.
	Sources []Source
	// Strict refuses fragments that import what a host library leaves out.
	Strict bool

	manager *Manager
	byName  map[libraryKey]*Connection // import libraries that are ready
	all     []*Connection              // in the order of their initialisation
	missing map[libraryKey]*Error      // weak libraries that were not there; they stay so
	// preparing is what is under way: one within another's initialisation routine.
	preparing []*preparation
	closing   bool
}

// NewContext returns a context without connections.
func (m *Manager) NewContext(sources ...Source) *Context {
	c := &Context{ID: m.id(), Sources: sources, manager: m, byName: map[libraryKey]*Connection{}, missing: map[libraryKey]*Error{}}
	m.contexts = append(m.contexts, c)
	return c
}

func (m *Manager) id() uint32 {
	m.lastID++
	return m.lastID
}

// Close closes all connections of the context, last first. The errors of
// termination routines are returned; everything is closed all the same. These cannot
// prepare anything.
func (c *Context) Close() error {
	c.closing = true
	err := c.end(slices.Clone(c.all))
	c.closing = false
	return err
}

// Connections returns what is ready in the context, in the order in which it was
// initialised.
func (c *Context) Connections() []*Connection { return append([]*Connection(nil), c.all...) }

// connections goes through what is ready, then what is being prepared.
func (c *Context) connections(yield func(*Connection) bool) {
	for _, conn := range c.all {
		if !yield(conn) {
			return
		}
	}
	for _, p := range c.preparing {
		for _, conn := range p.fresh {
			if !conn.ready && !yield(conn) {
				return
			}
		}
	}
}

// Connection returns what has a number, nil if nothing has. A fragment's own can be
// found from within its initialisation routine.
func (c *Context) Connection(id uint32) *Connection {
	for conn := range c.connections {
		if conn.ID == id {
			return conn
		}
	}
	return nil
}

// Missing returns why fragments of the context do without weak libraries, by the
// names of these: there is none, or none of a version that will do. They stay missing
// as long as the context.
func (c *Context) Missing() map[string]*Error {
	missing := map[string]*Error{}
	for key, e := range c.missing {
		missing[key.name] = e
	}
	return missing
}

// libraryKey is what a library is found by: fragments for the 68K link with others than
// those for PowerPC, if only under the same names. Hosts' libraries are for both, and
// have no architecture.
type libraryKey struct {
	name         string
	architecture pef.Architecture
}

func (c *Connection) key() libraryKey {
	if c.Container == nil {
		return libraryKey{name: c.Name}
	}
	return libraryKey{c.Name, c.Container.Architecture}
}

// libraryFor returns the library of a name that a fragment for an architecture links
// with, if it is among some.
func libraryFor(all map[libraryKey]*Connection, name string, a pef.Architecture) *Connection {
	if conn := all[libraryKey{name, a}]; conn != nil {
		return conn
	}
	return all[libraryKey{name: name}]
}

// instance is a section's memory.
type instance struct {
	base  uint32
	users int
}

// perm says what a section's memory allows. The guest's own data are executable:
// code was built in memory often enough.
func perm(k pef.SectionKind) memory.Perm {
	switch k {
	case pef.CodeSection:
		return memory.RX
	case pef.ConstantSection:
		return memory.Read
	}
	return memory.RWX
}

// mostMemory is the most that one section may take. A container that asks for
// more is lying.
const mostMemory = 64 << 20

// mapSection makes memory for a section, with its contents.
func (m *Manager) mapSection(name string, s *pef.Section) (*instance, error) {
	size := max(s.TotalLength, 1)
	if size > mostMemory {
		return nil, fmt.Errorf("section %d wants %d bytes (at most %d)", s.Index, size, mostMemory)
	}
	align := uint32(1) << min(s.Alignment, 16)
	base, err := m.space.Allocate(fmt.Sprintf("%s section %d", name, s.Index), size, align, perm(s.Kind))
	if err != nil {
		return nil, err
	}
	image := make([]byte, s.TotalLength) // for which the space had room
	if err = s.Load(image); err == nil {
		err = m.space.Poke(base, image)
	}
	if err != nil {
		return nil, errors.Join(err, m.space.Unmap(base))
	}
	return &instance{base: base, users: 1}, nil
}
