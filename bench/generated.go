package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"github.com/crossplug/crossplug"
	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/hosts/exercise"
)

// generatedGroup measures calls by a generated package against the same calls
// written by hand: an integer's worth of arguments by Proc.Call, and blocks of
// samples on a pinned thread, which the hand-written code copies to shared
// memory in the plug-in's byte order itself.
func generatedGroup(l *lab) []contestant {
	var all []contestant
	for _, a := range []arch.Arch{arch.Host(), arch.LinuxS390X} {
		name := fmt.Sprintf("generated/%v/", a)
		all = append(all,
			contestant{name: name + "call", unit: microseconds, peers: []string{name + "call/by-hand"}, start: func(ctx context.Context) (running, error) {
				return l.startGeneratedCalls(ctx, a)
			}},
			contestant{name: name + "call/by-hand", unit: microseconds, start: func(ctx context.Context) (running, error) {
				return l.startCallsByHand(ctx, a)
			}})
		for _, frames := range []int{1, 64, 1024} {
			block := fmt.Sprintf("%sblock-%d", name, frames)
			all = append(all,
				contestant{name: block, unit: microseconds, peers: []string{block + "/by-hand"}, start: func(ctx context.Context) (running, error) {
					return l.startGeneratedBlocks(ctx, a, frames)
				}},
				contestant{name: block + "/by-hand", unit: microseconds, start: func(ctx context.Context) (running, error) {
					return l.startBlocksByHand(ctx, a, frames)
				}})
		}
	}
	return all
}

// noHost is a host that is never called.
type noHost struct{ exercise.Host }

func (l *lab) openGenerated(ctx context.Context, a arch.Arch) (*exercise.Plugin, error) {
	path, err := l.compile(ctx, a, "generated.c", "-shared", "-fPIC", "-nostdlib")
	if err != nil {
		return nil, err
	}
	return exercise.Open(ctx, path, noHost{}, crossplug.Sysroots(l.store))
}

func (l *lab) startGeneratedCalls(ctx context.Context, a arch.Arch) (running, error) {
	p, err := l.openGenerated(ctx, a)
	if err != nil {
		return running{}, err
	}
	return running{stop: func() { _ = p.Close() }, run: func(ctx context.Context, n int) (time.Duration, error) {
		begin := time.Now()
		for i := range n {
			v, err := p.Mix(ctx, float32(i&0xffff), 0.5)
			if err != nil {
				return 0, err
			}
			if err := expect(uint32(i&0xffff), uint32(v)); err != nil {
				return 0, err
			}
		}
		return time.Since(begin), nil
	}}, nil
}

func (l *lab) startCallsByHand(ctx context.Context, a arch.Arch) (running, error) {
	p, err := l.openGenerated(ctx, a)
	if err != nil {
		return running{}, err
	}
	stop := func() { _ = p.Close() }
	mix, err := p.Link().Plugin().Lookup(ctx, "ex_mix", "f64 (f32, f64)")
	if err != nil {
		stop()
		return running{}, err
	}
	return running{stop: stop, run: func(ctx context.Context, n int) (time.Duration, error) {
		begin := time.Now()
		for i := range n {
			v, err := mix.Call(ctx, float32(i&0xffff), 0.5)
			if err != nil {
				return 0, err
			}
			if err := expect(uint32(i&0xffff), uint32(v.Float())); err != nil {
				return 0, err
			}
		}
		return time.Since(begin), nil
	}}, nil
}

func (l *lab) startGeneratedBlocks(ctx context.Context, a arch.Arch, frames int) (running, error) {
	p, err := l.openGenerated(ctx, a)
	if err != nil {
		return running{}, err
	}
	stop := func() { _ = p.Close() }
	instance, err := p.Open(ctx, "one")
	if err != nil {
		stop()
		return running{}, err
	}
	thread, err := p.NewThread(ctx)
	if err != nil {
		stop()
		return running{}, err
	}
	in, out := make([]float32, frames), make([]float32, frames)
	return running{stop: stop, run: func(ctx context.Context, n int) (time.Duration, error) {
		if err := thread.Pin(ctx); err != nil {
			return 0, err
		}
		defer thread.Unpin()
		begin := time.Now()
		for i := range n {
			in[frames-1] = float32(i & 0xffff)
			if err := instance.Render(ctx, thread, in, out); err != nil {
				return 0, err
			}
			if err := expect(2*uint32(i&0xffff), uint32(out[frames-1])); err != nil {
				return 0, err
			}
		}
		return time.Since(begin), nil
	}}, nil
}

func (l *lab) startBlocksByHand(ctx context.Context, a arch.Arch, frames int) (running, error) {
	generated, err := l.openGenerated(ctx, a)
	if err != nil {
		return running{}, err
	}
	stop := func() { _ = generated.Close() }
	p := generated.Link().Plugin()
	var thread *crossplug.Thread
	var shared *crossplug.Block
	render, err := p.Lookup(ctx, "ex_render", "void (ptr, ptr, ptr, u32)")
	if err == nil {
		thread, err = p.NewThread(ctx)
	}
	if err == nil {
		shared, err = p.Share(8 * frames)
	}
	if err != nil {
		stop()
		return running{}, err
	}
	in, out := make([]float32, frames), make([]float32, frames)
	there, back := shared.Bytes[:4*frames], shared.Bytes[4*frames:]
	order := p.Model().Order
	var batch crossplug.Batch
	return running{stop: stop, run: func(ctx context.Context, n int) (time.Duration, error) {
		if err := thread.Pin(ctx); err != nil {
			return 0, err
		}
		defer thread.Unpin()
		begin := time.Now()
		for i := range n {
			in[frames-1] = float32(i & 0xffff)
			if order == binary.ByteOrder(binary.BigEndian) {
				for j, v := range in {
					binary.BigEndian.PutUint32(there[4*j:], math.Float32bits(v))
				}
			} else {
				for j, v := range in {
					binary.LittleEndian.PutUint32(there[4*j:], math.Float32bits(v))
				}
			}
			batch.Reset()
			if err := batch.Add(render.Procedure, 0, uint64(shared.Address), uint64(shared.Address)+uint64(4*frames), uint64(frames)); err != nil {
				return 0, err
			}
			if err := thread.Run(ctx, &batch); err != nil {
				return 0, err
			}
			if order == binary.ByteOrder(binary.BigEndian) {
				for j := range out {
					out[j] = math.Float32frombits(binary.BigEndian.Uint32(back[4*j:]))
				}
			} else {
				for j := range out {
					out[j] = math.Float32frombits(binary.LittleEndian.Uint32(back[4*j:]))
				}
			}
			if err := expect(2*uint32(i&0xffff), uint32(out[frames-1])); err != nil {
				return 0, err
			}
		}
		return time.Since(begin), nil
	}}, nil
}
