#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Chains in libxdp's dispatcher: bpfd and Debian's xdp-loader on one interface see, order and keep each
# other's programs. Where the kernel has no freplace: that this is said, and what there is instead.
. "${0%/*}/lib.sh"

have_feature xdp-loader || skip_all 'no xdp-loader here'
have_feature jq || skip_all 'no jq here'
OBJECT=$OBJ/members.bpf.o
PINS=/sys/fs/bpf/xdp

tool() { OBJECT="$OBJECT" "$BUILD/tests/e2e/tools/libxdp" "$@"; }
theirs() { xdp-loader load v0 "$OBJECT" -n "$1" -P "$2" -A "${3:-XDP_PASS}"; }
# shown: "NAME PRIORITY ACTIONS;..." by xdp-loader; hooks: "PROGRAM PRIORITY;..." by bpfctl.
shown() { xdp-loader status v0 | awk '$1 == "=>" { print $3, $2, $6 $7 $8 }' | paste -s -d ';'; }
hooks() {
	bpfctl get hooks -o json | jq -r '.hooks[] | select(.hook == "xdp:v0") | "\(.program) \(.priority // 0)"' |
		paste -s -d ';'
}
mode_is() {
	bpfctl get links -o json >links &&
		same "$1" "$(jq -r '[.links[] | select(.hook == "xdp:v0") | .chain_mode] | unique | join(" ")' links)"
}
# id FUNCTION: of that freplace program; ran ID SLOT: packets that a program with its maps counted.
id() { tool read v0 | sed -n "s/^[0-9]: $1 .* id=//p"; }
ran() {
	map=$(bpftool prog show id "$1" | sed -n 's/.*map_ids \([0-9]*\).*/\1/p')
	bpftool map lookup id "$map" key "$2" 0 0 0 | sed -n 's/.*"value": \([0-9]*\).*/\1/p'
}
# runs PROGRAM SLOT: the same of a program of ours, by its name.
runs() { bpfctl map dump "$1/runs" | awk -v slot="$2" '$1 == slot { print $2 }'; }
directories() { find "$PINS" -mindepth 1 -maxdepth 1 2>/dev/null | wc -l; }
missing() { bpfctl get links -o json | jq -r '[.links[] | select(.is_missing) | .program] | join(" ")'; }
load() { bpfctl load "$OBJECT" -p "$1" --name "${2:-$1}"; }

if tool possible >/dev/null 2>&1; then
	test_freplace() { test_expect "$@"; }
else
	test_freplace() { skip_test "$1" "this kernel has no freplace ($(uname -r))"; }
	NO_FREPLACE=1
fi

test_expect 'members are loaded' '
	mount_bpffs /sys/fs/bpf && start_daemon && make_veth v0 && load first && load wall && load odd && load strange
'
[ -z "${NO_FREPLACE-}" ] || test_expect 'where the kernel has no freplace, libxdp mode is refused with what there is instead' '
	must_fail bpfctl attach first xdp:v0 --mode libxdp && says freplace err && says "without libxdp mode" err &&
	same 0 "$(directories)" && bpfctl attach first xdp:v0 && mode_is direct && bpfctl detach first
'
[ -z "${NO_FREPLACE-}" ] || test_expect 'the same for a mode that the settings ask for' '
	echo "xdp-mode: libxdp" >"$D/bpfd.yaml" && restart_daemon && must_fail bpfctl attach first xdp:v0 &&
	says freplace err && bpfctl attach first xdp:v0 --mode skb && mode_is direct && bpfctl detach first &&
	: >"$D/bpfd.yaml" && restart_daemon
'
# alien WORDS: what is there is named, left alone, and listed.
alien() {
	is=$(bpftool net show dev v0) && must_fail bpfctl attach first xdp:v0 && says "$1" err && says "hint: " err &&
		same "$is" "$(bpftool net show dev v0)" && bpfctl get hooks >out && says xdp_dispatcher out &&
		ip link set dev v0 xdp off
}
test_expect 'a dispatcher of libxdp 1.2 is named and left alone' '
	tool fake v0 84 1 && alien "of libxdp 1.2 or older (protocol version 1"
'
test_expect 'a dispatcher of libxdp 1.6 is named and left alone' '
	tool fake v0 128 3 && alien "of libxdp 1.6 or newer (protocol version 3"
'
test_freplace 'where a dispatcher of libxdp is, ours goes into it by itself' '
	theirs second_with_a_long_name 20 XDP_PASS,XDP_DROP && bpfctl attach first xdp:v0 --priority 10 &&
	mode_is libxdp && same "first 10 XDP_PASS;second_with_a_long_name 20 XDP_DROP,XDP_PASS" "$(shown)" &&
	bpfctl get links -o wide >out && says "a dispatcher of libxdp is on the interface" out &&
	send_packets v0 5 && same 5 "$(runs first 0)" && same 5 "$(ran "$(id second_with_a_long_name)" 1)"
