// Package pef reads and writes PEF, the Preferred Executable Format of the
// classic Mac OS: what the Code Fragment Manager loaded as an application, a
// shared library or a plug-in, for PowerPC and for 68K.
//
// A container, all of whose numbers are big-endian, is
//
//	container header      40 bytes: tags, architecture, versions, counts
//	section headers       28 bytes each; those with an instance in memory first
//	section name table    C strings
//	contents of sections  wherever their headers say
//
// and the contents of its loader section are
//
//	loader header         56 bytes: main, init, term; counts and offsets of the rest
//	imported libraries    24 bytes each
//	imported symbols       4 bytes each
//	relocation headers    12 bytes each
//	relocation programs    2 bytes a chunk, see Program
//	loader string table   names; those of exports do not end with a NUL
//	export hash table      4 bytes a slot, see HashTable
//	export keys            4 bytes each
//	exported symbols      10 bytes each
//
// Several containers may follow one another in a file. [Open] and [NewFile]
// find them all; [Read] reads the one at a known place, such as the one in an
// accelerated resource. A [Container] says what the headers and the loader
// section say and reads sections when asked for them. A [Fragment] is a whole
// container in memory, to be built or changed, and written by [Encode].
//
// Nothing here runs code or knows an address. What a Code Fragment Manager does
// with a container is: make room for the instantiated sections, fill it
// ([Section.Load]), find the imports, and apply the relocations
// ([Container.Relocate]).
//
// Names are the bytes of the file, which are in Mac OS Roman if they are not
// ASCII.
//
// # Security
//
// A file may be anything. No memory is sized by a number in it: what is kept
// is proportional to the file's own size, but for the contents of sections,
// which may expand up to [MaxSection] bytes each, when asked for. All loops are
// bounded likewise. By default what breaks the rules is refused; with
// [Options] Tolerate it is reported and mended instead. Errors about the file
// are of type *[FormatError] and give offsets in it.
//
// Sources: <PEFBinaryFormat.h> and <CodeFragments.h> of Apple's Universal
// Interfaces 3.4.1, whose names the comments on constants give; "Mac OS Runtime
// Architectures" (Apple, 1997), chapter 8, "PEF Structure".
package pef

import (
	"fmt"
	"time"

	"github.com/crossplug/crossplug/internal/bin"
)

// FormatError says where and how a file breaks the rules of the format: its
// fields are the offset in the file, the item there, and what is wrong.
type FormatError = bin.FormatError

// Sizes of the records, in bytes.
const (
	headerSize           = 40 // PEFContainerHeader
	sectionHeaderSize    = 28 // PEFSectionHeader
	loaderHeaderSize     = 56 // PEFLoaderInfoHeader
	librarySize          = 24 // PEFImportedLibrary
	importSize           = 4  // PEFImportedSymbol
	relocationHeaderSize = 12 // PEFLoaderRelocationHeader
	chunkSize            = 2  // PEFRelocChunk
	slotSize             = 4  // PEFExportedSymbolHashSlot
	keySize              = 4  // PEFExportedSymbolKey
	exportSize           = 10 // PEFExportedSymbol, packed
)

const (
	tag           = "Joy!peff" // kPEFTag1, kPEFTag2
	formatVersion = 1          // kPEFVersion

	// containerAlignment is what linkers and resources align containers to
	// in a file.
	containerAlignment = 16

	maxNameOffset = 1<<24 - 1 // kPEFImpSymMaxNameOffset, kPEFExpSymMaxNameOffset
)

// Architecture is the processor that a container's code is for, as a type of
// four characters.
type Architecture uint32

// The architectures.
const (
	PowerPC Architecture = 0x70777063 // 'pwpc', kPowerPCCFragArch
	M68K    Architecture = 0x6d36386b // 'm68k', kMotorola68KCFragArch
)

// String returns the four characters, "pwpc" or "m68k"; quoted if they are
// others.
func (a Architecture) String() string {
	text := string([]byte{byte(a >> 24), byte(a >> 16), byte(a >> 8), byte(a)})
	if a == PowerPC || a == M68K {
		return text
	}
	return fmt.Sprintf("%q", text)
}

// Version is a version of a library. It is mostly laid out like a Mac OS
// NumVersion: two digits of major version, one each of minor version and bug
// fix, stage, number of the release in its stage. The Code Fragment Manager
// compares versions as plain numbers; where all are 0 nothing is checked.
type Version uint32

// String returns "1.2.3b4" if the stage is one there is, otherwise a
// hexadecimal number.
func (v Version) String() string {
	stages := map[byte]string{0x20: "d", 0x40: "a", 0x60: "b", 0x80: "f"}
	n := uint32(v)
	stage, ok := stages[byte(n>>8)]
	switch release := byte(n); {
	case n == 0:
		return "0"
	case !ok:
		return fmt.Sprintf("%#08x", n)
	case stage == "f" && release == 0:
		return fmt.Sprintf("%x.%x.%x", n>>24, n>>20&15, n>>16&15)
	default:
		return fmt.Sprintf("%x.%x.%x%s%d", n>>24, n>>20&15, n>>16&15, stage, release)
	}
}

