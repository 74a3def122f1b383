#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Agent, daemon and API server die and come back, configs go meanwhile: the right programs run, none is
# loaded twice, and packets are counted all the time.
. "${0%/*}/../e2e/lib.sh"
. "$TOP/tests/kube/lib.sh"
. "$TOP/tests/kube/node.sh"

test_expect 'a config is loaded through a proxy, over HTTP/1.1' '
	start_all && config one 50 && phase_is one Loaded 20 && counts one 10 && ids=$(programs) && echo "$ids"
'
# One write: the token of the new one.
test_expect 'the agent is killed: what runs keeps running, and is not loaded again' '
	wait_until 20 "field bpfnode n1 .status.hooks | grep -q xdp:one" && kill_kube n1 && counts one 10 && give_account agent &&
	before=$(writes) && start_agent n1 && sleep 4 && same "$ids" "$(programs)" && counts one 10 &&
	same $((before + 1)) "$(writes)"
'
test_expect 'the daemon is killed: the same' '
	kill_daemon && send_packets one 10 && wait_until 20 "[ \"\$(field bpfnode n1 .status.health)\" = DaemonAway ]" &&
	start_daemon && wait_until 20 "[ \"\$(field bpfnode n1 .status.health)\" = Ready ]" && sleep 2 &&
	same "$ids" "$(programs)" && counts one 10 && phase_is one Loaded 10
'
test_expect 'the API server is killed: the same' '
	"$TOP/tests/kube/cluster" kill "$K" apiserver && counts one 10 && kill_daemon && start_daemon && sleep 3 &&
	counts one 10 && "$TOP/tests/kube/cluster" start "$K" apiserver && sleep 3 && same "$ids" "$(programs)" &&
	phase_is one Loaded 20 && counts one 10
'
test_expect 'lists that are blank, expired or refused take nothing away' '
	proxy blank 2 GET "bpfprogramconfigs?" && proxy answer 410 1 GET "bpfprogramconfigs?" &&
	proxy answer 500 1 GET "bpfprogramconfigs?" && proxy close && sleep 6 && same "$ids" "$(programs)" &&
	counts one 10 && proxy pass && config two 60 && phase_is two Loaded 30
'
test_expect 'a config that is deleted while the API server is away for the agent is detached later' '
	proxy drop 1000 "*" "*" && proxy close && kc delete bpfprogramconfig two && sleep 3 &&
	[ "$(programs)" != "$ids" ] && proxy pass && wait_until 40 "[ \"\$(programs)\" = \"$ids\" ]" &&
	wait_until 20 "! kc get bpfprogram two.n1" && counts one 10
'
test_expect 'a config that is deleted while the agent is down is detached when it is back' '
	config two 60 && phase_is two Loaded 20 && kill_kube n1 && kc delete bpfprogramconfig two && start_agent n1 &&
	wait_until 20 "[ \"\$(programs)\" = \"$ids\" ]" && wait_until 30 "! kc get bpfprogram two.n1" && counts one 10
'
test_expect 'one that is deleted and made again meanwhile is the new one, loaded once' '
	config two 60 && phase_is two Loaded 20 && kill_kube n1 && kc delete bpfprogramconfig two && config two 61 &&
	uid=$(field bpfprogramconfig two .metadata.uid) && start_agent n1 &&
	wait_until 30 "kc get bpfprogram two.n1 -o yaml | grep -q $uid" && phase_is two Loaded 20 &&
	same 2 "$(programs | jq length)" &&
	same 61 "$(field bpfprogram two.n1 ".status.programs[0].links[0].priority")" && counts two 10 && counts one 10
'
test_expect 'the same while the agent runs: the status gets its new owner' '
	kc delete bpfprogramconfig two && config two 61 && uid=$(field bpfprogramconfig two .metadata.uid) &&
	wait_until 30 "kc get bpfprogram two.n1 -o yaml | grep -q $uid" && phase_is two Loaded 20 &&
	kc delete bpfprogramconfig two && wait_until 30 "[ \"\$(programs)\" = \"$ids\" ]"
'
test_expect 'the Node is deleted and made again: what runs keeps running, and is told anew' '
	kc delete node n1 && wait_until 40 "! kc get bpfnode n1" && kc delete bpfprogram one.n1 && counts one 10 &&
	make_node n1 "$(veth_addr one)" && wait_until 30 "[ \"\$(field bpfnode n1 .status.health)\" = Ready ]" &&
	phase_is one Loaded 30 && same "$ids" "$(programs)"
'
test_expect 'the definitions are deleted and installed again' '
	kc delete -f "$TOP/deploy/kubernetes/crd" && wait_until 30 "[ \"\$(programs)\" = \"[]\" ]" &&
	kc apply -f "$TOP/deploy/kubernetes/crd" && kc wait --for=condition=Established --timeout=30s crd --all &&
	config one 50 && phase_is one Loaded 60 && counts one 10 &&
	wait_until 60 "[ \"\$(field bpfnode n1 .status.health)\" = Ready ]"
'
test_expect 'the config is deleted: nothing runs' '
	kc delete bpfprogramconfig one && wait_until 20 "[ \"\$(programs)\" = \"[]\" ]"
'
finish_kube
