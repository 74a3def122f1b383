/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the commands of BPF links; which hook they belong to is known by hooks/. */
#include "kernel/link.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "base/cleanup.h"
#include "kernel/bpf.h"
#include "kernel/bpf_abi.h"

#define ATTR_SIZE(member)                                                                          \
	(offsetof(union bpf_attr, member) + sizeof(((union bpf_attr *)NULL)->member))

static uint64_t pointer(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

int link_create_xdp(int program_fd, uint32_t ifindex, uint32_t flags)
{
	union bpf_attr attr = {.link_create = {.prog_fd = (uint32_t)program_fd,
					       .target_ifindex = ifindex,
					       .attach_type = BPF_XDP,
					       .flags = flags}};

	return bpf_command(BPF_LINK_CREATE, &attr, ATTR_SIZE(link_create.flags));
}

int link_create_netns(int program_fd, int netns_fd, uint32_t attach_type)
{
	union bpf_attr attr = {.link_create = {.prog_fd = (uint32_t)program_fd,
					       .target_fd = (uint32_t)netns_fd,
					       .attach_type = attach_type}};

	return bpf_command(BPF_LINK_CREATE, &attr, ATTR_SIZE(link_create.flags));
}

int link_query_netns(int netns_fd, uint32_t attach_type, uint32_t *ret_program_id)
{
	uint32_t ids[4] = {0};
	union bpf_attr attr = {.query = {.target_fd = (uint32_t)netns_fd,
					 .attach_type = attach_type,
					 .prog_ids = pointer(ids),
					 .prog_cnt = array_size(ids)}};
	int r = bpf_command(BPF_PROG_QUERY, &attr, ATTR_SIZE(query));

	*ret_program_id = r < 0 ? 0 : ids[0];
	return r < 0 ? r : 0;
}

int link_create_freplace(int program_fd, int target_fd, uint32_t btf_id)
{
	union bpf_attr attr = {.link_create = {.prog_fd = (uint32_t)program_fd,
					       .target_fd = (uint32_t)target_fd,
					       .target_btf_id = btf_id}};

	return bpf_command(BPF_LINK_CREATE, &attr, ATTR_SIZE(link_create.target_btf_id));
}

int link_create_tcx(int program_fd, uint32_t ifindex, uint32_t attach_type,
		    const struct link_order *order)
{
	struct abi_link_create_tcx attr = {.prog_fd = (uint32_t)program_fd,
					   .target_ifindex = ifindex,
					   .attach_type = attach_type,
					   .expected_revision = order->revision};

	/* one relative program a call: "before" is the stronger wish */
	if (order->before_program_id) {
		attr.flags = ABI_F_BEFORE | ABI_F_ID;
		attr.relative_fd_or_id = order->before_program_id;
	} else if (order->after_program_id) {
		attr.flags = ABI_F_AFTER | ABI_F_ID;
		attr.relative_fd_or_id = order->after_program_id;
	}
	return bpf_command(BPF_LINK_CREATE, &attr, sizeof(attr));
}

int link_create_perf(int program_fd, int perf_fd)
{
	union bpf_attr attr = {.link_create = {.prog_fd = (uint32_t)program_fd,
					       .target_fd = (uint32_t)perf_fd,
					       .attach_type = BPF_PERF_EVENT}};

	return bpf_command(BPF_LINK_CREATE, &attr, ATTR_SIZE(link_create.flags));
}

int link_create_raw_tp(int program_fd, const char *name)
{
	union bpf_attr attr = {
		.raw_tracepoint = {.name = pointer(name), .prog_fd = (uint32_t)program_fd}};

	return bpf_command(BPF_RAW_TRACEPOINT_OPEN, &attr, ATTR_SIZE(raw_tracepoint));
}

int link_update(int link_fd, int new_program_fd, int old_program_fd)
{
	union bpf_attr attr = {
		.link_update = {.link_fd = (uint32_t)link_fd,
				.new_prog_fd = (uint32_t)new_program_fd,
				.flags = old_program_fd < 0 ? 0 : BPF_F_REPLACE,
				.old_prog_fd = old_program_fd < 0 ? 0 : (uint32_t)old_program_fd}};
	int r = bpf_command(BPF_LINK_UPDATE, &attr, ATTR_SIZE(link_update));

	/* EPERM: the old program is another one; ENOLINK: detached by force or the device is gone
	 */
	return (r == -EPERM && old_program_fd >= 0) || r == -ENOLINK ? -ESTALE : r;
}

int link_detach(int link_fd)
{
	union bpf_attr attr = {.link_detach = {.link_fd = (uint32_t)link_fd}};

	return bpf_command(BPF_LINK_DETACH, &attr, ATTR_SIZE(link_detach));
}

/* The names of links that carry one come in a buffer of ours, asked for when the type is known. */
static int add_name(int fd, struct abi_link_info *info, struct link_facts *ret)
{
	bool is_perf = info->type == BPF_LINK_TYPE_PERF_EVENT;
	uint32_t perf_type = info->perf_event.type;
	int r;

	if (is_perf && perf_type != ABI_PERF_UPROBE && perf_type != ABI_PERF_URETPROBE &&
	    perf_type != ABI_PERF_TRACEPOINT)
		return 0;
	*info = (struct abi_link_info){0};
	if (is_perf) {
		info->perf_event.name = pointer(ret->name);
		info->perf_event.name_len = sizeof(ret->name);
	} else {
		info->raw_tracepoint.name = pointer(ret->name);
		info->raw_tracepoint.name_len = sizeof(ret->name);
	}
	r = bpf_info(fd, info, sizeof(*info));
	ret->name[sizeof(ret->name) - 1] = '\0';
	return r == -ENOSPC ? 0 : r;
}

int link_facts_get(int link_fd, struct link_facts *ret)
{
	struct abi_link_info info = {0};
	int r = bpf_info(link_fd, &info, sizeof(info));

	if (r < 0)
		return r;
	ret->name[0] = '\0';
	if (info.type == BPF_LINK_TYPE_RAW_TRACEPOINT || info.type == BPF_LINK_TYPE_PERF_EVENT) {
		r = add_name(link_fd, &info, ret);
		if (r < 0)
			return r;
	}
	ret->type = info.type;
	ret->id = info.id;
	ret->program_id = info.prog_id;
	ret->ifindex = ret->netns_inode = ret->attach_type = ret->perf_type = ret->target_id = 0;
	ret->offset = 0;
	if (info.type == BPF_LINK_TYPE_XDP || info.type == ABI_LINK_TCX) {
		ret->ifindex = info.netdev.ifindex;
		ret->attach_type = info.type == ABI_LINK_TCX ? info.netdev.attach_type : BPF_XDP;
	} else if (info.type == BPF_LINK_TYPE_NETNS) {
		ret->netns_inode = info.netns.inode;
		ret->attach_type = info.netns.attach_type;
	} else if (info.type == BPF_LINK_TYPE_TRACING) {
		ret->attach_type = info.tracing.attach_type;
		ret->target_id = info.tracing.target_obj_id;
	} else if (info.type == BPF_LINK_TYPE_PERF_EVENT) {
		ret->perf_type = info.perf_event.type;
		ret->offset = info.perf_event.offset;
	}
	return 0;
}

const char *link_type_name(uint32_t type)
{
	static const char *const names[] = {
		[BPF_LINK_TYPE_RAW_TRACEPOINT] = "raw_tracepoint",
		[BPF_LINK_TYPE_TRACING] = "tracing",
		[BPF_LINK_TYPE_CGROUP] = "cgroup",
		[BPF_LINK_TYPE_ITER] = "iter",
		[BPF_LINK_TYPE_NETNS] = "netns",
		[BPF_LINK_TYPE_XDP] = "xdp",
		[BPF_LINK_TYPE_PERF_EVENT] = "perf_event",
		[BPF_LINK_TYPE_KPROBE_MULTI] = "kprobe_multi",
		[BPF_LINK_TYPE_STRUCT_OPS] = "struct_ops",
		[ABI_LINK_NETFILTER] = "netfilter",
		[ABI_LINK_TCX] = "tcx",
		[ABI_LINK_UPROBE_MULTI] = "uprobe_multi",
		[ABI_LINK_NETKIT] = "netkit",
		[ABI_LINK_SOCKMAP] = "sockmap",
	};

	return type < array_size(names) && names[type] ? names[type] : "unknown";
}

int link_walk(int (*each)(const struct link_facts *facts, void *arg), void *arg)
{
	struct link_facts facts = {0};
	uint32_t id = 0;
	int r;

	while ((r = bpf_id_next(BPF_OBJECT_LINK, id, &id)) == 0) {
		int fd _close_ = bpf_id_open(BPF_OBJECT_LINK, id);

		/* it may end between the two calls, or still be in the making (EAGAIN) */
		if (fd == -ENOENT || fd == -EAGAIN)
			continue;
		if (fd < 0)
			return fd;
		/* one that cannot tell what it is hides no other */
		if (link_facts_get(fd, &facts) < 0)
			continue;
		r = each(&facts, arg);
		if (r != 0)
			return r;
	}
	return r == -ENOENT ? 0 : r;
}

int link_query_tcx(uint32_t ifindex, uint32_t attach_type, struct link_query *ret)
{
	struct abi_prog_query attr = {.target_ifindex = ifindex,
				      .attach_type = attach_type,
				      .prog_ids = pointer(ret->program_ids),
				      .link_ids = pointer(ret->link_ids),
				      .count = LINK_QUERY_MAX};
	int r;

	memset(ret->link_ids, 0, sizeof(ret->link_ids));
	r = bpf_command(BPF_PROG_QUERY, &attr, sizeof(attr));
	if (r < 0)
		return r;
	ret->n = attr.count < LINK_QUERY_MAX ? attr.count : LINK_QUERY_MAX;
	ret->revision = attr.revision;
	return 0;
}
