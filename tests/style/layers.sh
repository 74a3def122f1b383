#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# a folder of src includes only the folders and libraries that layers.txt gives it
set -u
here=$(dirname "$0")
root=$1
. "$here/tree.sh"

tree "$root" '^src/.*\.[ch]$' | awk -v root="$root" '
	# The longest row that is the path itself or a folder above it.
	function row_of(path,   f) {
		for (f = path; f != ""; f = sub(/\/[^\/]*$/, "", f) ? f : "")
			if (f in may)
				return f
		return ""
	}
	function allowed(list, folder,   n, i, word) {
		n = split(list, word, " ")
		for (i = 1; i <= n; i++)
			if (folder == word[i] || index(folder "/", word[i] "/") == 1)
				return 1
		return 0
	}
	function said(text) {
		print path ":" line ": " text
		bad = 1
	}
	function check_own(name,   to, target) {
		if (name ~ /\.pb-c\.h$/)
			target = "proto"
		else if (name == "bpfd/bpfd.h")
			target = "public"
		else if (name !~ /\//)
			return
		else {
			to = name
			sub(/\/[^\/]*$/, "", to)
			if (to ~ /^\.\.?(\/|$)/) {
				said("includes \"" name "\" by a relative path")
				return
			}
			target = row_of(to)
			if (target == "") {
				said("includes \"" name "\" of a folder that layers.txt does not name")
				return
			}
		}
		if (target != from && index(target, from "/") != 1 && !allowed(may[from], target))
			said(from " may not include " target " (" name ")")
	}
	function check_system(name,   h) {
		if (name == "bpfd/bpfd.h" || name ~ /\.pb-c\.h$/) {
			check_own(name)
			return
		}
		for (h in only)
			if (index("<" name ">", h) == 1 && !allowed(only[h], folder))
				said(folder " may not include <" name ">")
	}
	FILENAME ~ /layers\.txt$/ {
		sub(/#.*/, "")
		if (NF == 0)
			next
		key = $1
		$1 = ""
		if (key ~ /^</)
			only[key] = $0
		else
			may[key] = $0
		next
	}
	{
		path = $0
		folder = path
		sub(/^src\//, "", folder)
		sub(/\/[^\/]*$/, "", folder)
		from = row_of(folder)
		line = 0
		if (from == "")
			said("its folder has no row in layers.txt")
		while (from != "" && (getline text < (root "/" path)) > 0) {
			line++
			if (text !~ /^[ \t]*#[ \t]*include/)
				continue
			name = text
			if (sub(/^[^"<]*"/, "", name) && sub(/".*/, "", name))
				check_own(name)
			else if (sub(/^[^<]*</, "", name) && sub(/>.*/, "", name))
				check_system(name)
		}
		close(root "/" path)
	}
	END { exit bad }
' "$here/layers.txt" -
