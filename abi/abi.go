// Package abi describes how C values look to code of one architecture: the
// sizes and alignments of the C types, the layout of a struct, and the
// signature of a procedure. Everything here is arithmetic on descriptions; no
// memory is touched and no code runs.
package abi

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/crossplug/crossplug/arch"
)

// Type is the type of one value that crosses between architectures. The types
// whose size depends on the target (Long, ULong, Pointer, String) are kept
// apart from the fixed ones, so that a signature is written once and holds for
// every architecture.
type Type uint8

const (
	Void    Type = iota
	I8           // signed char
	U8           // unsigned char
	I16          // short
	U16          // unsigned short
	I32          // int
	U32          // unsigned int
	I64          // long long
	U64          // unsigned long long
	Long         // long: 32 bits on a 32-bit target, 64 on a 64-bit one
	ULong        // unsigned long, size_t
	Pointer      // any pointer, as an address in the plug-in's memory
	String       // const char *, NUL-terminated, valid for the call
	F32          // float
	F64          // double
	numTypes
)

// typeNames is the spelling of each type in a signature.
var typeNames = [numTypes]string{
	"void", "i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "long", "ulong", "ptr", "str", "f32", "f64",
}

func (t Type) String() string {
	if t < numTypes {
		return typeNames[t]
	}
	return fmt.Sprintf("type(%d)", uint8(t))
}

// Float reports whether values of the type travel in floating-point registers
// where the architecture has them.
func (t Type) Float() bool { return t == F32 || t == F64 }

// Signed reports whether narrow values of the type are sign-extended.
func (t Type) Signed() bool { return t == I8 || t == I16 || t == I32 || t == I64 || t == Long }

// Model is a C data model: what a compiler for one architecture decides about
// the layout of data.
type Model struct {
	Order    binary.ByteOrder // of the numbers in memory
	Word     int              // bytes of a pointer and of a long: 4 or 8
	Align64  int              // alignment in a struct of long long and double: 4 on i386 Linux, else 8
	MaxAlign int              // the most that any type is aligned: 2 on m68k Linux; 0 is no bound
}

// ModelOf returns the data model of an architecture's C compilers.
func ModelOf(a arch.Arch) (Model, error) {
	if a.Bits != 32 && a.Bits != 64 {
		return Model{}, fmt.Errorf("%v: no C data model for %d-bit addresses", a, a.Bits)
	}
	m := Model{Order: binary.LittleEndian, Word: a.Bits / 8, Align64: 8}
	if a.Order == arch.BigEndian {
		m.Order = binary.BigEndian
	}
	if a.Processor == arch.M68K {
		m.MaxAlign = 2 // System V ABI, 68000 supplement as Linux has it; Mac compilers agree
	}
	if a == arch.LinuxI386 {
		m.Align64 = 4 // System V ABI, Intel386 supplement: double and long long are word-aligned
	}
	return m, nil
}

// Size returns the size of a type in bytes; 0 for Void.
func (m Model) Size(t Type) int {
	switch t {
	case Void:
		return 0
	case I8, U8:
		return 1
	case I16, U16:
		return 2
	case I32, U32, F32:
		return 4
	case I64, U64, F64:
		return 8
	}
	return m.Word
}

// Align returns the alignment of a type inside a struct, in bytes.
func (m Model) Align(t Type) int {
	n := max(m.Size(t), 1)
	if n == 8 && t != Long && t != ULong && t != Pointer && t != String {
		n = m.Align64
	}
	if m.MaxAlign > 0 {
		n = min(n, m.MaxAlign)
	}
	return n
}

// Struct lays out consecutive fields by the C rules. It returns the offset of
// each field and the size of the whole, padding included.
func (m Model) Struct(fields ...Type) (offsets []int, size int) {
	widest := 1
	for _, f := range fields {
		a := m.Align(f)
		widest = max(widest, a)
		size = alignUp(size, a)
		offsets = append(offsets, size)
		size += m.Size(f)
	}
	return offsets, alignUp(size, widest)
}

func alignUp(n, a int) int { return (n + a - 1) / a * a }

