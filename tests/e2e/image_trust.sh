#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Whose bytecode may be loaded: signatures made with openssl after cosign's specification and by us, in
# registries, in layouts and beside files; policies that accept, reject, verify, pin, and are wrong.
# In no VM: signatures are checked without the kernel.
. "${0%/*}/lib.sh"
# shellcheck source=tests/e2e/registry.sh
. "$TOP/tests/e2e/registry.sh"

for tool in docker-registry skopeo openssl jq curl; do
	have_feature "$tool" || skip_all "no $tool here"
done
BUILDER=$BUILD/src/build/bpfd-image-build
R=127.0.0.1:5003

# policy TEXT: what the daemon goes by from now on.
policy() { mkdir -p "$D/policy.d" && printf '%s\n' "$1" >"$D/policy.d/images.yaml"; }
# require KEY [MATCH]: everything of the registry, or of MATCH, is signed by KEY.
require() {
	policy "rules:
- name: ours
  match: [\"${2:-$R}\"]
  action: verify
  keys: [$T/$1.pub]"
}
key() { openssl genpkey "$@" 2>/dev/null; }
public() { openssl pkey -in "$1.key" -pubout -out "$1.pub"; }
sign() { bpfctl image sign --config "$D/bpfd.yaml" "$@"; }
verify() { bpfctl image verify --config "$D/bpfd.yaml" "$@"; }
refused() {
	must_fail bpfctl load "$1" && says "$2" err && bpfctl get programs -o json >out && { ! says "\"one\"" out; }
}
loads() { bpfctl load "$1" --name one >out && says one out && bpfctl unload one; }
digest() { curl -sf -H "Accept: application/vnd.oci.image.manifest.v1+json" "http://$R/v2/$1/manifests/$2" | sha256sum | cut -d" " -f1; }
# by_openssl KEY REPOSITORY [DIGEST]: as cosign's SIGNATURE_SPEC says, without us.
by_openssl() {
	o_digest=${3:-$(digest "$2" v1)} o_layout=$T/byhand
	rm -rf "$o_layout" && mkdir -p "$o_layout/blobs/sha256" && echo '{"imageLayoutVersion":"1.0.0"}' >"$o_layout/oci-layout"
	printf '{"critical":{"identity":{"docker-reference":"%s"},"image":{"docker-manifest-digest":"sha256:%s"},"type":"cosign container image signature"},"optional":null}' \
		"$R/$2" "$o_digest" >payload
	if [ "$1" = ed ]; then
		openssl pkeyutl -sign -rawin -inkey "$1.key" -in payload -out signature || return 1
	else
		openssl dgst -sha256 -sign "$1.key" -out signature payload || return 1
	fi
	o_payload=$(put payload) o_config=$(printf '{}' >config && put config)
	jq -cn --arg p "$o_payload" --arg c "$o_config" --arg s "$(base64 -w0 signature)" --argjson n "$(stat -c %s payload)" '
		{schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json",
		 config: {mediaType: "application/vnd.oci.image.config.v1+json", digest: $c, size: 2},
		 layers: [{mediaType: "application/vnd.dev.cosign.simplesigning.v1+json", digest: $p, size: $n,
			annotations: {"dev.cosignproject.cosign/signature": $s}}]}' >manifest
	o_manifest=$(put manifest)
	curl -sf -X PUT -H "Content-Type: application/vnd.oci.image.manifest.v1+json" --data-binary @manifest \
		"http://$R/v2/$2/manifests/sha256-$o_digest.sig" >/dev/null
}
# put FILE: into the repository of by_openssl; prints its digest.
put() {
	put_=sha256:$(sha256sum "$1" | cut -d" " -f1)
	put_at=$(curl -sf -X POST -o /dev/null -D - "http://$R/v2/$repository/blobs/uploads/" | tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
	case $put_at in *'?'*) put_at="$put_at&" ;; *) put_at="$put_at?" ;; esac
	curl -sf -X PUT --data-binary "@$1" -H 'Content-Type: application/octet-stream' "${put_at}digest=$put_" >/dev/null
	echo "$put_"
}
# fresh NAME: an image of its own in the registry, not signed.
fresh() {
	repository=t/$1
	"$BUILDER" -t "oci:$T/$1:v1" --label "io.ebpf.test=$1" "$OBJ/tracepoint.bpf.o" >/dev/null &&
		skopeo copy -q --insecure-policy --dest-tls-verify=false "oci:$T/$1:v1" "docker://$R/t/$1:v1"
}

test_expect 'a registry, keys of three kinds, and a daemon' '
	start_registry && key -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.key && public ec &&
	key -algorithm ED25519 -out ed.key && public ed && key -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.key &&
	public rsa && key -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out other.key && public other &&
	use_daemon main && mkdir -p "$D" && printf "registries:\n- {host: \"%s\", insecure: true}\n" "$R" >"$D/bpfd.yaml" &&
	start_daemon && fresh plain && loads "image://$R/t/plain:v1"
