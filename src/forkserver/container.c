/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the messages to the child that opens what is in containers. */
#include "forkserver/container.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "forkserver/job.h"

/* @path: "" for the network namespace. */
static int ask(struct forkserver *fs, const char *id, const char *path, struct reason *why)
{
	_job_ struct job job = {.sock = -1};
	_message_ struct message answer = {0};
	_text_ struct text w = {0};
	int r;

	if (strlen(path) >= PATH_MAX)
		return fail(why, -ENAMETOOLONG, "the path is longer than %d bytes", PATH_MAX - 1);
	buf_put_str(&w, id);
	buf_put_str(&w, path);
	if (w.r < 0)
		return fail(why, w.r, "out of memory");
	r = job_start(fs, JOB_KIND_CONTAINER, &job, why);
	if (r == 0)
		r = job_call(&job, &(struct message_out){.data = w.data, .len = w.len}, &answer,
			     why);
	if (r < 0)
		return r;
	if (answer.n_fds != 1)
		return fail(why, -EBADMSG, "the process that opens files sent no descriptor");
	return take_fd(&answer.fds[0]);
}

int job_container_netns(struct forkserver *fs, const char *id, struct reason *why)
{
	return ask(fs, id, "", why);
}

int job_container_file(struct forkserver *fs, const char *id, const char *path, struct reason *why)
{
	if (path[0] != '/')
		return fail(why, -EINVAL, "\"%.256s\" is no absolute path", path);
	return ask(fs, id, path, why);
}
