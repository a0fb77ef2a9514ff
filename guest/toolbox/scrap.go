package toolbox

import (
	"encoding/binary"
	"slices"
)

// The Scrap Manager ("Inside Macintosh: More Macintosh Toolbox", chapter 2). The scrap
// is a handle in low memory: for each format its type 4, size 4, the data, and a byte
// more if the size is odd.

const (
	lowScrapSize   = 0x960
	lowScrapHandle = 0x964
	lowScrapCount  = 0x968
	lowScrapState  = 0x96a
	lowScrapName   = 0x96c

	noScrapErr  = -100
	noTypeErr   = -102
	mostToScrap = 4 << 20 // bytes
)

// InfoScrap returns where the scrap's record is: size 4, handle 4, count 2, state 2,
// name 4.
func (t *Toolbox) InfoScrap() uint32 { return lowScrapSize }

// UnloadScrap does nothing: the scrap is in memory always.
func (t *Toolbox) UnloadScrap() int32 { return 0 }

// LoadScrap does nothing.
func (t *Toolbox) LoadScrap() int32 { return 0 }

// ZeroScrap empties the scrap.
func (t *Toolbox) ZeroScrap() int32 {
	if t.u32(lowScrapHandle) == 0 {
		t.put32(lowScrapHandle, t.NewHandle(0))
	}
	t.put16(lowScrapCount, t.u16(lowScrapCount)+1)
	t.put16(lowScrapState, 1)
	return int32(t.setScrap(nil))
}

func (t *Toolbox) setScrap(data []byte) int16 {
	err := t.setContents(t.u32(lowScrapHandle), data)
	if err == 0 {
		t.put32(lowScrapSize, uint32(len(data)))
	}
	return err
}

// scrapData finds a format in the scrap.
func scrapData(b []byte, kind uint32) (data []byte, offset int, ok bool) {
	const header = 8
	for at := 0; len(b)-at >= header; {
		size := uint64(binary.BigEndian.Uint32(b[at+4:]))
		if size > uint64(len(b)-at-header) {
			break
		}
		if binary.BigEndian.Uint32(b[at:]) == kind {
			return b[at+header:][:size], at + header, true
		}
		at += header + int(size+size&1)
	}
	return nil, 0, false
}

// PutScrap adds data in a format.
func (t *Toolbox) PutScrap(size int32, kind, data uint32) int32 {
	if t.u32(lowScrapHandle) == 0 || t.u16(lowScrapState) == 0 {
		return noScrapErr
	}
	b := t.contents(t.u32(lowScrapHandle))
	if size < 0 || len(b)+int(size) > mostToScrap {
		return memFullErr
	}
	b = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, kind), uint32(size))
	b = append(b, t.copyOf(data, uint32(size))...)
	if size%2 != 0 {
		b = append(b, 0)
	}
	return int32(t.setScrap(b))
}

// GetScrap copies what is there in a format to a handle, if that is not 0, and returns
// its size.
func (t *Toolbox) GetScrap(to, kind, offset uint32) int32 {
	if t.u32(lowScrapHandle) == 0 {
		return noTypeErr
	}
	data, at, ok := scrapData(t.contents(t.u32(lowScrapHandle)), kind)
	if !ok {
		return noTypeErr
	}
	if offset != 0 {
		t.put32(offset, uint32(at))
	}
	if to != 0 {
		if err := t.setContents(to, data); err != 0 {
			return int32(err)
		}
	}
	return int32(len(data))
}

// Scrap returns what is in the scrap in a format, such as 'TEXT'.
func (t *Toolbox) Scrap(kind uint32) ([]byte, bool) {
	h := t.u32(lowScrapHandle)
	if h == 0 {
		return nil, false
	}
	data, _, ok := scrapData(t.contents(h), kind)
	return slices.Clone(data), ok
}
