#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Flow dissectors: the second kind of hook that takes one program, a network namespace. Chains of them
# dissect real packets, whose hash a program on tc asks for.
. "${0%/*}/lib.sh"

have_feature jq || skip_all 'no jq here'

# load NAME MARK VERDICT: all share the trail of the one named "trail".
load() {
	bpfctl load "$OBJ/member.bpf.o" -p dissector --name "$1" --global "mark=$2" --global "verdict=$3" \
		--share-map trail=trail
}
length_of_trail() { bpfctl map dump trail/trail | awk '$1 == "0" { print $2 }'; }
# trail COMMAND...: what the members left while it ran, as numbers in a line; other packets of the
# interface are dissected as well, so rows may be there several times.
trail() {
	trail_from=$(length_of_trail)
	"$@" >&2 || return 1
	bpfctl map dump trail/trail | awk -v from="$trail_from" -v to="$(length_of_trail)" '
		NR > 1 && $1 + 0 > from + 0 && $1 + 0 <= to + 0 { printf "%s%s", sep, $2; sep = " " }
		END { print "" }'
}
hash_of() { send_packets v0 1 >&2 && bpfctl map dump hasher/counts | awk '$1 == "0" { print $2 }'; }
mode_is() {
	bpfctl get links -o json >links &&
		same "$1" "$(jq -r '[.links[] | select(.hook | startswith("flow_dissector")) | .chain_mode] | unique | join(" ")' links)"
}
links_of() { bpfctl get links -o json | jq -r --arg p "$1" '.links[] | select(.program == $p) | "\(.id) \(.hook) \(.proceed_on | join(","))"'; }
hook() { bpfctl get hooks -o json 2>/dev/null | jq -r --arg h "$1" '[.hooks[] | select(.hook == $h) | .program] | join(" ")'; }

test_expect 'dissectors are loaded, and a program on tc has packets dissected' '
	start_daemon && make_veth v0 && bpfctl load "$OBJ/member.bpf.o" -p dissector --name trail --global mark=99 &&
	load a 1 129 && load b 2 129 && load ok 3 0 && load drop 4 2 &&
	bpfctl load "$OBJ/member.bpf.o" -p hasher --name hasher && bpfctl attach hasher tc:v0/ingress
'
test_expect 'one is attached to our network namespace without a hook being named' '
	bpfctl attach a >out && says "a flow_dissector" out && mode_is inline && same 1 "$(trail send_packets v0 1)" &&
	same a "$(hook flow_dissector)"
'
test_expect 'two run in the order of priorities, and continue goes on' '
	bpfctl attach b flow_dissector --priority 10 && same "2 1" "$(trail send_packets v0 1)" && same "b a" "$(hook flow_dissector)"
'
test_expect 'ok ends the chain' '
	bpfctl attach ok flow_dissector --priority 20 && same "2 3" "$(trail send_packets v0 1)" && bpfctl detach ok
'
test_expect 'drop ends it as well, and goes on where it is in the set' '
	bpfctl attach drop flow_dissector --priority 20 && same "2 4" "$(trail send_packets v0 1)" && bpfctl detach drop &&
	bpfctl attach drop flow_dissector --priority 20 --proceed-on drop && same "2 4 1" "$(trail send_packets v0 1)" &&
	bpfctl get links -o json | jq -e ".links[] | select(.program == \"drop\") | .proceed_on == [\"drop\"]" && bpfctl detach drop
'
if kernel_at_least 6 1; then
	test_expect 'the end of the chain is the dissector of the kernel: flows differ; after ok of a program they do not' '
		one=$(hash_of) && two=$(hash_of) && [ "$one" != "$two" ] && bpfctl attach ok flow_dissector --priority 1 &&
		one=$(hash_of) && two=$(hash_of) && same "$one" "$two" && bpfctl detach ok
	'
else
	test_expect 'the end of the chain is no dissection below 6.1: flows do not differ' '
		one=$(hash_of) && two=$(hash_of) && same "$one" "$two"
	'
fi
test_expect 'verdicts and statistics' '
	must_fail bpfctl attach ok flow_dissector --proceed-on pass && says "one of ok,drop,continue" err &&
	bpfctl attach drop flow_dissector --priority 20 --proceed-on 2,129 --stats && send_packets v0 4 &&
	bpfctl get links drop -o json >out && same "4 4 drop,continue" "$(jq -r "\"\(.runs) \(.verdicts.drop) \(.proceed_on | join(\",\"))\"" out)" &&
	bpfctl detach drop &&
	bpfctl attach ok flow_dissector --priority 90 --stats && send_packets v0 5 &&
	same 5 "$(bpfctl get links -o json | jq -r ".links[] | select(.program == \"ok\") | .runs")" && bpfctl detach ok
'
test_expect 'mode call, and modes of xdp are refused' '
	bpfctl detach b && bpfctl attach b flow_dissector --priority 10 --mode call && mode_is mixed &&
	same "2 1" "$(trail send_packets v0 1)" && must_fail bpfctl attach ok flow_dissector --mode skb && says "no mode" err
'
test_expect 'a program of another type is refused' '
	must_fail bpfctl attach hasher flow_dissector && says "does not fit" err &&
	must_fail bpfctl attach a xdp:v0 && says "does not fit" err && must_fail bpfctl attach a flow_dissector:v0
