package cfm

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/pef"
)

// Source is a place where import libraries are found: an application's own file,
// a folder, a registry.
type Source interface {
	// Find returns the libraries of a name for an architecture, best first.
	// None is no error; an error, such as that of a damaged file, is told of if
	// nothing better is found.
	Find(name string, a pef.Architecture) ([]Candidate, error)
	// String names the source for people: "folder /Extensions".
	String() string
}

// Candidate is a library that has been found: either a container or a host's.
type Candidate struct {
	Container *pef.Container
	Host      HostLibrary
	Locator   Locator
	// Usage is that of the 'cfrg' member, if there is one.
	Usage coderes.FragmentUsage
	// Identity tells what is the same fragment: one that is opened again is the same
	// connection. One without is always another.
	Identity string
	// Near is where what it imports is looked for before the context's sources: in the
	// folder that it was loaded from.
	Near []Source
}

// HostLibrary is an import library that is not made of guest code.
type HostLibrary interface {
	// Versions are as in a container's header.
	Versions() (current, oldImplementation, oldDefinition pef.Version)
	// Export returns the address of a symbol, and whether the real library had
	// one. Such a symbol may all the same be one that cannot be called; reason
	// says so, and calling it is a fault.
	Export(name string) (address uint32, class pef.SymbolClass, reason string, ok bool)
	// Names returns what Export knows.
	Names() []string
}

// VariableLibrary is a HostLibrary that has memory for variables which it does not know:
// a fragment that imports one of those that cannot be used gets that, where a stub that
// faults when it is called would be overwritten.
type VariableLibrary interface {
	HostLibrary
	// Variable returns the address of a variable's memory, the same at each time.
	Variable(name string) (address uint32, err error)
}

// Locator says where a fragment came from, for its initialisation routine.
type Locator struct {
	Where  coderes.FragmentPlace
	File   string // of the data or resource fork
	Offset uint32 // in the data fork; the address, in memory
	Length uint32
	Type   coderes.OSType // of the resource
	ID     int16
	// Spec is the address of the file's FSSpec in the guest, 0 if it has none.
	Spec uint32
}

// Error numbers of the original, from <MacErrors.h>.
const (
	ErrNoLibrary    = -2804 // cfragNoLibraryErr
	ErrNoSymbol     = -2802 // cfragNoSymbolErr
	ErrConnection   = -2801 // cfragConnectionIDErr
	ErrFormat       = -2806 // cfragFragmentFormatErr
	ErrUnresolved   = -2807 // cfragUnresolvedErr
	ErrMemory       = -2810 // cfragNoClientMemErr
	ErrInitOrder    = -2812 // cfragInitOrderErr
	ErrTooOld       = -2813 // cfragImportTooOldErr
	ErrTooNew       = -2814 // cfragImportTooNewErr
	ErrInitLoop     = -2815 // cfragInitLoopErr
	ErrCorrupt      = -2820 // cfragFragmentCorruptErr
	ErrInitFailed   = -2821 // cfragInitFunctionErr
	ErrArchitecture = -2823 // cfragArchitectureErr
	ErrUsage        = -2824 // cfragFragmentUsageErr
)

// Error is why a fragment could not be prepared.
type Error struct {
	Number   int    // of the original
	Fragment string // that was being prepared
	Library  string // that it needs, if that is what fails
	Symbol   string
	What     string
	Searched []string // where the library was looked for, and what was there
	Err      error    // the reason underneath, or nil
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Fragment)
	if e.Library != "" && e.Library != e.Fragment {
		fmt.Fprintf(&b, ": import library %q", e.Library)
	}
	if e.Symbol != "" {
		fmt.Fprintf(&b, ": symbol %q", e.Symbol)
	}
	fmt.Fprintf(&b, ": %s", e.What)
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	if len(e.Searched) > 0 {
		fmt.Fprintf(&b, "; searched: %s", strings.Join(e.Searched, "; "))
	}
	fmt.Fprintf(&b, " (error %d)", e.Number)
	return b.String()
}

// Unwrap returns the reason underneath.
func (e *Error) Unwrap() error { return e.Err }

// Number returns the error number of the original for any error of this package.
func Number(err error) int {
	var e *Error
	if errors.As(err, &e) {
		return e.Number
	}
	return ErrCorrupt
}

