package wav

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/fault"
)

// noise returns samples within full scale that every kind of at least 24 bits
// can say exactly.
func noise(n int) []float32 {
	s := make([]float32, n)
	seed := uint32(1)
	for i := range s {
		seed = seed*1664525 + 1013904223
		s[i] = float32(int32(seed)>>8) / (1 << 23)
	}
	return s
}

// write makes a file.
func write(t testing.TB, f Format, samples []float32) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := NewWriter(&b, f, int64(len(samples)/f.Channels))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(samples); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// readAll reads a file in blocks of some frames.
func readAll(data []byte, block int) (*Reader, []float32, error) {
	r, err := NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, nil, err
	}
	var all []float32
	buf := make([]float32, block*r.Format().Channels)
	for {
		n, err := r.Read(buf)
		if err == io.EOF {
			return r, all, nil
		}
		if err != nil {
			return r, all, err
		}
		all = append(all, buf[:n*r.Format().Channels]...)
	}
}

func TestRoundTrip(t *testing.T) {
	for _, s := range Samples() {
		for _, channels := range []int{1, 2, 3, 7} {
			f := Format{Sample: s, Channels: channels, Rate: 44100}
			in := noise(101 * channels)
			step := math.Max(math.Ldexp(1, 1-8*s.Bytes()), math.Ldexp(1, -23)) // of the kind, or of the noise
			r, out, err := readAll(write(t, f, in), 10)
			if err != nil {
				t.Fatalf("%v, %d channels: %v", s, channels, err)
			}
			if r.Format() != f || r.Frames() != 101 || r.Missing() != 0 || len(out) != len(in) {
				t.Fatalf("%v, %d channels: %+v, %d frames, %d missing, %d samples", s, channels, r.Format(), r.Frames(), r.Missing(), len(out))
			}
			exact := s != U8 && s != S16
			for i := range in {
				if d := math.Abs(float64(out[i] - in[i])); exact && d != 0 || d > step {
					t.Fatalf("%v, %d channels: sample %d: %v became %v", s, channels, i, in[i], out[i])
				}
			}
			// What was rounded once stays.
			if _, again, _ := readAll(write(t, f, out), 10); !equal(again, out) {
				t.Errorf("%v, %d channels: the second time it differs", s, channels)
			}
		}
	}
}

func equal(a, b []float32) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			return false
		}
	}
	return true
}

func TestClipping(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	in := []float32{0, 1, -1, 1.5, -1.5, inf, -inf, nan}
	for s, want := range map[Sample][]float32{
		U8:  {0, 127. / 128, -1, 127. / 128, -1, 127. / 128, -1, 0},
		S16: {0, 32767. / 32768, -1, 32767. / 32768, -1, 32767. / 32768, -1, 0},
		S24: {0, 8388607. / 8388608, -1, 8388607. / 8388608, -1, 8388607. / 8388608, -1, 0},
		S32: {0, 1, -1, 1, -1, 1, -1, 0}, // 2^31-1 as a float32 is 2^31
		F32: in,
		F64: in,
	} {
		var b bytes.Buffer
		w, err := NewWriter(&b, Format{Sample: s, Channels: 1, Rate: 1}, int64(len(in)))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Write(in), w.Close()); err != nil {
			t.Fatal(err)
		}
		clipped := int64(6)
		if s == F32 || s == F64 {
			clipped = 0
		}
		if w.Clipped() != clipped {
			t.Errorf("%v: %d clipped, want %d", s, w.Clipped(), clipped)
		}
		_, out, err := readAll(b.Bytes(), 3)
		if err != nil || !equal(out, want) {
			t.Errorf("%v: %v, %v; want %v", s, out, err, want)
		}
	}
}

func TestWriterKeepsPromise(t *testing.T) {
	f := Format{Sample: S16, Channels: 2, Rate: 48000}
	w, err := NewWriter(io.Discard, f, 2)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(make([]float32, 6)); err == nil {
		t.Error("a third frame was taken")
	}
	if err := w.Close(); err == nil || !strings.Contains(err.Error(), "2 frames fewer") {
		t.Errorf("closed early: %v", err)
	}
	for _, f := range []Format{{}, {Sample: S16, Rate: 1}, {Sample: S16, Channels: MaxChannels + 1, Rate: 1}, {Sample: S16, Channels: 1}} {
		if _, err := NewWriter(io.Discard, f, 0); err == nil {
			t.Errorf("%+v was taken", f)
		}
	}
}

