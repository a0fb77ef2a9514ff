package wav

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/crossplug/crossplug/internal/bin"
)

// Reader reads the frames of a file.
type Reader struct {
	format  Format
	frames  int64
	missing int64
	left    int64
	data    *bufio.Reader
	raw     []byte
}

// Bounds on what is read to find the samples.
const (
	maxChunks = 10000 // before the samples; each costs a read
	maxFormat = 1024  // bytes of a fmt chunk: 40 are known
)

// header is what the chunks before the samples say.
type header struct {
	format    Format
	hasFormat bool
	data64    uint64 // size of the samples, of an RF64 file's ds64
}

// NewReader reads the header of a file of the given size. Errors are
// *bin.FormatError, a fault.ErrBadImage, unless reading itself fails.
//
// The header's size of the samples is believed only as far as there are bytes.
// If it claims more, because the recording was cut short, Missing says so; if
// it claims nothing, because the file was written to a pipe, the samples go to
// the end of the file.
func NewReader(r io.ReaderAt, size int64) (*Reader, error) {
	file := bin.NewView(r, 0, size)
	c := file.Cursor("RIFF header", 0, 12, binary.LittleEndian)
	id := string(c.Bytes(4))
	c.U32() // the size of it all: the chunks say it more reliably
	form := string(c.Bytes(4))
	if c.Err() != nil {
		return nil, c.Err()
	}
	if (id != "RIFF" && id != "RF64" && id != "BW64") || form != "WAVE" {
		return nil, file.Errorf("RIFF header", 0, "is %q and %q: not a WAVE file", id, form)
	}
	var h header
	at := uint64(12)
	for range maxChunks {
		if !file.Has(at, 8) {
			return nil, file.Errorf("chunk header", at, "is beyond the end of the file, before any data chunk")
		}
		c := file.Cursor("chunk header", at, 8, binary.LittleEndian)
		id, n := string(c.Bytes(4)), uint64(c.U32())
		if c.Err() != nil {
			return nil, c.Err()
		}
		if id == "data" {
			return h.reader(file, r, at, n)
		}
		if err := h.chunk(file, id, at+8, n); err != nil {
			return nil, err
		}
		at += 8 + n + n%2 // padded to an even size
	}
	return nil, file.Errorf("chunk header", at, "is number %d, and none was a data chunk", maxChunks)
}

// chunk reads a chunk that precedes the samples.
func (h *header) chunk(file bin.View, id string, at, n uint64) error {
	switch id {
	case "fmt ":
		if h.hasFormat {
			return file.Errorf("fmt chunk", at, "is the second one")
		}
		if n > maxFormat {
			return file.Errorf("fmt chunk", at, "is %d bytes long (at most %d)", n, maxFormat)
		}
		h.hasFormat = true
		return h.readFormat(file.Cursor("fmt chunk", at, n, binary.LittleEndian))
	case "ds64":
		c := file.Cursor("ds64 chunk", at, 24, binary.LittleEndian)
		c.U64() // of it all
		h.data64 = c.U64()
		return c.Err()
	}
	return nil
}

// readFormat reads WAVEFORMATEX and WAVEFORMATEXTENSIBLE.
func (h *header) readFormat(c *bin.Cursor) error {
	tag, channels, rate := c.U16(), c.U16(), c.U32()
	c.U32() // bytes per second: follows from the rest
	frameBytes, bits := int(c.U16()), int(c.U16())
	if tag == tagExtensible {
		c.U16() // its own size
		c.U16() // how many of the bits are valid: the rest are zeros
		h.format.Speakers = c.U32()
		tag = c.U16() // the first part of the GUID
		if tail := c.Bytes(14); c.Err() == nil && string(tail) != subFormatTail {
			c.Fail("has an unknown SubFormat %04x-%x", tag, tail)
		}
	}
	if c.Err() != nil {
		return c.Err()
	}
	h.format.Channels, h.format.Rate = int(channels), rate
	// An odd number of bits is in the upper part of the next whole byte.
	for s, kind := range sampleKinds {
		if kind.tag == tag && kind.bytes == (bits+7)/8 && (tag == tagPCM || 8*kind.bytes == bits) {
			h.format.Sample = s
		}
	}
	if h.format.Sample == 0 {
		c.Fail("has samples of %s, %d bits (possible: integers of 8, 16, 24 and 32 bits, floats of 32 and 64)", tagName(tag), bits)
	} else if err := h.format.check(); err != nil {
		c.Fail("has %v", err)
	} else if frameBytes != h.format.FrameBytes() {
		c.Fail("has frames of %d bytes for %d channels of %d bits (should be %d)", frameBytes, channels, bits, h.format.FrameBytes())
	}
	return c.Err()
}

// tagName names the commoner values of wFormatTag.
func tagName(tag uint16) string {
	names := map[uint16]string{tagPCM: "PCM", 2: "Microsoft ADPCM", tagFloat: "IEEE float", 6: "A-law", 7: "mu-law", 0x11: "IMA ADPCM", 0x55: "MPEG layer 3"}
	if n, ok := names[tag]; ok {
		return n
	}
	return fmt.Sprintf("format tag %#04x", tag)
}

// reader makes the Reader for a data chunk of n bytes whose header is at.
func (h *header) reader(file bin.View, r io.ReaderAt, at, n uint64) (*Reader, error) {
	if !h.hasFormat {
		return nil, file.Errorf("data chunk", at, "comes before the fmt chunk")
	}
	at += 8
	unknown := n == math.MaxUint32
	if unknown && h.data64 != 0 {
		n, unknown = h.data64, false
	}
	have := uint64(file.Size()) - at // the chunk's header was there
	frame := uint64(h.format.FrameBytes())
	rd := &Reader{format: h.format, frames: int64(min(n, have) / frame)}
	if !unknown && n > have {
		rd.missing = int64(min(n/frame, math.MaxInt64)) - rd.frames
	}
	rd.left = rd.frames
	rd.data = bufio.NewReaderSize(io.NewSectionReader(r, int64(at), rd.frames*int64(frame)), 64<<10)
	return rd, nil
}

// Format describes the sound.
func (r *Reader) Format() Format { return r.format }

// Frames is the number of frames that are there.
func (r *Reader) Frames() int64 { return r.frames }

// Missing is the number of frames that the header claims and the file has not.
func (r *Reader) Missing() int64 { return r.missing }

// Read reads frames, their samples one after another, into buf, whose length
// is a multiple of Channels. It fills it unless the frames end, and returns
// the number of frames, with io.EOF if it is 0. What an integer cannot say, a
// file with float samples may: infinity, not a number.
func (r *Reader) Read(buf []float32) (frames int, err error) {
	n := int(min(int64(len(buf)/r.format.Channels), r.left))
	if n == 0 {
		return 0, io.EOF
	}
	samples, size := n*r.format.Channels, n*r.format.FrameBytes()
	if cap(r.raw) < size {
		r.raw = make([]byte, size)
	}
	raw := r.raw[:size]
	if _, err := io.ReadFull(r.data, raw); err != nil {
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			err = fmt.Errorf("the file became shorter while it was read")
		}
		return 0, err
	}
	r.left -= int64(n)
	r.format.Sample.decode(buf[:samples], raw)
	return n, nil
}
