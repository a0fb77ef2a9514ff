// Package m68k reads machine code of the 68000 family: instructions of the
// 68000 to the 68040, of users and supervisors, those of the 68881 and 68882,
// and the names of the classic Mac OS's traps.
//
// m68k.txt says what the instructions are, traps.txt the names; tables are
// generated from them. Everything here may be called concurrently.
//
// Source: M68000 Family Programmer's Reference Manual (M68000PM/AD).
package m68k

//go:generate go test ./gen -update

// Model is a processor of the family. Instructions of the 68881 and 68882
// belong to each of them; so do those that a 68040 leaves to software.
type Model uint8

// The models. The zero Model is the 68000.
const (
	M68000 Model = iota
	M68010
	M68020
	M68030
	M68040
)

func (m Model) String() string {
	return [...]string{"68000", "68010", "68020", "68030", "68040"}[min(m, M68040)]
}

// Op is an operation, for example ADD or Bcc.
type Op uint16

// String returns the operation's name in lower case, without a condition.
func (o Op) String() string {
	if int(o) < len(opNames) {
		return opNames[o]
	}
	return ""
}

// Ops is the number of operations; they are 1 to Ops.
const Ops = int(opCount) - 1

// Size is the size of an operation's data.
type Size uint8

// The sizes. Short is that of a branch with its displacement in the first word.
const (
	None Size = iota
	Byte
	Word
	Long
	Single   // IEEE, 4 bytes
	Double   // IEEE, 8 bytes
	Extended // 68881's, 12 bytes in memory
	Packed   // decimal, 12 bytes
	Short
	byFormat // in tables only: see row.format
)

// letter is the size in a mnemonic.
func (s Size) letter() byte { return "\x00bwlsdxps\x00"[s] }

// Bytes returns how much memory the size takes, 0 if it says nothing of that.
func (s Size) Bytes() int { return [...]int{0, 1, 2, 4, 4, 8, 12, 12, 0, 0}[s] }

// Kind is what an operand is.
type Kind uint8

// The kinds of operands, and which fields of an Operand they use.
const (
	NoOperand     Kind = iota
	DataReg            // Dn: Reg
	AddrReg            // An: Reg
	Indirect           // (An): Reg
	PostIncrement      // (An)+: Reg
	PreDecrement       // -(An): Reg
	Displaced          // (d16,An): Reg, Disp
	Indexed            // (d8,An,Xn) and all of the 68020's: Reg, Index, Flags, Disp, Outer
	AbsoluteWord       // (xxx).W: Disp, with the sign extended
	AbsoluteLong       // (xxx).L: Disp
	PCDisplaced        // (d16,PC): Disp is the address itself
	PCIndexed          // (d8,PC,Xn) and so on: as Indexed, without Reg; Disp is an address unless NoBase is set
	Immediate          // Disp; as many bits as the operation's size, in the low end
	WideImmediate      // single, double, extended or packed: Inst.Wide
	Target             // of a branch: Disp is the address
	RegList            // Disp: bit 0 is D0, bit 15 A7
	CCR
	SR
	USP
	FloatReg       // FPn: Reg
	FloatList      // Disp: bit 0 is FP0
	FloatControls  // Disp: bit 0 is FPIAR, 1 FPSR, 2 FPCR; one or several
	ControlReg     // of MOVEC: Disp is its number
	RegPair        // Dn:Dn: Reg, Index
	FloatPair      // FPn:FPn: Reg, Index
	IndirectPair   // (Rn):(Rn) of CAS2: Reg, Index; 0 to 7 are D0 to D7, 8 to 15 A0 to A7
	BitField       // {offset:width}: Disp, the extension word's low 12 bits
	KFactor        // {#k}: Disp, -64 to 63
	KFactorReg     // {Dn}: Reg
	Caches         // of a 68040: Disp: 0 none, 1 data, 2 instructions, 3 both
	MMURegister    // of PMOVE: Disp: index of TC, SRP, CRP, TT0, TT1, PSR
	operandKindEnd // how many there are
)

// Flags are the details of an indexed operand.
type Flags uint8

// The low two bits of Flags are the scale's logarithm to base 2.
const (
	ScaleMask   Flags = 3
	LongIndex   Flags = 4  // else the index is a sign-extended word
	NoBase      Flags = 8  // the base register counts as 0
	NoIndex     Flags = 16 // the index counts as 0
	PreIndexed  Flags = 32 // memory indirect: ([Disp,An,Xn],Outer)
	PostIndexed Flags = 64 // memory indirect: ([Disp,An],Xn,Outer)
)

// Operand is one operand; what its fields mean depends on its kind.
type Operand struct {
	Kind  Kind
	Reg   uint8
	Index uint8
	Flags Flags
	Disp  int32
	Outer int32
}

const (
	maxArgs = 4

	// MaxLen is the greatest length of an instruction in bytes.
	MaxLen = 22
)

