package macfile

import (
	"bufio"
	"fmt"
	"io"
	"math"
)

// WriteBinHex writes the file as BinHex 4.0: its name, its forks, and of the
// Finder's information the type, creator and flags. Lines end with a newline.
//
// The file must have a name of 1 to 63 characters of Mac OS Roman.
func (f *File) WriteBinHex(w io.Writer) error {
	name, err := f.wrappedName()
	if err != nil {
		return err
	}
	if n := max(size(f.Data), size(f.Resource)); n > math.MaxUint32 {
		return fmt.Errorf("a fork has %d bytes; at most %d are possible", n, uint32(math.MaxUint32))
	}
	header := append([]byte{byte(len(name))}, name...)
	header = append(header, 0)
	header = append(header, f.Finder.Encode()[:10]...)
	header = bigEndian.AppendUint32(header, uint32(size(f.Data)))
	header = bigEndian.AppendUint32(header, uint32(size(f.Resource)))

	e := binHexTo(w)
	e.out.WriteString(binHexMarker + " with BinHex 4.0)\n\n:")
	e.column = 1
	e.Write(header)
	e.checksum()
	for _, fork := range []*io.SectionReader{f.Data, f.Resource} {
		if err := copyFork(e, fork); err != nil {
			return err
		}
		e.checksum()
	}
	e.flushRun()
	if e.have > 0 {
		e.letter(e.bits << (6 - e.have))
	}
	if e.column == binHexLine {
		e.out.WriteByte('\n')
	}
	e.out.WriteString(":\n")
	return e.out.Flush()
}

func binHexTo(w io.Writer) *binHexWriter { return &binHexWriter{out: bufio.NewWriter(w)} }

// binHexWriter encodes what is written to it. Errors are left to the buffered
// writer below, which remembers them.
type binHexWriter struct {
	out    *bufio.Writer
	crc    uint16
	last   byte
	run    int // of last, not yet written
	bits   uint32
	have   int
	column int
}

func (e *binHexWriter) Write(b []byte) (int, error) {
	e.crc = crc16(e.crc, b...)
	for _, c := range b {
		if e.run > 0 && (c != e.last || e.run == 255) {
			e.flushRun()
		}
		e.last = c
		e.run++
	}
	return len(b), nil
}

// checksum writes the CRC of what was written since the last.
func (e *binHexWriter) checksum() {
	sum := bigEndian.AppendUint16(nil, e.crc)
	e.Write(sum)
	e.crc = 0
}

// flushRun writes the run that has been collected, in the shorter way.
func (e *binHexWriter) flushRun() {
	one := []byte{e.last}
	if e.last == binHexRun {
		one = []byte{binHexRun, 0}
	}
	if e.run > 3 || len(one) == 2 && e.run > 2 {
		e.raw(one...)
		e.raw(binHexRun, byte(e.run))
	} else {
		for range e.run {
			e.raw(one...)
		}
	}
	e.run = 0
}

func (e *binHexWriter) raw(b ...byte) {
	for _, c := range b {
		e.bits, e.have = e.bits<<8|uint32(c), e.have+8
		for e.have >= 6 {
			e.have -= 6
			e.letter(e.bits >> e.have)
		}
	}
}

func (e *binHexWriter) letter(bits uint32) {
	if e.column == binHexLine {
		e.out.WriteByte('\n')
		e.column = 0
	}
	e.out.WriteByte(binHexChars[bits&63])
	e.column++
}
