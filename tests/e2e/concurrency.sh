#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Many clients at once: nothing is lost, nothing is twice, names are given once; and many programs.
. "${0%/*}/lib.sh"

COUNTER="$OBJ/counter.bpf.o"

# at_once COMMAND: run it 20 times at the same time with $i from 1 to 20; prints how many succeeded.
at_once() {
	rm -rf ends && mkdir ends
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		(eval "$1" >"ends/out.$i" 2>&1 && : >"ends/ok.$i") &
		eval "at_once_$i=$!"
	done
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		eval "wait \$at_once_$i"
	done
	find ends -name 'ok.*' | wc -l
}

count() { bpfctl get "$1" -o name | grep -c "$2"; }

test_expect 'a daemon and 20 interfaces' '
	start_daemon && for i in 1 3 5 7 9 11 13 15 17 19; do
		ip link add "d$i" type veth peer name "d$((i + 1))" || return 1
	done
'
test_expect '20 loads at once' 'same 20 "$(at_once "bpfctl load $COUNTER -p count:xdp -n p\$i")" && same 20 "$(count programs "program/p")"'
test_expect '20 attaches at once' 'same 20 "$(at_once "bpfctl attach p\$i xdp:d\$i")" && same 20 "$(count links .)"'
test_expect '20 lists of each sort at once' '
	same 20 "$(at_once "bpfctl get programs && bpfctl get links && bpfctl get maps && bpfctl get hooks")"
'
test_expect 'every link is on the interface of its program' '
	bpfctl get links -o wide >links && for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		grep -q "[ 	]p$i  *xdp:d$i " links || return 1
	done
'
test_expect '20 unloads at once, links and all' 'same 20 "$(at_once "bpfctl unload --force p\$i")" && same "" "$(bpfctl get programs -o name)$(bpfctl get links -o name)"'
test_expect 'of 20 who want one name exactly one gets it' '
	same 1 "$(at_once "bpfctl load $COUNTER -p count:xdp -n one")" && same 1 "$(count programs .)" &&
	same 19 "$(grep -l "a program \"one\" already" ends/out.* | wc -l)"
'
test_expect 'of 20 who want one hook exactly one gets it' '
	same 1 "$(at_once "bpfctl attach one xdp:d1")" && same 1 "$(count links .)"
'
test_expect 'of 20 who unload it exactly one does' '
	same 1 "$(at_once "bpfctl unload --force one")" && same 0 "$(count programs .)"
'
test_expect 'of 20 who want one path of an export exactly one gets it' '
	same 1 "$(at_once "bpfctl load $COUNTER -p count:xdp -n e -e packets")" && test -f "$D/run/maps/e/packets" &&
	bpfctl unload e && test ! -e "$D/run/maps/e"
'

none_pinned() { same '' "$(find "$D/run/fs/loads" "$D/run/fs/links" "$D/run/fs/staging" "$D/run/fs/trash" -mindepth 1)"; }

# manifest N: a config whose program says N.
manifest() {
	printf 'apiVersion: bpfd.io/v1alpha1\nkind: BpfProgramConfig\nmetadata: {name: both}\nspec:\n  bytecode: %s\n' "$COUNTER"
	printf '  globals: {sampling: %d}\n  programs: [{entry: count, type: xdp, hooks: ["xdp:d1", "xdp:d2"]}]\n' "$1"
}

test_expect '20 applies of one config at once all succeed and one of them is it' '
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do manifest "$i" >"m$i.yaml"; done &&
	same 20 "$(at_once "bpfctl apply -f m\$i.yaml")" && same 1 "$(count programs .)" && same 2 "$(count links .)" &&
	bpfctl get configs both -o yaml >got && bpfctl get programs both -o json >program &&
	sampling=$(sed -n "s/.*sampling: *\"*\([0-9]*\).*/\1/p" got) && says "\"$sampling\"" program &&
	bpfctl delete config both
'
test_expect 'loads and unloads of all sorts leave nothing behind' '
	at_once "bpfctl load $COUNTER -p count:xdp -n mix\$i && bpfctl attach mix\$i xdp:d\$i && bpfctl detach mix\$i && bpfctl unload mix\$i" >ended &&
	same 20 "$(cat ended)" && same "" "$(bpfctl get programs -o name)$(bpfctl get links -o name)" && none_pinned
'
stop_in_the_middle() {
	at_once "bpfctl load $COUNTER -p count:xdp -n s\$i" >ended &
	loads=$!
	sleep 0.05
	restart_daemon || return 1
	wait $loads
	cat ended
	rows=$(count programs program/s)
	same "$rows" "$(find "$D/run/fs/loads" -mindepth 1 -maxdepth 1 | wc -l)" && unload_all && none_pinned
}

test_expect 'a daemon that is stopped in the middle finishes or undoes what it began' 'stop_in_the_middle'

# 1,000 where it is a matter of seconds; in an emulated machine, 200.
load_many() {
	n=0 many=1000
	while [ $n -lt $many ]; do
		n=$((n + 1))
		bpfctl load "$OBJ/tracepoint.bpf.o" -n "many$n" || return 1
		[ $n -ne 20 ] || [ $(($(now_ms) - from)) -lt 1000 ] || many=200
	done
}

now_ms() { read -r up _ </proc/uptime; echo "${up%.*}${up#*.}0"; }

test_expect '1,000 programs are loaded, listed in an instant and unloaded' '
	from=$(now_ms) && load_many >/dev/null && loaded=$(now_ms) &&
	bpfctl get programs -o name | wc -l >listed && same $many "$(cat listed)" && listed=$(now_ms) &&
	echo "load $((loaded - from)) ms, list $((listed - loaded)) ms" && [ $((listed - loaded)) -lt 1000 ] &&
	bpfctl get programs -o name | sed "s|program/||" >names && from=$(now_ms) &&
	xargs -n 100 "$BPFCTL" unload <names >/dev/null && echo "unload $(($(now_ms) - from)) ms" &&
	same "" "$(bpfctl get programs -o name)" && none_pinned
'
test_expect 'the interfaces go' 'for i in 1 3 5 7 9 11 13 15 17 19; do ip link del "d$i" || return 1; done'
finish
