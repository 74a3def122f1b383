#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Many edits at once, and processes that are killed at random while configs come and go: the last state
# wins, nothing is loaded twice, packets are counted all the time. SEED=N repeats a run.
. "${0%/*}/../e2e/lib.sh"
. "$TOP/tests/kube/lib.sh"
. "$TOP/tests/kube/node.sh"

SEED=${SEED:-$(date +%s)}
echo "# SEED=$SEED"

# pick N: $picked is one of 0..N-1.
pick() {
	SEED=$(((SEED * 1103515245 + 12345) % 2147483648))
	picked=$((SEED / 65536 % $1))
}

cluster() { "$TOP/tests/kube/cluster" "$1" "$K" "$2"; }

edit() {
	kube_curl -X PATCH -H 'Content-Type: application/merge-patch+json' --data-binary "$(printf \
		'{"spec":{"programs":[{"entry":"stats","type":"xdp","hooks":[{"hook":"xdp:","primaryNodeInterface":true,"priority":%d}]}]}}' "$2")" \
		"/apis/bpfd.io/v1alpha1/bpfprogramconfigs/$1" >/dev/null
}

priority_of() { field bpfprogram "$1.n1" '.status.programs[0].links[0].priority'; }

strike() {
	pick 5
	echo "strike $picked"
	case $picked in
	0) kill_kube n1 && start_agent n1 ;;
	1) kill_kube operator && start_operator ;;
	2) kill_daemon && start_daemon ;;
	3) cluster kill apiserver && cluster start apiserver ;;
	4) cluster kill etcd && cluster start etcd ;;
	esac
}

# Apply or delete one of three; errors of an API server that has just died are tried again.
change() {
	pick 3
	what=c$picked
	pick 3
	echo "change $what $picked"
	if [ $picked -eq 0 ]; then
		wait_until 20 'kc delete bpfprogramconfig $what --ignore-not-found --wait=false'
	else
		wait_until 20 'config $what $((60 + SEED % 40))'
	fi
}

wanted() { kc get bpfprogramconfig -o name | sed 's|.*/||' | sort | tr '\n' ' '; }

running() { bpfctl get configs -o name | sed 's|.*/||' | sort | tr '\n' ' '; }

test_expect 'agent and operator run a config' '
	start_all && start_operator && config one 50 && phase_is one Loaded 20 && counts one 10
'
test_expect 'of 100 edits in ten seconds the last one wins, with few writes' '
	before=$(writes) && began=$(date +%s) && n=0 && while [ $n -lt 100 ]; do
		n=$((n + 1)) && edit one $((n + 100)) || return 1
		[ $((n % 10)) -ne 0 ] || while [ $(($(date +%s) - began)) -lt $((n / 10)) ]; do sleep 0.1; done
	done && wait_until 30 "[ \"\$(priority_of one)\" = 200 ]" && phase_is one Loaded 10 && sleep 4 &&
	made=$(($(writes) - before - 100)) && echo "$made writes in $(($(date +%s) - began)) s" && [ $made -le 150 ] &&
	same 1 "$(programs | jq length)" && counts one 10
'
ids=$(programs)
test_expect 'processes are killed at random while configs come and go' '
	for round in 1 2 3 4 5 6 7 8; do
		change && strike && change || return 1
		daemon_runs && counts one 10 || return 1
	done
'
test_expect 'in the end what the cluster wants runs, each once' '
	wait_until 60 "[ \"\$(wanted)\" = \"\$(running)\" ]" &&
	same "$(wanted | wc -w)" "$(programs | jq length)" && programs | jq -e --argjson old "$ids" "contains(\$old)"
'
test_expect 'the status says so too' '
	for name in $(wanted); do phase_is $name Loaded 40 || return 1; done &&
	wait_until 30 "[ \"\$(kc get bpfprogram -o name | wc -l)\" -eq \$(wanted | wc -w) ]" &&
	wait_until 30 "[ \"\$(field bpfprogramconfig one .status.loaded)\" = 1 ]"
'
test_expect 'all are deleted, nothing runs' '
	kc delete bpfprogramconfig --all --timeout=40s && same "[]" "$(programs)"
'
finish_kube
