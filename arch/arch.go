// Package arch names processor architectures and recognises the images — the
// code for one architecture — inside a file. It reads bytes and executes
// nothing.
package arch

import (
	"fmt"
	"runtime"
	"strings"
)

// Processor is an instruction set family, in its maker's or Debian's spelling.
type Processor string

// The processors that crossplug can name. Only some of them can be run; see
// package helper and the guest packages for those.
const (
	I386      Processor = "i386"
	AMD64     Processor = "amd64"
	ARM       Processor = "arm"
	ARM64     Processor = "arm64"
	PowerPC   Processor = "powerpc"
	S390      Processor = "s390"
	M68K      Processor = "m68k"
	MIPS      Processor = "mips"
	RISCV     Processor = "riscv"
	SPARC     Processor = "sparc"
	Alpha     Processor = "alpha"
	PARISC    Processor = "hppa"
	IA64      Processor = "ia64"
	LoongArch Processor = "loongarch"
	SuperH    Processor = "sh"
	Wasm      Processor = "wasm"
)

// ByteOrder is the order in which a processor stores the bytes of a number.
type ByteOrder uint8

const (
	LittleEndian ByteOrder = iota
	BigEndian
)

// String returns "little-endian" or "big-endian".
func (o ByteOrder) String() string {
	if o == BigEndian {
		return "big-endian"
	}
	return "little-endian"
}

// MarshalText gives byte orders their names in JSON.
func (o ByteOrder) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// OS is the operating system, or the family of them, that an image is for.
type OS string

const (
	Linux   OS = "linux"
	Darwin  OS = "darwin"  // macOS, iOS and their relatives: Mach-O
	Classic OS = "classic" // Mac OS before X: PEF and 68K code resources
	Windows OS = "windows"
	NoOS    OS = "none" // WebAssembly, bare machines
)

// Arch says what an image needs to run: everything that decides whether a
// given runtime can load it, and nothing else. Arch values are comparable.
type Arch struct {
	Processor Processor `json:"processor"`
	Bits      int       `json:"bits"` // of an address: 16, 32 or 64
	Order     ByteOrder `json:"byteOrder"`
	OS        OS        `json:"os"`
	ABI       string    `json:"abi,omitempty"` // where one processor has several: "eabihf", "elfv2", "x32", "arm64e" …
}

// The Linux architectures that have a prebuilt helper host.
var (
	LinuxAMD64   = Arch{AMD64, 64, LittleEndian, Linux, ""}
	LinuxI386    = Arch{I386, 32, LittleEndian, Linux, ""}
	LinuxARM64   = Arch{ARM64, 64, LittleEndian, Linux, ""}
	LinuxARMHF   = Arch{ARM, 32, LittleEndian, Linux, "eabihf"}
	LinuxPPC64EL = Arch{PowerPC, 64, LittleEndian, Linux, "elfv2"}
	LinuxS390X   = Arch{S390, 64, BigEndian, Linux, ""}
)

// Linux architectures whose helper hosts serve tests: 32-bit big-endian ones,
// with the data layout of the classic Mac OS or close to it.
var (
	LinuxPPC  = Arch{PowerPC, 32, BigEndian, Linux, ""}
	LinuxM68K = Arch{M68K, 32, BigEndian, Linux, ""}
)

// named lists the architectures with a short name of their own: Debian's,
// where Debian has one.
var named = []struct {
	name string
	arch Arch
}{
	{"amd64", LinuxAMD64},
	{"i386", LinuxI386},
	{"arm64", LinuxARM64},
	{"armhf", LinuxARMHF},
	{"ppc64el", LinuxPPC64EL},
	{"s390x", LinuxS390X},
	{"alpha", Arch{Alpha, 64, LittleEndian, Linux, ""}},
	{"armel", Arch{ARM, 32, LittleEndian, Linux, "eabi"}},
	{"hppa", Arch{PARISC, 32, BigEndian, Linux, ""}},
	{"ia64", Arch{IA64, 64, LittleEndian, Linux, ""}},
	{"loong64", Arch{LoongArch, 64, LittleEndian, Linux, "lp64d"}},
	{"m68k", LinuxM68K},
	{"mips", Arch{MIPS, 32, BigEndian, Linux, "o32"}},
	{"mipsel", Arch{MIPS, 32, LittleEndian, Linux, "o32"}},
	{"mips64el", Arch{MIPS, 64, LittleEndian, Linux, "n64"}},
	{"powerpc", LinuxPPC},
	{"ppc64", Arch{PowerPC, 64, BigEndian, Linux, "elfv1"}},
	{"riscv64", Arch{RISCV, 64, LittleEndian, Linux, "lp64d"}},
	{"s390", Arch{S390, 32, BigEndian, Linux, ""}},
	{"sh4", Arch{SuperH, 32, LittleEndian, Linux, ""}},
	{"sparc64", Arch{SPARC, 64, BigEndian, Linux, ""}},
	{"x32", Arch{AMD64, 32, LittleEndian, Linux, "x32"}},
}

// Parse finds an architecture by its short name, such as "s390x".
func Parse(name string) (Arch, error) {
	var known []string
	for _, n := range named {
		if n.name == name {
			return n.arch, nil
		}
		known = append(known, n.name)
	}
	return Arch{}, fmt.Errorf("unknown architecture %q (known: %s)", name, strings.Join(known, ", "))
}

// Host is the architecture that this program itself was compiled for.
func Host() Arch {
	linux := map[string]Arch{
		"amd64": LinuxAMD64, "386": LinuxI386, "arm64": LinuxARM64, "arm": LinuxARMHF, "ppc64le": LinuxPPC64EL, "s390x": LinuxS390X,
	}
	if a, ok := linux[runtime.GOARCH]; ok && runtime.GOOS == string(Linux) {
		return a
	}
	return Arch{Processor: Processor(runtime.GOARCH), Bits: 32 << (^uint(0) >> 63), OS: OS(runtime.GOOS)}
}

// String returns the short name where there is one ("s390x"), otherwise the
// parts that distinguish the architecture ("powerpc-32-classic").
func (a Arch) String() string {
	for _, n := range named {
		if n.arch == a {
			return n.name
		}
	}
	s := fmt.Sprintf("%s-%d-%s", a.Processor, a.Bits, a.OS)
	if a.ABI != "" {
		s += "-" + a.ABI
	}
	return s
}
