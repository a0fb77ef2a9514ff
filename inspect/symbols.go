package inspect

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/guest/isa/ppc"
	"github.com/crossplug/crossplug/inspect/demangle"
)

// place is a place in a section of a container.
type place struct {
	section int
	offset  uint32
}

func (p place) String() string { return fmt.Sprintf("section %d + %#x", p.section, p.offset) }

// symbols is what is known of the places in a container: the contents of its
// sections, what relocation adds to their words, and what is where.
//
// Where a transition vector is, a name is that of the vector; the code that it
// points to has the name with a dot before it, as traceback tables have it. The
// second word of a vector is what r2 (A5 in 68K code) holds while its code
// runs: data is reached by displacements from there, and so has names.
type symbols struct {
	container  *pef.Container
	sections   [][]byte // contents, expanded; nil of what could not be read
	fixups     map[place]pef.Target
	names      map[place]string
	texts      map[place]bool          // in code, that something points to
	tracebacks map[int][]pef.Traceback // of a section
	base       *place                  // that the vectors agree on, nil if there are none
}

// newSymbols reads the sections of a container. It follows at most so many steps
// of relocation, which it takes from those left.
func newSymbols(c *pef.Container, left *int) *symbols {
	s := &symbols{container: c, fixups: map[place]pef.Target{}, names: map[place]string{}, texts: map[place]bool{}, tracebacks: map[int][]pef.Traceback{}}
	for _, section := range c.Sections {
		var data []byte
		if section.Index < c.Instantiated {
			data, _ = section.Data() // what is wrong has been said, or there is nothing to list
		}
		s.sections = append(s.sections, data)
	}
	loader := c.Loader
	if loader == nil {
		loader = &pef.Loader{}
	}
	s.relocate(loader, left)
	for _, e := range loader.Exports {
		if e.Section >= 0 {
			s.add(place{e.Section, e.Value}, e.Name, e.Class == pef.TVectorSymbol)
		}
	}
	for _, e := range []struct {
		name string
		at   *pef.Entry
	}{{"main", loader.Main}, {"init", loader.Init}, {"term", loader.Term}} {
		if e.at != nil {
			s.add(place{e.at.Section, e.at.Offset}, e.name, true)
		}
	}
	for i, section := range c.Sections {
		if isCode(section) {
			s.fromCode(i)
		}
	}
	for at := range s.fixups {
		if to, ok := s.pointer(at); ok && isCode(c.Sections[to.section]) && s.quote(to) != "" {
			s.texts[to] = true
		}
	}
	for i, section := range c.Sections {
		if !isCode(section) {
			continue
		}
		calls := calls68K(s.sections[i], 0)
		if c.Architecture == pef.PowerPC {
			calls = callsPowerPC(s.sections[i])
		}
		for to := range calls {
			if at := (place{i, uint32(to)}); s.names[at] == "" && !s.texts[at] {
				s.names[at] = routineName(to)
			}
		}
	}
	return s
}

// pointee says what the word at a place points to: its name, and what else there
// is to say.
func (s *symbols) pointee(at place) (name, comment string) {
	if t := s.fixups[at]; t.Import {
		name = s.container.Loader.Imports[t.Index].Name
		return name, "import " + demangledToo(name)
	}
	to, ok := s.pointer(at)
	if !ok {
		return "", "section " + strconv.Itoa(int(s.fixups[at].Index))
	}
	if s.base != nil && to == *s.base && s.names[to] == "" {
		return baseNames[s.container.Architecture], ""
	}
	if name = s.names[to]; name != "" && demangle.Classic(name) == name && s.quote(to) == "" {
		return name, ""
	}
	return name, "→ " + s.describe(to)
}

// baseNames are what the second word of a transition vector points to.
var baseNames = map[pef.Architecture]string{pef.PowerPC: "TOC", pef.M68K: "A5"}

// demangledToo is a name, and what it means if it is mangled.
func demangledToo(name string) string {
	if plain := mangled(name); plain != "" {
		return name + " " + plain
	}
	return name
}

// isCode says whether a section holds code.
func isCode(s *pef.Section) bool { return s.Kind == pef.CodeSection || s.Kind == pef.ExecDataSection }

