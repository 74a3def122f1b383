#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Random chains of xdp and tc against a plain interpreter of the rules (tests/property): verdict, bytes of
# the packet, maps and statistics agree. As many as fit into some seconds; what does not agree tells its
# seed.
. "${0%/*}/lib.sh"

PROPERTY=$BUILD/tests/property/property
SECONDS_EACH=${SECONDS_EACH:-15} CASES_LEAST=100

# agree [SEED]
agree() {
	"$PROPERTY" 20000 "$SECONDS_EACH" "$@" >said 2>members || { cat said; head -n 60 members; return 1; }
	[ "$(sed -n 's/^# \([0-9]*\) cases from.*/\1/p' said)" -ge "$CASES_LEAST" ] || { cat said; return 1; }
}

test_expect 'chains of a fixed seed do what their members do one after the other' 'agree 1'
cat said
test_expect 'chains of a new seed as well' 'agree'
cat said
finish
