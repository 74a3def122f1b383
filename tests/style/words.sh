#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# nothing is written that docs/STYLE.md leaves out
set -u
here=$(cd "$(dirname "$0")" && pwd)
cd "$1" || exit 2
. "$here/tree.sh"
lists=$(mktemp -d)
trap 'rm -rf "$lists"' EXIT
bad=0

tree . '\.[ch]$' >"$lists/files"
# shellcheck disable=SC2046 # a list of files; none has a blank in its name (check names)
{
	awk -f "$here/strip.awk" $(cat "$lists/files") /dev/null >"$lists/code"
	awk '{ print FILENAME ":" FNR ":" $0 }' $(cat "$lists/files") /dev/null >"$lists/text"
}

# forbid code|text FILES EXCEPT PATTERN WHY: in files that match FILES and not EXCEPT, no line of code
# (or of the whole text) may match PATTERN.
forbid() {
	awk -v files="$2" -v except="$3" -v pattern="$4" -v why="$5" '
		{
			split($0, part, ":")
			line = substr($0, length(part[1] part[2]) + 3)
		}
		part[1] ~ files && (except == "" || part[1] !~ except) && line ~ pattern {
			print part[1] ":" part[2] ": " why
			bad = 1
		}
		END { exit bad }' "$lists/$1" || bad=1
}

pure='^src/(base|model|rpc|manifest|wire|chain|kernel|image|portability|hooks|lib)/'
w='(^|[^A-Za-z_0-9])'

forbid code . '' "${w}goto +[a-z_]+" 'goto (use early return and cleanup attributes)' |
	awk -v lists="$lists" '{ print >(lists "/goto") }'
[ ! -s "$lists/goto" ] || while IFS=: read -r file line why; do
	sed -n "${line}p" "$file" | grep -qE 'goto (retry|again);' || { echo "$file:$line:$why"; bad=1; }
done <"$lists/goto"
forbid code . '' "${w}typedef +(struct|union|enum)" 'typedef of a struct, union or enum'
forbid text . '' "${w}(TODO|FIXME)([^A-Za-z_]|\$)" 'a note to oneself: do it, or file it as an issue'
forbid text . '' '^[ \t]*(//.*;|/\*.*([])] *;|=.*;|[{}]) *\*/) *$' 'commented-out code'
forbid text . '' '^[ \t]*#[ \t]*if[ \t]+0' 'commented-out code'
forbid text . '' '^[ \t]*(/\*|//|\*)[ \t]*[-=*#~][-=*#~][-=*#~][-=*#~]' 'a banner'
forbid text '\.h$' '\.bpf\.h$' '^#ifndef [A-Z_]*_H_*$' 'an include guard (use #pragma once)'
forbid code '^src/' '[/_]main\.c$|^src/cli/|^src/kubectl/|^src/bpf/|\.bpf\.c$' \
	"$w(printf|puts|putchar|perror|vprintf)[ ]*\\(|${w}v?fprintf[ ]*\\([ ]*std|${w}fputs[ ]*\\(.*std(out|err)" \
	'prints (only src/cli, src/kubectl and the main.c files do)'
forbid code "$pure" '[/_]main\.c$|^src/base/sandbox\.c$' "$w(exit|_exit|_Exit|abort|errx?|warnx?) *\\(" \
	'ends the process (return -errno and a reason)'
forbid code "$pure" '^src/base/log\.[ch]$' "${w}log_(line|error|warning|info|debug) *\\(" \
	'logs (libraries and stages return a reason)'
forbid code '^src/' '' "$w(strcpy|strcat|sprintf|vsprintf|gets|strtok|alloca|system|popen) *\\(" \
	'a call without a bound, or a shell'
exit $bad
