/* SPDX-License-Identifier: Apache-2.0 */
/* Programs on a function of a user-space binary, at its begin or its return, in every process that
 * maps the file; a link from 5.15. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "hooks/kinds.h"
#include "hooks/linked.h"
#include "kernel/perf.h"

static int resolve(struct hook_place *place, struct reason *why)
{
	struct stat st;

	if (!perf_has_uprobe()) {
		fail(why, -EOPNOTSUPP, "this kernel has no uprobes by perf events");
		reason_hint(why, "they need kernel 4.17 with CONFIG_UPROBE_EVENTS");
		return -EOPNOTSUPP;
	}
	if (place->binary_fd < 0 || fstat(place->binary_fd, &st) < 0)
		return fail(why, -ENOENT, "%s is not open", place->hook->target);
	if (!S_ISREG(st.st_mode))
		return fail(why, -EINVAL, "%s is no regular file", place->hook->target);
	if (place->offset >= (uint64_t)st.st_size)
		return fail(why, -EINVAL, "offset 0x%" PRIx64 " is behind the end of %s",
			    place->offset, place->hook->target);
	return 0;
}

static int attach(const struct hook_place *place, int program_fd,
		  const struct hook_attach_options *options, struct hook_attachment *ret,
		  struct reason *why)
{
	struct hook_attachment made = {.link_fd = -1};
	int fd _close_ = perf_open_uprobe(place->binary_fd, place->offset,
					  place->hook->kind == HOOK_URETPROBE, why);
	int r = fd < 0 ? fd : linked_take_event(&fd, program_fd, &made, why);

	(void)options;
	if (r < 0) {
		reason_prefix(why, "%s", place->hook->target);
		return r;
	}
	*ret = made;
	return 0;
}

const struct hook_ops hook_uprobe = {.resolve = resolve, .attach = attach, .check = linked_check};
