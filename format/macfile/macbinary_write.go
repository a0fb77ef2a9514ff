package macfile

import (
	"fmt"
	"io"

	"github.com/crossplug/crossplug/internal/bin"
)

// WriteMacBinary writes the file as MacBinary III. Of the Finder's extended
// information, it keeps the script and the flags only.
//
// The file must have a name of 1 to 63 characters of Mac OS Roman, and forks of
// less than 2 GiB.
func (f *File) WriteMacBinary(w io.Writer) error {
	name, err := f.wrappedName()
	if err != nil {
		return err
	}
	comment, err := bin.EncodeMacRoman(f.Comment)
	if err != nil {
		return fmt.Errorf("comment: %w", err)
	}
	if len(comment) > maxText {
		return fmt.Errorf("comment has %d characters; at most %d are possible", len(comment), maxText)
	}
	for _, fork := range []struct {
		name string
		size int64
	}{{"data fork", size(f.Data)}, {"resource fork", size(f.Resource)}} {
		if fork.size > maxMacBinaryFork {
			return fmt.Errorf("%s has %d bytes; at most %d are possible", fork.name, fork.size, maxMacBinaryFork)
		}
	}
	h := make([]byte, macBinaryHeader)
	h[1] = byte(len(name))
	copy(h[2:], name)
	finder := f.Finder.Encode()
	copy(h[65:], finder[:8])  // type and creator
	h[73] = finder[8]         // flags
	copy(h[75:], finder[10:]) // place and window, and more, which is overwritten
	clear(h[81:83])
	bigEndian.PutUint32(h[83:], uint32(size(f.Data)))
	bigEndian.PutUint32(h[87:], uint32(size(f.Resource)))
	bigEndian.PutUint32(h[91:], to1904(f.Created))
	bigEndian.PutUint32(h[95:], to1904(f.Modified))
	bigEndian.PutUint16(h[99:], uint16(len(comment)))
	h[101] = finder[9]
	copy(h[102:], macBinaryMagic)
	h[106], h[107] = f.Finder.Extended[extendedScript], f.Finder.Extended[extendedFlags]
	h[122], h[123] = macBinary3, macBinary2
	bigEndian.PutUint16(h[macBinaryCRC:], crc16(0, h[:macBinaryCRC]...))

	p := &padder{w: w}
	if _, err := p.Write(h); err != nil {
		return err
	}
	if err := copyFork(p, f.Data); err != nil {
		return err
	}
	if err := p.pad(); err != nil {
		return err
	}
	if err := copyFork(p, f.Resource); err != nil {
		return err
	}
	if err := p.pad(); err != nil {
		return err
	}
	if _, err := p.Write(comment); err != nil {
		return err
	}
	return p.pad()
}

// wrappedName returns the name in Mac OS Roman if MacBinary and BinHex can have
// it.
func (f *File) wrappedName() ([]byte, error) {
	name, err := bin.EncodeMacRoman(f.Name)
	if err != nil {
		return nil, fmt.Errorf("name: %w", err)
	}
	if len(name) < 1 || len(name) > maxMacBinaryName {
		return nil, fmt.Errorf("name %q has %d characters; 1 to %d are possible", f.Name, len(name), maxMacBinaryName)
	}
	return name, nil
}

// padder counts what it writes.
type padder struct {
	w io.Writer
	n uint64
}

func (p *padder) Write(b []byte) (int, error) {
	n, err := p.w.Write(b)
	p.n += uint64(n)
	return n, err
}

// pad fills up to a multiple of 128 bytes.
func (p *padder) pad() error {
	_, err := p.Write(make([]byte, padded(p.n)-p.n))
	return err
}
