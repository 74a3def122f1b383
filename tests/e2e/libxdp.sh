#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# src/libxdp beside Debian's xdp-loader on one interface, without a daemon: each sees, orders and keeps
# the other's programs. Where the kernel has no freplace: that this is said.
. "${0%/*}/lib.sh"

have_feature xdp-loader || skip_all 'no xdp-loader here'
export OBJECT="$OBJ/members.bpf.o"
PINS=/sys/fs/bpf/xdp
for ALIEN in /usr/lib/*/bpf/xsk_def_xdp_prog.o; do break; done

ours() { "$BUILD/tests/e2e/tools/libxdp" "$@"; }
# theirs FUNCTION PRIORITY [ACTIONS]: one more program by xdp-loader.
theirs() { xdp-loader load v0 "$OBJECT" -n "$1" -P "$2" -A "${3:-XDP_PASS}"; }
# Its exit status is an errno, which must_fail takes for a signal.
loader_fails() { ! xdp-loader "$@" 2>err; }
# list: "NAME PRIORITY ACTIONS;..." in order, as we read it; shown: the same by xdp-loader.
list() { ours read v0 | sed -n 's/^[0-9]: \([^ ]*\) priority=\([0-9]*\) actions=\([^ ]*\) .*/\1 \2 \3/p' | joined; }
shown() { xdp-loader status v0 | awk '$1 == "=>" { print $3, $2, $6 $7 $8 }' | joined; }
joined() { paste -s -d ';'; }
kind() { ours read v0 | sed -n '1s/ .*//p'; }
dispatcher() { ours read v0 | sed -n '1s/.* id=\([0-9]*\).*/\1/p'; }
# id FUNCTION: of that program now; ran ID SLOT: packets that it counted there.
id() { ours read v0 | sed -n "s/^[0-9]: $1 .* id=//p"; }
ran() {
	map=$(bpftool prog show id "$1" | sed -n 's/.*map_ids \([0-9]*\).*/\1/p')
	bpftool map lookup id "$map" key "$2" 0 0 0 | sed -n 's/.*"value": \([0-9]*\).*/\1/p'
}
# map_of ID NAME: the map of that name which program ID uses; a former load's may not be freed yet.
map_of() {
	for map in $(bpftool prog show id "$1" | sed -n 's/.*map_ids \([0-9,]*\).*/\1/p' | tr ',' ' '); do
		bpftool map show id "$map" | sed -n "1s/^\([0-9]*\): .* name $2 .*/\1/p"
	done
}
arrived() { cat /proc/net/dev | sed -n 's/^ *v0: *//p' | awk '{ print $2 }'; }
directories() { find "$PINS" -mindepth 1 -maxdepth 1 | wc -l; }
nothing_there() { same none "$(kind)" && same 0 "$(directories)"; }

# xdp-loader gives up where somebody is faster (it finds pins that are gone): then it is asked again.
again() {
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		! "$@" || return 0
		echo "once more: $*"
	done
	return 1
}
their_unload() { xdp-loader unload v0 --id "$(id wall)"; }
their_turns() {
	for turn in 1 2 3 4 5 6 7 8; do
		again theirs wall 10 XDP_PASS,XDP_DROP && again their_unload || return 1
	done
	echo "their $turn turns are done"
}
our_turns() {
	for turn in 1 2 3 4 5 6 7 8; do
		ours change v0 "$keep" aborted,40,5 && ours change v0 "$keep" "ours=$(id aborted)" || return 1
	done
	echo "our $turn turns are done"
}
packets() {
	echo 0 >sent
	while [ ! -e stop ]; do
		send_packets v0 50 && echo $(($(cat sent) + 50)) >sent.new && mv sent.new sent || return 1
	done
}
reads() {
	: >reads.log
	while [ ! -e stop ]; do
		ours read v0 >reads.one 2>&1 && grep -q "^dispatcher" reads.one || cat reads.one >>reads.log
	done
}
both_at_once() {
	their_turns >their.log 2>&1 &
	their=$!
	packets &
	stream=$!
	reads &
	reader=$!
	our_turns
	r=$?
	wait "$their" || r=1
	: >stop
	wait "$stream" || r=1
	wait "$reader"
	[ ! -s reads.log ] || r=1
	cat reads.log
	tail -n 40 their.log
	return "$r"
}

