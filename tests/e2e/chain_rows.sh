#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What tests of other managers ask of dispatchers, slots, proceed-on, order, foreign filters and network
# namespaces, one test each; of chains the same is asked, but for the limit of ten.
. "${0%/*}/lib.sh"

have_feature jq || skip_all 'no jq here'

# load NAME MARK VERDICT [ENTRY]
load() {
	bpfctl load "$OBJ/member.bpf.o" -p "${4:-member}" --name "$1" --global "mark=$2" --global "verdict=$3" \
		--share-map trail=trail
}
length_of_trail() { bpfctl map dump trail/trail | awk '$1 == "0" { print $2 }'; }
trail() {
	trail_from=$(length_of_trail)
	"$@" >&2 || return 1
	bpfctl map dump trail/trail | awk -v from="$trail_from" -v to="$(length_of_trail)" '
		NR > 1 && $1 + 0 > from + 0 && $1 + 0 <= to + 0 { printf "%s%s", sep, $2; sep = " " }
		END { print "" }'
}
chains() { find "$D/run/fs/chains" -mindepth 1 -maxdepth 1 | wc -l; }
xdp_of() { ip -d -o link show dev "$1" | sed -nE 's/.*prog\/xdp id ([0-9]+).*/\1/p'; }
filters() { tc filter show dev v0 "$1" 2>/dev/null | grep -c 'bpf .*direct-action'; }
detach() { for detach_name; do bpfctl detach "$detach_name" >>out || return 1; done; }

test_expect 'members are loaded' '
	start_daemon && make_veth v0 && make_veth v1 && bpfctl load "$OBJ/member.bpf.o" -p member --name trail --global mark=99 &&
	for n in 1 2 3 4 5 6 7 8 9 10 11 12; do load "x$n" "$n" 2 && load "t$n" "$n" -1 tc_member || return 1; done
'
test_expect 'the eleventh is as good as the tenth' '
	for n in 1 2 3 4 5 6 7 8 9 10 11 12; do bpfctl attach "x$n" xdp:v0 --priority "$n" >>out || return 1; done &&
	same "1 2 3 4 5 6 7 8 9 10 11 12" "$(trail send_packets v0 1)"
'
test_expect 'a place that was left is taken again' '
	detach x5 && same "1 2 3 4 6 7 8 9 10 11 12" "$(trail send_packets v0 1)" && bpfctl attach x5 xdp:v0 --priority 5 &&
	same "1 2 3 4 5 6 7 8 9 10 11 12" "$(trail send_packets v0 1)"
'
test_expect 'filled, drained and filled again' '
	for n in 12 11 10 9 8 7 6 5 4 3 2 1; do detach "x$n" || return 1; done && same "" "$(xdp_of v0)" && same 0 "$(chains)" &&
	bpfctl attach x2 xdp:v0 && bpfctl attach x1 xdp:v0 && same "2 1" "$(trail send_packets v0 1)"
'
test_expect 'priority 0 is before all, and equal ones keep their age' '
	bpfctl attach x3 xdp:v0 --priority 0 && bpfctl attach x4 xdp:v0 --priority 0 && same "3 4 2 1" "$(trail send_packets v0 1)"
'
test_expect 'after the first has left the others run on, and after a restart too' '
	detach x3 && same "4 2 1" "$(trail send_packets v0 1)" && restart_daemon && same "4 2 1" "$(trail send_packets v0 1)"
'
test_expect 'unloading a member links the others anew' '
	bpfctl unload --force x4 && same "2 1" "$(trail send_packets v0 1)" && load x4 4 2 && detach x1 x2
'
test_expect 'interfaces are independent' '
	bpfctl attach x1 xdp:v0 && bpfctl attach x2 xdp:v1 && same 1 "$(trail send_packets v0 1)" && same 2 "$(trail send_packets v1 1)" &&
	detach x1 && same "" "$(xdp_of v0)" && same 2 "$(trail send_packets v1 1)" && detach x2
