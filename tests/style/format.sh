#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# every C file is laid out as .clang-format says
#
# usage: format.sh ROOT; format.sh --fix lays out this tree.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/tree.sh"
[ "$1" = --fix ] && root=$here/../.. || root=$1
cd "$root" || exit 2
command -v clang-format >/dev/null || skip 'clang-format is not installed'

files=$(tree . '\.[ch]$')
[ -n "$files" ] || exit 0
# shellcheck disable=SC2086 # a list of files; none has a blank in its name (check names)
if [ "$1" = --fix ]; then
	clang-format -i $files
else
	clang-format --dry-run -Werror $files 2>&1 |
		awk -F: '/: error: / { n[$1]++ }
			END { for (f in n) { print f ": " n[f] " lines off .clang-format (make format)"; bad = 1 }; exit bad }'
fi
