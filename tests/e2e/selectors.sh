#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Hooks that do not name one interface of the host: patterns, node selectors with expressions, and
# containers. A container here is a process with a cgroup, a network namespace and a root of its own.
. "${0%/*}/lib.sh"

ID=3f1c9a5e7b2d4c6f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f7
POD=pod0f5e1c2d-3b4a-4958-a6b7-c8d9e0f1a2b3
SLICE=/sys/fs/cgroup/bpfdtest$$-podx.slice/kubepods-burstable-pod0f5e1c2d_3b4a_4958_a6b7_c8d9e0f1a2b3.slice
ROOT=$T/root

# start_in CGROUP COMMAND...: the command as the only process of a new cgroup; its pid in ./pid.
start_in() {
	mkdir -p "$1" && {
		sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$@" >/dev/null 2>&1 </dev/null &
		echo $! >pid
	} && wait_until 5 "test \"\$(cat '/proc/$(cat pid)/comm')\" = busybox"
}
remove_cgroups() {
	for p in $(find "${SLICE%/*}" -name cgroup.procs -exec cat '{}' ';'); do kill -KILL "$p"; done
	wait_until 5 'find "${SLICE%/*}" -depth -type d -exec rmdir "{}" ";" 2>/dev/null && ! test -d "${SLICE%/*}"'
}
# config NAME TEXT: a config with the counter on what TEXT says.
config() {
	cat <<-END
		apiVersion: bpfd.io/v1alpha1
		kind: BpfProgramConfig
		metadata: {name: $1}
		spec:
		  programs:
		  - bytecode: $OBJ/xdp-counter.bpf.o
		    entry: xdp_stats
		    type: xdp
		    hooks: [$2]
	END
}
links() { bpfctl get links | awk 'NR > 1' | grep -o '[a-z]*:[^ ]*' | sort; }
packets() { bpfctl map dump "$1/xdp_stats_map" --sum | awk '$1 == "2" { print $2 }'; }

cat >"$D/bpfd.yaml" <<-END
	labels: {zone: a, tier: gold}
	allow:
	- {user: nobody, rights: [read, load, attach]}
END
mkdir -p "$ROOT/bin" "$ROOT/usr/bin" "$ROOT/proc" "$SLICE"
cp "$(command -v busybox)" "$ROOT/bin/busybox" && cp "$BUILD/tests/e2e/tools/sendudp" "$ROOT/bin/app"
ln -s /bin/app "$ROOT/usr/bin/app"
ln -s "$BUILD/tests/e2e/tools/sendudp" "$ROOT/bin/outside"
ln -s ../../../../../../../../../../../../../../"$BUILD/tests/e2e/tools/sendudp" "$ROOT/bin/above"
mkfifo "$ROOT/bin/fifo"

test_expect 'a pattern is one link for each interface that is there' '
	start_daemon && make_veth red && make_veth rod && make_veth blue &&
	config p "{hook: \"xdp:\", interfaces: {patterns: [\"r?d\", \"b*\"], exclude: [rod]}}" >p.yaml &&
	bpfctl apply -f p.yaml >out && same "xdp:blue xdp:red" "$(links | xargs)"
'
test_expect 'applied again nothing changes' '
	bpfctl apply -f p.yaml >out && says unchanged out && ! grep -q attach out
'
test_expect 'a new interface is attached when the config is applied again' '
	make_veth rad && bpfctl apply -f p.yaml >out && says "attach" out && says xdp:rad out &&
	! grep -q detach out && same "xdp:blue xdp:rad xdp:red" "$(links | xargs)"
'
test_expect 'an interface that is excluded now is detached' '
	config p "{hook: \"xdp:\", interfaces: {names: [rod], patterns: [\"r*\"], exclude: [rad]}}" >p.yaml &&
	bpfctl apply -f p.yaml >out && same "xdp:red xdp:rod" "$(links | xargs)" &&
	send_packets red 20 && same 20 "$(packets p)"
'
test_expect 'no interface is a warning' '
	config p "{hook: \"xdp:\", interfaces: {patterns: [nosuch*]}}" >p.yaml &&
	bpfctl apply -f p.yaml >out 2>err && says "warning: config p: xdp:: no interface is there" err &&
	same "" "$(links)" && bpfctl delete config p
'
test_expect 'patterns look into the named network namespace' '
	config p "{hook: \"xdp:\", netns: red, interfaces: {patterns: [\"eth*\"]}}" >p.yaml &&
	bpfctl apply -f p.yaml >out && same "xdp:eth0@red" "$(links)" &&
	bpfctl apply -f p.yaml >out && says unchanged out && bpfctl delete config p
'
test_expect 'the manifest that is stored has the patterns' '
	config p "{hook: \"xdp:\", interfaces: {patterns: [\"r?d\"]}}" >p.yaml &&
	bpfctl apply -f p.yaml && bpfctl get configs p -o yaml >out && says "patterns: [\"r?d\"]" out &&
	bpfctl delete config p
'
test_expect 'expressions select the node' '
	{ config s "\"xdp:red\"" && echo "  nodeSelector: {matchExpressions: [{key: zone, operator: In, values: [a, b]}, {key: gpu, operator: DoesNotExist}]}"; } >s.yaml &&
	bpfctl apply -f s.yaml && same xdp:red "$(links)" && bpfctl get configs s -o yaml >out &&
	says "operator: DoesNotExist" out && sed s/DoesNotExist/Exists/ s.yaml >t.yaml &&
	bpfctl apply -f t.yaml >out && says skip out && same "" "$(links)" && bpfctl delete config s
