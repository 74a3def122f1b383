#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Objects of the shapes that cilium/ebpf's bpf2go and Aya's bpf-linker make, by clang with the same
# options, sections and symbols: they load alike, or the error names the cure. TAP.
[ -n "${E2E_TMP-}" ] || exec "${0%/*}/../e2e/run" -t 120 "$0"
# shellcheck source=tests/e2e/lib.sh
. "$E2E_TOP/tests/e2e/lib.sh"

command -v clang >/dev/null || skip_all 'no clang here'
[ "$(uname -m)" = x86_64 ] || skip_all 'the objects are for x86-64'

# As bpf2go's examples have it: flags, DWARF stripped, sections that newer libraries know too.
cat >go.c <<'C'
//go:build ignore
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
char __license[] SEC("license") = "Dual MIT/GPL";
struct event { __u32 pid; __u8 comm[16]; };
struct event *unused __attribute__((unused));
volatile const __u32 verdict = XDP_PASS;
volatile const __u8 mac[6];
__u64 seen;
__u32 started SEC(".data.extra") = 3;
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 8);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} counts SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");
struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct inner);
} outer SEC(".maps");
static __attribute__((noinline)) int bump(__u32 k)
{
	__u64 one = 1, *n = bpf_map_lookup_elem(&counts, &k);

	if (n)
		__sync_fetch_and_add(n, 1);
	else
		bpf_map_update_elem(&counts, &k, &one, BPF_ANY);
	return 0;
}
SEC("xdp") int count_packets(struct xdp_md *ctx)
{
	bump(1 + mac[5]);
	__sync_fetch_and_add(&seen, 1);
	return (int)verdict;
}
SEC("xdp.frags") int count_frags(struct xdp_md *ctx) { bump(2); return XDP_PASS; }
SEC("tc") int count_tc(struct __sk_buff *skb) { bump(3); return TC_ACT_UNSPEC; }
SEC("tcx/ingress") int count_tcx(struct __sk_buff *skb)
{
	__u32 k = 0;

	bump(4);
	return bpf_map_lookup_elem(&outer, &k) ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}
SEC("tracepoint/syscalls/sys_enter_kill") int count_kill(void *ctx) { bump(5); return 0; }
SEC("raw_tracepoint/sched_switch") int count_switch(void *ctx) { return (int)started; }
SEC("uprobe/trigger_func") int count_call(struct pt_regs *ctx)
{
	struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	if (e)
		bpf_ringbuf_discard(e, 0);
	bump(6);
	return 0;
}
SEC("uretprobe/trigger_func") int count_return(struct pt_regs *ctx) { bump(7); return 0; }
C

# As Aya's macros and bpf-linker have it: no BTF, no kernel headers, sections with and without a
# target, globals and constants in .rodata, subprograms in .text, maps of the old kind.
cat >aya.c <<'C'
#define SECTION(s) __attribute__((section(s), used))
#ifdef OLD_MAPS
struct { unsigned int type, key_size, value_size, max_entries, flags, id, pinning; }
	COUNTS SECTION("maps") = {2, 4, 8, 4};
#endif
const volatile unsigned int VERDICT = 2;
__attribute__((noinline)) unsigned long long panicking(unsigned long long n) { return n * 3 + 1; }
SECTION("xdp") int my_xdp(void *ctx)
{
#ifdef OLD_MAPS
	static void *(*lookup)(void *, const void *) = (void *)1;
	unsigned int k = 0;

	if (!lookup(&COUNTS, &k))
		return 0;
#endif
	return panicking(VERDICT) == 7 ? (int)VERDICT : 1;
}
SECTION("classifier") int my_tc(void *ctx) { return -1; }
SECTION("tracepoint") int my_tp(void *ctx) { return 0; }
SECTION("uprobe") int my_uprobe(void *ctx) { return 0; }
SECTION("uretprobe") int my_uretprobe(void *ctx) { return 0; }
SECTION("raw_tracepoint") int my_raw(void *ctx) { return 0; }
SECTION("xdp/old") int old_xdp(void *ctx) { return 2; }
SECTION("classifier/old") int old_tc(void *ctx) { return -1; }
SECTION("tracepoint/old") int old_tp(void *ctx) { return 0; }
SECTION("uprobe/old") int old_uprobe(void *ctx) { return 0; }
SECTION("license") const char LICENSE[13] = "Dual MIT/GPL";
C
go_object() {
	clang -O2 -mcpu=v1 -g -target "bpf$1" -D__TARGET_ARCH_x86 "-I/usr/include/$(uname -m)-linux-gnu" \
		-fdebug-compilation-dir . -Wall -c go.c -o "go_bpf$1.o" && llvm-strip -g "go_bpf$1.o"
}
aya_object() { clang -O2 -target bpfel "$@"; }
count() { bpfctl map dump "$1/counts" | awk -v key="$2" '$1 == key { print $2 }'; }
types() { bpfctl get programs -o json | jq -r '.programs[] | "\(.function) \(.type)"' | sort | tr '\n' ' '; }

