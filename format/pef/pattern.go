package pef

import (
	"fmt"
	"iter"
	"slices"
)

// Packed data is a program of instructions that write bytes one after another.
// The first byte of an instruction has the operation in its upper three bits
// and a count in the lower five. A count that does not fit, or is 0, follows as
// a number of groups of seven bits, the most significant first, each but the
// last with its top bit set; so do further counts. Then come the bytes that are
// to be written.
//
//	Zero                   count                  count zeros
//	Block                  count, data            data
//	Repeat                 count, times, data     data, and again that many times
//	RepeatBlock            common, custom, times, data[common], data[custom] × times
//	RepeatZero             common, custom, times, data[custom] × times
//
// The last two write the common bytes, zeros in the case of RepeatZero, between,
// before and after the custom ones: common, custom 0, common, custom 1, common.
// Tables of small numbers in wide fields are short this way.

// PatternOp is the operation of an instruction of packed data.
type PatternOp uint8

// The operations.
const (
	PatternZero        PatternOp = 0 // kPEFPkDataZero
	PatternBlock       PatternOp = 1 // kPEFPkDataBlock
	PatternRepeat      PatternOp = 2 // kPEFPkDataRepeat
	PatternRepeatBlock PatternOp = 3 // kPEFPkDataRepeatBlock
	PatternRepeatZero  PatternOp = 4 // kPEFPkDataRepeatZero
)

var patternOps = []name{{0, "Zero"}, {1, "Block"}, {2, "Repeat"}, {3, "RepeatBlock"}, {4, "RepeatZero"}}

func (o PatternOp) String() string { return nameOf(patternOps, uint32(o)) }

const (
	patternCountBits = 5         // kPEFPkDataOpcodeShift
	maxPatternCount5 = 1<<5 - 1  // kPEFPkDataMaxCount5
	patternGroupBits = 7         // kPEFPkDataVCountShift
	patternMore      = 0x80      // kPEFPkDataVCountEndMask
	maxPatternNumber = 1<<32 - 1 // counts are as wide as a section may be long
)

// Pattern is one instruction of packed data.
type Pattern struct {
	Op     PatternOp
	Offset int    // of the instruction in the packed data
	Count  uint32 // bytes to write; the common ones of RepeatBlock and RepeatZero
	Custom uint32 // bytes between common ones
	Times  uint32 // how often to repeat
	Data   []byte // a part of the packed data
}

// String returns the instruction, its counts and the number of bytes it writes,
// such as "RepeatZero 3,1,2 (11 bytes)".
func (p Pattern) String() string {
	switch p.Op {
	case PatternZero, PatternBlock:
		return fmt.Sprintf("%v %d", p.Op, p.Count)
	case PatternRepeat:
		return fmt.Sprintf("%v %d,%d (%d bytes)", p.Op, p.Count, p.Times, p.Size())
	}
	return fmt.Sprintf("%v %d,%d,%d (%d bytes)", p.Op, p.Count, p.Custom, p.Times, p.Size())
}

// Size is the number of bytes that the instruction writes.
func (p Pattern) Size() uint64 {
	count, times := uint64(p.Count), uint64(p.Times)
	switch p.Op {
	case PatternRepeat:
		return count * (times + 1)
	case PatternRepeatBlock, PatternRepeatZero:
		return count*(times+1) + uint64(p.Custom)*times
	}
	return count
}

// Patterns returns the instructions of packed data. After an error, a
// *[FormatError] whose offset is that in the data, there are no more.
func Patterns(packed []byte) iter.Seq2[Pattern, error] {
	return func(yield func(Pattern, error) bool) {
		for at := 0; at < len(packed); {
			p, n, fault := decodePattern(packed[at:])
			if fault != "" {
				yield(Pattern{}, &FormatError{Offset: int64(at), Item: "packed data", Msg: fault})
				return
			}
			p.Offset = at
			at += n
			if !yield(p, nil) {
				return
			}
		}
	}
}

