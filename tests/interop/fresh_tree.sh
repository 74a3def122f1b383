#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is committed builds by itself, and the commands that the README names are there. TAP.
set -u
TOP=${TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
T=$(mktemp -d "${TMPDIR:-/tmp}/fresh-tree.XXXXXX") || exit 99
trap 'rm -rf "$T"' EXIT

if ! git -C "$TOP" rev-parse HEAD >/dev/null 2>&1; then
	echo '1..0 # SKIP not a git checkout'
	exit 0
fi

N=0
FAILED=0
# check SENTENCE COMMANDS: evaluated here; the output is shown on failure only.
check() {
	N=$((N + 1))
	if eval "$2" >"$T/.out" 2>&1 </dev/null; then
		echo "ok $N - $1"
	else
		echo "not ok $N - $1"
		grep -E 'error|FAILED|ERROR|missing' "$T/.out" | head -n 15 | sed 's/^/# /'
		FAILED=1
	fi
}
skip() {
	N=$((N + 1))
	echo "ok $N - $1 # SKIP $2"
}

# shipped: what runs on a host. The tests of the tree build the rest of it.
shipped='src/daemon/bpfd src/cli/bpfctl src/forkserver/bpfd-forkserver src/image/bpfd-image
	src/build/bpfd-image-build'

# commands FILE: the lines of its code blocks, without prompts.
commands() { awk '/^```/ { in_code = !in_code; next } in_code' "$1" | sed 's/^[$#] //'; }

every_make_target_exists() {
	commands "$1" | grep -oE '^(sudo )?make( [a-zA-Z_-]+)?' | awk '{ print $NF }' | sort -u | while read -r target; do
		[ "$target" != make ] || continue
		make -n -C "$T/tree" BUILD="$T/build" "$target" >/dev/null || { echo "missing: make $target"; exit 1; }
	done
}
every_verb_exists() {
	commands "$1" | grep -oE '(^|[ /])bpfctl +[a-z]+' | awk '{ print $NF }' | sort -u | while read -r verb; do
		case $verb in image) verb='image build' ;; map) verb='map dump' ;; esac
		# shellcheck disable=SC2086 # a verb of two words
		"$T/build/src/cli/bpfctl" help $verb >/dev/null || { echo "missing: bpfctl $verb"; exit 1; }
	done
}
every_file_exists() {
	grep -oE '\]\([A-Za-z0-9_./-]+\)' "$1" | tr -d '])(' | sort -u | while read -r file; do
		[ -e "$(dirname "$1")/$file" ] || { echo "missing: $file, named by $1"; exit 1; }
	done
}

check 'what is committed can be unpacked' '
	mkdir "$T/tree" && git -C "$TOP" archive HEAD | tar -x -C "$T/tree" &&
	(cd "$T/tree" && find . -type f | sort) >"$T/was"
'
check 'make configures it without installing anything' '
	make -C "$T/tree" DEPS=no BUILD="$T/build" "$T/build/build.ninja"
'
check 'what runs on a host builds' '
	ninja -C "$T/build" $shipped && for f in $shipped; do [ -x "$T/build/$f" ] || break; f=; done && [ -z "$f" ]
'
check 'building writes nothing into the tree' '
	(cd "$T/tree" && find . -type f | sort) >"$T/is" && cmp "$T/is" "$T/was"
'
check 'make help names every target that make has' '
	make -C "$T/tree" help >"$T/help" && for target in demo check check-vm bench fuzz format install; do
		grep -q "make $target " "$T/help" || { echo "missing: $target"; break; }; target=
	done && [ -z "$target" ]
'
if [ -f "$T/tree/README.md" ]; then
	check "the README's make targets exist" 'every_make_target_exists "$T/tree/README.md"'
	check "the README's bpfctl verbs exist" 'every_verb_exists "$T/tree/README.md"'
	check "the README's links lead to files" 'every_file_exists "$T/tree/README.md"'
else
	skip "the README's commands exist" 'there is no README yet'
fi
check 'the links of the documents lead to files' '
	for f in "$T"/tree/docs/*.md; do every_file_exists "$f" || break; f=; done && [ -z "$f" ]
'
echo "1..$N"
exit $FAILED
