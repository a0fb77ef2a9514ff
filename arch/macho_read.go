package arch

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/crossplug/crossplug/internal/bin"
)

// machoOrder finds the byte order by the magic number; nil if it is none.
func machoOrder(head []byte) (order binary.ByteOrder, is64 bool) {
	if len(head) < 4 {
		return nil, false
	}
	for _, order := range []binary.ByteOrder{binary.BigEndian, binary.LittleEndian} {
		switch order.Uint32(head) {
		case machoMagic32:
			return order, false
		case machoMagic64:
			return order, true
		}
	}
	return nil, false
}

func isMachO(head []byte) bool {
	order, _ := machoOrder(head)
	return order != nil
}

// isFat tells a fat file from a Java class. Where a fat file counts its
// images, a class has its version: minor in the high half, major in the low.
// Java began with major version 45; no fat file comes near 45 images.
func isFat(head []byte) bool {
	if len(head) < 8 {
		return false
	}
	switch magic, count := binary.BigEndian.Uint32(head), binary.BigEndian.Uint32(head[4:]); magic {
	case fatMagic32:
		return count < firstJavaVersion
	case fatMagic64:
		return true
	}
	return false
}

const firstJavaVersion = 45

// isJavaClass is the other half of isFat.
func isJavaClass(head []byte) bool {
	return len(head) >= 8 && binary.BigEndian.Uint32(head) == fatMagic32 && !isFat(head)
}

func fatImages(v bin.View) ([]Image, error) {
	c := v.Cursor("fat header", 0, 8, binary.BigEndian)
	word, size := 4, 20
	if c.U32() == fatMagic64 {
		word, size = 8, 32
	}
	n := c.U32()
	if c.Err() != nil {
		return nil, c.Err()
	}
	if n >= firstJavaVersion {
		return nil, v.Errorf("fat header", 4, "%d images are too many to be true", n)
	}
	if n == 0 {
		return nil, v.Errorf("fat header", 4, "lists no images")
	}
	c = v.Cursor("fat header", 8, uint64(n)*uint64(size), binary.BigEndian)
	var images []Image
	var damage []error
	for i := range n {
		item := fmt.Sprintf("fat header: image %d", i)
		c.Item("%s", item)
		at := 8 + uint64(c.Pos())
		cpu, subtype := cpuType(c.U32()), c.U32()
		off, length := c.Word(word), c.Word(word)
		c.Skip(uint64(size - 8 - 2*word)) // alignment, reserved
		if c.Err() != nil {
			return nil, c.Err()
		}
		if !v.Has(off, length) {
			damage = append(damage, v.Errorf(item, at, "(%v) lies at %#x–%#x, but the file ends at %#x", cpu, off, off+length, v.Size()))
			continue
		}
		h, err := readMachO(v.Part(off, length))
		switch notImage := (*NotImageError)(nil); {
		case errors.As(err, &notImage):
			err = fmt.Errorf("%s (%v) %w", item, cpu, err)
		case err == nil && (h.cpu != cpu || (h.subtype^subtype)&^cpuSubtypeMask != 0):
			err = v.Errorf(item, at, "is for %v subtype %d, but the image there is for %v subtype %d",
				cpu, subtype&^cpuSubtypeMask, h.cpu, h.subtype&^cpuSubtypeMask)
		}
		if err != nil {
			damage = append(damage, err)
			continue
		}
		images = append(images, h.image())
	}
	return images, errors.Join(damage...)
}

func machoImages(v bin.View) ([]Image, error) {
	h, err := readMachO(v)
	if err != nil {
		return nil, err
	}
	return []Image{h.image()}, nil
}

// machoFile is what the header says, and what each load command that matters
// here says.
type machoFile struct {
	view     bin.View
	order    binary.ByteOrder
	word     int // bytes of an address
	cpu      cpuType
	subtype  uint32
	filetype uint32

	name           string
	needed         []string
	symOff, strOff uint32 // LC_SYMTAB
	symNum, strLen uint32
	trieOff        uint32 // LC_DYLD_EXPORTS_TRIE or LC_DYLD_INFO
	trieLen        uint32
}

func (f *machoFile) image() Image {
	order := LittleEndian
	if f.order == binary.BigEndian {
		order = BigEndian
	}
	return Image{machoArch(f.cpu, f.subtype, order), FormatMachO, machoKind(f.filetype), f.view.Base(), f.view.Size()}
}

func readMachO(v bin.View) (*machoFile, error) {
	head, err := v.Bytes("Mach-O header", 0, uint64(min(headSize, v.Size())))
	if err != nil {
		return nil, err
	}
	f := &machoFile{view: v, word: 4}
	order, is64 := machoOrder(head)
	if order == nil {
		return nil, &NotImageError{What: describe(head)}
	}
	f.order = order
	headerSize := uint64(28)
	if is64 {
		f.word, headerSize = 8, 32
	}
	c := v.Cursor("Mach-O header", 0, headerSize, order)
	c.U32() // magic
	f.cpu, f.subtype, f.filetype = cpuType(c.U32()), c.U32(), c.U32()
	n, size := c.U32(), c.U32()
	if c.Err() != nil {
		return nil, c.Err()
	}
	c = v.Cursor("Mach-O load commands", headerSize, uint64(size), order)
	for i := range c.Count(uint64(n), 8) {
		c.Item("Mach-O load command %d", i)
		cmd, size := loadCommand(c.U32()), c.U32()
		if c.Err() == nil && size < 8 {
			c.Fail("is %d bytes long, less than its own header", size)
		}
		body := c.Sub(uint64(size) - 8)
		f.readCommand(cmd, body)
		if body.Err() != nil {
			return nil, body.Err()
		}
	}
	return f, c.Err()
}