'
test_expect 'a network namespace has its own' '
	bpfctl attach ok flow_dissector@v0 && bpfctl attach drop flow_dissector --netns v0 --priority 90 &&
	same "ok drop" "$(hook flow_dissector@v0)" && same "b a" "$(hook flow_dissector)" &&
	same "2 1" "$(trail send_packets v0 1)" && bpfctl detach ok && bpfctl detach drop
'
test_expect 'the daemon killed: it runs on; started again it is changed' '
	kill_daemon && start_daemon && same "2 1" "$(trail send_packets v0 1)" && bpfctl detach b &&
	same 1 "$(trail send_packets v0 1)" && bpfctl detach a && same "" "$(trail send_packets v0 1)" &&
	same 1 "$(find "$D/run/fs/chains" -mindepth 1 -maxdepth 1 | wc -l)"
'
test_expect 'a foreign one is named, and left' '
	use_daemon other && start_daemon && bpfctl load "$OBJ/member.bpf.o" -p dissector --name theirs --global verdict=129 &&
	bpfctl attach theirs && use_daemon main && must_fail bpfctl attach a && says "already runs program" err && says "hint: " err &&
	use_daemon other && bpfctl detach theirs && use_daemon main && bpfctl attach a && bpfctl detach a
'
test_expect 'one without a link is named as well, soon, and another namespace is not held by it' '
	id=$(bpfctl get programs ok -o json | jq -r .id) && bpftool prog attach id "$id" flow_dissector &&
	must_fail bpfctl attach a && says "already runs program $id" err && says "bpftool net" err &&
	same "$id false program" "$(bpfctl get hooks -o json | jq -r ".hooks[] | select(.hook == \"flow_dissector\") | \"\(.program_id) \(.is_ours) \(.attached_by)\"")" &&
	bpfctl attach b flow_dissector@v0 && bpfctl detach b && bpftool prog detach id "$id" flow_dissector &&
	bpfctl attach a && bpfctl detach a
'
if [ -e /run/first-netns ]; then
	test_expect 'one of the first network namespace is for all, and neither is beside the other' '
		bpfctl attach ok flow_dissector@/run/first-netns && same 3 "$(trail send_packets v0 1)" &&
		must_fail bpfctl attach a && says "first network namespace" err && says "hint: " err &&
		bpfctl detach ok && bpfctl attach a && must_fail bpfctl attach ok flow_dissector@/run/first-netns &&
		says "first network namespace" err && same 1 "$(trail send_packets v0 1)" && bpfctl detach a
	'
else
	skip_test 'one of the first network namespace is for all, and neither is beside the other' \
		'only in a guest, whose first namespace is nobody else'"'"'s'
fi
test_expect 'more than a program can hold run in order, in segments' '
	expect= sep= && for i in $(seq 101 140); do
		load "m$i" "$i" 129 && bpfctl attach "m$i" flow_dissector --priority "$i" && expect="$expect$sep$i" && sep=" " || return 1
	done && same "$expect" "$(trail send_packets v0 1)" &&
	bpfctl get links -o json | jq -e "[.links[].segment] | max > 1" &&
	for i in $(seq 101 140); do bpfctl detach "m$i" && bpfctl unload "m$i" || return 1; done
'
test_expect 'somebody ends our link: it is told, and comes back with the next' '
	bpfctl attach a && bpftool link detach id "$(bpfctl get links -o json | jq -r ".links[] | select(.program == \"a\") | .kernel_id")" &&
	same true "$(bpfctl get links -o json | jq -r ".links[] | select(.program == \"a\") | .is_missing")" &&
	bpfctl attach b && same "1 2" "$(trail send_packets v0 1)" && bpfctl detach a && bpfctl detach b
'
test_expect 'the namespace vanishes: detaching works' '
	ip netns add gone && bpfctl attach a flow_dissector@gone && ip netns del gone && bpfctl detach a
'
test_expect 'a namespace that lost its name: the link is there, where it runs cannot be told' '
	ip netns add nameless && { ip netns exec nameless sleep 60 & } && sleeper=$! &&
	wait_until 5 "test \$(stat -L -c %i /proc/$sleeper/ns/net) = \$(stat -L -c %i /run/netns/nameless)" &&
	bpfctl attach a flow_dissector@nameless && ip netns del nameless &&
	same false "$(bpfctl get links a -o json | jq -r .is_missing)" && same "" "$(hook flow_dissector@nameless)" &&
	bpfctl detach a && kill "$sleeper"
'
test_expect 'a manifest attaches it' '
	cat >config.yaml <<-YAML &&
	apiVersion: bpfd.io/v1alpha1
	kind: BpfProgramConfig
	metadata: {name: dissect}
	spec:
	  bytecode: file://$OBJ/member.bpf.o
	  programs:
	  - {name: m, entry: dissector, hooks: [flow_dissector, {hook: flow_dissector, netns: v0, proceedOn: ["2", continue]}]}
	YAML
	bpfctl apply -f config.yaml && before=$(links_of m) && bpfctl apply -f config.yaml && same "$before" "$(links_of m)" &&
	links_of m >out && says "flow_dissector@v0 drop,continue" out && same m "$(hook flow_dissector)" && same m "$(hook flow_dissector@v0)" &&
	bpfctl delete config dissect && bpfctl detach hasher && unload_all && delete_veth v0
'
finish
