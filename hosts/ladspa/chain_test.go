package ladspa

import (
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/crossplug/crossplug"
	"github.com/crossplug/crossplug/arch"
)

// TestChannels goes through the table in Stage's comment. Channel c of the
// signal holds c+1; output m of instance n is the sum of its inputs, plus
// 100 n + m.
func TestChannels(t *testing.T) {
	eachArch(t, func(t *testing.T, a arch.Arch) {
		so := compile(t, a, "ports.c", "-shared", "-fPIC")
		for _, tt := range []struct {
			label     string
			channels  int
			instances int
			want      []float32
		}{
			// 1 in, 1 out
			{"1to1", 1, 1, []float32{1}},
			{"1to1", 3, 3, []float32{1, 102, 203}},
			// k in, k out; a multiple of k channels
			{"2to2", 2, 1, []float32{3, 4}},
			{"2to2", 4, 2, []float32{3, 4, 107, 108}},
			// k in, m out; k channels
			{"1to2", 1, 1, []float32{1, 2}},
			{"2to1", 2, 1, []float32{3}},
			{"3to2", 3, 1, []float32{6, 7}},
			// k in, m out; 1 channel
			{"2to2", 1, 1, []float32{2, 3}},
			{"2to1", 1, 1, []float32{2}},
			{"3to2", 1, 1, []float32{3, 4}},
			// 0 in, 1 out
			{"0to1", 1, 1, []float32{0}},
			{"0to1", 3, 1, []float32{0, 0, 0}},
			// 0 in, n out; n channels
			{"0to2", 2, 1, []float32{0, 1}},
			// k in, 0 out
			{"1to0", 1, 1, []float32{1}},
			{"1to0", 3, 3, []float32{1, 2, 3}},
			{"2to0", 4, 2, []float32{1, 2, 3, 4}},
			{"2to0", 1, 1, []float32{1}},
		} {
			l := open(t, so) // afresh: instances are numbered from 0
			s, err := l.NewStage(t.Context(), find(t, l, tt.label), 48000, 64, tt.channels)
			if err != nil {
				t.Errorf("%s, %d channels: %v", tt.label, tt.channels, err)
				continue
			}
			for _, frames := range []int{64, 1, 33} {
				out, err := s.Process(t.Context(), signal(tt.channels, frames))
				if err != nil {
					t.Fatal(err)
				}
				if got := values(t, out); !slices.Equal(got, tt.want) || s.Channels() != len(out) || len(s.Instances()) != tt.instances {
					t.Errorf("%s, %d channels: %v by %d instances, want %v by %d", tt.label, tt.channels, got, len(s.Instances()), tt.want, tt.instances)
				}
				if len(out[0]) != frames {
					t.Errorf("%s: %d frames became %d", tt.label, frames, len(out[0]))
				}
			}
			if s.Blocks != 3 || s.Spent <= 0 || s.Latency() != 3 {
				t.Errorf("%s: %d blocks, %v, latency %d", tt.label, s.Blocks, s.Spent, s.Latency())
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestStageRefuses(t *testing.T) {
	ctx := t.Context()
	l := ports(t, arch.Host())
	for _, tt := range []struct {
		label    string
		channels int
		want     string
	}{
		{"0to0", 2, "it has no audio ports"},
		{"2to2", 0, "a signal of 0 channels"},
		{"2to2", 3, "a plug-in with 2 audio inputs and 2 outputs cannot take a signal of 3 channels; it takes 1 or a multiple of 2"},
		{"2to0", 3, "1 or a multiple of 2"},
		{"1to2", 2, "it takes 1"},
		{"2to1", 4, "it takes 1 or 2"},
		{"0to2", 3, "it takes 2"},
	} {
		if _, err := l.NewStage(ctx, find(t, l, tt.label), 48000, 64, tt.channels); !errors.Is(err, crossplug.ErrMismatch) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s, %d channels: %v, want %q", tt.label, tt.channels, err, tt.want)
		}
	}
	// The memory is there for some of the instances only.
	if _, err := l.NewStage(ctx, find(t, l, "1to1"), 48000, 1<<17, 100); err == nil {
		t.Error("a hundred large instances fit")
	}
	for _, label := range []string{"2to2", "2to0", "0to2"} {
		s, err := l.NewStage(ctx, find(t, l, label), 48000, 64, 2)
		if err != nil {
			t.Fatal(err)
		}
		uneven := signal(2, 10)
		uneven[1] = uneven[1][:9]
		for want, block := range map[string][][]float32{
			"a block of 0 channels for a stage of 2": nil,
			"a block of 1 channels for a stage of 2": signal(1, 10),
			"channels of 10 and 9 frames":            uneven,
			"a block of 65 frames (at most 64)":      signal(2, 65),
		} {
			if _, err := s.Process(ctx, block); !errors.Is(err, crossplug.ErrMismatch) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", label, err, want)
			}
		}
		if _, err := s.Process(ctx, signal(2, 64)); err != nil {
			t.Errorf("%s, after blocks that do not fit: %v", label, err)
		}
		if err := errors.Join(s.Close(ctx), s.Close(ctx)); err != nil {
			t.Error(err)
		}
		if _, err := s.Process(ctx, signal(2, 64)); !errors.Is(err, crossplug.ErrClosed) {
			t.Errorf("%s, closed: %v", label, err)
		}
	}
}

// TestChain chains plug-ins of three architectures, two of them of one library.
func TestChain(t *testing.T) {
	ctx := t.Context()
	var stages []*Stage
	add := func(l *Library, label string, channels int, gain float32) int {
		s, err := l.NewStage(ctx, find(t, l, label), 48000, 64, channels)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Set("gain", gain); err != nil {
			t.Fatal(err)
		}
		stages = append(stages, s)
		return s.Channels()
	}
	native := ports(t, arch.Host())
	n := add(native, "1to2", 1, 2)                    // 1 -> 2, 3
	n = add(ports(t, arch.LinuxS390X), "2to1", n, 3)  // -> 15
	n = add(ports(t, arch.LinuxI386), "2to2", n, 0.5) // the one in both -> 15, 16
	n = add(native, "2to2", n, 1)                     // the native one's second instance: 31+100, 32+100
	c := NewChain(stages...)
	var before, pinned, after unix.CPUSet
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	affinity := func(set *unix.CPUSet) {
		if err := unix.SchedGetaffinity(0, set); err != nil {
			t.Fatal(err)
		}
	}
	affinity(&before)
	for _, pin := range []bool{false, true} {
		if pin {
			if err := c.Pin(ctx); err != nil {
				t.Fatal(err)
			}
			affinity(&pinned)
		}
		for range 10 {
			out, err := c.Process(ctx, signal(1, 50))
			if err != nil {
				t.Fatal(err)
			}
			if got := values(t, out); n != 2 || !slices.Equal(got, []float32{131, 132}) {
				t.Fatalf("%v", got)
			}
		}
		if pin {
			c.Unpin()
			affinity(&after)
		}
	}
	if pinned.Count() != 1 || after != before {
		t.Errorf("ran on %d processors when pinned to one, and on %d of %d after", pinned.Count(), after.Count(), before.Count())
	}
	if err := stages[0].Set("volume", 1); !errors.Is(err, crossplug.ErrNotFound) {
		t.Errorf("an unknown port: %v", err)
	}
	if len(c.Stages()) != 4 {
		t.Errorf("%d stages", len(c.Stages()))
	}
	if err := c.Close(ctx); err != nil {
		t.Error(err)
	}
}
