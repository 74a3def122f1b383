// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Ten small members of a chain: each counts its packets and lets them go on. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
} packets SEC(".maps");

#define COUNTER(n)                                                                                 \
	SEC("xdp")                                                                                 \
	int c##n(struct xdp_md *ctx)                                                               \
	{                                                                                          \
		__u32 key = n;                                                                     \
		__u64 *count = bpf_map_lookup_elem(&packets, &key);                                \
		(void)ctx;                                                                         \
		if (count)                                                                         \
			*count += 1;                                                               \
		return XDP_PASS;                                                                   \
	}

COUNTER(0)
COUNTER(1)
COUNTER(2)
COUNTER(3)
COUNTER(4)
COUNTER(5)
COUNTER(6)
COUNTER(7)
COUNTER(8)
COUNTER(9)

char _license[] SEC("license") = "Dual BSD/GPL";
