package macfile

import "github.com/crossplug/crossplug/internal/bin"

// AppleSingle and AppleDouble, as RFC 1740 and "AppleSingle/AppleDouble Formats
// for Foreign Files Developer's Note" define them. An AppleSingle file is all
// of a Mac file in one. An AppleDouble file is all but the data fork, which is
// a file of its own. All numbers are big-endian; offsets count from the start.
//
//	 0  4  0x00051600 AppleSingle, 0x00051607 AppleDouble
//	 4  4  version, 0x00010000 or 0x00020000
//	 8 16  in version 1, the name of the file system; zero in version 2
//	24  2  number of entries
//	26     of each entry: id 4, offset 4, length 4
//
// macOS appends extended attributes to the entry of the Finder's information,
// from its byte 32; they say nothing of classic files and are left alone.
const (
	singleMagic   = 0x00051600
	doubleMagic   = 0x00051607
	appleVersion1 = 0x00010000
	appleVersion2 = 0x00020000
	appleHeader   = 26
	appleEntry    = 12

	// maxEntries bounds the list: fifteen kinds are defined.
	maxEntries = 100
)

// entryID says what an entry is.
type entryID uint32

const (
	dataEntry     entryID = 1
	resourceEntry entryID = 2
	nameEntry     entryID = 3 // on its Mac
	commentEntry  entryID = 4
	datesEntry    entryID = 8 // of creation, modification, backup, access, 4 bytes each
	finderEntry   entryID = 9
)

var entryNames = []bin.Name{
	{Value: 1, Text: "data fork"}, {Value: 2, Text: "resource fork"}, {Value: 3, Text: "name"}, {Value: 4, Text: "comment"},
	{Value: 5, Text: "icon"}, {Value: 6, Text: "colour icon"}, {Value: 7, Text: "file information"}, {Value: 8, Text: "dates"},
	{Value: 9, Text: "Finder information"}, {Value: 10, Text: "Macintosh information"}, {Value: 11, Text: "ProDOS information"},
	{Value: 12, Text: "MS-DOS information"}, {Value: 13, Text: "short name"}, {Value: 14, Text: "AFP information"}, {Value: 15, Text: "directory id"},
}

func (id entryID) String() string { return bin.EnumName(uint32(id), entryNames) }
