#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The main path: kubectl applies a config, the program runs on the node, packets are counted, status
# tells, deleting detaches.
. "${0%/*}/../e2e/lib.sh"
. "$TOP/tests/kube/lib.sh"

counted() {
	bpfctl map read traffic/counter_map -o json 2>/dev/null
}

manifest() {
	cat <<-YAML
	apiVersion: bpfd.io/v1alpha1
	kind: BpfProgramConfig
	metadata: {name: traffic}
	spec:
	  name: stats
	  type: XDP
	  nodeselector: {}
	  attachpoint:
	    networkmultiattach:
	      interfaceselector: {primarynodeinterface: true}
	      priority: ${1:-55}
	  bytecode: {path: $OBJ/counter.bpf.o}
	YAML
}

test_expect 'a cluster, a daemon, a node and an agent start' '
	start_cluster && start_daemon && make_veth one && make_node n1 "$(veth_addr one)" &&
	start_agent n1
'
test_expect 'the agent tells about its node' '
	wait_until 20 "same Ready \"\$(field bpfnode n1 .status.health)\" >/dev/null" &&
	same "$(uname -r)" "$(field bpfnode n1 .status.kernel)"
'
test_expect 'a config that is applied is loaded' '
	manifest | kc apply -f - &&
	{ wait_until 20 "same Loaded \"\$(field bpfprogram traffic.n1 .status.phase)\" >/dev/null" || show_logs; }
'
test_expect 'packets are counted' '
	send_packets one 10 && bpfctl map dump traffic/packets >out && cat out
'
test_expect 'the status names the pins of the maps, and they are there' '
	kc get bpfprogram traffic.n1 -o json | jq . && path=$(field bpfprogram traffic.n1 ".status.programs[0].maps[0].path") &&
	test -e "$path"
'
test_expect 'deleting the config detaches' '
	kc delete bpfprogramconfig traffic && wait_until 20 "! ip link show one | grep -q xdp" &&
	wait_until 20 "! kc get bpfprogram traffic.n1 2>/dev/null"
'
finish_kube