'
test_expect 'an image without a signature is refused by the name of the rule, and so is a stored one' '
	require ec && refused "image://$R/t/plain:v1" "rule \"ours\" refuses" && says "is not signed" err &&
	says "hint: sign it: bpfctl image sign" err && bpfctl image rm "$R/t/plain:v1" && must_fail bpfctl image pull "$R/t/plain:v1" &&
	bpfctl image ls -o json >out && { ! says t/plain out; }
'
for kind in ec ed rsa; do
	test_expect "signed with openssl and a key of kind $kind" '
		fresh "hand-$kind" && by_openssl $kind "t/hand-$kind" && require $kind &&
		loads "image://$R/t/hand-$kind:v1" && bpfctl image ls -o json >out && says "key $T/$kind.pub" out &&
		verify "$R/t/hand-$kind:v1" >out && says "signed by key $T/$kind.pub (rule ours)" out
	'
	test_expect "signed by us with a key of kind $kind, in both layouts" '
		fresh "tool-$kind" && sign --key $kind.key "$R/t/tool-$kind:v1" >out && says "signed: sha256-" out &&
		loads "image://$R/t/tool-$kind:v1" && fresh "bundle-$kind" &&
		sign --key $kind.key --format bundle "$R/t/bundle-$kind:v1" && loads "image://$R/t/bundle-$kind:v1"
	'
done
test_expect 'openssl finds our signature good' '
	fresh check && sign --key ec.key "$R/t/check:v1" &&
	curl -sf -H "Accept: application/vnd.oci.image.manifest.v1+json" "http://$R/v2/t/check/manifests/sha256-$(digest t/check v1).sig" >m &&
	curl -sf "http://$R/v2/t/check/blobs/$(jq -r ".layers[0].digest" m)" >p &&
	jq -r ".layers[0].annotations[\"dev.cosignproject.cosign/signature\"]" m | base64 -d >s &&
	openssl dgst -sha256 -verify ec.pub -signature s p && jq -e ".critical.image[\"docker-manifest-digest\"]" p
'
test_expect 'a signature by another key, and one for another digest' '
	require ec && fresh wrong && sign --key other.key "$R/t/wrong:v1" &&
	refused "image://$R/t/wrong:v1" "signed by another key" && fresh moved &&
	by_openssl ec t/moved "$(digest t/wrong v1)" &&
	curl -sf -X PUT -H "Content-Type: application/vnd.oci.image.manifest.v1+json" --data-binary @manifest \
		"http://$R/v2/t/moved/manifests/sha256-$(digest t/moved v1).sig" &&
	refused "image://$R/t/moved:v1" "a good signature, but for sha256:"
'
test_expect 'of two signatures one good one is enough' '
	sign --key ec.key "$R/t/wrong:v1" && loads "image://$R/t/wrong:v1"
'
test_expect 'a payload that was changed is refused' '
	fresh torn && by_openssl ec t/torn && sed "s/null/true/" payload >changed && repository=t/torn && p=$(put changed) &&
	jq -c --arg p "$p" --argjson n "$(stat -c %s changed)" ".layers[0].digest = \$p | .layers[0].size = \$n" manifest >m2 &&
	curl -sf -X PUT -H "Content-Type: application/vnd.oci.image.manifest.v1+json" --data-binary @m2 \
		"http://$R/v2/t/torn/manifests/sha256-$(digest t/torn v1).sig" &&
	refused "image://$R/t/torn:v1" "another key"
'
test_expect 'a stored image is verified again when the policy changes, without its registry' '
	require ec && bpfctl image pull "$R/t/tool-ec:v1" && end_registry && require rsa &&
	must_fail bpfctl load "image://$R/t/tool-ec:v1" --pull-policy Never && says "signed by another key" err &&
	require ec && loads "image://$R/t/tool-ec:v1" && policy "default: accept" && loads "image://$R/t/tool-ec:v1" &&
	start_registry
'
test_expect 'rules go in order, and the first that matches decides' '
	policy "default: reject
