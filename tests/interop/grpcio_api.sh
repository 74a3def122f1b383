#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every method of bpfd.v1 called by python's grpcio with stubs of protoc, as an outsider would. TAP.
[ -n "${E2E_TMP-}" ] || exec "${0%/*}/../e2e/run" -t 120 "$0"
# shellcheck source=tests/e2e/lib.sh
. "$E2E_TOP/tests/e2e/lib.sh"

PYTHON=${PYTHON:-/usr/bin/python3}
"$PYTHON" -c 'import grpc, google.protobuf' 2>/dev/null || skip_all 'no python3-grpcio here'
command -v protoc >/dev/null || skip_all 'no protoc here'
export OBJ BUILD PYTHONPATH="$T/gen" KUBELET="$T/kubelet"
echo "kubernetes: {kubeletDirectory: $KUBELET}" >"$D/bpfd.yaml"

# outsider WHAT...: each line "ok - sentence" or "not ok - sentence" of the script is a test.
outsider() {
	"$@" >py.tap 2>py.err
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
}

test_expect 'protoc makes stubs of our files, and there is a daemon' '
	mkdir gen && protoc -I "$TOP/proto" --python_out=gen bpfd/v1/bpfd.proto &&
	protoc -I "$TOP/proto/grpc" --python_out=gen health.proto reflection.proto &&
	cp "$TOP/tests/interop/grpcio_api.py" . && start_daemon && make_veth v0 && make_veth v1
'
outsider "$PYTHON" grpcio_api.py root "$BPFD_SOCKET" "$(daemon_pid)"
test_expect 'the script of root came to its end' 'cat py.err && same 0 "$py_status"'
test_expect 'there is a map that nobody may want to read' '
	bpfctl load "$OBJ/xdp-counter.bpf.o" --type xdp --name counter
'
outsider as_nobody "$PYTHON" -B grpcio_api.py nobody "$BPFD_SOCKET" "$(daemon_pid)"
test_expect 'the script of nobody came to its end' 'cat py.err && same 0 "$py_status"'
test_expect 'a client that watches the health is told when the daemon ends' '
	{ "$PYTHON" grpcio_api.py watch "$BPFD_SOCKET" 0 >watched 2>&1 & watcher=$!; } &&
	wait_until 10 "grep -q SERVING watched" && stop_daemon && wait "$watcher" && says ended watched &&
	start_daemon
'
test_expect 'the interfaces go' 'delete_veth v0 && delete_veth v1'
finish
