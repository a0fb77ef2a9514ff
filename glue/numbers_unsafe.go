package glue

import (
	"encoding/binary"
	"unsafe"
)

// littleEndian is whether this program's numbers lie in memory as those of
// messages do.
var littleEndian = func() bool {
	one := uint16(1)
	return *(*byte)(unsafe.Pointer(&one)) == 1
}()

// size returns the bytes of an element.
func size[T Number]() int {
	var v T
	return int(unsafe.Sizeof(v))
}

// memory returns the bytes of an array.
func memory[T Number](v []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), len(v)*size[T]())
}

// copyLittleEndian copies numbers of size bytes each between this program's
// order and little-endian. to and from are equally long.
func copyLittleEndian(to, from []byte, size int) {
	copyOrdered(to, from, size, !littleEndian)
}

// copyOrdered copies numbers and, if swap, turns the bytes of each around.
func copyOrdered(to, from []byte, size int, swap bool) {
	if !swap || size == 1 {
		copy(to, from)
		return
	}
	for i := 0; i+size <= len(from); i += size {
		switch size {
		case 2:
			binary.LittleEndian.PutUint16(to[i:], binary.BigEndian.Uint16(from[i:]))
		case 4:
			binary.LittleEndian.PutUint32(to[i:], binary.BigEndian.Uint32(from[i:]))
		case 8:
			binary.LittleEndian.PutUint64(to[i:], binary.BigEndian.Uint64(from[i:]))
		}
	}
}
