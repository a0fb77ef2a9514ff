#!/bin/sh
# Builds the helper host for every architecture, reproducibly: the same
# compilers give the same bytes, which a test compares with the committed ones.
#
#     helper/native/build.sh [DIRECTORY]     (default: helper/native/bin)
#
# The helper is linked against a stub libc.so.6 that has every symbol it needs
# and no symbol versions, so one binary runs on every glibc.
set -eu
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
out=$(mkdir -p "${1:-$here/bin}" && cd "${1:-$here/bin}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here/helper.c" "$here/call.h" "$here/protocol.h" "$work"
cd "$work" # so that no path of this machine gets into the binaries

# The first 16 bytes of the SHA-256 of protocol.h, as C constants.
hash=$(sha256sum protocol.h | cut -c1-32 | sed 's/../0x&,/g')

build() { # ARCH GCC [FLAGS]
	arch=$1 gcc=$2
	shift 2
	if ! command -v "$gcc" >/dev/null; then
		echo "build.sh: $gcc is missing (scripts/need cross installs it)" >&2
		exit 1
	fi
	"$gcc" -std=gnu11 -Wall -Wextra -O2 -fno-stack-protector -fno-asynchronous-unwind-tables -fno-ident "$@" \
		-DAPI_HASH="$hash" -c helper.c -o helper.o
	# Only libc's own symbols go into the stub; libgcc is linked statically.
	"${gcc%gcc}nm" -u helper.o | awk '$2 !~ /^(__aeabi_|_GLOBAL_OFFSET_TABLE_|\.TOC\.|_restgpr|_savegpr|__tls_get_offset|__[a-z]*[sd]i[234]$)/ { print $2 }' |
		sort -u | sed 's/@.*//' | { grep -v -E '^(stderr|__libc_start_main)$' || true; } |
		sed 's/.*/void &(void) {}/' >stub.c
	printf 'void __libc_start_main(void) {}\nvoid abort(void) {}\nvoid *stderr;\n' >>stub.c
	"$gcc" -w -fno-builtin -fno-ident -nostdlib -shared -fPIC -Wl,-soname,libc.so.6 -Wl,--build-id=none stub.c -o libc.so.6
	"$gcc" -nostdlib -pie -s -Wl,--build-id=none -Wl,--hash-style=both -Wl,-z,relro -Wl,-z,now -o "$out/$arch" \
		"$("$gcc" -print-file-name=Scrt1.o)" helper.o libc.so.6 "$("$gcc" -print-libgcc-file-name)"
}

build amd64 x86_64-linux-gnu-gcc
build i386 i686-linux-gnu-gcc
build armhf arm-linux-gnueabihf-gcc
build arm64 aarch64-linux-gnu-gcc -mno-outline-atomics
build ppc64el powerpc64le-linux-gnu-gcc
build s390x s390x-linux-gnu-gcc
build powerpc powerpc-linux-gnu-gcc
build m68k m68k-linux-gnu-gcc
