#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The examples, from the manifest to the application that runs as nobody: real packets, real calls,
# and the same again where bpf(2) is forbidden.
. "${0%/*}/lib.sh"

EXAMPLES=$BUILD/examples
nobpf() { "$BUILD/tests/e2e/tools/nobpf" "$@"; }

# manifest FILE [SED-ARGUMENT...]: an example's manifest as it stands, or with changes.
manifest() {
	file=$TOP/examples/$1
	shift
	if [ $# -eq 0 ]; then cat "$file"; else sed "$@" "$file"; fi
}

# counted ACTION: "PACKETS BYTES" of the counter's last table in ./out.
counted() { awk -v action="$1" '$1 == "ACTION" { n = "0 0" } $1 == action { n = $2 " " $3 } END { print n }' out; }

# queued INTERFACE: packets in the last table of net-dev-queue in ./out.
queued() { awk -v name="$1" '$1 == "INTERFACE" { n = 0 } $1 == name { n = $4 } END { print n + 0 }' out; }

mkdir layouts
cat >"$D/bpfd.yaml" <<-END
	mirrors:
	- prefix: quay.io/bpfd-bytecode
	  to: oci:$T/layouts/
	allow:
	- user: nobody
	  rights: [read]
END

test_expect 'an example says so on a kernel that is too old' '
	if setarch "$(uname -m)" --uname-2.6 true 2>/dev/null; then
		for name in xdp-counter net-dev-queue trigger-func; do
			setarch "$(uname -m)" --uname-2.6 "$EXAMPLES/$name" 2>err; same 69 $? &&
			says "Linux 5.10 or newer is needed" err || return 1
		done
	fi
'
test_expect 'images of the examples are built without a container tool' '
	bpfctl image build -t "oci:$T/layouts/go-xdp-counter:latest" \
		--label io.ebpf.program_type=xdp "$OBJ/xdp-counter.bpf.o" &&
	bpfctl image build -t "oci:$T/layouts/net-dev-queue:latest" "$OBJ/net-dev-queue.bpf.o" &&
	bpfctl image build -t "oci:$T/layouts/trigger-func:latest" "$OBJ/trigger-func.bpf.o"
'
test_expect 'the manifest of the talk attaches to the interface of the default route' '
	start_daemon && make_veth out0 &&
	ip route add default via "$(peer_addr out0)" dev out0 &&
	manifest xdp-counter/manifest.yaml >talk.yaml && bpfctl apply -f talk.yaml >out &&
	bpfctl get links >out && says xdp:out0 out && says 55 out
'
test_expect 'nobody reads how many packets and bytes the counter has seen' '
	send_packets out0 100 58 && as_nobody "$EXAMPLES/xdp-counter" -n 1 >out &&
	same "100 10000" "$(counted XDP_PASS)"
'
test_expect 'nobody reads them where bpf(2) is forbidden' '
	nobpf --try && send_packets out0 20 58 &&
	as_nobody "$BUILD/tests/e2e/tools/nobpf" "$EXAMPLES/xdp-counter" -n 1 >out &&
	same "120 12000" "$(counted XDP_PASS)"
'
test_expect 'what was not exported to nobody stays closed' '
	must_fail as_nobody "$EXAMPLES/xdp-counter" -n 1 -e && says "not open for writing to uid 65534" err
'
test_expect 'the general manifest takes the place of the talk'\''s' '
	bpfctl delete -f talk.yaml && manifest xdp-counter/manifest-maps.yaml \
		"s/sampling: 10/sampling: 10, drop_udp_port: 9/" >maps.yaml &&
	bpfctl apply -f maps.yaml
'
test_expect 'the counter distinguishes actions, and the ring buffer tells of one packet in ten' '
	send_packets out0 50 58 &&
	as_nobody "$BUILD/tests/e2e/tools/nobpf" "$EXAMPLES/xdp-counter" -c xdp-counter -n 1 -e >out &&
	same "50 5000" "$(counted XDP_DROP)" && same "0 0" "$(counted XDP_PASS)" &&
	n=$(grep -c "^event: .*100 bytes, XDP_DROP: ff ff ff ff ff ff" out) &&
	test "$n" -ge 5 && test "$n" -le 20
'
test_expect 'an export has its owner and mode, and only there may nobody open it' '
	same "65534 400" "$(stat -c "%u %a" "$D/run/maps/xdp-counter/xdp_stats_map")" &&
	same "65534 600" "$(stat -c "%u %a" "$D/run/maps/xdp-counter/events")"
'
test_expect 'the counter goes when its config is deleted' '
	bpfctl delete -f maps.yaml && must_fail as_nobody "$EXAMPLES/xdp-counter" -c xdp-counter -n 1
'
test_expect_if btf 'nobody sees what an interface has queued for sending' '
	manifest net-dev-queue/manifest.yaml >queue.yaml && bpfctl apply -f queue.yaml &&
	send_packets_out out0 30 58 && as_nobody "$EXAMPLES/net-dev-queue" -n 1 >out &&
	same 30 "$(queued out0)"
'
test_expect_if btf 'the same where bpf(2) is forbidden, with the first bytes of each packet' '
	send_packets_out out0 10 58 &&
	as_nobody "$BUILD/tests/e2e/tools/nobpf" "$EXAMPLES/net-dev-queue" -n 1 -e >out &&
	same 40 "$(queued out0)" && same 40 "$(grep -c "^event: .*protocol 0x0800: ff ff ff ff ff ff" out)"
'
test_expect_if btf 'namespaces are told apart' '
	send_packets out0 7 58 && as_nobody "$EXAMPLES/net-dev-queue" -n 1 -a >out &&
	same 7 "$(queued eth0)" && as_nobody "$EXAMPLES/net-dev-queue" -n 1 >out &&
	same 0 "$(queued eth0)" && bpfctl delete -f queue.yaml
'
test_expect_if uprobe 'an application without privileges sees each call of its function' '
	manifest trigger-func/manifest.yaml "s|/usr/local/bin/trigger-func|$EXAMPLES/trigger-func|" >func.yaml &&
	bpfctl apply -f func.yaml && as_nobody "$EXAMPLES/trigger-func" -n 5 >out &&
	says "seen: trigger_func(5, 50)" out && says "made 5 calls, seen 5; in total 5 calls" out
'
test_expect_if uprobe 'the same where bpf(2) is forbidden' '
	as_nobody "$BUILD/tests/e2e/tools/nobpf" "$EXAMPLES/trigger-func" -n 2 >out &&
	says "made 2 calls, seen 2; in total 7 calls, sum of arguments 198" out
'
test_expect_if uprobe 'calls are not seen any more when the config is deleted' '
	bpfctl delete -f func.yaml && must_fail as_nobody "$EXAMPLES/trigger-func"
'
test_expect 'applying and deleting everything twice changes nothing' '
	bpfctl apply -f talk.yaml && bpfctl apply -f talk.yaml >out && bpfctl delete -f talk.yaml &&
	must_fail bpfctl delete -f talk.yaml && bpfctl get programs -o name >out && same "" "$(cat out)" &&
	delete_veth out0
'
finish