if ours possible >/dev/null 2>&1; then
	# What a failed test leaves must not fail those after it.
	test_freplace() {
		failed=$E2E_FAILED
		test_expect "$@"
		[ "$failed" = "$E2E_FAILED" ] && return
		xdp-loader unload v0 --all
		rm -rf "${PINS:?}"/dispatch-*
	} 2>/dev/null
else
	test_freplace() { skip_test "$1" "this kernel has no freplace ($(uname -r))"; }
	test_expect 'where the kernel has no freplace this is said, with what there is instead' '
		must_fail ours possible && says "freplace" err && says "of type ext" err &&
		says "hint: " err && says "without libxdp mode" err
	'
	NO_FREPLACE=1
fi

test_expect 'without the bpffs that all tools share a change is refused in words' '
	make_veth v0 && must_fail ours change v0 first,30,4 &&
	says "/sys/fs/bpf is not on a bpffs" err && says "mount -t bpf" err
'
test_expect 'an interface without programs is read as that' '
	mount_bpffs /sys/fs/bpf && ours read v0 >out && says "none version=0" out
'
[ -z "${NO_FREPLACE-}" ] || test_expect 'there a change is refused with the same words, and leaves nothing' '
	must_fail ours change v0 first,30,4 && says freplace err && nothing_there
'

test_freplace 'ours comes to theirs: both tools list both in the order of their priorities' '
	theirs second_with_a_long_name 20 XDP_PASS,XDP_DROP && ours change v0 first,10,4 >out &&
	same "first 10 0x4;second_with_a_long_name 20 0x6" "$(list)" &&
	same "first 10 XDP_PASS;second_with_a_long_name 20 XDP_DROP,XDP_PASS" "$(shown)"
'
test_freplace 'each packet runs through both' '
	send_packets v0 20 && same 20 "$(ran "$(id first)" 0)" &&
	same 20 "$(ran "$(id second_with_a_long_name)" 1)"
'
test_freplace 'ours goes: theirs stays, is not loaded again, and can still be unloaded by its tool' '
	was=$(id second_with_a_long_name) && ours change v0 "ours=$(id first)" >out &&
	same "second_with_a_long_name 20 0x6" "$(list)" && same "$was" "$(id second_with_a_long_name)" &&
	send_packets v0 5 && same 25 "$(ran "$was" 1)" && same 1 "$(directories)" &&
	xdp-loader unload v0 --id "$was" && nothing_there
'
test_freplace 'theirs comes to ours: both tools list both, ours goes on counting' '
	ours change v0 first,30,0x1f >out && send_packets v0 5 && was=$(id first) &&
	same "first 30 XDP_ABORTED,XDP_DROP,XDP_PASS,XDP_TX,XDP_REDIRECT" "$(xdp-loader status v0 |
		awk "\$1 == \"=>\" { sub(/.*XDP_ABORTED/, \"first 30 XDP_ABORTED\"); print }")" &&
	theirs second_with_a_long_name 20 &&
	same "second_with_a_long_name 20 0x4;first 30 0x1f" "$(list)" && same "$was" "$(id first)" &&
	send_packets v0 5 && same 10 "$(ran "$was" 0)"
'
test_freplace 'a program that drops hides the packet from those behind it, not from those before it' '
	ours change v0 "keep=$was,30,4" wall,25,4 >out &&
	same "second_with_a_long_name 20 0x4;wall 25 0x4;first 30 0x4" "$(list)" &&
	send_packets v0 7 && same 10 "$(ran "$was" 0)" && same 7 "$(ran "$(id wall)" 2)" &&
	same 12 "$(ran "$(id second_with_a_long_name)" 1)"
'
test_freplace 'with drop among its actions the next one runs, and the end of all is pass' '
	ours change v0 "keep=$was,30,4" "keep=$(id wall),25,6" >out && before=$(arrived) &&
	send_packets v0 7 && same 17 "$(ran "$was" 0)" && same 14 "$(ran "$(id wall)" 2)" &&
	same "second_with_a_long_name 20 XDP_PASS;wall 25 XDP_DROP,XDP_PASS;first 30 XDP_PASS" "$(shown)"
