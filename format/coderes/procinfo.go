package coderes

import (
	"fmt"

	"github.com/crossplug/crossplug/internal/bin"
)

// ProcInfo says, in 32 bits, how a routine is called: by which convention, with
// parameters and a result of which sizes, in which registers. ("Inside
// Macintosh: PowerPC System Software", chapter 2, section "Procedure
// Information"; <MixedMode.h>.) From the least significant bit:
//
//	|4 convention|2 result|2 each parameter, the first lowest, up to 13|             stack
//	|4 convention|2 result|2 selector|2 each parameter, up to 12|                    dispatched
//	|4 convention|2 result|5 its register|5 each parameter: 2 size, 3 register, 4|   register
//	|4 convention|6 which special case|
//
// Its String is a prototype in the manner of C, which ParsePrototype reads back:
//
//	long proc(short, long)                       C, MPW's; a long is any four bytes
//	think long proc(short, long)                 THINK C
//	pascal void proc(char, long)
//	register short D0 proc(long A0, short D1)    result and parameters in registers
//	pascal long proc[short D0](long)             dispatched by a selector of two bytes in D0
//	long proc[long D0](long)
//	pascal void proc[short stack](long)
//	special EOLHook                              one of the toolbox's own conventions
//	procinfo 0x00000003                          anything else, such as a gap in the parameters
type ProcInfo uint32

// Convention is how parameters and result are passed.
type Convention uint8

const (
	PascalStack      Convention = 0  // kPascalStackBased
	CStack           Convention = 1  // kCStackBased, of MPW: each parameter widened to four bytes
	RegisterBased    Convention = 2  // kRegisterBased
	ThinkCStack      Convention = 5  // kThinkCStackBased: each parameter widened to two bytes
	D0DispatchPascal Convention = 8  // kD0DispatchedPascalStackBased
	D0DispatchC      Convention = 9  // kD0DispatchedCStackBased
	D1DispatchPascal Convention = 12 // kD1DispatchedPascalStackBased
	StackDispatch    Convention = 14 // kStackDispatchedPascalStackBased: selector pushed last
	SpecialCase      Convention = 15 // kSpecialCase
)

var conventionNames = []bin.Name{
	{Value: 0, Text: "Pascal"}, {Value: 1, Text: "C"}, {Value: 2, Text: "register"}, {Value: 5, Text: "THINK C"}, {Value: 8, Text: "D0-dispatched Pascal"},
	{Value: 9, Text: "D0-dispatched C"}, {Value: 12, Text: "D1-dispatched Pascal"}, {Value: 14, Text: "stack-dispatched Pascal"}, {Value: 15, Text: "special case"},
}

// String names the convention: "THINK C".
func (c Convention) String() string { return bin.EnumName(uint32(c), conventionNames) }

// dispatched says whether calls have a selector.
func (c Convention) dispatched() bool { return selectorPlaces[c] != "" }

// selectorPlaces is where dispatched calls have their selector.
var selectorPlaces = map[Convention]string{D0DispatchPascal: "D0", D0DispatchC: "D0", D1DispatchPascal: "D1", StackDispatch: "stack"}

// Size is the size of a value: kNoByteCode and so on.
type Size uint8

const (
	None Size = iota
	OneByte
	TwoBytes
	FourBytes
)

var sizeNames = [4]string{"void", "char", "short", "long"}

// String is the C type of that size: void, char, short or long.
func (s Size) String() string {
	if int(s) < len(sizeNames) {
		return sizeNames[s]
	}
	return fmt.Sprintf("long+%d", s-FourBytes)
}

// Bytes is the number of bytes: 0, 1, 2 or 4.
func (s Size) Bytes() int { return int([4]uint8{0, 1, 2, 4}[s&3]) }

// Register is a register of the 68K, or a condition bit of it.
type Register uint8

// registerNames are the registers by number; parameters can have the first
// eight.
var registerNames = []string{"D0", "D1", "D2", "D3", "A0", "A1", "A2", "A3", "D4", "D5", "D6", "D7", "A4", "A5", "A6", "", "CCR.C", "CCR.V", "CCR.Z", "CCR.N", "CCR.X"}