rules:
- {name: open, match: [\"$R/t/plain\"], action: accept}
- {name: closed, match: [\"$R/*\"], action: reject}
- {name: objects, match: [\"$T/*\", \"$OBJ\"], action: accept}" &&
	loads "image://$R/t/plain:v1" && refused "image://$R/t/check:v1" "rule \"closed\" refuses" &&
	refused "oci:$T/plain:v1" "no rule is for it, and the default is reject" && loads "$OBJ/tracepoint.bpf.o"
'
test_expect 'a path that only begins like one that is accepted is refused' '
	policy "default: reject
rules:
- {name: ours, match: [\"$OBJ\", \"oci:$T/plain\"], action: accept}" && cp "$OBJ/counter.bpf.o" other.bpf.o &&
	loads "$OBJ/tracepoint.bpf.o" && refused "$OBJ/../other.bpf.o" "its path is not plain" &&
	refused "$OBJ/./../other.bpf.o" "not plain" && refused "$OBJ//tracepoint.bpf.o" "not plain" &&
	loads "oci:$T/plain:v1" && refused "oci:$T/plain/../check:v1" "not plain" && refused "$T/other.bpf.o" "default is reject"
'
test_expect 'a digest can be pinned' '
	policy "rules:
- {name: pin, match: [\"$R\"], action: accept, digests: [\"sha256:$(digest t/plain v1)\"]}" &&
	loads "image://$R/t/plain:v1" && refused "image://$R/t/check:v1" "not one of the 1 digests of the rule"
'
test_expect 'a policy with an error lets nothing in, and says where it is' '
	policy "rules:
- {name: bad, match: [x], action: perhaps}" && refused "$OBJ/tracepoint.bpf.o" "images.yaml:2:" &&
	says "until the policy is right" err && policy "rules:
- {name: lost, match: [\"*\"], action: verify, keys: [$T/nowhere.pub]}" &&
	refused "$OBJ/tracepoint.bpf.o" "nowhere.pub" && policy "rules:
- {name: odd, match: [\"*\"], action: verify, keys: [$T/ec.key]}" &&
	refused "$OBJ/tracepoint.bpf.o" "not a public key"
'
test_expect 'a layout has its signatures beside its images' '
	require ec "oci:$T" && refused "oci:$T/plain:v1" "is not signed" && sign --key ec.key "oci:$T/plain:v1" &&
	loads "oci:$T/plain:v1" && verify "oci:$T/plain:v1" && sign --key ec.key --format bundle "oci:$T/check:v1" &&
	loads "oci:$T/check:v1"
'
test_expect 'an image that is carried in by hand is verified too' '
	require ec quay.io/me && must_fail bpfctl image load -s "$BPFD_SOCKET" oci:moved:v1 quay.io/me/x:v1 && says "is not signed" err &&
	bpfctl image load -s "$BPFD_SOCKET" oci:plain:v1 quay.io/me/x:v1 && loads image://quay.io/me/x:v1 &&
	bpfctl image tag quay.io/me/x:v1 quay.io/other/x:v1 && require rsa quay.io/other &&
	must_fail bpfctl load image://quay.io/other/x:v1 --pull-policy Never && says "signed by another key" err
'
test_expect 'a file has its signature beside it: from openssl, from us, and not for another file' '
	require ec "$T/signed" && mkdir -p signed && cp "$OBJ/tracepoint.bpf.o" signed/x.bpf.o && chmod -R a+rX signed &&
	refused "$T/signed/x.bpf.o" "is not signed" && openssl dgst -sha256 -sign ec.key -out signed/x.bpf.o.sig signed/x.bpf.o &&
	loads "$T/signed/x.bpf.o" && sign --key ec.key signed/x.bpf.o && loads "$T/signed/x.bpf.o" &&
	verify signed/x.bpf.o && base64 -d signed/x.bpf.o.sig >raw &&
	openssl dgst -sha256 -verify ec.pub -signature raw signed/x.bpf.o
'
test_expect 'another file with that signature is refused' '
	cp "$OBJ/counter.bpf.o" signed/y.bpf.o && cp signed/x.bpf.o.sig signed/y.bpf.o.sig && chmod -R a+rX signed &&
	refused "$T/signed/y.bpf.o" "signed by another key"
'
test_expect 'an encrypted key wants its password, and gets it from a file' '
	openssl pkey -in ec.key -aes256 -passout pass:secret -out locked.key && fresh locked &&
	must_fail bpfctl image sign --config "$D/bpfd.yaml" --key locked.key "$R/t/locked:v1" && says "wants its password" err &&
	echo secret >password && sign --key locked.key --key-password-file password "$R/t/locked:v1" &&
	require ec && loads "image://$R/t/locked:v1" && echo wrong >password &&
	must_fail bpfctl image sign --config "$D/bpfd.yaml" --key locked.key --key-password-file password "$R/t/locked:v1"
'
test_expect 'copies take signatures along, in both layouts, from registries and layouts' '
	bpfctl image copy --config "$D/bpfd.yaml" "$R/t/tool-ec:v1" "$R/copied/simple:v1" >out && says "and 1 signature" out &&
	bpfctl image copy --config "$D/bpfd.yaml" "$R/t/bundle-ec:v1" "$R/copied/bundle:v1" && require ec &&
	loads "image://$R/copied/simple:v1" && loads "image://$R/copied/bundle:v1" &&
	bpfctl image copy --config "$D/bpfd.yaml" "$R/copied/bundle:v1" oci:copied:v1 && require ec "oci:$T" && loads "oci:$T/copied:v1" &&
	bpfctl image push --config "$D/bpfd.yaml" oci:copied:v1 "$R/copied/again:v1" && require ec && loads "image://$R/copied/again:v1"
'
test_expect 'keys are imported and listed, and nothing else is' '
	export BPFD_TRUST_DIR="$T/trust" && bpfctl trust import --name acme ec.pub >out && says "$T/trust/acme.pub: ECDSA P-256 key" out &&
	bpfctl trust import rsa.pub && bpfctl trust list >out && says "RSA key of 2048 bits" out &&
	must_fail bpfctl trust import ec.key && says "not a public key" err && must_fail bpfctl trust import "$OBJ/counter.bpf.o" &&
	openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out weak.key 2>/dev/null && public weak &&
	must_fail bpfctl trust import weak.pub && says "RSA of 2048" err
'
end_registry
finish
