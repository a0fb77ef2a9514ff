package cfm

import (
	"fmt"
	"maps"
	"slices"

	"github.com/crossplug/crossplug/format/pef"
)

// Option says which connection a caller wants.
type Option int

const (
	Load  Option = iota // the one that there is, or a new one (kReferenceCFrag, kLoadLib)
	Find                // the one that there is, without a reference to it: nobody closes it (kFindCFrag)
	Fresh               // a new one, with data of its own, which nobody finds (kPrivateCFragCopy)
)

// Bounds on what guests can have the host remember: how many fragments one preparation
// may take, how many weak libraries may be missing in a context, how many connections
// there may be, and how much they may weigh, as a multiple of the space.
const (
	mostFragments   = 1024
	mostMissing     = 4096
	mostConnections = 4096
	mostHeld        = 4
)

// weight is about how many bytes of the host's memory a connection takes.
func (c *Connection) weight() int64 {
	n := int64(1024)
	if c.Container != nil {
		n += c.Container.Size
		if l := c.Container.Loader; l != nil {
			n += 64 * int64(len(l.Imports)+len(l.Exports)+len(l.Libraries))
		}
	}
	return n
}

// preparation is the work on one closure, which succeeds or leaves no trace.
type preparation struct {
	context *Context
	id      uint32        // of the closure
	near    []Source      // are searched first
	fresh   []*Connection // in the order of their discovery, the root first
	byName  map[libraryKey]*Connection
	missing map[libraryKey]*Error // weak libraries
	begun   []*Connection         // initialised, in order
}

// Library prepares an import library by its name and returns a connection to it
// and the address of its main symbol, 0 if it has none.
func (c *Context) Library(name string, a pef.Architecture, o Option) (*Connection, uint32, error) {
	if ready := libraryFor(c.byName, name, a); ready != nil && o != Fresh {
		return ready.found(o)
	}
	if o == Find {
		return nil, 0, &Error{Number: ErrNoLibrary, Fragment: name, What: "not prepared yet"}
	}
	cand, e := c.find(name, pef.Library{Name: name}, a, nil)
	if e != nil {
		return nil, 0, e
	}
	return c.Prepare(name, *cand, o)
}

// found returns a connection that there is, with another reference if it is opened.
func (c *Connection) found(o Option) (*Connection, uint32, error) {
	if o == Load {
		c.references++
		c.opened++
	}
	return c, c.main(), nil
}

// Prepare prepares a fragment that is given: one in a file's data fork
// (GetDiskFragment), a resource or memory (GetMemFragment). It is not found by its
// name afterwards unless it is a library that was found so; but by its Identity, if
// it has one.
func (c *Context) Prepare(name string, cand Candidate, o Option) (*Connection, uint32, error) {
	if ready := c.identical(&cand); ready != nil && o != Fresh {
		return ready.found(o)
	}
	if o == Find {
		return nil, 0, &Error{Number: ErrNoLibrary, Fragment: name, What: "not prepared yet"}
	}
	if c.closing {
		return nil, 0, &Error{Number: ErrConnection, Fragment: name, What: "the process is ending"}
	}
	p := &preparation{context: c, id: c.manager.id(), near: cand.Near, byName: map[libraryKey]*Connection{}, missing: map[libraryKey]*Error{}}
	root, err := p.add(name, &cand, o != Fresh && c.knows(name, &cand))
	if err == nil {
		if o != Fresh {
			root.identity = cand.Identity
		}
		root.opened = 1
		c.preparing = append(c.preparing, p)
		err = p.run()
		c.preparing = c.preparing[:len(c.preparing)-1]
	}
	if err != nil {
		p.undo()
		return nil, 0, err
	}
	return root, root.main(), nil
}

// identical returns the connection to the same fragment, nil if there is none.
func (c *Context) identical(cand *Candidate) *Connection {
	if cand.Identity != "" {
		for conn := range c.connections {
			if conn.identity == cand.Identity {
				return conn
			}
		}
	}
	return nil
}

