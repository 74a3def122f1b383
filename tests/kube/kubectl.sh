#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# kubectl bpf against a real API server. What agent and operator would write is written by hand, so
# that each state is there at will.
. "${0%/*}/../e2e/lib.sh"
. "$TOP/tests/kube/lib.sh"

export PATH="$BUILD/src/kubectl:$PATH" KUBECONFIG="$K/admin.conf"
api=/apis/bpfd.io/v1alpha1

kb() { kubectl bpf "$@"; }

# exits STATUS COMMAND...: with exactly that.
exits() {
	exits_want=$1
	shift
	"$@"
	same "$exits_want" $?
}

# manifest NAME PRIORITY
manifest() {
	cat <<-YAML
	apiVersion: bpfd.io/v1alpha1
	kind: BpfProgramConfig
	metadata: {name: $1, labels: {team: net}}
	spec:
	  name: stats
	  type: XDP
	  nodeselector: {}
	  attachpoint: {networkmultiattach: {interfaceselector: {primarynodeinterface: true}, priority: $2}}
	  bytecode: {path: /opt/counter.bpf.o}
	  rollout: {strategy: canary, canary: {percentage: 10}, onFailure: pause}
	YAML
}

# set_status COLLECTION NAME JSON
set_status() {
	printf '{"status":%s}' "$3" | kube_curl -o /dev/null -X PATCH -H 'Content-Type: application/merge-patch+json' \
		--data-binary @- "$api/$1/$2/status"
}

# config_status PHASE UPDATED LOADED FAILED [MORE]: of traffic, for its generation of now.
config_status() {
	set_status bpfprogramconfigs traffic "{\"observedGeneration\":$(field bpc traffic .metadata.generation),
		\"desired\":3,\"updated\":$2,\"loaded\":$3,\"failed\":$4,\"notselected\":2,\"summary\":\"$3/3 loaded\",
		\"revision\":\"abc\",\"rollout\":{\"phase\":\"$1\",\"revision\":\"abc\",\"stableRevision\":\"old\",\"threshold\":0,
		\"message\":\"$1 by hand\"}${5:+,$5}}"
}

# program CONFIG NODE: its BpfProgram, without status.
program() {
	printf '{"apiVersion":"bpfd.io/v1alpha1","kind":"BpfProgram","metadata":{"name":"%s.%s","labels":{"bpfd.io/config":"%s","bpfd.io/node":"%s"}},"spec":{"config":"%s","node":"%s"}}' \
		"$1" "$2" "$1" "$2" "$1" "$2"
}

# keep_revision NAME NUMBER: what the operator keeps of the spec of now.
keep_revision() {
	kc get bpc traffic -o json | jq "{apiVersion: \"apps/v1\", kind: \"ControllerRevision\", metadata: {name: \"$1\",
		namespace: \"bpfd\", labels: {\"bpfd.io/config\": \"traffic\"}, ownerReferences: [{apiVersion, kind,
		name: \"traffic\", uid: .metadata.uid}]}, revision: $2, data: .spec}" | kc create -f -
}

priority() { field bpc traffic .spec.attachpoint.networkmultiattach.priority; }

test_expect 'a cluster starts' 'start_cluster'

test_expect 'kubectl finds the plugin' 'kb --version | grep "^kubectl-bpf 0" && kb --help | grep "rollout undo"'
test_expect 'wrong words are errors with a hint' '
	exits 2 kb nodse 2>err && grep "did you mean \"kubectl bpf nodes\"" err &&
	exits 2 kb get foo 2>err && grep "configs, programs, nodes" err &&
	exits 2 kb get --selectr x 2>err && grep "did you mean --selector" err &&
	exits 2 kb get -o detail 2>err && grep formats err &&
	exits 2 kb rollout status x --timeout soon 2>err && grep 1h30m err &&
	exits 2 kb rollout status x --timeout 99999999999999999999h 2>err &&
	exits 2 kb describe 2>err && grep "needs" err