// Uint reads the integer, pointer or float of type t at the start of b and
// returns its bits, sign-extended to 64 if the type is signed. It panics if b
// is shorter than the type: b is memory that the caller has already bounded.
func (m Model) Uint(t Type, b []byte) uint64 {
	var v uint64
	n := m.Size(t)
	switch n {
	case 1:
		v = uint64(b[0])
	case 2:
		v = uint64(m.Order.Uint16(b))
	case 4:
		v = uint64(m.Order.Uint32(b))
	case 8:
		v = m.Order.Uint64(b)
	}
	if t.Signed() {
		shift := 64 - 8*n
		v = uint64(int64(v<<shift) >> shift)
	}
	return v
}

// PutUint is the reverse of Uint: it stores the low bytes of v.
func (m Model) PutUint(t Type, b []byte, v uint64) {
	switch m.Size(t) {
	case 1:
		b[0] = byte(v)
	case 2:
		m.Order.PutUint16(b, uint16(v))
	case 4:
		m.Order.PutUint32(b, uint32(v))
	case 8:
		m.Order.PutUint64(b, v)
	}
}

// MaxArgs is the largest number of arguments a procedure may have. A helper
// host passes this many on every architecture.
const MaxArgs = 14

// Signature is the type of a procedure under its architecture's C calling
// convention.
type Signature struct {
	Result Type
	Args   []Type
}

// Parse reads a signature such as "ptr (ptr, ulong)" or "void ()".
func Parse(s string) (Signature, error) {
	head, rest, ok := strings.Cut(s, "(")
	list, tail, closed := strings.Cut(rest, ")")
	if !ok || !closed || strings.TrimSpace(tail) != "" {
		return Signature{}, fmt.Errorf("signature %q: want RESULT (ARG, …), for example \"i32 (ptr, f64)\"", s)
	}
	var sig Signature
	var err error
	if sig.Result, err = parseType(head, s); err != nil {
		return Signature{}, err
	}
	if strings.TrimSpace(list) == "" {
		return sig, nil
	}
	for _, name := range strings.Split(list, ",") {
		t, err := parseType(name, s)
		if err != nil {
			return Signature{}, err
		}
		if t == Void {
			return Signature{}, fmt.Errorf("signature %q: an argument cannot be void", s)
		}
		sig.Args = append(sig.Args, t)
	}
	if len(sig.Args) > MaxArgs {
		return Signature{}, fmt.Errorf("signature %q: %d arguments (at most %d)", s, len(sig.Args), MaxArgs)
	}
	return sig, nil
}

// MustParse is Parse for signatures written in source code.
func MustParse(s string) Signature {
	sig, err := Parse(s)
	if err != nil {
		panic(err)
	}
	return sig
}

func parseType(name, whole string) (Type, error) {
	name = strings.TrimSpace(name)
	for t, n := range typeNames {
		if n == name {
			return Type(t), nil
		}
	}
	return Void, fmt.Errorf("signature %q: unknown type %q (known: %s)", whole, name, strings.Join(typeNames[:], ", "))
}

// String returns the signature as Parse reads it.
func (s Signature) String() string {
	args := make([]string, len(s.Args))
	for i, a := range s.Args {
		args[i] = a.String()
	}
	return fmt.Sprintf("%v (%s)", s.Result, strings.Join(args, ", "))
}

// Extend turns the low bits of v, which a call gave for a value of type t, into
// the whole value: sign- or zero-extended from its size in the model.
func (t Type) Extend(m Model, v uint64) uint64 {
	shift := 64 - 8*m.Size(t)
	if t == Void {
		return 0
	}
	if t.Signed() {
		return uint64(int64(v<<shift) >> shift)
	}
	return v << shift >> shift
}

// Procedure is a function in a plug-in's memory.
type Procedure struct {
	Address uint64
	Name    string // for errors
	Type    Signature
	// Means is what a call is for, if that is not to call this function: what a
	// dispatcher is to call in turn. "" is the function itself.
	Means string
}

// String returns what a call means, or the name and the signature.
func (p Procedure) String() string {
	if p.Means != "" {
		return p.Means
	}
	return p.Name + " " + p.Type.String()
}
