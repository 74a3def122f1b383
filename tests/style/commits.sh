#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# the subject of each commit is "area: what it does", the latter at most 60 characters
set -u
cd "$1" || exit 2
command -v git >/dev/null || { echo 'git is not installed'; exit 77; }
git rev-parse -q --verify HEAD >/dev/null 2>&1 || { echo 'this tree is not a git checkout'; exit 77; }

# Landed history cannot be mended: only the last hundred count, merges aside.
git log --no-merges -n 100 --format='%h %s' HEAD | awk '
	{
		id = $1
		subject = substr($0, length(id) + 2)
		text = subject
		if (!sub(/^[a-z0-9_.\/-]+(, [a-z0-9_.\/-]+)*: /, "", text))
			why = "does not begin with an area (folder) and a colon"
		else if (length(text) > 60)
			why = "says " length(text) " characters after its area, ceiling 60"
		else if (text ~ /\.$/)
			why = "ends in a full stop"
		else
			next
		print "commit " id ": " why ": " subject
		bad = 1
	}
	END { exit bad }'
