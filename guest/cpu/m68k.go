package cpu

// Extended is a number of the 68881's 80 bits: sign and exponent, then a
// mantissa whose integer bit is the highest.
type Extended struct {
	High     uint16
	Mantissa uint64
}

// M68K is the register file of the 68000 family.
type M68K struct {
	D  [8]uint32
	A  [8]uint32 // A[7] is the stack pointer in use, whichever that is
	PC uint32
	SR uint16 // the low byte is the CCR

	// The stack pointers, but for the one in use.
	USP, ISP, MSP uint32

	VBR, CACR, CAAR uint32
	SFC, DFC        uint8
	MMU             [8]uint32 // TC, ITT0, ITT1, DTT0, DTT1, MMUSR, URP, SRP: kept, without effect

	FP    [8]Extended
	FPCR  uint32
	FPSR  uint32
	FPIAR uint32
}

// Bits of the SR.
const (
	FlagC       = 1 << 0
	FlagV       = 1 << 1
	FlagZ       = 1 << 2
	FlagN       = 1 << 3
	FlagX       = 1 << 4
	FlagMaster  = 1 << 12
	FlagSuper   = 1 << 13
	FlagTrace0  = 1 << 14 // on changes of flow
	FlagTrace1  = 1 << 15
	FlagIntMask = 7 << 8
)