'
test_freplace 'the same wish once more changes nothing' '
	is=$(dispatcher) && ours change v0 "keep=$was,30,4" "keep=$(id wall),25,6" >out &&
	same "$is" "$(dispatcher)" && says "dispatcher=$is mode=0x4" out
'
test_freplace 'xdp-loader takes one of ours away: the others stay, and ours comes back from its code' '
	xdp-loader unload v0 --id "$was" && same "second_with_a_long_name 20 0x4;wall 25 0x6" "$(list)" &&
	must_fail ours change v0 "keep=$was,30,4" && says "program $was is no more on the interface" err &&
	same "second_with_a_long_name 20 0x4;wall 25 0x6" "$(list)" &&
	ours change v0 "ours=$was" "keep=$(id wall),25,6" first,5,4 >out &&
	same "first 5 0x4;second_with_a_long_name 20 0x4;wall 25 0x6" "$(list)"
'
test_freplace 'xdp-loader unloads all: nothing remains, and a change that wants nothing succeeds' '
	gone=$(id first) && xdp-loader unload v0 --all && nothing_there &&
	ours change v0 "ours=$gone" >out && says "dispatcher=0" out && nothing_there
'
test_freplace 'ours goes as the last: the interface and the bpffs are as before' '
	ours change v0 first,1,4 wall,2,4 >out && same 1 "$(directories)" &&
	ours change v0 "ours=$(id first)" "ours=$(id wall)" >out && says "dispatcher=0" out && nothing_there
'
test_freplace 'equal priorities are ordered by name, ours and theirs, by us and by xdp-loader' '
	ours change v0 wall,50,6 odd,50,4 >out && theirs second_with_a_long_name 50 &&
	same "odd 50 0x4;second_with_a_long_name 50 0x4;wall 50 0x6" "$(list)" &&
	ours change v0 "keep=$(id wall),50,6" "keep=$(id odd),50,4" first,50,4 >out &&
	same "first 50 0x4;odd 50 0x4;second_with_a_long_name 50 0x4;wall 50 0x6" "$(list)" &&
	xdp-loader unload v0 --all
'
test_freplace 'a verdict that no action can name ends the chain' '
	ours change v0 strange,10,0x1f first,20,4 >out && send_packets v0 5 &&
	same 5 "$(ran "$(id strange)" 6)" && same 0 "$(ran "$(id first)" 0)" && xdp-loader unload v0 --all
'
test_freplace 'an aborted packet goes on where that is among the actions, and else not' '
	ours change v0 aborted,10,1 first,20,4 >out && send_packets v0 5 && same 5 "$(ran "$(id first)" 0)" &&
	ours change v0 "keep=$(id aborted),10,4" "keep=$(id first),20,4" >out && send_packets v0 5 &&
	same 5 "$(ran "$(id first)" 0)" && same 10 "$(ran "$(id aborted)" 7)" && xdp-loader unload v0 --all
'
test_freplace 'one whose own type is another, one that changes packets, and one without BTF have a slot' '
	ours change v0 odd,10,4 trim,20,4 >out &&
	NO_BTF=1 ours change v0 "keep=$(id odd),10,4" "keep=$(id trim),20,4" first,30,4 >out &&
	same "odd 10 XDP_PASS;trim 20 XDP_PASS;first 30 XDP_PASS" "$(shown)" && send_packets v0 5 &&
	same 5 "$(ran "$(id odd)" 3)" && same 5 "$(ran "$(id trim)" 4)" && same 5 "$(ran "$(id first)" 0)"
'
test_freplace 'a program with tail calls is refused with the way out, and nothing changes' '
	list=$(list) && must_fail ours change v0 jump,40,4 && says "refuses jump as a freplace program" err &&
	says "it makes tail calls" err && says "without libxdp mode it works" err && same "$list" "$(list)"
'
# Debian 12's dispatcher lacks what newer kernels (6.13, and stable ones) ask of it.
test_freplace 'where the dispatcher of xdp-loader cannot hold one that changes packets, ours stays' '
	list=$(list) && if theirs second_with_a_long_name 90; then xdp-loader unload v0 --id "$(id second_with_a_long_name)"; fi &&
	same "$list" "$(list)" && send_packets v0 5 && same 10 "$(ran "$(id first)" 0)"
