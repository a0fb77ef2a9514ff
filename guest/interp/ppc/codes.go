package ppc

import isa "github.com/crossplug/crossplug/guest/isa/ppc"

// code is what the loop does with a uop. There are few of them and they have no
// gaps, so that the loop's switch is one jump. Operations without a code of
// their own are rare. Codes from codePairs on stand for two instructions, see
// pairs.txt.
type code uint8

const (
	codeDecode code = iota // not decoded yet
	codePageEnd
	codeNear // branches within the page
	codeBranchIf
	codeBranchCount
	codeBranchLR
	codeMFLR
	codeMTLR
	codeMTCTR
	codeADDI
	codeADD
	codeSUBF
	codeADDIC
	codeSUBFIC
	codeADDC
	codeADDE
	codeADDZE
	codeSUBFC
	codeSUBFE
	codeNEG
	codeMULLI
	codeMULLW
	codeMULHW
	codeMULHWU
	codeDIVW
	codeDIVWU
	codeCMPI
	codeCMP
	codeCMPLI
	codeCMPL
	codeANDI_
	codeORI
	codeXORI
	codeAND
	codeANDC
	codeOR
	codeORC
	codeXOR
	codeEQV
	codeNAND
	codeNOR
	codeEXTSB
	codeEXTSH
	codeCNTLZW
	codeRLWINM
	codeRLWNM
	codeRLWIMI
	codeSLW
	codeSRW
	codeSRAW
	codeSRAWI
	codeB
	codeBC
	codeBCLR
	codeBCCTR
	codeLWZ
	codeLWZX
	codeLBZ
	codeLBZX
	codeLHZ
	codeLHZX
	codeLWZU
	codeLBZU
	codeSTW
	codeSTWX
	codeSTB
	codeSTH
	codeSTWU
	codeLFD
	codeSTFD
	codeSTFDX
	codeFMR
	codeLHA
	codeSTBX
	codeSTHX
	codeLFS
	codeLFSX
	codeLFDX

	// From here on rare executes them.
	codeRare
	codeFADD
	codeFADDS
	codeFSUB
	codeFSUBS
	codeFMUL
	codeFMULS
	codeFDIV
	codeFDIVS
	codeFMADD
	codeFMADDS
	codeFMSUB
	codeFMSUBS
	codeFNMADD
	codeFNMADDS
	codeFNMSUB
	codeFNMSUBS
	codeFCMPU
	codeFCMPO
	codePairs // the first of the pairs
)

// isRare says whether the code is one for rare.
func (c code) isRare() bool { return c-codeRare < codePairs-codeRare }

// codes are the codes of operations, 0 for those that are rare.
var codes = [allOps]code{
	isa.ADDI:    codeADDI,
	isa.ADD:     codeADD,
	isa.SUBF:    codeSUBF,
	isa.ADDIC:   codeADDIC,
	isa.SUBFIC:  codeSUBFIC,
	isa.ADDC:    codeADDC,
	isa.ADDE:    codeADDE,
	isa.ADDZE:   codeADDZE,
	isa.SUBFC:   codeSUBFC,
	isa.SUBFE:   codeSUBFE,
	isa.NEG:     codeNEG,
	isa.MULLI:   codeMULLI,
	isa.MULLW:   codeMULLW,
	isa.MULHW:   codeMULHW,
	isa.MULHWU:  codeMULHWU,
	isa.DIVW:    codeDIVW,
	isa.DIVWU:   codeDIVWU,
	isa.CMPI:    codeCMPI,
	isa.CMP:     codeCMP,
	isa.CMPLI:   codeCMPLI,
	isa.CMPL:    codeCMPL,
	isa.ANDI_:   codeANDI_,
	isa.ORI:     codeORI,
	isa.XORI:    codeXORI,
	isa.AND:     codeAND,
	isa.ANDC:    codeANDC,
	isa.OR:      codeOR,
	isa.ORC:     codeORC,
	isa.XOR:     codeXOR,
	isa.EQV:     codeEQV,
	isa.NAND:    codeNAND,
	isa.NOR:     codeNOR,
	isa.EXTSB:   codeEXTSB,
	isa.EXTSH:   codeEXTSH,
	isa.CNTLZW:  codeCNTLZW,
	isa.RLWINM:  codeRLWINM,
	isa.RLWNM:   codeRLWNM,
	isa.RLWIMI:  codeRLWIMI,
	isa.SLW:     codeSLW,
	isa.SRW:     codeSRW,
	isa.SRAW:    codeSRAW,
	isa.SRAWI:   codeSRAWI,
	isa.B:       codeB,
	isa.BC:      codeBC,
	isa.BCLR:    codeBCLR,
	isa.BCCTR:   codeBCCTR,
	isa.LWZ:     codeLWZ,
	isa.LWZX:    codeLWZX,
	isa.LBZ:     codeLBZ,
	isa.LBZX:    codeLBZX,
	isa.LHZ:     codeLHZ,
	isa.LHZX:    codeLHZX,
	isa.LWZU:    codeLWZU,
	isa.LBZU:    codeLBZU,
	isa.STW:     codeSTW,
	isa.STWX:    codeSTWX,
	isa.STB:     codeSTB,
	isa.STH:     codeSTH,
	isa.STWU:    codeSTWU,
	isa.LFD:     codeLFD,
	isa.STFD:    codeSTFD,
	isa.STFDX:   codeSTFDX,
	isa.FADD:    codeFADD,
	isa.FADDS:   codeFADDS,
	isa.FSUB:    codeFSUB,
	isa.FSUBS:   codeFSUBS,
	isa.FMUL:    codeFMUL,
	isa.FMULS:   codeFMULS,
	isa.FMADD:   codeFMADD,
	isa.FMADDS:  codeFMADDS,
	isa.FMSUB:   codeFMSUB,
	isa.FMSUBS:  codeFMSUBS,
	isa.FNMADD:  codeFNMADD,
	isa.FNMADDS: codeFNMADDS,
	isa.FNMSUB:  codeFNMSUB,
	isa.FNMSUBS: codeFNMSUBS,
	isa.FMR:     codeFMR,
	isa.FCMPU:   codeFCMPU,
	isa.FCMPO:   codeFCMPO,
	isa.LHA:     codeLHA,
	isa.STBX:    codeSTBX,
	isa.STHX:    codeSTHX,
	isa.LFS:     codeLFS,
	isa.LFSX:    codeLFSX,
	isa.LFDX:    codeLFDX,
	isa.FDIV:    codeFDIV,
	isa.FDIVS:   codeFDIVS,
}
