/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the program writes and the application reads. */
#pragma once

#include <linux/types.h>

/* The only value of the array totals, which the application maps into its memory. */
struct trigger_totals {
	__u64 calls;
	__s64 sum; /* of all arguments */
};

/* Record of the ring buffer calls. @pid: as the host counts, which a container does not. */
struct trigger_call {
	__u32 pid;
	__s32 arg1;
	__s32 arg2;
	__u32 pad;
};
