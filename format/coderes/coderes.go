// Package coderes says what code a resource holds: plain 68K code and its
// header, PowerPC code behind a routine descriptor, both in one, safely or not;
// and reads the resources that describe code: 'cfrg', 'CODE' 0, 'rseg', 'vers',
// 'dcmp'. It is given the bytes of a resource, which package resource reads,
// and executes nothing.
//
//	code, err := coderes.Recognise(r.Data)
//	for _, p := range code.Parts {
//		p.ISA, p.ProcInfo   // PowerPC, "pascal long proc(short, long)"
//		r.Data[p.Offset:][:p.Size] // a PEF container, if p.PEF
//	}
//
// Reading goes on where it can: with an error, functions return what they read
// all the same. Errors are *FormatError, with offsets in the resource.
//
// Sources: "Inside Macintosh: PowerPC System Software", chapter 2, "Mixed Mode
// Manager"; "Mac OS Runtime Architectures", chapters 7, 9 and 10; MixedMode.r
// and CodeFragments.r of the Universal Interfaces 3.4.
package coderes

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/crossplug/crossplug/internal/bin"
)

var bigEndian = binary.BigEndian

// OSType is a code of four characters, the first in the most significant byte.
// Its String, which ParseOSType reverses, is those characters; what does not
// print, and the backslash, is written \xNN. It is text in JSON.
type OSType = bin.OSType

// ParseOSType returns the OSType written as its String writes it.
func ParseOSType(s string) (OSType, error) { return bin.ParseOSType(s) }

// FormatError says where in a resource what is wrong. It is a
// fault.ErrBadImage.
type FormatError = bin.FormatError

// Kind is how a resource holds code.
type Kind uint8

const (
	Plain       Kind = iota + 1 // 68K code, or no code at all: the bytes do not tell. See Describe
	Accelerated                 // a routine descriptor and code for one processor, in practice PowerPC
	Fat                         // a routine descriptor and code for both
	SafeFat                     // 68K code that finds the routine descriptor where there is a Mixed Mode Manager, else the 68K code
	Fragment                    // a PEF container and nothing else
)

var kindNames = []bin.Name{{Value: 1, Text: "plain 68K"}, {Value: 2, Text: "accelerated"}, {Value: 3, Text: "fat"}, {Value: 4, Text: "safe fat"}, {Value: 5, Text: "fragment"}}

func (k Kind) String() string { return bin.EnumName(uint32(k), kindNames) }

// Code is the code that one resource holds.
type Code struct {
	Kind Kind
	// Descriptor is nil in plain code and fragments. It begins at
	// DescriptorOffset: 0, or in safe fat resources behind the 68K code that
	// moves it there. Its offsets count from the start of the resource.
	Descriptor       *RoutineDescriptor
	DescriptorOffset int
	// Parts is the code itself, in the order of the descriptor. Routines that
	// begin at the same place have one part, with the ProcInfo of the first.
	Parts []Part
}

// Part is code for one processor.
type Part struct {
	ISA    ISA
	Offset int // in the resource
	Size   int // up to the next part, or the end of the resource
	// Entry is where 68K code goes from its first byte, past its header; it is
	// in the resource. -1 in a PEF container, which says itself.
	Entry    int
	PEF      bool
	Header   *Header  // of 68K code; nil if it has none
	ProcInfo ProcInfo // of the routine descriptor; 0 without one
}

const (
	pefMagic = "Joy!peff"
	// maxPreamble is how far the descriptor of a safe fat resource is looked
	// for. Apple's code in front of it has 140 bytes.
	maxPreamble = 1024
	// maxRoutines is how many records a descriptor there may have. Two are of
	// use.
	maxRoutines = 16
)

// Recognise says what code a resource holds. Any bytes may be plain 68K code;
// whether they are, the type of the resource tells.
func Recognise(data []byte) (*Code, error) {
	switch {
	case isPEF(data, 0):
		return &Code{Kind: Fragment, Parts: []Part{{ISA: fragmentISA(data), Size: len(data), Entry: -1, PEF: true}}}, nil
	case isDescriptor(data, 0):
		return described(data, 0)
	}
	if at, ok := findSafeFat(data); ok {
		return described(data, at)
	}
	code := &Code{Kind: Plain, Parts: []Part{{ISA: M68K, Size: len(data)}}}
	return code, code.Parts[0].enter(data)
}

// isPEF says whether a PEF container begins at off.
func isPEF(data []byte, off int) bool {
	return off >= 0 && off <= len(data) && len(data)-off >= len(pefMagic) && string(data[off:off+len(pefMagic)]) == pefMagic
}

