package coderes

import (
	"fmt"
	"math"

	"github.com/crossplug/crossplug/internal/bin"
)

// A routine descriptor stands where a pointer to 68K code would, and says what
// code there really is. Its first two bytes are a trap of the 68K, so that 68K
// code that calls it enters the Mixed Mode Manager. ("Inside Macintosh: PowerPC
// System Software", chapter 2, section "Routine Descriptors"; <MixedMode.h>.)
//
//	 0  2  0xAAFE, the trap
//	 2  1  version, 7
//	 3  1  flags; bit 0: selectors are indexable
//	 4  4  reserved
//	 8  1  reserved
//	 9  1  selector information
//	10  2  number of routine records - 1
//	12     routine records, 20 bytes each:
//	          0  4  procedure information
//	          4  1  reserved
//	          5  1  instruction set, low four bits; runtime architecture, high
//	          6  2  flags
//	          8  4  address of the code, or its offset from the resource's start
//	         12  4  reserved
//	         16  4  selector
const (
	descriptorTrap    = 0xaafe
	descriptorVersion = 7
	descriptorSize    = 12
	recordSize        = 20
)

// RoutineDescriptor describes the routines that one universal procedure pointer
// stands for.
type RoutineDescriptor struct {
	Indexable    bool  // the selectors of dispatched routines can index the records
	SelectorInfo uint8 // of dispatched routines
	Routines     []RoutineRecord
}

// RoutineRecord describes one routine.
type RoutineRecord struct {
	ProcInfo ProcInfo
	ISA      ISA
	RTA      RTA
	Flags    RoutineFlags
	Proc     uint32 // in a resource, the offset of the code from its start; a PEF container for PowerPC
	Selector uint32 // of a dispatched routine
}

// ISA is an instruction set architecture.
type ISA uint8

const (
	M68K    ISA = 0 // kM68kISA
	PowerPC ISA = 1 // kPowerPCISA
)

var isaNames = []bin.Name{{Value: 0, Text: "68K"}, {Value: 1, Text: "PowerPC"}}

func (i ISA) String() string { return bin.EnumName(uint32(i), isaNames) }

// RTA is a runtime architecture, of the 68K.
type RTA uint8

const (
	Classic RTA = 0 // kOld68kRTA, and kPowerPCRTA
	CFM68K  RTA = 1 // kCFM68kRTA
)

var rtaNames = []bin.Name{{Value: 0, Text: "classic"}, {Value: 1, Text: "CFM-68K"}}

func (r RTA) String() string { return bin.EnumName(uint32(r), rtaNames) }

// RoutineFlags say how a routine is found and called.
type RoutineFlags uint16

const (
	Relative       RoutineFlags = 0x01 // kProcDescriptorIsRelative: Proc is an offset
	NeedsPreparing RoutineFlags = 0x02 // kFragmentNeedsPreparing: it is that of a PEF container
	UseNativeISA   RoutineFlags = 0x04 // kUseNativeISA: prefer the machine's own instruction set
	DropSelector   RoutineFlags = 0x08 // kDontPassSelector
	IsDefault      RoutineFlags = 0x10 // kRoutineIsDispatchedDefaultRoutine: for all other selectors
	ProcIsIndex    RoutineFlags = 0x20 // kProcDescriptorIsIndex
)

var routineFlagNames = []bin.Name{{Value: 1, Text: "relative"}, {Value: 2, Text: "needs preparing"}, {Value: 4, Text: "native ISA"},
	{Value: 8, Text: "no selector"}, {Value: 0x10, Text: "default"}, {Value: 0x20, Text: "index"}}

// String names the flags: "relative+native ISA". None is "0x0".
func (f RoutineFlags) String() string { return bin.FlagNames(uint32(f), routineFlagNames) }

// isDescriptor says whether a routine descriptor begins at off.
func isDescriptor(data []byte, off int) bool {
	return len(data)-off >= descriptorSize && bigEndian.Uint16(data[off:]) == descriptorTrap && data[off+2] == descriptorVersion
}

// DecodeRoutineDescriptor decodes the descriptor at the start of data. With an
// error it returns the records before.
func DecodeRoutineDescriptor(data []byte) (*RoutineDescriptor, error) {
	c := bin.NewCursor("routine descriptor", data, bigEndian)
	trap, version := c.U16(), c.U8()
	d := &RoutineDescriptor{Indexable: c.U8()&1 != 0}
	c.Skip(5)
	d.SelectorInfo = c.U8()
	count := int(c.U16()) + 1
	switch {
	case c.Err() != nil:
		return d, c.Err()
	case trap != descriptorTrap:
		return d, damage(0, "routine descriptor", "begins with %#04x, not %#04x", trap, descriptorTrap)
	case version != descriptorVersion:
		return d, damage(2, "routine descriptor", "has version %d; %d is known", version, descriptorVersion)
	}
	for i := range count {
		c.Item("routine record %d of %d", i, count)
		b := c.Sub(recordSize)
		r := RoutineRecord{ProcInfo: ProcInfo(b.U32())}
		b.Skip(1)
		isa := b.U8()
		r.ISA, r.RTA = ISA(isa&0xf), RTA(isa>>4)
		r.Flags, r.Proc = RoutineFlags(b.U16()), b.U32()
		b.Skip(4)
		r.Selector = b.U32()
		if c.Err() != nil {
			return d, c.Err()
		}
		d.Routines = append(d.Routines, r)
	}
	return d, nil
}

// Size is the number of bytes of the encoded descriptor.
func (d *RoutineDescriptor) Size() int { return descriptorSize + recordSize*len(d.Routines) }

// Encode returns the bytes of the descriptor, with reserved ones zero. It must
// have 1 to 65536 routines.
func (d *RoutineDescriptor) Encode() ([]byte, error) {
	if n := len(d.Routines); n < 1 || n > math.MaxUint16+1 {
		return nil, fmt.Errorf("routine descriptor: has %d routines; 1 to %d are possible", n, math.MaxUint16+1)
	}
	b := bigEndian.AppendUint16(nil, descriptorTrap)
	flags := byte(0)
	if d.Indexable {
		flags = 1
	}
	b = append(b, descriptorVersion, flags, 0, 0, 0, 0, 0, d.SelectorInfo)
	b = bigEndian.AppendUint16(b, uint16(len(d.Routines)-1))
	for _, r := range d.Routines {
		b = bigEndian.AppendUint32(b, uint32(r.ProcInfo))
		b = append(b, 0, byte(r.RTA)<<4|byte(r.ISA)&0xf)
		b = bigEndian.AppendUint16(b, uint16(r.Flags))
		b = bigEndian.AppendUint32(b, r.Proc)
		b = append(b, 0, 0, 0, 0)
		b = bigEndian.AppendUint32(b, r.Selector)
	}
	return b, nil
}
