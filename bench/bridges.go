package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/bridge"
	"github.com/crossplug/crossplug/helper"
)

// The plug-in of bridged calls costs next to nothing itself: a gain.
const (
	gainFile  = "usr/lib/ladspa/amp_1181.so" // of Debian's swh-plugins
	gainLabel = "amp"
)

// bridgeGroup measures programs in C that load shims as any LADSPA host does:
// one instance as fast as it goes, and a hundred, all to be done before the
// next block of 64 frames is due.
func bridgeGroup(l *lab) []contestant {
	const grpc = "bridge/go-plugin-grpc"
	all := []contestant{
		{name: grpc, unit: microseconds, start: func(ctx context.Context) (running, error) { return startPeerCalls(grpcPeer) }},
	}
	for _, a := range helper.Archs() {
		name := fmt.Sprintf("bridge/call/%v", a)
		all = append(all,
			contestant{name: name, unit: microseconds, peers: []string{name + "/direct", grpc}, start: func(ctx context.Context) (running, error) {
				return l.startHost(ctx, a, "time", 1, "group")
			}},
			contestant{name: name + "/direct", unit: microseconds, start: func(ctx context.Context) (running, error) {
				return l.startHost(ctx, a, "time", 1, "")
			}})
	}
	for _, a := range []arch.Arch{arch.Host(), arch.LinuxI386, arch.LinuxS390X} {
		for _, how := range []string{"each", "group"} {
			name := fmt.Sprintf("bridge/100/%s/%v", how, a)
			all = append(all,
				contestant{name: name, unit: microseconds, peers: []string{"bridge/100/direct"}, start: func(ctx context.Context) (running, error) {
					return l.startHost(ctx, a, "time", 100, how)
				}},
				contestant{name: name + "/missed", unit: missed, count: 200, start: func(ctx context.Context) (running, error) {
					return l.startHost(ctx, a, "missed", 100, how)
				}})
		}
	}
	return append(all, contestant{name: "bridge/100/direct", unit: microseconds, start: func(ctx context.Context) (running, error) {
		return l.startHost(ctx, arch.Host(), "time", 100, "")
	}})
}

// missed counts blocks that were not done when the next one was due. A program
// reports each as a second.
var missed = unit{name: "missed/1000", of: func(s float64) float64 { return s * 1000 }}

// startHost starts the program with as many instances of the plug-in: each in a
// helper of its own, all in one, or, if how is "", in the program itself.
func (l *lab) startHost(ctx context.Context, a arch.Arch, mode string, instances int, how string) (running, error) {
	program, err := l.compile(ctx, arch.Host(), "deadlines.c", "-idirafter", "/usr/include", "-ldl")
	if how == "" && err == nil {
		program, err = l.compile(ctx, a, "deadlines.c", "-idirafter", "/usr/include", "-ldl")
	}
	if err != nil {
		return running{}, err
	}
	plugin, err := l.path(a, "/"+gainFile)
	if err != nil {
		return running{}, err
	}
	args := []string{mode, gainLabel, "48000", "64"}
	if how == "" {
		for range instances {
			args = append(args, plugin)
		}
		return l.meter(ctx, a, program, args...)
	}
	args[1] += "_" + a.String()
	files, err := copies(plugin, filepath.Join(l.dir, "bridged", a.String()), instances)
	if err != nil {
		return running{}, err
	}
	o := bridge.Options{Dir: filepath.Join(l.dir, "shims-"+how), Sysroots: l.store}
	if how == "group" {
		o.Group = "bench"
	}
	results, err := bridge.Add(ctx, o, files...)
	if err != nil {
		return running{}, err
	}
	for _, r := range results {
		if r.Err != nil {
			return running{}, r.Err
		}
		args = append(args, r.Shim)
	}
	return l.meter(ctx, arch.Host(), program, args...)
}

// copies makes copies of a file, which count as different plug-ins.
func copies(path, dir string, n int) ([]string, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	var files []string
	for i := range n {
		file := filepath.Join(dir, fmt.Sprintf("gain%d.so", i))
		if _, err := os.Stat(file); err != nil {
			if err := os.WriteFile(file, content, 0o644); err != nil {
				return nil, err
			}
		}
		files = append(files, file)
	}
	return files, nil
}
