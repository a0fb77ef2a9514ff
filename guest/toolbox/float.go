package toolbox

import "math"

func fromBits(v uint64) float64 { return math.Float64frombits(v) }

func toBits(v float64) uint64 { return math.Float64bits(v) }
