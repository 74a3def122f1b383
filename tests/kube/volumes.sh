#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# From kubectl apply to an application in a pod: who may have which map, what a pod sees, what an
# upgrade changes, what is left behind.
. "${0%/*}/../e2e/lib.sh"
. "$TOP/tests/kube/lib.sh"

/usr/bin/python3 -c 'import grpc, google.protobuf' 2>/dev/null || skip_all 'no python3-grpcio here'
mkdir -p gen && protoc -I "$TOP/proto/csi/v1" --python_out=gen csi.proto &&
	protoc -I "$TOP/proto/pluginregistration/v1" --python_out=gen registration.proto || skip_all 'no protoc here'
export PYTHONPATH="$T/gen"
kubelet() { /usr/bin/python3 -B "$TOP/tests/kube/kubelet.py" "$@"; }

SOCKET=$KUBELET/plugins/csi.bpfd.io/csi.sock
TARGET=$KUBELET/pods/0f4c/volumes/kubernetes.io~csi/maps/mount
mkdir -p "${TARGET%/*}"

# manifest PRIORITY NAMESPACES
manifest() {
	cat <<-YAML
	apiVersion: bpfd.io/v1alpha1
	kind: BpfProgramConfig
	metadata: {name: xdp-counter}
	spec:
	  bytecode: $OBJ/xdp-counter.bpf.o
	  programs:
	  - {name: xdp-counter, entry: xdp_stats, type: xdp, globals: {sampling: "${3:-1}"}, hooks: [{hook: "xdp:", primaryNodeInterface: true, priority: $1}]}
	  maps:
	  - {name: xdp_stats_map, namespaces: [$2]}
	  - {name: events, namespaces: [team-b]}
	YAML
}

# Nobody, without bpf(2), with nothing of bpfd but the volume.
in_pod() { BPFD_SOCKET=$TARGET/bpfd.sock as_nobody "$BUILD/tests/e2e/tools/nobpf" "$@"; }

pod_counts() { in_pod "$BPFCTL" map dump xdp-counter/xdp_stats_map --sum | awk '$1 == "2" { print $2 }'; }

test_expect 'a node with volumes starts, the kubelet finds its driver' '
	start_cluster && start_daemon && make_veth one && make_node n1 "$(veth_addr one)" &&
	start_agent n1 --csi-directory "$KUBELET/plugins/csi.bpfd.io" --registration-directory "$KUBELET/plugins_registry/csi.bpfd.io" &&
	{ wait_until 10 "test -S $KUBELET/plugins_registry/csi.bpfd.io/csi.bpfd.io-reg.sock" || show_logs; } &&
	kubelet register "$KUBELET/plugins_registry/csi.bpfd.io/csi.bpfd.io-reg.sock" >out && says "csi.bpfd.io $SOCKET n1" out
'
test_expect 'a volume of a config that is not there yet is asked for again' '
	must_fail kubelet publish "$SOCKET" v1 "$TARGET" team-a xdp-counter xdp_stats_map && says NOT_FOUND err
'
test_expect 'a config with grants is loaded' '
	manifest 50 team-a | kc apply -f - &&
	{ wait_until 20 "same Loaded \"\$(field bpfprogram xdp-counter.n1 .status.phase)\" >/dev/null" || show_logs; }
'
test_expect 'a pod of the granted namespace gets the map and reads it as nobody without bpf(2)' '
	kubelet publish "$SOCKET" v1 "$TARGET" team-a xdp-counter xdp_stats_map &&
	send_packets one 7 && same 7 "$(pod_counts)"
'
test_expect 'the same again is success' '
	kubelet publish "$SOCKET" v1 "$TARGET" team-a xdp-counter xdp_stats_map && same 1 "$(grep -c "$TARGET " /proc/self/mounts)"
'
test_expect 'a pod gets nothing of a map of another namespace' '
	mkdir -p "$KUBELET/pods/1/volumes/v" &&
	must_fail kubelet publish "$SOCKET" v2 "$KUBELET/pods/1/volumes/v/mount" team-a xdp-counter events && says PERMISSION_DENIED err &&
	says "namespaces" err && must_fail kubelet publish "$SOCKET" v2 "$KUBELET/pods/1/volumes/v/mount" team-c xdp-counter xdp_stats_map &&
	says "team-c" err && ! grep -q pods/1/ /proc/self/mounts && must_fail in_pod "$BPFCTL" map dump xdp-counter/events
'
test_expect 'after an upgrade of the config the same volume has the new maps' '
	manifest 50 team-a 2 | kc apply -f - && wait_until 20 "same 0 \"\$(pod_counts)\" >/dev/null" && send_packets one 3 && same 3 "$(pod_counts)"
'
test_expect 'a killed agent and a killed daemon leave the volume working' '
	kill_kube n1 && kill_daemon && start_daemon &&
	start_agent n1 --csi-directory "$KUBELET/plugins/csi.bpfd.io" --registration-directory "$KUBELET/plugins_registry/csi.bpfd.io" &&
	wait_until 10 "same 3 \"\$(pod_counts)\" >/dev/null" &&
	{ wait_until 10 "kubelet publish $SOCKET v1 $TARGET team-a xdp-counter xdp_stats_map" || show_logs; }
'
test_expect 'no mount is left behind' '
	kubelet unpublish "$SOCKET" v1 "$TARGET" && kubelet unpublish "$SOCKET" v1 "$TARGET" && ! grep -q "$KUBELET/pods" /proc/self/mounts
'
finish_kube
