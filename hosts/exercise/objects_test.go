package exercise

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/crossplug/crossplug/glue"
)

func TestHandles(t *testing.T) {
	eachArch(t, func(t *testing.T, p *Plugin, h *host) {
		ctx := t.Context()
		i := must[Instance](t)(p.Open(ctx, "first"))
		if _, err := p.Open(ctx, ""); !errors.Is(err, glue.ErrFailed) {
			t.Errorf("a null handle: %v", err)
		}
		equal(t, "name", must[string](t)(i.Name(ctx)), "first")
		equal(t, "no voices", len(must[[]Voice](t)(i.Voices(ctx))), 0)
		a, b := must[Voice](t)(i.VoiceNew(ctx, 60)), must[Voice](t)(i.VoiceNew(ctx, 67))
		equal(t, "voices", must[[]Voice](t)(i.Voices(ctx)), []Voice{a, b})
		equal(t, "pitches", must[int32](t)(p.PitchSum(ctx, []Voice{a, b, b})), int32(60+2*67))
		equal(t, "owner", must[Instance](t)(b.Owner(ctx)), i)

		session := must[Session](t)(h.Open(ctx, "mine"))
		equal(t, "no session", must[Session](t)(i.SessionOf(ctx)), Session(nil))
		if err := i.Join(ctx, session); err != nil {
			t.Error(err)
		}
		equal(t, "session", must[Session](t)(i.SessionOf(ctx)), session)
		if err := i.Join(ctx, nil); err != nil {
			t.Error(err)
		}
		equal(t, "no session again", must[Session](t)(i.SessionOf(ctx)), Session(nil))

		if err := a.Free(ctx); err != nil {
			t.Error(err)
		}
		if _, err := a.Pitch(ctx); !errors.Is(err, glue.ErrStale) {
			t.Errorf("a freed voice: %v", err)
		}
		if err := a.Free(ctx); !errors.Is(err, glue.ErrStale) {
			t.Errorf("freed twice: %v", err)
		}
		if err := i.Close(ctx); err != nil {
			t.Error(err)
		}
		if _, err := b.Pitch(ctx); !errors.Is(err, glue.ErrStale) {
			t.Errorf("a voice of a closed instance: %v", err)
		}
		if _, err := i.Name(ctx); !errors.Is(err, glue.ErrStale) {
			t.Errorf("a closed instance: %v", err)
		}
		if _, err := (Instance{}).Name(ctx); !errors.Is(err, glue.ErrMalformed) {
			t.Errorf("a null instance: %v", err)
		}
		other, _ := begin(t, p.Link().Plugin().Arch())
		if _, err := other.PitchSum(ctx, []Voice{b}); !errors.Is(err, glue.ErrStale) {
			t.Errorf("another plug-in's voice: %v", err)
		}
		h.misbehaves = true
	})
}

func TestTables(t *testing.T) {
	eachArch(t, func(t *testing.T, p *Plugin, h *host) {
		ctx := t.Context()
		counter, adder := must[*Unit](t)(p.UnitGet(ctx, 0)), must[*Unit](t)(p.UnitGet(ctx, 1))
		if u, err := p.UnitGet(ctx, 2); u != nil || err != nil {
			t.Errorf("a third unit: %v, %v", u, err)
		}
		equal(t, "data", []any{counter.Id, counter.Name, counter.Ports, adder.Name, adder.Ports},
			[]any{uint32(1), "counter", []Port{{"gain", -1, 1}, {"rate", 0.5, 1e300}}, "adder", []Port(nil)})
		equal(t, "functions", []bool{counter.HasReset(), counter.HasExtra(), adder.HasReset(), adder.HasExtra()}, []bool{true, true, false, false})
		equal(t, "extra", must[int32](t)(counter.Extra(ctx, 41)), int32(42))
		if _, err := adder.Extra(ctx, 1); !errors.Is(err, glue.ErrNotProvided) {
			t.Errorf("a function that the table has not: %v", err)
		}
		note := must[Note](t)(counter.Start(ctx, 4))
		other := must[Note](t)(adder.Start(ctx, 4))
		thread := must[*glue.Thread](t)(p.NewThread(ctx))
		samples := make([]float32, 4)
		equal(t, "run", must[uint32](t)(note.Run(ctx, thread, samples)), uint32(4))
		equal(t, "samples", samples, []float32{0, 0.25, 0.5, 0.75})
		must[uint32](t)(other.Run(ctx, thread, samples))
		equal(t, "added", samples, []float32{20, 20.25, 20.5, 20.75})
		if err := note.Reset(ctx); err != nil {
			t.Error(err)
		}
		if err := other.Reset(ctx); !errors.Is(err, glue.ErrNotProvided) {
			t.Errorf("a null function: %v", err)
		}
		if err := note.Stop(ctx); err != nil {
			t.Error(err)
		}
		if _, err := note.Run(ctx, thread, samples); !errors.Is(err, glue.ErrStale) {
			t.Errorf("a stopped note: %v", err)
		}

		var noted string
		services := &Services{Version: 41,
			Add:  func(ctx context.Context, a, b int32) (int32, error) { return a + b, nil },
			Note: func(ctx context.Context, text string) error { noted = text; return nil },
		}
		equal(t, "services", must[Status](t)(p.UseServices(ctx, services)), Status(42))
		equal(t, "noted", noted, "added")
		services = &Services{Version: 1, Add: services.Add}
		equal(t, "services without notes", must[Status](t)(p.UseServices(ctx, services)), Status(2))
		h.misbehaves = true
	})
}

