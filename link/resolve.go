package link

import (
	"debug/elf"
	"fmt"
	"slices"
	"strings"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/pef"
)

// Input is what is linked.
type Input struct {
	Objects   []*Object
	Archives  []*Object // linked only if they define what is missing, such as the members of libgcc.a
	Libraries []Library // import libraries, of fragments only; the first that has a symbol provides it

	// Main, Init and Term name the symbols of these; "" is none. A code resource
	// is entered at Main, and has no others.
	Main, Init, Term string
	// ProcInfo says how a code resource is called, for its entry. The zero value
	// stands for C's convention.
	ProcInfo coderes.ProcInfo
	// Exports names what a fragment exports. Nil is all global symbols.
	Exports []string

	// Version is the fragment's, with the oldest that clients may have been
	// built with and the oldest library that its own clients can do with.
	Version, OldImpVersion, OldDefVersion pef.Version
}

// Library is an import library to link with.
type Library struct {
	Name       string
	Symbols    map[string]pef.SymbolClass // what it exports
	Weak       bool                       // it may be missing when the fragment is loaded
	InitBefore bool                       // it must be initialised first
	// OldImpVersion is the oldest version that will do, CurrentVersion the one
	// that is linked with.
	OldImpVersion, CurrentVersion pef.Version
}

// LibraryOf returns a container, real or a stub, as a library to link with.
func LibraryOf(name string, c *pef.Container) Library {
	l := Library{Name: name, Symbols: map[string]pef.SymbolClass{}, OldImpVersion: c.OldImpVersion, CurrentVersion: c.CurrentVersion}
	if c.Loader != nil {
		for _, e := range c.Loader.Exports {
			l.Symbols[e.Name] = e.Class
		}
	}
	return l
}

// target is what a symbol turned out to be: a place in a section, an import, or
// a number (null for a weak symbol that nobody has).
type target struct {
	section *section
	offset  uint32
	symbol  *importSymbol
}

// importSymbol is a symbol that some library is to provide.
type importSymbol struct {
	name    string
	library int
	class   pef.SymbolClass
	weak    bool
	number  int // in the fragment, once all are known
}

// Problems are all the errors of a link.
type Problems []error

