package macfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// A companion is a file that has what the file of the same name, near by, has
// lost. Its path is made of the other's: dir/prefix NAME suffix.
type companion struct {
	wrapping            Wrapping
	dir, prefix, suffix string
}

// companions are the places to look, the best first: what macOS itself has,
// then what keeps everything, then what keeps a part. The first to have a
// resource fork counts, and the first to have the Finder's information.
var companions = []companion{
	{NamedFork, "", "", "/..namedfork/rsrc"}, // macOS
	{AppleDouble, "", "._", ""},              // macOS on other file systems, tar
	{AppleDouble, "__MACOSX", "._", ""},      // macOS in zip archives: see macOSX
	{AppleDouble, ".AppleDouble", "", ""},    // netatalk
	{AppleDouble, "", "%", ""},               // Executor
	{RawFork, ".rsrc", "", ""},               // Basilisk II, SheepShaver
	{RawFork, "RESOURCE.FRK", "", ""},        // PC Exchange
	{RawFork, "", "", ".rsrc"},               // by hand
	{FinderFile, ".finf", "", ""},            // Basilisk II, SheepShaver
}

// Alone says that no file in a directory belongs to another or has another that
// belongs to it, so that Open would look for one in vain. It takes as long as
// Open does for one file; who opens all files of a directory saves that for the
// others by OpenAlone. If the directory cannot be read, it is false.
func Alone(dir string) bool {
	if runtime.GOOS == "darwin" { // where any file may have a named fork
		return false
	}
	d, err := os.Open(dir)
	if err != nil {
		return false
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return false
	}
	dir = absolute(dir)
	for _, c := range companions {
		if c.dir != "" && (slices.Contains(names, c.dir) || filepath.Base(dir) == c.dir) {
			return false
		}
		if c.dir == "" && slices.ContainsFunc(names, func(n string) bool {
			return c.prefix+c.suffix != "" && strings.HasPrefix(n, c.prefix) && strings.HasSuffix(n, c.suffix)
		}) {
			return false
		}
	}
	for above := dir; ; above = filepath.Dir(above) {
		if _, err := os.Lstat(filepath.Join(above, archiveFolder)); err == nil || filepath.Base(above) == archiveFolder {
			return false
		}
		if above == filepath.Dir(above) {
			return true
		}
	}
}

// archiveFolder is where zip archives made by macOS keep AppleDouble files: not
// beside the others, but in a tree of its own that mirrors theirs.
const archiveFolder = "__MACOSX"

// paths returns where the companion of a file may be.
func (c companion) paths(path string) []string {
	dir, base := filepath.Split(path)
	base = c.prefix + base + filepath.FromSlash(c.suffix)
	if c.dir != archiveFolder {
		return []string{filepath.Join(dir, c.dir, base)}
	}
	var paths []string // one for each folder above, as any can be the one with the tree
	dir = filepath.Clean(absolute(dir))
	for above, below := dir, ""; ; above, below = filepath.Dir(above), filepath.Join(filepath.Base(above), below) {
		paths = append(paths, filepath.Join(above, archiveFolder, below, base))
		if above == filepath.Dir(above) {
			return paths
		}
	}
}

// absolute is the path from the root, or the path itself if that is not known.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// main returns the path of the file whose companion path would be.
func (c companion) main(path string) (string, bool) {
	path, ok := strings.CutSuffix(path, filepath.FromSlash(c.suffix))
	if !ok {
		return "", false
	}
	dir, base := filepath.Split(path)
	base, ok = strings.CutPrefix(base, c.prefix)
	if !ok || base == "" {
		return "", false
	}
	if c.dir == "" {
		return filepath.Join(dir, base), true
	}
	names := strings.Split(absolute(dir), string(filepath.Separator))
	i := slices.Index(names, c.dir)
	if i < 0 || c.dir != archiveFolder && i != len(names)-1 {
		return "", false
	}
	names = append(slices.Delete(names, i, i+1), base)
	return strings.Join(names, string(filepath.Separator)), true
}

