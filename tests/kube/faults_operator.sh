#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The operator behind an API server that answers with errors, or late: what it writes is right in the end,
# and it does not ask without end.
. "${0%/*}/../e2e/lib.sh"
. "$TOP/tests/kube/lib.sh"
. "$TOP/tests/kube/simulate.sh"

test_expect 'an operator starts behind a proxy, over HTTP/1.1' '
	start_cluster && start_proxy && start_operator operator --http 127.0.0.1:9464 &&
	{ wait_until 20 "curl -sf http://127.0.0.1:9464/readyz >/dev/null" || show_logs; }
'
test_expect 'it tells what nodes report' '
	simulate_node n1 && simulate_node n2 && simulate_config one 50 &&
	soon 20 one .status.desired 2 && simulate_report one n1 Loaded && soon 20 one .status.loaded 1
'
for code in 409 429 500 410; do
	test_expect "its writes are refused with $code, and come through later" '
		mark && proxy answer $code 3 PATCH /status && simulate_report one n2 Failed &&
		soon 20 one .status.failed 1 && few 20 && simulate_report one n2 Loaded &&
		soon 20 one .status.failed 0 && proxy pass
	'
done
test_expect 'it waits as long as the API server asks' '
	proxy answer 429 1 PATCH /status 4 && began=$(date +%s) && simulate_report one n2 Failed &&
	soon 20 one .status.failed 1 && took=$(($(date +%s) - began)) && echo "$took s" &&
	[ $took -ge 4 ] && simulate_report one n2 Loaded && soon 20 one .status.failed 0
'
test_expect 'a slow API server: the lease is kept' '
	proxy pass && proxy slow 1500 "*" "*" && proxy close && simulate_report one n1 Failed &&
	soon 30 one .status.failed 1 && proxy pass &&
	{ ! grep -q "not leading" operator.log || show_logs; }
'
test_expect 'a config that goes leaves nothing behind, whatever comes first' '
	simulate_report one n1 Loaded && for n in 1 2 3 4 5 6; do
		simulate_config c$n 50 || return 1
	done && for n in 1 2 3 4 5 6; do soon 20 c$n .status.desired 2 || return 1; done &&
	proxy slow 300 PATCH bpfprogramconfigs && kc delete bpfprogramconfig c1 c2 c3 c4 c5 c6 --wait=false &&
	wait_until 30 "[ \$(kc get bpfprogramconfig -o name | wc -l) -eq 1 ]" && proxy pass && kube_runs operator
'
test_expect 'a config that is deleted and made again keeps its revision' '
	simulate_report one n1 Loaded && kc delete bpfprogramconfig one --wait=false &&
	kc delete bpfprogram one.n1 one.n2 && wait_until 20 "! kc get bpfprogramconfig one" &&
	simulate_config one 50 && soon 20 one .status.desired 2 &&
	uid=$(field bpfprogramconfig one .metadata.uid) && name=one.$(field bpfprogramconfig one .status.revision) &&
	wait_until 20 "kc -n bpfd get controllerrevision $name -o yaml | grep -q $uid"
'
test_expect 'nothing is written while nothing changes' '
	sleep 3 && before=$(writes) && sleep 6 && same "$before" "$(writes)"
'
finish_kube