// Inst is an instruction, as a value that needs no memory beyond itself.
type Inst struct {
	Op   Op
	Size Size
	Cond uint8  // 0 to 15, or of the 68881 0 to 31; only in operations that end in cc
	Len  uint8  // in bytes, up to MaxLen
	Word uint16 // the first one
	row  uint16
	Args [maxArgs]Operand // as many as there are, in Motorola's order
	Wide [3]uint32        // what a WideImmediate says, in as many words as it has
}

// NumArgs returns how many operands there are.
func (i *Inst) NumArgs() int {
	n := 0
	for n < maxArgs && i.Args[n].Kind != NoOperand {
		n++
	}
	return n
}

// row is a line of the table: an operation with one size and one shape.
type row struct {
	op           Op
	size         Size
	bare         bool // the size does not show in the name
	models       uint8
	words        uint8
	mask, value  [3]uint16
	ea, to       uint16 // addressing modes allowed, 0 if there is no such operand
	cond, format field
	same, as     field // two that must be equal
	args         [maxArgs]arg
}

// arg says where an operand comes from. It may need two fields.
type arg struct {
	kind argKind
	a, b field
}

// field is a run of bits: which word, how far from its low end, how many less one.
type field uint16

func (f field) of(words *[3]uint16) uint16 {
	return words[f>>8&3] >> (f >> 4 & 15) & (2<<(f&15) - 1)
}

type argKind uint8

// Where operands come from; m68k.txt explains the syntax on the right.
const (
	argNone       argKind = iota
	argEA                 // ea:
	argTo                 // to:
	argD                  // Dx
	argA                  // Ax
	argR                  // Rx
	argInd                // (Ax)
	argPost               // (Ax)+
	argPre                // -(Ax)
	argDisp               // (d,Ax)
	argFP                 // FPx
	argDPair              // Dx:Dy
	argFPPair             // FPx:FPy
	argRPair              // (Rx):(Ry)
	argField              // #x
	argQuick              // #x:q
	argSigned             // #x:s
	argImmB               // #b
	argImmW               // #w
	argImmL               // #l
	argImmS               // #s
	argBranchB            // @b
	argBranchW            // @w
	argBranchL            // @l
	argAbsL               // abs
	argList               // list
	argListRev            // tsil
	argFPList             // fplist
	argFPListRev          // fptsil
	argFPControls         // fpctl
	argBitField           // {b}
	argKFactor            // {#k}
	argKReg               // {Dk}
	argControl            // cr
	argCaches             // caches
	argCCR
	argSR
	argUSP
	argFPCR
	argFPSR
	argFPIAR
	argTC // and the others that PMOVE knows, in the order of mmuRegisters
	argSRP
	argCRP
	argTT0
	argTT1
	argPSR
)

var mmuRegisters = [...]string{"TC", "SRP", "CRP", "TT0", "TT1", "PSR"}

// ControlRegister is a register that MOVEC reaches.
type ControlRegister struct {
	Number uint16
	Name   string
	first  Model // that has it
	last   Model
}

var controlRegisters = [...]ControlRegister{
	{0x000, "SFC", M68010, M68040}, {0x001, "DFC", M68010, M68040}, {0x002, "CACR", M68020, M68040},
	{0x003, "TC", M68040, M68040}, {0x004, "ITT0", M68040, M68040}, {0x005, "ITT1", M68040, M68040},
	{0x006, "DTT0", M68040, M68040}, {0x007, "DTT1", M68040, M68040},
	{0x800, "USP", M68010, M68040}, {0x801, "VBR", M68010, M68040}, {0x802, "CAAR", M68020, M68030},
	{0x803, "MSP", M68020, M68040}, {0x804, "ISP", M68020, M68040}, {0x805, "MMUSR", M68040, M68040},
	{0x806, "URP", M68040, M68040}, {0x807, "SRP", M68040, M68040},
}

// controlName returns a control register's name, and whether the model has it.
func controlName(number uint16, m Model) (string, bool) {
	for _, r := range controlRegisters {
		if r.Number == number {
			return r.Name, m >= r.first && m <= r.last
		}
	}
	return "", false
}

// Conditions are the names of the sixteen conditions.
var conditions = [16]string{"t", "f", "hi", "ls", "cc", "cs", "ne", "eq", "vc", "vs", "pl", "mi", "ge", "lt", "gt", "le"}

// floatConditions are the names of the 68881's.
var floatConditions = [32]string{
	"f", "eq", "ogt", "oge", "olt", "ole", "ogl", "or", "un", "ueq", "ugt", "uge", "ult", "ule", "ne", "t",
	"sf", "seq", "gt", "ge", "lt", "le", "gl", "gle", "ngle", "ngl", "nle", "nlt", "nge", "ngt", "sne", "st",
}

// isFloat says whether the condition, if there is one, is of the 68881.
func (i *Inst) isFloat() bool { return i.Word>>12 == 0xf }

// conditionName returns the condition's name, "" if there is none.
func (i *Inst) conditionName() string {
	switch {
	case rows[i.row].cond == 0:
		return ""
	case i.isFloat():
		return floatConditions[i.Cond&31]
	}
	return conditions[i.Cond&15]
}
