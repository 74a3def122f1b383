# SPDX-License-Identifier: Apache-2.0
# Shell library of the tests with a real API server; sourced after tests/e2e/lib.sh. Each file starts its
# own server in its own namespaces; nothing outside sees it.
#
#	start_cluster			API server and controllers, CRDs and accounts as shipped
#	kc ARGS...			kubectl as administrator
#	serve_agent			before start_daemon: its socket for the agent, a kubelet's directory
#	make_node NAME ADDRESS [LABELS]	a Ready node with an InternalIP (JSON of labels)
#	start_agent NAME [ARGS...]	bpfd-agent of that node against the current daemon
#	start_operator [NAME]		bpfd-operator, webhook and all
#	stop_kube NAME / kill_kube NAME	end agent or operator NAME; kube_runs NAME
#	start_proxy / proxy COMMAND...	a proxy that misbehaves on command (proxy.py), through which agents and
#					operators go that are started later
#	field KIND NAME PATH		jsonpath of an object ("" when it is not there)
#	writes				how many writing requests the API server has had so far
#	finish_kube			ends all of it, then finish of lib.sh

K=$T/kube
KUBECTL_CACHE=$T/kubectl
export HOME="$T" BPFD_KUBE_CACHE="${BPFD_KUBE_CACHE:-/root/.cache/bpfd-kube}"

kc() { kubectl --cache-dir "$KUBECTL_CACHE" --kubeconfig "$K/admin.conf" "$@"; }

start_cluster() {
	"$TOP/tests/kube/cluster" start "$K" && kc create -f "$TOP/deploy/kubernetes/namespace.yaml" &&
		kc apply -f "$TOP/deploy/kubernetes/crd" && kc apply -f "$TOP/deploy/kubernetes/rbac" &&
		kc wait --for=condition=Established --timeout=30s crd --all &&
		wait_until 20 'kc -n bpfd get serviceaccount bpfd-agent bpfd-operator >/dev/null 2>&1'
}

make_node() {
	printf '{"apiVersion":"v1","kind":"Node","metadata":{"name":"%s","labels":%s}}' "$1" \
		"${3:-"{\"kubernetes.io/hostname\":\"$1\"}"}" | kc create -f - &&
		set_node_status "$1" "$2"
}

set_node_status() {
	printf '{"status":{"addresses":[{"type":"InternalIP","address":"%s"}],"capacity":{"cpu":"4","memory":"8Gi","pods":"110"},"allocatable":{"cpu":"4","memory":"8Gi","pods":"110"},"nodeInfo":{"kernelVersion":"%s","osImage":"Debian GNU/Linux 12","architecture":"amd64","operatingSystem":"linux","machineID":"","systemUUID":"","bootID":"","containerRuntimeVersion":"containerd://1.7","kubeletVersion":"v1.20.2","kubeProxyVersion":"v1.20.2"},"conditions":[{"type":"Ready","status":"True","reason":"Test","message":"","lastHeartbeatTime":"2026-01-01T00:00:00Z","lastTransitionTime":"2026-01-01T00:00:00Z"}]}}' \
		"$2" "$(uname -r)" >"$T/.status" &&
		kube_curl -X PATCH -H 'Content-Type: application/strategic-merge-patch+json' \
			--data-binary "@$T/.status" "/api/v1/nodes/$1/status" >/dev/null
}

# kube_curl ARGS... PATH: as administrator.
kube_curl() {
	kube_path=$(eval "echo \"\${$#}\"")
	kube_n=$#
	for kube_arg; do
		shift
		[ $((kube_n -= 1)) -gt 0 ] && set -- "$@" "$kube_arg"
	done
	curl -sf --cacert "$K/ca.crt" --cert "$K/admin.crt" --key "$K/admin.key" "$@" \
		"https://127.0.0.1:$(cat "$K/port")$kube_path"
}

# start_kube NAME COMMAND...
start_kube() {
	kube_name=$1
	shift
	"$@" >>"$T/$kube_name.log" 2>&1 </dev/null &
	echo $! >"$T/$kube_name.kube"
}

kube_pid() { cat "$T/$1.kube"; }

kube_runs() {
	[ -f "$T/$1.kube" ] && read -r _ _ kube_state _ 2>/dev/null <"/proc/$(kube_pid "$1")/stat" &&
		[ "$kube_state" != Z ]
}

# give_account agent|operator: $T/WHO.conf with a token and an authority that the test may
# replace: $T/WHO.token, $T/ca.crt.
give_account() {
	kube_who=$1
	kube_port=$(cat "$K/port")
	[ -z "$PROXY" ] || kube_port=$(cat "$T/$PROXY/port")
	"$TOP/tests/kube/cluster" account "$K" bpfd "bpfd-$kube_who" >/dev/null &&
		replace "$K/bpfd-bpfd-$kube_who.token" "$T/$kube_who.token" && { [ -f "$T/ca.crt" ] ||
		replace "$K/ca.crt" "$T/ca.crt"; } &&
		sed -e "s|tokenFile: [^}]*|tokenFile: $T/$kube_who.token|" -e "s|$K/ca.crt|$T/ca.crt|" \
			-e "s|127.0.0.1:[0-9]*|127.0.0.1:$kube_port|" "$K/bpfd-bpfd-$kube_who.conf" \
			>"$T/$kube_who.conf" && chmod 0644 "$T/$kube_who.conf"
}

