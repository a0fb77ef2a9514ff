package arch

import "fmt"

// Mach-O, as <mach-o/loader.h>, <mach-o/fat.h> and <mach/machine.h> define it.
//
// A thin file is one image. Its magic number is stored in the processor's own
// byte order, which is how that is known. A fat file is a big-endian list of
// where, for which processor, a thin file follows. The list cannot be told
// from a Java class file by its magic number, which is the same; see isFat.
const (
	machoMagic32 = 0xfeedface
	machoMagic64 = 0xfeedfacf
	fatMagic32   = 0xcafebabe // fat_arch records of 20 bytes
	fatMagic64   = 0xcafebabf // fat_arch_64 records of 32 bytes
)

// cpuType is cpu_type_t: a family, with a flag for its wide variants.
type cpuType uint32

const (
	cpuABI64   cpuType = 0x01000000 // CPU_ARCH_ABI64: 64-bit
	cpuABI6432 cpuType = 0x02000000 // CPU_ARCH_ABI64_32: 64-bit code, 32-bit addresses

	cpuX86     cpuType = 7
	cpuARM     cpuType = 12
	cpuPowerPC cpuType = 18
)

// cpuTypes is sorted. The names in the header all begin with CPU_TYPE_.
var cpuTypes = []struct {
	cpu       cpuType
	name      string
	processor Processor
	bits      int
}{
	{1, "VAX", "vax", 32},
	{6, "MC680x0", M68K, 32},
	{cpuX86, "X86", I386, 32},
	{10, "MC98000", PowerPC, 32},
	{11, "HPPA", PARISC, 32},
	{cpuARM, "ARM", ARM, 32},
	{13, "MC88000", "m88k", 32},
	{14, "SPARC", SPARC, 32},
	{15, "I860", "i860", 32},
	{cpuPowerPC, "POWERPC", PowerPC, 32},
	{cpuX86 | cpuABI64, "X86_64", AMD64, 64},
	{cpuARM | cpuABI64, "ARM64", ARM64, 64},
	{cpuPowerPC | cpuABI64, "POWERPC64", PowerPC, 64},
	{cpuARM | cpuABI6432, "ARM64_32", ARM64, 32},
}

// String returns the header's name, or the nearest lower one and the distance.
func (c cpuType) String() string {
	for i := len(cpuTypes) - 1; i >= 0; i-- {
		switch t := cpuTypes[i]; {
		case t.cpu == c:
			return "CPU_TYPE_" + t.name
		case t.cpu < c:
			return fmt.Sprintf("CPU_TYPE_%s+%d", t.name, c-t.cpu)
		}
	}
	return fmt.Sprintf("CPU_TYPE_%d", uint32(c))
}

// cpuSubtypes lists the subtypes that older or plainer processors of the type
// cannot run, or that pass arguments another way, by the names that lipo uses.
// The other subtypes only say for which model the code was tuned.
var cpuSubtypes = []struct {
	cpu     cpuType
	subtype uint32
	abi     string
}{
	{cpuX86 | cpuABI64, 8, "x86_64h"},
	{cpuARM, 5, "armv4t"},
	{cpuARM, 6, "armv6"},
	{cpuARM, 7, "armv5"},
	{cpuARM, 8, "xscale"},
	{cpuARM, 9, "armv7"},
	{cpuARM, 10, "armv7f"},
	{cpuARM, 11, "armv7s"},
	{cpuARM, 12, "armv7k"},
	{cpuARM, 13, "armv8"},
	{cpuARM, 14, "armv6m"},
	{cpuARM, 15, "armv7m"},
	{cpuARM, 16, "armv7em"},
	{cpuARM | cpuABI64, 2, "arm64e"},
	{cpuARM | cpuABI6432, 0, "arm64_32"},
	{cpuARM | cpuABI6432, 1, "arm64_32"},
	{cpuPowerPC, 10, "ppc7400"}, // from here on with AltiVec
	{cpuPowerPC, 11, "ppc7450"},
	{cpuPowerPC, 100, "ppc970"},
}

// cpuSubtypeMask is CPU_SUBTYPE_MASK: the subtype's capability bits, such as
// the version of arm64e's pointer authentication.
const cpuSubtypeMask = 0xff000000

// machoArch names the architecture of a Mach-O image.
func machoArch(cpu cpuType, subtype uint32, order ByteOrder) Arch {
	a := Arch{Processor: Processor(cpu.String()), Bits: 32, Order: order, OS: Darwin}
	if cpu&cpuABI64 != 0 {
		a.Bits = 64
	}
	for _, t := range cpuTypes {
		if t.cpu == cpu {
			a.Processor, a.Bits = t.processor, t.bits
		}
	}
	for _, s := range cpuSubtypes {
		if s.cpu == cpu && s.subtype == subtype&^cpuSubtypeMask {
			a.ABI = s.abi
		}
	}
	return a
}

// The file types that hold symbols, not code.
const (
	mhDylibStub = 9
	mhDSYM      = 10
)

// machoKinds is indexed by filetype, MH_OBJECT and so on.
var machoKinds = []Kind{
	1: KindRelocatable, // MH_OBJECT
	2: KindExecutable,  // MH_EXECUTE
	3: KindShared,      // MH_FVMLIB, at a fixed address
	4: KindCore,        // MH_CORE
	5: KindExecutable,  // MH_PRELOAD: firmware
	6: KindShared,      // MH_DYLIB
	7: KindOther,       // MH_DYLINKER
	8: KindBundle,      // MH_BUNDLE

	mhDylibStub: KindOther,  // to link against
	mhDSYM:      KindOther,  // to debug with
	11:          KindBundle, // MH_KEXT_BUNDLE
	12:          KindOther,  // MH_FILESET: a kernel and its extensions
}

func machoKind(filetype uint32) Kind {
	if filetype == 0 || filetype >= uint32(len(machoKinds)) {
		return KindOther
	}
	return machoKinds[filetype]
}

// loadCommand is the cmd field of a load command.
type loadCommand uint32

const (
	lcReqDyld         loadCommand = 0x80000000 // set in commands that dyld must understand
	lcSymtab          loadCommand = 0x02
	lcLoadDylib       loadCommand = 0x0c
	lcIDDylib         loadCommand = 0x0d
	lcLoadWeakDylib   loadCommand = 0x18 | lcReqDyld
	lcReexportDylib   loadCommand = 0x1f | lcReqDyld
	lcLazyLoadDylib   loadCommand = 0x20
	lcDyldInfo        loadCommand = 0x22
	lcDyldInfoOnly    loadCommand = 0x22 | lcReqDyld
	lcLoadUpwardDylib loadCommand = 0x23 | lcReqDyld
	lcDyldExportsTrie loadCommand = 0x33 | lcReqDyld
	lcSegment         loadCommand = 0x01
	lcSegment64       loadCommand = 0x19
)

// The n_type field of a symbol.
const (
	nStab = 0xe0 // any bit set: for debuggers
	nPExt = 0x10 // private external: was visible until linked
	nType = 0x0e // what it is; 0 is undefined
	nExt  = 0x01 // external
)
