package m68k

import "github.com/crossplug/crossplug/guest/interp/m68k/extended"

// What depends on the coprocessor's conditions.

// floatTest says whether a condition holds. Of the 32, the second half raises
// BSUN if the operands were unordered; what is left says whether N, Z and NaN
// make it true.
func (c *CPU) floatTest(cond uint8) bool {
	n, z, nan := c.FPSR&floatN != 0, c.FPSR&floatZ != 0, c.FPSR&floatNaN != 0
	if cond&16 != 0 && nan {
		c.FPSR |= uint32(extended.BSUN)<<8 | accruedIOP
	}
	switch cond & 15 {
	case 0: // F
		return false
	case 1: // EQ
		return z
	case 2: // OGT
		return !(nan || z || n)
	case 3: // OGE
		return z || !(nan || n)
	case 4: // OLT
		return n && !(nan || z)
	case 5: // OLE
		return z || n && !nan
	case 6: // OGL
		return !(nan || z)
	case 7: // OR
		return !nan
	case 8: // UN
		return nan
	case 9: // UEQ
		return nan || z
	case 10: // UGT
		return nan || !(n || z)
	case 11: // UGE
		return nan || z || !n
	case 12: // ULT
		return nan || n && !z
	case 13: // ULE
		return nan || z || n
	case 14: // NE
		return !z
	}
	return true
}

// testOrTrap is floatTest, and takes the exception if that is enabled.
func (c *CPU) testOrTrap(cond uint8) (holds, ok bool) {
	holds = c.floatTest(cond)
	if cond&16 != 0 && c.FPSR&floatNaN != 0 && extended.Flags(c.FPCR>>8)&extended.BSUN != 0 {
		c.exception(vectorFloat, c.at)
		return false, false
	}
	return holds, true
}

func runFBcc(c *CPU, o *op) {
	if holds, ok := c.testOrTrap(o.Cond); ok && holds {
		c.M68K.PC = uint32(o.Args[0].Disp)
	}
}

func runFScc(c *CPU, o *op) {
	if holds, ok := c.testOrTrap(o.Cond); ok {
		put(c, &o.Args[0], -uint8(carry(holds)))
	}
}

func runFDBcc(c *CPU, o *op) {
	holds, ok := c.testOrTrap(o.Cond)
	if !ok || holds {
		return
	}
	d := &c.D[o.Args[0].Reg&7]
	n := uint16(*d) - 1
	*d = *d&^0xffff | uint32(n)
	if n != 0xffff {
		c.M68K.PC = uint32(o.Args[1].Disp)
	}
}

func runFTRAPcc(c *CPU, o *op) {
	if holds, ok := c.testOrTrap(o.Cond); ok && holds {
		c.exception(vectorTRAP, o.next)
	}
}
