#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The harness itself: its checks can fail, its packets are exact, its users are nobody.
. "${0%/*}/lib.sh"

# inner 'lines': a test file of its own inside this one; its TAP is in ./tap.
inner() {
	{ echo ". '$TOP/tests/e2e/lib.sh'"; echo "$1"; } >inner.sh
	mkdir -p inner.tmp
	(E2E_TMP=$T/inner.tmp sh inner.sh) >tap 2>&1
	cat tap
}

test_expect 'variables survive from one test to the next' 'x=4'
test_expect 'equal strings are the same, others are not' 'same 4 "$x" && ! same 5 "$x"'
test_expect 'a command that fails is a test that fails' '
	inner "test_expect sentence false" && says "not ok 1 - sentence" tap
'
test_expect 'a broken chain of commands is a test that fails' '
	inner "test_expect sentence \"false
		true\"" && says "not ok 1 - sentence" tap && says "broken" tap
'
test_expect 'a file that ends before finish says so' '
	inner "exit 0" && says "Bail out!" tap
'
test_expect 'a command that dies by a signal has not failed properly' '
	must_fail false && ! must_fail true && ! must_fail sh -c "kill -9 \$\$"
'
test_expect 'a kernel of the future is a skip with its reason' '
	inner "test_expect_on 99.1 sentence false" && says "# SKIP needs kernel 99.1" tap
'
test_expect 'packets cross a veth pair in exact number, both ways' '
	make_veth v0 && send_packets v0 500 && send_packets_out v0 100 &&
	read -r rx </sys/class/net/v0/statistics/rx_packets && same 500 "$rx" &&
	read -r tx </sys/class/net/v0/statistics/tx_packets && same 100 "$tx"
'
test_expect 'an attachment in a network namespace is residue' '
	in_ns v0 tc qdisc add dev eth0 clsact && ! residue_none_inside &&
	in_ns v0 tc qdisc del dev eth0 clsact && residue_none_inside && delete_veth v0
'
test_expect 'a pin is residue' '
	mount_bpffs "$T/bpf" &&
	bpftool map create "$T/bpf/m" type array key 4 value 4 entries 1 name m &&
	! residue_none_inside && rm "$T/bpf/m" && residue_none_inside
'
# An object of xdp-tools, so that this file needs no build of ours but the tools.
for object in /usr/lib/*/bpf/xsk_def_xdp_prog.o; do break; done
if [ -f "$object" ]; then
	test_expect 'a program that only an interface holds is residue, with its maps' '
		ip link add v1 type veth peer name v1p && "$BUILD/tests/e2e/tools/residue" kernel >was &&
		bpftool prog load "$object" "$T/bpf/p" type xdp &&
		ip link set dev v1 xdpgeneric pinned "$T/bpf/p" && rm "$T/bpf/p" &&
		! residue_none_inside && "$BUILD/tests/e2e/tools/residue" kernel >is &&
		grep -vxFf was is >new && says "xdp self" new && says prog new && says map new &&
		ip link del v1 && residue_none_inside
	'
else
	skip_test 'a program that only an interface holds is residue, with its maps' 'no xdp-tools'
fi
test_expect 'a process with our name is residue' '
	cp "$BUILD/tests/e2e/tools/knock" bpfd-left && { ./bpfd-left none $$ 60000 & pid=$!; } &&
	wait_until 5 "residue_list processes | grep -q bpfd-left" && ! residue_no_process && kill "$pid" && residue_no_process
'
test_expect 'nobody has no capability and no group of root' '
	as_nobody cat /proc/self/status >out && says "CapEff:	0000000000000000" out &&
	says "CapBnd:	0000000000000000" out && says "Uid:	65534" out && says "Groups:	65534 " out
'
test_expect 'there are tracepoints' 'test -r /sys/kernel/tracing/events/net/net_dev_queue/id'
finish
