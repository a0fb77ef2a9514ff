package bridge

import (
	"bytes"
	"context"
	"crypto/rand"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/helper"
)

// The shims, built from native/*.c by native/build.sh.
//
//go:embed native/bin
var binaries embed.FS

// hidden is the folder beside the shims for what hosts should not look at.
const hidden = ".crossplug"

// marker is in every shim, of any version: the beginning of a symbol's name.
const marker = "crossplug_registry_"

// Hosts lists the architectures of programs that there are shims for.
func Hosts() []arch.Arch { return []arch.Arch{arch.LinuxAMD64, arch.LinuxI386, arch.LinuxARM64} }

// shim returns the shim for programs of an architecture. The caller must not
// change it.
func shim(host arch.Arch) ([]byte, error) {
	b, err := binaries.ReadFile("native/bin/" + host.String() + ".so")
	if err != nil {
		return nil, fmt.Errorf("plug-ins cannot be bridged to programs for %v; there are shims for %v", host, Hosts())
	}
	return b, nil
}

// maxShim is more than a shim has, in bytes.
const maxShim = 1 << 20

// isShim says whether a file is a shim, of any version.
func isShim(path string) bool {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxShim {
		return false
	}
	b, err := os.ReadFile(path)
	return err == nil && bytes.Contains(b, []byte(marker))
}

// hostOf returns the architecture of a shim.
func hostOf(path string) (arch.Arch, error) {
	f, err := arch.Open(path)
	if err != nil {
		return arch.Arch{}, err
	}
	defer f.Close()
	return f.Images[0].Arch, nil
}

// sidecarPath is the path of a shim's sidecar.
func sidecarPath(shim string) string {
	dir, name := filepath.Split(shim)
	return filepath.Join(dir, hidden, strings.TrimSuffix(name, ".so")+".bridge")
}

func readSidecar(shim string) (*sidecar, error) {
	b, err := os.ReadFile(sidecarPath(shim))
	if err != nil {
		return nil, err
	}
	s, err := decodeSidecar(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", sidecarPath(shim), err)
	}
	return s, nil
}

// shims lists the shims in a folder. A folder that is not there has none.
func shims(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var found []string
	for _, e := range entries {
		if path := filepath.Join(dir, e.Name()); strings.HasSuffix(path, ".so") && isShim(path) {
			found = append(found, path)
		}
	}
	return found, nil
}

// lockFolder makes a folder and keeps other processes from changing what is in
// it until unlock. While another process has the lock it waits, as long as ctx
// lets it.
func lockFolder(ctx context.Context, dir string) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Join(dir, hidden), 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, hidden, "lock"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) {
			f.Close()
			return nil, fmt.Errorf("%s: %w", f.Name(), err)
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, fmt.Errorf("%s: another crossplug is at work in the folder: %w", dir, ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// writeFile makes a file appear whole or not at all, in place of one that may
// be there, which programs that have it loaded keep.
func writeFile(path string, content []byte, mode fs.FileMode) error {
	temporary := filepath.Join(filepath.Dir(path), hidden, "new-"+rand.Text())
	if filepath.Base(filepath.Dir(path)) == hidden {
		temporary = filepath.Join(filepath.Dir(path), "new-"+rand.Text())
	}
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return named(err, path)
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync() // some file systems notice only now that they are full
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		return named(errors.Join(err, os.Remove(temporary)), path)
	}
	return nil
}

// named makes an error speak of the path that the user knows.
func named(err error, path string) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return &fs.PathError{Op: "write", Path: path, Err: p.Err}
	}
	return fmt.Errorf("%s: %w", path, err)
}

func installHelper(dir string, a arch.Arch) error {
	binary, err := helper.Binary(a)
	if err != nil {
		return err
	}
	if !helperMissing(dir, a) {
		return nil
	}
	return writeFile(helperPath(dir, a, binary), binary, 0o755)
}

func helperMissing(dir string, a arch.Arch) bool {
	binary, err := helper.Binary(a)
	if err != nil {
		return true
	}
	old, err := os.ReadFile(helperPath(dir, a, binary))
	return err != nil || !bytes.Equal(old, binary)
}

// remove takes away a shim and its sidecar.
func remove(shim string) error {
	if err := os.Remove(shim); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Remove(sidecarPath(shim)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// removeUnused takes away what no shim needs: helpers, sidecars, and files that
// were interrupted while they were written. The folder is locked.
func removeUnused(dir string) error {
	all, err := shims(dir)
	if err != nil {
		return err
	}
	used := []string{"lock", foldersFile}
	for _, path := range all {
		used = append(used, filepath.Base(sidecarPath(path)))
		s, err := readSidecar(path)
		if err != nil || s.outdated {
			return nil // who knows what it needs
		}
		for _, word := range s.command {
			used = append(used, filepath.Base(word))
		}
	}
	entries, err := os.ReadDir(filepath.Join(dir, hidden))
	if err != nil {
		return err
	}
	for _, e := range entries {
		ours := strings.HasPrefix(e.Name(), "helper-") || strings.HasPrefix(e.Name(), "new-") || strings.HasSuffix(e.Name(), ".bridge")
		if ours && !slices.Contains(used, e.Name()) {
			if err := os.Remove(filepath.Join(dir, hidden, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// folder is one that Sync looks through.
type folder struct {
	Path   string   `json:"path"`
	Group  string   `json:"group,omitempty"`
	Prefer []string `json:"prefer,omitempty"`
}

const foldersFile = "folders.json"

func rememberedFolders(dir string) ([]folder, error) {
	path := filepath.Join(dir, hidden, foldersFile)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []folder
	if err := json.Unmarshal(b, &all); err != nil {
		return nil, fmt.Errorf("%s: %w; delete it, and add the folders again", path, err)
	}
	return all, nil
}

// rememberFolders notes folders, in place of what is known of the same.
func rememberFolders(dir string, more []folder) error {
	all, err := rememberedFolders(dir)
	if err != nil {
		return err
	}
	for _, f := range more {
		all = append(slices.DeleteFunc(all, func(g folder) bool { return g.Path == f.Path }), f)
	}
	b, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, hidden, foldersFile), append(b, '\n'), 0o644)
}
