#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Layouts written by buildah, podman and skopeo are read by bpfd-image, and ours by skopeo. TAP.
set -u
TOP=${TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
BUILD=${BUILD:-$TOP/build}
# podman reads a path as the name of an image, and those are lower-case.
T=${TMPDIR:-/tmp}/image-layouts.$$
mkdir -m 0755 "$T" || exit 99
trap 'rm -rf "$T"' EXIT
cd "$T" || exit 99

BUILDER=$BUILD/src/build/bpfd-image-build
export HOME="$T/home" XDG_RUNTIME_DIR="$T/xdg" BUILDAH_ISOLATION=chroot
mkdir -p "$HOME" "$XDG_RUNTIME_DIR" context "$T/tmp"
export TMPDIR="$T/tmp"
STORE="--root $T/store --runroot $T/runroot --storage-driver vfs"

N=0
FAILED=0
# check SENTENCE COMMANDS: evaluated here; the output is shown on failure only.
check() {
	N=$((N + 1))
	if eval "$2" >"$T/.out" 2>&1 </dev/null; then
		echo "ok $N - $1"
	else
		echo "not ok $N - $1"
		tail -n 15 "$T/.out" | sed 's/^/# /'
		FAILED=1
	fi
}
# check_with TOOL SENTENCE COMMANDS: a counted skip without the tool.
check_with() {
	if command -v "$1" >/dev/null; then
		check "$2" "$3"
	else
		N=$((N + 1))
		echo "ok $N - $2 # SKIP no $1 here"
	fi
}
# probe LAYOUT [TAG [UID]]: read through the fork server; labels go to ./said, the object to ./object.
probe() {
	rm -f object
	"$BUILD/tests/unit/image/image_probe" "$BUILD/src/forkserver/bpfd-forkserver" "${3:-0}" \
		"$T/$1" "${2:-}" object >said
	probe_status=$?
	cat said
	return "$probe_status"
}
# says LINE: one line of ./said, exactly. refuses TEXT: an error that contains TEXT.
says() { grep -qxF "$1" said || { echo "missing: $1"; false; }; }
refuses() { grep -q "^error .*$1" said || { echo "expected an error with: $1"; false; }; }
is_object() { cmp context/stats.bpf.o object; }
buildah_() { buildah $STORE "$@"; }
podman_() { podman $STORE --cgroup-manager cgroupfs --events-backend file "$@"; }
build_args_of_talk="--build-arg PROGRAM_NAME=go-xdp-counter --build-arg SECTION_NAME=stats
	--build-arg PROGRAM_TYPE=xdp --build-arg BYTECODE_FILENAME=stats.bpf.o
	--build-arg KERNEL_COMPILE_VER=$(uname -r) -f $TOP/deploy/Containerfile.bytecode"
talk_is_read() {
	says 'program_name go-xdp-counter' && says 'program stats xdp' &&
		says "kernel_version $(uname -r)" && is_object
}

cat >stats.bpf.c <<'C'
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 5);
} xdp_stats_map SEC(".maps");
SEC(SECTION) int count(struct xdp_md *ctx)
{
	__u32 key = 2;
	__u64 *n = bpf_map_lookup_elem(&xdp_stats_map, &key);

	if (n)
		*n += 1;
	return XDP_PASS;
}
char LICENSE[] SEC("license") = "GPL";
C
compile() {
	clang -target bpf -g -O2 -I"/usr/include/$(uname -m)-linux-gnu" "-DSECTION=\"$1\"" \
		-c stats.bpf.c -o "$2"
}

check 'the objects compile' \
	'compile stats context/stats.bpf.o && compile xdp xdp.bpf.o'

# --- ours ---
check 'image build writes a layout and bpfd-image reads it back' '
	"$BUILDER" -t oci:own:v1 xdp.bpf.o >built && grep "^oci:own:v1 sha256:" built &&
	probe own v1 && says "program count xdp" && cmp xdp.bpf.o object'
check 'the same input gives the same digest' '
	"$BUILDER" -t oci:twice:v1 xdp.bpf.o >again && same=$(cut -d" " -f2 built) &&
	[ "$same" = "$(cut -d" " -f2 again)" ]'
check 'a section that does not tell takes its type from a label' '
	"$BUILDER" -t oci:own context/stats.bpf.o --label io.ebpf.program_type=xdp &&
	probe own && says "program count xdp" && is_object'
check 'a tag that is not there is refused with those that are' '
	! probe own v9 && refuses "no tag \"v9\" in the layout, there are: v1, latest"'
check_with skopeo 'skopeo inspects our layout' '
	skopeo inspect oci:own:v1 >inspected && grep io.ebpf.programs inspected &&
	grep "xdp_stats_map.*per_cpu_array" inspected'
check_with skopeo 'skopeo copies our layout and bpfd-image reads the copy' '
	skopeo copy --insecure-policy oci:own:latest oci:copied:new &&
	probe copied new && is_object && probe copied && is_object'
