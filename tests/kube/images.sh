#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The images of deploy/Containerfile: they build, run as whom they should, start, and are small. The base is
# made of this machine's Debian packages, because no registry is at hand. TAP; prints the sizes. Root only.
[ -n "${E2E_TMP-}" ] || exec "${0%/*}/../e2e/run" -t 300 "$0"
# shellcheck source=tests/e2e/lib.sh
. "$E2E_TOP/tests/e2e/lib.sh"

W=/mnt/work
command -v buildah >/dev/null || skip_all 'no buildah'
[ -e /etc/debian_version ] || skip_all 'no Debian packages here'
mount -t tmpfs -o mode=0755,size=2g images /mnt && mkdir -p $W/home $W/xdg $W/context $W/tmp || skip_all 'no tmpfs'
export HOME=$W/home XDG_RUNTIME_DIR=$W/xdg BUILDAH_ISOLATION=chroot TMPDIR=$W/tmp
buildah_() { buildah --root $W/store --runroot $W/runroot --storage-driver vfs "$@"; }

# What the Containerfile wants beside its libraries: a shell, coreutils, setpriv, find.
tools='base-files base-passwd dash coreutils findutils util-linux libc-bin'
libraries=$(sed -n '/apt-get install/,/&& \\/p' "$TOP/deploy/Containerfile" | tr -s '\t \\' '\n' |
	grep -E '^(lib|zlib|ca-cert)')

# base DIR: files of these packages, and of the libraries that their programs need.
base() {
	mkdir -p "$1/etc" "$1/proc" "$1/sys" "$1/dev" "$1/run" "$1/tmp" "$1/var/lib" &&
		for link in bin sbin lib lib64; do
			mkdir -p "$1/usr/$link" && ln -sfn "usr/$link" "$1/$link" || return 1
		done
	# shellcheck disable=SC2086 # lists of names
	dpkg-query -L $tools $libraries | grep -vE '/share/(doc|man|locale|info|bash-completion|lintian)/' >all || return 1
	while read -r file; do
		[ -d "$file" ] || [ ! -e "$file" ] || echo "$file"
	done <all >files
	# Links and what they lead to; all of it below /usr, where it is on every Debian 12.
	xargs ldd <files 2>/dev/null | grep -oE '/[^ :]+\.so[^ :]*' | sort -u | cat - files | while read -r file; do
		printf '%s\n' "$file" "$(realpath "$file")"
	done | sed -E 's,^/(bin|sbin|lib|lib64)/,/usr/\1/,' | sort -u >chosen
	tar -C / -cf - --no-recursion -T chosen 2>/dev/null |
		tar -C "$1" -xf - && cp /usr/share/base-passwd/passwd.master "$1/etc/passwd" &&
		cp /usr/share/base-passwd/group.master "$1/etc/group"
}
# from DIR NAME: an image of that root.
from() { printf 'FROM scratch\nCOPY . /\n' >$W/scratch && buildah_ bud -q -f $W/scratch -t "$2" "$1"; }
build() {
	buildah_ bud -q --layers -f "$TOP/deploy/Containerfile" --build-arg BASE=localhost/base \
		--build-arg BUILDER=localhost/builder --target "$1" -t "$1" $W/context
}
# size IMAGE: bytes of its files.
size() {
	container=$(buildah_ from "$1") && du -sb "$(buildah_ mount "$container")" | cut -f1 && buildah_ rm "$container" >/dev/null
}
# config IMAGE FIELD: as JSON in one line.
config() { buildah_ inspect --type image "$1" | jq -c ".OCIv1.config.$2"; }
# within IMAGE CMD...: run in it.
within() {
	container=$(buildah_ from "$1") && shift && buildah_ run "$container" -- "$@"
	within_r=$?
	buildah_ rm "$container" >/dev/null && return $within_r
}
beyond() {
	bytes=$(($(size "$1") - base_bytes)) && echo "# $1: $((bytes / 1024)) KiB beyond the base" >&3 &&
		echo "$1 $bytes" && [ $bytes -gt 0 ] && [ $bytes -le "$2" ]
}
has_program() { find "$W/builder/out" -type f -name "bpfd-$1" | grep -q .; }
exec 3>&1

test_expect 'a base is made of Debian packages' '
	base $W/base && from $W/base base && base_bytes=$(size base) &&
	echo "# base: $((base_bytes / 1024)) KiB" >&3
'
test_expect 'a builder is the base with what was built' '
	cp -a $W/base $W/builder && DESTDIR=$W/staged meson install -C "$BUILD" --no-rebuild --strip >/dev/null &&
	mkdir $W/builder/out && prefix=$(meson introspect --buildoptions "$BUILD" | jq -r ".[] | select(.name == \"prefix\").value") &&
	mv "$W/staged$prefix" $W/builder/out/usr && from $W/builder builder
'
test_expect 'the daemon: builds, is root by need, starts bpfd, is small' '
	build daemon && same "[\"/usr/sbin/bpfd\"]" "$(config daemon Entrypoint)" &&
	same null "$(config daemon User)" && within daemon /usr/sbin/bpfd --version &&
	within daemon bpfctl --help >out && within daemon setpriv --version &&
	beyond daemon $((30 << 20))
'
test_expect 'the daemon finds all of its libraries and the users of its children' '
	within daemon sh -c "for f in /usr/sbin/bpfd /usr/bin/bpfctl /usr/libexec/bpfd/*; do
		/lib64/ld-linux-x86-64.so.2 --list \$f; done" >out && ! grep "not found" out &&
	within daemon id -u bpfd-look && within daemon id -u bpfd-fetch
'
# is_small NAME LIMIT: an image whose user is nobody.
is_small() {
	build "$1" && same "\"65532:65532\"" "$(config "$1" User)" &&
		same "[\"/usr/bin/bpfd-$1\"]" "$(config "$1" Entrypoint)" && within "$1" "/usr/bin/bpfd-$1" --version &&
		within "$1" id -u >out && says 65532 out && within "$1" chown --version >out && beyond "$1" "$2"
}
for program in agent:10 operator:10; do
	name=${program%:*}
	if has_program "$name"; then
		test_expect "the $name: builds, is nobody, starts, is small" "is_small $name $((${program#*:} << 20))"
	else
		skip_test "the $name: builds, is nobody, starts, is small" "there is no bpfd-$name yet"
	fi
done
test_expect 'the images go' 'rm -rf $W && umount /mnt'
finish
