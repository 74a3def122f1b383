/* SPDX-License-Identifier: Apache-2.0 */
/* Owns job_look() and job_resolve(); what the child says is checked by the codec of the model. */
#include "forkserver/look.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "forkserver/job.h"

static int call_look(struct forkserver *fs, const struct message_out *out, struct message *ret,
		     struct reason *why)
{
	_job_ struct job job = {.sock = -1};
	int r = job_start(fs, JOB_KIND_LOOK, &job, why);

	return r < 0 ? r : job_call(&job, out, ret, why);
}

int job_look(struct forkserver *fs, int object_fd, struct object *ret, struct reason *why)
{
	struct message_out out = {.code = JOB_LOOK_DESCRIBE, .fds = &object_fd, .n_fds = 1};
	_message_ struct message answer = {0};
	int r = call_look(fs, &out, &answer, why);

	if (r < 0)
		return r;
	r = object_decode(answer.data, answer.len, ret);
	return r < 0 ? fail(why, r, "the description of the object is malformed") : 0;
}

int job_resolve(struct forkserver *fs, int binary_fd, const char *symbol, uint64_t *ret_offset,
		struct reason *why)
{
	struct message_out out = {.code = JOB_LOOK_RESOLVE,
				  .data = symbol,
				  .len = strlen(symbol),
				  .fds = &binary_fd,
				  .n_fds = 1};
	_message_ struct message answer = {0};
	int r = call_look(fs, &out, &answer, why);

	if (r < 0)
		return r;
	if (answer.len != sizeof(*ret_offset))
		return fail(why, -EBADMSG, "the offset of the function is malformed");
	memcpy(ret_offset, answer.data, sizeof(*ret_offset));
	return 0;
}
