// Package inspect finds all that is code in a file, and what surrounds it: the
// images of a program or library, and in files of the classic Mac OS, whatever
// wraps them, both forks, their resources, and in those the fragments, 68K code
// and routine descriptors.
//
//	f, err := inspect.Open("Plug-in.bin", inspect.Options{Tree: true})
//	defer f.Close()
//	for _, img := range f.Images {
//		img.Architecture, img.Resource, img.PEF // …
//	}
//
// A File is plain data, to be looked at or written as JSON; what its fields mean
// in JSON is in docs/inspect.md. Further, Pieces yields the contents of all
// parts of the file, each with a name that is safe to give to a file, and
// Disassemble lists code. Nothing is executed.
//
// What is damaged is described in File.Problems, and what can be read is there
// all the same.
package inspect

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/fault"
	"github.com/crossplug/crossplug/format/macfile"
	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/format/resource"
	"github.com/crossplug/crossplug/inspect/demangle"
)

// Options say how much to find out.
type Options struct {
	Symbols     bool // names of exported symbols
	Tree        bool // resources, and what is in PEF containers
	Relocations bool // what relocation does, step by step; with Tree
	Hash        bool // export hash tables; with Tree
	Strings     bool // loader string tables, and texts in data; with Tree
	// Alone says that Open need not look for companions of the file, because
	// macfile.Alone says so of its directory.
	Alone bool
	// Contents, if not nil, chooses resources whose Data is wanted; with Tree.
	Contents func(t resource.OSType, id int16) bool
	// Expand, if not nil, expands the compressed resources that Pieces yields, which
	// runs code of the file's; own is its resource fork. Package hosts/dcmp does that.
	Expand func(own *resource.Fork, r *resource.Resource) ([]byte, error)
}

// maxProblems is how many problems are kept; a hostile file has any number.
const maxProblems = 1000

