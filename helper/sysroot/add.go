package sysroot

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/fault"
)

// basePackages are in every tree: what nearly every library needs. The first
// is the C library.
var basePackages = []string{"libc6", "libgcc-s1", "libstdc++6"}

// Stage is a step of Store.Add.
type Stage string

// The stages, in order. A stage may be missing if there is nothing to do.
const (
	Waiting     Stage = "waiting"     // for another process that changes the same tree
	Indexing    Stage = "indexing"    // fetching the archive's list of packages
	Downloading Stage = "downloading" // fetching packages
	Unpacking   Stage = "unpacking"
)

// Progress tells how far Store.Add has come.
type Progress struct {
	Stage    Stage
	Done     float64 // part of the stage, 0 to 1; it does not fall
	Packages int     // that the tree will have; 0 if not known yet
	Bytes    int64   // to download in all; 0 if not known yet
}

// Options are choices for Store.Add. The zero value takes packages from the
// suite that this system was installed from.
type Options struct {
	Mirror   string         // address of a Debian archive; "" for the system's own
	Suite    string         // of the archive, for example a code name; "" for the system's own
	Keyring  string         // file with the keys the suite must be signed with; "" for the system's own choice
	Progress func(Progress) // if not nil, called from time to time, not concurrently
}

// packageName is what Debian Policy, section 5.6.1 allows, less a final
// hyphen, by which apt understands that a package is to be removed.
var packageName = regexp.MustCompile(`^[a-z0-9][a-z0-9+.-]*[a-z0-9+.]$`)

// Add makes the tree for an architecture, or adds packages to it: the C and
// C++ libraries, the packages named and all that they depend on. Packages of
// earlier calls stay. If nothing is missing, Add does nothing and needs no
// network.
//
// The packages are fetched by an apt with settings and state of its own and
// are checked against the archive's signature; their maintainer scripts do not
// run. The new tree is built beside the old one and takes its place in one
// step, so that whoever looks sees a whole tree, whatever happens. After an
// interruption, Add continues the downloads where they stopped.
//
// The error is a fault.ErrNotFound if the archive does not have a package.
func (s Store) Add(ctx context.Context, a arch.Arch, packages []string, opts Options) (Tree, error) {
	t, err := TargetOf(a)
	if err != nil {
		return Tree{}, err
	}
	for _, p := range packages {
		if !packageName.MatchString(p) {
			return Tree{}, fmt.Errorf("%q is not the name of a package", p)
		}
	}
	report := opts.Progress
	if report == nil {
		report = func(Progress) {}
	}
	held, err := lock(ctx, s.lockFile(t), func() { report(Progress{Stage: Waiting}) })
	if err != nil {
		return Tree{}, err
	}
	defer held.Close()
	if err := s.recover(t); err != nil {
		return Tree{}, err
	}

	before, err := readManifest(s.root(t))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Tree{}, fmt.Errorf("%w; crossplug sysroot remove %s, then add it again", err, t.Debian)
	}
	if tree, err := s.own(t); err == nil && subset(packages, before.Requested) {
		return tree, nil
	}
	requested := slices.Concat(before.Requested, packages)
	slices.Sort(requested)
	requested = slices.Compact(requested)

	tree, err := s.build(ctx, t, requested, opts, report)
	if err != nil {
		return Tree{}, fmt.Errorf("library tree for %s: %w", t.Debian, spaceError(err, s.Dir))
	}
	return tree, nil
}

