package toolbox

import (
	"fmt"

	"github.com/crossplug/crossplug/guest/memory"
)

// The Memory Manager ("Inside Macintosh: Memory"). There is one heap; zones are
// only remembered, so that a plug-in that sets one finds it set.

// Errors of the Memory Manager, from <MacErrors.h>.
const (
	memFullErr   = -108
	nilHandleErr = -109
	memWZErr     = -111 // the block is free, or there was never one
	memPurErr    = -112 // it is locked or cannot be purged
	paramErr     = -50
)

// handle is a master pointer and what it stands for.
type handle struct {
	master                      uint32
	block                       *block // nil if empty
	locked, purgeable, resource bool
	system                      bool
}

// mastersAtOnce is how many master pointers are made when there are none.
const mastersAtOnce = 64

func (t *Toolbox) setMemErr(err int16) { t.put16(lowMemErr, uint16(err)) }

// MemError returns the result of the latest call of the Memory Manager.
func (t *Toolbox) MemError() int16 { return int16(t.u16(lowMemErr)) }

// LMSetMemErr changes what MemError returns.
func (t *Toolbox) LMSetMemErr(err int16) { t.setMemErr(err) }

// obtain returns a block, after compacting and purging if need be.
func (t *Toolbox) obtain(size uint32, kind blockKind) *block {
	t.shake()
	b := t.heap.allocate(size, kind)
	if _, possible := t.heap.room(size); b == nil && possible && size <= t.heap.free {
		t.heap.compact()
		b = t.heap.allocate(size, kind)
	}
	if b == nil && size <= t.heap.size {
		t.purgeAll()
		t.heap.compact()
		b = t.heap.allocate(size, kind)
	}
	return b
}

// shake moves everything that can move, if the machine is to find plug-ins that
// rely on its not moving.
func (t *Toolbox) shake() {
	if !t.stress {
		return
	}
	var blocks []*block
	for b := t.heap.first; b != nil && t.work(1); b = b.next {
		if b.kind == movable && !b.owner.locked {
			blocks = append(blocks, b)
		}
	}
	for _, b := range blocks {
		if to := t.heap.allocate(b.used, movable); to != nil {
			old, size := b.at, b.used
			t.heap.move(b, to)
			// What is left behind is no data.
			t.write(old, fill(min(size, 4096), 0xa3))
		}
	}
}

func fill(n uint32, v byte) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = v
	}
	return b
}

// purgeAll empties all handles that may be, in the order of their addresses.
func (t *Toolbox) purgeAll() {
	var all []*handle
	for b := t.heap.first; b != nil && t.work(1); b = b.next {
		if b.kind == movable && b.owner.purgeable && !b.owner.locked {
			all = append(all, b.owner)
		}
	}
	for _, h := range all {
		t.empty(h)
	}
}

func (t *Toolbox) empty(h *handle) {
	if h.block != nil {
		t.heap.release(h.block)
		h.block = nil
		t.put32(h.master, 0)
	}
}

// Allocate makes room for size bytes at a multiple of 16 and returns its address.
// They are zero. It is for hosts; it does not concern MemError.
func (t *Toolbox) Allocate(size uint32) (uint32, error) {
	b := t.obtain(size, fixed)
	if b == nil {
		return 0, fmt.Errorf("toolbox: no room for %d bytes in a heap of %d, of which %d are free", size, t.heap.size, t.heap.free)
	}
	b.what = hostBlock
	return b.at, nil
}

// AllocateCode makes room for size bytes of code, in pages that nothing else is in:
// what engines have made of code goes with any write to its page.
// The name is for messages. There is no way to give it back.
func (t *Toolbox) AllocateCode(name string, size uint32) (uint32, error) {
	const page = memory.PageSize
	if size > t.heap.size {
		return 0, fmt.Errorf("toolbox: no room for %d bytes of code in a heap of %d", size, t.heap.size)
	}
	at, err := t.Allocate((size+page-1)&^(page-1) + page)
	if err != nil {
		return 0, err
	}
	b := t.heap.at[at]
	b.what, b.from = name, (at+page-1)&^(page-1)
	return b.from, nil
}

// hostBlock is what messages call a block that the guest cannot dispose of.
const hostBlock = "the host's block"

// Free gives back what Allocate gave.
func (t *Toolbox) Free(address uint32) error {
	b := t.heap.at[address]
	if b == nil || b.kind != fixed || b.what != hostBlock {
		return fmt.Errorf("toolbox: no block of the host's at 0x%08x", address)
	}
	t.heap.release(b)
	return nil
}

func (t *Toolbox) newPtr(size uint32, system bool) uint32 {
	b := t.obtain(size, fixed)
	if b == nil {
		t.setMemErr(memFullErr)
		return 0
	}
	b.system = system
	t.setMemErr(0)
	return b.at
}

// inSystem says whether the current zone is the system's.
func (t *Toolbox) inSystem() bool { return t.u32(lowTheZone) == t.systemZone }