'
test_freplace 'xdp-loader puts the others, also one whose own type was another, into a dispatcher of its own' '
	ours change v0 "ours=$(id trim)" "keep=$(id odd),10,4" "keep=$(id first),30,4" &&
	theirs second_with_a_long_name 90 && send_packets v0 5 && same 15 "$(ran "$(id odd)" 3)" &&
	same 15 "$(ran "$(id first)" 0)" && same 5 "$(ran "$(id second_with_a_long_name)" 1)" &&
	xdp-loader unload v0 --all && nothing_there
'
if kernel_at_least 5 18; then
	test_freplace 'a dispatcher takes frags as long as all of its programs do' '
		ours change v0 wide,10,4 wide,20,4 >out && ours read v0 >out && says "frags=1 n=2" out &&
		theirs first 30 && ours read v0 >out && says "frags=0 n=3" out &&
		says "wide priority=10 actions=0x4 frags=1" out && send_packets v0 5 &&
		same 5 "$(ran "$(id first)" 0)" && xdp-loader unload v0 --all
	'
	test_freplace 'where the packets need frags a member without them is refused, and the others stay' '
		ip link set dev v0 mtu 4000 && in_ns v0 ip link set dev eth0 mtu 4000 &&
		ours change v0 native wide,10,4 >out && must_fail ours change v0 first,20,4 &&
		says "frags in every program" err && same "wide 10 0x4" "$(list)" && same 1 "$(directories)" &&
		xdp-loader unload v0 --all && ip link set dev v0 mtu 1500 && in_ns v0 ip link set dev eth0 mtu 1500
	'
else
	for name in 'a dispatcher takes frags as long as all of its programs do' \
		'where the packets need frags a member without them is refused, and the others stay'; do
		skip_test "$name" "needs kernel 5.18, this is $(uname -r)"
	done
fi
test_freplace 'ten programs fit, with one more the change is refused in words' '
	theirs wall 99 && ours change v0 first,1,4 first,2,4 first,3,4 first,4,4 first,5,4 first,6,4 \
		first,7,4 first,8,4 first,9,4 >out && is=$(dispatcher) && send_packets v0 5 &&
	same 5 "$(ran "$(id wall)" 2)" && must_fail ours change v0 odd,50,4 &&
	says "no room for 1 of ours" err && says "without libxdp mode there is no limit" err &&
	same "$is" "$(dispatcher)" && xdp-loader unload v0 --all && nothing_there
'
test_freplace 'a dispatcher stays in its mode: another is refused, none follows' '
	ours change v0 skb first,10,4 >out && says "mode=0x2" out && must_fail ours change v0 native wall,20,4 &&
	says "in mode skb" err && must_fail ours change v0 native "keep=$(id first),10,4" && ours change v0 "ours=$(id first)" odd,10,4 >out && says "mode=0x2" out &&
	ours change v0 native "ours=$(id odd)" && nothing_there
'
test_freplace 'pins of ours whose dispatcher was taken away by ip link go with the next change' '
	ours change v0 first,10,4 >out && last=$(dispatcher) && ip link set dev v0 xdp off && same 1 "$(directories)" &&
	ours change v0 odd,10,4 >out && same 2 "$(directories)" && is=$(dispatcher) &&
	ours change v0 "last=$last" "keep=$(id odd),10,4" && same 1 "$(directories)" && same "$is" "$(dispatcher)" &&
	ours change v0 "last=$is" "ours=$(id odd)" && nothing_there
'
inside() { nsenter --net=/run/netns/v0 "$BUILD/tests/e2e/tools/libxdp" "$@"; }
test_freplace 'interfaces with one index in two network namespaces have their own dispatchers' '
	same "$(cat /sys/class/net/v0/ifindex)" "$(in_ns v0 cat /sys/class/net/eth0/ifindex)" &&
	ours change v0 first,10,4 >out && inside change eth0 first,10,4 >out && same 2 "$(directories)" &&
	there=$(inside read eth0 | sed -n "s/^0: first .* id=//p") && send_packets v0 5 && send_packets_out v0 3 &&
	same 5 "$(ran "$(id first)" 0)" && same 3 "$(ran "$there" 0)" && ours change v0 "ours=$(id first)" >out &&
	same 1 "$(directories)" && inside change eth0 "ours=$there" >out && nothing_there
