package inspect

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"strings"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/format/pef"
)

// Piece is a part of a file that can stand for itself.
type Piece struct {
	// Name is a relative path with slashes, unlike that of any other piece of
	// the file, even where case makes no difference. Its elements are made of
	// letters, digits and "-_.,@+%~", none begins with a dot.
	Name string
	// What says what it is: "resource 'PLUG' 128".
	What string
	// Expanded says that it is a compressed resource, which Open expands.
	Expanded bool

	open func() (io.Reader, error)
}

// Open returns the contents of the piece. The File must still be open.
func (p Piece) Open() (io.Reader, error) { return p.open() }

// Pieces yields everything in the file: its forks if it is a Mac's, its
// resources, its images, the parts of fat resources, and the sections of PEF
// containers, expanded. An image that is all of a file is not a piece. The
// resources need Options.Tree.
//
//	data, resources.rsrc                      the forks
//	resources/PLUG/128-ShellSort              a resource
//	resources/PLUG/128-ShellSort.parts/…      what is in it, as in a data fork:
//	powerpc-32-classic@20.pef                 an image and where it begins, in hexadecimal
//	powerpc-32-classic@20.sections/1-data     a section of it
//	powerpc-32-classic@20.sections/1-data.packed  as it is stored
func (f *File) Pieces() iter.Seq[Piece] {
	return func(yield func(Piece) bool) {
		p := &pieces{yield: yield, taken: map[string]int{}}
		if f.Mac != nil {
			p.fork("data", "data fork", f.data)
			p.fork("resources.rsrc", "resource fork", f.fork)
		}
		for _, i := range f.Images {
			if i.Resource == "" && !(f.Mac == nil && i.container == nil && len(f.Images) == 1) {
				p.image("", i, i.Offset)
			}
		}
		for _, r := range f.Resources {
			p.resource(r)
		}
	}
}

// pieces gives pieces their names.
type pieces struct {
	yield    func(Piece) bool
	expanded bool           // what is added next
	taken    map[string]int // names, in lower case, and how often each was asked for
	stopped  bool
	opened   atomic.Int64 // bytes of sections so far; several goroutines may open pieces
}

// add yields a piece, and returns the name that it was given.
func (p *pieces) add(name, what string, open func() (io.Reader, error)) string {
	unique := name
	for p.taken[strings.ToLower(unique)] > 0 {
		p.taken[strings.ToLower(name)]++
		unique = fmt.Sprintf("%s~%d", name, p.taken[strings.ToLower(name)])
	}
	p.taken[strings.ToLower(unique)]++
	if !p.stopped {
		p.stopped = !p.yield(Piece{Name: unique, What: what, Expanded: p.expanded, open: open})
	}
	return unique
}

func (p *pieces) fork(name, what string, r *io.SectionReader) {
	if r.Size() > 0 {
		p.add(name, what, stream(r))
	}
}

// stream opens all that r reads.
func stream(r *io.SectionReader) func() (io.Reader, error) {
	return func() (io.Reader, error) { return io.NewSectionReader(r, 0, r.Size()), nil }
}

// memory opens what get returns.
func memory(get func() ([]byte, error)) func() (io.Reader, error) {
	return func() (io.Reader, error) {
		b, err := get()
		return bytes.NewReader(b), err
	}
}

func (p *pieces) resource(r *Resource) {
	name := fmt.Sprintf("resources/%s/%d", safe(r.Type.String()), r.ID)
	if r.Name != "" {
		name += "-" + safe(r.Name)
	}
	what := "resource " + label(r.Type, r.ID)
	contents := func() ([]byte, error) { return r.data, nil }
	if r.expand != nil {
		contents, p.expanded = r.expand, true
	}
	name = p.add(name, what, memory(contents))
	p.expanded = false
	for _, i := range r.images {
		if i.Offset == r.Offset && i.Size == int64(len(r.data)) && i.container == nil {
			continue // the resource is the code
		}
		p.image(name+".parts/", i, i.Offset-r.Offset)
	}
}

// suffixes are usual for the names of files of a format.
var suffixes = map[arch.Format]string{arch.FormatPEF: ".pef", arch.FormatMachO: ".macho", FormatCode: ".68k"}

func (p *pieces) image(dir string, i *Image, off int64) {
	if i.Kind == KindApplication {
		return // it is made of resources
	}
	base := dir + fmt.Sprintf("%s@%x", safe(i.Architecture), off)
	what := fmt.Sprintf("%s %s", i.Architecture, i.Format)
	name := p.add(base+suffixes[i.Format], what, stream(i.content))
	if i.container == nil {
		return
	}
	for _, s := range i.container.Sections {
		section := s.Name
		if section == "" {
			section = strings.ReplaceAll(s.Kind.String(), " ", "-")
		}
		path := fmt.Sprintf("%s.sections/%d-%s", strings.TrimSuffix(name, ".pef"), s.Index, safe(section))
		what := fmt.Sprintf("section %d of %s", s.Index, what)
		if s.Kind == pef.PackedDataSection {
			p.add(path+".packed", what+", packed", memory(s.Raw))
		}
		p.add(path, what, memory(func() ([]byte, error) {
			if p.opened.Add(int64(s.UnpackedLength)) > maxPieces {
				return nil, fmt.Errorf("with %d bytes, the sections of the file expand to more than %d", s.UnpackedLength, maxPieces)
			}
			return s.Data()
		}))
	}
}

// maxPieces is how many bytes of sections one walk through the pieces of a file
// gives out. A few bytes can expand to as many as a disk has.
const maxPieces = 1 << 28

// maxElement is the most bytes of an element of a path that come from a name.
const maxElement = 80

// safe returns a name as an element of a path: whatever could mean something to
// a system, a shell or a terminal is written %XX.
func safe(name string) string {
	var b strings.Builder
	for i, r := range name {
		_, size := utf8.DecodeRuneInString(name[i:])
		plain := r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_.,@+", r)) && !(i == 0 && r == '.')
		text := name[i : i+size]
		if !plain {
			text = fmt.Sprintf("%%%X", name[i:i+size])
			if size > 1 {
				text = strings.ReplaceAll(fmt.Sprintf("% X", name[i:i+size]), " ", "%")
				text = "%" + text
			}
		}
		if b.Len()+len(text) > maxElement {
			break
		}
		b.WriteString(text)
	}
	if b.Len() == 0 {
		return "_"
	}
	return b.String()
}
