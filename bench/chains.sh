#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The rows of group 3 that need an interface, beside xdp-loader where the kernel has freplace: the same ten
# programs (counters.bpf.c) in a chain of ours and in a dispatcher of libxdp.
#	BPFD_SOCKET=... BPFCTL=... bench/chains.sh CHAIN OBJECT INTERFACE
# CHAIN: build/bench/chain. A daemon runs; nothing is on the interface. Ends with nothing on it.
set -u
chain=$1 object=$2 dev=$3
runs=${BENCH_CHAIN_RUNS:-7}

row() { # ID WHAT VALUE UNIT PEER MUST HOLDS
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t\t\t1\n' "$@"
}
holds() { awk "BEGIN { exit !($1) }" && echo true || echo false; }
divide() { awk "BEGIN { printf \"%.3f\", $1 / $2 }"; }
xdp_of() { ip -d -o link show dev "$dev" | sed -nE 's/.*prog\/xdp id ([0-9]+).*/\1/p'; }
median() { sort -n | awk '{ v[NR] = $1 } END { printf "%s (%s .. %s)", v[int((NR + 1) / 2)], v[1], v[NR] }'; }
# timed UNDO DO: milliseconds of DO, some times, with UNDO before each.
timed() {
	for _ in $(seq "$runs"); do
		eval "$1" >/dev/null && eval "$chain time $2" || return 1
	done | median
}

ours() {
	"$BPFCTL" load "$object" --name c >/dev/null && "$BPFCTL" attach c-c0 "xdp:$dev" --priority 0 >/dev/null || return 1
	id=$("$BPFCTL" get programs c-c0 -o json | sed -n 's/^ *"id": \([0-9]*\),*$/\1/p' | head -n 1)
	is_same=$([ "$id" = "$(xdp_of)" ] && echo true || echo false)
	row 3.2 'nanoseconds that bpfd adds to one direct member' 0 ns \
		"program $id is attached itself: $is_same" '0 ns, the member itself' "$is_same"
	for n in 1 2 3 4 5 6 7 8 9; do
		"$BPFCTL" attach "c-c$n" "xdp:$dev" --priority "$n" >/dev/null || return 1
	done
	our_ms=$(timed "$BPFCTL detach c-c9" "$BPFCTL attach c-c9 xdp:$dev --priority 9") || return 1
	our_ns=$("$chain" run "$(xdp_of)" "$runs") || return 1
	for n in 0 1 2 3 4 5 6 7 8 9; do "$BPFCTL" unload --force "c-c$n" >/dev/null || return 1; done
}
# The tenth is found again by its number among those that status lists.
unload_tenth() {
	xdp-loader unload "$dev" --id "$(xdp-loader status "$dev" | awk '$1 == "=>" && $3 == "c9" { print $4 }')"
}
theirs() {
	their_ms='' their_ns=''
	command -v xdp-loader >/dev/null || { their_reason='no xdp-loader here'; return; }
	for n in 0 1 2 3 4 5 6 7 8 9; do
		xdp-loader load "$dev" "$object" -n "c$n" -P "$n" >/dev/null 2>&1 && continue
		their_reason='xdp-loader takes one program here: this kernel has no freplace'
		xdp-loader unload "$dev" --all >/dev/null 2>&1
		return
	done
	their_ns=$("$chain" run "$(xdp_of)" "$runs")
	their_ms=$(timed unload_tenth "xdp-loader load $dev $object -n c9 -P 9")
	xdp-loader unload "$dev" --all >/dev/null
}

ours && theirs || exit 1
if [ -n "$their_ns" ]; then
	x=$(divide "${our_ns%% *}" "${their_ns%% *}")
	row 3.1 "ten counting members, of libxdp's dispatcher with the same programs" "$x" x \
		"ours ${our_ns%% *} ns, the dispatcher ${their_ns%% *} ns" '< 1 x' "$(holds "$x < 1")"
	x=$(divide "${our_ms%% *}" "${their_ms%% *}")
	row 3.4 'bpfctl attach of the tenth member, of xdp-loader load of the tenth' "$x" x \
		"ours $our_ms ms, xdp-loader $their_ms ms; whole processes, the swap of the kernel included" '< 1 x' "$(holds "$x < 1")"
else
	row 3.1 'ten counting members through the daemon' "${our_ns%% *}" ns "$their_reason" reported true
	row 3.4 'bpfctl attach of the tenth member, whole process and swap' "${our_ms%% *}" ms \
		"$our_ms; $their_reason" reported true
fi