'
test_expect 'without an API server the error says where it was sought' '
	KUBECONFIG=/nonexistent exits 1 kb get 2>err && grep "hint: .*--kubeconfig" err &&
	sed "s|server: [^,]*,|server: \"https://127.0.0.1:1\",|" "$K/admin.conf" >away.conf &&
	exits 1 kb get --kubeconfig away.conf 2>err && grep "https://127.0.0.1:1 cannot be reached" err &&
	exits 1 kb get --context other 2>err && grep other err
'

test_expect 'diff of a config that is not there shows all of it' '
	manifest traffic 55 >m.yaml && exits 1 kb diff -f m.yaml >out && grep "^--- /dev/null" out &&
	grep "^+ *priority: 55" out
'
test_expect 'diff is silent when nothing differs, also in another spelling' '
	kc apply -f m.yaml && exits 0 kb diff -f m.yaml >out && same "" "$(cat out)" &&
	sed "s/nodeselector: {}/nodeSelector: {matchLabels: {}}/; s/networkmultiattach/networkMultiAttach/" m.yaml |
		exits 0 kb diff -f - 
'
test_expect 'diff shows what changes, with lines around, that patch(1) could take' '
	manifest traffic 60 | exits 1 kb diff -f - >out && grep "^-  *priority: 55" out && grep "^+  *priority: 60" out &&
	grep "^@@ -[0-9]*,4 +[0-9]*,4 @@" out && same 3 "$(grep -c "^ " out)"
'
test_expect 'diff refuses what bpfd would refuse, with its place' '
	manifest traffic 60000 | exits 2 kb diff -f - 2>err && grep "^error: -:[0-9]*:[0-9]*: priority 60000" err &&
	exits 2 kb diff -f /nonexistent 2>err && grep "cannot read /nonexistent" err &&
	head -c 1100000 /dev/zero | tr "\0" "#" | exits 2 kb diff -f - 2>err && grep "more than 1048576" err &&
	exits 2 kb diff 2>err && grep "needs -f" err
'

test_expect 'rollout status waits for the operator, up to its time' '
	exits 1 kb rollout status traffic --timeout 1s >out 2>err && grep "waiting for bpfd-operator" out &&
	grep "not complete in time" err && exits 0 kb rollout status traffic --watch=false
'
test_expect 'rollout status follows the changes and ends with them' '
	{ kb rollout status traffic --timeout 60s >out 2>err & } && waiter=$! && wait_until 10 "grep waiting out" &&
	config_status Canary 1 1 0 && wait_until 10 "grep \"canary: Canary by hand\" out" &&
	config_status Rolling 2 2 0 && wait_until 10 "grep \"rolling: Rolling by hand\" out" &&
	config_status Complete 3 3 0 && exits 0 wait "$waiter" && grep "complete: 3 of 3 nodes are loaded" out
'
reasons='"reasons":[{"reason":"VerifierRefused","count":9,"nodes":["n1","n2"],"message":"R1 invalid mem access"}]'
test_expect 'rollout status fails with what failed' '
	config_status Paused 1 0 9 "$reasons" && exits 1 kb rollout status traffic >out &&
	grep "paused: Paused by hand; VerifierRefused on n1, n2: R1 invalid mem access" out &&
	config_status RolledBack 1 0 1 && exits 1 kb rollout status traffic -w >out && grep "taken back" out &&
	config_status Complete 3 1 2 && exits 1 kb rollout status traffic --watch=false >out && grep "2 failed" out &&
	exits 1 kb rollout status none 2>err && grep "\"none\" not found" err
'
test_expect 'rollout status ends when the config is deleted' '
	manifest gone 1 | kc apply -f - && { kb rollout status gone >out 2>err & } && waiter=$! &&
	wait_until 10 "grep waiting out" && kc delete bpc gone && exits 1 wait "$waiter" && grep "was deleted" err
'

