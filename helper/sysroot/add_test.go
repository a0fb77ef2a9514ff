package sysroot

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/fault"
)

var s390x = targets[slices.IndexFunc(targets, func(t Target) bool { return t.Arch == arch.LinuxS390X })]

// noise is text that does not become smaller when compressed.
func noise(n int) string {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{1}).Read(b)
	return string(b)
}

// packages are those of the archive that most tests use.
func packages() []testPackage {
	return append(basis(s390x),
		testPackage{"one", "dependency", []entry{{name: "./usr/lib/ladspa/one.so", text: "1"}}},
		testPackage{"two", "", []entry{{name: "./usr/lib/ladspa/two.so", text: "2"}, {name: "./usr/lib/out", link: "../../../etc"}}},
		testPackage{"dependency", "libc6", []entry{{name: "./usr/lib/dep.so", text: "d"}}},
		testPackage{"large", "", []entry{{name: "./usr/lib/large.so", text: noise(3 << 20)}}},
		testPackage{"unpacks-large", "", []entry{{name: "./usr/lib/zeros.so", text: strings.Repeat("\x00", 4<<20)}}},
		testPackage{"hostile", "", []entry{{name: "../../evil", text: "x"}}},
		testPackage{"unsatisfiable", "absent", nil},
	)
}

func add(t *testing.T, s Store, names ...string) (Tree, error) {
	t.Helper()
	return s.Add(context.Background(), arch.LinuxS390X, names, Options{})
}

// names returns the names of the packages in a tree.
func names(t *testing.T, tree Tree) string {
	t.Helper()
	m, err := tree.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, p := range m.Packages {
		all = append(all, p.Name)
	}
	return strings.Join(all, " ")
}

// checkClean fails if something is left of a replacement.
func checkClean(t *testing.T, s Store) {
	t.Helper()
	entries, err := os.ReadDir(s.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != ".apt" && e.Name() != "s390x" {
			t.Errorf("%s is left in the store", e.Name())
		}
	}
}

func TestAdd(t *testing.T) {
	a := newArchive(t, s390x, packages()...)
	s := Store{filepath.Join(t.TempDir(), "with blank")}

	var stages []Stage
	last := -1.0
	tree, err := s.Add(context.Background(), arch.LinuxS390X, []string{"one"}, Options{Progress: func(p Progress) {
		if len(stages) == 0 || stages[len(stages)-1] != p.Stage {
			stages, last = append(stages, p.Stage), -1
		}
		if p.Done < last || p.Done > 1 {
			t.Errorf("%s: %v after %v", p.Stage, p.Done, last)
		}
		last = p.Done
	}})
	if err != nil {
		t.Fatal(err)
	}
	if want := []Stage{Indexing, Downloading, Unpacking}; !slices.Equal(stages, want) {
		t.Errorf("stages %v", stages)
	}
	if got, want := names(t, tree), "dependency libc6 libgcc-s1 libstdc++6 one"; got != want {
		t.Errorf("packages %s, want %s", got, want)
	}
	m, err := tree.Manifest()
	if err != nil || m.Packages[0].Version != "1:2.0+x~1" || m.Suite != "test" || !slices.Equal(m.Requested, []string{"one"}) {
		t.Errorf("manifest %+v, %v", m, err)
	}
	if data, err := os.ReadFile(tree.Path(tree.Loader)); err != nil || string(data) != "loader" {
		t.Errorf("loader: %q, %v", data, err)
	}
	if files, err := tree.Files("one"); err != nil || !slices.Equal(files, []string{tree.Root + "/usr/lib/ladspa/one.so"}) {
		t.Errorf("files %q, %v", files, err)
	}
	checkInside(t, filepath.Join(mustMove(t, tree.Root), "tree"))
	checkClean(t, s)

	// Once more changes nothing and asks nobody.
	a.asked()
	before, _ := os.Stat(tree.Root)
	if _, err := s.Add(context.Background(), arch.LinuxS390X, []string{"one"}, Options{Progress: func(p Progress) { t.Errorf("progress %v", p) }}); err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat(tree.Root); err != nil || !os.SameFile(before, after) {
		t.Errorf("the tree was made anew: %v", err)
	}

	// Another package is fetched alone and joins the earlier ones.
	tree, err = add(t, s, "two")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := names(t, tree), "dependency libc6 libgcc-s1 libstdc++6 one two"; got != want {
		t.Errorf("packages %s, want %s", got, want)
	}
	if asked := a.asked(); len(asked) != 1 {
		t.Errorf("%d packages fetched again", len(asked))
	}
	if m, err := tree.Manifest(); err != nil || !slices.Equal(m.Requested, []string{"one", "two"}) || !slices.Equal(m.Dropped, []string{"/usr/lib/out"}) {
		t.Errorf("manifest %+v, %v", m, err)
	}
	if _, err := os.Lstat(tree.Path("/usr/lib/out")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("link out of the tree: %v", err)
	}
	checkClean(t, s)

	if trees, err := s.List(); err != nil || len(trees) != 1 || trees[0].Root != tree.Root {
		t.Errorf("list %+v, %v", trees, err)
	}
	if err := s.Remove(context.Background(), arch.LinuxS390X); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(tree.Root); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after removal: %v", err)
	}
	if trees, err := s.List(); err != nil || len(trees) != 0 {
		t.Errorf("list %+v, %v", trees, err)
	}
	if err := s.Remove(context.Background(), arch.LinuxS390X); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("second removal: %v", err)
	}
}

