package ladspa

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/crossplug/crossplug"
	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/helper/sysroot"
)

var archs = []arch.Arch{arch.LinuxAMD64, arch.LinuxI386, arch.LinuxARM64, arch.LinuxARMHF, arch.LinuxPPC64EL, arch.LinuxS390X}

func eachArch(t *testing.T, test func(t *testing.T, a arch.Arch)) {
	for _, a := range archs {
		t.Run(a.String(), func(t *testing.T) {
			t.Parallel()
			test(t, a)
		})
	}
}

// sample returns the path of one of the plug-ins of Debian's package
// swh-plugins, for an architecture.
func sample(t testing.TB, a arch.Arch, name string) string {
	t.Helper()
	path := filepath.Join("/usr/lib/ladspa", name)
	if a != arch.Host() {
		tree, err := sysroot.Lookup(a)
		if err != nil {
			t.Skip(err)
		}
		path = tree.Path(path)
	}
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%v (scripts/need run and scripts/sysroots install it)", err)
	}
	return path
}

func open(t testing.TB, path string, opts ...crossplug.Option) *Library {
	t.Helper()
	l, err := Open(t.Context(), path, opts...)
	if errors.Is(err, crossplug.ErrNoRuntime) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// noise returns frames that are the same everywhere.
func noise(frames int, seed uint32) []float32 {
	s := make([]float32, frames)
	for i := range s {
		seed = seed*1664525 + 1013904223
		s[i] = float32(int32(seed)>>8) / (1 << 24)
	}
	return s
}

func TestAmplifier(t *testing.T) {
	eachArch(t, func(t *testing.T, a arch.Arch) {
		ctx := t.Context()
		l := open(t, sample(t, a, "amp_1181.so"))
		d, err := l.Find("")
		if err != nil {
			t.Fatal(err)
		}
		if d.Label != "amp" || d.Name != "Simple amplifier" || d.UniqueID != 1181 || len(d.Ports) != 3 {
			t.Errorf("it describes itself as %+v", d)
		}
		s, err := l.NewStage(ctx, d, 48000, 256, 2)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close(ctx)
		if err := s.Set("amps gain", 20); err != nil {
			t.Fatal(err)
		}
		in := [][]float32{noise(100, 1), noise(100, 2)}
		out, err := s.Process(ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		for c := range in {
			for i := range in[c] {
				if math.Abs(float64(out[c][i]-10*in[c][i])) > 1e-5 {
					t.Fatalf("channel %d, frame %d: %v became %v", c, i, in[c][i], out[c][i])
				}
			}
		}
	})
}

// TestMathsLibrary opens a plug-in that uses the maths library without saying
// so: ladspa.h lets it expect that of its host.
func TestMathsLibrary(t *testing.T) {
	eachArch(t, func(t *testing.T, a arch.Arch) {
		so := compile(t, a, "ports.c", "-shared", "-fPIC", "-DNEEDS_MATHS")
		l := open(t, so)
		s, err := l.NewStage(t.Context(), find(t, l, "1to1"), 48000, 64, 1)
		if err != nil {
			t.Fatal(err)
		}
		out, err := s.Process(t.Context(), signal(1, 64))
		if err != nil {
			t.Fatal(err)
		}
		if got := values(t, out)[0]; math.Abs(float64(got)-math.Sqrt2) > 1e-6 {
			t.Errorf("the root of 2 is %v", got)
		}
	})
}