// Date is a moment in seconds since 1904 began, by the clock of the machine
// that wrote it, in its own time zone.
type Date uint32

// Time returns the date and time of day as if the time zone had been UTC.
func (d Date) Time() time.Time {
	return time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(d) * time.Second)
}

// SectionKind says what a section holds and how its contents are stored.
type SectionKind uint8

// The kinds of sections.
const (
	CodeSection         SectionKind = 0 // kPEFCodeSection: read-only code
	UnpackedDataSection SectionKind = 1 // kPEFUnpackedDataSection: data, stored as it is
	PackedDataSection   SectionKind = 2 // kPEFPackedDataSection: data, stored as pattern instructions
	ConstantSection     SectionKind = 3 // kPEFConstantSection: read-only data
	LoaderSection       SectionKind = 4 // kPEFLoaderSection: imports, exports, relocations
	DebugSection        SectionKind = 5 // kPEFDebugSection
	ExecDataSection     SectionKind = 6 // kPEFExecDataSection: code and data, writeable
	ExceptionSection    SectionKind = 7 // kPEFExceptionSection
	TracebackSection    SectionKind = 8 // kPEFTracebackSection
)

var sectionKinds = []name{
	{0, "code"}, {1, "unpacked data"}, {2, "packed data"}, {3, "constant"}, {4, "loader"},
	{5, "debug"}, {6, "executable data"}, {7, "exception"}, {8, "traceback"},
}

func (k SectionKind) String() string { return nameOf(sectionKinds, uint32(k)) }

// Instantiated says whether the format gives sections of this kind an instance
// in memory.
func (k SectionKind) Instantiated() bool {
	return k <= ConstantSection || k == ExecDataSection
}

// ShareKind says who shares an instance of a section.
type ShareKind uint8

// The kinds of sharing.
const (
	ProcessShare   ShareKind = 1 // kPEFProcessShare: one instance per process
	GlobalShare    ShareKind = 4 // kPEFGlobalShare: one instance for all processes
	ProtectedShare ShareKind = 5 // kPEFProtectedShare: one for all, which only privileged code may write
)

var shareKinds = []name{{1, "process"}, {4, "global"}, {5, "protected"}}

func (k ShareKind) String() string { return nameOf(shareKinds, uint32(k)) }

// SymbolClass says what an imported or exported symbol is.
type SymbolClass uint8

// The classes of symbols.
const (
	CodeSymbol      SymbolClass = 0  // kPEFCodeSymbol: the address of code
	DataSymbol      SymbolClass = 1  // kPEFDataSymbol: the address of data
	TVectorSymbol   SymbolClass = 2  // kPEFTVectorSymbol: a transition vector, what a pointer to a function points to
	TOCSymbol       SymbolClass = 3  // kPEFTOCSymbol: a table of contents
	GlueSymbol      SymbolClass = 4  // kPEFGlueSymbol: code that the linker put in
	UndefinedSymbol SymbolClass = 15 // kPEFUndefinedSymbol
)

var symbolClasses = []name{{0, "code"}, {1, "data"}, {2, "tvector"}, {3, "toc"}, {4, "glue"}, {15, "undefined"}}

func (c SymbolClass) String() string { return nameOf(symbolClasses, uint32(c)) }

// weakSymbol is the bit of an imported symbol's class that says it may be
// missing.
const weakSymbol = 0x80 // kPEFWeakImportSymMask

// LibraryOptions say how an imported library is to be found and prepared.
type LibraryOptions uint8

// The options of imported libraries.
const (
	WeakLibrary LibraryOptions = 0x40 // kPEFWeakImportLibMask: may be missing
	InitBefore  LibraryOptions = 0x80 // kPEFInitLibBeforeMask: must be initialised before its client
)

// String returns the options' names joined by plus signs, or "none".
func (o LibraryOptions) String() string {
	s := ""
	for _, bit := range []struct {
		mask LibraryOptions
		text string
	}{{WeakLibrary, "weak"}, {InitBefore, "init-before"}} {
		if o&bit.mask != 0 {
			s += "+" + bit.text
			o &^= bit.mask
		}
	}
	if o != 0 {
		s += fmt.Sprintf("+%#x", uint8(o))
	}
	if s == "" {
		return "none"
	}
	return s[1:]
}

// Section numbers of exports that are in no section.
const (
	AbsoluteExport   = -2 // kPEFAbsoluteExport: the value is an address, the same everywhere
	ReexportedImport = -3 // kPEFReexportedImport: the value is the number of an import
)

// name is the text for a value of an enumerated field.
type name struct {
	value uint32
	text  string
}

// nameOf returns the text for v. If names, which are in order of values, have
// none, it is the nearest before with what is to be added: "traceback+3".
func nameOf(names []name, v uint32) string {
	for i := len(names) - 1; i >= 0; i-- {
		switch n := names[i]; {
		case n.value == v:
			return n.text
		case n.value < v:
			return fmt.Sprintf("%s+%d", n.text, v-n.value)
		}
	}
	return fmt.Sprintf("%d", v)
}
