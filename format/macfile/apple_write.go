package macfile

import (
	"bytes"
	"fmt"
	"io"
	"math"

	"github.com/crossplug/crossplug/internal/bin"
)

// WriteAppleSingle writes all of the file as AppleSingle, version 2.
func (f *File) WriteAppleSingle(w io.Writer) error { return f.writeApple(w, singleMagic, f.Data) }

// WriteAppleDouble writes all but the data fork as AppleDouble, version 2: the
// file that lies beside the data under the name of it with "._" in front.
func (f *File) WriteAppleDouble(w io.Writer) error { return f.writeApple(w, doubleMagic, nil) }

func (f *File) writeApple(w io.Writer, magic uint32, data *io.SectionReader) error {
	name, err := bin.EncodeMacRoman(f.Name)
	if err != nil {
		return fmt.Errorf("name: %w", err)
	}
	comment, err := bin.EncodeMacRoman(f.Comment)
	if err != nil {
		return fmt.Errorf("comment: %w", err)
	}
	var dates []byte
	if !f.Created.IsZero() || !f.Modified.IsZero() {
		for _, s := range []int32{to2000(f.Created), to2000(f.Modified), noTime2000, noTime2000} {
			dates = bigEndian.AppendUint32(dates, uint32(s))
		}
	}
	fixed := func(b []byte) *io.SectionReader { return io.NewSectionReader(bytes.NewReader(b), 0, int64(len(b))) }
	entries := []struct {
		id      entryID
		content *io.SectionReader
	}{
		// macOS expects the Finder's information first, the resource fork last.
		{finderEntry, fixed(f.Finder.Encode())},
		{nameEntry, fixed(name)},
		{commentEntry, fixed(comment)},
		{datesEntry, fixed(dates)},
		{dataEntry, data},
		{resourceEntry, f.Resource},
	}
	count := 0
	for _, e := range entries {
		if size(e.content) > 0 {
			count++
		}
	}
	off := int64(appleHeader + count*appleEntry)
	header := bigEndian.AppendUint32(nil, magic)
	header = bigEndian.AppendUint32(header, appleVersion2)
	header = append(header, make([]byte, 16)...)
	header = bigEndian.AppendUint16(header, uint16(count))
	for _, e := range entries {
		n := size(e.content)
		if n == 0 {
			continue
		}
		if off+n > math.MaxUint32 {
			return fmt.Errorf("%v of %d bytes would end at byte %d; at most %d are possible", e.id, n, off+n, uint32(math.MaxUint32))
		}
		header = bigEndian.AppendUint32(header, uint32(e.id))
		header = bigEndian.AppendUint32(header, uint32(off))
		header = bigEndian.AppendUint32(header, uint32(n))
		off += n
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	for _, e := range entries {
		if err := copyFork(w, e.content); err != nil {
			return err
		}
	}
	return nil
}

// size is the number of bytes of a fork, which may be nil.
func size(fork *io.SectionReader) int64 {
	if fork == nil {
		return 0
	}
	return fork.Size()
}

// copyFork writes a fork, which may be nil, without moving its place.
func copyFork(w io.Writer, fork *io.SectionReader) error {
	n, err := io.Copy(w, io.NewSectionReader(fork, 0, size(fork)))
	if err == nil && n < size(fork) {
		err = fmt.Errorf("fork of %d bytes ends after %d: %w", size(fork), n, io.ErrUnexpectedEOF)
	}
	return err
}