// chunk and riff make files by hand.
func chunk(id string, data ...byte) []byte {
	b := binary.LittleEndian.AppendUint32([]byte(id), uint32(len(data)))
	b = append(b, data...)
	if len(data)%2 == 1 {
		b = append(b, 0)
	}
	return b
}

func riff(chunks ...[]byte) []byte {
	body := bytes.Join(chunks, nil)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(4+len(body))), append([]byte("WAVE"), body...)...)
}

func fmtChunk(tag, channels uint16, rate uint32, frame, bits uint16, more ...byte) []byte {
	le := binary.LittleEndian
	b := le.AppendUint16(nil, tag)
	b = le.AppendUint16(b, channels)
	b = le.AppendUint32(b, rate)
	b = le.AppendUint32(b, rate*uint32(frame))
	b = le.AppendUint16(b, frame)
	b = le.AppendUint16(b, bits)
	return chunk("fmt ", append(b, more...)...)
}

// patch returns a copy with a 32-bit number replaced.
func patch(data []byte, at int, v uint32) []byte {
	data = bytes.Clone(data)
	binary.LittleEndian.PutUint32(data[at:], v)
	return data
}

var mono16 = fmtChunk(1, 1, 8000, 2, 16)

func TestOddFiles(t *testing.T) {
	four := chunk("data", 0, 64, 0, 192, 0, 32, 0, 224)
	plain := riff(mono16, four)
	want := []float32{0.5, -0.5, 0.25, -0.25}
	for name, tt := range map[string]struct {
		data    []byte
		frames  []float32
		missing int64
	}{
		"plain":                         {plain, want, 0},
		"other chunks, one of odd size": {riff(chunk("bext", 1, 2, 3), mono16, chunk("LIST", 1), four, chunk("cue ")), want, 0},
		"size of all is wrong":          {patch(plain, 4, 7), want, 0},
		"written to a pipe":             {patch(plain, 40, math.MaxUint32), want, 0},
		"cut short":                     {plain[:len(plain)-3], want[:2], 2},
		"claims 2 GiB":                  {patch(plain, 40, 1<<31), want, 1<<30 - 4},
		"no samples":                    {riff(mono16, chunk("data")), nil, 0},
		"half a frame at the end":       {riff(mono16, chunk("data", 0, 64, 1)), want[:1], 0},
		"20 bits in 3 bytes":            {riff(fmtChunk(1, 1, 8000, 3, 20), chunk("data", 0, 0, 64, 0, 0, 192)), want[:2], 0},
		"a format chunk of 18 bytes":    {riff(fmtChunk(1, 1, 8000, 2, 16, 0, 0), four), want, 0},
		"RF64": {append([]byte("RF64\xff\xff\xff\xffWAVE"), bytes.Join([][]byte{
			chunk("ds64", append(make([]byte, 8), 8, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)...), mono16,
			[]byte("data\xff\xff\xff\xff"), four[8:], chunk("cue "),
		}, nil)...), want, 0},
	} {
		r, got, err := readAll(tt.data, 3)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !equal(got, tt.frames) || r.Frames() != int64(len(tt.frames)) || r.Missing() != tt.missing {
			t.Errorf("%s: %v, %d frames, %d missing; want %v, %d missing", name, got, r.Frames(), r.Missing(), tt.frames, tt.missing)
		}
	}
}

