package pef

import (
	"encoding/binary"
	"fmt"
)

// Relocation programs.
//
// A fragment is linked as if all its sections and all that it imports were at
// address 0 (its sections at their default addresses, to be exact). Words that
// hold addresses are corrected when it is loaded. Which words, and by what, is
// said by a program for a small machine, because compilers make the same few
// patterns over and over: a table of pointers to data, of pointers to imports in
// the order in which these are numbered, of transition vectors. A run of any of
// them is one instruction.
//
// The machine adds addresses to big-endian words of 32 bits in one section. It
// remembers
//
//	position      where in the section the next word is, in bytes. Starts at 0
//	              and need not be a multiple of 4
//	section C     what "code" means, to begin with section 0
//	section D     what "data" means, to begin with section 1
//	import        the number of the next import, to begin with 0
//
// and after each addition the position goes on by 4. What is added for a section
// is the distance it was moved by: the address of its instance less its default
// address. In this table, C, D, I and S stand for such an addition of section C,
// section D, the next import (which then goes on by 1), and a given section or
// import; a dash is a word that is left alone.
//
//	instruction          DumpPEF  effect                      bits of its chunks
//	BySectDWithSkip s,n  DDAT     position += 4×s; D n times  00ssssssssnnnnnn
//	BySectC n            CODE     C n times                   0100000nnnnnnnnn, n less 1
//	BySectD n            DATA     D n times                   0100001nnnnnnnnn, n less 1
//	TVector12 n          DESC     C, D, - n times             0100010nnnnnnnnn, n less 1
//	TVector8 n           DSC2     C, D n times                0100011nnnnnnnnn, n less 1
//	VTable8 n            VTBL     D, - n times                0100100nnnnnnnnn, n less 1
//	ImportRun n          SYMR     I n times                   0100101nnnnnnnnn, n less 1
//	SmByImport i         SYMB     S; import = i+1             0110000iiiiiiiii
//	SmSetSectC i         CDIS     section C = i               0110001iiiiiiiii
//	SmSetSectD i         DTIS     section D = i               0110010iiiiiiiii
//	SmBySection i        SECN     S                           0110011iiiiiiiii
//	IncrPosition o       DELT     position += o               1000oooooooooooo, o less 1
//	SmRepeat b,n         RPT      repeat                      1001bbbbnnnnnnnn, b and n less 1
//	SetPosition o        LABS     position = o                101000oooooooooo oooooooooooooooo
//	LgByImport i         LSYM     S; import = i+1             101001iiiiiiiiii iiiiiiiiiiiiiiii
//	LgRepeat b,n         LRPT     repeat                      101100bbbbnnnnnn nnnnnnnnnnnnnnnn, b less 1
//	LgBySection i        LSEC     S                           1011010000iiiiii iiiiiiiiiiiiiiii
//	LgSetSectC i         LSEC     section C = i               1011010001iiiiii iiiiiiiiiiiiiiii
//	LgSetSectD i         LSEC     section D = i               1011010010iiiiii iiiiiiiiiiiiiiii
//
// A repeat runs the b chunks (not instructions) before it n times more. The
// state goes on through all of them. The number of times is the trap of this
// instruction set: SmRepeat stores it less 1, LgRepeat as it is. The format says
// that repeats must not be nested; see Relocate for what happens if they are.

// RelocOp is the operation of a relocation instruction.
type RelocOp uint8

// The operations.
const (
	BySectDWithSkip RelocOp = iota // kPEFRelocBySectDWithSkip
	BySectC                        // kPEFRelocBySectC
	BySectD                        // kPEFRelocBySectD
	TVector12                      // kPEFRelocTVector12
	TVector8                       // kPEFRelocTVector8
	VTable8                        // kPEFRelocVTable8
	ImportRun                      // kPEFRelocImportRun
	SmByImport                     // kPEFRelocSmByImport
	SmSetSectC                     // kPEFRelocSmSetSectC
	SmSetSectD                     // kPEFRelocSmSetSectD
	SmBySection                    // kPEFRelocSmBySection
	IncrPosition                   // kPEFRelocIncrPosition
	SmRepeat                       // kPEFRelocSmRepeat
	SetPosition                    // kPEFRelocSetPosition
	LgByImport                     // kPEFRelocLgByImport
	LgRepeat                       // kPEFRelocLgRepeat
	LgBySection                    // kPEFRelocLgSetOrBySection, kPEFRelocLgBySectionSubopcode
	LgSetSectC                     // kPEFRelocLgSetOrBySection, kPEFRelocLgSetSectCSubopcode
	LgSetSectD                     // kPEFRelocLgSetOrBySection, kPEFRelocLgSetSectDSubopcode
)

