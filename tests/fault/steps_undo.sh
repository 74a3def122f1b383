#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Whatever step of a plan fails: kernel, bpffs and store are as before.
. "$E2E_TOP/tests/fault/driver.sh"

BINARY=$BUILD/tests/e2e/tools/knock
COUNTER="bpfctl load $OBJ/counter.bpf.o --program count:xdp"
kinds='xdp:v0 tc:v0/egress tracepoint:net/net_dev_queue raw_tp:sched_switch uprobe:BIN:main uretprobe:BIN:main'
have_feature tcx && kinds="$kinds tcx:v0/ingress"

# manifest GLOBAL HOOKS [EXPORTS]: the config "traffic"
manifest() {
	cat <<-YAML
	apiVersion: bpfd.io/v1alpha1
	kind: BpfProgramConfig
	metadata: {name: traffic}
	spec:
	  bytecode: file://$OBJ/counter.bpf.o
	  globals: {sampling: $1}
	  programs:
	  - {name: traffic, entry: count, type: xdp, hooks: [$2]}
	  maps: [$3]
	YAML
}

export_to() { echo "{name: $1, export: {owner: \"65534\", mode: \"$2\"}}"; }

test_expect 'a daemon with fault points runs' '
	make_veth v0 && start_daemon && $COUNTER --name base && $COUNTER --name count &&
	bpfctl load "$OBJ/probes.bpf.o" --name many &&
	bpfctl load "$OBJ/tracepoint.bpf.o" --name trace &&
	bpfctl load "$OBJ/counter.bpf.o" -p count:xdp:first -p other:xdp:second
'

each_step_fails 'load' "$COUNTER --name c1"
each_step_fails 'load with exports and a shared map' \
	"$COUNTER --name c2 --share-map shared=base -e packets:65534:65534:0440"
each_step_fails 'load of many programs' "bpfctl load $OBJ/probes.bpf.o --name more"

program_of() {
	case $1 in
	xdp:*) echo count ;;
	tracepoint:*) echo trace ;;
	raw_tp:*) echo many-on_switch ;;
	uprobe:*) echo many-on_function ;;
	uretprobe:*) echo many-on_return ;;
	*) echo many-on_packet ;;
	esac
}

for kind in $kinds; do
	hook=$(echo "$kind" | sed "s|BIN|$BINARY|")
	each_step_fails "attach ${kind%%:*}" "bpfctl attach $(program_of "$kind") $hook"
done
for kind in $kinds; do
	hook=$(echo "$kind" | sed "s|BIN|$BINARY|")
	each_step_fails "detach ${kind%%:*}" "bpfctl detach $(program_of "$kind") $hook"
done

each_step_fails 'unload' 'bpfctl unload c1'
each_step_fails 'unload with exports' 'bpfctl unload c2'
each_step_fails 'unload of one of two that share maps' 'bpfctl unload first'
each_step_fails 'unload of the other' 'bpfctl unload second'
test_expect 'a program on hooks of two kinds' '
	bpfctl attach many-on_packet tc:v0/ingress && bpfctl attach many-on_packet tc:v0/egress &&
	bpfctl unload base && bpfctl unload count
'
each_step_fails 'unload that detaches' 'bpfctl unload --force many-on_packet'

test_expect 'manifests' '
	manifest 1 xdp:v0 "$(export_to packets 0440)" >one.yaml &&
	manifest 2 xdp:v0 "$(export_to packets 0440)" >two.yaml &&
	manifest 2 xdp:v0 "$(export_to packets 0400)" >mode.yaml &&
	manifest 2 "" "" >none.yaml && manifest 3 "{hook: xdp:v0, mode: skb}" "" >again.yaml
'
each_step_fails 'apply of a new config' 'bpfctl apply -f one.yaml'
each_step_fails 'apply of a changed program' 'bpfctl apply -f two.yaml'
each_step_fails 'apply of a changed export' 'bpfctl apply -f mode.yaml'
each_step_fails 'apply that removes hook and export' 'bpfctl apply -f none.yaml'
each_step_fails 'apply of a changed program with a new hook' 'bpfctl apply -f again.yaml'
each_step_fails 'delete of a config' 'bpfctl delete config traffic'

if have_feature tcx; then
	cat >low.yaml <<-YAML
	apiVersion: bpfd.io/v1alpha1
	kind: BpfProgramConfig
	metadata: {name: moving}
	spec:
	  bytecode: file://$OBJ/probes.bpf.o
	  programs:
	  - {name: moving, entry: on_packet, hooks: [{hook: "tcx:v0/egress", priority: 10}]}
	YAML
	test_expect 'a program is on tcx' 'sed s/10/20/ low.yaml >high.yaml && bpfctl apply -f low.yaml'
	each_step_fails 'apply that moves a program' 'bpfctl apply -f high.yaml'
	test_expect 'and goes' 'bpfctl delete config moving'
fi
test_expect 'a name that is taken is no reason to touch what has it' '
	bpfctl apply -f one.yaml && snapshot before &&
	must_fail $COUNTER --name traffic -e packets && as_before before
'
test_expect 'an export of that path is no reason to touch what is there' '
	bpfctl delete config traffic && sed "s/name: traffic, entry/name: other, entry/" one.yaml >other.yaml &&
	bpfctl apply -f other.yaml && snapshot before && must_fail $COUNTER --name traffic -e packets &&
	says "there is an export" err && as_before before && agrees before
'
test_expect 'the interface goes' 'bpfctl delete config traffic && delete_veth v0'
finish
