/* SPDX-License-Identifier: Apache-2.0 */
/* Programs in the traffic path of an interface without a qdisc, by link (6.6): many on a hook, in
 * an order that the kernel keeps. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "hooks/kinds.h"
#include "hooks/linked.h"
#include "kernel/bpf.h"
#include "kernel/bpf_abi.h"
#include "kernel/link.h"
#include "kernel/probe.h"

#define TRIES 64

struct attaching {
	const struct hook_place *place;
	int program_fd;
	struct link_order order;
	struct hook_attachment *ret;
	struct reason *why;
};

static const char *direction_of(const struct hook *hook)
{
	return hook->direction == HOOK_EGRESS ? "egress" : "ingress";
}

static int refuse_kernel(const struct hook *hook, struct reason *why)
{
	char release[65];

	kernel_release(release);
	fail(why, -EOPNOTSUPP, "tcx needs kernel 6.6; this is %s", release);
	reason_hint(why, "use tc:%s/%s", hook->target, direction_of(hook));
	return -EOPNOTSUPP;
}

static int refuse(const struct attaching *call, int code)
{
	const struct hook *hook = call->place->hook;

	if (code == -EINVAL && !kernel_has(KERNEL_TCX))
		return refuse_kernel(hook, call->why);
	if (code == -EEXIST) {
		fail(call->why, code, "program %u is on tcx:%s/%s already",
		     linked_program_id(call->program_fd), hook->target, direction_of(hook));
		reason_hint(call->why, "load it once more to run it twice");
		return code;
	}
	if (code == -ESTALE) {
		fail(call->why, code, "tcx:%s/%s was changed by others %d times meanwhile",
		     hook->target, direction_of(hook), TRIES);
		reason_hint(call->why, "try again");
		return code;
	}
	if (code == -ENOENT)
		return fail(call->why, -ESTALE,
			    "program %u, beside which it shall run, is not on tcx:%s/%s any more",
			    call->order.before_program_id ? call->order.before_program_id
							  : call->order.after_program_id,
			    hook->target, direction_of(hook));
	if (code == -ERANGE)
		return fail(call->why, -E2BIG, "tcx:%s/%s is full: the kernel takes 64 programs",
			    hook->target, direction_of(hook));
	if (code == -ENODEV)
		return fail(call->why, code, "interface %s is gone", hook->target);
	return fail(call->why, code, "cannot attach to tcx:%s/%s: %s", hook->target,
		    direction_of(hook), strerror(-code));
}

static uint32_t type_of(const struct hook *hook)
{
	return hook->direction == HOOK_EGRESS ? ABI_TCX_EGRESS : ABI_TCX_INGRESS;
}

static bool is_listed(const struct link_query *query, uint32_t program_id)
{
	for (uint32_t i = 0; i < query->n; i++)
		if (query->program_ids[i] == program_id)
			return true;
	return false;
}

/* Beside those that are there: somebody may have ended a link of ours. */
static struct link_order order_now(const struct link_order *wish, const struct link_query *query)
{
	struct link_order order = *wish;

	order.revision = query->revision;
	if (order.before_program_id && !is_listed(query, order.before_program_id))
		order.before_program_id = 0;
	if (order.after_program_id && !is_listed(query, order.after_program_id))
		order.after_program_id = 0;
	return order;
}

/* Into the list that was looked at; when somebody changed it meanwhile it is looked at again. */
static int create(void *arg)
{
	struct attaching *call = arg;
	uint32_t ifindex = call->place->ifindex, type = type_of(call->place->hook);
	struct link_query query;
	int r = -ESTALE;

	for (int i = 0; i < TRIES && r == -ESTALE; i++) {
		struct link_order order = call->order;

		if (link_query_tcx(ifindex, type, &query) == 0)
			order = order_now(&call->order, &query);
		r = link_create_tcx(call->program_fd, ifindex, type, &order);
	}
	return r;
}

/* Is the program on the hook by a link that can still be opened, or without one? */
static bool is_held(void *arg)
{
	struct attaching *call = arg;
	uint32_t id = linked_program_id(call->program_fd);
	struct link_query query;

	if (link_query_tcx(call->place->ifindex, type_of(call->place->hook), &query) < 0)
		return true;
	for (uint32_t i = 0; i < query.n; i++) {
		int fd _close_ = -1;

		if (query.program_ids[i] != id)
			continue;
		if (query.link_ids[i] == 0)
			return true;
		fd = bpf_id_open(BPF_OBJECT_LINK, query.link_ids[i]);
		return fd != -ENOENT;
	}
	return false;
}

static int attach_inside(void *arg)
{
	struct attaching *call = arg;
	const struct linked_try attempt = {create, is_held, call};
	int fd _close_ = linked_create(&attempt);

	return fd < 0 ? refuse(call, fd) : linked_take(&fd, call->ret, call->why);
}

static int attach(const struct hook_place *place, int program_fd,
		  const struct hook_attach_options *options, struct hook_attachment *ret,
		  struct reason *why)
{
	struct hook_attachment made = {.link_fd = -1};
	struct attaching call = {.place = place,
				 .program_fd = program_fd,
				 .order = {.before_program_id = options->before_program_id,
					   .after_program_id = options->after_program_id},
				 .ret = &made,
				 .why = why};
	int r = linked_in_netns(place, attach_inside, &call, why);

	if (r == 0)
		*ret = made;
	return r;
}

const struct hook_ops hook_tcx = {.resolve = linked_resolve_netdev,
				  .attach = attach,
				  .replace = linked_replace,
				  .check = linked_check,
				  .end = linked_end};
