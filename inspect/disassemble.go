package inspect

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/guest/isa/m68k"
	"github.com/crossplug/crossplug/guest/isa/ppc"
)

// Listing is a stretch of code, to be listed.
type Listing struct {
	Title string // where it is: "section 0 code", "'SORT' 131"
	ISA   string // "PowerPC", "68K" or "data"

	code       []byte // the whole section or resource
	start, end int    // of the stretch in it
	header     int    // bytes at the start of 68K code that are a branch and data
	segment    int    // bytes at the start of a CFM-68K fragment's code that are data
	labels     map[uint32]string
	global     func(disp int32) (name, comment string) // from r2 or A5; may be nil
	tracebacks []pef.Traceback
	texts      map[uint32]bool // where one begins in code

	// Of data:
	total    uint32   // length in memory
	pointers []uint32 // in order
	pointer  func(at uint32) (name, comment string)
}

// Line is an instruction, or data between instructions.
type Line struct {
	Offset    uint32 `json:"offset"`              // in the section or resource
	Label     string `json:"label,omitempty"`     // of what begins here
	Demangled string `json:"demangled,omitempty"` // the label, if it is a mangled C++ name
	Code      string `json:"code"`                // the bytes in hexadecimal
	Text      string `json:"text"`
	Comment   string `json:"comment,omitempty"` // what an operand is
}

// Disassemble returns the code of an image that is called what: by the name of
// a symbol, plain or demangled, exported or of a traceback table, or "main",
// "init" or "term"; or the number or name of a section; or, with "all", all
// there is. It returns none if there is no such thing, or the image is neither
// a PEF container nor 68K code. An application, whose segments are resources,
// needs Options.Tree.
func (i *Image) Disassemble(what string) []*Listing {
	left := maxSteps
	return i.disassemble(what, &left)
}

func (i *Image) disassemble(what string, left *int) []*Listing {
	switch {
	case i.container != nil:
		return i.disassemblePEF(what, left)
	case i.Kind == KindApplication:
		return i.disassembleSegments(what)
	case i.Format == FormatCode && (what == "all" || what == "0" || what == "main" || what == i.Name):
		return i.disassembleResource()
	}
	return nil
}

// Disassemble yields what Image.Disassemble returns for all images.
func (f *File) Disassemble(what string) iter.Seq[*Listing] {
	return func(yield func(*Listing) bool) {
		left := maxSteps
		for _, i := range f.Images {
			for _, l := range i.disassemble(what, &left) {
				if !yield(l) {
					return
				}
			}
		}
	}
}

// title says where a listing is.
func (i *Image) title(within string) string {
	title := within
	if i.Resource != "" {
		title = i.Resource
		if within != "" {
			title += ", " + within
		}
	}
	if i.container != nil && len(i.file.Images) > 1 {
		title += fmt.Sprintf(" of the %s container at %#x", i.container.Architecture, i.Offset)
	}
	return title
}

// isas are the instruction sets of containers.
var isas = map[pef.Architecture]string{pef.PowerPC: coderes.PowerPC.String(), pef.M68K: coderes.M68K.String()}

func (i *Image) disassemblePEF(what string, left *int) []*Listing {
	s := newSymbols(i.container, left)
	labels, texts, fixups := bySection(s.names), bySection(s.texts), bySection(s.fixups)
	listing := func(section int, start, end uint32) *Listing {
		of := i.container.Sections[section]
		l := &Listing{Title: i.title(fmt.Sprintf("section %d %s", section, of.Kind)), code: s.sections[section], start: int(start), end: int(end),
			labels: labels[section], texts: texts[section]}
		if isCode(of) {
			l.ISA, l.global, l.tracebacks = isas[i.container.Architecture], s.global, s.tracebacks[section]
			l.segment = segmentHeader(i.container.Architecture, l.code)
		} else {
			l.ISA, l.total, l.pointers = isaData, of.TotalLength, slices.Sorted(maps.Keys(fixups[section]))
			l.pointer = func(at uint32) (string, string) { return s.pointee(place{section, at}) }
		}
		return l
	}
	var all []*Listing
	number, err := strconv.Atoi(what)
	for n, section := range i.container.Sections {
		if len(s.sections[n]) == 0 {
			continue
		}
		if what == "all" && isCode(section) || err == nil && number == n || what != "" && what == section.Name || what == section.Kind.String() {
			all = append(all, listing(n, 0, uint32(len(s.sections[n]))))
		}
	}
	if all != nil {
		return all
	}
	names := map[int][]uint32{} // that begin in a section
	for _, at := range s.find(what) {
		if names[at.section] == nil {
			names[at.section] = slices.Sorted(maps.Keys(labels[at.section]))
		}
		if uint64(at.offset) < uint64(len(s.sections[at.section])) {
			all = append(all, listing(at.section, at.offset, s.end(at, names[at.section])))
		}
	}
	return all
}

