/* SPDX-License-Identifier: Apache-2.0 */
/* Owns job_open() and job_copy(): the ways from a client's file to bytes that nobody changes. */
#include "forkserver/open.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "forkserver/job.h"
#include "model/object.h"

void job_identity_encode(const struct job_identity *as, struct text *w)
{
	buf_put_u32(w, as->uid);
	buf_put_u32(w, as->gid);
	buf_put_u32(w, (uint32_t)as->n_groups);
	for (size_t i = 0; i < as->n_groups; i++)
		buf_put_u32(w, as->groups[i]);
}

void job_identity_decode(struct buf_reader *rd, struct job_identity *ret)
{
	*ret = (struct job_identity){.uid = buf_get_u32(rd), .gid = buf_get_u32(rd)};
	ret->n_groups = buf_get_count(rd, JOB_GROUPS_MAX);
	for (size_t i = 0; i < ret->n_groups; i++)
		ret->groups[i] = buf_get_u32(rd);
}

int job_open(struct forkserver *fs, const struct job_identity *as, enum job_open_what what,
	     const char *path, struct reason *why)
{
	_job_ struct job job = {.sock = -1};
	_message_ struct message answer = {0};
	_text_ struct text w = {0};
	int r;

	if (path[0] != '/')
		return fail(why, -EINVAL, "\"%.256s\" is no absolute path", path);
	if (strlen(path) >= PATH_MAX)
		return fail(why, -ENAMETOOLONG, "the path is longer than %d bytes", PATH_MAX - 1);
	job_identity_encode(as, &w);
	buf_put_str(&w, path);
	if (w.r < 0)
		return fail(why, w.r, "out of memory");
	r = job_start(fs, JOB_KIND_OPEN, &job, why);
	if (r == 0)
		r = job_call(
			&job,
			&(struct message_out){.code = (int32_t)what, .data = w.data, .len = w.len},
			&answer, why);
	if (r < 0)
		return r;
	if (answer.n_fds != 1)
		return fail(why, -EBADMSG, "the process that opens files sent no descriptor");
	/* Reading anything else might never end. */
	if (what == JOB_OPEN_OBJECT && !fd_is_sealed(answer.fds[0]))
		return fail(why, -EBADMSG, "the process that opens files sent no copy of the file");
	return take_fd(&answer.fds[0]);
}

static int copy_bytes(int fd, const char *data, size_t len, struct reason *why)
{
	int copy;

	if (fd_is_sealed(fd)) {
		copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		return copy < 0 ? fail(why, -errno, "cannot keep the object: %s", strerror(errno))
				: copy;
	}
	copy = fd_memfd_sealed("object", data, len);
	return copy < 0 ? fail(why, copy, "cannot keep the object in memory: %s", strerror(-copy))
			: copy;
}

int job_copy(int fd, char ret_digest[static DIGEST_TEXT_SIZE], struct reason *why)
{
	_free_ char *data = NULL;
	_close_ int copy = -1;
	struct stat st;
	size_t len;
	int r;

	if (fstat(fd, &st) < 0)
		return fail(why, -errno, "cannot look at the file: %s", strerror(errno));
	if (st.st_size > OBJECT_SIZE_MAX)
		return fail(why, -EFBIG, "the file has %lld bytes: an object has at most %u",
			    (long long)st.st_size, OBJECT_SIZE_MAX);
	r = fd_read_all(fd, OBJECT_SIZE_MAX, &data, &len);
	if (r < 0)
		return fail(why, r, "cannot read the file: %s", strerror(-r));
	if (len == 0)
		return fail(why, -EINVAL, "the file is empty");
	copy = copy_bytes(fd, data, len, why);
	if (copy < 0)
		return copy;
	digest_text(data, len, ret_digest);
	return take_fd(&copy);
}