// relocOp is how an operation is encoded: a prefix in the first chunk, a span in
// it, if any, and a value that ends with the last chunk.
type relocOp struct {
	name, dump string
	prefix     uint16
	prefixBits int
	chunks     int
	spanShift  int
	spanBits   int
	spanBias   uint32 // what is added to the stored number
	valueBits  int
	valueBias  uint32
}

var relocOps = [...]relocOp{
	BySectDWithSkip: {"BySectDWithSkip", "DDAT", 0x0000, 2, 1, 6, 8, 0, 6, 0},
	BySectC:         {"BySectC", "CODE", 0x4000, 7, 1, 0, 0, 0, 9, 1},
	BySectD:         {"BySectD", "DATA", 0x4200, 7, 1, 0, 0, 0, 9, 1},
	TVector12:       {"TVector12", "DESC", 0x4400, 7, 1, 0, 0, 0, 9, 1},
	TVector8:        {"TVector8", "DSC2", 0x4600, 7, 1, 0, 0, 0, 9, 1},
	VTable8:         {"VTable8", "VTBL", 0x4800, 7, 1, 0, 0, 0, 9, 1},
	ImportRun:       {"ImportRun", "SYMR", 0x4a00, 7, 1, 0, 0, 0, 9, 1},
	SmByImport:      {"SmByImport", "SYMB", 0x6000, 7, 1, 0, 0, 0, 9, 0},
	SmSetSectC:      {"SmSetSectC", "CDIS", 0x6200, 7, 1, 0, 0, 0, 9, 0},
	SmSetSectD:      {"SmSetSectD", "DTIS", 0x6400, 7, 1, 0, 0, 0, 9, 0},
	SmBySection:     {"SmBySection", "SECN", 0x6600, 7, 1, 0, 0, 0, 9, 0},
	IncrPosition:    {"IncrPosition", "DELT", 0x8000, 4, 1, 0, 0, 0, 12, 1},
	SmRepeat:        {"SmRepeat", "RPT", 0x9000, 4, 1, 8, 4, 1, 8, 1},
	SetPosition:     {"SetPosition", "LABS", 0xa000, 6, 2, 0, 0, 0, 26, 0},
	LgByImport:      {"LgByImport", "LSYM", 0xa400, 6, 2, 0, 0, 0, 26, 0},
	LgRepeat:        {"LgRepeat", "LRPT", 0xb000, 6, 2, 6, 4, 1, 22, 0},
	LgBySection:     {"LgBySection", "LSEC", 0xb400, 10, 2, 0, 0, 0, 22, 0},
	LgSetSectC:      {"LgSetSectC", "LSEC", 0xb440, 10, 2, 0, 0, 0, 22, 0},
	LgSetSectD:      {"LgSetSectD", "LSEC", 0xb480, 10, 2, 0, 0, 0, 22, 0},
}

// maxPrefixBits is the length of the longest prefix.
const maxPrefixBits = 10

// relocOpIndex finds the operation for the first maxPrefixBits bits of a chunk:
// its number and 1, or 0 if there is none.
var relocOpIndex = func() (index [1 << maxPrefixBits]uint8) {
	for op, o := range relocOps {
		first := o.prefix >> (16 - maxPrefixBits)
		for i := range uint16(1) << (maxPrefixBits - o.prefixBits) {
			index[first+i] = uint8(op) + 1
		}
	}
	return index
}()

// String returns the name without "kPEFReloc", such as "SmRepeat".
func (o RelocOp) String() string {
	if int(o) < len(relocOps) {
		return relocOps[o].name
	}
	return fmt.Sprintf("%s+%d", LgSetSectD, o-LgSetSectD)
}

// Mnemonic returns the four letters that MPW's DumpPEF prints, such as "RPT".
func (o RelocOp) Mnemonic() string {
	if int(o) < len(relocOps) {
		return relocOps[o].dump
	}
	return o.String()
}

