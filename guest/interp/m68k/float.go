package m68k

import (
	"math"

	"github.com/crossplug/crossplug/guest/cpu"
	isa "github.com/crossplug/crossplug/guest/isa/m68k"
)

func (c *CPU) resetFloat() {}

func toDoubleBits(v cpu.Extended) uint64   { return math.Float64bits(0) }
func fromDoubleBits(v uint64) cpu.Extended { return cpu.Extended{} }

func bindFloat(i *isa.Inst) handler { return runLineF }
