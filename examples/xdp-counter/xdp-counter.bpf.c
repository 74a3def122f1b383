/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counts packets and bytes by XDP action, per CPU; one packet in `sampling` is told of in a ring
 * buffer. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "xdp-counter.h"

#define ACTIONS (XDP_REDIRECT + 1)

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, ACTIONS);
	__type(key, __u32);
	__type(value, struct datarec);
} xdp_stats_map SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} events SEC(".maps");

/* Set at load: bpfctl load --global sampling=100, or globals: in the manifest. 0: no events. */
const volatile __u32 sampling = 1;

/* UDP packets to this port are dropped; 0: none. */
const volatile __u16 drop_udp_port = 0;

static __u32 choose_action(const void *data, const void *end)
{
	const struct ethhdr *eth = data;
	const struct iphdr *ip = data + sizeof(*eth);
	const struct udphdr *udp = (const void *)ip + sizeof(*ip);

	if (!drop_udp_port || (const void *)(udp + 1) > end)
		return XDP_PASS;
	if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5 || ip->protocol != IPPROTO_UDP)
		return XDP_PASS;
	return udp->dest == bpf_htons(drop_udp_port) ? XDP_DROP : XDP_PASS;
}

static void tell(const struct xdp_md *ctx, __u32 action)
{
	const __u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct packet_event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	/* Full: nobody reads. The counters stay exact. */
	if (!e)
		return;
	e->time_ns = bpf_ktime_get_ns();
	e->ifindex = ctx->ingress_ifindex;
	e->len = end - data;
	e->action = action;
	e->head_len = 0;
	for (__u32 i = 0; i < XDP_COUNTER_HEAD && data + i + 1 <= end; i++) {
		e->head[i] = data[i];
		e->head_len = i + 1;
	}
	bpf_ringbuf_submit(e, 0);
}

SEC("stats")
int xdp_stats(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 action = choose_action(data, end);
	struct datarec *rec = bpf_map_lookup_elem(&xdp_stats_map, &action);

	if (!rec)
		return XDP_ABORTED;
	if (sampling && rec->packets % sampling == 0)
		tell(ctx, action);
	rec->packets++;
	rec->bytes += end - data;
	return action;
}

char _license[] SEC("license") = "Dual BSD/GPL";
