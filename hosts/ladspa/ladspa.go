// Package ladspa hosts LADSPA audio plug-ins of any architecture.
//
// [Open] opens a file of plug-ins and describes them; [Library.New] makes an
// instance, which processes blocks of audio; a [Chain] runs several plug-ins,
// each on as many channels as the audio has. The plug-ins run in helper hosts:
// one that crashes or hangs is an error here, and its library has to be opened
// again.
//
// The package knows LADSPA and no architecture: a library's descriptors are read
// from its memory by the layout of its data model, its functions are called
// through pointers found there, and its ports are connected to shared memory.
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
	"github.com/crossplug/crossplug/abi"
)

// Bounds on what a library says of itself. The largest known library has 120
// plug-ins, the largest plug-in 300 ports.
const (
	maxPlugins = 1024
	maxPorts   = 4096
	maxText    = 4096    // bytes in a name
	maxAll     = 4 << 20 // bytes of all names and ports of a library
	portSize   = 64      // bytes that a port counts for, besides its name
)

// Library is an open LADSPA file. Its methods may be called concurrently.
type Library struct {
	plugin  *crossplug.Plugin
	plugins []*Descriptor

	mu     sync.Mutex
	thread *crossplug.Thread // on which instances run; made when first needed
}

// Open loads a LADSPA file, whatever its architecture, and reads the
// descriptions of its plug-ins. The options are those of crossplug.Open.
func Open(ctx context.Context, path string, opts ...crossplug.Option) (*Library, error) {
	p, err := crossplug.Open(ctx, path, opts...)
	if err != nil {
		return nil, err
	}
	l := &Library{plugin: p}
	if err := l.describe(ctx); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return l, nil
}

// describe reads all descriptors.
func (l *Library) describe(ctx context.Context) error {
	entry, err := l.plugin.Lookup(ctx, "ladspa_descriptor", "ptr (ulong)")
	if errors.Is(err, crossplug.ErrNotFound) {
		return fmt.Errorf("%s: %w: it is no LADSPA library: it exports no ladspa_descriptor", l.plugin.Path(), crossplug.ErrBadImage)
	}
	if err != nil {
		return err
	}
	size := 0
	for i := range maxPlugins {
		at, err := entry.Call(ctx, i)
		if err != nil {
			return err
		}
		if at.Pointer() == 0 {
			return nil
		}
		d, err := readDescriptor(ctx, l.plugin, at.Pointer())
		if err != nil {
			return fmt.Errorf("%s: plug-in %d: %w", l.plugin.Path(), i, err)
		}
		d.Index = i
		if size += d.size(); size > maxAll {
			return fmt.Errorf("%s: plug-in %d: %w: the descriptions take more than %d bytes", l.plugin.Path(), i, crossplug.ErrBadImage, maxAll)
		}
		l.plugins = append(l.plugins, d)
	}
	return fmt.Errorf("%s: %w: it claims more than %d plug-ins", l.plugin.Path(), crossplug.ErrBadImage, maxPlugins)
}

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
		return nil, fmt.Errorf("%s: %w: it has no plug-ins", l.plugin.Path(), crossplug.ErrNotFound)
	case label == "":
		return nil, fmt.Errorf("%s: %w: it has %d plug-ins; say which: %s", l.plugin.Path(), crossplug.ErrNotFound, len(labels), strings.Join(labels, ", "))
	}
	return nil, fmt.Errorf("%s: %w: no plug-in is labelled %q; it has: %s", l.plugin.Path(), crossplug.ErrNotFound, label, strings.Join(labels, ", "))
}

// Plugin returns what the library was opened as: its path, architecture and
// runtime.
func (l *Library) Plugin() *crossplug.Plugin { return l.plugin }

// Close ends the library and all its instances.
func (l *Library) Close() error { return l.plugin.Close() }

// audio returns the thread on which the library's instances run.
func (l *Library) audio(ctx context.Context) (*crossplug.Thread, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.thread == nil {
		t, err := l.plugin.NewThread(ctx)
		if err != nil {
			return nil, err
		}
		l.thread = t
	}
	return l.thread, nil
}

// The fields of LADSPA_Descriptor, in order.
const (
	fieldUniqueID = iota
	fieldLabel
	fieldProperties
	fieldName
	fieldMaker
	fieldCopyright
	fieldPortCount
	fieldPortDescriptors
	fieldPortNames
	fieldPortRangeHints
	fieldImplementationData
	fieldInstantiate
	fieldConnectPort
	fieldActivate
	fieldRun
	fieldRunAdding
	fieldSetRunAddingGain
	fieldDeactivate
	fieldCleanup
)

var descriptorFields = []abi.Type{
	abi.ULong, abi.Pointer, abi.I32, abi.Pointer, abi.Pointer, abi.Pointer, abi.ULong, abi.Pointer, abi.Pointer, abi.Pointer,
	abi.Pointer, abi.Pointer, abi.Pointer, abi.Pointer, abi.Pointer, abi.Pointer, abi.Pointer, abi.Pointer, abi.Pointer,
}