func TestCallbacks(t *testing.T) {
	eachArch(t, func(t *testing.T, p *Plugin, h *host) {
		ctx := t.Context()
		var seen []int32
		stop := func(ctx context.Context, v int32) int32 {
			seen = append(seen, v)
			return max(v-2, 0)
		}
		equal(t, "each", must[int32](t)(p.Each(ctx, 10, stop)), int32(1))
		equal(t, "seen", seen, []int32{0, 1, 2, 3})
		numbers := []int32{5, -1, 3, 1 << 30, 0}
		if err := p.Sort(ctx, numbers, func(ctx context.Context, a, b int32) int32 { return b - a }); err != nil {
			t.Error(err)
		}
		equal(t, "sorted", slices.IsSortedFunc(numbers, func(a, b int32) int { return int(b) - int(a) }), true)
		equal(t, "in a struct", must[int32](t)(p.HandleAll(ctx, &Handlers{Visit: func(ctx context.Context, v int32) int32 { return v }, Scale: 10}, 4)), int32(60))
		if err := p.Sort(ctx, numbers, nil); !errors.Is(err, glue.ErrMalformed) {
			t.Errorf("a nil callback: %v", err)
		}

		i := must[Instance](t)(p.Open(ctx, "i"))
		var events []string
		listen := func(name string) *glue.Registration {
			return must[*glue.Registration](t)(i.Listen(ctx, func(ctx context.Context, from Instance, event string) {
				own, err := from.Name(ctx) // nested
				events = append(events, fmt.Sprint(name, " ", own, " ", event, " ", err))
			}))
		}
		one := listen("one")
		listen("two")
		equal(t, "listeners", must[uint32](t)(i.Emit(ctx, "x")), uint32(2))
		equal(t, "events", events, []string{"one i x <nil>", "two i x <nil>"})
		if err := one.Release(ctx); err != nil {
			t.Error(err)
		}
		if err := one.Release(ctx); err != nil {
			t.Error(err)
		}
		equal(t, "no listeners", must[uint32](t)(i.Emit(ctx, "y")), uint32(0))

		v := must[Voice](t)(i.VoiceNew(ctx, 1))
		for range 100 { // trampolines are used again
			curve := must[*glue.Registration](t)(v.SetCurve(ctx, func(ctx context.Context, x float64) float64 { return x * x }))
			equal(t, "curve", must[float64](t)(v.ApplyCurve(ctx, -1.5)), 2.25)
			if err := curve.Release(ctx); err != nil {
				t.Fatal(err)
			}
		}
		equal(t, "no curve", must[float64](t)(v.ApplyCurve(ctx, -1.5)), -1.5)

		var results []int32
		for r := range int32(3) {
			if err := p.Later(ctx, r, func(ctx context.Context, v int32) { results = append(results, v+10*r) }); err != nil {
				t.Error(err)
			}
		}
		equal(t, "finished", must[uint32](t)(p.Poll(ctx)), uint32(3))
		equal(t, "results", results, []int32{0, 11, 22})

		var lines []string
		if err := p.SetLogger(ctx, func(ctx context.Context, line string) { lines = append(lines, line) }); err != nil {
			t.Error(err)
		}
		for _, line := range []string{"a", "b"} {
			if err := p.Log(ctx, line); err != nil {
				t.Error(err)
			}
		}
		equal(t, "log", lines, []string{"a", "b"})
		if err := errors.Join(p.SetLogger(ctx, nil), p.Log(ctx, "c"), i.Close(ctx)); err != nil {
			t.Error(err)
		}
		equal(t, "log after", lines, []string{"a", "b"})
	})
}