// String names the register: "D0", or "CCR.Z" for a condition bit.
func (r Register) String() string {
	if int(r) < len(registerNames) && registerNames[r] != "" {
		return registerNames[r]
	}
	return fmt.Sprintf("register %d", uint8(r))
}

// specialNames are the toolbox's own conventions by number.
var specialNames = []string{"HighHook", "EOLHook", "WidthHook", "NWidthHook", "DrawHook", "HitTestHook", "TEFindWord",
	"ProtocolHandler", "SocketListener", "TERecalc", "TEDoText", "GNEFilter", "MBarHook"}

// Parameter is one parameter of a routine.
type Parameter struct {
	Size     Size
	Register Register // of register-based routines
}

// Signature is what a ProcInfo says.
type Signature struct {
	Convention     Convention
	Result         Size
	ResultRegister Register // of register-based routines
	Selector       Size     // of dispatched routines
	Parameters     []Parameter
	Special        uint8 // which of the special cases
}

// Bits of each part.
const (
	maxStack      = 13 // parameters
	maxDispatched = 12
	maxRegister   = 4
	maxSpecial    = 63
)

// Signature says what the bits mean. It is false if they mean nothing: an
// unknown convention, register or size, or a gap in the parameters.
func (p ProcInfo) Signature() (Signature, bool) {
	s := Signature{Convention: Convention(p & 0xf)}
	if s.Convention == SpecialCase {
		s.Special = uint8(p >> 4 & 0x3f)
	} else {
		s.Result = Size(p >> 4 & 3)
		rest, width := p>>6, 2
		switch {
		case s.Convention == RegisterBased:
			s.ResultRegister = Register(rest & 0x1f)
			rest, width = rest>>5, 5
		case s.Convention.dispatched():
			s.Selector = Size(rest & 3)
			rest >>= 2
		}
		for rest != 0 {
			a := Parameter{Size: Size(rest & 3)}
			if s.Convention == RegisterBased {
				a.Register = Register(rest >> 2 & 7)
			}
			s.Parameters = append(s.Parameters, a)
			rest >>= width
		}
	}
	back, err := s.ProcInfo()
	return s, err == nil && back == p
}

// ProcInfo returns the bits for a signature, or says what of it they cannot
// express.
func (s Signature) ProcInfo() (ProcInfo, error) {
	p := ProcInfo(s.Convention)
	limit, at, width := maxStack, 6, 2
	switch {
	case s.Convention == SpecialCase:
		if s.Special > maxSpecial {
			return 0, fmt.Errorf("special case %d is beyond %d", s.Special, maxSpecial)
		}
		return p | ProcInfo(s.Special)<<4, nil
	case s.Convention == RegisterBased:
		if int(s.ResultRegister) >= len(registerNames) || registerNames[s.ResultRegister] == "" {
			return 0, fmt.Errorf("the result cannot be in register %d", s.ResultRegister)
		}
		p |= ProcInfo(s.ResultRegister) << 6
		limit, at, width = maxRegister, 11, 5
	case s.Convention.dispatched():
		p |= ProcInfo(s.Selector&3) << 6
		limit, at = maxDispatched, 8
	case s.Convention != PascalStack && s.Convention != CStack && s.Convention != ThinkCStack:
		return 0, fmt.Errorf("convention %d is unknown", s.Convention)
	}
	if s.Result > FourBytes || s.Selector > FourBytes {
		return 0, fmt.Errorf("the result or selector has size code %d; %d is the greatest", max(s.Result, s.Selector), FourBytes)
	}
	p |= ProcInfo(s.Result) << 4
	if len(s.Parameters) > limit {
		return 0, fmt.Errorf("%v routines have at most %d parameters, not %d", s.Convention, limit, len(s.Parameters))
	}
	for i, a := range s.Parameters {
		bits := ProcInfo(a.Size)
		switch {
		case a.Size < OneByte || a.Size > FourBytes:
			return 0, fmt.Errorf("parameter %d has size code %d; 1 to 3 are possible", i+1, a.Size)
		case width == 5 && a.Register > 7:
			return 0, fmt.Errorf("parameter %d cannot be in %v; D0 to D3 and A0 to A3 are possible", i+1, a.Register)
		case width == 5:
			bits |= ProcInfo(a.Register) << 2
		}
		p |= bits << (at + width*i)
	}
	return p, nil
}
