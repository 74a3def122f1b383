#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# no object but those of the main.c files has writable globals
#
# Looks at the objects in $BUILD: .data, .bss and their thread-local kin; .data.rel.ro is constant.
set -u
[ -n "$(find "$BUILD/src" -name '*.c.o' 2>/dev/null | head -n 1)" ] || { echo 'nothing is built (make)'; exit 77; }
command -v nm >/dev/null || { echo 'nm (binutils) is not installed'; exit 77; }
cd "$BUILD" || exit 2

find src -name '*.c.o' | grep -vE '\.pb-c\.c\.o$|[/_]main\.c\.o$' | sort | while read -r object; do
	source=$(echo "${object%.o}" | sed 's|[^/]*\.p/||')
	nm -f sysv "$object" | awk -F'|' -v source="$source" '
		{ gsub(/ /, "", $1); gsub(/ /, "", $4); gsub(/ /, "", $7) }
		$4 != "OBJECT" && $4 != "TLS" { next }
		$7 ~ /^\.(data|bss|tdata|tbss)/ && $7 !~ /^\.data\.rel\.ro/ || $7 == "*COM*" {
			sub(/\.[0-9]+$/, "", $1)
			print source ": " $1 " is a writable global"
		}'
done | awk '{ print } END { exit NR > 0 }'