func TestHost(t *testing.T) {
	eachArch(t, func(t *testing.T, p *Plugin, h *host) {
		ctx := t.Context()
		equal(t, "language", must[string](t)(p.Language(ctx)), "Français")
		equal(t, "placed", must[float64](t)(p.Place(ctx, 2.5, 4)), 6.5)
		equal(t, "visited", must[int32](t)(p.VisitHost(ctx, 5, 3)), int32(30))
		if err := p.Defer(ctx, 7); err != nil {
			t.Error(err)
		}
		equal(t, "deferred", must[int32](t)(p.Deferred(ctx)), int32(0))
		if err := h.tasks[0](ctx); err != nil {
			t.Error(err)
		}
		equal(t, "deferred", must[int32](t)(p.Deferred(ctx)), int32(7))

		timer := must[Timer](t)(p.StartTimer(ctx, 20, 4))
		equal(t, "timer", timer, Timer(h.timer))
		equal(t, "ticks", must[int32](t)(h.timer.tick(ctx, timer)), int32(4))
		equal(t, "ticks", must[int32](t)(h.timer.tick(ctx, timer)), int32(8))
		tick := h.timer.tick
		if err := p.StopTimer(ctx, timer); err != nil || !h.timer.stopped {
			t.Errorf("stopping: %v", err)
		}
		if _, err := tick(ctx, timer); !errors.Is(err, glue.ErrReleased) {
			t.Errorf("a tick after the end: %v", err)
		}

		must[int32](t)(p.SayFarewell(ctx))
		if err := h.farewells[0](ctx); err != nil {
			t.Error(err)
		}
		equal(t, "farewells", must[int32](t)(p.Farewells(ctx)), int32(1))

		s := must[Session](t)(h.Open(ctx, "mine"))
		if err := p.Store(ctx, s, "k", 1.5, 4); err != nil {
			t.Error(err)
		}
		equal(t, "stored", s.(*session).values["k"], []float64{1.5, 2.5, 3.5, 4.5})
		equal(t, "read", must[float64](t)(p.Stored(ctx, s, "k")), 12.0)
		equal(t, "nothing read", must[float64](t)(p.Stored(ctx, s, "none")), -1.0)
		var failure *glue.Failure
		if err := p.Store(ctx, s, "refused", 0, 1); !errors.As(err, &failure) || failure.Code != 77 {
			t.Errorf("the host's code: %v", err)
		}
		if err := p.Store(ctx, s, "broken", 0, 1); !errors.As(err, &failure) || failure.Code == 0 {
			t.Errorf("the host's error: %v", err)
		}
		reported(t, p, glue.ErrHandler)
		h.misbehaves = true // the dispatcher may tell, too
	})
}

// TestNesting goes a hundred calls deep, in turns, in either direction first.
func TestNesting(t *testing.T) {
	eachArch(t, func(t *testing.T, p *Plugin, h *host) {
		equal(t, "plug-in first", must[int32](t)(p.Recurse(t.Context(), 100)), int32(100))
		equal(t, "deepest", h.depth, int32(99))
		var depth func(ctx context.Context, left int32) int32
		depth = func(ctx context.Context, left int32) int32 { // by callbacks, in calls of callbacks
			if left == 0 {
				return 0
			}
			return 1 + must[int32](t)(p.Each(ctx, 1, func(ctx context.Context, _ int32) int32 { return depth(ctx, left-1) }))
		}
		equal(t, "callbacks", depth(t.Context(), 100), int32(100))
	})
}
