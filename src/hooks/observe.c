/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what runs where, ours and foreign: interfaces by netlink and query, the rest by a walk over
 * all links. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "hooks/seen.h"
#include "kernel/bpf_abi.h"
#include "kernel/clsact.h"
#include "kernel/link.h"
#include "kernel/netdev.h"
#include "kernel/netns.h"
#include "kernel/tracefs.h"
#include "libxdp/seen.h"

void hook_seen_list_done(struct hook_seen_list *list)
{
	if (!list)
		return;
	for (size_t i = 0; i < list->n; i++)
		hook_done(&list->items[i].hook);
	free(list->items);
	*list = (struct hook_seen_list){0};
}

int hook_seen_list_add_adopt(struct hook_seen_list *list, struct hook_seen *item)
{
	struct hook_seen *grown = realloc(list->items, (list->n + 1) * sizeof(*grown));

	if (!grown) {
		hook_done(&item->hook);
		return -ENOMEM;
	}
	list->items = grown;
	grown[list->n++] = *item;
	item->hook = (struct hook){0};
	return 0;
}

/**
 * struct observing - one observation.
 * @netns_ino: set when a flow dissector is seen.
 * @events_fd: opened when the first tracepoint is seen.
 */
struct observing {
	const char *netns;
	ino_t netns_ino;
	bool is_own;
	struct netdev_list devs;
	struct clsact_list filters;
	struct hook_seen_list list;
	int events_fd;
	struct reason *why;
};

static void observing_done(struct observing *o)
{
	netdev_list_done(&o->devs);
	clsact_list_done(&o->filters);
	hook_seen_list_done(&o->list);
	if (o->events_fd >= 0)
		close(o->events_fd);
}

/* Add @seen at @target; all its strings are copied here. */
static int add(struct observing *o, struct hook_seen *seen, const char *target)
{
	bool on_netdev = hook_kind_info(seen->hook.kind)->shape & (HOOK_ON_NETDEV | HOOK_ON_NETNS);

	if (text_set(&seen->hook.target, target) < 0 ||
	    text_set(&seen->hook.netns, on_netdev ? o->netns : NULL) < 0) {
		hook_done(&seen->hook);
		return -ENOMEM;
	}
	return hook_seen_list_add_adopt(&o->list, seen);
}

/* The programs in a dispatcher of libxdp, in place of it. Return: how many, or -ENOMEM. */
static int observe_dispatcher(struct observing *o, const struct netdev *dev,
			      const struct hook_seen *like)
{
	struct libxdp_state state;
	int r = libxdp_read(dev->ifindex, &state, NULL);

	if (r < 0)
		return 0;
	for (size_t i = 0; i < state.n && r == 0; i++) {
		struct hook_seen seen = *like;

		seen.position = (uint32_t)i;
		seen.program_id = state.programs[i].id;
		seen.priority = state.programs[i].priority;
		seen.proceed_on = state.programs[i].actions;
		seen.attached_by = "libxdp";
		r = add(o, &seen, dev->name);
	}
	return r < 0 ? r : (int)state.n;
}

static int observe_xdp(struct observing *o, const struct netdev *dev)
{
	static const enum xdp_mode modes[] = {
		[XDP_ATTACHED_DRV] = XDP_MODE_NATIVE,
		[XDP_ATTACHED_SKB] = XDP_MODE_SKB,
		[XDP_ATTACHED_HW] = XDP_MODE_OFFLOAD,
		[XDP_ATTACHED_MULTI] = XDP_MODE_NATIVE,
	};
	struct hook_seen seen = {.hook = {.kind = HOOK_XDP},
				 .program_id = dev->xdp_program_id,
				 .attached_by = "netlink"};
	int r;

	if (dev->xdp_program_id == 0)
		return 0;
	seen.mode =
		dev->xdp_attached < array_size(modes) ? modes[dev->xdp_attached] : XDP_MODE_AUTO;
	r = observe_dispatcher(o, dev, &seen);
	return r == 0 ? add(o, &seen, dev->name) : r;
}

