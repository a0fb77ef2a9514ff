package macfile

// MacBinary puts a header of 128 bytes before the forks, each padded to a
// multiple of 128 bytes ("Macintosh Binary Transfer Format", the standards of
// 1985, of 1987, "MacBinary II", and of 1996, "MacBinary III"). All numbers are
// big-endian.
//
//	  0  1  zero
//	  1  1  length of the name, 1 to 63
//	  2 63  name
//	 65  4  type
//	 69  4  creator
//	 73  1  Finder flags, high byte
//	 74  1  zero
//	 75  2  place in the window, vertical
//	 77  2  horizontal
//	 79  2  window
//	 81  1  bit 0: protected
//	 82  1  zero
//	 83  4  length of the data fork
//	 87  4  length of the resource fork
//	 91  4  created, seconds since 1904
//	 95  4  modified
//	 99  2  length of the comment, which follows the forks       II
//	101  1  Finder flags, low byte                               II
//	102  4  mBIN                                                 III
//	106  1  script of the name                                   III
//	107  1  extended Finder flags                                III
//	116  4  length of all files when unpacked; of no use         II
//	120  2  length of a second header, which follows the first   II
//	122  1  version, 129 or 130                                  II
//	123  1  version needed to read it, 129                       II
//	124  2  CRC of bytes 0 to 123                                II
//	126  2  zero
//
// Nothing in the first version says what it is. So a file is taken for one if
// the header has zeros where it must, the rest is of the length that it says,
// and the name and the type are text. Of the later ones, the CRC tells.
const (
	macBinaryHeader  = 128
	macBinaryMagic   = "mBIN"
	macBinary2       = 129
	macBinary3       = 130
	macBinaryCRC     = 124       // where it is, and the number of bytes it is of
	maxMacBinaryFork = 1<<31 - 1 // lengths are signed
	maxMacBinaryName = 63
)

// padded rounds a length up to a multiple of 128.
func padded(n uint64) uint64 { return (n + 127) &^ 127 }

// crc16 continues a CRC with the polynomial x¹⁶+x¹²+x⁵+1, most significant bit
// first, as MacBinary and BinHex use it; both start from 0.
func crc16(crc uint16, data ...byte) uint16 {
	for _, b := range data {
		crc = crc<<8 ^ crcTable[byte(crc>>8)^b]
	}
	return crc
}

// crcTable gives the CRC of each byte alone.
var crcTable = func() (table [256]uint16) {
	for i := range table {
		crc := uint16(i) << 8
		for range 8 {
			carry := crc >> 15
			crc = crc<<1 ^ carry*0x1021
		}
		table[i] = crc
	}
	return table
}()
