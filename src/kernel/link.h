/* SPDX-License-Identifier: Apache-2.0 */
/* BPF links: create, replace, detach and look at them. A link ends with its last descriptor and
 * pin. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct reason;

/* Attach to a network device of the current netns (BPF_XDP with XDP_FLAGS_*_MODE); 5.9. */
int link_create_xdp(int program_fd, uint32_t ifindex, uint32_t flags);

/* Attach to a network namespace (BPF_FLOW_DISSECTOR; 5.8). -E2BIG: a link has it; -EEXIST: a
 * program without link has it, or the root namespace has one, or (for the root one) another has. */
int link_create_netns(int program_fd, int netns_fd, uint32_t attach_type);

/* The program of a network namespace, 0: none. */
int link_query_netns(int netns_fd, uint32_t attach_type, uint32_t *ret_program_id);

/* Put a program of type EXT in the place of a function of another program (5.10: of any that has
 * such a function, whatever it was loaded for). @btf_id: of the function. */
int link_create_freplace(int program_fd, int target_fd, uint32_t btf_id);

/**
 * struct link_order - where among the programs of a tcx hook; all 0: behind the last.
 * @revision: what the hook must have (-ESTALE otherwise), 0: any.
 */
struct link_order {
	uint32_t before_program_id;
	uint32_t after_program_id;
	uint64_t revision;
};

/* -EINVAL: no tcx here (below 6.6); -ENOENT: the program of @order is not there; -EEXIST: this
 * program is there already. */
int link_create_tcx(int program_fd, uint32_t ifindex, uint32_t attach_type,
		    const struct link_order *order);

/* -EINVAL: below 5.15, use the ioctl of kernel/perf.h. The link holds the event: close @perf_fd. */
int link_create_perf(int program_fd, int perf_fd);

/* -ENOENT: no such tracepoint. */
int link_create_raw_tp(int program_fd, const char *name);

/* Replace the program atomically when it still is @old_program_fd (-1: whatever it is). -ESTALE:
 * it is another one, or the link was detached. */
int link_update(int link_fd, int new_program_fd, int old_program_fd);

/* Force the end of a link that others still hold (5.9; not for tracing). */
int link_detach(int link_fd);

#define LINK_NAME_MAX 4096

/**
 * struct link_facts - what the kernel says of a link.
 * @ifindex:     xdp, tcx: 0 when the device is gone or the link was detached.
 * @netns_inode: netns links: of the namespace; 0 when it is gone or the link was detached.
 * @attach_type: tcx: ABI_TCX_INGRESS or _EGRESS; netns: BPF_FLOW_DISSECTOR or BPF_SK_LOOKUP;
 * tracing: BPF_TRACE_…, 0 for freplace.
 * @target_id:   tracing: of the program, or of the BTF of the kernel or a module; 0 below 5.13.
 * @perf_type:   perf event links: ABI_PERF_…, UNSPEC below 6.6.
 * @name:        raw tracepoint, tracepoint (without its group), or path of the probed binary; "".
 * @offset:      uprobe: from the start of the file.
 */
struct link_facts {
	uint32_t type;
	uint32_t id;
	uint32_t program_id;
	uint32_t ifindex;
	uint32_t netns_inode;
	uint32_t attach_type;
	uint32_t perf_type;
	uint32_t target_id;
	uint64_t offset;
	char name[LINK_NAME_MAX];
};

int link_facts_get(int link_fd, struct link_facts *ret);

/* "xdp", "tcx", "perf_event", …; "unknown". */
const char *link_type_name(uint32_t type);

/* Call @each for every link of the host until it returns non-zero (then that is returned). */
int link_walk(int (*each)(const struct link_facts *facts, void *arg), void *arg);

#define LINK_QUERY_MAX 64

/* The programs of a tcx hook in their order; @link_ids are 0 for those attached without a link. */
struct link_query {
	uint64_t revision;
	uint32_t n;
	uint32_t program_ids[LINK_QUERY_MAX];
	uint32_t link_ids[LINK_QUERY_MAX];
};

/* Needs CAP_NET_ADMIN. -EINVAL: no tcx here. */
int link_query_tcx(uint32_t ifindex, uint32_t attach_type, struct link_query *ret);