// The signatures of its functions. LADSPA_Handle is a pointer, LADSPA_Data a
// float.
var (
	sigInstantiate = abi.MustParse("ptr (ptr, ulong)")
	sigConnectPort = abi.MustParse("void (ptr, ulong, ptr)")
	sigHandle      = abi.MustParse("void (ptr)")
	sigRun         = abi.MustParse("void (ptr, ulong)")
	sigGain        = abi.MustParse("void (ptr, f32)")
)

// functions are a plug-in's, some of them null.
type functions struct {
	instantiate, connectPort, activate, run, runAdding, setRunAddingGain, deactivate, cleanup crossplug.Proc
}

// readDescriptor reads one LADSPA_Descriptor and what it points to.
func readDescriptor(ctx context.Context, p *crossplug.Plugin, at crossplug.Pointer) (*Descriptor, error) {
	f, err := p.ReadStruct(ctx, at, descriptorFields...)
	if err != nil {
		return nil, err
	}
	ptr := func(i int) crossplug.Pointer { return crossplug.Pointer(f[i]) }
	text, err := p.ReadStrings(ctx, maxText, ptr(fieldLabel), ptr(fieldName), ptr(fieldMaker), ptr(fieldCopyright))
	if err != nil {
		return nil, err
	}
	d := &Descriptor{
		UniqueID: f[fieldUniqueID], Properties: Properties(f[fieldProperties]),
		Label: text[0], Name: text[1], Maker: text[2], Copyright: text[3], at: at,
	}
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%q: %w: %s", d.Label, crossplug.ErrBadImage, fmt.Sprintf(format, args...))
	}
	proc := func(i int, name string, sig abi.Signature) crossplug.Proc {
		return p.At(ptr(i), d.Label+": "+name, sig)
	}
	d.fn = functions{
		instantiate: proc(fieldInstantiate, "instantiate", sigInstantiate), connectPort: proc(fieldConnectPort, "connect_port", sigConnectPort),
		activate: proc(fieldActivate, "activate", sigHandle), run: proc(fieldRun, "run", sigRun),
		runAdding: proc(fieldRunAdding, "run_adding", sigRun), setRunAddingGain: proc(fieldSetRunAddingGain, "set_run_adding_gain", sigGain),
		deactivate: proc(fieldDeactivate, "deactivate", sigHandle), cleanup: proc(fieldCleanup, "cleanup", sigHandle),
	}
	for _, fn := range []crossplug.Proc{d.fn.instantiate, d.fn.connectPort, d.fn.run} {
		if fn.Pointer() == 0 {
			return nil, bad("it has no function %s", strings.TrimPrefix(fn.Name, d.Label+": "))
		}
	}
	if f[fieldPortCount] > maxPorts {
		return nil, bad("it claims %d ports (at most %d)", f[fieldPortCount], maxPorts)
	}
	n := int(f[fieldPortCount])
	if n > 0 && (f[fieldPortDescriptors] == 0 || f[fieldPortNames] == 0 || f[fieldPortRangeHints] == 0) {
		return nil, bad("it has %d ports and does not describe them", n)
	}
	return d, d.readPorts(ctx, p, n, ptr(fieldPortDescriptors), ptr(fieldPortNames), ptr(fieldPortRangeHints))
}

// readPorts reads the three arrays that describe n ports.
func (d *Descriptor) readPorts(ctx context.Context, p *crossplug.Plugin, n int, descriptors, names, hints crossplug.Pointer) error {
	if n == 0 {
		return nil
	}
	kinds, err := p.ReadArray(ctx, descriptors, abi.I32, n, maxPorts)
	if err != nil {
		return err
	}
	at, err := p.ReadArray(ctx, names, abi.Pointer, n, maxPorts)
	if err != nil {
		return err
	}
	pointers := make([]crossplug.Pointer, n)
	for i, a := range at {
		pointers[i] = crossplug.Pointer(a)
	}
	text, err := p.ReadStrings(ctx, maxText, pointers...)
	if err != nil {
		return err
	}
	// LADSPA_PortRangeHint is an int and two floats: three words everywhere.
	words, err := p.ReadArray(ctx, hints, abi.U32, 3*n, 3*maxPorts)
	if err != nil {
		return err
	}
	for i := range n {
		port, err := newPort(i, text[i], uint32(kinds[i]), words[3*i:3*i+3])
		if err != nil {
			return fmt.Errorf("%q: %w", d.Label, err)
		}
		d.Ports = append(d.Ports, port)
	}
	return nil
}

// size is about how much memory the description takes, in bytes.
func (d *Descriptor) size() int {
	n := len(d.Label) + len(d.Name) + len(d.Maker) + len(d.Copyright)
	for _, p := range d.Ports {
		n += portSize + len(p.Name)
	}
	return n
}
