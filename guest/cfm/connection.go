package cfm

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/pef"
)

// Connection is a fragment that is ready to run in a context.
type Connection struct {
	ID        uint32
	Name      string
	Locator   Locator
	Container *pef.Container // nil of a host's library

	host       HostLibrary
	context    *Context
	identity   string
	library    bool // others find it by its name
	references int  // of those who opened it, and of those who import it
	opened     int  // of these, by those who opened it
	ready      bool // it is initialised
	ending     bool // its termination routine is next
	closed     bool
	imports    []*Connection // by the number of the library; nil is missing
	addresses  []uint32      // of the imports
	sections   []*instance
	relocated  []bool // by somebody else, of a shared section
	blocks     []uint32
	functions  map[int][]function // by section, once they were asked for
}

func (c *Connection) versions() (current, clients pef.Version) {
	cand := Candidate{Container: c.Container, Host: c.host}
	return cand.versions()
}

// main returns the address of the main symbol, 0 if there is none.
func (c *Connection) main() uint32 {
	if c.Container == nil || c.Container.Loader.Main == nil {
		return 0
	}
	address, _ := c.place(c.Container.Loader.Main.Section, c.Container.Loader.Main.Offset)
	return address
}

// place returns the address of an offset in a section.
func (c *Connection) place(section int, offset uint32) (uint32, bool) {
	switch {
	case section == pef.AbsoluteExport:
		return offset, true
	case section < 0 || section >= len(c.sections):
		return 0, false
	}
	return c.sections[section].base + offset, true
}

// Section returns where a section of the fragment is, and how long it is.
func (c *Connection) Section(i int) (base, size uint32, ok bool) {
	if i < 0 || i >= len(c.sections) {
		return 0, 0, false
	}
	return c.sections[i].base, c.Container.Sections[i].TotalLength, true
}

// relocate applies the relocations of the sections that nobody has relocated.
func (c *Connection) relocate() error {
	if c.Container == nil {
		return nil
	}
	at := pef.Addresses{Imports: c.addresses}
	for _, s := range c.sections {
		at.Sections = append(at.Sections, s.base)
	}
	space := c.context.manager.space
	for i, s := range c.sections {
		if c.relocated[i] {
			continue
		}
		size := c.Container.Sections[i].TotalLength
		image := make([]byte, size)
		if err := space.Load(image, s.base); err != nil {
			return err
		}
		if err := c.Container.Relocate(i, image, at); err != nil {
			return err
		}
		if err := space.Poke(s.base, image); err != nil {
			return err
		}
	}
	return nil
}

// initialise calls the initialisation routine, if there is one.
func (c *Connection) initialise(closure uint32) error {
	if c.Container == nil || c.Container.Loader.Init == nil {
		return nil
	}
	init := c.Container.Loader.Init
	vector, ok := c.place(init.Section, init.Offset)
	fail := func(what string, err error) error {
		return &Error{Number: ErrInitFailed, Fragment: c.Name, What: what, Err: err}
	}
	m := c.context.manager
	switch {
	case !ok:
		return fail(fmt.Sprintf("its initialisation routine is in section %d, which is not in memory", init.Section), nil)
	case m.caller == nil:
		return fail("it has an initialisation routine, and nothing here can run it", nil)
	}
	block, err := c.initBlock(closure)
	if err != nil {
		return fail("its initialisation block", err)
	}
	defer func() {
		for _, b := range c.blocks {
			_ = m.heap.Free(b) // allocated by initBlock
		}
		c.blocks = nil
	}()
	result, err := m.caller.Initialise(c.Container.Architecture, vector, block)
	if err != nil {
		return fail("its initialisation routine", err)
	}
	if result != 0 {
		return fail(fmt.Sprintf("its initialisation routine returned %d", result), nil)
	}
	return nil
}

// initBlock writes a CFragInitBlock, 36 bytes, and the name that it points to:
//
//	0  context     8  connection   28  name, a Pascal text
//	4  closure    12  locator      32  0
func (c *Connection) initBlock(closure uint32) (uint32, error) {
	m := c.context.manager
	const size = 36
	name := []byte(c.Name)
	name = name[:min(len(name), 63)]
	block, err := m.heap.Allocate(size+64, 4)
	if err != nil {
		return 0, err
	}
	c.blocks = append(c.blocks, block)
	var b [size]byte
	be := binary.BigEndian
	be.PutUint32(b[0:], c.context.ID)
	be.PutUint32(b[4:], closure)
	be.PutUint32(b[8:], c.ID)
	be.PutUint32(b[12:], uint32(c.Locator.Where))
	switch l := &c.Locator; l.Where {
	case coderes.InMemory:
		be.PutUint32(b[16:], l.Offset)
		be.PutUint32(b[20:], l.Length)
		b[24] = 1 // it is used where it lies, as far as anybody can tell
	case coderes.InResource:
		be.PutUint32(b[16:], l.Spec)
		be.PutUint32(b[20:], uint32(l.Type))
		be.PutUint16(b[24:], uint16(l.ID))
	default:
		be.PutUint32(b[16:], l.Spec)
		be.PutUint32(b[20:], l.Offset)
		be.PutUint32(b[24:], l.Length)
	}
	be.PutUint32(b[28:], block+size)
	if err := m.space.Store(block, b[:]); err != nil {
		return 0, err
	}
	return block, m.space.PutPString(block+size, name, 63)
}

