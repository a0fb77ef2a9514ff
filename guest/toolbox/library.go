package toolbox

import (
	_ "embed" // names.txt
	"encoding/binary"
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/guest/cfm"
)

//go:embed names.txt
var realNames string

// mostImports is how many different symbols may be imported.
const mostImports = 4096

// importName is a symbol of a library.
type importName struct{ library, name string }

// imported is a symbol that was imported: its gate has the same number, and so
// has its vector.
type imported struct {
	importName
	call *call // nil if there is none
	data uint32
}

// Libraries returns the names of the import libraries.
func (t *Toolbox) Libraries() []string { return slices.Clone(libraries()) }

var libraries = sync.OnceValue(func() []string {
	var names []string
	for name := range real() {
		names = append(names, name.library)
	}
	for _, e := range exported {
		names = append(names, strings.Fields(e.libraries)...)
	}
	slices.Sort(names)
	return slices.Compact(names)
})

// Library returns an import library.
func (t *Toolbox) Library(name string) cfm.HostLibrary { return library{t, name} }

// Exports returns the symbols that a library has and crossplug implements, with
// their classes.
func Exports(library string) map[string]pef.SymbolClass {
	symbols := map[string]pef.SymbolClass{}
	for _, e := range exported {
		if strings.Contains(e.libraries, " "+library+" ") {
			symbols[e.name] = pef.TVectorSymbol
		}
	}
	for name := range data {
		if name.library == library {
			symbols[name.name] = pef.DataSymbol
		}
	}
	return symbols
}

// LibraryOf returns the name of a library that has a symbol, "" if none has.
func LibraryOf(symbol string) string {
	for _, e := range exported {
		if e.name == symbol {
			return strings.Fields(e.libraries)[0]
		}
	}
	for name := range data {
		if name.name == symbol {
			return name.library
		}
	}
	return ""
}

// data are symbols that are not routines, and how many bytes they have.
var data = map[importName][]byte{
	{"StdCLib", "errno"}: make([]byte, 4),
	{"MathLib", "pi"}:    {0x40, 0x09, 0x21, 0xfb, 0x54, 0x44, 0x2d, 0x18},
}

type library struct {
	t    *Toolbox
	name string
}

// Versions implements cfm.HostLibrary. The library is newer than anybody asks
// for, and does with clients of any age.
func (l library) Versions() (current, oldImplementation, oldDefinition pef.Version) {
	return 0xffffffff, 0, 0
}

