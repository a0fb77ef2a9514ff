package toolbox

import "github.com/crossplug/crossplug/guest/cpu"

// How much memory there is, and zones ("Inside Macintosh: Memory", chapter 2).

// TempNewHandle is NewHandle; its error is in result.
func (t *Toolbox) TempNewHandle(size, result uint32) uint32 {
	h := t.NewHandle(size)
	t.put16(result, uint16(t.MemError()))
	return h
}

// FreeMem returns the number of free bytes.
func (t *Toolbox) FreeMem() int32 { return int32(t.heap.free) }

// TempFreeMem is FreeMem.
func (t *Toolbox) TempFreeMem() int32 { return int32(t.heap.free) }

// MaxBlock returns the size of the largest free block, once compacted.
func (t *Toolbox) MaxBlock() uint32 {
	t.shake()
	t.heap.compact()
	return t.heap.largest()
}

// MaxMem is MaxBlock after purging; the heap cannot grow.
func (t *Toolbox) MaxMem(grow uint32) uint32 {
	t.put32(grow, 0)
	t.purgeAll()
	return t.MaxBlock()
}

func (t *Toolbox) maxMem68K(r *cpu.M68K) {
	t.purgeAll()
	r.D[0], r.A[0] = t.MaxBlock(), 0
}

// TempMaxMem is MaxMem.
func (t *Toolbox) TempMaxMem(grow uint32) uint32 { return t.MaxMem(grow) }

func (t *Toolbox) purgeSpace() (total, contiguous uint32) {
	total = t.heap.free
	t.work(4 * len(t.handles))
	for _, h := range t.handles {
		if h.block != nil && h.purgeable && !h.locked {
			total += h.block.size
		}
	}
	return total, t.heap.largest()
}

// PurgeSpace says how many bytes would be free after purging, and how large the
// largest block would be at least.
func (t *Toolbox) PurgeSpace(total, contiguous uint32) {
	a, b := t.purgeSpace()
	t.put32(total, a)
	t.put32(contiguous, b)
}

func (t *Toolbox) purgeSpace68K(r *cpu.M68K) { r.D[0], r.A[0] = t.purgeSpace() }

// StackSpace returns how many bytes the stack may still take.
func (t *Toolbox) StackSpace() int32 {
	sp := uint32(0)
	if r := t.processors.M68KRegisters; r != nil {
		sp = r.A[7]
	}
	if r := t.processors.PPCRegisters; r != nil && t.running == t.processors.PPC {
		sp = r.R[1]
	}
	if region, ok := t.space.RegionAt(sp); ok {
		return int32(sp - region.Base)
	}
	return 0
}

// CompactMem compacts the heap and returns the size of the largest free block.
func (t *Toolbox) CompactMem(uint32) uint32 {
	size := t.MaxBlock()
	t.setMemErr(0)
	return size
}

// PurgeMem purges until a block of some size is free.
func (t *Toolbox) PurgeMem(needed uint32) {
	t.setMemErr(0)
	t.purgeAll()
	if t.MaxBlock() < needed {
		t.setMemErr(memFullErr)
	}
}

// ReserveMem makes room, as far as it can.
func (t *Toolbox) ReserveMem(needed uint32) {
	t.setMemErr(0)
	if t.MaxBlock() < needed {
		t.PurgeMem(needed)
	}
}

// MoreMasters has nothing to do: there are always more.
func (t *Toolbox) MoreMasters() { t.setMemErr(0) }

// MaxApplZone has nothing to do: the heap does not grow.
func (t *Toolbox) MaxApplZone() { t.setMemErr(0) }

// SetApplLimit has nothing to do either.
func (t *Toolbox) SetApplLimit(uint32) { t.setMemErr(0) }

// SetGrowZone takes a routine that would be called if memory were short; it is
// not called.
func (t *Toolbox) SetGrowZone(uint32) { t.setMemErr(0) }

// GetZone returns the current zone.
func (t *Toolbox) GetZone() uint32 {
	t.setMemErr(0)
	return t.u32(lowTheZone)
}

// SetZone makes a zone the current one.
func (t *Toolbox) SetZone(zone uint32) {
	t.put32(lowTheZone, zone)
	t.setMemErr(0)
}

func (t *Toolbox) zone(system bool) uint32 {
	if system {
		return t.systemZone
	}
	return t.applicationZone
}

// HandleZone returns the zone of a handle.
func (t *Toolbox) HandleZone(h uint32) uint32 {
	if k := t.known(h); k != nil {
		return t.zone(k.system)
	}
	return 0
}

// PtrZone returns the zone of a block.
func (t *Toolbox) PtrZone(p uint32) uint32 {
	if b := t.pointer(p); b != nil {
		return t.zone(b.system)
	}
	return 0
}

// SystemZone returns the system's zone.
func (t *Toolbox) SystemZone() uint32 { return t.systemZone }

// ApplicationZone returns the application's zone.
func (t *Toolbox) ApplicationZone() uint32 { return t.applicationZone }

// StripAddress returns an address as it is: all have 32 bits.
func (t *Toolbox) StripAddress(p uint32) uint32 { return p }

// LMGetTheZone is GetZone.
func (t *Toolbox) LMGetTheZone() uint32 { return t.u32(lowTheZone) }

// LMSetTheZone is SetZone.
func (t *Toolbox) LMSetTheZone(zone uint32) { t.put32(lowTheZone, zone) }
