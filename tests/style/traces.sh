#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# no file names a path of the machine it was written on, or a package host
#
# The paths are where this tree lies and the home directories; the hosts are those of apt's sources.
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$1" && pwd)
. "$here/tree.sh"
words=$(mktemp)
trap 'rm -f "$words"' EXIT

{
	echo "$root"
	# Its parent too, where that is a place of its own and not one that every machine has.
	case ${root%/*} in
	'' | /tmp | /var/tmp | /opt | /srv | /usr/src | /src | /root | /home | /home/* | /mnt) ;;
	*) echo "${root%/*}/" ;;
	esac
	case ${HOME:-/} in / | /root) ;; *) echo "$HOME/" ;; esac
	cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
		sed 's/#.*//' | grep -oE '://[^/ ]+' | cut -c4-
} | sort -u >"$words"

cd "$root" || exit 2
tree . . | while read -r file; do
	grep -InFf "$words" "$file" | cut -d: -f1 |
		sed "s|^|$file:|; s|\$|: names a path of this machine or a package host|"
	grep -InE '(^|[^A-Za-z0-9._/-])/home/[a-z0-9_]+/[A-Za-z0-9.]' "$file" | cut -d: -f1 |
		sed "s|^|$file:|; s|\$|: names a home directory|"
done | sort -u | awk '{ print } END { exit NR > 0 }'