'
# A second member with each verdict, and each in the set or not.
for verdict in aborted:0 drop:1 pass:2 tx:3 redirect:4 dispatcher_return:31; do
	name=${verdict%%:*} code=${verdict##*:}
	test_expect "proceed-on: $name goes on where it is in the set, and only there" '
		load v 50 "$code" && bpfctl attach x9 xdp:v0 --priority 90 && bpfctl attach v xdp:v0 --priority 10 --proceed-on "$name" &&
		same "50 9" "$(trail send_packets v0 1)" && detach v &&
		bpfctl attach v xdp:v0 --priority 10 --proceed-on "$([ "$name" = pass ] && echo drop || echo pass)" &&
		same 50 "$(trail send_packets v0 1)" && detach v x9 && bpfctl unload v
	'
done
for verdict in unspec:-1 ok:0 reclassify:1 shot:2 pipe:3 stolen:4 queued:5 repeat:6 redirect:7 trap:8 dispatcher_return:30; do
	name=${verdict%%:*} code=${verdict##*:}
	test_expect "proceed-on of tc: $name goes on where it is in the set, and only there" '
		load v 50 "$code" tc_member && bpfctl attach t9 tc:v0/ingress --priority 90 &&
		bpfctl attach v tc:v0/ingress --priority 10 --proceed-on "$name" && same "50 9" "$(trail send_packets v0 1)" && detach v &&
		bpfctl attach v tc:v0/ingress --priority 10 --proceed-on "$([ "$name" = ok ] && echo shot || echo ok)" &&
		same 50 "$(trail send_packets v0 1)" && detach v t9 && bpfctl unload v
	'
done
test_expect 'tc: the two directions are independent, and egress counts what leaves' '
	bpfctl attach t1 tc:v0/ingress && bpfctl attach t2 tc:v0/egress && same 1 "$(trail send_packets v0 1)" && detach t1 &&
	same "" "$(trail send_packets v0 1)" && same "2 2 2" "$(trail send_packets_out v0 3)" && detach t2
'
test_expect 'tc: the filter of somebody else is there before, during and after ours' '
	tc qdisc add dev v0 clsact && mkdir pins && mount_bpffs "$T/pins" && bpftool prog loadall "$OBJ/verdicts.bpf.o" "$T/pins/all" &&
	tc filter add dev v0 ingress pref 7 handle 7 bpf direct-action object-pinned "$T/pins/all/passes" && before=$(filters ingress) &&
	bpfctl attach t1 tc:v0/ingress && bpfctl attach t2 tc:v0/ingress && same "1 2" "$(trail send_packets v0 1)" &&
	tc filter show dev v0 ingress | grep -q "pref 7 bpf.* handle 0x7 passes" && detach t1 t2 && same "$before" "$(filters ingress)" &&
	tc qdisc show dev v0 | grep -q clsact && tc qdisc del dev v0 clsact && umount "$T/pins"
'
test_expect 'tc: the qdisc that bpfd made goes with the last of ours' '
	bpfctl attach t1 tc:v0/ingress && bpfctl attach t2 tc:v0/ingress && detach t1 t2 && ! tc qdisc show dev v0 | grep -q clsact
'
test_expect_on 6.6 'tcx: a program twice on a hook is refused in words' '
	bpfctl load "$OBJ/kinds.bpf.o" -p on_tc:tcx --name twice && bpfctl attach twice tcx:v0/ingress &&
	must_fail bpfctl attach twice tcx:v0/ingress && says "is on tcx:v0/ingress already" err && detach twice && bpfctl unload twice
'
test_expect 'a network namespace: chains are linked anew in it' '
	bpfctl attach x1 xdp:eth0@v0 && bpfctl attach x2 xdp:eth0@v0 --priority 10 && same "2 1" "$(trail send_packets_out v0 1)" &&
	bpfctl attach t1 tc:eth0/ingress@v0 && detach x2 && same "1 1" "$(trail send_packets_out v0 1)" && detach x1 t1
'
test_expect 'a network namespace that is deleted: what was in it can be detached, and nothing stays' '
	ip netns add gone && ip link add g0 type veth peer name g1 && ip link set g1 netns gone && ip -n gone link set g1 up &&
	bpfctl attach x1 xdp:g1@gone && bpfctl attach x2 xdp:g1@gone && bpfctl attach t1 tc:g1/ingress@gone && ip netns del gone &&
	detach x1 x2 t1 && same 0 "$(chains)" && { ip link del g0 2>/dev/null || true; }
'
test_expect 'all goes' 'unload_all && delete_veth v0 && delete_veth v1'
finish