// mustMove copies a tree's links to a place with nothing around it, as
// checkInside wants it.
func mustMove(t *testing.T, root string) string {
	t.Helper()
	around := filepath.Join(t.TempDir(), "around")
	if err := os.CopyFS(filepath.Join(around, "tree"), os.DirFS(root)); err != nil {
		t.Fatal(err)
	}
	return around
}

func TestAddRefuses(t *testing.T) {
	newArchive(t, s390x, packages()...)
	s := Store{t.TempDir()}
	old, err := add(t, s, "one")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		pkg, want string
		is        error
	}{
		{"absent", "package absent: not found in suite test for s390x", fault.ErrNotFound},
		{"unsatisfiable", "Unable to correct problems", nil},
		{"hostile", `unpacking hostile 1:2.0+x~1: member "../../evil": its name leads out of the tree`, nil},
		{"--reinstall", `"--reinstall" is not the name of a package`, nil},
		{"libc6-", `"libc6-" is not the name of a package`, nil},
		{"one/test", `"one/test" is not the name of a package`, nil},
	} {
		_, err := add(t, s, tt.pkg)
		if err == nil || !strings.Contains(err.Error(), tt.want) || tt.is != nil && !errors.Is(err, tt.is) {
			t.Errorf("%s: error %v, want %q", tt.pkg, err, tt.want)
		}
		checkClean(t, s)
	}
	if tree, err := s.Lookup(arch.LinuxS390X); err != nil || names(t, tree) != names(t, old) {
		t.Errorf("the old tree suffered: %v", err)
	}
	if _, err := s.Add(context.Background(), arch.LinuxARM64, nil, Options{}); !errors.Is(err, fault.ErrNotFound) || !strings.Contains(err.Error(), "name another mirror") {
		t.Errorf("an archive without the architecture: %v", err)
	}
	if _, err := s.Add(context.Background(), arch.Arch{Processor: arch.M68K, Bits: 32, OS: arch.Classic}, nil, Options{}); err == nil || !strings.Contains(err.Error(), "known: amd64") {
		t.Errorf("an architecture without libraries: %v", err)
	}
}

func TestAddAfterInterruption(t *testing.T) {
	a := newArchive(t, s390x, packages()...)
	s := Store{t.TempDir()}
	a.stop()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		defer cancel()
		partial := filepath.Join(s.stateDir(s390x), "archives/partial/*.deb")
		for range 10000 {
			if m, _ := filepath.Glob(partial); len(m) == 1 {
				if info, err := os.Stat(m[0]); err == nil && info.Size() > 1<<20 {
					return
				}
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Error("no partial download seen")
	}()
	_, err := s.Add(ctx, arch.LinuxS390X, []string{"large"}, Options{})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("interrupted: %v", err)
	}
	checkClean(t, s)
	if _, err := s.Lookup(arch.LinuxS390X); !errors.Is(err, fault.ErrNoRuntime) {
		t.Errorf("after the interruption: %v", err)
	}

	a.resume()
	a.asked()
	tree, err := add(t, s, "large")
	if err != nil {
		t.Fatal(err)
	}
	asked := a.asked()
	if !slices.ContainsFunc(asked, func(r string) bool { return strings.HasPrefix(r, "bytes=1") }) {
		t.Errorf("the download began anew: Range headers %q", asked)
	}
	if data, err := os.ReadFile(tree.Path("/usr/lib/large.so")); err != nil || string(data) != noise(3<<20) {
		t.Errorf("the resumed package's file: %d bytes, %v", len(data), err)
	}
}