test_expect 'programs and nodes as agents report them' '
	for node in n1 n2 n3; do
		program traffic $node | kc create -f - || return 1
	done &&
	set_status bpfprograms traffic.n1 "{\"phase\":\"Loaded\",\"revision\":\"abc\",\"message\":\"1 program, 1 link\",
		\"programs\":[{\"name\":\"traffic\",\"id\":17,\"type\":\"xdp\",\"tag\":\"bpf_prog_a1\",
		\"links\":[{\"id\":3,\"hook\":\"xdp:eth0\",\"state\":\"Attached\",\"priority\":55,\"mode\":\"native\"}],
		\"maps\":[{\"name\":\"packets\",\"id\":9,\"type\":\"array\",\"path\":\"/run/bpfd/maps/traffic/packets\"}]}]}" &&
	set_status bpfprograms traffic.n2 "{\"phase\":\"Failed\",\"revision\":\"abc\",\"message\":\"verifier\",
		\"error\":{\"reason\":\"VerifierRefused\",\"message\":\"program stats was refused\",\"hint\":\"check the bounds\",
		\"verifier\":\"0: (b7) r0 = 0\\nR1 invalid mem access\\n\\u001b[31mred\"}}" &&
	printf "{\"apiVersion\":\"bpfd.io/v1alpha1\",\"kind\":\"BpfNode\",\"metadata\":{\"name\":\"n1\"},\"spec\":{\"node\":\"n1\"}}" |
		kc create -f - &&
	set_status bpfnodes n1 "{\"kernel\":\"6.1.0\",\"architecture\":\"amd64\",\"distribution\":\"Debian 12\",\"daemonVersion\":\"0.1.0\",
		\"health\":\"Ready\",\"hooks\":[{\"hook\":\"xdp:eth0\",\"position\":0,\"program\":\"traffic\",\"programId\":17,\"foreign\":false},
		{\"hook\":\"tcx:eth0:ingress\",\"position\":0,\"program\":\"cil_from\",\"programId\":4,\"foreign\":true}]}"
'
test_expect 'get lists configs with their counts' '
	config_status Paused 2 1 1 "$reasons" && kb get >out && cat out &&
	grep "^NAME *DESIRED *LOADED *FAILED *NOTSELECTED *ROLLOUT *SUMMARY" out &&
	grep "^traffic *3 *1 *1 *2 *Paused *1/3 loaded" out && kb get configs traffic -o wide | grep "REVISION *AGE"
'
test_expect 'get lists programs by config, node, label and name' '
	kb get programs >out && cat out && grep "^traffic.n2 *traffic *n2 *Failed *verifier" out &&
	same 4 "$(wc -l <out)" && kb get programs --node n1 >out && same 2 "$(wc -l <out)" &&
	kb get programs --config traffic --node n2 -o name >out && same bpfprogram.bpfd.io/traffic.n2 "$(cat out)" &&
	kb get programs -l "bpfd.io/node in (n1,n3)" -o name >out && same 2 "$(wc -l <out)" &&
	kb get programs --config other 2>err && grep "no programs" err &&
	exits 1 kb get program traffic.n1 traffic.n9 -o name >out 2>err && grep "n9.*not found" err && same 1 "$(wc -l <out)"
'
test_expect 'get gives objects as they are' '
	kb get programs -o json | jq -e ".kind == \"List\" and (.items | length) == 3" &&
	kb get program/traffic.n1 -o json | jq -S .status >a && kc get bpp traffic.n1 -o json | jq -S .status >b && cmp a b &&
	kb get programs -o yaml | /usr/bin/python3 -c "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)" |
		jq -S "[.items[].status]" >a && kc get bpp -o json | jq -S "[.items[].status]" >b && cmp a b
'
test_expect 'nodes has one line a node and counts foreign programs' '
	kb nodes >out && cat out && grep "^n1 *6.1.0 *amd64 *Debian 12 *0.1.0 *Ready *2 *2 *1$" out
'
test_expect 'describe tells the whole story, and no escape sequence gets through' '
	printf "{\"apiVersion\":\"events.k8s.io/v1\",\"kind\":\"Event\",\"metadata\":{\"name\":\"e1\",\"namespace\":\"default\"},\"eventTime\":\"2026-01-01T00:00:00.000000Z\",\"reportingController\":\"bpfd-operator\",\"reportingInstance\":\"x\",\"action\":\"Rollout\",\"reason\":\"Rollout\",\"type\":\"Warning\",\"note\":\"paused by hand\",\"regarding\":{\"kind\":\"BpfProgramConfig\",\"name\":\"traffic\",\"namespace\":\"default\",\"apiVersion\":\"bpfd.io/v1alpha1\",\"uid\":\"%s\"}}" \
		"$(field bpc traffic .metadata.uid)" | kc create -f - &&
	kb describe traffic >out && cat out && grep "^Rollout: *Paused: Paused by hand" out && grep "^Stable: *old" out &&
	grep "VerifierRefused on 9 nodes: n1, n2, …" out && grep "      | R1 invalid mem access" out &&
	grep "hint: check the bounds" out && grep "xdp:eth0 .*55 *Attached *native" out &&
	grep "/run/bpfd/maps/traffic/packets" out && grep "Warning Rollout .*bpfd-operator.*paused by hand" out &&
	! grep "$(printf "\\033")" out && grep -F "?[31mred" out
'
test_expect 'describe tells about a program and a node' '
	kb describe program traffic.n2 >out && grep "^Phase: *Failed" out && grep "R1 invalid mem access" out &&
	kb describe node n1 >out && cat out && grep "^Kernel: *6.1.0" out && grep "tcx:eth0:ingress.*cil_from.*others" out &&
	grep "/run/bpfd/maps/traffic/packets" out && exits 1 kb describe node n7 2>err && grep "\"n7\" not found" err
'

test_expect 'rollout history lists revisions, and shows one' '
	keep_revision traffic.one 1 && manifest traffic 60 | kc apply -f - && keep_revision traffic.two 2 &&
	manifest traffic 65 | kc apply -f - && keep_revision traffic.three 3 && kb rollout history traffic >out && cat out &&
	same "3 2 1 " "$(awk "NR > 1 { print \$1 }" out | tr "\n" " ")" && grep "^ *3 .*current" out &&
	kb rollout history traffic --revision 1 | grep "priority: 55" &&
	exits 1 kb rollout history traffic --revision 9 2>err && grep "no revision \"9\"" err
'
test_expect 'rollout undo puts the spec before back, and keeps the rollout of now' '
	kc patch bpc traffic --type=merge -p "{\"spec\":{\"rollout\":{\"maxUnavailable\":2}}}" && kb rollout undo traffic &&
	same 60 "$(priority)" && same 2 "$(field bpc traffic .spec.rollout.maxUnavailable)"
'
test_expect 'rollout undo takes a number, a hash, a name, and prefers what was stable' '
	hash=$(kb rollout history traffic | awk "\$1 == 1 { print \$2 }") &&
	kb rollout undo traffic --to-revision 3 && same 65 "$(priority)" &&
	kb rollout undo traffic --to-revision "$hash" && same 55 "$(priority)" &&
	kb rollout undo traffic --to-revision traffic.two && same 60 "$(priority)" &&
	kb rollout undo traffic --to-revision traffic.two >out && grep already out &&
	set_status bpfprogramconfigs traffic "{\"rollout\":{\"stableRevision\":\"$hash\"}}" && kb rollout undo traffic &&
	same 55 "$(priority)" && exits 1 kb rollout undo traffic --to-revision nine 2>err && grep "rollout history" err
'
test_expect 'rollout pause and resume' '
	config_status Canary 1 1 0 && kb rollout pause traffic && same true "$(field bpc traffic .spec.rollout.paused)" &&
	exits 1 kb rollout pause traffic 2>err && grep "paused already" err &&
	kb rollout resume traffic && same false "$(field bpc traffic .spec.rollout.paused)" &&
	same abc "$(field bpc traffic ".metadata.annotations.bpfd\.io/resumed")" &&
	exits 1 kb rollout resume traffic 2>err && grep "is not paused" err && config_status RolledBack 1 0 1 &&
	exits 1 kb rollout resume traffic 2>err && grep "rollout undo" err
'
test_expect 'writes meet those of others and are tried again' '
	config_status Canary 1 1 0 && { while [ ! -e enough ]; do
		kc annotate --overwrite bpc traffic other="$(date +%N)" >/dev/null 2>&1
	done & } && other=$! && n=0 && while [ $n -lt 10 ]; do
		kb rollout pause traffic && kb rollout resume traffic || break
		n=$((n + 1))
	done >log 2>&1 && touch enough && wait "$other" && cat log && same 10 "$n"
'

test_expect 'who may not is told which right is missing' '
	kc create namespace other && kc -n other create serviceaccount nobody &&
	"$TOP/tests/kube/cluster" account "$K" other nobody >/dev/null && nobody=$K/other-nobody.conf &&
	exits 1 kb get --kubeconfig "$nobody" 2>err && cat err && grep "cannot list resource \"bpfprogramconfigs\"" err &&
	grep "hint: .*bpfd-viewer" err && exits 1 kb rollout status traffic --kubeconfig "$nobody" 2>err &&
	kc create clusterrolebinding nobody --clusterrole=bpfd-viewer --serviceaccount=other:nobody &&
	wait_until 10 "kb get --kubeconfig $nobody" && exits 1 kb rollout pause traffic --kubeconfig "$nobody" 2>err &&
	grep "cannot patch" err && kb describe traffic --kubeconfig "$nobody" >out && grep "Events: cannot be read" out &&
	kc create clusterrolebinding viewer --clusterrole=view --serviceaccount=other:nobody &&
	wait_until 10 "kb describe traffic --kubeconfig $nobody | grep \"paused by hand\"" &&
	kb rollout history traffic --kubeconfig "$nobody" | grep current
'
test_expect 'who is not known is told so' '
	sed "s|tokenFile: [^}]*|token: nonsense|" "$nobody" >stranger.conf &&
	exits 1 kb get --kubeconfig stranger.conf 2>err && cat err && grep "does not know who you are" err
'
test_expect 'a plugin for credentials is run' '
	cp "$K/other-nobody.token" token && printf "#!/bin/sh\nprintf \"{\\\"apiVersion\\\":\\\"client.authentication.k8s.io/v1\\\",\\\"kind\\\":\\\"ExecCredential\\\",\\\"status\\\":{\\\"token\\\":\\\"%%s\\\"}}\" \"\$(cat $T/token)\"\n" >credentials &&
	chmod +x credentials && sed "s|user: {tokenFile: [^}]*}|user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: $T/credentials}}|" \
		"$nobody" >exec.conf && kb get --kubeconfig exec.conf | grep traffic
'

test_expect 'words are completed' '
	kubectl_complete=$TOP/src/kubectl/kubectl_complete-bpf && sh "$kubectl_complete" rollout st | grep "^status" &&
	sh "$kubectl_complete" describe tra >out && same ":4" "$(cat out)" &&
	sh "$kubectl_complete" rollout status tra | grep "^traffic" && sh "$kubectl_complete" get programs traffic.n | grep -c "^traffic.n" &&
	sh "$kubectl_complete" get --sel | grep "^--selector"
'
test_expect 'lists longer than a page are read to their end' '
	{ n=0 && while [ $n -lt 600 ]; do
		n=$((n + 1))
		program many "m$n"
	done; } | kc create -f - >/dev/null && kb get programs --config many -o name >out && same 600 "$(sort -u out | wc -l)" &&
	kb get programs --config many -o json | jq -e ".items | length == 600" && kb describe traffic | grep -c traffic
'
test_expect 'without the definitions the error says how to install' '
	kc delete crd --all && exits 1 kb get 2>err && cat err && grep "hint: install it: kubectl apply -k deploy/kubernetes" err
'
finish_kube