// decodePattern returns the instruction at the start of b, its length, and what
// is wrong with it.
func decodePattern(b []byte) (p Pattern, length int, fault string) {
	rest := b[1:]
	number := func() uint32 {
		var n uint64
		for i, group := range rest {
			n = n<<patternGroupBits | uint64(group&^patternMore)
			if n > maxPatternNumber {
				break
			}
			if group&patternMore == 0 {
				rest = rest[i+1:]
				return uint32(n)
			}
			if i == 4 {
				break
			}
		}
		if fault == "" {
			fault = "holds a count of more than 32 bits"
			if len(rest) < 5 {
				fault = "ends within a count"
			}
		}
		return 0
	}
	p.Op, p.Count = PatternOp(b[0]>>patternCountBits), uint32(b[0]&maxPatternCount5)
	if p.Op > PatternRepeatZero {
		return p, 0, fmt.Sprintf("operation %d is not defined", uint8(p.Op))
	}
	if p.Count == 0 {
		p.Count = number()
	}
	size := uint64(p.Count)
	switch p.Op {
	case PatternZero:
		size = 0
	case PatternRepeat:
		p.Times = number()
	case PatternRepeatBlock, PatternRepeatZero:
		p.Custom = number()
		p.Times = number()
		if p.Op == PatternRepeatZero {
			size = 0
		}
		size += uint64(p.Custom) * uint64(p.Times) // below 1<<64, as all three are below 1<<32
	}
	if fault == "" && size > uint64(len(rest)) {
		fault = fmt.Sprintf("%v needs %d bytes of data, but %d are left", p.Op, size, len(rest))
	}
	if fault != "" {
		return p, 0, fault
	}
	p.Data = rest[:size:size]
	return p, len(b) - len(rest) + int(size), ""
}

// appendTo appends what the instruction writes to dst, but no more than makes
// it limit bytes long.
func (p Pattern) appendTo(dst []byte, limit uint64) []byte {
	put := func(b []byte) {
		dst = append(dst, b[:min(uint64(len(b)), limit-uint64(len(dst)))]...)
	}
	zeros := func(n uint32) {
		dst = append(dst, make([]byte, min(uint64(n), limit-uint64(len(dst))))...)
	}
	switch p.Op {
	case PatternZero:
		zeros(p.Count)
	case PatternBlock:
		put(p.Data)
	case PatternRepeat:
		// Each time round writes something, or else nothing ever will be.
		for n := uint64(0); n <= uint64(p.Times) && uint64(len(dst)) < limit && p.Count > 0; n++ {
			put(p.Data)
		}
	case PatternRepeatBlock, PatternRepeatZero:
		common, custom := p.Data[:0], p.Data
		if p.Op == PatternRepeatBlock {
			common, custom = p.Data[:p.Count], p.Data[p.Count:]
		}
		between := func() {
			if p.Op == PatternRepeatBlock {
				put(common)
			} else {
				zeros(p.Count)
			}
		}
		between()
		for n := uint32(0); n < p.Times && uint64(len(dst)) < limit && p.Count|p.Custom > 0; n++ {
			put(custom[:p.Custom])
			custom = custom[p.Custom:]
			between()
		}
	}
	return dst
}

// Unpack returns what packed data expands to. More than limit bytes are an
// error, and so are bytes that are no instructions; both are a *[FormatError]
// whose offset is that in the data, and what came before is returned with it.
func Unpack(packed []byte, limit int) ([]byte, error) {
	var out []byte
	for p, err := range Patterns(packed) {
		if err != nil {
			return out, err
		}
		if p.Size() > uint64(limit-len(out)) {
			return p.appendTo(out, uint64(limit)), &FormatError{Offset: int64(p.Offset), Item: "packed data",
				Msg: fmt.Sprintf("%v writes more than the %d bytes allowed", p, limit)}
		}
		out = p.appendTo(out, uint64(limit))
	}
	return out, nil
}

// Append appends the instruction's encoding to b. Offset is not used; Data must
// have the length that the counts ask for.
func (p Pattern) Append(b []byte) []byte {
	if p.Count > 0 && p.Count <= maxPatternCount5 {
		b = append(b, byte(p.Op)<<patternCountBits|byte(p.Count))
	} else {
		b = appendNumber(append(b, byte(p.Op)<<patternCountBits), p.Count)
	}
	switch p.Op {
	case PatternRepeat:
		b = appendNumber(b, p.Times)
	case PatternRepeatBlock, PatternRepeatZero:
		b = appendNumber(appendNumber(b, p.Custom), p.Times)
	}
	return append(b, p.Data...)
}

func appendNumber(b []byte, n uint32) []byte {
	at := len(b)
	b = append(b, byte(n&^patternMore))
	for n >>= patternGroupBits; n > 0; n >>= patternGroupBits {
		b = slices.Insert(b, at, byte(n|patternMore))
	}
	return b
}