// relocate notes what is added to which word.
func (s *symbols) relocate(l *pef.Loader, left *int) {
	for i, r := range l.Relocations {
		for f, err := range s.container.Fixups(i) {
			if *left--; *left < 0 {
				return
			}
			at := place{r.Section, f.Offset}
			if _, twice := s.fixups[at]; err == nil && !twice {
				s.fixups[at] = f.Target
			}
		}
	}
}

// add names a place, and the code that a transition vector there points to.
func (s *symbols) add(at place, name string, vector bool) {
	if s.names[at] == "" {
		s.names[at] = name
	}
	if !vector {
		return
	}
	if code, ok := s.pointer(at); ok && s.names[code] == "" {
		s.names[code] = "." + name
	}
	if base, ok := s.pointer(place{at.section, at.offset + 4}); ok && s.base == nil {
		s.base = &base
	}
}

// word returns the word at a place before relocation.
func (s *symbols) word(at place) (uint32, bool) {
	if at.section < 0 || at.section >= len(s.sections) || uint64(at.offset)+4 > uint64(len(s.sections[at.section])) {
		return 0, false
	}
	return binary.BigEndian.Uint32(s.sections[at.section][at.offset:]), true
}

// pointer returns the place in a section that the word at a place points to.
func (s *symbols) pointer(at place) (place, bool) {
	v, ok := s.word(at)
	target, fixed := s.fixups[at]
	if !ok || !fixed || target.Import {
		return place{}, false
	}
	section := int(target.Index)
	return place{section, v - s.container.Sections[section].DefaultAddress}, true
}

// fromCode finds names in code: those of traceback tables, and of glue that calls
// imports.
func (s *symbols) fromCode(section int) {
	code := s.sections[section]
	if s.container.Architecture == pef.M68K {
		s.glue68K(section, code)
		return
	}
	for t := range pef.Tracebacks(code) {
		s.tracebacks[section] = append(s.tracebacks[section], t)
		at := place{section, uint32(t.Start)}
		if t.Name != "" && s.names[at] == "" {
			s.names[at] = t.Name
		}
	}
	// Glue: lwz r12,d(r2); stw r2,20(r1); lwz r0,0(r12); lwz r2,4(r12); mtctr r0; bctr
	rest := []uint32{0x90410014, 0x800c0000, 0x804c0004, 0x7c0903a6, 0x4e800420}
	for off := 0; off+4*(1+len(rest)) <= len(code); off += 4 {
		w := binary.BigEndian.Uint32(code[off:])
		if w>>16 != 0x8182 {
			continue
		}
		matches := true
		for i, r := range rest {
			matches = matches && binary.BigEndian.Uint32(code[off+4+4*i:]) == r
		}
		inst, _ := ppc.Decode(w)
		if name := s.imported(inst.SIMM()); matches && name != "" {
			at := place{section, uint32(off)}
			if s.names[at] == "" {
				s.names[at] = "." + name
			}
		}
	}
}

// glue68K finds glue: movea.l d(a5),a1; movea.l (a1)+,a0; jmp (a0).
func (s *symbols) glue68K(section int, code []byte) {
	be := binary.BigEndian
	for off := 0; off+8 <= len(code); off += 2 {
		if be.Uint16(code[off:]) != 0x226d || be.Uint32(code[off+4:]) != 0x20594ed0 {
			continue
		}
		at := place{section, uint32(off)}
		if name := s.imported(int32(int16(be.Uint16(code[off+2:])))); name != "" && s.names[at] == "" {
			s.names[at] = "." + name
		}
	}
}

// imported returns the name of the import whose address lies at a displacement
// from the base, "" if it is no import's.
func (s *symbols) imported(disp int32) string {
	if s.base == nil {
		return ""
	}
	target, ok := s.fixups[place{s.base.section, s.base.offset + uint32(disp)}]
	if !ok || !target.Import {
		return ""
	}
	return s.container.Loader.Imports[target.Index].Name
}

