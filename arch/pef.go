package arch

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/crossplug/crossplug/internal/bin"
)

// PEF, the Preferred Executable Format of the classic Mac OS, as
// <PEFBinaryFormat.h> in the Universal Interfaces and chapter 8 of "Mac OS
// Runtime Architectures" define it. All numbers are big-endian.
//
// A container does not say how long it is: it ends where the last of its
// sections does. Another may follow in the same file, as in a fat shared
// library with one for PowerPC and one for 68K. A resource, 'cfrg' 0, lists
// them; but it lies in the file's other fork, so they are looked for where
// linkers put them, at multiples of 16 bytes.
const (
	pefMagic      = "Joy!peff"
	pefHeaderLen  = 40
	pefSectionLen = 28
	pefAlignment  = 16
)

func isPEF(head []byte) bool {
	return len(head) >= len(pefMagic) && string(head[:len(pefMagic)]) == pefMagic
}

// pefArchs are the values of the architecture field.
var pefArchs = map[string]Arch{
	"pwpc": {PowerPC, 32, BigEndian, Classic, ""},
	"m68k": {M68K, 32, BigEndian, Classic, "cfm"}, // unlike code resources: A5 set by every call
}

// maxContainers bounds the list of containers in one file; a Mac's ROM has
// sixty.
const maxContainers = 1000

func pefImages(v bin.View) ([]Image, error) {
	var images []Image
	for off, ok := uint64(0), true; ok; {
		img, err := readPEF(v.Part(off, uint64(v.Size())))
		if err == nil && len(images) == maxContainers {
			err = v.Errorf("PEF header", off, "begins one container too many; at most %d are read", maxContainers)
		}
		if err != nil {
			return images, err // where the next one would begin is not known
		}
		images = append(images, img)
		off, ok = nextPEF(v, off+uint64(img.Size))
	}
	return images, nil
}

func readPEF(v bin.View) (Image, error) {
	c := v.Cursor("PEF header", 0, pefHeaderLen, binary.BigEndian)
	c.Skip(uint64(len(pefMagic)))
	name := string(c.Bytes(4))
	version := c.U32()
	c.Skip(16) // date, versions of the library
	sections := uint64(c.U16())
	if c.Err() != nil {
		return Image{}, c.Err()
	}
	if version != 1 {
		return Image{}, v.Errorf("PEF header", 12, "format version %d is not 1", version)
	}
	arch, ok := pefArchs[name]
	if !ok {
		return Image{}, v.Errorf("PEF header", 8, "architecture %q is neither 'pwpc' nor 'm68k'", name)
	}
	c = v.Cursor("PEF section headers", pefHeaderLen, sections*pefSectionLen, binary.BigEndian)
	end := pefHeaderLen + sections*pefSectionLen
	for i := range sections {
		c.Skip(16) // name, address, length in memory, length unpacked
		length, off := uint64(c.U32()), uint64(c.U32())
		c.Skip(4) // kind, sharing, alignment
		if c.Err() != nil {
			return Image{}, c.Err()
		}
		if !v.Has(off, length) {
			return Image{}, v.Errorf(fmt.Sprintf("PEF section header %d", i), pefHeaderLen+i*pefSectionLen,
				"its contents lie at %#x–%#x, but the container is at most %#x bytes long; the file is truncated", off, off+length, v.Size())
		}
		end = max(end, off+length)
	}
	return Image{arch, FormatPEF, KindContainer, v.Base(), int64(end)}, c.Err()
}

// nextPEF finds the next container at or after off. Most begin close by, so
// that is where it looks first.
func nextPEF(v bin.View, off uint64) (uint64, bool) {
	step := uint64(256)
	for off = (off + pefAlignment - 1) / pefAlignment * pefAlignment; off < uint64(v.Size()); off += step {
		step = min(2*step, 1<<20)
		b, err := v.Bytes("file", off, min(step, uint64(v.Size())-off))
		if err != nil {
			return 0, false
		}
		for at := 0; at < len(b); at += pefAlignment {
			if bytes.HasPrefix(b[at:], []byte(pefMagic)) {
				return off + uint64(at), true
			}
		}
	}
	return 0, false
}
