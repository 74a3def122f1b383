/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the two children of an image: tells the opener the directory, the parser the tag and the
 * opener's socket, and believes only what can be checked here. */
#include "forkserver/image.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/reason.h"
#include "forkserver/job.h"
#include "forkserver/opener.h"
#include "model/bytecode.h"
#include "model/object.h"

/* The identity comes first in the message of every child that becomes the client. */
static int call_opener(struct job *opener, const struct job_identity *as, const char *layout,
		       struct reason *why)
{
	_message_ struct message m = {0};
	_text_ struct text w = {0};

	job_identity_encode(as, &w);
	buf_put_str(&w, layout);
	if (w.r < 0)
		return fail(why, w.r, "out of memory");
	return job_call(opener, &(struct message_out){.data = w.data, .len = w.len}, &m, why);
}

void image_found_done(struct image_found *found)
{
	fd_close(&found->fd);
	image_labels_done(&found->labels);
}

static int take_answer(struct message *m, struct image_found *ret, struct reason *why)
{
	struct image_found found;
	int r;

	if (m->n_fds != 1 || fd_is_sealed(m->fds[0]) != 1)
		return fail(why, -EBADMSG, "the image parser sent no sealed object");
	r = digest_fd(m->fds[0], OBJECT_SIZE_MAX, found.digest);
	if (r < 0)
		return fail(why, r, "cannot read the object of the image: %s", strerror(-r));
	r = image_labels_decode(m->data, m->len, &found.labels);
	if (r < 0)
		return fail(why, r, "the image parser sent malformed labels");
	found.fd = take_fd(&m->fds[0]);
	*ret = found;
	return 0;
}

static int call_parser(struct forkserver *fs, const struct job *opener, const char *tag,
		       struct image_found *ret, struct reason *why)
{
	struct message_out wish = {
		.data = tag, .len = tag ? strlen(tag) : 0, .fds = &opener->sock, .n_fds = 1};
	_job_ struct job parser = {.sock = -1};
	_message_ struct message m = {0};
	int r = job_start(fs, JOB_KIND_IMAGE, &parser, why);

	if (r == 0)
		r = job_call(&parser, &wish, &m, why);
	return r < 0 ? r : take_answer(&m, ret, why);
}

int job_image(struct forkserver *fs, const struct job_identity *as, const struct bytecode *from,
	      struct image_found *ret, struct reason *why)
{
	_job_ struct job opener = {.sock = -1};
	int r;

	if (from->path[0] != '/')
		return fail(why, -EINVAL, "layout path \"%s\" is not absolute", from->path);
	r = job_start(fs, JOB_KIND_OPENER, &opener, why);
	if (r == 0)
		r = call_opener(&opener, as, from->path, why);
	if (r < 0)
		return r;
	r = call_parser(fs, &opener, from->tag, ret, why);
	if (r < 0)
		reason_prefix(why, "oci:%s", from->path);
	return r;
}
