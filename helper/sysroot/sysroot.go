// Package sysroot finds and makes trees of libraries for other architectures.
//
// A plug-in for s390x wants s390x's C library beside it, whatever runs its
// instructions. Such libraries are in a tree that looks like the root of a
// machine of that architecture: lib/ld64.so.1, usr/lib/s390x-linux-gnu/libc.so.6
// and so on. There are two kinds. A system whose package manager has the
// architecture enabled ("multiarch") has the libraries beside its own, so that
// the tree's root is "/". Otherwise crossplug keeps a tree of its own for the
// user, unpacked from the packages of the system's distribution; see
// [Store.Add].
package sysroot

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/fault"
)

// DirEnv names the environment variable that overrides the directory of the
// default store.
const DirEnv = "CROSSPLUG_SYSROOTS"

// Source says who made a tree.
type Source string

const (
	Own    Source = "crossplug" // made by Store.Add
	System Source = "system"    // the system's package manager's
	Cross  Source = "cross"     // the cross compiler's, for tests
)

// Tree is a root directory with the libraries of one architecture. It is a
// snapshot: the directory may be replaced or removed by others later on.
type Tree struct {
	Arch        arch.Arch
	Root        string   // absolute path; "/" if Source is System
	Loader      string   // the dynamic loader, as a path inside Root; it exists
	LibraryDirs []string // absolute paths that exist, in the order in which the loader searches them
	Source      Source
}

// Path returns the path, outside of the tree, of an absolute path inside it.
func (t Tree) Path(inside string) string { return filepath.Join(t.Root, inside) }

// Store is a directory with one tree per architecture, named as Debian names
// the architecture. Its methods may be called concurrently, also by several
// processes; those that change the same tree wait for each other.
type Store struct {
	Dir string // absolute path; made when first needed
}

// Default returns the user's store: $CROSSPLUG_SYSROOTS, otherwise
// crossplug/sysroots under the user's data directory (XDG Base Directory
// Specification: $XDG_DATA_HOME, by default ~/.local/share).
func Default() (Store, error) {
	if dir := os.Getenv(DirEnv); dir != "" {
		abs, err := filepath.Abs(dir)
		return Store{abs}, err
	}
	data := os.Getenv("XDG_DATA_HOME")
	if !filepath.IsAbs(data) { // the specification says to ignore a relative one
		home, err := os.UserHomeDir()
		if err != nil {
			return Store{}, fmt.Errorf("no place for library trees: %w; set %s to a directory", err, DirEnv)
		}
		data = filepath.Join(home, ".local", "share")
	}
	return Store{filepath.Join(data, "crossplug", "sysroots")}, nil
}

// Lookup finds a tree for an architecture: the default store's, otherwise the
// system's. If there is none, the error is a *fault.NoRuntime that says how to
// make one.
func Lookup(a arch.Arch) (Tree, error) {
	s, err := Default()
	if err != nil {
		return Tree{}, err
	}
	return s.Lookup(a)
}

// Lookup finds a tree for an architecture: the store's own, otherwise the
// system's. If there is none, the error is a *fault.NoRuntime that says how to
// make one.
func (s Store) Lookup(a arch.Arch) (Tree, error) {
	for _, t := range crossTargets {
		if t.Arch == a {
			return cross(t)
		}
	}
	target, err := TargetOf(a)
	if err != nil {
		return Tree{}, err
	}
	var tried []string
	for _, find := range []func(Target) (Tree, error){s.own, system} {
		tree, err := find(target)
		if err == nil {
			return tree, nil
		}
		tried = append(tried, err.Error())
	}
	return Tree{}, &fault.NoRuntime{Arch: a.String(), Tried: tried, Hint: "crossplug sysroot add " + target.Debian}
}

// own returns the store's own tree. Its manifest is written last, so its
// presence says that the tree is whole.
func (s Store) own(t Target) (Tree, error) {
	root := filepath.Join(s.Dir, t.Debian)
	if _, err := os.Stat(filepath.Join(root, manifestName)); errors.Is(err, os.ErrNotExist) {
		return Tree{}, fmt.Errorf("libraries in %s: %w", root, fault.ErrNotFound)
	} else if err != nil {
		return Tree{}, err
	}
	return treeAt(root, t, Own)
}

// system returns the system's multiarch tree. Debian makes the triplet's
// directory for other purposes as well (cross linkers' scripts), so the C
// library itself must be there.
func system(t Target) (Tree, error) {
	tree, err := treeAt("/", t, System)
	if err != nil {
		return Tree{}, err
	}
	for _, dir := range tree.LibraryDirs {
		if _, err := os.Stat(filepath.Join(dir, "libc.so.6")); err == nil {
			return tree, nil
		}
	}
	return Tree{}, fmt.Errorf("no C library in /usr/lib/%s", t.Triplet)
}

// cross returns the tree of a cross compiler's C library, where Debian's
// packages have it.
func cross(t Target) (Tree, error) {
	root := "/usr/" + t.Triplet
	tree := Tree{Arch: t.Arch, Root: root, Loader: t.Loader, LibraryDirs: []string{root + "/lib"}, Source: Cross}
	if _, err := os.Stat(tree.Path(t.Loader)); err != nil {
		return Tree{}, &fault.NoRuntime{Arch: t.Debian, Tried: []string{err.Error()}, Hint: "apt-get install libc6-" + t.Debian + "-cross"}
	}
	return tree, nil
}

// treeAt describes the tree at a root directory.
func treeAt(root string, t Target, source Source) (Tree, error) {
	tree := Tree{Arch: t.Arch, Root: root, Loader: t.Loader, Source: source}
	if _, err := os.Stat(tree.Path(t.Loader)); err != nil {
		return Tree{}, fmt.Errorf("no loader %s", tree.Path(t.Loader))
	}
	var seen []os.FileInfo
dirs:
	for _, dir := range []string{"/lib/" + t.Triplet, "/usr/lib/" + t.Triplet} {
		info, err := os.Stat(tree.Path(dir))
		if err != nil || !info.IsDir() {
			continue
		}
		for _, other := range seen { // /lib is usually a link to /usr/lib
			if os.SameFile(info, other) {
				continue dirs
			}
		}
		seen = append(seen, info)
		tree.LibraryDirs = append(tree.LibraryDirs, tree.Path(dir))
	}
	if len(tree.LibraryDirs) == 0 {
		return Tree{}, fmt.Errorf("no directory %s", tree.Path("/usr/lib/"+t.Triplet))
	}
	return tree, nil
}