// Instruction is one relocation instruction. Its numbers are what they mean, not
// what is stored.
type Instruction struct {
	Op RelocOp
	// Span is the number of words that BySectDWithSkip passes over, and of
	// chunks that a repeat runs again. Others have none.
	Span uint8
	// Value is how often runs and BySectDWithSkip do their work, how often a
	// repeat runs its chunks again, the number of an import or section, or
	// bytes of a position.
	Value uint32
}

// String returns the instruction as the table of instructions has it, such as
// "SmRepeat 2,5".
func (in Instruction) String() string {
	if int(in.Op) < len(relocOps) && relocOps[in.Op].spanBits > 0 {
		return fmt.Sprintf("%v %d,%d", in.Op, in.Span, in.Value)
	}
	return fmt.Sprintf("%v %d", in.Op, in.Value)
}

// Chunks is the length of the instruction's encoding in chunks of 16 bits, 1 or
// 2.
func (in Instruction) Chunks() int {
	if int(in.Op) < len(relocOps) {
		return relocOps[in.Op].chunks
	}
	return 1
}

// Program is a relocation program.
type Program []Instruction

// Chunks is the length of the program's encoding in chunks of 16 bits.
func (p Program) Chunks() int {
	n := 0
	for _, in := range p {
		n += in.Chunks()
	}
	return n
}

// DecodeProgram decodes a relocation program from chunks of 16 bits, big-endian.
// All that decodes is encoded as it was. An error is a *[FormatError] whose
// offset is that in b; the instructions before it are returned with it.
func DecodeProgram(b []byte) (Program, error) {
	p := make(Program, 0, len(b)/chunkSize)
	for at := 0; at < len(b); {
		fail := func(format string, args ...any) (Program, error) {
			return p, &FormatError{Offset: int64(at), Item: fmt.Sprintf("relocation %d", len(p)), Msg: fmt.Sprintf(format, args...)}
		}
		if len(b)-at < chunkSize {
			return fail("ends within a chunk")
		}
		first := binary.BigEndian.Uint16(b[at:])
		index := relocOpIndex[first>>(16-maxPrefixBits)]
		if index == 0 {
			return fail("chunk %#04x begins no instruction", first)
		}
		in := Instruction{Op: RelocOp(index - 1)}
		o := &relocOps[in.Op]
		value := uint32(first)
		if o.chunks == 2 {
			if len(b)-at < 2*chunkSize {
				return fail("%v needs 2 chunks, but 1 is left", in.Op)
			}
			value = binary.BigEndian.Uint32(b[at:])
		}
		if o.spanBits > 0 {
			in.Span = uint8(uint32(first)>>o.spanShift&(1<<o.spanBits-1) + o.spanBias)
		}
		in.Value = value&(1<<o.valueBits-1) + o.valueBias
		p = append(p, in)
		at += o.chunks * chunkSize
	}
	return p, nil
}

// Append appends the instruction's encoding to b. An operation that there is
// not, or a number that does not fit, is an error.
func (in Instruction) Append(b []byte) ([]byte, error) {
	if int(in.Op) >= len(relocOps) {
		return nil, fmt.Errorf("%v is no relocation instruction", in)
	}
	o := &relocOps[in.Op]
	if lo, hi := o.valueBias, o.valueBias+(1<<o.valueBits-1); in.Value < lo || in.Value > hi {
		return nil, fmt.Errorf("%v: %d is not within %d–%d", in, in.Value, lo, hi)
	}
	span := uint32(in.Span)
	if lo, hi := o.spanBias, o.spanBias+(1<<o.spanBits-1); span < lo || span > hi {
		return nil, fmt.Errorf("%v: %d is not within %d–%d", in, span, lo, hi)
	}
	word := uint32(o.prefix) | (span-o.spanBias)<<o.spanShift
	if o.chunks == 2 {
		return binary.BigEndian.AppendUint32(b, word<<16|(in.Value-o.valueBias)), nil
	}
	return binary.BigEndian.AppendUint16(b, uint16(word|(in.Value-o.valueBias))), nil
}

// Encode returns the program's chunks. What is wrong with an instruction is an
// error.
func (p Program) Encode() ([]byte, error) {
	b := make([]byte, 0, chunkSize*len(p))
	for i, in := range p {
		var err error
		if b, err = in.Append(b); err != nil {
			return nil, fmt.Errorf("relocation %d: %w", i, err)
		}
	}
	return b, nil
}
