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

	# x.c defines x_...: what others call carries a word of its file, one of its folders, or a noun of
	# the folder. What undoes stands beside what does: unload in load.c, detach in attach.c.
	tree . '^src/.*\.c$' | grep -vE '(/|_)main\.c$|\.bpf\.c$|^src/(bpf|lib)/' | while read -r file; do
		nouns=$(sed -nE 's/^(struct|enum|union) ([a-z0-9]+).* \{$/\2/p' "$(dirname "$file")"/*.h 2>/dev/null)
		awk -v file="$file" -v nouns="$nouns" '
			BEGIN {
				places = substr(file, 5, length(file) - 6)
				n = split(places "/" nouns, word, "[/_ \n]")
				for (i = 1; i <= n; i++) {
					is_prefix[word[i]] = 1
					sub(/s$/, "", word[i])
					is_prefix[word[i]] = 1
				}
			}
			/^[a-z]/ && !/^static/ && !/;$/ && /\(/ {
				name = substr($0, 1, index($0, "(") - 1)
				if (!match(name, /[ *][a-z_0-9]+$/))
					next
				name = prefix = substr(name, RSTART + 1)
				sub(/_.*/, "", prefix)
				sub(/^un/, "", prefix)
				sub(/^detach$/, "attach", prefix)
				if (!(prefix in is_prefix))
					print file ":" FNR ": " name " is not named after its file, folder or noun"
			}' "$file"
	done

	# Only libbpfd carries the project in its names.
	tree . '^src/.*\.[ch]$' | grep -vE '^src/(lib|bpf)/|\.bpf\.c$' | while read -r file; do
		grep -nE '^[a-z].*[ *]bpfd_[a-z0-9_]+\([^)]*' "$file" | grep -v '=' |
			sed "s|^\([0-9]*\):.*|$file:\1: an internal name with the project in it|"
	done
}

violations | awk '{ print } END { exit NR > 0 }'
