package link

import (
	"encoding/binary"
	"fmt"

	"github.com/crossplug/crossplug/format/coderes"
)

// gcc knows one convention of the 68K: parameters on the stack, the first on
// top, four bytes each; the result in D0; the caller removes the parameters.
// What Mac OS calls by another gets there through a few instructions that push
// the parameters once more in that form, and put the result where it belongs.
//
// Source: "Inside Macintosh: PowerPC System Software", chapter 2, "Calling
// Conventions".

// Instructions of the 68000 that entries are made of.
const (
	opLinkA6   = 0x4e56 // link    a6,#0 (and a word)
	opUnlkA6   = 0x4e5e
	opRts      = 0x4e75
	opNop      = 0x4e71
	opClrPush  = 0x42a7 // clr.l   -(sp)
	opPopA0    = 0x205f // movea.l (sp)+,a0
	opJmpA0    = 0x4ed0
	opLeaSP    = 0x4fef // lea     n(sp),sp
	opSave     = 0x48e7 // movem.l …,-(sp)
	opRestore  = 0x4cdf // movem.l (sp)+,…
	opBsrWord  = 0x6100
	opBsrLong  = 0x61ff
	maskSave   = 0xc0c0 // d0-d1/a0-a1 for opSave
	maskLoad   = 0x0303 // for opRestore
	savedBytes = 16
)

// The registers that the C function may change, as ProcInfo numbers them.
const (
	d0 coderes.Register = 0
	d1 coderes.Register = 1
	a0 coderes.Register = 4
	a1 coderes.Register = 5
)

// isAddress says whether a register is one of A0 to A7.
func isAddress(r coderes.Register) bool { return r.String()[0] == 'A' }

// number returns which of its kind a register is, -1 of what is neither D nor A.
func number(r coderes.Register) int {
	name := r.String()
	if len(name) != 2 {
		return -1
	}
	return int(name[1] - '0')
}

// operand is where a value is: a register, or at an offset from A6.
type operand struct {
	register coderes.Register
	inStack  bool
	offset   int
}

// entry is the code between the caller and the C function, with the place of
// the branch to it.
type entry struct {
	words  []uint16
	branch int // index of the branch, which has three words
}

func (e *entry) emit(words ...uint16) { e.words = append(e.words, words...) }

// sourceMode returns the bits of an operand as the source of a MOVE.
func (o operand) sourceMode() (mode uint16, extension []uint16) {
	switch {
	case o.inStack:
		return 0x2e, []uint16{uint16(int16(o.offset))} // d16(a6)
	case isAddress(o.register):
		return 0x08 | uint16(number(o.register)), nil
	}
	return uint16(number(o.register)), nil
}

// push pushes a value as four bytes.
func (e *entry) push(o operand, size coderes.Size) {
	mode, extension := o.sourceMode()
	if size.Bytes() == 1 && !o.inStack && isAddress(o.register) {
		size = coderes.TwoBytes // there are no bytes in address registers
	}
	switch size.Bytes() {
	case 4:
		e.emit(0x2f00 | mode) // move.l o,-(sp)
		e.emit(extension...)
	case 2:
		e.emit(opClrPush, 0x3f40|mode) // move.w o,2(sp)
		e.emit(extension...)
		e.emit(2)
	default:
		e.emit(opClrPush, 0x1f40|mode) // move.b o,3(sp)
		e.emit(extension...)
		e.emit(3)
	}
}

// call calls the C function and removes n parameters.
func (e *entry) call(n int) {
	e.branch = len(e.words)
	e.emit(opBsrWord, 0, opNop)
	if n > 0 {
		e.emit(opLeaSP, uint16(4*n))
	}
}

// place writes the branch, for an entry at one offset of a resource and the
// function at another.
func (e *entry) place(code []byte, at, function uint32) {
	for i, w := range e.words {
		binary.BigEndian.PutUint16(code[int(at)+2*i:], w)
	}
	b := code[int(at)+2*e.branch:]
	distance := int64(function) - int64(at) - int64(2*e.branch) - 2
	if distance == int64(int16(distance)) {
		binary.BigEndian.PutUint16(b[2:], uint16(distance))
		return
	}
	binary.BigEndian.PutUint16(b, opBsrLong)
	binary.BigEndian.PutUint32(b[2:], uint32(distance))
}

// newEntry makes the entry of a routine that is called as info says. It is nil
// if that is what gcc expects.
func newEntry(info coderes.ProcInfo) (*entry, error) {
	s, ok := info.Signature()
	if !ok || s.Convention == coderes.SpecialCase {
		return nil, fmt.Errorf("%v: there is no entry for this convention", info)
	}
	switch s.Convention {
	case coderes.CStack:
		return nil, nil
	case coderes.RegisterBased:
		return registerEntry(s)
	}
	return stackEntry(s), nil
}

// stackEntry is for all conventions that have parameters on the stack.
func stackEntry(s coderes.Signature) *entry {
	const first = 8 // above A6 and the return address
	e := &entry{}
	l := s.Stack()
	e.emit(opLinkA6, 0)
	count := len(s.Parameters)
	for n := count - 1; n >= 0; n-- {
		e.push(operand{inStack: true, offset: first + l.Parameters[n]}, s.Parameters[n].Size)
	}
	if s.Selector != coderes.None {
		selector := operand{register: d0}
		switch {
		case l.Selector >= 0:
			selector = operand{inStack: true, offset: first + l.Selector}
		case s.Convention == coderes.D1DispatchPascal:
			selector.register = d1
		}
		e.push(selector, s.Selector)
		count++
	}
	e.call(count)
	if !l.Popped {
		e.emit(opUnlkA6, opRts)
		return e
	}
	result := uint16(first + l.Result)
	switch s.Result.Bytes() {
	case 1:
		e.emit(0x1d40, result) // move.b d0,n(a6)
	case 2:
		e.emit(0x3d40, result)
	case 4:
		e.emit(0x2d40, result)
	}
	e.emit(opUnlkA6, opPopA0)
	if l.Size > 0 {
		e.emit(opLeaSP, uint16(l.Size))
	}
	e.emit(opJmpA0)
	return e
}

// registerEntry is for parameters in registers. All registers but the result's
// are kept.
func registerEntry(s coderes.Signature) (*entry, error) {
	e := &entry{}
	e.emit(opSave, maskSave)
	for n := len(s.Parameters) - 1; n >= 0; n-- {
		p := s.Parameters[n]
		e.push(operand{register: p.Register}, p.Size)
	}
	e.call(len(s.Parameters))
	if s.Result != coderes.None {
		saved := map[coderes.Register]uint16{d0: 0, d1: 4, a0: 8, a1: 12}
		offset, ok := saved[s.ResultRegister]
		switch r := s.ResultRegister; {
		case ok:
			e.emit(0x2f40, offset) // move.l d0,n(sp)
		case isAddress(r):
			e.emit(0x2040 | uint16(number(r))<<9) // movea.l d0,an
		case number(r) >= 0:
			e.emit(0x2000 | uint16(number(r))<<9) // move.l d0,dn
		default:
			return nil, fmt.Errorf("%v: there is no entry for a result in %v", s, r)
		}
	}
	e.emit(opRestore, maskLoad, opRts)
	return e, nil
}
