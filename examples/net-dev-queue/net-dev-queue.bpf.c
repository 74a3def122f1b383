/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counts what is queued for sending, by network namespace and interface, at the tracepoint
 * net/net_dev_queue. The kernel's structures are described here as far as they are used: CO-RE
 * finds the real place of each member when the program is loaded, so one object fits every kernel.
 */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "net-dev-queue.h"

#define PORTABLE __attribute__((preserve_access_index))

struct ns_common {
	unsigned int inum;
} PORTABLE;

struct net {
	struct ns_common ns;
} PORTABLE;

struct possible_net {
	struct net *net;
} PORTABLE;

struct net_device {
	char name[QUEUE_NAME_SIZE];
	int ifindex;
	struct possible_net nd_net;
} PORTABLE;

struct sk_buff {
	unsigned char *data;
	unsigned int len;
	__u16 protocol;
	struct net_device *dev;
} PORTABLE;

/* Only to ask whether there is such a type: kernels before 5.8 have none. */
struct bpf_ringbuf {
} PORTABLE;

struct trace_event_raw_net_dev_template {
	struct sk_buff *skbaddr;
} PORTABLE;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct queue_key);
	__type(value, struct queue_value);
} queued SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} queue_events SEC(".maps");

/* Only this network namespace (inode number); 0: all. */
const volatile __u32 only_netns = 0;

/* Filled in at load, so that the branch for older kernels is not even verified. */
extern int LINUX_KERNEL_VERSION __kconfig;

static void count(const struct queue_key *key, struct net_device *dev, unsigned int len)
{
	struct queue_value *value = bpf_map_lookup_elem(&queued, key);

	if (!value) {
		struct queue_value fresh = {0};

		BPF_CORE_READ_STR_INTO(&fresh.name, dev, name);
		/* Another CPU may be first. */
		bpf_map_update_elem(&queued, key, &fresh, BPF_NOEXIST);
		value = bpf_map_lookup_elem(&queued, key);
		if (!value)
			return;
	}
	__sync_fetch_and_add(&value->packets, 1);
	__sync_fetch_and_add(&value->bytes, len);
}

static void tell(const struct queue_key *key, struct sk_buff *skb, unsigned int len)
{
	struct queue_event *e = bpf_ringbuf_reserve(&queue_events, sizeof(*e), 0);

	if (!e)
		return;
	e->key = *key;
	e->len = len;
	e->protocol = BPF_CORE_READ(skb, protocol);
	if (len < QUEUE_HEAD ||
	    bpf_probe_read_kernel(e->head, QUEUE_HEAD, BPF_CORE_READ(skb, data)) < 0)
		__builtin_memset(e->head, 0, QUEUE_HEAD);
	bpf_ringbuf_submit(e, 0);
}

SEC("tracepoint/net/net_dev_queue")
int trace_net_packets(struct trace_event_raw_net_dev_template *ctx)
{
	struct sk_buff *skb = BPF_CORE_READ(ctx, skbaddr);
	struct net_device *dev = BPF_CORE_READ(skb, dev);
	unsigned int len = BPF_CORE_READ(skb, len);
	struct queue_key key = {
		.netns = BPF_CORE_READ(dev, nd_net.net, ns.inum),
		.ifindex = BPF_CORE_READ(dev, ifindex),
	};

	if (LINUX_KERNEL_VERSION < KERNEL_VERSION(5, 10, 0))
		return 0;
	if (only_netns && key.netns != only_netns)
		return 0;
	count(&key, dev, len);
	if (bpf_core_type_exists(struct bpf_ringbuf))
		tell(&key, skb, len);
	return 0;
}

char _license[] SEC("license") = "GPL";