'
test_freplace 'pins of an interface that is gone can be removed, those of one that is there cannot' '
	ours change v0 first,10,4 >out && index=$(cat /sys/class/net/v0/ifindex) && is=$(dispatcher) &&
	must_fail ours forget "$index" "$is" && says "interface v0 runs dispatcher $is" err &&
	delete_veth v0 && same 1 "$(directories)" && ours forget "$index" "$is" && ours forget "$index" "$is" &&
	same 0 "$(directories)" && make_veth v0
'
test_freplace 'an interface without native xdp runs the dispatcher in mode skb, and native is refused' '
	ip link add d0 type dummy && must_fail ours change d0 native first,10,4 && says "cannot attach the dispatcher" err &&
	says "use mode skb" err && same 0 "$(directories)" && ours change d0 first,10,4 >out && says "mode=0x2" out &&
	xdp-loader status d0 >out && says first out && xdp-loader unload d0 --all && ip link del d0 && nothing_there
'
# With LimitMEMLOCK=infinity as in the unit: below 5.11 what root has loaded counts, also what is still being freed.
with_three() {
	prlimit --memlock=unlimited setpriv --inh-caps=-all --bounding-set=-all,+sys_admin,+net_admin,+chown \
		"$BUILD/tests/e2e/tools/libxdp" "$@"
}
test_freplace 'the three capabilities that bpfd keeps are enough' '
	with_three change v0 first,10,4 >out && theirs wall 20 && with_three change v0 "keep=$(id first),30,4" >out && same "wall 20 0x4;first 30 0x4" "$(list)" &&
	xdp-loader unload v0 --all && nothing_there
'
test_freplace 'a filter of xdp-tools with its maps filters in a dispatcher of ours' '
	OBJECT="${ALIEN%/*}/xdpfilt_alw_udp.o" ours change v0 xdpfilt_alw_udp,10,4 >out &&
	ours change v0 "keep=$(id xdpfilt_alw_udp),10,4" first,20,4 >out && send_packets v0 4 &&
	same 4 "$(ran "$(id first)" 0)" && ports=$(map_of "$(id xdpfilt_alw_udp)" filter_ports) &&
	bpftool map update id "$ports" key 0 9 0 0 value 10 0 0 0 0 0 0 0 && send_packets v0 4 &&
	same 4 "$(ran "$(id first)" 0)" && xdp-loader unload v0 --all && nothing_there
'
test_freplace 'a bpffs named in LIBXDP_BPFFS is used in place of the usual one' '
	mount_bpffs "$T/other" && export LIBXDP_BPFFS="$T/other" && ours change v0 first,10,4 >out &&
	same "first 10 XDP_PASS" "$(shown)" && same 0 "$(directories)" && xdp-loader unload v0 --all &&
	unset LIBXDP_BPFFS && nothing_there && umount "$T/other"
'
test_freplace 'a change waits for who has the lock' '
	{ flock "$PINS" sleep 1 & pid=$!; } && sleep 0.2 && ours change v0 first,10,4 >out &&
	! kill -0 "$pid" 2>/dev/null && xdp-loader unload v0 --all
'
test_freplace 'a directory that others may write is not used' '
	chmod 0777 "$PINS" && must_fail ours change v0 first,10,4 && says "others may write it" err &&
	chmod 0700 "$PINS" && nothing_there
'
alien="ip link set dev v0 xdp pinned /sys/fs/bpf/alien"
test_freplace 'who takes the dispatcher away between our reading and our swap has it taken away' '
	theirs second_with_a_long_name 20 && BETWEEN="ip link set dev v0 xdp off" ours change v0 first,10,4 >out &&
	same "first 10 0x4" "$(list)" && xdp-loader unload v0 --all && rm -r "$PINS"/dispatch-*
