#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Looking at images before they run, in all places they may be; and carrying them by hand: save and load.
# In no VM: images are read without the kernel.
. "${0%/*}/lib.sh"
# shellcheck source=tests/e2e/registry.sh
. "$TOP/tests/e2e/registry.sh"

for tool in docker-registry skopeo jq curl; do
	have_feature "$tool" || skip_all "no $tool here"
done
R=127.0.0.1:5005

inspect() { bpfctl image inspect --config "$D/bpfd.yaml" --socket "$BPFD_SOCKET" "$@"; }
field() { jq -r "$1" out; }

test_expect 'a daemon, a registry, and an image of two machines in it' '
	start_registry && use_daemon main && mkdir -p "$D" &&
	printf "registries:\n- {host: \"%s\", insecure: true}\n" "$R" >"$D/bpfd.yaml" && start_daemon &&
	bpfctl image build --config "$D/bpfd.yaml" -t "$R/t/x:v1" --label org.opencontainers.image.source=https://example.org/x \
		--arch amd64="$OBJ/xdp-counter.bpf.o" --arch arm64="$OBJ/xdp-counter.bpf.o" --label io.ebpf.program_type=xdp
'
test_expect 'a file: programs, maps with their memory, globals with their defaults, licence' '
	inspect "$OBJ/xdp-counter.bpf.o" -o json >out && same file "$(field .origin)" && same xdp_stats "$(field ".programs[0].function")" &&
	same 65536 "$(field ".maps[] | select(.name == \"events\") | .memory")" &&
	same "1 unsigned" "$(field ".globals[] | select(.name == \"sampling\") | .default + \" \" + .type")" &&
	same true "$(field .has_btf)" && same "Dual BSD/GPL" "$(field .license)"
'
test_expect 'the types of the kernel that it depends on' '
	inspect "$OBJ/core.bpf.o" -o json >out && [ "$(field .core_relocations)" -gt 0 ] && field ".core_types[]" >types &&
	says "struct " types
'
test_expect 'an image of a registry: digest, labels, provenance, and the type from the label' '
	inspect "$R/t/x:v1" -o json >out && same "http://$R" "$(field .origin)" && same bpfman "$(field .dialect)" &&
	same https://example.org/x "$(field .source)" && same xdp "$(field ".programs[0].kind")" &&
	same xdp-counter.bpf.o "$(field ".labels[\"io.ebpf.filename\"]")" && [ "$(field .size)" -gt 1000 ] &&
	inspect "$R/t/x:v1" >out && says "xdp_stats_map" out && inspect "$R/t/x:v1" -o yaml >out && says "license: \"Dual" out
'
test_expect 'its tree has both machines, its history who made it' '
	bpfctl image tree --config "$D/bpfd.yaml" "$R/t/x:v1" >out && says "linux/arm64" out && says "linux/amd64" out && says "  layer" out &&
	bpfctl image tree --config "$D/bpfd.yaml" "$R/t/x:v1" -o json >out && same 7 "$(field ".tree | length")" &&
	bpfctl image history --config "$D/bpfd.yaml" "$R/t/x:v1" >out && says "bpfctl image build" out
'
test_expect 'what the daemon has is looked at without its registry, and saved' '
	bpfctl image pull "$R/t/x:v1" && end_registry && inspect "$R/t/x:v1" -o json >out && same store "$(field .origin)" &&
	same xdp "$(field ".programs[0].kind")" && bpfctl image save -s "$BPFD_SOCKET" -o x.tar "$R/t/x:v1" >saved &&
	bpfctl image save -s "$BPFD_SOCKET" -o again.tar "$R/t/x:v1" && cmp x.tar again.tar &&
	bpfctl image save -s "$BPFD_SOCKET" -o oci:layout:v2 "$R/t/x:v1" && bpfctl load "oci:$T/layout:v2" --name l && bpfctl unload l
'
test_expect 'skopeo reads the archive' '
	skopeo inspect oci-archive:x.tar:v1 >out && says "io.ebpf.filename" out
'
test_expect 'load brings it back under any name, and programs come from it' '
	bpfctl image rm "$R/t/x:v1" && bpfctl image load -s "$BPFD_SOCKET" x.tar quay.io/me/x:v9 >out && says "quay.io/me/x:v9 sha256:" out &&
	bpfctl load image://quay.io/me/x:v9 --name y >out && says y out && bpfctl unload y &&
	bpfctl image ls -o json >out && same quay.io/me/x:v9 "$(field ".images[0].reference")" &&
	bpfctl image load -s "$BPFD_SOCKET" oci:layout:v2 quay.io/me/x:v10 && bpfctl image ls >out && says x:v10 out
'
test_expect 'archives of skopeo and of docker' '
	skopeo copy -q --insecure-policy oci:layout:v2 oci-archive:theirs.tar:v1 &&
	bpfctl image load -s "$BPFD_SOCKET" theirs.tar quay.io/me/theirs:v1 &&
	skopeo copy -q --insecure-policy oci:layout:v2 docker-archive:docker.tar:me/x:v1 &&
	must_fail bpfctl image load -s "$BPFD_SOCKET" docker.tar quay.io/me/docker:v1 && says "archive, not an OCI archive" err && says oci-archive err
'
test_expect 'what is no archive, and what is not there' '
	must_fail bpfctl image load -s "$BPFD_SOCKET" "$OBJ/core.bpf.o" quay.io/me/no:v1 && says "not an OCI archive" err &&
	must_fail bpfctl image load -s "$BPFD_SOCKET" oci:layout:v3 quay.io/me/no:v1 && says "no tag" err &&
	must_fail bpfctl image save -s "$BPFD_SOCKET" -o no.tar quay.io/me/no:v1 && says "no image quay.io/me/no:v1 in the store" err &&
	must_fail inspect empty && must_fail bpfctl image history "$OBJ/core.bpf.o" && says "no history" err &&
	must_fail bpfctl image tree "$OBJ/core.bpf.o" && bpfctl image ls -o json >out && { ! says me/no out; }
'
test_expect 'an archive with paths that lead elsewhere writes nothing there' '
	mkdir -p evil/blobs/sha256 && cp layout/oci-layout layout/index.json evil/ && echo bad >evil/escaped &&
	tar -cf evil.tar -C evil --transform "s,escaped,../../escaped," oci-layout index.json escaped &&
	must_fail bpfctl image load -s "$BPFD_SOCKET" evil.tar quay.io/me/no:v1 && [ ! -e "$T/escaped" ] && [ ! -e /tmp/escaped ]
'
end_registry
finish