// Open looks into the regular file at path, and into those beside it that hold
// what it lost, such as its resource fork: see macfile.Open. It never waits.
//
// The caller must close the File. A file that does not exist is a
// fault.ErrNotFound; one with neither code nor resources an
// *arch.NotImageError. Errors and problems begin with the path.
func Open(path string, o Options) (*File, error) {
	native, err := arch.Open(path)
	var nothing *arch.NotImageError
	if native != nil && native.Images[0].Format != arch.FormatPEF && (o.Alone || !hasFork(path)) {
		return fromNative(path, native, o)
	}
	if native != nil {
		if err := native.Close(); err != nil {
			return nil, err
		}
	} else if !errors.As(err, &nothing) && !errors.Is(err, fault.ErrBadImage) {
		return nil, err
	}
	m, macErr := openMac(path, o.Alone)
	switch {
	case macErr == nil:
	case err != nil && errors.Is(macErr, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: %w", path, fault.ErrNotFound)
	case errors.Is(macErr, fault.ErrBadImage):
		return nil, macErr // a wrapping of which nothing can be read
	case err != nil: // no regular file, or not to be read
		return nil, err
	default:
		return nil, fmt.Errorf("%s: %w", path, macErr)
	}
	f := &File{Path: path, Images: []*Image{}, options: o, closer: m}
	if len(m.Paths) > 0 {
		f.Path = m.Paths[0]
	}
	if err := f.read(m); err != nil {
		m.Close()
		return nil, fmt.Errorf("%s: %w", f.Path, err)
	}
	return f, nil
}

// hasFork says whether a companion has a resource fork for the file.
func hasFork(path string) bool {
	m, err := macfile.Open(path)
	if err != nil {
		return false
	}
	defer m.Close()
	return m.Resource.Size() > 0 && m.Data.Size() > 0
}

// openMac opens a file that may be a Mac's.
func openMac(path string, alone bool) (*macfile.File, error) {
	if !alone {
		return macfile.Open(path)
	}
	return macfile.OpenAlone(path)
}

// New looks into the size bytes of r, which must stay readable as long as the
// File is used. The name is only for problems to begin with.
func New(name string, r io.ReaderAt, size int64, o Options) (*File, error) {
	m, err := macfile.New(r, size)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	f := &File{Path: name, Images: []*Image{}, options: o}
	if err := f.read(m); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return f, nil
}

// Close closes the file.
func (f *File) Close() error {
	if f.closer == nil {
		return nil
	}
	return f.closer.Close()
}

// problem notes what is wrong somewhere in the file.
func (f *File) problem(where string, err error) {
	if err == nil || len(f.Problems) > maxProblems {
		return
	}
	text := f.Path + ": "
	if where != "" {
		text += where + ": "
	}
	if len(f.Problems) == maxProblems {
		f.Problems = append(f.Problems, f.Path+": further problems are not listed")
		return
	}
	f.Problems = append(f.Problems, text+err.Error())
}

// fromNative makes a File of one that has nothing to do with the classic Mac OS.
func fromNative(path string, native *arch.File, o Options) (*File, error) {
	f := &File{Path: path, Images: []*Image{}, options: o, closer: native}
	if native.Damage != nil {
		f.Problems = append(f.Problems, native.Damage.Error())
	}
	for _, img := range native.Images {
		i := f.newImage(img, native, "")
		d, err := native.Details(img)
		if err != nil {
			f.Problems = append(f.Problems, err.Error())
			d = &arch.Details{}
		}
		i.describe(d, demangle.Itanium)
	}
	return f, nil
}

// read looks into both forks. The error is that there is nothing in them.
func (f *File) read(m *macfile.File) error {
	f.data, f.fork = m.Data, m.Resource
	f.mac(m)
	where := ""
	if f.Mac != nil {
		where = DataFork
	}
	nothing, err := f.readData(where)
	if err != nil && f.Mac == nil {
		return err
	}
	if err != nil {
		f.problem(f.dataFork(), err)
	}
	fork, err := f.readFork()
	if err != nil {
		var format *resource.FormatError
		if f.data.Size() == 0 && len(m.Wrappings) <= 1 && errors.As(err, &format) {
			return err // there is nothing else
		}
		f.problem("resource fork", err)
	}
	f.nameFragments(fork)
	if nothing != nil && f.Mac == nil {
		return nothing
	}
	return nil
}

// mac describes the file if it is a Mac's.
func (f *File) mac(m *macfile.File) {
	archive := ""
	if !startsPEF(m.Data) {
		archive = macfile.Archive(m.Data, m.Data.Size())
	}
	if len(m.Wrappings) == 0 && m.Resource.Size() == 0 && archive == "" {
		return
	}
	f.Mac = &Mac{DataSize: m.Data.Size(), ResourceSize: m.Resource.Size(), Comment: m.Comment, Archive: archive}
	if len(m.Paths) > 1 {
		f.Mac.Companions = m.Paths[1:]
	}
	if len(m.Wrappings) > 0 {
		f.Mac.Name = m.Name
	}
	for _, w := range m.Wrappings {
		f.Mac.Wrappings = append(f.Mac.Wrappings, w.String())
	}
	if m.Finder.Type != 0 {
		f.Mac.Type = m.Finder.Type.String()
	}
	if m.Finder.Creator != 0 {
		f.Mac.Creator = m.Finder.Creator.String()
	}
	if m.Finder.Flags != 0 {
		f.Mac.Flags = m.Finder.Flags.String()
	}
	if !m.Created.IsZero() {
		f.Mac.Created = &m.Created
	}
	if !m.Modified.IsZero() {
		f.Mac.Modified = &m.Modified
	}
	for _, p := range m.Problems {
		f.problem("", p)
	}
}

// readData looks for images in the data fork. A fork without any is described
// by nothing, one of which none can be read by the error.
func (f *File) readData(where string) (nothing *arch.NotImageError, err error) {
	if f.data.Size() == 0 && f.Mac != nil {
		return nil, nil
	}
	images, err := arch.Images(f.data, f.data.Size())
	if errors.As(err, &nothing) {
		return nothing, nil
	}
	if startsPEF(f.data) {
		return nil, f.readContainers(where) // package pef gets past more than package arch
	}
	if len(images) == 0 && err != nil {
		return nil, err
	}
	f.problem(f.dataFork(), err)
	for _, img := range images {
		i := f.newImage(img, f.data, where)
		d, err := arch.ReadDetails(f.data, img)
		if err != nil {
			f.problem(f.dataFork(), err)
			d = &arch.Details{}
		}
		i.describe(d, demangle.Itanium)
	}
	return nil, nil
}

// dataFork is what problems of the data fork begin with: nothing if the file has
// no other.
func (f *File) dataFork() string {
	if f.Mac == nil {
		return ""
	}
	return "data fork"
}

// startsPEF says whether a PEF container begins the fork.
func startsPEF(r io.ReaderAt) bool {
	var head [8]byte
	n, _ := r.ReadAt(head[:], 0)
	return string(head[:n]) == "Joy!peff"
}

// readContainers reads the PEF containers of the data fork.
func (f *File) readContainers(where string) error {
	before := len(f.Problems)
	sink := f.sink(f.dataFork())
	file, err := pef.NewFile(f.data, f.data.Size(), sink.options())
	if err != nil {
		f.Problems = f.Problems[:before]
		return cmp.Or(sink.first, err) // what made it unreadable comes first
	}
	for _, c := range file.Containers {
		f.newImage(pefImage(c), f.data, where).readPEF(c)
	}
	sink.close()
	return nil
}

// sink receives the problems of a PEF container while it is read. Later,
// whoever reads sections again is not told anew.
type sink struct {
	file   *File
	where  string
	first  error
	closed bool
}

func (f *File) sink(where string) *sink { return &sink{file: f, where: where} }

func (s *sink) options() pef.Options {
	return pef.Options{Tolerate: func(problem error) {
		if !s.closed {
			s.first = cmp.Or(s.first, problem)
			s.file.problem(s.where, problem)
		}
	}}
}

func (s *sink) close() { s.closed = true }
