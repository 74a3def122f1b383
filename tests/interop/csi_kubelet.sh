#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The kubelet's side of CSI by python's grpcio against src/csi and the daemon: registration, volumes,
# who may have which map, and what an agent that was killed leaves behind. TAP.
[ -n "${E2E_TMP-}" ] || exec "${0%/*}/../e2e/run" -t 120 "$0"
# shellcheck source=tests/e2e/lib.sh
. "$E2E_TOP/tests/e2e/lib.sh"

PYTHON=${PYTHON:-/usr/bin/python3}
"$PYTHON" -c 'import grpc, google.protobuf' 2>/dev/null || skip_all 'no python3-grpcio here'
command -v protoc >/dev/null || skip_all 'no protoc here'
AGENT=$D/run/agent/bpfd.sock KUBELET=$T/kubelet
export BUILD PYTHONPATH="$T/gen" KUBELET

# start_plugin: src/csi as the agent runs it: a user of its own, no capability.
start_plugin() {
	BPFD_SOCKET=$AGENT setpriv --reuid 65532 --regid 65532 --clear-groups --inh-caps=-all --bounding-set=-all \
		"$BUILD/tests/unit/csi/csi_plugin" node-1 "$KUBELET/plugins/csi.bpfd.io" \
		"$KUBELET/plugins_registry/bpfd" "$T/allowed" >>plugin.log 2>&1 &
	plugin=$!
	# The last socket that it makes; one of a dead plugin is not there for long.
	"$BUILD/tests/e2e/tools/knock" "$KUBELET/plugins_registry/bpfd/csi.bpfman.io-reg.sock" "$plugin" 10000
}

# kill_plugin SIGNAL
kill_plugin() {
	kill "-$1" "$plugin"
	wait "$plugin"
	:
}

# outsider WHAT...: each line "ok - sentence" or "not ok - sentence" of the script is a test.
outsider() {
	"$PYTHON" -B csi_kubelet.py "$@" >py.tap 2>py.err
	py_status=$?
	while IFS= read -r line; do
		case $line in
		'ok - '*) E2E_N=$((E2E_N + 1)) && echo "ok $E2E_N - ${line#ok - }" ;;
		'not ok - '*)
			E2E_N=$((E2E_N + 1)) E2E_FAILED=$((E2E_FAILED + 1))
			echo "not ok $E2E_N - ${line#not ok - }"
			;;
		*) echo "# $line" ;;
		esac
	done <py.tap
	test_expect "the kubelet came to its end ($1)" 'cat py.err && same 0 "$py_status"'
}

manifest() {
	sed -e "s|image://[^ ]*|file://$OBJ/xdp-counter.bpf.o|" -e 's/hook: "xdp:", primaryNodeInterface: true/hook: "xdp:v0"/' \
		-e '/^  maps:/,$d' "$TOP/examples/xdp-counter/manifest-maps.yaml"
}

cat >"$D/bpfd.yaml" <<-END
	kubernetes: {agentSocket: $AGENT, kubeletDirectory: $KUBELET}
END
cat >allowed <<-END
	team-a xdp-counter xdp_stats_map
	team-a xdp-counter events
	* later events
END
test_expect 'there are a daemon, stubs of our files, and a plugin without power' '
	mkdir -p gen "$KUBELET/pods/0f4c/volumes/kubernetes.io~csi/maps" "$KUBELET/plugins/csi.bpfd.io" \
		"$KUBELET/plugins_registry/bpfd" &&
	chown 65532:65532 "$KUBELET/plugins/csi.bpfd.io" "$KUBELET/plugins_registry/bpfd" &&
	protoc -I "$TOP/proto/csi/v1" --python_out=gen csi.proto &&
	protoc -I "$TOP/proto/pluginregistration/v1" --python_out=gen registration.proto &&
	cp "$TOP/tests/interop/csi_kubelet.py" . && start_daemon && make_veth v0 &&
	manifest >config.yaml && BPFD_SOCKET=$AGENT bpfctl apply -f config.yaml && start_plugin
'
outsider all
test_expect 'the plugin said who registered' 'says "csi.bpfd.io is registered" plugin.log && says "try later" plugin.log'
test_expect 'sockets of a plugin that was killed make room for the next one'\''s' '
	kill_plugin KILL && test -S "$KUBELET/plugins/csi.bpfd.io/csi.sock" && start_plugin
'
outsider again
test_expect 'two plugins do not take each other'\''s place' '
	must_fail env BPFD_SOCKET=$AGENT "$BUILD/tests/unit/csi/csi_plugin" node-1 \
		"$KUBELET/plugins/csi.bpfd.io" "$KUBELET/plugins_registry/bpfd" "$T/allowed" && says "another agent answers" err &&
	test -S "$KUBELET/plugins/csi.bpfd.io/csi.sock" && same 2 "$(ls "$KUBELET/plugins_registry/bpfd" | wc -l)"
'
test_expect 'without the daemon the kubelet is told to try again' 'stop_daemon'
outsider without-daemon
test_expect 'the plugin takes its sockets away when it ends' '
	kill_plugin TERM && test ! -e "$KUBELET/plugins/csi.bpfd.io/csi.sock" &&
	same "" "$(ls "$KUBELET/plugins_registry/bpfd")"
'
test_expect 'the interface goes' 'start_daemon && BPFD_SOCKET=$AGENT bpfctl delete config xdp-counter && delete_veth v0'
finish
