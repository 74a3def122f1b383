/* SPDX-License-Identifier: Apache-2.0 */
/* Programs on a tracepoint with its raw arguments (4.17; a link that can be pinned from 5.7). */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "hooks/kinds.h"
#include "hooks/linked.h"
#include "kernel/link.h"

/* Whether it exists is known by attach() only: no file lists them. */
static int resolve(struct hook_place *place, struct reason *why)
{
	(void)place;
	(void)why;
	return 0;
}

static int refuse(const char *name, int program_fd, int code, struct reason *why)
{
	if (code == -ENOENT) {
		fail(why, code, "no raw tracepoint \"%s\" in this kernel", name);
		reason_hint(why, "it is the name without the group; tracepoints are listed in "
				 "/sys/kernel/tracing/available_events");
		return code;
	}
	return fail(why, code, "cannot attach program %u to raw tracepoint %s: %s",
		    linked_program_id(program_fd), name, strerror(-code));
}

static int attach(const struct hook_place *place, int program_fd,
		  const struct hook_attach_options *options, struct hook_attachment *ret,
		  struct reason *why)
{
	struct hook_attachment made = {.link_fd = -1};
	int fd _close_ = link_create_raw_tp(program_fd, place->hook->target);
	int r;

	(void)options;
	if (fd < 0)
		return refuse(place->hook->target, program_fd, fd, why);
	r = linked_take(&fd, &made, why);
	if (r == 0)
		*ret = made;
	return r;
}

const struct hook_ops hook_raw_tp = {.resolve = resolve, .attach = attach, .check = linked_check};