// global says what lies at a displacement from the base: its name, or what
// points to it, and what else there is to say.
func (s *symbols) global(disp int32) (name, comment string) {
	if s.base == nil {
		return "", ""
	}
	at := place{s.base.section, s.base.offset + uint32(disp)}
	if name := s.imported(disp); name != "" {
		return name, "import " + demangledToo(name)
	}
	if name := s.names[at]; name != "" {
		return name, s.describe(at)
	}
	to, ok := s.pointer(at)
	if !ok {
		return "", s.describe(at)
	}
	return s.names[to], "→ " + s.describe(to)
}

// longestQuote is how many characters of a text a comment quotes.
const longestQuote = 40

// describe says what is at a place, and if it is a pointer, to what text.
func (s *symbols) describe(at place) string {
	text := at.String()
	if name := s.names[at]; name != "" {
		text = demangledToo(name)
	}
	if quote := s.quote(at); quote != "" {
		return text + " " + quote
	}
	if to, ok := s.pointer(at); ok {
		if quote := s.quote(to); quote != "" {
			return text + " → " + quote
		}
	}
	return text
}

// quote quotes the text at a place, if there is one. Constants are in code, too;
// but what has a name there is code.
func (s *symbols) quote(at place) string {
	if at.section >= len(s.sections) || uint64(at.offset) >= uint64(len(s.sections[at.section])) || isCode(s.container.Sections[at.section]) && s.names[at] != "" {
		return ""
	}
	return quote(s.sections[at.section][at.offset:])
}

// quote returns the C or Pascal string that data begins with, "" if it does not
// begin with one.
func quote(data []byte) string {
	text, size := text(data)
	switch {
	case size == 0:
		return ""
	case len(text) > longestQuote:
		return fmt.Sprintf("%q…", text[:longestQuote])
	}
	return fmt.Sprintf("%q", text)
}

// find returns the code with a name, which may be without its dot or demangled.
func (s *symbols) find(name string) []place {
	var found []place
	for at, n := range s.names {
		if !isCode(s.container.Sections[at.section]) {
			continue
		}
		n, _ := strings.CutPrefix(n, ".")
		wanted, _ := strings.CutPrefix(name, ".")
		if n == wanted || demangle.Classic(n) == wanted {
			found = append(found, at)
		}
	}
	// A vector may have several names, of which its code has one.
	for at, n := range s.names {
		if n != name && demangle.Classic(n) != name {
			continue
		}
		if code, ok := s.pointer(at); ok && isCode(s.container.Sections[code.section]) {
			found = append(found, code)
		}
	}
	if l := s.container.Loader; l != nil {
		for _, e := range l.Exports {
			if code, ok := s.pointer(place{e.Section, e.Value}); ok && e.Class == pef.TVectorSymbol && (e.Name == name || demangle.Classic(e.Name) == name) {
				found = append(found, code)
			}
		}
		for i, e := range []*pef.Entry{l.Main, l.Init, l.Term} {
			if e == nil || name != []string{"main", "init", "term"}[i] {
				continue
			}
			if code, ok := s.pointer(place{e.Section, e.Offset}); ok {
				found = append(found, code)
			}
		}
	}
	slices.SortFunc(found, func(a, b place) int {
		if a.section != b.section {
			return a.section - b.section
		}
		return int(int64(a.offset) - int64(b.offset))
	})
	return slices.Compact(found)
}

// end returns where the code that begins at a place ends: where its traceback
// table or the next of the names is, which are in order, or the section ends.
func (s *symbols) end(at place, names []uint32) uint32 {
	end := uint32(len(s.sections[at.section]))
	if next, _ := slices.BinarySearch(names, at.offset+1); next < len(names) {
		end = min(end, names[next])
	}
	tracebacks := s.tracebacks[at.section]
	n, _ := slices.BinarySearchFunc(tracebacks, int(at.offset)+1, func(t pef.Traceback, off int) int { return t.End - off })
	switch {
	case n == len(tracebacks) || tracebacks[n].Start > int(at.offset):
		return end
	case tracebacks[n].Start >= 0:
		return uint32(tracebacks[n].End) // whatever names there are within
	}
	return min(end, uint32(tracebacks[n].End))
}
