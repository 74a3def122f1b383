#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The daemon is killed at every step of a load, an attach, a detach and an unload.
. "$E2E_TOP/tests/fault/driver.sh"

BINARY=$BUILD/tests/e2e/tools/knock
kinds='xdp:v0 tc:v0/egress tracepoint:net/net_dev_queue raw_tp:sched_switch uprobe:BIN:main'
have_feature tcx && kinds="$kinds tcx:v0/ingress"

test_expect 'a daemon with fault points runs' '
	make_veth v0 && start_daemon &&
	bpfctl load "$OBJ/counter.bpf.o" -p count:xdp --name count &&
	bpfctl load "$OBJ/probes.bpf.o" --name many &&
	bpfctl load "$OBJ/tracepoint.bpf.o" --name trace
'
each_step_kills 'load' "bpfctl load $OBJ/counter.bpf.o -p count:xdp -n c1 -e packets:65534:65534:0440" \
	'bpfctl get programs -o name | grep -qx program/c1' 'bpfctl unload c1'

program_of() {
	case $1 in
	xdp:*) echo count ;;
	tracepoint:*) echo trace ;;
	raw_tp:*) echo many-on_switch ;;
	uprobe:*) echo many-on_function ;;
	*) echo many-on_packet ;;
	esac
}

# attached PROGRAM: it is, whole, or it is not.
attached() { bpfctl get links -o wide | awk -v p="$1" '$2 == p { n++ } END { exit n != 1 }'; }

for kind in $kinds; do
	hook=$(echo "$kind" | sed "s|BIN|$BINARY|")
	program=$(program_of "$kind")
	each_step_kills "attach ${kind%%:*}" "bpfctl attach $program $hook" \
		"attached $program" "bpfctl detach $program"
	test_expect "${kind%%:*} attaches" 'bpfctl attach "$program" "$hook"'
	each_step_kills "detach ${kind%%:*}" "bpfctl detach $program" \
		"! attached $program" "bpfctl attach $program $hook"
	test_expect "${kind%%:*} detaches" 'bpfctl detach "$program"'
done

load_again="bpfctl load $OBJ/counter.bpf.o -p count:xdp -n c1 -e packets"
test_expect 'a program with an export' '$load_again'
each_step_kills 'unload' 'bpfctl unload c1' \
	'! bpfctl get programs -o name | grep -qx program/c1' "$load_again"
test_expect 'the interface goes' 'unload_all && delete_veth v0'
finish
