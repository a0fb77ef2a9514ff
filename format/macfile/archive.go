package macfile

import (
	"io"
	"slices"

	"github.com/crossplug/crossplug/internal/bin"
)

// archives are the signs by which files that hold many others are known.
var archives = []struct {
	name  string
	at    uint64
	signs []string
}{
	{"StuffIt archive", 10, []string{"rLau"}},
	{"StuffIt 5 archive", 0, []string{"StuffIt (c)1997-"}},
	{"StuffIt X archive", 0, []string{"StuffIt!", "StuffIt?"}},
	{"PackIt archive", 0, []string{"PMag", "PMa4"}},
	{"HFS volume", 1024, []string{"BD"}},
	{"HFS+ volume", 1024, []string{"H+\x00\x04", "HX\x00\x05"}},
	{"MFS volume", 1024, []string{"\xd2\xd7"}},
	{"disk with an Apple partition map", 512, []string{"PM\x00\x00"}},
}

// Archive says what kind of archive or disk image a fork is, "StuffIt archive"
// or "HFS volume", or "" if it is none that is known. Their files are not read
// here: unar unpacks the archives, hfsutils reads the volumes.
func Archive(r io.ReaderAt, size int64) string {
	v := bin.NewView(r, 0, size)
	for _, a := range archives {
		matches := func(sign string) bool {
			b, err := v.Bytes(a.name, a.at, uint64(len(sign)))
			return err == nil && string(b) == sign
		}
		if slices.ContainsFunc(a.signs, matches) {
			return a.name
		}
	}
	if isDiskCopy(v) {
		return "DiskCopy 4.2 image"
	}
	return ""
}

// isDiskCopy recognises the disk images of DiskCopy 4.2: a header of 84 bytes
// with the image's name, the sizes of its data and tags, and 0x0100.
func isDiskCopy(v bin.View) bool {
	const headerSize = 84
	c := v.Cursor("DiskCopy header", 0, headerSize, bigEndian)
	name := c.U8()
	c.Seek(64)
	data, tags := uint64(c.U32()), uint64(c.U32())
	c.Seek(82)
	return c.U16() == 0x0100 && c.Err() == nil && name < 64 && data > 0 && v.Has(headerSize, data+tags)
}
