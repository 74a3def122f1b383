#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The webhook's server and the health server as curl and openssl see them: TLS, certificates that
# change, clients that are wrong, large, slow and many. TAP.
[ -n "${E2E_TMP-}" ] || exec "${0%/*}/../e2e/run" -t 150 "$0"
# shellcheck source=tests/e2e/lib.sh
. "$E2E_TOP/tests/e2e/lib.sh"

for tool in curl openssl jq; do
	command -v $tool >/dev/null || skip_all "no $tool"
done
PYTHON=/usr/bin/python3
SERVE=$BUILD/tests/unit/operator/webhook_serve
NAME=bpfd-webhook.bpfd.svc
REQUEST_MS=1500 CONNECTIONS=8

# get PATH [OPTION...]: prints the status; the body is in ./body.
get() {
	path=$1
	shift
	curl -sS -m 10 -o body -w '%{http_code}' --resolve "$NAME:$WEBHOOK:127.0.0.1" --cacert "${CA:-ca.pem}" "$@" \
		"https://$NAME:$WEBHOOK$path" 2>err
}
review() { get "${2:-/validate?timeout=10s}" -H 'Content-Type: application/json' --data-binary "@$1"; }
health() { curl -sS -m 5 -o body -w '%{http_code}' "$@" 2>err; }
tls() { openssl s_client -connect "127.0.0.1:$WEBHOOK" -CAfile ca.pem -verify_return_error "$@" </dev/null >tls 2>&1; }
fds() { find "/proc/$PID/fd" -mindepth 1 | wc -l; }

start_serve() {
	"$SERVE" "$T" $REQUEST_MS $CONNECTIONS &
	PID=$!
	wait_until 5 'test -s ports' && read -r WEBHOOK HEALTH <ports
}

# write_review FILE HOOK: the creation of a config with one hook.
write_review() {
	jq -n --arg hook "$2" '{apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request: {
		uid: "5f1c", kind: {group: "bpfd.io", version: "v1alpha1", kind: "BpfProgramConfig"},
		operation: "CREATE", object: {apiVersion: "bpfd.io/v1alpha1", kind: "BpfProgramConfig",
		metadata: {name: "c"}, spec: {bytecode: "image://quay.io/a/b:v1", programs: [{hooks: [$hook]}]}}}}' >"$1"
}

test_expect 'it serves as soon as it has a certificate' '
	start_serve && same 200 "$(get /healthz)" && same ok "$(cat body)" && write_review good xdp:eth0 && write_review bad nope:eth0
'
test_expect 'its certificate is good for the name of the service, localhost and the address' '
	same 200 "$(curl -sS -o body -w "%{http_code}" --cacert ca.pem https://localhost:$WEBHOOK/healthz)" &&
	same 200 "$(curl -sS -o body -w "%{http_code}" --cacert ca.pem https://127.0.0.1:$WEBHOOK/healthz)"
'
test_expect 'a client that asks for another name or trusts another CA does not go on' '
	must_fail curl -sS --resolve "other.svc:$WEBHOOK:127.0.0.1" --cacert ca.pem "https://other.svc:$WEBHOOK/healthz" &&
	must_fail curl -sS "https://localhost:$WEBHOOK/healthz"
'
test_expect 'a config that is right is allowed' '
	same 200 "$(review good)" && jq -e ".response == {uid: \"5f1c\", allowed: true}" body
'
test_expect 'a config that is wrong is denied, and the path of the field is named' '
	same 200 "$(review bad)" && jq -e ".response.allowed == false and .response.status.code == 422" body &&
	jq -r .response.status.message body >message && says "spec.programs[0].hooks[0]: no kind of hook \"nope\"" message
'
test_expect 'one connection asks many times' '
	curl -sSv -m 10 --cacert ca.pem -H "Content-Type: application/json" --data-binary @good \
		"https://localhost:$WEBHOOK/validate" "https://localhost:$WEBHOOK/validate" >body 2>err &&
	says "Re-using existing connection" err && same 2 "$(jq -s length body)"
'
test_expect 'who offers HTTP/2 and HTTP/1.1 gets the latter, as the API server asks for' '
	get /healthz --http2 -v >status && same 200 "$(cat status)" && says "server accepted http/1.1" err
'
# It can only be cut off or told in HTTP/1.1.
prior_knowledge() {
	code=$(curl -sS -m 10 -o body -w '%{http_code}' --http2-prior-knowledge "http://127.0.0.1:$HEALTH/healthz" 2>err)
	test "$code" != 200
}
test_expect 'who speaks HTTP/2 all the same gets no success' '
	prior_knowledge && same 200 "$(get /healthz)" && same 200 "$(health "http://127.0.0.1:$HEALTH/healthz")"
