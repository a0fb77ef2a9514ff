package mixedmode

import "github.com/crossplug/crossplug/guest/cpu"

// The special cases are conventions of some routines that the system has others
// replace: 68K code has values in registers that a ProcInfo cannot name, or in halves
// of them, and gives several back. In Go and in PowerPC code such a routine has the
// parameters of its prototype, in its order; for each value that it gives back besides
// its result, one is an address where to put it, in as many bytes as the value has.
//
//	HighHook, CaretHook    (const Rect *r, TEPtr te)
//	EOLHook                Boolean (char c, TEPtr te, TEHandle h)
//	WidthHook              unsigned short (unsigned short length, unsigned short offset, Ptr text, TEPtr te, TEHandle h)
//	  TextWidthHook        the same
//	NWidthHook             unsigned short (unsigned short length, unsigned short offset, short slop, short direction,
//	                           Ptr text, short *lineStart, TEPtr te, TEHandle h)
//	DrawHook               (unsigned short offset, unsigned short length, Ptr text, TEPtr te, TEHandle h)
//	HitTestHook            Boolean (unsigned short length, unsigned short offset, unsigned short slop, Ptr text, TEPtr te,
//	                           TEHandle h, unsigned short *width, unsigned short *offset, Boolean *inCharacter)
//	TEFindWord             (unsigned short position, short caller, TEPtr te, TEHandle h, unsigned short *start,
//	                           unsigned short *end)
//	ProtocolHandler        Boolean (Ptr, Ptr, Ptr variables, Ptr next, Ptr read, short left)
//	SocketListener         Boolean (Ptr, Ptr, Ptr variables, Ptr next, Ptr read, UInt8 socket, short left)
//	TERecalc               (TEPtr te, unsigned short change, unsigned short *lineStart, unsigned short *first,
//	                           unsigned short *last)
//	TEDoText               (TEPtr te, unsigned short first, unsigned short last, short selector, GrafPtr *port,
//	                           short *position)
//	GNEFilter              (EventRecord *event, Boolean *result)
//	MBarHook               short (Rect *menu)
//
// A Boolean in a condition bit is 1 if the bit is set.
//
// Special case 13 is refused: the first interfaces for CFM-68K named it after the
// Component Manager, whose own it was, later ones did not, and none says where anything
// is.
//
// Sources: "Inside Macintosh: PowerPC System Software", chapter 2, "Procedure
// Information"; "Inside Macintosh: Text", chapter 2; <TextEdit.h>, <AppleTalk.h>;
// Technical Note 1060 for the filter of events; "Inside Macintosh", volume I, for
// MBarHook, of which nothing says whether it removes its parameter.

// special is a special case.
type special struct {
	args   []argument
	result argument
	// stack is how many bytes of parameters are on the stack.
	stack uint32
}

func (s *special) plan() *plan {
	return &plan{args: s.args, result: s.result, size: s.stack, popped: s.stack > 0, either: s.stack > 0}
}

// A value in a data or address register, or in half of a data register.
func data(n uint8, w width) argument { return argument{width: w, place: place{kind: inRegister, n: n}} }
func low(n uint8, w width) argument  { return argument{width: w, place: place{kind: inLow, n: n}} }
func high(n uint8, w width) argument { return argument{width: w, place: place{kind: inHigh, n: n}} }
func address(n uint8) argument       { return data(8+n, word32) }

// gives is an argument whose value is given back.
func gives(f flow, of argument) argument {
	of.flow = f
	return of
}

var (
	top   = argument{width: word32, place: place{kind: onStack}}
	zFlag = argument{width: byte8, place: place{kind: inFlag, flag: cpu.FlagZ}}
)

// specials are the special cases by their numbers.
var specials = [...]special{
	0:  {args: []argument{top, address(3)}, stack: 4},
	1:  {args: []argument{data(0, byte8), address(3), address(4)}, result: zFlag},
	2:  {args: []argument{data(0, unsigned16), data(1, unsigned16), address(0), address(3), address(4)}, result: low(1, unsigned16)},
	3:  {args: []argument{data(0, unsigned16), data(1, unsigned16), low(2, signed16), high(2, signed16), address(0), address(2), address(3), address(4)}, result: low(1, unsigned16)},
	4:  {args: []argument{data(0, unsigned16), data(1, unsigned16), address(0), address(3), address(4)}},
	5:  {args: []argument{data(0, unsigned16), data(1, unsigned16), data(2, unsigned16), address(0), address(3), address(4), gives(out, low(0, unsigned16)), gives(out, low(1, unsigned16)), gives(out, low(2, byte8))}, result: high(0, byte8)},
	6:  {args: []argument{data(0, unsigned16), data(2, signed16), address(3), address(4), gives(out, low(0, unsigned16)), gives(out, low(1, unsigned16))}},
	7:  {args: []argument{address(0), address(1), address(2), address(3), address(4), data(1, signed16)}, result: zFlag},
	8:  {args: []argument{address(0), address(1), address(2), address(3), address(4), data(0, byte8), data(1, signed16)}, result: zFlag},
	9:  {args: []argument{address(3), data(7, unsigned16), gives(out, low(2, unsigned16)), gives(out, low(3, unsigned16)), gives(out, low(4, unsigned16))}},
	10: {args: []argument{address(3), data(3, unsigned16), data(4, unsigned16), data(7, signed16), gives(out, address(0)), gives(out, low(0, signed16))}},
	11: {args: []argument{address(1), gives(inOut, low(0, byte8))}},
	12: {args: []argument{top}, result: data(0, signed16), stack: 4},
}
