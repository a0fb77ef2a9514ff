package bridge

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/crossplug/crossplug"
	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/helper"
	"github.com/crossplug/crossplug/hosts/ladspa"
)

// describe loads a plug-in file in a helper and notes everything that hosts may
// ask about it. What the plug-in does to the helper is an error here.
func describe(ctx context.Context, o *Options, path string) (*sidecar, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	s := &sidecar{plugin: path, group: o.Group, prefer: o.Prefer}
	if s.content, err = contentOf(path); err != nil {
		return nil, err
	}
	if isShim(path) {
		return nil, fmt.Errorf("%s: %w: it is a bridge itself", path, crossplug.ErrBadImage)
	}
	l, err := ladspa.Open(ctx, path, crossplug.Prefer(o.Prefer...), crossplug.Sysroots(o.Sysroots), crossplug.CallTimeout(o.CallTimeout))
	if err != nil {
		return nil, err
	}
	err = s.describe(l, o)
	return s, errors.Join(err, l.Close())
}

// describe notes what a loaded file says.
func (s *sidecar) describe(l *ladspa.Library, o *Options) error {
	p := l.Plugin()
	s.arch, s.bits, s.bigEndian = p.Arch().String(), uint32(p.Arch().Bits), p.Arch().Order == arch.BigEndian
	if err := s.launch(p.Arch(), o); err != nil {
		return err
	}
	if len(l.Plugins()) == 0 {
		return fmt.Errorf("%s: %w: it has no plug-ins", s.plugin, crossplug.ErrNotFound)
	}
	for _, d := range l.Plugins() {
		s.plugins = append(s.plugins, show(d, s.arch))
	}
	return nil
}

// launch notes how the helper is started. Its executable is in the folder.
func (s *sidecar) launch(a arch.Arch, o *Options) error {
	launch, err := helper.Find(a, o.Prefer, o.Sysroots)
	if err != nil {
		return err
	}
	binary, err := helper.Binary(a)
	if err != nil {
		return err
	}
	executable := helperPath(o.Dir, a, binary)
	for _, word := range launch.Command {
		s.command = append(s.command, strings.ReplaceAll(word, "{helper}", executable))
	}
	if a != o.Host { // they would make the helper's loader load this architecture's libraries
		s.without = []string{"LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT"}
	}
	return nil
}

// show is what hosts see of a plug-in. Its label and name say its
// architecture, so that it can stand beside the native one. It loses the mark
// of one that never waits for another process.
func show(d *ladspa.Descriptor, architecture string) description {
	p := description{
		index: uint32(d.Index), id: uint32(d.UniqueID), shownID: uniqueID(d.UniqueID, d.Label, architecture),
		properties: uint32(d.Properties &^ ladspa.HardRealtimeCapable),
		label:      text(d.Label) + "_" + architecture, name: fmt.Sprintf("%s (%s)", text(d.Name), architecture),
		maker: text(d.Maker), copyrightNotice: text(d.Copyright),
	}
	for i, m := range methods {
		if d.Functions&m.has == m.has {
			p.functions |= 1 << i
		}
	}
	for _, q := range d.Ports {
		kind := uint32(0)
		for bit, set := range []bool{q.Input, q.Output, q.Control, q.Audio} { // LADSPA_PORT_INPUT and so on
			if set {
				kind |= 1 << bit
			}
		}
		p.ports = append(p.ports, port{kind, uint32(q.Hint), math.Float32bits(q.Lower), math.Float32bits(q.Upper), text(q.Name)})
	}
	return p
}

// methods are the functions of a LADSPA_Descriptor, in the definition's order.
// Every plug-in counts as having those that it needs.
var methods = []struct {
	name string
	has  ladspa.Functions
}{
	{"instantiate", 0}, {"connect_port", 0}, {"activate", ladspa.HasActivate}, {"run", 0}, {"run_adding", ladspa.HasRunAdding},
	{"set_run_adding_gain", ladspa.HasSetRunAddingGain}, {"deactivate", ladspa.HasDeactivate}, {"cleanup", 0},
}

// text drops what cannot be in a C string.
func text(s string) string { return strings.ReplaceAll(s, "\x00", "") }

// architectures have a number each, for uniqueID. It is for ever.
var architectures = []string{"amd64", "i386", "armhf", "arm64", "ppc64el", "s390x", "powerpc", "m68k"}

// uniqueID gives a bridged plug-in its LADSPA_Descriptor.UniqueID. Hosts may
// take ids to be below 2^24 (ladspa.h), and all that were ever registered are
// below 2^20. So an id here has
//
//	bit 23      set
//	bits 20-22  the number of the architecture
//	bits 0-19   the plug-in's own id, or a hash of its label if that is larger
//
// and is the same on every machine, different from all native ones, and
// different for different plug-ins.
func uniqueID(id uint64, label, architecture string) uint32 {
	const own = 1<<20 - 1
	low := uint32(id)
	if id > own {
		h := fnv.New32a()
		io.WriteString(h, label)
		low = h.Sum32()
	}
	number := 0
	for i, name := range architectures {
		if name == architecture {
			number = i
		}
	}
	return 1<<23 | uint32(number)<<20 | low&own
}

// contentOf returns a checksum of a plug-in file, as sidecar.c makes it.
func contentOf(path string) (uint64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait for somebody to write
		return 0, fmt.Errorf("%s: %w: it is no regular file", path, crossplug.ErrBadImage)
	}
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	h := fnv.New64a()
	if _, err := io.Copy(h, f); err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	return h.Sum64(), nil
}