func TestAddRepairsDamagedPackage(t *testing.T) {
	a := newArchive(t, s390x, packages()...)
	s := Store{t.TempDir()}
	if _, err := add(t, s, "large"); err != nil {
		t.Fatal(err)
	}
	m, err := filepath.Glob(filepath.Join(s.stateDir(s390x), "archives/large_*.deb"))
	if err != nil || len(m) != 1 {
		t.Fatal(m, err)
	}
	data, err := os.ReadFile(m[0])
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1 // the size stays: apt does not notice
	write(t, m[0], string(data))
	a.asked()
	tree, err := add(t, s, "one")
	if err != nil {
		t.Fatal(err)
	}
	if asked := a.asked(); len(asked) != 3 { // large, one and what one depends on
		t.Errorf("%d packages fetched", len(asked))
	}
	if data, err := os.ReadFile(tree.Path("/usr/lib/large.so")); err != nil || string(data) != noise(3<<20) {
		t.Errorf("the damaged package's file: %d bytes, %v", len(data), err)
	}
}

// What an archive sends must be what its index says, and a package.
func TestAddRefusesDamagedArchive(t *testing.T) {
	a := newArchive(t, s390x, packages()...)
	good := a.files["/pool/one.deb"]
	for what, deb := range map[string][]byte{
		"other content": append(slices.Clone(good[:len(good)-1]), good[len(good)-1]^1),
		"short":         good[:len(good)/2],
	} {
		a.files["/pool/one.deb"] = deb
		s := Store{t.TempDir()}
		if _, err := add(t, s, "one"); err == nil {
			t.Errorf("%s: accepted", what)
		} else {
			t.Logf("%s: %v", what, err)
		}
		checkClean(t, s)
	}
}

func TestAddConcurrently(t *testing.T) {
	newArchive(t, s390x, packages()...)
	s := Store{t.TempDir()}
	held, err := lock(t.Context(), s.lockFile(s390x), func() { t.Error("has to wait for nobody") })
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	waited := make(chan struct{})
	for _, pkg := range []string{"one", "two", "dependency", "large"} {
		wg.Go(func() {
			once := sync.OnceFunc(func() { waited <- struct{}{} })
			_, err := s.Add(context.Background(), arch.LinuxS390X, []string{pkg}, Options{Progress: func(p Progress) {
				if p.Stage == Waiting {
					once()
				}
			}})
			if err != nil {
				t.Error(err)
			}
		})
	}
	for range 4 {
		<-waited
	}
	held.Close()
	wg.Wait()
	tree, err := s.Lookup(arch.LinuxS390X)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := names(t, tree), "dependency large libc6 libgcc-s1 libstdc++6 one two"; got != want {
		t.Errorf("packages %s, want %s", got, want)
	}
	checkClean(t, s)
}

// Waiting for the lock ends with the context.
func TestAddGivesUpWaiting(t *testing.T) {
	s := Store{t.TempDir()}
	held, err := lock(context.Background(), s.lockFile(s390x), func() { t.Error("has to wait for nobody") })
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	ctx, cancel := context.WithCancelCause(context.Background())
	enough := errors.New("enough")
	_, err = s.Add(ctx, arch.LinuxS390X, nil, Options{Progress: func(Progress) { cancel(enough) }})
	if !errors.Is(err, enough) {
		t.Errorf("error %v", err)
	}
}

// Whoever looks while trees are replaced always sees a whole one.
func TestReplaceIsAtomic(t *testing.T) {
	dir := t.TempDir()
	at, fresh := dir+"/at", dir+"/fresh"
	write(t, at+"/file", "")
	write(t, fresh+"/file", "")
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			if _, err := os.Stat(at + "/file"); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for range 50 { // each waits for the disk
		if err := replace(fresh, at); err != nil {
			t.Fatal(err)
		}
	}
	close(done)
	wg.Wait()
}

// A replacement on a file system that cannot exchange names may be cut short
// between its steps.
func TestRecover(t *testing.T) {
	s := Store{t.TempDir()}
	write(t, s.root(s390x)+".old/x", "old")
	if err := s.recover(s390x); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(s.root(s390x) + "/x"); err != nil || string(data) != "old" {
		t.Errorf("the old tree is not back: %v", err)
	}
	write(t, s.root(s390x)+".old/x", "older")
	if err := s.recover(s390x); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(s.root(s390x) + "/x"); err != nil || string(data) != "old" {
		t.Errorf("the new tree is gone: %q, %v", data, err)
	}
	checkClean(t, s)
}
