#!/bin/sh
# Builds the LADSPA shim for every architecture of hosts, reproducibly: the same
# compilers give the same bytes, which a test compares with the committed ones.
#
#     bridge/native/build.sh [DIRECTORY]     (default: bridge/native/bin)
#
# Like the helper, the shim is linked against a stub libc.so.6 without symbol
# versions. It uses nothing of libc that is younger than glibc 2.6, and of the
# dynamic loader "unique" symbols, so it runs with glibc 2.11 and later.
set -eu
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
out=$(mkdir -p "${1:-$here/bin}" && cd "${1:-$here/bin}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sources="client.c lane.c spawn.c sidecar.c ladspa.c"
for file in $sources client.h private.h sidecar.h ladspa_direct.h; do
	cp "$here/$file" "$work"
done
cp "$here/../../helper/native/protocol.h" "$work"
cd "$work" # so that no path of this machine gets into the binaries

# The first 16 bytes of the SHA-256 of protocol.h, as C constants.
hash=$(sha256sum protocol.h | cut -c1-32 | sed 's/../0x&,/g')
# Only copies of the same code share their variables.
source_hash=$(cat ./*.c ./*.h | sha256sum | cut -c1-16)

build() { # ARCH GCC [FLAGS]
	arch=$1 gcc=$2
	shift 2
	if ! command -v "$gcc" >/dev/null; then
		echo "build.sh: $gcc is missing (scripts/need cross installs it)" >&2
		exit 1
	fi
	objects=
	for file in $sources; do
		# ladspa.h is the same for all, but lies where only the native compiler looks.
		"$gcc" -std=gnu11 -Wall -Wextra -Werror -O2 -ftree-vectorize -fPIC -fvisibility=hidden -fno-stack-protector \
			-fno-asynchronous-unwind-tables -fno-ident -idirafter /usr/include \
			-DAPI_HASH="$hash" -DSOURCE_HASH="$source_hash" "$@" -c "$file" -o "${file%.c}.o"
		objects="$objects ${file%.c}.o"
	done
	# shellcheck disable=SC2086 # a list of names without blanks
	"$gcc" -r -nostdlib -o all.o $objects
	"${gcc%gcc}nm" -u all.o | awk '$2 !~ /^(_GLOBAL_OFFSET_TABLE_|environ)$/ { print "void " $2 "(void) {}" }' | sort -u >stub.c
	printf 'char **environ;\nvoid abort(void) {}\n' >>stub.c
	"$gcc" -w -fno-builtin -fno-ident -nostdlib -shared -fPIC -Wl,-soname,libc.so.6 -Wl,--build-id=none stub.c -o libc.so.6
	# shellcheck disable=SC2086
	"$gcc" -nostdlib -shared -s -Wl,--build-id=none -Wl,--hash-style=both -Wl,-z,relro -Wl,-z,now -Wl,-z,defs -Wl,-z,noexecstack \
		-o "$out/$arch.so" $objects libc.so.6 "$("$gcc" -print-libgcc-file-name)"
}

build amd64 x86_64-linux-gnu-gcc
build i386 i686-linux-gnu-gcc
build arm64 aarch64-linux-gnu-gcc -mno-outline-atomics
