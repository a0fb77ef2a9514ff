package m68k

import isa "github.com/crossplug/crossplug/guest/isa/m68k"

type handler = func(*CPU, *op)

// bySize picks the handler for an instruction's size.
func bySize(i *isa.Inst, b, w, l handler) handler {
	switch i.Size {
	case isa.Byte:
		return b
	case isa.Word:
		return w
	}
	return l
}

// shifts are the ways to shift for all sizes.
func shifts(i *isa.Inst, b shifted[uint8], w shifted[uint16], l shifted[uint32]) handler {
	return bySize(i, runShift(b), runShift(w), runShift(l))
}

// bind finds what executes an instruction. What is not known to the processor
// is illegal.
func bind(model isa.Model, i *isa.Inst) handler {
	a, b := i.Args[0].Kind, i.Args[1].Kind
	switch {
	case i.Word>>12 == 0xf && model < isa.M68020:
		return runLineF // these have no way to a coprocessor
	case i.Word>>9 == 0xf2>>1:
		return bindFloat(i)
	}
	switch i.Op {
	case isa.ORI, isa.ANDI, isa.EORI:
		if b == isa.CCR || b == isa.SR {
			return runStatus(map[isa.Op]func(v, by uint16) uint16{
				isa.ORI:  func(v, by uint16) uint16 { return v | by },
				isa.ANDI: func(v, by uint16) uint16 { return v & by },
				isa.EORI: func(v, by uint16) uint16 { return v ^ by },
			}[i.Op])
		}
	case isa.ADDQ, isa.SUBQ:
		if b == isa.AddrReg {
			if i.Op == isa.ADDQ {
				return runAddq
			}
			return runSubq
		}
	case isa.MOVE:
		switch {
		case a == isa.SR:
			return runMoveFromSR
		case a == isa.CCR:
			return runMoveFromCCR
		case b == isa.CCR:
			return runMoveToCCR
		case b == isa.SR:
			return runMoveToSR
		case a == isa.USP || b == isa.USP:
			return runMoveUSP
		}
	}
	switch i.Op {
	case isa.ADD, isa.ADDI, isa.ADDQ:
		return bySize(i, runAdd[uint8], runAdd[uint16], runAdd[uint32])
	case isa.SUB, isa.SUBI, isa.SUBQ:
		return bySize(i, runSub[uint8], runSub[uint16], runSub[uint32])
	case isa.AND, isa.ANDI:
		return bySize(i, runAnd[uint8], runAnd[uint16], runAnd[uint32])
	case isa.OR, isa.ORI:
		return bySize(i, runOr[uint8], runOr[uint16], runOr[uint32])
	case isa.EOR, isa.EORI:
		return bySize(i, runEor[uint8], runEor[uint16], runEor[uint32])
	case isa.CMP, isa.CMPI, isa.CMPM:
		return bySize(i, runCmp[uint8], runCmp[uint16], runCmp[uint32])
	case isa.ADDA:
		return bySize(i, nil, runAdda[uint16], runAdda[uint32])
	case isa.SUBA:
		return bySize(i, nil, runSuba[uint16], runSuba[uint32])
	case isa.CMPA:
		return bySize(i, nil, runCmpa[uint16], runCmpa[uint32])
	case isa.ADDX:
		return bySize(i, runAddx[uint8], runAddx[uint16], runAddx[uint32])
	case isa.SUBX:
		return bySize(i, runSubx[uint8], runSubx[uint16], runSubx[uint32])
	case isa.NEG:
		return bySize(i, runNeg[uint8], runNeg[uint16], runNeg[uint32])
	case isa.NEGX:
		return bySize(i, runNegx[uint8], runNegx[uint16], runNegx[uint32])
	case isa.NOT:
		return bySize(i, runNot[uint8], runNot[uint16], runNot[uint32])
	case isa.CLR:
		return bySize(i, runClr[uint8], runClr[uint16], runClr[uint32])
	case isa.TST:
		return bySize(i, runTst[uint8], runTst[uint16], runTst[uint32])
	case isa.ABCD:
		return runAbcd
	case isa.SBCD:
		return runSbcd
	case isa.NBCD:
		return runNbcd
	case isa.PACK:
		return runPack
	case isa.UNPK:
		return runUnpk
	case isa.MULU:
		return bySize(i, nil, runMuluW, runMulL)
	case isa.MULS:
		return bySize(i, nil, runMulsW, runMulL)
	case isa.DIVU:
		return bySize(i, nil, runDivuW, runDivL)
	case isa.DIVS:
		return bySize(i, nil, runDivsW, runDivL)
	case isa.DIVUL, isa.DIVSL:
		return runDivL

	case isa.ASL:
		return shifts(i, asl[uint8], asl[uint16], asl[uint32])
	case isa.ASR:
		return shifts(i, asr[uint8], asr[uint16], asr[uint32])
	case isa.LSL:
		return shifts(i, lsl[uint8], lsl[uint16], lsl[uint32])
	case isa.LSR:
		return shifts(i, lsr[uint8], lsr[uint16], lsr[uint32])
	case isa.ROL:
		return shifts(i, rol[uint8], rol[uint16], rol[uint32])
	case isa.ROR:
		return shifts(i, ror[uint8], ror[uint16], ror[uint32])
	case isa.ROXL:
		return shifts(i, roxl[uint8], roxl[uint16], roxl[uint32])
	case isa.ROXR:
		return shifts(i, roxr[uint8], roxr[uint16], roxr[uint32])
	case isa.BTST:
		return runBtst
	case isa.BCHG:
		return runBit(func(v, bit uint32) uint32 { return v ^ bit })
	case isa.BCLR:
		return runBit(func(v, bit uint32) uint32 { return v &^ bit })
	case isa.BSET:
		return runBit(func(v, bit uint32) uint32 { return v | bit })
	case isa.BFTST:
		return runBfTst
	case isa.BFEXTU:
		return runBfExtu
	case isa.BFEXTS:
		return runBfExts
	case isa.BFFFO:
		return runBfFfo
	case isa.BFCHG:
		return runBfChg
	case isa.BFCLR:
		return runBfClr
	case isa.BFSET:
		return runBfSet
	case isa.BFINS:
		return runBfIns

	case isa.MOVE:
		return bySize(i, runMove[uint8], runMove[uint16], runMove[uint32])
	case isa.MOVEA:
		return bySize(i, nil, runMovea[uint16], runMovea[uint32])
	case isa.MOVEQ:
		return runMoveq
	case isa.LEA:
		return runLea
	case isa.PEA:
		return runPea
	case isa.EXG:
		return runExg
	case isa.SWAP:
		return runSwap
	case isa.EXT:
		return bySize(i, nil, runExtW, runExtL)
	case isa.EXTB:
		return runExtb
	case isa.LINK:
		return runLink
	case isa.UNLK:
		return runUnlk
	case isa.MOVEM:
		return bySize(i, nil, runMovem[uint16], runMovem[uint32])
	case isa.MOVEP:
		return runMovep
	case isa.MOVE16:
		return runMove16
	case isa.MOVEC:
		return runMovec
	case isa.MOVES:
		return bySize(i, runMoves[uint8], runMoves[uint16], runMoves[uint32])

	case isa.BRA:
		return runBra
	case isa.BSR:
		return runBsr
	case isa.Bcc:
		return runBcc
	case isa.DBcc:
		return runDBcc
	case isa.Scc:
		return runScc
	case isa.JMP:
		return runJmp
	case isa.JSR:
		return runJsr
	case isa.RTS:
		return runRts
	case isa.RTD:
		return runRtd
	case isa.RTR:
		return runRtr
	case isa.RTE:
		return runRTE
	case isa.NOP:
		return runNop
	case isa.TRAP:
		return runTrap
	case isa.TRAPV:
		return runTrapv
	case isa.TRAPcc:
		return runTRAPcc
	case isa.CHK:
		return bySize(i, nil, runChk[uint16], runChk[uint32])
	case isa.CHK2, isa.CMP2:
		return bySize(i, runChk2[uint8], runChk2[uint16], runChk2[uint32])
	case isa.TAS:
		return runTas
	case isa.CAS:
		return bySize(i, runCas[uint8], runCas[uint16], runCas[uint32])
	case isa.CAS2:
		return bySize(i, nil, runCas2[uint16], runCas2[uint32])
	case isa.LINEA:
		return runLineA
	case isa.LINEF:
		return runLineF
	case isa.STOP:
		return runStop
	case isa.PMOVE:
		return runPmove
	case isa.RESET, isa.CINVL, isa.CINVP, isa.CINVA, isa.CPUSHL, isa.CPUSHP, isa.CPUSHA, isa.PFLUSH, isa.PFLUSHA, isa.PFLUSHN, isa.PFLUSHAN, isa.PTESTR, isa.PTESTW:
		return runPrivileged
	}
	return runIllegal
}
