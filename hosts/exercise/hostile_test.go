package exercise

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/crossplug/crossplug"
	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/glue"
)

// TestHostileDispatcher uses the plug-in through a dispatcher that damages what
// it sends. Results mean nothing here; each call has to come back, with one of
// the errors that there are.
func TestHostileDispatcher(t *testing.T) {
	so := filepath.Join(t.TempDir(), "hostile.so")
	if out, err := exec.Command("gcc", "-std=gnu11", "-O1", "-shared", "-fPIC", "-I.", "-Ic", "-I../../generate/native", "-o", so, "loopback/hostile.c").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	image, err := os.ReadFile(so)
	if err != nil {
		t.Fatal(err)
	}
	hostile := definition
	hostile.Dispatcher = func(arch.Arch) ([]byte, error) { return image, nil }
	h := &host{misbehaves: true}
	p := &Plugin{host: h}
	h.plugin = p
	p.link = glue.NewLink(&hostile, p.serve)
	if err := p.link.Open(t.Context(), compile(t, arch.Host())); err != nil {
		t.Fatal(err)
	}
	defer p.Close()

	ctx := t.Context()
	statuses := map[error]int{}
	note := func(err error) {
		t.Helper()
		for _, known := range []error{glue.ErrMalformed, glue.ErrStale, glue.ErrTooLong, glue.ErrWrongThread, glue.ErrReleased, glue.ErrNotProvided, glue.ErrNoRoom, glue.ErrBadUnion, glue.ErrHandler, glue.ErrFailed} {
			if errors.Is(err, known) {
				statuses[known]++
				return
			}
		}
		switch {
		case errors.Is(err, crossplug.ErrCrashed), errors.Is(err, crossplug.ErrHung):
			t.Fatalf("the plug-in's process is lost: %v", err)
		case err != nil:
			t.Errorf("an error of no kind: %v", err)
		}
	}
	thread := must[*glue.Thread](t)(p.NewThread(ctx))
	for range 300 {
		note(workload(ctx, p, h, thread, note))
		for range len(p.Link().Reports()) {
			<-p.Link().Reports()
		}
	}
	for _, want := range []error{glue.ErrMalformed, glue.ErrStale, glue.ErrTooLong, glue.ErrNoRoom} { // what is rarer depends on chance
		if statuses[want] == 0 {
			t.Errorf("nothing was %v, so little was damaged (%v)", want, statuses)
		}
	}
}

// workload uses every kind of construct.
func workload(ctx context.Context, p *Plugin, h *host, thread *glue.Thread, note func(error)) error {
	i, err := p.Open(ctx, "name")
	note(err)
	_, err = i.Name(ctx)
	note(err)
	v, err := i.VoiceNew(ctx, 60)
	note(err)
	_, err = i.Voices(ctx)
	note(err)
	_, err = p.PitchSum(ctx, []Voice{v, v})
	note(err)
	_, err = p.EchoNumbers(ctx, &Numbers{I8: -1, F64: 1.5})
	note(err)
	_, err = p.UnitSquare(ctx)
	note(err)
	_, err = p.Convert(ctx, &Variant{Kind: 1}, 3)
	note(err)
	_, err = p.Primes(ctx)
	note(err)
	_, err = p.Constants(ctx)
	note(err)
	_, err = p.Greet(ctx, new("name"))
	note(err)
	unit, err := p.UnitGet(ctx, 0)
	note(err)
	if unit != nil {
		n, err := unit.Start(ctx, 2)
		note(err)
		_, err = n.Run(ctx, thread, make([]float32, 8))
		note(err)
		note(n.Stop(ctx))
	}
	_, err = p.Each(ctx, 5, func(ctx context.Context, v int32) int32 {
		_, err := p.Recurse(ctx, v)
		note(err)
		return 0
	})
	note(err)
	numbers := []int32{3, 1, 2}
	note(p.Sort(ctx, numbers, func(_ context.Context, a, b int32) int32 { return a - b }))
	r, err := i.Listen(ctx, func(ctx context.Context, from Instance, event string) {})
	note(err)
	_, err = i.Emit(ctx, "x")
	note(err)
	if r != nil {
		note(r.Release(ctx))
	}
	s, err := h.Open(ctx, "mine")
	note(err)
	note(p.Store(ctx, s, "k", 1.5, 4))
	_, err = p.Stored(ctx, s, "k")
	note(err)
	_, err = p.Place(ctx, 1, 2)
	note(err)
	_, err = p.VisitHost(ctx, 5, 3)
	note(err)
	note(v.Free(ctx))
	return i.Close(ctx)
}
