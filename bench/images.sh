#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The rows of group 4: images of a registry on loopback (Debian's docker-registry), beside skopeo.
#	BPFD_SOCKET=... BPFCTL=... bench/images.sh OBJECT BUILDER VERIFY
# OBJECT: a small BPF object. VERIFY: build/bench/verify. A daemon runs that may use 127.0.0.1:5000.
set -u
object=$1 builder=$2 verify=$3
runs=${BENCH_RUNS:-30}
R=127.0.0.1:5000

row() { # ID WHAT VALUE UNIT PEER MUST HOLDS
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t\t\t%s\n' "$@" "$runs"
}
holds() { awk "BEGIN { exit !($1) }" && echo true || echo false; }
now() { date +%s%N; }
# milliseconds FILE COMMAND...: how long it takes, appended to FILE.
milliseconds() {
	file=$1 begin=$(now)
	shift
	"$@" >/dev/null 2>&1 || { echo "images.sh: failed: $*" >&2; "$@" >&2; exit 1; }
	end=$(now)
	awk "BEGIN { printf \"%.3f\n\", ($end - $begin) / 1000000 }" >>"$file"
}
median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
spread() { sort -n "$1" | awk '{ v[NR] = $1 } END { printf "%s ms (%s .. %s)", v[int((NR + 1) / 2)], v[1], v[NR] }'; }

start_registry() {
	for tool in docker-registry skopeo curl; do
		command -v "$tool" >/dev/null || { row 4.1 'images could be measured' 0 '' "no $tool here" 'it runs' true; exit 0; }
	done
	mkdir -p data
	cat >registry.yml <<-Y
	version: 0.1
	log: {level: error, accesslog: {disabled: true}}
	storage: {filesystem: {rootdirectory: $PWD/data}, delete: {enabled: true}}
	http: {addr: $R}
	Y
	docker-registry serve registry.yml >registry.log 2>&1 &
	registry=$!
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		! curl -s -o /dev/null "http://$R/v2/" || return 0
		sleep 0.2
	done
	exit 1
}

pulls() {
	"$builder" --insecure -t "$R/t/one:v1" "$object" >/dev/null || exit 1
	for _ in $(seq "$runs"); do
		"$BPFCTL" image prune >/dev/null
		rm -rf layout
		milliseconds ours "$BPFCTL" image pull "$R/t/one:v1"
		milliseconds theirs skopeo copy -q --insecure-policy --src-tls-verify=false "docker://$R/t/one:v1" oci:layout:v1
	done
	x=$(awk "BEGIN { printf \"%.3f\", $(median ours) / $(median theirs) }")
	row 4.1 'pull of a small image from loopback, whole process, of skopeo copy to a layout' "$x" x \
		"bpfctl $(spread ours), skopeo $(spread theirs)" '<= 1 x' "$(holds "$x <= 1")"
}

loads() {
	"$BPFCTL" image pull "$R/t/one:v1" >/dev/null || exit 1
	for _ in $(seq "$runs"); do
		milliseconds file "$BPFCTL" load "$object" --name f
		milliseconds cache "$BPFCTL" load "image://$R/t/one:v1" --name c
		"$BPFCTL" unload f c >/dev/null
	done
	more=$(awk "BEGIN { printf \"%.3f\", $(median cache) - $(median file) }")
	row 4.2 'what loading from the store adds to loading the file' "$more" ms \
		"file $(spread file), store $(spread cache)" '<= 3 ms' "$(holds "$more <= 3")"
}

# The most of any bpfd-fetch, kB, while it goes on.
watch_fetch() {
	most=0
	while [ -e watching ]; do
		for exe in /proc/[0-9]*/comm; do
			read -r name <"$exe" 2>/dev/null || continue
			[ "$name" = bpfd-fetch ] || continue
			kb=$(awk '/^Pss:/ { print $2 }' "${exe%comm}smaps_rollup" 2>/dev/null)
			[ "${kb:-0}" -le "$most" ] || most=$kb
		done
	done 2>/dev/null
	echo "$most" >most
}
# batch FIRST LAST: those images, eight at a time.
batch() { seq "$1" "$2" | xargs -P 8 -I '{}' "$BPFCTL" image pull "$R/t/many:{}" >/dev/null; }
many() {
	"$BPFCTL" image prune >/dev/null
	for i in $(seq 100); do
		"$builder" --insecure -t "$R/t/many:$i" --label "bench=$i" "$object" >/dev/null || exit 1
	done
	: >watching
	watch_fetch &
	watcher=$!
	milliseconds half batch 1 50
	milliseconds rest batch 51 100
	rm watching
	wait "$watcher"
	x=$(awk "BEGIN { printf \"%.3f\", $(median rest) / $(median half) }")
	row 4.3 'the second fifty of 100 images, eight at a time, of the first' "$x" x \
		"$(median half) ms, then $(median rest) ms" '<= 1.25 x' "$(holds "$x <= 1.25")"
	row 4.3 'PSS of one bpfd-fetch, the most that was seen' "$(awk '{ printf "%.1f", $1 / 1024 }' most)" MB '' '<= 20 MB' \
		"$(holds "$(cat most) <= 20480")"
	sleep 0.5
	left=$(cat /proc/[0-9]*/comm 2>/dev/null | grep -c '^bpfd-fetch$')
	row 4.3 'fetch processes left' "$left" '' '' 0 "$(holds "$left == 0")"
}

start_registry
pulls && loads && many && "$verify"
kill "$registry"
wait "$registry" 2>/dev/null
exit 0
