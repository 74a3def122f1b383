#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# scripts parse, carry their licence and can be started
set -u
here=$(cd "$(dirname "$0")" && pwd)
cd "$1" || exit 2
. "$here/tree.sh"

tree . '(\.sh|\.make|/run|/deps)$|^[^.]*$' | while read -r file; do
	first=$(head -n 1 "$file" 2>/dev/null | tr -d '\0')
	case $first in
	'#!/bin/sh' | '#!/bin/bash') shell=${first#*/bin/} ;;
	'#!/usr/bin/python3')
		shell=
		;;
	'#!'*)
		echo "$file:1: starts with $first (use /bin/sh, /bin/bash or /usr/bin/python3)"
		continue
		;;
	*) shell='sh' ;;
	esac
	case $first:$file in
	'#!'*)
		[ -x "$file" ] || echo "$file:1: has an interpreter and is not executable"
		at=2
		;;
	*.sh) at=1 ;;
	*) continue ;;
	esac
	head -n 3 "$file" | grep -q '^# SPDX-License-Identifier: Apache-2\.0$' || echo "$file:$at: no SPDX line"
	[ -z "$shell" ] || "$shell" -n "$file" 2>/dev/null || echo "$file:1: does not parse"
	grep -nE '(^|[^/a-z0-9.-])python3 +(-|[$"]|[a-z./_]+\.py)' "$file" | grep -vE '^[0-9]+:[[:space:]]*#' |
		sed "s|^\([0-9]*\):.*|$file:\1: python3 without /usr/bin: another one may come first|"
done | awk '{ print } END { exit NR > 0 }'
