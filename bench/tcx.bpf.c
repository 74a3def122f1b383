// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The smallest program on tcx: the next one decides. libbpf
 * before 1.3 knows no section "tcx", so it is called "tc" for both. */
#define SEC(name) __attribute__((section(name), used))
#define TCX_NEXT  (-1)

SEC("tc")
int tiny(void *ctx)
{
	(void)ctx;
	return TCX_NEXT;
}

char _license[] SEC("license") = "Dual BSD/GPL";
