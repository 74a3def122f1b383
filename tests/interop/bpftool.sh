#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# bpftool sees what bpfd made as bpfd tells it, and neither disturbs the other. TAP.
[ -n "${E2E_TMP-}" ] || exec "${0%/*}/../e2e/run" -t 120 "$0"
# shellcheck source=tests/e2e/lib.sh
. "$E2E_TOP/tests/e2e/lib.sh"

command -v bpftool >/dev/null || skip_all 'no bpftool here'
command -v jq >/dev/null || skip_all 'no jq here'

cat >foreign.bpf.c <<'C'
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>
SEC("xdp") int foreign_xdp(struct xdp_md *ctx) { return XDP_PASS; }
SEC("tc") int foreign_tc(struct __sk_buff *skb) { return TC_ACT_UNSPEC; }
SEC("tracepoint/sched/sched_switch") int foreign_tp(void *ctx) { return 0; }
char LICENSE[] SEC("license") = "GPL";
C
compile() {
	clang -target bpf -g -O2 -I"/usr/include/$(uname -m)-linux-gnu" -c "$1" -o "$2"
}
# ours KIND FILTER: from bpfctl's JSON. its OBJECT FILTER: from bpftool's. Both sorted.
ours() { bpfctl get "$1" -o json | jq -c ".$1[] | $2" | sort; }
its() { bpftool -f -j "$1" list | jq -c ".[] | $2" | sort; }
hook() { bpfctl get hooks -o json | jq -rc ".hooks[] | select(.hook == \"$1\") |
	[.program_id, .program, .is_ours, .attached_by, .owner]"; }

test_expect 'programs on three kinds of hooks, one with maps' '
	compile foreign.bpf.c foreign.o && start_daemon && make_veth v0 && make_veth v1 && mount_bpffs /sys/fs/bpf &&
	bpfctl load "$OBJ/xdp-counter.bpf.o" --type xdp --name counter && bpfctl attach counter xdp:v0 &&
	bpfctl load "$OBJ/tracepoint.bpf.o" --name tp && bpfctl attach tp &&
	if have_feature tcx; then
		bpfctl load foreign.o -p foreign_tc:tcx:queue && bpfctl attach queue tcx:v0/ingress
	fi && send_packets v0 10
'
test_expect 'bpftool prog list has our programs: ids, names, types' '
	ours programs "[.id, .function[0:15], (.type | sub(\"tcx\"; \"sched_cls\"))]" >1 &&
	its prog "select(.pinned[]? | startswith(\"$D/run/fs/loads\")) | [.id, .name, .type]" >2 &&
	cat 1 2 && cmp 1 2 && test -s 1
'
test_expect 'what it says about a program is what describe says' '
	bpfctl describe program counter -o json >d && id=$(jq .id d) &&
	bpftool -j prog show id "$id" >p &&
	same "$(jq -c "[.id, .tag, .bytes_xlated / 8, .bytes_jited, .bytes_memlock, (.map_ids | sort)]" p)" \
		"$(jq -c "[.id, .tag, .instructions, .bytes_jited, .bytes_memlock, (.map_ids | sort)]" d)"
'
test_expect 'bpftool map list has our maps: ids, names, sizes' '
	ours maps "select(.is_internal | not) | [.id, .name[0:15], .type, .key_size, .value_size, .max_entries]" >1 &&
	its map "select(.pinned[]? | startswith(\"$D/run/fs\")) | select(.name | contains(\".\") | not) |
		[.id, .name, .type, .bytes_key // 0, .bytes_value // 0, .max_entries]" >2 &&
	cat 1 2 && cmp 1 2 && test -s 1
'
test_expect 'bpftool link list has our links, pinned' '
	ours links "[.kernel_id]" >1 &&
	its link "select(.pinned[]? | startswith(\"$D/run/fs\")) | [.id]" >2 &&
	cat 1 2 && cmp 1 2 && test -s 1
'
test_expect 'bpftool net list shows our chain on the interface, and its functions name the program' '
	id=$(bpftool -j net list dev v0 | jq ".[0].xdp[0].id") &&
	same bpfd_chain "$(bpftool -j prog show id "$id" | jq -r .name)" &&
	bpftool prog dump xlated id "$id" linum >out && says xdp-counter out
'
test_expect 'bpftool dumps our map as bpfctl does' '
	id=$(ours maps "select(.name == \"xdp_stats_map\") | .id") &&
	bpftool -j map dump id "$id" >dump && same 10 "$(jq "[.[] | select(.key[0] == \"0x02\") |
		.formatted.values[].value | to_entries[0].value] | add" dump)" &&
	bpfctl map dump counter/xdp_stats_map --sum >out && grep -E "^2 +10 600" out
'
test_expect 'what bpftool writes into our map is what bpfctl reads' '
	bpftool map update id "$id" key 4 0 0 0 value 7 0 0 0 0 0 0 0 8 0 0 0 0 0 0 0 &&
	n=$(getconf _NPROCESSORS_CONF) && bpfctl map dump counter/xdp_stats_map --sum >out &&
	grep -E "^4 +$((7 * n)) $((8 * n))" out
'
test_expect "bpftool loads and attaches its own on other hooks, and they are shown as foreign" '
	bpftool prog loadall foreign.o /sys/fs/bpf/foreign &&
	bpftool net attach xdp pinned /sys/fs/bpf/foreign/foreign_xdp dev v1 &&
	xid=$(bpftool -j prog show pinned /sys/fs/bpf/foreign/foreign_xdp | jq .id) &&
	hook xdp:v1 >out && says "[$xid,\"foreign_xdp\",false,\"netlink\"" out &&
	tc qdisc add dev v1 clsact &&
	tc filter add dev v1 ingress bpf direct-action object-pinned /sys/fs/bpf/foreign/foreign_tc &&
	tid=$(bpftool -j prog show pinned /sys/fs/bpf/foreign/foreign_tc | jq .id) &&
	hook tc:v1/ingress >out && says "[$tid,\"foreign_tc" out && says ",false,\"netlink\"" out
'
test_expect 'foreign programs are not listed as ours, and cannot be unloaded here' '
	! ours programs .id | grep -x -e "$xid" -e "$tid" && must_fail bpfctl unload "$xid"
'
test_expect 'a foreign program is named when ours wants its hook' '
	must_fail bpfctl attach counter xdp:v1 && says "program $xid \"foreign_xdp\"" err && says "hint: " err
'
test_expect "bpftool cannot take our hook away, and its try changes nothing" '
	! bpftool net attach xdp pinned /sys/fs/bpf/foreign/foreign_xdp dev v0 2>err &&
	! bpftool net attach xdp pinned /sys/fs/bpf/foreign/foreign_xdp dev v0 overwrite 2>err &&
	! bpftool net detach xdp dev v0 2>err &&
	send_packets v0 5 && bpfctl map dump counter/xdp_stats_map --sum >out && grep -E "^2 +15 900" out
'
test_expect 'bpftool can detach its own, and ours stay' '
	ours links . >1 && bpftool net detach xdp dev v1 && tc qdisc del dev v1 clsact &&
	same "" "$(hook xdp:v1)" && same "" "$(hook tc:v1/ingress)" && ours links . >2 && cmp 1 2 &&
	send_packets v0 5 && bpfctl map dump counter/xdp_stats_map --sum >out && grep -E "^2 +20 1200" out &&
	rm -r /sys/fs/bpf/foreign
'
test_expect 'ours takes the hook that is free now' '
	bpfctl attach counter xdp:v1 && send_packets v1 5 &&
	bpfctl map dump counter/xdp_stats_map --sum >out && grep -E "^2 +25 1500" out
'
test_expect 'a link that bpftool detaches is told as missing, and can be cleared away' '
	lid=$(ours links "select(.hook == \"xdp:v1\") | .kernel_id") && bpftool link detach id "$lid" &&
	ours links "select(.hook == \"xdp:v1\")" >out && says "\"is_missing\":true" out &&
	bpfctl detach counter xdp:v1 && same "" "$(ours links "select(.hook == \"xdp:v1\")")" &&
	bpfctl get links >out && says xdp:v0 out
'
test_expect 'after unloading bpftool sees nothing of ours' '
	unload_all && same "" "$(its prog "select(.pinned[]? | startswith(\"$D\"))")" &&
	same "" "$(its map "select(.pinned[]? | startswith(\"$D\"))")" &&
	delete_veth v1 && delete_veth v0
'
finish
