#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Registries that misbehave (stub_registry.py): each fails in words, and nothing half is kept; and what
# Debian's registry lacks: tokens, limits, redirects, referrers. TAP.
[ -n "${E2E_TMP-}" ] || exec "${0%/*}/../e2e/run" -t 200 "$0"
# shellcheck source=tests/e2e/lib.sh
. "$E2E_TOP/tests/e2e/lib.sh"

P=5011 O=5012
R=127.0.0.1:$P
BUILDER=$BUILD/src/build/bpfd-image-build

pulls() {
	p_name=$R/$1/x:v1
	shift
	bpfctl image pull "$p_name" "$@" >out && says "$p_name sha256:" out && bpfctl image rm "$p_name"
}
# fails HOW WORDS: the pull says so, and nothing is in the store.
fails() {
	must_fail bpfctl image pull "$R/$1/x:v1" && says "$2" err &&
		same "" "$(bpfctl image ls -o name)" && same 0 "$(find "$D/state/images/blobs" -type f | wc -l)"
}
asked() { grep -c "$1" requests; }

test_expect 'a daemon, an image in a layout, and a registry that serves it' '
	"$BUILDER" -t oci:layout:v1 "$OBJ/tracepoint.bpf.o" && "$BUILDER" -t oci:layout:v2 "$OBJ/probes.bpf.o" &&
	{ /usr/bin/python3 "$TOP/tests/interop/stub_registry.py" "$T/layout" $P $O "$T/requests" >stub.log 2>&1 & } &&
	stub=$! && use_daemon main && mkdir -p "$D" && printf "registries:\n- {host: \"%s\", insecure: true}\n" "$R" >"$D/bpfd.yaml" &&
	start_daemon && wait_until 10 "curl -s -o /dev/null http://$R/v2/" && pulls ok
'
test_expect 'limits are waited for as Retry-After says, and given up in the end' '
	pulls limited && [ "$(asked "GET /v2/limited/x/manifests/v1")" -ge 3 ] && fails toomany "too many requests"
'
test_expect 'a server that fails once is asked again, one that is down is given up' '
	pulls flaky && fails down "500"
'
test_expect '403 and 404, with whatever body' '
	fails forbidden "$R" && says "denied" err && fails gone "has no image gone/x:v1"
'
test_expect 'a download that breaks is resumed where it ended, one that always breaks is given up' '
	pulls breaking && fails truncated "$R"
'
test_expect 'one byte a second is too slow' '
	begin=$(date +%s) && fails slow "too slow" && [ $(($(date +%s) - begin)) -lt 60 ]
'
test_expect 'content without end, longer and other content' '
	fails endless "more than" && fails longer "more than" && fails wrongdigest "does not match its digest"
'
test_expect 'a manifest without end, of another digest, and none at all' '
	fails huge "more than" && fails notjson "not JSON" && fails unknown "there is a application/x-thing and not an image" &&
	fails schema1 "schema 1"
'
test_expect 'an index without this machine says which there are' '
	fails otherarch "no object for this machine" && says linux/mips err
'
test_expect 'a tag that moves while it is pulled: one of the two, whole' '
	bpfctl image pull "$R/moving/x:v1" && bpfctl image pull "$R/moving/x:v1" && bpfctl image ls -o json >out &&
	same "$(sha256sum "$OBJ/probes.bpf.o" | cut -d" " -f1)" "$(jq -r ".images[0].object" out | sed s/sha256://)" &&
	bpfctl image rm "$R/moving/x:v1"
'
test_expect 'a redirect to another host takes no credentials along' '
	echo pass >password && pulls redirect -u user --password-file password && grep -q "^$O GET" requests &&
	{ ! grep "^$O " requests | grep -q auth; }
'
test_expect 'a token is fetched with name and password, and the password goes nowhere else' '
	fails token "wants a login for token/x" && pulls token -u user --password-file password &&
	echo wrong >password && must_fail bpfctl image pull "$R/token/x:v1" -u user --password-file password &&
	says "does not accept the credentials" err
'
test_expect 'a mirror gets no credentials that are for the registry itself' '
	printf "registries:\n- {host: \"%s\", insecure: true}\n- {host: \"127.0.0.1:%s\", insecure: true, mirrors: [\"%s/token\"]}\n" "$R" $O "$R" >"$D/bpfd.yaml" &&
	restart_daemon && echo pass >password && : >requests &&
	bpfctl image pull "127.0.0.1:$O/ok/x:v1" -u user --password-file password && grep "^$P GET /v2/token/ok/x" requests &&
	{ ! grep "^$P .* auth" requests; } && grep "^$O GET /v2/ok/x" requests && bpfctl image rm "127.0.0.1:$O/ok/x:v1"
'
test_expect 'signatures by the referrers API' '
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out k.key 2>/dev/null && openssl pkey -in k.key -pubout -out k.pub &&
	mkdir -p "$D/policy.d" && printf "rules:\n- {name: ours, match: [\"%s\"], action: verify, keys: [%s]}\n" "$R" "$T/k.pub" >"$D/policy.d/images.yaml" &&
	fails referrers "it is not signed" && bpfctl image sign --key k.key --format bundle oci:layout:v1 && pulls referrers
'
test_expect 'a registry that fails while signatures are asked for is a refusal' '
	fails down "$R" && rm -r "$D/policy.d"
'
test_expect 'a full disk says so, and leaves nothing' '
	stop_daemon && mount -t tmpfs -o size=400k,mode=0700 full "$D/state/images" && start_daemon &&
	for i in 1 2 3 4 5 6 7 8; do
		printf -- "--label=x%s=%s\n" "$i" "$(head -c 48000 /dev/urandom | base64 -w0)"
	done >labels && xargs -s 1500000 -x -a labels "$BUILDER" -t oci:layout:v1 "$OBJ/tracepoint.bpf.o" >/dev/null &&
	must_fail bpfctl image pull "$R/ok/x:v1" && says "no space left" err && same "" "$(bpfctl image ls -o name)" &&
	stop_daemon && umount "$D/state/images" && start_daemon
'
kill "$stub"
wait "$stub" 2>/dev/null
finish
