package sysroot

import (
	"fmt"
	"strings"

	"github.com/crossplug/crossplug/arch"
)

// Target says where Debian keeps an architecture's libraries.
type Target struct {
	Arch    arch.Arch
	Debian  string // Debian's name of the architecture, as dpkg spells it
	Triplet string // the directory of its libraries under /lib and /usr/lib
	Loader  string // the dynamic loader that its executables name, an absolute path inside a tree
}

// targets has one row per architecture with a helper host. Triplets are
// those of Debian's multiarch tuples; loaders are those of the architectures'
// ELF ABI supplements, as glibc implements them (glibc wiki, ABIList).
var targets = []Target{
	{arch.LinuxAMD64, "amd64", "x86_64-linux-gnu", "/lib64/ld-linux-x86-64.so.2"},
	{arch.LinuxI386, "i386", "i386-linux-gnu", "/lib/ld-linux.so.2"},
	{arch.LinuxARM64, "arm64", "aarch64-linux-gnu", "/lib/ld-linux-aarch64.so.1"},
	{arch.LinuxARMHF, "armhf", "arm-linux-gnueabihf", "/lib/ld-linux-armhf.so.3"},
	{arch.LinuxPPC64EL, "ppc64el", "powerpc64le-linux-gnu", "/lib64/ld64.so.2"},
	{arch.LinuxS390X, "s390x", "s390x-linux-gnu", "/lib/ld64.so.1"},
}

// crossTargets have a helper host for tests, and no packages that Add could
// take: their libraries are those of Debian's cross compilers.
var crossTargets = []Target{
	{arch.LinuxPPC, "powerpc", "powerpc-linux-gnu", "/lib/ld.so.1"},
	{arch.LinuxM68K, "m68k", "m68k-linux-gnu", "/lib/ld.so.1"},
}

// Targets returns the architectures for which there can be a tree.
func Targets() []Target { return append([]Target(nil), targets...) }

// TargetOf returns what is known of an architecture's libraries, or an error
// that lists the architectures there are.
func TargetOf(a arch.Arch) (Target, error) {
	var known []string
	for _, t := range targets {
		if t.Arch == a {
			return t, nil
		}
		known = append(known, t.Debian)
	}
	return Target{}, fmt.Errorf("no library tree can be made for architecture %s (known: %s)", a, strings.Join(known, ", "))
}