// knows says whether a candidate is what the sources have under a name.
func (c *Context) knows(name string, cand *Candidate) bool {
	a := pef.PowerPC
	if cand.Container != nil {
		a = cand.Container.Architecture
	}
	if libraryFor(c.byName, name, a) != nil {
		return false
	}
	for _, s := range c.Sources {
		found, _ := s.Find(name, a)
		if slices.ContainsFunc(found, func(f Candidate) bool { return f.Container == cand.Container && f.Host == cand.Host }) {
			return true
		}
	}
	return false
}

// add begins a new connection.
func (p *preparation) add(name string, cand *Candidate, library bool) (*Connection, error) {
	if len(p.fresh) == mostFragments {
		return nil, &Error{Number: ErrMemory, Fragment: name, What: fmt.Sprintf("more than %d fragments need each other", mostFragments)}
	}
	conn := &Connection{ID: p.context.manager.id(), Name: name, Locator: cand.Locator, Container: cand.Container, host: cand.Host, context: p.context, library: library, references: 1}
	if cand.Container != nil && cand.Container.Loader == nil {
		return nil, &Error{Number: ErrFormat, Fragment: name, What: "it has no loader section"}
	}
	m := p.context.manager
	if m.connections == mostConnections {
		return nil, &Error{Number: ErrMemory, Fragment: name, What: fmt.Sprintf("there are %d connections already", mostConnections)}
	}
	weight := conn.weight()
	if m.held+weight > mostHeld*int64(m.space.Size()) {
		return nil, &Error{Number: ErrMemory, Fragment: name,
			What: fmt.Sprintf("what is known of it takes %d bytes, and of all others %d (at most %d times the guest's memory)", weight, m.held, mostHeld)}
	}
	m.connections++
	m.held += weight
	p.fresh = append(p.fresh, conn)
	if library {
		p.byName[conn.key()] = conn
	}
	return conn, nil
}

// run makes the passes.
func (p *preparation) run() error {
	for _, pass := range []func() error{p.findAll, p.mapAll, p.linkAll, p.register, p.initialise} {
		if err := pass(); err != nil {
			return err
		}
	}
	c := p.context
	maps.Copy(c.missing, p.missing)
	return nil
}

// How long it takes to find a library, and to resolve an import, in instructions.
const (
	libraryWork = 256
	importWork  = 32
)

// findAll finds the import libraries of all fragments, and theirs.
func (p *preparation) findAll() error {
	for i := 0; i < len(p.fresh); i++ { // it grows
		conn := p.fresh[i]
		if conn.Container == nil {
			continue
		}
		for _, lib := range conn.Container.Loader.Libraries {
			if err := p.context.manager.work(libraryWork); err != nil {
				return err
			}
			needed, err := p.need(conn, lib)
			if err != nil {
				return err
			}
			conn.imports = append(conn.imports, needed)
		}
	}
	return nil
}

// need returns the connection to an import library; nil if it is weak and
// missing.
func (p *preparation) need(client *Connection, lib pef.Library) (*Connection, error) {
	weak := lib.Options&pef.WeakLibrary != 0
	a := client.Container.Architecture
	ready := libraryFor(p.byName, lib.Name, a)
	if ready == nil {
		ready = libraryFor(p.context.byName, lib.Name, a)
	}
	if ready != nil {
		have, clients := ready.versions()
		switch number := CheckVersion(lib.CurrentVersion, lib.OldImpVersion, have, clients); {
		case number != 0 && weak:
			return nil, nil
		case number != 0:
			return nil, &Error{Number: number, Fragment: client.Name, Library: lib.Name,
				What: fmt.Sprintf("version %v is in use already, and this was built with %v (at least %v)", have, lib.CurrentVersion, lib.OldImpVersion)}
		case ready != client:
			ready.references++
		}
		return ready, nil
	}
	if weak && p.context.missing[libraryKey{lib.Name, a}] != nil {
		return nil, nil
	}
	cand, e := p.context.find(client.Name, lib, a, p.near)
	switch {
	case e == nil:
		return p.add(lib.Name, cand, true)
	case weak:
		if len(p.missing)+len(p.context.missing) >= mostMissing {
			return nil, &Error{Number: ErrMemory, Fragment: client.Name, Library: lib.Name, What: fmt.Sprintf("more than %d weak libraries are missing", mostMissing)}
		}
		p.missing[libraryKey{lib.Name, a}] = e
		return nil, nil
	}
	return nil, e
}

