package ladspa

import (
	"encoding/binary"
	"math/bits"
	"unsafe"
)

// hostOrder is the byte order of this program.
var hostOrder = func() binary.ByteOrder {
	one := uint16(1)
	if *(*byte)(unsafe.Pointer(&one)) == 1 {
		return binary.LittleEndian
	}
	return binary.BigEndian
}()

// asBytes returns the memory of samples.
func asBytes(s []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), 4*len(s))
}

// copySamples copies samples of 4 bytes each, as many as the shorter side has
// whole, and turns their bytes around if swap is set.
func copySamples(to, from []byte, swap bool) {
	n := min(len(to), len(from)) &^ 3
	to, from = to[:n], from[:n]
	if !swap {
		copy(to, from)
		return
	}
	// Two at a time: turning eight bytes around also exchanges the two. The
	// order in which the eight are read does not matter as long as they are
	// written in the same.
	for len(to) >= 8 && len(from) >= 8 {
		v := bits.ReverseBytes64(binary.LittleEndian.Uint64(from))
		binary.LittleEndian.PutUint64(to, bits.RotateLeft64(v, 32))
		to, from = to[8:], from[8:]
	}
	if len(to) >= 4 && len(from) >= 4 {
		binary.LittleEndian.PutUint32(to, bits.ReverseBytes32(binary.LittleEndian.Uint32(from)))
	}
}
