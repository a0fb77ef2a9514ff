package helper

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"fmt"

	"github.com/crossplug/crossplug/arch"
)

// The helper hosts, built from native/helper.c by native/build.sh.
//
//go:embed native/bin
var binaries embed.FS

// protocol is the text of protocol.h, the definition of what the helper and its
// host say to each other.
//
//go:embed native/protocol.h
var protocol []byte

// Archs lists the architectures that plug-ins are run for. There are helpers for
// arch.LinuxPPC and arch.LinuxM68K as well, which tests use.
func Archs() []arch.Arch {
	return []arch.Arch{arch.LinuxAMD64, arch.LinuxI386, arch.LinuxARM64, arch.LinuxARMHF, arch.LinuxPPC64EL, arch.LinuxS390X}
}

// Binary returns a copy of the helper host's executable for an architecture, for
// programs that start it by themselves. It wants the descriptors of its stream
// and of the shared memory, and the memory's size, as arguments; see
// native/helper.c.
func Binary(a arch.Arch) ([]byte, error) {
	b, err := helperBinary(a)
	return bytes.Clone(b), err
}

// Protocol returns a copy of protocol.h, for programs in C that speak with a
// helper host by themselves.
func Protocol() []byte { return bytes.Clone(protocol) }

// helperBinary returns the helper executable for an architecture. The caller must
// not change it.
func helperBinary(a arch.Arch) ([]byte, error) {
	b, err := binaries.ReadFile("native/bin/" + a.String())
	if err != nil {
		return nil, fmt.Errorf("there is no helper host for %v", a)
	}
	return b, nil
}

// apiHash identifies the protocol in the handshake: the first 16 bytes of the
// SHA-256 of protocol.h. build.sh compiles the same bytes into the helper.
func apiHash() (h [16]byte) {
	sum := sha256.Sum256(protocol)
	copy(h[:], sum[:])
	return h
}
