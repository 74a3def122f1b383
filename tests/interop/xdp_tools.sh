#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Debian's xdp-tools and libxdp: every XDP object of theirs runs here, and their tools next to us. TAP.
[ -n "${E2E_TMP-}" ] || exec "${0%/*}/../e2e/run" -t 120 "$0"
# shellcheck source=tests/e2e/lib.sh
. "$E2E_TOP/tests/e2e/lib.sh"

XDP=$(dirname "$(ls /usr/lib/*/bpf/xdp-dispatcher.o 2>/dev/null)" 2>/dev/null)
[ -d "$XDP" ] || skip_all 'no xdp-tools here'

# Objects, and what a packet that nothing was configured for meets.
passing='xdp-dispatcher xdpdump_xdp xsk_def_xdp_prog xsk_def_xdp_prog_5.3
	xdpfilt_alw_all xdpfilt_alw_eth xdpfilt_alw_ip xdpfilt_alw_tcp xdpfilt_alw_udp'
dropping='xdpfilt_dny_all xdpfilt_dny_eth xdpfilt_dny_ip xdpfilt_dny_tcp xdpfilt_dny_udp'

reaches() { in_ns v0 ping -c 1 -W "${1:-1}" "$(veth_addr v0)"; }
# shared_bpffs: what is pinned where all of the host's tools pin.
shared_bpffs() { find /sys/fs/bpf -mindepth 1 -type f ! -name '*.debug'; }
# Its exit status is an errno, which must_fail takes for a signal.
loader_fails() { ! xdp-loader "$@" 2>err; }
map_id() { bpfctl get maps -o json | jq ".maps[] | select(.name == \"$1\") | .id"; }
# counted PROGRAM VERDICT: packets with it in xdpfilt's own statistics.
counted() { bpfctl map dump "$1/xdp_stats_map" --sum | awk -v key="$2" '$1 == key { print $2 }'; }

# runs OBJECT YES|NO: each program of it, attached alone; NO: it lets no packet through.
runs() {
	bpfctl load "$XDP/$1.o" --name x -o json >loaded &&
		same xdp "$(jq -r '.programs[].type' loaded | sort -u)" || return 1
	for name in $(jq -r '.programs[].name' loaded); do
		bpfctl attach "$name" xdp:v0 >out || return 1
		case $2 in
		YES) reaches || return 1 ;;
		*) ! reaches 0.2 || return 1 ;;
		esac
		bpfctl detach "$name" && reaches && bpfctl unload "$name" || return 1
	done
	same '' "$(shared_bpffs)" && same '' "$(bpfctl get maps -o name)" && residue_none_inside
}

test_expect 'there is a daemon, an interface and the bpffs that all tools share' '
	start_daemon && make_veth v0 && mount_bpffs /sys/fs/bpf && reaches
'
test_expect 'libxdp brings 14 objects with XDP programs' '
	same 14 "$(ls "$XDP" | grep -c -e ^xdp-dispatcher.o -e ^xdpdump_xdp.o -e ^xdpfilt_ -e ^xsk_def)"
'
for o in $passing; do
	test_expect "$o loads, lets packets through, and leaves nothing" 'runs "$o" YES'
done
for o in $dropping; do
	test_expect "$o loads, drops what nobody allowed, and leaves nothing" 'runs "$o" NO'
done
test_expect 'a filter drops the port that its map names, and counts exactly' '
	bpfctl load "$XDP/xdpfilt_alw_udp.o" --name f && bpfctl attach f xdp:v0 &&
	bpftool map update id "$(map_id filter_ports)" key 0 9 0 0 value 10 0 0 0 0 0 0 0 &&
	send_packets v0 20 && same 20 "$(counted f 1)" && reaches && bpfctl unload --force f
'
test_expect 'a filter that denies passes the port that its map names' '
	bpfctl load "$XDP/xdpfilt_dny_udp.o" --name f && bpfctl attach f xdp:v0 &&
	bpftool map update id "$(map_id filter_ports)" key 0 9 0 0 value 10 0 0 0 0 0 0 0 &&
	send_packets v0 20 && same 20 "$(counted f 2)" && ! reaches 0.2 && bpfctl unload --force f
'
test_expect 'filters whose maps pin by name share them only where they are told to' '
	bpfctl load "$XDP/xdpfilt_dny_ip.o" --name one && bpfctl load "$XDP/xdpfilt_dny_ip.o" --name two &&
	bpfctl load "$XDP/xdpfilt_dny_ip.o" --name three --share-map filter_ipv4=one &&
	same 2 "$(map_id filter_ipv4 | wc -l)" && same 3 "$(map_id filter_ipv6 | wc -l)" &&
	same "" "$(shared_bpffs)" && bpfctl unload one two three && same "" "$(map_id filter_ipv4)"
'
test_expect 'xdpdump_bpf, a template that its tool completes, is refused with a reason' '
	must_fail bpfctl load "$XDP/xdpdump_bpf.o" && says "error: " err &&
	same "" "$(bpfctl get programs -o name)"
'
test_expect 'xdp-loader sees our program, and its own load is turned away' '
	bpfctl load "$XDP/xdpfilt_alw_all.o" --name ours && bpfctl attach ours xdp:v0 &&
	xdp-loader status v0 >out && says bpfd_chain out &&
	loader_fails load v0 "$XDP/xsk_def_xdp_prog.o" && says busy err &&
	loader_fails unload v0 --all &&
	bpfctl get hooks >out && says ours out && bpfctl detach ours
'
test_expect "with xdp-loader's program on the interface ours is refused, and it is named" '
	xdp-loader load v0 "$XDP/xdpfilt_alw_eth.o" &&
	id=$(bpftool -j net list dev v0 | jq ".[0].xdp[0].id") &&
	must_fail bpfctl attach ours xdp:v0 && says "program $id" err && says xdp err && says "hint: " err &&
	bpfctl get hooks -o json >hooks && same "$id false" "$(jq -r \
		".hooks[] | select(.hook == \"xdp:v0\") | \"\\(.program_id) \\(.is_ours)\"" hooks)"
'
test_expect 'a refusal leaves the foreign program where it is; ours attaches when it has gone' '
	same "$id" "$(bpftool -j net list dev v0 | jq ".[0].xdp[0].id")" &&
	xdp-loader unload v0 --all && bpfctl attach ours xdp:v0 && reaches &&
	bpfctl unload --force ours && same "" "$(shared_bpffs)"
'
test_expect 'xdp-filter and its pins live beside our program on another interface' '
	make_veth v1 && bpfctl load "$XDP/xdpfilt_alw_all.o" --name ours && bpfctl attach ours xdp:v0 &&
	xdp-filter load v1 -f udp -p allow && xdp-filter port 9 -p udp -m dst && send_packets v1 5 &&
	{ xdp-filter status >out || true; } && grep -E "XDP_DROP +5 " out &&
	send_packets v0 7 && same 0 "$(counted ours 1)" &&
	bpfctl unload --force ours && xdp-filter port 9 -p udp -m dst -r && xdp-filter unload v1 &&
	delete_veth v1 && delete_veth v0 && { umount /sys/fs/bpf; umount /sys/fs/bpf 2>/dev/null; true; }
'
finish
