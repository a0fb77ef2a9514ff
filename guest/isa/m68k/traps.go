package m68k

import "slices"

// trap is a word of line A and its name.
type trap struct {
	word uint16
	name string
}

// TrapName returns the name of a classic Mac OS trap, without the underscore
// that begins it in listings, and with what its flag bits say: "NewPtr,SYS,CLEAR",
// "Open,ASYNC", "GetResource,AUTOPOP". It returns "" if the trap has none.
//
// Bit 11 is set in traps of the Toolbox, whose bit 10 pops a return address.
// In the others bits 10 and 9 are flags whose meaning depends on the trap, and
// bit 8 says that A0 is not kept for the caller.
func TrapName(word uint16) string {
	if name := exactTrap(word); name != "" {
		return name
	}
	if word&0x800 != 0 {
		if name := exactTrap(word &^ 0x400); name != "" && word&0x400 != 0 {
			return name + ",AUTOPOP"
		}
		return ""
	}
	for _, base := range [2]uint16{word &^ 0x600, word&^0x600 ^ 0x100} {
		name := exactTrap(base)
		if name == "" {
			continue
		}
		flags := [2]string{",SYS", ",CLEAR"}
		if word&0xff < 0x19 { // the File Manager's and the Device Manager's
			flags = [2]string{",ASYNC", ",IMMED"}
		}
		if word&0x400 != 0 {
			name += flags[0]
		}
		if word&0x200 != 0 {
			name += flags[1]
		}
		return name
	}
	return ""
}

func exactTrap(word uint16) string {
	i, ok := slices.BinarySearchFunc(traps[:], word, func(t trap, w uint16) int { return int(t.word) - int(w) })
	if !ok {
		return ""
	}
	return traps[i].name
}
