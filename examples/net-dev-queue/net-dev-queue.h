/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the program writes and the application reads. */
#pragma once

#include <linux/types.h>

#define QUEUE_NAME_SIZE 16
#define QUEUE_HEAD	14

/* Key of the hash queued: interfaces have numbers of their own in each network namespace. */
struct queue_key {
	__u32 netns; /* inode number of /proc/PID/ns/net */
	__u32 ifindex;
};

struct queue_value {
	__u64 packets;
	__u64 bytes;
	char name[QUEUE_NAME_SIZE];
};

/* Record of the ring buffer queue_events. @head: the first bytes, the link-layer header mostly. */
struct queue_event {
	struct queue_key key;
	__u32 len;
	__u16 protocol; /* network byte order */
	__u8 head[QUEUE_HEAD];
};
