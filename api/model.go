package api

import "fmt"

// Position is a place in a definition. Line and Column count from 1.
type Position struct {
	File         string
	Line, Column int
}

func (p Position) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column) }

// API is a whole definition, includes merged, names resolved and checked. It is
// not changed after Parse has returned it and may be used concurrently.
type API struct {
	Name          string  // a Go and C identifier: "ladspa"
	Version       Version // of the interface that is described
	MinCompatible Version // the oldest version whose plug-ins still work
	Header        string  // what generated C includes: "ladspa.h"
	Prefix        string  // what names in C begin with and names in Go do not, in either case: "ladspa_"
	Doc           string

	Consts    []*Const
	Enums     []*Enum // bitmasks too
	Typedefs  []*Typedef
	Structs   []*Struct // unions and tables too; a type comes before its users
	Handles   []*Handle
	Callbacks []*Function // function pointer types
	Functions []*Function // exported by the plug-in, or offered to it by the host
	Imports   []*Import
	State     *State // how to carry a plug-in's state over a restart; nil: not at all
}

// Version is MAJOR.MINOR. The zero Version means "not said".
type Version struct{ Major, Minor int }

// Range of versions in which something exists. The zero Until is "still there".
type Range struct{ Since, Until Version }

// Basic is a type that has no parts.
type Basic int

// The basic types. Integers are fixed-width, except those of C whose size is
// the target's; on the wire these are 64 bits, and a value that the target has
// no room for is an error.
const (
	NoBasic Basic = iota
	Void
	I8
	U8
	I16
	U16
	I32
	U32
	I64
	U64
	Bool  // one byte in C (_Bool); 0 or 1
	Char  // one byte of text or bytes
	CLong // long
	CULong
	Size // size_t
	F32
	F64
	F80    // the 80-bit extended format of 68881 and x87
	OSType // four bytes, 'TEXT': the big-endian number on every target
	numBasics
)

// Type is the type of a value: exactly one of the fields says which, except that
// Enum and Typedef keep their Basic besides.
//
// What C has for it follows from where it stands. In is by value, Out and InOut
// add a pointer. A struct, union or table parameter is a pointer to it, for Out
// to memory of the caller's; a struct field is embedded. Length or Capacity make a
// pointer to that many. A string is char *: Out with Capacity is a buffer of the
// caller's, Out without is char **, which receives one of the callee's. A string
// with Length, or with Capacity and Length, is an array of char *.
type Type struct {
	Name     string // as the definition spells it
	Basic    Basic
	String   *String
	Enum     *Enum
	Typedef  *Typedef
	Struct   *Struct // passed by pointer as a parameter, embedded as a field
	Handle   *Handle
	Callback *Function
	UserData bool // the void * that belongs to a callback
	Pointer  bool // void *, of which nothing is known: opaque fields, functions that do not cross
}

// String is a text that crosses as bytes: cstring (NUL-terminated) or
// pascal-string (a length byte and at most 255).
type String struct {
	Pascal   bool
	MacRoman bool // else UTF-8; the bytes cross unchanged, Go sees UTF-8
	Max      int  // bytes, without the NUL or length byte. Never 0
}

// Const is a named number, usable in lengths and counts.
type Const struct {
	Position
	Name  string
	Value int64
	Doc   string
}

// Enum is an enumeration or a bitmask.
type Enum struct {
	Position
	Name   string
	CType  string // how C spells the type
	Basic  Basic  // its integer type
	Mask   bool
	Values []Const
	Doc    string
}

// Typedef is another name for a basic type.
type Typedef struct {
	Position
	Name  string
	CType string
	Basic Basic
	Doc   string
}

// StructKind tells apart what the language lays out.
type StructKind int

const (
	PlainStruct StructKind = iota
	Union                  // which case holds is said by its user's Switch
	Table                  // a struct of data and function pointers: a descriptor
)

// Packing is how a struct is laid out.
type Packing int

const (
	Natural Packing = iota // the target's C compiler's own
	Mac68K                 // everything wider than a byte on even addresses
	Power                  // the PowerPC Mac compilers': natural, but doubles and 64-bit integers on 4 unless first
)

// Struct is a struct, union or table.
type Struct struct {
	Position
	Name      string
	CType     string // how C spells the type: "struct point", "LADSPA_Descriptor"
	Kind      StructKind
	Packing   Packing
	SizeField string // the field that holds the struct's own size, or ""
	Owner     Side   // of a table: who implements its functions
	Fields    []*Field
	Range
	Doc string
}

