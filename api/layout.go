package api

import "github.com/crossplug/crossplug/abi"

// widest is the model in which every struct is largest.
var widest = abi.Model{Word: 8, Align64: 8}

// Layout computes where a C compiler of a data model puts the fields of a struct,
// union or table: the offset of each from the start, the size of the whole with
// its padding, and its alignment, in bytes.
//
// The packings are those of the Mac's compilers (Mac OS Runtime Architectures,
// "Data Alignment"). In Mac68K everything wider than a byte and every struct lies
// on an even address. In Power a struct is laid out as in Natural, but what is
// wider than 4 bytes counts as aligned on 4 unless it comes first; an aligned
// first field makes the whole struct so aligned.
//
// A struct within one of another packing keeps its own layout; only where it
// begins follows the outer packing.
func Layout(s *Struct, m abi.Model) (offsets []int, size, align int) {
	align = 1
	if s.Packing == Mac68K {
		align = 2
	}
	end := 0
	for i, f := range s.Fields {
		n, a := fieldSize(f, m)
		switch {
		case s.Packing == Mac68K:
			a = min(a, 2)
		case s.Packing == Power && i > 0:
			a = min(a, 4)
		case s.Packing == Power && f.Type != nil && f.Type.Struct == nil && f.Length == nil && n/max(f.Count, 1) == 8:
			a = 8 // whatever the model says: the packing is PowerPC's everywhere
		}
		if s.Kind == Union {
			end = 0
		}
		end = (end + a - 1) / a * a
		offsets = append(offsets, end)
		end += n
		size, align = max(size, end), max(align, a)
	}
	return offsets, (size + align - 1) / align * align, align
}

// fieldSize is what a field takes in its struct.
func fieldSize(f *Field, m abi.Model) (size, align int) {
	if f.Func != nil || f.Length != nil {
		return m.Size(abi.Pointer), m.Align(abi.Pointer)
	}
	size, align = SizeOf(f.Type, m)
	return size * max(f.Count, 1), align
}

// SizeOf returns the size and alignment in a struct of one value of a type, in
// bytes. A struct is itself, not a pointer to it; a string, handle or callback is
// a pointer, a handle whose ctype is not a pointer the integer that it is.
func SizeOf(t *Type, m abi.Model) (size, align int) {
	if t.Struct != nil {
		_, size, align = Layout(t.Struct, m)
		return size, align
	}
	if t.Basic == F80 { // C's long double where it is this: i386 and 68K, and amd64
		if m.Word == 4 {
			return 12, m.Align(abi.I32)
		}
		return 16, 16
	}
	a := t.ABI()
	return m.Size(a), m.Align(a)
}

// ABI returns how a value of the type is passed: what C has for it by value. A
// struct is a pointer; F80, which abi does not know, is Void.
func (t *Type) ABI() abi.Type {
	basic := t.Basic
	if t.Handle != nil {
		basic = t.Handle.Basic
	}
	if basic == NoBasic {
		return abi.Pointer
	}
	return [numBasics]abi.Type{
		Void: abi.Void, I8: abi.I8, U8: abi.U8, I16: abi.I16, U16: abi.U16, I32: abi.I32, U32: abi.U32, I64: abi.I64, U64: abi.U64,
		Bool: abi.U8, Char: abi.U8, CLong: abi.Long, CULong: abi.ULong, Size: abi.ULong, F32: abi.F32, F64: abi.F64, OSType: abi.U32,
	}[basic]
}
