#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Two operators: one leads, the other takes over when the first is gone or was stopped for a while, and
# who was stopped writes nothing when it comes back. Clocks count as each sees them (monotonic).
. "${0%/*}/../e2e/lib.sh"
. "$TOP/tests/kube/lib.sh"
. "$TOP/tests/kube/simulate.sh"

# Each behind a proxy of its own, which counts what it writes.
start_one() { start_proxy "proxy-$1" && start_operator "$1"; }

writes_of() {
	PROXY=proxy-$1
	echo $(($(proxy count PATCH '*') + $(proxy count POST '*') + $(proxy count DELETE '*') -
		$(proxy count POST leases) - $(proxy count PATCH leases)))
}

holder() { kc -n bpfd get lease bpfd-operator -o 'jsonpath={.spec.holderIdentity}'; }

test_expect 'two operators start, the first leads' '
	start_cluster && simulate_node n1 && simulate_config one 50 && start_one a &&
	soon 20 one .status.desired 1 && start_one b && sleep 2 && [ "$(writes_of b)" -eq 0 ]
'
test_expect 'one that was stopped for longer than the lease is replaced' '
	before=$(holder) && kill -STOP "$(kube_pid a)" &&
	wait_until 25 "[ \"\$(holder)\" != \"$before\" ]" && simulate_report one n1 Loaded &&
	soon 5 one .status.loaded 1
'
test_expect 'it comes back and writes nothing, whatever it had in mind' '
	old=$(writes_of a) && new=$(writes_of b) && simulate_report one n1 Failed && simulate_config two 50 &&
	simulate_node n2 && soon 10 one .status.desired 2 && kill -CONT "$(kube_pid a)" && sleep 4 &&
	simulate_report one n1 Loaded && soon 10 one .status.failed 0 &&
	{ same "$old" "$(writes_of a)" || { grep "PATCH\|POST\|DELETE" proxy-a.log; show_logs; }; } &&
	[ "$(writes_of b)" -gt "$new" ]
'
test_expect 'one that cannot reach the API server gives up, and forgets what it wanted to write' '
	PROXY=proxy-b && before=$(holder) && proxy drop 1000 "*" "*" && proxy close &&
	simulate_report one n1 Failed && wait_until 30 "[ \"\$(holder)\" != \"$before\" ]" &&
	soon 10 one .status.failed 1 && new=$(writes_of b) && PROXY=proxy-b && proxy pass && sleep 6 &&
	config_is one .status.failed 1 && { same "$new" "$(writes_of b)" || show_logs; }
'
test_expect 'a leader that is killed is replaced within 20 s' '
	before=$(holder) && kill_kube a && began=$(date +%s) &&
	wait_until 25 "[ \"\$(holder)\" != \"$before\" ]" && took=$(($(date +%s) - began)) &&
	echo "$took s" && [ $took -le 20 ] && simulate_report one n1 Loaded && soon 10 one .status.failed 0
'
test_expect 'a leader that ends gives the lease back at once' '
	PROXY=proxy-a && start_operator a && sleep 3 && before=$(holder) && stop_kube b && began=$(date +%s) &&
	wait_until 10 "[ -n \"\$(holder)\" ] && [ \"\$(holder)\" != \"$before\" ]" &&
	took=$(($(date +%s) - began)) && echo "$took s" && [ $took -le 5 ]
'
finish_kube