static int observe_tcx(struct observing *o, const struct netdev *dev, enum hook_direction direction)
{
	uint32_t type = direction == HOOK_EGRESS ? ABI_TCX_EGRESS : ABI_TCX_INGRESS;
	struct link_query query;
	int r = link_query_tcx(dev->ifindex, type, &query);

	/* EINVAL: a kernel without tcx; ENODEV: the interface went away */
	if (r == -EINVAL || r == -ENODEV || r == -ENOENT)
		return 0;
	if (r < 0)
		return fail(o->why, r, "cannot ask for the tcx programs of %s: %s", dev->name,
			    strerror(-r));
	for (uint32_t i = 0; r == 0 && i < query.n; i++) {
		struct hook_seen seen = {.hook = {.kind = HOOK_TCX, .direction = direction},
					 .position = i,
					 .program_id = query.program_ids[i],
					 .kernel_link_id = query.link_ids[i],
					 .attached_by = query.link_ids[i] ? "link" : "program"};

		r = add(o, &seen, dev->name);
	}
	return r;
}

static const char *name_of(const struct netdev_list *devs, uint32_t ifindex)
{
	for (size_t i = 0; i < devs->n; i++)
		if (devs->items[i].ifindex == ifindex)
			return devs->items[i].name;
	return NULL;
}

static bool is_same_filter(const struct clsact_filter *a, const struct clsact_filter *b)
{
	return a && a->ifindex == b->ifindex && a->direction == b->direction &&
	       a->pref == b->pref && strcmp(a->kind, b->kind) == 0;
}

/* Filters come in the order in which they run; one of another kind than bpf may have several rows.
 */
static int observe_tc(struct observing *o)
{
	const struct clsact_filter *before = NULL;
	uint32_t position = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < o->filters.n; i++) {
		const struct clsact_filter *f = &o->filters.items[i];
		const char *name = name_of(&o->devs, f->ifindex);
		struct hook_seen seen = {.hook = {.kind = HOOK_TC, .direction = f->direction},
					 .program_id = f->program_id,
					 .priority = f->pref - 1,
					 .tc_handle = f->handle,
					 .tc_priority = f->pref,
					 .attached_by = "netlink"};

		if (!name || (f->program_id == 0 &&
			      (strcmp(f->kind, "bpf") == 0 || is_same_filter(before, f))))
			continue;
		if (f->program_id == 0)
			snprintf(seen.filter, sizeof(seen.filter), "%s", f->kind);
		if (before && (before->ifindex != f->ifindex || before->direction != f->direction))
			position = 0;
		before = f;
		seen.position = position++;
		r = add(o, &seen, name);
	}
	return r;
}

/* One a network namespace; where the kernel has no such hook there is none. */
static int observe_flow_dissector(struct observing *o)
{
	struct hook_seen seen = {.hook = {.kind = HOOK_FLOW_DISSECTOR}, .attached_by = "program"};
	int fd _close_ = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	struct stat netns;

	if (fd < 0 || link_query_netns(fd, BPF_FLOW_DISSECTOR, &seen.program_id) < 0 ||
	    seen.program_id == 0 || fstat(fd, &netns) < 0)
		return 0;
	o->netns_ino = netns.st_ino;
	return add(o, &seen, "");
}

static int observe_inside(void *arg)
{
	struct observing *o = arg;
	int r = netdev_list(&o->devs, o->why);

	if (r == 0)
		r = clsact_list(&o->filters, o->why);
	for (size_t i = 0; r == 0 && i < o->devs.n; i++) {
		const struct netdev *dev = &o->devs.items[i];

		r = observe_xdp(o, dev);
		if (r >= 0)
			r = observe_tcx(o, dev, HOOK_INGRESS);
		if (r == 0)
			r = observe_tcx(o, dev, HOOK_EGRESS);
	}
	if (r >= 0)
		r = observe_tc(o);
	return r < 0 ? r : observe_flow_dissector(o);
}

/* XDP by netlink tells no link; interface numbers repeat over namespaces, program ids do not. */
static void note_xdp_link(struct observing *o, const struct link_facts *facts)
{
	const char *name = name_of(&o->devs, facts->ifindex);

	for (size_t i = 0; name && i < o->list.n; i++) {
		struct hook_seen *seen = &o->list.items[i];

		if (seen->hook.kind != HOOK_XDP || seen->program_id != facts->program_id ||
		    strcmp(seen->hook.target, name) != 0)
			continue;
		seen->kernel_link_id = facts->id;
		seen->attached_by = "link";
	}
}

