package wav

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// SoX is the second opinion on what the bytes of a file mean. It keeps samples
// as integers of 32 bits, so the samples compared here fit those.

func sox(t *testing.T, args ...string) []byte {
	t.Helper()
	path, err := exec.LookPath("sox")
	if err != nil {
		t.Skipf("%v (scripts/need sox installs it)", err)
	}
	cmd := exec.Command(path, append([]string{"-D"}, args...)...) // -D: no dither
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("sox %q: %v", args, err)
	}
	return out
}

// soxRaw is how sox's command line says each kind of sample without a header.
func soxRaw(s Sample) []string {
	encoding := "signed-integer"
	switch s {
	case U8:
		encoding = "unsigned-integer"
	case F32, F64:
		encoding = "floating-point"
	}
	return []string{"-t", "raw", "-L", "-e", encoding, "-b", fmt.Sprint(8 * s.Bytes())}
}

// doubles has sox say what samples it finds in a file, full scale being 1.
func doubles(t *testing.T, file string) []float64 {
	t.Helper()
	raw := sox(t, append(append([]string{file}, soxRaw(F64)...), "-")...)
	d := make([]float64, len(raw)/8)
	for i := range d {
		d[i] = math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:]))
	}
	return d
}

func forAll(t *testing.T, test func(t *testing.T, f Format)) {
	for _, s := range Samples() {
		for _, channels := range []int{1, 2, 6} {
			t.Run(fmt.Sprintf("%v/%d", s, channels), func(t *testing.T) { test(t, Format{Sample: s, Channels: channels, Rate: 48000}) })
		}
	}
}

func TestReaderAgreesWithSox(t *testing.T) {
	forAll(t, func(t *testing.T, f Format) {
		dir := t.TempDir()
		raw, file := filepath.Join(dir, "in.raw"), filepath.Join(dir, "out.wav")
		stored := make([]byte, 500*f.FrameBytes())
		f.Sample.encode(stored, noise(500*f.Channels))
		if err := os.WriteFile(raw, stored, 0o600); err != nil {
			t.Fatal(err)
		}
		sox(t, append(soxRaw(f.Sample), "-r", "48000", "-c", fmt.Sprint(f.Channels), raw, file)...)
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		r, got, err := readAll(data, 64)
		if err != nil {
			t.Fatal(err)
		}
		if g := r.Format(); g.Sample != f.Sample || g.Channels != f.Channels || g.Rate != f.Rate || r.Frames() != 500 || r.Missing() != 0 {
			t.Errorf("%+v, %d frames, %d missing", g, r.Frames(), r.Missing())
		}
		want := doubles(t, file)
		if len(got) != len(want) {
			t.Fatalf("%d samples, sox finds %d", len(got), len(want))
		}
		for i := range want {
			if got[i] != float32(want[i]) {
				t.Fatalf("sample %d is %v, sox says %v", i, got[i], want[i])
			}
		}
	})
}

func TestSoxReadsWhatWeWrite(t *testing.T) {
	forAll(t, func(t *testing.T, f Format) {
		in := noise(501 * f.Channels)
		// Values in the middle between two integers are rounded by custom.
		for i := range in {
			if x := float64(in[i]) * float64(int64(1)<<(8*min(f.Sample.Bytes(), 4)-1)); math.Abs(x-math.Trunc(x)) == 0.5 {
				in[i] = 0
			}
		}
		file := filepath.Join(t.TempDir(), "out.wav")
		data := write(t, f, in)
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := len(doubles(t, file)); got != len(in) {
			t.Errorf("sox counts %d samples", got)
		}
		// sox's own rounding of the same samples
		raw := filepath.Join(t.TempDir(), "in.raw")
		floats := make([]byte, 4*len(in))
		F32.encode(floats, in)
		if err := os.WriteFile(raw, floats, 0o600); err != nil {
			t.Fatal(err)
		}
		c := []string{"-r", "48000", "-c", fmt.Sprint(f.Channels)}
		want := sox(t, append(append(append(soxRaw(F32), append(c, raw)...), soxRaw(f.Sample)...), "-")...)
		got := sox(t, append(append([]string{file}, soxRaw(f.Sample)...), "-")...)
		if string(got) != string(want) {
			t.Errorf("sox reads other samples than it makes itself")
		}
		// and nothing of the file is unlike what sox makes but the header
		if n := len(want); string(data[len(data)-n-n%2:len(data)-n%2]) != string(want) {
			t.Error("the samples in the file differ from sox's")
		}
	})
}
