package pef

import (
	"encoding/binary"
	"fmt"
	"iter"
)

// Traceback is what compilers for PowerPC put after a function for debuggers: a
// word of zeros, which is no instruction, then a table that says where the
// function began, what it saved and what it is called. Offsets are in the code.
type Traceback struct {
	Start, End int // of the function; its instructions. Start is -1 if the table does not say it
	Table      int // offset of the table, after the word of zeros at End
	Name       string
	Language   Language

	Flags       TracebackFlags
	FixedParams int // general registers that hold parameters
	FloatParams int // floating-point registers that do
	SavedGPRs   int // general registers saved, the last is r31
	SavedFPRs   int // floating-point registers saved, the last is f31

	Size int // of the table in bytes, without what pads it
}

// Language is the language that a function was written in.
type Language uint8

var languages = []name{
	{0, "C"}, {1, "Fortran"}, {2, "Pascal"}, {3, "Ada"}, {4, "PL/I"}, {5, "BASIC"}, {6, "Lisp"}, {7, "COBOL"},
	{8, "Modula-2"}, {9, "C++"}, {10, "RPG"}, {11, "PL.8"}, {12, "assembler"}, {13, "Java"}, {14, "Objective-C"},
}

func (l Language) String() string { return nameOf(languages, uint32(l)) }

// TracebackFlags are the bits of a traceback table, the third byte of it the
// most significant.
type TracebackFlags uint32

// Some of the flags. The others say what else the table holds.
const (
	GlobalLinkage TracebackFlags = 0x80000000 // globallink: made by the linker, to call another fragment
	Eprol         TracebackFlags = 0x40000000 // is_eprol: out-of-line prologue or epilogue
	hasOffset     TracebackFlags = 0x20000000 // has_tboff
	Internal      TracebackFlags = 0x10000000 // int_proc: a leaf for the compiler's own use
	hasControlled TracebackFlags = 0x08000000 // has_ctl
	NoTOC         TracebackFlags = 0x04000000 // tocless
	FloatingPoint TracebackFlags = 0x02000000 // fp_present
	handler       TracebackFlags = 0x00800000 // int_hndl
	hasName       TracebackFlags = 0x00400000 // name_present
	Alloca        TracebackFlags = 0x00200000 // uses_alloca
	SavesCR       TracebackFlags = 0x00020000 // saves_cr
	SavesLR       TracebackFlags = 0x00010000 // saves_lr
	BackChain     TracebackFlags = 0x00008000 // stores_bc
)

// String returns the table in one line: ".main: C, 0x0-0x40", or "C, up to 0x40".
func (t Traceback) String() string {
	if t.Start < 0 {
		return fmt.Sprintf("%v, up to %#x", t.Language, t.End)
	}
	return fmt.Sprintf("%s: %v, %#x-%#x", t.Name, t.Language, t.Start, t.End)
}

// Tracebacks finds traceback tables in PowerPC code, in order. Nothing marks
// them, so only what makes sense counts: a table that says where its function
// began, which is at a multiple of 4 not before the end of the table before, in
// a known language, with a name of printable characters if it has one. A short
// table, with neither name nor beginning, counts behind an instruction that
// always branches, as the last of a function does.
//
// Source: the traceback table of AIX's <sys/debug.h>, which the tools for
// Mac OS took over; the comments on flags give its names.
func Tracebacks(code []byte) iter.Seq[Traceback] {
	return func(yield func(Traceback) bool) {
		for at, end := 0, 0; len(code)-at >= 12; at += 4 {
			if binary.BigEndian.Uint32(code[at:]) != 0 {
				continue
			}
			t, length, ok := parseTraceback(code[at+4:], at)
			if !ok || t.Start < end && t.Start >= 0 || t.Start < 0 && (at < end+4 || !branches(binary.BigEndian.Uint32(code[at-4:]))) {
				continue
			}
			end = at + 4 + length
			if !yield(t) {
				return
			}
			at = (end+3)&^3 - 4
		}
	}
}

// branches says whether an instruction always branches and does not come back:
// b, blr, bctr.
func branches(word uint32) bool {
	return word>>26 == 18 && word&1 == 0 || word == 0x4e800020 || word == 0x4e800420
}

// parseTraceback parses the table at the start of b, of which the word before is
// at offset end in the code.
func parseTraceback(b []byte, end int) (t Traceback, length int, ok bool) {
	if b[0] != 0 || int(b[1]) >= len(languages) { // version, language
		return t, 0, false
	}
	t = Traceback{End: end, Table: end + 4, Language: Language(b[1]),
		Flags:     TracebackFlags(binary.BigEndian.Uint32(b[2:])),
		SavedFPRs: int(b[4] & 0x3f), SavedGPRs: int(b[5] & 0x3f),
		FixedParams: int(b[6]), FloatParams: int(b[7] >> 1)}
	if t.SavedFPRs > 32 || t.SavedGPRs > 32 || t.Flags&hasOffset == 0 && t.Flags&(hasName|hasControlled|handler|Alloca) != 0 {
		return t, 0, false
	}
	rest := b[8:]
	take := func(n int) []byte {
		if n > len(rest) {
			return nil
		}
		taken := rest[:n:n]
		rest = rest[n:]
		return taken
	}
	if t.FixedParams+t.FloatParams > 0 && take(4) == nil { // parminfo
		return t, 0, false
	}
	if t.Flags&hasOffset == 0 {
		t.Start, t.Size = -1, len(b)-len(rest)
		return t, t.Size, true
	}
	offset := take(4) // tb_offset
	if offset == nil {
		return t, 0, false
	}
	size := binary.BigEndian.Uint32(offset)
	if size == 0 || size%4 != 0 || uint64(size) > uint64(end) {
		return t, 0, false
	}
	t.Start = end - int(size)
	if t.Flags&handler != 0 && take(4) == nil { // hand_mask
		return t, 0, false
	}
	if t.Flags&hasControlled != 0 {
		count := take(4) // ctl_info, then ctl_info_disp
		if count == nil || uint64(binary.BigEndian.Uint32(count)) > uint64(len(rest)/4) {
			return t, 0, false
		}
		take(4 * int(binary.BigEndian.Uint32(count)))
	}
	if t.Flags&hasName != 0 {
		count := take(2) // name_len
		if count == nil {
			return t, 0, false
		}
		name := take(int(binary.BigEndian.Uint16(count)))
		for _, c := range name {
			if c <= ' ' || c == 0x7f {
				return t, 0, false
			}
		}
		if len(name) == 0 {
			return t, 0, false
		}
		t.Name = string(name)
	}
	if t.Flags&Alloca != 0 && take(1) == nil { // alloca_reg
		return t, 0, false
	}
	t.Size = len(b) - len(rest)
	return t, t.Size, true
}
