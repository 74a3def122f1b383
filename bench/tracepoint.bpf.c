// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The smallest program on a tracepoint: what is measured is the way, not the program. */
#define SEC(name) __attribute__((section(name), used))

SEC("tracepoint/net/net_dev_queue")
int tiny(void *ctx)
{
	(void)ctx;
	return 0;
}

char _license[] SEC("license") = "Dual BSD/GPL";
