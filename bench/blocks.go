package main

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/crossplug/crossplug"
	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/helper"
	"github.com/crossplug/crossplug/hosts/ladspa"
)

// The plug-in that processes blocks: a stereo compressor, of middling cost.
const (
	pluginFile  = "usr/lib/ladspa/sc4_1882.so" // of Debian's swh-plugins
	pluginLabel = "sc4"
	sampleRate  = 48000
)

// blockGroup measures blocks of audio through a plug-in, both on one processor,
// against a C program that loads the same file into its own process, under the
// same emulator: what remains of the difference is the crossing and the copying.
func blockGroup(l *lab) []contestant {
	var all []contestant
	for _, a := range helper.Archs() {
		for _, frames := range []int{64, 256, 1024} {
			name := fmt.Sprintf("block/%v/%d", a, frames)
			all = append(all,
				contestant{name: name, unit: microseconds, peers: []string{name + "/in-process"}, start: func(ctx context.Context) (running, error) {
					return l.startChain(ctx, a, frames, 1, 1)
				}},
				contestant{name: name + "/in-process", unit: microseconds, start: func(ctx context.Context) (running, error) {
					return l.startInProcess(ctx, a, frames, 1)
				}})
		}
	}
	return all
}

// many is how many plug-ins batchGroup runs.
const many = 32

// batchGroup measures many plug-ins on a block each: in one helper, which one
// wake-up lets run them all, in a helper each, and in no helper.
func batchGroup(l *lab) []contestant {
	const frames = 64
	var all []contestant
	for _, a := range []arch.Arch{arch.Host(), arch.LinuxS390X} {
		name := fmt.Sprintf("batch/%v/", a)
		all = append(all,
			contestant{name: name + "one-helper", unit: microseconds, peers: []string{name + "helper-each", name + "in-process"}, start: func(ctx context.Context) (running, error) {
				return l.startChain(ctx, a, frames, 1, many)
			}},
			contestant{name: name + "helper-each", unit: microseconds, peers: []string{name + "in-process"}, start: func(ctx context.Context) (running, error) {
				return l.startChain(ctx, a, frames, many, 1)
			}},
			contestant{name: name + "in-process", unit: microseconds, start: func(ctx context.Context) (running, error) {
				return l.startInProcess(ctx, a, frames, many)
			}})
	}
	return all
}

// pluginPath finds the plug-in's file for an architecture.
func (l *lab) pluginPath(a arch.Arch) (string, error) { return l.path(a, "/"+pluginFile) }

// path finds an architecture's file of a Debian package.
func (l *lab) path(a arch.Arch, file string) (string, error) {
	if a == arch.Host() {
		return file, nil
	}
	tree, err := l.store.Lookup(a)
	if err != nil {
		return "", err
	}
	return tree.Path(file), nil
}

func (l *lab) openPlugin(ctx context.Context, a arch.Arch) (*ladspa.Library, *ladspa.Descriptor, error) {
	path, err := l.pluginPath(a)
	if err != nil {
		return nil, nil, err
	}
	library, err := ladspa.Open(ctx, path, crossplug.Sysroots(l.store))
	if err != nil {
		return nil, nil, err
	}
	d, err := library.Find(pluginLabel)
	if err != nil {
		_ = library.Close()
	}
	return library, d, err
}

// startChain makes a chain of as many helpers, with as many instances in each.
func (l *lab) startChain(ctx context.Context, a arch.Arch, frames, helpers, instances int) (running, error) {
	var libraries []*ladspa.Library
	var stages []*ladspa.Stage
	stop := func() {
		for _, library := range libraries {
			_ = library.Close()
		}
	}
	channels := 2 * instances
	for range helpers {
		library, d, err := l.openPlugin(ctx, a)
		if err != nil {
			stop()
			return running{}, err
		}
		libraries = append(libraries, library)
		stage, err := library.NewStage(ctx, d, sampleRate, frames, channels)
		if err != nil {
			stop()
			return running{}, err
		}
		stages = append(stages, stage)
	}
	chain := ladspa.NewChain(stages...)
	block := make([][]float32, channels)
	for c := range block {
		block[c] = noise(frames)
	}
	return running{stop: stop, run: func(ctx context.Context, n int) (time.Duration, error) {
		if err := chain.Pin(ctx); err != nil {
			return 0, err
		}
		defer chain.Unpin()
		begin := time.Now()
		for range n {
			if _, err := chain.Process(ctx, block); err != nil {
				return 0, err
			}
		}
		return time.Since(begin), nil
	}}, nil
}

// startInProcess runs as many instances in a C program.
func (l *lab) startInProcess(ctx context.Context, a arch.Arch, frames, instances int) (running, error) {
	// ladspa.h is the same for all, but lies where only the native compiler looks.
	program, err := l.compile(ctx, a, "inprocess.c", "-idirafter", "/usr/include", "-ldl")
	if err != nil {
		return running{}, err
	}
	path, err := l.pluginPath(a)
	if err != nil {
		return running{}, err
	}
	// Control inputs get what they have on our side.
	library, d, err := l.openPlugin(ctx, a)
	if err != nil {
		return running{}, err
	}
	defer library.Close()
	instance, err := library.New(ctx, d, sampleRate, frames)
	if err != nil {
		return running{}, err
	}
	args := []string{path, strconv.Itoa(d.Index), strconv.Itoa(sampleRate), strconv.Itoa(frames), strconv.Itoa(instances)}
	for _, p := range d.Ports {
		if p.Control && p.Input {
			args = append(args, strconv.FormatUint(uint64(math.Float32bits(instance.Get(p.Index))), 16))
		}
	}
	return l.meter(ctx, a, program, args...)
}

// noise is white, at a quarter of full scale; inprocess.c makes the same.
func noise(frames int) []float32 {
	s := make([]float32, frames)
	state := uint32(1)
	for i := range s {
		state = state*1664525 + 1013904223
		s[i] = float32(int32(state)) / 8589934592
	}
	return s
}
