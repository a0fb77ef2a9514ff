package toolbox

// The Trap Manager ("Inside Macintosh: Operating System Utilities", chapter 8).

// entryAt is where the address of a trap's routine is.
func entryAt(trap uint16, tool bool) uint32 {
	if tool {
		return toolTraps + 4*uint32(trap&0x3ff)
	}
	return osTraps + 4*uint32(trap&0xff)
}

// isTool says which table a trap's number meant when there was one table only.
func isTool(trap uint16) bool {
	if trap&0xf000 == 0xa000 {
		return trap&0x800 != 0
	}
	n := trap & 0x1ff
	return n > 0x4f && n != 0x54 && n != 0x57
}

// GetTrapAddress returns the address of a trap's routine.
func (t *Toolbox) GetTrapAddress(trap uint16) uint32 { return t.u32(entryAt(trap, isTool(trap))) }

// GetOSTrapAddress returns the address of an OS trap's routine.
func (t *Toolbox) GetOSTrapAddress(trap uint16) uint32 { return t.u32(entryAt(trap, false)) }

// GetToolTrapAddress returns the address of a Toolbox trap's routine.
func (t *Toolbox) GetToolTrapAddress(trap uint16) uint32 { return t.u32(entryAt(trap, true)) }

// NGetTrapAddress is GetOSTrapAddress if kind is 0, else GetToolTrapAddress.
func (t *Toolbox) NGetTrapAddress(trap uint16, kind uint8) uint32 {
	return t.u32(entryAt(trap, kind != 0))
}

// SetTrapAddress makes proc the routine of a trap.
func (t *Toolbox) SetTrapAddress(proc uint32, trap uint16) {
	t.put32(entryAt(trap, isTool(trap)), proc)
}

// SetOSTrapAddress makes proc the routine of an OS trap.
func (t *Toolbox) SetOSTrapAddress(proc uint32, trap uint16) { t.put32(entryAt(trap, false), proc) }

// SetToolTrapAddress makes proc the routine of a Toolbox trap.
func (t *Toolbox) SetToolTrapAddress(proc uint32, trap uint16) { t.put32(entryAt(trap, true), proc) }

// NSetTrapAddress is SetOSTrapAddress if kind is 0, else SetToolTrapAddress.
func (t *Toolbox) NSetTrapAddress(proc uint32, trap uint16, kind uint8) {
	t.put32(entryAt(trap, kind != 0), proc)
}
