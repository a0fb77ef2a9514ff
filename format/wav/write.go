package wav

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// Writer writes a file. The number of frames is promised at the start, so the
// header is right at once and the file can be a pipe.
type Writer struct {
	format  Format
	left    int64
	clipped int64
	pad     bool
	w       *bufio.Writer
	raw     []byte
}

// NewWriter writes the header of a file with the given number of frames.
func NewWriter(w io.Writer, f Format, frames int64) (*Writer, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	if most := int64(math.MaxInt64/2) / int64(f.FrameBytes()); frames < 0 || frames > most {
		return nil, fmt.Errorf("%d frames (0 to %d are possible)", frames, most)
	}
	h := headerBytes(f, frames)
	wr := &Writer{format: f, left: frames, w: bufio.NewWriterSize(w, 64<<10)}
	wr.pad = frames*int64(f.FrameBytes())%2 == 1
	_, err := wr.w.Write(h)
	return wr, err
}

// headerBytes returns everything up to the samples.
func headerBytes(f Format, frames int64) []byte {
	le := binary.LittleEndian
	kind := sampleKinds[f.Sample]
	// The long form is for what the short one cannot say. Not every program
	// reads it, so the common cases have the short one.
	extensible := f.Channels > 2 || f.Speakers != 0

	var body []byte
	chunk := func(id string, data []byte) {
		body = append(body, id...)
		body = le.AppendUint32(body, uint32(len(data)))
		body = append(body, data...)
	}
	tag := kind.tag
	if extensible {
		tag = tagExtensible
	}
	bits := uint16(8 * kind.bytes)
	var fm []byte
	fm = le.AppendUint16(fm, tag)
	fm = le.AppendUint16(fm, uint16(f.Channels))
	fm = le.AppendUint32(fm, f.Rate)
	fm = le.AppendUint32(fm, uint32(min(uint64(f.Rate)*uint64(f.FrameBytes()), math.MaxUint32)))
	fm = le.AppendUint16(fm, uint16(f.FrameBytes()))
	fm = le.AppendUint16(fm, bits)
	switch {
	case extensible:
		fm = le.AppendUint16(fm, 22)
		fm = le.AppendUint16(fm, bits) // all are valid
		fm = le.AppendUint32(fm, f.Speakers)
		fm = le.AppendUint16(fm, kind.tag)
		fm = append(fm, subFormatTail...)
	case kind.tag != tagPCM:
		fm = le.AppendUint16(fm, 0) // no more follows
	}
	chunk("fmt ", fm)
	if kind.tag != tagPCM {
		chunk("fact", le.AppendUint32(nil, uint32(min(frames, math.MaxUint32))))
	}

	data := uint64(frames) * uint64(f.FrameBytes())
	id, dataSize := "RIFF", uint32(data)
	riff := 4 + uint64(len(body)) + 8 + data + data%2
	riffSize := uint32(riff)
	if riff > math.MaxUint32 {
		var ds []byte
		ds = le.AppendUint64(ds, riff+8+28)
		ds = le.AppendUint64(ds, data)
		ds = le.AppendUint64(ds, uint64(frames))
		ds = le.AppendUint32(ds, 0) // no table of other long chunks
		rest := body
		body = nil
		chunk("ds64", ds)
		body = append(body, rest...)
		id, riffSize, dataSize = "RF64", math.MaxUint32, math.MaxUint32
	}
	h := le.AppendUint32([]byte(id), riffSize)
	h = append(h, "WAVE"...)
	h = append(h, body...)
	return le.AppendUint32(append(h, "data"...), dataSize)
}

// Write writes frames, their samples one after another; the length of buf is a
// multiple of Channels. Integer samples beyond full scale are clipped.
func (w *Writer) Write(buf []float32) error {
	frames := int64(len(buf) / w.format.Channels)
	if frames > w.left {
		return fmt.Errorf("%d frames more than promised", frames-w.left)
	}
	w.left -= frames
	size := len(buf) * w.format.Sample.Bytes()
	if cap(w.raw) < size {
		w.raw = make([]byte, size)
	}
	w.clipped += w.format.Sample.encode(w.raw[:size], buf)
	_, err := w.w.Write(w.raw[:size])
	return err
}

// Clipped is the number of samples that did not fit their format, and those
// that are not numbers, which integers cannot say.
func (w *Writer) Clipped() int64 { return w.clipped }

// Close completes the file. It does not close what is below. It is an error
// if frames are missing.
func (w *Writer) Close() error {
	if w.left > 0 {
		return fmt.Errorf("%d frames fewer than promised", w.left)
	}
	if w.pad {
		if err := w.w.WriteByte(0); err != nil {
			return err
		}
	}
	return w.w.Flush()
}