// CheckVersion applies the rule by which a client and a library agree, and
// returns 0, ErrTooOld or ErrTooNew: who was built later has to do with the
// other. want is what the client was linked with and oldest the oldest that it
// does with; have is the library's version and clients the oldest version that
// its clients may have been linked with. A client that says nothing, with 0 for
// both, does with any library.
func CheckVersion(want, oldest, have, clients pef.Version) int {
	switch {
	case want == 0 && oldest == 0:
		return 0
	case want > have && oldest > have:
		return ErrTooOld
	case want < have && clients > want:
		return ErrTooNew
	}
	return 0
}

// versions returns a candidate's.
func (c *Candidate) versions() (current, clients pef.Version) {
	if c.Host != nil {
		current, _, clients = c.Host.Versions()
		return current, clients
	}
	return c.Container.CurrentVersion, c.Container.OldDefVersion
}

// find looks for a library in the sources: one for the client's own architecture, as
// transition vectors mean nothing to others. (On a Macintosh there was but one: CFM-68K
// was only for machines without a PowerPC, see the notes in <MixedMode.h>.)
func (c *Context) find(client string, lib pef.Library, a pef.Architecture, near []Source) (*Candidate, *Error) {
	e := &Error{Number: ErrNoLibrary, Fragment: client, Library: lib.Name, What: "not found"}
	for _, s := range slices.Concat(near, c.Sources) {
		candidates, err := s.Find(lib.Name, a)
		note := s.String()
		if err != nil {
			note += fmt.Sprintf(" (%v)", err)
			e.Err = errors.Join(e.Err, err)
		}
		for i := range candidates {
			cand := &candidates[i]
			if cand.Container != nil && (cand.Usage == coderes.StubLibrary || cand.Usage == coderes.WeakStubLibrary || cand.Container.Stub()) {
				note += " (a stub library, which is for linkers)"
				continue
			}
			have, clients := cand.versions()
			switch number := CheckVersion(lib.CurrentVersion, lib.OldImpVersion, have, clients); number {
			case 0:
				return cand, nil
			case ErrTooOld:
				e.Number, e.What = number, fmt.Sprintf("too old: it is version %v, wanted is at least %v", have, lib.OldImpVersion)
				note += fmt.Sprintf(" (version %v)", have)
			default:
				e.Number, e.What = number, fmt.Sprintf("too new: version %v does only with clients built with at least %v, and this one was with %v", have, clients, lib.CurrentVersion)
				note += fmt.Sprintf(" (version %v)", have)
			}
		}
		if len(candidates) == 0 && foreign(s, lib.Name, a) {
			note += fmt.Sprintf(" (one for %v)", other(a))
			if e.Number == ErrNoLibrary {
				e.What = fmt.Sprintf("not found for %v, only for %v, and fragments import from their own processor's alone: build it for both (crossplug cc --form fat-library), or call its "+
					"routines by universal procedure pointers", a, other(a))
			}
		}
		e.Searched = append(e.Searched, note)
	}
	return nil, e
}

// other returns the other architecture.
func other(a pef.Architecture) pef.Architecture {
	if a == pef.M68K {
		return pef.PowerPC
	}
	return pef.M68K
}

// foreign says whether a source has a library for the other architecture.
func foreign(s Source, name string, a pef.Architecture) bool {
	found, _ := s.Find(name, other(a)) // what is wrong with it was said of this one's
	return slices.ContainsFunc(found, func(c Candidate) bool {
		return c.Container != nil && c.Usage != coderes.StubLibrary && c.Usage != coderes.WeakStubLibrary && !c.Container.Stub()
	})
}

// Registry is a Source of libraries by name: those that the host offers, and
// those that a program has in memory.
type Registry struct {
	Name    string // for messages: "host's libraries"
	entries map[string][]Candidate
}

// Add adds a library under a name, behind those that are there.
func (r *Registry) Add(name string, c Candidate) {
	if r.entries == nil {
		r.entries = map[string][]Candidate{}
	}
	r.entries[name] = append(r.entries[name], c)
}

// Find implements Source.
func (r *Registry) Find(name string, a pef.Architecture) ([]Candidate, error) {
	var found []Candidate
	for _, c := range r.entries[name] {
		if c.Host != nil || c.Container.Architecture == a {
			found = append(found, c)
		}
	}
	return found, nil
}

// String implements Source.
func (r *Registry) String() string { return r.Name }
