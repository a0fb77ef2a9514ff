// Package ladspa hosts LADSPA audio plug-ins of any architecture.
//
// [Open] opens a file of plug-ins and describes them; [Library.New] makes an
// instance, which processes blocks of audio; a [Chain] runs several plug-ins,
// each on as many channels as the audio has. The plug-ins run in helper hosts:
// one that crashes or hangs is an error here, and its library has to be opened
// again.
//
// Below it is package raw, generated from LADSPA's definition, which calls
// plug-ins of any architecture. What is written by hand is what the definition
// does not say: which memory ports are connected to, in what order things are
// done, and how channels meet ports.
//
// Source: ladspa.h, LADSPA version 1.1.
package ladspa

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/crossplug/crossplug"
	"github.com/crossplug/crossplug/glue"
	raw "github.com/crossplug/crossplug/hosts/ladspa/raw"
)

// Bounds on what a library says of itself. The largest known library has 120
// plug-ins, the largest plug-in 300 ports.
const (
	maxPlugins = 1024
	maxAll     = 4 << 20 // bytes of all names and ports of a library
	portSize   = 64      // bytes that a port counts for, besides its name
)

// Library is an open LADSPA file. Its methods may be called concurrently.
type Library struct {
	raw     *raw.Plugin
	plugins []*Descriptor

	mu     sync.Mutex
	thread *thread // on which instances run; made when first needed
}

// thread is a thread of the plug-in's side. Instances take turns on it.
type thread struct {
	*glue.Thread
	turn sync.Mutex
}

// Open loads a LADSPA file, whatever its architecture, and reads the
// descriptions of its plug-ins. The options are those of crossplug.Open.
func Open(ctx context.Context, path string, opts ...crossplug.Option) (*Library, error) {
	p, err := raw.Open(ctx, path, opts...)
	if err != nil {
		return nil, err
	}
	l := &Library{raw: p}
	if err := l.describe(ctx); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return l, nil
}

// describe reads all descriptors.
func (l *Library) describe(ctx context.Context) error {
	size := 0
	for i := range maxPlugins {
		table, err := l.raw.Plugin(ctx, uint64(i))
		if errors.Is(err, glue.ErrFailed) {
			return nil // there are no more
		}
		var d *Descriptor
		if err == nil {
			d, err = newDescriptor(table)
		}
		if err != nil {
			return fmt.Errorf("%s: plug-in %d: %w", l.path(), i, badImage(err))
		}
		d.Index = i
		if size += d.size(); size > maxAll {
			return fmt.Errorf("%s: plug-in %d: %w: the descriptions take more than %d bytes", l.path(), i, crossplug.ErrBadImage, maxAll)
		}
		l.plugins = append(l.plugins, d)
	}
	return fmt.Errorf("%s: %w: it claims more than %d plug-ins", l.path(), crossplug.ErrBadImage, maxPlugins)
}

// badImage makes a description that the definition does not allow what it is for
// callers: a file that is no good.
func badImage(err error) error {
	if refused := (*glue.Error)(nil); errors.As(err, &refused) {
		return fmt.Errorf("%w: %w", crossplug.ErrBadImage, err)
	}
	return err
}

func (l *Library) path() string { return l.raw.Link().Plugin().Path() }

// Plugins returns the descriptions of the plug-ins, in the library's order. The
// caller must not change them.
func (l *Library) Plugins() []*Descriptor { return l.plugins }

// Find returns the plug-in with a label. "" finds the only plug-in of a library
// that has one. The error lists the labels there are.
func (l *Library) Find(label string) (*Descriptor, error) {
	var labels []string
	for _, d := range l.plugins {
		if d.Label == label || label == "" && len(l.plugins) == 1 {
			return d, nil
		}
		labels = append(labels, d.Label)
	}
	switch {
	case len(labels) == 0:
		return nil, fmt.Errorf("%s: %w: it has no plug-ins", l.path(), crossplug.ErrNotFound)
	case label == "":
		return nil, fmt.Errorf("%s: %w: it has %d plug-ins; say which: %s", l.path(), crossplug.ErrNotFound, len(labels), strings.Join(labels, ", "))
	}
	return nil, fmt.Errorf("%s: %w: no plug-in is labelled %q; it has: %s", l.path(), crossplug.ErrNotFound, label, strings.Join(labels, ", "))
}

// Plugin returns what the library was opened as: its path, architecture and
// runtime.
func (l *Library) Plugin() *crossplug.Plugin { return l.raw.Link().Plugin() }

// Close ends the library and all its instances.
func (l *Library) Close() error { return l.raw.Close() }

// audio returns the thread on which the library's instances run.
func (l *Library) audio(ctx context.Context) (*thread, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.thread == nil {
		t, err := l.raw.NewThread(ctx)
		if err != nil {
			return nil, err
		}
		l.thread = &thread{Thread: t}
	}
	return l.thread, nil
}

// newDescriptor makes a description of what a plug-in says.
func newDescriptor(t *raw.Descriptor) (*Descriptor, error) {
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	d := &Descriptor{
		UniqueID: t.UniqueID, Properties: Properties(t.Properties),
		Label: text(t.Label), Name: text(t.Name), Maker: text(t.Maker), Copyright: text(t.Copyright), raw: t,
	}
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%q: %w: %s", d.Label, crossplug.ErrBadImage, fmt.Sprintf(format, args...))
	}
	for _, f := range []struct {
		name string
		has  bool
	}{{"instantiate", t.HasInstantiate()}, {"connect_port", t.HasConnectPort()}, {"run", t.HasRun()}} {
		if !f.has {
			return nil, bad("it has no function %s", f.name)
		}
	}
	for i, has := range []bool{t.HasActivate(), t.HasRunAdding(), t.HasSetRunAddingGain(), t.HasDeactivate()} {
		if has {
			d.Functions |= 1 << i
		}
	}
	n := int(t.PortCount)
	if n > 0 && (t.PortDescriptors == nil || t.PortNames == nil || t.PortRangeHints == nil) {
		return nil, bad("it has %d ports and does not describe them", n)
	}
	for i := range n {
		port, err := newPort(i, t.PortNames[i], t.PortDescriptors[i], t.PortRangeHints[i])
		if err != nil {
			return nil, fmt.Errorf("%q: %w", d.Label, err)
		}
		d.Ports = append(d.Ports, port)
	}
	return d, nil
}

// size is about how much memory the description takes, in bytes.
func (d *Descriptor) size() int {
	n := len(d.Label) + len(d.Name) + len(d.Maker) + len(d.Copyright)
	for _, p := range d.Ports {
		n += portSize + len(p.Name)
	}
	return n
}