// mapAll gives the sections their memory.
func (p *preparation) mapAll() error {
	for _, conn := range p.fresh {
		if conn.Container == nil {
			continue
		}
		m := p.context.manager
		for i := range conn.Container.Instantiated {
			s := conn.Container.Sections[i]
			shared := s.Share == pef.GlobalShare || s.Share == pef.ProtectedShare
			if shared && conn.library {
				if all := m.mapped[conn.Container]; all != nil && all[i] != nil {
					all[i].users++
					conn.sections = append(conn.sections, all[i])
					conn.relocated = append(conn.relocated, true)
					continue
				}
			}
			in, err := m.mapSection(conn.Name, s)
			if err != nil {
				return &Error{Number: ErrMemory, Fragment: conn.Name, What: "no memory for its sections", Err: err}
			}
			conn.sections = append(conn.sections, in)
			conn.relocated = append(conn.relocated, false)
			if shared && conn.library {
				if m.mapped[conn.Container] == nil {
					m.mapped[conn.Container] = make([]*instance, conn.Container.Instantiated)
				}
				m.mapped[conn.Container][i] = in
			}
		}
	}
	return nil
}

// linkAll resolves the imports and relocates.
func (p *preparation) linkAll() error {
	for _, conn := range p.fresh {
		if conn.Container == nil {
			continue
		}
		for i, imp := range conn.Container.Loader.Imports {
			if err := p.context.manager.work(importWork); err != nil {
				return err
			}
			address, err := p.resolve(conn, imp)
			if err != nil {
				return err
			}
			if address == 0 && !weak(conn, imp) && conn.imports[imp.Library] != nil {
				return &Error{Number: ErrUnresolved, Fragment: conn.Name, Library: conn.Container.Loader.Libraries[imp.Library].Name, Symbol: imp.Name, What: fmt.Sprintf("import %d is at address 0", i)}
			}
			conn.addresses = append(conn.addresses, address)
		}
	}
	for _, conn := range p.fresh {
		if err := conn.relocate(); err != nil {
			return &Error{Number: ErrCorrupt, Fragment: conn.Name, What: "relocating", Err: err}
		}
	}
	return nil
}

// weak says whether an import may be missing: all those of a weak library may.
func weak(conn *Connection, imp pef.Import) bool {
	return imp.Weak || conn.Container.Loader.Libraries[imp.Library].Options&pef.WeakLibrary != 0
}

// resolve returns the address of an import, 0 if it is weak and missing.
func (p *preparation) resolve(conn *Connection, imp pef.Import) (uint32, error) {
	if imp.Library < 0 || imp.Library >= len(conn.imports) {
		return 0, &Error{Number: ErrUnresolved, Fragment: conn.Name, Symbol: imp.Name, What: "no library claims it"}
	}
	from := conn.imports[imp.Library]
	if from == nil {
		return 0, nil
	}
	found, ok := p.export(from, imp.Name, 0)
	address := found.address
	unresolved := func(what string, err error) error {
		return &Error{Number: ErrUnresolved, Fragment: conn.Name, Library: from.Name, Symbol: imp.Name, What: what, Err: err}
	}
	switch {
	case ok && found.reason != "" && p.context.Strict:
		return 0, unresolved(found.reason, nil)
	case ok && found.reason != "" && imp.Class == pef.DataSymbol:
		library, can := found.host.(VariableLibrary)
		if !can {
			return 0, unresolved("a variable, and "+found.reason, nil)
		}
		address, err := library.Variable(found.name)
		if err != nil {
			return 0, unresolved("a variable", err)
		}
		return address, nil
	case ok:
		return address, nil
	case weak(conn, imp):
		return 0, nil
	}
	return 0, unresolved("the library does not export it", nil)
}

// mostHops is how often a symbol may be re-exported.
const mostHops = 64

// exported is a symbol that was found.
type exported struct {
	address uint32
	// Of a host's library: it and its name there, and why the symbol cannot be used, if so.
	host   HostLibrary
	name   string
	reason string
}