// terminate calls the termination routine, if there is one.
func (c *Connection) terminate() error {
	if c.Container == nil || c.Container.Loader.Term == nil || c.context.manager.caller == nil {
		return nil
	}
	term := c.Container.Loader.Term
	vector, ok := c.place(term.Section, term.Offset)
	if !ok {
		return fmt.Errorf("%s: its termination routine is in section %d, which is not in memory", c.Name, term.Section)
	}
	if err := c.context.manager.caller.Terminate(c.Container.Architecture, vector); err != nil {
		return fmt.Errorf("%s: its termination routine: %w", c.Name, err)
	}
	return nil
}

// unmap gives back the memory of the sections that nobody else uses.
func (c *Connection) unmap() {
	m := c.context.manager
	for i, s := range c.sections {
		if s.users--; s.users > 0 {
			continue
		}
		_ = m.space.Unmap(s.base) // mapped by mapSection
		if all := m.mapped[c.Container]; all != nil && all[i] == s {
			all[i] = nil
			if !slices.ContainsFunc(all, func(in *instance) bool { return in != nil }) {
				delete(m.mapped, c.Container)
			}
		}
	}
	c.sections = nil
}

// Close gives up one reference of those who have opened the connection. With the last of
// all, the fragment's termination routine is called, its memory goes, and so do its
// references to import libraries.
func (c *Connection) Close() error {
	fail := func(what string) error { return &Error{Number: ErrConnection, Fragment: c.Name, What: what} }
	switch {
	case c.closed || c.ending:
		return fail("the connection is closed already")
	case !c.ready:
		return fail("the connection is not ready yet")
	case c.opened == 0:
		return fail("nobody has opened the connection: others import it")
	}
	c.opened--
	return c.release()
}

// release gives up a reference, and ends what nobody refers to then.
func (c *Connection) release() error {
	return c.context.end(c.fall(nil))
}

// fall takes a reference away and returns what has none left, with what only that
// imports.
func (c *Connection) fall(gone []*Connection) []*Connection {
	if c.references--; c.references > 0 || c.ending {
		return gone
	}
	c.ending = true
	gone = append(gone, c)
	for _, needed := range c.imports {
		if needed != nil && needed != c {
			gone = needed.fall(gone)
		}
	}
	return gone
}

// end ends connections: termination routines are called in the reverse order of
// initialisation, while all of them are in memory. The first error is returned.
func (c *Context) end(gone []*Connection) error {
	for _, conn := range gone { // nobody finds them any more
		conn.ending, conn.identity, conn.opened = true, "", 0
		if c.byName[conn.key()] == conn {
			delete(c.byName, conn.key())
		}
	}
	var first error
	for _, conn := range slices.Backward(slices.Clone(c.all)) {
		if slices.Contains(gone, conn) {
			if err := conn.terminate(); err != nil && first == nil {
				first = err
			}
		}
	}
	for _, conn := range gone {
		conn.unmap()
		conn.drop()
	}
	return first
}

// drop has the context forget the connection.
func (c *Connection) drop() {
	ctx := c.context
	if m := ctx.manager; !c.closed {
		m.connections--
		m.held -= c.weight()
	}
	c.closed = true
	ctx.all = slices.DeleteFunc(ctx.all, func(other *Connection) bool { return other == c })
	if ctx.byName[c.key()] == c {
		delete(ctx.byName, c.key())
	}
}

// Find returns the address and class of a symbol that the fragment exports.
func (c *Connection) Find(name string) (uint32, pef.SymbolClass, error) {
	if c.closed {
		return 0, 0, &Error{Number: ErrConnection, Fragment: c.Name, What: "the connection is closed"}
	}
	if c.host != nil {
		if address, class, _, ok := c.host.Export(name); ok {
			return address, class, nil
		}
	} else if e, ok := c.Container.Loader.Lookup(name); ok {
		if address, ok := c.exported(e); ok {
			return address, e.Class, nil
		}
	}
	return 0, 0, &Error{Number: ErrNoSymbol, Fragment: c.Name, Symbol: name, What: "not exported"}
}

// exported returns the address of an export.
func (c *Connection) exported(e pef.Export) (uint32, bool) {
	if e.Section == pef.ReexportedImport {
		if int64(e.Value) >= int64(len(c.addresses)) {
			return 0, false
		}
		return c.addresses[e.Value], true
	}
	return c.place(e.Section, e.Value)
}

// Count returns the number of symbols that the fragment exports.
func (c *Connection) Count() int {
	if c.host != nil {
		return len(c.host.Names())
	}
	return len(c.Container.Loader.Exports)
}

// Symbol returns one of the symbols, by its number from 0.
func (c *Connection) Symbol(i int) (name string, address uint32, class pef.SymbolClass, err error) {
	if c.closed || i < 0 || i >= c.Count() {
		return "", 0, 0, &Error{Number: ErrNoSymbol, Fragment: c.Name, What: fmt.Sprintf("no symbol %d (it has %d)", i, c.Count())}
	}
	if c.host != nil {
		name = c.host.Names()[i]
		address, class, err = c.Find(name)
		return name, address, class, err
	}
	e := c.Container.Loader.Exports[i]
	address, ok := c.exported(e)
	if !ok {
		return e.Name, 0, e.Class, &Error{Number: ErrNoSymbol, Fragment: c.Name, Symbol: e.Name, What: fmt.Sprintf("it is in section %d, which is not in memory", e.Section)}
	}
	return e.Name, address, e.Class, nil
}
