package sysroot

// A package's files are unpacked by this program rather than by dpkg, so that
// a hostile package cannot write outside of the tree, and so that nothing in
// the finished tree leads outside of it.
//
// Links are the difficulty. A package is made for a machine whose root
// directory is "/", so an absolute link such as /lib64/ld64.so.2 ->
// /lib/powerpc64le-linux-gnu/ld64.so.2 means another file when the tree is a
// directory of this machine: on a good day none, on a bad one this machine's.
// It becomes relative. A relative link that climbs above the root stays at the
// root on its own machine and leaves the tree here; it is dropped. One
// link can climb by way of another, so this is decided on the finished tree,
// following each link as the kernel would.

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
)

const (
	maxMembers  = 1 << 20 // in one package
	maxUnpacked = 4 << 30 // bytes of one package
	maxLinks    = 40      // followed for one path, as in the kernel
)

// merged lists the directories at the root that are links to those of the same
// name in /usr, since Debian 12. Packages may use either name.
var merged = []string{"bin", "lib", "lib32", "lib64", "libx32", "sbin"}

// mergeUsr makes an empty tree's merged directories.
func mergeUsr(root *os.Root) error {
	for _, dir := range merged {
		if err := root.MkdirAll("usr/"+dir, 0o755); err != nil {
			return err
		}
		if err := root.Symlink("usr/"+dir, dir); err != nil {
			return err
		}
	}
	return nil
}

// unpack writes the members of a package's file system archive into root, up to
// a number of bytes. It returns the absolute paths inside the tree of all files
// and links.
func unpack(root *os.Root, archive io.Reader, limit int64) ([]string, error) {
	var files []string
	var total int64
	r := tar.NewReader(archive)
	for n := 0; ; n++ {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if n == maxMembers {
			return nil, fmt.Errorf("more than %d members", maxMembers)
		}
		if h.Size > limit-total {
			return nil, fmt.Errorf("member %q: %d bytes after %d, more than %d in all", h.Name, h.Size, total, limit)
		}
		total += h.Size
		name, err := inside(h.Name)
		if err != nil {
			return nil, fmt.Errorf("member %q: %w", h.Name, err)
		}
		if err := unpackMember(root, r, h, name); err != nil {
			return nil, fmt.Errorf("member %q: %w", h.Name, err)
		}
		if h.Typeflag != tar.TypeDir {
			files = append(files, "/"+name)
		}
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}

// inside checks the name of a member or of a hard link's target and returns it
// relative to the root.
func inside(name string) (string, error) {
	rel := strings.TrimPrefix(name, "./")
	if strings.HasPrefix(rel, "/") || slices.Contains(strings.Split(rel, "/"), "..") {
		return "", errors.New("its name leads out of the tree")
	}
	rel = path.Clean(rel)
	if rel == manifestName {
		return "", errors.New("its name is reserved")
	}
	return rel, nil
}

func unpackMember(root *os.Root, r *tar.Reader, h *tar.Header, name string) error {
	if h.Typeflag == tar.TypeDir {
		return root.MkdirAll(name, 0o755)
	}
	dir := path.Dir(name)
	if err := root.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if h.Typeflag == tar.TypeSymlink {
		if old, err := root.Readlink(name); err == nil && old == h.Linkname {
			return nil // for example lib -> usr/lib
		}
	}
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	switch h.Typeflag {
	case tar.TypeReg:
		// Neither set-user-ID bits nor files that their owner cannot replace.
		f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, h.FileInfo().Mode().Perm()&0o755|0o600)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, r)
		return errors.Join(err, f.Close())
	case tar.TypeSymlink:
		target := h.Linkname
		if path.IsAbs(target) {
			// Relative to where the link is, which is not where its name says
			// if a directory in the name is a link itself.
			at, err := resolve(root, dir)
			if err != nil {
				return err
			}
			target = relative(at, path.Clean(target)[1:])
		}
		return root.Symlink(target, name)
	case tar.TypeLink:
		target, err := inside(h.Linkname)
		if err != nil {
			return fmt.Errorf("link to %q: %w", h.Linkname, err)
		}
		return root.Link(target, name)
	}
	return fmt.Errorf("is neither a file, a directory nor a link (type %q)", h.Typeflag)
}

// relative returns the path that leads from a directory to a target; both are
// relative to the root and free of links and dots.
func relative(dir, target string) string {
	up := 0
	if dir != "." {
		up = strings.Count(dir, "/") + 1
	}
	return path.Clean(strings.Repeat("../", up) + target)
}

var (
	errEscapes = errors.New("leads out of the tree")
	errLoop    = errors.New("too many links")
)

// resolve follows the links in a path relative to the root, as the kernel
// would, and returns where it leads: a path relative to the root, without links.
// What does not exist is taken for a directory.
func resolve(root *os.Root, name string) (string, error) {
	var at []string // the components walked
	todo := strings.Split(name, "/")
	for links := 0; len(todo) > 0; {
		c := todo[0]
		todo = todo[1:]
		switch c {
		case "", ".":
			continue
		case "..":
			if len(at) == 0 {
				return "", errEscapes
			}
			at = at[:len(at)-1]
			continue
		}
		at = append(at, c)
		here := strings.Join(at, "/")
		info, err := root.Lstat(here)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			continue
		}
		target, err := root.Readlink(here)
		if err != nil {
			return "", err
		}
		if links++; links > maxLinks {
			return "", errLoop
		}
		if path.IsAbs(target) {
			return "", errEscapes
		}
		at = at[:len(at)-1]
		todo = append(strings.Split(target, "/"), todo...)
	}
	if len(at) == 0 {
		return ".", nil
	}
	return strings.Join(at, "/"), nil
}

// dropEscapes removes each link that leads out of the finished tree or round
// in circles. It returns the paths, absolute inside the tree.
func dropEscapes(root *os.Root) ([]string, error) {
	var dropped []string
	err := fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.Type()&fs.ModeSymlink == 0 {
			return err
		}
		_, err = resolve(root, name)
		if errors.Is(err, errEscapes) || errors.Is(err, errLoop) {
			dropped = append(dropped, "/"+name)
			return root.Remove(name)
		}
		if errors.Is(err, syscall.ENOTDIR) {
			return nil // leads through a file: broken, harmless
		}
		return err
	})
	return dropped, err
}