// export finds a symbol of a library that need not have been linked itself.
func (p *preparation) export(from *Connection, name string, hops int) (exported, bool) {
	if from.host != nil {
		address, _, reason, ok := from.host.Export(name)
		return exported{address, from.host, name, reason}, ok
	}
	e, ok := from.Container.Loader.Lookup(name)
	if !ok || hops > mostHops {
		return exported{}, false
	}
	if e.Section != pef.ReexportedImport {
		address, ok := from.place(e.Section, e.Value)
		return exported{address: address}, ok
	}
	imports := from.Container.Loader.Imports
	if int64(e.Value) >= int64(len(imports)) {
		return exported{}, false
	}
	imp := imports[e.Value]
	if imp.Library < 0 || imp.Library >= len(from.imports) || from.imports[imp.Library] == nil {
		return exported{}, false
	}
	return p.export(from.imports[imp.Library], imp.Name, hops+1)
}

// order returns the new connections in the order of their initialisation.
// Libraries come before their clients where that is possible; where a client
// insists (InitBefore) it must be.
func (p *preparation) order() ([]*Connection, error) {
	var ordered []*Connection
	done := map[*Connection]bool{}
	fresh := map[*Connection]bool{}
	for _, conn := range p.fresh {
		fresh[conn] = true
	}
	ready := func(conn *Connection, all bool) bool {
		for i, needed := range conn.imports {
			insists := conn.Container.Loader.Libraries[i].Options&pef.InitBefore != 0
			if needed != nil && needed != conn && fresh[needed] && !done[needed] && (all || insists) {
				return false
			}
		}
		return true
	}
	// Libraries were discovered after their clients.
	waiting := slices.Clone(p.fresh)
	slices.Reverse(waiting)
	for len(waiting) > 0 {
		i := slices.IndexFunc(waiting, func(conn *Connection) bool { return ready(conn, true) })
		if i < 0 {
			i = slices.IndexFunc(waiting, func(conn *Connection) bool { return ready(conn, false) })
		}
		if i < 0 {
			e := &Error{Number: ErrInitLoop, Fragment: waiting[0].Name, What: "these insist on being initialised after each other"}
			for _, conn := range waiting {
				e.Searched = append(e.Searched, conn.Name)
			}
			e.What += fmt.Sprintf(": %q", e.Searched)
			e.Searched = nil
			return nil, e
		}
		done[waiting[i]] = true
		ordered = append(ordered, waiting[i])
		waiting = slices.Delete(waiting, i, i+1)
	}
	return ordered, nil
}

// register lets others find the libraries: an initialisation routine may prepare
// fragments that import them.
func (p *preparation) register() error {
	maps.Copy(p.context.byName, p.byName)
	return nil
}

// initialise runs the initialisation routines.
func (p *preparation) initialise() error {
	ordered, err := p.order()
	if err != nil {
		return err
	}
	for _, conn := range ordered {
		if err := conn.initialise(p.id); err != nil {
			return err
		}
		p.begun = append(p.begun, conn)
		conn.ready = true
		p.context.all = append(p.context.all, conn)
	}
	return nil
}

// undo takes everything back, but for what an initialisation routine has prepared other
// fragments with: those go on, so it stays with all that it imports.
func (p *preparation) undo() {
	stays := p.needed()
	var gone []*Connection
	for i, conn := range p.fresh {
		switch {
		case !stays[conn]:
			gone = append(gone, conn)
		case i == 0: // it was opened for nothing
			conn.references--
			conn.opened--
		}
	}
	_ = p.context.end(gone) // it is the first error that counts
	for _, conn := range p.fresh {
		for _, library := range conn.imports {
			if conn.closed && library != nil && !library.closed {
				library.references--
			}
		}
	}
}

// needed returns which of the new connections others have references to.
func (p *preparation) needed() map[*Connection]bool {
	own := map[*Connection]int{}
	for _, conn := range p.fresh {
		for _, library := range conn.imports {
			if library != conn {
				own[library]++
			}
		}
	}
	stays := map[*Connection]bool{}
	var keep func(conn *Connection)
	keep = func(conn *Connection) {
		if conn == nil || !conn.ready || stays[conn] || !slices.Contains(p.fresh, conn) {
			return
		}
		stays[conn] = true
		for _, library := range conn.imports {
			keep(library)
		}
	}
	for i, conn := range p.fresh {
		opened := 0
		if i == 0 {
			opened = 1 // by whom this fails for
		}
		if conn.references > own[conn]+opened {
			keep(conn)
		}
	}
	return stays
}
