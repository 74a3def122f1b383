#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Real programs in chains: every XDP object of Debian's xdp-tools alone, with others of them, with our
# example, and twenty filters of xdp-filter at once. Each goes on with every verdict, so that a counter
# behind them sees each packet.
. "${0%/*}/lib.sh"

XDP=$(dirname "$(ls /usr/lib/*/bpf/xdp-dispatcher.o 2>/dev/null)" 2>/dev/null)
[ -d "$XDP" ] || skip_all 'no xdp-tools here'
have_feature jq || skip_all 'no jq here'
ALL=aborted,drop,pass,tx,redirect,dispatcher_return
objects='xdp-dispatcher xdpdump_xdp xsk_def_xdp_prog xsk_def_xdp_prog_5.3 xdpfilt_alw_all xdpfilt_alw_eth xdpfilt_alw_ip
	xdpfilt_alw_tcp xdpfilt_alw_udp xdpfilt_dny_all xdpfilt_dny_eth xdpfilt_dny_ip xdpfilt_dny_tcp xdpfilt_dny_udp'
# An emulated processor takes long for all pairs: there each is tried with the next one.
grep -q TCG /proc/cpuinfo 2>/dev/null && EMULATED=yes || EMULATED=

runs() { bpfctl map dump last/runs | awk '$1 == "0" { print $2 }'; }
# seen: the counter behind all of them sees each packet.
seen() {
	seen_before=$(runs)
	send_packets v0 5 && same $((seen_before + 5)) "$(runs)"
}
put() { bpfctl attach "$1" xdp:v0 --priority "${2:-50}" --proceed-on "$ALL" >>out; }
modes() { bpfctl get links -o json | jq -r '[.links[] | .chain_mode] | unique | join(" ")'; }

alone() { put "$1" && seen && bpfctl detach "$1" >>out; }
# with ONE OTHERS...: one stays, the others come and go before and behind it.
with() {
	with_one=$1
	shift
	put "$with_one" || return 1
	for with_other; do
		put "$with_other" 40 && seen && bpfctl detach "$with_other" >>out || { echo "$with_one $with_other"; return 1; }
	done
	bpfctl detach "$with_one" >>out
}
others_of() {
	if [ -n "$EMULATED" ]; then
		echo "$objects" | tr -s ' \t\n' '\n' | awk -v it="$1" 'last == it; { last = $0 }'
	else
		echo "$objects" | tr -s ' \t\n' '\n' | awk -v it="$1" 'is_behind; $0 == it { is_behind = 1 }'
	fi
}

test_expect 'all objects are loaded, and a counter is behind them' '
	start_daemon && make_veth v0 && bpfctl load "$OBJ/members.bpf.o" -p first --name last && put last 900 &&
	for o in $objects; do
		case $o in
		xdp-dispatcher) bpfctl load "$XDP/$o.o" -p "xdp_dispatcher::$o" ;;
		*) bpfctl load "$XDP/$o.o" --name "$o" ;;
		esac || return 1
	done
'
for o in $objects; do
	test_expect "$o with a counter behind it" 'alone "$o"'
done
for o in $objects; do
	others=$(others_of "$o")
	[ -z "$others" ] || test_expect "$o with $(echo "$others" | wc -l) of the others" 'with "$o" $others'
done
test_expect 'all fourteen and our example in one chain' '
	bpfctl load "$OBJ/xdp-counter.bpf.o" --type xdp --name example && put example 10 &&
	for o in $objects; do put "$o" || return 1; done && seen && modes &&
	for o in $objects; do bpfctl detach "$o" || return 1; done && bpfctl detach example && seen
'
test_expect 'twenty filters of xdp-filter are one chain, in segments where the kernel needs them' '
	for n in $(seq 20); do
		printf "%s\n" "---" "apiVersion: bpfd.io/v1alpha1" "kind: BpfProgramConfig" "metadata: {name: f$n}" "spec:" \
			"  bytecode: file://$XDP/xdpfilt_alw_all.o" "  programs:" \
			"  - {name: f$n, hooks: [{hook: \"xdp:v0\", priority: $n, proceedOn: [$ALL]}]}"
	done >filters.yaml && bpfctl apply -f filters.yaml && seen && modes && same 21 "$(bpfctl get links -o name | wc -l)" &&
	{ [ -n "$EMULATED" ] || { bpfctl delete config f7 && seen && bpfctl apply -f filters.yaml && seen; }; } && bpfctl delete -f filters.yaml && seen
'
test_expect 'and nothing of them stays' 'unload_all && delete_veth v0'
finish
