/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts of the kernel's bpf(2) interface that linux/bpf.h of Debian 12 (6.1) lacks; numbers and
 * layouts as in the kernel's include/uapi/linux/bpf.h. Names differ from the kernel's so that newer
 * headers do not clash.
 */
#pragma once

#include <stdint.h>

enum {
	ABI_TCX_INGRESS = 46,
	ABI_TCX_EGRESS = 47,
	ABI_NETKIT_PRIMARY = 54,
	ABI_NETKIT_PEER = 55,
};

/* enum bpf_link_type behind what 6.1 has. */
enum {
	ABI_LINK_NETFILTER = 10,
	ABI_LINK_TCX = 11,
	ABI_LINK_UPROBE_MULTI = 12,
	ABI_LINK_NETKIT = 13,
	ABI_LINK_SOCKMAP = 14,
};

/* Flags of a multi-program attachment (6.6). */
enum {
	ABI_F_REPLACE = 1 << 2,
	ABI_F_BEFORE = 1 << 3,
	ABI_F_AFTER = 1 << 4,
	ABI_F_ID = 1 << 5,
	ABI_F_LINK = 1 << 13,
};

/* What a tcx program returns: only NEXT goes on to the next one. */
enum {
	ABI_TCX_NEXT = -1,
	ABI_TCX_PASS = 0,
	ABI_TCX_DROP = 2,
	ABI_TCX_REDIRECT = 7,
};

/* enum bpf_perf_event_type of link info (6.6). */
enum {
	ABI_PERF_UNSPEC = 0,
	ABI_PERF_UPROBE = 1,
	ABI_PERF_URETPROBE = 2,
	ABI_PERF_KPROBE = 3,
	ABI_PERF_KRETPROBE = 4,
	ABI_PERF_TRACEPOINT = 5,
	ABI_PERF_EVENT = 6,
};

/* BPF_LINK_CREATE for tcx (6.6). */
struct abi_link_create_tcx {
	uint32_t prog_fd;
	uint32_t target_ifindex;
	uint32_t attach_type;
	uint32_t flags;
	uint32_t relative_fd_or_id;
	uint32_t zero;
	uint64_t expected_revision;
};
_Static_assert(sizeof(struct abi_link_create_tcx) == 32, "as the kernel has it");

/* BPF_PROG_QUERY with a revision (6.6). */
struct abi_prog_query {
	uint32_t target_ifindex;
	uint32_t attach_type;
	uint32_t query_flags;
	uint32_t attach_flags;
	uint64_t prog_ids;
	uint32_t count;
	uint32_t zero;
	uint64_t prog_attach_flags;
	uint64_t link_ids;
	uint64_t link_attach_flags;
	uint64_t revision;
};
_Static_assert(sizeof(struct abi_prog_query) == 64, "as the kernel has it");

/* struct bpf_link_info; the parts that we read. */
struct abi_link_info {
	uint32_t type;
	uint32_t id;
	uint32_t prog_id;
	uint32_t zero;
	union {
		struct {
			uint64_t name;
			uint32_t name_len;
		} raw_tracepoint;
		struct {
			uint32_t ifindex;
			uint32_t attach_type; /* tcx, netkit */
		} netdev;
		struct {
			uint32_t inode; /* 0: the namespace is gone, or the link was detached */
			uint32_t attach_type;
		} netns;
		struct {
			uint32_t attach_type;
			uint32_t target_obj_id; /* 5.13: of the traced program, or of a BTF */
			uint32_t target_btf_id;
		} tracing;
		struct {
			uint32_t type;
			uint32_t zero;
			/* path of the binary, or name of the tracepoint */
			uint64_t name;
			uint32_t name_len;
			uint32_t offset;
			uint64_t cookie;
		} perf_event;
		uint8_t room[64];
	};
};
