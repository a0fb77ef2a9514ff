package wav

import (
	"encoding/binary"
	"math"
)

// decode converts stored samples to floats: len(to) of them.
func (s Sample) decode(to []float32, from []byte) {
	le := binary.LittleEndian
	switch s {
	case U8:
		for i := range to {
			to[i] = float32(int(from[i])-128) / (1 << 7)
		}
	case S16:
		for i := range to {
			to[i] = float32(int16(le.Uint16(from[2*i:]))) / (1 << 15)
		}
	case S24:
		for i := range to {
			b := from[3*i : 3*i+3]
			// In the upper bytes of 32 bits, so that the sign is in its place.
			to[i] = float32(int32(uint32(b[0])<<8|uint32(b[1])<<16|uint32(b[2])<<24)>>8) / (1 << 23)
		}
	case S32:
		for i := range to {
			to[i] = float32(float64(int32(le.Uint32(from[4*i:]))) / (1 << 31))
		}
	case F32:
		for i := range to {
			to[i] = math.Float32frombits(le.Uint32(from[4*i:]))
		}
	case F64:
		for i := range to {
			to[i] = float32(math.Float64frombits(le.Uint64(from[8*i:])))
		}
	}
}

// encode converts floats to stored samples and returns how many did not fit:
// integers outside of full scale, which get the nearest value there is, and
// those that are not numbers, which become silence.
func (s Sample) encode(to []byte, from []float32) (clipped int64) {
	le := binary.LittleEndian
	switch s {
	case F32:
		for i, v := range from {
			le.PutUint32(to[4*i:], math.Float32bits(v))
		}
		return 0
	case F64:
		for i, v := range from {
			le.PutUint64(to[8*i:], math.Float64bits(float64(v)))
		}
		return 0
	}
	bits := 8 * s.Bytes()
	scale := float64(int64(1) << (bits - 1))
	for i, v := range from {
		// Half to even: unlike half up, it adds no direct current.
		x := math.RoundToEven(float64(v) * scale)
		switch {
		case x != x:
			x = 0
			clipped++
		case x > scale-1:
			x = scale - 1
			clipped++
		case x < -scale:
			x = -scale
			clipped++
		}
		n := uint32(int32(x))
		switch s {
		case U8:
			to[i] = byte(n + 128)
		case S16:
			le.PutUint16(to[2*i:], uint16(n))
		case S24:
			to[3*i], to[3*i+1], to[3*i+2] = byte(n), byte(n>>8), byte(n>>16)
		case S32:
			le.PutUint32(to[4*i:], n)
		}
	}
	return clipped
}
