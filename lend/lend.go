// Package lend puts foreign plug-ins of an API of one's own into programs that
// know nothing of crossplug. The API's author generates a shim from the
// definition (package generate) and compiles it, once for each architecture of
// programs; [Sources] is what that takes besides. A copy of the shim, with a
// note beside it that [Lend] writes, stands for one plug-in:
//
//	DIR/NAME-ARCH.so                    the shim
//	DIR/.crossplug/NAME-ARCH.lend       the note: see native/lend.c
//	DIR/.crossplug/NAME-ARCH.dispatcher what the plug-in's process loads beside it
//	DIR/.crossplug/helper-ARCH-HASH     what runs the plug-in
//
// A program that loads the shim sees the plug-in's functions. The first call
// starts a helper host; native/lend.c tells the rest. For LADSPA, package bridge
// does more than this.
package lend

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/bridge"
	"github.com/crossplug/crossplug/fault"
	"github.com/crossplug/crossplug/helper"
	"github.com/crossplug/crossplug/helper/sysroot"
)

//go:embed native/lend.c native/shim.sh
var sources embed.FS

// Sources returns what a generated shim is compiled with, by name: the sources
// of the host's side, and shim.sh, which tells how.
func Sources() (map[string][]byte, error) {
	files := map[string][]byte{"protocol.h": helper.Protocol()}
	for _, from := range []embed.FS{sources, bridge.Client} {
		err := fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				files[path.Base(name)], err = from.ReadFile(name)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}

// Options say what is lent, and how it runs.
type Options struct {
	// Shim is the compiled shim of the plug-ins' API.
	Shim string
	// Dispatchers is the folder of the API's dispatchers, ARCH.so each.
	Dispatchers string
	// Dir is the folder that shims are written to; the current one if empty.
	Dir string
	// Prefer names strategies to try before the others, for example "qemu".
	Prefer []string
	// Sysroots is the store of other architectures' libraries; the user's own
	// if zero.
	Sysroots sysroot.Store
}

// marks are in every shim that Lend can use: of any version, and of this one.
func marks() (anyVersion, ours []byte) {
	sum := sha256.Sum256(helper.Protocol())
	anyVersion = []byte("crossplug lend ")
	return anyVersion, append(bytes.Clone(anyVersion), "1 "+hex.EncodeToString(sum[:16])...)
}

// Lend writes a shim for a plug-in's file and returns its path. Files that it
// did not write are never replaced. Nothing of the plug-in is run.
func Lend(plugin string, o Options) (string, error) {
	shim, err := os.ReadFile(o.Shim)
	if err != nil {
		return "", err
	}
	anyVersion, ours := marks()
	switch {
	case !bytes.Contains(shim, anyVersion):
		return "", fmt.Errorf("%s: %w: it is no shim: compile what crossplug generate makes by its shim.sh", o.Shim, fault.ErrBadImage)
	case !bytes.Contains(shim, ours):
		return "", fmt.Errorf("%s: %w: it was made with another version of crossplug; make it anew", o.Shim, fault.ErrBadImage)
	}
	if plugin, err = filepath.Abs(plugin); err != nil {
		return "", err
	}
	if strings.ContainsAny(plugin+o.Dir, "\n\x00") {
		return "", fmt.Errorf("%q: its path has more than one line", plugin)
	}
	f, err := arch.Open(plugin)
	if err != nil {
		return "", err
	}
	a := f.Images[0].Arch
	f.Close()
	dispatcher, err := os.ReadFile(filepath.Join(o.Dispatchers, a.String()+".so"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s: %w: there is no dispatcher of its API for %v in %s", plugin, fault.ErrNoRuntime, a, o.Dispatchers)
	}
	if err != nil {
		return "", err
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return "", err
	}
	n := note{plugin: plugin, arch: a}
	binary, err := n.launch(dir, o)
	if err != nil {
		return "", fmt.Errorf("%s: %w", plugin, err)
	}
	name := strings.TrimSuffix(filepath.Base(plugin), ".so")
	if suffix := "-" + a.String(); !strings.HasSuffix(name, suffix) {
		name += suffix
	}
	to := filepath.Join(dir, name+".so")
	if old, err := os.ReadFile(to); err == nil && !bytes.Contains(old, anyVersion) {
		return "", fmt.Errorf("%s: there is a file of that name already, which crossplug did not make; choose another folder", to)
	}
	hidden := filepath.Join(dir, hiddenName)
	n.dispatcher = filepath.Join(hidden, name+".dispatcher")
	if err := os.MkdirAll(hidden, 0o755); err != nil {
		return "", err
	}
	// The shim comes last: what is there when it appears is complete.
	for _, w := range []struct {
		path string
		data []byte
		mode fs.FileMode
	}{
		{n.helper, binary, 0o755}, {n.dispatcher, dispatcher, 0o644}, {filepath.Join(hidden, name+".lend"), n.text(), 0o644}, {to, shim, 0o755},
	} {
		if err := replace(w.path, w.data, w.mode); err != nil {
			return "", err
		}
	}
	return filepath.Join(o.Dir, name+".so"), nil
}

// hiddenName is the folder beside the shims for what programs should not look at.
const hiddenName = ".crossplug"

// note is what a shim has to know of its plug-in.
type note struct {
	plugin, dispatcher, helper string
	arch                       arch.Arch
	words, without             []string
}

// launch finds out how the helper is started, and returns its executable.
func (n *note) launch(dir string, o Options) ([]byte, error) {
	launch, err := helper.Find(n.arch, o.Prefer, o.Sysroots)
	if err != nil {
		return nil, err
	}
	binary, err := helper.Binary(n.arch)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(binary)
	n.helper = filepath.Join(dir, hiddenName, fmt.Sprintf("helper-%v-%x", n.arch, sum[:8]))
	for _, word := range launch.Command {
		n.words = append(n.words, strings.ReplaceAll(word, "{helper}", n.helper))
	}
	if n.arch != arch.Host() { // they would make its loader load this architecture's libraries
		n.without = []string{"LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT"}
	}
	return binary, nil
}

// text is the note as the shim reads it.
func (n *note) text() []byte {
	order := "little"
	if n.arch.Order == arch.BigEndian {
		order = "big"
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "crossplug lend 1\nplugin %s\ndispatcher %s\nprocess %d %s\n", n.plugin, n.dispatcher, n.arch.Bits, order)
	for _, w := range n.words {
		fmt.Fprintf(&b, "word %s\n", w)
	}
	for _, w := range n.without {
		fmt.Fprintf(&b, "without %s\n", w)
	}
	return b.Bytes()
}

// replace writes a file that is whole from the moment it is there: a program may
// be running with the old one.
func replace(path string, data []byte, mode fs.FileMode) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, data) {
		return nil
	}
	f, err := os.CreateTemp(filepath.Join(filepath.Dir(path)), ".crossplug-new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(mode), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
