package arch

import (
	"debug/elf"
	"fmt"
	"strings"
)

// What the ELF header says about architecture.
//
// The System V gABI, chapter 4, gives the file a class (32 or 64 bits), a byte
// order, a machine and an operating system; debug/elf has the numbers. That is
// not yet an architecture. One machine number stands for several ABIs whose
// code cannot be loaded into one process, and each processor's supplement
// invented its own way to tell them apart, nearly always some bits of e_flags:
//
//	ARM        bits 24–31 the EABI version, 0 for the ABI before it;
//	           0x400 floats in VFP registers, 0x200 not (AAELF32, e_flags)
//	PowerPC    64-bit: bits 0–1 the ABI: 1 with function descriptors, 2
//	           without, 0 not said (ELFv2 ABI, section 3.1)
//	MIPS       0x20 n32; bits 12–15 o32, o64 and two EABIs; a 64-bit file
//	           without these is n64; bits 28–31 the instruction set, of which
//	           release 6 removed instructions (MIPS psABI; binutils elf/mips.h)
//	RISC-V     bits 1–2 widest float passed in a register, 0x8 half the
//	           registers (RISC-V ELF psABI, e_flags)
//	LoongArch  bits 0–2 likewise: 1 soft, 2 single, 3 double (ELF psABI)
//	68000      bits 0–3 ColdFire instruction set, 0 for the 68000 family
//	x86-64     a 32-bit file is x32 (psABI, chapter 11)
//	AArch64    a 32-bit file is ILP32 (AAELF64)
//
// Names for the ABIs are those of GNU triplets and compilers' -mabi options.
const (
	efARMEABIMask   = 0xff000000
	efARMSoftFloat  = 0x200
	efARMHardFloat  = 0x400
	efPPC64ABIMask  = 0x3
	efMIPSABI2      = 0x20
	efMIPSABIMask   = 0xf000
	efMIPSABIO32    = 0x1000
	efMIPSABIO64    = 0x2000
	efMIPSABIEABI32 = 0x3000
	efMIPSABIEABI64 = 0x4000
	efMIPSArchMask  = 0xf0000000
	efMIPSArch32R6  = 0x90000000
	efMIPSArch64R6  = 0xa0000000
	efRISCVFloat    = 0x6
	efRISCVRVE      = 0x8
	efLoongArchABI  = 0x7
	efM68KColdFire  = 0xf
)

// elfProcessors names the machines that several numbers stand for, or that the
// field calls something else than debug/elf does.
var elfProcessors = map[elf.Machine]Processor{
	elf.EM_386:         I386,
	elf.EM_X86_64:      AMD64,
	elf.EM_ARM:         ARM,
	elf.EM_AARCH64:     ARM64,
	elf.EM_PPC:         PowerPC,
	elf.EM_PPC64:       PowerPC,
	elf.EM_S390:        S390,
	elf.EM_68K:         M68K,
	elf.EM_MIPS:        MIPS,
	elf.EM_MIPS_RS3_LE: MIPS,
	elf.EM_RISCV:       RISCV,
	elf.EM_SPARC:       SPARC,
	elf.EM_SPARC32PLUS: SPARC,
	elf.EM_SPARCV9:     SPARC,
	elf.EM_ALPHA:       Alpha,
	elf.EM_ALPHA_STD:   Alpha,
	elf.EM_PARISC:      PARISC,
	elf.EM_IA_64:       IA64,
	elf.EM_LOONGARCH:   LoongArch,
	elf.EM_SH:          SuperH,
}

// elfProcessor names any machine: "avr" for one that debug/elf knows, "em_999"
// for one that it does not.
func elfProcessor(m elf.Machine) Processor {
	if p, ok := elfProcessors[m]; ok {
		return p
	}
	name, known := strings.CutPrefix(m.String(), "EM_")
	if !known || strings.Contains(name, "+") {
		return Processor(fmt.Sprintf("em_%d", uint16(m)))
	}
	return Processor(strings.ToLower(name))
}

// elfSystems names the values of EI_OSABI that mean an operating system.
// Zero, which says nothing, is what Linux writes; so do some BSDs and
// compilers for bare machines, and the header alone does not tell them apart.
var elfSystems = map[elf.OSABI]OS{
	elf.ELFOSABI_NONE:       Linux,
	elf.ELFOSABI_LINUX:      Linux,
	elf.ELFOSABI_ARM:        Linux, // before the EABI, Linux on ARM wrote its machine here
	elf.ELFOSABI_STANDALONE: NoOS,
}

func elfSystem(abi elf.OSABI) OS {
	if os, ok := elfSystems[abi]; ok {
		return os
	}
	return OS(strings.ToLower(strings.TrimPrefix(abi.String(), "ELFOSABI_")))
}

// elfABI distils the ABI from the flags; empty where the processor has one
// only.
func elfABI(p Processor, bits int, order ByteOrder, flags uint32) string {
	switch p {
	case AMD64:
		if bits == 32 {
			return "x32"
		}
	case ARM64:
		if bits == 32 {
			return "ilp32"
		}
	case ARM:
		switch {
		case flags&efARMEABIMask == 0:
			return "oabi"
		case flags&efARMHardFloat != 0:
			return "eabihf"
		default:
			return "eabi"
		}
	case PowerPC:
		if bits == 32 {
			return ""
		}
		// Objects may leave it open; the byte order has decided it in practice.
		if abi := flags & efPPC64ABIMask; abi == 2 || abi == 0 && order == LittleEndian {
			return "elfv2"
		}
		return "elfv1"
	case MIPS:
		return mipsABI(bits, flags)
	case RISCV:
		abi := "ilp32"
		if bits == 64 {
			abi = "lp64"
		}
		if flags&efRISCVRVE != 0 {
			abi += "e"
		}
		return abi + []string{"", "f", "d", "q"}[flags&efRISCVFloat>>1]
	case LoongArch:
		abi := "ilp32"
		if bits == 64 {
			abi = "lp64"
		}
		return abi + []string{"", "s", "f", "d", "", "", "", ""}[flags&efLoongArchABI]
	case M68K:
		if flags&efM68KColdFire != 0 {
			return "coldfire"
		}
	}
	return ""
}

func mipsABI(bits int, flags uint32) string {
	abi := "o32"
	switch {
	case flags&efMIPSABI2 != 0:
		abi = "n32"
	case flags&efMIPSABIMask == efMIPSABIO32:
		abi = "o32"
	case flags&efMIPSABIMask == efMIPSABIO64:
		abi = "o64"
	case flags&efMIPSABIMask == efMIPSABIEABI32:
		abi = "eabi32"
	case flags&efMIPSABIMask == efMIPSABIEABI64:
		abi = "eabi64"
	case bits == 64:
		abi = "n64"
	}
	if isa := flags & efMIPSArchMask; isa == efMIPSArch32R6 || isa == efMIPSArch64R6 {
		abi += "r6"
	}
	return abi
}
