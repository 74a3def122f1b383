/* SPDX-License-Identifier: Apache-2.0 */
/* The way of tc on kernels without tcx: cls_bpf with direct action on clsact. There is no link
 * object: a filter is known by its priority and handle. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "hooks/kinds.h"
#include "hooks/linked.h"
#include "kernel/bpf.h"
#include "kernel/clsact.h"

/*
 * A filter whose name begins so tells that the qdisc under it is ours, made for the first of our
 * filters: the last one takes it away again. The mark is in the kernel because only there it lives
 * exactly as long as what it speaks of.
 */
#define MARK_OURS "bpfd:"
#define MARK_MADE "bpfd+qdisc:"

struct call {
	const struct hook_place *place;
	const struct hook_attachment *at;
	const struct hook_attach_options *options;
	int program_fd;
	int old_program_fd;
	uint32_t program_id;
	struct hook_attachment *ret;
	struct reason *why;
};

/* Priority 0 is the kernel's word for "choose one". */
static uint32_t pref_of(uint32_t priority)
{
	return priority + 1;
}

static bool is_marked(const struct clsact_filter *filter)
{
	return strncmp(filter->name, MARK_MADE, strlen(MARK_MADE)) == 0;
}

static void set_name(struct clsact_filter *filter, bool is_marked_made, int program_fd)
{
	struct bpf_prog_info info = {0};

	bpf_program_info(program_fd, &info);
	snprintf(filter->name, sizeof(filter->name), "%s%.15s",
		 is_marked_made ? MARK_MADE : MARK_OURS, info.name);
}

static bool has_marked(uint32_t ifindex)
{
	_cleanup_(clsact_list_done) struct clsact_list list = {0};
	bool found = false;

	if (clsact_list(&list, NULL) < 0)
		return false;
	for (size_t i = 0; i < list.n; i++)
		found |= list.items[i].ifindex == ifindex && is_marked(&list.items[i]);
	return found;
}

static struct clsact_filter filter_of(const struct call *call)
{
	return (struct clsact_filter){.ifindex = call->place->ifindex,
				      .direction = call->place->hook->direction,
				      .pref = call->at ? call->at->tc_priority : 0,
				      .handle = call->at ? call->at->tc_handle : 0};
}

static int attach_inside(void *arg)
{
	struct call *call = arg;
	struct clsact_filter filter = filter_of(call);
	const char *ifname = call->place->hook->target;
	int made = clsact_make(filter.ifindex, filter.direction, call->why);
	int r;

	if (made < 0) {
		reason_prefix(call->why, "interface %s", ifname);
		return made;
	}
	filter.pref = pref_of(call->options->priority);
	set_name(&filter, made || has_marked(filter.ifindex), call->program_fd);
	r = clsact_add(&filter, call->program_fd, call->why);
	if (r < 0) {
		reason_prefix(call->why, "cannot add a filter to interface %s", ifname);
		if (made)
			clsact_remove_if_empty(filter.ifindex, NULL);
		return r;
	}
	call->ret->tc_handle = filter.handle;
	call->ret->tc_priority = filter.pref;
	return 0;
}

static int attach(const struct hook_place *place, int program_fd,
		  const struct hook_attach_options *options, struct hook_attachment *ret,
		  struct reason *why)
{
	struct hook_attachment made = {.link_fd = -1};
	struct call call = {.place = place,
			    .options = options,
			    .program_fd = program_fd,
			    .ret = &made,
			    .why = why};
	int r = linked_in_netns(place, attach_inside, &call, why);

	if (r == 0)
		*ret = made;
	return r;
}

static int stale(const struct call *call)
{
	return fail(call->why, -ESTALE,
		    "filter %u of priority %u on %s is gone or runs another program than the one "
		    "to replace",
		    call->at->tc_handle, call->at->tc_priority, call->place->hook->target);
}

/* cls_bpf has no compare and swap: look before and after. */
static int replace_inside(void *arg)
{
	struct call *call = arg;
	struct clsact_filter filter = filter_of(call);
	uint32_t old_id = linked_program_id(call->old_program_fd);
	struct reason first _reason_ = {0};
	int r = clsact_get(&filter, &first);

	if (r == 0 && old_id && filter.program_id != old_id)
		return stale(call);
	if (r == 0) {
		set_name(&filter, is_marked(&filter), call->program_fd);
		r = clsact_replace(&filter, call->program_fd, &first);
	}
	if (r == 0)
		r = clsact_get(&filter, &first);
	if (r == 0 && filter.program_id == linked_program_id(call->program_fd))
		return 0;
	return r == 0 || r == -ENOENT ? stale(call) : fail(call->why, r, "%s", first.text);
}

static int replace(const struct hook_place *place, const struct hook_attachment *at,
		   int new_program_fd, int old_program_fd, struct reason *why)
{
	struct call call = {.place = place,
			    .at = at,
			    .program_fd = new_program_fd,
			    .old_program_fd = old_program_fd,
			    .why = why};

	return linked_in_netns(place, replace_inside, &call, why);
}

/* A filter of another program with our numbers is somebody else's by now. */
static int detach_inside(void *arg)
{
	struct call *call = arg;
	struct clsact_filter filter = filter_of(call);
	int r = clsact_get(&filter, call->why);

	if (r == -ENOENT || (r == 0 && filter.program_id != call->program_id))
		return 0;
	if (r < 0)
		return r;
	r = clsact_delete(&filter, call->why);
	if (r < 0 && r != -ENOENT)
		return r;
	if (is_marked(&filter))
		clsact_remove_if_empty(filter.ifindex, NULL);
	return 0;
}

static int detach(const struct hook_place *place, const struct hook_attachment *at,
		  uint32_t program_id, struct reason *why)
{
	struct reason first _reason_ = {0};
	struct call call = {.place = place, .at = at, .program_id = program_id, .why = &first};
	int r = linked_in_netns(place, detach_inside, &call, &first);

	return r < 0 ? fail(why, r, "%s", first.text) : 0;
}

static int check_inside(void *arg)
{
	struct call *call = arg;
	struct clsact_filter filter = filter_of(call);
	struct reason first _reason_ = {0};
	int r = clsact_get(&filter, &first);

	if (r == -ENOENT)
		return 0;
	return r < 0 ? fail(call->why, r, "%s", first.text) : filter.program_id == call->program_id;
}

static int check(const struct hook_place *place, const struct hook_attachment *at,
		 uint32_t program_id, struct reason *why)
{
	struct call call = {.place = place, .at = at, .program_id = program_id, .why = why};

	return linked_in_netns(place, check_inside, &call, why);
}

const struct hook_ops hook_tc_filter = {.resolve = linked_resolve_netdev,
					.attach = attach,
					.replace = replace,
					.detach = detach,
					.check = check};
