package toolbox

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/crossplug/crossplug/guest/cpu"
	"github.com/crossplug/crossplug/guest/mixedmode"
)

// The non-local jumps of fragments' code (ISO/IEC 9899:1990, 7.6). A jmp_buf has the
// registers that the processor's convention lets a routine keep, and how deeply host
// and guest had called each other. Compilers for the PowerPC give it 64 words, those for
// CFM-68K 16; what is in each was in MPW's <setjmp.h>. FP4 to FP7 of the 68K are not:
// those who call setjmp keep them, see package link.
//
// Code that the system has called, a comparison for qsort, can jump out of that call:
// the jump is an error for whatever lies between, up to the run that it goes to, which
// goes on. It cannot leave a run of the other processor, one that the host began, or a
// function of the host's: they would be left halfway, and it ends them all with that
// error.

// A PowerPC jmp_buf's words.
const (
	jumpLR = iota
	jumpCR
	jumpSP
	jumpTOC
	jumpMark // in a word of which no more was said than that it is reserved
	jumpR13
	jumpF14   = jumpR13 + 19
	jumpDepth = jumpF14 + 2*18 + 1 // likewise; before it is the FPSCR, which a jump leaves alone
	jumpWords = jumpDepth + 1
)

// A CFM-68K jmp_buf's words.
const (
	jump68KD2    = 0
	jump68KPC    = 6
	jump68KA2    = 7
	jump68KA6    = 10
	jump68KSP    = 11
	jump68KFlags = 12
	jump68KA5    = 13
	jump68KDepth = 14
	jump68KMark  = 15
	jump68KWords = 16
)

// The marks of a jmp_buf that setjmp has filled.
const (
	markPowerPC = 0x70706a6d // 'ppjm'
	mark68K     = 0x36386a6d // '68jm'
)

// jump is a longjmp that leaves calls of the system on its way. As an error it says why
// it did not get where it wanted.
type jump struct {
	from  string
	to    cpu.Engine
	depth int // of the run that setjmp was called in
	is    int // of the one that longjmp was called in
	land  func()
}

func (j *jump) Error() string {
	return fmt.Sprintf("longjmp at %s: setjmp was not called in the same run (%d deep there, %d here): a jump cannot cross a mode switch or a function of the host's, "+
		"return an error through it instead", j.from, j.depth, j.is)
}

// landed is for an error that a call of the system ended with. A jump into the run of
// that call is none any more.
func (t *Toolbox) landed(e cpu.Engine, err error) error {
	var j *jump
	var crossed *mixedmode.Switched
	switch {
	case !errors.As(err, &j) || errors.As(err, &crossed):
	case j.to != e:
		return &mixedmode.Switched{Err: err}
	case j.depth == t.control.Depth():
		j.land()
		return nil
	}
	return err
}

// leave jumps, or begins to leave calls of the system.
func (t *Toolbox) leave(j *jump) error {
	j.is = t.control.Depth()
	if j.depth == j.is {
		j.land()
		return nil
	}
	return j
}

// marked verifies that a jmp_buf was filled by setjmp for the processor that uses it.
func (t *Toolbox) marked(buffer uint32, from string, m68k bool) error {
	own, other := uint32(jumpMark), uint32(jump68KMark)
	mark, foreign, processor := uint32(markPowerPC), uint32(mark68K), "68K"
	if m68k {
		own, other, mark, foreign, processor = other, own, foreign, mark, "PowerPC"
	}
	if t.u32(buffer+4*own) == mark {
		return t.Err()
	}
	if t.err == nil && t.u32(buffer+4*other) == foreign {
		return fmt.Errorf("longjmp at %s: setjmp was called by %s code: a jump cannot cross a mode switch, return an error through it instead", from, processor)
	}
	if err := t.Err(); err != nil {
		return fmt.Errorf("longjmp at %s: its jmp_buf: %w", from, err)
	}
	return fmt.Errorf("longjmp at %s: setjmp has not filled the jmp_buf at 0x%08x", from, buffer)
}

