# SPDX-License-Identifier: Apache-2.0
# What a test may leave behind: nothing. The tool "residue" lists it; here it gets up to 2 s to go
# away, since the kernel frees late. Sourced by lib.sh and by run.

residue_list() { "$BUILD/tests/e2e/tools/residue" "$1"; }

# residue_gone COMMAND...: 0 as soon as the command prints nothing; else what it printed last, and 1.
residue_gone() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		residue_left=$("$@" 2>&1)
		[ -n "$residue_left" ] || return 0
		sleep 0.2
	done
	echo "$residue_left"
	return 1
}

# residue_new BEFORE: what is in the kernel now and was not in that sorted list.
residue_new() {
	residue_list kernel | sort >"$1.now"
	comm -13 "$1" "$1.now"
}

# In a test file's own namespaces: pins, objects held by fds, XDP programs and clsact; processes.
residue_none_inside() { residue_gone residue_list inside; }
residue_no_process() { residue_gone residue_list processes; }
