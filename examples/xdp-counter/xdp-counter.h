/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the program writes and the application reads. */
#pragma once

#include <linux/types.h>

#define XDP_COUNTER_HEAD 32

/* Value of the per-CPU array xdp_stats_map; the key is the XDP action, XDP_ABORTED to XDP_REDIRECT.
 */
struct datarec {
	__u64 packets;
	__u64 bytes;
};

/* Record of the ring buffer events: one packet in `sampling`. @head: its first @head_len bytes. */
struct packet_event {
	__u64 time_ns;
	__u32 ifindex;
	__u32 len;
	__u32 action;
	__u32 head_len;
	__u8 head[XDP_COUNTER_HEAD];
};
