package arch

import "fmt"

// PE, as Microsoft's "PE Format" specification defines it: an MS-DOS program,
// 60 bytes into which is the place of the letters "PE", a COFF header, an
// optional header (which images must have) and section headers. All numbers
// are little-endian, even where the processor is not.
const (
	mzMagic          = "MZ"
	peMagic          = "PE\x00\x00"
	peOffsetAt       = 0x3c // e_lfanew
	dosRelocationsAt = 0x18 // e_lfarlc
	pe32Magic        = 0x10b
	pe32Plus         = 0x20b
	peSectionLen     = 40

	peFileDLL = 0x2000 // IMAGE_FILE_DLL, in the characteristics

	// Data directories, by their index.
	peDirExport     = 0
	peDirImport     = 1
	peDirLoadConfig = 10
	peDirCLR        = 14
	peDirs          = 16

	// IMAGE_LOAD_CONFIG_DIRECTORY64.CHPEMetadataPointer: the image holds code
	// for x86-64 and ARM64 side by side.
	peCHPEMetadata = 200
)

// peMachine is the machine field of the COFF header.
type peMachine uint16

const (
	peAMD64 peMachine = 0x8664
	peARM64 peMachine = 0xaa64
)

// peMachines is sorted. The names in the specification all begin with
// IMAGE_FILE_MACHINE_.
var peMachines = []struct {
	machine   peMachine
	name      string
	processor Processor
	order     ByteOrder
	abi       string
}{
	{0x14c, "I386", I386, LittleEndian, ""},
	{0x160, "R3000BE", MIPS, BigEndian, ""},
	{0x162, "R3000", MIPS, LittleEndian, ""},
	{0x166, "R4000", MIPS, LittleEndian, ""},
	{0x168, "R10000", MIPS, LittleEndian, ""},
	{0x169, "WCEMIPSV2", MIPS, LittleEndian, ""},
	{0x184, "ALPHA", Alpha, LittleEndian, ""},
	{0x1a2, "SH3", SuperH, LittleEndian, ""},
	{0x1a6, "SH4", SuperH, LittleEndian, ""},
	{0x1c0, "ARM", ARM, LittleEndian, ""},
	{0x1c2, "THUMB", ARM, LittleEndian, "thumb"},
	{0x1c4, "ARMNT", ARM, LittleEndian, "thumb2"},
	{0x1f0, "POWERPC", PowerPC, LittleEndian, ""},
	{0x1f1, "POWERPCFP", PowerPC, LittleEndian, ""},
	{0x1f2, "POWERPCBE", PowerPC, BigEndian, ""},
	{0x200, "IA64", IA64, LittleEndian, ""},
	{0x268, "M68K", M68K, BigEndian, ""},
	{0x284, "ALPHA64", Alpha, LittleEndian, ""},
	{0xebc, "EBC", "ebc", LittleEndian, ""}, // EFI byte code
	{0x5032, "RISCV32", RISCV, LittleEndian, ""},
	{0x5064, "RISCV64", RISCV, LittleEndian, ""},
	{0x6232, "LOONGARCH32", LoongArch, LittleEndian, ""},
	{0x6264, "LOONGARCH64", LoongArch, LittleEndian, ""},
	{peAMD64, "AMD64", AMD64, LittleEndian, ""},
	{0xa641, "ARM64EC", ARM64, LittleEndian, "arm64ec"},
	{0xa64e, "ARM64X", ARM64, LittleEndian, "arm64x"},
	{peARM64, "ARM64", ARM64, LittleEndian, ""},
}

// String returns the specification's name, or the nearest lower one and the
// distance.
func (m peMachine) String() string {
	for i := len(peMachines) - 1; i >= 0; i-- {
		switch t := peMachines[i]; {
		case t.machine == m:
			return "IMAGE_FILE_MACHINE_" + t.name
		case t.machine < m:
			return fmt.Sprintf("IMAGE_FILE_MACHINE_%s+%d", t.name, m-t.machine)
		}
	}
	return fmt.Sprintf("IMAGE_FILE_MACHINE_%d", uint16(m))
}

// peSubsystemEFI says whether an image is for firmware: IMAGE_SUBSYSTEM_EFI_
// APPLICATION, BOOT_SERVICE_DRIVER, RUNTIME_DRIVER and ROM.
func peSubsystemEFI(subsystem uint16) bool { return subsystem >= 10 && subsystem <= 13 }

// dosFormats are the other formats that begin as MS-DOS programs, by the two
// letters where PE has its own.
var dosFormats = map[string]string{
	"NE": "a 16-bit Windows or OS/2 program (NE), which is not supported",
	"LE": "a Windows VxD driver (LE), which is not supported",
	"LX": "a 32-bit OS/2 program (LX), which is not supported",
}