// segmentHeader returns how many bytes of a fragment's code are the header of a
// segment.
func segmentHeader(a pef.Architecture, code []byte) int {
	const (
		version = 0xfffd
		size    = 0x30
	)
	if a != pef.M68K || len(code) < size || binary.BigEndian.Uint16(code) != version {
		return 0
	}
	return size
}

// bySection sorts what is at places by their sections, and there by offsets.
func bySection[T any](all map[place]T) map[int]map[uint32]T {
	sections := map[int]map[uint32]T{}
	for at, v := range all {
		if sections[at.section] == nil {
			sections[at.section] = map[uint32]T{}
		}
		sections[at.section][at.offset] = v
	}
	return sections
}

// bytes reads the contents of the image.
func (i *Image) bytes() []byte {
	b := make([]byte, i.Size) // of a resource that is in memory, too
	if _, err := i.content.ReadAt(b, 0); err != nil {
		return nil
	}
	return b
}

func (i *Image) disassembleResource() []*Listing {
	l := &Listing{Title: i.title(""), ISA: coderes.M68K.String(), code: i.bytes(), labels: map[uint32]string{0: "main"}}
	l.end = len(l.code)
	if i.Entry != nil {
		l.header = int(*i.Entry)
	}
	l.nameCalls(l.header)
	return []*Listing{l}
}

// Disassemble lists the data of the resource as 68K code, be it what it may. A
// compressed one has no listing, nor an empty one.
func (r *Resource) Disassemble() *Listing {
	if r.Compressed != nil || len(r.data) == 0 {
		return nil
	}
	l := &Listing{Title: label(r.Type, r.ID), ISA: coderes.M68K.String(), code: r.data, end: len(r.data), labels: map[uint32]string{0: "main"}}
	l.nameCalls(0)
	return l
}

// nameCalls names the routines that 68K code from start on calls.
func (l *Listing) nameCalls(start int) {
	for to := range calls68K(l.code, start) {
		if l.labels == nil {
			l.labels = map[uint32]string{}
		}
		if l.labels[uint32(to)] == "" {
			l.labels[uint32(to)] = routineName(to)
		}
	}
}

// disassembleSegments lists the segments of a 68K application. What "section"
// is there is the number of a segment.
func (i *Image) disassembleSegments(what string) []*Listing {
	labels := map[int16]map[uint32]string{}
	globals := map[int32]string{}
	for _, r := range i.file.Resources {
		if r.JumpTable == nil {
			continue
		}
		for _, e := range r.JumpTable.Entries {
			name := fmt.Sprintf("entry%d", e.Index)
			if labels[e.Segment] == nil {
				labels[e.Segment] = map[uint32]string{}
			}
			offset := e.Offset
			if !e.Far {
				offset += nearSegmentHeader
			}
			labels[e.Segment][offset] = name
			globals[int32(r.JumpTable.Offset)+8*int32(e.Index)+2] = name // where calls go: past the entry's first word
		}
	}
	var all []*Listing
	for _, r := range i.file.Resources {
		if r.Segment == nil || r.Segment.Model == coderes.FarCFM.String() {
			continue
		}
		if what == "all" || what == strconv.Itoa(int(r.ID)) || r.Name != "" && what == r.Name {
			global := func(disp int32) (string, string) { return globals[disp], "" }
			l := &Listing{Title: label(r.Type, r.ID), ISA: coderes.M68K.String(), code: r.data, start: min(r.Segment.CodeOffset, len(r.data)), end: len(r.data),
				labels: labels[r.ID], global: global}
			l.nameCalls(l.start)
			all = append(all, l)
		}
	}
	return all
}

// nearSegmentHeader is what offsets in a near segment do not count.
const nearSegmentHeader = 4