'
test_freplace 'get hooks lists ours and theirs in order of execution' '
	same "first 10;second_with_a_l 20" "$(hooks)"
'
test_freplace 'a second one of ours, and one of theirs: each at its place' '
	bpfctl attach wall xdp:v0 --priority 15 --proceed-on drop,pass && theirs strange 5 &&
	same "strange 5 XDP_PASS;first 10 XDP_PASS;wall 15 XDP_DROP,XDP_PASS;second_with_a_long_name 20 XDP_DROP,XDP_PASS" "$(shown)" &&
	xdp-loader unload v0 --id "$(id strange)" && send_packets v0 5 && same 10 "$(runs first 0)" &&
	same 5 "$(runs wall 2)" && same 10 "$(ran "$(id second_with_a_long_name)" 1)"
'
test_freplace 'statistics and mode call are refused in words, and nothing changes' '
	was=$(shown) && must_fail bpfctl attach odd xdp:v0 --stats && says "asks for statistics" err &&
	must_fail bpfctl attach odd xdp:v0 --mode call && says "asks for mode call" err && same "$was" "$(shown)"
'
test_freplace 'another mode than that of the dispatcher is refused, the same is not' '
	must_fail bpfctl attach odd xdp:v0 --mode skb && says "runs its libxdp dispatcher in mode native" err &&
	bpfctl attach odd xdp:v0 --mode native --priority 90 && bpfctl detach odd
'
test_freplace 'a change that is refused leaves the list and the rows as they were' '
	was=$(shown) && load jump && must_fail bpfctl attach jump xdp:v0 --priority 1 && says "it makes tail calls" err &&
	same "$was" "$(shown)" && same "" "$(missing)" && bpfctl unload jump && send_packets v0 1 && same 11 "$(runs first 0)"
'
test_freplace 'the daemon killed: all go on; started again it knows its own' '
	kill_daemon && send_packets v0 3 && start_daemon && same 14 "$(runs first 0)" && same "" "$(missing)" &&
	bpfctl detach wall && same "first 10 XDP_PASS;second_with_a_long_name 20 XDP_DROP,XDP_PASS" "$(shown)"
'
test_freplace 'xdp-loader takes one of ours away: it is told, and the next change brings it back' '
	bpfctl attach wall xdp:v0 --priority 40 && xdp-loader unload v0 --id "$(id first)" && same first "$(missing)" &&
	bpfctl detach wall && same "first 10 XDP_PASS;second_with_a_long_name 20 XDP_DROP,XDP_PASS" "$(shown)" &&
	same "" "$(missing)" && send_packets v0 1 && same 15 "$(runs first 0)"
'
test_freplace 'what was taken away while bpfd did not run is back after its start' '
	stop_daemon && xdp-loader unload v0 --id "$(id first)" && start_daemon && same "" "$(missing)" &&
	same "first 10 XDP_PASS;second_with_a_long_name 20 XDP_DROP,XDP_PASS" "$(shown)"
'
test_freplace 'xdp-loader unloads all, then ours leaves: nothing remains' '
	xdp-loader unload v0 --all && same first "$(missing)" && bpfctl detach first && same 0 "$(directories)" &&
	same "" "$(bpftool net show dev v0 | grep xdp_disp)"
'
test_freplace 'ours leaves, theirs stays; theirs leaves, ours stays' '
	theirs second_with_a_long_name 20 && bpfctl attach first xdp:v0 && bpfctl detach first &&
	same "second_with_a_long_name 20 XDP_PASS" "$(shown)" && bpfctl attach first xdp:v0 &&
	xdp-loader unload v0 --id "$(id second_with_a_long_name)" && same "first 50 XDP_PASS" "$(shown)" && send_packets v0 2 &&
	bpfctl detach first && same 0 "$(directories)"
'
test_freplace 'asked for by --mode libxdp, and xdp-loader adds to it' '
	bpfctl attach first xdp:v0 --mode libxdp && mode_is libxdp && theirs second_with_a_long_name 20 &&
	same "second_with_a_long_name 20 XDP_PASS;first 50 XDP_PASS" "$(shown)" && bpfctl attach wall xdp:v0 &&
	same "second_with_a_long_name 20 XDP_PASS;first 50 XDP_PASS;wall 50 XDP_PASS" "$(shown)" &&
	bpfctl detach wall && bpfctl detach first && xdp-loader unload v0 --all && same 0 "$(directories)"
'
test_freplace 'asked for by the settings for one interface, for another not' '
	make_veth v1 && echo "interfaces: {v0: {xdp-mode: libxdp}}" >"$D/bpfd.yaml" && restart_daemon &&
	bpfctl attach first xdp:v0 && mode_is libxdp && bpfctl attach odd xdp:v1 &&
	same direct "$(bpfctl get links -o json | jq -r ".links[] | select(.hook == \"xdp:v1\") | .chain_mode")" &&
	bpfctl detach odd && bpfctl detach first
