#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Kinds of images: each as its own tools write it, by hand here after their published formats; all load
# from a layout, and from a registry where there is one.
. "${0%/*}/lib.sh"

for tool in jq sha256sum; do
	have_feature "$tool" || skip_all "no $tool here"
done

# blob LAYOUT FILE: stored by its digest; prints {"digest":…,"size":…}.
blob() {
	blob_=$(sha256sum "$2" | cut -d" " -f1)
	cp "$2" "$1/blobs/sha256/$blob_" && chmod 0644 "$1/blobs/sha256/$blob_"
	printf '"digest":"sha256:%s","size":%s' "$blob_" "$(stat -L -c %s "$2")"
}
# artifact LAYOUT MORE CONFIG-TYPE CONFIG [TYPE FILE]...: a layout with one artifact; MORE are members of
# the manifest, with a comma behind them.
artifact() {
	a_layout=$1 a_more=$2 a_type=$3
	mkdir -p "$1/blobs/sha256" && printf '{"imageLayoutVersion":"1.0.0"}' >"$1/oci-layout"
	printf '{"schemaVersion":2,%s"config":{"mediaType":"%s",%s},"layers":[' "$2" "$3" \
		"$(blob "$1" "$4")" >manifest.json
	shift 4
	comma=
	while [ $# -gt 0 ]; do
		printf '%s{"mediaType":"%s",%s}' "$comma" "$1" "$(blob "$a_layout" "$2")"
		comma=,
		shift 2
	done >>manifest.json
	printf ']}' >>manifest.json
	printf '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json",%s%s}]}' \
		"$(blob "$a_layout" manifest.json)" \
		',"annotations":{"org.opencontainers.image.ref.name":"latest"}' >"$a_layout/index.json"
	jq -e . "$a_layout/index.json" manifest.json >/dev/null && chmod -R a+rX "$a_layout"
}
loads() {
	bpfctl load "oci:$T/$1" --name one >out && says one out && bpfctl get programs -o json >out &&
		says "$2" out && bpfctl unload one
}
fails() { must_fail bpfctl load "oci:$T/$1" && says "$2" err; }

GADGET=application/vnd.gadget
BEE=application/ebpf.oci.image
TRACE=$OBJ/tracepoint.bpf.o

test_expect 'a daemon, and files that are no program' '
	start_daemon && echo "{}" >empty && echo "name: trace" >gadget.yaml && printf "\0asm\1\0\0\0" >plain.wasm
'
test_expect 'a gadget: its program is a layer as it is, beside wasm' '
	artifact gadget "\"artifactType\":\"$GADGET.v1+binary\"," $GADGET.config.v1+yaml gadget.yaml \
		$GADGET.ebpf.program.v1+binary "$TRACE" $GADGET.wasm.program.v1+binary plain.wasm &&
	loads gadget on_getpid
'
test_expect 'a gadget in an index of machines, without a config' '
	artifact arch "\"artifactType\":\"$GADGET.v1+binary\"," application/vnd.oci.empty.v1+json empty \
		$GADGET.ebpf.program.v1+binary "$TRACE" &&
	jq -c ".manifests[0] |= (del(.annotations) + {platform: {os: \"linux\", architecture: \"amd64\"}})" \
		arch/index.json >index && both=$(blob arch index) &&
	printf "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"application/vnd.oci.image.index.v1+json\",%s}]}" \
		"$both" >arch/index.json && loads arch on_getpid
'
test_expect 'a gadget without a program says who can run it' '
	artifact wasmonly "\"artifactType\":\"$GADGET.v1+binary\"," $GADGET.config.v1+yaml gadget.yaml \
		$GADGET.wasm.program.v1+binary plain.wasm && fails wasmonly "no eBPF program" && says "kubectl gadget" err
'
test_expect 'an image of bumblebee, its maps in a section of their own kind' '
	artifact bee "" $BEE.config.v1+json empty $BEE.program.v1+binary "$OBJ/bumblebee.bpf.o" &&
	must_fail bpfctl load "$OBJ/bumblebee.bpf.o" && loads bee on_getpid &&
	bpfctl load oci:bee --name b && bpfctl get maps -o json >out && says "\"events\"" out && bpfctl unload b
'
test_expect 'a wasm module with the ELF in it' '
	{ cat plain.wasm && printf "data\177ELF is no object" && cat "$TRACE" && echo tail; } >elf.wasm &&
	artifact wasm "" application/vnd.wasm.config.v1+json empty \
		application/vnd.wasm.content.layer.v1+wasm elf.wasm && loads wasm on_getpid
'
test_expect_if /usr/bin/python3 'a wasm module of ecc, with a package in it' '
	/usr/bin/python3 -c "
import base64, sys, zlib
elf = open(sys.argv[1], \"rb\").read()
text = base64.b64encode(zlib.compress(elf)).decode()
sys.stdout.write(chr(0) + \"asm{\\\"bpf_object\\\":\\\"%s\\\",\\\"bpf_object_size\\\":%d,\\\"meta\\\":{}}\" % (text, len(elf)))" "$TRACE" >ecc.wasm &&
	artifact ecc "" application/vnd.wasm.config.v0+json empty application/wasm ecc.wasm && loads ecc on_getpid
'
test_expect 'a wasm module without an object is refused in words' '
	artifact nowasm "" application/vnd.wasm.config.v1+json empty application/wasm plain.wasm &&
	fails nowasm "no BPF object is embedded" && says "runs no wasm" err
'
test_expect_if /usr/bin/python3 'a package that unpacks to more than an object may have is refused' '
	/usr/bin/python3 -c "
import base64, sys, zlib
text = base64.b64encode(zlib.compress(bytes(64 << 20))).decode()
sys.stdout.write(\"{\\\"bpf_object\\\":\\\"%s\\\"}\" % text)" >bomb.wasm &&
	artifact bomb "" application/vnd.wasm.config.v1+json empty application/wasm bomb.wasm &&
	fails bomb "unpacks to more"
'
test_expect 'an object as artifact, of any media type' '
	artifact bare "" application/vnd.unknown.config.v1+json empty application/x-anything "$TRACE" &&
	loads bare on_getpid
'
test_expect 'two of them are refused, and none' '
	artifact two "" application/vnd.unknown.config.v1+json empty a/b "$TRACE" a/c "$OBJ/counter.bpf.o" &&
	fails two "several BPF objects" && artifact none "" application/vnd.oci.empty.v1+json empty text/plain empty &&
	fails none "no BPF object in it"
'
test_expect 'a container image with two objects in its layer wants a label' '
	mkdir -p rootfs && cp "$TRACE" rootfs/a.o && cp "$OBJ/counter.bpf.o" rootfs/b.o && tar -C rootfs -cf layer.tar . &&
	printf "{\"os\":\"linux\",\"config\":{},\"rootfs\":{\"diff_ids\":[\"sha256:%s\"]}}" \
		"$(sha256sum layer.tar | cut -d" " -f1)" >config &&
	artifact pair "" application/vnd.oci.image.config.v1+json config \
		application/vnd.oci.image.layer.v1.tar layer.tar && fails pair "io.ebpf.filename" &&
	jq -c ".config.Labels = {\"io.ebpf.filename\": \"a.o\"}" config >labelled &&
	artifact pair "" application/vnd.oci.image.config.v1+json labelled \
		application/vnd.oci.image.layer.v1.tar layer.tar && loads pair on_getpid
'
# Last, because the kernel's own BTF is away from here on.
if [ -f /etc/os-release ]; then
test_expect 'a gadget brings BTF for a kernel without its own, and nothing else of the archive is used' '
	. /etc/os-release && at="$ID/$VERSION_ID/$(uname -m)/$(uname -r).btf" && mkdir -p "btfs/${at%/*}" &&
	cp /sys/kernel/btf/vmlinux "btfs/$at" && echo wrong >"btfs/${at%/*}/other.btf" && tar -C btfs -czf btfs.tgz . &&
	artifact core "\"artifactType\":\"$GADGET.v1+binary\"," application/vnd.oci.empty.v1+json empty \
		$GADGET.ebpf.program.v1+binary "$OBJ/core.bpf.o" $GADGET.btfgen.v1+binary btfs.tgz &&
	artifact bare "\"artifactType\":\"$GADGET.v1+binary\"," application/vnd.oci.empty.v1+json empty \
		$GADGET.ebpf.program.v1+binary "$OBJ/core.bpf.o" && bpfctl load oci:core --name own && bpfctl unload own &&
	mount -t tmpfs none /sys/kernel/btf && restart_daemon && must_fail bpfctl load oci:bare --name none &&
	bpfctl load oci:core --name theirs && bpfctl get programs && bpfctl unload theirs && umount /sys/kernel/btf && restart_daemon
'
else
	skip_test 'a gadget brings BTF for a kernel without its own' 'no os-release here'
fi
finish
