#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# functions, files, headers, folders, parameters and nesting stay below their ceilings
set -u
here=$(cd "$(dirname "$0")" && pwd)
cd "$1" || exit 2
. "$here/tree.sh"

bad=0
files=$(tree . '\.[ch]$')
# shellcheck disable=SC2086 # a list of files; none has a blank in its name (check names)
[ -z "$files" ] || awk -f "$here/ceilings.awk" $files || bad=1

# Folders that are a table, one file a row, may have as many modules as the table has rows.
tree . '^src/.*\.c$' | sed 's|/[^/]*$||' | sort | uniq -c | awk '
	$1 > 12 && $2 != "src/hooks" { print $2 ": " $1 " modules, ceiling 12"; bad = 1 }
	END { exit bad }' || bad=1
exit $bad