# As the kubelet does: never half a file.
replace() { cp "$1" "$2.new" && chmod 0644 "$2.new" && mv "$2.new" "$2"; }

# start_proxy [NAME]: PROXY=NAME selects another one, for `proxy` and for who is started then.
start_proxy() {
	PROXY=${1:-proxy}
	start_kube "$PROXY" /usr/bin/python3 "$TOP/tests/kube/proxy.py" serve "$T/$PROXY" "$(cat "$K/port")" \
		"$K/ca.crt" "$K/apiserver.crt" "$K/apiserver.key" &&
		wait_until 10 '[ -s "$T/$PROXY/port" ]'
}

proxy() { /usr/bin/python3 "$TOP/tests/kube/proxy.py" tell "$T/$PROXY" "$@"; }

# The agent has no capability and no user of this machine, as in its pod.
start_agent() {
	kube_node=$1
	shift
	give_account agent &&
		start_kube "$kube_node" setpriv --reuid 65532 --regid 65532 --clear-groups \
			--inh-caps=-all --bounding-set=-all --no-new-privs "$BPFD_AGENT" --node "$kube_node" \
			--socket "$AGENT_SOCKET" --kubeconfig "$T/agent.conf" --look-seconds 1 "$@"
}

# As the ConfigMap of deploy/kubernetes has it, with the directories of this test.
serve_agent() {
	AGENT_SOCKET=$D/run/agent/bpfd.sock KUBELET=$D/kubelet
	mkdir -p "$KUBELET/pods" "$KUBELET/plugins/csi.bpfd.io" "$KUBELET/plugins_registry/csi.bpfd.io" &&
		chown 65532:65532 "$KUBELET/plugins/csi.bpfd.io" "$KUBELET/plugins_registry/csi.bpfd.io" &&
		echo "kubernetes: {agentSocket: $AGENT_SOCKET, kubeletDirectory: $KUBELET}" >"$D/bpfd.yaml" &&
		chmod 0755 "$D" "$D/run"
}

# start_node NAME [LABELS]: network namespace, real daemon in it, Node object; use_daemon NAME after.
start_node() {
	make_veth "$1" && use_daemon "$1" && serve_agent && start_node_daemon && make_node "$1" "$(peer_addr "$1")" "${2:-}"
}

# As start_daemon, in the network namespace of the node.
start_node_daemon() {
	mount_bpffs "$D/run/fs" && mount_bpffs "$D/run/maps" && chmod 0755 "$D/run/maps" || return 1
	echo >"$D/daemon.args"
	nsenter --net="/run/netns/$DAEMON" "$BPFD" --runtime-dir "$D/run" --state-dir "$D/state" \
		--config "$D/bpfd.yaml" >>"$D/log" 2>&1 </dev/null &
	echo $! >"$D/pid"
	"$BUILD/tests/e2e/tools/knock" "$BPFD_SOCKET" "$(cat "$D/pid")" 10000
}

# start_operator [NAME ARGS...]: as its pod is, with its own account.
start_operator() {
	kube_name=${1:-operator}
	[ $# -eq 0 ] || shift
	give_account operator &&
		start_kube "$kube_name" setpriv --reuid 65532 --regid 65532 --clear-groups \
			--inh-caps=-all --bounding-set=-all --no-new-privs "$BPFD_OPERATOR" \
			--kubeconfig "$T/operator.conf" "$@"
}

# Fails unless it exits 0 (a sanitizer's finding is another status).
stop_kube() {
	kill -TERM "$(kube_pid "$1")" && wait_until 5 "! kube_runs $1" && kube_end=$(kube_pid "$1") &&
		rm "$T/$1.kube" && { wait "$kube_end" || { tail -n 30 "$T/$1.log"; return 1; }; }
}

kill_kube() {
	kill -KILL "$(kube_pid "$1")" && wait_until 5 "! kube_runs $1" && rm "$T/$1.kube"
}

field() { kc get "$1" "$2" -o "jsonpath={$3}" 2>/dev/null; }

# Requests of all clients that are not GET, LIST or WATCH, leases aside.
writes() {
	kube_curl /metrics | awk '/^apiserver_request_total/ && !/verb="(GET|LIST|WATCH|CONNECT)"/ && !/resource="leases"/ {
		n += $2 } END { print n + 0 }'
}

# What the processes said since the last call, for failures.
show_logs() {
	for kube_file in "$T"/*.log; do
		echo "== $(basename "$kube_file")" && tail -n "${1:-10}" "$kube_file"
	done
	return 1
}

finish_kube() {
	for kube_file in "$T"/*.kube; do
		[ -f "$kube_file" ] || continue
		kube_name=$(basename "$kube_file" .kube)
		test_expect "$kube_name ends on SIGTERM" 'stop_kube "$kube_name"'
	done
	test_expect 'the API server ends' '"$TOP/tests/kube/cluster" stop "$K"'
	finish
}

# Those of another build where it is named: SANITIZED=build-asan tests/e2e/run ...
BPFD_AGENT=${SANITIZED:-$BUILD}/src/agent/bpfd-agent
BPFD_OPERATOR=${SANITIZED:-$BUILD}/src/operator/bpfd-operator
PROXY=''
use_daemon main
serve_agent