func subset(some, all []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

// build fetches the packages and makes a new tree of them. The caller holds the
// lock.
func (s Store) build(ctx context.Context, t Target, requested []string, opts Options, report func(Progress)) (Tree, error) {
	o, err := chooseOrigin(ctx, opts)
	if err != nil {
		return Tree{}, err
	}
	apt, err := newPrivateAPT(ctx, s.stateDir(t), t.Debian, o)
	if err != nil {
		return Tree{}, err
	}
	p := Progress{Stage: Indexing}
	step := func(done float64) { p.Done = max(p.Done, done); report(p) } // apt thinks better of its estimates
	step(0)
	if err := apt.update(ctx, step); err != nil {
		return Tree{}, err
	}
	debs, err := apt.resolve(ctx, slices.Concat(basePackages, requested))
	if err != nil {
		return Tree{}, err
	}
	p = Progress{Stage: Downloading, Packages: len(debs), Bytes: apt.missingBytes(debs)}
	step(0)
	if err := apt.download(ctx, debs, step); err != nil {
		return Tree{}, err
	}

	p.Stage, p.Done = Unpacking, 0
	fresh, err := s.freshDir(t)
	if err != nil {
		return Tree{}, err
	}
	defer os.RemoveAll(fresh) // by then it is either unfinished or the old tree
	m := Manifest{Arch: t.Debian, Suite: o.suite, Requested: requested}
	if err := unpackAll(ctx, apt, fresh, debs, &m, step); err != nil {
		return Tree{}, err
	}
	if _, err := treeAt(fresh, t, Own); err != nil {
		return Tree{}, fmt.Errorf("the packages do not make a whole tree: %w", err)
	}
	if err := replace(fresh, s.root(t)); err != nil {
		return Tree{}, err
	}
	return s.own(t)
}

// unpackAll unpacks the packages into an empty directory and writes the
// manifest, completed with them.
func unpackAll(ctx context.Context, apt *privateAPT, dir string, debs []deb, m *Manifest, step func(float64)) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := mergeUsr(root); err != nil {
		return err
	}
	for i, d := range debs {
		step(float64(i) / float64(len(debs)))
		files, err := apt.unpack(ctx, root, d)
		if err != nil {
			return err
		}
		m.Packages = append(m.Packages, Package{Name: d.name, Version: d.version, Files: files})
	}
	slices.SortFunc(m.Packages, func(a, b Package) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	if m.Dropped, err = dropEscapes(root); err != nil {
		return err
	}
	step(1)
	return writeManifest(dir, *m)
}

// List returns the store's own trees, in the order of Targets. The error is
// about trees that are damaged; it does not keep the others from being
// returned.
func (s Store) List() ([]Tree, error) {
	var trees []Tree
	var damaged []error
	for _, t := range targets {
		tree, err := s.own(t)
		switch {
		case err == nil:
			trees = append(trees, tree)
		case !errors.Is(err, fault.ErrNotFound):
			damaged = append(damaged, err)
		}
	}
	return trees, errors.Join(damaged...)
}

// Remove deletes the store's own tree for an architecture and what Add keeps
// for it. It fails with fault.ErrNotFound if there is none. Programs that use
// the tree at that moment lose it.
func (s Store) Remove(ctx context.Context, a arch.Arch) error {
	t, err := TargetOf(a)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(s.Dir); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("library tree for %s: %w in %s", t.Debian, fault.ErrNotFound, s.Dir)
	}
	held, err := lock(ctx, s.lockFile(t), func() {})
	if err != nil {
		return err
	}
	defer held.Close()
	if err := s.recover(t); err != nil {
		return err
	}
	fresh, err := s.freshDir(t)
	if err != nil {
		return err
	}
	// Out of sight at once, and bit by bit only then.
	err = os.Rename(s.root(t), filepath.Join(fresh, "old"))
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("library tree for %s: %w in %s", t.Debian, fault.ErrNotFound, s.Dir)
	}
	return errors.Join(err, os.RemoveAll(s.stateDir(t)), os.RemoveAll(fresh))
}

// Names in the store's directory: ARCH is a tree; .ARCH.new and ARCH.old exist
// only while a tree is replaced; .apt/ARCH is a privateAPT.

func (s Store) root(t Target) string     { return filepath.Join(s.Dir, t.Debian) }
func (s Store) stateDir(t Target) string { return filepath.Join(s.Dir, ".apt", t.Debian) }
func (s Store) lockFile(t Target) string { return filepath.Join(s.Dir, ".apt", t.Debian+".lock") }

// freshDir makes the empty directory in which a new tree is built.
func (s Store) freshDir(t Target) (string, error) {
	dir := filepath.Join(s.Dir, "."+t.Debian+".new")
	return dir, errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o755))
}

// recover undoes a replacement that was cut short between its steps.
func (s Store) recover(t Target) error {
	old := s.root(t) + ".old"
	if _, err := os.Lstat(old); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if _, err := os.Lstat(s.root(t)); errors.Is(err, fs.ErrNotExist) {
		return os.Rename(old, s.root(t))
	}
	return os.RemoveAll(old)
}
