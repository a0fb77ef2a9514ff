package inspect

import (
	"encoding/binary"
	"fmt"
	"iter"

	"github.com/crossplug/crossplug/guest/isa/m68k"
)

// A routine that is called from the same code, and has no name, is named by
// where it is.
func routineName(at int) string { return fmt.Sprintf("sub_%x", at) }

// callsPowerPC yields where calls in PowerPC code lead: bl, but for one to the
// next instruction, by which code finds out where it is.
func callsPowerPC(code []byte) iter.Seq[int] {
	return func(yield func(int) bool) {
		for at := 0; at+4 <= len(code); at += 4 {
			w := binary.BigEndian.Uint32(code[at:])
			if w>>26 != 18 || w&3 != 1 {
				continue
			}
			to := at + int(int32(w<<6)>>6&^3)
			if to != at+4 && to >= 0 && to < len(code) && !yield(to) {
				return
			}
		}
	}
}

// calls68K yields where calls in 68K code lead: BSR, and JSR relative to the
// program counter. It reads one instruction after the other from start on, so
// data among them may lead it astray.
func calls68K(code []byte, start int) iter.Seq[int] {
	return func(yield func(int) bool) {
		word := func(at int) int { return int(int16(binary.BigEndian.Uint16(code[at:]))) }
		for at := start &^ 1; at+2 <= len(code); {
			inst, err := m68k.Decode(code[at:], uint32(at), m68k.M68040)
			if err != nil {
				at += 2
				continue
			}
			to := -1
			switch w := uint16(word(at)); {
			case w == 0x61ff: // BSR.L
				to = at + 2 + int(int32(binary.BigEndian.Uint32(code[at+2:])))
			case w == 0x6100, w == 0x4eba: // BSR.W, JSR (d16,PC)
				to = at + 2 + word(at+2)
			case w>>8 == 0x61: // BSR.S
				to = at + 2 + int(int8(w))
			}
			at += int(inst.Len)
			if to != at && to >= start && to < len(code) && to%2 == 0 && !yield(to) {
				return
			}
		}
	}
}
