package exercise

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/crossplug/crossplug"
	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/glue"
)

// TestMisbehaviour makes the plug-in break every rule that it can. The side that
// did it is told, this one is told of it, and nothing else happens.
func TestMisbehaviour(t *testing.T) {
	eachArch(t, func(t *testing.T, p *Plugin, h *host) {
		h.misbehaves = true
		ctx := t.Context()
		do := func(m Misdeed) int32 {
			t.Helper()
			return must[int32](t)(p.Misbehave(ctx, m))
		}
		calls := 0
		must[int32](t)(p.Each(ctx, 1, func(context.Context, int32) int32 { calls++; return 0 }))
		do(MisdeedCallAfterCall)
		reported(t, p, glue.ErrReleased)

		i := must[Instance](t)(p.Open(ctx, "i"))
		listening := must[*glue.Registration](t)(i.Listen(ctx, func(context.Context, Instance, string) { calls++ }))
		must[uint32](t)(i.Emit(ctx, "x"))
		if err := listening.Release(ctx); err != nil {
			t.Error(err)
		}
		do(MisdeedCallAfterRelease)
		reported(t, p, glue.ErrReleased)

		v := must[Voice](t)(i.VoiceNew(ctx, 1))
		curve := must[*glue.Registration](t)(v.SetCurve(ctx, func(context.Context, float64) float64 { calls++; return 5 }))
		if err := curve.Release(ctx); err != nil {
			t.Error(err)
		}
		equal(t, "a released trampoline", do(MisdeedCallTrampolineAfter), int32(0))
		reported(t, p, glue.ErrReleased)

		if err := p.Later(ctx, 1, func(context.Context, int32) { calls++ }); err != nil {
			t.Error(err)
		}
		must[uint32](t)(p.Poll(ctx))
		do(MisdeedCallTwice)
		reported(t, p, glue.ErrReleased)
		equal(t, "calls", calls, 3)

		equal(t, "a closed session", do(MisdeedUseClosedSession), int32(-1))
		reported(t, p, glue.ErrStale)
		equal(t, "sessions", h.sessions, 0)
		equal(t, "a session that never was", do(MisdeedUseWrongSession), int32(-1))
		reported(t, p, glue.ErrStale)
		equal(t, "too much", do(MisdeedTooLong), int32(-1))
		reported(t, p, glue.ErrTooLong)
		do(MisdeedMainFromThread)
		reported(t, p, glue.ErrWrongThread)
		equal(t, "calls on the main thread", h.onMain, 0)
		equal(t, "a thread of the plug-in's own", do(MisdeedAnyFromThread), int32(100))
		do(MisdeedBadCount)
		if _, err := p.Divisors(ctx, 12, 10); !errors.Is(err, glue.ErrTooLong) {
			t.Errorf("a count beyond the room: %v", err)
		}
		do(MisdeedCallLegacy)
		reported(t, p, glue.ErrNotProvided)
		equal(t, "after all that", must[float64](t)(p.Mix(ctx, 1, 2)), 3.0)
	})
}

func TestThreads(t *testing.T) {
	eachArch(t, func(t *testing.T, p *Plugin, h *host) {
		ctx := t.Context()
		for range 3 { // the same one always
			equal(t, "main", must[int32](t)(p.MainOnly(ctx)), int32(1))
		}
		i := must[Instance](t)(p.Open(ctx, "i"))
		thread := must[*glue.Thread](t)(p.NewThread(ctx))
		in, out := []float32{1, -2, 3.5}, make([]float32, 3)
		if err := i.Render(ctx, thread, in, out); err != nil || out[2] != 7 {
			t.Errorf("rendered %v, %v", out, err)
		}
		if err := i.Render(ctx, thread, in, out[:2]); !errors.Is(err, glue.ErrMalformed) {
			t.Errorf("slices of two lengths: %v", err)
		}
		if err := i.Render(ctx, nil, in, out); !errors.Is(err, glue.ErrWrongThread) {
			t.Errorf("without a thread: %v", err)
		}
		// A batch on a thread of the wrong class, and past the check of this side.
		call := p.link.BeginOn(ctx, thread, fnMainOnly, 0)
		call.Cross()
		if err := call.End(); !errors.Is(err, glue.ErrWrongThread) {
			t.Errorf("a main function on a real-time thread: %v", err)
		}

		var group sync.WaitGroup // more than there are threads
		for n := range 20 {
			group.Go(func() {
				for range 5 {
					if v, err := p.Mix(ctx, float32(n), 1); err != nil || v != float64(n)+1 {
						t.Errorf("%d + 1 = %v, %v", n, v, err)
					}
					if v, err := p.Each(ctx, 3, func(ctx context.Context, v int32) int32 {
						r, err := p.Recurse(ctx, v)
						if err != nil || r != v {
							t.Errorf("nested: %d, %v", r, err)
						}
						return 0
					}); err != nil || v != 0 {
						t.Errorf("each: %d, %v", v, err)
					}
				}
			})
		}
		group.Wait()
		h.misbehaves = true // the dispatcher refused something
	})
}

