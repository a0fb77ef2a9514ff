package m68k

import (
	"github.com/crossplug/crossplug/guest/cpu"
	"github.com/crossplug/crossplug/guest/interp/m68k/extended"
	isa "github.com/crossplug/crossplug/guest/isa/m68k"
)

// The coprocessor's moves: to memory, of control registers, of sets, of its state.

// bindFloatMove is about FMOVE to memory, a data register or a control register.
func bindFloatMove(i *isa.Inst) handler {
	if i.Args[0].Kind != isa.FloatReg {
		return runFloatControls
	}
	if i.Size == isa.Packed {
		return thenLook(runFloatStore)
	}
	return runFloatStore
}

// runFloatStore converts to a format in memory, or in a data register. The
// condition codes stay.
func runFloatStore(c *CPU, o *op) {
	f := c.beginFloat()
	x, to := c.FP[o.Args[0].Reg&7], &o.Args[1]
	ok := true
	switch o.Size {
	case isa.Byte:
		ok = put(c, to, uint8(f.ToInt(x, 8)))
	case isa.Word:
		ok = put(c, to, uint16(f.ToInt(x, 16)))
	case isa.Long:
		ok = put(c, to, f.ToInt(x, 32))
	case isa.Single:
		ok = put(c, to, f.ToSingle(x))
	case isa.Double:
		var a uint32
		if a, ok = c.address(to, 8); ok {
			v := f.ToDouble(x)
			ok = c.storeLongs(a, uint32(v>>32), uint32(v))
		}
	case isa.Extended:
		var a uint32
		if a, ok = c.address(to, 12); ok {
			if extended.IsNaN(x) {
				x = f.Round(x)
			}
			ok = c.storeExtended(a, x)
		}
	case isa.Packed:
		k := o.Args[2].Disp
		if o.Args[2].Kind == isa.KFactorReg {
			k = int32(c.D[o.Args[2].Reg&7]<<25) >> 25
		}
		var a uint32
		if a, ok = c.address(to, 12); ok {
			w := f.ToPacked(x, int(k))
			ok = c.storeLongs(a, w[:]...)
		}
	}
	if ok {
		c.endFloat(f.Flags)
	}
}

// floatControl returns a control register by its bit in the instruction.
func (c *CPU) floatControl(bit int) *uint32 {
	return [...]*uint32{&c.FPIAR, &c.FPSR, &c.FPCR}[bit]
}

// floatControlMask is what of a control register can be set.
var floatControlMask = [...]uint32{0xffffffff, 0x0ffffff8, 0xfff0}

// runFloatControls moves one or several control registers, FPCR at the lowest
// address.
func runFloatControls(c *CPU, o *op) {
	from, to := &o.Args[0], &o.Args[1]
	set, ea, store1 := from, to, true
	if from.Kind != isa.FloatControls {
		set, ea, store1 = to, from, false
	}
	switch ea.Kind {
	case isa.DataReg, isa.AddrReg, isa.Immediate:
		for bit := range 3 {
			if set.Disp>>bit&1 == 0 {
				continue
			}
			if store1 {
				*c.registerOf(ea) = *c.floatControl(bit)
			} else if v, ok := read[uint32](c, ea); ok {
				*c.floatControl(bit) = v & floatControlMask[bit]
			}
		}
		return
	}
	size := uint32(0)
	for bit := range 3 {
		size += 4 * uint32(set.Disp>>bit&1)
	}
	a, ok := c.address(ea, size)
	for bit := 2; bit >= 0 && ok; bit-- {
		if set.Disp>>bit&1 == 0 {
			continue
		}
		if store1 {
			ok = store(c, a, *c.floatControl(bit))
		} else {
			var v uint32
			if v, ok = load[uint32](c, a); ok {
				*c.floatControl(bit) = v & floatControlMask[bit]
			}
		}
		a += 4
	}
}

// runFloatMovem moves a set of registers as they are, FP0 at the lowest address.
func runFloatMovem(c *CPU, o *op) {
	list, ea, store1 := &o.Args[0], &o.Args[1], true
	if list.Kind != isa.FloatList && list.Kind != isa.DataReg {
		list, ea, store1 = ea, list, false
	}
	set := uint8(list.Disp)
	if list.Kind == isa.DataReg {
		// As in the instruction: FP7 is bit 7 for -(An), bit 0 otherwise.
		set = uint8(c.D[list.Reg&7])
		if ea.Kind != isa.PreDecrement {
			set = reverse8(set)
		}
	}
	size := uint32(0)
	for n := range 8 {
		size += 12 * uint32(set>>n&1)
	}
	a, ok := c.address(ea, size)
	for n := 0; n < 8 && ok; n++ {
		if set>>n&1 == 0 {
			continue
		}
		if store1 {
			ok = c.storeExtended(a, c.FP[n])
		} else {
			var x cpu.Extended
			if x, ok = c.loadExtended(a); ok {
				c.FP[n] = x
			}
		}
		a += 12
	}
}

func reverse8(v uint8) uint8 {
	v = v>>4 | v<<4
	v = v>>2&0x33 | v&0x33<<2
	return v>>1&0x55 | v&0x55<<1
}

// FSAVE and FRESTORE move the coprocessor's inner state, which here is always
// that of one that has nothing to do: a 68882's, or a 68040's.

func (c *CPU) idleFrame() (word, size uint32) {
	if c.model == isa.M68040 {
		return 0x41000000, 4
	}
	return 0x1f380000, 4 + 0x38
}

func runFsave(c *CPU, o *op) {
	if !c.privileged() {
		return
	}
	word, size := c.idleFrame()
	a, ok := c.address(&o.Args[0], size)
	for i := uint32(0); i < size && ok; i += 4 {
		ok = store(c, a+i, word)
		word = 0
	}
}

func runFrestore(c *CPU, o *op) {
	if !c.privileged() {
		return
	}
	from := &o.Args[0]
	a, ok := c.address(from, 0)
	if !ok {
		return
	}
	word, ok := load[uint32](c, a)
	if !ok {
		return
	}
	size := uint32(4)
	if word>>24 == 0 {
		c.resetFloat()
	} else {
		size += word >> 16 & 0xff
	}
	if from.Kind == isa.PostIncrement {
		c.A[from.Reg&7] = a + size
	}
}
