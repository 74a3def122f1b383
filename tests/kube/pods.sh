#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Interfaces of pods and binaries of containers by selectors of pods: as pods come and go at the API
# server, programs come and go on the node. A container here is a process with a cgroup, a network
# namespace and a root of its own.
. "${0%/*}/../e2e/lib.sh"
. "$TOP/tests/kube/lib.sh"

SLICE=/sys/fs/cgroup/bpfdtest$$.slice
ROOT=$T/root

# start_pod NAME UID ID: sandbox and container in the pod's network namespace, cgroups as kubelet's.
start_pod() {
	pod_slice=$SLICE/kubepods-pod$(echo "$2" | tr - _).slice
	mkdir -p "$pod_slice/cri-containerd-0000000000$1.scope" "$pod_slice/cri-containerd-$3.scope"
	for scope in "0000000000$1" "$3"; do
		sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$pod_slice/cri-containerd-$scope.scope" \
			nsenter --net="/run/netns/$1" chroot "$ROOT" /bin/busybox sleep 1000 >/dev/null 2>&1 </dev/null &
	done
	wait_until 5 "grep -q . '$pod_slice/cri-containerd-$3.scope/cgroup.procs'"
}

end_pods() {
	[ -d "$SLICE" ] || return 0
	for p in $(find "$SLICE" -name cgroup.procs -exec cat '{}' ';'); do kill -KILL "$p"; done
	wait_until 5 'find "$SLICE" -depth -type d -exec rmdir "{}" ";" 2>/dev/null && ! test -d "$SLICE"'
}

# tell_pod NAME ID: the API server's Pod, running on n1; prints its uid.
tell_pod() {
	printf '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s","namespace":"default","labels":{"app":"web"}},"spec":{"nodeName":"n1","containers":[{"name":"main","image":"x"}]}}' \
		"$1" | kc create -f - >/dev/null
	printf '{"status":{"phase":"Running","containerStatuses":[{"name":"main","image":"x","imageID":"","ready":true,"restartCount":0,"containerID":"containerd://%s","state":{"running":{"startedAt":"2026-01-01T00:00:00Z"}}}]}}' \
		"$2" >pod.json
	field pod "$1" .metadata.uid
}

run_pod() {
	kube_curl -X PATCH -H 'Content-Type: application/strategic-merge-patch+json' --data-binary @pod.json \
		"/api/v1/namespaces/default/pods/$1/status" >/dev/null
}

links() { bpfctl get links | awk 'NR > 1' | grep -o '[a-z]*:[^ ]*' | sort | xargs; }

mkdir -p "$ROOT/bin" "$ROOT/proc" && cp "$(command -v busybox)" "$ROOT/bin/busybox" || skip_all 'no busybox'
cp "$BUILD/tests/e2e/tools/sendudp" "$ROOT/bin/app"

test_expect 'a node, and a config for pods that are not there' '
	start_cluster && start_daemon && make_veth one && make_node n1 "$(veth_addr one)" && start_agent n1 &&
	cat >pods.yaml <<-YAML &&
	apiVersion: bpfd.io/v1alpha1
	kind: BpfProgramConfig
	metadata: {name: pods}
	spec:
	  bytecode: $OBJ/xdp-counter.bpf.o
	  programs:
	  - entry: xdp_stats
	    type: xdp
	    hooks: [{hook: "xdp:", pods: {namespaces: [default], selector: {matchLabels: {app: web}}}}]
	YAML
	kc apply -f pods.yaml && { wait_until 20 "same Loaded \"\$(field bpp pods.n1 .status.phase)\" >/dev/null" || show_logs; } &&
	field bpp pods.n1 .status.message >out && says "no running pod of this node is meant" out
'
test_expect 'a pod that starts gets the program on its interface' '
	make_veth web && id=aaaaaaaaaaaa1 && uid=$(tell_pod web $id) && start_pod web "$uid" $id && run_pod web &&
	{ wait_until 20 "same xdp:eth0@container:pod$uid \"\$(links)\" >/dev/null" || { links; show_logs; }; } &&
	send_packets_out web 5 && wait_until 5 "same 5 \"\$(bpfctl map dump pods/xdp_stats_map --sum | awk '\''\$1 == 2 { print \$2 }'\'')\" >/dev/null"
'
test_expect 'a second pod too, and the first keeps its own' '
	make_veth web2 && id=bbbbbbbbbbbb2 && uid2=$(tell_pod web2 $id) && start_pod web2 "$uid2" $id && run_pod web2 &&
	wait_until 20 "test \$(bpfctl get links -o name | wc -l) = 2"
'
test_expect 'a pod that is deleted is left alone, the other keeps running' '
	kc delete pod web2 --grace-period=0 --force >/dev/null 2>&1 && wait_until 20 "same xdp:eth0@container:pod$uid \"\$(links)\" >/dev/null"
'
test_expect_if uprobe 'a uprobe goes into the containers that are meant' '
	sed -e "s/name: pods/name: probes/" -e "s/entry: xdp_stats/entry: on_uprobe/" -e "/type: xdp/d" \
		-e "s|bytecode: .*|bytecode: $OBJ/kinds.bpf.o|" \
		-e "s|hooks:.*|hooks: [{hook: \"uprobe:/bin/app:main\", containers: {pods: {matchLabels: {app: web}}, names: [main]}}]|" pods.yaml >probes.yaml &&
	kc apply -f probes.yaml && { wait_until 20 "links | grep -q uprobe:/bin/app:main+0@container:aaaaaaaaaaaa1" || { kc get bpp probes.n1 -o yaml; show_logs; }; }
'
test_expect 'nothing is left when the configs are deleted' '
	kc delete -f pods.yaml -f probes.yaml --ignore-not-found && wait_until 20 "same \"\" \"\$(links)\" >/dev/null" && end_pods
'
finish_kube