// NewPtr returns a new block that does not move, 0 if there is no room. Its bytes
// are zero, as are those of the functions named Clear.
func (t *Toolbox) NewPtr(size uint32) uint32 { return t.newPtr(size, t.inSystem()) }

// NewPtrClear is NewPtr.
func (t *Toolbox) NewPtrClear(size uint32) uint32 { return t.newPtr(size, t.inSystem()) }

// NewPtrSys is NewPtr in the system's zone.
func (t *Toolbox) NewPtrSys(size uint32) uint32 { return t.newPtr(size, true) }

// NewPtrSysClear is NewPtrSys.
func (t *Toolbox) NewPtrSysClear(size uint32) uint32 { return t.newPtr(size, true) }

// pointer returns the block at an address, or sets MemError.
func (t *Toolbox) pointer(p uint32) *block {
	b := t.heap.at[p]
	if b == nil || b.kind != fixed || b.what != "" || b.from != 0 {
		t.setMemErr(memWZErr)
		return nil
	}
	t.setMemErr(0)
	return b
}

// DisposePtr frees a block.
func (t *Toolbox) DisposePtr(p uint32) {
	if b := t.pointer(p); b != nil {
		t.heap.release(b)
	}
}

// GetPtrSize returns the size of a block in bytes.
func (t *Toolbox) GetPtrSize(p uint32) uint32 {
	if b := t.pointer(p); b != nil {
		return b.used
	}
	return 0
}

// SetPtrSize changes the size of a block, which stays where it is.
func (t *Toolbox) SetPtrSize(p, size uint32) {
	if b := t.pointer(p); b != nil && !t.heap.resize(b, size) {
		t.setMemErr(memFullErr)
	}
}

// newMaster returns a handle without a block, nil if there is no room.
func (t *Toolbox) newMaster(system bool) *handle {
	if len(t.masters) == 0 {
		b := t.obtain(4*mastersAtOnce, fixed)
		if b == nil {
			return nil
		}
		b.what = "master pointers"
		for i := range uint32(mastersAtOnce) {
			t.masters = append(t.masters, b.at+4*(mastersAtOnce-1-i))
		}
	}
	n := len(t.masters) - 1
	h := &handle{master: t.masters[n], system: system}
	t.masters = t.masters[:n]
	t.handles[h.master] = h
	return h
}

// fill gives an empty handle a block, and says whether there was room.
func (t *Toolbox) fill(h *handle, size uint32) bool {
	b := t.obtain(size, movable)
	if b == nil {
		return false
	}
	b.owner, b.system, h.block = h, h.system, b
	t.put32(h.master, b.at)
	return true
}

func (t *Toolbox) newHandle(size uint32, system bool) uint32 {
	h := t.newMaster(system)
	if h == nil {
		t.setMemErr(memFullErr)
		return 0
	}
	if !t.fill(h, size) {
		t.dispose(h)
		t.setMemErr(memFullErr)
		return 0
	}
	t.setMemErr(0)
	return h.master
}

func (t *Toolbox) dispose(h *handle) {
	t.empty(h)
	delete(t.handles, h.master)
	t.put32(h.master, 0)
	t.masters = append(t.masters, h.master)
}

// NewHandle returns a handle to a new block that can move, 0 if there is no room.
// Its bytes are zero, as are those of the functions named Clear.
func (t *Toolbox) NewHandle(size uint32) uint32 { return t.newHandle(size, t.inSystem()) }

// NewHandleClear is NewHandle.
func (t *Toolbox) NewHandleClear(size uint32) uint32 { return t.newHandle(size, t.inSystem()) }

// NewHandleSys is NewHandle in the system's zone.
func (t *Toolbox) NewHandleSys(size uint32) uint32 { return t.newHandle(size, true) }

// NewHandleSysClear is NewHandleSys.
func (t *Toolbox) NewHandleSysClear(size uint32) uint32 { return t.newHandle(size, true) }

// NewEmptyHandle returns a handle without a block.
func (t *Toolbox) NewEmptyHandle() uint32 { return t.newEmptyHandle(t.inSystem()) }

// NewEmptyHandleSys is NewEmptyHandle in the system's zone.
func (t *Toolbox) NewEmptyHandleSys() uint32 { return t.newEmptyHandle(true) }

func (t *Toolbox) newEmptyHandle(system bool) uint32 {
	h := t.newMaster(system)
	if h == nil {
		t.setMemErr(memFullErr)
		return 0
	}
	t.setMemErr(0)
	return h.master
}

// known returns what a handle is, or sets MemError.
func (t *Toolbox) known(h uint32) *handle {
	k := t.handles[h]
	switch {
	case k != nil:
		t.setMemErr(0)
	case h == 0:
		t.setMemErr(nilHandleErr)
	default:
		t.setMemErr(memWZErr)
	}
	return k
}

