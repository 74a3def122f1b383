#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Forty agents with pretended daemons: every config reaches its nodes, statuses count right, few writes,
# none while nothing changes, and no list after the first.
. "${0%/*}/../e2e/lib.sh"
. "$TOP/tests/kube/lib.sh"
. "$TOP/tests/kube/fleet.sh"

AGENTS=40

test_expect 'a cluster, an operator and forty agents start' '
	start_cluster && start_fleet $AGENTS 20 4 && start_agents 0 $AGENTS &&
	{ wait_until 60 "[ \"\$(kc get bpfnodes -o name | wc -l)\" -eq $AGENTS ]" || show_logs 3; }
'
test_expect 'five configs reach all of them, and their statuses say so' '
	{ fleet roll web 0 5 v1 $AGENTS $AGENTS 60 >made || { cat made; show_logs 3; }; } && cat made
'
test_expect 'a new config costs at most three writes per node, and no list' '
	test "$(take made ".writes_per_pair <= 3")" = true && same "{}" "$(take made ".lists | tostring")"
'
test_expect 'an upgrade reaches all nodes with at most three writes each, and no list' '
	{ FLEET_SETTLE=22 fleet roll web 0 5 v2 $AGENTS $AGENTS 60 >rolled || { cat rolled; show_logs 3; }; } && cat rolled &&
	test "$(take rolled ".writes_per_pair <= 3")" = true && same "{}" "$(take rolled ".lists | tostring")"
'
test_expect 'the digest of each node is that of the new image' '
	kc get bpfprograms -l bpfd.io/config=web-0 -o "jsonpath={range .items[*]}{.status.digest}{\"\n\"}{end}" |
		sort | uniq -c >digests && cat digests && same 1 "$(wc -l <digests | tr -d " ")"
'
test_expect 'nobody writes anything while nothing changes' '
	sleep 3 && fleet idle 10 "$T/agents.pids" "$(kube_pid operator)" >idle && cat idle &&
	same "{}" "$(take idle ".writes | tostring")" && same "{}" "$(take idle ".lists | tostring")"
'
test_expect 'a selector of half of the nodes reaches half of them' '
	fleet roll half 0 1 v1 20 20 30 even &&
	same "$((AGENTS - 20))" "$(field bpfprogramconfig half-0 .status.notselected)" &&
	same 20 "$(kc get bpfprograms -l bpfd.io/config=half-0 -o name | wc -l | tr -d " ")"
'
test_expect 'where the verifier refuses the nodes are grouped by the reason, the others run' '
	fleet roll fail 0 1 v1 $AGENTS 30 30 &&
	kc get bpfprogramconfig fail-0 -o "jsonpath={.status.reasons}" >reasons && cat reasons &&
	same VerifierRejected "$(take reasons ".[0].reason")" && same 10 "$(take reasons ".[0].count")" &&
	same 1 "$(take reasons length)" && test "$(take reasons ".[0].nodes | length <= 5")" = true &&
	says "invalid access to packet" reasons
'
test_expect 'deleting the configs leaves no report behind' '
	kc delete bpfprogramconfigs --all --timeout=60s && same "" "$(kc get bpfprograms -o name)"
'
test_expect 'agents, operator and daemons end' 'agents_run && stop_fleet'
finish_kube
