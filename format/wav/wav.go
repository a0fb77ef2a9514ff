// Package wav reads and writes sound in WAVE files, as a stream of frames: one
// sample for each channel. Samples are float32 in memory, full scale is
// [-1, 1), and integer samples of up to 24 bits go through unchanged.
//
// A file of more than 4 GiB is RF64. Chunks other than the format and the
// samples are passed over.
//
// Sources: Multimedia Programming Interface and Data Specifications 1.0 (IBM
// and Microsoft, 1991), chapter 3, "Waveform Audio File Format"; Multiple
// Channel Audio Data and WAVE Files (Microsoft, 2007); EBU Tech 3306, RF64.
package wav

import (
	"fmt"
	"strings"
)

// Sample says how a sample is stored. Bytes are little-endian.
type Sample uint8

// The kinds of samples. Those of two and more bytes are signed.
const (
	U8  Sample = iota + 1 // integer, 128 is silence
	S16                   // integer
	S24                   // integer in three bytes
	S32                   // integer
	F32                   // IEEE float
	F64                   // IEEE float
)

var sampleKinds = map[Sample]struct {
	name  string
	bytes int
	tag   uint16 // wFormatTag
}{
	U8:  {"u8", 1, tagPCM},
	S16: {"s16", 2, tagPCM},
	S24: {"s24", 3, tagPCM},
	S32: {"s32", 4, tagPCM},
	F32: {"f32", 4, tagFloat},
	F64: {"f64", 8, tagFloat},
}

// Samples returns all kinds of samples.
func Samples() []Sample { return []Sample{U8, S16, S24, S32, F32, F64} }

// ParseSample finds a kind by its name, such as "s24".
func ParseSample(name string) (Sample, error) {
	var known []string
	for _, s := range Samples() {
		if s.String() == name {
			return s, nil
		}
		known = append(known, s.String())
	}
	return 0, fmt.Errorf("unknown sample format %q (known: %s)", name, strings.Join(known, ", "))
}

// String returns the name: "u8", "s16", "s24", "s32", "f32", "f64".
func (s Sample) String() string {
	if k, ok := sampleKinds[s]; ok {
		return k.name
	}
	return fmt.Sprintf("Sample(%d)", uint8(s))
}

// Bytes is the size of a stored sample.
func (s Sample) Bytes() int { return sampleKinds[s].bytes }

// MaxChannels is the most channels a file may have here. The format would
// allow 65535, which is a lie more often than a recording.
const MaxChannels = 1024

// Format describes sound.
type Format struct {
	Sample   Sample
	Channels int    // 1 to MaxChannels
	Rate     uint32 // frames per second, not 0
	Speakers uint32 // dwChannelMask: a bit for each channel's loudspeaker, in the order of channels; 0 if not said
}

// FrameBytes is the size of a stored frame.
func (f Format) FrameBytes() int { return f.Sample.Bytes() * f.Channels }

func (f Format) check() error {
	switch {
	case f.Sample.Bytes() == 0:
		return fmt.Errorf("unknown sample format %v", f.Sample)
	case f.Channels < 1 || f.Channels > MaxChannels:
		return fmt.Errorf("%d channels (1 to %d are possible)", f.Channels, MaxChannels)
	case f.Rate == 0:
		return fmt.Errorf("a sample rate of 0")
	}
	return nil
}

// Values of wFormatTag.
const (
	tagPCM        = 0x0001 // WAVE_FORMAT_PCM
	tagFloat      = 0x0003 // WAVE_FORMAT_IEEE_FLOAT
	tagExtensible = 0xfffe // WAVE_FORMAT_EXTENSIBLE: the tag proper is the start of SubFormat
)

// subFormatTail is what follows the tag in a SubFormat GUID that stands for a
// tag (KSDATAFORMAT_SUBTYPE_PCM and its kin).
const subFormatTail = "\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"
