package macfile

import (
	"bytes"

	"github.com/crossplug/crossplug/internal/bin"
)

// readMacBinary reads the data fork as a MacBinary file.
func (f *File) readMacBinary(head []byte) (bool, error) {
	from := f.Data
	wrapping, ok := sniffMacBinary(head, uint64(from.Size()))
	if !ok {
		return false, nil
	}
	f.Wrappings = append(f.Wrappings, wrapping)
	h := head[:macBinaryHeader]
	f.Name = bin.MacRoman(h[2 : 2+h[1]])
	f.Finder = DecodeFinderInfo(h[65:73])
	f.Finder.Flags = FinderFlags(h[73]) << 8
	c := bin.NewCursor("MacBinary header", h, bigEndian)
	c.Seek(75)
	f.Finder.V, f.Finder.H, f.Finder.Folder = int16(c.U16()), int16(c.U16()), int16(c.U16())
	c.Seek(83)
	dataLen, resourceLen := uint64(c.U32()), uint64(c.U32())
	f.Created, f.Modified = from1904(c.U32()), from1904(c.U32())

	var commentLen, second uint64
	if wrapping != MacBinaryI {
		commentLen, second = uint64(c.U16()), uint64(bigEndian.Uint16(h[120:]))
		f.Finder.Flags |= FinderFlags(h[101])
		if want, got := crc16(0, h[:macBinaryCRC]...), bigEndian.Uint16(h[macBinaryCRC:]); got != want {
			f.problem(macBinaryCRC, "MacBinary header", "has the checksum %#04x, but its bytes have %#04x", got, want)
		}
		if needs := h[123]; needs > macBinary3 {
			f.problem(123, "MacBinary header", "needs a reader of version %d; up to %d is known", needs, macBinary3)
		}
	}
	if wrapping == MacBinaryIII {
		f.Finder.Extended[extendedScript], f.Finder.Extended[extendedFlags] = h[106], h[107]
	}
	at := macBinaryHeader + padded(second)
	f.Data = f.part(from, "MacBinary data fork", at, dataLen)
	at += padded(dataLen)
	f.Resource = f.part(from, "MacBinary resource fork", at, resourceLen)
	at += padded(resourceLen)
	comment := f.part(from, "MacBinary comment", at, commentLen)
	b, err := view(comment).Bytes("MacBinary comment", 0, min(maxText, uint64(comment.Size())))
	f.Comment = bin.MacRoman(b)
	return true, err
}

// sniffMacBinary says which version of MacBinary a file of size bytes is, if it
// is one.
func sniffMacBinary(head []byte, size uint64) (Wrapping, bool) {
	if len(head) < macBinaryHeader {
		return 0, false
	}
	h := head[:macBinaryHeader]
	name := h[1]
	data, resource := uint64(bigEndian.Uint32(h[83:])), uint64(bigEndian.Uint32(h[87:]))
	if h[0] != 0 || h[74] != 0 || h[82] != 0 || name < 1 || name > maxMacBinaryName || data > maxMacBinaryFork || resource > maxMacBinaryFork {
		return 0, false
	}
	crc := crc16(0, h[:macBinaryCRC]...) == bigEndian.Uint16(h[macBinaryCRC:])
	version, needs := h[122], h[123]
	later := version >= macBinary2 && needs >= macBinary2 && needs <= version && version < macBinary3+16
	text := !bytes.ContainsFunc(h[2:2+name], control) && (!bytes.ContainsFunc(h[65:69], control) || string(h[65:69]) == noType)
	least, most := macBinaryHeader+padded(data)+resource, macBinaryHeader+padded(data)+padded(resource)
	switch {
	case string(h[102:106]) == macBinaryMagic && (crc || later):
		return MacBinaryIII, true
	case crc && (later || text):
		return MacBinaryII, true
	case later && text && size >= least: // with a wrong CRC
		return MacBinaryII, true
	case text && size >= least && size <= most && data+resource > 0 && len(bytes.Trim(h[99:], "\x00")) == 0:
		return MacBinaryI, true
	}
	return 0, false
}

// noType is the type of files that were given none. Creators may be anything.
const noType = "\x00\x00\x00\x00"

// control finds the bytes that text does not have. Those of the upper half are
// letters in Mac OS Roman, though not valid UTF-8.
func control(r rune) bool { return r < ' ' || r == 0x7f }