// Names implements cfm.HostLibrary.
func (l library) Names() []string {
	var names []string
	for name := range Exports(l.name) {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// lookup finds what a library's symbol is.
func lookup(n importName) (c *call, image []byte, ok bool) {
	if image, ok := data[n]; ok {
		return nil, image, true
	}
	i := sort.Search(len(exported), func(i int) bool { return exported[i].name >= n.name })
	if i < len(exported) && exported[i].name == n.name && strings.Contains(exported[i].libraries, " "+n.library+" ") {
		return &calls[exported[i].call], nil, true
	}
	return nil, nil, false
}

// real are the symbols that the real libraries had.
var real = sync.OnceValue(func() map[importName]bool {
	all := map[importName]bool{}
	library := ""
	for _, line := range strings.Split(realNames, "\n") {
		switch {
		case strings.HasPrefix(line, "["):
			library = strings.Trim(line, "[]")
		case library != "" && line != "":
			all[importName{library, line}] = true
		}
	}
	return all
})

// Export implements cfm.HostLibrary.
func (l library) Export(name string) (address uint32, class pef.SymbolClass, reason string, ok bool) {
	n := importName{l.name, name}
	c, image, implemented := lookup(n)
	switch {
	case implemented:
	case real()[n]:
		reason = "crossplug does not have it, it could not be called"
	default:
		return 0, 0, "", false
	}
	class = pef.TVectorSymbol
	if image != nil {
		class = pef.DataSymbol
	}
	address, err := l.t.vector(n, c, image)
	if err != nil {
		return 0, class, err.Error(), true
	}
	return address, class, reason, true
}

// mostVariable is how much memory a variable gets of whose size nothing is known: more
// than any of the real libraries has.
const mostVariable = 1024

// Variable implements cfm.VariableLibrary: memory that is zero, for variables that the
// real library had.
func (l library) Variable(name string) (uint32, error) {
	n := importName{l.name, name}
	if at, ok := l.t.variables[n]; ok {
		return at, nil
	}
	if len(l.t.variables) == mostImports {
		return 0, fmt.Errorf("more than %d variables of the system are imported", mostImports)
	}
	at, err := l.t.Allocate(mostVariable)
	if err == nil {
		l.t.variables[n] = at
	}
	return at, err
}

// vector returns the transition vector of a symbol, or where its data is.
func (t *Toolbox) vector(n importName, c *call, image []byte) (uint32, error) {
	i, ok := t.vectors[n]
	if !ok {
		i = len(t.imports)
		if i == mostImports {
			return 0, fmt.Errorf("more than %d symbols of the system are imported", mostImports)
		}
		im := imported{importName: n, call: c}
		if image != nil {
			at, err := t.Allocate(uint32(len(image)))
			if err != nil {
				return 0, err
			}
			if err := t.space.Store(at, image); err != nil {
				return 0, err
			}
			im.data = at
		}
		t.imports = append(t.imports, im)
		t.vectors[n] = i
		var v [8]byte
		binary.BigEndian.PutUint32(v[:], t.gate(trapGates+i))
		if err := t.space.Poke(t.vectorAt(i), v[:]); err != nil {
			return 0, err
		}
	}
	if at := t.imports[i].data; at != 0 {
		return at, nil
	}
	return t.vectorAt(i), nil
}

func (t *Toolbox) vectorAt(i int) uint32 { return t.system + trapGates*stubSize + 8*uint32(i) }

// imported serves PowerPC code that calls an import.
func (t *Toolbox) imported(i int) error {
	im := &t.imports[i]
	if im.call == nil {
		return fmt.Errorf("%s of %s, called at %s: %w", im.name, im.library, t.Where(t.processors.PPCRegisters.LR-4), ErrNotImplemented)
	}
	return t.fromPowerPC(im.call)
}

// importedBy68K serves CFM-68K code that calls an import, by its transition vector:
// what follows the vector's first word is in A1.
func (t *Toolbox) importedBy68K(i int) error {
	im, r := &t.imports[i], t.processors.M68KRegisters
	back := t.u32(r.A[7])
	switch {
	case r.A[1] != t.vectorAt(i)+4:
		return fmt.Errorf("%s of %s, called at %s by an address that is no transition vector's", im.name, im.library, t.Where(back-2))
	case im.call == nil:
		return fmt.Errorf("%s of %s, called by 68K code at %s: %w", im.name, im.library, t.Where(back-2), ErrNotImplemented)
	case im.call.engine != nil:
		if t.options.Trace != nil {
			var words [3]uint32
			for i := range words {
				words[i], _ = t.space.Load32(r.A[7] + 4 + 4*uint32(i)) // it may have fewer
			}
			t.options.Trace(im.call.name, words[:])
		}
		return im.call.engine(t)
	}
	return t.fromCFM68K(im.call, back)
}

// Where says what is at an address: "0x00012345 (Sorter: sort+0x8)".
func (t *Toolbox) Where(address uint32) string {
	if name := t.Name(address); name != "" {
		return fmt.Sprintf("0x%08x (%s)", address, name)
	}
	if b := t.heap.around(address); b != nil {
		return fmt.Sprintf("0x%08x (block of %d bytes+0x%x)", address, b.used, address-b.at)
	}
	return fmt.Sprintf("0x%08x", address)
}

// Name names what is at an address: a function of a fragment, or a place in one of its
// sections, or in a block that was named, such as a code resource. "" is nothing known.
func (t *Toolbox) Name(address uint32) string {
	if t.Process != nil {
		if p, ok := t.Process.Place(address); ok {
			return p.String()
		}
	}
	if b := t.heap.around(address); b != nil && b.what != "" {
		return fmt.Sprintf("%s+0x%x", b.what, address-max(b.at, b.from))
	}
	return ""
}