func (p Problems) Error() string {
	const most = 20
	var b strings.Builder
	for i, err := range p {
		if i == most {
			fmt.Fprintf(&b, "\nand %d more", len(p)-most)
			break
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(err.Error())
	}
	return b.String()
}

// Unwrap returns the problems.
func (p Problems) Unwrap() []error { return p }

// UndefinedError is the problem of a symbol that nothing defines.
type UndefinedError struct{ Object, Symbol string }

func (e *UndefinedError) Error() string {
	return fmt.Sprintf("%s: undefined symbol %s: no object defines it and no import library has it", e.Object, e.Symbol)
}

// definition is where a global symbol is defined.
type definition struct {
	object *Object
	symbol *symbol
	common *section // room for a symbol that is in no section of its own
}

// linker is the state of one link.
type linker struct {
	in       *Input
	objects  []*Object // those that take part, in order
	globals  map[string]definition
	imports  map[string]*importSymbol
	order    []*importSymbol // in the order of first use
	problems Problems
	missing  map[string]bool // undefined symbols that have been reported
}

func (l *linker) problem(format string, args ...any) {
	l.problems = append(l.problems, fmt.Errorf(format, args...))
}

func newLinker(in *Input, machine elf.Machine) (*linker, error) {
	l := &linker{in: in, globals: map[string]definition{}, imports: map[string]*importSymbol{}, missing: map[string]bool{}}
	if len(in.Objects) == 0 {
		return nil, fmt.Errorf("nothing to link: no object files")
	}
	for _, o := range slices.Concat(in.Objects, in.Archives) {
		if o.Machine != machine {
			return nil, fmt.Errorf("%s: it is for %v; wanted is %v", o.Name, o.Machine, machine)
		}
	}
	for _, o := range in.Objects {
		l.add(o)
	}
	l.addFromArchives()
	return l, nil
}

// add lets an object take part.
func (l *linker) add(o *Object) {
	l.objects = append(l.objects, o)
	for i := range o.symbols {
		s := &o.symbols[i]
		if s.bind == elf.STB_LOCAL || !s.defined() || s.name == "" {
			continue
		}
		have, ok := l.globals[s.name]
		common := s.index == elf.SHN_COMMON
		switch {
		case !ok:
		case common && have.common != nil:
			if have.common.size >= s.size {
				continue
			}
		case common || s.bind == elf.STB_WEAK:
			continue
		case have.common != nil || have.symbol.bind == elf.STB_WEAK:
		default:
			l.problem("%s: %s is defined in %s already", o.Name, s.name, have.object.Name)
			continue
		}
		d := definition{object: o, symbol: s}
		if common {
			d.common = &section{object: o, name: "common " + s.name, flags: elf.SHF_ALLOC | elf.SHF_WRITE, align: min(max(s.value, 1), 16), size: s.size}
		}
		l.globals[s.name] = d
	}
}

// addFromArchives adds members that define what others need until nothing more
// is found.
func (l *linker) addFromArchives() {
	provides := map[string]*Object{}
	for _, o := range l.in.Archives {
		for i := range o.symbols {
			if s := &o.symbols[i]; s.bind != elf.STB_LOCAL && s.defined() && provides[s.name] == nil {
				provides[s.name] = o
			}
		}
	}
	taken := map[*Object]bool{}
	for i := 0; i < len(l.objects); i++ {
		o := l.objects[i]
		for j := range o.symbols {
			s := &o.symbols[j]
			if s.defined() || s.bind == elf.STB_WEAK || s.name == "" {
				continue
			}
			if _, ok := l.find(s.name); ok || l.library(s.name) >= 0 {
				continue
			}
			m := provides[s.name]
			if m == nil {
				m = provides[strings.TrimPrefix(s.name, ".")]
			}
			if m != nil && !taken[m] {
				taken[m] = true
				l.add(m)
			}
		}
	}
}

// find finds a definition. Code that was not compiled for the PowerOpen
// convention, such as libgcc's, has no dot before its name; it does without a
// TOC.
func (l *linker) find(name string) (definition, bool) {
	d, ok := l.globals[name]
	if !ok && strings.HasPrefix(name, ".") {
		d, ok = l.globals[name[1:]]
		ok = ok && d.symbol.section != nil && d.symbol.section.has(elf.SHF_EXECINSTR)
	}
	return d, ok
}

// library returns which library has a symbol, or -1. Code is imported by the
// name of its vector.
func (l *linker) library(name string) int {
	name = strings.TrimPrefix(name, ".")
	return slices.IndexFunc(l.in.Libraries, func(lib Library) bool { _, ok := lib.Symbols[name]; return ok })
}

// resolve finds out what a symbol of an object is.
func (l *linker) resolve(o *Object, number int) (target, bool) {
	s := &o.symbols[number]
	switch {
	case s.index == elf.SHN_ABS:
		return target{offset: s.value}, true
	case s.bind == elf.STB_LOCAL && s.section != nil:
		return target{section: s.section, offset: s.value}, true
	case s.bind == elf.STB_LOCAL && s.defined():
		l.problem("%s: symbol %q is in a part of the file that is not loaded", o.Name, s.name)
		return target{}, false
	}
	return l.resolveName(s.name, o, s.bind == elf.STB_WEAK || o.weak[strings.TrimPrefix(s.name, ".")])
}

func (l *linker) resolveName(name string, from *Object, weak bool) (target, bool) {
	if d, ok := l.find(name); ok {
		switch {
		case d.common != nil:
			return target{section: d.common}, true
		case d.symbol.index == elf.SHN_ABS:
			return target{offset: d.symbol.value}, true
		case d.symbol.section == nil:
			l.problem("%s: symbol %s is in a part of the file that is not loaded", d.object.Name, name)
			return target{}, false
		}
		return target{section: d.symbol.section, offset: d.symbol.value}, true
	}
	plain := strings.TrimPrefix(name, ".")
	if n := l.library(plain); n >= 0 {
		imp := l.imports[plain]
		if imp == nil {
			imp = &importSymbol{name: plain, library: n, class: l.in.Libraries[n].Symbols[plain], weak: true}
			l.imports[plain] = imp
			l.order = append(l.order, imp)
		}
		imp.weak = imp.weak && weak // one strong reference is enough
		return target{symbol: imp}, true
	}
	if weak {
		return target{}, true
	}
	if !l.missing[plain] {
		l.missing[plain] = true
		l.problems = append(l.problems, &UndefinedError{from.Name, plain})
	}
	return target{}, false
}

// sections returns the sections of all objects for which keep says yes, in
// order, and room for common symbols where data belongs.
func (l *linker) sections(keep func(*section) bool) []*section {
	var all []*section
	for _, o := range l.objects {
		for _, s := range o.sections {
			if s != nil && s.size > 0 && keep(s) {
				all = append(all, s)
			}
		}
	}
	return all
}

// commons returns the room for common symbols, by name.
func (l *linker) commons() []*section {
	var all []*section
	for _, d := range l.globals {
		if d.common != nil {
			all = append(all, d.common)
		}
	}
	slices.SortFunc(all, func(a, b *section) int { return strings.Compare(a.name, b.name) })
	return all
}

// MapEntry says where one section of an object has gone.
type MapEntry struct {
	Area    string // "code", "data"
	Offset  uint32
	Size    uint32
	Object  string
	Section string
	Symbols []MapSymbol // in the order of their offsets
}

// MapSymbol is a symbol in a section.
type MapSymbol struct {
	Name   string
	Offset uint32 // in the area
}

// listing makes the map of sections that have been placed.
func listing(area string, placed []*section) []MapEntry {
	var entries []MapEntry
	for _, s := range placed {
		e := MapEntry{Area: area, Offset: s.offset, Size: s.size, Object: s.object.Name, Section: s.name}
		for i := range s.object.symbols {
			sym := &s.object.symbols[i]
			if sym.section == s && sym.name != "" && sym.kind != elf.STT_SECTION && sym.kind != elf.STT_FILE && !strings.HasPrefix(sym.name, ".L") {
				e.Symbols = append(e.Symbols, MapSymbol{sym.name, s.offset + sym.value})
			}
		}
		slices.SortStableFunc(e.Symbols, func(a, b MapSymbol) int { return int(int64(a.Offset) - int64(b.Offset)) })
		entries = append(entries, e)
	}
	return entries
}

func alignUp(n, a uint32) uint32 { return (n + a - 1) &^ (a - 1) }
