package coderes

import (
	"fmt"

	"github.com/crossplug/crossplug/internal/bin"
)

// A 68K application is cut into segments, the resources of type 'CODE'. A call
// from one into another goes through the jump table, which lies above the
// address in A5 and is filled from 'CODE' 0. Its entries load the segment when
// they are first called. ("Mac OS Runtime Architectures", chapter 10.)
//
//	 0  4  bytes above A5, the jump table among them
//	 4  4  bytes below A5, the globals
//	 8  4  length of the jump table
//	12  4  its offset from A5, 32
//	16     entries of 8 bytes, near:        offset 2, 3F3C id 2, A9F0   MOVE.W #id,-(SP); _LoadSeg
//	       after an entry of 0000 FFFF, far: id 2, A9F0, offset 4       _LoadSeg
//
// Offsets count from the end of the segment's header in near entries, from its
// start in far ones. The flag entry of a CFM-68K application has FFFD; its
// 'CODE' 0 is a small one, that starts what loads the real one.
const (
	jumpHeader  = 16
	jumpEntry   = 8
	pushSegment = 0x3f3c // MOVE.W #id,-(SP)
	loadSegment = 0xa9f0 // _LoadSeg
	farVersion  = 0xffff
	cfmVersion  = 0xfffd
)

// JumpTable is a 'CODE' 0 resource.
type JumpTable struct {
	AboveA5 uint32 // bytes
	BelowA5 uint32
	Offset  uint32 // of the first entry, from A5
	Entries []JumpEntry
	// Problems are entries that are none, and were left out.
	Problems []*FormatError
}

// JumpEntry is a routine that other segments call.
type JumpEntry struct {
	Index   int    // its place in the table, so it is at A5 + Offset + 8 Index
	Segment int16  // id of the 'CODE' resource
	Offset  uint32 // of the routine, after the segment's header if near, from its start if far
	Far     bool
}

// DecodeJumpTable decodes a 'CODE' 0 resource. The error is for a header that is
// cut short or lies about the length; then what entries there are are read.
func DecodeJumpTable(data []byte) (*JumpTable, error) {
	c := bin.NewCursor("CODE 0", data, bigEndian)
	t := &JumpTable{AboveA5: c.U32(), BelowA5: c.U32()}
	length := uint64(c.U32())
	t.Offset = c.U32()
	if c.Err() != nil {
		return t, c.Err()
	}
	var err error
	if length > uint64(c.Len()) || length%jumpEntry != 0 {
		err = damage(8, "CODE 0", "claims a jump table of %d bytes, but %d are left; each entry has %d", length, c.Len(), jumpEntry)
	}
	far := false
	for i := range int(min(length, uint64(c.Len())) / jumpEntry) {
		at := c.Pos()
		w := [4]uint16{c.U16(), c.U16(), c.U16(), c.U16()}
		switch {
		case !far && w[0] == 0 && (w[1] == farVersion || w[1] == cfmVersion):
			far = true
		case !far && w[1] == pushSegment && w[3] == loadSegment:
			t.Entries = append(t.Entries, JumpEntry{i, int16(w[2]), uint32(w[0]), false})
		case far && w[1] == loadSegment:
			t.Entries = append(t.Entries, JumpEntry{i, int16(w[0]), uint32(w[2])<<16 | uint32(w[3]), true})
		default:
			t.Problems = append(t.Problems, &FormatError{Offset: int64(at), Item: fmt.Sprintf("CODE 0: entry %d", i),
				Msg: fmt.Sprintf("%04x %04x %04x %04x is no jump", w[0], w[1], w[2], w[3])})
		}
	}
	return t, err
}

// Model is how the segments of an application refer to each other.
type Model uint8

const (
	Near   Model = iota + 1 // by 16 bits
	Far                     // by 32 bits: MPW's -model far
	FarCFM                  // CFM-68K
)

var modelNames = []bin.Name{{Value: 1, Text: "near"}, {Value: 2, Text: "far"}, {Value: 3, Text: "CFM-68K"}}

func (m Model) String() string { return bin.EnumName(uint32(m), modelNames) }

// Segment is the header of a 'CODE' resource other than number 0:
//
//	near:     offset of its first entry in the jump table 2, number of entries 2
//	far:      FFFF, 0000, offset from A5 of the first near entry 4, their number 4,
//	          of the first far entry 4, their number 4, offset of the relocations
//	          for A5 4, value of A5 4, offset of those for the segment 4, its
//	          address 4, reserved 4
//	CFM-68K:  FFFD, and 38 bytes whose meaning is not published
type Segment struct {
	Model       Model
	NearOffset  uint32 // of its first near entry, from the start of the jump table if near, from A5 if far
	NearEntries uint32
	// Of far segments:
	FarOffset, FarEntries uint32
	A5Relocations         uint32 // offset in the resource
	A5                    uint32 // what the code was made for
	SegmentRelocations    uint32 // offset in the resource
	Address               uint32 // what the code was made for
	// CodeOffset is where the code begins: 4 or 40.
	CodeOffset int
}

const (
	nearHeader = 4
	farHeader  = 40
)

// DecodeSegment decodes the header of a 'CODE' resource other than number 0.
func DecodeSegment(data []byte) (*Segment, error) {
	c := bin.NewCursor("CODE header", data, bigEndian)
	first, count := c.U16(), c.U16()
	s := &Segment{Model: Near, NearOffset: uint32(first), NearEntries: uint32(count), CodeOffset: nearHeader}
	switch first {
	case farVersion:
		s.Model, s.CodeOffset = Far, farHeader
		s.NearOffset, s.NearEntries, s.FarOffset, s.FarEntries = c.U32(), c.U32(), c.U32(), c.U32()
		s.A5Relocations, s.A5, s.SegmentRelocations, s.Address = c.U32(), c.U32(), c.U32(), c.U32()
		c.Skip(4)
		for _, off := range []uint32{s.A5Relocations, s.SegmentRelocations} {
			if c.Err() == nil && uint64(off) > uint64(len(data)) {
				return s, damage(20, "CODE header", "puts relocations at %#x of %#x bytes", off, len(data))
			}
		}
	case cfmVersion:
		*s = Segment{Model: FarCFM, CodeOffset: farHeader}
		c.Skip(farHeader - nearHeader)
	}
	return s, c.Err()
}
