#!/bin/sh
# Builds a generated shim, a shared object for programs of this machine:
#
#     shim.sh OUTPUT SOURCE [INCLUDE...]
#
# SOURCE is NAME_shim.c; the other sources and headers are found beside this
# script, the API's own header in one of the directories INCLUDE. CC is the
# compiler, gcc if not set.
set -eu
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
out=$1 source=$2
shift 2
for directory; do
	shift
	set -- "$@" -I "$directory"
done
sources="$here/lend.c $here/client.c $here/lane.c $here/spawn.c"
# What shim and helper have to agree on, and what copies of one client have to.
protocol=$(sha256sum <"$here/protocol.h" | cut -c1-32)
client=$(cat "$here"/client.[ch] "$here"/lane.c "$here"/spawn.c "$here"/private.h "$here"/protocol.h | sha256sum | cut -c1-16)
# shellcheck disable=SC2086 # a list of names
"${CC:-gcc}" -std=gnu11 -Wall -Wextra -O2 -fPIC -shared -fvisibility=hidden -Wl,-z,relro -Wl,-z,now \
	-DAPI_HASH="$(echo "$protocol" | sed 's/../0x&,/g')" -DPROTOCOL="\"$protocol\"" -DSOURCE_HASH="$client" \
	-I "$here" "$@" -o "$out" "$source" $sources
