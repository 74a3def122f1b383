#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Five nodes, each with a real daemon in a network namespace of its own: counts, canaries, rollback,
# pause, the webhook, nodes that go.
. "${0%/*}/../e2e/lib.sh"
. "$TOP/tests/kube/lib.sh"

# manifest NAME PRIORITY [ROLLOUT] [OBJECT]
manifest() {
	cat <<-YAML
	apiVersion: bpfd.io/v1alpha1
	kind: BpfProgramConfig
	metadata: {name: $1}
	spec:
	  nodeSelector: {matchExpressions: [{key: role, operator: In, values: [edge, core]}]}
	  programs:
	  - entry: stats
	    type: xdp
	    hooks: [{hook: "xdp:", primaryNodeInterface: true, priority: $2}]
	  bytecode: {path: ${4:-$OBJ/counter.bpf.o}}
	  ${3:+rollout: $3}
	YAML
}

# As shipped, but the Service leads to this machine: there is no network of pods here.
shipped_webhook() {
	echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start &&
		kc apply -f "$TOP/deploy/kubernetes/webhook.yaml" && kc -n bpfd delete service bpfd-webhook &&
		kc -n bpfd create service externalname bpfd-webhook --external-name localhost
}

config_is() { same "$2" "$(field bpfprogramconfig "$1" "$3")"; }

test_expect 'a cluster with five nodes starts' '
	start_cluster && shipped_webhook &&
	for n in 1 2 3; do start_node n$n "{\"role\":\"edge\"}" && start_agent n$n || return 1; done &&
	start_node n4 "{\"role\":\"core\"}" && start_agent n4 && start_node n5 && start_agent n5
'
test_expect 'the operator starts' '
	start_operator operator --http 127.0.0.1:9464 --webhook 127.0.0.1:443 &&
	{ wait_until 20 "curl -sf http://127.0.0.1:9464/readyz >/dev/null" || show_logs; }
'
test_expect 'a config is counted on all nodes' '
	manifest all 50 | kc apply -f - &&
	{ wait_until 20 "config_is all 4 .status.loaded >/dev/null" || { kc get bpc all -o yaml; show_logs; }; } &&
	config_is all 4 .status.desired && config_is all 1 .status.notselected &&
	config_is all 0 .status.failed && kc get bpc
'
test_expect 'a canary goes first, the others follow' '
	manifest roll 60 "{strategy: canary, canary: {nodeSelector: {matchLabels: {role: core}}}, waitSeconds: 2, maxUnavailable: 2}" | kc apply -f - &&
	wait_until 20 "config_is roll Canary .status.rollout.phase >/dev/null" &&
	wait_until 20 "config_is roll 1 .status.loaded >/dev/null" &&
	{ wait_until 30 "config_is roll Complete .status.rollout.phase >/dev/null" || { kc get bpc roll -o yaml; show_logs; }; } &&
	config_is roll 4 .status.loaded
'
test_expect 'a canary that fails to load is rolled back, the others never see it' '
	echo broken >broken.o &&
	manifest roll 61 "{strategy: canary, canary: {nodeSelector: {matchLabels: {role: core}}}, waitSeconds: 2, onFailure: rollback}" "$T/broken.o" | kc apply -f - &&
	wait_until 20 "same Broken \"\$(field bpp roll.n4 .status.error.reason)\" >/dev/null" && use_daemon n4 &&
	bpfctl get configs -o name >out && says roll out && bpfctl get programs -o name >out && says roll out &&
	{ wait_until 20 "config_is roll RolledBack .status.rollout.phase >/dev/null" || { kc get bpc roll -o yaml; show_logs; }; } &&
	{ wait_until 20 "config_is roll 4 .status.loaded >/dev/null" || { kc get bpc roll -o yaml; kc get bpp roll.n4 -o yaml; show_logs; }; } &&
	config_is roll 0 .status.updated
'
test_expect 'the webhook refuses what cannot be right, with its path' '
	manifest bad 62 | sed "s/priority: 62/priorty: 62/" >bad.yaml && must_fail kc apply -f bad.yaml && says "spec.programs[0].hooks[0]" err &&
	says priorty err && must_fail kc get bpc bad
'
test_expect 'without the webhook a condition says so' '
	kc delete validatingwebhookconfiguration bpfd-webhook && kc apply --validate=false -f bad.yaml &&
	{ wait_until 20 "kc get bpc bad -o json | jq -e \".status.conditions[] | select(.type==\\\"Degraded\\\" and .status==\\\"True\\\").message | contains(\\\"priorty\\\")\" >/dev/null" || kc get bpc bad -o yaml; } &&
	kc delete bpc bad
'
test_expect 'what a lost node said is forgotten' '
	stop_kube n5 && kc delete node n5 && wait_until 30 "! kc get bpfnode n5 2>/dev/null" &&
	kill_kube n4 && kc delete node n4 && wait_until 30 "! kc get bpfprogram all.n4 2>/dev/null" &&
	wait_until 20 "config_is all 3 .status.desired >/dev/null"
'
test_expect 'a config goes when every node has detached' '
	kc delete bpc all roll --timeout=30s && for n in 1 2 3; do use_daemon n$n && same "" "$(bpfctl get configs -o name)" || return 1; done
'
test_expect 'metrics are OpenMetrics' '
	curl -sf http://127.0.0.1:9464/metrics >metrics && says "bpfd_operator_leads 1" metrics && same "# EOF" "$(tail -n 1 metrics)"
'
finish_kube