func TestBadFiles(t *testing.T) {
	data := chunk("data", 0, 0)
	guid := func(tag string) []byte {
		return append([]byte("\x16\x00\x10\x00\x00\x00\x00\x00"+tag), subFormatTail...)
	}
	var many [][]byte
	for range maxChunks {
		many = append(many, chunk("junk"))
	}
	for name, tt := range map[string]struct {
		data []byte
		want string
	}{
		"empty":                 {nil, "RIFF header at 0x0: needs 12 bytes, but the image ends at 0x0"},
		"other form":            {[]byte("RIFF\x04\x00\x00\x00AVI "), `"RIFF" and "AVI "`},
		"big-endian":            {[]byte("RIFX\x04\x00\x00\x00WAVE"), `"RIFX" and "WAVE"`},
		"no chunks":             {riff(), "chunk header at 0xc: is beyond the end"},
		"no data":               {riff(mono16), "before any data chunk"},
		"chunk beyond the end":  {riff(mono16, chunk("LIST", 0)[:8]), "before any data chunk"},
		"huge chunk":            {append(riff(mono16), "LIST\xff\xff\xff\xff1234"...), "before any data chunk"},
		"endless chunks":        {riff(many...), "is number 10000"},
		"data first":            {riff(data, mono16), "comes before the fmt chunk"},
		"two formats":           {riff(mono16, mono16, data), "is the second one"},
		"format cut short":      {riff(chunk("fmt ", 1, 0), data), "fmt chunk at 0x16: needs 2 bytes"},
		"format of a megabyte":  {riff(chunk("fmt ", make([]byte, 1<<20)...), data), "is 1048576 bytes long (at most 1024)"},
		"no channels":           {riff(fmtChunk(1, 0, 8000, 0, 16), data), "has 0 channels (1 to 1024"},
		"65535 channels":        {riff(fmtChunk(1, 65535, 8000, 65534, 16), data), "has 65535 channels"},
		"no rate":               {riff(fmtChunk(1, 1, 0, 2, 16), data), "a sample rate of 0"},
		"frames of 0 bytes":     {riff(fmtChunk(1, 1, 8000, 0, 16), data), "has frames of 0 bytes for 1 channels of 16 bits (should be 2)"},
		"24 bits in 4 bytes":    {riff(fmtChunk(1, 1, 8000, 4, 24), data), "has frames of 4 bytes"},
		"0 bits":                {riff(fmtChunk(1, 1, 8000, 0, 0), data), "PCM, 0 bits"},
		"65535 bits":            {riff(fmtChunk(1, 1, 8000, 2, 65535), data), "PCM, 65535 bits"},
		"floats of 16 bits":     {riff(fmtChunk(3, 1, 8000, 2, 16), data), "IEEE float, 16 bits"},
		"ADPCM":                 {riff(fmtChunk(2, 1, 8000, 2, 4), data), "Microsoft ADPCM, 4 bits"},
		"unknown tag":           {riff(fmtChunk(0x1234, 1, 8000, 2, 16), data), "format tag 0x1234, 16 bits"},
		"extensible, mu-law":    {riff(fmtChunk(tagExtensible, 1, 8000, 1, 8, guid("\x07\x00")...), data), "mu-law, 8 bits"},
		"extensible, cut short": {riff(fmtChunk(tagExtensible, 1, 8000, 2, 16), data), "fmt chunk at 0x24: needs 2 bytes"},
		"extensible, other GUID": {riff(fmtChunk(tagExtensible, 1, 8000, 2, 16, bytes.Replace(guid("\x01\x00"), []byte("\xaa"), []byte("\xab"), 1)...), data),
			"unknown SubFormat"},
		"RF64 without its sizes": {append([]byte("RF64\xff\xff\xff\xffWAVE"), chunk("ds64", 1, 2)...), "ds64 chunk at 0x14: needs 24 bytes"},
	} {
		_, _, err := readAll(tt.data, 3)
		if err == nil || !strings.Contains(err.Error(), tt.want) || !errors.Is(err, fault.ErrBadImage) {
			t.Errorf("%s: error %v, want %q", name, err, tt.want)
		}
	}
}

// TestCutAnywhere reads every beginning of a file.
func TestCutAnywhere(t *testing.T) {
	f := Format{Sample: S24, Channels: 3, Rate: 96000, Speakers: 7}
	in := noise(3 * 20)
	data := write(t, f, in)
	start := len(data) - 20*9
	for n := range len(data) {
		r, got, err := readAll(data[:n], 7)
		if n < start {
			if err == nil {
				t.Errorf("%d bytes: no error", n)
			}
			continue
		}
		frames := (n - start) / 9
		if err != nil || !equal(got, in[:3*frames]) || r.Missing() != int64(20-frames) {
			t.Errorf("%d bytes: %d frames, %v", n, len(got)/3, err)
		}
	}
}