// setjmp notes where it was called, and returns 0.
func (t *Toolbox) setjmp() error {
	if t.running == t.processors.M68K {
		return t.setjmp68K()
	}
	r := t.processors.PPCRegisters
	var saved [4 * jumpWords]byte
	put := func(word int, v uint32) { binary.BigEndian.PutUint32(saved[4*word:], v) }
	put(jumpLR, r.LR)
	put(jumpCR, r.CR)
	put(jumpSP, r.R[1])
	put(jumpTOC, r.R[2])
	put(jumpMark, markPowerPC)
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

// longjmp goes back to where setjmp was called, which returns once more.
func (t *Toolbox) longjmp() error {
	if t.running == t.processors.M68K {
		return t.longjmp68K()
	}
	r := t.processors.PPCRegisters
	from := t.Where(r.LR - 4)
	if err := t.marked(r.R[3], from, false); err != nil {
		return err
	}
	saved, value := t.copyOf(r.R[3], 4*jumpWords), max(1, r.R[4])
	if err := t.Err(); err != nil {
		return err
	}
	get := func(word int) uint32 { return binary.BigEndian.Uint32(saved[4*word:]) }
	return t.leave(&jump{from: from, to: t.running, depth: int(get(jumpDepth)), land: func() {
		r.R[3] = value
		r.CR, r.R[1], r.R[2] = get(jumpCR), get(jumpSP), get(jumpTOC)
		for i := range r.R[13:] {
			r.R[13+i] = get(jumpR13 + i)
		}
		for i := range r.F[14:] {
			r.F[14+i] = binary.BigEndian.Uint64(saved[4*(jumpF14+2*i):])
		}
		t.processors.PPC.SetPC(get(jumpLR))
	}})
}

// setjmp68K is setjmp for CFM-68K code: the buffer is on the stack, above the return
// address, and setjmp removes it.
func (t *Toolbox) setjmp68K() error {
	r := t.processors.M68KRegisters
	back, buffer := t.u32(r.A[7]), t.u32(r.A[7]+4)
	var saved [4 * jump68KWords]byte
	put := func(word int, v uint32) { binary.BigEndian.PutUint32(saved[4*word:], v) }
	for i, v := range r.D[2:] {
		put(jump68KD2+i, v)
	}
	for i, v := range r.A[2:5] {
		put(jump68KA2+i, v)
	}
	r.A[7] += 8
	put(jump68KPC, back)
	put(jump68KA6, r.A[6])
	put(jump68KSP, r.A[7])
	put(jump68KFlags, 0)
	put(jump68KA5, r.A[5])
	put(jump68KDepth, uint32(t.control.Depth()))
	put(jump68KMark, mark68K)
	t.write(buffer, saved[:])
	r.D[0] = 0
	t.processors.M68K.SetPC(back)
	return t.Err()
}

// longjmp68K is longjmp for CFM-68K code.
func (t *Toolbox) longjmp68K() error {
	r := t.processors.M68KRegisters
	back, buffer, value := t.u32(r.A[7]), t.u32(r.A[7]+4), max(1, t.u32(r.A[7]+8))
	if err := t.Err(); err != nil {
		return err
	}
	from := t.Where(back - 2)
	if err := t.marked(buffer, from, true); err != nil {
		return err
	}
	saved := t.copyOf(buffer, 4*jump68KWords)
	if err := t.Err(); err != nil {
		return err
	}
	get := func(word int) uint32 { return binary.BigEndian.Uint32(saved[4*word:]) }
	return t.leave(&jump{from: from, to: t.running, depth: int(get(jump68KDepth)), land: func() {
		r.D[0] = value
		for i := range r.D[2:] {
			r.D[2+i] = get(jump68KD2 + i)
		}
		for i := range r.A[2:5] {
			r.A[2+i] = get(jump68KA2 + i)
		}
		r.A[5], r.A[6], r.A[7] = get(jump68KA5), get(jump68KA6), get(jump68KSP)
		t.processors.M68K.SetPC(get(jump68KPC))
	}})
}
