package cli

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/crossplug/crossplug/inspect"
)

// extractor writes parts of files below a directory, and nowhere else: links in
// it cannot lead out.
type extractor struct {
	root  *os.Root
	dir   string // as the user named it
	force bool
	base  string                   // what the paths of files are relative to
	only  func(inspect.Piece) bool // chooses pieces, if not nil

	written int // pieces, until now
}

func newExtractor(dir string, force bool) (*extractor, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &extractor{root: root, dir: dir, force: force}, nil
}

func (x *extractor) close() error { return x.root.Close() }

// from lets the folders of files be named by what follows base in their paths.
func (x *extractor) from(base string) {
	if x != nil {
		x.base = absolute(base)
	}
}

// file writes all pieces of a file. Those whose contents cannot be read are
// reported and left out.
func (x *extractor) file(f *inspect.File, report func(problem string)) error {
	folder, err := filepath.Rel(x.base, absolute(f.Path))
	if err != nil || !filepath.IsLocal(folder) { // a companion elsewhere led to it
		folder = filepath.Base(f.Path)
	}
	for piece := range f.Pieces() {
		if x.only != nil && !x.only(piece) {
			continue
		}
		name := path.Join(filepath.ToSlash(folder), piece.Name)
		content, err := piece.Open()
		if err != nil {
			report(fmt.Sprintf("%s: %s: %v", f.Path, piece.What, err))
			continue
		}
		if err := x.write(name, content); err != nil {
			return fmt.Errorf("%s: extracting %s to %s: %w", f.Path, piece.What, filepath.Join(x.dir, name), plainCause(err))
		}
		x.written++
	}
	return nil
}

// plainCause is an error without the path, which is said anyway.
func plainCause(err error) error {
	var p *fs.PathError
	switch {
	case errors.Is(err, fs.ErrExist):
		return errors.New("it exists (--force replaces it)")
	case errors.As(err, &p):
		return p.Err
	}
	return err
}

// write writes a new file, or nothing.
func (x *extractor) write(name string, content io.Reader) error {
	if err := x.root.MkdirAll(path.Dir(name), 0o777); err != nil {
		return err
	}
	// What is replaced is so by another file: a link would be written through, and a
	// file with other names changed under all of them.
	target := name
	if x.force {
		target = path.Join(path.Dir(name), ".crossplug-"+rand.Text())
	}
	file, err := x.root.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil && x.force {
		err = x.root.Rename(target, name)
	}
	if err != nil {
		return errors.Join(err, x.root.Remove(target))
	}
	return nil
}
