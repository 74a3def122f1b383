/* SPDX-License-Identifier: Apache-2.0 */
/* Owns temporary directories. */
#include "copy/scratch.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/reason.h"

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

void scratch_done(struct scratch *s)
{
	if (s->path[0])
		nftw(s->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	s->path[0] = '\0';
}

int scratch_make(struct scratch *s, struct reason *why)
{
	const char *tmp = secure_getenv("TMPDIR");

	snprintf(s->path, sizeof(s->path), "%.40s/bpfctl-XXXXXX",
		 tmp && tmp[0] == '/' ? tmp : "/tmp");
	if (mkdtemp(s->path))
		return 0;
	s->path[0] = '\0';
	return fail(why, -errno, "cannot make a temporary directory: %s", strerror(errno));
}