// readCommand reads the body of a load command, which follows 8 bytes of
// command and size.
func (f *machoFile) readCommand(cmd loadCommand, c *bin.Cursor) {
	switch cmd {
	case lcIDDylib, lcLoadDylib, lcLoadWeakDylib, lcReexportDylib, lcLazyLoadDylib, lcLoadUpwardDylib:
		c.Seek(uint64(c.U32()) - 8) // the text's place is counted from the command's
		name, _, _ := strings.Cut(string(c.Bytes(uint64(c.Len()))), "\x00")
		if cmd == lcIDDylib {
			f.name = name
		} else {
			f.needed = append(f.needed, name)
		}
	case lcSymtab:
		f.symOff, f.symNum, f.strOff, f.strLen = c.U32(), c.U32(), c.U32(), c.U32()
	case lcDyldExportsTrie:
		f.trieOff, f.trieLen = c.U32(), c.U32()
	case lcDyldInfo, lcDyldInfoOnly:
		c.Skip(32) // rebasing, binding, weak binding, lazy binding
		f.trieOff, f.trieLen = c.U32(), c.U32()
	case lcSegment, lcSegment64:
		c.Skip(16) // name
		word := 4
		if cmd == lcSegment64 {
			word = 8
		}
		c.Skip(uint64(2 * word)) // address, size in memory
		start, size := c.Word(word), c.Word(word)
		// Files of symbols keep the segments' places but not their contents.
		symbols := f.filetype == mhDylibStub || f.filetype == mhDSYM
		if !symbols && !f.view.Has(start, size) {
			c.Fail("its segment lies at %#x–%#x, but the image is %#x bytes long; the file is truncated", start, start+size, f.view.Size())
		}
	}
}

func machoDetails(v bin.View) (*Details, error) {
	f, err := readMachO(v)
	if err != nil {
		return nil, err
	}
	d := &Details{Name: f.name, Needed: f.needed}
	if f.trieLen > 0 {
		d.Exports, err = f.exportTrie()
	} else {
		d.Exports, err = f.exportedSymbols()
	}
	for i, name := range d.Exports {
		d.Exports[i] = strings.TrimPrefix(name, "_") // the C compiler's
	}
	return d, err
}

// exportedSymbols lists what the symbol table shows to other images. Files
// from before Mac OS X 10.6 have nothing else.
func (f *machoFile) exportedSymbols() ([]string, error) {
	size := uint64(8 + f.word)
	c := f.view.Cursor("Mach-O symbol table", uint64(f.symOff), uint64(f.symNum)*size, f.order)
	names := f.view.Cursor("Mach-O string table", uint64(f.strOff), uint64(f.strLen), f.order).Strings()
	var exports []string
	for range f.symNum {
		name, typ := c.U32(), c.U8()
		c.Skip(size - 5) // section, description, value
		if c.Err() != nil {
			return nil, c.Err()
		}
		if typ&(nStab|nPExt) == 0 && typ&nExt != 0 && typ&nType != 0 {
			exports = append(exports, names.At("Mach-O symbol", uint64(name)))
		}
	}
	return exports, names.Err()
}

// exportTrie lists the names in the export trie, where dyld looks them up. An
// edge carries a piece of a name; a node with information ends one:
//
//	uleb128 length of the information, and so much information
//	byte    number of edges
//	edge    NUL-terminated piece of name, uleb128 offset of the node it leads to
//
// Real tries are trees. One that is not could spell the same or ever longer
// names for ever, so a node that is reached twice is an error.
func (f *machoFile) exportTrie() ([]string, error) {
	const item = "Mach-O export trie"
	c := f.view.Cursor(item, uint64(f.trieOff), uint64(f.trieLen), f.order)
	type node struct {
		off    uint64
		prefix string
	}
	seen := map[uint64]bool{}
	spelled := 0
	var exports []string
	todo := []node{{0, ""}}
	for len(todo) > 0 && c.Err() == nil {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		c.Seek(n.off)
		if seen[n.off] {
			c.Fail("is no tree: two edges lead here")
		}
		seen[n.off] = true
		info := c.Uleb128(64)
		if info > 0 && c.Err() == nil {
			exports = append(exports, n.prefix)
		}
		c.Skip(info)
		for range c.U8() {
			name := n.prefix + c.CString()
			if spelled += len(name); spelled > bin.MaxRead {
				c.Fail("spells more than %d bytes of names", bin.MaxRead)
			}
			if off := c.Uleb128(64); c.Err() == nil {
				todo = append(todo, node{off, name})
			}
		}
	}
	if c.Err() != nil {
		return nil, c.Err()
	}
	return exports, nil
}
