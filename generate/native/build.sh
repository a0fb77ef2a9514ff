#!/bin/sh
# Builds a generated dispatcher for several architectures, reproducibly: the
# same compilers give the same bytes.
#
#     build.sh DIRECTORY SOURCE "ARCHITECTURE..." [INCLUDE...]
#
# writes DIRECTORY/ARCHITECTURE.so. The headers of this script's directory are
# found without being named. As the helper host, a dispatcher is linked against
# a stub libc.so.6 that has every symbol it needs and no symbol versions, so
# that it loads with every glibc.
set -eu
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
out=$(mkdir -p "$1" && cd "$1" && pwd)
source=$2
archs=$3
shift 3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here"/*.h "$source" "$work"
for directory; do
	cp "$directory"/*.h "$work"
done
source=$(basename "$source")
cd "$work" # so that no path of this machine gets into the binaries

build() { # ARCH GCC [FLAGS]
	arch=$1 gcc=$2
	shift 2
	if ! command -v "$gcc" >/dev/null; then
		echo "build.sh: $gcc is missing (scripts/need cross installs it)" >&2
		exit 1
	fi
	"$gcc" -std=gnu11 -Wall -Wextra -O2 -fPIC -fvisibility=hidden -fno-stack-protector -fno-asynchronous-unwind-tables -fno-ident "$@" \
		-I. -c "$source" -o dispatcher.o
	# Only libc's own symbols go into the stub; libgcc is linked statically.
	"${gcc%gcc}nm" -u dispatcher.o | awk '$2 !~ /^(__aeabi_|_GLOBAL_OFFSET_TABLE_|\.TOC\.|_restgpr|_savegpr|__tls_get_offset|__[a-z]*[sd]i[234]$)/ { print $2 }' |
		sort -u | sed 's/@.*//; s/.*/void &(void) {}/' >stub.c
	echo 'void raise(void) {}' >>stub.c # libgcc's division by zero on arm
	"$gcc" -w -fno-builtin -fno-ident -nostdlib -shared -fPIC -Wl,-soname,libc.so.6 -Wl,--build-id=none stub.c -o libc.so.6
	"$gcc" -nostdlib -shared -s -Wl,--build-id=none -Wl,--hash-style=both -Wl,-z,relro -Wl,-z,now -Wl,-z,defs -o "$out/$arch.so" \
		dispatcher.o libc.so.6 "$("$gcc" -print-libgcc-file-name)"
}

for architecture in $archs; do
	case $architecture in
	amd64) build amd64 x86_64-linux-gnu-gcc ;;
	i386) build i386 i686-linux-gnu-gcc ;;
	armhf) build armhf arm-linux-gnueabihf-gcc ;;
	arm64) build arm64 aarch64-linux-gnu-gcc -mno-outline-atomics ;;
	ppc64el) build ppc64el powerpc64le-linux-gnu-gcc ;;
	s390x) build s390x s390x-linux-gnu-gcc ;;
	powerpc) build powerpc powerpc-linux-gnu-gcc ;;
	m68k) build m68k m68k-linux-gnu-gcc ;;
	*)
		echo "build.sh: no compiler is known for $architecture" >&2
		exit 2
		;;
	esac
done
