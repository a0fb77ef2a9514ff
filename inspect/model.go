package inspect

import (
	"io"
	"time"

	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/format/resource"
)

// File is a file and what is in it. It does not change. It may be used by
// several goroutines at a time, until it is closed.
//
// Texts that came from the file may hold anything, control characters included.
type File struct {
	Path      string      `json:"path"`
	Images    []*Image    `json:"images"`              // all code, in the order of forks, then of offsets
	Mac       *Mac        `json:"mac,omitempty"`       // nil of a file that has one fork and nothing else
	Resources []*Resource `json:"resources,omitempty"` // nil without Options.Tree
	// Problems are what is wrong with the file: what could not be read, and what
	// breaks the rules and was read all the same. Each says where.
	Problems []string `json:"problems,omitempty"`

	options Options
	closer  io.Closer
	data    *io.SectionReader
	fork    *io.SectionReader // the resource fork

	steps    int   // of relocation so far, while reading: see maxSteps
	searched int64 // bytes of sections so far: see maxSearched
}

// Mac is what a file of the classic Mac OS has beside its data.
type Mac struct {
	Name         string     `json:"name,omitempty"`       // what it was called there
	Wrappings    []string   `json:"wrappings,omitempty"`  // what carried the forks, outermost first: "MacBinary III"
	Companions   []string   `json:"companions,omitempty"` // paths of further files that belong to it
	Type         string     `json:"type,omitempty"`       // four characters
	Creator      string     `json:"creator,omitempty"`    // four characters
	Flags        string     `json:"flags,omitempty"`      // of the Finder
	Created      *time.Time `json:"created,omitempty"`
	Modified     *time.Time `json:"modified,omitempty"`
	Comment      string     `json:"comment,omitempty"`
	DataSize     int64      `json:"dataSize"`          // of the data fork
	ResourceSize int64      `json:"resourceSize"`      // of the resource fork
	Archive      string     `json:"archive,omitempty"` // what kind the data fork is, if it is one: its files are not looked at
}

// FormatCode is the format of 68K code that is in resources without a PEF
// container around it.
const FormatCode arch.Format = "68K"

// Kinds of such code.
const (
	KindCodeResource arch.Kind = "code resource"
	KindApplication  arch.Kind = "application" // all 'CODE' resources of a file
)

// Names of forks.
const (
	DataFork     = "data"
	ResourceFork = "resource"
)

// Image is the code for one architecture inside a file.
type Image struct {
	Architecture string `json:"architecture"` // its short name
	arch.Image          // the offset is in the fork
	// Fork and Resource say where it is: Fork is empty in a file that is no
	// Mac's, Resource in a data fork; it is like "'PLUG' 128".
	Fork     string `json:"fork,omitempty"`
	Resource string `json:"resource,omitempty"`

	Name   string   `json:"name,omitempty"`  // that it gives itself, or that a 'cfrg' resource gives it
	Usage  string   `json:"usage,omitempty"` // of a PEF container: "stub library", or what its 'cfrg' says
	Needed []string `json:"needed"`          // libraries and modules
	// Exported is the number of exported symbols.
	Exported  int      `json:"exportedSymbols"`
	Families  []string `json:"families"`            // of plug-ins, guessed
	Prototype string   `json:"prototype,omitempty"` // of the routine that a routine descriptor says it is
	// Symbols are the exported ones, sorted, each once; nil without
	// Options.Symbols.
	Symbols []string `json:"symbols,omitempty"`
	// Demangled has those symbols that are mangled C++ or Rust names.
	Demangled map[string]string `json:"demangled,omitempty"`
	// Entry is the offset in the image of 68K code's first instruction that is
	// not a branch over a header.
	Entry *int64 `json:"entry,omitempty"`
	PEF   *PEF   `json:"pef,omitempty"` // nil without Options.Tree

	file      *File
	content   *io.SectionReader
	container *pef.Container
}

// PEF is what is in a PEF container.
type PEF struct {
	Made           string        `json:"made,omitempty"` // local time of an unknown place
	CurrentVersion string        `json:"currentVersion"`
	OldDefVersion  string        `json:"oldDefVersion"` // oldest that clients may have been built with
	OldImpVersion  string        `json:"oldImpVersion"` // oldest that clients can do with
	Instantiated   int           `json:"instantiated"`  // how many of the sections, from the first
	Sections       []Section     `json:"sections"`
	Main           *Place        `json:"main,omitempty"`
	Init           *Place        `json:"init,omitempty"`
	Term           *Place        `json:"term,omitempty"`
	Libraries      []Library     `json:"libraries"`
	Exports        []Export      `json:"exports"`
	Relocations    []Relocations `json:"relocations,omitempty"` // with Options.Relocations
	Hash           *HashTable    `json:"hash,omitempty"`        // with Options.Hash
	Strings        []String      `json:"strings,omitempty"`     // with Options.Strings
}

