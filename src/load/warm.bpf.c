/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One program with a map, a constant and a variable: what most objects make libbpf ask the kernel.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} warm_map SEC(".maps");

volatile const __u32 warm_constant = 1;
__u64 warm_variable = 1;
__u64 warm_zero;

SEC("tracepoint/syscalls/sys_enter_getpid")
int warm_program(void *ctx)
{
	__u32 key = 0;
	__u64 *value = bpf_map_lookup_elem(&warm_map, &key);

	(void)ctx;
	if (value)
		warm_variable += *value + warm_constant + warm_zero;
	return 0;
}

char _license[] SEC("license") = "Dual BSD/GPL";
