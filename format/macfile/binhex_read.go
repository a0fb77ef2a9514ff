package macfile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/crossplug/crossplug/internal/bin"
)

// readBinHex reads the data fork as a BinHex file.
func (f *File) readBinHex(head []byte) (bool, error) {
	start, ok := sniffBinHex(head)
	if !ok {
		return false, nil
	}
	d := newBinHexReader(f.Data, int64(start))
	head, err := d.part("BinHex header", 1)
	if err == nil {
		head, err = d.more(head, "BinHex header", uint64(head[0])+1+4+4+2+4+4)
	}
	if err != nil {
		return false, err
	}
	name := uint64(head[0])
	c := bin.NewCursor("BinHex header", head, bigEndian)
	c.Skip(1)
	text := c.Bytes(name)
	c.Skip(1)
	info := FinderInfo{Type: c.OSType(), Creator: c.OSType(), Flags: FinderFlags(c.U16())}
	dataLen, resourceLen := uint64(c.U32()), uint64(c.U32())
	if c.Err() != nil {
		return false, c.Err()
	}
	f.checkCRC(d, "BinHex header")
	if name < 1 || name > maxMacBinaryName {
		f.problem(uint64(start), "BinHex header", "has a name of %d characters; 1 to %d are possible", name, maxMacBinaryName)
	}
	if dataLen+resourceLen > MaxExpanded-f.expanded {
		return false, damage(uint64(start), "BinHex header", "claims forks of %d and %d bytes; together at most %d are read",
			dataLen, resourceLen, MaxExpanded-f.expanded)
	}
	f.Name, f.Finder = bin.MacRoman(text), info
	f.Wrappings = append(f.Wrappings, BinHex)
	f.Data = f.binHexFork(d, "BinHex data fork", dataLen)
	f.Resource = f.binHexFork(d, "BinHex resource fork", resourceLen)
	return true, nil
}

// binHexFork reads a fork and its CRC. A fork that is cut short is what there
// is of it.
func (f *File) binHexFork(d *binHexReader, item string, n uint64) *io.SectionReader {
	if d.err != nil {
		f.problem(uint64(d.pos), item, "of %d bytes is missing", n)
		return empty()
	}
	b, err := d.part(item, n)
	var e *FormatError
	switch {
	case errors.As(err, &e):
		f.Problems = append(f.Problems, e)
	case err != nil:
		f.problem(uint64(d.pos), item, "cannot be read: %v", err)
	default:
		f.checkCRC(d, item)
	}
	f.expanded += uint64(len(b))
	return io.NewSectionReader(bytes.NewReader(b), 0, int64(len(b)))
}

// checkCRC compares the CRC of the part that was read with the one that
// follows it.
func (f *File) checkCRC(d *binHexReader, item string) {
	want := d.crc
	b, err := d.part(item+"'s checksum", 2)
	var e *FormatError
	switch {
	case errors.As(err, &e):
		f.Problems = append(f.Problems, e)
	case err != nil:
		f.problem(uint64(d.pos), item, "cannot be read: %v", err)
	case bigEndian.Uint16(b) != want:
		f.problem(uint64(d.pos), item, "has the checksum %#04x, but its bytes have %#04x", bigEndian.Uint16(b), want)
	}
}

// isText says whether no byte is a control character that texts do not have.
func isText(b []byte) bool {
	return bytes.IndexFunc(b, func(r rune) bool { return r < ' ' && !strings.ContainsRune("\t\n\v\f\r", r) || r == 0x7f }) < 0
}

// sniffBinHex finds the first letter in a file that begins with head: after the
// marker's line, other empty lines and a colon.
func sniffBinHex(head []byte) (start int, ok bool) {
	marker := bytes.Index(head, []byte(binHexMarker))
	if marker < 0 {
		return 0, false
	}
	line := bytes.IndexAny(head[marker:], "\r\n")
	if line < 0 || !isText(head[:marker+line]) { // a program that writes BinHex has the marker, too
		return 0, false
	}
	for i := marker + line; i < len(head); i++ {
		switch head[i] {
		case ' ', '\t', '\r', '\n':
		case ':':
			return i + 1, true
		default:
			return 0, false
		}
	}
	return 0, false
}

// binHexReader decodes the letters. Like a cursor it remembers its first error.
type binHexReader struct {
	in   *bufio.Reader
	pos  int64 // of the next letter, in the file
	bits uint32
	have int // bits that are left of bits

	last    byte // decoded
	started bool // there is a last
	run     int  // times that it is still to be repeated

	crc uint16 // of the part
	err error
}

func newBinHexReader(from *io.SectionReader, start int64) *binHexReader {
	return &binHexReader{in: bufio.NewReader(io.NewSectionReader(from, start, from.Size()-start)), pos: start}
}

// part reads n bytes and begins a new CRC with them. With an error, it returns
// the bytes before that.
func (d *binHexReader) part(item string, n uint64) ([]byte, error) {
	d.crc = 0
	return d.more(nil, item, n)
}

// more reads n bytes more of a part.
func (d *binHexReader) more(b []byte, item string, n uint64) ([]byte, error) {
	for i := range n {
		c, ok := d.next()
		if !ok {
			var e *FormatError
			if errors.As(d.err, &e) {
				e = damage(uint64(e.Offset), item, "%s, after %d of %d bytes", e.Msg, i, n)
				return b, e
			}
			return b, fmt.Errorf("%s: %w", item, d.err)
		}
		b = append(b, c)
		d.crc = crc16(d.crc, c)
	}
	return b, nil
}

// next returns the next byte, runs expanded.
func (d *binHexReader) next() (byte, bool) {
	for d.run == 0 {
		c, ok := d.raw()
		if !ok {
			return 0, false
		}
		if c != binHexRun {
			d.last, d.run = c, 1
			break
		}
		n, ok := d.raw()
		switch {
		case !ok:
			return 0, false
		case n == 0:
			d.last, d.run = binHexRun, 1
		case !d.started:
			d.fail("repeats the byte before the first")
			return 0, false
		default:
			d.run = int(n) - 1 // one was there before
		}
	}
	d.run--
	d.started = true
	return d.last, true
}

// raw returns the next byte that the letters spell.
func (d *binHexReader) raw() (byte, bool) {
	for d.err == nil && d.have < 8 {
		c, err := d.in.ReadByte()
		switch v := binHexValues[c]; {
		case errors.Is(err, io.EOF):
			d.fail("ends with the file, without a colon")
		case err != nil:
			d.err = err
		case v < 64:
			d.bits, d.have = d.bits<<6|uint32(v), d.have+6
		case c == ':':
			d.fail("ends with a colon")
		case !strings.ContainsRune(" \t\r\n", rune(c)):
			d.fail("has the character %q, which is none of BinHex", c)
		}
		d.pos++
	}
	if d.err != nil {
		return 0, false
	}
	d.have -= 8
	return byte(d.bits >> d.have), true
}

// fail notes an error at the present letter.
func (d *binHexReader) fail(format string, args ...any) {
	d.err = damage(uint64(d.pos), "BinHex", format, args...)
}

// binHexValues gives the six bits of each letter, 255 of other characters.
var binHexValues = func() (values [256]uint8) {
	for i := range values {
		values[i] = 255
	}
	for i, c := range []byte(binHexChars) {
		values[c] = uint8(i)
	}
	return values
}()
