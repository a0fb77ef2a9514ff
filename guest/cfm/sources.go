package cfm

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/macfile"
	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/format/resource"
)

// What a file or folder may have, more of which nobody had.
const (
	mostFork  = 64 << 20 // bytes
	mostFiles = 4096
)

const cfrgType resource.OSType = 0x63667267 // 'cfrg'

// FileSource is a Source of the libraries in one file: those that its 'cfrg'
// resource describes, in its data fork or in resources. Without a 'cfrg', the
// containers of its data fork are libraries under the file's own name, as that of
// a file that has lost its resources on the way.
type FileSource struct {
	path    string
	members []member
}

// member is a library of a file.
type member struct {
	name string
	Candidate
}

// NewFileSource reads what a file has. path is for messages and locators. A file
// without libraries is none that is damaged: the source is empty.
func NewFileSource(path string, f *macfile.File) (*FileSource, error) {
	s := &FileSource{path: path}
	data, err := forkBytes(path, "data", f.Data)
	if err != nil {
		return nil, err
	}
	fork := &resource.Fork{}
	if f.Resource.Size() > 0 {
		if fork, err = resource.Read(f.Resource, f.Resource.Size()); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	r := fork.Get(cfrgType, 0)
	if r == nil {
		return s, s.undescribed(f.Name, data)
	}
	cfrg, err := coderes.DecodeCFrag(r.Data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for _, m := range cfrg.Members {
		c := member{name: m.Name, Candidate: Candidate{Usage: m.Usage}}
		image := data
		switch m.Where {
		case coderes.InDataFork:
			image, err = part(data, m.Offset, m.Length)
			c.Locator = Locator{Where: coderes.InDataFork, File: path, Offset: m.Offset, Length: uint32(len(image))}
		case coderes.InResource:
			kind, id, _ := m.Resource()
			res := fork.Get(kind, id)
			if res == nil {
				err = fmt.Errorf("resource %v %d is missing", kind, id)
				break
			}
			image = res.Data
			c.Locator = Locator{Where: coderes.InResource, File: path, Type: kind, ID: id}
		default:
			continue // at an address, which was one Mac's
		}
		if err == nil {
			c.Container, err = pef.Read(bytes.NewReader(image), 0, int64(len(image)), pef.Options{})
		}
		if err != nil {
			return nil, fmt.Errorf("%s: fragment %q: %w", path, m.Name, err)
		}
		s.members = append(s.members, c)
	}
	return s, nil
}

func forkBytes(path, which string, r *io.SectionReader) ([]byte, error) {
	if r.Size() > mostFork {
		return nil, fmt.Errorf("%s: %s fork: %d bytes (at most %d)", path, which, r.Size(), mostFork)
	}
	data := make([]byte, r.Size())
	if _, err := r.ReadAt(data, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return data, nil
}

// part returns length bytes of a fork from an offset on, or all if length is 0.
func part(data []byte, offset, length uint32) ([]byte, error) {
	if uint64(offset)+uint64(length) > uint64(len(data)) {
		return nil, fmt.Errorf("%d bytes at %d are not in the data fork, which has %d", length, offset, len(data))
	}
	if length == 0 {
		return data[offset:], nil
	}
	return data[offset:][:length], nil
}

// undescribed adds the containers of a data fork without a 'cfrg'.
func (s *FileSource) undescribed(name string, data []byte) error {
	if !bytes.HasPrefix(data, []byte("Joy!peff")) {
		return nil
	}
	c, err := pef.Read(bytes.NewReader(data), 0, int64(len(data)), pef.Options{})
	if err != nil {
		return fmt.Errorf("%s: %w", s.path, err)
	}
	s.members = append(s.members, member{name: name, Candidate: Candidate{
		Container: c, Usage: coderes.ImportLibrary,
		Locator: Locator{Where: coderes.InDataFork, File: s.path, Length: uint32(c.Size)},
	}})
	return nil
}

// Find implements Source.
func (s *FileSource) Find(name string, a pef.Architecture) ([]Candidate, error) {
	var found []Candidate
	for _, m := range s.members {
		if m.name == name && m.Container.Architecture == a {
			found = append(found, m.Candidate)
		}
	}
	return found, nil
}

// String implements Source.
func (s *FileSource) String() string { return "file " + s.path }

// FolderSource is a Source of the libraries in the files of a folder, such as
// Extensions. Folders in it are not searched. Files are read when a library is
// looked for first, and not again.
type FolderSource struct {
	dir    string
	files  []*FileSource
	err    error // of files that could not be read
	listed bool
}

// NewFolderSource returns a source of the libraries in a folder.
func NewFolderSource(dir string) *FolderSource { return &FolderSource{dir: dir} }

// Find implements Source. Files that are damaged are an error besides what is found
// in others.
func (s *FolderSource) Find(name string, a pef.Architecture) ([]Candidate, error) {
	if !s.listed {
		s.listed = true
		s.err = s.list()
	}
	var found []Candidate
	for _, f := range s.files {
		some, _ := f.Find(name, a)
		found = append(found, some...)
	}
	return found, s.err
}

func (s *FolderSource) list() error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	if len(entries) > mostFiles {
		return fmt.Errorf("%d files (at most %d)", len(entries), mostFiles)
	}
	var problems []error
	seen := map[string]bool{} // files that were read as another's companion
	for _, e := range entries {
		path := filepath.Join(s.dir, e.Name())
		if e.IsDir() || strings.HasPrefix(e.Name(), ".") || seen[path] {
			continue
		}
		f, err := s.open(path, seen)
		if err != nil {
			problems = append(problems, err)
		} else if len(f.members) > 0 {
			s.files = append(s.files, f)
		}
	}
	return errors.Join(problems...)
}

func (s *FolderSource) open(path string, seen map[string]bool) (*FileSource, error) {
	f, err := macfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for _, p := range f.Paths {
		seen[p] = true
	}
	return NewFileSource(path, f)
}

// String implements Source.
func (s *FolderSource) String() string { return "folder " + s.dir }