'
test_freplace 'who attaches another between our reading and our swap keeps it, and is named' '
	bpftool prog load "$ALIEN" /sys/fs/bpf/alien type xdp && must_fail env BETWEEN="$alien" \
		"$BUILD/tests/e2e/tools/libxdp" change v0 first,10,4 && says "\"xsk_def_prog\", attached by netlink" err &&
	same single "$(kind)" && same 0 "$(directories)" && ip link set dev v0 xdp off &&
	theirs second_with_a_long_name 20 && must_fail env BETWEEN="ip link set dev v0 xdp off && $alien" \
		"$BUILD/tests/e2e/tools/libxdp" change v0 first,10,4 && same single "$(kind)" &&
	ip link set dev v0 xdp off && rm -r /sys/fs/bpf/alien "$PINS"/dispatch-* && nothing_there
'
test_freplace 'a change that is killed leaves the old list, and a directory that xdp-loader clean removes' '
	ours change v0 first,10,4 >out && list=$(list) && is=$(dispatcher) &&
	{ BETWEEN="kill -KILL \$PPID" "$BUILD/tests/e2e/tools/libxdp" change v0 "keep=$(id first),10,4" wall,20,4 || true; } &&
	same "$list" "$(list)" && same "$is" "$(dispatcher)" && same 2 "$(directories)" &&
	xdp-loader clean v0 && same "$list" "$(list)" && same 1 "$(directories)" && xdp-loader unload v0 --all
'
test_freplace 'changes of both at once lose no program and no packet' '
	ours change v0 first,30,4 >out && theirs second_with_a_long_name 20 && keep=keep=$(id first),30,4 &&
	both_at_once && same "second_with_a_long_name 20 0x4;first 30 0x4" "$(list)" &&
	sent=$(cat sent) && same "$sent $sent" \
		"$(ran "$(id first)" 0) $(ran "$(id second_with_a_long_name)" 1)" &&
	same 1 "$(directories)" && xdp-loader unload v0 --all && nothing_there
'
# alien WORDS: what is there is left alone, and said in these words.
alien() {
	is=$(bpftool net show dev v0) && must_fail ours change v0 first,10,4 && says "$1" err && says "hint: " err &&
		ours read v0 >out && says "$1" out && same "$is" "$(bpftool net show dev v0)" &&
		must_fail ours change v0 ours=1 && same "$is" "$(bpftool net show dev v0)"
}
gone() { ip link set dev v0 xdp off && same none "$(kind)"; }

test_expect 'a single program without dispatcher is named and left alone' '
	bpftool prog load "$ALIEN" /sys/fs/bpf/alien type xdp && ip link set dev v0 xdp pinned /sys/fs/bpf/alien &&
	id=$(bpftool prog show pinned /sys/fs/bpf/alien | sed "s/:.*//;q") && rm /sys/fs/bpf/alien &&
	must_fail ours change v0 first,10,4 && says "program $id \"xsk_def_prog\", attached by netlink" err &&
	says "xdp off" err && ours read v0 >out && says "single version=0 id=$id" out && gone
'
test_expect 'a dispatcher of libxdp 1.2 is named and left alone' '
	ours fake v0 84 1 && alien "of libxdp 1.2 or older (protocol version 1" && says "locked version=1" out && gone
'
test_expect 'a dispatcher of libxdp 1.6 is named and left alone' '
	ours fake v0 128 3 && alien "of libxdp 1.6 or newer (protocol version 3" && says "locked version=3" out && gone
'
test_expect 'a dispatcher of the future is named and left alone' '
	ours fake v0 200 4 && alien "protocol version 4" && says "locked version=4" out && gone
'
test_expect 'a dispatcher with bytes that no version has is left alone' '
	ours fake v0 124 3 && alien "without a config that libxdp" && gone
'
test_expect 'a dispatcher without pins is left alone' '
	ours fake v0 124 2 && alien "not pinned in xdp/dispatch-" && gone
'
test_expect 'a dispatcher that a link holds, as of bpfman, is left alone' '
	LINK=/sys/fs/bpf/link ours fake v0 124 2 && alien "not pinned in xdp/dispatch-" && rm /sys/fs/bpf/link &&
	wait_until 2 "[ \$(kind) = none ]"
'
test_expect 'at the end the shared bpffs has no directory but the empty one of all tools' '
	same 0 "$(directories)" && delete_veth v0 && umount /sys/fs/bpf
'
finish
