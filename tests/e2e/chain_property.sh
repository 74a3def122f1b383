#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Random chains of xdp and tc against a plain interpreter of the rules (tests/property): verdict, bytes of
# the packet, maps and statistics agree. As many as fit into some seconds; what does not agree tells its
# seed. A second generator (tests/property/raw) has what that one does not: fragments, slots that are
# empty or emptied, a member that is the end by itself, marks of packets, limits that cut a chain.
. "${0%/*}/lib.sh"

PROPERTY=$BUILD/tests/property/property
SECONDS_EACH=${SECONDS_EACH:-15} CASES_LEAST=100

# run CASES SECONDS [SEED]
run() { "$PROPERTY" "$@" >said 2>members || { cat said; head -n 60 members; return 1; }; }
# agree [SEED]: a machine that is busy gets more time instead.
agree() {
	run 20000 "$SECONDS_EACH" "$@" || return 1
	[ "$(sed -n 's/^# \([0-9]*\) cases from.*/\1/p' said)" -ge "$CASES_LEAST" ] || run "$CASES_LEAST" 300 "$@"
}

test_expect 'chains of a fixed seed do what their members do one after the other' 'agree 1'
cat said
test_expect 'chains of a new seed as well' 'agree'
cat said

# random CASES,SECONDSs [SEED]: "not refused" and "equal" are the tool's to judge; counts go to ./cases.
random() {
	"$BUILD/tests/property/raw" "$@" >said || { head -n 3 said && tail -n 400 said; return 1; }
	sed -n 's/^# seed .*: \([0-9]*\) cases in.*/\1/p' said >>cases
}
test_expect 'raw members of a fixed seed mean the same linked' 'random 2000,9s 1'
cat said
test_expect 'raw members of a new seed as well' 'random 4000,9s'
cat said
test_expect 'and those were enough to tell, or as many are run again' '
	{ test "$(awk "{ n += \$1 } END { print n + 0 }" cases)" -ge 200 || random 200; }
'
finish
