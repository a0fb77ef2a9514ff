package sysroot

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/crossplug/crossplug/fault"
)

// manifestName is the file at the root of an own tree that says what is in it.
const manifestName = "crossplug-sysroot.json"

// maxManifest bounds a manifest: 100 packages of 1,000 files are about 6 MB.
const maxManifest = 64 << 20

// Manifest says what an own tree was made from.
type Manifest struct {
	Arch      string    `json:"arch"`              // Debian's name
	Suite     string    `json:"suite"`             // of the distribution, for example its code name
	Requested []string  `json:"requested"`         // the packages that were asked for by name, sorted
	Packages  []Package `json:"packages"`          // all that are in the tree, sorted by name
	Dropped   []string  `json:"dropped,omitempty"` // links that are not in the tree because they led out of it
}

// Package is a package in a tree.
type Package struct {
	Name    string   `json:"name"`
	Version string   `json:"version"`
	Files   []string `json:"files"` // absolute paths inside the tree: files and links, not directories
}

// Manifest reads what the tree was made from. A system's tree has none.
func (t Tree) Manifest() (Manifest, error) {
	if t.Source != Own {
		return Manifest{}, fmt.Errorf("%s: the system's own tree has no list of packages here", t.Root)
	}
	return readManifest(t.Root)
}

// Files returns the paths, outside of the tree, of the files of one of its
// packages. It fails with fault.ErrNotFound if the tree does not have the
// package.
func (t Tree) Files(pkg string) ([]string, error) {
	m, err := t.Manifest()
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(m.Packages, func(p Package) bool { return p.Name == pkg })
	if i < 0 {
		return nil, fmt.Errorf("package %s in %s: %w: crossplug sysroot add %s %s", pkg, t.Root, fault.ErrNotFound, m.Arch, pkg)
	}
	files := make([]string, len(m.Packages[i].Files))
	for j, f := range m.Packages[i].Files {
		files[j] = t.Path(f)
	}
	return files, nil
}

func readManifest(root string) (Manifest, error) {
	name := filepath.Join(root, manifestName)
	f, err := os.Open(name)
	if err != nil {
		return Manifest{}, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxManifest+1))
	if err != nil {
		return Manifest{}, err
	}
	if len(data) > maxManifest {
		return Manifest{}, fmt.Errorf("%s: more than %d bytes", name, maxManifest)
	}
	var m Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return Manifest{}, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

func writeManifest(root string, m Manifest) (err error) {
	data, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(root, manifestName))
	if err != nil {
		return err
	}
	_, err = f.Write(append(data, '\n'))
	return errors.Join(err, f.Close())
}