// Open finds the forks of the file at a path. If the file is wrapped, as New
// can see, that is all. If not, it is the data fork, and the rest is looked for
// in files near by, of the file's own name NAME:
//
//	NAME/..namedfork/rsrc                     macOS, on its own file system
//	._NAME, __MACOSX/…/._NAME                 macOS elsewhere, and in zip archives
//	.AppleDouble/NAME, %NAME                  netatalk, Executor
//	.rsrc/NAME with .finf/NAME                Basilisk II, SheepShaver
//	RESOURCE.FRK/NAME                         PC Exchange
//	NAME.rsrc                                 a raw resource fork
//
// The path may also be of one of these: then the file that it belongs to is
// opened, if there is one that has no better companion. File.Paths says what
// was used, so who opens every file of a folder can skip what was opened with
// another.
//
// The caller must Close the file. Errors of the system are as os.Open gives
// them.
func Open(path string) (*File, error) {
	for _, c := range companions {
		main, ok := c.main(path)
		if !ok {
			continue
		}
		if info, err := os.Stat(main); err != nil || !info.Mode().IsRegular() {
			continue
		}
		f, err := openAll(main, companions)
		if err != nil {
			continue // the path itself may be sound
		}
		if slices.ContainsFunc(f.Paths, func(p string) bool { return absolute(p) == absolute(path) }) {
			return f, nil
		}
		f.Close()
	}
	f, err := openAll(path, companions)
	if err != nil {
		return nil, err
	}
	isRaw := func(c companion) bool {
		_, ok := c.main(path)
		return ok && c.wrapping == RawFork
	}
	if len(f.Wrappings) == 0 && slices.ContainsFunc(companions, isRaw) {
		f.isResources() // a damaged one, or it would have been recognised
	}
	return f, nil
}

// openAll opens a file with its companions, which are looked for in places.
func openAll(path string, places []companion) (*File, error) {
	file, size, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	f := &File{Name: filepath.Base(path), Data: io.NewSectionReader(file, 0, size), Resource: empty(), Paths: []string{path}, closers: []io.Closer{file}}
	if err := f.unwrap(); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(f.Wrappings) > 0 {
		return f, nil
	}
	for _, c := range places {
		for _, p := range c.paths(path) {
			if err := f.openCompanion(c.wrapping, p); err != nil {
				f.Close()
				return nil, fmt.Errorf("%s: %w", p, err)
			}
		}
	}
	if f.Resource.Size() == 0 && looksLikeResources(f.Data) {
		f.isResources()
	}
	return f, nil
}

// OpenAlone is Open without a look at other files: for a file in a directory of
// which Alone is true.
func OpenAlone(path string) (*File, error) { return openAll(path, nil) }

// openRegular opens a file, but nothing that would block or has no size.
func openRegular(path string) (*os.File, int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, &fs.PathError{Op: "open", Path: path, Err: errors.New("is not a regular file")}
	}
	file, err := os.Open(path)
	return file, info.Size(), err
}

// openCompanion takes from the file at path what f does not have yet. That the
// file is not there, or is not what its name says, is no error.
func (f *File) openCompanion(w Wrapping, path string) error {
	if f.Resource.Size() > 0 && (f.Finder != FinderInfo{} || w == RawFork || w == NamedFork) {
		return nil
	}
	file, size, err := openRegular(path)
	if err != nil {
		return nil
	}
	c := &File{Data: io.NewSectionReader(file, 0, size), Resource: empty()}
	c.closers = append(c.closers, file)
	head := make([]byte, min(FinderInfoSize, size))
	if _, err = file.ReadAt(head, 0); err == nil {
		err = c.readCompanion(w, head)
	}
	var e *FormatError
	if err != nil && !errors.As(err, &e) {
		return errors.Join(err, c.Close())
	}
	if len(c.Wrappings) == 0 {
		if e != nil {
			e.Item = filepath.Base(path) + ": " + e.Item
			f.Problems = append(f.Problems, e)
		}
		return c.Close()
	}
	f.add(c, path)
	return nil
}

// readCompanion reads what a companion has, of which head are the first bytes.
func (f *File) readCompanion(w Wrapping, head []byte) error {
	isDouble := len(head) >= 4 && bigEndian.Uint32(head) == doubleMagic
	switch {
	case isDouble && (w == AppleDouble || w == RawFork): // unar calls one NAME.rsrc
		_, err := f.readApple(head)
		return err
	case w == RawFork || w == NamedFork:
		f.isResources()
		f.Wrappings[0] = w
	case w == FinderFile && f.Data.Size() == FinderInfoSize:
		f.Finder = DecodeFinderInfo(head)
		f.Wrappings = []Wrapping{w}
	}
	return nil
}

// add takes from a companion at path what f does not have yet.
func (f *File) add(c *File, path string) {
	used := false
	if f.Resource.Size() == 0 && c.Resource.Size() > 0 {
		f.Resource, used = c.Resource, true
	}
	if f.Finder == (FinderInfo{}) && c.Finder != f.Finder {
		f.Finder, used = c.Finder, true
	}
	if used {
		if c.Name != "" {
			f.Name = c.Name
		}
		if c.Comment != "" {
			f.Comment = c.Comment
		}
		if !c.Created.IsZero() {
			f.Created = c.Created
		}
		if !c.Modified.IsZero() {
			f.Modified = c.Modified
		}
		f.Wrappings = append(f.Wrappings, c.Wrappings...)
		f.Paths = append(f.Paths, path)
		for _, p := range c.Problems {
			p.Item = filepath.Base(path) + ": " + p.Item
			f.Problems = append(f.Problems, p)
		}
	}
	f.closers = append(f.closers, c.closers...)
}
