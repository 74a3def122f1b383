# SPDX-License-Identifier: Apache-2.0
# Sourced by every check: which files of a tree are looked at. Not the bad fixtures of these checks.

# tree ROOT REGEX: the files of the tree, relative to ROOT, whose path matches; generated ones are
# never in it, because git ignores the build directories.
tree() (
	cd "$1" || exit 2
	if [ -e .git ]; then
		git ls-files -co --exclude-standard
	else
		find . -type f | sed 's|^\./||'
	fi | grep -E "$2" | grep -v '^tests/style/bad/' | sort -u | while read -r file; do
		[ ! -f "$file" ] || echo "$file"
	done
)

# skip REASON: this check cannot be made here.
skip() {
	echo "$*"
	exit 77
}
