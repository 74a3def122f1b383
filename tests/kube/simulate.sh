# SPDX-License-Identifier: Apache-2.0
# Nodes without agent, daemon and kernel, for tests of the operator; sourced after lib.sh.
#
#	simulate_node NAME			Node and BpfNode
#	simulate_config NAME PRIORITY [ROLLOUT]	a config for all nodes
#	simulate_report CONFIG NODE PHASE	the agent of NODE says so, for the present spec
#	config_is NAME PATH VALUE
#	mark, few N				at most N requests came through the proxy since mark
#	soon SECONDS NAME PATH VALUE		the same, until then; shows config and logs if it is not

simulate_node() {
	make_node "$1" 192.0.2.1 &&
		printf '{"apiVersion":"bpfd.io/v1alpha1","kind":"BpfNode","metadata":{"name":"%s"},"spec":{"node":"%s"}}' \
			"$1" "$1" | kc create -f -
}

simulate_config() {
	kc apply -f - <<-YAML
	apiVersion: bpfd.io/v1alpha1
	kind: BpfProgramConfig
	metadata: {name: $1}
	spec:
	  nodeSelector: {}
	  programs: [{entry: stats, type: xdp, hooks: [{hook: "xdp:eth0", priority: $2}]}]
	  bytecode: {path: /tmp/counter.bpf.o}
	  ${3:+rollout: $3}
	YAML
}

simulate_report() {
	kube_uid=$(field bpfprogramconfig "$1" .metadata.uid) &&
		kube_curl -X PATCH -H 'Content-Type: application/apply-patch+yaml' --data-binary "$(printf \
			'{"apiVersion":"bpfd.io/v1alpha1","kind":"BpfProgram","metadata":{"name":"%s.%s","ownerReferences":[{"apiVersion":"bpfd.io/v1alpha1","kind":"BpfProgramConfig","name":"%s","uid":"%s"}]},"spec":{"config":"%s","node":"%s"}}' \
			"$1" "$2" "$1" "$kube_uid" "$1" "$2")" \
			"/apis/bpfd.io/v1alpha1/bpfprograms/$1.$2?fieldManager=bpfd-agent&force=true" >/dev/null &&
		kube_curl -X PATCH -H 'Content-Type: application/merge-patch+json' --data-binary "$(printf \
			'{"status":{"phase":"%s","revision":"%s","message":"simulated"}}' "$3" \
			"$(field bpfprogramconfig "$1" .status.revision)")" \
			"/apis/bpfd.io/v1alpha1/bpfprograms/$1.$2/status" >/dev/null
}

config_is() { same "$3" "$(field bpfprogramconfig "$1" "$2")"; }

soon() {
	wait_until "$1" "config_is '$2' '$3' '$4' >/dev/null" ||
		{ kc get bpfprogramconfig "$2" -o yaml; show_logs; }
}

mark() { kube_mark=$(proxy count '*' '*'); }

few() {
	kube_n=$(($(proxy count '*' '*') - kube_mark))
	echo "$kube_n requests" && [ $kube_n -le "$1" ]
}