static void note_netns_link(struct observing *o, const struct link_facts *facts)
{
	if (facts->attach_type != BPF_FLOW_DISSECTOR || facts->netns_inode != o->netns_ino)
		return;
	for (size_t i = 0; i < o->list.n; i++) {
		struct hook_seen *seen = &o->list.items[i];

		if (seen->hook.kind != HOOK_FLOW_DISSECTOR)
			continue;
		seen->kernel_link_id = facts->id;
		seen->attached_by = "link";
	}
}

/* "group/name" of an event that was seen before. */
static const char *known_target(const struct hook_seen_list *list, const char *name)
{
	for (size_t i = list->n; i-- > 0;) {
		const struct hook *hook = &list->items[i].hook;
		const char *slash = strchr(hook->target, '/');

		if (hook->kind == HOOK_TRACEPOINT && slash && strcmp(slash + 1, name) == 0)
			return hook->target;
	}
	return NULL;
}

/* "group/name" of an event; the group is looked up, because the link does not tell it. */
static int tracepoint_target(struct observing *o, const char *name, char **ret)
{
	const char *known = known_target(&o->list, name);
	char *group _free_ = NULL;

	if (known)
		return text_set(ret, known);

	if (o->events_fd < 0)
		o->events_fd = tracefs_open(NULL);
	if (o->events_fd < 0 || tracefs_group_of(o->events_fd, name, &group, NULL) < 0)
		return asprintf(ret, "unknown/%s", name) < 0 ? -ENOMEM : 0;
	return asprintf(ret, "%s/%s", group, name) < 0 ? -ENOMEM : 0;
}

static int observe_event(struct observing *o, const struct link_facts *facts,
			 struct hook_seen *seen)
{
	char *target _free_ = NULL;
	int r;

	switch (facts->perf_type) {
	case ABI_PERF_TRACEPOINT:
		seen->hook.kind = HOOK_TRACEPOINT;
		r = tracepoint_target(o, facts->name, &target);
		return r < 0 ? r : add(o, seen, target);
	case ABI_PERF_UPROBE:
	case ABI_PERF_URETPROBE:
		seen->hook.kind =
			facts->perf_type == ABI_PERF_UPROBE ? HOOK_UPROBE : HOOK_URETPROBE;
		seen->hook.offset = facts->offset;
		return add(o, seen, facts->name);
	default:
		return 0;
	}
}

static uint32_t count_at(const struct hook_seen_list *list, const struct hook *hook)
{
	uint32_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		const struct hook *other = &list->items[i].hook;

		n += other->kind == hook->kind && other->offset == hook->offset &&
		     strcmp(other->target, hook->target) == 0;
	}
	return n;
}

static int observe_link(const struct link_facts *facts, void *arg)
{
	struct observing *o = arg;
	struct hook_seen seen = {.program_id = facts->program_id,
				 .kernel_link_id = facts->id,
				 .attached_by = "link"};
	size_t n = o->list.n;
	int r = 0;

	if (facts->type == BPF_LINK_TYPE_XDP) {
		note_xdp_link(o, facts);
	} else if (facts->type == BPF_LINK_TYPE_NETNS) {
		note_netns_link(o, facts);
	} else if (o->is_own && facts->type == BPF_LINK_TYPE_PERF_EVENT) {
		seen.attached_by = "perf event";
		r = observe_event(o, facts, &seen);
	} else if (o->is_own && facts->type == BPF_LINK_TYPE_RAW_TRACEPOINT) {
		seen.hook.kind = HOOK_RAW_TP;
		r = add(o, &seen, facts->name);
	}
	/* links come in rising id, which is the order of attaching */
	if (r == 0 && o->list.n > n)
		o->list.items[n].position = count_at(&o->list, &o->list.items[n].hook) - 1;
	return r;
}

int hook_observe(int netns_fd, const char *netns, struct hook_seen_list *ret, struct reason *why)
{
	_cleanup_(observing_done) struct observing o = {
		.netns = netns, .is_own = netns_fd < 0, .events_fd = -1, .why = why};
	int r = netns_run(netns_fd, observe_inside, &o, why);

	if (r < 0)
		return r;
	r = link_walk(observe_link, &o);
	if (r < 0)
		return fail(why, r, "cannot list the links of this host: %s", strerror(-r));
	*ret = o.list;
	o.list = (struct hook_seen_list){0};
	return 0;
}
