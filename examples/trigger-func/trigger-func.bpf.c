/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Runs whenever the application calls its function trigger_func, and sees the arguments. */
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "trigger-func.h"

/* libbpf has had the name since 1.2; a uprobe finds its arguments where a kprobe does. */
#ifndef BPF_UPROBE
#define BPF_UPROBE BPF_KPROBE
#endif

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct trigger_totals);
} totals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} calls SEC(".maps");

/* The section says "my own executable": right for a loader that is the application. bpfd wants the
 * path in the manifest, or from the one who attaches. */
SEC("uprobe//proc/self/exe:trigger_func")
int BPF_UPROBE(handle_trigger_func, int arg1, int arg2)
{
	__u32 key = 0;
	struct trigger_totals *t = bpf_map_lookup_elem(&totals, &key);
	struct trigger_call *c = bpf_ringbuf_reserve(&calls, sizeof(*c), 0);

	if (c) {
		c->pid = bpf_get_current_pid_tgid() >> 32;
		c->arg1 = arg1;
		c->arg2 = arg2;
		c->pad = 0;
		bpf_ringbuf_submit(c, 0);
	}
	if (t) {
		__sync_fetch_and_add(&t->calls, 1);
		__sync_fetch_and_add(&t->sum, (__s64)arg1 + arg2);
	}
	return 0;
}

char _license[] SEC("license") = "GPL";