// Field is a field of a struct, a case of a union, or a function of a table.
type Field struct {
	Position
	Name   string
	Value            // for data
	Func   *Function // of a table's function pointer; then Value is unused
	Case   string    // of a union's case: the constant or number of its Switch
	Number int64     // what Case stands for
	For    string    // of userdata: the callback field that it belongs to
	Opaque bool      // memory of its owner's: has a layout and does not cross
	Range
	Doc string
}

// Value is what parameters, results and fields have in common.
type Value struct {
	Type     *Type
	Count    int    // a fixed array inside the struct; 0: a single value
	CountOf  string // how the definition spells Count: a number or a constant
	Length   *Expr  // a pointer to this many values; nil: not an array by pointer
	Max      int    // largest length that is accepted, in elements; of a single string in bytes. Never 0
	Nullable bool
	Switch   string // the field or parameter that says a union's case
	Raw      bool   // endian="raw": bytes that cross as they lie in memory
	// Pointer: by address although neither string nor array: a struct, or a single out value.
	Pointer bool
}

// Direction of a parameter, seen from the caller.
type Direction int

const (
	In Direction = iota
	Out
	InOut
)

// Side of the frontier.
type Side int

const (
	PluginSide Side = iota
	HostSide
)

// Thread says on which thread a function may be called.
type Thread int

const (
	AnyThread Thread = iota
	MainThread
	RealTime
)

// Scope is how long a callback may be called.
type Scope int

const (
	NoScope      Scope = iota
	CallScope          // until the function that it was given to returns
	Registration       // until ReleaseBy is called with the same handle, or the handle is destroyed
	Async              // once
	Forever
)

// Function is a function, a function pointer type or a table's function.
type Function struct {
	Position
	ID     int    // on the wire, from 1 in the order of the definition; of callbacks and methods too
	Name   string // C's name; of a method, the field's
	Go     string // an exported Go name
	CType  string // of a callback: the function pointer type
	Side   Side   // who implements it; of a callback type: who calls it is the other side
	Table  *Struct
	Params []*Param
	Return *Param // nil: void
	Range
	Thread      Thread
	Blocking    bool
	Timeout     int // milliseconds; 0: the library's limit
	Idempotent  bool
	Reentrant   bool
	Batchable   bool
	Required    bool // of an export: a plug-in without it is refused
	Nullable    bool // of a table's function: the pointer may be null
	Error       ErrorReturn
	Custom      *Custom // marshaled by hand, and why
	Variadic    bool    // has dots; then it does not cross
	Unsupported string  // why it does not cross, as its author says; "" if it does
	Doc         string

	// Of callback types.
	Scope     Scope
	ReleaseBy string // of Registration: the function that ends it
}

// ErrorReturn says which results mean failure.
type ErrorReturn int

const (
	NoErrors ErrorReturn = iota
	NonZero
	Negative
	Zero
	Null
)

// Custom is the escape hatch: a function marshaled by hand-written code.
type Custom struct {
	Marshal string // the name of the hand-written function
	Reason  string
}

// Transport of bulk data.
type Transport int

const (
	Inline Transport = iota // in the message
	Shared                  // in shared memory, in the plug-in's byte order; an offset crosses
)

// Lifetime says how long the callee may keep what it is given.
type Lifetime int

const (
	ForCall Lifetime = iota
	ForHandle
	ForEver
)

// Param is a parameter or a result.
type Param struct {
	Position
	Name string
	Value
	Dir         Direction
	Capacity    *Expr // of an out array: how many elements the caller has room for
	CountReturn bool  // the function's result is the number of elements written to this array
	QuerySize   bool  // null-means="query-size": with null the result says how much there would be
	Transport   Transport
	Transfer    Transfer
	Lifetime    Lifetime
	Self        bool   // of a table's function: the table, or the handle made by a function of it
	For         string // of userdata: the callback parameter that it belongs to
	Doc         string
}

// Transfer says who frees memory that a result or out parameter points to.
type Transfer int

const (
	Borrow Transfer = iota // the callee keeps it; it is copied before anything else is called
	Full                   // the caller frees it, by free()
)

// Handle is an opaque object of one side; on the wire a generation and an index.
type Handle struct {
	Position
	Name    string
	CType   string // a pointer type or an integer type of C
	Basic   Basic  // the integer type that it is, NoBasic if it is a pointer
	Owner   Side
	Create  []string // functions that make one; others return those that exist
	Destroy string   // function that ends it; "" if none does
	Parent  *Handle  // ends with it
	Doc     string
}

// Import is a symbol that plug-ins may want from their host and that this API
// does not define further.
type Import struct {
	Position
	Name string
	Stub string // what a call does: "error", "zero" or "abort"
}

// State names the functions that save and restore what a plug-in knows.
type State struct {
	Position
	Get, Set string
}
