package toolbox

import (
	"encoding/binary"
	"fmt"
)

// The non-local jumps of PowerPC code (ISO/IEC 9899:1990, 7.6).

// A jmp_buf's words: the registers that the PowerOpen convention lets a routine
// keep, and how deeply host and guest had called each other. Compilers for the
// PowerPC give it at least 64.
const (
	jumpLR = iota
	jumpCR
	jumpSP
	jumpTOC
	jumpR13
	jumpF14   = jumpR13 + 19
	jumpDepth = jumpF14 + 2*18
	jumpWords = jumpDepth + 1
)

// setjmp notes where it was called, and returns 0.
func (t *Toolbox) setjmp() error {
	r := t.processors.PPCRegisters
	var saved [4 * jumpWords]byte
	put := func(word int, v uint32) { binary.BigEndian.PutUint32(saved[4*word:], v) }
	put(jumpLR, r.LR)
	put(jumpCR, r.CR)
	put(jumpSP, r.R[1])
	put(jumpTOC, r.R[2])
	for i, v := range r.R[13:] {
		put(jumpR13+i, v)
	}
	for i, v := range r.F[14:] {
		binary.BigEndian.PutUint64(saved[4*(jumpF14+2*i):], v)
	}
	put(jumpDepth, uint32(t.control.Depth()))
	t.write(r.R[3], saved[:])
	r.R[3] = 0
	t.processors.PPC.SetPC(r.LR)
	return t.Err()
}

// longjmp goes back to where setjmp was called, which returns once more. It cannot
// leave a run that host code or the other processor began: their calls would be left
// halfway.
func (t *Toolbox) longjmp() error {
	r := t.processors.PPCRegisters
	saved := t.copyOf(r.R[3], 4*jumpWords)
	if err := t.Err(); err != nil {
		return err
	}
	get := func(word int) uint32 { return binary.BigEndian.Uint32(saved[4*word:]) }
	if was, is := get(jumpDepth), t.control.Depth(); was != uint32(is) {
		return fmt.Errorf("longjmp at %s: setjmp was not called in the same run (%d deep there, %d here)", t.Where(r.LR-4), was, is)
	}
	r.R[3] = max(1, r.R[4])
	r.CR, r.R[1], r.R[2] = get(jumpCR), get(jumpSP), get(jumpTOC)
	for i := range r.R[13:] {
		r.R[13+i] = get(jumpR13 + i)
	}
	for i := range r.F[14:] {
		r.F[14+i] = binary.BigEndian.Uint64(saved[4*(jumpF14+2*i):])
	}
	t.processors.PPC.SetPC(get(jumpLR))
	return nil
}
