package toolbox

import (
	"bytes"

	"github.com/crossplug/crossplug/guest/cpu"
)

// Calls that make blocks of others ("Inside Macintosh: Memory", chapter 2; for
// Munger, "Inside Macintosh: Text", chapter 5).

// HandToHand replaces a handle by one to a copy of its block.
func (t *Toolbox) HandToHand(at uint32) int16 {
	h, err := t.handToHand(t.u32(at))
	if err == 0 {
		t.put32(at, h)
	}
	return err
}

func (t *Toolbox) handToHand(h uint32) (uint32, int16) {
	k := t.filled(h)
	if k == nil {
		return 0, t.MemError()
	}
	purgeable := k.purgeable
	k.purgeable = false // not while it is copied
	copied := t.newHandle(k.block.used, t.inSystem())
	k.purgeable = purgeable
	if copied != 0 {
		t.write(t.u32(copied), t.copyOf(k.block.at, k.block.used))
	}
	return copied, t.MemError()
}

func (t *Toolbox) handToHand68K(r *cpu.M68K) {
	h, err := t.handToHand(r.A[0])
	if err == 0 {
		r.A[0] = h
	}
	r.D[0] = uint32(err)
}

// PtrToHand makes a handle to a copy of some bytes.
func (t *Toolbox) PtrToHand(p, at, size uint32) int16 {
	h, err := t.ptrToHand(p, size)
	if err == 0 {
		t.put32(at, h)
	}
	return err
}

func (t *Toolbox) ptrToHand(p, size uint32) (uint32, int16) {
	h := t.newHandle(size, t.inSystem())
	if h != 0 && size > 0 {
		t.write(t.u32(h), t.copyOf(p, size))
	}
	return h, t.MemError()
}

func (t *Toolbox) ptrToHand68K(r *cpu.M68K) {
	h, err := t.ptrToHand(r.A[0], r.D[0])
	if err == 0 {
		r.A[0] = h
	}
	r.D[0] = uint32(err)
}

// PtrToXHand makes a handle's block a copy of some bytes.
func (t *Toolbox) PtrToXHand(p, h, size uint32) int16 {
	k := t.known(h)
	if k == nil {
		return t.MemError()
	}
	if k.block == nil && !t.fill(k, 0) {
		t.setMemErr(memFullErr)
		return memFullErr
	}
	t.SetHandleSize(h, size)
	if t.MemError() == 0 && size > 0 {
		t.write(k.block.at, t.copyOf(p, size))
	}
	return t.MemError()
}

// PtrAndHand appends bytes to a handle's block.
func (t *Toolbox) PtrAndHand(p, h, size uint32) int16 {
	k := t.filled(h)
	if k == nil {
		return t.MemError()
	}
	old := k.block.used
	if uint64(old)+uint64(size) > uint64(t.heap.size) {
		t.setMemErr(memFullErr)
		return memFullErr
	}
	// They may be in the block itself.
	data := t.copyOf(p, size)
	t.SetHandleSize(h, old+size)
	if t.MemError() == 0 {
		t.write(k.block.at+old, data)
	}
	return t.MemError()
}

// HandAndHand appends a handle's block to another's.
func (t *Toolbox) HandAndHand(from, to uint32) int16 {
	k := t.filled(from)
	if k == nil {
		return t.MemError()
	}
	return t.PtrAndHand(k.block.at, to, k.block.used)
}

// Munger finds bytes in a handle's block from an offset on, and replaces them. It
// returns the offset behind what it put there, or of what it found if there is
// no replacement; -1 if it found nothing.
func (t *Toolbox) Munger(h uint32, offset int32, target uint32, targetSize int32, replacement uint32, replacementSize int32) int32 {
	k := t.filled(h)
	if k == nil || offset < 0 || uint32(offset) > k.block.used || replacementSize < 0 {
		return -1
	}
	data := t.copyOf(k.block.at, k.block.used)
	if t.err != nil {
		return -1
	}
	at, length := int(offset), int(targetSize)
	switch {
	case targetSize < 0: // all from the offset on
		length = len(data) - at
	case target == 0: // whatever is there
		length = min(length, len(data)-at)
	default:
		i := bytes.Index(data[at:], t.copyOf(target, uint32(targetSize)))
		if i < 0 || t.err != nil {
			return -1
		}
		at += i
	}
	if replacement == 0 {
		return int32(at)
	}
	with := t.copyOf(replacement, uint32(replacementSize))
	t.SetHandleSize(h, uint32(len(data)-length+len(with)))
	if t.MemError() != 0 || t.err != nil {
		return -1
	}
	t.write(k.block.at+uint32(at), append(with, data[at+length:]...))
	return int32(at) + replacementSize
}