test_expect 'the objects compile, and there are a daemon and an interface' '
	go_object el && go_object eb && aya_object -c aya.c -o aya.o &&
	aya_object -DOLD_MAPS -c aya.c -o aya-maps.o && start_daemon && make_veth v0
'
test_expect_if tcx 'an object of bpf2go loads whole, each program as its section says' '
	bpfctl load go_bpfel.o --name g && same "$(echo "count_call uprobe
count_frags xdp
count_kill tracepoint
count_packets xdp
count_return uretprobe
count_switch raw_tp
count_tc tc
count_tcx tcx" | tr "\n" " ")" "$(types)"
'
test_expect 'its maps are there, the inner template is not, and none is pinned by name' '
	same "counts,events,outer" "$(bpfctl get maps -o json |
		jq -r "[.maps[] | select(.is_internal | not) | .name] | unique | join(\",\")")" &&
	bpfctl get maps -o json | jq -r ".maps[].export_path" >out && ! grep . out && unload_all
'
test_expect 'its globals are set by name and type, and its program counts' '
	bpfctl load go_bpfel.o -p count_packets --name x --global verdict=2 --global mac=hex:000102030405 &&
	bpfctl attach x xdp:v0 && send_packets v0 4 && same 4 "$(count x 6)" && bpfctl unload --force x &&
	must_fail bpfctl load go_bpfel.o -p count_packets --global mac=hex:00 && says mac err
'
test_expect_if tracepoint 'a tracepoint attaches where its section says' '
	bpfctl load go_bpfel.o -p count_kill && bpfctl attach count_kill && /bin/kill -0 $$ &&
	test "$(count count_kill 5)" -ge 1 && bpfctl unload --force count_kill
'
test_expect_if uprobe 'a uprobe needs its target and says so, and counts with it' '
	bpfctl load go_bpfel.o -p count_call && must_fail bpfctl attach count_call &&
	says "the form is uprobe:/PATH:FUNCTION" err &&
	bpfctl attach count_call "uprobe:$BUILD/tests/e2e/tools/knock:main" &&
	{ "$BUILD/tests/e2e/tools/knock" none $$ 1; test "$(count count_call 6)" -ge 1; } &&
	bpfctl unload --force count_call
'
test_expect 'its other half, for big-endian machines, is refused with the cure' '
	must_fail bpfctl load go_bpfeb.o && says big-endian err && says "-target bpfel" err
'
test_expect 'an object of Aya without maps loads, each program as its section says' '
	bpfctl load aya.o && same "$(echo "my_raw raw_tp
my_tc tc
my_tp tracepoint
my_uprobe uprobe
my_uretprobe uretprobe
my_xdp xdp
old_tc tc
old_tp tracepoint
old_uprobe uprobe
old_xdp xdp" | tr "\n" " ")" "$(types)"
'
test_expect 'sections without a target attach where the caller says, and only there' '
	must_fail bpfctl attach my_tp && says "say where to attach it" err && says "tracepoint:GROUP/NAME" err &&
	must_fail bpfctl attach old_tp && says "hint: " err &&
	must_fail bpfctl attach my_xdp && says "xdp:INTERFACE" err &&
	must_fail bpfctl attach my_uprobe && says "uprobe:/PATH:FUNCTION" err &&
	bpfctl attach my_xdp xdp:v0 && bpfctl attach my_tc tc:v0/ingress &&
	in_ns v0 ping -c 1 -W 1 "$(veth_addr v0)" && bpfctl get hooks >out && says tc:v0/ingress out && unload_all
'
test_expect 'a global without BTF is refused with the cure' '
	must_fail bpfctl load aya.o -p my_xdp --global VERDICT=1 && says VERDICT err && says BTF err
'
test_expect 'the maps of the old kind are refused with the cure, for C and for Aya' '
	must_fail bpfctl load aya-maps.o && says "legacy map definitions" err && says ".maps" err &&
	says btf_map err && same "" "$(bpfctl get programs -o name)"
'
test_expect 'the interface goes' 'delete_veth v0'
finish
