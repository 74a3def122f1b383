#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Watches and lists that are cut, blank, refused or too old: the operator misses nothing, takes nothing for
# gone, and does not ask without end.
. "${0%/*}/../e2e/lib.sh"
. "$TOP/tests/kube/lib.sh"
. "$TOP/tests/kube/simulate.sh"

WATCHES=bpfprograms?watch

# cut_watch COMMAND...: that befalls the next watch of BpfPrograms; the present one ends.
cut_watch() { proxy "$@" GET "$WATCHES" && proxy close; }

test_expect 'an operator starts behind a proxy' '
	start_cluster && start_proxy && start_operator operator --http 127.0.0.1:9464 &&
	{ wait_until 20 "curl -sf http://127.0.0.1:9464/readyz >/dev/null" || show_logs; }
'
test_expect 'it tells what nodes report' '
	simulate_node n1 && simulate_node n2 && simulate_config one 50 &&
	soon 20 one .status.desired 2 && simulate_report one n1 Loaded && soon 20 one .status.loaded 1
'
for what in 'half 3' 'stump 3' 'expire 3' 'drop 3' 'blank 3' 'answer 410 3' 'answer 429 3' 'answer 500 3'; do
	test_expect "the watch goes wrong ($what), and nothing is missed" '
		mark && cut_watch $what && simulate_report one n1 Failed && soon 20 one .status.failed 1 &&
		proxy pass && proxy close && simulate_report one n1 Loaded &&
		soon 20 one .status.failed 0 && few 90
	'
done
test_expect 'lists are refused, blank or expired, and what was known stays known' '
	mark && proxy blank 2 GET "bpfprograms?limit" && proxy answer 410 1 GET "bpfprograms?limit" &&
	proxy answer 500 1 GET "bpfprograms?limit" && cut_watch expire 1 &&
	wait_until 20 "[ \$(proxy count GET \"bpfprograms?limit\") -ge 6 ]" &&
	config_is one .status.loaded 1 && simulate_report one n1 Failed && soon 20 one .status.failed 1 &&
	config_is one .status.desired 2 && simulate_report one n1 Loaded && soon 20 one .status.loaded 1
'
finish_kube
