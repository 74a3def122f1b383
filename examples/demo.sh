#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The first minute with bpfd (make demo): a program from an OCI image counts real packets, and an
# application without privileges reads the counters. Everything happens in two network namespaces
# and one temporary directory, and is gone afterwards.
set -eu
top=$(cd "${0%/*}/.." && pwd)
build=$(cd "${BUILD:-$top/build}" && pwd)
host=bpfd-demo-$$
peer=bpfd-demo-$$-peer
work=
daemon=

say() { printf '\n%s\n' "$*"; }

show() {
	echo "  \$ $*"
	"$@" >"$work/out" 2>&1 || { sed 's/^/  /' "$work/out"; return 1; }
	sed 's/^/  /' "$work/out"
}

give_up() {
	echo "demo: $*" >&2
	exit 1
}

clean_up() {
	status=$?
	trap - EXIT INT TERM
	set +e
	[ $status -eq 0 ] || [ ! -s "$work/log" ] || { echo 'The daemon said:' && tail -n 20 "$work/log"; } >&2
	[ -z "$daemon" ] || { kill "$daemon" && wait "$daemon"; } 2>/dev/null
	for fs in fs maps; do
		! mountpoint -q "$work/run/$fs" || umount "$work/run/$fs"
	done
	for netns in "$host" "$peer"; do
		[ ! -e "/run/netns/$netns" ] || ip netns del "$netns"
	done
	[ -z "$work" ] || rm -rf "$work"
	[ $status -eq 0 ] || echo 'demo: FAILED' >&2
	exit $status
}

# Two ends of a cable. Nothing but the packets of this demo shall cross it: no IPv6, no ARP.
make_network() {
	for netns in "$host" "$peer"; do
		ip netns add "$netns"
		ip netns exec "$netns" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
		ip -n "$netns" link set lo up
	done
	ip -n "$host" link add eth0 address 02:00:00:00:00:01 type veth \
		peer name eth0 address 02:00:00:00:00:02 netns "$peer"
	ip -n "$host" addr add 192.0.2.1/24 dev eth0
	ip -n "$peer" addr add 192.0.2.2/24 dev eth0
	ip -n "$host" link set eth0 up
	ip -n "$peer" link set eth0 up
	ip -n "$host" neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent
	ip -n "$peer" neigh add 192.0.2.1 lladdr 02:00:00:00:00:01 dev eth0 nud permanent
	ip -n "$host" route add default via 192.0.2.2
}

# As the units of deploy/ lay it out. The pins live in mounts that the host sees, so that they
# outlive the daemon.
prepare_daemon() {
	mkdir -p "$work/run/fs" "$work/run/maps" "$work/state" "$work/libexec"
	mount -t bpf -o mode=0700 bpf "$work/run/fs"
	mount -t bpf -o mode=0755 bpf "$work/run/maps"
	mount --make-shared "$work/run/fs"
	mount --make-shared "$work/run/maps"
	ln -s "$build"/src/forkserver/bpfd-forkserver "$build"/src/image/bpfd-image \
		"$build"/src/build/bpfd-image-build "$work/libexec/"
	cat >"$work/bpfd.yaml" <<-END
		mirrors:                          # where images are read from
		- prefix: quay.io/bpfd-bytecode
		  to: oci:$work/images/
		allow:                            # who may do what, beside root
		- user: nobody
		  rights: [read]
	END
}

start_daemon() {
	nsenter --net="/run/netns/$host" "$build/src/daemon/bpfd" --runtime-dir "$work/run" \
		--state-dir "$work/state" --config "$work/bpfd.yaml" >>"$work/log" 2>&1 </dev/null &
	daemon=$!
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		! bpfctl version >/dev/null 2>&1 || return 0
		kill -0 "$daemon" 2>/dev/null || break
		sleep 0.1
	done
	give_up 'the daemon does not start'
}

# Where nobody may enter, wherever this tree lies.
install_application() {
	mkdir "$work/app" "$work/images"
	cp "$build/examples/xdp-counter" "$work/app/"
	cp -L "$build/src/lib/libbpfd.so.0" "$work/app/"
}

send() { ip netns exec "$peer" ping -q -c "$1" -i 0.002 -s 58 192.0.2.1; }

# Every capability goes with the user, and nothing can bring one back.
show_as_nobody() {
	show setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all "$@"
}

# expect PACKETS BYTES: what the application must have printed last.
expect() {
	set -- "XDP_PASS $1 $2" "$(awk '$1 ~ /^XDP_/ { print $1, $2, $3 }' "$work/out")"
	[ "$1" = "$2" ] || give_up "expected \"$1\", the application printed \"$2\""
}

[ "$(id -u)" -eq 0 ] || give_up 'needs root: it makes network namespaces and starts a daemon'
trap clean_up EXIT
trap 'exit 130' INT TERM
work=$(mktemp -d /tmp/bpfd-demo.XXXXXX)
chmod 0755 "$work"
cd "$work"
export PATH="$build/src/cli:$PATH" BPFD_LIBEXEC="$work/libexec" BPFD_SOCKET="$work/run/bpfd.sock" LD_LIBRARY_PATH="$work/app"

say '1. A small network: this end has eth0 with the default route, the other end will ping it.'
make_network
prepare_daemon
install_application

say '2. The program of examples/xdp-counter becomes an OCI image, in a directory.'
cp "$build/examples/xdp-counter.bpf.o" .
cp "$top/examples/xdp-counter/manifest.yaml" .
show bpfctl image build -t oci:images/go-xdp-counter:latest --label io.ebpf.program_type=xdp xdp-counter.bpf.o

say '3. bpfd starts. Its configuration maps image://quay.io/bpfd-bytecode/ to that directory.'
start_daemon

say '4. A manifest says: this image, on the interface of the default route, at priority 55.'
sed -n '/^spec:/,$s/^/  | /p' manifest.yaml
show bpfctl apply -f manifest.yaml

say '5. The other end sends 100 pings of 100 bytes. An application reads the counters as nobody,'
echo '   without a capability; bpfd lets it read because the configuration says so.'
send 100 >"$work/ping" || give_up "ping: $(cat "$work/ping")"
show_as_nobody app/xdp-counter -n 1
expect 100 10000

say '6. What is there now:'
show bpfctl get programs
show bpfctl get links
show bpfctl get hooks

say '7. The daemon is killed. The program stays where it is: 50 more pings are counted meanwhile.'
kill -KILL "$daemon"
wait "$daemon" 2>/dev/null || :
send 50 >"$work/ping" || give_up "ping: $(cat "$work/ping")"
start_daemon
show_as_nobody app/xdp-counter -n 1
expect 150 15000

say '8. Deleting the config takes away all that came with it.'
show bpfctl delete -f manifest.yaml
[ -z "$(bpfctl get programs -o name 2>/dev/null)" ] || give_up 'a program is left'

say 'That was it, and nothing of it remains. Next: README.md, or bpfctl help.'
