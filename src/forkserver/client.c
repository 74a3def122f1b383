/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the fork server's life, seen from bpfd. */
#include "forkserver/client.h"

#include <errno.h>

#include "base/reason.h"

int forkserver_start(const char *path, struct forkserver **ret, struct reason *why)
{
	(void)path;
	(void)ret;
	return fail(why, -ENOSYS, "not built yet");
}

void forkserver_free(struct forkserver *fs)
{
	(void)fs;
}
