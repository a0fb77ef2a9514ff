package ladspa

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/crossplug/crossplug"
	"github.com/crossplug/crossplug/arch"
)

// ports opens testdata/ports.c, whose plug-ins have all shapes of ports.
func ports(t testing.TB, a arch.Arch, opts ...crossplug.Option) *Library {
	return open(t, compile(t, a, "ports.c", "-shared", "-fPIC"), opts...)
}

func find(t testing.TB, l *Library, label string) *Descriptor {
	t.Helper()
	d, err := l.Find(label)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func instance(t testing.TB, l *Library, label string, most int) *Instance {
	t.Helper()
	i, err := l.New(t.Context(), find(t, l, label), 48000, most)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// signal returns channels of a number of frames; channel c holds c+1.
func signal(channels, frames int) [][]float32 {
	s := make([][]float32, channels)
	for c := range s {
		s[c] = slices.Repeat([]float32{float32(c + 1)}, frames)
	}
	return s
}

// values returns what each channel holds, which must be the same in all frames.
func values(t testing.TB, channels [][]float32) []float32 {
	t.Helper()
	var v []float32
	for c, s := range channels {
		for i := range s {
			if s[i] != s[0] {
				t.Errorf("channel %d has %v in frame %d, and %v in frame 0", c, s[i], i, s[0])
				break
			}
		}
		if len(s) > 0 {
			v = append(v, s[0])
		}
	}
	return v
}

func TestBlockSizes(t *testing.T) {
	eachArch(t, func(t *testing.T, a arch.Arch) {
		ctx := t.Context()
		const most = 1000
		i := instance(t, ports(t, a), "3to2", most)
		if err := i.Set(0, 0.5); err != nil {
			t.Fatal(err)
		}
		for run, frames := range []int{0, 1, 2, 3, 7, 63, 64, 65, 999, most} {
			in, out := signal(3, frames), signal(2, frames)
			for c := range in { // not the same in each frame, and both byte orders of odd lengths
				for n := range in[c] {
					in[c][n] = float32(n * (c + 1))
				}
			}
			if err := i.Run(ctx, in, out); err != nil {
				t.Fatalf("%d frames: %v", frames, err)
			}
			for c := range out {
				for n, v := range out[c] {
					if want := float32(3*n + c); v != want {
						t.Fatalf("%d frames: output %d of frame %d is %v, want %v", frames, c, n, v, want)
					}
				}
			}
			if got := i.Get(1); got != float32(run+1) {
				t.Errorf("the control output is %v after %d runs", got, run+1)
			}
		}
		for _, tt := range []struct {
			in, out [][]float32
			want    string
		}{
			{signal(3, most+1), signal(2, most+1), "a block of 1001 frames (at most 1000)"},
			{signal(2, 8), signal(2, 8), "2 inputs and 2 outputs for a plug-in with 3 and 2"},
			{signal(3, 8), nil, "3 inputs and 0 outputs for a plug-in with 3 and 2"},
			{signal(3, 8), signal(2, 9), "channels of 8 and 9 frames"},
		} {
			if err := i.Run(ctx, tt.in, tt.out); !errors.Is(err, crossplug.ErrMismatch) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		}
	})
}

func TestRunAdding(t *testing.T) {
	eachArch(t, func(t *testing.T, a arch.Arch) {
		ctx := t.Context()
		l := ports(t, a)
		i := instance(t, l, "1to2", 16)
		out := signal(2, 5)
		for range 2 {
			if err := i.RunAdding(ctx, signal(1, 5), out, 0.25); err != nil {
				t.Fatal(err)
			}
		}
		if got := values(t, out); !slices.Equal(got, []float32{1 + 0.5*1, 2 + 0.5*2}) {
			t.Errorf("added to %v", got)
		}
		if err := i.RunAdding(ctx, signal(1, 5), signal(2, 4), 1); !errors.Is(err, crossplug.ErrMismatch) {
			t.Errorf("uneven channels: %v", err)
		}
		if err := instance(t, l, "2to2", 16).RunAdding(ctx, signal(2, 5), signal(2, 5), 1); !errors.Is(err, crossplug.ErrNotFound) {
			t.Errorf("without run_adding: %v", err)
		}
	})
}

func TestLifeOfAnInstance(t *testing.T) {
	ctx := t.Context()
	l := ports(t, arch.Host())
	i := instance(t, l, "1to1", 16)
	run := func() error { return i.Run(ctx, signal(1, 4), signal(1, 4)) }
	for want := range 3 {
		if got := i.Get(1); got != float32(want) {
			t.Errorf("%v runs, want %v", got, want)
		}
		if err := run(); err != nil {
			t.Fatal(err)
		}
	}
	if err := i.Deactivate(ctx); err != nil {
		t.Fatal(err)
	}
	if err := run(); err != nil || i.Get(1) != 1 {
		t.Errorf("after deactivation: %v, %v runs", err, i.Get(1))
	}
	for _, port := range []int{-1, 1, 2, 3, 4} {
		if err := i.Set(port, 0); !errors.Is(err, crossplug.ErrMismatch) {
			t.Errorf("setting port %d: %v", port, err)
		}
		if v := i.Get(port); port != 1 && v != 0 {
			t.Errorf("port %d is %v", port, v)
		}
	}
	for range 2 {
		if err := i.Close(ctx); err != nil {
			t.Error(err)
		}
	}
	for name, err := range map[string]error{"Run": run(), "Set": i.Set(0, 1), "Activate": i.Activate(ctx), "Deactivate": i.Deactivate(ctx)} {
		if name == "Deactivate" && err == nil { // nothing to do
			continue
		}
		if !errors.Is(err, crossplug.ErrClosed) {
			t.Errorf("%s of a closed instance: %v", name, err)
		}
	}
	// The plug-in numbers its instances: cleanup was called, once.
	if next := instance(t, l, "0to1", 16); next.Run(ctx, nil, signal(1, 1)) != nil {
		t.Error("the next does not run")
	} else if out := signal(1, 1); next.Run(ctx, nil, out) != nil || out[0][0] != 0 {
		t.Errorf("the next instance gives %v", out)
	}
}

func TestNewRefuses(t *testing.T) {
	l := ports(t, arch.Host())
	d := find(t, l, "1to1")
	for _, tt := range []struct {
		rate, most int
		mismatch   bool
		want       string
	}{
		{0, 64, true, "sample rate 0 Hz"},
		{-5, 64, true, "sample rate -5 Hz"},
		{48000, 0, true, "blocks of 0 frames"},
		{48000, 1 << 25, true, "blocks of 33554432 frames"},
		{48000, 1 << 24, false, "memory for 4 ports and blocks of 16777216 frames"},
		{1, 64, false, "refuses to work at 1 Hz"},
	} {
		_, err := l.New(t.Context(), d, tt.rate, tt.most)
		if err == nil || !strings.Contains(err.Error(), tt.want) || tt.mismatch != errors.Is(err, crossplug.ErrMismatch) {
			t.Errorf("%d Hz, %d frames: %v, want %q", tt.rate, tt.most, err, tt.want)
		}
	}
	// None of it cost memory or the helper.
	for range 100 {
		if err := instance(t, l, "1to1", 65536).Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFind(t *testing.T) {
	l := ports(t, arch.Host())
	if _, err := l.Find(""); !errors.Is(err, crossplug.ErrNotFound) || !strings.Contains(err.Error(), "say which: 1to1, 2to2") {
		t.Error(err)
	}
	if _, err := l.Find("9to9"); !errors.Is(err, crossplug.ErrNotFound) || !strings.Contains(err.Error(), `no plug-in is labelled "9to9"; it has: 1to1`) {
		t.Error(err)
	}
	if len(l.Plugins()) != 10 || l.Plugins()[4].Index != 4 || l.Plugins()[4].UniqueID != 4 {
		t.Errorf("plug-ins: %+v", l.Plugins())
	}
}

// TestManyInstances runs instances of several plug-ins of one helper from
// several goroutines, while others are made and closed.
func TestManyInstances(t *testing.T) {
	for _, a := range []arch.Arch{arch.Host(), arch.LinuxI386, arch.LinuxS390X} {
		t.Run(a.String(), func(t *testing.T) {
			ctx := t.Context()
			l := ports(t, a)
			var wg sync.WaitGroup
			for n := range 4 {
				wg.Go(func() {
					gain := float32(n + 1)
					for round := range 10 {
						i, err := l.New(ctx, l.Plugins()[(n+round)%4], 48000, 128)
						if err == nil {
							err = i.Set(0, gain)
						}
						var last []float32
						for block := 0; block < 20 && err == nil; block++ {
							ins, outs := i.Descriptor().AudioPorts()
							out := signal(outs, 128)
							if err = i.Run(ctx, signal(ins, 128), out); err != nil {
								break
							}
							sum := float32(ins*(ins+1)/2) * gain
							got := values(t, out)
							for c := range got {
								if number := got[c] - sum - float32(c); number < 0 || int(number)%100 != 0 {
									err = fmt.Errorf("output %d is %v with inputs of %v", c, got[c], sum)
								}
							}
							if last != nil && !slices.Equal(got, last) {
								err = fmt.Errorf("%v and then %v", last, got)
							}
							last = got
						}
						if err == nil {
							err = i.Close(ctx)
						}
						if err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
		})
	}
}

// TestClosedLibrary: what is left of a closed library gives errors.
func TestClosedLibrary(t *testing.T) {
	ctx := t.Context()
	l := ports(t, arch.Host())
	i := instance(t, l, "1to1", 16)
	s, err := l.NewStage(ctx, find(t, l, "2to2"), 48000, 16, 4)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := i.Run(ctx, signal(1, 4), signal(1, 4)); !errors.Is(err, crossplug.ErrClosed) {
		t.Errorf("Run: %v", err)
	}
	if _, err := s.Process(ctx, signal(4, 4)); !errors.Is(err, crossplug.ErrClosed) {
		t.Errorf("Process: %v", err)
	}
	if _, err := l.New(ctx, l.Plugins()[0], 48000, 16); !errors.Is(err, crossplug.ErrClosed) {
		t.Errorf("New: %v", err)
	}
	_ = i.Set(0, 1) // harmless
	_ = i.Get(1)
	if err := errors.Join(i.Close(ctx), s.Close(ctx), l.Close()); err != nil {
		t.Error(err)
	}
}

// TestAllocations: what runs for every block allocates nothing.
func TestAllocations(t *testing.T) {
	for _, a := range []arch.Arch{arch.Host(), arch.LinuxS390X} {
		t.Run(a.String(), func(t *testing.T) {
			ctx := t.Context()
			l := ports(t, a)
			i := instance(t, l, "2to2", 256)
			in, out := signal(2, 256), signal(2, 256)
			one, err := l.NewStage(ctx, find(t, l, "1to1"), 48000, 256, 2)
			if err != nil {
				t.Fatal(err)
			}
			two, err := l.NewStage(ctx, find(t, l, "2to2"), 48000, 256, 2)
			if err != nil {
				t.Fatal(err)
			}
			chain := NewChain(one, two)
			for name, run := range map[string]func() error{
				"Run":       func() error { return i.Run(ctx, in, out) },
				"Set":       func() error { return i.Set(0, 1) },
				"Process":   func() error { _, err := one.Process(ctx, in); return err },
				"Processes": func() error { _, err := chain.Process(ctx, in); return err },
			} {
				if n := testing.AllocsPerRun(100, func() {
					if err := run(); err != nil {
						t.Fatal(err)
					}
				}); n != 0 {
					t.Errorf("%s allocates %v times", name, n)
				}
			}
		})
	}
}
