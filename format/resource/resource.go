// Package resource reads and writes the resource fork of classic Mac OS files,
// where such a file keeps its menus, its icons, and its 68K code.
//
// Damage is reported item by item: Read returns all that can be read, and what
// could not be is in Fork.Problems. Nothing is executed or expanded; what code
// a resource holds is for package coderes to say, and finding the fork of a
// file is for package macfile.
//
// Sources: "Inside Macintosh: More Macintosh Toolbox", chapter 1, section
// "Resource File Format", and for compressed resources, which it leaves out,
// the files of the system.
package resource

import (
	"fmt"
	"iter"

	"github.com/crossplug/crossplug/internal/bin"
)

// The layout of a fork. All numbers are big-endian; offsets count from where
// the last column says.
//
//	header          16  data offset 4, map offset 4, data length 4, map length 4    fork
//	system data    112  for the system
//	application    128  for the application
//	data                of each resource: length 4, bytes
//	map             16  copy of the header, as it is in memory
//	                 4  handle of the next map, as it is in memory
//	                 2  file reference, as it is in memory
//	                 2  attributes of the fork
//	                 2  offset of the type list                                     map
//	                 2  offset of the name list                                     map
//	type list        2  number of types - 1; 0xffff is none
//	                    of each type: type 4, number of resources - 1 2,
//	                    offset of its reference list 2                              type list
//	reference list      of each resource: id 2, offset of its name or 0xffff 2      name list
//	                    attributes 1, offset of its data 3                          data
//	                    handle, as it is in memory 4
//	name list           of each name: length 1, bytes
const (
	headerSize    = 16
	systemSize    = 112
	userSize      = 128
	mapHeaderSize = 28
	typeSize      = 8
	refSize       = 12
	noName        = 0xffff
	maxData       = 1<<24 - 1 // the greatest offset of a resource's data
	maxName       = 255
)

// OSType is a code of four characters, the first in the most significant byte.
// Its String, which ParseOSType reverses, is those characters; what does not
// print, and the backslash, is written \xNN. It is text in JSON.
type OSType = bin.OSType

// ParseOSType returns the OSType written as its String writes it.
func ParseOSType(s string) (OSType, error) { return bin.ParseOSType(s) }

// FormatError says where in the fork what is wrong. It is a
// fault.ErrBadImage.
type FormatError = bin.FormatError

// Attributes are properties of one resource.
type Attributes uint8

const (
	Compressed Attributes = 0x01 // resExtended: its data begins with a CompressedHeader
	Changed    Attributes = 0x02 // resChanged: to be written; of no meaning in a file
	Preload    Attributes = 0x04 // resPreload: read when the fork is opened
	Protected  Attributes = 0x08 // resProtected: not to be changed
	Locked     Attributes = 0x10 // resLocked: does not move in memory
	Purgeable  Attributes = 0x20 // resPurgeable: may be discarded from memory
	SysHeap    Attributes = 0x40 // resSysHeap: lives in the system heap
)

var attributeNames = []bin.Name{
	{Value: 0x40, Text: "sysheap"}, {Value: 0x20, Text: "purgeable"}, {Value: 0x10, Text: "locked"}, {Value: 0x08, Text: "protected"},
	{Value: 0x04, Text: "preload"}, {Value: 0x02, Text: "changed"}, {Value: 0x01, Text: "compressed"},
}

// String names the attributes: "purgeable+locked". None is "0x0".
func (a Attributes) String() string { return bin.FlagNames(uint32(a), attributeNames) }

// ForkAttributes are properties of a whole fork.
type ForkAttributes uint16

const (
	MapChanged  ForkAttributes = 0x20 // mapChanged: of no meaning in a file
	MapCompact  ForkAttributes = 0x40 // mapCompact: to be compacted when written
	MapReadOnly ForkAttributes = 0x80 // mapReadOnly: not to be changed
)

var forkAttributeNames = []bin.Name{{Value: 0x80, Text: "read only"}, {Value: 0x40, Text: "compact"}, {Value: 0x20, Text: "changed"}}

// String names the attributes: "read only". None is "0x0".
func (a ForkAttributes) String() string { return bin.FlagNames(uint32(a), forkAttributeNames) }

// Resource is one resource.
type Resource struct {
	Type       OSType
	ID         int16
	Name       string // in UTF-8, each character of which Mac OS Roman has; "" if it has none
	Attributes Attributes
	// Data is the resource as stored, so of a compressed one its compressed
	// form. Read shares the memory of the fork among all of them.
	Data []byte
	// Offset is where Data begins in the fork it was read from.
	Offset int64
}

// String names the resource: 'CODE' 1.
func (r *Resource) String() string { return fmt.Sprintf("'%v' %d", r.Type, r.ID) }

// Fork is a resource fork. It may be read by several goroutines at a time.
type Fork struct {
	Attributes ForkAttributes
	System     [systemSize]byte // kept for the system: in practice, a copy of the file's directory entry
	User       [userSize]byte   // kept for the application
	// Resources in the order of the map: those of one type follow each other.
	Resources []*Resource
	// Problems are what Read could not make sense of, in the order met. Write
	// ignores them.
	Problems []*FormatError
}

// Get returns the first resource of the type and id, as the Resource Manager
// would, or nil.
func (f *Fork) Get(t OSType, id int16) *Resource {
	for r := range f.OfType(t) {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// OfType yields the resources of one type, in order.
func (f *Fork) OfType(t OSType) iter.Seq[*Resource] {
	return func(yield func(*Resource) bool) {
		for _, r := range f.Resources {
			if r.Type == t && !yield(r) {
				return
			}
		}
	}
}
