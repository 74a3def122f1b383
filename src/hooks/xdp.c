/* SPDX-License-Identifier: Apache-2.0 */
/* Programs on the receive path of an interface, by BPF link (5.9): the kernel takes one program an
 * interface, which may be a chain. */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "chain/chain.h"
#include "hooks/kinds.h"
#include "hooks/linked.h"
#include "kernel/link.h"
#include "kernel/netdev.h"

struct attaching {
	const struct hook_place *place;
	int program_fd;
	enum xdp_mode mode;
	enum xdp_mode used;
	struct hook_attachment *ret;
	struct reason *why;
};

static uint32_t flags_of(enum xdp_mode mode)
{
	static const uint32_t flags[] = {
		[XDP_MODE_AUTO] = 0,
		[XDP_MODE_NATIVE] = XDP_FLAGS_DRV_MODE,
		[XDP_MODE_SKB] = XDP_FLAGS_SKB_MODE,
		[XDP_MODE_OFFLOAD] = XDP_FLAGS_HW_MODE,
	};

	return flags[mode];
}

/* Who has the interface. @link_id: 0 when it is no link, or one that is ending. */
struct owner {
	uint32_t ifindex;
	uint32_t program_id;
	uint32_t link_id;
	uint8_t attached;
};

static int match_link(const struct link_facts *facts, void *arg)
{
	struct owner *owner = arg;

	if (facts->type != BPF_LINK_TYPE_XDP || facts->ifindex != owner->ifindex ||
	    facts->program_id != owner->program_id)
		return 0;
	owner->link_id = facts->id;
	return 1;
}

static bool find_owner(uint32_t ifindex, struct owner *ret)
{
	struct netdev dev;

	*ret = (struct owner){.ifindex = ifindex};
	if (netdev_get(ifindex, &dev, NULL) < 0 || dev.xdp_program_id == 0)
		return false;
	ret->program_id = dev.xdp_program_id;
	ret->attached = dev.xdp_attached;
	link_walk(match_link, ret);
	return true;
}

/* Does something that will not go away by itself have the interface? */
static bool is_held(void *arg)
{
	const struct attaching *call = arg;
	struct owner owner;

	if (!find_owner(call->place->ifindex, &owner))
		return false;
	if (owner.link_id || owner.program_id == linked_program_id(call->program_fd))
		return owner.link_id != 0;
	return !netdev_xdp_is_linked(owner.ifindex, owner.attached, call->program_fd);
}

static int refuse_busy(const struct hook_place *place, struct reason *why)
{
	char program[LINKED_PROGRAM_TEXT], how[32] = "netlink";
	struct owner owner;
	int r;

	if (!find_owner(place->ifindex, &owner))
		return fail(why, -EBUSY, "interface %s already has an xdp program",
			    place->hook->target);
	linked_program_text(owner.program_id, program);
	if (owner.link_id)
		snprintf(how, sizeof(how), "link %u", owner.link_id);
	r = fail(why, -EBUSY, "interface %s already runs %s, attached by %s", place->hook->target,
		 program, how);
	if (owner.link_id)
		reason_hint(why, "its owner must end it (bpftool link show id %u)", owner.link_id);
	else
		reason_hint(why, "its owner must end it, or: ip link set dev %s xdp off",
			    place->hook->target);
	return r;
}

static int refuse_mode(const struct attaching *call, int code)
{
	const char *ifname = call->place->hook->target;

	if (call->mode == XDP_MODE_OFFLOAD) {
		fail(call->why, -EOPNOTSUPP,
		     "interface %s cannot run xdp programs on the network card", ifname);
		reason_hint(
			call->why,
			"offload needs a card that supports it and a program loaded for it; use "
			"native or skb");
		return -EOPNOTSUPP;
	}
	if (call->mode == XDP_MODE_NATIVE && code == -EOPNOTSUPP) {
		fail(call->why, code, "the driver of interface %s has no native xdp", ifname);
		reason_hint(call->why, "use mode skb, or none to let bpfd choose");
		return code;
	}
	if (code == -EINVAL && call->mode == XDP_MODE_NATIVE) {
		fail(call->why, code, "the driver of interface %s refuses the program", ifname);
		reason_hint(call->why,
			    "often the MTU is too large for a program without frags: lower it, use "
			    "section xdp.frags (5.18), or mode skb");
		return code;
	}
	return fail(call->why, code, "cannot attach to interface %s: %s", ifname, strerror(-code));
}

/* Errors that another mode may not have. */
static bool is_about_mode(int code)
{
	return code == -EOPNOTSUPP || code == -EINVAL || code == -ENOMEM || code == -ENOSPC ||
	       code == -ERANGE;
}

static int create(void *arg)
{
	struct attaching *call = arg;
	uint32_t ifindex = call->place->ifindex;
	int fd;

	call->used = call->mode;
	if (call->mode != XDP_MODE_AUTO)
		return link_create_xdp(call->program_fd, ifindex, flags_of(call->mode));
	call->used = XDP_MODE_NATIVE;
	fd = link_create_xdp(call->program_fd, ifindex, flags_of(XDP_MODE_NATIVE));
	if (!is_about_mode(fd))
		return fd;
	call->used = XDP_MODE_SKB;
	return link_create_xdp(call->program_fd, ifindex, flags_of(XDP_MODE_SKB));
}

/* The kernel says EINVAL for an interface that is not there. */
static bool is_gone(uint32_t ifindex)
{
	struct netdev dev;

	return netdev_get(ifindex, &dev, NULL) == -ENODEV;
}

static int attach_inside(void *arg)
{
	struct attaching *call = arg;
	const struct linked_try attempt = {create, is_held, call};
	int fd _close_ = linked_create(&attempt);

	if (fd == -EBUSY || fd == -EEXIST)
		return refuse_busy(call->place, call->why);
	if (fd == -ENODEV || (fd == -EINVAL && is_gone(call->place->ifindex)))
		return fail(call->why, -ENODEV, "interface %s is gone", call->place->hook->target);
	if (fd < 0)
		return refuse_mode(call, fd);
	call->ret->mode = call->used;
	return linked_take(&fd, call->ret, call->why);
}

static int attach(const struct hook_place *place, int program_fd,
		  const struct hook_attach_options *options, struct hook_attachment *ret,
		  struct reason *why)
{
	struct hook_attachment made = {.link_fd = -1};
	struct attaching call = {.place = place,
				 .program_fd = program_fd,
				 .mode = options->mode,
				 .ret = &made,
				 .why = why};
	int r = linked_in_netns(place, attach_inside, &call, why);

	if (r == 0)
		*ret = made;
	return r;
}

static const int32_t own[] = {XDP_ABORTED, XDP_DROP, XDP_PASS, XDP_TX, XDP_REDIRECT};

static const struct chain_rules xdp_rules = {
	.program_type = BPF_PROG_TYPE_XDP,
	.attach_type = BPF_XDP,
	.context = "xdp_md",
	.end = XDP_PASS,
	.closed = XDP_ABORTED,
	.own = own,
	.n_own = array_size(own),
	.counted = own,
	.n_counted = array_size(own),
};

static const struct chain_rules *rules(void)
{
	return &xdp_rules;
}

const struct hook_ops hook_xdp = {.resolve = linked_resolve_netdev,
				  .attach = attach,
				  .replace = linked_replace,
				  .rules = rules,
				  .check = linked_check,
				  .end = linked_end};
