/* SPDX-License-Identifier: Apache-2.0 */
/* Programs on a static tracepoint, by perf event; a link from 5.15. The kernel cannot replace:
 * attach the new one, then end the old one. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "hooks/kinds.h"
#include "hooks/linked.h"
#include "kernel/perf.h"
#include "kernel/tracefs.h"

static int find_event(const struct hook_place *place, uint64_t *ret, struct reason *why)
{
	const char *target = place->hook->target;
	const char *slash = strchr(target, '/');
	char *group _free_ = strndup(target, slash ? (size_t)(slash - target) : 0);
	int own _close_ = -1;
	int fd = place->events_fd;

	if (!group)
		return -ENOMEM;
	if (!slash)
		return fail(why, -EINVAL, "tracepoint \"%s\" lacks its group", target);
	if (fd <= 0) {
		own = tracefs_open(why);
		fd = own;
	}
	return fd < 0 ? fd : tracefs_event_id(fd, group, slash + 1, ret, why);
}

static int resolve(struct hook_place *place, struct reason *why)
{
	return find_event(place, &place->event_id, why);
}

static int attach(const struct hook_place *place, int program_fd,
		  const struct hook_attach_options *options, struct hook_attachment *ret,
		  struct reason *why)
{
	struct hook_attachment made = {.link_fd = -1};
	uint64_t id = place->event_id;
	int fd _close_ = -1;
	int r = id ? 0 : find_event(place, &id, why);

	(void)options;
	if (r < 0)
		return r;
	fd = perf_open_tracepoint(id, why);
	r = fd < 0 ? fd : linked_take_event(&fd, program_fd, &made, why);
	if (r < 0) {
		reason_prefix(why, "tracepoint %s", place->hook->target);
		return r;
	}
	*ret = made;
	return 0;
}

const struct hook_ops hook_tracepoint = {
	.resolve = resolve, .attach = attach, .check = linked_check};