func TestBatch(t *testing.T) {
	eachArch(t, func(t *testing.T, p *Plugin, h *host) {
		ctx := t.Context()
		unit := must[*Unit](t)(p.UnitGet(ctx, 0))
		note := must[Note](t)(unit.Start(ctx, 2))
		thread := must[*glue.Thread](t)(p.NewThread(ctx))
		b := thread.NewBatch()
		defer b.Close()
		for range 3 { // used again
			var sums [4]float64
			var ran uint32
			samples := make([]float32, 2)
			for i := range sums {
				if err := p.BatchMix(ctx, b, float32(i), 0.5, &sums[i]); err != nil {
					t.Fatal(err)
				}
			}
			if err := errors.Join(note.BatchRun(ctx, b, samples, &ran), p.BatchMix(ctx, b, 1, 1, nil), b.Run(ctx)); err != nil {
				t.Fatal(err)
			}
			equal(t, "batch", []any{sums, ran, samples[1] - samples[0], b.Len()}, []any{[4]float64{0.5, 1.5, 2.5, 3.5}, uint32(2), float32(0.5), 0})
		}
		if err := note.Stop(ctx); err != nil {
			t.Error(err)
		}
		var sum float64
		if err := errors.Join(note.BatchRun(ctx, b, nil, nil), p.BatchMix(ctx, b, 1, 1, &sum)); err != nil {
			t.Error(err)
		}
		if err := b.Run(ctx); !errors.Is(err, glue.ErrStale) || sum != 2 {
			t.Errorf("a batch with a stopped note: %v, %v", sum, err)
		}
	})
}

func TestSharedMemory(t *testing.T) {
	eachArch(t, func(t *testing.T, p *Plugin, h *host) {
		ctx := t.Context()
		samples, err := glue.NewShared[float32](p.Link(), 100)
		if err != nil {
			t.Fatal(err)
		}
		samples.Write(1, []float32{1, -2.5})
		if err := p.Gain(ctx, samples, 2); err != nil {
			t.Error(err)
		}
		got := make([]float32, 4)
		equal(t, "read", samples.Read(0, got), 4)
		equal(t, "gain", got, []float32{0, 2, -5, 0})
		data, err := glue.NewShared[uint16](p.Link(), 3)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "written", data.Write(1, []uint16{256, 1, 99}), 2)
		equal(t, "checksum", must[uint32](t)(p.Checksum(ctx, data)), uint32(257))
		if err := p.Gain(ctx, nil, 1); !errors.Is(err, glue.ErrMalformed) {
			t.Errorf("nil: %v", err)
		}
		i := must[Instance](t)(p.Open(ctx, "i"))
		if err := i.Connect(ctx, samples); err != nil { // the plug-in keeps it
			t.Error(err)
		}
		samples.Write(0, []float32{0.5, 1, 2})
		equal(t, "connected", must[float64](t)(i.Connected(ctx, 3)), 3.5)
		equal(t, "empty state", len(must[[]uint8](t)(i.Save(ctx))), 0)
		if err := i.Restore(ctx, []byte("state")); err != nil {
			t.Error(err)
		}
		equal(t, "state", string(must[[]uint8](t)(i.Save(ctx))), "state")
		if _, err := p.Fail(ctx, 3); !errors.Is(err, glue.ErrFailed) {
			t.Errorf("a negative result: %v", err)
		}
		equal(t, "a positive result", must[int32](t)(p.Fail(ctx, -3)), int32(3))
		equal(t, "since 1.1", must[int32](t)(p.Since11(ctx, 1)), int32(12))
		if err := errors.Join(samples.Free(), data.Free()); err != nil {
			t.Error(err)
		}
	})
}

// TestCrash ends plug-ins inside calls, also inside calls back to this program,
// which goes on.
func TestCrash(t *testing.T) {
	eachArch(t, func(t *testing.T, p *Plugin, h *host) {
		ctx := t.Context()
		_, err := p.Each(ctx, 1, func(ctx context.Context, _ int32) int32 {
			_, err := p.Misbehave(ctx, MisdeedCrash)
			if !errors.Is(err, crossplug.ErrCrashed) {
				t.Errorf("inside: %v", err)
			}
			return 0
		})
		if !errors.Is(err, crossplug.ErrCrashed) {
			t.Errorf("outside: %v", err)
		}
		if _, err := p.Mix(ctx, 1, 2); !errors.Is(err, crossplug.ErrCrashed) {
			t.Errorf("afterwards: %v", err)
		}
		again, _ := begin(t, p.Link().Plugin().Arch())
		equal(t, "opened again", must[float64](t)(again.Mix(ctx, 1, 2)), 3.0)
	})
}

func TestHang(t *testing.T) {
	p, _ := begin(t, arch.Host(), crossplug.CallTimeout(3*time.Second))
	if _, err := p.Misbehave(t.Context(), MisdeedHang); !errors.Is(err, crossplug.ErrHung) {
		t.Errorf("got %v", err)
	}
}

// TestNoAllocation is about the real-time path.
func TestNoAllocation(t *testing.T) {
	p, _ := begin(t, arch.Host())
	ctx := t.Context()
	i := must[Instance](t)(p.Open(ctx, "i"))
	thread := must[*glue.Thread](t)(p.NewThread(ctx))
	in, out := make([]float32, 64), make([]float32, 64)
	b := thread.NewBatch()
	var sum float64
	for what, f := range map[string]func() error{
		"a call": func() error { return i.Render(ctx, thread, in, out) },
		"a call on any thread": func() error {
			_, err := p.Mix(ctx, 1, 2)
			return err
		},
		"a batch": func() error {
			for range 4 {
				if err := p.BatchMix(ctx, b, 1, 2, &sum); err != nil {
					return err
				}
			}
			return b.Run(ctx)
		},
	} {
		if n := testing.AllocsPerRun(100, func() {
			if err := f(); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", what, n)
		}
	}
}
