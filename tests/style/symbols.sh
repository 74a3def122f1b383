#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# libbpfd.so exports what its map lists and its header declares, no more and no less
set -u
cd "$1" || exit 2
map=src/lib/libbpfd.map
header=include/bpfd/bpfd.h
[ -f $map ] || { echo "there is no $map yet"; exit 77; }
[ -f $header ] || { echo "there is no $header yet"; exit 77; }
library=$(find "$BUILD/src/lib" -name 'libbpfd.so*' -type f 2>/dev/null | head -n 1)
[ -n "$library" ] || { echo "libbpfd.so is not built (make)"; exit 77; }
lists=$(mktemp -d)
trap 'rm -rf "$lists"' EXIT

sed 's|/\*.*\*/||; s|#.*||' $map | grep -oE '\<bpfd_[a-z0-9_]+;' | tr -d ';' | sort -u >"$lists/map"
nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort -u >"$lists/library"
# A declaration: what stands before the parameters of a prototype outside of comments.
awk '{ while (match($0, /\/\*[^*]*\*\//)) $0 = substr($0, 1, RSTART - 1) substr($0, RSTART + RLENGTH) }
	/\/\*/ { sub(/\/\*.*/, ""); print; comment = 1; next }
	comment { if (/\*\//) comment = 0; next }
	/^static/ { next }
	{ print }' $header |
	grep -E '^[a-zA-Z].*[ *]bpfd_[a-z0-9_]+\(' | grep -vE '^(typedef|#)' |
	sed -E 's/^[^(]*[ *](bpfd_[a-z0-9_]+)\(.*/\1/' | sort -u >"$lists/header"

{
	comm -23 "$lists/map" "$lists/library" | sed "s|\$|: listed in $map, not exported|"
	comm -13 "$lists/map" "$lists/library" | sed "s|\$|: exported, not listed in $map|"
	comm -23 "$lists/map" "$lists/header" | sed "s|\$|: listed in $map, not declared in $header|"
	comm -13 "$lists/map" "$lists/header" | sed "s|\$|: declared in $header, not listed in $map|"
} | awk '{ print } END { exit NR > 0 }'
