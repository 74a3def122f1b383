#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The daemon is killed at every step of an apply and of a delete.
. "$E2E_TOP/tests/fault/driver.sh"

# manifest GLOBAL XDP_HOOKS TC_HOOKS EXPORTS: the config "traffic", two programs.
manifest() {
	cat <<-YAML
	apiVersion: bpfd.io/v1alpha1
	kind: BpfProgramConfig
	metadata: {name: traffic}
	spec:
	  bytecode: file://$OBJ/counter.bpf.o
	  programs:
	  - {name: traffic, entry: count, type: xdp, hooks: [$2], globals: {sampling: $1}}
	  - {name: packet, entry: on_packet, bytecode: "file://$OBJ/probes.bpf.o", hooks: [$3]}
	  maps: [$4]
	YAML
}

packets='{name: packets, export: {owner: "65534", mode: "0440"}}'
shared='{name: shared, export: {owner: "65534", mode: "0400"}}'
tc='tc:v0/ingress'
have_feature tcx && tc="$tc, tcx:v0/egress"

# generation N: what is there is the Nth version of the config.
runs() { bpfctl get programs traffic -o json | grep -q "\"$1\""; }

test_expect 'a daemon with fault points runs' '
	make_veth v0 && start_daemon &&
	manifest 41 xdp:v0 "$tc" "$packets" >one.yaml &&
	manifest 42 xdp:v0 "$tc" "$packets, $shared" >two.yaml &&
	manifest 43 "" "tc:v0/egress" "" >three.yaml
'
each_step_kills 'apply of a new config' 'bpfctl apply -f one.yaml' \
	'bpfctl get configs -o name | grep -qx config/traffic' 'bpfctl delete config traffic'
test_expect 'one is applied' 'bpfctl apply -f one.yaml && runs 41'
each_step_kills 'apply of a changed config' 'bpfctl apply -f two.yaml' 'runs 42' 'bpfctl apply -f one.yaml'
each_step_kills 'apply that removes' 'bpfctl apply -f three.yaml' 'runs 43' 'bpfctl apply -f one.yaml'
if have_feature tcx; then
	test_expect 'a program is on tcx' 'manifest 41 xdp:v0 "{hook: tcx:v0/egress, priority: 10}" "" >low.yaml &&
		manifest 41 xdp:v0 "{hook: tcx:v0/egress, priority: 20}" "" >high.yaml && bpfctl apply -f low.yaml'
	each_step_kills 'apply that moves a program' 'bpfctl apply -f high.yaml' \
		'bpfctl get links packet | grep -qw 20' 'bpfctl apply -f low.yaml'
	test_expect 'the first one is back' 'bpfctl apply -f one.yaml && runs 41'
fi
each_step_kills 'delete of a config' 'bpfctl delete config traffic' \
	'! bpfctl get configs -o name | grep -qx config/traffic' 'bpfctl apply -f one.yaml'
test_expect 'the interface goes' 'bpfctl delete config traffic && delete_veth v0'
finish
