package cpu

// PPC is the register file of the 32-bit PowerPC.
type PPC struct {
	R  [32]uint32
	PC uint32
	CR uint32 // field 0 is the highest four bits

	XER, LR, CTR uint32
	MQ           uint32 // of a 601
	FPSCR        uint32
	F            [32]uint64 // doubles, as bits
	VRSAVE       uint32
}

// Bits of XER.
const (
	XERSO    = 1 << 31
	XEROV    = 1 << 30
	XERCA    = 1 << 29
	XERCount = 0x7f // of bytes, for strings
)

// Bits of FPSCR. Those from FPX down to FPXX, and FPVXSNAN to FPVXVC, FPVXSOFT
// to FPVXCVI, say what happened; the names are the manual's.
const (
	FPFX     = 1 << 31 // something new happened
	FPFEX    = 1 << 30 // something enabled happened
	FPVX     = 1 << 29 // one of the invalid operations happened
	FPOX     = 1 << 28
	FPUX     = 1 << 27
	FPZX     = 1 << 26
	FPXX     = 1 << 25
	FPVXSNAN = 1 << 24
	FPVXISI  = 1 << 23
	FPVXIDI  = 1 << 22
	FPVXZDZ  = 1 << 21
	FPVXIMZ  = 1 << 20
	FPVXVC   = 1 << 19
	FPFR     = 1 << 18 // the last result was rounded away from 0
	FPFI     = 1 << 17 // the last result was inexact
	FPRF     = 0x1f << 12
	FPCC     = 0xf << 12
	FPVXSOFT = 1 << 10
	FPVXSQRT = 1 << 9
	FPVXCVI  = 1 << 8
	FPVE     = 1 << 7
	FPOE     = 1 << 6
	FPUE     = 1 << 5
	FPZE     = 1 << 4
	FPXE     = 1 << 3
	FPNI     = 1 << 2
	FPRN     = 3 // 0 nearest, 1 to zero, 2 up, 3 down
)