check_with skopeo 'a layer compressed with zstd is read' '
	skopeo copy --insecure-policy --dest-decompress oci:own:latest dir:plain &&
	skopeo copy --insecure-policy --dest-compress-format zstd --dest-compress dir:plain oci:zst:z &&
	grep -q "tar+zstd" zst/blobs/sha256/* && probe zst z && is_object'

# --- buildah ---
check_with buildah "buildah builds with the talk's arguments, as OCI" '
	buildah_ bud --format oci $build_args_of_talk -t talk context &&
	buildah_ push talk "oci:$T/b-oci:talk" && probe b-oci talk && talk_is_read'
check_with buildah 'a layer that is not compressed is read' '
	buildah_ push --disable-compression talk "oci:$T/b-plain:talk" &&
	probe b-plain && talk_is_read'
check_with buildah "buildah builds with today's arguments" '
	buildah_ bud --build-arg BYTECODE_FILE=stats.bpf.o --build-arg "PROGRAMS={\"count\":\"xdp\"}" \
		--build-arg "MAPS={\"xdp_stats_map\":\"per_cpu_array\"}" \
		-f "$TOP/deploy/Containerfile.bytecode" -t today context &&
	buildah_ push today "oci:$T/b-today" && probe b-today && says "program count xdp" && is_object'
check_with buildah 'an image in docker format is read when it was copied into a layout' '
	buildah_ bud --format docker $build_args_of_talk -t docker context &&
	buildah_ push docker "oci:$T/b-docker:v2s2" && probe b-docker v2s2 && talk_is_read'
check_with buildah 'an index of several machines gives the object for this one' '
	for arch in amd64 arm64 s390x; do
		buildah_ bud --platform linux/$arch $build_args_of_talk --label arch=$arch \
			-t one-$arch context || break
	done &&
	buildah_ manifest create multi && buildah_ manifest add multi localhost/one-s390x &&
	buildah_ manifest add multi localhost/one-arm64 && buildah_ manifest add multi localhost/one-amd64 &&
	buildah_ manifest push --all multi "oci:$T/b-multi:all" && probe b-multi all && talk_is_read'
check_with buildah 'an index without this machine says which there are' '
	buildah_ manifest create foreign && buildah_ manifest add foreign localhost/one-s390x &&
	buildah_ manifest push --all foreign "oci:$T/b-foreign" &&
	! probe b-foreign && refuses "linux/s390x"'

# --- podman ---
check_with podman "podman builds with the talk's command" '
	podman_ build --isolation chroot $build_args_of_talk -t quay.io/me/counter:latest context &&
	podman_ push quay.io/me/counter:latest "oci:$T/p-oci:latest" && probe p-oci && talk_is_read'
check_with podman 'podman save --format oci-dir is read' '
	podman_ save --format oci-dir -o p-save quay.io/me/counter:latest &&
	probe p-save && talk_is_read && probe p-save latest && talk_is_read'
check_with podman 'podman pulls our layout' '
	podman_ pull "oci:$T/own:v1"'

# --- refusals, through the sandbox ---
check 'a layout that the client may not read is refused, whoever the parser is' '
	cp -r own private && chmod 0700 private &&
	! probe private v1 65534 && refuses "Permission denied" && probe own v1 65534'
check 'a symbolic link in a layout is refused' '
	cp -r own linked && mv linked/index.json linked/real && ln -s real linked/index.json &&
	! probe linked && refuses "symbolic link"'
check 'a blob that was changed does not match its digest' '
	cp -r own changed && for f in changed/blobs/sha256/*; do printf x >>"$f"; done &&
	! probe changed && refuses "EBADMSG"'
check 'a directory that is no layout is said to be none' '
	! probe context && refuses "not an OCI image layout"'
check 'a hundred mutants of the documents end in an answer, never in a crash' '
	cp -r own mutant && i=0 &&
	while [ $i -lt 100 ]; do
		cp own/index.json mutant/index.json
		size=$(wc -c <own/index.json)
		printf "\\$(printf %o $((i * 37 % 256)))" | dd of=mutant/index.json bs=1 \
			seek=$((i * 101 % size)) conv=notrunc status=none
		probe mutant v1 >/dev/null
		[ $? -le 1 ] && ! grep -qE "crash|signal|took too long" said || { cat said mutant/index.json; break; }
		i=$((i + 1))
	done && [ $i -eq 100 ]'
# The fork server prefers the parser beside itself.
check 'a parser that crashes, or ends without an answer, is an error and no hang' '
	mkdir -p fake && cp "$BUILD/src/forkserver/bpfd-forkserver" fake/ &&
	for end in "__builtin_trap()" "return 0"; do
		echo "int main(void) { $end; }" | cc -x c -o fake/bpfd-image - &&
		! "$BUILD/tests/unit/image/image_probe" fake/bpfd-forkserver 0 "$T/own" v1 >said || break
		cat said
		grep -q "^error EBADMSG: .*the image is damaged" said || break
		end=
	done && [ -z "$end" ]'

echo "1..$N"
exit $FAILED
