#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Many programs on one hook that takes one: order, proceed-on, modes, atomic change, what is refused.
. "${0%/*}/lib.sh"

# load NAME ENTRY MARK VERDICT [OPTION...]: a member; all share the trail of the one named "trail".
load() {
	load_name=$1 load_entry=$2 load_mark=$3 load_verdict=$4
	shift 4
	bpfctl load "$OBJ/member.bpf.o" -p "$load_entry" --name "$load_name" --global "mark=$load_mark" \
		--global "verdict=$load_verdict" --share-map trail=trail "$@"
}
count_of() { bpfctl map dump "$1/counts" | awk '$1 == "0" { print $2 }'; }

# trail COMMAND...: what the members left while it ran, as numbers in a line.
length_of_trail() { bpfctl map dump trail/trail | awk '$1 == "0" { print $2 }'; }
trail() {
	trail_from=$(length_of_trail)
	"$@" >&2 || return 1
	bpfctl map dump trail/trail | awk -v from="$trail_from" -v to="$(length_of_trail)" '
		NR > 1 && $1 + 0 > from + 0 && $1 + 0 <= to + 0 { printf "%s%s", sep, $2; sep = " " }
		END { print "" }'
}
# mode_is MODE [WHY]: as every link on xdp:v0 tells it.
mode_is() {
	bpfctl get links -o json >links &&
		same "$1" "$(jq -r '[.links[] | select(.hook == "xdp:v0") | .chain_mode] | unique | join(" ")' links)"
}
xdp_of() { ip -d -o link show dev "$1" | sed -nE 's/.*prog\/xdp id ([0-9]+).*/\1/p'; }
id_of() { bpfctl get programs "$1" -o json | jq -r '.id'; }
have_feature jq || { skip_all 'no jq'; exit; }

test_expect 'members are loaded' '
	start_daemon && make_veth v0 &&
	bpfctl load "$OBJ/member.bpf.o" -p member --name trail --global mark=99 &&
	load a member 1 2 && load b member 2 2 && load c member 3 2 && load d member 4 2
'
test_expect 'one member whose verdicts are known is attached itself' '
	bpfctl load "$OBJ/kinds.bpf.o" -p on_xdp --name itself && bpfctl attach itself xdp:v0 && mode_is direct &&
	same "$(id_of itself)" "$(xdp_of v0)" && send_packets v0 3 && same 3 "$(count_of itself)" &&
	bpfctl unload --force itself
'
test_expect 'one that may return anything is a chain of one' '
	bpfctl attach a xdp:v0 --priority 50 && mode_is inline && same 1 "$(trail send_packets v0 1)"
'
test_expect 'a second one makes a chain, in the order of priorities' '
	bpfctl attach b xdp:v0 --priority 10 && mode_is inline && same "2 1" "$(trail send_packets v0 1)"
'
test_expect 'ties: the older one first' '
	bpfctl attach c xdp:v0 --priority 50 && bpfctl attach d xdp:v0 --priority 10 &&
	same "2 4 1 3" "$(trail send_packets v0 1)"
'
test_expect 'every packet is seen by each, once' '
	before="$(count_of a) $(count_of d)" && send_packets v0 100 &&
	set -- $before && same "$(($1 + 100)) $(($2 + 100))" "$(count_of a) $(count_of d)"
