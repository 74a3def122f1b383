/* SPDX-License-Identifier: Apache-2.0 */
/* Owns job_look() and job_resolve(). */
#include "forkserver/look.h"

#include <errno.h>

#include "base/reason.h"

int job_look(struct forkserver *fs, int object_fd, struct object *ret, struct reason *why)
{
	(void)fs;
	(void)object_fd;
	(void)ret;
	return fail(why, -ENOSYS, "not built yet");
}

int job_resolve(struct forkserver *fs, int binary_fd, const char *symbol, uint64_t *ret_offset,
		struct reason *why)
{
	(void)fs;
	(void)binary_fd;
	(void)ret_offset;
	return fail(why, -ENOSYS, "not built yet: %s", symbol);
}