'
test_expect 'pods and containers by labels need bpfd-agent' '
	config q "{hook: \"xdp:\", pods: {selector: {app: web}}}" >q.yaml &&
	must_fail bpfctl apply -f q.yaml && says "needs bpfd-agent" err &&
	says "apply it to the cluster with kubectl" err
'
test_expect 'a container has a process, a root and an interface' '
	start_in "$SLICE/crio-conmon-$ID.scope" busybox sleep 1000 && conmon=$(cat pid) &&
	start_in "$SLICE/crio-$ID.scope" unshare --net chroot "$ROOT" /bin/busybox sleep 1000 &&
	container=$(cat pid) && ip link add box type veth peer name eth0 netns "$container" &&
	ip addr add "$(veth_addr box)/24" brd + dev box && ip link set box up &&
	nsenter -t "$container" -n ip link set eth0 up
'
test_expect 'a hook in a container is in its network namespace' '
	config c "{hook: xdp:eth0, container: \"cri-o://$ID\"}" >c.yaml && bpfctl apply -f c.yaml >out &&
	same "xdp:eth0@container:$ID" "$(links)" && send_packets_out box 30 && same 30 "$(packets c)" &&
	bpfctl apply -f c.yaml >out && says unchanged out &&
	bpfctl get hooks >out && says "xdp:eth0@container:$ID" out
'
test_expect 'it is there after a restart of the daemon' '
	restart_daemon && send_packets_out box 10 && same 40 "$(packets c)" &&
	bpfctl apply -f c.yaml >out && says unchanged out && bpfctl get links >out &&
	says " attached " out && bpfctl get configs c -o yaml >out && says "container: cri-o://$ID" out
'
test_expect 'patterns look into a container too' '
	config c "{hook: \"xdp:\", container: $ID, interfaces: {patterns: [\"e*\"]}}" >c2.yaml &&
	bpfctl apply -f c2.yaml >out && says unchanged out && bpfctl delete config c && same "" "$(links)"
'
test_expect 'a pod is its oldest process' '
	config c "{hook: xdp:eth0, container: $POD}" >pod.yaml && kill "$conmon" && wait_until 5 "! test -d /proc/$conmon" &&
	bpfctl apply -f pod.yaml && same "xdp:eth0@container:$POD" "$(links)" &&
	send_packets_out box 5 && same 5 "$(packets c)" && bpfctl delete config c
'
test_expect 'attached by hand in a container, nothing remains when it is detached' '
	bpfctl load "$OBJ/xdp-counter.bpf.o" --name x --program xdp_stats:xdp &&
	bpfctl attach x "xdp:eth0@container:$ID" && bpfctl detach x && bpfctl unload x &&
	! nsenter -t "$container" -n ip link show eth0 | grep -q xdp
'
test_expect 'who is not an administrator does not reach into containers' '
	bpfctl load "$OBJ/xdp-counter.bpf.o" --name x --program xdp_stats:xdp && bpfctl unload x &&
	chmod 0755 "$T" && cp -L "$OBJ/xdp-counter.bpf.o" . && chmod 0644 xdp-counter.bpf.o &&
	as_nobody "$BPFCTL" load "$T/xdp-counter.bpf.o" --name mine --program xdp_stats:xdp &&
	must_fail as_nobody "$BPFCTL" attach mine "xdp:eth0@container:$ID" &&
	says "may not reach into container $ID" err && bpfctl unload mine
'
test_expect_if uprobe 'a uprobe is on the binary beneath the root of the container' '
	bpfctl load "$OBJ/trigger-func.bpf.o" --name u &&
	bpfctl attach u "uprobe:/usr/bin/app:main@container:$ID" && bpfctl get links >out &&
	says "uprobe:/usr/bin/app:main+0@container:$ID" out && { "$ROOT/bin/app" || true; } &&
	same 1 "$(bpfctl map dump u/totals | awk "\$1 == \"0\" { print \$2 }")" && restart_daemon &&
	{ "$ROOT/bin/app" || true; } && bpfctl get links >out && says " attached " out &&
	same 2 "$(bpfctl map dump u/totals | awk "\$1 == \"0\" { print \$2 }")" && bpfctl detach u
'
test_expect_if uprobe 'links do not lead out of the container' '
	must_fail bpfctl attach u "uprobe:/bin/outside:main@container:$ID" &&
	says "container $ID: /bin/outside: No such file" err &&
	must_fail bpfctl attach u "uprobe:/bin/above:main@container:$ID" && says "No such file" err &&
	must_fail bpfctl attach u "uprobe:/bin/fifo:main@container:$ID" && says "no regular file" err &&
	must_fail bpfctl attach u "uprobe:/bin:main@container:$ID" && bpfctl unload u
'
test_expect 'a container that is gone is said to be gone' '
	bpfctl apply -f c.yaml && kill "$container" && wait_until 5 "! test -d /proc/$container" &&
	must_fail bpfctl apply -f c.yaml && says "container $ID has no process here" err &&
	says hostPID err && restart_daemon && bpfctl get links >out &&
	says "xdp:eth0@container:$ID" out && bpfctl delete config c && same "" "$(links)"
'
test_expect 'what cannot be a container is refused' '
	bpfctl load "$OBJ/xdp-counter.bpf.o" --name x --program xdp_stats:xdp &&
	must_fail bpfctl attach x "xdp:eth0@container:init" && says "too short for the id" err &&
	must_fail bpfctl attach x "xdp:eth0@container:systemd-logind.service" && says "is a unit" err &&
	must_fail bpfctl attach x "xdp:eth0@container:a/../b" && bpfctl unload x
'
test_expect 'the test leaves no cgroup' remove_cgroups
finish
