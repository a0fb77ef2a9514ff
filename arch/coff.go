package arch

import (
	"encoding/binary"

	"github.com/crossplug/crossplug/internal/bin"
)

// COFF object files, as Microsoft's "PE Format" specification defines them:
// the COFF header of PE, without PE's magic number or any other before it.
// Text may begin like one. So one is believed only if its machine is common,
// it has what objects have and lacks what they lack, and its tables fit; a
// file that does not pass is no damaged object but something else.
const (
	coffHeaderLen = 20
	coffSymbolLen = 18
)

var coffMachines = map[peMachine]Arch{
	0x14c:   {I386, 32, LittleEndian, Windows, ""},
	0x1c4:   {ARM, 32, LittleEndian, Windows, "thumb2"},
	peAMD64: {AMD64, 64, LittleEndian, Windows, ""},
	peARM64: {ARM64, 64, LittleEndian, Windows, ""},
}

func isCOFF(head []byte) bool {
	if len(head) < coffHeaderLen {
		return false
	}
	c := bin.NewCursor("COFF header", head, binary.LittleEndian)
	_, known := coffMachines[peMachine(c.U16())]
	sections := c.U16()
	c.Skip(4) // date
	symbols, symbolsNum := c.U32(), c.U32()
	optional, characteristics := c.U16(), c.U16()
	const executable = 0x2 // IMAGE_FILE_EXECUTABLE_IMAGE
	return known && sections > 0 && symbols > 0 && symbolsNum > 0 && optional == 0 && characteristics&executable == 0
}

func coffImages(v bin.View) ([]Image, error) {
	c := v.Cursor("COFF header", 0, coffHeaderLen, binary.LittleEndian)
	machine, sections := peMachine(c.U16()), uint64(c.U16())
	c.Skip(4)
	symbols, symbolsNum := uint64(c.U32()), uint64(c.U32())
	if c.Err() != nil {
		return nil, c.Err()
	}
	if !v.Has(coffHeaderLen, sections*peSectionLen) || !v.Has(symbols, symbolsNum*coffSymbolLen) {
		return nil, &NotImageError{What: "a file of unknown kind that begins like a COFF object"}
	}
	return []Image{{coffMachines[machine], FormatCOFF, KindRelocatable, v.Base(), v.Size()}}, nil
}
