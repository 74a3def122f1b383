/* SPDX-License-Identifier: Apache-2.0 */
/* Owns job_load(). */
#include "forkserver/load.h"

#include <errno.h>

#include "base/reason.h"

int job_load(struct forkserver *fs, const struct load_request *request, struct load_result *ret,
	     struct reason *why)
{
	(void)fs;
	(void)request;
	(void)ret;
	return fail(why, -ENOSYS, "not built yet");
}