// filled is known for handles that are not empty.
func (t *Toolbox) filled(h uint32) *handle {
	k := t.known(h)
	if k != nil && k.block == nil {
		t.setMemErr(nilHandleErr)
		return nil
	}
	return k
}

// DisposeHandle frees a handle and its block.
func (t *Toolbox) DisposeHandle(h uint32) {
	if k := t.known(h); k != nil {
		t.forgetResource(h)
		t.dispose(k)
	}
}

// GetHandleSize returns the size of a handle's block in bytes.
func (t *Toolbox) GetHandleSize(h uint32) uint32 {
	if k := t.filled(h); k != nil {
		return k.block.used
	}
	return 0
}

// SetHandleSize changes the size of a handle's block, which may move if it is not
// locked.
func (t *Toolbox) SetHandleSize(h, size uint32) {
	k := t.filled(h)
	if k == nil {
		return
	}
	t.shake()
	if t.heap.resize(k.block, size) {
		return
	}
	if !k.locked {
		purgeable := k.purgeable
		k.purgeable = false // not while it is made larger
		to := t.obtain(size, movable)
		k.purgeable = purgeable
		if to != nil {
			t.heap.move(k.block, to)
			t.setMemErr(0)
			return
		}
	}
	t.setMemErr(memFullErr)
}

// ReallocateHandle gives a handle a new block, of zeros.
func (t *Toolbox) ReallocateHandle(h, size uint32) {
	k := t.known(h)
	switch {
	case k == nil:
	case k.locked:
		t.setMemErr(memPurErr)
	default:
		t.empty(k)
		if !t.fill(k, size) {
			t.setMemErr(memFullErr)
		}
	}
}

// EmptyHandle frees the block of a handle, which stays.
func (t *Toolbox) EmptyHandle(h uint32) {
	k := t.known(h)
	switch {
	case k == nil:
	case k.locked:
		t.setMemErr(memPurErr)
	default:
		t.empty(k)
	}
}

// RecoverHandle returns the handle of a block, 0 if it has none.
func (t *Toolbox) RecoverHandle(p uint32) uint32 {
	b := t.heap.at[p]
	if b == nil || b.owner == nil {
		t.setMemErr(memWZErr)
		return 0
	}
	t.setMemErr(0)
	return b.owner.master
}

// HLock keeps a handle's block where it is.
func (t *Toolbox) HLock(h uint32) {
	if k := t.filled(h); k != nil {
		k.locked = true
	}
}

// HUnlock lets a handle's block move.
func (t *Toolbox) HUnlock(h uint32) {
	if k := t.filled(h); k != nil {
		k.locked = false
	}
}

// HPurge lets a handle's block go when memory is short.
func (t *Toolbox) HPurge(h uint32) {
	if k := t.filled(h); k != nil {
		k.purgeable = true
	}
}

// HNoPurge keeps a handle's block.
func (t *Toolbox) HNoPurge(h uint32) {
	if k := t.filled(h); k != nil {
		k.purgeable = false
	}
}

// HSetRBit marks a handle as a resource's.
func (t *Toolbox) HSetRBit(h uint32) {
	if k := t.filled(h); k != nil {
		k.resource = true
	}
}

// HClrRBit undoes HSetRBit.
func (t *Toolbox) HClrRBit(h uint32) {
	if k := t.filled(h); k != nil {
		k.resource = false
	}
}

// The flags of HGetState.
const (
	stateLocked    = 0x80
	statePurgeable = 0x40
	stateResource  = 0x20
)

// HGetState returns whether a handle is locked (0x80), purgeable (0x40) and a
// resource's (0x20).
func (t *Toolbox) HGetState(h uint32) int8 {
	k := t.filled(h)
	if k == nil {
		return 0
	}
	v := uint8(0)
	for _, f := range []struct {
		set bool
		bit uint8
	}{{k.locked, stateLocked}, {k.purgeable, statePurgeable}, {k.resource, stateResource}} {
		if f.set {
			v |= f.bit
		}
	}
	return int8(v)
}

// HSetState sets what HGetState returns.
func (t *Toolbox) HSetState(h uint32, flags int8) {
	if k := t.filled(h); k != nil {
		k.locked, k.purgeable, k.resource = uint8(flags)&stateLocked != 0, flags&statePurgeable != 0, flags&stateResource != 0
	}
}

// MoveHHi has nothing to do: fixed blocks need no room to themselves here.
func (t *Toolbox) MoveHHi(h uint32) { t.filled(h) }

// HLockHi is HLock.
func (t *Toolbox) HLockHi(h uint32) { t.HLock(h) }

// BlockMove copies bytes, which may overlap. Code among them is noticed.
func (t *Toolbox) BlockMove(from, to, size uint32) {
	if int32(size) > 0 {
		t.write(to, t.copyOf(from, size))
	}
	t.setMemErr(0)
}

// BlockMoveData is BlockMove.
func (t *Toolbox) BlockMoveData(from, to, size uint32) { t.BlockMove(from, to, size) }
