#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Making images: of one object and of several, of a directory, into layouts and straight to a registry;
# the same input gives the same digest.
# In no VM: images are made and pushed without the kernel.
. "${0%/*}/lib.sh"
# shellcheck source=tests/e2e/registry.sh
. "$TOP/tests/e2e/registry.sh"

for tool in docker-registry skopeo jq clang curl; do
	have_feature "$tool" || skip_all "no $tool here"
done
R=127.0.0.1:5004

loads() { bpfctl load "$1" --name one >out && says one out && bpfctl unload one; }
digest_of() { sed 's/.* //' "$1"; }
labels() { skopeo inspect --config "oci:$1" | jq -r ".config.Labels[\"$2\"]"; }

test_expect 'a daemon, a registry, and objects of both byte orders' '
	start_registry && use_daemon main && mkdir -p "$D" &&
	printf "registries:\n- {host: \"%s\", insecure: true}\n" "$R" >"$D/bpfd.yaml" && start_daemon &&
	cp "$OBJ/tracepoint.bpf.o" little.bpf.o && mkdir -p source other &&
	cp "$TOP/tests/fixtures/tracepoint.bpf.c" source/ && cp "$TOP/tests/fixtures/tracepoint.bpf.c" other/ &&
	clang -target bpfeb -g -O2 -I/usr/include/"$(uname -m)"-linux-gnu -c source/tracepoint.bpf.c -o big.bpf.o
'
test_expect 'labels of today and of the talk' '
	bpfctl image build -t oci:one:v1 little.bpf.o >out && says "oci:one:v1 sha256:" out &&
	same "{\"on_getpid\":\"tracepoint\"}" "$(labels one:v1 io.ebpf.programs)" && same "{}" "$(labels one:v1 io.ebpf.maps)" &&
	same on_getpid "$(labels one:v1 io.ebpf.program_name)" && same on_getpid "$(labels one:v1 io.ebpf.bpf_function_name)" &&
	same tracepoint "$(labels one:v1 io.ebpf.program_type)" && same little.bpf.o "$(labels one:v1 io.ebpf.filename)" &&
	same tracepoint/syscalls/sys_enter_getpid "$(labels one:v1 io.ebpf.section_name)" && loads "oci:$T/one:v1"
'
test_expect 'several machines make an index, in whatever order they are named' '
	bpfctl image build -t oci:many:v1 --arch s390x=big.bpf.o --arch amd64=little.bpf.o --arch arm64=little.bpf.o >a &&
	bpfctl image build -t oci:again:v1 --arch arm64=little.bpf.o --arch amd64=little.bpf.o --arch s390x=big.bpf.o >b &&
	same "$(digest_of a)" "$(digest_of b)" &&
	skopeo inspect --raw oci:many:v1 | jq -r ".manifests[].platform.architecture" | paste -s -d " " >out &&
	same "amd64 arm64 s390x" "$(cat out)" && loads "oci:$T/many:v1"
'
test_expect 'an object of the wrong byte order is refused, and nothing is written' '
	must_fail bpfctl image build -t oci:wrong --arch amd64=big.bpf.o && says "is big-endian, and amd64 is not" err &&
	must_fail bpfctl image build -t oci:wrong --arch s390x=little.bpf.o && says "is little-endian" err &&
	must_fail bpfctl image build -t oci:wrong --arch amd64=little.bpf.o --arch amd64=little.bpf.o && says "two objects for amd64" err &&
	[ ! -e wrong ]
'
test_expect 'a directory is compiled, twice to the same digest, wherever it lies' '
	bpfctl image build -t oci:dir:v1 ./source >a && bpfctl image build -t oci:dir2:v1 other >b &&
	same "$(digest_of a)" "$(digest_of b)" && loads "oci:$T/dir:v1" && bpfctl image build ./source >out &&
	says "oci:./tracepoint:latest sha256:" out && loads "oci:$T/tracepoint"
'
test_expect 'the example of the README compiles' '
	bpfctl image build -t oci:example --label io.ebpf.program_type=xdp "$TOP/examples/xdp-counter" && loads "oci:$T/example"
'
test_expect 'a directory without one source says so, and one that does not compile' '
	mkdir -p empty two broken && must_fail bpfctl image build -t oci:x empty && says "neither a *.bpf.c nor a *.bpf.o" err &&
	cp source/tracepoint.bpf.c two/a.bpf.c && cp source/tracepoint.bpf.c two/b.bpf.c &&
	must_fail bpfctl image build -t oci:x two && says "name one" err && echo "int x = ;" >broken/x.bpf.c &&
	must_fail bpfctl image build -t oci:x broken && says "does not compile" err && says "expected expression" err &&
	cp little.bpf.o empty/ && bpfctl image build -t oci:x empty
'
test_expect 'straight to a registry, and nothing is left in TMPDIR' '
	mkdir -p tmp && export TMPDIR="$T/tmp" &&
	bpfctl image build --config "$D/bpfd.yaml" -t "$R/t/x:v1" --arch amd64=little.bpf.o --arch s390x=big.bpf.o >out &&
	says "$R/t/x:v1 sha256:" out && digest_of out >pushed && loads "image://$R/t/x:v1" && same "" "$(ls tmp)" &&
	unset TMPDIR && same "$(cat pushed)" "$(bpfctl image ls -o json | jq -r ".images[0].digest")" &&
	bpfctl image build --insecure -t "$R/t/y:v1" little.bpf.o && loads "image://$R/t/y:v1"
'
test_expect 'build arguments for a Containerfile' '
	bpfctl image generate-build-args little.bpf.o >out &&
	same "BYTECODE_FILE=little.bpf.o PROGRAMS={\"on_getpid\":\"tracepoint\"} MAPS={}" "$(paste -s -d " " out)" &&
	bpfctl image generate-build-args --arch amd64=little.bpf.o --arch s390x=big.bpf.o >out &&
	says "BC_AMD64_EL=little.bpf.o" out && says "BC_S390X_EB=big.bpf.o" out
'
test_expect_if buildah 'they build with buildah, for every machine' '
	set -- && while read -r line; do set -- "$@" --build-arg "$line"; done <out && mkdir -p root run &&
	for machine in amd64 s390x; do
		buildah --storage-driver vfs --root "$T/root" --runroot "$T/run" bud --isolation chroot --format oci \
			--platform "linux/$machine" -f "$TOP/deploy/Containerfile.bytecode.multi.arch" "$@" -t "m-$machine" . >log 2>&1 || { cat log; return 1; }
	done && for machine in amd64 s390x; do
		buildah --storage-driver vfs --root "$T/root" --runroot "$T/run" push -q "m-$machine" "oci:$T/hand-$machine:v1" || return 1
	done && loads "oci:$T/hand-amd64:v1" && must_fail bpfctl load "oci:$T/hand-s390x:v1" &&
	must_fail buildah --storage-driver vfs --root "$T/root" --runroot "$T/run" bud --isolation chroot \
		--platform linux/arm64 -f "$TOP/deploy/Containerfile.bytecode.multi.arch" "$@" . && says BC_ARM64_EL err && rm -rf root run
'
end_registry
finish
