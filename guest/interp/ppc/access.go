package ppc

import (
	"math"
	"math/bits"

	isa "github.com/crossplug/crossplug/guest/isa/ppc"
)

// access is what a load or store of one register does.
type access struct {
	size uint8 // in bytes
	how  accessKind
}

type accessKind uint8

const (
	store    accessKind = 1 << iota
	indexed             // the address is rA + rB, not rA + d
	update              // rA gets the address
	signed              // a load extends the sign
	reversed            // the bytes are the other way round
	float               // a register fD: a double, or a single that is made one
	integer             // the low half of fD
)

// accesses are the loads and stores of one register. The loop does the common
// ones itself while nothing is special about them.
var accesses = [allOps]access{
	isa.LBZ: {1, 0}, isa.LBZU: {1, update}, isa.LBZX: {1, indexed}, isa.LBZUX: {1, indexed | update},
	isa.LHZ: {2, 0}, isa.LHZU: {2, update}, isa.LHZX: {2, indexed}, isa.LHZUX: {2, indexed | update},
	isa.LHA: {2, signed}, isa.LHAU: {2, signed | update}, isa.LHAX: {2, signed | indexed}, isa.LHAUX: {2, signed | indexed | update},
	isa.LWZ: {4, 0}, isa.LWZU: {4, update}, isa.LWZX: {4, indexed}, isa.LWZUX: {4, indexed | update},
	isa.LHBRX: {2, reversed | indexed}, isa.LWBRX: {4, reversed | indexed},
	isa.LFS: {4, float}, isa.LFSU: {4, float | update}, isa.LFSX: {4, float | indexed}, isa.LFSUX: {4, float | indexed | update},
	isa.LFD: {8, float}, isa.LFDU: {8, float | update}, isa.LFDX: {8, float | indexed}, isa.LFDUX: {8, float | indexed | update},

	isa.STB: {1, store}, isa.STBU: {1, store | update}, isa.STBX: {1, store | indexed}, isa.STBUX: {1, store | indexed | update},
	isa.STH: {2, store}, isa.STHU: {2, store | update}, isa.STHX: {2, store | indexed}, isa.STHUX: {2, store | indexed | update},
	isa.STW: {4, store}, isa.STWU: {4, store | update}, isa.STWX: {4, store | indexed}, isa.STWUX: {4, store | indexed | update},
	isa.STHBRX: {2, store | reversed | indexed}, isa.STWBRX: {4, store | reversed | indexed},
	isa.STFS: {4, store | float}, isa.STFSU: {4, store | float | update}, isa.STFSX: {4, store | float | indexed}, isa.STFSUX: {4, store | float | indexed | update},
	isa.STFD: {8, store | float}, isa.STFDU: {8, store | float | update}, isa.STFDX: {8, store | float | indexed}, isa.STFDUX: {8, store | float | indexed | update},
	isa.STFIWX: {4, store | integer | indexed},
}

// access executes a load or store of one register. Where memory faults, no
// register changes.
func (c *CPU) access(u *uop, a access) event {
	at := c.R[u.a&31] & u.mask
	if a.how&indexed != 0 {
		at += c.R[u.b&31]
	} else {
		at += u.imm
	}
	var err error
	if a.how&store != 0 {
		err = c.put(u, a, at)
	} else {
		err = c.get(u, a, at)
	}
	if err != nil {
		return event{badAccess, err}
	}
	if a.how&update != 0 {
		c.R[u.a&31] = at
	}
	return event{}
}

func (c *CPU) get(u *uop, a access, at uint32) error {
	var v uint64
	var err error
	switch a.size {
	case 1:
		b, fault := c.mem.Load8(at)
		v, err = uint64(b), fault
	case 2:
		h, fault := c.mem.Load16(at)
		if a.how&signed != 0 {
			h32 := uint32(int16(h))
			v = uint64(h32)
		} else {
			v = uint64(h)
		}
		if a.how&reversed != 0 {
			v = uint64(bits.ReverseBytes16(h))
		}
		err = fault
	case 4:
		w, fault := c.mem.Load32(at)
		switch {
		case a.how&float != 0:
			v = widen(w)
		case a.how&reversed != 0:
			v = uint64(bits.ReverseBytes32(w))
		default:
			v = uint64(w)
		}
		err = fault
	case 8:
		v, err = c.mem.Load64(at)
	}
	switch {
	case err != nil:
		return err
	case a.how&float != 0:
		c.F[u.d&31] = v
	default:
		c.R[u.d&31] = uint32(v)
	}
	return nil
}

func (c *CPU) put(u *uop, a access, at uint32) error {
	v := uint64(c.R[u.d&31])
	if a.how&(float|integer) != 0 {
		v = c.F[u.d&31]
	}
	switch a.size {
	case 1:
		return c.mem.Store8(at, uint8(v))
	case 2:
		if a.how&reversed != 0 {
			v = uint64(bits.ReverseBytes16(uint16(v)))
		}
		return c.mem.Store16(at, uint16(v))
	case 4:
		switch {
		case a.how&float != 0:
			v = uint64(narrow(v))
		case a.how&reversed != 0:
			v = uint64(bits.ReverseBytes32(uint32(v)))
		}
		return c.mem.Store32(at, uint32(v))
	}
	return c.mem.Store64(at, v)
}

// isNormal says whether a single in memory is a normal number.
func isNormal(v uint32) bool { return v>>23&0xff-1 < 254 }

// widenNormal makes a double of a normal single.
func widenNormal(v uint32) uint64 {
	return uint64(v&0x80000000)<<32 | uint64(v&0x7fffffff)<<29 + 896<<52
}

// widen makes a double of a single in memory; a NaN stays as it is, signaling
// or not.
func widen(v uint32) uint64 {
	if v&0x7f800000 == 0x7f800000 {
		return uint64(v&0x80000000)<<32 | expMask | uint64(v&0x7fffff)<<29
	}
	return math.Float64bits(float64(math.Float32frombits(v)))
}

// narrow makes a single in memory of a double, which should be one already:
// nothing is rounded. What is too small for a single is undefined; its high bits
// are stored.
func narrow(v uint64) uint32 {
	exp := v >> 52 & 0x7ff
	if exp > 896 || v&^signBit == 0 || exp < 874 {
		return uint32(v>>32&0xc0000000 | v>>29&0x3fffffff)
	}
	mantissa := v&fracMask | 1<<52
	return uint32(v>>32&0x80000000 | mantissa>>(29+897-exp))
}
