#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What chains cost, beside libxdp's dispatcher with the same programs: the rows of group 3 (bench/), printed.
# Only what holds by a wide margin on every kernel is a test: the others are for make bench.
. "${0%/*}/lib.sh"

CHAIN=$BUILD/bench/chain
export BENCH_RUNS=5 BENCH_CHAIN_RUNS=5 BPFCTL

rows() { sed 's/\t/ | /g; s/^/# row | /' rows; }
# below ID WORDS MOST: the value of the row with that number and those words.
below() {
	awk -F '\t' -v id="$1" -v words="$2" -v most="$3" \
		'$1 == id && index($2, words) { n += $3 < most || $6 == "reported" } END { exit !n }' rows
}

test_expect 'members are much cheaper inline than called' '
	{ "$CHAIN" rows >rows && below 3.1 inline 70 || { cat rows; false; }; }
'
rows
test_expect 'one member is attached itself; ten are faster than in the dispatcher of libxdp' '
	mount_bpffs /sys/fs/bpf && start_daemon && make_veth v0 &&
	{ "$TOP/bench/chains.sh" "$CHAIN" "$BUILD/bench/counters.o" v0 >rows 2>err || { cat rows err; false; }; } &&
	says "is attached itself: true" rows && below 3.1 "ten counting members" 1 && below 3.4 "the tenth member" 2
'
rows
test_expect 'nothing is left' 'delete_veth v0 && rm -rf /sys/fs/bpf/xdp && umount /sys/fs/bpf'
finish
