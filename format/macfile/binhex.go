package macfile

// BinHex 4.0 makes one stream of a Mac file, shortens runs in it, and spells it
// in letters that mail does not harm (Peter N. Lewis, "BinHex 4.0 Definition",
// 1991; RFC 1741). There may be a letter around it:
//
//	(This file must be converted with BinHex 4.0)
//
//	:letters, in lines of at most 64 characters:
//
// Each letter stands for six bits, most significant first. In the bytes that
// they make, 0x90 and a count stand for so many of the byte before, itself
// included, and 0x90 0x00 for a 0x90. What then remains is
//
//	1  length of the name, 1 to 63
//	n  name
//	1  zero, the version
//	4  type
//	4  creator
//	2  Finder flags
//	4  length of the data fork
//	4  length of the resource fork
//	2  CRC of all that
//	   data fork, 2 its CRC
//	   resource fork, 2 its CRC
//
// with big-endian numbers. Runs may cross from one part into the next. The CRC
// is that of MacBinary. (The definition calculates it in another way, with two
// zero bytes in the place of the CRC itself, to the same result.)
const (
	binHexMarker = "(This file must be converted" // some tools say what they like after that
	binHexLine   = 64
	binHexRun    = 0x90
	binHexChars  = "!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"
)