'
test_expect 'TLS 1.2 and 1.3 are spoken, older ones are not' '
	tls -tls1_2 && says "Verification: OK" tls && tls -tls1_3 && says "Verification: OK" tls &&
	must_fail tls -tls1_1 -cipher ALL:@SECLEVEL=0 && must_fail tls -tls1 -cipher ALL:@SECLEVEL=0
'
test_expect 'wrong paths, methods, types and bodies have their answers' '
	echo "{}" >nothing && same 404 "$(review good /other)" && same 405 "$(get /validate)" &&
	same 405 "$(get /validate -X DELETE)" && same 415 "$(get /validate --data-binary @good)" &&
	same 400 "$(review nothing)" && says "no AdmissionReview" body &&
	same 400 "$(review /bin/true)" && says "not JSON" body
'
test_expect 'what is above 3 MiB is refused, with its length or without' '
	head -c 3145728 /dev/zero | tr "\0" " " >full && (cat full; echo x) >large &&
	same 400 "$(review full)" && same 413 "$(review large)" &&
	must_fail get /validate -H "Content-Type: application/json" -H "Transfer-Encoding: chunked" -T large -X POST &&
	same 200 "$(review good)"
'
test_expect 'a header above its bound is refused' '
	code=$(get /healthz -H "X: $(head -c 40000 /dev/zero | tr "\0" a)") && test "$code" -ge 400 && test "$code" -lt 500
'
test_expect 'nesting without end is refused' '
	head -c 3000000 /dev/zero | tr "\0" "[" >deep && same 400 "$(review deep)" && says "nested deeper" body
'

# A client that sends BYTES (hexadecimal) and then one byte each 200 ms: how many seconds it may.
cat >slow.py <<'PY'
import socket, sys, time
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.settimeout(0.2)
begin = time.monotonic()
try:
    s.sendall(bytes.fromhex(sys.argv[2]))
    while time.monotonic() - begin < 20:
        try:
            if not s.recv(1):
                break
        except TimeoutError:
            if sys.argv[3] == "drip":
                s.sendall(b"\x01")
except OSError:
    pass
print(time.monotonic() - begin)
PY
slow() { "$PYTHON" slow.py "$WEBHOOK" "$@" | awk '{ print; exit !($1 > 1 && $1 < 6) }'; }
test_expect_if python3 'a slow handshake ends with the deadline: silent, half a hello, a byte now and then' '
	slow "" silent && slow 16030101000100 silent && slow 160301010001000100fc0303 drip
'
cat >many.py <<'PY'
import socket, sys, time
held = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(60)]
print("held", flush=True)
time.sleep(30)
PY
overload() {
	"$PYTHON" many.py "$WEBHOOK" >held &
	many=$!
	wait_until 5 'test -s held' && before=$(date +%s) && code=$(get /validate -m 25 \
		-H 'Content-Type: application/json' --data-binary @good) && same 200 "$code" &&
		test $(($(date +%s) - before)) -le 20 && test "$(fds)" -le 40
	overload_r=$?
	kill $many
	wait $many 2>/dev/null
	return $overload_r
}
test_expect_if python3 'sixty connections that say nothing delay a review and no more' overload
test_expect 'a new certificate is served at once, and who trusts the bundle notices nothing' '
	cp ca.pem old.pem && kill -USR1 $PID && wait_until 5 "! cmp -s ca.pem old.pem" &&
	sleep 0.5 && same 200 "$(get /healthz)" && same 2 "$(grep -c BEGIN ca.pem)" && CA=old.pem must_fail get /healthz
'
test_expect 'requests go on while certificates change' '
	for i in 1 2 3 4 5 6; do
		same 200 "$(review good)" && cp ca.pem old.pem && kill -USR1 $PID &&
			wait_until 5 "! cmp -s ca.pem old.pem" && same 200 "$(review good)" || return 1
	done && same 4 "$(grep -c BEGIN ca.pem)"
'
test_expect 'probes and Prometheus are answered' '
	same 503 "$(health "http://127.0.0.1:$HEALTH/readyz")" && says starting body && kill -USR2 $PID &&
	wait_until 5 "test \"\$(health http://127.0.0.1:$HEALTH/readyz)\" = 200" &&
	same 200 "$(health "http://127.0.0.1:$HEALTH/healthz")" &&
	same 200 "$(health -D head "http://127.0.0.1:$HEALTH/metrics")" && says "application/openmetrics-text; version=1.0.0" head &&
	same "# EOF" "$(tail -n 1 body)" && grep -E "^bpfd_operator_reviews_total\{result=\"denied\"\} 1$" body &&
	same 405 "$(health -d x "http://127.0.0.1:$HEALTH/metrics")"
'
test_expect 'nothing of all this stays open, and it ends when it is told' '
	wait_until 10 "test \"\$(fds)\" -le 20" && kill $PID && wait $PID
'
finish
