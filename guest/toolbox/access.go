package toolbox

import (
	"github.com/crossplug/crossplug/guest/memory"
)

// The Go methods read and write the guest's memory by these. The first access
// that fails ends the call, and with it the guest's run; until then reads return
// zero and writes do nothing, so that a method need not check each.
//
// What ends the guest's code ends calls that take long, too, as if an access failed:
// each counts as work, and so does what is painted and moved.

func (t *Toolbox) fail(err error) {
	if t.err == nil {
		t.err = err
	}
}

// workAtOnce is how much is done between two looks whether to go on: some 20
// microseconds.
const workAtOnce = 4096

// bytesOfWork is how many bytes are copied in the time of an instruction.
const bytesOfWork = 64

// work says that something is done that takes as long as n instructions, and whether to
// go on. It is false from the first failure on.
func (t *Toolbox) work(n int) bool {
	if t.worked += n; t.worked >= workAtOnce {
		t.account()
	}
	return t.err == nil
}

// Begin says that the host calls the guest: calls before that do not use its fuel.
func (t *Toolbox) Begin() { t.worked = 0 }

func (t *Toolbox) account() {
	n := t.worked
	t.worked = 0
	if err := t.control.Work(int64(n)); err != nil {
		t.fail(err)
	}
}

// Err returns what went wrong in calls of methods by the host itself, and
// forgets it.
func (t *Toolbox) Err() error {
	err := t.err
	t.err = nil
	return err
}

func (t *Toolbox) u8(at uint32) uint8 {
	if !t.work(1) {
		return 0
	}
	v, err := t.space.Load8(at)
	if err != nil {
		t.fail(err)
	}
	return v
}

func (t *Toolbox) u16(at uint32) uint16 {
	if !t.work(1) {
		return 0
	}
	v, err := t.space.Load16(at)
	if err != nil {
		t.fail(err)
	}
	return v
}

func (t *Toolbox) u32(at uint32) uint32 {
	if !t.work(1) {
		return 0
	}
	v, err := t.space.Load32(at)
	if err != nil {
		t.fail(err)
	}
	return v
}

func (t *Toolbox) u64(at uint32) uint64 { return uint64(t.u32(at))<<32 | uint64(t.u32(at+4)) }

func (t *Toolbox) put8(at uint32, v uint8) {
	if t.work(1) {
		if err := t.space.Store8(at, v); err != nil {
			t.fail(err)
		}
	}
}

func (t *Toolbox) put16(at uint32, v uint16) {
	if t.work(1) {
		if err := t.space.Store16(at, v); err != nil {
			t.fail(err)
		}
	}
}

func (t *Toolbox) put32(at uint32, v uint32) {
	if t.work(1) {
		if err := t.space.Store32(at, v); err != nil {
			t.fail(err)
		}
	}
}

func (t *Toolbox) put64(at uint32, v uint64) {
	t.put32(at, uint32(v>>32))
	t.put32(at+4, uint32(v))
}

// copyOf returns a copy of bytes, all of which must be there: how many there are
// is checked before memory is taken for them.
func (t *Toolbox) copyOf(at, size uint32) []byte {
	if size == 0 || !t.work(1+int(size/bytesOfWork)) {
		return nil
	}
	b, err := t.space.View(at, size, memory.Read)
	if err != nil {
		t.fail(err)
		return nil
	}
	return append([]byte(nil), b...)
}

func (t *Toolbox) write(at uint32, b []byte) {
	if len(b) > 0 && t.work(1+len(b)/bytesOfWork) {
		if err := t.space.Store(at, b); err != nil {
			t.fail(err)
		}
	}
}

// pstring returns a Pascal text.
func (t *Toolbox) pstring(at uint32) []byte {
	if t.err != nil {
		return nil
	}
	b, err := t.space.PString(at)
	if err != nil {
		t.fail(err)
	}
	return b
}

// putPString writes a Pascal text, cut to most bytes.
func (t *Toolbox) putPString(at uint32, b []byte, most int) {
	b = b[:min(len(b), most)]
	t.write(at, append([]byte{uint8(len(b))}, b...))
}

// mostText is how long a C text may be.
const mostText = 16 << 20

// cstring returns a C text.
func (t *Toolbox) cstring(at uint32) []byte { return t.cstringWithin(at, mostText) }

// cstringWithin returns a C text of at most so many bytes.
func (t *Toolbox) cstringWithin(at, most uint32) []byte {
	if t.err != nil {
		return nil
	}
	b, err := t.space.CString(at, most)
	if err != nil {
		t.fail(err)
	}
	t.work(1 + len(b)/8)
	return b
}

func boolean(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}