// sparse is a long file of zeros with a header.
type sparse struct {
	header []byte
	size   int64
}

func (s sparse) ReadAt(b []byte, at int64) (int, error) {
	clear(b)
	if at < int64(len(s.header)) {
		copy(b, s.header[at:])
	}
	if n := s.size - at; n < int64(len(b)) {
		return int(max(n, 0)), io.EOF
	}
	return len(b), nil
}

func TestMoreThan4GiB(t *testing.T) {
	f := Format{Sample: F32, Channels: 2, Rate: 96000}
	const frames = 1 << 30 // 8 GiB
	h := headerBytes(f, frames)
	file := sparse{h, int64(len(h)) + frames*8}
	r, err := NewReader(file, file.size)
	if err != nil {
		t.Fatal(err)
	}
	if string(h[:4]) != "RF64" || r.Format() != f || r.Frames() != frames || r.Missing() != 0 {
		t.Errorf("%.4s, %+v, %d frames, %d missing", h, r.Format(), r.Frames(), r.Missing())
	}
	if got := binary.LittleEndian.Uint64(h[20:]); got != uint64(file.size-8) {
		t.Errorf("riff size %d, want %d", got, file.size-8)
	}
	if n, err := r.Read(make([]float32, 20)); n != 10 || err != nil {
		t.Errorf("read %d frames, %v", n, err)
	}
}

// TestLyingSizeCostsNothing reads a header of an hour of 1024 channels.
func TestLyingSizeCostsNothing(t *testing.T) {
	data := append(riff(fmtChunk(1, 1024, 48000, 2048, 16)), "data\xf0\xff\xff\xff"...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, got, err := readAll(data, 1)
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; err != nil || got != nil || n > 1<<18 {
		t.Errorf("%d samples, %v, %d bytes allocated", len(got), err, n)
	}
}

func TestParseSample(t *testing.T) {
	for _, s := range Samples() {
		if got, err := ParseSample(s.String()); got != s || err != nil {
			t.Errorf("%v: %v, %v", s, got, err)
		}
	}
	if _, err := ParseSample("s8"); err == nil || !strings.Contains(err.Error(), "u8, s16, s24, s32, f32, f64") {
		t.Error(err)
	}
	if got := Sample(99).String(); got != "Sample(99)" {
		t.Error(got)
	}
}

func FuzzReader(f *testing.F) {
	for _, s := range Samples() {
		f.Add(write(f, Format{Sample: s, Channels: 2, Rate: 8000}, noise(6)))
	}
	f.Add(write(f, Format{Sample: S16, Channels: 3, Rate: 8000, Speakers: 7}, noise(6)))
	f.Add(append([]byte("RF64\xff\xff\xff\xffWAVE"), bytes.Join([][]byte{chunk("ds64", make([]byte, 28)...), mono16, []byte("data\xff\xff\xff\xff12345")}, nil)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, samples, err := readAll(data, 5)
		if err != nil {
			if r != nil || !errors.Is(err, fault.ErrBadImage) {
				t.Fatalf("a file that does not change gives %v", err)
			}
			return
		}
		fm := r.Format()
		if err := fm.check(); err != nil || int64(len(samples)) != r.Frames()*int64(fm.Channels) || r.Frames()*int64(fm.FrameBytes()) > int64(len(data)) || r.Missing() < 0 {
			t.Fatalf("%+v (%v), %d frames, %d missing, %d samples of %d bytes", fm, err, r.Frames(), r.Missing(), len(samples), len(data))
		}
		r2, again, err := readAll(write(t, fm, samples), 5)
		if err != nil || r2.Format() != fm {
			t.Fatalf("written and read again: %+v, %v", r2, err)
		}
		for i := range samples {
			if a, b := samples[i], again[i]; a != b && (a == a || b == b) {
				t.Fatalf("sample %d: %v became %v", i, a, b)
			}
		}
	})
}