// fragmentISA reads the architecture of the PEF container at the start.
func fragmentISA(data []byte) ISA {
	if len(data) >= 12 && string(data[8:12]) == "m68k" {
		return M68K
	}
	return PowerPC
}

// described reads a resource with a routine descriptor at off.
func described(data []byte, off int) (*Code, error) {
	code := &Code{Kind: Accelerated, DescriptorOffset: off}
	d, err := DecodeRoutineDescriptor(data[off:])
	err = shift(err, off)
	code.Descriptor = d
	isas := map[ISA]bool{}
	seen := map[uint32]bool{} // code that is a part already
	for i, r := range d.Routines {
		isas[r.ISA] = true
		item := fmt.Sprintf("routine record %d", i)
		at := off + descriptorSize + i*recordSize
		switch {
		case r.Flags&Relative == 0:
			err = cmp.Or(err, damage(at+6, item, "has an address in memory, %#x, not an offset", r.Proc))
		case uint64(r.Proc) >= uint64(len(data)):
			err = cmp.Or(err, damage(at+8, item, "puts its code at %#x of a resource of %#x bytes", r.Proc, len(data)))
		case int(r.Proc) >= off && int(r.Proc) < off+d.Size():
			err = cmp.Or(err, damage(at+8, item, "puts its code at %#x, within the descriptor", r.Proc))
		case r.ISA == M68K && r.Proc%2 != 0:
			err = cmp.Or(err, damage(at+8, item, "puts 68K code at %#x, which is odd", r.Proc))
		case r.ISA == PowerPC && !isPEF(data, int(r.Proc)):
			err = cmp.Or(err, damage(at+8, item, "puts its PEF container at %#x, where there is none", r.Proc))
		case !seen[r.Proc]:
			seen[r.Proc] = true
			code.Parts = append(code.Parts, Part{ISA: r.ISA, Offset: int(r.Proc), PEF: isPEF(data, int(r.Proc)), ProcInfo: r.ProcInfo})
		}
	}
	if isas[M68K] && isas[PowerPC] {
		code.Kind = Fat
	}
	if off > 0 {
		code.Kind = SafeFat
	}
	setSizes(code.Parts, len(data))
	for i := range code.Parts {
		err = cmp.Or(err, code.Parts[i].enter(data))
	}
	return code, err
}

// enter finds out where the part of the data is entered.
func (p *Part) enter(data []byte) error {
	if p.PEF {
		p.Entry = -1
		return nil
	}
	header, entry, err := decodeHeader(data[p.Offset:][:p.Size])
	p.Header, p.Entry = header, p.Offset+entry
	return shift(err, p.Offset)
}

// setSizes lets each part reach to the next, or the end.
func setSizes(parts []Part, end int) {
	starts := []int{end}
	for _, p := range parts {
		starts = append(starts, p.Offset)
	}
	slices.Sort(starts)
	for i := range parts {
		next, _ := slices.BinarySearch(starts, parts[i].Offset+1)
		parts[i].Size = starts[next] - parts[i].Offset
	}
}

// findSafeFat looks for the routine descriptor of a safe fat resource. It has
// two records with offsets of code behind it, PowerPC's being that of a PEF
// container, which is more than chance puts into other code.
func findSafeFat(data []byte) (int, bool) {
	for off := 2; off < min(len(data), maxPreamble); off += 2 {
		if !isDescriptor(data, off) || bigEndian.Uint16(data[off+descriptorSize-2:]) >= maxRoutines {
			continue
		}
		d, err := DecodeRoutineDescriptor(data[off:])
		if err != nil || len(d.Routines) < 2 {
			continue
		}
		behind := uint32(off + descriptorSize + recordSize*len(d.Routines))
		m68k, ppc := false, false
		for _, r := range d.Routines {
			if r.Flags&Relative != 0 && r.Proc >= behind && uint64(r.Proc) < uint64(len(data)) {
				m68k = m68k || r.ISA == M68K
				ppc = ppc || r.ISA == PowerPC && isPEF(data, int(r.Proc))
			}
		}
		if m68k && ppc {
			return off, true
		}
	}
	return 0, false
}

func damage(off int, item, format string, args ...any) error {
	return &FormatError{Offset: int64(off), Item: item, Msg: fmt.Sprintf(format, args...)}
}

// shift moves the offset of an error from a part of a resource to the whole.
func shift(err error, off int) error {
	if e, ok := err.(*FormatError); ok && e.Offset >= 0 {
		return &FormatError{Offset: e.Offset + int64(off), Item: e.Item, Msg: e.Msg}
	}
	return err
}