// Lines yields the listing.
func (l *Listing) Lines() iter.Seq[Line] {
	switch l.ISA {
	case coderes.PowerPC.String():
		return l.powerPC
	case isaData:
		return l.data
	}
	return l.m68k
}

// beforeText returns end, or where a text begins between a place and it.
func (l *Listing) beforeText(at, end int) int {
	for n := at + 1; n < end; n++ {
		if l.texts[uint32(n)] {
			return n
		}
	}
	return end
}

// textAt returns where the text in code ends that begins at a place, 0 if none
// does. The next label ends it, too.
func (l *Listing) textAt(at int) (end int, line string) {
	if !l.texts[uint32(at)] {
		return 0, ""
	}
	for end = at + 1; end < min(l.end, at+longText) && l.labels[uint32(end)] == "" && !l.texts[uint32(end)]; end++ {
	}
	text, n := text(l.code[at:end])
	if n == 0 {
		return 0, ""
	}
	return at + n, textData(l.code[at:at+n], text)
}

// line makes a line of the bytes up to end.
func (l *Listing) line(at, end int, text, comment string) Line {
	name := l.labels[uint32(at)]
	return Line{Offset: uint32(at), Label: name, Demangled: mangled(name), Code: hex.EncodeToString(l.code[at:end]), Text: text, Comment: comment}
}

func (l *Listing) name(addr uint32) string { return l.labels[addr] }

func (l *Listing) powerPC(yield func(Line) bool) {
	var comment string
	names := ppc.Names{Address: l.name, TOC: func(disp int32) (name string) {
		if l.global == nil {
			return ""
		}
		name, comment = l.global(disp)
		return name
	}}
	tracebacks := l.tracebacks
	for at := l.start; at < l.end; {
		for len(tracebacks) > 0 && tracebacks[0].End < at {
			tracebacks = tracebacks[1:]
		}
		if len(tracebacks) > 0 && tracebacks[0].End == at {
			t := tracebacks[0]
			end := min((t.Table+t.Size+3)&^3, l.end)
			if !yield(l.line(at, end, "traceback table", t.String())) {
				return
			}
			at = end
			continue
		}
		if end, text := l.textAt(at); end > 0 {
			if !yield(l.line(at, end, text, "")) {
				return
			}
			at = end
			continue
		}
		whole := min(at&^3+4, l.end)
		if whole = l.beforeText(at, whole); whole-at < 4 { // beside a text, or at the end
			if !yield(l.line(at, whole, words(l.code[at:whole], at), "")) {
				return
			}
			at = whole
			continue
		}
		comment = ""
		inst, _ := ppc.Decode(binary.BigEndian.Uint32(l.code[at:]))
		text := inst.Text(uint32(at), ppc.Motorola, names)
		if !yield(l.line(at, at+4, text, comment)) {
			return
		}
		at += 4
	}
}

func (l *Listing) m68k(yield func(Line) bool) {
	var comment string
	names := m68k.Names{Address: l.name, Global: func(disp int32) (name string) {
		if l.global == nil {
			return ""
		}
		name, comment = l.global(disp)
		return name
	}}
	for at := l.start; at < l.end; {
		comment = ""
		if at < l.segment {
			end := min(at+dataRow, l.segment, l.end)
			if !yield(l.line(at, end, "data", "segment header")) {
				return
			}
			at = end
			continue
		}
		if end, text := l.textAt(at); end > 0 {
			if !yield(l.line(at, end, text, "")) {
				return
			}
			at = end
			continue
		}
		inst, err := m68k.Decode(l.code[at:l.end], uint32(at), m68k.M68040)
		end := at + int(inst.Len)
		var text string
		switch {
		case err == nil && at%2 == 0 && l.beforeText(at, end) == end:
			text = inst.Text(m68k.Motorola, names)
		case at%2 == 0 && l.end-at >= 2 && l.beforeText(at, at+2) == at+2: // no instruction, or a part of one
			end = at + 2
			text = fmt.Sprintf("DC.W $%X", binary.BigEndian.Uint16(l.code[at:]))
		default:
			end = at + 1
			text = words(l.code[at:end], at)
		}
		if !yield(l.line(at, end, text, comment)) {
			return
		}
		if at == l.start && l.start == 0 && l.header > end { // the branch over the header
			for at = end; at < l.header; at = end {
				end = min(at+dataRow, l.header)
				if !yield(l.line(at, end, "data", "header")) {
					return
				}
			}
		}
		at = end
	}
}
