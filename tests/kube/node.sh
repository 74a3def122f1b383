# SPDX-License-Identifier: Apache-2.0
# One real node for the fault tests: daemon, agent behind a proxy, a config on interface "one"; sourced
# after lib.sh.
#
#	start_all			cluster, daemon, interface, Node n1, proxy, agent
#	config NAME PRIORITY [OBJECT]	apply it through the API server itself
#	phase_is NAME PHASE SECONDS	of its BpfProgram; shows logs if it does not come
#	programs			kernel ids of what the daemon has, sorted, on one line
#	counts NAME N			N packets are sent, the program of config NAME counts them all

start_all() {
	start_cluster && start_daemon && make_veth one && make_node n1 "$(veth_addr one)" && start_proxy &&
		start_agent n1 && wait_until 20 '[ "$(field bpfnode n1 .status.health)" = Ready ]'
}

config() {
	kc apply -f - <<-YAML
	apiVersion: bpfd.io/v1alpha1
	kind: BpfProgramConfig
	metadata: {name: $1}
	spec:
	  nodeSelector: {}
	  programs: [{entry: stats, type: xdp, hooks: [{hook: "xdp:", primaryNodeInterface: true, priority: $2}]}]
	  bytecode: {path: ${3:-$OBJ/counter.bpf.o}}
	YAML
}

phase_is() {
	wait_until "$3" "[ \"\$(field bpfprogram $1.n1 .status.phase)\" = $2 ]" ||
		{ kc get bpfprogram "$1.n1" -o yaml; show_logs; }
}

programs() { bpfctl get programs -o json | jq -c '[.programs[].id] | sort'; }

packets() { bpfctl map dump "$1/packets" --sum | awk '$1 == "2" { print $2 }'; }

counts() {
	kube_before=$(packets "$1") && send_packets one "$2" && kube_after=$(packets "$1") &&
		same "$2" $((kube_after - kube_before))
}