// Section is a section of a PEF container. Lengths and offsets are in bytes.
type Section struct {
	Index          int    `json:"index"`
	Name           string `json:"name,omitempty"`
	Kind           string `json:"kind"`
	Share          string `json:"share"`
	Alignment      int    `json:"alignment"` // log 2 of bytes
	DefaultAddress uint32 `json:"defaultAddress"`
	Offset         int64  `json:"offset"` // in the fork
	Stored         uint32 `json:"stored"` // length as stored
	Unpacked       uint32 `json:"unpacked"`
	Total          uint32 `json:"total"` // length in memory
}

// Place is a place in a section.
type Place struct {
	Section int    `json:"section"`
	Offset  uint32 `json:"offset"`
	Symbol  string `json:"symbol,omitempty"` // that is exported from there
}

// Library is a library that a PEF container imports from.
type Library struct {
	Name           string   `json:"name"`
	OldImpVersion  string   `json:"oldImpVersion"`  // oldest that will do; "0" is any
	CurrentVersion string   `json:"currentVersion"` // that it was linked with
	Weak           bool     `json:"weak,omitempty"` // may be missing
	InitBefore     bool     `json:"initBefore,omitempty"`
	Imports        []Import `json:"imports"`
}

// Import is an imported symbol.
type Import struct {
	Index     int    `json:"index"` // in relocations
	Name      string `json:"name"`
	Demangled string `json:"demangled,omitempty"`
	Class     string `json:"class"`
	Weak      bool   `json:"weak,omitempty"` // may be missing
}

// Export is an exported symbol: in a section, or an absolute address, or an
// import handed on.
type Export struct {
	Name      string `json:"name"`
	Demangled string `json:"demangled,omitempty"`
	Class     string `json:"class"`
	Section   *int   `json:"section,omitempty"`
	Absolute  bool   `json:"absolute,omitempty"`
	Import    *int   `json:"import,omitempty"` // index of the import
	Value     uint32 `json:"value"`            // offset in the section, or the address
}

// Relocations is one relocation program and what it does.
type Relocations struct {
	Section int    `json:"section"`
	Steps   []Step `json:"steps"`
}

// Step is one execution of an instruction.
type Step struct {
	Index    int      `json:"index"`    // of the instruction in the program
	Offset   int64    `json:"offset"`   // of the instruction in the fork
	Code     string   `json:"code"`     // the instruction in hexadecimal
	Mnemonic string   `json:"mnemonic"` // as MPW's DumpPEF has it
	Text     string   `json:"text"`
	Position uint64   `json:"position"` // in the section, before it
	SectionC uint32   `json:"sectionC"`
	SectionD uint32   `json:"sectionD"`
	Next     uint32   `json:"nextImport"`
	Fixups   []Fixup  `json:"fixups,omitempty"`
	Errors   []string `json:"errors,omitempty"`
}

// Fixup is an addition to a word of a section: of where a section went, or of an
// import's address.
type Fixup struct {
	Offset  uint32  `json:"offset"`
	Section *uint32 `json:"section,omitempty"`
	Import  *uint32 `json:"import,omitempty"`
}

// HashTable is how exports are found.
type HashTable struct {
	Power int      `json:"power"` // of two: how many slots
	Slots []Slot   `json:"slots"`
	Keys  []uint32 `json:"keys"` // of each export: length of the name, hash
}

// Slot is the exports whose keys select it.
type Slot struct {
	First int `json:"first"`
	Count int `json:"count"`
}

// String is a name in the loader's string table, or a text in a section.
type String struct {
	Section int      `json:"section"`
	Offset  int64    `json:"offset"` // in the fork of a name; in the expanded section of a text
	Text    string   `json:"text"`
	Of      []string `json:"of,omitempty"` // what has the name: "import 3"
}

