#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Images that buildah, podman and skopeo made load through the daemon and count packets, and podman
# reads what bpfctl wrote. How layouts are read in detail is in image_layouts.sh. TAP.
[ -n "${E2E_TMP-}" ] || exec "${0%/*}/../e2e/run" -t 120 "$0"
# shellcheck source=tests/e2e/lib.sh
. "$E2E_TOP/tests/e2e/lib.sh"

# podman reads a path as the name of an image, and those are lower-case; $T is not.
W=/mnt/work
mount -t tmpfs -o mode=0755 images /mnt && mkdir -p $W/home $W/xdg $W/context $W/tmp || skip_all 'no tmpfs'
export HOME=$W/home XDG_RUNTIME_DIR=$W/xdg BUILDAH_ISOLATION=chroot TMPDIR=$W/tmp
buildah_() { buildah --root $W/store --runroot $W/runroot --storage-driver vfs "$@"; }
podman_() {
	podman --root $W/store --runroot $W/runroot --storage-driver vfs --cgroup-manager cgroupfs \
		--events-backend file "$@"
}
# talk TOOL ARGUMENT...: the build command of the talk, with a tag and a context.
talk() {
	"$@" --build-arg PROGRAM_NAME=go-xdp-counter --build-arg SECTION_NAME=stats \
		--build-arg PROGRAM_TYPE=xdp --build-arg BYTECODE_FILENAME=bpf_bpfe1.o \
		--build-arg "KERNEL_COMPILE_VER=$(uname -r)" \
		-f "$TOP/deploy/Containerfile.bytecode" $W/context
}

# counts REFERENCE [OPTION...]: loads as the image tells, attaches, counts real packets, goes.
counts() {
	bpfctl load "$@" -o json >loaded &&
		name=$(jq -r '.programs[0].name' loaded) && same xdp "$(jq -r '.programs[0].type' loaded)" &&
		bpfctl attach "$name" xdp:v0 --priority 55 && send_packets v0 5 &&
		bpfctl map dump "$name/xdp_stats_map" --sum >out && grep -E '^2 +5 300' out &&
		bpfctl unload --force "$name"
}
same_object() {
	same "sha256:$(sha256sum <"$OBJ/xdp-counter.bpf.o" | cut -d' ' -f1)" \
		"$(jq -r '.programs[0].digest' loaded)"
}

test_expect 'there is a daemon, an interface and an object' '
	start_daemon && make_veth v0 && cp "$OBJ/xdp-counter.bpf.o" $W/context/bpf_bpfe1.o
'
test_expect 'what bpfctl built loads, by tag and without' '
	bpfctl image build -t oci:$W/own:v1 --label io.ebpf.program_type=xdp "$OBJ/xdp-counter.bpf.o" &&
	counts oci:$W/own:v1 && counts oci:$W/own --name other && same_object
'
test_expect_if podman "podman builds with the talk's command, skopeo copies, and it counts" '
	talk podman_ build --isolation chroot -q -t quay.io/me/go-xdp-counter:latest &&
	podman_ push -q quay.io/me/go-xdp-counter:latest oci:$W/podman:latest &&
	skopeo copy -q --insecure-policy oci:$W/podman:latest oci:$W/copied:talk &&
	counts oci:$W/podman:latest && same go-xdp-counter "$name" && counts oci:$W/copied:talk && same_object
'
test_expect_if buildah 'buildah builds it in both formats, and both count' '
	talk buildah_ bud -q --format oci -t talk &&
	buildah_ push -q talk oci:$W/b-oci:talk && counts oci:$W/b-oci:talk && same_object &&
	talk buildah_ bud -q --format docker -t docker && buildah_ push -q docker dir:$W/v2s2 &&
	grep -q vnd.docker $W/v2s2/manifest.json && buildah_ push -q docker oci:$W/b-docker:v2s2 &&
	counts oci:$W/b-docker:v2s2 && same_object
'
test_expect_if skopeo 'a manifest of docker, as registries hold them, is copied into a layout and counts' '
	skopeo copy -q --insecure-policy --format v2s2 oci:$W/own:v1 dir:$W/dir &&
	skopeo copy -q --insecure-policy dir:$W/dir oci:$W/from-dir:x && counts oci:$W/from-dir:x && same_object
'
test_expect_if buildah 'an index of several machines gives the object for this one' '
	for arch in amd64 arm64 s390x; do
		talk buildah_ bud -q --platform "linux/$arch" -t "one-$arch" || return 1
	done && buildah_ manifest create multi && buildah_ manifest add multi localhost/one-s390x &&
	buildah_ manifest add multi localhost/one-arm64 && buildah_ manifest add multi localhost/one-amd64 &&
	buildah_ manifest push -q --all multi oci:$W/multi:all && counts oci:$W/multi:all && same_object
'
test_expect_if buildah "an image with today's labels loads the program that they name" '
	buildah_ bud -q --build-arg BYTECODE_FILE=bpf_bpfe1.o \
		--build-arg "PROGRAMS={\"$(jq -r ".programs[0].function" loaded)\":\"xdp\"}" \
		--build-arg "MAPS={\"xdp_stats_map\":\"per_cpu_array\"}" \
		-f "$TOP/deploy/Containerfile.bytecode" -t today $W/context &&
	buildah_ push -q today oci:$W/today && counts oci:$W/today --name today && same_object
'
test_expect_if buildah 'an image whose labels name what is not in it is refused with the names' '
	buildah_ bud -q --build-arg BYTECODE_FILE=bpf_bpfe1.o --build-arg "PROGRAMS={\"other\":\"xdp\"}" \
		-f "$TOP/deploy/Containerfile.bytecode" -t wrong $W/context &&
	buildah_ push -q wrong oci:$W/wrong && must_fail bpfctl load oci:$W/wrong && says other err
'
test_expect 'image:// goes through a mirror to the layout, in a manifest of the talk too' '
	{ echo "mirrors:" && echo "- prefix: quay.io/bpfd-bytecode" && echo "  to: oci:$W/"; } >"$D/bpfd.yaml" &&
	restart_daemon && cp -r $W/own $W/go-xdp-counter && ls $W/go-xdp-counter &&
	counts image://quay.io/bpfd-bytecode/go-xdp-counter:v1 --name mirrored &&
	must_fail bpfctl load image://quay.io/else/where:v1 && says mirror err
'
test_expect_if podman 'podman reads what bpfctl wrote: labels, layer, and writes it again' '
	podman_ pull -q oci:$W/own:v1 >id && podman_ inspect "$(cat id)" >inspected &&
	same "{\"xdp_stats\":\"xdp\"}" "$(jq -r ".[0].Config.Labels[\"io.ebpf.programs\"]" inspected)" &&
	podman_ push -q "$(cat id)" oci:$W/again:v1 && counts oci:$W/again:v1 --name again && same_object
'
test_expect_if skopeo 'skopeo inspects what bpfctl wrote' '
	skopeo inspect oci:$W/own:v1 >inspected && jq .Labels inspected && says io.ebpf inspected
'
test_expect 'the interface and the images go' 'delete_veth v0 && rm -rf $W && umount /mnt'
finish