'
test_expect 'get hooks lists them in order of execution' '
	bpfctl get hooks -o json >hooks && same "b d a c" "$(jq -r "[.hooks[] | select(.hook == \"xdp:v0\") | .program] | join(\" \")" hooks)"
'
test_expect 'one leaves, the others stay' '
	bpfctl detach b && same "4 1 3" "$(trail send_packets v0 1)" && bpfctl detach d &&
	same "1 3" "$(trail send_packets v0 1)"
'
test_expect 'a verdict outside of proceed-on ends the chain' '
	load drop member 7 1 && bpfctl attach drop xdp:v0 --priority 20 && same 7 "$(trail send_packets v0 1)" &&
	read -r rx </sys/class/net/v0/statistics/rx_packets && bpfctl detach drop
'
test_expect 'a set decides what goes on' '
	bpfctl attach drop xdp:v0 --priority 20 --proceed-on drop,pass && same "7 1 3" "$(trail send_packets v0 1)" &&
	bpfctl detach drop
'
test_expect 'dispatcher_return goes on by default and means pass at the end' '
	load next member 8 31 && bpfctl attach next xdp:v0 --priority 90 && same "1 3 8" "$(trail send_packets v0 1)" &&
	bpfctl detach a && bpfctl detach c && mode_is inline && same 8 "$(trail send_packets v0 1)" && bpfctl detach next
'
test_expect 'the last one leaves nothing behind' '
	same "" "$(xdp_of v0)" && ! ls "$D"/run/fs/chains/*
'
test_expect 'a member with tail calls is called, the rest stays inline' '
	bpfctl load "$OBJ/jumper.bpf.o" --name j --global mark=5 --share-map trail=trail &&
	bpfctl attach a xdp:v0 --priority 10 && bpfctl attach j-jumper xdp:v0 --priority 20 &&
	bpfctl attach c xdp:v0 --priority 30 && mode_is mixed && same "1 5 3" "$(trail send_packets v0 1)"
'
test_expect 'with its array emptied it goes its own way: it drops' '
	array=$(bpfctl get maps -o json | jq -r ".maps[] | select(.name == \"jumps\") | .id" | tail -n 1) &&
	bpftool map delete id "$array" key 0 0 0 0 && same 1 "$(trail send_packets v0 1)" &&
	bpfctl detach j-jumper && same "1 3" "$(trail send_packets v0 1)"
'
test_expect 'mode call gives each a function of its own' '
	bpfctl detach a && bpfctl attach a xdp:v0 --priority 10 --mode call && mode_is mixed &&
	same "1 3" "$(trail send_packets v0 1)" &&
	bpftool prog show id "$(xdp_of v0)" >out && says bpfd_chain out
'
test_expect 'the functions of the chain have the names of its members' '
	bpftool prog dump xlated id "$(xdp_of v0)" >out && grep -qE "^int a\(" out
'
test_expect 'a deep member is linked as long as the stack suffices' '
	load deep deep 6 2 && bpfctl attach deep xdp:v0 --priority 60 && same "1 3 6" "$(trail send_packets v0 1)" &&
	bpfctl detach deep
'
test_expect 'one that takes more of the stack than the chain leaves is refused with the numbers' '
	load f full 8 2 && was=$(xdp_of v0) && links=$(bpfctl get links -o name | sort | paste -s) &&
	must_fail bpfctl attach f xdp:v0 --priority 0 --stats && says "f" err && says "512" err && says "hint: " err &&
	same "$was" "$(xdp_of v0)" && same "$links" "$(bpfctl get links -o name | sort | paste -s)" &&
	bpfctl attach f xdp:v0 --priority 0 && same "1 3" "$(trail send_packets v0 1)" && bpfctl detach f && bpfctl unload f
'
test_expect 'after a restart of the daemon the chain is linked from what is stored' '
	restart_daemon && same "1 3" "$(trail send_packets v0 1)" && rm "$OBJ/member.bpf.o" &&
	bpfctl attach b xdp:v0 --priority 5 && same "2 1 3" "$(trail send_packets v0 1)" &&
	find "$BUILD" -name member.bpf.o ! -path "*.p/*" -exec ln -sf "{}" "$OBJ/" ";"
'
test_expect 'after a kill too' '
	kill_daemon && send_packets v0 5 && restart_daemon && same "2 1 3" "$(trail send_packets v0 1)" &&
	bpfctl detach b && same "1 3" "$(trail send_packets v0 1)"
'
test_expect 'licences that do not mix are refused, with the helper that wants the GPL' '
	bpfctl load "$OBJ/closed.bpf.o" --name closed && load talker talker 9 2 &&
	bpfctl attach closed xdp:v0 && same "1 3" "$(trail send_packets v0 1)" &&
	must_fail bpfctl attach talker xdp:v0 && says closed err && says talker err && says trace_printk err &&
	same "1 3" "$(trail send_packets v0 1)" && bpfctl detach closed
'
test_expect_on 6.7 'a member that throws is refused, the chain stays' '
	bpfctl load "$OBJ/thrower.bpf.o" --name thrower && must_fail bpfctl attach thrower xdp:v0 &&
	says thrower err && says throw err && same "1 3" "$(trail send_packets v0 1)"
'
test_expect_on 5.18 'a member for fragments runs among others that know none' '
	load frags fragments 6 2 && bpfctl attach frags xdp:v0 --priority 70 &&
	same "1 3 6" "$(trail send_packets v0 1)" && bpfctl detach frags
'
test_expect 'statistics count runs and verdicts of who asks for them, and of nobody else' '
	load counted member 6 2 && bpfctl attach counted xdp:v0 --priority 20 --stats && send_packets v0 50 &&
	bpfctl get links counted -o json >out && same "50 50" "$(jq -r "\"\(.runs) \(.verdicts.pass)\"" out)" &&
	bpfctl attach b xdp:v0 --priority 15 && send_packets v0 25 && bpfctl get links counted -o json >out &&
	same 75 "$(jq -r .runs out)" && bpfctl get links b -o json >out && same null "$(jq -r .runs out)" &&
	bpfctl get hooks -o json >out && same "75 75" "$(jq -r ".hooks[] | select(.program == \"counted\") | \"\(.runs) \(.verdicts.pass)\"" out)" &&
	bpfctl get hooks -o wide >out 2>err && says pass=75 out && bpfctl describe link counted >out && says pass=75 out &&
	bpfctl detach counted && bpfctl detach b && must_fail bpfctl attach trail raw_tp:sched_switch --stats
'
for way in ingress egress; do
	case $way in ingress) send=send_packets ;; *) send=send_packets_out ;; esac
	test_expect "tc $way: a chain in order, and a verdict that ends it" '
		load "t1$way" tc_member 21 -1 && load "t2$way" tc_member 22 3 && load "t3$way" tc_member 23 2 && load "t4$way" tc_member 24 0 &&
		bpfctl attach "t2$way" "tc:v0/$way" --priority 20 && bpfctl attach "t1$way" "tc:v0/$way" --priority 10 &&
		trail "$send" v0 1 >out && says "21 22" out &&
		bpfctl attach "t3$way" "tc:v0/$way" --priority 15 && trail "$send" v0 1 >out && says "21 23" out && ! grep -q 22 out &&
		bpfctl detach "t3$way" && bpfctl attach "t4$way" "tc:v0/$way" --priority 15 --proceed-on ok &&
		trail "$send" v0 1 >out && says "21 24 22" out &&
		bpfctl detach "t1$way" && bpfctl detach "t2$way" && bpfctl detach "t4$way"
	'
done
test_expect 'a link that another tool has replaced is an error, and theirs stays' '
	link=$(bpfctl get links -o json | jq -r "[.links[] | select(.hook == \"xdp:v0\")][0].kernel_id") &&
	bpfctl load "$OBJ/kinds.bpf.o" -p on_xdp --name other && foreign=$(id_of other) && "$BUILD/tests/e2e/tools/relink" "$link" "$foreign" &&
	must_fail bpfctl attach b xdp:v0 && says "another program" err && same "$foreign" "$(xdp_of v0)" &&
	bpfctl get links -o name >links && same 2 "$(wc -l <links)"
'
test_expect 'a daemon that starts again leaves it alone' '
	restart_daemon && same "$foreign" "$(xdp_of v0)" && bpfctl detach a && bpfctl detach c
'
test_expect 'the interface vanishes while its chain is changed: nothing hangs, and nothing is left of it' '
	for turn in 1 2 3 4 5 6 7 8; do
		ip link add x0 type veth peer name x1 && ip link set x0 up && bpfctl attach a xdp:x0 &&
		{ ip link del x0 & } && pid=$! && { bpfctl attach b xdp:x0 --priority 10 || true; } && wait "$pid" &&
		{ bpfctl detach b || true; } && bpfctl detach a || return 1
	done && ! bpfctl get links -o json | grep -q x0 && same 0 "$(find "$D/run/fs/chains" -mindepth 1 -maxdepth 1 | wc -l)"
'
test_expect 'sixty-four members run in order' '
	expect= && for i in $(seq 101 164); do
		load "m$i" member "$i" 2 && bpfctl attach "m$i" xdp:v0 --priority "$i" && expect="$expect$sep$i" && sep=" " || return 1
	done && same "$expect" "$(trail send_packets v0 1)"
'
test_expect 'the interface goes, and the links can still be detached' '
	delete_veth v0 && bpfctl get links -o json >links && says "\"is_missing\": true" links &&
	bpfctl detach m101 && bpfctl detach m102
'
test_expect 'one of the same name gets the whole chain with the next member' '
	make_veth v0 && bpfctl attach m101 xdp:v0 --priority 101 && same "101 103" "$(trail send_packets v0 1 | cut -d" " -f1-2)" &&
	unload_all && delete_veth v0
'
test_expect_on 6.6 'tcx: two daemons attach to one hook at once: all are there, and of each in its order' '
	make_veth t0 && use_daemon other && start_daemon && for n in 1 2 3 4 5 6 7 8; do
		bpfctl load "$OBJ/kinds.bpf.o" -p on_tc:tcx --name "o$n" || return 1
	done && use_daemon main && for n in 1 2 3 4 5 6 7 8; do
		bpfctl load "$OBJ/kinds.bpf.o" -p on_tc:tcx --name "t$n" || return 1
	done &&
	{ (use_daemon other && for n in 5 2 8 1 7 3 6 4; do bpfctl attach "o$n" tcx:t0/ingress --priority "$n" || exit 1; done) & } && pid=$! &&
	for n in 4 6 3 7 1 8 2 5; do bpfctl attach "t$n" tcx:t0/ingress --priority "$n" || return 1; done && wait "$pid" &&
	same "t1 t2 t3 t4 t5 t6 t7 t8" "$(bpfctl get hooks -o json 2>/dev/null |
		jq -r "[.hooks[] | select(.hook == \"tcx:t0/ingress\" and .is_ours) | .program] | join(\" \")")" &&
	same 16 "$(bpfctl get hooks -o json 2>/dev/null | jq "[.hooks[] | select(.hook == \"tcx:t0/ingress\")] | length")" &&
	use_daemon other && same "o1 o2 o3 o4 o5 o6 o7 o8" "$(bpfctl get hooks -o json 2>/dev/null |
		jq -r "[.hooks[] | select(.hook == \"tcx:t0/ingress\" and .is_ours) | .program] | join(\" \")")" &&
	unload_all && use_daemon main
'
test_expect_on 6.6 'tcx: where somebody ended a link of ours, the next one still finds its place' '
	bpftool link detach id "$(bpfctl get links -o json | jq -r ".links[] | select(.program == \"t4\") | .kernel_id")" &&
	bpfctl load "$OBJ/kinds.bpf.o" -p on_tc:tcx --name t45 && bpfctl attach t45 tcx:t0/ingress --priority 4 &&
	same "t1 t2 t3 t45 t5 t6 t7 t8" "$(bpfctl get hooks -o json 2>/dev/null |
		jq -r "[.hooks[] | select(.hook == \"tcx:t0/ingress\" and .is_ours) | .program] | join(\" \")")" &&
	for n in 1 2 3 4 5 6 7 8; do bpfctl unload --force "t$n" || return 1; done && bpfctl unload --force t45 && delete_veth t0
'
test_expect_on 6.6 'tcx: another priority in a manifest moves the program, and it keeps its maps' '
	make_veth t1 && for n in 1 2 3; do
		printf "%s\n" "---" "apiVersion: bpfd.io/v1alpha1" "kind: BpfProgramConfig" "metadata: {name: t$n}" "spec:" \
			"  bytecode: file://$OBJ/kinds.bpf.o" "  programs:" \
			"  - {name: t$n, entry: on_tc, type: tcx, hooks: [{hook: \"tcx:t1/ingress\", priority: ${n}0}]}"
	done >t.yaml && bpfctl apply -f t.yaml && send_packets t1 5 && id=$(id_of t1) && sed -i "s/priority: 10/priority: 25/" t.yaml &&
	bpfctl apply -f t.yaml && same "$id" "$(id_of t1)" && send_packets t1 5 && same 10 "$(count_of t1)" &&
	same "t2 t1 t3" "$(bpfctl get hooks -o json 2>/dev/null | jq -r "[.hooks[] | select(.hook == \"tcx:t1/ingress\") | .program] | join(\" \")")" &&
	same 3 "$(bpfctl get links -o name | wc -l)" && bpfctl delete -f t.yaml && delete_veth t1
'
# xdpdump's fentry and fexit programs on the chain are somebody else's; below 5.13 the kernel does not tell.
if have_feature xdpdump && "$BUILD/tests/e2e/tools/libxdp" possible >/dev/null 2>&1 && kernel_at_least 5 13; then
	test_expect 'a program of others that traces the chain is named, and the chain stays until it has ended' '
		make_veth v0 && bpfctl load "$OBJ/member.bpf.o" -p member --name trail --global mark=99 &&
		load a member 1 2 && load b member 2 2 && load c member 3 2 &&
		bpfctl attach a xdp:v0 --priority 10 && bpfctl attach b xdp:v0 --priority 20 && was=$(xdp_of v0) &&
		{ xdpdump -i v0 -w dump >dump.log 2>&1 & } && dump=$! &&
		{ wait_until 20 "bpftool link show | grep -q trace_fentry" || { cat dump.log; false; }; } &&
		must_fail bpfctl attach c xdp:v0 && says "(fentry, link" err && says "xdp:v0" err && says "hint: " err &&
		must_fail bpfctl detach a && says "(fentry, link" err && same "$was" "$(xdp_of v0)" &&
		same "1 2" "$(trail send_packets v0 1)" && kill "$dump" && { wait "$dump" || true; } &&
		wait_until 10 "bpfctl detach a 2>/dev/null" && same 2 "$(trail send_packets v0 1)" && unload_all && delete_veth v0
	'
else
	skip_test 'a program of others that traces the chain is named, and the chain stays until it has ended' \
		"needs trampolines, kernel 5.13 and xdpdump ($(uname -r))"
fi
finish
