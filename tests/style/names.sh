#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# files and functions are named and headed as docs/STYLE.md asks
set -u
here=$(cd "$(dirname "$0")" && pwd)
cd "$1" || exit 2
. "$here/tree.sh"

violations() {
	tree . . | grep ' ' | sed 's/$/: a blank in a file name/'
	tree . . | grep -E '(^|[/_.-])(utils?|helpers?|common|manager|misc)([/_.-]|$)' |
		sed 's/$/: a name that says nothing (util, helper, common, manager, misc)/'

	# Kernel-side code may carry the kernel's licence.
	tree . '\.(c|h|proto)$' | while read -r file; do
		case $file in
		*.bpf.c | src/bpf/*) licence='(Apache-2\.0|GPL-2\.0-only OR BSD-2-Clause)' ;;
		*.h) licence='(Apache-2\.0|GPL-2\.0-only OR BSD-2-Clause)' ;;
		*) licence='Apache-2\.0' ;;
		esac
		head -n 1 "$file" | grep -qE "^(/\* |// )SPDX-License-Identifier: $licence( \*/)?\$" ||
			echo "$file:1: the first line is not the SPDX line"
		sed -n 2p "$file" | grep -qE '^(/\*|//)' || echo "$file:2: no head comment (what this owns)"
		case $file in
		*.h) grep -qx '#pragma once' "$file" || echo "$file:1: no #pragma once" ;;
		esac
	done

	# x.c defines x_...: what others call carries the name of its file, its folder, or a noun of the folder.
	tree . '^src/.*\.c$' | grep -vE '/main\.c$|\.bpf\.c$|^src/bpf/' | while read -r file; do
		stem=$(basename "$file" .c)
		folder=$(basename "$(dirname "$file")")
		nouns=$(sed -nE 's/^(struct|enum|union) ([a-z0-9]+).* \{$/\2/p' "$(dirname "$file")"/*.h 2>/dev/null |
			sort -u | tr '\n' ' ')
		awk -v file="$file" -v prefixes="$stem $folder $nouns" '
			function has_prefix(name,   n, i, p) {
				n = split(prefixes, p, " ")
				for (i = 1; i <= n; i++)
					if (index(name "_", p[i] "_") == 1)
						return 1
				return 0
			}
			/^[a-z]/ && !/^static/ && !/;$/ && /\(/ {
				name = substr($0, 1, index($0, "(") - 1)
				if (!match(name, /[ *][a-z_0-9]+$/))
					next
				name = substr(name, RSTART + 1)
				sub(/^bpfd_/, "", name)
				if (!has_prefix(name))
					print file ":" FNR ": " name " begins with none of: " prefixes
			}' "$file"
	done

	# Only libbpfd carries the project in its names.
	tree . '^src/.*\.[ch]$' | grep -vE '^src/(lib|bpf)/|\.bpf\.c$' | while read -r file; do
		grep -nE '^[a-z].*[ *]bpfd_[a-z0-9_]+\([^)]*' "$file" | grep -v '=' |
			sed "s|^\([0-9]*\):.*|$file:\1: an internal name with the project in it|"
	done
}

violations | awk '{ print } END { exit NR > 0 }'
