package main

import (
	"context"
	"fmt"
	"time"

	"github.com/crossplug/crossplug"
	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/helper"
)

// The names of the peers that calls are compared with.
const (
	floorCall  = "call/floor"
	grpcCall   = "call/go-plugin-grpc"
	netrpcCall = "call/go-plugin-netrpc"
)

// spins is how often a spinning side looks before it sleeps: some 50 µs.
const spins = 20000

// callGroup measures a call and its return, with one integer each way and
// nothing done in between.
//
// Placement decides. Free: Proc.Call, the scheduler places both sides.
// Pinned: both on one processor, which switches between them. Spinning: each
// has a processor and looks for its turn instead of sleeping.
func callGroup(l *lab) []contestant {
	all := []contestant{
		{name: floorCall, unit: microseconds, start: func(ctx context.Context) (running, error) {
			program, err := l.compile(ctx, arch.Host(), "floor.c")
			if err != nil {
				return running{}, err
			}
			return l.meter(ctx, arch.Host(), program)
		}},
		{name: grpcCall, unit: microseconds, start: func(ctx context.Context) (running, error) { return startPeerCalls(grpcPeer) }},
		{name: netrpcCall, unit: microseconds, start: func(ctx context.Context) (running, error) { return startPeerCalls(netrpcPeer) }},
	}
	for _, placement := range []string{"pinned", "spinning", "free"} {
		for _, a := range helper.Archs() {
			all = append(all, contestant{
				name:  fmt.Sprintf("call/%s/%v", placement, a),
				unit:  microseconds,
				peers: []string{grpcCall, netrpcCall, floorCall},
				start: func(ctx context.Context) (running, error) {
					return l.startCalls(ctx, a, placement)
				},
			})
		}
	}
	return all
}

func (l *lab) startCalls(ctx context.Context, a arch.Arch, placement string) (running, error) {
	path, err := l.compile(ctx, a, "same.c", "-shared", "-fPIC", "-nostdlib")
	if err != nil {
		return running{}, err
	}
	plugin, err := crossplug.Open(ctx, path, crossplug.Sysroots(l.store))
	if err != nil {
		return running{}, err
	}
	stop := func() { _ = plugin.Close() }
	same, err := plugin.Lookup(ctx, "same", "u32 (u32)")
	if err != nil {
		stop()
		return running{}, err
	}
	if placement == "free" {
		return running{stop: stop, run: func(ctx context.Context, n int) (time.Duration, error) {
			begin := time.Now()
			for i := range n {
				v, err := same.Call(ctx, uint32(i))
				if err != nil {
					return 0, err
				}
				if err := expect(uint32(i), uint32(v.Uint())); err != nil {
					return 0, err
				}
			}
			return time.Since(begin), nil
		}}, nil
	}
	thread, err := plugin.NewThread(ctx)
	if err != nil {
		stop()
		return running{}, err
	}
	if placement == "spinning" {
		thread.SetSpin(spins)
	}
	var batch crossplug.Batch
	return running{stop: stop, run: func(ctx context.Context, n int) (time.Duration, error) {
		// Pinned for the round only: the others' rounds are not to share its processor.
		if placement == "pinned" {
			if err := thread.Pin(ctx); err != nil {
				return 0, err
			}
			defer thread.Unpin()
		}
		begin := time.Now()
		for i := range n {
			batch.Reset()
			if err := batch.Add(same.Procedure, uint64(uint32(i))); err != nil {
				return 0, err
			}
			if err := thread.Run(ctx, &batch); err != nil {
				return 0, err
			}
			if err := expect(uint32(i), uint32(batch.Results[0])); err != nil {
				return 0, err
			}
		}
		return time.Since(begin), nil
	}}, nil
}

// expect checks that a call was made, and not something faster.
func expect(want, got uint32) error {
	if got != want {
		return fmt.Errorf("sent %d, got %d back", want, got)
	}
	return nil
}