// Resource is a resource of a classic Mac OS file.
type Resource struct {
	Type       resource.OSType `json:"type"`
	ID         int16           `json:"id"`
	Name       string          `json:"name,omitempty"`
	Attributes string          `json:"attributes,omitempty"`
	Offset     int64           `json:"offset"` // of its data in the resource fork
	Size       int             `json:"size"`
	Compressed *Compression    `json:"compressed,omitempty"`
	Code       *Code           `json:"code,omitempty"`
	JumpTable  *JumpTable      `json:"jumpTable,omitempty"` // 'CODE' 0
	Segment    *Segment        `json:"segment,omitempty"`   // other 'CODE'
	Fragments  []Fragment      `json:"fragments,omitempty"` // 'cfrg'
	Version    *Version        `json:"version,omitempty"`   // 'vers'
	Data       []byte          `json:"data,omitempty"`      // base64 in JSON; with Options.Contents
	Problems   []string        `json:"problems,omitempty"`

	images []*Image
	data   []byte
	expand func() ([]byte, error) // nil if Options.Expand is, or it is not compressed
}

// Compression is the header of a compressed resource.
type Compression struct {
	Version      int    `json:"version"`
	Decompressor int16  `json:"decompressor"` // id of the 'dcmp' resource
	Size         uint32 `json:"size"`         // when expanded
}

// Code is the code in a resource.
type Code struct {
	Kind       string    `json:"kind"`              // "plain 68K", "accelerated", "fat", "safe fat", "fragment"
	Purpose    string    `json:"purpose,omitempty"` // of resources of this type
	Descriptor *int      `json:"descriptor,omitempty"`
	Routines   []Routine `json:"routines,omitempty"` // of the routine descriptor
	Parts      []Part    `json:"parts"`
}

// Routine is a record of a routine descriptor.
type Routine struct {
	Prototype string `json:"prototype"`
	ProcInfo  uint32 `json:"procInfo"`
	ISA       string `json:"isa"`
	RTA       string `json:"rta"`
	Flags     string `json:"flags"`
	Proc      uint32 `json:"proc"` // offset in the resource
	Selector  uint32 `json:"selector"`
}

// Part is code for one processor.
type Part struct {
	ISA      string      `json:"isa"`
	Offset   int         `json:"offset"` // in the resource
	Size     int         `json:"size"`
	Entry    *int        `json:"entry,omitempty"` // in the resource, of 68K code: past its header
	Fragment bool        `json:"fragment"`        // a PEF container
	Header   *CodeHeader `json:"header,omitempty"`
}

// CodeHeader is the header of 68K code.
type CodeHeader struct {
	Flags   uint16          `json:"flags"`
	Type    resource.OSType `json:"type"`
	ID      int16           `json:"id"`
	Version int16           `json:"version"`
}

// JumpTable is how the segments of a 68K application call each other.
type JumpTable struct {
	AboveA5 uint32      `json:"aboveA5"` // bytes
	BelowA5 uint32      `json:"belowA5"`
	Offset  uint32      `json:"offset"` // from A5
	Entries []JumpEntry `json:"entries"`
}

// JumpEntry is a routine of a segment.
type JumpEntry struct {
	Index   int    `json:"index"`
	Segment int16  `json:"segment"`
	Offset  uint32 `json:"offset"`
	Far     bool   `json:"far,omitempty"`
}

// Segment is the header of a 68K application's segment.
type Segment struct {
	Model       string `json:"model"`
	NearOffset  uint32 `json:"nearOffset"`
	NearEntries uint32 `json:"nearEntries"`
	FarOffset   uint32 `json:"farOffset,omitempty"`
	FarEntries  uint32 `json:"farEntries,omitempty"`
	CodeOffset  int    `json:"codeOffset"`
}

// Fragment is a member of a 'cfrg' resource.
type Fragment struct {
	Name           string          `json:"name"`
	Architecture   resource.OSType `json:"architecture"`
	Usage          string          `json:"usage"`
	CurrentVersion string          `json:"currentVersion"`
	OldDefVersion  string          `json:"oldDefVersion"`
	UpdateLevel    int             `json:"updateLevel,omitempty"`
	StackSize      uint32          `json:"stackSize,omitempty"`
	Where          string          `json:"where"`
	Offset         uint32          `json:"offset"`             // in the data fork
	Length         uint32          `json:"length"`             // 0 is to the end of the fork
	Resource       string          `json:"resource,omitempty"` // that it is in, like "'rseg' 1"
	Search         []string        `json:"search,omitempty"`   // library kind and names to search by
}

// Version is a 'vers' resource.
type Version struct {
	Number string `json:"number"`
	Region uint16 `json:"region"`
	Short  string `json:"short"`
	Long   string `json:"long"`
}