'
test_freplace 'asked for by the settings for all' '
	echo "xdp-mode: libxdp" >"$D/bpfd.yaml" && restart_daemon && bpfctl attach odd xdp:v1 &&
	same libxdp "$(bpfctl get links -o json | jq -r ".links[] | select(.hook == \"xdp:v1\") | .chain_mode")" &&
	bpfctl detach odd && : >"$D/bpfd.yaml" && restart_daemon && delete_veth v1
'
test_freplace 'a manifest attaches in libxdp mode, changes priority and program, and leaves' '
	theirs second_with_a_long_name 20 && cat >config.yaml <<-YAML &&
	apiVersion: bpfd.io/v1alpha1
	kind: BpfProgramConfig
	metadata: {name: members}
	spec:
	  bytecode: file://$OBJECT
	  programs:
	  - name: m-first
	    entry: first
	    type: xdp
	    hooks: [{hook: "xdp:v0", priority: 30}]
	YAML
	bpfctl apply -f config.yaml && same "second_with_a_long_name 20 XDP_PASS;first 30 XDP_PASS" "$(shown)" &&
	sed -i s/30/10/ config.yaml && bpfctl apply -f config.yaml &&
	same "first 10 XDP_PASS;second_with_a_long_name 20 XDP_PASS" "$(shown)" && sed -i "s/entry: first/entry: odd/" config.yaml &&
	bpfctl apply -f config.yaml && same "odd 10 XDP_PASS;second_with_a_long_name 20 XDP_PASS" "$(shown)" &&
	bpfctl delete config members && same "second_with_a_long_name 20 XDP_PASS" "$(shown)" && xdp-loader unload v0 --all &&
	sed -i "s/priority: 10/mode: libxdp/" config.yaml && bpfctl apply -f config.yaml && same "odd 50 XDP_PASS" "$(shown)" &&
	bpfctl delete config members && same 0 "$(directories)"
'
test_freplace 'with eleven programs the change is refused in words, ours and theirs stay' '
	for n in 1 2 3 4 5 6 7 8 9; do load first "f$n" && bpfctl attach "f$n" xdp:v0 --mode libxdp --priority "$n" || return 1; done &&
	theirs wall 99 && was=$(shown) && must_fail bpfctl attach first xdp:v0 && says "holds 10 programs" err &&
	same "$was" "$(shown)" && for n in 1 2 3 4 5 6 7 8 9; do bpfctl unload --force "f$n" || return 1; done &&
	same "wall 99 XDP_PASS" "$(shown)" && xdp-loader unload v0 --all && same 0 "$(directories)"
'
test_freplace 'inside a network namespace' '
	bpfctl attach first xdp:eth0 --netns v0 --mode libxdp && same "first 50 XDP_PASS" "$(nsenter --net=/run/netns/v0 "$BUILD/tests/e2e/tools/libxdp" read eth0 |
		sed -n "s/^0: \([^ ]*\) priority=\([0-9]*\) .*/\1 \2 XDP_PASS/p")" && before=$(runs first 0) && send_packets_out v0 3 &&
	same $((before + 3)) "$(runs first 0)" && bpfctl detach first && same 0 "$(directories)"
'
test_freplace 'the interface vanishes: detaching leaves no pins' '
	bpfctl attach first xdp:v0 --mode libxdp && same 1 "$(directories)" && delete_veth v0 && same first "$(missing)" &&
	bpfctl detach first && same 0 "$(directories)" && make_veth v0
'
test_freplace 'somebody took the dispatcher off: ours comes back with the next member' '
	bpfctl attach first xdp:v0 --mode libxdp && ip link set dev v0 xdp off && same first "$(missing)" &&
	bpfctl attach odd xdp:v0 && same "first 50 XDP_PASS;odd 50 XDP_PASS" "$(shown)" && same "" "$(missing)" &&
	bpfctl detach odd && bpfctl detach first && same 0 "$(directories)"
'
test_freplace 'changes of both at once lose nothing' '
	bpfctl attach first xdp:v0 --mode libxdp --priority 30 && theirs second_with_a_long_name 20 &&
	{ for turn in 1 2 3 4 5; do
		xdp-loader load v0 "$OBJECT" -n strange -P 90 >loader.log 2>&1 && xdp-loader unload v0 --id "$(id strange)" >loader.log 2>&1
	done & } && other=$! && for turn in 1 2 3 4 5; do bpfctl attach odd xdp:v0 && bpfctl detach odd || return 1; done &&
	{ wait "$other" || true; } && { xdp-loader unload v0 --id "$(id strange)" || true; } &&
	same "second_with_a_long_name 20 XDP_PASS;first 30 XDP_PASS" "$(shown)" && bpfctl detach first &&
	xdp-loader unload v0 --all && rm -rf "$PINS"/dispatch-* && same 0 "$(directories)"
'
test_expect 'the shared bpffs is left as it was' 'same 0 "$(directories)" && delete_veth v0 && umount /sys/fs/bpf'
finish
