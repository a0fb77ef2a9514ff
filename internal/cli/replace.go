package cli

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// replacement is a file that takes the place of another when it is complete,
// and until then is under a name of its own beside it. What was there before
// stays untouched if the work fails.
type replacement struct {
	f      *os.File // nil after the end
	path   string   // of the file that is replaced
	direct bool     // f is that file
}

// newReplacement begins to replace path. What is no regular file — a pipe, a
// device — cannot be replaced and is written to.
func newReplacement(path string) (*replacement, error) {
	// A link stays a link; what it leads to is replaced.
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	old, err := os.Stat(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err == nil && old.IsDir() {
		return nil, &fs.PathError{Op: "write", Path: path, Err: errors.New("is a directory")}
	}
	if err == nil && !old.Mode().IsRegular() {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		return &replacement{f, path, true}, err
	}
	f, err := os.OpenFile(filepath.Join(filepath.Dir(path), ".crossplug-"+rand.Text()), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	r := &replacement{f, path, false}
	if err != nil {
		return nil, r.named(err)
	}
	if old != nil {
		if err := f.Chmod(old.Mode().Perm()); err != nil {
			return nil, errors.Join(r.named(err), r.abandon())
		}
	}
	return r, nil
}

// named makes an error speak of the path that the user knows.
func (r *replacement) named(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		p.Path = r.path
	}
	return err
}

// Write writes to the new file.
func (r *replacement) Write(b []byte) (int, error) {
	n, err := r.f.Write(b)
	return n, r.named(err)
}

// commit puts the file in its place.
func (r *replacement) commit() error {
	if r.direct {
		return r.abandon()
	}
	err := r.f.Sync() // some file systems notice only now that they are full
	if err == nil {
		err = r.f.Close()
	}
	if err == nil {
		err = os.Rename(r.f.Name(), r.path)
	}
	if err != nil {
		return errors.Join(r.named(err), r.abandon())
	}
	r.f = nil
	return nil
}

// abandon leaves everything as it was. After commit it does nothing.
func (r *replacement) abandon() error {
	if r.f == nil {
		return nil
	}
	f := r.f
	r.f = nil
	err := f.Close()
	if r.direct {
		return r.named(err)
	}
	return os.Remove(f.Name())
}
